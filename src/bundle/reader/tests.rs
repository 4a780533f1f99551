//! What a reader gets from bundles that are complete, damaged or still being recorded.
#![allow(clippy::unwrap_used)]

use super::{sample::Sample, *};
use crate::record::short_id;
use std::fs;

#[test]
fn a_complete_bundle_is_read_record_by_record() {
    let sample = Sample::new();
    let bundle = Bundle::open(sample.root()).unwrap();
    assert_eq!((bundle.state(), bundle.root()), (BundleState::Complete, sample.root()));
    let manifest = bundle.manifest().unwrap().unwrap();
    assert_eq!(manifest.get("step_count").and_then(Value::as_u64), Some(3));
    assert!(!manifest.contains_key("signatures"));
    assert_eq!(bundle.session().unwrap().unwrap().get("run_id").and_then(Value::as_str), Some("run_t"));
    assert_eq!(bundle.events(Some(0)).unwrap().map(Result::unwrap).count(), 2);
    assert_eq!(bundle.events(Some(1)).unwrap().count(), 0);
    assert_eq!(bundle.events(None).unwrap().count(), 1);
    assert_eq!(bundle.event_files().unwrap().flat_map(Result::unwrap).count(), 3);
    assert_eq!(bundle.reasoning().unwrap().count(), 1);
    let calls: Vec<String> = bundle.model_calls().unwrap().map(|call| call.unwrap().0).collect();
    assert_eq!(calls, ["modelio/0000-model-0.json", "modelio/run-planner-0.json"]);
    assert_eq!(bundle.side_effects().unwrap().count(), 1);
    assert!(bundle.document("outcomes.json").unwrap().is_some());
    assert!(bundle.document("nothing.json").unwrap().is_none());
}

#[test]
fn steps_come_in_the_order_of_their_indexes_with_their_other_emissions() {
    let sample = Sample::new();
    for index in [9_999_u64, 10_000, 12_345] {
        sample.document(&format!("steps/{index:04}.json"), &format!(r#"{{"step_index":{index}}}"#));
    }
    let bundle = Bundle::open(sample.root()).unwrap();
    let steps: Vec<StoredStep> = bundle.steps().unwrap().map(Result::unwrap).collect();
    assert_eq!(steps.iter().map(|step| step.index).collect::<Vec<_>>(), [0, 1, 2, 9_999, 10_000, 12_345]);
    let second = steps.get(1).unwrap();
    assert_eq!(second.path, format!("steps/0001/{}.json", short_id("run_t/step/0001")));
    assert_eq!(second.iterations, [format!("steps/0001/{}.json", short_id("run_t/step/0001/it1"))]);
    assert_eq!(second.step.get("step_iterations").and_then(Value::as_u64), Some(2));
}

#[test]
fn artifacts_come_in_path_order_without_temporary_files() {
    let sample = Sample::new();
    sample.write("steps/0003.json.tmp", b"{");
    sample.write("steps/0001-a.txt", b"x");
    let bundle = Bundle::open(sample.root()).unwrap();
    let paths: Vec<String> = bundle.artifacts().map(|artifact| artifact.unwrap().path).collect();
    assert!(paths.is_sorted() && paths.len() == 50, "{paths:?}");
    assert!(!paths.iter().any(|path| path.ends_with(".tmp")));
}

#[test]
fn a_folder_tells_the_state_of_its_run() {
    let sample = Sample::new();
    let state = || Bundle::open(sample.root()).unwrap().state();
    sample.write("incomplete", b"{}\n");
    assert_eq!(state(), BundleState::Died);
    let mark = fs::File::open(sample.path("incomplete")).unwrap();
    mark.lock().unwrap();
    assert_eq!(state(), BundleState::Recording);
    mark.unlock().unwrap();
    mark.lock_shared().unwrap();
    assert_eq!(state(), BundleState::Died, "another reader is no recorder");
    sample.remove("incomplete");
    assert_eq!(state(), BundleState::Complete);
    sample.remove("manifest.json");
    assert_eq!(state(), BundleState::Died);
    assert_eq!(Bundle::open(sample.root()).unwrap().manifest().unwrap(), None);
}

#[test]
fn what_is_no_bundle_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Bundle::open(folder.path()), Err(ReadError::NotABundle)));
    fs::write(folder.path().join("file"), "x").unwrap();
    assert!(matches!(Bundle::open(folder.path().join("file")), Err(ReadError::NotABundle)));
    assert!(Bundle::open(folder.path().join("nothing")).unwrap_err().is_not_found());
}

