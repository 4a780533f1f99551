//! Roots and folders that cannot take a bundle, and folders and disks that change under a run.

use crate::{
    assert_told, assert_valid, complaints, end, only_bundle, recorded, recorder,
    support::{at, bundles, json, lines, text},
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::tempdir;
use tracing::{dispatcher::with_default, info};
use tracing_augur::{
    CaptureMode, Loss, Session,
    bundle::{BundleState, recover, validate},
    run_span, step_span,
};

/// One step, in which the agent works something out.
fn agent() -> u32 {
    let _run = run_span!("run-1").entered();
    step_span!("think").in_scope(|| {
        info!("thinking");
        42
    })
}

#[test]
fn a_root_that_cannot_be_written_costs_the_agent_nothing_and_is_told_with_what_to_do() {
    let around = tempdir().unwrap();
    let file = around.path().join("file");
    fs::write(&file, "mine").unwrap();
    let mut roots =
        vec![file.clone(), file.join("below"), around.path().join("nul\0inside"), around.path().join("x".repeat(300))];
    #[cfg(target_os = "linux")]
    roots.push("/proc/augur".into());
    #[cfg(unix)]
    {
        let dangling = around.path().join("dangling");
        std::os::unix::fs::symlink(around.path().join("nowhere"), &dangling).unwrap();
        roots.push(dangling);
    }
    for root in roots {
        let (answer, report) = recorded(&root, CaptureMode::Full, agent);
        assert_eq!(answer, 42);
        let [run] = &report.bundles[..] else { panic!("{report}") };
        assert!(run.folder.is_none() && !run.complete && !report.is_complete(), "{report}");
        let refusal = run.refusal.as_deref().unwrap_or_default();
        assert!(refusal.contains("choose a"), "{refusal}");
        assert!(run.lost.iter().any(|(loss, _)| *loss == Loss::Unwritten), "{report}");
        assert!(report.to_string().contains(refusal), "{report}");
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
}

#[test]
fn a_root_that_is_missing_is_made() {
    let root = bundles("bad_files_missing_root").join("not/there/yet");
    let (answer, report) = recorded(&root, CaptureMode::Full, agent);
    assert_eq!((answer, only_bundle(&report)), (42, root.join("run-1").canonicalize().unwrap()));
}

/// Puts something in the place of a run's folder.
type Obstacle = fn(&Path);

const OBSTACLES: &[(&str, Obstacle, &str)] = &[
    ("a file", |place| fs::write(place, "mine").unwrap(), "is a file"),
    ("other files", |place| in_folder(place, "notes.txt"), "other files"),
    ("another bundle", |place| in_folder(place, "manifest.json"), "another bundle"),
    ("half a bundle", |place| in_folder(place, "incomplete"), "augur recover"),
];

fn in_folder(place: &Path, name: &str) {
    fs::create_dir_all(place).unwrap();
    fs::write(place.join(name), "mine").unwrap();
}

fn seen(place: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    if place.is_file() {
        return vec![(place.to_owned(), fs::read(place).unwrap())];
    }
    fs::read_dir(place)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn what_stands_in_a_runs_place_stays_and_the_run_gets_a_number() {
    for (what, obstacle, _) in OBSTACLES {
        let root = bundles(&format!("bad_files_taken_by_{}", what.replace(' ', "_")));
        let place = root.join("run-1");
        obstacle(&place);
        let before = seen(&place);
        let (answer, report) = recorded(&root, CaptureMode::Full, agent);
        let bundle = only_bundle(&report);
        assert_eq!((answer, bundle.file_name().unwrap().to_str()), (42, Some("run-1-2")), "{what}");
        assert_eq!(text(&json(bundle.join("trace.json")), "steps.0.step_id"), "run-1-2/step/0000");
        assert_told(&complaints(&bundle, None), "used before");
        assert_eq!(seen(&place), before, "{what}");
        // What is left here is judged as bundles.
        if place.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) }.unwrap();
    }
}

#[test]
fn a_session_refuses_a_folder_that_is_not_its_own() {
    for (what, obstacle, said) in OBSTACLES {
        let around = tempdir().unwrap();
        let place = around.path().join("run");
        obstacle(&place);
        let before = seen(&place);
        let error = Session::builder("run", "agent", &place).capture_mode(CaptureMode::Full).open().unwrap_err();
        assert_eq!(error.kind(), "io", "{what}");
        assert!(error.to_string().contains(said), "{what}: {error}");
        assert_eq!(seen(&place), before, "{what}");
    }
}

#[test]
fn a_second_session_on_a_folder_is_refused_while_the_first_lives_and_after() {
    let folder = bundles("bad_files_two_sessions").join("run");
    let open = || Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open();
    let first = open().unwrap();
    let error = open().unwrap_err().to_string();
    assert!(error.contains("being recorded") && error.contains("a folder of its own"), "{error}");
    first.add_tag("still", "alive").unwrap();
    first.close(None).unwrap();
    assert!(open().unwrap_err().to_string().contains("another bundle"));
    assert_valid(&folder);
    assert_eq!(text(&json(folder.join("trace.json")), "session.tags.still"), "alive");
}

#[test]
fn sessions_that_race_for_a_folder_get_it_once() {
    let folder = bundles("bad_files_race").join("run");
    let open = || Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open();
    let opened: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (sessions, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!((sessions.len(), refused.len()), (1, 7));
    for session in sessions {
        session.unwrap().close(None).unwrap();
    }
    assert_valid(&folder);
}

#[test]
fn a_folder_that_is_deleted_while_recording_holds_what_came_after_and_says_so() {
    let root = bundles("bad_files_deleted");
    let (answer, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("run-1").entered();
        step_span!("before").in_scope(|| info!("before"));
        fs::remove_dir_all(root.join("run-1")).unwrap();
        step_span!("after").in_scope(|| info!("after"));
        42
    });
    assert_eq!(answer, 42);
    let [run] = &report.bundles[..] else { panic!("{report}") };
    assert!(!report.is_complete() && run.lost.iter().any(|(loss, _)| *loss == Loss::Unwritten), "{report}");
    let bundle = run.folder.clone().unwrap();
    assert_valid(&bundle);
    let trace = json(bundle.join("trace.json"));
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 1);
    assert_eq!(text(&trace, "steps.0.step_type"), "after");
    assert!(at(&trace, "session.tags").get("augur.lost.unwritten").is_some());
    assert_told(&complaints(&bundle, None), "deleted or moved");
}

