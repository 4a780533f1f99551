//! The layers of ours in this process, and how code outside of their callbacks finds what they know of a span. A subscriber
//! can be asked for one of them only, and for none that stands in a `reload` layer.

use super::{
    door::{Door, DoorNumber},
    layer::AugurLayer,
    node::{Place, nearest},
};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use tracing::{Dispatch, Subscriber, span::Id};
use tracing_subscriber::registry::LookupSpan;

/// Finds the place of a span from outside a callback; knows the type of the subscriber below a layer.
pub(super) type Lookup = fn(&Dispatch, &Id, DoorNumber) -> Option<Place>;

/// A layer that was put on a subscriber, as long as it lives.
struct Known {
    door: Weak<Door>,
    lookup: Lookup,
}

static LAYERS: RwLock<Vec<Known>> = RwLock::new(Vec::new());

/// Remembers a layer that was put on a subscriber of this type, and lets go of those that are gone.
pub(super) fn remember<S>(door: &Arc<Door>) -> Lookup
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let mut layers = LAYERS.write().unwrap_or_else(PoisonError::into_inner);
    layers.retain(|known| known.door.strong_count() > 0);
    layers.push(Known { door: Arc::downgrade(door), lookup: lookup::<S> });
    lookup::<S>
}

fn lookup<S>(dispatch: &Dispatch, id: &Id, door: DoorNumber) -> Option<Place>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    nearest(dispatch.downcast_ref::<S>()?.span(id), door)
}

/// What each layer of ours knows of a span, or of the nearest span around it. Nothing may be locked.
pub(super) fn places(dispatch: &Dispatch, id: &Id) -> Places {
    let layers = LAYERS.read().unwrap_or_else(PoisonError::into_inner);
    let mut places = Places::default();
    if let ([_], Some(only)) = (layers.as_slice(), dispatch.downcast_ref::<AugurLayer>()) {
        places.first = only.place(dispatch, id).map(|place| (Arc::clone(&only.door), place));
        return places;
    }
    let known = layers.iter().filter_map(|known| Some((known.door.upgrade()?, known.lookup)));
    for (door, lookup) in known {
        let Some(place) = lookup(dispatch, id, door.number) else { continue };
        match &places.first {
            None => places.first = Some((door, place)),
            Some(_) => places.more.push((door, place)),
        }
    }
    places
}

/// Places that a span has in the runs of several layers; nearly always one.
#[derive(Debug, Default)]
pub(super) struct Places {
    first: Option<(Arc<Door>, Place)>,
    more: Vec<(Arc<Door>, Place)>,
}

impl Places {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<Door>, &Place)> {
        self.first.iter().chain(&self.more).map(|(door, place)| (door, place))
    }
}
