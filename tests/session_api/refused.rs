//! What calls refuse: numbers that are none, names with secrets, steps that are not there, sessions that are closed.

use crate::support::{all_bytes, contains, json, lines, text};
use crate::{assert_valid, open, open_with, step};
use serde_json::json;
use tracing_augur::{
    CaptureMode, Durability,
    record::{JudgeType, VerdictStatus},
    session::*,
};

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
fn a_call_on_a_step_that_is_not_there_says_so_whether_somebody_waits_for_the_disk_or_not() {
    for (test, durability) in [("session_no_step", Durability::Process), ("session_no_step_lazy", Durability::Lazy)] {
        let (folder, session) = open_with(test, CaptureMode::Full, durability);
        session.record_step(&step(0, json!({}))).unwrap();
        let costs = StepCosts { tokens_in: Some(1.into()), ..StepCosts::default() };
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
