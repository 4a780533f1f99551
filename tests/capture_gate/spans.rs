//! The gate of the tracing door: one run for each mode, and runs whose mode changes on the way. What the same spans leave as
//! OTLP is looked at beside it, in `otlp`.

use super::{
    left_in, marker,
    spans_table::{RUN, Row, TABLE},
    support::{PIXEL, bundles, json, text},
};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tracing::{field::Empty, info, info_span, warn};
use tracing_augur::{
    CaptureMode, Config, FlightRecorder, Moment, SpanExt, bundle::validate, decision, record::ModelLayer, run_span,
    step_span,
};
use tracing_subscriber::prelude::*;

/// Before each phase but the first the mode is set, or cleared with `None`.
pub(super) type Turns<'a> = &'a [Option<CaptureMode>];

/// A run under the settings. Returns the folder of its bundle; none where capture is off.
pub(super) fn run(config: Config, turns: Turns<'_>) -> Option<PathBuf> {
    let (layer, guard) = tracing_augur::layer(config.with_client_version("1")).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let said = |name| marker(name, 0);
        let run = run_span!(
            "run",
            augur.run.tags.note = said("run-tag"),
            augur.run.tags.late = Empty,
            augur.run.task_spec.instruction = said("instruction"),
            augur.run.live.video_url = format!("https://example.com/{}", said("video-url")),
            augur.run.live.status_url = format!("https://example.com/{}", said("status-url")),
            augur.run.no_schema_has_it = said("unknown-of-the-run")
        );
        let _in_run = run.enter();
        say_everything(0);
        run.record("augur.run.tags.late", said("late-run-tag"));
        for (phase, turn) in (1..).zip(turns) {
            match turn {
                Some(mode) => run.set_capture_mode(*mode),
                None => run.clear_capture_mode(),
            };
            say_everything(phase);
        }
    });
    let report = guard.shutdown(Duration::from_secs(20));
    assert!(report.is_complete(), "{report}");
    report.bundles.first().and_then(|bundle| bundle.folder.clone())
}

fn say_everything(phase: u64) {
    let said = |name: &str| marker(name, phase);
    info_span!("own", otel.name = said("own-span"), own.field = said("own-field")).in_scope(|| {
        info!(own.field = said("log-field"), "{}", said("log"));
    });
    stated_step(phase);
    model_calls(phase);
    tools(phase);
    others(phase);
    openinference(phase);
}

fn stated_step(phase: u64) {
    let said = |name: &str| marker(name, phase);
    let step = step_span!(
        said("step-type"),
        own.field = said("own-field-of-a-step"),
        augur.step.failure_class = said("failure-class"),
        augur.step.intent = said("intent"),
        augur.step.no_schema_has_it = said("no-schema-has-it"),
        augur.group_id = said("group"),
        augur.action.type = said("action-type"),
        augur.action.params.to = said("param"),
        augur.action.dispatch_backend = said("backend"),
        augur.branch_context.parent_run_id = said("parent-run"),
        augur.branch_context.branch_point_step_index = 0,
        augur.branch_context.mutated_axis = "prompt",
        augur.branch_context.mutation.how = said("mutation"),
        augur.grounding.provider = said("grounding-provider"),
        augur.grounding.target_label = said("target-label"),
        augur.grounding.provenance = "screenshot",
        augur.recovery_decision.type = "retry",
        augur.recovery_decision.reason = said("recovery-reason"),
        augur.captured_versions.prompt = said("version-prompt"),
        augur.env_fingerprint.url_host = said("host"),
        augur.verdict.status = "failed",
        augur.verdict.reason = Empty
    );
    step.record_screenshot(Moment::Before, PIXEL).record_screenshot(Moment::After, PIXEL);
    let judged = json!([{
        "judge_id": said("judge"), "judge_type": "model", "verdict": {"status": "failed", "reason": said("judge-reason")},
    }]);
    step.record_member("judge_decisions", &judged);
    step.record_member("subgoals_completed", &json!([{"subgoal_id": said("subgoal"), "completion": 1}]));
    let call =
        json!({"request": {"model": "m", "system": said("call-prompt")}, "response": {"text": said("call-answer")}});
    step.record_model_call(ModelLayer::Model, &call);
    let _in_step = step.enter();
    decision!(Planner, Decision, said("event-planner"), more = said("event-field"));
    decision!(Grounding, Decision, said("event-grounding"));
    decision!(Model, Decision, said("event-model"));
    decision!(Dispatch, Decision, said("event-dispatch"));
    decision!(Verifier, Decision, said("event-verifier"));
    decision!(StepRecovery, Decision, said("event-step_recovery"));
    decision!(Routing, Decision, said("event-routing"));
    decision!(Runner, Decision, said("event-runner"));
    decision!(Adapter, Decision, said("event-adapter"));
    info!(augur.grounding.evidence = said("said-in-an-event"));
    warn!("{}", said("warning"));
    step.record("augur.verdict.reason", said("verdict-reason"));
    // An action as one field, and as one value.
    let action = |name: &str| {
        json!({
            "type": said(&format!("{name}-action-type")), "params": {"to": said(&format!("{name}-param"))},
            "dispatch_backend": said(&format!("{name}-backend")),
        })
    };
    let branch = json!({
        "parent_run_id": "p", "branch_point_step_index": 0, "mutated_axis": "prompt", "mutation": {"how": said("whole-mutation")},
    });
    step_span!("click", augur.action = action("whole").to_string(), augur.branch_context = branch.to_string());
    let late = step_span!("click");
    late.record_action(&action("member"));
    late.record_verdict(&json!({"status": "failed", "reason": said("late-verdict-reason")}));
}

