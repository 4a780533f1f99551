//! What a call on a session can answer but success.

use crate::{bundle::OpenError, pipeline::Refused, record::IdError};
use std::io;

/// Why a call on a session failed. The session goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// An argument is not what the call takes.
    #[error("{0}")]
    InvalidArgument(String),
    /// The session is not in a state for the call.
    #[error("{0}")]
    WrongState(String),
    /// What the call names does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The file system refused.
    #[error("{0}")]
    Io(String),
    /// The recorder itself failed; please report it.
    #[error("{0}")]
    Internal(String),
}

impl SessionError {
    /// The word of the record protocol: `invalid_argument`, `wrong_state`, `not_found`, `io` or `internal`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::InvalidArgument(_) => "invalid_argument",
            Self::WrongState(_) => "wrong_state",
            Self::NotFound(_) => "not_found",
            Self::Io(_) => "io",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<io::Error> for SessionError {
    fn from(error: io::Error) -> Self {
        Self::Io(format!("the disk refused: {error}"))
    }
}

impl From<Refused> for SessionError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Invalid(message) => Self::InvalidArgument(message),
            Refused::Io(error) => error.into(),
            Refused::Unfit(what) => {
                Self::InvalidArgument(format!("{what} does not fit its schema once it is redacted"))
            }
        }
    }
}

impl From<OpenError> for SessionError {
    fn from(error: OpenError) -> Self {
        Self::Io(error.to_string())
    }
}

impl From<IdError> for SessionError {
    fn from(error: IdError) -> Self {
        Self::InvalidArgument(error.to_string())
    }
}
