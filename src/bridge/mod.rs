//! The doors: where a run comes in. They write neutral facts; the vocabularies read them; the assembly makes records.

mod around;
mod assembly;
mod door;
mod extension;
pub(crate) mod facts;
mod filter;
mod layer;
mod link;
mod macros;
mod packed;
mod run;
mod seen;
mod text;
pub(crate) mod vocabulary;

pub use around::{CurrentRun, carried, current_run};
pub(crate) use door::{Door, Settings, debug_session_id};
pub use extension::SpanExt;
pub(crate) use extension::{PICTURE_RULE, unusable_picture};
pub(crate) use filter::Wanted;
pub(crate) use layer::AugurLayer;
