//! The gate of the session door: one run for each mode, and runs whose mode changes on the way.

use super::{
    assert_cells, left_in, marker,
    session_table::{LAST_OF_THE_RUN, OF_A_STEP, RUN, SAID_OF_THE_RUN},
    support::{PIXEL, bundles, json, text},
};
use serde_json::json;
use std::path::{Path, PathBuf};
use tracing_augur::{
    CaptureMode, FlightRecorder, Moment, Session,
    record::{EventLayer, JudgeType, ModelLayer, Number, Object, VerdictStatus, to_value},
    session::*,
};

/// Iterations and what else needs a step of its own stand so far behind the step of their phase.
const BESIDE: u64 = 100;

const LAYERS: [EventLayer; 9] = [
    EventLayer::Planner,
    EventLayer::Grounding,
    EventLayer::Model,
    EventLayer::Dispatch,
    EventLayer::Verifier,
    EventLayer::StepRecovery,
    EventLayer::Routing,
    EventLayer::Runner,
    EventLayer::Adapter,
];

fn open(folder: &Path, mode: CaptureMode) -> Session {
    let said = |name| marker(name, 0);
    Session::builder("run", said("client"), folder)
        .client_version(said("client-version"))
        .capture_mode(mode)
        .tag("note", said("tag"))
        .branch_context(&json!({
            "parent_run_id": "parent", "branch_id": "branch", "branch_point_step_index": 0, "mutated_axis": "prompt",
            "mutation": {"how": said("mutation")},
        }))
        .task_spec(&json!({
            "instruction": said("opened-with"), "task_class": said("task-class"),
            "subgoals": [{"subgoal_id": "a", "description": said("subgoal-text")}],
        }))
        .open()
        .unwrap()
}

fn object(value: serde_json::Value) -> Object {
    to_value(&value).unwrap().as_object().cloned().unwrap()
}

/// A failed step that says everything a step can say.
fn step(phase: u64) -> serde_json::Value {
    let said = |name| marker(name, phase);
    json!({
        "step_id": format!("run/step/{phase:04}"), "step_index": phase, "step_type": said("step-type"), "required": true,
        "status": "failed", "failure_class": said("failure-class"),
        "started_at": "2026-01-01T00:00:00Z", "ended_at": "2026-01-01T00:00:01Z", "duration_ms": 1000,
        "costs": {"tokens_in": 3}, "latency": {"planner_ms": 5}, "intent": said("intent"), "group_id": said("group"),
        "branch_context": {
            "parent_run_id": "parent", "branch_id": "branch", "branch_point_step_index": 0, "mutated_axis": "prompt",
            "mutation": {"how": said("step-mutation")},
        },
        "action": {
            "type": said("action-type"), "params": {"to": said("param")}, "coordinate_space": "device_px",
            "dispatch_backend": said("backend"),
        },
        "grounding": {
            "provider": said("grounding-provider"), "target_label": said("target-label"), "coordinates": {"x": 1, "y": 2},
            "confidence": 0.5, "evidence": said("grounding-evidence"), "provenance": "screenshot",
        },
        "recovery_decision": {"type": "retry", "reason": said("recovery-reason"), "attempt": 1},
        "observation_pre": format!("screenshots/{phase:04}_pre.png"),
        "observation_post": format!("screenshots/{phase:04}_post.png"),
        "events": [format!("events/{phase:04}.jsonl")], "logs": [format!("logs/step-{phase}.log")],
    })
}

