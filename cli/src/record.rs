//! `augur record`: a program in any language records a run over standard input, one operation a line.

mod args;
mod calls;
mod feed;
mod operations;

use crate::exit::Exit;
use args::Args;
use feed::{Feed, LONGEST_LINE, Line, PIECE};
use operations::CALLS;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};
use tracing_augur::{
    CaptureMode, Durability, FlightRecorder, Session,
    bundle::fingerprint::Algorithm,
    record::{Object, Value, write_line},
    redact::RedactionPolicy,
    session::{Flush, SessionError},
};

/// Records a bundle from operations, one JSON object a line; answers each with one line
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  augur record --out runs/42 < operations.jsonl
  my-agent | augur record --out runs/42 -

A line: {\"op\": \"open\", \"args\": {\"run_id\": \"42\", \"client_name\": \"my-agent\"}, \"id\": 1}
The first is open, branch_from or open_orchestrator, the last is close; the others are the calls of a session by name.
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
    /// The redaction policy: `default-pii-v1` or `default-pii-v2` [default: default-pii-v2]
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    redaction: Option<RedactionPolicy>,
    /// How the fingerprint of the run is computed: `cua_v1` or `cua_v2`
    #[arg(long, env = "AUGUR_FINGERPRINT", value_name = "ALGORITHM", default_value = "cua_v1")]
    fingerprint: Algorithm,
    /// Holds what the capture mode keeps out of the last 8 steps, and writes it when one fails
    #[arg(long)]
    flight_recorder: bool,
    /// Turns the capture mode up for the rest of the run when the first step fails
    #[arg(long, value_name = "MODE", conflicts_with = "flight_recorder")]
    upgrade_on_failure: Option<CaptureMode>,
    /// Takes what it is given as it is, beyond the capture mode and the schemas, except at mode `off`; for comparison and
    /// migration. The bundle need not be valid, and its tags say so
    #[arg(long)]
    permissive: bool,
}

fn policy(id: &str) -> Result<RedactionPolicy, String> {
    let known = [RedactionPolicy::default_pii_v1(), RedactionPolicy::default_pii_v2()];
    let ids: Vec<String> = known.iter().map(|policy| policy.id().to_owned()).collect();
    known.into_iter().find(|policy| policy.id() == id).ok_or_else(|| format!("known policies: {}", ids.join(", ")))
}

pub(crate) fn run(args: &RecordArgs) -> io::Result<Exit> {
    let mut replies = io::stdout().lock();
    if args.operations.as_os_str() == "-" {
        record(args, BufReader::with_capacity(PIECE, io::stdin()), &mut replies)
    } else {
        record(args, BufReader::with_capacity(PIECE, File::open(&args.operations)?), &mut replies)
    }
}

/// Records what stands in `lines` and answers each.
pub(crate) fn record(
    args: &RecordArgs,
    lines: impl BufRead + Send + 'static,
    replies: &mut dyn Write,
) -> io::Result<Exit> {
    let base = args.operations.parent().map(Path::to_owned).unwrap_or_default();
    let mut recorder = Recorder {
        out: args.out.clone(),
        base,
        durability: args.durability,
        redaction: args.redaction.clone().unwrap_or_default(),
        fingerprint: args.fingerprint,
        flight_recorder: match args.upgrade_on_failure {
            Some(mode) => Some(FlightRecorder::upgrade_on_failure(mode)),
            None => args.flight_recorder.then(FlightRecorder::default),
        },
        permissive: args.permissive,
        session: None,
        all_understood: true,
    };
    recorder.run(&Feed::start(lines)?, replies)?;
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
    redaction: RedactionPolicy,
    fingerprint: Algorithm,
    flight_recorder: Option<FlightRecorder>,
    permissive: bool,
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
    fn run(&mut self, feed: &Feed, replies: &mut dyn Write) -> io::Result<()> {
        let mut waiting: Option<Answers> = None;
        loop {
            // While files are written for what was answered last, what came meanwhile is carried out.
            let batch = match feed.ready() {
                Some(batch) => batch,
                None => {
                    waiting.take().map_or(Ok(()), |answers| answers.give(replies))?;
                    let Some(batch) = feed.next() else { break };
                    batch
                }
            };
            let next = batch.map(|lines| self.answer_all(lines));
            waiting.take().map_or(Ok(()), |answers| answers.give(replies))?;
            waiting = Some(next?);
        }
        if let Some(session) = self.session.as_ref().filter(|session| !session.is_closed()) {
            let _ = session.halt();
        }
        Ok(())
    }

    fn answer_all(&mut self, lines: Vec<Line>) -> Answers {
        let mut answers = Answers::default();
        for line in lines {
            let is_open = self.session.is_some();
            let reply = match line {
                Line::Read(Ok(Value::Object(request))) => self.answer(request, &mut answers),
                Line::Read(Ok(other)) => refuse(format!("expected an object, got {}", other.kind())),
                Line::Read(Err(error)) => refuse(format!("the line is not JSON: {error}")),
                Line::TooLong => refuse(format!("a line is longer than {LONGEST_LINE} bytes")),
            };
            self.all_understood &= !is_invalid_request(&reply);
            answers.replies.push(reply);
            if self.session.is_some() && !is_open {
                // What opening promises is there.
                answers.settled = answers.replies.len();
            }
        }
        let flush = self.session.as_ref().map(Session::begin_flush);
        answers.flush = flush.filter(|_| self.durability != Durability::Lazy);
        answers
    }

    fn answer(&mut self, mut request: Object, before: &mut Answers) -> Object {
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
        if let ("close", Some(session)) = (op.as_str(), &self.session) {
            // What closing promises is its own, and no longer that of the calls before it.
            before.settle(session.flush());
        }
        let (key, value) = match self.perform(&op, Args(args)) {
            Ok(Some(value)) => ("ok", value),
            Ok(None) => {
                return refuse(format!(
                    "unknown op; known: open, branch_from, open_orchestrator, {}",
                    CALLS.join(", ")
                ));
            }
            Err(failure) => ("error", error_value(failure.kind, failure.message)),
        };
        reply.insert(key.into(), value);
        reply
    }
}

/// The replies to what came together.
#[derive(Default)]
struct Answers {
    replies: Vec<Object>,
    /// How many of them nothing can change any more.
    settled: usize,
    /// What must be in place before they are given.
    flush: Option<Flush>,
}

impl Answers {
    /// The calls since the last time were successful only if their files are in place.
    fn settle(&mut self, in_place: Result<(), SessionError>) {
        if let Err(error) = in_place {
            for reply in self.replies.iter_mut().skip(self.settled) {
                if reply.remove("ok").is_some() {
                    reply.insert("error".into(), error_value(error.kind(), error.to_string()));
                }
            }
        }
        self.settled = self.replies.len();
    }

    fn give(mut self, to: &mut dyn Write) -> io::Result<()> {
        if let Some(flush) = self.flush.take() {
            self.settle(flush.wait());
        }
        let mut bytes = Vec::new();
        for reply in self.replies {
            write_line(&Value::Object(reply), &mut bytes);
            bytes.push(b'\n');
        }
        to.write_all(&bytes)?;
        to.flush()
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
