//! What can go wrong when a bundle is read.

use crate::record::JsonError;
use std::io;

/// Why something in a bundle cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system refused.
    #[error("{path}: {error}")]
    Io {
        /// The file, relative to the bundle.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The folder holds no bundle.
    #[error("not a bundle: the folder has no `manifest.json` and no trace of a run")]
    NotABundle,
    /// A document, a line or one part of a long document is too large to be read.
    #[error("{path}: larger than the {limit} bytes that are read at once")]
    TooLarge {
        /// The file, relative to the bundle.
        path: String,
        /// The bound in bytes.
        limit: u64,
    },
    /// A file does not hold JSON.
    #[error("{path}: not valid JSON: {error}")]
    Json {
        /// The file, relative to the bundle.
        path: String,
        /// What is wrong, and where in the file (or in the part of a long document).
        error: Box<JsonError>,
    },
    /// A file is not what its place asks for.
    #[error("{path}: {what}")]
    Shape {
        /// The file, relative to the bundle.
        path: String,
        /// What is wrong.
        what: String,
    },
}

impl ReadError {
    pub(crate) fn io(path: &str, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }

    pub(crate) fn shape(path: &str, what: &str) -> Self {
        Self::Shape { path: path.to_owned(), what: what.to_owned() }
    }

    /// Whether nothing stands at the place.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }

    /// The file, relative to the bundle; `.` for the bundle itself.
    pub fn path(&self) -> &str {
        match self {
            Self::Io { path, .. }
            | Self::TooLarge { path, .. }
            | Self::Json { path, .. }
            | Self::Shape { path, .. } => path,
            Self::NotABundle => ".",
        }
    }

    /// What is wrong, without the path.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Io { error, .. } => error.to_string(),
            Self::Json { error, .. } => format!("not valid JSON: {error}"),
            Self::Shape { what, .. } => what.clone(),
            Self::TooLarge { limit, .. } => format!("larger than the {limit} bytes that are read at once"),
            Self::NotABundle => self.to_string(),
        }
    }
}
