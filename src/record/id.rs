//! Ids: what may name a run, and the names derived from it.

use sha2::{Digest, Sha256};
use std::fmt;

/// The longest run id, in bytes: its encoded form must still fit a file name.
const MAX_RUN_ID: usize = 200;

/// Why a text cannot be a run id. The message does not quote the text: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Nothing in it, or only white space.
    #[error("the run id is empty; give the run a name such as `checkout-2026-01-31`")]
    Empty,
    /// Longer than 200 bytes.
    #[error("the run id has {0} bytes; at most 200 fit a folder name")]
    TooLong(usize),
    /// A control character, NUL included.
    #[error("the run id holds a control character; use visible characters only")]
    Control,
    /// `/`, `\`, `.` or `..`: it would name another place in the file system.
    #[error("the run id holds a path separator or is `.` or `..`; it names one folder, so use `-` or `_` instead")]
    Path,
    /// The redaction policy would rewrite it.
    #[error(
        "the run id looks like a secret or an address; ids are stored as they are, so choose one that holds neither"
    )]
    Secret,
}

/// A run id that can be stored as it is and can name a folder.
///
/// 1 to 200 bytes, no control characters, no `/` or `\`, not `.` or `..`. Ids are never rewritten by redaction, so one that
/// holds a secret is refused where a policy is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(String);

impl RunId {
    /// Checks an id.
    ///
    /// # Errors
    /// If it cannot name a run; the error says what to change.
    pub fn new(id: impl Into<String>) -> Result<Self, IdError> {
        let id = id.into();
        if id.trim().is_empty() {
            return Err(IdError::Empty);
        }
        if id.len() > MAX_RUN_ID {
            return Err(IdError::TooLong(id.len()));
        }
        if id.chars().any(char::is_control) {
            return Err(IdError::Control);
        }
        if id.contains(['/', '\\']) || id == "." || id == ".." {
            return Err(IdError::Path);
        }
        Ok(Self(id))
    }

    /// An id for a text that cannot be one: `run-` and a digest of the text, so that the same text gives the same id.
    pub fn substitute(unusable: &str) -> Self {
        Self(format!("run-{}", short_id(unusable)))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same id with a number behind it, for a run whose id was used before.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let suffix = format!("-{number}");
        let mut end = self.0.len().min(MAX_RUN_ID.saturating_sub(suffix.len()));
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        Self(format!("{}{suffix}", self.0.get(..end).unwrap_or_default()))
    }

    /// The folder that holds the run: letters, digits, `.`, `_` and `-` as they are, everything else as `~` and its hex
    /// bytes, so that two ids never meet. A name that is too long, that begins with a dot or that some system reserves gets
    /// a digest.
    pub fn folder_name(&self) -> String {
        let mut name = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
                name.push(char::from(byte));
            } else {
                name.push_str(&format!("~{byte:02X}"));
            }
        }
        if is_reserved(&name) || name.len() > 100 || name.starts_with('-') || name.ends_with('.') {
            // A device is one whatever follows the first point of its name, so no point is left.
            let kept: String = name.trim_matches(['.', '-']).replace('.', "_").chars().take(80).collect();
            return format!("{kept}~{}", short_id(&self.0));
        }
        name
    }
}

/// Whether some system gives a file of this name a meaning of its own: devices, and what begins with a dot.
pub(crate) fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = stem.len() == 4 && ["COM", "LPT"].iter().any(|device| stem.starts_with(device));
    matches!(stem.as_str(), "" | "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered && stem.ends_with(|c: char| c.is_ascii_digit())
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a step by the convention of the format: `<run_id>/step/<NNNN>`.
pub fn step_id(run_id: &str, step_index: u64) -> String {
    format!("{run_id}/step/{step_index:04}")
}

/// The index in a step's id, if the id follows the convention; a further emission has more behind it.
pub(crate) fn index_of_step_id(id: &str) -> Option<u64> {
    let (_, rest) = id.split_once("/step/")?;
    let digits = rest.split('/').next()?;
    let index = digits.parse().ok()?;
    (digits == format!("{index:04}")).then_some(index)
}

/// The first 8 hex digits of the SHA-256 of an id: the file name of a step's iteration.
pub fn short_id(id: &str) -> String {
    Sha256::digest(id.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_name_a_run_is_refused() {
        for (id, error) in [
            ("", IdError::Empty),
            ("  ", IdError::Empty),
            ("a/b", IdError::Path),
            ("..", IdError::Path),
            ("a\\b", IdError::Path),
            ("a\0b", IdError::Control),
            ("a\nb", IdError::Control),
        ] {
            assert_eq!(RunId::new(id).unwrap_err(), error, "{id:?}");
        }
        assert_eq!(RunId::new("x".repeat(300)).unwrap_err(), IdError::TooLong(300));
    }

    #[test]
    fn folder_names_are_plain_and_never_meet() {
        for (id, folder) in [
            ("run_1", "run_1"),
            ("a b", "a~20b"),
            ("a~20b", "a~7E20b"),
            ("ü", "~C3~BC"),
            ("parent:branch:01", "parent~3Abranch~3A01"),
        ] {
            assert_eq!(RunId::new(id).unwrap().folder_name(), folder);
        }
        for id in ["CON", "nul.txt", "nul.t", ".hidden", "-rf", "x.", "com1"] {
            let name = RunId::new(id).unwrap().folder_name();
            assert!(!is_reserved(&name));
            assert!(name.contains('~') && !name.starts_with(['.', '-']), "{id} -> {name}");
        }
        let long = RunId::new("ä".repeat(100)).unwrap().folder_name();
        assert!(long.len() <= 100);
    }

    #[test]
    fn short_ids_follow_the_format() {
        assert_eq!(short_id("run_v/step/0001"), "e51cc6cb");
        assert_eq!(short_id("run_v/step/0001/it1"), "b9baefed");
    }

    #[test]
    fn a_number_never_makes_an_id_too_long() {
        let id = RunId::new("x".repeat(200)).unwrap().numbered(12);
        assert!(id.as_str().len() == 200 && id.as_str().ends_with("-12"));
    }
}
