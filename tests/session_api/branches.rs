//! Branches and orchestrators.

use crate::support::{PIXEL, at, bundles, json, lines, text};
use crate::{assert_valid, step};
use serde_json::json;
use std::fs;
use tracing_augur::{
    CaptureMode, Moment, Session,
    record::{MutatedAxis, Object, Value},
    session::*,
};

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
