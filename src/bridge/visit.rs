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
pub(super) struct Text<'a> {
    kept: &'a mut String,
    start: usize,
    cut: usize,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let held = self.kept.len() - self.start;
        let room = if self.cut == 0 { LONGEST.saturating_sub(held) } else { 0 };
        let mut end = piece.len().min(room);
        while !piece.is_char_boundary(end) {
            end -= 1;
        }
        self.kept.push_str(piece.get(..end).unwrap_or_default());
        self.cut += piece.len() - end;
        Ok(())
    }
}

impl Text<'_> {
    /// Appends what a value says. The agent logs a value for the recorder's sake, so a value that cannot be formatted must
    /// not end the agent.
    pub(super) fn write_to(out: &mut String, write: impl FnOnce(&mut Text<'_>) -> fmt::Result) {
        let start = out.len();
        let mut text = Text { kept: out, start, cut: 0 };
        let outcome = catch_unwind(AssertUnwindSafe(|| write(&mut text)));
        let Text { kept, cut, .. } = text;
        if cut > 0 {
            kept.push_str(&format!("…[cut, {cut} bytes]"));
        }
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(_)) => kept.push_str("…[formatting it failed]"),
            Err(_) => kept.push_str("…[formatting it panicked]"),
        }
    }

    fn of(write: impl FnOnce(&mut Text<'_>) -> fmt::Result) -> String {
        let mut kept = String::new();
        Self::write_to(&mut kept, write);
        kept
    }

    /// An error and what caused it.
    pub(super) fn write_error(&mut self, error: &(dyn Error + 'static)) -> fmt::Result {
        write!(self, "{error}")?;
        let mut cause = error.source();
        // A chain that closes on itself would never end.
        for _ in 0..16 {
            let Some(error) = cause else { break };
            write!(self, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Collects the fields of a span.
pub(super) struct Visitor<'a> {
    attributes: &'a mut Attributes,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(attributes: &'a mut Attributes) -> Self {
        Self { attributes }
    }

    fn text(&mut self, field: &Field, text: String) {
        self.attributes.push(field.name(), Value::String(text));
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
        self.text(field, Text::of(|text| text.write_error(error)));
    }
}
