//! Where the spans go, or the log records, and how: address, protocol, headers, time, compression and certificates.

use super::{
    SettingsError,
    resource::percent_decoded,
    vars::{Vars, refused},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::AUTHORIZATION,
    uri::{PathAndQuery, Scheme},
};
use std::{fmt, path::PathBuf, time::Duration};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// Headers that describe the request itself.
const RESERVED_HEADERS: [&str; 8] =
    ["content-type", "content-encoding", "content-length", "transfer-encoding", "host", "te", "connection", "upgrade"];
#[cfg(feature = "otlp-grpc")]
const PROTOCOLS: &str = "http/protobuf, grpc";
#[cfg(not(feature = "otlp-grpc"))]
const PROTOCOLS: &str = "http/protobuf";

/// What leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Logs,
}

impl Signal {
    /// What the specification calls it in paths.
    const fn word(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Logs => "logs",
        }
    }

    /// What is counted of it.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Traces => "spans",
            Self::Logs => "log records",
        }
    }

    /// The variable for this signal, and the one for every signal.
    fn names(self, what: &str) -> [String; 2] {
        let signal = self.word().to_ascii_uppercase();
        [format!("OTEL_EXPORTER_OTLP_{signal}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}")]
    }
}

/// How requests are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    #[cfg(feature = "otlp-grpc")]
    Grpc,
}

impl Protocol {
    fn is_grpc(self) -> bool {
        !matches!(self, Self::Http)
    }

    fn default_endpoint(self) -> &'static str {
        if self.is_grpc() { "http://localhost:4317" } else { "http://localhost:4318" }
    }
}

/// A file that a variable names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedFile {
    pub(crate) variable: String,
    pub(crate) path: PathBuf,
}

/// What TLS needs beyond what the system has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Certificates {
    /// Who may have signed the collector's certificate, instead of whom the system trusts.
    pub(crate) authorities: Option<NamedFile>,
    /// Our own certificate and its key.
    pub(crate) own: Option<(NamedFile, NamedFile)>,
}

/// Where one signal goes. `Debug` shows neither header values nor more of the address than host and port.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) signal: Signal,
    pub(crate) protocol: Protocol,
    /// Without credentials.
    pub(crate) endpoint: Uri,
    /// The credentials of the address among them.
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    pub(crate) gzip: bool,
    pub(crate) certificates: Certificates,
    /// The environment names this signal, and not only OTLP as a whole.
    pub(crate) asked_for: bool,
}

/// Whether a signal goes anywhere without an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// The environment lists the exporter of this signal.
    pub(super) by_name: bool,
    /// The other signal goes to the usual place.
    pub(super) somewhere: bool,
}

impl Target {
    /// Where a signal goes: below `given` if the program says so itself. `None` if nobody says where, and nobody asked for
    /// it all the same.
    pub(super) fn read(
        vars: Vars<'_>,
        signal: Signal,
        given: Option<&str>,
        asked: Asked,
        warnings: &mut Vec<String>,
    ) -> Result<Option<Self>, SettingsError> {
        let names = signal.names("ENDPOINT");
        let own = given.is_none().then(|| vars.get(&names[0])).flatten();
        let base = given.map(|base| ("the endpoint", base.to_owned()));
        let base = base.or_else(|| vars.get(&names[1]).map(|base| (names[1].as_str(), base)));
        if own.is_none() && base.is_none() && !asked.by_name && !asked.somewhere {
            return Ok(None);
        }
        let protocol = read_protocol(vars, signal)?;
        let insecure = read_insecure(vars, signal)?;
        let asked_for = asked.by_name || own.is_some();
        let (name, address) = match (own, base) {
            (Some(own), _) => {
                let address = Address::parse(&names[0], &own, protocol, insecure.as_ref(), warnings)?;
                (names[0].as_str(), address)
            }
            (None, base) => {
                let (name, base) = base.unwrap_or_else(|| (names[1].as_str(), protocol.default_endpoint().to_owned()));
                let address = Address::parse(name, &base, protocol, insecure.as_ref(), warnings)?;
                (name, if protocol.is_grpc() { address } else { address.of(signal, name)? })
            }
        };
        let mut headers = read_headers(vars, signal)?;
        if let (Some(credentials), false) = (address.credentials, headers.contains_key(AUTHORIZATION)) {
            headers.insert(AUTHORIZATION, credentials);
        }
        let timeouts = signal.names("TIMEOUT");
        let target = Self {
            signal,
            protocol,
            endpoint: address.uri,
            headers,
            timeout: vars.time(&[&timeouts[0], &timeouts[1]])?.unwrap_or(DEFAULT_TIMEOUT),
            gzip: read_compression(vars, signal)?,
            certificates: read_certificates(vars, signal)?,
            asked_for,
        };
        if target.is_secure() && !cfg!(feature = "otlp-tls") {
            return Err(SettingsError::NoTls(name.to_owned()));
        }
        target.doubt(name, warnings);
        Ok(Some(target))
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.endpoint.scheme() == Some(&Scheme::HTTPS)
    }