fn model_calls(phase: u64) {
    let said = |name: &str| marker(name, phase);
    let input = json!([{"role": "user", "parts": [{"type": "text", "content": said("prompt")}]}]);
    let output = json!([{"role": "assistant", "parts": [
        {"type": "reasoning", "content": said("thought")}, {"type": "text", "content": said("answer")},
        {"type": "tool_call", "id": "1", "name": "t", "arguments": {"a": said("asked-argument")}},
    ], "finish_reason": "tool_call"}]);
    let chat = info_span!(
        "chat",
        gen_ai.operation.name = "chat",
        gen_ai.request.model = said("model-name"),
        gen_ai.system_instructions = json!([{"type": "text", "content": said("system")}]).to_string(),
        gen_ai.tool.definitions = json!([{"type": "function", "name": said("tool-definition")}]).to_string(),
        gen_ai.input.messages = input.to_string(),
        gen_ai.output.messages = Empty
    );
    chat.in_scope(|| {
        info!(gen_ai.input.messages = said("prompt-in-a-log"), "asked");
        warn!(gen_ai.prompt = said("prompt-in-a-warning"), "asked again");
    });
    chat.record("gen_ai.output.messages", output.to_string());
    drop(chat);
    // The older form has one field for each part of a message.
    info_span!(
        "chat",
        gen_ai.operation.name = "chat",
        gen_ai.request.model = "m",
        gen_ai.prompt = json!([{"role": "user", "content": said("flat-prompt")}]).to_string(),
        gen_ai.completion = json!([{"role": "assistant", "content": said("flat-answer")}]).to_string()
    );
    let told_in_events = info_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "m");
    told_in_events.in_scope(|| {
        let messages = json!([{"role": "user", "parts": [{"type": "text", "content": said("details-prompt")}]}]);
        let name = "gen_ai.client.inference.operation.details";
        info!(event.name = name, gen_ai.input.messages = messages.to_string());
    });
    let told_in_events = info_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "m");
    told_in_events.in_scope(|| {
        info!(name: "gen_ai.user.message", content = said("user-message"));
        info!(target: "codex_otel.log_only", event_name = "codex.user_prompt", prompt = said("codex-prompt"));
    });
}

fn tools(phase: u64) {
    let said = |name: &str| marker(name, phase);
    info_span!(
        "execute_tool",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = said("tool-name"),
        gen_ai.tool.call.arguments = json!({"a": said("argument")}).to_string(),
        gen_ai.tool.call.result = said("result")
    );
    step_span!("around").in_scope(|| {
        info_span!(
            "execute_tool",
            gen_ai.operation.name = "execute_tool",
            gen_ai.tool.name = "t",
            arguments = json!({"a": said("bare-argument")}).to_string(),
            output = said("bare-result")
        );
    });
}

fn others(phase: u64) {
    let said = |name: &str| marker(name, phase);
    info_span!(
        "invoke_agent",
        gen_ai.operation.name = "invoke_agent",
        gen_ai.agent.name = said("agent-name"),
        gen_ai.prompt = said("agent-prompt"),
        gen_ai.completion = said("agent-answer")
    );
    info_span!(
        "retrieval",
        gen_ai.operation.name = "retrieval",
        gen_ai.retrieval.query.text = said("query"),
        gen_ai.retrieval.documents = json!([{"id": "1", "content": said("document")}]).to_string()
    );
    step_span!("judged").in_scope(|| {
        info!(
            event.name = "gen_ai.evaluation.result",
            gen_ai.evaluation.name = "relevance",
            gen_ai.evaluation.score.label = said("evaluation-label"),
            gen_ai.evaluation.explanation = said("explanation")
        );
    });
}

