//! Every shape in every place of a span or an event: nothing of it reaches the bundle, the console, or a real collector.

use crate::{
    Carried, assert_valid,
    draw::{Draw, Shape, assert_nothing_left},
    drawn,
    support::{PIXEL, all_bytes, at, bundles, json as read, lines},
};
use serde_json::{Value as Json, json};
use std::{path::Path, time::Duration};
use tracing::{dispatcher::with_default, error, info, info_span, warn};
use tracing_augur::{CaptureMode, Config, Moment, Report, SpanExt, decision, record::ModelLayer, run_span, step_span};
use tracing_subscriber::prelude::*;

#[derive(Debug)]
struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// What carries a text, below a run.
type Carrier = (&'static str, fn(&str, &Json));

const CARRIERS: &[Carrier] = &[
    ("fields of a step", |text, _| {
        let step = step_span!("step", augur.step.intent = text, augur.action.type = "type", augur.action.params.text = text, augur.verdict.status = "failed",
            augur.verdict.reason = text, augur.grounding.target_label = text, augur.step.mood = text, note = text);
        step.in_scope(|| ());
    }),
    ("fields set late", |text, _| {
        let step = step_span!(
            "step",
            augur.step.intent = tracing::field::Empty,
            note = tracing::field::Empty,
            augur.mood = tracing::field::Empty
        );
        step.record("augur.step.intent", text).record("note", text).record("augur.mood", text);
    }),
    ("structured values", |text, value| {
        let step = step_span!("step");
        step.record_action(
            &json!({"type": "type", "params": {"text": text, "value": value, "list": [text, {"deep": value}]}}),
        );
        step.record_verdict(&json!({"status": "passed", "reason": text}));
        step.record_member("recovery_decision", &json!({"type": "retry", "reason": text}));
        step.record_member("no.place", &json!({"value": value, "text": text}));
    }),
    ("model call", |text, value| {
        let call = json!({"request": {"model": "m", "system": text, "messages": [{"role": "user", "content": text}]},
            "response": {"text": text, "raw": {"nested": [text, value]}, "tool_calls": [{"id": "1", "name": "t", "arguments": value}]}});
        step_span!("step").record_model_call(ModelLayer::Model, &call).record_screenshot(Moment::Before, PIXEL);
    }),
    ("decision", |text, value| {
        step_span!("step").in_scope(|| decision!(Planner, Decision, text, note = text, json = value.to_string()))
    }),
    ("message", |text, _| step_span!("step").in_scope(|| info!("{text}"))),
    ("field of an event", |text, _| step_span!("step").in_scope(|| info!(note = text, url.full = text, "said"))),
    ("debug field", |text, _| step_span!("step").in_scope(|| info!(note = ?text, list = ?[text], "said"))),
    ("warning", |text, _| step_span!("step").in_scope(|| warn!(note = text, "{text}"))),
    ("error", |text, _| {
        let failure = Failure(text.to_owned());
        step_span!("step")
            .in_scope(|| error!(error = &failure as &dyn std::error::Error, exception.message = text, "{failure}"));
    }),
    ("name of a span", |text, _| {
        info_span!("x", otel.name = text, augur.step.intent = "i", augur.step.type = "x").in_scope(|| ())
    }),
    ("type of a step", |text, _| step_span!(text).in_scope(|| ())),
    ("identity", |text, _| {
        step_span!("step", augur.step.group_id = text, augur.step.failure_class = text, augur.action.type = text)
            .in_scope(|| ());
    }),
    ("status of a span", |text, _| {
        step_span!("step", otel.status_code = "error", otel.status_message = text, error.type = text).in_scope(|| ());
    }),
    ("telemetry of a model", |text, value| {
        let messages = json!([{"role": "user", "parts": [{"type": "text", "content": text}]}]).to_string();
        let chat = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = "m",
            gen_ai.system_instructions = text,
            gen_ai.input.messages = messages.as_str(),
            gen_ai.output.messages = messages.as_str(),
            gen_ai.response.id = text
        );
        chat.in_scope(|| info!(gen_ai.completion = text, "answered"));
        let arguments = value.to_string();
        let tool = info_span!(
            "execute_tool",
            gen_ai.operation.name = "execute_tool",
            gen_ai.tool.name = "t",
            gen_ai.tool.call.arguments = arguments.as_str(),
            gen_ai.tool.call.result = text,
            gen_ai.tool.description = text
        );
        tool.in_scope(|| ());
    }),
    ("telemetry of others", |text, value| {
        let json = value.to_string();
        info_span!(
            "llm",
            openinference.span.kind = "LLM",
            input.value = text,
            output.value = json.as_str(),
            llm.model_name = "m",
            db.query.text = text,
            http.request.header.x_note = text,
            process.command_line = text
        )
        .in_scope(|| ());
    }),
];

