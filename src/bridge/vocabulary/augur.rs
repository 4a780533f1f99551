//! Our own vocabulary: `augur.*` fields of spans and events, typed by the record schemas.

mod debug_text;
mod lists;
mod shape;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod table;
#[cfg(test)]
mod tests;

use super::aliases;
use crate::{
    bridge::facts::{Attributes, EventFacts, Level},
    record::{EventKind, EventLayer, Object, Timestamp, Value},
};
pub(crate) use debug_text::unquoted;
pub(crate) use lists::Lists;
use shape::{EVENT, Kind, SESSION, STEP, Shape, put};

/// What `augur.*` fields say of a step or a run.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) members: Object,
    /// Fields that a schema has, with a value that it does not take.
    pub(crate) complaints: Vec<Complaint>,
    /// Fields in our name that no schema has.
    pub(crate) unknown: Object,
    /// The step is marked as sensitive.
    pub(crate) sensitive: bool,
}

impl Fields {
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.complaints.is_empty() && self.unknown.is_empty() && !self.sensitive
    }
}

/// A field whose value its schema does not take.
#[derive(Debug, PartialEq)]
pub(crate) struct Complaint {
    pub(crate) field: String,
    /// What was expected and what came, without the value itself: it may be a secret.
    pub(crate) problem: String,
    /// The value, where nothing is wrong with it but its place.
    pub(crate) kept: Option<Value>,
}

impl Complaint {
    pub(crate) fn new(field: &str, problem: String) -> Self {
        Self { field: field.to_owned(), problem, kept: None }
    }
}

/// Members of a step that are the recorder's to set, and how they come about.
const OURS_OF_STEPS: &[(&str, &str)] = &[
    ("step_id", "the recorder names steps, after their run and index"),
    ("step_index", "steps are numbered in the order in which their spans begin"),
    ("step_iterations", "the recorder counts them"),
    ("capture_mode", "`SpanExt::set_capture_mode` sets how much is kept"),
    ("observation_pre", "`SpanExt::record_screenshot` attaches a picture"),
    ("observation_post", "`SpanExt::record_screenshot` attaches a picture"),
    ("events", "the recorder knows the files that it writes"),
];

/// Members of the session record that are the recorder's to set.
const OURS_OF_RUNS: &[(&str, &str)] = &[
    ("schema_version", "the recorder's version says it"),
    ("debug_session_id", "the recorder names what it records"),
    ("run_id", "`augur.run.id` names a run, on its span and when that begins"),
    ("capture_mode", "the settings say it"),
];

/// What a list holds so far, by its path in a record, for one that was not said item by item here.
pub(crate) type Known<'k> = &'k mut dyn FnMut(&str) -> Option<Value>;

/// A record that fields are read for.
struct Reading<'r> {
    shape: &'r Shape,
    ours: &'r [(&'r str, &'r str)],
    lists: &'r mut Lists,
    known: Known<'r>,
    fields: Fields,
}

/// Reads the fields of a span that say something of a step: `augur.step.X` is member `step_X` or `X`, `augur.P` is the member
/// at path `P`.
pub(crate) fn step_fields(attributes: &Attributes, lists: &mut Lists, known: Known<'_>) -> Fields {
    let mut reading = Reading::of_step(lists, known);
    for (name, rest, value) in for_steps(attributes) {
        reading.step_field(name, rest, value);
    }
    reading.fields
}

/// The same for the fields of an event, some of which say something of the event.
pub(crate) fn step_fields_of_event(attributes: &Attributes, lists: &mut Lists, known: Known<'_>) -> Fields {
    let mut reading = Reading::of_step(lists, known);
    for (name, rest, value) in for_steps(attributes).filter(|(_, rest, _)| !places_event(rest)) {
        reading.step_field(name, rest, value);
    }
    reading.fields
}

/// Fields of ours for a step, on a span that belongs to none: they are kept, and nothing more.
pub(crate) fn stepless_fields(attributes: &Attributes) -> Fields {
    Fields { unknown: for_steps(attributes).map(kept).collect(), ..Fields::default() }
}

/// The same for an event.
pub(crate) fn stepless_fields_of_event(attributes: &Attributes) -> Fields {
    let fields = for_steps(attributes).filter(|(_, rest, _)| !places_event(rest));
    Fields { unknown: fields.map(kept).collect(), ..Fields::default() }
}

