//! What a span is: the rules that tell an agent's spans from all others, and the cheap question asked once per callsite.

use crate::bridge::facts::Attributes;

/// What a span stands for in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// A whole run; only its owner says so.
    Run,
    /// One step; said by its owner or by a library that has spans for steps.
    Step,
    /// A model call.
    Inference,
    /// A tool at work.
    Tool,
    /// An agent or a workflow.
    Agent,
    /// Making a plan; the model calls below it are the planner's.
    Plan,
    /// Retrieval, embeddings, memory: what the agent looked up.
    Lookup,
    /// A guardrail.
    Verify,
    /// An evaluation of what was done.
    Judge,
}

/// Whether a span from this callsite could ever be one of ours. May say yes to a span that [`classify`] then passes over,
/// never no to one that it would name.
pub(crate) fn may_matter<'a>(name: &str, target: &str, mut fields: impl Iterator<Item = &'a str>) -> bool {
    fields.any(telling) || by_name(name, target).is_some() || by_operation_name(name).is_some()
}

fn telling(field: &str) -> bool {
    // The first byte turns away nearly every field of nearly every span.
    match field.as_bytes().first() {
        Some(b'a') => field.starts_with("augur."),
        Some(b'g') => field.starts_with("gen_ai."),
        Some(b'l') => field.starts_with("llm.") || field.starts_with("langfuse."),
        Some(b't') => field.starts_with("traceloop."),
        Some(b'm') => field == "mcp.method.name",
        Some(b'o') => field.starts_with("openinference.") || field == "observation_type" || field == "otel.name",
        _ => false,
    }
}

/// Whether an event below INFO carries content that belongs to the span around it: whole requests and answers. Events at
/// INFO and above go their own way whatever this says.
pub(crate) fn content_event(name: &str, target: &str) -> bool {
    matches!(target, "rig::completions" | "rig::streaming")
        || name.strip_prefix("gen_ai.").is_some_and(|rest| {
            matches!(
                rest,
                "client.inference.operation.details"
                    | "system.message"
                    | "user.message"
                    | "assistant.message"
                    | "tool.message"
                    | "choice"
                    | "content.prompt"
                    | "content.completion"
            )
        })
}

/// What the span is, by the first rule that speaks of it; `None` for a span that only holds others.
pub(crate) fn classify(name: &str, target: &str, attributes: &Attributes) -> Option<Class> {
    declared(attributes.iter().map(|(name, _)| name))
        .or_else(|| by_operation(attributes.text("gen_ai.operation.name")?))
        .or_else(|| (attributes.text("mcp.method.name")? == "tools/call").then_some(Class::Tool))
        .or_else(|| by_kind(name, target, attributes))
        .or_else(|| of_a_step(attributes))
}

/// Any other field of ours that a step has makes a step of a span that is nothing else.
fn of_a_step(attributes: &Attributes) -> Option<Class> {
    attributes.iter().any(|(name, _)| is_of_a_step(name)).then_some(Class::Step)
}

fn is_of_a_step(field: &str) -> bool {
    field.strip_prefix("augur.").is_some_and(|rest| {
        !matches!(rest, "layer" | "kind" | "summary" | "detail" | "capture_mode") && !rest.starts_with("detail.")
    })
}

/// What a span will be, by the fields that it declares and has no value for yet; asked where nothing else tells.
pub(crate) fn promised<'a, F: Iterator<Item = &'a str>>(fields: impl Fn() -> F) -> Option<Class> {
    declared(fields()).or_else(|| fields().any(is_of_a_step).then_some(Class::Step))
}

/// What the owner of a span says it is by the names of its fields, whatever they hold: they come before anything else.
pub(crate) fn declared<'a>(fields: impl Iterator<Item = &'a str>) -> Option<Class> {
    let mut step = None;
    for field in fields {
        let Some(rest) = field.strip_prefix("augur.") else { continue };
        let is = |family: &str| rest.strip_prefix(family).is_some_and(|path| path.is_empty() || path.starts_with('.'));
        match rest.as_bytes().first() {
            Some(b'r') if is("run") => return Some(Class::Run),
            Some(b's') if is("step") => step = Some(Class::Step),
            Some(b'a') if is("action") => step = Some(Class::Step),
            Some(b'g') if is("grounding") => step = Some(Class::Step),
            Some(b'v') if is("verdict") => step = Some(Class::Step),
            _ => {}
        }
    }
    step
}

