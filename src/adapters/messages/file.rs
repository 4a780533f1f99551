//! A log as it stands in a file.

use super::{MessageAdapter, MessageLogError};
use crate::record::{Object, Value, parse};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A conversation with a model provider. No `Debug`: it is what was said, which no policy has seen yet.
#[derive(Clone, PartialEq, Default)]
pub struct MessageLog {
    /// Messages, or the items of the Responses API, oldest first.
    pub messages: Vec<Value>,
    /// What is known of the conversation: `run_id`, `session_id`, `client_version`, `started_at`, `tags`.
    pub metadata: Object,
}

impl MessageLog {
    /// A log as it stands in one JSON document: a list of messages; an object with `messages`, or with `input` and `output`,
    /// and `metadata`; or one response.
    ///
    /// # Errors
    /// If it is neither a list nor an object.
    pub fn from_value(value: Value) -> Result<Self, MessageLogError> {
        let mut members = match value {
            Value::Array(messages) => return Ok(Self { messages, metadata: Object::new() }),
            Value::Object(members) => members,
            other => return Err(MessageLogError::NoLog { kind: other.kind() }),
        };
        let metadata = match members.get("metadata") {
            Some(Value::Object(metadata)) => metadata.clone(),
            _ => Object::new(),
        };
        let mut take = |name: &str| match members.remove(name) {
            Some(Value::Array(items)) => Some(items),
            _ => None,
        };
        if let Some(messages) = take("messages") {
            return Ok(Self { messages, metadata });
        }
        let (input, output) = (take("input"), take("output"));
        let messages = match (input, output) {
            (None, None) if members.contains_key("choices") || members.contains_key("content") => {
                vec![Value::Object(members)]
            }
            (input, output) => input.into_iter().chain(output).flatten().collect(),
        };
        Ok(Self { messages, metadata })
    }

    /// Reads a file of one JSON document; see [`from_value`](Self::from_value).
    ///
    /// # Errors
    /// If the file cannot be read, is not JSON, or holds no log.
    pub fn load(path: &Path) -> Result<Self, MessageLogError> {
        let bytes = fs::read(path).map_err(|source| MessageLogError::Read { path: path.to_owned(), source })?;
        let value = parse(&bytes).map_err(|source| MessageLogError::Json { path: path.to_owned(), source })?;
        Self::from_value(value)
    }

    /// What the metadata says under a name, if it says anything.
    pub(super) fn told(&self, name: &str) -> Option<String> {
        self.metadata.get(name).and_then(crate::bridge::vocabulary::text).filter(|text| !text.trim().is_empty())
    }
}

/// The file of an input: itself, or the first `.json` file of a folder by name.
pub(super) fn message_file(input: &Path) -> Result<PathBuf, MessageLogError> {
    if !input.is_dir() {
        return Ok(input.to_owned());
    }
    let unread = |source| MessageLogError::Read { path: input.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(input).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension().is_some_and(|extension| extension == "json") && path.is_file() {
            files.push(path);
        }
    }
    files.into_iter().min().ok_or_else(|| MessageLogError::NoFile { folder: input.to_owned() })
}

/// The providers whose logs are read out of the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Provider {
    /// Chat completions of OpenAI, and of all who speak the same.
    OpenAiChat,
    /// OpenAI's Responses API.
    OpenAiResponses,
    /// Anthropic's Messages API.
    Anthropic,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 3] = [Self::OpenAiChat, Self::OpenAiResponses, Self::Anthropic];

    /// The provider whose shape a log has; `None` for a log that nothing gives away.
    pub fn of(log: &MessageLog) -> Option<Self> {
        log.messages.iter().find_map(|message| {
            let has = |name: &str| message.get(name).is_some();
            let kind = message.get("type").and_then(Value::as_str).unwrap_or_default();
            let blocks = message.get("content").and_then(Value::as_array).unwrap_or_default();
            let block = |kinds: &[&str]| {
                blocks
                    .iter()
                    .any(|block| block.get("type").and_then(Value::as_str).is_some_and(|kind| kinds.contains(&kind)))
            };
            if has("tool_calls") || has("tool_call_id") || has("choices") || block(&["image_url"]) {
                Some(Self::OpenAiChat)
            } else if kind.ends_with("_call")
                || kind.ends_with("_output")
                || kind == "reasoning"
                || has("output")
                || block(&["input_text", "output_text", "input_image"])
            {
                Some(Self::OpenAiResponses)
            } else if block(&["tool_use", "tool_result", "thinking", "redacted_thinking", "image"]) {
                Some(Self::Anthropic)
            } else {
                None
            }
        })
    }
}

impl MessageAdapter for Provider {
    fn name(&self) -> &str {
        match self {
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic-messages",
        }
    }
}
