//! `RedactionPolicy`: what it says about a text and about a name. What it does to a value is in `walk`.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    ERROR,
    builder::{Dropper, PolicyBuilder, Redactor, fold},
    embedded, pii_v1,
    pii_v2::{self, Kind, Learned, Look, classify, structure},
    regions::PixelRect,
    rules::{RuleSet, Version},
    tally::Tally,
};
#[cfg(feature = "otlp")]
use crate::record::Object;
use crate::record::Value;

/// Decides what leaves: which members are removed or masked, and what is scrubbed from text.
///
/// The default is `default-pii-v2`: names are judged by what they end with, JSON in text is read, and text is searched for
/// headers, options, addresses, tokens of some forty vendors, keys, cards and accounts, also where they are encoded. A value
/// that was seen under a secret name is remembered and taken out wherever it comes up later, as long as the policy or one
/// of its clones lives.
///
/// Cheap to clone; clones share their counts and what they remember. `Debug` tells the id and how many rules there are.
#[derive(Clone)]
pub struct RedactionPolicy(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) id: String,
    pub(super) rules: RuleSet,
    /// What users say about names, and the names that the rule set lists. They come before every other rule.
    pub(super) keys: HashMap<String, Treatment>,
    pub(super) droppers: Vec<Dropper>,
    pub(super) redactors: Vec<Redactor>,
    pub(super) reasoning_redactors: Vec<Redactor>,
    /// Regions of every picture that are painted over.
    pub(super) regions: Vec<PixelRect>,
    pub(super) tally: Tally,
    pub(super) learned: Arc<Learned>,
}

/// What happens to a value because of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Name and value are removed.
    Drop,
    /// The value, whatever its type, becomes [`MASK`](super::MASK).
    Mask,
    /// The value stays and its text is scrubbed.
    Scrub,
}

impl Default for RedactionPolicy {
    fn default() -> Self {
        Self::default_pii_v2()
    }
}

impl RedactionPolicy {
    /// The policy `default-pii-v1`, exactly as the bundle contract has it: eight patterns and fifteen names.
    #[must_use]
    pub fn default_pii_v1() -> Self {
        PolicyBuilder::new(pii_v1::RULES).build()
    }

    /// The policy `default-pii-v2`, which finds what `default-pii-v1` finds and much more. The default.
    #[must_use]
    pub fn default_pii_v2() -> Self {
        PolicyBuilder::new(pii_v2::RULES).build()
    }

    /// A builder that starts from the default policy.
    pub fn builder() -> PolicyBuilder {
        Self::default().to_builder()
    }

    /// A builder that starts from this policy.
    pub fn to_builder(&self) -> PolicyBuilder {
        PolicyBuilder::from_policy(&self.0)
    }

