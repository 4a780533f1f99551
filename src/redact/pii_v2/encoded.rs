//! Secrets in disguise: percent signs, escapes, base64, hex, and text of two bytes a letter. What decodes to a secret is
//! taken out whole.

use super::{
    Look, blocks,
    bytes::{at, is_blank, skip_blank, until},
    kind::Kind,
    spans::Spans,
};
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use memchr::{memchr, memchr2};
use std::{borrow::Cow, ops::Range};

/// Nothing shorter is worth decoding.
const SHORTEST: usize = 16;

/// How many letters are decoded first, to see whether text comes out.
const SAMPLE: usize = 24;

/// Lines of encoded text are at least this long, the last one aside.
const LINE: usize = 48;

/// Finds pieces of text with percent signs or escapes that decode to a secret.
pub(super) fn find(text: &str, look: &Look<'_>, spans: &mut Spans) {
    let bytes = text.as_bytes();
    if memchr(0, bytes).is_some() {
        let visible: String = text.chars().filter(|letter| *letter != '\0').collect();
        if look.is_dirty(&visible) {
            spans.add(0..bytes.len(), Kind::Encoded);
            return;
        }
    }
    let mut from = 0;
    while let Some(found) = memchr2(b'%', b'\\', bytes.get(from..).unwrap_or_default()) {
        let place = from + found;
        if !is_escape(bytes, place) {
            from = place + 1;
            continue;
        }
        let piece = piece(bytes, from, place);
        if let Some(plain) = text.get(piece.clone()).map(unescaped)
            && look.is_dirty(&plain)
        {
            spans.add(piece.clone(), Kind::Encoded);
        }
        from = piece.end.max(place + 1);
    }
}

/// Whether a percent sign or a backslash begins an escape that stands for a character.
fn is_escape(bytes: &[u8], place: usize) -> bool {
    let digits = |from: usize, count: usize| {
        bytes.get(from..from + count).is_some_and(|part| part.iter().all(u8::is_ascii_hexdigit))
    };
    match (at(bytes, place), at(bytes, place + 1)) {
        (b'%', _) => digits(place + 1, 2),
        (_, b'u') => digits(place + 2, 4) || braced(bytes, place).is_some(),
        (_, b'x') => digits(place + 2, 2),
        _ => false,
    }
}

/// How many digits stand in an escape of the form `\u{200b}`.
fn braced(bytes: &[u8], place: usize) -> Option<usize> {
    let count = bytes.get(place + 3..)?.iter().take(7).take_while(|byte| byte.is_ascii_hexdigit()).count();
    (at(bytes, place + 2) == b'{' && (1..=6).contains(&count) && at(bytes, place + 3 + count) == b'}').then_some(count)
}

/// The piece of text around an escape: a word, or a parameter of an address.
fn piece(bytes: &[u8], floor: usize, place: usize) -> Range<usize> {
    let ends = |byte: u8| is_blank(byte) || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'&' | b'?' | b'#' | b'`');
    let before = bytes.get(floor..place).unwrap_or_default().iter().rev().take_while(|byte| !ends(**byte)).count();
    let mut end = until(bytes, place, b"\"'<>&?#`");
    if matches!(at(bytes, end.wrapping_sub(1)), b':' | b'=') {
        // The name was escaped, the value follows.
        end = until(bytes, skip_blank(bytes, end, 0), b"<>&");
    } else if let Some(value) = value_behind(bytes, end) {
        end = until(bytes, value, b"\"'<>&`");
    }
    place - before..end
}

/// Where the value begins behind a quoted name that ends here.
fn value_behind(bytes: &[u8], end: usize) -> Option<usize> {
    let over = |mut place: usize, count: usize| {
        let limit = place + count;
        while place < limit && matches!(at(bytes, place), b'"' | b'\'' | b'\\' | b' ') {
            place += 1;
        }
        place
    };
    let separator = over(end, 8);
    (separator > end && matches!(at(bytes, separator), b':' | b'=')).then(|| over(separator + 1, 8))
}

/// The text with its escapes replaced by what they stand for.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut from = 0;
    while let Some(byte) = bytes.get(from) {
        if matches!(byte, b'%' | b'\\') && is_escape(bytes, from) {
            let (start, length, close) = match (byte, at(bytes, from + 1), braced(bytes, from)) {
                (b'%', ..) => (from + 1, 2, 0),
                (_, b'u', Some(count)) => (from + 3, count, 1),
                (_, b'u', None) => (from + 2, 4, 0),
                _ => (from + 2, 2, 0),
            };
            let code =
                text.get(start..start + length).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
            match (u8::try_from(code), byte) {
                (Ok(code), b'%') => plain.push(code),
                _ => plain.extend(char::from_u32(code).unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]).bytes()),
            }
            from = start + length + close;
        } else {
            plain.push(*byte);
            from += 1;
        }
    }
    String::from_utf8(plain).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Looks into a run of letters that may be base64 or hex.
