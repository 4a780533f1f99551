//! Steps that are marked as sensitive: pictures, model calls, reasoning and the details of events are not kept, whenever the
//! mark comes; the manifest says which pictures are missing.

use crate::{
    assert_valid,
    support::{PIXEL, all_bytes, at, bundles, contains, json as read, lines, text},
};
use serde_json::json;
use std::{path::Path, time::Duration};
use tracing::{dispatcher::with_default, field, info, info_span};
use tracing_augur::{
    CaptureMode, Config, FlightRecorder, Moment, Session, SpanExt, decision, record::ModelLayer, run_span,
    session::ReasoningOptions, step_span,
};
use tracing_subscriber::prelude::*;

/// Nothing that a policy would know: the mark alone takes it out.
const PRIVATE: &str = "the patient has a headache";
const PUBLIC: &str = "the form was sent";

fn step(index: u64, more: serde_json::Value) -> serde_json::Value {
    let mut step = json!({"step_id": format!("run/step/{index:04}"), "step_index": index, "step_type": "click", "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z", "intent": PUBLIC,
        "observation_pre": format!("screenshots/{index:04}_pre.png"), "observation_post": format!("screenshots/{index:04}_post.png")});
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

fn evidence(session: &Session, index: u64, private: &str) {
    session.attach_observation(index, Moment::Before, PIXEL.to_vec()).unwrap();
    session.attach_observation(index, Moment::After, PIXEL.to_vec()).unwrap();
    let event = json!({"ts": "2026-01-01T00:00:00Z", "layer": "model", "kind": "info", "summary": PUBLIC, "step_index": index,
        "detail": {"note": private}});
    session.record_event(&event).unwrap();
    let call = json!({"request": {"model": "m", "system": private}, "response": {"text": private}});
    session.record_modelio(&call, Some(index), None).unwrap();
    session.record_modelio(&call, Some(index), Some(ModelLayer::Verifier)).unwrap();
    session.record_reasoning(index, private, &ReasoningOptions::default()).unwrap();
}

#[test]
fn whenever_a_session_marks_a_step_nothing_private_of_it_is_left() {
    for (name, before, after, member) in
        [("first", true, false, false), ("last", false, true, false), ("member", false, false, true)]
    {
        let folder = bundles(&format!("sensitive_{name}")).join("run");
        let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().unwrap();
        evidence(&session, 0, "the weather is fine");
        session.record_step(&step(0, json!({"sensitive": false}))).unwrap();
        if before {
            session.mark_sensitive(1).unwrap();
        }
        evidence(&session, 1, PRIVATE);
        if before {
            assert!(!contains(&all_bytes(&folder), PRIVATE.as_bytes()), "not for a moment");
        }
        session.record_step(&step(1, if member { json!({"sensitive": true}) } else { json!({}) })).unwrap();
        if after {
            session.mark_sensitive(1).unwrap();
        }
        // What comes after the mark is not kept either, and the same call is not thought to be there.
        evidence(&session, 1, PRIVATE);
        let call = json!({"request": {"model": "m"}, "response": {"text": PRIVATE}, "prompt_hash": "1".repeat(64)});
        assert_eq!(session.record_modelio(&call, Some(1), None).unwrap(), None);
        session.close(None).unwrap();
        assert_private(&folder);
        assert_eq!(lines(folder.join("events/0001.jsonl")).len(), 2);
        // The other step is whole.
        for path in ["screenshots/0000_pre.png", "modelio/0000-model-0.json", "modelio/0000-verifier-0.json"] {
            assert!(folder.join(path).exists(), "{path}");
        }
        assert_eq!(text(&lines(folder.join("events/0000.jsonl"))[0], "detail.note"), "the weather is fine");
        assert_eq!(lines(folder.join("events/reasoning.jsonl")).len(), 1);
    }
}

fn assert_private(folder: &Path) {
    assert_valid(folder);
    assert!(!contains(&all_bytes(folder), PRIVATE.as_bytes()), "{}", folder.display());
    let manifest = read(folder.join("manifest.json"));
    let missing = r#"["screenshots/0001_post.png", "screenshots/0001_pre.png"]"#;
    assert_eq!(at(&manifest, "missing").to_string(), missing);
    let trace = read(folder.join("trace.json"));
    assert_eq!(text(&trace, "session.tags.augur.sensitive_steps"), "");
    assert_eq!(at(&trace, "session.tags").get("augur.sensitive_steps").and_then(|count| count.as_str()), Some("1"));
    let step = at(&trace, "steps.1");
    assert_eq!((text(step, "intent"), at(step, "sensitive").is_null()), (PUBLIC, true));
    let events = lines(folder.join("events/0001.jsonl"));
    assert!(events.iter().any(|event| text(event, "summary") == PUBLIC), "summaries stay");
    assert!(events.iter().all(|event| at(event, "detail").is_null()));
}

#[test]
fn a_mark_that_is_neither_true_nor_false_is_refused() {
    let folder = bundles("sensitive_refused").join("run");
    let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().unwrap();
    let error = session.record_step(&step(0, json!({"sensitive": "yes"}))).unwrap_err();
    assert!(error.to_string().contains("sensitive must be true or false"), "{error}");
    session.close(None).unwrap();
}

/// Two steps, of which the second is marked.
fn agent(mark: &str) {
    let _run = run_span!("run").entered();
    for private in ["the weather is fine", PRIVATE] {
        let early = mark == "field" && private == PRIVATE;
        let step = step_span!(
            "click",
            augur.step.intent = PUBLIC,
            augur.step.sensitive = early,
            augur.sensitive = field::Empty
        );
        let _in = step.enter();
        if private == PRIVATE {
            match mark {
                "late field" => {
                    step.record("augur.sensitive", "true");
                }
                "member" => {
                    step.record_member("sensitive", &true);
                }
                "event" => info!(augur.step.sensitive = true, "from here on"),
                _ => {}
            }
        }
        step.record_screenshot(Moment::Before, PIXEL).record_screenshot(Moment::After, PIXEL);
        decision!(Planner, Decision, PUBLIC, note = private);
        let call = json!({"request": {"model": "m", "system": private}, "response": {"text": private}});
        step.record_model_call(ModelLayer::Model, &call);
        if mark == "very late field" {
            // What was derived from telemetry meanwhile has gone into summaries, which stay.
            step.record("augur.sensitive", private == PRIVATE);
            continue;
        }
        let chat = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = "m",
            gen_ai.system_instructions = private
        );
        chat.in_scope(|| info!(gen_ai.completion = private, "answered"));
        let tool = info_span!(
            "execute_tool",
            gen_ai.operation.name = "execute_tool",
            gen_ai.tool.name = "t",
            gen_ai.tool.call.arguments = private,
            gen_ai.tool.call.result = private
        );
        tool.in_scope(|| ());
    }
}

