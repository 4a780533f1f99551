//! A model call's span becomes a model call's record, with what steps and events take from it.

use super::{
    aliases::{
        CACHE_READ_TOKENS, CACHE_WRITE_TOKENS, COMPLETION_TOKENS, CONVERSATION, FINISH_REASON, MODEL, PARAMETERS,
        PROMPT_TOKENS, PROVIDER, REASONING_TOKENS, REQUEST_MODEL, RESPONSE_ID, RESPONSE_MODEL, TOTAL_TOKENS, count,
        first, first_count, first_text, number, provider, structured, structured_or_raw,
    },
    content::{Told, told, with_details},
    messages::{Answer, AskedTool, instructions, last_user_text, request_messages, said_reason, take_system},
    provider::{Request, answer, logprobs, tool_definitions},
    rig,
    tool::{Failure, failure},
};
use crate::{
    bridge::facts::{Attributes, SpanFacts},
    record::{ModelLayer, Object, Timestamp, Value, write_line},
};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A model call, as its span and the events in it tell it.
#[derive(Clone)]
pub(crate) struct ModelCall {
    pub(crate) layer: ModelLayer,
    /// `request`, `response`, `ts`, `duration_ms` once it ended, `prompt_hash` where messages were captured: a model call's
    /// record but for its version, layer and step.
    pub(crate) record: Object,
    /// What the model wants done.
    pub(crate) asked_tools: Vec<AskedTool>,
    pub(crate) reasoning: Vec<Reasoning>,
    /// What a step has as its `captured_versions`.
    pub(crate) versions: Object,
    /// What a step has as its `costs`.
    pub(crate) costs: Object,
    /// Ids, tokens and the like for an event's `detail`: nothing of what was said.
    pub(crate) detail: Object,
    /// What the call was for, in its own words.
    pub(crate) intent: Option<String>,
    pub(crate) failure: Option<Failure>,
    /// Nothing came back, or nothing that was told: failed, cancelled, or still under way.
    pub(crate) incomplete: bool,
}

/// A piece of a model's reasoning.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reasoning {
    pub(crate) text: String,
    /// A word of the reasoning record's `format`.
    pub(crate) format: &'static str,
    pub(crate) tokens: Option<u64>,
    pub(crate) model: Option<String>,
}

/// Reads a model call's span, at any moment of its life.
pub(crate) fn model_call(facts: &SpanFacts, under_plan: bool) -> ModelCall {
    let attributes = &*with_details(&facts.attributes, &facts.events);
    let told = told(&facts.events);
    let logged = rig::bodies(&facts.events);
    let reply = logged.reply.unwrap_or_default();

    let answer = given_answer(attributes, &told, &reply);
    let asked = Asked::read(attributes, told.messages, logged.request);
    let request_model = first_text(attributes, REQUEST_MODEL).or_else(|| first_text(attributes, MODEL)).or(asked.model);
    let response_model = first_text(attributes, RESPONSE_MODEL);
    let model = request_model.clone().or_else(|| response_model.clone());

    let mut request = asked.request;
    request.insert("model".to_owned(), model.as_deref().unwrap_or("unknown").into());
    let stop_reason = stop_reason(attributes, &answer);
    let usage = usage(attributes);
    let mut response = Object::new();
    put(&mut response, "text", answer.text.as_deref());
    put(&mut response, "tool_calls", (!answer.calls.is_empty()).then(|| answer.calls.clone()));
    put(&mut response, "stop_reason", stop_reason.as_deref());
    put(&mut response, "usage", (!usage.is_empty()).then(|| usage.clone()));
    put(&mut response, "logprobs", logprobs(&reply));

    let hash = asked.captured.then(|| digest(&request.clone().into()));
    let mut versions = Object::new();
    put(&mut versions, "model", response_model.as_deref().or(model.as_deref()));
    put(&mut versions, "prompt", prompt_name(attributes));
    put(&mut versions, "prompt_hash", hash.as_deref());
    put(&mut versions, "tool_descriptions_hash", request.get("tools").map(digest));

    let detail = detail(attributes, &usage, stop_reason.as_deref(), &answer);
    let spent = reasoning_tokens(attributes);
    let reasoning = reasoning(&answer, spent, attributes, response_model.as_deref().or(model.as_deref()));
    let empty = answer.is_empty() && usage.is_empty() && first(attributes, RESPONSE_ID).is_none();
    let lead = lead(&answer);

    let mut record = Object::from([("request".to_owned(), request.into()), ("response".to_owned(), response.into())]);
    let start = Timestamp::from(facts.start);
    record.insert("ts".to_owned(), start.to_string().into());
    put(&mut record, "duration_ms", facts.end.map(|end| Timestamp::from(end).millis_since(start)));
    put(&mut record, "prompt_hash", hash);
    ModelCall {
        layer: layer(attributes, under_plan),
        record,
        asked_tools: answer.asked,
        intent: lead.or_else(|| Some(reasoning.first()?.text.clone())).or(asked.opening),
        reasoning,
        versions,
        costs: costs(attributes, &usage),
        detail,
        failure: failure(facts),
        incomplete: empty && stop_reason.is_none(),
    }
}

