//! What calls on a session take beside the essential: plain structs, everything optional.

use super::{SessionError, check::invalid};
use crate::record::{EffectProvenance, Number, Object, ReasoningFormat, Reversibility, Value};
use std::collections::BTreeMap;

/// The names of score components that tools know. Others are allowed.
pub mod score_component {
    /// Which part of the task this step brought it forward by: a difference, not the state.
    pub const PROGRESS: &str = "progress";
    /// How sensible the action was for this step alone.
    pub const ACTION_QUALITY: &str = "action_quality";
    /// How well the action fits the whole plan.
    pub const PROCESS_QUALITY: &str = "process_quality";
    /// From 0, safe, to 1, a catastrophe.
    pub const SAFETY_RISK: &str = "safety_risk";
    /// How much the state repeats itself.
    pub const LOOPINESS: &str = "loopiness";
    /// How far the verdict can be trusted.
    pub const VERIFIER_CONFIDENCE: &str = "verifier_confidence";
    /// Whether the target was the one that was meant.
    pub const GROUNDING_ACCURACY: &str = "grounding_accuracy";

    /// All of them.
    pub const ALL: [&str; 7] =
        [PROGRESS, ACTION_QUALITY, PROCESS_QUALITY, SAFETY_RISK, LOOPINESS, VERIFIER_CONFIDENCE, GROUNDING_ACCURACY];
}

/// An amount of US dollars. Whole amounts stay whole: `1` and `1.0` are stored as they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct Usd(Option<Number>);

impl From<f64> for Usd {
    /// NaN and the infinities are taken here and refused by the call that they are given to.
    fn from(amount: f64) -> Self {
        Self(Number::from_f64(amount))
    }
}

impl From<u64> for Usd {
    fn from(amount: u64) -> Self {
        Self(Some(amount.into()))
    }
}

impl From<Number> for Usd {
    fn from(amount: Number) -> Self {
        Self(Some(amount))
    }
}

fn amount(key: &str, usd: Option<&Usd>) -> Result<Option<Value>, SessionError> {
    match usd {
        None => Ok(None),
        Some(Usd(Some(number))) => Ok(Some(number.clone().into())),
        Some(Usd(None)) => Err(invalid(&format!("{key}: must be a finite number"))),
    }
}

/// A number of tokens. Stored as it was given: `3` and `3.0` are the same number in two spellings. One that is negative or
/// not whole is taken here and refused by the call that it is given to.
#[derive(Debug, Clone, PartialEq)]
pub struct Tokens(Number);

impl From<u64> for Tokens {
    fn from(count: u64) -> Self {
        Self(count.into())
    }
}

impl From<Number> for Tokens {
    fn from(count: Number) -> Self {
        Self(count)
    }
}

impl From<&Tokens> for Value {
    fn from(count: &Tokens) -> Self {
        count.0.clone().into()
    }
}

/// What a run cost so far. Members that are given replace those given before; zero counts as given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Costs {
    /// Everything together, in US dollars.
    pub total_usd: Option<Usd>,
    /// Model calls, in US dollars.
    pub model_usd: Option<Usd>,
    /// GPU time, in US dollars.
    pub gpu_usd: Option<Usd>,
    /// Proxies and network services, in US dollars.
    pub proxy_usd: Option<Usd>,
    /// Tokens that models read.
    pub tokens_in: Option<Tokens>,
    /// Tokens that models wrote.
    pub tokens_out: Option<Tokens>,
    /// Tokens that a provider's cache held.
    pub cache_hit_tokens: Option<Tokens>,
}

impl Costs {
    pub(super) fn members(&self) -> Result<Object, SessionError> {
        let step = StepCosts {
            total_usd: self.total_usd.clone(),
            model_usd: self.model_usd.clone(),
            tokens_in: self.tokens_in.clone(),
            tokens_out: self.tokens_out.clone(),
            cache_hit_tokens: self.cache_hit_tokens.clone(),
        };
        let mut members = step.members()?;
        for (key, usd) in [("gpu_usd", &self.gpu_usd), ("proxy_usd", &self.proxy_usd)] {
            members.extend(amount(key, usd.as_ref())?.map(|value| (key.to_owned(), value)));
        }
        Ok(members)
    }
}

/// What a step cost. Members that are given replace those given before; zero counts as given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepCosts {
    /// Everything together, in US dollars.
    pub total_usd: Option<Usd>,
    /// Model calls, in US dollars.
    pub model_usd: Option<Usd>,
    /// Tokens that models read.
    pub tokens_in: Option<Tokens>,
    /// Tokens that models wrote.
    pub tokens_out: Option<Tokens>,
    /// Tokens that a provider's cache held.
    pub cache_hit_tokens: Option<Tokens>,
}

impl StepCosts {
    pub(super) fn members(&self) -> Result<Object, SessionError> {
        Ok(super::check::given([
            ("total_usd", amount("total_usd", self.total_usd.as_ref())?),
            ("model_usd", amount("model_usd", self.model_usd.as_ref())?),
            ("tokens_in", self.tokens_in.as_ref().map(Value::from)),
            ("tokens_out", self.tokens_out.as_ref().map(Value::from)),
            ("cache_hit_tokens", self.cache_hit_tokens.as_ref().map(Value::from)),
        ]))
    }
}

