//! What is known of a picture beside the picture: which page it shows, and in which frame its coordinates are.

use crate::{
    CaptureMode,
    bundle::{Moment, paths},
    pipeline::Road,
    record::{EventKind, EventLayer, Object, Timestamp, Value},
};

/// Puts it into the events of the step.
pub(super) fn tell(road: &mut Road, index: u64, moment: Moment, details: Object, at: Timestamp, mode: CaptureMode) {
    let shown = ["title", "url"].iter().find_map(|name| details.get(*name).and_then(Value::as_str));
    let when = match moment {
        Moment::Before => "before",
        Moment::After => "after",
    };
    let summary = format!("seen {when} the action: {}", shown.unwrap_or("a page"));
    let mut detail = details;
    detail.entry("artifact".to_owned()).or_insert_with(|| paths::screenshot(index, moment).into());
    let event = Object::from([
        ("ts".to_owned(), at.to_string().into()),
        ("layer".to_owned(), EventLayer::Grounding.into()),
        ("kind".to_owned(), EventKind::Observation.into()),
        ("summary".to_owned(), summary.into()),
        ("step_index".to_owned(), index.into()),
        ("detail".to_owned(), detail.into()),
    ]);
    road.event(event, EventLayer::Grounding, mode);
}
