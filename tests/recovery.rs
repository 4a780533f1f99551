//! A run that died is completed from what it left, whatever state that was in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};
use support::{PIXEL, at, bundles, json, lines, text};
use tracing_augur::{
    CaptureMode, Moment, Session,
    bundle::{Bundle, BundleState, RecoverError, recover, validate},
};

/// A bundle as `kill -9` leaves it: the session is open while its folder is copied, so nothing was completed.
fn died(test: &str, record: impl FnOnce(&Session)) -> PathBuf {
    let alive = tempfile::tempdir().unwrap();
    let session =
        Session::builder("run", "test", alive.path().join("run")).capture_mode(CaptureMode::Full).open().unwrap();
    record(&session);
    let dead = bundles(test).join("run");
    copy(&alive.path().join("run"), &dead);
    dead
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            assert!(fs::copy(entry.path(), target).is_ok())
        }
    }
}

fn step(session: &Session, index: u64, suffix: &str, status: &str) {
    session
        .record_step(&serde_json::json!({
            "step_id": format!("run/step/{index:04}{suffix}"), "step_index": index, "step_type": "click", "status": status,
            "started_at": format!("2026-01-01T00:00:0{index}Z"),
        }))
        .unwrap();
}

fn event(session: &Session, index: u64, second: u64) {
    session
        .record_event(&serde_json::json!({
            "ts": format!("2026-01-01T00:01:{second:02}Z"), "layer": "runner", "kind": "info", "summary": "s", "step_index": index,
        }))
        .unwrap();
}

#[test]
fn the_step_under_way_is_interrupted_and_the_run_halted() {
    let bundle = died("interrupted", |session| {
        step(session, 0, "", "succeeded");
        session.add_tag("env", "test").unwrap();
        event(session, 0, 7);
        step(session, 1, "", "running");
    });
    assert_eq!(Bundle::open(&bundle).unwrap().state(), BundleState::Died);
    let recovery = recover(&bundle).unwrap();
    assert_eq!(recovery.interrupted_steps, [1]);
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "halted");
    assert_eq!(text(&trace, "session.tags.env"), "test");
    assert_eq!(text(&trace, "session.tags.augur.recovered"), "");
    assert_eq!(at(&trace, "session.tags").get("augur.recovered").and_then(|tag| tag.as_str()), Some("true"));
    assert_eq!((text(&trace, "steps.0.status"), text(&trace, "steps.1.status")), ("succeeded", "failed"));
    assert_eq!(text(&trace, "steps.1.failure_class"), "interrupted");
    assert!(validate(&bundle).is_valid());
    assert_eq!(Bundle::open(&bundle).unwrap().state(), BundleState::Complete);
    assert!(recover(&bundle).unwrap().already_complete);
}

#[test]
fn half_written_pieces_are_taken_away_and_whole_ones_kept() {
    let bundle = died("half_written", |session| {
        step(session, 0, "", "succeeded");
        event(session, 0, 1);
        session.attach_observation(0, Moment::Before, PIXEL.to_vec()).unwrap();
    });
    fs::write(bundle.join("steps/0001.json.tmp"), "{\"step").unwrap();
    fs::write(bundle.join("screenshots/0001_pre.png.tmp"), "").unwrap();
    let events = bundle.join("events/0000.jsonl");
    let torn = format!("{}{{\"kind\": \"in", fs::read_to_string(&events).unwrap());
    fs::write(&events, torn).unwrap();
    let recovery = recover(&bundle).unwrap();
    assert_eq!(recovery.swept, 3);
    assert_eq!(lines(&events).len(), 1);
    assert!(bundle.join("screenshots/0000_pre.png").exists());
    assert!(validate(&bundle).is_valid());
}

#[test]
fn what_cannot_be_read_is_set_aside_and_told() {
    let bundle = died("damaged", |session| {
        for index in 0..3 {
            step(session, index, "", "succeeded");
        }
    });
    fs::write(bundle.join("steps/0001.json"), "").unwrap();
    fs::write(bundle.join("trace.json"), "{\"session\": {").unwrap();
    let recovery = recover(&bundle).unwrap();
    assert_eq!(recovery.damaged, ["steps/0001.json"]);
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "session.client.name"), "test", "the mark of the run tells what the trace cannot");
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 2);
    assert!(validate(&bundle).is_valid());
}

#[test]
fn a_folder_made_for_an_iteration_that_never_came_is_taken_away() {
    let bundle = died("empty_folder", |session| step(session, 0, "", "succeeded"));
    fs::create_dir(bundle.join("steps/0000")).unwrap();
    fs::write(bundle.join("steps/0000/11111111.json.tmp"), "{").unwrap();
    recover(&bundle).unwrap();
    assert!(bundle.join("steps/0000.json").exists() && !bundle.join("steps/0000").exists());
    assert!(validate(&bundle).is_valid());
}

#[test]
fn a_step_that_was_moving_into_a_folder_is_put_in_order() {
    for (name, crash) in [("before_the_flat_file_went", true), ("before_the_iteration_came", false)] {
        let bundle = died(name, |session| {
            step(session, 0, "", "succeeded");
            step(session, 0, "/again", "failed");
        });
        let short = |id: &str| bundle.join(format!("steps/0000/{}.json", tracing_augur::record::short_id(id)));
        if crash {
            fs::copy(short("run/step/0000"), bundle.join("steps/0000.json")).unwrap();
        }
        fs::remove_file(short("run/step/0000/again")).unwrap();
        recover(&bundle).unwrap();
        let step = json(bundle.join("steps/0000.json"));
        assert!(step.get("step_iterations").is_none() && text(&step, "status") == "succeeded");
        let report = validate(&bundle);
        assert!(report.is_valid(), "{name}: {:?}", report.problems);
    }
}

#[test]
fn events_that_came_out_of_order_stand_in_order_in_the_end() {
    let bundle = died("out_of_order", |session| {
        step(session, 0, "", "succeeded");
        for second in [3, 1, 2] {
            event(session, 0, second);
        }
    });
    recover(&bundle).unwrap();
    let times: Vec<_> =
        lines(bundle.join("events/0000.jsonl")).iter().map(|event| text(event, "ts").to_owned()).collect();
    assert!(times.is_sorted() && times.len() == 3, "{times:?}");
}

#[test]
fn a_run_that_lives_is_left_alone_and_a_folder_without_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let session = Session::builder("run", "test", &path).capture_mode(CaptureMode::Trace).open().unwrap();
    assert_eq!(Bundle::open(&path).unwrap().state(), BundleState::Recording);
    assert!(matches!(recover(&path), Err(RecoverError::Recording(_))));
    drop(session);
    assert!(matches!(recover(folder.path()), Err(RecoverError::NoBundle(_))));
    assert!(matches!(recover(&folder.path().join("nowhere")), Err(RecoverError::NoBundle(_))));
}

#[test]
fn a_run_that_died_at_birth_is_a_run_without_steps() {
    let bundle = died("at_birth", |_| {});
    fs::remove_file(bundle.join("trace.json")).unwrap();
    recover(&bundle).unwrap();
    let trace = json(bundle.join("trace.json"));
    assert_eq!((text(&trace, "session.run_id"), text(&trace, "session.status")), ("run", "halted"));
    assert!(validate(&bundle).is_valid());
}
