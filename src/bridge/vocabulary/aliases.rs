//! The names under which telemetry carries one and the same fact, best first, and how such a fact is read.

use crate::{
    bridge::facts::Attributes,
    record::{Number, Value, parse},
};

pub(super) const PROVIDER: &[&str] =
    &["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "provider"];
pub(super) const REQUEST_MODEL: &[&str] = &["gen_ai.request.model", "llm.request.model_name"];
pub(super) const RESPONSE_MODEL: &[&str] = &["gen_ai.response.model", "llm.response.model_name"];
/// Names that do not say which of the two models they mean.
pub(super) const MODEL: &[&str] = &["llm.model_name", "decision.model_name", "langfuse.model", "model"];
pub(super) const RESPONSE_ID: &[&str] = &["gen_ai.response.id"];

pub(super) const PROMPT_TOKENS: &[&str] = &[
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "decision.token_count.input",
    "prompt_tokens",
    "input_token_count",
];
pub(super) const COMPLETION_TOKENS: &[&str] = &[
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "decision.token_count.output",
    "completion_tokens",
    "output_token_count",
];
pub(super) const CACHE_READ_TOKENS: &[&str] = &[
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cache_read_tokens",
    "llm.token_count.prompt_details.cache_read",
    "llm.token_count.prompt_details.cache_input",
    "cached_token_count",
];
pub(super) const CACHE_WRITE_TOKENS: &[&str] = &[
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_creation_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    "llm.token_count.prompt_details.cache_write",
];
pub(super) const REASONING_TOKENS: &[&str] = &[
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.thinking_tokens",
    "codex.usage.reasoning_output_tokens",
    "reasoning_token_count",
    "llm.token_count.completion_details.reasoning",
];
pub(super) const TOTAL_TOKENS: &[&str] = &[
    "gen_ai.usage.total_tokens",
    "codex.usage.total_tokens",
    "llm.usage.total_tokens",
    "llm.token_count.total",
    "total_tokens",
];

pub(super) const FINISH_REASON: &[&str] = &[
    "gen_ai.response.finish_reason",
    "gen_ai.response.stop_reason",
    "llm.finish_reason",
    "llm.response.finish_reason",
    "llm.response.stop_reason",
];

pub(super) const TOOL_NAME: &[&str] = &["gen_ai.tool.name", "tool.name", "tool", "tool_name"];
pub(super) const TOOL_CALL_ID: &[&str] =
    &["gen_ai.tool.call.id", "gen_ai.tool.call_id", "tool_call_id", "call_id", "tool.id"];
pub(super) const TOOL_ARGUMENTS: &[&str] = &[
    "gen_ai.tool.call.arguments",
    "tool.parameters",
    "input.value",
    "traceloop.entity.input",
    "langfuse.input",
    "tool.args",
    "arguments",
];
pub(super) const TOOL_RESULT: &[&str] =
    &["gen_ai.tool.call.result", "output.value", "traceloop.entity.output", "langfuse.output", "tool.result", "output"];

pub(super) const AGENT_NAME: &[&str] = &[
    "gen_ai.agent.name",
    "agent.name",
    "gen_ai.workflow.name",
    "traceloop.entity.name",
    "traceloop.workflow.name",
    "agent_name",
    "actor_name",
    "agent",
];
pub(super) const CONVERSATION: &[&str] =
    &["gen_ai.conversation.id", "session.id", "gcp.vertex.agent.session_id", "thread.id"];
pub(super) const AGENT_PROMPT: &[&str] = &[
    "gen_ai.prompt",
    "gen_ai.input.messages",
    "user_message",
    "trace_input",
    "langfuse.input",
    "input.value",
    "traceloop.entity.input",
];
pub(super) const AGENT_COMPLETION: &[&str] = &[
    "gen_ai.completion",
    "gen_ai.output.messages",
    "trace_output",
    "langfuse.output",
    "output.value",
    "traceloop.entity.output",
];

/// Request settings that newer conventions spell differently: what is seen, what it is called now.
pub(super) const PARAMETERS: &[(&str, &str)] = &[
    ("gen_ai.request.reasoning_effort", "reasoning.level"),
    ("gen_ai.request.n", "choice.count"),
    ("gen_ai.request.max_completion_tokens", "max_tokens"),
    ("gen_ai.is_streaming", "stream"),
    ("gen_ai.openai.request.seed", "seed"),
    ("gen_ai.openai.request.response_format", "output.type"),
    ("gen_ai.openai.request.service_tier", "service_tier"),
    ("gen_ai.output.type", "output.type"),
    ("llm.frequency_penalty", "frequency_penalty"),
    ("llm.presence_penalty", "presence_penalty"),
    ("llm.top_k", "top_k"),
    ("llm.chat.stop_sequences", "stop_sequences"),
    ("llm.is_streaming", "stream"),
];

/// The value under the first of these names that is there.
pub(super) fn first<'a>(attributes: &'a Attributes, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| attributes.get(name))
}

