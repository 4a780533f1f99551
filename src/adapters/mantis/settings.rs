//! Mantis's environment.

use super::NAME;
use crate::{
    CaptureMode, Config, Session,
    config::ConfigError,
    record::{IdError, RunId},
    session::SessionBuilder,
};
use std::path::PathBuf;

/// What Mantis is told by its environment.
///
/// | variable | meaning |
/// |---|---|
/// | `MANTIS_AUGUR_DIR` | where bundles go, each in a folder of its own |
/// | `MANTIS_DATA_DIR` | without it: `<this>/augur`; default `./data` |
/// | `MANTIS_AUGUR_DISABLED` | `1`, `true`, `yes`, `on`: nothing is recorded |
/// | `MANTIS_VERSION` | `client.version` |
/// | `MANTIS_GIT_SHA` | `client.git_sha` |
/// | `MANTIS_AUGUR_VERBOSE` | the recorder says at the end what it kept, as a warning |
/// | `AUGUR_CAPTURE_MODE` | the capture mode; default `screenshots` |
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Where bundles go.
    pub root: PathBuf,
    /// Whether nothing is recorded.
    pub disabled: bool,
    /// Whether the recorder says at the end what it kept.
    pub verbose: bool,
    /// The version of Mantis.
    pub version: Option<String>,
    /// The revision that it was built from.
    pub git_sha: Option<String>,
    /// How much is kept.
    pub capture_mode: CaptureMode,
}

impl Settings {
    /// Reads the settings; `env` gives the value of a variable. A value of white space counts as none.
    ///
    /// # Errors
    /// If a value cannot be followed; the message names the variable and what it accepts.
    pub fn read(env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let data = || PathBuf::from(env("MANTIS_DATA_DIR").unwrap_or_else(|| "./data".to_owned())).join("augur");
        let mode = env("AUGUR_CAPTURE_MODE").map_or(Ok(CaptureMode::Screenshots), |word| word.parse());
        Ok(Self {
            root: env("MANTIS_AUGUR_DIR").map_or_else(data, PathBuf::from),
            disabled: switch(env("MANTIS_AUGUR_DISABLED"), "MANTIS_AUGUR_DISABLED")?,
            verbose: switch(env("MANTIS_AUGUR_VERBOSE"), "MANTIS_AUGUR_VERBOSE")?,
            version: env("MANTIS_VERSION"),
            git_sha: env("MANTIS_GIT_SHA"),
            capture_mode: mode.map_err(|source| ConfigError::Word { variable: "AUGUR_CAPTURE_MODE", source })?,
        })
    }

    /// The folder of a run's bundle.
    pub fn bundle_folder(&self, run_id: &RunId) -> PathBuf {
        self.root.join(run_id.folder_name())
    }

    /// A session for a run, in the run's folder; `None` when nothing is to be recorded.
    ///
    /// # Errors
    /// If the id cannot name a run.
    pub fn session(&self, run_id: &str) -> Result<Option<SessionBuilder>, IdError> {
        let run_id = RunId::new(run_id)?;
        if self.disabled {
            return Ok(None);
        }
        let mut builder =
            Session::builder(run_id.as_str(), NAME, self.bundle_folder(&run_id)).capture_mode(self.capture_mode);
        if let Some(version) = &self.version {
            builder = builder.client_version(version.as_str());
        }
        if let Some(sha) = &self.git_sha {
            builder = builder.client_git_sha(sha.as_str());
        }
        Ok(Some(builder))
    }
}

impl From<Settings> for Config {
    fn from(settings: Settings) -> Self {
        let mut config = Self::new(NAME)
            .with_root(settings.root)
            .with_capture_mode(settings.capture_mode)
            .disabled(settings.disabled)
            .verbose(settings.verbose);
        if let Some(version) = settings.version {
            config = config.with_client_version(version);
        }
        if let Some(sha) = settings.git_sha {
            config = config.with_git_sha(sha);
        }
        config
    }
}

/// The settings of [`init`](crate::init) and [`layer`](crate::layer) as Mantis's environment has them; `env` gives the value
/// of a variable.
///
/// ```
/// let config = tracing_augur::adapters::mantis::config(|name| std::env::var(name).ok())?;
/// # Ok::<(), tracing_augur::ConfigError>(())
/// ```
///
/// # Errors
/// If a value cannot be followed; the message names the variable and what it accepts.
pub fn config(env: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    Settings::read(env).map(Config::from)
}

fn switch(value: Option<String>, variable: &'static str) -> Result<bool, ConfigError> {
    match value.map(|value| value.trim().to_ascii_lowercase()).as_deref() {
        Some("1" | "true" | "yes" | "on") => Ok(true),
        None | Some("0" | "false" | "no" | "off") => Ok(false),
        Some(_) => Err(ConfigError::Switch { variable }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::record::Value;

    fn env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_recorder_follows_mantiss_environment_and_not_its_own() {
        let said = [
            ("MANTIS_AUGUR_DIR", "/bundles"),
            ("MANTIS_VERSION", "1.2"),
            ("MANTIS_GIT_SHA", "abc"),
            ("MANTIS_AUGUR_VERBOSE", "1"),
            ("MANTIS_AUGUR_DISABLED", "yes"),
            ("AUGUR_CAPTURE_MODE", "full"),
        ];
        let others = env(&[("AUGUR_DIR", "/other"), ("AUGUR_CAPTURE_MODE", "off"), ("AUGUR_CLIENT_VERSION", "0")]);
        let resolved = config(env(&said)).unwrap().resolve(&others).unwrap();
        assert_eq!((resolved.root, resolved.mode), (PathBuf::from("/bundles"), CaptureMode::Full));
        assert!(resolved.disabled && resolved.verbose);
        assert_eq!(
            Value::from(resolved.client).to_string(),
            r#"{"git_sha": "abc", "name": "mantis", "version": "1.2"}"#
        );
    }
}
