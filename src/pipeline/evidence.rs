//! Evidence on the road: pictures, events, model calls, reasoning and log lines; and what the flight recorder holds of them.

use super::{
    Loss,
    exit::Passed,
    flight_recorder::{Evidence, FlightRecorder, Held, Ring},
    ledger::bring_back,
    road::{Known, Patch, Road},
};
use crate::{
    CaptureMode,
    bundle::{Moment, paths},
    capture::{Artifact, Origin, gate_step},
    record::{EventKind, EventLayer, ModelLayer, Object, Timestamp, Value, write_line},
    redact::{Family, PixelRect, RegionError},
    schema::Schema,
};

/// Members of a link that name things or times.
const LINK: &[&str] = &["kind", "trace_id", "span_id", "started_at", "ended_at", "step_index", "model_call"];

/// A picture as it came, and the regions of it that nobody may see.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) moment: Moment,
    pub(crate) png: Vec<u8>,
    pub(crate) regions: Vec<PixelRect>,
}

impl Road {
    /// Holds what the mode keeps back, for the case that a step fails.
    pub(crate) fn with_flight_recorder(mut self, options: Option<FlightRecorder>) -> Self {
        self.ring = options.map(Ring::new);
        self
    }

    /// The mode that counts for what was captured at `mode`: a failure may have turned it up meanwhile.
    pub(super) fn in_force(&self, mode: CaptureMode) -> CaptureMode {
        // What came while the run was off stays away.
        if mode == CaptureMode::Off { mode } else { mode.max(self.dial.raised()) }
    }

    /// Whether a piece of evidence goes on: at its mode, or as far as the flight recorder.
    pub(super) fn goes_on(&self, artifact: Artifact, mode: CaptureMode) -> bool {
        let held = || self.ring.as_ref().is_some_and(|ring| ring.options.holds().passes(artifact));
        // Of a run that is off nothing is held.
        mode.passes(artifact) || mode > CaptureMode::Off && held()
    }

    pub(super) fn hold(&mut self, index: Option<u64>, evidence: Evidence, bytes: usize) {
        if let (Some(ring), Some(index)) = (&mut self.ring, index) {
            ring.hold(index, evidence, bytes + 64);
        }
    }

    pub(super) fn hold_members(&mut self, index: u64, members: &Object, mode: CaptureMode, origin: Origin) {
        let Some(holds) = self.ring.as_ref().map(|ring| ring.options.holds()).filter(|holds| *holds > mode) else {
            return;
        };
        let mut members = members.clone();
        gate_step(&mut members, holds, origin);
        self.redact(Family::Step, &mut members);
        let bytes = members.iter().map(|(key, value)| key.len() + Self::weight(value)).sum();
        self.hold(Some(index), Evidence::Members(members), bytes);
    }

    /// A step is over: a failed one brings back what was held, and the mode falls back once enough steps went by.
    pub(super) fn after_step(&mut self, index: u64, failed: bool) {
        let Some(ring) = &mut self.ring else { return };
        if failed {
            ring.raised_until = Some(index.saturating_add(ring.options.after));
            self.dial.raise(ring.options.mode);
            self.promote();
        } else if ring.raised_until.is_some_and(|until| index >= until) {
            ring.raised_until = None;
            self.dial.settle();
        }
    }

    /// What the gate takes out of `whole` on the way to `passed`, as far as the flight recorder goes; redacted.
    pub(super) fn held_back(&self, whole: Option<Object>, passed: &Object) -> Option<Object> {
        let (mut held, holds) = (whole?, self.ring.as_ref()?.options.holds());
        gate_step(&mut held, holds, Origin::Stated);
        held.retain(|key, value| passed.get(key) != Some(value));
        self.redact(Family::Step, &mut held);
        (!held.is_empty()).then_some(held)
    }

    /// Whether there is anybody to hold what the gate takes out of a step at a mode.
    pub(super) fn holds_beyond(&self, mode: CaptureMode) -> bool {
        self.ring.as_ref().is_some_and(|ring| ring.options.holds() > mode)
    }

    pub(super) fn hold_step(&mut self, index: u64, members: Object, evidence: impl FnOnce(Object) -> Evidence) {
        let bytes = members.iter().map(|(key, value)| key.len() + 64 + Self::weight(value)).sum();
        self.hold(Some(index), evidence(members), bytes);
    }