    /// The name under which the manifest says which policy ran.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The text without its secrets; borrowed if there is nothing to take out.
    ///
    /// Text that is JSON is read: its members are treated by their names, and it is written anew if something was taken out.
    #[must_use]
    pub fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.0.scrub(text, 0) {
            Some(scrubbed) => {
                self.0.tally.touch(1);
                Cow::Owned(scrubbed)
            }
            None => Cow::Borrowed(text),
        }
    }

    /// Whether an id may be stored as it is. Ids are not rewritten, so one that holds a secret is refused.
    ///
    /// Like [`scrub`](Self::scrub), but without the rules that go by the looks of a text alone: random letters next to the
    /// word "key" are no reason to refuse an id. A sentence or an address in the place of an id is judged as text.
    #[must_use]
    pub fn is_clean(&self, text: &str) -> bool {
        self.0.is_clean(text)
    }

    /// What happens to an attribute or a log field of this name, as far as the name alone tells.
    ///
    /// The whole name and its last dotted segment are looked up (`http.request.header.authorization`). Every segment
    /// counts in a name that begins with `augur.`, because it is a path into a record and the walk would meet each.
    /// [`redact_attribute`](Self::redact_attribute) also looks at the value, and asks custom droppers.
    #[must_use]
    pub fn treat_key(&self, name: &str) -> Treatment {
        self.0.by_segments(name, |key| self.0.treat_member(key))
    }

    /// The same policy, sharing what it remembers, with counts that begin at zero and are added to those of this one too.
    pub(crate) fn counting_apart(&self) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            id: inner.id.clone(),
            rules: inner.rules,
            keys: inner.keys.clone(),
            droppers: inner.droppers.clone(),
            redactors: inner.redactors.clone(),
            reasoning_redactors: inner.reasoning_redactors.clone(),
            regions: inner.regions.clone(),
            tally: inner.tally.below(),
            learned: Arc::clone(&inner.learned),
        }))
    }

    /// What is told of this policy's work in the tags of a run, by rule. Nothing for `default-pii-v1`, whose bundles are as
    /// the contract has them.
    pub(crate) fn told_counts(&self) -> Vec<(&'static str, u64)> {
        if self.0.is_two() { self.counts() } else { Vec::new() }
    }

    /// A name that was made up at run time, without the secrets in it. `default-pii-v1` leaves names alone.
    pub(crate) fn scrub_name<'a>(&self, name: &'a str) -> Cow<'a, str> {
        if self.0.is_two() { self.scrub(name) } else { Cow::Borrowed(name) }
    }

    /// Which of these texts, by their numbered names, are pieces of one token, and what stands in their place.
    #[cfg(feature = "otlp")]
    pub(crate) fn parts(&self, texts: &Object) -> Vec<(String, &'static str)> {
        let found = if self.0.is_two() { structure::parts(texts, &self.0.look()) } else { Vec::new() };
        found.into_iter().map(|(name, kind)| (name, kind.mark())).collect()
    }

    /// What is said of a folder whose path holds a secret; `None` if it holds none. `default-pii-v1` leaves paths alone.
    pub(crate) fn safe_path(&self, folder: &Path) -> Option<PathBuf> {
        let path = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let path = path.to_string_lossy();
        (self.0.is_two() && !self.is_clean(&path)).then(|| PathBuf::from(self.scrub(&path).into_owned()))
    }

    /// How many values this policy and its clones have removed, masked or scrubbed so far.
    #[must_use]
    pub fn redactions(&self) -> u64 {
        self.0.tally.values()
    }

    /// What this policy and its clones have taken out so far, by rule, as the names of the rules stand in
    /// `***REDACTED:<rule>***`; `drop` for members removed. Rules that found nothing are left out.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        self.0.tally.by_rule()
    }
}

impl Treatment {
    pub(super) fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Drop, _) | (_, Self::Drop) => Self::Drop,
            (Self::Mask, _) | (_, Self::Mask) => Self::Mask,
            (Self::Scrub, Self::Scrub) => Self::Scrub,
        }
    }
}

impl Inner {
    pub(super) fn is_two(&self) -> bool {
        self.rules.version == Version::Two
    }

