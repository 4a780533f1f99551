//! The OpenTelemetry Collector of a test: OTLP in over HTTP or gRPC, and what arrived read back from its file exporter.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{Jaeger, Part, Recipe, until};

/// The names of the files that the exporters write, in the collector's working folder.
const TRACES_FILE: &str = "traces.jsonl";
const LOGS_FILE: &str = "logs.jsonl";

/// A running collector; killed on drop.
pub(crate) struct Collector {
    part: Part,
}

/// One span as the collector's file exporter wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CollectedSpan {
    /// 32 hexadecimal digits.
    pub(crate) trace_id: String,
    /// 16 hexadecimal digits.
    pub(crate) span_id: String,
    /// `None` for a root.
    pub(crate) parent_span_id: Option<String>,
    /// The span's name.
    pub(crate) name: String,
    /// OTLP's number of the span kind: 1 internal, 2 server, 3 client.
    pub(crate) kind: u64,
    /// Nanoseconds since 1970.
    pub(crate) start_ns: u64,
    /// Nanoseconds since 1970.
    pub(crate) end_ns: u64,
    /// Integers and floats are numbers (a float stays one), bytes base64 text, arrays and lists of pairs nested.
    pub(crate) attributes: BTreeMap<String, Value>,
    /// In the order in which they were sent.
    pub(crate) events: Vec<CollectedEvent>,
    /// 0 unset, 1 ok, 2 error.
    pub(crate) status_code: u64,
    /// Empty if there is none.
    pub(crate) status_message: String,
    /// The name of the instrumentation scope.
    pub(crate) scope: String,
    /// The attributes of the resource.
    pub(crate) resource: BTreeMap<String, Value>,
}

/// One event of a span.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CollectedEvent {
    /// The event's name.
    pub(crate) name: String,
    /// Nanoseconds since 1970.
    pub(crate) time_ns: u64,
    /// As of a span.
    pub(crate) attributes: BTreeMap<String, Value>,
}

/// One log record as the collector's file exporter wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CollectedRecord {
    /// Empty if it has none.
    pub(crate) event_name: String,
    /// Nanoseconds since 1970.
    pub(crate) time_ns: u64,
    /// OTLP's number of the severity: 9 INFO, 13 WARN, 17 ERROR.
    pub(crate) severity: u64,
    pub(crate) body: Value,
    /// As of a span.
    pub(crate) attributes: BTreeMap<String, Value>,
    /// Empty if it was said in no span.
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// The attributes of the resource.
    pub(crate) resource: BTreeMap<String, Value>,
}

/// The certificates of a collector that listens with TLS.
pub(crate) struct Tls<'a> {
    /// The collector's own, and its key.
    pub(crate) certificate: &'a Path,
    pub(crate) key: &'a Path,
    /// Who must have signed the certificate of whoever sends; `None` if nobody needs one.
    pub(crate) client_authority: Option<&'a Path>,
}

impl Collector {
    /// Starts a collector that writes what it is sent to a file of its own, and forwards nothing.
    pub(crate) fn start() -> Collector {
        Collector::started(None, None)
    }

    /// Starts a collector that also forwards every trace to `jaeger`, over gRPC.
    pub(crate) fn start_with_jaeger(jaeger: &Jaeger) -> Collector {
        Collector::started(Some(jaeger), None)
    }

    /// Starts a collector that listens with TLS. Its endpoints are those of the others, but for the `s` behind `http`.
    pub(crate) fn start_with_tls(tls: &Tls<'_>) -> Collector {
        Collector::started(None, Some(tls))
    }

