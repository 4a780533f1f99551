//! What every benchmark shares: the agent's step, recorders, folders that go away, and the statistics.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tracing::{Span, field::Empty, info, info_span};
use tracing_augur::{BoxedLayer, CaptureMode, Config, Durability, Guard, Report};
use tracing_subscriber::Registry;

/// Whether the figures are wanted. `cargo test --all-targets` runs benchmarks too: there a small round must do, as a check
/// that they still work.
pub fn measured() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// The first of two numbers when measuring, the second otherwise.
pub fn size<T>(full: T, small: T) -> T {
    if measured() { full } else { small }
}

/// One step of an agent: a span with six fields, four events with two or three fields each, and a verdict that comes late.
pub fn step(n: u64) {
    drop(open_step(n));
}

/// The same step, still open.
pub fn open_step(n: u64) -> Span {
    let x = i64::try_from(n % 1920).unwrap_or_default();
    let step = info_span!(
        "step",
        augur.step.type = "click",
        augur.step.intent = "open the cart",
        augur.action.type = "click",
        augur.action.params.x = x,
        augur.action.params.y = 230_i64,
        augur.action.params.button = "left",
        augur.verdict.status = Empty,
    );
    {
        let _in_step = step.enter();
        info!(width = 1920_i64, height = 1080_i64, "took a picture");
        info!(
            augur.layer = "grounding",
            augur.kind = "observation",
            augur.summary = "the cart is the only icon that fits"
        );
        info!(label = "cart", x, confidence = 0.97, "found the target");
        info!(backend = "cdp", took_ms = 12_i64, "clicked");
        step.record("augur.verdict.status", "passed");
    }
    step
}

/// A step that says of itself what the vocabulary has words for, as far as a span can hold fields; what is left comes late.
pub fn full_step(n: u64) {
    let x = i64::try_from(n % 1920).unwrap_or_default();
    let step = info_span!(
        "step",
        augur.step.type = "click",
        augur.step.intent = "open the cart",
        augur.step.required = true,
        augur.step.loop_detected = false,
        augur.step.group_id = "checkout",
        augur.action.type = "click",
        augur.action.params.x = x,
        augur.action.params.y = 230_i64,
        augur.action.params.button = "left",
        augur.action.coordinate_space = "screenshot",
        augur.action.dispatch_backend = "cdp",
        augur.grounding.provider = "template-match",
        augur.grounding.provenance = "screenshot",
        augur.grounding.coordinates.x = x,
        augur.grounding.coordinates.y = 230_i64,
        augur.grounding.confidence = 0.97,
        augur.grounding.target_label = "cart",
        augur.captured_versions.model = "grounder-2",
        augur.captured_versions.prompt = "v7",
        augur.env_fingerprint.url_host = "shop.example",
        augur.env_fingerprint.url_path_template = "/cart/{id}",
        augur.latency.planner_ms = 210_i64,
        augur.latency.grounding_ms = 34_i64,
        augur.latency.dispatch_ms = Empty,
        augur.latency.verifier_ms = Empty,
        augur.costs.tokens_in = Empty,
        augur.costs.tokens_out = Empty,
        augur.costs.model_usd = Empty,
        augur.verdict.status = Empty,
        augur.verdict.reason = Empty,
        augur.verdict.score = Empty,
    );
    {
        let _in_step = step.enter();
        info!(width = 1920_i64, height = 1080_i64, "took a picture");
        info!(
            augur.layer = "grounding",
            augur.kind = "observation",
            augur.summary = "the cart is the only icon that fits",
            augur.detail.candidates = 3_i64
        );
        info!(label = "cart", x, confidence = 0.97, "found the target");
        info!(backend = "cdp", took_ms = 12_i64, "clicked");
    }
    step.record("augur.latency.dispatch_ms", 12_i64).record("augur.latency.verifier_ms", 80_i64);
    step.record("augur.costs.tokens_in", 1_812_i64).record("augur.costs.tokens_out", 96_i64);
    step.record("augur.costs.model_usd", 0.004);
    step.record("augur.verdict.status", "passed").record("augur.verdict.reason", "the cart is open");
    step.record("augur.verdict.score", 1.0);
}

/// A file that begins and ends as a PNG does, of a length; its pixels are noise. Its checksums are not right.
pub fn png(seed: u64, length: usize) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length[..], kind, data, b"crc!"].concat()
    };
    let header = chunk(b"IHDR", &[0, 0, 7, 128, 0, 0, 4, 56, 8, 2, 0, 0, 0]);
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let noise: Vec<u8> = (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect();
    // Browsers write pixels in pieces of a few kilobytes.
    let pixels: Vec<u8> = noise.chunks(8_192).flat_map(|piece| chunk(b"IDAT", piece)).collect();
    [&b"\x89PNG\r\n\x1a\n"[..], &header, &pixels, &chunk(b"IEND", &[])].concat()
}

/// A recorder with a registry of its own.
pub fn recorder(root: &Path, mode: CaptureMode, durability: Durability) -> (BoxedLayer<Registry>, Guard) {
    let config = Config::new("bench").with_root(root).with_capture_mode(mode).with_durability(durability);
    let config = config.with_deadline(Duration::from_secs(60));
    tracing_augur::layer(config).expect("a recorder")
}

/// Ends a recorder; figures of a run that lost something would be worth nothing.
pub fn end(guard: Guard) -> Report {
    let report = guard.shutdown(Duration::from_secs(120));
    assert!(report.is_complete(), "{report}");
    report
}

/// A new folder below `place` (by default on the disk of the build) that goes away with its value.
pub fn folder(place: Option<&Path>) -> tempfile::TempDir {
    let place = place.unwrap_or(Path::new(env!("CARGO_TARGET_TMPDIR")));
    tempfile::Builder::new().prefix("augur-bench-").tempdir_in(place).expect("a folder for bundles")
}

/// A new folder in memory, where the system has one: for what must not wait for a disk that is measured elsewhere.
pub fn memory_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    folder(Some(if memory.is_dir() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) }))
}

/// The folders to measure in: those named on the command line, or else the disk of the build.
pub fn places() -> Vec<PathBuf> {
    let named: Vec<_> = words().map(PathBuf::from).collect();
    if named.is_empty() { vec![PathBuf::from(env!("CARGO_TARGET_TMPDIR"))] } else { named }
}

/// What was given on the command line behind `--`.
pub fn words() -> impl Iterator<Item = String> {
    std::env::args().skip(1).filter(|argument| !argument.starts_with('-'))
}

/// Measured values, sorted.
#[derive(Debug, Default, Clone)]
pub struct Sample(Vec<f64>);

impl Sample {
    pub fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    /// The value at a fraction of the way through.
    pub fn at(&self, fraction: f64) -> f64 {
        let last = self.0.len().saturating_sub(1) as f64;
        self.0.get((last * fraction).round() as usize).copied().unwrap_or(f64::NAN)
    }

    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// The ratio to another sample, round by round: what disturbs a round disturbs both of its halves.
    pub fn ratio(ours: &[f64], theirs: &[f64]) -> Self {
        Self::new(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect())
    }
}

/// A figure against its goal, as a line of the table.
pub fn goal(what: &str, value: f64, holds: bool, goal: &str) {
    println!("{} {what}: {value:.3} (goal {goal})", if holds { "met   " } else { "MISSED" });
}
