//! Events as the agent's thread saw them, packed: what they say is written into one text, and what that means is left to the
//! worker. An allocation for every field would cost the agent more than everything else that is done with an event.

use super::{
    facts::{Attributes, EventFacts, Level},
    visit::Text,
};
use crate::{
    CaptureMode,
    record::{Number, Value},
};
use std::{
    cell::Cell,
    error::Error,
    fmt::{self, Write as _},
    time::SystemTime,
};
use tracing::{
    Event, Metadata,
    field::{Field, Visit},
};

/// How many events wait with a span, and how much text, before they go to the worker.
const MANY_EVENTS: usize = 64;
const MUCH_TEXT: usize = 32 * 1024;

/// Events in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    events: Vec<SeenEvent>,
    fields: Vec<SeenField>,
    text: String,
}

#[derive(Debug, Clone)]
struct SeenEvent {
    metadata: &'static Metadata<'static>,
    time: SystemTime,
    mode: CaptureMode,
    step: Option<u64>,
    /// Where its fields end.
    fields: u32,
    message: Option<Place>,
}

/// A part of the text. Small, because the memory that an event takes is most of what it costs.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u32,
    end: u32,
}

impl Place {
    fn new(start: usize, end: usize) -> Self {
        // What one span says never comes near this: it goes to the worker long before.
        let small = |position| u32::try_from(position).unwrap_or(u32::MAX);
        Self { start: small(start), end: small(end) }
    }

    fn moved(self, by: usize) -> Self {
        Self::new(self.start as usize + by, self.end as usize + by)
    }

    fn of(self, text: &str) -> String {
        text.get(self.start as usize..self.end as usize).unwrap_or_default().to_owned()
    }
}

#[derive(Debug, Clone)]
struct SeenField {
    name: &'static str,
    value: SeenValue,
}

#[derive(Debug, Clone)]
enum SeenValue {
    Text(Place),
    /// An integer of more than 64 bits.
    Digits(Place),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
}

thread_local! {
    static SPARE: Cell<Seen> = Cell::default();
}

/// Visits an event without a lock held: a value that formats itself may log in turn. `keep` gets what was seen.
pub(super) fn visit<T>(event: &Event<'_>, mode: CaptureMode, step: Option<u64>, keep: impl FnOnce(&Seen) -> T) -> T {
    // Taken out, not borrowed: an event inside this one finds an empty place and makes do with a new one.
    let mut seen = SPARE.try_with(Cell::take).unwrap_or_default();
    seen.clear();
    let mut message = None;
    event.record(&mut Packer { seen: &mut seen, message: &mut message });
    let fields = u32::try_from(seen.fields.len()).unwrap_or(u32::MAX);
    seen.events.push(SeenEvent { metadata: event.metadata(), time: SystemTime::now(), mode, step, fields, message });
    let kept = keep(&seen);
    if seen.text.capacity() <= MUCH_TEXT {
        let _ = SPARE.try_with(|spare| spare.set(seen));
    }
    kept
}

impl Seen {
    fn clear(&mut self) {
        self.events.clear();
        self.fields.clear();
        self.text.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether it is time to hand these to the worker.
    pub(super) fn is_much(&self) -> bool {
        self.events.len() >= MANY_EVENTS || self.text.len() >= MUCH_TEXT
    }

    /// A bound on what this holds in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.text.len() + self.fields.len() * size_of::<SeenField>() + self.events.len() * size_of::<SeenEvent>()
    }

    pub(super) fn append(&mut self, more: &Self) {
        if self.events.is_empty() {
            // One step rarely has more than this, and growing by doubling from nothing costs an allocation each time.
            self.events.reserve(more.events.len().max(4));
            self.fields.reserve(more.fields.len().max(12));
            self.text.reserve(more.text.len().max(192));
        }
        let (fields, text) = (u32::try_from(self.fields.len()).unwrap_or(u32::MAX), self.text.len());
        self.events.extend(more.events.iter().map(|event| SeenEvent {
            fields: event.fields.saturating_add(fields),
            message: event.message.map(|place| place.moved(text)),
            ..event.clone()
        }));
        self.fields.extend(more.fields.iter().map(|field| SeenField {
            name: field.name,
            value: match &field.value {
                SeenValue::Text(place) => SeenValue::Text(place.moved(text)),
                SeenValue::Digits(place) => SeenValue::Digits(place.moved(text)),
                other => other.clone(),
            },
        }));
        self.text.push_str(&more.text);
    }

    /// The events as facts, with the mode and the step under which each was seen.
    pub(crate) fn unpack(self) -> impl Iterator<Item = (EventFacts, CaptureMode, Option<u64>)> {
        let Self { events, fields, text } = self;
        let mut fields = fields.into_iter();
        let mut taken = 0;
        events.into_iter().map(move |event| {
            let count = event.fields.saturating_sub(taken) as usize;
            taken = event.fields;
            let mut attributes = Attributes::with_capacity(count);
            for field in fields.by_ref().take(count) {
                let value = match field.value {
                    SeenValue::Text(place) => place.of(&text).into(),
                    SeenValue::Digits(place) => Number::from_text(&place.of(&text)).map_or(Value::Null, Value::from),
                    SeenValue::Signed(value) => value.into(),
                    SeenValue::Unsigned(value) => value.into(),
                    SeenValue::Float(value) => Value::from_f64_marked(value),
                    SeenValue::Bool(value) => value.into(),
                };
                attributes.push(field.name, value);
            }
            let facts = EventFacts {
                name: event.metadata.name().into(),
                target: event.metadata.target().into(),
                level: level(event.metadata),
                time: event.time,
                message: event.message.map(|place| place.of(&text)),
                attributes,
            };
            (facts, event.mode, event.step)
        })
    }
}

/// The level of an event in words that no door owns.
pub(super) fn level(metadata: &Metadata<'_>) -> Level {
    match *metadata.level() {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::TRACE => Level::Trace,
    }
}

struct Packer<'a> {
    seen: &'a mut Seen,
    message: &'a mut Option<Place>,
}

impl Packer<'_> {
    fn write(&mut self, write: impl FnOnce(&mut Text<'_>) -> fmt::Result) -> Place {
        let start = self.seen.text.len();
        Text::write_to(&mut self.seen.text, write);
        Place::new(start, self.seen.text.len())
    }

    fn text(&mut self, field: &Field, write: impl FnOnce(&mut Text<'_>) -> fmt::Result) {
        let place = self.write(write);
        if field.name() == "message" {
            *self.message = Some(place);
        } else {
            self.push(field, SeenValue::Text(place));
        }
    }

    fn digits(&mut self, field: &Field, value: impl fmt::Display) {
        let place = self.write(|text| write!(text, "{value}"));
        self.push(field, SeenValue::Digits(place));
    }

    fn push(&mut self, field: &Field, value: SeenValue) {
        self.seen.fields.push(SeenField { name: field.name(), value });
    }
}

impl Visit for Packer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, |text| write!(text, "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |text| text.write_str(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, SeenValue::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, SeenValue::Unsigned(value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.digits(field, value);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.digits(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, SeenValue::Float(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, SeenValue::Bool(value));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.text(field, |text| text.write_error(error));
    }
}
