//! A permissive session takes what it is given: beyond its mode, and beyond the schemas.

use crate::support::{all_bytes, at, contains, json, text};
use crate::{every_family, step};
use serde_json::json;
use std::path::PathBuf;
use tracing_augur::{
    CaptureMode, Session,
    bundle::validate,
    record::{JudgeType, MutatedAxis},
    session::*,
};

/// The bundles of these tests may break the format, so nobody is to judge them.
fn open(mode: CaptureMode) -> (tempfile::TempDir, PathBuf, Session) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let session = Session::builder("run", "agent", &folder).capture_mode(mode).permissive(true).open().unwrap();
    (root, folder, session)
}

#[test]
fn the_mode_holds_nothing_back_of_what_is_handed_over() {
    let (_root, folder, session) = open(CaptureMode::Metadata);
    every_family(&session);
    let manifest = session.close(None).unwrap();
    for place in [
        "steps/0000.json#verdict.reason",
        "steps/0000.json#captured_versions.model",
        "steps/0000.json#observation_pre",
        "trace.json#session.task_spec.instruction",
        "trace.json#session.live.video_url",
        "side_effects/0000-se_1.json#observed_result",
        "preferences/0000.json#preferred_action.dispatch_backend",
        "screenshots/0000_pre.png",
        "modelio/0000-model-0.json",
        "events/run.jsonl",
        "events/reasoning.jsonl",
        "logs/run.log",
        "replay/0000_fixture.json",
    ] {
        let (path, member) = place.split_once('#').unwrap_or((place, ""));
        let path = folder.join(path);
        assert!(path.exists() && (member.is_empty() || !at(&json(&path), member).is_null()), "{place}");
    }
    let trace = json(folder.join("trace.json"));
    let tags = at(&trace, "session.tags");
    assert_eq!(tags.get("augur.permissive").unwrap().as_str(), Some("true"));
    assert!(tags.get("augur.permissive.unfit").is_none(), "everything fits");
    assert_eq!(text(&manifest, "capture_mode"), "metadata");
    assert!(json(folder.join("steps/0000.json")).get("capture_mode").is_none(), "the mode is what it was");
    assert!(validate(&folder).is_valid());
}

#[test]
fn a_session_that_is_off_keeps_nothing_and_says_nothing_of_it() {
    let (_root, folder, session) = open(CaptureMode::Off);
    assert_eq!(session.record_step(&step(0, json!({"own": 1}))).unwrap_err().kind(), "invalid_argument");
    every_family(&session);
    session.close(None).unwrap();
    let trace = json(folder.join("trace.json"));
    assert!(at(&trace, "session.tags").is_null() && at(&trace, "steps").as_array().unwrap().is_empty());
    assert!(!folder.join("steps").exists() && !folder.join("events").exists());
    assert!(validate(&folder).is_valid());
}

#[test]
fn turning_an_open_session_off_holds_everything_back_all_the_same() {
    let (_root, folder, session) = open(CaptureMode::Metadata);
    session.set_capture_mode(CaptureMode::Off).unwrap();
    session.record_step(&step(0, json!({}))).unwrap();
    session.clear_capture_mode().unwrap();
    session.record_step(&step(1, json!({"intent": "i"}))).unwrap();
    session.close(None).unwrap();
    assert!(!folder.join("steps/0000.json").exists());
    assert_eq!(text(&json(folder.join("steps/0001.json")), "intent"), "i");
}

