//! Retention: which finished bundles of a folder are kept, and the removal of the rest.

use crate::bundle::{Bundle, BundleState};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, SystemTime},
};

/// What a bundle is called between being given up and being gone. Hidden, so that nobody takes it for a run.
const DOOMED: &str = ".augur-removed-";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How many bundles are kept in a folder, how long, and how much room they may take. What goes, goes oldest first; a run
/// that is still recording never does.
///
/// Written as `AUGUR_KEEP` has it: `runs=100`, `days=30`, `bytes=5GB`, or several of them with commas between.
///
/// ```
/// use tracing_augur::retention::{Retention, RetentionError};
///
/// let said: Retention = "runs=100, days=30, bytes=5GB".parse()?;
/// assert_eq!(said, Retention::default().runs(100).days(30).bytes(5_000_000_000));
/// # Ok::<(), RetentionError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    runs: Option<usize>,
    days: Option<u64>,
    bytes: Option<u64>,
}

/// A text that says nothing about what to keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} does not say what to keep; accepted: runs=<n>, days=<n>, bytes=<n>[kB|MB|GB|TB|KiB|MiB|GiB|TiB], with commas between"
)]
pub struct RetentionError(String);

/// A bundle that is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expired {
    /// Its folder.
    pub folder: PathBuf,
    /// How much room its files take, in bytes.
    pub bytes: u64,
    /// When it was last written.
    pub written: SystemTime,
    /// Which limit it is over.
    pub limit: Limit,
}

/// A limit of a [`Retention`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// There are enough runs that are newer.
    Runs,
    /// It is too old.
    Days,
    /// It and what is newer take too much room.
    Bytes,
}

impl Limit {
    /// The word that `AUGUR_KEEP` has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Days => "days",
            Self::Bytes => "bytes",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of the bundles that were not kept.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Removed {
    /// Those that are gone.
    pub bundles: Vec<Expired>,
    /// Those that could not be removed, and why.
    pub failed: Vec<(PathBuf, io::Error)>,
}

struct Candidate {
    folder: PathBuf,
    written: SystemTime,
    recording: bool,
}

impl Retention {
    /// Keeps at most this many runs.
    #[must_use]
    pub fn runs(mut self, runs: usize) -> Self {
        self.runs = Some(runs);
        self
    }

    /// Keeps runs for this many days after they were last written.
    #[must_use]
    pub fn days(mut self, days: u64) -> Self {
        self.days = Some(days);
        self
    }

    /// Keeps the newest runs that together take at most this many bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// The bundles directly in `root` that are over a limit, oldest first. What is no bundle, or a link to one, is passed over.
    ///
    /// # Errors
    /// If `root` cannot be read. A root that does not exist holds nothing.
    pub fn expired(&self, root: &Path, now: SystemTime) -> io::Result<Vec<Expired>> {
        let mut found = candidates(root)?;
        found.sort_by(|a, b| b.written.cmp(&a.written).then_with(|| b.folder.cmp(&a.folder)));
        let oldest = self.days.and_then(|days| now.checked_sub(DAY.checked_mul(u32::try_from(days).ok()?)?));
        let (mut runs, mut taken) = (0_usize, 0_u64);
        let mut expired = Vec::new();
        for Candidate { folder, written, recording } in found {
            let bytes = self.bytes.map(|_| size(&folder));
            runs += 1;
            taken = taken.saturating_add(bytes.unwrap_or_default());
            let over = if oldest.is_some_and(|oldest| written < oldest) {
                Some(Limit::Days)
            } else if self.runs.is_some_and(|limit| runs > limit) {
                Some(Limit::Runs)
            } else if self.bytes.is_some_and(|limit| taken > limit) {
                Some(Limit::Bytes)
            } else {
                None
            };
            if let Some(limit) = over.filter(|_| !recording) {
                let bytes = bytes.unwrap_or_else(|| size(&folder));
                expired.push(Expired { folder, bytes, written, limit });
            }
        }
        expired.reverse();
        Ok(expired)
    }

