//! Addresses: passwords in front of the host, and hooks whose path is the secret. Parameters are pairs like any other.

use super::{
    bytes::{at, is_blank},
    keys::is_placeholder,
    kind::{Kind, mark_length},
    spans::Spans,
};

/// How long the part in front of a host may be.
const LONGEST_USER: usize = 512;

/// Finds what addresses tell.
pub(super) fn find(text: &str, spans: &mut Spans) {
    let bytes = text.as_bytes();
    for colon in memchr::memchr_iter(b':', bytes) {
        if at(bytes, colon + 1) == b'/' && at(bytes, colon + 2) == b'/' {
            password(text, colon + 3, spans);
        }
    }
}

/// `scheme://user:password@host`
fn password(text: &str, from: usize, spans: &mut Spans) -> Option<()> {
    let bytes = text.as_bytes();
    let window = bytes.get(from..bytes.len().min(from + LONGEST_USER))?;
    let window = window.get(..memchr::memrchr(b'@', window)? + 1)?;
    let ends = |byte: &u8| is_blank(*byte) || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>');
    let window = window.get(..window.iter().position(ends).unwrap_or(window.len()))?;
    let authority = window.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\')).unwrap_or(window.len());
    let colon = memchr::memchr(b':', window)?;
    let host = match memchr::memrchr(b'@', window.get(..authority)?) {
        Some(host) => host,
        // A password with a slash in it, unless it is a port.
        None => {
            let is_port = window.get(colon + 1..authority)?.iter().all(u8::is_ascii_digit);
            let host = memchr::memchr(b'@', window)?;
            if is_port || colon > authority {
                return None;
            }
            host
        }
    };
    if colon >= host {
        return None;
    }
    let range = from + colon + 1..from + host;
    let word = text.get(range.clone())?;
    if word.is_empty() || is_placeholder(word) || mark_length(word.as_bytes()).is_some() {
        return None;
    }
    spans.lessons.push(range.clone());
    spans.add(range, Kind::UrlPassword);
    Some(())
}

/// The path behind the name of a hook: where it ends, if it is one.
pub(super) fn hook(bytes: &[u8], from: usize, spans: &mut Spans) -> Option<usize> {
    let path = bytes.get(from..)?;
    let is_path = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'@' | b'.' | b':');
    let head = path.iter().take(LONGEST_USER).take_while(is_path).count();
    if head < 20 || !path.get(..head)?.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let length = path.iter().take_while(is_path).count();
    spans.add(from..from + length, Kind::Webhook);
    Some(from + length)
}
