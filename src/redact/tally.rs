//! How often a policy took something out, by rule.

use super::pii_v2::Kind;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counters, one for each kind and one for values.
#[derive(Default)]
pub(super) struct Tally {
    counters: Arc<Counters>,
    /// Those of the policy that this one was made from, which counts for all.
    above: Option<Arc<Counters>>,
}

struct Counters {
    values: AtomicU64,
    kinds: Box<[AtomicU64]>,
}

impl Default for Counters {
    fn default() -> Self {
        Self { values: AtomicU64::new(0), kinds: Kind::ALL.iter().map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Tally {
    /// Counters that begin at zero; what they count is counted here too.
    pub(super) fn below(&self) -> Self {
        let above = self.above.as_ref().unwrap_or(&self.counters);
        Self { counters: Arc::default(), above: Some(Arc::clone(above)) }
    }

    fn all(&self) -> impl Iterator<Item = &Counters> {
        std::iter::once(&*self.counters).chain(self.above.as_deref())
    }

    /// Counts values that were removed, masked or scrubbed.
    pub(super) fn touch(&self, values: u64) {
        for counters in self.all() {
            counters.values.fetch_add(values, Ordering::Relaxed);
        }
    }

    pub(super) fn values(&self) -> u64 {
        self.counters.values.load(Ordering::Relaxed)
    }

    /// Counts one find of a rule.
    pub(super) fn add(&self, kind: Kind) {
        for count in self.all().filter_map(|counters| counters.kinds.get(kind as usize)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The rules that found something, and how often.
    pub(super) fn by_rule(&self) -> Vec<(&'static str, u64)> {
        let counts = Kind::ALL
            .iter()
            .zip(&self.counters.kinds)
            .map(|(kind, count)| (kind.name(), count.load(Ordering::Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}
