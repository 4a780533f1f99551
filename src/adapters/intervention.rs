//! What an operator wants of a running agent, handed to the agent's adapter and noted in the run.

use super::Adapter;
use crate::{
    Session,
    record::{EventKind, EventLayer, Object, Provenance, Timestamp, Value},
    session::SessionError,
};
use std::{sync::Arc, time::Duration};

/// A command to a running agent. No `Debug`: a hint is an operator's own text.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Intervention {
    /// Wait.
    Pause,
    /// Go on.
    Resume,
    /// End.
    Kill,
    /// Something for the agent to know.
    InjectHint(String),
    /// Act there, in pixels of the action's coordinate space.
    OverrideAction {
        /// Horizontal position.
        x: f64,
        /// Vertical position.
        y: f64,
    },
}

impl Intervention {
    /// The word of the protocol.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Kill => "kill",
            Self::InjectHint(_) => "inject_hint",
            Self::OverrideAction { .. } => "override_action",
        }
    }

    fn payload(&self) -> Object {
        match self {
            Self::InjectHint(text) => Object::from([("text".to_owned(), text.as_str().into())]),
            Self::OverrideAction { x, y } => {
                let place = [("x", *x), ("y", *y)].map(|(key, at)| (key.to_owned(), Value::from_f64_marked(at)));
                Object::from([("coordinates".to_owned(), Object::from(place).into())])
            }
            _ => Object::new(),
        }
    }
}

/// Commands from an Augur server on their way to an adapter. A session records to disk only, so there is none yet.
#[derive(Debug)]
pub struct InterventionChannel(std::convert::Infallible);

impl Session {
    /// Listens for an operator's commands and hands them to an adapter. They come from an Augur server, which is named by a
    /// DSN; a session without one, as every session is, has nobody to listen to and returns `None`. Whatever else carries
    /// commands hands them over with [`intervene`].
    ///
    /// # Errors
    /// If the session is closed.
    pub fn bind_intervention<A: Adapter + Send + Sync + 'static>(
        &self,
        adapter: Arc<A>,
        poll_timeout: Duration,
    ) -> Result<Option<InterventionChannel>, SessionError> {
        let _ = (adapter, poll_timeout);
        self.check_open().map(|()| None)
    }
}

/// Hands a command to an adapter and notes it in the run's events, whoever sent it. Places come to the adapter marked
/// `human_override`, so that they are never taken for the agent's own. Before the agent is told to end, its pending side
/// effects are aborted.
///
/// # Errors
/// If a side effect cannot be aborted or the note not be recorded; the adapter has the command all the same.
pub fn intervene<A: Adapter + ?Sized>(
    adapter: &A,
    session: &Session,
    command: &Intervention,
    operator_id: Option<&str>,
) -> Result<(), SessionError> {
    let operator = operator_id.unwrap_or_default();
    // What cannot be written down must not keep the agent from ending.
    let mut noted = Ok(());
    if *command == Intervention::Kill {
        let who = if operator.is_empty() { "operator" } else { operator };
        noted = session.abort_pending_side_effects(&format!("intervention.kill by {who}")).map(drop);
    }
    match command {
        Intervention::Pause => adapter.on_pause(),
        Intervention::Resume => adapter.on_resume(),
        Intervention::Kill => adapter.on_kill(),
        Intervention::InjectHint(text) => adapter.on_inject_hint(text),
        Intervention::OverrideAction { x, y } => adapter.on_action_override(*x, *y, Provenance::HumanOverride),
    }
    let detail =
        Object::from([("operator_id".to_owned(), operator.into()), ("payload".to_owned(), command.payload().into())]);
    let event = Object::from([
        ("ts".to_owned(), Timestamp::now().to_string().into()),
        ("layer".to_owned(), EventLayer::Runner.into()),
        ("kind".to_owned(), EventKind::Info.into()),
        ("summary".to_owned(), format!("intervention.{}", command.as_str()).into()),
        ("detail".to_owned(), detail.into()),
    ]);
    noted.and(session.record_event(&event))
}
