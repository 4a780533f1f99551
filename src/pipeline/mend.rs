//! Makes a record fit its schema by taking out what does not, so that one bad value never costs the record.

use crate::{
    record::{Object, Value},
    schema::{self, Schema, Violation},
};

/// How often a record is mended before it is given up.
const ATTEMPTS: usize = 8;

/// What becomes of a record that breaks its schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fit {
    /// What does not fit goes.
    #[default]
    Strict,
    /// It stays as its caller handed it over.
    Permissive,
}

impl Fit {
    /// The record as it is to be written, if at all, and what was wrong with what was taken out.
    pub(super) fn mend(self, schema: Schema, record: Object) -> (Option<Object>, Vec<String>) {
        match self {
            Self::Strict => mend(schema, record),
            Self::Permissive => (Some(record), Vec::new()),
        }
    }

    /// Whether a record can be written as it is.
    pub(super) fn takes(self, schema: Schema, record: &Object) -> bool {
        self == Self::Permissive || schema::is_valid(schema, record)
    }
}

/// The record without the members that do not fit, and what was wrong with them; no record if it cannot be mended.
fn mend(schema: Schema, record: Object) -> (Option<Object>, Vec<String>) {
    let mut value = Value::Object(record);
    let mut complaints = Vec::new();
    for _ in 0..ATTEMPTS {
        let Err(violations) = schema::validate(schema, &value) else {
            let Value::Object(record) = value else { break };
            return (Some(record), complaints);
        };
        let mut removed = false;
        let (unknown, violations): (Vec<_>, Vec<_>) =
            violations.into_iter().partition(|violation| remove_unknown(&mut value, violation));
        removed |= !unknown.is_empty();
        complaints.extend(unknown.iter().map(ToString::to_string));
        complaints.extend(violations.iter().map(ToString::to_string));
        let mut paths: Vec<&str> = violations.iter().map(|violation| violation.path.as_str()).collect();
        // From the back, and each once: what is taken out of a list moves what stands behind it.
        paths.sort_by_cached_key(|path| {
            path.split('/').map(|part| (part.parse::<usize>().ok(), part)).collect::<Vec<_>>()
        });
        paths.dedup();
        for path in paths.into_iter().rev() {
            removed |= remove(&mut value, path);
        }
        if !removed {
            break;
        }
    }
    (None, complaints)
}

/// Takes out the members that the schema does not know and leaves the others around them. The violation is about the object
/// that holds them and lists them by name.
fn remove_unknown(value: &mut Value, violation: &Violation) -> bool {
    let Some(names) = violation.message.strip_prefix("unknown member ") else { return false };
    let Some(members) = find(value, &violation.path).and_then(Value::as_object_mut) else { return false };
    let before = members.len();
    members.retain(|name, _| {
        let listed: String = name.chars().flat_map(char::escape_debug).collect();
        !names.contains(&format!("\"{listed}\""))
    });
    members.len() < before
}

fn find<'v>(value: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    parts.try_fold(value, |at, part| match at {
        Value::Object(members) => members.get_mut(part),
        Value::Array(items) => part.parse().ok().and_then(|index: usize| items.get_mut(index)),
        _ => None,
    })
}

fn remove(value: &mut Value, path: &str) -> bool {
    let Some((parent, last)) = path.rsplit_once('/').or((!path.is_empty()).then_some(("", path))) else { return false };
    let Some(at) = find(value, parent) else { return false };
    match at {
        Value::Object(members) => members.remove(last).is_some(),
        Value::Array(items) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::record::parse;

    #[test]
    fn what_does_not_fit_goes_and_everything_around_it_stays() {
        const STEP: &str = r#""step_id": "r/step/0000", "step_index": 0, "step_type": "x", "status": "failed", "started_at": "2026-01-01T00:00:00Z""#;
        for (given, kept, complaints) in [
            (r#""intent": 3"#, "", 1),
            (r#""action": {"type": "click", "colour": "red", "shape": 1}"#, r#""action": {"type": "click"}, "#, 1),
            (r#""verdict": {"reason": "no status"}"#, "", 1),
            // Taking out the first item must not make the second one's place another's.
            (
                r#""subgoals_completed": [{"x": 1}, {"completion": 1, "subgoal_id": "a"}, 5, {"completion": 0, "subgoal_id": "b", "x": 2}, null]"#,
                r#""subgoals_completed": [{"completion": 1, "subgoal_id": "a"}, {"completion": 0, "subgoal_id": "b"}], "#,
                0,
            ),
            (r#""colour": "red""#, "", 1),
        ] {
            let Value::Object(record) = parse(format!("{{{STEP}, {given}}}").as_bytes()).unwrap() else { panic!() };
            let expected = parse(format!("{{{kept}{STEP}}}").as_bytes()).unwrap();
            let (mended, told) = mend(Schema::Step, record);
            assert_eq!(Value::from(mended.unwrap()).to_string(), expected.to_string(), "{told:?}");
            assert!(told.len() >= complaints, "{told:?}");
        }
    }

    #[test]
    fn a_record_without_what_it_must_have_is_given_up() {
        let (record, told) = mend(Schema::Step, Object::new());
        assert!(record.is_none() && !told.is_empty());
    }
}
