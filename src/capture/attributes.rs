//! The gate for telemetry: attributes and events, by their names. What leaves as OTLP passes it, and what dialects found in
//! telemetry passes it on the way to events and logs.

#[cfg(feature = "otlp")]
use super::{Artifact, CaptureMode, OPEN, Origin, gate_members, session_floor, step_floor};
#[cfg(feature = "otlp")]
use crate::record::{EventLayer, Value, parse};

/// The lowest mode at which an attribute of a span or event may leave as OTLP. Attributes of the user's own always may.
#[cfg(feature = "otlp")]
pub(crate) fn attribute_floor(name: &str) -> CaptureMode {
    let Some(rest) = name.strip_prefix("augur.") else {
        return if is_content(name) { CaptureMode::ModelIo } else { CaptureMode::Off };
    };
    if let Some(path) = rest.strip_prefix("run.") {
        return match path.split('.').next().unwrap_or_default() {
            key @ ("id" | "status" | "tags" | "costs" | "task_spec_id" | "task_spec" | "live") => {
                session_floor(key).max(CaptureMode::Metadata)
            }
            "client" | "artifact_root" | "trace_uri" | "started_at" | "ended_at" => CaptureMode::Metadata,
            // As a whole it may hold what was changed.
            "branch_context"
                if path.strip_prefix("branch_context.").is_some_and(|rest| !rest.starts_with("mutation")) =>
            {
                CaptureMode::Metadata
            }
            _ => CaptureMode::Trace,
        };
    }
    let path = rest.strip_prefix("step.").unwrap_or(rest);
    let mut parts = path.splitn(3, '.');
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("capture_mode" | "index" | "id" | "type" | "iterations", None) => CaptureMode::Metadata,
        // An object as a whole: what is in it is judged member by member, see `gate_attribute`.
        ("action" | "branch_context", None) => CaptureMode::Metadata,
        ("screenshot" | "image" | "observation", _) => CaptureMode::Screenshots,
        (first, Some(second)) if OPEN.contains(&first) => step_floor(&format!("{first}.{second}"), Origin::Stated),
        (first, _) => step_floor(first, Origin::Stated),
    }
}

/// Takes what does not pass out of an attribute that holds a whole object as JSON text. `None` if nothing of it may leave.
#[cfg(feature = "otlp")]
pub(crate) fn gate_attribute(name: &str, text: String, mode: CaptureMode) -> Option<String> {
    let Some(rest) = name.strip_prefix("augur.") else { return Some(text) };
    let path = rest.strip_prefix("step.").unwrap_or(rest);
    if !OPEN.contains(&path) {
        return Some(text);
    }
    let Ok(Value::Object(mut members)) = parse(text.as_bytes()) else {
        // What it says cannot be told, so it needs the mode of the most that it could say.
        return (mode >= CaptureMode::Dispatch).then_some(text);
    };
    let before = members.len();
    if !gate_members(path, &mut members, mode, Origin::Stated) {
        return None;
    }
    Some(if members.len() == before { text } else { Value::Object(members).to_string() })
}

/// Whether an attribute of a known dialect holds prompt, model or tool text.
pub(crate) fn is_content(name: &str) -> bool {
    const EXACT: &[&str] = &[
        "gen_ai.system_instructions",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.definitions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.tool.description",
        "gen_ai.retrieval.query.text",
        "gen_ai.retrieval.documents",
        "gen_ai.memory.query.text",
        "gen_ai.memory.records",
        "gen_ai.evaluation.explanation",
        "input.value",
        "output.value",
        "tool.parameters",
        "llm.function_call",
        "traceloop.entity.input",
        "traceloop.entity.output",
        "langfuse.input",
        "langfuse.output",
        "gcp.vertex.agent.llm_request",
        "gcp.vertex.agent.llm_response",
        "user_message",
        "trace_input",
        "trace_output",
        "input_json",
        "output_json",
        "tool.args",
        "tool.result",
        "reranker.query",
        "gen_ai.event.content",
    ];
    // `gen_ai.prompt` and `gen_ai.prompt.0.content` are text; `gen_ai.prompt.name` and `.version` are not.
    const PREFIXES: &[&str] = &[
        "gen_ai.prompt",
        "gen_ai.completion",
        "llm.input_messages",
        "llm.output_messages",
        "llm.prompts",
        "llm.choices",
        "llm.tools",
        "llm.request.functions",
        "llm.prompt_template",
    ];
    EXACT.contains(&name)
        || PREFIXES.iter().any(|prefix| {
            name.strip_prefix(prefix).is_some_and(|rest| {
                (rest.is_empty() || rest.starts_with('.')) && !matches!(rest, ".name" | ".version" | ".id")
            })
        })
}

/// Names that hold such text on a span of a known dialect, and may be anything elsewhere.
#[cfg(feature = "otlp")]
pub(crate) fn bare_content(name: &str) -> bool {
    matches!(name, "arguments" | "args" | "input" | "output" | "prompt" | "completion" | "content" | "body")
}

/// Targets whose events carry whole requests and answers of a model.
const CONTENT_TARGETS: &[&str] = &["rig::completions", "rig::streaming", "codex_otel.log_only"];

