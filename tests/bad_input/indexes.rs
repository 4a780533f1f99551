//! Sessions whose steps repeat, leave gaps, or have numbers and ids that do not fit.

use crate::{
    assert_valid,
    support::{at, bundles, json, lines, text},
};
use serde_json::json;
use std::{fs, path::PathBuf};
use tracing_augur::{CaptureMode, Durability, Moment, Session};

fn session(test: &str, durability: Durability) -> (PathBuf, Session) {
    let folder = bundles(test).join("run");
    let builder = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full);
    let session = builder.durability(durability).open().unwrap();
    (folder, session)
}

fn step(id: &str, index: u64, more: serde_json::Value) -> serde_json::Value {
    let mut step = json!({
        "step_id": id, "step_index": index, "step_type": "click", "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z",
    });
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

#[test]
fn an_index_that_not_every_reader_can_hold_is_refused() {
    let (folder, session) = session("bad_indexes_huge", Durability::Process);
    let largest = (1 << 53) - 1;
    for index in [1 << 53, u64::MAX] {
        let id = format!("run/step/{index:04}");
        let refusals = [
            session.record_step(&step(&id, index, json!({}))).unwrap_err(),
            session.attach_observation(index, Moment::Before, crate::support::PIXEL.to_vec()).unwrap_err(),
            session
                .record_event(&json!({"ts": "2026-01-01T00:00:00Z", "layer": "model", "kind": "info", "summary": "x", "step_index": index}))
                .unwrap_err(),
            session
                .record_modelio(&json!({"request": {"model": "m"}, "response": {}}), Some(index), None)
                .unwrap_err(),
        ];
        for error in refusals {
            assert_eq!(error.kind(), "invalid_argument");
            assert!(error.to_string().contains("at most 2^53 - 1"), "{error}");
        }
    }
    for index in [json!(-1), json!(1.5), json!("0"), json!(null), json!(1e300)] {
        let mut step = step("run/step/0000", 0, json!({}));
        step["step_index"] = index;
        assert_eq!(session.record_step(&step).unwrap_err().kind(), "invalid_argument", "{step}");
    }
    session.record_step(&step(&format!("run/step/{largest}"), largest, json!({}))).unwrap();
    let manifest = session.close(None).unwrap();
    assert_eq!(at(&manifest, "step_count").as_u64(), Some(1));
    assert_valid(&folder);
    assert!(folder.join(format!("steps/{largest}.json")).exists());
}

/// Whether somebody waits for the disk or not must not change what is written.
#[test]
fn the_same_id_adds_to_its_step_and_another_id_at_the_index_is_an_iteration() {
    for (test, durability) in [("bad_indexes_twice", Durability::Process), ("bad_indexes_twice_lazy", Durability::Lazy)]
    {
        let (folder, session) = session(test, durability);
        let first = "run/step/0000";
        session.record_step(&step(first, 0, json!({"intent": "one", "costs": {"tokens_in": 1}}))).unwrap();
        session.record_step(&step(first, 0, json!({"intent": "two"}))).unwrap();
        session.record_step(&step("run/step/0000/it1", 0, json!({"intent": "three"}))).unwrap();
        session.record_step(&step("run/step/0000/it2", 0, json!({"intent": "four"}))).unwrap();
        session.record_step(&step("run/step/0000/it1", 0, json!({"intent": "five"}))).unwrap();
        session.record_step(&step(first, 0, json!({"intent": "six"}))).unwrap();
        session.close(None).unwrap();
        assert_valid(&folder);
        let trace = json(folder.join("trace.json"));
        assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 1, "{test}");
        let canonical = at(&trace, "steps.0");
        assert_eq!((text(canonical, "step_id"), text(canonical, "intent")), (first, "six"), "{test}");
        assert_eq!(at(canonical, "step_iterations").as_u64(), Some(3), "{test}");
        assert_eq!(at(canonical, "costs.tokens_in").as_u64(), Some(1), "{test}");
        let mut intents: Vec<_> = fs::read_dir(folder.join("steps/0000"))
            .unwrap()
            .map(|file| text(&json(file.unwrap().path()), "intent").to_owned())
            .collect();
        intents.sort();
        assert_eq!(intents, ["five", "four", "six"], "{test}");
    }
}

