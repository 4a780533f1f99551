//! Where the bytes of a bundle go.

mod behind;
mod local;

pub(crate) use behind::{Behind, Job, Mark};
pub(crate) use local::{Entry, LocalStore, Replacement, TEMPORARY, hex, lock};
