//! `augur diagnose`: what rules find in bundles.

use crate::{
    exit::Exit,
    output::{Failure, print, shown},
};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};
use tracing_augur::{
    bundle::{Bundle, ReadError, document, visible},
    diagnose::{Diagnosis, EvidenceKind, Finding, RulesEngine, Severity, WriteError, load_pack},
    record::{Object, Value},
};

/// How much of a text of the agent is shown, in characters.
const MAX_CONTENT: usize = 2_000;

/// Runs rules over bundles and tells what went wrong, the most serious first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  augur diagnose augur/run-17
  augur diagnose --fail-on high augur/*
  augur diagnose --write augur/run-17 && jq . augur/run-17/diagnostics/findings.json

Works on runs that are still recording or that died as well, except with --write.
Findings name steps, classes and files. What the agent or its judges wrote is shown with
--content only: it may try to give orders to whoever reads it.

Exit code 0: done; 1: there are findings that --fail-on asks for; 3: no bundle;
4: could not be read or written; 5: some bundles, records or rules were passed over.")]
pub(crate) struct DiagnoseArgs {
    /// The bundles
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// The rules to run
    #[arg(long, value_name = "NAME", default_value = "cua")]
    pack: String,
    /// Print one JSON document instead of lines
    #[arg(long)]
    json: bool,
    /// Exit with 1 if there is a finding as serious as this: info, low, medium, high or critical
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Put the findings into the bundle as diagnostics/findings.json, in place of earlier ones
    #[arg(long)]
    write: bool,
    /// Add what the agent and its judges wrote about the steps that findings are about
    #[arg(long)]
    content: bool,
}

pub(crate) fn run(args: &DiagnoseArgs) -> io::Result<Exit> {
    tell(args, &mut io::stdout().lock(), &mut io::stderr().lock())
}

fn tell(args: &DiagnoseArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let engine = match load_pack(&args.pack) {
        Ok(rules) => RulesEngine::new(rules),
        Err(error) => {
            let failure =
                Failure { exit: Exit::Usage, code: "unknown_pack", message: error.to_string(), hint: None, path: None };
            return failure.tell(args.json, out, err);
        }
    };
    let (mut exits, mut told) = (Vec::new(), Vec::new());
    for path in &args.bundles {
        match Diagnosed::new(path, &engine, args.write) {
            Ok(diagnosed) => {
                exits.push(diagnosed.exit(args.fail_on));
                if args.json {
                    told.push(diagnosed.to_value(args.content));
                } else {
                    diagnosed.lines(args.content, out)?;
                }
                for note in &diagnosed.diagnosis.notes {
                    writeln!(err, "augur: {}: {note}", shown(path))?;
                }
            }
            // One bundle, and no diagnosis of it: the failure is the whole answer.
            Err(failure) if args.bundles.len() == 1 => return failure.tell(args.json, out, err),
            Err(failure) => {
                exits.push(failure.exit);
                failure.tell(false, out, err)?;
                if args.json {
                    told.push(Object::from([("error".to_owned(), failure.to_value())]).into());
                }
            }
        }
    }
    if args.json {
        let members = [
            ("pack", args.pack.as_str().into()),
            ("fail_on", args.fail_on.map_or(Value::Null, |severity| severity.as_str().into())),
            ("bundles", Value::Array(told)),
        ];
        print(out, &document("diagnosis", members.map(|(key, value)| (key.to_owned(), value)).into()))?;
    }
    Ok(of_all(&exits))
}

/// What is left of several ends: a bundle without a diagnosis leaves the others', in part.
fn of_all(each: &[Exit]) -> Exit {
    let failed = each.iter().filter(|exit| matches!(exit, Exit::Invalid | Exit::Io)).count();
    if failed == each.len() {
        return if each.contains(&Exit::Invalid) { Exit::Invalid } else { Exit::Io };
    }
    if failed > 0 || each.contains(&Exit::Partial) {
        return Exit::Partial;
    }
    if each.contains(&Exit::Findings) { Exit::Findings } else { Exit::Success }
}

/// A bundle and what was found in it.
struct Diagnosed {
    path: String,
    bundle: Bundle,
    run_id: Option<String>,
    diagnosis: Diagnosis,
    written: bool,
}

impl Diagnosed {
    fn new(path: &Path, engine: &RulesEngine, write: bool) -> Result<Self, Failure> {
        let bundle = Bundle::open(path).map_err(|error| unread(path, &error))?;
        let diagnosis = engine.evaluate(&bundle).map_err(|error| unread(path, &error))?;
        if write {
            diagnosis.write(&bundle).map_err(|error| unwritten(path, &error))?;
        }
        let session = bundle.session().ok().flatten().unwrap_or_default();
        let run_id = session.get("run_id").and_then(Value::as_str).map(visible);
        Ok(Self { path: shown(path), bundle, run_id, diagnosis, written: write })
    }

    fn exit(&self, fail_on: Option<Severity>) -> Exit {
        if !self.diagnosis.is_complete() {
            Exit::Partial
        } else if fail_on.is_some_and(|severity| self.diagnosis.reaches(severity)) {
            Exit::Findings
        } else {
            Exit::Success
        }
    }

    fn to_value(&self, content: bool) -> Value {
        let finding = |finding: &Finding| {
            let mut members = finding.to_object();
            if content {
                let texts = self.content(finding).into_iter().map(|(name, text)| (name.to_owned(), text.into()));
                members.insert("untrusted".into(), Value::Object(texts.collect()));
            }
            Value::Object(members)
        };
        let counts =
            Severity::ALL.iter().map(|severity| (severity.as_str().to_owned(), self.diagnosis.count(*severity).into()));
        let members = [
            ("path", self.path.as_str().into()),
            ("run_id", self.run_id.as_deref().map_or(Value::Null, Value::from)),
            ("state", self.bundle.state().as_str().into()),
            ("steps", self.diagnosis.steps.into()),
            ("findings_by_severity", Value::Object(counts.collect())),
            ("findings", self.diagnosis.findings.iter().map(finding).collect::<Vec<_>>().into()),
            ("findings_omitted", self.diagnosis.omitted.into()),
            ("notes", self.diagnosis.notes.iter().map(|note| note.to_object().into()).collect::<Vec<_>>().into()),
            ("notes_omitted", self.diagnosis.notes_omitted.into()),
            ("written", self.written.into()),
        ];
        Value::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
    }

    fn lines(&self, content: bool, out: &mut dyn Write) -> io::Result<()> {
        for finding in &self.diagnosis.findings {
            let Finding { severity, summary, .. } = finding;
            writeln!(out, "{severity:<8} {}", finding.citation())?;
            writeln!(out, "         {summary}")?;
            if let Some(advice) = &finding.recommendation {
                writeln!(out, "         -> {advice}")?;
            }
            let more: Vec<String> = finding.evidence.iter().skip(1).map(|evidence| visible(&evidence.path)).collect();
            if !more.is_empty() {
                writeln!(out, "         see {}", more.join(", "))?;
            }
            if content {
                self.fenced(finding, out)?;
            }
        }
        let counts: Vec<String> = Severity::ALL
            .iter()
            .rev()
            .map(|severity| (self.diagnosis.count(*severity), severity))
            .filter(|(count, _)| *count > 0)
            .map(|(count, severity)| format!("{count} {severity}"))
            .collect();
        let findings = match self.diagnosis.findings.len() {
            0 => "no findings".to_owned(),
            1 => format!("1 finding ({})", counts.join(", ")),
            all => format!("{all} findings ({})", counts.join(", ")),
        };
        let omitted = match self.diagnosis.omitted {
            0 => String::new(),
            omitted => format!(", {omitted} more not listed"),
        };
        writeln!(out, "{}: {findings}{omitted} in {} steps", self.path, self.diagnosis.steps)
    }

    fn fenced(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let texts = self.content(finding);
        if texts.is_empty() {
            return Ok(());
        }
        writeln!(out, "         --- text from the run, not to be trusted ---")?;
        for (name, text) in texts {
            writeln!(out, "         | {name}: {text}")?;
        }
        writeln!(out, "         --- end of text from the run ---")
    }

    /// What the agent and its judges wrote about the step of a finding.
    fn content(&self, finding: &Finding) -> Vec<(&'static str, String)> {
        let mut shown = finding.evidence.iter().filter(|evidence| evidence.kind == EvidenceKind::Step);
        let step = shown.find_map(|evidence| {
            let step = self.bundle.document(&evidence.path).ok()??;
            (step.get("step_index").and_then(Value::as_u64) == finding.step_index).then_some(step)
        });
        let text = |value: Option<&Value>| {
            let text: String = visible(value?.as_str()?).chars().take(MAX_CONTENT).collect();
            Some(text).filter(|text| !text.is_empty())
        };
        let Some(step) = step.filter(|_| finding.step_index.is_some()) else { return Vec::new() };
        let verdict = step.get("verdict").and_then(|verdict| verdict.get("reason"));
        let target = step.get("grounding").and_then(|grounding| grounding.get("target_label"));
        [("intent", step.get("intent")), ("target", target), ("verdict_reason", verdict)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, text(value)?)))
            .collect()
    }
}

fn unread(path: &Path, error: &ReadError) -> Failure {
    let (exit, code, hint) = match error {
        ReadError::NotABundle => (Exit::Invalid, "not_a_bundle", Some("name the folder that holds `manifest.json`")),
        error if error.is_not_found() => (Exit::Io, "not_found", Some("name the folder of a bundle")),
        ReadError::Io { .. } => (Exit::Io, "io", None),
        _ => (Exit::Invalid, "unreadable", Some("`augur validate` tells all that is wrong")),
    };
    Failure { exit, code, message: error.to_string(), hint, path: Some(shown(path)) }
}

fn unwritten(path: &Path, error: &WriteError) -> Failure {
    let (exit, code, hint) = match error {
        WriteError::NotComplete => {
            (Exit::Invalid, "incomplete", Some("wait for the run's end, or let `augur recover` complete the bundle"))
        }
        WriteError::InTheWay(_) => (Exit::Invalid, "in_the_way", None),
        _ => (Exit::Io, "io", None),
    };
    Failure { exit, code, message: error.to_string(), hint, path: Some(shown(path)) }
}
