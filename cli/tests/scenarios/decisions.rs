//! Holds the table of decisions, `../differences.md`, against the tree: every promise is decided, every proof is there, and
//! every difference that a scenario lists follows from a row.

use crate::{intended::Table, scenarios};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// How many promises of the package are known to be broken. The rows after them are about what nobody promised.
const PROMISES: u32 = 95;

struct Row {
    decision: String,
    proofs: Vec<String>,
}

fn rows() -> BTreeMap<u32, Row> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differences.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| #")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, promised, package, decision, how, proofs] = cells[..] else { panic!("not six cells: {line}") };
        assert!([promised, package, how].iter().all(|cell| !cell.is_empty()), "something is not said: {line}");
        let proofs = proofs.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let row = Row { decision: decision.to_owned(), proofs };
        assert!(rows.insert(number.parse().unwrap(), row).is_none(), "twice: {line}");
    }
    rows
}

fn tables() -> BTreeMap<String, Table> {
    let files = fs::read_dir(scenarios()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let named = files.filter_map(|file| file.strip_suffix(".differs").map(str::to_owned));
    named.map(|scenario| (scenario.clone(), Table::of(&scenario))).collect()
}

#[test]
fn every_promise_is_decided_and_what_is_kept_or_matched_is_proved() {
    let rows = rows();
    let numbers: Vec<u32> = rows.keys().copied().collect();
    let expected: Vec<u32> = (1..=*numbers.last().unwrap()).collect();
    assert_eq!(numbers, expected);
    assert!(numbers.len() as u32 > PROMISES);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (number, row) in rows {
        match row.decision.as_str() {
            "kept" | "matched" => assert!(!row.proofs.is_empty(), "row {number} has no proof"),
            "not here" => assert!(row.proofs.is_empty(), "row {number} proves what is not here"),
            other => panic!("row {number} is {other}"),
        }
        for proof in row.proofs {
            match proof.split_once("::") {
                Some((file, test)) => {
                    let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{proof}: {error}"));
                    let at = text.find(&format!("fn {test}(")).unwrap_or_else(|| panic!("row {number}: no {proof}"));
                    let before = text[..at].trim_end();
                    assert!(before.ends_with("#[test]"), "row {number}: {proof} is no test");
                }
                None => {
                    let there =
                        ["jsonl", "differs"].map(|ending| scenarios().join(format!("{proof}.{ending}")).exists());
                    assert!(there.contains(&true), "row {number}: no scenario {proof}");
                }
            }
        }
    }
}

#[test]
fn every_difference_of_a_scenario_follows_from_a_row_that_is_kept() {
    let rows = rows();
    for (scenario, table) in tables() {
        for number in table.rows() {
            let row = rows.get(&number).unwrap_or_else(|| panic!("{scenario}: no row {number}"));
            assert_eq!(row.decision, "kept", "{scenario}: row {number} is no difference");
        }
    }
}

/// What a scenario proves of a row must be seen in it.
#[test]
fn a_scenario_that_differs_for_a_row_is_one_of_its_proofs() {
    let mut shown: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for (scenario, table) in tables() {
        for number in table.rows() {
            shown.entry(number).or_default().insert(scenario.clone());
        }
    }
    let rows = rows();
    for (number, scenarios) in shown {
        let proofs = &rows[&number].proofs;
        assert!(proofs.iter().any(|proof| scenarios.contains(proof)), "row {number}: none of {scenarios:?} is a proof");
    }
}
