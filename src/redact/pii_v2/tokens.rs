//! Long runs of letters and digits: tokens of vendors, JSON web tokens, encoded secrets, and what chance drew near the
//! word "key".

use super::{
    Look,
    bytes::{at, is_token, is_word_start},
    context::{DIGEST_WORDS, MAGIC_SEGMENTS, NEAR_WORDS},
    encoded,
    entropy::{is_digest, is_random, is_uuid},
    kind::{Kind, is_in_mark},
    spans::Spans,
    vendors::{self, Found},
};
use memchr::memmem;

/// Nothing shorter is a token by itself.
const SHORTEST: usize = 12;

/// How far a word may be from the random text that it makes a secret.
const NEAR: usize = 30;

/// How often a run may begin like a token of a vendor without being one.
const MOST_OTHERS: usize = 1000;

/// Finds secrets in runs.
pub(super) fn find(text: &str, look: &Look<'_>, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while from + SHORTEST <= bytes.len() {
        // A run that holds this place and is long enough would reach to the last of the bytes that it needs.
        let last = from + SHORTEST - 1;
        if !is_token(at(bytes, last)) {
            from = last + 1;
            continue;
        }
        let before = bytes.get(from..last).unwrap_or_default().iter().rev().take_while(|byte| is_token(**byte)).count();
        let start = last - before;
        let end = bytes
            .get(last..)
            .unwrap_or_default()
            .iter()
            .position(|byte| !is_token(*byte))
            .map_or(bytes.len(), |n| last + n);
        if end - start >= SHORTEST {
            run(text, start, end, look, spans);
        }
        from = end + 1;
    }
}

fn run(text: &str, start: usize, end: usize, look: &Look<'_>, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let start = behind_escape(bytes, start);
    if data_uri(bytes, start) {
        return;
    }
    let mut place = start;
    let (mut no_token_before, mut others) = (0, 0);
    while place < end {
        let is_start = place == start || !at(bytes, place - 1).is_ascii_alphanumeric();
        let found = match at(bytes, place) {
            b'e' if place >= no_token_before && bytes.get(place..).is_some_and(|rest| rest.starts_with(b"eyJ")) => {
                let (head, found) = web_token(bytes, place, end);
                no_token_before = head;
                found
            }
            b'A' if !is_start && !bytes.get(place..).is_some_and(|rest| rest.starts_with(b"AKIA")) => None,
            byte if is_start || byte == b'A' => match vendors::token(bytes, place, end, look.is_identity) {
                Found::Token(to, kind) => Some((to, kind)),
                Found::Nothing => dotted(bytes, place, end),
                Found::Other => {
                    others += 1;
                    None
                }
            },
            _ => None,
        };
        if others > MOST_OTHERS {
            // Nobody writes this; what is in it cannot be told in time.
            spans.add(place..end, Kind::Error);
            return;
        }
        place = match found {
            Some((to, kind)) => {
                spans.add(place..to, kind);
                to.max(place + 1)
            }
            None => place + 1,
        };
    }
    azure(bytes, start, end, spans);
    telegram(bytes, start, end, spans);
    encoded::run(text, start..end, look, spans);
    if !look.is_identity {
        near_word(bytes, start..end, spans);
    }
}

/// In text that is escaped the letter of `\n` is no part of the run.
fn behind_escape(bytes: &[u8], start: usize) -> usize {
    if start == 0 || at(bytes, start - 1) != b'\\' {
        return start;
    }
    match at(bytes, start) {
        b'n' | b'r' | b't' | b'f' | b'b' => start + 1,
        b'u' => start + 5,
        b'x' => start + 3,
        _ => start,
    }
}

/// Pictures, sounds and fonts in a `data:` address are no text.
fn data_uri(bytes: &[u8], start: usize) -> bool {
    let before = bytes.get(start.saturating_sub(64)..start).unwrap_or_default();
    let Some(before) = before.strip_suffix(b";base64,") else { return false };
    [&b"data:image/"[..], b"data:audio/", b"data:video/", b"data:font/"]
        .iter()
        .any(|kind| memmem::find(before, kind).is_some())
}

/// `eyJ….….…`: three parts and more, or two if the first says how it is signed.
///
/// Also tells where the first part ends: nothing that begins within it can do better.
fn web_token(bytes: &[u8], start: usize, end: usize) -> (usize, Option<(usize, Kind)>) {
    let length = |from: usize| {
        let part = bytes.get(from..end).unwrap_or_default();
        part.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count()
    };
    let head = start + length(start);
    let (mut place, mut parts, mut filled) = (head, 1, usize::from(head > start + 3));
    while parts < 5 && place < end && at(bytes, place) == b'.' {
        let part = length(place + 1);
        place += 1 + part;
        parts += 1;
        filled += usize::from(part > 0);
    }
    let header = bytes.get(start..head.min(start + 512)).unwrap_or_default();
    // `eyJ` is how every JSON object begins; only the header of a token names an algorithm.
    let names_algorithm = || encoded::from_base64(header).is_some_and(|json| memmem::find(&json, b"\"alg\"").is_some());
    let is_token = head > start + 3 && ((parts >= 3 && filled >= 3) || names_algorithm());
    (head, is_token.then_some((place, Kind::Jwt)))
}

