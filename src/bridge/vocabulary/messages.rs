//! Messages as telemetry writes them, turned into the messages of a request and the answer of a model.

use super::aliases::{role, structured, structured_or_raw, text};
use crate::record::{Object, Value};

/// A tool that the model asked for.
#[derive(Clone, PartialEq)]
pub(crate) struct AskedTool {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    /// Parsed where the text is a JSON list or object, else as it came.
    pub(crate) arguments: Option<Value>,
}

/// The messages of a request: an object each, with a role. A text that is no list of messages is one message of the user.
pub(super) fn request_messages(value: &Value) -> Vec<Value> {
    let mut messages = Vec::new();
    match structured(value) {
        Some(Value::Array(items)) if items.iter().all(|item| item.as_object().is_some()) => {
            items.iter().for_each(|item| push_message(item, &mut messages));
        }
        Some(item @ Value::Object(_)) if is_item(&item) => push_message(&item, &mut messages),
        Some(Value::Object(members)) if members.get("messages").is_some_and(holds_messages) => {
            return members.get("messages").map(request_messages).unwrap_or_default();
        }
        _ => messages.push(message(Object::new(), "user", Some(value.clone()))),
    }
    messages
}

fn push_message(item: &Value, out: &mut Vec<Value>) {
    let Some(members) = item.as_object().filter(|_| is_item(item)) else {
        return out.push(message(Object::new(), "user", Some(item.clone())));
    };
    let mut rest = members.clone();
    let role = role_of(members).to_owned();
    match rest.remove("parts") {
        Some(Value::Array(parts)) if parts.is_empty() => out.push(message(rest, &role, Some("".into()))),
        Some(Value::Array(parts)) => {
            // What a tool answered is not the user's, though some libraries put both in one message.
            for group in parts.chunk_by(|one, other| is_tool_answer(one) == is_tool_answer(other)) {
                let answered = group.first().is_some_and(is_tool_answer);
                let role = if answered { "tool" } else { &role };
                out.push(message(rest.clone(), role, Some(content(group))));
            }
        }
        Some(parts) => out.push(message(rest, &role, Some(parts))),
        None => out.push(message(rest, &role, None)),
    }
}

fn message(mut rest: Object, role: &str, content: Option<Value>) -> Value {
    rest.insert("role".to_owned(), role.into());
    if let Some(content) = content {
        rest.insert("content".to_owned(), content);
    }
    rest.into()
}

/// Items without a role are those of the Responses API, which says by their type whose they are.
fn role_of(message: &Object) -> &str {
    let kind = message.get("type").and_then(Value::as_str).unwrap_or_default();
    match message.get("role").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => role(name),
        _ if kind.ends_with("_output") => "tool",
        _ if kind.ends_with("_call") || kind == "reasoning" => "assistant",
        _ => "user",
    }
}

fn is_tool_answer(part: &Value) -> bool {
    part.get("type").and_then(Value::as_str) == Some("tool_call_response")
}

/// Parts that are all text as one text, others as they came.
fn content(parts: &[Value]) -> Value {
    if let Some(texts) = parts.iter().map(part_text).collect::<Option<Vec<_>>>() {
        return texts.join("\n").into();
    }
    parts.iter().cloned().map(with_response).collect::<Vec<_>>().into()
}

/// The conventions' name for what a tool answered, where a library has another.
fn with_response(mut part: Value) -> Value {
    if is_tool_answer(&part)
        && let Some(members) = part.as_object_mut()
        && !members.contains_key("response")
        && let Some(result) = members.remove("result")
    {
        members.insert("response".to_owned(), result);
    }
    part
}

/// The text of a text part.
pub(crate) fn part_text(part: &Value) -> Option<&str> {
    if let Value::String(text) = part {
        return Some(text);
    }
    match part.get("type").and_then(Value::as_str) {
        Some("text" | "input_text" | "output_text") => part.get("content").or_else(|| part.get("text"))?.as_str(),
        // Gemini's parts have no type; a thought is marked by a member of its own.
        None if part.get("thought").and_then(Value::as_bool) != Some(true) => part.get("text")?.as_str(),
        _ => None,
    }
}

/// The text of a message's content if it is nothing but text.
pub(super) fn plain_text(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(parts.iter().map(part_text).collect::<Option<Vec<_>>>()?.join("\n")),
        Value::Object(members) => match members.get("parts") {
            Some(parts) => plain_text(parts),
            None => part_text(content).map(str::to_owned),
        },
        _ => None,
    }
}

