//! What code inside a step can ask, and how work on other threads stays in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::{sync::mpsc, thread, time::Duration};
use support::{at, bundles, json, lines, text};
use tracing::{info, info_span, subscriber::with_default};
use tracing_augur::{CaptureMode, Config, carried, current_run, decision, run_span, step_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};

#[test]
fn code_inside_a_run_can_ask_which_run_and_step_it_is_in() {
    let root = bundles("current_run");
    let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Trace);
    let (layer, guard) = tracing_augur::layer::<Registry>(config).unwrap();
    with_default(Registry::default().with(layer), || {
        assert_eq!(current_run(), None);
        let _run = run_span!("asked").entered();
        assert_eq!(current_run().unwrap().step_index(), None);
        step_span!("first").in_scope(|| {});
        let _step = step_span!("second").entered();
        // A span that is no part of a run stands in one all the same.
        let _other = info_span!("request", path = "/").entered();
        guard.flush();
        let run = current_run().unwrap();
        assert_eq!((run.id(), run.step_index(), run.trace_id()), ("asked", Some(1), None));
        assert_eq!(run.folder(), Some(root.join("asked").as_path()));
        assert_eq!(run.links(), Some(root.join("asked/otel/links.jsonl")));
    });
    assert!(guard.shutdown(Duration::from_secs(10)).is_complete());
    assert_eq!(with_default(Registry::default(), current_run), None);
}

#[test]
fn work_that_is_carried_stays_in_its_step_on_any_thread() {
    let root = bundles("carried");
    let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Trace);
    let (layer, guard) = tracing_augur::layer::<Registry>(config).unwrap();
    with_default(Registry::default().with(layer), || {
        let _run = run_span!("carried").entered();
        let (send, receive) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        let pool = thread::spawn(move || receive.into_iter().for_each(|work| work()));
        for index in 0..3_u64 {
            let step = step_span!("click", augur.step.intent = "from another thread").entered();
            let inside = carried(move || {
                assert_eq!(current_run().unwrap().step_index(), Some(index));
                decision!(Grounding, Observation, "seen elsewhere", index);
            });
            send.send(Box::new(inside)).unwrap();
            let answer = thread::spawn(carried(|| 7)).join().unwrap();
            assert_eq!(answer, 7);
            // What is not carried is outside.
            assert!(thread::spawn(|| current_run().is_none()).join().unwrap());
            drop(step);
        }
        drop(send);
        pool.join().unwrap();
        info!("done");
    });
    assert!(guard.shutdown(Duration::from_secs(10)).is_complete());
    let bundle = root.join("carried");
    for index in 0..3 {
        let events = lines(bundle.join(format!("events/{index:04}.jsonl")));
        let said: Vec<_> = events.iter().filter(|event| text(event, "summary") == "seen elsewhere").collect();
        assert_eq!(said.len(), 1, "step {index}");
    }
    assert_eq!(at(&json(bundle.join("trace.json")), "steps").as_array().unwrap().len(), 3);
}
