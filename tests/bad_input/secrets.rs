//! Secrets in every place that a run can carry one: none may reach the bundle, an error or a `Debug` text.

use crate::{
    assert_valid, end, only_bundle, recorder_of,
    support::{all_bytes, bundles, contains},
};
use serde_json::json;
use std::{fmt::Debug, panic::catch_unwind, path::Path};
use tracing::{dispatcher::with_default, error, field, info, info_span, warn};
use tracing_augur::{
    CaptureMode, Config, Session, SpanExt, decision,
    record::{ModelLayer, Value, parse, to_value},
    redact::RedactionPolicy,
    run_span, step_span,
};

/// Every shape holds this, in some case.
const CANARY: &[u8] = b"canary";

/// Shapes that the default policy takes out of text.
const SHAPES: &[&str] = &[
    "Bearer canary.abc-123",
    "api_key=canary123",
    "x-api-key: canary123",
    "AKIACANARYCANARY0000",
    "canary@example.org",
    "password=canary",
    "pwd: canary",
    "eyJcanary.eyJcanary.canary",
    "Cookie: session=canary",
];

/// Every shape in one text, each on a line of its own: a cookie takes the rest of its line.
fn shapes() -> String {
    SHAPES.join("\n")
}

fn assert_no_canary(what: &str, bytes: &[u8]) {
    let bytes = bytes.to_ascii_lowercase();
    if let Some(at) = bytes.windows(CANARY.len()).position(|window| window == CANARY) {
        let around = &bytes[at.saturating_sub(120)..(at + 60).min(bytes.len())];
        panic!("{what}: …{}…", String::from_utf8_lossy(around));
    }
}

#[derive(Debug)]
struct Failure(Option<Box<Failure>>);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused with password=canary")
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.as_deref().map(|cause| cause as _)
    }
}

/// An agent with a secret in everything that it says.
fn careless() -> u32 {
    let all = shapes();
    let all = all.as_str();
    let run = run_span!(
        "canary@example.org",
        augur.run.tags.note = all,
        augur.run.tags.password = "canary",
        augur.run.tags.db.password = "canary",
        augur.run.tags.token = "canary",
        augur.run.task_spec.instruction = all,
        augur.run.task_spec_id = "canary@example.org",
        augur.run.password = "canary",
    );
    let _run = run.enter();
    let step = step_span!(
        "Bearer canary",
        augur.step.intent = all,
        augur.step.group_id = "canary@example.org",
        augur.step.failure_class = "AKIACANARYCANARY0000",
        augur.action.type = "password=canary",
        augur.action.params.text = all,
        augur.action.params.password = "canary",
        augur.action.params.deep = r#"{"a": [{"token": "canary", "text": "pwd=canary"}]}"#,
        augur.verdict.status = "failed",
        augur.verdict.reason = all,
        augur.grounding.target_label = all,
        augur.credentials.password = "canary",
        augur.late = field::Empty,
        password = "canary",
        augur.step.mood = all,
    );
    step.record("augur.late", all);
    step.in_scope(|| {
        step.record_action(&json!({"type": "type", "params": {"secret": "canary", "text": all, "api_key": ["canary"]}}));
        step.record_verdict(&json!({"status": "passed", "reason": all}));
        step.record_member("recovery_decision", &json!({"type": "retry", "reason": all}));
        step.record_member("no.place.password", &"canary");
        step.record_model_call(
            ModelLayer::Model,
            &json!({
                "request": {
                    "model": "m", "system": all, "messages": [{"role": "user", "content": all, "authorization": "canary"}],
                },
                "response": {"text": all, "raw": {"cookie": "canary", "nested": [all]}},
            }),
        );
        decision!(Planner, Decision, all, note = all, token = "canary", user.password = "canary");
        info!(password = "canary", http.request.header.authorization = "canary", api_key = "canary", note = all, "{all}");
        warn!(user.password = "canary", "{all}");
        error!(error = &Failure(Some(Box::new(Failure(None)))) as &dyn std::error::Error, "it broke: {all}");
        info!(augur.layer = "password=canary", augur.kind = "pwd:canary", "odd");
    });
    model_calls(all);
    catch_unwind(|| step_span!("falls").in_scope(|| std::panic::resume_unwind(Box::new(shapes())))).unwrap_err();
    42
}

