//! The variables that the SDK ignores or gets wrong.

use super::{PATIENCE, SPANS, agent, is_agent, one_step, real_parts::Collector, support::bundles, to};

#[test]
fn the_service_name_is_that_of_its_own_variable_then_of_the_attributes_then_of_init() {
    if is_agent(one_step) {
        return;
    }
    let root = bundles("otlp_service_name");
    let (name, attributes) =
        (("OTEL_SERVICE_NAME", "by-name"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=by-list,team=a%20b"));
    for (folder, settings, expected) in
        [("both", &[name, attributes][..], "by-name"), ("list", &[attributes], "by-list"), ("none", &[], "agent")]
    {
        let collector = Collector::start();
        agent(&root.join(folder), &[&to(&collector.http_endpoint())[..], settings].concat());
        for span in collector.wait_for_spans(SPANS, PATIENCE) {
            assert_eq!(span.resource["service.name"], expected);
            assert_eq!(span.resource.get("team").is_some_and(|team| team == "a b"), settings.contains(&attributes));
        }
    }
}

#[test]
fn what_is_switched_off_sends_nothing_and_the_bundle_is_there() {
    if is_agent(one_step) {
        return;
    }
    let root = bundles("otlp_off");
    let mut collector = Collector::start();
    for (folder, setting) in [
        ("disabled", ("OTEL_SDK_DISABLED", "true")),
        ("none", ("OTEL_TRACES_EXPORTER", "none")),
        ("console", ("OTEL_TRACES_EXPORTER", "console")),
        ("sampled", ("OTEL_TRACES_SAMPLER", "always_off")),
    ] {
        let logs = [setting, ("OTEL_LOGS_EXPORTER", "none")];
        let said = agent(&root.join(folder), &[&to(&collector.http_endpoint())[..], &logs].concat());
        assert_eq!(said.contains("OTLP: 0 of 0 spans"), folder == "sampled", "{said}");
        assert!(root.join(folder).join("checkout").join("manifest.json").is_file(), "{said}");
    }
    collector.stop();
    assert_eq!(collector.raw_bytes(), b"");
}

#[test]
fn an_address_of_the_traces_is_taken_as_it_is() {
    if is_agent(one_step) {
        return;
    }
    let root = bundles("otlp_endpoints");
    let collector = Collector::start();
    let base = collector.http_endpoint();
    let whole = format!("{base}/v1/traces");
    for (folder, endpoint, sent) in
        [("whole", &whole, "2 of 2 spans sent"), ("base", &base, "0 of 2 spans sent, 2 failed")]
    {
        let said =
            agent(&root.join(folder), &[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint), ("AUGUR_VERBOSE", "1")]);
        assert!(said.contains(sent), "{said}");
        if folder == "base" {
            assert!(said.contains("the collector answered 404; is the path of the endpoint right?"), "{said}");
        }
    }
    assert_eq!(collector.wait_for_spans(SPANS, PATIENCE).len(), SPANS);
}

#[test]
fn a_variable_that_cannot_be_followed_stops_init_and_says_how_to_go_on() {
    if is_agent(one_step) {
        return;
    }
    let around = tempfile::tempdir().unwrap();
    let root = around.path().join("bundles");
    for (name, value, expected) in [
        (
            "OTEL_TRACES_EXPORTER",
            "oltp",
            "OTEL_TRACES_EXPORTER names an exporter that is not known; accepted: otlp, none",
        ),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "http/json",
            "OTEL_EXPORTER_OTLP_PROTOCOL=http/json is not supported; accepted: ",
        ),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli", "OTEL_EXPORTER_OTLP_COMPRESSION must be gzip or none"),
        ("OTEL_TRACES_SAMPLER", "some", "OTEL_TRACES_SAMPLER must be always_on, always_off, "),
    ] {
        let said = agent(&root, &[&to("http://127.0.0.1:1")[..], &[(name, value)]].concat());
        assert!(said.contains(&format!("init: {expected}")), "{said}");
        assert!(said.contains("; fix it, or set OTEL_SDK_DISABLED=true to go without OTLP"), "{said}");
        assert!(!root.exists());
    }
}

#[test]
fn what_contradicts_itself_is_told_on_the_console_and_the_run_goes_on() {
    if is_agent(one_step) {
        return;
    }
    let collector = Collector::start();
    let settings = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "5"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "9"),
        ("OTEL_SDK_DISABLED", "no"),
        ("OTEL_EXPORTER_OTLP_HEADER", "canary"),
        ("AUGUR_CAPTUREMODE", "canary"),
    ];
    let said = agent(&bundles("otlp_contradictions"), &[&to(&collector.http_endpoint())[..], &settings].concat());
    for warning in [
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE is more than OTEL_BSP_MAX_QUEUE_SIZE allows to wait; 5 counts",
        "OTEL_SDK_DISABLED is neither true nor false, and counts as false",
        "OTEL_EXPORTER_OTLP_HEADER is no setting and is ignored; is OTEL_EXPORTER_OTLP_HEADERS meant?",
        "AUGUR_CAPTUREMODE is no setting and is ignored; is AUGUR_CAPTURE_MODE meant?",
    ] {
        assert!(said.contains(warning), "{said}");
    }
    assert!(!said.contains("canary"), "{said}");
    assert_eq!(collector.wait_for_spans(SPANS, PATIENCE).len(), SPANS);
}
