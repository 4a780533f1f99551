//! A collector for tests: a TCP server that keeps what it is sent and answers as it is told.

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// How the collector answers.
#[derive(Clone)]
pub(super) enum Manner {
    /// Takes everything.
    Takes,
    /// Takes everything after a while.
    Slow(Duration),
    /// Takes the request and says that some spans were thrown away.
    Rejects(i64, &'static str),
    /// These bytes, whatever was asked.
    Says(Vec<u8>),
    /// One answer after the other, the last one for good.
    InTurn(Vec<Vec<u8>>),
    /// Never answers.
    Hangs,
}

pub(super) struct Collector {
    pub(super) port: u16,
    requests: Arc<Mutex<Vec<Seen>>>,
}

/// One request as it came.
#[derive(Clone, Default)]
pub(super) struct Seen {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

impl Collector {
    pub(super) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::<Mutex<Vec<Seen>>>::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (manner, seen) = (manner.clone(), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream.unwrap(), &manner, &seen));
            }
        });
        Self { port, requests }
    }

    pub(super) fn requests(&self) -> Vec<Seen> {
        self.requests.lock().unwrap().clone()
    }

    /// Everything that came, as one heap of bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.requests().into_iter().flat_map(|seen| [seen.head.into_bytes(), seen.body].concat()).collect()
    }

    pub(super) fn messages(&self) -> Vec<ExportTraceServiceRequest> {
        let requests = self.requests();
        requests.iter().map(|seen| ExportTraceServiceRequest::decode(seen.body.as_slice()).unwrap()).collect()
    }

    pub(super) fn spans(&self) -> Vec<Span> {
        let scopes = self.messages().into_iter().flat_map(|message| message.resource_spans);
        scopes.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }
}

/// The values of every attribute of that name.
pub(super) fn values(attributes: &[KeyValue], name: &str) -> Vec<Value> {
    let named = attributes.iter().filter(|attribute| attribute.key == name);
    named.map(|attribute| attribute.value.clone().unwrap().value.unwrap()).collect()
}

fn serve(stream: TcpStream, manner: &Manner, seen: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(request) = read_request(&mut reader) {
        let count = {
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            seen.len()
        };
        let reply = match manner {
            Manner::Takes => answer("200 OK", "content-type: application/x-protobuf\r\n", &[]),
            Manner::Slow(wait) => {
                std::thread::sleep(*wait);
                answer("200 OK", "", &[])
            }
            Manner::Rejects(rejected_spans, remark) => {
                let partial_success = Some(ExportTracePartialSuccess {
                    rejected_spans: *rejected_spans,
                    error_message: (*remark).into(),
                });
                answer("200 OK", "", &ExportTraceServiceResponse { partial_success }.encode_to_vec())
            }
            Manner::Says(bytes) => bytes.clone(),
            Manner::InTurn(replies) => replies[(count - 1).min(replies.len() - 1)].clone(),
            Manner::Hangs => {
                std::thread::sleep(Duration::from_secs(60));
                return;
            }
        };
        if stream.write_all(&reply).is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut seen = Seen::default();
    while !seen.head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut seen.head).ok()? == 0 {
            return None;
        }
    }
    let head = seen.head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    seen.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut seen.body).ok()?;
    Some(seen)
}
