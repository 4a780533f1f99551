//! How bytes must be laid out: the pretty form of documents, the one-line form of JSON lines.

use super::super::reader::Part;
use crate::record::{Value, parse, write_line, write_pretty};
use sha2::{Digest, Sha256};

/// What is wrong with a layout.
pub(super) type Faults = Vec<&'static str>;

const NOT_PRETTY: &str = "is not laid out as the format has it: sorted keys, two spaces a level, one final newline";
const NOT_SORTED: &str = "keys not sorted";
const NEWLINE: &str = "must end in exactly one newline";
const INDENT: &str = "not indented by two spaces";
const NOT_ONE_LINE: &str = "is not laid out as the format has it: sorted keys, `, ` and `: ` between parts";

/// Compares a document's bytes with what its value would be written as; says which rule was broken if it can tell. `written`
/// is a buffer that can be used again.
pub(super) fn document(bytes: &[u8], value: &Value, written: &mut Vec<u8>) -> Faults {
    written.clear();
    write_pretty(value, 0, written);
    written.push(b'\n');
    if written == bytes {
        return Faults::new();
    }
    let found = foreign(bytes, value);
    if found.is_empty() { vec![NOT_PRETTY] } else { found }
}

/// The rules for documents that other programs write into a bundle: they may escape and space as they like.
pub(super) fn foreign(bytes: &[u8], value: &Value) -> Faults {
    let mut faults = Faults::new();
    if !sorted(bytes) {
        faults.push(NOT_SORTED);
    }
    if !bytes.ends_with(b"\n") || bytes.ends_with(b"\n\n") {
        faults.push(NEWLINE);
    }
    if value.as_object().is_some_and(|members| !members.is_empty()) && !bytes.starts_with(b"{\n  \"") {
        faults.push(INDENT);
    }
    faults
}

/// The same for a line of a JSON-lines file.
pub(super) fn line(bytes: &[u8], value: &Value, written: &mut Vec<u8>) -> Faults {
    written.clear();
    write_line(value, written);
    if written == bytes {
        Faults::new()
    } else if sorted(bytes) {
        vec![NOT_ONE_LINE]
    } else {
        vec![NOT_SORTED]
    }
}

/// Whether every object's keys ascend. The text was parsed before, so it is JSON of bounded depth.
fn sorted(bytes: &[u8]) -> bool {
    /// What is open, innermost last: an object with its last key, or a list.
    enum Open {
        Object(Option<String>),
        List,
    }
    let mut open: Vec<Open> = Vec::new();
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'{' => open.push(Open::Object(None)),
            b'[' => open.push(Open::List),
            b'}' | b']' => {
                open.pop();
            }
            b'"' => {
                let (text, after) = text(rest);
                rest = after;
                let is_key = after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if let (true, Some(Open::Object(last))) = (is_key, open.last_mut()) {
                    let quoted = [b"\"", text, b"\""].concat();
                    let Ok(Value::String(key)) = parse(&quoted) else { return false };
                    if last.as_ref().is_some_and(|last| *last >= key) {
                        return false;
                    }
                    *last = Some(key);
                }
            }
            _ => {}
        }
    }
    true
}

/// Splits behind the closing quote of a string.
fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut escaped = false;
    for (position, &byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return (bytes.get(..position).unwrap_or_default(), bytes.get(position + 1..).unwrap_or_default()),
            _ => {}
        }
    }
    (bytes, &[])
}

/// Writes a long document again, piece by piece, into a digest: it equals the file's digest if the layout is right.
pub(super) struct Canonical {
    digest: Sha256,
    buffer: Vec<u8>,
    last: Option<String>,
    last_entry: Option<String>,
    list: bool,
    empty: bool,
    sorted: bool,
}

impl Canonical {
    pub(super) fn new() -> Self {
        Self {
            digest: Sha256::new(),
            buffer: b"{".to_vec(),
            last: None,
            last_entry: None,
            list: false,
            empty: true,
            sorted: true,
        }
    }

