//! Beside an OpenTelemetry layer of the user's own, whose ids we link and whose spans say what they were to the run.

use super::{config, finished, named, steps};
use crate::support::{bundles, lines, text};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use std::sync::{Arc, Mutex};
use tracing::{info, info_span, subscriber::with_default};
use tracing_augur::{SpanExt, current_run, run_span, step_span};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
};

/// Keeps what would be sent.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Sent {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        self.0.lock().unwrap().extend(batch);
        std::future::ready(Ok(()))
    }
}

fn agent() {
    let _run = run_span!("linked").entered();
    let step = step_span!("click").entered();
    step.record_verdict(&serde_json::json!({"status": "passed"}));
    info_span!("request").in_scope(|| info!("inside"));
    let trace = current_run().unwrap().trace_id().map(str::to_owned);
    assert_eq!(trace.map(|trace| trace.len()), Some(32));
}

#[test]
fn the_users_own_spans_are_linked_where_our_layer_was_added_first() {
    let root = bundles("otel_after_ours");
    let sent = Sent::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(sent.clone()).build();
    let (augur, guard) = tracing_augur::layer(config(&root)).unwrap();
    let otel = tracing_opentelemetry::layer().with_tracer(provider.tracer("users"));
    with_default(Registry::default().with(augur).with(otel), agent);
    finished(guard);
    provider.shutdown().unwrap();
    let bundle = root.join("linked");
    assert_eq!(steps(&bundle), named(&[("click", "succeeded")]));
    let spans = sent.0.lock().unwrap();
    let mut names: Vec<_> = spans.iter().map(|span| span.name.to_string()).collect();
    names.sort_unstable();
    assert_eq!(names, ["click", "linked", "request"]);
    let links = lines(bundle.join("otel/links.jsonl"));
    assert_eq!(links.len(), 2);
    for link in &links {
        let is_linked = |span: &&SpanData| {
            span.span_context.span_id().to_string() == text(link, "span_id")
                && span.span_context.trace_id().to_string() == text(link, "trace_id")
        };
        let span = spans.iter().find(is_linked).expect("a linked span was sent");
        let attribute = |name: &str| {
            let named = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
            named.map(|attribute| attribute.value.to_string())
        };
        assert_eq!(attribute("augur.run.id").as_deref(), Some("linked"));
        assert_eq!(attribute("augur.step.index").is_some(), text(link, "kind") == "step");
    }
}

/// Hears what the recorder says of itself, on whichever thread.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> Layer<S> for Told {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut said = self.0.lock().unwrap();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            if field.name() == "message" {
                said.push_str(&format!("{value:?}"));
            }
        });
    }
}

const CHILD: &str = "AUGUR_TEST_OTEL_FIRST";

#[test]
fn an_opentelemetry_layer_that_was_added_first_is_told_of_and_nothing_breaks() {
    // The recorder speaks on its own thread, so its subscriber is that of a whole process.
    let Some(root) = std::env::var_os(CHILD) else {
        let root = bundles("otel_before_ours");
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "opentelemetry::an_opentelemetry_layer_that_was_added_first_is_told_of_and_nothing_breaks",
            ])
            .env(CHILD, &root)
            .status()
            .unwrap();
        assert!(status.success());
        assert_eq!(steps(&root.join("linked")), named(&[("click", "succeeded")]));
        assert!(!root.join("linked/otel").exists());
        return;
    };
    let (sent, told) = (Sent::default(), Told::default());
    let provider = SdkTracerProvider::builder().with_simple_exporter(sent.clone()).build();
    let (augur, guard) = tracing_augur::layer(config(std::path::Path::new(&root))).unwrap();
    let otel = tracing_opentelemetry::layer().with_tracer(provider.tracer("users"));
    tracing::subscriber::set_global_default(Registry::default().with(otel).with(augur).with(told.clone())).unwrap();
    agent();
    finished(guard);
    assert_eq!(sent.0.lock().unwrap().len(), 3);
    let said = told.0.lock().unwrap();
    assert_eq!(said.matches("add the recorder's layer to the subscriber first").count(), 1, "{said}");
}

#[test]
fn two_layers_of_ours_beside_the_users_own_link_the_same_spans() {
    let roots = [bundles("otel_twice_first"), bundles("otel_twice_second")];
    let sent = Sent::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(sent.clone()).build();
    let (one, guard_one) = tracing_augur::layer(config(&roots[0])).unwrap();
    let (other, guard_other) = tracing_augur::layer(config(&roots[1])).unwrap();
    let otel = tracing_opentelemetry::layer().with_tracer(provider.tracer("users"));
    with_default(Registry::default().with(one).with(other).with(otel), agent);
    finished(guard_one);
    finished(guard_other);
    provider.shutdown().unwrap();
    let ids = |root: &std::path::Path| -> Vec<String> {
        lines(root.join("linked/otel/links.jsonl")).iter().map(|link| text(link, "span_id").to_owned()).collect()
    };
    assert_eq!((ids(&roots[0]).len(), ids(&roots[0])), (2, ids(&roots[1])));
}
