//! Content that travels in events inside a model call's span, as older conventions have it, and its newest form.

use super::aliases::{structured, structured_or_raw};
use crate::{
    bridge::facts::{Attributes, EventFacts},
    record::{Object, Value},
};
use std::borrow::Cow;

/// The name that an event goes by: some libraries give it as a field.
pub(crate) fn event_name(event: &EventFacts) -> &str {
    event.attributes.text("event.name").or_else(|| event.attributes.text("event_name")).unwrap_or(&event.name)
}

/// The span's attributes, with those of an event that repeats the whole call behind them: the span's own count first.
pub(super) fn with_details<'a>(attributes: &'a Attributes, events: &[EventFacts]) -> Cow<'a, Attributes> {
    let details = events.iter().filter(|event| event_name(event) == "gen_ai.client.inference.operation.details");
    details.fold(Cow::Borrowed(attributes), |known, event| {
        let mut all = event.attributes.clone();
        all.extend(known.into_owned());
        Cow::Owned(all)
    })
}

/// What events said of a call: its messages and its answer.
#[derive(Default)]
pub(super) struct Told {
    pub(super) messages: Vec<Value>,
    pub(super) answer: Option<Value>,
}

pub(super) fn told(events: &[EventFacts]) -> Told {
    let mut told = Told::default();
    for event in events {
        let body = || text_of(event, &["content", "gen_ai.event.content", "body"]);
        match event_name(event) {
            "gen_ai.system.message" => told.messages.push(message(event, "system")),
            "gen_ai.user.message" => told.messages.push(message(event, "user")),
            "gen_ai.assistant.message" => told.messages.push(message(event, "assistant")),
            "gen_ai.tool.message" => told.messages.push(message(event, "tool")),
            "gen_ai.choice" if told.answer.is_none() => told.answer = Some(choice(event)),
            "gen_ai.content.prompt" => {
                let prompt = event.attributes.get("gen_ai.prompt").cloned().or_else(body);
                told.messages.extend(prompt.iter().flat_map(super::messages::request_messages));
            }
            "gen_ai.content.completion" => {
                told.answer = event.attributes.get("gen_ai.completion").cloned().or_else(body).or(told.answer);
            }
            _ => {}
        }
    }
    told
}

fn text_of(event: &EventFacts, names: &[&str]) -> Option<Value> {
    super::aliases::first(&event.attributes, names)
        .cloned()
        .or_else(|| event.message.clone().filter(|text| !text.is_empty()).map(Value::from))
}

fn message(event: &EventFacts, role: &str) -> Value {
    // A body that is an object is the message itself.
    if let Some(Value::Object(mut body)) = event.attributes.get("body").and_then(structured) {
        body.entry("role".to_owned()).or_insert_with(|| role.into());
        return body.into();
    }
    let mut message = Object::from([("role".to_owned(), role.into())]);
    message.extend(text_of(event, &["content"]).map(|content| ("content".to_owned(), content)));
    let calls = event.attributes.get("tool_calls").map(structured_or_raw);
    message.extend(calls.map(|calls| ("tool_calls".to_owned(), calls)));
    message.extend(event.attributes.get("id").map(|id| ("tool_call_id".to_owned(), id.clone())));
    message.into()
}

fn choice(event: &EventFacts) -> Value {
    let whole = event.attributes.get("body").and_then(structured);
    let inner = whole.as_ref().and_then(|body| body.get("message").cloned());
    let field = event.attributes.get("message").cloned().or_else(|| event.message.clone().map(Value::from));
    let named = field.as_ref().and_then(structured);
    let mut message = match inner.or(named).or(whole.clone()) {
        Some(Value::Object(message)) => message,
        Some(text) => Object::from([("content".to_owned(), text)]),
        None => message(event, "assistant").as_object().cloned().unwrap_or_default(),
    };
    message.entry("role".to_owned()).or_insert_with(|| "assistant".into());
    let reason = event.attributes.get("finish_reason").cloned();
    if let Some(reason) = reason.or_else(|| whole?.get("finish_reason").cloned()) {
        message.insert("finish_reason".to_owned(), reason);
    }
    message.into()
}
