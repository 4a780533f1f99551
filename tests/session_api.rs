//! The session API beyond what the reference promises: what is refused, what is on disk when a call returns, what the mode
//! keeps, and what a recovery brings back. Parity with the reference is proved by the scenarios of `augur record`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::json;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};
use support::{PIXEL, all_bytes, at, bundles, contains, json, lines, text};
use tracing_augur::{
    CaptureMode, Durability, Moment, Session,
    bundle::{recover, validate},
    record::{JudgeType, MutatedAxis, Number, Object, RunStatus, Value, VerdictStatus},
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

#[test]
fn numbers_that_are_not_finite_are_refused_and_change_nothing() {
    let (folder, session) = open("session_not_finite", CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let unsure = ScoreOptions { uncertainty: Some(number), ..ScoreOptions::default() };
        let sure = JudgeOptions { confidence: Some(number), ..JudgeOptions::default() };
        let costs = Costs { gpu_usd: Some(number.into()), ..Costs::default() };
        let step_costs = StepCosts { total_usd: Some(number.into()), ..StepCosts::default() };
        for (call, result) in [
            ("set_score", session.set_score(0, number, &ScoreOptions::default())),
            ("uncertainty", session.set_score(0, 0.5, &unsure)),
            ("completion", session.record_subgoal_completion(0, "a", number)),
            ("set_costs", session.set_costs(&costs)),
            ("set_step_costs", session.set_step_costs(0, &step_costs)),
            ("confidence", session.record_judge_decision(0, "j", JudgeType::Rule, &json!({"status": "passed"}), &sure)),
        ] {
            assert_eq!(result.unwrap_err().kind(), "invalid_argument", "{call} {number}");
        }
    }
    session.close(None).unwrap();
    let stored = json(folder.join("steps/0000.json"));
    for key in ["verdict", "subgoals_completed", "costs", "judge_decisions"] {
        assert!(stored.get(key).is_none(), "{key}");
    }
    assert!(json(folder.join("manifest.json")).get("costs").is_none());
    assert_valid(&folder);
}

#[test]
fn negative_costs_are_refused() {
    let (folder, session) = open("session_negative", CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    let costs = Costs { total_usd: Some((-0.5).into()), ..Costs::default() };
    assert_eq!(session.set_costs(&costs).unwrap_err().kind(), "invalid_argument");
    let costs = StepCosts { model_usd: Some((-0.5).into()), ..StepCosts::default() };
    assert_eq!(session.set_step_costs(0, &costs).unwrap_err().kind(), "invalid_argument");
    session.close(None).unwrap();
    assert_valid(&folder);
}

/// Names are stored as they are, so a name with a secret must not come in by any call.
#[test]
fn a_name_that_holds_a_secret_is_refused_by_every_call_and_stands_nowhere() {
    let secret = "AKIAABCDEFGHIJKLMNOP";
    let (folder, session) = open("session_secret_names", CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    let refs = Some(vec![secret.to_owned()]);
    let verifier = VerifierOptions { check: Some(secret.to_owned()), ..VerifierOptions::default() };
    let cited = VerifierOptions { evidence_refs: refs.clone(), ..VerifierOptions::default() };
    let judged = JudgeOptions { evidence_refs: refs, ..JudgeOptions::default() };
    let versions = Versions { prompt_hash: Some(secret.to_owned()), ..Versions::default() };
    let seen = EnvFingerprint { dom_hash: Some(secret.to_owned()), ..EnvFingerprint::default() };
    let effect = EffectOptions { side_effect_id: Some(secret.to_owned()), ..EffectOptions::default() };
    let keyed = EffectOptions { idempotency_key: Some(secret.to_owned()), ..EffectOptions::default() };
    let class = OutcomeOptions { task_class: Some(secret.to_owned()), ..OutcomeOptions::default() };
    let passed = json!({"status": "passed"});
    let call = json!({"request": {"model": "m"}, "response": {}, "prompt_hash": secret});
    for (call, result) in [
        ("check", session.attach_verifier(0, VerdictStatus::Passed, &verifier)),
        ("evidence", session.attach_verifier(0, VerdictStatus::Passed, &cited)),
        ("judge", session.record_judge_decision(0, secret, JudgeType::Rule, &passed, &JudgeOptions::default())),
        ("judge's evidence", session.record_judge_decision(0, "j", JudgeType::Rule, &passed, &judged)),
        ("subgoal", session.record_subgoal_completion(0, secret, 1.0)),
        ("versions", session.set_step_versions(0, &versions)),
        ("environment", session.attach_env_fingerprint(0, &seen)),
        ("effect", session.declare_side_effect(0, "r", "a", &effect).map(drop)),
        ("key", session.declare_side_effect(0, "r", "a", &keyed).map(drop)),
        ("class", session.finalize_outcome(OutcomeScope::Session, &class).map(drop)),
        ("cluster", session.mark_for_eval(0, "r", Some(secret))),
        ("group", session.set_group_id(secret)),
        ("task", session.set_task_spec_id(secret)),
        ("task's id", session.set_task_spec(&json!({"instruction": "i", "task_spec_id": secret}))),
        ("log", session.append_log("text", None, secret)),
        ("call", session.record_modelio(&call, Some(0), None).map(drop)),
        ("unchecked call", session.record_modelio_unchecked(&call, Some(0), None).map(drop)),
        (
            "preference",
            session
                .record_preference(
                    0,
                    &json!({"preference_id": secret, "preferred_action": {"type": "a"}, "alternatives": [{"action": {"type": "b"}}]}),
                )
                .map(drop),
        ),
        ("fixture", session.record_replay_fixture(0, &json!({"fixture_id": secret}), None).map(drop)),
    ] {
        let error = result.expect_err(call);
        assert_eq!(error.kind(), "invalid_argument", "{call}");
        assert!(!error.to_string().contains(secret), "{call}");
    }
    session.close(None).unwrap();
    assert!(!contains(&all_bytes(&folder), secret.as_bytes()));
    assert_valid(&folder);
}

#[test]
fn free_text_is_redacted_wherever_a_call_takes_it() {
    let secret = "AKIAABCDEFGHIJKLMNOP";
    let (folder, session) = open("session_secret_texts", CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    let reason = format!("because of {secret}");
    let verifier = VerifierOptions {
        check: Some("url".to_owned()),
        expected: Value::from(secret),
        actual: Value::from(Object::from([("password".to_owned(), secret.into())])),
        ..VerifierOptions::default()
    };
    session.attach_verifier(0, VerdictStatus::Failed, &verifier).unwrap();
    session
        .record_judge_decision(
            0,
            "j",
            JudgeType::Human,
            &json!({"status": "failed", "reason": reason}),
            &JudgeOptions::default(),
        )
        .unwrap();
    session.set_step_versions(0, &Versions { prompt: Some(reason.clone()), ..Versions::default() }).unwrap();
    session
        .attach_env_fingerprint(0, &EnvFingerprint { url_host: Some(reason.clone()), ..EnvFingerprint::default() })
        .unwrap();
    let outcome = session.finalize_outcome(OutcomeScope::Step(0), &OutcomeOptions::default()).unwrap();
    assert!(!outcome.to_string().contains(secret));
    session.mark_for_eval(0, &reason, None).unwrap();
    let id = session
        .declare_side_effect(
            0,
            &reason,
            &reason,
            &EffectOptions { compensation_handle: Some(reason.clone()), ..EffectOptions::default() },
        )
        .unwrap();
    session.commit_side_effect(&id, &json!({"list": [reason.clone()], "password": "x"}), None).unwrap();
    let other = session.declare_side_effect(0, "r", "a", &EffectOptions::default()).unwrap();
    session.mark_side_effect_aborted(&other, &reason, None).unwrap();
    session.set_task_spec(&json!({"instruction": reason.clone()})).unwrap();
    session
        .set_live_endpoints(&LiveEndpoints { status_url: Some(reason.clone()), ..LiveEndpoints::default() })
        .unwrap();
    session.append_log(&format!("first\nsecond {secret}"), None, "own").unwrap();
    let reasoned = session.record_reasoning(0, &reason, &ReasoningOptions::default()).unwrap();
    assert!(text(&reasoned, "text").starts_with("because of ***REDACTED:"), "{reasoned}");
    let action = json!({"type": "a", "params": {"token": secret, "text": reason}});
    session
        .record_preference(
            0,
            &json!({"preferred_action": action, "alternatives": [{"action": {"type": "b"}}], "notes": reason}),
        )
        .unwrap();
    let prior = tracing_augur::record::to_value(
        &json!([{"step_index": 0, "action": action, "verdict": {"status": "failed", "reason": reason}}]),
    )
    .unwrap();
    session.record_replay_fixture(1, &json!({"task": reason}), prior.as_array()).unwrap();
    session.close(None).unwrap();
    assert!(!contains(&all_bytes(&folder), secret.as_bytes()));
    let log = fs::read_to_string(folder.join("logs/own.log")).unwrap();
    assert!(log.starts_with("first\nsecond ***REDACTED:") && log.ends_with("***\n"), "{log}");
    assert_valid(&folder);
}

/// Another process is to find out what may have happened, even if this one is gone by then.
#[test]
fn a_declared_effect_is_on_disk_when_the_call_returns_in_every_durability() {
    for (test, durability) in
        [("session_effect_process", Durability::Process), ("session_effect_lazy", Durability::Lazy)]
    {
        let (folder, session) = open_with(test, CaptureMode::Metadata, durability);
        for number in 0..20 {
            let id = session.declare_side_effect(number, "shop", "pay", &EffectOptions::default()).unwrap();
            let path = folder.join(format!("side_effects/{number:04}-{id}.json"));
            assert_eq!(text(&json(&path), "status"), "intent_only");
            session.commit_side_effect(&id, &json!({"ok": true}), None).unwrap();
            let committed = json(&path);
            assert_eq!(text(&committed, "status"), "committed");
            assert!(committed.get("observed_result").is_none(), "what came back waits for mode trace");
        }
        session.close(None).unwrap();
        assert_valid(&folder);
    }
}

#[test]
fn of_many_that_settle_an_effect_at_once_exactly_one_succeeds() {
    let (folder, session) = open("session_effect_race", CaptureMode::Full);
    for round in 0..10 {
        let id = session.declare_side_effect(round, "r", "a", &EffectOptions::default()).unwrap();
        let settled = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (session, id, settled) = (&session, &id, &settled);
                scope.spawn(move || {
                    let result = if thread % 2 == 0 {
                        session.commit_side_effect(id, &thread, None)
                    } else {
                        session.mark_side_effect_aborted(id, "race", None)
                    };
                    settled.fetch_add(usize::from(result.is_ok()), Ordering::Relaxed);
                });
            }
        });
        assert_eq!(settled.into_inner(), 1);
    }
    session.close(None).unwrap();
    for file in fs::read_dir(folder.join("side_effects")).unwrap() {
        let effect = json(file.unwrap().path());
        let ends = [effect.get("committed_at"), effect.get("aborted_at")];
        assert_eq!(ends.iter().flatten().count(), 1, "{effect}");
    }
    assert_valid(&folder);
}

#[test]
fn what_calls_attach_from_many_threads_is_all_there() {
    let (folder, session) = open("session_threads", CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            let session = &session;
            scope.spawn(move || {
                for n in 0..5 {
                    let id = format!("judge-{thread}-{n}");
                    session
                        .record_judge_decision(
                            0,
                            &id,
                            JudgeType::Rule,
                            &json!({"status": "passed"}),
                            &JudgeOptions::default(),
                        )
                        .unwrap();
                    session.record_subgoal_completion(0, &id, 1.0).unwrap();
                }
            });
        }
    });
    session.close(None).unwrap();
    let stored = json(folder.join("steps/0000.json"));
    assert_eq!(at(&stored, "judge_decisions").as_array().unwrap().len(), 40);
    assert_eq!(at(&stored, "subgoals_completed").as_array().unwrap().len(), 40);
    assert_valid(&folder);
}

