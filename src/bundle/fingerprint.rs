//! Trajectory fingerprints: two runs that took the same steps have the same one.
//!
//! `cua_v1` is the format's: one digest over the order of the steps, one over their neighbourhoods. It tells equal from
//! different, and nothing in between. `cua_v2` tells how much two runs have in common.

mod v2;

use crate::record::{Object, UnknownWord, Value};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, fmt, str::FromStr};
pub use v2::{CuaV2, similarity};

/// How a fingerprint is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Algorithm {
    /// `cua_v1`, which every reader of bundles knows.
    #[default]
    CuaV1,
    /// `cua_v2`, which stays near when a run changes a little.
    CuaV2,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: &[Self] = &[Self::CuaV1, Self::CuaV2];

    /// The algorithm's name, which its fingerprints begin with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CuaV1 => "cua_v1",
            Self::CuaV2 => "cua_v2",
        }
    }

    /// The algorithm that computed a fingerprint; `None` if it is not known here.
    pub fn of(fingerprint: &str) -> Option<Self> {
        fingerprint.split_once(':')?.0.parse().ok()
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownWord;

    fn from_str(name: &str) -> Result<Self, UnknownWord> {
        let names: Vec<&str> = Self::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
        let known = Self::ALL.iter().find(|algorithm| algorithm.as_str() == name);
        known.copied().ok_or_else(|| UnknownWord::new("fingerprint algorithm", name, &names))
    }
}

/// The fingerprint of a run, built step by step with the algorithm of choice.
///
/// Takes the canonical steps in the order of their indexes, as they are stored (redacted).
#[derive(Debug, Clone)]
pub struct Fingerprint(Computation);

#[derive(Debug, Clone)]
enum Computation {
    V1(CuaV1),
    V2(Box<CuaV2>),
}

impl Fingerprint {
    /// The fingerprint of no steps yet.
    pub fn new(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::CuaV1 => Computation::V1(CuaV1::new()),
            Algorithm::CuaV2 => Computation::V2(Box::default()),
        })
    }

    /// Adds the next step.
    pub fn step(&mut self, step: &Object) {
        match &mut self.0 {
            Computation::V1(fingerprint) => fingerprint.step(step),
            Computation::V2(fingerprint) => fingerprint.step(step),
        }
    }

    /// Whether no step was added. A run without steps has no fingerprint in its manifest.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Computation::V1(fingerprint) => fingerprint.is_empty(),
            Computation::V2(fingerprint) => fingerprint.is_empty(),
        }
    }

    /// The fingerprint: the algorithm's name, a colon and 64 hex digits.
    pub fn finish(self) -> String {
        match self.0 {
            Computation::V1(fingerprint) => fingerprint.finish(),
            Computation::V2(fingerprint) => fingerprint.finish(),
        }
    }
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self::new(Algorithm::default())
    }
}

/// The fingerprint `cua_v1` of a run, built step by step.
///
/// Keeps one text per distinct pair of neighbouring steps, nothing else of the steps.
#[derive(Debug, Clone, Default)]
pub struct CuaV1 {
    linear: Sha256,
    pairs: BTreeSet<String>,
    last: Option<String>,
}

impl CuaV1 {
    /// What stands before the digits.
    pub const PREFIX: &str = "cua_v1:";

    /// The fingerprint of no steps yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next step.
    pub fn step(&mut self, step: &Object) {
        let token = token(step);
        if let Some(last) = &self.last {
            self.linear.update(b"\n");
            self.pairs.insert(format!("{last}|{token}"));
        }
        self.linear.update(token.as_bytes());
        self.last = Some(token);
    }

    /// Whether no step was added. A run without steps has no fingerprint in its manifest.
    pub fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// The fingerprint: `cua_v1:` and 64 hex digits.
    pub fn finish(self) -> String {
        let mut pairs = Sha256::new();
        // A single step has no neighbour and stands for itself.
        let alone = self.last.filter(|_| self.pairs.is_empty());
        for (position, pair) in self.pairs.iter().chain(&alone).enumerate() {
            if position > 0 {
                pairs.update(b"\n");
            }
            pairs.update(pair.as_bytes());
        }
        let halves = [self.linear, pairs]
            .map(|digest| digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>());
        format!("{}{}", Self::PREFIX, halves.concat())
    }
}

/// A step as one text: what was done, how it came out, to what. Both algorithms see a run as a sequence of these.
fn token(step: &Object) -> String {
    let class = match step.get("failure_class").map(plain) {
        Some(class) if !class.is_empty() => class,
        _ => member(step, "verdict", "status"),
    };
    let label: String = member(step, "grounding", "target_label")
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        .collect();
    format!("{}:{class}:{label}", member(step, "action", "type"))
}

fn member(step: &Object, object: &str, name: &str) -> String {
    step.get(object).and_then(|object| object.get(name)).map(plain).unwrap_or_default()
}

