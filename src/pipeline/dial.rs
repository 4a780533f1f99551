//! The capture mode of a run while it goes on. The agent's threads read it, its owner and the flight recorder turn it.

use crate::CaptureMode;
use std::sync::atomic::{AtomicU8, Ordering};

/// What is kept of a run now, and what is listened to.
#[derive(Debug)]
pub(crate) struct Dial {
    base: CaptureMode,
    kept: AtomicU8,
    /// The mode at which the flight recorder holds evidence; `Off` without one.
    held: CaptureMode,
}

impl Dial {
    pub(crate) fn new(base: CaptureMode, held: CaptureMode) -> Self {
        Self { base, kept: AtomicU8::new(base as u8), held }
    }

    /// The mode of the session.
    pub(crate) fn base(&self) -> CaptureMode {
        self.base
    }

    /// The mode in force: what passes it is kept.
    pub(crate) fn kept(&self) -> CaptureMode {
        CaptureMode::ALL.get(usize::from(self.kept.load(Ordering::Relaxed))).copied().unwrap_or_default()
    }

    /// What must be handed over: what is kept, and what the flight recorder holds for the case that it is needed.
    pub(crate) fn heard(&self) -> CaptureMode {
        // A run that is off stays off: nothing of it is held in memory either.
        if self.base == CaptureMode::Off { self.kept() } else { self.kept().max(self.held) }
    }

    pub(crate) fn turn(&self, mode: CaptureMode) {
        self.kept.store(mode as u8, Ordering::Relaxed);
    }

    pub(crate) fn turn_back(&self) {
        self.turn(self.base);
    }
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
        dial.turn_back();
        assert_eq!(dial.kept(), CaptureMode::Metadata);
        assert_eq!(Dial::new(CaptureMode::Off, CaptureMode::Full).heard(), CaptureMode::Off);
        assert_eq!(Dial::new(CaptureMode::Trace, CaptureMode::Off).heard(), CaptureMode::Trace);
    }
}
