//! Rules about verdicts and failures: what each finds, and what it leaves alone.

use crate::{assert_found, event, picture, step};
use serde_json::json;
use tracing_augur::Moment::{After, Before};

#[test]
fn a_screen_that_stayed_as_it_was_is_found() {
    assert_found(
        "no_state_change",
        &[
            (
                "by class",
                |session| step(session, 0, json!({"failure_class": "no_state_change"})),
                &["no_state_change 0"],
                &["Step 0", "nothing visibly changed"],
            ),
            (
                "by the reason of a verdict, whatever the class",
                |session| {
                    let verdict = json!({"status": "recoverable", "reason": "There was NO visible State change."});
                    step(session, 0, json!({"verdict": verdict, "failure_class": "model_timeout"}));
                },
                &["no_state_change 0"],
                &[],
            ),
            (
                "by a recoverable verdict without another cause",
                |session| {
                    let pictures = [Before, After].map(|moment| picture(session, 1, moment, 0));
                    step(session, 0, json!({"verdict": {"status": "recoverable"}}));
                    let members = json!({"verdict": {"status": "recoverable"}, "failure_class": "unknown",
                        "observation_pre": pictures[0], "observation_post": pictures[1]});
                    step(session, 1, members);
                },
                &["no_state_change 0", "no_state_change 1"],
                &[],
            ),
            (
                "not where pictures show a change, another cause is named, or the verdict is another",
                |session| {
                    let (pre, post) = (picture(session, 0, Before, 0), picture(session, 0, After, 1));
                    let recoverable = json!({"status": "recoverable", "reason": "the wrong page opened"});
                    step(session, 0, json!({"verdict": recoverable, "observation_pre": pre, "observation_post": post}));
                    step(session, 1, json!({"verdict": recoverable, "failure_class": "model_timeout"}));
                    let passed = json!({"status": "passed", "reason": "no visible state change was wanted"});
                    step(session, 2, json!({"verdict": passed}));
                },
                &[],
                &[],
            ),
        ],
    );
}

#[test]
fn a_verifier_that_disagrees_is_found() {
    assert_found(
        "verifier",
        &[
            (
                "by a failed verdict or by class, if a verifier has spoken",
                |session| {
                    step(session, 0, json!({"verdict": {"status": "failed"}}));
                    step(session, 1, json!({"failure_class": "verifier_disagrees"}));
                    for (index, layer) in [(0, "planner"), (0, "verifier"), (1, "verifier")] {
                        event(session, index, layer);
                    }
                },
                &["verifier_disagrees 0", "verifier_disagrees 1"],
                &["Step 0", "contradicts"],
            ),
            (
                "not without an event of the verifier, nor without doubt",
                |session| {
                    step(session, 0, json!({"verdict": {"status": "failed"}}));
                    step(session, 1, json!({"verdict": {"status": "passed"}}));
                    event(session, 0, "planner");
                    event(session, 1, "verifier");
                },
                &[],
                &[],
            ),
        ],
    );
}

#[test]
fn failures_are_found_by_their_class() {
    assert_found(
        "class",
        &[
            (
                "delivered without effect",
                |session| step(session, 0, json!({"failure_class": "dispatch_ok_state_fail"})),
                &["dispatch_ok_state_fail 0"],
                &["dispatched", "state did not change"],
            ),
            (
                "failed without a class",
                |session| {
                    step(session, 0, json!({"status": "failed"}));
                    step(session, 1, json!({"status": "failed", "failure_class": "unknown"}));
                },
                &["uncategorized_failure 0", "uncategorized_failure 1"],
                &["Step 0", "none"],
            ),
            (
                "failed with a class, or not failed",
                |session| {
                    step(session, 0, json!({"status": "failed", "failure_class": "shop.sold_out"}));
                    step(session, 1, json!({"status": "recovered"}));
                },
                &[],
                &[],
            ),
        ],
    );
}

#[test]
fn a_failure_of_the_infrastructure_is_found_early_or_where_it_was_expensive() {
    assert_found(
        "infra",
        &[
            (
                "in the first three steps",
                |session| {
                    step(session, 3, json!({"failure_class": "infra_failure", "duration_ms": 5}));
                    step(session, 5, json!({"failure_class": "mantis.modal_signature_missing"}));
                    step(session, 6, json!({"failure_class": "shop.infra_failure", "costs": {"gpu_usd": 0.01}}));
                },
                &["high_cost_infra_failure 3", "high_cost_infra_failure 5", "high_cost_infra_failure 6"],
                &["Step 3", "`infra_failure`", "early", "5 ms"],
            ),
            (
                "later, after a minute or a tenth of a dollar",
                |session| {
                    (0..3).for_each(|index| step(session, index, json!({})));
                    step(session, 3, json!({"failure_class": "infra_failure", "duration_ms": 60_000}));
                    step(session, 4, json!({"failure_class": "infra_failure", "costs": {"total_usd": 0.1}}));
                    step(
                        session,
                        5,
                        json!({"failure_class": "infra_failure", "costs": {"gpu_usd": 0.06, "model_usd": 0.05}}),
                    );
                },
                &["high_cost_infra_failure 3", "high_cost_infra_failure 4", "high_cost_infra_failure 5"],
                &["expensive", "60000 ms"],
            ),
            (
                "not where nothing was spent, nor later and cheap, nor another failure",
                |session| {
                    step(session, 0, json!({"failure_class": "infra_failure", "duration_ms": 0}));
                    step(session, 1, json!({"failure_class": "model_timeout", "duration_ms": 90_000}));
                    step(session, 2, json!({}));
                    step(session, 3, json!({"failure_class": "infra_failure", "duration_ms": 59_999}));
                    step(session, 4, json!({"failure_class": "infra_failure"}));
                },
                &[],
                &[],
            ),
        ],
    );
}
