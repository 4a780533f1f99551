//! Settings: what the program says goes before the environment, and that before the default.

mod misspelt;

pub(crate) use misspelt::misspelt;

use crate::{
    CaptureMode, Durability, FilterError, FlightRecorder, Sampling, SamplingError, TargetFilter,
    ambient::Ambient,
    bundle::fingerprint::Algorithm,
    record::{Object, UnknownWord, Value},
    redact::RedactionPolicy,
    retention::{Retention, RetentionError},
};
use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

/// How much may wait for the worker, in bytes.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;

/// A setting that cannot be followed. The message names the variable and what it accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A word that the setting does not know.
    #[error("{variable}: {source}")]
    Word {
        /// The environment variable.
        variable: &'static str,
        /// What was wrong, and which words are accepted.
        source: UnknownWord,
    },
    /// Limits for what is kept that cannot be read.
    #[error("{variable}: {source}")]
    Keep {
        /// The environment variable.
        variable: &'static str,
        /// What was wrong, and what is accepted.
        source: RetentionError,
    },
    /// A filter that cannot be read.
    #[error("{variable}: {source}")]
    Filter {
        /// The environment variable.
        variable: &'static str,
        /// What was wrong, and what is accepted.
        source: FilterError,
    },
    /// A share of runs that cannot be read.
    #[error("{variable}: {source}")]
    Sample {
        /// The environment variable.
        variable: &'static str,
        /// What was wrong, and what is accepted.
        source: SamplingError,
    },
    /// A switch that is neither on nor off.
    #[error("{variable} is neither on nor off; accepted: 1, true, yes, on, 0, false, no, off")]
    Switch {
        /// The environment variable.
        variable: &'static str,
    },
}

/// The settings of [`init`](crate::init) and [`layer`](crate::layer).
///
/// | method | variable | default |
/// |---|---|---|
/// | [`with_capture_mode`](Self::with_capture_mode) | `AUGUR_CAPTURE_MODE` | `off` |
/// | [`with_root`](Self::with_root) | `AUGUR_DIR` | `./augur` |
/// | [`with_durability`](Self::with_durability) | `AUGUR_DURABILITY` | `process` |
/// | [`with_fingerprint`](Self::with_fingerprint) | `AUGUR_FINGERPRINT` | `cua_v1` |
/// | [`with_retention`](Self::with_retention) | `AUGUR_KEEP` | everything is kept |
/// | [`with_sampling`](Self::with_sampling) | `AUGUR_SAMPLE` | every run stays |
/// | [`with_filter`](Self::with_filter) | `AUGUR_FILTER` | `info`, and what makes a run |
/// | [`with_client_version`](Self::with_client_version) | `AUGUR_CLIENT_VERSION` | none |
/// | [`with_git_sha`](Self::with_git_sha) | `AUGUR_GIT_SHA` | none |
/// | [`disabled`](Self::disabled) | `AUGUR_DISABLED` | off |
/// | [`verbose`](Self::verbose) | `AUGUR_VERBOSE` | off |
/// | [`with_console`](Self::with_console) | – | on, level by `RUST_LOG` |
/// | [`with_panic_hook`](Self::with_panic_hook) | – | on |
#[derive(Clone)]
pub struct Config {
    pub(crate) client_name: String,
    client_version: Option<String>,
    git_sha: Option<String>,
    root: Option<PathBuf>,
    mode: Option<CaptureMode>,
    durability: Option<Durability>,
    flight_recorder: Option<FlightRecorder>,
    fingerprint: Option<Algorithm>,
    retention: Option<Retention>,
    sampling: Option<Sampling>,
    filter: Option<TargetFilter>,
    disabled: Option<bool>,
    verbose: Option<bool>,
    policy: RedactionPolicy,
    console: bool,
    panic_hook: bool,
    deadline: Duration,
    pub(crate) ambient: Ambient,
    #[cfg(feature = "otlp")]
    otlp: Option<bool>,
    #[cfg(feature = "otlp")]
    otlp_endpoint: Option<String>,
}

