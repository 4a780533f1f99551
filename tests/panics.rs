//! Panics of the agent: where they happened is told in the bundle and in OTLP, without secrets, whatever is locked meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

#[cfg(feature = "otlp")]
mod real_parts;
mod support;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::Command,
    sync::{
        Once,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use support::{all_bytes, at, bundles, contains, json, lines, text};
use tracing::{Instrument, field, info, info_span, subscriber::with_default};
use tracing_augur::{CaptureMode, Config, Session, bundle::recover, carried, record_panics, run_span, step_span};
use tracing_subscriber::{Registry, fmt::format::FmtSpan, layer::SubscriberExt};

const SECRET: &str = "sk-proj-9f8Gh2kLmNpQrStUvWxYz0123456789AbCdEf";

/// How often the hook was called that was there before ours.
static BEFORE: AtomicU64 = AtomicU64::new(0);

fn hooked() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|_| _ = BEFORE.fetch_add(1, Ordering::Relaxed)));
        record_panics();
        // Once is enough.
        record_panics();
    });
}

fn config(root: &Path) -> Config {
    Config::new("agent").with_root(root).with_capture_mode(CaptureMode::Full).with_console(false)
}

/// Records an agent that may panic, and says how it went.
fn recorded(config: Config, agent: impl FnOnce()) -> thread::Result<()> {
    hooked();
    let (layer, guard) = tracing_augur::layer::<Registry>(config).unwrap();
    let outcome = with_default(Registry::default().with(layer), || catch_unwind(AssertUnwindSafe(agent)));
    assert!(guard.shutdown(Duration::from_secs(10)).is_complete());
    outcome
}

/// The events of a step, or of the run, that tell of a panic.
fn told(bundle: &Path, step: Option<u64>) -> Vec<tracing_augur::record::Value> {
    let file = step.map_or_else(|| "events/run.jsonl".to_owned(), |step| format!("events/{step:04}.jsonl"));
    let panicked = |event: &tracing_augur::record::Value| text(event, "summary").starts_with("panicked at ");
    lines(bundle.join(file)).into_iter().filter(panicked).collect()
}

#[test]
fn a_panic_in_a_step_is_told_with_its_place_and_without_secrets() {
    let root = bundles("panics");
    let before = BEFORE.load(Ordering::Relaxed);
    let line = line!() + 5;
    let outcome = recorded(config(&root), || {
        let _run = run_span!("panics").entered();
        step_span!("fine").in_scope(|| {});
        let _step = step_span!("click", augur.action.type = "click").entered();
        panic!("the key {SECRET} was refused\nby the server");
    });
    assert!(outcome.is_err());
    assert!(BEFORE.load(Ordering::Relaxed) > before, "the hook that was there before is called as before");
    let bundle = root.join("panics");
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "halted");
    assert_eq!((text(&trace, "steps.0.status"), text(&trace, "steps.1.status")), ("succeeded", "failed"));
    assert_eq!(text(&trace, "steps.1.failure_class"), "panic");
    let events = told(&bundle, Some(1));
    let [event] = events.as_slice() else { panic!("{}", events.len()) };
    let place = format!("panicked at {}:{line}:9: the key ", file!());
    assert!(text(event, "summary").starts_with(&place), "{}", text(event, "summary"));
    assert!(text(event, "summary").ends_with("was refused\nby the server"));
    assert_eq!((text(event, "layer"), text(event, "kind")), ("runner", "error"));
    let detail = |name: &str| event.get("detail").unwrap().get(name).unwrap().to_string();
    assert_eq!(detail("exception.type"), "\"panic\"");
    assert_eq!((detail("code.file.path"), detail("code.line.number")), (format!("{:?}", file!()), line.to_string()));
    assert!(detail("thread.name").contains("a_panic_in_a_step"));
    assert!(!contains(&all_bytes(&bundle), SECRET.as_bytes()));
}

#[test]
fn a_panic_that_is_caught_is_told_and_the_step_goes_on() {
    let root = bundles("panics_caught");
    recorded(config(&root), || {
        let _run = run_span!("caught").entered();
        step_span!("click").in_scope(|| {
            let caught = catch_unwind(|| {
                // A span that is no part of the run stands in one all the same.
                let _inner = info_span!("request").entered();
                std::panic::panic_any(7_u8);
            });
            assert!(caught.is_err());
        });
        let _ = catch_unwind(|| panic!("between the steps"));
        // On another thread, whose work is the step's.
        let step = step_span!("type").entered();
        assert!(thread::spawn(carried(|| panic!("elsewhere"))).join().is_err());
        drop(step);
        assert!(thread::spawn(|| panic!("of somebody else")).join().is_err());
    })
    .unwrap();
    let bundle = root.join("caught");
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "succeeded");
    assert_eq!((text(&trace, "steps.0.status"), text(&trace, "steps.1.status")), ("succeeded", "succeeded"));
    for (step, said) in [(Some(0), "the panic has no text"), (None, "between the steps"), (Some(1), "elsewhere")] {
        let events = told(&bundle, step);
        let [event] = events.as_slice() else { panic!("{step:?}: {}", events.len()) };
        assert!(text(event, "summary").ends_with(said), "{}", text(event, "summary"));
    }
    assert!(!contains(&all_bytes(&bundle), b"of somebody else"));
}

