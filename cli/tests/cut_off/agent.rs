//! An agent that records until it is cut off, and what is then found.

use crate::support;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tracing_augur::record::{Value, parse};

/// Records through `augur record` until `cut` ends that after `life`; returns what was acknowledged.
pub fn record_until_cut(
    bundle: &Path,
    arguments: &[&str],
    life: Duration,
    cut: impl FnOnce(&mut Child),
) -> Vec<String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_augur"))
        .arg("record")
        .args(arguments)
        .args(["--out", bundle.to_str().unwrap(), "-"])
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
                // Once the disk is gone, nothing can be recorded, and the recorder says so.
                Some(Ok(reply)) if reply.contains("\"error\"") && acknowledged.is_empty() => panic!("{reply}"),
                _ => break,
            }
            let _ = opened.send(());
        }
        acknowledged
    });
    is_open.recv().expect("the run is open");
    std::thread::sleep(life);
    cut(&mut child);
    let _ = child.kill();
    child.wait().unwrap();
    feeder.join().unwrap()
}

/// How long each agent lives: the same in every run, and all over the first steps.
pub fn lives() -> impl Iterator<Item = Duration> {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(move || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros(random >> 49)
    })
}

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

/// Every step on disk as `id=status`; each file must be whole.
pub fn steps_on_disk(bundle: &Path) -> Vec<String> {
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
