//! What recording costs on the agent's thread, per step, against `tracing_opentelemetry` in the same run.
//!
//! Each round builds a subscriber, warms it up, lets every queue drain and then times a burst that fits into the queues, so
//! that no exporter gets cheaper by dropping. The kinds take turns.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing)]

mod workload;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};
use tracing::{Dispatch, Subscriber, info_span, span::EnteredSpan, subscriber::with_default};
use tracing_augur::{CaptureMode, Durability, Guard, run_span};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    Registry,
    layer::{Layer, SubscriberExt},
};
use workload::{Sample, end, goal, memory_folder, recorder, size, step, words};

/// Steps per burst; the queue of the batch processor holds 2,048 spans.
const BURST: u64 = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bare,
    Off,
    Heard,
    HeardOff,
    Ours,
    Otel,
    LeanOtel,
    Both,
}

const KINDS: [(Kind, &str); 8] = [
    (Kind::Bare, "bare registry"),
    (Kind::Off, "our layer, capture off"),
    (Kind::Heard, "a layer that listens and does nothing"),
    (Kind::HeardOff, "the same and our layer, capture off"),
    (Kind::Ours, "our layer"),
    (Kind::Otel, "tracing_opentelemetry"),
    (Kind::LeanOtel, "tracing_opentelemetry, no code places, threads, idle times"),
    (Kind::Both, "our layer and tracing_opentelemetry"),
];

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

/// One subscriber and what must be drained behind it.
struct Subject {
    dispatch: Dispatch,
    guard: Option<Guard>,
    provider: Option<SdkTracerProvider>,
    exported: Discard,
    _folder: tempfile::TempDir,
}

impl Subject {
    fn new(kind: Kind) -> Self {
        let folder = memory_folder();
        let exported = Discard::default();
        let provider = || SdkTracerProvider::builder().with_batch_exporter(exported.clone()).build();
        let ours = |mode| recorder(folder.path(), mode, Durability::Lazy);
        let (dispatch, guard, provider) = match kind {
            Kind::Bare => (Dispatch::new(Registry::default()), None, None),
            Kind::Off => {
                let (layer, guard) = ours(CaptureMode::Off);
                (Dispatch::new(Registry::default().with(layer)), Some(guard), None)
            }
            Kind::Heard => (Dispatch::new(Registry::default().with(Listener)), None, None),
            Kind::HeardOff => {
                let (layer, guard) = ours(CaptureMode::Off);
                (Dispatch::new(Registry::default().with(layer).with(Listener)), Some(guard), None)
            }
            Kind::Ours => {
                let (layer, guard) = ours(CaptureMode::Trace);
                (Dispatch::new(Registry::default().with(layer)), Some(guard), None)
            }
            Kind::Otel | Kind::LeanOtel => {
                let provider = provider();
                let layer = otel(&provider);
                let layer = match kind {
                    Kind::Otel => layer,
                    _ => layer.with_location(false).with_threads(false).with_tracked_inactivity(false),
                };
                (Dispatch::new(Registry::default().with(layer)), None, Some(provider))
            }
            Kind::Both => {
                let (layer, guard) = ours(CaptureMode::Trace);
                let provider = provider();
                (Dispatch::new(Registry::default().with(layer.and_then(otel(&provider)))), Some(guard), Some(provider))
            }
        };
        Self { dispatch, guard, provider, exported, _folder: folder }
    }

    fn drain(&self) {
        if let Some(guard) = &self.guard {
            assert!(!guard.flush().late);
        }
        if let Some(provider) = &self.provider {
            provider.force_flush().expect("a flush");
        }
    }

    /// Nanoseconds per call of `work`, called `burst` times in a run of its own.
    fn time(self, burst: u64, spans: u64, work: impl Fn(u64)) -> f64 {
        let elapsed = tracing::dispatcher::with_default(&self.dispatch, || {
            let _run: EnteredSpan = run_span!("burst").entered();
            for n in 0..burst / 4 {
                work(n);
            }
            self.drain();
            let begun = Instant::now();
            for n in 0..burst {
                work(n);
            }
            begun.elapsed()
        });
        self.drain();
        if self.provider.is_some() {
            assert_eq!(self.exported.0.load(Ordering::Relaxed), spans * (burst + burst / 4) + 1, "spans were dropped");
        }
        if let Some(guard) = self.guard {
            end(guard);
        }
        elapsed.as_nanos() as f64 / burst as f64
    }
}

