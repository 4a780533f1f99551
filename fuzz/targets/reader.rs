//! Readers of bundles: over a bundle with whatever in its files, the judge, the summary, the rules, the reader itself and the
//! recovery come back with an answer, and JSON that is read is written so that it reads the same.
#![no_main]

mod ground;

use ground::{empty, files, in_time};
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use std::{cell::RefCell, fs, path::PathBuf};
use tracing_augur::{
    CaptureMode, Moment, Session,
    bundle::{Bundle, Summary, recover, validate},
    diagnose::{RulesEngine, load_pack},
    record::{ModelLayer, Value, parse, write_line, write_pretty},
    session::EffectOptions,
};

/// How many files are broken at once, at most.
const BROKEN: usize = 4;

/// A bundle, and how its files were before they were broken.
struct Subject {
    folder: PathBuf,
    whole: Vec<(String, Vec<u8>)>,
}

thread_local! {
    static SUBJECT: RefCell<Option<Subject>> = const { RefCell::new(None) };
}

impl Subject {
    /// A run with a file of nearly every kind.
    fn new() -> Self {
        let folder = empty("reader").join("bundle");
        let session =
            Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().expect("a session");
        let value = |text: &str| parse(text.as_bytes()).expect("JSON");
        for index in 0..3 {
            session.record_step(&value(&format!(
                r#"{{"step_id": "run/step/{index:04}", "step_index": {index}, "step_type": "click", "status": "failed",
                "failure_class": "no_state_change", "started_at": "2026-01-01T00:00:0{index}Z", "intent": "i", "costs": {{"total_usd": 0.5}},
                "action": {{"type": "click", "params": {{"x": 1}}}}, "grounding": {{"provider": "p", "provenance": "screenshot", "coordinates": {{"x": 1, "y": 2}}}},
                "verdict": {{"status": "failed", "reason": "r"}}, "observation_pre": "screenshots/{index:04}_pre.png"}}"#
            ))).expect("a step");
            session.attach_observation(index, Moment::Before, PICTURE.to_vec()).expect("a picture");
            session.record_event(&value(&format!(
                r#"{{"ts": "2026-01-01T00:00:00Z", "layer": "model", "kind": "info", "summary": "s", "step_index": {index}}}"#
            ))).expect("an event");
            let call =
                value(r#"{"request": {"model": "m"}, "response": {"text": "t", "usage": {"prompt_tokens": 1}}}"#);
            session.record_modelio(&call, Some(index), Some(ModelLayer::Model)).expect("a call");
            session.record_reasoning(index, "thought", &Default::default()).expect("reasoning");
            session.append_log("line", Some(index), "run").expect("a line");
            session.mark_for_eval(index, "r", None).expect("a tag");
        }
        let again = value(
            r#"{"step_id": "run/step/0002/1", "step_type": "click", "status": "succeeded", "started_at": "2026-01-01T00:00:02Z"}"#,
        );
        session.record_step_iteration(2, &again).expect("an iteration");
        session.finalize_outcome(Default::default(), &Default::default()).expect("an outcome");
        let effect = EffectOptions { side_effect_id: Some("se_1".to_owned()), ..EffectOptions::default() };
        session.declare_side_effect(0, "r", "a", &effect).expect("an effect");
        session.close(None).expect("a bundle");
        let read = |file: String| (fs::read(folder.join(&file)).expect("a file"), file);
        let whole = files(&folder).into_iter().filter(|file| !file.starts_with("schema/")).map(read);
        Self { whole: whole.map(|(bytes, file)| (file, bytes)).collect(), folder }
    }

    /// Breaks files, reads what is left, and mends them.
    fn look(&self, input: &mut Unstructured<'_>) -> Result<()> {
        let is_dead = input.ratio(1, 8)?;
        for _ in 0..input.int_in_range(1..=BROKEN)? {
            let (file, bytes) = input.choose(&self.whole)?;
            match broken(bytes, input)? {
                Some(bytes) => fs::write(self.folder.join(file), bytes),
                None => fs::remove_file(self.folder.join(file)).or(Ok(())),
            }
            .expect("a file is broken");
        }
        if is_dead {
            let _ = fs::remove_file(self.folder.join("manifest.json"));
            in_time(|| drop(recover(&self.folder)));
        }
        in_time(|| self.read());
        Ok(())
    }

    fn read(&self) {
        let report = validate(&self.folder);
        assert!(!report.is_valid() || self.folder.join("trace.json").exists(), "a bundle without a trace is none");
        let Ok(bundle) = Bundle::open(&self.folder) else { return };
        let _ = (bundle.manifest(), bundle.session(), bundle.state());
        let _ = bundle.steps().map(|steps| steps.count());
        let _ = bundle.model_calls().map(|calls| calls.count());
        let _ = bundle.side_effects().map(|effects| effects.count());
        let _ = bundle.reasoning().map(|lines| lines.count());
        let _ = bundle.event_files().map(|files| files.flatten().map(|lines| lines.count()).sum::<usize>());
        let _ = bundle.artifacts().count();
        if let Ok(summary) = Summary::read(&bundle) {
            let _ = (summary.to_text(true), summary.to_value(true));
        }
        let _ = load_pack("cua").map(|rules| RulesEngine::new(rules).evaluate(&bundle).map(|found| found.to_value()));
    }

    /// Makes the folder what it was.
    fn mend(&self) {
        for file in files(&self.folder) {
            if !file.starts_with("schema/") && !self.whole.iter().any(|(known, _)| *known == file) {
                fs::remove_file(self.folder.join(&file)).expect("a stray file goes");
            }
        }
        for (file, bytes) in &self.whole {
            let path = self.folder.join(file);
            if fs::read(&path).ok().as_ref() != Some(bytes) {
                let _ = fs::create_dir_all(path.parent().expect("a folder"));
                fs::write(path, bytes).expect("a file is mended");
            }
        }
    }
}

