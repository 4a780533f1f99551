//! What a failed assertion shows of a run.

use super::RecordedRun;
use crate::record::Value;
use std::fmt;

/// How many steps are shown.
const SHOWN: usize = 20;

/// A run in a few lines: its steps with status, and what was wrong with them.
pub(super) struct Outline<'r>(pub(super) &'r RecordedRun);

impl fmt::Display for Outline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = self.0;
        write!(f, "run {} ({}):", run.id(), word(Some(run.record()), "status"))?;
        for step in run.steps().iter().take(SHOWN) {
            let record = Some(step.record());
            write!(f, "\n  {} {} {}", step.index(), word(record, "step_type"), word(record, "status"))?;
            if let Some(class) = step.member("failure_class").and_then(Value::as_str) {
                write!(f, " ({class})")?;
            }
            if let Some(verdict) = step.member("verdict") {
                write!(f, ", verdict {}", word(Some(verdict), "status"))?;
            }
            for event in step.events() {
                write!(f, "\n      {}", said(event))?;
            }
        }
        if run.steps().len() > SHOWN {
            write!(f, "\n  … and {} more", run.steps().len() - SHOWN)?;
        }
        if run.steps().is_empty() {
            write!(f, " no steps")?;
        }
        for event in run.events() {
            write!(f, "\n  {}", said(event))?;
        }
        Ok(())
    }
}

/// An event in one line.
pub(super) fn said(event: &Value) -> String {
    let summary: String = word(Some(event), "summary").chars().take(160).collect();
    format!("{} {}: {summary}", word(Some(event), "layer"), word(Some(event), "kind"))
}

fn word<'v>(record: Option<&'v Value>, key: &str) -> &'v str {
    record.and_then(|record| record.get(key)).and_then(Value::as_str).unwrap_or("?")
}

/// The value at a dotted path; `steps.0.status`.
pub(super) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |at, part| match at {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        other => other.get(part),
    })
}
