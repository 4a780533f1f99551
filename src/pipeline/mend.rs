//! Makes a record fit its schema by taking out what does not, so that one bad value never costs the record.

use crate::{
    record::{Object, Value},
    schema::{self, Schema},
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
        for violation in violations {
            removed |= remove(&mut value, &violation.path);
            complaints.push(violation.to_string());
        }
        if !removed {
            break;
        }
    }
    (None, complaints)
}

fn remove(value: &mut Value, path: &str) -> bool {
    let Some((parent, last)) = path.rsplit_once('/').or((!path.is_empty()).then_some(("", path))) else { return false };
    let mut at = value;
    for part in parent.split('/').filter(|part| !part.is_empty()) {
        let next = match at {
            Value::Object(members) => members.get_mut(part),
            Value::Array(items) => part.parse().ok().and_then(|index: usize| items.get_mut(index)),
            _ => None,
        };
        let Some(next) = next else { return false };
        at = next;
    }
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
