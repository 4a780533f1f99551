//! The fingerprint of a run: computed as it was asked for, by a recovery too, and judged by the algorithm that it names.

use crate::support::{bundles, json, text};
use crate::{assert_valid, copy, step};
use serde_json::json;
use std::{fs, path::Path};
use tracing_augur::{
    CaptureMode, Config, Session,
    bundle::{
        fingerprint::{Algorithm, CuaV1, Fingerprint},
        recover, validate,
    },
    run_span, step_span,
};
use tracing_subscriber::prelude::*;

fn session(folder: &Path, algorithm: Algorithm) -> Session {
    let builder = Session::builder("run", "agent", folder).capture_mode(CaptureMode::Full);
    let session = builder.fingerprint(algorithm).open().unwrap();
    for (index, action) in (0..).zip(["click", "type", "click"]) {
        session.record_step(&step(index, json!({"action": {"type": action}}))).unwrap();
    }
    session
}

fn told(folder: &Path) -> String {
    text(&json(folder.join("manifest.json")), "trajectory_fingerprint").to_owned()
}

fn computed(folder: &Path, algorithm: Algorithm) -> String {
    let mut fingerprint = Fingerprint::new(algorithm);
    for index in 0..3 {
        fingerprint.step(json(folder.join(format!("steps/{index:04}.json"))).as_object().unwrap());
    }
    fingerprint.finish()
}

#[test]
fn the_fingerprint_is_computed_as_it_was_asked_for_and_judged_as_it_says() {
    let root = bundles("session_fingerprints");
    for algorithm in Algorithm::ALL {
        let folder = root.join(algorithm.as_str());
        session(&folder, *algorithm).close(None).unwrap();
        assert_eq!(told(&folder), computed(&folder, *algorithm));
        assert!(told(&folder).starts_with(&format!("{algorithm}:")));
        assert_valid(&folder);
    }
    assert!(told(&root.join("cua_v1")).starts_with(CuaV1::PREFIX));
}

#[test]
fn a_fingerprint_that_is_not_that_of_the_steps_is_found_whatever_computed_it() {
    let root = tempfile::tempdir().unwrap();
    for algorithm in Algorithm::ALL {
        let folder = root.path().join(algorithm.as_str());
        session(&folder, *algorithm).close(None).unwrap();
        let manifest = folder.join("manifest.json");
        let whole = fs::read_to_string(&manifest).unwrap();
        let (right, other) = (told(&folder), Algorithm::ALL.iter().find(|other| *other != algorithm).unwrap());
        for (wrong, is_found) in [
            (format!("{algorithm}:{}", "0".repeat(64)), true),
            (right.replacen(algorithm.as_str(), other.as_str(), 1), true),
            (right.replacen(algorithm.as_str(), "cua_v9", 1), false),
            (right.clone(), false),
        ] {
            fs::write(&manifest, whole.replace(&right, &wrong)).unwrap();
            let found =
                validate(&folder).problems.iter().any(|problem| problem.message.contains("trajectory_fingerprint"));
            assert_eq!(found, is_found, "{right} as {wrong}");
        }
    }
}

#[test]
fn a_run_that_died_gets_the_fingerprint_that_was_asked_for() {
    let alive = tempfile::tempdir().unwrap();
    let recording = session(&alive.path().join("run"), Algorithm::CuaV2);
    let left = bundles("session_fingerprint_recovered").join("run");
    copy(&alive.path().join("run"), &left);
    drop(recording);
    recover(&left).unwrap();
    assert_eq!(told(&left), computed(&left, Algorithm::CuaV2));
    assert_valid(&left);
}

#[test]
fn a_run_of_spans_has_the_fingerprint_of_its_settings() {
    let root = bundles("session_fingerprint_spans");
    let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full);
    let (layer, guard) = tracing_augur::layer(config.with_fingerprint(Algorithm::CuaV2)).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let _run = run_span!("run").entered();
        for action in ["click", "type", "click"] {
            step_span!("click", augur.action.type = action).in_scope(|| ());
        }
    });
    let report = guard.shutdown(std::time::Duration::from_secs(30));
    let folder = report.bundles[0].folder.clone().unwrap();
    assert_eq!(told(&folder), computed(&folder, Algorithm::CuaV2));
    assert_valid(&folder);
}
