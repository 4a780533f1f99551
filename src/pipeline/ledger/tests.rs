//! The bounds of what the ledger remembers, and what happens past them.

use super::{
    super::{Dial, Known, Losses, Road},
    Refused, Settlement,
    effects::EFFECTS,
    model_calls::{CALLS, LARGE},
    patches::{SUBGOALS, carry_over},
};
use crate::{
    CaptureMode,
    bundle::{BundleWriter, SessionHeader},
    record::{ModelLayer, Number, Object, RunId, Value, parse},
    redact::RedactionPolicy,
};
use std::{fs, sync::Arc};
use tempfile::TempDir;

const FULL: CaptureMode = CaptureMode::Full;

fn road() -> (TempDir, Road) {
    let folder = tempfile::tempdir().unwrap();
    let header = SessionHeader {
        run_id: RunId::new("run").unwrap(),
        debug_session_id: "dbg_1".to_owned(),
        client: Object::from([("name".to_owned(), "agent".into())]),
        capture_mode: FULL,
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        policy_id: "default-pii-v1".to_owned(),
        fingerprint: Default::default(),
        tags: Object::new(),
        extra: Object::new(),
    };
    let writer = BundleWriter::create(folder.path(), &header).unwrap();
    let dial = Arc::new(Dial::new(FULL, CaptureMode::Off));
    let road = Road::new(writer, RedactionPolicy::default_pii_v1(), Arc::new(Losses::default()), dial);
    (folder, road)
}

fn object(json: &str) -> Object {
    parse(json.as_bytes()).unwrap().as_object().cloned().unwrap()
}

fn step(road: &mut Road, index: u64) {
    let step = format!(
        r#"{{"step_id": "run/step/{index:04}", "step_index": {index}, "step_type": "click", "status": "succeeded", "started_at": "2026-01-01T00:00:00Z"}}"#
    );
    road.record_step(index, object(&step), FULL).unwrap();
}

fn call(road: &mut Road, prompt: &str) -> String {
    let call = format!(
        r#"{{"layer": "model", "schema_version": "0.1", "ts": "2026-01-01T00:00:00Z", "prompt_hash": "{prompt}", "request": {{"model": "m"}}, "response": {{}}}}"#
    );
    road.recorded_call(Some(0), ModelLayer::Model, object(&call), FULL, Known::Nothing).unwrap().unwrap()
}

fn declare(road: &mut Road, id: &str) -> Result<(), Refused> {
    let effect = format!(
        r#"{{"side_effect_id": "{id}", "step_index": 0, "resource": "r", "action": "a", "status": "intent_only"}}"#
    );
    road.declare_effect(object(&effect), FULL)
}

fn abort(road: &mut Road, id: &str) -> Result<(), Refused> {
    let how = Settlement::Aborted { at: "2026-01-01T00:00:00Z".to_owned(), reason: "r".to_owned() };
    road.settle_effect(id, how, FULL)
}

#[test]
fn large_model_calls_are_told_once() {
    let (folder, mut road) = road();
    road.ledger.calls.bytes = LARGE - 1;
    for prompt in ["a", "b", "c"] {
        call(&mut road, prompt);
    }
    assert!(road.flush());
    let tags = road.bundle.session().get("tags").and_then(|tags| tags.get("augur.modelio.large"));
    assert_eq!(tags.and_then(Value::as_str), Some("true"));
    let events = fs::read_to_string(folder.path().join("events/run.jsonl")).unwrap();
    assert_eq!((events.lines().count(), events.contains("50 MiB")), (1, true));
}

#[test]
fn a_call_is_known_again_until_so_many_others_came() {
    let (_folder, mut road) = road();
    assert_eq!(call(&mut road, "first"), call(&mut road, "first"));
    for other in 0..CALLS {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&other.to_le_bytes());
        road.ledger.calls.remember(key, String::new());
    }
    assert_eq!(road.ledger.calls.paths.len(), CALLS);
    assert_eq!(call(&mut road, "first"), "modelio/0000-model-1.json");
}

