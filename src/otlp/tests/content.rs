//! What arrives at a collector, and what does not.

use super::{
    collector::{Collector, Manner, values},
    gate::MODE_ATTRIBUTE,
    *,
};
use opentelemetry::{
    StringValue,
    trace::{Event, Link, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId},
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use std::{sync::Mutex, time::SystemTime};

fn text(value: &str) -> Any {
    Any::StringValue(value.to_owned())
}

#[test]
fn a_secret_leaves_by_no_part_of_a_span() {
    let collector = Collector::start(Manner::Takes);
    let bearer = format!("Bearer {CANARY}");
    let resource = format!("note=bearer%20{CANARY},password={CANARY}");
    let settings = settings(collector.port, &[("OTEL_RESOURCE_ATTRIBUTES", &resource), ("OTEL_SERVICE_NAME", &bearer)]);
    let otlp = start_with(&settings);
    let secrets = || {
        vec![
            KeyValue::new("password", CANARY),
            KeyValue::new("http.request.header.authorization", CANARY),
            KeyValue::new("note", bearer.clone()),
            KeyValue::new(format!("password={CANARY}"), 1),
            KeyValue::new("arguments", format!(r#"{{"password": "{CANARY}"}}"#)),
            KeyValue::new("list", opentelemetry::Value::Array(vec![StringValue::from(bearer.clone())].into())),
        ]
    };
    let link = SpanContext::new(TraceId::from(1), SpanId::from(1), TraceFlags::SAMPLED, false, Default::default());
    let mut span = SpanBuilder::from_name(format!("login password={CANARY}"))
        .with_kind(SpanKind::Client)
        .with_attributes(secrets())
        .with_events(vec![Event::new(format!("sent cookie: {CANARY}"), SystemTime::now(), secrets(), 0)])
        .with_links(vec![Link::new(link, secrets(), 0)])
        .start(&otlp.spans.as_ref().unwrap().provider.tracer_with_scope(
            opentelemetry::InstrumentationScope::builder("scope").with_attributes(secrets()).build(),
        ));
    span.set_status(Status::error(format!("refused {bearer}")));
    span.end();

    assert!(otlp.finish(LONG).is_complete());
    let sent = collector.bytes();
    let found = sent.windows(CANARY.len()).filter(|window| *window == CANARY.as_bytes()).count();
    assert_eq!(found, 0, "{}", String::from_utf8_lossy(&sent));
    // The canary was really on board: what surrounds it arrived.
    let spans = collector.spans();
    assert_eq!(spans[0].name, "login ***REDACTED:password_kv***");
    assert_eq!(values(&spans[0].attributes, "note"), [text("***REDACTED:bearer***")]);
    assert_eq!(values(&spans[0].attributes, "arguments"), [text("{}")]);
    assert_eq!(values(&spans[0].attributes, "password"), []);
    assert_eq!(spans[0].events[0].name, "sent ***REDACTED:cookie_header***");
    assert_eq!(spans[0].links[0].attributes.len(), spans[0].attributes.len());
    assert_eq!(spans[0].status.as_ref().unwrap().message, "refused ***REDACTED:bearer***");
    let resource = collector.messages()[0].resource_spans[0].resource.clone().unwrap();
    assert_eq!(values(&resource.attributes, "service.name"), [text("***REDACTED:bearer***")]);
    assert_eq!(values(&resource.attributes, "note"), [text("***REDACTED:bearer***")]);
}

#[test]
fn fields_that_arrive_bent_leave_straight() {
    let collector = Collector::start(Manner::Takes);
    let otlp = start(&collector);
    traced(&otlp, || {
        let span = tracing::info_span!(
            "chat",
            gen_ai.usage.input_tokens = 1200_u64,
            gen_ai.request.temperature = "7",
            augur.step.duration_ms = 15_u64,
            status = "first",
            long = "x".repeat(40_000),
        );
        span.record("status", "second");
        span.record("status", "third");
        span.in_scope(|| tracing::info!(tokens = 3_u64));
    });
    assert!(otlp.finish(LONG).is_complete());
    let span = &collector.spans()[0];
    assert_eq!(values(&span.attributes, "gen_ai.usage.input_tokens"), [Any::IntValue(1200)]);
    assert_eq!(values(&span.attributes, "gen_ai.request.temperature"), [text("7")]);
    assert_eq!(values(&span.attributes, "augur.step.duration_ms"), [Any::IntValue(15)]);
    assert_eq!(values(&span.attributes, "status"), [text("third")]);
    assert_eq!(values(&span.attributes, "long"), [text(&format!("{}…", "x".repeat(32 * 1024 - 1)))]);
    assert_eq!(values(&span.attributes, "level"), [text("INFO")]);
    assert_eq!(span.events[0].name, "event");
}

#[test]
fn the_cut_comes_after_redaction() {
    let collector = Collector::start(Manner::Takes);
    let otlp = start(&collector);
    // The secret lies across the place of the cut, where a pattern would see only half of it.
    let value = format!("{} user{CANARY}@example.com", "x".repeat(32 * 1024 - 8));
    let huge = format!("password={CANARY} {}", "x".repeat(text::LONGEST_SEARCHED));
    otlp.tracer()
        .unwrap()
        .build(SpanBuilder::from_name("s").with_attributes([KeyValue::new("a", value), KeyValue::new("b", huge)]))
        .end();
    assert!(otlp.finish(LONG).is_complete());
    assert!(!String::from_utf8_lossy(&collector.bytes()).contains("canary"));
    let spans = collector.spans();
    assert!(matches!(&values(&spans[0].attributes, "a")[..], [Any::StringValue(a)] if a.ends_with(" ***RED…")));
    assert!(matches!(&values(&spans[0].attributes, "b")[..], [Any::StringValue(b)] if b.starts_with("[cut, ")));
}

#[test]
fn what_the_mode_of_a_span_does_not_admit_stays_behind() {
    let attributes = ["gen_ai.input.messages", "augur.step.intent", "augur.step.type", "http.route"];
    for (base, stamp, kept) in [
        (CaptureMode::Off, None, &["http.route"][..]),
        (CaptureMode::Metadata, None, &["augur.step.type", "http.route"]),
        (CaptureMode::Full, Some("trace"), &["augur.step.intent", "augur.step.type", "http.route"]),
        (CaptureMode::Off, Some("model_io"), &attributes),
        (CaptureMode::Full, Some("no mode"), &["augur.step.type", "http.route"]),
    ] {
        let collector = Collector::start(Manner::Takes);
        let otlp = Otlp::start(&settings(collector.port, &[]), "agent", RedactionPolicy::default(), base).unwrap();
        let mut span = SpanBuilder::from_name("s")
            .with_attributes(attributes.map(|name| KeyValue::new(name, "x")))
            .with_events(vec![Event::new(
                "prompt",
                SystemTime::now(),
                vec![KeyValue::new("target", "rig::completions")],
                0,
            )])
            .start(&otlp.tracer().unwrap());
        if let Some(stamp) = stamp {
            span.set_attribute(KeyValue::new(MODE_ATTRIBUTE, stamp));
        }
        span.end();
        assert!(otlp.finish(LONG).is_complete());
        let span = &collector.spans()[0];
        let names: Vec<_> =
            span.attributes.iter().map(|kv| kv.key.as_str()).filter(|key| *key != MODE_ATTRIBUTE).collect();
        assert_eq!(names, kept, "{base} {stamp:?}");
        assert_eq!(span.events.len(), usize::from(kept.len() == attributes.len()), "{base} {stamp:?}");
    }
}

#[test]
fn headers_and_address_are_those_of_the_settings_alone() {
    let collector = Collector::start(Manner::Takes);
    let env = |name: &str| match name {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" => {
            Some(format!("http://ann:pass@127.0.0.1:{}/in/traces?key=1", collector.port))
        }
        "OTEL_EXPORTER_OTLP_HEADERS" => Some("x-tenant=blue%20team".to_owned()),
        _ => None,
    };
    let settings = Settings::read(&env, None).unwrap().unwrap();
    let otlp = start_with(&settings);
    end_span(&otlp, "s");
    assert!(otlp.finish(LONG).is_complete());
    let head = collector.requests()[0].head.to_ascii_lowercase();
    assert!(head.starts_with("post /in/traces?key=1 http/1.1\r\n"), "{head}");
    for line in ["x-tenant: blue team", "authorization: basic yw5uonbhc3m=", "content-type: application/x-protobuf"] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    let shown = format!("{otlp:?}");
    assert!(!shown.contains("pass") && !shown.contains("blue"), "{shown}");
}

#[test]
fn attributes_are_counted_once_only_the_last_of_each_is_left_and_what_is_beyond_is_told() {
    let collector = Collector::start(Manner::Takes);
    let more = [
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "4"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "2"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "10"),
    ];
    let otlp = start_with(&settings(collector.port, &more));
    let mut span = SpanBuilder::from_name("s").start(&otlp.tracer().unwrap());
    for round in 0..500 {
        span.set_attribute(KeyValue::new("again", round));
    }
    for name in ["a", "b", "c", "d"] {
        span.set_attribute(KeyValue::new(name, "0123456789X"));
        span.add_event(name, vec![KeyValue::new("list", "short")]);
    }
    span.set_attribute(KeyValue::new("augur.run.id", "run-1"));
    span.end();
    let report = otlp.finish(LONG);
    assert!(report.is_complete());
    let span = &collector.spans()[0];
    let names: Vec<_> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(names, ["again", "a", "b", "augur.run.id", "augur.cut"]);
    assert_eq!(values(&span.attributes, "again"), [Any::IntValue(499)]);
    assert_eq!(values(&span.attributes, "a"), [text("012345678…")]);
    assert_eq!((span.dropped_attributes_count, span.events.len(), span.dropped_events_count), (2, 2, 2));
    assert_eq!((report.spans.cut_values, report.spans.beyond_limits), (4, 4));
    assert!(report.to_string().ends_with("4 values cut, 4 attributes, events and links beyond the limits"), "{report}");
    let [Any::ArrayValue(cuts)] = &values(&span.attributes, "augur.cut")[..] else { panic!("no list") };
    let told: Vec<_> = cuts.values.iter().map(|cut| format!("{:?}", cut.value)).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    let cut = cuts.values[0].value.clone().unwrap();
    assert!(matches!(&cut, Any::StringValue(cut) if cut.starts_with("a: 11 bytes, sha256 ")), "{cut:?}");
}

#[test]
fn a_batch_too_large_for_one_request_leaves_in_several() {
    let collector = Collector::start(Manner::Takes);
    let otlp = start(&collector);
    for _ in 0..20 {
        otlp.tracer()
            .unwrap()
            .build(
                SpanBuilder::from_name("s")
                    .with_attributes((0..20).map(|index| KeyValue::new(format!("a{index}"), "y".repeat(30_000)))),
            )
            .end();
    }
    assert!(otlp.finish(LONG).is_complete());
    let sizes: Vec<_> = collector.requests().iter().map(|seen| seen.body.len()).collect();
    assert_eq!(collector.spans().len(), 20);
    assert!(sizes.len() >= 3 && sizes.iter().all(|size| *size < 5 * 1024 * 1024), "{sizes:?}");
}

/// Keeps the names of the spans that reach it.
#[derive(Debug, Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl opentelemetry_sdk::trace::SpanExporter for Names {
    async fn export(&self, batch: Vec<opentelemetry_sdk::trace::SpanData>) -> opentelemetry_sdk::error::OTelSdkResult {
        self.0.lock().unwrap().extend(batch.into_iter().map(|span| span.name.into_owned()));
        Ok(())
    }
}