#[test]
fn a_call_on_a_step_that_is_not_there_says_so_whether_somebody_waits_for_the_disk_or_not() {
    for (test, durability) in [("session_no_step", Durability::Process), ("session_no_step_lazy", Durability::Lazy)] {
        let (folder, session) = open_with(test, CaptureMode::Full, durability);
        session.record_step(&step(0, json!({}))).unwrap();
        let costs = StepCosts { tokens_in: Some(1), ..StepCosts::default() };
        let versions = Versions { model: Some("m".to_owned()), ..Versions::default() };
        let seen = EnvFingerprint { url_host: Some("h".to_owned()), ..EnvFingerprint::default() };
        let calls = |index| {
            [
                session.set_loop_detected(index, true),
                session.set_score(index, 1.0, &ScoreOptions::default()),
                session.attach_verifier(index, VerdictStatus::Passed, &VerifierOptions::default()),
                session.record_judge_decision(
                    index,
                    "j",
                    JudgeType::Rule,
                    &json!({"status": "passed"}),
                    &JudgeOptions::default(),
                ),
                session.record_subgoal_completion(index, "a", 1.0),
                session.set_step_costs(index, &costs),
                session.set_step_versions(index, &versions),
                session.attach_env_fingerprint(index, &seen),
                session.finalize_outcome(OutcomeScope::Step(index), &OutcomeOptions::default()).map(drop),
            ]
        };
        for (number, result) in calls(7).into_iter().enumerate() {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), "invalid_argument", "{number}");
            assert!(error.to_string().contains("no step 7"), "{error}");
        }
        for (number, result) in calls(0).into_iter().enumerate() {
            assert!(result.is_ok(), "{number}: {result:?}");
        }
        session.close(None).unwrap();
        assert_valid(&folder);
    }
}

