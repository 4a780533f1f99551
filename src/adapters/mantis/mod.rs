//! Mantis: its words for layers, events and runs, its settings, its verifier's confidence, and where its bundles stand.
//!
//! ```
//! use tracing_augur::{adapters::mantis, record::{EventLayer, RunStatus}};
//!
//! assert_eq!(mantis::event_layer("critic"), EventLayer::Verifier);
//! assert_eq!(mantis::run_status("budget_exceeded"), Some(RunStatus::Halted));
//! ```

mod settings;

pub use super::response::{anthropic_modelio, anthropic_usage};
pub use settings::{Settings, config};

use super::{Adapter, model_scope_named, scope::ModelScope};
use crate::{
    Session,
    record::{Comparator, EventKind, EventLayer, Object, RunStatus, UnknownWord, Value},
    session::{ScoreOptions, SessionError},
};

/// The adapter's name, and the client's in its bundles.
pub const NAME: &str = "mantis";

/// Mantis's layers. Any other is the [`CATCH_ALL_LAYER`].
pub const LAYERS: &[(&str, EventLayer)] = &[
    ("critic-frontier", EventLayer::Verifier),
    ("critic", EventLayer::Verifier),
    ("gate-decision", EventLayer::Verifier),
    ("preview-gate", EventLayer::Verifier),
    ("agentic-recovery", EventLayer::StepRecovery),
    ("recovery", EventLayer::StepRecovery),
    ("som-click", EventLayer::Grounding),
    ("planner", EventLayer::Planner),
];

/// The layer of whatever [`LAYERS`] does not name.
pub const CATCH_ALL_LAYER: EventLayer = EventLayer::Runner;

/// Mantis's kinds of healing events. Any other is the [`CATCH_ALL_KIND`].
pub const KINDS: &[(&str, EventKind)] = &[
    ("fire", EventKind::Decision),
    ("skip", EventKind::Decision),
    ("decision", EventKind::Decision),
    ("result", EventKind::Observation),
    ("observation", EventKind::Observation),
    ("info", EventKind::Info),
    ("error", EventKind::Error),
    ("metric", EventKind::Metric),
];

/// The kind of whatever [`KINDS`] does not name: Mantis lists no more than these, and this one claims the least.
pub const CATCH_ALL_KIND: EventKind = EventKind::Info;

/// What Mantis's runner says of a run. Nothing stands for any other word, because each status claims something.
pub const STATUSES: &[(&str, RunStatus)] = &[
    ("completed", RunStatus::Succeeded),
    ("completed_with_failures", RunStatus::Succeeded),
    ("succeeded", RunStatus::Succeeded),
    ("halted", RunStatus::Halted),
    ("budget_exceeded", RunStatus::Halted),
    ("time_exceeded", RunStatus::Halted),
    ("failed", RunStatus::Failed),
    ("cancelled", RunStatus::Cancelled),
    ("running", RunStatus::Running),
    ("paused", RunStatus::Running),
];

/// The classes of failures that are Mantis's own, beside those that every agent has.
pub const FAILURE_CLASSES: &[&str] =
    &["mantis.modal_signature_missing", "mantis.cf_challenge", "mantis.brain_loop_exhausted"];

/// Who gives the score of a step.
pub const COMPARATOR: Comparator = Comparator::Verifier;

/// The layer of an event.
pub fn event_layer(name: &str) -> EventLayer {
    named(LAYERS, name).unwrap_or(CATCH_ALL_LAYER)
}

/// The kind of an event.
pub fn event_kind(name: &str) -> EventKind {
    named(KINDS, name).unwrap_or(CATCH_ALL_KIND)
}

/// The status of a run; `None` for a word that Mantis's runner does not have.
pub fn run_status(name: &str) -> Option<RunStatus> {
    named(STATUSES, name)
}

/// Model calls on this thread belong to a layer that Mantis names; see [`model_scope`](super::model_scope). These are the
/// words of model calls (`planner`, `grounding`, `model`, `verifier`, `step_recovery`, `judge`), not those of [`LAYERS`].
///
/// # Errors
/// If no layer has that name; the message lists those that are known.
pub fn publish_modelio_context(layer: &str, step_index: Option<u64>) -> Result<ModelScope, UnknownWord> {
    model_scope_named(layer, step_index)
}

fn named<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(word, _)| *word == name).map(|(_, meaning)| *meaning)
}

