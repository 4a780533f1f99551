//! Secrets that no single text shows: names and values that stand side by side, keys in lines, tokens in pieces, bytes.

use super::{
    Class, Kind, Look, blocks, classify, deltas,
    entropy::{is_digest, is_random, is_uuid},
    keys::is_placeholder,
    numbers::is_card,
    triggers,
};
use crate::{
    record::{Number, Object, Value},
    redact::Treatment,
};

/// Members that hold the name of something.
const NAMES: &[&str] = &["name", "key", "header", "field", "param", "parameter", "k", "Name", "Key"];

/// Members that hold what is called so.
const VALUES: &[&str] = &["value", "val", "v", "content", "text", "values", "Value"];

/// The members of a JSON schema: what describes a secret is none.
const SCHEMA: &[&str] = &[
    "type",
    "title",
    "description",
    "format",
    "minLength",
    "maxLength",
    "pattern",
    "nullable",
    "writeOnly",
    "readOnly",
    "required",
    "items",
    "properties",
    "additionalProperties",
    "deprecated",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
];

/// What is done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::redact) enum Verdict {
    /// As the name says.
    Treat(Treatment),
    /// Every text in it is masked; its members keep their names.
    MaskLeaves,
}

/// What happens to a member, by its name and what stands behind it.
pub(in crate::redact) fn judge(class: Class, value: &Value) -> Verdict {
    let treatment = class.treatment();
    let keeps = match (class, value) {
        (Class::Plain, _) => true,
        (_, Value::Null | Value::Bool(_)) => true,
        (Class::Suspect, Value::String(text)) => {
            return Verdict::Treat(if is_suspicious(text) { Treatment::Mask } else { Treatment::Scrub });
        }
        (Class::Suspect, _) => true,
        (Class::Cookies, Value::Array(_) | Value::Object(_)) => return Verdict::MaskLeaves,
        (_, Value::String(text)) if is_placeholder(text) => true,
        // What a request does with its credentials.
        (Class::Secret, Value::String(text)) if matches!(text.as_str(), "include" | "omit" | "same-origin") => true,
        (Class::Code, Value::String(text)) => text.len() > 16 || !text.bytes().any(|byte| byte.is_ascii_digit()),
        (Class::Code, Value::Object(_)) => true,
        // A position in a list; tokens of a model are counted.
        (Class::Token | Class::BareToken, Value::Number(_)) => true,
        (_, Value::Object(members)) => is_schema(members),
        (_, Value::Array(items)) => items.is_empty(),
        _ => false,
    };
    Verdict::Treat(if keeps { Treatment::Scrub } else { treatment })
}

/// Whether a text behind a name such as `key` is more than a word or an id.
fn is_suspicious(text: &str) -> bool {
    let bytes = text.as_bytes();
    (20..=4096).contains(&bytes.len())
        && !bytes.iter().any(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b':' | b'.'))
        && is_random(bytes)
        && !is_digest(bytes)
        && !is_uuid(bytes)
}

fn is_schema(members: &Object) -> bool {
    let describes = members.contains_key("type") || members.contains_key("$ref") || members.contains_key("anyOf");
    describes && members.keys().all(|name| SCHEMA.contains(&name.as_str()))
}

/// The member that holds the value of what another member names: `{"name": "X-Api-Key", "value": …}`.
pub(in crate::redact) fn named_value(members: &Object) -> Option<(&'static str, Class)> {
    if members.len() < 2 {
        return None;
    }
    let (mut class, mut holder) = (Class::Plain, None);
    for (member, value) in members {
        if let Some(text) = value.as_str()
            && !class.is_certain()
            && NAMES.contains(&member.as_str())
        {
            class = classify(text);
        } else if let Some(known) = VALUES.iter().find(|known| **known == *member) {
            holder = Some(*known);
        }
    }
    holder.filter(|_| class.is_certain()).map(|holder| (holder, class))
}

/// What is to become of the items of a list, each by its place; empty if nothing.
pub(in crate::redact) fn items(items: &[Value], look: &Look<'_>) -> Vec<(usize, Kind)> {
    if let Some(kind) = bytes(items, look) {
        return (0..items.len()).map(|index| (index, kind)).collect();
    }
    if is_pair(items) {
        return Vec::new();
    }
    let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    if texts.len() < 2 || texts.len() != items.len() {
        return Vec::new();
    }
    let mut found = lines(&texts);
    if found.is_empty() {
        found = options(&texts);
    }
    if found.is_empty() {
        found = deltas::touched(&texts, look, false);
    }
    found
}

