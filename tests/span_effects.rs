//! Side effects and observations of steps that come in by spans.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

#[cfg(feature = "otlp")]
mod real_parts;
mod support;

use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use support::{all_bytes, at, bundles, contains, json as read, lines, text};
use tracing::{info_span, subscriber::with_default};
use tracing_augur::{
    CaptureMode, Config, Durability, Moment, SpanExt,
    bundle::{recover, validate},
    record::Reversibility,
    run_span,
    session::EffectOptions,
    step_span,
};
use tracing_subscriber::{Registry, layer::SubscriberExt};

const SECRET: &str = "sk-proj-9f8Gh2kLmNpQrStUvWxYz0123456789AbCdEf";

fn config(root: &Path) -> Config {
    Config::new("agent").with_root(root).with_capture_mode(CaptureMode::Full).with_console(false)
}

fn recorded(config: Config, agent: impl FnOnce()) {
    let (layer, guard) = tracing_augur::layer::<Registry>(config).unwrap();
    with_default(Registry::default().with(layer), agent);
    let report = guard.shutdown(Duration::from_secs(20));
    assert!(report.is_complete(), "{report}");
}

fn effects(bundle: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(bundle.join("side_effects")).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What the adapter complained of at a step.
fn complaints(bundle: &Path, step: u64) -> Vec<String> {
    let events = lines(bundle.join(format!("events/{step:04}.jsonl")));
    let of_adapter = events.iter().filter(|event| text(event, "layer") == "adapter");
    of_adapter.map(|event| text(event, "summary").to_owned()).collect()
}

#[test]
fn what_is_declared_is_on_disk_when_the_call_returns_whatever_was_promised() {
    for durability in Durability::ALL {
        let root = bundles(&format!("span_effects_{}", durability.as_str()));
        let bundle = root.join("run");
        recorded(config(&root).with_durability(durability), || {
            let _run = run_span!("run").entered();
            let step = step_span!("pay").entered();
            let options = EffectOptions {
                idempotency_key: Some("order-17".to_owned()),
                reversibility: Reversibility::Reversible,
                ..EffectOptions::default()
            };
            let payment = step.declare_side_effect("orders/17", "pay", &options);
            let file = bundle.join(format!("side_effects/0000-{payment}.json"));
            let record = read(&file);
            assert_eq!((text(&record, "status"), text(&record, "resource")), ("intent_only", "orders/17"));
            assert_eq!((text(&record, "idempotency_key"), text(&record, "reversibility")), ("order-17", "reversible"));
            // A span in the step hands on to it.
            info_span!("request").in_scope(|| _ = tracing::Span::current().commit_side_effect(&payment, &[1, 2]));
            let record = read(&file);
            assert_eq!(text(&record, "status"), "committed");
            assert_eq!(at(&record, "observed_result.items").to_string(), "[1, 2]");
            let refund = step.declare_side_effect("orders/17", "refund", &EffectOptions::default());
            step.abort_side_effect(&refund, &format!("not needed, {SECRET}"));
            let record = read(bundle.join(format!("side_effects/0000-{refund}.json")));
            assert_eq!(text(&record, "status"), "aborted");
            assert!(text(&record, "abort_reason").starts_with("not needed"));
        });
        assert_eq!(effects(&bundle).len(), 2);
        assert!(validate(&bundle).problems.is_empty(), "{:?}", validate(&bundle).problems);
        assert!(complaints(&bundle, 0).is_empty(), "{:?}", complaints(&bundle, 0));
        assert!(!contains(&all_bytes(&bundle), SECRET.as_bytes()));
        let trace = read(bundle.join("trace.json"));
        let told = at(&trace, "session.tags").get("augur.durability").map(|tag| tag.as_str().unwrap().to_owned());
        assert_eq!(told.as_deref(), (durability != Durability::Process).then_some(durability.as_str()));
    }
}

#[test]
fn what_cannot_be_declared_or_settled_is_told_and_the_agent_goes_on() {
    let root = bundles("span_effects_refused");
    let bundle = root.join("run");
    let named = |id: &str| EffectOptions { side_effect_id: Some(id.to_owned()), ..EffectOptions::default() };
    recorded(config(&root), || {
        let run = run_span!("run").entered();
        let step = step_span!("pay").entered();
        assert_eq!(step.declare_side_effect("r", "a", &named("first")), "first");
        step.commit_side_effect("first", &json!({"ok": true})).commit_side_effect("first", &1);
        step.abort_side_effect("unknown", "why");
        step.declare_side_effect("r", "a", &named("../up"));
        step.declare_side_effect("r", "a", &named(SECRET));
        step.declare_side_effect("r", "a", &named("first"));
        let yesterday = EffectOptions { declared_at: Some("yesterday".to_owned()), ..named("when") };
        step.declare_side_effect("r", "a", &yesterday);
        drop(step);
        // No step, so nothing to declare it for; the agent has an id all the same.
        assert!(run.declare_side_effect("r", "a", &EffectOptions::default()).starts_with("se_"));
        assert!(info_span!("apart").declare_side_effect("r", "a", &EffectOptions::default()).starts_with("se_"));
    });
    assert!(tracing::Span::none().declare_side_effect("r", "a", &EffectOptions::default()).starts_with("se_"));
    assert_eq!(effects(&bundle).len(), 1);
    let complaints = complaints(&bundle, 0);
    assert_eq!(complaints.len(), 6, "{complaints:?}");
    for part in ["committed or aborted already", "no side effect", "path separator", "looks like a secret", "RFC 3339"]
    {
        assert!(complaints.iter().any(|complaint| complaint.contains(part)), "{part}: {complaints:?}");
    }
    assert!(!contains(&all_bytes(&root), SECRET.as_bytes()));
}

#[cfg(feature = "otlp")]
#[test]
fn a_collector_is_told_of_side_effects_on_the_span_of_their_step() {
    let root = bundles("span_effects_otlp");
    let mut collector = real_parts::Collector::start();
    recorded(config(&root).with_otlp_endpoint(collector.http_endpoint()), || {
        let _run = run_span!("run").entered();
        let step = step_span!("pay").entered();
        let payment = step.declare_side_effect(&format!("orders/17?key={SECRET}"), "pay", &EffectOptions::default());
        step.commit_side_effect(&payment, &json!({"ok": true}));
        drop(step);
        let step = step_span!("pay", augur.step.sensitive = true).entered();
        let payment = step.declare_side_effect("the patient's order", "pay", &EffectOptions::default());
        step.abort_side_effect(&payment, "not needed");
    });
    collector.stop();
    let mut spans = collector.traces();
    spans.retain(|span| span.name == "pay");
    spans.sort_by_key(|span| span.start_ns);
    let names: Vec<Vec<_>> =
        spans.iter().map(|span| span.events.iter().map(|event| event.name.as_str()).collect()).collect();
    assert_eq!(
        names,
        [["side effect declared", "side effect committed"], ["side effect declared", "side effect aborted"]]
    );
    assert_eq!(spans[0].events[0].attributes["augur.side_effect.action"], "pay");
    let raw = collector.raw_bytes();
    assert!(!contains(&raw, SECRET.as_bytes()) && !contains(&raw, b"the patient's order"));
}

const CHILD: &str = "AUGUR_TEST_EFFECT";

#[cfg(unix)]
#[test]
fn after_a_kill_the_bundle_tells_what_may_have_happened() {
    if let Some(root) = std::env::var_os(CHILD) {
        let config = config(Path::new(&root)).with_durability(Durability::Lazy);
        let (layer, _guard) = tracing_augur::layer::<Registry>(config).unwrap();
        return with_default(Registry::default().with(layer), || {
            let _run = run_span!("run").entered();
            let step = step_span!("pay").entered();
            let done = step.declare_side_effect("orders/17", "pay", &EffectOptions::default());
            step.commit_side_effect(&done, &7);
            step.declare_side_effect("orders/18", "pay", &EffectOptions::default());
            std::process::abort();
        });
    }
    let root = bundles("span_effects_killed");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "after_a_kill_the_bundle_tells_what_may_have_happened"])
        .env(CHILD, &root)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    let bundle = root.join("run");
    recover(&bundle).unwrap();
    let mut states: Vec<_> = effects(&bundle).iter().map(|file| text(&read(file), "status").to_owned()).collect();
    states.sort_unstable();
    assert_eq!(states, ["committed", "intent_only"]);
}

