//! Rules about files: pictures that are not there, and fixtures that can be played again.

use super::{
    super::{
        context::{Context, Window},
        engine::RuleResult,
        finding::{EvidenceKind, Findings, Found},
    },
    facts::{Facts, quoted},
};
use crate::record::Value;

/// A step names a picture that is neither there nor said to be missing.
pub(super) fn missing_observation(context: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
    // What is missing is declared when the run ends.
    if context.manifest().is_none() {
        return Ok(());
    }
    for name in ["observation_pre", "observation_post"] {
        let Some(path) = Facts(window.step).member(name).and_then(Value::as_str) else { continue };
        if path.starts_with("screenshots/") && !context.is_file(path) && !context.is_declared_missing(path) {
            let (index, path) = (window.step.index, quoted(path));
            findings.add(
                Found::new(format!("Step {index}: {name} names {path}, which is neither there nor declared missing."))
                    .at(window.step)
                    .with_recommendation("Capture the picture, or list its path in `missing` of the manifest."),
            );
        }
    }
    Ok(())
}

/// A step that was not passed can be played again.
pub(super) fn replay_diff(context: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
    if !matches!(Facts(window.step).text_in("verdict", "status"), "failed" | "recoverable") {
        return Ok(());
    }
    for path in context.replay_fixtures(window.step.index)? {
        let index = window.step.index;
        findings.add(
            Found::new(format!("Step {index} was not passed, and there is a fixture to play it again."))
                .at(window.step)
                .with_evidence(EvidenceKind::Step, path),
        );
    }
    Ok(())
}
