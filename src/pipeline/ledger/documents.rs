//! Documents: outcomes and evaluation tags, which are lines until the run ends; preferences, replay fixtures, reasoning,
//! logs, and members of the session record.

use super::{
    super::{flight_recorder::Evidence, loss::Loss, road::Road},
    Refused,
};
use crate::{
    CaptureMode,
    bundle::paths,
    capture::Artifact,
    record::{Object, Value},
    redact::Family,
    schema::{self, Schema},
};

/// Members of preferences and replay fixtures that name things.
const IDENTITY: &[&str] = &[
    "preference_id",
    "fixture_id",
    "step_id",
    "mode",
    "observation",
    "prior_steps",
    "comparator",
    "created_at",
    "alternatives.source_run_id",
    "captured_versions.prompt_hash",
    "captured_versions.tool_descriptions_hash",
    "captured_versions.env_fingerprint_ref",
    "captured_versions.code_git_sha",
];

impl Road {
    /// Records an outcome in place of the one for the same step or for the run. Returns it as it is kept.
    pub(crate) fn outcome(&mut self, mut record: Object, mode: CaptureMode) -> Result<Value, Refused> {
        if let (false, Some(Value::Object(verdict))) = (mode.passes(Artifact::VerdictReason), record.get_mut("verdict"))
        {
            verdict.remove("reason");
        }
        self.redact(Family::Outcome, &mut record);
        let record = self.fitting(Schema::Outcome, record, "the outcome")?;
        if mode.passes(Artifact::Outcome) {
            self.line(paths::OUTCOME_LINES.to_owned(), &record);
        }
        Ok(record)
    }

    /// The verdict and the costs of a step, as an outcome takes them over.
    pub(crate) fn step_result(&mut self, index: u64) -> Result<(Option<Value>, Option<Value>), Refused> {
        if !self.has_step(index) {
            return Err(Refused::no_step(index));
        }
        let open = self.steps.get(&index).map(|step| step.record.clone());
        let mut step = open.or_else(|| self.bundle.read_step(index)).unwrap_or_default();
        Ok((step.remove("verdict"), step.remove("costs")))
    }

    /// Tags a step for evaluation; the last tag of a step counts.
    pub(crate) fn eval_tag(&mut self, mut record: Object, mode: CaptureMode) -> Result<(), Refused> {
        if !mode.passes(Artifact::EvalTag) {
            return Ok(());
        }
        self.redact(Family::EvalCandidate, &mut record);
        let record = self.fitting(Schema::EvalCandidate, record, "the tag")?;
        self.line(paths::EVAL_CANDIDATE_LINES.to_owned(), &record);
        Ok(())
    }

    fn put_document(&mut self, path: &str, document: &Value) -> Result<(), Refused> {
        let written = self.bundle.write_record(path, document);
        if written.is_err() {
            self.losses.count(Loss::Unwritten);
        }
        Ok(written?)
    }

    fn fitting(&mut self, schema: Schema, record: Object, what: &'static str) -> Result<Value, Refused> {
        let (record, complaints) = self.fit.mend(schema, record);
        for complaint in complaints {
            self.adapter_error(None, format!("{what} did not fit its schema: {complaint}"), Object::new());
        }
        record.map(Value::Object).ok_or_else(|| {
            self.losses.count(Loss::Invalid);
            Refused::Unfit(what)
        })
    }

    /// Records which action is to be preferred at a step. Returns its path; `None` where the mode keeps none.
    pub(crate) fn preference(
        &mut self,
        index: u64,
        mut record: Object,
        mode: CaptureMode,
    ) -> Result<Option<String>, Refused> {
        if !mode.passes(Artifact::Preference) {
            return Ok(None);
        }
        if !mode.passes(Artifact::Event(crate::record::EventLayer::Dispatch)) {
            forget_backends(&mut record);
        }
        self.policy.redact_record(&mut record, IDENTITY);
        let record = self.fitting(Schema::Preference, record, "the preference")?;
        let id = record.get("preference_id").cloned();
        let mut path = paths::preference(index, 0);
        for number in 1_u32.. {
            match self.bundle.read_object(&path) {
                Some(known) if known.get("preference_id") != id.as_ref() => path = paths::preference(index, number),
                _ => break,
            }
        }
        self.put_document(&path, &record)?;
        Ok(Some(path))
    }

