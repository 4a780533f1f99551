//! The closed vocabularies of the records, one enum each, spelled as the schemas spell them.

use std::{fmt, str::FromStr};

/// A word that a closed vocabulary does not have. The message lists the words that it has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {found:?} is not one of {accepted}")]
pub struct UnknownWord {
    what: &'static str,
    found: String,
    accepted: String,
}

impl UnknownWord {
    pub(crate) fn new(what: &'static str, found: &str, accepted: &[&str]) -> Self {
        // A caller's text may be long or hold anything; a message quotes only what could have been meant as a word.
        let word = found.len() <= 32 && found.chars().all(|c| c.is_ascii_alphabetic() || "_- ".contains(c));
        Self { what, found: if word { found } else { "…" }.to_owned(), accepted: accepted.join(", ") }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),*
        }

        impl $name {
            /// Every word, in the schema's order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word as the schema spells it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    other => Err(UnknownWord::new($what, other, &[$($word),*])),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl From<$name> for super::Value {
            fn from(word: $name) -> Self {
                word.as_str().into()
            }
        }
    };
}

words! {
    /// How a run stands or ended (`debug_session.status`).
    RunStatus, "run status" {
        /// Still recording.
        Running = "running",
        /// Ended as meant.
        Succeeded = "succeeded",
        /// Ended with an error.
        Failed = "failed",
        /// Ended by its owner.
        Cancelled = "cancelled",
        /// Ended by a panic, a kill, or a limit.
        Halted = "halted",
    }
}

words! {
    /// How a step stands or ended (`step_trace.status`).
    StepStatus, "step status" {
        /// Known, not begun.
        Pending = "pending",
        /// Begun, not ended.
        Running = "running",
        /// Did what it meant to.
        Succeeded = "succeeded",
        /// Did not.
        Failed = "failed",
        /// Left out on purpose.
        Skipped = "skipped",
        /// Failed, then put right.
        Recovered = "recovered",
    }
}

words! {
    /// How a step was judged (`step_trace.verdict.status`).
    VerdictStatus, "verdict status" {
        /// As wanted.
        Passed = "passed",
        /// Not as wanted.
        Failed = "failed",
        /// Not as wanted, but it can be put right.
        Recoverable = "recoverable",
        /// Not judged on purpose.
        Skipped = "skipped",
        /// Not judged.
        Unknown = "unknown",
    }
}

words! {
    /// Which part of the agent an event comes from (`decision_event.layer`).
    EventLayer, "event layer" {
        /// Makes the plan.
        Planner = "planner",
        /// Finds the target on the screen.
        Grounding = "grounding",
        /// A model call.
        Model = "model",
        /// Carries the action out.
        Dispatch = "dispatch",
        /// Judges the result.
        Verifier = "verifier",
        /// Puts a failed step right.
        StepRecovery = "step_recovery",
        /// Chooses a model or a path.
        Routing = "routing",
        /// Drives the steps.
        Runner = "runner",
        /// Connects the agent to this recorder or to other systems.
        Adapter = "adapter",
    }
}

words! {
    /// What kind of event it is (`decision_event.kind`).
    EventKind, "event kind" {
        /// Something was chosen.
        Decision = "decision",
        /// Something was seen.
        Observation = "observation",
        /// Something went wrong.
        Error = "error",
        /// Something worth knowing.
        Info = "info",
        /// Something was measured.
        Metric = "metric",
    }
}

words! {
    /// Which part of the agent made a model call (`modelio.layer`).
    ModelLayer, "model call layer" {
        /// Makes the plan.
        Planner = "planner",
        /// Finds the target on the screen.
        Grounding = "grounding",
        /// The agent's own reasoning.
        Model = "model",
        /// Judges the result.
        Verifier = "verifier",
        /// Puts a failed step right.
        StepRecovery = "step_recovery",
        /// Judges after the fact.
        Judge = "judge",
    }
}

words! {
    /// Where a coordinate comes from (`provenance`).
    Provenance, "provenance" {
        /// Read off the screenshot: the only source for an agent at run time.
        Screenshot = "screenshot",
        /// From the DOM: for diagnosis only.
        Dom = "dom",
        /// Given by an operator.
        HumanOverride = "human_override",
        /// Suggested by a replay.
        ReplayCandidate = "replay_candidate",
        /// Another diagnostic signal.
        Diagnostic = "diagnostic",
    }
}

words! {
    /// The space that coordinates are in (`coordinate_space`).
    CoordinateSpace, "coordinate space" {
        /// CSS pixels of the viewport.
        ViewportCssPx = "viewport_css_px",
        /// Device pixels.
        DevicePx = "device_px",
        /// Pixels of the screenshot.
        ScreenshotPx = "screenshot_px",
        /// A DOM client rectangle: for diagnosis only.
        DomClientRect = "dom_client_rect",
    }
}

words! {
    /// Who set a verdict's score (`step_trace.verdict.comparator`).
    Comparator, "comparator" {
        /// A rule or program that checks the result.
        Verifier = "verifier",
        /// A model that judges.
        ModelJudge = "model-judge",
        /// A comparison with what was expected.
        ExactMatch = "exact-match",
        /// A person.
        Human = "human",
    }
}

words! {
    /// What kind of judge ruled (`judge_decision.judge_type`).
    JudgeType, "judge type" {
        /// A rule or program.
        Rule = "rule",
        /// A model.
        Model = "model",
        /// A person.
        Human = "human",
        /// Several of these together.
        Hybrid = "hybrid",
    }
}

words! {
    /// The one input that a branch changed (`branch_context.mutated_axis`).
    MutatedAxis, "mutated axis" {
        /// The model.
        Model = "model",
        /// The prompt.
        Prompt = "prompt",
        /// The action that was taken.
        Action = "action",
        /// What locates the target.
        Grounder = "grounder",
        /// The description of a tool.
        ToolDescription = "tool_description",
    }
}

words! {
    /// Whether a side effect can be undone (`side_effect.reversibility`).
    Reversibility, "reversibility" {
        /// It cannot.
        Irreversible = "irreversible",
        /// It can.
        Reversible = "reversible",
        /// Another effect can make up for it.
        Compensated = "compensated",
    }
}

words! {
    /// Who declared a side effect (`side_effect.provenance`).
    EffectProvenance, "provenance" {
        /// The agent, by a call.
        SdkDeclared = "sdk_declared",
        /// An adapter that saw it happen.
        AdapterInferred = "adapter_inferred",
        /// A person.
        HumanDeclared = "human_declared",
    }
}

words! {
    /// Where reasoning was taken from (`reasoning_trace.format`).
    ReasoningFormat, "reasoning format" {
        /// The adapter's own guess at what is reasoning.
        AdapterInferred = "adapter_inferred",
        /// Thinking blocks of Claude.
        ClaudeExtendedThinking = "claude_extended_thinking",
        /// Summaries of OpenAI's reasoning models.
        OpenaiReasoningSummary = "openai_reasoning_summary",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for word in EventLayer::ALL {
            assert_eq!(word.as_str().parse::<EventLayer>().unwrap(), *word);
        }
    }

    #[test]
    fn an_unknown_word_is_told_with_what_is_accepted() {
        let message = "done".parse::<RunStatus>().unwrap_err().to_string();
        assert_eq!(message, "run status \"done\" is not one of running, succeeded, failed, cancelled, halted");
    }

    #[test]
    fn a_long_text_in_place_of_a_word_is_not_quoted() {
        let message = "Bearer abc.def".parse::<RunStatus>().unwrap_err().to_string();
        assert!(!message.contains("abc"));
    }
}
