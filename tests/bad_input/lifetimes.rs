//! Spans, guards and threads that end in the wrong order, and values that strike back while they are recorded.

use crate::{
    assert_valid, assert_whole, end, only_bundle, recorded, recorder,
    support::{at, bundles, json, lines, text},
};
use std::{
    collections::BTreeSet,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::mpsc,
};
use tracing::{Instrument, Span, dispatcher::with_default, field, info, info_span, warn};
use tracing_augur::{CaptureMode, Moment, SpanExt, decision, run_span, step_span};

fn bundle_of(root: &Path, run: &str) -> std::path::PathBuf {
    let folder = root.join(run);
    assert_valid(&folder);
    folder
}

#[test]
fn a_guard_that_goes_first_halts_the_run_and_fails_the_open_step() {
    let root = bundles("bad_lifetimes_guard");
    let (dispatch, guard) = recorder(&root, CaptureMode::Full);
    let answer = with_default(&dispatch, || {
        let run = run_span!("guard").entered();
        step_span!("done").in_scope(|| info!("done"));
        let open = step_span!("open").entered();
        drop(guard);
        info!("nobody listens any more");
        open.record_screenshot(Moment::After, crate::support::PIXEL)
            .record_verdict(&serde_json::json!({"status": "passed"}));
        drop(open);
        drop(run);
        // A new run finds nobody either.
        run_span!("late").in_scope(|| step_span!("late").in_scope(|| 42))
    });
    assert_eq!(answer, 42);
    let trace = json(bundle_of(&root, "guard").join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "halted");
    assert_eq!(text(&trace, "steps.0.status"), "succeeded");
    assert_eq!((text(&trace, "steps.1.status"), text(&trace, "steps.1.failure_class")), ("failed", "interrupted"));
    assert!(!root.join("late").exists());
}

#[test]
fn an_open_step_without_a_run_around_it_halts_its_run_too() {
    let root = bundles("bad_lifetimes_implicit");
    let (dispatch, guard) = recorder(&root, CaptureMode::Full);
    let report = with_default(&dispatch, || {
        let _open = step_span!("open").entered();
        end(guard)
    });
    let trace = json(only_bundle(&report).join("trace.json"));
    assert_eq!((text(&trace, "steps.0.status"), text(&trace, "steps.0.failure_class")), ("failed", "interrupted"));
    assert_eq!(text(&trace, "session.status"), "halted");
}

#[test]
fn a_step_of_another_thread_that_outlives_the_guard_is_no_harm() {
    let root = bundles("bad_lifetimes_thread");
    let (dispatch, guard) = recorder(&root, CaptureMode::Full);
    let ((go, wait), (opened, is_open)) = (mpsc::channel(), mpsc::channel());
    let run = with_default(&dispatch, || run_span!("thread"));
    let parent = run.clone();
    let in_thread = dispatch.clone();
    let thread = std::thread::spawn(move || {
        with_default(&in_thread, || {
            let open = parent.in_scope(|| step_span!("open"));
            opened.send(()).unwrap();
            wait.recv().unwrap();
            open.in_scope(|| warn!("late"));
            drop(open);
            let late = info_span!(parent: &parent, "late", augur.step.type = "late");
            late.in_scope(|| decision!(Planner, Info, "late"));
            42
        })
    });
    drop(run);
    is_open.recv().unwrap();
    let report = end(guard);
    go.send(()).unwrap();
    assert_eq!(thread.join().unwrap(), 42);
    let trace = json(only_bundle(&report).join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "halted");
    assert_eq!((text(&trace, "steps.0.step_type"), text(&trace, "steps.0.failure_class")), ("open", "interrupted"));
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 1);
}

/// `tracing` keeps a span open as long as spans below it are, so a run ends with its last step.
#[test]
fn a_run_lasts_as_long_as_its_last_step() {
    let root = bundles("bad_lifetimes_last_step");
    let (answer, report) = recorded(&root, CaptureMode::Full, || {
        let run = run_span!("last");
        let step = run.in_scope(|| step_span!("slow"));
        drop(run);
        // A span tells the one around it that it closed through the subscriber of its own thread.
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let work = move || with_default(&dispatch, move || step.entered().exit().in_scope(|| 42));
        std::thread::spawn(work).join().unwrap()
    });
    let trace = json(only_bundle(&report).join("trace.json"));
    assert_eq!(answer, 42);
    assert_eq!((text(&trace, "session.status"), text(&trace, "steps.0.status")), ("succeeded", "succeeded"));
}

