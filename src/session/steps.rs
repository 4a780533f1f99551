//! Steps, their further emissions and pictures, and what steps are stamped with.

use super::{
    Session, SessionError, StepRef,
    check::{index_in_range, invalid, object, weight},
};
use crate::{
    CaptureMode, Moment,
    bridge::{PICTURE_RULE, unusable_picture},
    bundle::paths,
    pipeline::{Amendment, Fit, Picture, Road},
    record::{Object, Value, step_id},
    redact::{Family, PixelRect},
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
        self.attach_masked_observation(step_index, moment, png, &[])
    }

    /// The same with regions of the picture painted black before its bytes go anywhere. The picture is decoded for it.
    ///
    /// # Errors
    /// As [`attach_observation`](Self::attach_observation); and if there are regions and the picture cannot be decoded or is
    /// too large for it (see [`RedactionPolicy::redact_picture`](crate::redact::RedactionPolicy::redact_picture)): such a
    /// picture is dropped.
    pub fn attach_masked_observation(
        &self,
        step_index: u64,
        moment: Moment,
        png: Vec<u8>,
        regions: &[PixelRect],
    ) -> Result<String, SessionError> {
        self.check_steps_allowed("attach_observation")?;
        if let Some(problem) = unusable_picture(&png) {
            return Err(SessionError::InvalidArgument(format!("png_bytes: {problem} ({PICTURE_RULE})")));
        }
        index_in_range(step_index)?;
        let mode = self.gate();
        // The flight recorder may want what the mode holds back.
        if mode.max(self.lane.dial.heard()) >= CaptureMode::Screenshots {
            let picture = Picture { moment, png, regions: regions.to_vec() };
            self.run(picture.png.len(), move |road| {
                let kept = road.screenshot(step_index, &picture, mode, false);
                kept.map_err(|error| SessionError::InvalidArgument(format!("png_bytes: {error}")))
            })?;
        }
        Ok(paths::screenshot(step_index, moment))
    }

    /// Records a step: an object as the step schema has it. The same `step_id` again replaces what the caller gave before,
    /// while what was attached since (scores, judges, costs, versions) stays; another one at a used index becomes an
    /// iteration. `capture_mode`, `branch_context` and `group_id` are filled in where they are absent and the session has
    /// them. A member `sensitive: true` marks the step as [`mark_sensitive`](Self::mark_sensitive) does, and is not written.
    ///
    /// # Errors
    /// If the step does not fit its schema, or its id does not follow `<run_id>/step/<NNNN>`; or if the session is closed
    /// or an orchestrator's.
    pub fn record_step(&self, step: &(impl Serialize + ?Sized)) -> Result<(), SessionError> {
        self.record_step_object(object("step", step)?)
    }

    /// The same for a step that its caller has as an object and does not need any more.
    ///
    /// # Errors
    /// As [`record_step`](Self::record_step).
    pub fn record_step_object(&self, mut step: Object) -> Result<(), SessionError> {
        self.check_steps_allowed("record_step")?;
        let index = step.get("step_index").and_then(Value::as_u64);
        let index = index.ok_or_else(|| invalid("step: step_index must be a whole number from 0 on"))?;
        let is_sensitive = take_sensitive("step", &mut step)?;
        self.complete_step("step", index, &mut step)?;
        let mode = self.gate();
        self.run(weight(&step), move |road| {
            mark(road, index, is_sensitive);
            road.record_step(index, step, mode).map_err(SessionError::from)
        })
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
            StepRef::Id(id) => (self.index_of(id)?, Some(id.to_owned())),
        };
        iteration.insert("step_index".to_owned(), index.into());
        let is_sensitive = take_sensitive("iteration", &mut iteration)?;
        self.complete_step("iteration", index, &mut iteration)?;
        let mode = self.gate();
        self.ask(weight(&iteration), move |road| {
            mark(road, index, is_sensitive);
            road.record_iteration(index, known.as_deref(), iteration, mode)
        })
    }

    /// Marks a step as sensitive, before it is recorded or after: its pictures, model calls, reasoning and the `detail` of
    /// its events are not kept, and those that were are removed. Paths of pictures that the step names go to the manifest's
    /// `missing`. Best called first, so that nothing of it ever touches the disk.
    ///
    /// # Errors
    /// If the session is closed or an orchestrator's.
    pub fn mark_sensitive(&self, step_index: u64) -> Result<(), SessionError> {
        self.check_steps_allowed("mark_sensitive")?;
        index_in_range(step_index)?;
        self.run(64, move |road| {
            road.mark_sensitive(step_index);
            Ok(())
        })
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
        let mode = self.gate();
        self.ask(weight(&members), move |road| road.amend(step_index, members, mode, how))
    }

    /// The index of a step by its id. Ids say it, unless the session takes any.
    fn index_of(&self, id: &str) -> Result<u64, SessionError> {
        let unknown = || invalid("step_id_or_index: no step has this id");
        match crate::record::index_of_step_id(id) {
            None if self.fit == Fit::Permissive => {
                let id = id.to_owned();
                self.ask(64, move |road| Ok(road.index_of(&id)))?.ok_or_else(unknown)
            }
            index => index.ok_or_else(unknown),
        }
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
        if self.fit == Fit::Permissive {
            return if id.is_empty() {
                Err(invalid(&format!("{argument}: step_id is missing or no text")))
            } else {
                Ok(())
            };
        }
        let follows = |run_id: &str| {
            let rest = id.strip_prefix(&step_id(run_id, index));
            rest.is_some_and(|rest| (rest.is_empty() || rest.starts_with('/')) && !rest.contains('\n'))
        };
        // The steps that a branch copied keep the ids that they have in the parent.
        let parent = step.get("branch_context").and_then(|branch| branch.get("parent_run_id")).and_then(Value::as_str);
        if follows(self.run_id.as_str()) || parent.is_some_and(follows) {
            return Ok(());
        }
        let convention = step_id(self.run_id.as_str(), index);
        Err(invalid(&format!(
            "{argument}: step_id must be {convention}, or that with /<iteration> behind it, in one line"
        )))
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

/// Takes the mark out of a step, whose schema has no place for it.
fn take_sensitive(argument: &str, step: &mut Object) -> Result<bool, SessionError> {
    match step.remove("sensitive") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(is_sensitive)) => Ok(is_sensitive),
        Some(_) => Err(invalid(&format!("{argument}: sensitive must be true or false"))),
    }
}

fn mark(road: &mut Road, index: u64, is_sensitive: bool) {
    if is_sensitive {
        road.mark_sensitive(index);
    }
}
