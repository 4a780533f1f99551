//! What the rules ask of a step. A member that is absent, null or of the wrong type counts as not told.

use super::super::{
    context::Context,
    finding::{EvidenceKind, Found},
};
use crate::{
    bundle::{StoredStep, shortened, visible},
    record::Value,
};

/// The class of a step that ran into a screen that stayed as it was.
pub(super) const NO_STATE_CHANGE: &str = "no_state_change";

/// How much of a name that the agent gave is quoted, in characters.
const MAX_NAME: usize = 80;

/// A step, asked for what it says.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a>(pub(super) &'a StoredStep);

impl<'a> Facts<'a> {
    pub(super) fn member(self, name: &str) -> Option<&'a Value> {
        self.0.step.get(name)
    }

    fn within(self, object: &str, name: &str) -> Option<&'a Value> {
        self.member(object)?.get(name)
    }

    /// A text of the step; empty if it is not told.
    pub(super) fn text(self, name: &str) -> &'a str {
        self.member(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A text of one of the step's objects; empty if it is not told.
    pub(super) fn text_in(self, object: &str, name: &str) -> &'a str {
        self.within(object, name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn param(self, name: &str) -> Option<&'a Value> {
        self.within("action", "params")?.get(name)
    }

    /// Where the action went. Digits in a text are read, because models like to write them so; nothing else is.
    pub(super) fn point(self) -> Option<(f64, f64)> {
        let number = |name| match self.param(name)? {
            Value::Number(number) => Some(number.as_f64()),
            Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        };
        Some((number("x")?, number("y")?))
    }

    /// Whether the step is judged to have left the screen as it was, or is not judged.
    pub(super) fn may_have_changed_nothing(self) -> bool {
        match self.member("failure_class") {
            None | Some(Value::Null) => true,
            Some(class) => class.as_str() == Some(NO_STATE_CHANGE),
        }
    }

    pub(super) fn changed_nothing(self) -> bool {
        self.text("failure_class") == NO_STATE_CHANGE
    }

    pub(super) fn picture_before(self) -> Option<&'a str> {
        self.member("observation_pre").and_then(Value::as_str)
    }

    pub(super) fn picture_after(self) -> Option<&'a str> {
        self.member("observation_post").and_then(Value::as_str)
    }
}

/// A name that the agent gave, as it may stand in a summary.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", shortened(&visible(name), MAX_NAME))
}

/// A finding about a step, shown by the step and by its events, if it has any.
pub(super) fn found_with_events(context: &Context<'_>, step: &StoredStep, summary: String) -> Found {
    let found = Found::new(summary).at(step);
    match context.events_path(step.index) {
        Some(path) => found.with_evidence(EvidenceKind::Event, path),
        None => found,
    }
}