/// Without the texts that came from outside: nobody has looked at them yet.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("root", &self.root)
            .field("mode", &self.mode)
            .field("durability", &self.durability)
            .field("disabled", &self.disabled)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Settings for an agent of this name. The name stands in every bundle and is the service name in OTLP.
    pub fn new(client_name: impl Into<String>) -> Self {
        Self {
            client_name: client_name.into(),
            client_version: None,
            git_sha: None,
            root: None,
            mode: None,
            durability: None,
            flight_recorder: None,
            fingerprint: None,
            retention: None,
            sampling: None,
            filter: None,
            disabled: None,
            verbose: None,
            policy: RedactionPolicy::default(),
            console: true,
            panic_hook: true,
            deadline: Duration::from_secs(5),
            ambient: Ambient::World,
            #[cfg(feature = "otlp")]
            otlp: None,
            #[cfg(feature = "otlp")]
            otlp_endpoint: None,
        }
    }

    /// How much of a run is kept.
    #[must_use]
    pub fn with_capture_mode(mut self, mode: CaptureMode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// The folder that bundles go into; each run gets a folder of its own there.
    #[must_use]
    pub fn with_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// What the end of a step promises.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = Some(durability);
        self
    }

    /// Holds back evidence in memory and writes it when something fails.
    #[must_use]
    pub fn with_flight_recorder(mut self, flight_recorder: FlightRecorder) -> Self {
        self.flight_recorder = Some(flight_recorder);
        self
    }

    /// How the fingerprint of a run is computed.
    #[must_use]
    pub fn with_fingerprint(mut self, algorithm: Algorithm) -> Self {
        self.fingerprint = Some(algorithm);
        self
    }

    /// Which bundles of earlier runs stay in the root. The rest is removed when a run begins, off the agent's thread.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Which bundles stay when their runs are over: all that failed, and a share of the rest.
    #[must_use]
    pub fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = Some(sampling);
        self
    }

    /// Which spans and events are listened to, whatever the console shows.
    #[must_use]
    pub fn with_filter(mut self, filter: TargetFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// The agent's version.
    #[must_use]
    pub fn with_client_version(mut self, version: impl Into<String>) -> Self {
        self.client_version = Some(version.into());
        self
    }

    /// The revision that the agent was built from.
    #[must_use]
    pub fn with_git_sha(mut self, sha: impl Into<String>) -> Self {
        self.git_sha = Some(sha.into());
        self
    }

    /// What must not leave the process, on any exit.
    #[must_use]
    pub fn with_redaction(mut self, policy: RedactionPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Whether [`init`](crate::init) also prints events to standard error, redacted.
    #[must_use]
    pub fn with_console(mut self, console: bool) -> Self {
        self.console = console;
        self
    }

    /// Whether [`init`](crate::init) also notes where the agent panics; see [`record_panics`](crate::record_panics). Default: yes.
    #[must_use]
    pub fn with_panic_hook(mut self, panic_hook: bool) -> Self {
        self.panic_hook = panic_hook;
        self
    }

    /// Records nothing and sends nothing.
    #[must_use]
    pub fn disabled(mut self, disabled: bool) -> Self {
        self.disabled = Some(disabled);
        self
    }

    /// Says at the end, as a warning, what was kept and sent even when nothing was lost.
    #[must_use]
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.verbose = Some(verbose);
        self
    }

    /// How long dropping the [`Guard`](crate::Guard) may take. Default 5 s.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Whether the spans also leave as OTLP, and events and logs as log records. [`init`](crate::init) does so when the
    /// environment has an endpoint; [`layer`](crate::layer) only when asked here, and then it brings the one OpenTelemetry layer
    /// that a registry can hold. With `OTEL_TRACES_EXPORTER=none` and `OTEL_LOGS_EXPORTER=otlp` it brings none, and the log
    /// records stand in the spans of yours.
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn with_otlp(mut self, otlp: bool) -> Self {
        self.otlp = Some(otlp);
        self
    }

    /// Where OTLP goes, before `OTEL_EXPORTER_OTLP_ENDPOINT`: `http://<host>:<port>`.
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn with_otlp_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.otlp = Some(true);
        self.otlp_endpoint = Some(endpoint.into());
        self
    }

    /// Fills in what was left open from the environment.
    pub(crate) fn resolve(self, env: &dyn Fn(&str) -> Option<String>) -> Result<Resolved, ConfigError> {
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let mode = self.mode.map_or_else(|| word(&env, "AUGUR_CAPTURE_MODE"), |mode| Ok(Some(mode)))?;
        let durability =
            self.durability.map_or_else(|| word(&env, "AUGUR_DURABILITY"), |durability| Ok(Some(durability)))?;
        let fingerprint =
            self.fingerprint.map_or_else(|| word(&env, "AUGUR_FINGERPRINT"), |algorithm| Ok(Some(algorithm)))?;
        let source = |source| ConfigError::Keep { variable: "AUGUR_KEEP", source };
        let retention = match self.retention {
            None => env("AUGUR_KEEP").map(|limits| limits.parse().map_err(source)).transpose()?,
            said => said,
        };
        let source = |source| ConfigError::Sample { variable: "AUGUR_SAMPLE", source };
        let sampling = match self.sampling {
            None => env("AUGUR_SAMPLE").map(|share| share.parse().map_err(source)).transpose()?,
            said => said,
        };
        let source = |source| ConfigError::Filter { variable: "AUGUR_FILTER", source };
        let filter = match self.filter {
            None => env("AUGUR_FILTER").map(|parts| parts.parse().map_err(source)).transpose()?,
            said => said,
        };
        let mut client = Object::from([("name".to_owned(), Value::from(self.client_name.as_str()))]);
        for (key, value) in [
            ("version", self.client_version.or_else(|| env("AUGUR_CLIENT_VERSION"))),
            ("git_sha", self.git_sha.or_else(|| env("AUGUR_GIT_SHA"))),
        ] {
            client.extend(value.map(|value| (key.to_owned(), value.into())));
        }
        Ok(Resolved {
            client,
            root: self.root.or_else(|| env("AUGUR_DIR").map(PathBuf::from)).unwrap_or_else(|| "augur".into()),
            mode: mode.unwrap_or_default(),
            durability: durability.unwrap_or_default(),
            flight_recorder: self.flight_recorder,
            fingerprint: fingerprint.unwrap_or_default(),
            retention,
            sampling,
            filter,
            disabled: self.disabled.map_or_else(|| switch(&env, "AUGUR_DISABLED"), Ok)?,
            verbose: self.verbose.map_or_else(|| switch(&env, "AUGUR_VERBOSE"), Ok)?,
            policy: self.policy,
            console: self.console,
            panic_hook: self.panic_hook,
            deadline: self.deadline,
            queue_bytes: QUEUE_BYTES,
            ambient: self.ambient,
            #[cfg(feature = "otlp")]
            service_name: self.client_name,
            #[cfg(feature = "otlp")]
            otlp: self.otlp,
            #[cfg(feature = "otlp")]
            otlp_endpoint: self.otlp_endpoint,
        })
    }
}

