//! A step of a recorded run, and what can be asked of it.

use super::outline::{at, said};
use crate::{
    Moment,
    bundle::paths,
    record::{Object, StepStatus, Value, VerdictStatus, to_value},
};
use serde::Serialize;
use std::{fs, path::PathBuf};

/// One step, as the bundle has it.
#[derive(Debug, Clone)]
pub struct RecordedStep {
    pub(super) bundle: PathBuf,
    pub(super) index: u64,
    pub(super) record: Value,
    pub(super) events: Vec<Value>,
    pub(super) model_calls: Vec<Value>,
}

impl RecordedStep {
    pub(super) fn new(bundle: PathBuf, index: u64, record: Object) -> Self {
        Self { bundle, index, record: record.into(), events: Vec::new(), model_calls: Vec::new() }
    }

    /// Its index.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The record of the step.
    pub fn record(&self) -> &Value {
        &self.record
    }

    /// The member at a dotted path, such as `action.params.x` or `judge_decisions.0.verdict`.
    pub fn member(&self, path: &str) -> Option<&Value> {
        at(&self.record, path)
    }

    /// Its decision events, in order.
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// Its model calls, in the order of their files.
    pub fn model_calls(&self) -> &[Value] {
        &self.model_calls
    }

    /// A picture of it.
    pub fn screenshot(&self, moment: Moment) -> Option<Vec<u8>> {
        fs::read(self.bundle.join(paths::screenshot(self.index, moment))).ok()
    }

    /// Its log lines.
    pub fn log(&self) -> String {
        fs::read_to_string(self.bundle.join(paths::log(Some(self.index), "run"))).unwrap_or_default()
    }

    /// That it ended like this.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn assert_status(&self, status: StepStatus) -> &Self {
        self.assert_word("status", status.as_str())
    }

    /// That it is of this type.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn assert_type(&self, step_type: &str) -> &Self {
        self.assert_word("step_type", step_type)
    }

    /// That it failed, and how.
    ///
    /// # Panics
    /// If it did not, or otherwise.
    #[track_caller]
    pub fn assert_failed(&self, failure_class: &str) -> &Self {
        self.assert_status(StepStatus::Failed).assert_word("failure_class", failure_class)
    }

    /// That it was judged like this.
    ///
    /// # Panics
    /// If it was not judged, or otherwise.
    #[track_caller]
    pub fn assert_verdict(&self, status: VerdictStatus) -> &Self {
        self.assert_word("verdict.status", status.as_str())
    }

    /// That the member at a dotted path is this.
    ///
    /// # Panics
    /// If it is something else or not there, or if the expected value has no form in JSON.
    #[track_caller]
    pub fn assert_member(&self, path: &str, expected: impl Serialize) -> &Self {
        let expected =
            to_value(&expected).unwrap_or_else(|error| panic!("what {path} should be has no form in JSON: {error}"));
        match self.member(path) {
            Some(found) if *found == expected => self,
            Some(found) => self.fail(&format!("{path} is {found}, not {expected}")),
            None => self.fail(&format!("there is no {path}; it should be {expected}")),
        }
    }

    /// That one of its decision events has this in its summary.
    ///
    /// # Panics
    /// If none has.
    #[track_caller]
    pub fn assert_event(&self, summary: &str) -> &Self {
        if self.events.iter().any(|event| has(event, summary)) {
            return self;
        }
        self.fail(&format!("no event says {summary:?}"))
    }

    /// How many model calls it has.
    ///
    /// # Panics
    /// If it has more or fewer.
    #[track_caller]
    pub fn assert_model_calls(&self, count: usize) -> &Self {
        match self.model_calls.len() {
            found if found == count => self,
            found => self.fail(&format!("there are {found} model calls, not {count}")),
        }
    }

    #[track_caller]
    fn assert_word(&self, path: &str, expected: &str) -> &Self {
        match self.member(path).map(|found| (found, found.as_str())) {
            Some((_, Some(word))) if word == expected => self,
            Some((found, _)) => self.fail(&format!("{path} is {found}, not {expected:?}")),
            None => self.fail(&format!("there is no {path}; it should be {expected:?}")),
        }
    }

    #[track_caller]
    fn fail(&self, why: &str) -> ! {
        let mut record = Vec::new();
        crate::record::write_pretty(&self.record, 0, &mut record);
        let told: Vec<_> = self.events.iter().map(|event| format!("\n  {}", said(event))).collect();
        let events = if told.is_empty() { " none".to_owned() } else { told.concat() };
        panic!("step {}: {why}\nThe step: {}\nIts events:{events}", self.index, String::from_utf8_lossy(&record))
    }
}

/// Whether the summary of an event has a text in it.
pub(super) fn has(event: &Value, summary: &str) -> bool {
    event.get("summary").and_then(Value::as_str).is_some_and(|text| text.contains(summary))
}
