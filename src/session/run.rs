//! Facts of the run as a whole: status, tags, task, live endpoints.

use super::{
    LiveEndpoints, Session, SessionError, State,
    check::{given, invalid, object, secret, text, violated, weight},
};
use crate::{
    capture::Artifact,
    pipeline::{Fit, Road},
    record::{Object, RunStatus, Value},
    redact::{Family, RedactionPolicy},
    schema::{self, Schema},
};
use serde::Serialize;
use std::collections::BTreeSet;

impl Session {
    /// Sets how the run ends, whatever else happens.
    ///
    /// # Errors
    /// If the session is closed.
    pub fn set_status(&self, status: RunStatus) -> Result<(), SessionError> {
        self.open_state()?.status = Some(status);
        Ok(())
    }

    /// Sets a tag of the run.
    ///
    /// # Errors
    /// If the session is closed or the disk refuses.
    pub fn add_tag(&self, key: &str, value: &str) -> Result<(), SessionError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.run(256 + key.len() + value.len(), move |road| {
            road.tag(&key, &value);
            Ok(())
        })
    }

    /// Says what the agent was asked to do, in place of what was said before: an object with `instruction` and whatever
    /// else the schema of tasks has. Kept from mode `trace` on.
    ///
    /// # Errors
    /// If the task does not fit its schema or two subgoals have one id, or if the session is closed.
    pub fn set_task_spec(&self, spec: &(impl Serialize + ?Sized)) -> Result<(), SessionError> {
        let spec = object("spec", spec)?;
        let subgoals = check_task(&self.policy, &spec, self.fit)?;
        self.open_state()?.subgoals = Some(subgoals);
        self.count_unfit(Schema::TaskSpec, &spec);
        if !self.gate().passes(Artifact::TaskSpec) {
            return Ok(());
        }
        self.replace_in_session("task_spec", weight(&spec), Some(spec.into()))
    }

    /// Names the task in a library of tasks; `None` takes the name away.
    ///
    /// # Errors
    /// If the id holds what looks like a secret, or if the session is closed.
    pub fn set_task_spec_id<'a>(&self, id: impl Into<Option<&'a str>>) -> Result<(), SessionError> {
        let id = id.into();
        if id.is_some_and(|id| !self.policy.is_clean(id)) {
            return Err(secret("task_spec_id", "it"));
        }
        self.replace_in_session("task_spec_id", 1024, id.map(Value::from))
    }

    /// Says where the run can be watched, in place of all that was said before. Kept from mode `video` on.
    ///
    /// # Errors
    /// If the session is closed or the disk refuses.
    pub fn set_live_endpoints(&self, endpoints: &LiveEndpoints) -> Result<(), SessionError> {
        self.check_open()?;
        let live = given([
            ("status_url", text(endpoints.status_url.as_ref())),
            ("video_url", text(endpoints.video_url.as_ref())),
            ("reasoning_url", text(endpoints.reasoning_url.as_ref())),
        ]);
        if !live.is_empty() && !self.gate().passes(Artifact::Live) {
            return Ok(());
        }
        self.replace_in_session("live", weight(&live), (!live.is_empty()).then(|| live.into()))
    }

    fn replace_in_session(&self, key: &'static str, weight: usize, value: Option<Value>) -> Result<(), SessionError> {
        self.run(weight, move |road| road.replace_in_session(key, value).map_err(SessionError::from))
    }
}

impl State {
    pub(super) fn new(stamps: Object, subgoals: Option<BTreeSet<String>>) -> Self {
        Self { stamps, subgoals, ..Self::default() }
    }
}

/// Checks a task and gives the ids of its subgoals.
pub(super) fn check_task(policy: &RedactionPolicy, spec: &Object, fit: Fit) -> Result<BTreeSet<String>, SessionError> {
    if let Err(violations) = schema::validate(Schema::TaskSpec, spec)
        && (fit == Fit::Strict || !spec.contains_key("instruction"))
    {
        return Err(violated(policy, "task_spec", &violations));
    }
    let mut session = Object::from([("task_spec".to_owned(), spec.clone().into())]);
    if let Some(path) = Road::tainted(policy, Family::Session, &mut session) {
        return Err(secret("task_spec", path));
    }
    let mut ids = BTreeSet::new();
    for subgoal in spec.get("subgoals").and_then(Value::as_array).unwrap_or_default() {
        let id = subgoal.get("subgoal_id").and_then(Value::as_str).unwrap_or_default();
        if !ids.insert(id.to_owned()) {
            return Err(invalid("task_spec: two subgoals have the same subgoal_id"));
        }
    }
    Ok(ids)
}