    fn started(jaeger: Option<&Jaeger>, tls: Option<&Tls<'_>>) -> Collector {
        let mut settings = BTreeMap::new();
        settings.insert("COLLECTOR_TRACES_FILE".to_owned(), TRACES_FILE.to_owned());
        settings.insert("COLLECTOR_LOGS_FILE".to_owned(), LOGS_FILE.to_owned());
        // What arrived before a stop is kept when the collector is started again.
        let files = ["traces", "logs"];
        let mut overrides: Vec<String> =
            files.iter().map(|file| format!("yaml:exporters::file/{file}::append: true")).collect();
        match jaeger {
            Some(jaeger) => {
                settings.insert("JAEGER_OTLP_PORT".to_owned(), jaeger.otlp_port().to_string());
            }
            // Without this the traces would go to whatever listens on Jaeger's default port.
            None => overrides.push("yaml:service::pipelines::traces::exporters: [file/traces]".to_owned()),
        }
        if let Some(tls) = tls {
            let mut files = format!("cert_file: {:?}, key_file: {:?}", tls.certificate, tls.key);
            if let Some(authority) = tls.client_authority {
                files.push_str(&format!(", client_ca_file: {authority:?}"));
            }
            let listeners = ["http", "grpc"];
            overrides.extend(
                listeners.map(|listener| format!("yaml:receivers::otlp::protocols::{listener}::tls: {{{files}}}")),
            );
        }
        let recipe = Recipe {
            program: "otelcol",
            config: include_str!("../../collector-config/collector.yaml"),
            overrides,
            ports: &["COLLECTOR_HTTP_PORT", "COLLECTOR_GRPC_PORT"],
            settings,
        };
        Collector { part: Part::start(recipe) }
    }

    /// Where OTLP over HTTP goes, without the path: `http://127.0.0.1:PORT`.
    pub(crate) fn http_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.part.port("COLLECTOR_HTTP_PORT"))
    }

    /// Where OTLP over gRPC goes: `http://127.0.0.1:PORT`.
    pub(crate) fn grpc_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.part.port("COLLECTOR_GRPC_PORT"))
    }

    /// The process id, for a test that signals the collector.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.part.child.as_ref().map(std::process::Child::id)
    }

    /// Ends the collector in order: when this returns, all that it had accepted is in its file. What arrived stays
    /// readable; a test that looks for the absence of something stops the collector first.
    pub(crate) fn stop(&mut self) {
        self.part.stop();
    }

    /// Starts a stopped or killed collector again, on the same ports and with the same file.
    pub(crate) fn start_again(&mut self) {
        self.part.start_again();
    }

    /// Ends the collector at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.part.kill();
    }

    /// Every byte that has arrived: the file of traces, then the file of log records.
    pub(crate) fn raw_bytes(&self) -> Vec<u8> {
        [self.read(TRACES_FILE), self.read(LOGS_FILE)].concat()
    }

    /// Every log record that has arrived, in the order of its arrival.
    pub(crate) fn log_records(&self) -> Vec<CollectedRecord> {
        let mut records = Vec::new();
        for batch in self.batches(LOGS_FILE) {
            for resource_logs in list(&batch, "resourceLogs") {
                let resource = attributes(&resource_logs["resource"]);
                for scope_logs in list(resource_logs, "scopeLogs") {
                    records.extend(list(scope_logs, "logRecords").iter().map(|record| read_record(record, &resource)));
                }
            }
        }
        records
    }

    /// Every span that has arrived, in the order of its arrival.
    pub(crate) fn traces(&self) -> Vec<CollectedSpan> {
        let mut spans = Vec::new();
        for batch in self.batches(TRACES_FILE) {
            for resource_spans in list(&batch, "resourceSpans") {
                let resource = attributes(&resource_spans["resource"]);
                for scope_spans in list(resource_spans, "scopeSpans") {
                    let scope = text(&scope_spans["scope"], "name");
                    spans.extend(list(scope_spans, "spans").iter().map(|span| read_span(span, &scope, &resource)));
                }
            }
        }
        spans
    }

    /// Waits until at least `min` spans have arrived and returns all; panics with what came when `limit` has passed.
    pub(crate) fn wait_for_spans(&self, min: usize, limit: Duration) -> Vec<CollectedSpan> {
        let enough = || Some(self.traces()).filter(|spans| spans.len() >= min);
        until(limit, enough).unwrap_or_else(|| {
            let names: Vec<String> = self.traces().into_iter().map(|span| span.name).collect();
            panic!("{}", self.part.failure(&format!("got {} of {min} spans in {limit:?}: {names:?}", names.len())))
        })
    }

    /// What an exporter has written so far, request by request.
    fn batches(&self, file: &str) -> Vec<Value> {
        let bytes = self.read(file);
        // The exporter flushes by size as well as by line, so the last line may be half there.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines = bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).expect("the file exporter writes JSON lines")).collect()
    }

    fn read(&self, file: &str) -> Vec<u8> {
        let path = self.part.folder.join(file);
        // The exporters make their files before the collector says that it is ready.
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

fn read_span(span: &Value, scope: &str, resource: &BTreeMap<String, Value>) -> CollectedSpan {
    CollectedSpan {
        trace_id: text(span, "traceId"),
        span_id: text(span, "spanId"),
        parent_span_id: Some(text(span, "parentSpanId")).filter(|id| !id.is_empty()),
        name: text(span, "name"),
        kind: span["kind"].as_u64().unwrap_or_default(),
        start_ns: nanoseconds(span, "startTimeUnixNano"),
        end_ns: nanoseconds(span, "endTimeUnixNano"),
        attributes: attributes(span),
        events: list(span, "events").iter().map(read_event).collect(),
        status_code: span["status"]["code"].as_u64().unwrap_or_default(),
        status_message: text(&span["status"], "message"),
        scope: scope.to_owned(),
        resource: resource.clone(),
    }
}

fn read_record(record: &Value, resource: &BTreeMap<String, Value>) -> CollectedRecord {
    CollectedRecord {
        event_name: text(record, "eventName"),
        time_ns: nanoseconds(record, "timeUnixNano"),
        severity: record["severityNumber"].as_u64().unwrap_or_default(),
        body: plain(&record["body"]),
        attributes: attributes(record),
        trace_id: text(record, "traceId"),
        span_id: text(record, "spanId"),
        resource: resource.clone(),
    }
}

fn read_event(event: &Value) -> CollectedEvent {
    CollectedEvent {
        name: text(event, "name"),
        time_ns: nanoseconds(event, "timeUnixNano"),
        attributes: attributes(event),
    }
}

/// The list under `key`; an absent list is an empty one in OTLP.
fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key].as_array().map_or(&[], Vec::as_slice)
}

