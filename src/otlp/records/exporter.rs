//! The way of log records: counted at the entrance of the queue, cut into requests of a bounded size, and counted again by
//! what became of them. They are safe to send before they come here.

use crate::otlp::{exporter::REQUEST_BYTES, sanitizer::Sanitizer, tally::Tally};
use opentelemetry::{InstrumentationScope, logs::AnyValue};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::{LogBatch, LogExporter, LogProcessor, SdkLogRecord},
};
use std::{fmt, sync::Arc, time::Duration};

/// Stands in front of the SDK's batch processor, whose queue must hold at least `records`.
#[derive(Debug)]
pub(in crate::otlp) struct LogEntrance<P> {
    pub(in crate::otlp) next: P,
    pub(in crate::otlp) tally: Arc<Tally>,
    pub(in crate::otlp) records: u64,
    pub(in crate::otlp) bytes: u64,
}

impl<P: LogProcessor> LogProcessor for LogEntrance<P> {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.tally.ended.add(1);
        if !self.tally.queued.add_within(1, self.records) {
            self.tally.dropped.add(1);
        } else if !self.tally.queued_bytes.add_within(weight(record), self.bytes) {
            self.tally.queued.take(1);
            self.tally.dropped.add(1);
        } else {
            self.next.emit(record, scope);
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

/// Hands log records to the exporter inside, and counts what became of them.
pub(in crate::otlp) struct LoggedExporter<E> {
    pub(in crate::otlp) inner: E,
    pub(in crate::otlp) sanitizer: Sanitizer,
    pub(in crate::otlp) tally: Arc<Tally>,
}

impl<E: LogExporter> LoggedExporter<E> {
    async fn send(&self, part: &[(&SdkLogRecord, &InstrumentationScope)]) -> OTelSdkResult {
        let refusals = self.tally.failed_requests.get();
        let outcome = self.inner.export(LogBatch::new(part)).await;
        match &outcome {
            Ok(()) => self.tally.exported.add(part.len()),
            Err(_) if self.tally.is_declined() => {
                self.tally.declined.add(part.len());
                return Ok(());
            }
            Err(error) => {
                self.tally.failed.add(part.len());
                if self.tally.failed_requests.get() == refusals {
                    // It did not come to a request, so the exporter itself knows best.
                    self.tally.blame(error.to_string());
                }
            }
        }
        outcome
    }
}

impl<E: LogExporter> LogExporter for LoggedExporter<E> {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let records: Vec<_> = batch.iter().collect();
        let bytes = records.iter().map(|(record, _)| weight(record)).sum();
        self.tally.queued.take(records.len());
        self.tally.queued_bytes.take(bytes);
        let mut outcome = Ok(());
        for part in parts(&records) {
            if let Err(error) = self.send(part).await {
                outcome = Err(error);
            }
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.inner.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(&self.sanitizer.resource_or_nothing(resource));
    }
}

/// The exporter inside holds the headers of its requests, so it is left out.
impl<E> fmt::Debug for LoggedExporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedExporter").field("sanitizer", &self.sanitizer).finish_non_exhaustive()
    }
}

/// The records in order, in parts of at most the size of a request each; one that is larger by itself goes alone.
fn parts<'r, 'a>(
    records: &'r [(&'a SdkLogRecord, &'a InstrumentationScope)],
) -> impl Iterator<Item = &'r [(&'a SdkLogRecord, &'a InstrumentationScope)]> {
    let mut rest = records;
    std::iter::from_fn(move || {
        let mut size = 0;
        let fitting = rest.iter().take_while(|(record, _)| {
            size += weight(record);
            size <= REQUEST_BYTES
        });
        let (part, left) = rest.split_at_checked(fitting.count().max(1))?;
        rest = left;
        Some(part)
    })
}

/// About how many bytes a record takes, in memory and on the wire.
fn weight(record: &SdkLogRecord) -> usize {
    const RECORD: usize = 128;
    let attributes = record.attributes_iter().map(|(key, value)| 16 + key.as_str().len() + value_weight(value));
    RECORD + record.body().map_or(0, value_weight) + attributes.sum::<usize>()
}

fn value_weight(value: &AnyValue) -> usize {
    match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::Bytes(bytes) => bytes.len(),
        AnyValue::ListAny(items) => items.iter().map(|item| 16 + value_weight(item)).sum(),
        AnyValue::Map(members) => {
            members.iter().map(|(key, value)| 16 + key.as_str().len() + value_weight(value)).sum()
        }
        _ => 8,
    }
}
