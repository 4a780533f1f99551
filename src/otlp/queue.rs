//! The entrance to the batch queue: counts every span and refuses what the queue has no room for, which the SDK would drop
//! without a word.

use super::tally::Tally;
use opentelemetry::{Array, Context, KeyValue, Value};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};
use std::{sync::Arc, time::Duration};

/// Most bytes that may wait. Prompts in attributes add up fast while a collector is away.
pub(crate) const QUEUE_BYTES: u64 = 64 * 1024 * 1024;

/// Stands in front of the SDK's batch processor, whose queue must hold at least `spans`.
#[derive(Debug)]
pub(crate) struct QueueEntrance<P> {
    pub(crate) next: P,
    pub(crate) tally: Arc<Tally>,
    pub(crate) spans: u64,
    pub(crate) bytes: u64,
}

impl<P: SpanProcessor> SpanProcessor for QueueEntrance<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.next.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.tally.ended.add(1);
        let size = weight(&span);
        if !self.tally.queued.add_within(1, self.spans) {
            self.tally.dropped.add(1);
        } else if !self.tally.queued_bytes.add_within(size, self.bytes) {
            self.tally.queued.take(1);
            self.tally.dropped.add(1);
        } else {
            self.next.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.next.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.next.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.next.set_resource(resource);
    }
}

/// About how many bytes a span takes, in memory and on the wire.
pub(crate) fn weight(span: &SpanData) -> usize {
    const SPAN: usize = 128;
    let events = span.events.iter().map(|event| 32 + event.name.len() + attributes_weight(&event.attributes));
    let links = span.links.iter().map(|link| 32 + attributes_weight(&link.attributes));
    SPAN + span.name.len() + attributes_weight(&span.attributes) + events.sum::<usize>() + links.sum::<usize>()
}

fn attributes_weight(attributes: &[KeyValue]) -> usize {
    attributes.iter().map(|attribute| 16 + attribute.key.as_str().len() + value_weight(&attribute.value)).sum()
}

fn value_weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_str().len(),
        Value::Array(Array::String(items)) => items.iter().map(|item| 16 + item.as_str().len()).sum(),
        Value::Array(Array::I64(items)) => 8 * items.len(),
        Value::Array(Array::F64(items)) => 8 * items.len(),
        Value::Array(Array::Bool(items)) => items.len(),
        _ => 8,
    }
}
