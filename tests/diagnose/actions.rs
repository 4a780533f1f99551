//! Rules about actions and targets: what each finds, and what it leaves alone.

use crate::{Case, assert_found, click, diagnosed, picture, recorded, step, support::bundles};
use serde_json::json;
use std::fs;
use tracing_augur::Moment::{After, Before};

#[test]
fn a_repeated_action_is_found_where_the_frame_stayed_the_same() {
    assert_found(
        "repeated_action",
        &[
            (
                "the same frame before both attempts",
                |session| {
                    for index in 0..3 {
                        let pre = picture(session, index, Before, u8::from(index == 2));
                        step(session, index, json!({"action": click(10, 2.5), "observation_pre": pre}));
                    }
                },
                &["repeated_action_stable_frame 1"],
                &["Step 1", "step 0", "(10.0, 2.5)", "byte for byte"],
            ),
            (
                "another frame before the second attempt",
                |session| {
                    for index in 0..2 {
                        let pre = picture(session, index, Before, index as u8);
                        step(session, index, json!({"action": click(10, 2), "observation_pre": pre}));
                    }
                },
                &[],
                &[],
            ),
            (
                "the same frame after both attempts",
                |session| {
                    for index in 0..2 {
                        let post = picture(session, index, After, 0);
                        step(session, index, json!({"action": click(10, 2), "observation_post": post}));
                    }
                },
                &["repeated_action_stable_frame 1"],
                &[],
            ),
            (
                "frames that differ although both verdicts saw no change",
                |session| {
                    for index in 0..2 {
                        let pre = picture(session, index, Before, index as u8);
                        let members =
                            json!({"action": click(10, 2), "observation_pre": pre, "failure_class": "no_state_change"});
                        step(session, index, members);
                    }
                },
                &["no_state_change 0", "no_state_change 1", "repeated_action_stable_frame 1"],
                &[],
            ),
            (
                "no frames, and a verdict on the first attempt",
                |session| {
                    step(session, 4, json!({"action": click(10, 2), "failure_class": "no_state_change"}));
                    step(session, 7, json!({"action": click("10", 2.0)}));
                },
                &["no_state_change 4", "repeated_action_stable_frame 7"],
                &[],
            ),
            (
                "nothing that shows the frame",
                |session| (0..2).for_each(|index| step(session, index, json!({"action": click(10, 2)}))),
                &[],
                &[],
            ),
            (
                "another action, another point, another failure, no point",
                |session| {
                    let pre = picture(session, 0, Before, 0);
                    let twice = json!({"type": "double_click", "params": {"x": 10, "y": 2}});
                    let nowhere = json!({"type": "click", "params": {"x": "left", "y": null}});
                    for (index, members) in [
                        json!({"action": click(10, 2)}),
                        json!({"action": twice}),
                        json!({"action": click(10, 2)}),
                        json!({"action": click(10, 3)}),
                        json!({"action": click(10, 3), "failure_class": "model_timeout"}),
                        json!({"action": nowhere}),
                        json!({"action": nowhere}),
                    ]
                    .iter_mut()
                    .enumerate()
                    {
                        members["observation_pre"] = pre.clone().into();
                        step(session, index as u64, members.clone());
                    }
                },
                &[],
                &[],
            ),
        ],
    );
}

