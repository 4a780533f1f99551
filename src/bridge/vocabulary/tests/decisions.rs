//! Which events decide or tell something of a run, and in whose name.

use super::*;

#[test]
fn an_event_is_a_decision_or_a_line_of_log() {
    use Level::{Debug, Error, Info, Warn};
    for (target, level, message, fields, expected) in [
        (
            "x",
            Info,
            "",
            &[
                ("event.name", "gen_ai.evaluation.result"),
                ("gen_ai.evaluation.name", "fit"),
                ("gen_ai.evaluation.score.value", "0.5"),
                ("gen_ai.evaluation.score.label", "pass"),
            ][..],
            "verifier observation: fit: pass, 0.5",
        ),
        (
            "x",
            Warn,
            "",
            &[
                ("event.name", "gen_ai.client.operation.exception"),
                ("exception.type", "E"),
                ("exception.message", "boom"),
            ],
            "model error: E: boom",
        ),
        ("x", Info, "", &[("event.name", "exception")], "model error: exception"),
        (
            "codex_otel.log_only",
            Info,
            "",
            &[("event.name", "codex.tool_decision"), ("tool_name", "shell"), ("decision", "approved")],
            "dispatch decision: decision on shell: approved",
        ),
        ("codex_otel.trace_safe", Info, "", &[("event.name", "codex.tool_decision"), ("tool_name", "shell")], "-"),
        (
            "codex_otel.log_only",
            Info,
            "",
            &[("event.name", "codex.sandbox_outcome"), ("outcome", "denied")],
            "dispatch decision: sandbox outcome on a tool: denied",
        ),
        (
            "codex_otel.log_only",
            Info,
            "",
            &[("event.name", "codex.api_request"), ("success", "true")],
            "adapter info: model request",
        ),
        (
            "codex_otel.log_only",
            Info,
            "",
            &[("event.name", "codex.api_request"), ("error.message", "429")],
            "adapter error: model request failed",
        ),
        ("rig_agent::agent::engine", Info, "Agent run finished", &[], "runner info: agent run finished"),
        ("my_agent", Info, "Agent run finished", &[], "-"),
        ("my_agent", Warn, "slow", &[], "model error: slow"),
        ("my_agent", Error, "", &[("error", "boom")], "model error: boom"),
        ("my_agent", Error, "", &[], "model error: event src/main.rs:1"),
        ("my_agent", Error, "two\n  lines", &[], "model error: two lines"),
        ("hyper_util::client", Warn, "retrying", &[], "adapter error: retrying"),
        ("log", Warn, "retrying", &[("log.target", "reqwest::connect")], "adapter error: retrying"),
        ("my_agent", Info, "hello", &[], "-"),
        ("my_agent", Debug, "hello", &[("error", "none")], "-"),
    ] {
        let told = decision(&event(target, level, message, texts(fields)), EventLayer::Model).map(decided);
        let told =
            told.map_or_else(|| "-".to_owned(), |told| format!("{} {}: {}", told.layer, told.kind, told.summary));
        assert_eq!(told, expected, "{target} {message}");
    }
}

#[test]
fn a_warning_keeps_its_fields_its_level_and_its_origin() {
    let warning = event("log", Level::Warn, "slow", texts(&[("log.target", "db"), ("log.line", "3"), ("rows", "9")]));
    let told = decided(decision(&warning, EventLayer::Dispatch).unwrap());
    assert_eq!(Value::from(told.detail).to_string(), r#"{"level": "WARN", "rows": "9", "target": "db"}"#);
}

#[test]
fn a_summary_is_one_short_line() {
    let long = "wörter ".repeat(1000);
    let told = decision(&event("x", Level::Error, &long, Attributes::default()), EventLayer::Model).unwrap();
    assert!((told.shown..5000).contains(&told.summary.chars().count()));
    assert_eq!(told.shown, 200);
}

#[test]
fn another_model_than_was_asked_is_a_routing_decision() {
    for (asked, answered, routed) in [
        ("gpt-5", "gpt-5", false),
        ("gpt-5", "gpt-5-2026-01-01", false),
        ("openai/gpt-5", "gpt-5", false),
        ("claude-opus-latest", "claude-opus-20260101", false),
        ("gpt-5", "gpt-5-mini", true),
        ("gpt-5", "gpt-4", true),
    ] {
        let call = called(&[("gen_ai.request.model", asked), ("gen_ai.response.model", answered)]);
        let layers = model_called(&call).iter().map(|told| told.layer).collect::<Vec<_>>();
        assert_eq!(layers.contains(&EventLayer::Routing), routed, "{asked} {answered}");
    }
}

#[test]
fn a_lookup_tells_what_was_found_but_not_what_stands_in_it() {
    let facts = span(
        "retrieval",
        texts(&[
            ("gen_ai.operation.name", "retrieval"),
            ("gen_ai.retrieval.query.text", "shoes"),
            ("gen_ai.retrieval.top_k", "2"),
            ("gen_ai.retrieval.documents", r#"[{"id":"a","score":0.5,"content":"long"},{"id":"b"}]"#),
        ]),
    );
    let told = decided(looked_up(&facts));
    assert_eq!(
        (told.layer, told.kind, told.summary.as_str()),
        (EventLayer::Grounding, EventKind::Observation, "retrieval: shoes")
    );
    assert_eq!(shown(&told.detail, "documents"), r#"[{"id": "a", "score": 0.5}, {"id": "b"}]"#);
    assert_eq!(shown(&told.detail, "top_k"), "2");
}

#[test]
fn plans_guardrails_and_evaluations_speak_in_their_own_layer() {
    let facts = span("plan", texts(&[("gen_ai.agent.name", "p"), ("output.value", "blocked")]));
    for (told, expected) in [
        (planned(&facts), "planner decision: plan by p"),
        (verified(&facts), "verifier decision: guardrail plan: blocked"),
        (judged(&facts), "verifier observation: plan: blocked"),
        (judged(&span("x", texts(&[("gen_ai.evaluation.name", "fit")]))), "verifier observation: fit"),
    ] {
        let told = decided(told);
        assert_eq!(format!("{} {}: {}", told.layer, told.kind, told.summary), expected);
    }
}

#[test]
fn an_evaluation_is_a_verdict_only_as_far_as_it_says_one() {
    for (label, score, expected) in [
        ("pass", "0.5", r#"{"reason": "why", "score": 0.5, "status": "passed"}"#),
        ("Incorrect", "", r#"{"reason": "why", "status": "failed"}"#),
        ("meh", "7", r#"{"reason": "why", "status": "unknown"}"#),
    ] {
        let verdict = verdict(&texts(&[
            ("gen_ai.evaluation.score.label", label),
            ("gen_ai.evaluation.score.value", score),
            ("gen_ai.evaluation.explanation", "why"),
        ]))
        .unwrap();
        assert_eq!(Value::from(verdict.clone()).to_string(), expected);
        judge(Schema::Step, step(&[("verdict", verdict.into())]));
    }
    assert!(verdict(&texts(&[("gen_ai.operation.name", "chat")])).is_none());
}
