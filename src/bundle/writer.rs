//! Writes a bundle while the run goes on: the bundle is its own journal, so what was acknowledged stands in it.

use super::{fingerprint::Algorithm, finish, paths};
use crate::{
    record::{ModelLayer, Object, RunId, RunStatus, Timestamp, Value, parse, short_id, write_line, write_members},
    store::{Behind, Job, LocalStore, Mark, lock},
};
use std::{
    cell::RefCell,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Why a folder cannot take a new bundle. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder holds something already.
    #[error("{} is not empty: it holds {held}; give this run a folder of its own", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// What was found in it.
        held: &'static str,
    },
    /// There is a file where the folder should be.
    #[error("{} is a file; a bundle needs a folder, so remove the file or choose another place", .0.display())]
    NotAFolder(PathBuf),
    /// The file system said no.
    #[error("cannot write a bundle to {}: {source}; choose a folder that this program may write to", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

/// Which picture of a step: before or after its action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// What the agent saw when it chose the action.
    Before,
    /// What it saw once the action was done.
    After,
}

impl Moment {
    /// The word of the format: `pre` or `post`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Before => "pre",
            Self::After => "post",
        }
    }
}

/// What is known of a run when its bundle is opened.
#[derive(Debug, Clone)]
pub(crate) struct SessionHeader {
    pub(crate) run_id: RunId,
    pub(crate) debug_session_id: String,
    pub(crate) client: Object,
    pub(crate) capture_mode: crate::CaptureMode,
    pub(crate) started_at: String,
    pub(crate) policy_id: String,
    pub(crate) fingerprint: Algorithm,
    pub(crate) tags: Object,
    /// Members of the session record that the caller gave besides: `task_spec`, `task_spec_id`, `branch_context`.
    pub(crate) extra: Object,
}

/// How many files are handed over at once: each time may wake a thread.
const HANDFUL: usize = 16;

/// A bundle that is being written. Only the worker holds one.
#[derive(Debug)]
pub(crate) struct BundleWriter {
    /// Asked only by [`store`](Self::store), which first lets everything come to be in place.
    place: LocalStore,
    /// Who writes the files, where that is not done at once, and what is not handed over yet.
    behind: Option<(Behind, RefCell<Vec<Job>>)>,
    session: Object,
    policy_id: String,
    fingerprint: Algorithm,
    /// Held to the end: its lock says that the run is alive.
    incomplete: Option<File>,
}

