//! The `tracing` layer: sees spans and events, and hands what matters to the worker. Nothing here waits, but the end of a
//! step, and that at most 50 ms.

use super::{
    assembly::{Assembly, Ended, Role, Started},
    door::{Door, facts},
    facts::{Attributes, Level},
    run::{Run, SpanKey},
    seen::{self, Seen},
    visit::Visitor,
    vocabulary::{self, Class},
};
use crate::{
    CaptureMode, Durability,
    pipeline::{Loss, Road},
    record::RunStatus,
};
use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::{Instant, SystemTime},
};
use tracing::{
    Dispatch, Event, Subscriber,
    span::{Attributes as SpanAttributes, Id, Record},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::{LookupSpan, SpanRef},
};

/// Where a span stands in its run. Lives in the extensions of the span.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) key: SpanKey,
    pub(super) run: Arc<Run>,
    pub(super) role: Role,
    /// The span of the agent that spans below belong to.
    agent: SpanKey,
    /// The owner of the span said that it is a step: model calls and tools below are part of it.
    in_stated_step: bool,
}

/// What is kept with a span until it closes.
#[derive(Debug)]
struct Node {
    place: Place,
    began: Instant,
    started: SystemTime,
    late: Attributes,
    /// Events that wait for the end of the span, where nothing is promised before.
    seen: Seen,
    failed: bool,
    /// The owner of the span says itself how the step went.
    states_status: bool,
}

/// After so many spans in a row that OpenTelemetry did not know, it is not asked any more: there is no layer of it.
#[cfg(feature = "otlp")]
const NOBODY_THERE: u64 = 32;

type Lookup = fn(&Dispatch, &Id) -> Option<Place>;

/// Our layer, once per subscriber.
pub(crate) struct AugurLayer {
    pub(super) door: Arc<Door>,
    /// Finds the place of a span from outside a callback; knows the type of the subscriber below.
    lookup: Option<Lookup>,
}

impl fmt::Debug for AugurLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AugurLayer").finish_non_exhaustive()
    }
}

impl AugurLayer {
    pub(crate) fn new(door: Arc<Door>) -> Self {
        Self { door, lookup: None }
    }

    /// The place of a span, or of the nearest span around it that has one.
    pub(super) fn place(&self, dispatch: &Dispatch, id: &Id) -> Option<Place> {
        self.lookup.and_then(|lookup| lookup(dispatch, id))
    }

    fn settle<S>(
        &self,
        class: Class,
        span: &SpanRef<'_, S>,
        attributes: &Attributes,
        started: SystemTime,
    ) -> Option<Place>
    where
        S: for<'a> LookupSpan<'a>,
    {
        let key = self.door.next_key();
        let above = nearest(span.scope().skip(1));
        if class == Class::Run || above.is_none() && class == Class::Agent {
            let run = self.door.open_run(attributes, started);
            let role = Role { class: Some(class), root: true, ..Role::default() };
            return Some(Place { key, run, role, agent: key, in_stated_step: false });
        }
        let above = match above {
            Some(place) => place,
            None if matches!(class, Class::Step | Class::Inference | Class::Tool | Class::Plan) => {
                self.around(span, started)
            }
            None => {
                self.door.homeless.fetch_add(1, Ordering::Relaxed);
                return None;
            }
        };
        if above.run.is_ended() {
            above.run.lane.losses.count(Loss::AfterEnd);
            return None;
        }
        Some(below(class, key, above))
    }

