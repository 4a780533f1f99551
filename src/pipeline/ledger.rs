//! What the calls of a session do on the road beyond what spans do: patches of known steps, the ledger of side effects,
//! outcomes and other documents, model calls without repetition, and the prefix of a branch.

mod documents;
mod effects;
mod model_calls;
mod patches;
mod prefix;

pub(crate) use effects::Settlement;
pub(crate) use patches::Amendment;
pub(super) use patches::{bring_back, carry_over};

use effects::Effects;
use model_calls::Calls;
use patches::Completions;
use std::io;

/// Why the road did not do what a call asked for.
#[derive(Debug)]
pub(crate) enum Refused {
    /// What was recorded before does not allow it; the text says what to do.
    Invalid(String),
    /// The file system said no.
    Io(io::Error),
    /// After redaction nothing was left that fits the schema.
    Unfit(&'static str),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Refused {
    fn no_step(index: u64) -> Self {
        Self::Invalid(format!("no step {index}: none was recorded, or the mode was `off` when it was"))
    }
}

/// What the calls of a session need to know of what they wrote; each part is bounded.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    effects: Effects,
    calls: Calls,
    completions: Completions,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests;
