//! Makes a record fit its schema by taking out what does not, so that one bad value never costs the record.

use crate::{
    record::{Object, Value},
    schema::{self, Schema, Violation},
};

/// How often a record is mended before it is given up.
const ATTEMPTS: usize = 8;

/// The record without the members that do not fit, and what was wrong with them; no record if it cannot be mended.
pub(super) fn mend(schema: Schema, record: Object) -> (Option<Object>, Vec<String>) {
    let mut value = Value::Object(record);
    let mut complaints = Vec::new();
    for _ in 0..ATTEMPTS {
        let Err(violations) = schema::validate(schema, &value) else {
            return (value.as_object().cloned(), complaints);
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
