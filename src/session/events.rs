//! Decision events, log text and reasoning.

use super::{
    ReasoningOptions, Session, SessionError,
    check::{given, index_in_range, invalid, object, stated_index_in_range, text, weight},
};
use crate::{
    pipeline::Known,
    record::{EventLayer, Object, Value, is_reserved},
    redact::Family,
    schema::Schema,
};
use serde::Serialize;

/// How many named logs a run can have.
const MOST_LOGS: usize = 1024;

impl Session {
    /// Records a decision event: an object with `ts`, `layer`, `kind`, `summary` and, if it belongs to a step, `step_index`.
    /// An index of `null` is none.
    ///
    /// # Errors
    /// If the event does not fit its schema, or if the session is closed.
    pub fn record_event(&self, event: &(impl Serialize + ?Sized)) -> Result<(), SessionError> {
        self.record_event_object(object("event", event)?)
    }

    /// The same for an event that its caller has as an object and does not need any more.
    ///
    /// # Errors
    /// As [`record_event`](Self::record_event).
    pub fn record_event_object(&self, mut event: Object) -> Result<(), SessionError> {
        if event.get("step_index").is_some_and(Value::is_null) {
            event.remove("step_index");
        }
        self.check(Schema::Event, "event", &mut event, Family::Event)?;
        if !event.contains_key("ts") {
            return Err(invalid("event: ts is missing"));
        }
        stated_index_in_range(&event)?;
        let layer = event.get("layer").and_then(Value::as_str).and_then(|word| word.parse().ok());
        let (layer, mode) = (layer.unwrap_or(EventLayer::Runner), self.gate());
        self.run(weight(&event), move |road| {
            road.known_event(event, layer, mode, Known::Fitting);
            Ok(())
        })
    }

    /// Adds text to a log: to that of a step, or to the one called `name` (`logs/<name>.log`). It ends in a newline. A run
    /// has at most 1024 named logs.
    ///
    /// # Errors
    /// If the name is no plain file name, is one that a system reserves or that another log has but for its case, or holds
    /// what looks like a secret; or if the session is closed.
    pub fn append_log(&self, text: &str, step_index: Option<u64>, name: &str) -> Result<(), SessionError> {
        self.check_open()?;
        step_index.map_or(Ok(()), index_in_range)?;
        self.check_name("name", name)?;
        if step_index.is_none() {
            self.take_log_name(name)?;
        }
        let (name, text, mode) = (name.to_owned(), text.to_owned(), self.gate());
        self.run(1024 + text.len(), move |road| {
            road.log_text(step_index, &name, &text, mode);
            Ok(())
        })
    }

    /// A log's file is its own on every system that a bundle may be opened on.
    fn take_log_name(&self, name: &str) -> Result<(), SessionError> {
        let of_a_step = name.strip_prefix("step-").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        let problem = if is_reserved(name) {
            "is hidden, or reserved by some system"
        } else if of_a_step {
            "is that of a step's log"
        } else {
            let mut state = self.open_state()?;
            let many = state.logs.len() >= MOST_LOGS;
            match state.logs.get(&name.to_lowercase()) {
                Some(known) if known == name => return Ok(()),
                Some(_) => "differs from that of another log by its case only",
                None if many => "is one more than the 1024 that a run can have",
                None => {
                    state.logs.insert(name.to_lowercase(), name.to_owned());
                    return Ok(());
                }
            }
        };
        Err(invalid(&format!("name: it {problem}")))
    }

    /// Records what a model reasoned at a step, which need not be there. Returns the record as the policy leaves it, also
    /// where the mode keeps none.
    ///
    /// # Errors
    /// If the time is none, or if the session is closed.
    pub fn record_reasoning(
        &self,
        step_index: u64,
        reasoning: &str,
        options: &ReasoningOptions,
    ) -> Result<Value, SessionError> {
        index_in_range(step_index)?;
        let mut record = given([
            ("step_index", Some(step_index.into())),
            ("text", Some(reasoning.into())),
            ("format", Some(options.format.into())),
            ("tokens", options.tokens.as_ref().map(Value::from)),
            ("model", text(options.model.as_ref())),
            ("ts", Some(self.time("ts", options.ts.as_deref())?.into())),
        ]);
        self.check(Schema::Reasoning, "reasoning", &mut record, Family::Reasoning)?;
        let mode = self.gate();
        self.ask(weight(&record), move |road| road.reasoned(record, mode))
    }
}
