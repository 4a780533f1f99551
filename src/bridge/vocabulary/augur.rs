//! Our own vocabulary: `augur.*` fields of spans and events, typed by the record schemas.

use crate::{
    bridge::facts::{Attributes, EventFacts, Level},
    record::{EventKind, EventLayer, Number, Object, Value, parse},
    schema::Schema,
};
use std::{collections::HashMap, sync::LazyLock};

/// What `augur.*` fields say of a step or a run.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) members: Object,
    /// Fields that a schema has, with a value that it does not take.
    pub(crate) complaints: Vec<Complaint>,
    /// Fields in our name that no schema has.
    pub(crate) unknown: Object,
}

impl Fields {
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.complaints.is_empty() && self.unknown.is_empty()
    }
}

/// A field whose value its schema does not take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) field: String,
    /// What was expected and what came, without the value itself: it may be a secret.
    pub(crate) problem: String,
}

/// Members that belong to the recorder; a field cannot set them.
const RESERVED: &[&str] = &["step_id", "step_index", "observation_pre", "observation_post", "started_at", "ended_at"];

/// Reads the fields that say something of a step: `augur.step.X` is member `step_X` or `X`, `augur.P` is the member at
/// path `P`.
pub(crate) fn step_fields(attributes: &Attributes) -> Fields {
    let mut fields = Fields::default();
    for (name, value) in attributes.iter() {
        let Some(rest) = name.strip_prefix("augur.") else { continue };
        if matches!(rest, "layer" | "kind" | "summary" | "capture_mode")
            || rest.starts_with("run.")
            || rest.starts_with("detail.")
        {
            continue;
        }
        let path = match rest.strip_prefix("step.") {
            Some(own) if STEP_KINDS.contains_key(&format!("step_{own}")) => format!("step_{own}"),
            Some(own) => own.to_owned(),
            None => rest.to_owned(),
        };
        set(&mut fields, &STEP_KINDS, name, &path, value);
    }
    fields
}

/// The member of a step at a dotted path, given with a value of any structure.
pub(crate) fn step_member(path: &str, value: &Value) -> Fields {
    let mut fields = Fields::default();
    set(&mut fields, &STEP_KINDS, path, path, value);
    fields
}

/// Reads the fields that say something of a run: `augur.run.P` is the member at path `P` of the session record.
pub(crate) fn run_fields(attributes: &Attributes) -> Fields {
    const OPEN: &[&str] = &["tags", "task_spec", "task_spec_id", "costs", "live", "status"];
    let mut fields = Fields::default();
    for (name, value) in attributes.iter() {
        let Some(path) = name.strip_prefix("augur.run.").filter(|path| *path != "id") else { continue };
        if OPEN.contains(&path.split('.').next().unwrap_or_default()) {
            set(&mut fields, &SESSION_KINDS, name, path, value);
        } else {
            fields.unknown.insert(name.to_owned(), value.clone());
        }
    }
    fields
}

/// A decision event in our own words.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) layer: EventLayer,
    pub(crate) kind: EventKind,
    pub(crate) complaints: Vec<Complaint>,
}

/// Whether an event says with `augur.layer` or `augur.kind` that it is a decision event, and which.
pub(crate) fn decision_of(event: &EventFacts, layer_of_span: EventLayer) -> Option<Decided> {
    let (layer, kind) = (event.attributes.text("augur.layer"), event.attributes.text("augur.kind"));
    if layer.is_none() && kind.is_none() {
        return None;
    }
    let mut complaints = Vec::new();
    let layer = layer.map_or(layer_of_span, |word| word_or(word, EventLayer::Runner, "augur.layer", &mut complaints));
    let usual = if event.level >= Level::Warn { EventKind::Error } else { EventKind::Decision };
    let kind = kind.map_or(usual, |word| word_or(word, EventKind::Info, "augur.kind", &mut complaints));
    Some(Decided { layer, kind, complaints })
}

fn word_or<T: std::str::FromStr<Err = crate::record::UnknownWord>>(
    word: &str,
    fallback: T,
    field: &str,
    complaints: &mut Vec<Complaint>,
) -> T {
    unquoted(word).parse().unwrap_or_else(|error: crate::record::UnknownWord| {
        complaints.push(Complaint { field: field.to_owned(), problem: error.to_string() });
        fallback
    })
}

/// What an event's `detail` holds: its fields, ours without their prefix.
pub(crate) fn detail(attributes: &Attributes) -> Object {
    let mut detail = Object::new();
    for (name, value) in attributes.iter() {
        if matches!(name, "augur.layer" | "augur.kind" | "augur.summary") {
            continue;
        }
        let name = name.strip_prefix("augur.detail.").unwrap_or(name);
        detail.insert(name.to_owned(), value.clone());
    }
    detail
}

/// A value recorded with `?` arrives in quotes.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}

