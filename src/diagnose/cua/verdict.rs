//! Rules about how a step was judged and why it failed.

use super::{
    super::{
        context::{Context, Window},
        engine::RuleResult,
        finding::{EvidenceKind, Findings, Found},
    },
    facts::{Facts, found_with_events, quoted},
};
use crate::{
    bundle::ReadError,
    record::{EventLayer, Value, VerdictStatus},
};

/// The steps at the beginning of a run in which a failing environment is an early failure.
const EARLY: u64 = 3;
/// What a step costs that is expensive, in US dollars.
const EXPENSIVE_USD: f64 = 0.1;
/// How long a step takes that is expensive, in milliseconds.
const EXPENSIVE_MS: f64 = 60_000.0;

/// The screen stayed as it was.
pub(super) fn no_state_change(context: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
    let step = Facts(window.step);
    if !step.changed_nothing() && !recoverable_without_change(context, step)? {
        return Ok(());
    }
    let index = window.step.index;
    let mut found =
        found_with_events(context, window.step, format!("Step {index}: nothing visibly changed after the action."))
            .with_recommendation(
                "Check that the action hit the target that was meant, and compare the pictures of before and after.",
            );
    for picture in [step.picture_before(), step.picture_after()].into_iter().flatten() {
        if context.is_file(picture) {
            found = found.with_evidence(EvidenceKind::Screenshot, picture);
        }
    }
    findings.add(found);
    Ok(())
}

/// A step that can be recovered has not had its effect, unless another cause is named or the pictures show a change.
fn recoverable_without_change(context: &Context<'_>, step: Facts<'_>) -> Result<bool, ReadError> {
    if step.text_in("verdict", "status") != VerdictStatus::Recoverable.as_str() {
        return Ok(false);
    }
    if step.text_in("verdict", "reason").to_lowercase().contains("no visible state change") {
        return Ok(true);
    }
    if !matches!(step.text("failure_class"), "" | "unknown") {
        return Ok(false);
    }
    Ok(match (step.picture_before(), step.picture_after()) {
        (Some(before), Some(after)) => context.same_bytes(before, after)? != Some(false),
        _ => true,
    })
}

/// A verifier came to another result than the agent.
pub(super) fn verifier_disagrees(context: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
    let step = Facts(window.step);
    let doubted = step.text("failure_class") == "verifier_disagrees"
        || step.text_in("verdict", "status") == VerdictStatus::Failed.as_str();
    if !doubted || !has_verifier_event(context, window.step.index)? {
        return Ok(());
    }
    let index = window.step.index;
    let summary = format!("Step {index}: the verifier contradicts the success that was reported.");
    findings
        .add(found_with_events(context, window.step, summary).with_recommendation(
            "Read the events of layer `verifier`: they say what was expected and what was there.",
        ));
    Ok(())
}

