//! Which bundles stay when their runs are over: all that failed, and a share of the rest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Duration,
};
use support::{bundles, json, text};
use tracing::{error, subscriber::with_default};
use tracing_augur::{CaptureMode, Config, FlightRecorder, Moment, Report, Sampling, SpanExt, run_span, step_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};

fn recorded(config: Config, agent: impl FnOnce()) -> Report {
    let (layer, guard) = tracing_augur::layer::<Registry>(config).unwrap();
    with_default(Registry::default().with(layer), || _ = catch_unwind(AssertUnwindSafe(agent)));
    guard.shutdown(Duration::from_secs(10))
}

fn config(root: &Path, percent: f64) -> Config {
    Config::new("agent")
        .with_root(root)
        .with_capture_mode(CaptureMode::Metadata)
        .with_flight_recorder(FlightRecorder::default())
        .with_sampling(Sampling::percent(percent))
}

fn run(id: &str, inside: impl FnOnce()) {
    run_span!(id).in_scope(|| {
        let step = step_span!("click").entered();
        step.record_screenshot(Moment::Before, support::PIXEL);
        inside();
    });
}

/// All names in a folder, hidden ones too.
fn names(root: &Path) -> BTreeSet<String> {
    fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_run_that_failed_stays_with_its_evidence_and_one_that_went_well_leaves_nothing() {
    let root = bundles("sampling");
    let report = recorded(config(&root, 0.0), || {
        run("well", || {});
        run("a-failed-step", || step_span!("type").in_scope(|| error!("it did not take it")));
        run_span!("failed").in_scope(|| error!("the run"));
        run_span!("stated", augur.run.status = "failed").in_scope(|| {});
        run_span!("stated-step").in_scope(|| {
            step_span!("type", augur.step.status = "failed").in_scope(|| {});
        });
        run("also-well", || {});
        run("panics", || panic!("given up"));
    });
    let kept = ["a-failed-step", "failed", "panics", "stated", "stated-step"];
    assert_eq!(names(&root), kept.map(str::to_owned).into());
    let bundle = root.join("a-failed-step");
    assert!(bundle.join("manifest.json").exists());
    assert!(bundle.join("screenshots/0000_pre.png").exists(), "the flight recorder brought the step before it back");
    assert_eq!(text(&json(root.join("panics/trace.json")), "session.status"), "halted");
    assert_eq!(report.sampled_out, 2);
    assert!(report.is_complete(), "{report}");
    assert!(report.to_string().contains("runs that went well and were not kept: 2"), "{report}");
    let out: Vec<_> = report.bundles.iter().filter(|bundle| bundle.sampled_out).collect();
    assert_eq!(out.iter().map(|bundle| bundle.run_id.as_str()).collect::<Vec<_>>(), ["well", "also-well"]);
    assert!(out.iter().all(|bundle| bundle.folder.is_none()));
}

#[test]
fn a_share_of_the_rest_stays_and_it_is_the_same_runs_every_time() {
    let ids: Vec<String> = (0..24).map(|number| format!("run-{number}")).collect();
    let kept = |test: &str, percent: f64| {
        let root = bundles(test);
        recorded(config(&root, percent), || ids.iter().for_each(|id| run(id, || {})));
        names(&root)
    };
    let half = kept("sampling_half", 50.0);
    assert!((4..20).contains(&half.len()), "{}", half.len());
    assert_eq!(half, kept("sampling_half_again", 50.0));
    assert_eq!(half, ids.iter().filter(|id| Sampling::percent(50.0).keeps(id)).cloned().collect());
    assert_eq!(kept("sampling_all", 100.0).len(), ids.len());
}

#[test]
fn a_run_that_is_open_when_the_recorder_ends_stays() {
    let root = bundles("sampling_open");
    let (layer, guard) = tracing_augur::layer::<Registry>(config(&root, 0.0)).unwrap();
    with_default(Registry::default().with(layer), || {
        let _run = run_span!("open").entered();
        step_span!("click").in_scope(|| {});
        assert_eq!(guard.shutdown(Duration::from_secs(10)).sampled_out, 0);
    });
    assert_eq!(text(&json(root.join("open/trace.json")), "session.status"), "halted");
}
