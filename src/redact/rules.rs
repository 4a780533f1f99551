//! What a built-in policy consists of. Each policy has a file of its own; the walk and the custom rules are shared.

/// The built-in half of a policy, one constant per policy id.
#[derive(Clone, Copy)]
pub(super) struct RuleSet {
    /// What the manifest calls it.
    pub(super) id: &'static str,
    /// Members removed, by lower-cased name.
    pub(super) drop_keys: &'static [&'static str],
    /// Members masked, by lower-cased name.
    pub(super) mask_keys: &'static [&'static str],
    /// The text without its secrets; `None` if it holds none.
    pub(super) scrub: fn(&str) -> Option<String>,
}
