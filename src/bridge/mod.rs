//! The doors: where a run comes in. They write neutral facts; the vocabularies read them; the assembly makes records.

mod around;
mod assembly;
mod create;
mod door;
mod effects;
mod extension;
pub(crate) mod facts;
mod filter;
mod layer;
mod layers;
mod link;
mod macros;
mod node;
mod observation;
mod packed;
mod panicked;
mod run;
mod seen;
mod text;
pub(crate) mod vocabulary;

pub use around::{CurrentRun, carried, current_run};
pub(crate) use door::{Door, Settings};
pub use extension::SpanExt;
pub(crate) use extension::{PICTURE_RULE, unusable_picture};
pub(crate) use filter::Wanted;
#[cfg(feature = "otlp")]
pub(crate) use filter::is_our_own;
pub(crate) use layer::AugurLayer;
pub(crate) use panicked::panicked_in;
