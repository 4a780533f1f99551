//! The vocabulary of our own fields: every name, said in every way, is found in the bundle and in what a real collector was sent.
#![recursion_limit = "512"]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod every_name;
mod fields;
#[rustfmt::skip]
mod generated;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "otlp")]
#[path = "../real_parts/mod.rs"]
mod real_parts;
#[path = "../support/mod.rs"]
mod support;
mod ways;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use support::{lines, text};
use tracing_augur::{Config, bundle::validate, record::Value};
use tracing_subscriber::prelude::*;

/// Runs an agent under a recorder of its own, and returns the bundle that it left.
fn recorded(config: Config, agent: impl FnOnce()) -> PathBuf {
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), agent);
    let report = guard.shutdown(Duration::from_secs(20));
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.bundles.len(), 1, "{report}");
    let bundle = report.bundles[0].folder.clone().unwrap();
    let judged = validate(&bundle);
    assert!(judged.is_valid(), "{}: {:?}", bundle.display(), judged.problems);
    bundle
}

/// The summaries of what the recorder itself has to say of a run.
fn complaints(bundle: &Path) -> Vec<String> {
    let files = std::fs::read_dir(bundle.join("events")).into_iter().flatten().flatten();
    let events: Vec<Value> = files.flat_map(|file| lines(file.path())).collect();
    let ours = events.iter().filter(|event| text(event, "layer") == "adapter");
    ours.map(|event| format!("{}: {}", text(event, "kind"), text(event, "summary"))).collect()
}
