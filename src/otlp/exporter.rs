//! The last stop before the wire: every span is made safe here, or it does not leave.

use super::{queue::weight, sanitizer::Sanitizer, tally::Tally};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

/// Size of one request, roughly. Collectors refuse large ones (as gRPC, those beyond 4 MiB), and then everything in it is lost.
pub(super) const REQUEST_BYTES: usize = 3584 * 1024;

/// Sanitizes spans, then hands them to the exporter inside. A span that cannot be sanitized is kept back and counted.
pub(crate) struct GatedExporter<E> {
    inner: E,
    sanitizer: Sanitizer,
    tally: Arc<Tally>,
}

impl<E> GatedExporter<E> {
    pub(crate) fn new(inner: E, sanitizer: Sanitizer, tally: Arc<Tally>) -> Self {
        Self { inner, sanitizer, tally }
    }

    fn sanitize(&self, batch: Vec<SpanData>) -> Vec<SpanData> {
        let offered = batch.len();
        let safe: Vec<_> = batch
            .into_iter()
            .filter_map(|mut span| {
                // A panic would end the SDK's thread for good; unwinding drops the half-edited span.
                catch_unwind(AssertUnwindSafe(|| {
                    self.sanitizer.span(&mut span);
                    span
                }))
                .ok()
            })
            .collect();
        self.tally.withheld.add(offered - safe.len());
        safe
    }
}

impl<E: SpanExporter> SpanExporter for GatedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.tally.queued.take(batch.len());
        self.tally.queued_bytes.take(batch.iter().map(weight).sum());
        let offered = batch.len();
        let safe = self.sanitize(batch);
        let mut outcome = if safe.len() == offered {
            Ok(())
        } else {
            self.tally.blame("spans were withheld because redaction failed on them".to_owned());
            Err(OTelSdkError::InternalFailure("spans were withheld because redaction failed on them".to_owned()))
        };
        for part in parts(safe, REQUEST_BYTES) {
            let spans = part.len();
            let refusals = self.tally.failed_requests.get();
            match self.inner.export(part).await {
                Ok(()) => self.tally.exported.add(spans),
                Err(error) => {
                    self.tally.failed.add(spans);
                    if self.tally.failed_requests.get() == refusals {
                        // It did not come to a request, so the exporter itself knows best.
                        self.tally.blame(error.to_string());
                    }
                    outcome = Err(error);
                }
            }
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    // The SDK calls either of the two, and exporters override only one.
    fn shutdown(&self) -> OTelSdkResult {
        self.inner.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(&self.sanitizer.resource_or_nothing(resource));
    }
}

/// The exporter inside holds the headers of its requests, so it is left out.
impl<E> fmt::Debug for GatedExporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatedExporter").field("sanitizer", &self.sanitizer).finish_non_exhaustive()
    }
}

/// The spans in order, in lists of at most `bytes` each; a span that is larger by itself goes alone.
fn parts(spans: Vec<SpanData>, bytes: usize) -> Vec<Vec<SpanData>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    let mut size = 0;
    for span in spans {
        let weight = weight(&span);
        if size + weight > bytes && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
            size = 0;
        }
        size += weight;
        part.push(span);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}
