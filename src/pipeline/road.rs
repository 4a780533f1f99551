//! One run on the worker's side: gate, redact, validate, and out to the bundle.

use super::{
    Durability,
    dial::Dial,
    exit::Beside,
    flight_recorder::Ring,
    ledger::Ledger,
    loss::{Loss, Losses},
    mend::Fit,
    sensitive::{self, Sensitive},
    steps::OpenStep,
};
use crate::{
    CaptureMode,
    bundle::{BundleWriter, paths},
    capture::Origin,
    record::{ModelLayer, Object, RunStatus, Timestamp, Value},
    redact::{Family, RedactionPolicy},
    schema::Schema,
    store::Mark,
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    io,
    sync::Arc,
};

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

/// What is known of a record when it comes to the road.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    Nothing,
    /// No name in it holds a secret.
    Named,
    /// And it fits its schema.
    Fitting,
}

/// The worker's side of a run.
#[derive(Debug)]
pub(crate) struct Road {
    pub(super) bundle: BundleWriter,
    pub(super) policy: RedactionPolicy,
    pub(super) losses: Arc<Losses>,
    pub(super) steps: BTreeMap<u64, OpenStep>,
    /// The highest index that a step was asked for or recorded at. Nothing is on disk for those above.
    pub(super) highest: Option<u64>,
    /// The same for model calls.
    pub(super) highest_called: Option<u64>,
    /// Lines that wait for the next flush, by file.
    pub(super) lines: BTreeMap<String, Vec<u8>>,
    /// What the calls of a session need to know of what they wrote.
    pub(super) ledger: Ledger,
    pub(super) sequences: HashMap<(Option<u64>, ModelLayer), u32>,
    pub(super) session_changed: bool,
    session_patch: Object,
    tags: Object,
    /// Nothing more comes: what does not fit its schema now never will.
    pub(super) closing: bool,
    over: bool,
    /// What is kept now; the flight recorder turns it up when something fails.
    pub(super) dial: Arc<Dial>,
    pub(super) ring: Option<Ring>,
    pub(super) fit: Fit,
    pub(super) sensitive: Sensitive,
    /// Another exit.
    pub(super) beside: Option<Beside>,
}

impl Road {
    /// A road to a bundle. The policy should count for this run alone: its counts are told in the run's tags.
    pub(crate) fn new(bundle: BundleWriter, policy: RedactionPolicy, losses: Arc<Losses>, dial: Arc<Dial>) -> Self {
        let tags = bundle.session().get("tags").and_then(Value::as_object).cloned().unwrap_or_default();
        Self {
            bundle,
            policy,
            losses,
            steps: BTreeMap::new(),
            highest: None,
            highest_called: None,
            lines: BTreeMap::new(),
            ledger: Ledger::default(),
            sequences: HashMap::new(),
            session_changed: false,
            session_patch: Object::new(),
            tags,
            closing: false,
            over: false,
            dial,
            ring: None,
            fit: Fit::default(),
            sensitive: Sensitive::default(),
            beside: None,
        }
    }

    /// Lets another thread write what this one makes.
    pub(crate) fn write_behind(&mut self) {
        self.bundle.write_behind();
    }

    /// Says what becomes of records that break their schema.
    pub(crate) fn with_fit(mut self, fit: Fit) -> Self {
        self.fit = fit;
        self
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Redacts a record. What names a thing is never rewritten, so a name that holds a secret is taken out first. Returns how
    /// much was taken out beside names.
    pub(super) fn redact(&self, family: Family, record: &mut Object) -> u64 {
        for path in family.identity().iter().filter(|path| !CLOSED.contains(path) && !OUR_OWN.contains(path)) {
            disarm(&self.policy, record, path);
        }
        self.policy.redact_family(family, record)
    }

    /// The path of a name in a record that holds a secret.
    pub(crate) fn tainted(policy: &RedactionPolicy, family: Family, record: &mut Object) -> Option<&'static str> {
        let closed: Vec<_> = CLOSED.iter().filter_map(|key| record.remove_entry(*key)).collect();
        let path = policy.tainted_identity(family, record);
        record.extend(closed);
        path
    }

