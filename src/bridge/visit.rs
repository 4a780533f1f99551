//! Reads the values of `tracing` fields into attributes.

use super::facts::Attributes;
use crate::record::Value;
use std::{
    error::Error,
    fmt::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
};
use tracing::field::{Field, Visit};

/// The longest text that is taken from one field, in bytes. The whole history of a conversation fits; a runaway dump of
/// memory does not.
const LONGEST: usize = 8 * 1024 * 1024;

/// What a value says of itself, up to the limit; the rest is counted and not held.
#[derive(Default)]
struct Text {
    kept: String,
    cut: usize,
}

impl fmt::Write for Text {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = if self.cut == 0 { LONGEST.saturating_sub(self.kept.len()) } else { 0 };
        let mut end = piece.len().min(room);
        while !piece.is_char_boundary(end) {
            end -= 1;
        }
        self.kept.push_str(piece.get(..end).unwrap_or_default());
        self.cut += piece.len() - end;
        Ok(())
    }
}

impl Text {
    /// The agent logs a value for the recorder's sake, so a value that cannot be formatted must not end the agent.
    fn of(write: impl FnOnce(&mut Self) -> fmt::Result) -> String {
        let mut text = Self::default();
        let outcome = catch_unwind(AssertUnwindSafe(|| write(&mut text)));
        let Self { mut kept, cut } = text;
        if cut > 0 {
            kept.push_str(&format!("…[cut, {cut} bytes]"));
        }
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(_)) => kept.push_str("…[formatting it failed]"),
            Err(_) => kept.push_str("…[formatting it panicked]"),
        }
        kept
    }
}

/// Collects fields; the `message` of an event is kept apart.
pub(super) struct Visitor<'a> {
    pub(super) attributes: &'a mut Attributes,
    pub(super) message: Option<String>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(attributes: &'a mut Attributes) -> Self {
        Self { attributes, message: None }
    }

    fn text(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = Some(text);
        } else {
            self.attributes.push(field.name(), Value::String(text));
        }
    }

    fn value(&mut self, field: &Field, value: Value) {
        self.attributes.push(field.name(), value);
    }
}

impl Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, Text::of(|text| write!(text, "{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let text = if value.len() > LONGEST { Text::of(|text| text.write_str(value)) } else { value.to_owned() };
        self.text(field, text);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.value(field, value.into());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.value(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, Value::from_f64_marked(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, value.into());
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        let text = Text::of(|text| {
            write!(text, "{error}")?;
            let mut cause = error.source();
            // A chain that closes on itself would never end.
            for _ in 0..16 {
                let Some(error) = cause else { break };
                write!(text, ": {error}")?;
                cause = error.source();
            }
            Ok(())
        });
        self.text(field, text);
    }
}
