//! Custom policies: a built-in policy with names, rules and an id of the user's own on top.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use super::{
    pii_v2::Learned,
    policy::{Inner, RedactionPolicy, Treatment},
    regions::PixelRect,
    rules::RuleSet,
    tally::Tally,
};
use crate::record::Value;

pub(super) type Redactor = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;
pub(super) type Dropper = Arc<dyn Fn(&str, &Value) -> bool + Send + Sync>;

/// Builds a [`RedactionPolicy`] on top of a built-in one.
///
/// Names are compared without regard to case, on both sides. The built-in patterns stay; custom rules only add to them.
#[must_use = "a builder does nothing until `build`"]
pub struct PolicyBuilder {
    id: String,
    rules: RuleSet,
    keys: HashMap<String, Treatment>,
    droppers: Vec<Dropper>,
    redactors: Vec<Redactor>,
    reasoning_redactors: Vec<Redactor>,
    regions: Vec<PixelRect>,
}

impl PolicyBuilder {
    pub(super) fn new(rules: RuleSet) -> Self {
        let masked = rules.mask_keys.iter().map(|key| ((*key).to_owned(), Treatment::Mask));
        let dropped = rules.drop_keys.iter().map(|key| ((*key).to_owned(), Treatment::Drop));
        Self {
            id: rules.id.to_owned(),
            rules,
            keys: masked.chain(dropped).collect(),
            droppers: Vec::new(),
            redactors: Vec::new(),
            reasoning_redactors: Vec::new(),
            regions: Vec::new(),
        }
    }

    pub(super) fn from_policy(policy: &Inner) -> Self {
        Self {
            id: policy.id.clone(),
            rules: policy.rules,
            keys: policy.keys.clone(),
            droppers: policy.droppers.clone(),
            redactors: policy.redactors.clone(),
            reasoning_redactors: policy.reasoning_redactors.clone(),
            regions: policy.regions.clone(),
        }
    }

    /// The name under which the manifest says which policy ran.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Removes members of this name.
    pub fn drop_key(mut self, name: impl AsRef<str>) -> Self {
        self.keys.insert(fold(name.as_ref()).into_owned(), Treatment::Drop);
        self
    }

    /// Replaces the value of members of this name by [`MASK`](super::MASK). A name that is dropped stays dropped.
    pub fn mask_key(mut self, name: impl AsRef<str>) -> Self {
        let known = self.keys.entry(fold(name.as_ref()).into_owned()).or_insert(Treatment::Mask);
        if *known == Treatment::Scrub {
            *known = Treatment::Mask;
        }
        self
    }

    /// Takes a name off the lists: its members are kept, their text still scrubbed.
    pub fn keep_key(mut self, name: impl AsRef<str>) -> Self {
        self.keys.insert(fold(name.as_ref()).into_owned(), Treatment::Scrub);
        self
    }

    /// Runs over every text after the built-in patterns, in order of registration. It returns the new text, or `None` to
    /// leave it. If it panics, the whole text becomes [`ERROR`](super::ERROR).
    pub fn redactor<R>(mut self, redactor: impl Fn(&str) -> R + Send + Sync + 'static) -> Self
    where
        R: Into<Option<String>>,
    {
        self.redactors.push(Arc::new(move |text| redactor(text).into()));
        self
    }

    /// Removes every member for which it answers `true`; it sees the name as written and the value as it came. If it
    /// panics, the value becomes [`ERROR`](super::ERROR).
    pub fn dropper(mut self, dropper: impl Fn(&str, &Value) -> bool + Send + Sync + 'static) -> Self {
        self.droppers.push(Arc::new(dropper));
        self
    }

    /// Like [`redactor`](Self::redactor), but runs only over the `text` of reasoning records, after everything else.
    pub fn reasoning_redactor<R>(mut self, redactor: impl Fn(&str) -> R + Send + Sync + 'static) -> Self
    where
        R: Into<Option<String>>,
    {
        self.reasoning_redactors.push(Arc::new(move |text| redactor(text).into()));
        self
    }

    /// Paints a region of every picture black before its bytes go anywhere. Pictures are then decoded; one that cannot be
    /// is dropped (see [`RedactionPolicy::redact_picture`]).
    pub fn mask_region(mut self, region: PixelRect) -> Self {
        self.regions.push(region);
        self
    }

    /// The policy. Its counts of redactions start at zero, and it remembers no value yet.
    #[must_use]
    pub fn build(self) -> RedactionPolicy {
        RedactionPolicy(Arc::new(Inner {
            id: self.id,
            rules: self.rules,
            keys: self.keys,
            droppers: self.droppers,
            redactors: self.redactors,
            reasoning_redactors: self.reasoning_redactors,
            regions: self.regions,
            tally: Tally::default(),
            learned: Arc::new(Learned::default()),
        }))
    }
}

/// The form in which names are compared.
pub(super) fn fold(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
        Cow::Owned(name.to_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