#[test]
fn a_panic_in_a_step_fails_it_halts_the_run_and_reaches_the_agent_unchanged() {
    let root = bundles("bad_lifetimes_panic");
    let (payload, report) = recorded(&root, CaptureMode::Full, || {
        catch_unwind(|| {
            let _run = run_span!("panic").entered();
            step_span!("fine").in_scope(|| info!("fine"));
            step_span!("falls").in_scope(|| {
                info!("about to fall");
                std::panic::resume_unwind(Box::new("the agent's own"));
            })
        })
        .unwrap_err()
    });
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the agent's own"));
    let bundle = only_bundle(&report);
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "halted");
    assert_eq!(text(&trace, "steps.0.status"), "succeeded");
    assert_eq!((text(&trace, "steps.1.status"), text(&trace, "steps.1.failure_class")), ("failed", "panic"));
    assert!(std::fs::read_to_string(bundle.join("logs/step-1.log")).unwrap().contains("about to fall"));
}

#[test]
fn a_guard_dropped_by_a_panic_completes_the_bundle() {
    let root = bundles("bad_lifetimes_unwinding_guard");
    let (dispatch, guard) = recorder(&root, CaptureMode::Full);
    let payload = with_default(&dispatch, || {
        catch_unwind(AssertUnwindSafe(|| {
            let _run = run_span!("unwinding").entered();
            let _step = step_span!("falls").entered();
            // Declared last, so dropped first: with the step and the run still open.
            let _guard = guard;
            std::panic::resume_unwind(Box::new(42_u32));
        }))
        .unwrap_err()
    });
    assert_eq!(payload.downcast_ref::<u32>(), Some(&42));
    let trace = json(bundle_of(&root, "unwinding").join("trace.json"));
    assert_eq!((text(&trace, "session.status"), text(&trace, "steps.0.status")), ("halted", "failed"));
}

/// Logs, and opens a span and a step, whenever somebody looks at it.
struct Talkative;

impl fmt::Debug for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        warn!("somebody looks at me");
        info_span!("aside").in_scope(|| info!("aside"));
        let inner = step_span!("inner");
        inner.in_scope(|| inner.record_verdict(&serde_json::json!({"status": "passed"})));
        f.write_str("talkative")
    }
}

#[test]
fn a_value_that_logs_while_it_is_recorded_does_not_lock_up() {
    let root = bundles("bad_lifetimes_talkative");
    let (answer, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("talkative").entered();
        // `tracing` asks once per place in the code whether anybody listens; asked while it is busy, it is told: nobody.
        step_span!("first").in_scope(|| format!("{Talkative:?}"));
        let step = step_span!("step", augur.step.intent = field::Empty, odd = ?Talkative);
        let _in_step = step.enter();
        info!(value = ?Talkative, "looking");
        step.record("augur.step.intent", field::debug(Talkative));
        decision!(Planner, Info, "looked", value = ?Talkative);
        42
    });
    let bundle = only_bundle(&report);
    assert_eq!(answer, 42);
    assert_eq!(text(&json(bundle.join("steps/0002.json")), "intent"), "talkative");
    let events = lines(bundle.join("events/0002.jsonl"));
    assert!(events.iter().any(|event| text(event, "summary") == "looked"));
    // `Span::record` is the way in which `tracing` lets events through while it is busy.
    assert!(events.iter().any(|event| text(event, "summary") == "somebody looks at me"));
}

/// Panics, or reports an error, when it is formatted.
struct Broken {
    panics: bool,
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        if self.panics {
            std::panic::resume_unwind(Box::new("a Debug that panics"));
        }
        Err(fmt::Error)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for Broken {}

impl serde::Serialize for Broken {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        if self.panics {
            std::panic::resume_unwind(Box::new("a Serialize that panics"));
        }
        Err(serde::ser::Error::custom("not today"))
    }
}

/// A field is the recorder's to read, so what goes wrong in reading it is the recorder's to contain.
#[test]
fn a_value_that_fails_or_panics_while_it_is_recorded_costs_its_own_text_only() {
    for panics in [false, true] {
        let root = bundles(&format!("bad_lifetimes_broken_{panics}"));
        let (answer, report) = recorded(&root, CaptureMode::Full, || {
            let _run = run_span!("broken").entered();
            let step = step_span!("step", augur.step.intent = ?Broken { panics });
            let _in_step = step.enter();
            let error = Broken { panics };
            info!(value = ?error, sound = 1, "looking");
            warn!(error = &error as &dyn std::error::Error, "failing");
            info!("{error}");
            step.record_verdict(&error);
            42
        });
        let bundle = only_bundle(&report);
        assert_eq!(answer, 42);
        let step = json(bundle.join("steps/0000.json"));
        let why = if panics { "panicked" } else { "failed" };
        assert_eq!(text(&step, "intent"), format!("half…[formatting it {why}]"));
        let log = std::fs::read_to_string(bundle.join("logs/step-0.log")).unwrap();
        assert!(log.contains("sound=1"), "{log}");
        let events = lines(bundle.join("events/0000.jsonl"));
        assert!(events.iter().any(|event| text(event, "summary") == "failing"));
        let left_out =
            if panics { "verdict was left out: reading it panicked" } else { "verdict was left out: not today" };
        assert!(events.iter().any(|event| text(event, "summary") == left_out));
    }
}

