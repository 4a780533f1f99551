//! Requests and answers as model providers spell them: what Rust libraries log of them, and nothing more.

use super::{
    aliases::{number, text},
    messages::{Answer, instructions, request_messages, said_reason},
};
use crate::record::{Object, Value};

/// A request to a model provider.
#[derive(Default)]
pub(crate) struct Request {
    pub(crate) model: Option<String>,
    pub(crate) system: Option<String>,
    pub(crate) messages: Option<Vec<Value>>,
    pub(crate) tools: Option<Vec<Value>>,
    /// Whatever else was sent.
    pub(crate) params: Object,
}

impl Request {
    pub(crate) fn read(mut body: Object) -> Self {
        let model = body.remove("model").as_ref().and_then(text);
        let mut take =
            |names: &[&str]| names.iter().filter_map(|name| body.remove(*name)).find(|value| !value.is_null());
        let system = take(&["system", "instructions", "systemInstruction", "system_instruction"]);
        let messages = take(&["messages", "input", "contents"]);
        let tools = take(&["tools"]);
        Self {
            model,
            system: system.as_ref().and_then(instructions),
            messages: messages.as_ref().map(request_messages),
            tools: tools.as_ref().map(tool_definitions),
            params: body,
        }
    }
}

/// Tool definitions as objects. One that cannot be read is kept as the text that came.
pub(super) fn tool_definitions(value: &Value) -> Vec<Value> {
    let raw = |value: &Value| Value::from(Object::from([("definition".to_owned(), value.clone())]));
    match super::aliases::structured_or_raw(value) {
        Value::Array(items) => {
            items.into_iter().map(|item| if item.as_object().is_some() { item } else { raw(&item) }).collect()
        }
        Value::Object(one) => vec![one.into()],
        other => vec![raw(&other)],
    }
}

/// The answer in a provider's reply: chat completions, responses, messages, Gemini and Ollama.
pub(crate) fn answer(reply: &Object) -> Answer {
    let mut answer = Answer::default();
    let list = |name: &str| reply.get(name).and_then(Value::as_array).unwrap_or_default();
    if let Some(choice) = list("choices").first().or_else(|| list("candidates").first()) {
        answer.take_message(choice.get("message").unwrap_or(choice));
        answer.finish_reason = ["finish_reason", "finishReason"]
            .iter()
            .find_map(|name| said_reason(choice.get(name)?))
            .or(answer.finish_reason);
    } else if let Some(message) = reply.get("message") {
        answer.take_message(message);
    } else {
        for item in list("output").iter().chain(list("content")) {
            match item.get("type").and_then(Value::as_str) {
                Some("message") => answer.take_message(item),
                _ => answer.take_part(item),
            }
        }
    }
    if answer.finish_reason.is_none() {
        answer.finish_reason = ["stop_reason", "done_reason"].iter().find_map(|name| said_reason(reply.get(*name)?));
    }
    answer
}

/// The log probabilities in a provider's reply, in output order. `None` where there are none; an empty list where they
/// were asked for and none came. One token without a probability spoils the alignment, so then there are none.
pub(super) fn logprobs(reply: &Object) -> Option<Vec<Value>> {
    token_probabilities(reply).filter(|told| told.without_probability == 0).map(|told| told.tokens)
}

/// Log probabilities as a reply tells them.
#[derive(Default)]
pub(crate) struct TokenProbabilities {
    /// The tokens that have one, as a record has them.
    pub(crate) tokens: Vec<Value>,
    /// Tokens that came without one.
    pub(crate) without_probability: usize,
    /// Entries that are no tokens.
    pub(crate) not_tokens: usize,
}

/// The log probabilities in a provider's reply: chat completions, responses, and blocks of content that carry them.
pub(crate) fn token_probabilities(reply: &Object) -> Option<TokenProbabilities> {
    let choice = reply.get("choices").and_then(Value::as_array).and_then(<[_]>::first);
    if let Some(entries) = choice.and_then(|choice| choice.get("logprobs")?.get("content")?.as_array()) {
        return Some(read_tokens(entries.iter()));
    }
    let list = |value: Option<&Value>| value.and_then(Value::as_array).map(<[_]>::to_vec).unwrap_or_default();
    let mut blocks = list(reply.get("content"));
    blocks.extend(list(reply.get("output")).iter().flat_map(|item| list(item.get("content"))));
    let entries = blocks
        .iter()
        .filter_map(|block| block.get("logprobs"))
        .filter_map(|found| found.as_array().or_else(|| found.get("content")?.as_array()))
        .flatten();
    // The Responses API has an empty list in every text, asked for or not.
    Some(read_tokens(entries)).filter(|told| told.tokens.len() + told.without_probability + told.not_tokens > 0)
}

fn read_tokens<'a>(entries: impl Iterator<Item = &'a Value>) -> TokenProbabilities {
    let mut told = TokenProbabilities::default();
    for entry in entries {
        let Some(entry) = entry.as_object() else {
            told.not_tokens += 1;
            continue;
        };
        let Some(mut record) = token(entry) else {
            told.without_probability += 1;
            continue;
        };
        let others = entry.get("top_logprobs").or_else(|| entry.get("top_alternatives")).and_then(Value::as_array);
        let others = others.unwrap_or_default().iter().filter_map(Value::as_object).filter_map(token);
        let others = others.map(Value::from).collect::<Vec<_>>();
        if !others.is_empty() {
            record.insert("top_alternatives".to_owned(), others.into());
        }
        told.tokens.push(record.into());
    }
    told
}

fn token(entry: &Object) -> Option<Object> {
    let mut record = Object::from([("logprob".to_owned(), number(entry.get("logprob")?)?.into())]);
    if let Some(token @ Value::String(_)) = entry.get("token") {
        record.insert("token".to_owned(), token.clone());
    }
    if let Some(id) = entry.get("token_id").filter(|id| id.as_number().is_some_and(crate::record::Number::is_integer)) {
        record.insert("token_id".to_owned(), id.clone());
    }
    Some(record)
}
