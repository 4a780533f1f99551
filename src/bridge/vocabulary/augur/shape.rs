//! What the record schemas take at each path, as a tree, and how the value of a field becomes what stands there.

use super::debug_text::unquoted;
use crate::{
    record::{Number, Object, Timestamp, Value, parse},
    schema::Schema,
};
use std::{collections::BTreeMap, sync::LazyLock};

/// What a schema takes at one place.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    /// The schema's own words.
    #[cfg_attr(not(test), allow(dead_code, reason = "only the table of names quotes it"))]
    pub(super) meaning: String,
    pub(super) members: BTreeMap<String, Shape>,
    /// What any other member is.
    pub(super) others: Option<Box<Shape>>,
    pub(super) items: Option<Box<Shape>>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    /// A moment in RFC 3339.
    Time,
    Word(Vec<String>),
    Number(Bounds),
    Integer(Bounds),
    Bool,
    Object,
    List,
    /// Anything, and anything below it.
    Any,
}

/// What a number must not be below or above.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Bounds {
    least: Option<Number>,
    most: Option<Number>,
}

pub(super) static STEP: LazyLock<Shape> = LazyLock::new(|| of_schema(Schema::Step));
pub(super) static SESSION: LazyLock<Shape> = LazyLock::new(|| of_schema(Schema::Session));
pub(super) static EVENT: LazyLock<Shape> = LazyLock::new(|| of_schema(Schema::Event));

/// What stands below something that takes anything.
static ANYTHING: Shape = Shape {
    kind: Kind::Any,
    nullable: true,
    meaning: String::new(),
    members: BTreeMap::new(),
    others: None,
    items: None,
};

/// A place that a path leads to.
pub(super) struct Found<'s, 'p> {
    pub(super) shape: &'s Shape,
    /// The list that the path goes into first: the path to it and what it takes, and the way on from there.
    pub(super) list: Option<(&'p str, &'s Shape, &'p str)>,
}

impl Shape {
    /// Where a dotted path leads; `None` where the schema has nothing. A number is the place of an item in a list.
    pub(super) fn at<'p>(&self, path: &'p str) -> Option<Found<'_, 'p>> {
        let (mut shape, mut list, mut end) = (self, None, 0);
        for part in path.split('.') {
            if part.is_empty() {
                return None;
            }
            let below = shape.child(part)?;
            // Inside an open object a number makes a list of what stands around it, but not of the object itself.
            let is_item = shape.kind == Kind::List || shape.kind == Kind::Any && is_place(part);
            if is_item && list.is_none() {
                list = Some((path.get(..end)?, shape, path.get(end + 1..)?));
            }
            end += part.len() + usize::from(end > 0);
            shape = below;
        }
        Some(Found { shape, list })
    }

    /// What stands under a name or, in a list, at a place.
    pub(super) fn child(&self, part: &str) -> Option<&Self> {
        match self.kind {
            Kind::Any => Some(&ANYTHING),
            Kind::List => self.items.as_deref().filter(|_| is_place(part)),
            Kind::Object => self.members.get(part).or(self.others.as_deref()),
            _ => None,
        }
    }

    /// The value as the schema has it here. What is wrong with one that cannot be is told without the value itself: it may
    /// be a secret.
    pub(super) fn take(&self, value: &Value) -> Result<Value, String> {
        let text = value.as_str().map(unquoted);
        let text = text.as_deref();
        if self.nullable && self.kind != Kind::Text && (value.is_null() || text == Some("null")) {
            return Ok(Value::Null);
        }
        let taken = match &self.kind {
            Kind::Any => Some(text.and_then(structure).unwrap_or_else(|| value.clone())),
            Kind::Text => match value {
                Value::String(_) => Some(value.clone()),
                Value::Null => self.nullable.then_some(Value::Null),
                other => Some(other.to_string().into()),
            },
            Kind::Time => text.and_then(Timestamp::parse).map(|time| time.to_string().into()),
            Kind::Word(words) => words.iter().find(|word| Some(word.as_str()) == text).map(|word| word.as_str().into()),
            Kind::Number(bounds) => number(value, text).filter(|number| bounds.hold(number)).map(Value::from),
            Kind::Integer(bounds) => {
                number(value, text).filter(|number| number.is_whole() && bounds.hold(number)).map(Value::from)
            }
            Kind::Bool => match (value, text) {
                (Value::Bool(_), _) => Some(value.clone()),
                (_, Some("true")) => Some(true.into()),
                (_, Some("false")) => Some(false.into()),
                _ => None,
            },
            Kind::Object => structured(value, text).filter(|value| value.as_object().is_some()),
            Kind::List => structured(value, text).filter(|value| value.as_array().is_some()),
        };
        taken.ok_or_else(|| format!("expected {}, got {}", self.expected(), self.describe(value, text)))
    }

    fn describe(&self, value: &Value, text: Option<&str>) -> String {
        match (value, text) {
            (_, Some("NaN" | "Infinity" | "-Infinity")) => text.unwrap_or_default().to_owned(),
            (Value::String(text), _) => format!("a text of {} bytes", text.len()),
            (Value::Number(_), _) if matches!(self.kind, Kind::Number(_) | Kind::Integer(_)) => {
                "a number that does not fit".to_owned()
            }
            (other, _) => format!("a value of type {}", other.kind()),
        }
    }

    fn expected(&self) -> String {
        match &self.kind {
            Kind::Any | Kind::Text => "a text".to_owned(),
            Kind::Time => "a time as RFC 3339 has it".to_owned(),
            Kind::Word(words) => format!("one of {}", words.join(", ")),
            Kind::Number(bounds) => bounds.told("a number"),
            Kind::Integer(bounds) => bounds.told("a whole number"),
            Kind::Bool => "true or false".to_owned(),
            Kind::Object => "an object, or JSON text of one".to_owned(),
            Kind::List => "a list, or JSON text of one".to_owned(),
        }
    }
}