/// The start of a PNG, as far as a reader looks.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55";

/// A file with something done to it; `None` if it goes.
fn broken(bytes: &[u8], input: &mut Unstructured<'_>) -> Result<Option<Vec<u8>>> {
    let mut bytes = bytes.to_vec();
    match input.int_in_range(0..=6_u8)? {
        0 => return Ok(None),
        1 => bytes = input.arbitrary::<&[u8]>()?.to_vec(),
        2 => bytes.truncate(input.int_in_range(0..=bytes.len())?),
        3 => {
            let at = input.int_in_range(0..=bytes.len())?;
            bytes.splice(at..at, input.arbitrary::<&[u8]>()?.iter().copied());
        }
        // What stays JSON goes deeper than what does not.
        _ => {
            if let Ok(mut value) = parse(&bytes) {
                change(&mut value, input)?;
                bytes.clear();
                write_pretty(&value, 0, &mut bytes);
            }
        }
    }
    Ok(Some(bytes))
}

/// Puts something else in one place of a value.
fn change(value: &mut Value, input: &mut Unstructured<'_>) -> Result<()> {
    match value {
        Value::Object(members) if !members.is_empty() && input.ratio(7, 8)? => {
            let key = input.choose_index(members.len())?;
            let key = members.keys().nth(key).cloned().unwrap_or_default();
            if input.ratio(1, 6)? {
                let value = members.remove(&key).unwrap_or_default();
                members.insert(input.arbitrary::<&str>()?.to_owned(), value);
            } else if let Some(value) = members.get_mut(&key) {
                return change(value, input);
            }
        }
        Value::Array(items) if !items.is_empty() && input.ratio(7, 8)? => {
            let at = input.choose_index(items.len())?;
            return change(&mut items[at], input);
        }
        other => {
            let text = input.arbitrary::<&str>()?;
            *other = match input.int_in_range(0..=4_u8)? {
                0 => Value::Null,
                1 => input.arbitrary::<i64>()?.into(),
                2 => Value::Array(vec![text.into()]),
                3 => parse(text.as_bytes()).unwrap_or_default(),
                _ => text.into(),
            };
        }
    }
    Ok(())
}

/// What is read as JSON and written is read as the same.
fn json(text: &[u8]) {
    let Ok(value) = parse(text) else { return };
    let (mut line, mut pretty) = (Vec::new(), Vec::new());
    write_line(&value, &mut line);
    write_pretty(&value, 0, &mut pretty);
    for written in [line, pretty] {
        assert!(parse(&written).expect("what was written is JSON") == value);
    }
}

fuzz_target!(|input: &[u8]| {
    if let Some(text) = input.strip_prefix(b"{").or(input.strip_prefix(b"[")) {
        return in_time(|| json(&input[..text.len() + 1]));
    }
    SUBJECT.with_borrow_mut(|subject| {
        let subject = subject.get_or_insert_with(Subject::new);
        // An input that ends too early has done what it had to do.
        let _ = subject.look(&mut Unstructured::new(input));
        subject.mend();
    });
});
