//! A JSON value that keeps what it was given: integers of any size, floats to the last bit, null apart from absent.

use std::{collections::BTreeMap, fmt};

/// The members of a JSON object, sorted by key (UTF-8 byte order, which is code point order).
pub type Object = BTreeMap<String, Value>;

/// A JSON value.
///
/// `serde_json::Value` is not used for records: its numbers lose the digits of large integers unless a feature is on that
/// changes every other crate in the program. `Debug` tells the shape only, because a value may hold what a policy has not
/// seen yet; `Display` writes the JSON.
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of any size, or a finite float.
    Number(Number),
    /// Text.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Members sorted by key.
    Object(Object),
}

/// A JSON number: an integer of any size or a finite float. `1` and `1.0` differ.
#[derive(Clone, PartialEq)]
pub struct Number(Repr);

#[derive(Clone, PartialEq)]
enum Repr {
    Signed(i64),
    /// Above `i64::MAX` only, so that equal integers are equal here.
    Unsigned(u64),
    /// Canonical decimal digits, outside the two ranges above.
    Big(Box<str>),
    Float(f64),
}

impl Number {
    /// A float, or `None` for NaN and the infinities, which JSON cannot say.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(Repr::Float(value)))
    }

    /// Reads the text of a JSON number. `None` if it is not one, or a float too large to hold.
    pub fn from_text(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().and_then(Self::from_f64);
        }
        if let Ok(small) = text.parse::<i64>() {
            return Some(Self(Repr::Signed(small)));
        }
        if let Ok(small) = text.parse::<u64>() {
            return Some(Self(Repr::Unsigned(small)));
        }
        let trimmed = digits.trim_start_matches('0');
        let sign = if text.starts_with('-') { "-" } else { "" };
        Some(Self(Repr::Big(format!("{sign}{trimmed}").into())))
    }

    /// The value as `i64` if it is an integer in that range.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Signed(value) => Some(value),
            _ => None,
        }
    }

    /// The value as `u64` if it is an integer in that range.
    pub fn as_u64(&self) -> Option<u64> {
        match self.0 {
            Repr::Signed(value) => u64::try_from(value).ok(),
            Repr::Unsigned(value) => Some(value),
            _ => None,
        }
    }

    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Repr::Signed(value) => *value as f64,
            Repr::Unsigned(value) => *value as f64,
            Repr::Big(digits) => {
                let nearest: f64 = digits.parse().unwrap_or(f64::MAX);
                nearest.clamp(f64::MIN, f64::MAX)
            }
            Repr::Float(value) => *value,
        }
    }

    /// Whether it was written as an integer.
    pub fn is_integer(&self) -> bool {
        !matches!(self.0, Repr::Float(_))
    }

    /// Whether it is an integer in value, as JSON Schema sees it: `1.0` is one.
    pub fn is_whole(&self) -> bool {
        match self.0 {
            Repr::Float(value) => value.fract() == 0.0,
            _ => true,
        }
    }
}

/// The digits as they stand in a bundle: floats as the shortest text that reads back to the same bits, fixed notation for
/// decimal exponents from -4 to 15, else scientific with a sign and at least two exponent digits.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Signed(value) => value.fmt(f),
            Repr::Unsigned(value) => value.fmt(f),
            Repr::Big(digits) => f.write_str(digits),
            Repr::Float(value) => write_float(*value, f),
        }
    }
}

fn write_float(value: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if value == 0.0 || (1e-4..1e16).contains(&value.abs()) {
        return write!(f, "{value:?}");
    }
    // `{:e}` gives the shortest round-trip digits; only their layout is decided here.
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(f, "{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("number")
    }
}

impl Value {
    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The members, if it is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The members, if it is an object.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The integer, if it is one in range.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }

    /// The integer, if it is one in range.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number().and_then(Number::as_u64)
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The member of an object; `None` for an absent member and for anything that is no object.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_object().and_then(|members| members.get(key))
    }

    /// A float, or a string that names it (`NaN`, `Infinity`, `-Infinity`) where JSON has no number for it.
    pub fn from_f64_marked(value: f64) -> Self {
        Number::from_f64(value).map_or_else(
            || {
                Self::String(
                    match value {
                        f64::INFINITY => "Infinity",
                        f64::NEG_INFINITY => "-Infinity",
                        _ => "NaN",
                    }
                    .into(),
                )
            },
            Self::Number,
        )
    }

    /// What kind of value it is, as a word for messages: `string`, `object`, …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(items) => write!(f, "array of {}", items.len()),
            Self::Object(members) => write!(f, "object of {}", members.len()),
            other => f.write_str(other.kind()),
        }
    }
}

/// The JSON text on one line, with a space after `,` and `:`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        super::write_line(self, &mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// As [`Value::from_f64_marked`].
impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::from_f64_marked(value)
    }
}

impl From<Object> for Value {
    fn from(members: Object) -> Self {
        Self::Object(members)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::Array(items)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

macro_rules! from_integers {
    ($($small:ty),* ; $($text:ty),*) => {
        $(impl From<$small> for Number {
            fn from(value: $small) -> Self {
                Self(Repr::Signed(i64::from(value)))
            }
        })*
        $(impl From<$text> for Number {
            fn from(value: $text) -> Self {
                i64::try_from(value).map_or_else(
                    |_| u64::try_from(value).map_or_else(|_| Self(Repr::Big(value.to_string().into())), |big| Self(Repr::Unsigned(big))),
                    |small| Self(Repr::Signed(small)),
                )
            }
        })*
        $(impl From<$small> for Value {
            fn from(value: $small) -> Self {
                Self::Number(value.into())
            }
        })*
        $(impl From<$text> for Value {
            fn from(value: $text) -> Self {
                Self::Number(value.into())
            }
        })*
    };
}
from_integers!(i8, i16, i32, i64, u8, u16, u32; u64, usize, i128, u128);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_laid_out_as_the_bundle_format_says() {
        for (value, text) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123_456_789.125, "123456789.125"),
            (5e-324, "5e-324"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
        ] {
            assert_eq!(Number::from_f64(value).unwrap().to_string(), text);
        }
    }

    #[test]
    fn integers_of_any_size_keep_their_digits() {
        for text in ["0", "-1", "9223372036854775807", "18446744073709551615", "-123456789012345678901234567890"] {
            assert_eq!(Number::from_text(text).unwrap().to_string(), text);
        }
        assert_eq!(Number::from_text("-0").unwrap().to_string(), "0");
        assert_eq!(Number::from_text("7").unwrap(), Number::from(7_u64));
    }

    #[test]
    fn what_json_cannot_say_is_no_number() {
        assert!(Number::from_f64(f64::NAN).is_none());
        assert!(Number::from_text("1e400").is_none());
        assert_eq!(Value::from_f64_marked(f64::NEG_INFINITY).as_str(), Some("-Infinity"));
        assert_eq!(Value::from(f64::NAN).as_str(), Some("NaN"));
        assert_eq!(Value::from(2.0).to_string(), "2.0");
    }

    #[test]
    fn debug_tells_the_shape_and_never_the_text() {
        let value = Value::from(Object::from([("password".to_owned(), Value::from("hunter2"))]));
        assert_eq!(format!("{value:?}"), "object of 1");
    }
}
