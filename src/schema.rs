//! The JSON Schemas of the record families, built into the program and compiled on first use; records are judged in place.

mod view;

use jsonschema::{PatternOptions, Registry, Retrieve, Uri, Validator};
use std::{
    fmt,
    sync::{LazyLock, OnceLock},
};
use view::RecordJson;
pub use view::View;

mod message;

/// How many violations of one record are told. A record can break its schema in as many places as it has values.
const MAX_VIOLATIONS: usize = 100;

macro_rules! schemas {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A record family and its schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Schema {
            $($(#[$doc])* $variant,)*
        }

        impl Schema {
            /// All schemas, sorted by name.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The short name: `step_trace` for `step_trace.schema.json`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The schema document, byte for byte as a bundle's `schema/` folder holds it.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../schema/", $name, ".schema.json")),)*
                }
            }

            /// The name of its file in a bundle's `schema/` folder.
            pub const fn file_name(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($name, ".schema.json"),)*
                }
            }

            fn cell(self) -> &'static OnceLock<Option<Validator<RecordJson>>> {
                match self {
                    $(Self::$variant => {
                        static CELL: OnceLock<Option<Validator<RecordJson>>> = OnceLock::new();
                        &CELL
                    })*
                }
            }
        }
    };
}

schemas! {
    /// Where a branched run left its parent.
    BranchContext = "branch_context",
    /// How much of a run is kept.
    CaptureMode = "capture_mode",
    /// Versions of model, prompt, tools and code behind a step.
    CapturedVersions = "captured_versions",
    /// The space that coordinates live in.
    CoordinateSpace = "coordinate_space",
    /// The session record: `session` in `trace.json`.
    Session = "debug_session",
    /// One line of an event file.
    Event = "decision_event",
    /// What a rule found.
    Finding = "diagnostic_finding",
    /// What the environment looked like.
    EnvFingerprint = "env_fingerprint",
    /// A step tagged for evaluation.
    EvalCandidate = "eval_candidate",
    /// The class of a failure.
    FailureClass = "failure_class",
    /// One judge's decision on a step.
    JudgeDecision = "judge_decision",
    /// `manifest.json`.
    Manifest = "manifest",
    /// A model call with request and response.
    ModelCall = "modelio",
    /// What was on the screen.
    Observation = "observation",
    /// How a step or a session ended.
    Outcome = "outcome_record",
    /// One action preferred over others.
    Preference = "preference",
    /// The steps before a replay fixture.
    PriorSteps = "prior_steps",
    /// Where a piece of grounding came from.
    Provenance = "provenance",
    /// A model's reasoning.
    Reasoning = "reasoning_trace",
    /// What is needed to play a step again.
    ReplayFixture = "replay_fixture",
    /// Rewards of a run, added up.
    RewardAggregate = "reward_aggregate",
    /// A change that the agent makes outside.
    SideEffect = "side_effect",
    /// A step.
    Step = "step_trace",
    /// A part of the task that was completed.
    Subgoal = "subgoal",
    /// What the agent was asked to do.
    TaskSpec = "task_spec",
    /// `trace.json`.
    Trace = "trace",
    /// One run preferred over another.
    TrajectoryPreference = "trajectory_preference",
}

impl Schema {
    /// The schema with a short name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|schema| schema.name() == name)
    }

    fn validator(self) -> Option<&'static Validator<RecordJson>> {
        self.cell().get_or_init(|| compile(self)).as_ref()
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One way in which a record does not follow its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The place in the record, `action/params/0`; empty for the record itself.
    pub path: String,
    /// What the schema asks for. Values of the record are never quoted, because they may be secret; names of members that
    /// the schema does not know are.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "<root>" } else { &self.path };
        write!(f, "{} (at {place})", self.message)
    }
}

/// Compiles the schemas that every run needs.
pub(crate) fn prepare() {
    for schema in [Schema::Step, Schema::Event, Schema::ModelCall, Schema::Reasoning] {
        schema.validator();
    }
}

/// Judges a record.
///
/// # Errors
/// What is wrong with it, at most 100 violations. Dates must follow RFC 3339. A schema that cannot be compiled is a
/// violation as well.
pub fn validate<'a>(schema: Schema, record: impl Into<View<'a>>) -> Result<(), Vec<Violation>> {
    let record = record.into();
    let Some(validator) = schema.validator() else {
        return Err(vec![Violation { path: String::new(), message: format!("the schema {schema} did not compile") }]);
    };
    if validator.is_valid(record) {
        return Ok(());
    }
    let mut violations = Vec::new();
    for error in validator.iter_errors(record) {
        message::tell(&error, &mut violations);
        if violations.len() >= MAX_VIOLATIONS {
            break;
        }
    }
    violations.truncate(MAX_VIOLATIONS);
    Err(violations)
}

/// Whether a record follows its schema; cheaper than [`validate`] where the reasons do not matter.
pub fn is_valid<'a>(schema: Schema, record: impl Into<View<'a>>) -> bool {
    schema.validator().is_some_and(|validator| validator.is_valid(record.into()))
}

fn document(schema: Schema) -> Option<serde_json::Value> {
    serde_json::from_str(schema.text()).ok()
}

/// References lead from schema to schema by file name; all of them are at hand, so nothing is ever fetched.
static REGISTRY: LazyLock<Option<Registry<'static>>> = LazyLock::new(|| {
    let mut builder = Registry::new().retriever(Nowhere);
    for &schema in Schema::ALL {
        let document = document(schema)?;
        let id = document.get("$id")?.as_str()?.to_owned();
        builder = builder.add(id, document).ok()?;
    }
    builder.prepare().ok()
});

struct Nowhere;

impl Retrieve for Nowhere {
    fn retrieve(&self, _: &Uri<String>) -> Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
        Err("schemas are never fetched".into())
    }
}

fn compile(schema: Schema) -> Option<Validator<RecordJson>> {
    jsonschema::options_for::<RecordJson>()
        .with_registry(REGISTRY.as_ref()?)
        .with_retriever(Nowhere)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .with_format("date-time", is_date_time)
        .build(&document(schema)?)
        .ok()
}

/// Whether a text is a date and time by RFC 3339, where `t` and `z` may stand for `T` and `Z`; from year 1 on and without
/// leap seconds, because the other readers of bundles know neither.
pub fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let Some((clock, rest)) = time.split_at_checked(8) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    let offset = zone.eq_ignore_ascii_case("z")
        || zone.strip_prefix(['+', '-']).is_some_and(|zone| fields(zone, ':', &[24, 60]).is_some());
    offset && fields(clock, ':', &[24, 60, 60]).is_some() && is_date(date)
}

fn is_date(text: &str) -> bool {
    let Some((year, rest)) = text.split_at_checked(4) else { return false };
    let (Some(year), Some(rest)) = (digits(year), rest.strip_prefix('-')) else { return false };
    let Some(&[month, day]) = fields(rest, '-', &[13, 32]).as_deref() else { return false };
    let (Ok(year), Ok(month), Ok(day)) = (i16::try_from(year), i8::try_from(month), i8::try_from(day)) else {
        return false;
    };
    year > 0 && jiff::civil::Date::new(year, month, day).is_ok()
}

/// Two-digit numbers with a separator between them, each below its limit.
fn fields(text: &str, separator: char, limits: &[u32]) -> Option<Vec<u32>> {
    let mut parts = text.split(separator);
    let values = limits.iter().map(|limit| {
        let part = parts.next().filter(|part| part.len() == 2)?;
        digits(part).filter(|value| value < limit)
    });
    let values = values.collect::<Option<Vec<u32>>>()?;
    parts.next().is_none().then_some(values)
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
