//! The files of events that steps name: in the end each name in a step leads to a file, and what led nowhere is told.

use super::{support::*, *};
use tracing_augur::{bundle::recover, record::Value};

/// What steps name, and whether it stays.
const NAMES: &[(&str, bool)] = &[
    ("events/0000.jsonl", true),
    ("events/0002.jsonl", true),
    ("events/0001.jsonl", false),
    ("events/0000.json&", false),
    ("events/../events/0000.jsonl", false),
    ("../run/events/0000.jsonl", false),
    ("/etc/hostname", false),
    ("", false),
    ("events/\u{0}", false),
];

fn event(index: u64) -> serde_json::Value {
    json!({"ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": "s", "step_index": index})
}

/// Step 0 names a file that comes into being two steps later, step 1 only such as never do, a further emission both.
fn record(session: &Session) {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    session.record_step(&step(0, json!({"events": names}))).unwrap();
    session.record_event(&event(0)).unwrap();
    session.record_step(&step(1, json!({"events": ["events/0001.jsonl"]}))).unwrap();
    session.record_step(&step(2, json!({"events": ["events/0002.jsonl"]}))).unwrap();
    let again = json!({"step_id": "run/step/0002/b", "events": ["events/0002.jsonl", "events/0003.jsonl"]});
    session.record_step_iteration(2, &step(2, again)).unwrap();
    session.record_event(&event(2)).unwrap();
}

fn assert_settled(folder: &Path) {
    assert_valid(folder);
    let trace = json(folder.join("trace.json"));
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().unwrap_or_default().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    let named =
        |stays: bool| -> Vec<&str> { NAMES.iter().filter(|(_, kept)| *kept == stays).map(|(name, _)| *name).collect() };
    assert_eq!(texts(at(&trace, "steps.0.events")), named(true));
    assert!(at(&trace, "steps.1").get("events").is_none());
    assert_eq!(texts(at(&trace, "steps.2.events")), ["events/0002.jsonl"]);
    assert!(!folder.join("events/0001.jsonl").exists(), "telling of a file must not make it");
    let told: Vec<(String, Vec<String>)> = lines(folder.join("events/run.jsonl"))
        .iter()
        .filter(|event| text(event, "layer") == "adapter" && text(event, "kind") == "error")
        .map(|event| (text(event, "detail.step").to_owned(), texts(at(event, "detail.events"))))
        .collect();
    let (first, of_steps) = told.split_first().unwrap();
    assert_eq!((first.0.as_str(), first.1.iter().map(String::as_str).collect()), ("steps/0000.json", named(false)));
    assert_eq!(of_steps[0], ("steps/0001.json".to_owned(), vec!["events/0001.jsonl".to_owned()]));
    assert!(of_steps[1].0.starts_with("steps/0002/") && of_steps[1].1 == ["events/0003.jsonl"]);
    assert_eq!(of_steps.len(), 2);
}

#[test]
fn when_a_run_ends_its_steps_name_only_files_of_events_that_are_there() {
    for durability in [Durability::Process, Durability::Lazy] {
        let (folder, session) = open_with(&format!("session_references_{durability:?}"), CaptureMode::Full, durability);
        record(&session);
        session.close(None).unwrap();
        assert_settled(&folder);
    }
}

#[test]
fn a_recovery_takes_out_what_leads_nowhere_as_closing_does() {
    let running = tempfile::tempdir().unwrap();
    let bundle = running.path().join("run");
    let session = Session::builder("run", "agent", &bundle).capture_mode(CaptureMode::Full).open().unwrap();
    record(&session);
    let left = bundles("session_references_recovered").join("run");
    copy(&bundle, &left);
    drop(session);
    recover(&left).unwrap();
    assert_settled(&left);
}
