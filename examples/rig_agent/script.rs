//! The model's part of the conversation: which answer follows how many tool results.

use serde_json::{Value, json};

/// A refusal: the conversation is not one this script can continue.
#[derive(Debug, thiserror::Error)]
#[error("the script has no answer to a conversation with {tool_results} tool results")]
pub(crate) struct OffScript {
    tool_results: usize,
}

/// One turn of the model: text, tool calls (id, name, arguments) and what it cost.
struct Turn {
    text: Option<&'static str>,
    calls: Vec<(&'static str, &'static str, Value)>,
    usage: Usage,
}

/// Token counts of one turn: invented, but they add up. `cached` is part of `prompt`, `reasoning` part of `completion`.
struct Usage {
    prompt: u32,
    cached: u32,
    completion: u32,
    reasoning: u32,
}

/// The response body to a chat-completions request body.
///
/// # Errors
///
/// When the number of tool results in the conversation is none the script knows.
pub(crate) fn reply(request: &Value) -> Result<Value, OffScript> {
    let messages = request.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let tool_results = messages.iter().filter(|message| role(message) == Some("tool")).count();
    let turn = turn(tool_results, planted_password(messages)).ok_or(OffScript { tool_results })?;

    let calls: Vec<Value> = turn.calls.into_iter().map(tool_call).collect();
    let finish_reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    let mut message = json!({"role": "assistant", "content": turn.text, "refusal": null});
    if let (false, Some(fields)) = (calls.is_empty(), message.as_object_mut()) {
        fields.insert("tool_calls".to_owned(), calls.into());
    }
    Ok(json!({
        "id": format!("chatcmpl-CvE7rigShop{tool_results:04}"),
        "object": "chat.completion",
        "created": 1_767_225_600 + tool_results,
        "model": "gpt-5-mini-2025-08-07",
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason}],
        "usage": usage(&turn.usage),
        "service_tier": "default",
        "system_fingerprint": "fp_4a331a0222",
    }))
}

fn turn(tool_results: usize, password: Option<&str>) -> Option<Turn> {
    Some(match tool_results {
        0 => Turn {
            text: Some("I will look up both products."),
            calls: vec![
                ("call_7Yw0search1", "search_catalogue", json!({"query": "USB-C cable"})),
                ("call_7Yw0search2", "search_catalogue", json!({"query": "travel charger"})),
            ],
            usage: Usage { prompt: 1206, cached: 0, completion: 189, reasoning: 128 },
        },
        2 => Turn {
            text: None,
            calls: vec![("call_Qm41cable1", "add_to_cart", order("CAB-USBC-1", 2, password))],
            usage: Usage { prompt: 1449, cached: 1152, completion: 38, reasoning: 0 },
        },
        3 => Turn {
            text: Some("That number does not exist; the search listed the 1 m cable as CAB-UC-1M."),
            calls: vec![("call_Qm41cable2", "add_to_cart", order("CAB-UC-1M", 2, password))],
            usage: Usage { prompt: 1523, cached: 1408, completion: 121, reasoning: 64 },
        },
        4 => Turn {
            text: None,
            calls: vec![("call_Zt88charger", "add_to_cart", order("CHG-30-EU", 1, None))],
            usage: Usage { prompt: 1597, cached: 1408, completion: 36, reasoning: 0 },
        },
        5 => Turn {
            text: Some(
                "Your cart holds two 1 m USB-C cables at 7.99 € and a 30 W travel charger at 24.90 €, 40.88 € in all.",
            ),
            calls: Vec::new(),
            usage: Usage { prompt: 1668, cached: 1536, completion: 52, reasoning: 0 },
        },
        _ => return None,
    })
}

fn order(sku: &str, quantity: u32, password: Option<&str>) -> Value {
    match password {
        Some(password) => json!({"sku": sku, "quantity": quantity, "note": format!("sign in with {password}")}),
        None => json!({"sku": sku, "quantity": quantity}),
    }
}

/// A tool call as the API spells it: the arguments are JSON inside a string.
fn tool_call((id, name, arguments): (&str, &str, Value)) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments.to_string()}})
}

fn usage(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn role(message: &Value) -> Option<&str> {
    message.get("role").and_then(Value::as_str)
}

/// The `password=…` word of the customer's message: a model that is told a password will hand it on.
fn planted_password(messages: &[Value]) -> Option<&str> {
    let message = messages.iter().find(|message| role(message) == Some("user"))?;
    let texts = match message.get("content")? {
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        text => text.as_str().into_iter().collect::<Vec<_>>(),
    };
    texts.into_iter().flat_map(str::split_whitespace).find(|word| word.starts_with("password="))
}