    /// Removes the bundles in `root` that are over a limit, and what an earlier removal left behind. A bundle disappears as a
    /// whole: a reader finds all of it or nothing.
    ///
    /// # Errors
    /// If `root` cannot be read.
    pub fn apply(&self, root: &Path, now: SystemTime) -> io::Result<Removed> {
        let mut removed = Removed::default();
        for expired in self.expired(root, now)? {
            match remove(root, &expired.folder) {
                Ok(()) => removed.bundles.push(expired),
                // Another process was quicker.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => removed.failed.push((expired.folder, error)),
            }
        }
        sweep(root);
        Ok(removed)
    }
}

fn candidates(root: &Path) -> io::Result<Vec<Candidate>> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if hidden || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let folder = entry.path();
        let Ok(state) = Bundle::open(&folder).map(|bundle| bundle.state()) else { continue };
        let Some(written) = ["manifest.json", "incomplete"].iter().find_map(|name| modified(&folder.join(name))) else {
            continue;
        };
        found.push(Candidate { folder, written, recording: state == BundleState::Recording });
    }
    Ok(found)
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(file).and_then(|metadata| metadata.modified()).ok()
}

/// What the files below a folder hold, in bytes. Links are not followed.
fn size(folder: &Path) -> u64 {
    let mut open = vec![folder.to_owned()];
    let mut bytes = 0_u64;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => open.push(entry.path()),
                Ok(metadata) => bytes = bytes.saturating_add(metadata.len()),
                Err(_) => {}
            }
        }
    }
    bytes
}

/// Removes a bundle as a whole: a reader finds all of it or nothing.
pub(crate) fn remove(root: &Path, folder: &Path) -> io::Result<()> {
    let name = folder.file_name().ok_or(io::ErrorKind::NotFound)?;
    let mut doomed = std::ffi::OsString::from(DOOMED);
    doomed.push(name);
    let doomed = root.join(doomed);
    fs::rename(folder, &doomed)?;
    fs::remove_dir_all(doomed)
}

/// A process that ended while it removed something left the rest.
fn sweep(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let doomed = entry.file_name().as_encoded_bytes().starts_with(DOOMED.as_bytes());
        if doomed && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl FromStr for Retention {
    type Err = RetentionError;

    fn from_str(text: &str) -> Result<Self, RetentionError> {
        let refused = || RetentionError(text.to_owned());
        let mut retention = Self::default();
        for part in text.split(',') {
            let (name, number) = part.split_once('=').ok_or_else(refused)?;
            let number = number.trim();
            match name.trim() {
                "runs" => retention.runs = Some(number.parse().map_err(|_| refused())?),
                "days" => retention.days = Some(number.parse().map_err(|_| refused())?),
                "bytes" => retention.bytes = Some(bytes(number).ok_or_else(refused)?),
                _ => return Err(refused()),
            }
        }
        Ok(retention)
    }
}

/// `5GB` is 5,000,000,000, `5GiB` is 5 × 2³⁰.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_people_write_them_and_refused_with_what_is_accepted() {
        for (text, expected) in [
            ("runs=3", Retention::default().runs(3)),
            ("days = 30 , runs=1", Retention::default().days(30).runs(1)),
            ("bytes=0", Retention::default().bytes(0)),
            ("bytes=2 MiB", Retention::default().bytes(2 << 20)),
            ("bytes=7kB", Retention::default().bytes(7_000)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in
            ["", "3", "runs", "runs=-1", "runs=many", "weeks=2", "bytes=5XB", "bytes=99999999TB", "days=1;runs=2"]
        {
            let error = text.parse::<Retention>().unwrap_err().to_string();
            assert!(error.contains("accepted: runs=<n>, days=<n>, bytes=<n>"), "{error}");
        }
    }
}