#[test]
fn an_id_that_does_not_follow_the_convention_is_refused_with_the_one_that_does() {
    let (folder, session) = session("bad_indexes_convention", Durability::Process);
    for id in ["", "step-1", "run/step/1", "run/step/00001", "other/step/0001", "run/step/0001x", "run/step/0002"] {
        let error = session.record_step(&step(id, 1, json!({}))).unwrap_err();
        assert_eq!(error.kind(), "invalid_argument", "{id}");
        assert!(error.to_string().contains("run/step/0001"), "{id}: {error}");
    }
    let error = session.record_step(&step("run/step/0001/jane@example.org", 1, json!({}))).unwrap_err().to_string();
    assert!(error.contains("looks like a secret") && !error.contains("jane"), "{error}");
    session.record_step(&step("run/step/0001/../../../etc/passwd", 1, json!({}))).unwrap();
    session.close(None).unwrap();
    assert_valid(&folder);
    assert_eq!(fs::read_dir(folder.join("steps")).unwrap().count(), 1);
}

#[test]
fn what_does_not_fit_its_schema_is_refused_with_its_place_and_not_its_value() {
    let (folder, session) = session("bad_indexes_schema", Durability::Process);
    for (more, place) in [
        (json!({"status": "hunter2"}), "status"),
        (json!({"started_at": "hunter2"}), "started_at"),
        (json!({"action": {"type": 3}}), "action/type"),
        (json!({"verdict": {"status": "hunter2"}}), "verdict/status"),
        (json!({"unknown_member": "hunter2"}), "unknown_member"),
    ] {
        let error = session.record_step(&step("run/step/0000", 0, more)).unwrap_err().to_string();
        assert!(error.contains(place) && !error.contains("hunter2"), "{error}");
    }
    for time in ["yesterday", "2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "1767225600"] {
        let error = Session::builder("r", "a", folder.join("x")).started_at(time).open().unwrap_err();
        assert_eq!(error.kind(), "invalid_argument", "{time}");
    }
    for id in ["", "dbg_", "abc", "dbg_a b", "dbg_a/b", "dbg_AKIAABCDEFGHIJKLMNOP"] {
        let error = Session::builder("r", "a", folder.join("x")).debug_session_id(id).open().unwrap_err();
        assert_eq!(error.kind(), "invalid_argument", "{id}");
        assert!(!error.to_string().contains("AKIA"), "{error}");
    }
    session.close(None).unwrap();
    assert_valid(&folder);
}

/// Times that RFC 3339 allows in more than one way, and that some readers of it do not know.
#[test]
fn a_start_that_is_accepted_stands_in_a_valid_bundle() {
    let root = bundles("bad_indexes_started");
    for (number, time) in [
        "2026-01-01T00:00:00Z",
        "2026-01-01t00:00:00z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+01:00[Europe/Paris]",
        "2026-01-01T00Z",
    ]
    .into_iter()
    .enumerate()
    {
        let folder = root.join(number.to_string());
        let builder = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full);
        match builder.started_at(time).open() {
            Ok(session) => {
                session.close(None).unwrap();
                assert_valid(&folder);
            }
            Err(error) => assert_eq!((error.kind(), number > 0), ("invalid_argument", true), "{time}: {error}"),
        }
    }
}

#[test]
fn a_closed_session_refuses_everything_but_closing() {
    let (folder, session) = session("bad_indexes_closed", Durability::Process);
    let manifest = session.close(None).unwrap();
    assert!(session.is_closed());
    for error in [
        session.record_step(&step("run/step/0000", 0, json!({}))).unwrap_err(),
        session.add_tag("a", "b").unwrap_err(),
        session.attach_observation(0, Moment::Before, crate::support::PIXEL.to_vec()).unwrap_err(),
        session.set_status(tracing_augur::record::RunStatus::Failed).unwrap_err(),
    ] {
        assert_eq!(error.kind(), "wrong_state", "{error}");
    }
    assert_eq!(session.close(None).unwrap().to_string(), manifest.to_string());
    drop(session);
    assert_valid(&folder);
}

#[test]
fn calls_from_many_threads_all_arrive() {
    let (folder, session) = session("bad_indexes_threads", Durability::Process);
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let session = &session;
            scope.spawn(move || {
                for n in 0..10 {
                    let index = n * 8 + thread;
                    session.record_step(&step(&format!("run/step/{index:04}"), index, json!({}))).unwrap();
                    let event = json!({"ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": "x", "step_index": index});
                    session.record_event(&event).unwrap();
                }
            });
        }
    });
    let manifest = session.close(None).unwrap();
    assert_eq!(at(&manifest, "step_count").as_u64(), Some(80));
    assert_valid(&folder);
    assert_eq!(lines(folder.join("events/0079.jsonl")).len(), 1);
}
