//! `augur record`: a program in any language records a run over standard input, one operation a line.

use crate::exit::Exit;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};
use tracing_augur::{
    CaptureMode, Durability, Moment, Session,
    record::{Object, Value, parse, write_line},
    session::SessionError,
};

/// The longest line that is read, in bytes. Longer ones are answered with an error and passed over.
const LONGEST_LINE: usize = 64 * 1024 * 1024;

/// Records a bundle from operations, one JSON object a line; answers each with one line
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  augur record --out runs/42 < operations.jsonl
  my-agent | augur record --out runs/42 -

A line: {\"op\": \"open\", \"args\": {\"run_id\": \"42\", \"client_name\": \"my-agent\"}, \"id\": 1}
Operations: open, attach_observation, record_step, record_event, record_modelio, set_status, add_tag, close.
Bytes are {\"$base64\": \"…\"} or {\"$file\": \"path beside the operations file\"}.")]
pub(crate) struct RecordArgs {
    /// The folder that becomes the bundle; it must be absent or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The operations; `-` is standard input
    #[arg(default_value = "-", value_name = "OPS.jsonl")]
    operations: PathBuf,
    /// What a reply promises: `process`, its files are in place; `lazy`, nothing
    #[arg(long, env = "AUGUR_DURABILITY", default_value = "process")]
    durability: Durability,
}

pub(crate) fn run(args: &RecordArgs) -> io::Result<Exit> {
    let from_stdin = args.operations.as_os_str() == "-";
    let base =
        if from_stdin { PathBuf::from(".") } else { args.operations.parent().map(Path::to_owned).unwrap_or_default() };
    let mut recorder =
        Recorder { out: args.out.clone(), base, durability: args.durability, session: None, all_understood: true };
    let mut replies = io::stdout().lock();
    if from_stdin {
        recorder.run(&mut io::stdin().lock(), &mut replies)?;
    } else {
        recorder.run(&mut BufReader::new(File::open(&args.operations)?), &mut replies)?;
    }
    // The end of input without `close` leaves the run halted; dropping the session completes it.
    let complete = recorder.session.take().is_none_or(|session| session.close(None).is_ok());
    Ok(match (complete, recorder.all_understood) {
        (false, _) => Exit::Io,
        (true, false) => Exit::Partial,
        (true, true) => Exit::Success,
    })
}

struct Recorder {
    out: PathBuf,
    base: PathBuf,
    durability: Durability,
    session: Option<Session>,
    all_understood: bool,
}

/// What an operation is answered with when it fails.
struct Failure {
    kind: &'static str,
    message: String,
}

impl Failure {
    fn invalid(message: impl Into<String>) -> Self {
        Self { kind: "invalid_argument", message: message.into() }
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self { kind: error.kind(), message: error.to_string() }
    }
}

impl Recorder {
    fn run(&mut self, lines: &mut dyn BufRead, replies: &mut dyn Write) -> io::Result<()> {
        let mut line = Vec::new();
        while let Some(whole) = read_line(lines, &mut line)? {
            if line.iter().all(u8::is_ascii_whitespace) && whole {
                continue;
            }
            let reply =
                if whole { self.answer(&line) } else { refuse(format!("a line is longer than {LONGEST_LINE} bytes")) };
            self.all_understood &= !is_invalid_request(&reply);
            let mut bytes = Vec::new();
            write_line(&Value::Object(reply), &mut bytes);
            bytes.push(b'\n');
            replies.write_all(&bytes)?;
            replies.flush()?;
        }
        if let Some(session) = self.session.as_ref().filter(|session| !session.is_closed()) {
            let _ = session.close(Some(tracing_augur::record::RunStatus::Halted));
        }
        Ok(())
    }