#[test]
fn a_thousand_runs_at_once_are_a_thousand_bundles() {
    // Thirty thousand small files: in memory, where there is such a place.
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let (dispatch, guard) = recorder(root.path(), CaptureMode::Metadata);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let dispatch = &dispatch;
            scope.spawn(move || {
                with_default(dispatch, || {
                    let runs: Vec<_> = (0..125).map(|n| run_span!(format!("run-{thread}-{n}"))).collect();
                    let steps: Vec<_> = runs.iter().map(|run| run.in_scope(|| step_span!("step"))).collect();
                    drop(steps);
                    drop(runs);
                });
            });
        }
    });
    let report = end(guard);
    assert!(!report.late, "{report}");
    let mut ids = BTreeSet::new();
    for entry in std::fs::read_dir(root.path()).unwrap() {
        let folder = entry.unwrap().path();
        let trace = json(folder.join("trace.json"));
        assert!(folder.join("manifest.json").exists(), "{}", folder.display());
        assert_eq!(text(&trace, "steps.0.status"), "succeeded", "{}", folder.display());
        ids.insert(text(&trace, "session.run_id").to_owned());
    }
    assert_eq!(ids.len(), 1000);
}

#[tracing::instrument(fields(augur.step.type = "await"))]
async fn awaited(n: u32) -> u32 {
    for _ in 0..3 {
        tokio::task::yield_now().await;
        info!(n, "awake");
    }
    n
}

#[test]
fn runs_that_take_turns_on_one_thread_keep_their_own_steps_and_lines() {
    let root = bundles("bad_lifetimes_await");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (answers, report) = recorded(&root, CaptureMode::Full, || {
        let task = |n: u32| {
            async move { awaited(n).await + awaited(n + 10).await }.instrument(run_span!(format!("await-{n}")))
        };
        runtime.block_on(async { tokio::join!(task(0), task(1), task(2)) })
    });
    assert_eq!(answers, (10, 12, 14));
    assert_eq!(report.bundles.len(), 3, "{report}");
    report.bundles.iter().for_each(assert_whole);
    for n in 0..3 {
        let bundle = bundle_of(&root, &format!("await-{n}"));
        assert_eq!(at(&json(bundle.join("trace.json")), "steps").as_array().unwrap().len(), 2);
        let log = std::fs::read_to_string(bundle.join("logs/step-1.log")).unwrap();
        assert_eq!(log.matches(&format!("awake n={}", n + 10)).count(), 3, "{log}");
    }
}

/// A task that is dropped half-way closes its spans without a panic; its step was left, not failed.
#[test]
fn a_run_whose_task_panics_or_is_dropped_leaves_the_others_alone() {
    let root = bundles("bad_lifetimes_tasks");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (answer, report) = recorded(&root, CaptureMode::Full, || {
        runtime.block_on(async {
            let hangs = async { std::future::pending::<()>().instrument(step_span!("hangs")).await };
            let dropped = tokio::spawn(hangs.instrument(run_span!("dropped")));
            let falls = async {
                let falls = async {
                    tokio::task::yield_now().await;
                    std::panic::resume_unwind(Box::new(()))
                };
                falls.instrument(step_span!("falls")).await
            };
            let falls = tokio::spawn(falls.instrument(run_span!("falls")));
            let fine = tokio::spawn(awaited(42).instrument(run_span!("fine")));
            assert!(falls.await.unwrap_err().is_panic());
            let answer = fine.await.unwrap();
            dropped.abort();
            let _ = dropped.await;
            answer
        })
    });
    assert_eq!(answer, 42);
    report.bundles.iter().for_each(assert_whole);
    for (run, status) in [("falls", "halted"), ("fine", "succeeded")] {
        assert_eq!(text(&json(bundle_of(&root, run).join("trace.json")), "session.status"), status, "{run}");
    }
    assert_eq!(report.bundles.len(), 3, "{report}");
}

#[test]
fn what_happens_outside_any_span_is_nobodys() {
    let root = bundles("bad_lifetimes_outside");
    let (answer, report) = recorded(&root, CaptureMode::Full, || {
        tracing::error!(augur.layer = "model", "outside");
        decision!(Planner, Info, "outside");
        Span::none().record_screenshot(Moment::Before, crate::support::PIXEL).record_action(&1);
        Span::current().record_member("intent", "nobody's");
        info_span!("unrelated").record_screenshot(Moment::Before, Vec::new());
        42
    });
    assert_eq!((answer, report.bundles.len()), (42, 0), "{report}");
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
}
