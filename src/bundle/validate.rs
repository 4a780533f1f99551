//! Judges a bundle: every record against its schema, every file against the layout, every reference and every signature.

mod layout;
mod records;
mod steps;
mod tree;

use super::{
    paths,
    reader::{BundleState, Files, Kind, Outline, Part, ReadError},
    summary::visible,
};
use crate::{
    record::{Object, Value},
    schema::{self, Schema, View, Violation},
};
use layout::Canonical;
use std::{collections::BTreeSet, path::Path, sync::Arc, thread};

/// How many problems a report lists; the rest are counted.
const MAX_PROBLEMS: usize = 10_000;

/// Something in a bundle that is not as the format has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the bundle, with `:<line>` or `[<item>]` where the file holds several records.
    pub file: String,
    /// What is wrong. Values of records are not quoted.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

/// What the judgement of a bundle found.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// What is wrong, in the order it was found; empty for a valid bundle.
    pub problems: Vec<Problem>,
    /// How many more problems there are than are listed.
    pub omitted: u64,
    /// What the folder says about its run; `None` if it holds no bundle.
    pub state: Option<BundleState>,
    /// The run's id, if the manifest has one.
    pub run_id: Option<String>,
    /// How many canonical steps the trace holds.
    pub steps: u64,
    /// How many records were held against their schemas.
    pub records: u64,
    /// How many files there are.
    pub files: u64,
    /// How large they are together, in bytes.
    pub bytes: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    /// Takes over what was found in a folder, whose files stand at a place among the others. Returns what was found beyond its
    /// files.
    fn join(&mut self, part: Self, in_files: usize, gap: usize) -> Vec<Problem> {
        let mut found = part.problems;
        let beyond = found.split_off(in_files.min(found.len()));
        let gap = gap.min(self.problems.len());
        self.problems.splice(gap..gap, found);
        self.omitted = self.omitted.saturating_add(part.omitted);
        self.steps += part.steps;
        self.records += part.records;
        self.files += part.files;
        self.bytes = self.bytes.saturating_add(part.bytes);
        beyond
    }

    fn cut(&mut self) {
        let surplus = self.problems.len().saturating_sub(MAX_PROBLEMS);
        self.problems.truncate(MAX_PROBLEMS);
        self.omitted = self.omitted.saturating_add(surplus as u64);
    }

    /// The report as the members of a JSON object.
    pub fn to_object(&self) -> Object {
        let problem = |problem: &Problem| {
            let members = [("file", problem.file.as_str()), ("message", problem.message.as_str())];
            Value::Object(members.map(|(key, text)| (key.to_owned(), text.into())).into())
        };
        let members = [
            ("valid", self.is_valid().into()),
            ("state", self.state.map_or(Value::Null, |state| state.as_str().into())),
            ("run_id", self.run_id.as_deref().map_or(Value::Null, Into::into)),
            ("steps", self.steps.into()),
            ("records", self.records.into()),
            ("files", self.files.into()),
            ("bytes", self.bytes.into()),
            ("problems", self.problems.iter().map(problem).collect::<Vec<_>>().into()),
            ("problems_omitted", self.omitted.into()),
        ];
        members.map(|(key, value)| (key.to_owned(), value)).into()
    }
}

/// Judges the bundle in a folder.
///
/// Reads every file once, the large folders at the same time. Held in memory are the manifest without its signatures, one record at a time, the names in the
/// large folders, and about two hundred bytes a step; the contents of a long run never are.
pub fn validate(path: impl AsRef<Path>) -> Report {
    let files = Files::new(path.as_ref());
    let mut judge = Judge::new(&files, Arc::default(), Arc::default());
    if judge.begin() {
        judge.mark();
        let signatures = judge.manifest();
        judge.content(signatures);
        judge.missing();
    }
    judge.report
}

struct Judge<'a> {
    files: &'a Files,
    report: Report,
    /// The manifest without its signatures; empty if it cannot be read.
    manifest: Arc<Object>,
    /// What the manifest says is missing.
    missing: Arc<BTreeSet<String>>,
    /// The file that is judged, and what it should be; their room is used again.
    bytes: Vec<u8>,
    written: Vec<u8>,
    /// How long it is, if it was read as a whole.
    length: Option<u64>,
}

