//! The protocol of `augur record` itself: requests, replies, arguments by name, bytes, exit codes. What the operations do is
//! proved by the scenarios and by the tests of the session API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../tests/support/mod.rs"]
mod support;

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};
use support::bundles;

/// Records from standard input; the replies and the exit code.
fn record(bundle: &Path, lines: &[String], more: &[&str]) -> (Vec<Value>, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_augur"));
    command.arg("record").arg("--out").arg(bundle).args(more).env_remove("AUGUR_CAPTURE_MODE");
    command.env_remove("AUGUR_DURABILITY").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = lines.join("\n");
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let replies = String::from_utf8(output.stdout).unwrap();
    let replies = replies.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (replies, output.status.code().unwrap())
}

fn op(name: &str, args: Value) -> String {
    json!({"op": name, "args": args}).to_string()
}

fn open() -> String {
    op("open", json!({"run_id": "run", "client_name": "agent", "capture_mode": "full"}))
}

fn step() -> Value {
    json!({"step_id": "run/step/0000", "step_index": 0, "step_type": "click", "status": "succeeded", "started_at": "2026-01-01T00:00:00Z"})
}

fn kind(reply: &Value) -> &str {
    reply["error"]["kind"].as_str().unwrap_or("ok")
}

fn message(reply: &Value) -> &str {
    reply["error"]["message"].as_str().unwrap_or_default()
}

