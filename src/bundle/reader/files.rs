//! The files of a bundle: found without following links, read with a bound.

use super::{Outline, ReadError};
use crate::record::{Value, parse};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Component, Path, PathBuf},
    vec,
};

/// The most that is read of one JSON document, one line, or one piece of a long document.
const LIMIT: u64 = 256 * 1024 * 1024;

/// The files below a bundle's folder, by path relative to it with `/` between names.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
    limit: u64,
}

/// What stands behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// A symbolic link; it is never followed.
    Link,
    /// A device, a socket, a pipe: opening one may block forever.
    Special,
    /// The name is not UTF-8, so no path in a bundle can say it.
    Unnamed,
}

/// A name in a folder, with its path from the bundle's folder.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) kind: Kind,
    /// How long it is; 0 where sizes were not asked for.
    pub(crate) bytes: u64,
}

impl Files {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), limit: LIMIT }
    }

    #[cfg(test)]
    pub(crate) fn with_limit(root: &Path, limit: u64) -> Self {
        Self { root: root.to_owned(), limit }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What stands at a path; `None` if nothing does, if the path leads out of the bundle or if it leads through a link.
    pub(crate) fn kind(&self, path: &str) -> Option<Kind> {
        self.metadata(path).ok().map(|metadata| kind(metadata.file_type()))
    }

    fn metadata(&self, path: &str) -> io::Result<fs::Metadata> {
        let mut place = self.root.clone();
        let mut found = None;
        for component in Path::new(path).components() {
            let Component::Normal(name) = component else {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path leads out of the bundle"));
            };
            if found.as_ref().is_some_and(|above: &fs::Metadata| above.is_symlink()) {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path leads through a symbolic link"));
            }
            place.push(name);
            found = Some(fs::symlink_metadata(&place)?);
        }
        found.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path is empty"))
    }

    pub(crate) fn open(&self, path: &str) -> Result<File, ReadError> {
        let metadata = self.metadata(path).map_err(|error| ReadError::io(path, error))?;
        match kind(metadata.file_type()) {
            Kind::File => File::open(self.root.join(path)).map_err(|error| ReadError::io(path, error)),
            Kind::Folder => Err(ReadError::shape(path, "is a folder")),
            Kind::Link => Err(ReadError::shape(path, "is a symbolic link, which is not followed")),
            Kind::Special | Kind::Unnamed => Err(ReadError::shape(path, "is neither a file nor a folder")),
        }
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let file = self.open(path)?;
        file.take(self.limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| ReadError::io(path, error))?;
        if bytes.len() as u64 > self.limit {
            return Err(ReadError::TooLarge { path: path.to_owned(), limit: self.limit });
        }
        Ok(bytes)
    }

    /// The bytes of a file that was just found to be one, into a buffer that can be used again. `false` if there are more
    /// than `most`.
    pub(crate) fn read_found(&self, entry: &Entry, most: u64, buffer: &mut Vec<u8>) -> Result<bool, ReadError> {
        let failed = |error| ReadError::io(&entry.path, error);
        let file = File::open(self.root.join(&entry.path)).map_err(failed)?;
        buffer.clear();
        // Room for the end of the file, or looking for it would cost a read more.
        buffer.reserve(16 * 1024);
        file.take(most.min(self.limit).saturating_add(1)).read_to_end(buffer).map_err(failed)?;
        if buffer.len() as u64 > self.limit {
            return Err(ReadError::TooLarge { path: entry.path.clone(), limit: self.limit });
        }
        Ok(buffer.len() as u64 <= most)
    }

    /// How long a file is, in bytes; 0 if that cannot be told.
    pub(crate) fn length(&self, path: &str) -> u64 {
        self.metadata(path).map_or(0, |metadata| metadata.len())
    }

    /// The JSON value in a file.
    pub(crate) fn json(&self, path: &str) -> Result<Value, ReadError> {
        parse(&self.read(path)?).map_err(|error| ReadError::Json { path: path.to_owned(), error: Box::new(error) })
    }

    /// A long JSON document in pieces.
    pub(crate) fn outline(&self, path: &str, chosen: &'static str) -> Result<Outline, ReadError> {
        Ok(Outline::new(self.open(path)?, path, chosen, self.limit))
    }

    /// The lines of a file.
    pub(crate) fn lines(&self, path: &str) -> Result<Lines, ReadError> {
        let input = BufReader::new(Tee::new(self.open(path)?));
        Ok(Lines { input, path: path.to_owned(), limit: self.limit, broken: false })
    }

    pub(crate) fn digest(&self, path: &str) -> Result<[u8; 32], ReadError> {
        let mut tee = Tee::new(self.open(path)?);
        io::copy(&mut tee, &mut io::sink()).map_err(|error| ReadError::io(path, error))?;
        Ok(tee.digest())
    }

    /// What is in a folder, in path order: a folder sorts as its files do, with the slash behind its name. Nothing if there
    /// is no such folder.
    pub(crate) fn list(&self, folder: &str) -> Result<Vec<Entry>, ReadError> {
        self.entries(folder, true)
    }

    fn entries(&self, folder: &str, sizes: bool) -> Result<Vec<Entry>, ReadError> {
        let place = if folder.is_empty() { self.root.clone() } else { self.root.join(folder) };
        if !folder.is_empty() && self.kind(folder) != Some(Kind::Folder) {
            return Ok(Vec::new());
        }
        let failed = |error| ReadError::io(if folder.is_empty() { "." } else { folder }, error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let found = if sizes {
                entry.metadata().map(|metadata| (kind(metadata.file_type()), metadata.len()))
            } else {
                entry.file_type().map(|is| (kind(is), 0))
            };
            // Gone again while the run goes on.
            let Ok((kind, bytes)) = found else { continue };
            let name = entry.file_name();
            let kind = if name.to_str().is_some() { kind } else { Kind::Unnamed };
            let name = name.to_string_lossy();
            let path = if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") };
            entries.push(Entry { path, kind, bytes });
        }
        entries.sort_by(|a, b| a.sort_key().cmp(b.sort_key()));
        Ok(entries)
    }

    /// Everything below the bundle's folder, in path order; folders are entered and not told.
    pub(crate) fn walk(&self) -> Walk<'_> {
        Walk { sizes: true, ..self.walk_in("", &[]) }
    }

    /// Everything below a folder, without sizes; some folders are told and not entered.
    pub(crate) fn walk_in(&self, folder: &'static str, closed: &'static [&'static str]) -> Walk<'_> {
        Walk { files: self, open: Vec::new(), folder, closed, sizes: false, started: false }
    }
}

impl Entry {
    /// The name without its folder.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn sort_key(&self) -> impl Iterator<Item = u8> {
        let slash = (self.kind == Kind::Folder).then_some(b'/');
        self.path.bytes().chain(slash)
    }
}

