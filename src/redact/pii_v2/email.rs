//! Addresses of mail, in any script.

use super::{bytes::at, kind::Kind, spans::Spans};
use memchr::memchr_iter;

/// Finds addresses.
pub(super) fn find(text: &str, spans: &mut Spans) {
    let bytes = text.as_bytes();
    for sign in memchr_iter(b'@', bytes) {
        // What stands in front of a host was a password.
        if spans.ends_at(sign) {
            continue;
        }
        let (Some(before), Some(after)) = (text.get(..sign), text.get(sign + 1..)) else { continue };
        let is_local = |letter: &char| letter.is_alphanumeric() || "._%+-".contains(*letter);
        let local: usize = before.chars().rev().take_while(is_local).map(char::len_utf8).sum();
        if local == 0 || is_density(after) {
            continue;
        }
        if let Some(domain) = domain(after) {
            let start = sign - local;
            // In escaped text the letter of `\n` is no part of the address.
            let escaped = at(bytes, start.wrapping_sub(1)) == b'\\'
                && matches!(at(bytes, start), b'n' | b'r' | b't')
                && local > 1;
            spans.add(start + usize::from(escaped)..sign + 1 + domain, Kind::Email);
        }
    }
}

/// How long the domain is that the text begins with: labels, the last of two letters or more.
fn domain(text: &str) -> Option<usize> {
    let is_domain = |letter: &char| letter.is_alphanumeric() || matches!(letter, '.' | '-');
    let length: usize = text.chars().take_while(is_domain).map(char::len_utf8).sum();
    let run = text.get(..length)?;
    let mut end = run.len();
    while let Some(dot) = run.get(..end)?.rfind('.') {
        let label = run.get(dot + 1..)?;
        let letters = label.chars().take_while(|letter| letter.is_alphabetic());
        let (count, bytes) = letters.fold((0, 0), |(count, bytes), letter| (count + 1, bytes + letter.len_utf8()));
        // Labels of countries and others that are written in code.
        let is_encoded = label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
        if dot > 0 && (count >= 2 || is_encoded) {
            return Some(if is_encoded { run.len() } else { dot + 1 + bytes });
        }
        end = dot;
    }
    None
}

/// `picture@2x.png` is a picture.
fn is_density(after: &str) -> bool {
    matches!(after.as_bytes(), [b'1'..=b'4', b'x', b'.', ..])
}
