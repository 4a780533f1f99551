//! Looking around in the bytes of a text.

/// Signs without which a rule has nothing to look at.
pub(super) const PAIR: u8 = 1;
pub(super) const AT: u8 = 1 << 1;
pub(super) const ESCAPE: u8 = 1 << 2;
pub(super) const PLUS: u8 = 1 << 3;
pub(super) const DIGIT: u8 = 1 << 4;
pub(super) const SLASH: u8 = 1 << 5;
/// What stands between a word and what it announces, or in front of an option.
pub(super) const GAP: u8 = 1 << 6;

/// What each byte makes worth looking at.
const SIGNS: [u8; 256] = {
    let mut signs = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::indexing_slicing)] // evaluated by the compiler
        {
            signs[byte] = match byte as u8 {
                b':' | b'=' => PAIR,
                b'@' => AT,
                b'%' => ESCAPE | GAP,
                b'\\' | 0 => ESCAPE,
                b'+' => PLUS | GAP,
                b'0'..=b'9' => DIGIT,
                b'/' => SLASH | GAP,
                b'-' => GAP,
                blank if is_blank(blank) || !blank.is_ascii() => GAP,
                _ => 0,
            };
        }
        byte += 1;
    }
    signs
};

/// Which of the signs a text holds.
pub(super) fn signs(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |found, byte| found | SIGNS.get(usize::from(*byte)).copied().unwrap_or(u8::MAX))
}

/// The byte at a place; 0 beyond either end.
#[inline]
pub(super) fn at(bytes: &[u8], index: usize) -> u8 {
    bytes.get(index).copied().unwrap_or(0)
}

/// What names of settings, members and headers consist of.
pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$')
}

/// What tokens and encoded texts consist of.
pub(super) const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'~')
}

/// White space as the contract's patterns have it, within ASCII.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=0x1f | b' ')
}

/// The first place from here on that is no white space, with at most `lines` line breaks on the way.
pub(super) fn skip_blank(bytes: &[u8], mut from: usize, mut lines: usize) -> usize {
    loop {
        match at(bytes, from) {
            b'\n' if lines == 0 => return from,
            b'\r' if lines == 0 => return from,
            b'\n' => {
                lines -= 1;
                from += 1;
            }
            0xE2 if at(bytes, from + 1) == 0x80 && matches!(at(bytes, from + 2), 0x80..=0x8A | 0xAF) => from += 3,
            0xC2 if matches!(at(bytes, from + 1), 0xA0 | 0x85) => from += 2,
            byte if is_blank(byte) => from += 1,
            _ => return from,
        }
    }
}

/// The end of the run that begins here: at white space or at one of `stops`.
pub(super) fn until(bytes: &[u8], from: usize, stops: &[u8]) -> usize {
    let run = bytes.get(from..).unwrap_or_default();
    let ends = |byte: &u8| is_blank(*byte) || stops.contains(byte);
    run.iter().position(ends).map_or(bytes.len(), |length| from + length)
}

/// The end of the line that this place is in.
pub(super) fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', bytes.get(from..).unwrap_or_default()).map_or(bytes.len(), |length| from + length)
}

/// How many backslashes stand in front of a place, down to `from`.
pub(super) fn backslashes_before(bytes: &[u8], place: usize, from: usize) -> usize {
    let before = bytes.get(from..place).unwrap_or_default();
    before.iter().rev().take(64).take_while(|byte| **byte == b'\\').count()
}

/// Whether a word begins here: nothing before it belongs to it. The letter of an escape such as `\n` does not.
pub(super) fn is_word_start(bytes: &[u8], index: usize) -> bool {
    let Some(before) = index.checked_sub(1) else { return true };
    match at(bytes, before) {
        b'n' | b'r' | b't' => before > 0 && at(bytes, before - 1) == b'\\',
        byte => !byte.is_ascii_alphanumeric(),
    }
}

/// `rest` behind a word, whatever its case.
pub(super) fn has_prefix(bytes: &[u8], from: usize, word: &[u8]) -> bool {
    bytes.get(from..from + word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}
