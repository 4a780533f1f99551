//! Which bundles of a folder stay, seen from outside: through the library, through the environment's words, and while runs
//! are recorded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};
use tracing::{info_span, subscriber::with_default};
use tracing_augur::{CaptureMode, Config, Guard, Retention, Session, run_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};

const DAY: Duration = Duration::from_secs(86_400);

fn open(root: &Path, name: &str) -> Session {
    Session::builder(name, "keeper", root.join(name)).capture_mode(CaptureMode::Metadata).open().unwrap()
}

fn bundle(root: &Path, name: &str, age: Duration) {
    open(root, name).close(None).unwrap();
    let manifest = fs::File::options().append(true).open(root.join(name).join("manifest.json")).unwrap();
    manifest.set_modified(SystemTime::now() - age).unwrap();
}

fn names(root: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_oldest_bundles_go_until_every_limit_is_kept() {
    for (keep, left) in [
        ("runs=2", &["c", "d"][..]),
        ("runs=0", &[]),
        ("days=2", &["c", "d"]),
        ("days=400", &["a", "b", "c", "d"]),
        ("days=20,runs=2", &["c", "d"]),
        ("bytes=0", &[]),
        ("bytes=1GB", &["a", "b", "c", "d"]),
        // A number of days that no calendar has is no limit.
        ("days=18446744073709551615", &["a", "b", "c", "d"]),
    ] {
        let root = tempfile::tempdir().unwrap();
        for (name, days) in [("a", 30), ("b", 10), ("c", 1), ("d", 0)] {
            bundle(root.path(), name, DAY * days);
        }
        let keep: Retention = keep.parse().unwrap();
        let expired = keep.expired(root.path(), SystemTime::now()).unwrap();
        let removed = keep.apply(root.path(), SystemTime::now()).unwrap();
        assert_eq!(removed.bundles, expired);
        assert!(removed.failed.is_empty() && removed.bundles.iter().all(|bundle| bundle.bytes > 0));
        assert_eq!(names(root.path()), left, "{keep:?}");
    }
}

#[test]
fn what_takes_room_goes_from_the_oldest_on() {
    let root = tempfile::tempdir().unwrap();
    for (name, days) in [("a", 3), ("b", 2), ("c", 1)] {
        bundle(root.path(), name, DAY * days);
    }
    let all = Retention::default().bytes(0).expired(root.path(), SystemTime::now()).unwrap();
    let two = all.iter().rev().take(2).map(|bundle| bundle.bytes).sum();
    Retention::default().bytes(two).apply(root.path(), SystemTime::now()).unwrap();
    assert_eq!(names(root.path()), ["b", "c"]);
}

#[test]
fn only_finished_bundles_are_touched_and_no_link_is_followed() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    bundle(elsewhere.path(), "linked", DAY);
    #[cfg(unix)]
    std::os::unix::fs::symlink(elsewhere.path().join("linked"), root.path().join("link")).unwrap();
    fs::create_dir(root.path().join("notes")).unwrap();
    fs::write(root.path().join("notes/manifest.txt"), "mine").unwrap();
    fs::write(root.path().join("manifest.json"), "{}").unwrap();
    fs::create_dir_all(root.path().join(".augur-removed-half/steps")).unwrap();
    bundle(root.path(), "old", DAY);
    let recording = open(root.path(), "now");
    let removed = Retention::default().runs(0).days(0).bytes(0).apply(root.path(), SystemTime::now()).unwrap();
    assert_eq!(removed.bundles.len(), 1);
    let left = names(root.path());
    assert!(
        ["link", "manifest.json", "notes", "now"].iter().all(|name| left.iter().any(|there| there == name)),
        "{left:?}"
    );
    assert!(!left.iter().any(|name| name == "old" || name.starts_with(".augur-removed")), "{left:?}");
    assert!(elsewhere.path().join("linked/manifest.json").exists());
    recording.close(None).unwrap();
}

#[test]
fn a_root_that_is_not_there_holds_nothing_and_one_that_is_a_file_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let keep = Retention::default().runs(0);
    assert!(keep.apply(&root.path().join("missing"), SystemTime::now()).unwrap().bundles.is_empty());
    fs::write(root.path().join("file"), "").unwrap();
    assert!(keep.apply(&root.path().join("file"), SystemTime::now()).is_err());
}

#[test]
fn a_run_that_begins_removes_what_is_not_kept() {
    let root = tempfile::tempdir().unwrap();
    for n in 0..4 {
        bundle(root.path(), &format!("earlier-{n}"), DAY * (10 - n));
    }
    let config = Config::new("agent").with_root(root.path()).with_capture_mode(CaptureMode::Trace);
    let (layer, guard) = tracing_augur::layer::<Registry>(config.with_retention(Retention::default().runs(2))).unwrap();
    with_default(Registry::default().with(layer), || {
        let _run = run_span!("run", augur.run.id = "new").entered();
        info_span!("click", augur.step.type = "click").in_scope(|| {});
        for _ in 0..200 {
            if names(root.path()).len() <= 2 {
                break;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    });
    assert!(Guard::shutdown(guard, Duration::from_secs(10)).is_complete());
    assert_eq!(names(root.path()), ["earlier-3", "new"]);
}
