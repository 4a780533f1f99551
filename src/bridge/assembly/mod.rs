//! Puts a run together from its spans and events, on the worker: what the vocabularies read becomes steps, events and model
//! calls on the road.

mod costs;
mod saying;
mod scene;
mod span;
mod stated;
mod telemetry;

pub(crate) use span::{Ended, Role, Started};

use super::{
    facts::{Attributes, EventFacts, Level, SpanFacts},
    run::SpanKey,
    seen::{Seen, Told},
    vocabulary::{
        self, Class, Decision, Failure,
        augur::{self, Lists},
    },
};
use crate::{
    CaptureMode,
    capture::{Origin, is_content, is_content_event},
    pipeline::{Patch, Road, Scene},
    record::{EventLayer, Object, RunStatus, StepStatus, Timestamp, Value},
};
use saying::{complain, link_record, say};
use std::{
    collections::{BTreeMap, HashMap},
    time::SystemTime,
};

/// How many events are kept with one span to be read at its end.
const KEPT_EVENTS: usize = 32;

/// The spans and steps of a run that are open.
#[derive(Default)]
pub(crate) struct Assembly {
    spans: HashMap<SpanKey, Open>,
    steps: HashMap<u64, Step>,
    left: scene::Left,
    costs: Object,
    stated_status: Option<RunStatus>,
    /// What the owner of the run said that it cost, which counts more than what its steps add up to.
    stated_costs: Object,
    /// Lists of the session record that come item by item.
    lists: Lists,
    /// Some step failed.
    failed: bool,
}

#[derive(Debug)]
struct Open {
    role: Role,
    facts: SpanFacts,
    /// What was recorded after the start.
    late: Attributes,
}

/// A step while spans of it may still come.
struct Step {
    started: Timestamp,
    stated: bool,
    open_members: usize,
    failure: Option<Failure>,
    costs: Object,
    has_action: bool,
    has_tool: bool,
    stated_status: bool,
    /// When its owner said that it ended.
    stated_end: Option<Timestamp>,
    /// Its owner said how long it took.
    stated_duration: bool,
    /// What its owner said that it cost.
    stated_costs: Object,
    /// Lists that come item by item.
    lists: Lists,
}

impl Assembly {
    pub(crate) fn start(&mut self, road: &mut Road, started: Started) {
        let Started { key, role, mode, metadata, at, fields, layer } = started;
        let mut attributes = fields.attributes(0, fields.len(), metadata);
        if let Some(layer) = layer {
            attributes.push("augur.layer", layer.into());
        }
        let facts = SpanFacts { name: metadata.name().into(), start: at, end: None, attributes, events: Vec::new() };
        if role.root {
            self.begin_run(road, &facts, mode);
        }
        if let Some(index) = role.step.filter(|_| role.opens_step) {
            self.begin_step(road, index, &role, &facts, mode);
        }
        if let Some(step) = role.step.and_then(|index| self.steps.get_mut(&index)) {
            step.open_members += 1;
        }
        self.take_own_fields(road, &role, &facts.attributes, mode);
        if role.class == Some(Class::Agent) {
            let said = vocabulary::agent_started(&vocabulary::agent_facts(&facts));
            say(road, said, role.step, facts.start, mode, true);
        }
        self.spans.insert(key, Open { role, facts, late: Attributes::default() });
    }

    fn begin_run(&mut self, road: &mut Road, facts: &SpanFacts, mode: CaptureMode) {
        self.take_run_fields(road, &facts.attributes, mode);
    }

    fn begin_step(&mut self, road: &mut Road, index: u64, role: &Role, facts: &SpanFacts, mode: CaptureMode) {
        let stated = role.class == Some(Class::Step);
        let usual_type = match role.class {
            Some(Class::Tool) => "tool",
            Some(Class::Plan) => "plan",
            Some(Class::Inference) => "message",
            _ => &facts.name,
        };
        let members = Object::from([
            ("step_type".to_owned(), Value::from(usual_type)),
            ("status".to_owned(), StepStatus::Running.into()),
            ("started_at".to_owned(), Timestamp::from(facts.start).to_string().into()),
        ]);
        let step = Step {
            started: facts.start.into(),
            stated,
            open_members: 0,
            failure: None,
            costs: Object::new(),
            has_action: false,
            has_tool: role.class == Some(Class::Tool),
            stated_status: false,
            stated_end: None,
            stated_duration: false,
            stated_costs: Object::new(),
            lists: Lists::default(),
        };
        self.steps.insert(index, step);
        patch(road, index, members, mode, Origin::Stated);
    }

    /// Events and late fields of a span, in the order in which they came.
    pub(crate) fn seen(&mut self, road: &mut Road, key: SpanKey, seen: Seen) {
        for told in seen.unpack() {
            match told {
                Told::Event(event, mode, step, said) => {
                    road.scene(|| scene::of_event(&event, said.ids()));
                    self.event(road, key, step, event, mode);
                    road.leave_scene();
                }
                Told::Late(attributes) => {
                    if let Some(open) = self.spans.get_mut(&key) {
                        open.late.extend(attributes);
                    }
                }
            }
        }
    }

