//! Which fields hold integers. `tracing_opentelemetry` knows signed ones only and makes text of all others, and nobody can
//! add texts up; so we look on, remember the names, and the exporter reads the texts back.

use std::{
    collections::HashSet,
    fmt,
    sync::{
        LazyLock, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::layer::{Context, Layer};

/// How many names can be known without asking the set; a power of two.
const QUICK: usize = 1024;

/// Names, by where they lie in memory: looking at one costs an agent's thread next to nothing.
static NOTED: [AtomicUsize; QUICK] = [const { AtomicUsize::new(0) }; QUICK];

/// The same names, for the exporter.
static NAMES: LazyLock<RwLock<HashSet<&'static str>>> = LazyLock::new(RwLock::default);

/// Whether a field of this name was recorded as an integer without a sign, or as a large one.
pub(super) fn is_one(name: &str) -> bool {
    NAMES.read().unwrap_or_else(PoisonError::into_inner).contains(name)
}

/// The integer that a text spells as `Display` does, if OTLP can hold it. A sign or a zero too many makes it a text.
pub(super) fn read(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    let digits = number.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1);
    (text.len() == digits + usize::from(number < 0)).then_some(number)
}

/// A layer that looks on.
#[derive(Debug)]
pub(crate) struct Integers;

struct Noting;

fn note(name: &'static str) {
    // Names of different lengths may begin at the same place.
    let key = (name.as_ptr() as usize).rotate_left(16) ^ name.len();
    let slot = NOTED.get(key.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> (usize::BITS - 10));
    let Some(slot) = slot else { return };
    if slot.load(Ordering::Relaxed) == key {
        return;
    }
    // Two names that share a place take turns; both are in the set all the same.
    NAMES.write().unwrap_or_else(PoisonError::into_inner).insert(name);
    slot.store(key, Ordering::Relaxed);
}

impl Visit for Noting {
    fn record_u64(&mut self, field: &Field, _: u64) {
        note(field.name());
    }

    fn record_i128(&mut self, field: &Field, _: i128) {
        note(field.name());
    }

    fn record_u128(&mut self, field: &Field, _: u128) {
        note(field.name());
    }

    fn record_i64(&mut self, _: &Field, _: i64) {}

    fn record_f64(&mut self, _: &Field, _: f64) {}

    fn record_bool(&mut self, _: &Field, _: bool) {}

    fn record_str(&mut self, _: &Field, _: &str) {}

    fn record_error(&mut self, _: &Field, _: &(dyn std::error::Error + 'static)) {}

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

impl<S: Subscriber> Layer<S> for Integers {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        attributes.record(&mut Noting);
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut Noting);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Noting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::prelude::*;

    #[test]
    fn only_what_a_number_prints_is_read_as_one() {
        for (text, number) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("-10", Some(-10)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("007", None),
            ("+7", None),
            ("-0", None),
            ("7.0", None),
            ("", None),
        ] {
            assert_eq!(read(text), number, "{text}");
        }
    }

    #[test]
    fn names_are_learned_from_spans_late_fields_and_events() {
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Integers), || {
            let span = tracing::info_span!(
                "s",
                learned.unsigned = 1_u64,
                learned.large = 1_i128,
                learned.late = tracing::field::Empty,
                learned.text = "1",
                learned.signed = 1,
                learned.shown = %1_u64
            );
            span.record("learned.late", 7_usize);
            tracing::info!(learned.event = 7_u8);
        });
        for (name, is) in [
            ("learned.unsigned", true),
            ("learned.large", true),
            ("learned.late", true),
            ("learned.event", true),
            ("learned.text", false),
            ("learned.signed", false),
            ("learned.shown", false),
        ] {
            assert_eq!(is_one(name), is, "{name}");
        }
    }
}
