//! The signatures of a bundle's files. Most of a long run are its steps, events and model calls; they are signed while the
//! trace is written, into files that the manifest takes them from.

use super::paths;
use crate::{
    record::{Timestamp, text_of, write_pretty},
    store::{Entry, LocalStore, Replacement, hex},
};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    thread,
};

/// Files of lines up to this length are read as a whole, in bytes.
const AT_ONCE: u64 = 256 * 1024;

const MODEL_CALLS: &str = "modelio/";
const EVENTS: &str = "events/";
const STEPS: &str = "steps/";

type Spool = BufWriter<Replacement>;

/// What was signed ahead.
pub(super) struct Ahead {
    events: Spool,
    /// How many files of events these are: the first ones, in path order.
    event_files: usize,
    model_calls: Spool,
}

fn spool(store: &LocalStore, name: &str) -> io::Result<Spool> {
    Ok(BufWriter::with_capacity(64 * 1024, store.replace(name)?))
}

/// Does something, and meanwhile puts the events of steps in order and signs them and the model calls, on threads of their
/// own if there can be any. Nothing may add to these any more.
pub(super) fn meanwhile<T>(store: &LocalStore, here: impl FnOnce() -> T) -> (T, io::Result<Ahead>) {
    let events = || sign_events(store);
    let model_calls = || sign_model_calls(store);
    thread::scope(|scope| {
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let signing_events = named("augur-events").spawn_scoped(scope, events);
        let signing_calls = named("augur-calls").spawn_scoped(scope, model_calls);
        let done = here();
        let (events, model_calls) = (joined(signing_events, events), joined(signing_calls, model_calls));
        let ahead =
            events.and_then(|(events, event_files)| Ok(Ahead { events, event_files, model_calls: model_calls? }));
        (done, ahead)
    })
}

/// What a thread did; without a thread it is done here.
fn joined<T>(
    thread: io::Result<thread::ScopedJoinHandle<'_, io::Result<T>>>,
    here: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    match thread {
        Ok(thread) => thread.join().unwrap_or_else(|_| Err(io::Error::other("signing failed"))),
        Err(_) => here(),
    }
}

fn sign_events(store: &LocalStore) -> io::Result<(Spool, usize)> {
    let mut out = spool(store, "events.sha256")?;
    let (mut signer, mut files) = (Signer::default(), 0);
    for entry in in_path_order(store, paths::EVENTS)?.iter().take_while(|entry| is_of_a_step(entry)) {
        let path = format!("{EVENTS}{}", entry.name);
        let digest = put_in_order(store, &path, &mut signer.buffer)?;
        signer.write(&path, &digest, &mut out)?;
        files += 1;
    }
    out.flush().map(|()| (out, files))
}

fn sign_model_calls(store: &LocalStore) -> io::Result<Spool> {
    let mut out = spool(store, "modelio.sha256")?;
    Signer::default().place(store, MODEL_CALLS, &mut out)?;
    out.flush().map(|()| out)
}

/// The signatures of steps, made while they are read for the trace. That goes by index and not by path, so there may be
/// cases that these do not fit.
pub(super) struct Steps {
    out: Spool,
    signer: Signer,
    last: String,
    count: usize,
    fit: bool,
}

impl Steps {
    pub(super) fn begin(store: &LocalStore) -> io::Result<Self> {
        let out = spool(store, "steps.sha256")?;
        Ok(Self { out, signer: Signer::default(), last: String::new(), count: 0, fit: true })
    }

    /// Signs the next one.
    pub(super) fn sign(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.fit &= self.last.as_str() < path;
        self.count += 1;
        path.clone_into(&mut self.last);
        self.signer.write(path, &hex(Sha256::digest(bytes)), &mut self.out)
    }

    /// What was signed is not what is there.
    pub(super) fn spoil(&mut self) {
        self.fit = false;
    }

    /// Whether these are the signatures of a folder.
    fn are_of(&self, entries: &[Entry]) -> bool {
        self.fit && entries.len() == self.count && entries.iter().all(|entry| !entry.folder)
    }
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
    pub(super) fn write(self, store: &LocalStore, mut steps: Steps, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{")?;
        steps.out.flush()?;
        let mut signer = Signer { first: true, ..Signer::default() };
        for place in paths::SIGNED {
            match *place {
                EVENTS => {
                    signer.copy(&self.events, out)?;
                    let entries = in_path_order(store, paths::EVENTS)?;
                    signer.entries(store, EVENTS, entries.into_iter().skip(self.event_files), out)?;
                }
                MODEL_CALLS => signer.copy(&self.model_calls, out)?,
                STEPS if steps.are_of(&store.list(paths::STEPS)?) => signer.copy(&steps.out, out)?,
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

#[derive(Default)]
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
