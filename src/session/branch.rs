//! Runs that hang off another run: branches of it, and the orchestrators of several.

use super::{
    Session, SessionBuilder, SessionError,
    check::{given, index_in_range, invalid},
};
use crate::record::{MutatedAxis, Object, Value};
use std::path::PathBuf;

/// The tag that tells what kind of session a run is.
pub(super) const SESSION_TYPE: &str = "augur.session_type";

/// How a branch begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BranchMode {
    /// With a copy of what the parent recorded before the branch point.
    Replay,
    /// With nothing: the agent runs on in an environment of its own.
    Sandbox,
    /// `Sandbox` where the action was changed, else `Replay`.
    #[default]
    Auto,
}

impl BranchMode {
    /// The word of the session API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Sandbox => "sandbox",
            Self::Auto => "auto",
        }
    }
}

impl std::str::FromStr for BranchMode {
    type Err = crate::record::UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let all = [Self::Replay, Self::Sandbox, Self::Auto];
        let unknown = || crate::record::UnknownWord::new("branch mode", word, &all.map(Self::as_str));
        all.into_iter().find(|mode| mode.as_str() == word).ok_or_else(unknown)
    }
}

/// Where a branch leaves its parent, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct BranchFrom {
    /// The run that it hangs off.
    pub parent_run_id: String,
    /// The first index that runs anew.
    pub branch_point_step_index: u64,
    /// What was changed.
    pub mutated_axis: MutatedAxis,
    /// How it was changed, in the producer's own terms.
    pub mutation: Object,
    /// How the branch begins.
    pub mode: BranchMode,
    /// The parent's bundle, which `Replay` copies from.
    pub parent_bundle: Option<PathBuf>,
    /// Default: `<parent_run_id>:branch:` and 8 hex digits.
    pub branch_id: Option<String>,
    /// Default: the branch's id.
    pub run_id: Option<String>,
}

impl BranchFrom {
    /// A branch of a run at an index, with one thing changed; everything else at its default.
    pub fn new(
        parent_run_id: impl Into<String>,
        branch_point_step_index: u64,
        mutated_axis: MutatedAxis,
        mutation: Object,
    ) -> Self {
        Self {
            parent_run_id: parent_run_id.into(),
            branch_point_step_index,
            mutated_axis,
            mutation,
            mode: BranchMode::Auto,
            parent_bundle: None,
            branch_id: None,
            run_id: None,
        }
    }
}

impl Session {
    /// Begins to describe a branch of another run, to be recorded into `folder`. With [`BranchMode::Replay`], opening it
    /// copies what the parent recorded before the branch point: steps and iterations, pictures, events, model calls and
    /// reasoning.
    ///
    /// # Errors
    /// If a changed action is to be replayed, if a replay has no bundle to copy from, or if that bundle is not there.
    pub fn branch_from(
        branch: BranchFrom,
        client_name: impl Into<String>,
        folder: impl Into<PathBuf>,
    ) -> Result<SessionBuilder, SessionError> {
        index_in_range(branch.branch_point_step_index)?;
        let is_action = branch.mutated_axis == MutatedAxis::Action;
        let mode = match branch.mode {
            BranchMode::Auto if is_action => BranchMode::Sandbox,
            BranchMode::Auto => BranchMode::Replay,
            stated => stated,
        };
        let parent = match (mode, branch.parent_bundle) {
            (BranchMode::Replay, _) if is_action => {
                return Err(invalid("mode: a changed action cannot be replayed; use sandbox"));
            }
            (BranchMode::Replay, None) => return Err(invalid("parent_bundle: a replay needs the parent's bundle")),
            (BranchMode::Replay, parent) => parent,
            _ => None,
        };
        if let Some(parent) = parent.as_ref().filter(|parent| !parent.join("trace.json").exists()) {
            return Err(SessionError::NotFound(format!("parent_bundle: no trace.json in {}", parent.display())));
        }
        let digits =
            || crate::ambient::Ambient::World.debug_session_id().chars().skip("dbg_".len()).take(8).collect::<String>();
        let branch_id = branch.branch_id.unwrap_or_else(|| format!("{}:branch:{}", branch.parent_run_id, digits()));
        let context = given([
            ("parent_run_id", Some(branch.parent_run_id.into())),
            ("branch_point_step_index", Some(branch.branch_point_step_index.into())),
            ("mutated_axis", Some(branch.mutated_axis.into())),
            ("mutation", Some(branch.mutation.into())),
            ("branch_id", Some(branch_id.as_str().into())),
        ]);
        let run_id = branch.run_id.unwrap_or(branch_id);
        let mut builder = Self::builder(run_id, client_name, folder).branch_context(&Value::from(context));
        builder.branch_mode = Some(mode);
        builder.prefix = parent.map(|parent| (parent, branch.branch_point_step_index));
        Ok(builder)
    }

    /// Begins to describe the session of an orchestrator: it holds the sessions of its agents together and records events,
    /// model calls, effects and costs, but no steps.
    pub fn open_orchestrator(
        run_id: impl Into<String>,
        client_name: impl Into<String>,
        folder: impl Into<PathBuf>,
    ) -> SessionBuilder {
        let mut builder = Self::builder(run_id, client_name, folder);
        builder.orchestrator = true;
        builder
    }
}