    fn event(&mut self, road: &mut Road, key: SpanKey, step: Option<u64>, mut event: EventFacts, mode: CaptureMode) {
        of_log(&mut event);
        let role = self.spans.get(&key).map(|open| open.role).unwrap_or_default();
        let step = self.take_event_fields(road, step, &event.attributes, mode);
        self.left.tell(road, step, &event, mode);
        if let Some(index) = step
            && let Some(verdict) = vocabulary::verdict(&event.attributes)
        {
            patch(road, index, members("verdict", verdict.into()), mode, Origin::Derived);
        }
        let layer = layer_of(&role);
        let content = road.content_mode(step, mode);
        if let Some(decided) = augur::decision_of(&event, layer) {
            let mut fields = augur::Fields { complaints: decided.complaints, ..augur::Fields::default() };
            complain(road, step, &mut fields);
            let summary = event.attributes.text("augur.summary").map(str::to_owned).or_else(|| event.message.clone());
            let said = Decision {
                layer: decided.layer,
                kind: decided.kind,
                summary: summary.unwrap_or_else(|| decided.kind.as_str().to_owned()),
                shown: usize::MAX,
                plain: None,
                detail: decided.detail,
            };
            say(road, said, step, decided.time.unwrap_or_else(|| event.time.into()), mode, false);
        } else if let Some(said) = vocabulary::decision(&event, layer) {
            let derived = event.level < Level::Warn || vocabulary::event_name(&event).starts_with("gen_ai.");
            say(road, said, step, event.time, mode, derived);
        } else if is_line(&event)
            && (event.message.is_some() || !only_ours(&event.attributes))
            && (content >= CaptureMode::ModelIo || !is_content_event(&event.target, vocabulary::event_name(&event)))
        {
            let head = format!("{} {:5} {}: ", Timestamp::from(event.time), event.level.as_str(), event.target);
            let passing =
                event.attributes.iter().filter(|(name, _)| content >= CaptureMode::ModelIo || !is_content(name));
            let fields = passing.map(|(name, value)| (name.to_owned(), value.clone()));
            road.log(step, &head, event.message.as_deref().unwrap_or_default(), fields, mode);
        }
        let holder = role.folds_into.unwrap_or(key);
        if (event.level == Level::Error || vocabulary::content_event(&event.name, &event.target))
            && let Some(open) = self.spans.get_mut(&holder)
            && open.facts.events.len() < KEPT_EVENTS
        {
            open.facts.events.push(event);
        }
    }

    pub(crate) fn close(&mut self, road: &mut Road, ended: Ended) {
        let Ended { key, at: end, mode, panicking, settled, link } = ended;
        let Some(Open { role, mut facts, late: late_only }) = self.spans.remove(&key) else { return };
        facts.end = Some(end);
        road.scene(|| Scene { span: link, ..Scene::default() });
        if let (Some(index), Some(span)) = (role.step.filter(|_| role.opens_step), link) {
            self.left.note(index, span);
        }
        facts.attributes.extend(late_only.clone());
        if role.root {
            self.take_run_fields(road, &late_only, mode);
        }
        self.take_own_fields(road, &role, &late_only, mode);
        let mut failure = vocabulary::failure(&facts);
        if panicking && failure.is_none() {
            failure = Some(Failure { class: Some("panic".to_owned()), message: None });
        }
        let mut model_call = None;
        match role.class {
            Some(Class::Inference) => match role.folds_into {
                Some(outer) => self.fold(outer, facts.clone()),
                None => model_call = self.model_called(road, &role, &facts, mode),
            },
            Some(Class::Tool) => self.tool_ended(road, &role, &facts, mode),
            Some(Class::Agent) => {
                let agent = vocabulary::agent_facts(&facts);
                let mut said = vocabulary::agent_ended(&agent);
                said.detail.extend(agent.prompt.map(|prompt| ("prompt".to_owned(), prompt.into())));
                said.detail.extend(agent.completion.map(|completion| ("completion".to_owned(), completion.into())));
                say(road, said, role.step, end, mode, true);
            }
            Some(Class::Plan) => say(road, vocabulary::planned(&facts), role.step, end, mode, true),
            Some(Class::Lookup) => say(road, vocabulary::looked_up(&facts), role.step, end, mode, true),
            Some(Class::Verify) => say(road, vocabulary::verified(&facts), role.step, end, mode, true),
            Some(Class::Judge) => {
                if let (Some(index), Some(verdict)) = (role.step, vocabulary::verdict(&facts.attributes)) {
                    patch(road, index, members("verdict", verdict.into()), mode, Origin::Derived);
                }
                say(road, vocabulary::judged(&facts), role.step, end, mode, true);
            }
            Some(Class::Run | Class::Step) | None => {}
        }
        if let Some(index) = role.step {
            self.member_ended(road, index, &role, end, failure, mode);
        }
        if let Some(link) = link {
            road.link(link_record(&role, &facts, link, model_call));
        }
        if let Some(index) = settled {
            self.steps.remove(&index);
        }
        road.leave_scene();
    }