#[test]
fn a_task_that_panics_fails_its_step_and_no_other() {
    let root = bundles("panics_task");
    recorded(config(&root), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let work = async {
            let look = async {
                tokio::time::sleep(Duration::from_millis(2)).await;
                panic!("in a task");
            };
            let other = async { tokio::time::sleep(Duration::from_millis(10)).await };
            let other = tokio::spawn(other.instrument(step_span!("wait")));
            assert!(tokio::spawn(look.instrument(step_span!("look"))).await.is_err());
            other.await.unwrap();
        };
        runtime.block_on(work.instrument(run_span!("task")));
    })
    .unwrap();
    let trace = json(root.join("task/trace.json"));
    assert_eq!((text(&trace, "steps.0.status"), text(&trace, "steps.1.status")), ("succeeded", "failed"));
    assert_eq!((text(&trace, "steps.1.failure_class"), text(&trace, "session.status")), ("panic", "succeeded"));
    assert_eq!((told(&root.join("task"), Some(0)).len(), told(&root.join("task"), Some(1)).len()), (0, 1));
}

/// Panics while it is formatted, as a span's lock is held by whoever asked for it.
struct Unprintable;

impl fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("it cannot be shown");
    }
}

#[test]
fn a_panic_under_a_lock_of_another_layer_blocks_nobody() {
    hooked();
    let root = bundles("panics_locked");
    let (layer, guard) = tracing_augur::layer::<Registry>(config(&root)).unwrap();
    let fmt = tracing_subscriber::fmt::layer().with_span_events(FmtSpan::NONE).with_writer(std::io::sink);
    let begun = Instant::now();
    // A dispatcher that is the whole process's would let the hook in, so this one goes to a process of its own.
    let outcome = with_default(Registry::default().with(layer).with(fmt), || {
        catch_unwind(AssertUnwindSafe(|| {
            let _run = run_span!("locked").entered();
            let step = step_span!("click", value = field::Empty).entered();
            info!(value = ?Unprintable, "said");
            step.record("value", field::debug(Unprintable));
        }))
    });
    // That layer lets it through, and ours does not.
    assert!(outcome.is_err());
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(guard.shutdown(Duration::from_secs(10)).is_complete());
    assert_eq!(text(&json(root.join("locked/trace.json")), "session.status"), "halted");
}

#[test]
fn a_session_that_unwinds_tells_why_it_was_halted() {
    hooked();
    let folder = bundles("panics_session").join("run");
    let place = folder.clone();
    let outcome = thread::spawn(move || {
        let _session = Session::builder("run", "agent", place).capture_mode(CaptureMode::Trace).open().unwrap();
        panic!("the key {SECRET} was refused");
    });
    assert!(outcome.join().is_err());
    assert_eq!(text(&json(folder.join("trace.json")), "session.status"), "halted");
    let events = told(&folder, None);
    assert_eq!(events.len(), 1);
    assert!(text(&events[0], "summary").starts_with(&format!("panicked at {}:", file!())));
    assert!(!contains(&all_bytes(&folder), SECRET.as_bytes()));
    // One that was closed before is over.
    let folder = bundles("panics_session_closed").join("run");
    let place = folder.clone();
    let outcome = thread::spawn(move || {
        let session = Session::builder("run", "agent", place).capture_mode(CaptureMode::Trace).open().unwrap();
        session.close(None).unwrap();
        panic!("later");
    });
    assert!(outcome.join().is_err());
    assert_eq!(text(&json(folder.join("trace.json")), "session.status"), "succeeded");
}