fn kept((name, _, value): (&str, &str, &Value)) -> (String, Value) {
    (name.to_owned(), value.clone())
}

/// The fields of ours that are about a step: names, what is behind `augur.`, and values.
fn for_steps(attributes: &Attributes) -> impl Iterator<Item = (&str, &str, &Value)> {
    attributes.iter().filter_map(|(name, value)| {
        let rest = name.strip_prefix("augur.")?;
        (!is_about_event(rest) && !rest.starts_with("run.")).then_some((name, rest, value))
    })
}

/// Whether the rest of a name behind `augur.` says where an event belongs.
fn places_event(rest: &str) -> bool {
    matches!(rest, "ts" | "step_index" | "step.index")
}

/// Whether the rest of a name behind `augur.` is about an event, or about how a span is kept.
fn is_about_event(rest: &str) -> bool {
    matches!(rest, "layer" | "kind" | "summary" | "detail" | "capture_mode") || rest.starts_with("detail.")
}

/// The member of a step at a dotted path, given with a value of any structure.
pub(crate) fn step_member(path: &str, value: &Value, lists: &mut Lists, known: Known<'_>) -> Fields {
    let mut reading = Reading::of_step(lists, known);
    if path == SENSITIVE {
        mark(&mut reading.fields, path, value);
    } else {
        reading.set(path, path, value);
    }
    reading.fields
}

/// The path in a step that the rest of a name behind `augur.` means.
fn step_path(rest: &str) -> std::borrow::Cow<'_, str> {
    match rest.strip_prefix("step.") {
        Some(own) => {
            let named = format!("step_{own}");
            if STEP.members.contains_key(&named) { named.into() } else { own.into() }
        }
        None => rest.into(),
    }
}

impl<'r> Reading<'r> {
    fn of_step(lists: &'r mut Lists, known: Known<'r>) -> Self {
        Self { shape: &STEP, ours: OURS_OF_STEPS, lists, known, fields: Fields::default() }
    }

    fn step_field(&mut self, name: &str, rest: &str, value: &Value) {
        let path = step_path(rest);
        if path == SENSITIVE {
            mark(&mut self.fields, name, value);
        } else {
            self.set(name, &path, value);
        }
    }

    fn complain(&mut self, name: &str, problem: String) {
        self.fields.complaints.push(Complaint::new(name, problem));
    }

    fn set(&mut self, name: &str, path: &str, value: &Value) {
        let first = path.split('.').next().unwrap_or_default();
        if let Some((_, how)) = self.ours.iter().find(|(ours, _)| *ours == first) {
            let problem = format!("a field cannot set it: {how}");
            let complaint = Complaint { kept: Some(value.clone()), ..Complaint::new(name, problem) };
            self.fields.complaints.push(complaint);
            return;
        }
        let Some(found) = self.shape.at(path) else {
            self.fields.unknown.insert(name.to_owned(), value.clone());
            return;
        };
        // An empty text says nothing, unless it may stand for itself.
        if value.as_str() == Some("") && found.shape.kind != Kind::Any {
            return;
        }
        let value = match found.shape.take(value) {
            Ok(value) => value,
            Err(problem) => return self.complain(name, problem),
        };
        match found.list {
            None => {
                self.lists.replace(path, &value);
                put(&mut self.fields.members, path, value);
            }
            Some(place) => {
                let known = || (self.known)(place.0);
                match self.lists.set(place, value, known) {
                    Some(list) => put(&mut self.fields.members, place.0, list),
                    None => self.complain(name, "the list has too many items".to_owned()),
                }
            }
        }
    }
}

/// The field that marks a step as sensitive: `augur.step.sensitive` or `augur.sensitive`.
pub(crate) const SENSITIVE: &str = "sensitive";

/// Whether a field of this name marks a step as sensitive, if its value is no denial.
pub(crate) fn is_mark(name: &str) -> bool {
    matches!(name.strip_prefix("augur.").map(|rest| rest.strip_prefix("step.").unwrap_or(rest)), Some(SENSITIVE))
}

/// Anything but a denial marks: what somebody wanted to hide is not shown for a slip in a value.
pub(crate) fn is_denial(value: &Value) -> bool {
    matches!(value, Value::Bool(false) | Value::Null) || value.as_str().is_some_and(|text| unquoted(text) == "false")
}

