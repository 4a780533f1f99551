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
    assert_eq!(bundle, root.join("checkout-17").canonicalize().unwrap());
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
