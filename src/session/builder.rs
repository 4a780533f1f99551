//! The options of a session.

use super::{Session, SessionError, State, invalid};
use crate::{
    CaptureMode, Durability,
    bridge::debug_session_id,
    bundle::{BundleWriter, SessionHeader},
    pipeline::{Dial, Lane, Losses, Pipeline, Road},
    record::{Object, RunId, Timestamp, Value},
    redact::{Family, RedactionPolicy},
    schema::{self, Schema},
};
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex},
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
    debug_session_id: Option<String>,
    policy: RedactionPolicy,
    tags: Object,
    started_at: Option<String>,
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
            debug_session_id: None,
            policy: RedactionPolicy::default(),
            tags: Object::new(),
            started_at: None,
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

    /// Opens the session: from here on a reader sees a run that is recording.
    ///
    /// # Errors
    /// If an argument is not usable (the message says which and why), or if the folder cannot take a bundle.
    pub fn open(self) -> Result<Session, SessionError> {
        let run_id = RunId::new(self.run_id)?;
        if !self.policy.is_clean(run_id.as_str()) {
            return Err(crate::record::IdError::Secret.into());
        }
        let debug_session_id = self.debug_session_id.unwrap_or_else(debug_session_id);
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
        let mut tags = self.tags;
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
            started_at: self.started_at.unwrap_or_else(|| Timestamp::now().to_string()),
            policy_id: self.policy.id().to_owned(),
            tags: taken(&mut open_to_all, "tags"),
            extra: Object::new(),
        };
        let writer = BundleWriter::create(&self.folder, &header)?;
        let losses = Arc::new(Losses::default());
        let dial = Arc::new(Dial::new(mode, CaptureMode::Off));
        let road = Road::new(writer, self.policy.clone(), Arc::clone(&losses), Arc::clone(&dial));
        let pipeline = Pipeline::start(QUEUE_BYTES)?;
        let lane = Arc::new(Lane::new(Some(road), losses, dial, self.durability));
        Ok(Session {
            run_id,
            debug_session_id,
            folder: self.folder,
            policy: self.policy,
            pipeline,
            lane,
            state: Mutex::new(State::default()),
        })
    }
}

/// Whether a text is a time as the records have it. There are more ways to write one, which not every reader knows.
fn is_time(text: &str) -> bool {
    let event = [("ts", text), ("layer", "runner"), ("kind", "info"), ("summary", "")];
    let event: Object = event.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    Timestamp::parse(text).is_some() && schema::is_valid(Schema::Event, &event)
}
