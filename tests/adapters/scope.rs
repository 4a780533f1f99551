//! Which part of the agent the model calls inside a scope belong to.

use crate::{assert_valid, session, support};
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};
use tracing_augur::{
    adapters::{current_model_scope, in_model_scope, model_scope, model_scope_named, record_model_call},
    record::ModelLayer,
};

fn current() -> Option<(ModelLayer, Option<u64>)> {
    current_model_scope().map(|context| (context.layer, context.step_index))
}

#[test]
fn the_innermost_scope_counts_until_it_ends() {
    assert_eq!(current(), None);
    let outer = model_scope(ModelLayer::Planner, Some(3));
    assert_eq!(current(), Some((ModelLayer::Planner, Some(3))));
    {
        let _inner = model_scope(ModelLayer::Verifier, None);
        assert_eq!(current(), Some((ModelLayer::Verifier, None)));
    }
    assert_eq!(current(), Some((ModelLayer::Planner, Some(3))));
    drop(outer);
    assert_eq!(current(), None);
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    let first = model_scope(ModelLayer::Planner, Some(1));
    let second = model_scope(ModelLayer::Judge, Some(2));
    drop(first);
    assert_eq!(current(), Some((ModelLayer::Judge, Some(2))));
    drop(second);
    assert_eq!(current(), None);
}

#[test]
fn a_scope_ends_with_a_panic_and_stays_on_its_thread() {
    let _here = model_scope(ModelLayer::Planner, None);
    std::thread::spawn(|| assert_eq!(current(), None)).join().unwrap();
    let panicked = std::panic::catch_unwind(|| {
        let _there = model_scope(ModelLayer::Judge, None);
        panic!("the judge fell over");
    });
    assert!(panicked.is_err());
    assert_eq!(current(), Some((ModelLayer::Planner, None)));
}

#[test]
fn a_layer_that_there_is_not_enters_nothing_and_the_error_lists_those_that_there_are() {
    for layer in ModelLayer::ALL {
        let scope = model_scope_named(layer.as_str(), Some(1)).unwrap();
        assert_eq!(current(), Some((*layer, Some(1))));
        drop(scope);
    }
    let error = model_scope_named("plannr", Some(1)).unwrap_err().to_string();
    assert_eq!(
        error,
        "model call layer \"plannr\" is not one of planner, grounding, model, verifier, step_recovery, judge"
    );
    assert_eq!(current(), None);
}

/// Is ready at its second poll.
async fn later() {
    let mut asked = false;
    poll_fn(move |_| if std::mem::replace(&mut asked, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Polls once; no scope may outlive that.
fn turn(future: Pin<&mut impl Future<Output = ()>>) -> bool {
    let done = future.poll(&mut Context::from_waker(Waker::noop())).is_ready();
    assert_eq!(current(), None, "a scope outlived its turn");
    done
}

#[test]
fn futures_that_take_turns_on_a_thread_keep_their_scopes_apart() {
    async fn ask(layer: ModelLayer) {
        for step in 0..3 {
            in_model_scope(layer, Some(step), async {
                assert_eq!(current(), Some((layer, Some(step))));
                later().await;
                assert_eq!(current(), Some((layer, Some(step))));
            })
            .await;
            assert_eq!(current(), None);
        }
    }
    let (mut planner, mut judge) = (pin!(ask(ModelLayer::Planner)), pin!(ask(ModelLayer::Judge)));
    for round in 0..4 {
        assert_eq!((turn(planner.as_mut()), turn(judge.as_mut())), (round == 3, round == 3));
    }
}

#[test]
fn a_model_call_takes_layer_and_step_from_its_scope_where_it_says_none_itself() {
    let folder = support::bundles("adapters_scope").join("run");
    let session = session(&folder, "run");
    let call = |extra: &[(&str, serde_json::Value)]| {
        let mut call = serde_json::json!({"request": {"model": "m"}, "response": {}});
        extra.iter().for_each(|(key, value)| call[*key] = value.clone());
        record_model_call(&session, &call).unwrap().unwrap()
    };
    assert_eq!(call(&[]), "modelio/run-model-0.json");
    let planning = model_scope(ModelLayer::Planner, Some(3));
    assert_eq!(call(&[]), "modelio/0003-planner-0.json");
    assert_eq!(call(&[]), "modelio/0003-planner-1.json");
    assert_eq!(call(&[("layer", "judge".into()), ("step_index", 5.into())]), "modelio/0005-judge-0.json");
    drop(planning);
    session.close(None).unwrap();
    assert_valid(&folder);
}

/// The scope counts wherever a model call is recorded, not only where the adapter's own function is called.
#[test]
fn a_session_takes_layer_and_step_from_the_scope_around_the_call() {
    let folder = support::bundles("adapters_scope_session").join("run");
    let session = session(&folder, "run");
    let call = |extra: &[(&str, serde_json::Value)]| {
        let mut call = serde_json::json!({"request": {"model": "m"}, "response": {}});
        extra.iter().for_each(|(key, value)| call[*key] = value.clone());
        call
    };
    let recorded = |call: &serde_json::Value, step, layer| session.record_modelio(call, step, layer).unwrap().unwrap();
    assert_eq!(recorded(&call(&[]), None, None), "modelio/run-model-0.json");
    let planning = model_scope(ModelLayer::Planner, Some(3));
    for (extra, step, layer, path) in [
        (&[][..], None, None, "modelio/0003-planner-0.json"),
        // What the call says goes first, each by itself.
        (&[], Some(5), None, "modelio/0005-planner-0.json"),
        (&[], None, Some(ModelLayer::Judge), "modelio/0003-judge-0.json"),
        (&[("layer", "verifier".into())], None, None, "modelio/0003-verifier-0.json"),
        // A record that names its step is placed as it is without a scope.
        (&[("step_index", 7.into())], None, None, "modelio/run-planner-0.json"),
    ] {
        assert_eq!(recorded(&call(extra), step, layer), path);
    }
    let unchecked = session.record_modelio_unchecked(&call(&[]), None, None).unwrap().unwrap();
    assert_eq!(unchecked, "modelio/0003-planner-1.json");
    drop(planning);
    {
        let _of_the_run = model_scope(ModelLayer::Judge, None);
        assert_eq!(recorded(&call(&[]), None, None), "modelio/run-judge-0.json");
    }
    assert_eq!(recorded(&call(&[]), None, None), "modelio/run-model-1.json");
    session.close(None).unwrap();
    let stored = support::json(folder.join("modelio/0003-planner-0.json"));
    assert_eq!((support::text(&stored, "layer"), support::at(&stored, "step_index").as_u64()), ("planner", Some(3)));
    assert_valid(&folder);
}
