//! `default-pii-v1`: the keys and the eight patterns of the bundle contract, and the one pass that finds clean text clean.

use std::sync::LazyLock;

use regex::{NoExpand, Regex};

use super::{
    ERROR,
    rules::{RuleSet, Version},
};

pub(super) const RULES: RuleSet = RuleSet {
    id: "default-pii-v1",
    drop_keys: &["password", "passwd", "pwd", "secret", "authorization", "cookie", "set-cookie", "x-api-key"],
    mask_keys: &["token", "api_key", "apikey", "ssn", "credit_card", "card_number", "cvv"],
    version: Version::One,
};

/// One pattern, and the bit that says a text may match it.
struct Pattern {
    suspect: u8,
    source: &'static str,
    replacement: &'static str,
}

const BEARER: u8 = 1;
const API_KEY: u8 = 1 << 1;
const AWS_KEY: u8 = 1 << 2;
const COOKIE: u8 = 1 << 3;
const EMAIL: u8 = 1 << 4;
const PASSWORD: u8 = 1 << 5;
const JWT: u8 = 1 << 6;
const ALL: u8 = (1 << 7) - 1;

/// In order of application: each pattern sees what the one before it left.
///
/// The reference counts U+001C to U+001F as white space and folds `İ` and `ı` to `i`; the `regex` crate does neither, so
/// both are spelled out. `set_cookie` can never match behind `cookie_header`; the contract's outputs rest on that order.
const PATTERNS: [Pattern; 8] = [
    Pattern {
        suspect: BEARER,
        source: r"(?i)bearer[\s\x1c-\x1f]+[A-Za-z0-9._\-İı]+",
        replacement: "***REDACTED:bearer***",
    },
    Pattern {
        suspect: API_KEY,
        source: r"(?i)(?:ap[iİı][_-]?key|x-ap[iİı]-key)[\s\x1c-\x1f]*[:=][\s\x1c-\x1f]*[A-Za-z0-9._\-İı]+",
        replacement: "***REDACTED:api_key***",
    },
    Pattern { suspect: AWS_KEY, source: r"AKIA[0-9A-Z]{16}", replacement: "***REDACTED:aws_key***" },
    Pattern {
        suspect: COOKIE,
        source: r"(?i)cook[iİı]e[\s\x1c-\x1f]*:[\s\x1c-\x1f]*[^\r\n]+",
        replacement: "***REDACTED:cookie_header***",
    },
    Pattern {
        suspect: COOKIE,
        source: r"(?i)set-cook[iİı]e[\s\x1c-\x1f]*:[\s\x1c-\x1f]*[^\r\n]+",
        replacement: "***REDACTED:set_cookie***",
    },
    Pattern {
        suspect: EMAIL,
        source: r"[a-zA-Z0-9._%+\-]+@[a-zA-Z0-9.\-]+\.[a-zA-Z]{2,}",
        replacement: "***REDACTED:email***",
    },
    Pattern {
        suspect: PASSWORD,
        source: r"(?i)(?:password|passwd|pwd)[\s\x1c-\x1f]*[:=][\s\x1c-\x1f]*[^\s\x1c-\x1f]+",
        replacement: "***REDACTED:password_kv***",
    },
    Pattern {
        suspect: JWT,
        source: r"eyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+",
        replacement: "***REDACTED:jwt***",
    },
];

/// `None` stands for a pattern that did not compile; no text may then pass as clean of it.
static COMPILED: LazyLock<[Option<Regex>; 8]> =
    LazyLock::new(|| PATTERNS.each_ref().map(|pattern| Regex::new(pattern.source).ok()));

/// Replaces every match of every pattern, in order.
///
/// The suspicions are raised once, on the text as it came. That holds for the later patterns too: a replacement is fenced
/// by `***`, which no trigger word or separator contains, so it can take a suspicion away but not raise one.
pub(super) fn scrub(text: &str) -> Option<String> {
    let suspects = suspects(text);
    if suspects == 0 {
        return None;
    }
    let mut scrubbed: Option<String> = None;
    for (pattern, regex) in PATTERNS.iter().zip(COMPILED.iter()) {
        if suspects & pattern.suspect == 0 {
            continue;
        }
        let Some(regex) = regex else {
            return Some(ERROR.to_owned());
        };
        let current = scrubbed.as_deref().unwrap_or(text);
        if let std::borrow::Cow::Owned(next) = regex.replace_all(current, NoExpand(pattern.replacement)) {
            scrubbed = Some(next);
        }
    }
    scrubbed
}

/// Bytes looked at together; the compiler makes vector instructions of it.
const BLOCK: usize = 32;