/// What a mode lets through, family by family; each mode holds everything of those before it.
#[test]
fn each_mode_keeps_what_it_says_of_every_family() {
    let floors: &[(&str, CaptureMode)] = &[
        ("manifest.json", CaptureMode::Off),
        ("trace.json#/session/task_spec_id", CaptureMode::Off),
        ("trace.json#/session/costs", CaptureMode::Off),
        ("steps/0000.json", CaptureMode::Metadata),
        ("steps/0000.json#/costs", CaptureMode::Metadata),
        ("steps/0000.json#/loop_detected", CaptureMode::Metadata),
        ("outcomes.json", CaptureMode::Metadata),
        ("eval_candidates.json", CaptureMode::Metadata),
        ("side_effects/0000-se_1.json", CaptureMode::Metadata),
        ("side_effects/0000-se_1.json#/observed_result", CaptureMode::Trace),
        ("outcomes.json#/outcomes/0/verdict/reason", CaptureMode::Trace),
        ("steps/0000.json#/verdict", CaptureMode::Trace),
        ("steps/0000.json#/judge_decisions", CaptureMode::Trace),
        ("steps/0000.json#/captured_versions", CaptureMode::Trace),
        ("steps/0000.json#/env_fingerprint", CaptureMode::Trace),
        ("steps/0000.json#/subgoals_completed", CaptureMode::Trace),
        ("events/run.jsonl", CaptureMode::Trace),
        ("logs/run.log", CaptureMode::Trace),
        ("trace.json#/session/task_spec", CaptureMode::Trace),
        ("preferences/0000.json", CaptureMode::Trace),
        ("screenshots/0000_pre.png", CaptureMode::Screenshots),
        ("trace.json#/session/live", CaptureMode::Video),
        ("events/reasoning.jsonl", CaptureMode::ModelIo),
        ("modelio/0000-model-0.json", CaptureMode::ModelIo),
        ("preferences/0000.json#/preferred_action/dispatch_backend", CaptureMode::Dispatch),
        ("replay/0000_fixture.json", CaptureMode::Replay),
        ("replay/0000.prior.json", CaptureMode::Replay),
    ];
    for mode in CaptureMode::ALL {
        let (folder, session) = open(&format!("session_mode_{mode}"), mode);
        every_family(&session);
        session.close(None).unwrap();
        for (place, floor) in floors {
            let (path, member) = place.split_once("#/").unwrap_or((place, ""));
            let path = folder.join(path);
            let there = path.exists() && (member.is_empty() || !at(&json(&path), &member.replace('/', ".")).is_null());
            assert_eq!(there, mode >= *floor, "{place} at {mode}");
        }
        assert_valid(&folder);
    }
}

