//! What a cheap mode holds back is there after all when something fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::{Path, PathBuf};
use support::{PIXEL, bundles, json, lines, text};
use tracing::info;
use tracing_augur::{
    CaptureMode, Config, FlightRecorder, Moment, SpanExt, decision, record::ModelLayer, run_span, step_span,
};
use tracing_subscriber::prelude::*;

/// A run of steps, each with all kinds of evidence; those in `fails` fail.
fn run(root: &Path, recorder: FlightRecorder, steps: u64, fails: &[u64]) -> PathBuf {
    let config =
        Config::new("test").with_root(root).with_capture_mode(CaptureMode::Metadata).with_flight_recorder(recorder);
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let _run = run_span!("flight").entered();
        for index in 0..steps {
            let status = if fails.contains(&index) { "failed" } else { "succeeded" };
            let step = step_span!("click", augur.step.intent = "buy", augur.step.status = status, password = "hunter2");
            let _in_step = step.enter();
            step.record_screenshot(Moment::Before, PIXEL);
            let call = serde_json::json!({"request": {"model": "m"}, "response": {"text": "password=hunter2"}});
            step.record_model_call(ModelLayer::Model, &call);
            decision!(Grounding, Observation, "seen", token = "hunter2");
            info!("password=hunter2");
        }
    });
    let report = guard.shutdown(std::time::Duration::from_secs(10));
    assert!(report.is_complete(), "{report}");
    report.bundles[0].folder.clone().unwrap()
}

/// Which steps have evidence of every kind; a step has all of it or none.
fn promoted(bundle: &Path, steps: u64) -> Vec<u64> {
    (0..steps)
        .filter(|index| {
            let step = json(bundle.join(format!("steps/{index:04}.json")));
            let evidence = [
                text(&step, "intent") == "buy",
                text(&step, "capture_mode") == "full",
                text(&step, "observation_pre") == format!("screenshots/{index:04}_pre.png"),
                bundle.join(format!("screenshots/{index:04}_pre.png")).exists(),
                bundle.join(format!("modelio/{index:04}-model-0.json")).exists(),
                !bundle.join(format!("modelio/{index:04}-model-1.json")).exists()
                    && lines(bundle.join(format!("events/{index:04}.jsonl"))).len() == 1,
                bundle.join(format!("logs/step-{index}.log")).exists(),
            ];
            assert!(evidence.iter().all(|there| *there == evidence[0]), "step {index}: {evidence:?}");
            evidence[0]
        })
        .collect()
}

#[test]
fn a_failure_brings_back_the_last_steps_and_turns_the_mode_up_for_the_next() {
    let root = bundles("flight_recorder");
    let recorder = FlightRecorder { steps: 3, after: 2, ..FlightRecorder::default() };
    let bundle = run(&root.join("one"), recorder, 12, &[6]);
    assert_eq!(promoted(&bundle, 12), [4, 5, 6, 7, 8]);
    assert_eq!(text(&json(bundle.join("manifest.json")), "capture_mode"), "metadata");
    let bundle = run(&root.join("none"), recorder, 5, &[]);
    assert_eq!(promoted(&bundle, 5), [0_u64; 0]);
}

#[test]
fn what_is_held_is_redacted() {
    let root = bundles("flight_recorder_redacted");
    let bundle = run(&root, FlightRecorder::default(), 4, &[3]);
    assert_eq!(promoted(&bundle, 4), [0, 1, 2, 3]);
    assert!(!support::contains(&support::all_bytes(&bundle), b"hunter2"));
}

#[test]
fn a_run_that_halts_brings_back_what_was_held() {
    let root = bundles("flight_recorder_halted");
    let config = Config::new("test")
        .with_root(&root)
        .with_capture_mode(CaptureMode::Metadata)
        .with_flight_recorder(FlightRecorder::default());
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let _run = run_span!("halted").entered();
        step_span!("click").in_scope(|| decision!(Planner, Decision, "before the end"));
        // The guard goes first: the run is cut off.
        let report = guard.shutdown(std::time::Duration::from_secs(10));
        let bundle = report.bundles[0].folder.clone().unwrap();
        assert_eq!(text(&json(bundle.join("trace.json")), "session.status"), "halted");
        assert_eq!(lines(bundle.join("events/0000.jsonl")).len(), 1);
    });
}

#[test]
fn a_failure_can_turn_the_mode_up_without_anything_being_held() {
    let root = bundles("upgrade_on_failure");
    let bundle = run(&root, FlightRecorder::upgrade_on_failure(CaptureMode::Full), 6, &[2]);
    let kept = promoted(&bundle, 6);
    assert!(kept.ends_with(&[5]) && !kept.contains(&2), "{kept:?}");
}
