//! Steps that are marked as sensitive: their pictures, model calls, reasoning and the details of their events are not kept,
//! and what was kept before the mark is taken back. Identity, status, summaries and verdicts stay.

use super::road::Road;
use crate::{
    CaptureMode,
    bundle::{Moment, paths},
    record::{ModelLayer, Object, Value, parse, write_line},
};
use std::{collections::BTreeSet, io};

/// How many steps are remembered one by one. Beyond that every step counts as sensitive.
const MOST: usize = 65_536;

/// The tag that says how many steps were marked.
pub(super) const TAG: &str = "augur.sensitive_steps";

/// The steps that were marked.
#[derive(Debug, Default)]
pub(super) struct Sensitive {
    steps: BTreeSet<u64>,
    all: bool,
}

impl Sensitive {
    pub(super) fn has(&self, index: u64) -> bool {
        self.all || self.steps.contains(&index)
    }

    /// How many steps were marked.
    pub(super) fn count(&self) -> usize {
        self.steps.len()
    }

    /// `false` if the step was marked before.
    fn mark(&mut self, index: u64) -> bool {
        if self.has(index) {
            return false;
        }
        self.all = self.steps.len() >= MOST;
        self.all || self.steps.insert(index)
    }
}

impl Road {
    /// Marks a step. What the bundle holds of its evidence is removed; a reference that the step makes to a picture stays,
    /// so that the manifest lists it as missing.
    pub(crate) fn mark_sensitive(&mut self, index: u64) {
        if !self.sensitive.mark(index) {
            return;
        }
        for path in self.evidence_of(index) {
            let removed = self.bundle.store().remove(&path);
            self.kept(removed);
        }
        let of_step = move |record: &Object| record.get("step_index").and_then(Value::as_u64) == Some(index);
        self.edit_lines(&paths::events(Some(index)), |event| {
            event.remove("detail");
            true
        });
        self.edit_lines(paths::REASONING, |reasoning| !of_step(reasoning));
    }

    pub(crate) fn is_sensitive(&self, index: u64) -> bool {
        self.sensitive.has(index)
    }

    /// The mode that counts for the text of models and tools at a step.
    pub(crate) fn content_mode(&self, step: Option<u64>, mode: CaptureMode) -> CaptureMode {
        if step.is_some_and(|index| self.sensitive.has(index)) { mode.min(CaptureMode::Video) } else { mode }
    }

    /// The files of a step's pictures and model calls.
    fn evidence_of(&self, index: u64) -> Vec<String> {
        let store = self.bundle.store();
        let mut files: Vec<String> =
            [Moment::Before, Moment::After].map(|moment| paths::screenshot(index, moment)).into();
        files.retain(|path| store.exists(path));
        for layer in ModelLayer::ALL {
            let calls = (0..).map(|number| paths::model_call(Some(index), *layer, number));
            files.extend(calls.take_while(|path| store.exists(path)));
        }
        files
    }

    /// Changes the records of a file of lines, those that wait and those on disk; a record is dropped where `edit` says
    /// `false`, and so is a line that cannot be read.
    fn edit_lines(&mut self, path: &str, edit: impl Fn(&mut Object) -> bool) {
        if let Some(waiting) = self.lines.get_mut(path) {
            *waiting = edited(waiting, &edit);
        }
        let rewritten = match self.bundle.store().read(path) {
            Ok(bytes) => self.bundle.store().write(path, &edited(&bytes, &edit)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        self.kept(rewritten);
    }
}

fn edited(lines: &[u8], edit: &impl Fn(&mut Object) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len());
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if let Ok(Value::Object(mut record)) = parse(line)
            && edit(&mut record)
        {
            write_line(&record.into(), &mut out);
            out.push(b'\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_too_many_steps_are_marked_every_step_counts_as_sensitive() {
        let mut sensitive = Sensitive::default();
        for index in 0..MOST as u64 {
            assert!(sensitive.mark(index) && !sensitive.mark(index));
        }
        assert!(!sensitive.has(MOST as u64 + 7));
        assert!(sensitive.mark(MOST as u64));
        assert!(sensitive.has(MOST as u64 + 7));
    }
}
