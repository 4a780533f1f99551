//! The recorder for tests: the same bytes every time, each test by itself, and assertions that say what they found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};
use tracing::{Instrument, error, info, info_span, warn};
use tracing_augur::{
    CaptureMode, Config, Moment, SpanExt, carried, current_run, decision,
    record::{ModelLayer, RunStatus, StepStatus, VerdictStatus},
    run_span,
    session::EffectOptions,
    step_span,
    testing::Recorder,
};
use tracing_subscriber::{Registry, layer::SubscriberExt};

/// An agent that uses most of what there is.
fn agent(recorder: &Recorder) {
    let _run = run_span!("checkout", augur.run.tags.env = "test").entered();
    let step = step_span!("click", augur.action.type = "click", augur.action.params.x = 412).entered();
    recorder.clock().advance(Duration::from_millis(120));
    step.record_screenshot(Moment::Before, support::PIXEL);
    decision!(Grounding, Observation, "the cart is at the top right", candidates = 1);
    step.record_model_call(
        ModelLayer::Model,
        &serde_json::json!({"request": {"model": "m"}, "response": {"text": "ok"}}),
    );
    info!(password = "hunter2hunter2", "a line");
    step.record_verdict(&serde_json::json!({"status": "passed", "reason": "the cart is open"}));
    drop(step);
    let step = step_span!("type", augur.step.colour = "red").entered();
    thread::spawn(carried(|| warn!("said on another thread"))).join().unwrap();
    error!(error.type = "timeout", "the field did not take it");
    drop(step);
    let _open = info_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "m").entered();
}

