//! Word from the worker to a waiting caller that its files are in place.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What a caller learned by waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acknowledged {
    /// The files are in place.
    InPlace,
    /// The worker tried and could not write them.
    Failed,
    /// The time ran out first; they may still come.
    Pending,
}

/// One pending answer, shared by the caller and the worker.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acknowledgement(Arc<(Mutex<Option<bool>>, Condvar)>);

impl Acknowledgement {
    /// The worker's side.
    pub(crate) fn give(&self, in_place: bool) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(in_place);
        self.0.1.notify_all();
    }

    /// The caller's side. Without a limit it waits as long as the worker lives.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> Acknowledged {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut answer = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *answer {
                Some(true) => return Acknowledged::InPlace,
                Some(false) => return Acknowledged::Failed,
                None => {}
            }
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(3600),
            };
            if left.is_zero() {
                return Acknowledged::Pending;
            }
            answer = self.0.1.wait_timeout(answer, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
