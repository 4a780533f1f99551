//! The options of a session.

use super::{
    BranchMode, PERMISSIVE, Session, SessionError, State,
    branch::SESSION_TYPE,
    check::{invalid, object, secret, violated},
    permitted,
    run::check_task,
};
use crate::{
    CaptureMode, Durability, FlightRecorder,
    ambient::Ambient,
    bundle::{self, Bundle, BundleWriter, SessionHeader, fingerprint::Algorithm},
    capture::Artifact,
    pipeline::{Dial, Fit, Lane, Losses, Pipeline, Road},
    record::{Object, RunId, Timestamp, Value},
    redact::{Family, RedactionPolicy},
    schema::{self, Schema},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, atomic::AtomicU64},
};

/// How much may wait for the worker, in bytes.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;

/// Describes a session before it is opened.
#[derive(Clone)]
pub struct SessionBuilder {
    run_id: String,
    folder: PathBuf,
    client: Object,
    mode: Option<CaptureMode>,
    durability: Durability,
    flight_recorder: Option<FlightRecorder>,
    fingerprint: Algorithm,
    fit: Fit,
    direct: bool,
    batches: bool,
    debug_session_id: Option<String>,
    policy: RedactionPolicy,
    tags: Object,
    started_at: Option<String>,
    /// `branch_context` and `task_spec`, or what was wrong with them.
    records: BTreeMap<&'static str, Result<Object, String>>,
    task_spec_id: Option<String>,
    group_id: Option<String>,
    capture_logprobs: bool,
    /// Tags that give way to the caller's own.
    names: Object,
    pub(crate) ambient: Ambient,
    pub(super) branch_mode: Option<BranchMode>,
    /// The bundle that a branch is copied from, and the index that it is copied up to.
    pub(super) prefix: Option<(PathBuf, u64)>,
    pub(super) orchestrator: bool,
}

