//! Whether a text looks as if it was drawn at random.

/// Letters and digits of a text, and how often it changes between them.
#[derive(Default)]
struct Mixture {
    lower: usize,
    upper: usize,
    digits: usize,
    changes: usize,
    /// The longest word in small letters.
    word: usize,
    is_hex: bool,
}

fn mixture(bytes: &[u8]) -> Mixture {
    let mut mixture = Mixture { is_hex: true, ..Mixture::default() };
    let mut before = 0;
    let mut word = 0;
    for byte in bytes {
        let (count, class) = match byte {
            b'a'..=b'z' => (&mut mixture.lower, 1),
            b'A'..=b'Z' => (&mut mixture.upper, 2),
            b'0'..=b'9' => (&mut mixture.digits, 3),
            _ => {
                mixture.is_hex = false;
                continue;
            }
        };
        *count += 1;
        mixture.changes += usize::from(before != 0 && before != class);
        mixture.is_hex &= byte.is_ascii_hexdigit();
        before = class;
        word = if class == 1 { word + 1 } else { 0 };
        mixture.word = mixture.word.max(word);
    }
    mixture
}

/// Whether letters and digits are mixed as only chance does it. Words, numbers, times and ids made of words are not.
pub(super) fn is_random(bytes: &[u8]) -> bool {
    let bytes = bytes.get(..bytes.len().min(256)).unwrap_or(bytes);
    // What is joined by separators is random only if one of its parts is.
    let longest = bytes.split(|byte| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':')).max_by_key(|part| part.len());
    let Some(part) = longest.filter(|part| part.len() >= 12) else {
        return false;
    };
    let found = mixture(part);
    let letters = found.lower + found.upper;
    let mixed = found.digits >= 1 && letters >= 2 && found.changes >= (part.len() / 6).max(3);
    let two_cases = found.upper >= 4 && found.lower >= 4 && found.word <= 4 && found.changes * 5 >= part.len() * 2;
    mixed || two_cases
}

/// Whether it has the length and the letters of a digest, as of a commit or a file.
pub(super) fn is_digest(bytes: &[u8]) -> bool {
    matches!(bytes.len(), 32 | 40 | 56 | 64 | 96 | 128) && bytes.iter().all(u8::is_ascii_hexdigit)
}

/// Whether it has the form of a UUID.
pub(super) fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a value behind a name that may mean a secret is one, rather than a word of prose.
pub(super) fn looks_secret(value: &[u8]) -> bool {
    let found = mixture(value.get(..value.len().min(256)).unwrap_or(value));
    let letters = found.lower + found.upper;
    value.len() >= 8
        && (found.digits > 0 || (found.lower > 0 && found.upper > 1) || value.len() >= 20)
        && (letters > 0 || value.len() >= 16)
}

/// Whether a value is worth remembering: no word that prose might use by itself.
pub(super) fn is_memorable(value: &str) -> bool {
    const COMMON: &[&str] =
        &["password", "passw0rd", "changeme", "change_me", "username", "test1234", "12345678", "secret12"];
    let bytes = value.as_bytes();
    let is_common = |word: &&str| {
        let head = bytes.get(..word.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes())) && bytes.len() < word.len() + 4
    };
    if !(8..=512).contains(&bytes.len()) || COMMON.iter().any(is_common) || is_uuid(bytes) {
        return false;
    }
    let found = mixture(bytes);
    let letters = found.lower + found.upper;
    let others = bytes.iter().filter(|byte| b"!#$%^&*+=~|@?".contains(byte)).count();
    let is_number = letters == 0 && others == 0;
    (found.digits > 0 && letters > 0)
        || (others > 0 && letters > 0 && !value.contains(' '))
        || (found.upper > 2 && found.lower > 2 && found.changes * 3 >= bytes.len())
        || (is_number && found.digits >= 16)
        || (bytes.len() >= 20 && !value.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_told_from_intent() {
        for text in
            ["a8Kd02mXq7Lp3Zt9", "9f86d081884c7d65", "aGVsbG8gd29ybGQx", "kJxQpWzRtYvBnMsD", "x-8f3k2m9q4w7e1r6t"]
        {
            assert!(is_random(text.as_bytes()), "{text}");
        }
        for text in [
            "internationalization",
            "run-2026-01-31-checkout",
            "123e4567-e89b-12d3-a456-426614174000",
            "2026-01-31T12:00:00Z",
            "getElementByIdOrName",
            "1769860800000000",
            "checkout_flow_version_2",
        ] {
            assert!(!is_random(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn only_what_prose_would_not_say_is_remembered() {
        for value in ["hunter2-canary", "correct$horse", "aB3dE6gH", "averylongpasswordwithoutanydigit"] {
            assert!(is_memorable(value), "{value}");
        }
        for value in ["password", "Password1", "something", "hunter2", "", "changeme!", "a b c d e f g"] {
            assert!(!is_memorable(value), "{value}");
        }
    }
}
