//! Capture modes and the gate: the one table that says what passes at which mode.

use crate::record::{EventLayer, Object, UnknownWord, Value};
use std::{fmt, str::FromStr};

/// How much of a run is kept, from least to most. Each mode holds everything of the modes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum CaptureMode {
    /// The envelope only: the manifest and the session record, no steps.
    #[default]
    Off,
    /// Identity, status, times, costs and the action's type of each step; tags.
    Metadata,
    /// Intent, action parameters, grounding, verdicts, decision events and logs.
    Trace,
    /// Pictures before and after each step.
    Screenshots,
    /// References to video and live endpoints.
    Video,
    /// Model calls with prompts and answers, reasoning, and text derived from them.
    ModelIo,
    /// How the input was dispatched.
    Dispatch,
    /// What a replay of a failed step needs.
    Replay,
    /// Everything.
    Full,
}

impl CaptureMode {
    /// Every mode, from least to most.
    pub const ALL: [Self; 9] = [
        Self::Off,
        Self::Metadata,
        Self::Trace,
        Self::Screenshots,
        Self::Video,
        Self::ModelIo,
        Self::Dispatch,
        Self::Replay,
        Self::Full,
    ];

    /// The word that the schema and `AUGUR_CAPTURE_MODE` have for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Metadata => "metadata",
            Self::Trace => "trace",
            Self::Screenshots => "screenshots",
            Self::Video => "video",
            Self::ModelIo => "model_io",
            Self::Dispatch => "dispatch",
            Self::Replay => "replay",
            Self::Full => "full",
        }
    }

    /// Whether an artifact is kept at this mode.
    pub(crate) fn passes(self, artifact: Artifact) -> bool {
        self >= artifact.floor()
    }
}

impl fmt::Display for CaptureMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Case does not matter; white space does.
impl FromStr for CaptureMode {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| UnknownWord::new("capture mode", word, &Self::ALL.map(Self::as_str)))
    }
}

impl From<CaptureMode> for Value {
    fn from(mode: CaptureMode) -> Self {
        mode.as_str().into()
    }
}

/// A kind of thing that a run leaves behind as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Artifact {
    Step,
    Event(EventLayer),
    Log,
    Image,
    ModelCall,
    Outcome,
    EvalTag,
    SideEffect,
    /// What a side effect brought back.
    ObservedResult,
    /// Why a verdict was given, where it stands outside its step.
    VerdictReason,
    TaskSpec,
    /// What a branch changed; that it is a branch is part of its identity.
    Mutation,
    Preference,
    /// Addresses under which a run can be watched.
    Live,
    Replay,
}

impl Artifact {
    fn floor(self) -> CaptureMode {
        match self {
            Self::Step | Self::Outcome | Self::EvalTag | Self::SideEffect => CaptureMode::Metadata,
            Self::Event(EventLayer::Dispatch) => CaptureMode::Dispatch,
            Self::Event(_) | Self::Log | Self::ObservedResult | Self::VerdictReason => CaptureMode::Trace,
            Self::TaskSpec | Self::Mutation | Self::Preference => CaptureMode::Trace,
            Self::Image => CaptureMode::Screenshots,
            Self::Live => CaptureMode::Video,
            Self::ModelCall => CaptureMode::ModelIo,
            Self::Replay => CaptureMode::Replay,
        }
    }
}

/// Who said what a step holds: the agent in so many words, or a dialect that read it out of its telemetry. Text of the
/// second kind is prompt, model or tool text, and passes only where model calls do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Stated,
    Derived,
}

/// The lowest mode at which a path of a step passes. `None` for an object whose members are judged one by one.
fn step_floor(path: &str, origin: Origin) -> Option<CaptureMode> {
    Some(match path {
        "step_id" | "step_index" | "step_iterations" | "step_type" | "required" | "status" | "failure_class"
        | "capture_mode" | "started_at" | "ended_at" | "duration_ms" | "costs" | "latency" | "group_id"
        | "branch_context" | "loop_detected" | "action.type" => CaptureMode::Metadata,
        "action" => return None,
        "intent" | "action.params" if origin == Origin::Derived => CaptureMode::ModelIo,
        "action.dispatch_backend" => CaptureMode::Dispatch,
        "observation_pre" | "observation_post" => CaptureMode::Screenshots,
        _ => CaptureMode::Trace,
    })
}

