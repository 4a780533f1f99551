//! The capture mode of a run while it goes on. The agent's threads read it, its owner and the flight recorder turn it.

use crate::CaptureMode;
use std::sync::atomic::{AtomicU8, Ordering};

/// What is kept of a run now, and what is listened to.
#[derive(Debug)]
pub(crate) struct Dial {
    base: CaptureMode,
    /// What the owner of the run wants.
    chosen: AtomicU8,
    /// What the flight recorder wants after a failure; `Off` before one.
    raised: AtomicU8,
    /// The mode at which the flight recorder holds evidence; `Off` without one.
    held: CaptureMode,
}

impl Dial {
    pub(crate) fn new(base: CaptureMode, held: CaptureMode) -> Self {
        Self { base, chosen: AtomicU8::new(base as u8), raised: AtomicU8::new(CaptureMode::Off as u8), held }
    }

    /// The mode of the session.
    pub(crate) fn base(&self) -> CaptureMode {
        self.base
    }

    /// The mode in force: what passes it is kept.
    #[inline]
    pub(crate) fn kept(&self) -> CaptureMode {
        read(&self.chosen).max(read(&self.raised))
    }

    /// What must be handed over: what is kept, and what the flight recorder holds for the case that it is needed.
    pub(crate) fn heard(&self) -> CaptureMode {
        self.heard_at(self.kept())
    }

    /// The same for one who has just asked what is kept.
    #[inline]
    pub(crate) fn heard_at(&self, kept: CaptureMode) -> CaptureMode {
        match kept {
            // Of a run that is off nothing is held in memory either.
            CaptureMode::Off => CaptureMode::Off,
            kept if self.base == CaptureMode::Off => kept,
            kept => kept.max(self.held),
        }
    }

    /// The owner sets the mode. That counts more than what a failure asked for.
    pub(crate) fn turn(&self, mode: CaptureMode) {
        self.chosen.store(mode as u8, Ordering::Relaxed);
        self.settle();
    }

    /// The owner goes back to the mode of the session.
    pub(crate) fn turn_back(&self) {
        self.turn(self.base);
    }

    /// A failure turns the mode up, until it is settled or the owner turns it.
    pub(super) fn raise(&self, mode: CaptureMode) {
        self.raised.store(mode as u8, Ordering::Relaxed);
    }

    /// Enough steps went by since the failure.
    pub(super) fn settle(&self) {
        self.raised.store(CaptureMode::Off as u8, Ordering::Relaxed);
    }

    /// The mode that a failure turned this up to, as long as it counts.
    pub(super) fn raised(&self) -> CaptureMode {
        read(&self.raised)
    }
}

fn read(mode: &AtomicU8) -> CaptureMode {
    CaptureMode::ALL.get(usize::from(mode.load(Ordering::Relaxed))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flight_recorder_hears_more_than_is_kept_unless_capture_is_off() {
        let dial = Dial::new(CaptureMode::Metadata, CaptureMode::Full);
        assert_eq!((dial.kept(), dial.heard()), (CaptureMode::Metadata, CaptureMode::Full));
        dial.turn(CaptureMode::Trace);
        assert_eq!(dial.kept(), CaptureMode::Trace);
        dial.turn(CaptureMode::Off);
        assert_eq!(dial.heard(), CaptureMode::Off);
        dial.turn_back();
        assert_eq!(dial.kept(), CaptureMode::Metadata);
        assert_eq!(Dial::new(CaptureMode::Off, CaptureMode::Full).heard(), CaptureMode::Off);
        assert_eq!(Dial::new(CaptureMode::Trace, CaptureMode::Off).heard(), CaptureMode::Trace);
    }

    #[test]
    fn what_the_owner_chose_outlives_a_failure_and_counts_more() {
        let dial = Dial::new(CaptureMode::Metadata, CaptureMode::Full);
        dial.turn(CaptureMode::Trace);
        dial.raise(CaptureMode::Screenshots);
        assert_eq!(dial.kept(), CaptureMode::Screenshots);
        dial.settle();
        assert_eq!(dial.kept(), CaptureMode::Trace);
        dial.raise(CaptureMode::Full);
        dial.turn(CaptureMode::Metadata);
        assert_eq!((dial.kept(), dial.raised()), (CaptureMode::Metadata, CaptureMode::Off));
    }
}
