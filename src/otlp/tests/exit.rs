//! How a run ends: what the report says, and that it comes in time.

use super::{
    collector::{Collector, Manner, answer},
    *,
};
use opentelemetry::trace::SpanBuilder;

/// What stopping at a deadline may take beyond it on a busy machine: a bound against hanging, not a measure of speed.
const GRACE: Duration = Duration::from_secs(2);

/// A collector that will not do, the environment, what the report says, and how many requests were made (0: any number).
fn bad_collectors() -> Vec<(Manner, &'static str, u64)> {
    vec![
        (Manner::Hangs, "no answer within 300 ms", 1),
        (Manner::Says(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()), "invalid HTTP version parsed", 4),
        (
            Manner::Says(answer("200 OK", "content-type: text/html\r\n", b"<html>hello</html>")),
            "the answer is not OTLP",
            1,
        ),
        (
            Manner::Says(answer("307 Temporary Redirect", "location: http://127.0.0.1:1/\r\n", b"")),
            "answered 307; redirects are not followed",
            1,
        ),
        (Manner::Says(answer("200 OK", "", &vec![0; 10 * 1024 * 1024])), "the answer is longer than 64 KiB", 1),
        (
            Manner::Says(answer("401 Unauthorized", "", CANARY.as_bytes())),
            "answered 401; check OTEL_EXPORTER_OTLP_HEADERS",
            1,
        ),
        (Manner::Says(answer("503 Service Unavailable", "", b"")), "the collector answered 503", 4),
    ]
}

#[test]
fn a_collector_that_will_not_do_is_named_with_the_reason() {
    for (manner, reason, requests) in bad_collectors() {
        let collector = Collector::start(manner);
        let settings = settings(collector.port, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "3000")]);
        let settings = if reason.contains("300 ms") {
            let traces = Target { timeout: Duration::from_millis(300), ..settings.traces.unwrap() };
            Settings { traces: Some(traces), ..settings }
        } else {
            settings
        };
        let otlp = start_with(&settings);
        end_span(&otlp, "lost");
        let report = otlp.finish(LONG).spans;
        let cause = report.last_error.clone().unwrap();
        assert!(cause.starts_with(&format!("127.0.0.1:{}: ", collector.port)) && cause.contains(reason), "{cause}");
        assert!(!cause.contains(CANARY), "{cause}");
        assert_eq!(
            (report.ended, report.sent, report.failed, report.pending, report.late),
            (1, 0, 1, 0, false),
            "{cause}"
        );
        assert_eq!(report.requests, requests, "{cause}");
    }
}

#[test]
fn nobody_at_the_address_is_a_refused_connection() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let otlp = start_with(&settings(port, &[]));
    end_span(&otlp, "lost");
    let report = otlp.finish(LONG);
    assert_eq!((report.spans.failed, report.spans.late), (1, false));
    assert!(report.to_string().contains(&format!("1 failed: 127.0.0.1:{port}: Connection refused")), "{report}");
}

#[test]
fn the_deadline_holds_whatever_the_collector_does() {
    let deadline = Duration::from_millis(150);
    let kinds = bad_collectors().into_iter().map(|(manner, ..)| manner).chain([Manner::Slow(Duration::from_secs(1))]);
    for (kind, manner) in kinds.enumerate() {
        let collector = Collector::start(manner);
        let otlp = start(&collector);
        end_span(&otlp, "late");
        let started = Instant::now();
        let report = otlp.finish(deadline).spans;
        assert!(started.elapsed() < deadline + GRACE, "collector {kind} took {:?}", started.elapsed());
        assert!(!report.is_complete() && report.last_error.is_some(), "{report:?}");
        let started = Instant::now();
        otlp.finish(deadline);
        drop(otlp);
        assert!(started.elapsed() < deadline + GRACE, "collector {kind} took {:?} again", started.elapsed());
    }
}