    /// How version two looks at content.
    pub(super) fn look(&self) -> Look<'_> {
        Look::new(&self.learned, false)
    }

    /// `None` if the text stays as it is. `nested`: how many texts of JSON it was found in.
    pub(super) fn scrub(&self, text: &str, nested: u8) -> Option<String> {
        self.run(&self.redactors, text, self.scrub_built_in(text, nested))
    }

    /// Without the rules of users.
    pub(super) fn scrub_built_in(&self, text: &str, nested: u8) -> Option<String> {
        match self.rules.version {
            Version::One => pii_v1::scrub(text).inspect(|_| self.tally.add(Kind::Text)),
            Version::Two => match embedded::scrub(self, text, nested) {
                Some(read) => read,
                None => self.scrub_prose(text, nested),
            },
        }
    }

    /// Text that is not JSON as a whole: first what JSON there is in it, then the words.
    fn scrub_prose(&self, text: &str, nested: u8) -> Option<String> {
        let read = embedded::scrub_pieces(self, text, nested);
        let scrubbed = self.look().scrub(read.as_deref().unwrap_or(text), |kind| self.tally.add(kind));
        scrubbed.or(read)
    }

    fn is_clean(&self, text: &str) -> bool {
        let scrubbed = match self.rules.version {
            Version::One => pii_v1::scrub(text),
            // An id that is JSON is none that a name was made for; there the names in it count too.
            Version::Two => embedded::scrub(self, text, 0)
                .flatten()
                .or_else(|| embedded::scrub_pieces(self, text, 0))
                .or_else(|| Look::new(&self.learned, is_name(text)).scrub(text, |_| {})),
        };
        scrubbed.is_none() && self.run(&self.redactors, text, None).is_none()
    }

    /// Only the rules for reasoning; `None` if the text stays as it is.
    pub(super) fn scrub_reasoning(&self, text: &str) -> Option<String> {
        self.run(&self.reasoning_redactors, text, None)
    }

    /// What the name of a member alone says.
    fn treat_member(&self, name: &str) -> Treatment {
        self.listed(name).unwrap_or_else(|| if self.is_two() { classify(name).treatment() } else { Treatment::Scrub })
    }

    /// What the lists say about a name.
    pub(super) fn listed(&self, name: &str) -> Option<Treatment> {
        self.keys.get(fold(name).as_ref()).copied()
    }

    /// What happens to a member, by its name and its value.
    pub(super) fn judge(&self, name: &str, value: &Value) -> structure::Verdict {
        match self.listed(name) {
            Some(treatment) => structure::Verdict::Treat(treatment),
            None if self.is_two() => structure::judge(classify(name), value),
            None => structure::Verdict::Treat(Treatment::Scrub),
        }
    }

    /// The strictest answer for a dotted name and those of its segments that count.
    pub(super) fn by_segments(&self, name: &str, judge: impl Fn(&str) -> Treatment) -> Treatment {
        let all = if fold(name).starts_with("augur.") { usize::MAX } else { 1 };
        // Who lists the last segment means it, whatever the whole name sounds like.
        let last = name.rsplit('.').next().unwrap_or_default();
        let whole = self.listed(name).is_some() || self.listed(last).is_none();
        let whole = whole.then_some(name);
        whole.into_iter().chain(name.rsplit('.').take(all)).map(judge).fold(Treatment::Scrub, Treatment::stricter)
    }

    /// Runs custom redactors over `text`, or over what the built-in rules made of it.
    fn run(&self, redactors: &[Redactor], text: &str, mut scrubbed: Option<String>) -> Option<String> {
        for redactor in redactors {
            let current = scrubbed.as_deref().unwrap_or(text);
            match contain(|| redactor(current)) {
                Some(Some(next)) if next != current => {
                    self.tally.add(Kind::Custom);
                    scrubbed = Some(next);
                }
                Some(_) => {}
                None => {
                    self.tally.add(Kind::Error);
                    return Some(ERROR.to_owned());
                }
            }
        }
        scrubbed.filter(|result| result != text)
    }
}

/// Whether a text was made to name something; a sentence or an address in its place is judged like any other text.
fn is_name(text: &str) -> bool {
    !text.contains(char::is_whitespace) && !text.contains("://")
}

/// The answer of a user's rule; `None` if it panicked.
pub(super) fn contain<T>(rule: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(rule)).ok()
}

impl fmt::Debug for RedactionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |treatment| self.0.keys.values().filter(|key| **key == treatment).count();
        f.debug_struct("RedactionPolicy")
            .field("id", &self.0.id)
            .field("drop_keys", &named(Treatment::Drop))
            .field("mask_keys", &named(Treatment::Mask))
            .field("redactors", &self.0.redactors.len())
            .field("droppers", &self.0.droppers.len())
            .field("reasoning_redactors", &self.0.reasoning_redactors.len())
            .field("redactions", &self.redactions())
            .finish()
    }
}
