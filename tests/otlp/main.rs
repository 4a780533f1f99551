//! OTLP as an agent's environment asks for it, against the real collector. Settings come from the environment, so each agent is
//! this program again, in a process of its own.
#![cfg(feature = "otlp")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

#[cfg(feature = "otlp-tls")]
mod certificates;
mod environment;
mod limits;
#[path = "../real_parts/mod.rs"]
mod real_parts;
mod records;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "otlp-tls")]
mod tls;
mod transports;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tracing_augur::{Guard, run_span, step_span};

/// Set in a child: there the test is the agent.
const CHILD: &str = "AUGUR_TEST_CHILD";
const PATIENCE: Duration = Duration::from_secs(20);
/// An agent of one run with one step, named like its run.
const SPANS: usize = 2;

/// Lets a test be an agent, if it is its turn: `true`, and the test is over.
fn is_agent(work: impl FnOnce(&Guard)) -> bool {
    if std::env::var_os(CHILD).is_none() {
        return false;
    }
    match tracing_augur::init("agent") {
        Ok(guard) => {
            work(&guard);
            eprintln!("report: {}", guard.shutdown(PATIENCE));
        }
        Err(refused) => eprintln!("init: {refused}"),
    }
    true
}

/// What most agents here do.
fn one_step(_: &Guard) {
    let _run = run_span!("checkout").entered();
    step_span!("click", augur.verdict.status = "passed").in_scope(|| {});
}

/// Runs the test that calls this again, as the agent, and returns what it said.
fn agent(root: &Path, settings: &[(&str, &str)]) -> String {
    let test = std::thread::current().name().unwrap().to_owned();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &test, "--nocapture", "--test-threads=1"]).env(CHILD, "1");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("OTEL_") || name.starts_with("AUGUR_") && name != CHILD) {
            command.env_remove(name);
        }
    }
    command.env("AUGUR_DIR", root).env("AUGUR_CAPTURE_MODE", "full");
    let output = tempfile::NamedTempFile::new().unwrap();
    command.envs(settings.iter().copied()).stdout(Stdio::null()).stderr(output.reopen().unwrap());
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if begun.elapsed() > 2 * PATIENCE => {
                child.kill().unwrap();
                panic!("{test} hangs");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let said = fs::read_to_string(output.path()).unwrap();
    assert!(status.success(), "{said}");
    said
}

/// The settings of an agent that sends to an endpoint.
fn to(endpoint: &str) -> Vec<(&str, &str)> {
    vec![("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("AUGUR_VERBOSE", "1")]
}
