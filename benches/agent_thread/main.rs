//! What recording costs on the agent's thread, per step, against other ways to record, all in the same run.
//!
//! Each round builds a subscriber, warms it up, lets every queue drain and then times a burst that fits into the queues, so
//! that no exporter gets cheaper by dropping. The kinds take turns.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing)]

mod subject;
#[path = "../workload/mod.rs"]
mod workload;

use std::{hint::black_box, time::Instant};
use subject::{Kind, Subject, fastrace_step};
use tracing::{info_span, subscriber::with_default};
use tracing_augur::CaptureMode;
use tracing_subscriber::Registry;
use workload::{Sample, full_step, goal, size, step, words};

/// Steps per burst; the queue of the batch processor holds 2,048 spans.
const BURST: u64 = 400;

const PEERS: &[(Kind, &str)] = &[
    (Kind::Bare, "bare registry"),
    (Kind::OFF, "our layer, capture off"),
    (Kind::Heard, "a layer that listens and does nothing"),
    (Kind::HeardOff, "the same and our layer, capture off"),
    (Kind::Fastrace, "fastrace, in its own calls"),
    (Kind::OURS, "our layer"),
    (Kind::Otel, "tracing_opentelemetry"),
    (Kind::LeanOtel, "tracing_opentelemetry, no code places, threads, idle times"),
    (Kind::FmtJson, "fmt as JSON, into nothing"),
    (Kind::Both, "our layer and tracing_opentelemetry"),
];

const MODES: &[(Kind, &str)] = &[
    (Kind::Ours(CaptureMode::Metadata), "our layer, mode metadata"),
    (Kind::Ours(CaptureMode::Trace), "our layer, mode trace"),
    (Kind::Ours(CaptureMode::ModelIo), "our layer, mode model_io"),
    (Kind::Ours(CaptureMode::Full), "our layer, mode full"),
    (Kind::Otel, "tracing_opentelemetry"),
];

const FULL: &[(Kind, &str)] = &[(Kind::OURS, "our layer"), (Kind::Otel, "tracing_opentelemetry")];

/// Nanoseconds per call of `work`, in a run of its own.
fn time(kind: Kind, burst: u64, work: impl Fn(u64)) -> f64 {
    let subject = Subject::new(kind);
    let warm = burst / 4;
    if kind == Kind::Fastrace {
        // Nothing leaves there before the run is over: the run itself is what is timed, and its end with it.
        subject.run(|| (0..warm).for_each(&work));
        subject.drain();
        let begun = Instant::now();
        subject.run(|| (0..burst).for_each(&work));
        let elapsed = begun.elapsed();
        subject.drain();
        return elapsed.as_nanos() as f64 / burst as f64;
    }
    let elapsed = subject.run(|| {
        (0..warm).for_each(&work);
        subject.drain();
        let begun = Instant::now();
        (0..burst).for_each(&work);
        begun.elapsed()
    });
    subject.end(burst + warm + 1);
    elapsed.as_nanos() as f64 / burst as f64
}

/// The times of several kinds, taken in turns.
struct Table {
    kinds: &'static [(Kind, &'static str)],
    times: Vec<Vec<f64>>,
}

impl Table {
    fn measure(kinds: &'static [(Kind, &'static str)], rounds: usize, burst: u64, work: impl Fn(u64)) -> Self {
        let mut times = vec![Vec::new(); kinds.len()];
        for round in 0..rounds {
            for turn in 0..kinds.len() {
                // Another kind goes first in every round.
                let place = (turn + round) % kinds.len();
                times[place].push(match kinds[place].0 {
                    Kind::Fastrace => time(Kind::Fastrace, burst, fastrace_step),
                    kind => time(kind, burst, &work),
                });
            }
        }
        Self { kinds, times }
    }

    fn of(&self, kind: Kind) -> &[f64] {
        &self.times[self.kinds.iter().position(|(known, _)| *known == kind).unwrap()]
    }

    fn ratio(&self, ours: Kind, theirs: Kind) -> f64 {
        Sample::ratio(self.of(ours), self.of(theirs)).median()
    }

    fn print(&self, title: &str) {
        println!("{title}\n");
        println!("{:<60} {:>9} {:>17} {:>8}", "", "ns/step", "p10 - p90", "to OTel");
        for (kind, name) in self.kinds {
            let sample = Sample::new(self.of(*kind).to_vec());
            let (median, low, high) = (sample.median(), sample.at(0.1), sample.at(0.9));
            println!("{name:<60} {median:>9.0} {low:>8.0} - {high:>6.0} {:>8.3}", self.ratio(*kind, Kind::Otel));
        }
        println!();
    }
}

