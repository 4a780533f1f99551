//! What values say of themselves, within bounds and whatever they do while they say it.

use std::{
    error::Error,
    fmt::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The longest text that is taken from one field, in bytes. The whole history of a conversation fits; a runaway dump of
/// memory does not.
const LONGEST: usize = 8 * 1024 * 1024;

/// What a value says of itself, up to the limit; the rest is counted and not held.
pub(super) struct Text<'a> {
    kept: &'a mut Vec<u8>,
    start: usize,
    cut: usize,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let held = self.kept.len() - self.start;
        let room = if self.cut == 0 { LONGEST.saturating_sub(held) } else { 0 };
        let mut end = piece.len().min(room);
        while !piece.is_char_boundary(end) {
            end -= 1;
        }
        self.kept.extend_from_slice(piece.as_bytes().get(..end).unwrap_or_default());
        self.cut += piece.len() - end;
        Ok(())
    }
}

impl Text<'_> {
    /// Appends what a value says. The agent logs a value for the recorder's sake, so a value that cannot be formatted must
    /// not end the agent.
    pub(super) fn write_to(out: &mut Vec<u8>, write: impl FnOnce(&mut Text<'_>) -> fmt::Result) {
        let start = out.len();
        let mut text = Text { kept: out, start, cut: 0 };
        let outcome = catch_unwind(AssertUnwindSafe(|| write(&mut text)));
        let Text { kept, cut, .. } = text;
        if cut > 0 {
            kept.extend_from_slice(format!("…[cut, {cut} bytes]").as_bytes());
        }
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(_)) => kept.extend_from_slice("…[formatting it failed]".as_bytes()),
            Err(_) => kept.extend_from_slice("…[formatting it panicked]".as_bytes()),
        }
    }

    /// Appends a text. Nothing can go wrong with one that is whole already.
    pub(super) fn write_plain(out: &mut Vec<u8>, text: &str) {
        if text.len() <= LONGEST {
            out.extend_from_slice(text.as_bytes());
        } else {
            Self::write_to(out, |kept| kept.write_str(text));
        }
    }

    /// An error and what caused it.
    pub(super) fn write_error(&mut self, error: &(dyn Error + 'static)) -> fmt::Result {
        write!(self, "{error}")?;
        let mut cause = error.source();
        // A chain that closes on itself would never end.
        for _ in 0..16 {
            let Some(error) = cause else { break };
            write!(self, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
