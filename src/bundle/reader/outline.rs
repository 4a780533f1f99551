//! Reads a JSON object piece by piece: member by member, and one chosen member item by item, so that `trace.json` and
//! `manifest.json` of any length are never held whole.

use super::{ReadError, Tee};
use crate::record::{Value, parse};
use std::{
    fs::File,
    io::{BufRead, BufReader},
};

/// A piece of the document, in the order of the document.
pub(crate) enum Part {
    /// A member, whole.
    Member(String, Value),
    /// The chosen member begins: a list, or else an object.
    Begin {
        /// Its name.
        name: String,
        /// Whether it is a list.
        list: bool,
    },
    /// An item of the chosen list.
    Item(Value),
    /// A member of the chosen object.
    Entry(String, Value),
    /// The chosen member ends.
    End,
}

enum State {
    Start,
    Members { first: bool },
    Items { first: bool },
    Entries { first: bool },
    Done,
}

/// The pieces of one document.
pub(crate) struct Outline {
    input: BufReader<Tee<File>>,
    /// The member that is taken apart.
    chosen: &'static str,
    state: State,
    path: String,
    limit: u64,
    piece: Vec<u8>,
}

impl Outline {
    pub(crate) fn new(file: File, path: &str, chosen: &'static str, limit: u64) -> Self {
        let input = BufReader::with_capacity(128 * 1024, Tee::new(file));
        Self { input, chosen, state: State::Start, path: path.to_owned(), limit, piece: Vec::new() }
    }

    /// The digest of all bytes, once the last piece was read.
    pub(crate) fn digest(self) -> [u8; 32] {
        self.input.into_inner().digest()
    }

    /// The next piece; `None` at the end of the document.
    pub(crate) fn part(&mut self) -> Result<Option<Part>, ReadError> {
        match self.state {
            State::Start => {
                self.expect(b'{', "an object")?;
                self.state = State::Members { first: true };
                self.part()
            }
            State::Members { first } => {
                if self.closed(b'}', first)? {
                    self.state = State::Done;
                    return self.end_of_file().map(|()| None);
                }
                self.state = State::Members { first: false };
                let name = self.name()?;
                match self.peek()? {
                    Some(open @ (b'[' | b'{')) if name == self.chosen => {
                        self.input.consume(1);
                        let list = open == b'[';
                        self.state = if list { State::Items { first: true } } else { State::Entries { first: true } };
                        Ok(Some(Part::Begin { name, list }))
                    }
                    _ => Ok(Some(Part::Member(name, self.value()?))),
                }
            }
            State::Items { first } => {
                if self.closed(b']', first)? {
                    self.state = State::Members { first: false };
                    return Ok(Some(Part::End));
                }
                self.state = State::Items { first: false };
                Ok(Some(Part::Item(self.value()?)))
            }
            State::Entries { first } => {
                if self.closed(b'}', first)? {
                    self.state = State::Members { first: false };
                    return Ok(Some(Part::End));
                }
                self.state = State::Entries { first: false };
                let name = self.name()?;
                Ok(Some(Part::Entry(name, self.value()?)))
            }
            State::Done => Ok(None),
        }
    }

    /// Whether the container ends here; if not, steps over the comma.
    fn closed(&mut self, bracket: u8, first: bool) -> Result<bool, ReadError> {
        if self.peek()? == Some(bracket) {
            self.input.consume(1);
            return Ok(true);
        }
        if !first {
            self.expect(b',', "`,` or the end of a list or object")?;
        }
        Ok(false)
    }

    fn name(&mut self) -> Result<String, ReadError> {
        if self.peek()? != Some(b'"') {
            return Err(self.bad("expected the name of a member"));
        }
        let Value::String(name) = self.value()? else { return Err(self.bad("expected the name of a member")) };
        self.expect(b':', "`:`")?;
        Ok(name)
    }

    fn value(&mut self) -> Result<Value, ReadError> {
        self.peek()?;
        self.piece.clear();
        self.scan()?;
        parse(&self.piece).map_err(|error| ReadError::Json { path: self.path.clone(), error: Box::new(error) })
    }

