//! A collector that is down, hangs or answers nonsense changes nothing about the agent and nothing about its bundle.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../tests/support/mod.rs"]
mod support;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};
use support::{bundles, json, text};

/// The rig agent runs on a current-thread runtime: what stalls it stalls everything.
fn agent(root: &Path, endpoint: Option<&str>) -> (Output, Duration) {
    let program = Path::new(env!("CARGO_BIN_EXE_augur")).parent().unwrap().join("examples/rig_agent");
    assert!(program.exists(), "{} is missing; `scripts/test` builds the examples first", program.display());
    let mut command = Command::new(program);
    command.env("AUGUR_DIR", root).env("AUGUR_CAPTURE_MODE", "trace").env("RUST_LOG", "warn");
    if let Some(endpoint) = endpoint {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
    }
    let begun = Instant::now();
    (command.output().unwrap(), begun.elapsed())
}

/// A server that does to every connection what `behave` says.
fn server(behave: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || behave(connection));
        }
    });
    endpoint
}

fn hang(mut connection: TcpStream) {
    let mut buffer = [0; 4096];
    while connection.read(&mut buffer).is_ok_and(|length| length > 0) {}
}

fn garbage(mut connection: TcpStream) {
    let _ = connection.write_all(b"I am no collector\r\n\r\n");
}

#[test]
fn the_agent_and_its_bundle_are_the_same_with_a_dead_collector() {
    let root = bundles("dead_collector");
    let (well, _) = agent(&root.join("none"), None);
    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for (name, endpoint) in [("refused", refused), ("hangs", server(hang)), ("garbage", server(garbage))] {
        let (output, took) = agent(&root.join(name), Some(&endpoint));
        assert!(output.status.success(), "{name}");
        assert_eq!(output.stdout, well.stdout, "{name}");
        // The guard's deadline is 5 s; the rest is the agent itself, in a debug build.
        assert!(took < Duration::from_secs(10), "{name} took {took:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("OTLP: ") && said.contains("127.0.0.1:"), "{name}: what was lost is told: {said}");
        let bundle = std::fs::read_dir(root.join(name)).unwrap().next().unwrap().unwrap().path();
        assert_eq!(text(&json(bundle.join("trace.json")), "session.status"), "succeeded", "{name}");
    }
}
