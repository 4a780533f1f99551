//! The walk over a value: members are removed, masked or entered, text is scrubbed, identity is left as it is.

use super::{
    ERROR, MASK,
    identity::{Family, Shield, shield},
    pii_v2::{Kind, classify, deltas, structure},
    policy::{Inner, RedactionPolicy, Treatment, contain},
};
use crate::record::{Object, Value};
use structure::Verdict;

/// No secret is shorter than this and consists of letters alone, and none is remembered.
const WORD: usize = 8;

/// Deeper values are replaced. Twice what the parser admits, so only values built by hand can reach it.
const DEPTH_LIMIT: usize = 256;

impl RedactionPolicy {
    /// Redacts a value in place; nothing in it is identity. Returns how many values were removed, masked or scrubbed.
    pub fn redact(&self, value: &mut Value) -> u64 {
        self.walk(|walk| walk.value(value, &[], 0))
    }

    /// Redacts a value that is to become part of a text. `default-pii-v1` looks at such text only once it is composed.
    pub(crate) fn redact_ahead(&self, value: &mut Value) {
        if self.0.is_two() {
            self.redact(value);
        }
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
        let walked = self.walk(|walk| walk.object(record, family.identity(), 0));
        let reasoned = if family == Family::Reasoning { self.once(|walk| walk.reasoning(record)) } else { 0 };
        walked + reasoned
    }

