//! Replay fixtures: what playing a failed step again needs, with the steps that led to it.

use super::{Moment, paths};
use crate::{
    CaptureMode,
    capture::Artifact,
    record::{Object, Value, write_pretty},
    schema::{self, Schema, View},
    store::LocalStore,
};
use std::{
    collections::{BTreeSet, VecDeque},
    io,
};

/// How many steps before a failed one go with its fixture.
const PRIOR_STEPS: usize = 32;

/// Writes the fixtures of a run while its steps go by, in the order of their indexes.
pub(super) struct Fixtures {
    run_id: String,
    /// The mode of the session; a step may say another.
    mode: CaptureMode,
    task: Option<Value>,
    prior: VecDeque<Value>,
}

impl Fixtures {
    pub(super) fn of(session: &Object) -> Self {
        let text = |key: &str| session.get(key).and_then(Value::as_str);
        Self {
            run_id: text("run_id").unwrap_or_default().to_owned(),
            mode: text("capture_mode").and_then(|word| word.parse().ok()).unwrap_or_default(),
            task: session.get("task_spec").and_then(|task| task.get("instruction")).cloned(),
            prior: VecDeque::new(),
        }
    }

    /// The mode that a step was captured at, and the highest that counts for it.
    fn modes(&self, step: &Object) -> (CaptureMode, CaptureMode) {
        let stated = step.get("capture_mode").and_then(Value::as_str).and_then(|word| word.parse().ok());
        let mode: CaptureMode = stated.unwrap_or(self.mode);
        (mode, mode.max(self.mode))
    }

    /// Writes the fixture of a step that failed, unless it has one; a picture that it needs and that is not there is noted.
    pub(super) fn fail(
        &self,
        store: &LocalStore,
        index: u64,
        step: &Object,
        missing: &mut BTreeSet<String>,
    ) -> io::Result<()> {
        let failed = step.get("status").and_then(Value::as_str) == Some("failed");
        if failed && self.modes(step).0.passes(Artifact::Replay) && !store.exists(&paths::replay_fixture(index)) {
            self.write(store, index, step, missing)?;
        }
        Ok(())
    }

    /// Keeps what later steps are told of this one.
    pub(super) fn pass(&mut self, index: u64, step: Object) {
        if !self.modes(&step).1.passes(Artifact::Replay) {
            return;
        }
        if self.prior.len() >= PRIOR_STEPS {
            self.prior.pop_front();
        }
        self.prior.push_back(prior_step(index, step));
    }

    fn write(&self, store: &LocalStore, index: u64, step: &Object, missing: &mut BTreeSet<String>) -> io::Result<()> {
        let prior = Value::Array(self.prior.iter().cloned().collect());
        let has_prior = put(store, &paths::prior_steps(index), Schema::PriorSteps, &prior)?;
        let named = step.get("observation_pre").and_then(Value::as_str);
        let observation = named.map_or_else(|| paths::screenshot(index, Moment::Before), str::to_owned);
        let mut fixture = Object::from([
            ("fixture_id".to_owned(), Value::from(format!("{}/fixture/{index:04}", self.run_id))),
            ("step_id".to_owned(), step.get("step_id").cloned().unwrap_or_default()),
            ("mode".to_owned(), "observation_replay".into()),
            ("observation".to_owned(), observation.as_str().into()),
            ("prior_steps".to_owned(), if has_prior { paths::prior_steps(index).into() } else { Value::Null }),
        ]);
        if let Some(action) = step.get("action").filter(|action| action.get("type").is_some()) {
            let expected = Object::from([("captured_action".to_owned(), action.clone())]);
            fixture.insert("expected".to_owned(), expected.into());
        }
        for (key, value) in [("task", self.task.as_ref()), ("captured_versions", step.get("captured_versions"))] {
            fixture.extend(value.map(|value| (key.to_owned(), value.clone())));
        }
        let written = put(store, &paths::replay_fixture(index), Schema::ReplayFixture, &fixture.into())?;
        if written && observation.starts_with("screenshots/") && !store.exists(&observation) {
            missing.insert(observation);
        }
        Ok(())
    }
}

/// What a later step is told of this one. Readers rely on an action and a verdict, so a step without them gets the plainest.
fn prior_step(index: u64, mut step: Object) -> Value {
    let action = step.remove("action").filter(|action| action.get("type").is_some());
    let verdict = step.remove("verdict").filter(|verdict| verdict.get("status").is_some());
    let intent = step.remove("intent");
    let mut plain = || Object::from([("type".to_owned(), step.remove("step_type").unwrap_or_else(|| "noop".into()))]);
    let unknown = || Object::from([("status".to_owned(), "unknown".into())]);
    let mut prior = Object::from([
        ("step_index".to_owned(), Value::from(index)),
        ("action".to_owned(), action.unwrap_or_else(|| plain().into())),
        ("verdict".to_owned(), verdict.unwrap_or_else(|| unknown().into())),
    ]);
    prior.extend(intent.map(|intent| ("intent".to_owned(), intent)));
    prior.into()
}

fn put(store: &LocalStore, path: &str, schema: Schema, document: &Value) -> io::Result<bool> {
    if !schema::is_valid(schema, View::from(document)) {
        return Ok(false);
    }
    let mut bytes = Vec::new();
    write_pretty(document, 0, &mut bytes);
    bytes.push(b'\n');
    store.write(path, &bytes).map(|()| true)
}
