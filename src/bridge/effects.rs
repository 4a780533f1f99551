//! Side effects of steps that come in by spans: declared on disk before they are made, and settled when it is known what became
//! of them.

use super::extension::{InStep, in_step};
use crate::{
    ambient::Ambient,
    pipeline::{Acknowledged, Loss, Refused, Road, Settlement},
    record::{Object, Timestamp},
    session::{self, EffectOptions, SessionError},
};
use serde::Serialize;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tracing::Span;

/// How long a declaration waits for the disk. What is declared must be there before it is done, and yet a disk that hangs must
/// not stop the agent for good.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) fn declare(span: &Span, resource: &str, action: &str, options: &EffectOptions) -> String {
    let mut id = options.side_effect_id.clone();
    in_step(span, |step| {
        let settings = &step.door.settings;
        let id = id.get_or_insert_with(|| session::generated(&settings.ambient));
        let now = Timestamp::from(settings.ambient.now());
        let record = session::declaration(&settings.policy, id, step.index, [resource, action], options, now);
        let mode = step.place.run.lane.mode();
        let weight = 1024 + resource.len() + action.len();
        settled(&step, weight, move |road| road.declare_effect(record.map_err(refused)?, mode));
        #[cfg(feature = "otlp")]
        step.tell(
            "side effect declared",
            [
                ("augur.side_effect.id", id.as_str()),
                ("augur.side_effect.resource", resource),
                ("augur.side_effect.action", action),
            ],
        );
    });
    id.unwrap_or_else(|| session::generated(&Ambient::World))
}

pub(super) fn commit(span: &Span, id: &str, observed_result: &(impl Serialize + ?Sized)) {
    in_step(span, |step| {
        // The agent's own code runs here and may panic.
        let result = catch_unwind(AssertUnwindSafe(|| session::brought_back(observed_result)));
        let result = result.unwrap_or_else(|_| Err(SessionError::InvalidArgument("reading it panicked".to_owned())));
        let weight = 1024 + result.as_ref().ok().and_then(Option::as_ref).map_or(0, Road::weight);
        let at = Timestamp::from(step.door.settings.ambient.now()).to_string();
        let how = result.map(|result| Settlement::Committed { at, result });
        settle(&step, id, weight, how);
        #[cfg(feature = "otlp")]
        step.tell("side effect committed", [("augur.side_effect.id", id)]);
    });
}

pub(super) fn abort(span: &Span, id: &str, reason: &str) {
    in_step(span, |step| {
        let at = Timestamp::from(step.door.settings.ambient.now()).to_string();
        let how = Settlement::Aborted { at, reason: reason.to_owned() };
        settle(&step, id, 1024 + reason.len(), Ok(how));
        #[cfg(feature = "otlp")]
        step.tell("side effect aborted", [("augur.side_effect.id", id)]);
    });
}

fn settle(step: &InStep<'_>, id: &str, weight: usize, how: Result<Settlement, SessionError>) {
    let (id, mode) = (id.to_owned(), step.place.run.lane.mode());
    settled(step, weight, move |road| road.settle_effect(&id, how.map_err(refused)?, mode));
}

fn refused(error: SessionError) -> Refused {
    Refused::Invalid(error.to_string())
}

/// Work that is on disk when this returns, in every durability; within the limit. What was refused is told in the run's events.
fn settled(step: &InStep<'_>, weight: usize, work: impl FnOnce(&mut Road) -> Result<(), Refused> + Send + 'static) {
    let (door, run, index) = (step.door, &step.place.run, step.index);
    let limit = door.settings.ambient.patience(LIMIT);
    let work = move |road: &mut Road| {
        if let Err(refused) = work(road) {
            let summary = format!("a side effect was left out: {}", SessionError::from(refused));
            road.adapter_error(Some(index), summary, Object::new());
        }
    };
    let acknowledgement = door.pipeline.submit_acknowledged(&Arc::clone(&run.lane), weight, limit, work);
    let outcome = acknowledgement.map_or(Acknowledged::Pending, |answer| answer.wait(Some(limit)));
    if outcome == Acknowledged::Pending {
        run.lane.losses.count(Loss::Pending);
    }
}