#[test]
fn a_record_that_breaks_its_schema_is_written_as_it_is_redacted_and_counted() {
    let (_root, folder, session) = open(CaptureMode::Trace);
    let own = json!({"own": "password=hunter2", "status": "odd", "started_at": "yesterday", "action": {"type": 3}});
    session.record_step(&step(0, own)).unwrap();
    session.record_step_iteration(0, &step(0, json!({"step_id": "run/step/0000/1", "colour": "red"}))).unwrap();
    session.record_event(&json!({"ts": "soon", "layer": "sky", "step_index": 0})).unwrap();
    let verdict = json!({"status": "splendid"});
    session.record_step(&step(1, json!({}))).unwrap();
    session.record_judge_decision(1, "j", JudgeType::Rule, &verdict, &JudgeOptions::default()).unwrap();
    session.set_task_spec(&json!({"instruction": "i", "own": 1})).unwrap();
    let call = json!({"own": 1});
    let path = session.record_modelio_unchecked(&call, Some(0), None).unwrap().unwrap();
    session.set_loop_detected(0, true).unwrap();
    session.close(None).unwrap();
    let canonical = json(folder.join("steps/0000/653e0bca.json"));
    assert_eq!((text(&canonical, "status"), at(&canonical, "action.type").as_u64()), ("odd", Some(3)));
    assert_eq!(at(&canonical, "loop_detected").as_bool(), Some(true));
    assert!(text(&canonical, "own").contains("***REDACTED:"), "{canonical}");
    assert_eq!(at(&json(folder.join(path)), "own").as_u64(), Some(1));
    let trace = json(folder.join("trace.json"));
    assert_eq!(at(&trace, "session.task_spec.own").as_u64(), Some(1));
    assert_eq!(text(&trace, "steps.1.verdict.status"), "splendid");
    assert_eq!(at(&trace, "session.tags").get("augur.permissive.unfit").unwrap().as_str(), Some("6"));
    assert!(!contains(&all_bytes(&folder), b"hunter2"));
    let report = validate(&folder);
    for file in ["steps/0000/653e0bca.json", "steps/0001.json", "events/0000.jsonl:1", "trace.json"] {
        assert!(report.problems.iter().any(|problem| problem.file == file), "{file}: {:?}", report.problems);
    }
}

#[test]
fn what_a_bundle_cannot_do_without_is_asked_for_all_the_same() {
    let (_root, folder, session) = open(CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    for (call, result) in [
        ("no id", session.record_step(&json!({"step_index": 1}))),
        ("no text for an id", session.record_step(&json!({"step_index": 1, "step_id": 5}))),
        ("no index", session.record_step(&json!({"step_id": "a"}))),
        ("half an index", session.record_step(&json!({"step_id": "a", "step_index": 0.5}))),
        ("a secret for an id", session.record_step(&step(1, json!({"step_id": "AKIAABCDEFGHIJKLMNOP"})))),
        ("an iteration without an id", session.record_step_iteration(0, &json!({}))),
        ("an iteration of no step", session.record_step_iteration("elsewhere", &step(0, json!({})))),
        ("an event without a time", session.record_event(&json!({"layer": "runner"}))),
        ("a task without an instruction", session.set_task_spec(&json!({}))),
        ("a call that nobody wants unjudged", session.record_modelio(&json!({"own": 1}), Some(0), None).map(drop)),
        ("a path for a name", session.append_log("x", None, "../up")),
    ] {
        assert_eq!(result.expect_err(call).kind(), "invalid_argument", "{call}");
    }
    session.close(None).unwrap();
    assert!(validate(&folder).is_valid());
}

#[test]
fn steps_may_have_ids_of_their_own_and_are_found_by_them() {
    let (_root, folder, session) = open(CaptureMode::Full);
    session.record_step(&step(3, json!({"step_id": "own-a"}))).unwrap();
    session.record_step_iteration("own-a", &step(3, json!({"step_id": "own-b"}))).unwrap();
    session.record_step_iteration("own-b", &step(3, json!({"step_id": "../../own-c"}))).unwrap();
    let manifest = session.close(None).unwrap();
    assert_eq!(at(&manifest, "step_count").as_u64(), Some(1));
    assert_eq!(std::fs::read_dir(folder.join("steps/0003")).unwrap().count(), 3);
}

#[test]
fn what_a_branch_changed_is_kept_at_any_mode() {
    let root = tempfile::tempdir().unwrap();
    let mutation = [("to".to_owned(), "p2".into())].into_iter().collect();
    let mut branch = BranchFrom::new("p", 0, MutatedAxis::Prompt, mutation);
    (branch.mode, branch.run_id) = (BranchMode::Sandbox, Some("b".to_owned()));
    let builder = Session::branch_from(branch, "agent", root.path().join("b")).unwrap();
    let session = builder.capture_mode(CaptureMode::Metadata).permissive(true).open().unwrap();
    session.close(None).unwrap();
    assert_eq!(text(&json(root.path().join("b/trace.json")), "session.branch_context.mutation.to"), "p2");
}
