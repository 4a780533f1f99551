//! Two layers of ours in one registry, and one more in another: each records everything for itself.

use super::{config, finished, named, steps};
use crate::support::{at, bundles, json, lines, text};
use std::{fs, path::Path};
use tracing::{error, field::Empty, info, info_span, subscriber::with_default};
use tracing_augur::{
    CaptureMode, Moment, SpanExt, carried, current_run, decision, record::ModelLayer, run_span, step_span,
};
use tracing_subscriber::{Registry, layer::SubscriberExt};

fn agent() {
    let _run = run_span!("run").entered();
    let step = step_span!("click", augur.action.type = "click", augur.step.intent = Empty).entered();
    step.record("augur.step.intent", "open the cart");
    step.record_screenshot(Moment::Before, crate::support::PIXEL);
    step.record_verdict(&serde_json::json!({"status": "passed", "reason": "it is open"}));
    step.record_model_call(
        ModelLayer::Model,
        &serde_json::json!({"request": {"model": "m"}, "response": {"text": "ok"}}),
    );
    decision!(Grounding, Observation, "seen");
    std::thread::spawn(carried(|| info!("said elsewhere"))).join().unwrap();
    drop(step);
    let step = step_span!("type").entered();
    info_span!("request").in_scope(|| error!(error.type = "timeout", "inside"));
    error!(error.type = "timeout", "it did not take it");
    drop(step);
    info_span!("chat", gen_ai.operation.name = "chat", gen_ai.request.model = "m").in_scope(|| {});
    // In one root, either may have been the first to take the name.
    assert!(["run", "run-2"].contains(&current_run().unwrap().id()));
}

fn assert_whole(bundle: &Path) {
    assert_eq!(steps(bundle), named(&[("click", "succeeded"), ("type", "failed"), ("message", "succeeded")]));
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "session.status"), "succeeded");
    assert_eq!((text(&trace, "steps.0.intent"), text(&trace, "steps.0.verdict.status")), ("open the cart", "passed"));
    assert_eq!(text(&trace, "steps.0.observation_pre"), "screenshots/0000_pre.png");
    assert_eq!(fs::read(bundle.join("screenshots/0000_pre.png")).unwrap(), crate::support::PIXEL);
    assert_eq!(fs::read_dir(bundle.join("modelio")).unwrap().count(), 2);
    let said = lines(bundle.join("events/0000.jsonl"));
    assert_eq!(said.iter().filter(|event| text(event, "summary") == "seen").count(), 1);
    assert_eq!(text(&trace, "steps.1.failure_class"), "timeout");
}

#[test]
fn two_layers_in_one_registry_each_record_everything() {
    let (first, second) = (bundles("twice_first"), bundles("twice_second"));
    let (one, guard_one) = tracing_augur::layer(config(&first)).unwrap();
    let (other, guard_other) = tracing_augur::layer(config(&second)).unwrap();
    with_default(Registry::default().with(one).with(other), agent);
    finished(guard_one);
    finished(guard_other);
    assert_whole(&first.join("run"));
    assert_whole(&second.join("run"));
}

#[test]
fn each_layer_keeps_what_its_own_settings_say() {
    let (first, second) = (bundles("twice_metadata"), bundles("twice_full"));
    let (one, guard_one) = tracing_augur::layer(config(&first).with_capture_mode(CaptureMode::Metadata)).unwrap();
    let (other, guard_other) =
        tracing_augur::layer(config(&second).with_filter("coexistence=off".parse().unwrap())).unwrap();
    let (third, guard_third) = tracing_augur::layer(config(&second)).unwrap();
    with_default(Registry::default().with(one).with(other).with(third), agent);
    finished(guard_one);
    // That one was told to hear nothing of this.
    let report = guard_other.shutdown(std::time::Duration::from_secs(10));
    assert!(report.is_complete() && report.bundles.is_empty(), "{report}");
    finished(guard_third);
    let cheap = first.join("run");
    assert!(!cheap.join("screenshots").exists() && !cheap.join("modelio").exists());
    let trace = json(cheap.join("trace.json"));
    assert_eq!((text(&trace, "steps.1.failure_class"), text(&trace, "steps.0.intent")), ("timeout", ""));
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 3);
    assert_whole(&second.join("run"));
}

#[test]
fn two_layers_in_one_root_number_their_runs() {
    let root = bundles("twice_one_root");
    let (one, guard_one) = tracing_augur::layer(config(&root)).unwrap();
    let (other, guard_other) = tracing_augur::layer(config(&root)).unwrap();
    with_default(Registry::default().with(one).with(other), agent);
    finished(guard_one);
    finished(guard_other);
    assert_whole(&root.join("run"));
    assert_whole(&root.join("run-2"));
}

#[test]
fn a_layer_that_ends_first_leaves_the_other_at_work() {
    let (first, second) = (bundles("twice_ends_first"), bundles("twice_goes_on"));
    let (one, guard_one) = tracing_augur::layer(config(&first)).unwrap();
    let (other, guard_other) = tracing_augur::layer(config(&second)).unwrap();
    with_default(Registry::default().with(one).with(other), || {
        let run = run_span!("outer").entered();
        let step = step_span!("wait").entered();
        finished(guard_one);
        drop((step, run));
        agent();
    });
    finished(guard_other);
    assert_eq!(steps(&first.join("outer")), named(&[("wait", "failed")]));
    assert!(!first.join("run").exists());
    assert_eq!(steps(&second.join("outer")), named(&[("wait", "succeeded")]));
    assert_whole(&second.join("run"));
}

#[test]
fn two_subscribers_at_work_on_two_threads_do_not_meet() {
    let roots: Vec<_> = (0..2).map(|number| bundles(&format!("twice_subscribers_{number}"))).collect();
    std::thread::scope(|scope| {
        for root in &roots {
            scope.spawn(move || {
                let (layer, guard) = tracing_augur::layer(config(root)).unwrap();
                with_default(Registry::default().with(layer), agent);
                finished(guard);
            });
        }
    });
    roots.iter().for_each(|root| assert_whole(&root.join("run")));
}
