//! `default-pii-v2`: the default. Names are judged by what they end with, text is searched for names with values, headers,
//! options, addresses, tokens, keys, personal numbers, and all that in disguise.

mod blocks;
mod bytes;
mod context;
pub(super) mod deltas;
mod email;
mod encoded;
mod entropy;
mod fold;
mod headers;
mod keys;
mod kind;
mod learned;
mod numbers;
mod pairs;
mod spans;
pub(super) mod structure;
mod tokens;
mod triggers;
mod urls;
mod vendors;
mod words;

#[cfg(test)]
mod keep_tests;
#[cfg(test)]
mod shape_tests;
#[cfg(test)]
mod structure_tests;

pub(super) use keys::{Class, classify};
pub(super) use kind::Kind;
pub(super) use learned::Learned;

use super::{ERROR, rules::RuleSet};
use crate::record::Value;
use spans::Spans;

pub(super) const RULES: RuleSet =
    RuleSet { id: "default-pii-v2", version: super::rules::Version::Two, ..super::pii_v1::RULES };

/// How often text is decoded that came out of decoded text.
const DEPTH: u8 = 3;

/// How often a text is looked at again that something was taken out of.
const ROUNDS: usize = 4;

/// How a text is looked at.
#[derive(Clone, Copy)]
pub(super) struct Look<'p> {
    depth: u8,
    /// Ids are full of what would be suspicious in a text, and may not be rewritten: only sure finds count.
    pub(super) is_identity: bool,
    learned: &'p Learned,
}

impl<'p> Look<'p> {
    pub(super) fn new(learned: &'p Learned, is_identity: bool) -> Self {
        Self { depth: 0, is_identity, learned }
    }

    /// Whether text that was decoded holds a secret. What is encoded too often is taken for one.
    fn is_dirty(&self, text: &str) -> bool {
        self.depth < DEPTH && find(text, &Self { depth: self.depth + 1, ..*self }).is_none_or(|found| !found.is_empty())
    }

    /// The text without its secrets; `None` if it holds none. What was found is reported, kind by kind.
    ///
    /// What is taken out changes what stands next to the rest, so the rest is looked at until nothing more is found.
    pub(super) fn scrub(&self, text: &str, mut report: impl FnMut(Kind)) -> Option<String> {
        let mut scrubbed = self.look(text, &mut report)?;
        for _ in 0..ROUNDS {
            match self.look(&scrubbed, &mut report) {
                Some(again) if again != scrubbed => scrubbed = again,
                _ => break,
            }
        }
        Some(scrubbed)
    }

    /// One look at a text.
    fn look(&self, text: &str, mut report: impl FnMut(Kind)) -> Option<String> {
        let Some(mut found) = find(text, self) else {
            report(Kind::Error);
            return Some(ERROR.to_owned());
        };
        if !self.is_identity {
            for lesson in std::mem::take(&mut found.lessons) {
                text.get(lesson).into_iter().for_each(|value| self.learned.learn(value));
            }
        }
        self.learned.find(text, self.is_identity, &mut found);
        if found.is_empty() {
            return None;
        }
        let merged = found.around(&kind::marks(text.as_bytes())).merged();
        if merged.is_empty() {
            return None;
        }
        merged.iter().for_each(|(_, kind)| report(*kind));
        Some(spans::apply(text, &merged).unwrap_or_else(|| ERROR.to_owned()))
    }
}

/// What the rules find in a text; `None` if they could not look.
fn find(text: &str, look: &Look<'_>) -> Option<Spans> {
    let mut spans = Spans::default();
    let signs = bytes::signs(text.as_bytes());
    let has = |sign: u8| signs & sign != 0;
    if has(bytes::SLASH) && has(bytes::PAIR) {
        urls::find(text, &mut spans);
    }
    if has(bytes::GAP) && !triggers::find(text, &mut spans) {
        return None;
    }
    if has(bytes::PAIR) {
        pairs::find(text, &mut spans);
    }
    tokens::find(text, look, &mut spans);
    if has(bytes::AT) {
        email::find(text, &mut spans);
    }
    if has(bytes::DIGIT) {
        numbers::find(text, &mut spans);
    }
    if has(bytes::ESCAPE) {
        encoded::find(text, look, &mut spans);
    }
    if look.depth > 0 {
        look.learned.find(text, look.is_identity, &mut spans);
    }
    Some(spans)
}

impl Look<'_> {
    /// Remembers what stands behind the name of a secret: texts, credentials behind their scheme, values of cookies.
    pub(super) fn teach(&self, class: Class, value: &Value) {
        if class.teaches() {
            self.teach_texts(value, 0);
        }
    }

    fn teach_texts(&self, value: &Value, depth: usize) {
        match value {
            Value::String(text) => self.teach_text(text),
            Value::Array(items) if depth < 8 => items.iter().for_each(|item| self.teach_texts(item, depth + 1)),
            Value::Object(members) if depth < 8 => members.values().for_each(|item| self.teach_texts(item, depth + 1)),
            _ => {}
        }
    }

    fn teach_text(&self, text: &str) {
        match text.split_once(' ') {
            Some((scheme, credential)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                self.learned.learn(credential);
                if scheme.eq_ignore_ascii_case("basic")
                    && let Some(pair) = encoded::from_base64(credential.trim().as_bytes())
                    && let Some((_, password)) = String::from_utf8_lossy(&pair).split_once(':')
                {
                    self.learned.learn(password);
                }
            }
            _ => self.learned.learn(text),
        }
        if text.len() < 8192 {
            text.split(';').filter_map(|part| part.split_once('=')).for_each(|(_, value)| self.learned.learn(value));
        }
    }
}
