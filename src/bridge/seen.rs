//! What the agent's thread saw of a span while it was open: its events, and fields that came late.

use super::{
    facts::{Attributes, EventFacts, Level},
    link::Said,
    packed::Packed,
};
use crate::{CaptureMode, record::Value};
use std::time::SystemTime;
use tracing::{Metadata, span::Record};

/// How many events wait with a span, and how much text, before they go to the worker.
const MANY: usize = 64;
const MUCH_TEXT: u32 = 32 * 1024;

/// Events and late fields in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    entries: Vec<Entry>,
    fields: Packed,
    /// Where in a trace the events were said, each with the number of its entry. Nothing where nobody sends log records.
    said: Vec<(usize, Said)>,
}

/// One event, or one call that recorded fields. Small, for the same reason as the fields are.
#[derive(Debug, Clone, Copy)]
struct Entry {
    metadata: &'static Metadata<'static>,
    time: SystemTime,
    /// The step at which an event was seen; a run never has more steps than this can count.
    step: Option<u32>,
    /// Where its fields end.
    fields: u32,
    /// The mode under which an event was seen; none for late fields.
    mode: Option<CaptureMode>,
}

/// An event, written down.
pub(super) struct Heard<'e> {
    pub(super) metadata: &'static Metadata<'static>,
    pub(super) at: SystemTime,
    pub(super) fields: &'e Packed,
    /// It marks its step as sensitive.
    pub(super) marks: bool,
    pub(super) said: Said,
}

/// An entry, unpacked.
pub(crate) enum Told {
    /// An event, with the mode and the step under which it was seen, and where in a trace.
    Event(EventFacts, CaptureMode, Option<u64>, Said),
    /// Fields of the span that were recorded after its start.
    Late(Attributes),
}

impl Seen {
    /// Adds an event.
    pub(super) fn event(&mut self, heard: &Heard<'_>, mode: CaptureMode, step: Option<u64>) {
        self.make_room();
        if heard.said.ids().is_some() {
            self.said.push((self.entries.len(), heard.said));
        }
        self.fields.append(heard.fields);
        let step = step.and_then(|step| u32::try_from(step).ok());
        self.end_entry(heard.metadata, heard.at, Some(mode), step);
    }

    /// Adds fields that came late, and returns them if one has a name that tells something at once. A value that formats
    /// itself may log in turn, so nothing may be locked.
    pub(super) fn late(
        &mut self,
        values: &Record<'_>,
        metadata: &'static Metadata<'static>,
        tells: impl Fn(&str) -> bool,
    ) -> Option<Attributes> {
        self.make_room();
        let from = self.fields.len();
        values.record(&mut self.fields);
        self.end_entry(metadata, SystemTime::UNIX_EPOCH, None, None);
        let marks = self.fields.take_mark();
        let tells = marks || self.fields.names(from, metadata).any(tells);
        tells.then(|| self.fields.attributes(from, self.fields.len(), metadata))
    }

    /// One step rarely has more than this, and growing by doubling from nothing costs an allocation each time.
    #[inline]
    fn make_room(&mut self) {
        if self.entries.is_empty() {
            self.entries.reserve(5);
            self.fields.reserve(256);
        }
    }

    #[inline]
    fn end_entry(
        &mut self,
        metadata: &'static Metadata<'static>,
        time: SystemTime,
        mode: Option<CaptureMode>,
        step: Option<u32>,
    ) {
        self.entries.push(Entry { metadata, time, step, fields: self.fields.len(), mode });
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether it is time to hand these to the worker.
    #[inline]
    pub(super) fn is_much(&self) -> bool {
        self.entries.len() >= MANY || self.fields.len() >= MUCH_TEXT
    }

    /// A bound on what this holds in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.fields.len() as usize
            + self.entries.len() * size_of::<Entry>()
            + self.said.len() * size_of::<(usize, Said)>()
    }

    /// Takes in what came while this was away from its span.
    pub(super) fn append(&mut self, more: &Self) {
        let (by, entries) = (self.fields.len(), self.entries.len());
        self.said.extend(more.said.iter().map(|(entry, said)| (entry + entries, *said)));
        self.entries
            .extend(more.entries.iter().map(|entry| Entry { fields: entry.fields.saturating_add(by), ..*entry }));
        self.fields.append(&more.fields);
    }

    /// The entries as neutral facts.
    pub(crate) fn unpack(self) -> impl Iterator<Item = Told> {
        let Self { entries, fields, said } = self;
        let mut said = said.into_iter().peekable();
        let mut from = 0;
        entries.into_iter().enumerate().map(move |(number, entry)| {
            let said = said.next_if(|(of, _)| *of == number).map(|(_, said)| said).unwrap_or_default();
            let attributes = fields.attributes(from, entry.fields, entry.metadata);
            from = entry.fields;
            match entry.mode {
                Some(mode) => Told::Event(facts(&entry, attributes), mode, entry.step.map(u64::from), said),
                None => Told::Late(attributes),
            }
        })
    }
}

fn facts(entry: &Entry, mut attributes: Attributes) -> EventFacts {
    let message = match attributes.take("message") {
        Some(Value::String(text)) => Some(text),
        Some(other) => {
            attributes.push("message", other);
            None
        }
        None => None,
    };
    EventFacts {
        name: entry.metadata.name().into(),
        target: entry.metadata.target().into(),
        level: level(entry.metadata),
        time: entry.time,
        message,
        attributes,
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