/// Without the texts that came from outside: nobody has looked at them yet.
impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder")
            .field("folder", &self.folder)
            .field("mode", &self.mode)
            .field("durability", &self.durability)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl SessionBuilder {
    pub(super) fn new(run_id: String, client_name: String, folder: PathBuf) -> Self {
        Self {
            run_id,
            folder,
            client: Object::from([("name".to_owned(), client_name.into())]),
            mode: None,
            durability: Durability::default(),
            flight_recorder: None,
            fingerprint: Algorithm::default(),
            fit: Fit::default(),
            direct: false,
            batches: false,
            debug_session_id: None,
            policy: RedactionPolicy::default(),
            tags: Object::new(),
            started_at: None,
            records: BTreeMap::new(),
            task_spec_id: None,
            group_id: None,
            capture_logprobs: false,
            names: Object::new(),
            ambient: Ambient::World,
            branch_mode: None,
            prefix: None,
            orchestrator: false,
        }
    }

    /// The agent's version.
    #[must_use]
    pub fn client_version(mut self, version: impl Into<String>) -> Self {
        self.client.insert("version".into(), Value::String(version.into()));
        self
    }

    /// The revision that the agent was built from.
    #[must_use]
    pub fn client_git_sha(mut self, sha: impl Into<String>) -> Self {
        self.client.insert("git_sha".into(), Value::String(sha.into()));
        self
    }

    /// How much is kept. Default: `AUGUR_CAPTURE_MODE`, else `off`.
    #[must_use]
    pub fn capture_mode(mut self, mode: CaptureMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// What a call promises when it returns. Default: its files are in place.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Whether calls that wait for their files do the work themselves while the recorder's own thread has nothing to do. That
    /// saves two switches between threads a call; the calling threads need a stack of 2 MiB. Default: no.
    #[must_use]
    pub fn direct(mut self, direct: bool) -> Self {
        self.direct = direct;
        self
    }

    /// Whether calls answer before their files are in place, and [`Session::flush`] is what waits for these. For many calls
    /// whose answers are only looked at together: their files are written while the next ones are made. Calls do their work
    /// themselves, as with [`direct`](Self::direct). Default: no.
    #[must_use]
    pub fn batches(mut self, batches: bool) -> Self {
        self.batches = batches;
        self
    }

    /// Holds back evidence in memory and writes it when a step fails or the run does not end well: what the mode keeps out of
    /// the steps, and of what is recorded and attached at them.
    #[must_use]
    pub fn flight_recorder(mut self, flight_recorder: FlightRecorder) -> Self {
        self.flight_recorder = Some(flight_recorder);
        self
    }

    /// How the fingerprint of the run is computed. Default: `cua_v1`.
    #[must_use]
    pub fn fingerprint(mut self, algorithm: Algorithm) -> Self {
        self.fingerprint = algorithm;
        self
    }

    /// Takes what a caller hands over as it is: whatever the mode, and records that break their schemas too. For comparison
    /// with other recorders and for programs that come from one. Such a bundle need not be valid; the tag `augur.permissive`
    /// says so, and `augur.permissive.unfit` how many records were taken that break their schema. Redaction and the rules
    /// for names stand, model calls are still judged, and at mode `off` this changes nothing. Default: no.
    #[must_use]
    pub fn permissive(mut self, permissive: bool) -> Self {
        self.fit = if permissive { Fit::Permissive } else { Fit::Strict };
        self
    }

    /// An id for this recording that is stable: `dbg_` and letters, digits, `_` or `-`.
    #[must_use]
    pub fn debug_session_id(mut self, id: impl Into<String>) -> Self {
        self.debug_session_id = Some(id.into());
        self
    }

    /// What must not reach the bundle.
    #[must_use]
    pub fn redaction(mut self, policy: RedactionPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets a tag.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), Value::String(value.into()));
        self
    }

    /// When the run began, RFC 3339, for runs that are recorded after the fact. Default: now.
    #[must_use]
    pub fn started_at(mut self, time: impl Into<String>) -> Self {
        self.started_at = Some(time.into());
        self
    }

    /// Where this run left another one: an object with `parent_run_id`, `branch_point_step_index`, `mutated_axis` and, if
    /// there is more to say, `mutation` and `branch_id`. What was changed is kept from mode `trace` on.
    #[must_use]
    pub fn branch_context(mut self, context: &(impl Serialize + ?Sized)) -> Self {
        self.records.insert("branch_context", object("branch_context", context).map_err(|error| error.to_string()));
        self
    }

    /// What the agent is asked to do: an object with `instruction` and whatever else the schema of tasks has. Kept from mode
    /// `trace` on.
    #[must_use]
    pub fn task_spec(mut self, spec: &(impl Serialize + ?Sized)) -> Self {
        self.records.insert("task_spec", object("task_spec", spec).map_err(|error| error.to_string()));
        self
    }

    /// The task's name in a library of tasks.
    #[must_use]
    pub fn task_spec_id(mut self, id: impl Into<String>) -> Self {
        self.task_spec_id = Some(id.into());
        self
    }

    /// The group that the steps belong to, such as the attempts at one task.
    #[must_use]
    pub fn group_id(mut self, id: impl Into<String>) -> Self {
        self.group_id = Some(id.into());
        self
    }

    /// Model calls say that log-probabilities were asked for, also where none came. Default: no.
    #[must_use]
    pub fn capture_logprobs(mut self, capture: bool) -> Self {
        self.capture_logprobs = capture;
        self
    }

    /// The tag `session_name`, unless it is set as a tag.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.names.insert("session_name".into(), Value::String(name.into()));
        self
    }

    /// The tag `tenant_id`, unless it is set as a tag.
    #[must_use]
    pub fn tenant_id(mut self, id: impl Into<String>) -> Self {
        self.names.insert("tenant_id".into(), Value::String(id.into()));
        self
    }

    /// Opens the session: from here on a reader sees a run that is recording.
    ///
    /// # Errors
    /// If an argument is not usable (the message says which and why), or if the folder cannot take a bundle.
    pub fn open(mut self) -> Result<Session, SessionError> {
        self.policy = self.policy.counting_apart();
        let run_id = RunId::new(self.run_id)?;
        if !self.policy.is_clean(run_id.as_str()) {
            return Err(crate::record::IdError::Secret.into());
        }
        let debug_session_id = self.debug_session_id.unwrap_or_else(|| self.ambient.debug_session_id());
        let tail = debug_session_id.strip_prefix("dbg_").unwrap_or_default();
        if tail.is_empty() || !tail.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
            return Err(invalid("debug_session_id: must be dbg_ and letters, digits, _ or -"));
        }
        if !self.policy.is_clean(&debug_session_id) {
            return Err(invalid(
                "debug_session_id: holds what looks like a secret; ids are stored as they are, so choose another",
            ));
        }
        if self.started_at.as_deref().is_some_and(|time| !is_time(time)) {
            return Err(invalid("started_at: must be an RFC 3339 time such as 2026-01-31T12:00:00Z"));
        }
        let mode = match self.mode {
            Some(mode) => mode,
            None => match std::env::var("AUGUR_CAPTURE_MODE") {
                Ok(word) if !word.is_empty() => {
                    word.parse().map_err(|error| invalid(&format!("AUGUR_CAPTURE_MODE: {error}")))?
                }
                _ => CaptureMode::Off,
            },
        };
        // Where nothing is kept there is nothing to be lenient about.
        let fit = if mode == CaptureMode::Off { Fit::Strict } else { self.fit };
        let gate = permitted(mode, fit);
        let Checked { mut extra, stamps, subgoals } =
            check_records(self.records, self.task_spec_id, self.group_id, &self.policy, fit)?;
        let slice = stamps.get("branch_context").and_then(Value::as_object).cloned().unwrap_or_default();
        if let (false, Some(Value::Object(branch))) = (gate.passes(Artifact::Mutation), extra.get_mut("branch_context"))
        {
            branch.remove("mutation");
        }
        if !gate.passes(Artifact::TaskSpec) {
            extra.remove("task_spec");
        }
        let task = extra.get("task_spec").and_then(Value::as_object);
        let unfit = task.is_some_and(|task| !schema::is_valid(Schema::TaskSpec, task));
        self.policy.redact_family(Family::Session, &mut extra);
        let place = self.ambient.place(&self.folder).or_else(|| self.policy.safe_path(&self.folder));
        extra.extend(place.map(|place| bundle::places(&place)).unwrap_or_default());
        let mut tags = self.names;
        tags.extend(self.tags);
        if self.orchestrator {
            tags.insert(SESSION_TYPE.to_owned(), "orchestrator".into());
        }
        if fit == Fit::Permissive {
            tags.insert(PERMISSIVE.to_owned(), "true".into());
        }
        tags.retain(|key, value| self.policy.redact_attribute(key, value));
        let mut open_to_all =
            Object::from([("client".to_owned(), self.client.into()), ("tags".to_owned(), tags.into())]);
        self.policy.redact_family(Family::Session, &mut open_to_all);
        let taken = |members: &mut Object, key: &str| match members.remove(key) {
            Some(Value::Object(inner)) => inner,
            _ => Object::new(),
        };
        let header = SessionHeader {
            run_id: run_id.clone(),
            debug_session_id: debug_session_id.clone(),
            client: taken(&mut open_to_all, "client"),
            capture_mode: mode,
            started_at: self.started_at.unwrap_or_else(|| Timestamp::from(self.ambient.now()).to_string()),
            policy_id: self.policy.id().to_owned(),
            fingerprint: self.fingerprint,
            tags: taken(&mut open_to_all, "tags"),
            extra,
        };
        let parent = match &self.prefix {
            Some((folder, until)) => {
                Some((Bundle::open(folder).map_err(|error| SessionError::Io(error.to_string()))?, *until))
            }
            None => None,
        };
        let mut writer = BundleWriter::create(&self.folder, &header)?;
        if self.durability == Durability::Power {
            writer.keep_through_power_cuts();
        }
        let losses = Arc::new(Losses::default());
        let held = self.flight_recorder.map_or(CaptureMode::Off, |recorder| recorder.holds());
        let dial = Arc::new(Dial::new(mode, held));
        let road = Road::new(writer, self.policy.clone(), Arc::clone(&losses), Arc::clone(&dial));
        let mut road = road.with_flight_recorder(self.flight_recorder).with_fit(fit);
        if let Some((parent, until)) = parent {
            road.copy_prefix(&parent, until, &slice, gate)?;
        }
        if self.batches {
            road.write_behind();
        }
        let pipeline = Pipeline::start(QUEUE_BYTES, self.ambient.clone())?;
        let lane = Arc::new(Lane::new(Some(road), losses, dial, self.durability));
        Ok(Session {
            run_id,
            debug_session_id,
            folder: self.folder,
            policy: self.policy,
            pipeline,
            lane,
            state: Mutex::new(State::new(stamps, subgoals)),
            branch_mode: self.branch_mode,
            orchestrator: self.orchestrator,
            capture_logprobs: self.capture_logprobs,
            fit,
            direct: self.direct || self.batches,
            batches: self.batches,
            ambient: self.ambient,
            unfit: AtomicU64::new(unfit.into()),
        })
    }
}

