//! Where the bytes of a bundle go.

mod local;

pub(crate) use local::{LocalStore, TEMPORARY, lock};
