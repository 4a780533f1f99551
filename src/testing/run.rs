//! A recorded run, and what can be asked of it.

use super::{
    RecordedStep,
    outline::{Outline, at},
    same,
    step::has,
};
use crate::{
    bundle::{Bundle, BundleState, ReadError, validate},
    record::{Object, RunStatus, Value, to_value},
};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// One run, as its bundle has it.
#[derive(Debug)]
pub struct RecordedRun {
    folder: PathBuf,
    id: String,
    record: Value,
    steps: Vec<RecordedStep>,
    events: Vec<Value>,
    model_calls: Vec<Value>,
    side_effects: Vec<Value>,
}

impl RecordedRun {
    #[track_caller]
    pub(super) fn read(folder: &Path) -> Self {
        Self::try_read(folder)
            .unwrap_or_else(|error| panic!("the bundle in {} cannot be read: {error}", folder.display()))
    }

    #[track_caller]
    fn try_read(folder: &Path) -> Result<Self, ReadError> {
        let bundle = Bundle::open(folder)?;
        let session = bundle.session()?.unwrap_or_default();
        let id = session.get("run_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        assert!(
            bundle.state() == BundleState::Complete,
            "the run {id:?} is not over; close its session before the end of the recording"
        );
        let mut steps = Vec::new();
        for step in bundle.steps()? {
            let step = step?;
            let mut recorded = RecordedStep::new(folder.to_owned(), step.index, step.step);
            recorded.events = objects(bundle.events(Some(step.index))?)?;
            steps.push(recorded);
        }
        let mut model_calls = Vec::new();
        for call in bundle.model_calls()? {
            let (_, call) = call?;
            let index = call.get("step_index").and_then(Value::as_u64);
            let call = Value::from(call);
            if let Some(step) = steps.iter_mut().find(|step| Some(step.index) == index) {
                step.model_calls.push(call.clone());
            }
            model_calls.push(call);
        }
        let side_effects =
            bundle.side_effects()?.map(|effect| Ok(effect?.1.into())).collect::<Result<_, ReadError>>()?;
        let events = objects(bundle.events(None)?)?;
        Ok(Self { folder: folder.to_owned(), id, record: session.into(), steps, events, model_calls, side_effects })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The bundle's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The record of the run.
    pub fn record(&self) -> &Value {
        &self.record
    }

    /// The member of the run's record at a dotted path, such as `costs.total_usd`.
    pub fn member(&self, path: &str) -> Option<&Value> {
        at(&self.record, path)
    }

    /// A tag of the run.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.record.get("tags")?.get(name)?.as_str()
    }

    /// Its steps, in order.
    pub fn steps(&self) -> &[RecordedStep] {
        &self.steps
    }

    /// The step of an index.
    ///
    /// # Panics
    /// If there is no such step.
    #[track_caller]
    pub fn step(&self, index: u64) -> &RecordedStep {
        self.steps
            .iter()
            .find(|step| step.index == index)
            .unwrap_or_else(|| panic!("there is no step {index}\n{}", Outline(self)))
    }

    /// The decision events that belong to no step, in order.
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// All model calls, in the order of their files.
    pub fn model_calls(&self) -> &[Value] {
        &self.model_calls
    }

    /// All side effects, in the order of their files.
    pub fn side_effects(&self) -> &[Value] {
        &self.side_effects
    }

    /// The paths of all files of the bundle, sorted.
    pub fn files(&self) -> Vec<String> {
        same::files(&self.folder).into_iter().collect()
    }

    /// A file of the bundle.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.join(path)).ok()
    }

    /// That it ended like this.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn assert_status(&self, status: RunStatus) -> &Self {
        let found = self.record.get("status").and_then(Value::as_str).unwrap_or("nothing");
        assert!(found == status.as_str(), "the run's status is {found}, not {}\n{}", status.as_str(), Outline(self));
        self
    }

    /// That it has steps of these types, in this order, and no others.
    ///
    /// # Panics
    /// If it has not.
    #[track_caller]
    pub fn assert_step_types(&self, types: &[&str]) -> &Self {
        let found: Vec<_> = self
            .steps
            .iter()
            .map(|step| step.member("step_type").and_then(Value::as_str).unwrap_or_default())
            .collect();
        assert!(found == types, "the steps are of types {found:?}, not {types:?}\n{}", Outline(self));
        self
    }

    /// That the member at a dotted path of the run's record is this.
    ///
    /// # Panics
    /// If it is something else or not there, or if the expected value has no form in JSON.
    #[track_caller]
    pub fn assert_member(&self, path: &str, expected: impl Serialize) -> &Self {
        let expected =
            to_value(&expected).unwrap_or_else(|error| panic!("what {path} should be has no form in JSON: {error}"));
        match self.member(path) {
            Some(found) if *found == expected => self,
            Some(found) => panic!("{path} of the run is {found}, not {expected}\n{}", Outline(self)),
            None => panic!("the run has no {path}; it should be {expected}\n{}", Outline(self)),
        }
    }

    /// That one of its decision events, of a step or of none, has this in its summary.
    ///
    /// # Panics
    /// If none has.
    #[track_caller]
    pub fn assert_event(&self, summary: &str) -> &Self {
        let mut all = self.events.iter().chain(self.steps.iter().flat_map(|step| &step.events));
        assert!(all.any(|event| has(event, summary)), "no event says {summary:?}\n{}", Outline(self));
        self
    }

    /// That its bundle keeps the rules of the format.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn assert_valid(&self) -> &Self {
        let report = validate(&self.folder);
        let problems: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "the bundle is not valid:\n  {}\n{}", problems.join("\n  "), Outline(self));
        self
    }

    /// That nowhere in its bundle, in no file and no name, stands this text.
    ///
    /// # Panics
    /// If it does.
    #[track_caller]
    pub fn assert_nowhere(&self, text: &str) -> &Self {
        for path in self.files() {
            let bytes = self.file(&path).unwrap_or_default();
            let found = !text.is_empty() && bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found && !path.contains(text), "{path} holds what should be nowhere");
        }
        self
    }
}

fn objects(records: impl Iterator<Item = Result<Object, ReadError>>) -> Result<Vec<Value>, ReadError> {
    records.map(|record| record.map(Value::from)).collect()
}