impl Bounds {
    fn hold(&self, number: &Number) -> bool {
        self.least.as_ref().is_none_or(|least| number.as_f64() >= least.as_f64())
            && self.most.as_ref().is_none_or(|most| number.as_f64() <= most.as_f64())
    }

    /// The bounds in words, behind what is bounded.
    pub(super) fn told(&self, what: &str) -> String {
        match (&self.least, &self.most) {
            (Some(least), Some(most)) => format!("{what} from {least} to {most}"),
            (Some(least), None) => format!("{what} from {least} on"),
            (None, Some(most)) => format!("{what} up to {most}"),
            (None, None) => what.to_owned(),
        }
    }

    fn of(schema: &Value) -> Self {
        let bound = |key| schema.get(key).and_then(Value::as_number).cloned();
        Self { least: bound("minimum"), most: bound("maximum") }
    }
}

/// Whether a part of a path can be the place of an item: digits as a number has them.
pub(super) fn is_place(part: &str) -> bool {
    part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
}

fn number(value: &Value, text: Option<&str>) -> Option<Number> {
    value.as_number().cloned().or_else(|| text.and_then(|text| Number::from_text(text.trim())))
}

fn structured(value: &Value, text: Option<&str>) -> Option<Value> {
    match text {
        Some(text) => structure(text),
        None => Some(value.clone()),
    }
}

/// The object or list that a text is the JSON of.
fn structure(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    parse(text.as_bytes()).ok()
}

fn of_schema(schema: Schema) -> Shape {
    let root = parse(schema.text().as_bytes()).unwrap_or_default();
    shape(&root, 0)
}

/// Reads a schema, as far as records nest.
fn shape(schema: &Value, depth: usize) -> Shape {
    let meaning = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    if depth > 8 {
        return Shape { meaning, ..anything() };
    }
    let choices = schema.get("anyOf").and_then(Value::as_array).unwrap_or_default();
    let referred = schema.get("$ref").and_then(Value::as_str).and_then(schema_of);
    if let Some(inner) = referred.as_ref().or_else(|| choices.first()) {
        let inner = shape(inner, depth + 1);
        let nullable = inner.nullable || choices.iter().any(|choice| type_of(choice) == (None, true));
        // What a record says of its member comes before what the member's own schema says in general.
        let meaning = if meaning.is_empty() { inner.meaning } else { meaning };
        return Shape { nullable, meaning, ..inner };
    }
    let words = |words: &[Value]| words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
    let (word, nullable) = type_of(schema);
    let child = |key: &str| schema.get(key).filter(|child| child.as_object().is_some());
    let members: BTreeMap<String, Shape> = child("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, member)| (name.clone(), shape(member, depth + 1)))
        .collect();
    let is_open = schema.get("additionalProperties").and_then(Value::as_bool) != Some(false);
    let others = child("additionalProperties").map(|other| Box::new(shape(other, depth + 1)));
    let items = child("items").map(|item| Box::new(shape(item, depth + 1)));
    let kind = match (schema.get("enum").and_then(Value::as_array), word) {
        (Some(list), _) => Kind::Word(words(list)),
        (None, Some("string")) if schema.get("format").and_then(Value::as_str) == Some("date-time") => Kind::Time,
        (None, Some("string")) => Kind::Text,
        (None, Some("number")) => Kind::Number(Bounds::of(schema)),
        (None, Some("integer")) => Kind::Integer(Bounds::of(schema)),
        (None, Some("boolean")) => Kind::Bool,
        (None, Some("array")) => Kind::List,
        (None, Some("object")) => Kind::Object,
        _ => Kind::Any,
    };
    let others = match (&kind, others) {
        (Kind::Object, None) if is_open => Some(Box::new(anything())),
        (_, others) => others,
    };
    Shape { kind, nullable, meaning, members, others, items }
}

fn anything() -> Shape {
    Shape {
        kind: Kind::Any,
        nullable: true,
        meaning: String::new(),
        members: BTreeMap::new(),
        others: None,
        items: None,
    }
}

fn schema_of(file: &str) -> Option<Value> {
    let name = file.strip_suffix(".schema.json")?;
    let found = Schema::ALL.iter().find(|schema| schema.name() == name)?;
    parse(found.text().as_bytes()).ok()
}

/// The type that a schema names, and whether it takes null as well.
fn type_of(schema: &Value) -> (Option<&str>, bool) {
    let words: Vec<&str> = match schema.get("type") {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    (words.iter().find(|word| **word != "null").copied(), words.contains(&"null"))
}

/// Sets the member at a dotted path. An object takes in what another says.
pub(super) fn put(members: &mut Object, path: &str, value: Value) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (members.get_mut(first), rest, value) {
        (Some(Value::Object(inner)), Some(rest), value) => put(inner, rest, value),
        (Some(Value::Object(inner)), None, Value::Object(more)) => {
            for (name, member) in more {
                put_member(inner, name, member);
            }
        }
        (_, Some(rest), value) => {
            let mut inner = Object::new();
            put(&mut inner, rest, value);
            members.insert(first.to_owned(), inner.into());
        }
        (_, None, value) => {
            members.insert(first.to_owned(), value);
        }
    }
}

/// The same for one member, whose name may hold a dot.
fn put_member(members: &mut Object, name: String, value: Value) {
    match (members.get_mut(&name), value) {
        (Some(Value::Object(inner)), Value::Object(more)) => {
            for (name, member) in more {
                put_member(inner, name, member);
            }
        }
        (_, value) => {
            members.insert(name, value);
        }
    }
}
