//! Diagnosis: what each rule finds and leaves alone, and what the engine makes of rules that fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod actions;
mod engine;
mod files;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;

use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use support::{PIXEL, bundles};
use tracing_augur::{
    CaptureMode, Moment, Session,
    bundle::{self, Bundle},
    diagnose::{Diagnosis, RulesEngine, load_pack},
    schema::{self, Schema},
};

/// Records a run into a folder and completes its bundle.
fn recorded(folder: PathBuf, record: impl FnOnce(&Session)) -> PathBuf {
    let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().unwrap();
    record(&session);
    session.close(None).unwrap();
    folder
}

/// Records an ordinary step with some members replaced; null takes a member away.
fn step(session: &Session, index: u64, members: Json) {
    session.record_step(&step_record(&format!("run/step/{index:04}"), index, members)).unwrap();
}

fn step_record(step_id: &str, index: u64, members: Json) -> Json {
    let mut step = json!({
        "step_id": step_id, "step_index": index, "step_type": "click", "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z", "action": {"type": "click"},
    });
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            step.as_object_mut().unwrap().remove(name);
        } else {
            step[name] = value.clone();
        }
    }
    step
}

fn event(session: &Session, index: u64, layer: &str) {
    let event =
        json!({"ts": "2026-01-01T00:00:00Z", "layer": layer, "kind": "info", "summary": "looked", "step_index": index});
    session.record_event(&event).unwrap();
}

/// A click at a point of the screenshot.
fn click(x: impl Into<Json>, y: impl Into<Json>) -> Json {
    json!({"type": "click", "coordinate_space": "screenshot_px", "params": {"x": x.into(), "y": y.into()}})
}

/// Keeps a picture of 100 × 50 pixels; pictures with the same shade are the same.
fn picture(session: &Session, index: u64, moment: Moment, shade: u8) -> String {
    let mut png = PIXEL.to_vec();
    png[19] = 100;
    png[23] = 50;
    let data = png.windows(4).position(|name| name == b"IDAT").unwrap() + 4;
    png[data + 4] ^= shade;
    session.attach_observation(index, moment, png).unwrap()
}

fn diagnosed(folder: &Path) -> Diagnosis {
    let diagnosis = diagnosed_by(&RulesEngine::new(load_pack("cua").unwrap()), folder);
    assert!(diagnosis.is_complete(), "{:?}", diagnosis.notes);
    diagnosis
}

/// Diagnoses a bundle and checks what holds of every finding: it follows its schema, and its evidence is there.
fn diagnosed_by(engine: &RulesEngine, folder: &Path) -> Diagnosis {
    let diagnosis = engine.evaluate(&Bundle::open(folder).unwrap()).unwrap();
    for finding in &diagnosis.findings {
        schema::validate(Schema::Finding, &finding.to_object()).unwrap();
        for evidence in &finding.evidence {
            assert!(folder.join(&evidence.path).is_file(), "{}: {} is not there", finding.rule_id, evidence.path);
        }
    }
    diagnosis
}

/// The findings as `<rule> <step>`, the rules without their pack.
fn told(diagnosis: &Diagnosis) -> Vec<String> {
    let told = diagnosis.findings.iter().map(|finding| {
        let rule = finding.rule_id.split_once('.').unwrap().1;
        finding.step_index.map_or_else(|| rule.to_owned(), |index| format!("{rule} {index}"))
    });
    told.collect()
}

fn assert_valid(folder: &Path) {
    let judged = bundle::validate(folder);
    assert!(judged.is_valid(), "{}: {:?}", folder.display(), judged.problems);
}

/// A run, everything that is found in it, and words that the first finding says.
type Case = (&'static str, fn(&Session), &'static [&'static str], &'static [&'static str]);

fn assert_found(rule: &str, cases: &[Case]) {
    let root = bundles(&format!("diagnose_{rule}"));
    for (number, (name, record, expected, words)) in cases.iter().enumerate() {
        let folder = recorded(root.join(number.to_string()), record);
        let diagnosis = diagnosed(&folder);
        assert_eq!(told(&diagnosis), *expected, "{name}");
        assert_eq!((diagnosis.notes.len(), diagnosis.omitted), (0, 0), "{name}");
        for word in *words {
            let summary = &diagnosis.findings[0].summary;
            assert!(summary.contains(word), "{name}: {summary:?} does not say {word:?}");
        }
        diagnosis.write(&Bundle::open(&folder).unwrap()).unwrap();
        assert_valid(&folder);
    }
}
