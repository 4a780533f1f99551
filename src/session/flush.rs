//! Waiting for what was recorded, whatever the durability promises.

use super::{Session, SessionError, not_in_place};
use crate::{Durability, pipeline::Acknowledged, store::Mark};

/// What was recorded until a moment and is on its way to its place. Nothing is lost where it is dropped, only not waited for.
#[derive(Debug)]
#[must_use = "what is on its way is in place once it was waited for"]
pub struct Flush {
    /// What could be said at once.
    whole: bool,
    mark: Option<Mark>,
}

impl Flush {
    /// Waits until everything is in place.
    ///
    /// # Errors
    /// If the disk refuses some of it. It is tried again with the next flush.
    pub fn wait(self) -> Result<(), SessionError> {
        let reached = self.mark.is_none_or(|mark| mark.reached());
        if self.whole && reached { Ok(()) } else { Err(not_in_place()) }
    }
}

impl Session {
    /// Waits until everything that was recorded so far is in place; with durability `power`, until the medium holds it.
    ///
    /// # Errors
    /// If the disk refuses some of it. It is tried again with the next call.
    pub fn flush(&self) -> Result<(), SessionError> {
        self.begin_flush().wait()
    }

    /// The same in two parts: something else can be done in between. Only a session that was opened for
    /// [`batches`](super::SessionBuilder::batches) goes on meanwhile; others wait here.
    pub fn begin_flush(&self) -> Flush {
        if self.is_closed() {
            return Flush { whole: true, mark: None };
        }
        let power = self.lane.durability() == Durability::Power;
        let begun = self.pipeline.at_once(&self.lane, false, move |road| match power {
            true => (road.settle(), None),
            false => road.begin_flush(),
        });
        if let Ok(begun) = begun {
            // Without a road there is nothing left to be written.
            let (whole, mark) = begun.map_or((true, None), |(begun, _)| begun);
            return Flush { whole, mark };
        }
        let acknowledgement = self.pipeline.submit_acknowledged(&self.lane, 64, super::PATIENCE, |_| {});
        let in_place = acknowledgement.is_some_and(|waiting| waiting.wait(None) == Acknowledged::InPlace);
        Flush { whole: in_place, mark: None }
    }
}