/// A confidence that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the confidence {0} is not between 0 and 1")]
pub struct ConfidenceError(f64);

/// The score that a verifier's confidence gives a step; `None` for 0, which is what a verdict has when nobody set it.
///
/// # Errors
/// If it is not between 0 and 1, NaN included. It is never clamped: a score that nobody gave would go into training.
pub fn score(confidence: f64) -> Result<Option<f64>, ConfidenceError> {
    if !(0.0..=1.0).contains(&confidence) {
        return Err(ConfidenceError(confidence));
    }
    Ok((confidence > 0.0).then_some(confidence))
}

/// A verdict with the score that the verifier's confidence gives it: `score` and `comparator`. A confidence of 0 leaves it as
/// it is; one without a status becomes `unknown`.
///
/// # Errors
/// As [`score`].
pub fn scored(mut verdict: Object, confidence: f64) -> Result<Object, ConfidenceError> {
    if let Some(score) = score(confidence)? {
        verdict.entry("status".to_owned()).or_insert_with(|| "unknown".into());
        verdict.insert("score".to_owned(), Value::from_f64_marked(score));
        verdict.insert("comparator".to_owned(), COMPARATOR.into());
    }
    Ok(verdict)
}

/// Gives a recorded step the score of the verifier's confidence; whether there was one to give.
///
/// # Errors
/// As [`score`] and [`Session::set_score`].
pub fn set_score(session: &Session, step_index: u64, confidence: f64) -> Result<bool, SessionError> {
    let score = score(confidence).map_err(|error| SessionError::InvalidArgument(format!("confidence: {error}")))?;
    let Some(score) = score else { return Ok(false) };
    let options = ScoreOptions { comparator: Some(COMPARATOR), ..ScoreOptions::default() };
    session.set_score(step_index, score, &options).map(|()| true)
}

/// Mantis's runs and events. Its steps are records already; its events have Mantis's words for `layer` and `kind`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mantis;

impl Adapter for Mantis {
    type Raw = Value;

    fn name(&self) -> &str {
        NAME
    }

    fn on_run_start(&self, _: &str, _: Option<&str>) -> Vec<(String, String)> {
        vec![("adapter".to_owned(), NAME.to_owned())]
    }

    /// A step trace; a `confidence` in its verdict becomes the verdict's score. One that is out of band is left out.
    fn on_step(&self, raw: &Value) -> Option<Value> {
        let mut step = raw.as_object()?.clone();
        if let Some(Value::Object(verdict)) = step.get_mut("verdict")
            && let Some(confidence) = verdict.remove("confidence")
            && let Some(confidence) = confidence.as_number()
            && let Ok(graded) = scored(verdict.clone(), confidence.as_f64())
        {
            *verdict = graded;
        }
        Some(step.into())
    }

    fn on_action(&self, raw: &Value, _: u64) -> Option<Value> {
        Some(raw.clone())
    }

    /// An event `{ts, layer, kind, summary, detail}`. Mantis's own words stay in `detail`, as `layer` and `kind`, where they
    /// say more than the record's.
    fn on_decision(&self, raw: &Value, _: Option<u64>) -> Option<Value> {
        let mut event = raw.as_object()?.clone();
        let word = |event: &mut Object, name: &str| match event.remove(name) {
            Some(Value::String(word)) => word,
            _ => String::new(),
        };
        let (layer, kind) = (word(&mut event, "layer"), word(&mut event, "kind"));
        let (to_layer, to_kind) = (event_layer(&layer), event_kind(&kind));
        let mut detail = match event.remove("detail") {
            Some(Value::Object(members)) => members,
            Some(other) if !other.is_null() => Object::from([("detail".to_owned(), other)]),
            _ => Object::new(),
        };
        for (name, said, meant) in [("layer", &layer, to_layer.as_str()), ("kind", &kind, to_kind.as_str())] {
            if !said.is_empty() && said != meant {
                detail.entry(name.to_owned()).or_insert_with(|| said.as_str().into());
            }
        }
        event.insert("layer".to_owned(), to_layer.into());
        event.insert("kind".to_owned(), to_kind.into());
        event.entry("summary".to_owned()).or_insert_with(|| format!("{layer} {kind}").trim().into());
        if !detail.is_empty() {
            event.insert("detail".to_owned(), detail.into());
        }
        Some(event.into())
    }
}