fn recorded(config: Config, mark: &str) -> std::path::PathBuf {
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    with_default(&dispatch, || agent(mark));
    let report = guard.shutdown(Duration::from_secs(30));
    assert!(report.is_complete(), "{report}");
    report.bundles[0].folder.clone().unwrap()
}

#[test]
fn however_a_span_is_marked_nothing_private_of_its_step_is_left() {
    for mark in ["field", "late field", "member", "event", "very late field"] {
        let root = bundles(&format!("sensitive_spans_{}", mark.replace(' ', "_")));
        let folder = recorded(Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full), mark);
        // Log lines are no details of events, and say what the agent says aloud.
        assert_private(&folder);
        assert!(folder.join("modelio/0000-model-0.json").exists());
        assert!(contains(&all_bytes(&folder), b"the weather is fine"));
    }
}

#[test]
fn the_flight_recorder_does_not_bring_a_sensitive_step_back() {
    let root = bundles("sensitive_flight");
    let config = Config::new("agent")
        .with_root(&root)
        .with_capture_mode(CaptureMode::Trace)
        .with_flight_recorder(FlightRecorder::default());
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    with_default(&dispatch, || {
        let run = run_span!("run").entered();
        agent_step(PRIVATE, true);
        agent_step("the weather is fine", false);
        drop(run);
    });
    let report = guard.shutdown(Duration::from_secs(30));
    let folder = report.bundles[0].folder.clone().unwrap();
    assert_valid(&folder);
    assert!(!contains(&all_bytes(&folder), PRIVATE.as_bytes()));
    assert!(folder.join("screenshots/0001_pre.png").exists(), "the failure brought the other step back");
    assert!(!folder.join("screenshots/0000_pre.png").exists());
}

fn agent_step(private: &str, sensitive: bool) {
    let step = step_span!("click", augur.step.status = "failed", augur.step.sensitive = sensitive);
    step.in_scope(|| {
        step.record_screenshot(Moment::Before, PIXEL);
        decision!(Planner, Decision, PUBLIC, note = private);
        step.record_model_call(
            ModelLayer::Model,
            &json!({"request": {"model": "m", "system": private}, "response": {}}),
        );
    });
}

#[cfg(feature = "otlp")]
#[test]
fn of_a_sensitive_step_only_what_is_public_leaves_for_a_real_collector() {
    for mark in ["field", "late field", "member", "event"] {
        let mut collector = crate::real_parts::Collector::start();
        let root = bundles(&format!("sensitive_otlp_{}", mark.replace(' ', "_")));
        let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full);
        recorded(config.with_otlp(true).with_otlp_endpoint(collector.http_endpoint()), mark);
        let spans = collector.wait_for_spans(7, Duration::from_secs(20));
        let marked =
            spans.iter().filter(|span| span.attributes.get("augur.step.sensitive").is_some_and(|mark| mark == true));
        assert_eq!(marked.count(), 3, "{mark}: the step, its model call and its tool");
        let events = spans.iter().flat_map(|span| &span.events);
        assert!(
            events
                .filter(|event| event.name == PUBLIC || event.attributes.values().any(|value| value == PUBLIC))
                .count()
                >= 1
        );
        collector.stop();
        assert!(!contains(&collector.raw_bytes(), PRIVATE.as_bytes()), "{mark}");
        assert!(contains(&collector.raw_bytes(), b"the weather is fine"));
    }
}
