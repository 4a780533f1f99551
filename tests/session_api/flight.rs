//! The flight recorder of a session: what a cheap mode holds back of steps, of what is attached to them and of what is
//! recorded at them is there after all when something fails.

use crate::support::{PIXEL, all_bytes, at, bundles, contains, json, lines, text};
use crate::{assert_valid, step};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tracing_augur::{
    CaptureMode, Durability, FlightRecorder, Moment, Session,
    record::{JudgeType, RunStatus, Value, VerdictStatus},
    session::*,
};

fn open(test: &str, recorder: FlightRecorder, durability: Durability) -> (PathBuf, Session) {
    let folder = bundles(test).join("run");
    let builder = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Metadata);
    (folder, builder.durability(durability).flight_recorder(recorder).open().unwrap())
}

/// A step with evidence of every kind, told with a secret.
fn whole_step(session: &Session, index: u64, status: &str) {
    let picture = session.attach_observation(index, Moment::Before, PIXEL.to_vec()).unwrap();
    session
        .record_event(&json!({"ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": "password=hunter2", "step_index": index}))
        .unwrap();
    let call = json!({"request": {"model": "m"}, "response": {"text": "password=hunter2"}, "prompt_hash": "h"});
    for _ in 0..2 {
        session.record_modelio(&call, Some(index), None).unwrap();
    }
    session.record_reasoning(index, "password=hunter2", &ReasoningOptions::default()).unwrap();
    session.append_log("password=hunter2", Some(index), "run").unwrap();
    let id = format!("se_{index}");
    let effect = EffectOptions { side_effect_id: Some(id.clone()), ..EffectOptions::default() };
    session.declare_side_effect(index, "shop", "pay", &effect).unwrap();
    session.commit_side_effect(&id, &json!({"password": "hunter2", "paid": true}), None).unwrap();
    let action = json!({"type": "click", "params": {"x": 1, "password": "hunter2"}});
    session
        .record_step(&step(
            index,
            json!({"status": status, "intent": "buy", "action": action, "observation_pre": picture}),
        ))
        .unwrap();
}

fn attach(session: &Session, index: u64) {
    session.attach_verifier(index, VerdictStatus::Failed, &VerifierOptions::default()).unwrap();
    session.set_score(index, 0.5, &ScoreOptions::default()).unwrap();
    let judge = JudgeOptions { promote: false, ..JudgeOptions::default() };
    session.record_judge_decision(index, "j", JudgeType::Rule, &json!({"status": "passed"}), &judge).unwrap();
    session.record_subgoal_completion(index, "a", 1.0).unwrap();
    session.set_step_versions(index, &Versions { prompt: Some("p".to_owned()), ..Versions::default() }).unwrap();
    session
        .attach_env_fingerprint(index, &EnvFingerprint { url_host: Some("h".to_owned()), ..EnvFingerprint::default() })
        .unwrap();
    session.set_step_costs(index, &StepCosts { tokens_in: Some(1.into()), ..StepCosts::default() }).unwrap();
}

/// Which steps have evidence of every kind; a step has all of it or none.
fn promoted(folder: &Path, steps: u64) -> Vec<u64> {
    let reasoned = lines(folder.join("events/reasoning.jsonl"));
    let whole = |index: &u64| {
        let step = json(folder.join(format!("steps/{index:04}.json")));
        let call = format!("modelio/{index:04}-model");
        let evidence = [
            text(&step, "intent") == "buy",
            text(&step, "capture_mode") == "full",
            at(&step, "action.params.x").as_u64() == Some(1),
            text(&step, "observation_pre") == format!("screenshots/{index:04}_pre.png"),
            folder.join(format!("screenshots/{index:04}_pre.png")).exists(),
            folder.join(format!("{call}-0.json")).exists() && !folder.join(format!("{call}-1.json")).exists(),
            lines(folder.join(format!("events/{index:04}.jsonl"))).len() == 1,
            reasoned.iter().filter(|line| at(line, "step_index").as_u64() == Some(*index)).count() == 1,
            folder.join(format!("logs/step-{index}.log")).exists(),
            at(&json(folder.join(format!("side_effects/{index:04}-se_{index}.json"))), "observed_result.paid")
                .as_bool()
                == Some(true),
        ];
        assert!(evidence.iter().all(|there| *there == evidence[0]), "step {index}: {evidence:?}");
        evidence[0]
    };
    (0..steps).filter(whole).collect()
}

#[test]
fn a_failed_step_brings_back_the_last_ones_and_turns_the_mode_up_for_the_next() {
    let recorder = FlightRecorder { steps: 3, after: 2, ..FlightRecorder::default() };
    // Where nobody waits for the worker, what comes after the steps at the higher mode may still be handed over at it.
    for (test, durability, steps) in
        [("session_flight", Durability::Process, 12), ("session_flight_lazy", Durability::Lazy, 9)]
    {
        let (folder, session) = open(test, recorder, durability);
        for index in 0..steps {
            whole_step(&session, index, if index == 6 { "failed" } else { "succeeded" });
        }
        let manifest = session.close(None).unwrap();
        assert_eq!(promoted(&folder, steps), [4, 5, 6, 7, 8], "{test}");
        assert_eq!(text(&manifest, "capture_mode"), "metadata");
        assert!(!contains(&all_bytes(&folder), b"hunter2"));
        assert_valid(&folder);
    }
}

