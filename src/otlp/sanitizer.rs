//! Makes a span safe to send: what the capture mode and the redaction policy keep back is taken out, what is too long is
//! cut, and what other layers bent is put straight.

use super::{
    exporter::REQUEST_BYTES,
    gate::Gate,
    integers,
    limits::{Cuts, Whereabouts, keep_most, shrink},
    settings::Limits,
    tally::Tally,
    text,
};
use crate::{
    bridge::vocabulary,
    capture::{CaptureMode, bare_content, gate_attribute},
    record::Value as Record,
    redact::RedactionPolicy,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value, trace::Event, trace::Status};
use opentelemetry_sdk::{Resource, trace::SpanData};
use std::{
    borrow::Cow,
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

/// The attributes by which our layer tells the exporter the times of a span, in nanoseconds since 1970. They never leave.
pub(crate) const START_ATTRIBUTE: &str = "augur.span.start";
pub(crate) const END_ATTRIBUTE: &str = "augur.span.end";

/// What one exporter does to every span.
#[derive(Debug, Clone)]
pub(crate) struct Sanitizer {
    pub(crate) policy: RedactionPolicy,
    pub(crate) gate: Gate,
    /// Most attributes of a span, or of a log record.
    most: usize,
    /// Most characters of a value.
    length: usize,
    tally: Arc<Tally>,
}

impl Sanitizer {
    /// For the spans of a process.
    pub(crate) fn of_spans(policy: RedactionPolicy, base: CaptureMode, limits: &Limits, tally: Arc<Tally>) -> Self {
        let (most, length) = (limits.attributes as usize, limits.length as usize);
        Self { policy, gate: Gate::new(base), most, length, tally }
    }

    /// For the log records of a process.
    pub(crate) fn of_records(policy: RedactionPolicy, base: CaptureMode, limits: &Limits, tally: Arc<Tally>) -> Self {
        let (most, length) = (limits.log_attributes as usize, limits.log_length as usize);
        Self { policy, gate: Gate::new(base), most, length, tally }
    }

    /// A redacted text within the limit.
    pub(crate) fn cut(&self, key: &str, text: String, cuts: &mut Cuts) -> String {
        let before = cuts.len();
        let text = cuts.text(key, text, self.length);
        self.tally.cut_values.add(cuts.len() - before);
        text
    }

    /// Whether a text would be cut.
    pub(crate) fn is_too_long(&self, text: &str) -> bool {
        text.len() > self.length && text.chars().nth(self.length).is_some()
    }

    /// Leaves out the attributes of a log record that are beyond the limit; those that name its step come first in it.
    pub(crate) fn keep_most_of<T>(&self, attributes: &mut Vec<T>) {
        self.tally.beyond_limits.add(attributes.len().saturating_sub(self.most));
        attributes.truncate(self.most);
    }

    /// Edits a span in place.
    pub(crate) fn span(&self, span: &mut SpanData) {
        let mut mode = self.gate.mode_of(&span.attributes, span.dropped_attributes_count > 0);
        let hidden = Gate::take_sensitive_steps(&mut span.attributes);
        for event in span.events.events.iter_mut().filter(|event| Gate::is_about(&event.attributes, hidden.as_deref()))
        {
            event.attributes.retain(|attribute| Gate::is_bare(attribute.key.as_str()));
        }
        if Gate::is_sensitive(&span.attributes) {
            // Of a sensitive step no model's or tool's text leaves, nothing of a picture, and no detail of an event.
            mode = mode.min(CaptureMode::Trace);
            for event in &mut span.events.events {
                event.attributes.retain(|attribute| Gate::is_bare(attribute.key.as_str()));
            }
        }
        if mode < CaptureMode::ModelIo && is_of_a_dialect(span) {
            span.attributes.retain(|attribute| !bare_content(attribute.key.as_str()));
            for event in &mut span.events.events {
                event.attributes.retain(|attribute| !bare_content(attribute.key.as_str()));
            }
        }
        set_times(span);
        self.name(&mut span.name);
        let cuts = self.attributes(&mut span.attributes, mode);
        let whereabouts = Whereabouts::of_span(&span.attributes);
        span.events.events.retain_mut(|event| self.event(event, mode, &whereabouts));
        for link in &mut span.links.links {
            self.attributes(&mut link.attributes, mode).tell_in(&mut link.attributes, &whereabouts);
        }
        self.count(span, cuts, &whereabouts);
        if let Status::Error { description } = &mut span.status {
            self.name(description);
        }
        if let Some(scope) = self.scope(&span.instrumentation_scope, mode) {
            span.instrumentation_scope = scope;
        }
    }

    /// Leaves out what is beyond the limits, and says what was.
    fn count(&self, span: &mut SpanData, mut cuts: Cuts, whereabouts: &Whereabouts) {
        let beyond = keep_most(&mut span.attributes, self.most);
        cuts.beyond(&beyond);
        let known = cuts.len();
        shrink(span, REQUEST_BYTES, &mut cuts);
        self.tally.cut_values.add(cuts.len() - known);
        span.dropped_attributes_count = span.dropped_attributes_count.saturating_add(beyond.len() as u32);
        let of_events = span.events.iter().map(|event| event.dropped_attributes_count);
        let of_links = span.links.iter().map(|link| link.dropped_attributes_count);
        let inside: u32 = of_events.chain(of_links).fold(0, u32::saturating_add);
        let whole = [span.dropped_attributes_count, span.events.dropped_count, span.links.dropped_count, inside];
        self.tally.beyond_limits.add(whole.into_iter().map(|count| count as usize).sum());
        cuts.tell_in(&mut span.attributes, whereabouts);
    }

    /// The resource as it may leave. It belongs to the process, so the base mode judges it.
    pub(crate) fn resource(&self, resource: &Resource) -> Resource {
        let mut attributes: Vec<_> =
            resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        // The limits of the specification are none of a resource's.
        let unlimited = Self { length: text::LONGEST_SEARCHED, ..self.clone() };
        let _ = unlimited.attributes(&mut attributes, self.gate.base);
        let builder = Resource::builder_empty();
        match resource.schema_url() {
            Some(url) => builder.with_schema_url(attributes, url.to_owned()).build(),
            None => builder.with_attributes(attributes).build(),
        }
    }

    /// The same for the SDK's threads, which a panic would end for good: then nothing is said of the resource.
    pub(super) fn resource_or_nothing(&self, resource: &Resource) -> Resource {
        let safe = catch_unwind(AssertUnwindSafe(|| self.resource(resource)));
        safe.unwrap_or_else(|_| Resource::builder_empty().build())
    }

    fn scope(&self, scope: &InstrumentationScope, mode: CaptureMode) -> Option<InstrumentationScope> {
        let mut attributes: Vec<_> = scope.attributes().cloned().collect();
        if attributes.is_empty() {
            return None;
        }
        self.attributes(&mut attributes, mode).tell_in(&mut attributes, &Whereabouts::default());
        let mut safe = InstrumentationScope::builder(scope.name().to_owned()).with_attributes(attributes);
        if let Some(version) = scope.version() {
            safe = safe.with_version(version.to_owned());
        }
        if let Some(url) = scope.schema_url() {
            safe = safe.with_schema_url(url.to_owned());
        }
        Some(safe.build())
    }

    /// Edits an event; `false` if it stays behind. Its name is the text of a `tracing` event.
    fn event(&self, event: &mut Event, mode: CaptureMode, whereabouts: &Whereabouts) -> bool {
        if !self.gate.passes_event(&event.name, &event.attributes, mode) {
            return false;
        }
        if text::is_call_site(&event.name) {
            event.name = Cow::Borrowed("event");
        }
        self.name(&mut event.name);
        self.attributes(&mut event.attributes, mode).tell_in(&mut event.attributes, whereabouts);
        true
    }

    /// Edits attributes, and says what was cut.
    pub(crate) fn attributes(&self, attributes: &mut Vec<KeyValue>, mode: CaptureMode) -> Cuts {
        let mut cuts = Cuts::default();
        keep_last(attributes);
        self.numbered(attributes);
        attributes.retain_mut(|attribute| self.attribute(attribute, mode, &mut cuts));
        self.tally.cut_values.add(cuts.len());
        cuts
    }

    /// Takes out a token that came in pieces, each in an attribute of its own: `x.part1`, `x.part2`.
    fn numbered(&self, attributes: &mut [KeyValue]) {
        let is_numbered = |attribute: &&KeyValue| attribute.key.as_str().ends_with(|last: char| last.is_ascii_digit());
        if attributes.iter().filter(is_numbered).nth(1).is_none() {
            return;
        }
        let texts = attributes.iter().filter(is_numbered).filter_map(|attribute| match &attribute.value {
            Value::String(text) => {
                Some((attribute.key.as_str().to_owned(), Record::from(text::bounded(text.as_str()))))
            }
            _ => None,
        });
        for (name, mark) in self.policy.parts(&texts.collect()) {
            if let Some(attribute) = attributes.iter_mut().find(|attribute| attribute.key.as_str() == name) {
                attribute.value = Value::String(mark.into());
            }
        }
    }

    /// Edits an attribute; `false` if it stays behind.
    fn attribute(&self, attribute: &mut KeyValue, mode: CaptureMode, cuts: &mut Cuts) -> bool {
        if !self.gate.passes_attribute(attribute.key.as_str(), mode) {
            return false;
        }
        if let Value::String(text) = &attribute.value
            && text.as_str().len() > text::LONGEST_SEARCHED
        {
            cuts.unread(attribute.key.as_str(), text.as_str().len());
        }
        let mut value = self.to_record(&attribute.value);
        if !self.policy.redact_attribute(attribute.key.as_str(), &mut value) {
            return false;
        }
        match value {
            Record::String(text) => match gate_attribute(attribute.key.as_str(), text, mode) {
                Some(text) => attribute.value = self.string(attribute.key.as_str(), text, cuts),
                None => return false,
            },
            Record::Array(items) => {
                if let Some(array) = self.strings(attribute.key.as_str(), items, cuts) {
                    attribute.value = Value::Array(Array::String(array));
                }
            }
            // Numbers and truth values are as they were.
            _ => {}
        }
        // A name can be made up at run time too.
        let key = self.policy.scrub(attribute.key.as_str()).into_owned();
        if key != attribute.key.as_str() {
            cuts.rename(attribute.key.as_str(), &key);
            attribute.key = key.into();
        }
        true
    }

    /// In the form that the policy reads, with text that is JSON already redacted: a pattern that runs over the whole of it
    /// may stop in the middle and leave the rest unreadable. Text too long to be searched is not carried over.
    fn to_record(&self, value: &Value) -> Record {
        let text = |text: &str| Record::from(text::redact_embedded(&self.policy, text::bounded(text)));
        match value {
            Value::Bool(value) => (*value).into(),
            Value::I64(value) => (*value).into(),
            Value::F64(value) if value.is_finite() => Record::from_f64_marked(*value),
            Value::F64(_) | Value::Array(Array::Bool(_) | Array::I64(_) | Array::F64(_)) => Record::Null,
            Value::String(value) => text(value.as_str()),
            Value::Array(Array::String(items)) => {
                let most = text::LONGEST_SEARCHED / 8;
                Record::Array(items.iter().take(most).map(|item| text(item.as_str())).collect())
            }
            // A kind of value that is newer than this code.
            other => text(&other.to_string()),
        }
    }

    fn string(&self, key: &str, value: String, cuts: &mut Cuts) -> Value {
        if let Some(typed) = typed(key, &value) {
            return typed;
        }
        let value = text::source_path(key, &value).unwrap_or(value);
        Value::String(cuts.text(key, value, self.length).into())
    }

    /// A list of texts, within the limit as a whole. `None` if it is not one.
    fn strings(&self, key: &str, items: Vec<Record>, cuts: &mut Cuts) -> Option<Vec<opentelemetry::StringValue>> {
        let whole: usize = items.iter().map(|item| item.as_str().map_or(0, str::len)).sum();
        if whole > self.length {
            cuts.whole(key, &Record::Array(items.clone()).to_string());
        }
        let mut left = self.length;
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let Record::String(item) = item else { return None };
            if left == 0 {
                texts.push("…".into());
                break;
            }
            // Noted already, for the whole list.
            let item = Cuts::default().text(key, item, left);
            left = left.saturating_sub(item.chars().count().max(1));
            texts.push(item.into());
        }
        Some(texts)
    }

    fn name(&self, name: &mut Cow<'static, str>) {
        let safe = text::redact_embedded(&self.policy, text::bounded(name));
        let mut cuts = Cuts::default();
        let safe = cuts.text("", self.policy.scrub(&safe).into_owned(), self.length);
        self.tally.cut_values.add(cuts.len());
        if safe != *name {
            *name = Cow::Owned(safe);
        }
    }
}

