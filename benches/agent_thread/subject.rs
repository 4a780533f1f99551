//! What is measured: a subscriber of each kind, and what must be drained behind it.
#![allow(dead_code)]

use super::workload::{end, memory_folder, recorder};
use fastrace::{
    collector::{Config, Reporter, SpanContext, SpanRecord},
    local::LocalSpan,
};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracer, SdkTracerProvider, SpanData, SpanExporter},
};
use std::{
    hint::black_box,
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
};
use tracing::{Dispatch, Subscriber, dispatcher::with_default};
use tracing_augur::{CaptureMode, Durability, Guard, run_span};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    Registry, filter, fmt,
    layer::{Layer, SubscriberExt},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bare,
    /// A layer that listens and does nothing.
    Heard,
    /// The same layer with our own, which is off.
    HeardOff,
    /// The same layer behind a filter of its own that lets everything pass.
    Filtered,
    /// `fmt` as JSON, into nothing.
    FmtJson,
    Ours(CaptureMode),
    Otel,
    /// The same without code places, threads and idle times.
    LeanOtel,
    /// Our layer beside `tracing_opentelemetry`.
    Both,
    /// No `tracing` at all: the step is written in the calls of another library.
    Fastrace,
}

impl Kind {
    pub const OURS: Self = Self::Ours(CaptureMode::Trace);
    pub const OFF: Self = Self::Ours(CaptureMode::Off);
}

/// Keeps a registry from noticing that nobody listens, which would make it skip spans and events altogether.
struct Listener;

impl<S: Subscriber> Layer<S> for Listener {}

/// Counts spans and lets them go.
#[derive(Debug, Clone, Default)]
struct Discard(Arc<AtomicU64>);

impl SpanExporter for Discard {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.fetch_add(black_box(batch).len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

impl Reporter for Discard {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.0.fetch_add(black_box(spans).len() as u64, Ordering::Relaxed);
    }
}

/// The one reporter that a process can have.
static FASTRACE: Once = Once::new();

/// One subscriber and what must be drained behind it.
pub struct Subject {
    kind: Kind,
    dispatch: Dispatch,
    guard: Option<Guard>,
    provider: Option<SdkTracerProvider>,
    exported: Discard,
    _folder: tempfile::TempDir,
}

impl Subject {
    pub fn new(kind: Kind) -> Self {
        let folder = memory_folder();
        let exported = Discard::default();
        let provider = || SdkTracerProvider::builder().with_batch_exporter(exported.clone()).build();
        let ours = |mode| recorder(folder.path(), mode, Durability::Lazy);
        let registry = Registry::default;
        let (dispatch, guard, provider) = match kind {
            Kind::Bare => (registry().into(), None, None),
            Kind::Heard => (registry().with(Listener).into(), None, None),
            Kind::Filtered => (registry().with(Listener.with_filter(filter::LevelFilter::TRACE)).into(), None, None),
            Kind::FmtJson => (registry().with(fmt::layer().json().with_writer(std::io::sink)).into(), None, None),
            Kind::HeardOff => {
                let (layer, guard) = ours(CaptureMode::Off);
                (registry().with(layer).with(Listener).into(), Some(guard), None)
            }
            Kind::Ours(mode) => {
                let (layer, guard) = ours(mode);
                (registry().with(layer).into(), Some(guard), None)
            }
            Kind::Otel | Kind::LeanOtel => {
                let provider = provider();
                let layer = otel(&provider);
                let layer = match kind {
                    Kind::Otel => layer,
                    _ => layer.with_location(false).with_threads(false).with_tracked_inactivity(false),
                };
                (registry().with(layer).into(), None, Some(provider))
            }
            Kind::Both => {
                let (layer, guard) = ours(CaptureMode::Trace);
                let provider = provider();
                (registry().with(layer.and_then(otel(&provider))).into(), Some(guard), Some(provider))
            }
            Kind::Fastrace => {
                FASTRACE.call_once(|| fastrace::set_reporter(Discard::default(), Config::default()));
                (Dispatch::none(), None, None)
            }
        };
        Self { kind, dispatch, guard, provider, exported, _folder: folder }
    }

    /// Does something within a run.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.kind == Kind::Fastrace {
            let root = fastrace::Span::root("run", SpanContext::random());
            let _here = root.set_local_parent();
            return work();
        }
        with_default(&self.dispatch, || {
            let _run = run_span!("run").entered();
            work()
        })
    }

    /// Waits until nothing is queued any more.
    pub fn drain(&self) {
        if let Some(guard) = &self.guard {
            assert!(!guard.flush().late);
        }
        if let Some(provider) = &self.provider {
            provider.force_flush().expect("a flush");
        }
        if self.kind == Kind::Fastrace {
            fastrace::flush();
        }
    }

    /// Ends what stands behind the subscriber; `spans` is how many must have come through.
    pub fn end(self, spans: u64) {
        self.drain();
        if self.provider.is_some() {
            assert_eq!(self.exported.0.load(Ordering::Relaxed), spans, "spans were dropped");
        }
        if let Some(guard) = self.guard {
            end(guard);
        }
        if let Some(provider) = self.provider {
            provider.shutdown().expect("a shutdown");
        }
    }
}

fn otel(provider: &SdkTracerProvider) -> OpenTelemetryLayer<Registry, SdkTracer> {
    tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"))
}

/// The step of `workload`, in the calls of `fastrace`: values are texts there, and events are handed over whole.
pub fn fastrace_step(n: u64) {
    let x = n % 1920;
    let _step = LocalSpan::enter_with_local_parent("step").with_properties(|| {
        [
            ("augur.step.type", "click".into()),
            ("augur.step.intent", "open the cart".into()),
            ("augur.action.type", "click".into()),
            ("augur.action.params.x", x.to_string().into()),
            ("augur.action.params.y", std::borrow::Cow::from("230")),
            ("augur.action.params.button", "left".into()),
        ]
    });
    let event = |message: &'static str| fastrace::Event::new(message);
    LocalSpan::add_event(event("took a picture").with_properties(|| [("width", "1920"), ("height", "1080")]));
    LocalSpan::add_event(event("event").with_properties(|| {
        [
            ("augur.layer", "grounding"),
            ("augur.kind", "observation"),
            ("augur.summary", "the cart is the only icon that fits"),
        ]
    }));
    LocalSpan::add_event(
        event("found the target")
            .with_properties(|| [("label", "cart".to_owned()), ("x", x.to_string()), ("confidence", 0.97.to_string())]),
    );
    LocalSpan::add_event(event("clicked").with_properties(|| [("backend", "cdp"), ("took_ms", "12")]));
    LocalSpan::add_property(|| ("augur.verdict.status", "passed"));
}
