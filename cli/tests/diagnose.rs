//! `augur diagnose`, as scripts and people call it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tracing_augur::{CaptureMode, Session, bundle};

fn diagnose(arguments: &[&str], bundles: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_augur")).arg("diagnose").args(arguments).args(bundles).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A run with one step, whose class makes for a finding of medium severity.
fn recorded(folder: PathBuf, class: &str) -> PathBuf {
    let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().unwrap();
    session
        .record_step(&json!({
            "step_id": "run/step/0000", "step_index": 0, "step_type": "click", "status": "failed",
            "started_at": "2026-01-01T00:00:00Z", "failure_class": class, "action": {"type": "click"},
            "intent": "Open\u{1b}[2J the cart", "verdict": {"status": "unknown", "reason": "nothing moved"},
        }))
        .unwrap();
    session.close(None).unwrap();
    folder
}

struct Bundles {
    _root: tempfile::TempDir,
    with_finding: PathBuf,
    fine: PathBuf,
    damaged: PathBuf,
    none: PathBuf,
    absent: PathBuf,
}

fn bundles() -> Bundles {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    let damaged = recorded(at("damaged"), "shop.sold_out");
    fs::write(damaged.join("steps/0000.json"), "{").unwrap();
    fs::create_dir(at("none")).unwrap();
    let with_finding = recorded(at("with-finding"), "no_state_change");
    let fine = recorded(at("fine"), "shop.sold_out");
    Bundles { with_finding, fine, damaged, none: at("none"), absent: at("absent"), _root: root }
}

#[test]
fn exit_codes_tell_a_bad_run_from_a_bad_bundle() {
    let all = bundles();
    let Bundles { with_finding, fine, damaged, none, absent, .. } = &all;
    for (arguments, bundles, code) in [
        (&[][..], &[with_finding, fine][..], 0),
        (&["--fail-on", "high"], &[with_finding], 0),
        (&["--fail-on", "medium"], &[with_finding, fine], 1),
        (&["--fail-on", "info"], &[fine], 0),
        (&["--fail-on", "severe"], &[fine], 2),
        (&["--pack", "web"], &[fine], 2),
        (&[], &[none], 3),
        (&[], &[absent], 4),
        (&[], &[absent, none], 3),
        (&[], &[damaged], 5),
        (&["--fail-on", "medium"], &[with_finding, absent], 5),
    ] {
        for json in [&[][..], &["--json"]] {
            let bundles: Vec<&Path> = bundles.iter().map(|path| path.as_path()).collect();
            let output = diagnose(&[arguments, json].concat(), &bundles);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{arguments:?} {json:?} {bundles:?}: {said}");
            assert_eq!(said.is_empty(), code < 2, "{arguments:?} {bundles:?}: {said}");
        }
    }
}

#[test]
fn lines_say_what_was_found_and_where() {
    let all = bundles();
    let said = printed(&diagnose(&[], &[&all.with_finding, &all.fine]));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "medium   cua.no_state_change @ steps/0000.json");
    assert!(lines[1].contains("Step 0") && lines[2].contains("-> "), "{said}");
    assert!(lines[3].ends_with("with-finding: 1 finding (1 medium) in 1 steps"), "{said}");
    assert!(lines[4].ends_with("fine: no findings in 1 steps"), "{said}");
}

#[test]
fn what_the_agent_wrote_is_shown_on_request_and_can_do_nothing_to_a_terminal() {
    let all = bundles();
    for arguments in [&[][..], &["--json"]] {
        let without = printed(&diagnose(arguments, &[&all.with_finding]));
        assert!(!without.contains("the cart") && !without.contains("nothing moved"), "{without}");
        let with = printed(&diagnose(&[arguments, &["--content"]].concat(), &[&all.with_finding]));
        assert!(with.contains("the cart") && with.contains("nothing moved") && with.contains("trusted"), "{with}");
        assert!(!with.contains('\u{1b}'), "{with}");
    }
}

#[test]
fn one_document_holds_every_bundle() {
    let all = bundles();
    let output = diagnose(&["--json", "--fail-on", "low"], &[&all.with_finding, &all.damaged, &all.absent]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["kind"], &document["pack"], &document["fail_on"]),
        (&json!("diagnosis"), &json!("cua"), &json!("low"))
    );
    let [found, damaged, absent] = document["bundles"].as_array().unwrap().as_slice() else { panic!("{document}") };
    assert_eq!((&found["run_id"], &found["state"], &found["steps"]), (&json!("run"), &json!("complete"), &json!(1)));
    assert_eq!(found["findings_by_severity"], json!({"info": 0, "low": 0, "medium": 1, "high": 0, "critical": 0}));
    assert_eq!(found["findings"][0]["rule_id"], "cua.no_state_change");
    assert_eq!(found["written"], false);
    assert!(damaged["notes"][0]["message"].as_str().unwrap().starts_with("steps/0000.json: "), "{damaged}");
    assert_eq!(absent["error"]["code"], "not_found");
}

#[test]
fn findings_are_put_into_the_bundle_which_stays_valid() {
    let all = bundles();
    let document: Value =
        serde_json::from_slice(&diagnose(&["--write", "--json", "--content"], &[&all.with_finding]).stdout).unwrap();
    let file: Value =
        serde_json::from_slice(&fs::read(all.with_finding.join("diagnostics/findings.json")).unwrap()).unwrap();
    let mut told = document["bundles"][0]["findings"].clone();
    assert!(told[0].as_object_mut().unwrap().remove("untrusted").is_some());
    assert_eq!(file, told);
    assert!(bundle::validate(&all.with_finding).is_valid());

    let folder = all.fine.with_file_name("recording");
    let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Trace).open().unwrap();
    assert_eq!(diagnose(&[], &[&folder]).status.code(), Some(0));
    let refused = diagnose(&["--write", "--json"], &[&folder]);
    let error: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!((refused.status.code(), &error["error"]["code"]), (Some(3), &json!("incomplete")));
    session.close(None).unwrap();
}
