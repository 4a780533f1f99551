//! Steps, their further emissions and pictures, and what steps are stamped with.

use super::{
    Session, SessionError, StepRef,
    check::{index_in_range, invalid, object, weight},
};
use crate::{
    CaptureMode, Moment,
    bridge::{PICTURE_RULE, unusable_picture},
    bundle::paths,
    pipeline::Amendment,
    record::{Object, Value, step_id},
    redact::Family,
    schema::Schema,
};
use serde::Serialize;

impl Session {
    /// Keeps a picture of before or after a step's action and returns its path in the bundle. The step itself names it in
    /// `observation_pre` or `observation_post`. Below mode `screenshots` nothing is kept.
    ///
    /// # Errors
    /// If the bytes are empty, no PNG, or more than 32 MiB, or if the session is closed or an orchestrator's, or the disk
    /// refuses.
    pub fn attach_observation(&self, step_index: u64, moment: Moment, png: Vec<u8>) -> Result<String, SessionError> {
        self.check_steps_allowed("attach_observation")?;
        if let Some(problem) = unusable_picture(&png) {
            return Err(SessionError::InvalidArgument(format!("png_bytes: {problem} ({PICTURE_RULE})")));
        }
        index_in_range(step_index)?;
        let mode = self.lane.mode();
        if mode >= CaptureMode::Screenshots {
            self.run(png.len(), move |road| {
                road.screenshot(step_index, moment, &png, mode, false);
                Ok(())
            })?;
        }
        Ok(paths::screenshot(step_index, moment))
    }

    /// Records a step: an object as the step schema has it. The same `step_id` again replaces what the caller gave before,
    /// while what was attached since (scores, judges, costs, versions) stays; another one at a used index becomes an
    /// iteration. `capture_mode`, `branch_context` and `group_id` are filled in where they are absent and the session has
    /// them.
    ///
    /// # Errors
    /// If the step does not fit its schema, or its id does not follow `<run_id>/step/<NNNN>`; or if the session is closed
    /// or an orchestrator's.
    pub fn record_step(&self, step: &(impl Serialize + ?Sized)) -> Result<(), SessionError> {
        self.check_steps_allowed("record_step")?;
        let mut step = object("step", step)?;
        let index = step.get("step_index").and_then(Value::as_u64);
        let index = index.ok_or_else(|| invalid("step: step_index must be a whole number from 0 on"))?;
        self.complete_step("step", index, &mut step)?;
        let mode = self.lane.mode();
        self.run(weight(&step), move |road| road.record_step(index, step, mode).map_err(SessionError::from))
    }

    /// Records a further emission at the index of a step that is known, named by the index or by any id recorded there. The
    /// iteration's own `step_index` is set to that of the step. The same iteration again replaces the one before.
    ///
    /// # Errors
    /// If no step is there, if the iteration has no id of its own or does not fit the schema of steps; or if the session is
    /// closed or an orchestrator's.
    pub fn record_step_iteration<'a>(
        &self,
        at: impl Into<StepRef<'a>>,
        iteration: &(impl Serialize + ?Sized),
    ) -> Result<(), SessionError> {
        self.check_steps_allowed("record_step_iteration")?;
        let mut iteration = object("iteration", iteration)?;
        let (index, known) = match at.into() {
            StepRef::Index(index) => (index, None),
            StepRef::Id(id) => {
                let unknown = || invalid("step_id_or_index: no step has this id");
                (crate::record::index_of_step_id(id).ok_or_else(unknown)?, Some(id.to_owned()))
            }
        };
        iteration.insert("step_index".to_owned(), index.into());
        self.complete_step("iteration", index, &mut iteration)?;
        let mode = self.lane.mode();
        self.ask(weight(&iteration), move |road| road.record_iteration(index, known.as_deref(), iteration, mode))
    }

    /// Says whether the state repeats itself at a step.
    ///
    /// # Errors
    /// If there is no such step, or if the session is closed.
    pub fn set_loop_detected(&self, step_index: u64, value: bool) -> Result<(), SessionError> {
        self.patch(step_index, Object::from([("loop_detected".to_owned(), value.into())]), Amendment::Replace)
    }

    /// Sets how much is kept from here on, and stamps steps with it. The mode that the manifest names stays the one of the
    /// session.
    ///
    /// # Errors
    /// If the session is closed.
    pub fn set_capture_mode(&self, mode: CaptureMode) -> Result<(), SessionError> {
        self.open_state()?.stamps.insert("capture_mode".to_owned(), mode.into());
        self.lane.dial.turn(mode);
        Ok(())
    }

    /// Goes back to the mode of the session.
    ///
    /// # Errors
    /// If the session is closed.
    pub fn clear_capture_mode(&self) -> Result<(), SessionError> {
        self.open_state()?.stamps.remove("capture_mode");
        self.lane.dial.turn_back();
        Ok(())
    }

    /// Sets the id of the group that later steps belong to; `None` ends it.
    ///
    /// # Errors
    /// If the id holds what looks like a secret, or if the session is closed.
    pub fn set_group_id<'a>(&self, group_id: impl Into<Option<&'a str>>) -> Result<(), SessionError> {
        let mut state = self.open_state()?;
        match group_id.into() {
            None => drop(state.stamps.remove("group_id")),
            Some(id) if !self.policy.is_clean(id) => return Err(super::check::secret("group_id", "it")),
            Some(id) => drop(state.stamps.insert("group_id".to_owned(), id.into())),
        }
        Ok(())
    }

    /// Changes members of a step that is known.
    pub(super) fn patch(&self, step_index: u64, members: Object, how: Amendment) -> Result<(), SessionError> {
        self.check_open()?;
        index_in_range(step_index)?;
        self.check_members("step", &members)?;
        let mode = self.lane.mode();
        self.ask(weight(&members), move |road| road.amend(step_index, members, mode, how))
    }

    /// Stamps a step and checks it.
    fn complete_step(&self, argument: &str, index: u64, step: &mut Object) -> Result<(), SessionError> {
        index_in_range(index)?;
        for (key, value) in &self.open_state()?.stamps {
            if !step.contains_key(key) {
                step.insert(key.clone(), value.clone());
            }
        }
        self.check(Schema::Step, argument, step, Family::Step)?;
        let id = step.get("step_id").and_then(Value::as_str).unwrap_or_default();
        let follows = |run_id: &str| {
            id.strip_prefix(&step_id(run_id, index)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // The steps that a branch copied keep the ids that they have in the parent.
        let parent = step.get("branch_context").and_then(|branch| branch.get("parent_run_id")).and_then(Value::as_str);
        if follows(self.run_id.as_str()) || parent.is_some_and(follows) {
            return Ok(());
        }
        let convention = step_id(self.run_id.as_str(), index);
        Err(invalid(&format!("{argument}: step_id must be {convention}, or that with /<iteration> behind it")))
    }

    fn check_steps_allowed(&self, call: &str) -> Result<(), SessionError> {
        self.check_open()?;
        if self.orchestrator {
            let message =
                format!("{call}: the session of an orchestrator has no steps; record them in a session of their own");
            return Err(SessionError::WrongState(message));
        }
        Ok(())
    }
}
