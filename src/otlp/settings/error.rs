//! Why a variable cannot be followed. The messages name the variable and what it accepts, and never quote a value that may be
//! secret.

/// A variable that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingsError {
    /// The exporter is none that anybody knows.
    #[error(
        "{0} names an exporter that is not known; accepted: otlp, none (console, logging, zipkin, jaeger and prometheus are left to others)"
    )]
    Exporter(&'static str),
    /// There is to be no exporter, and another one.
    #[error("{0} lists none beside another exporter; accepted: none alone, or a list such as otlp,console")]
    NoneAndMore(&'static str),
    /// The protocol is one that this build does not speak.
    #[error("{variable}{} is not supported{hint}; accepted: {accepted}", .found.map(|found| format!("={found}")).unwrap_or_default())]
    Protocol {
        /// The variable.
        variable: String,
        /// Its value, if it is a known protocol.
        found: Option<&'static str>,
        /// How it could be.
        hint: &'static str,
        /// What this build speaks.
        accepted: &'static str,
    },
    /// The address does not begin with a scheme.
    #[error("{0} has no scheme; write http://<host>:<port> or https://<host>:<port>")]
    NoScheme(String),
    /// The address wants TLS.
    #[error(
        "{0} asks for TLS, which this build does not have; enable the feature `otlp-tls`, or send to a local collector over http and let it forward"
    )]
    NoTls(String),
    /// The address cannot be read.
    #[error("{0} is not an address of the form http://<host>:<port> or https://<host>:<port>")]
    Endpoint(String),
    /// A header cannot be read or is not to be set by hand.
    #[error("{variable}: entry {entry} {reason}")]
    Headers {
        /// The variable.
        variable: String,
        /// Which entry, counted from 1.
        entry: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A value is not one of those that are accepted.
    #[error("{variable} must be {expected}")]
    Value {
        /// The variable.
        variable: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Two variables belong together, and one of them is missing.
    #[error("{present} is set and {missing} is not; a client certificate and its key go together")]
    Alone {
        /// The variable that is set.
        present: String,
        /// The one that is not.
        missing: String,
    },
    /// The resource attributes cannot be read.
    #[error("OTEL_RESOURCE_ATTRIBUTES: entry {0} is not name=value with percent-encoded text")]
    Resource(usize),
}
