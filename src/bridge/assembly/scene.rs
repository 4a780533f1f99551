//! Where in a trace something was said, and what of it belongs to a step whose span has left.

use crate::{
    CaptureMode,
    bridge::{
        facts::{Attributes, EventFacts, Level},
        vocabulary,
    },
    capture::content_event,
    pipeline::{Road, Scene},
    record::Value,
};
use std::{borrow::Cow, collections::BTreeMap};

/// How many steps are remembered whose spans have left.
const REMEMBERED: usize = 1024;

/// Names that conventions have for events that hold no prompt, model or tool text as a whole. `tracing` gives them as a field
/// where they are no name of a callsite.
const CONVENTIONS: &[&str] = &[
    "gen_ai.evaluation.result",
    "gen_ai.client.operation.exception",
    "exception",
    "codex.tool_decision",
    "codex.sandbox_outcome",
    "codex.api_request",
];

/// Fields of an event that are about the event, and not about a step.
const OF_THE_EVENT: &[&str] = &[
    "augur.layer",
    "augur.kind",
    "augur.summary",
    "augur.detail",
    "augur.ts",
    "augur.step_index",
    "augur.step.index",
    "augur.capture_mode",
];

/// The scene of an event.
pub(super) fn of_event(event: &EventFacts, span: Option<(u128, u64)>) -> Scene {
    let known = vocabulary::event_name(event);
    let convention = content_event(known).or_else(|| CONVENTIONS.iter().find(|name| **name == known).copied());
    let own = match &event.name {
        Cow::Borrowed(name) if !name.starts_with("event ") => Some(*name),
        _ => None,
    };
    Scene {
        span,
        name: convention.or(own),
        target: Some(event.target.clone()),
        level: Some(match event.level {
            Level::Trace => tracing::Level::TRACE,
            Level::Debug => tracing::Level::DEBUG,
            Level::Info => tracing::Level::INFO,
            Level::Warn => tracing::Level::WARN,
            Level::Error => tracing::Level::ERROR,
        }),
        at: Some(event.time),
        said: convention.map(|_| pairs(&event.attributes, |_| true)).unwrap_or_default(),
    }
}

/// The spans of steps that have left: what is said of such a step afterwards does not stand on its span.
#[derive(Debug, Default)]
pub(super) struct Left(BTreeMap<u64, (u128, u64)>);

impl Left {
    /// The span that began a step has closed.
    pub(super) fn note(&mut self, step: u64, span: (u128, u64)) {
        self.0.insert(step, span);
        if self.0.len() > REMEMBERED {
            self.0.pop_first();
        }
    }

    /// Hands on what an event said of a step, if its span has left.
    pub(super) fn tell(&self, road: &mut Road, step: Option<u64>, event: &EventFacts, mode: CaptureMode) {
        let Some((step, span)) = step.and_then(|step| Some((step, *self.0.get(&step)?))) else { return };
        let about_step = |name: &str| {
            name.starts_with("augur.")
                && !OF_THE_EVENT.contains(&name)
                && !name.starts_with("augur.detail.")
                && !name.starts_with("augur.run.")
        };
        let mut fields = pairs(&event.attributes, about_step);
        if let Some(verdict) = vocabulary::verdict(&event.attributes) {
            // Why is the text of a model.
            let passes = |name: &str| name != "reason" || mode >= CaptureMode::ModelIo;
            let members = verdict.into_iter().filter(|(name, _)| passes(name));
            fields.extend(members.map(|(name, value)| (format!("augur.verdict.{name}"), value)));
        }
        road.late(step, span, fields, mode);
    }
}

fn pairs(attributes: &Attributes, wanted: impl Fn(&str) -> bool) -> Vec<(String, Value)> {
    let wanted = attributes.iter().filter(|(name, _)| wanted(name));
    wanted.map(|(name, value)| (name.to_owned(), value.clone())).collect()
}
