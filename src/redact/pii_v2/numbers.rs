//! Numbers of cards, accounts, persons and telephones, each told from other numbers by its checksum or its form.

use super::{bytes::at, kind::Kind, spans::Spans};
use memchr::memchr_iter;

/// Countries with an IBAN and how long it is.
const IBAN: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23\
                    GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21MC27MD24ME22MK19MR27MT31MU30\
                    NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27TN24TR26UA29VA22VG24XK20";

/// Finds them. Looks at every fourth byte: each of these numbers has four digits in a row.
pub(super) fn find(text: &str, spans: &mut Spans) {
    let bytes = text.as_bytes();
    phones(bytes, spans);
    let mut place = 3;
    let mut floor = 0;
    let mut tried = 0;
    while place < bytes.len() {
        if !at(bytes, place).is_ascii_digit() {
            place += 4;
            continue;
        }
        let mut start = place;
        while start > floor && continues(bytes, start - 1) {
            start -= 1;
        }
        let mut end = place + 1;
        while continues(bytes, end) {
            end += 1;
        }
        while end > start && !at(bytes, end - 1).is_ascii_digit() {
            end -= 1;
        }
        groups(bytes, start, end, spans);
        iban(bytes, tried, start, end, spans);
        tried = end + 4;
        floor = end;
        place = end + 4;
    }
}

/// A digit, or a single blank or dash between two.
fn continues(bytes: &[u8], index: usize) -> bool {
    match at(bytes, index) {
        b'0'..=b'9' => true,
        b' ' | b'-' => at(bytes, index + 1).is_ascii_digit() && index > 0 && at(bytes, index - 1).is_ascii_digit(),
        _ => false,
    }
}

/// Looks at the last few groups of digits, group by group.
fn groups(bytes: &[u8], start: usize, end: usize, spans: &mut Spans) {
    let mut recent = [(0usize, 0usize); 5];
    let mut from = start;
    while from < end {
        let length = bytes.get(from..end).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            from += 1;
            continue;
        }
        recent.rotate_left(1);
        if let Some(last) = recent.last_mut() {
            *last = (from, from + length);
        }
        judge(bytes, &recent, spans);
        from += length;
    }
}

/// Groups that a card is written in.
const CARD_GROUPS: &[&[usize]] = &[&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];

fn judge(bytes: &[u8], recent: &[(usize, usize); 5], spans: &mut Spans) {
    let Some((from, to)) = recent.last().copied() else { return };
    if is_apart(bytes, from, to, true) && is_card(bytes.get(from..to).unwrap_or_default()) {
        spans.add(from..to, Kind::Card);
        return;
    }
    let lengths = |pattern: &[usize]| {
        let part = recent.get(recent.len().saturating_sub(pattern.len())..)?;
        let fits = part.iter().zip(pattern).all(|((from, to), length)| to - from == *length);
        let first = part.first().filter(|_| fits)?.0;
        // One kind of separator throughout.
        let separator = at(bytes, part.first()?.1);
        let joined = part.windows(2).all(|pair| match pair {
            [before, after] => after.0 == before.1 + 1 && at(bytes, before.1) == separator,
            _ => false,
        });
        (joined && is_apart(bytes, first, to, false)).then_some((first, separator))
    };
    for pattern in CARD_GROUPS {
        let Some((first, _)) = lengths(pattern) else { continue };
        let digits: Vec<u8> =
            bytes.get(first..to).unwrap_or_default().iter().copied().filter(u8::is_ascii_digit).collect();
        if is_card(&digits) {
            spans.add(first..to, Kind::Card);
            return;
        }
    }
    if let Some((first, b'-')) = lengths(&[3, 2, 4])
        && is_ssn(bytes.get(first..to).unwrap_or_default())
    {
        spans.add(first..to, Kind::Ssn);
    }
}