/// Says everything that can be said of a step, and of the run while the step goes on.
fn say_everything(session: &Session, phase: u64) {
    let said = |name: &str| marker(name, phase);
    session.record_step(&step(phase)).unwrap();
    for moment in [Moment::Before, Moment::After] {
        session.attach_observation(phase, moment, PIXEL.to_vec()).unwrap();
    }
    session.set_loop_detected(phase, true).unwrap();
    session.set_step_costs(phase, &StepCosts { tokens_out: Some(4_u64.into()), ..StepCosts::default() }).unwrap();
    judge(session, phase);
    let versions = Versions {
        prompt: Some(said("version-prompt")),
        grounder: Some(said("version-grounder")),
        ..Versions::default()
    };
    session.set_step_versions(phase, &versions).unwrap();
    let seen = EnvFingerprint {
        url_host: Some(said("host")),
        extensions: Some(vec![said("extension")]),
        ..EnvFingerprint::default()
    };
    session.attach_env_fingerprint(phase, &seen).unwrap();
    say_events(session, phase);
    say_model_calls(session, phase);
    say_effects(session, phase);
    say_training(session, phase);
    session.mark_for_eval(phase, &said("eval-reason"), Some(&said("eval-cluster"))).unwrap();
    session
        .record_step(&json!({
            "step_id": format!("run/step/{:04}", phase + BESIDE), "step_index": phase + BESIDE, "step_type": "click",
            "status": "succeeded", "started_at": "2026-01-01T00:00:00Z", "intent": said("beside-intent"),
        }))
        .unwrap();
    let iterated = session.record_step_iteration(phase + BESIDE, &json!({
        "step_id": format!("run/step/{:04}/1", phase + BESIDE), "step_type": said("iteration-type"), "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z", "intent": said("iteration-intent"),
        "action": {"type": "click", "dispatch_backend": said("iteration-backend")},
    }));
    iterated.unwrap();
    say_of_the_run(session, phase);
}

fn judge(session: &Session, phase: u64) {
    let said = |name: &str| marker(name, phase);
    let options = VerifierOptions {
        reason: Some(said("verdict-reason")),
        evidence_refs: Some(vec![said("evidence-ref")]),
        ..VerifierOptions::default()
    };
    let verdict = json!({"status": "failed", "reason": said("judge-reason")});
    let judged = JudgeOptions { promote: false, ..JudgeOptions::default() };
    session.record_judge_decision(phase, &said("judge"), JudgeType::Model, &verdict, &judged).unwrap();
    session.attach_verifier(phase, VerdictStatus::Failed, &options).unwrap();
    let components = [(said("component"), Number::from_f64(0.5).unwrap())].into();
    let score = ScoreOptions { components: Some(components), ..ScoreOptions::default() };
    session.set_score(phase, 0.5, &score).unwrap();
    session.record_subgoal_completion(phase, &said("subgoal"), 0.5).unwrap();
}

fn say_events(session: &Session, phase: u64) {
    let said = |name: &str| marker(name, phase);
    for layer in LAYERS {
        session
            .record_event(&json!({
                "ts": "2026-01-01T00:00:00Z", "layer": layer.as_str(), "kind": "info", "step_index": phase,
                "summary": said(&format!("event-{layer}")), "detail": {"more": said(&format!("event-detail-{layer}"))},
            }))
            .unwrap();
    }
    session.append_log(&said("log-step"), Some(phase), "run").unwrap();
}

fn say_model_calls(session: &Session, phase: u64) {
    let said = |name: &str| marker(name, phase);
    let call = json!({
        "request": {
            "model": said("called-model"), "system": said("system"),
            "messages": [{"role": "user", "content": said("prompt")}], "tools": [{"name": said("tool-definition")}],
        },
        "response": {"text": said("answer"), "tool_calls": [{"name": "t", "arguments": {"a": said("tool-argument")}}]},
    });
    let path = session.record_modelio(&call, Some(phase), Some(ModelLayer::Model)).unwrap();
    assert_eq!(path.is_some(), session.capture_mode() >= CaptureMode::ModelIo);
    let unchecked =
        json!({"request": {"model": said("called-model")}, "response": {"text": said("unchecked-answer")}, "more": 1});
    session.record_modelio_unchecked(&unchecked, Some(phase), Some(ModelLayer::Judge)).unwrap();
    session.record_reasoning(phase, &said("reasoning"), &ReasoningOptions::default()).unwrap();
}

fn say_effects(session: &Session, phase: u64) {
    let said = |name: &str| marker(name, phase);
    let declared = EffectOptions {
        idempotency_key: Some(said("idempotency")),
        compensation_handle: Some(said("compensation")),
        side_effect_id: Some(format!("committed-{phase}")),
        ..EffectOptions::default()
    };
    let id = session.declare_side_effect(phase, &said("resource"), &said("effect-action"), &declared).unwrap();
    session.commit_side_effect(&id, &json!({"got": said("observed")}), None).unwrap();
    let other = EffectOptions { side_effect_id: Some(format!("aborted-{phase}")), ..EffectOptions::default() };
    let id = session.declare_side_effect(phase, "other", "other", &other).unwrap();
    session.mark_side_effect_aborted(&id, &said("abort-reason"), None).unwrap();
}

