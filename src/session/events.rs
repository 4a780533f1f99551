//! Decision events, log text and reasoning.

use super::{
    ReasoningOptions, Session, SessionError,
    check::{given, index_in_range, object, stated_index_in_range, text, time, weight},
};
use crate::{
    bundle::paths,
    record::{EventLayer, Value},
    redact::Family,
    schema::Schema,
};
use serde::Serialize;

impl Session {
    /// Records a decision event: an object with `ts`, `layer`, `kind`, `summary` and, if it belongs to a step, `step_index`.
    /// An index of `null` is none.
    ///
    /// # Errors
    /// If the event does not fit its schema, or if the session is closed.
    pub fn record_event(&self, event: &(impl Serialize + ?Sized)) -> Result<(), SessionError> {
        let mut event = object("event", event)?;
        if event.get("step_index").is_some_and(Value::is_null) {
            event.remove("step_index");
        }
        self.check(Schema::Event, "event", &mut event, Family::Event)?;
        stated_index_in_range(&event)?;
        let layer = event.get("layer").and_then(Value::as_str).and_then(|word| word.parse().ok());
        let (layer, mode) = (layer.unwrap_or(EventLayer::Runner), self.lane.mode());
        self.run(weight(&event), move |road| {
            road.event(event, layer, mode);
            Ok(())
        })
    }

    /// Adds text to a log: to that of a step, or to the one called `name` (`logs/<name>.log`). It ends in a newline.
    ///
    /// # Errors
    /// If the name is no plain file name or holds what looks like a secret, or if the session is closed.
    pub fn append_log(&self, text: &str, step_index: Option<u64>, name: &str) -> Result<(), SessionError> {
        self.check_open()?;
        step_index.map_or(Ok(()), index_in_range)?;
        self.check_name("name", name)?;
        let (path, text, mode) = (paths::log(step_index, name), text.to_owned(), self.lane.mode());
        self.run(1024 + text.len(), move |road| {
            road.log_text(path, &text, mode);
            Ok(())
        })
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
            ("tokens", options.tokens.map(Value::from)),
            ("model", text(options.model.as_ref())),
            ("ts", Some(time("ts", options.ts.as_deref())?.into())),
        ]);
        self.check(Schema::Reasoning, "reasoning", &mut record, Family::Reasoning)?;
        let mode = self.lane.mode();
        self.ask(weight(&record), move |road| road.reasoned(record, mode))
    }
}