    /// The run of a step that no span of a run is around: the outermost span becomes its root.
    fn around<S>(&self, span: &SpanRef<'_, S>, started: SystemTime) -> Place
    where
        S: for<'a> LookupSpan<'a>,
    {
        let outermost = span.scope().skip(1).last();
        let mut extensions = outermost.as_ref().map(SpanRef::extensions_mut);
        // Another thread may have been here a moment ago.
        if let Some(node) = extensions.as_mut().and_then(|extensions| extensions.get_mut::<Node>()) {
            return node.place.clone();
        }
        let key = self.door.next_key();
        let (run, root) = match extensions {
            Some(_) => (self.door.open_run(&Attributes::default(), started), true),
            None => (self.door.implicit_run(started), false),
        };
        let role = Role { root, ..Role::default() };
        let place = Place { key, run, role, agent: 0, in_stated_step: false };
        if let Some(extensions) = extensions.as_mut() {
            extensions.replace(Node::new(place.clone(), started));
        }
        place
    }
}

/// Where a span of a class stands below another.
fn below(class: Class, key: SpanKey, above: Place) -> Place {
    let Place { run, agent, in_stated_step, role: around, key: parent } = above;
    let mut role = Role { class: Some(class), step: around.step, ..Role::default() };
    role.under_plan = around.under_plan || class == Class::Plan;
    let mut place = Place { key, run, role, agent, in_stated_step };
    match class {
        Class::Step => {
            place.role.step = Some(place.run.next_step(None));
            place.role.opens_step = true;
            place.in_stated_step = true;
            place.agent = key;
        }
        Class::Inference if around.class == Some(Class::Inference) => {
            place.role.folds_into = around.folds_into.or(Some(parent));
        }
        // The model calls of a plan are part of its step.
        Class::Inference if around.class == Some(Class::Plan) => {}
        Class::Inference | Class::Plan if !in_stated_step => {
            place.role.step = Some(place.run.next_step(Some(agent)));
            place.role.opens_step = true;
        }
        Class::Tool => {
            if !in_stated_step {
                let current = place.run.current_step(agent);
                place.role.opens_step = current.is_none();
                place.role.step = Some(current.unwrap_or_else(|| place.run.next_step(Some(agent))));
            }
            // An agent at work inside a tool makes steps of its own.
            place.agent = key;
        }
        Class::Agent => {
            place.agent = key;
            place.role.step = if in_stated_step { around.step } else { None };
        }
        _ => {}
    }
    place
}

impl Node {
    fn new(place: Place, started: SystemTime) -> Self {
        Self {
            place,
            began: Instant::now(),
            started,
            late: Attributes::default(),
            seen: Seen::default(),
            failed: false,
            states_status: false,
        }
    }
}

fn nearest<'a, S>(spans: impl Iterator<Item = SpanRef<'a, S>>) -> Option<Place>
where
    S: LookupSpan<'a> + 'a,
{
    for span in spans {
        if let Some(node) = span.extensions().get::<Node>() {
            return Some(node.place.clone());
        }
    }
    None
}

fn lookup<S>(dispatch: &Dispatch, id: &Id) -> Option<Place>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    nearest(dispatch.downcast_ref::<S>()?.span(id)?.scope())
}

