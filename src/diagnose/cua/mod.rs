//! The pack `cua`: general rules for agents that use a computer.

mod action;
mod artifacts;
mod facts;
mod grounding;
mod verdict;

use super::{
    engine::{Rule, step_rule},
    finding::Severity::{Critical, High, Low, Medium},
    pack::Pack,
};

/// The built-in pack.
pub(super) struct Cua;

impl Pack for Cua {
    fn name(&self) -> &str {
        "cua"
    }

    fn rules(&self) -> Vec<Box<dyn Rule>> {
        vec![
            Box::new(step_rule("cua.repeated_action_stable_frame", Medium, action::repeated_action_stable_frame)),
            Box::new(step_rule("cua.click_outside_viewport", High, action::click_outside_viewport)),
            Box::new(step_rule("cua.coordinate_space_mismatch", High, grounding::coordinate_space_mismatch)),
            Box::new(step_rule("cua.dom_used_as_runtime_target", High, grounding::dom_used_as_runtime_target)),
            Box::new(step_rule("cua.no_state_change", Medium, verdict::no_state_change)),
            Box::new(step_rule("cua.verifier_disagrees", High, verdict::verifier_disagrees)),
            Box::new(step_rule("cua.dispatch_ok_state_fail", High, verdict::dispatch_ok_state_fail)),
            Box::new(step_rule("cua.invalid_action_schema", Critical, action::invalid_action_schema)),
            Box::new(step_rule("cua.missing_observation", Low, artifacts::missing_observation)),
            Box::new(step_rule("cua.replay_diff", Medium, artifacts::replay_diff)),
            Box::new(step_rule("cua.high_cost_infra_failure", High, verdict::high_cost_infra_failure)),
            Box::new(step_rule("cua.uncategorized_failure", Low, verdict::uncategorized_failure)),
        ]
    }
}
