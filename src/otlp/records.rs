//! Decision events, log lines and late facts as log records of OpenTelemetry. What the road has gated and redacted for the
//! bundle leaves in the same words; what comes as it was said passes the gate and the policy of spans first.

mod exporter;

pub(super) use exporter::{LogEntrance, LoggedExporter};

use super::{
    limits::{Cuts, Whereabouts, folder},
    sanitizer::Sanitizer,
    tally::Tally,
};
use crate::{
    CaptureMode,
    pipeline::{Exit, Passed, Scene},
    record::{Object, Timestamp, Value},
};
use opentelemetry::{
    Array, Context, Key, KeyValue, SpanId, TraceId,
    logs::{AnyValue, LogRecord, Logger, Severity},
    trace::TraceContextExt,
};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The names of records that have none of their own.
const EVENT: &str = "augur.event";
const LINE: &str = "augur.log";
const LATE: &str = "augur.late_fact";

/// The trace and the span that this thread is in, as far as OpenTelemetry knows.
pub(crate) fn current_ids() -> Option<(u128, u64)> {
    Context::map_current(|context| {
        let span = context.span();
        let ids = span.span_context();
        let ids = ids.is_valid().then(|| (ids.trace_id().to_bytes(), ids.span_id().to_bytes()));
        ids.map(|(trace, span)| (u128::from_be_bytes(trace), u64::from_be_bytes(span)))
    })
}

/// Where runs go as log records, beside their bundles.
pub(super) struct LogExit {
    pub(super) logger: SdkLogger,
    pub(super) sanitizer: Sanitizer,
    pub(super) tally: Arc<Tally>,
    /// Nothing is taken any more.
    pub(super) closed: Arc<AtomicBool>,
}

impl Exit for LogExit {
    fn take(&self, run_id: &str, scene: &Scene, passed: Passed<'_>) {
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        if self.tally.is_declined() {
            self.tally.ended.add(1);
            self.tally.declined.add(1);
            return;
        }
        // A rule of the user's may panic, and the recorder must not go down with it.
        match catch_unwind(AssertUnwindSafe(|| self.record(run_id, scene, passed))) {
            Ok(Some(record)) => self.logger.emit(record),
            Ok(None) => {}
            Err(_) => {
                self.tally.ended.add(1);
                self.tally.withheld.add(1);
                self.tally.blame("log records were withheld because redaction failed on them".to_owned());
            }
        }
    }
}

impl LogExit {
    /// `None` if nothing of it may leave.
    fn record(&self, run_id: &str, scene: &Scene, passed: Passed<'_>) -> Option<SdkLogRecord> {
        let (draft, name, body, at) = match passed {
            Passed::Event { event, file, mode } => self.event(run_id, scene, event, file, mode),
            Passed::Line { step, text, fields, file } => {
                let mut draft = Draft::new(&self.sanitizer, run_id, step, Some(file));
                draft.target(scene);
                fields.iter().for_each(|(name, value)| draft.add(name.clone(), value.clone()));
                (draft, LINE, text.to_owned(), None)
            }
            Passed::Late { step, fields, mode } => {
                let mut draft = Draft::new(&self.sanitizer, run_id, Some(step), None);
                let known = draft.attributes.len();
                draft.said(fields, mode);
                if draft.attributes.len() == known {
                    return None;
                }
                (draft, LATE, format!("said of step {step} after its span had left"), None)
            }
        };
        let mut record = self.logger.create_log_record();
        record.set_timestamp(at.or(scene.at).unwrap_or_else(SystemTime::now));
        // Names are constants of somebody's code, but that somebody may be anybody.
        let own = scene.name.filter(|name| self.sanitizer.policy.is_clean(name));
        record.set_event_name(own.unwrap_or(name));
        let severity = draft.severity(scene);
        record.set_severity_number(severity);
        record.set_severity_text(severity.name());
        if let Some((trace, span)) = scene.span {
            record.set_trace_context(TraceId::from(trace), SpanId::from(span), None);
        }
        draft.finish(body, &mut record);
        Some(record)
    }

    fn event(
        &self,
        run_id: &str,
        scene: &Scene,
        event: &Object,
        file: String,
        mode: CaptureMode,
    ) -> (Draft<'_>, &'static str, String, Option<SystemTime>) {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        let step = event.get("step_index").and_then(Value::as_u64);
        let mut draft = Draft::new(&self.sanitizer, run_id, step, Some(file));
        draft.is_error = text("kind") == "error";
        for key in ["layer", "kind"] {
            draft.add(format!("augur.{key}"), text(key).into());
        }
        draft.target(scene);
        if scene.said.is_empty() {
            let detail = event.get("detail").and_then(Value::as_object).into_iter().flatten();
            detail.for_each(|(name, value)| draft.add(name.clone(), value.clone()));
        } else if event.contains_key("detail") {
            draft.said(scene.said.clone(), mode);
        }
        let at = Timestamp::parse(text("ts")).and_then(|at| u64::try_from(at.as_micros()).ok());
        (draft, EVENT, text("summary").to_owned(), at.map(|micros| UNIX_EPOCH + Duration::from_micros(micros)))
    }
}

impl fmt::Debug for LogExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogExit").finish_non_exhaustive()
    }
}

