//! The operations as they come: read and parsed by a thread of their own, while those before them are carried out.

use std::{
    io::{self, BufRead},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};
use tracing_augur::record::{JsonError, Value, parse};

/// The longest line that is read, in bytes. Longer ones are answered with an error and passed over.
pub(super) const LONGEST_LINE: usize = 64 * 1024 * 1024;

/// How much is read at once, in bytes. What came together is answered together.
pub(super) const PIECE: usize = 256 * 1024;

/// How many pieces wait to be carried out.
const AHEAD: usize = 2;

/// One line that is not blank.
pub(super) enum Line {
    Read(Result<Value, JsonError>),
    TooLong,
}

pub(super) struct Feed(Receiver<io::Result<Vec<Line>>>);

impl Feed {
    /// Begins to read. The thread ends with the lines, or once nobody wants them any more.
    pub(super) fn start(lines: impl BufRead + Send + 'static) -> io::Result<Self> {
        let (lines_to, feed) = sync_channel(AHEAD);
        thread::Builder::new().name("augur-reader".into()).spawn(move || read(lines, &lines_to))?;
        Ok(Self(feed))
    }

    /// What has come already; `None` if there is nothing yet, or nothing more.
    pub(super) fn ready(&self) -> Option<io::Result<Vec<Line>>> {
        self.0.try_recv().ok()
    }

    /// What comes next, once it does; `None` at the end.
    pub(super) fn next(&self) -> Option<io::Result<Vec<Line>>> {
        self.0.recv().ok()
    }
}

fn read(mut lines: impl BufRead, to: &SyncSender<io::Result<Vec<Line>>>) {
    let mut open = Open::default();
    loop {
        let mut batch = Vec::new();
        let read = match lines.fill_buf() {
            Ok([]) => {
                open.end(&mut batch);
                0
            }
            Ok(piece) => {
                open.take(piece, &mut batch);
                piece.len()
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = to.send(Err(error));
                return;
            }
        };
        lines.consume(read);
        if !batch.is_empty() && to.send(Ok(batch)).is_err() || read == 0 {
            return;
        }
    }
}

/// The line that has begun and not ended yet.
#[derive(Default)]
struct Open {
    line: Vec<u8>,
    too_long: bool,
}

impl Open {
    fn take(&mut self, mut piece: &[u8], batch: &mut Vec<Line>) {
        while !piece.is_empty() {
            let begun = self.line.len();
            // Reading from memory cannot fail.
            let _ = piece.read_until(b'\n', &mut self.line);
            let ended = self.line.last() == Some(&b'\n') && self.line.len() > begun;
            self.line.truncate(self.line.len() - usize::from(ended));
            if self.line.len() > LONGEST_LINE {
                self.too_long = true;
                self.line.clear();
            }
            if ended {
                self.end(batch);
            }
        }
    }

    fn end(&mut self, batch: &mut Vec<Line>) {
        if std::mem::take(&mut self.too_long) {
            batch.push(Line::TooLong);
        } else if !self.line.iter().all(u8::is_ascii_whitespace) {
            batch.push(Line::Read(parse(&self.line)));
        }
        self.line.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::{BufReader, Cursor};

    fn told(bytes: &[u8], piece: usize) -> Vec<String> {
        let feed = Feed::start(BufReader::with_capacity(piece, Cursor::new(bytes.to_vec()))).unwrap();
        let batches = std::iter::from_fn(|| feed.next());
        let lines = batches.flat_map(Result::unwrap);
        lines
            .map(|line| match line {
                Line::Read(Ok(value)) => value.to_string(),
                Line::Read(Err(_)) => "no JSON".to_owned(),
                Line::TooLong => "too long".to_owned(),
            })
            .collect()
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        for piece in [1, 2, 3, 7, 1000] {
            assert_eq!(
                told(b"1\n\n[2,\r\n 3]\n \t\n\"\xc3\xa9\"\n4", piece),
                ["1", "no JSON", "no JSON", "\"é\"", "4"]
            );
            assert!(told(b" \n\n", piece).is_empty());
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_one_read() {
        let mut bytes = vec![b'1'; LONGEST_LINE + 1];
        bytes.extend_from_slice(b"\n2\n");
        assert_eq!(told(&bytes, PIECE), ["too long", "2"]);
    }
}