    /// Host and port, to say where something went wrong.
    pub(crate) fn address(&self) -> String {
        let host = self.endpoint.host().unwrap_or_default();
        let usual = if self.is_secure() { 443 } else { 80 };
        format!("{host}:{}", self.endpoint.port_u16().unwrap_or(usual))
    }

    /// Says what is hardly meant.
    fn doubt(&self, name: &str, warnings: &mut Vec<String>) {
        if !self.is_secure() {
            let Certificates { authorities, own } = &self.certificates;
            let files = authorities.iter().chain(own.iter().map(|(certificate, _)| certificate));
            for NamedFile { variable, .. } in files {
                warnings.push(format!("{variable} is not used: {name} begins with http"));
            }
        }
        let (spoken, other) = if self.protocol.is_grpc() { ("grpc", 4318) } else { ("http/protobuf", 4317) };
        if self.endpoint.port_u16() == Some(other) {
            let [_, variable] = self.signal.names("PROTOCOL");
            warnings.push(format!("{name} has port {other}, where collectors do not speak {spoken}; see {variable}"));
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("signal", &self.signal)
            .field("protocol", &self.protocol)
            .field("address", &self.address())
            .field("headers", &self.headers.len())
            .field("timeout", &self.timeout)
            .field("gzip", &self.gzip)
            .finish_non_exhaustive()
    }
}

/// An address taken apart.
struct Address {
    uri: Uri,
    credentials: Option<HeaderValue>,
}

impl Address {
    /// The parsers' own messages would quote the address.
    fn parse(
        name: &str,
        text: &str,
        protocol: Protocol,
        insecure: Option<&(String, bool)>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, SettingsError> {
        let wrong = || SettingsError::Endpoint(name.to_owned());
        let whole = match (text.contains("://"), protocol.is_grpc()) {
            (false, false) => return Err(SettingsError::NoScheme(name.to_owned())),
            (false, true) if insecure.is_some_and(|(_, insecure)| *insecure) => format!("http://{text}"),
            (false, true) => format!("https://{text}"),
            (true, _) => {
                let secure = text.starts_with("https://");
                if let Some((variable, true)) = insecure.filter(|_| secure) {
                    warnings.push(format!("{variable} is not followed: {name} begins with https"));
                }
                text.to_owned()
            }
        };
        let mut parts = whole.parse::<Uri>().map_err(|_| wrong())?.into_parts();
        if parts.scheme.as_ref().is_none_or(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS) {
            return Err(wrong());
        }
        let authority = parts.authority.take().ok_or_else(wrong)?;
        let (user, host) = match authority.as_str().rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority.as_str()),
        };
        let credentials = user.map(|user| basic(user).ok_or_else(wrong)).transpose()?;
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        parts.authority = Some(host.parse().map_err(|_| wrong())?);
        let uri = Uri::from_parts(parts).map_err(|_| wrong())?;
        if uri.host().is_none_or(str::is_empty) || has_port && uri.port_u16().is_none() {
            return Err(wrong());
        }
        Ok(Self { uri, credentials })
    }

