//! Names and values in text: `name: value`, `name=value`, quoted or not, in JSON that is cut, the notation of other
//! languages, headers, query strings, settings and logs.

use super::{
    bytes::{at, backslashes_before, is_name, skip_blank, until},
    entropy::{is_random, looks_secret},
    headers,
    keys::{Class, classify, is_placeholder},
    kind::mark_length,
    spans::Spans,
};
use memchr::{memchr_iter, memchr2_iter};
use std::ops::Range;

/// How far a quote may be from the one that closes it. What is longer is cut at the next blank instead.
const LONGEST_QUOTED: usize = 8 * 1024;

/// A name in front of a separator.
struct Key<'t> {
    name: &'t str,
    start: usize,
    is_quoted: bool,
    /// It stands where the name of a parameter does.
    in_url: bool,
}

/// A value behind a separator.
struct Value {
    /// The value without its quotes.
    inner: Range<usize>,
    /// The value with them.
    whole: Range<usize>,
    is_quoted: bool,
}

/// Finds the values of names that say they are secret.
pub(super) fn find(text: &str, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let mut done = 0;
    // In `name: X-Api-Key, value: …` the name is a value itself.
    let mut named = (0, Class::Plain);
    for separator in memchr2_iter(b':', b'=', bytes) {
        if separator < done {
            continue;
        }
        let Some(key) = key_before(text, separator) else { continue };
        let mut class = classify(key.name);
        if class == Class::Plain {
            match key.name {
                "name" | "Name" | "header" | "key" | "field" => {
                    let value = value_after(bytes, separator, b"", 0);
                    named = (separator, text.get(value.inner).map_or(Class::Plain, classify));
                    continue;
                }
                "value" | "Value" | "val" if named.1.is_certain() && separator - named.0 < 160 => class = named.1,
                _ => continue,
            }
        } else if key.name == "key" {
            let value = value_after(bytes, separator, b"", 0);
            named = (separator, text.get(value.inner).map_or(Class::Plain, classify));
        }
        // `secrets::Kind` is a path of a program.
        let is_path = at(bytes, separator) == b':' && at(bytes, separator + 1) == b':';
        if is_path && !matches!(class, Class::Password | Class::ApiKey) {
            continue;
        }
        if let Some((range, lesson)) = secret(text, separator, &key, class) {
            done = range.end;
            spans.add(range, class.kind());
            spans.lessons.extend(lesson.filter(|_| class.teaches()));
        }
    }
}

/// Where the secret of this pair is, and what of it can be remembered.
fn secret(text: &str, separator: usize, key: &Key<'_>, class: Class) -> Option<(Range<usize>, Option<Range<usize>>)> {
    let bytes = text.as_bytes();
    if class == Class::Authorization && closes(bytes, separator, key) {
        return None;
    }
    if matches!(class, Class::Authorization | Class::Cookie | Class::SetCookie) && at(bytes, separator) == b':'
        || class == Class::Authorization
    {
        if let Some(range) = headers::value(bytes, separator, class, key.is_quoted) {
            let start = if class == Class::Authorization || key.is_quoted {
                range.start
            } else {
                key.start + keyword(key.name, class)
            };
            return Some((start..range.end, None));
        }
        return None;
    }
    let before = at(bytes, key.start.wrapping_sub(1));
    let stops: &[u8] = match (class, before) {
        (_, b'?' | b'&' | b'#') => b"&#\"'<>)",
        (_, b';') => b";\"'",
        (Class::Password, _) => b"",
        _ => b"\"'`,;&<>)]}\\",
    };
    let limit = if at(bytes, separator) == b':' && !key.is_quoted { 2 } else { 0 };
    if closes(bytes, separator, key) {
        return None;
    }
    let mut value = value_after(bytes, separator, stops, limit);
    // What an earlier look took out is no part of the value.
    if let Some(mark) = memchr::memmem::find(bytes.get(value.inner.clone())?, b"***REDACTED:").filter(|mark| *mark > 0)
    {
        value = Value {
            inner: value.inner.start..value.inner.start + mark,
            whole: value.whole.start..value.inner.start + mark,
            is_quoted: value.is_quoted,
        };
    }
    let inner = text.get(value.inner.clone())?;
    if inner.is_empty()
        || is_placeholder(inner)
        || is_marked(inner)
        || (!value.is_quoted && !key.is_quoted && !key.in_url && is_code(class, inner))
        || !is_plausible(class, inner, at(bytes, separator) == b'=', key)
    {
        return None;
    }
    let is_contract_kind = matches!(class, Class::Password | Class::ApiKey) && !key.is_quoted;
    let offset = keyword(key.name, class);
    if is_contract_kind && offset < key.name.len() {
        return Some((key.start + offset..value.whole.end, Some(value.inner)));
    }
    let range = if value.is_quoted { value.inner.clone() } else { value.whole };
    Some((range, Some(value.inner)))
}

