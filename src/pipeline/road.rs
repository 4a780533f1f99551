//! One run on the worker's side: gate, redact, validate, and out to the bundle.

use super::{
    Durability,
    dial::Dial,
    loss::{Loss, Losses},
    mend::mend,
};
use crate::{
    CaptureMode,
    bundle::{BundleWriter, Moment, paths},
    capture::{Artifact, Origin, gate_step},
    record::{EventKind, EventLayer, ModelLayer, Object, RunStatus, Timestamp, Value, step_id, write_line},
    redact::{Family, RedactionPolicy},
    schema::{self, Schema},
};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
};

/// How many steps may be open at once before the oldest is written and let go; it is read again if more comes for it.
const OPEN_STEPS: usize = 256;

/// How much that the disk refused is held for when there is room again, in bytes.
const HELD_LINES: usize = 4 * 1024 * 1024;

/// What stands where a name held a secret.
const NAMELESS: &str = "redacted";

/// Members for which a schema knows every word, and times: no secret fits there, whatever a policy of the user's makes of
/// digits.
const CLOSED: &[&str] = &["ts", "started_at", "ended_at", "status", "layer", "kind"];

/// Members of a step that only the recorder writes where steps come in by spans.
const OUR_OWN: &[&str] = &["observation_pre", "observation_post"];

/// Members of a step, as they became known.
#[derive(Debug)]
pub(crate) struct Patch {
    pub(crate) index: u64,
    pub(crate) members: Object,
    /// The mode in force when they became known.
    pub(crate) mode: CaptureMode,
    pub(crate) origin: Origin,
}

#[derive(Debug, Default)]
struct OpenStep {
    record: Object,
    changed: bool,
    ended: bool,
}

/// The worker's side of a run.
#[derive(Debug)]
pub(crate) struct Road {
    bundle: BundleWriter,
    policy: RedactionPolicy,
    losses: Arc<Losses>,
    steps: BTreeMap<u64, OpenStep>,
    /// Lines that wait for the next flush, by file.
    lines: BTreeMap<String, Vec<u8>>,
    sequences: HashMap<(Option<u64>, ModelLayer), u32>,
    session_changed: bool,
    session_patch: Object,
    tags: Object,
    over: bool,
    /// What is kept now; the flight recorder turns it up when something fails.
    dial: Arc<Dial>,
}

impl Road {
    pub(crate) fn new(bundle: BundleWriter, policy: RedactionPolicy, losses: Arc<Losses>, dial: Arc<Dial>) -> Self {
        let tags = bundle.session().get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
        Self {
            bundle,
            policy,
            losses,
            steps: BTreeMap::new(),
            lines: BTreeMap::new(),
            sequences: HashMap::new(),
            session_changed: false,
            session_patch: Object::new(),
            tags,
            over: false,
            dial,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Adds to a step. Objects merge member by member; anything else replaces what was there.
    pub(crate) fn step(&mut self, patch: Patch) {
        let Patch { index, mut members, mode, origin } = patch;
        if !mode.passes(Artifact::Step) {
            return;
        }
        gate_step(&mut members, mode, origin);
        self.redact(Family::Step, &mut members);
        if members.is_empty() {
            return;
        }
        let step = self.open(index);
        merge(&mut step.record, members);
        step.changed = true;
    }

    /// Redacts a record. What names a thing is never rewritten, so a name that holds a secret is taken out first.
    fn redact(&self, family: Family, record: &mut Object) {
        for path in family.identity().iter().filter(|path| !CLOSED.contains(path) && !OUR_OWN.contains(path)) {
            disarm(&self.policy, record, path);
        }
        self.policy.redact_family(family, record);
    }

    /// The path of a name in a record that holds a secret.
    pub(crate) fn tainted(policy: &RedactionPolicy, family: Family, record: &mut Object) -> Option<&'static str> {
        let closed: Vec<_> = CLOSED.iter().filter_map(|key| record.remove_entry(*key)).collect();
        let path = policy.tainted_identity(family, record);
        record.extend(closed);
        path
    }

    /// What a value weighs in the queue, in bytes.
    pub(crate) fn weight(value: &Value) -> usize {
        match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(|item| 32 + Self::weight(item)).sum(),
            Value::Object(members) => members.iter().map(|(key, item)| key.len() + 64 + Self::weight(item)).sum(),
            _ => 0,
        }
    }