/// How the signatures of a manifest can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signatures {
    /// The manifest cannot be read: nothing is known about them.
    Unknown,
    /// There are none.
    None,
    /// In path order, so they are compared while the files are walked.
    Sorted,
    /// In any order.
    Unsorted,
}

impl<'a> Judge<'a> {
    fn new(files: &'a Files, manifest: Arc<Object>, missing: Arc<BTreeSet<String>>) -> Self {
        let report = Report::default();
        Self { files, report, manifest, missing, bytes: Vec::new(), written: Vec::new(), length: None }
    }

    /// Judges everything but the manifest: the large folders each on a thread of their own, if there can be one. Problems are
    /// told as if all files had been passed one after the other.
    fn content(&mut self, signatures: Signatures) {
        let (files, manifest, missing) = (self.files, Arc::clone(&self.manifest), Arc::clone(&self.missing));
        let judge = |folder: &'static str| {
            let mut judge = Judge::new(files, Arc::clone(&manifest), Arc::clone(&missing));
            let steps = judge.folder(folder, signatures);
            let in_files = judge.report.problems.len();
            if folder == paths::STEPS {
                judge.trace(steps);
            }
            (judge.report, in_files)
        };
        let judge = &judge;
        let (gaps, parts) = thread::scope(|scope| {
            let begun = tree::APART.map(|folder| {
                let name = format!("augur-judge-{folder}");
                (folder, thread::Builder::new().name(name).spawn_scoped(scope, move || judge(folder)))
            });
            let gaps = self.tree(signatures);
            let parts = begun.map(|(folder, thread)| {
                let joined = thread.ok().and_then(|thread| thread.join().ok());
                joined.unwrap_or_else(|| judge(folder))
            });
            (gaps, parts)
        });
        let mut in_trace = Vec::new();
        // From the back, so that the places of those before stay what they are.
        for (gap, (report, in_files)) in gaps.into_iter().zip(parts).rev() {
            in_trace.splice(0..0, self.report.join(report, in_files, gap));
        }
        self.report.problems.append(&mut in_trace);
        self.report.cut();
    }

    fn problem(&mut self, file: &str, message: impl Into<String>) {
        if self.report.problems.len() >= MAX_PROBLEMS {
            self.report.omitted = self.report.omitted.saturating_add(1);
        } else {
            self.report.problems.push(Problem { file: visible(file), message: message.into() });
        }
    }

    fn unreadable(&mut self, file: &str, error: &ReadError) {
        self.problem(file, error.what());
    }

    /// Holds a record against its schema. `above` is where the record stands in the file.
    fn schema<'v>(&mut self, schema: Schema, record: impl Into<View<'v>>, file: &str, above: &str) {
        self.report.records += 1;
        if let Err(violations) = schema::validate(schema, record) {
            self.violations(schema, violations, file, above);
        }
    }

    fn violations(&mut self, schema: Schema, violations: Vec<Violation>, file: &str, above: &str) {
        for mut violation in violations {
            if !above.is_empty() {
                let slash = if violation.path.is_empty() { "" } else { "/" };
                violation.path = format!("{above}{slash}{}", violation.path);
            }
            self.problem(file, format!("{schema}: {violation}"));
        }
    }

    /// Finds out whether there is a complete bundle to judge; if not, says what is there.
    fn begin(&mut self) -> bool {
        match BundleState::of(self.files) {
            Ok(state) => self.report.state = state,
            Err(error) => {
                self.unreadable(paths::INCOMPLETE, &error);
                return false;
            }
        }
        if self.files.kind(paths::MANIFEST).is_some() {
            return true;
        }
        self.problem(
            paths::MANIFEST,
            match self.report.state {
                Some(BundleState::Recording) => {
                    "absent: the run is still recording and writes its manifest when it ends"
                }
                Some(_) if self.files.kind(paths::INCOMPLETE).is_some() => {
                    "absent: the run died before it ended; `augur recover` completes the bundle"
                }
                Some(_) => "absent: the bundle was never completed",
                None => "absent: the folder holds no bundle",
            },
        );
        false
    }

    /// A complete bundle has no mark of a run under way.
    fn mark(&mut self) {
        match self.report.state {
            Some(BundleState::Recording) => self.problem(paths::INCOMPLETE, "the run is still recording"),
            Some(BundleState::Died) => {
                self.problem(
                    paths::INCOMPLETE,
                    "the run died while its bundle was completed; `augur recover` completes it",
                );
            }
            _ => {}
        }
    }

    fn manifest(&mut self) -> Signatures {
        const FILE: &str = paths::MANIFEST;
        let mut outline = match self.files.outline(FILE, "signatures") {
            Ok(outline) => outline,
            Err(error) => {
                self.unreadable(FILE, &error);
                return Signatures::Unknown;
            }
        };
        let mut signatures = Signatures::None;
        let mut canonical = Canonical::new();
        let mut last = String::new();
        for part in &mut outline {
            let part = match part {
                Ok(part) => part,
                Err(error) => {
                    self.unreadable(FILE, &error);
                    self.manifest = Arc::default();
                    return Signatures::Unknown;
                }
            };
            canonical.part(&part);
            match part {
                Part::Member(name, value) => {
                    Arc::make_mut(&mut self.manifest).insert(name, value);
                }
                Part::Begin { list: true, .. } => {
                    self.problem(FILE, "manifest: must be of type object (at signatures)");
                }
                Part::Item(_) | Part::End => {}
                Part::Begin { .. } => signatures = Signatures::Sorted,
                Part::Entry(path, digest) => {
                    if !digest.as_str().is_some_and(is_digest) {
                        let place = visible(&path);
                        self.problem(
                            FILE,
                            format!("manifest: must be a SHA-256 in lower-case hex (at signatures/{place})"),
                        );
                    }
                    if path <= last && !last.is_empty() {
                        signatures = Signatures::Unsorted;
                    }
                    last = path;
                }
            }
        }
        let digest = outline.digest();
        self.layout(FILE, canonical.faults(digest));
        self.manifest_header();
        signatures
    }

    fn manifest_header(&mut self) {
        let manifest = Arc::clone(&self.manifest);
        self.schema(Schema::Manifest, &*manifest, paths::MANIFEST, "");
        self.report.run_id = manifest.get("run_id").and_then(Value::as_str).map(visible);
        if let Some(version) = manifest.get("schema_version").and_then(Value::as_str)
            && version != "0.1"
            && !version.starts_with("0.1.")
        {
            self.problem(paths::MANIFEST, "the schema version is not 0.1, the one that is known here");
        }
        let missing = manifest.get("missing").and_then(Value::as_array).unwrap_or_default();
        self.missing = Arc::new(missing.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }

    /// What the manifest says is missing must be.
    fn missing(&mut self) {
        for path in Arc::clone(&self.missing).iter() {
            if self.files.kind(path).is_some() {
                self.problem(paths::MANIFEST, format!("`missing` lists {}, which is there", visible(path)));
            }
        }
    }

    fn layout(&mut self, file: &str, faults: layout::Faults) {
        for fault in faults {
            self.problem(file, fault);
        }
    }

    fn signatures(&self) -> Option<Outline> {
        self.files.outline(paths::MANIFEST, "signatures").ok()
    }

    fn is_file(&self, path: &str) -> bool {
        self.files.kind(path) == Some(Kind::File)
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The index that a record gives, however the number is written: `3.0` is an index to the schema as well.
fn index_of(record: &Object) -> Option<u64> {
    let number = record.get("step_index")?.as_number()?;
    number.as_u64().or_else(|| {
        let value = number.as_f64();
        // Above 2^53 a float does not name one integer any more.
        (number.is_whole() && (0.0..9_007_199_254_740_992.0).contains(&value)).then_some(value as u64)
    })
}

/// A text of digits that says an index the way file names do: four digits, more only if they are needed.
fn index_in(name: &str) -> Option<u64> {
    let index: u64 = name.parse().ok()?;
    (format!("{index:04}") == name).then_some(index)
}

#[cfg(test)]
mod tests;
