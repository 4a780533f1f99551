//! One run of an agent built with rig: a question, a model call that asks for a tool, the tool, a second call that answers.

use super::*;

const ASKED: &str = r#"[{"role":"system","parts":[{"type":"text","content":"Be brief."}]},
    {"role":"user","parts":[{"type":"text","content":"What is 2+3?"}]}]"#;
const CALLING: &str = r#"[{"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"add",
    "arguments":{"x":2,"y":3}}],"finish_reason":"tool_call"}]"#;
const HISTORY: &str = r#"[{"role":"system","parts":[{"type":"text","content":"Be brief."}]},
    {"role":"user","parts":[{"type":"text","content":"What is 2+3?"}]},
    {"role":"assistant","parts":[{"type":"tool_call","id":"call_1","name":"add","arguments":{"x":2,"y":3}}]},
    {"role":"user","parts":[{"type":"tool_call_response","id":"call_1","response":"5"}]}]"#;
const ANSWERED: &str =
    r#"[{"role":"assistant","parts":[{"type":"text","content":"It is 5."}],"finish_reason":"unknown"}]"#;

fn chat(input: &str, output: &str) -> SpanFacts {
    let mut fields = vec![
        ("rig.completion_parent", true.into()),
        ("gen_ai.operation.name", "chat".into()),
        ("gen_ai.system_instructions", r#"[{"type":"text","content":"Be brief."}]"#.into()),
        ("gen_ai.agent.name", "adder".into()),
        ("gen_ai.input.messages", input.into()),
        ("gen_ai.operation.name", "chat".into()),
        ("gen_ai.provider.name", "openai".into()),
        ("gen_ai.request.model", "gpt-5".into()),
        ("gen_ai.request.stream", false.into()),
        ("rig.provider_request_id", "req_1".into()),
        ("gen_ai.response.id", "resp_1".into()),
        ("gen_ai.response.model", "gpt-5-2026-01-01".into()),
        ("gen_ai.usage.input_tokens", Value::from(40_u64)),
        ("gen_ai.usage.output_tokens", Value::from(9_u64)),
        ("gen_ai.usage.cache_read.input_tokens", Value::from(0_u64)),
        ("gen_ai.usage.reasoning_tokens", Value::from(4_u64)),
    ];
    fields.push(("gen_ai.output.messages", output.into()));
    span("chat", attributes(&fields))
}

fn logged(message: &str) -> EventFacts {
    event("rig::completions", Level::Trace, message, Attributes::default())
}

#[test]
fn the_first_call_asks_for_the_tool() {
    let facts = chat(ASKED, CALLING);
    assert_eq!(classify(&facts.name, "rig::agent_chat", &facts.attributes), Some(Class::Inference));
    let call = valid(model_call(&facts, false));
    for (path, expected) in [
        ("request.model", r#""gpt-5""#),
        ("request.system", r#""Be brief.""#),
        ("request.messages", r#"[{"content": "What is 2+3?", "role": "user"}]"#),
        ("request.params", r#"{"stream": false}"#),
        ("request.tools", "-"),
        ("response.text", "-"),
        ("response.tool_calls", r#"[{"arguments": {"x": 2, "y": 3}, "id": "call_1", "name": "add"}]"#),
        ("response.stop_reason", r#""tool_call""#),
        ("response.usage", r#"{"cache_hit_tokens": 0, "completion_tokens": 9, "prompt_tokens": 40}"#),
        ("response.logprobs", "-"),
        ("ts", r#""2026-01-01T00:00:00.000000Z""#),
        ("duration_ms", "1500"),
    ] {
        assert_eq!(shown(&call.record, path), expected, "{path}");
    }
    assert_eq!(call.layer.as_str(), "model");
    assert_eq!(call.asked_tools.len(), 1);
    assert_eq!(call.asked_tools[0].name, "add");
    assert_eq!(call.asked_tools[0].id.as_deref(), Some("call_1"));
    assert_eq!(call.intent.as_deref(), Some("What is 2+3?"));
    assert_eq!(shown(&call.versions, "model"), r#""gpt-5-2026-01-01""#);
    assert_eq!(
        Value::from(call.costs.clone()).to_string(),
        r#"{"cache_hit_tokens": 0, "tokens_in": 40, "tokens_out": 9}"#
    );
    for (path, expected) in [
        ("request_id", r#""req_1""#),
        ("response_id", r#""resp_1""#),
        ("reasoning_tokens", "4"),
        ("agent_name", r#""adder""#),
        ("provider", r#""openai""#),
    ] {
        assert_eq!(shown(&call.detail, path), expected, "{path}");
    }
    assert!(call.failure.is_none() && !call.incomplete && call.reasoning.is_empty());
    let decisions = model_called(&call);
    assert_eq!(decisions.len(), 1, "the dated name of a model is the same model");
    assert_eq!(decisions[0].summary, "model asked for tool add");
}

#[test]
fn the_tool_runs_and_the_second_call_answers() {
    let mut tool = span(
        "execute_tool",
        texts(&[
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.type", "function"),
            ("gen_ai.tool.name", "add"),
            ("gen_ai.tool.call.id", "call_1"),
            ("gen_ai.tool.call.arguments", r#"{"x":2,"y":3}"#),
        ]),
    );
    let begun = decided(tool_started(&tool_use(&tool)));
    assert_eq!((begun.summary.as_str(), shown(&begun.detail, "arguments").as_str()), ("add", r#"{"x": 2, "y": 3}"#));
    assert_eq!(Value::from(action_of(&tool_use(&tool))).to_string(), r#"{"params": {"x": 2, "y": 3}, "type": "add"}"#);
    tool.attributes.push("gen_ai.tool.call.outcome", "success".into());
    tool.attributes.push("gen_ai.tool.call.result", "5".into());
    let done = tool_use(&tool);
    assert_eq!(
        (done.outcome.as_deref(), done.result.map(|value| value.to_string())),
        (Some("success"), Some("\"5\"".into()))
    );
    assert!(done.failure.is_none());
    assert_eq!(decided(tool_ended(&tool_use(&tool))).summary, "add: 5");

    let call = valid(model_call(&chat(HISTORY, ANSWERED), false));
    assert_eq!(answered(&call), Some("It is 5."));
    assert_eq!(call.intent.as_deref(), Some("What is 2+3?"));
    assert_eq!(shown(&call.record, "request.messages.2.role"), r#""tool""#);
    assert_eq!(
        shown(&call.record, "request.messages.2.content"),
        r#"[{"id": "call_1", "response": "5", "type": "tool_call_response"}]"#
    );
    assert_eq!(shown(&call.record, "response.stop_reason"), "-");
    assert_eq!(model_called(&call)[0].summary, "model answered");
}

#[test]
fn the_run_tells_its_question_its_answer_and_its_turns() {
    let facts = span(
        "invoke_agent",
        texts(&[
            ("gen_ai.operation.name", "invoke_agent"),
            ("gen_ai.agent.name", "adder"),
            ("gen_ai.prompt", "What is 2+3?"),
            ("gen_ai.completion", ""),
            ("gen_ai.completion", "It is 5."),
        ]),
    );
    let agent = agent_facts(&facts);
    assert_eq!(
        (agent.name.as_deref(), agent.prompt.as_deref(), agent.completion.as_deref()),
        (Some("adder"), Some("What is 2+3?"), Some("It is 5."))
    );
    assert_eq!(decided(agent_started(&agent)).summary, "agent adder started");
    let turns = attributes(&[("turn", 2_u64.into()), ("max_turns", 4_u64.into())]);
    let finished = event("rig_agent::agent::engine", Level::Info, "Agent run finished", turns);
    let finished = decided(decision(&finished, EventLayer::Model).unwrap());
    assert_eq!((finished.layer, finished.kind), (EventLayer::Runner, EventKind::Info));
    assert_eq!(Value::from(finished.detail).to_string(), r#"{"max_turns": 4, "turn": 2}"#);
    let turn = event("rig_agent::agent::engine", Level::Info, "Current conversation Turns: 1/4", Attributes::default());
    assert!(decision(&turn, EventLayer::Runner).is_none());
}

#[test]
fn tools_sampling_and_the_stop_reason_come_from_the_logged_bodies() {
    let mut facts = chat(ASKED, ANSWERED);
    facts.events = vec![
        logged(
            r#"OpenAI Chat Completions request: {"model": "gpt-5", "messages": [{"role": "user", "content": "other"}],
            "tools": [{"type": "function", "function": {"name": "add"}}], "temperature": 0.5, "logprobs": true}"#,
        ),
        logged(
            r#"reply: {"id": "x", "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "It is 5."},
            "logprobs": {"content": [{"token": "It", "logprob": -0.5, "bytes": [73, 116],
            "top_logprobs": [{"token": "It", "logprob": "-0.5"}, {"token": "So"}]}, 7]}}]}"#,
        ),
    ];
    let call = valid(model_call(&facts, false));
    for (path, expected) in [
        ("request.messages.0.content", r#""What is 2+3?""#),
        ("request.tools", r#"[{"function": {"name": "add"}, "type": "function"}]"#),
        ("request.params", r#"{"logprobs": true, "stream": false, "temperature": 0.5}"#),
        ("response.stop_reason", r#""stop""#),
        (
            "response.logprobs",
            r#"[{"logprob": -0.5, "token": "It", "top_alternatives": [{"logprob": -0.5, "token": "It"}]}]"#,
        ),
    ] {
        assert_eq!(shown(&call.record, path), expected, "{path}");
    }
    assert_eq!(shown(&call.versions, "tool_descriptions_hash").len(), 66);
}

#[test]
fn with_content_off_the_logged_bodies_tell_the_whole_call() {
    let replies = [
        (
            r#"Responses completion request: {"model": "m", "instructions": "Be brief.", "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
                {"type": "function_call", "call_id": "c0", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c0", "output": "seen"}]}"#,
            r#"reply: {"output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Adding.", "logprobs": []}]},
                {"type": "function_call", "id": "fc", "call_id": "c1", "name": "add", "arguments": "{\"x\": 2}"}]}"#,
        ),
        (
            r#"Anthropic completion request: {"model": "m", "system": [{"type": "text", "text": "Be brief."}],
                "messages": [{"role": "user", "content": "hi"}], "max_tokens": 9}"#,
            r#"reply: {"content": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "text", "text": "Adding."},
                {"type": "tool_use", "id": "c1", "name": "add", "input": {"x": 2}}], "stop_reason": "tool_use"}"#,
        ),
        (
            r#"Gemini completion request: {"systemInstruction": {"parts": [{"text": "Be brief."}]},
                "contents": [{"role": "user", "parts": [{"text": "hi"}]}], "generationConfig": {"topK": 1}}"#,
            r#"reply: {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hm.", "thought": true},
                {"text": "Adding."}, {"functionCall": {"id": "c1", "name": "add", "args": {"x": 2}}}]}, "finishReason": "STOP"}]}"#,
        ),
        (
            r#"Ollama chat request: {"model": "m", "messages": [{"role": "system", "content": "Be brief."},
                {"role": "user", "content": "hi"}], "options": {"seed": 1}}"#,
            r#"reply: {"message": {"role": "assistant", "content": "Adding.", "reasoning_content": "Hm.",
                "tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": {"x": 2}}}]}, "done_reason": "stop"}"#,
        ),
    ];
    for (request, reply) in replies {
        let mut facts = span("chat", texts(&[("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai")]));
        facts.events = vec![logged(request), logged(reply)];
        let call = valid(model_call(&facts, false));
        assert_eq!(shown(&call.record, "request.system"), r#""Be brief.""#, "{request}");
        assert_eq!(shown(&call.record, "request.messages.0.role"), r#""user""#, "{request}");
        assert_eq!(answered(&call), Some("Adding."), "{reply}");
        assert_eq!(call.asked_tools[0].id.as_deref(), Some("c1"), "{reply}");
        assert_eq!(call.asked_tools[0].arguments.as_ref().unwrap().to_string(), r#"{"x": 2}"#, "{reply}");
        assert_eq!(call.reasoning[0].text, "Hm.", "{reply}");
        assert_eq!(call.intent.as_deref(), Some("Adding."));
        assert!(call.record.contains_key("prompt_hash") && !call.incomplete);
        assert_eq!(shown(&call.record, "response.logprobs"), "-");
    }
}

#[test]
fn a_logged_body_that_cannot_be_read_is_left_out() {
    let mut facts = chat(ASKED, ANSWERED);
    let whole = valid(model_call(&facts, false)).record;
    facts.events = [
        "Responses completion request: {\"tools\": [",
        "reply: none",
        "reply: {\"choices\": 3}",
        "{",
        "note: {\"a\": 1}",
    ]
    .map(logged)
    .into();
    assert_eq!(Value::from(valid(model_call(&facts, false)).record).to_string(), Value::from(whole).to_string());
}

#[test]
fn a_call_that_just_ends_is_incomplete_and_not_failed() {
    let facts = span("chat", texts(&[("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt-5")]));
    let call = valid(model_call(&facts, false));
    assert!(call.incomplete && call.failure.is_none());
    assert_eq!(shown(&call.record, "response"), "{}");
    assert_eq!(shown(&call.record, "prompt_hash"), "-");
    assert_eq!(model_called(&call)[0].summary, "model call ended without a recorded answer");
}
