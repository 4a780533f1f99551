//! The ways to say fields: with the span, late, in events; as what they are, as text, and as `Debug` shows them.

use super::generated::{event_fields, run_fields, run_structures, step_fields, step_structures};
use tracing::{Span, field::Empty, info, info_span};

macro_rules! at_once {
    ($($name:literal = $value:literal;)*) => { info_span!("said", $($name = $value),*) };
}

macro_rules! as_text {
    ($($name:literal = $value:literal;)*) => { info_span!("said", $($name = $value.to_string()),*) };
}

macro_rules! shown {
    ($($name:literal = $value:literal;)*) => { info_span!("said", $($name = ?$value),*) };
}

macro_rules! declared {
    ($($name:literal = $value:literal;)*) => { info_span!("said", $($name = Empty),*) };
}

macro_rules! late {
    ($($name:literal = $value:literal;)*) => { |span: &Span| { $(span.record($name, $value);)* } };
}

macro_rules! in_events {
    ($($name:literal = $value:literal;)*) => { { $(info!($name = $value);)* } };
}

macro_rules! in_one_event {
    ($($name:literal = $value:literal;)*) => { info!($($name = $value),*) };
}

macro_rules! in_one_event_as_text {
    ($($name:literal = $value:literal;)*) => { info!($($name = $value.to_string()),*) };
}

/// How one kind of record is said by the fields of its span.
pub struct Said {
    pub at_once: fn() -> Span,
    pub as_text: fn() -> Span,
    pub shown: fn() -> Span,
    pub as_json: fn() -> Span,
    pub declared: fn() -> Span,
    pub late: fn(&Span),
    pub in_events: fn(),
}

macro_rules! said {
    ($fields:ident, $structures:ident) => {
        Said {
            at_once: || $fields!(at_once),
            as_text: || $fields!(as_text),
            shown: || $fields!(shown),
            as_json: || $structures!(at_once),
            declared: || $fields!(declared),
            late: $fields!(late),
            in_events: || $fields!(in_events),
        }
    };
}

pub const STEP: Said = said!(step_fields, step_structures);
pub const RUN: Said = said!(run_fields, run_structures);

pub fn event() {
    event_fields!(in_one_event);
}

pub fn event_as_text() {
    event_fields!(in_one_event_as_text);
}

/// Names of fields, and what they say.
#[cfg(feature = "otlp")]
pub mod lists {
    use super::*;

    macro_rules! listed {
        ($($name:literal = $value:literal;)*) => { vec![$(($name, serde_json::json!($value))),*] };
    }

    pub type List = Vec<(&'static str, serde_json::Value)>;

    pub fn step_fields() -> List {
        step_fields!(listed)
    }

    pub fn step_structures() -> List {
        read(step_structures!(listed))
    }

    pub fn run_fields() -> List {
        run_fields!(listed)
    }

    pub fn run_structures() -> List {
        read(run_structures!(listed))
    }

    pub fn event_fields() -> List {
        event_fields!(listed)
    }

    fn read(list: List) -> List {
        list.into_iter().map(|(name, text)| (name, serde_json::from_str(text.as_str().unwrap()).unwrap())).collect()
    }
}
