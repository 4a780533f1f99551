//! Decision events: what the events of agent libraries tell of a run, and what the start and end of its spans tell.

use super::{
    aliases::{count, first, first_text, number, structured_or_raw},
    content::event_name,
    gen_ai::ModelCall,
    tool::{AgentFacts, Failure, ToolUse, failure},
};
use crate::{
    bridge::facts::{Attributes, EventFacts, Level, SpanFacts},
    record::{EventKind, EventLayer, Object, Value, VerdictStatus},
};

/// A decision event but for its time and step.
#[derive(Clone)]
pub(crate) struct Decision {
    pub(crate) layer: EventLayer,
    pub(crate) kind: EventKind,
    /// One line, longer than what is shown of it.
    pub(crate) summary: String,
    /// How many characters of the summary are shown, once it is redacted: what is cut before hides from every rule.
    pub(crate) shown: usize,
    /// What to say instead where text of prompts, models and tools does not pass; `None` if the summary holds none.
    pub(crate) plain: Option<String>,
    pub(crate) detail: Object,
}

/// The longest summary, in characters: it is one line of a list.
const SUMMARY: usize = 200;

/// How much of a text is looked at for a summary, in characters.
const LOOKED_AT: usize = 4096;

impl Decision {
    fn new(layer: EventLayer, kind: EventKind, summary: &str, detail: Object) -> Self {
        let end = summary.char_indices().nth(LOOKED_AT).map_or(summary.len(), |(end, _)| end);
        let looked_at = summary.get(..end).unwrap_or(summary);
        let summary = looked_at.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { layer, kind, summary, shown: SUMMARY, plain: None, detail }
    }

    /// Says what the summary is without the text that it quotes.
    fn or(mut self, plain: &str) -> Self {
        self.plain = Some(plain.to_owned());
        self
    }
}

/// What an event decides or tells, in the layer of the span around it where it has none of its own; `None` for a line of log.
pub(crate) fn decision(event: &EventFacts, layer_of_span: EventLayer) -> Option<Decision> {
    let attributes = &event.attributes;
    let target = attributes.text("log.target").unwrap_or(&event.target);
    // Codex says everything twice; the second time it leaves the content out.
    if target.starts_with("codex_otel") && target != "codex_otel.log_only" {
        return None;
    }
    match event_name(event) {
        "gen_ai.evaluation.result" => return Some(evaluation(attributes)),
        "gen_ai.client.operation.exception" | "exception" => return Some(exception(attributes, layer_of_span)),
        name @ ("codex.tool_decision" | "codex.sandbox_outcome") => {
            let told = first_text(attributes, &["decision", "outcome"]).unwrap_or_else(|| "made".to_owned());
            let tool = first_text(attributes, &["tool_name", "tool"]).unwrap_or_else(|| "a tool".to_owned());
            let what = if name == "codex.tool_decision" { "decision" } else { "sandbox outcome" };
            let summary = format!("{what} on {tool}: {told}");
            return Some(Decision::new(EventLayer::Dispatch, EventKind::Decision, &summary, fields(attributes)));
        }
        "codex.api_request" => {
            let failed = attributes.get("error.message").is_some() || attributes.text("success") == Some("false");
            let (kind, summary) =
                if failed { (EventKind::Error, "model request failed") } else { (EventKind::Info, "model request") };
            return Some(Decision::new(EventLayer::Adapter, kind, summary, fields(attributes)));
        }
        _ => {}
    }
    let message = event.message.as_deref().unwrap_or_default();
    if target.starts_with("rig_agent") && message == "Agent run finished" {
        return Some(Decision::new(EventLayer::Runner, EventKind::Info, "agent run finished", fields(attributes)));
    }
    (event.level >= Level::Warn).then(|| {
        let layer = if is_client(target) { EventLayer::Adapter } else { layer_of_span };
        let told =
            [message.to_owned()].into_iter().chain(first_text(attributes, ERROR_TEXT)).find(|text| !text.is_empty());
        let summary = told.unwrap_or_else(|| event_name(event).to_owned());
        let mut detail = fields(attributes);
        detail.insert("level".to_owned(), event.level.as_str().into());
        detail.insert("target".to_owned(), target.into());
        Decision::new(layer, EventKind::Error, &summary, detail)
    })
}

