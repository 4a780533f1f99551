//! `augur gc`, as scripts and people call it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    path::Path,
    process::{Command, Output},
};
use tracing_augur::{CaptureMode, Session};

fn gc(root: &Path, arguments: &[&str], keep: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_augur"));
    command.arg("gc").args(arguments).env_remove("AUGUR_KEEP").env("AUGUR_DIR", root);
    if let Some(keep) = keep {
        command.env("AUGUR_KEEP", keep);
    }
    command.output().unwrap()
}

fn printed(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn roots() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for name in ["first", "second", "third"] {
        let session = Session::builder(name, "agent", root.path().join(name)).capture_mode(CaptureMode::Metadata);
        session.open().unwrap().close(None).unwrap();
    }
    root
}

fn left(root: &Path) -> usize {
    std::fs::read_dir(root).unwrap().count()
}

#[test]
fn the_oldest_go_and_each_is_named_with_the_limit_it_was_over() {
    let root = roots();
    let (code, out, err) = printed(&gc(root.path(), &["--keep", "runs=1"], None));
    assert_eq!((code, err.as_str(), left(root.path())), (0, "", 1), "{out}");
    assert!(out.contains("removed") && out.contains("first") && out.contains("over `runs`"), "{out}");
    assert!(out.lines().last().unwrap().starts_with("removed 2 bundles, "), "{out}");
}

#[test]
fn a_dry_run_tells_and_leaves_everything() {
    let root = roots();
    let (code, out, _) = printed(&gc(root.path(), &["--dry-run"], Some("bytes=0")));
    assert_eq!((code, left(root.path())), (0, 3));
    assert!(out.contains("would remove 3 bundles, "), "{out}");
}

#[test]
fn limits_that_are_missing_or_make_no_sense_are_wrong_usage_and_remove_nothing() {
    let root = roots();
    for (arguments, keep, said) in [
        (&[][..], None, "--keep"),
        (&["--keep", "3 weeks"], None, "accepted: runs=<n>, days=<n>, bytes=<n>"),
        (&[], Some("runs=-1"), "accepted: runs=<n>, days=<n>, bytes=<n>"),
    ] {
        let (code, _, err) = printed(&gc(root.path(), arguments, keep));
        assert_eq!((code, left(root.path())), (2, 3), "{err}");
        assert!(err.contains(said), "{err}");
    }
}

#[test]
fn a_root_that_cannot_be_read_is_named() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, _, err) = printed(&gc(&file, &["--keep", "runs=1"], None));
    assert_eq!(code, 4);
    assert!(err.starts_with("augur: ") && err.contains("file"), "{err}");
}
