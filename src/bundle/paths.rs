//! Where things stand in a bundle.

use crate::record::{ModelLayer, Object, Value};

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const TRACE: &str = "trace.json";
pub(crate) const AGENT: &str = "AGENT.md";
/// Exists, locked by its writer, from the first moment to the last.
pub(crate) const INCOMPLETE: &str = "incomplete";
pub(crate) const STEPS: &str = "steps";
pub(crate) const EVENTS: &str = "events";
pub(crate) const OUTCOMES: &str = "outcomes.json";
pub(crate) const EVAL_CANDIDATES: &str = "eval_candidates.json";
/// Where outcomes and tags stand while the run goes on, one a line; the last for a step counts.
pub(crate) const OUTCOME_LINES: &str = "outcomes.jsonl";
pub(crate) const EVAL_CANDIDATE_LINES: &str = "eval_candidates.jsonl";
pub(crate) const SIDE_EFFECTS: &str = "side_effects";
pub(crate) const REASONING: &str = "events/reasoning.jsonl";
pub(crate) const LINKS: &str = "otel/links.jsonl";
/// Files that could not be read when a run was recovered are kept here.
pub(crate) const DAMAGED: &str = "diagnostics/damaged";

pub(crate) fn step(index: u64) -> String {
    format!("steps/{index:04}.json")
}

pub(crate) fn step_folder(index: u64) -> String {
    format!("steps/{index:04}")
}

pub(crate) fn events(step_index: Option<u64>) -> String {
    match step_index {
        Some(index) => format!("events/{index:04}.jsonl"),
        None => "events/run.jsonl".to_owned(),
    }
}

pub(crate) fn screenshot(step_index: u64, moment: super::Moment) -> String {
    format!("screenshots/{step_index:04}_{}.png", moment.as_str())
}

pub(crate) fn model_call(step_index: Option<u64>, layer: ModelLayer, sequence: u32) -> String {
    match step_index {
        Some(index) => format!("modelio/{index:04}-{layer}-{sequence}.json"),
        None => format!("modelio/run-{layer}-{sequence}.json"),
    }
}

pub(crate) fn side_effect(step_index: u64, id: &str) -> String {
    format!("{SIDE_EFFECTS}/{step_index:04}-{id}.json")
}

/// The first preference at a step has no number.
pub(crate) fn preference(step_index: u64, number: u32) -> String {
    match number {
        0 => format!("preferences/{step_index:04}.json"),
        number => format!("preferences/{step_index:04}-{number}.json"),
    }
}

pub(crate) fn replay_fixture(step_index: u64) -> String {
    format!("replay/{step_index:04}_fixture.json")
}

pub(crate) fn prior_steps(step_index: u64) -> String {
    format!("replay/{step_index:04}.prior.json")
}

pub(crate) fn log(step_index: Option<u64>, name: &str) -> String {
    match step_index {
        Some(index) => format!("logs/step-{index}.log"),
        None => format!("logs/{name}.log"),
    }
}

/// The folders in which a bundle's signed files stand, in path order among the single files.
pub(crate) const SIGNED: &[&str] = &[
    AGENT,
    EVAL_CANDIDATES,
    "events/",
    "logs/",
    "modelio/",
    "otel/",
    OUTCOMES,
    "preferences/",
    "replay/",
    "schema/",
    "screenshots/",
    "side_effects/",
    "steps/",
    TRACE,
];

/// The manifest's `paths`: the folders, the same in every bundle, and the documents that are there.
pub(crate) fn manifest_paths(exists: impl Fn(&str) -> bool) -> Value {
    const FOLDERS: &[&str] = &[
        "crops",
        "diagnostics",
        "diffs",
        "events",
        "logs",
        "modelio",
        "preferences",
        "replay",
        "schema",
        "screenshots",
        "side_effects",
        "steps",
    ];
    let mut paths: Object =
        FOLDERS.iter().map(|folder| ((*folder).to_owned(), Value::from(format!("{folder}/")))).collect();
    paths.insert("agent".into(), AGENT.into());
    for (key, path) in [("eval_candidates", EVAL_CANDIDATES), ("outcomes", OUTCOMES)] {
        if exists(path) {
            paths.insert(key.into(), path.into());
        }
    }
    paths.into()
}