/// One of everything. No call may fail because the mode keeps nothing of it.
fn every_family(session: &Session) {
    session.record_step(&step(0, json!({"observation_pre": "screenshots/0000_pre.png"}))).unwrap();
    session.attach_observation(0, Moment::Before, PIXEL.to_vec()).unwrap();
    session.set_loop_detected(0, false).unwrap();
    session.set_step_costs(0, &StepCosts { tokens_in: Some(1), ..StepCosts::default() }).unwrap();
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

#[test]
fn the_mode_can_be_turned_and_set_back() {
    let (folder, session) = open("session_modes", CaptureMode::Metadata);
    let more = || json!({"intent": "i"});
    session.record_step(&step(0, more())).unwrap();
    session.set_capture_mode(CaptureMode::Full).unwrap();
    assert_eq!(session.capture_mode(), CaptureMode::Full);
    session.record_step(&step(1, more())).unwrap();
    session.clear_capture_mode().unwrap();
    assert_eq!(session.capture_mode(), CaptureMode::Metadata);
    session.record_step(&step(2, more())).unwrap();
    session.set_capture_mode(CaptureMode::Off).unwrap();
    session.record_step(&step(3, more())).unwrap();
    session.clear_capture_mode().unwrap();
    let error = session.set_loop_detected(3, true).unwrap_err();
    assert!(error.to_string().contains("the mode was `off`"), "{error}");
    let manifest = session.close(None).unwrap();
    assert_eq!((at(&manifest, "step_count").as_u64(), text(&manifest, "capture_mode")), (Some(3), "metadata"));
    for (index, intent, mode) in [(0, "", ""), (1, "i", "full"), (2, "", "")] {
        let stored = json(folder.join(format!("steps/{index:04}.json")));
        assert_eq!((text(&stored, "intent"), text(&stored, "capture_mode")), (intent, mode), "{index}");
    }
    assert_valid(&folder);
}

#[test]
fn a_failed_step_gets_a_fixture_with_the_steps_before_it() {
    let (folder, session) = open("session_fixtures", CaptureMode::Replay);
    session.set_task_spec(&json!({"instruction": "buy tea"})).unwrap();
    for index in 0..40 {
        let action = json!({"intent": format!("step {index}"), "action": {"type": "click", "params": {"x": index}}});
        session.record_step(&step(index, action)).unwrap();
    }
    let picture = session.attach_observation(40, Moment::Before, PIXEL.to_vec()).unwrap();
    let failed = json!({"status": "failed", "observation_pre": picture, "action": {"type": "type"}, "captured_versions": {"model": "m"}});
    session.record_step(&step(40, failed)).unwrap();
    session.record_step(&step(41, json!({"status": "failed"}))).unwrap();
    session.record_step(&step(42, json!({"status": "failed"}))).unwrap();
    session.record_replay_fixture(42, &json!({"mode": "shadow_replay"}), None).unwrap();
    let manifest = session.close(None).unwrap();
    let fixture = json(folder.join("replay/0040_fixture.json"));
    for (member, value) in [
        ("step_id", "run/step/0040"),
        ("fixture_id", "run/fixture/0040"),
        ("mode", "observation_replay"),
        ("task", "buy tea"),
        ("observation", "screenshots/0040_pre.png"),
        ("prior_steps", "replay/0040.prior.json"),
        ("expected.captured_action.type", "type"),
        ("captured_versions.model", "m"),
    ] {
        assert_eq!(text(&fixture, member), value, "{member}");
    }
    let prior = json(folder.join("replay/0040.prior.json"));
    let prior = prior.as_array().unwrap();
    assert_eq!(prior.len(), 32);
    assert_eq!((at(&prior[0], "step_index").as_u64(), text(&prior[31], "intent")), (Some(8), "step 39"));
    assert_eq!((text(&prior[0], "verdict.status"), text(&prior[0], "action.type")), ("unknown", "click"));
    assert_eq!(text(&json(folder.join("replay/0042_fixture.json")), "mode"), "shadow_replay");
    assert!(!folder.join("replay/0039_fixture.json").exists());
    // The picture of step 41 was never taken; a reader is told.
    assert!(at(&manifest, "missing").to_string().contains("screenshots/0041_pre.png"));
    assert!(at(&manifest, "signatures").get("replay/0040_fixture.json").is_some());
    assert_valid(&folder);
}

#[test]
fn preferences_of_one_step_stand_beside_each_other_and_the_same_one_is_replaced() {
    let (folder, session) = open("session_preferences", CaptureMode::Trace);
    let preference = |id: Option<&str>, kind: &str| {
        let mut preference = json!({"preferred_action": {"type": kind}, "alternatives": [{"action": {"type": "b"}}]});
        if let Some(id) = id {
            preference["preference_id"] = id.into();
        }
        session.record_preference(3, &preference).unwrap().unwrap()
    };
    assert_eq!(preference(None, "one"), "preferences/0003.json");
    assert_eq!(preference(Some("other"), "two"), "preferences/0003-1.json");
    assert_eq!(preference(None, "three"), "preferences/0003.json");
    assert_eq!(preference(Some("other"), "four"), "preferences/0003-1.json");
    for wrong in [json!({}), json!({"preferred_action": {"type": "a"}, "alternatives": []}), json!([])] {
        assert_eq!(session.record_preference(0, &wrong).unwrap_err().kind(), "invalid_argument", "{wrong}");
    }
    session.close(None).unwrap();
    let first = json(folder.join("preferences/0003.json"));
    assert_eq!(text(&first, "preferred_action.type"), "three");
    assert_eq!((text(&first, "preference_id"), text(&first, "step_id")), ("run/preference/0003", "run/step/0003"));
    assert_eq!(fs::read_dir(folder.join("preferences")).unwrap().count(), 2);
    assert_valid(&folder);
}

#[test]
fn a_recovery_brings_back_what_every_call_put_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("run");
    let session = Session::builder("run", "agent", &bundle).capture_mode(CaptureMode::Full).open().unwrap();
    every_family(&session);
    session.record_step(&step(1, json!({"status": "running"}))).unwrap();
    let pending = session.declare_side_effect(1, "r", "a", &EffectOptions::default()).unwrap();
    session.add_tag("colour", "red").unwrap();
    session.set_group_id("g").unwrap();
    // A copy of the folder as it stands is what a kill would leave.
    let left = bundles("session_recovered").join("run");
    copy(&bundle, &left);
    drop(session);
    recover(&left).unwrap();
    let trace = json(left.join("trace.json"));
    for (place, value) in [
        ("session.status", "halted"),
        ("session.tags.colour", "red"),
        ("session.task_spec.instruction", "i"),
        ("session.task_spec_id", "t"),
        ("session.live.video_url", "v"),
        ("steps.0.verdict.status", "passed"),
        ("steps.0.captured_versions.model", "m"),
        ("steps.0.subgoals_completed.0.subgoal_id", "a"),
        ("steps.1.status", "failed"),
        ("steps.1.failure_class", "interrupted"),
    ] {
        assert_eq!(text(&trace, place), value, "{place}");
    }
    assert_eq!(at(&trace, "session.costs.total_usd").to_string(), "1");
    assert_eq!(text(&json(left.join(format!("side_effects/0001-{pending}.json"))), "status"), "intent_only");
    let manifest = json(left.join("manifest.json"));
    for path in [
        "outcomes.json",
        "eval_candidates.json",
        "side_effects/0000-se_1.json",
        "preferences/0000.json",
        "replay/0001_fixture.json",
    ] {
        assert!(at(&manifest, "signatures").get(path).is_some(), "{path}");
    }
    assert_eq!(text(&manifest, "paths.outcomes"), "outcomes.json");
    assert_valid(&left);
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

#[test]
fn a_log_is_a_plain_file_name_and_its_lines_end() {
    let (folder, session) = open("session_logs", CaptureMode::Trace);
    for name in ["", " ", ".", "..", "a/b", "a\\b", "a\0", "../up", "c:x", &"x".repeat(300)] {
        assert_eq!(session.append_log("x", None, name).unwrap_err().kind(), "invalid_argument", "{name:?}");
    }
    session.append_log("one", None, "run").unwrap();
    session.append_log("two\nthree\n", None, "run").unwrap();
    session.append_log("", None, "run").unwrap();
    session.append_log("of a step", Some(12), "run").unwrap();
    session.append_log("own", None, "browser.1").unwrap();
    session.close(None).unwrap();
    let read = |name: &str| fs::read_to_string(folder.join("logs").join(name)).unwrap();
    assert_eq!(read("run.log"), "one\ntwo\nthree\n");
    assert_eq!((read("step-12.log").as_str(), read("browser.1.log").as_str()), ("of a step\n", "own\n"));
    assert_eq!(fs::read_dir(folder.join("logs")).unwrap().count(), 3);
    assert_valid(&folder);
}

#[test]
fn an_orchestrator_has_no_steps_and_says_what_to_do() {
    let folder = bundles("session_orchestrator").join("run");
    let session = Session::open_orchestrator("run", "agent", &folder)
        .capture_mode(CaptureMode::Full)
        .session_name("three")
        .open()
        .unwrap();
    assert!(session.is_orchestrator());
    for error in [
        session.record_step(&step(0, json!({}))).unwrap_err(),
        session.record_step_iteration(0, &step(0, json!({}))).unwrap_err(),
        session.attach_observation(0, Moment::Before, PIXEL.to_vec()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), "wrong_state");
        assert!(error.to_string().contains("session of their own"), "{error}");
    }
    session.close(None).unwrap();
    let tags = json(folder.join("trace.json"));
    assert_eq!(text(at(&tags, "session.tags"), "session_name"), "three");
    assert_eq!(at(&tags, "session.tags").get("augur.session_type").and_then(Value::as_str), Some("orchestrator"));
    assert_valid(&folder);
}