impl BundleWriter {
    /// Opens a bundle in a folder that is absent or empty. From here on a reader sees a run that is recording.
    pub(crate) fn create(root: &Path, header: &SessionHeader) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: root.to_owned(), source };
        if fs::metadata(root).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(OpenError::NotAFolder(root.to_owned()));
        }
        fs::create_dir_all(root).map_err(io)?;
        if let Some(held) = held(root).map_err(io)? {
            return Err(OpenError::NotEmpty { path: root.to_owned(), held });
        }
        let store = LocalStore::open(root).map_err(io)?;
        let session = session_record(header, store.root());
        let mut incomplete = match OpenOptions::new().write(true).create_new(true).open(store.path(paths::INCOMPLETE)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(OpenError::NotEmpty { path: root.to_owned(), held: "a run that is being recorded" });
            }
            other => other.map_err(io)?,
        };
        if !lock(&incomplete).map_err(io)? {
            return Err(OpenError::NotEmpty { path: root.to_owned(), held: "a run that is being recorded" });
        }
        let mut lines = Vec::new();
        write_line(&birth_record(&session, header), &mut lines);
        lines.push(b'\n');
        incomplete.write_all(&lines).map_err(io)?;
        let writer = Self {
            place: store,
            behind: None,
            session,
            policy_id: header.policy_id.clone(),
            fingerprint: header.fingerprint,
            incomplete: Some(incomplete),
        };
        writer.write_session().map_err(io)?;
        Ok(writer)
    }

    /// From here on, what is in place is on the medium whenever the store is asked to sync, and so is what is there already.
    pub(crate) fn keep_through_power_cuts(&mut self) {
        self.place.track();
    }

    /// From here on records are written by a thread behind this one. [`hand_over`](Self::hand_over) tells what became of
    /// them. Where there can be no such thread, they are written at once.
    pub(crate) fn write_behind(&mut self) {
        self.behind = Behind::start(self.place.clone()).ok().map(|behind| (behind, RefCell::default()));
    }

    /// Where the bundle is. Everything that was written until now is in place, as far as the disk took it.
    pub(crate) fn store(&self) -> &LocalStore {
        if let Some((behind, staged)) = &self.behind {
            behind.catch_up(&mut staged.borrow_mut());
        }
        &self.place
    }

    /// Hands over what is to be written, and how often the disk refused since the last time. Nothing is to be waited for
    /// where records are written at once.
    pub(crate) fn hand_over(&self) -> Option<(Mark, u64)> {
        let (behind, staged) = self.behind.as_ref()?;
        behind.hand_over(&mut staged.borrow_mut());
        Some((behind.mark(), behind.failures()))
    }

    fn put(&self, job: Job) -> io::Result<()> {
        match &self.behind {
            None => job.done(&self.place),
            Some((behind, staged)) => {
                let mut staged = staged.borrow_mut();
                staged.push(job);
                if staged.len() >= HANDFUL {
                    behind.hand_over(&mut staged);
                }
                Ok(())
            }
        }
    }

    pub(crate) fn session(&self) -> &Object {
        &self.session
    }

    /// Changes the session record and puts it on disk, so that a reader and a recovery see it.
    pub(crate) fn update_session(&mut self, change: impl FnOnce(&mut Object)) -> io::Result<()> {
        change(&mut self.session);
        self.write_session()
    }

    fn write_session(&self) -> io::Result<()> {
        let trace = Object::from([
            ("session".to_owned(), Value::Object(self.session.clone())),
            ("steps".to_owned(), Value::Array(Vec::new())),
        ]);
        self.write_record(paths::TRACE, &trace.into())
    }

    /// The indexes that have steps, ascending.
    pub(crate) fn step_indexes(&self) -> io::Result<Vec<u64>> {
        finish::step_indexes(self.store())
    }

    /// The members of a document, if it is there and an object.
    pub(crate) fn read_object(&self, path: &str) -> Option<Object> {
        match parse(&self.store().read(path).ok()?) {
            Ok(Value::Object(members)) => Some(members),
            _ => None,
        }
    }

    /// The canonical step at an index, if one was written.
    pub(crate) fn read_step(&self, index: u64) -> Option<Object> {
        let read = |path: &str| match parse(&self.store().read(path).ok()?) {
            Ok(Value::Object(step)) => Some(step),
            _ => None,
        };
        read(&paths::step(index)).or_else(|| {
            let folder = paths::step_folder(index);
            let entries = self.store().list(&folder).ok()?;
            entries
                .iter()
                .filter_map(|entry| read(&format!("{folder}/{}", entry.name)))
                .find(|step| step.contains_key("step_iterations"))
        })
    }

    /// Writes the canonical step at its index. Returns how long its document is, in bytes.
    pub(crate) fn write_step(&self, index: u64, step: &Object) -> io::Result<usize> {
        if step.contains_key("step_iterations") {
            let folder = paths::step_folder(index);
            if self.store().exists(&folder) {
                return self.write_object(iteration_file(&folder, step), step);
            }
        }
        self.write_object(paths::step(index), step)
    }

    /// Writes a further step at an index that has a canonical one. The canonical step moves into a folder with the first.
    pub(crate) fn write_iteration(&self, index: u64, canonical: &mut Object, iteration: &Object) -> io::Result<()> {
        let folder = paths::step_folder(index);
        let known = self.store().list(&folder)?.len();
        let file = iteration_file(&folder, iteration);
        let count = match known {
            0 => 2,
            known if self.store().exists(&file) => known,
            known => known + 1,
        };
        canonical.insert("step_iterations".into(), count.into());
        // In this order a reader finds the canonical step at every moment, and a recovery can tell what was under way.
        self.write_object(iteration_file(&folder, canonical), canonical)?;
        self.store().remove(&paths::step(index))?;
        self.write_object(file, iteration).map(drop)
    }

    /// Whether an emission with this id stands beside the canonical step of an index.
    pub(crate) fn has_iteration(&self, index: u64, id: &str) -> bool {
        self.store().exists(&format!("{}/{}.json", paths::step_folder(index), short_id(id)))
    }

    pub(crate) fn append(&self, path: &str, lines: &[u8]) -> io::Result<()> {
        match &self.behind {
            None => self.place.append(path, lines),
            Some(_) => self.put(Job::Append(path.to_owned(), lines.to_vec())),
        }
    }

    pub(crate) fn write_screenshot(&self, index: u64, moment: Moment, png: &[u8]) -> io::Result<()> {
        let path = paths::screenshot(index, moment);
        match &self.behind {
            None => self.place.write(&path, png),
            Some(_) => self.put(Job::Replace(path, png.to_vec())),
        }
    }

    /// The first number that no model call of that step and layer has on disk yet.
    pub(crate) fn next_sequence(&self, step_index: Option<u64>, layer: ModelLayer) -> u32 {
        (0..u32::MAX).find(|n| !self.store().exists(&paths::model_call(step_index, layer, *n))).unwrap_or(u32::MAX)
    }

    pub(crate) fn write_record(&self, path: &str, record: &Value) -> io::Result<()> {
        self.put(Job::Replace(path.to_owned(), record.to_document()))
    }

    /// The same for a record that nobody needs any more and that is large: where another thread writes, it also lays it out.
    pub(crate) fn give_record(&self, path: String, record: Value, weight: usize) -> io::Result<()> {
        match &self.behind {
            None => self.write_record(&path, &record),
            Some(_) => self.put(Job::Record(path, record, weight)),
        }
    }

    /// The same for a record that stands alone. Returns how long its document is, in bytes.
    fn write_object(&self, path: String, record: &Object) -> io::Result<usize> {
        let mut bytes = Vec::with_capacity(2048);
        write_members(record, 0, &mut bytes);
        bytes.push(b'\n');
        let length = bytes.len();
        self.put(Job::Replace(path, bytes)).map(|()| length)
    }

    /// The same for what must outlive the machine as well as the process.
    pub(crate) fn write_record_synced(&self, path: &str, record: &Value) -> io::Result<()> {
        self.store().write_synced(path, &record.to_document())
    }

    /// Whether the folder that was opened is no longer in its place.
    pub(crate) fn was_removed(&self) -> bool {
        !self.store().exists(paths::INCOMPLETE) && !self.store().exists(paths::MANIFEST)
    }

    /// Removes the bundle, all of it at once.
    pub(crate) fn discard(&mut self) -> io::Result<()> {
        let folder = self.store().root().to_owned();
        // Some systems keep a folder in its place as long as a file in it is open.
        self.incomplete = None;
        crate::retention::remove(folder.parent().unwrap_or(&folder), &folder)
    }

    /// Completes the bundle; the manifest comes last. Can be called again after a failure.
    pub(crate) fn finish(&mut self, status: RunStatus, ended_at: Timestamp) -> io::Result<()> {
        if !self.incomplete.as_ref().is_none_or(|held| is_same(held, &self.store().path(paths::INCOMPLETE))) {
            return Err(io::Error::other("another run is recorded in its folder now"));
        }
        self.session.insert("status".into(), status.into());
        // Its owner may have said it.
        if self.session.get("ended_at").is_none_or(Value::is_null) {
            self.session.insert("ended_at".into(), ended_at.to_string().into());
        }
        finish::finish(self.store(), &self.session, &self.policy_id, self.fingerprint)
    }
}