fn say_training(session: &Session, phase: u64) {
    let said = |name: &str| marker(name, phase);
    let preference = json!({
        "preferred_action": {"type": said("preferred"), "dispatch_backend": said("preferred-backend")},
        "alternatives": [{"action": {"type": said("alternative"), "dispatch_backend": said("alternative-backend")}}],
        "notes": said("preference-notes"),
    });
    let path = session.record_preference(phase, &preference).unwrap();
    assert_eq!(path.is_some(), session.capture_mode() >= CaptureMode::Trace);
    let fixture = json!({
        "task": said("fixture-task"),
        "expected": {"captured_action": {"type": "click", "params": {"to": said("expected-param")}}},
    });
    let prior = to_value(&json!({
        "step_index": 0, "intent": said("prior-intent"), "action": {"type": "click"}, "verdict": {"status": "unknown"},
    }));
    let path = session.record_replay_fixture(phase, &fixture, Some(&[prior.unwrap()])).unwrap();
    assert_eq!(path.is_some(), session.capture_mode() >= CaptureMode::Replay);
}

fn say_of_the_run(session: &Session, phase: u64) {
    let said = |name: &str| marker(name, phase);
    session.add_tag(&format!("late-{phase}"), &said("late-tag")).unwrap();
    session.set_costs(&Costs { total_usd: Some(2.into()), ..Costs::default() }).unwrap();
    session.set_task_spec(&json!({"instruction": said("instruction")})).unwrap();
    let live = LiveEndpoints {
        status_url: Some(format!("https://example.com/{}", said("status-url"))),
        video_url: Some(format!("https://example.com/{}", said("video-url"))),
        reasoning_url: Some(format!("https://example.com/{}", said("reasoning-url"))),
    };
    session.set_live_endpoints(&live).unwrap();
    session
        .record_event(&json!({
            "ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": said("event-run"),
        }))
        .unwrap();
    session.append_log(&said("log-run"), None, "run").unwrap();
    let call = json!({"request": {"model": "m", "system": said("run-prompt")}, "response": {}});
    session.record_modelio(&call, None, None).unwrap();
    let outcome = |class: &str, reason: &str| OutcomeOptions {
        verdict: Some(object(json!({"status": "failed", "reason": said(reason)}))),
        task_class: Some(said(class)),
        cost_summary: None,
    };
    session.finalize_outcome(OutcomeScope::Session, &outcome("outcome-class", "outcome-reason")).unwrap();
    if session.capture_mode() > CaptureMode::Off {
        let of_step = outcome("step-outcome-class", "step-outcome-reason");
        session.finalize_outcome(OutcomeScope::Step(phase), &of_step).unwrap();
    }
}

/// A run under a mode, whose owner then sets the mode anew before each further phase; `None` goes back to the first.
fn run(test: &str, mode: CaptureMode, turns: &[Option<CaptureMode>]) -> PathBuf {
    let folder = bundles(&format!("{test}_{mode}")).join("run");
    let session = open(&folder, mode);
    say_everything(&session, 0);
    for (phase, turn) in (1..).zip(turns) {
        match turn {
            Some(mode) => session.set_capture_mode(*mode).unwrap(),
            None => session.clear_capture_mode().unwrap(),
        }
        say_everything(&session, phase);
    }
    session.close(None).unwrap();
    assert_eq!(text(&json(folder.join("manifest.json")), "capture_mode"), mode.as_str());
    folder
}

#[test]
fn every_cell_of_a_session_is_as_the_table_has_it() {
    for mode in CaptureMode::ALL {
        let bundle = run("gate_session", mode, &[]);
        for table in [SAID_OF_THE_RUN, LAST_OF_THE_RUN, OF_A_STEP] {
            assert_cells(&bundle, table, &[mode]);
        }
    }
}

