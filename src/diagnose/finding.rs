//! What a rule found: how serious, where, shown by which files.

use crate::{
    bundle::{StoredStep, paths, shortened, visible},
    record::{Object, UnknownWord, Value},
};
use std::{fmt, str::FromStr};

/// How many findings of one rule are kept; the rest are counted.
const MAX_FINDINGS: usize = 1_000;
/// How many files show one finding.
const MAX_EVIDENCE: usize = 50;
/// How long a summary or a recommendation is, in characters.
const MAX_TEXT: usize = 600;

/// How serious a finding is; ordered, the least serious first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth tidying up.
    Low,
    /// May have spoiled the step.
    #[default]
    Medium,
    /// Has spoiled the step, or may spoil the run.
    High,
    /// The run cannot be trusted.
    Critical,
}

impl Severity {
    /// Every severity, the least serious first.
    pub const ALL: &[Self] = &[Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word as the schema spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let words: Vec<&str> = Self::ALL.iter().map(|severity| severity.as_str()).collect();
        let known = Self::ALL.iter().find(|severity| severity.as_str() == word);
        known.copied().ok_or_else(|| UnknownWord::new("severity", word, &words))
    }
}

/// What kind of file shows a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvidenceKind {
    /// A log.
    Log,
    /// A step, or what belongs to playing it again.
    Step,
    /// An event file.
    Event,
    /// A picture.
    Screenshot,
    /// The difference between two pictures.
    Diff,
    /// A part of a picture.
    Crop,
    /// `trace.json`.
    Trace,
}

impl EvidenceKind {
    /// The word as the schema spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Step => "step",
            Self::Event => "event",
            Self::Screenshot => "screenshot",
            Self::Diff => "diff",
            Self::Crop => "crop",
            Self::Trace => "trace",
        }
    }
}

/// A file of the bundle that shows what a finding says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// What kind of file it is.
    pub kind: EvidenceKind,
    /// Its path, relative to the bundle; for a log, `#L<n>` may follow.
    pub path: String,
}

impl Evidence {
    /// A file of a kind.
    pub fn new(kind: EvidenceKind, path: impl Into<String>) -> Self {
        Self { kind, path: path.into() }
    }
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule's id, such as `cua.no_state_change`.
    pub rule_id: String,
    /// How serious it is.
    pub severity: Severity,
    /// What the rule saw. Names that the agent gave are quoted in it, without control characters and cut; never its prose.
    pub summary: String,
    /// What to do about it.
    pub recommendation: Option<String>,
    /// The step that it is about; `None` if it is about the run.
    pub step_index: Option<u64>,
    /// The files that show it: one or more.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// The finding as the schema `diagnostic_finding` has it.
    pub fn to_object(&self) -> Object {
        let evidence = |evidence: &Evidence| {
            let members = [("type", evidence.kind.as_str()), ("ref", evidence.path.as_str())];
            Value::Object(members.map(|(key, text)| (key.to_owned(), text.into())).into())
        };
        let mut members = Object::from([
            ("rule_id".to_owned(), self.rule_id.as_str().into()),
            ("severity".to_owned(), self.severity.as_str().into()),
            ("summary".to_owned(), self.summary.as_str().into()),
            ("evidence".to_owned(), self.evidence.iter().map(evidence).collect::<Vec<_>>().into()),
        ]);
        if let Some(index) = self.step_index {
            members.insert("step_index".to_owned(), index.into());
        }
        if let Some(text) = &self.recommendation {
            members.insert("recommendation".to_owned(), text.as_str().into());
        }
        members
    }

    /// Where to look first: `<rule id> @ <path>`.
    pub fn citation(&self) -> String {
        let path = self.evidence.first().map_or(paths::TRACE, |evidence| evidence.path.as_str());
        format!("{} @ {}", self.rule_id, visible(path))
    }
}

/// A finding as a rule hands it in; the rule's id and severity are added.
#[derive(Debug, Clone, Default)]
pub struct Found {
    summary: String,
    recommendation: Option<String>,
    severity: Option<Severity>,
    step_index: Option<u64>,
    evidence: Vec<Evidence>,
}

impl Found {
    /// What the rule saw, in a sentence. Control characters are spelled out, and what is longer than a short paragraph is
    /// cut.
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }

    /// The step that it is about. Its file becomes evidence.
    #[must_use]
    pub fn at(mut self, step: &StoredStep) -> Self {
        self.step_index = Some(step.index);
        self.with_evidence(EvidenceKind::Step, step.path.as_str())
    }

    /// One more file that shows it; at most 50 are kept. A finding without any points at `trace.json`.
    #[must_use]
    pub fn with_evidence(mut self, kind: EvidenceKind, path: impl Into<String>) -> Self {
        let evidence = Evidence::new(kind, path);
        if self.evidence.len() < MAX_EVIDENCE && !self.evidence.contains(&evidence) {
            self.evidence.push(evidence);
        }
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn with_recommendation(mut self, text: impl Into<String>) -> Self {
        self.recommendation = Some(text.into());
        self
    }

    /// How serious it is, where that differs from the rule's severity.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// What one rule found in one bundle. A thousand findings are kept, the rest are counted.
#[derive(Debug, Clone)]
pub struct Findings {
    rule_id: String,
    severity: Severity,
    pub(super) kept: Vec<Finding>,
    pub(super) omitted: u64,
    pub(super) worst: Option<Severity>,
}

impl Findings {
    pub(super) fn of(rule_id: String, severity: Severity) -> Self {
        Self { rule_id, severity, kept: Vec::new(), omitted: 0, worst: None }
    }

    pub(super) fn rule_id(&self) -> &str {
        &self.rule_id
    }

    /// Adds a finding.
    pub fn add(&mut self, found: Found) {
        let severity = found.severity.unwrap_or(self.severity);
        self.worst = self.worst.max(Some(severity));
        if self.kept.len() >= MAX_FINDINGS {
            self.omitted = self.omitted.saturating_add(1);
            return;
        }
        let mut evidence = found.evidence;
        if evidence.is_empty() {
            evidence.push(Evidence::new(EvidenceKind::Trace, paths::TRACE));
        }
        self.kept.push(Finding {
            rule_id: self.rule_id.clone(),
            severity,
            summary: shortened(&visible(&found.summary), MAX_TEXT),
            recommendation: found.recommendation.map(|text| shortened(&visible(&text), MAX_TEXT)),
            step_index: found.step_index,
            evidence,
        });
    }
}
