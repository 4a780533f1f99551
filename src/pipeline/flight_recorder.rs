//! The flight recorder: evidence that the mode holds back is kept in memory for the last steps, and written after all when
//! something fails.

use crate::{
    CaptureMode,
    bundle::Moment,
    pipeline::Amendment,
    record::{EventLayer, ModelLayer, Number, Object, Value},
};
use std::collections::VecDeque;

/// Keeps what the capture mode holds back of the last steps, redacted, in memory. When a step fails or the run halts, those
/// steps are written again with their evidence and marked with the mode that they now have, and the steps after them are
/// captured at that mode for a while. Spans that left as OTLP before stay as they were, and a `kill -9` takes what is held
/// with it.
///
/// With `steps: 0` nothing is held, and a failure only turns the mode up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlightRecorder {
    /// How many steps are held. Default 8.
    pub steps: usize,
    /// How much is held, in bytes. Default 32 MiB.
    pub bytes: usize,
    /// The mode that failed steps get. Default `full`.
    pub mode: CaptureMode,
    /// How many steps after a failure are captured at that mode. Default 3.
    pub after: u64,
}

impl Default for FlightRecorder {
    fn default() -> Self {
        Self { steps: 8, bytes: 32 * 1024 * 1024, mode: CaptureMode::Full, after: 3 }
    }
}

impl FlightRecorder {
    /// Holds nothing, and turns the mode up for the rest of the run when the first step fails.
    pub fn upgrade_on_failure(mode: CaptureMode) -> Self {
        Self { steps: 0, bytes: 0, mode, after: u64::MAX }
    }

    /// The mode up to which evidence is held.
    pub(crate) fn holds(&self) -> CaptureMode {
        if self.steps == 0 { CaptureMode::Off } else { self.mode }
    }
}

/// A piece of evidence, redacted.
#[derive(Debug)]
pub(super) enum Evidence {
    Members(Object),
    /// What was held back of a step that a call recorded. The next record of the step takes its place.
    Recorded(Object),
    /// A further emission at the index of a step.
    Iteration(Object),
    Amendment(Object, Amendment),
    Subgoal(String, Number),
    /// What the side effect of this id brought back.
    Observed(String, Value),
    Event(EventLayer, Object),
    Screenshot(Moment, Vec<u8>, bool),
    ModelCall(ModelLayer, Object),
    Reasoning(Object),
    Log(String),
}

/// What is held of one step.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) index: u64,
    pub(super) evidence: Vec<Evidence>,
    bytes: usize,
}

/// The ring of held steps.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) options: FlightRecorder,
    held: VecDeque<Held>,
    bytes: usize,
    /// The last step that a failure has turned the mode up for.
    pub(super) raised_until: Option<u64>,
}

impl Ring {
    pub(super) fn new(options: FlightRecorder) -> Self {
        Self { options, held: VecDeque::new(), bytes: 0, raised_until: None }
    }

    /// Holds a piece of evidence, letting the oldest steps go for it.
    pub(super) fn hold(&mut self, index: u64, evidence: Evidence, bytes: usize) {
        if bytes > self.options.bytes || self.options.steps == 0 {
            return;
        }
        let at = self.held.partition_point(|held| held.index < index);
        let is_full = self.held.len() >= self.options.steps;
        match self.held.get_mut(at).filter(|held| held.index == index) {
            Some(held) => {
                held.evidence.push(evidence);
                held.bytes += bytes;
            }
            // What comes late for a step that was let go must not push out a later one.
            None if at == 0 && is_full => return,
            None => self.held.insert(at, Held { index, evidence: vec![evidence], bytes }),
        }
        self.bytes += bytes;
        while self.held.len() > self.options.steps || self.bytes > self.options.bytes {
            let Some(oldest) = self.held.pop_front() else { break };
            self.bytes -= oldest.bytes;
        }
    }

    /// Lets go of what was held of the record of a step, which is recorded again.
    pub(super) fn forget_record(&mut self, index: u64) {
        if let Some(held) = self.held.iter_mut().find(|held| held.index == index) {
            // Its bytes stay counted until the step goes: that errs on the side of less memory.
            held.evidence.retain(|evidence| !matches!(evidence, Evidence::Recorded(_)));
        }
    }

    pub(super) fn take(&mut self) -> VecDeque<Held> {
        self.bytes = 0;
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Evidence {
        Evidence::Log(text.to_owned())
    }

    #[test]
    fn the_ring_holds_the_last_steps_within_its_bytes() {
        let mut ring = Ring::new(FlightRecorder { steps: 3, bytes: 100, ..FlightRecorder::default() });
        for index in 0..5 {
            ring.hold(index, line("a"), 10);
            ring.hold(index, line("b"), 10);
        }
        assert_eq!(ring.held.iter().map(|held| held.index).collect::<Vec<_>>(), [2, 3, 4]);
        ring.hold(5, line("large"), 90);
        assert_eq!(ring.held.iter().map(|held| held.index).collect::<Vec<_>>(), [5]);
        ring.hold(6, line("too large for the ring"), 101);
        assert_eq!((ring.take().len(), ring.bytes), (1, 0));
    }

    #[test]
    fn what_comes_late_for_a_step_that_was_let_go_pushes_no_other_out() {
        let mut ring = Ring::new(FlightRecorder { steps: 2, ..FlightRecorder::default() });
        for index in [4, 7, 1, 5, 7, 4] {
            ring.hold(index, line("x"), 1);
        }
        let held: Vec<_> = ring.take().iter().map(|held| (held.index, held.evidence.len())).collect();
        assert_eq!(held, [(5, 1), (7, 2)]);
    }

    #[test]
    fn a_step_that_is_recorded_again_is_held_once() {
        let mut ring = Ring::new(FlightRecorder::default());
        for _ in 0..3 {
            ring.forget_record(0);
            ring.hold(0, Evidence::Recorded(Object::new()), 1);
            ring.hold(0, line("x"), 1);
        }
        let held = ring.take();
        assert_eq!(held.front().map(|held| held.evidence.len()), Some(4));
    }
}
