//! How the schema judge sees record values: in place, without a copy.

use crate::record::{Number, Object, Value};
use jsonschema::{
    JsonType,
    json::{Array, Json, JsonNumber, Node, NodeIdentity, Object as Members},
};
use jsonschema_value::LazyInstance;
use std::{borrow::Cow, collections::btree_map, slice};

/// A record, or a part of one, as it is handed to the judge: a whole [`Value`] or the members of an object.
#[derive(Clone, Copy)]
pub struct View<'a>(Part<'a>);

#[derive(Clone, Copy)]
enum Part<'a> {
    Value(&'a Value),
    Object(&'a Object),
    Text(&'a str),
}

impl<'a> From<&'a Value> for View<'a> {
    fn from(value: &'a Value) -> Self {
        Self(match value {
            Value::Object(members) => Part::Object(members),
            other => Part::Value(other),
        })
    }
}

impl<'a> From<&'a Object> for View<'a> {
    fn from(members: &'a Object) -> Self {
        Self(Part::Object(members))
    }
}

/// Names the representation; it is never made.
pub(super) enum RecordJson {}

impl Json for RecordJson {
    type Node<'a> = View<'a>;
    type PreparedKey = String;
    type StringBuffer = String;

    // The members are sorted, so one pass over them is cheaper than a search for every property of a schema.
    const KEYS_PER_LOOKUP: usize = 2;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut String, string: &str, f: impl FnOnce(View<'_>) -> T) -> T {
        buffer.clear();
        buffer.push_str(string);
        f(View(Part::Text(buffer)))
    }
}

impl<'a> Node<'a, RecordJson> for View<'a> {
    type Object = &'a Object;
    type Array = &'a [Value];
    type Number = &'a Number;

    fn as_object(&self) -> Option<&'a Object> {
        match self.0 {
            Part::Object(members) => Some(members),
            Part::Value(value) => value.as_object(),
            Part::Text(_) => None,
        }
    }

    fn as_array(&self) -> Option<&'a [Value]> {
        match self.0 {
            Part::Value(value) => value.as_array(),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self.0 {
            Part::Value(value) => value.as_str().map(Cow::Borrowed),
            Part::Text(text) => Some(Cow::Borrowed(text)),
            Part::Object(_) => None,
        }
    }

    fn as_number(&self) -> Option<&'a Number> {
        match self.0 {
            Part::Value(value) => value.as_number(),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.0 {
            Part::Value(value) => value.as_bool(),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.0, Part::Value(Value::Null))
    }

    fn json_type(&self) -> JsonType {
        match self.0 {
            Part::Object(_) | Part::Value(Value::Object(_)) => JsonType::Object,
            Part::Text(_) | Part::Value(Value::String(_)) => JsonType::String,
            Part::Value(Value::Array(_)) => JsonType::Array,
            Part::Value(Value::Number(_)) => JsonType::Number,
            Part::Value(Value::Bool(_)) => JsonType::Boolean,
            Part::Value(Value::Null) => JsonType::Null,
        }
    }

    fn equals_value(&self, expected: &serde_json::Value) -> bool {
        match (self.as_string(), expected.as_str()) {
            (Some(text), Some(expected)) => text == expected,
            (Some(_), None) | (None, Some(_)) => false,
            (None, None) => jsonschema::json::cmp::equal(&self.to_value(), expected),
        }
    }

    fn to_value(&self) -> Cow<'a, serde_json::Value> {
        Cow::Owned(match self.0 {
            Part::Value(value) => copy(value),
            Part::Object(members) => copy_members(members),
            Part::Text(text) => text.into(),
        })
    }

    // An error would carry a copy of what it complains about. Our messages never quote it, so none is made.
    fn lazy_value(&self) -> LazyInstance<'a> {
        LazyInstance::Ready(Cow::Owned(serde_json::Value::Null))
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(match self.0 {
            Part::Value(value) => std::ptr::from_ref(value) as usize,
            Part::Object(members) => std::ptr::from_ref(members) as usize,
            Part::Text(text) => text.as_ptr() as usize,
        }))
    }
}

fn copy(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => serde_json::Value::Number(number.to_number().into_owned()),
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(copy).collect(),
        Value::Object(members) => copy_members(members),
    }
}

fn copy_members(members: &Object) -> serde_json::Value {
    members.iter().map(|(name, value)| (name.clone(), copy(value))).collect()
}

impl JsonNumber for &Number {
    fn as_u64(&self) -> Option<u64> {
        Number::as_u64(self)
    }

    fn as_i64(&self) -> Option<i64> {
        Number::as_i64(self)
    }

    /// Integers beyond every float count as the largest one: they are bounded only from below or far below that.
    fn as_f64(&self) -> Option<f64> {
        Some(Number::as_f64(self).clamp(f64::MIN, f64::MAX))
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        let small = Number::as_i64(self).map(Into::into).or_else(|| Number::as_u64(self).map(Into::into));
        let number = small.or_else(|| JsonNumber::as_f64(self).and_then(serde_json::Number::from_f64));
        Cow::Owned(number.unwrap_or_else(|| 0.into()))
    }

    fn is_integer(&self) -> bool {
        self.is_whole()
    }

    fn is_written_as_integer(&self) -> bool {
        Number::is_integer(self)
    }
}

impl<'a> Members<'a, RecordJson> for &'a Object {
    type Node = View<'a>;
    type MemberName = &'a str;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        Object::len(self)
    }

    fn get(&self, key: &String) -> Option<View<'a>> {
        Object::get(self, key).map(View::from)
    }

    fn members(&self) -> MembersIter<'a> {
        MembersIter(self.iter())
    }
}

/// The members of an object, by name.
pub(super) struct MembersIter<'a>(btree_map::Iter<'a, String, Value>);

impl<'a> Iterator for MembersIter<'a> {
    type Item = (&'a str, View<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_str(), value.into()))
    }
}

impl<'a> Array<'a, RecordJson> for &'a [Value] {
    type Node = View<'a>;
    type ElementsIter = std::iter::Map<slice::Iter<'a, Value>, fn(&'a Value) -> View<'a>>;

    fn len(&self) -> usize {
        <[Value]>::len(self)
    }

    fn elements(&self) -> Self::ElementsIter {
        self.iter().map(View::from as fn(&'a Value) -> View<'a>)
    }
}
