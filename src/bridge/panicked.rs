//! A panic in a span: told in the events of its run, and on the OpenTelemetry side of the span.

use super::layers::places;
use crate::panics::Panic;
use std::sync::Arc;
use tracing::{Dispatch, span::Id};

/// Tells each layer of ours that sees the span. Everything is in place when this returns, where the run promises that.
pub(crate) fn panicked_in(dispatch: &Dispatch, id: &Id, happened: &Arc<Panic>) {
    let places = places(dispatch, id);
    #[cfg(feature = "otlp")]
    if let Some((door, place)) = places.iter().next() {
        let step = place.role.step;
        let is_told = place.run.lane.mode() >= crate::CaptureMode::Trace
            && !step.is_some_and(|step| place.run.is_sensitive(step));
        let message = is_told.then(|| door.settings.policy.scrub(&happened.message).into_owned());
        if let Some(span) = crate::otlp::OpenSpan::find(id, dispatch) {
            span.add_panic(message, &happened.file, happened.line, happened.column);
        }
    }
    for (door, place) in places.iter().filter(|(_, place)| !place.run.is_ended()) {
        let (happened, step, mode) = (Arc::clone(happened), place.role.step, place.run.lane.mode());
        let at = door.settings.ambient.staged().unwrap_or(happened.at);
        let weight = happened.message.len() + 512;
        door.submit_and_wait(Arc::clone(&place.run), weight, move |_, road| happened.tell(road, step, at, mode));
    }
}
