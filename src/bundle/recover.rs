//! Completes the bundle of a run that died.

use super::{finish, paths};
use crate::{
    record::{Object, RunStatus, StepStatus, Timestamp, Value, parse, write_pretty},
    store::{LocalStore, TEMPORARY, lock},
};
use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Why a bundle was not recovered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// Its writer is alive.
    #[error("{} is still being recorded; end that program first", .0.display())]
    Recording(PathBuf),
    /// Neither a manifest nor the mark of a run.
    #[error("{} holds no bundle: neither manifest.json nor the mark of a run is there", .0.display())]
    NoBundle(PathBuf),
    /// The file system said no.
    #[error("cannot recover {}: {source}", path.display())]
    Io {
        /// The bundle.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

/// What a recovery did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Recovery {
    /// The bundle was complete already and was left as it is.
    pub already_complete: bool,
    /// Steps that were under way when the run died; they are now `failed` with class `interrupted`.
    pub interrupted_steps: Vec<u64>,
    /// Half-written files and lines that were taken away.
    pub swept: usize,
    /// Files that could not be read; they now stand in `diagnostics/damaged/`.
    pub damaged: Vec<String>,
}

/// Completes the bundle of a run that died: half-written files go, the open step is `failed` with class `interrupted`, the
/// run is `halted`, and the manifest is written. A complete bundle is left as it is.
///
/// # Errors
/// If the run is still being recorded, if there is no bundle, or if the file system refuses.
pub fn recover(bundle: &Path) -> Result<Recovery, RecoverError> {
    let io = |source| RecoverError::Io { path: bundle.to_owned(), source };
    if !bundle.is_dir() {
        return Err(RecoverError::NoBundle(bundle.to_owned()));
    }
    let store = LocalStore::open(bundle).map_err(io)?;
    if !store.exists(paths::INCOMPLETE) {
        if store.exists(paths::MANIFEST) {
            return Ok(Recovery { already_complete: true, ..Recovery::default() });
        }
        // Somebody took the mark away; what was recorded is worth completing all the same.
        if !store.exists(paths::TRACE) && !store.exists(paths::STEPS) {
            return Err(RecoverError::NoBundle(bundle.to_owned()));
        }
    }
    let _lock = take_over(&store, bundle)?;
    let mut recovery = Recovery::default();
    sweep(store.root(), &mut recovery).map_err(io)?;
    let birth = read_object(&store, paths::INCOMPLETE).unwrap_or_default();
    let mut session = session_of(&store, &birth, bundle);
    repair_iterations(&store, &mut recovery).map_err(io)?;
    let last_step = repair_steps(&store, &mut recovery).map_err(io)?;
    let last_event = repair_lines(&store, &mut recovery).map_err(io)?;
    end_session(&mut session, last_step.max(last_event));
    let policy_id = birth.get("policy_id").and_then(Value::as_str).unwrap_or("unknown");
    let fingerprint = birth.get("fingerprint").and_then(Value::as_str).and_then(|name| name.parse().ok());
    finish::finish(&store, &session, policy_id, fingerprint.unwrap_or_default()).map_err(io)?;
    Ok(recovery)
}

fn take_over(store: &LocalStore, bundle: &Path) -> Result<File, RecoverError> {
    let io = |source| RecoverError::Io { path: bundle.to_owned(), source };
    let file =
        OpenOptions::new().read(true).append(true).create(true).open(store.path(paths::INCOMPLETE)).map_err(io)?;
    if lock(&file).map_err(io)? { Ok(file) } else { Err(RecoverError::Recording(bundle.to_owned())) }
}

/// Takes away what was being written when the run died.
fn sweep(folder: &Path, recovery: &mut Recovery) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sweep(&entry.path(), recovery)?;
        } else if entry.file_name().to_string_lossy().ends_with(TEMPORARY) {
            fs::remove_file(entry.path())?;
            recovery.swept += 1;
        }
    }
    Ok(())
}

