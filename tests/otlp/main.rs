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

use std::{path::Path, time::Duration};
use support::child;
use tracing_augur::{Guard, run_span, step_span};

const PATIENCE: Duration = Duration::from_secs(20);
/// An agent of one run with one step, named like its run.
const SPANS: usize = 2;

/// Lets a test be an agent, if it is its turn: `true`, and the test is over.
fn is_agent(work: impl FnOnce(&Guard)) -> bool {
    if !child::is_child() {
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
    let own = [("AUGUR_DIR", root.to_str().unwrap()), ("AUGUR_CAPTURE_MODE", "full")];
    child::said(&test, &[&own[..], settings].concat(), 2 * PATIENCE)
}

/// The settings of an agent that sends to an endpoint.
fn to(endpoint: &str) -> Vec<(&str, &str)> {
    vec![("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("AUGUR_VERBOSE", "1")]
}
