//! The signatures of a bundle's files. Most of a long run are its events and model calls; they are signed by a thread of
//! their own while the trace is written, into files that the manifest takes them from.

use super::paths;
use crate::{
    record::{Timestamp, text_of, write_pretty},
    store::{Entry, LocalStore, Replacement, hex},
};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
};

/// Files of lines up to this length are read as a whole, in bytes.
const AT_ONCE: u64 = 256 * 1024;

const MODEL_CALLS: &str = "modelio/";
const EVENTS: &str = "events/";

/// What was signed ahead.
pub(super) struct Ahead {
    events: BufWriter<Replacement>,
    /// How many files of events these are: the first ones, in path order.
    event_files: usize,
    model_calls: BufWriter<Replacement>,
}

/// Puts the events of steps in order and signs them, and signs the model calls. Nothing adds to these any more.
pub(super) fn ahead(store: &LocalStore) -> io::Result<Ahead> {
    let spool = |name: &str| Ok::<_, io::Error>(BufWriter::with_capacity(64 * 1024, store.replace(name)?));
    let mut ahead = Ahead { events: spool("events.sha256")?, event_files: 0, model_calls: spool("modelio.sha256")? };
    let mut signer = Signer { buffer: Vec::new(), first: false };
    for entry in in_path_order(store, paths::EVENTS)?.iter().take_while(|entry| is_of_a_step(entry)) {
        let path = format!("{EVENTS}{}", entry.name);
        let digest = put_in_order(store, &path, &mut signer.buffer)?;
        signer.write(&path, &digest, &mut ahead.events)?;
        ahead.event_files += 1;
    }
    signer.place(store, MODEL_CALLS, &mut ahead.model_calls)?;
    ahead.events.flush()?;
    ahead.model_calls.flush()?;
    Ok(ahead)
}

impl Ahead {
    /// Puts those events in order that were left out.
    pub(super) fn put_others_in_order(&self, store: &LocalStore) -> io::Result<()> {
        let mut buffer = Vec::new();
        for entry in in_path_order(store, paths::EVENTS)?.iter().skip(self.event_files).filter(|entry| !entry.folder) {
            let path = format!("{EVENTS}{}", entry.name);
            if path != paths::REASONING {
                put_in_order(store, &path, &mut buffer)?;
            }
        }
        Ok(())
    }

    /// Writes the signatures of all files, in path order, as the members of an object.
    pub(super) fn write(self, store: &LocalStore, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{")?;
        let mut signer = Signer { buffer: Vec::new(), first: true };
        for place in paths::SIGNED {
            match *place {
                EVENTS => {
                    signer.copy(&self.events, out)?;
                    let entries = in_path_order(store, paths::EVENTS)?;
                    signer.entries(store, EVENTS, entries.into_iter().skip(self.event_files), out)?;
                }
                MODEL_CALLS => signer.copy(&self.model_calls, out)?,
                place => signer.place(store, place, out)?,
            }
        }
        out.write_all(if signer.first { b"}" } else { b"\n  }" })
    }
}

fn is_of_a_step(entry: &Entry) -> bool {
    let digits = entry.name.strip_suffix(".jsonl").unwrap_or_default();
    !entry.folder && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What is in a folder. A folder sorts as its files do: with the slash behind its name.
fn in_path_order(store: &LocalStore, folder: &str) -> io::Result<Vec<Entry>> {
    let mut entries = store.list(folder)?;
    if entries.iter().any(|entry| entry.folder) {
        entries.sort_by_cached_key(|entry| if entry.folder { format!("{}/", entry.name) } else { entry.name.clone() });
    }
    Ok(entries)
}

struct Signer {
    buffer: Vec<u8>,
    /// No signature was written yet.
    first: bool,
}

impl Signer {
    /// Signs a file, or everything in a folder.
    fn place(&mut self, store: &LocalStore, place: &str, out: &mut impl Write) -> io::Result<()> {
        match place.strip_suffix('/') {
            Some(folder) => self.entries(store, place, in_path_order(store, folder)?, out),
            None if store.exists(place) => self.file(store, place, out),
            None => Ok(()),
        }
    }

    fn entries(
        &mut self,
        store: &LocalStore,
        place: &str,
        entries: impl IntoIterator<Item = Entry>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for entry in entries {
            let path = format!("{place}{}", entry.name);
            if entry.folder {
                self.place(store, &format!("{path}/"), out)?;
            } else {
                self.file(store, &path, out)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, store: &LocalStore, path: &str, out: &mut impl Write) -> io::Result<()> {
        let digest = store.digest(path, &mut self.buffer)?;
        self.write(path, &digest, out)
    }

    fn write(&mut self, path: &str, digest: &str, out: &mut impl Write) -> io::Result<()> {
        let line = &mut self.buffer;
        line.clear();
        line.extend_from_slice(if std::mem::take(&mut self.first) { b"\n    " } else { b",\n    " });
        write_pretty(&path.into(), 0, line);
        line.extend_from_slice(b": \"");
        line.extend_from_slice(digest.as_bytes());
        line.push(b'"');
        out.write_all(line)
    }

    /// Takes over what was signed ahead. It begins with the comma behind what is before it.
    fn copy(&mut self, from: &BufWriter<Replacement>, out: &mut impl Write) -> io::Result<()> {
        let copied = from.get_ref().copy_to(u64::from(self.first), out)?;
        self.first &= copied == 0;
        Ok(())
    }
}

/// Events were appended as they came; a reader finds them by moment, and in the order of arrival within one. Nearly every
/// file stands in order already. Returns its digest.
fn put_in_order(store: &LocalStore, path: &str, buffer: &mut Vec<u8>) -> io::Result<String> {
    let file = File::open(store.path(path))?;
    buffer.clear();
    let length = file.take(AT_ONCE + 1).read_to_end(buffer)?;
    if length as u64 > AT_ONCE {
        if !in_order(BufReader::new(File::open(store.path(path))?))? {
            sort(store, path, &store.read(path)?)?;
        }
        return store.digest(path, buffer);
    }
    if in_order(buffer.as_slice())? {
        return Ok(hex(Sha256::digest(&*buffer)));
    }
    sort(store, path, buffer).map(|sorted| hex(Sha256::digest(sorted)))
}

fn sort(store: &LocalStore, path: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    lines.sort_by_cached_key(|line| moment(line));
    let sorted = lines.concat();
    store.write(path, &sorted).map(|()| sorted)
}

/// Whether events stand in order; one line is in memory at a time.
fn in_order(mut events: impl BufRead) -> io::Result<bool> {
    let (mut line, mut last_said, mut last) = (Vec::new(), None, None);
    while events.read_until(b'\n', &mut line)? > 0 {
        let said = text_of(&line, "ts");
        if said != last_said {
            let time = said.as_deref().and_then(Timestamp::parse);
            if time < last {
                return Ok(false);
            }
            (last_said, last) = (said, time);
        }
        line.clear();
    }
    Ok(true)
}

fn moment(line: &[u8]) -> Option<Timestamp> {
    text_of(line, "ts").as_deref().and_then(Timestamp::parse)
}