/// The same, in the words of the telemetry of model libraries.
fn model_calls(all: &str) {
    let messages = json!([{"role": "user", "parts": [{"type": "text", "content": all}]}]).to_string();
    let messages = messages.as_str();
    let agent = info_span!("invoke_agent", gen_ai.operation.name = "invoke_agent", gen_ai.agent.name = all);
    let _agent = agent.enter();
    let chat = info_span!(
        "chat",
        gen_ai.operation.name = "chat",
        gen_ai.request.model = "m",
        gen_ai.system_instructions = all,
        gen_ai.input.messages = messages,
        gen_ai.output.messages = messages,
        gen_ai.response.id = "canary@example.org",
        error.type = "AKIACANARYCANARY0000",
    );
    chat.in_scope(|| error!(exception.message = all, "exception"));
    let arguments = json!({"password": "canary", "text": all}).to_string();
    let tool = info_span!(
        "execute_tool",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = "canary@example.org",
        gen_ai.tool.call.arguments = arguments.as_str(),
        gen_ai.tool.call.result = all,
    );
    tool.in_scope(|| warn!("{all}"));
    info_span!("retrieval", gen_ai.operation.name = "retrieval", gen_ai.retrieval.query.text = all).in_scope(|| ());
}

#[test]
fn no_secret_of_a_span_or_an_event_reaches_the_bundle_at_any_mode() {
    for mode in CaptureMode::ALL.into_iter().filter(|mode| *mode > CaptureMode::Off) {
        let root = bundles(&format!("bad_secrets_{mode}"));
        let config = Config::new("agent of canary@example.org")
            .with_client_version("api_key=canary")
            .with_git_sha("Bearer canary")
            .with_root(&root)
            .with_capture_mode(mode);
        let (dispatch, guard) = recorder_of(config);
        let answer = with_default(&dispatch, careless);
        assert_no_canary("the guard's Debug", format!("{guard:?}").as_bytes());
        let report = end(guard);
        assert_eq!(answer, 42);
        assert_no_canary("the report", format!("{report} {report:?}").as_bytes());
        only_bundle(&report);
        assert_no_canary(mode.as_str(), &all_bytes(&root));
    }
}

/// A run without an id of its own is named after the agent.
#[test]
fn an_agents_name_that_holds_a_secret_names_no_run() {
    let root = bundles("bad_secrets_name");
    let (dispatch, guard) =
        recorder_of(Config::new("canary@example.org").with_root(&root).with_capture_mode(CaptureMode::Full));
    with_default(&dispatch, || step_span!("step").in_scope(|| ()));
    only_bundle(&end(guard));
    assert_no_canary("the bundle", &all_bytes(&root));
}

/// The default policy finds the shapes that this file relies on: a test whose secrets nobody looks for proves nothing.
#[test]
fn every_shape_is_one_that_the_policy_takes_out() {
    let policy = RedactionPolicy::default();
    for shape in SHAPES {
        assert!(contains(&shape.to_ascii_lowercase().into_bytes(), CANARY), "{shape}");
        assert_no_canary(shape, policy.scrub(shape).as_bytes());
    }
    assert_no_canary("all of them", policy.scrub(&shapes()).as_bytes());
}

fn careless_session(folder: &Path) -> Session {
    Session::builder("run", "agent of canary@example.org", folder)
        .capture_mode(CaptureMode::Full)
        .client_version("password=canary")
        .client_git_sha("Bearer canary")
        .tag("note", shapes())
        .tag("password", "canary")
        .open()
        .unwrap()
}

