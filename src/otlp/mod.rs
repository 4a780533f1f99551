//! The second way out of a run: the same spans as OTLP over HTTP (protobuf), gated and redacted, with one deadline at the end
//! and a count of what became of every span.

mod client;
mod exporter;
mod gate;
mod ids;
mod integers;
mod queue;
mod sanitizer;
mod settings;
mod tally;
mod text;
mod thread;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests;

pub(crate) use gate::SENSITIVE_ATTRIBUTE;
pub(crate) use ids::{OpenSpan, set_attributes};
pub(crate) use sanitizer::{END_ATTRIBUTE, START_ATTRIBUTE};
pub(crate) use settings::Settings;
pub use settings::SettingsError;
pub use tally::ExitReport;

use crate::{capture::CaptureMode, redact::RedactionPolicy};
use client::Client;
use exporter::GatedExporter;
use integers::Integers;
use opentelemetry::{Context, ContextGuard, KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    resource::TelemetryResourceDetector,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider},
};
use queue::{QUEUE_BYTES, QueueEntrance};
use sanitizer::Sanitizer;
use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use tally::Tally;
use thread::ExportThread;
use tracing::{Dispatch, Subscriber, dispatcher::DefaultGuard};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Layer, registry::LookupSpan};

/// How long the SDK waits when it flushes, whatever it is asked.
const SDK_FLUSH_LIMIT: Duration = Duration::from_secs(5);
/// How long dropping without [`Otlp::finish`] may take.
const DROP_DEADLINE: Duration = Duration::from_secs(1);

/// The OTLP side of a process: a tracer whose spans are sanitized, queued, sent from a thread of ours, and counted.
pub(crate) struct Otlp {
    provider: SdkTracerProvider,
    tally: Arc<Tally>,
    address: String,
    warnings: Vec<String>,
    finished: AtomicBool,
}

/// Why the OTLP side could not be started.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// The environment asks for something that cannot be done.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The system refused a thread or what its event loop needs.
    #[error("the export thread did not start: {0}")]
    Thread(#[from] io::Error),
    /// A part of OpenTelemetry or of the HTTP client could not be built.
    #[error("OTLP could not be set up: {0}")]
    Setup(String),
}

impl Otlp {
    /// Starts the OTLP side. Nothing is sent until a span ends.
    ///
    /// The environment's service name comes before `service_name`. `base_mode` judges the resource and every span that
    /// does not carry `augur.capture_mode`.
    ///
    /// # Errors
    /// A thread, the HTTP client or the exporter could not be made.
    pub(crate) fn start(
        settings: &Settings,
        service_name: &str,
        policy: RedactionPolicy,
        base_mode: CaptureMode,
    ) -> Result<Self, OtlpError> {
        let tally = Arc::<Tally>::default();
        let thread = Arc::new(ExportThread::start()?);
        let build = || {
            let _quiet = quiet();
            let client = Client::new(thread, settings, policy.clone(), Arc::clone(&tally))
                .map_err(|error| OtlpError::Setup(error.to_string()))?;
            let exporter = span_exporter(client, settings)?;
            let exporter = GatedExporter::new(exporter, Sanitizer::new(policy, base_mode), Arc::clone(&tally));
            Ok(provider(exporter, settings, service_name, &tally))
        };
        // The SDK panics if it gets no thread, and reqwest if some crate gave it TLS without a provider.
        let provider = catch_unwind(AssertUnwindSafe(build))
            .unwrap_or_else(|_| Err(OtlpError::Setup("OpenTelemetry or the HTTP client panicked".to_owned())))?;
        let warnings = settings.warnings.clone();
        Ok(Self { provider, tally, address: settings.address(), warnings, finished: AtomicBool::new(false) })
    }