/// The bot tokens of Discord: an id in base64, a time, a signature.
fn dotted(bytes: &[u8], start: usize, end: usize) -> Option<(usize, Kind)> {
    if !matches!(at(bytes, start), b'M' | b'N' | b'O') {
        return None;
    }
    let run = bytes.get(start..end.min(start + 96))?;
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let mut parts = run.split(|byte| *byte == b'.');
    let (id, time, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let signature = signature.iter().take_while(|byte| is_letter(byte)).count();
    let fits = (23..=28).contains(&id.len()) && time.len() == 6 && (27..=40).contains(&signature);
    (fits && id.iter().chain(time).all(is_letter))
        .then_some((start + id.len() + time.len() + 2 + signature, Kind::Vendor))
}

/// Client secrets of Azure: three letters, a digit, `Q~`, the rest.
fn azure(bytes: &[u8], start: usize, end: usize, spans: &mut Spans) {
    let run = bytes.get(start..end).unwrap_or_default();
    if memchr::memchr(b'~', run).is_none() {
        return;
    }
    for found in memmem::find_iter(run, b"Q~") {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~');
        let head = run.get(found.saturating_sub(4)..found).unwrap_or_default();
        let rest = run.get(found + 2..run.len().min(found + 64)).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_letter(byte)).count();
        let is_whole = length >= 31 || (length >= 8 && start + found + 2 + length == bytes.len());
        if head.len() == 4 && head.last().is_some_and(u8::is_ascii_digit) && is_whole {
            spans.add(start + found - 4..start + found + 2 + length, Kind::Azure);
        }
    }
}

/// `<digits>:A…`: the id of a bot and its token.
fn telegram(bytes: &[u8], start: usize, end: usize, spans: &mut Spans) {
    if start == 0 || at(bytes, start - 1) != b':' || at(bytes, start) != b'A' {
        return;
    }
    let id = bytes
        .get(..start - 1)
        .unwrap_or_default()
        .iter()
        .rev()
        .take(12)
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = bytes.get(start..end).unwrap_or_default().iter().take_while(is_letter).count();
    if (8..=11).contains(&id) && (33..=40).contains(&length) {
        spans.add(start - 1 - id..start + length, Kind::Vendor);
    }
}

/// A random text with a word near it that makes a secret of it, or behind a path segment that is used once.
fn near_word(bytes: &[u8], run: std::ops::Range<usize>, spans: &mut Spans) {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
    let mut from = run.start;
    while from < run.end {
        let part = bytes.get(from..run.end).unwrap_or_default();
        let length = part.iter().take_while(|byte| is_letter(**byte)).count();
        let part = part.get(..length).unwrap_or_default();
        if length >= 24 && is_random(part) && !is_uuid(part) && !spans.ends_at(from + length) {
            let start = is_word_start(bytes, from);
            if start && (makes_secret(bytes, from, part) || (length >= 32 && is_magic(bytes, from))) {
                spans.add(from..from + length, Kind::HighEntropy);
            }
        }
        from += length + 1;
    }
}

/// Whether one of the words that name secrets stands close in front, and none that names digests.
fn makes_secret(bytes: &[u8], from: usize, part: &[u8]) -> bool {
    let window = from.saturating_sub(NEAR + 12);
    let before = bytes.get(window..from).unwrap_or_default();
    let mut is_named = false;
    let mut offset = before.len();
    for word in before.rsplit(|byte| !byte.is_ascii_alphanumeric()) {
        let start = offset - word.len();
        offset = start.saturating_sub(1);
        let is_whole = start > 0 || window == 0;
        let word = std::str::from_utf8(word).unwrap_or_default();
        let is = |known: &&&str| word.eq_ignore_ascii_case(known);
        // What names something found, `cache_key`, is joined to it in front.
        let is_joined = start > 0 && matches!(at(before, start - 1), b'_' | b'-' | b'.');
        if is_whole && DIGEST_WORDS.iter().any(|known| is(&known)) {
            return false;
        }
        // A digest is named right in front of it, or is that of something else.
        let is_close = before.len() - start - word.len() <= if is_digest(part) { 4 } else { NEAR };
        let is_ours = is_in_mark(bytes, window + start);
        is_named |= is_whole && is_close && !is_joined && !is_ours && NEAR_WORDS.iter().any(|known| is(&known));
    }
    is_named
}

/// Whether this is the last segment of a link that lets in whoever has it.
fn is_magic(bytes: &[u8], from: usize) -> bool {
    let head = bytes.get(from.saturating_sub(40)..from).unwrap_or_default();
    let Some(head) = head.strip_suffix(b"/") else { return false };
    let segment = head.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    MAGIC_SEGMENTS.iter().any(|known| segment.eq_ignore_ascii_case(known.as_bytes()))
}
