//! A run recorded by calls instead of spans: for programs that drive their own steps, and for `augur record`.

mod builder;
mod error;

pub use builder::SessionBuilder;
pub use error::SessionError;

use crate::{
    CaptureMode, Durability,
    bridge::{PICTURE_RULE, unusable_picture},
    bundle::{Moment, paths},
    pipeline::{Lane, Pipeline, Road, Urgency},
    record::{EventLayer, ModelLayer, Object, RunId, RunStatus, Timestamp, Value, to_value},
    redact::RedactionPolicy,
    schema::{self, Schema},
};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

/// How long a call waits for room in the queue, and for its answer. A session that promises nothing waits for neither.
const PATIENCE: Duration = Duration::from_secs(3600);

/// One run, recorded by calls. Every call is safe from many threads. Dropping an open session ends the run as `halted`.
///
/// ```
/// use tracing_augur::{CaptureMode, Session};
///
/// # let folder = tempfile::tempdir()?;
/// let session = Session::builder("run-1", "my-agent", folder.path().join("run-1"))
///     .capture_mode(CaptureMode::Trace)
///     .open()?;
/// session.record_step(&serde_json::json!({
///     "step_id": "run-1/step/0000", "step_index": 0, "step_type": "click",
///     "status": "succeeded", "started_at": "2026-01-01T00:00:00Z",
/// }))?;
/// let manifest = session.close(None)?;
/// assert_eq!(manifest.get("step_count").and_then(|count| count.as_u64()), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Session {
    run_id: RunId,
    debug_session_id: String,
    folder: PathBuf,
    policy: RedactionPolicy,
    pipeline: Pipeline,
    lane: Arc<Lane>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    status: Option<RunStatus>,
    manifest: Option<Value>,
}

impl Session {
    /// Begins to describe a session. The bundle goes into `folder`, which must be absent or empty.
    pub fn builder(
        run_id: impl Into<String>,
        client_name: impl Into<String>,
        folder: impl Into<PathBuf>,
    ) -> SessionBuilder {
        SessionBuilder::new(run_id.into(), client_name.into(), folder.into())
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        self.run_id.as_str()
    }

    /// The id of this recording: `dbg_` and 16 hex digits, unless another was given.
    pub fn debug_session_id(&self) -> &str {
        &self.debug_session_id
    }

