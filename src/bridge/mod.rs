//! The doors: where a run comes in. They write neutral facts; the vocabularies read them; the assembly makes records.

mod assembly;
mod door;
mod extension;
pub(crate) mod facts;
mod filter;
mod layer;
mod macros;
mod run;
mod seen;
mod visit;
pub(crate) mod vocabulary;

pub(crate) use door::{Door, Settings, debug_session_id};
pub use extension::SpanExt;
pub(crate) use extension::{PICTURE_RULE, unusable_picture};
pub(crate) use filter::Wanted;
pub(crate) use layer::AugurLayer;