fn read_object(store: &LocalStore, path: &str) -> Option<Object> {
    match parse(&store.read(path).ok()?) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// The session record: from the trace, else from the mark, else what the folder's name tells.
fn session_of(store: &LocalStore, birth: &Object, bundle: &Path) -> Object {
    let from_trace = read_object(store, paths::TRACE).and_then(|mut trace| trace.remove("session"));
    if let Some(Value::Object(session)) = from_trace.or_else(|| birth.get("session").cloned()) {
        return session;
    }
    let name = bundle.file_name().map_or_else(|| "unknown".to_owned(), |name| name.to_string_lossy().into_owned());
    let client = Object::from([("name".to_owned(), Value::from("unknown"))]);
    Object::from([
        ("schema_version".to_owned(), crate::SCHEMA_VERSION.into()),
        ("debug_session_id".to_owned(), format!("dbg_{}", crate::record::short_id(&name)).into()),
        ("run_id".to_owned(), name.into()),
        ("client".to_owned(), client.into()),
        ("capture_mode".to_owned(), crate::CaptureMode::Trace.into()),
        ("started_at".to_owned(), Timestamp::now().to_string().into()),
    ])
}

fn end_session(session: &mut Object, last_seen: Option<Timestamp>) {
    let started = session.get("started_at").and_then(Value::as_str).and_then(Timestamp::parse);
    session.insert("status".into(), RunStatus::Halted.into());
    // The last sign of life: when exactly the run died, nobody wrote down.
    if let Some(end) = last_seen.max(started) {
        session.insert("ended_at".into(), end.to_string().into());
    }
    let tags = session.entry("tags".to_owned()).or_insert_with(|| Value::Object(Object::new()));
    if let Some(tags) = tags.as_object_mut() {
        tags.insert("augur.recovered".into(), "true".into());
    }
}

/// A step that was moving into a folder of iterations when the run died is put back in order.
fn repair_iterations(store: &LocalStore, recovery: &mut Recovery) -> io::Result<()> {
    for index in finish::step_indexes(store)? {
        let folder = paths::step_folder(index);
        let entries = store.list(&folder)?;
        let flat = paths::step(index);
        if entries.is_empty() {
            // Made for a step that did not get there.
            if store.exists(&folder) {
                fs::remove_dir(store.path(&folder))?;
            }
            continue;
        }
        if store.exists(&flat) {
            store.remove(&flat)?;
            recovery.swept += 1;
        }
        for entry in &entries {
            let path = format!("{folder}/{}", entry.name);
            let Some(mut step) = read_object(store, &path) else { continue };
            if !step.contains_key("step_iterations") {
                continue;
            }
            if entries.len() == 1 {
                step.remove("step_iterations");
                write(store, &flat, step)?;
                store.remove(&path)?;
                fs::remove_dir(store.path(&folder))?;
            } else {
                step.insert("step_iterations".into(), entries.len().into());
                write(store, &path, step)?;
            }
        }
    }
    Ok(())
}

/// Ends the steps that were under way and sets aside files that cannot be read. Returns the last time that a step tells.
fn repair_steps(store: &LocalStore, recovery: &mut Recovery) -> io::Result<Option<Timestamp>> {
    let mut last = None;
    for index in finish::step_indexes(store)? {
        let flat = paths::step(index);
        let files = if store.exists(&flat) {
            vec![flat]
        } else {
            let folder = paths::step_folder(index);
            store.list(&folder)?.into_iter().map(|entry| format!("{folder}/{}", entry.name)).collect()
        };
        for path in files {
            let Some(mut step) = read_object(store, &path) else {
                set_aside(store, &path, recovery)?;
                continue;
            };
            for key in ["started_at", "ended_at"] {
                last = last.max(step.get(key).and_then(Value::as_str).and_then(Timestamp::parse));
            }
            let status = step.get("status").and_then(Value::as_str);
            if matches!(status, Some("running" | "pending")) {
                step.insert("status".into(), StepStatus::Failed.into());
                step.insert("failure_class".into(), "interrupted".into());
                write(store, &path, step)?;
                recovery.interrupted_steps.push(index);
            }
        }
    }
    Ok(last)
}

/// Cuts the line that was being appended when the run died. Returns the last time that an event tells.
fn repair_lines(store: &LocalStore, recovery: &mut Recovery) -> io::Result<Option<Timestamp>> {
    let mut last = None;
    for folder in [paths::EVENTS, "otel"] {
        for entry in store.list(folder)? {
            let path = format!("{folder}/{}", entry.name);
            let bytes = store.read(&path)?;
            let mut kept = Vec::with_capacity(bytes.len());
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                match parse(line) {
                    Ok(record) if line.ends_with(b"\n") => {
                        last = last.max(record.get("ts").and_then(Value::as_str).and_then(Timestamp::parse));
                        kept.extend_from_slice(line);
                    }
                    _ => recovery.swept += 1,
                }
            }
            if kept.is_empty() {
                store.remove(&path)?;
            } else if kept.len() != bytes.len() {
                store.write(&path, &kept)?;
            }
        }
    }
    Ok(last)
}

fn set_aside(store: &LocalStore, path: &str, recovery: &mut Recovery) -> io::Result<()> {
    // No longer under the name of a record: nobody should take it for one.
    store.rename(path, &format!("{}/{}.damaged", paths::DAMAGED, path.replace('/', "_")))?;
    recovery.damaged.push(path.to_owned());
    Ok(())
}

fn write(store: &LocalStore, path: &str, record: Object) -> io::Result<()> {
    let mut bytes = Vec::new();
    write_pretty(&record.into(), 0, &mut bytes);
    bytes.push(b'\n');
    store.write(path, &bytes)
}
