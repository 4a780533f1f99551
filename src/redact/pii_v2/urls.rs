//! Addresses: passwords in front of the host, and hooks whose path is the secret. Parameters are pairs like any other.

use super::{
    bytes::{at, is_blank},
    keys::is_placeholder,
    kind::{Kind, mark_length},
    spans::Spans,
};
use memchr::memmem;

/// How long the part in front of a host may be.
const LONGEST_USER: usize = 512;

/// Hosts and the path behind which everything is secret.
const HOOKS: &[&str] = &[
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "hooks.slack.com/triggers/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
    "api.telegram.org/bot",
    "hooks.zapier.com/hooks/catch/",
    "/services/T",
];

/// Finds what addresses tell.
pub(super) fn find(text: &str, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for found in memmem::find_iter(bytes, b"://") {
        if found >= done {
            done = found + 3;
            password(text, found + 3, spans);
        }
    }
    hooks(bytes, spans);
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

fn hooks(bytes: &[u8], spans: &mut Spans) {
    if memmem::find(bytes, b"hook").is_none()
        && memmem::find(bytes, b"/services/T").is_none()
        && memmem::find(bytes, b"telegram").is_none()
    {
        return;
    }
    for hook in HOOKS {
        for found in memmem::find_iter(bytes, hook.as_bytes()) {
            // The letter of a team belongs to what is taken out.
            let from = found + hook.len() - usize::from(hook.ends_with('T'));
            let path = bytes.get(from..).unwrap_or_default();
            let is_path =
                |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'@' | b'.' | b':');
            let length = path.iter().take_while(is_path).count();
            let has_digit = path.get(..length).unwrap_or_default().iter().any(u8::is_ascii_digit);
            if length >= 20 && has_digit && at(bytes, from) != b'*' {
                spans.add(from..from + length, Kind::Webhook);
            }
        }
    }
}