    /// The address of a signal below this one.
    fn of(self, signal: Signal, name: &str) -> Result<Self, SettingsError> {
        let wrong = |_| SettingsError::Endpoint(name.to_owned());
        let base = self.uri.path().trim_end_matches('/');
        let query = self.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path: PathAndQuery = format!("{base}/v1/{}{query}", signal.word()).parse().map_err(wrong)?;
        let mut parts = self.uri.into_parts();
        parts.path_and_query = Some(path);
        let uri = Uri::from_parts(parts).map_err(|_| SettingsError::Endpoint(name.to_owned()))?;
        Ok(Self { uri, credentials: self.credentials })
    }
}

/// The header that says who asks, of `user:password` in an address.
fn basic(user: &str) -> Option<HeaderValue> {
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let plain = format!("{}:{}", percent_decoded(name)?, percent_decoded(password)?);
    let mut value: HeaderValue = format!("Basic {}", data_encoding::BASE64.encode(plain.as_bytes())).parse().ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn read_protocol(vars: Vars<'_>, signal: Signal) -> Result<Protocol, SettingsError> {
    let names = signal.names("PROTOCOL");
    let Some((variable, value)) = vars.first(names.iter().map(String::as_str)) else { return Ok(Protocol::Http) };
    match value.as_str() {
        "http/protobuf" => Ok(Protocol::Http),
        #[cfg(feature = "otlp-grpc")]
        "grpc" => Ok(Protocol::Grpc),
        _ => Err(SettingsError::Protocol {
            variable: variable.to_owned(),
            found: ["grpc", "http/json"].into_iter().find(|known| *known == value),
            hint: if value == "grpc" { " without the feature `otlp-grpc`" } else { "" },
            accepted: PROTOCOLS,
        }),
    }
}

fn read_insecure(vars: Vars<'_>, signal: Signal) -> Result<Option<(String, bool)>, SettingsError> {
    let names = signal.names("INSECURE");
    vars.truth(&[&names[0], &names[1]])
}

fn read_compression(vars: Vars<'_>, signal: Signal) -> Result<bool, SettingsError> {
    let names = signal.names("COMPRESSION");
    let Some((variable, value)) = vars.first(names.iter().map(String::as_str)) else { return Ok(false) };
    match value.to_ascii_lowercase().as_str() {
        "gzip" => Ok(true),
        "none" => Ok(false),
        _ => Err(refused(variable, "gzip or none")),
    }
}

fn read_headers(vars: Vars<'_>, signal: Signal) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    let names = signal.names("HEADERS");
    let Some((variable, list)) = vars.first(names.iter().map(String::as_str)) else { return Ok(headers) };
    for (index, entry) in list.split(',').enumerate().filter(|(_, entry)| !entry.trim().is_empty()) {
        let wrong = |reason| SettingsError::Headers { variable: variable.to_owned(), entry: index + 1, reason };
        let (name, value) = entry.split_once('=').ok_or_else(|| wrong("is not name=value"))?;
        let name: HeaderName = name.trim().parse().map_err(|_| wrong("has a name that no header can have"))?;
        if RESERVED_HEADERS.contains(&name.as_str()) || name.as_str().starts_with("grpc-") {
            return Err(wrong("sets a header that the request itself sets"));
        }
        let value = percent_decoded(value.trim()).ok_or_else(|| wrong("is not percent-encoded text"))?;
        let mut value: HeaderValue = value.parse().map_err(|_| wrong("has a value that no header can have"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn read_certificates(vars: Vars<'_>, signal: Signal) -> Result<Certificates, SettingsError> {
    let file = |what: &str| {
        let names = signal.names(what);
        let found = vars.first(names.iter().map(String::as_str));
        let file = found.map(|(name, path)| NamedFile { variable: name.to_owned(), path: path.into() });
        (file, names)
    };
    let (certificate, certificate_names) = file("CLIENT_CERTIFICATE");
    let (key, key_names) = file("CLIENT_KEY");
    let alone = |present: NamedFile, [_, missing]: [String; 2]| {
        Err(SettingsError::Alone { present: present.variable, missing })
    };
    let own = match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(certificate), None) => return alone(certificate, key_names),
        (None, Some(key)) => return alone(key, certificate_names),
    };
    Ok(Certificates { authorities: file("CERTIFICATE").0, own })
}