/// Settings with nothing left open.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) client: Object,
    pub(crate) root: PathBuf,
    pub(crate) mode: CaptureMode,
    pub(crate) durability: Durability,
    pub(crate) flight_recorder: Option<FlightRecorder>,
    pub(crate) fingerprint: Algorithm,
    pub(crate) retention: Option<Retention>,
    pub(crate) sampling: Option<Sampling>,
    pub(crate) filter: Option<TargetFilter>,
    pub(crate) disabled: bool,
    pub(crate) verbose: bool,
    pub(crate) policy: RedactionPolicy,
    pub(crate) console: bool,
    pub(crate) panic_hook: bool,
    pub(crate) deadline: Duration,
    pub(crate) queue_bytes: usize,
    pub(crate) ambient: Ambient,
    #[cfg(feature = "otlp")]
    pub(crate) service_name: String,
    #[cfg(feature = "otlp")]
    pub(crate) otlp: Option<bool>,
    #[cfg(feature = "otlp")]
    pub(crate) otlp_endpoint: Option<String>,
}

fn word<T: FromStr<Err = UnknownWord>>(
    env: &dyn Fn(&str) -> Option<String>,
    variable: &'static str,
) -> Result<Option<T>, ConfigError> {
    env(variable).map(|word| word.parse().map_err(|source| ConfigError::Word { variable, source })).transpose()
}

fn switch(env: &dyn Fn(&str) -> Option<String>, variable: &'static str) -> Result<bool, ConfigError> {
    match env(variable).map(|value| value.trim().to_ascii_lowercase()).as_deref() {
        Some("1" | "true" | "yes" | "on") => Ok(true),
        None | Some("0" | "false" | "no" | "off") => Ok(false),
        Some(_) => Err(ConfigError::Switch { variable }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