    /// The next piece of the document.
    pub(super) fn part(&mut self, part: &Part) {
        match part {
            Part::Member(name, value) => {
                self.name(name);
                write_pretty(value, 1, &mut self.buffer);
            }
            Part::Begin { name, list } => {
                self.name(name);
                self.buffer.push(if *list { b'[' } else { b'{' });
                (self.list, self.empty, self.last_entry) = (*list, true, None);
            }
            Part::Item(value) => {
                self.separate(2);
                write_pretty(value, 2, &mut self.buffer);
            }
            Part::Entry(name, value) => {
                self.sorted &= self.last_entry.as_ref().is_none_or(|last| last < name);
                self.separate(2);
                write_line(&name.as_str().into(), &mut self.buffer);
                self.buffer.extend_from_slice(b": ");
                write_pretty(value, 2, &mut self.buffer);
                self.last_entry = Some(name.clone());
            }
            Part::End => {
                if !self.empty {
                    self.buffer.extend_from_slice(b"\n  ");
                }
                self.buffer.push(if self.list { b']' } else { b'}' });
                self.empty = false;
            }
        }
        self.digest.update(&self.buffer);
        self.buffer.clear();
    }

    fn name(&mut self, name: &str) {
        self.sorted &= self.last.as_deref().is_none_or(|last| last < name);
        self.empty = self.last.is_none();
        self.separate(1);
        write_line(&name.into(), &mut self.buffer);
        self.buffer.extend_from_slice(b": ");
        self.last = Some(name.to_owned());
    }

    fn separate(&mut self, level: usize) {
        if !self.empty {
            self.buffer.push(b',');
        }
        self.empty = false;
        self.buffer.push(b'\n');
        self.buffer.resize(self.buffer.len() + 2 * level, b' ');
    }

    /// What is wrong with a file of this digest.
    pub(super) fn faults(mut self, file: [u8; 32]) -> Faults {
        self.buffer.extend_from_slice(if self.last.is_none() { b"}\n" } else { b"\n}\n" });
        self.digest.update(&self.buffer);
        if !self.sorted {
            vec![NOT_SORTED]
        } else if <[u8; 32]>::from(self.digest.finalize()) != file {
            vec![NOT_PRETTY]
        } else {
            Faults::new()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_document_out_of_layout_is_told_why() {
        for (text, faults) in [
            ("{\n  \"a\": 1,\n  \"b\": {}\n}\n", vec![]),
            ("{}\n", vec![]),
            ("[]\n", vec![]),
            ("{\n  \"a\": 1\n}", vec![NEWLINE]),
            ("{\n  \"a\": 1\n}\n\n", vec![NEWLINE]),
            ("{\n  \"b\": 1,\n  \"a\": 1\n}\n", vec![NOT_SORTED]),
            ("{\n  \"a\": 1,\n  \"a\": 1\n}\n", vec![NOT_SORTED]),
            ("{\n  \"a\": [{\"c\": 1, \"b\": 2}]\n}\n", vec![NOT_SORTED]),
            ("{\"a\": 1}\n", vec![INDENT]),
            ("{\n  \"a\": 1.50\n}\n", vec![NOT_PRETTY]),
            ("{\n  \"a\": \"\\u00e9\"\n}\n", vec![NOT_PRETTY]),
            ("{\r\n  \"a\": 1\r\n}\r\n", vec![INDENT]),
        ] {
            assert_eq!(document(text.as_bytes(), &value(text), &mut Vec::new()), faults, "{text:?}");
        }
    }

    #[test]
    fn keys_are_compared_by_what_they_say_and_strings_are_not_keys() {
        for (text, fine) in [
            (r#"{"\u0061":1,"b":2}"#, true),
            (r#"{"a":"z","b":"{\"z\":1,\"a\":2}"}"#, true),
            (r#"{"a":["z","a"],"b":[{"z":1},{"a":1}]}"#, true),
            ("{\"\u{fffd}\":1,\"\u{1f600}\":2}", true),
            ("{\"\u{1f600}\":1,\"\u{fffd}\":2}", false),
            (r#"{"a":{"z":1,"y":2}}"#, false),
        ] {
            assert!(parse(text.as_bytes()).is_ok());
            assert_eq!(sorted(text.as_bytes()), fine, "{text}");
        }
    }

    #[test]
    fn a_line_out_of_layout_is_told_why() {
        for (text, faults) in [
            (r#"{"a": 1, "b": [1, 2]}"#, vec![]),
            (r#"{"a":1}"#, vec![NOT_ONE_LINE]),
            (r#"{"b": 1, "a": 2}"#, vec![NOT_SORTED]),
            ("{\"a\": 1}\r", vec![NOT_ONE_LINE]),
        ] {
            assert_eq!(line(text.as_bytes(), &value(text), &mut Vec::new()), faults, "{text}");
        }
    }
}
