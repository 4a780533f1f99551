//! A value for every name, and the source of a test that says them all in every way that there is.

use super::{About, RENEW, names};
use crate::{
    bridge::vocabulary::augur::shape::{EVENT, Kind, SESSION, STEP, Shape},
    record::{Number, Object, Value},
};
use std::fmt::Write as _;

/// A name with all its parts: an item at the first place, and a name of the user's choosing.
pub(super) fn concrete(name: &str) -> String {
    name.replace("<name>", "given").replace(".N", ".0")
}

/// A value that a shape takes.
fn sample(path: &str, shape: &Shape) -> Value {
    let last = path.rsplit('.').next().unwrap_or_default();
    match &shape.kind {
        Kind::Text | Kind::Any => format!("zz {}", path.replace(['.', '_'], " ")).into(),
        Kind::Time if last == "ended_at" => "2026-02-03T04:05:07.000008Z".into(),
        Kind::Time => "2026-02-03T04:05:06.000007Z".into(),
        // The step and the run are over by then.
        Kind::Word(words) if path == "status" => {
            if words.iter().any(|word| word == "recovered") {
                "recovered".into()
            } else {
                "cancelled".into()
            }
        }
        Kind::Word(words) => words.first().map(String::as_str).unwrap_or_default().into(),
        // Some numbers are at most 1.
        Kind::Number(_) => Number::from_f64(0.25 + (path.len() % 5) as f64 / 8.0).map(Value::from).unwrap_or_default(),
        Kind::Integer(_) => (path.len() as u64).into(),
        Kind::Bool => (last != "required").into(),
        Kind::List => Value::Array(shape.items.iter().map(|item| sample(&format!("{path}.0"), item)).collect()),
        Kind::Object => {
            let named = shape.members.iter().map(|(name, below)| (name.as_str(), below));
            let given = shape.others.iter().map(|below| ("given", below.as_ref()));
            let members =
                named.chain(given).map(|(name, below)| (name.to_owned(), sample(&format!("{path}.{name}"), below)));
            Value::Object(members.collect())
        }
    }
}

/// The names with a sample each: those of objects and lists, or all others.
fn said(about: About, structures: bool) -> Vec<(String, Value)> {
    let is_structure = |shape: &Shape| matches!(shape.kind, Kind::Object | Kind::List);
    names(about)
        .iter()
        .filter(|name| name.ours.is_none() && is_structure(name.shape) == structures)
        .map(|name| (concrete(&name.field), sample(&concrete(&name.path), name.shape)))
        .collect()
}

/// The record that has all of it.
fn whole(about: About) -> Value {
    let root: &Shape = match about {
        About::Step => &STEP,
        About::Event => &EVENT,
        About::Run => &SESSION,
    };
    let settable = names(about).into_iter().filter(|name| name.ours.is_none());
    let members =
        settable.filter_map(|name| Some((name.path.clone(), sample(&name.path, root.members.get(&name.path)?))));
    members.collect::<Object>().into()
}

fn name(field: &str) -> String {
    // The macros read no number as a part of a name.
    let has_number = field.split('.').any(|part| part.starts_with(|first: char| first.is_ascii_digit()));
    if has_number { format!("{field:?}") } else { field.to_owned() }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Number(number) if number.is_integer() => format!("{number}_u64"),
        Value::Array(_) | Value::Object(_) => format!("{:?}", value.to_string()),
        other => other.to_string(),
    }
}

/// The same value as text.
fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("{:?}", value.to_string()), |text| format!("{text:?}"))
}

/// A function that makes a span or event with fields, each said in one way.
fn function(out: &mut String, head: &str, open: &str, fields: &[(String, Value)], value: impl Fn(&Value) -> String) {
    write!(out, "pub fn {head} {{\n    {open}").unwrap();
    for (field, said) in fields {
        write!(out, "\n        {} = {},", name(field), value(said)).unwrap();
    }
    let end = if head.contains("->") { ")" } else { ");" };
    writeln!(out, "\n    {end}\n}}\n").unwrap();
}

/// The functions that say fields of a span late, and in events.
fn later(out: &mut String, word: &str, fields: &[(String, Value)]) {
    writeln!(out, "pub fn {word}_late(span: &Span) {{").unwrap();
    for (field, said) in fields {
        writeln!(out, "    span.record({field:?}, {});", literal(said)).unwrap();
    }
    writeln!(out, "}}\n\npub fn {word}_in_events() {{").unwrap();
    for (field, said) in fields {
        writeln!(out, "    info!({} = {});", name(field), literal(said)).unwrap();
    }
    writeln!(out, "}}\n").unwrap();
}

fn list(out: &mut String, name: &str, fields: &[(String, Value)]) {
    writeln!(out, "/// Names of fields, and what they say as JSON.\npub const {name}: &[(&str, &str)] = &[").unwrap();
    for (field, said) in fields {
        writeln!(out, "    ({field:?}, {:?}),", said.to_string()).unwrap();
    }
    writeln!(out, "];\n").unwrap();
}

fn record(out: &mut String, name: &str, about: About) {
    writeln!(out, "/// The record that has all of it.\npub const {name}: &str = {:?};\n", whole(about).to_string())
        .unwrap();
}

/// The source of the test.
pub(super) fn source() -> String {
    let mut out = format!(
        "//! Every name of the vocabulary, said in every way. Generated from the schemas; renewed with\n//! `{RENEW}`.\n\n\
         use tracing::{{Span, field::Empty, info, info_span}};\n\n"
    );
    for (about, word, open) in
        [(About::Step, "step", "info_span!(\"step\","), (About::Run, "run", "info_span!(\"run\",")]
    {
        let (plain, structures) = (said(about, false), said(about, true));
        let caps = word.to_uppercase();
        function(&mut out, &format!("{word}_at_once() -> Span"), open, &plain, literal);
        function(&mut out, &format!("{word}_as_text() -> Span"), open, &plain, spelled);
        function(&mut out, &format!("{word}_shown() -> Span"), open, &plain, |value| format!("?{}", literal(value)));
        function(&mut out, &format!("{word}_as_json() -> Span"), open, &structures, literal);
        function(&mut out, &format!("{word}_declared() -> Span"), open, &plain, |_| "Empty".to_owned());
        later(&mut out, word, &plain);
        list(&mut out, &format!("{caps}_FIELDS"), &plain);
        list(&mut out, &format!("{caps}_STRUCTURES"), &structures);
        record(&mut out, &format!("{caps}_RECORD"), about);
    }
    let fields: Vec<_> =
        said(About::Event, false).into_iter().filter(|(field, _)| field != "augur.step_index").collect();
    function(&mut out, "event()", "info!(", &fields, literal);
    function(&mut out, "event_as_text()", "info!(", &fields, spelled);
    list(&mut out, "EVENT_FIELDS", &fields);
    record(&mut out, "EVENT_RECORD", About::Event);
    out
}
