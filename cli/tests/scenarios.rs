//! The same operations through `augur record` and through the reference package give the same replies and the same bundle.
//! Where they do not, a table beside the operations says so and why; nothing else may differ, and what it lists must.
//!
//! `AUGUR_PYTHON_JUDGE` is a Python that has the reference, `AUGUR_ORACLE` the folder with `record_reference.py` and
//! `compare.py`; `scripts/test` sets both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../tests/support/mod.rs"]
mod support;

use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn setting(name: &str, what: &str) -> PathBuf {
    let value = std::env::var_os(name);
    PathBuf::from(value.unwrap_or_else(|| panic!("{name} is not set: {what}; scripts/test sets it")))
}

/// A difference that is meant to be.
#[derive(Debug)]
struct Intended {
    /// A line of the comparison up to its colon, or `reply <line>`; `*` stands for anything.
    place: String,
    met: bool,
}

impl Intended {
    fn covers(&self, place: &str) -> bool {
        let mut parts = self.place.split('*');
        let Some(mut rest) = place.strip_prefix(parts.next().unwrap_or_default()) else { return false };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        false
    }
}

/// The table of a scenario: `<place> | <reason>`, the reason with the number of the broken promise where there is one.
fn table(scenario: &str) -> Vec<Intended> {
    let text = fs::read_to_string(scenarios().join(format!("{scenario}.differs"))).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (place, reason) = line.split_once(" | ").unwrap_or_else(|| panic!("{scenario}: no reason in {line:?}"));
            assert!(!reason.trim().is_empty(), "{scenario}: no reason in {line:?}");
            Intended { place: place.trim().to_owned(), met: false }
        })
        .collect()
}

struct Sides {
    python: PathBuf,
    oracle: PathBuf,
}

impl Sides {
    fn new() -> Self {
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

    fn ours(operations: &Path, bundle: &Path) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augur"));
        command.args(["record", "--redaction", "default-pii-v1", "--out"]).arg(bundle).arg(operations);
        command.env_remove("AUGUR_CAPTURE_MODE").env_remove("AUGUR_DURABILITY").output().expect("augur runs")
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

fn differences(sides: &Sides, scenario: &str) -> Vec<(String, String)> {
    let work = tempfile::tempdir().unwrap();
    let operations = work.path().join("operations.jsonl");
    fs::copy(scenarios().join(format!("{scenario}.jsonl")), &operations).unwrap();
    let parent = scenarios().join(format!("{scenario}.parent.jsonl"));
    if parent.exists() {
        sides.reference(&parent, &work.path().join("parent"));
    }
    let (reference, ours) =
        (work.path().join("reference"), support::bundles(&format!("scenarios/{scenario}")).join("run"));
    let their = sides.reference(&operations, &reference);
    let our = Sides::ours(&operations, &ours);
    let (their_replies, our_replies) =
        (String::from_utf8(their.stdout).unwrap(), String::from_utf8(our.stdout).unwrap());
    let count = fs::read_to_string(&operations).unwrap().lines().filter(|line| !line.is_empty()).count();
    let errors = String::from_utf8_lossy(&their.stderr);
    assert_eq!(their_replies.lines().count(), count, "{scenario}: replies of the reference; {errors}");
    assert_eq!(our_replies.lines().count(), count, "{scenario}: replies; {}", String::from_utf8_lossy(&our.stderr));
    let mut found = Vec::new();
    for (line, (their, our)) in their_replies.lines().zip(our_replies.lines()).enumerate() {
        if comparable(their) != comparable(our) {
            found.push((format!("reply {}", line + 1), format!("reference {their}, ours {our}")));
        }
    }
    for line in sides.compare(&reference, &ours) {
        let place = line.split_once(": ").map_or(line.as_str(), |(place, _)| place).to_owned();
        found.push((place, line));
    }
    let report = tracing_augur::bundle::validate(&ours);
    assert!(report.is_valid(), "{scenario}: {:?}", report.problems);
    found
}

fn holds(scenario: &str) {
    let mut intended = table(scenario);
    let mut wrong = Vec::new();
    for (place, line) in differences(&Sides::new(), scenario) {
        match intended.iter_mut().find(|intended| intended.covers(&place)) {
            Some(intended) => intended.met = true,
            None => wrong.push(format!("not in the table: {place}: {line}")),
        }
    }
    wrong.extend(
        intended.iter().filter(|intended| !intended.met).map(|stale| format!("no longer differs: {}", stale.place)),
    );
    assert!(wrong.is_empty(), "{scenario}:\n{}", wrong.join("\n"));
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            holds(stringify!($name));
        })*

        /// A scenario that nobody runs proves nothing.
        #[test]
        fn every_scenario_is_run() {
            let run: BTreeSet<String> = [$(stringify!($name)),*].map(str::to_owned).into();
            let files = fs::read_dir(scenarios()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
            let stems: BTreeSet<String> = files.map(|file| file.split('.').next().unwrap().to_owned()).collect();
            assert_eq!(stems, run);
        }
    };
}

scenarios! {
    branch_context branch_replay branch_sandbox costs effect_names effects end_of_input end_of_input_after_status events
    iterations lifecycle live metadata model_calls modes_in_between numbers off orchestrator outcomes recorded_again redaction
    same_step stamps steps task trace verdicts versions
}
