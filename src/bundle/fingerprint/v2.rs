//! The trajectory fingerprint `cua_v2`: near for runs that are alike, so that runs can be grouped by it.
//!
//! A run is seen as a bag of features: the token of every step (the same as in `cua_v1`) and every pair of neighbouring
//! tokens, both with the number of times that they came up before, so that repetitions count. The fingerprint is a
//! MinHash of that bag with 256 hash functions, of whose minima one bit each is kept:
//!
//! | step | definition |
//! |---|---|
//! | features | `1` + LF + count + LF + token, and `2` + LF + count + LF + token + LF + next token, where count is `0` at the first appearance |
//! | hash of a feature | h = the first 8 bytes of its SHA-256, big-endian |
//! | hash function i, 0 ≤ i < 256 | m(h xor m(i + 1)), where m is the mixing step of SplitMix64 |
//! | bit i | the lowest bit of the smallest value of function i over all features |
//! | text | `cua_v2:` and the bits as 64 hex digits, bit 0 first |
//!
//! Two runs that share a part *J* of the features that they have together (the Jaccard index) differ in about
//! (1 − *J*) / 2 of the bits: unrelated runs in half of them, runs of twenty steps with one changed in a fourteenth.

use super::token;
use crate::record::Object;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// How many hash functions there are, and so how many bits.
const FUNCTIONS: usize = 256;

/// The fingerprint `cua_v2` of a run, built step by step.
///
/// Keeps two kilobytes, and twelve bytes for every distinct step and distinct pair of neighbouring steps.
#[derive(Clone)]
pub struct CuaV2 {
    minima: [u64; FUNCTIONS],
    seen: HashMap<u64, u32>,
    last: Option<String>,
}

impl Default for CuaV2 {
    fn default() -> Self {
        Self { minima: [u64::MAX; FUNCTIONS], seen: HashMap::new(), last: None }
    }
}

impl CuaV2 {
    /// What stands before the digits.
    pub const PREFIX: &str = "cua_v2:";

    /// The fingerprint of no steps yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next step.
    pub fn step(&mut self, step: &Object) {
        let token = token(step);
        self.feature("1", &token);
        if let Some(last) = self.last.take() {
            self.feature("2", &format!("{last}\n{token}"));
        }
        self.last = Some(token);
    }

    fn feature(&mut self, kind: &str, text: &str) {
        let count = self.seen.entry(hash(&format!("{kind}\n{text}"))).or_default();
        let feature = hash(&format!("{kind}\n{count}\n{text}"));
        *count = count.saturating_add(1);
        for (number, minimum) in (1..).zip(&mut self.minima) {
            *minimum = (*minimum).min(mix(feature ^ mix(number)));
        }
    }

    /// Whether no step was added. A run without steps has no fingerprint in its manifest.
    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// The fingerprint: `cua_v2:` and 64 hex digits.
    pub fn finish(self) -> String {
        let digit = |minima: &[u64]| {
            let value = minima.iter().fold(0, |value, minimum| value << 1 | (minimum & 1) as u32);
            char::from_digit(value, 16).unwrap_or_default()
        };
        Self::PREFIX.chars().chain(self.minima.chunks(4).map(digit)).collect()
    }
}

impl std::fmt::Debug for CuaV2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CuaV2 of {} distinct features", self.seen.len())
    }
}

