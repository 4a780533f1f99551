//! The road between the doors and the exits: a bounded queue, one worker, gate, redaction, validation, and an account of
//! what was lost on the way.

mod acknowledge;
mod dial;
mod durability;
mod evidence;
mod exit;
mod flight_recorder;
mod lane;
mod ledger;
mod loss;
mod mend;
mod queue;
mod recorded;
mod road;
mod sensitive;
mod steps;
mod worker;

pub(crate) use acknowledge::Acknowledged;
pub(crate) use dial::Dial;
pub use durability::Durability;
pub(crate) use evidence::Picture;
#[cfg(feature = "otlp")]
pub(crate) use exit::Passed;
pub(crate) use exit::{Exit, Scene};
pub use flight_recorder::FlightRecorder;
pub(crate) use lane::Lane;
pub(crate) use ledger::{Amendment, Refused, Settlement};
pub use loss::Loss;
pub(crate) use loss::Losses;
pub(crate) use mend::Fit;
pub(crate) use road::{Known, Patch, Road};
pub(crate) use worker::{Pipeline, Urgency, notice};