fn mark(fields: &mut Fields, name: &str, value: &Value) {
    fields.sensitive |= !is_denial(value);
    if !is_denial(value) && value.as_bool().is_none() && value.as_str().map(unquoted).as_deref() != Some("true") {
        let problem =
            format!("expected true or false, got a value of type {}; the step counts as sensitive", value.kind());
        fields.complaints.push(Complaint::new(name, problem));
    }
}

/// Reads the fields that say something of a run: `augur.run.P` is the member at path `P` of the session record.
pub(crate) fn run_fields(attributes: &Attributes, lists: &mut Lists) -> Fields {
    let known: Known<'_> = &mut |_| None;
    let mut reading = Reading { shape: &SESSION, ours: OURS_OF_RUNS, lists, known, fields: Fields::default() };
    for (name, value) in attributes.iter() {
        if let Some(path) = name.strip_prefix("augur.run.").filter(|path| *path != "id") {
            reading.set(name, path, value);
        }
    }
    reading.fields
}

/// The value of an attribute of ours where the schema wants more than a text and telemetry has but that.
#[cfg(feature = "otlp")]
pub(crate) fn typed(name: &str, text: &str) -> Option<Value> {
    let rest = name.strip_prefix("augur.")?;
    let path = step_path(rest);
    let found = match rest.strip_prefix("run.") {
        Some(path) => SESSION.at(path),
        None => STEP.at(&path),
    };
    let shape = found?.shape;
    let is_closed = !matches!(shape.kind, Kind::Any | Kind::Text | Kind::Object | Kind::List);
    is_closed.then(|| shape.take(&text.into()).ok()).flatten()
}

/// A decision event in our own words.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) layer: EventLayer,
    pub(crate) kind: EventKind,
    /// When it happened, if that was not when it was said.
    pub(crate) time: Option<Timestamp>,
    pub(crate) detail: Object,
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
    let time = event.attributes.get("augur.ts").and_then(|value| taken(value, "ts", "augur.ts", &mut complaints));
    let time = time.as_ref().and_then(Value::as_str).and_then(Timestamp::parse);
    let detail = detail(&event.attributes, &mut complaints);
    Some(Decided { layer, kind, time, detail, complaints })
}

fn word_or<T: std::str::FromStr<Err = crate::record::UnknownWord>>(
    word: &str,
    fallback: T,
    field: &str,
    complaints: &mut Vec<Complaint>,
) -> T {
    unquoted(word).parse::<T>().unwrap_or_else(|error: crate::record::UnknownWord| {
        complaints.push(Complaint::new(field, error.to_string()));
        fallback
    })
}

/// The step that an event says it is about, where that is not the one it stands in.
pub(crate) fn step_of_event(attributes: &Attributes, complaints: &mut Vec<Complaint>) -> Option<u64> {
    ["augur.step_index", "augur.step.index"].into_iter().find_map(|name| {
        let value = attributes.get(name)?;
        taken(value, "step_index", name, complaints).as_ref().and_then(aliases::count)
    })
}

/// A value as the schema of events takes it.
fn taken(value: &Value, member: &str, name: &str, complaints: &mut Vec<Complaint>) -> Option<Value> {
    match EVENT.members.get(member)?.take(value) {
        Ok(value) => Some(value),
        Err(problem) => {
            complaints.push(Complaint::new(name, problem));
            None
        }
    }
}

/// What an event's `detail` holds: its fields, ours without their prefix and as deep as they say.
fn detail(attributes: &Attributes, complaints: &mut Vec<Complaint>) -> Object {
    let (mut ours, mut theirs) = (Fields::default(), Object::new());
    let mut lists = Lists::default();
    for (name, value) in attributes.iter() {
        let rest = name.strip_prefix("augur.").unwrap_or_default();
        if matches!(rest, "layer" | "kind" | "summary") || places_event(rest) {
            continue;
        }
        match name.strip_prefix("augur.").filter(|rest| *rest == "detail" || rest.starts_with("detail.")) {
            Some(path) => {
                let known: Known<'_> = &mut |_| None;
                let fields = std::mem::take(&mut ours);
                let mut reading = Reading { shape: &EVENT, ours: &[], lists: &mut lists, known, fields };
                reading.set(name, path, value);
                ours = reading.fields;
            }
            None => {
                theirs.insert(name.to_owned(), value.clone());
            }
        }
    }
    complaints.append(&mut ours.complaints);
    if let Some(Value::Object(members)) = ours.members.remove("detail") {
        theirs.extend(members);
    }
    theirs
}
