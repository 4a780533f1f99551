//! What a call may be given: shapes, ranges, times and names, checked before anything is queued.

use super::{Session, SessionError};
use crate::{
    pipeline::{Fit, Road},
    record::{Number, Object, Timestamp, Value, to_value},
    redact::{Family, RedactionPolicy},
    schema::{self, Schema},
};
use serde::Serialize;
use std::borrow::Cow;
use std::sync::atomic::Ordering;

/// The longest name of an effect or a log, in bytes: with an index and an ending it must still be a file name.
const LONGEST_NAME: usize = 200;

pub(super) fn invalid(message: &str) -> SessionError {
    SessionError::InvalidArgument(message.to_owned())
}

pub(super) fn object(argument: &str, value: &(impl Serialize + ?Sized)) -> Result<Object, SessionError> {
    match value_of(argument, value)? {
        Value::Object(members) => Ok(members),
        other => Err(invalid(&format!("{argument}: expected an object, got {}", other.kind()))),
    }
}

pub(super) fn value_of(argument: &str, value: &(impl Serialize + ?Sized)) -> Result<Value, SessionError> {
    to_value(value).map_err(|error| invalid(&format!("{argument}: {error}")))
}

/// What a record weighs in the queue.
pub(super) fn weight(record: &Object) -> usize {
    1024 + record.iter().map(|(key, value)| key.len() + 64 + Road::weight(value)).sum::<usize>()
}

/// Indexes are stored as JSON numbers, which every reader must be able to hold.
pub(super) fn index_in_range(index: u64) -> Result<(), SessionError> {
    if index < 1 << 53 { Ok(()) } else { Err(invalid("step_index: at most 2^53 - 1")) }
}

/// The same for an index that stands in a record, if one does.
pub(super) fn stated_index_in_range(record: &Object) -> Result<(), SessionError> {
    match record.get("step_index") {
        None | Some(Value::Null) => Ok(()),
        Some(index) => index_in_range(index.as_u64().unwrap_or(u64::MAX)),
    }
}

/// The nearest share: a number from 0 to 1.
pub(super) fn share(argument: &str, value: f64) -> Result<Number, SessionError> {
    let clamped = Number::from_f64(value).map(|number| number.as_f64().clamp(0.0, 1.0)).and_then(Number::from_f64);
    clamped.ok_or_else(|| invalid(&format!("{argument}: must be a finite number")))
}

/// A time as the records have it, in place of one that is not given.
pub(super) fn time(argument: &str, given: Option<&str>, now: Timestamp) -> Result<String, SessionError> {
    match given {
        None => Ok(now.to_string()),
        Some(text) if schema::is_date_time(text) => Ok(text.to_owned()),
        Some(_) => {
            Err(invalid(&format!("{argument}: must be an RFC 3339 time with seconds, such as 2026-01-31T12:00:00Z")))
        }
    }
}