    /// Writes what is held, at the mode of the flight recorder.
    pub(super) fn promote(&mut self) {
        let Some(ring) = &mut self.ring else { return };
        let mode = ring.options.mode;
        let held = ring.take();
        // What is brought back was said elsewhere.
        let scene = self.take_scene();
        for Held { index, evidence, .. } in held {
            for piece in evidence {
                match piece {
                    Evidence::Members(mut members) => {
                        members.insert("capture_mode".into(), mode.into());
                        self.step(Patch { index, members, mode, origin: Origin::Stated });
                    }
                    Evidence::Recorded(mut members) => {
                        members.insert("capture_mode".into(), mode.into());
                        let step = self.open(index);
                        bring_back(&mut step.record, members);
                        (step.changed, step.ended) = (true, true);
                    }
                    Evidence::Iteration(mut record) => {
                        record.insert("capture_mode".into(), mode.into());
                        drop(self.put_step(index, record, mode));
                    }
                    Evidence::Amendment(members, how) => drop(self.amend(index, members, mode, how)),
                    Evidence::Subgoal(id, completion) => drop(self.subgoal(index, &id, completion, mode)),
                    Evidence::Observed(id, result) => self.observed(index, &id, result),
                    Evidence::Event(layer, event) => self.event(event, layer, mode),
                    Evidence::Screenshot(moment, png, name_it) => {
                        self.keep_picture(index, moment, &png, mode, name_it);
                    }
                    Evidence::ModelCall(layer, record) => drop(self.model_call(Some(index), layer, record, mode)),
                    Evidence::Reasoning(record) => self.reasoning(record, mode),
                    Evidence::Log(line) => self.log_line(Some(index), &line),
                }
            }
        }
        self.scene(|| scene);
    }

    /// Keeps a picture, with its regions painted over, and names it in its step where that is ours to write.
    ///
    /// # Errors
    /// Why it was dropped, if its regions could not be painted over. The run's events tell it as well.
    pub(crate) fn screenshot(
        &mut self,
        index: u64,
        picture: &Picture,
        mode: CaptureMode,
        name_it: bool,
    ) -> Result<(), RegionError> {
        let mode = self.in_force(mode);
        if !self.goes_on(Artifact::Image, mode) {
            return Ok(());
        }
        let Picture { moment, png, regions } = picture;
        match self.policy.redact_picture(png, regions) {
            Ok(safe) => {
                self.keep_picture(index, *moment, &safe, mode, name_it);
                Ok(())
            }
            Err(error) => {
                self.losses.count(Loss::Invalid);
                let word = if *moment == Moment::Before { "before" } else { "after" };
                let summary = format!("the picture {word} the action was dropped: {error}");
                self.adapter_error(Some(index), summary, Object::new());
                if name_it && mode.passes(Artifact::Image) {
                    self.name_picture(index, *moment, mode);
                }
                Err(error)
            }
        }
    }

    /// Keeps a picture that was redacted, now or for the case that the step fails.
    fn keep_picture(&mut self, index: u64, moment: Moment, png: &[u8], mode: CaptureMode, name_it: bool) {
        let is_sensitive = self.sensitive.has(index);
        if !mode.passes(Artifact::Image) {
            if !is_sensitive {
                self.hold(Some(index), Evidence::Screenshot(moment, png.to_vec(), name_it), png.len());
            }
            return;
        }
        // A sensitive step names what it would have had, and the manifest lists it as missing.
        let written = if is_sensitive { Ok(()) } else { self.bundle.write_screenshot(index, moment, png) };
        if self.kept(written) && name_it {
            self.name_picture(index, moment, mode);
        }
    }

    /// Lets a step say where its picture is. Of one that is not there, the manifest says that it is missing.
    fn name_picture(&mut self, index: u64, moment: Moment, mode: CaptureMode) {
        let key = format!("observation_{}", moment.as_str());
        let members = Object::from([(key, paths::screenshot(index, moment).into())]);
        self.step(Patch { index, members, mode, origin: Origin::Stated });
    }

    /// Records a decision event. `ts`, `layer`, `kind` and `summary` are the caller's to give.
    pub(crate) fn event(&mut self, event: Object, layer: EventLayer, mode: CaptureMode) {
        self.known_event(event, layer, mode, Known::Nothing);
    }

    /// The same for an event of which something is known.
    pub(crate) fn known_event(&mut self, mut event: Object, layer: EventLayer, mode: CaptureMode, known: Known) {
        let (artifact, mode) = (Artifact::Event(layer), self.in_force(mode));
        if !self.goes_on(artifact, mode) {
            return;
        }
        if let Some(detail) = event.get_mut("detail").and_then(Value::as_object_mut) {
            // Fields of an event have dotted names, and the last part of such a name can be that of a secret.
            detail.retain(|name, value| !name.contains('.') || self.policy.redact_attribute(name, value));
        }
        let step_index = event.get("step_index").and_then(Value::as_u64);
        if step_index.is_some_and(|index| self.sensitive.has(index)) {
            event.remove("detail");
        }
        let redacted = self.policy.redact_family(Family::Event, &mut event);
        let fits = known == Known::Fitting && redacted == 0;
        if !fits && !self.fit.takes(Schema::Event, &event) {
            self.losses.count(Loss::Invalid);
        } else if mode.passes(artifact) {
            let file = || paths::events(step_index);
            let words = self.content_mode(step_index, mode);
            self.hand_on(|| Passed::Event { event: &event, file: file(), mode: words });
            self.line(file(), &event.into());
        } else {
            let bytes = event.values().map(Self::weight).sum();
            self.hold(step_index, Evidence::Event(layer, event), bytes);
        }
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
        let scene = self.aside();
        self.event(event, EventLayer::Adapter, mode);
        self.scene(|| scene);
    }

