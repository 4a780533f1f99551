//! What the environment says about OTLP: read once, checked, and reported in words before anything is sent.

use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use std::{fmt, time::Duration};

/// A collector on this machine, as the specification has it.
const DEFAULT_ENDPOINT: &str = "http://localhost:4318";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);
const DEFAULT_QUEUE: u32 = 2048;
const LARGEST_QUEUE: u32 = 65536;
/// The SDK's own 128 is soon full of the values that a field had before: each counts, and the newest is dropped.
const DEFAULT_SPAN_LIMIT: u32 = 1024;
/// Headers that describe the request itself.
const RESERVED_HEADERS: [&str; 5] = ["content-type", "content-encoding", "content-length", "transfer-encoding", "host"];

/// Reads a variable of the environment.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

type Attributes = Vec<(String, String)>;

/// Where OTLP goes and how. `Debug` shows neither header values nor more of the address than host and port.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) endpoint: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    /// Most spans that may wait to be sent.
    pub(crate) queue: u32,
    /// Most attributes that a span may have.
    pub(crate) span_attributes: u32,
    /// Most events that a span may have.
    pub(crate) span_events: u32,
    /// `service.name`, if the environment has one.
    pub(crate) service_name: Option<String>,
    /// The other resource attributes of the environment.
    pub(crate) resource: Attributes,
    /// What the environment asks for and does not get, one sentence each.
    pub(crate) warnings: Vec<String>,
}