impl<S> Layer<S> for AugurLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_layer(&mut self, _: &mut S) {
        self.lookup = Some(lookup::<S>);
    }

    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        let _ = self.door.dispatch.set(dispatch.downgrade());
    }

    fn on_new_span(&self, span_attributes: &SpanAttributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = span_attributes.metadata();
        let names = || metadata.fields().iter().map(|field| field.name());
        if !vocabulary::may_matter(metadata.name(), metadata.target(), names()) {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let mut attributes = Attributes::with_capacity(metadata.fields().len());
        span_attributes.record(&mut Visitor::new(&mut attributes));
        let class = vocabulary::classify(metadata.name(), metadata.target(), &attributes)
            .or_else(|| vocabulary::declared(names()));
        let Some(class) = class else { return };
        if class == Class::Inference
            && attributes.get("augur.layer").is_none()
            && let Some(scope) = crate::adapters::current_model_scope()
        {
            attributes.push("augur.layer", scope.layer.into());
        }
        let started = SystemTime::now();
        let Some(place) = self.settle(class, &span, &attributes, started) else { return };
        let started_message = Started {
            key: place.key,
            role: place.role,
            mode: place.run.lane.mode(),
            facts: facts(metadata, started, attributes),
        };
        let run = Arc::clone(&place.run);
        let mut node = Node::new(place, started);
        node.states_status = metadata.fields().iter().any(|field| field.name() == "augur.step.status");
        span.extensions_mut().replace(node);
        let weight = started_message.facts.attributes.weight() + 256;
        self.door.submit(&run, weight, move |assembly, road| assembly.start(road, started_message));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if span.extensions().get::<Node>().is_none() {
            return;
        }
        // No lock may be held while a value formats itself: its `Debug` may log.
        let mut late = Attributes::default();
        values.record(&mut Visitor::new(&mut late));
        if let Some(node) = span.extensions_mut().get_mut::<Node>() {
            node.late.extend(late);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(mut scope) = context.event_scope(event) else { return };
        let Some(span) = scope.find(|span| span.extensions().get::<Node>().is_some()) else { return };
        let metadata = event.metadata();
        let level = seen::level(metadata);
        let (mode, heard, step) = {
            let extensions = span.extensions();
            let Some(Place { run, role, agent, .. }) = extensions.get::<Node>().map(|node| &node.place) else { return };
            (run.lane.mode(), run.lane.dial.heard(), role.step.or_else(|| run.current_step(*agent)))
        };
        let ours = || metadata.fields().iter().any(|field| field.name().starts_with("augur."));
        if heard == CaptureMode::Off || heard < CaptureMode::Trace && level < Level::Warn && !ours() {
            return;
        }
        let failed = level == Level::Error && context.event_span(event).is_some_and(|own| own.id() == span.id());
        let due = seen::visit(event, mode, step, |seen| {
            let mut extensions = span.extensions_mut();
            let node = extensions.get_mut::<Node>()?;
            node.seen.append(seen);
            node.failed |= failed;
            // Where a kill must lose nothing that was said before it, nothing waits for company.
            let wait = node.place.run.lane.durability() == Durability::Lazy && !node.seen.is_much();
            (!wait).then(|| (Arc::clone(&node.place.run), node.place.key, std::mem::take(&mut node.seen)))
        });
        if let Some((run, key, seen)) = due {
            self.door.submit(&run, seen.weight() + 128, move |assembly, road| assembly.events(road, key, seen));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(node) = span.extensions_mut().remove::<Node>() else { return };
        let Node { place, began, started, late, failed, states_status, seen } = node;
        let panicking = std::thread::panicking();
        // The wall clock may have been set meanwhile; the span still lasted as long as it did.
        let end = started + began.elapsed();
        let mut own = facts(span.metadata(), started, late);
        let failed = failed || panicking || vocabulary::failure(&own).is_some();
        let link = self.telemetry(&id, &place, (started, end), failed, states_status);
        own.end = Some(end);
        let Place { key, run, role, agent, .. } = place;
        if role.class.is_some() {
            let weight = own.attributes.weight() + 256;
            let settled = if role.class == Some(Class::Agent) || role.root { run.forget_agent(agent) } else { None };
            let ended = Ended { key, facts: own, mode: run.lane.mode(), panicking, settled, link };
            let weight = weight + seen.weight();
            let work = move |assembly: &mut Assembly, road: &mut Road| {
                assembly.events(road, key, seen);
                assembly.close(road, ended);
            };
            if role.root {
                self.door.submit(&run, weight, work);
            } else {
                self.door.submit_and_wait(&run, weight, work);
            }
        } else if !seen.is_empty() {
            self.door.submit(&run, seen.weight(), move |assembly, road| assembly.events(road, key, seen));
        }
        if role.root {
            let status = if panicking {
                Some(RunStatus::Halted)
            } else if failed {
                Some(RunStatus::Failed)
            } else {
                None
            };
            self.door.end_run(&run, status, end);
        }
    }
}

#[cfg(feature = "otlp")]
impl AugurLayer {
    /// Says on the OpenTelemetry side of a span what it was to the run, and returns its ids. Asked before any other layer
    /// closes the span, and with nothing locked.
    fn telemetry(
        &self,
        id: &Id,
        place: &Place,
        (start, end): (SystemTime, SystemTime),
        failed: bool,
        states_status: bool,
    ) -> Option<(String, String)> {
        use opentelemetry::{Key, Value};
        if self.door.unlinked.load(Ordering::Relaxed) >= NOBODY_THERE {
            return None;
        }
        let dispatch = self.door.dispatch.get()?.upgrade()?;
        let Some(span) = crate::otlp::OpenSpan::find(id, &dispatch) else {
            self.door.unlinked.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        self.door.unlinked.store(0, Ordering::Relaxed);
        let mut attributes = vec![
            (Key::from_static_str("augur.capture_mode"), Value::from(place.run.lane.mode().as_str())),
            (Key::from_static_str("augur.run.id"), Value::from(place.run.id().as_str().to_owned())),
        ];
        if let Some(step) = place.role.step.and_then(|step| i64::try_from(step).ok()) {
            attributes.push((Key::from_static_str("augur.step.index"), Value::from(step)));
            let status = if failed { "failed" } else { "succeeded" };
            if !states_status && (failed || place.role.class == Some(Class::Step)) {
                attributes.push((Key::from_static_str("augur.step.status"), Value::from(status)));
            }
        }
        if self.door.exports.load(Ordering::Relaxed) {
            for (name, time) in [(crate::otlp::START_ATTRIBUTE, start), (crate::otlp::END_ATTRIBUTE, end)] {
                let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                let nanoseconds = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
                attributes.push((Key::from_static_str(name), Value::from(nanoseconds)));
            }
        }
        span.set_attributes(attributes);
        if failed {
            span.mark_failed();
        }
        Some(span.ids())
    }
}

#[cfg(not(feature = "otlp"))]
impl AugurLayer {
    fn telemetry(&self, _: &Id, _: &Place, _: (SystemTime, SystemTime), _: bool, _: bool) -> Option<(String, String)> {
        None
    }
}