    /// A text as it may be shown.
    pub(crate) fn safe<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.policy.scrub(text)
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

    pub(crate) fn tag(&mut self, key: &str, value: &str) {
        let mut value = Value::from(value);
        if self.policy.redact_attribute(key, &mut value) {
            self.tags.insert(self.policy.scrub_name(key).into_owned(), value);
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
        let whole = self.write();
        self.hand_over().is_none_or(|mark| mark.reached()) && whole
    }

    /// The same without waiting for another thread that writes: its mark tells when all is in place.
    pub(crate) fn begin_flush(&mut self) -> (bool, Option<Mark>) {
        (self.write(), self.hand_over())
    }

    fn hand_over(&self) -> Option<Mark> {
        let (mark, refused) = self.bundle.hand_over()?;
        (0..refused).for_each(|_| self.losses.count(Loss::Unwritten));
        Some(mark)
    }

    fn write(&mut self) -> bool {
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

    /// Puts everything in place, and waits until the medium holds it where that is promised.
    pub(crate) fn settle(&mut self) -> bool {
        let whole = self.flush();
        let synced = self.bundle.store().sync();
        self.kept(synced) && whole
    }

    /// What changes in the session record, without what does not fit its schema.
    fn fitting_session(&mut self) -> Object {
        if self.session_patch.is_empty() {
            return Object::new();
        }
        let mut session = self.bundle.session().clone();
        merge(&mut session, self.session_patch.clone());
        let (session, complaints) = self.fit.mend(Schema::Session, session);
        if !complaints.is_empty() && !self.closing {
            return session.unwrap_or_default();
        }
        self.session_patch.clear();
        for complaint in complaints {
            self.adapter_error(
                None,
                format!("what was said of the run did not fit its schema: {complaint}"),
                Object::new(),
            );
        }
        session.unwrap_or_default()
    }

    pub(super) fn kept(&self, written: io::Result<()>) -> bool {
        if written.is_err() {
            self.losses.count(Loss::Unwritten);
        }
        written.is_ok()
    }

    /// The run is over: everything is put in place and the bundle completed.
    pub(crate) fn finish(&mut self, status: RunStatus, durability: Durability, at: Timestamp) -> io::Result<()> {
        if matches!(status, RunStatus::Halted | RunStatus::Failed) {
            self.promote();
        }
        self.closing = true;
        self.steps.values_mut().for_each(OpenStep::end);
        self.session_changed |= !self.session_patch.is_empty();
        if self.bundle.was_removed() {
            self.losses.count(Loss::Unwritten);
            let summary = "the bundle's folder was deleted or moved during the run; only what came later is here";
            self.adapter_error(None, summary.to_owned(), Object::new());
        }
        for (loss, count) in self.losses.occurred() {
            self.tag(&format!("augur.lost.{}", loss.as_str()), &count.to_string());
        }
        if self.sensitive.count() > 0 {
            self.tag(sensitive::TAG, &self.sensitive.count().to_string());
        }
        for (rule, count) in self.policy.told_counts() {
            self.tags.insert(format!("augur.redacted.{rule}_count"), count.to_string().into());
            self.session_changed = true;
        }
        if durability != Durability::Process {
            self.tag("augur.durability", durability.as_str());
        }
        self.flush();
        // Complaints about steps become events, which the first flush had already written past.
        self.flush();
        self.bundle.finish(status, at)?;
        self.over = true;
        Ok(())
    }

    /// The run is over and nothing of it is kept.
    pub(crate) fn discard(&mut self) -> io::Result<()> {
        self.bundle.discard()?;
        self.over = true;
        Ok(())
    }

    /// The manifest of a run that is over.
    pub(crate) fn manifest(&self) -> io::Result<Value> {
        let bytes = self.bundle.store().read(paths::MANIFEST)?;
        crate::record::parse(&bytes).map_err(io::Error::other)
    }
}

pub(super) fn merge(into: &mut Object, from: Object) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(members)) => merge(known, members),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
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