/// A variable that cannot be followed. The messages name the variable and never quote a value that may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The protocol is one that this build does not speak.
    #[error("{variable}{} is not supported; accepted: http/protobuf", .found.map(|found| format!("={found}")).unwrap_or_default())]
    Protocol {
        /// The variable.
        variable: &'static str,
        /// Its value, if it is a known protocol.
        found: Option<&'static str>,
    },
    /// The address does not begin with a scheme.
    #[error("{0} has no scheme; write http://<host>:<port>")]
    NoScheme(String),
    /// The address wants TLS.
    #[error("{0} begins with https, but this build has no TLS; send to a local collector over http and let it forward")]
    NoTls(String),
    /// The address cannot be read.
    #[error("{0} is not an address of the form http://<host>:<port>")]
    Endpoint(String),
    /// A header cannot be read or is not to be set by hand.
    #[error("{variable}: entry {entry} {reason}")]
    Headers {
        /// The variable.
        variable: &'static str,
        /// Which entry, counted from 1.
        entry: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A number cannot be read.
    #[error("{variable} must be {expected}")]
    Number {
        /// The variable.
        variable: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The resource attributes cannot be read.
    #[error("OTEL_RESOURCE_ATTRIBUTES: entry {0} is not name=value with percent-encoded text")]
    Resource(usize),
}

impl Settings {
    /// What the environment asks for, with `endpoint` as the base address if it is given: a program's own word comes before
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`. `None` if OTLP is not wanted.
    ///
    /// OTLP is wanted if there is an address, or if `OTEL_TRACES_EXPORTER` lists `otlp`; never if `OTEL_SDK_DISABLED` is
    /// true, or if `OTEL_TRACES_EXPORTER` lists other exporters only (`none` among them).
    ///
    /// # Errors
    /// OTLP is wanted and one of its variables cannot be followed.
    pub(crate) fn read(env: Env<'_>, endpoint: Option<&str>) -> Result<Option<Self>, SettingsError> {
        let env = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        if env("OTEL_SDK_DISABLED").is_some_and(|word| word.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let exporters = env("OTEL_TRACES_EXPORTER");
        let lists_otlp = exporters.as_ref().map(|list| list.split(',').any(|word| word.trim() == "otlp"));
        if lists_otlp == Some(false) {
            return Ok(None);
        }
        let Some(endpoint) = read_endpoint(&env, endpoint, lists_otlp == Some(true))? else { return Ok(None) };
        check_protocol(&env)?;
        let (service_name, resource) = read_resource(&env)?;
        Ok(Some(Self {
            endpoint,
            headers: read_headers(&env)?,
            timeout: read_timeout(&env)?,
            queue: read_count(&env, "OTEL_BSP_MAX_QUEUE_SIZE", DEFAULT_QUEUE)?.min(LARGEST_QUEUE),
            span_attributes: read_count(&env, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", DEFAULT_SPAN_LIMIT)?,
            span_events: read_count(&env, "OTEL_SPAN_EVENT_COUNT_LIMIT", DEFAULT_SPAN_LIMIT)?,
            service_name,
            resource,
            warnings: warnings(&env),
        }))
    }

    /// Host and port, to say where something went wrong.
    pub(crate) fn address(&self) -> String {
        let host = self.endpoint.host_str().unwrap_or_default();
        format!("{host}:{}", self.endpoint.port_or_known_default().unwrap_or_default())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("address", &self.address())
            .field("headers", &self.headers.len())
            .field("timeout", &self.timeout)
            .field("queue", &self.queue)
            .field("service_name", &self.service_name)
            .field("resource", &self.resource.len())
            .field("warnings", &self.warnings)
            .finish()
    }
}

fn read_endpoint(
    env: &impl Fn(&str) -> Option<String>,
    given: Option<&str>,
    wanted: bool,
) -> Result<Option<Url>, SettingsError> {
    const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const GENERIC: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    if let Some(base) = given {
        return base_endpoint("the endpoint", base).map(Some);
    }
    if let Some(whole) = env(TRACES) {
        return parse_endpoint(TRACES, &whole).map(Some);
    }
    let base = env(GENERIC).or_else(|| wanted.then(|| DEFAULT_ENDPOINT.to_owned()));
    base.map(|base| base_endpoint(GENERIC, &base)).transpose()
}

/// The address of the traces below a base address.
fn base_endpoint(name: &str, base: &str) -> Result<Url, SettingsError> {
    let mut endpoint = parse_endpoint(name, base)?;
    let path = format!("{}/v1/traces", endpoint.path().trim_end_matches('/'));
    endpoint.set_path(&path);
    Ok(endpoint)
}

fn parse_endpoint(name: &str, text: &str) -> Result<Url, SettingsError> {
    if !text.contains("://") {
        return Err(SettingsError::NoScheme(name.to_owned()));
    }
    // The parser's own message would quote the address.
    let endpoint = Url::parse(text).map_err(|_| SettingsError::Endpoint(name.to_owned()))?;
    match endpoint.scheme() {
        "http" if endpoint.has_host() => Ok(endpoint),
        "https" => Err(SettingsError::NoTls(name.to_owned())),
        _ => Err(SettingsError::Endpoint(name.to_owned())),
    }
}

/// The variable for traces if it is set, else the one for every signal.
fn signal(env: &impl Fn(&str) -> Option<String>, names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names.into_iter().find_map(|name| env(name).map(|value| (name, value)))
}

fn check_protocol(env: &impl Fn(&str) -> Option<String>) -> Result<(), SettingsError> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    match signal(env, names) {
        Some((variable, value)) if value != "http/protobuf" => {
            let found = ["grpc", "http/json"].into_iter().find(|known| *known == value);
            Err(SettingsError::Protocol { variable, found })
        }
        _ => Ok(()),
    }
}

fn read_headers(env: &impl Fn(&str) -> Option<String>) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    let names = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let Some((variable, list)) = signal(env, names) else { return Ok(headers) };
    for (index, entry) in list.split(',').enumerate().filter(|(_, entry)| !entry.trim().is_empty()) {
        let wrong = |reason| SettingsError::Headers { variable, entry: index + 1, reason };
        let (name, value) = entry.split_once('=').ok_or_else(|| wrong("is not name=value"))?;
        let name: HeaderName = name.trim().parse().map_err(|_| wrong("has a name that no header can have"))?;
        if RESERVED_HEADERS.contains(&name.as_str()) {
            return Err(wrong("sets a header that the request itself sets"));
        }
        let value = percent_decoded(value.trim()).ok_or_else(|| wrong("is not percent-encoded text"))?;
        let mut value: HeaderValue = value.parse().map_err(|_| wrong("has a value that no header can have"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn read_timeout(env: &impl Fn(&str) -> Option<String>) -> Result<Duration, SettingsError> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
    let Some((variable, value)) = signal(env, names) else { return Ok(DEFAULT_TIMEOUT) };
    match value.parse() {
        Ok(milliseconds @ 1..) => Ok(Duration::from_millis(milliseconds).min(LONGEST_TIMEOUT)),
        _ => Err(SettingsError::Number { variable, expected: "a whole number of milliseconds above 0" }),
    }
}

fn read_count(
    env: &impl Fn(&str) -> Option<String>,
    variable: &'static str,
    default: u32,
) -> Result<u32, SettingsError> {
    match env(variable).map(|value| value.parse()) {
        None => Ok(default),
        Some(Ok(count @ 1..)) => Ok(count),
        Some(_) => Err(SettingsError::Number { variable, expected: "a whole number above 0" }),
    }
}

/// The service name, and the other attributes of the resource. The variable for the name alone comes first.
fn read_resource(env: &impl Fn(&str) -> Option<String>) -> Result<(Option<String>, Attributes), SettingsError> {
    let mut attributes = Attributes::new();
    let mut service_name = None;
    let list = env("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    for (index, entry) in list.split(',').enumerate().filter(|(_, entry)| !entry.trim().is_empty()) {
        let wrong = || SettingsError::Resource(index + 1);
        let (key, value) = entry.split_once('=').ok_or_else(wrong)?;
        let key = percent_decoded(key.trim()).filter(|key| !key.is_empty()).ok_or_else(wrong)?;
        let value = percent_decoded(value.trim()).ok_or_else(wrong)?;
        if key == "service.name" {
            service_name = Some(value);
        } else {
            attributes.push((key, value));
        }
    }
    Ok((env("OTEL_SERVICE_NAME").or(service_name), attributes))
}

fn warnings(env: &impl Fn(&str) -> Option<String>) -> Vec<String> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
    let compression = signal(env, names).filter(|(_, value)| !value.eq_ignore_ascii_case("none"));
    compression.into_iter().map(|(name, _)| format!("{name} is ignored: requests are sent uncompressed")).collect()
}

/// `None` if an escape is broken, or if what comes out is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
#[path = "tests/settings.rs"]
mod tests;