/// A record in the making.
struct Draft<'s> {
    sanitizer: &'s Sanitizer,
    attributes: Vec<(Key, AnyValue)>,
    cuts: Cuts,
    whereabouts: Whereabouts,
    is_error: bool,
}

impl<'s> Draft<'s> {
    fn new(sanitizer: &'s Sanitizer, run_id: &str, step: Option<u64>, file: Option<String>) -> Self {
        let whereabouts = Whereabouts {
            run: Some(folder(run_id)),
            step,
            file: file.map(|file| format!("{}/{file}", folder(run_id))),
        };
        let mut draft = Self { sanitizer, attributes: Vec::new(), cuts: Cuts::default(), whereabouts, is_error: false };
        draft.add("augur.run.id".to_owned(), run_id.into());
        if let Some(step) = step {
            draft.add("augur.step.index".to_owned(), step.into());
        }
        draft
    }

    fn target(&mut self, scene: &Scene) {
        if let Some(target) = &scene.target {
            self.add("target".to_owned(), self.sanitizer.policy.scrub(target).as_ref().into());
        }
    }

    /// Adds what is gated and redacted.
    fn add(&mut self, name: String, value: Value) {
        if let Some(value) = self.any(&name, value) {
            self.attributes.push((name.into(), value));
        }
    }

    /// Adds what is neither, as far as it may leave.
    fn said(&mut self, fields: Vec<(String, Value)>, mode: CaptureMode) {
        let plain = fields.into_iter().filter_map(|(name, value)| Some(KeyValue::new(name, attribute(value)?)));
        let mut attributes: Vec<KeyValue> = plain.collect();
        self.cuts.append(self.sanitizer.attributes(&mut attributes, mode));
        self.attributes.extend(attributes.into_iter().map(|attribute| (attribute.key, of_attribute(attribute.value))));
    }

    fn any(&mut self, name: &str, value: Value) -> Option<AnyValue> {
        Some(match value {
            Value::String(text) => AnyValue::String(self.sanitizer.cut(name, text, &mut self.cuts).into()),
            value @ (Value::Array(_) | Value::Object(_)) => {
                let text = value.to_string();
                if self.sanitizer.is_too_long(&text) {
                    AnyValue::String(self.sanitizer.cut(name, text, &mut self.cuts).into())
                } else {
                    nested(value)?
                }
            }
            other => nested(other)?,
        })
    }

    fn severity(&self, scene: &Scene) -> Severity {
        match scene.level {
            Some(tracing::Level::TRACE) => Severity::Trace,
            Some(tracing::Level::DEBUG) => Severity::Debug,
            Some(tracing::Level::INFO) => Severity::Info,
            Some(tracing::Level::WARN) => Severity::Warn,
            Some(tracing::Level::ERROR) => Severity::Error,
            None if self.is_error => Severity::Error,
            None => Severity::Info,
        }
    }

    fn finish(mut self, body: String, record: &mut SdkLogRecord) {
        let body = self.sanitizer.cut("body", body, &mut self.cuts);
        if !body.is_empty() {
            record.set_body(AnyValue::String(body.into()));
        }
        self.sanitizer.keep_most_of(&mut self.attributes);
        for (name, value) in self.attributes {
            record.add_attribute(name, value);
        }
        if let Some(told) = self.cuts.tell(&self.whereabouts) {
            let told = told.into_iter().map(|cut| AnyValue::String(cut.into())).collect();
            record.add_attribute(super::limits::CUT_ATTRIBUTE, AnyValue::ListAny(Box::new(told)));
        }
    }
}

/// A value with all its structure; `None` for one that says nothing.
fn nested(value: Value) -> Option<AnyValue> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => AnyValue::Boolean(value),
        Value::String(text) => AnyValue::String(text.into()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => AnyValue::Int(whole),
            // Rather a text than a number that is not quite the one.
            None if number.is_integer() => AnyValue::String(number.to_string().into()),
            None => AnyValue::Double(number.as_f64()),
        },
        Value::Array(items) => AnyValue::ListAny(Box::new(items.into_iter().filter_map(nested).collect())),
        Value::Object(members) => {
            let members = members.into_iter().filter_map(|(name, value)| Some((Key::from(name), nested(value)?)));
            AnyValue::Map(Box::new(members.collect()))
        }
    })
}

/// A value in the form that attributes of spans have, in which the gate and the policy read it.
fn attribute(value: Value) -> Option<opentelemetry::Value> {
    Some(match nested(value.clone())? {
        AnyValue::Int(value) => value.into(),
        AnyValue::Double(value) => value.into(),
        AnyValue::Boolean(value) => value.into(),
        AnyValue::String(text) => opentelemetry::Value::String(text),
        _ => value.to_string().into(),
    })
}

fn of_attribute(value: opentelemetry::Value) -> AnyValue {
    match value {
        opentelemetry::Value::Bool(value) => AnyValue::Boolean(value),
        opentelemetry::Value::I64(value) => AnyValue::Int(value),
        opentelemetry::Value::F64(value) => AnyValue::Double(value),
        opentelemetry::Value::String(text) => AnyValue::String(text),
        opentelemetry::Value::Array(Array::String(texts)) => {
            AnyValue::ListAny(Box::new(texts.into_iter().map(AnyValue::String).collect()))
        }
        other => AnyValue::String(other.to_string().into()),
    }
}
