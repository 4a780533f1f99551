//! Rules about where a target came from: an agent acts on pixels, the DOM is for diagnosis.

use super::{
    super::{
        context::{Context, Window},
        engine::RuleResult,
        finding::{Findings, Found},
    },
    facts::Facts,
};
use crate::record::{CoordinateSpace, Provenance, Value};

/// A target from the DOM that calls its coordinates those of the viewport.
pub(super) fn coordinate_space_mismatch(_: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
    let step = Facts(window.step);
    let space = CoordinateSpace::ViewportCssPx.as_str();
    if from_dom(step) && step.text_in("action", "coordinate_space") == space {
        let index = window.step.index;
        findings.add(
            Found::new(format!("Step {index}: the target has provenance `dom`, yet its action is in {space}."))
                .at(window.step)
                .with_recommendation(format!(
                    "Targets from the DOM are for diagnosis. Ground the step on the screenshot, or label the coordinates {}.",
                    CoordinateSpace::DomClientRect
                )),
        );
    }
    Ok(())
}

/// Coordinates from the DOM that the agent acted on.
pub(super) fn dom_used_as_runtime_target(_: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
    let step = Facts(window.step);
    let number = |name| step.param(name).and_then(Value::as_number);
    if let (true, Some(x), Some(y)) = (from_dom(step), number("x"), number("y")) {
        let index = window.step.index;
        findings.add(
            Found::new(format!(
                "Step {index} acted on ({x}, {y}), which came from the DOM; at run time a target must come from the screenshot."
            ))
            .at(window.step)
            .with_recommendation(format!(
                "Find the target in the pixels. If the point was set on purpose, say so with provenance `{}` or `{}`.",
                Provenance::HumanOverride,
                Provenance::ReplayCandidate
            )),
        );
    }
    Ok(())
}

fn from_dom(step: Facts<'_>) -> bool {
    step.text_in("grounding", "provenance") == Provenance::Dom.as_str()
}
