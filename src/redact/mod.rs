//! The redaction policy: the only place that knows what a secret looks like. Keys that are dropped or masked, patterns
//! that are scrubbed from text, and the members of each record that are identity and stay as they are.

mod builder;
mod embedded;
mod identity;
mod pii_v1;
mod pii_v2;
mod png;
mod policy;
mod regions;
mod rules;
mod tally;
mod walk;

#[cfg(test)]
mod contract_tests;

pub use builder::PolicyBuilder;
pub use identity::Family;
pub use png::strip_png_text;
pub use policy::{RedactionPolicy, Treatment};
pub use regions::{PixelRect, RegionError};

/// What stands in place of a value whose name is a mask key.
pub const MASK: &str = "***REDACTED:mask***";

/// What stands in place of a value that could not be judged: a custom rule panicked on it, or it is nested too deep.
pub const ERROR: &str = "***REDACTED:error***";