/// Which patterns the text may match, in one pass over its bytes. May suspect wrongly, never misses.
///
/// Blocks without a pair of bytes that every match must hold (the `be` of bearer, the `ke` of key, the `wo` of password,
/// …) are passed over; in the others each such byte and what is around it is looked at. Runs of white space behind a word
/// belong to that word alone, so the pass is linear.
fn suspects(text: &str) -> u8 {
    let bytes = text.as_bytes();
    let mut found = 0;
    let mut from = 0;
    // One byte more than a block, because a pair may straddle the border.
    while let Some(block) = bytes.get(from..from + BLOCK + 1) {
        if has_pair(block) {
            found |= suspects_within(bytes, from, block);
            if found == ALL {
                return found;
            }
        }
        from += BLOCK;
    }
    found | suspects_within(bytes, from, bytes.get(from..).unwrap_or_default())
}

/// Looks at every trigger byte of `part`, which begins at `from`.
fn suspects_within(bytes: &[u8], from: usize, part: &[u8]) -> u8 {
    let triggers = part.iter().enumerate().filter(|(_, byte)| is_trigger(**byte));
    let places = triggers.filter_map(|(offset, _)| bytes.split_at_checked(from + offset));
    places.fold(0, |found, (before, here)| found | suspect(before, here))
}

fn has_pair(block: &[u8]) -> bool {
    block.iter().zip(block.iter().skip(1)).fold(false, |found, (first, second)| found | is_pair(*first, *second))
}

/// Branchless on purpose. `| 0x20` folds ASCII letters; what else it folds is sorted out later.
const fn is_pair(first: u8, second: u8) -> bool {
    let (a, b) = (first | 0x20, second | 0x20);
    (first == b'@')
        | ((first == b'y') & (second == b'J'))
        | ((a == b'b') & (b == b'e'))
        | ((a == b'w') & ((b == b'o') | (b == b'd')))
        | ((a == b'k') & ((b == b'e') | (b == b'i') | (second == 0xC4)))
        | ((first == 0xE2) & (second == 0x84))
}

const fn is_trigger(byte: u8) -> bool {
    matches!(byte, b'@' | b'J' | b'b' | b'B' | b'k' | b'K' | b'w' | b'W' | 0xE2)
}

/// The suspicion raised by the trigger byte that `here` begins with.
fn suspect(before: &[u8], here: &[u8]) -> u8 {
    match here {
        [b'@', after, ..] if is_domain(*after) && before.last().is_some_and(|byte| is_local(*byte)) => EMAIL,
        [b'J', ..] if before.ends_with(b"ey") => JWT,
        [b'b' | b'B', rest @ ..] => {
            after_word(rest, b"earer").filter(|rest| is_maybe_space(rest)).map_or(0, |_| BEARER)
        }
        [b'w' | b'W', rest @ ..] => {
            let rest = after_word(rest, b"ord").or_else(|| after_word(rest, b"d"));
            rest.filter(|rest| is_separated(rest, b":=")).map_or(0, |_| PASSWORD)
        }
        [b'K', b'I', b'A', ..] if before.ends_with(b"A") => AWS_KEY,
        // U+212A, the Kelvin sign, folds to `k`.
        [b'k' | b'K', rest @ ..] | [0xE2, 0x84, 0xAA, rest @ ..] => key_or_cookie(before, rest),
        _ => 0,
    }
}

/// The `k` of `api_key` or of `cookie`.
fn key_or_cookie(before: &[u8], rest: &[u8]) -> u8 {
    if let Some(rest) = after_word(rest, b"ey") {
        let api = before.strip_suffix(b"_").or_else(|| before.strip_suffix(b"-")).unwrap_or(before);
        // The last bytes of `İ` and `ı` stand for the letters.
        let is_api = matches!(api.last(), Some(b'i' | b'I' | 0xB0 | 0xB1));
        return if is_api && is_separated(rest, b":=") { API_KEY } else { 0 };
    }
    let (Some(rest), true) = (after_i(rest), matches!(before.last(), Some(b'o' | b'O'))) else {
        return 0;
    };
    after_word(rest, b"e").filter(|rest| is_separated(rest, b":")).map_or(0, |_| COOKIE)
}

fn after_i(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [b'i' | b'I', rest @ ..] | [0xC4, 0xB0 | 0xB1, rest @ ..] => Some(rest),
        _ => None,
    }
}

/// What follows `word`, given in lower case, if `rest` begins with it in any case.
fn after_word<'a>(rest: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(word.len())?;
    head.eq_ignore_ascii_case(word).then_some(tail)
}

/// Whether one of `marks` may follow, behind white space or none. Bytes beyond ASCII count as possible white space.
fn is_separated(rest: &[u8], marks: &[u8]) -> bool {
    let mark = rest.iter().find(|byte| !is_ascii_space(**byte));
    mark.is_some_and(|byte| marks.contains(byte) || !byte.is_ascii())
}

