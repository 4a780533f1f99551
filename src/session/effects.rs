//! The ledger of side effects: what the agent is about to change outside, and what became of it.

use super::{
    EffectOptions, Session, SessionError,
    check::{self, given, index_in_range, text, value_of, weight},
};
use crate::{
    ambient::Ambient,
    pipeline::{Refused, Road, Settlement},
    record::{Object, Timestamp, Value},
    redact::{Family, RedactionPolicy},
    schema::Schema,
};
use serde::Serialize;

impl Session {
    /// Declares a change to the outside before it is made and returns its id. When this returns, the declaration is on disk,
    /// whatever durability the session has: after a crash it tells what may have happened.
    ///
    /// An id that is open already is declared anew.
    ///
    /// # Errors
    /// If the id cannot be part of a file's name, holds what looks like a secret, or is committed or aborted already; if the
    /// session is closed or the disk refuses.
    pub fn declare_side_effect(
        &self,
        step_index: u64,
        resource: &str,
        action: &str,
        options: &EffectOptions,
    ) -> Result<String, SessionError> {
        self.check_open()?;
        index_in_range(step_index)?;
        let id = options.side_effect_id.clone().unwrap_or_else(|| generated(&self.ambient));
        let now = self.ambient.now().into();
        let mut record = declaration(&self.policy, &id, step_index, [resource, action], options, now)?;
        self.check(Schema::SideEffect, "side effect", &mut record, Family::SideEffect)?;
        let mode = self.gate();
        self.settled(weight(&record), move |road| road.declare_effect(record, mode))?;
        Ok(id)
    }

    /// Says that a declared change was made, and what came back: any value; a list is stored under `items`, `null` not at
    /// all. `committed_at` is RFC 3339; default: now.
    ///
    /// # Errors
    /// If no such change is declared, or it is committed or aborted already; if the session is closed or the disk refuses.
    pub fn commit_side_effect(
        &self,
        side_effect_id: &str,
        observed_result: &(impl Serialize + ?Sized),
        committed_at: Option<&str>,
    ) -> Result<(), SessionError> {
        let result = brought_back(observed_result)?;
        let weight = 1024 + result.as_ref().map_or(0, Road::weight);
        let how = Settlement::Committed { at: self.time("committed_at", committed_at)?, result };
        self.settle(side_effect_id, weight, how)
    }

    /// Says that a declared change was not made. `aborted_at` is RFC 3339; default: now.
    ///
    /// # Errors
    /// If no such change is declared, or it is committed or aborted already; if the session is closed or the disk refuses.
    pub fn mark_side_effect_aborted(
        &self,
        side_effect_id: &str,
        reason: &str,
        aborted_at: Option<&str>,
    ) -> Result<(), SessionError> {
        let how = Settlement::Aborted { at: self.time("aborted_at", aborted_at)?, reason: reason.to_owned() };
        self.settle(side_effect_id, 1024 + reason.len(), how)
    }

    /// Aborts every change that is declared and neither committed nor aborted. Returns their ids in the order of declaration.
    ///
    /// # Errors
    /// If the session is closed or the disk refuses.
    pub fn abort_pending_side_effects(&self, reason: &str) -> Result<Vec<String>, SessionError> {
        let (reason, at, mode) = (reason.to_owned(), self.time("aborted_at", None)?, self.gate());
        self.settled(1024 + reason.len(), move |road| road.abort_effects(&reason, &at, mode))
    }

    fn settle(&self, id: &str, weight: usize, how: Settlement) -> Result<(), SessionError> {
        let (id, mode) = (id.to_owned(), self.gate());
        self.settled(weight, move |road| road.settle_effect(&id, how, mode))
    }

    /// Work that is on disk when this returns, in every durability.
    fn settled<T: Send + 'static>(
        &self,
        weight: usize,
        work: impl FnOnce(&mut Road) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, SessionError> {
        self.answer(weight, move |road| work(road).map_err(SessionError::from))
    }
}

/// What is written of a change before it is made: to which resource, and by which action.
pub(crate) fn declaration(
    policy: &RedactionPolicy,
    id: &str,
    step_index: u64,
    [resource, action]: [&str; 2],
    options: &EffectOptions,
    now: Timestamp,
) -> Result<Object, SessionError> {
    check::name(policy, "side_effect_id", id)?;
    Ok(given([
        ("side_effect_id", Some(id.into())),
        ("step_index", Some(step_index.into())),
        ("resource", Some(resource.into())),
        ("action", Some(action.into())),
        ("idempotency_key", text(options.idempotency_key.as_ref())),
        ("reversibility", Some(options.reversibility.into())),
        ("compensation_handle", text(options.compensation_handle.as_ref())),
        ("provenance", Some(options.provenance.into())),
        ("status", Some("intent_only".into())),
        ("declared_at", Some(check::time("declared_at", options.declared_at.as_deref(), now)?.into())),
    ]))
}

/// What a change brought back, as the ledger has it.
pub(crate) fn brought_back(observed_result: &(impl Serialize + ?Sized)) -> Result<Option<Value>, SessionError> {
    Ok(match value_of("observed_result", observed_result)? {
        Value::Null => None,
        items @ Value::Array(_) => Some(Object::from([("items".to_owned(), items)]).into()),
        other => Some(other),
    })
}

/// An id for a side effect: `se_` and 16 hex digits.
pub(crate) fn generated(ambient: &Ambient) -> String {
    ambient.debug_session_id().replacen("dbg_", "se_", 1)
}
