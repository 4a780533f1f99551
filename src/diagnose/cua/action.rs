//! Rules about the action: whether it is one, where it went, and whether it was tried before.

use super::{
    super::{
        context::{Context, Window},
        engine::RuleResult,
        finding::{EvidenceKind, Findings, Found},
    },
    facts::Facts,
};
use crate::{bundle::ReadError, record::Value};

/// The same action at the same point, although the first time had changed nothing.
pub(super) fn repeated_action_stable_frame(
    context: &Context<'_>,
    window: &Window<'_>,
    findings: &mut Findings,
) -> RuleResult {
    let Some(previous) = window.previous else { return Ok(()) };
    let (first, again) = (Facts(previous), Facts(window.step));
    let Some((x, y)) = again.point().filter(|point| first.point() == Some(*point)) else { return Ok(()) };
    let kind = again.text_in("action", "type");
    if kind.is_empty() || kind != first.text_in("action", "type") {
        return Ok(());
    }
    if !first.may_have_changed_nothing() || !again.may_have_changed_nothing() {
        return Ok(());
    }
    let compared = frames(context, first, again)?;
    // A judge saw more than bytes: a clock or a pointer makes pictures differ that show the same.
    let judged = first.changed_nothing() && again.changed_nothing();
    let stable = match compared {
        Some((same, ..)) => same || judged,
        None => first.changed_nothing(),
    };
    if !stable {
        return Ok(());
    }
    let (shown, pictures) = match compared {
        Some((true, one, other)) => ("the frames are the same, byte for byte", vec![one, other]),
        _ => ("the verdict was that nothing changed", Vec::new()),
    };
    let (earlier, later) = (previous.index, window.step.index);
    let mut found = Found::new(format!(
        "Step {later} repeats the action of step {earlier} at the same coordinates ({x:?}, {y:?}) without a change of state in between: {shown}."
    ))
    .at(previous)
    .at(window.step)
    .with_recommendation(
        "Before trying the same point again, see where the coordinates come from (the grounding's provenance) and whether \
         they are in the coordinate space that the action names.",
    );
    for picture in pictures {
        found = found.with_evidence(EvidenceKind::Screenshot, picture);
    }
    findings.add(found);
    Ok(())
}

/// Compares the frame of the first attempt with that of the second: what was seen before each, else what was seen after
/// each, else what the first one left of what it had found. `None` without pictures to compare.
fn frames<'a>(
    context: &Context<'_>,
    first: Facts<'a>,
    again: Facts<'a>,
) -> Result<Option<(bool, &'a str, &'a str)>, ReadError> {
    for (one, other) in [
        (first.picture_before(), again.picture_before()),
        (first.picture_after(), again.picture_after()),
        (first.picture_before(), first.picture_after()),
    ] {
        let (Some(one), Some(other)) = (one, other) else { continue };
        if let Some(same) = context.same_bytes(one, other)? {
            return Ok(Some((same, one, other)));
        }
    }
    Ok(None)
}

/// A point that is not on the screen that the agent looked at.
pub(super) fn click_outside_viewport(
    context: &Context<'_>,
    window: &Window<'_>,
    findings: &mut Findings,
) -> RuleResult {
    let step = Facts(window.step);
    let Some((x, y)) = step.point() else { return Ok(()) };
    let space = step.text_in("action", "coordinate_space");
    if !matches!(space, "viewport_css_px" | "screenshot_px") {
        return Ok(());
    }
    // A screenshot has the viewport's size unless it was scaled up for a dense display; then points that are far out are
    // still found.
    let size = match told_viewport(step) {
        Some(size) => Some(size),
        None => match step.picture_before() {
            Some(picture) => {
                context.picture_size(picture)?.map(|(width, height)| (f64::from(width), f64::from(height)))
            }
            None => None,
        },
    };
    let (too_far, limits) = match size {
        Some((width, height)) => (x > width || y > height, format!("the {width} × {height} viewport")),
        None => (false, "any viewport".to_owned()),
    };
    if !too_far && x >= 0.0 && y >= 0.0 {
        return Ok(());
    }
    let index = window.step.index;
    let mut found = Found::new(format!("Step {index} acts at ({x:?}, {y:?}) in {space}, outside {limits}."))
        .at(window.step)
        .with_recommendation(
            "Look at what grounding returned, whether the coordinate space is the one it works in, and whether the picture \
             was scaled on its way to the model.",
        );
    if let Some(picture) = step.picture_before().filter(|picture| context.is_file(picture)) {
        found = found.with_evidence(EvidenceKind::Screenshot, picture);
    }
    findings.add(found);
    Ok(())
}

/// The size that older producers noted beside the picture, which the step schema has no place for.
fn told_viewport(step: Facts<'_>) -> Option<(f64, f64)> {
    let viewport = step.member("observation_pre_meta")?.get("viewport")?;
    let side = |name| viewport.get(name).and_then(Value::as_number).map(|number| number.as_f64());
    Some((side("width")?, side("height")?))
}

/// A step that acts must say how. Steps that plan, check, answer in words, were left out or have not acted yet need not.
pub(super) fn invalid_action_schema(_: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
    let step = Facts(window.step);
    let action = step.member("action").filter(|action| !action.is_null());
    if !step.text_in("action", "type").is_empty() || (action.is_none() && acts_without_action(step)) {
        return Ok(());
    }
    let what = if action.is_some() { "its action has no type" } else { "it has no action, and so no action type" };
    findings.add(
        Found::new(format!("Step {} cannot have been carried out as recorded: {what}.", window.step.index))
            .at(window.step)
            .with_recommendation(
                "Hold the model's output against the action schema before it is dispatched, and reject what has no type.",
            ),
    );
    Ok(())
}

fn acts_without_action(step: Facts<'_>) -> bool {
    matches!(step.text("step_type"), "plan" | "verify" | "message")
        || matches!(step.text("status"), "skipped" | "pending" | "running")
        // The run died in the step, perhaps before the model had answered.
        || step.text("failure_class") == "interrupted"
}