#[test]
fn what_was_late_still_arrives_if_the_process_goes_on() {
    let collector = Collector::start(Manner::Slow(Duration::from_millis(400)));
    let otlp = start(&collector);
    end_span(&otlp, "late");
    let report = otlp.finish(Duration::from_millis(50)).spans;
    assert_eq!((report.pending, report.late), (1, true));
    let started = Instant::now();
    while otlp.report().spans.sent == 0 {
        assert!(started.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(otlp.report().is_complete());
}

#[test]
fn after_the_end_spans_are_neither_sent_nor_counted() {
    let collector = Collector::start(Manner::Takes);
    let otlp = start(&collector);
    end_span(&otlp, "in time");
    otlp.finish(LONG);
    end_span(&otlp, "too late");
    let report = otlp.finish(LONG).spans;
    assert!(report.is_complete());
    assert_eq!((report.ended, collector.spans().len()), (1, 1));
}

#[test]
fn a_retry_that_succeeds_is_a_success() {
    let collector = Collector::start(Manner::InTurn(vec![answer("503 Busy", "", b""), answer("200 OK", "", b"")]));
    let otlp = start(&collector);
    end_span(&otlp, "again");
    let report = otlp.finish(LONG).spans;
    assert!(report.is_complete());
    assert_eq!((report.requests, report.failed_requests, report.last_error), (2, 1, None));
    assert_eq!(report.bytes, collector.requests()[1].body.len() as u64);
}

#[test]
fn spans_that_the_collector_throws_away_are_not_sent_spans() {
    let collector = Collector::start(Manner::Rejects(1, "bad span, Bearer canary7431"));
    let otlp = start(&collector);
    end_span(&otlp, "kept");
    end_span(&otlp, "rejected");
    let report = otlp.finish(LONG).spans;
    assert_eq!((report.sent, report.failed), (1, 1));
    let cause = report.last_error.unwrap();
    assert!(cause.ends_with("the collector rejected 1 spans: bad span, ***REDACTED:bearer***"), "{cause}");
}

#[test]
fn a_full_queue_is_counted_span_by_span() {
    let collector = Collector::start(Manner::Slow(Duration::from_millis(200)));
    let settings = settings(collector.port, &[("OTEL_BSP_MAX_QUEUE_SIZE", "10")]);
    let otlp = start_with(&settings);
    for _ in 0..500 {
        end_span(&otlp, "burst");
    }
    let report = otlp.finish(LONG).spans;
    assert_eq!(report.ended, 500);
    assert!(report.dropped_on_full_queue >= 470, "{report:?}");
    assert_eq!(report.sent + report.dropped_on_full_queue, 500, "{report:?}");
    assert_eq!(report.sent, collector.spans().len() as u64);
}

#[test]
fn bytes_that_wait_are_bounded_like_spans() {
    let collector = Collector::start(Manner::Hangs);
    let otlp = start(&collector);
    let text = "z".repeat(1024 * 1024);
    for _ in 0..100 {
        otlp.tracer()
            .unwrap()
            .build(SpanBuilder::from_name("s").with_attributes([KeyValue::new("a", text.clone())]))
            .end();
    }
    let report = otlp.report().spans;
    assert_eq!((report.pending, report.dropped_on_full_queue), (63, 37));
    otlp.finish(Duration::from_millis(10));
}

/// What a program's `main` may be.
#[test]
fn spans_arrive_from_every_kind_of_runtime_and_it_does_not_stall() {
    let work = |port| {
        let otlp = start_with(&settings(port, &[]));
        traced(&otlp, || tracing::info_span!("work").in_scope(|| {}));
        let started = Instant::now();
        let report = otlp.finish(LONG).spans;
        assert!(
            report.is_complete() && started.elapsed() < Duration::from_secs(1),
            "{report:?} {:?}",
            started.elapsed()
        );
    };
    let current = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let single = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for runtime in [None, Some(current), Some(single)] {
        let collector = Collector::start(Manner::Takes);
        let port = collector.port;
        match runtime {
            None => work(port),
            Some(runtime) => runtime.block_on(async move { tokio::spawn(async move { work(port) }).await.unwrap() }),
        }
        assert_eq!(collector.spans().len(), 1);
    }
}

#[test]
fn dropping_without_finishing_sends_what_waits_and_does_not_hang() {
    let collector = Collector::start(Manner::Takes);
    let otlp = start(&collector);
    let layer = otlp.layer::<Registry>().unwrap();
    end_span(&otlp, "s");
    drop(otlp);
    assert_eq!(collector.spans().len(), 1);
    drop(layer);
    let collector = Collector::start(Manner::Hangs);
    let otlp = start(&collector);
    end_span(&otlp, "s");
    let started = Instant::now();
    drop(otlp);
    assert!(started.elapsed() < DROP_DEADLINE + GRACE);
}