fn peers() {
    let (rounds, burst) = size((51, BURST), (1, 8));
    let table = Table::measure(PEERS, rounds, burst, step);
    table.print(&format!("A step: 1 span, 6 fields, 4 events, 1 late field; {rounds} rounds of {burst}"));
    for (what, ours, theirs, limit) in [
        ("our layer / tracing_opentelemetry", Kind::OURS, Kind::Otel, Some(0.5)),
        ("both / tracing_opentelemetry", Kind::Both, Kind::Otel, Some(1.6)),
        ("capture off / bare registry", Kind::OFF, Kind::Bare, Some(1.1)),
        ("capture off beside a layer / that layer", Kind::HeardOff, Kind::Heard, None),
        ("our layer / lean tracing_opentelemetry", Kind::OURS, Kind::LeanOtel, None),
        ("our layer / fmt as JSON", Kind::OURS, Kind::FmtJson, None),
        ("our layer / fastrace", Kind::OURS, Kind::Fastrace, None),
    ] {
        let ratio = table.ratio(ours, theirs);
        match limit {
            Some(limit) => goal(what, ratio, ratio <= limit, &format!("<= {limit}")),
            None => println!("       {what}: {ratio:.3}"),
        }
    }
}

fn modes_and_fields() {
    let (rounds, burst) = size((25, BURST), (1, 8));
    println!();
    Table::measure(MODES, rounds, burst, step).print("The same step by capture mode");
    let table = Table::measure(FULL, rounds, burst, full_step);
    table.print("A step that says all it can: 1 span, 31 fields, 4 events, 8 late fields");
    let ratio = table.ratio(Kind::OURS, Kind::Otel);
    goal("every field, our layer / tracing_opentelemetry", ratio, ratio <= 0.7, "<= 0.7");
}

/// One kind for as long as a profiler needs.
fn profiled(name: &str) {
    let known = [("bare", Kind::Bare), ("ours", Kind::OURS), ("otel", Kind::Otel), ("both", Kind::Both)];
    let (_, kind) = known.into_iter().find(|(known, _)| *known == name).expect("bare, ours, otel or both");
    let times = (0..200).map(|_| time(kind, BURST, step)).collect();
    println!("{name}: {:.0} ns a step", Sample::new(times).median());
}

/// A span that is no part of a run, in a run.
fn other_spans() {
    let (rounds, burst) = size((51, 5_000), (1, 8));
    let request =
        |n: u64| drop(black_box(info_span!("request", method = "GET", path = "/cart", attempt = n)).entered());
    let (mut bare, mut filtered, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(time(Kind::Bare, burst, request));
        filtered.push(time(Kind::Filtered, burst, request));
        ours.push(time(Kind::OURS, burst, request));
    }
    let more = |with: &[f64]| Sample::new(with.iter().zip(&bare).map(|(with, bare)| with - bare).collect());
    println!(
        "\nA span of somebody else's, made, entered and closed: {:.0} ns bare;",
        Sample::new(bare.clone()).median()
    );
    for (what, more) in [("a layer that does nothing behind a filter", more(&filtered)), ("our layer", more(&ours))] {
        println!("{what} adds {:.0} ns (p10 {:.0}, p90 {:.0})", more.median(), more.at(0.1), more.at(0.9));
    }
    let more = more(&ours).median();
    goal("our layer adds, in ns", more, more <= 60.0, "<= 60");
}

fn main() {
    // Nothing may be measured against a first use.
    with_default(Registry::default(), || step(0));
    if let Some(name) = words().next() {
        return profiled(&name);
    }
    peers();
    modes_and_fields();
    other_spans();
}
