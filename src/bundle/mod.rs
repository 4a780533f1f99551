//! Exit 1: the bundle on disk. Layout, writing while the run goes on, completing, recovering, reading and judging.

mod agent_md;
pub mod fingerprint;
mod finish;
mod lists;
pub(crate) mod paths;
mod reader;
mod recover;
mod references;
mod replay;
mod signatures;
mod summary;
mod validate;
mod writer;

pub use reader::{Artifact, Bundle, BundleState, Events, ReadError, Records, Steps, StoredStep};
pub(crate) use reader::{Files, Kind};
pub use recover::{RecoverError, Recovery, recover};
pub(crate) use summary::shortened;
pub use summary::{Counts, FailedStep, Summary, Tokens, document, visible};
pub use validate::{Problem, Report, validate};
pub(crate) use writer::{BundleWriter, SessionHeader, places};
pub use writer::{Moment, OpenError};