    fn answer(&mut self, line: &[u8]) -> Object {
        let mut request = match parse(line) {
            Ok(Value::Object(request)) => request,
            Ok(other) => return refuse(format!("expected an object, got {}", other.kind())),
            Err(error) => return refuse(format!("the line is not JSON: {error}")),
        };
        let mut reply = Object::new();
        if let Some(id) = request.remove("id") {
            reply.insert("id".into(), id);
        }
        let Some(Value::String(op)) = request.remove("op") else {
            return refuse("`op` is missing or no text".to_owned());
        };
        let args = match request.remove("args") {
            None | Some(Value::Null) => Object::new(),
            Some(Value::Object(args)) => args,
            Some(other) => return refuse(format!("`args` must be an object, got {}", other.kind())),
        };
        let (key, value) = match self.perform(&op, Args(args)) {
            Ok(Some(value)) => ("ok", value),
            Ok(None) => return refuse(format!("unknown op; known: {}", OPERATIONS.join(", "))),
            Err(failure) => ("error", error_value(failure.kind, failure.message)),
        };
        reply.insert(key.into(), value);
        reply
    }

    /// Carries an operation out; `None` for one that is not known.
    fn perform(&mut self, op: &str, mut args: Args) -> Result<Option<Value>, Failure> {
        if op == "open" {
            return self.open(args).map(Some);
        }
        if !OPERATIONS.contains(&op) {
            return Ok(None);
        }
        let Some(session) = &self.session else {
            return Err(Failure {
                kind: "wrong_state",
                message: "no session is open; the first operation is `open`".into(),
            });
        };
        Ok(Some(match op {
            "attach_observation" => {
                let index = args.index("step_index")?.ok_or_else(|| Failure::invalid("step_index is missing"))?;
                let moment = match args.text("kind")?.as_deref() {
                    Some("pre") => Moment::Before,
                    Some("post") => Moment::After,
                    _ => return Err(Failure::invalid("kind must be pre or post")),
                };
                let png = args.bytes("png_bytes", &self.base)?;
                session.attach_observation(index, moment, png)?.into()
            }
            "record_step" => session.record_step(&args.record("step")?).map(|()| Value::Null)?,
            "record_event" => session.record_event(&args.record("event")?).map(|()| Value::Null)?,
            "record_modelio" => {
                let record = args.record("record")?;
                let (index, layer) = (args.index("step_index")?, args.word("layer")?);
                session.record_modelio(&record, index, layer)?.map_or(Value::Null, Value::from)
            }
            "set_status" => {
                let status = args.word("status")?.ok_or_else(|| Failure::invalid("status is missing"))?;
                session.set_status(status).map(|()| Value::Null)?
            }
            "add_tag" => {
                let (key, value) = (args.text("key")?, args.text("value")?);
                let (Some(key), Some(value)) = (key, value) else {
                    return Err(Failure::invalid("key and value must be texts"));
                };
                session.add_tag(&key, &value).map(|()| Value::Null)?
            }
            _ => session.close(args.word("status")?)?,
        }))
    }

    fn open(&mut self, mut args: Args) -> Result<Value, Failure> {
        if self.session.is_some() {
            return Err(Failure { kind: "wrong_state", message: "a session is open already".into() });
        }
        let mut required = |name: &str| {
            args.text(name).and_then(|text| text.ok_or_else(|| Failure::invalid(format!("{name} is missing"))))
        };
        let (run_id, client_name) = (required("run_id")?, required("client_name")?);
        let mut builder = Session::builder(run_id, client_name, &self.out).durability(self.durability);
        if let Some(version) = args.text("client_version")? {
            builder = builder.client_version(version);
        }
        if let Some(sha) = args.text("client_git_sha")? {
            builder = builder.client_git_sha(sha);
        }
        if let Some(mode) = args.word::<CaptureMode>("capture_mode")? {
            builder = builder.capture_mode(mode);
        }
        if let Some(id) = args.text("debug_session_id")? {
            builder = builder.debug_session_id(id);
        }
        if let Some(time) = args.text("started_at")? {
            builder = builder.started_at(time);
        }
        for (key, value) in args.object("tags")?.unwrap_or_default() {
            let Value::String(value) = value else { return Err(Failure::invalid("tags must be texts")) };
            builder = builder.tag(key, value);
        }
        if let Some(unknown) = args.0.keys().next() {
            return Err(Failure::invalid(format!("open does not take {unknown:?}")));
        }
        let session = builder.open()?;
        let opened = Object::from([
            ("run_id".to_owned(), session.run_id().into()),
            ("debug_session_id".to_owned(), session.debug_session_id().into()),
            ("branch_mode".to_owned(), Value::Null),
            ("is_orchestrator".to_owned(), false.into()),
            ("capture_logprobs".to_owned(), false.into()),
        ]);
        self.session = Some(session);
        Ok(opened.into())
    }
}

