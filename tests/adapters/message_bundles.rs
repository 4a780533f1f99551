//! A log becomes a whole bundle.

use crate::{PIXEL, assert_valid, session, support, value};
use std::{fs, path::Path};
use tempfile::TempDir;
use tracing_augur::{
    Moment,
    adapters::messages::{
        BundleOptions, LoggedStep, MessageAdapter, MessageLog, Provider, bundle_from_input, record, steps,
    },
    record::{Object, Value},
};

const CALL: &str = r#"{"role": "assistant", "content": [{"type": "thinking", "thinking": "The cart."}, {"type": "text", "text": "I click."},
    {"type": "tool_use", "id": "t1", "name": "computer", "input": {"action": "left_click", "coordinate": [4, 2]}}]}"#;

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn options(run_id: Option<&str>) -> BundleOptions {
    BundleOptions { run_id: run_id.map(str::to_owned), ..BundleOptions::default() }
}

#[test]
fn a_log_becomes_a_bundle_that_follows_the_format() {
    let result = format!(
        r#"{{"role": "user", "content": [{{"type": "tool_result", "tool_use_id": "t1", "content": [
            {{"type": "image", "source": {{"type": "base64", "media_type": "image/png", "data": "{PIXEL}"}}}}]}}]}}"#
    );
    let input = folder_with(&[(
        "b.json",
        &format!(
            r#"{{"messages": [{CALL}, {result}, {CALL}], "metadata": {{"run_id": "", "session_id": "log-7", "client_version": "9.1",
                "started_at": "2026-01-01T00:00:00Z", "tags": {{"suite": "nightly", "round": 3, "adapter": "mine"}}}}}}"#
        ),
    )]);
    let folder = support::bundles("adapters_log").join("log");
    let recorded = bundle_from_input(&Provider::Anthropic, input.path(), &folder, BundleOptions::default()).unwrap();
    assert_eq!((recorded.steps, recorded.pictures, recorded.pictures_left_out, recorded.reasoning), (2, 2, 0, 2));
    let thoughts = support::lines(folder.join("events/reasoning.jsonl"));
    assert_eq!(
        thoughts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [0, 1].map(|index| format!(
            r#"{{"format": "claude_extended_thinking", "step_index": {index}, "text": "The cart.", "ts": "2026-01-01T00:00:00Z"}}"#
        ))
    );
    assert_valid(&folder);
    let trace = support::json(folder.join("trace.json"));
    for (path, expected) in [
        ("session.run_id", r#""log-7""#),
        ("session.status", r#""succeeded""#),
        ("session.started_at", r#""2026-01-01T00:00:00Z""#),
        ("session.capture_mode", r#""full""#),
        ("session.client", r#"{"name": "anthropic-messages", "version": "9.1"}"#),
        ("session.tags", r#"{"adapter": "mine", "round": "3", "suite": "nightly"}"#),
        ("steps.0.step_id", r#""log-7/step/0000""#),
        ("steps.0.step_type", r#""left_click""#),
        ("steps.0.required", "true"),
        ("steps.0.status", r#""succeeded""#),
        ("steps.0.started_at", r#""2026-01-01T00:00:00Z""#),
        ("steps.0.intent", r#""I click.""#),
        ("steps.0.action", r#"{"params": {"coordinate": [4, 2]}, "type": "left_click"}"#),
        ("steps.0.grounding", r#"{"provenance": "screenshot", "provider": "anthropic-messages"}"#),
        ("steps.0.verdict", r#"{"reason": "no native verifier", "status": "unknown"}"#),
        ("steps.0.observation_pre", "null"),
        ("steps.0.observation_post", r#""screenshots/0000_post.png""#),
        ("steps.1.observation_pre", r#""screenshots/0001_pre.png""#),
    ] {
        assert_eq!(support::at(&trace, path).to_string(), expected, "{path}");
    }
    assert!(trace.get("steps").unwrap().as_array().unwrap()[0].get("observation_pre").is_some());
    assert_eq!(fs::read(folder.join("screenshots/0001_pre.png")).unwrap(), support::PIXEL);
}

#[test]
fn the_run_is_named_by_whoever_says_so_first() {
    let root = support::bundles("adapters_log_names");
    let both = r#"{"run_id": "told", "session_id": "also"}"#;
    for (number, (given, metadata, expected)) in [
        (Some("given"), both, "given"),
        (Some(" "), both, "told"),
        (None, both, "told"),
        (None, r#"{"run_id": null, "session_id": 7}"#, "7"),
        (None, "{}", "the-file"),
        (None, "null", "the-file"),
    ]
    .into_iter()
    .enumerate()
    {
        let input = folder_with(&[("the-file.json", &format!(r#"{{"messages": [], "metadata": {metadata}}}"#))]);
        let folder = root.join(number.to_string());
        let file = input.path().join("the-file.json");
        bundle_from_input(&Provider::OpenAiChat, &file, &folder, options(given)).unwrap();
        assert_valid(&folder);
        let trace = support::json(folder.join("trace.json"));
        assert_eq!(support::text(&trace, "session.run_id"), expected, "{given:?} {metadata}");
        assert_eq!(support::text(&trace, "session.client.version"), "0.1.0");
        assert_ne!(support::text(&trace, "session.started_at"), "");
    }
}

#[test]
fn of_a_folder_the_first_log_by_name_is_meant() {
    let input = folder_with(&[("c.json", "7"), ("b.json", &format!("[{CALL}]")), ("a.txt", "x"), ("a.json/x", "x")]);
    let folder = support::bundles("adapters_log_folder").join("b");
    let recorded = bundle_from_input(&Provider::Anthropic, input.path(), &folder, options(None)).unwrap();
    assert_eq!(recorded.steps, 1);
    assert_eq!(support::text(&support::json(folder.join("manifest.json")), "run_id"), "b");
    assert_valid(&folder);
}

#[test]
fn pictures_beside_the_log_come_before_those_in_it() {
    let log = format!("[{CALL}, {CALL}]");
    let input =
        folder_with(&[("log.json", &log), ("screens/0001_post.png", "not a picture"), ("other/0000_pre.png", "")]);
    fs::write(input.path().join("screens/0000_pre.png"), support::PIXEL).unwrap();
    let root = support::bundles("adapters_log_screens");
    let recorded = bundle_from_input(&Provider::Anthropic, input.path(), &root.join("beside"), options(None)).unwrap();
    assert_eq!((recorded.steps, recorded.pictures, recorded.pictures_left_out), (2, 1, 1));
    assert_valid(&root.join("beside"));
    let trace = support::json(root.join("beside/trace.json"));
    assert_eq!(support::text(&trace, "steps.0.observation_pre"), "screenshots/0000_pre.png");
    assert!(support::at(&trace, "steps.1.observation_post").is_null());
    let events = support::lines(root.join("beside/events/0001.jsonl"));
    assert!(support::text(&events[0], "summary").starts_with("the picture after the action was left out: "));

    let elsewhere = BundleOptions { screens: Some(input.path().join("none")), ..BundleOptions::default() };
    let recorded = bundle_from_input(&Provider::Anthropic, input.path(), &root.join("none"), elsewhere).unwrap();
    assert_eq!((recorded.pictures, recorded.pictures_left_out), (0, 0));
    assert_valid(&root.join("none"));
}

#[test]
fn what_cannot_be_a_log_is_told() {
    let input = folder_with(&[
        ("broken.json", "{"),
        ("number.json", "7"),
        ("empty/x.txt", ""),
        ("time.json", r#"{"metadata": {"started_at": "noon"}}"#),
    ]);
    let at = |name: &str| input.path().join(name);
    for (path, run_id, said) in [
        (at("none.json"), None, "none.json"),
        (at("empty"), None, "no .json file"),
        (at("broken.json"), None, "line 1"),
        (at("number.json"), None, "of type number"),
        (at("time.json"), None, "started_at"),
        (at("time.json"), Some("a/b"), "path separator"),
    ] {
        let folder = input.path().join("bundle");
        let error = bundle_from_input(&Provider::Anthropic, &path, &folder, options(run_id)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert!(!folder.exists(), "{said}");
    }
}

#[test]
fn a_tool_that_the_log_says_failed_is_a_failed_step() {
    let failed = r#"{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "is_error": true, "content": "no"}]}"#;
    let log = MessageLog::from_value(value(&format!("[{CALL}, {failed}]"))).unwrap();
    let folder = support::bundles("adapters_log_failed").join("run");
    let session = session(&folder, "run");
    record(&Provider::Anthropic, &session, &log, None).unwrap();
    session.close(None).unwrap();
    let step = support::json(folder.join("steps/0000.json"));
    assert_eq!((support::text(&step, "status"), support::text(&step, "failure_class")), ("failed", "tool_error"));
    assert_valid(&folder);
}

/// A provider of one's own, which does not say what its actions are.
struct Vague;

impl MessageAdapter for Vague {
    fn name(&self) -> &str {
        "vague"
    }

    fn steps<'a>(&self, log: &'a MessageLog) -> Box<dyn Iterator<Item = LoggedStep<'a>> + 'a> {
        Box::new(steps(&log.messages).map(|step| LoggedStep { action: Object::new(), ..step }))
    }

    fn grounding_provider(&self) -> &str {
        "guesswork"
    }

    fn find_screenshot(&self, folder: &Path, step_index: u64, moment: Moment) -> Option<std::path::PathBuf> {
        (moment == Moment::After).then(|| folder.join(format!("shot-{step_index}.png")))
    }
}

#[test]
fn an_action_that_nobody_named_is_a_noop() {
    let input = folder_with(&[("log.json", &format!("[{CALL}]"))]);
    fs::write(input.path().join("shot-0.png"), support::PIXEL).unwrap();
    let folder = support::bundles("adapters_log_noop").join("log");
    let screens = BundleOptions { screens: Some(input.path().to_owned()), ..BundleOptions::default() };
    bundle_from_input(&Vague, input.path(), &folder, screens).unwrap();
    assert_valid(&folder);
    let step = support::json(folder.join("steps/0000.json"));
    assert_eq!(support::at(&step, "action").to_string(), r#"{"type": "noop"}"#);
    assert_eq!((support::text(&step, "step_type"), support::text(&step, "grounding.provider")), ("noop", "guesswork"));
    assert_eq!(support::text(&step, "observation_post"), "screenshots/0000_post.png");
}

/// The same value with one of its parts replaced, for every part and every replacement.
fn damaged(whole: &Value) -> Vec<Value> {
    let strange = || ["null", "7", "\"x\"", "[]", "{}", "[[]]"].map(value);
    let mut out: Vec<Value> = strange().into();
    match whole {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                out.extend(damaged(item).into_iter().map(|part| {
                    let mut items = items.clone();
                    items[index] = part;
                    Value::Array(items)
                }));
            }
        }
        Value::Object(members) => {
            for (key, item) in members {
                out.extend(damaged(item).into_iter().map(|part| {
                    let mut members = members.clone();
                    members.insert(key.clone(), part);
                    Value::Object(members)
                }));
            }
        }
        _ => {}
    }
    out
}

#[test]
fn whatever_stands_in_a_log_its_steps_can_be_recorded() {
    let folder = support::bundles("adapters_log_damaged").join("run");
    let session = session(&folder, "run");
    let mut recorded = 0;
    for log in [
        r#"[{"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "I click."},
            {"type": "tool_use", "id": "t1", "name": "computer", "input": {"action": "left_click", "coordinate": [4, 2]}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "is_error": true,
                "content": [{"type": "image", "source": {"type": "base64", "data": "iVBOR"}}]}]}]"#,
        r#"[{"type": "reasoning", "summary": [{"text": "Hm."}]}, {"type": "computer_call", "call_id": "c", "actions": [{"type": "wait"}]},
            {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", "image_url": "data:,"}}]"#,
        r#"[{"role": "assistant", "content": "So.", "tool_calls": [{"id": "c", "function": {"name": "t", "arguments": "{\"a\": 1}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}]}]"#,
    ] {
        for log in damaged(&value(log)) {
            let Ok(log) = MessageLog::from_value(log) else { continue };
            recorded += record(&Provider::OpenAiChat, &session, &log, None).unwrap().steps;
        }
    }
    assert!(recorded > 200, "only {recorded} steps");
    session.close(None).unwrap();
    assert_valid(&folder);
}

#[test]
fn secrets_in_a_log_do_not_reach_the_bundle() {
    let call = r#"{"role": "assistant", "content": "I log in as jane@example.org.", "tool_calls": [{"id": "c", "function": {
        "name": "http", "arguments": "{\"headers\": {\"authorization\": \"Bearer sk-abcdefghijklmnopqrstuvwxyz123456\"}}"}}]}"#;
    let input = folder_with(&[("log.json", &format!("[{call}]"))]);
    let folder = support::bundles("adapters_log_secrets").join("log");
    bundle_from_input(&Provider::OpenAiChat, input.path(), &folder, options(None)).unwrap();
    let bytes = support::all_bytes(&folder);
    assert!(!support::contains(&bytes, b"jane@example.org") && !support::contains(&bytes, b"abcdefghijklmnop"));
    assert_valid(&folder);
}
