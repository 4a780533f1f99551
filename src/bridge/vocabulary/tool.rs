//! Tools and agents at work, and what a failure looks like in any vocabulary.

use super::{
    aliases::{
        AGENT_COMPLETION, AGENT_NAME, AGENT_PROMPT, CONVERSATION, TOOL_ARGUMENTS, TOOL_CALL_ID, TOOL_NAME, TOOL_RESULT,
        first, first_text, structured, structured_or_raw, text,
    },
    messages::{Answer, last_user_text, request_messages},
};
use crate::{
    bridge::facts::{Attributes, Level, SpanFacts},
    record::{Object, Value},
};

/// What went wrong: a word that groups failures, and a text for people.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) class: Option<String>,
    pub(crate) message: Option<String>,
}

/// A tool call as its own span tells it.
#[derive(Clone)]
pub(crate) struct ToolUse {
    pub(crate) name: Option<String>,
    pub(crate) call_id: Option<String>,
    /// Parsed where the text is a JSON list or object, else as it came.
    pub(crate) arguments: Option<Value>,
    /// Parsed where the text is a JSON list or object, else as it came.
    pub(crate) result: Option<Value>,
    pub(crate) failure: Option<Failure>,
    /// The library's own word for how it went: `success`, `error`, `denied`, `skipped`.
    pub(crate) outcome: Option<String>,
}

/// Reads a tool's span, at any moment of its life.
pub(crate) fn tool_use(facts: &SpanFacts) -> ToolUse {
    let attributes = &facts.attributes;
    // Goose puts the whole call in one field.
    let call = attributes.get("input").and_then(structured).filter(|call| call.get("arguments").is_some());
    let in_call = |name: &str| call.as_ref().and_then(|call| call.get(name));
    let arguments = first(attributes, TOOL_ARGUMENTS).or_else(|| in_call("arguments"));
    let arguments = arguments.or_else(|| first(attributes, &["input", "args"]));
    ToolUse {
        name: first_text(attributes, TOOL_NAME)
            .or_else(|| named(facts, &["execute_tool ", "tools/call ", "tool."]))
            .or_else(|| in_call("name").and_then(text)),
        call_id: first_text(attributes, TOOL_CALL_ID),
        arguments: arguments.map(|value| keyword_arguments(structured_or_raw(value))),
        result: first(attributes, TOOL_RESULT).map(structured_or_raw),
        failure: failure(facts),
        outcome: first_text(attributes, &["gen_ai.tool.call.outcome", "output.status"]),
    }
}

/// Traceloop writes the arguments of a function as it was called: positions and names apart.
fn keyword_arguments(arguments: Value) -> Value {
    match arguments {
        Value::Object(mut members)
            if members.len() == 2
                && members.get("args").and_then(Value::as_array).is_some_and(<[_]>::is_empty)
                && members.get("kwargs").is_some_and(|named| named.as_object().is_some()) =>
        {
            members.remove("kwargs").unwrap_or_default()
        }
        other => other,
    }
}

/// What follows a known prefix in the span's own name.
fn named(facts: &SpanFacts, prefixes: &[&str]) -> Option<String> {
    let name = facts.attributes.text("otel.name").unwrap_or(&facts.name);
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).filter(|rest| !rest.is_empty()).map(str::to_owned)
}

/// The verbs of computer use, as its tool definitions have them.
const VERBS: &[&str] = &[
    "click",
    "left_click",
    "right_click",
    "middle_click",
    "double_click",
    "triple_click",
    "left_click_drag",
    "left_mouse_down",
    "left_mouse_up",
    "mouse_move",
    "move",
    "drag",
    "scroll",
    "type",
    "key",
    "hold_key",
    "keypress",
    "wait",
    "screenshot",
    "zoom",
    "cursor_position",
    "navigate",
    "goto",
];

/// The action that a tool call is: `{type, params?}`. One tool for the whole computer names its verb in the arguments; any
/// other tool is its own verb.
pub(crate) fn action_of(tool: &ToolUse) -> Object {
    let (verb, params) = match &tool.arguments {
        Some(Value::Object(arguments)) => match computer_verb(tool.name.as_deref(), arguments) {
            Some((verb, rest)) => (Some(verb), rest),
            None => (None, arguments.clone()),
        },
        Some(other) if !other.is_null() => (None, Object::from([("arguments".to_owned(), other.clone())])),
        _ => (None, Object::new()),
    };
    let verb = verb.or_else(|| tool.name.clone()).unwrap_or_else(|| "tool".to_owned());
    let mut action = Object::from([("type".to_owned(), verb.into())]);
    if !params.is_empty() {
        action.insert("params".to_owned(), params.into());
    }
    action
}

