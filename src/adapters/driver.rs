//! Calls an adapter's hooks in their order and records what they return.

use super::{
    Adapter,
    side_effect::{Outcome, SideEffect},
    typed_action,
};
use crate::{
    Moment, Session,
    record::{Object, RunStatus, Timestamp, Value, step_id, to_value},
    session::SessionError,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many steps may be waited for: an action or a picture may come before its step.
const WAITING_STEPS: usize = 64;
/// How many refusals are kept with their message.
const KEPT_REFUSALS: usize = 32;

/// Something of the agent's that an adapter reads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<R> {
    /// A step that ended.
    Step(R),
    /// The action of a step, before the step itself or right after it.
    Action {
        /// The step.
        step_index: u64,
        /// The agent's object.
        raw: R,
    },
    /// Something decided or seen.
    Decision {
        /// The step; `None` for the whole run.
        step_index: Option<u64>,
        /// The agent's object.
        raw: R,
    },
    /// A picture of a step, before the step itself or right after it.
    Observation {
        /// The step.
        step_index: u64,
        /// The agent's object.
        raw: R,
    },
    /// A side effect that is about to happen.
    SideEffect {
        /// The step.
        step_index: u64,
        /// The agent's object.
        raw: R,
    },
}

/// What was recorded of a run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Driven {
    /// Steps recorded.
    pub steps: u64,
    /// Decision events recorded.
    pub decisions: u64,
    /// Pictures recorded.
    pub pictures: u64,
    /// Side effects declared.
    pub side_effects: u64,
    /// Inputs that the adapter had no record for.
    pub passed_over: u64,
    /// Actions and pictures whose step never came.
    pub unclaimed: u64,
    /// Records that the session did not accept.
    pub refused: u64,
    /// Why: one line each, the first 32 of them.
    pub refusals: Vec<String>,
    /// The bundle's manifest, once the run ended.
    pub manifest: Value,
}

/// Drives an adapter input by input, for an agent that is running. [`drive`] does the same for inputs that are there.
pub struct Driver<'a, A: Adapter + ?Sized> {
    adapter: &'a A,
    session: &'a Session,
    driven: Driven,
    /// What came before its step, by step.
    waiting: BTreeMap<u64, Object>,
    /// The step that was recorded last, which what comes right after it may still complete.
    last: Option<(u64, Object)>,
}

impl<'a, A: Adapter + ?Sized> Driver<'a, A> {
    /// Begins the run: `on_run_start`, whose tags become tags of the run.
    ///
    /// # Errors
    /// If the session is closed or the disk refuses.
    pub fn start(adapter: &'a A, session: &'a Session, client_version: Option<&str>) -> Result<Self, SessionError> {
        let mut driver = Self { adapter, session, driven: Driven::default(), waiting: BTreeMap::new(), last: None };
        for (key, value) in adapter.on_run_start(session.run_id(), client_version) {
            let told = session.add_tag(&key, &value);
            driver.accepted(told)?;
        }
        Ok(driver)
    }

    /// Hands one input to its hook and records what the hook returns. A record that the session refuses is counted, and the
    /// run goes on.
    ///
    /// # Errors
    /// If the session is closed or the disk refuses.
    pub fn feed(&mut self, input: Input<A::Raw>) -> Result<(), SessionError> {
        match input {
            Input::Step(raw) => match self.adapter.on_step(&raw) {
                Some(step) => self.step(&step),
                None => self.pass_over(),
            },
            Input::Action { step_index, raw } => match self.adapter.on_action(&raw, step_index) {
                Some(action) => {
                    let action = object("action", &action);
                    match self.taken(action)? {
                        Some(action) => self.complete(step_index, "action", typed_action(action).into()),
                        None => Ok(()),
                    }
                }
                None => self.pass_over(),
            },
            Input::Decision { step_index, raw } => match self.adapter.on_decision(&raw, step_index) {
                Some(event) => self.decision(&event, step_index),
                None => self.pass_over(),
            },
            Input::Observation { step_index, raw } => match self.adapter.on_observation(&raw, step_index) {
                Some(seen) => {
                    let path = self.session.attach_observation(step_index, seen.moment, seen.png);
                    let Some(path) = self.taken(path)? else { return Ok(()) };
                    self.driven.pictures += 1;
                    let member = match seen.moment {
                        Moment::Before => "observation_pre",
                        Moment::After => "observation_post",
                    };
                    self.complete(step_index, member, path.into())
                }
                None => self.pass_over(),
            },
            Input::SideEffect { step_index, raw } => match self.adapter.on_side_effect(&raw, step_index) {
                Some(effect) => self.side_effect(&effect, step_index),
                None => self.pass_over(),
            },
        }
    }

