//! Patches of steps that are known: verdicts, scores, judges, costs, versions, subgoals.

use super::{
    super::{flight_recorder::Evidence, road::Road},
    Refused,
};
use crate::{
    CaptureMode,
    bundle::paths,
    capture::{Artifact, Origin, gate_step},
    record::{Number, Object, Value},
    redact::Family,
};
use std::collections::HashMap;

/// How many subgoals are remembered with the step that completed them first. Beyond that the steps on disk are asked.
pub(super) const SUBGOALS: usize = 4096;

/// The longest id of a subgoal that is remembered, in bytes.
const LONGEST_SUBGOAL: usize = 1024;

/// What was attached to a step and belongs to nobody but the recorder, however often its caller records it again.
const ATTACHED: &[&str] = &[
    "captured_versions",
    "costs",
    "env_fingerprint",
    "judge_decisions",
    "loop_detected",
    "subgoals_completed",
    "verdict",
    "verdict_source",
];

/// What a score leaves in a verdict.
const SCORED: &[&str] = &["comparator", "score", "score_components", "should_stop", "uncertainty"];

/// The step at which each subgoal was complete for the first time, the lowest one.
#[derive(Debug, Default)]
pub(super) struct Completions {
    pub(super) lowest: HashMap<String, u64>,
    /// Some were forgotten.
    overflown: bool,
}

/// A step that is recorded again says anew what its caller knows of it; what was attached to it since stays.
pub(in crate::pipeline) fn carry_over(known: Object, record: &mut Object, iterated: bool) {
    for (key, value) in known {
        if key == "step_iterations" {
            if iterated {
                record.insert(key, value);
            }
        } else if ATTACHED.contains(&key.as_str()) {
            let joined = match record.remove(&key) {
                Some(new) => join(&key, value, new),
                None => value,
            };
            record.insert(key, joined);
        }
    }
}

/// Lays what the flight recorder held of a step over what is written of it. What was attached meanwhile is joined to it.
pub(in crate::pipeline) fn bring_back(record: &mut Object, held: Object) {
    for (key, value) in held {
        let value = match record.remove(&key).filter(|_| ATTACHED.contains(&key.as_str())) {
            Some(known) => join(&key, known, value),
            None => value,
        };
        record.insert(key, value);
    }
}

fn join(key: &str, old: Value, new: Value) -> Value {
    match (key, old, new) {
        ("verdict", Value::Object(old), Value::Object(mut new)) => {
            for (key, value) in old {
                if SCORED.contains(&key.as_str()) {
                    new.entry(key).or_insert(value);
                }
            }
            new.into()
        }
        ("captured_versions" | "costs" | "env_fingerprint", Value::Object(mut old), Value::Object(new)) => {
            old.extend(new);
            old.into()
        }
        ("judge_decisions", Value::Array(mut old), Value::Array(new)) => {
            for decision in new {
                if !old.contains(&decision) {
                    old.push(decision);
                }
            }
            old.into()
        }
        ("subgoals_completed", Value::Array(mut old), Value::Array(new)) => {
            new.into_iter().for_each(|entry| put_subgoal(&mut old, entry));
            old.into()
        }
        (_, _, new) => new,
    }
}

/// Replaces the entry of the same subgoal, or adds one.
fn put_subgoal(entries: &mut Vec<Value>, entry: Value) {
    match entries.iter_mut().find(|known| known.get("subgoal_id") == entry.get("subgoal_id")) {
        Some(known) => *known = entry,
        None => entries.push(entry),
    }
}

/// How the members of a patch come into a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amendment {
    /// Each replaces what was there.
    Replace,
    /// The members of each object replace those that were there.
    Merge,
    /// The items of each list come behind those that were there; anything else replaces.
    Append,
    /// As `Merge`, and a verdict without a status becomes `unknown`.
    Score,
}

impl Road {
    /// Whether there is a step at an index.
    pub(crate) fn has_step(&self, index: u64) -> bool {
        let is_on_disk = || self.bundle.store().exists(&paths::step(index)) || self.is_iterated(index);
        self.steps.contains_key(&index) || !self.is_new(index) && is_on_disk()
    }

