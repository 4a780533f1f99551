//! Judges steps, and the trace that must tell the same of them.

use super::super::{
    fingerprint::{Algorithm, Fingerprint},
    paths,
    reader::Part,
    summary::visible,
};
use super::{Judge, index_of, layout::Canonical};
use crate::{
    record::{Object, Value, short_id, write_line},
    schema::Schema,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of the files of one index until the trace is read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many files there are, readable or not.
    files: u64,
    canonical: u64,
    flat: bool,
    folder: bool,
    /// What the canonical step says of the number of emissions.
    iterations: Option<u64>,
    /// The digest of the canonical step's value.
    digest: Option<[u8; 32]>,
    /// Whether it follows the schema.
    valid: bool,
    in_trace: bool,
}

impl Seen {
    fn file(&mut self, in_folder: bool) {
        self.files += 1;
        self.flat |= !in_folder;
        self.folder |= in_folder;
    }

    /// A file of this index that could not be read, and may have been the canonical one.
    pub(super) fn unreadable(&mut self, in_folder: bool) {
        self.file(in_folder);
    }
}

impl Judge<'_> {
    pub(super) fn step(&mut self, path: &str, index: u64, short: Option<&str>, value: &Value, seen: &mut Seen) {
        seen.file(short.is_some());
        let problems = (self.report.problems.len(), self.report.omitted);
        self.schema(Schema::Step, value, path, "");
        let valid = problems == (self.report.problems.len(), self.report.omitted);
        let Some(step) = value.as_object() else { return };
        let id = step.get("step_id").and_then(Value::as_str).unwrap_or_default();
        if !self.manifest.is_empty() && !self.follows_convention(id, step) {
            self.problem(path, "step_id does not follow <run_id>/step/<NNNN>");
        }
        if index_of(step) != Some(index) {
            self.problem(path, "file name and step_index differ");
        }
        if let Some(short) = short
            && short != short_id(id)
        {
            self.problem(path, format!("iteration file should be named {}.json", short_id(id)));
        }
        self.references(path, "", step);
        let iterations = step.get("step_iterations");
        if short.is_none() || iterations.is_some() {
            seen.canonical += 1;
            seen.iterations = iterations.and_then(Value::as_u64);
            seen.digest = Some(value_digest(value));
            seen.valid = valid;
        }
    }

    /// Steps of a branch that were copied from the parent keep the parent's ids.
    fn follows_convention(&self, id: &str, step: &Object) -> bool {
        let parent = step.get("branch_context").and_then(|branch| branch.get("parent_run_id"));
        let mut runs = [self.manifest.get("run_id"), parent].into_iter().flatten().filter_map(Value::as_str);
        runs.any(|run| {
            let Some(rest) = id.strip_prefix(run).and_then(|rest| rest.strip_prefix("/step/")) else { return false };
            let (digits, more) = rest.split_once('/').map_or((rest, None), |(digits, more)| (digits, Some(more)));
            digits.len() >= 4
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse().ok() == index_of(step)
                && more.is_none_or(|more| !more.is_empty() && !more.contains('\n'))
        })
    }

    /// Judges `trace.json` against its schema and against the step files.
    pub(super) fn trace(&mut self, mut steps: BTreeMap<u64, Seen>) {
        let read = self.is_file(paths::TRACE);
        if !read {
            self.problem(paths::TRACE, "absent");
        }
        let read = read && self.read_trace(&mut steps);
        for (index, seen) in &steps {
            self.index(*index, seen);
            if read && !seen.in_trace {
                self.problem(
                    paths::TRACE,
                    format!("steps[] and steps/ hold different indexes: {index} is not in steps[]"),
                );
            }
        }
    }

    /// Whether it could be read to its end.
    fn read_trace(&mut self, steps: &mut BTreeMap<u64, Seen>) -> bool {
        const FILE: &str = paths::TRACE;
        let mut outline = match self.files.outline(FILE, "steps") {
            Ok(outline) => outline,
            Err(error) => {
                self.unreadable(FILE, &error);
                return false;
            }
        };
        let mut canonical = Canonical::new();
        let told = self.manifest.get("trajectory_fingerprint").and_then(Value::as_str);
        // The fingerprint names the algorithm that it is to be judged by.
        let mut trace = Trace::new(told.map_or(Some(Algorithm::default()), Algorithm::of));
        for part in &mut outline {
            let part = match part {
                Ok(part) => part,
                Err(error) => {
                    self.unreadable(FILE, &error);
                    return false;
                }
            };
            canonical.part(&part);
            match part {
                Part::Member(name, value) => {
                    self.trace_member(&name, &value);
                    trace.members.insert(name);
                }
                Part::Begin { name, list } => {
                    trace.members.insert(name);
                    if !list {
                        self.problem(FILE, "trace: must be of type array (at steps)");
                    }
                }
                Part::Item(step) => self.trace_step(&step, &mut trace, steps),
                Part::Entry(..) | Part::End => {}
            }
        }
        let digest = outline.digest();
        self.layout(FILE, canonical.faults(digest));
        for name in ["session", "steps"] {
            if !trace.members.contains(name) {
                self.problem(FILE, format!("trace: member \"{name}\" is missing (at <root>)"));
            }
        }
        self.totals(trace);
        true
    }

    fn trace_member(&mut self, name: &str, value: &Value) {
        match name {
            "session" => {
                self.schema(Schema::Session, value, paths::TRACE, "session");
                for key in ["run_id", "debug_session_id", "client", "capture_mode", "costs"] {
                    if !self.manifest.is_empty() && value.get(key) != self.manifest.get(key) {
                        self.problem(paths::MANIFEST, format!("`{key}` differs from the session record"));
                    }
                }
            }
            "steps" => self.problem(paths::TRACE, "trace: must be of type array (at steps)"),
            _ => self.problem(paths::TRACE, format!("trace: unknown member \"{}\" (at <root>)", visible(name))),
        }
    }

    fn trace_step(&mut self, value: &Value, trace: &mut Trace, steps: &mut BTreeMap<u64, Seen>) {
        let position = trace.count;
        trace.count += 1;
        let index = value.as_object().and_then(index_of);
        let digest = value_digest(value);
        // What stands in a file as well was held against the schema there.
        let known = index.and_then(|index| steps.get(&index)).filter(|seen| seen.valid);
        if known.is_some_and(|seen| seen.digest == Some(digest)) {
            self.report.records += 1;
        } else {
            self.schema(Schema::Step, value, paths::TRACE, &format!("steps/{position}"));
        }
        let Some(step) = value.as_object() else { return };
        if let Some(fingerprint) = &mut trace.fingerprint {
            fingerprint.step(step);
        }
        let whose = index.map_or("step without index: ".to_owned(), |index| format!("step {index}: "));
        self.references(paths::TRACE, &whose, step);
        let Some(index) = index else { return };
        if trace.last.is_some_and(|last| last >= index) {
            self.problem(paths::TRACE, format!("step {index} is out of order: steps[] goes by ascending step_index"));
        }
        trace.last = Some(index);
        let seen = steps.get_mut(&index).filter(|seen| seen.files > 0);
        let Some(seen) = seen else {
            return self
                .problem(paths::TRACE, format!("steps[] and steps/ hold different indexes: {index} has no file"));
        };
        seen.in_trace = true;
        if seen.digest.is_some_and(|known| known != digest) {
            self.problem(paths::TRACE, format!("step {index} differs from its file"));
        }
    }

    /// What a step refers to must be there. `whose` begins the message.
    fn references(&mut self, file: &str, whose: &str, step: &Object) {
        for key in ["observation_pre", "observation_post"] {
            if let Some(path) = step.get(key).and_then(Value::as_str)
                && !self.manifest.is_empty()
                && !self.missing.contains(path)
                && self.files.kind(path).is_none()
            {
                self.problem(file, format!("{whose}{key} {} absent and not in missing", visible(path)));
            }
        }
        let events = step.get("events").and_then(Value::as_array).unwrap_or_default();
        for path in events.iter().filter_map(Value::as_str) {
            if self.files.kind(path).is_none() {
                self.problem(file, format!("{whose}events ref {} absent", visible(path)));
            }
        }
    }

    fn totals(&mut self, trace: Trace) {
        self.report.steps = trace.count;
        if self.manifest.is_empty() {
            return;
        }
        let counted = self.manifest.get("step_count").and_then(Value::as_number);
        if counted.is_none_or(|count| count.as_f64() != trace.count as f64) {
            self.problem(paths::MANIFEST, format!("step_count is not the {} steps of the trace", trace.count));
        }
        let told = self.manifest.get("trajectory_fingerprint").and_then(Value::as_str);
        // A fingerprint of an algorithm that is not known here cannot be checked.
        let Some(fingerprint) = trace.fingerprint else { return };
        let computed = (!fingerprint.is_empty()).then(|| fingerprint.finish());
        if told != computed.as_deref() {
            self.problem(paths::MANIFEST, "trajectory_fingerprint is not that of the steps");
        }
    }

    /// What must hold of the files of one index.
    fn index(&mut self, index: u64, seen: &Seen) {
        let path = if seen.folder { paths::step_folder(index) } else { paths::step(index) };
        if seen.flat && seen.folder {
            self.problem(&path, "stands beside a file of the same index");
        } else if seen.canonical != 1 {
            self.problem(&path, format!("{} canonical steps", seen.canonical));
        } else if seen.folder && seen.iterations.is_some_and(|told| told != seen.files) {
            self.problem(&path, format!("step_iterations does not say the {} files of the folder", seen.files));
        }
    }
}

struct Trace {
    members: BTreeSet<String>,
    count: u64,
    last: Option<u64>,
    /// `None` where the manifest's is of an algorithm that is not known here.
    fingerprint: Option<Fingerprint>,
}

impl Trace {
    fn new(algorithm: Option<Algorithm>) -> Self {
        Self { members: BTreeSet::new(), count: 0, last: None, fingerprint: algorithm.map(Fingerprint::new) }
    }
}

fn value_digest(value: &Value) -> [u8; 32] {
    let mut bytes = Vec::new();
    write_line(value, &mut bytes);
    Sha256::digest(&bytes).into()
}
