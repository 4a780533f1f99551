//! Decision events, log lines and late facts as log records.

use super::{
    agent, is_agent,
    real_parts::{CollectedRecord, CollectedSpan, Collector},
    support::bundles,
    to,
};
use serde_json::json;
use std::{fs, path::Path};
use tracing::{error, info, info_span};
use tracing_augur::{Guard, decision, run_span, step_span};

/// What the agent must keep to itself; the shape is that of a password in a text.
const PLANTED: &str = "Tr0ub4dor-canary-7431";

/// An agent that says something in every way.
fn talkative(_: &Guard) {
    let _run = run_span!("checkout").entered();
    let step = step_span!("click");
    step.in_scope(|| {
        decision!(Grounding, Decision, "took the first", candidates = 2_u64, note = format!("password={PLANTED}"));
        info!(items = 3_u64, password = PLANTED, "cart opened");
        info!(name: "cart.checked", total = 12.5, "cart checked");
        info_span!("lookup", peer = "shop").in_scope(|| error!(code = "E17", "the shop did not answer"));
        tracing::event!(
            name: "gen_ai.evaluation.result",
            tracing::Level::INFO,
            { "gen_ai.evaluation.name" = "fit", "gen_ai.evaluation.score.value" = 0.5, "gen_ai.evaluation.score.label" = "pass",
            "gen_ai.evaluation.explanation" = "fits well" }
        );
        info!(augur.layer = "dispatch", augur.kind = "info", "pressed the button");
    });
    drop(step);
    info!(
        augur.step_index = 0_u64,
        augur.verdict.status = "failed",
        augur.verdict.reason = format!("password={PLANTED}")
    );
}

/// What reached a collector of such an agent.
fn sent(folder: &Path, settings: &[(&str, &str)]) -> (Vec<CollectedRecord>, Vec<CollectedSpan>, Vec<u8>, String) {
    let mut collector = Collector::start();
    let said = agent(folder, &[&to(&collector.http_endpoint())[..], settings].concat());
    // In order: what it had accepted is then in its file.
    collector.stop();
    (collector.log_records(), collector.traces(), collector.raw_bytes(), said)
}

fn by_body<'r>(records: &'r [CollectedRecord], body: &str) -> &'r CollectedRecord {
    let found = records.iter().find(|record| record.body == body);
    found.unwrap_or_else(|| panic!("no record says {body:?}: {records:#?}"))
}

#[test]
fn what_is_decided_and_said_leaves_with_a_name_in_the_span_that_it_was_said_in() {
    if is_agent(talkative) {
        return;
    }
    let root = bundles("otlp_records");
    let (records, spans, raw, said) = sent(&root, &[]);
    let span = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let error = [("code", json!("E17"))];
    for (body, name, severity, place, attributes) in [
        (
            "took the first",
            "augur.event",
            9,
            "click",
            &[("augur.layer", json!("grounding")), ("augur.kind", json!("decision")), ("candidates", json!(2))][..],
        ),
        ("cart opened", "augur.log", 9, "click", &[("items", json!(3)), ("target", json!("otlp::records"))]),
        ("cart checked", "cart.checked", 9, "click", &[("total", json!(12.5))]),
        ("the shop did not answer", "augur.event", 17, "lookup", &error),
    ] {
        let record = by_body(&records, body);
        assert_eq!((record.event_name.as_str(), record.severity), (name, severity), "{body}");
        let span = span(place);
        assert_eq!((&record.trace_id, &record.span_id), (&span.trace_id, &span.span_id), "{body}");
        assert!((span.start_ns..=span.end_ns).contains(&record.time_ns), "{body}");
        for (key, value) in
            attributes.iter().chain([&("augur.run.id", json!("checkout")), &("augur.step.index", json!(0))])
        {
            assert_eq!(record.attributes.get(*key), Some(value), "{key} of {body}");
        }
        assert_eq!(record.resource["service.name"], "agent");
    }
    let evaluation = records.iter().find(|record| record.event_name == "gen_ai.evaluation.result").unwrap();
    for (key, value) in [("name", json!("fit")), ("score.value", json!(0.5)), ("explanation", json!("fits well"))] {
        assert_eq!(evaluation.attributes[&format!("gen_ai.evaluation.{key}")], value);
    }
    assert!(!String::from_utf8_lossy(&raw).contains(PLANTED), "the secret left");
    assert!(said.contains(&format!("{0} of {0} log records sent", records.len())), "{said}");
    let files =
        ["events", "logs"].into_iter().flat_map(|folder| fs::read_dir(root.join("checkout").join(folder)).unwrap());
    let lines: usize = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap().lines().count()).sum();
    let late = records.iter().filter(|record| record.event_name == "augur.late_fact").count();
    assert_eq!((records.len() - late, late), (lines, 1), "what is in the bundle left, and nothing else");
}