#[test]
fn a_replay_copies_the_prefix_through_the_gate_of_the_branch() {
    let root = bundles("session_branch");
    let parent = Session::builder("run", "agent", root.join("run")).capture_mode(CaptureMode::Full).open().unwrap();
    for index in 0..3 {
        let picture = parent.attach_observation(index, Moment::After, PIXEL.to_vec()).unwrap();
        parent.record_step(&step(index, json!({"intent": "i", "observation_post": picture}))).unwrap();
        parent.record_modelio(&json!({"request": {"model": "m"}, "response": {}}), Some(index), None).unwrap();
        parent.record_reasoning(index, "r", &ReasoningOptions::default()).unwrap();
    }
    parent.record_step_iteration(1, &step(1, json!({"step_id": "run/step/0001/again"}))).unwrap();
    parent.close(None).unwrap();
    for (name, mode, intent, calls) in [("full", CaptureMode::Full, "i", 2), ("metadata", CaptureMode::Metadata, "", 0)]
    {
        let mut branch = BranchFrom::new("run", 2, MutatedAxis::Prompt, Object::from([("to".to_owned(), "p2".into())]));
        branch.parent_bundle = Some(root.join("run"));
        branch.run_id = Some(name.to_owned());
        let folder = root.join(name);
        let session = Session::branch_from(branch, "agent", &folder).unwrap().capture_mode(mode).open().unwrap();
        assert_eq!(session.branch_mode(), Some(BranchMode::Replay));
        // The step that was copied can be worked on like any other.
        session.set_loop_detected(1, true).unwrap();
        session
            .record_step_iteration("run/step/0001/again", &step(1, json!({"step_id": "run/step/0001/more"})))
            .unwrap();
        let own = step(2, json!({"step_id": format!("{name}/step/0002"), "status": "failed"}));
        session.record_step(&own).unwrap();
        let manifest = session.close(None).unwrap();
        assert_eq!(at(&manifest, "step_count").as_u64(), Some(3), "{name}");
        let trace = json(folder.join("trace.json"));
        assert_eq!(text(&trace, "steps.0.intent"), intent);
        assert_eq!(at(&trace, "steps.1.step_iterations").as_u64(), Some(3));
        assert_eq!(at(&trace, "steps.1.loop_detected").as_bool(), Some(true));
        assert_eq!(text(&trace, "steps.2.branch_context.parent_run_id"), "run");
        assert!(at(&trace, "steps.2.branch_context.mutation").is_null());
        assert_eq!(text(&trace, "session.branch_context.mutation.to"), if calls > 0 { "p2" } else { "" });
        let counted = fs::read_dir(folder.join("modelio")).map_or(0, Iterator::count);
        assert_eq!((counted, lines(folder.join("events/reasoning.jsonl")).len()), (calls, calls), "{name}");
        assert_eq!(folder.join("screenshots/0001_post.png").exists(), calls > 0);
        assert!(!folder.join("screenshots/0002_post.png").exists());
        assert_valid(&folder);
    }
}

