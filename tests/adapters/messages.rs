//! Logs in the shapes that providers write become steps.

use crate::{PIXEL, support, value};
use tracing_augur::{
    adapters::messages::{LoggedStep, MessageLog, Provider, steps},
    record::Value,
};

/// What a step says, on one line.
fn told(step: &LoggedStep<'_>) -> String {
    let thoughts: Vec<&str> = step.reasoning.iter().map(|piece| piece.text.as_str()).collect();
    let seen = |picture: &Option<_>| if picture.is_some() { "picture" } else { "-" };
    let failed = if step.failed { " failed" } else { "" };
    format!(
        "{}.{} {:?} {} {} [{}] {}>{}{failed}",
        step.turn,
        step.call,
        step.intent,
        Value::from(step.action.clone()),
        step.tool_call_id.as_deref().unwrap_or("-"),
        thoughts.join("|"),
        seen(&step.before),
        seen(&step.after),
    )
}

fn all(log: &str) -> Vec<String> {
    let log = MessageLog::from_value(value(log)).unwrap();
    steps(&log.messages).map(|step| told(&step)).collect()
}

fn image_url() -> String {
    format!(r#"{{"type": "image_url", "image_url": {{"url": "data:image/png;base64,{PIXEL}"}}}}"#)
}

#[test]
fn chat_completions() {
    let image = image_url();
    let log = format!(
        r#"{{"model": "gpt-5", "messages": [
        {{"role": "system", "content": "You drive a browser."}},
        {{"role": "user", "content": [{{"type": "text", "text": "Buy milk."}}, {image}]}},
        {{"role": "assistant", "content": "I open the shop.", "reasoning_content": "Shop first.", "tool_calls": [
            {{"id": "call_1", "type": "function", "function": {{"name": "browser_navigate", "arguments": "{{\"url\": \"shop\"}}"}}}},
            {{"id": "call_2", "type": "function", "function": {{"name": "computer", "arguments": "{{\"action\": \"click\", \"x\": 4, \"y\": 2}}"}}}}]}},
        {{"role": "tool", "tool_call_id": "call_2", "content": "clicked"}},
        {{"role": "tool", "tool_call_id": "call_1", "content": "loaded"}},
        {{"role": "user", "content": [{image}]}},
        {{"role": "assistant", "content": null, "tool_calls": [
            {{"id": "call_3", "type": "function", "function": {{"name": "note", "arguments": "{{\"cut"}}}},
            {{"id": "call_4", "type": "custom", "custom": {{"name": "shell", "input": "ls"}}}}]}},
        {{"role": "assistant", "content": [{{"type": "text", "text": "Old style."}}], "function_call": {{"name": "look", "arguments": "{{}}"}}}},
        {{"role": "function", "name": "look", "content": "nothing"}},
        {{"role": "assistant", "content": "Done."}}]}}"#
    );
    assert_eq!(
        all(&log),
        [
            r#"2.0 "I open the shop." {"params": {"url": "shop"}, "type": "browser_navigate"} call_1 [Shop first.] picture>-"#,
            r#"2.1 "I open the shop." {"params": {"x": 4, "y": 2}, "type": "click"} call_2 [] picture>picture"#,
            r#"6.0 "" {"params": {"arguments": "{\"cut"}, "type": "note"} call_3 [] picture>-"#,
            r#"6.1 "" {"params": {"arguments": "ls"}, "type": "shell"} call_4 [] picture>-"#,
            r#"7.0 "Old style." {"type": "look"} - [] picture>-"#,
        ]
    );
}

