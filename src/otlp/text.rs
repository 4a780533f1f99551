//! Texts on their way out: cut to a length, freed of paths, and read as JSON or as a count where they are one.

use crate::{
    record::{self, Value},
    redact::RedactionPolicy,
};

/// Longest text that is searched for secrets, in bytes; anything longer is replaced unread.
pub(super) const LONGEST_SEARCHED: usize = 1024 * 1024;

/// JSON within JSON within JSON is as deep as it gets in practice: a message, its tool call, the call's arguments.
const EMBEDDED_DEPTH: usize = 4;

/// The text, or a note in place of one that is too long to be searched.
pub(super) fn bounded(text: &str) -> String {
    if text.len() > LONGEST_SEARCHED { format!("[cut, {} bytes]", text.len()) } else { text.to_owned() }
}

/// Redacts the members of a text that is a JSON object or list, which patterns over the text would miss.
pub(super) fn redact_embedded(policy: &RedactionPolicy, text: String) -> String {
    embedded(policy, &text, EMBEDDED_DEPTH).unwrap_or(text)
}

/// The text redacted; `None` if it is not JSON or has nothing to hide.
fn embedded(policy: &RedactionPolicy, text: &str, depth: usize) -> Option<String> {
    if depth == 0 || !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut value = record::parse(text.as_bytes()).ok()?;
    let inner = descend(policy, &mut value, depth - 1);
    let touched = policy.redact(&mut value) > 0;
    (inner || touched).then(|| value.to_string())
}

/// Redacts JSON inside the strings of a value; says whether there was anything to hide.
fn descend(policy: &RedactionPolicy, value: &mut Value, depth: usize) -> bool {
    let mut found = false;
    match value {
        Value::String(text) => {
            if let Some(safe) = embedded(policy, text, depth) {
                *text = safe;
                found = true;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| found |= descend(policy, item, depth)),
        Value::Object(members) => members.values_mut().for_each(|item| found |= descend(policy, item, depth)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    found
}

/// Whether an attribute is a whole number by definition. `tracing` fields of type `u64` arrive as text, which nobody can
/// add up.
pub(super) fn is_count(key: &str) -> bool {
    key.starts_with("gen_ai.usage.")
        || key.starts_with("augur.costs.tokens_")
        || key.starts_with("augur.step.costs.tokens_")
        || (key.starts_with("augur.") && key.ends_with(".duration_ms"))
        || matches!(
            key,
            "gen_ai.request.max_tokens"
                | "gen_ai.request.seed"
                | "gen_ai.request.top_k"
                | "gen_ai.request.choice.count"
                | "augur.step.index"
        )
}

/// Where the code of a dependency lies says who compiled it; the part from `src/` on says enough. `None` for other
/// attributes and for paths that are relative.
pub(super) fn source_path(key: &str, path: &str) -> Option<String> {
    if !matches!(key, "code.file.path" | "code.filepath") || !is_absolute(path) {
        return None;
    }
    let path = path.replace('\\', "/");
    let start = match path.rfind("/src/") {
        Some(src) => src + 1,
        None => path.rfind('/').map_or(0, |slash| slash + 1),
    };
    path.get(start..).map(str::to_owned)
}

/// On any system, for telemetry of another machine may pass through.
fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\', '~']) || path.as_bytes().get(1..3).is_some_and(|drive| matches!(drive, b":\\" | b":/"))
}

/// Whether an event was named after its place in the code, `event <file>:<line>`, because it has no message.
pub(super) fn is_call_site(name: &str) -> bool {
    name.strip_prefix("event ").and_then(|place| place.rsplit_once(':')).is_some_and(|(file, line)| {
        file.ends_with(".rs") && !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_to_be_searched_does_not_leave() {
        assert_eq!(bounded(&"x".repeat(LONGEST_SEARCHED + 1)), "[cut, 1048577 bytes]");
        assert_eq!(bounded("short"), "short");
    }

    #[test]
    fn secrets_in_json_text_are_found_by_their_names_at_any_depth() {
        let policy = RedactionPolicy::default();
        let arguments = r#"{"user":"ann","password":"canary-1"}"#;
        let nested = serde_json::json!([{"tool_call": {"arguments": arguments, "token": "canary-2"}}]).to_string();
        for text in [arguments.to_owned(), format!("  {arguments}"), nested] {
            let safe = redact_embedded(&policy, text);
            assert!(!safe.contains("canary"), "{safe}");
        }
        // What is clean stays to the byte, what is no JSON is left to the patterns.
        for text in [r#"{"b": 1,  "a":2.50}"#, "[not json", "plain"] {
            assert_eq!(redact_embedded(&policy, text.to_owned()), text);
        }
    }

    #[test]
    fn absolute_source_paths_shrink_to_the_crate() {
        for (path, expected) in [
            ("/home/ann/.cargo/registry/src/mirror-1/dep-1.0.0/src/net/conn.rs", Some("src/net/conn.rs")),
            (r"C:\Users\Ann Smith\dep\src\lib.rs", Some("src/lib.rs")),
            (r"\\server\share\x.rs", Some("x.rs")),
            ("/build.rs", Some("build.rs")),
            ("src/main.rs", None),
            ("crates/agent/src/main.rs", None),
        ] {
            assert_eq!(source_path("code.file.path", path).as_deref(), expected, "{path}");
            assert_eq!(source_path("code.filepath", path).as_deref(), expected, "{path}");
            assert_eq!(source_path("file", path), None);
        }
    }

    #[test]
    fn events_without_a_message_are_told_from_messages() {
        for (name, is_site) in [
            ("event src/main.rs:10", true),
            ("event /home/Ann Smith/dep/src/lib.rs:7", true),
            ("event happened at 10:20", false),
            ("event", false),
            ("event x.rs:", false),
            ("clicked src/main.rs:10", false),
        ] {
            assert_eq!(is_call_site(name), is_site, "{name}");
        }
    }

    #[test]
    fn counts_are_known_by_name() {
        for (key, counts) in [
            ("gen_ai.usage.input_tokens", true),
            ("gen_ai.request.max_tokens", true),
            ("gen_ai.request.temperature", false),
            ("augur.costs.tokens_in", true),
            ("augur.costs.total_usd", false),
            ("augur.step.duration_ms", true),
            ("http.duration_ms", false),
            ("augur.step.index", true),
        ] {
            assert_eq!(is_count(key), counts, "{key}");
        }
    }
}
