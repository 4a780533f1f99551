//! Lists that are said item by item, `judge_decisions.0.judge_id`: what was said of each so far is kept as long as the step or
//! run is open, because the parts of an item may come in any order and one after another.

use super::shape::{Kind, Shape, is_place};
use crate::record::{Object, Value};
use std::collections::BTreeMap;

/// How many items of one list can be said one by one.
const MOST_ITEMS: usize = 1024;

/// The lists of one record, by path.
#[derive(Debug, Default)]
pub(crate) struct Lists(BTreeMap<String, Said>);

/// What was said at a place.
#[derive(Debug)]
enum Said {
    Value(Value),
    /// Members by name, items by place.
    Parts(BTreeMap<String, Said>),
}

impl Lists {
    /// Notes a value that lies in a list, and returns the list as it is now. `known` is the list as it stands in the record, for
    /// one that was not said here. `None` if it has too many items.
    pub(super) fn set(
        &mut self,
        (list, shape, rest): (&str, &Shape, &str),
        value: Value,
        known: impl FnOnce() -> Option<Value>,
    ) -> Option<Value> {
        let said = self.0.entry(list.to_owned()).or_insert_with(|| known().map_or_else(Said::new, Said::parts));
        let (place, _) = rest.split_once('.').unwrap_or((rest, ""));
        if let Said::Parts(items) = said
            && items.len() >= MOST_ITEMS
            && !items.contains_key(place)
        {
            return None;
        }
        said.put(rest, value);
        Some(said.told(shape))
    }

    /// A value was said as a whole: what was said of its lists before is over.
    pub(super) fn replace(&mut self, path: &str, value: &Value) {
        if self.0.is_empty() {
            return;
        }
        self.0.retain(|list, _| {
            let below = list.strip_prefix(path).filter(|rest| rest.is_empty() || rest.starts_with('.'));
            let around = path.strip_prefix(list.as_str()).is_some_and(|rest| rest.starts_with('.'));
            match below {
                // An object takes in what another says; a list in it goes only if the other has one.
                Some(rest) if !rest.is_empty() => {
                    let mut at = Some(value);
                    for part in rest.split('.').skip(1) {
                        at = at.and_then(|at| at.get(part));
                    }
                    value.as_object().is_some() && at.is_none()
                }
                Some(_) => false,
                None => !around,
            }
        });
    }
}

impl Said {
    fn new() -> Self {
        Self::Parts(BTreeMap::new())
    }

    /// A value of which parts are about to be said.
    fn parts(value: Value) -> Self {
        match value {
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                Self::Parts(items.map(|(place, item)| (place.to_string(), Self::Value(item))).collect())
            }
            Value::Object(members) => {
                Self::Parts(members.into_iter().map(|(name, member)| (name, Self::Value(member))).collect())
            }
            _ => Self::new(),
        }
    }

    fn put(&mut self, path: &str, value: Value) {
        if let Self::Value(whole) = self {
            *self = Self::parts(std::mem::take(whole));
        }
        let Self::Parts(parts) = self else { return };
        match path.split_once('.') {
            Some((first, rest)) => parts.entry(first.to_owned()).or_insert_with(Self::new).put(rest, value),
            // As elsewhere, an object takes in what another says.
            None => match (parts.get_mut(path), value) {
                (Some(known), Value::Object(members)) => {
                    for (name, member) in members {
                        known.put(&name, member);
                    }
                }
                (_, value) => {
                    parts.insert(path.to_owned(), Self::Value(value));
                }
            },
        }
    }

    /// The value that the parts make. Items stand in the order of their numbers, and numbers that nobody used leave no gap.
    fn told(&self, shape: &Shape) -> Value {
        let parts = match self {
            Self::Value(value) => return value.clone(),
            Self::Parts(parts) => parts,
        };
        let told = |name: &str, part: &Self| match shape.child(name) {
            Some(below) => part.told(below),
            None => Value::Null,
        };
        let is_list = shape.kind == Kind::List || shape.kind == Kind::Any && parts.keys().all(|name| is_place(name));
        if is_list {
            let mut items: Vec<(u32, Value)> =
                parts.iter().filter_map(|(place, part)| Some((place.parse().ok()?, told(place, part)))).collect();
            items.sort_by_key(|(place, _)| *place);
            return Value::Array(items.into_iter().map(|(_, item)| item).collect());
        }
        Value::Object(parts.iter().map(|(name, part)| (name.clone(), told(name, part))).collect::<Object>())
    }
}