fn put<T: Into<Value>>(to: &mut Object, name: &str, value: Option<T>) {
    if let Some(value) = value {
        to.insert(name.to_owned(), value.into());
    }
}

fn layer(attributes: &Attributes, under_plan: bool) -> ModelLayer {
    let kind = attributes.text("openinference.span.kind").unwrap_or_default();
    let told = attributes.text("augur.layer").and_then(|word| word.parse().ok());
    told.unwrap_or(match () {
        () if kind.eq_ignore_ascii_case("EVALUATOR") => ModelLayer::Judge,
        () if kind.eq_ignore_ascii_case("GUARDRAIL") => ModelLayer::Verifier,
        () if under_plan => ModelLayer::Planner,
        () => ModelLayer::Model,
    })
}

/// The request but for its model.
struct Asked {
    request: Object,
    model: Option<String>,
    /// Whether what was said to the model is known.
    captured: bool,
    /// The user's message that opened the turn.
    opening: Option<String>,
}

/// Attributes that hold a provider's whole request.
const WHOLE_REQUEST: &[&str] = &["input_json", "langfuse.input", "gcp.vertex.agent.llm_request", "input.value"];
/// Attributes that hold an answer, best first.
const WHOLE_ANSWER: &[&str] = &["langfuse.output", "output_json", "gcp.vertex.agent.llm_response", "output.value"];

impl Asked {
    fn read(attributes: &Attributes, told: Vec<Value>, logged: Option<Object>) -> Self {
        let whole = || WHOLE_REQUEST.iter().find_map(|name| structured(attributes.get(name)?)?.as_object().cloned());
        let body = Request::read(logged.or_else(whole).unwrap_or_default());
        let said = first(attributes, &["gen_ai.input.messages", "gen_ai.prompt"]).map(request_messages);
        let mut messages = said
            .or_else(|| (!told.is_empty()).then_some(told))
            .or(body.messages)
            .or_else(|| first(attributes, WHOLE_REQUEST).map(request_messages));

        let mut system = attributes.get("gen_ai.system_instructions").and_then(instructions).into_iter().collect();
        messages.iter_mut().for_each(|messages| take_system(messages, &mut system));
        if system.is_empty() {
            system.extend(body.system);
        }
        let captured = messages.is_some();
        let opening = messages.as_deref().and_then(last_user_text);
        let tools = attributes.get("gen_ai.tool.definitions").map(tool_definitions).or(body.tools);
        let params = params(attributes, body.params);

        let mut request = Object::new();
        put(&mut request, "system", (!system.is_empty()).then(|| system.join("\n")));
        put(&mut request, "messages", messages);
        put(&mut request, "tools", tools);
        put(&mut request, "params", (!params.is_empty()).then_some(params));
        Self { request, model: body.model, captured, opening }
    }
}

/// Sampling and generation settings, in what was logged of the request and, before that, in the span.
fn params(attributes: &Attributes, mut params: Object) -> Object {
    for name in ["llm.invocation_parameters", "model_parameters_json"] {
        if let Some(Value::Object(told)) = attributes.get(name).and_then(structured) {
            params.extend(told.into_iter().filter(|(key, _)| !matches!(key.as_str(), "model" | "messages" | "tools")));
        }
    }
    for (seen, value) in attributes.iter() {
        let renamed = PARAMETERS.iter().find(|(alias, _)| *alias == seen).map(|(_, name)| *name);
        let plain = || seen.strip_prefix("gen_ai.request.").or_else(|| seen.strip_prefix("openai.request."));
        let Some(name) = renamed.or_else(plain).filter(|name| *name != "model") else { continue };
        if value.as_str() != Some("") && !value.is_null() {
            params.insert(name.to_owned(), parameter(name, value));
        }
    }
    params
}

