//! JSON in and out: a parser that bounds depth and keeps digits, and the two layouts of a bundle.

use super::value::{Number, Object, Value};
use jiter::{Jiter, JiterError, Peek};
use std::io::Write as _;

/// How deep arrays and objects may nest. Deeper values are refused wherever they come in, so no later walk can overflow a
/// stack.
pub const MAX_DEPTH: usize = 128;

/// Why a text is not JSON that a record can hold. The message names the place, never the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line}, column {column}")]
pub struct JsonError {
    what: String,
    line: usize,
    column: usize,
}

/// Reads one JSON document.
///
/// # Errors
/// If the text is not JSON, nests deeper than [`MAX_DEPTH`], or holds a number too large for a float. `NaN` and `Infinity`
/// are not JSON. Of members with the same name the last one wins.
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    let mut reader = Jiter::new(text);
    let value = reader
        .peek()
        .map_err(Fault::from)
        .and_then(|peek| read(&mut reader, peek, 0))
        .and_then(|value| reader.finish().map(|()| value).map_err(Fault::from));
    value.map_err(|fault| {
        let (what, index) = match fault {
            Fault::Syntax(error) => (error.error_type.to_string(), error.index),
            Fault::TooDeep => (format!("nested deeper than {MAX_DEPTH} levels"), reader.current_index()),
            Fault::NotFinite => ("number too large".to_owned(), reader.current_index()),
        };
        let position = reader.error_position(index.min(text.len()));
        JsonError { what, line: position.line, column: position.column }
    })
}

/// The text of a member of a JSON object, read without anything else of it. `None` if there is none, or no JSON object.
pub(crate) fn text_of(document: &[u8], name: &str) -> Option<String> {
    let mut reader = Jiter::new(document);
    let mut text = None;
    let mut is_it = reader.next_object().ok()?.map(|key| key == name);
    while let Some(hit) = is_it {
        if hit && reader.peek().ok()? == Peek::String {
            text = Some(reader.next_str().ok()?.to_owned());
        } else {
            reader.next_skip().ok()?;
        }
        is_it = reader.next_key().ok()?.map(|key| key == name);
    }
    reader.finish().ok().and(text)
}

enum Fault {
    Syntax(JiterError),
    TooDeep,
    NotFinite,
}

impl From<JiterError> for Fault {
    fn from(error: JiterError) -> Self {
        Self::Syntax(error)
    }
}

fn read(reader: &mut Jiter<'_>, peek: Peek, depth: usize) -> Result<Value, Fault> {
    if depth >= MAX_DEPTH && matches!(peek, Peek::Array | Peek::Object) {
        return Err(Fault::TooDeep);
    }
    Ok(match peek {
        Peek::Null => {
            reader.known_null()?;
            Value::Null
        }
        Peek::True | Peek::False => Value::Bool(reader.known_bool(peek)?),
        Peek::String => Value::String(reader.known_str()?.to_owned()),
        Peek::Array => {
            let mut items = Vec::new();
            let mut next = reader.known_array()?;
            while let Some(peek) = next {
                items.push(read(reader, peek, depth + 1)?);
                next = reader.array_step()?;
            }
            Value::Array(items)
        }
        Peek::Object => {
            let mut members = Object::new();
            let mut next = reader.known_object()?.map(str::to_owned);
            while let Some(key) = next {
                let peek = reader.peek()?;
                members.insert(key, read(reader, peek, depth + 1)?);
                next = reader.next_key()?.map(str::to_owned);
            }
            Value::Object(members)
        }
        _ => {
            let digits = reader.known_number_bytes(peek)?;
            std::str::from_utf8(digits).ok().and_then(Number::from_text).map(Value::Number).ok_or(Fault::NotFinite)?
        }
    })
}

/// Appends a value as a bundle's `.json` files have it: two spaces a level, `": "`, non-ASCII as is. `level` is how deep
/// the value stands in its document. The final newline is the caller's.
pub fn write_pretty(value: &Value, level: usize, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                new_line(index, level + 1, out);
                write_pretty(item, level + 1, out);
            }
            close_line(level, out);
            out.push(b']');
        }
        Value::Object(members) => write_members(members, level, out),
        other => write_line(other, out),
    }
}

impl Value {
    /// The bytes of a bundle's `.json` file.
    pub(crate) fn to_document(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1024);
        write_pretty(self, 0, &mut bytes);
        bytes.push(b'\n');
        bytes
    }
}