/// Whether a quote behind the separator ends the text that the name stands in, `"token="`, so that there is no value. The
/// parameters of an address are never quoted.
fn closes(bytes: &[u8], separator: usize, key: &Key<'_>) -> bool {
    let quote = at(bytes, skip_blank(bytes, separator + 1, 0));
    let is_quote = matches!(quote, b'"' | b'\'' | b'`');
    is_quote && !key.is_quoted && (key.in_url || at(bytes, key.start.wrapping_sub(1)) == quote)
}

/// A value that begins with a mark is what an earlier pass left, unless something secret is glued to it.
fn is_marked(value: &str) -> bool {
    mark_length(value.as_bytes()).is_some_and(|length| !at(value.as_bytes(), length).is_ascii_alphanumeric())
}

/// Whether this value can be of its class. Passwords may be anything; other names occur in prose too.
fn is_plausible(class: Class, value: &str, is_equation: bool, key: &Key<'_>) -> bool {
    let bytes = value.as_bytes();
    let in_url = is_equation && key.in_url;
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    match class {
        Class::Plain => false,
        Class::Password | Class::ApiKey | Class::Authorization | Class::Cookie | Class::SetCookie => true,
        Class::Secret | Class::Token => {
            let is_setting = is_equation || key.name.bytes().all(|byte| !byte.is_ascii_lowercase());
            let is_word = bytes.len() <= 10 && bytes.iter().all(u8::is_ascii_lowercase);
            in_url || (bytes.len() >= 6 && !is_word) || (is_setting && bytes.len() >= 3)
        }
        Class::BareToken => looks_secret(bytes) || (in_url && bytes.len() >= 4),
        Class::Cookies => looks_secret(bytes) || value.contains('='),
        Class::Code => (3..=10).contains(&bytes.len()) && digits >= 3,
        Class::Person => digits >= 4,
        Class::Suspect => in_url && bytes.len() >= 12 && looks_secret(bytes),
    }
}

/// Whether a value is an expression or a type of a program, which names a secret and does not tell it. Passwords and keys
/// are left out: the contract's patterns take whatever stands behind their names.
fn is_code(class: Class, value: &str) -> bool {
    const TYPES: &[&str] =
        &["String", "Option", "Vec", "Result", "Box", "Arc", "Optional", "SecretString", "SecretStr", "string"];
    if !matches!(class, Class::Secret | Class::Token | Class::BareToken) {
        return false;
    }
    let is_path = |path: &str| {
        let is_name = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b':');
        !path.is_empty() && path.bytes().all(is_name) && !is_random(path.as_bytes())
    };
    let called = value.split_once('(').map(|(path, _)| path).or_else(|| value.contains("::").then_some(value));
    let member = value.strip_prefix("self.").or_else(|| value.strip_prefix("this."));
    TYPES.contains(&value) || called.or(member).is_some_and(is_path)
}

/// Where in a name the word begins that the contract's patterns know: they take it out together with the value.
fn keyword(name: &str, class: Class) -> usize {
    let words: &[&str] = match class {
        Class::Password => &["password", "passwd", "pwd"],
        Class::ApiKey => &["x-api-key", "api_key", "api-key", "apikey"],
        Class::SetCookie => &["set-cookie"],
        Class::Cookie => &["cookie"],
        _ => &[],
    };
    let ends = |word: &&&str| {
        let tail = name.len().checked_sub(word.len()).and_then(|from| name.get(from..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(word))
    };
    words.iter().find(ends).map_or(name.len(), |word| name.len() - word.len())
}

/// The name in front of a separator; `None` if there is none.
fn key_before(text: &str, separator: usize) -> Option<Key<'_>> {
    let bytes = text.as_bytes();
    let back = |mut end: usize, most: usize, matches: fn(u8) -> bool| {
        let limit = end.saturating_sub(most);
        while end > limit && matches(at(bytes, end - 1)) {
            end -= 1;
        }
        end
    };
    let bare = back(separator, 8, |byte| matches!(byte, b' ' | b'\t' | 0x1c..=0x1f));
    let end = back(bare, 16, |byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']'));
    let end = if end < bare { end } else { back_unicode_blank(text, bare) };
    let mut start = back(end, 64, |byte| is_name(byte) || !byte.is_ascii());
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let name = text.get(start..end)?;
    let in_url = matches!(at(bytes, start.wrapping_sub(1)), b'?' | b'&' | b'#');
    (!name.is_empty()).then_some(Key { name, start, is_quoted: end < bare && at(bytes, end) != b' ', in_url })
}

