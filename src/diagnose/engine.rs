//! Runs rules over a bundle in one pass over its steps. No rule can stop another.

use super::{
    context::{Context, Window},
    finding::{Finding, Findings, Severity},
};
use crate::{
    bundle::{Bundle, ReadError, shortened, visible},
    record::{Object, Value},
};
use std::{
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// How many notes on files are kept; the rest are counted.
const MAX_NOTES: usize = 100;
/// How much of an error's message is kept, in characters.
const MAX_MESSAGE: usize = 300;

/// Whether a rule could do its work. What it found before an error counts.
pub type RuleResult = Result<(), Box<dyn Error + Send + Sync>>;

/// A rule: looks at the steps one after the other, at the bundle as a whole, or both.
///
/// A rule that fails or panics on a step is called for the next one all the same, and the diagnosis tells of it.
/// (Programs that are built to abort on panics cannot be helped.)
pub trait Rule: Send + Sync {
    /// The rule's id: lower-case words with dots between them, at least two, such as `shop.wrong_price`. The first one
    /// names the pack.
    fn id(&self) -> &str;

    /// How serious its findings are.
    fn severity(&self) -> Severity {
        Severity::default()
    }

    /// Looks at one canonical step, in the order of the indexes. Does nothing unless a rule has it do something.
    ///
    /// # Errors
    /// Whatever keeps the rule from judging this step.
    fn evaluate_step(&self, _: &Context<'_>, _: &Window<'_>, _: &mut Findings) -> RuleResult {
        Ok(())
    }

    /// Looks at the bundle once, after its steps. Does nothing unless a rule has it do something.
    ///
    /// # Errors
    /// Whatever keeps the rule from judging the bundle.
    fn evaluate(&self, _: &Context<'_>, _: &mut Findings) -> RuleResult {
        Ok(())
    }
}

/// A rule that is a function over steps.
pub fn step_rule<F>(id: &str, severity: Severity, evaluate: F) -> impl Rule + use<F>
where
    F: Fn(&Context<'_>, &Window<'_>, &mut Findings) -> RuleResult + Send + Sync + 'static,
{
    StepRule { id: id.to_owned(), severity, evaluate }
}

struct StepRule<F> {
    id: String,
    severity: Severity,
    evaluate: F,
}

impl<F> Rule for StepRule<F>
where
    F: Fn(&Context<'_>, &Window<'_>, &mut Findings) -> RuleResult + Send + Sync,
{
    fn id(&self) -> &str {
        &self.id
    }

    fn severity(&self) -> Severity {
        self.severity
    }

    fn evaluate_step(&self, context: &Context<'_>, window: &Window<'_>, findings: &mut Findings) -> RuleResult {
        (self.evaluate)(context, window, findings)
    }
}

/// Something that a diagnosis could not look at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// The rule that failed; `None` if a file cannot be read.
    pub rule_id: Option<String>,
    /// The step at which it first failed.
    pub step_index: Option<u64>,
    /// What went wrong.
    pub message: String,
    /// How often it went wrong.
    pub times: u64,
}

impl Note {
    fn new(rule_id: Option<&str>, step_index: Option<u64>, message: &str) -> Self {
        let message = shortened(&visible(message), MAX_MESSAGE);
        Self { rule_id: rule_id.map(visible), step_index, message, times: 1 }
    }

    /// The note as the members of a JSON object.
    pub fn to_object(&self) -> Object {
        let members = [
            ("rule_id", self.rule_id.as_deref().map_or(Value::Null, Value::from)),
            ("step_index", self.step_index.map_or(Value::Null, Value::from)),
            ("message", self.message.as_str().into()),
            ("times", self.times.into()),
        ];
        members.map(|(key, value)| (key.to_owned(), value)).into()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rule) = &self.rule_id {
            write!(f, "rule {rule} ")?;
            if let Some(index) = self.step_index {
                write!(f, "at step {index} ")?;
            }
        }
        f.write_str(&self.message)?;
        if self.times > 1 { write!(f, " ({} times in all)", self.times) } else { Ok(()) }
    }
}

/// What rules found in a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What was found: the most serious first, within one severity by step (what concerns the run comes before the steps),
    /// within one step by rule.
    pub findings: Vec<Finding>,
    /// How many more findings there are than are listed. A thousand are listed of each rule.
    pub omitted: u64,
    /// The severity of the most serious finding, listed or not.
    pub worst: Option<Severity>,
    /// What could not be looked at; empty if everything was.
    pub notes: Vec<Note>,
    /// How many more files cannot be read than the notes tell.
    pub notes_omitted: u64,
    /// How many canonical steps were looked at.
    pub steps: u64,
}

impl Diagnosis {
    /// Whether everything could be looked at.
    pub fn is_complete(&self) -> bool {
        self.notes.is_empty()
    }

    /// Whether there is a finding of this severity or a more serious one.
    pub fn reaches(&self, severity: Severity) -> bool {
        self.worst >= Some(severity)
    }

