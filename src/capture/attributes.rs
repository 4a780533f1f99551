//! The gate for what leaves as OTLP: attributes and events, by their names.

use super::{Artifact, CaptureMode, Origin, step_floor};
use crate::record::EventLayer;

/// The lowest mode at which an attribute of a span or event may leave as OTLP. Attributes of the user's own always may.
pub(crate) fn attribute_floor(name: &str) -> CaptureMode {
    if let Some(rest) = name.strip_prefix("augur.") {
        let path = rest.strip_prefix("step.").unwrap_or(rest);
        return match path.split('.').next().unwrap_or_default() {
            "run" | "capture_mode" | "index" | "id" | "type" | "iterations" => CaptureMode::Metadata,
            "action" if path != "action.type" && path != "action.dispatch_backend" => CaptureMode::Trace,
            "costs" | "latency" => CaptureMode::Metadata,
            "screenshot" | "image" => CaptureMode::Screenshots,
            _ => step_floor(path, Origin::Stated).unwrap_or(CaptureMode::Trace),
        };
    }
    if is_content(name) { CaptureMode::ModelIo } else { CaptureMode::Off }
}

/// Whether an attribute of a known dialect holds prompt, model or tool text.
fn is_content(name: &str) -> bool {
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

/// Targets whose events carry whole requests and answers of a model.
const CONTENT_TARGETS: &[&str] = &["rig::completions", "codex_otel.log_only"];

/// The lowest mode at which an event of a span may leave as OTLP, by its target and the layer that it names.
pub(crate) fn event_floor(target: &str, layer: Option<&str>) -> CaptureMode {
    if CONTENT_TARGETS.iter().any(|content| target.starts_with(content)) {
        return CaptureMode::ModelIo;
    }
    match layer.map(str::parse::<EventLayer>) {
        Some(Ok(layer)) => Artifact::Event(layer).floor(),
        Some(Err(_)) => CaptureMode::Trace,
        None => CaptureMode::Off,
    }
}

#[cfg(test)]
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
        ] {
            assert_eq!(attribute_floor(name), floor, "{name}");
        }
        assert_eq!(event_floor("rig::completions", None), CaptureMode::ModelIo);
        assert_eq!(event_floor("app", Some("dispatch")), CaptureMode::Dispatch);
        assert_eq!(event_floor("app", None), CaptureMode::Off);
    }
}
