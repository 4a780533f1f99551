//! The OpenTelemetry ids of a `tracing` span, and attributes set on it from outside.
//!
//! Neither function may be called while the extensions of the span are locked: the OpenTelemetry layer locks them too, and
//! the call would never return. Asking also starts the span, after which its parent and name are settled; so ask when it is
//! first entered or when it closes, not when it is made.

use opentelemetry::{
    Context, Key, KeyValue, Value,
    trace::{Status, TraceContextExt},
};
use tracing::{Dispatch, span::Id};
use tracing_subscriber::{Registry, registry::LookupSpan};

/// A span on its OpenTelemetry side. Finding it costs more than what is then done with it, so it is found once.
pub(crate) struct OpenSpan(Context);

impl OpenSpan {
    /// The span, if an OpenTelemetry layer knows it.
    pub(crate) fn find(id: &Id, dispatch: &Dispatch) -> Option<Self> {
        context_of(id, dispatch).filter(|context| context.span().span_context().is_valid()).map(Self)
    }

    /// The trace id and the span id. Whoever writes them puts them into hex, off the agent's thread.
    pub(crate) fn ids(&self) -> (u128, u64) {
        let span = self.0.span();
        let ids = span.span_context();
        (u128::from_be_bytes(ids.trace_id().to_bytes()), u64::from_be_bytes(ids.span_id().to_bytes()))
    }

    pub(crate) fn set(&self, name: &'static str, value: impl Into<Value>) {
        self.0.span().set_attribute(KeyValue::new(name, value));
    }

    pub(crate) fn set_attributes(&self, attributes: impl IntoIterator<Item = (Key, Value)>) {
        let span = self.0.span();
        for (key, value) in attributes {
            span.set_attribute(KeyValue::new(key, value));
        }
    }

    pub(crate) fn add_event<const N: usize>(&self, name: &'static str, attributes: [(&'static str, &str); N]) {
        let attributes = attributes.map(|(key, value)| KeyValue::new(key, value.to_owned()));
        self.0.span().add_event(name, attributes.to_vec());
    }

    /// Says of the span that code in it panicked, and where.
    pub(crate) fn add_panic(&self, message: Option<String>, file: &str, line: u32, column: u32) {
        let mut attributes = vec![
            KeyValue::new("exception.type", "panic"),
            KeyValue::new("code.file.path", file.to_owned()),
            KeyValue::new("code.line.number", i64::from(line)),
            KeyValue::new("code.column.number", i64::from(column)),
        ];
        attributes.extend(message.map(|message| KeyValue::new("exception.message", message)));
        self.0.span().add_event("exception", attributes);
    }

    /// Marks the span as failed, so that every viewer shows it as such.
    pub(crate) fn mark_failed(&self) {
        self.0.span().set_status(Status::error(""));
    }
}

/// Sets attributes on the OpenTelemetry side of a span. Says whether there was one.
pub(crate) fn set_attributes(id: &Id, dispatch: &Dispatch, attributes: impl IntoIterator<Item = (Key, Value)>) -> bool {
    context_of(id, dispatch).map(|context| OpenSpan(context).set_attributes(attributes)).is_some()
}

fn context_of(id: &Id, dispatch: &Dispatch) -> Option<Context> {
    // The OpenTelemetry layer panics over an id that the registry does not know (any more).
    if dispatch.downcast_ref::<Registry>().is_some_and(|registry| registry.span(id).is_none()) {
        return None;
    }
    tracing_opentelemetry::get_otel_context(id, dispatch)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn span_ids(id: &Id, dispatch: &Dispatch) -> Option<(u128, u64)> {
        OpenSpan::find(id, dispatch).map(|span| span.ids())
    }
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn a_span_of_a_registry_with_opentelemetry_has_ids_and_takes_attributes() {
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let dispatch = Dispatch::new(Registry::default().with(tracing_opentelemetry::layer().with_tracer(tracer)));
        tracing::dispatcher::with_default(&dispatch, || {
            let span = tracing::info_span!("outer");
            let inner = span.in_scope(|| tracing::info_span!("inner"));
            let (trace, id) = span_ids(&span.id().unwrap(), &dispatch).unwrap();
            let (inner_trace, inner_id) = span_ids(&inner.id().unwrap(), &dispatch).unwrap();
            assert!(trace != 0 && id != 0);
            assert_eq!(trace, inner_trace);
            assert_ne!(id, inner_id);
            assert!(set_attributes(&span.id().unwrap(), &dispatch, [(Key::new("a"), 1.into())]));
        });
    }

    #[test]
    fn without_opentelemetry_or_without_the_span_there_is_nothing_and_no_panic() {
        let plain = Dispatch::new(Registry::default());
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let otel = Dispatch::new(Registry::default().with(tracing_opentelemetry::layer().with_tracer(tracer)));
        let id = tracing::dispatcher::with_default(&plain, || {
            let span = tracing::info_span!("plain");
            let id = span.id().unwrap();
            assert_eq!(span_ids(&id, &plain), None);
            id
        });
        // Neither registry knows this span now.
        for dispatch in [&plain, &otel] {
            assert_eq!(span_ids(&id, dispatch), None);
            assert!(!set_attributes(&id, dispatch, [(Key::new("a"), 1.into())]));
        }
    }
}
