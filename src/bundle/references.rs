//! The files of events that steps name. Such a file may be written long after the step that names it, so only the end of a
//! run shows which names lead nowhere: those are taken out, and an event of the run says which they were.

use super::{Files, paths};
use crate::{
    record::{EventKind, EventLayer, Object, Timestamp, Value, write_line, write_members},
    store::LocalStore,
};
use std::io;

/// Takes out of a step what leads to no file of the bundle, also in its own file. What was taken out is told first: a run
/// that dies in between tells it twice rather than never. Returns whether the file is another now.
pub(super) fn settle(store: &LocalStore, path: &str, step: &mut Object) -> io::Result<bool> {
    let Some(Value::Array(named)) = step.get_mut("events") else { return Ok(false) };
    let files = Files::new(store.root());
    let leads_nowhere = |name: &Value| name.as_str().is_some_and(|name| files.kind(name).is_none());
    if !named.iter().any(leads_nowhere) {
        return Ok(false);
    }
    let (absent, there) = std::mem::take(named).into_iter().partition(leads_nowhere);
    *named = there;
    if named.is_empty() {
        step.remove("events");
    }
    tell(store, path, absent)?;
    let mut bytes = Vec::new();
    write_members(step, 0, &mut bytes);
    bytes.push(b'\n');
    store.write(path, &bytes).map(|()| true)
}

/// The names passed gate and policy with their step. They are told among the events of the run: in a file of the step's own
/// the telling could bring the very file about that was missed.
fn tell(store: &LocalStore, path: &str, absent: Vec<Value>) -> io::Result<()> {
    let summary = format!("a step named files of events that the bundle does not have ({}): taken out", absent.len());
    let detail = Object::from([("events".to_owned(), Value::Array(absent)), ("step".to_owned(), path.into())]);
    let event = Object::from([
        ("ts".to_owned(), Value::from(Timestamp::now().to_string())),
        ("layer".to_owned(), EventLayer::Adapter.into()),
        ("kind".to_owned(), EventKind::Error.into()),
        ("summary".to_owned(), summary.into()),
        ("detail".to_owned(), detail.into()),
    ]);
    let mut line = Vec::new();
    write_line(&event.into(), &mut line);
    line.push(b'\n');
    store.append(&paths::events(None), &line)
}
