//! What a span is told on its OpenTelemetry side when it closes: what it was to the run.

#[cfg(feature = "otlp")]
use super::layer::nearest;
use super::layer::{AugurLayer, Place};
use crate::CaptureMode;
#[cfg(feature = "otlp")]
use std::sync::atomic::Ordering;
use std::time::SystemTime;
#[cfg(feature = "otlp")]
use tracing::dispatcher::WeakDispatch;
use tracing::{Metadata, Subscriber, span::Id};
use tracing_subscriber::{
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

/// A span that is about to close.
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "only OpenTelemetry is told of these"))]
pub(super) struct Closing<'a> {
    pub(super) place: &'a Place,
    pub(super) metadata: &'a Metadata<'a>,
    pub(super) mode: CaptureMode,
    pub(super) started: SystemTime,
    pub(super) end: SystemTime,
    pub(super) failed: bool,
}

/// After so many spans in a row that OpenTelemetry did not know, it is not asked any more: there is no layer of it.
#[cfg(feature = "otlp")]
const NOBODY_THERE: u64 = 32;

#[cfg(feature = "otlp")]
impl AugurLayer {
    /// Says on the OpenTelemetry side of a span what it was to the run, and returns its trace id and span id. Asked before
    /// any other layer closes the span, and with nothing locked.
    pub(super) fn link(&self, id: &Id, closing: &Closing<'_>) -> Option<(u128, u64)> {
        let door = &self.door;
        let unknown = door.unlinked.load(Ordering::Relaxed);
        if unknown >= NOBODY_THERE {
            return None;
        }
        let dispatch = door.dispatch.get()?.upgrade()?;
        let Some(span) = crate::otlp::OpenSpan::find(id, &dispatch) else {
            door.unlinked.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        if unknown > 0 {
            door.unlinked.store(0, Ordering::Relaxed);
        }
        let Closing { place, started, end, .. } = *closing;
        span.set("augur.capture_mode", closing.mode.as_str());
        span.set("augur.run.id", place.run.shared_id());
        if let Some(step) = place.role.step.and_then(|step| i64::try_from(step).ok()) {
            span.set("augur.step.index", step);
            if place.role.step.is_some_and(|step| place.run.is_sensitive(step)) {
                span.set(crate::otlp::SENSITIVE_ATTRIBUTE, true);
            }
            if let Some(status) = closing.status() {
                span.set("augur.step.status", status);
            }
        }
        if door.exports.load(Ordering::Relaxed) {
            for (name, time) in [(crate::otlp::START_ATTRIBUTE, started), (crate::otlp::END_ATTRIBUTE, end)] {
                let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                span.set(name, i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
            }
        }
        if closing.failed {
            span.mark_failed();
        }
        Some(span.ids())
    }

    /// Where runs have modes of their own, a span that means nothing to us still leaves at the mode of its run.
    pub(super) fn note_mode<S>(&self, id: &Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if !self.door.turned.load(Ordering::Relaxed) {
            return;
        }
        let Some(span) = context.span(id) else { return };
        if let Some(place) = nearest(span.parent()) {
            span.extensions_mut().replace(Began(place.run.lane.mode()));
        }
    }

    /// The same at the end of such a span.
    pub(super) fn stamp<S>(&self, id: &Id, span: &SpanRef<'_, S>)
    where
        S: for<'a> LookupSpan<'a>,
    {
        if !self.door.turned.load(Ordering::Relaxed) || !self.door.exports.load(Ordering::Relaxed) {
            return;
        }
        let Some(place) = nearest(span.parent()) else { return };
        let dial = &place.run.lane.dial;
        // One without a note began before any mode was changed.
        let began = span.extensions().get::<Began>().map_or(dial.base(), |began| began.0);
        let mode = began.min(dial.kept()).as_str();
        if let Some(dispatch) = self.door.dispatch.get().and_then(WeakDispatch::upgrade)
            && let Some(span) = crate::otlp::OpenSpan::find(id, &dispatch)
        {
            span.set("augur.capture_mode", mode);
        }
    }
}

/// The mode under which a span began that means nothing to us.
#[cfg(feature = "otlp")]
struct Began(CaptureMode);

#[cfg(feature = "otlp")]
impl Closing<'_> {
    /// How the step went, unless the owner of the span says so itself.
    fn status(&self) -> Option<&'static str> {
        let is_stated = || self.metadata.fields().iter().any(|field| field.name() == "augur.step.status");
        if self.failed {
            (!is_stated()).then_some("failed")
        } else {
            (self.place.role.class == Some(super::vocabulary::Class::Step) && !is_stated()).then_some("succeeded")
        }
    }
}

#[cfg(not(feature = "otlp"))]
impl AugurLayer {
    pub(super) fn link(&self, _: &Id, _: &Closing<'_>) -> Option<(u128, u64)> {
        None
    }

    pub(super) fn note_mode<S>(&self, _: &Id, _: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
    }

    pub(super) fn stamp<S>(&self, _: &Id, _: &SpanRef<'_, S>)
    where
        S: for<'a> LookupSpan<'a>,
    {
    }
}
