//! Fields as the agent's thread saw them, packed: what they say is written into one text, and what that means is left to the
//! worker. An allocation for every field would cost the agent more than everything else that is done with it.

use super::{facts::Attributes, text::Text, vocabulary::augur, vocabulary::augur::SENSITIVE};
use crate::record::{Number, Value};
use std::{
    error::Error,
    fmt::{self, Write as _},
};
use tracing::{
    Metadata,
    field::{Field, Visit},
};

/// Fields in the order in which they were recorded. Which names they have, their metadata knows.
#[derive(Debug, Default)]
pub(super) struct Packed {
    fields: Vec<PackedField>,
    text: String,
    /// A field was recorded whose name may mark a step as sensitive. Asked here, where the name is at hand anyway.
    marked: bool,
}

/// A field and its value. Small, because the memory that is touched first is most of what recording costs: a tag, the place
/// of the field among those of its metadata, and a value.
#[derive(Debug, Clone, Copy)]
enum PackedField {
    Text(u8, Place),
    /// What `Debug` or `Display` made of a value.
    Shown(u8, Place),
    /// An integer of more than 64 bits.
    Digits(u8, Place),
    Signed(u8, i64),
    Unsigned(u8, u64),
    Float(u8, f64),
    Bool(u8, bool),
}

/// A part of the text.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u32,
    end: u32,
}

impl Place {
    fn new(start: usize, end: usize) -> Self {
        // What one span says never comes near this: it goes to the worker long before.
        Self { start: small(start), end: small(end) }
    }

    fn moved(self, by: usize) -> Self {
        Self::new(self.start as usize + by, self.end as usize + by)
    }

    fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl PackedField {
    fn index(self) -> usize {
        let (Self::Text(index, _)
        | Self::Shown(index, _)
        | Self::Digits(index, _)
        | Self::Signed(index, _)
        | Self::Unsigned(index, _)
        | Self::Float(index, _)
        | Self::Bool(index, _)) = self;
        usize::from(index)
    }

    fn moved(self, by: usize) -> Self {
        match self {
            Self::Text(index, place) => Self::Text(index, place.moved(by)),
            Self::Shown(index, place) => Self::Shown(index, place.moved(by)),
            Self::Digits(index, place) => Self::Digits(index, place.moved(by)),
            other => other,
        }
    }

    fn value(self, text: &str) -> Value {
        match self {
            Self::Text(_, place) | Self::Shown(_, place) => place.of(text).into(),
            Self::Digits(_, place) => Number::from_text(place.of(text)).map_or(Value::Null, Value::from),
            Self::Signed(_, value) => value.into(),
            Self::Unsigned(_, value) => value.into(),
            Self::Float(_, value) => Value::from_f64_marked(value),
            Self::Bool(_, value) => value.into(),
        }
    }
}

impl Packed {
    pub(super) fn with_capacity(fields: usize, text: usize) -> Self {
        Self { fields: Vec::with_capacity(fields), text: String::with_capacity(text), marked: false }
    }

    /// How many fields there are.
    pub(super) fn len(&self) -> u32 {
        small(self.fields.len())
    }

    /// How much text there is, in bytes.
    pub(super) fn text_length(&self) -> usize {
        self.text.len()
    }

    /// A bound on what this holds in memory, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.text.len() + self.fields.len() * size_of::<PackedField>()
    }

    pub(super) fn reserve(&mut self, fields: usize, text: usize) {
        self.fields.reserve(fields);
        self.text.reserve(text);
    }

    pub(super) fn append(&mut self, more: &Self) {
        let by = self.text.len();
        self.fields.extend(more.fields.iter().map(|field| field.moved(by)));
        self.text.push_str(&more.text);
        self.marked |= more.marked;
    }

    /// The fields from one place to another as attributes, in their order.
    pub(super) fn attributes(&self, from: u32, to: u32, metadata: &Metadata<'static>) -> Attributes {
        let fields = self.fields.get(from as usize..to as usize).unwrap_or_default();
        let names: Vec<&'static str> = metadata.fields().iter().map(|field| field.name()).collect();
        let mut attributes = Attributes::with_capacity(fields.len());
        for field in fields {
            if let Some(name) = names.get(field.index()) {
                let value = match field {
                    // A text recorded with `?` is meant without the quotes.
                    PackedField::Shown(_, place) if name.starts_with("augur.") => {
                        augur::unquoted(place.of(&self.text)).into_owned().into()
                    }
                    field => field.value(&self.text),
                };
                attributes.push(*name, value);
            }
        }
        attributes
    }

    /// The names of the fields from one place on, in the order of the fields.
    pub(super) fn names(&self, from: u32, metadata: &'static Metadata<'static>) -> impl Iterator<Item = &'static str> {
        let fields = self.fields.get(from as usize..).unwrap_or_default();
        // Most fields come in the order of their metadata; then this is one walk along both.
        let (mut rest, mut next) = (metadata.fields().iter(), 0);
        fields.iter().filter_map(move |field| {
            let index = field.index();
            if index < next {
                (rest, next) = (metadata.fields().iter(), 0);
            }
            let found = rest.nth(index - next)?;
            next = index + 1;
            Some(found.name())
        })
    }

    /// Whether a field that was recorded since the last time may mark a step as sensitive.
    pub(super) fn take_mark(&mut self) -> bool {
        std::mem::take(&mut self.marked)
    }

    /// The place of a field. `tracing` allows 32; should it ever allow more than 256, the last of them get lost.
    fn index(&mut self, field: &Field) -> u8 {
        self.marked |= field.name().ends_with(SENSITIVE);
        u8::try_from(field.index()).unwrap_or(u8::MAX)
    }

    fn write(&mut self, write: impl FnOnce(&mut Text<'_>) -> fmt::Result) -> Place {
        let start = self.text.len();
        Text::write_to(&mut self.text, write);
        Place::new(start, self.text.len())
    }
}

impl Visit for Packed {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let place = self.write(|text| write!(text, "{value:?}"));
        let index = self.index(field);
        self.fields.push(PackedField::Shown(index, place));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let start = self.text.len();
        Text::write_plain(&mut self.text, value);
        let index = self.index(field);
        self.fields.push(PackedField::Text(index, Place::new(start, self.text.len())));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        let index = self.index(field);
        self.fields.push(PackedField::Signed(index, value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let index = self.index(field);
        self.fields.push(PackedField::Unsigned(index, value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        let place = self.write(|text| write!(text, "{value}"));
        let index = self.index(field);
        self.fields.push(PackedField::Digits(index, place));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        let place = self.write(|text| write!(text, "{value}"));
        let index = self.index(field);
        self.fields.push(PackedField::Digits(index, place));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        let index = self.index(field);
        self.fields.push(PackedField::Float(index, value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        let index = self.index(field);
        self.fields.push(PackedField::Bool(index, value));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        let place = self.write(|text| text.write_error(error));
        let index = self.index(field);
        self.fields.push(PackedField::Text(index, place));
    }
}
