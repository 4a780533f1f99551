//! The walk over a value: members are removed, masked or entered, text is scrubbed, identity is left as it is.

use super::{
    ERROR, MASK,
    identity::{Family, Shield, shield},
    policy::{Inner, RedactionPolicy, Treatment, contain},
};
use crate::record::{Object, Value};

/// Deeper values are replaced. Twice what the parser admits, so only values built by hand can reach it.
const DEPTH_LIMIT: usize = 256;

impl RedactionPolicy {
    /// Redacts a value in place; nothing in it is identity. Returns how many values were removed, masked or scrubbed.
    pub fn redact(&self, value: &mut Value) -> u64 {
        self.walk(|walk| walk.value(value, &[], 0))
    }

    /// Redacts a record in place and leaves the members named by `identity` as they are.
    ///
    /// A name may be a dotted path; lists on the way are entered, `*` stands for every name. Identity protects a string,
    /// a number or a list of them: an object in such a place is walked like any other. Returns how many values were
    /// removed, masked or scrubbed.
    pub fn redact_record(&self, record: &mut Object, identity: &[&str]) -> u64 {
        self.walk(|walk| walk.object(record, identity, 0))
    }

    /// Redacts a record of a known family: its identity stays, and the rules for reasoning run where they belong.
    /// Returns how many values were removed, masked or scrubbed.
    pub fn redact_family(&self, family: Family, record: &mut Object) -> u64 {
        self.walk(|walk| {
            walk.object(record, family.identity(), 0);
            if family == Family::Reasoning {
                walk.reasoning(record);
            }
        })
    }

    /// Redacts an attribute or log field by its dotted name; `false` says that it is to be removed.
    pub fn redact_attribute(&self, name: &str, value: &mut Value) -> bool {
        let mut kept = true;
        self.walk(|walk| {
            let treatment = self.treat_key(name);
            // A dropper written for member names meets them here as the last segment.
            if let (false, Some((_, segment))) = (treatment == Treatment::Drop, name.rsplit_once('.')) {
                kept = walk.ask_droppers(segment, value);
            }
            kept = kept && walk.member(name, value, treatment, &[], 0);
        });
        kept
    }

    /// The path of the first identity member that holds a secret. Such a record is to be refused or given another id:
    /// redaction would leave it as it is.
    #[must_use]
    pub fn tainted_identity(&self, family: Family, record: &Object) -> Option<&'static str> {
        let is_tainted = |path: &&&str| Family::texts(record, path).into_iter().any(|text| !self.is_clean(text));
        family.identity().iter().find(is_tainted).copied()
    }

    fn walk(&self, run: impl FnOnce(&mut Walk<'_>)) -> u64 {
        let mut walk = Walk { policy: &self.0, touched: 0 };
        run(&mut walk);
        if walk.touched > 0 {
            self.0.count(walk.touched);
        }
        walk.touched
    }
}

struct Walk<'p> {
    policy: &'p Inner,
    touched: u64,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, identity: &[&str], depth: usize) {
        match value {
            Value::String(text) => {
                if let Some(scrubbed) = self.policy.scrub(text) {
                    *text = scrubbed;
                    self.touched += 1;
                }
            }
            Value::Array(_) | Value::Object(_) if depth >= DEPTH_LIMIT => self.replace(value, ERROR),
            Value::Array(items) => {
                for item in items {
                    // Identity is never in a list of lists.
                    let identity = if item.as_array().is_some() { &[] } else { identity };
                    self.value(item, identity, depth + 1);
                }
            }
            Value::Object(members) => self.object(members, identity, depth + 1),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(&mut self, members: &mut Object, identity: &[&str], depth: usize) {
        let is_sample = is_token_sample(members);
        members.retain(|name, value| {
            let below = match shield(identity, name) {
                Shield::Whole if is_plain(value) => return true,
                Shield::Whole => Vec::new(),
                Shield::Below(paths) => paths,
            };
            let treatment = match self.policy.treat_member(name) {
                Treatment::Mask if is_sample && is_sampled_token(name) => Treatment::Scrub,
                treatment => treatment,
            };
            self.member(name, value, treatment, &below, depth)
        });
    }

    /// Applies what the name asks for; `false` if the member is to be removed.
    fn member(&mut self, name: &str, value: &mut Value, treatment: Treatment, identity: &[&str], depth: usize) -> bool {
        if treatment == Treatment::Drop {
            self.touched += 1;
            return false;
        }
        if !self.ask_droppers(name, value) {
            return false;
        }
        match treatment {
            Treatment::Mask => self.replace(value, MASK),
            _ => self.value(value, identity, depth),
        }
        true
    }

    /// Puts the member before the custom droppers; `false` if it is to be removed.
    fn ask_droppers(&mut self, name: &str, value: &mut Value) -> bool {
        match self.is_dropped(name, value) {
            Some(true) => {
                self.touched += 1;
                return false;
            }
            Some(false) => {}
            None => self.replace(value, ERROR),
        }
        true
    }

    /// What the custom droppers say; `None` if one panicked.
    fn is_dropped(&self, name: &str, value: &Value) -> Option<bool> {
        for dropper in &self.policy.droppers {
            if contain(|| dropper(name, value))? {
                return Some(true);
            }
        }
        Some(false)
    }

    fn reasoning(&mut self, record: &mut Object) {
        if let Some(Value::String(text)) = record.get_mut("text")
            && let Some(scrubbed) = self.policy.scrub_reasoning(text)
        {
            *text = scrubbed;
            self.touched += 1;
        }
    }

    fn replace(&mut self, value: &mut Value, replacement: &str) {
        if value.as_str() != Some(replacement) {
            *value = replacement.into();
            self.touched += 1;
        }
    }
}

/// A token with its log-probability is model output, not a credential. Truth values count as numbers, as in the contract.
fn is_token_sample(members: &Object) -> bool {
    matches!(members.get("logprob"), Some(Value::Number(_) | Value::Bool(_)))
}

fn is_sampled_token(name: &str) -> bool {
    matches!(name, "token" | "token_id")
}

/// Whether the value can be identity: nothing in it has a name.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => items.iter().all(|item| !matches!(item, Value::Object(_) | Value::Array(_))),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}
