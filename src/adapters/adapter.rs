//! The hooks of an adapter: how an agent's own objects become records.

use crate::{
    Moment, SCHEMA_VERSION,
    record::{Provenance, RunStatus, Value},
};

/// A picture of a step, as an adapter hands it over. No `Debug`: pixels are content.
#[derive(Clone, PartialEq, Eq)]
pub struct Observed {
    /// Before the action or after it.
    pub moment: Moment,
    /// The picture: a PNG of at most 32 MiB.
    pub png: Vec<u8>,
}

/// Turns the objects of an agent into records. [`drive`](super::drive) and [`Driver`](super::Driver) call the hooks that
/// give records, [`intervene`](super::intervene) those that steer the agent.
///
/// Every hook but `on_step` has a default that does nothing. All take `&self`: those that steer come from another thread
/// while a step is being recorded.
pub trait Adapter {
    /// The agent's own objects: steps, actions, events, pictures, side effects.
    type Raw;

    /// The adapter's name.
    fn name(&self) -> &str;

    /// The first and the last version of the schemas that its records follow.
    fn supported_schemas(&self) -> (&str, &str) {
        (SCHEMA_VERSION, SCHEMA_VERSION)
    }

    /// The run begins. Returns tags of the run.
    fn on_run_start(&self, run_id: &str, client_version: Option<&str>) -> Vec<(String, String)> {
        let _ = (run_id, client_version);
        Vec::new()
    }

    /// A step ended: its record, or `None` if it is none. `step_id`, `started_at` and, where they came in on their own,
    /// action and pictures are filled in where they are absent.
    fn on_step(&self, raw: &Self::Raw) -> Option<Value>;

    /// The action of a step, `{type, params, …}`. One without a type becomes a `noop`.
    fn on_action(&self, raw: &Self::Raw, step_index: u64) -> Option<Value> {
        let _ = (raw, step_index);
        None
    }

    /// A decision event. `ts` and `step_index` are filled in where they are absent.
    fn on_decision(&self, raw: &Self::Raw, step_index: Option<u64>) -> Option<Value> {
        let _ = (raw, step_index);
        None
    }

    /// A picture of before or after a step's action.
    fn on_observation(&self, raw: &Self::Raw, step_index: u64) -> Option<Observed> {
        let _ = (raw, step_index);
        None
    }

    /// A side effect that is about to happen: an object with at least `resource` and `action`, and whatever else the
    /// ledger's records have. One that says what became of it (`observed_result`, `abort_reason`, or a `status`) is settled
    /// at once; any other by `commit_side_effect` of the session, under the `side_effect_id` that stands here.
    fn on_side_effect(&self, raw: &Self::Raw, step_index: u64) -> Option<Value> {
        let _ = (raw, step_index);
        None
    }

    /// The run is over and about to be completed.
    fn on_run_end(&self, status: RunStatus) {
        let _ = status;
    }

    /// An operator wants the agent to wait.
    fn on_pause(&self) {}

    /// An operator lets the agent go on.
    fn on_resume(&self) {}

    /// An operator wants the agent to end. Pending side effects are aborted already.
    fn on_kill(&self) {}

    /// An operator has something to say to the agent.
    fn on_inject_hint(&self, text: &str) {
        let _ = text;
    }

    /// Someone else than the agent says where to act: in pixels of the action's coordinate space, with where the place comes
    /// from, which belongs into the step's grounding.
    fn on_action_override(&self, x: f64, y: f64, provenance: Provenance) {
        let _ = (x, y, provenance);
    }
}
