//! Which spans are an agent's, and what they are.

use super::*;

fn class(name: &str, target: &str, fields: &[(&'static str, &str)]) -> Option<Class> {
    let attributes = texts(fields);
    let class = classify(name, target, &attributes);
    let matters = may_matter(name, target, attributes.iter().map(|(name, _)| name));
    assert!(matters || class.is_none(), "the callsite of {name} would have been turned away");
    class
}

#[test]
fn a_span_is_what_its_fields_say() {
    use Class::{Agent, Inference, Judge, Lookup, Plan, Run, Step, Tool, Verify};
    for (field, value, expected) in [
        ("augur.run.id", "r", Some(Run)),
        ("augur.step.type", "click", Some(Step)),
        ("augur.action.type", "click", Some(Step)),
        ("augur.intent", "buy", Some(Step)),
        ("augur.layer", "planner", None),
        ("gen_ai.operation.name", "chat", Some(Inference)),
        ("gen_ai.operation.name", "generate_content", Some(Inference)),
        ("gen_ai.operation.name", "text_completion", Some(Inference)),
        ("gen_ai.operation.name", "execute_tool", Some(Tool)),
        ("mcp.method.name", "tools/call", Some(Tool)),
        ("mcp.method.name", "tools/list", None),
        ("gen_ai.operation.name", "invoke_agent", Some(Agent)),
        ("gen_ai.operation.name", "create_agent", Some(Agent)),
        ("gen_ai.operation.name", "invoke_workflow", Some(Agent)),
        ("gen_ai.operation.name", "plan", Some(Plan)),
        ("gen_ai.operation.name", "embeddings", Some(Lookup)),
        ("gen_ai.operation.name", "retrieval", Some(Lookup)),
        ("gen_ai.operation.name", "fetch_response", Some(Lookup)),
        ("gen_ai.operation.name", "search_memory", Some(Lookup)),
        ("gen_ai.operation.name", "create_memory_store", Some(Lookup)),
        ("gen_ai.operation.name", "image_generation", None),
        ("openinference.span.kind", "LLM", Some(Inference)),
        ("openinference.span.kind", "DECISION", Some(Inference)),
        ("openinference.span.kind", "tool", Some(Tool)),
        ("openinference.span.kind", "AGENT", Some(Agent)),
        ("openinference.span.kind", "CHAIN", None),
        ("openinference.span.kind", "RETRIEVER", Some(Lookup)),
        ("openinference.span.kind", "RERANKER", Some(Lookup)),
        ("openinference.span.kind", "EMBEDDING", Some(Lookup)),
        ("openinference.span.kind", "GUARDRAIL", Some(Verify)),
        ("openinference.span.kind", "EVALUATOR", Some(Judge)),
        ("openinference.span.kind", "UNKNOWN", None),
        ("traceloop.span.kind", "workflow", Some(Agent)),
        ("traceloop.span.kind", "agent", Some(Agent)),
        ("traceloop.span.kind", "tool", Some(Tool)),
        ("traceloop.span.kind", "task", None),
        ("llm.request.type", "chat", Some(Inference)),
        ("llm.request.type", "completion", Some(Inference)),
        ("llm.request.type", "embedding", Some(Lookup)),
        ("langfuse.type", "GENERATION", Some(Inference)),
        ("observation_type", "GENERATION", Some(Inference)),
        ("observation_type", "SPAN", None),
        ("otel.name", "chat gpt-5", Some(Inference)),
        ("otel.name", "execute_tool add", Some(Tool)),
        ("otel.name", "GET /cart", None),
    ] {
        assert_eq!(class("work", "my_agent", &[(field, value)]), expected, "{field} = {value}");
    }
}

#[test]
fn a_span_without_telling_fields_is_known_by_name_and_a_name_that_anyone_may_use_only_in_its_library() {
    use Class::{Agent, Inference, Judge, Plan, Step, Tool};
    for (name, target, expected) in [
        ("llm.generate", "langchain_rust::llm", Some(Inference)),
        ("call_llm", "adk_agent", Some(Inference)),
        ("gen_ai.generate", "adk_model", Some(Inference)),
        ("gen_ai.call", "adk_telemetry", Some(Inference)),
        ("run_sampling_request", "codex_core::codex", Some(Inference)),
        ("tool.call", "langchain_rust::agent", Some(Tool)),
        ("tool.execute", "adk_telemetry", Some(Tool)),
        ("autoagents.tool_call", "autoagents_core", Some(Tool)),
        ("dispatch_tool_call", "goose::agents", Some(Tool)),
        ("dispatch_tool_call_with_code_mode_result", "codex_core", Some(Tool)),
        ("tool", "swiftide_agents::agent", Some(Tool)),
        ("tool", "swiftide", Some(Tool)),
        ("tool", "swiftidecopy", None),
        ("tool", "my_agent", None),
        ("agent.run", "swiftide_agents", Some(Agent)),
        ("agent.run_once", "swiftide_agents", Some(Agent)),
        ("agent.query", "swiftide_agents", Some(Agent)),
        ("agent.execute", "adk_runner", Some(Agent)),
        ("autoagents.task", "autoagents_core", Some(Agent)),
        ("turn", "codex_core::tasks", Some(Agent)),
        ("turn", "game", None),
        ("reply", "goose::agents::agent", Some(Agent)),
        ("reply", "my_server", None),
        ("step", "swiftide_agents::agent", Some(Step)),
        ("step", "my_solver", None),
        ("agent.plan", "langchain_rust", Some(Step)),
        ("autoagents.turn", "autoagents_core", Some(Step)),
        ("genai.evaluation.result", "genai", Some(Judge)),
        ("chat gpt-5", "any", Some(Inference)),
        ("generate_content gemini", "any", Some(Inference)),
        ("plan planner", "any", Some(Plan)),
        ("invoke_agent helper", "any", Some(Agent)),
        ("chat", "any", None),
        ("embeddings m", "any", None),
        ("", "any", None),
    ] {
        assert_eq!(class(name, target, &[]), expected, "{name} in {target}");
    }
}

#[test]
fn the_earlier_rule_wins() {
    for (fields, expected) in [
        (&[("augur.step.type", "click"), ("gen_ai.operation.name", "chat")][..], Class::Step),
        (&[("gen_ai.operation.name", "execute_tool"), ("openinference.span.kind", "LLM")], Class::Tool),
        (&[("openinference.span.kind", "TOOL"), ("traceloop.span.kind", "workflow")], Class::Tool),
        (&[("augur.intent", "buy"), ("gen_ai.operation.name", "chat")], Class::Inference),
        (&[("gen_ai.operation.name", "novelty"), ("openinference.span.kind", "LLM")], Class::Inference),
    ] {
        assert_eq!(class("agent.run", "x", fields), Some(expected), "{fields:?}");
    }
    // A kind that only groups settles the matter, whatever the name.
    assert_eq!(class("agent.run", "x", &[("openinference.span.kind", "CHAIN")]), None);
}

#[test]
fn the_spans_of_other_software_are_turned_away_at_the_callsite() {
    for (name, target, fields) in [
        ("request", "tower_http::trace", &["method", "uri", "version"][..]),
        ("query", "sqlx", &["db.statement", "otel.kind"]),
        ("tool", "make", &["message", "args"]),
        ("lookup", "hickory", &["agent", "gen_ai", "augur", "llm", "mcp.method"]),
    ] {
        assert!(!may_matter(name, target, fields.iter().copied()), "{name}");
    }
}

#[test]
fn events_that_carry_a_calls_content_are_known_by_target_or_name() {
    for (name, target, expected) in [
        ("event a.rs:1", "rig::completions", true),
        ("event a.rs:1", "rig::streaming", true),
        ("event a.rs:1", "rig::agent_chat", false),
        ("gen_ai.user.message", "", true),
        ("gen_ai.choice", "any", true),
        ("gen_ai.client.inference.operation.details", "any", true),
        ("gen_ai.content.prompt", "any", true),
        ("gen_ai.evaluation.result", "any", false),
        ("user.message", "any", false),
    ] {
        assert_eq!(content_event(name, target), expected, "{name} in {target}");
    }
}