/// A list of pairs, each a name and its value: the second of those whose first names a secret.
pub(in crate::redact) fn pairs(items: &[Value]) -> Vec<usize> {
    let pair = |item: &Value| match item.as_array() {
        Some([Value::String(name), _]) => Some(classify(name).is_certain()),
        _ => None,
    };
    let Some(pairs) = items.iter().map(pair).collect::<Option<Vec<bool>>>() else { return Vec::new() };
    pairs.into_iter().enumerate().filter(|(_, is_secret)| *is_secret).map(|(index, _)| index).collect()
}

/// Names and values in turn, under a name that says that they are headers.
pub(in crate::redact) fn alternating(name: &str, items: &[Value]) -> Vec<usize> {
    let is_headers = name.to_ascii_lowercase().ends_with("headers");
    if !is_headers || !items.len().is_multiple_of(2) || items.iter().any(|item| item.as_str().is_none()) {
        return Vec::new();
    }
    let is_secret =
        |index: &usize| items.get(*index).and_then(Value::as_str).is_some_and(|name| classify(name).is_certain());
    (0..items.len()).step_by(2).filter(is_secret).map(|index| index + 1).collect()
}

fn is_pair(items: &[Value]) -> bool {
    matches!(items, [Value::String(_), other] if other.as_str().is_none())
}

/// A list of small numbers may be bytes.
fn bytes(items: &[Value], look: &Look<'_>) -> Option<Kind> {
    if items.len() < 12 {
        return None;
    }
    let byte = |item: &Value| item.as_u64().and_then(|number| u8::try_from(number).ok());
    let bytes: Vec<u8> = items.iter().map(byte).collect::<Option<_>>()?;
    super::encoded::is_secret(&bytes, look).then_some(Kind::Encoded)
}

/// The lines of a private key.
fn lines(texts: &[&str]) -> Vec<(usize, Kind)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        inside |= blocks::begins_in(text);
        if inside {
            found.push((index, Kind::PrivateKey));
        }
        let ends = text.contains("-----END") || text.starts_with("Private-MAC:");
        inside = inside && !ends;
    }
    found
}

/// The arguments of a command: `["--password", …]`.
fn options(texts: &[&str]) -> Vec<(usize, Kind)> {
    let mut found = Vec::new();
    for (index, pair) in texts.windows(2).enumerate() {
        let [option, value] = pair else { continue };
        let kind = match option.strip_prefix("--") {
            Some(name) if !name.contains('=') => {
                Some(classify(name)).filter(|class| class.is_certain()).map(|_| Kind::Masked)
            }
            _ if *option == "-u" || *option == "--user" => triggers::is_user(value).then_some(Kind::Password),
            _ => (*option == "-p" && texts.first().is_some_and(|command| command.ends_with("sshpass")))
                .then_some(Kind::Password),
        };
        if let Some(kind) = kind.filter(|_| !value.starts_with('-') && !is_placeholder(value)) {
            found.push((index + 1, kind));
        }
    }
    found
}

/// A token that came in numbered members, `part1` and `part2`: those that hold some of it.
pub(in crate::redact) fn parts(members: &Object, look: &Look<'_>) -> Vec<(String, Kind)> {
    let stem = |name: &str| name.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let mut found = Vec::new();
    // Names stand in order, so those with one stem stand together.
    let numbered: Vec<(&String, &str)> = members
        .iter()
        .filter(|(name, _)| name.ends_with(|letter: char| letter.is_ascii_digit()))
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .collect();
    for group in numbered.chunk_by(|(one, _), (other, _)| one.get(..stem(one)) == other.get(..stem(other))) {
        if group.len() < 2 {
            continue;
        }
        let texts: Vec<&str> = group.iter().map(|(_, text)| *text).collect();
        let touched = deltas::touched(&texts, look, false);
        found.extend(touched.iter().filter_map(|(index, kind)| Some(((*group.get(*index)?.0).clone(), *kind))));
    }
    found
}

/// Whether a number is that of a card.
pub(in crate::redact) fn is_card_number(value: &Value) -> bool {
    // What has fewer digits, a sign or a fraction need not be written out.
    let is_long = |number: &&Number| number.is_integer() && number.as_f64() >= 1e13;
    value.as_number().filter(is_long).is_some_and(|number| {
        let digits = number.to_string();
        digits.len() >= 14 && digits.bytes().all(|byte| byte.is_ascii_digit()) && is_card(digits.as_bytes())
    })
}
