//! Training data: preferred actions and replay fixtures.

use super::{
    Session, SessionError,
    check::{index_in_range, object, secret, value_of, weight},
};
use crate::{
    pipeline::Road,
    record::{Object, Timestamp, Value, step_id},
    schema::Schema,
};
use serde::Serialize;

impl Session {
    /// Records which action is to be preferred at a step: an object with `preferred_action` and `alternatives`, as the
    /// schema of preferences has it. `preference_id`, `step_id` and `created_at` are filled in where they are absent. The
    /// same id again replaces the one before. Returns its path in the bundle; `None` below mode `trace`.
    ///
    /// # Errors
    /// If the record does not fit its schema, or if the session is closed.
    pub fn record_preference(
        &self,
        step_index: u64,
        preference: &(impl Serialize + ?Sized),
    ) -> Result<Option<String>, SessionError> {
        self.check_open()?;
        index_in_range(step_index)?;
        let mut record = object("preference", preference)?;
        for (key, value) in [
            ("preference_id", format!("{}/preference/{step_index:04}", self.run_id)),
            ("step_id", step_id(self.run_id.as_str(), step_index)),
            ("created_at", Timestamp::from(self.ambient.now()).to_string()),
        ] {
            record.entry(key.to_owned()).or_insert(value.into());
        }
        self.check_document(Schema::Preference, "preference", &record)?;
        let mode = self.gate();
        self.ask(weight(&record), move |road| road.preference(step_index, record, mode))
    }

    /// Records what a replay of a step needs: a fixture as its schema has it and, if they are given, the steps before it as a
    /// list. `fixture_id`, `step_id`, `mode` (`observation_replay`) and `observation` (the picture before the step) are
    /// filled in where they are absent. Returns its path in the bundle; `None` below mode `replay`.
    ///
    /// At mode `replay` every failed step that has no fixture gets one when the run ends.
    ///
    /// # Errors
    /// If fixture or steps do not fit their schema, or if the session is closed.
    pub fn record_replay_fixture(
        &self,
        step_index: u64,
        fixture: &(impl Serialize + ?Sized),
        prior_steps: Option<&[Value]>,
    ) -> Result<Option<String>, SessionError> {
        self.check_open()?;
        index_in_range(step_index)?;
        let mut fixture = object("fixture", fixture)?;
        for (key, value) in [
            ("fixture_id", format!("{}/fixture/{step_index:04}", self.run_id)),
            ("step_id", step_id(self.run_id.as_str(), step_index)),
            ("mode", "observation_replay".to_owned()),
            ("observation", crate::bundle::paths::screenshot(step_index, crate::Moment::Before)),
        ] {
            fixture.entry(key.to_owned()).or_insert(value.into());
        }
        self.check_document(Schema::ReplayFixture, "fixture", &fixture)?;
        let prior = prior_steps.map(|prior| value_of("prior_steps", prior)).transpose()?;
        if let Some(prior) = &prior {
            self.fits(Schema::PriorSteps, "prior_steps", prior)?;
        }
        let weight = weight(&fixture) + prior.as_ref().map_or(0, Road::weight);
        let prior = match prior {
            Some(Value::Array(steps)) => Some(steps),
            _ => None,
        };
        let mode = self.gate();
        self.ask(weight, move |road| road.replay_fixture(step_index, fixture, prior, mode))
    }

    fn check_document(&self, schema: Schema, argument: &str, record: &Object) -> Result<(), SessionError> {
        self.fits(schema, argument, record)?;
        match Road::tainted_document(&self.policy, record) {
            Some(path) => Err(secret(argument, path)),
            None => Ok(()),
        }
    }
}