const OPERATIONS: &[&str] =
    &["open", "attach_observation", "record_step", "record_event", "record_modelio", "set_status", "add_tag", "close"];

/// The arguments of an operation; each is taken once.
struct Args(Object);

impl Args {
    fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(Failure::invalid(format!("{name} must be a text, got {}", other.kind()))),
        }
    }

    fn word<T>(&mut self, name: &str) -> Result<Option<T>, Failure>
    where
        T: std::str::FromStr<Err = tracing_augur::record::UnknownWord>,
    {
        let word = self.text(name)?;
        word.map(|word| word.parse().map_err(|error| Failure::invalid(format!("{name}: {error}")))).transpose()
    }

    fn index(&mut self, name: &str) -> Result<Option<u64>, Failure> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| Failure::invalid(format!("{name} must be a whole number from 0 on"))),
        }
    }

    fn object(&mut self, name: &str) -> Result<Option<Object>, Failure> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(other) => Err(Failure::invalid(format!("{name} must be an object, got {}", other.kind()))),
        }
    }

    fn record(&mut self, name: &str) -> Result<Value, Failure> {
        self.0.remove(name).ok_or_else(|| Failure::invalid(format!("{name} is missing")))
    }

    fn bytes(&mut self, name: &str, base: &Path) -> Result<Vec<u8>, Failure> {
        let shape = || Failure::invalid(format!("{name} must be {{\"$base64\": …}} or {{\"$file\": …}}"));
        let given = self.object(name)?.ok_or_else(shape)?;
        let mut members = given.iter();
        match (members.next().map(|(key, value)| (key.as_str(), value.as_str())), members.next()) {
            (Some(("$base64", Some(text))), None) => {
                STANDARD.decode(text).map_err(|_| Failure::invalid(format!("{name} is not base64")))
            }
            (Some(("$file", Some(path))), None) => std::fs::read(base.join(path))
                .map_err(|error| Failure { kind: "io", message: format!("{name} cannot be read: {error}") }),
            _ => Err(shape()),
        }
    }
}

fn refuse(message: String) -> Object {
    Object::from([("error".to_owned(), error_value("invalid_request", message))])
}

fn error_value(kind: &str, message: String) -> Value {
    Object::from([("kind".to_owned(), kind.into()), ("message".to_owned(), message.into())]).into()
}

fn is_invalid_request(reply: &Object) -> bool {
    reply.get("error").and_then(|error| error.get("kind")).and_then(Value::as_str) == Some("invalid_request")
}

/// Reads a line without its end. `Some(false)` says that it was too long and was passed over; `None` that there is none.
fn read_line(lines: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let (mut read_any, mut whole) = (false, true);
    loop {
        let chunk = lines.fill_buf()?;
        if chunk.is_empty() {
            return Ok(read_any.then_some(whole));
        }
        read_any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let piece = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        if whole && line.len() + piece.len() <= LONGEST_LINE {
            line.extend_from_slice(piece);
        } else {
            whole = false;
            line.clear();
        }
        let used = end.map_or(chunk.len(), |end| end + 1);
        lines.consume(used);
        if end.is_some() {
            return Ok(Some(whole));
        }
    }
}
