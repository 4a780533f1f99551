//! Spans become runs and steps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::{Path, PathBuf};
use support::{PIXEL, at, bundles, json, lines, text};
use tracing::{info, info_span};
use tracing_augur::{CaptureMode, Config, Guard, Moment, SpanExt, decision, run_span, step_span};
use tracing_subscriber::prelude::*;

/// Runs `agent` under a recorder of its own and returns what became of it.
fn recorded(root: &Path, mode: CaptureMode, agent: impl FnOnce()) -> tracing_augur::Report {
    let (subscriber, guard) = recorder(root, mode);
    tracing::subscriber::with_default(subscriber, agent);
    guard.shutdown(std::time::Duration::from_secs(10))
}

fn recorder(root: &Path, mode: CaptureMode) -> (impl tracing::Subscriber, Guard) {
    let config = Config::new("test-agent").with_root(root).with_capture_mode(mode);
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    (tracing_subscriber::registry().with(layer), guard)
}

fn only_bundle(report: &tracing_augur::Report) -> PathBuf {
    assert_eq!(report.bundles.len(), 1, "{report}");
    assert!(report.is_complete(), "{report}");
    report.bundles[0].folder.clone().unwrap()
}

#[test]
fn a_run_with_steps_becomes_a_bundle() {
    let root = bundles("a_run_with_steps");
    let report = recorded(&root, CaptureMode::Full, || {
        let run = run_span!("checkout-17", augur.run.tags.env = "test");
        let _run = run.enter();
        {
            let step = step_span!("click", augur.step.intent = "open the cart", augur.action.type = "click");
            let _step = step.enter();
            step.record_screenshot(Moment::Before, PIXEL);
            step.record_grounding(&serde_json::json!({
                "provider": "eye", "provenance": "screenshot", "coordinates": {"x": 3, "y": 4.5}, "confidence": 0.9,
            }));
            decision!(Grounding, Observation, "found the cart", candidates = 2);
            info!(items = 3, "the cart is open");
            step.record_verdict(&serde_json::json!({"status": "passed", "reason": "the cart shows"}));
        }
        let step = step_span!("type", augur.step.status = "failed", augur.step.failure_class = "no_state_change");
        step.in_scope(|| tracing::error!("the field did not take the text"));
    });
    let bundle = only_bundle(&report);
    assert_eq!(bundle.canonicalize().unwrap(), root.join("checkout-17").canonicalize().unwrap());
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "succeeded");
    assert_eq!(text(&trace, "session.tags.env"), "test");
    let step = at(&trace, "steps.0");
    assert_eq!(text(step, "step_id"), "checkout-17/step/0000");
    assert_eq!(text(step, "intent"), "open the cart");
    assert_eq!(text(step, "status"), "succeeded");
    assert_eq!(text(step, "verdict.status"), "passed");
    assert_eq!(at(step, "grounding.coordinates.x").as_i64(), Some(3));
    assert_eq!(text(step, "observation_pre"), "screenshots/0000_pre.png");
    assert_eq!(text(at(&trace, "steps.1"), "failure_class"), "no_state_change");
    let events = lines(bundle.join("events/0000.jsonl"));
    assert_eq!(events.len(), 1);
    assert_eq!(text(&events[0], "layer"), "grounding");
    assert_eq!(at(&events[0], "detail.candidates").as_i64(), Some(2));
    let log = std::fs::read_to_string(bundle.join("logs/step-0.log")).unwrap();
    assert!(log.contains("the cart is open items=3"), "{log}");
    assert!(bundle.join("screenshots/0000_pre.png").exists());
    assert!(!bundle.join("incomplete").exists());
}

#[tracing::instrument(fields(augur.step.type = "click"))]
fn instrumented_step(target: &str) -> Result<(), std::io::Error> {
    info!("clicking");
    Ok(())
}

#[test]
fn an_instrumented_function_is_a_step_and_the_outermost_span_its_run() {
    let root = bundles("instrumented");
    let report = recorded(&root, CaptureMode::Trace, || {
        let _outer = info_span!("request", route = "/checkout").entered();
        instrumented_step("cart").unwrap();
        instrumented_step("pay").unwrap();
    });
    let trace = json(only_bundle(&report).join("trace.json"));
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 2);
    assert_eq!(text(&trace, "steps.1.step_type"), "click");
    assert!(text(&trace, "session.run_id").starts_with("test-agent-"));
}

#[test]
fn what_is_recorded_on_a_span_counts_like_its_fields() {
    let root = bundles("members");
    let report = recorded(&root, CaptureMode::Trace, || {
        let _run = run_span!("members").entered();
        let step = step_span!("click");
        step.record_member("status", "failed").record_member("failure_class", "no_state_change");
        step.record_member("costs.total_usd", &0.25);
        step.record_member("mood", "good");
    });
    let bundle = only_bundle(&report);
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "steps.0.status"), "failed");
    assert_eq!(at(&trace, "session.costs.total_usd").as_number().unwrap().as_f64(), 0.25);
    let kept = lines(bundle.join("events/0000.jsonl"));
    assert_eq!(text(&kept[0], "detail.mood"), "good");
}

