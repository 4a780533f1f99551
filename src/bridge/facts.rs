//! What a door saw of a span or an event, in words that no door owns: the doors write these, the vocabularies read them.

use crate::record::Value;
use std::{borrow::Cow, time::SystemTime};

/// Attributes in the order in which they were recorded. A name may stand more than once; the last value that says anything
/// counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attributes(Vec<(Cow<'static, str>, Value)>);

impl Attributes {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(crate) fn push(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        self.0.push((name.into(), value));
    }

    /// Takes the first value of that name out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let place = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(place).1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// The last value of that name that is not an empty text.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(key, value)| key == name && value.as_str() != Some("")).map(|(_, value)| value)
    }

    /// The last text of that name.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

/// An event inside a span.
#[derive(Debug, Clone)]
pub(crate) struct EventFacts {
    /// The event's own name where it has one; `tracing` gives `event file:line` where it has none.
    pub(crate) name: Cow<'static, str>,
    pub(crate) target: Cow<'static, str>,
    pub(crate) level: Level,
    pub(crate) time: SystemTime,
    pub(crate) message: Option<String>,
    pub(crate) attributes: Attributes,
}

/// How loud an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// A span, from its start to wherever it stands.
#[derive(Debug, Clone)]
pub(crate) struct SpanFacts {
    pub(crate) name: Cow<'static, str>,
    pub(crate) start: SystemTime,
    pub(crate) end: Option<SystemTime>,
    pub(crate) attributes: Attributes,
    /// Events that a vocabulary asked to have kept with the span (whole requests and answers); all others go their own way.
    pub(crate) events: Vec<EventFacts>,
}