/// What a schema takes at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Text,
    Word(Vec<String>),
    Number,
    Integer,
    Bool,
    Object,
    Array,
    /// Anything, and anything below it.
    Any,
}

type Kinds = HashMap<String, Kind>;

static STEP_KINDS: LazyLock<Kinds> = LazyLock::new(|| kinds(Schema::Step));
static SESSION_KINDS: LazyLock<Kinds> = LazyLock::new(|| kinds(Schema::Session));

fn set(fields: &mut Fields, kinds: &Kinds, name: &str, path: &str, value: &Value) {
    let Some(kind) = kind_at(kinds, path).filter(|_| !RESERVED.contains(&path)) else {
        fields.unknown.insert(name.to_owned(), value.clone());
        return;
    };
    match coerce(value, kind) {
        Ok(value) => put(&mut fields.members, path, value),
        Err(problem) => fields.complaints.push(Complaint { field: name.to_owned(), problem }),
    }
}

fn kind_at<'k>(kinds: &'k Kinds, path: &str) -> Option<&'k Kind> {
    if let Some(kind) = kinds.get(path) {
        return Some(kind);
    }
    // Below an open object every path is good.
    let (parent, _) = path.rsplit_once('.')?;
    kind_at(kinds, parent).filter(|kind| **kind == Kind::Any).or_else(|| kinds.get(&format!("{parent}.*")))
}

fn put(members: &mut Object, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        members.insert(path.to_owned(), value);
        return;
    };
    let inner = members.entry(first.to_owned()).or_insert_with(|| Value::Object(Object::new()));
    if !matches!(inner, Value::Object(_)) {
        *inner = Value::Object(Object::new());
    }
    if let Some(inner) = inner.as_object_mut() {
        put(inner, rest, value);
    }
}

fn coerce(value: &Value, kind: &Kind) -> Result<Value, String> {
    let text = value.as_str().map(unquoted);
    let wrong = |expected: &str| Err(format!("expected {expected}, got {}", describe(value)));
    match kind {
        Kind::Any => Ok(text.and_then(structured).unwrap_or_else(|| value.clone())),
        Kind::Text => Ok(match value {
            Value::String(_) => value.clone(),
            other => other.to_string().into(),
        }),
        Kind::Word(words) => match text {
            Some(word) if words.iter().any(|known| known == word) => Ok(word.into()),
            _ => wrong(&format!("one of {}", words.join(", "))),
        },
        Kind::Number => match value {
            Value::Number(_) => Ok(value.clone()),
            _ => text.and_then(Number::from_text).map_or_else(|| wrong("a number"), |number| Ok(number.into())),
        },
        Kind::Integer => match value {
            Value::Number(number) if number.is_whole() => Ok(value.clone()),
            _ => match text.and_then(Number::from_text) {
                Some(number) if number.is_whole() => Ok(number.into()),
                _ => wrong("a whole number"),
            },
        },
        Kind::Bool => match (value, text) {
            (Value::Bool(_), _) => Ok(value.clone()),
            (_, Some("true")) => Ok(true.into()),
            (_, Some("false")) => Ok(false.into()),
            _ => wrong("true or false"),
        },
        Kind::Object => match text.map_or(Some(value.clone()), structured) {
            Some(object @ Value::Object(_)) => Ok(object),
            _ => wrong("an object, or JSON text of one"),
        },
        Kind::Array => match text.map_or(Some(value.clone()), structured) {
            Some(array @ Value::Array(_)) => Ok(array),
            _ => wrong("a list, or JSON text of one"),
        },
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::String(text) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") => text.clone(),
        Value::String(text) => format!("a text of {} bytes", text.len()),
        other => format!("a value of type {}", other.kind()),
    }
}

/// The object or list that a text is the JSON of.
fn structured(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    parse(text.as_bytes()).ok()
}

/// Flattens a schema into what it takes at each path.
fn kinds(schema: Schema) -> Kinds {
    let mut kinds = Kinds::new();
    if let Ok(root) = parse(schema.text().as_bytes()) {
        flatten(&root, "", &mut kinds, 0);
    }
    kinds
}

