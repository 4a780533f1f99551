//! The tables of intended differences: what a scenario's bundle and replies may have that the reference's have not.

use crate::{scenarios, sides::Difference};
use std::fs;

/// A difference that is meant to be.
#[derive(Debug)]
pub struct Intended {
    /// A place; `*` stands for anything but a `/`, `**` for anything.
    place: String,
    /// The rows of the table of decisions that it follows from.
    pub rows: Vec<u32>,
    met: bool,
}

/// The table of a scenario: lines `<place> | <rows>: <reason>`.
pub struct Table(Vec<Intended>);

impl Table {
    pub fn of(scenario: &str) -> Self {
        let text = fs::read_to_string(scenarios().join(format!("{scenario}.differs"))).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(
            lines
                .map(|line| read(line).unwrap_or_else(|| panic!("{scenario}: no place, rows and reason: {line:?}")))
                .collect(),
        )
    }

    pub fn rows(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|intended| intended.rows.iter().copied())
    }

    /// What differs that is not in the table, and what is in the table and does not differ.
    pub fn judge(mut self, found: Vec<Difference>) -> Vec<String> {
        let mut wrong = Vec::new();
        for Difference { place, what } in found {
            match self.0.iter_mut().find(|intended| matches(&intended.place, &place)) {
                Some(intended) => intended.met = true,
                None => wrong.push(format!("not in the table: {place}: {what}")),
            }
        }
        let stale = self.0.iter().filter(|intended| !intended.met);
        wrong.extend(stale.map(|stale| format!("no longer differs: {}", stale.place)));
        wrong
    }
}

fn read(line: &str) -> Option<Intended> {
    let (place, rest) = line.split_once(" | ")?;
    let (rows, reason) = rest.split_once(": ")?;
    let rows: Vec<u32> = rows.split(", ").map(|row| row.trim().parse().ok()).collect::<Option<_>>()?;
    (!reason.trim().is_empty()).then(|| Intended { place: place.trim().to_owned(), rows, met: false })
}

fn matches(pattern: &str, place: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == place,
        Some((head, rest)) => {
            let Some(tail) = place.strip_prefix(head) else { return false };
            let (rest, stop) = rest.strip_prefix('*').map_or((rest, Some('/')), |rest| (rest, None));
            let mut ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            ends.by_ref()
                .take_while(|end| stop.is_none_or(|stop| !tail[..*end].contains(stop)))
                .any(|end| matches(rest, &tail[end..]))
        }
    }
}

#[test]
fn a_star_stands_for_a_part_of_a_path_and_two_for_any() {
    for (pattern, place, expected) in [
        ("reply 3", "reply 3", true),
        ("reply 3", "reply 31", false),
        ("steps/*.json/intent", "steps/0001.json/intent", true),
        ("steps/*.json/intent", "steps/0001/ab.json/intent", false),
        ("steps/**/intent", "steps/0001/ab.json/intent", true),
        ("a[*]/b", "a[12]/b", true),
        ("a[*]/b", "a[12]/c/b", false),
        ("a*", "a", true),
        ("a*", "a/b", false),
        ("**", "a/b", true),
    ] {
        assert_eq!(matches(pattern, place), expected, "{pattern} {place}");
    }
}
