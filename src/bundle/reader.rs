//! Reads bundles: complete ones, ones still being recorded and ones whose run died. Every step, event and model call is
//! read when it is asked for.

mod error;
mod files;
mod outline;
#[cfg(test)]
pub(crate) mod sample;

use super::paths;
use crate::record::{Object, Value, parse};
pub use error::ReadError;
pub(crate) use files::{Entry, Files, Kind, Lines, Tee};
pub(crate) use outline::{Outline, Part};
use std::{
    fs::{File, TryLockError},
    path::Path,
    vec,
};

/// What a bundle's folder says about its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BundleState {
    /// The run goes on: its recorder holds the lock of the file `incomplete`.
    Recording,
    /// The run died before it ended, and nobody completed the bundle. `recover` does.
    Died,
    /// The bundle is complete.
    Complete,
}

impl BundleState {
    /// `recording`, `died` or `complete`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Died => "died",
            Self::Complete => "complete",
        }
    }

    /// What the folder says; `None` if it holds no bundle.
    pub(crate) fn of(files: &Files) -> Result<Option<Self>, ReadError> {
        if files.kind(paths::INCOMPLETE) == Some(Kind::File) {
            // The run may end between these two lines.
            match files.open(paths::INCOMPLETE) {
                Ok(mark) => return locked(&mark).map(Some),
                Err(error) if !error.is_not_found() => return Err(error),
                Err(_) => {}
            }
        }
        let begun = || files.kind(paths::TRACE).is_some() || files.kind(paths::STEPS) == Some(Kind::Folder);
        Ok(if files.kind(paths::MANIFEST) == Some(Kind::File) {
            Some(Self::Complete)
        } else {
            begun().then_some(Self::Died)
        })
    }
}

impl std::fmt::Display for BundleState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A shared lock is asked for, so that two readers do not take each other for the recorder.
fn locked(mark: &File) -> Result<BundleState, ReadError> {
    match mark.try_lock_shared() {
        Ok(()) => Ok(BundleState::Died),
        Err(TryLockError::WouldBlock) => Ok(BundleState::Recording),
        Err(TryLockError::Error(error)) => Err(ReadError::io(paths::INCOMPLETE, error)),
    }
}

/// A bundle's folder, open for reading.
///
/// Links are never followed, and files that are being written (`*.tmp`) are passed over.
#[derive(Debug, Clone)]
pub struct Bundle {
    files: Files,
    state: BundleState,
}

/// The canonical step at an index.
#[derive(Debug, Clone)]
pub struct StoredStep {
    /// Its index, as its file name has it.
    pub index: u64,
    /// Its file, relative to the bundle.
    pub path: String,
    /// The record.
    pub step: Object,
    /// The files of the other emissions at the same index, in path order.
    pub iterations: Vec<String>,
}