    /// The index of the canonical step with an id. Reads the steps on disk one by one.
    pub(crate) fn index_of(&mut self, id: &str) -> Option<u64> {
        self.write_steps();
        let indexes = self.bundle.step_indexes().unwrap_or_default();
        let has = |index: &u64| {
            let step = self.bundle.read_step(*index);
            let named = step.as_ref().and_then(|step| step.get("step_id")).and_then(Value::as_str) == Some(id);
            named || self.bundle.has_iteration(*index, id)
        };
        indexes.into_iter().find(has)
    }

    /// Whether an index has more than one emission.
    pub(in crate::pipeline) fn is_iterated(&self, index: u64) -> bool {
        self.bundle.store().exists(&paths::step_folder(index))
    }

    /// Records a further emission at the index of a known step. `known` is an id that must have been recorded there.
    pub(crate) fn record_iteration(
        &mut self,
        index: u64,
        known: Option<&str>,
        iteration: Object,
        mode: CaptureMode,
    ) -> Result<(), Refused> {
        if !self.in_force(mode).passes(Artifact::Step) {
            return Ok(());
        }
        self.write_steps();
        let Some(canonical) = self.bundle.read_step(index) else { return Err(Refused::no_step(index)) };
        let canonical = canonical.get("step_id").and_then(Value::as_str);
        if let Some(known) = known.filter(|known| Some(*known) != canonical)
            && !self.bundle.has_iteration(index, known)
        {
            return Err(Refused::Invalid("step_id_or_index: no step has this id".to_owned()));
        }
        if iteration.get("step_id").and_then(Value::as_str) == canonical {
            return Err(Refused::Invalid(
                "iteration: its step_id is that of the step itself; give it one of its own".to_owned(),
            ));
        }
        Ok(self.record_step(index, iteration, mode)?)
    }

    /// Changes a step that is known.
    pub(crate) fn amend(
        &mut self,
        index: u64,
        mut members: Object,
        mode: CaptureMode,
        how: Amendment,
    ) -> Result<(), Refused> {
        let mode = self.in_force(mode);
        if !mode.passes(Artifact::Step) {
            return Ok(());
        }
        if !self.has_step(index) {
            return Err(Refused::no_step(index));
        }
        let whole = self.holds_beyond(mode).then(|| members.clone());
        gate_step(&mut members, mode, Origin::Stated);
        if let Some(held) = self.held_back(whole, &members) {
            self.hold_step(index, held, |held| Evidence::Amendment(held, how));
        }
        self.redact(Family::Step, &mut members);
        if members.is_empty() {
            return Ok(());
        }
        let step = self.open(index);
        for (key, value) in members {
            put(&mut step.record, key, value, how);
        }
        // What comes later is read from its file again.
        (step.changed, step.ended) = (true, true);
        Ok(())
    }