#[test]
fn of_a_sensitive_step_only_the_place_is_told_and_below_trace_only_the_class() {
    let root = bundles("panics_sensitive");
    let outcome = recorded(config(&root), || {
        let _run = run_span!("sensitive").entered();
        let _step = step_span!("type", augur.step.sensitive = true).entered();
        panic!("the patient has a headache");
    });
    assert!(outcome.is_err());
    let bundle = root.join("sensitive");
    assert!(!contains(&all_bytes(&bundle), b"headache"));
    assert!(text(&told(&bundle, Some(0))[0], "summary").starts_with(&format!("panicked at {}:", file!())));
    let outcome = recorded(config(&root).with_capture_mode(CaptureMode::Metadata), || {
        let _run = run_span!("metadata").entered();
        let _step = step_span!("type").entered();
        panic!("not told");
    });
    assert!(outcome.is_err());
    let bundle = root.join("metadata");
    assert!(!contains(&all_bytes(&bundle), b"not told"));
    assert_eq!(text(&json(bundle.join("trace.json")), "steps.0.failure_class"), "panic");
}

#[cfg(feature = "otlp")]
#[test]
fn a_collector_is_told_of_a_panic_on_its_span() {
    let root = bundles("panics_otlp");
    let mut collector = real_parts::Collector::start();
    let line = line!() + 4;
    let outcome = recorded(config(&root).with_otlp_endpoint(collector.http_endpoint()), || {
        let _run = run_span!("told").entered();
        let _step = step_span!("click").entered();
        panic!("the key {SECRET} was refused");
    });
    assert!(outcome.is_err());
    let outcome = recorded(config(&root).with_otlp_endpoint(collector.http_endpoint()), || {
        let _run = run_span!("hidden").entered();
        let _step = step_span!("hide", augur.step.sensitive = true).entered();
        panic!("the patient has a headache");
    });
    assert!(outcome.is_err());
    collector.stop();
    let spans = collector.traces();
    let span = spans.iter().find(|span| span.name == "click").unwrap();
    assert_eq!(span.status_code, 2);
    let [event] = span.events.as_slice() else { panic!("{:?}", span.events) };
    assert_eq!(event.name, "exception");
    assert_eq!(event.attributes["exception.type"], "panic");
    assert_eq!(event.attributes["code.line.number"], line);
    assert!(event.attributes["exception.message"].as_str().unwrap().ends_with("was refused"));
    let raw = collector.raw_bytes();
    assert!(!contains(&raw, SECRET.as_bytes()) && !contains(&raw, b"headache"));
    let hidden = spans.iter().find(|span| span.name == "hide").unwrap();
    assert_eq!(hidden.events.len(), 1);
    // The reader of the file is alive to what it looks for.
    assert!(contains(&raw, b"was refused"));
}

const ROLE: &str = "AUGUR_TEST_PANIC";

/// An agent in a process of its own, with a subscriber for the whole process.
fn agent(role: &str, root: &Path) {
    std::panic::set_hook(Box::new(|_| {
        eprintln!("the hook that was there before");
        if std::env::var(ROLE).is_ok_and(|role| role == "aborts") {
            std::process::abort();
        }
    }));
    let fmt = tracing_subscriber::fmt::layer().with_writer(std::io::sink);
    let (layer, _guard) = tracing_augur::layer::<Registry>(config(root)).unwrap();
    tracing::subscriber::set_global_default(Registry::default().with(layer).with(fmt)).unwrap();
    record_panics();
    let _run = run_span!("run").entered();
    let step = step_span!("click", value = field::Empty).entered();
    match role {
        "under a lock" => drop(step.record("value", field::debug(Unprintable))),
        _ => panic!("the key {SECRET} was refused"),
    }
}

#[test]
fn a_process_that_panics_leaves_a_run_that_tells_it() {
    if let (Ok(role), Some(root)) = (std::env::var(ROLE), std::env::var_os("AUGUR_TEST_PANIC_ROOT")) {
        return agent(&role, Path::new(&root));
    }
    for (role, complete) in [("panics", true), ("aborts", false), ("under a lock", true)] {
        let root = bundles(&format!("panics_of_a_process_{}", role.replace(' ', "_")));
        let begun = Instant::now();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_that_panics_leaves_a_run_that_tells_it", "--nocapture"])
            .env(ROLE, role)
            .env("AUGUR_TEST_PANIC_ROOT", &root)
            .output()
            .unwrap();
        assert!(!output.status.success(), "{role}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{role} took {:?}", begun.elapsed());
        assert!(contains(&output.stderr, b"the hook that was there before"), "{role}");
        let bundle = root.join("run");
        assert_eq!(recover(&bundle).unwrap().already_complete, complete, "{role}");
        let trace = json(bundle.join("trace.json"));
        assert_eq!((text(&trace, "session.status"), text(&trace, "steps.0.status")), ("halted", "failed"), "{role}");
        assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 1);
        let events = told(&bundle, Some(0));
        assert!(!events.is_empty(), "{role}");
        assert!(text(&events[0], "summary").starts_with(&format!("panicked at {}:", file!())), "{role}");
        assert!(!contains(&all_bytes(&bundle), SECRET.as_bytes()));
    }
}