    /// Ends the run: `on_run_end`, then the bundle is completed.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn end(mut self, status: RunStatus) -> Result<Driven, SessionError> {
        self.adapter.on_run_end(status);
        self.driven.unclaimed += count(self.waiting.values().map(Object::len).sum());
        self.driven.manifest = self.session.close(Some(status))?;
        Ok(self.driven)
    }

    fn pass_over(&mut self) -> Result<(), SessionError> {
        self.driven.passed_over += 1;
        Ok(())
    }

    fn step(&mut self, step: &Value) -> Result<(), SessionError> {
        let step = object("step", step);
        let Some(mut step) = self.taken(step)? else { return Ok(()) };
        let index = step.get("step_index").and_then(Value::as_u64);
        if let Some(index) = index {
            let id = step_id(self.session.run_id(), index);
            step.entry("step_id".to_owned()).or_insert_with(|| id.into());
            for (key, value) in self.waiting.remove(&index).unwrap_or_default() {
                step.entry(key).or_insert(value);
            }
        }
        step.entry("started_at".to_owned()).or_insert_with(|| Timestamp::now().to_string().into());
        if let Some(Value::Object(action)) = step.remove("action") {
            step.insert("action".to_owned(), typed_action(action).into());
        }
        let told = self.session.record_step(&step);
        if self.accepted(told)? {
            self.driven.steps += 1;
            self.last = index.map(|index| (index, step));
        }
        Ok(())
    }

    /// Sets a member of a step that is still to come, or of the one that just was.
    fn complete(&mut self, index: u64, member: &str, value: Value) -> Result<(), SessionError> {
        if let Some((_, step)) = self.last.as_ref().filter(|(last, _)| *last == index) {
            let mut step = step.clone();
            step.insert(member.to_owned(), value);
            let told = self.session.record_step(&step);
            if self.accepted(told)? {
                self.last = Some((index, step));
            }
            return Ok(());
        }
        self.waiting.entry(index).or_default().insert(member.to_owned(), value);
        if self.waiting.len() > WAITING_STEPS
            && let Some((_, given_up)) = self.waiting.pop_first()
        {
            self.driven.unclaimed += count(given_up.len());
        }
        Ok(())
    }

    fn decision(&mut self, event: &Value, step_index: Option<u64>) -> Result<(), SessionError> {
        let event = object("event", event);
        let Some(mut event) = self.taken(event)? else { return Ok(()) };
        event.entry("ts".to_owned()).or_insert_with(|| Timestamp::now().to_string().into());
        if let Some(index) = step_index {
            event.entry("step_index".to_owned()).or_insert_with(|| index.into());
        }
        let told = self.session.record_event(&event);
        let accepted = self.accepted(told)?;
        self.driven.decisions += u64::from(accepted);
        Ok(())
    }

    /// Declares a side effect and, where its record says so, what became of it.
    fn side_effect(&mut self, effect: &Value, step_index: u64) -> Result<(), SessionError> {
        let effect = object("side effect", effect).and_then(|members| SideEffect::read(&members));
        let Some(effect) = self.taken(effect)? else { return Ok(()) };
        let declared = self.session.declare_side_effect(step_index, &effect.resource, &effect.action, &effect.options);
        let Some(id) = self.taken(declared)? else { return Ok(()) };
        self.driven.side_effects += 1;
        let settled = match &effect.outcome {
            Outcome::Pending => Ok(()),
            Outcome::Committed { result, at } => self.session.commit_side_effect(&id, result, at.as_deref()),
            Outcome::Aborted { reason, at } => self.session.mark_side_effect_aborted(&id, reason, at.as_deref()),
        };
        self.accepted(settled).map(drop)
    }

    /// Whether the session took it. What it refuses is counted; what ends the run is an error.
    fn accepted(&mut self, told: Result<(), SessionError>) -> Result<bool, SessionError> {
        self.taken(told).map(|taken| taken.is_some())
    }

    fn taken<T>(&mut self, told: Result<T, SessionError>) -> Result<Option<T>, SessionError> {
        match told {
            Ok(value) => Ok(Some(value)),
            Err(refusal @ (SessionError::InvalidArgument(_) | SessionError::NotFound(_))) => {
                self.driven.refused += 1;
                if self.driven.refusals.len() < KEPT_REFUSALS {
                    self.driven.refusals.push(refusal.to_string());
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Records a whole run: `on_run_start` and its tags, every input through its hook, `on_run_end`, and the bundle is complete.
///
/// # Errors
/// If the session is closed or the disk refuses. A record that the session refuses is counted in [`Driven::refused`].
///
/// ```
/// use tracing_augur::{CaptureMode, Session, adapters::{Adapter, Input, drive}, record::{RunStatus, Value, to_value}};
///
/// struct Clicker;
///
/// impl Adapter for Clicker {
///     type Raw = u64;
///     fn name(&self) -> &str {
///         "clicker"
///     }
///     fn on_step(&self, index: &u64) -> Option<Value> {
///         to_value(&serde_json::json!({"step_index": index, "step_type": "click", "status": "succeeded"})).ok()
///     }
/// }
///
/// # let folder = tempfile::tempdir()?;
/// let session = Session::builder("run-1", "clicker", folder.path().join("run-1"))
///     .capture_mode(CaptureMode::Trace)
///     .open()?;
/// let driven = drive(&Clicker, &session, None, [Input::Step(0), Input::Step(1)], RunStatus::Succeeded)?;
/// assert_eq!(driven.steps, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn drive<A: Adapter + ?Sized>(
    adapter: &A,
    session: &Session,
    client_version: Option<&str>,
    inputs: impl IntoIterator<Item = Input<A::Raw>>,
    status: RunStatus,
) -> Result<Driven, SessionError> {
    let mut driver = Driver::start(adapter, session, client_version)?;
    for input in inputs {
        driver.feed(input)?;
    }
    driver.end(status)
}

pub(super) fn object(argument: &str, value: &(impl Serialize + ?Sized)) -> Result<Object, SessionError> {
    match to_value(value) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => {
            Err(SessionError::InvalidArgument(format!("{argument}: expected an object, got {}", other.kind())))
        }
        Err(error) => Err(SessionError::InvalidArgument(format!("{argument}: {error}"))),
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
