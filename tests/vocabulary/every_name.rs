//! Every name in the bundle.

use super::{
    complaints, generated, recorded,
    support::*,
    ways::{self, RUN, STEP},
};
use std::path::Path;
use tracing::Span;
use tracing_augur::{
    CaptureMode, Config,
    record::{Value, parse},
    run_span, step_span,
};

/// A way to say fields on a span, and how often the span says each.
pub(super) type Way = (&'static str, fn());

pub(super) const STEPS: &[Way] = &[
    ("at once", || drop((STEP.at_once)())),
    ("as text", || drop((STEP.as_text)())),
    ("with a question mark", || drop((STEP.shown)())),
    ("as JSON", || drop((STEP.as_json)())),
    ("late", || (STEP.late)(&(STEP.declared)())),
    ("again", || (STEP.late)(&(STEP.at_once)())),
    ("in events", || step_span!("x").in_scope(STEP.in_events)),
];

pub(super) const RUNS: &[Way] = &[
    ("at once", || with_a_step((RUN.at_once)())),
    ("as text", || with_a_step((RUN.as_text)())),
    ("with a question mark", || with_a_step((RUN.shown)())),
    ("as JSON", || with_a_step((RUN.as_json)())),
    ("late", || {
        let run = (RUN.declared)();
        (RUN.late)(&run);
        with_a_step(run);
    }),
    ("in events", || {
        run_span!("told").in_scope(|| {
            (RUN.in_events)();
            step_span!("click");
        });
    }),
];

fn with_a_step(run: Span) {
    // A cost of a step must not outweigh what the run says of itself.
    run.in_scope(|| step_span!("click", augur.costs.tokens_in = 3));
}

pub(super) fn config(root: &Path) -> Config {
    Config::new("vocabulary").with_root(root).with_capture_mode(CaptureMode::Full)
}

fn assert_has_all(way: &str, record: &Value, expected: &str) {
    let expected = parse(expected.as_bytes()).unwrap();
    // Only what has a structure comes as JSON.
    let is_said = |value: &Value| way != "as JSON" || matches!(value, Value::Array(_) | Value::Object(_));
    for (member, value) in expected.as_object().unwrap().iter().filter(|(_, value)| is_said(value)) {
        assert_eq!(at(record, member).to_string(), value.to_string(), "{member}, said {way}");
    }
}

#[test]
fn every_name_of_a_step_is_found_in_it_however_it_is_said() {
    let bundle = recorded(config(&bundles("vocabulary_steps")), || {
        let _run = run_span!("steps").entered();
        STEPS.iter().for_each(|(_, say)| say());
    });
    let trace = json(bundle.join("trace.json"));
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), STEPS.len());
    for (index, (way, _)) in STEPS.iter().enumerate() {
        assert_has_all(way, at(&trace, &format!("steps.{index}")), generated::STEP_RECORD);
    }
    assert_eq!(complaints(&bundle), [""; 0]);
}

#[test]
fn every_name_of_a_run_is_found_in_it_however_it_is_said() {
    let root = bundles("vocabulary_runs");
    for (way, say) in RUNS {
        let bundle = recorded(config(&root), say);
        let trace = json(bundle.join("trace.json"));
        assert_has_all(way, at(&trace, "session"), generated::RUN_RECORD);
        assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 1);
        assert_eq!(complaints(&bundle), [""; 0], "{way}");
    }
}

#[test]
fn every_name_of_an_event_is_found_in_it() {
    let bundle = recorded(config(&bundles("vocabulary_events")), || {
        let _run = run_span!("events").entered();
        step_span!("click").in_scope(|| {
            ways::event();
            ways::event_as_text();
        });
    });
    let events = lines(bundle.join("events/0000.jsonl"));
    assert_eq!(events.len(), 2);
    for event in &events {
        let mut expected = parse(generated::EVENT_RECORD.as_bytes()).unwrap();
        expected.as_object_mut().unwrap().insert("step_index".into(), 0.into());
        assert_eq!(event.to_string(), expected.to_string());
    }
}
