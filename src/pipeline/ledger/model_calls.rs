//! Model calls of a session: none twice, and a word when they grow large.

use super::{
    super::road::{Known, Road},
    Refused,
};
use crate::{
    CaptureMode,
    capture::Artifact,
    pipeline::ledger::patches::Amendment,
    record::{ModelLayer, Object, Value},
};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};

/// How many calls are remembered so that none is kept twice. One that comes again after so many others is kept again.
pub(super) const CALLS: usize = 4096;

/// From how many bytes on the model calls of a run are worth a word.
pub(super) const LARGE: usize = 50 * 1024 * 1024;

/// Tells that the model calls of a run are large.
const LARGE_TAG: &str = "augur.modelio.large";

type Key = [u8; 32];

#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Where calls stand; empty for one that the flight recorder holds.
    pub(super) paths: HashMap<Key, String>,
    /// Oldest first.
    order: VecDeque<Key>,
    pub(super) bytes: usize,
}

impl Road {
    /// Records a model call of a session and notes on its step what ran. The same prompt with the same answer, at the same
    /// step and layer, is the same call: it keeps the path that it had.
    pub(crate) fn recorded_call(
        &mut self,
        step_index: Option<u64>,
        layer: ModelLayer,
        record: Object,
        mode: CaptureMode,
        known: Known,
    ) -> Result<Option<String>, Refused> {
        if step_index.is_some_and(|index| self.sensitive.has(index)) {
            return Ok(None);
        }
        let key = key(step_index, layer, &record);
        let mode = self.in_force(mode);
        match key.and_then(|key| self.ledger.calls.paths.get(&key)) {
            Some(path) if !path.is_empty() => return Ok(Some(path.clone())),
            // The flight recorder holds it already.
            Some(_) if !mode.passes(Artifact::ModelCall) => return Ok(None),
            _ => {}
        }
        if self.sequences.len() >= CALLS {
            // The next number of a step is found on disk again.
            self.sequences.retain(|(step, _), _| step.is_none());
        }
        let versions = versions(&record);
        let path = self.known_call(step_index, layer, record, mode, known);
        if path.is_none() && mode.passes(Artifact::ModelCall) {
            return Err(Refused::Unfit("the model call"));
        }
        if let Some(key) = key.filter(|_| path.is_some() || self.goes_on(Artifact::ModelCall, mode)) {
            self.ledger.calls.remember(key, path.clone().unwrap_or_default());
        }
        if let Some(index) = step_index.filter(|index| !versions.is_empty() && self.has_step(*index)) {
            let members = Object::from([("captured_versions".to_owned(), versions.into())]);
            self.amend(index, members, mode, Amendment::Merge)?;
        }
        Ok(path)
    }

    /// Adds to the account of model calls, and tells once when they are large.
    pub(in crate::pipeline) fn weigh_model_call(&mut self, weight: usize) {
        let before = self.ledger.calls.bytes;
        self.ledger.calls.bytes = before.saturating_add(weight);
        if before < LARGE && self.ledger.calls.bytes >= LARGE {
            self.tag(LARGE_TAG, "true");
            let summary =
                format!("the model calls of this run have passed {} MiB; a lower capture mode keeps none", LARGE >> 20);
            self.adapter_note(None, summary, Object::new());
        }
    }
}

impl Calls {
    pub(super) fn remember(&mut self, key: Key, path: String) {
        if let Some(known) = self.paths.get_mut(&key) {
            *known = path;
            return;
        }
        if self.order.len() >= CALLS
            && let Some(oldest) = self.order.pop_front()
        {
            self.paths.remove(&oldest);
        }
        self.order.push_back(key);
        self.paths.insert(key, path);
    }
}

/// What makes two calls the same; `None` for one that does not say what it asked.
fn key(step_index: Option<u64>, layer: ModelLayer, record: &Object) -> Option<Key> {
    let prompt = record.get("prompt_hash")?.as_str()?;
    let answer = record.get("response").cloned().unwrap_or_default();
    let whole = Value::Array(vec![step_index.map_or(Value::Null, Value::from), layer.into(), prompt.into(), answer]);
    Some(Sha256::digest(whole.to_string().as_bytes()).into())
}

fn versions(record: &Object) -> Object {
    let model = record.get("request").and_then(|request| request.get("model"));
    let named = [("model", model), ("prompt_hash", record.get("prompt_hash"))];
    let texts = named
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value.filter(|value| value.as_str().is_some())?.clone())));
    texts.collect()
}