fn computer_verb(name: Option<&str>, arguments: &Object) -> Option<(String, Object)> {
    let computer = name.is_some_and(|name| ["computer", "browser", "desktop"].iter().any(|word| name.contains(word)));
    let mut rest = arguments.clone();
    let verb = match rest.remove("action") {
        Some(Value::String(verb)) => verb,
        // The action as an object of its own: its members are parameters too.
        Some(Value::Object(mut inner)) => {
            let Some(Value::String(verb)) = inner.remove("type") else { return None };
            rest.extend(inner);
            verb
        }
        _ if name == Some("computer_call") => match rest.remove("type") {
            Some(Value::String(verb)) => verb,
            _ => return None,
        },
        _ => return None,
    };
    // `action` is also a common argument of tools that have nothing to do with a screen.
    let pointed = rest.contains_key("coordinate") || (rest.contains_key("x") && rest.contains_key("y"));
    (!verb.is_empty() && (computer || pointed || VERBS.contains(&verb.as_str()))).then_some((verb, rest))
}

/// What an agent's or a workflow's span tells of it.
#[derive(Clone)]
pub(crate) struct AgentFacts {
    pub(crate) name: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) conversation: Option<String>,
    /// What the agent was asked.
    pub(crate) prompt: Option<String>,
    /// What it answered in the end.
    pub(crate) completion: Option<String>,
    pub(crate) failure: Option<Failure>,
}

/// Reads an agent's span, at any moment of its life.
pub(crate) fn agent_facts(facts: &SpanFacts) -> AgentFacts {
    let attributes = &facts.attributes;
    let text_under = |names: &[&str], read: fn(&Value) -> Option<String>| {
        names.iter().find_map(|name| attributes.get(name).and_then(read).filter(|text| !text.trim().is_empty()))
    };
    AgentFacts {
        name: first_text(attributes, AGENT_NAME)
            .or_else(|| named(facts, &["invoke_agent ", "create_agent ", "invoke_workflow "])),
        id: first_text(attributes, &["gen_ai.agent.id"]),
        version: first_text(attributes, &["gen_ai.agent.version", "traceloop.entity.version"]),
        conversation: first_text(attributes, CONVERSATION),
        prompt: text_under(AGENT_PROMPT, |value| match structured(value) {
            Some(messages @ (Value::Array(_) | Value::Object(_))) => {
                last_user_text(&request_messages(&messages)).or_else(|| text(value))
            }
            _ => text(value),
        }),
        completion: text_under(AGENT_COMPLETION, |value| Answer::read(value).text.or_else(|| text(value))),
        failure: failure(facts),
    }
}

/// What says that a span failed; `None` when nothing does, which is not to say that it went well.
pub(crate) fn failure(facts: &SpanFacts) -> Option<Failure> {
    let attributes = &facts.attributes;
    let thrown = facts.events.iter().find(|event| {
        event.level == Level::Error || event.name == "exception" || event.attributes.get("exception.type").is_some()
    });
    let mut class = error_class(attributes).or_else(|| thrown.and_then(|event| error_class(&event.attributes)));
    let mut message = error_message(attributes)
        .or_else(|| thrown.and_then(|event| error_message(&event.attributes).or_else(|| event.message.clone())))
        .filter(|message| !message.is_empty());
    let mut failed = class.is_some() || message.is_some() || thrown.is_some();
    failed |= attributes.get("error").and_then(truth) == Some(true);
    let says = |name: &str, words: &[&str]| {
        attributes.text(name).filter(|word| words.iter().any(|bad| word.eq_ignore_ascii_case(bad))).map(str::to_owned)
    };
    failed |= says("otel.status_code", &["error"]).is_some()
        || says("output.status", &["error"]).is_some()
        || attributes
            .get("output")
            .and_then(structured)
            .is_some_and(|output| output.get("status") == Some(&"error".into()))
        || attributes.get("success").and_then(truth) == Some(false);
    if let Some(word) =
        says("gen_ai.tool.call.outcome", &["error", "failed", "failure", "timeout", "cancelled", "denied"])
            .or_else(|| says("gen_ai.response.status", &["failed", "cancelled"]))
    {
        failed = true;
        class = class
            .or(Some(word)
                .filter(|word| !["error", "failed", "failure"].iter().any(|bad| word.eq_ignore_ascii_case(bad))));
    }
    // The same text twice tells nothing more.
    if message == class {
        message = None;
    }
    failed.then_some(Failure { class, message })
}

/// Whether a field of this name could make [`failure`] see one.
pub(crate) fn may_tell_failure(name: &str) -> bool {
    match name.as_bytes().first() {
        Some(b'e') => name.starts_with("error") || name.starts_with("exception."),
        Some(b'o') => name.starts_with("otel.status") || name == "output" || name == "output.status",
        Some(b's') => name == "success" || name == "status_message",
        Some(b'g') => name.starts_with("gen_ai.tool.") || name == "gen_ai.response.status",
        _ => false,
    }
}

fn error_class(attributes: &Attributes) -> Option<String> {
    first_text(attributes, &["error.type", "gen_ai.tool.error.type", "exception.type", "error.code"])
}

fn error_message(attributes: &Attributes) -> Option<String> {
    let told = ["otel.status_description", "exception.message", "error.message", "status_message"];
    // `error` may be a mere flag.
    first_text(attributes, &told)
        .or_else(|| attributes.get("error").filter(|value| truth(value).is_none()).and_then(text))
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
