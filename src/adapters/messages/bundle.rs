//! A log becomes a bundle.

use super::{LoggedStep, MessageAdapter, MessageLog, Picture, file::message_file};
use crate::{
    CaptureMode, Moment, Session,
    bridge::vocabulary::text,
    record::{
        EventKind, EventLayer, JsonError, Object, Provenance, StepStatus, Timestamp, Value, VerdictStatus, step_id,
    },
    redact::RedactionPolicy,
    session::{ReasoningOptions, SessionError},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Whose version stands in a bundle whose log tells none.
const UNKNOWN_VERSION: &str = "0.1.0";

/// Why a log did not become a bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessageLogError {
    /// A file or folder cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder without a log.
    #[error("{folder}: no .json file in this folder", folder = folder.display())]
    NoFile {
        /// The folder.
        folder: PathBuf,
    },
    /// A file that is not JSON.
    #[error("{path}: {source}", path = path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: JsonError,
    },
    /// JSON that holds no log.
    #[error("a log is a list of messages or an object that holds one, and this is of type {kind}")]
    NoLog {
        /// What it is instead.
        kind: &'static str,
    },
    /// The session refused.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// What [`bundle_from_input`] need not be told.
#[derive(Debug, Clone, Default)]
pub struct BundleOptions {
    /// Where pictures stand. Default: `screens` beside the log.
    pub screens: Option<PathBuf>,
    /// The run's id. Default: `run_id` of the log's metadata, else `session_id`, else the file's name without `.json`.
    pub run_id: Option<String>,
    /// What must not reach the bundle.
    pub redaction: RedactionPolicy,
}

/// What became of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Recorded {
    /// Steps recorded.
    pub steps: u64,
    /// Pictures recorded.
    pub pictures: u64,
    /// Pictures that could not be used; why is in the events of their step.
    pub pictures_left_out: u64,
    /// Pieces of reasoning recorded.
    pub reasoning: u64,
}

/// Makes a bundle of a log: a file, or a folder whose first `.json` file is meant. The bundle goes into `folder`, which must
/// be absent or empty, and is captured in mode `full`.
///
/// The log's metadata may say `run_id` or `session_id`, `client_version` (default `0.1.0`), `started_at` (default: now) and
/// `tags`, which come over the tag `adapter`. See [`record`] for what a step says.
///
/// # Errors
/// If the log cannot be read, if what it says of the run cannot be used, or if the folder cannot take a bundle. What was
/// recorded until then is kept as a run that halted.
pub fn bundle_from_input(
    adapter: &(impl MessageAdapter + ?Sized),
    input: &Path,
    folder: &Path,
    options: BundleOptions,
) -> Result<Recorded, MessageLogError> {
    let file = message_file(input)?;
    let log = MessageLog::load(&file)?;
    let stem = || file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let given = options.run_id.filter(|id| !id.trim().is_empty());
    let run_id = given.or_else(|| log.told("run_id")).or_else(|| log.told("session_id")).or_else(stem);
    let screens = options.screens.unwrap_or_else(|| file.with_file_name("screens"));

    let mut builder = Session::builder(run_id.unwrap_or_default(), adapter.name(), folder)
        .client_version(log.told("client_version").unwrap_or_else(|| UNKNOWN_VERSION.to_owned()))
        .capture_mode(CaptureMode::Full)
        .redaction(options.redaction)
        .tag("adapter", adapter.name());
    for (key, value) in log.metadata.get("tags").and_then(Value::as_object).into_iter().flatten() {
        let value = text(value).unwrap_or_else(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        builder = builder.tag(key, value);
    }
    if let Some(time) = log.told("started_at") {
        builder = builder.started_at(time);
    }
    let session = builder.open()?;
    let recorded = record(adapter, &session, &log, Some(&screens))?;
    session.close(None)?;
    Ok(recorded)
}

/// Records the steps of a log into an open session.
///
/// | member | what stands there |
/// |---|---|
/// | `step_id`, `step_index` | by the order of the calls, from 0 |
/// | `step_type` | the action's type; an action without one is a `noop` |
/// | `intent` | the first text of the turn, at most 120 characters, else empty |
/// | `status` | `succeeded`; `failed` with class `tool_error` where the log says that the tool failed |
/// | `started_at` | the metadata's, else now: a log has no times of its own |
/// | pictures | from `screens`, else out of the log, else null |
/// | `grounding` | the adapter's provider, provenance `screenshot` |
/// | `verdict` | `unknown`: a log holds no judgement |
///
/// What the model thought becomes reasoning of the turn's first step.
///
/// # Errors
/// If the session is closed, the disk refuses, or the metadata's `started_at` is no time. A picture that cannot be used is left
/// out and told in the events of its step.
pub fn record(
    adapter: &(impl MessageAdapter + ?Sized),
    session: &Session,
    log: &MessageLog,
    screens: Option<&Path>,
) -> Result<Recorded, MessageLogError> {
    let mut recorder = Recorder {
        session,
        started_at: log.told("started_at").unwrap_or_else(|| Timestamp::now().to_string()),
        recorded: Recorded::default(),
    };
    for (index, step) in (0_u64..).zip(adapter.steps(log)) {
        let mut pictures =
            [(Moment::Before, step.before), (Moment::After, step.after)].into_iter().map(|(moment, inline)| {
                let file = screens.and_then(|folder| adapter.find_screenshot(folder, index, moment));
                recorder.picture(index, moment, file.as_deref(), inline)
            });
        let (before, after) = (pictures.next().transpose()?.flatten(), pictures.next().transpose()?.flatten());
        drop(pictures);
        let record = step_record(session.run_id(), index, &step, &recorder.started_at, adapter.grounding_provider());
        recorder.step(record, before, after)?;
        recorder.reasoning(index, &step)?;
    }
    Ok(recorder.recorded)
}

struct Recorder<'a> {
    session: &'a Session,
    started_at: String,
    recorded: Recorded,
}