#[test]
fn what_a_session_is_opened_with_passes_the_gate_too() {
    for mode in CaptureMode::ALL {
        let folder = bundles(&format!("gate_opened_{mode}")).join("run");
        let session = open(&folder, mode);
        session.set_costs(&Costs { total_usd: Some(2.into()), ..Costs::default() }).unwrap();
        session.close(None).unwrap();
        assert_cells(&folder, RUN, &[mode]);
    }
}

#[test]
fn a_run_that_is_off_leaves_its_envelope_and_nothing_else() {
    let bundle = run("gate_envelope", CaptureMode::Off, &[]);
    let mut left: Vec<_> =
        bundle.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["AGENT.md", "manifest.json", "schema", "trace.json"]);
    assert!(steps_of(&bundle).is_empty());
}

fn steps_of(bundle: &Path) -> Vec<tracing_augur::record::Value> {
    super::at(&json(bundle.join("trace.json")), "steps").as_array().unwrap().to_vec()
}

#[test]
fn a_mode_that_is_set_moves_the_gate_for_what_comes_after_it_until_it_is_cleared() {
    use CaptureMode::{Full, Metadata, ModelIo, Off, Screenshots, Trace};
    for (base, turns) in [
        (Metadata, [Some(Full), Some(Trace), Some(Off), Some(ModelIo), None]),
        (Full, [Some(Metadata), Some(Screenshots), None, Some(Off), Some(Trace)]),
        (Off, [Some(Trace), Some(Full), None, Some(Metadata), Some(ModelIo)]),
    ] {
        let bundle = run("gate_turned", base, &turns);
        let modes: Vec<_> = [base].into_iter().chain(turns.map(|turn| turn.unwrap_or(base))).collect();
        for table in [SAID_OF_THE_RUN, OF_A_STEP] {
            assert_cells(&bundle, table, &modes);
        }
        for (phase, mode) in modes.iter().enumerate().filter(|(_, mode)| **mode > Off) {
            let stamp = text(&json(bundle.join(format!("steps/{phase:04}.json"))), "capture_mode").to_owned();
            let is_set = phase > 0 && turns[phase - 1].is_some();
            assert_eq!(stamp, if is_set { mode.as_str() } else { "" }, "phase {phase} of {base}");
        }
    }
}

#[test]
fn what_is_attached_later_passes_at_the_mode_of_that_moment() {
    let folder = bundles("gate_attached_later").join("run");
    let session = open(&folder, CaptureMode::Full);
    session.record_step(&step(0)).unwrap();
    session.set_capture_mode(CaptureMode::Metadata).unwrap();
    judge(&session, 0);
    session.finalize_outcome(OutcomeScope::Step(0), &OutcomeOptions::default()).unwrap();
    session.set_capture_mode(CaptureMode::Trace).unwrap();
    session.record_subgoal_completion(0, &marker("subgoal", 1), 1.0).unwrap();
    session.clear_capture_mode().unwrap();
    session.close(None).unwrap();
    let left = left_in(&folder);
    for (name, phase, is_kept) in [
        ("intent", 0, true),
        ("backend", 0, true),
        ("verdict-reason", 0, false),
        ("judge", 0, false),
        ("judge-reason", 0, false),
        ("component", 0, false),
        ("subgoal", 0, false),
        ("subgoal", 1, true),
    ] {
        assert_eq!(left.contains(&marker(name, phase)), is_kept, "{name}");
    }
}

#[test]
fn the_first_failure_turns_the_mode_up_for_what_comes_after_it() {
    let folder = bundles("gate_session_upgraded").join("run");
    let recorder = FlightRecorder::upgrade_on_failure(CaptureMode::Trace);
    let session = Session::builder("run", "agent", &folder)
        .capture_mode(CaptureMode::Metadata)
        .flight_recorder(recorder)
        .open()
        .unwrap();
    for (phase, status) in [(0, "succeeded"), (1, "failed"), (2, "succeeded")] {
        let mut step = step(phase);
        step["status"] = status.into();
        session.record_step(&step).unwrap();
    }
    session.close(None).unwrap();
    let left = left_in(&folder);
    for (name, expected) in [("intent", [false, false, true]), ("backend", [false; 3]), ("step-type", [true; 3])] {
        assert_eq!([0, 1, 2].map(|phase| left.contains(&marker(name, phase))), expected, "{name}");
    }
}