/// Takes from a step, or from a part of one, what does not pass at `mode`.
pub(crate) fn gate_step(step: &mut Object, mode: CaptureMode, origin: Origin) {
    step.retain(|key, value| match step_floor(key, origin) {
        Some(floor) => mode >= floor,
        None => {
            if let Some(members) = value.as_object_mut() {
                members.retain(|member, _| {
                    step_floor(&format!("{key}.{member}"), origin).is_none_or(|floor| mode >= floor)
                });
                // An action is its type first of all; without one nothing about it may stand.
                return members.contains_key("type") || !members.is_empty() && mode >= CaptureMode::Trace;
            }
            mode >= CaptureMode::Trace
        }
    });
}

/// The lowest mode at which an attribute of a span or event may leave as OTLP. Attributes of the user's own always may.
pub(crate) fn attribute_floor(name: &str) -> CaptureMode {
    if let Some(rest) = name.strip_prefix("augur.") {
        let path = rest.strip_prefix("step.").unwrap_or(rest);
        return match path.split('.').next().unwrap_or_default() {
            "run" | "capture_mode" | "index" | "id" | "type" | "iterations" => CaptureMode::Metadata,
            "action" if path != "action.type" && path != "action.dispatch_backend" => CaptureMode::Trace,
            "costs" | "latency" => CaptureMode::Metadata,
            "screenshot" | "image" => CaptureMode::Screenshots,
            _ => step_floor(path, Origin::Stated).unwrap_or(CaptureMode::Trace),
        };
    }
    if is_content(name) { CaptureMode::ModelIo } else { CaptureMode::Off }
}

/// Whether an attribute of a known dialect holds prompt, model or tool text.
fn is_content(name: &str) -> bool {
    const EXACT: &[&str] = &[
        "gen_ai.system_instructions",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.definitions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.tool.description",
        "gen_ai.retrieval.query.text",
        "gen_ai.retrieval.documents",
        "gen_ai.memory.query.text",
        "gen_ai.memory.records",
        "gen_ai.evaluation.explanation",
        "input.value",
        "output.value",
        "tool.parameters",
        "llm.function_call",
        "traceloop.entity.input",
        "traceloop.entity.output",
        "langfuse.input",
        "langfuse.output",
        "gcp.vertex.agent.llm_request",
        "gcp.vertex.agent.llm_response",
        "user_message",
        "trace_input",
        "trace_output",
        "input_json",
        "output_json",
    ];
    // `gen_ai.prompt` and `gen_ai.prompt.0.content` are text; `gen_ai.prompt.name` and `.version` are not.
    const PREFIXES: &[&str] = &[
        "gen_ai.prompt",
        "gen_ai.completion",
        "llm.input_messages",
        "llm.output_messages",
        "llm.prompts",
        "llm.choices",
        "llm.tools",
        "llm.request.functions",
        "llm.prompt_template",
    ];
    EXACT.contains(&name)
        || PREFIXES.iter().any(|prefix| {
            name.strip_prefix(prefix).is_some_and(|rest| {
                (rest.is_empty() || rest.starts_with('.')) && !matches!(rest, ".name" | ".version" | ".id")
            })
        })
}

/// Targets whose events carry whole requests and answers of a model.
const CONTENT_TARGETS: &[&str] = &["rig::completions", "codex_otel.log_only"];