impl Recorder<'_> {
    fn step(&mut self, mut step: Object, before: Option<String>, after: Option<String>) -> Result<(), SessionError> {
        for (member, path) in [("observation_pre", before), ("observation_post", after)] {
            step.insert(member.to_owned(), path.map_or(Value::Null, Value::String));
        }
        self.session.record_step(&step)?;
        self.recorded.steps += 1;
        Ok(())
    }

    fn reasoning(&mut self, index: u64, step: &LoggedStep<'_>) -> Result<(), SessionError> {
        for piece in &step.reasoning {
            let ts = Some(self.started_at.clone());
            let options = ReasoningOptions { format: piece.format, ts, ..ReasoningOptions::default() };
            self.session.record_reasoning(index, &piece.text, &options)?;
            self.recorded.reasoning += 1;
        }
        Ok(())
    }

    /// Keeps a picture and returns its path in the bundle.
    fn picture(
        &mut self,
        index: u64,
        moment: Moment,
        file: Option<&Path>,
        inline: Option<Picture<'_>>,
    ) -> Result<Option<String>, SessionError> {
        let read = match (file, inline) {
            (Some(path), _) => fs::read(path).map_err(|error| error.to_string()),
            (None, Some(picture)) => picture.png().map_err(|error| error.to_string()),
            (None, None) => return Ok(None),
        };
        let kept = match read {
            Ok(png) => match self.session.attach_observation(index, moment, png) {
                Err(SessionError::InvalidArgument(problem)) => Err(problem),
                other => Ok(other?),
            },
            Err(problem) => Err(problem),
        };
        match kept {
            Ok(path) => {
                self.recorded.pictures += 1;
                Ok(Some(path))
            }
            Err(problem) => {
                self.recorded.pictures_left_out += 1;
                self.tell(index, moment, &problem).map(|()| None)
            }
        }
    }

    fn tell(&self, index: u64, moment: Moment, problem: &str) -> Result<(), SessionError> {
        let side = if moment == Moment::Before { "before" } else { "after" };
        self.session.record_event(&Object::from([
            ("ts".to_owned(), Timestamp::now().to_string().into()),
            ("step_index".to_owned(), index.into()),
            ("layer".to_owned(), EventLayer::Adapter.into()),
            ("kind".to_owned(), EventKind::Error.into()),
            ("summary".to_owned(), format!("the picture {side} the action was left out: {problem}").into()),
        ]))
    }
}

fn step_record(run_id: &str, index: u64, step: &LoggedStep<'_>, started_at: &str, provider: &str) -> Object {
    let action = super::action(step.action.clone());
    let status = if step.failed { StepStatus::Failed } else { StepStatus::Succeeded };
    let grounding = [("provider", Value::from(provider)), ("provenance", Provenance::Screenshot.into())];
    let verdict = [("status", Value::from(VerdictStatus::Unknown)), ("reason", "no native verifier".into())];
    let mut record: Object = [
        ("step_id", Value::from(step_id(run_id, index))),
        ("step_index", index.into()),
        ("step_type", action.get("type").cloned().unwrap_or_default()),
        ("required", true.into()),
        ("status", status.into()),
        ("started_at", started_at.into()),
        ("intent", step.intent.as_str().into()),
        ("grounding", members(grounding).into()),
        ("verdict", members(verdict).into()),
        ("action", action.into()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    if step.failed {
        record.insert("failure_class".to_owned(), "tool_error".into());
    }
    record
}

fn members<const N: usize>(pairs: [(&str, Value); N]) -> Object {
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}