const ERROR_TEXT: &[&str] = &["error", "exception.message", "error.message", "err"];

/// The clients through which an agent reaches other systems: what they warn of is the connection, not the agent's work.
fn is_client(target: &str) -> bool {
    let library = target.split("::").next().unwrap_or(target);
    matches!(
        library,
        "hyper" | "hyper_util" | "reqwest" | "reqwest_retry" | "h2" | "rustls" | "tower" | "async_openai" | "rmcp"
    )
}

/// The event's fields, but for those that only say where it comes from.
fn fields(attributes: &Attributes) -> Object {
    let kept = attributes.iter().filter(|(name, value)| {
        !name.starts_with("log.") && !matches!(*name, "event.name" | "event_name") && value.as_str() != Some("")
    });
    kept.map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

fn evaluation(attributes: &Attributes) -> Decision {
    let name = first_text(attributes, &["gen_ai.evaluation.name"]).unwrap_or_else(|| "evaluation".to_owned());
    let label = first_text(attributes, &["gen_ai.evaluation.score.label"]);
    let score = attributes.get("gen_ai.evaluation.score.value").and_then(number);
    let mut detail = Object::from([("name".to_owned(), name.as_str().into())]);
    for (key, from) in [
        ("explanation", "gen_ai.evaluation.explanation"),
        ("response_id", "gen_ai.response.id"),
        ("error_type", "error.type"),
    ] {
        put(&mut detail, key, first_text(attributes, &[from]));
    }
    let said = [label.clone(), score.as_ref().map(ToString::to_string)].into_iter().flatten().collect::<Vec<_>>();
    put(&mut detail, "label", label);
    put(&mut detail, "score", score);
    let summary = if said.is_empty() { name } else { format!("{name}: {}", said.join(", ")) };
    Decision::new(EventLayer::Verifier, EventKind::Observation, &summary, detail)
}

/// The verdict in an evaluation, as a step has it; `None` where nothing was evaluated.
pub(crate) fn verdict(attributes: &Attributes) -> Option<Object> {
    let label = first_text(attributes, &["gen_ai.evaluation.score.label"]);
    let score = attributes.get("gen_ai.evaluation.score.value").and_then(number);
    if label.is_none() && score.is_none() && attributes.get("gen_ai.evaluation.name").is_none() {
        return None;
    }
    let status = match label.unwrap_or_default().to_ascii_lowercase().as_str() {
        "pass" | "passed" | "correct" | "true" | "yes" | "success" => VerdictStatus::Passed,
        "fail" | "failed" | "incorrect" | "false" | "no" | "failure" => VerdictStatus::Failed,
        "skipped" | "skip" => VerdictStatus::Skipped,
        _ => VerdictStatus::Unknown,
    };
    let mut verdict = Object::from([("status".to_owned(), status.into())]);
    put(&mut verdict, "reason", first_text(attributes, &["gen_ai.evaluation.explanation"]));
    put(&mut verdict, "score", score.filter(|score| (0.0..=1.0).contains(&score.as_f64())));
    Some(verdict)
}

fn exception(attributes: &Attributes, layer: EventLayer) -> Decision {
    let told = ["exception.type", "exception.message"].into_iter().filter_map(|name| first_text(attributes, &[name]));
    let told = told.collect::<Vec<_>>().join(": ");
    let summary = if told.is_empty() { "exception" } else { &told };
    let plain = first_text(attributes, &["exception.type"]).unwrap_or_else(|| "exception".to_owned());
    Decision::new(layer, EventKind::Error, summary, fields(attributes)).or(&plain)
}

fn put<T: Into<Value>>(to: &mut Object, name: &str, value: Option<T>) {
    if let Some(value) = value {
        to.insert(name.to_owned(), value.into());
    }
}

fn put_failure(detail: &mut Object, failure: Option<&Failure>) {
    put(detail, "error_type", failure.and_then(|failure| failure.class.as_deref()));
    put(detail, "error_message", failure.and_then(|failure| failure.message.as_deref()));
}

/// A model call that ended: what it asked for or that it answered, and whether another model answered than was asked.
pub(crate) fn model_called(call: &ModelCall) -> Vec<Decision> {
    let tools = call.asked_tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>();
    let (kind, summary) = match tools.as_slice() {
        _ if call.failure.is_some() => (EventKind::Error, "model call failed".to_owned()),
        [] if call.incomplete => (EventKind::Decision, "model call ended without a recorded answer".to_owned()),
        [] => (EventKind::Decision, "model answered".to_owned()),
        [one] => (EventKind::Decision, format!("model asked for tool {one}")),
        many => (EventKind::Decision, format!("model asked for tools {}", many.join(", "))),
    };
    let mut detail = call.detail.clone();
    put_failure(&mut detail, call.failure.as_ref());
    let mut decisions = vec![Decision::new(EventLayer::Model, kind, &summary, detail)];
    let model = |name: &str| call.detail.get(name).and_then(Value::as_str);
    if let (Some(asked), Some(answered)) = (model("request_model"), model("response_model"))
        && !same_model(asked, answered)
    {
        let detail = Object::from([("from".to_owned(), asked.into()), ("to".to_owned(), answered.into())]);
        let summary = format!("{answered} answered for {asked}");
        decisions.push(Decision::new(EventLayer::Routing, EventKind::Decision, &summary, detail));
    }
    decisions
}

/// A model answers under the full name of its version, so `gpt-5` and `gpt-5-2026-01-01` are one, with or without a path.
fn same_model(asked: &str, answered: &str) -> bool {
    let bare = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let (asked, answered) = (bare(asked), bare(answered));
    let alias = asked.strip_suffix("-latest").unwrap_or(&asked);
    answered == asked
        || answered.strip_prefix(alias).is_some_and(|rest| {
            rest.strip_prefix(['-', '@', ':']).is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        })
}

/// A tool began its work.
pub(crate) fn tool_started(tool: &ToolUse) -> Decision {
    let name = tool.name.as_deref().unwrap_or("tool");
    let mut detail = Object::from([("tool".to_owned(), name.into())]);
    put(&mut detail, "call_id", tool.call_id.as_deref());
    put(&mut detail, "arguments", tool.arguments.clone());
    Decision::new(EventLayer::Dispatch, EventKind::Decision, name, detail)
}

/// A tool ended its work.
pub(crate) fn tool_ended(tool: &ToolUse) -> Decision {
    let name = tool.name.as_deref().unwrap_or("tool");
    let mut detail = Object::from([("tool".to_owned(), name.into())]);
    put(&mut detail, "call_id", tool.call_id.as_deref());
    put(&mut detail, "result", tool.result.clone());
    put(&mut detail, "outcome", tool.outcome.as_deref());
    put_failure(&mut detail, tool.failure.as_ref());
    let (kind, summary) = match (&tool.failure, &tool.result) {
        (Some(failure), _) => {
            let why = failure.message.as_deref().or(failure.class.as_deref());
            (EventKind::Error, why.map_or_else(|| format!("{name} failed"), |why| format!("{name} failed: {why}")))
        }
        (None, Some(Value::String(text))) => (EventKind::Observation, format!("{name}: {text}")),
        (None, Some(result)) => (EventKind::Observation, format!("{name}: {result}")),
        (None, None) => {
            let outcome = tool.outcome.as_deref().unwrap_or("ended");
            (EventKind::Observation, format!("{name}: {outcome}"))
        }
    };
    let failed = tool.failure.is_some();
    Decision::new(EventLayer::Dispatch, kind, &summary, detail)
        .or(&format!("{name} {}", if failed { "failed" } else { "ended" }))
}

/// An agent began its work.
pub(crate) fn agent_started(agent: &AgentFacts) -> Decision {
    about_agent(agent, "started", EventKind::Info)
}

/// An agent ended its work.
pub(crate) fn agent_ended(agent: &AgentFacts) -> Decision {
    match &agent.failure {
        Some(failure) => {
            let mut decision = about_agent(agent, "failed", EventKind::Error);
            put_failure(&mut decision.detail, Some(failure));
            decision
        }
        None => about_agent(agent, "ended", EventKind::Info),
    }
}

fn about_agent(agent: &AgentFacts, what: &str, kind: EventKind) -> Decision {
    let mut detail = Object::new();
    put(&mut detail, "agent", agent.name.as_deref());
    put(&mut detail, "agent_id", agent.id.as_deref());
    put(&mut detail, "agent_version", agent.version.as_deref());
    put(&mut detail, "conversation_id", agent.conversation.as_deref());
    let name = agent.name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
    Decision::new(EventLayer::Runner, kind, &format!("agent{name} {what}"), detail)
}

/// A plan was made.
pub(crate) fn planned(facts: &SpanFacts) -> Decision {
    let agent = super::tool::agent_facts(facts);
    let name = agent.name.as_deref().map(|name| format!(" by {name}")).unwrap_or_default();
    let mut detail = Object::new();
    put(&mut detail, "agent", agent.name.as_deref());
    put_failure(&mut detail, agent.failure.as_ref());
    let kind = if agent.failure.is_some() { EventKind::Error } else { EventKind::Decision };
    Decision::new(EventLayer::Planner, kind, &format!("plan{name}"), detail)
}

/// Something was looked up.
pub(crate) fn looked_up(facts: &SpanFacts) -> Decision {
    let attributes = &facts.attributes;
    let queries = ["gen_ai.retrieval.query.text", "gen_ai.memory.query.text", "reranker.query", "input.value"];
    let query = first_text(attributes, &queries);
    let operation = first_text(attributes, &["gen_ai.operation.name", "openinference.span.kind"]);
    let operation = operation.map_or_else(|| "lookup".to_owned(), |operation| operation.to_ascii_lowercase());
    let mut detail = Object::from([("operation".to_owned(), operation.as_str().into())]);
    put(&mut detail, "query", query.as_deref());
    put(&mut detail, "top_k", first(attributes, &["gen_ai.retrieval.top_k", "reranker.top_k"]).and_then(count));
    for (name, from) in [
        ("data_source", "gen_ai.data_source.id"),
        ("memory_store", "gen_ai.memory.store.id"),
        ("memory_record", "gen_ai.memory.record.id"),
        ("model", "gen_ai.request.model"),
        ("response_id", "gen_ai.response.id"),
    ] {
        put(&mut detail, name, first_text(attributes, &[from]));
    }
    let documents = attributes.get("gen_ai.retrieval.documents").map(structured_or_raw);
    put(&mut detail, "documents", documents.as_ref().and_then(Value::as_array).map(ids_and_scores));
    let failure = failure(facts);
    put_failure(&mut detail, failure.as_ref());
    let kind = if failure.is_some() { EventKind::Error } else { EventKind::Observation };
    let summary = query.map_or_else(|| operation.clone(), |query| format!("{operation}: {query}"));
    Decision::new(EventLayer::Grounding, kind, &summary, detail).or(&operation)
}

/// Which documents came back, not what stands in them.
fn ids_and_scores(documents: &[Value]) -> Vec<Value> {
    let brief = |document: &Value| {
        let mut brief = Object::new();
        put(&mut brief, "id", document.get("id").cloned());
        put(&mut brief, "score", document.get("score").cloned());
        Value::from(brief)
    };
    documents.iter().map(brief).collect()
}

/// A guardrail spoke.
pub(crate) fn verified(facts: &SpanFacts) -> Decision {
    let output = facts.attributes.get("output.value").map(structured_or_raw);
    let failure = failure(facts);
    let mut detail = Object::new();
    put(&mut detail, "output", output);
    put_failure(&mut detail, failure.as_ref());
    let kind = if failure.is_some() { EventKind::Error } else { EventKind::Decision };
    let said = first_text(&facts.attributes, &["output.value"]).unwrap_or_else(|| "spoke".to_owned());
    let plain = format!("guardrail {}", facts.name);
    Decision::new(EventLayer::Verifier, kind, &format!("{plain}: {said}"), detail).or(&plain)
}

/// An evaluation that has a span of its own.
pub(crate) fn judged(facts: &SpanFacts) -> Decision {
    if verdict(&facts.attributes).is_some() {
        return evaluation(&facts.attributes);
    }
    let mut detail = Object::new();
    put(&mut detail, "output", facts.attributes.get("output.value").map(structured_or_raw));
    let said = first_text(&facts.attributes, &["output.value"]).unwrap_or_else(|| "no output".to_owned());
    Decision::new(EventLayer::Verifier, EventKind::Observation, &format!("{}: {said}", facts.name), detail)
        .or(&facts.name)
}
