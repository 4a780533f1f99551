//! The second way out of a run: the same spans as OTLP, and events and logs as log records, gated and redacted, with one
//! deadline at the end and a count of what became of each.

mod client;
mod exporter;
mod gate;
mod ids;
mod integers;
mod limits;
mod line;
mod queue;
mod records;
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
pub(crate) use records::current_ids;
pub(crate) use sanitizer::{END_ATTRIBUTE, START_ATTRIBUTE};
pub(crate) use settings::Settings;
pub use tally::{ExitReport, SignalReport};

use crate::{capture::CaptureMode, pipeline::Exit, redact::RedactionPolicy};
use client::Client;
use exporter::GatedExporter;
use integers::Integers;
use line::{Asked, Line};
use opentelemetry::{Context, ContextGuard, KeyValue, logs::LoggerProvider, trace::TracerProvider};
use opentelemetry_otlp::{LogExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    logs::{self, BatchLogProcessor, SdkLoggerProvider},
    resource::TelemetryResourceDetector,
    trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider},
};
use queue::{QUEUE_BYTES, QueueEntrance};
use records::{LogEntrance, LogExit, LoggedExporter};
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

/// The OTLP side of a process: a tracer and a logger whose spans and records are made safe, queued, sent from a thread of ours,
/// and counted.
pub(crate) struct Otlp {
    spans: Option<Line<SdkTracerProvider>>,
    records: Option<Line<SdkLoggerProvider>>,
    /// What makes log records of what the road hands on.
    log_exit: Option<Arc<LogExit>>,
    warnings: Vec<String>,
    finished: Arc<AtomicBool>,
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
        let parts = Parts { settings, thread, policy, base_mode, resource: resource(settings, service_name) };
        let build = || {
            let _quiet = quiet();
            let spans = settings.traces.as_ref().map(|target| parts.spans(target)).transpose()?;
            let records = settings.logs.as_ref().map(|target| parts.records(target)).transpose()?;
            Ok((spans, records))
        };
        // The SDK panics if it gets no thread.
        let (spans, records) = catch_unwind(AssertUnwindSafe(build))
            .unwrap_or_else(|_| Err(OtlpError::Setup("OpenTelemetry or the HTTP client panicked".to_owned())))?;
        let finished = Arc::<AtomicBool>::default();
        let log_exit = records.as_ref().map(|records| {
            let (logger, tally) = (records.provider.logger("tracing-augur"), Arc::clone(&records.tally));
            let sanitizer = parts.of_records(&tally);
            Arc::new(LogExit { logger, sanitizer, tally, closed: Arc::clone(&finished) })
        });
        Ok(Self { spans, records, log_exit, warnings: settings.warnings.clone(), finished })
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

    /// Where runs go beside their bundles; `None` if no log records leave.
    pub(crate) fn log_exit(&self) -> Option<Arc<dyn Exit>> {
        self.log_exit.clone().map(|exit| exit as Arc<dyn Exit>)
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
        ExitReport {
            spans: self.spans.as_ref().map(Line::report).unwrap_or_default(),
            log_records: self.records.as_ref().map(Line::report).unwrap_or_default(),
        }
    }

    /// Both signals are settled at the same time: one that hangs takes nothing from the other.
    fn settle(&self, asked: Asked, deadline: Duration) -> ExitReport {
        let until = Instant::now() + deadline;
        let spans = self.spans.as_ref().map(|spans| spans.settle(asked, until));
        let records = self.records.as_ref().map(|records| records.settle(asked, until));
        ExitReport {
            spans: spans.map(line::Settling::wait).unwrap_or_default(),
            log_records: records.map(line::Settling::wait).unwrap_or_default(),
        }
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

/// What both signals are made of.
struct Parts<'s> {
    settings: &'s Settings,
    thread: Arc<ExportThread>,
    policy: RedactionPolicy,
    base_mode: CaptureMode,
    resource: Resource,
}

impl Parts<'_> {
    fn client(&self, target: &Target, tally: &Arc<Tally>) -> Result<Client, OtlpError> {
        Client::new(Arc::clone(&self.thread), target, self.policy.clone(), Arc::clone(tally)).map_err(OtlpError::Tls)
    }

    fn spans(&self, target: &Target) -> Result<Line<SdkTracerProvider>, OtlpError> {
        let (settings, tally) = (self.settings, Arc::<Tally>::default());
        let target = in_time(target, &settings.spans);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(self.client(&target, &tally)?)
            .with_endpoint(shown(&target))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(target.timeout)
            .build()
            .map_err(|error| OtlpError::Setup(error.to_string()))?;
        let sanitizer = Sanitizer::of_spans(self.policy.clone(), self.base_mode, &settings.limits, Arc::clone(&tally));
        let exporter = GatedExporter::new(exporter, sanitizer, Arc::clone(&tally));
        let provider = tracer_provider(exporter, settings, self.resource.clone(), &tally);
        Ok(Line { provider, tally, address: target.address() })
    }

    fn of_records(&self, tally: &Arc<Tally>) -> Sanitizer {
        Sanitizer::of_records(self.policy.clone(), self.base_mode, &self.settings.limits, Arc::clone(tally))
    }

    fn records(&self, target: &Target) -> Result<Line<SdkLoggerProvider>, OtlpError> {
        let (waiting, tally) = (&self.settings.records, Arc::<Tally>::default());
        let target = in_time(target, waiting);
        let inner = LogExporter::builder()
            .with_http()
            .with_http_client(self.client(&target, &tally)?)
            .with_endpoint(shown(&target))
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(target.timeout)
            .build()
            .map_err(|error| OtlpError::Setup(error.to_string()))?;
        let exporter = LoggedExporter { inner, sanitizer: self.of_records(&tally), tally: Arc::clone(&tally) };
        let batch = logs::BatchConfigBuilder::default()
            .with_max_queue_size(waiting.queue as usize)
            .with_max_export_batch_size(waiting.size as usize)
            .with_scheduled_delay(waiting.delay)
            .build();
        let next = BatchLogProcessor::builder(exporter).with_batch_config(batch).build();
        let (records, bytes) = (waiting.queue.into(), QUEUE_BYTES);
        let entrance = LogEntrance { next, tally: Arc::clone(&tally), records, bytes };
        let provider =
            SdkLoggerProvider::builder().with_resource(self.resource.clone()).with_log_processor(entrance).build();
        Ok(Line { provider, tally, address: target.address() })
    }
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
        .with_max_attributes_per_span(repeated(limits.attributes))
        .with_max_events_per_span(limits.events)
        .with_max_links_per_span(limits.links)
        .with_max_attributes_per_event(limits.event_attributes)
        .with_max_attributes_per_link(limits.link_attributes)
        .with_span_processor(entrance)
        .build()
}

/// The SDK counts every value that an attribute had before, and drops the newest. So it may hold many, and we count once only
/// the last of each is left.
fn repeated(attributes: u32) -> u32 {
    attributes.saturating_mul(8).max(8192)
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