    /// Notes how far a subgoal is; one that is complete names the first step at which it was.
    pub(crate) fn subgoal(
        &mut self,
        index: u64,
        id: &str,
        completion: Number,
        mode: CaptureMode,
    ) -> Result<(), Refused> {
        let mode = self.in_force(mode);
        if !mode.passes(Artifact::Step) {
            return Ok(());
        }
        if !self.has_step(index) {
            return Err(Refused::no_step(index));
        }
        let complete = completion.as_f64() >= 1.0;
        let mut entry = Object::from([
            ("subgoal_id".to_owned(), Value::from(id)),
            ("completion".to_owned(), completion.clone().into()),
        ]);
        let mut members = Object::from([("subgoals_completed".to_owned(), Value::Array(vec![entry.clone().into()]))]);
        gate_step(&mut members, mode, Origin::Stated);
        if members.is_empty() {
            if self.holds_beyond(CaptureMode::Metadata) {
                self.hold(Some(index), Evidence::Subgoal(id.to_owned(), completion), id.len());
            }
            return Ok(());
        }
        let known = self.first_completed(id);
        let first = if complete { Some(known.map_or(index, |known| known.min(index))) } else { known };
        if let Some(first) = first {
            entry.insert("first_completed_at_step".to_owned(), first.into());
        }
        let step = self.open(index);
        let entries = step.record.entry("subgoals_completed".to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(entries) = entries {
            put_subgoal(entries, entry.into());
        }
        (step.changed, step.ended) = (true, true);
        if let Some(first) = first.filter(|_| complete) {
            self.remember_completion(id, first);
            if known.is_some_and(|known| known > first) {
                self.settle_completion(id, first);
            }
        }
        Ok(())
    }

    fn first_completed(&mut self, id: &str) -> Option<u64> {
        if let Some(first) = self.ledger.completions.lowest.get(id) {
            return Some(*first);
        }
        if !self.ledger.completions.overflown {
            return None;
        }
        self.write_steps();
        let indexes = self.bundle.step_indexes().unwrap_or_default();
        let bundle = &self.bundle;
        let first = indexes.into_iter().filter_map(|index| {
            let step = bundle.read_step(index)?;
            let entries = step.get("subgoals_completed")?.as_array()?;
            let entry = entries.iter().find(|entry| entry.get("subgoal_id").and_then(Value::as_str) == Some(id))?;
            entry.get("first_completed_at_step")?.as_u64()
        });
        first.min()
    }

    pub(super) fn remember_completion(&mut self, id: &str, first: u64) {
        let completions = &mut self.ledger.completions;
        if id.len() > LONGEST_SUBGOAL {
            completions.overflown = true;
            return;
        }
        if completions.lowest.len() >= SUBGOALS && !completions.lowest.contains_key(id) {
            completions.lowest.clear();
            completions.overflown = true;
        }
        completions.lowest.insert(id.to_owned(), first);
    }

    /// A lower step turned out to be the first: those that named another are put right.
    fn settle_completion(&mut self, id: &str, first: u64) {
        self.write_steps();
        for index in self.bundle.step_indexes().unwrap_or_default() {
            let Some(mut step) = self.bundle.read_step(index) else { continue };
            let Some(Value::Array(entries)) = step.get_mut("subgoals_completed") else { continue };
            let mut stale = false;
            for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                let named = entry.get("first_completed_at_step").and_then(Value::as_u64);
                if entry.get("subgoal_id").and_then(Value::as_str) == Some(id)
                    && named.is_some_and(|named| named > first)
                {
                    entry.insert("first_completed_at_step".to_owned(), first.into());
                    stale = true;
                }
            }
            if stale {
                self.steps.remove(&index);
                let written = self.bundle.write_step(index, &step);
                self.kept(written.map(drop));
            }
        }
    }

    /// What the run cost: what was said of the run and, where nothing was, the sum over its steps in their order.
    pub(crate) fn cost_summary(&mut self) -> Result<Object, Refused> {
        self.flush();
        let mut summary = match self.bundle.session().get("costs") {
            Some(Value::Object(costs)) => costs.clone(),
            _ => Object::new(),
        };
        let mut sums: Object = Object::new();
        for index in self.bundle.step_indexes()? {
            let Some(step) = self.bundle.read_step(index) else { continue };
            let Some(Value::Object(costs)) = step.get("costs") else { continue };
            for (key, value) in costs {
                if let (false, Value::Number(number)) = (summary.contains_key(key), value) {
                    let sum = match sums.get(key).and_then(Value::as_number) {
                        Some(known) => add(known, number),
                        None => number.clone(),
                    };
                    sums.insert(key.clone(), sum.into());
                }
            }
        }
        summary.append(&mut sums);
        Ok(summary)
    }
}

fn put(record: &mut Object, key: String, value: Value, how: Amendment) {
    match (how, record.get_mut(&key), value) {
        (Amendment::Merge | Amendment::Score, Some(Value::Object(known)), Value::Object(members)) => {
            known.extend(members);
        }
        (Amendment::Append, Some(Value::Array(known)), Value::Array(mut items)) => known.append(&mut items),
        (_, _, value) => {
            record.insert(key.clone(), value);
        }
    }
    if let (Amendment::Score, Some(Value::Object(verdict))) = (how, record.get_mut(&key)) {
        verdict.entry("status".to_owned()).or_insert_with(|| "unknown".into());
    }
}

/// Whole numbers stay whole.
fn add(one: &Number, other: &Number) -> Number {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Number::from(one + other),
        // Past the largest float there is nothing left to add to.
        _ => Number::from_f64(one.as_f64() + other.as_f64()).unwrap_or_else(|| one.clone()),
    }
}
