//! Capture modes and the gate: the one table that says what passes at which mode.

mod attributes;

#[cfg(feature = "otlp")]
pub(crate) use attributes::{attribute_floor, bare_content, event_floor, gate_attribute};
pub(crate) use attributes::{content_event, is_content, is_content_event};

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

/// Members of a step that are judged member by member.
const OPEN: &[&str] = &["action", "branch_context", "verdict"];

/// The lowest mode at which a path of a step passes, down to the members of the objects in [`OPEN`].
fn step_floor(path: &str, origin: Origin) -> CaptureMode {
    match path {
        "step_id" | "step_index" | "step_iterations" | "step_type" | "required" | "status" | "failure_class"
        | "capture_mode" | "started_at" | "ended_at" | "duration_ms" | "costs" | "latency" | "group_id"
        | "branch_context" | "loop_detected" | "action.type" => CaptureMode::Metadata,
        // That a run is a branch is part of its identity; what was changed is not.
        "branch_context.mutation" => Artifact::Mutation.floor(),
        _ if path.starts_with("branch_context.") => CaptureMode::Metadata,
        "intent" | "action.params" | "verdict.reason" if origin == Origin::Derived => CaptureMode::ModelIo,
        "action.dispatch_backend" => CaptureMode::Dispatch,
        "observation_pre" | "observation_post" => CaptureMode::Screenshots,
        _ => CaptureMode::Trace,
    }
}

/// Takes from a step, or from a part of one, what does not pass at `mode`.
pub(crate) fn gate_step(step: &mut Object, mode: CaptureMode, origin: Origin) {
    step.retain(|key, value| match value {
        Value::Object(members) if OPEN.contains(&key.as_str()) => gate_members(key, members, mode, origin),
        _ => mode >= step_floor(key, origin),
    });
}

/// Takes from an object of [`OPEN`] what does not pass; `false` if nothing of it may stand.
fn gate_members(key: &str, members: &mut Object, mode: CaptureMode, origin: Origin) -> bool {
    if members.is_empty() {
        return mode >= step_floor(key, origin);
    }
    members.retain(|member, _| mode >= step_floor(&format!("{key}.{member}"), origin));
    !members.is_empty()
}

/// Takes from members of the session record what does not pass at `mode`.
pub(crate) fn gate_session(session: &mut Object, mode: CaptureMode) {
    session.retain(|key, _| mode >= session_floor(key));
    if let Some(Value::Object(branch)) = session.get_mut("branch_context")
        && !mode.passes(Artifact::Mutation)
    {
        branch.remove("mutation");
    }
}

/// The lowest mode at which a member of the session record passes. What is not listed belongs to the envelope.
fn session_floor(key: &str) -> CaptureMode {
    match key {
        "task_spec" => Artifact::TaskSpec.floor(),
        "live" => Artifact::Live.floor(),
        _ => CaptureMode::Off,
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
}