#[test]
fn no_secret_of_a_sessions_calls_reaches_the_bundle() {
    let folder = bundles("bad_secrets_session").join("run");
    let session = careless_session(&folder);
    let all = shapes();
    session.add_tag("later", &all).unwrap();
    session.add_tag("token", "canary").unwrap();
    session.add_tag("db.password", "canary").unwrap();
    let step = |index: u32, id: &str| {
        json!({
            "step_id": id, "step_index": index, "step_type": "click", "status": "failed", "started_at": "2026-01-01T00:00:00Z",
            "intent": all, "action": {"type": "type", "params": {"password": "canary", "text": all, "deep": [[{"cookie": "canary"}]]}},
            "verdict": {"status": "failed", "reason": all}, "grounding": {"provider": "x", "provenance": "screenshot", "evidence": all},
        })
    };
    session.record_step(&step(0, "run/step/0000")).unwrap();
    session.record_step(&step(0, "run/step/0000/again")).unwrap();
    session
        .record_event(&json!({
            "ts": "2026-01-01T00:00:00Z", "layer": "model", "kind": "info", "summary": all, "step_index": 0,
            "detail": {"authorization": "canary", "note": all},
        }))
        .unwrap();
    let call = json!({"request": {"model": "m", "system": all}, "response": {"text": all, "tool_calls": [{"token": "canary"}]}});
    session.record_modelio(&call, Some(0), None).unwrap();
    assert_no_canary("the session's Debug", format!("{session:?}").as_bytes());
    let manifest = session.close(None).unwrap();
    assert_no_canary("the manifest", manifest.to_string().as_bytes());
    assert_valid(&folder);
    assert_no_canary("the bundle", &all_bytes(&folder));
}

#[test]
fn no_refusal_of_a_session_quotes_what_it_refuses() {
    let folder = bundles("bad_secrets_refusals").join("run");
    let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().unwrap();
    let base = json!({
        "step_id": "run/step/0000", "step_index": 0, "step_type": "click", "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z",
    });
    for (member, value) in [
        ("step_id", json!("run/step/0000/canary@example.org")),
        ("step_id", json!("canary")),
        ("step_type", json!("password=canary")),
        ("group_id", json!("Bearer canary")),
        ("failure_class", json!("AKIACANARYCANARY0000")),
        ("status", json!("canary")),
        ("started_at", json!("canary")),
        ("observation_pre", json!("screenshots/canary@example.org.png")),
        ("action", json!({"type": "canary@example.org"})),
        ("action", json!("canary")),
        ("verdict", json!({"status": "canary"})),
    ] {
        let mut step = base.clone();
        step[member] = value;
        let error = session.record_step(&step).unwrap_err();
        assert_eq!(error.kind(), "invalid_argument", "{member}");
        assert_no_canary(member, format!("{error} {error:?}").as_bytes());
    }
    let secret_role = json!({"request": {"model": "m", "messages": [{"role": "Bearer canary"}]}, "response": {}});
    assert_no_canary("role", session.record_modelio(&secret_role, None, None).unwrap_err().to_string().as_bytes());
    session.close(None).unwrap();
    assert_valid(&folder);
    assert_no_canary("the bundle", &all_bytes(&folder));
}

#[test]
fn no_debug_text_of_a_public_type_tells_a_secret() {
    let secret = json!({"password": "canary", "text": "canary", "list": ["canary"]});
    let value = to_value(&secret).unwrap();
    let builder =
        Session::builder("canary@example.org", "canary", "folder").client_version("canary").tag("a", "canary");
    let policy = RedactionPolicy::builder().drop_key("canary").build();
    let shown: [(&str, &dyn Debug); 5] = [
        ("Value", &value),
        ("Value::String", &Value::from("canary")),
        ("a parse error", &parse(br#"{"canary": canary}"#)),
        ("SessionBuilder", &builder),
        ("RedactionPolicy", &policy),
    ];
    for (what, value) in shown {
        assert_no_canary(what, format!("{value:?} {value:#?}").as_bytes());
    }
}

/// A policy of the user's that rewrites what the recorder itself writes must not cost the steps.
#[test]
fn a_policy_that_rewrites_everything_leaves_steps_that_can_be_read() {
    let root = bundles("bad_secrets_zealous");
    let zealous = RedactionPolicy::builder().redactor(|_| Some("gone".to_owned())).build();
    let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full).with_redaction(zealous);
    let (dispatch, guard) = recorder_of(config);
    with_default(&dispatch, || {
        let _run = run_span!("zealous").entered();
        step_span!("click", augur.step.intent = "canary", augur.verdict.status = "passed").in_scope(|| info!("canary"));
    });
    let report = end(guard);
    let bundle = only_bundle(&report);
    assert!(bundle.join("steps/0000.json").exists());
    assert_no_canary("the bundle", &all_bytes(&root));
}