fn tell(carrier: &Carrier, shapes: &[Carried]) {
    let note = shapes[0].shape.text.as_str();
    let id = format!("run-{}", carrier.0.replace(' ', "-"));
    let run = run_span!(id.as_str(), augur.run.tags.note = note, augur.run.task_spec.instruction = note);
    run.in_scope(|| shapes.iter().for_each(|Carried { shape, value }| (carrier.1)(&shape.text, value)));
}

fn config(root: &Path) -> Config {
    Config::new("agent").with_root(root).with_capture_mode(CaptureMode::Full)
}

fn all(shapes: &[Vec<Carried>]) -> Vec<&Shape> {
    shapes.iter().flatten().map(|carried| &carried.shape).collect()
}

fn tell_all(shapes: &[Vec<Carried>]) {
    for (carrier, shapes) in CARRIERS.iter().zip(shapes) {
        tell(carrier, shapes);
    }
}

fn assert_told(report: &Report) {
    assert!(report.is_complete(), "{report}");
    assert_eq!(report.bundles.len(), CARRIERS.len());
    for bundle in &report.bundles {
        assert_valid(bundle.folder.as_ref().unwrap());
    }
    // What carried the secret arrived: it is the secret that is missing, not the record.
    let folder = report.bundles[0].folder.as_ref().unwrap();
    // The first of the texts: those before it are JSON, which parameters are read as.
    let step = read(folder.join(format!("steps/{:04}.json", crate::table::MEMBERS.len() + 2)));
    for path in ["intent", "verdict.reason", "action.params.text"] {
        assert!(at(&step, path).as_str().is_some(), "{path}");
    }
    assert!(
        report
            .bundles
            .iter()
            .any(|bundle| !lines(bundle.folder.as_ref().unwrap().join("events/0000.jsonl")).is_empty())
    );
}

#[test]
fn no_shape_in_any_place_of_a_span_or_an_event_reaches_the_bundle() {
    let mut draw = Draw::new();
    let shapes: Vec<Vec<Carried>> = CARRIERS.iter().map(|_| drawn(&mut draw)).collect();
    let root = bundles("secrets_spans");
    let (layer, guard) = tracing_augur::layer(config(&root)).unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    with_default(&dispatch, || tell_all(&shapes));
    let report = guard.shutdown(Duration::from_secs(60));
    assert_told(&report);
    assert_nothing_left("the report", format!("{report} {report:?}").as_bytes(), &all(&shapes));
    assert_nothing_left("the bundles", &all_bytes(&root), &all(&shapes));
}

#[cfg(feature = "otlp")]
#[test]
fn no_shape_in_any_place_of_a_span_or_an_event_reaches_a_real_collector() {
    let mut collector = crate::real_parts::Collector::start();
    let mut draw = Draw::new();
    let shapes: Vec<Vec<Carried>> = CARRIERS.iter().map(|_| drawn(&mut draw)).collect();
    let root = bundles("secrets_otlp");
    let config = config(&root).with_otlp(true).with_otlp_endpoint(collector.http_endpoint());
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    with_default(&dispatch, || tell_all(&shapes));
    let report = guard.shutdown(Duration::from_secs(60));
    assert_told(&report);
    let least = shapes.iter().map(Vec::len).sum();
    let spans = collector.wait_for_spans(least, Duration::from_secs(30));
    assert!(spans.len() >= least && spans.iter().any(|span| span.attributes.contains_key("augur.step.intent")));
    collector.stop();
    assert_nothing_left("the collector", &collector.raw_bytes(), &all(&shapes));
    assert_nothing_left("the bundles", &all_bytes(&root), &all(&shapes));
}
