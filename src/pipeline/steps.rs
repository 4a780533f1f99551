//! The steps of a run on the worker's side: what came of each, when it is written, and which stay at hand.

use super::{
    loss::Loss,
    road::{Patch, Road, merge},
};
use crate::{
    bundle::BundleWriter,
    capture::{Artifact, Origin, gate_step},
    record::{Object, Value, step_id},
    redact::Family,
    schema::Schema,
};

/// How many steps may be open at once before the oldest is written and let go; it is read again if more comes for it.
const OPEN_STEPS: usize = 256;

/// How many steps that are in place stay at hand, because more comes for the last ones than for others.
const AT_HAND: usize = 4;

/// The longest such step, in bytes of its document.
const LONGEST_AT_HAND: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct OpenStep {
    pub(super) record: Object,
    pub(super) changed: bool,
    pub(super) ended: bool,
    /// Something of it does not fit its schema yet: the rest of it may still come.
    pub(super) withheld: bool,
    /// It is known to fit its schema as it is.
    pub(super) fits: bool,
    /// How long its document is, in bytes, if it was written.
    pub(super) bytes: usize,
}

impl OpenStep {
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.changed |= self.withheld;
    }

    /// Whether it is as its file has it, and nothing more is expected.
    pub(super) fn is_settled(&self) -> bool {
        self.ended && !self.changed
    }
}

impl Road {
    /// Adds to a step. Objects merge member by member; anything else replaces what was there.
    pub(crate) fn step(&mut self, patch: Patch) {
        let Patch { index, mut members, mode, origin } = patch;
        let mode = self.in_force(mode);
        if !mode.passes(Artifact::Step) {
            return;
        }
        // What a dialect read out of telemetry is the text of a model or a tool.
        let mode = if origin == Origin::Derived { self.content_mode(Some(index), mode) } else { mode };
        self.hold_members(index, &members, mode, origin);
        gate_step(&mut members, mode, origin);
        self.redact(Family::Step, &mut members);
        if members.is_empty() {
            return;
        }
        let other_mode = (mode != self.dial.base()).then_some(mode);
        let step = self.open(index);
        merge(&mut step.record, members);
        if let Some(mode) = other_mode {
            step.record.entry("capture_mode".to_owned()).or_insert(mode.into());
        }
        step.changed = true;
    }

    /// A member of a step as it stands.
    pub(crate) fn step_member(&mut self, index: u64, key: &str) -> Option<Value> {
        self.open(index).record.get(key).cloned()
    }

    pub(super) fn open(&mut self, index: u64) -> &mut OpenStep {
        if !self.steps.contains_key(&index) {
            if self.steps.len() >= OPEN_STEPS {
                if let Some(mut oldest) = self.steps.first_entry() {
                    oldest.get_mut().end();
                }
                self.write_steps();
                self.steps.pop_first();
            }
            let record =
                if self.is_new(index) { named_step(&self.bundle, index) } else { known_step(&self.bundle, index) };
            self.highest = self.highest.max(Some(index));
            self.steps.insert(index, OpenStep { record, ..OpenStep::default() });
        }
        let step = self.steps.entry(index).or_default();
        if step.is_settled() {
            // At hand, and from here on as if it had been read again.
            (step.ended, step.withheld) = (false, false);
        }
        step.fits = false;
        step
    }

    /// Whether nothing was ever recorded at an index.
    pub(super) fn is_new(&self, index: u64) -> bool {
        self.highest.is_none_or(|highest| index > highest)
    }

    /// Puts a step in the place of what is known at its index.
    pub(super) fn put(&mut self, index: u64, record: Object, fits: bool) {
        self.highest = self.highest.max(Some(index));
        self.steps.insert(index, OpenStep { record, changed: true, ended: true, fits, ..OpenStep::default() });
    }

    /// Nothing more is expected for a step. What comes late all the same is added to its file.
    pub(crate) fn end_step(&mut self, index: u64) {
        if self.ring.is_some() {
            let failed = self.step_member(index, "status").is_some_and(|status| status.as_str() == Some("failed"));
            self.after_step(index, failed);
        }
        if let Some(step) = self.steps.get_mut(&index) {
            step.end();
        }
        self.sequences.retain(|(step, _), _| *step != Some(index));
    }

    pub(super) fn write_steps(&mut self) -> bool {
        let mut whole = true;
        let mut complaints = Vec::new();
        for (index, step) in &mut self.steps {
            if !step.changed {
                continue;
            }
            let is_open = !step.ended && !self.closing;
            let kept = (is_open && !step.fits).then(|| step.record.clone());
            let record = std::mem::take(&mut step.record);
            let (record, faults) =
                if step.fits { (Some(record), Vec::new()) } else { self.fit.mend(Schema::Step, record) };
            step.withheld = is_open && !faults.is_empty();
            if let Some(kept) = kept.filter(|_| step.withheld) {
                // What does not fit may be the first part of something, so the step keeps it until it ends.
                step.record = kept;
                let written = record.map_or(Ok(0), |record| self.bundle.write_step(*index, &record));
                step.changed = written.is_err();
                if step.changed {
                    self.losses.count(Loss::Unwritten);
                    whole = false;
                }
                continue;
            }
            complaints.extend(faults.into_iter().map(|fault| (*index, fault)));
            let Some(record) = record else {
                self.losses.count(Loss::Invalid);
                step.record = known_step(&self.bundle, *index);
                step.changed = false;
                continue;
            };
            step.record = record;
            match self.bundle.write_step(*index, &step.record) {
                Ok(bytes) => (step.changed, step.bytes) = (false, bytes),
                Err(_) => {
                    self.losses.count(Loss::Unwritten);
                    whole = false;
                }
            }
        }
        self.let_go();
        for (index, complaint) in complaints {
            self.adapter_error(Some(index), format!("a step did not fit its schema: {complaint}"), Object::new());
        }
        whole
    }

    /// Lets go of the steps that are in place, but for the last ones.
    fn let_go(&mut self) {
        let settled = self.steps.iter().filter(|(_, step)| step.is_settled());
        let at_hand: Vec<u64> = settled.rev().map(|(index, _)| *index).take(AT_HAND).collect();
        self.steps.retain(|index, step| !step.is_settled() || step.bytes <= LONGEST_AT_HAND && at_hand.contains(index));
    }
}

/// The step at an index as it is on disk; one that has but its names if there is none.
fn known_step(bundle: &BundleWriter, index: u64) -> Object {
    bundle.read_step(index).unwrap_or_else(|| named_step(bundle, index))
}

fn named_step(bundle: &BundleWriter, index: u64) -> Object {
    let run_id = bundle.session().get("run_id").and_then(Value::as_str).unwrap_or_default();
    Object::from([("step_id".to_owned(), step_id(run_id, index).into()), ("step_index".to_owned(), index.into())])
}