#[test]
fn what_is_said_of_a_step_after_its_span_left_leaves_in_the_context_of_that_span() {
    if is_agent(talkative) {
        return;
    }
    let (records, spans, ..) = sent(&bundles("otlp_late"), &[]);
    let step = spans.iter().find(|span| span.name == "click").unwrap();
    let late = records.iter().find(|record| record.event_name == "augur.late_fact").unwrap();
    assert_eq!((&late.trace_id, &late.span_id), (&step.trace_id, &step.span_id));
    assert!(late.time_ns >= step.end_ns);
    assert_eq!(late.body, "said of step 0 after its span had left");
    let about: Vec<_> = late.attributes.iter().filter(|(key, _)| key.starts_with("augur.")).collect();
    let expected = [
        ("augur.run.id", json!("checkout")),
        ("augur.step.index", json!(0)),
        ("augur.verdict.reason", json!("***REDACTED:password_kv***")),
        ("augur.verdict.status", json!("failed")),
    ];
    assert_eq!(about.len(), expected.len(), "{about:?}");
    for ((key, value), (name, said)) in about.iter().zip(&expected) {
        assert_eq!((key.as_str(), *value), (*name, said));
    }
}

#[test]
fn the_mode_says_which_records_leave_and_what_they_say() {
    if is_agent(talkative) {
        return;
    }
    let root = bundles("otlp_record_modes");
    for (mode, events, explained, dispatched, late) in [
        ("off", false, false, false, &[][..]),
        ("metadata", false, false, false, &[]),
        ("trace", true, false, false, &["run.id", "step.index", "verdict.reason", "verdict.status"]),
        ("model_io", true, true, false, &["run.id", "step.index", "verdict.reason", "verdict.status"]),
        ("full", true, true, true, &["run.id", "step.index", "verdict.reason", "verdict.status"]),
    ] {
        let (records, _, raw, _) = sent(&root.join(mode), &[("AUGUR_CAPTURE_MODE", mode)]);
        let has = |body: &str| records.iter().any(|record| record.body == body);
        assert_eq!((has("took the first"), has("cart opened")), (events, events), "{mode}");
        assert_eq!(has("pressed the button"), dispatched, "{mode}");
        let text = serde_json::to_string(&records.iter().map(|record| &record.attributes).collect::<Vec<_>>()).unwrap();
        assert_eq!(text.contains("fits well"), explained, "{mode}");
        let said = records.iter().find(|record| record.event_name == "augur.late_fact");
        let said = said.into_iter().flat_map(|record| record.attributes.keys());
        let said: Vec<_> = said.filter_map(|key| key.strip_prefix("augur.")).collect();
        assert_eq!(said, late, "{mode}");
        assert!(!String::from_utf8_lossy(&raw).contains(PLANTED), "the secret left");
    }
}

