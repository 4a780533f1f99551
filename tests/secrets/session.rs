//! Every shape in every call of a session.

use crate::{
    Carried, assert_valid,
    draw::{Draw, assert_nothing_left},
    drawn,
    support::{all_bytes, at, bundles, json as read},
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use tracing_augur::{
    CaptureMode, Durability, Session,
    record::{JudgeType, Number, Object, ReasoningFormat, VerdictStatus, to_value},
    session::{
        EffectOptions, EnvFingerprint, JudgeOptions, LiveEndpoints, OutcomeOptions, OutcomeScope, ReasoningOptions,
        ScoreOptions, VerifierOptions, Versions,
    },
};

fn object(value: Json) -> Object {
    to_value(&value).unwrap().as_object().unwrap().clone()
}

fn bare_step(index: u64, more: Json) -> Json {
    let mut step = json!({"step_id": format!("run/step/{index:04}"), "step_index": index, "step_type": "type", "status": "failed",
        "started_at": "2026-01-01T00:00:00Z"});
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

/// What carries a text, as a call of a session at a step.
type Carrier = (&'static str, fn(&Session, u64, &str, &Json));

/// The text alone and, where the place takes any value, the value that it is the JSON of.
const CARRIERS: &[Carrier] = &[
    ("intent", |session, index, text, _| session.record_step(&bare_step(index, json!({"intent": text}))).unwrap()),
    ("action", |session, index, text, value| {
        let params = json!({"text": text, "value": value, "deep": [[{"x": text, "y": value}]], "json": json!({"x": text}).to_string()});
        session.record_step(&bare_step(index, json!({"action": {"type": "type", "params": params}}))).unwrap();
    }),
    ("step", |session, index, text, _| {
        let step = json!({
            "verdict": {"status": "failed", "reason": text},
            "grounding": {"provider": text, "provenance": "screenshot", "target_label": text, "evidence": text},
            "recovery_decision": {"type": "retry", "reason": text},
        });
        session.record_step(&bare_step(index, step)).unwrap();
    }),
    ("iteration", |session, index, text, value| {
        session.record_step(&bare_step(index, json!({}))).unwrap();
        let again = json!({"step_id": format!("run/step/{index:04}/again"), "intent": text, "action": {"type": "x", "params": {"value": value}}});
        session.record_step_iteration(index, &bare_step(index, again)).unwrap();
    }),
    ("event", |session, index, text, value| {
        let event = json!({"ts": "2026-01-01T00:00:00Z", "layer": "model", "kind": "info", "summary": text, "step_index": index,
            "detail": {"note": text, "value": value, "list": [text, {"deep": value}]}});
        session.record_event(&event).unwrap();
    }),
    ("log of a step", |session, index, text, _| session.append_log(text, Some(index), "run").unwrap()),
    ("log of the run", |session, _, text, _| session.append_log(text, None, "agent").unwrap()),
    ("model call", |session, index, text, value| {
        let call = json!({
            "request": {"model": "m", "system": text, "messages": [{"role": "user", "content": text}, {"role": "tool", "content": text}],
                "tools": [{"name": "t", "description": text}], "params": {"nested": [text, value]}},
            "response": {"text": text, "stop_reason": text,
                "tool_calls": [{"id": "1", "name": "t", "arguments": value}, {"id": "2", "name": "t", "arguments": json!({"x": text}).to_string()}]},
        });
        session.record_modelio(&call, Some(index), None).unwrap();
    }),
    ("reasoning", |session, index, text, _| {
        let options = ReasoningOptions {
            format: ReasoningFormat::ClaudeExtendedThinking,
            model: Some(text.to_owned()),
            ..ReasoningOptions::default()
        };
        let told = session.record_reasoning(index, text, &options).unwrap();
        session.append_log(&told.to_string(), None, "told").unwrap();
    }),
    ("tag", |session, index, text, _| session.add_tag(&format!("tag{index}"), text).unwrap()),
    ("name of a tag", |session, _, text, _| session.add_tag(text, "value").unwrap()),
    ("score", |session, index, text, _| {
        session.record_step(&bare_step(index, json!({}))).unwrap();
        let components = BTreeMap::from([(text.to_owned(), Number::from(1_u64))]);
        session
            .set_score(index, 0.5, &ScoreOptions { components: Some(components), ..ScoreOptions::default() })
            .unwrap();
    }),
    ("verifier", |session, index, _, value| {
        session.record_step(&bare_step(index, json!({}))).unwrap();
        let found = to_value(value).unwrap();
        let options = VerifierOptions {
            check: Some("check".to_owned()),
            expected: found.clone(),
            actual: found,
            ..VerifierOptions::default()
        };
        session.attach_verifier(index, VerdictStatus::Failed, &options).unwrap();
    }),
    ("judge", |session, index, text, _| {
        session.record_step(&bare_step(index, json!({}))).unwrap();
        let verdict = json!({"status": "failed", "reason": text});
        session.record_judge_decision(index, "judge", JudgeType::Model, &verdict, &JudgeOptions::default()).unwrap();
    }),
    ("versions and environment", |session, index, text, _| {
        session.record_step(&bare_step(index, json!({}))).unwrap();
        let text = Some(text.to_owned());
        let versions =
            Versions { model: text.clone(), prompt: text.clone(), grounder: text.clone(), ..Versions::default() };
        session.set_step_versions(index, &versions).unwrap();
        let seen = EnvFingerprint {
            url_host: text.clone(),
            url_path_template: text.clone(),
            extensions: text.map(|text| vec![text]),
            ..EnvFingerprint::default()
        };
        session.attach_env_fingerprint(index, &seen).unwrap();
    }),
    ("effect", |session, index, text, value| {
        let options = || EffectOptions { compensation_handle: Some(text.to_owned()), ..EffectOptions::default() };
        let id = session.declare_side_effect(index, text, text, &options()).unwrap();
        session.commit_side_effect(&id, &json!({"text": text, "value": value}), None).unwrap();
        let id = session.declare_side_effect(index, "x", "y", &options()).unwrap();
        session.mark_side_effect_aborted(&id, text, None).unwrap();
    }),
    ("outcome", |session, index, text, _| {
        let verdict = Some(object(json!({"status": "failed", "reason": text})));
        session.record_step(&bare_step(index, json!({}))).unwrap();
        let told = session
            .finalize_outcome(OutcomeScope::Step(index), &OutcomeOptions { verdict, ..OutcomeOptions::default() })
            .unwrap();
        session.append_log(&told.to_string(), None, "told").unwrap();
        session.mark_for_eval(index, text, None).unwrap();
    }),
    ("preference and fixture", |session, index, text, value| {
        session.record_step(&bare_step(index, json!({}))).unwrap();
        let action = json!({"type": "type", "params": {"text": text, "value": value}});
        let preference = json!({"preferred_action": action, "alternatives": [{"action": action}], "notes": text});
        session.record_preference(index, &preference).unwrap();
        let fixture = json!({"task": text, "observation": "screenshots/x.png", "expected": {"action_type": text}});
        let prior = to_value(&json!([{"step_index": 0, "action": action, "intent": text, "verdict": {"status": "failed", "reason": text}}])).unwrap();
        session.record_replay_fixture(index, &fixture, Some(prior.as_array().unwrap())).unwrap();
    }),
];

fn carry(carrier: &Carrier, shapes: &[Carried]) {
    let name = carrier.0;
    let folder = bundles(&format!("secrets_session_{}", name.replace(' ', "_"))).join("run");
    // Every canary is told once, so that none is found only because it was learned before.
    let session = Session::builder("run", "agent", &folder)
        .capture_mode(CaptureMode::Full)
        .durability(Durability::Lazy)
        .open()
        .unwrap();
    for (index, Carried { shape, value }) in (0_u64..).zip(shapes) {
        (carrier.1)(&session, index, &shape.text, value);
    }
    let manifest = session.close(None).unwrap();
    assert_valid(&folder);
    let trace = read(folder.join("trace.json"));
    let counted = at(&trace, "session.tags").as_object().unwrap().keys().any(|key| key.starts_with("augur.redacted."));
    assert!(counted, "{name}: the tags tell what was taken out");
    assert_nothing_left(name, &all_bytes(&folder), &shapes.iter().map(|carried| &carried.shape).collect::<Vec<_>>());
    assert_nothing_left(
        name,
        manifest.to_string().as_bytes(),
        &shapes.iter().map(|carried| &carried.shape).collect::<Vec<_>>(),
    );
}

#[test]
fn no_shape_in_any_call_of_a_session_reaches_the_bundle() {
    let mut draw = Draw::new();
    for carrier in CARRIERS {
        carry(carrier, &drawn(&mut draw));
    }
}

#[test]
fn no_shape_that_a_session_is_opened_with_reaches_the_bundle() {
    let mut draw = Draw::new();
    let root = bundles("secrets_opened");
    for (index, Carried { shape, value }) in drawn(&mut draw).into_iter().enumerate() {
        let (folder, text) = (root.join(format!("{index}")), shape.text.as_str());
        let spec = json!({"instruction": text, "prohibited_actions": [text], "env_id": text,
            "success_conditions": [{"kind": "text", "description": text, "params": {"value": value}}]});
        let branch = json!({"parent_run_id": "parent", "branch_point_step_index": 0, "mutated_axis": "prompt",
            "mutation": {"text": text, "value": value}});
        let session = Session::builder("run", text, &folder)
            .branch_context(&branch)
            .capture_mode(CaptureMode::Full)
            .client_version(text)
            .client_git_sha(text)
            .tag("note", text)
            .session_name(text)
            .tenant_id(text)
            .open()
            .unwrap();
        session.set_task_spec(&spec).unwrap();
        let url = Some(format!("https://live.example/{text}"));
        let live = LiveEndpoints { status_url: url.clone(), video_url: url.clone(), reasoning_url: url };
        session.set_live_endpoints(&live).unwrap();
        session.close(None).unwrap();
        assert_nothing_left("the bundle", &all_bytes(&folder), &[&shape]);
    }
}
