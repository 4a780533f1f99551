//! The arguments of one operation: each is taken once, by name, and what is left over is refused.

use super::Failure;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{collections::BTreeMap, path::Path};
use tracing_augur::{
    record::{Number, Object, UnknownWord, Value},
    session::{Tokens, Usd},
};

pub(super) struct Args(pub(super) Object);

impl Args {
    /// An absent argument and `null` are the same.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Nothing may be left: an argument with a slip in its name would be lost in silence.
    pub(super) fn end(&self, op: &str) -> Result<(), Failure> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(unknown) => {
                let shown: String = unknown.chars().take(80).flat_map(char::escape_debug).collect();
                Err(Failure::invalid(format!("{op} does not take \"{shown}\"")))
            }
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(name, "a text", &other)),
        }
    }

    pub(super) fn word<T: std::str::FromStr<Err = UnknownWord>>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        let word = self.text(name)?;
        word.map(|word| word.parse().map_err(|error| Failure::invalid(format!("{name}: {error}")))).transpose()
    }

    pub(super) fn index(&mut self, name: &str) -> Result<Option<u64>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| wrong(name, "a whole number from 0 on", &value)),
        }
    }

    pub(super) fn tokens(&mut self, name: &str) -> Result<Option<Tokens>, Failure> {
        Ok(self.number(name)?.map(Tokens::from))
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<Number>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number)),
            Some(other) => Err(wrong(name, "a number", &other)),
        }
    }

    pub(super) fn float(&mut self, name: &str) -> Result<Option<f64>, Failure> {
        Ok(self.number(name)?.map(|number| number.as_f64()))
    }

    pub(super) fn usd(&mut self, name: &str) -> Result<Option<Usd>, Failure> {
        Ok(self.number(name)?.map(Usd::from))
    }

    pub(super) fn truth(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(other) => Err(wrong(name, "true or false", &other)),
        }
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Failure> {
        let Some(items) = self.list(name)? else { return Ok(None) };
        let texts = items.into_iter().map(|item| match item {
            Value::String(text) => Ok(text),
            other => Err(wrong(name, "a list of texts", &other)),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(other) => Err(wrong(name, "a list", &other)),
        }
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Object>, Failure> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(wrong(name, "an object", &other)),
        }
    }

    pub(super) fn text_members(&mut self, name: &str) -> Result<Option<BTreeMap<String, String>>, Failure> {
        let Some(members) = self.object(name)? else { return Ok(None) };
        let texts = members.into_iter().map(|(key, value)| match value {
            Value::String(text) => Ok((key, text)),
            other => Err(wrong(name, "an object of texts", &other)),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn numbers(&mut self, name: &str) -> Result<Option<BTreeMap<String, Number>>, Failure> {
        let Some(members) = self.object(name)? else { return Ok(None) };
        let numbers = members.into_iter().map(|(key, value)| match value {
            Value::Number(number) => Ok((key, number)),
            other => Err(wrong(name, "an object of numbers", &other)),
        });
        numbers.collect::<Result<_, _>>().map(Some)
    }

    /// A record or any other value; `null` counts as one.
    pub(super) fn record(&mut self, name: &str) -> Result<Value, Failure> {
        self.0.remove(name).ok_or_else(|| missing(name))
    }

    /// Any value; `null` where there is none.
    pub(super) fn value(&mut self, name: &str) -> Value {
        self.0.remove(name).unwrap_or_default()
    }

    pub(super) fn bytes(&mut self, name: &str, base: &Path) -> Result<Vec<u8>, Failure> {
        let shape = || Failure::invalid(format!("{name} must be {{\"$base64\": …}} or {{\"$file\": …}}"));
        let given = self.object(name)?.ok_or_else(shape)?;
        let mut members = given.iter();
        match (members.next().map(|(key, value)| (key.as_str(), value.as_str())), members.next()) {
            (Some(("$base64", Some(text))), None) => {
                STANDARD.decode(text).map_err(|_| Failure::invalid(format!("{name} is not base64")))
            }
            (Some(("$file", Some(path))), None) => std::fs::read(base.join(path))
                .map_err(|error| Failure { kind: "io", message: format!("{name} cannot be read: {error}") }),
            _ => Err(shape()),
        }
    }
}

fn wrong(name: &str, expected: &str, found: &Value) -> Failure {
    Failure::invalid(format!("{name} must be {expected}, got {}", found.kind()))
}

pub(super) fn missing(name: &str) -> Failure {
    Failure::invalid(format!("{name} is missing"))
}

/// An argument that must be there.
pub(super) trait Required<T> {
    fn required(self, name: &str) -> Result<T, Failure>;
}

impl<T> Required<T> for Result<Option<T>, Failure> {
    fn required(self, name: &str) -> Result<T, Failure> {
        self?.ok_or_else(|| missing(name))
    }
}
