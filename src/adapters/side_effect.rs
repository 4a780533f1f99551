//! A side effect as an adapter hands it over, read member by member.

use crate::{
    record::{EffectProvenance, Object, UnknownWord, Value},
    session::{EffectOptions, SessionError},
};
use std::str::FromStr;

/// What an adapter says of a side effect.
pub(super) struct SideEffect {
    pub(super) resource: String,
    pub(super) action: String,
    pub(super) options: EffectOptions,
    pub(super) outcome: Outcome,
}

/// What became of it, where the adapter knows already.
pub(super) enum Outcome {
    Pending,
    Committed { result: Value, at: Option<String> },
    Aborted { reason: String, at: Option<String> },
}

impl SideEffect {
    /// Reads an object of the ledger's members. What the adapter saw without saying who declared it was seen by the adapter.
    pub(super) fn read(members: &Object) -> Result<Self, SessionError> {
        let required = |name: &str| {
            let text = text(members, name)?.filter(|text| !text.is_empty());
            text.ok_or_else(|| invalid(format!("side effect: {name} must say something")))
        };
        let defaults = EffectOptions::default();
        let options = EffectOptions {
            idempotency_key: text(members, "idempotency_key")?,
            reversibility: word(members, "reversibility")?.unwrap_or(defaults.reversibility),
            compensation_handle: text(members, "compensation_handle")?,
            provenance: word(members, "provenance")?.unwrap_or(EffectProvenance::AdapterInferred),
            side_effect_id: text(members, "side_effect_id")?,
            declared_at: text(members, "declared_at")?,
        };
        Ok(Self { resource: required("resource")?, action: required("action")?, options, outcome: outcome(members)? })
    }
}

fn outcome(members: &Object) -> Result<Outcome, SessionError> {
    let result = members.get("observed_result").filter(|result| !result.is_null());
    let reason = text(members, "abort_reason")?;
    match (text(members, "status")?.as_deref(), result, reason) {
        (Some("aborted"), _, reason) | (None, None, reason @ Some(_)) => {
            Ok(Outcome::Aborted { reason: reason.unwrap_or_default(), at: text(members, "aborted_at")? })
        }
        (Some("committed"), result, _) | (None, result @ Some(_), _) => {
            Ok(Outcome::Committed { result: result.cloned().unwrap_or_default(), at: text(members, "committed_at")? })
        }
        (None | Some("intent_only"), _, _) => Ok(Outcome::Pending),
        (Some(_), _, _) => Err(invalid("side effect: status is not one of intent_only, committed, aborted".to_owned())),
    }
}

/// A text, if the member is there.
fn text(members: &Object, name: &str) -> Result<Option<String>, SessionError> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(invalid(format!("side effect: {name}: expected a string, got {}", other.kind()))),
    }
}

fn word<T: FromStr<Err = UnknownWord>>(members: &Object, name: &str) -> Result<Option<T>, SessionError> {
    let read = text(members, name)?.map(|word| word.parse());
    read.transpose().map_err(|error| invalid(format!("side effect: {name}: {error}")))
}

fn invalid(message: String) -> SessionError {
    SessionError::InvalidArgument(message)
}
