//! What the variables of the environment come to.
#![allow(clippy::unwrap_used)]

use super::*;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");

fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, SettingsError> {
    read_for(variables, None)
}

fn read_for(variables: &[(&str, &str)], endpoint: Option<&str>) -> Result<Option<Settings>, SettingsError> {
    let env = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Settings::read(&env, endpoint)
}

fn on(variables: &[(&str, &str)]) -> Settings {
    let all: Vec<_> = variables.iter().copied().chain([ENDPOINT]).collect();
    read(&all).unwrap().unwrap()
}

#[test]
fn an_address_switches_otlp_on_and_the_specification_switches_it_off() {
    for (variables, is_on) in [
        (&[][..], false),
        (&[ENDPOINT], true),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "  ")], false),
        (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:1/x")], true),
        (&[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")], false),
        (&[ENDPOINT, ("OTEL_SDK_DISABLED", "1")], true),
        (&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")], false),
        (&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "console")], false),
        (&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "console, otlp")], true),
        (&[("OTEL_TRACES_EXPORTER", "otlp")], true),
        // What is off is not judged.
        (&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], false),
        (&[ENDPOINT, ("OTEL_SDK_DISABLED", "true"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], false),
    ] {
        assert_eq!(read(variables).unwrap().is_some(), is_on, "{variables:?}");
    }
}

#[test]
fn a_base_address_gets_the_path_of_the_signal_and_a_signal_address_is_whole() {
    let generic = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let traces = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    for (variables, given, expected) in [
        (&[(generic, "http://c:4318")][..], None, "http://c:4318/v1/traces"),
        (&[(generic, "http://c/base/")], None, "http://c/base/v1/traces"),
        (&[(generic, "http://c:4318"), (traces, "http://t:9/p?k=v")], None, "http://t:9/p?k=v"),
        (&[("OTEL_TRACES_EXPORTER", "otlp")], None, "http://localhost:4318/v1/traces"),
        (&[(traces, "http://t:9")], Some("http://own:1"), "http://own:1/v1/traces"),
    ] {
        let settings = read_for(variables, given).unwrap().unwrap();
        assert_eq!(settings.endpoint.as_str(), expected);
    }
}

#[test]
fn what_cannot_be_followed_is_refused_by_name_and_without_its_value() {
    let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let headers = "OTEL_EXPORTER_OTLP_HEADERS";
    for (name, value, expected) in [
        (endpoint, "canary:4318", "OTEL_EXPORTER_OTLP_ENDPOINT has no scheme; write http://<host>:<port>"),
        (endpoint, "127.0.0.1:4318", "OTEL_EXPORTER_OTLP_ENDPOINT has no scheme; write http://<host>:<port>"),
        (
            endpoint,
            "https://canary",
            "OTEL_EXPORTER_OTLP_ENDPOINT begins with https, but this build has no TLS; send to a local collector over http \
             and let it forward",
        ),
        (endpoint, "unix://canary", "OTEL_EXPORTER_OTLP_ENDPOINT is not an address of the form http://<host>:<port>"),
        (endpoint, "http://ca nary", "OTEL_EXPORTER_OTLP_ENDPOINT is not an address of the form http://<host>:<port>"),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc",
            "OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not supported; accepted: http/protobuf",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
            "canary",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is not supported; accepted: http/protobuf",
        ),
        (headers, "a=b,canary", "OTEL_EXPORTER_OTLP_HEADERS: entry 2 is not name=value"),
        (headers, "ca nary=x", "OTEL_EXPORTER_OTLP_HEADERS: entry 1 has a name that no header can have"),
        (headers, "a=canary%0A", "OTEL_EXPORTER_OTLP_HEADERS: entry 1 has a value that no header can have"),
        (headers, "a=canary%zz", "OTEL_EXPORTER_OTLP_HEADERS: entry 1 is not percent-encoded text"),
        (headers, "Host=canary", "OTEL_EXPORTER_OTLP_HEADERS: entry 1 sets a header that the request itself sets"),
        (
            "OTEL_EXPORTER_OTLP_TIMEOUT",
            "10s",
            "OTEL_EXPORTER_OTLP_TIMEOUT must be a whole number of milliseconds above 0",
        ),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", "OTEL_BSP_MAX_QUEUE_SIZE must be a whole number above 0"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "a=b,canary",
            "OTEL_RESOURCE_ATTRIBUTES: entry 2 is not name=value with percent-encoded text",
        ),
    ] {
        let error = read(&[(name, value), ENDPOINT]).unwrap_err().to_string();
        assert_eq!(error, expected);
    }
}

#[test]
fn headers_are_decoded_and_those_of_the_signal_replace_the_general_ones() {
    let settings = on(&[
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "X-Key = a%20b , y=1=2,"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "general=1"),
    ]);
    assert_eq!(settings.headers.get("x-key").unwrap(), "a b");
    assert_eq!(settings.headers.get("y").unwrap(), "1=2");
    assert_eq!(settings.headers.len(), 2);
}

#[test]
fn the_service_name_of_its_own_variable_wins_and_resource_text_is_decoded() {
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=low,team=a%20b%2Cc");
    let settings = on(&[attributes, ("OTEL_SERVICE_NAME", "high")]);
    assert_eq!(settings.service_name.as_deref(), Some("high"));
    assert_eq!(settings.resource, [("team".to_owned(), "a b,c".to_owned())]);
    assert_eq!(on(&[attributes]).service_name.as_deref(), Some("low"));
    assert_eq!(on(&[]).service_name, None);
}

#[test]
fn times_and_sizes_are_read_and_compression_is_refused_aloud() {
    let settings = on(&[
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "9000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "16"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ]);
    assert_eq!((settings.timeout, settings.queue), (Duration::from_millis(250), 16));
    assert_eq!(settings.warnings, ["OTEL_EXPORTER_OTLP_COMPRESSION is ignored: requests are sent uncompressed"]);
    let plain = on(&[("OTEL_EXPORTER_OTLP_COMPRESSION", "none")]);
    assert_eq!((plain.timeout, plain.queue, plain.warnings.len()), (Duration::from_secs(10), 2048, 0));
}

#[test]
fn debug_shows_neither_headers_nor_credentials_in_the_address() {
    let settings = read(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://canary:canary@collector:4318/canary?key=canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary"),
        ("OTEL_RESOURCE_ATTRIBUTES", "x=canary"),
    ]);
    let shown = format!("{settings:?}");
    assert!(shown.contains("collector:4318") && !shown.contains("canary"), "{shown}");
}
