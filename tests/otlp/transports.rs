//! The ways in which requests are put: over HTTP/1.1 and as gRPC, plain and compressed.

use super::{PATIENCE, SPANS, agent, is_agent, one_step, real_parts::Collector, support::bundles, to};

/// A protocol, and where a collector listens for it.
fn protocols(collector: &Collector) -> Vec<(&'static str, String)> {
    let mut protocols = vec![("http/protobuf", collector.http_endpoint())];
    if cfg!(feature = "otlp-grpc") {
        protocols.push(("grpc", collector.grpc_endpoint()));
    }
    protocols
}

#[test]
fn every_protocol_brings_the_spans_plain_and_compressed_and_with_headers() {
    if is_agent(one_step) {
        return;
    }
    let root = bundles("otlp_transports");
    let collector = Collector::start();
    let mut expected = 0;
    for (protocol, endpoint) in protocols(&collector) {
        for compression in ["none", "gzip"] {
            let folder = root.join(format!("{}-{compression}", protocol.replace('/', "-")));
            let settings = [
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_COMPRESSION", compression),
                ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue%20team"),
            ];
            let said = agent(&folder, &[&to(&endpoint)[..], &settings].concat());
            assert!(said.contains("OTLP: 2 of 2 spans sent"), "{protocol} {compression}: {said}");
            expected += SPANS;
            let spans = collector.wait_for_spans(expected, PATIENCE);
            assert_eq!(spans.len(), expected, "{protocol} {compression}");
            let step = spans.iter().rev().find(|span| span.name == "click").unwrap();
            assert_eq!(step.attributes["augur.verdict.status"], "passed");
        }
    }
}

#[cfg(feature = "otlp-grpc")]
#[test]
fn grpc_needs_no_scheme_where_the_environment_says_that_nothing_is_encrypted() {
    if is_agent(one_step) {
        return;
    }
    let collector = Collector::start();
    let endpoint = collector.grpc_endpoint();
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.strip_prefix("http://").unwrap()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
        ("AUGUR_VERBOSE", "1"),
    ];
    let said = agent(&bundles("otlp_grpc_insecure"), &settings);
    assert!(said.contains("OTLP: 2 of 2 spans sent"), "{said}");
    assert_eq!(collector.wait_for_spans(SPANS, PATIENCE).len(), SPANS);
}

/// The agents that are most easily stalled: one on a runtime of a single thread, and one without any.
#[cfg(feature = "otlp-grpc")]
#[test]
fn grpc_needs_no_runtime_of_the_agents_and_stalls_none() {
    let work = |guard: &tracing_augur::Guard| {
        if std::env::var_os("AUGUR_TEST_RUNTIME").is_none() {
            return one_step(guard);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            one_step(guard);
            let begun = std::time::Instant::now();
            let report = guard.flush();
            assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{report}");
        });
    };
    if is_agent(work) {
        return;
    }
    let root = bundles("otlp_grpc_runtimes");
    for (name, runtime) in [("none", &[][..]), ("current", &[("AUGUR_TEST_RUNTIME", "1")])] {
        let collector = Collector::start();
        let endpoint = collector.grpc_endpoint();
        let protocol = [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
        let said = agent(&root.join(name), &[&to(&endpoint)[..], &protocol, runtime].concat());
        assert!(said.contains("OTLP: 2 of 2 spans sent"), "{name}: {said}");
        assert_eq!(collector.wait_for_spans(SPANS, PATIENCE).len(), SPANS, "{name}");
    }
}

#[cfg(feature = "otlp-grpc")]
#[test]
fn what_is_no_collector_is_named_with_the_reason() {
    use std::{io::Write, net::TcpListener};
    if is_agent(one_step) {
        return;
    }
    let collector = Collector::start();
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let nonsense = format!("http://{}", other.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in other.incoming().flatten() {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
        }
    });
    let root = bundles("otlp_grpc_strangers");
    for (name, endpoint, reason) in [
        ("refused", nobody, "Connection refused"),
        ("nonsense", nonsense, "127.0.0.1:"),
        ("http", collector.http_endpoint(), "127.0.0.1:"),
    ] {
        let settings = [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ];
        let said = agent(&root.join(name), &[&to(&endpoint)[..], &settings].concat());
        let told = said.lines().find(|line| line.starts_with("report: ")).unwrap();
        assert!(told.contains("0 of 2 spans sent, 2 failed: 127.0.0.1:") && told.contains(reason), "{name}: {told}");
    }
}
