//! What the agent's threads and the worker share of one run.

use super::{acknowledge::Acknowledged, dial::Dial, durability::Durability, loss::Loss, loss::Losses, road::Road};
use crate::CaptureMode;
use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicU8, AtomicU32, Ordering},
};

/// How many steps in a row may be pending before a run stops waiting.
const PATIENCE: u32 = 3;

/// One run, seen from both sides of the queue.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Only the worker locks it; `None` before the run is open and after its end.
    pub(crate) road: Mutex<Option<Road>>,
    pub(crate) losses: Arc<Losses>,
    /// How much is kept, and how much is listened to.
    pub(crate) dial: Arc<Dial>,
    durability: AtomicU8,
    pending_in_a_row: AtomicU32,
    /// Why the bundle could not be opened.
    refusal: OnceLock<String>,
}

impl Lane {
    pub(crate) fn new(road: Option<Road>, losses: Arc<Losses>, dial: Arc<Dial>, durability: Durability) -> Self {
        Self {
            road: Mutex::new(road),
            losses,
            dial,
            durability: AtomicU8::new(durability as u8),
            pending_in_a_row: AtomicU32::new(0),
            refusal: OnceLock::new(),
        }
    }

    /// The mode in force now.
    #[inline]
    pub(crate) fn mode(&self) -> CaptureMode {
        self.dial.kept()
    }

    pub(crate) fn refuse(&self, why: String) {
        let _ = self.refusal.set(why);
    }

    /// Why nothing of this run reaches the disk, if nothing does.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.refusal.get().map(String::as_str)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.road.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    #[inline]
    pub(crate) fn durability(&self) -> Durability {
        Durability::ALL.get(usize::from(self.durability.load(Ordering::Relaxed))).copied().unwrap_or_default()
    }

    /// Notes how a wait ended. `true` if the run has just given up waiting.
    pub(crate) fn waited(&self, outcome: Acknowledged) -> bool {
        match outcome {
            Acknowledged::InPlace => {
                self.pending_in_a_row.store(0, Ordering::Relaxed);
                false
            }
            // The worker has counted what it could not write.
            Acknowledged::Failed => false,
            Acknowledged::Pending => {
                self.losses.count(Loss::Pending);
                let row = self.pending_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
                let lazy = Durability::Lazy as u8;
                row >= PATIENCE && self.durability.swap(lazy, Ordering::Relaxed) != lazy
            }
        }
    }
}
