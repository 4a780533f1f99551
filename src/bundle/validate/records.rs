//! Judges single files by the family that their place gives them.

use super::super::{paths, reader::Entry};
use super::{Judge, index_in, index_of, layout, steps::Seen};
use crate::{
    record::{Object, Value, parse},
    schema::{self, Schema},
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Files of lines up to this length are read as a whole, in bytes.
const AT_ONCE: u64 = 1024 * 1024;

/// What a file is, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// Judged elsewhere, or of no form of its own.
    Bytes,
    /// Not signed and not judged here.
    Mark,
    /// A step; in a folder if the index has several.
    Step { index: u64, short: Option<&'a str> },
    /// Below `steps/`, and no step.
    Stray,
    /// Lines of events or reasoning; the name of the file without its ending.
    Lines(&'a str),
    /// A document with one record.
    Record(Schema),
    /// A document with a list of records: under a key, or the document itself.
    List(Schema, Option<&'static str>),
    /// A screenshot.
    Picture,
    /// JSON that no schema describes.
    Json,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Self {
        let (folder, name) = path.split_once('/').unwrap_or(("", path));
        let direct = !name.contains('/');
        match folder {
            "" if [paths::MANIFEST, paths::INCOMPLETE, paths::OUTCOME_LINES, paths::EVAL_CANDIDATE_LINES]
                .contains(&name) =>
            {
                Self::Mark
            }
            "" if name == paths::TRACE => Self::Bytes,
            "" if name == "outcomes.json" => Self::List(Schema::Outcome, Some("outcomes")),
            "" if name == "eval_candidates.json" => Self::List(Schema::EvalCandidate, Some("candidates")),
            "schema" | "otel" => Self::Bytes,
            "steps" => Self::step(name).unwrap_or(Self::Stray),
            "events" if direct && name.ends_with(".jsonl") => Self::Lines(name.trim_end_matches(".jsonl")),
            "screenshots" if direct && name.ends_with(".png") => Self::Picture,
            _ if !name.ends_with(".json") => Self::Bytes,
            "side_effects" => Self::Record(Schema::SideEffect),
            "modelio" if direct => Self::Record(Schema::ModelCall),
            "replay" if direct && name.contains(".prior.") => Self::Record(Schema::PriorSteps),
            "replay" if direct => Self::Record(Schema::ReplayFixture),
            "preferences" if direct => Self::Record(Schema::Preference),
            "diagnostics" if name == "findings.json" => Self::List(Schema::Finding, None),
            _ => Self::Json,
        }
    }

    fn step(name: &'a str) -> Option<Self> {
        let stem = name.strip_suffix(".json")?;
        match stem.split_once('/') {
            None => Some(Self::Step { index: index_in(stem)?, short: None }),
            Some((folder, short)) if !short.contains('/') => {
                Some(Self::Step { index: index_in(folder)?, short: Some(short) })
            }
            Some(_) => None,
        }
    }

    /// Whether only recorders of our own write there, so that every byte is laid out by the format.
    fn is_ours(self) -> bool {
        match self {
            Self::Record(schema) => matches!(schema, Schema::SideEffect | Schema::ModelCall),
            Self::List(schema, _) => schema != Schema::Finding,
            Self::Step { .. } => true,
            _ => false,
        }
    }
}

impl Judge<'_> {
    /// Judges one file and gives the digest of its bytes.
    pub(super) fn file(&mut self, entry: &Entry, steps: &mut BTreeMap<u64, Seen>) -> Option<[u8; 32]> {
        let path = entry.path.as_str();
        let place = Place::of(path);
        match place {
            Place::Mark => return None,
            Place::Bytes => return self.bytes(path),
            Place::Picture => return self.picture(path),
            Place::Lines(stem) => return self.lines(entry, stem),
            Place::Stray => {
                self.problem(path, "is no step: steps are `steps/<NNNN>.json` or `steps/<NNNN>/<short id>.json`");
                return self.bytes(path);
            }
            _ => {}
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        let read = self.files.read_found(entry, u64::MAX, &mut bytes);
        let digest = read.is_ok().then(|| {
            self.length = Some(bytes.len() as u64);
            self.document(entry, place, &bytes, steps);
            Sha256::digest(&bytes).into()
        });
        if let Err(error) = read {
            self.unreadable(path, &error);
        }
        self.bytes = bytes;
        digest
    }

    fn document(&mut self, entry: &Entry, place: Place<'_>, bytes: &[u8], steps: &mut BTreeMap<u64, Seen>) {
        match parse(bytes) {
            Ok(value) => {
                let faults = if place.is_ours() {
                    layout::document(bytes, &value, &mut self.written)
                } else {
                    layout::foreign(bytes, &value)
                };
                self.layout(&entry.path, faults);
                self.value(entry, place, &value, steps);
            }
            Err(error) => {
                self.problem(&entry.path, format!("not valid JSON: {error}"));
                if let Place::Step { index, short } = place {
                    steps.entry(index).or_default().unreadable(short.is_some());
                }
            }
        }
    }

    fn value(&mut self, entry: &Entry, place: Place<'_>, value: &Value, steps: &mut BTreeMap<u64, Seen>) {
        let path = entry.path.as_str();
        match place {
            Place::Step { index, short } => {
                let seen = steps.entry(index).or_default();
                self.step(path, index, short, value, seen);
            }
            Place::Record(schema) => {
                self.schema(schema, value, path, "");
                if let Some(record) = value.as_object() {
                    self.name(entry, schema, record);
                }
            }
            Place::List(schema, key) => self.list(path, schema, key, value),
            _ => {}
        }
    }

    fn list(&mut self, path: &str, schema: Schema, key: Option<&str>, value: &Value) {
        let list = match key {
            Some(key) => value.as_object().filter(|members| members.len() == 1).and_then(|members| members.get(key)),
            None => Some(value),
        };
        let Some(records) = list.and_then(Value::as_array) else {
            let form =
                key.map_or("a list of records".to_owned(), |key| format!("an object with the list `{key}` alone"));
            return self.problem(path, format!("must be {form}"));
        };
        for (position, record) in records.iter().enumerate() {
            self.schema(schema, record, &format!("{path}[{position}]"), "");
        }
    }

    /// Names of files say what is in them, so that readers find records without opening all.
    fn name(&mut self, entry: &Entry, schema: Schema, record: &Object) {
        match schema {
            Schema::ModelCall => {
                let layer = record.get("layer").and_then(Value::as_str);
                if model_call_layer(entry.name()).is_none_or(|named| Some(named) != layer) {
                    self.problem(&entry.path, "name does not follow <NNNN|run>-<layer>-<seq>.json");
                }
            }
            Schema::SideEffect => {
                let id = record.get("side_effect_id").and_then(Value::as_str).unwrap_or_default();
                let expected = index_of(record).map(|index| format!("{index:04}-{id}.json"));
                if expected.as_deref() != Some(entry.name()) {
                    self.problem(&entry.path, "name does not follow <NNNN>-<side_effect_id>.json");
                }
            }
            _ => {}
        }
    }

    fn lines(&mut self, entry: &Entry, stem: &str) -> Option<[u8; 32]> {
        let mut bytes = std::mem::take(&mut self.bytes);
        let digest = match self.files.read_found(entry, AT_ONCE, &mut bytes) {
            Ok(true) => {
                self.length = Some(bytes.len() as u64);
                for (position, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
                    let whole = line.strip_suffix(b"\n");
                    self.line(&entry.path, stem, position, whole.unwrap_or(line), whole.is_some());
                }
                Some(Sha256::digest(&bytes).into())
            }
            Ok(false) => self.many_lines(&entry.path, stem),
            Err(error) => {
                self.unreadable(&entry.path, &error);
                None
            }
        };
        self.bytes = bytes;
        digest
    }

    /// The same for a file that is not held as a whole.
    fn many_lines(&mut self, path: &str, stem: &str) -> Option<[u8; 32]> {
        let mut lines = match self.files.lines(path) {
            Ok(lines) => lines,
            Err(error) => {
                self.unreadable(path, &error);
                return None;
            }
        };
        for (position, line) in lines.by_ref().enumerate() {
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    self.unreadable(path, &error);
                    return None;
                }
            };
            self.line(path, stem, position, &line.bytes, line.whole);
        }
        Some(lines.digest())
    }

    fn line(&mut self, path: &str, stem: &str, position: usize, bytes: &[u8], whole: bool) {
        let schema = if path == paths::REASONING { Schema::Reasoning } else { Schema::Event };
        let place = || format!("{path}:{}", position + 1);
        if !whole {
            self.problem(path, "last line has no newline");
        }
        match parse(bytes) {
            Ok(value) => {
                let faults = layout::line(bytes, &value, &mut self.written);
                if !faults.is_empty() {
                    self.layout(&place(), faults);
                }
                self.report.records += 1;
                if let Err(violations) = schema::validate(schema, &value) {
                    self.violations(schema, violations, &place(), "");
                }
                if let Some(stem) = value.as_object().and_then(|record| other_stem(schema, stem, record)) {
                    self.problem(&place(), format!("belongs in events/{stem}.jsonl"));
                }
            }
            Err(error) => self.problem(&place(), format!("not valid JSON: {error}")),
        }
    }
}

/// The name of the file that an event belongs in, without its ending, if that is another one.
fn other_stem(schema: Schema, stem: &str, event: &Object) -> Option<String> {
    if schema != Schema::Event {
        return None;
    }
    match event.get("step_index").filter(|index| !index.is_null()) {
        None => (stem != "run").then(|| "run".to_owned()),
        Some(_) => index_of(event).filter(|index| index_in(stem) != Some(*index)).map(|index| format!("{index:04}")),
    }
}

/// The layer in the name of a model call's file, if the name has the form.
fn model_call_layer(name: &str) -> Option<&str> {
    let mut parts = name.strip_suffix(".json")?.splitn(3, '-');
    let (step, layer, sequence) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = (step == "run" || (step.len() >= 4 && digits(step)))
        && digits(sequence)
        && !layer.is_empty()
        && layer.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    well_formed.then_some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_gives_a_file_its_family() {
        for (path, place) in [
            ("steps/0007.json", Place::Step { index: 7, short: None }),
            ("steps/12345.json", Place::Step { index: 12_345, short: None }),
            ("steps/0007/e51cc6cb.json", Place::Step { index: 7, short: Some("e51cc6cb") }),
            ("steps/7.json", Place::Stray),
            ("steps/00007.json", Place::Stray),
            ("steps/+007.json", Place::Stray),
            ("steps/0007/a/b.json", Place::Stray),
            ("steps/notes.txt", Place::Stray),
            ("events/run.jsonl", Place::Lines("run")),
            ("events/a/run.jsonl", Place::Bytes),
            ("replay/0003.prior.json", Place::Record(Schema::PriorSteps)),
            ("replay/0003_fixture.json", Place::Record(Schema::ReplayFixture)),
            ("side_effects/a/b.json", Place::Record(Schema::SideEffect)),
            ("schema/step_trace.schema.json", Place::Bytes),
            ("diagnostics/findings.json", Place::List(Schema::Finding, None)),
            ("diagnostics/more.json", Place::Json),
            ("crops/a.json", Place::Json),
            ("screenshots/0000_pre.png", Place::Picture),
            ("manifest.json", Place::Mark),
            ("a/manifest.json", Place::Json),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }

    #[test]
    fn a_model_calls_name_holds_its_layer() {
        for (name, layer) in [
            ("0001-model-0.json", Some("model")),
            ("run-step_recovery-12.json", Some("step_recovery")),
            ("1-model-0.json", None),
            ("0001-model.json", None),
            ("0001-model-x.json", None),
            ("0001-Model-0.json", None),
            ("walk-model-0.json", None),
        ] {
            assert_eq!(model_call_layer(name), layer, "{name}");
        }
    }
}
