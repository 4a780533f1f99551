//! What a step allocates on the agent's thread, and how much of that waits in the queue for the worker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod workload;

use allocation_counter::measure;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::{Subscriber, info, info_span, subscriber::with_default};
use tracing_augur::{CaptureMode, Durability, run_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};
use workload::{end, folder, recorder, size, step};

#[derive(Debug)]
struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

/// Allocations, bytes allocated and bytes handed on, each per call.
fn count(subscriber: impl Subscriber + Send + Sync + 'static, work: impl Fn(u64)) -> [f64; 3] {
    let calls = size(1_000, 8);
    with_default(subscriber, || {
        let _run = run_span!("counted").entered();
        for n in 0..calls {
            work(n);
        }
        let counted = measure(|| {
            for n in 0..calls {
                work(n);
            }
        });
        [counted.count_total as f64, counted.bytes_total as f64, counted.bytes_current as f64]
            .map(|sum| sum / calls as f64)
    })
}

fn row(name: &str, [allocations, bytes, kept]: [f64; 3]) {
    println!("{name:<44} {allocations:>12.1} {bytes:>12.0} {kept:>12.0}");
}

fn ours(work: impl Fn(u64)) -> [f64; 3] {
    let folder = folder(Some(&std::env::temp_dir()));
    let (layer, guard) = recorder(folder.path(), CaptureMode::Trace, Durability::Lazy);
    let counted = count(Registry::default().with(layer), work);
    end(guard);
    counted
}

fn main() {
    println!("On the agent's thread, per call\n");
    println!("{:<44} {:>12} {:>12} {:>12}", "", "allocations", "bytes", "handed on");
    row("a step, bare registry", count(Registry::default(), step));
    row("a step, our layer", ours(step));
    let provider = SdkTracerProvider::builder().with_batch_exporter(Discard).build();
    let otel = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    row("a step, tracing_opentelemetry", count(Registry::default().with(otel), step));
    row(
        "a span with no events, our layer",
        ours(|_| {
            drop(
                info_span!("step", augur.step.type = "click", augur.action.type = "click", augur.action.params.x = 3_i64),
            );
        }),
    );
    row("an event with two fields, our layer", ours(|_| info!(backend = "cdp", took_ms = 12_i64, "clicked")));
}