/// A file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its path, relative to the bundle.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Bundle {
    /// Opens the bundle in a folder.
    ///
    /// # Errors
    /// If the folder cannot be read or holds no bundle.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        if !std::fs::metadata(path).map_err(|error| ReadError::io(".", error))?.is_dir() {
            return Err(ReadError::NotABundle);
        }
        let files = Files::new(path);
        let state = BundleState::of(&files)?.ok_or(ReadError::NotABundle)?;
        Ok(Self { files, state })
    }

    /// The bundle's folder.
    pub fn root(&self) -> &Path {
        self.files.root()
    }

    /// What the folder said about the run when it was opened.
    pub fn state(&self) -> BundleState {
        self.state
    }

    /// The manifest without its signatures, which grow with the run; `None` if the bundle is not complete.
    ///
    /// # Errors
    /// If the manifest cannot be read.
    pub fn manifest(&self) -> Result<Option<Object>, ReadError> {
        self.header(paths::MANIFEST, "signatures")
    }

    /// The session record; `None` if there is no `trace.json`.
    ///
    /// # Errors
    /// If the trace cannot be read up to the record, or has none.
    pub fn session(&self) -> Result<Option<Object>, ReadError> {
        let Some(outline) = self.outline(paths::TRACE, "steps")? else { return Ok(None) };
        for part in outline {
            if let Part::Member(name, Value::Object(session)) = part?
                && name == "session"
            {
                return Ok(Some(session));
            }
        }
        Err(ReadError::shape(paths::TRACE, "has no session record"))
    }

    fn header(&self, path: &str, without: &'static str) -> Result<Option<Object>, ReadError> {
        let Some(outline) = self.outline(path, without)? else { return Ok(None) };
        let mut header = Object::new();
        for part in outline {
            if let Part::Member(name, value) = part? {
                header.insert(name, value);
            }
        }
        Ok(Some(header))
    }

    fn outline(&self, path: &str, chosen: &'static str) -> Result<Option<Outline>, ReadError> {
        match self.files.outline(path, chosen) {
            Err(error) if error.is_not_found() => Ok(None),
            other => other.map(Some),
        }
    }

    /// The canonical steps in the order of their indexes, one at a time. Eight bytes a step are held.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn steps(&self) -> Result<Steps<'_>, ReadError> {
        let mut indexes: Vec<u64> = self
            .files
            .list(paths::STEPS)?
            .iter()
            .filter_map(|entry| match entry.kind {
                Kind::File => entry.name().strip_suffix(".json")?.parse().ok(),
                Kind::Folder => entry.name().parse().ok(),
                _ => None,
            })
            .collect();
        indexes.sort_unstable();
        indexes.dedup();
        Ok(Steps { files: &self.files, indexes: indexes.into_iter() })
    }

    /// The events of a step, or with `None` those of the run, in the order of the file. None if there is no such file.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn events(&self, step_index: Option<u64>) -> Result<Events, ReadError> {
        self.json_lines(&paths::events(step_index))
    }

    /// All event files: the index of the step (`None` for the run) and its events.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn event_files(&self) -> Result<impl Iterator<Item = Result<Events, ReadError>> + '_, ReadError> {
        let entries = self.files.list(paths::EVENTS)?.into_iter();
        let events = |entry: &Entry| {
            entry.kind == Kind::File && entry.name().ends_with(".jsonl") && entry.path != paths::REASONING
        };
        Ok(entries.filter(events).map(|entry| self.json_lines(&entry.path)))
    }

    /// The reasoning records, in the order of recording.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn reasoning(&self) -> Result<Events, ReadError> {
        self.json_lines(paths::REASONING)
    }

    fn json_lines(&self, path: &str) -> Result<Events, ReadError> {
        let lines = match self.files.lines(path) {
            Err(error) if error.is_not_found() => None,
            other => Some(other?),
        };
        Ok(Events { lines, path: path.to_owned() })
    }

    /// The model calls in path order, one at a time: path and record.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn model_calls(&self) -> Result<Records<'_>, ReadError> {
        self.records("modelio")
    }

    /// The side effects in path order, one at a time: path and record.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn side_effects(&self) -> Result<Records<'_>, ReadError> {
        self.records("side_effects")
    }

    fn records(&self, folder: &str) -> Result<Records<'_>, ReadError> {
        let mut paths = Vec::new();
        for entry in self.files.list(folder)? {
            if entry.kind == Kind::File && entry.path.ends_with(".json") {
                paths.push(entry.path);
            }
        }
        Ok(Records { files: &self.files, paths: paths.into_iter() })
    }

    /// One JSON document of the bundle, such as `outcomes.json`; `None` if it is not there.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn document(&self, path: &str) -> Result<Option<Value>, ReadError> {
        match self.files.json(path) {
            Err(error) if error.is_not_found() => Ok(None),
            other => other.map(Some),
        }
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.files.read(path)
    }

    /// All files of the bundle in path order, those being written left out.
    pub fn artifacts(&self) -> impl Iterator<Item = Result<Artifact, ReadError>> + '_ {
        let kept = |entry: &Result<Entry, ReadError>| {
            entry.as_ref().map_or(true, |entry| entry.kind == Kind::File && !entry.path.ends_with(".tmp"))
        };
        self.files.walk().filter(kept).map(|entry| entry.map(|entry| Artifact { path: entry.path, bytes: entry.bytes }))
    }
}

/// The canonical steps of a bundle.
#[derive(Debug)]
pub struct Steps<'a> {
    files: &'a Files,
    indexes: vec::IntoIter<u64>,
}

impl Steps<'_> {
    fn read(&self, index: u64) -> Result<Option<StoredStep>, ReadError> {
        let path = paths::step(index);
        if self.files.kind(&path) == Some(Kind::File) {
            let step = object(&path, self.files.json(&path)?)?;
            return Ok(Some(StoredStep { index, path, step, iterations: Vec::new() }));
        }
        let (mut canonical, mut iterations) = (None, Vec::new());
        for entry in self.files.list(&paths::step_folder(index))? {
            if entry.kind != Kind::File || !entry.path.ends_with(".json") {
                continue;
            }
            let step = object(&entry.path, self.files.json(&entry.path)?)?;
            if canonical.is_none() && step.contains_key("step_iterations") {
                canonical = Some((entry.path, step));
            } else {
                iterations.push(entry.path);
            }
        }
        Ok(canonical.map(|(path, step)| StoredStep { index, path, step, iterations }))
    }
}

impl Iterator for Steps<'_> {
    type Item = Result<StoredStep, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let index = self.indexes.next()?;
            if let Some(step) = self.read(index).transpose() {
                return Some(step);
            }
        }
    }
}

fn object(path: &str, value: Value) -> Result<Object, ReadError> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(ReadError::shape(path, &format!("holds a JSON {} where an object belongs", other.kind()))),
    }
}

/// The records of one folder.
#[derive(Debug)]
pub struct Records<'a> {
    files: &'a Files,
    paths: vec::IntoIter<String>,
}

impl Iterator for Records<'_> {
    type Item = Result<(String, Object), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let path = self.paths.next()?;
        let record = self.files.json(&path).and_then(|value| object(&path, value));
        Some(record.map(|record| (path, record)))
    }
}

/// The records of a JSON-lines file. A last line without its newline, which a run that died may leave, is passed over if it
/// is not whole.
#[derive(Debug)]
pub struct Events {
    lines: Option<Lines>,
    path: String,
}

impl Iterator for Events {
    type Item = Result<Object, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.lines.as_mut()?.next()? {
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        match parse(&line.bytes) {
            Ok(value) => Some(object(&self.path, value)),
            Err(_) if !line.whole => None,
            Err(error) => Some(Err(ReadError::Json { path: self.path.clone(), error: Box::new(error) })),
        }
    }
}

#[cfg(test)]
mod tests;