    /// A member of a step as it stands.
    pub(crate) fn step_member(&mut self, index: u64, key: &str) -> Option<Value> {
        self.open(index).record.get(key).cloned()
    }

    fn open(&mut self, index: u64) -> &mut OpenStep {
        if !self.steps.contains_key(&index) {
            if self.steps.len() >= OPEN_STEPS {
                self.write_steps();
                self.steps.pop_first();
            }
            let record = known_step(&self.bundle, index);
            self.steps.insert(index, OpenStep { record, ..OpenStep::default() });
        }
        self.steps.entry(index).or_default()
    }

    /// Nothing more is expected for a step. What comes late all the same is added to its file.
    pub(crate) fn end_step(&mut self, index: u64) {
        if let Some(step) = self.steps.get_mut(&index) {
            step.ended = true;
        }
        self.sequences.retain(|(step, _), _| *step != Some(index));
    }

    /// Records a whole step under an id of the caller's. A new id at a used index becomes an iteration.
    pub(crate) fn record_step(&mut self, index: u64, mut record: Object, mode: CaptureMode) -> io::Result<()> {
        if !mode.passes(Artifact::Step) {
            return Ok(());
        }
        gate_step(&mut record, mode, Origin::Stated);
        self.policy.redact_family(Family::Step, &mut record);
        if self.steps.get(&index).is_some_and(|step| step.changed) {
            // Where nobody waits for the disk, the step before this one may not be there yet.
            self.write_steps();
        }
        let known = self.bundle.read_step(index);
        match known {
            Some(mut canonical) if canonical.get("step_id") != record.get("step_id") => {
                self.steps.remove(&index);
                self.bundle.write_iteration(index, &mut canonical, &record)
            }
            known => {
                // What was attached to the step since stays: scores, costs and judgements are not the caller's to lose.
                let mut whole = known.unwrap_or_default();
                whole.extend(record);
                self.steps.insert(index, OpenStep { record: whole, changed: true, ended: true });
                Ok(())
            }
        }
    }

    /// Keeps a picture and, where the step is ours to write, names it there.
    pub(crate) fn screenshot(&mut self, index: u64, moment: Moment, png: &[u8], mode: CaptureMode, name_it: bool) {
        if !mode.passes(Artifact::Image) {
            return;
        }
        let written = self.bundle.write_screenshot(index, moment, png);
        if self.kept(written) && name_it {
            let key = format!("observation_{}", moment.as_str());
            let members = Object::from([(key, paths::screenshot(index, moment).into())]);
            self.step(Patch { index, members, mode, origin: Origin::Stated });
        }
    }

    /// Records a decision event. `ts`, `layer`, `kind` and `summary` are the caller's to give.
    pub(crate) fn event(&mut self, mut event: Object, layer: EventLayer, mode: CaptureMode) {
        if !mode.passes(Artifact::Event(layer)) {
            return;
        }
        if let Some(detail) = event.get_mut("detail").and_then(Value::as_object_mut) {
            // Fields of an event have dotted names, and the last part of such a name can be that of a secret.
            detail.retain(|name, value| !name.contains('.') || self.policy.redact_attribute(name, value));
        }
        self.policy.redact_family(Family::Event, &mut event);
        let step_index = event.get("step_index").and_then(Value::as_u64);
        let event = Value::Object(event);
        if !schema::is_valid(Schema::Event, &event) {
            self.losses.count(Loss::Invalid);
            return;
        }
        self.line(paths::events(step_index), &event);
    }

    /// Says in the run's own events that something of the caller's could not be used as it came.
    pub(crate) fn adapter_error(&mut self, step_index: Option<u64>, summary: String, detail: Object) {
        self.adapter_event(EventKind::Error, step_index, summary, detail);
    }

    /// Keeps in the run's own events what no record has a place for.
    pub(crate) fn adapter_note(&mut self, step_index: Option<u64>, summary: String, detail: Object) {
        self.adapter_event(EventKind::Info, step_index, summary, detail);
    }