/// What a verifier found, beside its status.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VerifierOptions {
    /// Why. Without one, it is composed of the check and of what it compared.
    pub reason: Option<String>,
    /// The name of the check.
    pub check: Option<String>,
    /// What the check expected; `null` if nothing.
    pub expected: Value,
    /// What it found; `null` if nothing.
    pub actual: Value,
    /// Paths in the bundle that show it.
    pub evidence_refs: Option<Vec<String>>,
}

/// What a score says beside its number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScoreOptions {
    /// Who scored.
    pub comparator: Option<crate::record::Comparator>,
    /// The parts of the score, by name (see [`score_component`]); they replace those given before. Any finite numbers.
    pub components: Option<BTreeMap<String, Number>>,
    /// Whether the run should stop here.
    pub should_stop: Option<bool>,
    /// From 0, sure, to 1, a guess; the nearest of them is taken.
    pub uncertainty: Option<f64>,
}

/// What a judge's decision says beside its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeOptions {
    /// How sure the judge is, from 0 to 1; the nearest of them is taken.
    pub confidence: Option<f64>,
    /// Paths in the bundle that show it.
    pub evidence_refs: Option<Vec<String>>,
    /// When it was judged, RFC 3339. Default: now.
    pub judged_at: Option<String>,
    /// Whether the verdict becomes the step's own. Default: yes.
    pub promote: bool,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        Self { confidence: None, evidence_refs: None, judged_at: None, promote: true }
    }
}

/// Versions behind a step. Those that are given replace those given before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// The model, as its provider spells it.
    pub model: Option<String>,
    /// The prompt, by a name for people.
    pub prompt: Option<String>,
    /// A digest of the prompt.
    pub prompt_hash: Option<String>,
    /// A digest of the tools' descriptions.
    pub tool_descriptions_hash: Option<String>,
    /// The revision of the agent's code.
    pub code_git_sha: Option<String>,
    /// What locates targets.
    pub grounder: Option<String>,
    /// Where the environment's fingerprint stands: a path or a digest.
    pub env_fingerprint_ref: Option<String>,
}

/// What the environment of a step looked like. Members that are given replace those given before, as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvFingerprint {
    /// The host of the page.
    pub url_host: Option<String>,
    /// The path of the page, without the ids in it.
    pub url_path_template: Option<String>,
    /// A digest of width, height and scale of the viewport.
    pub viewport_hash: Option<String>,
    /// A digest of the DOM, where the agent reads it anyway.
    pub dom_hash: Option<String>,
    /// Digests of the shapes of answers, by the name of the API.
    pub api_shapes: Option<BTreeMap<String, String>>,
    /// Extensions of the browser that are active.
    pub extensions: Option<Vec<String>>,
}

/// What an outcome is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutcomeScope {
    /// The run.
    #[default]
    Session,
    /// One step, by its index.
    Step(u64),
}

/// What an outcome says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OutcomeOptions {
    /// The verdict: `status`, `reason` and `score` of it are kept. Default: the step's; none for a run.
    pub verdict: Option<Object>,
    /// What kind of task it was.
    pub task_class: Option<String>,
    /// What it cost, as [`Costs`] has it. Default: the step's costs; for a run, its costs and the sum over its steps.
    pub cost_summary: Option<Object>,
}

/// What is said of a side effect when it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectOptions {
    /// The key under which the other side tells repetitions apart.
    pub idempotency_key: Option<String>,
    /// Whether it can be undone. Default: it cannot.
    pub reversibility: Reversibility,
    /// What to undo it with.
    pub compensation_handle: Option<String>,
    /// Who declares it. Default: the agent.
    pub provenance: EffectProvenance,
    /// Its id, which becomes part of a file's name. Default: `se_` and 16 hex digits.
    pub side_effect_id: Option<String>,
    /// When it was declared, RFC 3339. Default: now.
    pub declared_at: Option<String>,
}

impl Default for EffectOptions {
    fn default() -> Self {
        Self {
            idempotency_key: None,
            reversibility: Reversibility::Irreversible,
            compensation_handle: None,
            provenance: EffectProvenance::SdkDeclared,
            side_effect_id: None,
            declared_at: None,
        }
    }
}

/// What is said of a piece of reasoning beside its text.
#[derive(Debug, Clone, PartialEq)]
pub struct ReasoningOptions {
    /// How many tokens it took.
    pub tokens: Option<Tokens>,
    /// Where it was taken from. Default: the adapter's own guess.
    pub format: ReasoningFormat,
    /// The model that reasoned.
    pub model: Option<String>,
    /// When, RFC 3339. Default: now.
    pub ts: Option<String>,
}

impl Default for ReasoningOptions {
    fn default() -> Self {
        Self { tokens: None, format: ReasoningFormat::AdapterInferred, model: None, ts: None }
    }
}

/// Addresses under which a run can be watched while it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveEndpoints {
    /// Its status.
    pub status_url: Option<String>,
    /// Its video.
    pub video_url: Option<String>,
    /// Its reasoning.
    pub reasoning_url: Option<String>,
}

/// Names a step: by its index or by the id of any emission at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepRef<'a> {
    /// The index.
    Index(u64),
    /// The id.
    Id(&'a str),
}

impl From<u64> for StepRef<'_> {
    fn from(index: u64) -> Self {
        Self::Index(index)
    }
}

impl<'a> From<&'a str> for StepRef<'a> {
    fn from(id: &'a str) -> Self {
        Self::Id(id)
    }
}