#[test]
fn the_responses_api() {
    let log = format!(
        r#"{{"input": [{{"role": "user", "content": "Buy milk."}}], "output": [
        {{"type": "reasoning", "id": "rs_1", "summary": [{{"type": "summary_text", "text": "Look."}}, {{"type": "summary_text", "text": "Click."}}]}},
        {{"type": "message", "id": "msg_1", "role": "assistant", "content": [{{"type": "output_text", "text": "I click.", "annotations": []}}]}},
        {{"type": "computer_call", "id": "cu_1", "call_id": "call_1", "status": "completed", "pending_safety_checks": [],
            "action": {{"type": "click", "button": "left", "x": 4, "y": 2}}}},
        {{"type": "computer_call_output", "call_id": "call_1", "acknowledged_safety_checks": [],
            "output": {{"type": "computer_screenshot", "image_url": "data:image/png;base64,{PIXEL}"}}}},
        {{"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAA"}},
        {{"type": "function_call", "id": "fc_1", "call_id": "call_2", "name": "note", "arguments": "{{\"text\": \"milk\"}}"}},
        {{"type": "function_call_output", "call_id": "call_2", "output": "noted"}},
        {{"type": "computer_call", "call_id": "call_3", "actions": [{{"type": "move", "x": 1, "y": 1}}, {{"type": "keypress", "keys": ["CTRL", "S"]}}]}},
        {{"type": "computer_call_output", "call_id": "call_3", "output": {{"type": "input_image", "image_url": "data:image/png;base64,{PIXEL}"}}}},
        {{"type": "computer_call", "call_id": "call_4", "action": {{"type": "screenshot"}}}},
        {{"type": "reasoning", "summary": [{{"type": "summary_text", "text": "No answer came."}}]}},
        {{"type": "custom_tool_call", "call_id": "call_5", "name": "sql", "input": "select 1"}},
        {{"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {{"type": "search", "query": "milk"}}}},
        {{"type": "local_shell_call", "call_id": "call_6", "action": {{"type": "exec", "command": ["ls"]}}}},
        {{"type": "message", "role": "assistant", "content": [{{"type": "output_text", "text": "Bought."}}]}}]}}"#
    );
    assert_eq!(
        all(&log),
        [
            "1.0 \"I click.\" {\"params\": {\"button\": \"left\", \"x\": 4, \"y\": 2}, \"type\": \"click\"} call_1 [Look.\nClick.] ->picture",
            r#"5.0 "" {"params": {"text": "milk"}, "type": "note"} call_2 [] picture>-"#,
            r#"8.0 "" {"params": {"x": 1, "y": 1}, "type": "move"} call_3 [] picture>-"#,
            r#"8.1 "" {"params": {"keys": ["CTRL", "S"]}, "type": "keypress"} call_3 [] picture>picture"#,
            r#"10.0 "" {"type": "screenshot"} call_4 [] picture>-"#,
            r#"11.0 "" {"params": {"arguments": "select 1"}, "type": "sql"} call_5 [No answer came.] picture>-"#,
            r#"11.1 "" {"params": {"command": ["ls"], "type": "exec"}, "type": "local_shell"} call_6 [] picture>-"#,
        ]
    );
}

#[test]
fn anthropic_messages() {
    let image =
        format!(r#"{{"type": "image", "source": {{"type": "base64", "media_type": "image/png", "data": "{PIXEL}"}}}}"#);
    let log = format!(
        r#"[{{"role": "user", "content": "Buy milk."}},
        {{"role": "assistant", "content": [
            {{"type": "thinking", "thinking": "Look first.", "signature": "s"}}, {{"type": "redacted_thinking", "data": "EmwK"}},
            {{"type": "text", "text": "I look."}}, {{"type": "text", "text": "Then I click."}},
            {{"type": "tool_use", "id": "toolu_1", "name": "computer", "input": {{"action": "screenshot"}}}}]}},
        {{"role": "user", "content": [{{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{{"type": "text", "text": "ok"}}, {image}]}}]}},
        {{"role": "assistant", "content": [
            {{"type": "tool_use", "id": "toolu_2", "name": "computer", "input": {{"action": "left_click", "coordinate": [4, 2]}}}},
            {{"type": "tool_use", "id": "toolu_3", "name": "bash", "input": {{"command": "ls"}}}},
            {{"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {{"query": "milk"}}}}]}},
        {{"role": "user", "content": [
            {{"type": "tool_result", "tool_use_id": "toolu_3", "is_error": true, "content": "no such command"}},
            {{"type": "tool_result", "tool_use_id": "toolu_2", "content": [{image}]}}]}},
        {{"role": "assistant", "content": "Done."}}]"#
    );
    assert_eq!(
        all(&log),
        [
            r#"1.0 "I look." {"type": "screenshot"} toolu_1 [Look first.] ->picture"#,
            r#"3.0 "" {"params": {"coordinate": [4, 2]}, "type": "left_click"} toolu_2 [] picture>picture"#,
            r#"3.1 "" {"params": {"command": "ls"}, "type": "bash"} toolu_3 [] picture>- failed"#,
        ]
    );
}

#[test]
fn a_single_response_is_a_log_too() {
    for (response, action) in [
        (
            r#"{"choices": [{"message": {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "t", "arguments": "{}"}}]}}]}"#,
            "t",
        ),
        (
            r#"{"object": "response", "output": [{"type": "computer_call", "call_id": "c", "action": {"type": "wait"}}]}"#,
            "wait",
        ),
        (
            r#"{"type": "message", "role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "t", "input": {}}]}"#,
            "t",
        ),
        (
            r#"{"messages": [{"role": "user", "content": "go"}, {"object": "response", "output": [
                {"type": "computer_call", "call_id": "c", "action": {"type": "wait"}}]}]}"#,
            "wait",
        ),
    ] {
        let log = MessageLog::from_value(value(response)).unwrap();
        let actions: Vec<String> = steps(&log.messages).map(|step| step.action["type"].to_string()).collect();
        assert_eq!(actions, [format!("{action:?}")], "{response}");
    }
}

