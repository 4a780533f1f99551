//! A layer of ours that is swapped out at run time, and in again.

use super::{config, finished, named, steps};
use crate::support::{bundles, json, text};
use tracing::subscriber::with_default;
use tracing_augur::{BoxedLayer, SpanExt, current_run, decision, run_span, step_span};
use tracing_subscriber::{
    Registry,
    layer::{Identity, SubscriberExt},
    reload,
};

#[test]
fn a_layer_can_be_taken_out_and_put_in_again_at_run_time() {
    let root = bundles("reload");
    let (augur, guard) = tracing_augur::layer::<Registry>(config(&root)).unwrap();
    let (layer, handle) = reload::Layer::new(augur);
    let out = || {
        let mut taken: Option<BoxedLayer<Registry>> = None;
        handle.modify(|layer| taken = Some(std::mem::replace(layer, Box::new(Identity::new())))).unwrap();
        taken.unwrap()
    };
    with_default(Registry::default().with(layer), || {
        run_span!("before").in_scope(|| {
            let step = step_span!("click").entered();
            // Our own calls find a layer behind such a one too.
            assert_eq!(current_run().unwrap().id(), "before");
            step.record_verdict(&serde_json::json!({"status": "passed"}));
        });
        // Swapped out in the middle of a run: what closes meanwhile is cut off.
        let run = run_span!("during").entered();
        step_span!("first").in_scope(|| {});
        let second = step_span!("second").entered();
        let augur = out();
        drop(second);
        step_span!("unheard").in_scope(|| decision!(Runner, Info, "unheard"));
        run_span!("unheard").in_scope(|| {});
        handle.modify(|layer| *layer = augur).unwrap();
        step_span!("third").in_scope(|| {});
        drop(run);
        run_span!("after").in_scope(|| step_span!("click").in_scope(|| {}));
    });
    finished(guard);
    assert_eq!(steps(&root.join("before")), named(&[("click", "succeeded")]));
    assert_eq!(text(&json(root.join("before/trace.json")), "steps.0.verdict.status"), "passed");
    assert_eq!(
        steps(&root.join("during")),
        named(&[("first", "succeeded"), ("second", "failed"), ("third", "succeeded")])
    );
    assert_eq!(text(&json(root.join("during/trace.json")), "steps.1.failure_class"), "interrupted");
    assert_eq!(steps(&root.join("after")), named(&[("click", "succeeded")]));
    assert!(!root.join("unheard").exists());
}

#[test]
fn a_run_that_closes_while_its_layer_is_out_is_halted() {
    let root = bundles("reload_closed");
    let (augur, guard) = tracing_augur::layer::<Registry>(config(&root)).unwrap();
    let (layer, handle) = reload::Layer::new(augur);
    with_default(Registry::default().with(layer), || {
        let run = run_span!("closed").entered();
        step_span!("click").in_scope(|| {});
        handle.modify(|layer| *layer = Box::new(Identity::new())).unwrap();
        drop(run);
    });
    finished(guard);
    assert_eq!(text(&json(root.join("closed/trace.json")), "session.status"), "halted");
}