fn by_operation(operation: &str) -> Option<Class> {
    Some(match operation {
        "chat" | "generate_content" | "text_completion" => Class::Inference,
        "execute_tool" => Class::Tool,
        "invoke_agent" | "create_agent" | "invoke_workflow" => Class::Agent,
        "plan" => Class::Plan,
        "embeddings" | "retrieval" | "fetch_response" | "rerank" => Class::Lookup,
        "create_memory_store"
        | "delete_memory_store"
        | "create_memory"
        | "update_memory"
        | "upsert_memory"
        | "delete_memory"
        | "search_memory" => Class::Lookup,
        _ => return None,
    })
}

/// Conventions with a kind of their own. A kind that only groups other spans settles the question, with `None`.
fn by_kind(name: &str, target: &str, attributes: &Attributes) -> Option<Class> {
    match attributes.text("openinference.span.kind").map(Word) {
        Some(kind) if kind.is("LLM") || kind.is("DECISION") => return Some(Class::Inference),
        Some(kind) if kind.is("TOOL") => return Some(Class::Tool),
        Some(kind) if kind.is("AGENT") => return Some(Class::Agent),
        Some(kind) if kind.is("CHAIN") || kind.is("PROMPT") => return None,
        Some(kind) if kind.is("RETRIEVER") || kind.is("RERANKER") || kind.is("EMBEDDING") => {
            return Some(Class::Lookup);
        }
        Some(kind) if kind.is("GUARDRAIL") => return Some(Class::Verify),
        Some(kind) if kind.is("EVALUATOR") => return Some(Class::Judge),
        _ => {}
    }
    match attributes.text("traceloop.span.kind").map(Word) {
        Some(kind) if kind.is("workflow") || kind.is("agent") => return Some(Class::Agent),
        Some(kind) if kind.is("tool") => return Some(Class::Tool),
        Some(kind) if kind.is("task") => return None,
        _ => {}
    }
    match attributes.text("llm.request.type").map(Word) {
        Some(kind) if kind.is("chat") || kind.is("completion") => return Some(Class::Inference),
        Some(kind) if kind.is("embedding") || kind.is("rerank") => return Some(Class::Lookup),
        _ => {}
    }
    let generation = |field| attributes.text(field).is_some_and(|kind| Word(kind).is("GENERATION"));
    if generation("langfuse.type") || generation("observation_type") {
        return Some(Class::Inference);
    }
    by_name(name, target).or_else(|| by_operation_name(attributes.text("otel.name").unwrap_or(name)))
}

/// A word whose case differs between exporters.
struct Word<'a>(&'a str);

impl Word<'_> {
    fn is(&self, word: &str) -> bool {
        self.0.eq_ignore_ascii_case(word)
    }
}

/// Span names of Rust libraries that have no attribute to tell a span by. A name that anyone may use counts only under the
/// library's own target.
fn by_name(name: &str, target: &str) -> Option<Class> {
    let of = |library: &str| {
        target.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '_', '-', '.']))
    };
    Some(match name {
        "llm.generate" | "call_llm" | "gen_ai.generate" | "gen_ai.call" | "run_sampling_request" => Class::Inference,
        "tool.call" | "autoagents.tool_call" | "tool.execute" => Class::Tool,
        "tool" if of("swiftide") => Class::Tool,
        "autoagents.task" | "agent.execute" => Class::Agent,
        "turn" if of("codex") => Class::Agent,
        "reply" if of("goose") => Class::Agent,
        "step" if of("swiftide") => Class::Step,
        "agent.plan" | "autoagents.turn" => Class::Step,
        "genai.evaluation.result" => Class::Judge,
        _ if name.starts_with("dispatch_tool_call") => Class::Tool,
        _ if name.starts_with("agent.run") || name.starts_with("agent.query") => Class::Agent,
        _ => return None,
    })
}

/// The conventions name a span after its operation and what it works on: `chat gpt-5`.
fn by_operation_name(name: &str) -> Option<Class> {
    let (operation, _) = name.split_once(' ')?;
    match operation {
        "chat" | "generate_content" | "text_completion" | "execute_tool" | "invoke_agent" | "create_agent"
        | "invoke_workflow" | "plan" => by_operation(operation),
        _ => None,
    }
}
