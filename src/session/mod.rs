//! A run recorded by calls instead of spans: for programs that drive their own steps, and for `augur record`.

mod branch;
mod builder;
mod check;
mod costs;
mod effects;
mod error;
mod events;
mod flush;
mod model_calls;
mod options;
mod outcomes;
mod python;
mod run;
mod steps;
mod training;
mod verdicts;
mod versions;

pub use branch::{BranchFrom, BranchMode};
pub use builder::SessionBuilder;
pub(crate) use effects::{brought_back, declaration, generated};
pub use error::SessionError;
pub use flush::Flush;
pub use options::{
    Costs, EffectOptions, EnvFingerprint, JudgeOptions, LiveEndpoints, OutcomeOptions, OutcomeScope, ReasoningOptions,
    ScoreOptions, StepCosts, StepRef, Tokens, Usd, VerifierOptions, Versions, score_component,
};

use crate::{
    CaptureMode, Durability,
    ambient::Ambient,
    pipeline::{Fit, Lane, Pipeline, Refused, Road, Urgency},
    record::{Object, RunId, RunStatus, Timestamp, Value},
    redact::RedactionPolicy,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

/// How long a call waits for room in the queue, and for its answer. A session that promises nothing waits for neither.
const PATIENCE: Duration = Duration::from_secs(3600);

/// The tag that tells that a session took what it was given, beyond its mode and its schemas.
const PERMISSIVE: &str = "augur.permissive";

/// The tag that tells how many records such a session took that break their schemas.
const UNFIT: &str = "augur.permissive.unfit";

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
    branch_mode: Option<BranchMode>,
    orchestrator: bool,
    capture_logprobs: bool,
    fit: Fit,
    /// Calls do their work themselves where the worker has nothing to do.
    direct: bool,
    /// They answer before their files are in place.
    batches: bool,
    ambient: Ambient,
    /// How many records broke their schema and were taken all the same.
    unfit: AtomicU64,
}

/// A permissive session keeps what it is given, unless it is to keep nothing at all.
fn permitted(mode: CaptureMode, fit: Fit) -> CaptureMode {
    if fit == Fit::Permissive && mode > CaptureMode::Off { CaptureMode::Full } else { mode }
}

/// What calls on a session change for those after them.
#[derive(Debug, Default)]
struct State {
    status: Option<RunStatus>,
    manifest: Option<Value>,
    /// What steps say of themselves unless their caller does.
    stamps: Object,
    /// The subgoals that the task declares, if there is a task.
    subgoals: Option<BTreeSet<String>>,
    /// The logs that have names, by these in lower case.
    logs: BTreeMap<String, String>,
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

    /// How the branch was made; `None` for a run that is none.
    pub fn branch_mode(&self) -> Option<BranchMode> {
        self.branch_mode
    }

    /// Whether it only holds other sessions together and has no steps of its own.
    pub fn is_orchestrator(&self) -> bool {
        self.orchestrator
    }

    /// Whether model calls are to carry log-probabilities.
    pub fn capture_logprobs(&self) -> bool {
        self.capture_logprobs
    }

    /// The mode in force.
    pub fn capture_mode(&self) -> CaptureMode {
        self.lane.mode()
    }

    /// What passes of what a caller hands over: that of the mode in force, or everything where the session is permissive.
    fn gate(&self) -> CaptureMode {
        permitted(self.lane.mode(), self.fit)
    }

    /// Completes the bundle and returns its manifest. Closing again returns the same manifest.
    ///
    /// The run's status is the one given here, else the one set before, else `succeeded`.
    ///
    /// # Errors
    /// If the disk refuses; closing can then be tried again.
    pub fn close(&self, status: Option<RunStatus>) -> Result<Value, SessionError> {
        self.end(status, RunStatus::Succeeded)
    }

    /// Completes the bundle of a run that broke off: as [`close`](Self::close), but its status is `halted` unless another
    /// was set. Dropping an open session does the same.
    ///
    /// # Errors
    /// If the disk refuses; it can then be tried again.
    pub fn halt(&self) -> Result<Value, SessionError> {
        self.end(None, RunStatus::Halted)
    }

