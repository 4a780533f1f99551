//! Many threads, many runs at once, and thousands of spans that mean nothing to us.

use super::{config, finished, named, steps};
use crate::support::bundles;
use std::thread;
use tracing::{Dispatch, Level, debug_span, dispatcher, info, info_span, subscriber::with_default, trace, trace_span};
use tracing_augur::{carried, current_run, run_span, step_span};
use tracing_subscriber::{Layer, Registry, filter::LevelFilter, layer::SubscriberExt};

#[test]
fn two_runs_on_many_threads_keep_their_steps_apart() {
    let root = bundles("two_runs");
    let (layer, guard) = tracing_augur::layer::<Registry>(config(&root)).unwrap();
    let dispatch = Dispatch::new(Registry::default().with(layer));
    thread::scope(|scope| {
        for run in ["left", "right"] {
            let dispatch = &dispatch;
            scope.spawn(move || {
                dispatcher::with_default(dispatch, || {
                    let _run = run_span!(run).entered();
                    thread::scope(|scope| {
                        for _ in 0..8 {
                            scope.spawn(carried(move || {
                                for _ in 0..10 {
                                    let _step = step_span!(run).entered();
                                    assert_eq!(current_run().unwrap().id(), run);
                                    info!("in {run}");
                                }
                            }));
                        }
                    });
                });
            });
        }
    });
    finished(guard);
    for run in ["left", "right"] {
        let bundle = root.join(run);
        assert_eq!(steps(&bundle), vec![(run.to_owned(), "succeeded".to_owned()); 80]);
        let other = if run == "left" { "in right" } else { "in left" };
        assert!(!crate::support::contains(&crate::support::all_bytes(&bundle.join("logs")), other.as_bytes()));
    }
}

/// A neighbour that hears everything, as a console for tasks does.
struct Greedy;

impl<S: tracing::Subscriber> Layer<S> for Greedy {
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }
}

/// The spans of a runtime that is watched task by task, and of a web server.
fn crowd(count: u64) {
    for id in 0..count {
        let task =
            trace_span!(target: "tokio::task", "runtime.spawn", kind = "task", task.id = id, loc.file = "main.rs");
        let _in_task = task.enter();
        trace!(target: "tokio::task::waker", op = "waker.clone", task.id = id);
        let request = info_span!("request", method = "GET", path = "/", status = tracing::field::Empty);
        request.record("status", 200);
        debug_span!(target: "hyper::proto", "read").in_scope(|| {});
    }
}

/// What this process holds in memory, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn spans_that_are_not_ours_leave_nothing_in_memory_or_on_disk() {
    let root = bundles("crowd");
    let (layer, guard) = tracing_augur::layer(config(&root)).unwrap();
    with_default(Registry::default().with(Greedy).with(layer), || {
        crowd(2_000);
        let _run = run_span!("crowd").entered();
        let _step = step_span!("click").entered();
        crowd(2_000);
        let before = resident();
        crowd(50_000);
        let grown = resident().saturating_sub(before);
        // Other tests run beside this one; a hundred bytes a span would be 15 MB.
        assert!(grown < 12 * 1024 * 1024, "{grown} bytes more");
        assert!(tracing::enabled!(target: "tokio::task", Level::TRACE));
    });
    finished(guard);
    let bundle = root.join("crowd");
    assert_eq!(steps(&bundle), named(&[("click", "succeeded")]));
    assert!(!crate::support::contains(&crate::support::all_bytes(&bundle), b"runtime.spawn"));
}
