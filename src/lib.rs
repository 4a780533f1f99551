//! Debug bundles for AI agents, from the `tracing` spans that they emit already.
#![doc = include_str!("guide.md")]

#[doc(hidden)]
pub use tracing;

pub mod adapters;
mod ambient;
mod bridge;
pub mod bundle;
mod capture;
mod config;
mod console;
pub mod diagnose;
mod filter;
mod guard;
mod install;
#[cfg(feature = "otlp")]
mod otlp;
mod panics;
mod pipeline;
pub mod record;
pub mod redact;
pub mod retention;
mod sampling;
pub mod schema;
pub mod session;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
#[doc = include_str!("vocabulary.md")]
pub mod vocabulary {}

pub use bridge::{CurrentRun, SpanExt, carried, current_run};
pub use bundle::Moment;
pub use capture::CaptureMode;
pub use config::{Config, ConfigError};
pub use filter::{FilterError, TargetFilter};
pub use guard::{BundleReport, Guard, Report};
pub use install::{BoxedLayer, InstallError, init, layer};
#[cfg(feature = "otlp")]
pub use otlp::{ExitReport, SignalReport};
pub use panics::record_panics;
pub use pipeline::{Durability, FlightRecorder, Loss};
pub use retention::Retention;
pub use sampling::{Sampling, SamplingError};
pub use session::Session;

/// The version of the record schemas that a bundle follows.
pub const SCHEMA_VERSION: &str = "0.1";
