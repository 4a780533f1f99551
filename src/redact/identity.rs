//! Which members of each record family are identity: ids, paths, words of a vocabulary, digests and times.
//!
//! They are never rewritten, or a record would no longer be found under its id, refer to its files or fit its schema.
//! Whoever takes an id from outside asks the policy first whether it is clean. URIs to the outside, names, labels, tags,
//! intents, parameters and reasons are content.

use crate::record::{Object, Value};

/// A kind of record, as far as redaction tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A step or one of its iterations.
    Step,
    /// A decision event.
    Event,
    /// A model call.
    ModelCall,
    /// A reasoning record.
    Reasoning,
    /// An entry of the side-effect ledger.
    SideEffect,
    /// A verdict and cost summary of a step or a run.
    Outcome,
    /// A step proposed for evaluation.
    EvalCandidate,
    /// The session record.
    Session,
    /// The envelope of a bundle.
    Manifest,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 9] = [
        Self::Step,
        Self::Event,
        Self::ModelCall,
        Self::Reasoning,
        Self::SideEffect,
        Self::Outcome,
        Self::EvalCandidate,
        Self::Session,
        Self::Manifest,
    ];

    /// The dotted paths of the members that redaction leaves as they are.
    #[must_use]
    pub const fn identity(self) -> &'static [&'static str] {
        match self {
            Self::Step => STEP,
            Self::Event => &["ts", "step_index", "layer", "kind"],
            Self::ModelCall => MODEL_CALL,
            Self::Reasoning => &["ts", "step_index", "format"],
            Self::SideEffect => SIDE_EFFECT,
            Self::Outcome => OUTCOME,
            Self::EvalCandidate => &["step_index", "candidate_cluster_id", "tagged_at"],
            Self::Session => SESSION,
            Self::Manifest => MANIFEST,
        }
    }

    /// The texts that stand at an identity path of a record.
    pub(super) fn texts<'a>(record: &'a Object, path: &str) -> Vec<&'a str> {
        let mut texts = Vec::new();
        collect_members(record, path, &mut texts);
        texts
    }
}

const STEP: &[&str] = &[
    "step_id",
    "step_index",
    "group_id",
    "step_type",
    "status",
    "failure_class",
    "capture_mode",
    "started_at",
    "ended_at",
    "observation_pre",
    "observation_post",
    "events",
    "logs",
    "verdict_source",
    "verdict.status",
    "verdict.comparator",
    "verdict.evidence_refs",
    "action.type",
    "action.coordinate_space",
    "grounding.provenance",
    "recovery_decision.type",
    "subgoals_completed.subgoal_id",
    "judge_decisions.judge_id",
    "judge_decisions.judge_type",
    "judge_decisions.judged_at",
    "judge_decisions.evidence_refs",
    "judge_decisions.verdict.status",
    "judge_decisions.verdict.evidence_refs",
    "branch_context.parent_run_id",
    "branch_context.branch_id",
    "branch_context.mutated_axis",
    "captured_versions.prompt_hash",
    "captured_versions.tool_descriptions_hash",
    "captured_versions.env_fingerprint_ref",
    "captured_versions.code_git_sha",
    "env_fingerprint.viewport_hash",
    "env_fingerprint.dom_hash",
];

const MODEL_CALL: &[&str] =
    &["schema_version", "step_index", "layer", "ts", "prompt_hash", "redaction_applied", "request.messages.role"];

const SIDE_EFFECT: &[&str] = &[
    "side_effect_id",
    "step_index",
    "step_id",
    "idempotency_key",
    "reversibility",
    "provenance",
    "status",
    "declared_at",
    "committed_at",
    "aborted_at",
];

const OUTCOME: &[&str] =
    &["scope", "step_index", "step_id", "run_id", "debug_session_id", "task_class", "verdict.status", "finalized_at"];

const SESSION: &[&str] = &[
    "schema_version",
    "debug_session_id",
    "run_id",
    "capture_mode",
    "status",
    "started_at",
    "ended_at",
    "branch_context.parent_run_id",
    "branch_context.branch_id",
    "branch_context.mutated_axis",
    "task_spec_id",
    "task_spec.task_spec_id",
    "task_spec.task_class",
    "task_spec.reset_state_id",
    "task_spec.subgoals.subgoal_id",
    "task_spec.subgoals.parent_subgoal_id",
    "task_spec.success_conditions.kind",
];

const MANIFEST: &[&str] = &[
    "schema_version",
    "bundle_format",
    "run_id",
    "debug_session_id",
    "capture_mode",
    "created_at",
    "redaction.policy_id",
    "redaction.applied",
    "trace",
    "step_count",
    "paths.*",
    "signatures.*",
    "missing",
    "trajectory_fingerprint",
];

/// How far identity covers a member.
pub(super) enum Shield<'p> {
    /// The member itself is identity.
    Whole,
    /// These paths inside it are; mostly none.
    Below(Vec<&'p str>),
}

/// What the paths say about a member of this name.
pub(super) fn shield<'p>(paths: &[&'p str], name: &str) -> Shield<'p> {
    let mut below = Vec::new();
    for path in paths {
        // Few paths begin like the name, so only those are taken apart.
        if !path.starts_with(name) && !path.starts_with('*') {
            continue;
        }
        let (first, rest) = split(path);
        if first != name && first != "*" {
            continue;
        }
        match rest {
            Some(rest) => below.push(rest),
            None => return Shield::Whole,
        }
    }
    Shield::Below(below)
}

fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

fn collect_members<'a>(members: &'a Object, path: &str, texts: &mut Vec<&'a str>) {
    let (first, rest) = split(path);
    if first == "*" {
        members.values().for_each(|value| collect(value, rest, texts));
    } else if let Some(value) = members.get(first) {
        collect(value, rest, texts);
    }
}

/// Paths are short, so the recursion is too: only lists in lists could prolong it, and identity has none of them.
fn collect<'a>(value: &'a Value, rest: Option<&str>, texts: &mut Vec<&'a str>) {
    match (value, rest) {
        (Value::String(text), None) => texts.push(text),
        (Value::Array(items), _) => {
            items.iter().filter(|item| item.as_array().is_none()).for_each(|item| collect(item, rest, texts))
        }
        (Value::Object(members), Some(rest)) => collect_members(members, rest, texts),
        _ => {}
    }
}
