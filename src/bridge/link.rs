//! What a span is told on its OpenTelemetry side when it closes: what it was to the run.

#[cfg(feature = "otlp")]
use super::node::nearest;
use super::{layer::AugurLayer, node::Place};
use crate::CaptureMode;
#[cfg(feature = "otlp")]
use crate::{otlp::OpenSpan, pipeline::notice};
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
    /// The span around it.
    pub(super) parent: &'a dyn Fn() -> Option<Id>,
}

/// After so many spans in a row that OpenTelemetry did not know, it is not asked any more: there is no layer of it.
#[cfg(feature = "otlp")]
const NOBODY_THERE: u64 = 32;

/// Of more sensitive steps than these the exporter is not told one by one: then every step counts as one of them.
#[cfg(feature = "otlp")]
const MOST_NAMED: usize = 256;

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
        let Some(span) = OpenSpan::find(id, &dispatch) else {
            door.unlinked.fetch_add(1, Ordering::Relaxed);
            if (closing.parent)().is_some_and(|parent| OpenSpan::find(&parent, &dispatch).is_some()) {
                self.say_that_it_is_too_late(closing.place);
            }
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
            if let Some(status) = closing.status() {
                span.set("augur.step.status", status);
            }
        }
        self.hide(&span, place);
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

    /// OpenTelemetry knows the span around this one, and this one no more: its layer closes spans before ours does.
    fn say_that_it_is_too_late(&self, place: &Place) {
        if self.door.late.swap(true, Ordering::Relaxed) {
            return;
        }
        self.door.submit(std::sync::Arc::clone(&place.run), 0, |_, _| {
            notice(
                "the OpenTelemetry layer closes its spans before the recorder can link them; add the recorder's layer to the \
                 subscriber first: `.with(augur).with(opentelemetry)`"
                    .to_owned(),
            );
        });
    }

    /// Says on a span whether it stands in a sensitive step, and which steps are: an event in it may be about one of those.
    fn hide(&self, span: &OpenSpan, place: &Place) {
        if !self.door.hides.load(Ordering::Relaxed) {
            return;
        }
        if place.role.step.is_some_and(|step| place.run.is_sensitive(step)) {
            span.set(crate::otlp::SENSITIVE_ATTRIBUTE, true);
        }
        if self.door.exports.load(Ordering::Relaxed) {
            let hidden = match place.run.sensitive_steps(MOST_NAMED) {
                Some(steps) => {
                    let steps = steps.iter().filter_map(|step| i64::try_from(*step).ok()).collect::<Vec<_>>();
                    opentelemetry::Value::Array(steps.into())
                }
                None => true.into(),
            };
            span.set(crate::otlp::SENSITIVE_STEPS_ATTRIBUTE, hidden);
        }
    }

    /// Where runs have modes of their own, a span that means nothing to us still leaves at the mode of its run.
    pub(super) fn note_mode<S>(&self, id: &Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        if !self.door.turned.load(Ordering::Relaxed) || !self.door.exports.load(Ordering::Relaxed) {
            return;
        }
        let Some(span) = context.span(id) else { return };
        if let Some(place) = nearest(span.parent(), self.door.number) {
            span.extensions_mut().replace(Began(place.run.lane.mode()));
        }
    }

    /// The same at the end of such a span, and whether it stands in a sensitive step.
    pub(super) fn stamp<S>(&self, id: &Id, span: &SpanRef<'_, S>)
    where
        S: for<'a> LookupSpan<'a>,
    {
        let (turned, hides) = (self.door.turned.load(Ordering::Relaxed), self.door.hides.load(Ordering::Relaxed));
        if !turned && !hides || !self.door.exports.load(Ordering::Relaxed) {
            return;
        }
        let Some(place) = nearest(span.parent(), self.door.number) else { return };
        // One without a note began before any mode was changed.
        let began = span.extensions().get::<Began>().map(|began| began.0);
        let dispatch = self.door.dispatch.get().and_then(WeakDispatch::upgrade);
        let Some(span) = dispatch.and_then(|dispatch| OpenSpan::find(id, &dispatch)) else { return };
        if turned {
            let dial = &place.run.lane.dial;
            let mode = began.unwrap_or_else(|| dial.base()).min(dial.kept());
            span.set("augur.capture_mode", mode.as_str());
        }
        self.hide(&span, &place);
    }
}

/// Where in a trace an event was said; nowhere, unless somebody sends log records.
#[cfg(feature = "otlp")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said([u64; 3]);

#[cfg(feature = "otlp")]
impl Said {
    /// The trace and the span.
    pub(super) fn ids(self) -> Option<(u128, u64)> {
        let [high, low, span] = self.0;
        (span != 0).then_some((u128::from(high) << 64 | u128::from(low), span))
    }
}

#[cfg(feature = "otlp")]
impl AugurLayer {
    /// Where an event is said: in the span that OpenTelemetry is in, unless the event names another. Nothing may be locked.
    pub(super) fn said(&self, event: &tracing::Event<'_>) -> Said {
        if self.door.exit.get().is_none() || event.is_root() {
            return Said::default();
        }
        let ids = match event.parent() {
            Some(id) => {
                let dispatch = self.door.dispatch.get().and_then(WeakDispatch::upgrade);
                dispatch.and_then(|dispatch| Some(crate::otlp::OpenSpan::find(id, &dispatch)?.ids()))
            }
            None => crate::otlp::current_ids(),
        };
        ids.map(|(trace, span)| Said([(trace >> 64) as u64, trace as u64, span])).unwrap_or_default()
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
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said(());

#[cfg(not(feature = "otlp"))]
impl Said {
    pub(super) fn ids(self) -> Option<(u128, u64)> {
        None
    }
}

#[cfg(not(feature = "otlp"))]
impl AugurLayer {
    pub(super) fn said(&self, _: &tracing::Event<'_>) -> Said {
        Said(())
    }

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