    /// Redacts an attribute or log field by its dotted name; `false` says that it is to be removed.
    pub fn redact_attribute(&self, name: &str, value: &mut Value) -> bool {
        let mut kept = true;
        self.walk(|walk| {
            if !kept {
                return;
            }
            let verdict = walk.judge_attribute(name, value);
            // A dropper written for member names meets them here as the last segment.
            if let (false, Some((_, segment))) = (verdict == Verdict::Treat(Treatment::Drop), name.rsplit_once('.')) {
                kept = walk.ask_droppers(segment, value);
            }
            kept = kept && walk.member(name, value, verdict, &[], 0);
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

    fn walk(&self, run: impl FnMut(&mut Walk<'_>)) -> u64 {
        self.once(|walk| walk.until_nothing_is_learned(run))
    }

    fn once(&self, run: impl FnOnce(&mut Walk<'_>)) -> u64 {
        let mut walk = Walk::new(&self.0, 0);
        run(&mut walk);
        if walk.touched > 0 {
            self.0.tally.touch(walk.touched);
        }
        walk.touched
    }
}

pub(super) struct Walk<'p> {
    policy: &'p Inner,
    pub(super) touched: u64,
    /// How many texts of JSON the value was found in.
    nested: u8,
}

impl<'p> Walk<'p> {
    pub(super) fn new(policy: &'p Inner, nested: u8) -> Self {
        Self { policy, touched: 0, nested }
    }

    /// Runs, and again if a secret was learned on the way: it may stand in what was passed before.
    pub(super) fn until_nothing_is_learned(&mut self, mut run: impl FnMut(&mut Self)) {
        let known = self.policy.learned.taught();
        run(self);
        if self.policy.learned.taught() > known {
            run(self);
        }
    }

    pub(super) fn value(&mut self, value: &mut Value, identity: &[&str], depth: usize) {
        match value {
            Value::String(text) => {
                if let Some(scrubbed) = self.policy.scrub(text, self.nested) {
                    *text = scrubbed;
                    self.touched += 1;
                }
            }
            Value::Array(_) | Value::Object(_) if depth >= DEPTH_LIMIT => self.replace(value, Kind::Error),
            Value::Array(items) => {
                if self.policy.is_two() {
                    self.list(items);
                }
                for item in items {
                    // Identity is never in a list of lists.
                    let identity = if item.as_array().is_some() { &[] } else { identity };
                    self.value(item, identity, depth + 1);
                }
            }
            Value::Object(members) => self.object(members, identity, depth + 1),
            Value::Number(_) if self.policy.is_two() && structure::is_card_number(value) => {
                self.replace(value, Kind::Card)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// What the items of a list say together.
    fn list(&mut self, items: &mut [Value]) {
        for (index, kind) in structure::items(items, &self.policy.look()) {
            if let Some(item) = items.get_mut(index) {
                self.replace(item, kind);
            }
        }
        for kind in deltas::redact(items, &self.policy.look()) {
            self.policy.tally.add(kind);
            self.touched += 1;
        }
        for index in structure::pairs(items) {
            if let Some(Value::Array(pair)) = items.get_mut(index)
                && let [Value::String(name), value] = pair.as_mut_slice()
            {
                self.policy.look().teach(classify(name), value);
                self.replace(value, Kind::Masked);
            }
        }
    }

    fn object(&mut self, members: &mut Object, identity: &[&str], depth: usize) {
        let is_sample = is_token_sample(members);
        let named = if self.policy.is_two() { structure::named_value(members) } else { None };
        if self.policy.is_two() && identity.is_empty() {
            for (name, kind) in structure::parts(members, &self.policy.look()) {
                if let Some(value) = members.get_mut(&name) {
                    self.replace(value, kind);
                }
            }
        }
        members.retain(|name, value| {
            let below = match shield(identity, name) {
                Shield::Whole if is_plain(value) => return true,
                Shield::Whole => Vec::new(),
                Shield::Below(paths) => paths,
            };
            if let Some((_, class)) = named.filter(|(member, _)| member == name) {
                self.policy.look().teach(class, value);
                self.replace(value, Kind::Masked);
                return true;
            }
            let verdict = match self.policy.judge(name, value) {
                Verdict::Treat(Treatment::Mask) if is_sample && is_sampled_token(name) => {
                    Verdict::Treat(Treatment::Scrub)
                }
                verdict => verdict,
            };
            self.member(name, value, verdict, &below, depth)
        });
        if self.policy.is_two() {
            self.names(members);
        }
    }

    /// Scrubs the names themselves: a map may be keyed by what is secret. Custom redactors are for texts and see no names.
    fn names(&mut self, members: &mut Object) {
        let scrubbed = |name: &String| Some((name.clone(), self.policy.scrub_built_in(name, self.nested)?));
        // Nearly all names are a short word, in which no rule finds anything.
        let worth_it = |name: &&String| name.len() >= WORD || !name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let renamed: Vec<(String, String)> = members.keys().filter(worth_it).filter_map(scrubbed).collect();
        for (old, new) in renamed {
            let Some(value) = members.remove(&old) else { continue };
            self.touched += 1;
            let mut name = new.clone();
            let mut number = 1;
            while members.contains_key(&name) {
                number += 1;
                name = format!("{new} {number}");
            }
            members.insert(name, value);
        }
    }

    fn judge_attribute(&self, name: &str, value: &Value) -> Verdict {
        let mut leaves = false;
        let treatment = self.policy.by_segments(name, |key| match self.policy.judge(key, value) {
            Verdict::Treat(treatment) => treatment,
            // A list of cookies is masked item by item, if nothing stricter is said.
            Verdict::MaskLeaves => Treatment::Mask,
        });
        leaves |= treatment == Treatment::Mask && self.policy.judge(name, value) == Verdict::MaskLeaves;
        if leaves { Verdict::MaskLeaves } else { Verdict::Treat(treatment) }
    }

    /// Applies what the name asks for; `false` if the member is to be removed.
    fn member(&mut self, name: &str, value: &mut Value, verdict: Verdict, identity: &[&str], depth: usize) -> bool {
        if self.policy.is_two() && verdict != Verdict::Treat(Treatment::Scrub) {
            self.policy.look().teach(classify(name), value);
        }
        if verdict == Verdict::Treat(Treatment::Drop) {
            self.policy.tally.add(Kind::Dropped);
            self.touched += 1;
            return false;
        }
        if !self.ask_droppers(name, value) {
            return false;
        }
        match verdict {
            Verdict::Treat(Treatment::Mask) => self.replace(value, Kind::Masked),
            Verdict::MaskLeaves => self.leaves(value, depth),
            Verdict::Treat(_) => {
                if let (true, Value::Array(items)) = (self.policy.is_two(), &mut *value) {
                    for index in structure::alternating(name, items) {
                        if let Some(item) = items.get_mut(index) {
                            self.replace(item, Kind::Masked);
                        }
                    }
                }
                self.value(value, identity, depth);
            }
        }
        true
    }

    /// Masks every text in a value. What has a name and a value keeps its name and what else it says.
    fn leaves(&mut self, value: &mut Value, depth: usize) {
        match value {
            Value::Array(_) | Value::Object(_) if depth >= DEPTH_LIMIT => self.replace(value, Kind::Error),
            Value::Array(items) => items.iter_mut().for_each(|item| self.leaves(item, depth + 1)),
            Value::Object(members) if members.contains_key("name") && members.contains_key("value") => {
                if let Some(value) = members.get_mut("value") {
                    self.replace(value, Kind::Masked);
                }
                self.object(members, &[], depth + 1);
            }
            Value::Object(members) => {
                members.values_mut().for_each(|item| self.leaves(item, depth + 1));
                self.names(members);
            }
            Value::String(_) => self.replace(value, Kind::Masked),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Puts the member before the custom droppers; `false` if it is to be removed.
    fn ask_droppers(&mut self, name: &str, value: &mut Value) -> bool {
        match self.is_dropped(name, value) {
            Some(true) => {
                self.policy.tally.add(Kind::Dropped);
                self.touched += 1;
                return false;
            }
            Some(false) => {}
            None => self.replace(value, Kind::Error),
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

    fn replace(&mut self, value: &mut Value, kind: Kind) {
        let is_gone = |text: &str| text == kind.mark() || [MASK, ERROR].contains(&text);
        if !value.as_str().is_some_and(is_gone) {
            *value = kind.mark().into();
            self.policy.tally.add(kind);
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