/// A setting in its own type, where an exporter made it a text.
fn parameter(name: &str, value: &Value) -> Value {
    let numeric = matches!(
        name,
        "max_tokens"
            | "choice.count"
            | "temperature"
            | "top_p"
            | "top_k"
            | "frequency_penalty"
            | "presence_penalty"
            | "seed"
    );
    match value.as_str() {
        Some(_) if numeric => number(value).map_or_else(|| value.clone(), Value::Number),
        Some("true") if name == "stream" => true.into(),
        Some("false") if name == "stream" => false.into(),
        _ => structured_or_raw(value),
    }
}

/// The answer as the span tells it, else as its events do, else as the provider's reply was logged.
fn given_answer(attributes: &Attributes, told: &Told, reply: &Object) -> Answer {
    let logged = answer(reply);
    let value = first(attributes, &["gen_ai.output.messages", "gen_ai.completion"]).or(told.answer.as_ref());
    let mut given = match value {
        Some(value) => Answer::read(value),
        None => whole_answer(attributes).unwrap_or_default(),
    };
    // What the span leaves unsaid, the reply may say.
    if given.is_empty() {
        let reason = given.finish_reason.take();
        return Answer { finish_reason: reason.or(logged.finish_reason.clone()), ..logged };
    }
    given.finish_reason = given.finish_reason.or(logged.finish_reason);
    given
}

fn whole_answer(attributes: &Attributes) -> Option<Answer> {
    let value = first(attributes, WHOLE_ANSWER)?;
    let read = match structured(value) {
        Some(Value::Object(members)) => answer(&members),
        _ => Answer::default(),
    };
    Some(if read.is_empty() { Answer::read(value) } else { read })
}

fn stop_reason(attributes: &Attributes, answer: &Answer) -> Option<String> {
    let listed = attributes.get("gen_ai.response.finish_reasons").and_then(|value| match structured(value) {
        Some(Value::Array(reasons)) => reasons.iter().find_map(said_reason),
        _ => said_reason(value),
    });
    listed
        .or_else(|| FINISH_REASON.iter().find_map(|name| said_reason(attributes.get(name)?)))
        .or_else(|| answer.finish_reason.clone())
}

fn usage(attributes: &Attributes) -> Object {
    let told = ["usage_details_json", "langfuse.usage"].iter().find_map(|name| structured(attributes.get(name)?));
    let in_told = |names: &[&str]| names.iter().find_map(|name| count(told.as_ref()?.get(name)?));
    let mut usage = Object::new();
    for (name, aliases, short) in [
        ("prompt_tokens", PROMPT_TOKENS, &["input", "prompt_tokens", "input_tokens"][..]),
        ("completion_tokens", COMPLETION_TOKENS, &["output", "completion_tokens", "output_tokens"]),
        ("cache_hit_tokens", CACHE_READ_TOKENS, &["input_cached_tokens", "cache_read_input_tokens"]),
        ("cache_creation_tokens", CACHE_WRITE_TOKENS, &["input_cache_creation", "cache_creation_input_tokens"]),
    ] {
        put(&mut usage, name, first_count(attributes, aliases).or_else(|| in_told(short)));
    }
    usage
}

fn reasoning_tokens(attributes: &Attributes) -> Option<u64> {
    first_count(attributes, REASONING_TOKENS)
}

fn costs(attributes: &Attributes, usage: &Object) -> Object {
    let mut costs = Object::new();
    for (to, from) in
        [("tokens_in", "prompt_tokens"), ("tokens_out", "completion_tokens"), ("cache_hit_tokens", "cache_hit_tokens")]
    {
        put(&mut costs, to, usage.get(from).cloned());
    }
    let listed = attributes.get("cost_details_json").and_then(structured);
    let spent = attributes.get("llm.cost.total").and_then(number);
    let spent = spent.or_else(|| listed?.get("total").and_then(number)).filter(|spent| spent.as_f64() >= 0.0);
    put(&mut costs, "model_usd", spent);
    costs
}

