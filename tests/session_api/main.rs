//! The session API beyond what the reference promises: what is refused, what is on disk when a call returns, what the mode
//! keeps, and what a recovery brings back. Parity with the reference is proved by the scenarios of `augur record`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod branches;
mod effects;
mod fingerprints;
mod flight;
mod interventions;
mod kept;
mod names;
mod permissive;
mod references;
mod refused;
#[path = "../support/mod.rs"]
mod support;
mod training;

use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};
use support::{PIXEL, bundles};
use tracing_augur::{
    CaptureMode, Durability, Moment, Session,
    bundle::validate,
    record::{Number, Object, VerdictStatus},
    session::*,
};

fn open(test: &str, mode: CaptureMode) -> (PathBuf, Session) {
    open_with(test, mode, Durability::Process)
}

fn open_with(test: &str, mode: CaptureMode, durability: Durability) -> (PathBuf, Session) {
    let folder = bundles(test).join("run");
    let session = Session::builder("run", "agent", &folder).capture_mode(mode).durability(durability).open().unwrap();
    (folder, session)
}

fn step(index: u64, more: serde_json::Value) -> serde_json::Value {
    let mut step = json!({
        "step_id": format!("run/step/{index:04}"), "step_index": index, "step_type": "click", "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z",
    });
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

fn assert_valid(folder: &Path) {
    let report = validate(folder);
    assert!(report.is_valid(), "{:?}", report.problems);
}

fn score(components: &[(&str, f64)]) -> ScoreOptions {
    let components = components.iter().map(|(key, value)| ((*key).to_owned(), Number::from_f64(*value).unwrap()));
    ScoreOptions { components: Some(components.collect()), ..ScoreOptions::default() }
}

/// One of everything. No call may fail because the mode keeps nothing of it.
fn every_family(session: &Session) {
    session.record_step(&step(0, json!({"observation_pre": "screenshots/0000_pre.png"}))).unwrap();
    session.attach_observation(0, Moment::Before, PIXEL.to_vec()).unwrap();
    session.set_loop_detected(0, false).unwrap();
    session.set_step_costs(0, &StepCosts { tokens_in: Some(1.into()), ..StepCosts::default() }).unwrap();
    session.set_costs(&Costs { total_usd: Some(1.into()), ..Costs::default() }).unwrap();
    session.set_score(0, 0.5, &score(&[(score_component::PROGRESS, 0.5)])).unwrap();
    let verifier = VerifierOptions { reason: Some("r".to_owned()), ..VerifierOptions::default() };
    session.attach_verifier(0, VerdictStatus::Passed, &verifier).unwrap();
    session.set_step_versions(0, &Versions { model: Some("m".to_owned()), ..Versions::default() }).unwrap();
    session
        .attach_env_fingerprint(0, &EnvFingerprint { url_host: Some("h".to_owned()), ..EnvFingerprint::default() })
        .unwrap();
    session.record_subgoal_completion(0, "a", 1.0).unwrap();
    let verdict = Object::from([("status".to_owned(), "passed".into()), ("reason".to_owned(), "r".into())]);
    let outcome = OutcomeOptions { verdict: Some(verdict), ..OutcomeOptions::default() };
    session.finalize_outcome(OutcomeScope::Step(0), &outcome).unwrap();
    session.mark_for_eval(0, "r", None).unwrap();
    let effect = EffectOptions { side_effect_id: Some("se_1".to_owned()), ..EffectOptions::default() };
    session.declare_side_effect(0, "r", "a", &effect).unwrap();
    session.commit_side_effect("se_1", &1, None).unwrap();
    let event = json!({"ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": "s"});
    session.record_event(&event).unwrap();
    session.append_log("text", None, "run").unwrap();
    session.record_reasoning(0, "text", &ReasoningOptions::default()).unwrap();
    session.record_modelio(&json!({"request": {"model": "m"}, "response": {}}), Some(0), None).unwrap();
    session.set_task_spec(&json!({"instruction": "i"})).unwrap();
    session.set_task_spec_id("t").unwrap();
    session.set_live_endpoints(&LiveEndpoints { video_url: Some("v".to_owned()), ..LiveEndpoints::default() }).unwrap();
    let preferred = json!({"preferred_action": {"type": "a", "dispatch_backend": "cdp"}, "alternatives": [{"action": {"type": "b"}}]});
    session.record_preference(0, &preferred).unwrap();
    session.record_replay_fixture(0, &json!({}), Some(&[])).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
