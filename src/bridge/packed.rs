//! Fields as the agent's thread saw them, packed: one behind the other in one piece of memory, and what they mean is left to
//! the worker. An allocation for every field would cost the agent more than everything else that is done with it.

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
///
/// A field is what kind of value it has, its place among those of its metadata, and the value: a text with its length before
/// it, or eight bytes. Small, because the memory that is touched first is most of what recording costs.
#[derive(Default)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    /// A field was recorded whose name may mark a step as sensitive. Asked here, where the name is at hand anyway.
    marked: bool,
}

/// How much memory a thread keeps for the next event, in bytes.
const LARGE: usize = 16 * 1024;

// What kind of value a field has.
const TEXT: u8 = 0;
/// What `Debug` or `Display` made of a value.
const SHOWN: u8 = 1;
/// An integer of more than 64 bits.
const DIGITS: u8 = 2;
const SIGNED: u8 = 3;
const UNSIGNED: u8 = 4;
const FLOAT: u8 = 5;
const BOOL: u8 = 6;

/// A field, read.
struct Unpacked<'p> {
    kind: u8,
    /// Its place among the fields of its metadata.
    index: usize,
    /// The text, or the eight bytes.
    value: &'p [u8],
}

impl Unpacked<'_> {
    fn text(&self) -> &str {
        std::str::from_utf8(self.value).unwrap_or_default()
    }

    fn value(&self, name: &str) -> Value {
        let eight = || <[u8; 8]>::try_from(self.value).unwrap_or_default();
        match self.kind {
            // A text recorded with `?` is meant without the quotes.
            SHOWN if name.starts_with("augur.") => augur::unquoted(self.text()).into_owned().into(),
            DIGITS => Number::from_text(self.text()).map_or(Value::Null, Value::from),
            SIGNED => i64::from_le_bytes(eight()).into(),
            UNSIGNED => u64::from_le_bytes(eight()).into(),
            FLOAT => Value::from_f64_marked(f64::from_le_bytes(eight())),
            BOOL => (eight() != [0; 8]).into(),
            _ => self.text().into(),
        }
    }
}

/// Reads fields one after the other.
struct Fields<'p>(&'p [u8]);

impl<'p> Iterator for Fields<'p> {
    type Item = Unpacked<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&[kind, index], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match kind {
            TEXT | SHOWN | DIGITS => {
                let (length, rest) = rest.split_first_chunk()?;
                (u32::from_le_bytes(*length) as usize, rest)
            }
            _ => (8, rest),
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Unpacked { kind, index: usize::from(index), value })
    }
}

fn small(number: usize) -> u32 {
    // What one span says never comes near this: it goes to the worker long before.
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Packed {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), marked: false }
    }

    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), marked: false }
    }

    /// How many bytes there are: the place at which the next field begins, and a bound on what this holds in memory.
    #[inline]
    pub(super) fn len(&self) -> u32 {
        small(self.bytes.len())
    }

    pub(super) fn reserve(&mut self, bytes: usize) {
        self.bytes.reserve(bytes);
    }

    /// Forgets everything. `false` if so much was held that the memory is better given back.
    pub(super) fn clear(&mut self) -> bool {
        self.bytes.clear();
        self.bytes.capacity() <= LARGE
    }

    pub(super) fn append(&mut self, more: &Self) {
        self.bytes.extend_from_slice(&more.bytes);
        self.marked |= more.marked;
    }

    fn fields(&self, from: u32, to: u32) -> Fields<'_> {
        Fields(self.bytes.get(from as usize..to as usize).unwrap_or_default())
    }

    /// The fields from one place to another as attributes, in their order.
    pub(super) fn attributes(&self, from: u32, to: u32, metadata: &Metadata<'static>) -> Attributes {
        let names: Vec<&'static str> = metadata.fields().iter().map(|field| field.name()).collect();
        let mut attributes = Attributes::with_capacity(names.len());
        for field in self.fields(from, to) {
            if let Some(name) = names.get(field.index) {
                attributes.push(*name, field.value(name));
            }
        }
        attributes
    }

    /// The names of the fields from one place on, in the order of the fields.
    pub(super) fn names(&self, from: u32, metadata: &'static Metadata<'static>) -> impl Iterator<Item = &'static str> {
        // Most fields come in the order of their metadata; then this is one walk along both.
        let (mut rest, mut next) = (metadata.fields().iter(), 0);
        self.fields(from, self.len()).filter_map(move |Unpacked { index, .. }| {
            if index < next {
                (rest, next) = (metadata.fields().iter(), 0);
            }
            let found = rest.nth(index - next)?;
            next = index + 1;
            Some(found.name())
        })
    }

    /// Whether a field that was recorded since the last time may mark a step as sensitive.
    #[inline]
    pub(super) fn take_mark(&mut self) -> bool {
        std::mem::take(&mut self.marked)
    }

    /// The place of a field. `tracing` allows 32; should it ever allow more than 256, the last of them get lost.
    #[inline]
    fn index(&mut self, field: &Field) -> u8 {
        self.marked |= field.name().ends_with(SENSITIVE);
        u8::try_from(field.index()).unwrap_or(u8::MAX)
    }

    fn eight(&mut self, kind: u8, field: &Field, value: [u8; 8]) {
        let index = self.index(field);
        let [a, b, c, d, e, f, g, h] = value;
        self.bytes.extend_from_slice(&[kind, index, a, b, c, d, e, f, g, h]);
    }

    fn text(&mut self, kind: u8, field: &Field, write: impl FnOnce(&mut Vec<u8>)) {
        let index = self.index(field);
        self.bytes.extend_from_slice(&[kind, index, 0, 0, 0, 0]);
        let start = self.bytes.len();
        write(&mut self.bytes);
        let length = small(self.bytes.len() - start);
        if let Some(place) = self.bytes.get_mut(start - 4..start) {
            place.copy_from_slice(&length.to_le_bytes());
        }
    }

    fn written(&mut self, kind: u8, field: &Field, write: impl FnOnce(&mut Text<'_>) -> fmt::Result) {
        self.text(kind, field, |bytes| Text::write_to(bytes, write));
    }
}

impl Visit for Packed {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.written(SHOWN, field, |text| write!(text, "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(TEXT, field, |bytes| Text::write_plain(bytes, value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.eight(SIGNED, field, value.to_le_bytes());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.eight(UNSIGNED, field, value.to_le_bytes());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.written(DIGITS, field, |text| write!(text, "{value}"));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.written(DIGITS, field, |text| write!(text, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.eight(FLOAT, field, value.to_le_bytes());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.eight(BOOL, field, u64::from(value).to_le_bytes());
    }

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        self.written(TEXT, field, |text| text.write_error(error));
    }
}

impl fmt::Debug for Packed {
    /// Tells nothing of what was said: no policy has seen it yet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packed").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}
