//! The `tracing` layer: sees spans and events, and hands what matters to the worker. Nothing here waits, but the end of a
//! step, and that at most 50 ms.

use super::{
    assembly::{Assembly, Ended, Role, Started},
    door::Door,
    facts::{Attributes, Level, SpanFacts},
    layers::{self, Lookup},
    link::Closing,
    node::{Node, Place, nearest},
    packed::Packed,
    run::{Run, SpanKey},
    seen::{self, Heard},
    vocabulary::{self, Class, augur},
};
use crate::{
    CaptureMode, Durability,
    pipeline::{Loss, Road},
    record::{RunStatus, Value},
};
use std::{
    cell::Cell,
    fmt,
    sync::{Arc, atomic::Ordering},
    time::SystemTime,
};
use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    span::{Attributes as SpanAttributes, Id, Record},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::{LookupSpan, SpanRef},
};

/// Our layer.
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
        self.lookup.and_then(|lookup| lookup(dispatch, id, self.door.number))
    }

    /// Marks a step at once: what the worker learns at the end of the span comes too late for the spans that close meanwhile.
    fn mark_sensitive(&self, run: &Arc<Run>, index: u64) {
        self.door.mark_sensitive(run, index);
        self.door.submit(Arc::clone(run), 64, move |_, road| road.mark_sensitive(index));
    }

    fn settle<S>(
        &self,
        class: Class,
        span: &SpanRef<'_, S>,
        asked_id: impl FnOnce() -> Option<Value>,
        started: SystemTime,
    ) -> Option<Place>
    where
        S: for<'a> LookupSpan<'a>,
    {
        let key = self.door.next_key();
        let above = nearest(span.parent(), self.door.number);
        if class == Class::Run || above.is_none() && class == Class::Agent {
            let run = self.door.open_run(asked_id(), started);
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

    /// Adds an event to what a span has seen; `false` if the span is no part of a run. What goes wrong `inside` a span, in one
    /// that is no part of the run, does not make it fail.
    fn keep<S>(&self, event: &Heard<'_>, span: &SpanRef<'_, S>, inside: bool) -> bool
    where
        S: for<'a> LookupSpan<'a>,
    {
        let mut marked = None;
        let due = {
            let mut extensions = span.extensions_mut();
            let Some(node) = Node::of_mut(&mut extensions, self.door.number) else { return false };
            let Place { run, role, agent, .. } = &node.place;
            let mode = run.lane.mode();
            let heard = run.lane.dial.heard_at(mode);
            if heard == CaptureMode::Off || heard < CaptureMode::Trace && is_aside(event.metadata) {
                return true;
            }
            let step = role.step.or_else(|| run.current_step(*agent));
            node.seen.event(event, mode, step);
            node.failed |= !inside && *event.metadata.level() == tracing::Level::ERROR;
            if let Some(index) = step.filter(|_| event.marks) {
                marked = Some((Arc::clone(&node.place.run), index));
            }
            // Where a kill must lose nothing that was said before it, nothing waits for company.
            let wait = node.place.run.lane.durability() == Durability::Lazy && !node.seen.is_much();
            (!wait).then(|| (Arc::clone(&node.place.run), node.place.key, std::mem::take(&mut node.seen)))
        };
        if let Some((run, index)) = marked {
            self.mark_sensitive(&run, index);
        }
        if let Some((run, key, seen)) = due {
            self.door.submit(run, seen.weight() + 128, move |assembly, road| assembly.seen(road, key, seen));
        }
        true
    }

    /// The run of a step that no span of a run is around: the outermost span becomes its root.
    fn around<S>(&self, span: &SpanRef<'_, S>, started: SystemTime) -> Place
    where
        S: for<'a> LookupSpan<'a>,
    {
        let outermost = span.scope().skip(1).last();
        let mut extensions = outermost.as_ref().map(SpanRef::extensions_mut);
        // Another thread may have been here a moment ago.
        if let Some(node) = extensions.as_mut().and_then(|extensions| Node::of_mut(extensions, self.door.number)) {
            return node.place.clone();
        }
        let key = self.door.next_key();
        let (run, root) = match extensions {
            Some(_) => (self.door.open_run(None, started), true),
            None => (self.door.implicit_run(started), false),
        };
        let role = Role { root, ..Role::default() };
        let place = Place { key, run, role, agent: 0, in_stated_step: false };
        if let Some(extensions) = extensions.as_mut() {
            Node::new(self.door.number, place.clone(), started).keep(extensions);
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

/// Whether a step is marked as sensitive by one of these.
fn says_sensitive(attributes: &Attributes) -> bool {
    attributes.iter().any(|(name, value)| augur::is_mark(name) && !augur::is_denial(value))
}

impl<S> Layer<S> for AugurLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_layer(&mut self, _: &mut S) {
        self.lookup = Some(layers::remember::<S>(&self.door));
    }

    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        let _ = self.door.dispatch.set(dispatch.downgrade());
    }

    fn on_new_span(&self, span_attributes: &SpanAttributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = span_attributes.metadata();
        let names = || metadata.fields().iter().map(|field| field.name());
        if !vocabulary::may_matter(metadata.name(), metadata.target(), names()) {
            self.note_mode(id, &context);
            return;
        }
        let Some(span) = context.span(id) else { return };
        let mut fields = Packed::with_capacity(metadata.fields().len() * 16 + 32);
        span_attributes.record(&mut fields);
        let Some(class) = class_of(metadata, &fields) else {
            self.note_mode(id, &context);
            return;
        };
        let started = self.door.now();
        let asked_id = || fields.attributes(0, fields.len(), metadata).get("augur.run.id").cloned();
        let Some(place) = self.settle(class, &span, asked_id, started) else { return };
        // The worker finds the mark among the fields of a new span.
        if let Some(index) = place.role.step
            && fields.take_mark()
            && says_sensitive(&fields.attributes(0, fields.len(), metadata))
        {
            self.door.mark_sensitive(&place.run, index);
        }
        // What the span says of itself comes before what the code around it says.
        let unsaid = class == Class::Inference && fields.names(0, metadata).all(|name| name != "augur.layer");
        let layer = unsaid.then(crate::adapters::current_model_scope).flatten().map(|scope| scope.layer);
        let (run, weight) = (Arc::clone(&place.run), fields.len() as usize + 256);
        let (key, role, mode) = (place.key, place.role, run.lane.mode());
        Node::new(self.door.number, place, started).keep(&mut span.extensions_mut());
        let started = Started { key, role, mode, metadata, at: started, fields, layer };
        self.door.submit(run, weight, move |assembly, road| assembly.start(road, started));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let seen =
            Node::of_mut(&mut span.extensions_mut(), self.door.number).map(|node| std::mem::take(&mut node.seen));
        let Some(mut seen) = seen else { return };
        let telling = seen.late(values, span.metadata(), vocabulary::may_tell_failure);
        let mut marked = None;
        if let Some(node) = Node::of_mut(&mut span.extensions_mut(), self.door.number) {
            node.give_back(seen);
            if let Some(telling) = telling {
                let index = node.place.role.step.filter(|_| says_sensitive(&telling));
                marked = index.map(|index| (Arc::clone(&node.place.run), index));
                node.telling.extend(telling);
            }
        }
        if let Some((run, index)) = marked {
            self.mark_sensitive(&run, index);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if !self.door.listens_at(CaptureMode::Trace) && is_aside(metadata) {
            return;
        }
        let Some(span) = context.event_span(event) else { return };
        // Nothing is locked while values format themselves: they may log in turn.
        let mut fields = SCRATCH.try_with(Cell::take).unwrap_or_default();
        event.record(&mut fields);
        let marks = fields.take_mark() && says_sensitive(&fields.attributes(0, fields.len(), metadata));
        let heard = Heard { metadata, at: self.door.now(), fields: &fields, marks, said: self.said(event) };
        // Every look at a span costs, and most events stand right in the span that hears them. A span that is no part of a
        // run may stand in one that is.
        let (mut next, mut inside) = (Some(span), false);
        while let Some(span) = next.filter(|span| !self.keep(&heard, span, inside)) {
            next = span.parent();
            inside = true;
        }
        if fields.clear() {
            let _ = SCRATCH.try_with(|scratch| scratch.set(fields));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(node) = Node::take(&mut span.extensions_mut(), self.door.number) else {
            self.stamp(&id, &span);
            return;
        };
        let Node { place, began, started, mode, seen, telling, failed, .. } = node;
        let panicking = std::thread::panicking();
        let end = self.door.settings.ambient.end(started, began);
        let failed = failed || panicking || tells_failure(telling, started);
        // A span shows what both its beginning and its end admit: nothing leaves that was said under a lower mode.
        let mode = mode.min(place.run.lane.mode());
        let parent = || span.parent().map(|parent| parent.id());
        let closing = Closing { place: &place, metadata: span.metadata(), mode, started, end, failed, parent: &parent };
        let link = self.link(&id, &closing);
        let Place { key, run, role, agent, .. } = place;
        let weight = seen.weight() + 256;
        if role.class.is_some() {
            let settled = if role.class == Some(Class::Agent) || role.root { run.forget_agent(agent) } else { None };
            let ended = Ended { key, at: end, mode: run.lane.mode(), panicking, settled, link };
            let work = move |assembly: &mut Assembly, road: &mut Road| {
                assembly.seen(road, key, seen);
                assembly.close(road, ended);
            };
            if role.root {
                self.door.submit(Arc::clone(&run), weight, work);
            } else {
                self.door.submit_and_wait(run, weight, work);
                return;
            }
        } else if !seen.is_empty() {
            self.door.submit(Arc::clone(&run), weight, move |assembly, road| assembly.seen(road, key, seen));
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

/// What the span is: by the names of its fields where they tell, by what they hold otherwise.
fn class_of(metadata: &'static Metadata<'static>, fields: &Packed) -> Option<Class> {
    let names = || metadata.fields().iter().map(|field| field.name());
    vocabulary::declared(fields.names(0, metadata))
        .or_else(|| {
            let attributes = fields.attributes(0, fields.len(), metadata);
            vocabulary::classify(metadata.name(), metadata.target(), &attributes)
        })
        .or_else(|| vocabulary::promised(names))
}

thread_local! {
    /// Where an event is written down before it is known whose it is. Taken while in use.
    static SCRATCH: Cell<Packed> = const { Cell::new(Packed::new()) };
}

/// Whether an event says nothing of a run that is kept below mode `trace`: neither that something is wrong, nor in our words.
fn is_aside(metadata: &Metadata<'_>) -> bool {
    seen::level(metadata) < Level::Warn && !metadata.fields().iter().any(|field| field.name().starts_with("augur."))
}

/// Whether the late fields of a span say that it failed.
fn tells_failure(telling: Attributes, start: SystemTime) -> bool {
    if telling.is_empty() {
        return false;
    }
    let facts = SpanFacts { name: "".into(), start, end: None, attributes: telling, events: Vec::new() };
    vocabulary::failure(&facts).is_some()
}