fn has_verifier_event(context: &Context<'_>, step_index: u64) -> Result<bool, ReadError> {
    for event in context.events(step_index)? {
        if event?.get("layer").and_then(Value::as_str) == Some(EventLayer::Verifier.as_str()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The input was delivered and had no effect.
pub(super) fn dispatch_ok_state_fail(
    context: &Context<'_>,
    window: &Window<'_>,
    findings: &mut Findings,
) -> RuleResult {
    if Facts(window.step).text("failure_class") == "dispatch_ok_state_fail" {
        let index = window.step.index;
        let summary = format!("Step {index}: the input was dispatched without an error, but the state did not change.");
        findings.add(found_with_events(context, window.step, summary).with_recommendation(
            "Suspect drifting coordinates first: compare the action's coordinate space and the screenshot's scale with what \
             the dispatcher expects.",
        ));
    }
    Ok(())
}

/// The environment failed: early in the run, or in a step that took long or cost much.
pub(super) fn high_cost_infra_failure(
    context: &Context<'_>,
    window: &Window<'_>,
    findings: &mut Findings,
) -> RuleResult {
    let step = Facts(window.step);
    let class = step.text("failure_class");
    let infra =
        class == "infra_failure" || class.ends_with(".infra_failure") || class == "mantis.modal_signature_missing";
    if !infra {
        return Ok(());
    }
    let spent = Spent::of(step);
    let early = window.position < EARLY && !spent.is_nothing();
    if !early && !spent.is_expensive() {
        return Ok(());
    }
    let (index, class) = (window.step.index, quoted(class));
    let when = if early { "early in the run" } else { "in an expensive step" };
    let summary = format!("Step {index}: the infrastructure failed ({class}) {when}{}.", spent.told());
    let found = Found::new(summary).at(window.step).with_recommendation(
        "See that the deployment is the one that was meant and that its network, proxies and tunnels work before the run is \
         repeated; the agent itself is hardly to blame.",
    );
    let logs = context.log_paths()?.into_iter().filter(|path| concerns(path, index));
    findings.add(logs.fold(found, |found, path| found.with_evidence(EvidenceKind::Log, path)));
    Ok(())
}

/// Logs of the run and of this step; those of other steps show nothing of its failure.
fn concerns(log: &str, step_index: u64) -> bool {
    let of_step = log.strip_prefix("logs/step-").and_then(|name| name.strip_suffix(".log"));
    of_step.and_then(|index| index.parse().ok()).is_none_or(|index: u64| index == step_index)
}

/// What a step used up, as far as it is told.
struct Spent {
    millis: Option<f64>,
    usd: Option<f64>,
}

impl Spent {
    fn of(step: Facts<'_>) -> Self {
        let number = |value: Option<&Value>| value.and_then(Value::as_number).map(|number| number.as_f64());
        let cost = |name| number(step.member("costs").and_then(|costs| costs.get(name)));
        let parts = [cost("model_usd"), cost("gpu_usd"), cost("proxy_usd")];
        let parts = parts.iter().any(Option::is_some).then(|| parts.iter().flatten().sum());
        Self { millis: number(step.member("duration_ms")), usd: cost("total_usd").or(parts) }
    }

    /// Whether it is told, and told to be nothing.
    fn is_nothing(&self) -> bool {
        let told: Vec<f64> = [self.millis, self.usd].into_iter().flatten().collect();
        !told.is_empty() && told.iter().all(|amount| *amount <= 0.0)
    }

    fn is_expensive(&self) -> bool {
        self.millis >= Some(EXPENSIVE_MS) || self.usd >= Some(EXPENSIVE_USD)
    }

    fn told(&self) -> String {
        let millis = self.millis.map(|millis| format!("{millis} ms"));
        let usd = self.usd.map(|usd| format!("{usd} USD"));
        let told: Vec<String> = [millis, usd].into_iter().flatten().collect();
        if told.is_empty() { String::new() } else { format!(" after {}", told.join(" and ")) }
    }
}

/// A failure without a class.
pub(super) fn uncategorized_failure(_: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
    let step = Facts(window.step);
    let class = step.member("failure_class").filter(|class| !class.is_null());
    let unnamed = class.is_none_or(|class| matches!(class.as_str(), Some("" | "unknown")));
    if step.text("status") != "failed" || !unnamed {
        return Ok(());
    }
    let told = match class.and_then(Value::as_str) {
        None => "none",
        Some("") => "an empty one",
        Some(_) => "`unknown`",
    };
    let intent = if step.text("intent").is_empty() { "it states no intent" } else { "its intent" };
    findings.add(
        Found::new(format!("Step {} failed without a usable failure class: {told}.", window.step.index))
            .at(window.step)
            .with_recommendation(format!(
                "Read the step ({intent}) and the reason of its verdict, then teach the producer's classifier this kind of \
                 failure; `schema/failure_class.schema.json` lists the common classes."
            )),
    );
    Ok(())
}
