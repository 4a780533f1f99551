//! Private keys in their armour: PEM, PGP, OpenSSH and PuTTY, whole or cut. Public keys and certificates stay.

use super::{
    bytes::{at, has_prefix, line_end},
    kind::Kind,
    spans::Spans,
};
use memchr::memmem;

/// How much of a first line is read for what the block is.
const HEAD: usize = 96;

/// A block whose `BEGIN` stands at `begin`: private ones are taken out to their end, or to the end of the text.
pub(super) fn private(bytes: &[u8], begin: usize, spans: &mut Spans) -> Option<usize> {
    if at(bytes, begin.wrapping_sub(1)) != b'-' || !is_private(bytes, begin) {
        return None;
    }
    let dashes = bytes.get(..begin)?.iter().rev().take(8).take_while(|byte| **byte == b'-').count();
    let body = bytes.get(begin..)?;
    let mut end = bytes.len();
    for found in memmem::find_iter(body, b"-END ") {
        if is_private(bytes, begin + found) {
            let tail = begin + found + b"-END ".len();
            let close = bytes.get(tail..bytes.len().min(tail + HEAD))?;
            end = memmem::find(close, b"-----").map_or(tail, |close| tail + close + 5);
            break;
        }
    }
    spans.add(begin - dashes..end, Kind::PrivateKey);
    Some(end)
}

/// Whether the line that begins about here names a private key.
fn is_private(bytes: &[u8], from: usize) -> bool {
    let head = bytes.get(from..bytes.len().min(from + HEAD)).unwrap_or_default();
    // An escaped line break ends a line too.
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r' | b'\\')).next().unwrap_or_default();
    let upper = line.to_ascii_uppercase();
    memmem::find(&upper, b"PRIVATE KEY").is_some() || memmem::find(&upper, b"ENCRYPTED KEY").is_some()
}

/// The end of a block whose beginning is cut off: the lines of its body in front of it are taken out.
pub(super) fn tail(bytes: &[u8], end: usize, spans: &mut Spans) -> Option<usize> {
    if at(bytes, end.wrapping_sub(1)) != b'-' || !is_private(bytes, end) {
        return None;
    }
    let dashes = bytes.get(..end)?.iter().rev().take(8).take_while(|byte| **byte == b'-').count();
    let head = bytes.get((end - dashes).saturating_sub(64 * 1024)..end - dashes)?;
    let is_body = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\n' | b'\r' | b'\\' | b'"' | b',' | b'\'')
    };
    let mut body = head.len();
    while let Some(before) = body.checked_sub(1) {
        if is_body(at(head, before)) {
            body = before;
            continue;
        }
        // Blanks belong to the body where they indent a line.
        let blanks = head.get(..body)?.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let above = head.get(..body - blanks)?;
        if blanks == 0 || !(above.ends_with(b"\n") || above.ends_with(b"\\n")) {
            break;
        }
        body -= blanks;
    }
    let start = end - dashes - (head.len() - body);
    spans.add(start..end - dashes, Kind::PrivateKey);
    None
}

/// A key file of PuTTY: up to its checksum.
pub(super) fn putty(bytes: &[u8], start: usize, spans: &mut Spans) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let lines = rest.get(..rest.len().min(b"PuTTY-User-Key-File-3: ".len()))?;
    memchr::memchr(b':', lines)?;
    let checksum = memmem::find(rest, b"Private-MAC:").or_else(|| memmem::find(rest, b"Private-Hash:"));
    let end = checksum.map_or(bytes.len(), |checksum| line_end(bytes, start + checksum));
    spans.add(start..end, Kind::PrivateKey);
    Some(end)
}

/// Whether a text holds the first line of a block, so that a list of lines is to be read as one text.
pub(super) fn begins_in(line: &str) -> bool {
    let bytes = line.as_bytes();
    has_prefix(bytes, 0, b"putty-user-key-file")
        || memmem::find(bytes, b"-----BEGIN").is_some_and(|begin| is_private(bytes, begin))
}

/// Whether decoded bytes are a private key: the DER of PKCS#1, PKCS#8, PKCS#12 and SEC1, and what OpenSSH writes.
pub(super) fn is_private_key(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"openssh-key-v1\0") {
        return true;
    }
    let body = match bytes {
        [0x30, 0x82, _, _, body @ ..] | [0x30, 0x81, _, body @ ..] => body,
        [0x30, length, body @ ..] if *length < 0x80 => body,
        _ => return false,
    };
    // A version comes first; certificates and public keys begin with a sequence.
    matches!(body, [0x02, 0x01, 0x00 | 0x01 | 0x03, 0x30 | 0x02 | 0x04, ..])
}
