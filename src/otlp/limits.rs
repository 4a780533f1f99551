//! Values that are too long and attributes that are too many. What is cut leaves with a digest of the whole, and with the file
//! of the bundle that holds it where there is one.

use super::{
    gate::{MODE_ATTRIBUTE, SENSITIVE_ATTRIBUTE},
    queue::weight,
};
use crate::{capture::is_content, record::RunId};
use opentelemetry::{Array, KeyValue, Value};
use opentelemetry_sdk::trace::SpanData;
use sha2::{Digest, Sha256};

/// The attribute that tells of what was cut, an entry for each value: its name, its size, its digest and where it is whole.
pub(crate) const CUT_ATTRIBUTE: &str = "augur.cut";

/// How many attributes beyond the limit are told by name.
const MOST_NOTED: usize = 64;

/// Says what a span is to its run; the last to go where there are too many.
const IDENTITY: &[&str] = &[
    MODE_ATTRIBUTE,
    SENSITIVE_ATTRIBUTE,
    "augur.run.id",
    "augur.step.index",
    "augur.step.status",
    "augur.layer",
    "augur.kind",
];

/// Values that were cut.
#[derive(Debug, Default)]
pub(super) struct Cuts(Vec<Cut>);

#[derive(Debug)]
struct Cut {
    key: String,
    bytes: usize,
    /// None of a text that nobody has searched for secrets.
    digest: Option<String>,
}

impl Cuts {
    /// The text up to `limit` characters. Only for text that is redacted: a cut through a secret would hide it from every
    /// pattern.
    pub(super) fn text(&mut self, key: &str, mut text: String, limit: usize) -> String {
        if let Some(end) = end_of(&text, limit) {
            self.whole(key, &text);
            text.truncate(end);
            text.push('…');
        }
        text
    }

    /// Notes a value that does not leave as a whole, by the text that it is.
    pub(super) fn whole(&mut self, key: &str, text: &str) {
        // What was noted before was longer.
        if self.0.iter().any(|cut| cut.key == key) {
            return;
        }
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
        self.0.push(Cut { key: key.to_owned(), bytes: text.len(), digest: Some(digest) });
    }

    /// Notes a text that was too long to be searched, and does not leave at all.
    pub(super) fn unread(&mut self, key: &str, bytes: usize) {
        self.0.push(Cut { key: key.to_owned(), bytes, digest: None });
    }

    /// A name may turn out to be no longer what it was.
    pub(super) fn rename(&mut self, before: &str, after: &str) {
        self.0.iter_mut().filter(|cut| cut.key == before).for_each(|cut| after.clone_into(&mut cut.key));
    }

    /// Adds what was cut elsewhere.
    pub(super) fn append(&mut self, mut more: Self) {
        self.0.append(&mut more.0);
    }

