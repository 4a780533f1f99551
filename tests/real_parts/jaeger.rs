//! The Jaeger of a test: traces in over OTLP gRPC, and what is stored asked from its query API.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Part, Recipe, get, until};

/// A running Jaeger with its traces in memory; killed on drop.
pub(crate) struct Jaeger {
    part: Part,
}

/// One span as Jaeger's query API gives it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JaegerSpan {
    /// 32 hexadecimal digits.
    pub(crate) trace_id: String,
    /// 16 hexadecimal digits.
    pub(crate) span_id: String,
    /// The span that this one is a child of; `None` for a root.
    pub(crate) parent_span_id: Option<String>,
    /// The span's name, Jaeger's `operationName`.
    pub(crate) name: String,
    /// The service that sent it.
    pub(crate) service: String,
    /// Microseconds since 1970.
    pub(crate) start_us: u64,
    /// Microseconds.
    pub(crate) duration_us: u64,
    /// Attributes, and what Jaeger adds: `span.kind`, `otel.scope.name`, `otel.status_code`, `error`. Arrays and lists
    /// of pairs are JSON text here.
    pub(crate) tags: BTreeMap<String, Value>,
    /// The span's events.
    pub(crate) logs: Vec<JaegerLog>,
}

/// One event of a span.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JaegerLog {
    /// Microseconds since 1970.
    pub(crate) time_us: u64,
    /// The event's attributes; its name is under `event`.
    pub(crate) fields: BTreeMap<String, Value>,
}

impl Jaeger {
    /// Starts a Jaeger with an empty memory.
    pub(crate) fn start() -> Jaeger {
        let recipe = Recipe {
            program: "jaeger",
            config: include_str!("../../collector-config/jaeger.yaml"),
            overrides: Vec::new(),
            ports: &["JAEGER_QUERY_PORT", "JAEGER_QUERY_GRPC_PORT", "JAEGER_OTLP_PORT"],
            settings: BTreeMap::new(),
        };
        Jaeger { part: Part::start(recipe) }
    }

    /// The port that takes OTLP over gRPC.
    pub(crate) fn otlp_port(&self) -> u16 {
        self.part.port("JAEGER_OTLP_PORT")
    }

    /// The names of the services that have sent spans, sorted.
    pub(crate) fn services(&self) -> Vec<String> {
        let answer = self.ask("/api/services").expect("Jaeger always has a list of services");
        // Without any service the list is null.
        let names = answer["data"].as_array().cloned().unwrap_or_default();
        let mut names: Vec<String> = names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
        names.sort();
        names
    }

    /// The spans of a trace, earliest first (then by id); `None` as long as Jaeger does not know the trace.
    pub(crate) fn trace(&self, trace_id: &str) -> Option<Vec<JaegerSpan>> {
        let answer = self.ask(&format!("/api/traces/{trace_id}"))?;
        let trace = &answer["data"][0];
        let spans = trace["spans"].as_array().expect("a trace has spans");
        let mut spans: Vec<JaegerSpan> = spans.iter().map(|span| read_span(span, &trace["processes"])).collect();
        spans.sort_by(|a, b| (a.start_us, &a.span_id).cmp(&(b.start_us, &b.span_id)));
        Some(spans)
    }

    /// Waits until a trace has at least `spans` spans and returns it; panics with what came when `limit` has passed.
    pub(crate) fn wait_for_trace(&self, trace_id: &str, spans: usize, limit: Duration) -> Vec<JaegerSpan> {
        let enough = || self.trace(trace_id).filter(|trace| trace.len() >= spans);
        until(limit, enough).unwrap_or_else(|| {
            let names: Vec<String> =
                self.trace(trace_id).unwrap_or_default().into_iter().map(|span| span.name).collect();
            let what = format!("has {} of {spans} spans of trace {trace_id} after {limit:?}: {names:?}", names.len());
            panic!("{}", self.part.failure(&what))
        })
    }

    /// The JSON that the query API answers; `None` if it does not know what was asked for.
    fn ask(&self, path: &str) -> Option<Value> {
        let (status, body) = get(self.part.port("JAEGER_QUERY_PORT"), path)
            .unwrap_or_else(|error| panic!("{}", self.part.failure(&format!("did not answer {path} ({error})"))));
        match status {
            200 => Some(serde_json::from_slice(&body).expect("the query API speaks JSON")),
            404 => None,
            other => panic!("{}", self.part.failure(&format!("answered {path} with status {other}"))),
        }
    }
}

fn read_span(span: &Value, processes: &Value) -> JaegerSpan {
    let references = span["references"].as_array().cloned().unwrap_or_default();
    let parent = references.iter().find(|reference| reference["refType"] == "CHILD_OF");
    JaegerSpan {
        trace_id: text(&span["traceID"]),
        span_id: text(&span["spanID"]),
        parent_span_id: parent.map(|reference| text(&reference["spanID"])),
        name: text(&span["operationName"]),
        service: text(&processes[span["processID"].as_str().unwrap_or_default()]["serviceName"]),
        start_us: span["startTime"].as_u64().expect("a span has a start"),
        duration_us: span["duration"].as_u64().expect("a span has a duration"),
        tags: pairs(&span["tags"]),
        logs: span["logs"].as_array().into_iter().flatten().map(read_log).collect(),
    }
}

fn read_log(log: &Value) -> JaegerLog {
    JaegerLog { time_us: log["timestamp"].as_u64().expect("an event has a time"), fields: pairs(&log["fields"]) }
}

fn pairs(list: &Value) -> BTreeMap<String, Value> {
    list.as_array().into_iter().flatten().map(|pair| (text(&pair["key"]), plain(pair))).collect()
}

/// The value of a tag by its type: large integers come as text, whole floats as integers.
fn plain(pair: &Value) -> Value {
    let value = &pair["value"];
    match (pair["type"].as_str(), value.as_str()) {
        (Some("int64"), Some(digits)) => digits.parse::<i64>().expect("an integer is a whole number").into(),
        (Some("float64"), _) => value.as_f64().map_or_else(|| value.clone(), Value::from),
        _ => value.clone(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
