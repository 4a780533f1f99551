//! What the end of a step promises.

use crate::record::UnknownWord;
use std::str::FromStr;

/// What the call that ends a step promises when it returns (`AUGUR_DURABILITY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The step's files are in place under their final names: a `kill -9` loses no step that was acknowledged. The call
    /// waits at most 50 ms; after that the step is pending, which is counted.
    #[default]
    Process,
    /// The same, and the medium holds them, names and contents: a power cut loses no step that was acknowledged either. Each
    /// step costs several waits for the disk, milliseconds on most.
    Power,
    /// Nothing: the worker writes when it comes to it, and the agent never waits.
    Lazy,
}

impl Durability {
    /// Every durability.
    pub const ALL: [Self; 3] = [Self::Process, Self::Power, Self::Lazy];

    /// The word that `AUGUR_DURABILITY` has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Power => "power",
            Self::Lazy => "lazy",
        }
    }
}

impl FromStr for Durability {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|durability| durability.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| UnknownWord::new("durability", word, &Self::ALL.map(Self::as_str)))
    }
}
