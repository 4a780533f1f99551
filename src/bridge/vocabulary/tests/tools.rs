//! Tools, agents, actions and failures.

use super::*;

#[test]
fn a_tool_is_read_in_every_vocabulary() {
    for (name, fields, expected) in [
        (
            "execute_tool",
            &[
                ("gen_ai.tool.name", "add"),
                ("gen_ai.tool.call.id", "1"),
                ("gen_ai.tool.call.arguments", r#"{"x":2}"#),
                ("gen_ai.tool.call.result", "5"),
            ][..],
            r#"add 1 {"x": 2} "5""#,
        ),
        ("x", &[("gen_ai.tool.name", "add"), ("gen_ai.tool.call_id", "1")], "add 1 - -"),
        (
            "x",
            &[("tool.name", "add"), ("tool.parameters", r#"{"x":2}"#), ("output.value", "[5]"), ("tool.id", "1")],
            r#"add 1 {"x": 2} [5]"#,
        ),
        ("tool.call", &[("tool", "add")], "add - - -"),
        ("autoagents.tool_call", &[("tool_name", "add"), ("tool_call_id", "1")], "add 1 - -"),
        ("tool", &[("otel.name", "tool.add")], "add - - -"),
        ("", &[("otel.name", "execute_tool add")], "add - - -"),
        ("tools/call add", &[("mcp.method.name", "tools/call")], "add - - -"),
        (
            "add.tool",
            &[("traceloop.entity.input", r#"{"args":[],"kwargs":{"x":2}}"#), ("traceloop.entity.output", "5")],
            r#"- - {"x": 2} "5""#,
        ),
        ("x", &[("tool_name", "add"), ("arguments", "{cut"), ("output", "5"), ("call_id", "1")], r#"add 1 "{cut" "5""#),
        ("dispatch_tool_call", &[("input", r#"{"name":"add","arguments":{"x":2}}"#)], r#"add - {"x": 2} -"#),
        ("x", &[("input", "5")], r#"- - "5" -"#),
        ("x", &[], "- - - -"),
    ] {
        let mut facts = span("", texts(fields));
        facts.name = name.to_owned().into();
        let tool = tool_use(&facts);
        let show = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
        let (name, id) = (tool.name.as_deref().unwrap_or("-"), tool.call_id.as_deref().unwrap_or("-"));
        assert_eq!(format!("{name} {id} {} {}", show(&tool.arguments), show(&tool.result)), expected);
        decided(tool_started(&tool));
        decided(tool_ended(&tool));
    }
}

#[test]
fn a_computer_action_is_its_verb_and_any_other_tool_is_its_own() {
    for (name, arguments, expected) in [
        (
            "computer",
            r#"{"action": "left_click", "coordinate": [3, 4]}"#,
            r#"{"params": {"coordinate": [3, 4]}, "type": "left_click"}"#,
        ),
        (
            "",
            r#"{"action": "left_click", "coordinate": [3, 4]}"#,
            r#"{"params": {"coordinate": [3, 4]}, "type": "left_click"}"#,
        ),
        ("screen", r#"{"action": "screenshot"}"#, r#"{"type": "screenshot"}"#),
        ("computer", r#"{"action": "novelty"}"#, r#"{"type": "novelty"}"#),
        (
            "computer",
            r#"{"action": {"type": "click", "x": 1, "y": 2}}"#,
            r#"{"params": {"x": 1, "y": 2}, "type": "click"}"#,
        ),
        ("computer_call", r#"{"type": "click", "x": 1, "y": 2}"#, r#"{"params": {"x": 1, "y": 2}, "type": "click"}"#),
        (
            "files",
            r#"{"action": "list", "path": "a"}"#,
            r#"{"params": {"action": "list", "path": "a"}, "type": "files"}"#,
        ),
        ("form", r#"{"type": "click"}"#, r#"{"params": {"type": "click"}, "type": "form"}"#),
        ("add", "{}", r#"{"type": "add"}"#),
        ("add", "{cut", r#"{"params": {"arguments": "{cut"}, "type": "add"}"#),
        ("add", "[1]", r#"{"params": {"arguments": [1]}, "type": "add"}"#),
        ("", "", r#"{"type": "tool"}"#),
    ] {
        let action =
            action_of(&tool_use(&span("x", texts(&[("tool", name), ("gen_ai.tool.call.arguments", arguments)]))));
        assert_eq!(Value::from(action.clone()).to_string(), expected);
        judge(Schema::Step, step(&[("action", action.into())]));
    }
}

#[test]
fn an_agent_is_read_in_every_vocabulary() {
    for (name, fields, expected) in [
        (
            "invoke_agent",
            &[("gen_ai.agent.name", "a"), ("gen_ai.prompt", "q"), ("gen_ai.completion", "r")][..],
            "a|q|r|-",
        ),
        ("invoke_agent a", &[("gen_ai.conversation.id", "c")], "a|-|-|c"),
        (
            "reply",
            &[("gen_ai.agent.name", "goose"), ("user_message", "q"), ("trace_output", "r"), ("session.id", "c")],
            "goose|q|r|c",
        ),
        (
            "x",
            &[
                ("gen_ai.workflow.name", "w"),
                ("gen_ai.input.messages", r#"[{"role":"user","parts":[{"type":"text","content":"q"}]}]"#),
                ("gen_ai.output.messages", r#"[{"role":"assistant","content":"r"}]"#),
            ],
            "w|q|r|-",
        ),
        (
            "w.workflow",
            &[("traceloop.entity.name", "w"), ("traceloop.entity.input", r#"{"args":["q"]}"#)],
            r#"w|{"args":["q"]}|-|-"#,
        ),
        ("x", &[("gen_ai.agent.name", "a"), ("gen_ai.prompt", "{cut")], "a|{cut|-|-"),
    ] {
        let mut facts = span("", texts(fields));
        facts.name = name.to_owned().into();
        let agent = agent_facts(&facts);
        let all = [&agent.name, &agent.prompt, &agent.completion, &agent.conversation];
        assert_eq!(all.map(|part| part.as_deref().unwrap_or("-")).join("|"), expected, "{name}");
        decided(agent_ended(&agent));
    }
}

#[test]
fn a_failure_is_known_in_every_form() {
    for (fields, class, message) in [
        (&[("error.type", "timeout")][..], Some("timeout"), None),
        (&[("otel.status_code", "error")], None, None),
        (&[("otel.status_code", "ERROR"), ("otel.status_description", "boom")], None, Some("boom")),
        (&[("otel.status_description", "boom")], None, Some("boom")),
        (&[("error", "boom")], None, Some("boom")),
        (&[("error", "true")], None, None),
        (&[("exception.type", "E"), ("exception.message", "boom")], Some("E"), Some("boom")),
        (&[("error.message", "boom"), ("error.code", "429")], Some("429"), Some("boom")),
        (&[("gen_ai.tool.call.outcome", "error"), ("gen_ai.tool.error.type", "other")], Some("other"), None),
        (&[("gen_ai.tool.call.outcome", "error")], None, None),
        (&[("gen_ai.tool.call.outcome", "denied")], Some("denied"), None),
        (&[("success", "false")], None, None),
        (&[("output.status", "error")], None, None),
        (&[("output", r#"{"status": "error"}"#)], None, None),
        (&[("gen_ai.response.status", "cancelled")], Some("cancelled"), None),
        (&[("error.type", "boom"), ("error", "boom")], Some("boom"), None),
    ] {
        let failure = failure(&span("x", texts(fields))).unwrap_or_else(|| panic!("{fields:?} is no failure"));
        assert_eq!((failure.class.as_deref(), failure.message.as_deref()), (class, message), "{fields:?}");
    }
    let thrown = event("x", Level::Error, "went wrong", texts(&[("error", "boom")]));
    let failed = failure(&SpanFacts { events: vec![thrown], ..span("x", Attributes::default()) }).unwrap();
    assert_eq!(failed.message.as_deref(), Some("boom"));
}

#[test]
fn what_went_well_or_says_nothing_is_no_failure() {
    for fields in [
        &[][..],
        &[("otel.status_code", "ok")],
        &[("error", "false")],
        &[("error", "")],
        &[("success", "true")],
        &[("gen_ai.tool.call.outcome", "success")],
        &[("gen_ai.tool.call.outcome", "skipped")],
        &[("gen_ai.response.status", "completed")],
    ] {
        assert!(failure(&span("x", texts(fields))).is_none(), "{fields:?}");
    }
}

#[test]
fn a_failed_call_says_so() {
    let call = called(&[("gen_ai.request.model", "m"), ("error.type", "429")]);
    assert!(call.incomplete);
    let told = &model_called(&call)[0];
    assert_eq!((told.kind, told.summary.as_str()), (EventKind::Error, "model call failed"));
    assert_eq!(shown(&told.detail, "error_type"), r#""429""#);
}
