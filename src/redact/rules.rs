//! What a built-in policy consists of. Each policy has a file of its own; the walk and the custom rules are shared.

/// Which rules look at names and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// The listed names and the eight patterns of the contract, nothing else.
    One,
    /// Names by their meaning, text by what it looks like.
    Two,
}

/// The built-in half of a policy, one constant per policy id.
#[derive(Clone, Copy)]
pub(super) struct RuleSet {
    /// What the manifest calls it.
    pub(super) id: &'static str,
    /// Members removed, by lower-cased name, whatever is in them.
    pub(super) drop_keys: &'static [&'static str],
    /// Members masked, by lower-cased name, whatever is in them.
    pub(super) mask_keys: &'static [&'static str],
    pub(super) version: Version,
}