fn is_maybe_space(rest: &[u8]) -> bool {
    rest.first().is_some_and(|byte| is_ascii_space(*byte) || !byte.is_ascii())
}

const fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=0x1f | b' ')
}

const fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

const fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// The contract's procedure without the prefilter: every pattern, in order, over the whole text.
    fn plain(text: &str) -> String {
        PATTERNS.iter().zip(COMPILED.iter()).fold(text.to_owned(), |text, (pattern, regex)| {
            regex.as_ref().unwrap().replace_all(&text, NoExpand(pattern.replacement)).into_owned()
        })
    }

    /// Pieces that the patterns are made of, near misses, and what folds to them.
    const PIECES: &[&str] = &[
        "bearer",
        "BeArEr",
        "api",
        "API",
        "ap\u{131}",
        "Ap\u{130}",
        "_",
        "-",
        "key",
        "KEY",
        "\u{212a}ey",
        "x-api-key",
        "AKIA",
        "AKIAABCDEFGHIJKLMNOP",
        "0123456789ABCDEF",
        "cookie",
        "coo\u{212a}\u{131}e",
        "COOK\u{130}E",
        "Set-Cookie",
        "me",
        "@",
        "Example",
        ".",
        "com",
        "c",
        "password",
        "pa\u{17f}\u{17f}word",
        "PASSWD",
        "pwd",
        "eyJ",
        "ey",
        "J",
        "abc.def",
        ":",
        "=",
        " ",
        "\t",
        "\r",
        "\n",
        "\r\n",
        "\u{1c}",
        "\u{1f}",
        "\u{85}",
        "\u{a0}",
        "\u{2003}",
        "\u{200b}",
        "é",
        "日本",
        "***REDACTED:email***",
        "***REDACTED:api_key***",
        "*",
        "\"",
        "b",
        "k",
        "w",
        "\u{2014}",
        "token",
        "%+",
    ];

    fn next(state: &mut u64) -> usize {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        usize::try_from(*state >> 33).unwrap()
    }

    fn hostile(state: &mut u64) -> String {
        // Padding moves the pieces across the borders of the blocks.
        let mut text = "-".repeat(next(state) % 2 * (next(state) % 70));
        let length = next(state) % 14;
        text.extend((0..length).map(|_| PIECES[next(state) % PIECES.len()]));
        text
    }

    #[test]
    fn every_pattern_compiles() {
        assert!(COMPILED.iter().all(Option::is_some));
    }

    #[test]
    fn the_fast_path_agrees_with_the_plain_patterns_on_hostile_text() {
        let mut state = 0x9E37_79B9_7F4A_7C15;
        let mut changed = 0;
        for _ in 0..40_000 {
            let text = hostile(&mut state);
            let expected = plain(&text);
            changed += usize::from(expected != text);
            assert_eq!(scrub(&text).unwrap_or_else(|| text.clone()), expected, "{text:?}");
            assert_eq!(scrub(&text).is_some(), expected != text, "{text:?}");
        }
        assert!((4_000..36_000).contains(&changed), "both sides must occur: {changed}");
    }

    #[test]
    fn scrubbed_text_has_nothing_left_to_scrub() {
        let mut state = 0x2545_F491_4F6C_DD1D;
        for _ in 0..20_000 {
            let text = hostile(&mut state);
            if let Some(once) = scrub(&text) {
                assert_eq!(scrub(&once), None, "{text:?} became {once:?}");
            }
        }
    }

    #[test]
    fn prose_about_secrets_raises_no_suspicion() {
        for text in [
            "the bearerless path, bearers of bad news",
            "password reset page; forgot your passwd?",
            "a cookie recipe with monkey: bread",
            "api keys are listed under key: value",
            r#"{"password": "x", "tokens_in": 4096}"#,
            "@mention and a lone @ sign, AKI, ey Jude",
            "dashes \u{2014} and quotes \u{201c}so\u{201d} \u{2026}",
        ] {
            assert_eq!(suspects(text), 0, "{text}");
        }
    }

    #[test]
    fn a_large_text_is_scrubbed_like_a_small_one() {
        for (piece, expected) in [
            ("eyJ", "eyJ"),
            ("a@", "a@"),
            ("me@x.org ", "***REDACTED:email*** "),
            ("pwd: ", "***REDACTED:password_kv*** "),
            ("bearer \n", "***REDACTED:bearer*** \n"),
        ] {
            let text = piece.repeat(50_000);
            let result = scrub(&text).unwrap_or_else(|| text.clone());
            match piece {
                // `pwd: pwd: ` pairs up: the next word is the value of the one before it.
                "pwd: " => assert_eq!(result, expected.repeat(25_000)),
                "bearer \n" => assert_eq!(result, expected.repeat(25_000)),
                _ => assert_eq!(result, expected.repeat(50_000)),
            }
        }
    }
}
