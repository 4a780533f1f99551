//! Headers whose value is more than one word: schemes with credentials, and cookies, which may be folded over lines.

use super::{
    bytes::{at, has_prefix, is_blank, line_end, skip_blank, until},
    keys::Class,
    kind::mark_length,
};
use std::ops::Range;

/// Schemes behind which stands one credential.
const ONE_WORD: &[&[u8]] = &[
    b"bearer",
    b"basic",
    b"token",
    b"apikey",
    b"api-key",
    b"negotiate",
    b"ntlm",
    b"key",
    b"sso-key",
    b"dpop",
    b"genericmeta",
];

/// Schemes behind which stands a list, to the end of the line.
const LISTS: &[&[u8]] =
    &[b"digest", b"aws4-hmac-sha256", b"oauth", b"hmac", b"signature", b"hawk", b"sharedkey", b"scram", b"acs"];

/// The value of an `Authorization` or cookie header whose separator stands at `separator`.
pub(super) fn value(bytes: &[u8], separator: usize, class: Class, name_is_quoted: bool) -> Option<Range<usize>> {
    let is_header = at(bytes, separator) == b':';
    let mut start = skip_blank(bytes, separator + 1, if is_header && class != Class::Authorization { 2 } else { 0 });
    let escapes = bytes.get(start..)?.iter().take(16).take_while(|byte| **byte == b'\\').count();
    let quote = Some(at(bytes, start + escapes)).filter(|byte| matches!(byte, b'"' | b'\''));
    let is_quoted = quote.is_some() && (name_is_quoted || class == Class::Authorization);
    if is_quoted {
        start += escapes + 1;
    }
    let first = at(bytes, start);
    if start >= bytes.len() || (matches!(first, b'\r' | b'\n')) {
        return None;
    }
    if mark_length(bytes.get(start..)?).is_some_and(|length| !at(bytes, start + length).is_ascii_alphanumeric()) {
        return None;
    }
    let end = match (quote, class) {
        (Some(quote), _) if is_quoted => close(bytes, start, quote),
        (_, Class::Authorization) => credential(bytes, start)?,
        _ => folded(bytes, start),
    };
    (end > start).then_some(start..end)
}

/// The end of the quoted text: its quote or the end of the line.
fn close(bytes: &[u8], start: usize, quote: u8) -> usize {
    let line = line_end(bytes, start);
    let inside = bytes.get(start..line).unwrap_or_default();
    let quote = memchr::memchr(quote, inside).map_or(line, |length| start + length);
    // Backslashes belong to the quote.
    let escapes =
        bytes.get(start..quote).unwrap_or_default().iter().rev().take(64).take_while(|byte| **byte == b'\\').count();
    quote - escapes
}

/// The end of the credential that begins here, with or without a scheme in front.
fn credential(bytes: &[u8], start: usize) -> Option<usize> {
    let behind = |scheme: &&[u8]| {
        let end = start + scheme.len();
        (has_prefix(bytes, start, scheme) && matches!(at(bytes, end), b' ' | b'\t' | b'%' | b'+')).then_some(end)
    };
    let stops = b"\"'`<>,;)]}\\";
    if let Some(end) = ONE_WORD.iter().find_map(behind) {
        let from = if has_prefix(bytes, end, b"%20") {
            end + 3
        } else {
            skip_blank(bytes, end + usize::from(at(bytes, end) == b'+'), 0)
        };
        let end = until(bytes, from, stops);
        let is_gone = mark_length(bytes.get(from..)?).is_some();
        let word = bytes.get(from..end)?;
        return (end > from && !is_gone && !word.starts_with(b"$") && !word.starts_with(b"{")).then_some(end);
    }
    if LISTS.iter().find_map(behind).is_some() {
        return Some(folded(bytes, start));
    }
    let end = until(bytes, start, stops);
    let word = bytes.get(start..end)?;
    let is_prose = word.len() < 8 && word.iter().all(u8::is_ascii_alphabetic);
    let is_template = matches!(at(bytes, start), b'$' | b'{' | b'<' | b'[' | b'*');
    (!is_prose && !is_template).then_some(end)
}

/// The end of a header's value: the end of its line and of the lines that continue it.
fn folded(bytes: &[u8], start: usize) -> usize {
    let mut end = line_end(bytes, start);
    loop {
        let next = match (at(bytes, end), at(bytes, end + 1)) {
            (b'\r', b'\n') => end + 2,
            (b'\n' | b'\r', _) => end + 1,
            _ => return end,
        };
        let continues = matches!(at(bytes, next), b' ' | b'\t') && {
            let content = skip_blank(bytes, next, 0);
            !is_blank(at(bytes, content)) && content < bytes.len()
        };
        if !continues {
            return end;
        }
        end = line_end(bytes, next);
    }
}