    /// Records what a replay of a step needs. Returns the path of the fixture; `None` where the mode keeps none.
    pub(crate) fn replay_fixture(
        &mut self,
        index: u64,
        mut fixture: Object,
        prior: Option<Vec<Value>>,
        mode: CaptureMode,
    ) -> Result<Option<String>, Refused> {
        if !mode.passes(Artifact::Replay) {
            return Ok(None);
        }
        if let Some(prior) = prior {
            let mut prior = Value::Array(prior);
            self.policy.redact(&mut prior);
            if !schema::is_valid(Schema::PriorSteps, &prior) {
                self.losses.count(Loss::Invalid);
                return Err(Refused::Unfit("the prior steps"));
            }
            let path = paths::prior_steps(index);
            self.put_document(&path, &prior)?;
            fixture.insert("prior_steps".to_owned(), path.into());
        }
        self.policy.redact_record(&mut fixture, IDENTITY);
        let fixture = self.fitting(Schema::ReplayFixture, fixture, "the fixture")?;
        let path = paths::replay_fixture(index);
        self.put_document(&path, &fixture)?;
        Ok(Some(path))
    }

    /// The first path of a name in a preference or a fixture that holds a secret.
    pub(crate) fn tainted_document(policy: &crate::redact::RedactionPolicy, record: &Object) -> Option<&'static str> {
        let tainted = |path: &&&str| match path.split_once('.') {
            None => record.get(**path).and_then(Value::as_str).is_some_and(|text| !policy.is_clean(text)),
            Some((outer, inner)) => {
                let one = record.get(outer).into_iter().flat_map(|value| match value {
                    Value::Array(items) => items.as_slice(),
                    other => std::slice::from_ref(other),
                });
                one.filter_map(|item| item.get(inner)?.as_str()).any(|text| !policy.is_clean(text))
            }
        };
        IDENTITY.iter().find(tainted).copied()
    }

    /// Records a piece of reasoning and returns it redacted, kept or not.
    pub(crate) fn reasoned(&mut self, mut record: Object, mode: CaptureMode) -> Result<Value, Refused> {
        self.redact(Family::Reasoning, &mut record);
        let record = self.fitting(Schema::Reasoning, record, "the reasoning")?;
        let mode = self.in_force(mode);
        let index = record.get("step_index").and_then(Value::as_u64);
        let keeps = self.goes_on(Artifact::ModelCall, mode) && !index.is_some_and(|index| self.sensitive.has(index));
        if keeps && mode.passes(Artifact::ModelCall) {
            self.line(paths::REASONING.to_owned(), &record);
        } else if let (true, Value::Object(record)) = (keeps, &record) {
            let bytes = record.values().map(Self::weight).sum();
            self.hold(index, Evidence::Reasoning(record.clone()), bytes);
        }
        Ok(record)
    }

    /// Adds text of the agent's own to the log of a step, or to the one of that name.
    pub(crate) fn log_text(&mut self, step_index: Option<u64>, name: &str, text: &str, mode: CaptureMode) {
        let mode = self.in_force(mode);
        if !self.goes_on(Artifact::Log, mode) || text.is_empty() {
            return;
        }
        let text = self.policy.scrub(text);
        if !mode.passes(Artifact::Log) {
            let text = text.trim_end_matches('\n').to_owned();
            let bytes = text.len();
            return self.hold(step_index, Evidence::Log(text), bytes);
        }
        let lines = self.lines.entry(paths::log(step_index, name)).or_default();
        lines.extend_from_slice(text.as_bytes());
        if !text.ends_with('\n') {
            lines.push(b'\n');
        }
    }

    /// Replaces a member of the session record, or removes it.
    pub(crate) fn replace_in_session(&mut self, key: &str, value: Option<Value>) -> Result<(), Refused> {
        let mut members: Object = value.map(|value| (key.to_owned(), value)).into_iter().collect();
        self.redact(Family::Session, &mut members);
        let mut session = self.bundle.session().clone();
        session.remove(key);
        session.append(&mut members);
        let Value::Object(session) = self.fitting(Schema::Session, session, "the session record")? else {
            return Ok(());
        };
        let written = self.bundle.update_session(|known| *known = session);
        if written.is_err() {
            // It is changed in memory and goes out with the next flush.
            self.session_changed = true;
        }
        Ok(written?)
    }
}

fn forget_backends(preference: &mut Object) {
    let forget = |action: Option<&mut Value>| {
        if let Some(Value::Object(action)) = action {
            action.remove("dispatch_backend");
        }
    };
    forget(preference.get_mut("preferred_action"));
    if let Some(Value::Array(alternatives)) = preference.get_mut("alternatives") {
        alternatives.iter_mut().filter_map(Value::as_object_mut).for_each(|one| forget(one.get_mut("action")));
    }
}