/// The lowest mode at which an event of a span may leave as OTLP, by its target and the layer that it names.
pub(crate) fn event_floor(target: &str, layer: Option<&str>) -> CaptureMode {
    if CONTENT_TARGETS.iter().any(|content| target.starts_with(content)) {
        return CaptureMode::ModelIo;
    }
    match layer.map(str::parse::<EventLayer>) {
        Some(Ok(layer)) => Artifact::Event(layer).floor(),
        Some(Err(_)) => CaptureMode::Trace,
        None => CaptureMode::Off,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::record::parse;

    #[test]
    fn modes_are_ordered_and_read_without_regard_to_case() {
        assert!(CaptureMode::ALL.is_sorted());
        assert_eq!("Model_IO".parse::<CaptureMode>().unwrap(), CaptureMode::ModelIo);
        let error = "everything".parse::<CaptureMode>().unwrap_err().to_string();
        assert!(error.contains("off, metadata, trace"), "{error}");
        assert!(" trace".parse::<CaptureMode>().is_err());
    }

    /// What a step that says everything still holds at each mode.
    #[test]
    fn every_path_of_a_step_passes_from_its_mode_on() {
        let full = r#"{"step_id": "r/step/0000", "status": "failed", "failure_class": "x", "costs": {}, "intent": "i",
            "action": {"type": "click", "params": {}, "coordinate_space": "device_px", "dispatch_backend": "cdp"},
            "grounding": {}, "verdict": {}, "recovery_decision": {}, "observation_pre": "p", "observation_post": "q"}"#;
        let metadata = ["step_id", "status", "failure_class", "costs", "action"];
        let trace = ["intent", "grounding", "verdict", "recovery_decision"];
        let images = ["observation_pre", "observation_post"];
        for mode in CaptureMode::ALL {
            let Value::Object(mut step) = parse(full.as_bytes()).unwrap() else { panic!("an object") };
            gate_step(&mut step, mode, Origin::Stated);
            for (floor, keys) in [
                (CaptureMode::Metadata, &metadata[..]),
                (CaptureMode::Trace, &trace),
                (CaptureMode::Screenshots, &images),
            ] {
                for key in keys {
                    assert_eq!(step.contains_key(*key), mode >= floor, "{key} at {mode}");
                }
            }
            if let Some(action) = step.get("action") {
                assert_eq!(action.get("params").is_some(), mode >= CaptureMode::Trace);
                assert_eq!(action.get("coordinate_space").is_some(), mode >= CaptureMode::Trace);
                assert_eq!(action.get("dispatch_backend").is_some(), mode >= CaptureMode::Dispatch);
            }
        }
    }

    #[test]
    fn text_that_was_read_out_of_telemetry_waits_for_model_io() {
        let Value::Object(step) = parse(br#"{"intent": "i", "action": {"type": "add", "params": {"x": 1}}}"#).unwrap()
        else {
            panic!("an object")
        };
        for (mode, kept) in [(CaptureMode::Trace, false), (CaptureMode::Video, false), (CaptureMode::ModelIo, true)] {
            let mut step = step.clone();
            gate_step(&mut step, mode, Origin::Derived);
            assert_eq!(step.contains_key("intent"), kept);
            assert_eq!(step["action"].get("params").is_some(), kept);
        }
    }

    #[test]
    fn the_users_own_attributes_always_leave_and_content_waits() {
        for (name, floor) in [
            ("http.route", CaptureMode::Off),
            ("gen_ai.request.model", CaptureMode::Off),
            ("gen_ai.usage.input_tokens", CaptureMode::Off),
            ("gen_ai.prompt.name", CaptureMode::Off),
            ("gen_ai.prompt", CaptureMode::ModelIo),
            ("gen_ai.prompt.0.content", CaptureMode::ModelIo),
            ("gen_ai.input.messages", CaptureMode::ModelIo),
            ("llm.input_messages.0.message.content", CaptureMode::ModelIo),
            ("augur.step.type", CaptureMode::Metadata),
            ("augur.step.status", CaptureMode::Metadata),
            ("augur.step.intent", CaptureMode::Trace),
            ("augur.run.id", CaptureMode::Metadata),
            ("augur.action.type", CaptureMode::Metadata),
            ("augur.action.params.x", CaptureMode::Trace),
            ("augur.action.dispatch_backend", CaptureMode::Dispatch),
            ("augur.costs.total_usd", CaptureMode::Metadata),
            ("augur.verdict.status", CaptureMode::Trace),
            ("augur.anything", CaptureMode::Trace),
        ] {
            assert_eq!(attribute_floor(name), floor, "{name}");
        }
        assert_eq!(event_floor("rig::completions", None), CaptureMode::ModelIo);
        assert_eq!(event_floor("app", Some("dispatch")), CaptureMode::Dispatch);
        assert_eq!(event_floor("app", None), CaptureMode::Off);
    }
}