#[test]
fn a_folder_that_was_replaced_by_another_run_is_left_to_that_run() {
    let root = bundles("bad_files_replaced");
    let (dispatch, guard) = recorder(&root, CaptureMode::Full);
    let folder = root.join("run-1");
    let session = with_default(&dispatch, || {
        let _run = run_span!("run-1").entered();
        step_span!("mine").in_scope(|| info!("mine"));
        fs::remove_dir_all(&folder).unwrap();
        Session::builder("run-1", "other", &folder).capture_mode(CaptureMode::Full).open().unwrap()
    });
    let report = end(guard);
    assert!(!report.bundles[0].complete, "{report}");
    session.close(None).unwrap();
    assert_valid(&folder);
    assert_eq!(text(&json(folder.join("trace.json")), "session.client.name"), "other");
}

#[test]
fn a_file_in_the_manifests_way_leaves_a_run_that_can_be_closed_later() {
    let folder = bundles("bad_files_manifest").join("run");
    let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().unwrap();
    fs::create_dir(folder.join("manifest.json")).unwrap();
    let error = session.close(None).unwrap_err();
    assert_eq!(error.kind(), "io", "{error}");
    assert!(!session.is_closed());
    fs::remove_dir(folder.join("manifest.json")).unwrap();
    session.close(None).unwrap();
    assert_valid(&folder);
}

#[test]
fn a_run_that_cannot_be_completed_is_left_for_recovery() {
    let around = tempdir().unwrap();
    let (dispatch, guard) = recorder(around.path(), CaptureMode::Full);
    let folder = around.path().join("run-1");
    let answer = with_default(&dispatch, || {
        let _run = run_span!("run-1").entered();
        step_span!("think").in_scope(|| info!("thinking"));
        fs::create_dir(folder.join("manifest.json")).unwrap();
        42
    });
    let report = end(guard);
    assert_eq!(answer, 42);
    assert!(!report.is_complete() && report.to_string().contains("augur recover"), "{report}");
    drop(dispatch);
    fs::remove_dir(folder.join("manifest.json")).unwrap();
    assert_eq!(validate(&folder).state, Some(BundleState::Died));
    recover(&folder).unwrap();
    assert_valid(&folder);
    assert_eq!(text(&json(folder.join("trace.json")), "session.status"), "halted");
}

/// `/dev/full` takes no byte, and whoever replaces a file finds its temporary name leading there: the disk is full for
/// exactly one write to each.
#[cfg(target_os = "linux")]
#[test]
fn what_a_full_disk_refused_is_written_when_there_is_room_again() {
    let root = bundles("bad_files_full_disk");
    let (answer, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("run-1").entered();
        step_span!("first").in_scope(|| info!("first"));
        let folder = root.join("run-1");
        for name in ["steps/0001.json.tmp", "events/0001.jsonl", "logs/step-1.log"] {
            let place = folder.join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink("/dev/full", place).unwrap();
        }
        step_span!("second").in_scope(|| {
            info!("the log line");
            tracing_augur::decision!(Planner, Decision, "the decision");
        });
        for name in ["events/0001.jsonl", "logs/step-1.log"] {
            fs::remove_file(folder.join(name)).unwrap();
        }
        step_span!("third").in_scope(|| info!("third"));
        42
    });
    assert_eq!(answer, 42);
    let [run] = &report.bundles[..] else { panic!("{report}") };
    assert!(run.complete && run.lost.iter().any(|(loss, _)| *loss == Loss::Unwritten), "{report}");
    let bundle = run.folder.clone().unwrap();
    assert_valid(&bundle);
    let trace = json(bundle.join("trace.json"));
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 3);
    assert_eq!(text(&trace, "steps.1.status"), "succeeded");
    assert_eq!(text(&lines(bundle.join("events/0001.jsonl"))[0], "summary"), "the decision");
    assert!(fs::read_to_string(bundle.join("logs/step-1.log")).unwrap().contains("the log line"));
}
