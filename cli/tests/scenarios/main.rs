//! The same operations through `augur record` and through the reference package give the same replies and the same bundle.
//! Where they do not, a table beside the operations says so and why; nothing else may differ, and what it lists must. The
//! reasons are rows of `../differences.md`, which says of every promise of the reference what became of it here.
//!
//! `AUGUR_PYTHON_JUDGE` is a Python that has the reference, `AUGUR_ORACLE` the folder with `record_reference.py` and
//! `compare.py`; `scripts/test` sets both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod decisions;
mod intended;
mod pairs;
mod sides;
#[path = "../../../tests/support/mod.rs"]
mod support;

use intended::Table;
use sides::Sides;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Scenarios that are recorded with more than the usual options. Their bundles may break the format.
fn is_permissive(scenario: &str) -> bool {
    scenario.starts_with("permissive")
}

/// Runs a scenario on both sides and holds what differs against its table.
fn holds(scenario: &str) {
    let operations = fs::read_to_string(scenarios().join(format!("{scenario}.jsonl"))).unwrap();
    holds_for(scenario, &operations);
}

fn holds_for(scenario: &str, operations: &str) {
    let parent = scenarios().join(format!("{scenario}.parent.jsonl"));
    let found = Sides::new().differences(scenario, operations, parent.exists().then_some(parent.as_path()));
    let wrong = Table::of(scenario).judge(found);
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
            let files = files.filter(|name| !name.ends_with(".rs"));
            let mut stems: BTreeSet<String> = files.map(|file| file.split('.').next().unwrap().to_owned()).collect();
            assert!(stems.remove(pairs::NAME));
            assert_eq!(stems, run);
        }
    };
}

scenarios! {
    branch_context branch_replay branch_sandbox closed costs effect_names effects end_of_input end_of_input_after_status
    errors events hostile_ids iterations lifecycle live metadata model_calls modes_in_between numbers odd_effect_ids off
    orchestrator outcomes permissive permissive_unfit recorded_again redaction same_step stamps steps task trace verdicts
    versions
}
