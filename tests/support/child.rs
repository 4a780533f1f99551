//! A test once more, in a process of its own: what belongs to a process, and what comes from its environment, is tested so.

use std::{
    fs,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Set in a child: there the test does what its parent then judges.
const CHILD: &str = "AUGUR_TEST_CHILD";

pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs a test of this file again with these settings and no others, for at most `limit`.
pub fn child(test: &str, settings: &[(&str, &str)], limit: Duration) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for (name, _) in std::env::vars_os() {
        let is_setting = |name: &str| name.starts_with("OTEL_") || name.starts_with("AUGUR_") || name == "RUST_LOG";
        if name.to_str().is_some_and(is_setting) {
            command.env_remove(name);
        }
    }
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(CHILD, "1");
    let output = tempfile::NamedTempFile::new().unwrap();
    command.envs(settings.iter().copied()).stdout(Stdio::null()).stderr(output.reopen().unwrap());
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > limit => {
                child.kill().unwrap();
                panic!("{test} hangs");
            }
            None => thread::sleep(Duration::from_millis(10)),
        }
    };
    Output { status, stdout: Vec::new(), stderr: fs::read(output.path()).unwrap() }
}

/// A child that has to succeed; returns what it said.
pub fn said(test: &str, settings: &[(&str, &str)], limit: Duration) -> String {
    let output = child(test, settings, limit);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{test}: {said}");
    said
}
