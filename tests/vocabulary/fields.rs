//! What becomes of fields that come late, in parts, again, in the wrong place, or with a value that does not fit.

use super::{complaints, every_name::config, recorded, support::*};
use std::io;
use tracing::{field::Empty, info, info_span};
use tracing_augur::{SpanExt, record::Value, run_span, step_span};

/// The steps of a run in which `agent` speaks, and the complaints about it.
fn told(test: &str, agent: impl FnOnce()) -> (Vec<Value>, Vec<String>) {
    let bundle = recorded(config(&bundles(test)), || {
        let _run = run_span!(test).entered();
        agent();
    });
    let trace = json(bundle.join("trace.json"));
    (at(&trace, "steps").as_array().unwrap().to_vec(), complaints(&bundle))
}

#[test]
fn a_wrong_value_is_told_and_the_step_stands_without_it() {
    let (steps, told) = told("vocabulary_wrong", || {
        step_span!(
            "click",
            augur.step.intent = "log in",
            augur.grounding.confidence = "very",
            augur.costs.tokens_in = -3,
            augur.verdict.status = "passed",
            augur.verdict.score = 7,
            augur.step.index = 9,
            augur.mood = "good"
        );
    });
    assert_eq!(text(&steps[0], "intent"), "log in");
    assert_eq!(at(&steps[0], "verdict").to_string(), r#"{"status": "passed"}"#);
    assert!(at(&steps[0], "costs").is_null() && at(&steps[0], "grounding").is_null());
    assert_eq!(
        told,
        [
            "error: augur.grounding.confidence: expected a number from 0 to 1, got a text of 4 bytes",
            "error: augur.costs.tokens_in: expected a whole number from 0 on, got a number that does not fit",
            "error: augur.verdict.score: expected a number from 0 to 1, got a number that does not fit",
            "error: augur.step.index: a field cannot set it: steps are numbered in the order in which their spans begin",
            "info: no schema has a place for augur.mood; kept here",
        ]
    );
}

/// Where nothing may be lost, every event is on disk before the next comes: half an object must wait for its other half.
#[test]
fn the_parts_of_an_object_may_come_in_any_order_and_one_by_one() {
    let (steps, told) = told("vocabulary_parts", || {
        let step = step_span!("click", augur.grounding.provider = "eye", augur.grounding.provenance = Empty);
        step.in_scope(|| {
            info!(augur.verdict.reason = "it looks right");
            info!("augur.judge_decisions.1.judge_id" = "second");
            step_span!("another step lets the worker write");
            info!("augur.judge_decisions.1.judge_type" = "rule", "augur.judge_decisions.1.verdict.status" = "passed");
            info!(
                "augur.judge_decisions.0" =
                    r#"{"judge_id": "first", "judge_type": "human", "verdict": {"status": "failed"}}"#
            );
            info!(augur.verdict.status = "passed");
        });
        step.record("augur.grounding.provenance", "screenshot");
        step.record_member("judge_decisions.1.confidence", &0.5);
    });
    assert_eq!(at(&steps[0], "grounding").to_string(), r#"{"provenance": "screenshot", "provider": "eye"}"#);
    assert_eq!(at(&steps[0], "verdict").to_string(), r#"{"reason": "it looks right", "status": "passed"}"#);
    let judges = at(&steps[0], "judge_decisions").as_array().unwrap();
    assert_eq!((text(&judges[0], "judge_id"), text(&judges[1], "judge_id")), ("first", "second"));
    assert_eq!(at(&judges[1], "confidence").to_string(), "0.5");
    assert_eq!(told, [""; 0]);
}

#[test]
fn what_stays_half_said_is_told_at_the_end_and_costs_nothing_else() {
    let (steps, told) = told("vocabulary_half", || {
        step_span!("click", augur.verdict.reason = "nobody said of what", augur.step.intent = "log in");
        step_span!("next");
    });
    assert_eq!(text(&steps[0], "intent"), "log in");
    assert!(at(&steps[0], "verdict").is_null());
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("error: a step did not fit its schema") && told[0].contains("status"), "{told:?}");
}

#[test]
fn half_a_task_waits_for_its_other_half_too() {
    let bundle = recorded(config(&bundles("vocabulary_task")), || {
        let run = run_span!("task", augur.run.task_spec.task_class = "shop", augur.run.task_spec.instruction = Empty);
        run.in_scope(|| {
            step_span!("click");
            info!(augur.run.tags.late = "yes");
        });
        run.record("augur.run.task_spec.instruction", "buy bread");
    });
    let trace = json(bundle.join("trace.json"));
    assert_eq!(at(&trace, "session.task_spec").to_string(), r#"{"instruction": "buy bread", "task_class": "shop"}"#);
    assert_eq!(text(&trace, "session.tags.late"), "yes");
    assert_eq!(complaints(&bundle), [""; 0]);
}

#[test]
fn the_last_value_counts_in_the_step_and_in_the_sum() {
    let bundle = recorded(config(&bundles("vocabulary_again")), || {
        let _run = run_span!("again").entered();
        let step = step_span!("click", augur.costs.total_usd = 0.25, augur.step.intent = "first");
        step.in_scope(|| info!(augur.step.intent = "second", augur.costs.tokens_in = 5_u64));
        step.record("augur.costs.total_usd", 0.5).record("augur.step.intent", "");
        step.record("augur.costs.total_usd", 0.75);
        drop(step);
        step_span!("click", augur.costs.total_usd = 1);
    });
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "steps.0.intent"), "second");
    assert_eq!(at(&trace, "steps.0.costs").to_string(), r#"{"tokens_in": 5, "total_usd": 0.75}"#);
    assert_eq!(at(&trace, "session.costs").to_string(), r#"{"tokens_in": 5, "total_usd": 1.75}"#);
}

#[test]
fn values_of_every_kind_that_tracing_has_are_read() {
    #[derive(Debug)]
    #[allow(dead_code)]
    enum Word {
        Passed,
    }
    impl std::fmt::Display for Word {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("passed")
        }
    }
    let error = io::Error::other("the page is gone");
    let (steps, told) = told("vocabulary_kinds", || {
        step_span!(
            "click",
            augur.action.type = ?"a \"quoted\" word",
            augur.action.params.unsigned = u64::MAX,
            augur.action.params.large = i128::MIN,
            augur.action.params.float = f64::NAN,
            augur.action.params.debug = ?Some(1),
            augur.action.params.object = ?r#"{"a": [1]}"#,
            augur.verdict.status = %Word::Passed,
            augur.verdict.reason = &error as &(dyn std::error::Error + 'static),
            augur.verdict.score = %0.5,
            augur.step.required = %false,
            augur.costs.tokens_in = None::<u64>,
            augur.costs.tokens_out = Some(7_u8),
            augur.step.duration_ms = 7_i128
        );
    });
    assert_eq!(
        at(&steps[0], "action").to_string(),
        r#"{"params": {"debug": "Some(1)", "float": "NaN", "large": -170141183460469231731687303715884105728, "object": {"a": [1]}, "unsigned": 18446744073709551615}, "type": "a \"quoted\" word"}"#
    );
    assert_eq!(
        at(&steps[0], "verdict").to_string(),
        r#"{"reason": "the page is gone", "score": 0.5, "status": "passed"}"#
    );
    assert_eq!(at(&steps[0], "costs").to_string(), r#"{"tokens_out": 7}"#);
    assert_eq!(
        (at(&steps[0], "required").to_string(), at(&steps[0], "duration_ms").as_u64()),
        ("false".into(), Some(7))
    );
    assert_eq!(told, [""; 0]);
}

#[test]
fn a_span_that_only_declares_a_name_of_ours_is_a_step() {
    let (steps, _) = told("vocabulary_declared", || {
        let step = info_span!("thinking", augur.costs.total_usd = Empty);
        step.record("augur.costs.total_usd", 0.5);
    });
    assert_eq!((steps.len(), text(&steps[0], "step_type")), (1, "thinking"));
    assert_eq!(at(&steps[0], "costs.total_usd").to_string(), "0.5");
}

#[test]
fn fields_on_the_span_of_a_model_call_or_tool_are_about_its_step() {
    let (steps, told) = told("vocabulary_dialect", || {
        let chat = info_span!(
            "chat",
            gen_ai.operation.name = "chat",
            gen_ai.request.model = "m",
            augur.captured_versions.prompt = "p-7",
            augur.group_id = Empty
        );
        chat.record("augur.group_id", "g");
    });
    assert_eq!(text(&steps[0], "captured_versions.prompt"), "p-7");
    assert_eq!(text(&steps[0], "group_id"), "g");
    assert_eq!(told, [""; 0]);
}

#[test]
fn an_event_may_be_about_another_step_than_the_one_it_stands_in() {
    let bundle = recorded(config(&bundles("vocabulary_elsewhere")), || {
        let _run = run_span!("elsewhere").entered();
        step_span!("click");
        step_span!("check").in_scope(|| {
            info!(augur.step_index = 0, augur.verdict.status = "failed", augur.layer = "verifier", "it did not open");
            info!(augur.step.index = 7, augur.layer = "verifier", "there is no such step");
        });
        info!(augur.step_index = 1_u64, augur.step.intent = "told when it was over");
        info!(augur.step.intent = "there is no step here");
    });
    let trace = json(bundle.join("trace.json"));
    assert_eq!(text(&trace, "steps.0.verdict.status"), "failed");
    assert!(at(&trace, "steps.1.verdict").is_null());
    assert_eq!(text(&trace, "steps.1.intent"), "told when it was over");
    assert_eq!(text(&lines(bundle.join("events/0000.jsonl"))[0], "summary"), "it did not open");
    let mut told = complaints(&bundle);
    told.sort();
    assert_eq!(
        told,
        [
            "error: augur.step_index: the run has no step 7 yet",
            "info: there is no step here for augur.step.intent; kept here",
        ]
    );
}

#[test]
fn the_times_that_an_owner_states_are_the_steps_times() {
    let (steps, _) = told("vocabulary_times", || {
        let step = step_span!("click", augur.step.started_at = "2026-01-02T03:04:05Z", augur.step.ended_at = Empty);
        step.record("augur.step.ended_at", "2026-01-02T04:04:06.5+01:00");
    });
    assert_eq!(text(&steps[0], "started_at"), "2026-01-02T03:04:05.000000Z");
    assert_eq!(text(&steps[0], "ended_at"), "2026-01-02T03:04:06.500000Z");
    assert_eq!(at(&steps[0], "duration_ms").as_u64(), Some(1500));
}
