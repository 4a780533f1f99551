//! The OTLP side against a collector on a real socket.

mod collector;
mod content;
mod exit;
mod own_traffic;

use super::*;
use collector::Collector;
use opentelemetry::trace::{Span as _, Tracer};
use tracing_subscriber::{Registry, layer::SubscriberExt};

/// What must not arrive.
const CANARY: &str = "canary7431";
/// A deadline that nothing but a fault reaches.
const LONG: Duration = Duration::from_secs(20);

fn settings(port: u16, more: &[(&str, &str)]) -> Settings {
    let env = |name: &str| more.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Settings::read(&env, Some(&format!("http://127.0.0.1:{port}"))).unwrap().unwrap()
}

fn start_with(settings: &Settings) -> Otlp {
    Otlp::start(settings, "agent", RedactionPolicy::default(), CaptureMode::Full).unwrap()
}

fn start(collector: &Collector) -> Otlp {
    start_with(&settings(collector.port, &[]))
}

fn end_span(otlp: &Otlp, name: &'static str) {
    otlp.tracer().unwrap().start(name).end();
}

/// Does something under a subscriber that has only the OTLP layer.
fn traced(otlp: &Otlp, work: impl FnOnce()) {
    tracing::subscriber::with_default(Registry::default().with(otlp.layer().unwrap()), work);
}
