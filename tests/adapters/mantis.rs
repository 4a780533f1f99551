//! Mantis: its tables row by row, its environment, its model calls and its confidence.

use crate::{assert_valid, session, support, value};
use std::path::Path;
use tracing_augur::{
    CaptureMode,
    adapters::{
        Input, current_model_scope, drive,
        mantis::{self, Mantis, Settings},
    },
    record::{ModelLayer, Object, RunId, RunStatus, Value},
};

/// What Mantis says, and what a bundle says for it.
const WORDS: &[(&str, &str, &str)] = &[
    ("layer", "critic-frontier", "verifier"),
    ("layer", "critic", "verifier"),
    ("layer", "gate-decision", "verifier"),
    ("layer", "preview-gate", "verifier"),
    ("layer", "agentic-recovery", "step_recovery"),
    ("layer", "recovery", "step_recovery"),
    ("layer", "som-click", "grounding"),
    ("layer", "planner", "planner"),
    ("layer", "modal", "runner"),
    ("layer", "Critic", "runner"),
    ("layer", "", "runner"),
    ("kind", "fire", "decision"),
    ("kind", "skip", "decision"),
    ("kind", "decision", "decision"),
    ("kind", "result", "observation"),
    ("kind", "observation", "observation"),
    ("kind", "info", "info"),
    ("kind", "error", "error"),
    ("kind", "metric", "metric"),
    ("kind", "healed", "info"),
    ("status", "completed", "succeeded"),
    ("status", "completed_with_failures", "succeeded"),
    ("status", "succeeded", "succeeded"),
    ("status", "halted", "halted"),
    ("status", "budget_exceeded", "halted"),
    ("status", "time_exceeded", "halted"),
    ("status", "failed", "failed"),
    ("status", "cancelled", "cancelled"),
    ("status", "running", "running"),
    ("status", "paused", "running"),
    ("status", "exploded", "-"),
];

#[test]
fn each_of_mantiss_words_has_one_meaning() {
    for (what, word, meaning) in WORDS {
        let meant = match *what {
            "layer" => mantis::event_layer(word).as_str(),
            "kind" => mantis::event_kind(word).as_str(),
            _ => mantis::run_status(word).map_or("-", RunStatus::as_str),
        };
        assert_eq!(meant, *meaning, "{what} {word:?}");
    }
}

#[test]
fn every_row_of_the_tables_is_one_that_was_asked_for() {
    let asked = |what: &str, word: &str| WORDS.iter().any(|row| row.0 == what && row.1 == word);
    assert!(mantis::LAYERS.iter().all(|(word, _)| asked("layer", word)));
    assert!(mantis::KINDS.iter().all(|(word, _)| asked("kind", word)));
    assert!(mantis::STATUSES.iter().all(|(word, _)| asked("status", word)));
}

fn settings(pairs: &[(&str, &str)]) -> Result<Settings, tracing_augur::ConfigError> {
    Settings::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
}

#[test]
fn mantiss_environment_says_where_bundles_go() {
    let run = RunId::new("run 7").unwrap();
    for (pairs, root) in [
        (&[][..], "./data/augur"),
        (&[("MANTIS_DATA_DIR", "/var/mantis")], "/var/mantis/augur"),
        (&[("MANTIS_AUGUR_DIR", "/custom"), ("MANTIS_DATA_DIR", "/var/mantis")], "/custom"),
        (&[("MANTIS_AUGUR_DIR", " "), ("AUGUR_DIR", "/other")], "./data/augur"),
    ] {
        let settings = settings(pairs).unwrap();
        assert_eq!(settings.root, Path::new(root), "{pairs:?}");
        assert_eq!(settings.bundle_folder(&run), Path::new(root).join("run~207"));
    }
}

