//! A bundle in a few lines: counts, ids, times. What the agent wrote is told only on request.

mod tell;

use super::reader::{Bundle, BundleState, ReadError};
use crate::record::{Object, Timestamp, Value};
pub(crate) use tell::shortened;
pub use tell::{document, visible};

/// How many different names are counted one by one; the rest are counted together.
const MAX_NAMES: usize = 1_000;
/// How much of a name is kept, in characters.
const MAX_NAME: usize = 120;
/// How much of a text of the agent is kept, in characters.
const MAX_CONTENT: usize = 2_000;

/// How often each of some names came up, in the order of their first appearance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    names: Vec<(String, u64)>,
    others: u64,
}

impl Counts {
    /// Counts a name once more.
    pub fn add(&mut self, name: &str) {
        let name = shortened(name, MAX_NAME);
        if let Some((_, count)) = self.names.iter_mut().find(|(known, _)| *known == name) {
            *count += 1;
        } else if self.names.len() < MAX_NAMES {
            self.names.push((name, 1));
        } else {
            self.others += 1;
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How often a name came up.
    pub fn get(&self, name: &str) -> u64 {
        self.names.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count)
    }

    /// How much was counted in all.
    pub fn total(&self) -> u64 {
        self.names.iter().map(|(_, count)| count).sum::<u64>() + self.others
    }

    /// The names, the most frequent first, and those of the same frequency in the order of their first appearance.
    pub fn by_frequency(&self) -> impl Iterator<Item = (&str, u64)> {
        let mut names: Vec<_> = self.names.iter().map(|(name, count)| (name.as_str(), *count)).collect();
        names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        names.into_iter().chain((self.others > 0).then_some(("(others)", self.others)))
    }
}

/// The first step of a run that failed: the one with the lowest index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedStep {
    /// Its index.
    pub index: u64,
    /// Its file, relative to the bundle.
    pub path: String,
    /// Its id.
    pub step_id: Option<String>,
    /// What kind of failure it was.
    pub failure_class: Option<String>,
    /// What the agent wanted to do, in its own words.
    pub intent: Option<String>,
    /// Why the verdict is what it is, in the words of the judge.
    pub reason: Option<String>,
}

impl FailedStep {
    /// Puts a step in place of a later one if it failed.
    pub(crate) fn keep_first(first: &mut Option<Self>, step: &Object, path: &str) {
        let status = step.get("status").and_then(Value::as_str).unwrap_or_default();
        let Some(index) = step.get("step_index").and_then(Value::as_u64) else { return };
        let earlier = first.as_ref().is_none_or(|known| index < known.index);
        // `halted` and `halt` are no statuses of steps, but older producers wrote them.
        if !earlier || !matches!(status, "failed" | "halted" | "halt") {
            return;
        }
        let text = |value: Option<&Value>, most| {
            value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(|text| shortened(text, most))
        };
        *first = Some(Self {
            index,
            path: path.to_owned(),
            step_id: text(step.get("step_id"), MAX_NAME),
            failure_class: text(step.get("failure_class"), MAX_NAME),
            intent: text(step.get("intent"), MAX_CONTENT),
            reason: text(step.get("verdict").and_then(|verdict| verdict.get("reason")), MAX_CONTENT),
        });
    }
}

/// Tokens of all model calls, as their usage records tell them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tokens {
    /// Tokens sent.
    pub prompt: u64,
    /// Tokens generated.
    pub completion: u64,
    /// Sent tokens that a cache served.
    pub cache_hit: u64,
    /// Sent tokens that were written to a cache.
    pub cache_creation: u64,
}

/// What is in a bundle, in numbers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// What the folder says about the run.
    pub state: BundleState,
    /// The session record without what the agent was told to do.
    pub session: Object,
    /// The instruction of the task, which is content.
    pub instruction: Option<String>,
    /// From start to end in milliseconds, for a run that ended.
    pub duration_ms: Option<i64>,
    /// How many emissions there are besides the canonical steps.
    pub iterations: u64,
    /// Canonical steps by status.
    pub steps: Counts,
    /// Canonical steps by failure class.
    pub failure_classes: Counts,
    /// The first step that failed.
    pub first_failed: Option<FailedStep>,
    /// Verdicts of canonical steps by status.
    pub verdicts: Counts,
    /// Model calls by layer.
    pub model_calls: Counts,
    /// Model calls by model.
    pub models: Counts,
    /// Tokens of the model calls.
    pub tokens: Tokens,
    /// Costs by name: those of the session record, or the sums over the steps if it has none.
    pub costs: Vec<(String, f64)>,
    /// How many screenshots there are.
    pub screenshots: u64,
    /// Events by layer.
    pub event_layers: Counts,
    /// Events by kind.
    pub event_kinds: Counts,
    /// Side effects by status.
    pub side_effects: Counts,
    /// How many files there are.
    pub files: u64,
    /// How large they are together, in bytes.
    pub bytes: u64,
    /// How many records could not be read and are missing above.
    pub unreadable: u64,
}

