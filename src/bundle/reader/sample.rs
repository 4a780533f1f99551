//! A small valid bundle, written by hand, for the tests of reader, judge and summary.
#![allow(clippy::unwrap_used)]

use crate::{
    bundle::fingerprint::CuaV1,
    record::{Object, Value, parse, short_id, write_line, write_pretty},
    schema::Schema,
};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest of a picture";

const SESSION: &str = r#"{"schema_version":"0.1","debug_session_id":"dbg_0123456789abcdef","run_id":"run_t",
    "client":{"name":"shop","version":"1.2"},"capture_mode":"full","started_at":"2026-01-01T00:00:00Z",
    "ended_at":"2026-01-01T00:00:12.345678Z","status":"failed","tags":{"team":"blue"},
    "costs":{"total_usd":0.25,"tokens_in":1200},"task_spec":{"instruction":"Buy the red one"}}"#;

/// The canonical steps and, for index 1, a second emission.
const STEPS: &[&str] = &[
    r#"{"step_id":"run_t/step/0000","step_index":0,"step_type":"click","status":"succeeded","intent":"Open the shop",
        "started_at":"2026-01-01T00:00:01Z","observation_pre":"screenshots/0000_pre.png",
        "observation_post":"screenshots/0000_post.png","events":["events/0000.jsonl"],
        "action":{"type":"click","params":{"x":10,"y":2.5}},"verdict":{"status":"passed","score":1}}"#,
    r#"{"step_id":"run_t/step/0001","step_index":1,"step_type":"type","status":"recovered","step_iterations":2,
        "started_at":"2026-01-01T00:00:02Z","failure_class":"model_timeout"}"#,
    r#"{"step_id":"run_t/step/0002","step_index":2,"step_type":"click","status":"failed","intent":"Pay é","ended_at":null,
        "started_at":"2026-01-01T00:00:05+01:00","failure_class":"no_state_change","observation_pre":null,
        "verdict":{"status":"failed","reason":"The page did not change"}}"#,
];
const ITERATION: &str = r#"{"step_id":"run_t/step/0001/it1","step_index":1,"step_type":"type","status":"succeeded",
    "started_at":"2026-01-01T00:00:03Z"}"#;