/// Each operation with what it must be given and, of that, the names that cannot be left out.
fn operations() -> Vec<(&'static str, Value, &'static [&'static str])> {
    let event = json!({"ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": "s"});
    let again = json!({"step_id": "run/step/0000/1", "step_type": "click", "status": "failed", "started_at": "2026-01-01T00:00:00Z"});
    let preference = json!({"preferred_action": {"type": "a"}, "alternatives": [{"action": {"type": "b"}}]});
    let png = json!({"$base64": "iVBORw0KGgo="});
    vec![
        ("record_step", json!({"step": step()}), &["step"]),
        (
            "record_step_iteration",
            json!({"step_id_or_index": 0, "iteration": again}),
            &["step_id_or_index", "iteration"],
        ),
        (
            "attach_observation",
            json!({"step_index": 0, "kind": "pre", "png_bytes": png}),
            &["step_index", "kind", "png_bytes"],
        ),
        ("set_loop_detected", json!({"step_index": 0}), &["step_index"]),
        ("set_capture_mode", json!({"mode": "full"}), &["mode"]),
        ("clear_capture_mode", json!({}), &[]),
        ("record_event", json!({"event": event}), &["event"]),
        ("append_log", json!({"text": "x"}), &["text"]),
        ("record_reasoning", json!({"step_index": 0, "text": "x"}), &["step_index", "text"]),
        ("attach_verifier", json!({"step_index": 0, "status": "passed"}), &["step_index", "status"]),
        ("set_score", json!({"step_index": 0, "score": 1}), &["step_index", "score"]),
        (
            "record_judge_decision",
            json!({"step_index": 0, "judge_id": "j", "judge_type": "rule", "verdict": {"status": "passed"}}),
            &["step_index", "judge_id", "judge_type", "verdict"],
        ),
        (
            "record_subgoal_completion",
            json!({"step_index": 0, "subgoal_id": "a", "completion": 1}),
            &["step_index", "subgoal_id", "completion"],
        ),
        ("set_costs", json!({"total_usd": 1}), &[]),
        ("set_step_costs", json!({"step_index": 0}), &["step_index"]),
        ("successful_task_cost_summary", json!({}), &[]),
        ("finalize_outcome", json!({}), &[]),
        ("mark_for_eval", json!({"step_index": 0, "reason": "r"}), &["step_index", "reason"]),
        ("set_step_versions", json!({"step_index": 0}), &["step_index"]),
        ("attach_env_fingerprint", json!({"step_index": 0}), &["step_index"]),
        ("record_modelio", json!({"record": {"request": {"model": "m"}, "response": {}}}), &["record"]),
        ("set_task_spec", json!({"spec": {"instruction": "i"}}), &["spec"]),
        ("set_task_spec_id", json!({"task_spec_id": "t"}), &[]),
        ("set_group_id", json!({"group_id": "g"}), &[]),
        ("set_live_endpoints", json!({}), &[]),
        (
            "declare_side_effect",
            json!({"step_index": 0, "resource": "r", "action": "a", "side_effect_id": "se_1"}),
            &["step_index", "resource", "action"],
        ),
        ("commit_side_effect", json!({"side_effect_id": "se_1"}), &["side_effect_id"]),
        (
            "declare_side_effect",
            json!({"step_index": 0, "resource": "r", "action": "a", "side_effect_id": "se_2"}),
            &[],
        ),
        ("mark_side_effect_aborted", json!({"side_effect_id": "se_2", "reason": "r"}), &["side_effect_id", "reason"]),
        ("abort_pending_side_effects", json!({"reason": "r"}), &["reason"]),
        ("record_preference", json!({"step_index": 0, "preference": preference}), &["step_index", "preference"]),
        ("record_replay_fixture", json!({"step_index": 0, "fixture": {}}), &["step_index", "fixture"]),
        ("bind_intervention", json!({"adapter": null, "poll_timeout": 1.5}), &[]),
        ("add_tag", json!({"key": "k", "value": "v"}), &["key", "value"]),
        ("set_status", json!({"status": "failed"}), &["status"]),
        ("close", json!({}), &[]),
    ]
}

#[test]
fn every_operation_takes_its_arguments_by_name_and_refuses_those_it_does_not_know() {
    for (test, durability) in [("protocol_arguments", "process"), ("protocol_arguments_lazy", "lazy")] {
        let mut lines = vec![open()];
        for (name, args, required) in operations() {
            for missing in required {
                let mut args = args.clone();
                args.as_object_mut().unwrap().remove(*missing);
                lines.push(op(name, args));
            }
            let mut slip = args.clone();
            slip["setp_index"] = 1.into();
            lines.extend([op(name, slip), op(name, args)]);
        }
        let (replies, code) = record(&bundles(test).join("run"), &lines, &["--durability", durability]);
        assert_eq!((replies.len(), code), (lines.len(), 0));
        let mut replies = replies.iter().skip(1);
        for (name, _, required) in operations() {
            for missing in required {
                let reply = replies.next().unwrap();
                assert_eq!(kind(reply), "invalid_argument", "{name} without {missing}: {reply}");
                assert!(message(reply).contains(missing), "{name} without {missing}: {reply}");
            }
            let reply = replies.next().unwrap();
            assert_eq!(message(reply), format!("{name} does not take \"setp_index\""), "{reply}");
            let reply = replies.next().unwrap();
            assert!(reply.get("ok").is_some(), "{name}: {reply}");
        }
    }
}

#[test]
fn a_line_that_is_no_request_is_answered_and_passed_over() {
    let bundle = bundles("protocol_requests").join("run");
    let lines = [
        "not json".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"op": 3}"#.to_owned(),
        r#"{"op": "fly"}"#.to_owned(),
        r#"{"op": "close", "args": []}"#.to_owned(),
        String::new(),
        op("close", json!({})),
        open(),
        r#"{"op": "close", "args": null, "id": {"any": [1, 2.50, "x"]}}"#.to_owned(),
    ];
    let (replies, code) = record(&bundle, &lines, &[]);
    let kinds: Vec<_> = replies.iter().map(kind).collect();
    let invalid = ["invalid_request"; 6];
    assert_eq!(kinds, [&invalid[..], &["wrong_state", "ok", "ok"]].concat());
    assert!(message(&replies[4]).contains("branch_from") && message(&replies[4]).contains("set_score"));
    assert_eq!(replies[8]["id"].to_string(), r#"{"any":[1,2.5,"x"]}"#);
    assert_eq!(replies[8]["ok"]["bundle_format"], "augur-bundle");
    assert_eq!(code, 5, "some lines could not be handled");
    assert!(tracing_augur::bundle::validate(&bundle).is_valid());
}

#[test]
fn the_reply_to_an_opening_says_what_was_opened_and_a_second_one_is_refused() {
    let root = bundles("protocol_open");
    let branch = json!({"parent_run_id": "p", "branch_point_step_index": 1, "mutated_axis": "action", "mutation": {}, "client_name": "agent", "run_id": "b"});
    for (name, lines, mode, orchestrator) in [
        ("open", open(), Value::Null, false),
        ("branch", op("branch_from", branch), "sandbox".into(), false),
        ("orchestrator", op("open_orchestrator", json!({"run_id": "o", "client_name": "agent"})), Value::Null, true),
    ] {
        let (replies, code) = record(&root.join(name), &[lines.clone(), lines], &[]);
        let opened = &replies[0]["ok"];
        assert_eq!((&opened["branch_mode"], &opened["is_orchestrator"]), (&mode, &orchestrator.into()));
        assert_eq!(opened["capture_logprobs"], false);
        assert!(opened["debug_session_id"].as_str().unwrap().starts_with("dbg_"));
        assert_eq!((kind(&replies[1]), code), ("wrong_state", 0));
    }
}

#[test]
fn bytes_come_as_base64_or_from_a_file_beside_the_operations() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("picture.png"), support::PIXEL).unwrap();
    let bundle = bundles("protocol_bytes").join("run");
    let attach = |bytes: Value| op("attach_observation", json!({"step_index": 0, "kind": "pre", "png_bytes": bytes}));
    let lines = [
        open(),
        attach(json!({"$base64": "no base64!"})),
        attach(json!({"$file": "nowhere.png"})),
        attach(json!({"$file": "picture.png", "$base64": ""})),
        attach(json!({"file": "picture.png"})),
        attach(json!("picture.png")),
        attach(json!({"$base64": "AAAA"})),
        attach(json!({"$file": "picture.png"})),
        op("close", json!({})),
    ];
    let operations = folder.path().join("operations.jsonl");
    std::fs::write(&operations, lines.join("\n")).unwrap();
    let (replies, code) = record(&bundle, &[], &[operations.to_str().unwrap()]);
    let kinds: Vec<_> = replies.iter().map(kind).collect();
    let refused = "invalid_argument";
    assert_eq!(kinds, ["ok", refused, "io", refused, refused, refused, refused, "ok", "ok"]);
    assert_eq!(replies[7]["ok"], "screenshots/0000_pre.png");
    assert_eq!(std::fs::read(bundle.join("screenshots/0000_pre.png")).unwrap(), support::PIXEL);
    assert_eq!(code, 0);
}

