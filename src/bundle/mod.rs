//! Exit 1: the bundle on disk. Layout, writing while the run goes on, completing, recovering, reading and judging.

mod agent_md;
mod finish;
mod fingerprint;
pub(crate) mod paths;
mod reader;
mod recover;
mod summary;
mod validate;
mod writer;

pub use reader::{Bundle, BundleState, ReadError};
pub use recover::{RecoverError, Recovery, recover};
pub use summary::{Summary, document, visible};
pub use validate::{Problem, Report, validate};
pub(crate) use writer::{BundleWriter, SessionHeader};
pub use writer::{Moment, OpenError};
