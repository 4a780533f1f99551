//! A folder on this machine. A file is either absent or whole: it is written beside its place and renamed into it.

use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What a file is called while it is being written. Readers ignore such files; recovery sweeps them.
pub(crate) const TEMPORARY: &str = ".tmp";

/// A bundle's folder.
#[derive(Debug, Clone)]
pub(crate) struct LocalStore {
    root: PathBuf,
    /// What the medium may not hold yet; nothing is remembered where nobody asked to outlive a power cut.
    unsynced: Option<Arc<Mutex<Unsynced>>>,
}

/// Files whose content, and folders whose names, have changed since the last sync.
#[derive(Debug, Default)]
struct Unsynced {
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

impl LocalStore {
    /// A store in an existing folder. The path is made absolute once, so a later change of the working directory does not
    /// move the bundle.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        Ok(Self { root: fs::canonicalize(root)?, unsynced: None })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Replaces a file as a whole.
    pub(crate) fn write(&self, relative: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.replace(relative)?;
        file.write_all(bytes)?;
        file.commit()
    }

    /// Replaces a file as a whole and waits until the medium holds it, name and content.
    pub(crate) fn write_synced(&self, relative: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.replace(relative)?;
        file.write_all(bytes)?;
        file.file.sync_all()?;
        file.commit()?;
        // Where a folder cannot be opened as a file, its system orders the rename itself.
        match self.path(relative).parent().map(File::open) {
            Some(Ok(folder)) => folder.sync_all(),
            _ => Ok(()),
        }
    }

    /// Remembers from here on what changes, for [`sync`](Self::sync), and everything that is there already.
    pub(crate) fn track(&mut self) {
        let mut unsynced = Unsynced::default();
        let mut open = vec![self.root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => open.push(entry.path()),
                    Ok(kind) if kind.is_file() => drop(unsynced.files.insert(entry.path())),
                    _ => {}
                }
            }
            unsynced.folders.insert(folder);
        }
        // The bundle's own name, and those of the folders that may have been made for it.
        unsynced.folders.extend(self.root.ancestors().skip(1).take(3).map(Path::to_owned));
        self.unsynced = Some(Arc::new(Mutex::new(unsynced)));
    }

    /// Waits until the medium holds everything that has changed, contents before names. Does nothing unless changes are
    /// [tracked](Self::track).
    pub(crate) fn sync(&self) -> io::Result<()> {
        let Some(unsynced) = &self.unsynced else { return Ok(()) };
        let Unsynced { files, folders } = std::mem::take(&mut *unsynced.lock().unwrap_or_else(PoisonError::into_inner));
        for file in files {
            match File::open(file) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other?.sync_data()?,
            }
        }
        for folder in folders {
            // Where a folder cannot be opened as a file, its system orders the names itself.
            if let Ok(folder) = File::open(folder) {
                folder.sync_all()?;
            }
        }
        Ok(())
    }

    /// Notes that a name has come or gone, and with it perhaps the folders above.
    fn changed(&self, path: &Path) {
        let Some(unsynced) = &self.unsynced else { return };
        let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root));
        unsynced.lock().unwrap_or_else(PoisonError::into_inner).folders.extend(folders.map(Path::to_owned));
    }

    /// Begins to replace a file; nothing is seen of it before `commit`.
    pub(crate) fn replace(&self, relative: &str) -> io::Result<Replacement> {
        let target = self.path(relative);
        let temporary = self.path(&format!("{relative}{TEMPORARY}"));
        let file = or_with_parent(&temporary, |path| {
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)
        })?;
        let synced = self.unsynced.is_some();
        if synced {
            self.changed(&target);
        }
        Ok(Replacement { file, temporary, target, synced, committed: false })
    }

    /// Appends whole lines with one write, so that a kill leaves at most the last line torn.
    pub(crate) fn append(&self, relative: &str, lines: &[u8]) -> io::Result<()> {
        let path = self.path(relative);
        let mut file = or_with_parent(&path, |path| OpenOptions::new().append(true).create(true).open(path))?;
        if let Some(unsynced) = &self.unsynced {
            self.changed(&path);
            unsynced.lock().unwrap_or_else(PoisonError::into_inner).files.insert(path.clone());
        }
        let mut left = lines;
        while !left.is_empty() {
            let written = match file.write(left) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other,
            };
            match written {
                Ok(written) => left = left.get(written..).unwrap_or_default(),
                Err(error) => {
                    // Half a line would swallow the next one.
                    if left.len() < lines.len() {
                        let torn = (lines.len() - left.len()) as u64;
                        file.set_len(file.metadata()?.len().saturating_sub(torn))?;
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    pub(crate) fn read(&self, relative: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(relative))
    }

    pub(crate) fn exists(&self, relative: &str) -> bool {
        self.path(relative).exists()
    }

    pub(crate) fn remove(&self, relative: &str) -> io::Result<()> {
        self.changed(&self.path(relative));
        match fs::remove_file(self.path(relative)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let target = self.path(to);
        self.changed(&self.path(from));
        self.changed(&target);
        or_with_parent(&target, |target| fs::rename(self.path(from), target))
    }

    /// The names in a folder, sorted; none if there is no such folder. Temporary files are left out.
    pub(crate) fn list(&self, relative: &str) -> io::Result<Vec<Entry>> {
        let entries = match fs::read_dir(self.path(relative)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !name.ends_with(TEMPORARY) {
                names.push(Entry { folder: entry.file_type()?.is_dir(), name });
            }
        }
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(names)
    }

    /// The SHA-256 of a file in lower-case hex, read in pieces into a buffer that can be used again.
    pub(crate) fn digest(&self, relative: &str, buffer: &mut Vec<u8>) -> io::Result<String> {
        let mut file = File::open(self.path(relative))?;
        let mut digest = Sha256::new();
        buffer.resize(64 * 1024, 0);
        loop {
            let length = file.read(buffer)?;
            if length == 0 {
                return Ok(hex(digest.finalize()));
            }
            digest.update(buffer.get(..length).unwrap_or_default());
        }
    }
}

/// A name in a folder of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) folder: bool,
}

/// A file that takes its place when it is whole.
#[derive(Debug)]
pub(crate) struct Replacement {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    /// The content reaches the medium before the name does.
    synced: bool,
    committed: bool,
}

impl Replacement {
    /// Copies what was written so far, but for the first bytes, and returns how many they are.
    pub(crate) fn copy_to(&self, skip: u64, out: &mut impl Write) -> io::Result<u64> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(skip))?;
        io::copy(&mut file, out)
    }

    /// Puts the file in its place.
    pub(crate) fn commit(mut self) -> io::Result<()> {
        if self.synced {
            self.file.sync_data()?;
        }
        fs::rename(&self.temporary, &self.target)?;
        self.committed = true;
        Ok(())
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.committed {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Locks a file for as long as it stays open. A reader that asks whether the file is locked holds a lock itself for a moment,
/// so a refusal counts only when it lasts.
pub(crate) fn lock(file: &File) -> io::Result<bool> {
    for _ in 0..20 {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(2)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

/// Folders are made when the first file asks for them: asking first would cost every later file a system call.
fn or_with_parent<T>(path: &Path, act: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    match act(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            act(path)
        }
        other => other,
    }
}

/// A digest in lower-case hex.
pub(crate) fn hex(digest: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(digest.as_ref())
}