#[test]
fn a_branch_that_cannot_be_made_leaves_no_folder() {
    let root = bundles("session_branch_refused");
    let folder = root.join("child");
    let branch = |axis, mode, parent: Option<&str>| {
        let mut branch = BranchFrom::new("run", 1, axis, Object::new());
        (branch.mode, branch.parent_bundle) = (mode, parent.map(|parent| root.join(parent)));
        Session::branch_from(branch, "agent", &folder).and_then(SessionBuilder::open)
    };
    for (result, kind) in [
        (branch(MutatedAxis::Action, BranchMode::Replay, Some("nowhere")), "invalid_argument"),
        (branch(MutatedAxis::Model, BranchMode::Auto, None), "invalid_argument"),
        (branch(MutatedAxis::Model, BranchMode::Replay, Some("nowhere")), "not_found"),
    ] {
        assert_eq!(result.unwrap_err().kind(), kind);
    }
    assert!(!folder.exists());
}

#[test]
fn a_session_that_broke_off_is_halted_unless_its_status_was_set() {
    for (test, set, ends) in [
        ("session_dropped", None, "halted"),
        ("session_dropped_running", Some(RunStatus::Running), "halted"),
        ("session_dropped_failed", Some(RunStatus::Failed), "failed"),
    ] {
        let (folder, session) = open(test, CaptureMode::Metadata);
        if let Some(status) = set {
            session.set_status(status).unwrap();
        }
        drop(session);
        assert_eq!(text(&json(folder.join("trace.json")), "session.status"), ends, "{test}");
        assert_valid(&folder);
    }
}

