//! Walks every file of a bundle once: what it is, whether it may be there, and whether its bytes are the signed ones.

use super::super::{
    paths,
    reader::{Entry, Kind, Part, ReadError, Tee},
    summary::visible,
};
use super::{Judge, Signatures, steps::Seen};
use crate::{record::Value, store::hex};
use std::{
    collections::BTreeMap,
    io::{self, Read},
    iter::Peekable,
};

/// Files that the manifest need not sign: they may be written after the bundle was complete, or are the manifest itself.
const UNSIGNED: &[&str] =
    &["manifest.json", "incomplete", "crops/", "diagnostics/", "diffs/", "logs/", "otel/", "preferences/", "replay/"];

/// The folders that grow with a run, in path order. They are judged at the same time.
pub(super) const APART: [&str; 3] = [paths::EVENTS, "modelio", paths::STEPS];

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

impl Judge<'_> {
    /// Judges all files but `manifest.json`, the content of `trace.json`, and those in folders that are judged apart. Returns
    /// where the problems of each of the latter would stand.
    pub(super) fn tree(&mut self, signatures: Signatures) -> Vec<usize> {
        let mut signed = self.signed(signatures, |path| APART.iter().all(|folder| !is_in(folder, path))).peekable();
        let files = self.files;
        let mut gaps = Vec::new();
        for entry in files.walk_in("", &APART) {
            if let Ok(entry) = &entry {
                self.gaps(&mut gaps, &mut signed, |folder| entry.path.as_str() >= folder);
            }
            if !entry.as_ref().is_ok_and(|entry| entry.kind == Kind::Folder) {
                self.entry(entry, &mut signed, signatures, &mut BTreeMap::new());
            }
        }
        self.gaps(&mut gaps, &mut signed, |_| true);
        self.signature(&mut signed, None);
        gaps
    }

    /// Notes where the folders stand that were passed.
    fn gaps(
        &mut self,
        gaps: &mut Vec<usize>,
        signed: &mut Peekable<impl Iterator<Item = (String, String)>>,
        passed: impl Fn(&str) -> bool,
    ) {
        while let Some(folder) = APART.get(gaps.len()).filter(|folder| passed(folder)) {
            self.signature(signed, Some(&format!("{folder}/")));
            gaps.push(self.report.problems.len());
        }
    }

    /// Judges the files of a folder that is judged apart.
    pub(super) fn folder(&mut self, folder: &'static str, signatures: Signatures) -> BTreeMap<u64, Seen> {
        let mut steps = BTreeMap::new();
        let mut signed = self.signed(signatures, move |path| is_in(folder, path)).peekable();
        let files = self.files;
        for entry in files.walk_in(folder, &[]) {
            self.entry(entry, &mut signed, signatures, &mut steps);
        }
        self.signature(&mut signed, None);
        steps
    }

    fn entry(
        &mut self,
        entry: Result<Entry, ReadError>,
        signed: &mut Peekable<impl Iterator<Item = (String, String)>>,
        signatures: Signatures,
        steps: &mut BTreeMap<u64, Seen>,
    ) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let place = error.path().to_owned();
                return self.unreadable(&place, &error);
            }
        };
        let signature = self.signature(signed, Some(&entry.path));
        if !self.is_plain(&entry) {
            return;
        }
        self.report.files += 1;
        let digest = self.file(&entry, steps);
        let length = self.length.take().unwrap_or_else(|| self.files.length(&entry.path));
        self.report.bytes = self.report.bytes.saturating_add(length);
        match (signature, digest) {
            (Some(signature), Some(digest)) if signature != hex(digest) => {
                self.problem(&entry.path, "content does not match its signature");
            }
            (None, _) if signatures != Signatures::Unknown => self.uncovered(&entry.path),
            _ => {}
        }
    }

    fn is_plain(&mut self, entry: &Entry) -> bool {
        let what = match entry.kind {
            Kind::File if entry.path.ends_with(".tmp") => "temporary file left behind",
            Kind::File => return true,
            Kind::Link => "is a symbolic link",
            Kind::Unnamed => "its name is not UTF-8",
            Kind::Special | Kind::Folder => "is neither a file nor a folder",
        };
        self.problem(&entry.path, what);
        false
    }

    fn uncovered(&mut self, path: &str) {
        let exempt = UNSIGNED.iter().any(|place| path == *place || (place.ends_with('/') && path.starts_with(place)));
        if !exempt {
            self.problem(path, "not covered by manifest.signatures");
        }
    }

    /// Steps through the signatures up to a path; those passed over have no file. With `None`, through the rest.
    fn signature(
        &mut self,
        signed: &mut Peekable<impl Iterator<Item = (String, String)>>,
        path: Option<&str>,
    ) -> Option<String> {
        while let Some((name, digest)) = signed.next_if(|(name, _)| path.is_none_or(|path| name.as_str() <= path)) {
            if path == Some(name.as_str()) {
                return Some(digest);
            }
            self.problem(paths::MANIFEST, format!("signature of absent file {}", visible(&name)));
        }
        None
    }

    /// The signatures of the paths that count, in path order: read as they are needed, or sorted first if the manifest has them in disorder.
    fn signed(
        &self,
        order: Signatures,
        counts: impl Fn(&str) -> bool + 'static,
    ) -> Box<dyn Iterator<Item = (String, String)>> {
        let outline = match order {
            Signatures::Unknown | Signatures::None => return Box::new(std::iter::empty()),
            Signatures::Sorted | Signatures::Unsorted => self.signatures().into_iter().flatten(),
        };
        let entries = outline.filter_map(move |part| match part {
            Ok(Part::Entry(path, _)) if !counts(&path) => None,
            Ok(Part::Entry(path, Value::String(digest))) => Some((path, digest)),
            Ok(Part::Entry(path, _)) => Some((path, String::new())),
            _ => None,
        });
        if order == Signatures::Sorted {
            Box::new(entries)
        } else {
            Box::new(entries.collect::<BTreeMap<_, _>>().into_iter())
        }
    }

    /// The digest of a file that is only looked at.
    pub(super) fn bytes(&mut self, path: &str) -> Option<[u8; 32]> {
        match self.files.digest(path) {
            Ok(digest) => Some(digest),
            Err(error) => {
                self.unreadable(path, &error);
                None
            }
        }
    }

    pub(super) fn picture(&mut self, path: &str) -> Option<[u8; 32]> {
        let read = |file| {
            let mut tee = Tee::new(file);
            let mut start = Vec::with_capacity(PNG.len());
            tee.by_ref().take(PNG.len() as u64).read_to_end(&mut start)?;
            io::copy(&mut tee, &mut io::sink())?;
            Ok((start == PNG, tee.digest()))
        };
        match self.files.open(path).and_then(|file| read(file).map_err(|error| ReadError::io(path, error))) {
            Ok((png, digest)) => {
                if !png {
                    self.problem(path, "not a PNG");
                }
                Some(digest)
            }
            Err(error) => {
                self.unreadable(path, &error);
                None
            }
        }
    }
}

fn is_in(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