#[test]
fn a_torn_last_line_of_a_run_that_died_is_passed_over() {
    let sample = Sample::new();
    sample.replace("events/run.jsonl", "}\n", "}\n{\"ts\": \"2026");
    let bundle = Bundle::open(sample.root()).unwrap();
    assert_eq!(bundle.events(None).unwrap().map(Result::unwrap).count(), 1);
    sample.replace("events/run.jsonl", "{", "x{");
    assert!(bundle.events(None).unwrap().next().unwrap().is_err());
}

#[test]
fn a_damaged_step_is_an_error_and_the_next_one_is_read() {
    let sample = Sample::new();
    sample.write("steps/0000.json", b"[]\n");
    sample.write("steps/0002.json", b"{");
    sample.document("steps/0003.json", "{}");
    let bundle = Bundle::open(sample.root()).unwrap();
    let steps: Vec<Result<u64, String>> =
        bundle.steps().unwrap().map(|step| step.map(|step| step.index).map_err(|error| error.to_string())).collect();
    assert_eq!(steps.len(), 4);
    assert_eq!(
        steps.first().unwrap().as_ref().unwrap_err(),
        "steps/0000.json: holds a JSON array where an object belongs"
    );
    assert_eq!((steps.get(1), steps.get(3)), (Some(&Ok(1)), Some(&Ok(3))));
    assert!(steps.get(2).unwrap().as_ref().unwrap_err().starts_with("steps/0002.json: not valid JSON"));
}

#[test]
fn nothing_larger_than_the_bound_is_read() {
    let sample = Sample::new();
    let files = Files::with_limit(sample.root(), 100);
    sample.write("fits.json", format!("\"{}\"", "x".repeat(98)).as_bytes());
    sample.write("more.json", format!("\"{}\"", "x".repeat(99)).as_bytes());
    sample.write("lines.jsonl", format!("1\n\"{}\"\n2\n", "x".repeat(100)).as_bytes());
    assert!(files.json("fits.json").is_ok());
    assert_eq!(
        files.json("more.json").unwrap_err().to_string(),
        "more.json: larger than the 100 bytes that are read at once"
    );
    let lines: Vec<bool> = files.lines("lines.jsonl").unwrap().map(|line| line.is_ok()).collect();
    assert_eq!(lines, [true, false]);
}

#[cfg(unix)]
#[test]
fn paths_never_lead_out_of_the_bundle() {
    use std::os::unix::fs::symlink;
    let sample = Sample::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.json"), "{}\n").unwrap();
    symlink(outside.path(), sample.path("way")).unwrap();
    symlink(outside.path().join("a.json"), sample.path("steps/0003.json")).unwrap();
    symlink(outside.path().join("nothing"), sample.path("dangling")).unwrap();
    let files = Files::new(sample.root());
    let absolute = outside.path().join("a.json").to_str().unwrap().to_owned();
    for path in
        ["way/a.json", "../a.json", absolute.as_str(), "steps/../../x", "", "steps/0003.json", "steps", "dangling"]
    {
        assert!(files.read(path).is_err(), "{path}");
    }
    for path in ["way/a.json", "..", absolute.as_str(), ""] {
        assert_eq!(files.kind(path), None, "{path}");
    }
    assert_eq!(files.kind("dangling"), Some(Kind::Link));
    let bundle = Bundle::open(sample.root()).unwrap();
    assert_eq!(bundle.steps().unwrap().map(Result::unwrap).count(), 3);
    assert!(bundle.artifacts().all(|artifact| !artifact.unwrap().path.starts_with("way")));
}
