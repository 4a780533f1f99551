//! The capture gate, cell by cell: whatever a run says carries a marker, and a table says from which mode on each marker is
//! found. The tables are written from what the modes promise, not from the code; every cell is looked at, on every exit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "otlp")]
#[path = "../real_parts/mod.rs"]
mod real_parts;
mod session;
mod session_table;
mod spans;
mod spans_table;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use support::{all_bytes, at, json};
use tracing_augur::{CaptureMode, bundle::validate};

/// How one sees that something was kept. `#` stands for the four digits of a step's index.
#[derive(Debug, Clone, Copy)]
enum Sign {
    /// The marker of this name is somewhere in the bundle.
    Text(&'static str),
    /// There is a file.
    File(&'static str),
    /// A JSON file has a member at a dotted path.
    Member(&'static str, &'static str),
}

/// What a run says under a name, for a phase of it: a word that stands nowhere else and that no redaction minds.
fn marker(name: &str, phase: u64) -> String {
    format!("zz.{name}.{}.zz", ["zero", "one", "two", "three", "four", "five", "six"][phase as usize])
}

/// Everything that a run left in its bundle, names of files included.
fn left_in(bundle: &Path) -> String {
    String::from_utf8_lossy(&all_bytes(bundle)).into_owned()
}

/// Whether a sign is there.
fn is_there(bundle: &Path, left: &str, sign: Sign, phase: u64) -> bool {
    let numbered = |path: &str| bundle.join(path.replace('#', &format!("{phase:04}")));
    match sign {
        Sign::Text(name) => left.contains(&marker(name, phase)),
        Sign::File(path) => numbered(path).exists(),
        Sign::Member(path, member) => {
            let file = numbered(path);
            file.exists() && !at(&json(file), member).is_null()
        }
    }
}

/// Holds a bundle against a table. A phase is what was said while one mode was in force.
fn assert_cells(bundle: &Path, table: &[(CaptureMode, &[Sign])], phases: &[CaptureMode]) {
    let left = left_in(bundle);
    let mut wrong = Vec::new();
    for (phase, mode) in (0_u64..).zip(phases) {
        for (floor, signs) in table {
            for sign in *signs {
                if is_there(bundle, &left, *sign, phase) != (mode >= floor) {
                    wrong.push(format!("{sign:?}, from {floor} on, at {mode} in phase {phase}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", bundle.display(), wrong.join("\n"));
    let report = validate(bundle);
    assert!(report.is_valid(), "{}: {:?}", bundle.display(), report.problems);
}
