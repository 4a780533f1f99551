//! What the recorder listens to, apart from what the console shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

mod support;

use std::{fs, path::Path, process::Command, time::Duration};
use support::{at, bundles, contains, json};
use tracing::{debug, debug_span, info, info_span, subscriber::with_default, trace, warn};
use tracing_augur::{CaptureMode, Config, run_span, step_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};

/// Says something at every level and from several places; each line has a word of its own.
fn agent() {
    let _run = run_span!("run").entered();
    let _step = step_span!("click").entered();
    for_each_target();
    info!("here info");
    debug!("here debug");
    debug!(augur.layer = "runner", augur.kind = "info", "here decision");
}

fn for_each_target() {
    warn!(target: "library", "library warn");
    info!(target: "library", "library info");
    debug!(target: "library::inner", "library debug");
    trace!(target: "library", "library trace");
    info!(target: "chatty::deep", "chatty info");
    info_span!(target: "chatty", "chat", gen_ai.operation.name = "chat", gen_ai.request.model = "m").in_scope(|| {});
    debug_span!(target: "library", "chat", gen_ai.operation.name = "chat", gen_ai.request.model = "m").in_scope(|| {});
}

/// What a bundle has of what the agent said.
fn heard(bundle: &Path) -> Vec<&'static str> {
    const WORDS: &[&str] = &[
        "library warn",
        "library info",
        "library debug",
        "library trace",
        "chatty info",
        "here info",
        "here debug",
        "here decision",
    ];
    let bytes = support::all_bytes(bundle);
    WORDS.iter().copied().filter(|word| contains(&bytes, word.as_bytes())).collect()
}

fn model_calls(bundle: &Path) -> usize {
    fs::read_dir(bundle.join("modelio")).map_or(0, Iterator::count)
}

#[test]
fn a_filter_says_what_is_heard_and_what_makes_a_run_is_heard_below_it() {
    for (filter, expected, calls) in [
        (None, &["library warn", "library info", "chatty info", "here info", "here decision"][..], 2),
        (
            Some("library=debug,chatty=off"),
            &["library warn", "library info", "library debug", "here info", "here decision"],
            1,
        ),
        (Some("warn"), &["library warn", "here decision"], 2),
        (
            Some("warn,library=trace"),
            &["library warn", "library info", "library debug", "library trace", "here decision"],
            2,
        ),
        (Some("off,filters=info,tracing_augur=trace"), &["here info"], 0),
    ] {
        let root = bundles(&format!("filter_{}", filter.unwrap_or("none").replace([',', '='], "_")));
        let mut config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full);
        if let Some(filter) = filter {
            config = config.with_filter(filter.parse().unwrap());
        }
        let (layer, guard) = tracing_augur::layer::<Registry>(config).unwrap();
        with_default(Registry::default().with(layer), agent);
        let report = guard.shutdown(Duration::from_secs(10));
        assert!(report.is_complete(), "{report}");
        let bundle = root.join("run");
        assert_eq!((heard(&bundle), model_calls(&bundle)), (expected.to_vec(), calls), "{filter:?}");
        assert_eq!(at(&json(bundle.join("trace.json")), "steps").as_array().unwrap().len(), 1);
    }
}

const CHILD: &str = "AUGUR_TEST_FILTER";

#[test]
fn the_console_and_the_recorder_each_have_their_own_filter() {
    if let Some(root) = std::env::var_os(CHILD) {
        return match Config::new("agent").with_root(root).with_capture_mode(CaptureMode::Full).init() {
            Ok(_guard) => agent(),
            Err(error) => eprintln!("refused: {error}"),
        };
    }
    let root = bundles("filter_console");
    let run = |filter: &str, console: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_console_and_the_recorder_each_have_their_own_filter", "--nocapture"])
            .env(CHILD, &root)
            .env("AUGUR_FILTER", filter)
            .env("RUST_LOG", console)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let shown = run("library=debug", "library=trace");
    assert!(shown.contains("library trace") && !shown.contains("here info"), "{shown}");
    let heard = heard(&root.join("run"));
    assert!(heard.contains(&"here info") && heard.contains(&"library debug") && !heard.contains(&"library trace"));
    let shown = run("library=loud", "off");
    assert!(shown.contains("refused: AUGUR_FILTER: \"library=loud\" is no part of a filter; accepted: "), "{shown}");
}