pub(super) fn run(text: &str, range: Range<usize>, look: &Look<'_>, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let mut from = range.start;
    while from < range.end {
        let part = bytes.get(from..range.end).unwrap_or_default();
        let length = part.iter().take_while(|byte| is_letter(**byte)).count();
        let part = part.get(..length).unwrap_or_default();
        if length >= SHORTEST {
            let end = from + length;
            let padded =
                end + bytes.get(end..).unwrap_or_default().iter().take(2).take_while(|byte| **byte == b'=').count();
            let folded = (from >= spans.unfolded).then(|| lines(bytes, from, end, look)).flatten();
            spans.unfolded = folded.map_or(spans.unfolded, |(end, _)| end);
            if let Some((end, true)) = folded {
                spans.add(from..end, Kind::Encoded);
            } else if hides(part, look) {
                spans.add(from..padded, Kind::Encoded);
            } else {
                segments(part, from, look, spans);
            }
        }
        from += length + 1;
    }
}

/// In a path each segment may be encoded by itself.
fn segments(part: &[u8], from: usize, look: &Look<'_>, spans: &mut Spans) {
    if memchr(b'/', part).is_none() {
        return;
    }
    let mut start = from;
    for segment in part.split(|byte| *byte == b'/') {
        if segment.len() >= SHORTEST && hides(segment, look) {
            spans.add(start..start + segment.len(), Kind::Encoded);
        }
        start += segment.len() + 1;
    }
}

/// Whether letters that may be base64 or hex stand for a secret.
fn hides(letters: &[u8], look: &Look<'_>) -> bool {
    let is_hex = letters.len() >= 24 && letters.len().is_multiple_of(2) && letters.iter().all(u8::is_ascii_hexdigit);
    if is_hex && HEXLOWER_PERMISSIVE.decode(letters).is_ok_and(|bytes| is_secret(&bytes, look)) {
        return true;
    }
    let sample = letters.get(..letters.len().min(SAMPLE)).unwrap_or_default();
    decoded(sample).is_some_and(|sample| may_be_secret(&sample))
        && decoded(letters).is_some_and(|bytes| is_secret(&bytes, look))
}

/// Encoded text that goes on over several lines, from its first: where it ends, and whether it hides something.
fn lines(bytes: &[u8], from: usize, end: usize, look: &Look<'_>) -> Option<(usize, bool)> {
    if end - from < LINE || !decoded(bytes.get(from..from + SAMPLE)?).is_some_and(|sample| may_be_secret(&sample)) {
        return None;
    }
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    let mut joined: Vec<u8> = bytes.get(from..end)?.to_vec();
    let mut last = end;
    loop {
        let next = match bytes.get(last..)? {
            [b'\r', b'\n', ..] => last + 2,
            [b'\\', b'r', b'\\', b'n', ..] => last + 4,
            [b'\\', b'n', ..] => last + 2,
            [b'\n', ..] => last + 1,
            _ => break,
        };
        let length = bytes.get(next..)?.iter().take_while(is_letter).count();
        if length == 0 {
            break;
        }
        joined.extend_from_slice(bytes.get(next..next + length)?);
        last = next + length;
        if length < LINE {
            break;
        }
    }
    let letters = joined.iter().rposition(|byte| *byte != b'=').map_or(0, |index| index + 1);
    let hides = || decoded(joined.get(..letters).unwrap_or_default()).is_some_and(|bytes| is_secret(&bytes, look));
    (last > end).then(|| (last, hides()))
}

/// Decodes base64 with either alphabet; padding is cut off, and so is a letter too many of text that was cut.
pub(super) fn from_base64(letters: &[u8]) -> Option<Vec<u8>> {
    let length = letters.iter().rposition(|byte| *byte != b'=').map_or(0, |index| index + 1);
    decoded(letters.get(..length)?)
}

fn decoded(letters: &[u8]) -> Option<Vec<u8>> {
    let letters = letters.get(..letters.len() - usize::from(letters.len() % 4 == 1))?;
    let is_url = letters.iter().any(|byte| matches!(byte, b'-' | b'_'));
    // Bits behind the last byte are zero, unless the text was cut.
    let whole = letters.get(..letters.len() / 4 * 4)?;
    let decode = |letters: &[u8]| if is_url { BASE64URL_NOPAD.decode(letters) } else { BASE64_NOPAD.decode(letters) };
    decode(letters).or_else(|_| decode(whole)).ok()
}

/// Whether the beginning of decoded bytes is that of text or of a key.
fn may_be_secret(sample: &[u8]) -> bool {
    sample.first() == Some(&0x30) || is_wide(sample) || is_text(sample)
}

fn is_text(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    valid && bytes.iter().filter(|byte| byte.is_ascii_control() && !is_blank(**byte)).count() <= bytes.len() / 16
}

/// Whether every other byte is zero: text of two bytes a letter.
fn is_wide(bytes: &[u8]) -> bool {
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    bytes.len() >= 8 && zeros * 5 >= bytes.len() * 2
}

/// Whether decoded bytes are or hold a secret.
pub(super) fn is_secret(bytes: &[u8], look: &Look<'_>) -> bool {
    if blocks::is_private_key(bytes) {
        return true;
    }
    let text = if is_wide(bytes) {
        Cow::Owned(bytes.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect())
    } else if is_text(bytes) {
        String::from_utf8_lossy(bytes)
    } else {
        return false;
    };
    look.is_dirty(&text)
}