#[test]
fn fields_that_are_declared_empty_are_recorded_when_they_are_known() {
    let root = bundles("late_fields");
    let report = recorded(&root, CaptureMode::Trace, || {
        let _run = run_span!("late").entered();
        let step =
            info_span!("act", augur.step.type = tracing::field::Empty, augur.verdict.status = tracing::field::Empty);
        step.record("augur.step.type", "type").record("augur.verdict.status", "passed");
    });
    let trace = json(only_bundle(&report).join("trace.json"));
    assert_eq!((text(&trace, "steps.0.step_type"), text(&trace, "steps.0.verdict.status")), ("type", "passed"));
}

#[test]
fn a_step_whose_function_returns_an_error_failed_and_a_panic_halts_the_run() {
    #[tracing::instrument(err, fields(augur.step.type = "click"))]
    fn fails() -> Result<(), std::io::Error> {
        Err(std::io::Error::other("nothing happened"))
    }
    let root = bundles("failures");
    let (subscriber, guard) = recorder(&root, CaptureMode::Trace);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        tracing::subscriber::with_default(subscriber, || {
            let _run = run_span!("failing").entered();
            let _ = fails();
            let _step = step_span!("type").entered();
            panic!("on purpose");
        })
    }));
    assert!(panicked.is_err());
    let report = guard.shutdown(std::time::Duration::from_secs(10));
    let trace = json(only_bundle(&report).join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "halted");
    assert_eq!(text(&trace, "steps.0.status"), "failed");
    assert_eq!(text(&trace, "steps.1.failure_class"), "panic");
}

#[test]
fn runs_side_by_side_keep_apart_and_a_span_finds_its_run_from_another_thread() {
    let root = bundles("side_by_side");
    let (subscriber, guard) = recorder(&root, CaptureMode::Trace);
    let dispatch = tracing::Dispatch::new(subscriber);
    std::thread::scope(|scope| {
        for run in 0..4 {
            let dispatch = dispatch.clone();
            scope.spawn(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    let span = run_span!(format!("run-{run}"));
                    for _ in 0..5 {
                        let step = span.in_scope(|| step_span!("click", augur.step.intent = format!("of run {run}")));
                        std::thread::scope(|inner| {
                            inner.spawn(|| {
                                tracing::dispatcher::with_default(&dispatch, || {
                                    step.in_scope(|| decision!(Dispatch, Decision, "elsewhere", run = run));
                                });
                            });
                        });
                    }
                });
            });
        }
    });
    let report = guard.shutdown(std::time::Duration::from_secs(10));
    assert_eq!(report.bundles.len(), 4);
    for bundle in &report.bundles {
        let trace = json(bundle.folder.as_ref().unwrap().join("trace.json"));
        let steps = at(&trace, "steps").as_array().unwrap();
        assert_eq!(steps.len(), 5);
        let expected = format!("of run {}", &bundle.run_id[4..]);
        assert!(steps.iter().all(|step| text(step, "intent") == expected));
    }
}

#[test]
fn nothing_is_kept_where_capture_is_off() {
    let root = bundles("off");
    let report = recorded(&root, CaptureMode::Off, || {
        let _run = run_span!("off").entered();
        let _step = step_span!("click").entered();
    });
    assert!(report.bundles.is_empty() && std::fs::read_dir(&root).unwrap().next().is_none());
}

#[test]
fn each_mode_keeps_what_it_says() {
    let root = bundles("modes");
    for mode in CaptureMode::ALL.into_iter().skip(1) {
        let report = recorded(&root.join(mode.as_str()), mode, || {
            let _run = run_span!("moded").entered();
            let step = step_span!("click", augur.step.intent = "i", augur.action.type = "click", augur.action.dispatch_backend = "cdp");
            let _in_step = step.enter();
            step.record_screenshot(Moment::After, PIXEL);
            let call = serde_json::json!({"request": {"model": "m"}, "response": {"text": "t"}});
            step.record_model_call(tracing_augur::record::ModelLayer::Model, &call);
            decision!(Planner, Decision, "planned");
            decision!(Dispatch, Decision, "dispatched");
            info!("a line");
        });
        let bundle = only_bundle(&report);
        let step = json(bundle.join("steps/0000.json"));
        let has = |path: &str| bundle.join(path).exists();
        assert_eq!(text(&step, "action.type"), "click");
        assert_eq!(step.get("intent").is_some(), mode >= CaptureMode::Trace, "{mode}");
        assert_eq!(has("logs/step-0.log"), mode >= CaptureMode::Trace, "{mode}");
        assert_eq!(has("screenshots/0000_post.png"), mode >= CaptureMode::Screenshots, "{mode}");
        assert_eq!(step.get("observation_post").is_some(), mode >= CaptureMode::Screenshots, "{mode}");
        assert_eq!(has("modelio/0000-model-0.json"), mode >= CaptureMode::ModelIo, "{mode}");
        assert_eq!(at(&step, "action.dispatch_backend").is_null(), mode < CaptureMode::Dispatch, "{mode}");
        let events = lines(bundle.join("events/0000.jsonl")).len();
        let expected = usize::from(mode >= CaptureMode::Trace) + usize::from(mode >= CaptureMode::Dispatch);
        assert_eq!(events, expected, "{mode}");
    }
}