    /// Collects the bytes of one value. Only where it ends is found out here; the parser judges the rest.
    fn scan(&mut self) -> Result<(), ReadError> {
        let (mut depth, mut text, mut escaped) = (0_usize, false, false);
        loop {
            let bytes = self.input.fill_buf().map_err(|error| ReadError::io(&self.path, error))?;
            if bytes.is_empty() {
                return if depth == 0 && !text { Ok(()) } else { Err(self.bad("ends in the middle of a value")) };
            }
            let mut used = 0;
            let mut done = false;
            while let Some(&byte) = bytes.get(used) {
                if text && !escaped && !matches!(byte, b'"' | b'\\') {
                    let rest = bytes.get(used..).unwrap_or_default();
                    used += memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                    continue;
                }
                if text {
                    used += 1;
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => text = false,
                        _ => {}
                    }
                    done = !text && depth == 0;
                } else {
                    match byte {
                        b',' | b':' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => done = true,
                        b']' | b'}' => {
                            used += 1;
                            depth -= 1;
                            done = depth == 0;
                        }
                        b'[' | b'{' => {
                            used += 1;
                            depth += 1;
                        }
                        b'"' => {
                            used += 1;
                            text = true;
                        }
                        _ => used += 1,
                    }
                }
                if done {
                    break;
                }
            }
            self.piece.extend_from_slice(bytes.get(..used).unwrap_or_default());
            self.input.consume(used);
            if self.piece.len() as u64 > self.limit {
                return Err(ReadError::TooLarge { path: self.path.clone(), limit: self.limit });
            }
            if done {
                return Ok(());
            }
        }
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            let bytes = self.input.fill_buf().map_err(|error| ReadError::io(&self.path, error))?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let blank = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
            let next = bytes.get(blank).copied();
            self.input.consume(blank);
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), ReadError> {
        if self.peek()? != Some(byte) {
            return Err(self.bad(&format!("expected {what}")));
        }
        self.input.consume(1);
        Ok(())
    }

    fn end_of_file(&mut self) -> Result<(), ReadError> {
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.bad("holds more than one JSON value")),
        }
    }

    fn bad(&self, what: &str) -> ReadError {
        ReadError::Shape { path: self.path.clone(), what: format!("not valid JSON: {what}") }
    }
}

impl Iterator for Outline {
    type Item = Result<Part, ReadError>;

    /// Ends after the first error: what follows cannot be trusted to be in step.
    fn next(&mut self) -> Option<Self::Item> {
        let part = self.part();
        if part.is_err() {
            self.state = State::Done;
        }
        part.transpose()
    }
}

impl std::fmt::Debug for Outline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outline").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::{self, Write as _};

    fn outline(text: &str, limit: u64) -> Result<String, String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let mut told = String::new();
        for part in Outline::new(file, "x.json", "steps", limit) {
            told += &match part.map_err(|error| error.to_string())? {
                Part::Member(name, value) => format!("{name}={value} "),
                Part::Begin { list, .. } => if list { "[ " } else { "{ " }.to_owned(),
                Part::Item(value) => format!("{value} "),
                Part::Entry(name, value) => format!("{name}:{value} "),
                Part::End => "end ".to_owned(),
            };
        }
        Ok(told)
    }

    #[test]
    fn a_document_comes_in_pieces() {
        for (text, pieces) in [
            ("{}", ""),
            (" {\n} \n", ""),
            (
                r#"{"a":1,"steps":[1 , [2,{"b":"]}\""}],"x" ],"z":null}"#,
                r#"a=1 [ 1 [2, {"b": "]}\""}] "x" end z=null "#,
            ),
            (r#"{"steps":{"k":"v","l":{}}}"#, r#"{ k:"v" l:{} end "#),
            (r#"{"steps":[]}"#, "[ end "),
            (r#"{"steps":7}"#, "steps=7 "),
            (r#"{"st\u0065ps":[true]}"#, "[ true end "),
        ] {
            assert_eq!(outline(text, 1000).unwrap(), pieces, "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused_wherever_it_stands() {
        for text in [
            "",
            "[]",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1,}",
            "{\"a\":1}{",
            "{\"steps\":[1 2]}",
            "{\"steps\":[1,]}",
            "{\"steps\":[,1]}",
            "{\"steps\":[1}}",
            "{\"steps\":{\"a\":1]}",
            "{a:1}",
            "{\"a\":[1}}",
            "{\"a\":\"x}",
            "{\"a\":NaN}",
            "{\"a\":1 \"b\":2}",
            "{,}",
            "{\"steps\":{\"a\" 1}}",
        ] {
            assert!(outline(text, 1000).is_err(), "{text}");
        }
        assert!(outline(&format!("{{\"steps\":[\"{}\"]}}", "x".repeat(200_000)), 1000).unwrap_err().contains("larger"));
        assert!(outline(&format!("{{\"a\":{}}}", "[".repeat(500)), 1000).is_err());
    }

    #[test]
    fn the_digest_covers_every_byte() {
        use sha2::Digest as _;
        let mut file = tempfile::tempfile().unwrap();
        let text = format!("{{\"steps\":[{}1]}} \n", "1, ".repeat(200_000));
        file.write_all(text.as_bytes()).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let mut outline = Outline::new(file, "x.json", "steps", 1000);
        assert_eq!(outline.by_ref().filter(|part| matches!(part, Ok(Part::Item(_)))).count(), 200_001);
        assert_eq!(outline.digest(), <[u8; 32]>::from(sha2::Sha256::digest(text)));
    }
}
