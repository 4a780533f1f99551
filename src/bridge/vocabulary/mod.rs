//! What agent telemetry means: spans and events in the words of many libraries become facts that records are made of.
//! Nothing here knows who saw the span. What holds text of prompts, models or tools has no `Debug`: no policy has seen it
//! yet.

mod aliases;
pub(crate) mod augur;
mod class;
mod content;
mod decision;
mod gen_ai;
mod messages;
mod provider;
mod rig;
mod tool;

#[cfg(test)]
mod tests;

pub(crate) use aliases::{count, text};
pub(crate) use class::{Class, classify, content_event, declared, may_matter, promised};
pub(crate) use content::event_name;
pub(crate) use decision::{
    Decision, agent_ended, agent_started, decision, judged, looked_up, model_called, planned, tool_ended, tool_started,
    verdict, verified,
};
pub(crate) use gen_ai::{digest, model_call};
pub(crate) use messages::{Answer, AskedTool, part_text, thought};
pub(crate) use provider::{Request, answer, token_probabilities};
pub(crate) use tool::{Failure, ToolUse, action_of, agent_facts, failure, may_tell_failure, tool_use};