/// Members that were given; the others are left out.
pub(super) fn given<const N: usize>(members: [(&str, Option<Value>); N]) -> Object {
    members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

pub(super) fn text(value: Option<&String>) -> Option<Value> {
    value.map(|text| text.as_str().into())
}

pub(super) fn texts(values: Option<&Vec<String>>) -> Option<Value> {
    values.map(|values| Value::Array(values.iter().map(|text| text.as_str().into()).collect()))
}

impl Session {
    /// Checks a record of the caller's, and that nothing in it that is stored as it is holds a secret.
    pub(super) fn check(
        &self,
        schema: Schema,
        argument: &str,
        record: &mut Object,
        family: Family,
    ) -> Result<(), SessionError> {
        self.fits(schema, argument, &*record)?;
        match Road::tainted(&self.policy, family, record) {
            Some(path) => Err(secret(argument, path)),
            None => Ok(()),
        }
    }

    /// Holds a record against its schema. A permissive session counts what does not fit and takes it.
    pub(super) fn fits<'a>(
        &self,
        schema: Schema,
        argument: &str,
        record: impl Into<schema::View<'a>>,
    ) -> Result<(), SessionError> {
        // A model call is judged wherever its caller does not ask for leniency: so is it everywhere.
        if self.fit == Fit::Strict || schema == Schema::ModelCall {
            return strictly(&self.policy, schema, argument, record);
        }
        self.count_unfit(schema, record);
        Ok(())
    }

    pub(super) fn count_unfit<'a>(&self, schema: Schema, record: impl Into<schema::View<'a>>) {
        if self.fit == Fit::Permissive && !schema::is_valid(schema, record) {
            self.unfit.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Checks members of a step on their own.
    pub(super) fn check_members(&self, argument: &str, members: &Object) -> Result<(), SessionError> {
        let whole = [
            ("step_id", Value::from("step")),
            ("step_index", 0_u32.into()),
            ("step_type", "step".into()),
            ("status", "running".into()),
            ("started_at", "2026-01-01T00:00:00Z".into()),
        ];
        let mut step: Object = whole.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        step.extend(members.clone());
        if self.fit == Fit::Strict {
            strictly(&self.policy, Schema::Step, argument, &step)?;
        }
        // Of the whole, only what the caller gave can hold a secret of the caller's.
        let mut given = members.clone();
        match Road::tainted(&self.policy, Family::Step, &mut given) {
            Some(path) => Err(secret(argument, path)),
            None => Ok(()),
        }
    }

    pub(super) fn check_name(&self, argument: &str, text: &str) -> Result<(), SessionError> {
        name(&self.policy, argument, text)
    }
}

/// Checks a text that becomes part of a file's name.
pub(super) fn name(policy: &RedactionPolicy, argument: &str, name: &str) -> Result<(), SessionError> {
    let problem = if name.trim().is_empty() {
        "is empty"
    } else if name.len() > LONGEST_NAME {
        "is longer than 200 bytes"
    } else if name.chars().any(char::is_control) {
        "holds a control character"
    } else if name.contains(['/', '\\']) || name == "." || name == ".." {
        "holds a path separator or is . or .."
    } else if name.contains([':', '*', '?', '"', '<', '>', '|']) {
        "holds a character that some system forbids in file names"
    } else if !policy.is_clean(name) {
        return Err(secret(argument, "it"));
    } else {
        return Ok(());
    };
    Err(invalid(&format!("{argument}: {problem}; it becomes part of a file's name")))
}

fn strictly<'a>(
    policy: &RedactionPolicy,
    schema: Schema,
    argument: &str,
    record: impl Into<schema::View<'a>>,
) -> Result<(), SessionError> {
    let Err(violations) = schema::validate(schema, record) else { return Ok(()) };
    Err(violated(policy, argument, &violations))
}

/// What the first violations were. They quote names of members, in which anything may stand.
pub(super) fn violated(policy: &RedactionPolicy, argument: &str, violations: &[schema::Violation]) -> SessionError {
    let told = |violation: &schema::Violation| {
        let text = violation.to_string();
        let (Some(open), Some(close)) = (text.find('"'), text.rfind('"')) else {
            return policy.scrub(&text).into_owned();
        };
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let name = part(open + 1, close);
        // In a name that was cut no policy finds what it holds.
        let name = if name.contains('…') { Cow::Borrowed("…") } else { policy.scrub(name) };
        policy.scrub(&format!("{}\"{name}\"{}", part(0, open), part(close + 1, text.len()))).into_owned()
    };
    let first: Vec<String> = violations.iter().take(3).map(told).collect();
    invalid(&format!("{argument}: {}", first.join("; ")))
}

pub(super) fn secret(argument: &str, path: &str) -> SessionError {
    SessionError::InvalidArgument(format!(
        "{argument}: {path} holds what looks like a secret; names and paths are stored as they are, so choose another"
    ))
}
