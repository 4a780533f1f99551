//! Names and our own words: ids, names of files, folders, errors, `Debug` texts, panics and the console.

use crate::{
    Carried, assert_valid,
    draw::{Draw, Shape, assert_nothing_left},
    drawn,
    support::{PIXEL, all_bytes, at, bundles, json as read},
};
use serde_json::json;
use std::{
    fmt::Debug,
    path::PathBuf,
    process::{Command, Stdio},
};
use tracing::{error, info, info_span, warn};
use tracing_augur::{
    CaptureMode, Config, Moment, Session, SpanExt,
    record::{JudgeType, VerdictStatus, parse, to_value},
    redact::RedactionPolicy,
    run_span,
    session::{EffectOptions, JudgeOptions, OutcomeOptions, OutcomeScope, VerifierOptions},
    step_span,
};

fn open(folder: &PathBuf) -> Session {
    Session::builder("run", "agent", folder).capture_mode(CaptureMode::Full).open().unwrap()
}

fn told(error: &(impl std::fmt::Display + Debug)) -> String {
    format!("{error} {error:?} {error:#?}")
}

/// Row 83: what names a thing is refused where a caller can choose another, and replaced where not.
#[test]
fn no_name_with_a_secret_in_it_is_taken_and_no_refusal_repeats_it() {
    let mut draw = Draw::new();
    let root = bundles("secrets_names");
    let folder = root.join("run");
    let session = open(&folder);
    let step = json!({"step_id": "run/step/0000", "step_index": 0, "step_type": "click", "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z"});
    session.record_step(&step).unwrap();
    for Carried { shape, .. } in drawn(&mut draw) {
        let name = shape.text.as_str();
        let with = |key: &str, value: &str| {
            let mut step = step.clone();
            step[key] = json!(value);
            step
        };
        let mut refused = vec![
            told(&session.record_step(&with("step_type", name)).unwrap_err()),
            told(&session.record_step(&with("step_id", &format!("run/step/0000/{name}"))).unwrap_err()),
            told(&session.record_step(&with("failure_class", name)).unwrap_err()),
            told(&session.record_step(&with("started_at", name)).unwrap_err()),
            told(&session.record_step(&with("status", name)).unwrap_err()),
            told(&session.record_step(&with(name, "x")).unwrap_err()),
            told(&session.record_step(&json!(name)).unwrap_err()),
            told(&session.set_group_id(name).unwrap_err()),
            told(&session.set_task_spec_id(name).unwrap_err()),
            told(&session.append_log("text", None, name).unwrap_err()),
            told(&session.mark_for_eval(0, "why", Some(name)).unwrap_err()),
            told(&session.record_subgoal_completion(0, name, 1.0).unwrap_err()),
            told(&session.commit_side_effect(name, &json!({}), None).unwrap_err()),
            told(&session.mark_side_effect_aborted("x", name, Some(name)).unwrap_err()),
            told(&session.record_step_iteration(name, &step).unwrap_err()),
            told(&session.attach_observation(0, Moment::Before, name.as_bytes().to_vec()).unwrap_err()),
            told(
                &session.record_event(&json!({"ts": name, "layer": name, "kind": name, "summary": name})).unwrap_err(),
            ),
            told(
                &session
                    .record_modelio(
                        &json!({"request": {"model": "m", "messages": [{"role": name}]}, "response": {}}),
                        None,
                        None,
                    )
                    .unwrap_err(),
            ),
            told(&session.record_preference(0, &json!({"preferred_action": name, "alternatives": name})).unwrap_err()),
        ];
        let options = EffectOptions { side_effect_id: Some(name.to_owned()), ..EffectOptions::default() };
        refused.push(told(&session.declare_side_effect(0, "r", "a", &options).unwrap_err()));
        let evidence = Some(vec![name.to_owned()]);
        let verifier = VerifierOptions { evidence_refs: evidence.clone(), ..VerifierOptions::default() };
        refused.push(told(&session.attach_verifier(0, VerdictStatus::Failed, &verifier).unwrap_err()));
        let judge =
            JudgeOptions { evidence_refs: evidence, judged_at: Some(name.to_owned()), ..JudgeOptions::default() };
        refused.push(told(
            &session
                .record_judge_decision(0, name, JudgeType::Model, &json!({"status": "passed"}), &judge)
                .unwrap_err(),
        ));
        let outcome = OutcomeOptions { task_class: Some(name.to_owned()), ..OutcomeOptions::default() };
        refused.push(told(&session.finalize_outcome(OutcomeScope::Session, &outcome).unwrap_err()));
        refused.push(told(&Session::builder(name, "agent", root.join("other")).open().unwrap_err()));
        let builder = || Session::builder("run", "agent", root.join("other"));
        refused.push(told(&builder().debug_session_id(format!("dbg_{name}")).open().unwrap_err()));
        refused.push(told(&builder().started_at(name).open().unwrap_err()));
        refused.push(told(&builder().group_id(name).open().unwrap_err()));
        refused.push(told(&builder().task_spec(&json!({"instruction": "i", name: 1})).open().unwrap_err()));
        refused.push(told(&builder().branch_context(&json!({"parent_run_id": name})).open().unwrap_err()));
        for refusal in refused {
            assert_nothing_left(&refusal, refusal.as_bytes(), &[&shape]);
        }
        assert_nothing_left("the bundle", &all_bytes(&folder), &[&shape]);
    }
    session.close(None).unwrap();
    assert_valid(&folder);
    assert!(!root.join("other").exists());
}

