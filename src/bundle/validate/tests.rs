//! A valid bundle broken in one way at a time: each break is found, and nothing else is.
#![allow(clippy::unwrap_used)]

use super::super::reader::sample::Sample;
use super::*;
use std::fs;

mod files;
mod steps;

fn problems(sample: &Sample) -> Vec<String> {
    validate(sample.root()).problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_bundle_by_the_rules_has_no_problems() {
    let sample = Sample::new();
    let report = validate(sample.root());
    assert_eq!(problems(&sample), Vec::<String>::new());
    assert!(report.is_valid());
    assert_eq!((report.state, report.run_id.as_deref()), (Some(BundleState::Complete), Some("run_t")));
    // Manifest, session, 4 step files, 3 steps in the trace, 4 lines, 2 calls, and 6 more documents of one record each.
    assert_eq!((report.steps, report.records), (3, 22));
    assert_eq!(report.files, 49);
}

/// How a bundle is broken, and everything that must be said of it.
struct Case {
    name: &'static str,
    /// Whether the broken files are signed, so that only what they hold is wrong.
    signed: bool,
    cause: fn(&Sample),
    found: &'static [&'static str],
}

#[test]
fn a_bundle_without_manifest_is_told_by_its_state() {
    let sample = Sample::new();
    sample.remove("manifest.json");
    assert_eq!(problems(&sample), ["manifest.json: absent: the bundle was never completed"]);
    sample.write("incomplete", b"{}\n");
    assert_eq!(
        problems(&sample),
        ["manifest.json: absent: the run died before it ended; `augur recover` completes the bundle"]
    );
    let lock = fs::File::open(sample.path("incomplete")).unwrap();
    lock.lock().unwrap();
    assert_eq!(
        problems(&sample),
        ["manifest.json: absent: the run is still recording and writes its manifest when it ends"]
    );
    assert_eq!(validate(sample.root()).state, Some(BundleState::Recording));
    let empty = tempfile::tempdir().unwrap();
    let report = validate(empty.path());
    assert_eq!(report.state, None);
    assert_eq!(report.problems.first().unwrap().message, "absent: the folder holds no bundle");
}

#[test]
fn a_mark_beside_the_manifest_is_told_by_its_state() {
    let sample = Sample::new();
    sample.write("incomplete", b"{}\n");
    let died = "incomplete: the run died while its bundle was completed; `augur recover` completes it";
    assert_eq!(problems(&sample), [died]);
    let lock = fs::File::open(sample.path("incomplete")).unwrap();
    lock.lock().unwrap();
    assert_eq!(problems(&sample), ["incomplete: the run is still recording"]);
}

#[cfg(unix)]
#[test]
fn links_and_special_files_are_told_and_never_opened() {
    use std::os::unix::{fs::symlink, net::UnixListener};
    let sample = Sample::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.json"), "{\"a\":\"hunter2\"}").unwrap();
    symlink(outside.path(), sample.path("crops")).unwrap();
    sample.remove("outcomes.json");
    symlink(outside.path().join("secret.json"), sample.path("outcomes.json")).unwrap();
    for path in ["steps/0000.json", "trace.json"] {
        sample.replace(path, "screenshots/0000_pre.png", "crops/secret.json");
    }
    sample.sign();
    let _socket = UnixListener::bind(sample.path("logs/socket")).unwrap();
    assert_eq!(
        problems(&sample),
        [
            "crops: is a symbolic link",
            "logs/socket: is neither a file nor a folder",
            "outcomes.json: is a symbolic link",
            "steps/0000.json: observation_pre crops/secret.json absent and not in missing",
            "trace.json: step 0: observation_pre crops/secret.json absent and not in missing",
        ]
    );
}

#[test]
fn what_a_bundle_says_cannot_reach_a_terminal() {
    let sample = Sample::new();
    sample.write("crops/\u{1b}[2J.json", b"{");
    sample.change("manifest.json", |manifest| drop(manifest.insert("run_id".into(), "a\u{202e}b\u{7}".into())));
    sample.replace("trace.json", "events/0000.jsonl", "x\\u001b[0m");
    let report = validate(sample.root());
    assert_eq!(report.run_id.as_deref(), Some(r"a\u{202e}b\u{7}"));
    let text = Value::from(report.to_object()).to_string() + &problems(&sample).join("\n");
    assert!(text.contains(r"\u{1b}[2J") && text.contains(r"x\u{1b}[0m"), "{text}");
    assert!(!text.contains(|c: char| c != '\n' && c.is_control()));
}

#[test]
fn a_report_is_bounded() {
    let sample = Sample::new();
    let lines = "{}\n".repeat(MAX_PROBLEMS);
    sample.write("events/run.jsonl", lines.as_bytes());
    let report = validate(sample.root());
    assert_eq!(report.problems.len(), MAX_PROBLEMS);
    // Four members are missing in each line, one signature does not match.
    assert_eq!(report.omitted, 3 * MAX_PROBLEMS as u64 + 1);
}

#[test]
fn a_report_is_told_to_programs() {
    let sample = Sample::new();
    sample.remove("AGENT.md");
    let value = validate(sample.root()).to_object();
    for (key, text) in [("valid", "false"), ("state", "\"complete\""), ("steps", "3")] {
        assert_eq!(value.get(key).unwrap().to_string(), text);
    }
    assert_eq!(
        value.get("problems").unwrap().to_string(),
        r#"[{"file": "manifest.json", "message": "signature of absent file AGENT.md"}]"#
    );
}

#[test]
fn every_break_is_found_and_nothing_else() {
    for case in cases() {
        let sample = Sample::new();
        (case.cause)(&sample);
        if case.signed {
            sample.sign();
        }
        let problems = problems(&sample);
        // Where JSON ends is told by its parser, in words of its own.
        let same = problems.iter().zip(case.found).all(|(problem, found)| problem.starts_with(found));
        assert!(same && problems.len() == case.found.len(), "{}: {problems:#?}", case.name);
    }
}

fn cases() -> Vec<Case> {
    [files::layout(), files::records(), steps::steps(), steps::manifest()].into_iter().flatten().collect()
}