fn openinference(phase: u64) {
    let said = |name: &str| marker(name, phase);
    info_span!("guard", openinference.span.kind = "GUARDRAIL", output.value = said("guardrail-output"));
    info_span!("judge", openinference.span.kind = "EVALUATOR", output.value = said("judged-output"));
    info_span!("chain", openinference.span.kind = "CHAIN", input.value = said("chain-input"));
    info_span!(
        "call",
        openinference.span.kind = "LLM",
        llm.model_name = "m",
        input.value = json!([{"role": "user", "content": said("openinference-prompt")}]).to_string(),
        "llm.input_messages.0.message.content" = said("message-of-its-own-field"),
        output.value = said("openinference-answer")
    );
}

/// Holds the bytes that an exit left against its column of a table.
pub(super) fn assert_column(
    what: &str,
    left: &str,
    table: &[Row],
    column: fn(&Row) -> Option<CaptureMode>,
    modes: &[CaptureMode],
) {
    let mut wrong = Vec::new();
    for (phase, mode) in (0_u64..).zip(modes) {
        for row in table {
            let expected = column(row).is_some_and(|floor| *mode >= floor);
            if left.contains(&marker(row.0, phase)) != expected {
                wrong.push(format!("{} in phase {phase} at {mode}: expected {expected}", row.0));
            }
        }
    }
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

fn in_bundle(row: &Row) -> Option<CaptureMode> {
    row.1
}

/// The modes of the phases.
pub(super) fn modes(base: CaptureMode, turns: Turns<'_>) -> Vec<CaptureMode> {
    [base].into_iter().chain(turns.iter().map(|turn| turn.unwrap_or(base))).collect()
}

fn assert_bundle(bundle: &Path, modes: &[CaptureMode]) {
    let left = left_in(bundle);
    assert_column("bundle", &left, TABLE, in_bundle, modes);
    assert_column("bundle", &left, RUN, in_bundle, &modes[..1]);
    let report = validate(bundle);
    assert!(report.is_valid(), "{}: {:?}", bundle.display(), report.problems);
}

pub(super) fn config(test: &str, mode: CaptureMode) -> Config {
    Config::new("agent").with_root(bundles(&format!("{test}_{mode}"))).with_capture_mode(mode)
}

#[test]
fn every_cell_of_a_run_of_spans_is_as_the_table_has_it() {
    for mode in CaptureMode::ALL {
        match run(config("gate_spans", mode), &[]) {
            Some(bundle) => {
                assert_bundle(&bundle, &[mode]);
                let pictures = bundle.join("screenshots/0000_pre.png").exists();
                assert_eq!(pictures, mode >= CaptureMode::Screenshots, "{mode}");
            }
            None => assert_eq!(mode, CaptureMode::Off),
        }
    }
}

/// Three steps, the second of which fails under a recorder that then turns the mode up.
pub(super) fn run_with_a_failure(config: Config) -> PathBuf {
    let (layer, guard) =
        tracing_augur::layer(config.with_flight_recorder(FlightRecorder::upgrade_on_failure(CaptureMode::Full)))
            .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let _run = run_span!("run").entered();
        for (phase, status) in [(0, "succeeded"), (1, "failed"), (2, "succeeded")] {
            let said = |name: &str| marker(name, phase);
            let step = step_span!("click", augur.step.status = status, augur.step.intent = said("intent"));
            step.in_scope(|| decision!(Dispatch, Decision, said("event-dispatch")));
            drop(step);
            // What the failure of a step turns up is turned up once its files are in place.
            assert!(!guard.flush().late);
        }
    });
    let report = guard.shutdown(Duration::from_secs(20));
    assert!(report.is_complete(), "{report}");
    report.bundles[0].folder.clone().unwrap()
}

pub(super) fn assert_upgraded(what: &str, left: &str) {
    for name in ["intent", "event-dispatch"] {
        let found = [0, 1, 2].map(|phase| left.contains(&marker(name, phase)));
        assert_eq!(found, [false, false, true], "{name}: {what}");
    }
}

#[test]
fn the_first_failure_turns_the_mode_up_for_the_steps_after_it() {
    let bundle = run_with_a_failure(config("gate_spans_upgraded", CaptureMode::Metadata));
    assert_upgraded("bundle", &left_in(&bundle));
}

pub(super) const TURNS: &[(CaptureMode, Turns<'static>)] = &[
    (
        CaptureMode::Metadata,
        &[Some(CaptureMode::Full), Some(CaptureMode::Trace), Some(CaptureMode::Off), Some(CaptureMode::ModelIo), None],
    ),
    (
        CaptureMode::Full,
        &[Some(CaptureMode::Metadata), Some(CaptureMode::Screenshots), None, Some(CaptureMode::Off), None],
    ),
];

#[test]
fn a_mode_that_is_set_moves_the_gate_for_the_spans_after_it_until_it_is_cleared() {
    for (base, turns) in TURNS {
        let bundle = run(config("gate_spans_turned", *base), turns).unwrap();
        assert_bundle(&bundle, &modes(*base, turns));
        assert_eq!(text(&json(bundle.join("manifest.json")), "capture_mode"), base.as_str());
    }
}