/// The same for an object that stands alone.
pub(crate) fn write_members(members: &Object, level: usize, out: &mut Vec<u8>) {
    if members.is_empty() {
        return out.extend_from_slice(b"{}");
    }
    out.push(b'{');
    for (index, (key, item)) in members.iter().enumerate() {
        new_line(index, level + 1, out);
        write_string(key, out);
        out.extend_from_slice(b": ");
        write_pretty(item, level + 1, out);
    }
    close_line(level, out);
    out.push(b'}');
}

fn new_line(index: usize, level: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
    close_line(level, out);
}

fn close_line(level: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.resize(out.len() + 2 * level, b' ');
}

/// Appends a value on one line with a space after `,` and `:`, as a bundle's `.jsonl` files have it.
pub fn write_line(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            // Writing to memory cannot fail.
            let _ = write!(out, "{number}");
        }
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.extend_from_slice(b", ");
                }
                write_line(item, out);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            out.push(b'{');
            for (index, (key, item)) in members.iter().enumerate() {
                if index > 0 {
                    out.extend_from_slice(b", ");
                }
                write_string(key, out);
                out.extend_from_slice(b": ");
                write_line(item, out);
            }
            out.push(b'}');
        }
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = to_escape(rest) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((&byte, tail)) = tail.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            other => {
                let _ = write!(out, "\\u{other:04x}");
            }
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Where the first byte stands that a string must escape. Most text has none, so it is passed over many bytes at a time.
fn to_escape(text: &[u8]) -> Option<usize> {
    const BLOCK: usize = 64;
    let escapes = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    let plain =
        text.chunks_exact(BLOCK).take_while(|block| !block.iter().fold(false, |any, &byte| any | escapes(byte)));
    let passed = plain.count() * BLOCK;
    let rest = text.get(passed..).unwrap_or_default();
    rest.iter().position(|&byte| escapes(byte)).map(|at| passed + at)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    const STEP: &str = r#"{"step_id":"run_v/step/0000","step_index":0,"step_type":"click","status":"succeeded","started_at":"2026-01-01T00:00:00Z","intent":"Caf\u00e9 \u2028 \u007f \"q\" \\ / tab\t","action":{"type":"click","params":{"f1":1.0,"i1":1,"exp":1e16,"exp2":1.5e300,"sm":0.00001,"sm2":0.0001,"neg0":-0.0,"big":123456789012345678901234567890,"empty":{},"list":[],"nested":[1,[2,{"b":null,"a":true}]],"\u00e9":1,"Z":2,"a":3,"\ud83d\ude00":4,"\ufffd":5}}}"#;
    const EVENT: &str = r#"{"ts":"2026-01-01T00:00:01Z","layer":"model","kind":"decision","summary":"Caf\u00e9","step_index":0,"detail":{"x":[1,2.0],"e":{}}}"#;

    fn hex(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_step_and_an_event_have_the_bytes_of_the_format() {
        let mut step = Vec::new();
        write_pretty(&parse(STEP.as_bytes()).unwrap(), 0, &mut step);
        step.push(b'\n');
        assert_eq!(
            (step.len(), hex(&step).as_str()),
            (682, "417e31868b8a4da7156ea6ee2ab797c66b859beab21afa8e3c1f849deba474f6")
        );
        let mut event = Vec::new();
        write_line(&parse(EVENT.as_bytes()).unwrap(), &mut event);
        event.push(b'\n');
        assert_eq!(
            (event.len(), hex(&event).as_str()),
            (142, "2d4bc4efd3ca971842999734cf2452bdb416c618b7f25a260009b6210e8ed381")
        );
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let value = parse(STEP.as_bytes()).unwrap();
        assert!(parse(value.to_string().as_bytes()).unwrap() == value);
    }

    #[test]
    fn depth_is_bounded_without_touching_the_stack() {
        let deep = "[".repeat(200_000);
        assert_eq!(
            parse(deep.as_bytes()).unwrap_err().to_string(),
            "nested deeper than 128 levels at line 1, column 129"
        );
        let fits = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(parse(fits.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for (text, place) in [
            ("{\n  \"a\": NaN}", "line 2"),
            ("[1,]", "line 1"),
            ("[1e400]", "number too large"),
            ("", "line"),
            ("{} x", "line 1"),
            ("\"\\ud800\"", "line 1"),
        ] {
            let message = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(place), "{text}: {message}");
        }
    }
}
