//! An adapter's hooks, and the driver that calls them.

use crate::{assert_valid, session, support, value};
use std::sync::Mutex;
use tracing_augur::{
    Moment,
    adapters::{Adapter, Driver, Input, Intervention, Observed, drive, intervene},
    record::{Provenance, RunStatus, Value},
    session::EffectOptions,
};

/// Writes down what it is asked. Its objects are JSON texts; what is no JSON is nothing to it.
#[derive(Default)]
struct Scribe {
    asked: Mutex<Vec<String>>,
}

impl Scribe {
    fn note(&self, line: impl Into<String>) {
        self.asked.lock().unwrap().push(line.into());
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn read(raw: &str) -> Option<Value> {
    tracing_augur::record::parse(raw.as_bytes()).ok()
}

impl Adapter for Scribe {
    type Raw = &'static str;

    fn name(&self) -> &str {
        "scribe"
    }

    fn on_run_start(&self, run_id: &str, client_version: Option<&str>) -> Vec<(String, String)> {
        self.note(format!("start {run_id} {client_version:?}"));
        vec![("adapter".into(), "scribe".into()), ("suite".into(), "nightly".into())]
    }

    fn on_step(&self, raw: &&'static str) -> Option<Value> {
        self.note("step");
        read(raw)
    }

    fn on_action(&self, raw: &&'static str, step_index: u64) -> Option<Value> {
        self.note(format!("action {step_index}"));
        read(raw)
    }

    fn on_decision(&self, raw: &&'static str, step_index: Option<u64>) -> Option<Value> {
        self.note(format!("decision {step_index:?}"));
        read(raw)
    }

    fn on_observation(&self, raw: &&'static str, step_index: u64) -> Option<Observed> {
        self.note(format!("observation {step_index}"));
        let moment = if *raw == "after" { Moment::After } else { Moment::Before };
        let png = if *raw == "broken" { b"GIF89a".to_vec() } else { support::PIXEL.to_vec() };
        Some(Observed { moment, png })
    }

    fn on_side_effect(&self, raw: &&'static str, step_index: u64) -> Option<Value> {
        self.note(format!("side effect {step_index}"));
        read(raw)
    }

    fn on_run_end(&self, status: RunStatus) {
        self.note(format!("end {status}"));
    }

    fn on_pause(&self) {
        self.note("pause");
    }

    fn on_resume(&self) {
        self.note("resume");
    }

    fn on_kill(&self) {
        self.note("kill");
    }

    fn on_inject_hint(&self, text: &str) {
        self.note(format!("hint {text}"));
    }

    fn on_action_override(&self, x: f64, y: f64, provenance: Provenance) {
        self.note(format!("override {x} {y} {provenance}"));
    }
}

const CLICK: &str = r#"{"step_index": 0, "step_type": "click", "status": "succeeded"}"#;
const TYPE: &str = r#"{"step_index": 1, "step_type": "type", "status": "failed", "failure_class": "no_state_change"}"#;

#[test]
fn every_hook_is_called_and_what_it_returns_is_in_the_bundle() {
    let folder = support::bundles("adapters_driver").join("run");
    let (scribe, session) = (Scribe::default(), session(&folder, "run"));
    let inputs = [
        Input::Observation { step_index: 0, raw: "before" },
        Input::Action { step_index: 0, raw: r#"{"type": "click", "params": {"x": 4}}"# },
        Input::Step(CLICK),
        Input::Observation { step_index: 0, raw: "after" },
        Input::Decision {
            step_index: Some(0),
            raw: r#"{"layer": "verifier", "kind": "decision", "summary": "it opened"}"#,
        },
        Input::Step(TYPE),
        Input::Action { step_index: 1, raw: r#"{"params": {"text": "x"}}"# },
        Input::Decision { step_index: None, raw: r#"{"layer": "runner", "kind": "info", "summary": "out of steps"}"# },
        Input::Decision { step_index: None, raw: "not for the record" },
    ];
    let driven = drive(&scribe, &session, Some("1.2"), inputs, RunStatus::Failed).unwrap();
    assert_eq!(
        scribe.asked(),
        [
            "start run Some(\"1.2\")",
            "observation 0",
            "action 0",
            "step",
            "observation 0",
            "decision Some(0)",
            "step",
            "action 1",
            "decision None",
            "decision None",
            "end failed"
        ]
    );
    assert_eq!((driven.steps, driven.pictures, driven.decisions, driven.passed_over), (2, 2, 2, 1));
    assert_eq!((driven.refused, driven.unclaimed), (0, 0), "{:?}", driven.refusals);
    assert_valid(&folder);

    let trace = support::json(folder.join("trace.json"));
    for (path, expected) in [
        ("session.status", r#""failed""#),
        ("session.tags.adapter", r#""scribe""#),
        ("session.tags.suite", r#""nightly""#),
        ("steps.0.step_id", r#""run/step/0000""#),
        ("steps.0.action", r#"{"params": {"x": 4}, "type": "click"}"#),
        ("steps.0.observation_pre", r#""screenshots/0000_pre.png""#),
        ("steps.0.observation_post", r#""screenshots/0000_post.png""#),
        ("steps.1.action", r#"{"params": {"text": "x"}, "type": "noop"}"#),
    ] {
        assert_eq!(support::at(&trace, path).to_string(), expected, "{path}");
    }
    assert_eq!(support::text(&driven.manifest, "run_id"), "run");
    let run_events = support::lines(folder.join("events/run.jsonl"));
    assert_eq!(support::text(&run_events[0], "summary"), "out of steps");
}

#[test]
fn what_a_session_refuses_is_told_and_the_run_goes_on() {
    let folder = support::bundles("adapters_driver_refusals").join("run");
    let (scribe, session) = (Scribe::default(), session(&folder, "run"));
    let inputs = [
        Input::Step(r#"{"step_type": "click"}"#),
        Input::Step("[]"),
        Input::Step(r#"{"step_index": 0, "step_type": "click", "status": "great"}"#),
        Input::Decision { step_index: Some(0), raw: r#"{"layer": "critic"}"# },
        Input::Observation { step_index: 0, raw: "broken" },
        Input::Step(CLICK),
        Input::Action { step_index: 0, raw: r#"{"type": "click", "made_up": 1}"# },
        Input::Action { step_index: 0, raw: r#"{"type": "click"}"# },
        Input::Action { step_index: 9, raw: r#"{"type": "click"}"# },
    ];
    let driven = drive(&scribe, &session, None, inputs, RunStatus::Succeeded).unwrap();
    assert_eq!((driven.steps, driven.refused, driven.unclaimed), (1, 6, 1), "{:?}", driven.refusals);
    for (refusal, why) in
        driven.refusals.iter().zip(["step_index", "expected an object", "status", "", "not a PNG", "made_up"])
    {
        assert!(refusal.contains(why), "{refusal} does not say {why}");
    }
    assert_valid(&folder);
    let step = support::json(folder.join("steps/0000.json"));
    assert_eq!(support::at(&step, "action").to_string(), r#"{"type": "click"}"#);
}

#[test]
fn side_effects_are_declared_in_the_ledger_and_settled_where_it_is_known_how() {
    let folder = support::bundles("adapters_driver_effects").join("run");
    let (scribe, session) = (Scribe::default(), session(&folder, "run"));
    let effects = [
        (
            r#"{"resource": "mail", "action": "send", "side_effect_id": "se_a", "idempotency_key": "k"}"#,
            "intent_only adapter_inferred irreversible",
        ),
        (
            r#"{"resource": "order", "action": "place", "side_effect_id": "se_b", "provenance": "human_declared", "observed_result": {"id": 7}}"#,
            "committed human_declared irreversible",
        ),
        (
            r#"{"resource": "file", "action": "delete", "side_effect_id": "se_c", "reversibility": "reversible", "abort_reason": "refused"}"#,
            "aborted adapter_inferred reversible",
        ),
        (
            r#"{"resource": "page", "action": "post", "side_effect_id": "se_d", "status": "committed"}"#,
            "committed adapter_inferred irreversible",
        ),
    ];
    let bad = [
        r#"{"resource": "mail"}"#,
        r#"{"resource": "", "action": "send"}"#,
        r#"{"resource": "mail", "action": "send", "reversibility": "maybe"}"#,
        r#"{"resource": "mail", "action": "send", "status": "done"}"#,
        r#"{"resource": "mail", "action": 7}"#,
        r#"{"resource": "mail", "action": "send", "side_effect_id": "../x"}"#,
    ];
    let inputs = effects.iter().map(|(raw, _)| *raw).chain(bad).map(|raw| Input::SideEffect { step_index: 0, raw });
    let driven = drive(&scribe, &session, None, inputs, RunStatus::Succeeded).unwrap();
    assert_eq!((driven.side_effects, driven.refused), (4, 6), "{:?}", driven.refusals);
    assert_eq!(scribe.asked().iter().filter(|line| *line == "side effect 0").count(), 10);
    assert_valid(&folder);
    for ((raw, expected), id) in effects.iter().zip(["se_a", "se_b", "se_c", "se_d"]) {
        let record = support::json(folder.join(format!("side_effects/0000-{id}.json")));
        let told = ["status", "provenance", "reversibility"].map(|name| support::text(&record, name)).join(" ");
        assert_eq!(told, *expected, "{raw}");
    }
    let committed = support::json(folder.join("side_effects/0000-se_b.json"));
    assert_eq!(support::at(&committed, "observed_result").to_string(), r#"{"id": 7}"#);
}

#[test]
fn actions_without_steps_do_not_pile_up() {
    let folder = support::bundles("adapters_driver_waiting").join("run");
    let (scribe, session) = (Scribe::default(), session(&folder, "run"));
    let actions = (0..1000).map(|step_index| Input::Action { step_index, raw: r#"{"type": "click"}"# });
    let last = Input::Step(r#"{"step_index": 999, "step_type": "click", "status": "succeeded"}"#);
    let driven = drive(&scribe, &session, None, actions.chain([last]), RunStatus::Succeeded).unwrap();
    assert_eq!((driven.steps, driven.unclaimed), (1, 999));
    assert_eq!(support::text(&support::json(folder.join("steps/0999.json")), "action.type"), "click");
    assert_valid(&folder);
}

#[test]
fn a_closed_session_ends_the_drive() {
    let folder = support::bundles("adapters_driver_closed").join("run");
    let (scribe, session) = (Scribe::default(), session(&folder, "run"));
    let mut driver = Driver::start(&scribe, &session, None).unwrap();
    session.close(None).unwrap();
    assert_eq!(driver.feed(Input::Step(CLICK)).unwrap_err().kind(), "wrong_state");
}

#[test]
fn an_operators_commands_reach_the_agent_and_are_noted_in_the_run() {
    let folder = support::bundles("adapters_interventions").join("run");
    let (scribe, session) = (Scribe::default(), session(&folder, "run"));
    let hint = Intervention::InjectHint("try the menu".into());
    let place = Intervention::OverrideAction { x: 4.0, y: 2.5 };
    let pending = session.declare_side_effect(0, "mail", "send", &EffectOptions::default()).unwrap();
    for command in [&Intervention::Pause, &hint, &place, &Intervention::Resume, &Intervention::Kill] {
        intervene(&scribe, &session, command, Some("op-7")).unwrap();
    }
    session.close(Some(RunStatus::Cancelled)).unwrap();
    let effect = support::json(folder.join(format!("side_effects/0000-{pending}.json")));
    assert_eq!(support::text(&effect, "abort_reason"), "intervention.kill by op-7");
    assert_eq!(scribe.asked(), ["pause", "hint try the menu", "override 4 2.5 human_override", "resume", "kill"]);
    assert_valid(&folder);
    let noted: Vec<String> = support::lines(folder.join("events/run.jsonl"))
        .iter()
        .map(|event| format!("{} {}", support::text(event, "summary"), support::at(event, "detail")))
        .collect();
    assert_eq!(
        noted,
        [
            r#"intervention.pause {"operator_id": "op-7", "payload": {}}"#,
            r#"intervention.inject_hint {"operator_id": "op-7", "payload": {"text": "try the menu"}}"#,
            r#"intervention.override_action {"operator_id": "op-7", "payload": {"coordinates": {"x": 4.0, "y": 2.5}}}"#,
            r#"intervention.resume {"operator_id": "op-7", "payload": {}}"#,
            r#"intervention.kill {"operator_id": "op-7", "payload": {}}"#,
        ]
    );
}

#[test]
fn an_adapter_needs_no_hook_but_the_one_for_steps() {
    struct Plain;
    impl Adapter for Plain {
        type Raw = Value;
        fn name(&self) -> &str {
            "plain"
        }
        fn on_step(&self, raw: &Value) -> Option<Value> {
            Some(raw.clone())
        }
    }
    let folder = support::bundles("adapters_plain").join("run");
    let session = session(&folder, "run");
    let inputs = [
        Input::Action { step_index: 0, raw: value("{}") },
        Input::Observation { step_index: 0, raw: value("{}") },
        Input::SideEffect { step_index: 0, raw: value("{}") },
        Input::Decision { step_index: None, raw: value("{}") },
        Input::Step(value(CLICK)),
    ];
    let driven = drive(&Plain, &session, None, inputs, RunStatus::Succeeded).unwrap();
    assert_eq!((driven.steps, driven.passed_over, driven.refused), (1, 4, 0));
    assert_eq!(Plain.supported_schemas(), ("0.1", "0.1"));
    assert_valid(&folder);
}
