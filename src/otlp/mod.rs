//! The second way out of a run: the same spans as OTLP, gated and redacted, with one deadline at the end and a count of what
//! became of every span.

mod client;
mod exporter;
mod gate;
mod ids;
mod integers;
mod line;
mod queue;
mod sanitizer;
mod settings;
mod tally;
mod text;
mod thread;
mod transport;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests;

pub(crate) use gate::{SENSITIVE_ATTRIBUTE, SENSITIVE_STEPS_ATTRIBUTE};
pub(crate) use ids::{OpenSpan, set_attributes};
pub(crate) use sanitizer::{END_ATTRIBUTE, START_ATTRIBUTE};
pub(crate) use settings::Settings;
pub use tally::{ExitReport, SignalReport};

use crate::{capture::CaptureMode, redact::RedactionPolicy};
use client::Client;
use exporter::GatedExporter;
use integers::Integers;
use line::{Asked, Line};
use opentelemetry::{Context, ContextGuard, KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    resource::TelemetryResourceDetector,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider},
};
use queue::{QUEUE_BYTES, QueueEntrance};
use sanitizer::Sanitizer;
use settings::{Batch, SettingsError, Target};
use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tally::Tally;
use thread::ExportThread;
use tracing::{Dispatch, Subscriber, dispatcher::DefaultGuard};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Layer, registry::LookupSpan};

/// How long dropping without [`Otlp::finish`] may take.
const DROP_DEADLINE: Duration = Duration::from_secs(1);

/// The OTLP side of a process: a tracer whose spans are sanitized, queued, sent from a thread of ours, and counted.
pub(crate) struct Otlp {
    spans: Option<Line<SdkTracerProvider>>,
    warnings: Vec<String>,
    finished: AtomicBool,
}

/// Why the OTLP side could not be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OtlpError {
    /// The environment asks for something that cannot be done.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The system refused a thread or what its event loop needs.
    #[error("the export thread did not start: {0}")]
    Thread(#[from] io::Error),
    /// A part of OpenTelemetry or of the HTTP client could not be built.
    #[error("OTLP could not be set up: {0}")]
    Setup(String),
    /// A certificate cannot be used.
    #[error("{0}")]
    Tls(String),
}

impl Otlp {
    /// Starts the OTLP side. Nothing is sent until a span ends.
    ///
    /// The environment's service name comes before `service_name`. `base_mode` judges the resource and every span that
    /// does not carry `augur.capture_mode`.
    ///
    /// # Errors
    /// A thread, the HTTP client or the exporter could not be made, or a certificate cannot be used.
    pub(crate) fn start(
        settings: &Settings,
        service_name: &str,
        policy: RedactionPolicy,
        base_mode: CaptureMode,
    ) -> Result<Self, OtlpError> {
        let thread = Arc::new(ExportThread::start()?);
        let resource = resource(settings, service_name);
        let build = || {
            let _quiet = quiet();
            let spans = settings.traces.as_ref().map(|target| {
                let tally = Arc::<Tally>::default();
                let target = in_time(target, &settings.spans);
                let client = Client::new(Arc::clone(&thread), &target, policy.clone(), Arc::clone(&tally));
                let exporter = span_exporter(client.map_err(OtlpError::Tls)?, &target)?;
                let sanitizer = Sanitizer::new(policy.clone(), base_mode);
                let exporter = GatedExporter::new(exporter, sanitizer, Arc::clone(&tally));
                let provider = tracer_provider(exporter, settings, resource.clone(), &tally);
                Ok::<_, OtlpError>(Line { provider, tally, address: target.address() })
            });
            Ok((spans.transpose()?,))
        };
        // The SDK panics if it gets no thread.
        let (spans,) = catch_unwind(AssertUnwindSafe(build))
            .unwrap_or_else(|_| Err(OtlpError::Setup("OpenTelemetry or the HTTP client panicked".to_owned())))?;
        Ok(Self { spans, warnings: settings.warnings.clone(), finished: AtomicBool::new(false) })
    }

