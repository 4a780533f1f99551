//! `RedactionPolicy`: what it says about a text and about a name. What it does to a value is in `walk`.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    ERROR,
    builder::{Dropper, PolicyBuilder, Redactor, fold},
    pii_v1,
    rules::RuleSet,
};

/// Decides what leaves: which members are removed or masked, and what is scrubbed from text.
///
/// Cheap to clone; clones share their count of redactions. `Debug` tells the id and how many rules there are.
#[derive(Clone)]
pub struct RedactionPolicy(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) id: String,
    pub(super) rules: RuleSet,
    pub(super) keys: HashMap<String, Treatment>,
    pub(super) droppers: Vec<Dropper>,
    pub(super) redactors: Vec<Redactor>,
    pub(super) reasoning_redactors: Vec<Redactor>,
    pub(super) touched: AtomicU64,
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
        Self::default_pii_v1()
    }
}

impl RedactionPolicy {
    /// The policy `default-pii-v1`, exactly as the bundle contract has it.
    #[must_use]
    pub fn default_pii_v1() -> Self {
        PolicyBuilder::new(pii_v1::RULES).build()
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

    /// The text without its secrets; borrowed if there is nothing to take out, which costs one pass.
    #[must_use]
    pub fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.0.scrub(text) {
            Some(scrubbed) => {
                self.0.count(1);
                Cow::Owned(scrubbed)
            }
            None => Cow::Borrowed(text),
        }
    }

    /// Whether [`scrub`](Self::scrub) would leave the text as it is. Ids are refused by this test.
    #[must_use]
    pub fn is_clean(&self, text: &str) -> bool {
        self.0.scrub(text).is_none()
    }

    /// What happens to an attribute or a log field of this name.
    ///
    /// The whole name and its last dotted segment are looked up (`http.request.header.authorization`). Every segment
    /// counts in a name that begins with `augur.`, because it is a path into a record and the walk would meet each.
    /// Custom droppers need the value; [`redact_attribute`](Self::redact_attribute) asks them.
    #[must_use]
    pub fn treat_key(&self, name: &str) -> Treatment {
        let name = fold(name);
        let name = name.as_ref();
        let all = if name.starts_with("augur.") { usize::MAX } else { 1 };
        let segments = name.rsplit('.').take(all);
        std::iter::once(name)
            .chain(segments)
            .map(|key| self.0.treat_member(key))
            .fold(Treatment::Scrub, Treatment::stricter)
    }

    /// How many values this policy and its clones have removed, masked or scrubbed so far.
    #[must_use]
    pub fn redactions(&self) -> u64 {
        self.0.touched.load(Ordering::Relaxed)
    }
}

impl Treatment {
    fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Drop, _) | (_, Self::Drop) => Self::Drop,
            (Self::Mask, _) | (_, Self::Mask) => Self::Mask,
            (Self::Scrub, Self::Scrub) => Self::Scrub,
        }
    }
}

impl Inner {
    /// `None` if the text stays as it is.
    pub(super) fn scrub(&self, text: &str) -> Option<String> {
        let scrubbed = (self.rules.scrub)(text);
        run(&self.redactors, text, scrubbed)
    }

    /// Only the rules for reasoning; `None` if the text stays as it is.
    pub(super) fn scrub_reasoning(&self, text: &str) -> Option<String> {
        run(&self.reasoning_redactors, text, None)
    }

    pub(super) fn treat_member(&self, name: &str) -> Treatment {
        self.keys.get(fold(name).as_ref()).copied().unwrap_or(Treatment::Scrub)
    }

    pub(super) fn count(&self, touched: u64) {
        self.touched.fetch_add(touched, Ordering::Relaxed);
    }
}

/// Runs custom redactors over `text`, or over what the built-in patterns made of it.
fn run(redactors: &[Redactor], text: &str, mut scrubbed: Option<String>) -> Option<String> {
    for redactor in redactors {
        let current = scrubbed.as_deref().unwrap_or(text);
        match contain(|| redactor(current)) {
            Some(Some(next)) if next != current => scrubbed = Some(next),
            Some(_) => {}
            None => return Some(ERROR.to_owned()),
        }
    }
    scrubbed.filter(|result| result != text)
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
