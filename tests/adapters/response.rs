//! Reasoning and log probabilities out of responses of every shape that is in use.

use crate::{assert_valid, session, support, value};
use tracing_augur::{
    adapters::response::{logprobs, reasoning},
    record::Value,
};

/// `format: text` for each piece, then how many were hidden and how many skipped.
fn told(response: &str) -> (Vec<String>, usize, usize) {
    let found = reasoning(&value(response));
    let pieces = found.pieces.iter().map(|piece| format!("{}: {}", piece.format.as_str(), piece.text)).collect();
    (pieces, found.hidden, found.skipped)
}

#[test]
fn reasoning_is_found_in_every_shape() {
    for (response, pieces, hidden, skipped) in [
        // Anthropic: one piece per block, the field that the API has and the one that some libraries have.
        (
            r#"{"content": [{"type": "thinking", "thinking": "Hm.", "signature": "s"}, {"type": "text", "text": "So."},
                {"type": "thinking", "text": "Then."}]}"#,
            &["claude_extended_thinking: Hm.", "claude_extended_thinking: Then."][..],
            0,
            0,
        ),
        (
            r#"{"content": [{"type": "redacted_thinking", "data": "EmwK"}, {"type": "thinking", "thinking": "", "signature": "s"}]}"#,
            &[],
            2,
            0,
        ),
        (r#"{"content": [{"type": "thinking"}, {"type": "thinking", "thinking": 7}, "thinking", null]}"#, &[], 0, 2),
        // A summary as text, and as a list.
        (r#"{"reasoning": {"summary": "In short."}}"#, &["openai_reasoning_summary: In short."], 0, 0),
        (r#"{"reasoning": {"text": "At length."}}"#, &["openai_reasoning_summary: At length."], 0, 0),
        (r#"{"reasoning": {"summary": null, "text": "At length."}}"#, &["openai_reasoning_summary: At length."], 0, 0),
        (
            r#"{"reasoning": {"summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}]}}"#,
            &["openai_reasoning_summary: One.\nTwo."],
            0,
            0,
        ),
        (r#"{"reasoning": {"summary": [], "text": "At length."}}"#, &["openai_reasoning_summary: At length."], 0, 0),
        (r#"{"reasoning": {"summary": 7}}"#, &[], 0, 1),
        (r#"{"reasoning": {"effort": "high", "summary": null}}"#, &[], 0, 0),
        // Responses: items of the output; what stands at the top repeats the request.
        (
            r#"{"object": "response", "reasoning": {"effort": "high", "summary": "auto"}, "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Done."}]},
                {"type": "reasoning", "id": "rs_2", "summary": [], "content": [{"type": "reasoning_text", "text": "Three."}]}]}"#,
            &["openai_reasoning_summary: One.\nTwo.", "openai_reasoning_summary: Three."],
            0,
            0,
        ),
        (r#"{"output": [{"type": "reasoning", "summary": []}]}"#, &[], 0, 0),
        (r#"{"output": [{"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}]}"#, &[], 1, 0),
        (r#"{"output": [{"type": "reasoning", "summary": [{"type": "summary_text"}]}, 7]}"#, &[], 0, 1),
        // Chat completions of models that think aloud.
        (
            r#"{"choices": [{"message": {"role": "assistant", "content": "4", "reasoning_content": "2 and 2."}}]}"#,
            &["adapter_inferred: 2 and 2."],
            0,
            0,
        ),
        (
            r#"{"choices": [{"message": {"content": "4", "reasoning": "2 and 2."}}]}"#,
            &["adapter_inferred: 2 and 2."],
            0,
            0,
        ),
        (r#"{"choices": [{"message": {"content": "4"}}]}"#, &[], 0, 0),
        // Blocks come before a summary.
        (
            r#"{"reasoning": {"summary": "Late."}, "content": [{"type": "thinking", "thinking": "Early."}]}"#,
            &["claude_extended_thinking: Early.", "openai_reasoning_summary: Late."],
            0,
            0,
        ),
        (r#"{"content": "just text"}"#, &[], 0, 0),
        ("[]", &[], 0, 0),
        ("null", &[], 0, 0),
    ] {
        let (found, hidden_found, skipped_found) = told(response);
        assert_eq!(found, pieces, "{response}");
        assert_eq!((hidden_found, skipped_found), (hidden, skipped), "{response}");
    }
}

#[test]
fn log_probabilities_are_found_in_every_shape() {
    let (yes, no) = (r#"{"token": "yes", "logprob": -0.5}"#, r#"{"token": "no", "logprob": -1.5}"#);
    let (yes_kept, no_kept) = (r#"{"logprob": -0.5, "token": "yes"}"#, r#"{"logprob": -1.5, "token": "no"}"#);
    for (response, tokens, skipped) in [
        (
            format!(r#"{{"choices": [{{"logprobs": {{"content": [{yes}, {no}]}}}}]}}"#),
            format!("[{yes_kept}, {no_kept}]"),
            0,
        ),
        // Asked for, and nothing came; nobody asked.
        (
            r#"{"choices": [{"logprobs": {"content": []}}], "content": [{"logprobs": [{"logprob": 1}]}]}"#.into(),
            "[]".into(),
            0,
        ),
        (r#"{"choices": [{"logprobs": null}]}"#.into(), "-".into(), 0),
        // Only the first choice, and it comes before any block.
        (
            format!(
                r#"{{"choices": [{{"logprobs": {{"content": [{yes}]}}}}, {{"logprobs": {{"content": [{no}]}}}}]}}"#
            ),
            format!("[{yes_kept}]"),
            0,
        ),
        // Blocks, one after the other, in both of their forms.
        (
            format!(
                r#"{{"content": [{{"logprobs": [{yes}]}}, {{"text": "x"}}, {{"logprobs": {{"content": [{no}]}}}}]}}"#
            ),
            format!("[{yes_kept}, {no_kept}]"),
            0,
        ),
        (r#"{"content": [{"logprobs": []}]}"#.into(), "-".into(), 0),
        // Responses.
        (
            format!(
                r#"{{"output": [{{"type": "reasoning", "summary": []}}, {{"type": "message", "content": [
                    {{"type": "output_text", "text": "yes", "logprobs": [{yes}]}}, {{"type": "output_text", "logprobs": [{no}]}}]}}]}}"#
            ),
            format!("[{yes_kept}, {no_kept}]"),
            0,
        ),
        (
            r#"{"output": [{"type": "message", "content": [{"type": "output_text", "logprobs": []}]}]}"#.into(),
            "-".into(),
            0,
        ),
        // What cannot be read is skipped and counted.
        (
            format!(
                r#"{{"choices": [{{"logprobs": {{"content": [{yes}, {{"token": "?"}}, 7, {{"logprob": "x"}}, {no}]}}}}]}}"#
            ),
            format!("[{yes_kept}, {no_kept}]"),
            3,
        ),
        (r#"{"content": [{"logprobs": [{"token": "?"}]}]}"#.into(), "-".into(), 1),
        (r#"{"choices": [{"logprobs": {"content": [null]}}]}"#.into(), "-".into(), 1),
        ("{}".into(), "-".into(), 0),
        ("[]".into(), "-".into(), 0),
    ] {
        let found = logprobs(&value(&response));
        let shown = found.tokens.map_or_else(|| "-".to_owned(), |tokens| Value::from(tokens).to_string());
        assert_eq!((shown, found.skipped), (tokens, skipped), "{response}");
    }
}

#[test]
fn of_a_token_is_kept_what_the_record_has_and_nothing_is_made_up() {
    for (entry, kept) in [
        (
            r#"{"token": "a", "logprob": -0.5, "token_id": 7, "bytes": [97]}"#,
            r#"{"logprob": -0.5, "token": "a", "token_id": 7}"#,
        ),
        (r#"{"logprob": "-0.5"}"#, r#"{"logprob": -0.5}"#),
        (r#"{"logprob": -9999, "token": 3, "token_id": "7"}"#, r#"{"logprob": -9999}"#),
        (r#"{"logprob": 0, "token_id": 1.5}"#, r#"{"logprob": 0}"#),
        (r#"{"logprob": 0, "token_id": null}"#, r#"{"logprob": 0}"#),
        (
            r#"{"logprob": 0, "top_logprobs": [{"token": "a", "logprob": 0}, {"token": "b"}, 3, {"token_id": 2, "logprob": -1}]}"#,
            r#"{"logprob": 0, "top_alternatives": [{"logprob": 0, "token": "a"}, {"logprob": -1, "token_id": 2}]}"#,
        ),
        (
            r#"{"logprob": 0, "top_alternatives": [{"logprob": -1}]}"#,
            r#"{"logprob": 0, "top_alternatives": [{"logprob": -1}]}"#,
        ),
        (r#"{"logprob": 0, "top_logprobs": []}"#, r#"{"logprob": 0}"#),
    ] {
        let found = logprobs(&value(&format!(r#"{{"content": [{{"logprobs": [{entry}]}}]}}"#)));
        assert_eq!(Value::from(found.tokens.unwrap()).to_string(), format!("[{kept}]"), "{entry}");
    }
}

#[test]
fn what_is_found_fits_the_model_calls_record() {
    let folder = support::bundles("adapters_logprobs").join("run");
    let session = session(&folder, "run");
    let found = logprobs(&value(
        r#"{"choices": [{"logprobs": {"content": [{"token": "a", "logprob": "-0.5", "token_id": 7,
            "top_logprobs": [{"token": "b", "logprob": -2}]}, {"token": "lost"}]}}]}"#,
    ));
    let mut record = value(r#"{"request": {"model": "m"}, "response": {}}"#);
    let response = record.as_object_mut().and_then(|members| members.get_mut("response")?.as_object_mut()).unwrap();
    response.insert("logprobs".into(), found.tokens.unwrap().into());
    session.record_modelio(&record, None, None).unwrap();
    session.close(None).unwrap();
    assert_valid(&folder);
}