/// What tells a prompt template: its name, and its version behind `@`.
fn prompt_name(attributes: &Attributes) -> Option<String> {
    let name = first_text(attributes, &["gen_ai.prompt.name", "prompt.id"])?;
    let version = first_text(attributes, &["gen_ai.prompt.version", "llm.prompt_template.version"]);
    Some(version.map_or_else(|| name.clone(), |version| format!("{name}@{version}")))
}

fn detail(attributes: &Attributes, usage: &Object, stop_reason: Option<&str>, answer: &Answer) -> Object {
    let mut detail = Object::new();
    for (name, aliases) in [
        ("request_model", REQUEST_MODEL),
        ("response_model", RESPONSE_MODEL),
        ("response_id", RESPONSE_ID),
        ("request_id", &["rig.provider_request_id"]),
        ("conversation_id", CONVERSATION),
        ("agent_name", &["gen_ai.agent.name"]),
        ("agent_version", &["gen_ai.agent.version"]),
        ("response_status", &["gen_ai.response.status"]),
        ("error_type", &["error.type"]),
        ("server_address", &["server.address"]),
        ("service_version", &["service.version"]),
        ("system_fingerprint", &["openai.response.system_fingerprint", "gen_ai.openai.response.system_fingerprint"]),
        ("service_tier", &["openai.response.service_tier", "gen_ai.openai.response.service_tier"]),
    ] {
        put(&mut detail, name, first_text(attributes, aliases));
    }
    put(&mut detail, "provider", first_text(attributes, PROVIDER).map(|name| provider(&name).to_owned()));
    for (name, aliases) in [
        ("reasoning_tokens", REASONING_TOKENS),
        ("total_tokens", TOTAL_TOKENS),
        ("tool_use_prompt_tokens", &["gen_ai.usage.tool_use_prompt_tokens"]),
        ("server_port", &["server.port"]),
    ] {
        put(&mut detail, name, first_count(attributes, aliases));
    }
    let waited = attributes.get("gen_ai.response.time_to_first_chunk").and_then(number);
    put(&mut detail, "time_to_first_chunk_s", waited);
    put(&mut detail, "stop_reason", stop_reason);
    put(&mut detail, "usage", (!usage.is_empty()).then(|| usage.clone()));
    put(&mut detail, "hidden_reasoning", (answer.hidden_reasoning > 0).then_some(answer.hidden_reasoning));
    detail
}

fn reasoning(answer: &Answer, spent: Option<u64>, attributes: &Attributes, model: Option<&str>) -> Vec<Reasoning> {
    let provider = first_text(attributes, PROVIDER).unwrap_or_default();
    let format = match self::provider(&provider) {
        "anthropic" => "claude_extended_thinking",
        "aws.bedrock" | "gcp.vertex_ai" if model.is_some_and(|model| model.contains("claude")) => {
            "claude_extended_thinking"
        }
        "openai" | "azure.ai.openai" | "chatgpt" => "openai_reasoning_summary",
        _ => "adapter_inferred",
    };
    let model = model.map(str::to_owned);
    let piece = |text: &str, format| Reasoning { text: text.to_owned(), format, tokens: None, model: model.clone() };
    let mut pieces = answer.reasoning.iter().map(|text| piece(text, format)).collect::<Vec<_>>();
    // The count is of all pieces together; on the first it is counted once.
    if let Some(first) = pieces.first_mut() {
        first.tokens = spent;
    } else if let Some(lead) = lead(answer) {
        pieces.push(piece(&lead, "adapter_inferred"));
    }
    pieces
}

/// What the model said before it asked for a tool.
fn lead(answer: &Answer) -> Option<String> {
    answer.lead.clone().filter(|text| !answer.asked.is_empty() && !text.trim().is_empty())
}

/// SHA-256 of the value's line of JSON, in hexadecimal digits.
pub(crate) fn digest(value: &Value) -> String {
    let mut line = Vec::new();
    write_line(value, &mut line);
    Sha256::digest(&line).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