fn hash(text: &str) -> u64 {
    Sha256::digest(text.as_bytes()).iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// One step of SplitMix64 (Steele, Lea and Flood, 2014): a bijection in which every bit of the input moves half of the
/// output.
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// How much two runs have in common, from 0 (nothing) to 1 (the same steps in the same order), by their `cua_v2`
/// fingerprints; `None` if one of them is none. An estimate: give or take 0.06, less for runs that are much alike.
pub fn similarity(one: &str, other: &str) -> Option<f64> {
    let digits = |fingerprint| {
        let digits = str::strip_prefix(fingerprint, CuaV2::PREFIX).filter(|digits| digits.len() == FUNCTIONS / 4)?;
        digits.chars().map(|digit| digit.to_digit(16)).collect::<Option<Vec<u32>>>()
    };
    let differing: u32 = digits(one)?.iter().zip(digits(other)?).map(|(a, b)| (a ^ b).count_ones()).sum();
    Some((1.0 - 2.0 * f64::from(differing) / FUNCTIONS as f64).max(0.0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{
        super::{Algorithm, Fingerprint},
        *,
    };

    /// A run of steps that are told apart by a word each.
    fn fingerprint<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
        let mut fingerprint = Fingerprint::new(Algorithm::CuaV2);
        for word in words {
            let action = Object::from([("type".to_owned(), word.into())]);
            fingerprint.step(&Object::from([("action".to_owned(), action.into())]));
        }
        fingerprint.finish()
    }

    fn differing(one: &str, other: &str) -> u32 {
        let bits = |text: &str| {
            text.strip_prefix(CuaV2::PREFIX).unwrap().chars().map(|c| c.to_digit(16).unwrap()).collect::<Vec<_>>()
        };
        bits(one).iter().zip(bits(other)).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    fn run(name: &str, steps: usize) -> Vec<String> {
        (0..steps).map(|step| format!("{name}-{step}")).collect()
    }

    fn of(words: &[String]) -> String {
        fingerprint(words.iter().map(String::as_str))
    }

    #[test]
    fn unrelated_runs_differ_in_half_of_the_bits() {
        for other in ["b", "c", "d", "e", "f"] {
            let bits = differing(&of(&run("a", 20)), &of(&run(other, 20)));
            assert!((96..=160).contains(&bits), "{other}: {bits} of 256");
        }
    }

    #[test]
    fn one_changed_step_of_twenty_moves_a_quarter_of_what_another_run_moves_at_most() {
        let steps = run("a", 20);
        let original = of(&steps);
        let mut all = 0;
        for changed in 0..20 {
            let mut steps = steps.clone();
            *steps.get_mut(changed).unwrap() = format!("changed-{changed}");
            let bits = differing(&original, &of(&steps));
            assert!((1..=32).contains(&bits), "step {changed}: {bits} of 256");
            all += bits;
        }
        assert!(all / 20 <= 22, "{all} in 20 runs");
    }

    #[test]
    fn order_and_repetition_count() {
        let once = fingerprint(["a", "b", "c"]);
        for other in [vec!["c", "b", "a"], vec!["a", "b", "c", "c"], vec!["a", "b", "c", "a", "b", "c"], vec!["a", "b"]]
        {
            assert_ne!(once, fingerprint(other.iter().copied()), "{other:?}");
        }
        assert_eq!(once, fingerprint(["a", "b", "c"]));
    }

    #[test]
    fn likeness_is_read_from_two_fingerprints() {
        let (steps, other) = (run("a", 20), run("b", 20));
        let half: Vec<String> = steps.iter().take(10).chain(other.iter().skip(10)).cloned().collect();
        assert_eq!(similarity(&of(&steps), &of(&steps)), Some(1.0));
        assert!(similarity(&of(&steps), &of(&other)).unwrap() < 0.2);
        // Of 59 features together they share 19: ten steps and the nine pairs between them.
        let alike = similarity(&of(&steps), &of(&half)).unwrap();
        assert!((0.15..0.5).contains(&alike), "{alike}");
        for no_fingerprint in ["", "cua_v1:00", "cua_v2:00", &of(&steps).replace("cua_v2:", "cua_v1:"), "cua_v2:zz"] {
            assert_eq!(similarity(&of(&steps), no_fingerprint), None, "{no_fingerprint}");
        }
    }

    /// Readers keep fingerprints and compare them for years.
    #[test]
    fn the_bits_stay_what_they_are() {
        assert_eq!(
            fingerprint(["click", "type", "click"]),
            "cua_v2:ae3de5857dda2b48f626054e4c44b91aedf5b9789281ab007422e9589ec5c9d1"
        );
        assert_eq!(fingerprint([]), format!("cua_v2:{}", "f".repeat(64)));
    }

    #[test]
    fn an_algorithm_is_chosen_by_name() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.as_str().parse::<Algorithm>().unwrap(), *algorithm);
            let mut fingerprint = Fingerprint::new(*algorithm);
            assert!(fingerprint.is_empty());
            fingerprint.step(&Object::new());
            assert!(!fingerprint.is_empty());
            let text = fingerprint.finish();
            assert_eq!(Algorithm::of(&text), Some(*algorithm));
            assert_eq!(text.len(), 71);
        }
        let error = "cua_v3".parse::<Algorithm>().unwrap_err().to_string();
        assert!(error.contains("cua_v1, cua_v2"), "{error}");
        assert_eq!(Algorithm::of("cua_v3:00"), None);
        assert_eq!(Algorithm::default(), Algorithm::CuaV1);
    }
}
