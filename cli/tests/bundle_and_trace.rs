//! One run, two exits: what is on disk and what a real collector and a real Jaeger have of it is the same run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "bundle_and_trace/browser.rs"]
mod browser;
#[path = "../../tests/real_parts/mod.rs"]
mod real_parts;
#[path = "../../tests/support/mod.rs"]
mod support;

use real_parts::{CollectedSpan, Collector, Jaeger};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use support::{all_bytes, at, bundles, contains, json, lines, text};
use tracing_augur::record::{Timestamp, Value};

/// The shape is that of a password in a text; nothing of it may be found anywhere.
const PLANTED: &str = "Tr0ub4dor-canary-7431";
const PATIENCE: Duration = Duration::from_secs(20);

fn example(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_augur")).parent().unwrap();
    let program = target.join("examples").join(name);
    assert!(program.exists(), "{} is missing; `scripts/test` builds the examples first", program.display());
    program
}

/// Runs a program with OTLP on and returns the one bundle that it left.
fn run(command: &mut Command, root: &Path, collector: &Collector) -> PathBuf {
    let output = command
        .env("AUGUR_DIR", root)
        .env("AUGUR_CAPTURE_MODE", "full")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.http_endpoint())
        .env("RUST_LOG", "warn")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(!out.contains(PLANTED) && !err.contains(PLANTED), "the planted secret was printed: {out}\n{err}");
    let mut found: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// Holds every step, model call and tool of a bundle against the trace, and the trace against Jaeger.
fn compare(bundle: &Path, collector: &Collector, jaeger: &Jaeger) {
    let links = lines(bundle.join("otel/links.jsonl"));
    let trace = json(bundle.join("trace.json"));
    let run_id = text(&trace, "session.run_id");
    let collected = collected(collector, &links);
    let trace_ids: Vec<&str> = links.iter().map(|link| text(link, "trace_id")).collect();
    assert!(trace_ids.windows(2).all(|pair| pair[0] == pair[1]), "one run is one trace: {trace_ids:?}");
    let spans: BTreeMap<&str, &CollectedSpan> = collected
        .iter()
        .filter(|span| span.trace_id == trace_ids[0])
        .map(|span| (span.span_id.as_str(), span))
        .collect();
    for link in &links {
        let span = spans.get(text(link, "span_id")).unwrap_or_else(|| panic!("no span for {link}"));
        assert_eq!(span.name, text(link, "name"));
        assert_eq!(span.attributes["augur.run.id"], run_id);
        assert_eq!(
            span.attributes.get("augur.step.index").and_then(|index| index.as_u64()),
            at(link, "step_index").as_u64()
        );
        for (time, at_collector) in [("started_at", span.start_ns), ("ended_at", span.end_ns)] {
            let ours = Timestamp::parse(text(link, time)).unwrap().as_micros();
            let apart = (ours - i64::try_from(at_collector / 1000).unwrap()).abs();
            assert!(apart <= 1000, "{time} of {} is {apart} µs apart", span.name);
        }
        if let Some(path) = at(link, "model_call").as_str() {
            let call = json(bundle.join(path));
            for (ours, theirs) in [
                ("prompt_tokens", "gen_ai.usage.input_tokens"),
                ("completion_tokens", "gen_ai.usage.output_tokens"),
                ("cache_hit_tokens", "gen_ai.usage.cache_read.input_tokens"),
            ] {
                let count = at(&call, &format!("response.usage.{ours}")).as_u64();
                assert_eq!(count, span.attributes.get(theirs).and_then(|count| count.as_u64()), "{theirs} of {path}");
            }
        }
    }
    compare_steps(&trace, &links, &spans);
    compare_records(bundle, collector, &spans);
    let in_jaeger = jaeger.wait_for_trace(trace_ids[0], spans.len(), PATIENCE);
    let mut tree: Vec<_> = in_jaeger.iter().map(|span| (&span.span_id, &span.parent_span_id, &span.name)).collect();
    let mut expected: Vec<_> = spans.values().map(|span| (&span.span_id, &span.parent_span_id, &span.name)).collect();
    tree.sort();
    expected.sort();
    assert_eq!(tree, expected);
}