#[test]
fn a_closed_session_refuses_every_call() {
    let (folder, session) = open("session_closed", CaptureMode::Full);
    session.close(None).unwrap();
    let call = json!({"request": {"model": "m"}, "response": {}});
    for (number, result) in [
        session.set_loop_detected(0, true),
        session.set_score(0, 1.0, &ScoreOptions::default()),
        session.attach_verifier(0, VerdictStatus::Passed, &VerifierOptions::default()),
        session.record_subgoal_completion(0, "a", 1.0),
        session.set_costs(&Costs::default()),
        session.set_step_costs(0, &StepCosts::default()),
        session.set_step_versions(0, &Versions::default()),
        session.finalize_outcome(OutcomeScope::Session, &OutcomeOptions::default()).map(drop),
        session.mark_for_eval(0, "r", None),
        session.declare_side_effect(0, "r", "a", &EffectOptions::default()).map(drop),
        session.commit_side_effect("x", &1, None),
        session.abort_pending_side_effects("r").map(drop),
        session.record_reasoning(0, "x", &ReasoningOptions::default()).map(drop),
        session.record_modelio(&call, None, None).map(drop),
        session.append_log("x", None, "run"),
        session.set_task_spec(&json!({"instruction": "i"})),
        session.set_task_spec_id("t"),
        session.set_group_id("g"),
        session.set_live_endpoints(&LiveEndpoints::default()),
        session.set_capture_mode(CaptureMode::Off),
        session.clear_capture_mode(),
        session.successful_task_cost_summary().map(drop),
        session.record_preference(0, &json!({})).map(drop),
        session.record_replay_fixture(0, &json!({}), None).map(drop),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(result.unwrap_err().kind(), "wrong_state", "{number}");
    }
    assert_valid(&folder);
}