fn kind(is: fs::FileType) -> Kind {
    if is.is_symlink() {
        Kind::Link
    } else if is.is_dir() {
        Kind::Folder
    } else if is.is_file() {
        Kind::File
    } else {
        Kind::Special
    }
}

/// Walks a bundle's folder; one folder's names per level are held.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    files: &'a Files,
    open: Vec<vec::IntoIter<Entry>>,
    folder: &'static str,
    closed: &'static [&'static str],
    sizes: bool,
    started: bool,
}

/// How deep folders may stand in each other: no bundle needs more than three.
const MAX_FOLDERS: usize = 32;

impl Walk<'_> {
    fn enter(&mut self, folder: &str) -> Result<(), ReadError> {
        if self.open.len() >= MAX_FOLDERS {
            return Err(ReadError::shape(folder, "stands too deep"));
        }
        self.open.push(self.files.entries(folder, self.sizes)?.into_iter());
        Ok(())
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Entry, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !std::mem::replace(&mut self.started, true)
            && let Err(error) = self.enter(self.folder)
        {
            return Some(Err(error));
        }
        loop {
            match self.open.last_mut()?.next() {
                None => {
                    self.open.pop();
                }
                Some(entry) if entry.kind == Kind::Folder && !self.closed.contains(&entry.path.as_str()) => {
                    if let Err(error) = self.enter(&entry.path) {
                        return Some(Err(error));
                    }
                }
                Some(entry) => return Some(Ok(entry)),
            }
        }
    }
}

/// The lines of a file, without their newlines.
#[derive(Debug)]
pub(crate) struct Lines {
    input: BufReader<Tee<File>>,
    path: String,
    limit: u64,
    broken: bool,
}

/// One line.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) bytes: Vec<u8>,
    /// Whether a newline ends it: the last line of a run that died may be torn.
    pub(crate) whole: bool,
}

impl Lines {
    /// The digest of the file, once the last line was read.
    pub(crate) fn digest(self) -> [u8; 32] {
        self.input.into_inner().digest()
    }
}

impl Iterator for Lines {
    type Item = Result<Line, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        let mut bytes = Vec::new();
        let read = self.input.by_ref().take(self.limit.saturating_add(1)).read_until(b'\n', &mut bytes);
        let error = match read {
            Ok(0) => return None,
            Ok(_) if bytes.len() as u64 > self.limit => {
                ReadError::TooLarge { path: self.path.clone(), limit: self.limit }
            }
            Ok(_) => {
                let whole = bytes.last() == Some(&b'\n');
                bytes.truncate(bytes.len() - usize::from(whole));
                return Some(Ok(Line { bytes, whole }));
            }
            Err(error) => ReadError::io(&self.path, error),
        };
        self.broken = true;
        Some(Err(error))
    }
}

/// Computes a digest of everything that is read through it.
pub(crate) struct Tee<R> {
    inner: R,
    digest: Sha256,
}

impl<R> Tee<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    pub(crate) fn digest(self) -> [u8; 32] {
        self.digest.finalize().into()
    }
}

impl<R: Read> Read for Tee<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.digest.update(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

impl<R> std::fmt::Debug for Tee<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tee")
    }
}