/// The spans of the collector, once every span that the bundle links has arrived there.
fn collected(collector: &Collector, links: &[Value]) -> Vec<CollectedSpan> {
    let mut wanted = links.len();
    loop {
        let spans = collector.wait_for_spans(wanted, PATIENCE);
        if links.iter().all(|link| spans.iter().any(|span| span.span_id == text(link, "span_id"))) {
            return spans;
        }
        // Spans that are no part of the run came first.
        wanted = spans.len() + 1;
    }
}

/// Holds the log records against the events and log lines of a bundle: each left once, and in a span of the run.
fn compare_records(bundle: &Path, collector: &Collector, spans: &BTreeMap<&str, &CollectedSpan>) {
    let files =
        |folder: &str| std::fs::read_dir(bundle.join(folder)).into_iter().flatten().map(|file| file.unwrap().path());
    let mut summaries: Vec<String> = files("events")
        .filter(|file| !file.ends_with("reasoning.jsonl"))
        .flat_map(lines)
        .map(|event| text(&event, "summary").to_owned())
        .collect();
    let written: usize = files("logs").map(|file| std::fs::read_to_string(file).unwrap().lines().count()).sum();
    let begun = std::time::Instant::now();
    let records = loop {
        let records = collector.log_records();
        if records.len() >= summaries.len() + written || begun.elapsed() > PATIENCE {
            break records;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let (events, logged): (Vec<_>, Vec<_>) =
        records.iter().partition(|record| record.attributes.contains_key("augur.layer"));
    let mut bodies: Vec<String> = events.iter().map(|record| record.body.as_str().unwrap().to_owned()).collect();
    bodies.sort();
    summaries.sort();
    assert_eq!(bodies, summaries);
    assert_eq!(logged.len(), written);
    for record in &records {
        assert!(!record.event_name.is_empty(), "{record:?}");
        // What an agent says when it begins comes before its span is settled.
        let in_span = spans.contains_key(record.span_id.as_str());
        assert!(in_span || record.span_id.is_empty() && record.attributes["augur.layer"] == "runner", "{record:?}");
    }
}

fn compare_steps(trace: &Value, links: &[Value], spans: &BTreeMap<&str, &CollectedSpan>) {
    let steps = at(trace, "steps").as_array().unwrap();
    let mut starts = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let of_step = |link: &&Value| at(link, "step_index").as_u64() == Some(index as u64);
        let members: Vec<&CollectedSpan> =
            links.iter().filter(of_step).map(|link| spans[text(link, "span_id")]).collect();
        assert!(!members.is_empty(), "no span of step {index}");
        let failed = members
            .iter()
            .any(|span| span.attributes.get("augur.step.status").is_some_and(|status| status == "failed"));
        assert_eq!(text(step, "status") == "failed", failed, "status of step {index}");
        let first = members.iter().map(|span| span.start_ns).min().unwrap();
        let ours = Timestamp::parse(text(step, "started_at")).unwrap().as_micros();
        assert!((ours - i64::try_from(first / 1000).unwrap()).abs() <= 1000, "start of step {index}");
        starts.push(first);
        for (path, attribute) in [
            ("verdict.status", "augur.verdict.status"),
            ("failure_class", "augur.step.failure_class"),
            ("intent", "augur.step.intent"),
        ] {
            let theirs: Vec<&str> =
                members.iter().filter_map(|span| span.attributes.get(attribute)?.as_str()).collect();
            if let Some(last) = theirs.last() {
                assert_eq!(text(step, path), *last, "{path} of step {index}");
            }
        }
    }
    assert!(starts.is_sorted(), "the steps are in the order of their spans");
}

#[test]
fn a_rig_agent_is_the_same_run_on_disk_in_the_collector_and_in_jaeger() {
    let jaeger = Jaeger::start();
    let mut collector = Collector::start_with_jaeger(&jaeger);
    let root = bundles("rig_agent");
    let scratch = tempfile::tempdir().unwrap();
    let server_log = scratch.path().join("server.jsonl");
    let mut command = Command::new(example("rig_agent"));
    let bundle =
        run(command.env("RIG_AGENT_SERVER_LOG", &server_log).env("RIG_AGENT_PLANT", PLANTED), &root, &collector);
    compare(&bundle, &collector, &jaeger);
    compare_with_server(&bundle, &lines(&server_log));
    collector.stop();
    assert!(contains(&std::fs::read(&server_log).unwrap(), PLANTED.as_bytes()), "the secret was planted");
    assert!(!contains(&all_bytes(&bundle), PLANTED.as_bytes()), "the secret is in the bundle");
    assert!(!contains(&collector.raw_bytes(), PLANTED.as_bytes()), "the secret is in the trace");
}

/// The model calls and tool steps are what the model's own server saw.
fn compare_with_server(bundle: &Path, exchanges: &[Value]) {
    let trace = json(bundle.join("trace.json"));
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), exchanges.len(), "a step for every model call");
    for (index, exchange) in exchanges.iter().enumerate() {
        let call = json(bundle.join(format!("modelio/{index:04}-model-0.json")));
        let step = at(&trace, &format!("steps.{index}"));
        assert_eq!(text(&call, "request.model"), text(exchange, "request.model"));
        assert_eq!(at(&call, "request.tools"), at(exchange, "request.tools"));
        let message = at(exchange, "response.choices.0.message");
        assert_eq!(text(&call, "response.text"), text(message, "content"));
        for (ours, theirs) in [("prompt_tokens", "prompt_tokens"), ("completion_tokens", "completion_tokens")] {
            assert_eq!(at(&call, &format!("response.usage.{ours}")), at(exchange, &format!("response.usage.{theirs}")));
        }
        let asked = at(message, "tool_calls").as_array().unwrap_or_default();
        let recorded = at(&call, "response.tool_calls").as_array().unwrap_or_default();
        assert_eq!(asked.len(), recorded.len());
        for (asked, recorded) in asked.iter().zip(recorded) {
            assert_eq!(text(asked, "id"), text(recorded, "id"));
            assert_eq!(text(asked, "function.name"), text(recorded, "name"));
            let plain =
                text(asked, "function.arguments").replace(&format!("password={PLANTED}"), "***REDACTED:password_kv***");
            let arguments = tracing_augur::record::parse(plain.as_bytes()).unwrap();
            assert_eq!(&arguments, at(recorded, "arguments"));
        }
        match asked.first() {
            Some(first) => {
                assert_eq!(text(step, "step_type"), "tool");
                assert_eq!(text(step, "action.type"), text(first, "function.name"));
                assert_eq!(at(step, "action.params"), at(&recorded[0], "arguments"));
            }
            None => assert_eq!(text(step, "step_type"), "message"),
        }
        assert_eq!(at(step, "costs.tokens_in"), at(exchange, "response.usage.prompt_tokens"));
    }
}

