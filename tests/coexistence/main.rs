//! Beside others in one process: layers of other libraries, filters, `log`, a layer that is swapped at run time, a second layer
//! of ours, many threads, and spans that mean nothing to us.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod crowds;
mod neighbours;
#[cfg(feature = "otlp")]
mod opentelemetry;
mod reload;
mod twice;

use std::{path::Path, time::Duration};
use support::{at, json, text};
use tracing_augur::{CaptureMode, Config, Guard, bundle::validate};

fn config(root: &Path) -> Config {
    Config::new("agent").with_root(root).with_capture_mode(CaptureMode::Full)
}

fn finished(guard: Guard) {
    let report = guard.shutdown(Duration::from_secs(20));
    assert!(report.is_complete(), "{report}");
}

/// The steps of a bundle by type and status; the bundle must be a valid one.
fn steps(bundle: &Path) -> Vec<(String, String)> {
    let report = validate(bundle);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let trace = json(bundle.join("trace.json"));
    let steps = at(&trace, "steps").as_array().unwrap();
    steps.iter().map(|step| (text(step, "step_type").to_owned(), text(step, "status").to_owned())).collect()
}

fn named<'a>(steps: &'a [(&'a str, &'a str)]) -> Vec<(String, String)> {
    steps.iter().map(|(step_type, status)| ((*step_type).to_owned(), (*status).to_owned())).collect()
}