    /// Notes attributes that do not leave at all.
    pub(super) fn beyond(&mut self, attributes: &[KeyValue]) {
        for attribute in attributes.iter().take(MOST_NOTED) {
            self.whole(attribute.key.as_str(), &attribute.value.as_str());
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What there is to tell; `None` if nothing was cut.
    pub(super) fn tell(self, whereabouts: &Whereabouts) -> Option<Vec<String>> {
        let told = |cut: Cut| {
            let digest = cut.digest.map(|digest| format!(", sha256 {digest}")).unwrap_or_default();
            let place = whereabouts.of(&cut.key).map(|path| format!(", whole in {path}")).unwrap_or_default();
            format!("{}: {} bytes{digest}{place}", cut.key, cut.bytes)
        };
        (!self.0.is_empty()).then(|| self.0.into_iter().map(told).collect())
    }

    /// Adds what there is to tell to the attributes of a span or an event.
    pub(super) fn tell_in(self, attributes: &mut Vec<KeyValue>, whereabouts: &Whereabouts) {
        if let Some(told) = self.tell(whereabouts) {
            let told = told.into_iter().map(Into::into).collect();
            attributes.push(KeyValue::new(CUT_ATTRIBUTE, Value::Array(Array::String(told))));
        }
    }
}

/// Where a cut falls so that `limit` characters are left with the sign of it; `None` if the text is short enough.
fn end_of(text: &str, limit: usize) -> Option<usize> {
    // A character has at least one byte.
    if text.len() <= limit {
        return None;
    }
    text.char_indices().nth(limit)?;
    text.char_indices().nth(limit.saturating_sub(1)).map(|(end, _)| end)
}

/// Where the bundle has what belongs to a span or a log record.
#[derive(Debug, Clone, Default)]
pub(super) struct Whereabouts {
    /// The folder of the run.
    pub(super) run: Option<String>,
    pub(super) step: Option<u64>,
    /// The file that holds everything.
    pub(super) file: Option<String>,
}

/// The folder of a run of that id.
pub(super) fn folder(run_id: &str) -> String {
    RunId::new(run_id).map_or_else(|_| run_id.to_owned(), |id| id.folder_name())
}

impl Whereabouts {
    /// By what our layer said of a span.
    pub(super) fn of_span(attributes: &[KeyValue]) -> Self {
        let find = |name: &str| attributes.iter().rev().find(|attribute| attribute.key.as_str() == name);
        let run = find("augur.run.id").map(|attribute| folder(&attribute.value.as_str()));
        let step = find("augur.step.index").and_then(|attribute| match attribute.value {
            Value::I64(index) => u64::try_from(index).ok(),
            _ => None,
        });
        Self { run, step, file: None }
    }

    /// The file that holds a value whole, from the folder of the bundles on. `None` if there may be none: what the agent's
    /// own attributes say is not in the bundle.
    fn of(&self, key: &str) -> Option<String> {
        if self.file.is_some() {
            return self.file.clone();
        }
        let run = self.run.as_deref()?;
        if key.starts_with("augur.run.") {
            return Some(format!("{run}/trace.json"));
        }
        let step = self.step?;
        let is_models = ["input", "output", "system", "prompt", "completion"];
        if key.starts_with("augur.") {
            Some(format!("{run}/steps/{step:04}.json"))
        } else if is_content(key) && key.contains("tool.") && !key.contains("definitions") {
            Some(format!("{run}/events/{step:04}.jsonl"))
        } else if is_content(key)
            && key.strip_prefix("gen_ai.").is_some_and(|rest| is_models.iter().any(|word| rest.starts_with(word)))
        {
            Some(format!("{run}/modelio/{step:04}-*.json"))
        } else {
            None
        }
    }
}

/// Cuts a span that is too large for a request by itself, its longest values first, and then leaves out its newest events: a
/// collector would refuse the whole of it. Says how many events went.
pub(super) fn shrink(span: &mut SpanData, most: usize, cuts: &mut Cuts) -> usize {
    for length in [4096, 256] {
        if weight(span) <= most {
            return 0;
        }
        cut_attributes(&mut span.attributes, length, cuts);
        for event in &mut span.events.events {
            // Of an event that is one among many, that its values were cut is told by the sign in them.
            cut_attributes(&mut event.attributes, length, &mut Cuts::default());
        }
    }
    let before = span.events.events.len();
    while weight(span) > most && !span.events.events.is_empty() {
        let left = span.events.events.len() / 2;
        span.events.events.truncate(left);
    }
    let gone = before - span.events.events.len();
    span.events.dropped_count = span.events.dropped_count.saturating_add(u32::try_from(gone).unwrap_or(u32::MAX));
    gone
}

fn cut_attributes(attributes: &mut [KeyValue], length: usize, cuts: &mut Cuts) {
    for KeyValue { key, value, .. } in attributes {
        if let Value::String(text) = value
            && text.as_str().len() > length
        {
            *value = Value::String(cuts.text(key.as_str(), text.as_str().to_owned(), length).into());
        }
    }
}

fn is_identity(name: &str) -> bool {
    IDENTITY.contains(&name)
}

/// Takes out what is beyond `most`, the newest first, and what makes a span one of a run last.
pub(super) fn keep_most(attributes: &mut Vec<KeyValue>, most: usize) -> Vec<KeyValue> {
    if attributes.len() <= most {
        return Vec::new();
    }
    let is_identity = |attribute: &KeyValue| is_identity(attribute.key.as_str());
    let mut room = most.saturating_sub(attributes.iter().filter(|attribute| is_identity(attribute)).count());
    let mut identity = most;
    let mut left = |attribute: &KeyValue| {
        let left = if is_identity(attribute) { &mut identity } else { &mut room };
        let stays = *left > 0;
        *left = left.saturating_sub(1);
        stays
    };
    let (kept, beyond) = std::mem::take(attributes).into_iter().partition(|attribute| left(attribute));
    *attributes = kept;
    beyond
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_falls_between_characters_and_never_leaves_more_than_the_limit() {
        for (text, limit, expected) in [
            ("short", 5, "short"),
            ("longer", 4, "lon…"),
            ("äöüß", 4, "äöüß"),
            ("äöüßé", 4, "äöü…"),
            ("ab", 1, "…"),
            ("", 1, ""),
        ] {
            let mut cuts = Cuts::default();
            let left = cuts.text("k", text.to_owned(), limit);
            assert_eq!((left.as_str(), cuts.len()), (expected, usize::from(text != expected)));
            assert!(left.chars().count() <= limit);
        }
    }

    #[test]
    fn what_was_cut_is_told_with_its_digest_and_where_it_is() {
        let run = Some("checkout".to_owned());
        let in_step = Whereabouts { run: run.clone(), step: Some(3), file: None };
        for (key, whereabouts, place) in [
            ("augur.step.intent", in_step.clone(), ", whole in checkout/steps/0003.json"),
            (
                "augur.run.tags.x",
                Whereabouts { run: run.clone(), step: None, file: None },
                ", whole in checkout/trace.json",
            ),
            ("gen_ai.input.messages", in_step.clone(), ", whole in checkout/modelio/0003-*.json"),
            ("gen_ai.prompt.0.content", in_step.clone(), ", whole in checkout/modelio/0003-*.json"),
            ("gen_ai.tool.call.result", in_step.clone(), ", whole in checkout/events/0003.jsonl"),
            ("mine", in_step, ""),
            (
                "augur.step.intent",
                Whereabouts { run, step: None, file: Some("checkout/events/run.jsonl".to_owned()) },
                ", whole in checkout/events/run.jsonl",
            ),
            ("augur.step.intent", Whereabouts::default(), ""),
        ] {
            let mut cuts = Cuts::default();
            cuts.text(key, "abc".to_owned(), 2);
            let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
            assert_eq!(cuts.tell(&whereabouts).unwrap(), [format!("{key}: 3 bytes, sha256 {digest}{place}")]);
        }
        assert_eq!(Cuts::default().tell(&Whereabouts::default()), None);
    }

    #[test]
    fn a_run_is_looked_for_in_its_folder_and_not_under_its_id() {
        let attributes = [KeyValue::new("augur.run.id", "a:b"), KeyValue::new("augur.step.index", 0)];
        let place = Whereabouts::of_span(&attributes).of("augur.step.intent");
        assert_eq!(place.as_deref(), Some("a~3Ab/steps/0000.json"));
    }

    #[test]
    fn of_too_many_attributes_the_newest_go_and_what_names_the_step_last() {
        let names = ["a", "b", "augur.capture_mode", "c", "augur.run.id"];
        for (most, kept) in [
            (5, &names[..]),
            (4, &["a", "b", "augur.capture_mode", "augur.run.id"]),
            (3, &["a", "augur.capture_mode", "augur.run.id"]),
            (2, &["augur.capture_mode", "augur.run.id"]),
            (1, &["augur.capture_mode"]),
        ] {
            let mut attributes = names.map(|name| KeyValue::new(name, 1)).to_vec();
            let gone = keep_most(&mut attributes, most).len();
            let left: Vec<_> = attributes.iter().map(|attribute| attribute.key.as_str()).collect();
            assert_eq!((left.as_slice(), gone), (kept, names.len() - kept.len()));
        }
    }
}
