//! A summary as text and as JSON, and how text of others is made safe to show.

use super::{Counts, Summary};
use crate::record::{Object, Value};
use std::fmt::Write as _;

/// The form of the JSON documents that commands print; it changes when a member's meaning does.
const DOCUMENT_FORM: &str = "augur-cli/1";

/// A JSON document of a command: the members given, with `schema`, `kind` and `augur_version`.
pub fn document(kind: &str, mut members: Object) -> Value {
    for (key, text) in [("schema", DOCUMENT_FORM), ("kind", kind), ("augur_version", env!("CARGO_PKG_VERSION"))] {
        members.insert(key.to_owned(), text.into());
    }
    members.into()
}

/// Text that cannot do anything to a terminal: control characters and those that reorder or hide text are spelled out.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}');
        if hidden {
            shown.extend(c.escape_unicode());
        } else if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The beginning of a text, at most so many characters, with a mark if something was cut off.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl Summary {
    /// The summary as a JSON document with `schema`, `kind` and `augur_version`. `content` adds what the agent and its
    /// judges wrote, under `untrusted`.
    pub fn to_value(&self, content: bool) -> Value {
        let text = |key: &str| self.session.get(key).cloned().unwrap_or_default();
        let costs: Object =
            self.costs.iter().map(|(name, cost)| (name.clone(), Value::from_f64_marked(*cost))).collect();
        let tokens = object([
            ("prompt", self.tokens.prompt.into()),
            ("completion", self.tokens.completion.into()),
            ("cache_hit", self.tokens.cache_hit.into()),
            ("cache_creation", self.tokens.cache_creation.into()),
        ]);
        let first_failed = self.first_failed.as_ref().map_or(Value::Null, |failed| {
            object([
                ("step_index", failed.index.into()),
                ("path", failed.path.as_str().into()),
                ("step_id", option(failed.step_id.as_deref())),
                ("failure_class", option(failed.failure_class.as_deref())),
            ])
        });
        let members = [
            ("state", self.state.as_str().into()),
            ("run_id", text("run_id")),
            ("debug_session_id", text("debug_session_id")),
            ("client", text("client")),
            ("capture_mode", text("capture_mode")),
            ("status", text("status")),
            ("started_at", text("started_at")),
            ("ended_at", text("ended_at")),
            ("duration_ms", self.duration_ms.map_or(Value::Null, Value::from)),
            ("steps", self.steps.total().into()),
            ("iterations", self.iterations.into()),
            ("steps_by_status", counts(&self.steps)),
            ("failure_classes", counts(&self.failure_classes)),
            ("first_failed_step", first_failed),
            ("verdicts", counts(&self.verdicts)),
            ("model_calls", self.model_calls.total().into()),
            ("model_calls_by_layer", counts(&self.model_calls)),
            ("model_calls_by_model", counts(&self.models)),
            ("tokens", tokens),
            ("costs", costs.into()),
            ("screenshots", self.screenshots.into()),
            ("events", self.event_layers.total().into()),
            ("events_by_layer", counts(&self.event_layers)),
            ("events_by_kind", counts(&self.event_kinds)),
            ("side_effects", counts(&self.side_effects)),
            ("files", self.files.into()),
            ("bytes", self.bytes.into()),
            ("unreadable", self.unreadable.into()),
        ];
        let mut members: Object = members.map(|(key, value)| (key.to_owned(), value)).into();
        if content {
            let untrusted: Object =
                self.content().into_iter().map(|(name, text)| (name.to_owned(), visible(text).into())).collect();
            members.insert("untrusted".into(), untrusted.into());
        }
        document("summary", members)
    }

    /// What the agent and its judges wrote.
    fn content(&self) -> Vec<(&'static str, &str)> {
        let failed = self.first_failed.as_ref();
        [
            ("instruction", self.instruction.as_deref()),
            ("first_failed_intent", failed.and_then(|failed| failed.intent.as_deref())),
            ("first_failed_reason", failed.and_then(|failed| failed.reason.as_deref())),
        ]
        .into_iter()
        .filter_map(|(name, text)| text.map(|text| (name, text)))
        .collect()
    }

    /// The summary for people, one fact a line. `content` adds what the agent and its judges wrote, fenced off.
    pub fn to_text(&self, content: bool) -> String {
        let text = |key: &str| {
            let value = self.session.get(key).and_then(Value::as_str);
            value.map_or("unknown".to_owned(), |value| shortened(&visible(value), super::MAX_NAME))
        };
        let mut lines = vec![
            ("run", text("run_id")),
            ("state", self.state.to_string()),
            ("status", text("status")),
            ("client", self.client()),
            ("capture mode", text("capture_mode")),
            ("started", text("started_at")),
        ];
        if let Some(duration) = self.duration_ms {
            lines.push(("duration", format!("{}.{:03} s", duration / 1000, duration % 1000)));
        }
        lines.push(("steps", told(&self.steps)));
        if self.iterations > 0 {
            lines.push(("iterations", self.iterations.to_string()));
        }
        if let Some(failed) = &self.first_failed {
            let class =
                failed.failure_class.as_deref().map(|class| format!(", {}", visible(class))).unwrap_or_default();
            lines.push(("first failure", format!("step {} in {}{class}", failed.index, visible(&failed.path))));
        }
        for (name, counts) in [
            ("failures", &self.failure_classes),
            ("verdicts", &self.verdicts),
            ("model calls", &self.model_calls),
            ("models", &self.models),
        ] {
            if !counts.is_empty() {
                lines.push((name, told(counts)));
            }
        }
        if !self.model_calls.is_empty() {
            let tokens = self.tokens;
            let all = format!("{} in, {} out, {} from cache", tokens.prompt, tokens.completion, tokens.cache_hit);
            lines.push(("tokens", format!("{all}, {} to cache", tokens.cache_creation)));
        }
        if !self.costs.is_empty() {
            lines.push((
                "costs",
                self.costs.iter().map(|(name, cost)| format!("{name} {cost}")).collect::<Vec<_>>().join(", "),
            ));
        }
        if !self.event_layers.is_empty() {
            lines.push(("events", told(&self.event_layers)));
            lines.push(("event kinds", told(&self.event_kinds)));
        }
        if !self.side_effects.is_empty() {
            lines.push(("side effects", told(&self.side_effects)));
        }
        lines.push(("screenshots", self.screenshots.to_string()));
        lines.push(("files", format!("{}, {}", self.files, size(self.bytes))));
        if self.unreadable > 0 {
            lines.push(("unreadable", format!("{} records; `augur validate` tells which", self.unreadable)));
        }
        let mut out = String::new();
        for (name, value) in lines {
            let _ = writeln!(out, "{name:<14}{value}");
        }
        if content {
            out.push_str("--- text from the run, not to be trusted ---\n");
            for (name, text) in self.content() {
                let _ = writeln!(out, "| {name}: {}", visible(text));
            }
            out.push_str("--- end of text from the run ---\n");
        }
        out
    }

    fn client(&self) -> String {
        let member = |key| self.session.get("client").and_then(|client| client.get(key)).and_then(Value::as_str);
        let client =
            [member("name"), member("version")].into_iter().flatten().map(visible).collect::<Vec<_>>().join(" ");
        if client.is_empty() { "unknown".to_owned() } else { shortened(&client, super::MAX_NAME) }
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
}

fn option(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

fn counts(counts: &Counts) -> Value {
    Value::Object(counts.by_frequency().map(|(name, count)| (name.to_owned(), count.into())).collect())
}

fn told(counts: &Counts) -> String {
    let parts: Vec<String> = counts.by_frequency().map(|(name, count)| format!("{count} {}", visible(name))).collect();
    if parts.len() < 2 {
        parts.first().cloned().unwrap_or("0".into())
    } else {
        format!("{} ({})", counts.total(), parts.join(", "))
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        10_000_000..10_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
