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

/// How much of a text is looked at to find where JSON in it ends, in lengths of the text.
const EFFORT: usize = 4;

/// The text with what was taken out of the JSON that stands in it, between other words; `None` if it stays as it is.
pub(super) fn scrub_pieces(policy: &Inner, text: &str, nested: u8) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut out, mut copied, mut from) = (None::<String>, 0, 0);
    // Braces that never close must not make the search slow.
    let mut left = bytes.len().saturating_mul(EFFORT);
    while let Some(found) = memchr::memchr3(b'{', b'[', b'"', bytes.get(from..).unwrap_or_default()) {
        let start = from + found;
        from = start + 1;
        let is_string = bytes.get(start) == Some(&b'"');
        let opens = bytes.get(from..).unwrap_or_default().iter().find(|byte| !byte.is_ascii_whitespace());
        // In a string only JSON that is escaped once more is of interest here.
        let may_be = opens.is_some_and(|byte| match byte {
            b'{' | b'[' => true,
            b'"' => !is_string,
            digit => !is_string && digit.is_ascii_digit(),
        });
        if !may_be || left == 0 {
            continue;
        }
        let (end, looked) = match is_string {
            true => whole_string(bytes, start, left),
            false => piece_end(bytes.get(start..).unwrap_or_default(), left),
        };
        left = left.saturating_sub(looked);
        let Some(piece) = end.and_then(|end| text.get(start..start + end)) else { continue };
        if let Some(read) = scrub(policy, piece, nested) {
            from = start + piece.len();
            if let Some(scrubbed) = read {
                let out = out.get_or_insert_with(String::new);
                out.push_str(text.get(copied..start)?);
                out.push_str(&scrubbed);
                copied = from;
            }
        }
    }
    let mut out = out?;
    out.push_str(text.get(copied..)?);
    Some(out)
}

/// How long the string is that opens here, and how far it was looked.
fn whole_string(bytes: &[u8], start: usize, most: usize) -> (Option<usize>, usize) {
    let window = bytes.get(..bytes.len().min(start.saturating_add(most))).unwrap_or(bytes);
    let end = string_end(window, start + 1);
    let is_closed = end > start + 1 && window.get(end - 1) == Some(&b'"');
    (is_closed.then_some(end - start), end - start)
}

/// Where the brackets that open here are closed, and how far it was looked.
fn piece_end(bytes: &[u8], most: usize) -> (Option<usize>, usize) {
    let (mut depth, mut from) = (0_usize, 0);
    while let Some(byte) = bytes.get(from).filter(|_| from < most) {
        from += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return (Some(from), from);
                }
            }
            b'"' => from = string_end(bytes, from),
            _ => {}
        }
    }
    (None, from)
}

/// The place behind the quote that ends the string that has begun before `from`.
fn string_end(json: &[u8], mut from: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', json.get(from..).unwrap_or_default()) {
        let is_end = json.get(from + found) == Some(&b'"');
        from += found + if is_end { 1 } else { 2 };
        if is_end {
            return from;
        }
    }
    json.len()
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
        from = string_end(json, from);
    }
    count
}