    /// Records a model call and returns its path in the bundle; `None` where the mode keeps none.
    pub(crate) fn model_call(
        &mut self,
        step_index: Option<u64>,
        layer: ModelLayer,
        record: Object,
        mode: CaptureMode,
    ) -> Option<String> {
        self.known_call(step_index, layer, record, mode, Known::Nothing)
    }

    /// The same for a call of which something is known.
    pub(super) fn known_call(
        &mut self,
        step_index: Option<u64>,
        layer: ModelLayer,
        mut record: Object,
        mode: CaptureMode,
        known: Known,
    ) -> Option<String> {
        let mode = self.in_force(mode);
        if !self.goes_on(Artifact::ModelCall, mode) || step_index.is_some_and(|index| self.sensitive.has(index)) {
            return None;
        }
        let redacted = match known {
            Known::Nothing => self.redact(Family::ModelCall, &mut record),
            Known::Named | Known::Fitting => self.policy.redact_family(Family::ModelCall, &mut record),
        };
        record.insert("redaction_applied".into(), true.into());
        let (record, complaints) = if known == Known::Fitting && redacted == 0 {
            (Some(record), Vec::new())
        } else {
            self.fit.mend(Schema::ModelCall, record)
        };
        for complaint in complaints {
            self.adapter_error(step_index, format!("a model call did not fit its schema: {complaint}"), Object::new());
        }
        let Some(record) = record else {
            self.losses.count(Loss::Invalid);
            return None;
        };
        if !mode.passes(Artifact::ModelCall) {
            let bytes = record.values().map(Self::weight).sum();
            self.hold(step_index, Evidence::ModelCall(layer, record), bytes);
            return None;
        }
        let is_first = step_index.is_some_and(|index| self.highest_called.is_none_or(|highest| index > highest));
        self.highest_called = self.highest_called.max(step_index);
        let bundle = &self.bundle;
        let next = self
            .sequences
            .entry((step_index, layer))
            .or_insert_with(|| if is_first { 0 } else { bundle.next_sequence(step_index, layer) });
        let path = paths::model_call(step_index, layer, *next);
        *next = next.saturating_add(1);
        let record = Value::Object(record);
        let weight = Self::weight(&record);
        self.weigh_model_call(weight);
        let written = self.bundle.give_record(path.clone(), record, weight);
        self.kept(written).then_some(path)
    }

    /// Records a piece of reasoning.
    pub(crate) fn reasoning(&mut self, mut record: Object, mode: CaptureMode) {
        let mode = self.in_force(mode);
        let of_sensitive =
            record.get("step_index").and_then(Value::as_u64).is_some_and(|index| self.sensitive.has(index));
        if !self.goes_on(Artifact::ModelCall, mode) || of_sensitive {
            return;
        }
        self.policy.redact_family(Family::Reasoning, &mut record);
        if !self.fit.takes(Schema::Reasoning, &record) {
            self.losses.count(Loss::Invalid);
        } else if mode.passes(Artifact::ModelCall) {
            self.line(paths::REASONING.to_owned(), &record.into());
        } else {
            let index = record.get("step_index").and_then(Value::as_u64);
            let bytes = record.values().map(Self::weight).sum();
            self.hold(index, Evidence::Reasoning(record), bytes);
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
        let mode = self.in_force(mode);
        if !self.goes_on(Artifact::Log, mode) {
            return;
        }
        let text = self.policy.scrub(text).into_owned();
        let mut line = format!("{head}{text}");
        let mut safe = Vec::new();
        for (name, mut value) in fields {
            if self.policy.redact_attribute(&name, &mut value) {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let name = self.policy.scrub_name(&name).into_owned();
                line.push_str(&format!(" {name}={text}"));
                safe.push((name, value));
            }
        }
        // A line is a line: what was logged must not be able to forge another.
        let line = line.replace(['\n', '\r'], " ");
        if mode.passes(Artifact::Log) {
            let file = || paths::log(step_index, "run");
            // As of the details of events, nothing of a sensitive step goes further than its bundle.
            let fields = if step_index.is_some_and(|index| self.sensitive.has(index)) { &[][..] } else { &safe };
            self.hand_on(|| Passed::Line { step: step_index, text: &text, fields, file: file() });
            self.log_line(step_index, &line);
        } else {
            let bytes = line.len();
            self.hold(step_index, Evidence::Log(line), bytes);
        }
    }

    fn log_line(&mut self, step_index: Option<u64>, line: &str) {
        let lines = self.lines.entry(paths::log(step_index, "run")).or_default();
        lines.extend_from_slice(line.as_bytes());
        lines.push(b'\n');
    }

    /// Notes which span of OpenTelemetry a run, a step or a model call was.
    pub(crate) fn link(&mut self, mut link: Object) {
        self.policy.redact_record(&mut link, LINK);
        self.line(paths::LINKS.to_owned(), &link.into());
    }

    pub(super) fn line(&mut self, path: String, record: &Value) {
        let lines = self.lines.entry(path).or_default();
        write_line(record, lines);
        lines.push(b'\n');
    }
}