impl Summary {
    /// Reads a bundle through, one record at a time. Records that cannot be read are counted and passed over.
    ///
    /// # Errors
    /// If a folder of the bundle cannot be listed.
    pub fn read(bundle: &Bundle) -> Result<Self, ReadError> {
        let mut summary = Self::begin(bundle);
        let mut step_costs = Vec::new();
        for step in bundle.steps()? {
            if let Some(step) = summary.readable(step) {
                summary.iterations += step.iterations.len() as u64;
                summary.step(&step.step, &step.path);
                add_costs(&mut step_costs, step.step.get("costs"));
            }
        }
        if summary.costs.is_empty() {
            summary.costs = step_costs;
        }
        for file in bundle.event_files()? {
            for event in summary.readable(file).into_iter().flatten() {
                if let Some(event) = summary.readable(event) {
                    count(&mut summary.event_layers, event.get("layer"));
                    count(&mut summary.event_kinds, event.get("kind"));
                }
            }
        }
        for call in bundle.model_calls()? {
            if let Some((_, call)) = summary.readable(call) {
                summary.model_call(&call);
            }
        }
        for effect in bundle.side_effects()? {
            if let Some((_, effect)) = summary.readable(effect) {
                count(&mut summary.side_effects, effect.get("status"));
            }
        }
        for artifact in bundle.artifacts() {
            if let Some(artifact) = summary.readable(artifact) {
                summary.files += 1;
                summary.bytes = summary.bytes.saturating_add(artifact.bytes);
                summary.screenshots += u64::from(artifact.path.starts_with("screenshots/"));
            }
        }
        Ok(summary)
    }

    fn begin(bundle: &Bundle) -> Self {
        let mut summary = Self {
            state: bundle.state(),
            session: Object::new(),
            instruction: None,
            duration_ms: None,
            iterations: 0,
            steps: Counts::default(),
            failure_classes: Counts::default(),
            first_failed: None,
            verdicts: Counts::default(),
            model_calls: Counts::default(),
            models: Counts::default(),
            tokens: Tokens::default(),
            costs: Vec::new(),
            screenshots: 0,
            event_layers: Counts::default(),
            event_kinds: Counts::default(),
            side_effects: Counts::default(),
            files: 0,
            bytes: 0,
            unreadable: 0,
        };
        let mut session = summary.readable(bundle.session()).flatten().unwrap_or_default();
        add_costs(&mut summary.costs, session.get("costs"));
        let instruction = session.get("task_spec").and_then(|task| task.get("instruction")).and_then(Value::as_str);
        summary.instruction = instruction.map(|text| shortened(text, MAX_CONTENT));
        session.remove("task_spec");
        let time = |key: &str| session.get(key).and_then(Value::as_str).and_then(Timestamp::parse);
        if let (Some(start), Some(end)) = (time("started_at"), time("ended_at")) {
            summary.duration_ms = Some(end.millis_since(start));
        }
        summary.session = session;
        summary
    }

    fn readable<T>(&mut self, result: Result<T, ReadError>) -> Option<T> {
        self.unreadable += u64::from(result.is_err());
        result.ok()
    }

    fn step(&mut self, step: &Object, path: &str) {
        count(&mut self.steps, step.get("status"));
        if let Some(class) = step.get("failure_class").and_then(Value::as_str).filter(|class| !class.is_empty()) {
            self.failure_classes.add(class);
        }
        if let Some(verdict) = step.get("verdict").filter(|verdict| verdict.as_object().is_some()) {
            count(&mut self.verdicts, verdict.get("status"));
        }
        FailedStep::keep_first(&mut self.first_failed, step, path);
    }

    fn model_call(&mut self, call: &Object) {
        count(&mut self.model_calls, call.get("layer"));
        count(&mut self.models, call.get("request").and_then(|request| request.get("model")));
        let usage = call.get("response").and_then(|response| response.get("usage"));
        let tokens = |key: &str| usage.and_then(|usage| usage.get(key)).and_then(Value::as_u64).unwrap_or_default();
        for (sum, key) in [
            (&mut self.tokens.prompt, "prompt_tokens"),
            (&mut self.tokens.completion, "completion_tokens"),
            (&mut self.tokens.cache_hit, "cache_hit_tokens"),
            (&mut self.tokens.cache_creation, "cache_creation_tokens"),
        ] {
            *sum = sum.saturating_add(tokens(key));
        }
    }
}

fn count(counts: &mut Counts, value: Option<&Value>) {
    counts.add(value.and_then(Value::as_str).unwrap_or("(none)"));
}

/// Adds up costs by name; only names that the format knows are kept.
fn add_costs(sums: &mut Vec<(String, f64)>, costs: Option<&Value>) {
    const NAMES: &[&str] =
        &["total_usd", "model_usd", "gpu_usd", "proxy_usd", "tokens_in", "tokens_out", "cache_hit_tokens"];
    for name in NAMES {
        let Some(cost) = costs.and_then(|costs| costs.get(name)).and_then(Value::as_number) else { continue };
        match sums.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += cost.as_f64(),
            None => sums.push(((*name).to_owned(), cost.as_f64())),
        }
    }
}

#[cfg(test)]
mod tests;
