//! What is too long or too much: it leaves with a digest, and with the place where the bundle has it whole.

use super::{
    agent, is_agent,
    real_parts::Collector,
    support::{bundles, json, text},
    to,
};
use sha2::{Digest, Sha256};
use std::fs;
use tracing::info;
use tracing_augur::{Guard, run_span, step_span};

/// Longer than the limit that the agent's environment sets.
fn long(word: &str) -> String {
    format!("{word} ").repeat(50)
}

fn long_winded(_: &Guard) {
    let _run = run_span!("checkout").entered();
    let step = step_span!("click", augur.step.intent = long("intent"), mine = long("mine"));
    step.in_scope(|| info!(detail = long("detail"), "said"));
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_value_that_was_cut_names_its_digest_and_the_file_that_holds_it_whole() {
    if is_agent(long_winded) {
        return;
    }
    let root = bundles("otlp_limits");
    let mut collector = Collector::start();
    let limit = [("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "40")];
    let said = agent(&root, &[&to(&collector.http_endpoint())[..], &limit].concat());
    collector.stop();
    let spans = collector.traces();
    let step = spans.iter().find(|span| span.name == "click").unwrap();
    for (name, word) in [("augur.step.intent", "intent"), ("mine", "mine")] {
        let value = step.attributes[name].as_str().unwrap();
        assert!(value.starts_with(word) && value.ends_with('…') && value.chars().count() == 40, "{value}");
    }
    let cuts: Vec<_> =
        step.attributes["augur.cut"].as_array().unwrap().iter().map(|cut| cut.as_str().unwrap()).collect();
    let told = |name: &str| *cuts.iter().find(|cut| cut.starts_with(&format!("{name}: "))).unwrap();
    // The whole is where it is said to be, and it is the one whose digest left.
    let whole = json(root.join("checkout/steps/0000.json"));
    let intent = text(&whole, "intent");
    assert_eq!(intent, long("intent"));
    assert_eq!(
        told("augur.step.intent"),
        format!(
            "augur.step.intent: {} bytes, sha256 {}, whole in checkout/steps/0000.json",
            intent.len(),
            digest(intent)
        )
    );
    assert_eq!(told("mine"), format!("mine: 250 bytes, sha256 {}", digest(&long("mine"))));
    let event = &step.events[0];
    assert!(event.attributes["augur.cut"][0].as_str().unwrap().starts_with("detail: 350 bytes, sha256 "));
    let records = collector.log_records();
    let line = records.iter().find(|record| record.body == "said").unwrap();
    let cut = line.attributes["augur.cut"][0].as_str().unwrap();
    let (_, file) = cut.split_once(", whole in ").unwrap();
    assert!(fs::read_to_string(root.join(file)).unwrap().contains(&long("detail")), "{cut}");
    assert!(said.contains("3 of 3 spans sent") || said.contains("2 of 2 spans sent, 3 values cut"), "{said}");
}

#[test]
fn attributes_beyond_the_limit_are_named_and_those_of_the_run_stay() {
    if is_agent(long_winded) {
        return;
    }
    let root = bundles("otlp_count_limit");
    let mut collector = Collector::start();
    let limit = [("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "5"), ("OTEL_LOGS_EXPORTER", "none")];
    let said = agent(&root, &[&to(&collector.http_endpoint())[..], &limit].concat());
    collector.stop();
    let spans = collector.traces();
    let step = spans.iter().find(|span| span.name == "click").unwrap();
    for name in ["augur.run.id", "augur.step.index", "augur.capture_mode", "augur.step.status"] {
        assert!(step.attributes.contains_key(name), "{name}: {:?}", step.attributes);
    }
    assert_eq!(step.attributes.len(), 6, "five, and what tells of the rest: {:?}", step.attributes);
    let cuts = step.attributes["augur.cut"].to_string();
    assert!(cuts.contains("mine: 250 bytes, sha256 "), "{cuts}");
    assert!(said.contains("attributes, events and links beyond the limits"), "{said}");
}

#[test]
fn the_messages_of_a_model_call_that_were_cut_are_whole_in_its_file() {
    let chat = |_: &Guard| {
        let _run = run_span!("checkout").entered();
        let messages =
            format!(r#"[{{"role": "user", "parts": [{{"type": "text", "content": "{}"}}]}}]"#, long("prompt"));
        let call = tracing::info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = "m",
            gen_ai.input.messages = messages
        );
        call.in_scope(|| {});
    };
    if is_agent(chat) {
        return;
    }
    let root = bundles("otlp_cut_messages");
    let mut collector = Collector::start();
    agent(&root, &[&to(&collector.http_endpoint())[..], &[("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "60")]].concat());
    collector.stop();
    let spans = collector.traces();
    let call = spans.iter().find(|span| span.name == "chat").unwrap();
    let cut = call.attributes["augur.cut"][0].as_str().unwrap();
    let (_, place) = cut.split_once(", whole in checkout/modelio/").unwrap();
    let prefix = place.strip_suffix("*.json").unwrap();
    let files = fs::read_dir(root.join("checkout/modelio")).unwrap().map(|file| file.unwrap());
    let found: Vec<_> = files.filter(|file| file.file_name().to_str().unwrap().starts_with(prefix)).collect();
    assert_eq!(found.len(), 1, "{cut}");
    assert!(fs::read_to_string(found[0].path()).unwrap().contains(&long("prompt")), "{cut}");
}

/// gRPC takes no message beyond 4 MiB, and a step may log more than that.
#[test]
fn a_span_too_large_for_any_request_leaves_smaller() {
    let work = |_: &Guard| {
        let _run = run_span!("checkout").entered();
        let dump = "0123456789".repeat(3000);
        step_span!("click", mine = dump).in_scope(|| (0..300).for_each(|_| info!(dump, "looked")));
    };
    if is_agent(work) {
        return;
    }
    let root = bundles("otlp_large_span");
    for protocol in if cfg!(feature = "otlp-grpc") { &["http/protobuf", "grpc"][..] } else { &["http/protobuf"] } {
        let mut collector = Collector::start();
        let endpoint = if *protocol == "grpc" { collector.grpc_endpoint() } else { collector.http_endpoint() };
        let settings = [("OTEL_EXPORTER_OTLP_PROTOCOL", *protocol)];
        let said = agent(&root.join(protocol.replace('/', "-")), &[&to(&endpoint)[..], &settings].concat());
        collector.stop();
        assert!(
            said.contains("2 of 2 spans sent") && said.contains("300 of 300 log records sent"),
            "{protocol}: {said}"
        );
        let spans = collector.traces();
        let step = spans.iter().find(|span| span.name == "click").unwrap();
        assert_eq!(step.events.len(), 300, "{protocol}");
        let cut = step.attributes["augur.cut"][0].as_str().unwrap();
        assert!(cut.starts_with("mine: 30000 bytes, sha256 "), "{cut}");
        assert!(step.attributes["mine"].as_str().unwrap().ends_with('…'));
    }
}
