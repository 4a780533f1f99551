//! Bad input through both doors: whatever comes, the agent's own result is unchanged, nothing panics, the message says what
//! to do, and the rest of the run is on disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod files;
mod ids;
mod indexes;
mod lifetimes;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod values;

use std::path::{Path, PathBuf};
use support::{lines, text};
use tracing::Dispatch;
use tracing_augur::{BundleReport, CaptureMode, Config, Guard, Loss, Report, bundle};
use tracing_subscriber::prelude::*;

fn recorder(root: &Path, mode: CaptureMode) -> (Dispatch, Guard) {
    recorder_of(Config::new("test-agent").with_root(root).with_capture_mode(mode))
}

fn recorder_of(config: Config) -> (Dispatch, Guard) {
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    (Dispatch::new(tracing_subscriber::registry().with(layer)), guard)
}

/// Runs `agent` under a recorder of its own and returns its result and what became of the run.
fn recorded<T>(root: &Path, mode: CaptureMode, agent: impl FnOnce() -> T) -> (T, Report) {
    let (dispatch, guard) = recorder(root, mode);
    let result = tracing::dispatcher::with_default(&dispatch, agent);
    (result, end(guard))
}

fn end(guard: Guard) -> Report {
    guard.shutdown(std::time::Duration::from_secs(120))
}

/// The folder of the only run, which is complete and follows the format.
fn only_bundle(report: &Report) -> PathBuf {
    let [run] = &report.bundles[..] else { panic!("{report}") };
    assert_whole(run);
    run.folder.clone().unwrap()
}

/// A run of which everything arrived, even where a busy machine let a step wait for longer than an agent would.
fn assert_whole(run: &BundleReport) {
    assert!(run.complete && run.lost.iter().all(|(loss, _)| *loss == Loss::Pending), "{run:?}");
    assert_valid(run.folder.as_deref().unwrap());
}

fn assert_valid(folder: &Path) {
    let judged = bundle::validate(folder);
    assert!(judged.is_valid(), "{}: {:?}", folder.display(), judged.problems);
}

/// What the recorder said of what it could not use as it came, or kept elsewhere, about one step or about the run.
fn complaints(folder: &Path, step: Option<u64>) -> Vec<String> {
    let file = step.map_or_else(|| "run.jsonl".to_owned(), |step| format!("{step:04}.jsonl"));
    let events = lines(folder.join("events").join(file));
    let told = events.iter().filter(|event| text(event, "layer") == "adapter");
    told.map(|event| text(event, "summary").to_owned()).collect()
}

fn assert_told(said: &[String], expected: &str) {
    assert!(said.iter().any(|line| line.contains(expected)), "nobody said {expected:?}: {said:#?}");
}
