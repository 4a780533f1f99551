//! Reads the values of `tracing` fields into attributes.

use super::facts::Attributes;
use crate::record::Value;
use std::{error::Error, fmt};
use tracing::field::{Field, Visit};

/// The longest text that is taken from one field, in bytes. The whole history of a conversation fits; a runaway dump of
/// memory does not.
const LONGEST: usize = 8 * 1024 * 1024;

/// Collects fields; the `message` of an event is kept apart.
pub(super) struct Visitor<'a> {
    pub(super) attributes: &'a mut Attributes,
    pub(super) message: Option<String>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(attributes: &'a mut Attributes) -> Self {
        Self { attributes, message: None }
    }

    fn text(&mut self, field: &Field, mut text: String) {
        if text.len() > LONGEST {
            let mut end = LONGEST;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            let cut = text.len() - end;
            text.truncate(end);
            text.push_str(&format!("…[cut, {cut} bytes]"));
        }
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
        self.text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let mut end = value.len().min(LONGEST + 1);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        self.text(field, value.get(..end).unwrap_or_default().to_owned());
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
        let mut text = error.to_string();
        let mut cause = error.source();
        // A chain that closes on itself would never end.
        for _ in 0..16 {
            let Some(error) = cause else { break };
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        self.text(field, text);
    }
}