    fn end(&self, status: Option<RunStatus>, otherwise: RunStatus) -> Result<Value, SessionError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(manifest) = &state.manifest {
            return Ok(manifest.clone());
        }
        let set = state.status.filter(|status| *status != RunStatus::Running);
        let status = status.or(set).unwrap_or(otherwise);
        let (durability, unfit) = (self.lane.durability(), self.unfit.load(Ordering::Relaxed));
        let ended = Timestamp::from(self.ambient.now());
        let manifest = self.answer_open(64, move |road| {
            if unfit > 0 {
                road.tag(UNFIT, &unfit.to_string());
            }
            road.finish(status, durability, ended)?;
            Ok(road.manifest()?)
        })?;
        state.manifest = Some(manifest.clone());
        Ok(manifest)
    }

    pub(crate) fn check_open(&self) -> Result<(), SessionError> {
        self.open_state().map(drop)
    }

    fn open_state(&self) -> Result<MutexGuard<'_, State>, SessionError> {
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
        if self.batches || self.lane.durability() != Durability::Lazy {
            return self.answer(weight, work);
        }
        self.check_open()?;
        let queued = self.pipeline.submit(Arc::clone(&self.lane), weight, Urgency::Soon, PATIENCE, move |road| {
            // What went wrong is counted on the road; nobody waits for it here.
            let _ = work(road);
        });
        if queued { Ok(()) } else { Err(SessionError::Io("the recorder's queue is full".to_owned())) }
    }

    /// Work whose result depends on what was recorded before. Where nothing is promised, its result is awaited all the same,
    /// but not the disk.
    fn ask<T: Send + 'static>(
        &self,
        weight: usize,
        work: impl FnOnce(&mut Road) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, SessionError> {
        let work = move |road: &mut Road| work(road).map_err(SessionError::from);
        if self.batches || self.lane.durability() != Durability::Lazy {
            return self.answer(weight, work);
        }
        self.check_open()?;
        let (done, outcome) = mpsc::sync_channel(1);
        let queued = self.pipeline.submit(Arc::clone(&self.lane), weight, Urgency::Now, PATIENCE, move |road| {
            let _ = done.send(work(road));
        });
        if !queued {
            return Err(SessionError::Io("the record is larger than the recorder's queue".to_owned()));
        }
        outcome.recv().unwrap_or_else(|_| Err(self.unanswered()))
    }

    /// A time as the records have it; now where none is given.
    fn time(&self, argument: &str, given: Option<&str>) -> Result<String, SessionError> {
        check::time(argument, given, self.ambient.now().into())
    }

    fn unanswered(&self) -> SessionError {
        match self.check_open() {
            Err(closed) => closed,
            Ok(()) => SessionError::Internal("the recorder failed".to_owned()),
        }
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
        let work = if self.direct {
            match self.pipeline.at_once(&self.lane, !self.batches, work) {
                Ok(done) => {
                    let (result, in_place) = done.ok_or(SessionError::Internal("the recorder failed".to_owned()))?;
                    return if in_place { result } else { result.and_then(|_| Err(not_in_place())) };
                }
                Err(work) => work,
            }
        } else {
            work
        };
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
            (Ok(_), crate::pipeline::Acknowledged::Failed) => Err(not_in_place()),
            (result, _) => result,
        }
    }
}

fn not_in_place() -> SessionError {
    SessionError::Io("the disk refused; it is tried again with the next call".to_owned())
}

impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking()
            && !self.is_closed()
            && let Some(panic) = crate::panics::latest()
        {
            let (mode, at) = (self.gate(), self.ambient.staged().unwrap_or(panic.at));
            let _ = self.run(panic.message.len() + 512, move |road| {
                panic.tell(road, None, at, mode);
                Ok(())
            });
        }
        let _ = self.halt();
    }
}
