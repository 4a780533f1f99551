//! Secrets behind a word instead of a separator: schemes, options of commands, and sentences.

use super::{
    blocks,
    bytes::{at, has_prefix, is_blank, is_word_start, skip_blank, until},
    context::AFTER_BEARER,
    encoded,
    entropy::{is_random, looks_secret},
    keys::{classify, is_placeholder},
    kind::{Kind, mark_length},
    spans::Spans,
    urls,
};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::sync::LazyLock;

/// What a word that triggers leads to.
#[derive(Clone, Copy)]
enum Trigger {
    Bearer,
    Basic,
    Key,
    Password,
    Block,
    BlockEnd,
    Putty,
    LongOption,
    User,
    ShortPassword,
    Sshpass,
    Hook,
}

const WORDS: &[(&str, Trigger)] = &[
    ("bearer", Trigger::Bearer),
    ("basic ", Trigger::Basic),
    ("apikey ", Trigger::Key),
    ("api key ", Trigger::Key),
    ("api_key ", Trigger::Key),
    ("api-key ", Trigger::Key),
    ("token ", Trigger::Key),
    ("secret ", Trigger::Key),
    ("password ", Trigger::Password),
    ("passwd ", Trigger::Password),
    ("passphrase ", Trigger::Password),
    ("begin ", Trigger::Block),
    ("end ", Trigger::BlockEnd),
    ("putty-user-key-file", Trigger::Putty),
    ("--", Trigger::LongOption),
    ("-u", Trigger::User),
    ("--user ", Trigger::User),
    ("-p", Trigger::ShortPassword),
    ("sshpass ", Trigger::Sshpass),
    ("hooks.slack.com/services/", Trigger::Hook),
    ("hooks.slack.com/workflows/", Trigger::Hook),
    ("hooks.slack.com/triggers/", Trigger::Hook),
    ("/services/t", Trigger::Hook),
    ("/api/webhooks/", Trigger::Hook),
    ("/webhookb2/", Trigger::Hook),
    ("api.telegram.org/bot", Trigger::Hook),
    ("hooks.zapier.com/hooks/catch/", Trigger::Hook),
];

/// `None` if the words did not compile; no text may then pass.
static AUTOMATON: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::DFA));
    builder.build(WORDS.iter().map(|(word, _)| word)).ok()
});

/// Finds secrets behind words. `false` if it could not look.
pub(super) fn find(text: &str, spans: &mut Spans) -> bool {
    let Some(automaton) = AUTOMATON.as_ref() else { return false };
    let bytes = text.as_bytes();
    let mut done = 0;
    for found in automaton.find_iter(bytes) {
        if found.start() < done {
            continue;
        }
        let Some((_, trigger)) = WORDS.get(found.pattern().as_usize()) else { continue };
        let (start, end) = (found.start(), found.end());
        let claimed = match trigger {
            Trigger::Bearer => bearer(text, start, end, spans),
            Trigger::Basic => basic(text, start, end, spans),
            Trigger::Key => word_then_secret(text, start, end, spans),
            Trigger::Password => sentence(text, start, end, spans),
            Trigger::Block => blocks::private(bytes, start, spans),
            Trigger::BlockEnd => blocks::tail(bytes, start, spans),
            Trigger::Putty => blocks::putty(bytes, start, spans),
            _ if matches!(trigger, Trigger::LongOption | Trigger::User | Trigger::ShortPassword)
                && !is_option(bytes, start) =>
            {
                None
            }
            Trigger::LongOption => long_option(text, end, spans),
            Trigger::User => user(text, end, spans),
            Trigger::ShortPassword => short_password(text, start, end, spans),
            Trigger::Sshpass => sshpass(text, end, spans),
            // The letter of a team belongs to what is taken out.
            Trigger::Hook => urls::hook(bytes, end - usize::from(bytes.get(end - 1) != Some(&b'/')), spans),
        };
        done = claimed.unwrap_or(done);
    }
    true
}

/// Whether the dash here begins an option of a command.
fn is_option(bytes: &[u8], dash: usize) -> bool {
    dash == 0 || matches!(at(bytes, dash - 1), b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'`' | b'(')
}

/// `Bearer <credential>`, but not the bearer of bad news.
fn bearer(text: &str, start: usize, end: usize, spans: &mut Spans) -> Option<usize> {
    let bytes = text.as_bytes();
    let from = match at(bytes, end) {
        b'%' if has_prefix(bytes, end, b"%20") => end + 3,
        b'+' => end + 1,
        byte if is_blank(byte) || !byte.is_ascii() => skip_blank(bytes, end, usize::MAX),
        _ => return None,
    };
    let to = until(bytes, from, b"\"'`<>,;)]}\\&");
    let word = text.get(from..to)?;
    let is_prose =
        AFTER_BEARER.iter().any(|known| word.trim_end_matches(['.', ':', '?', '!']).eq_ignore_ascii_case(known));
    let starts_well = word.starts_with(|letter: char| letter.is_ascii_alphanumeric() || "._-~+/".contains(letter));
    if from == end || !starts_well || is_prose || is_placeholder(word) || mark_length(word.as_bytes()).is_some() {
        return None;
    }
    spans.add(start..to, Kind::Bearer);
    spans.lessons.push(from..to);
    Some(to)
}

/// `Basic <base64 of user:password>`; anything else that is basic is prose.
fn basic(text: &str, start: usize, end: usize, spans: &mut Spans) -> Option<usize> {
    let from = skip_blank(text.as_bytes(), end, 0);
    let to = until(text.as_bytes(), from, b"\"'`<>,;)]}\\&");
    let credential = encoded::from_base64(text.as_bytes().get(from..to)?)?;
    let is_pair = credential.iter().all(|byte| !byte.is_ascii_control()) && credential.contains(&b':');
    is_pair.then(|| spans.add(start..to, Kind::Authorization)).map(|()| to)
}

