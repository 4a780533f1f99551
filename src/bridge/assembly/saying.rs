//! What the assembly says on the road besides steps: decision events, complaints, and links to OpenTelemetry.

use super::Role;
use crate::{
    CaptureMode,
    bridge::{
        facts::SpanFacts,
        vocabulary::{Class, Decision, augur},
    },
    bundle::shortened,
    capture::is_content,
    pipeline::Road,
    record::{Object, Timestamp, Value},
};

/// Puts a decision on the road. What was derived from telemetry leaves its texts behind where model calls do not pass.
pub(super) fn say(
    road: &mut Road,
    said: Decision,
    step: Option<u64>,
    at: impl Into<Timestamp>,
    mode: CaptureMode,
    derived: bool,
) {
    let Decision { layer, kind, mut summary, shown, plain, mut detail } = said;
    let content = road.content_mode(step, mode);
    if content < CaptureMode::ModelIo {
        detail.retain(|key, _| !is_content(key));
    }
    if derived && content < CaptureMode::ModelIo {
        summary = plain.unwrap_or(summary);
        detail.retain(|key, _| {
            !matches!(
                key.as_str(),
                "query"
                    | "documents"
                    | "arguments"
                    | "result"
                    | "output"
                    | "explanation"
                    | "message"
                    | "error_message"
                    | "exception.message"
                    | "exception.stacktrace"
                    | "prompt"
                    | "completion"
            )
        });
    }
    if summary.char_indices().nth(shown).is_some() {
        summary = shortened(&road.safe(&summary), shown);
    }
    let mut event = Object::from([
        ("ts".to_owned(), at.into().to_string().into()),
        ("layer".to_owned(), layer.into()),
        ("kind".to_owned(), kind.into()),
        ("summary".to_owned(), summary.into()),
    ]);
    if let Some(index) = step {
        event.insert("step_index".into(), index.into());
    }
    if !detail.is_empty() {
        event.insert("detail".into(), detail.into());
    }
    road.event(event, layer, mode);
}

/// Says of fields that could not be used what was wrong with them, and keeps those that no schema has.
pub(super) fn complain(road: &mut Road, step: Option<u64>, fields: &mut augur::Fields) {
    for complaint in fields.complaints.drain(..) {
        let detail = complaint.kept.map(|kept| Object::from([(complaint.field.clone(), kept)]));
        road.adapter_error(step, format!("{}: {}", complaint.field, complaint.problem), detail.unwrap_or_default());
    }
    let unknown = std::mem::take(&mut fields.unknown);
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.keys().map(String::as_str).collect();
        let is_stepless = step.is_none() && names.iter().all(|name| !name.starts_with("augur.run."));
        let why = if is_stepless { "there is no step here for" } else { "no schema has a place for" };
        let summary = format!("{why} {}; kept here", names.join(", "));
        road.adapter_note(step, summary, unknown);
    }
}

pub(super) fn link_record(role: &Role, facts: &SpanFacts, ids: (u128, u64), model_call: Option<String>) -> Object {
    let kind = match role.class {
        Some(Class::Step) => "step",
        Some(Class::Inference) => "model_call",
        Some(Class::Tool) => "tool",
        Some(Class::Run | Class::Agent) | None if role.root => "run",
        _ => "span",
    };
    let mut link = Object::from([
        ("kind".to_owned(), Value::from(kind)),
        ("name".to_owned(), facts.attributes.text("otel.name").unwrap_or(&facts.name).into()),
        ("trace_id".to_owned(), format!("{:032x}", ids.0).into()),
        ("span_id".to_owned(), format!("{:016x}", ids.1).into()),
        ("started_at".to_owned(), Timestamp::from(facts.start).to_string().into()),
    ]);
    link.extend(facts.end.map(|end| ("ended_at".to_owned(), Timestamp::from(end).to_string().into())));
    link.extend(role.step.map(|index| ("step_index".to_owned(), index.into())));
    link.extend(model_call.map(|path| ("model_call".to_owned(), path.into())));
    link
}
