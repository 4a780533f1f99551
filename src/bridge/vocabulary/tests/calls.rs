//! Model calls in every spelling, and what cannot be read.

use super::*;

#[test]
fn a_count_has_many_names_and_forms() {
    let (prompt, completion) = ("response.usage.prompt_tokens", "response.usage.completion_tokens");
    let (read, written) = ("response.usage.cache_hit_tokens", "response.usage.cache_creation_tokens");
    for (field, path) in [
        ("gen_ai.usage.input_tokens", prompt),
        ("gen_ai.usage.prompt_tokens", prompt),
        ("llm.token_count.prompt", prompt),
        ("prompt_tokens", prompt),
        ("input_token_count", prompt),
        ("gen_ai.usage.output_tokens", completion),
        ("gen_ai.usage.completion_tokens", completion),
        ("llm.token_count.completion", completion),
        ("completion_tokens", completion),
        ("output_token_count", completion),
        ("gen_ai.usage.cache_read.input_tokens", read),
        ("gen_ai.usage.cache_read_input_tokens", read),
        ("gen_ai.usage.cache_read_tokens", read),
        ("llm.token_count.prompt_details.cache_read", read),
        ("llm.token_count.prompt_details.cache_input", read),
        ("cached_token_count", read),
        ("gen_ai.usage.cache_write.input_tokens", written),
        ("gen_ai.usage.cache_creation.input_tokens", written),
        ("gen_ai.usage.cache_creation_input_tokens", written),
        ("gen_ai.usage.cache_creation_tokens", written),
        ("gen_ai.usage.input_tokens.cache_write", written),
        ("llm.token_count.prompt_details.cache_write", written),
    ] {
        for (value, expected) in [
            (Value::from(7_u64), "7"),
            (json("7.0"), "7"),
            ("7".into(), "7"),
            (" 7 ".into(), "7"),
            (u64::MAX.into(), "18446744073709551615"),
            (Value::from(-7), "-"),
            (json("7.5"), "-"),
            (json("1e300"), "-"),
            ("seven".into(), "-"),
            (true.into(), "-"),
        ] {
            let call = valid(model_call(&span("chat", attributes(&[(field, value)])), false));
            assert_eq!(shown(&call.record, path), expected, "{field}");
        }
    }
    let call = called(&[("usage_details_json", r#"{"input": 3, "output": 4}"#), ("gen_ai.usage.total_tokens", "7")]);
    assert_eq!((shown(&call.record, prompt), shown(&call.record, completion)), ("3".into(), "4".into()));
    assert_eq!(shown(&call.detail, "total_tokens"), "7");
}

#[test]
fn a_later_record_of_a_count_replaces_the_earlier_one() {
    let call = called(&[("gen_ai.usage.input_tokens", "3"), ("gen_ai.usage.input_tokens", "5")]);
    assert_eq!(shown(&call.record, "response.usage.prompt_tokens"), "5");
}

#[test]
fn the_model_falls_back_until_it_is_unknown() {
    for (fields, expected) in [
        (&[("gen_ai.request.model", "a"), ("gen_ai.response.model", "b")][..], "a"),
        (&[("gen_ai.response.model", "b")], "b"),
        (&[("gen_ai.request.model", ""), ("llm.model_name", "c")], "c"),
        (&[("llm.request.model_name", "d"), ("llm.model_name", "c")], "d"),
        (&[("model", "e")], "e"),
        (&[("langfuse.model", "f")], "f"),
        (&[("input_json", r#"{"model": "g"}"#)], "g"),
        (&[], "unknown"),
    ] {
        assert_eq!(pick(&called(fields).record, "request.model").unwrap().as_str(), Some(expected), "{fields:?}");
    }
}

#[test]
fn request_settings_are_read_under_every_name_and_in_their_own_type() {
    for (field, value, expected) in [
        ("gen_ai.request.temperature", "0.5", r#"{"temperature": 0.5}"#),
        ("gen_ai.request.max_tokens", "100", r#"{"max_tokens": 100}"#),
        ("gen_ai.request.max_completion_tokens", "100", r#"{"max_tokens": 100}"#),
        ("gen_ai.request.n", "2", r#"{"choice.count": 2}"#),
        ("gen_ai.request.reasoning_effort", "high", r#"{"reasoning.level": "high"}"#),
        ("gen_ai.is_streaming", "true", r#"{"stream": true}"#),
        ("gen_ai.openai.request.seed", "7", r#"{"seed": 7}"#),
        ("gen_ai.openai.request.response_format", "json", r#"{"output.type": "json"}"#),
        ("gen_ai.openai.request.service_tier", "flex", r#"{"service_tier": "flex"}"#),
        ("openai.request.service_tier", "flex", r#"{"service_tier": "flex"}"#),
        ("gen_ai.output.type", "text", r#"{"output.type": "text"}"#),
        ("gen_ai.request.stop_sequences", r#"["\n", "END"]"#, r#"{"stop_sequences": ["\n", "END"]}"#),
        ("llm.chat.stop_sequences", "END", r#"{"stop_sequences": "END"}"#),
        ("llm.top_k", "4", r#"{"top_k": 4}"#),
        ("llm.invocation_parameters", r#"{"model": "m", "top_p": 0.1, "tools": []}"#, r#"{"top_p": 0.1}"#),
        ("model_parameters_json", r#"{"top_p": 0.1}"#, r#"{"top_p": 0.1}"#),
        ("gen_ai.request.temperature", "warm", r#"{"temperature": "warm"}"#),
        ("gen_ai.request.seed", "", "-"),
        ("llm.invocation_parameters", "{cut", "-"),
    ] {
        assert_eq!(shown(&called(&[(field, value)]).record, "request.params"), expected, "{field} = {value}");
    }
}

#[test]
fn messages_become_roles_and_content() {
    for (input, expected) in [
        (
            r#"[{"role":"human","parts":[{"type":"text","content":"a"},{"type":"text","content":"b"}]}]"#,
            r#"[{"content": "a\nb", "role": "user"}]"#,
        ),
        (r#"[{"role":"model","parts":[{"text":"a"}]}]"#, r#"[{"content": "a", "role": "assistant"}]"#),
        (r#"[{"role":"ai","content":"a","name":"n"}]"#, r#"[{"content": "a", "name": "n", "role": "assistant"}]"#),
        (r#"[{"role":"function","content":{"a":1}}]"#, r#"[{"content": {"a": 1}, "role": "tool"}]"#),
        (r#"[{"role":"agent","content":null}]"#, r#"[{"content": null, "role": "assistant"}]"#),
        (r#"[{"role":"critic","parts":[]}]"#, r#"[{"content": "", "role": "critic"}]"#),
        (r#"[{"content":"a"}]"#, r#"[{"content": "a", "role": "user"}]"#),
        (
            r#"[{"role":"user","parts":[{"type":"text","content":"see"},{"type":"blob","modality":"image","content":"aGk="}]}]"#,
            r#"[{"content": [{"content": "see", "type": "text"}, {"content": "aGk=", "modality": "image", "type": "blob"}], "role": "user"}]"#,
        ),
        (
            r#"[{"role":"user","parts":[{"type":"tool_call_response","id":"1","result":5},{"type":"text","content":"go on"}]}]"#,
            r#"[{"content": [{"id": "1", "response": 5, "type": "tool_call_response"}], "role": "tool"}, {"content": "go on", "role": "user"}]"#,
        ),
        (
            r#"[{"role":"assistant","parts":[{"type":"opaque","kind":"web_search"}]}]"#,
            r#"[{"content": [{"kind": "web_search", "type": "opaque"}], "role": "assistant"}]"#,
        ),
        (r#"{"messages":[{"role":"user","content":"a"}]}"#, r#"[{"content": "a", "role": "user"}]"#),
        (r#""[{\"role\":\"user\",\"content\":\"a\"}]""#, r#"[{"content": "a", "role": "user"}]"#),
        ("[]", "[]"),
        ("plain words", r#"[{"content": "plain words", "role": "user"}]"#),
        ("[1, 2]", r#"[{"content": "[1, 2]", "role": "user"}]"#),
        (
            r#"[{"role":"user","par...[truncated 9 bytes]"#,
            r#"[{"content": "[{\"role\":\"user\",\"par...[truncated 9 bytes]", "role": "user"}]"#,
        ),
        ("__REDACTED__", r#"[{"content": "__REDACTED__", "role": "user"}]"#),
    ] {
        let call = called(&[("gen_ai.input.messages", input)]);
        assert_eq!(shown(&call.record, "request.messages"), expected, "{input}");
        assert!(call.record.contains_key("prompt_hash"));
    }
    let prompt = called(&[("gen_ai.prompt", "plain words")]);
    assert_eq!(shown(&prompt.record, "request.messages"), r#"[{"content": "plain words", "role": "user"}]"#);
}

#[test]
fn nesting_beyond_all_bounds_stays_a_text() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let call = called(&[
        ("gen_ai.input.messages", &deep),
        ("gen_ai.output.messages", &deep),
        ("gen_ai.tool.definitions", &deep),
    ]);
    assert_eq!(pick(&call.record, "request.messages.0.content").unwrap().as_str(), Some(deep.as_str()));
    assert_eq!(answered(&call), Some(deep.as_str()));
    assert_eq!(pick(&call.record, "request.tools.0.definition").unwrap().as_str(), Some(deep.as_str()));
}

#[test]
fn the_system_prompt_is_what_was_instructed_and_what_the_messages_begin_with() {
    let user = r#"{"role":"user","content":"hi"}"#;
    for (instructions, leading, expected) in [
        (r#"[{"type":"text","content":"a"},{"type":"text","content":"b"}]"#, "", r#""a\nb""#),
        ("plain", "", r#""plain""#),
        (r#"{"type":"text","content":"a"}"#, "", r#""a""#),
        (
            "",
            r#"{"role":"system","content":"a"},{"role":"developer","parts":[{"type":"text","content":"b"}]},"#,
            r#""a\nb""#,
        ),
        ("a", r#"{"role":"system","content":"a"},"#, r#""a""#),
        ("a", r#"{"role":"system","content":"a and more"},"#, r#""a and more""#),
        ("a", r#"{"role":"system","content":"b"},"#, r#""a\nb""#),
        ("", r#"{"role":"system","content":""},"#, "-"),
        ("[{cut", "", r#""[{cut""#),
        ("", "", "-"),
    ] {
        let call = called(&[
            ("gen_ai.system_instructions", instructions),
            ("gen_ai.input.messages", &format!("[{leading}{user}]")),
        ]);
        assert_eq!(shown(&call.record, "request.system"), expected, "{instructions} {leading}");
        assert_eq!(shown(&call.record, "request.messages"), r#"[{"content": "hi", "role": "user"}]"#);
    }
}

#[test]
fn the_prompt_hash_is_over_the_request_and_tells_requests_apart() {
    let hash = |fields: &[(&'static str, &str)]| shown(&called(fields).record, "prompt_hash");
    let base = [("gen_ai.request.model", "m"), ("gen_ai.input.messages", r#"[{"role":"user","content":"hi"}]"#)];
    // sha256 of {"messages": [{"content": "hi", "role": "user"}], "model": "m"}
    assert_eq!(hash(&base), "\"2d1f285b0d2a352b543e8d7ffd476a2133b3e6474e364dc1cd2a4bc3701f90a7\"");
    let spaced = [base[0], ("gen_ai.input.messages", r#" [ {"content": "hi", "role": "user"} ] "#)];
    assert_eq!(hash(&base), hash(&spaced));
    for other in
        [("gen_ai.request.model", "n"), ("gen_ai.request.seed", "1"), ("gen_ai.tool.definitions", r#"[{"name":"t"}]"#)]
    {
        assert_ne!(hash(&base), hash(&[base[0], base[1], other]), "{other:?}");
    }
    assert_eq!(hash(&[("gen_ai.request.model", "m"), ("gen_ai.request.seed", "1")]), "-");
}

#[test]
fn the_layer_is_told_or_follows_from_where_the_call_is_made() {
    for (fields, under_plan, expected) in [
        (&[][..], false, "model"),
        (&[], true, "planner"),
        (&[("openinference.span.kind", "EVALUATOR")], true, "judge"),
        (&[("openinference.span.kind", "GUARDRAIL")], false, "verifier"),
        (&[("augur.layer", "grounding")], true, "grounding"),
        (&[("augur.layer", "nonsense")], true, "planner"),
    ] {
        assert_eq!(valid(model_call(&span("chat", texts(fields)), under_plan)).layer.as_str(), expected, "{fields:?}");
    }
}

#[test]
fn messages_that_travel_in_events_are_the_calls() {
    let named = |name: &'static str, fields: &[(&'static str, &str)]| EventFacts {
        name: name.into(),
        ..event("any", Level::Info, "", texts(fields))
    };
    for events in [
        vec![
            named("gen_ai.system.message", &[("content", "Be brief.")]),
            named("gen_ai.user.message", &[("content", "hi")]),
            named("gen_ai.choice", &[("message", r#"{"content":"hello"}"#), ("finish_reason", "stop")]),
        ],
        vec![named(
            "x",
            &[
                ("event.name", "gen_ai.client.inference.operation.details"),
                ("gen_ai.system_instructions", "Be brief."),
                ("gen_ai.input.messages", r#"[{"role":"user","content":"hi"}]"#),
                ("gen_ai.output.messages", r#"[{"role":"assistant","content":"hello","finish_reason":"stop"}]"#),
            ],
        )],
        vec![
            named(
                "gen_ai.content.prompt",
                &[("gen_ai.prompt", r#"[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}]"#)],
            ),
            named(
                "gen_ai.content.completion",
                &[("gen_ai.completion", r#"[{"role":"assistant","content":"hello","finish_reason":"stop"}]"#)],
            ),
        ],
        vec![
            named("gen_ai.system.message", &[("body", r#"{"content":"Be brief."}"#)]),
            named("gen_ai.user.message", &[("body", r#"{"content":"hi"}"#)]),
            named("gen_ai.choice", &[("body", r#"{"index":0,"finish_reason":"stop","message":{"content":"hello"}}"#)]),
        ],
    ] {
        let call = valid(model_call(&SpanFacts { events, ..span("chat", Attributes::default()) }, false));
        for (path, expected) in [
            ("request.system", r#""Be brief.""#),
            ("request.messages", r#"[{"content": "hi", "role": "user"}]"#),
            ("response.text", r#""hello""#),
            ("response.stop_reason", r#""stop""#),
        ] {
            assert_eq!(shown(&call.record, path), expected);
        }
    }
}

#[test]
fn versions_and_costs_are_told_where_they_are_known() {
    let call = called(&[("gen_ai.prompt.name", "buy"), ("gen_ai.prompt.version", "3"), ("llm.cost.total", "0.25")]);
    assert_eq!(
        (shown(&call.versions, "prompt"), shown(&call.costs, "model_usd")),
        (r#""buy@3""#.into(), "0.25".into())
    );
    let call = called(&[("cost_details_json", r#"{"total": -1}"#)]);
    assert!(call.costs.is_empty() && call.versions.is_empty());
}
