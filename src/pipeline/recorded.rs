//! Whole steps, as the calls of a session record them.

use super::{flight_recorder::Evidence, ledger::carry_over, road::Road};
use crate::{
    CaptureMode,
    capture::{Artifact, Origin, gate_step},
    record::{EventLayer, Object, Value},
    redact::Family,
};
use std::io;

impl Road {
    /// Records a whole step under an id of the caller's. A new id at a used index becomes an iteration.
    pub(crate) fn record_step(&mut self, index: u64, mut record: Object, mode: CaptureMode) -> io::Result<()> {
        let mode = self.in_force(mode);
        if !mode.passes(Artifact::Step) {
            return Ok(());
        }
        if self.dial.raised() > CaptureMode::Off {
            record.entry("capture_mode".to_owned()).or_insert(mode.into());
        }
        let status = record.get("status").and_then(Value::as_str);
        let (failed, ended) = (status == Some("failed"), !matches!(status, Some("pending" | "running")));
        self.put_step(index, record, mode)?;
        if ended && self.ring.is_some() {
            self.after_step(index, failed);
        }
        Ok(())
    }

    pub(super) fn put_step(&mut self, index: u64, mut record: Object, mode: CaptureMode) -> io::Result<()> {
        let whole = self.holds_beyond(mode).then(|| record.clone());
        gate_step(&mut record, mode, Origin::Stated);
        let held = self.held_back(whole, &record);
        let redacted = self.policy.redact_family(Family::Step, &mut record);
        // Its caller held it against the schema, and here nothing was taken out of it.
        let fits = redacted == 0 && mode.passes(Artifact::Event(EventLayer::Dispatch));
        if self.steps.get(&index).is_some_and(|step| step.changed) {
            // Where nobody waits for the disk, the step before this one may not be there yet.
            self.write_steps();
        }
        let known = match self.steps.get(&index).filter(|step| step.is_settled()) {
            Some(step) => Some(step.record.clone()),
            None if self.is_new(index) => None,
            None => self.bundle.read_step(index),
        };
        match known {
            Some(mut canonical) if canonical.get("step_id") != record.get("step_id") => {
                self.steps.remove(&index);
                record.remove("step_iterations");
                self.bundle.write_iteration(index, &mut canonical, &record)?;
                if let Some(mut held) = held {
                    // What was held whole stays whole.
                    for (key, value) in record {
                        held.entry(key).or_insert(value);
                    }
                    self.hold_step(index, held, Evidence::Iteration);
                }
                Ok(())
            }
            known => {
                // What was attached to the step since stays: scores, costs and judgements are not the caller's to lose.
                let fits = fits && known.is_none();
                if let Some(known) = known {
                    carry_over(known, &mut record, self.is_iterated(index));
                }
                self.put(index, record, fits);
                if let Some(ring) = &mut self.ring {
                    ring.forget_record(index);
                }
                if let Some(held) = held {
                    self.hold_step(index, held, Evidence::Recorded);
                }
                Ok(())
            }
        }
    }
}