/// The path of the folder is the user's own; what the record says of it is ours.
#[test]
fn a_secret_in_the_path_of_a_bundle_is_in_no_file_of_it() {
    let shape = Draw::new().fill(83, "ghp_«36»");
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join(&shape.text).join("run");
    let session = open(&folder);
    session.close(None).unwrap();
    assert_nothing_left("the bundle", &all_bytes(&folder), &[&shape]);
    let trace = read(folder.join("trace.json"));
    assert!(at(&trace, "session.artifact_root").as_str().unwrap().starts_with("file:///"));
    assert_valid(&folder);
}

#[test]
fn no_debug_text_of_a_public_type_tells_a_secret() {
    for Carried { shape, value } in drawn(&mut Draw::new()) {
        let text = shape.text.as_str();
        let record = to_value(&value).unwrap();
        let builder = Session::builder(text, text, "folder").client_version(text).tag("a", text).session_name(text);
        let policy = RedactionPolicy::builder().drop_key(text).redactor(|text: &str| text.to_owned()).build();
        let _ = policy.scrub(text);
        let config = Config::new(text).with_client_version(text).with_git_sha(text).with_redaction(policy.clone());
        let shown: [&dyn Debug; 6] =
            [&record, &tracing_augur::record::Value::from(text), &parse(text.as_bytes()), &builder, &policy, &config];
        let shown: Vec<String> = shown.iter().map(|value| format!("{value:?} {value:#?}")).collect();
        assert_nothing_left("a Debug text", shown.join("\n").as_bytes(), &[&shape]);
    }
}

/// The variable by which a test that started itself knows that it is to be the agent, and its shapes.
const AGENT: &str = "AUGUR_SECRETS_AGENT";

fn agent(shapes: &str, root: &str) {
    let guard = Config::new("agent").with_root(root).with_capture_mode(CaptureMode::Full).init().unwrap();
    for text in shapes.split('\u{1f}') {
        let run = run_span!("run", note = text);
        let _in = run.enter();
        let step = step_span!("step", augur.step.intent = text, note = text);
        step.record_screenshot(Moment::Before, text.as_bytes()).record_screenshot(Moment::After, PIXEL);
        step.in_scope(|| {
            info!("{text}");
            info!(note = text, debug = ?text, url.full = text, "said");
            warn!(note = %text, "{text}");
            error!(error = &std::io::Error::other(text.to_owned()) as &dyn std::error::Error, "it broke: {text}");
            info_span!("inner", command = text).in_scope(|| info!("within"));
        });
        info!(augur.layer = text, augur.kind = text, "odd");
    }
    let report = guard.shutdown(std::time::Duration::from_secs(60));
    tracing::info!("{report} {report:?}");
}

#[test]
fn nothing_that_the_console_prints_tells_a_secret() {
    if let (Ok(shapes), Ok(root)) = (std::env::var(AGENT), std::env::var("AUGUR_DIR")) {
        return agent(&shapes, &root);
    }
    let shapes: Vec<Shape> = drawn(&mut Draw::new()).into_iter().map(|carried| carried.shape).collect();
    // A variable cannot hold a zero byte.
    let (shapes, _): (Vec<Shape>, Vec<Shape>) = shapes.into_iter().partition(|shape| !shape.text.contains('\0'));
    let texts: Vec<&str> = shapes.iter().map(|shape| shape.text.as_str()).collect();
    let root = bundles("secrets_console");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "words::nothing_that_the_console_prints_tells_a_secret", "--nocapture"])
        .env(AGENT, texts.join("\u{1f}"))
        .env("AUGUR_DIR", &root)
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = [output.stdout, output.stderr].concat();
    // What was printed is what was said, but for the secrets.
    let lines = String::from_utf8_lossy(&printed).lines().filter(|line| line.contains("it broke: ")).count();
    assert!(lines >= shapes.len(), "{lines}");
    assert_nothing_left("the console", &printed, &shapes.iter().collect::<Vec<_>>());
    assert_nothing_left("the bundles", &all_bytes(&root), &shapes.iter().collect::<Vec<_>>());
}