    /// What the environment asked for and does not get, one sentence each.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The tracer whose spans leave here.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.provider.tracer("tracing-augur")
    }

    /// The layer that turns `tracing` spans into spans of [`tracer`](Self::tracer). A registry can hold only one of its kind.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        // Places in the code stay: the exporter takes the path of somebody's home out of them.
        let layer: OpenTelemetryLayer<S, SdkTracer> = tracing_opentelemetry::layer()
            .with_tracer(self.tracer())
            .with_level(true)
            .with_threads(false)
            .with_tracked_inactivity(false);
        layer.and_then(Integers)
    }

    /// Sends what waits, for at most `deadline`, and says how things stand.
    pub(crate) fn flush(&self, deadline: Duration) -> ExitReport {
        self.settle(deadline, flush_all)
    }

    /// Sends what waits and shuts down, for at most `deadline`. What is late by then goes on in the background, as long as
    /// the process does and the timeout of a request allows. Spans that end afterwards are not sent.
    pub(crate) fn finish(&self, deadline: Duration) -> ExitReport {
        self.finished.store(true, Ordering::Release);
        self.settle(deadline, |provider, left| {
            // Only flushing tells of failure; shutting down says all is well either way.
            let flushed = flush_all(provider, left);
            let _ = provider.shutdown_with_timeout(left());
            flushed
        })
    }

    /// The counts so far.
    pub(crate) fn report(&self) -> ExitReport {
        self.tally.report(false, None)
    }

    /// Runs `work` on a thread of its own, because it may block longer than it is asked to.
    fn settle(
        &self,
        deadline: Duration,
        work: impl FnOnce(&SdkTracerProvider, &dyn Fn() -> Duration) -> OTelSdkResult + Send + 'static,
    ) -> ExitReport {
        let started = Instant::now();
        let provider = self.provider.clone();
        let (done, outcome) = mpsc::sync_channel(1);
        let spawned = std::thread::Builder::new().name("augur-otlp-exit".to_owned()).spawn(move || {
            let _quiet = quiet();
            let result = work(&provider, &|| deadline.saturating_sub(started.elapsed()));
            let _ = done.send(result);
        });
        if let Err(error) = spawned {
            return self.tally.report(true, Some(format!("no thread to flush on: {error}")));
        }
        match outcome.recv_timeout(deadline) {
            Ok(Ok(())) => self.tally.report(false, None),
            Ok(Err(error)) => self.tally.report(false, Some(error.to_string())),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let cause =
                    format!("{}: no answer within the {} ms of the deadline", self.address, deadline.as_millis());
                self.tally.report(true, Some(cause))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => self.tally.report(true, Some("flushing panicked".to_owned())),
        }
    }
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otlp").field("address", &self.address).field("report", &self.report()).finish_non_exhaustive()
    }
}

impl Drop for Otlp {
    fn drop(&mut self) {
        // Left to itself, the SDK would shut down on this thread and take up to 5 s for it.
        if !self.finished.load(Ordering::Acquire) {
            self.finish(DROP_DEADLINE);
        }
    }
}

/// Flushes for as long as there is time left.
fn flush_all(provider: &SdkTracerProvider, left: &dyn Fn() -> Duration) -> OTelSdkResult {
    loop {
        let asked = Instant::now();
        let flushed = provider.force_flush();
        // Only a flush that ran into the SDK's limit is worth another.
        if flushed.is_ok() || asked.elapsed() < SDK_FLUSH_LIMIT || left().is_zero() {
            return flushed;
        }
    }
}

/// Neither OpenTelemetry nor `tracing` hears this thread while the guards live.
fn quiet() -> (ContextGuard, DefaultGuard) {
    (Context::enter_telemetry_suppressed_scope(), tracing::dispatcher::set_default(&Dispatch::none()))
}

fn span_exporter(client: Client, settings: &Settings) -> Result<SpanExporter, OtlpError> {
    // The exporter logs the address it was given, so it gets no credentials and no query; the client has the real one.
    let shown = format!("http://{}{}", settings.address(), settings.endpoint.path());
    SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(shown)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(settings.timeout)
        .build()
        .map_err(|error| OtlpError::Setup(error.to_string()))
}

fn provider(
    exporter: GatedExporter<SpanExporter>,
    settings: &Settings,
    service_name: &str,
    tally: &Arc<Tally>,
) -> SdkTracerProvider {
    let queue = BatchConfigBuilder::default().with_max_queue_size(settings.queue as usize).build();
    let batch = BatchSpanProcessor::builder(exporter).with_batch_config(queue).build();
    let entrance =
        QueueEntrance { next: batch, tally: Arc::clone(tally), spans: settings.queue.into(), bytes: QUEUE_BYTES };
    SdkTracerProvider::builder()
        .with_resource(resource(settings, service_name))
        .with_max_attributes_per_span(settings.span_attributes)
        .with_max_events_per_span(settings.span_events)
        .with_span_processor(entrance)
        .build()
}

/// Built from nothing, because the SDK's own builder prefers the weaker of the two variables for the service name.
fn resource(settings: &Settings, service_name: &str) -> Resource {
    let attributes = settings.resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes(attributes)
        .with_service_name(settings.service_name.clone().unwrap_or_else(|| service_name.to_owned()))
        .build()
}
