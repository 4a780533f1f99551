//! Beside `fmt`, `EnvFilter` and `log`, whatever they show or hide.

use super::{config, finished, named, steps};
use crate::support::bundles;
use std::{
    fs,
    io::{self, Write},
    sync::{Arc, Mutex, Once},
};
use tracing::{Level, debug, info, info_span, subscriber::with_default, trace_span};
use tracing_augur::{Moment, SpanExt, current_run, run_span, step_span};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt};

/// What a neighbour wrote.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn writer(&self) -> impl Fn() -> Self + Send + Sync + use<> {
        let written = self.clone();
        move || written.clone()
    }
}

fn agent(id: &str) {
    let _run = run_span!(id).entered();
    let step = step_span!("click", password = "hunter2hunter2").entered();
    step.record_screenshot(Moment::Before, crate::support::PIXEL);
    let _chat = trace_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "m").entered();
    info!("said in the step");
    debug!("too quiet");
    assert_eq!(current_run().map(|run| run.id().to_owned()).as_deref(), Some(id));
}

#[test]
fn a_neighbour_hears_what_it_always_heard_and_so_do_we() {
    for (place, filter) in [("in front", "info"), ("in front", "error"), ("behind", "info"), ("behind", "off")] {
        let root = bundles(&format!("beside_fmt_{}_{filter}", place.replace(' ', "_")));
        let written = Written::default();
        if place == "in front" {
            let (augur, guard) = tracing_augur::layer(config(&root)).unwrap();
            let neighbour = fmt::layer().with_writer(written.writer()).with_filter(EnvFilter::new(filter));
            with_default(Registry::default().with(neighbour).with(augur), || agent("neighbour"));
            finished(guard);
        } else {
            let (augur, guard) = tracing_augur::layer(config(&root)).unwrap();
            let neighbour = fmt::layer().with_writer(written.writer()).with_filter(EnvFilter::new(filter));
            with_default(Registry::default().with(augur).with(neighbour), || agent("neighbour"));
            finished(guard);
        }
        let text = written.text();
        assert_eq!(text.contains("said in the step"), filter == "info", "{place} {filter}: {text}");
        assert!(!text.contains("too quiet") && !text.contains("tracing_augur"), "{text}");
        let bundle = root.join("neighbour");
        // A model call at TRACE is one all the same, and here it is part of the step.
        assert_eq!(steps(&bundle), named(&[("click", "succeeded")]), "{place} {filter}");
        assert_eq!(fs::read_dir(bundle.join("modelio")).unwrap().count(), 1, "{place} {filter}");
        assert!(logs(&bundle).contains("said in the step") && !logs(&bundle).contains("too quiet"));
    }
}

/// All log lines of a bundle.
fn logs(bundle: &std::path::Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(bundle.join("logs")).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_file() {
            text.push_str(&fs::read_to_string(path).unwrap());
        } else {
            fs::read_dir(path)
                .unwrap()
                .flatten()
                .for_each(|entry| text.push_str(&fs::read_to_string(entry.path()).unwrap()));
        }
    }
    text
}

#[test]
fn a_filter_of_the_whole_subscriber_hides_from_us_too_and_nothing_breaks() {
    let root = bundles("beside_global_filter");
    let (augur, guard) = tracing_augur::layer(config(&root)).unwrap();
    let subscriber = Registry::default().with(augur).with(EnvFilter::new("coexistence::neighbours[step]=info,warn"));
    with_default(subscriber, || {
        let _run = run_span!("hidden").entered();
        let _step = step_span!("click").entered();
        info!("said in the step");
        assert!(tracing::enabled!(target: "other", Level::ERROR));
    });
    finished(guard);
    // The span of the run was taken away, so the step is in a run of its own.
    let folders: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(folders.len(), 1);
    assert_eq!(steps(&folders[0]), named(&[("click", "succeeded")]));
}

#[test]
fn a_record_of_the_log_crate_is_a_line_of_its_own_target() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_log::LogTracer::init().unwrap());
    let root = bundles("beside_log");
    let (augur, guard) = tracing_augur::layer(config(&root)).unwrap();
    with_default(Registry::default().with(augur), || {
        let _run = run_span!("logged").entered();
        let _step = step_span!("click").entered();
        log::info!(target: "some_library::page", "the page has {} buttons, token=sk-proj-9f8Gh2kLmNpQrStUvWxYz012345", 3);
        log::debug!(target: "some_library", "too quiet");
        log::warn!(target: "some_library", "the page is slow");
        let _inner = info_span!("request").entered();
        log::info!(target: "some_library", "inside");
    });
    finished(guard);
    let bundle = root.join("logged");
    let lines = logs(&bundle);
    assert!(lines.contains("INFO  some_library::page: the page has 3 buttons"), "{lines}");
    assert!(lines.contains("INFO  some_library: inside"), "{lines}");
    for never in ["too quiet", "log.target", "log.line", "log.file", "sk-proj-9f8Gh2"] {
        assert!(!lines.contains(never), "{never} in {lines}");
    }
    let events = crate::support::lines(bundle.join("events/0000.jsonl"));
    assert!(
        events.iter().any(|event| crate::support::text(event, "summary") == "the page is slow"),
        "{}",
        events.len()
    );
    assert_eq!(steps(&bundle), named(&[("click", "succeeded")]));
}