/// The first of these names that carries a text or a number, as text.
pub(super) fn first_text(attributes: &Attributes, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| attributes.get(name).and_then(text))
}

/// The first of these names that carries a count.
pub(super) fn first_count(attributes: &Attributes, names: &[&str]) -> Option<u64> {
    names.iter().find_map(|name| attributes.get(name).and_then(count))
}

/// A name or an id: text as it is, a number as its digits. Nothing else is one.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A count: a whole number that is not negative. Exporters write some integers as text and some as floats.
pub(crate) fn count(value: &Value) -> Option<u64> {
    let number = number(value)?;
    number.as_u64().or_else(|| {
        let float = number.as_f64();
        // Above 2^53 a float no longer says which integer it was.
        (!number.is_integer() && number.is_whole() && (0.0..=9_007_199_254_740_992.0).contains(&float))
            .then_some(float as u64)
    })
}

/// A finite number, also where it came as text.
pub(super) fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Number(number) => Some(number.clone()),
        Value::String(text) => match parse(text.trim().as_bytes()) {
            Ok(Value::Number(number)) => Some(number),
            _ => None,
        },
        _ => None,
    }
}

/// The list or object that a value is or that its text spells. JSON that came through `Debug` is quoted once more, so a
/// text inside the text is read too. `None` for anything else: cut or redacted JSON, plain text, a scalar.
pub(super) fn structured(value: &Value) -> Option<Value> {
    match value {
        Value::Array(_) | Value::Object(_) => Some(value.clone()),
        Value::String(text) => match spelled(text)? {
            Value::String(inner) => spelled(&inner).filter(is_structure),
            outer => Some(outer).filter(is_structure),
        },
        _ => None,
    }
}

fn spelled(text: &str) -> Option<Value> {
    let text = text.trim();
    text.starts_with(['[', '{', '"']).then(|| parse(text.as_bytes()).ok()).flatten()
}

fn is_structure(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// The structure that a value spells, else the value as it came.
pub(super) fn structured_or_raw(value: &Value) -> Value {
    structured(value).unwrap_or_else(|| value.clone())
}

/// The present name of a provider.
pub(super) fn provider(name: &str) -> &str {
    match name {
        "az.ai.openai" | "azure.openai" => "azure.ai.openai",
        "az.ai.inference" => "azure.ai.inference",
        "vertex_ai" => "gcp.vertex_ai",
        "gemini" => "gcp.gemini",
        "xai" => "x_ai",
        "mistral" => "mistral_ai",
        "moonshot" => "moonshot_ai",
        other => other,
    }
}

/// The present name of a role.
pub(super) fn role(name: &str) -> &str {
    match name {
        "developer" => "system",
        "model" | "ai" | "agent" => "assistant",
        "human" => "user",
        "function" => "tool",
        other => other,
    }
}