    /// What the environment asked for and does not get, one sentence each.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The tracer whose spans leave here; `None` if none do.
    pub(crate) fn tracer(&self) -> Option<SdkTracer> {
        self.spans.as_ref().map(|spans| spans.provider.tracer("tracing-augur"))
    }

    /// The layer that turns `tracing` spans into spans of [`tracer`](Self::tracer). A registry can hold only one of its kind.
    pub(crate) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        // Places in the code stay: the exporter takes the path of somebody's home out of them.
        let layer: OpenTelemetryLayer<S, SdkTracer> = tracing_opentelemetry::layer()
            .with_tracer(self.tracer()?)
            .with_level(true)
            .with_threads(false)
            .with_tracked_inactivity(false);
        Some(layer.and_then(Integers))
    }

    /// Sends what waits, for at most `deadline`, and says how things stand.
    pub(crate) fn flush(&self, deadline: Duration) -> ExitReport {
        self.settle(Asked::Flush, deadline)
    }

    /// Sends what waits and shuts down, for at most `deadline`. What is late by then goes on in the background, as long as
    /// the process does and the timeout of a request allows. Spans that end afterwards are not sent.
    pub(crate) fn finish(&self, deadline: Duration) -> ExitReport {
        self.finished.store(true, Ordering::Release);
        self.settle(Asked::Finish, deadline)
    }

    /// The counts so far.
    pub(crate) fn report(&self) -> ExitReport {
        let spans = self.spans.as_ref().map(Line::report).unwrap_or_default();
        ExitReport { spans, ..ExitReport::default() }
    }

    /// Every signal is settled at the same time: one that hangs takes nothing from the other.
    fn settle(&self, asked: Asked, deadline: Duration) -> ExitReport {
        let until = Instant::now() + deadline;
        let spans = self.spans.as_ref().map(|spans| spans.settle(asked, until));
        ExitReport { spans: spans.map(line::Settling::wait).unwrap_or_default(), ..ExitReport::default() }
    }
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otlp").field("report", &self.report()).finish_non_exhaustive()
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

/// Neither OpenTelemetry nor `tracing` hears this thread while the guards live.
fn quiet() -> (ContextGuard, DefaultGuard) {
    (Context::enter_telemetry_suppressed_scope(), tracing::dispatcher::set_default(&Dispatch::none()))
}

/// The SDK reads how long an export may take and does not heed it.
fn in_time(target: &Target, batch: &Batch) -> Target {
    Target { timeout: batch.timeout.map_or(target.timeout, |most| most.min(target.timeout)), ..target.clone() }
}

fn span_exporter(client: Client, target: &Target) -> Result<SpanExporter, OtlpError> {
    SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(shown(target))
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(target.timeout)
        .build()
        .map_err(|error| OtlpError::Setup(error.to_string()))
}

/// The exporter logs the address it was given, so it gets no credentials and no query; the client has the real one.
fn shown(target: &Target) -> String {
    format!("http://{}{}", target.address(), target.endpoint.path())
}

fn tracer_provider(
    exporter: GatedExporter<SpanExporter>,
    settings: &Settings,
    resource: Resource,
    tally: &Arc<Tally>,
) -> SdkTracerProvider {
    let (waiting, limits) = (&settings.spans, &settings.limits);
    let batch = BatchConfigBuilder::default()
        .with_max_queue_size(waiting.queue as usize)
        .with_max_export_batch_size(waiting.size as usize)
        .with_scheduled_delay(waiting.delay)
        .build();
    let next = BatchSpanProcessor::builder(exporter).with_batch_config(batch).build();
    let entrance = QueueEntrance { next, tally: Arc::clone(tally), spans: waiting.queue.into(), bytes: QUEUE_BYTES };
    SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(settings.sampler.clone())
        .with_max_attributes_per_span(limits.attributes)
        .with_max_events_per_span(limits.events)
        .with_max_links_per_span(limits.links)
        .with_max_attributes_per_event(limits.event_attributes)
        .with_max_attributes_per_link(limits.link_attributes)
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