const DOCUMENTS: &[(&str, &str)] = &[
    (
        "modelio/0000-model-0.json",
        r#"{"schema_version":"0.1","step_index":0,"layer":"model","ts":"2026-01-01T00:00:01Z","redaction_applied":true,
            "request":{"model":"m-1","messages":[{"role":"user","content":"hi"}]},
            "response":{"text":"click","usage":{"prompt_tokens":11,"completion_tokens":3,"cache_hit_tokens":5}}}"#,
    ),
    (
        "modelio/run-planner-0.json",
        r#"{"schema_version":"0.1","layer":"planner","ts":"2026-01-01T00:00:01Z","request":{"model":"m-2"},"response":{}}"#,
    ),
    (
        "side_effects/0002-se_1.json",
        r#"{"side_effect_id":"se_1","step_index":2,"resource":"pay:1","action":"charge","status":"committed"}"#,
    ),
    ("outcomes.json", r#"{"outcomes":[{"scope":"session","finalized_at":"2026-01-01T00:00:12Z"}]}"#),
    ("eval_candidates.json", r#"{"candidates":[{"step_index":2,"reason":"bug","tagged_at":"2026-01-01T00:00:12Z"}]}"#),
    (
        "replay/0002_fixture.json",
        r#"{"fixture_id":"f","step_id":"run_t/step/0002","mode":"observation_replay","observation":"screenshots/0002_pre.png"}"#,
    ),
    ("replay/0002.prior.json", r#"[{"step_index":0,"action":{"type":"click"},"verdict":{"status":"passed"}}]"#),
    (
        "diagnostics/findings.json",
        r#"[{"rule_id":"cua.no_state_change","severity":"high","summary":"s","evidence":[{"type":"step","ref":"steps/0002.json"}]}]"#,
    ),
    (
        "preferences/0000.json",
        r#"{"preference_id":"p","step_id":"run_t/step/0000","preferred_action":{"type":"click"},
            "alternatives":[{"action":{"type":"scroll"}}]}"#,
    ),
];

const LINES: &[(&str, &[&str])] = &[
    (
        "events/0000.jsonl",
        &[
            r#"{"ts":"2026-01-01T00:00:01Z","layer":"model","kind":"decision","summary":"a","step_index":0}"#,
            r#"{"ts":"2026-01-01T00:00:01.5Z","layer":"grounding","kind":"info","summary":"b","step_index":0,"detail":{"x":[1,2.0]}}"#,
        ],
    ),
    ("events/run.jsonl", &[r#"{"ts":"2026-01-01T00:00:00Z","layer":"runner","kind":"info","summary":"begin"}"#]),
    ("events/reasoning.jsonl", &[r#"{"step_index":0,"format":"adapter_inferred","text":"hm"}"#]),
];

/// A bundle in a temporary folder that goes away with it.
pub(crate) struct Sample {
    folder: tempfile::TempDir,
}

impl Sample {
    /// The whole bundle, complete and signed.
    pub(crate) fn new() -> Self {
        let sample = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in DOCUMENTS {
            sample.document(path, text);
        }
        for (path, lines) in LINES {
            let mut bytes = Vec::new();
            for line in *lines {
                write_line(&value(line), &mut bytes);
                bytes.push(b'\n');
            }
            sample.write(path, &bytes);
        }
        for (index, step) in STEPS.iter().enumerate() {
            let folder = if index == 1 { format!("/{}", short_id("run_t/step/0001")) } else { String::new() };
            sample.document(&format!("steps/{index:04}{folder}.json"), step);
        }
        sample.document(&format!("steps/0001/{}.json", short_id("run_t/step/0001/it1")), ITERATION);
        sample.write("screenshots/0000_pre.png", PNG);
        sample.write("AGENT.md", b"# Augur bundle\n");
        sample.write("logs/run.log", b"a line\n");
        sample.write("otel/links.jsonl", b"{}\n");
        for schema in Schema::ALL {
            sample.write(&format!("schema/{}", schema.file_name()), schema.text().as_bytes());
        }
        sample.document("trace.json", &format!(r#"{{"session":{SESSION},"steps":[{}]}}"#, STEPS.join(",")));
        sample.document("manifest.json", &manifest());
        sample.sign();
        sample
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes JSON text in the layout of documents.
    pub(crate) fn document(&self, path: &str, text: &str) {
        self.put(path, &value(text));
    }

    fn put(&self, path: &str, value: &Value) {
        let mut bytes = Vec::new();
        write_pretty(value, 0, &mut bytes);
        bytes.push(b'\n');
        self.write(path, &bytes);
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces a part of a file's text, which must be there.
    pub(crate) fn replace(&self, path: &str, part: &str, by: &str) {
        let text = self.read(path);
        assert!(text.contains(part), "{path} holds no {part}");
        self.write(path, text.replacen(part, by, 1).as_bytes());
    }

    /// Changes a document as a value.
    pub(crate) fn change(&self, path: &str, change: impl FnOnce(&mut Object)) {
        let mut document = value(&self.read(path));
        change(document.as_object_mut().unwrap());
        self.put(path, &document);
    }

    /// Signs all files as they are now.
    pub(crate) fn sign(&self) {
        let mut signatures = Object::new();
        collect(self.root(), "", &mut signatures);
        self.change("manifest.json", |manifest| {
            manifest.insert("signatures".into(), signatures.into());
        });
    }
}

fn manifest() -> String {
    let mut fingerprint = CuaV1::new();
    for step in STEPS {
        fingerprint.step(value(step).as_object().unwrap());
    }
    format!(
        r#"{{"schema_version":"0.1","bundle_format":"augur-bundle","run_id":"run_t","capture_mode":"full",
            "debug_session_id":"dbg_0123456789abcdef","client":{{"name":"shop","version":"1.2"}},
            "created_at":"2026-01-01T00:00:13Z","trace":"trace.json","step_count":3,"signatures":{{}},
            "paths":{{"steps":"steps/","screenshots":"screenshots/","events":"events/","logs":"logs/"}},
            "missing":["screenshots/0000_post.png"],"costs":{{"total_usd":0.25,"tokens_in":1200}},
            "trajectory_fingerprint":"{}"}}"#,
        fingerprint.finish()
    )
}

fn collect(folder: &Path, above: &str, signatures: &mut Object) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{above}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{path}/"), signatures);
        } else if path != "manifest.json" && entry.file_type().unwrap().is_file() {
            let digest = Sha256::digest(fs::read(entry.path()).unwrap());
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            signatures.insert(path, digest.into());
        }
    }
}

fn value(text: &str) -> Value {
    parse(text.as_bytes()).unwrap()
}
