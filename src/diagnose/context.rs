//! What rules see of a bundle: its records and files, read when they are asked for.

use crate::{
    bundle::{Bundle, Events, Files, Kind, ReadError, StoredStep, paths},
    record::{Object, Value},
};
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{ErrorKind, Read},
};

/// A step and the one before it. Of a long run, nothing more is held.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Window<'a> {
    /// The canonical step with the next lower index; `None` for the first one, and where that step cannot be read.
    pub previous: Option<&'a StoredStep>,
    /// The canonical step.
    pub step: &'a StoredStep,
    /// How many canonical steps come before it.
    pub position: u64,
}

/// A bundle as rules see it.
#[derive(Debug)]
pub struct Context<'a> {
    bundle: &'a Bundle,
    files: Files,
    manifest: Option<Object>,
    session: Object,
    missing: BTreeSet<String>,
    /// Replay fixtures whose names are not the usual ones, by step.
    odd_fixtures: OnceCell<BTreeMap<u64, Vec<String>>>,
}

impl<'a> Context<'a> {
    /// What of the manifest and the trace cannot be read is reported and counts as absent.
    pub(super) fn new(bundle: &'a Bundle, report: &mut impl FnMut(ReadError)) -> Self {
        let mut readable = |result: Result<Option<Object>, ReadError>| {
            result.unwrap_or_else(|error| {
                report(error);
                None
            })
        };
        let manifest = readable(bundle.manifest());
        let session = readable(bundle.session()).unwrap_or_default();
        let missing = manifest.as_ref().and_then(|manifest| manifest.get("missing")?.as_array()).unwrap_or_default();
        let missing = missing.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let files = Files::new(bundle.root());
        Self { bundle, files, manifest, session, missing, odd_fixtures: OnceCell::new() }
    }

    /// The bundle.
    pub fn bundle(&self) -> &'a Bundle {
        self.bundle
    }

    /// The manifest without its signatures; `None` if the run has not ended.
    pub fn manifest(&self) -> Option<&Object> {
        self.manifest.as_ref()
    }

    /// The session record; empty if there is none.
    pub fn session(&self) -> &Object {
        &self.session
    }

    /// Whether the manifest says that a file is missing.
    pub fn is_declared_missing(&self, path: &str) -> bool {
        self.missing.contains(path)
    }

    /// Whether there is a file at a path of the bundle. Links do not count, and nothing outside the bundle does.
    pub fn is_file(&self, path: &str) -> bool {
        self.files.kind(path) == Some(Kind::File)
    }

    /// The file with a step's events, if there is one.
    pub fn events_path(&self, step_index: u64) -> Option<String> {
        Some(paths::events(Some(step_index))).filter(|path| self.is_file(path))
    }

    /// The events of a step, one at a time.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn events(&self, step_index: u64) -> Result<Events, ReadError> {
        self.bundle.events(Some(step_index))
    }

    /// The logs, in path order.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn log_paths(&self) -> Result<Vec<String>, ReadError> {
        let entries = self.files.list("logs")?.into_iter();
        Ok(entries.filter(|entry| entry.kind == Kind::File).map(|entry| entry.path).collect())
    }

    /// The text of a log, such as `runner.log`, with a replacement character for what is not UTF-8; `None` if there is no
    /// such log.
    ///
    /// # Errors
    /// If it cannot be read, or if it is larger than 256 MiB.
    pub fn log_text(&self, name: &str) -> Result<Option<String>, ReadError> {
        match self.files.read(&format!("logs/{name}")) {
            Err(error) if error.is_not_found() => Ok(None),
            other => other.map(|bytes| Some(String::from_utf8_lossy(&bytes).into_owned())),
        }
    }

    /// Width and height of a picture in pixels, as the header of the PNG tells them; `None` if there is no such picture.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn picture_size(&self, path: &str) -> Result<Option<(u32, u32)>, ReadError> {
        let Some(mut file) = self.open(path)? else { return Ok(None) };
        let mut header = [0; 24];
        match file.read_exact(&mut header) {
            Ok(()) => Ok(png_size(&header)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(ReadError::io(path, error)),
        }
    }

    /// Whether two files hold the same bytes; `None` if one of them is not there.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn same_bytes(&self, one: &str, other: &str) -> Result<Option<bool>, ReadError> {
        let (Some(first), Some(second)) = (self.open(one)?, self.open(other)?) else { return Ok(None) };
        let length =
            |file: &File, path| file.metadata().map(|data| data.len()).map_err(|error| ReadError::io(path, error));
        if length(&first, one)? != length(&second, other)? {
            return Ok(Some(false));
        }
        Ok(Some(self.files.digest(one)? == self.files.digest(other)?))
    }

    fn open(&self, path: &str) -> Result<Option<File>, ReadError> {
        if self.is_file(path) { self.files.open(path).map(Some) } else { Ok(None) }
    }

    /// The replay fixtures of a step, in path order: files of `replay/` that are called `<index>_…fixture.json`.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn replay_fixtures(&self, step_index: u64) -> Result<Vec<String>, ReadError> {
        let odd = match self.odd_fixtures.get() {
            Some(odd) => odd,
            None => {
                let odd = self.find_odd_fixtures()?;
                self.odd_fixtures.get_or_init(|| odd)
            }
        };
        let mut found = odd.get(&step_index).cloned().unwrap_or_default();
        let usual = usual_fixture(step_index);
        if self.is_file(&usual) {
            found.push(usual);
            found.sort_unstable();
        }
        Ok(found)
    }

    /// Fixtures with the usual names are as many as there are failed steps; they are found by name and not held.
    fn find_odd_fixtures(&self) -> Result<BTreeMap<u64, Vec<String>>, ReadError> {
        let mut odd: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for entry in self.files.list("replay")? {
            let Some(stem) = entry.name().strip_suffix("_fixture.json") else { continue };
            let index = stem.split('_').next().and_then(|index| index.parse().ok());
            if let Some(index) = index
                && entry.kind == Kind::File
                && entry.path != usual_fixture(index)
            {
                odd.entry(index).or_default().push(entry.path);
            }
        }
        Ok(odd)
    }
}

fn usual_fixture(step_index: u64) -> String {
    format!("replay/{step_index:04}_fixture.json")
}

/// Width and height stand in the first chunk, which must be the image header.
fn png_size(header: &[u8; 24]) -> Option<(u32, u32)> {
    let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.try_into().ok()?));
    let (start, size) = header.split_at_checked(16)?;
    if start != b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" {
        return None;
    }
    let (width, height) = size.split_at_checked(4)?;
    Some((number(width)?, number(height)?)).filter(|(width, height)| *width > 0 && *height > 0)
}