/// `apikey <random>`: only what looks drawn at random.
fn word_then_secret(text: &str, start: usize, end: usize, spans: &mut Spans) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = skip_blank(bytes, end, 0);
    if has_prefix(bytes, from, b"is ") {
        from = skip_blank(bytes, from + 3, 0);
    }
    from += usize::from(matches!(at(bytes, from), b'"' | b'\'' | b'`'));
    let to = until(bytes, from, b"\"'`<>,;)]}\\&:=");
    let word = bytes.get(from..to)?;
    if !is_word_start(bytes, start) || word.len() < 12 || !is_random(word) || !word.is_ascii() {
        return None;
    }
    spans.add(from..to, Kind::HighEntropy);
    Some(to)
}

/// `the password is …`
fn sentence(text: &str, start: usize, end: usize, spans: &mut Spans) -> Option<usize> {
    let bytes = text.as_bytes();
    let verb = ["is now ", "is ", "was ", "to "].into_iter().find(|verb| has_prefix(bytes, end, verb.as_bytes()));
    let from = end + verb.map_or(0, str::len);
    let quote = matches!(at(bytes, from), b'"' | b'\'' | b'`');
    let from = from + usize::from(quote);
    let to = until(bytes, from, b"\"'`<>,;)]}&");
    let word = text.get(from..to)?.trim_end_matches(['.', '!', '?', ':']);
    let odd = word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_secret =
        if verb.is_some() { word.len() >= 6 && odd } else { word.len() >= 12 && is_random(word.as_bytes()) };
    if !is_word_start(bytes, start) || !is_secret || is_placeholder(word) || word.contains(['=', '*']) {
        return None;
    }
    let to = from + word.len();
    spans.add(from..to, Kind::Password);
    spans.lessons.push(from..to);
    Some(to)
}

/// `--password <value>`: options are named like settings. With `=` they are pairs.
fn long_option(text: &str, name: usize, spans: &mut Spans) -> Option<usize> {
    let bytes = text.as_bytes();
    let end = until(bytes, name, b"=\"'`,;:<>)]}\\");
    let class = classify(text.get(name..end)?);
    if !class.is_certain() || !is_blank(at(bytes, end)) {
        return None;
    }
    option_value(text, end, class.kind(), spans)
}

/// The value of an option, which stands behind blanks.
fn option_value(text: &str, end: usize, kind: Kind, spans: &mut Spans) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = skip_blank(bytes, end, 0);
    let quote = at(bytes, from);
    let is_quoted = matches!(quote, b'"' | b'\'');
    from += usize::from(is_quoted);
    let to = if is_quoted {
        memchr::memchr2(quote, b'\n', bytes.get(from..)?).map_or(bytes.len(), |length| from + length)
    } else {
        until(bytes, from, b"\"'`|;)")
    };
    let word = text.get(from..to)?;
    if word.is_empty() || word.starts_with('-') || is_placeholder(word) || mark_length(word.as_bytes()).is_some() {
        return None;
    }
    spans.add(from..to, kind);
    spans.lessons.push(from..to);
    Some(to)
}

/// `curl -u user:password`
fn user(text: &str, end: usize, spans: &mut Spans) -> Option<usize> {
    let bytes = text.as_bytes();
    let from = skip_blank(bytes, end, 0);
    let from = from + usize::from(matches!(at(bytes, from), b'"' | b'\''));
    let to = until(bytes, from, b"\"'`|;)");
    let word = text.get(from..to)?;
    if !is_user(word) {
        return None;
    }
    let start = from + memchr::memchr(b':', word.as_bytes())? + 1;
    spans.add(start..to, Kind::Password);
    spans.lessons.push(start..to);
    Some(to)
}

/// Whether a word is the name of a user and a password.
pub(super) fn is_user(word: &str) -> bool {
    let Some((_, password)) = word.split_once(':') else { return false };
    // `docker run -u 1000:1000`
    let is_group = password.len() < 6 && password.bytes().all(|byte| byte.is_ascii_digit());
    !(password.is_empty()
        || is_group
        || password.starts_with("//")
        || is_placeholder(password)
        || mark_length(password.as_bytes()).is_some())
}

/// `mysql -p<password>`; other commands have other uses for `-p`.
fn short_password(text: &str, start: usize, end: usize, spans: &mut Spans) -> Option<usize> {
    let bytes = text.as_bytes();
    let to = until(bytes, end, b"\"'`|;)");
    let word = text.get(end..to)?;
    if word.is_empty() || is_placeholder(word) || mark_length(word.as_bytes()).is_some() {
        return None;
    }
    let command =
        bytes.get(start.saturating_sub(160)..start)?.rsplit(|byte| matches!(byte, b'\n' | b'|' | b';')).next()?;
    let of_database = [&b"mysql"[..], b"mariadb", b"sshpass"]
        .iter()
        .any(|name| command.windows(name.len()).any(|part| part == *name));
    if !(of_database
        || (is_random(word.as_bytes()) && looks_secret(word.as_bytes()) && !word.contains(['/', ':', '='])))
    {
        return None;
    }
    spans.add(end..to, Kind::Password);
    spans.lessons.push(end..to);
    Some(to)
}

/// `sshpass -p <password>`
fn sshpass(text: &str, end: usize, spans: &mut Spans) -> Option<usize> {
    let bytes = text.as_bytes();
    let option = skip_blank(bytes, end, 0);
    has_prefix(bytes, option, b"-p ").then(|| option_value(text, option + 2, Kind::Password, spans)).flatten()
}
