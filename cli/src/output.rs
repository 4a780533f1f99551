//! What commands print: results on standard output, everything else on standard error.

use crate::exit::Exit;
use std::{
    io::{self, ErrorKind, Write},
    path::Path,
};
use tracing_augur::{
    bundle::{document, visible},
    record::{Object, Value, write_pretty},
};

/// Why a command, or its part for one bundle, could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// A word for programs: `not_found`, `not_a_bundle`, `unreadable`, `io`.
    pub(crate) code: &'static str,
    /// What went wrong.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<&'static str>,
    /// What it went wrong with.
    pub(crate) path: Option<String>,
}

impl Failure {
    /// The file system refused at a path.
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        let code = if error.kind() == ErrorKind::NotFound { "not_found" } else { "io" };
        Self { exit: Exit::Io, code, message: error.to_string(), hint: None, path: Some(shown(path)) }
    }

    /// The failure as a value: `code`, `message`, `hint`, `path`.
    pub(crate) fn to_value(&self) -> Value {
        let option = |text: Option<&str>| text.map_or(Value::Null, Value::from);
        let members = [
            ("code", self.code.into()),
            ("message", visible(&self.message).into()),
            ("hint", option(self.hint)),
            ("path", option(self.path.as_deref())),
        ];
        Value::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// Says it to a person, and with `json` to a program as well: `{"error": {…}}` on standard output.
    pub(crate) fn tell(&self, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
        if json {
            print(out, &document("error", Object::from([("error".to_owned(), self.to_value())])))?;
        }
        let path = self.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
        let hint = self.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        writeln!(err, "augur: {path}{}{hint}", visible(&self.message))?;
        Ok(self.exit)
    }
}

/// A path as it may be printed.
pub(crate) fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// Prints one JSON document.
pub(crate) fn print(out: &mut dyn Write, document: &Value) -> io::Result<()> {
    let mut bytes = Vec::new();
    write_pretty(document, 0, &mut bytes);
    bytes.push(b'\n');
    out.write_all(&bytes)
}

/// The end of every command. A reader that went away, as `augur … | head` does, is no failure.
pub(crate) fn end(result: io::Result<Exit>) -> Exit {
    let flushed = result.and_then(|exit| io::stdout().lock().flush().map(|()| exit));
    match flushed {
        Ok(exit) => exit,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Success,
        Err(error) => {
            // Where even this cannot be said, the exit code says it.
            let _ = writeln!(io::stderr().lock(), "augur: {}", visible(&error.to_string()));
            Exit::Io
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_to_people_and_to_programs() {
        let failure = Failure {
            exit: Exit::Io,
            code: "io",
            message: "no\u{1b}[2J".to_owned(),
            hint: Some("try again"),
            path: Some("a/b".to_owned()),
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        assert_eq!(failure.tell(true, &mut out, &mut err).unwrap(), Exit::Io);
        assert_eq!(String::from_utf8(err).unwrap(), "augur: a/b: no\\u{1b}[2J; try again\n");
        let document = tracing_augur::record::parse(&out).unwrap();
        assert_eq!(
            document.get("error").unwrap().to_string(),
            r#"{"code": "io", "hint": "try again", "message": "no\\u{1b}[2J", "path": "a/b"}"#
        );
        assert_eq!(document.get("kind").and_then(Value::as_str), Some("error"));
        let mut out = Vec::new();
        failure.tell(false, &mut out, &mut io::sink()).unwrap();
        assert!(out.is_empty());
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        assert_eq!(end(Err(ErrorKind::BrokenPipe.into())), Exit::Success);
        assert_eq!(end(Err(ErrorKind::StorageFull.into())), Exit::Io);
        assert_eq!(end(Ok(Exit::Invalid)), Exit::Invalid);
    }
}