/// Whether a number stands by itself: not in a word, a fraction, or a longer chain of digits and dashes.
fn is_apart(bytes: &[u8], from: usize, to: usize, is_plain: bool) -> bool {
    let before = at(bytes, from.wrapping_sub(1));
    let after = at(bytes, to);
    let is_fraction = (before == b'.' && at(bytes, from.wrapping_sub(2)).is_ascii_digit())
        || (after == b'.' && at(bytes, to + 1).is_ascii_digit());
    let is_chained = |byte: u8, next: u8| byte == b'-' && next.is_ascii_alphanumeric();
    // The groups of a UUID are too short to be meant.
    let in_chain =
        !is_plain && (is_chained(before, at(bytes, from.wrapping_sub(2))) || is_chained(after, at(bytes, to + 1)));
    let escaped = matches!(before, b'n' | b't' | b'r') && at(bytes, from.wrapping_sub(2)) == b'\\';
    (!before.is_ascii_alphanumeric() || escaped) && !after.is_ascii_alphanumeric() && !is_fraction && !in_chain
}

/// Whether these digits are the number of a card: length, issuer and checksum.
pub(in crate::redact) fn is_card(digits: &[u8]) -> bool {
    let head = |length: usize| {
        digits
            .get(..length)
            .unwrap_or_default()
            .iter()
            .fold(0u32, |number, digit| number * 10 + u32::from(digit.wrapping_sub(b'0')))
    };
    let issued = match digits.len() {
        14 => matches!(head(2), 30 | 36 | 38 | 39),
        15 => matches!(head(2), 34 | 37) || matches!(head(4), 1800 | 2131),
        16 => {
            matches!(head(2), 40..=49 | 50..=58 | 60 | 62 | 64 | 65 | 67 | 81)
                || matches!(head(4), 2200..=2204 | 2221..=2720 | 3528..=3589 | 6304)
        }
        17..=19 => {
            matches!(head(2), 40..=49 | 50 | 56..=58 | 60 | 62..=65 | 67) && (digits.len() == 19 || head(1) != 4)
        }
        _ => false,
    };
    issued && luhn(digits) && digits.windows(2).any(|pair| pair.first() != pair.last())
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            if index % 2 == 0 { digit } else { digit * 2 - if digit > 4 { 9 } else { 0 } }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Areas, groups and serials that were given out.
fn is_ssn(number: &[u8]) -> bool {
    let area = number.get(..3).unwrap_or_default();
    !matches!(area, b"000" | b"666" | [b'9', ..]) && number.get(4..6) != Some(b"00") && number.get(7..) != Some(b"0000")
}

/// An IBAN that reaches into these digits, compact or in groups of four.
/// Places before `tried` were looked at for the digits before.
fn iban(bytes: &[u8], tried: usize, start: usize, end: usize, spans: &mut Spans) {
    for from in start.saturating_sub(34).max(tried)..end + 4 {
        let Some([a, b, c, d]) = bytes.get(from..from + 4) else { continue };
        let begins = a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit();
        if !begins || at(bytes, from.wrapping_sub(1)).is_ascii_alphanumeric() {
            continue;
        }
        if let Some(to) = iban_end(bytes, from, &[*a, *b]) {
            spans.add(from..to, Kind::Iban);
        }
    }
}

fn iban_end(bytes: &[u8], from: usize, country: &[u8]) -> Option<usize> {
    let entry = IBAN.as_bytes().chunks_exact(4).find(|entry| entry.starts_with(country))?;
    let length = entry.get(2..)?.iter().fold(0usize, |number, digit| number * 10 + usize::from(digit - b'0'));
    let mut letters = Vec::with_capacity(length);
    let mut place = from;
    while letters.len() < length {
        match at(bytes, place) {
            byte if byte.is_ascii_uppercase() || byte.is_ascii_digit() => letters.push(byte),
            b' ' | b'-' if letters.len() % 4 == 0 => {}
            _ => return None,
        }
        place += 1;
    }
    let rest = letters.iter().skip(4).chain(letters.iter().take(4));
    let remainder = rest.fold(0u64, |remainder, letter| match letter {
        b'0'..=b'9' => (remainder * 10 + u64::from(letter - b'0')) % 97,
        letter => (remainder * 100 + u64::from(letter - b'A') + 10) % 97,
    });
    (remainder == 1 && !at(bytes, place).is_ascii_alphanumeric()).then_some(place)
}

/// Telephone numbers with their country code: `+`, then 9 to 15 digits. National forms are not told from other numbers.
fn phones(bytes: &[u8], spans: &mut Spans) {
    for plus in memchr_iter(b'+', bytes) {
        let before = at(bytes, plus.wrapping_sub(1));
        if before.is_ascii_alphanumeric()
            || matches!(before, b'+' | b'/' | b'=' | b'.') && before != b'='
            || !matches!(at(bytes, plus + 1), b'1'..=b'9')
        {
            continue;
        }
        let mut digits = 0;
        let mut end = plus + 1;
        let mut place = plus + 1;
        while place < plus + 28 {
            match at(bytes, place) {
                b'0'..=b'9' => {
                    digits += 1;
                    end = place + 1;
                }
                b' ' | b'-' | b'.' | b'(' | b')'
                    if !is_gap(at(bytes, place + 1)) || matches!(at(bytes, place), b')' | b' ') => {}
                _ => break,
            }
            if digits == 15 {
                break;
            }
            place += 1;
        }
        let ends = !at(bytes, end).is_ascii_alphanumeric() && !matches!(at(bytes, end), b':' | b'/' | b'+');
        if (9..=15).contains(&digits) && ends {
            spans.add(plus..end, Kind::Phone);
        }
    }
}

fn is_gap(byte: u8) -> bool {
    !byte.is_ascii_digit() && !matches!(byte, b'(')
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_of_cards_accounts_and_persons_are_found_by_their_checksums() {
        let policy = crate::redact::RedactionPolicy::default_pii_v2();
        for (text, expected) in [
            ("4111111111111111", "***REDACTED:card***"),
            ("card 4111 1111 1111 1111, 12/27", "card ***REDACTED:card***, 12/27"),
            ("4111-1111-1111-1111", "***REDACTED:card***"),
            ("5555555555554444 5105105105105100", "***REDACTED:card*** ***REDACTED:card***"),
            ("amex 378282246310005 or 3782 822463 10005", "amex ***REDACTED:card*** or ***REDACTED:card***"),
            ("6304 0000 0000 0000 000", "***REDACTED:card***"),
            ("\"pan\":4111111111111111}", "\"pan\":***REDACTED:card***}"),
            ("GB82WEST12345698765432", "***REDACTED:iban***"),
            ("pay DE89 3704 0044 0532 0130 00 now", "pay ***REDACTED:iban*** now"),
            ("FR1420041010050500013M02606.", "***REDACTED:iban***."),
            ("MT84MALT011000012345MTLCAST001S", "***REDACTED:iban***"),
            ("ssn 536-22-1234.", "ssn ***REDACTED:ssn***."),
            ("call +49 151 12345678 or +14155552671", "call ***REDACTED:phone*** or ***REDACTED:phone***"),
            ("+1 (415) 555-2671", "***REDACTED:phone***"),
            ("jörg.müller+tag@bücher.example", "***REDACTED:email***"),
            ("用户@例子.广告 and a.b+c@d-e.co.uk!", "***REDACTED:email*** and ***REDACTED:email***!"),
            ("x@xn--bcher-kva.example", "***REDACTED:email***"),
            (r"to:\nann@x.org", r"to:\n***REDACTED:email***"),
        ] {
            assert_eq!(policy.scrub(text), expected, "{text}");
            assert_eq!(policy.scrub(expected), expected);
        }
    }
}
