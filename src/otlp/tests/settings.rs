//! What the variables of the environment come to.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use std::path::Path;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const LOGS: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";

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

fn traces(variables: &[(&str, &str)]) -> Target {
    on(variables).traces.unwrap()
}

/// Whether spans leave, and log records.
fn leave(variables: &[(&str, &str)]) -> (bool, bool) {
    read(variables).unwrap().map_or((false, false), |settings| (settings.traces.is_some(), settings.logs.is_some()))
}

#[test]
fn an_address_switches_otlp_on_and_the_specification_switches_it_off() {
    for (variables, expected) in [
        (&[][..], (false, false)),
        (&[ENDPOINT], (true, true)),
        (&[("OTEL_EXPORTER_OTLP_ENDPOINT", "  ")], (false, false)),
        (&[(TRACES, "http://c:1/x")], (true, false)),
        (&[(TRACES, "http://c:1/x"), (LOGS, "http://c:1/y")], (true, true)),
        (&[(LOGS, "http://c:1/y")], (false, false)),
        (&[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")], (false, false)),
        (&[ENDPOINT, ("OTEL_SDK_DISABLED", "false")], (true, true)),
        (&[ENDPOINT, ("OTEL_SDK_DISABLED", "1")], (true, true)),
        (&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")], (false, false)),
        (&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "console")], (false, false)),
        (&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "console, otlp")], (true, true)),
        (&[ENDPOINT, ("OTEL_LOGS_EXPORTER", "none")], (true, false)),
        (&[ENDPOINT, ("OTEL_LOGS_EXPORTER", "console")], (true, false)),
        (&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "otlp")], (false, true)),
        (&[("OTEL_TRACES_EXPORTER", "otlp")], (true, true)),
        (&[("OTEL_TRACES_EXPORTER", "otlp"), (TRACES, "http://c:1/x")], (true, false)),
        (&[("OTEL_LOGS_EXPORTER", "otlp")], (false, true)),
        // What is off is not judged.
        (&[("OTEL_EXPORTER_OTLP_PROTOCOL", "carrier pigeon")], (false, false)),
        (&[ENDPOINT, ("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "otlpp")], (false, false)),
    ] {
        assert_eq!(leave(variables), expected, "{variables:?}");
    }
}

#[test]
fn a_base_address_gets_the_path_of_the_signal_and_a_signal_address_is_whole() {
    let generic = "OTEL_EXPORTER_OTLP_ENDPOINT";
    for (variables, given, of_traces, of_logs) in [
        (&[(generic, "http://c:4318")][..], None, "http://c:4318/v1/traces", Some("http://c:4318/v1/logs")),
        (&[(generic, "http://c/base/")], None, "http://c/base/v1/traces", Some("http://c/base/v1/logs")),
        (&[(generic, "http://c?k=v")], None, "http://c/v1/traces?k=v", Some("http://c/v1/logs?k=v")),
        (&[(generic, "http://[::1]:4318")], None, "http://[::1]:4318/v1/traces", Some("http://[::1]:4318/v1/logs")),
        (
            &[(generic, "http://c:4318"), (TRACES, "http://t:9/p?k=v")],
            None,
            "http://t:9/p?k=v",
            Some("http://c:4318/v1/logs"),
        ),
        (&[(TRACES, "http://t:9/p")], None, "http://t:9/p", None),
        (
            &[("OTEL_TRACES_EXPORTER", "otlp")],
            None,
            "http://localhost:4318/v1/traces",
            Some("http://localhost:4318/v1/logs"),
        ),
        (&[(TRACES, "http://t:9")], Some("http://own:1"), "http://own:1/v1/traces", Some("http://own:1/v1/logs")),
    ] {
        let settings = read_for(variables, given).unwrap().unwrap();
        assert_eq!(settings.traces.unwrap().endpoint, of_traces);
        assert_eq!(settings.logs.map(|target| target.endpoint.to_string()).as_deref(), of_logs);
    }
}

#[test]
fn what_cannot_be_followed_is_refused_by_name_and_without_its_value() {
    let endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let headers = "OTEL_EXPORTER_OTLP_HEADERS";
    let above_0 = "must be a whole number above 0";
    for (name, value, expected) in [
        (endpoint, "canary:4318", "has no scheme; write http://<host>:<port> or https://<host>:<port>"),
        (endpoint, "127.0.0.1:4318", "has no scheme; write http://<host>:<port> or https://<host>:<port>"),
        (LOGS, "canary:4318", "has no scheme; write http://<host>:<port> or https://<host>:<port>"),
        (endpoint, "unix://canary", "is not an address of the form http://<host>:<port> or https://<host>:<port>"),
        (endpoint, "http://ca nary", "is not an address of the form http://<host>:<port> or https://<host>:<port>"),
        (
            endpoint,
            "http://canary:99999",
            "is not an address of the form http://<host>:<port> or https://<host>:<port>",
        ),
        (endpoint, "http://%zz@canary", "is not an address of the form http://<host>:<port> or https://<host>:<port>"),
        ("OTEL_TRACES_EXPORTER", "otlpcanary", "names an exporter that is not known; accepted: otlp, none (console, "),
        ("OTEL_LOGS_EXPORTER", "otlp,canary", "names an exporter that is not known; accepted: otlp, none (console, "),
        (
            "OTEL_TRACES_EXPORTER",
            "none,otlp",
            "lists none beside another exporter; accepted: none alone, or a list such as otlp,console",
        ),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "=http/json is not supported; accepted: http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "canary", "is not supported; accepted: http/protobuf"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "canary", "is not supported; accepted: http/protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "canary", "must be gzip or none"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "canary", "must be gzip or none"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "canary", "must be true or false"),
        (headers, "a=b,canary", ": entry 2 is not name=value"),
        (headers, "ca nary=x", ": entry 1 has a name that no header can have"),
        (headers, "a=canary%0A", ": entry 1 has a value that no header can have"),
        (headers, "a=canary%zz", ": entry 1 is not percent-encoded text"),
        (headers, "Host=canary", ": entry 1 sets a header that the request itself sets"),
        (headers, "grpc-timeout=canary", ": entry 1 sets a header that the request itself sets"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "must be a whole number of milliseconds above 0"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "0", "must be a whole number of milliseconds above 0"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "canary", "must be a whole number of milliseconds above 0"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "-1", "must be a whole number of milliseconds above 0"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0", above_0),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "canary", above_0),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1", above_0),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "canary", above_0),
        ("OTEL_TRACES_SAMPLER", "canary", "must be always_on, always_off, traceidratio, parentbased_always_on, "),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=b,canary", ": entry 2 is not name=value with percent-encoded text"),
        (
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "canary.pem",
            "is set and OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is not; a client certificate and its key go together",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
            "canary.pem",
            "is set and OTEL_EXPORTER_OTLP_CLIENT_KEY is not; a client certificate and its key go together",
        ),
    ] {
        let error = read(&[(name, value), ENDPOINT]).unwrap_err().to_string();
        let found = error.strip_prefix(name).unwrap_or_else(|| panic!("{error} does not begin with {name}"));
        assert!(found.trim_start().starts_with(expected), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    let ratio = [("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "2"), ENDPOINT];
    assert_eq!(read(&ratio).unwrap_err().to_string(), "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1");
}

#[test]
fn what_a_build_lacks_is_refused_with_the_feature_that_has_it() {
    let tls = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://canary")]);
    if cfg!(feature = "otlp-tls") {
        assert!(tls.unwrap().unwrap().traces.unwrap().is_secure());
    } else {
        let error = tls.unwrap_err().to_string();
        assert!(
            error.starts_with("OTEL_EXPORTER_OTLP_ENDPOINT asks for TLS, which this build does not have"),
            "{error}"
        );
        assert!(error.contains("`otlp-tls`"), "{error}");
    }
    let grpc = read(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    if cfg!(feature = "otlp-grpc") {
        assert_ne!(grpc.unwrap().unwrap().traces.unwrap().protocol, Protocol::Http);
    } else {
        assert_eq!(
            grpc.unwrap_err().to_string(),
            "OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not supported without the feature `otlp-grpc`; accepted: http/protobuf"
        );
    }
}

#[cfg(all(feature = "otlp-grpc", feature = "otlp-tls"))]
#[test]
fn an_address_for_grpc_needs_no_scheme_and_gets_no_path() {
    let generic = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let insecure = "OTEL_EXPORTER_OTLP_INSECURE";
    for (variables, expected) in [
        (&[(generic, "c:4317")][..], "https://c:4317/"),
        (&[(generic, "c:4317"), (insecure, "TRUE")], "http://c:4317/"),
        (&[(generic, "c:4317"), (insecure, "false")], "https://c:4317/"),
        (
            &[(generic, "c:4317"), (insecure, "true"), ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "false")],
            "https://c:4317/",
        ),
        (&[(generic, "http://c:4317")], "http://c:4317/"),
        (&[(generic, "https://c"), (insecure, "true")], "https://c/"),
        (&[("OTEL_TRACES_EXPORTER", "otlp")], "http://localhost:4317/"),
    ] {
        let all: Vec<_> = variables.iter().copied().chain([("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).collect();
        let settings = read(&all).unwrap().unwrap();
        assert_eq!(settings.traces.unwrap().endpoint, expected);
        let warned = variables.contains(&(generic, "https://c"));
        assert_eq!(!settings.warnings.is_empty(), warned, "{:?}", settings.warnings);
    }
}

#[test]
fn headers_are_decoded_and_those_of_the_signal_replace_the_general_ones() {
    let settings = on(&[
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "X-Key = a%20b , y=1=2,"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "general=1"),
    ]);
    let (traces, logs) = (settings.traces.unwrap(), settings.logs.unwrap());
    assert_eq!(traces.headers.get("x-key").unwrap(), "a b");
    assert_eq!(traces.headers.get("y").unwrap(), "1=2");
    assert_eq!(traces.headers.len(), 2);
    assert_eq!((logs.headers.get("general").unwrap().as_bytes(), logs.headers.len()), (&b"1"[..], 1));
}

#[test]
fn credentials_of_an_address_become_a_header_unless_there_is_one() {
    let with_user = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://ann:p%40ss@c:4318/x");
    let target = traces(&[with_user]);
    assert_eq!(target.headers.get("authorization").unwrap(), "Basic YW5uOnBAc3M=");
    assert_eq!(target.endpoint, "http://c:4318/x");
    let target = traces(&[with_user, ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t")]);
    assert_eq!(target.headers.get("authorization").unwrap(), "Bearer t");
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
fn times_and_sizes_are_those_of_the_signal_then_the_general_ones_then_the_usual_ones() {
    let settings = on(&[
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "9000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "250"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "none"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "16"),
        ("OTEL_BSP_SCHEDULE_DELAY", "70"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "7"),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "800"),
    ]);
    let (traces, logs) = (settings.traces.unwrap(), settings.logs.unwrap());
    assert_eq!((traces.timeout, traces.gzip), (Duration::from_millis(250), true));
    assert_eq!((logs.timeout, logs.gzip), (Duration::from_secs(9), false));
    let of = |queue, size, delay, timeout: Option<u64>| Batch {
        queue,
        size,
        delay: Duration::from_millis(delay),
        timeout: timeout.map(Duration::from_millis),
    };
    assert_eq!(settings.spans, of(16, 16, 70, None));
    assert_eq!(settings.records, of(2048, 7, 1000, Some(800)));
    assert_eq!(settings.warnings, [""; 0]);
    let plain = on(&[]);
    assert_eq!((plain.spans, plain.records), (of(2048, 512, 5000, None), of(2048, 512, 1000, None)));
    let target = plain.traces.unwrap();
    assert_eq!((target.timeout, target.gzip), (Duration::from_secs(10), false));
}

#[test]
fn limits_are_those_of_the_kind_then_the_general_ones_then_ours() {
    let general = [("OTEL_ATTRIBUTE_COUNT_LIMIT", "9"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "90")];
    let of_spans = [("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "5"), ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "50")];
    let limits = on(&[&general[..], &of_spans].concat()).limits;
    assert_eq!((limits.attributes, limits.event_attributes, limits.link_attributes), (5, 9, 9));
    assert_eq!((limits.length, limits.log_length, limits.log_attributes), (50, 90, 9));
    let plain = on(&[("OTEL_SPAN_EVENT_COUNT_LIMIT", "3"), ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "4")]).limits;
    assert_eq!((plain.attributes, plain.events, plain.links, plain.log_attributes), (1024, 3, 1024, 4));
    assert_eq!((plain.length, plain.log_length), (32 * 1024, 32 * 1024));
}

#[test]
fn every_sampler_of_the_specification_is_known() {
    for (name, argument, expected) in [
        ("always_on", "", "AlwaysOn"),
        ("always_off", "", "AlwaysOff"),
        ("traceidratio", "0.5", "TraceIdRatioBased(0.5)"),
        ("parentbased_always_on", "", "ParentBased(AlwaysOn)"),
        ("parentbased_always_off", "", "ParentBased(AlwaysOff)"),
        ("parentbased_traceidratio", "0.25", "ParentBased(TraceIdRatioBased(0.25))"),
        ("", "", "ParentBased(AlwaysOn)"),
    ] {
        let settings = on(&[("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", argument)]);
        assert_eq!(format!("{:?}", settings.sampler), expected);
    }
}

#[test]
fn what_contradicts_itself_and_can_be_followed_is_told() {
    for (variables, expected) in [
        (&[("OTEL_SDK_DISABLED", "yes")][..], "OTEL_SDK_DISABLED is neither true nor false, and counts as false"),
        (&[("OTEL_CONFIG_FILE", "otel.yaml")], "OTEL_CONFIG_FILE is ignored: the variables beside it count"),
        (
            &[("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem")],
            "OTEL_EXPORTER_OTLP_CERTIFICATE is not used: OTEL_EXPORTER_OTLP_ENDPOINT begins with http",
        ),
        (
            &[("OTEL_BSP_MAX_QUEUE_SIZE", "10"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "20")],
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE is more than OTEL_BSP_MAX_QUEUE_SIZE allows to wait; 10 counts",
        ),
        (
            &[(TRACES, "http://c:4317/v1/traces")],
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT has port 4317, where collectors do not speak http/protobuf; see \
             OTEL_EXPORTER_OTLP_PROTOCOL",
        ),
    ] {
        assert_eq!(on(variables).warnings, [expected], "{variables:?}");
    }
}

#[test]
fn certificates_are_those_of_the_signal_then_the_general_ones() {
    let settings = on(&[
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "traces-ca.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "own.pem"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "own.key"),
        ("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY", "logs.key"),
    ]);
    for (target, authorities, key) in
        [(settings.traces, "traces-ca.pem", "own.key"), (settings.logs, "ca.pem", "logs.key")]
    {
        let certificates = target.unwrap().certificates;
        assert_eq!(certificates.authorities.unwrap().path, Path::new(authorities));
        let (certificate, own_key) = certificates.own.unwrap();
        assert_eq!((certificate.path.as_path(), own_key.path.as_path()), (Path::new("own.pem"), Path::new(key)));
    }
}

#[test]
fn debug_shows_neither_headers_nor_credentials_in_the_address() {
    let settings = read(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://canary:canary@collector:4318/canary?key=canary"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary"),
        ("OTEL_RESOURCE_ATTRIBUTES", "x=canary"),
        ("OTEL_SERVICE_NAME", "canary"),
    ]);
    let shown = format!("{settings:?}");
    assert!(shown.contains("collector:4318") && !shown.contains("canary"), "{shown}");
}