    fn adapter_event(&mut self, kind: EventKind, step_index: Option<u64>, summary: String, detail: Object) {
        let mut event = Object::from([
            ("ts".to_owned(), Timestamp::now().to_string().into()),
            ("layer".to_owned(), EventLayer::Adapter.into()),
            ("kind".to_owned(), kind.into()),
            ("summary".to_owned(), summary.into()),
        ]);
        if let Some(index) = step_index {
            event.insert("step_index".into(), index.into());
        }
        if !detail.is_empty() {
            event.insert("detail".into(), detail.into());
        }
        let mode = self.dial.kept();
        self.event(event, EventLayer::Adapter, mode);
    }

    /// Records a model call and returns its path in the bundle; `None` where the mode keeps none.
    pub(crate) fn model_call(
        &mut self,
        step_index: Option<u64>,
        layer: ModelLayer,
        mut record: Object,
        mode: CaptureMode,
    ) -> Option<String> {
        if !mode.passes(Artifact::ModelCall) {
            return None;
        }
        self.redact(Family::ModelCall, &mut record);
        record.insert("redaction_applied".into(), true.into());
        let (record, complaints) = mend(Schema::ModelCall, record);
        for complaint in complaints {
            self.adapter_error(step_index, format!("a model call did not fit its schema: {complaint}"), Object::new());
        }
        let Some(record) = record else {
            self.losses.count(Loss::Invalid);
            return None;
        };
        let bundle = &self.bundle;
        let next = self.sequences.entry((step_index, layer)).or_insert_with(|| bundle.next_sequence(step_index, layer));
        let path = paths::model_call(step_index, layer, *next);
        *next = next.saturating_add(1);
        let written = self.bundle.write_record(&path, &record.into());
        self.kept(written).then_some(path)
    }

    /// Records a piece of reasoning.
    pub(crate) fn reasoning(&mut self, mut record: Object, mode: CaptureMode) {
        if !mode.passes(Artifact::ModelCall) {
            return;
        }
        self.policy.redact_family(Family::Reasoning, &mut record);
        let record = Value::Object(record);
        if schema::is_valid(Schema::Reasoning, &record) {
            self.line(paths::REASONING.to_owned(), &record);
        } else {
            self.losses.count(Loss::Invalid);
        }
    }

    /// Adds a line to the log of the run or of a step: text, then fields, each by its own name.
    pub(crate) fn log(
        &mut self,
        step_index: Option<u64>,
        head: &str,
        text: &str,
        fields: impl Iterator<Item = (String, Value)>,
        mode: CaptureMode,
    ) {
        if !mode.passes(Artifact::Log) {
            return;
        }
        let mut line = format!("{head}{}", self.policy.scrub(text));
        for (name, mut value) in fields {
            if self.policy.redact_attribute(&name, &mut value) {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                line.push_str(&format!(" {name}={text}"));
            }
        }
        // A line is a line: what was logged must not be able to forge another.
        let line = line.replace(['\n', '\r'], " ");
        let lines = self.lines.entry(paths::log(step_index, "run")).or_default();
        lines.extend_from_slice(line.as_bytes());
        lines.push(b'\n');
    }

    /// Notes which span of OpenTelemetry a run, a step or a model call was.
    pub(crate) fn link(&mut self, link: Object) {
        self.line(paths::LINKS.to_owned(), &link.into());
    }

    fn line(&mut self, path: String, record: &Value) {
        let lines = self.lines.entry(path).or_default();
        write_line(record, lines);
        lines.push(b'\n');
    }

    pub(crate) fn tag(&mut self, key: &str, value: &str) {
        let mut value = Value::from(value);
        if self.policy.redact_attribute(key, &mut value) {
            self.tags.insert(key.to_owned(), value);
            self.session_changed = true;
        }
    }

    /// Sets members of the session record.
    pub(crate) fn session(&mut self, mut members: Object) {
        self.redact(Family::Session, &mut members);
        merge(&mut self.session_patch, members);
        self.session_changed = true;
    }

    /// Puts everything in place that has come so far. `false` if something could not be written; it is tried again at the
    /// next flush.
    pub(crate) fn flush(&mut self) -> bool {
        let (mut whole, mut held) = (true, 0);
        for (path, lines) in std::mem::take(&mut self.lines) {
            let written = self.bundle.append(&path, &lines);
            if !self.kept(written) {
                whole = false;
                held += lines.len();
                if held <= HELD_LINES {
                    self.lines.insert(path, lines);
                }
            }
        }
        whole &= self.write_steps();
        if self.session_changed {
            let (tags, patch) = (self.tags.clone(), self.fitting_session());
            let written = self.bundle.update_session(|session| {
                session.extend(patch);
                if !tags.is_empty() {
                    session.insert("tags".into(), tags.into());
                }
            });
            self.session_changed = !self.kept(written);
            whole &= !self.session_changed;
        }
        whole
    }

