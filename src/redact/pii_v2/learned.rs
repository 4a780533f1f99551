//! Values that were seen under a name that says they are secret: they are looked for wherever text goes later.

use super::{entropy::is_memorable, kind::Kind, spans::Spans};
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How many values are remembered; the oldest is forgotten first.
const MOST: usize = 1024;

/// How many may end alike, so that hostile values do not make the search slow.
const ALIKE: usize = 16;

/// Bytes by which a value is found, its last: tokens often begin alike.
const END: usize = 8;

/// Values to look for. Shared by all threads that use a policy.
#[derive(Default)]
pub(in crate::redact) struct Learned {
    store: RwLock<Store>,
    /// How many values were ever taken in, so that text passes without a lock while there are none.
    taught: AtomicUsize,
}

#[derive(Default)]
struct Store {
    by_end: HashMap<u64, Vec<Box<str>>>,
    order: VecDeque<Box<str>>,
    /// A bit for each hash of an end that may be there.
    filter: Vec<u64>,
    /// A bit for each byte that a value may end with, which costs less to ask.
    last: [u64; 4],
    forgotten: usize,
}

impl Learned {
    /// How many values were taken in so far.
    pub(in crate::redact) fn taught(&self) -> usize {
        self.taught.load(Ordering::Acquire)
    }

    /// Takes in a value if it is long and odd enough not to be found by accident.
    pub(in crate::redact) fn learn(&self, value: &str) {
        let value = value.trim();
        if !is_memorable(value) || value.contains("***REDACTED:") {
            return;
        }
        let known = self.store.read().unwrap_or_else(PoisonError::into_inner).knows(value);
        if !known && self.store.write().unwrap_or_else(PoisonError::into_inner).take(value) {
            self.taught.fetch_add(1, Ordering::Release);
        }
    }

    /// Finds remembered values. `strict`: only those that no id would hold.
    pub(super) fn find(&self, text: &str, strict: bool, spans: &mut Spans) {
        if self.taught() == 0 || text.len() < END {
            return;
        }
        self.store.read().unwrap_or_else(PoisonError::into_inner).find(text, strict, spans);
    }
}

impl Store {
    fn knows(&self, value: &str) -> bool {
        ending(value.as_bytes())
            .and_then(|end| self.by_end.get(&end))
            .is_some_and(|known| known.iter().any(|one| **one == *value))
    }

    /// `false` if it was known or too many values end like it.
    fn take(&mut self, value: &str) -> bool {
        let Some(end) = ending(value.as_bytes()) else { return false };
        if self.knows(value) {
            return false;
        }
        let alike = self.by_end.entry(end).or_default();
        if alike.len() >= ALIKE {
            return false;
        }
        alike.push(value.into());
        // Longest first: what is found is taken out whole.
        alike.sort_by_key(|one| std::cmp::Reverse(one.len()));
        self.order.push_back(value.into());
        if self.order.len() > MOST {
            self.forget();
        }
        self.mark(end);
        true
    }

    fn forget(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        if let Some(end) = ending(oldest.as_bytes())
            && let Some(alike) = self.by_end.get_mut(&end)
        {
            alike.retain(|one| *one != oldest);
            if alike.is_empty() {
                self.by_end.remove(&end);
            }
        }
        self.forgotten += 1;
        if self.forgotten >= MOST {
            self.forgotten = 0;
            self.filter.fill(0);
            self.last = [0; 4];
            let ends: Vec<u64> = self.by_end.keys().copied().collect();
            ends.into_iter().for_each(|end| self.mark(end));
        }
    }

    fn mark(&mut self, end: u64) {
        if self.filter.is_empty() {
            self.filter = vec![0; 1024];
        }
        let (word, bit) = slot(end);
        if let Some(word) = self.filter.get_mut(word) {
            *word |= bit;
        }
        let [.., last] = end.to_le_bytes();
        if let Some(word) = self.last.get_mut(usize::from(last >> 6)) {
            *word |= 1 << (last & 63);
        }
    }

    /// Whether a value may end with this byte.
    fn may_end(&self, byte: u8) -> bool {
        self.last.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    fn find(&self, text: &str, strict: bool, spans: &mut Spans) {
        let bytes = text.as_bytes();
        for (place, window) in bytes.windows(END).enumerate() {
            let Ok(window) = <[u8; END]>::try_from(window) else { continue };
            let [.., last] = window;
            if !self.may_end(last) {
                continue;
            }
            let end = u64::from_le_bytes(window);
            let (word, bit) = slot(end);
            if self.filter.get(word).is_none_or(|word| word & bit == 0) {
                continue;
            }
            let Some(alike) = self.by_end.get(&end) else { continue };
            let before = bytes.get(..place + END).unwrap_or_default();
            let is_it = |value: &&str| before.ends_with(value.as_bytes()) && (!strict || value.len() >= 20);
            if let Some(value) = alike.iter().map(|value| &**value).find(is_it) {
                spans.add(before.len() - value.len()..before.len(), Kind::Learned);
            }
        }
    }
}

fn ending(value: &[u8]) -> Option<u64> {
    value.last_chunk::<END>().map(|end| u64::from_le_bytes(*end))
}

/// Where in the filter an end is.
fn slot(end: u64) -> (usize, u64) {
    let hash = end.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48;
    let word = usize::try_from(hash >> 6).unwrap_or(0);
    (word, 1 << (hash & 63))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn found(learned: &Learned, text: &str) -> usize {
        let mut spans = Spans::default();
        learned.find(text, false, &mut spans);
        spans.merged().len()
    }

    #[test]
    fn the_oldest_value_is_forgotten_when_there_are_too_many() {
        let learned = Learned::default();
        for number in 0..MOST + 10 {
            learned.learn(&format!("x1-secret-{number:06}"));
        }
        assert_eq!(learned.taught(), MOST + 10);
        assert_eq!(found(&learned, "see x1-secret-000003"), 0);
        assert_eq!(found(&learned, "see x1-secret-000999 and x1-secret-001000"), 2);
        for number in 0..3 * MOST {
            learned.learn(&format!("again{number:08}"));
        }
        assert_eq!(found(&learned, "x1-secret-000999"), 0);
        // Only so many may end alike.
        assert!(learned.store.read().unwrap().order.len() <= MOST);
        assert!(learned.store.read().unwrap().by_end.values().all(|alike| alike.len() <= ALIKE));
    }

    #[test]
    fn the_longest_of_values_that_begin_alike_is_found() {
        let learned = Learned::default();
        learned.learn("abcdefgh1");
        learned.learn("abcdefgh1-and-more");
        learned.learn("and-more-4-h1-and-more");
        let mut spans = Spans::default();
        learned.find("x abcdefgh1-and-more y", false, &mut spans);
        assert_eq!(spans.merged().first().map(|(range, _)| range.clone()), Some(2..20));
    }
}