#[test]
fn a_panic_keeps_back_its_span_and_no_other() {
    let (tally, names) = (Arc::<Tally>::default(), Names::default());
    let limits = &settings(1, &[]).limits;
    let mut sanitizer = Sanitizer::of_spans(RedactionPolicy::default(), CaptureMode::Full, limits, Arc::clone(&tally));
    sanitizer.gate.attribute_floor = |name| if name == "poison" { panic!("planned") } else { CaptureMode::Off };
    let exporter = GatedExporter::new(names.clone(), sanitizer, Arc::clone(&tally));
    let next = BatchSpanProcessor::builder(exporter).build();
    let entrance = QueueEntrance { next, tally: Arc::clone(&tally), spans: 100, bytes: QUEUE_BYTES };
    let provider = SdkTracerProvider::builder().with_span_processor(entrance).build();
    let end = |name: &'static str, attribute: &'static str| {
        let attributes = [KeyValue::new(attribute, 1)];
        provider.tracer("t").build(SpanBuilder::from_name(name).with_attributes(attributes)).end();
    };
    end("one", "a");
    end("two", "poison");
    end("three", "a");
    assert!(provider.force_flush().is_err());
    end("four", "a");
    assert!(provider.force_flush().is_ok());
    assert_eq!(*names.0.lock().unwrap(), ["one", "three", "four"]);
    let report = tally.report(false, None);
    assert_eq!((report.ended, report.sent, report.withheld), (4, 3, 1));
    assert!(report.last_error.unwrap().contains("withheld"));
}

#[test]
fn a_rule_of_the_policy_that_panics_lets_nothing_through() {
    let collector = Collector::start(Manner::Takes);
    let policy =
        RedactionPolicy::builder().redactor(|text: &str| -> Option<String> { panic!("{}", text.len()) }).build();
    let otlp = Otlp::start(&settings(collector.port, &[]), "agent", policy, CaptureMode::Full).unwrap();
    end_span(&otlp, "canary7431");
    otlp.finish(LONG);
    assert!(!String::from_utf8_lossy(&collector.bytes()).contains(CANARY));
    assert_eq!(collector.spans()[0].name, "***REDACTED:error***");
}