    /// A span of a step has closed: the step's end moves, and its state with it.
    fn member_ended(
        &mut self,
        road: &mut Road,
        index: u64,
        role: &Role,
        end: SystemTime,
        failure: Option<Failure>,
        mode: CaptureMode,
    ) {
        let Some(step) = self.steps.get_mut(&index) else { return };
        step.open_members = step.open_members.saturating_sub(1);
        let own = role.class == Some(Class::Step);
        // Inside a step that its owner stated, only the owner's own span says that the step failed.
        if own || !step.stated {
            step.failure = step.failure.take().or(failure);
        }
        let over = if step.stated { own } else { step.open_members == 0 };
        if !over {
            return;
        }
        let mut members = Object::new();
        if !step.stated_status {
            self.failed |= step.failure.is_some();
            let status = if step.failure.is_some() { StepStatus::Failed } else { StepStatus::Succeeded };
            members.insert("status".into(), status.into());
        }
        let ended = step.stated_end.unwrap_or(end.into());
        members.insert("ended_at".into(), ended.to_string().into());
        if !step.stated_duration {
            members.insert("duration_ms".into(), ended.millis_since(step.started).max(0).into());
        }
        if let Some(failure) = &step.failure
            && road.step_member(index, "failure_class").is_none()
            && let Some(class) = failure.class.as_deref().map(class_word)
        {
            members.insert("failure_class".into(), class.into());
        }
        let stated = step.stated;
        patch(road, index, members, mode, Origin::Stated);
        road.end_step(index);
        if stated {
            self.steps.remove(&index);
        }
    }

    /// Whether some step failed or was cut off.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    /// The run is over: steps that are still open were cut off, and the run's costs are known.
    pub(crate) fn end(&mut self, road: &mut Road, status: Option<RunStatus>) -> RunStatus {
        let mut cut_off = false;
        for (index, step) in std::mem::take(&mut self.steps).into_iter().collect::<BTreeMap<_, _>>() {
            if step.open_members > 0 {
                cut_off = true;
                self.failed = true;
                let cut = Object::from([
                    ("status".to_owned(), StepStatus::Failed.into()),
                    ("failure_class".to_owned(), "interrupted".into()),
                ]);
                patch(road, index, cut, CaptureMode::Full, Origin::Stated);
            }
            road.end_step(index);
        }
        self.spans.clear();
        self.costs.append(&mut self.stated_costs);
        if !self.costs.is_empty() {
            road.session(members("costs", std::mem::take(&mut self.costs).into()));
        }
        // A kill or a panic outweighs what the agent had meant to say.
        match (status, self.stated_status) {
            (Some(RunStatus::Halted), _) => RunStatus::Halted,
            (_, Some(stated)) => stated,
            (Some(status), None) => status,
            // Without a span of its own a run has only its steps to tell how it was left.
            (None, None) if cut_off => RunStatus::Halted,
            (None, None) => RunStatus::Succeeded,
        }
    }
}

fn patch(road: &mut Road, index: u64, members: Object, mode: CaptureMode, origin: Origin) {
    if !members.is_empty() {
        road.step(Patch { index, members, mode, origin });
    }
}

fn members(key: &str, value: Value) -> Object {
    Object::from([(key.to_owned(), value)])
}

/// A class for a failure of which only a text is known must still be a word.
fn class_word(class: &str) -> &str {
    let word = class.len() <= 80 && class.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte));
    if word { class } else { "error" }
}

/// A record of the `log` crate comes as an event of a target of its own, and says what it is in its fields.
fn of_log(event: &mut EventFacts) {
    if event.target != "log" {
        return;
    }
    if let Some(Value::String(target)) = event.attributes.take("log.target") {
        event.target = target.into();
    }
    for place in ["log.module_path", "log.file", "log.line"] {
        event.attributes.take(place);
    }
}

/// Whether an event that is no decision belongs in the log. Below INFO only what the filter asked for comes this far, beside
/// what is there for its fields and for what it holds of models.
fn is_line(event: &EventFacts) -> bool {
    let is_there_for_more = || {
        vocabulary::content_event(&event.name, &event.target)
            || event.attributes.iter().any(|(name, _)| name.starts_with("augur."))
    };
    event.level >= Level::Info || !is_there_for_more()
}

fn only_ours(attributes: &Attributes) -> bool {
    attributes.iter().all(|(name, _)| name.starts_with("augur."))
}

fn layer_of(role: &Role) -> EventLayer {
    match role.class {
        Some(Class::Inference) if role.under_plan => EventLayer::Planner,
        Some(Class::Inference) => EventLayer::Model,
        Some(Class::Tool) => EventLayer::Dispatch,
        Some(Class::Plan) => EventLayer::Planner,
        Some(Class::Lookup) => EventLayer::Grounding,
        Some(Class::Verify | Class::Judge) => EventLayer::Verifier,
        Some(Class::Run | Class::Step | Class::Agent) | None => EventLayer::Runner,
    }
}
