//! What a model answered: text, tool calls, reasoning.

use super::*;

#[test]
fn an_answer_has_text_calls_and_a_reason() {
    let (text, calls, reason) = ("response.text", "response.tool_calls", "response.stop_reason");
    for (field, value, path, expected) in [
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","parts":[{"type":"text","content":"a"}]},{"role":"assistant","parts":[{"type":"text","content":"b"}]}]"#,
            text,
            r#""a""#,
        ),
        ("gen_ai.output.messages", r#"[{"role":"assistant","content":"a"}]"#, text, r#""a""#),
        ("gen_ai.output.messages", r#"{"role":"assistant","content":"a"}"#, text, r#""a""#),
        ("gen_ai.output.messages", "a [1]", text, r#""a [1]""#),
        ("gen_ai.output.messages", r#"[{"role":"assistant","par"#, text, r#""[{\"role\":\"assistant\",\"par""#),
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","parts":[{"type":"refusal","content":"no"}]}]"#,
            text,
            r#""no""#,
        ),
        ("gen_ai.output.messages", r#"{"answer": 42}"#, text, r#""{\"answer\": 42}""#),
        ("gen_ai.output.messages", "[]", text, "-"),
        ("gen_ai.completion", "a", text, r#""a""#),
        ("output_json", r#"{"choices":[{"message":{"content":"a"}}]}"#, text, r#""a""#),
        ("langfuse.output", "a", text, r#""a""#),
        ("output.value", "a", text, r#""a""#),
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","parts":[{"type":"tool_call","name":"t","arguments":"{\"a\": 1}"}]}]"#,
            calls,
            r#"[{"arguments": {"a": 1}, "name": "t"}]"#,
        ),
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","parts":[{"type":"tool_call","name":"t","arguments":"{\"a\": "}]}]"#,
            calls,
            r#"[{"arguments": "{\"a\": ", "name": "t"}]"#,
        ),
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","parts":[{"type":"tool_call","id":7,"name":"t","arguments":null}]}]"#,
            calls,
            r#"[{"id": "7", "name": "t"}]"#,
        ),
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"t","arguments":"{}"}}]}]"#,
            calls,
            r#"[{"arguments": {}, "id": "1", "name": "t"}]"#,
        ),
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","parts":[{"type":"server_tool_call","name":"search","server_tool_call":{"type":"web"}}]}]"#,
            calls,
            r#"[{"name": "search", "server_tool_call": {"type": "web"}, "type": "server_tool_call"}]"#,
        ),
        ("gen_ai.response.finish_reasons", r#"["stop"]"#, reason, r#""stop""#),
        ("gen_ai.response.finish_reasons", r#"["unknown", "stop"]"#, reason, r#""stop""#),
        ("gen_ai.response.finish_reasons", "length", reason, r#""length""#),
        ("gen_ai.response.finish_reasons", "unknown", reason, "-"),
        ("gen_ai.response.finish_reason", "stop", reason, r#""stop""#),
        ("gen_ai.response.stop_reason", "stop", reason, r#""stop""#),
        ("llm.finish_reason", "stop", reason, r#""stop""#),
        (
            "gen_ai.output.messages",
            r#"[{"role":"assistant","parts":[],"finish_reason":"content_filter"}]"#,
            reason,
            r#""content_filter""#,
        ),
        ("gen_ai.output.messages", r#"[{"role":"assistant","parts":[],"finish_reason":""}]"#, reason, "-"),
    ] {
        assert_eq!(shown(&called(&[(field, value)]).record, path), expected, "{field} = {value}");
    }
}

#[test]
fn only_the_agents_own_tools_are_asked_of_it() {
    let call = called(&[(
        "gen_ai.output.messages",
        r#"[{"role":"assistant","parts":[{"type":"server_tool_call","name":"search","server_tool_call":{}},
            {"type":"tool_call","arguments":{}},{"type":"tool_call","id":"1","name":"click"}]}]"#,
    )]);
    assert_eq!(call.asked_tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["click"]);
    assert_eq!(pick(&call.record, "response.tool_calls").unwrap().as_array().unwrap().len(), 3);
}

#[test]
fn reasoning_keeps_where_it_comes_from() {
    let output = r#"[{"role":"assistant","parts":[{"type":"reasoning","content":"first"},{"type":"reasoning","content":"then"},
        {"type":"redacted_reasoning","data":"x"},{"type":"text","content":"so"},{"type":"tool_call","name":"t"}]}]"#;
    for (provider, model, format) in [
        ("anthropic", "claude-x", "claude_extended_thinking"),
        ("aws.bedrock", "anthropic.claude-x", "claude_extended_thinking"),
        ("gcp.vertex_ai", "claude-x", "claude_extended_thinking"),
        ("vertex_ai", "claude-x", "claude_extended_thinking"),
        ("gcp.vertex_ai", "gemini-x", "adapter_inferred"),
        ("openai", "o9", "openai_reasoning_summary"),
        ("az.ai.openai", "o9", "openai_reasoning_summary"),
        ("deepseek", "r9", "adapter_inferred"),
    ] {
        for tokens in [
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
            "gen_ai.usage.thinking_tokens",
            "codex.usage.reasoning_output_tokens",
            "reasoning_token_count",
            "llm.token_count.completion_details.reasoning",
        ] {
            let call = called(&[
                ("gen_ai.system", provider),
                ("gen_ai.request.model", model),
                ("gen_ai.output.messages", output),
                (tokens, "9"),
            ]);
            let told = call
                .reasoning
                .iter()
                .map(|piece| (piece.text.as_str(), piece.format, piece.tokens))
                .collect::<Vec<_>>();
            assert_eq!(told, [("first", format, Some(9)), ("then", format, None)], "{provider} {tokens}");
            assert_eq!(call.reasoning[0].model.as_deref(), Some(model));
            assert_eq!(shown(&call.detail, "hidden_reasoning"), "1");
            assert_eq!(call.intent.as_deref(), Some("so"));
        }
    }
}

#[test]
fn text_before_a_tool_call_is_reasoning_where_there_is_no_other() {
    let output =
        r#"[{"role":"assistant","parts":[{"type":"text","content":"I will look."},{"type":"tool_call","name":"t"}]}]"#;
    let call = called(&[("gen_ai.provider.name", "anthropic"), ("gen_ai.output.messages", output)]);
    assert_eq!((call.reasoning[0].text.as_str(), call.reasoning[0].format), ("I will look.", "adapter_inferred"));
    let answer = called(&[("gen_ai.output.messages", r#"[{"role":"assistant","content":"Done."}]"#)]);
    assert!(answer.reasoning.is_empty() && answer.intent.is_none());
}
