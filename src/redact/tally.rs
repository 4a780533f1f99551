//! How often a policy took something out, by rule.

use super::pii_v2::Kind;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters, one for each kind and one for values.
pub(super) struct Tally {
    values: AtomicU64,
    kinds: Box<[AtomicU64]>,
}

impl Default for Tally {
    fn default() -> Self {
        Self { values: AtomicU64::new(0), kinds: Kind::ALL.iter().map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Tally {
    /// Counts values that were removed, masked or scrubbed.
    pub(super) fn touch(&self, values: u64) {
        self.values.fetch_add(values, Ordering::Relaxed);
    }

    pub(super) fn values(&self) -> u64 {
        self.values.load(Ordering::Relaxed)
    }

    /// Counts one find of a rule.
    pub(super) fn add(&self, kind: Kind) {
        if let Some(count) = self.kinds.get(kind as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The rules that found something, and how often.
    pub(super) fn by_rule(&self) -> Vec<(&'static str, u64)> {
        let counts =
            Kind::ALL.iter().zip(&self.kinds).map(|(kind, count)| (kind.name(), count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}