/// Whether a span speaks one of the dialects in which plain words such as `arguments` name the text of a tool.
fn is_of_a_dialect(span: &SpanData) -> bool {
    let names = span.attributes.iter().map(|attribute| attribute.key.as_str());
    vocabulary::may_matter(&span.name, "", names.filter(|name| !name.starts_with("augur.")))
}

/// The value of which telemetry has but the text, where the name says that it is none.
fn typed(key: &str, text: &str) -> Option<Value> {
    if (text::is_count(key) || integers::is_one(key))
        && let Some(number) = integers::read(text)
    {
        return Some(Value::I64(number));
    }
    match vocabulary::augur::typed(key, text)? {
        Record::Bool(value) => Some(Value::Bool(value)),
        Record::Number(number) if number.is_integer() => number.as_i64().map(Value::I64),
        Record::Number(number) => Some(Value::F64(number.as_f64())),
        Record::String(word) => Some(Value::String(word.into())),
        _ => None,
    }
}

/// Setting an attribute again appends it again; collectors disagree on which of the two counts. The last that says something
/// does, as in the bundle.
fn keep_last(attributes: &mut Vec<KeyValue>) {
    let mut seen = HashSet::with_capacity(attributes.len());
    let is_said = |value: &Value| !matches!(value, Value::String(text) if text.as_str().is_empty());
    if attributes.iter().any(|attribute| !is_said(&attribute.value)) {
        let said = attributes.iter().filter(|attribute| is_said(&attribute.value));
        seen.extend(said.map(|attribute| attribute.key.clone()));
        attributes.retain(|attribute| is_said(&attribute.value) || !seen.contains(&attribute.key));
        seen.clear();
    }
    let kept: Vec<bool> = attributes.iter().rev().map(|attribute| seen.insert(attribute.key.clone())).collect();
    let mut kept = kept.into_iter().rev();
    attributes.retain(|_| kept.next().unwrap_or(true));
}

/// Gives a span the times that the bundle has for it. The layer of OpenTelemetry looks at the clock later than ours, and when
/// a thread has to wait for its turn in between, the two would tell different stories.
fn set_times(span: &mut SpanData) {
    let mut taken = |name: &str| {
        let at = span.attributes.iter().position(|attribute| attribute.key.as_str() == name)?;
        match span.attributes.swap_remove(at).value {
            Value::I64(nanoseconds) => u64::try_from(nanoseconds).ok().map(Duration::from_nanos),
            _ => None,
        }
    };
    let times = (taken(START_ATTRIBUTE), taken(END_ATTRIBUTE));
    if let (Some(start), Some(end)) = times {
        (span.start_time, span.end_time) = (UNIX_EPOCH + start, UNIX_EPOCH + end);
    }
}