/// Blanks beyond ASCII between a name and its separator.
fn back_unicode_blank(text: &str, end: usize) -> usize {
    if at(text.as_bytes(), end.wrapping_sub(1)).is_ascii() {
        return end;
    }
    text.get(..end).map_or(end, |head| head.trim_end().len().max(end.saturating_sub(12)))
}

/// The value behind a separator. `lines` says how many line breaks may stand in front of it.
fn value_after(bytes: &[u8], separator: usize, stops: &[u8], lines: usize) -> Value {
    let mut from = separator + 1;
    // `:=`, `=>`, `==`
    while matches!(at(bytes, from), b'=' | b'>') {
        from += 1;
    }
    let mut start = skip_blank(bytes, from, lines);
    // `password: |` and a block below it.
    if matches!(at(bytes, start), b'|' | b'>') && matches!(at(bytes, start + 1), b'\n' | b'\r' | b'-') {
        start = skip_blank(bytes, start + 1 + usize::from(at(bytes, start + 1) == b'-'), 2);
    }
    if start > from && begins_another_pair(bytes, from, start) {
        return Value { inner: start..start, whole: start..start, is_quoted: false };
    }
    if matches!(at(bytes, start), b'b' | b'u' | b'r' | b'f' | b'@') && matches!(at(bytes, start + 1), b'"' | b'\'') {
        start += 1;
    }
    if let Some(end) = template(bytes, start) {
        return Value { inner: start..start, whole: start..end, is_quoted: false };
    }
    quoted(bytes, start).unwrap_or_else(|| {
        let mut end = until(bytes, start, stops);
        if stops.is_empty() {
            end = without_closing(bytes, start, end);
        }
        Value { inner: start..end, whole: start..end, is_quoted: false }
    })
}

/// The end of a placeholder such as `${NAME}` or `{{ name }}`, if one stands here.
fn template(bytes: &[u8], start: usize) -> Option<usize> {
    let close = match (at(bytes, start), at(bytes, start + 1)) {
        (b'{', b'{') => &b"}}"[..],
        (b'$', b'{') if at(bytes, start + 2) == b'{' => b"}}",
        (b'$', b'{') | (b'{', _) => b"}",
        (b'$', b'(') => b")",
        (b'%', b'(') => b")s",
        (b'<', _) => b">",
        _ => return None,
    };
    let window = bytes.get(start..bytes.len().min(start + 96))?;
    let end = start + memchr::memmem::find(window, close)? + close.len();
    is_placeholder(std::str::from_utf8(bytes.get(start..end)?).ok()?).then_some(end)
}

/// The end of a value without the quotes and brackets that close what the pair stands in.
fn without_closing(bytes: &[u8], start: usize, mut end: usize) -> usize {
    let run = bytes.get(start..end).unwrap_or_default();
    let [braces, brackets, parentheses] = [b'{', b'[', b'('].map(|open| memchr::memchr(open, run).is_some());
    while end > start + 1 {
        let is_outer = match at(bytes, end - 1) {
            b'"' | b'\'' | b',' | b';' | b'\\' | b'`' => true,
            b'}' => !braces,
            b']' => !brackets,
            b')' => !parentheses,
            _ => false,
        };
        if !is_outer {
            break;
        }
        end -= 1;
    }
    end
}

/// Whether what stands on a later line is the next pair and not the value.
fn begins_another_pair(bytes: &[u8], from: usize, start: usize) -> bool {
    let between = bytes.get(from..start).unwrap_or_default();
    if !between.contains(&b'\n') {
        return false;
    }
    let name = bytes
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take(64)
        .take_while(|byte| is_name(**byte) || **byte == b'"')
        .count();
    name > 0 && matches!(at(bytes, start + name), b':' | b'=')
}

/// The quoted value that begins here, however often its quotes are escaped.
fn quoted(bytes: &[u8], start: usize) -> Option<Value> {
    let escapes = bytes.get(start..)?.iter().take(16).take_while(|byte| **byte == b'\\').count();
    let open = start + escapes;
    let quote = Some(at(bytes, open)).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let inside = open + 1;
    let window = bytes.get(inside..bytes.len().min(inside + LONGEST_QUOTED))?;
    for found in memchr_iter(quote, window) {
        let close = inside + found;
        let before = backslashes_before(bytes, close, inside);
        // Inside n-fold escaped text a quote with fewer backslashes ends an outer text, and this one with it.
        if before <= escapes && (escapes > 0 || before.is_multiple_of(2)) {
            let end = close - before;
            return Some(Value { inner: inside..end, whole: start..close + 1, is_quoted: true });
        }
    }
    if window.len() < LONGEST_QUOTED {
        // Cut before the quote was closed.
        let line = memchr::memchr2(b'\n', b'\r', window).map_or(bytes.len(), |line| inside + line);
        return Some(Value { inner: inside..line, whole: start..line, is_quoted: true });
    }
    None
}
