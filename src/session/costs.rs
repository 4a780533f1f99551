//! What a run and its steps cost.

use super::{Costs, Session, SessionError, StepCosts};
use crate::{
    pipeline::Amendment,
    record::{Object, Value},
    schema::Schema,
};

impl Session {
    /// Says what the run cost so far. Costs that are given replace those given before; nothing given changes nothing.
    ///
    /// # Errors
    /// If an amount is negative or not finite, or if the session is closed.
    pub fn set_costs(&self, costs: &Costs) -> Result<(), SessionError> {
        let costs = costs.members()?;
        self.check_open()?;
        if costs.is_empty() {
            return Ok(());
        }
        self.check_costs(&costs)?;
        self.run(1024, move |road| {
            road.session(Object::from([("costs".to_owned(), costs.into())]));
            Ok(())
        })
    }

    /// Says what a step cost. Costs that are given replace those given before; nothing given changes nothing, whether there
    /// is such a step or not.
    ///
    /// # Errors
    /// If an amount is negative or not finite, if there is no such step, or if the session is closed.
    pub fn set_step_costs(&self, step_index: u64, costs: &StepCosts) -> Result<(), SessionError> {
        let costs = costs.members()?;
        if costs.is_empty() {
            return self.check_open();
        }
        self.check_costs(&costs)?;
        self.patch(step_index, Object::from([("costs".to_owned(), costs.into())]), Amendment::Merge)
    }

    /// What the run cost: what was said of it and, for costs that were not, the sum over its steps; `None` if there is none.
    /// Reads every step that is on disk.
    ///
    /// # Errors
    /// If the session is closed or the disk refuses.
    pub fn successful_task_cost_summary(&self) -> Result<Option<Value>, SessionError> {
        let summary = self.ask(64, |road| road.cost_summary())?;
        Ok((!summary.is_empty()).then(|| summary.into()))
    }

    /// Checks costs alone: the schema of outcomes knows all of them.
    pub(super) fn check_costs(&self, costs: &Object) -> Result<(), SessionError> {
        let outcome = Object::from([
            ("scope".to_owned(), "session".into()),
            ("finalized_at".to_owned(), "2026-01-01T00:00:00Z".into()),
            ("cost_summary".to_owned(), costs.clone().into()),
        ]);
        self.fits(Schema::Outcome, "costs", &outcome)
    }
}