/// Chromium and ChromeDriver must be there; `scripts/browser` installs them.
#[test]
fn an_agent_at_a_real_browser_is_the_same_run_on_disk_in_the_collector_and_in_jaeger() {
    let jaeger = Jaeger::start();
    let mut collector = Collector::start_with_jaeger(&jaeger);
    let root = bundles("browser_agent");
    let scratch = tempfile::tempdir().unwrap();
    let server_log = scratch.path().join("server.jsonl");
    let mut command = Command::new(example("browser_agent"));
    command.env("BROWSER_AGENT_SERVER_LOG", &server_log).env("BROWSER_AGENT_PASSWORD", PLANTED);
    let bundle = run(&mut command, &root, &collector);
    browser::check(&bundle, &lines(&server_log));
    compare(&bundle, &collector, &jaeger);
    let judged = Command::new(env!("CARGO_BIN_EXE_augur")).arg("validate").arg(&bundle).output().unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stdout));
    collector.stop();
    assert!(contains(&std::fs::read(&server_log).unwrap(), PLANTED.as_bytes()), "the password was typed");
    assert!(!contains(&all_bytes(&bundle), PLANTED.as_bytes()), "the password is in the bundle");
    assert!(!contains(&collector.raw_bytes(), PLANTED.as_bytes()), "the password is in the trace");
    browser::draw_contact_sheet(&example("contact_sheet"), &bundle);
}

#[test]
fn the_demo_is_the_same_run_on_disk_in_the_collector_and_in_jaeger() {
    let jaeger = Jaeger::start();
    let collector = Collector::start_with_jaeger(&jaeger);
    let root = bundles("demo_with_collector");
    let bundle = run(Command::new(env!("CARGO_BIN_EXE_augur")).arg("demo"), &root, &collector);
    compare(&bundle, &collector, &jaeger);
    let trace = json(bundle.join("trace.json"));
    let statuses: Vec<&str> = at(&trace, "steps").as_array().unwrap().iter().map(|step| text(step, "status")).collect();
    assert!(statuses.contains(&"failed"), "{statuses:?}");
    assert_eq!(text(&trace, "session.status"), "succeeded");
}