#[test]
fn a_run_without_a_failure_keeps_what_its_mode_keeps() {
    let (folder, session) = open("session_flight_none", FlightRecorder::default(), Durability::Process);
    for index in 0..3 {
        whole_step(&session, index, "succeeded");
        attach(&session, index);
    }
    session.close(None).unwrap();
    assert_eq!(promoted(&folder, 3), [0_u64; 0]);
    assert!(json(folder.join("steps/0000.json")).get("verdict").is_none());
    assert_valid(&folder);
}

/// The same calls at mode `full` and in a flight recorder whose run fails leave the same steps, but for their mode.
#[test]
fn a_step_that_is_brought_back_is_what_the_mode_would_have_kept_at_once() {
    let root = bundles("session_flight_equal");
    let recorded = |name: &str, mode: CaptureMode| {
        let folder = root.join(name);
        let builder = Session::builder("run", "agent", &folder).capture_mode(mode);
        let session = builder.flight_recorder(FlightRecorder::default()).open().unwrap();
        let action = json!({"type": "click", "params": {"x": 1}, "dispatch_backend": "cdp"});
        let judged =
            json!({"intent": "one", "verdict": {"status": "passed", "reason": "own"}, "costs": {"tokens_in": 9}});
        session.record_step(&step(0, judged)).unwrap();
        attach(&session, 0);
        session
            .record_step(&step(0, json!({"intent": "two", "verdict": {"status": "skipped"}, "action": action})))
            .unwrap();
        session.set_score(0, 0.75, &ScoreOptions::default()).unwrap();
        session.record_step(&step(1, json!({"intent": "first", "failure_class": "a"}))).unwrap();
        session
            .record_step_iteration(
                1,
                &step(1, json!({"step_id": "run/step/0001/1", "intent": "again", "action": action})),
            )
            .unwrap();
        session.set_loop_detected(1, true).unwrap();
        session
            .record_step_iteration(
                1,
                &step(1, json!({"step_id": "run/step/0001/1", "intent": "anew", "action": action})),
            )
            .unwrap();
        attach(&session, 1);
        session.record_step(&step(2, json!({"intent": "later"}))).unwrap();
        attach(&session, 2);
        session.close(Some(RunStatus::Failed)).unwrap();
        assert_valid(&folder);
        let mut files: Vec<String> = Vec::new();
        for place in ["steps/0000.json", "steps/0001", "steps/0002.json"] {
            let path = folder.join(place);
            let paths = if path.is_dir() {
                fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()).collect()
            } else {
                vec![path]
            };
            for path in paths {
                let Value::Object(mut step) = json(path) else { panic!("no step") };
                assert_eq!(step.remove("capture_mode").is_some(), name == "held", "{step:?}");
                if let Some(Value::Array(decisions)) = step.get_mut("judge_decisions") {
                    decisions.iter_mut().filter_map(Value::as_object_mut).for_each(|one| drop(one.remove("judged_at")));
                }
                files.push(Value::from(step).to_string());
            }
        }
        files.sort();
        files
    };
    let (held, kept) = (recorded("held", CaptureMode::Metadata), recorded("kept", CaptureMode::Full));
    assert_eq!(held.len(), 4);
    assert_eq!(held, kept);
}

#[test]
fn the_owner_can_turn_the_mode_whatever_failed() {
    let recorder = FlightRecorder { after: 100, ..FlightRecorder::default() };
    let (folder, session) = open("session_flight_owner", recorder, Durability::Process);
    session.set_capture_mode(CaptureMode::Trace).unwrap();
    session.record_step(&step(0, json!({"status": "failed"}))).unwrap();
    assert_eq!(session.capture_mode(), CaptureMode::Full);
    session.set_capture_mode(CaptureMode::Metadata).unwrap();
    session.record_step(&step(1, json!({"intent": "i"}))).unwrap();
    session.set_capture_mode(CaptureMode::Off).unwrap();
    session.record_step(&step(2, json!({"intent": "i", "status": "failed"}))).unwrap();
    session.clear_capture_mode().unwrap();
    assert_eq!(session.capture_mode(), CaptureMode::Metadata);
    session.close(None).unwrap();
    assert!(json(folder.join("steps/0001.json")).get("intent").is_none());
    assert!(!folder.join("steps/0002.json").exists());
    assert_valid(&folder);
}

#[test]
fn the_first_failure_can_turn_the_mode_up_without_anything_being_held() {
    let upgrade = FlightRecorder::upgrade_on_failure(CaptureMode::Trace);
    let (folder, session) = open("session_flight_upgrade", upgrade, Durability::Process);
    for (index, status) in [(0, "succeeded"), (1, "failed"), (2, "succeeded"), (3, "succeeded")] {
        session.record_step(&step(index, json!({"status": status, "intent": "i"}))).unwrap();
    }
    session.close(None).unwrap();
    let intents: Vec<_> =
        (0..4).map(|index| text(&json(folder.join(format!("steps/{index:04}.json"))), "intent").to_owned()).collect();
    assert_eq!(intents, ["", "", "i", "i"]);
    assert_valid(&folder);
}

#[test]
fn a_session_that_is_off_holds_nothing() {
    let folder = bundles("session_flight_off").join("run");
    let builder = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Off);
    let session = builder.flight_recorder(FlightRecorder::default()).open().unwrap();
    whole_step(&session, 0, "failed");
    session.close(Some(RunStatus::Failed)).unwrap();
    for place in ["steps", "screenshots", "modelio", "events", "logs", "side_effects"] {
        assert!(!folder.join(place).exists(), "{place}");
    }
    assert_valid(&folder);
}
