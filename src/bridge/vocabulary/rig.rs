//! The whole requests and answers that `rig` writes to its log at TRACE, the only place where it tells tools and sampling.

use crate::{
    bridge::facts::EventFacts,
    record::{Object, Value, parse},
};

/// What was logged inside one call's span. A call that was tried again has its last request and answer here.
#[derive(Default)]
pub(super) struct Bodies {
    pub(super) request: Option<Object>,
    pub(super) reply: Option<Object>,
}

/// Reads the bodies from a call's events: a label, a colon, and JSON over many lines. What cannot be read is left out.
pub(super) fn bodies(events: &[EventFacts]) -> Bodies {
    let mut bodies = Bodies::default();
    for event in events.iter().filter(|event| matches!(&*event.target, "rig::completions" | "rig::streaming")) {
        let Some((label, body)) = event.message.as_deref().and_then(labelled) else { continue };
        if label == "reply" {
            bodies.reply = Some(body);
        } else if label.ends_with("request") {
            bodies.request = Some(body);
        }
    }
    bodies
}

fn labelled(message: &str) -> Option<(&str, Object)> {
    let (label, body) = message.split_at_checked(message.find('{')?)?;
    match parse(body.trim().as_bytes()) {
        Ok(Value::Object(members)) => Some((label.trim_end().trim_end_matches(':'), members)),
        _ => None,
    }
}
