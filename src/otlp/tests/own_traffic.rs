//! Our own traffic does not become telemetry. Only a subscriber for the whole process can show it, so each test runs itself
//! again in a process of its own.

use super::{
    collector::{Collector, Manner},
    *,
};
use std::{process::Command, sync::Mutex};
use tracing::span::{Attributes, Id};
use tracing_subscriber::{Layer, layer};

const CHILD: &str = "AUGUR_TEST_CHILD";

/// Keeps the name of every span that any thread opens.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<&'static str>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: layer::Context<'_, S>) {
        self.0.lock().unwrap().push(span.metadata().name());
    }
}

/// Runs `body` in a child process that executes the calling test alone.
fn alone(test: &str, body: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    let (_, module) = module_path!().split_once("::").unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args([&format!("{module}::{test}"), "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn two_spans_are_two_spans_though_the_whole_process_listens_to_everything() {
    alone("two_spans_are_two_spans_though_the_whole_process_listens_to_everything", || {
        let collector = Collector::start(Manner::Takes);
        let otlp = start(&collector);
        let heard = Heard::default();
        tracing::subscriber::set_global_default(Registry::default().with(otlp.layer().unwrap()).with(heard.clone()))
            .unwrap();
        // What an HTTP client with telemetry of its own would do.
        let thread = ExportThread::start().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let talk = || thread.run(async { tracing::error_span!("request").in_scope(|| tracing::error!("sent")) });
        let outer = tracing::info_span!("outer").entered();
        tracing::info_span!("inner").in_scope(|| tracing::info!("working"));
        for _ in 0..5 {
            runtime.block_on(talk()).unwrap();
            assert_eq!(otlp.flush(LONG).spans.failed, 0);
        }
        drop(outer);
        let report = otlp.finish(LONG).spans;
        assert_eq!(*heard.0.lock().unwrap(), ["outer", "inner"]);
        assert_eq!((report.ended, report.sent), (2, 2));
        let mut spans: Vec<_> = collector.spans().into_iter().map(|span| (span.name, span.events.len())).collect();
        spans.sort();
        assert_eq!(spans, [("inner".to_owned(), 1), ("outer".to_owned(), 0)]);
    });
}