#[test]
fn a_settled_effect_is_known_by_its_file_once_it_is_forgotten() {
    let (_folder, mut road) = road();
    declare(&mut road, "old").unwrap();
    abort(&mut road, "old").unwrap();
    declare(&mut road, "open").unwrap();
    for other in 0..EFFECTS {
        let settled = road.ledger.effects.known["old"];
        road.ledger.effects.known.insert(format!("other-{other}"), settled);
    }
    declare(&mut road, "new").unwrap();
    assert!(road.ledger.effects.known.len() < 4, "settled ones are forgotten");
    for result in [declare(&mut road, "old"), abort(&mut road, "old")] {
        assert!(matches!(result, Err(Refused::Invalid(why)) if why.contains("already")));
    }
    assert!(matches!(abort(&mut road, "never"), Err(Refused::Invalid(why)) if why.contains("no side effect")));
    let aborted = road.abort_effects("r", "2026-01-01T00:00:00Z", FULL).unwrap();
    assert_eq!(aborted, ["open", "new"]);
}

#[test]
fn more_open_effects_than_can_be_remembered_are_refused_and_not_written() {
    let (folder, mut road) = road();
    declare(&mut road, "open").unwrap();
    for other in 0..EFFECTS {
        let open = road.ledger.effects.known["open"];
        road.ledger.effects.known.insert(format!("other-{other}"), open);
    }
    assert!(matches!(declare(&mut road, "new"), Err(Refused::Io(_))));
    assert!(!folder.path().join("side_effects/0000-new.json").exists());
}

#[test]
fn a_subgoal_that_is_forgotten_is_found_in_the_steps() {
    let (_folder, mut road) = road();
    (0..3).for_each(|index| step(&mut road, index));
    let complete = || Number::from_f64(1.0).unwrap();
    road.subgoal(1, "early", complete(), FULL).unwrap();
    for other in 0..SUBGOALS {
        road.remember_completion(&format!("other-{other}"), 0);
    }
    assert!(!road.ledger.completions.lowest.contains_key("early"));
    road.subgoal(2, "early", complete(), FULL).unwrap();
    let long = "x".repeat(5000);
    road.subgoal(1, &long, complete(), FULL).unwrap();
    road.subgoal(0, &long, complete(), FULL).unwrap();
    assert!(road.flush());
    let first = |index: u64, entry: usize| {
        let step = road.bundle.read_step(index).unwrap();
        step["subgoals_completed"].as_array().unwrap()[entry].get("first_completed_at_step").unwrap().as_u64()
    };
    assert_eq!((first(2, 0), first(1, 1), first(0, 0)), (Some(1), Some(0), Some(0)));
    assert!(road.ledger.completions.lowest.len() <= SUBGOALS);
}

#[test]
fn what_was_attached_to_a_step_stays_when_it_is_recorded_again() {
    for (known, again, joined) in [
        (r#"{"intent": "old", "failure_class": "x"}"#, r#"{"intent": "new"}"#, r#"{"intent": "new"}"#),
        (r#"{"costs": {"a": 1, "b": 2}}"#, r#"{"costs": {"b": 3}}"#, r#"{"costs": {"a": 1, "b": 3}}"#),
        (r#"{"costs": {"a": 1}}"#, "{}", r#"{"costs": {"a": 1}}"#),
        (
            r#"{"verdict": {"status": "passed", "reason": "r", "score": 1}}"#,
            r#"{"verdict": {"status": "failed"}}"#,
            r#"{"verdict": {"score": 1, "status": "failed"}}"#,
        ),
        (
            r#"{"judge_decisions": [1, 2], "verdict_source": "rule:a"}"#,
            r#"{"judge_decisions": [2, 3]}"#,
            r#"{"judge_decisions": [1, 2, 3], "verdict_source": "rule:a"}"#,
        ),
        (
            r#"{"subgoals_completed": [{"subgoal_id": "a", "completion": 0}]}"#,
            r#"{"subgoals_completed": [{"subgoal_id": "a", "completion": 1}, {"subgoal_id": "b"}]}"#,
            r#"{"subgoals_completed": [{"completion": 1, "subgoal_id": "a"}, {"subgoal_id": "b"}]}"#,
        ),
        (r#"{"loop_detected": true}"#, r#"{"loop_detected": false}"#, r#"{"loop_detected": false}"#),
        (r#"{"step_iterations": 2}"#, r#"{"step_iterations": 9}"#, r#"{"step_iterations": 2}"#),
    ] {
        let mut record = object(again);
        carry_over(object(known), &mut record, true);
        assert_eq!(Value::Object(record).to_string(), joined, "{known} + {again}");
    }
    let mut alone = object(r#"{"step_iterations": 9}"#);
    carry_over(object(r#"{"step_iterations": 2}"#), &mut alone, false);
    assert_eq!(Value::Object(alone).to_string(), r#"{"step_iterations": 9}"#);
}
