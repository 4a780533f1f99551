//! How many bytes a step takes in the bundle, by capture mode, beside what the modes are documented to take.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod workload;

use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};
use tracing_augur::{CaptureMode, Durability, Moment, Session, record::ModelLayer};
use workload::{memory_folder, png, size};

/// The documented figures, in kB a step.
const MODES: [(CaptureMode, &str); 9] = [
    (CaptureMode::Off, "0"),
    (CaptureMode::Metadata, "0.5"),
    (CaptureMode::Trace, "3"),
    (CaptureMode::Screenshots, "800"),
    (CaptureMode::Video, "reference only"),
    (CaptureMode::ModelIo, "30"),
    (CaptureMode::Dispatch, "5"),
    (CaptureMode::Replay, "50"),
    (CaptureMode::Full, "1,000"),
];

/// A screenshot of a page of text at 1920 x 1080 has about this many bytes.
const PICTURE: usize = 400_000;
/// Instructions, what happened so far and the tools, as a computer-use agent sends them again in every step.
const PROMPT: usize = 24_000;

fn record(session: &Session, n: u64) {
    let time = format!("2026-01-01T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60);
    let event = |layer: &str, kind: &str, summary: &str, detail: Value| {
        let event =
            json!({"ts": time, "step_index": n, "layer": layer, "kind": kind, "summary": summary, "detail": detail});
        session.record_event(&event).unwrap();
    };
    let pre = session.attach_observation(n, Moment::Before, png(n, PICTURE)).unwrap();
    event("planner", "decision", "open the cart before anything else", json!({"candidates": 3}));
    event("grounding", "observation", "the cart is the only icon that fits", json!({"x": n, "y": 230, "score": 0.97}));
    event("dispatch", "info", "clicked", json!({"backend": "cdp", "took_ms": 12, "retries": 0}));
    let prompt = "The cart holds three items and the total is shown below the list. ".repeat(PROMPT / 66);
    let call = json!({
        "ts": time,
        "request": {"model": "m-1", "messages": [{"role": "user", "content": prompt}]},
        "response": {"text": "click the cart", "usage": {"prompt_tokens": 5_600, "completion_tokens": 12}},
    });
    session.record_modelio(&call, Some(n), Some(ModelLayer::Planner)).unwrap();
    let post = session.attach_observation(n, Moment::After, png(n + 1, PICTURE)).unwrap();
    let step = json!({
        "step_id": format!("run/step/{n:04}"), "step_index": n, "step_type": "click", "status": "succeeded",
        "started_at": time, "intent": "open the cart",
        "observation_pre": pre, "observation_post": post,
        "action": {"type": "click", "params": {"x": n, "y": 230, "button": "left"}, "coordinate_space": "device_px"},
        "grounding": {"provider": "vision", "target_label": "cart", "coordinates": {"x": n, "y": 230},
            "confidence": 0.97, "provenance": "screenshot"},
        "verdict": {"status": "passed", "reason": "the cart is on the screen"},
        "costs": {"tokens_in": 5_600, "tokens_out": 12, "model_usd": 0.02},
        "latency": {"planner_ms": 900, "grounding_ms": 30, "dispatch_ms": 12, "total_ms": 1_200},
    });
    session.record_step(&step).unwrap();
}

/// Bytes below a folder, by the first name on the way.
fn bytes(folder: &Path, into: &mut BTreeMap<String, u64>, top: Option<&str>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let top = top.unwrap_or(&name);
        if entry.path().is_dir() {
            bytes(&entry.path(), into, Some(top));
        } else {
            *into.entry(top.to_owned()).or_default() += entry.metadata().unwrap().len();
        }
    }
}

fn main() {
    let steps = size(50, 2);
    println!("kB for each step, what every bundle holds taken off\n");
    println!(
        "{:<12} {:>9} {:>9} {:>9} {:>11} {:>9}   documented",
        "", "in all", "steps", "events", "screenshots", "modelio"
    );
    for (mode, documented) in MODES {
        let folder = memory_folder();
        let measure = |name: &str, steps: u64| {
            let folder = folder.path().join(name);
            let builder = Session::builder("run", "bench", &folder).capture_mode(mode);
            let session = builder.durability(Durability::Lazy).open().unwrap();
            (0..steps).for_each(|n| record(&session, n));
            session.close(None).unwrap();
            let mut found = BTreeMap::new();
            bytes(&folder, &mut found, None);
            found
        };
        let (empty, full) = (measure("empty", 0), measure("full", steps));
        let kilobytes = |name: &str| {
            let of = |found: &BTreeMap<String, u64>| found.get(name).copied().unwrap_or(0) as f64;
            (of(&full) - of(&empty)) / steps as f64 / 1e3
        };
        let names: Vec<&String> = full.keys().collect();
        let all = names.iter().map(|name| kilobytes(name)).sum::<f64>().max(0.0);
        print!("{:<12} {all:>9.2}", mode.as_str());
        for name in ["steps", "events", "screenshots", "modelio"] {
            print!(" {:>1$.2}", kilobytes(name), name.len().max(9));
        }
        println!("   {documented}");
    }
}