/// Arguments of the wrong type are told by name, and never by value.
#[test]
fn an_argument_of_the_wrong_type_is_refused_by_name() {
    let lines = [
        open(),
        op("record_step", json!({"step": step()})),
        op("set_score", json!({"step_index": "0", "score": 1})),
        op("set_score", json!({"step_index": -1, "score": 1})),
        op("set_score", json!({"step_index": 0, "score": "hunter2"})),
        op("set_score", json!({"step_index": 0, "score": 1, "components": {"a": "hunter2"}})),
        op("set_score", json!({"step_index": 0, "score": 1, "should_stop": 1})),
        op("set_costs", json!({"tokens_in": 1.5})),
        op("set_costs", json!({"total_usd": true})),
        op("attach_verifier", json!({"step_index": 0, "status": "hunter2 hunter2"})),
        op("attach_verifier", json!({"step_index": 0, "status": "passed", "evidence_refs": [1]})),
        op("record_step", json!({"step": 1})),
        op("record_step_iteration", json!({"step_id_or_index": 1.5, "iteration": {}})),
        op("append_log", json!({"text": 1})),
        op("attach_env_fingerprint", json!({"step_index": 0, "api_shapes": {"a": 1}})),
        op("finalize_outcome", json!({"verdict": "passed"})),
    ];
    let names = [
        "step_index",
        "step_index",
        "score",
        "components",
        "should_stop",
        "tokens_in",
        "total_usd",
        "status",
        "evidence_refs",
        "step",
        "step_id_or_index",
        "text",
        "api_shapes",
        "verdict",
    ];
    let (replies, _) = record(&bundles("protocol_types").join("run"), &lines, &[]);
    for (reply, name) in replies.iter().skip(2).zip(names) {
        assert_eq!(kind(reply), "invalid_argument", "{name}: {reply}");
        assert!(message(reply).contains(name) && !message(reply).contains("hunter2"), "{name}: {reply}");
    }
    assert_eq!(replies.len(), lines.len());
}