/// System instructions: a list of parts, one part, or plain text.
pub(super) fn instructions(value: &Value) -> Option<String> {
    let read = structured_or_raw(value);
    // What cannot be read as text is kept as the text that it is.
    let text = plain_text(&read).unwrap_or_else(|| match value {
        Value::String(raw) => raw.clone(),
        other => other.to_string(),
    });
    (!text.is_empty()).then_some(text)
}

/// Takes the leading system messages out of a request and adds their texts. A library that says the instructions twice
/// does not have them doubled.
pub(super) fn take_system(messages: &mut Vec<Value>, texts: &mut Vec<String>) {
    let leading = messages
        .iter()
        .map_while(|message| {
            let system = message.get("role").and_then(Value::as_str) == Some("system");
            system.then(|| message.get("content").and_then(plain_text)).flatten()
        })
        .collect::<Vec<_>>();
    messages.drain(..leading.len());
    for text in leading.into_iter().filter(|text| !text.is_empty()) {
        match texts.iter_mut().find(|known| text.starts_with(known.as_str())) {
            Some(known) => *known = text,
            None => texts.push(text),
        }
    }
}

/// The text of the last message that a user wrote.
pub(super) fn last_user_text(messages: &[Value]) -> Option<String> {
    let last = messages.iter().rev().find(|message| message.get("role").and_then(Value::as_str) == Some("user"))?;
    let text = match last.get("content")? {
        Value::Array(parts) => parts.iter().filter_map(part_text).collect::<Vec<_>>().join("\n"),
        other => plain_text(other)?,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// What a model answered.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) text: Option<String>,
    /// The text that came before the first tool call.
    pub(crate) lead: Option<String>,
    /// The calls as a record has them.
    pub(crate) calls: Vec<Value>,
    pub(crate) asked: Vec<AskedTool>,
    pub(crate) reasoning: Vec<String>,
    /// How many pieces of reasoning came redacted or encrypted.
    pub(crate) hidden_reasoning: u32,
    pub(crate) finish_reason: Option<String>,
}

impl Answer {
    /// Reads output messages: the first is the answer, others are alternatives. A text that is none of it is the answer.
    pub(super) fn read(value: &Value) -> Self {
        let mut answer = Self::default();
        match structured(value) {
            Some(Value::Array(items)) if items.iter().any(is_message) => {
                items.iter().find(|item| is_message(item)).into_iter().for_each(|item| answer.take_message(item));
            }
            Some(Value::Array(items)) => items.iter().for_each(|item| answer.take_part(item)),
            Some(item) if is_message(&item) => answer.take_message(&item),
            Some(item) => answer.take_part(&item),
            None => {}
        }
        // An answer may itself be JSON.
        if answer.is_empty() && answer.finish_reason.is_none() && !holds_messages(value) {
            answer.text = text(value);
        }
        answer
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_none() && self.calls.is_empty() && self.reasoning.is_empty() && self.hidden_reasoning == 0
    }

    /// A message in any of the shapes in which one is written.
    pub(crate) fn take_message(&mut self, message: &Value) {
        match message.get("parts").or_else(|| message.get("content")) {
            Some(Value::Array(parts)) => parts.iter().for_each(|part| self.take_part(part)),
            Some(Value::String(text)) => self.say(text),
            // Gemini's candidates hold their parts one level down.
            Some(content @ Value::Object(_)) => self.take_message(content),
            _ => {}
        }
        if let Some(thought) = message.get("reasoning_content").and_then(Value::as_str).filter(|text| !text.is_empty())
        {
            self.reasoning.push(thought.to_owned());
        }
        for call in message.get("tool_calls").and_then(Value::as_array).unwrap_or_default() {
            let function = call.get("function").or_else(|| call.get("custom")).unwrap_or(call);
            let arguments = function.get("arguments").or_else(|| function.get("input"));
            self.call(call.get("id"), function.get("name"), arguments, call);
        }
        // The form that chat completions had before they had tools.
        if let Some(call @ Value::Object(_)) = message.get("function_call") {
            self.call(None, call.get("name"), call.get("arguments"), call);
        }
        if let Some(refusal) = message.get("refusal").and_then(Value::as_str) {
            self.refuse(refusal);
        }
        if self.finish_reason.is_none() {
            self.finish_reason = message.get("finish_reason").and_then(said_reason);
        }
    }

    pub(crate) fn take_part(&mut self, part: &Value) {
        if let Some(text) = part_text(part) {
            return self.say(text);
        }
        match part.get("type").and_then(Value::as_str) {
            Some("tool_call") => self.call(part.get("id"), part.get("name"), part.get("arguments"), part),
            Some("tool_use") => self.call(part.get("id"), part.get("name"), part.get("input"), part),
            Some("function_call") => {
                self.call(
                    part.get("call_id").or_else(|| part.get("id")),
                    part.get("name"),
                    part.get("arguments"),
                    part,
                );
            }
            Some("computer_call") => {
                let (name, id) = (Value::from("computer_call"), part.get("call_id").or_else(|| part.get("id")));
                // Newer models ask for several actions at once.
                match part.get("actions").and_then(Value::as_array) {
                    Some(actions) => actions.iter().for_each(|action| self.call(id, Some(&name), Some(action), part)),
                    None => self.call(id, Some(&name), part.get("action"), part),
                }
            }
            Some("custom_tool_call") => self.call(part.get("call_id"), part.get("name"), part.get("input"), part),
            Some(kind @ ("local_shell_call" | "shell_call" | "apply_patch_call")) => {
                let arguments = part.get("action").or_else(|| part.get("operation"));
                self.call(part.get("call_id"), Some(&kind.trim_end_matches("_call").into()), arguments, part);
            }
            // The provider runs these itself, so nothing is left for the agent to do.
            Some("server_tool_call" | "server_tool_use") => self.calls.push(part.clone()),
            Some("reasoning" | "thinking") => self.think(part),
            Some("redacted_reasoning" | "redacted_thinking") => self.hidden_reasoning += 1,
            Some("refusal") => {
                part.get("content")
                    .or_else(|| part.get("refusal"))
                    .and_then(Value::as_str)
                    .into_iter()
                    .for_each(|refusal| self.refuse(refusal));
            }
            None => {
                if let Some(call) = part.get("functionCall") {
                    self.call(call.get("id"), call.get("name"), call.get("args"), call);
                } else if let Some(thought) = part.get("text").and_then(Value::as_str) {
                    self.reasoning.push(thought.to_owned());
                }
            }
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        append(&mut self.text, text);
        if self.calls.is_empty() {
            append(&mut self.lead, text);
        }
    }

    fn refuse(&mut self, refusal: &str) {
        if self.text.is_none() {
            self.say(refusal);
        }
    }

    fn think(&mut self, part: &Value) {
        match thought(part) {
            Some(text) => self.reasoning.push(text),
            None => self.hidden_reasoning += 1,
        }
    }

    fn call(&mut self, id: Option<&Value>, name: Option<&Value>, arguments: Option<&Value>, whole: &Value) {
        let id = id.and_then(text);
        let arguments = arguments.filter(|value| !value.is_null()).map(structured_or_raw);
        let Some(name) = name.and_then(text) else {
            // A call without a name is still something that the model said.
            if whole.as_object().is_some() {
                self.calls.push(whole.clone());
            }
            return;
        };
        let mut call = Object::from([("name".to_owned(), name.as_str().into())]);
        call.extend(id.as_deref().map(|id| ("id".to_owned(), id.into())));
        call.extend(arguments.clone().map(|arguments| ("arguments".to_owned(), arguments)));
        self.calls.push(call.into());
        self.asked.push(AskedTool { id, name, arguments });
    }
}

/// What a part of reasoning says; `None` where it came redacted or encrypted only.
pub(crate) fn thought(part: &Value) -> Option<String> {
    ["content", "text", "thinking", "summary"].iter().find_map(|name| {
        let text = match part.get(name)? {
            Value::Array(pieces) => pieces
                .iter()
                .filter_map(|piece| piece.as_str().or_else(|| piece.get("text")?.as_str()))
                .collect::<Vec<_>>()
                .join("\n"),
            other => other.as_str()?.to_owned(),
        };
        (!text.is_empty()).then_some(text)
    })
}

fn append(to: &mut Option<String>, text: &str) {
    match to {
        Some(said) => {
            said.push('\n');
            said.push_str(text);
        }
        None => *to = Some(text.to_owned()),
    }
}

/// Whether it is a list of messages, an empty one included.
fn holds_messages(value: &Value) -> bool {
    match structured(value) {
        Some(Value::Array(items)) => items.iter().all(is_item),
        Some(item) => is_item(&item),
        None => false,
    }
}

/// A message, or one of the typed items of the Responses API.
fn is_item(value: &Value) -> bool {
    is_message(value) || value.get("type").is_some()
}

fn is_message(value: &Value) -> bool {
    value.as_object().is_some_and(|members| {
        members.contains_key("role")
            || !members.contains_key("type")
                && ["parts", "content", "tool_calls"].iter().any(|name| members.contains_key(*name))
    })
}

/// A reason that says something; `unknown` and the empty text do not.
pub(super) fn said_reason(value: &Value) -> Option<String> {
    value.as_str().filter(|reason| !reason.is_empty() && !reason.eq_ignore_ascii_case("unknown")).map(str::to_owned)
}