#[test]
fn what_is_known_of_a_picture_beside_it_stands_in_the_events_of_its_step() {
    let root = bundles("span_observation");
    let bundle = root.join("run");
    recorded(config(&root), || {
        let _run = run_span!("run").entered();
        let details = json!({
            "url": format!("https://shop.example/cart?token={SECRET}"), "title": "The cart",
            "viewport": {"width": 1280, "height": 720, "device_scale_factor": 2},
        });
        step_span!("click").in_scope(|| {
            tracing::Span::current()
                .record_screenshot(Moment::Before, support::PIXEL)
                .record_observation(Moment::Before, &details);
            tracing::Span::current().record_observation(Moment::After, &7);
        });
        step_span!("type", augur.step.sensitive = true).in_scope(|| {
            tracing::Span::current().record_observation(
                Moment::After,
                &json!({"title": "The form", "viewport": {"width": 1, "height": 1}}),
            );
        });
    });
    assert!(validate(&bundle).problems.is_empty(), "{:?}", validate(&bundle).problems);
    let events = lines(bundle.join("events/0000.jsonl"));
    let seen = events.iter().find(|event| text(event, "kind") == "observation").unwrap();
    assert_eq!(text(seen, "summary"), "seen before the action: The cart");
    assert_eq!(at(seen, "detail.viewport.width").as_u64(), Some(1280));
    assert_eq!(text(seen, "detail.artifact"), "screenshots/0000_pre.png");
    assert!(text(seen, "detail.url").starts_with("https://shop.example/cart"));
    assert_eq!(complaints(&bundle, 0), ["an observation was left out: expected an object, got number"]);
    let events = lines(bundle.join("events/0001.jsonl"));
    assert_eq!(
        (text(&events[0], "summary"), events[0].get("detail").is_none()),
        ("seen after the action: The form", true)
    );
    assert!(!contains(&all_bytes(&bundle), SECRET.as_bytes()));
}