#[test]
fn the_policy_can_be_chosen_and_an_unknown_one_is_wrong_usage() {
    let root = bundles("protocol_policy");
    for policy in ["default-pii-v1", "default-pii-v2"] {
        let (replies, code) = record(&root.join(policy), &[open(), op("close", json!({}))], &["--redaction", policy]);
        assert_eq!((&replies[1]["ok"]["redaction"]["policy_id"], code), (&policy.into(), 0));
    }
    let (replies, code) = record(&root.join("none"), &[open()], &["--redaction", "none"]);
    assert_eq!((replies.len(), code), (0, 2));
}

#[test]
fn the_fingerprint_can_be_chosen_and_an_unknown_one_is_wrong_usage() {
    let root = bundles("protocol_fingerprint");
    let lines = [open(), op("record_step", json!({"step": step()})), op("close", json!({}))];
    for algorithm in ["cua_v1", "cua_v2"] {
        let bundle = root.join(algorithm);
        let (replies, code) = record(&bundle, &lines, &["--fingerprint", algorithm]);
        let fingerprint = replies[2]["ok"]["trajectory_fingerprint"].as_str().unwrap();
        assert!(fingerprint.starts_with(&format!("{algorithm}:")), "{fingerprint}");
        assert_eq!(code, 0);
        assert!(tracing_augur::bundle::validate(&bundle).is_valid());
    }
    let (replies, code) = record(&root.join("none"), &lines, &["--fingerprint", "md5"]);
    assert_eq!((replies.len(), code), (0, 2));
}

/// The steps of a run whose third one fails, at a mode that keeps no intent.
fn failing() -> Vec<String> {
    let metadata = json!({"run_id": "run", "client_name": "agent", "capture_mode": "metadata"});
    let steps = (0..5).map(|index| {
        let mut step = step();
        step["step_id"] = format!("run/step/{index:04}").into();
        (step["step_index"], step["intent"]) = (index.into(), "i".into());
        step["status"] = if index == 2 { "failed" } else { "succeeded" }.into();
        op("record_step", json!({"step": step}))
    });
    [op("open", metadata)].into_iter().chain(steps).chain([op("close", json!({}))]).collect()
}

#[test]
fn a_failure_brings_evidence_back_or_turns_the_mode_up_as_it_was_asked_for() {
    let root = bundles("protocol_flight");
    for (name, options, kept) in [
        ("none", &[][..], &[][..]),
        ("recorder", &["--flight-recorder"], &[0, 1, 2, 3, 4]),
        ("upgrade", &["--upgrade-on-failure", "trace"], &[3, 4]),
        ("permissive", &["--permissive"], &[0, 1, 2, 3, 4]),
    ] {
        let bundle = root.join(name);
        let (_, code) = record(&bundle, &failing(), options);
        let with_intent: Vec<_> = (0..5)
            .filter(|index| support::json(bundle.join(format!("steps/{index:04}.json"))).get("intent").is_some())
            .collect();
        assert_eq!((with_intent.as_slice(), code), (kept, 0), "{name}");
        assert!(tracing_augur::bundle::validate(&bundle).is_valid(), "{name}");
    }
    let (_, code) = record(&root.join("both"), &failing(), &["--flight-recorder", "--upgrade-on-failure", "full"]);
    assert_eq!(code, 2);
}

