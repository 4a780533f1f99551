//! Secrets that came piece by piece: the chunks of a stream, the tokens of an answer with their probabilities, lists of
//! short texts. What they say together is looked at, and every piece that holds some of a secret is taken out.

use super::{Kind, Look, find, spans::Spans, tokens};
use crate::record::Value;

/// The longest piece, in bytes; what is longer is a text of its own.
const LONGEST: usize = 128;

/// How much is put together at most, in bytes.
const MOST: usize = 256 * 1024;

/// Where streams keep their pieces, and whether pieces there follow each other without a gap. Where they may be sentences
/// of their own, only tokens are looked for: what words say once they are joined was never said.
const PLACES: &[(&[&str], bool)] = &[
    (&["token"], true),
    (&["delta"], true),
    (&["delta", "content"], true),
    (&["delta", "text"], true),
    (&["delta", "partial_json"], true),
    (&["delta", "arguments"], true),
    (&["choices", "0", "delta", "content"], true),
    (&["choices", "0", "text"], true),
    (&["content"], false),
    (&["text"], false),
];

/// What says the same as a token in another way.
const TWINS: &[&str] = &["token_id", "bytes", "top_alternatives", "top_logprobs"];

/// Takes out the pieces of secrets from a list of objects, and tells what they were.
pub(in crate::redact) fn redact(items: &mut [Value], look: &Look<'_>) -> Vec<Kind> {
    let mut kinds = Vec::new();
    if items.len() < 2 || items.iter().any(|item| item.as_object().is_none()) {
        return kinds;
    }
    for (path, is_gapless) in PLACES {
        let texts: Vec<(usize, &str)> =
            items.iter().enumerate().filter_map(|(index, item)| Some((index, at(item, path)?.as_str()?))).collect();
        if texts.len() < 2 {
            continue;
        }
        let pieces: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
        let touched: Vec<(usize, Kind)> = touched(&pieces, look, *is_gapless)
            .into_iter()
            .filter_map(|(place, kind)| Some((texts.get(place)?.0, kind)))
            .collect();
        for (index, kind) in touched {
            let Some(item) = items.get_mut(index) else { continue };
            if let Some(text) = at_mut(item, path)
                && text.as_str() != Some(kind.mark())
            {
                *text = kind.mark().into();
                kinds.push(kind);
            }
            if let Some(members) = item.as_object_mut() {
                members.retain(|name, _| !TWINS.contains(&name.as_str()));
            }
        }
    }
    kinds
}

fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Object(members) => members.get(*key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn at_mut<'v>(value: &'v mut Value, path: &[&str]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Object(members) => members.get_mut(*key),
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The pieces that hold some of a secret, by their places.
pub(super) fn touched(pieces: &[&str], look: &Look<'_>, is_gapless: bool) -> Vec<(usize, Kind)> {
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    if !(12..=MOST).contains(&length) || pieces.iter().any(|piece| piece.len() > LONGEST) {
        return Vec::new();
    }
    let whole = pieces.concat();
    let found = if is_gapless { said(&whole, look) } else { joined(&whole, look) };
    if found.is_empty() {
        return Vec::new();
    }
    let mut at = 0;
    let mut touched = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let (from, to) = (at, at + piece.len());
        at = to;
        if let Some((_, kind)) = found.iter().find(|(range, _)| range.start < to && from < range.end) {
            touched.push((index, *kind));
        }
    }
    touched
}

type Found = Vec<(std::ops::Range<usize>, Kind)>;

/// Everything that is in a text.
fn said(whole: &str, look: &Look<'_>) -> Found {
    let Some(mut spans) = find(whole, look) else { return vec![(0..whole.len(), Kind::Error)] };
    look.learned.find(whole, look.is_identity, &mut spans);
    spans.around(&super::kind::marks(whole.as_bytes())).merged()
}

/// Tokens, and values that were seen under the name of a secret.
fn joined(whole: &str, look: &Look<'_>) -> Found {
    let mut spans = Spans::default();
    tokens::find(whole, look, &mut spans);
    look.learned.find(whole, look.is_identity, &mut spans);
    let is_token = |kind: Kind| !matches!(kind, Kind::HighEntropy | Kind::Encoded | Kind::Error);
    spans.merged().into_iter().filter(|(_, kind)| is_token(*kind)).collect()
}
