//! What a model provider's response holds beyond its text: reasoning, log probabilities, token counts.

use crate::{
    bridge::vocabulary::{Request, answer, count, digest, thought, token_probabilities},
    record::{Object, ReasoningFormat, Value},
};

/// A piece of a model's reasoning. No `Debug`: it is a model's text, which no policy has seen yet.
#[derive(Clone, PartialEq, Eq)]
pub struct ReasoningPiece {
    /// What the model thought.
    pub text: String,
    /// Where it comes from.
    pub format: ReasoningFormat,
}

/// The reasoning in a response.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Reasoning {
    /// Piece by piece, in the order of the response.
    pub pieces: Vec<ReasoningPiece>,
    /// How many pieces came redacted or encrypted only.
    pub hidden: usize,
    /// How many entries stand where reasoning does and hold none that can be read.
    pub skipped: usize,
}

impl Reasoning {
    fn say(&mut self, text: &str, format: ReasoningFormat) {
        if !text.is_empty() {
            self.pieces.push(ReasoningPiece { text: text.to_owned(), format });
        }
    }

    fn block(&mut self, block: &Value) {
        let sealed = ["encrypted_content", "data", "signature"].iter().any(|name| has_text(block, name));
        match (block.get("type").and_then(Value::as_str), thought(block)) {
            (Some("thinking"), Some(text)) => self.say(&text, ReasoningFormat::ClaudeExtendedThinking),
            (Some("reasoning"), Some(text)) => self.say(&text, ReasoningFormat::OpenaiReasoningSummary),
            (Some("redacted_thinking"), _) => self.hidden += 1,
            (Some("thinking" | "reasoning"), None) if sealed => self.hidden += 1,
            // A model that was not asked for a summary gives an empty one: nothing was lost.
            (Some("reasoning"), None)
                if block.get("summary").and_then(Value::as_array).is_some_and(<[_]>::is_empty) => {}
            (Some("thinking" | "reasoning"), None) => self.skipped += 1,
            _ => {}
        }
    }

    fn message(&mut self, message: &Value) {
        items(message, "content").iter().for_each(|block| self.block(block));
        let told = ["reasoning_content", "reasoning"].iter().find_map(|name| message.get(name)?.as_str());
        self.say(told.unwrap_or_default(), ReasoningFormat::AdapterInferred);
    }
}

/// The reasoning in a response of any shape that is in use.
///
/// | where | format |
/// |---|---|
/// | `content[]`: `thinking` | `claude_extended_thinking`, one piece per block |
/// | `choices[0].message.reasoning_content`, or `.reasoning` as text | `adapter_inferred` |
/// | `reasoning.summary` or, without one, `reasoning.text` | `openai_reasoning_summary` |
/// | `output[]`: `reasoning` with a list of summaries | `openai_reasoning_summary`, one piece per item, joined by newlines |
/// | `redacted_thinking`, `encrypted_content` alone | counted as hidden |
///
/// A single message or a single item of a log is read as a response too. In a response of the Responses API `reasoning` at
/// the top repeats the settings of the request, so it is not taken for reasoning.
pub fn reasoning(response: &Value) -> Reasoning {
    let mut found = Reasoning::default();
    if response.get("type").and_then(Value::as_str) == Some("reasoning") {
        found.block(response);
        return found;
    }
    found.message(response);
    if let Some(message) = items(response, "choices").first().and_then(|choice| choice.get("message")) {
        found.message(message);
    }
    if response.get("output").is_none()
        && let Some(told @ Value::Object(_)) = response.get("reasoning")
    {
        let summary = told.get("summary").filter(|summary| !summary.is_null());
        let whole = |value: &Value| thought(&Object::from([("text".to_owned(), value.clone())]).into());
        match summary.and_then(whole).or_else(|| told.get("text").and_then(whole)) {
            Some(text) => found.say(&text, ReasoningFormat::OpenaiReasoningSummary),
            None => found.skipped += usize::from(summary.is_some_and(|summary| !is_empty(summary))),
        }
    }
    for item in items(response, "output") {
        match item.get("type").and_then(Value::as_str) {
            Some("message") => found.message(item),
            _ => found.block(item),
        }
    }
    found
}

/// The log probabilities of a response.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Logprobs {
    /// The tokens in output order, as a model call's record has them in `response.logprobs`. `None`: nobody asked; empty:
    /// asked, and nothing came.
    pub tokens: Option<Vec<Value>>,
    /// How many entries had no log probability, or were no tokens. With any, the list no longer lines up with the text.
    pub skipped: usize,
}

