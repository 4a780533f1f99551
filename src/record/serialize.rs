//! From any `Serialize` type to a record value.

use super::{MAX_DEPTH, Number, Object, Value};
use serde::ser::{self, Serialize};
use std::fmt::Display;

/// Why a value cannot stand in a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// NaN or an infinity.
    #[error("a number is NaN or infinite, which JSON cannot say; leave the field out instead")]
    NotFinite,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the value nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A map whose keys are not text, numbers or booleans.
    #[error("an object has a key that is not text")]
    Key,
    /// What the type's own `Serialize` said.
    #[error("{0}")]
    Other(String),
}

impl ser::Error for ValueError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// Turns any serializable value into a record value.
///
/// # Errors
/// If it holds NaN or an infinity, nests deeper than [`MAX_DEPTH`], or has a map with keys that are not text.
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, ValueError> {
    value.serialize(Builder { depth: 0, wrapped: 0 })
}

#[derive(Clone, Copy)]
struct Builder {
    depth: usize,
    /// Wrappers that JSON does not show: a list of them linked through `Option<Box<_>>` must not end on the stack either.
    wrapped: usize,
}

impl Builder {
    fn deeper(self) -> Result<Self, ValueError> {
        if self.depth >= MAX_DEPTH { Err(ValueError::TooDeep) } else { Ok(Self { depth: self.depth + 1, ..self }) }
    }

    fn unwrapped(self) -> Result<Self, ValueError> {
        if self.wrapped >= 4 * MAX_DEPTH {
            Err(ValueError::TooDeep)
        } else {
            Ok(Self { wrapped: self.wrapped + 1, ..self })
        }
    }
}

struct Items {
    inner: Builder,
    items: Vec<Value>,
    variant: Option<&'static str>,
}

struct Members {
    inner: Builder,
    members: Object,
    key: Option<String>,
    variant: Option<&'static str>,
}

fn tagged(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(name) => Value::Object(Object::from([(name.to_owned(), value)])),
        None => value,
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<Value, ValueError> {
            Ok(value.into())
        })*
    };
}

impl ser::Serializer for Builder {
    type Ok = Value;
    type Error = ValueError;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    numbers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_bool: bool, serialize_str: &str
    );

    fn serialize_f32(self, value: f32) -> Result<Value, ValueError> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<Value, ValueError> {
        Number::from_f64(value).map(Value::Number).ok_or(ValueError::NotFinite)
    }

    fn serialize_char(self, value: char) -> Result<Value, ValueError> {
        Ok(Value::String(value.into()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, ValueError> {
        Ok(Value::Array(bytes.iter().map(|byte| (*byte).into()).collect()))
    }

    fn serialize_none(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, ValueError> {
        value.serialize(self.unwrapped()?)
    }

    fn serialize_unit(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, ValueError> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Value, ValueError> {
        value.serialize(self.unwrapped()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        value.serialize(self.deeper()?).map(|value| tagged(Some(variant), value))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, ValueError> {
        Ok(Items { inner: self.deeper()?, items: Vec::new(), variant: None })
    }

    fn serialize_tuple(self, length: usize) -> Result<Items, ValueError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items, ValueError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items, ValueError> {
        Ok(Items { inner: self.deeper()?.deeper()?, items: Vec::new(), variant: Some(variant) })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, ValueError> {
        Ok(Members { inner: self.deeper()?, members: Object::new(), key: None, variant: None })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Members, ValueError> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members, ValueError> {
        Ok(Members { inner: self.deeper()?.deeper()?, members: Object::new(), key: None, variant: Some(variant) })
    }
}

macro_rules! item_serializers {
    ($($trait:ident::$method:ident),*) => {
        $(impl ser::$trait for Items {
            type Ok = Value;
            type Error = ValueError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
                self.items.push(value.serialize(self.inner)?);
                Ok(())
            }

            fn end(self) -> Result<Value, ValueError> {
                Ok(tagged(self.variant, Value::Array(self.items)))
            }
        })*
    };
}
item_serializers!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

impl ser::SerializeMap for Members {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        self.key = Some(match key.serialize(self.inner)? {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => return Err(ValueError::Key),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let key = self.key.take().ok_or(ValueError::Key)?;
        self.members.insert(key, value.serialize(self.inner)?);
        Ok(())
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(tagged(self.variant, Value::Object(self.members)))
    }
}

macro_rules! struct_serializers {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Members {
            type Ok = Value;
            type Error = ValueError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), ValueError> {
                self.members.insert(key.to_owned(), value.serialize(self.inner)?);
                Ok(())
            }

            fn end(self) -> Result<Value, ValueError> {
                Ok(tagged(self.variant, Value::Object(self.members)))
            }
        })*
    };
}
struct_serializers!(SerializeStruct, SerializeStructVariant);

impl Serialize for Value {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members),
        }
    }
}

/// Integers beyond 128 bits leave as floats: no serializer takes more.
impl Serialize for Number {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(value) = self.as_i64() {
            return serializer.serialize_i64(value);
        }
        if let Some(value) = self.as_u64() {
            return serializer.serialize_u64(value);
        }
        if self.is_integer()
            && let Ok(value) = self.to_string().parse::<i128>()
        {
            return serializer.serialize_i128(value);
        }
        serializer.serialize_f64(self.as_f64())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[derive(serde::Serialize)]
    enum Target {
        Point { x: i32, y: i32 },
        Label(&'static str),
        Nowhere,
    }

    #[test]
    fn any_serializable_value_becomes_a_record_value() {
        let value =
            to_value(&(Target::Point { x: 1, y: -2 }, Target::Label("go"), Target::Nowhere, Some(1.5), u128::MAX));
        assert_eq!(
            value.unwrap().to_string(),
            r#"[{"Point": {"x": 1, "y": -2}}, {"Label": "go"}, "Nowhere", 1.5, 340282366920938463463374607431768211455]"#
        );
        assert_eq!(
            to_value(&serde_json::json!({"b": [null, true], "a": 1})).unwrap().to_string(),
            r#"{"a": 1, "b": [null, true]}"#
        );
        assert_eq!(to_value(&HashMap::from([(7, "x")])).unwrap().to_string(), r#"{"7": "x"}"#);
    }

    /// Wrapped as often as it says.
    struct Wrapped(usize);

    impl Serialize for Wrapped {
        fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0.checked_sub(1) {
                Some(less) if less % 2 == 0 => serializer.serialize_some(&Wrapped(less)),
                Some(less) => serializer.serialize_newtype_struct("Wrapped", &Wrapped(less)),
                None => serializer.serialize_unit(),
            }
        }
    }

    #[test]
    fn what_json_cannot_say_is_refused_and_never_becomes_null() {
        assert_eq!(to_value(&[f64::NAN]).unwrap_err(), ValueError::NotFinite);
        assert_eq!(to_value(&HashMap::from([(vec![1], 1)])).unwrap_err(), ValueError::Key);
        let deep = (0..200).fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]));
        assert_eq!(to_value(&deep).unwrap_err(), ValueError::TooDeep);
        assert_eq!(to_value(&Wrapped(100_000)).unwrap_err(), ValueError::TooDeep);
    }
}