fn recorded() -> tracing_augur::testing::Recording {
    let recorder = Recorder::new();
    recorder.record(|| agent(&recorder));
    recorder.record(|| step_span!("in a run without a name").in_scope(|| {}));
    let session = recorder.session("by-calls").open().unwrap();
    session
        .record_step(&serde_json::json!({
            "step_id": "by-calls/step/0000", "step_index": 0, "step_type": "click", "status": "succeeded",
            "started_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap();
    let effect = session.declare_side_effect(0, "orders", "create", &EffectOptions::default()).unwrap();
    session.commit_side_effect(&effect, &7, None).unwrap();
    session.close(None).unwrap();
    recorder.finish()
}

#[test]
fn an_agent_that_does_the_same_twice_leaves_the_same_bytes_twice() {
    let recording = recorded();
    assert_eq!(recording.runs().len(), 3);
    assert!(recording.run_named("checkout").files().len() > 20);
    // Both at once, and some more to disturb them.
    thread::scope(|scope| {
        let others: Vec<_> = (0..4).map(|_| scope.spawn(recorded)).collect();
        for other in others {
            recording.assert_same(&other.join().unwrap());
        }
    });
}

#[test]
fn what_differs_is_named_by_file_and_line() {
    let record = |x: u64| {
        let recorder = Recorder::new();
        recorder.record(|| step_span!("click", augur.action.type = "click", augur.action.params.x = x).in_scope(|| {}));
        recorder.finish()
    };
    let said = failure(|| {
        record(1).assert_same(&record(2));
    });
    // What the step says stands in the step first, and then in everything that is made of it.
    assert!(said.contains("differs in line") && said.contains("first:") && said.contains("second:"), "{said}");
    let said = failure(|| {
        let recorder = Recorder::new();
        record(1).assert_same(&recorder.finish());
    });
    assert!(said.contains("the first recording has") && said.contains("and the second has not"), "{said}");
}

#[test]
fn time_stands_still_until_the_test_moves_it() {
    let recorder = Recorder::new();
    let begun = recorder.clock().now();
    recorder.record(|| {
        let _run = run_span!("r").entered();
        step_span!("quick").in_scope(|| thread::sleep(Duration::from_millis(3)));
        step_span!("slow").in_scope(|| recorder.clock().advance(Duration::from_secs(90)));
    });
    assert_eq!(recorder.clock().now(), begun + Duration::from_secs(90));
    let recording = recorder.finish();
    let run = recording.run();
    run.step(0).assert_member("duration_ms", 0).assert_member("started_at", "2026-01-01T00:00:00.000000Z");
    run.step(1).assert_member("duration_ms", 90_000).assert_member("ended_at", "2026-01-01T00:01:30.000000Z");
    run.assert_member("artifact_root", "file:///augur/r");
}

#[test]
fn everything_of_a_run_can_be_asked_for() {
    let recording = recorded();
    let run = recording.run_named("checkout");
    // The model call that was open when the run ended is a step too.
    run.assert_status(RunStatus::Succeeded)
        .assert_step_types(&["click", "type", "message"])
        .assert_valid()
        .assert_nowhere("hunter2hunter2")
        .assert_event("the cart is at")
        .assert_member("client.name", "test");
    assert_eq!(run.tag("env"), Some("test"));
    let click = run.step(0);
    click
        .assert_type("click")
        .assert_status(StepStatus::Succeeded)
        .assert_member("action.params.x", 412)
        .assert_member("duration_ms", 120)
        .assert_verdict(VerdictStatus::Passed)
        .assert_event("top right")
        .assert_model_calls(1);
    assert_eq!(click.screenshot(Moment::Before).as_deref(), Some(support::PIXEL));
    assert_eq!(click.screenshot(Moment::After), None);
    assert!(click.log().contains("a line"));
    run.step(1).assert_failed("timeout");
    assert_eq!(recording.run_named("by-calls").side_effects().len(), 1);
}

#[test]
fn an_assertion_that_does_not_hold_says_what_there_is() {
    let recorder = Recorder::new();
    recorder.record(|| {
        let _run = run_span!("asked").entered();
        let _step =
            step_span!("click", augur.action.type = "click", augur.action.params.x = 412, augur.step.status = "failed")
                .entered();
        decision!(Grounding, Observation, "two buttons look alike");
    });
    let recording = recorder.finish();
    let run = recording.run();
    let click = run.step(0);
    let outline = "run asked (succeeded):\n  0 click failed\n      grounding observation: two buttons look alike";
    for (said, parts) in [
        (failure(|| _ = run.step(7).index()), &["there is no step 7", outline][..]),
        (failure(|| _ = run.assert_status(RunStatus::Halted).id()), &["status is succeeded, not halted", outline]),
        (failure(|| _ = run.assert_step_types(&["type"]).id()), &[r#"["click"], not ["type"]"#, outline]),
        (failure(|| _ = run.assert_event("three").id()), &[r#"no event says "three""#, outline]),
        (failure(|| _ = run.assert_member("task_spec_id", "t").id()), &["no task_spec_id", outline]),
        (failure(|| _ = run.assert_nowhere("alike").id()), &["events/0000.jsonl holds what should be nowhere"]),
        (failure(|| _ = click.assert_type("type").index()), &[r#"step_type is "click", not "type""#]),
        (
            failure(|| _ = click.assert_status(StepStatus::Succeeded).index()),
            &[r#"status is "failed", not "succeeded""#],
        ),
        (failure(|| _ = click.assert_failed("timeout").index()), &["there is no failure_class"]),
        (failure(|| _ = click.assert_member("action.params.x", 1).index()), &["action.params.x is 412, not 1"]),
        (failure(|| _ = click.assert_verdict(VerdictStatus::Passed).index()), &["there is no verdict.status"]),
        (failure(|| _ = click.assert_event("three").index()), &["no event says", "two buttons look alike"]),
        (failure(|| _ = click.assert_model_calls(1).index()), &["0 model calls, not 1"]),
        (failure(|| _ = recording.run_named("other")), &[r#"no run "other"; there are: asked"#]),
        (failure(|| _ = Recorder::new().finish().run().id()), &["nothing was recorded"]),
    ] {
        for part in parts {
            assert!(said.contains(part), "{part:?} is not in {said:?}");
        }
    }
}

#[test]
fn a_session_that_is_still_open_is_told() {
    let said = failure(|| {
        let recorder = Recorder::new();
        let _session = recorder.session("open").open().unwrap();
        recorder.finish();
    });
    assert!(said.contains(r#"the run "open" is not over"#), "{said}");
}

#[test]
fn an_asynchronous_agent_is_recorded_on_the_thread_of_its_runtime() {
    let recorder = Recorder::new();
    {
        let _entered = recorder.enter();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let work = async {
            let look = async { decision!(Grounding, Observation, "seen") };
            tokio::spawn(look.instrument(step_span!("look"))).await.unwrap();
            assert_eq!(current_run().unwrap().id(), "asynchronous");
        };
        runtime.block_on(work.instrument(run_span!("asynchronous")));
    }
    assert!(current_run().is_none());
    recorder.finish().run().assert_step_types(&["look"]).step(0).assert_event("seen");
}

#[test]
fn settings_of_the_agent_count_and_its_folder_does_not() {
    let config = Config::new("mine").with_capture_mode(CaptureMode::Metadata).with_root("/nowhere/at/all");
    let recorder = Recorder::with_config(config);
    let subscriber = Registry::default().with(recorder.layer());
    tracing::subscriber::with_default(subscriber, || step_span!("click", augur.step.intent = "hidden").in_scope(|| {}));
    let recording = recorder.finish();
    let run = recording.run();
    run.assert_member("client.name", "mine").assert_member("capture_mode", "metadata");
    assert_eq!(run.step(0).member("intent").map(ToString::to_string), None);
    assert!(run.folder().starts_with(recording.folder()));
    let folder = recording.folder().to_owned();
    drop(recording);
    assert!(!folder.exists());
}

/// What a failing assertion says.
fn failure(assertion: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("the assertion should not hold");
    panic.downcast::<String>().map_or_else(|panic| panic.downcast_ref::<&str>().unwrap().to_string(), |text| *text)
}
