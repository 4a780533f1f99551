//! What a step allocates on the agent's thread, and how much of that waits in a queue for another thread.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "agent_thread/subject.rs"]
mod subject;
mod workload;

use allocation_counter::measure;
use subject::{Kind, Subject, fastrace_step};
use tracing::{info, info_span};
use workload::{full_step, size, step};

/// Allocations, bytes allocated and bytes handed on, each per call.
fn row(name: &str, kind: Kind, work: impl Fn(u64)) {
    let calls = size(400, 8);
    let subject = Subject::new(kind);
    let counted = subject.run(|| {
        (0..calls).for_each(&work);
        subject.drain();
        measure(|| (0..calls).for_each(&work))
    });
    let [allocations, bytes, kept] =
        [counted.count_total as f64, counted.bytes_total as f64, counted.bytes_current as f64]
            .map(|sum| sum / calls as f64);
    println!("{name:<44} {allocations:>12.1} {bytes:>12.0} {kept:>12.0}");
}

fn main() {
    println!("On the agent's thread, per call\n");
    println!("{:<44} {:>12} {:>12} {:>12}", "", "allocations", "bytes", "handed on");
    for (name, kind) in [
        ("bare registry", Kind::Bare),
        ("our layer", Kind::OURS),
        ("tracing_opentelemetry", Kind::Otel),
        ("fmt as JSON", Kind::FmtJson),
    ] {
        row(&format!("a step, {name}"), kind, step);
    }
    row("a step, fastrace", Kind::Fastrace, fastrace_step);
    row("a step with every field, our layer", Kind::OURS, full_step);
    row("a step with every field, tracing_opentelemetry", Kind::Otel, full_step);
    row("a span with no events, our layer", Kind::OURS, |_| {
        drop(info_span!("step", augur.step.type = "click", augur.action.type = "click", augur.action.params.x = 3_i64));
    });
    row("an event with two fields, our layer", Kind::OURS, |_| info!(backend = "cdp", took_ms = 12_i64, "clicked"));
}