/// A record of the caller's that does not fit is not lost where the caller asked for leniency.
#[test]
fn an_unchecked_model_call_keeps_what_fits_and_says_what_did_not() {
    let (folder, session) = open("session_unchecked", CaptureMode::Full);
    let record = json!({"request": {"model": "m"}, "response": {"text": "t"}, "duration_ms": -1, "own": 1});
    assert_eq!(session.record_modelio(&record, Some(0), None).unwrap_err().kind(), "invalid_argument");
    let path = session.record_modelio_unchecked(&record, Some(0), None).unwrap().unwrap();
    let hopeless = session.record_modelio_unchecked(&json!({"request": 1, "response": 2}), Some(0), None);
    assert_eq!(hopeless.unwrap_err().kind(), "invalid_argument");
    session.close(None).unwrap();
    let stored = json(folder.join(path));
    assert_eq!(text(&stored, "response.text"), "t");
    assert!(stored.get("duration_ms").is_none() && stored.get("own").is_none());
    assert!(!lines(folder.join("events/0000.jsonl")).is_empty());
    assert_valid(&folder);
}

#[test]
fn api_shapes_and_extensions_are_replaced_as_a_whole() {
    let (folder, session) = open("session_shapes", CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    for name in ["a", "b"] {
        let shapes = BTreeMap::from([(name.to_owned(), "1".to_owned())]);
        let seen = EnvFingerprint { api_shapes: Some(shapes), ..EnvFingerprint::default() };
        session.attach_env_fingerprint(0, &seen).unwrap();
    }
    session.close(None).unwrap();
    assert_eq!(
        at(&json(folder.join("steps/0000.json")), "env_fingerprint").to_string(),
        r#"{"api_shapes": {"b": "1"}}"#
    );
    assert_valid(&folder);
}
