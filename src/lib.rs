//! Work in progress.
pub mod record;