/// The text of a member; what the schema does not allow there is written out, and what is empty, zero or false counts as
/// absent, so that damaged steps give the same fingerprint everywhere.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Number(number) if number.as_f64() != 0.0 => number.to_string(),
        Value::Array(items) if !items.is_empty() => value.to_string(),
        Value::Object(members) if !members.is_empty() => value.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::record::parse;

    fn fingerprint(steps: &str) -> String {
        let mut fingerprint = CuaV1::new();
        let steps = parse(steps.as_bytes()).unwrap();
        for step in steps.as_array().unwrap() {
            fingerprint.step(step.as_object().unwrap());
        }
        assert_eq!(fingerprint.is_empty(), steps.as_array().unwrap().is_empty());
        fingerprint.finish()
    }

    const ORDINARY: &str = r#"[{"action":{"type":"click"},"grounding":{"target_label":"Login button"},"verdict":{"status":"passed"}},
        {"action":{"type":"type"},"grounding":{"target_label":"E-mail  field"},"verdict":{"status":"passed"}},
        {"action":{"type":"click"},"grounding":{"target_label":"Submit"},"verdict":{"status":"failed"},"failure_class":"no_state_change"}]"#;
    const FIRST_TWO: &str = r#"[{"action":{"type":"click"},"grounding":{"target_label":"Login button"},"verdict":{"status":"passed"}},
        {"action":{"type":"type"},"grounding":{"target_label":"E-mail  field"},"verdict":{"status":"passed"}}]"#;
    const UNICODE: &str = r#"[{"action":{"type":"click"},"grounding":{"target_label":"\u00c4rger \u212aelvin \u0130stanbul \u65e5\u672c \u21165"},"verdict":{"status":"passed"}},
        {"action":{"type":"na\u00efve\u2615"},"failure_class":"\u00e9tape.\u00e9chou\u00e9e"},
        {},
        {"action":null,"verdict":null,"grounding":null,"failure_class":null},
        {"action":{"type":null},"verdict":{"status":"unknown"},"grounding":{"target_label":""}}]"#;

    #[test]
    fn fingerprints_are_those_of_the_format() {
        for (steps, digits) in [
            (ORDINARY, "5ab050e10e63dcbe83d534eb0c4e868e839887d0317b322fe570471dd8531887"),
            (FIRST_TWO, "5fbbdc431629d0ac8ff4426e7c046bae13e7c85571183687aec69920e52a275f"),
            (UNICODE, "5e795b0a46850c4f7c970d1673d9f2866e0c93d775fa23dd9306291ad9ec35bf"),
            (
                r#"[{"action":{"type":"key"},"verdict":{"status":"recoverable"},"grounding":{"target_label":"OK"}}]"#,
                "2b001e91d371ffbedda7d7717a59792b2b001e91d371ffbedda7d7717a59792b",
            ),
            ("[{}]", "71546855d6279ef70d20909b292c42c271546855d6279ef70d20909b292c42c2"),
            ("[]", "e3b0c44298fc1c149afbf4c8996fb924e3b0c44298fc1c149afbf4c8996fb924"),
            (
                r#"[{"action":{"type":"click"},"verdict":{"status":"passed"},"grounding":{"target_label":"Mail [redacted-email]"}}]"#,
                "87712a09702a778bd77232bc6dd8d9ed87712a09702a778bd77232bc6dd8d9ed",
            ),
            (
                r#"[{"action":{"type":"click"},"verdict":{"status":"passed"},"grounding":{"target_label":"Mail a@b.co"}}]"#,
                "c35e569b3c824a989d1d6a4c2d2951eac35e569b3c824a989d1d6a4c2d2951ea",
            ),
        ] {
            assert_eq!(fingerprint(steps), format!("cua_v1:{digits}"), "{steps}");
        }
    }

    #[test]
    fn order_changes_the_first_half_and_neighbours_the_second() {
        let steps = |order: &str| {
            let steps: Vec<String> = order.chars().map(|c| format!(r#"{{"action":{{"type":"{c}"}}}}"#)).collect();
            fingerprint(&format!("[{}]", steps.join(",")))
        };
        let (once, again) = (steps("aba"), steps("ababa"));
        let half = CuaV1::PREFIX.len() + 32;
        assert_ne!(once.get(..half), again.get(..half));
        assert_eq!(once.get(half..), again.get(half..));
        assert_ne!(steps("ab"), steps("ba"));
    }

    #[test]
    fn what_the_schema_forbids_is_read_as_text() {
        for (strange, plain) in [
            (r#"[{"action":{"type":5}}]"#, r#"[{"action":{"type":"5"}}]"#),
            (r#"[{"action":{"type":5.0}}]"#, r#"[{"action":{"type":"5.0"}}]"#),
            (r#"[{"action":{"type":true}}]"#, r#"[{"action":{"type":"True"}}]"#),
            (r#"[{"action":{"type":0}}]"#, "[{}]"),
            (r#"[{"action":"click","verdict":[1]}]"#, "[{}]"),
            (r#"[{"failure_class":7}]"#, r#"[{"failure_class":"7"}]"#),
        ] {
            assert_eq!(fingerprint(strange), fingerprint(plain), "{strange}");
        }
    }
}
