//! What is left of a run that was cut off in the middle: by `kill -9`, and by the power.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod agent;
mod kill;
#[cfg(target_os = "linux")]
mod power;
#[path = "../../../tests/support/mod.rs"]
mod support;