#[test]
fn mantiss_environment_is_read_switch_by_switch() {
    let plain = settings(&[]).unwrap();
    assert_eq!(plain.capture_mode, CaptureMode::Screenshots);
    assert!(!plain.disabled && !plain.verbose && plain.version.is_none() && plain.git_sha.is_none());
    for (value, on) in
        [("1", true), ("true", true), ("YES", true), ("on", true), ("0", false), ("no", false), ("", false)]
    {
        assert_eq!(settings(&[("MANTIS_AUGUR_DISABLED", value)]).unwrap().disabled, on, "{value:?}");
        assert_eq!(settings(&[("MANTIS_AUGUR_VERBOSE", value)]).unwrap().verbose, on, "{value:?}");
    }
    let told =
        settings(&[("MANTIS_VERSION", "1.2"), ("MANTIS_GIT_SHA", "abc"), ("AUGUR_CAPTURE_MODE", "Model_IO")]).unwrap();
    assert_eq!((told.version.as_deref(), told.git_sha.as_deref()), (Some("1.2"), Some("abc")));
    assert_eq!(told.capture_mode, CaptureMode::ModelIo);
    for (pair, said) in [
        (("AUGUR_CAPTURE_MODE", "everything"), "AUGUR_CAPTURE_MODE: capture mode \"everything\" is not one of off"),
        (("MANTIS_AUGUR_DISABLED", "maybe"), "MANTIS_AUGUR_DISABLED is neither on nor off"),
        (("MANTIS_AUGUR_VERBOSE", "2"), "MANTIS_AUGUR_VERBOSE is neither on nor off"),
    ] {
        let error = settings(&[pair]).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn a_session_of_mantis_is_opened_as_its_environment_says() {
    let root = support::bundles("adapters_mantis_session");
    let folder = root.to_str().unwrap();
    let told = [("MANTIS_AUGUR_DIR", folder), ("MANTIS_VERSION", "1.2"), ("MANTIS_GIT_SHA", "abc")];
    let session = settings(&told).unwrap().session("gym-1").unwrap().unwrap().open().unwrap();
    assert_eq!((session.folder(), session.capture_mode()), (root.join("gym-1").as_path(), CaptureMode::Screenshots));
    let manifest = session.close(None).unwrap();
    assert_eq!(
        manifest.get("client").unwrap().to_string(),
        r#"{"git_sha": "abc", "name": "mantis", "version": "1.2"}"#
    );
    assert_valid(session.folder());

    let off = settings(&[("MANTIS_AUGUR_DISABLED", "1")]).unwrap();
    assert!(off.session("gym-2").unwrap().is_none() && off.session("a/b").is_err());
}

#[test]
fn a_confidence_is_a_score_unless_nobody_set_it() {
    for (confidence, score) in [(0.0, None), (-0.0, None), (0.01, Some(0.01)), (0.83, Some(0.83)), (1.0, Some(1.0))] {
        assert_eq!(mantis::score(confidence).unwrap(), score, "{confidence}");
    }
    for confidence in [-0.01, 1.01, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = mantis::score(confidence).unwrap_err().to_string();
        assert!(error.contains("is not between 0 and 1"), "{error}");
    }
    let verdict = |json: &str, confidence| {
        let Value::Object(members) = value(json) else { panic!("an object") };
        Value::from(mantis::scored(members, confidence).unwrap()).to_string()
    };
    assert_eq!(
        verdict(r#"{"status": "passed"}"#, 0.5),
        r#"{"comparator": "verifier", "score": 0.5, "status": "passed"}"#
    );
    assert_eq!(verdict("{}", 1.0), r#"{"comparator": "verifier", "score": 1.0, "status": "unknown"}"#);
    assert_eq!(verdict(r#"{"status": "failed"}"#, 0.0), r#"{"status": "failed"}"#);
    assert!(mantis::scored(Object::new(), 2.0).is_err());
}

#[test]
fn a_recorded_step_is_scored_by_its_confidence() {
    let folder = support::bundles("adapters_mantis_score").join("run");
    let session = session(&folder, "run");
    let step = |index: u64| {
        value(&format!(
            r#"{{"step_id": "run/step/{index:04}", "step_index": {index}, "step_type": "click", "status": "succeeded",
                "started_at": "2026-01-01T00:00:00Z", "verdict": {{"status": "passed"}}}}"#
        ))
    };
    for (index, confidence, scored) in [(0, 0.83, true), (1, 0.0, false)] {
        session.record_step(&step(index)).unwrap();
        assert_eq!(mantis::set_score(&session, index, confidence).unwrap(), scored);
    }
    for (index, confidence, kind) in [(0, 1.5, "invalid_argument"), (0, f64::NAN, "invalid_argument")] {
        assert_eq!(mantis::set_score(&session, index, confidence).unwrap_err().kind(), kind);
    }
    assert!(mantis::set_score(&session, 9, 0.5).is_err());
    session.close(None).unwrap();
    assert_valid(&folder);
    let verdict =
        |index: u64| support::at(&support::json(folder.join(format!("steps/{index:04}.json"))), "verdict").to_string();
    assert_eq!(verdict(0), r#"{"comparator": "verifier", "score": 0.83, "status": "passed"}"#);
    assert_eq!(verdict(1), r#"{"status": "passed"}"#);
}

#[test]
fn mantiss_steps_and_events_become_records() {
    let folder = support::bundles("adapters_mantis_run").join("run");
    let session = session(&folder, "run");
    let step = |index: u64, verdict: &str| {
        Input::Step(value(&format!(
            r#"{{"step_index": {index}, "step_type": "click", "status": "succeeded", "verdict": {verdict}}}"#
        )))
    };
    let event = |json: &str| Input::Decision { step_index: Some(0), raw: value(json) };
    let inputs = [
        step(0, r#"{"status": "passed", "confidence": 0.83}"#),
        step(1, r#"{"status": "passed", "confidence": 0}"#),
        step(2, r#"{"status": "passed", "confidence": 7}"#),
        event(
            r#"{"ts": "2026-01-01T00:00:00Z", "layer": "critic", "kind": "fire", "summary": "no change", "detail": {"n": 1}}"#,
        ),
        event(r#"{"ts": "2026-01-01T00:00:01Z", "layer": "planner", "kind": "info", "summary": "planned"}"#),
        event(r#"{"ts": "2026-01-01T00:00:02Z", "layer": "modal", "kind": "healed"}"#),
    ];
    let status = mantis::run_status("completed_with_failures").unwrap();
    let driven = drive(&Mantis, &session, Some("1.2"), inputs, status).unwrap();
    assert_eq!((driven.steps, driven.decisions, driven.refused), (3, 3, 0), "{:?}", driven.refusals);
    assert_valid(&folder);

    let verdicts = [0, 1, 2].map(|index| {
        let step = support::json(folder.join(format!("steps/{index:04}.json")));
        step.get("verdict").unwrap().to_string()
    });
    assert_eq!(verdicts[0], r#"{"comparator": "verifier", "score": 0.83, "status": "passed"}"#);
    assert_eq!(verdicts[1..], [r#"{"status": "passed"}"#, r#"{"status": "passed"}"#]);
    let events: Vec<String> = support::lines(folder.join("events/0000.jsonl"))
        .iter()
        .map(|event| {
            let detail = event.get("detail").map(ToString::to_string).unwrap_or_default();
            format!(
                "{} {} {:?} {detail}",
                support::text(event, "layer"),
                support::text(event, "kind"),
                support::text(event, "summary")
            )
        })
        .collect();
    assert_eq!(
        events,
        [
            r#"verifier decision "no change" {"kind": "fire", "layer": "critic", "n": 1}"#,
            r#"planner info "planned" "#,
            r#"runner info "modal healed" {"kind": "healed", "layer": "modal"}"#,
        ]
    );
}

#[test]
fn an_anthropic_call_becomes_a_model_calls_record() {
    let request = value(
        r#"{"model": "claude-x", "max_tokens": 1024, "system": [{"type": "text", "text": "Be brief."}],
            "tools": [{"name": "computer", "type": "computer_20250124"}],
            "messages": [{"role": "user", "content": "Open the cart."}]}"#,
    );
    let response = value(
        r#"{"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x-2026", "stop_reason": "tool_use",
            "content": [{"type": "text", "text": "I click."},
                {"type": "tool_use", "id": "t1", "name": "computer", "input": {"action": "left_click", "coordinate": [4, 2]}}],
            "usage": {"input_tokens": 100, "output_tokens": 20, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 400,
                "service_tier": "standard"}}"#,
    );
    let record = mantis::anthropic_modelio(&request, &response);
    assert_eq!(
        record["request"].to_string(),
        r#"{"messages": [{"content": "Open the cart.", "role": "user"}], "model": "claude-x", "params": {"max_tokens": 1024}, "system": "Be brief.", "tools": [{"name": "computer", "type": "computer_20250124"}]}"#
    );
    assert_eq!(
        record["response"].to_string(),
        r#"{"stop_reason": "tool_use", "text": "I click.", "tool_calls": [{"arguments": {"action": "left_click", "coordinate": [4, 2]}, "id": "t1", "name": "computer"}], "usage": {"cache_creation_tokens": 30, "cache_hit_tokens": 400, "completion_tokens": 20, "prompt_tokens": 530}}"#
    );
    let other = mantis::anthropic_modelio(&value(r#"{"model": "claude-x", "messages": []}"#), &response);
    assert!(record["prompt_hash"] != other["prompt_hash"]);

    let folder = support::bundles("adapters_mantis_call").join("run");
    let session = session(&folder, "run");
    let path = session.record_modelio(&record, Some(0), Some(ModelLayer::Planner)).unwrap().unwrap();
    assert_eq!(path, "modelio/0000-planner-0.json");
    session.close(None).unwrap();
    assert_valid(&folder);
}

#[test]
fn anthropics_usage_is_counted_as_the_record_counts() {
    for (usage, record) in [
        (r#"{"input_tokens": 7, "output_tokens": 2}"#, r#"{"completion_tokens": 2, "prompt_tokens": 7}"#),
        (
            r#"{"input_tokens": 7, "output_tokens": 2, "cache_read_input_tokens": 0, "cache_creation_input_tokens": null}"#,
            r#"{"cache_hit_tokens": 0, "completion_tokens": 2, "prompt_tokens": 7}"#,
        ),
        (
            r#"{"input_tokens": 7, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3}"#,
            r#"{"cache_creation_tokens": 3, "cache_hit_tokens": 5, "prompt_tokens": 15}"#,
        ),
        (r#"{"input_tokens": -1, "output_tokens": 2.5}"#, "{}"),
        ("{}", "{}"),
        ("null", "{}"),
    ] {
        assert_eq!(Value::from(mantis::anthropic_usage(&value(usage))).to_string(), record, "{usage}");
    }
}

#[test]
fn an_answer_that_is_none_still_gives_a_record() {
    let folder = support::bundles("adapters_mantis_no_answer").join("run");
    let session = session(&folder, "run");
    for (request, response, model) in [
        ("{}", "{}", "unknown"),
        ("null", r#"{"type": "error", "error": {"type": "overloaded_error"}}"#, "unknown"),
        (r#"{"messages": 3, "tools": "x"}"#, r#"{"content": 7, "usage": [], "model": "m"}"#, "m"),
    ] {
        let record = mantis::anthropic_modelio(&value(request), &value(response));
        assert_eq!(record["request"].get("model").and_then(Value::as_str), Some(model));
        session.record_modelio(&record, None, None).unwrap();
    }
    session.close(None).unwrap();
    assert_valid(&folder);
}

#[test]
fn a_context_is_published_for_layers_that_there_are() {
    let scope = mantis::publish_modelio_context("step_recovery", Some(4)).unwrap();
    let context = current_model_scope().unwrap();
    assert_eq!((context.layer, context.step_index), (ModelLayer::StepRecovery, Some(4)));
    drop(scope);
    let error = mantis::publish_modelio_context("agentic-recovery", None).unwrap_err().to_string();
    assert!(error.contains("planner, grounding, model, verifier, step_recovery, judge"), "{error}");
    assert!(current_model_scope().is_none());
}
