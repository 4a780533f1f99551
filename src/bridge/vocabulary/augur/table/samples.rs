//! A value for every name, and the source of the lists of a test that says them all in every way that there is.

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

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Number(number) if number.is_integer() => format!("{number}_u64"),
        Value::Array(_) | Value::Object(_) => format!("{:?}", value.to_string()),
        other => other.to_string(),
    }
}

/// A macro that hands the names and their values to another.
fn list(out: &mut String, name: &str, what: &str, fields: &[(String, Value)]) {
    writeln!(out, "/// {what}.\nmacro_rules! {name} {{\n    ($say:ident) => {{ $say! {{").unwrap();
    for (field, said) in fields {
        writeln!(out, "        {field:?} = {};", literal(said)).unwrap();
    }
    writeln!(out, "    }} }};\n}}\n").unwrap();
}

/// The source of the test's lists.
pub(super) fn source() -> String {
    let mut out = format!(
        "//! Every name of the vocabulary with a value, for the test that says them in every way. Generated from the \
         schemas; renewed with\n//! `{RENEW}`.\n\n"
    );
    for (about, word) in [(About::Step, "step"), (About::Run, "run"), (About::Event, "event")] {
        let of_event = |field: &str| about != About::Event || field != "augur.step_index";
        let (plain, structures) = (said(about, false), said(about, true));
        let plain: Vec<_> = plain.into_iter().filter(|(field, _)| of_event(field)).collect();
        list(&mut out, &format!("{word}_fields"), "Names of fields", &plain);
        if about != About::Event {
            list(
                &mut out,
                &format!("{word}_structures"),
                "Names of objects and lists, which come as JSON",
                &structures,
            );
        }
        let record = whole(about).to_string();
        let caps = word.to_uppercase();
        writeln!(out, "/// The record that has all of it.\npub const {caps}_RECORD: &str = {record:?};\n").unwrap();
    }
    out.push_str("pub(super) use {event_fields, run_fields, run_structures, step_fields, step_structures};\n");
    out
}
