//! Adapters: agents and model providers that have words and logs of their own, turned into the records of a bundle.
//!
//! - [`Adapter`] and [`drive`]: hooks for an agent's own steps, actions, decisions and pictures, and what calls them.
//! - [`messages`]: logs of conversations with a model provider become bundles.
//! - [`response`]: reasoning, log probabilities and token counts out of a provider's response.
//! - [`model_scope`]: which part of the agent the model calls inside belong to.
//! - [`mantis`]: the words and settings of Mantis.

mod adapter;
mod driver;
mod intervention;
pub mod mantis;
pub mod messages;
pub mod response;
mod scope;
mod side_effect;

pub use adapter::{Adapter, Observed};
pub use driver::{Driven, Driver, Input, drive};
pub use intervention::{Intervention, InterventionChannel, intervene};
pub use scope::{
    ModelContext, ModelScope, current_model_scope, in_model_scope, model_scope, model_scope_named, record_model_call,
};

use crate::record::{Object, Value};

/// The type of an action that nobody named.
const NO_ACTION: &str = "noop";

/// An action that the format accepts: one without a type does nothing that is known.
fn typed_action(mut action: Object) -> Object {
    let named = action.get("type").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    if !named {
        action.insert("type".to_owned(), NO_ACTION.into());
    }
    action
}
