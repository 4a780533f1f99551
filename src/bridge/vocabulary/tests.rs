//! Statements about what the vocabularies make of spans and events, with the spans written out in tables.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod answers;
mod calls;
mod classes;
mod decisions;
mod rig;
mod tools;

use super::gen_ai::ModelCall;
use super::*;
use crate::{
    bridge::facts::{Attributes, EventFacts, Level, SpanFacts},
    record::{EventKind, EventLayer, Object, Value, parse},
    schema::Schema,
};
use std::time::{Duration, SystemTime};

fn attributes(fields: &[(&'static str, Value)]) -> Attributes {
    let mut attributes = Attributes::default();
    fields.iter().for_each(|(name, value)| attributes.push(*name, value.clone()));
    attributes
}

fn texts(fields: &[(&'static str, &str)]) -> Attributes {
    attributes(&fields.iter().map(|(name, text)| (*name, Value::from(*text))).collect::<Vec<_>>())
}

fn at(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_000 + millis)
}

fn span(name: &'static str, attributes: Attributes) -> SpanFacts {
    SpanFacts { name: name.into(), start: at(0), end: Some(at(1500)), attributes, events: Vec::new() }
}

fn event(target: &'static str, level: Level, message: &str, attributes: Attributes) -> EventFacts {
    EventFacts {
        name: "event src/main.rs:1".into(),
        target: target.into(),
        level,
        time: at(10),
        message: (!message.is_empty()).then(|| message.to_owned()),
        attributes,
    }
}

/// What a model answered, as its record has it.
fn answered(call: &ModelCall) -> Option<&str> {
    call.record.get("response")?.get("text")?.as_str()
}

fn json(text: &str) -> Value {
    parse(text.as_bytes()).unwrap()
}

/// The call of a span with these texts, once its record is found to be one.
fn called(fields: &[(&'static str, &str)]) -> ModelCall {
    valid(model_call(&span("chat", texts(fields)), false))
}

/// The call, with everything in it held against the schemas.
fn valid(call: ModelCall) -> ModelCall {
    let mut record = call.record.clone();
    record.insert("schema_version".to_owned(), "0.1".into());
    record.insert("layer".to_owned(), call.layer.into());
    judge(Schema::ModelCall, record.into());
    judge(Schema::CapturedVersions, call.versions.clone().into());
    for piece in &call.reasoning {
        let mut record = Object::from([
            ("step_index".to_owned(), 0.into()),
            ("text".to_owned(), piece.text.as_str().into()),
            ("format".to_owned(), piece.format.into()),
        ]);
        record.extend(piece.tokens.map(|tokens| ("tokens".to_owned(), tokens.into())));
        record.extend(piece.model.as_deref().map(|model| ("model".to_owned(), model.into())));
        judge(Schema::Reasoning, record.into());
    }
    judge(Schema::Step, step(&[("costs", call.costs.clone().into())]));
    model_called(&call).into_iter().for_each(|decision| drop(decided(decision)));
    call
}

/// The decision, held against its schema.
fn decided(decision: Decision) -> Decision {
    let record = Object::from([
        ("ts".to_owned(), "2026-01-01T00:00:00Z".into()),
        ("layer".to_owned(), decision.layer.into()),
        ("kind".to_owned(), decision.kind.into()),
        ("summary".to_owned(), decision.summary.as_str().into()),
        ("detail".to_owned(), decision.detail.clone().into()),
    ]);
    judge(Schema::Event, record.into());
    decision
}

fn step(members: &[(&str, Value)]) -> Value {
    let mut step = json(
        r#"{"step_id": "r/step/0000", "step_index": 0, "step_type": "tool", "status": "running",
            "started_at": "2026-01-01T00:00:00Z"}"#,
    );
    let record = step.as_object_mut().unwrap();
    members.iter().for_each(|(name, value)| drop(record.insert((*name).to_owned(), value.clone())));
    step
}

fn judge(schema: Schema, record: Value) {
    let violations = crate::schema::validate(schema, &record).err();
    assert!(violations.is_none(), "{} does not hold {record}: {violations:?}", schema.name());
}

/// The value at a path of keys and indexes.
fn pick<'a>(record: &'a Object, path: &str) -> Option<&'a Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    rest.into_iter().flat_map(|rest| rest.split('.')).try_fold(record.get(first)?, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}

/// The same as JSON text; `-` where there is nothing.
fn shown(record: &Object, path: &str) -> String {
    pick(record, path).map_or_else(|| "-".to_owned(), Value::to_string)
}