#[test]
fn calls_whose_results_were_not_logged_are_steps_of_their_own_turns() {
    let call = |intent: &str| {
        format!(r#"{{"role": "assistant", "content": "{intent}", "tool_calls": [{{"function": {{"name": "t"}}}}]}}"#)
    };
    assert_eq!(
        all(&format!("[{}, {}]", call("One."), call("Two."))),
        [r#"0.0 "One." {"type": "t"} - [] ->-"#, r#"1.0 "Two." {"type": "t"} - [] ->-"#]
    );
}

#[test]
fn an_intent_is_cut_at_120_characters() {
    let long = "ä".repeat(500);
    let log = value(&format!(
        r#"[{{"role": "assistant", "content": "{long}", "tool_calls": [{{"function": {{"name": "t"}}}}]}}]"#
    ));
    let step = steps(log.as_array().unwrap()).next().unwrap();
    assert_eq!(step.intent, "ä".repeat(120));
}

#[test]
fn what_is_no_message_is_passed_over() {
    for log in [
        "[]",
        "{}",
        "[1, null, \"x\", [], {}]",
        r#"{"messages": [{"role": 7}, {"role": "assistant"}, {"content": []}]}"#,
    ] {
        assert_eq!(all(log), [""; 0], "{log}");
    }
    for (log, kind) in [("7", "number"), ("\"x\"", "string"), ("null", "null")] {
        let error = MessageLog::from_value(value(log)).map(drop).unwrap_err().to_string();
        assert!(error.ends_with(kind), "{error}");
    }
}

#[test]
fn a_picture_is_what_stands_in_the_log_and_is_a_png() {
    let gif = "R0lGODlhAQABAAAAACw=";
    let broken = format!("{}\\n{}", &PIXEL[..20], &PIXEL[20..]);
    for (source, expected) in [
        (format!(r#"{{"type": "base64", "media_type": "image/png", "data": "{PIXEL}"}}"#), Ok(())),
        (format!(r#"{{"type": "base64", "media_type": "image/png", "data": "{broken}"}}"#), Ok(())),
        (format!(r#"{{"type": "base64", "media_type": "image/gif", "data": "{gif}"}}"#), Err("not a PNG")),
        (r#"{"type": "base64", "media_type": "image/png", "data": "%%%"}"#.to_owned(), Err("not base64")),
        (r#"{"type": "base64", "media_type": "image/png", "data": ""}"#.to_owned(), Err("empty")),
    ] {
        let log = value(&format!(
            r#"[{{"role": "user", "content": [{{"type": "image", "source": {source}}}]}},
                {{"role": "assistant", "content": [{{"type": "tool_use", "id": "t", "name": "t", "input": {{}}}}]}}]"#
        ));
        let step = steps(log.as_array().unwrap()).next().unwrap();
        match (step.before.unwrap().png(), expected) {
            (Ok(png), Ok(())) => assert_eq!(png, support::PIXEL),
            (Err(error), Err(why)) => assert!(error.to_string().contains(why), "{error}"),
            (found, _) => panic!("{source}: {found:?}"),
        }
    }
    for source in [r#"{"type": "url", "url": "https://example.org/a.png"}"#, r#"{"type": "file", "file_id": "f"}"#, "7"]
    {
        let log = value(&format!(
            r#"[{{"role": "user", "content": [{{"type": "image", "source": {source}}}]}},
                {{"role": "assistant", "content": [{{"type": "tool_use", "id": "t", "name": "t", "input": {{}}}}]}}]"#
        ));
        assert!(steps(log.as_array().unwrap()).next().unwrap().before.is_none(), "{source}");
    }
}

#[test]
fn a_log_tells_whose_it_is() {
    for (log, provider) in [
        (r#"[{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": []}]"#, Some(Provider::OpenAiChat)),
        (r#"[{"role": "tool", "tool_call_id": "c", "content": "x"}]"#, Some(Provider::OpenAiChat)),
        (r#"[{"type": "computer_call", "action": {}}]"#, Some(Provider::OpenAiResponses)),
        (r#"[{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]"#, Some(Provider::OpenAiResponses)),
        (r#"[{"role": "assistant", "content": [{"type": "text"}, {"type": "tool_use"}]}]"#, Some(Provider::Anthropic)),
        (r#"[{"role": "user", "content": "x"}]"#, None),
    ] {
        assert_eq!(Provider::of(&MessageLog::from_value(value(log)).unwrap()), provider, "{log}");
    }
}
