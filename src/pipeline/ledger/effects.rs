//! The ledger of side effects: each is a file that says how far it is, before the agent goes on.

use super::{
    super::{flight_recorder::Evidence, loss::Loss, road::Road},
    Refused,
};
use crate::{
    CaptureMode,
    bundle::paths,
    capture::Artifact,
    record::{Object, Value},
    redact::Family,
    schema::Schema,
};
use std::{
    collections::{HashMap, HashSet},
    io,
};

/// How many effects are remembered. Of more, those that are settled are looked up on disk, and only so many may be open.
pub(super) const EFFECTS: usize = 65_536;

#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) known: HashMap<String, Effect>,
    /// The names of their files in lower case: two must not become one where a system does not tell cases apart.
    folded: HashSet<String>,
    /// Settled ones were forgotten.
    overflown: bool,
    declared: u64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Effect {
    index: u64,
    /// When it was declared, among all.
    order: u64,
    open: bool,
}

/// How an effect ends.
#[derive(Debug)]
pub(crate) enum Settlement {
    Committed { at: String, result: Option<Value> },
    Aborted { at: String, reason: String },
}

impl Road {
    /// Declares an effect: it stands on disk, as `intent_only`, when this returns.
    pub(crate) fn declare_effect(&mut self, mut record: Object, mode: CaptureMode) -> Result<(), Refused> {
        let index = record.get("step_index").and_then(Value::as_u64).unwrap_or_default();
        let id = record.get("side_effect_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let before = self.effect(&id);
        if before.is_some_and(|effect| !effect.open) {
            return Err(Refused::Invalid(format!(
                "side effect {id} is committed or aborted already; give this one another id"
            )));
        }
        let folded = format!("{index:04}-{}", id.to_lowercase());
        if before.is_none_or(|effect| effect.index != index) && self.ledger.effects.folded.contains(&folded) {
            return Err(Refused::Invalid(
                "side_effect_id: differs from another one at its step by its case only".into(),
            ));
        }
        self.make_room_for_effects()?;
        if mode.passes(Artifact::SideEffect) {
            if let Some(step_id) = self.step_id_at(index) {
                record.insert("step_id".to_owned(), step_id);
            }
            self.write_effect(index, &id, record)?;
            if let Some(moved) = before.filter(|effect| effect.index != index) {
                self.bundle.store().remove(&paths::side_effect(moved.index, &id))?;
                self.ledger.effects.folded.remove(&format!("{:04}-{}", moved.index, id.to_lowercase()));
            }
        }
        let effects = &mut self.ledger.effects;
        effects.declared += 1;
        effects.folded.insert(folded);
        let order = before.map_or(effects.declared, |effect| effect.order);
        effects.known.insert(id, Effect { index, order, open: true });
        Ok(())
    }

    /// Ends an effect that is open.
    pub(crate) fn settle_effect(&mut self, id: &str, how: Settlement, mode: CaptureMode) -> Result<(), Refused> {
        let Some(effect) = self.effect(id) else {
            return Err(Refused::Invalid("no side effect with this id was declared".to_owned()));
        };
        if !effect.open {
            return Err(Refused::Invalid(format!("side effect {id} is committed or aborted already")));
        }
        let path = paths::side_effect(effect.index, id);
        // Declared while the mode kept nothing, it has no file; that it is settled counts all the same.
        if let Some(mut record) = self.bundle.read_object(&path) {
            let keep = |artifact| mode.passes(artifact);
            match how {
                Settlement::Committed { at, result } => {
                    record.insert("status".to_owned(), "committed".into());
                    record.insert("committed_at".to_owned(), at.into());
                    match result {
                        Some(result) if keep(Artifact::ObservedResult) => {
                            record.insert("observed_result".to_owned(), result);
                        }
                        Some(result) => self.hold_observed(effect.index, id, result, mode),
                        None => {}
                    }
                }
                Settlement::Aborted { at, reason } => {
                    record.insert("status".to_owned(), "aborted".into());
                    record.insert("aborted_at".to_owned(), at.into());
                    if keep(Artifact::SideEffect) {
                        record.insert("abort_reason".to_owned(), reason.into());
                    }
                }
            }
            self.write_effect(effect.index, id, record)?;
        }
        self.ledger.effects.known.insert(id.to_owned(), Effect { open: false, ..effect });
        Ok(())
    }

    /// Holds what an effect brought back, for the case that its step fails.
    fn hold_observed(&mut self, index: u64, id: &str, result: Value, mode: CaptureMode) {
        if !self.goes_on(Artifact::ObservedResult, mode) {
            return;
        }
        let mut held = Object::from([("observed_result".to_owned(), result)]);
        self.redact(Family::SideEffect, &mut held);
        if let Some(result) = held.remove("observed_result") {
            let bytes = id.len() + Self::weight(&result);
            self.hold(Some(index), Evidence::Observed(id.to_owned(), result), bytes);
        }
    }

    /// Adds to a settled effect what it brought back.
    pub(in crate::pipeline) fn observed(&mut self, index: u64, id: &str, result: Value) {
        if let Some(mut record) = self.bundle.read_object(&paths::side_effect(index, id)) {
            record.insert("observed_result".to_owned(), result);
            // What could not be written is counted there.
            drop(self.write_effect(index, id, record));
        }
    }

    /// Aborts all that are open, in the order of their declaration, and names them.
    pub(crate) fn abort_effects(&mut self, reason: &str, at: &str, mode: CaptureMode) -> Result<Vec<String>, Refused> {
        let known = self.ledger.effects.known.iter();
        let mut open: Vec<_> =
            known.filter(|(_, effect)| effect.open).map(|(id, effect)| (effect.order, id.clone())).collect();
        open.sort_unstable();
        for (_, id) in &open {
            self.settle_effect(id, Settlement::Aborted { at: at.to_owned(), reason: reason.to_owned() }, mode)?;
        }
        Ok(open.into_iter().map(|(_, id)| id).collect())
    }

    fn write_effect(&mut self, index: u64, id: &str, mut record: Object) -> Result<(), Refused> {
        self.redact(Family::SideEffect, &mut record);
        let (record, complaints) = self.fit.mend(Schema::SideEffect, record);
        for complaint in complaints {
            self.adapter_error(
                Some(index),
                format!("a side effect did not fit its schema: {complaint}"),
                Object::new(),
            );
        }
        let Some(record) = record else {
            self.losses.count(Loss::Invalid);
            return Err(Refused::Unfit("the side effect"));
        };
        let written = self.bundle.write_record_synced(&paths::side_effect(index, id), &record.into());
        if written.is_err() {
            self.losses.count(Loss::Unwritten);
        }
        Ok(written?)
    }

    /// What is known of an effect: remembered, or found by the name of its file.
    fn effect(&self, id: &str) -> Option<Effect> {
        if let Some(effect) = self.ledger.effects.known.get(id) {
            return Some(*effect);
        }
        if !self.ledger.effects.overflown {
            return None;
        }
        let tail = format!("-{id}.json");
        let names = self.bundle.store().list(paths::SIDE_EFFECTS).ok()?;
        let index = names.iter().find_map(|entry| entry.name.strip_suffix(&tail)?.parse().ok())?;
        Some(Effect { index, order: 0, open: false })
    }

    fn make_room_for_effects(&mut self) -> Result<(), Refused> {
        let effects = &mut self.ledger.effects;
        if effects.known.len() < EFFECTS {
            return Ok(());
        }
        effects.overflown = true;
        effects.known.retain(|_, effect| effect.open);
        effects.folded.clear();
        if effects.known.len() < EFFECTS {
            return Ok(());
        }
        Err(Refused::Io(io::Error::other(format!("{EFFECTS} side effects are open; commit or abort some first"))))
    }

    fn step_id_at(&self, index: u64) -> Option<Value> {
        let open = self.steps.get(&index).and_then(|step| step.record.get("step_id").cloned());
        open.or_else(|| self.bundle.read_step(index)?.remove("step_id"))
    }
}
