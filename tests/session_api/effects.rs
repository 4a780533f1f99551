//! Side effects, and calls from many threads at once.

use crate::support::{at, json, text};
use crate::{assert_valid, open, open_with, step};
use serde_json::json;
use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};
use tracing_augur::{CaptureMode, Durability, record::JudgeType, session::*};

/// Another process is to find out what may have happened, even if this one is gone by then.
#[test]
fn a_declared_effect_is_on_disk_when_the_call_returns_in_every_durability() {
    for (test, durability) in
        [("session_effect_process", Durability::Process), ("session_effect_lazy", Durability::Lazy)]
    {
        let (folder, session) = open_with(test, CaptureMode::Metadata, durability);
        for number in 0..20 {
            let id = session.declare_side_effect(number, "shop", "pay", &EffectOptions::default()).unwrap();
            let path = folder.join(format!("side_effects/{number:04}-{id}.json"));
            assert_eq!(text(&json(&path), "status"), "intent_only");
            session.commit_side_effect(&id, &json!({"ok": true}), None).unwrap();
            let committed = json(&path);
            assert_eq!(text(&committed, "status"), "committed");
            assert!(committed.get("observed_result").is_none(), "what came back waits for mode trace");
        }
        session.close(None).unwrap();
        assert_valid(&folder);
    }
}

#[test]
fn of_many_that_settle_an_effect_at_once_exactly_one_succeeds() {
    let (folder, session) = open("session_effect_race", CaptureMode::Full);
    for round in 0..10 {
        let id = session.declare_side_effect(round, "r", "a", &EffectOptions::default()).unwrap();
        let settled = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (session, id, settled) = (&session, &id, &settled);
                scope.spawn(move || {
                    let result = if thread % 2 == 0 {
                        session.commit_side_effect(id, &thread, None)
                    } else {
                        session.mark_side_effect_aborted(id, "race", None)
                    };
                    settled.fetch_add(usize::from(result.is_ok()), Ordering::Relaxed);
                });
            }
        });
        assert_eq!(settled.into_inner(), 1);
    }
    session.close(None).unwrap();
    for file in fs::read_dir(folder.join("side_effects")).unwrap() {
        let effect = json(file.unwrap().path());
        let ends = [effect.get("committed_at"), effect.get("aborted_at")];
        assert_eq!(ends.iter().flatten().count(), 1, "{effect}");
    }
    assert_valid(&folder);
}

#[test]
fn what_calls_attach_from_many_threads_is_all_there() {
    let (folder, session) = open("session_threads", CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8_u32 {
            let session = &session;
            scope.spawn(move || {
                for n in 0..5 {
                    let id = format!("judge-{thread}-{n}");
                    session
                        .record_judge_decision(
                            0,
                            &id,
                            JudgeType::Rule,
                            &json!({"status": "passed"}),
                            &JudgeOptions::default(),
                        )
                        .unwrap();
                    session.record_subgoal_completion(0, &id, 1.0).unwrap();
                }
            });
        }
    });
    session.close(None).unwrap();
    let stored = json(folder.join("steps/0000.json"));
    assert_eq!(at(&stored, "judge_decisions").as_array().unwrap().len(), 40);
    assert_eq!(at(&stored, "subgoals_completed").as_array().unwrap().len(), 40);
    assert_valid(&folder);
}
