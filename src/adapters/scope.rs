//! Which part of the agent is calling a model: said once around the calls instead of at each of them.

use crate::{
    Session,
    record::{ModelLayer, Object, UnknownWord},
    session::SessionError,
};
use serde::Serialize;
use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    marker::PhantomData,
    pin::pin,
};

/// What the model calls inside a scope have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelContext {
    /// The part of the agent that calls.
    pub layer: ModelLayer,
    /// The step that the calls belong to; `None` for calls of the whole run.
    pub step_index: Option<u64>,
}

thread_local! {
    /// The scopes that this thread is in, each with its number.
    static SCOPES: RefCell<(u64, Vec<(u64, ModelContext)>)> = const { RefCell::new((0, Vec::new())) };
}

/// Ends the scope when it is dropped. It stays on its thread; for futures there is [`in_model_scope`].
#[derive(Debug)]
#[must_use = "the scope ends when this is dropped"]
pub struct ModelScope {
    number: u64,
    /// A guard that moved to another thread would end a scope there.
    here: PhantomData<*const ()>,
}

impl Drop for ModelScope {
    fn drop(&mut self) {
        // Guards may be dropped in any order, so each takes its own entry.
        let _ = SCOPES.try_with(|scopes| {
            if let Ok(mut scopes) = scopes.try_borrow_mut() {
                scopes.1.retain(|(number, _)| *number != self.number);
            }
        });
    }
}

/// Model calls on this thread belong to `layer`, and to a step if one is given, until the guard is dropped. Scopes nest; the
/// innermost counts.
///
/// ```
/// use tracing_augur::{adapters, record::ModelLayer};
///
/// let _planning = adapters::model_scope(ModelLayer::Planner, Some(3));
/// assert_eq!(adapters::current_model_scope().unwrap().layer, ModelLayer::Planner);
/// ```
pub fn model_scope(layer: ModelLayer, step_index: Option<u64>) -> ModelScope {
    let number = SCOPES.try_with(|scopes| {
        let Ok(mut scopes) = scopes.try_borrow_mut() else { return 0 };
        scopes.0 += 1;
        let number = scopes.0;
        scopes.1.push((number, ModelContext { layer, step_index }));
        number
    });
    ModelScope { number: number.unwrap_or(0), here: PhantomData }
}

/// The same for a layer by its word.
///
/// # Errors
/// If no layer has that name; the message lists those that are known. Nothing is entered then, so a typing error tags no
/// call as something that it is not.
pub fn model_scope_named(layer: &str, step_index: Option<u64>) -> Result<ModelScope, UnknownWord> {
    layer.parse().map(|layer| model_scope(layer, step_index))
}

/// The innermost scope that this thread is in.
pub fn current_model_scope() -> Option<ModelContext> {
    SCOPES.try_with(|scopes| scopes.try_borrow().ok()?.1.last().map(|(_, context)| *context)).ok().flatten()
}

/// Runs a future inside a scope, on whichever threads it is polled.
///
/// ```
/// # use tracing_augur::{adapters::{current_model_scope, in_model_scope}, record::ModelLayer};
/// # async fn ask() -> bool { current_model_scope().is_some() }
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # let work = async {
/// let answered = in_model_scope(ModelLayer::Verifier, Some(4), ask()).await;
/// # assert!(answered && current_model_scope().is_none());
/// # };
/// # assert!(std::pin::pin!(work).poll(&mut context).is_ready());
/// ```
pub async fn in_model_scope<F: Future>(layer: ModelLayer, step_index: Option<u64>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| {
        let _scope = model_scope(layer, step_index);
        future.as_mut().poll(context)
    })
    .await
}

/// Records a model call with the layer and the step of the current scope; see
/// [`Session::record_modelio`](crate::Session::record_modelio). What the record itself says goes first.
///
/// # Errors
/// As `Session::record_modelio`.
pub fn record_model_call(
    session: &Session,
    record: &(impl Serialize + ?Sized),
) -> Result<Option<String>, SessionError> {
    let scope = current_model_scope();
    let record: Object = super::driver::object("record", record)?;
    let stated = record.get("step_index").and_then(crate::record::Value::as_u64);
    let step_index = stated.or_else(|| scope?.step_index);
    session.record_modelio(&record, step_index, scope.map(|scope| scope.layer))
}
