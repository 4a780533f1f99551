//! What is kept with a span while it is open: its place in its run, for each layer of ours that sees it.

use super::{assembly::Role, door::DoorNumber, facts::Attributes, run::Run, run::SpanKey, seen::Seen};
use crate::CaptureMode;
use std::{
    sync::Arc,
    time::{Instant, SystemTime},
};
use tracing_subscriber::registry::{Extensions, ExtensionsMut, LookupSpan, SpanRef};

/// Where a span stands in its run.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) key: SpanKey,
    pub(super) run: Arc<Run>,
    pub(super) role: Role,
    /// The span of the agent that spans below belong to.
    pub(super) agent: SpanKey,
    /// The owner of the span said that it is a step: model calls and tools below are part of it.
    pub(super) in_stated_step: bool,
}

/// What one layer keeps with a span until it closes.
#[derive(Debug)]
pub(super) struct Node {
    door: DoorNumber,
    pub(super) place: Place,
    pub(super) began: Instant,
    pub(super) started: SystemTime,
    /// The mode in force when the span began.
    pub(super) mode: CaptureMode,
    /// Events and late fields that wait for the end of the span, where nothing is promised before.
    pub(super) seen: Seen,
    /// The late fields that may say that the span failed.
    pub(super) telling: Attributes,
    pub(super) failed: bool,
}

/// The nodes of a span. Nearly always that is one: a registry with two layers of ours is rare.
#[derive(Debug)]
struct Nodes {
    node: Node,
    more: Option<Box<Nodes>>,
}

impl Nodes {
    fn iter(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(Some(self), |nodes| nodes.more.as_deref()).map(|nodes| &nodes.node)
    }

    #[inline]
    fn get_mut(&mut self, door: DoorNumber) -> Option<&mut Node> {
        if self.node.door == door { Some(&mut self.node) } else { self.further(door) }
    }

    #[cold]
    fn further(&mut self, door: DoorNumber) -> Option<&mut Node> {
        self.more.as_deref_mut()?.get_mut(door)
    }

    /// Takes a node out and gives back the rest.
    #[inline]
    fn without(self, door: DoorNumber) -> (Option<Node>, Option<Self>) {
        let Self { node, more } = self;
        if node.door == door {
            return (Some(node), more.map(|more| *more));
        }
        let (taken, rest) = more.map_or((None, None), |more| more.without(door));
        (taken, Some(Self { node, more: rest.map(Box::new) }))
    }
}

impl Node {
    pub(super) fn new(door: DoorNumber, place: Place, started: SystemTime) -> Self {
        Self {
            door,
            mode: place.run.lane.mode(),
            place,
            began: Instant::now(),
            started,
            seen: Seen::default(),
            telling: Attributes::default(),
            failed: false,
        }
    }

    /// Puts back what was taken out, behind it what another thread or a value that logged has added meanwhile.
    #[inline]
    pub(super) fn give_back(&mut self, mut seen: Seen) {
        if !self.seen.is_empty() {
            seen.append(&self.seen);
        }
        self.seen = seen;
    }

    /// The node of a layer at a span.
    fn of<'e>(extensions: &'e Extensions<'_>, door: DoorNumber) -> Option<&'e Self> {
        extensions.get::<Nodes>()?.iter().find(|node| node.door == door)
    }

    /// The same, to change it. Every event comes here twice.
    #[inline]
    pub(super) fn of_mut<'e>(extensions: &'e mut ExtensionsMut<'_>, door: DoorNumber) -> Option<&'e mut Self> {
        extensions.get_mut::<Nodes>()?.get_mut(door)
    }

    /// Keeps the node with a span, beside those of other layers.
    pub(super) fn keep(self, extensions: &mut ExtensionsMut<'_>) {
        if let Some(others) = extensions.replace(Nodes { node: self, more: None })
            && let Some(nodes) = extensions.get_mut::<Nodes>()
        {
            let (_, others) = others.without(nodes.node.door);
            nodes.more = others.map(Box::new);
        }
    }

    /// Takes the node of a layer away from its span.
    #[inline]
    pub(super) fn take(extensions: &mut ExtensionsMut<'_>, door: DoorNumber) -> Option<Self> {
        let (node, rest) = extensions.remove::<Nodes>()?.without(door);
        if let Some(rest) = rest {
            extensions.replace(rest);
        }
        node
    }
}

/// The place that a layer has for a span, or for the nearest span around it.
pub(super) fn nearest<'a, S>(mut next: Option<SpanRef<'a, S>>, door: DoorNumber) -> Option<Place>
where
    S: LookupSpan<'a>,
{
    while let Some(span) = next {
        if let Some(node) = Node::of(&span.extensions(), door) {
            return Some(node.place.clone());
        }
        next = span.parent();
    }
    None
}
