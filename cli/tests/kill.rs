//! `kill -9` at random moments of `augur record`: no acknowledged step is missing, every bundle can be read, and every one
//! is valid once it was recovered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../tests/support/mod.rs"]
mod support;

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use tracing_augur::{
    bundle::{recover, validate},
    record::{Value, parse},
};

const KILLS: u32 = 200;

/// The operations of an agent that takes steps until it is killed: pictures, events, model calls, some iterations.
fn operations(run_id: &str) -> impl Iterator<Item = (Option<String>, String)> + use<> {
    let run_id = run_id.to_owned();
    let open = format!(
        r#"{{"op": "open", "args": {{"run_id": "{run_id}", "client_name": "kill-test", "capture_mode": "full", "tags": {{"a": "b"}}}}}}"#
    );
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
    let steps = (0..).flat_map(move |index: u32| {
        let mut lines = vec![
            (None, format!(r#"{{"op": "attach_observation", "args": {{"step_index": {index}, "kind": "pre", "png_bytes": {{"$base64": "{png}"}}}}}}"#)),
            (None, format!(r#"{{"op": "record_event", "args": {{"event": {{"ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": "step {index}", "step_index": {index}}}}}}}"#)),
            (None, format!(r#"{{"op": "record_modelio", "args": {{"step_index": {index}, "record": {{"request": {{"model": "m"}}, "response": {{"text": "{}"}}}}}}}}"#, "x".repeat(500))),
            step(&run_id, index, "", "running"),
            step(&run_id, index, "", "succeeded"),
        ];
        if index % 5 == 4 {
            lines.push(step(&run_id, index, "/again", "failed"));
        }
        lines
    });
    std::iter::once((None, open)).chain(steps)
}

/// A step, and the id and state under which it must be found once it was acknowledged.
fn step(run_id: &str, index: u32, suffix: &str, status: &str) -> (Option<String>, String) {
    let id = format!("{run_id}/step/{index:04}{suffix}");
    let observation = if suffix.is_empty() {
        format!(r#", "observation_pre": "screenshots/{index:04}_pre.png""#)
    } else {
        String::new()
    };
    let line = format!(
        r#"{{"op": "record_step", "args": {{"step": {{"step_id": "{id}", "step_index": {index}, "step_type": "click", "status": "{status}", "started_at": "2026-01-01T00:00:00Z", "intent": "{}"{observation}}}}}}}"#,
        "an intent of some length ".repeat(40),
    );
    ((status != "running").then(|| format!("{id}={status}")), line)
}

/// Records until it is killed after `life`; returns what was acknowledged.
fn record_until_killed(bundle: &Path, life: Duration) -> Vec<String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_augur"))
        .args(["record", "--out", bundle.to_str().unwrap(), "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut replies = BufReader::new(child.stdout.take().unwrap()).lines();
    let name = bundle.file_name().unwrap().to_str().unwrap().to_owned();
    let (opened, is_open) = std::sync::mpsc::channel();
    let feeder = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for (id, line) in operations(&name) {
            if writeln!(input, "{line}").is_err() {
                break;
            }
            match replies.next() {
                Some(Ok(reply)) if reply.contains("\"ok\"") => acknowledged.extend(id),
                Some(Ok(reply)) if reply.ends_with('}') => panic!("{reply}"),
                _ => break,
            }
            let _ = opened.send(());
        }
        acknowledged
    });
    is_open.recv().expect("the run is open");
    std::thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
    feeder.join().unwrap()
}

#[test]
fn no_acknowledged_step_is_lost_to_a_kill() {
    let root = support::bundles("killed");
    // Moments from a linear congruential generator: the same in every run, and all over the first steps.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut acknowledged_in_all = 0;
    for kill in 0..KILLS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bundle = root.join(format!("run-{kill}"));
        let acknowledged = record_until_killed(&bundle, Duration::from_micros(random >> 49));
        acknowledged_in_all += acknowledged.len();
        let found = steps_on_disk(&bundle);
        for step in &acknowledged {
            assert!(found.contains(step), "kill {kill}: {step} was acknowledged and is not on disk");
        }
        recover(&bundle).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        let report = validate(&bundle);
        assert!(report.is_valid(), "kill {kill}: {:?}", report.problems);
        let trace = support::json(bundle.join("trace.json"));
        assert_eq!(support::text(&trace, "session.status"), "halted");
        assert!(
            support::at(&trace, "steps")
                .as_array()
                .unwrap()
                .iter()
                .all(|step| support::text(step, "status") != "running")
        );
        let after = steps_on_disk(&bundle);
        for step in &acknowledged {
            assert!(after.contains(step), "kill {kill}: {step} was lost by the recovery");
        }
    }
    assert!(acknowledged_in_all > KILLS as usize, "the kills came before anything was recorded: {acknowledged_in_all}");
}

/// Every step on disk as `id=status`; each file must be whole.
fn steps_on_disk(bundle: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![bundle.join("steps")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let step: Value =
                    parse(&std::fs::read(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                found.push(format!("{}={}", support::text(&step, "step_id"), support::text(&step, "status")));
            }
        }
    }
    found
}
