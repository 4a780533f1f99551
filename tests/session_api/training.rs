//! Training data: replay fixtures and preferences.

use crate::support::{PIXEL, at, json, text};
use crate::{assert_valid, open, step};
use serde_json::json;
use std::fs;
use tracing_augur::{CaptureMode, Moment};

#[test]
fn a_failed_step_gets_a_fixture_with_the_steps_before_it() {
    let (folder, session) = open("session_fixtures", CaptureMode::Replay);
    session.set_task_spec(&json!({"instruction": "buy tea"})).unwrap();
    for index in 0..40 {
        let action = json!({"intent": format!("step {index}"), "action": {"type": "click", "params": {"x": index}}});
        session.record_step(&step(index, action)).unwrap();
    }
    let picture = session.attach_observation(40, Moment::Before, PIXEL.to_vec()).unwrap();
    let failed = json!({"status": "failed", "observation_pre": picture, "action": {"type": "type"}, "captured_versions": {"model": "m"}});
    session.record_step(&step(40, failed)).unwrap();
    session.record_step(&step(41, json!({"status": "failed"}))).unwrap();
    session.record_step(&step(42, json!({"status": "failed"}))).unwrap();
    session.record_replay_fixture(42, &json!({"mode": "shadow_replay"}), None).unwrap();
    let manifest = session.close(None).unwrap();
    let fixture = json(folder.join("replay/0040_fixture.json"));
    for (member, value) in [
        ("step_id", "run/step/0040"),
        ("fixture_id", "run/fixture/0040"),
        ("mode", "observation_replay"),
        ("task", "buy tea"),
        ("observation", "screenshots/0040_pre.png"),
        ("prior_steps", "replay/0040.prior.json"),
        ("expected.captured_action.type", "type"),
        ("captured_versions.model", "m"),
    ] {
        assert_eq!(text(&fixture, member), value, "{member}");
    }
    let prior = json(folder.join("replay/0040.prior.json"));
    let prior = prior.as_array().unwrap();
    assert_eq!(prior.len(), 32);
    assert_eq!((at(&prior[0], "step_index").as_u64(), text(&prior[31], "intent")), (Some(8), "step 39"));
    assert_eq!((text(&prior[0], "verdict.status"), text(&prior[0], "action.type")), ("unknown", "click"));
    assert_eq!(text(&json(folder.join("replay/0042_fixture.json")), "mode"), "shadow_replay");
    assert!(!folder.join("replay/0039_fixture.json").exists());
    // The picture of step 41 was never taken; a reader is told.
    assert!(at(&manifest, "missing").to_string().contains("screenshots/0041_pre.png"));
    assert!(at(&manifest, "signatures").get("replay/0040_fixture.json").is_some());
    assert_valid(&folder);
}

#[test]
fn preferences_of_one_step_stand_beside_each_other_and_the_same_one_is_replaced() {
    let (folder, session) = open("session_preferences", CaptureMode::Trace);
    let preference = |id: Option<&str>, kind: &str| {
        let mut preference = json!({"preferred_action": {"type": kind}, "alternatives": [{"action": {"type": "b"}}]});
        if let Some(id) = id {
            preference["preference_id"] = id.into();
        }
        session.record_preference(3, &preference).unwrap().unwrap()
    };
    assert_eq!(preference(None, "one"), "preferences/0003.json");
    assert_eq!(preference(Some("other"), "two"), "preferences/0003-1.json");
    assert_eq!(preference(None, "three"), "preferences/0003.json");
    assert_eq!(preference(Some("other"), "four"), "preferences/0003-1.json");
    for wrong in [json!({}), json!({"preferred_action": {"type": "a"}, "alternatives": []}), json!([])] {
        assert_eq!(session.record_preference(0, &wrong).unwrap_err().kind(), "invalid_argument", "{wrong}");
    }
    session.close(None).unwrap();
    let first = json(folder.join("preferences/0003.json"));
    assert_eq!(text(&first, "preferred_action.type"), "three");
    assert_eq!((text(&first, "preference_id"), text(&first, "step_id")), ("run/preference/0003", "run/step/0003"));
    assert_eq!(fs::read_dir(folder.join("preferences")).unwrap().count(), 2);
    assert_valid(&folder);
}