    /// What changes in the session record, without what does not fit its schema.
    fn fitting_session(&mut self) -> Object {
        if self.session_patch.is_empty() {
            return Object::new();
        }
        let mut session = self.bundle.session().clone();
        merge(&mut session, std::mem::take(&mut self.session_patch));
        let (session, complaints) = mend(Schema::Session, session);
        for complaint in complaints {
            self.adapter_error(
                None,
                format!("what was said of the run did not fit its schema: {complaint}"),
                Object::new(),
            );
        }
        session.unwrap_or_default()
    }

    fn write_steps(&mut self) -> bool {
        let mut whole = true;
        let mut complaints = Vec::new();
        for (index, step) in &mut self.steps {
            if !step.changed {
                continue;
            }
            let (record, faults) = mend(Schema::Step, std::mem::take(&mut step.record));
            complaints.extend(faults.into_iter().map(|fault| (*index, fault)));
            let Some(record) = record else {
                self.losses.count(Loss::Invalid);
                step.record = known_step(&self.bundle, *index);
                step.changed = false;
                continue;
            };
            step.record = record;
            match self.bundle.write_step(*index, &step.record) {
                Ok(()) => step.changed = false,
                Err(_) => {
                    self.losses.count(Loss::Unwritten);
                    whole = false;
                }
            }
        }
        self.steps.retain(|_, step| step.changed || !step.ended);
        for (index, complaint) in complaints {
            self.adapter_error(Some(index), format!("a step did not fit its schema: {complaint}"), Object::new());
        }
        whole
    }

    fn kept(&self, written: io::Result<()>) -> bool {
        if written.is_err() {
            self.losses.count(Loss::Unwritten);
        }
        written.is_ok()
    }

    /// The run is over: everything is put in place and the bundle completed.
    pub(crate) fn finish(&mut self, status: RunStatus, durability: Durability, at: Timestamp) -> io::Result<()> {
        if self.bundle.was_removed() {
            self.losses.count(Loss::Unwritten);
            let summary = "the bundle's folder was deleted or moved during the run; only what came later is here";
            self.adapter_error(None, summary.to_owned(), Object::new());
        }
        for (loss, count) in self.losses.occurred() {
            self.tag(&format!("augur.lost.{}", loss.as_str()), &count.to_string());
        }
        if durability == Durability::Lazy {
            self.tag("augur.durability", durability.as_str());
        }
        self.flush();
        // Complaints about steps become events, which the first flush had already written past.
        self.flush();
        self.bundle.finish(status, at)?;
        self.over = true;
        Ok(())
    }

    /// The manifest of a run that is over.
    pub(crate) fn manifest(&self) -> io::Result<Value> {
        let bytes = self.bundle.store().read(paths::MANIFEST)?;
        crate::record::parse(&bytes).map_err(io::Error::other)
    }
}

fn merge(into: &mut Object, from: Object) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(members)) => merge(known, members),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// The step at an index as it is on disk; one that has but its names if there is none.
fn known_step(bundle: &BundleWriter, index: u64) -> Object {
    bundle.read_step(index).unwrap_or_else(|| {
        let run_id = bundle.session().get("run_id").and_then(Value::as_str).unwrap_or_default();
        Object::from([("step_id".to_owned(), step_id(run_id, index).into()), ("step_index".to_owned(), index.into())])
    })
}

/// Takes the names that hold a secret out of a record.
fn disarm(policy: &RedactionPolicy, members: &mut Object, path: &str) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (members.get_mut(first), rest) {
        (Some(Value::Object(inner)), Some(rest)) => disarm(policy, inner, rest),
        (Some(Value::Array(items)), Some(rest)) => {
            items.iter_mut().filter_map(Value::as_object_mut).for_each(|inner| disarm(policy, inner, rest));
        }
        (Some(Value::Array(names)), None) => {
            names.retain(|name| name.as_str().is_none_or(|name| policy.is_clean(name)));
        }
        (Some(Value::String(name)), None) if !policy.is_clean(name) => *name = NAMELESS.to_owned(),
        _ => {}
    }
}
