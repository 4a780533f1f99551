//! JSON inside a text: read, treated like any other value, and written anew if something was taken out.

use super::{policy::Inner, walk::Walk};
use crate::record::{self, Value};

/// A message, its tool call, the call's arguments, and one more.
const DEPTH: u8 = 4;

/// The outer answer is `None` if the text is not JSON, the inner one if it stays as it is.
pub(super) fn scrub(policy: &Inner, text: &str, nested: u8) -> Option<Option<String>> {
    let trimmed = text.trim();
    let (first, last) = (trimmed.bytes().next()?, trimmed.bytes().next_back()?);
    if nested >= DEPTH || trimmed.len() < 4 || !matches!((first, last), (b'{', b'}') | (b'[', b']') | (b'"', b'"')) {
        return None;
    }
    let mut value = record::parse(trimmed.as_bytes()).ok()?;
    // Of members with one name only the last is read, so what another one holds must not stay.
    let is_whole = members(&value) == separators(trimmed.as_bytes());
    let mut walk = Walk::new(policy, nested + 1);
    walk.until_nothing_is_learned(|walk| walk.value(&mut value, &[], 0));
    Some((walk.touched > 0 || !is_whole).then(|| value.to_string()))
}

/// How many members a value has, at all depths.
fn members(value: &Value) -> usize {
    match value {
        Value::Object(inner) => inner.len() + inner.values().map(members).sum::<usize>(),
        Value::Array(items) => items.iter().map(members).sum(),
        _ => 0,
    }
}

/// How many colons stand outside of strings.
fn separators(json: &[u8]) -> usize {
    let (mut count, mut from) = (0, 0);
    while let Some(found) = memchr::memchr2(b':', b'"', json.get(from..).unwrap_or_default()) {
        from += found + 1;
        if json.get(from - 1) == Some(&b':') {
            count += 1;
            continue;
        }
        // To the quote that ends the string.
        while let Some(found) = memchr::memchr2(b'"', b'\\', json.get(from..).unwrap_or_default()) {
            let is_end = json.get(from + found) == Some(&b'"');
            from += found + if is_end { 1 } else { 2 };
            if is_end {
                break;
            }
        }
    }
    count
}