    /// The bundle's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the bundle is complete.
    pub fn is_closed(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).manifest.is_some()
    }

    /// The mode in force.
    pub fn capture_mode(&self) -> CaptureMode {
        self.lane.mode()
    }

    /// Keeps a picture of before or after a step's action and returns its path in the bundle. The step itself names it in
    /// `observation_pre` or `observation_post`. Below mode `screenshots` nothing is kept.
    ///
    /// # Errors
    /// If the bytes are empty, no PNG, or more than 32 MiB, or if the session is closed or the disk refuses.
    pub fn attach_observation(&self, step_index: u64, moment: Moment, png: Vec<u8>) -> Result<String, SessionError> {
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
        } else {
            self.check_open()?;
        }
        Ok(paths::screenshot(step_index, moment))
    }

    /// Records a step: an object as the step schema has it. The same `step_id` again replaces what the caller gave before;
    /// another one at a used index becomes an iteration.
    ///
    /// # Errors
    /// If the step does not fit its schema, or its id does not follow `<run_id>/step/<NNNN>`; or if the session is closed.
    pub fn record_step(&self, step: &(impl Serialize + ?Sized)) -> Result<(), SessionError> {
        let mut step = object("step", step)?;
        let index = step.get("step_index").and_then(Value::as_u64);
        let index = index.ok_or_else(|| invalid("step: step_index must be a whole number from 0 on"))?;
        index_in_range(index)?;
        self.check(Schema::Step, "step", &mut step, crate::redact::Family::Step)?;
        let convention = crate::record::step_id(self.run_id.as_str(), index);
        let id = step.get("step_id").and_then(Value::as_str).unwrap_or_default();
        if !id.strip_prefix(&convention).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            let message = format!("step: step_id must be {convention}, or that with /<iteration> behind it");
            return Err(SessionError::InvalidArgument(message));
        }
        let mode = self.lane.mode();
        self.run(weight(&step), move |road| road.record_step(index, step, mode).map_err(SessionError::from))
    }

    /// Records a decision event: an object with `ts`, `layer`, `kind`, `summary` and, if it belongs to a step, `step_index`.
    ///
    /// # Errors
    /// If the event does not fit its schema, or if the session is closed.
    pub fn record_event(&self, event: &(impl Serialize + ?Sized)) -> Result<(), SessionError> {
        let mut event = object("event", event)?;
        self.check(Schema::Event, "event", &mut event, crate::redact::Family::Event)?;
        stated_index_in_range(&event)?;
        let layer = event.get("layer").and_then(Value::as_str).and_then(|word| word.parse().ok());
        let (layer, mode) = (layer.unwrap_or(EventLayer::Runner), self.lane.mode());
        self.run(weight(&event), move |road| {
            road.event(event, layer, mode);
            Ok(())
        })
    }

    /// Records a model call and returns its path in the bundle; `None` below mode `model_io`. `ts`, `schema_version` and the
    /// layer (`model`) are filled in where they are absent.
    ///
    /// # Errors
    /// If the record does not fit its schema, or if the session is closed.
    pub fn record_modelio(
        &self,
        record: &(impl Serialize + ?Sized),
        step_index: Option<u64>,
        layer: Option<ModelLayer>,
    ) -> Result<Option<String>, SessionError> {
        let mut record = object("record", record)?;
        for (key, value) in [
            ("layer", Value::from(layer.unwrap_or(ModelLayer::Model))),
            ("schema_version", crate::SCHEMA_VERSION.into()),
            ("ts", Timestamp::now().to_string().into()),
        ] {
            record.entry(key.to_owned()).or_insert(value);
        }
        if let Some(index) = step_index {
            index_in_range(index)?;
            record.entry("step_index".to_owned()).or_insert(index.into());
        }
        self.check(Schema::ModelCall, "record", &mut record, crate::redact::Family::ModelCall)?;
        stated_index_in_range(&record)?;
        let layer = record.get("layer").and_then(Value::as_str).and_then(|word| word.parse().ok());
        let (layer, mode) = (layer.unwrap_or(ModelLayer::Model), self.lane.mode());
        self.answer(weight(&record), move |road| Ok(road.model_call(step_index, layer, record, mode)))
    }

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
        self.run(256, move |road| {
            road.tag(&key, &value);
            Ok(())
        })
    }

    /// Completes the bundle and returns its manifest. Closing again returns the same manifest.
    ///
    /// The run's status is the one given here, else the one set before, else `succeeded`.
    ///
    /// # Errors
    /// If the disk refuses; closing can then be tried again.
    pub fn close(&self, status: Option<RunStatus>) -> Result<Value, SessionError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(manifest) = &state.manifest {
            return Ok(manifest.clone());
        }
        let status = status.or(state.status).unwrap_or(RunStatus::Succeeded);
        let durability = self.lane.durability();
        let manifest = self.answer_open(64, move |road| {
            road.finish(status, durability, Timestamp::now())?;
            Ok(road.manifest()?)
        })?;
        state.manifest = Some(manifest.clone());
        Ok(manifest)
    }

    /// Checks a record of the caller's, and that nothing in it that is stored as it is holds a secret.
    fn check(
        &self,
        schema: Schema,
        argument: &str,
        record: &mut Object,
        family: crate::redact::Family,
    ) -> Result<(), SessionError> {
        if let Err(violations) = schema::validate(schema, &*record) {
            let first: Vec<String> = violations.iter().take(3).map(ToString::to_string).collect();
            return Err(SessionError::InvalidArgument(format!("{argument}: {}", first.join("; "))));
        }
        match Road::tainted(&self.policy, family, record) {
            Some(path) => Err(SessionError::InvalidArgument(format!(
                "{argument}: {path} holds what looks like a secret; names and paths are stored as they are, so choose another"
            ))),
            None => Ok(()),
        }
    }

    fn check_open(&self) -> Result<(), SessionError> {
        self.open_state().map(drop)
    }

    fn open_state(&self) -> Result<std::sync::MutexGuard<'_, State>, SessionError> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.manifest.is_some() {
            return Err(SessionError::WrongState("the session is closed".to_owned()));
        }
        Ok(state)
    }

    /// Work whose success is all that the caller asks for: awaited or not, as the durability has it.
    fn run(
        &self,
        weight: usize,
        work: impl FnOnce(&mut Road) -> Result<(), SessionError> + Send + 'static,
    ) -> Result<(), SessionError> {
        if self.lane.durability() == Durability::Process {
            return self.answer(weight, work);
        }
        self.check_open()?;
        let queued = self.pipeline.submit(&self.lane, weight, Urgency::Soon, PATIENCE, move |road| {
            // What went wrong is counted on the road; nobody waits for it here.
            let _ = work(road);
        });
        if queued { Ok(()) } else { Err(SessionError::Io("the recorder's queue is full".to_owned())) }
    }

    fn answer<T: Send + 'static>(
        &self,
        weight: usize,
        work: impl FnOnce(&mut Road) -> Result<T, SessionError> + Send + 'static,
    ) -> Result<T, SessionError> {
        self.check_open()?;
        self.answer_open(weight, work)
    }

    /// Does the work on the worker and waits until it is in place.
    fn answer_open<T: Send + 'static>(
        &self,
        weight: usize,
        work: impl FnOnce(&mut Road) -> Result<T, SessionError> + Send + 'static,
    ) -> Result<T, SessionError> {
        let (done, outcome) = mpsc::sync_channel(1);
        let acknowledgement = self.pipeline.submit_acknowledged(&self.lane, weight, PATIENCE, move |road| {
            let _ = done.send(work(road));
        });
        let Some(acknowledgement) = acknowledgement else {
            return Err(SessionError::Io("the record is larger than the recorder's queue".to_owned()));
        };
        let in_place = acknowledgement.wait(None);
        let result =
            outcome.try_recv().unwrap_or_else(|_| Err(SessionError::Internal("the recorder failed".to_owned())));
        match (result, in_place) {
            (Ok(_), crate::pipeline::Acknowledged::Failed) => {
                Err(SessionError::Io("the disk refused; it is tried again with the next call".to_owned()))
            }
            (result, _) => result,
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.close(Some(RunStatus::Halted));
    }
}

fn object(argument: &str, value: &(impl Serialize + ?Sized)) -> Result<Object, SessionError> {
    match to_value(value) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(invalid(&format!("{argument}: expected an object, got {}", other.kind()))),
        Err(error) => Err(invalid(&format!("{argument}: {error}"))),
    }
}

/// What a record weighs in the queue.
fn weight(record: &Object) -> usize {
    1024 + record.iter().map(|(key, value)| key.len() + 64 + Road::weight(value)).sum::<usize>()
}

fn invalid(message: &str) -> SessionError {
    SessionError::InvalidArgument(message.to_owned())
}

/// Indexes are stored as JSON numbers, which every reader must be able to hold.
fn index_in_range(index: u64) -> Result<(), SessionError> {
    if index < 1 << 53 { Ok(()) } else { Err(invalid("step_index: at most 2^53 - 1")) }
}

/// The same for an index that stands in a record, if one does.
fn stated_index_in_range(record: &Object) -> Result<(), SessionError> {
    match record.get("step_index") {
        None | Some(Value::Null) => Ok(()),
        Some(index) => index_in_range(index.as_u64().unwrap_or(u64::MAX)),
    }
}