/// The text under `key`; an absent text is an empty one in OTLP.
fn text(of: &Value, key: &str) -> String {
    of[key].as_str().unwrap_or_default().to_owned()
}

/// A time of OTLP's JSON: a number in a text.
fn nanoseconds(of: &Value, key: &str) -> u64 {
    of[key].as_str().map_or(0, |digits| digits.parse().expect("a time is a whole number"))
}

fn attributes(of: &Value) -> BTreeMap<String, Value> {
    list(of, "attributes").iter().map(|pair| (text(pair, "key"), plain(&pair["value"]))).collect()
}

/// The value of an OTLP attribute without its type's name.
fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|fields| fields.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "intValue" => match inner.as_str() {
            Some(digits) => digits.parse::<i64>().expect("an integer is a whole number").into(),
            None => inner.clone(),
        },
        // Go writes 1.0 as 1; NaN and the infinities come as text and stay so.
        "doubleValue" => inner.as_f64().map_or_else(|| inner.clone(), Value::from),
        "arrayValue" => list(inner, "values").iter().map(plain).collect(),
        "kvlistValue" => {
            let pairs = list(inner, "values").iter().map(|pair| (text(pair, "key"), plain(&pair["value"])));
            Value::Object(pairs.collect::<Map<String, Value>>())
        }
        "stringValue" | "boolValue" | "bytesValue" => inner.clone(),
        other => panic!("an attribute of the unknown type {other}"),
    }
}