fn iteration_file(folder: &str, step: &Object) -> String {
    format!("{folder}/{}.json", short_id(step.get("step_id").and_then(Value::as_str).unwrap_or_default()))
}

/// Whether a mark that stands at a path is the one that we hold. None is as good as ours: there is nobody to disturb.
#[cfg(unix)]
fn is_same(held: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (held.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(there)) => (held.dev(), held.ino()) == (there.dev(), there.ino()),
        _ => true,
    }
}

/// The system keeps a folder with an open file in its place.
#[cfg(not(unix))]
fn is_same(_: &File, _: &Path) -> bool {
    true
}

/// What stands in a folder that is not empty; `None` if it is.
fn held(root: &Path) -> io::Result<Option<&'static str>> {
    if fs::read_dir(root)?.next().is_none() {
        return Ok(None);
    }
    Ok(Some(if root.join(paths::MANIFEST).exists() {
        "another bundle"
    } else if root.join(paths::INCOMPLETE).exists() {
        "a run that is being recorded or died (`augur recover` completes it)"
    } else {
        "other files"
    }))
}

/// What a recovery needs if the run dies before anything else is on disk.
fn birth_record(session: &Object, header: &SessionHeader) -> Value {
    Object::from([
        ("fingerprint".to_owned(), header.fingerprint.as_str().into()),
        ("pid".to_owned(), std::process::id().into()),
        ("policy_id".to_owned(), header.policy_id.as_str().into()),
        ("session".to_owned(), session.clone().into()),
    ])
    .into()
}

fn session_record(header: &SessionHeader, root: &Path) -> Object {
    let mut session = header.extra.clone();
    for (key, value) in [
        ("schema_version", Value::from(crate::SCHEMA_VERSION)),
        ("debug_session_id", header.debug_session_id.as_str().into()),
        ("run_id", header.run_id.as_str().into()),
        ("client", header.client.clone().into()),
        ("capture_mode", header.capture_mode.into()),
        ("started_at", header.started_at.as_str().into()),
        ("status", RunStatus::Running.into()),
    ] {
        session.insert(key.to_owned(), value);
    }
    // Who opens the bundle may have had to say it otherwise.
    for (key, value) in places(root) {
        session.entry(key).or_insert(value);
    }
    if !header.tags.is_empty() {
        session.insert("tags".into(), header.tags.clone().into());
    }
    session
}

/// Where a bundle and its trace stand, as the session record says it.
pub(crate) fn places(root: &Path) -> Object {
    let artifact_root = file_uri(root);
    Object::from([
        ("trace_uri".to_owned(), format!("{artifact_root}/{}", paths::TRACE).into()),
        ("artifact_root".to_owned(), artifact_root.into()),
    ])
}

/// `file://` and the path, every byte percent-encoded but letters, digits and `_ . - ~ /`.
fn file_uri(path: &Path) -> String {
    let mut uri = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~/".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