#[test]
fn a_click_is_outside_by_the_size_of_the_picture_that_the_agent_saw() {
    let at: &[Case] = &[
        (
            "right of the picture",
            |session| {
                let pre = picture(session, 0, Before, 0);
                step(session, 0, json!({"action": click(100.5, 50), "observation_pre": pre}));
            },
            &["click_outside_viewport 0"],
            &["Step 0", "(100.5, 50.0)", "100 × 50", "screenshot_px"],
        ),
        (
            "below the picture, in CSS pixels",
            |session| {
                let pre = picture(session, 0, Before, 0);
                let action =
                    json!({"type": "click", "coordinate_space": "viewport_css_px", "params": {"x": 1, "y": 51}});
                step(session, 0, json!({"action": action, "observation_pre": pre}));
            },
            &["click_outside_viewport 0"],
            &["viewport_css_px"],
        ),
        (
            "negative, with no picture to tell the size",
            |session| step(session, 0, json!({"action": click(1, -0.5)})),
            &["click_outside_viewport 0"],
            &["(1.0, -0.5)", "any viewport"],
        ),
        (
            "inside, on the edge, in another space, in none, of unknown size, not a number",
            |session| {
                let pre = picture(session, 0, Before, 0);
                let device = json!({"type": "click", "coordinate_space": "device_px", "params": {"x": 200, "y": -1}});
                let nowhere = json!({"type": "click", "params": {"x": 300, "y": -1}});
                let strange =
                    json!({"type": "click", "coordinate_space": "screenshot_px", "params": {"x": "inf", "y": [3]}});
                for (index, action) in [click(0, 0), click(100, 50), device, nowhere, strange].into_iter().enumerate() {
                    step(session, index as u64, json!({"action": action, "observation_pre": pre}));
                }
                step(session, 9, json!({"action": click(9000, 9000)}));
            },
            &[],
            &[],
        ),
    ];
    assert_found("click_outside", at);
}

#[test]
fn targets_from_the_dom_are_found() {
    assert_found(
        "dom",
        &[
            (
                "in viewport coordinates, without a point",
                |session| {
                    let action = json!({"type": "click", "coordinate_space": "viewport_css_px"});
                    step(session, 0, json!({"action": action, "grounding": {"provider": "p", "provenance": "dom"}}));
                },
                &["coordinate_space_mismatch 0"],
                &["Step 0", "`dom`", "viewport_css_px"],
            ),
            (
                "with a point",
                |session| {
                    let action =
                        json!({"type": "click", "coordinate_space": "dom_client_rect", "params": {"x": 3, "y": 4.0}});
                    step(session, 2, json!({"action": action, "grounding": {"provider": "p", "provenance": "dom"}}));
                },
                &["dom_used_as_runtime_target 2"],
                &["(3, 4.0)", "screenshot"],
            ),
            (
                "truth values for a point, and targets that may be acted on",
                |session| {
                    let strange = json!({"type": "click", "params": {"x": true, "y": false}});
                    for (index, (action, provenance)) in [
                        (strange, "dom"),
                        (click(1, 2), "screenshot"),
                        (click(2, 2), "human_override"),
                        (click(3, 2), "replay_candidate"),
                    ]
                    .into_iter()
                    .enumerate()
                    {
                        let grounding = json!({"provider": "p", "provenance": provenance});
                        step(session, index as u64, json!({"action": action, "grounding": grounding}));
                    }
                },
                &[],
                &[],
            ),
        ],
    );
}

#[test]
fn an_action_without_a_type_is_found_where_a_step_must_act() {
    assert_found(
        "invalid_action",
        &[
            (
                "no action, and one without a type",
                |session| {
                    step(session, 0, json!({"action": null}));
                    step(session, 1, json!({"action": {"type": ""}, "step_type": "plan"}));
                },
                &["invalid_action_schema 0", "invalid_action_schema 1"],
                &["Step 0", "no action type"],
            ),
            (
                "steps that have no action by their nature",
                |session| {
                    step(session, 0, json!({"action": null, "step_type": "plan"}));
                    step(session, 1, json!({"action": null, "step_type": "verify"}));
                    step(session, 2, json!({"action": null, "status": "skipped"}));
                    step(session, 3, json!({"action": null, "status": "pending"}));
                    step(session, 4, json!({"action": null, "status": "failed", "failure_class": "interrupted"}));
                    step(session, 5, json!({"action": null, "step_type": "message"}));
                },
                &[],
                &[],
            ),
        ],
    );
}

#[test]
fn advice_on_dom_targets_names_the_provenances_that_the_schema_has() {
    let folder = recorded(bundles("diagnose_advice").join("run"), |session| {
        let grounding = json!({"provider": "p", "provenance": "dom"});
        step(session, 0, json!({"action": click(1, 2), "grounding": grounding}));
    });
    let diagnosis = diagnosed(&folder);
    let advice = diagnosis.findings[0].recommendation.as_deref().unwrap();
    assert!(advice.contains("`human_override`") && advice.contains("`replay_candidate`"), "{advice}");
    assert!(!fs::exists(folder.join("diagnostics")).unwrap(), "a diagnosis writes nothing by itself");
}
