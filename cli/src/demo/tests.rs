//! The demo's run as its bundle tells it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::{
    agent::{self, Outcome},
    canvas::{HEIGHT, WIDTH},
    config, exit, tell,
    vision::Picture,
};
use crate::{demo::DemoArgs, exit::Exit};
use std::{fs, path::PathBuf, sync::LazyLock, time::Duration};
use tracing_augur::{
    CaptureMode, Report,
    bundle::{Bundle, BundleState, validate},
    record::{Object, Value},
};

/// The one run of this process: a subscriber can be installed only once.
struct Recorded {
    _folder: tempfile::TempDir,
    bundle: PathBuf,
    outcome: Outcome,
    report: Report,
    told: String,
}

static RUN: LazyLock<Recorded> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let args = DemoArgs { dir: Some(folder.path().to_owned()), mode: Some(CaptureMode::Full), slow: false };
    let guard = config(&args).disabled(false).with_otlp(false).init().unwrap();
    let mut told = Vec::new();
    let outcome = agent::run("demo-test", Duration::ZERO, &mut told).unwrap();
    let report = guard.shutdown(Duration::from_secs(10));
    tell(&outcome, &report, &mut told).unwrap();
    let bundle = report.bundles[0].folder.clone().unwrap();
    Recorded { _folder: folder, bundle, outcome, report, told: String::from_utf8(told).unwrap() }
});

fn steps() -> Vec<Object> {
    Bundle::open(&RUN.bundle).unwrap().steps().unwrap().map(|stored| stored.unwrap().step).collect()
}

fn text<'a>(record: &'a Object, path: &str) -> &'a str {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    let value = record.get(first);
    let value = if rest.is_empty() { value } else { value.and_then(|value| value.get(rest)) };
    value.and_then(Value::as_str).unwrap_or("-")
}

#[test]
fn the_agent_fails_once_recovers_and_finishes() {
    let told: Vec<String> = steps()
        .iter()
        .map(|step| {
            [
                "step_type",
                "status",
                "failure_class",
                "verdict.status",
                "recovery_decision.type",
                "grounding.target_label",
            ]
            .map(|path| text(step, path))
            .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "plan succeeded - - - -",
            "scroll succeeded - passed - the list",
            "click succeeded - passed - Desk lamp",
            "click succeeded - passed - Add to cart",
            "click succeeded - passed - Name",
            "type succeeded - passed - the field with the keyboard",
            "key succeeded - passed - Town",
            "type succeeded - passed - the field with the keyboard",
            "click failed no_state_change failed alternate_grounding Order",
            "click succeeded - passed alternate_grounding No thanks",
            "click succeeded - passed retry Order",
            "verify succeeded - passed - -",
        ]
    );
}

#[test]
fn the_bundle_is_complete_and_valid_and_the_run_succeeded() {
    let report = validate(&RUN.bundle);
    assert!(report.is_valid(), "{}", Value::Object(report.to_object()));
    let bundle = Bundle::open(&RUN.bundle).unwrap();
    assert_eq!(bundle.state(), BundleState::Complete);
    let session = bundle.session().unwrap().unwrap();
    assert_eq!(text(&session, "status"), "succeeded");
    assert_eq!(text(&session, "task_spec.instruction"), super::planner::TASK);
    assert!(RUN.report.is_complete(), "{}", RUN.report);
    assert_eq!(exit(&RUN.outcome, &RUN.report), Exit::Success);
}

#[test]
fn every_step_that_acts_has_both_screenshots_and_only_the_failed_one_has_them_alike() {
    let picture = |step: &Object, member: &str| {
        let file = fs::read(RUN.bundle.join(text(step, member))).unwrap();
        Picture::from_png(&file).unwrap()
    };
    for step in steps().iter().filter(|step| step.contains_key("action")) {
        let (before, after) = (picture(step, "observation_pre"), picture(step, "observation_post"));
        let alike = after.change_since(&before).is_none();
        assert_eq!(alike, text(step, "status") == "failed", "{}", text(step, "intent"));
    }
}

#[test]
fn a_click_goes_where_the_eye_found_its_target() {
    for step in steps().iter().filter(|step| text(step, "action.type") == "click") {
        let params = step["action"].get("params").unwrap();
        let found = step["grounding"].get("coordinates").unwrap();
        assert_eq!(params.to_string(), found.to_string());
        let place = |axis| usize::try_from(found.get(axis).and_then(Value::as_u64).unwrap()).unwrap();
        assert!(place("x") < WIDTH && place("y") < HEIGHT);
    }
}

#[test]
fn three_model_calls_and_the_decisions_of_every_layer_are_in_the_bundle() {
    let bundle = Bundle::open(&RUN.bundle).unwrap();
    let calls: Vec<_> = bundle.model_calls().unwrap().map(|call| call.unwrap().1).collect();
    let mut layers: Vec<_> = calls.iter().map(|call| text(call, "layer")).collect();
    layers.sort_unstable();
    assert_eq!(layers, ["planner", "step_recovery", "verifier"]);
    for call in &calls {
        assert_eq!(text(call, "request.model"), "demo-planner");
        let used = call["response"].get("usage").and_then(|usage| usage.get("prompt_tokens")).and_then(Value::as_u64);
        assert!(used > Some(10));
    }
    let mut said: Vec<String> = Vec::new();
    for file in bundle.event_files().unwrap() {
        said.extend(file.unwrap().map(|event| text(&event.unwrap(), "layer").to_owned()));
    }
    said.sort_unstable();
    said.dedup();
    assert_eq!(said, ["dispatch", "grounding", "planner", "step_recovery", "verifier"]);
}

#[test]
fn the_steps_costs_add_up_to_the_runs() {
    let total = |record: &Object| record["costs"].get("total_usd").and_then(Value::as_number).map(|usd| usd.as_f64());
    let sum: f64 = steps().iter().filter_map(total).sum();
    let session = Bundle::open(&RUN.bundle).unwrap().session().unwrap().unwrap();
    for of_run in [total(&session).unwrap(), agent::usd(RUN.outcome.spent)] {
        assert!((of_run - sum).abs() < 1e-9, "{of_run} {sum}");
    }
    assert_eq!(steps().iter().filter(|step| total(step).is_some()).count(), RUN.outcome.steps);
}

#[test]
fn the_end_tells_the_failure_the_bundle_and_what_to_look_at() {
    let folder = RUN.bundle.display().to_string();
    for said in [
        "place the order                          FAILED  no_state_change: no visible state change",
        "12 steps, 1 failed, done all the same; 3 model calls",
        &format!("augur summarize {folder}\n"),
        &format!("augur validate {folder}\n"),
        "what the failed click met",
    ] {
        assert!(RUN.told.contains(said), "{said:?} in\n{}", RUN.told);
    }
    let opened: Vec<_> =
        RUN.told.lines().filter_map(|line| line.strip_prefix("  open ")?.split("   ").next()).collect();
    assert_eq!(opened.len(), 2);
    for picture in opened {
        assert!(fs::read(picture).unwrap().starts_with(b"\x89PNG"), "{picture}");
    }
}