/// What a session is opened with beside its header.
struct Checked {
    /// For the session record.
    extra: Object,
    /// For steps.
    stamps: Object,
    subgoals: Option<BTreeSet<String>>,
}

fn check_records(
    mut records: BTreeMap<&'static str, Result<Object, String>>,
    task_spec_id: Option<String>,
    group_id: Option<String>,
    policy: &RedactionPolicy,
    fit: Fit,
) -> Result<Checked, SessionError> {
    let mut checked = Checked { extra: Object::new(), stamps: Object::new(), subgoals: None };
    let mut take = |key: &str| records.remove(key).transpose().map_err(SessionError::InvalidArgument);
    if let Some(branch) = take("branch_context")? {
        if let Err(violations) = schema::validate(Schema::BranchContext, &branch) {
            return Err(violated(policy, "branch_context", &violations));
        }
        let mut slice = branch.clone();
        slice.remove("mutation");
        checked.stamps.insert("branch_context".to_owned(), slice.into());
        checked.extra.insert("branch_context".to_owned(), branch.into());
    }
    if let Some(spec) = take("task_spec")? {
        checked.subgoals = Some(check_task(policy, &spec, fit)?);
        checked.extra.insert("task_spec".to_owned(), spec.into());
    }
    if let Some(id) = task_spec_id {
        checked.extra.insert("task_spec_id".to_owned(), id.into());
    }
    if let Some(path) = Road::tainted(policy, Family::Session, &mut checked.extra) {
        return Err(secret("session", path));
    }
    if let Some(id) = group_id {
        if !policy.is_clean(&id) {
            return Err(secret("group_id", "it"));
        }
        checked.stamps.insert("group_id".to_owned(), id.into());
    }
    Ok(checked)
}

/// Whether a text is a time as the records have it. There are more ways to write one, which not every reader knows.
fn is_time(text: &str) -> bool {
    let event = [("ts", text), ("layer", "runner"), ("kind", "info"), ("summary", "")];
    let event: Object = event.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    Timestamp::parse(text).is_some() && schema::is_valid(Schema::Event, &event)
}
