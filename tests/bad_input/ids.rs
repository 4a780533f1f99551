//! Run ids that cannot name a folder, hold a secret, or are used already.

use crate::{
    assert_told, assert_whole, complaints, end, only_bundle, recorded, recorder,
    support::{all_bytes, bundles, contains, json, text},
};
use std::{collections::BTreeSet, fs, path::Path};
use tempfile::tempdir;
use tracing::{dispatcher::with_default, info_span};
use tracing_augur::{CaptureMode, Session, run_span, step_span};

/// Ids that cannot be used, and what is said of them.
fn unusable() -> Vec<(String, &'static str)> {
    vec![
        ("  ".into(), "empty"),
        ("a/b".into(), "path separator"),
        ("/etc".into(), "path separator"),
        (r"..\up".into(), "path separator"),
        ("..".into(), "path separator"),
        (".".into(), "path separator"),
        ("nul\0inside".into(), "control character"),
        ("line\nbreak".into(), "control character"),
        ("\u{1b}[2J".into(), "control character"),
        ("x".repeat(300), "at most 200"),
        ("x".repeat(1 << 20), "at most 200"),
        ("run of jane@example.org".into(), "looks like a secret"),
        ("Bearer abc.def".into(), "looks like a secret"),
        ("AKIAABCDEFGHIJKLMNOP".into(), "looks like a secret"),
    ]
}

fn one_step(id: &str) -> u32 {
    let _run = run_span!(id).entered();
    step_span!("think").in_scope(|| 42)
}

#[test]
fn an_id_that_cannot_be_used_is_replaced_and_the_run_says_why() {
    for (number, (id, why)) in unusable().into_iter().enumerate() {
        let root = bundles(&format!("bad_ids_{number}"));
        let (answer, report) = recorded(&root, CaptureMode::Full, || one_step(&id));
        let bundle = only_bundle(&report);
        assert_eq!((answer, bundle.parent()), (42, Some(root.canonicalize().unwrap().as_path())), "{id:.40?}");
        let stored = text(&json(bundle.join("trace.json")), "session.run_id").to_owned();
        assert!(stored.starts_with("run-") && stored.len() == 12, "{stored:.40}");
        let said = complaints(&bundle, None);
        assert_told(&said, why);
        assert_told(&said, "a substitute is used");
        // Shorter ones stand in the schemas by chance.
        assert!(id.len() < 8 || !contains(&all_bytes(&root), id.as_bytes()), "{id:.40?} is in the bundle");
    }
}

#[test]
fn a_session_refuses_an_id_that_cannot_be_used_without_quoting_it() {
    let folder = tempdir().unwrap();
    let empty = (String::new(), "empty");
    for (id, why) in unusable().into_iter().chain([empty]) {
        let error = Session::builder(&id, "agent", folder.path().join("run")).open().unwrap_err();
        assert_eq!(error.kind(), "invalid_argument");
        assert!(error.to_string().contains(why), "{error}");
        assert!(id.trim().len() < 3 || !format!("{error} {error:?}").contains(&id), "{error}");
        assert!(!folder.path().join("run").exists());
    }
}

#[test]
fn an_id_that_is_left_empty_is_as_good_as_none() {
    let root = bundles("bad_ids_empty");
    let (answer, report) = recorded(&root, CaptureMode::Full, || one_step(""));
    assert_eq!(answer, 42);
    let stored = text(&json(only_bundle(&report).join("trace.json")), "session.run_id").to_owned();
    assert!(stored.starts_with("test-agent-"), "{stored}");
}

#[test]
fn an_id_that_is_a_number_is_its_digits() {
    let root = bundles("bad_ids_number");
    let (_, report) = recorded(&root, CaptureMode::Full, || info_span!("run", augur.run.id = 17).in_scope(|| ()));
    assert_eq!(only_bundle(&report).file_name().unwrap(), "17");
}

/// Names that some system gives a meaning stay the run's ids; their folders are called differently.
#[test]
fn ids_that_a_system_reserves_name_a_run_all_the_same() {
    let root = bundles("bad_ids_reserved");
    for id in ["CON", "nul.txt", "Com1", ".hidden", "-rf", "dot.", "ä", "a b", "🦀"] {
        let (_, report) = recorded(&root, CaptureMode::Full, || one_step(id));
        let bundle = only_bundle(&report);
        assert_eq!(text(&json(bundle.join("manifest.json")), "run_id"), id);
        let name = bundle.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.contains('~') && !name.starts_with(['.', '-']) && name.is_ascii(), "{id}: {name}");
    }
}

#[test]
fn an_id_that_differs_only_in_case_gets_a_number() {
    let root = bundles("bad_ids_case");
    let names: Vec<_> = ["Run", "run", "RUN"]
        .into_iter()
        .map(|id| only_bundle(&recorded(&root, CaptureMode::Full, || one_step(id)).1))
        .map(|bundle| bundle.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["Run", "run-2", "RUN-3"]);
}

/// Two recorders stand for two processes: they share nothing but the folder.
#[test]
fn the_same_id_from_many_threads_and_two_recorders_names_as_many_bundles() {
    let root = bundles("bad_ids_concurrent");
    let recorders = [recorder(&root, CaptureMode::Full), recorder(&root, CaptureMode::Full)];
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let dispatch = recorders[thread % 2].0.clone();
            scope.spawn(move || assert_eq!(with_default(&dispatch, || one_step("same")), 42));
        }
    });
    let mut ids = BTreeSet::new();
    for (_, guard) in recorders {
        let report = end(guard);
        assert_eq!(report.bundles.len(), 4, "{report}");
        for run in report.bundles {
            assert_whole(&run);
            let folder = run.folder.unwrap();
            assert_eq!(text(&json(folder.join("trace.json")), "steps.0.step_id"), format!("{}/step/0000", run.run_id));
            ids.insert(run.run_id);
        }
    }
    let expected = (1..=8).map(|n| if n == 1 { "same".to_owned() } else { format!("same-{n}") });
    assert_eq!(ids, expected.collect());
    assert_eq!(folders(&root), 8);
}

fn folders(root: &Path) -> usize {
    fs::read_dir(root).unwrap().count()
}