fn otel(provider: &SdkTracerProvider) -> OpenTelemetryLayer<Registry, opentelemetry_sdk::trace::SdkTracer> {
    tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"))
}

fn steps() {
    let (rounds, burst) = size((51, BURST), (1, 8));
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); KINDS.len()];
    for round in 0..rounds {
        for turn in 0..KINDS.len() {
            // Another kind goes first in every round.
            let kind = (turn + round) % KINDS.len();
            times[kind].push(Subject::new(KINDS[kind].0).time(burst, 1, step));
        }
    }
    let of = |kind: Kind| &times[KINDS.iter().position(|(known, _)| *known == kind).unwrap()];
    println!("A step on the agent's thread: 1 span, 6 fields, 4 events, 1 late field; {rounds} rounds of {burst}\n");
    println!("{:<60} {:>9} {:>17} {:>8}", "", "ns/step", "p10 - p90", "to OTel");
    for (kind, name) in KINDS {
        let sample = Sample::new(of(kind).clone());
        let ratio = Sample::ratio(of(kind), of(Kind::Otel)).median();
        println!("{name:<60} {:>9.0} {:>8.0} - {:>6.0} {ratio:>8.3}", sample.median(), sample.at(0.1), sample.at(0.9));
    }
    println!();
    for (what, ours, theirs, limit) in [
        ("our layer / tracing_opentelemetry", Kind::Ours, Kind::Otel, Some(0.5)),
        ("both / tracing_opentelemetry", Kind::Both, Kind::Otel, Some(1.6)),
        ("capture off / bare registry", Kind::Off, Kind::Bare, Some(1.1)),
        ("capture off beside a layer / that layer", Kind::HeardOff, Kind::Heard, None),
        ("our layer / lean tracing_opentelemetry", Kind::Ours, Kind::LeanOtel, None),
    ] {
        let ratio = Sample::ratio(of(ours), of(theirs)).median();
        match limit {
            Some(limit) => goal(what, ratio, ratio <= limit, &format!("<= {limit}")),
            None => println!("       {what}: {ratio:.3}"),
        }
    }
}

/// One kind for as long as a profiler needs.
fn profiled(name: &str) {
    let known = [("bare", Kind::Bare), ("ours", Kind::Ours), ("otel", Kind::Otel), ("both", Kind::Both)];
    let (_, kind) = known.into_iter().find(|(known, _)| *known == name).expect("bare, ours, otel or both");
    let times = (0..200).map(|_| Subject::new(kind).time(BURST, 1, step)).collect();
    println!("{name}: {:.0} ns a step", Sample::new(times).median());
}

/// A span that is no part of a run, in a run and outside one.
fn other_spans() {
    let (rounds, burst) = size((51, 5_000), (1, 8));
    let request =
        |n: u64| drop(black_box(info_span!("request", method = "GET", path = "/cart", attempt = n)).entered());
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(Subject::new(Kind::Bare).time(burst, 1, request));
        ours.push(Subject::new(Kind::Ours).time(burst, 1, request));
    }
    let more = Sample::new(ours.iter().zip(&bare).map(|(ours, bare)| ours - bare).collect());
    let (bare, ours) = (Sample::new(bare), Sample::new(ours));
    println!(
        "\nA span of somebody else's, made, entered and closed: {:.0} ns bare, {:.0} ns with our layer;",
        bare.median(),
        ours.median()
    );
    println!("our layer adds {:.0} ns (p10 {:.0}, p90 {:.0})", more.median(), more.at(0.1), more.at(0.9));
}

fn main() {
    // Nothing may be measured against a first use.
    with_default(Registry::default(), || step(0));
    if let Some(name) = words().next() {
        return profiled(&name);
    }
    steps();
    other_spans();
}
