//! The nouns: values, times, ids and the closed vocabularies of the records. No I/O, no `tracing`, no OpenTelemetry.

mod id;
mod json;
mod serialize;
mod time;
mod value;
mod words;

pub use id::{IdError, RunId, short_id, step_id};
pub(crate) use id::{index_of_step_id, is_reserved};
pub use json::{JsonError, MAX_DEPTH, parse, write_line, write_pretty};
pub(crate) use json::{text_of, write_members};
pub use serialize::{ValueError, to_value};
pub use time::Timestamp;
pub use value::{Number, Object, Value};
pub use words::{
    Comparator, CoordinateSpace, EffectProvenance, EventKind, EventLayer, JudgeType, ModelLayer, MutatedAxis,
    Provenance, ReasoningFormat, Reversibility, RunStatus, StepStatus, UnknownWord, VerdictStatus,
};