#[test]
fn a_permissive_run_answers_ok_to_what_breaks_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let odd = op("record_step", json!({"step": {"step_id": "own", "step_index": 0, "own": 1}}));
    let lines = [open(), odd, op("close", json!({}))];
    for (name, options, kind_of_reply) in
        [("strict", &[][..], "invalid_argument"), ("permissive", &["--permissive"], "ok")]
    {
        let bundle = folder.path().join(name);
        let (replies, code) = record(&bundle, &lines, options);
        assert_eq!((kind(&replies[1]), kind(&replies[2]), code), (kind_of_reply, "ok", 0));
        assert_eq!(tracing_augur::bundle::validate(&bundle).is_valid(), name == "strict");
    }
}

#[test]
fn files_of_events_that_never_come_are_taken_out_of_their_step_and_told() {
    let bundle = bundles("protocol_references").join("run");
    let mut step = step();
    step["events"] = json!(["events/0000.json&", "events/0000.jsonl"]);
    let event =
        json!({"ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": "s", "step_index": 0});
    let lines = [
        open(),
        op("record_step", json!({"step": step})),
        op("record_event", json!({"event": event})),
        op("close", json!({})),
    ];
    let (replies, code) = record(&bundle, &lines, &[]);
    assert!(replies.iter().all(|reply| kind(reply) == "ok") && code == 0, "{replies:?}");
    let told = &support::lines(bundle.join("events/run.jsonl"))[0];
    assert_eq!(support::at(told, "detail.events").to_string(), r#"["events/0000.json&"]"#);
    assert_eq!(
        support::at(&support::json(bundle.join("trace.json")), "steps.0.events").to_string(),
        r#"["events/0000.jsonl"]"#
    );
    assert!(tracing_augur::bundle::validate(&bundle).is_valid());
}

#[test]
fn a_reply_says_so_where_the_disk_refuses_and_what_it_refused_is_tried_again() {
    let bundle = bundles("protocol_refused").join("run");
    let mut command = Command::new(env!("CARGO_BIN_EXE_augur"));
    command.arg("record").arg("--out").arg(&bundle).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, mut replies) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
    let mut ask = |lines: &[String]| -> Vec<String> {
        input.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
        let replies = lines.iter().map(|_| serde_json::from_str(&replies.next().unwrap().unwrap()).unwrap());
        replies.map(|reply: Value| kind(&reply).to_owned()).collect()
    };
    let event =
        json!({"ts": "2026-01-01T00:00:00Z", "layer": "runner", "kind": "info", "summary": "s", "step_index": 0});
    let event = op("record_event", json!({"event": event}));
    assert_eq!(ask(&[open()]), ["ok"]);
    let in_the_way = bundle.join("steps/0000.json");
    std::fs::create_dir_all(&in_the_way).unwrap();
    assert_eq!(ask(&[op("record_step", json!({"step": step()})), "no JSON".to_owned()]), ["io", "invalid_request"]);
    std::fs::remove_dir(in_the_way).unwrap();
    assert_eq!(ask(&[event.clone(), event, op("close", json!({}))]), ["ok", "ok", "ok"]);
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(5));
    assert_eq!(
        support::at(&support::json(bundle.join("trace.json")), "steps.0.step_id").as_str(),
        Some("run/step/0000")
    );
    assert_eq!(support::lines(bundle.join("events/0000.jsonl")).len(), 2);
    assert!(tracing_augur::bundle::validate(&bundle).is_valid());
}