/// The log probabilities in a response of chat completions, of the Responses API, or of blocks that carry their own.
///
/// `choices[0].logprobs.content` comes first, and may be empty; else those of `content[]` and of `output[].content[]`, one
/// after the other. Of an entry `logprob` (also as text), `token`, `token_id` where it is an integer, and the alternatives
/// are kept; a member that is not there is left out, never null. Alternatives without a log probability are left out.
pub fn logprobs(response: &Value) -> Logprobs {
    let told = response.as_object().and_then(token_probabilities);
    told.map_or_else(Logprobs::default, |told| Logprobs {
        skipped: told.without_probability + told.not_tokens,
        // Nothing but what cannot be read is no answer that anyone asked for.
        tokens: (!told.tokens.is_empty() || told.without_probability + told.not_tokens == 0).then_some(told.tokens),
    })
}

/// A call to Anthropic's Messages API as a model call's record: `request`, `response` and `prompt_hash`. Version, time,
/// layer and step are filled in by [`Session::record_modelio`](crate::Session::record_modelio).
///
/// | Anthropic | record |
/// |---|---|
/// | `usage.input_tokens` + both cache counts | `prompt_tokens` |
/// | `usage.output_tokens` | `completion_tokens` |
/// | `usage.cache_read_input_tokens` | `cache_hit_tokens` |
/// | `usage.cache_creation_input_tokens` | `cache_creation_tokens` |
///
/// Anthropic counts cached input apart from the rest; the record, like OpenAI, counts it among the prompt's tokens, so that
/// one bundle has one meaning. A request that is no object gives an empty one with the model that answered, else `unknown`.
pub fn anthropic_modelio(request: &Value, response: &Value) -> Object {
    let asked = Request::read(request.as_object().cloned().unwrap_or_default());
    let model = asked.model.or_else(|| response.get("model")?.as_str().map(str::to_owned));
    let captured = asked.messages.is_some();
    let mut sent = Object::from([("model".to_owned(), model.as_deref().unwrap_or("unknown").into())]);
    put(&mut sent, "system", asked.system);
    put(&mut sent, "messages", asked.messages);
    put(&mut sent, "tools", asked.tools);
    put(&mut sent, "params", (!asked.params.is_empty()).then_some(asked.params));

    let told = answer(response.as_object().unwrap_or(&Object::new()));
    let mut came = Object::new();
    put(&mut came, "text", told.text);
    put(&mut came, "tool_calls", (!told.calls.is_empty()).then_some(told.calls));
    put(&mut came, "stop_reason", told.finish_reason);
    let usage = response.get("usage").map(anthropic_usage).unwrap_or_default();
    put(&mut came, "usage", (!usage.is_empty()).then_some(usage));
    put(&mut came, "logprobs", logprobs(response).tokens);

    let mut record = Object::new();
    let sent = Value::from(sent);
    put(&mut record, "prompt_hash", captured.then(|| digest(&sent)));
    record.insert("request".to_owned(), sent);
    record.insert("response".to_owned(), came.into());
    record
}

/// Anthropic's `usage` in the record's names; see [`anthropic_modelio`]. Counts that are not there are left out.
pub fn anthropic_usage(usage: &Value) -> Object {
    let counted = |name: &str| usage.get(name).and_then(count);
    let (read, written) = (counted("cache_read_input_tokens"), counted("cache_creation_input_tokens"));
    let cached = read.unwrap_or(0).saturating_add(written.unwrap_or(0));
    let mut out = Object::new();
    put(&mut out, "prompt_tokens", counted("input_tokens").map(|fresh| fresh.saturating_add(cached)));
    put(&mut out, "completion_tokens", counted("output_tokens"));
    put(&mut out, "cache_hit_tokens", read);
    put(&mut out, "cache_creation_tokens", written);
    out
}

fn put<T: Into<Value>>(to: &mut Object, name: &str, value: Option<T>) {
    if let Some(value) = value {
        to.insert(name.to_owned(), value.into());
    }
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).unwrap_or_default()
}

fn has_text(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty())
}

fn is_empty(value: &Value) -> bool {
    value.as_str() == Some("") || value.as_array().is_some_and(<[_]>::is_empty)
}
