//! Both sides of a scenario: the reference and `augur record`, and what differs between their replies and bundles.

use crate::{is_permissive, support};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn setting(name: &str, what: &str) -> PathBuf {
    let value = std::env::var_os(name);
    PathBuf::from(value.unwrap_or_else(|| panic!("{name} is not set: {what}; scripts/test sets it")))
}

/// A difference: a place, which is a line of the comparison up to its colon or `reply <line>`, and what differs there.
pub struct Difference {
    pub place: String,
    pub what: String,
}

pub struct Sides {
    python: PathBuf,
    oracle: PathBuf,
}

impl Sides {
    pub fn new() -> Self {
        Self {
            python: setting("AUGUR_PYTHON_JUDGE", "it names a Python that has the reference package"),
            oracle: setting("AUGUR_ORACLE", "it names the folder of the reference's programs"),
        }
    }

    fn reference(&self, operations: &Path, bundle: &Path) -> Output {
        let mut command = Command::new(&self.python);
        command.arg(self.oracle.join("record_reference.py")).arg(operations).arg(bundle);
        command.env_remove("AUGUR_DSN").env_remove("AUGUR_CAPTURE_MODE").output().expect("the reference runs")
    }

    fn ours(operations: &Path, bundle: &Path, permissive: bool) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augur"));
        command.args(["record", "--redaction", "default-pii-v1", "--out"]).arg(bundle).arg(operations);
        command.args(permissive.then_some("--permissive"));
        for setting in ["AUGUR_CAPTURE_MODE", "AUGUR_DURABILITY", "AUGUR_FINGERPRINT"] {
            command.env_remove(setting);
        }
        command.output().expect("augur runs")
    }

    /// The lines of the comparison of two bundles.
    fn compare(&self, reference: &Path, ours: &Path) -> Vec<String> {
        let mut command = Command::new(&self.python);
        command.arg(self.oracle.join("compare.py")).arg("--bytes").arg(reference).arg(ours);
        let output = command.output().expect("the comparison runs");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.is_empty(), "the comparison says nothing: {}", String::from_utf8_lossy(&output.stderr));
        text.lines().filter(|line| *line != "no differences").map(str::to_owned).collect()
    }

    /// What differs between the two sides of a scenario. `parent` holds the operations of a run that it branches off.
    pub fn differences(&self, scenario: &str, operations: &str, parent: Option<&Path>) -> Vec<Difference> {
        let work = tempfile::tempdir().unwrap();
        let file = work.path().join("operations.jsonl");
        fs::write(&file, operations).unwrap();
        if let Some(parent) = parent {
            self.reference(parent, &work.path().join("parent"));
        }
        let permissive = is_permissive(scenario);
        // A bundle that may break the format is not left for the judge.
        let place =
            if permissive { work.path().join("ours") } else { support::bundles(&format!("scenarios/{scenario}")) };
        let (reference, ours) = (work.path().join("reference"), place.join("run"));
        let their = self.reference(&file, &reference);
        let our = Self::ours(&file, &ours, permissive);
        let (their_replies, our_replies) =
            (String::from_utf8(their.stdout).unwrap(), String::from_utf8(our.stdout).unwrap());
        let count = operations.lines().filter(|line| !line.is_empty()).count();
        let errors = String::from_utf8_lossy(&their.stderr);
        assert_eq!(their_replies.lines().count(), count, "{scenario}: replies of the reference; {errors}");
        assert_eq!(our_replies.lines().count(), count, "{scenario}: replies; {}", String::from_utf8_lossy(&our.stderr));
        let mut found = Vec::new();
        for (line, (their, our)) in their_replies.lines().zip(our_replies.lines()).enumerate() {
            if comparable(their) != comparable(our) {
                let what = format!("reference {their}, ours {our}");
                found.push(Difference { place: format!("reply {}", line + 1), what });
            }
        }
        for what in self.compare(&reference, &ours) {
            let place = what.split_once(": ").map_or(what.as_str(), |(place, _)| place).to_owned();
            // The steps of the trace are those of the files, on either side: each is told once. Ours are held against each
            // other below.
            if place.starts_with("trace.json/steps[") {
                continue;
            }
            found.push(Difference { place, what });
        }
        let report = tracing_augur::bundle::validate(&ours);
        assert!(permissive || report.is_valid(), "{scenario}: {:?}", report.problems);
        found
    }
}

/// What two replies must have in common: times and generated ids are masked, of an error only the kind counts, and the
/// manifest of a bundle is compared with the bundle.
fn comparable(reply: &str) -> Value {
    let mut reply: Value = serde_json::from_str(reply).unwrap_or_else(|error| panic!("{error}: {reply}"));
    if let Some(error) = reply.get_mut("error") {
        *error = error["kind"].take();
    }
    if reply["ok"].get("bundle_format").is_some() {
        reply["ok"] = "a manifest".into();
    }
    mask(&mut reply);
    reply
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match key.as_str() {
                    "debug_session_id" | "finalized_at" => *value = "masked".into(),
                    _ => mask(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::String(text) => {
            let generated = text
                .strip_prefix("se_")
                .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
            if generated {
                *text = "masked".to_owned();
            }
        }
        _ => {}
    }
}