    /// How many listed findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The listed findings as `diagnostics/findings.json` holds them.
    pub fn to_value(&self) -> Value {
        Value::Array(self.findings.iter().map(|finding| finding.to_object().into()).collect())
    }

    fn unreadable(&mut self, error: &ReadError) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(Note::new(None, None, &error.to_string()));
        } else {
            self.notes_omitted = self.notes_omitted.saturating_add(1);
        }
    }
}

/// Rules to be run over bundles.
#[derive(Default)]
pub struct RulesEngine {
    rules: Vec<Box<dyn Rule>>,
}

impl RulesEngine {
    /// An engine with these rules, such as those of a pack.
    pub fn new(rules: Vec<Box<dyn Rule>>) -> Self {
        Self { rules }
    }

    /// Adds a rule.
    #[must_use]
    pub fn with_rule(mut self, rule: impl Rule + 'static) -> Self {
        self.rules.push(Box::new(rule));
        self
    }

    /// The rules, in the order in which they are run.
    pub fn rules(&self) -> impl Iterator<Item = &dyn Rule> {
        self.rules.iter().map(|rule| rule.as_ref() as &dyn Rule)
    }

    /// Runs every rule over a bundle, finished or not. Writes nothing. Steps that cannot be read are passed over and noted.
    ///
    /// # Errors
    /// If the steps cannot be listed.
    pub fn evaluate(&self, bundle: &Bundle) -> Result<Diagnosis, ReadError> {
        let mut diagnosis = Diagnosis::default();
        let context = Context::new(bundle, &mut |error| diagnosis.unreadable(&error));
        let mut runs: Vec<Run<'_>> = self.rules().map(Run::new).collect();
        let mut previous = None;
        for (position, step) in (0..).zip(bundle.steps()?) {
            let step = match step {
                Ok(step) => step,
                Err(error) => {
                    diagnosis.unreadable(&error);
                    previous = None;
                    continue;
                }
            };
            let window = Window { previous: previous.as_ref(), step: &step, position };
            for run in &mut runs {
                run.step(&context, &window);
            }
            diagnosis.steps += 1;
            previous = Some(step);
        }
        for mut run in runs {
            run.end(&context);
            diagnosis.worst = diagnosis.worst.max(run.findings.worst);
            diagnosis.omitted = diagnosis.omitted.saturating_add(run.findings.omitted);
            diagnosis.findings.append(&mut run.findings.kept);
            diagnosis.notes.extend(run.note);
        }
        diagnosis
            .findings
            .sort_by(|a, b| (b.severity, a.step_index, &a.rule_id).cmp(&(a.severity, b.step_index, &b.rule_id)));
        Ok(diagnosis)
    }
}

impl fmt::Debug for RulesEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RulesEngine with {} rules", self.rules.len())
    }
}

/// One rule on its way through one bundle.
struct Run<'a> {
    /// `None` if the rule cannot be run at all.
    rule: Option<&'a dyn Rule>,
    findings: Findings,
    note: Option<Note>,
}

impl<'a> Run<'a> {
    fn new(rule: &'a dyn Rule) -> Self {
        let named = catch_unwind(AssertUnwindSafe(|| (rule.id().to_owned(), rule.severity())));
        let (id, severity) = named.unwrap_or_default();
        let usable = is_rule_id(&id);
        let note = (!usable).then(|| {
            let what = "was not run: an id is lower-case words with dots between them, at least two";
            Note::new(Some(&shortened(&id, MAX_MESSAGE)), None, what)
        });
        Self { rule: usable.then_some(rule), findings: Findings::of(id, severity), note }
    }

    fn step(&mut self, context: &Context<'_>, window: &Window<'_>) {
        let step_index = Some(window.step.index);
        self.contained(step_index, |rule, findings| rule.evaluate_step(context, window, findings));
    }

    fn end(&mut self, context: &Context<'_>) {
        self.contained(None, |rule, findings| rule.evaluate(context, findings));
    }

    /// What is told of a panic is that there was one: its message may hold what the rule was looking at.
    fn contained(&mut self, step_index: Option<u64>, work: impl FnOnce(&dyn Rule, &mut Findings) -> RuleResult) {
        let Some(rule) = self.rule else { return };
        let findings = &mut self.findings;
        let failure = match catch_unwind(AssertUnwindSafe(|| work(rule, findings))) {
            Ok(Ok(())) => return,
            Ok(Err(error)) => format!("failed: {error}"),
            Err(_) => "panicked".to_owned(),
        };
        match &mut self.note {
            Some(note) => note.times += 1,
            None => self.note = Some(Note::new(Some(self.findings.rule_id()), step_index, &failure)),
        }
    }
}

/// What the schema of findings asks of a rule's id.
fn is_rule_id(id: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    id.contains('.') && id.split('.').all(word)
}