#[test]
fn records_leave_without_spans_and_spans_without_records() {
    if is_agent(talkative) {
        return;
    }
    let root = bundles("otlp_one_signal");
    for (folder, settings, spans, records) in [
        ("spans", &[("OTEL_LOGS_EXPORTER", "none")][..], true, false),
        ("records", &[("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "otlp")], false, true),
    ] {
        let (sent_records, sent_spans, _, said) = sent(&root.join(folder), settings);
        assert_eq!((!sent_spans.is_empty(), !sent_records.is_empty()), (spans, records), "{said}");
        assert!(sent_records.iter().all(|record| record.span_id.is_empty()));
    }
}

/// Jaeger takes spans alone.
#[cfg(feature = "otlp-grpc")]
#[test]
fn a_collector_without_a_place_for_records_is_no_failure_unless_they_were_asked_for() {
    use super::real_parts::Jaeger;
    if is_agent(talkative) {
        return;
    }
    let jaeger = Jaeger::start();
    let endpoint = format!("http://127.0.0.1:{}", jaeger.otlp_port());
    let root = bundles("otlp_declined");
    let protocol = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let told = |folder: &str, more: &[(&str, &str)]| {
        let said = agent(&root.join(folder), &[&to(&endpoint)[..], &[protocol], more].concat());
        said.lines().find(|line| line.starts_with("report: ")).unwrap().to_owned()
    };
    let unasked = told("unasked", &[]);
    assert!(unasked.contains("3 of 3 spans sent; 0 of "), "{unasked}");
    assert!(unasked.ends_with("of a kind that the collector does not take"), "{unasked}");
    let asked = told("asked", &[("OTEL_LOGS_EXPORTER", "otlp")]);
    assert!(asked.contains("failed: 127.0.0.1:") && asked.contains("Unimplemented"), "{asked}");
}

#[test]
fn one_deadline_holds_for_both_signals_and_what_each_lost_is_told() {
    let work = |guard: &Guard| {
        talkative(guard);
        let begun = std::time::Instant::now();
        let report = guard.flush();
        eprintln!("flushed within {} ms: {report}", begun.elapsed().as_millis());
    };
    if is_agent(work) {
        return;
    }
    let collector = Collector::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let base = collector.http_endpoint();
    let settings =
        [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", dead.as_str()), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1500")];
    let said = agent(&bundles("otlp_deadline"), &[&to(&base)[..], &settings].concat());
    let told = said.lines().find(|line| line.starts_with("report: ")).unwrap();
    assert!(told.contains("0 of 3 spans sent, 3 failed: 127.0.0.1:"), "{told}");
    let sent = collector.log_records().len();
    assert!(sent > 0 && told.contains(&format!("{sent} of {sent} log records sent")), "{told}");
    let took =
        said.lines().find_map(|line| line.strip_prefix("flushed within ")?.split(' ').next()?.parse::<u64>().ok());
    assert!(took.unwrap() < 5_500, "{said}");
}

/// An agent that has OpenTelemetry of its own, and sends its spans itself.
fn on_its_own() {
    use opentelemetry::trace::{TraceContextExt, TracerProvider};
    use tracing_opentelemetry::OpenTelemetrySpanExt;
    use tracing_subscriber::prelude::*;
    let tracer = opentelemetry_sdk::trace::SdkTracerProvider::builder().build().tracer("own");
    let config = tracing_augur::Config::new("agent").with_otlp(true);
    let (augur, guard) = tracing_augur::layer(config).unwrap();
    tracing_subscriber::registry().with(augur).with(tracing_opentelemetry::layer().with_tracer(tracer)).init();
    let run = run_span!("checkout").entered();
    let step = step_span!("click").entered();
    decision!(Runner, Decision, "went on");
    let context = step.context();
    eprintln!("ids: {} {}", context.span().span_context().trace_id(), context.span().span_context().span_id());
    drop((step, run));
    eprintln!("report: {}", guard.shutdown(std::time::Duration::from_secs(20)));
}

#[test]
fn records_stand_in_the_spans_of_an_opentelemetry_layer_of_the_agents_own() {
    if super::child::is_child() {
        return on_its_own();
    }
    let settings = [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "otlp")];
    let (records, spans, _, said) = sent(&bundles("otlp_own_layer"), &settings);
    assert!(spans.is_empty());
    let record = by_body(&records, "went on");
    assert!(said.contains(&format!("ids: {} {}", record.trace_id, record.span_id)), "{record:?} {said}");
}

/// An agent with a step that it marks as sensitive, and something to hide in every way of saying it.
fn discreet(_: &Guard) {
    let _run = run_span!("checkout").entered();
    let step = step_span!("sign in", augur.step.sensitive = true);
    step.in_scope(|| {
        decision!(Runner, Decision, "typed the name", name = "hidden-in-detail");
        info!(name = "hidden-in-field", "typed");
        info_span!("lookup").in_scope(|| error!(name = "hidden-in-foreign-span", "no answer"));
    });
    drop(step);
    info!(augur.step_index = 0_u64, augur.verdict.reason = "hidden-in-late-fact", augur.verdict.status = "passed");
    info!(augur.step_index = 0_u64, name = "hidden-from-elsewhere", "typed before");
}

#[test]
fn of_a_sensitive_step_no_detail_leaves_by_a_record() {
    if is_agent(discreet) {
        return;
    }
    let (records, _, raw, said) = sent(&bundles("otlp_sensitive_records"), &[]);
    for body in ["typed the name", "typed", "no answer", "typed before"] {
        assert_eq!(by_body(&records, body).attributes["augur.step.index"], 0, "{said}");
    }
    assert!(records.iter().all(|record| record.event_name != "augur.late_fact"), "{records:#?}");
    let raw = String::from_utf8_lossy(&raw);
    assert!(!raw.contains("hidden-"), "{}", raw.lines().find(|line| line.contains("hidden-")).unwrap_or_default());
}
