//! What is kept: the mode and the policy, family by family, and what a recovery brings back.

use crate::support::{all_bytes, at, bundles, contains, json, text};
use crate::{assert_valid, copy, every_family, open, step};
use serde_json::json;
use std::{collections::BTreeMap, fs};
use tracing_augur::{
    CaptureMode, Session,
    bundle::recover,
    record::{JudgeType, Object, RunStatus, Value, VerdictStatus},
    session::*,
};

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

/// However many came before it, an outcome or a tag is one more line until the run ends.
#[test]
fn an_outcome_and_a_tag_cost_their_own_line_and_no_more() {
    let (folder, session) = open("session_lines", CaptureMode::Metadata);
    for index in 0..300 {
        session.record_step(&step(index, json!({}))).unwrap();
        session.finalize_outcome(OutcomeScope::Step(index), &OutcomeOptions::default()).unwrap();
        session.mark_for_eval(299 - index, "r", None).unwrap();
    }
    session.finalize_outcome(OutcomeScope::Step(0), &OutcomeOptions::default()).unwrap();
    for (name, lines, document) in
        [("outcomes", 301, "outcomes.json"), ("eval_candidates", 300, "eval_candidates.json")]
    {
        assert_eq!(crate::support::lines(folder.join(format!("{name}.jsonl"))).len(), lines);
        assert!(!folder.join(document).exists(), "nothing is rewritten while the run goes on");
    }
    session.close(None).unwrap();
    for (document, list) in [("outcomes.json", "outcomes"), ("eval_candidates.json", "candidates")] {
        let records = json(folder.join(document));
        let indexes = at(&records, list).as_array().unwrap().iter().map(|record| at(record, "step_index").as_u64());
        assert!(indexes.eq((0..300).map(Some)), "{document}");
        assert!(!folder.join(format!("{document}l")).exists());
    }
    assert_valid(&folder);
}