fn flatten(schema: &Value, path: &str, kinds: &mut Kinds, depth: usize) {
    if depth > 8 {
        return;
    }
    let referred = schema.get("$ref").and_then(Value::as_str).and_then(|file| {
        let name = file.strip_suffix(".schema.json")?;
        let found = Schema::ALL.iter().find(|schema| schema.name() == name)?;
        parse(found.text().as_bytes()).ok()
    });
    if let Some(referred) = referred {
        return flatten(&referred, path, kinds, depth + 1);
    }
    if let Some(choice) = schema.get("anyOf").and_then(Value::as_array).and_then(|choices| choices.first()) {
        return flatten(choice, path, kinds, depth + 1);
    }
    let words = |value: &Value| -> Option<Vec<String>> {
        value.as_array().map(|words| words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect())
    };
    let kind = match (schema.get("enum").and_then(words), type_of(schema)) {
        (Some(words), _) => Kind::Word(words),
        (None, Some("string")) => Kind::Text,
        (None, Some("number")) => Kind::Number,
        (None, Some("integer")) => Kind::Integer,
        (None, Some("boolean")) => Kind::Bool,
        (None, Some("array")) => Kind::Array,
        (None, Some("object")) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, member) in properties.into_iter().flatten() {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(member, &path, kinds, depth + 1);
            }
            match schema.get("additionalProperties") {
                Some(Value::Object(_)) => {
                    flatten(
                        schema.get("additionalProperties").unwrap_or(&Value::Null),
                        &format!("{path}.*"),
                        kinds,
                        depth + 1,
                    );
                    Kind::Object
                }
                Some(Value::Bool(false)) => Kind::Object,
                _ if properties.is_none() => Kind::Any,
                _ => Kind::Object,
            }
        }
        _ => Kind::Any,
    };
    if !path.is_empty() {
        kinds.insert(path.to_owned(), kind);
    }
}

fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(word) => Some(word),
        Value::Array(words) => words.iter().filter_map(Value::as_str).find(|word| *word != "null"),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&'static str, Value)]) -> Attributes {
        let mut attributes = Attributes::default();
        for (name, value) in pairs {
            attributes.push(*name, value.clone());
        }
        attributes
    }

    #[test]
    fn fields_become_the_members_that_the_schema_has_for_them() {
        let fields = step_fields(&attributes(&[
            ("augur.step.type", "click".into()),
            ("augur.step.intent", "log in".into()),
            ("augur.action.type", "click".into()),
            ("augur.action.params.x", 3.into()),
            ("augur.action.params.at", r#"{"y": 4}"#.into()),
            ("augur.grounding.provider", "vision".into()),
            ("augur.grounding.coordinates.x", "12".into()),
            ("augur.grounding.confidence", Value::from_f64_marked(0.5)),
            ("augur.verdict.status", "\"passed\"".into()),
            ("augur.verdict.evidence_refs", r#"["a"]"#.into()),
            ("augur.loop_detected", "true".into()),
            ("augur.costs.tokens_in", "12".into()),
        ]));
        assert_eq!(
            Value::from(fields.members).to_string(),
            r#"{"action": {"params": {"at": {"y": 4}, "x": 3}, "type": "click"}, "costs": {"tokens_in": 12}, "grounding": {"confidence": 0.5, "coordinates": {"x": 12}, "provider": "vision"}, "intent": "log in", "loop_detected": true, "step_type": "click", "verdict": {"evidence_refs": ["a"], "status": "passed"}}"#
        );
        assert!(fields.complaints.is_empty() && fields.unknown.is_empty());
    }

    #[test]
    fn a_value_that_the_schema_does_not_take_is_told_without_quoting_it() {
        for (name, value, problem) in [
            ("augur.grounding.confidence", Value::from("s3cret"), "expected a number, got a text of 6 bytes"),
            ("augur.grounding.confidence", Value::from_f64_marked(f64::NAN), "expected a number, got NaN"),
            (
                "augur.costs.tokens_in",
                Value::from_f64_marked(1.5),
                "expected a whole number, got a value of type number",
            ),
            (
                "augur.verdict.status",
                "great".into(),
                "expected one of passed, failed, recoverable, skipped, unknown, got a text of 5 bytes",
            ),
            ("augur.loop_detected", 1.into(), "expected true or false, got a value of type number"),
            ("augur.verdict", "[1]".into(), "expected an object, or JSON text of one, got a text of 3 bytes"),
        ] {
            let fields = step_fields(&attributes(&[(name, value)]));
            assert_eq!(fields.complaints, [Complaint { field: name.to_owned(), problem: problem.to_owned() }]);
        }
    }

    #[test]
    fn names_that_no_schema_has_are_kept_apart_and_never_dropped() {
        let fields = step_fields(&attributes(&[("augur.mood", "good".into()), ("augur.step.index", 7.into())]));
        assert_eq!(Value::from(fields.unknown).to_string(), r#"{"augur.mood": "good", "augur.step.index": 7}"#);
    }

    #[test]
    fn a_run_takes_tags_and_a_task() {
        let fields = run_fields(&attributes(&[
            ("augur.run.id", "r".into()),
            ("augur.run.tags.env", "prod".into()),
            ("augur.run.status", "cancelled".into()),
            ("augur.run.color", "red".into()),
        ]));
        assert_eq!(Value::from(fields.members).to_string(), r#"{"status": "cancelled", "tags": {"env": "prod"}}"#);
        assert!(fields.unknown.contains_key("augur.run.color"));
    }
}