/// Events that carry them, in the conventions that put them there.
const CONTENT_EVENTS: &[&str] = &[
    "gen_ai.client.inference.operation.details",
    "gen_ai.system.message",
    "gen_ai.user.message",
    "gen_ai.assistant.message",
    "gen_ai.tool.message",
    "gen_ai.choice",
    "gen_ai.content.prompt",
    "gen_ai.content.completion",
];

/// Whether an event as a whole is prompt, model or tool text, by its target and its name.
pub(crate) fn is_content_event(target: &str, name: &str) -> bool {
    CONTENT_TARGETS.iter().any(|content| target.starts_with(content)) || content_event(name).is_some()
}

/// The name itself, if it is one of those in the conventions.
pub(crate) fn content_event(name: &str) -> Option<&'static str> {
    CONTENT_EVENTS.iter().find(|known| **known == name).copied()
}

/// The lowest mode at which an event of a span may leave as OTLP, by its target, its name and the layer that it names.
#[cfg(feature = "otlp")]
pub(crate) fn event_floor(target: &str, name: &str, layer: Option<&str>) -> CaptureMode {
    if is_content_event(target, name) {
        return CaptureMode::ModelIo;
    }
    match layer.map(str::parse::<EventLayer>) {
        Some(Ok(layer)) => Artifact::Event(layer).floor(),
        Some(Err(_)) => CaptureMode::Trace,
        None => CaptureMode::Off,
    }
}

#[cfg(all(test, feature = "otlp"))]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_attributes_always_leave_and_content_waits() {
        for (name, floor) in [
            ("http.route", CaptureMode::Off),
            ("gen_ai.request.model", CaptureMode::Off),
            ("gen_ai.usage.input_tokens", CaptureMode::Off),
            ("gen_ai.prompt.name", CaptureMode::Off),
            ("gen_ai.prompt", CaptureMode::ModelIo),
            ("gen_ai.prompt.0.content", CaptureMode::ModelIo),
            ("gen_ai.input.messages", CaptureMode::ModelIo),
            ("llm.input_messages.0.message.content", CaptureMode::ModelIo),
            ("augur.step.type", CaptureMode::Metadata),
            ("augur.step.status", CaptureMode::Metadata),
            ("augur.step.intent", CaptureMode::Trace),
            ("augur.run.id", CaptureMode::Metadata),
            ("augur.action.type", CaptureMode::Metadata),
            ("augur.action.params.x", CaptureMode::Trace),
            ("augur.action.dispatch_backend", CaptureMode::Dispatch),
            ("augur.costs.total_usd", CaptureMode::Metadata),
            ("augur.verdict.status", CaptureMode::Trace),
            ("augur.anything", CaptureMode::Trace),
            ("augur.run.tags.env", CaptureMode::Metadata),
            ("augur.run.task_spec.instruction", CaptureMode::Trace),
            ("augur.run.live.video_url", CaptureMode::Video),
            ("augur.run.anything", CaptureMode::Trace),
            ("augur.run.branch_context", CaptureMode::Trace),
            ("augur.run.branch_context.mutation.model", CaptureMode::Trace),
            ("augur.run.branch_context.branch_id", CaptureMode::Metadata),
            ("augur.run.client.name", CaptureMode::Metadata),
            ("augur.action", CaptureMode::Metadata),
            ("augur.branch_context.parent_run_id", CaptureMode::Metadata),
            ("augur.branch_context.mutation.prompt", CaptureMode::Trace),
            ("augur.observation_pre", CaptureMode::Screenshots),
        ] {
            assert_eq!(attribute_floor(name), floor, "{name}");
        }
        assert_eq!(event_floor("rig::completions", "event", None), CaptureMode::ModelIo);
        assert_eq!(event_floor("app", "gen_ai.choice", None), CaptureMode::ModelIo);
        assert_eq!(event_floor("app", "clicked", Some("dispatch")), CaptureMode::Dispatch);
        assert_eq!(event_floor("app", "clicked", None), CaptureMode::Off);
    }
    #[test]
    fn an_object_in_one_attribute_loses_the_members_that_do_not_pass() {
        let action = r#"{"dispatch_backend": "cdp", "params": {"x": 1}, "type": "click"}"#;
        for (name, text, mode, left) in [
            ("augur.action", action, CaptureMode::Metadata, Some(r#"{"type": "click"}"#)),
            ("augur.step.action", action, CaptureMode::Trace, Some(r#"{"params": {"x": 1}, "type": "click"}"#)),
            ("augur.action", action, CaptureMode::Dispatch, Some(action)),
            ("augur.action", r#"{"params": {}}"#, CaptureMode::Metadata, None),
            ("augur.action", "click", CaptureMode::Trace, None),
            (
                "augur.branch_context",
                r#"{"mutation": {}, "branch_id": "b"}"#,
                CaptureMode::Metadata,
                Some(r#"{"branch_id": "b"}"#),
            ),
            ("augur.intent", "{}", CaptureMode::Trace, Some("{}")),
            ("http.route", action, CaptureMode::Off, Some(action)),
        ] {
            assert_eq!(gate_attribute(name, text.to_owned(), mode).as_deref(), left, "{name} at {mode}");
        }
    }
}
