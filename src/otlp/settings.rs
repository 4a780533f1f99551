//! What the environment says about OTLP: read once, checked, and reported in words before anything is sent.

mod error;
mod limits;
mod resource;
mod target;
mod vars;

pub(crate) use error::SettingsError;
pub(crate) use limits::{Batch, Limits};
use target::Asked;
#[cfg(feature = "otlp-tls")]
pub(crate) use target::{Certificates, NamedFile};
pub(crate) use target::{Protocol, Signal, Target};
pub(crate) use vars::Env;

use opentelemetry_sdk::trace::Sampler;
use resource::{Attributes, read_resource};
use std::{fmt, time::Duration};
use vars::Vars;

/// Exporters that are known, and are no business of ours.
const OTHERS: [&str; 5] = ["console", "logging", "zipkin", "jaeger", "prometheus"];

/// Where OTLP goes and how.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Where the spans go; `None` if they stay.
    pub(crate) traces: Option<Target>,
    /// Where the log records go; `None` if they stay.
    pub(crate) logs: Option<Target>,
    /// How spans wait and leave.
    pub(crate) spans: Batch,
    /// How log records wait and leave.
    pub(crate) records: Batch,
    pub(crate) limits: Limits,
    pub(crate) sampler: Sampler,
    /// `service.name`, if the environment has one.
    pub(crate) service_name: Option<String>,
    /// The other resource attributes of the environment.
    pub(crate) resource: Attributes,
    /// What the environment asks for and does not get, one sentence each.
    pub(crate) warnings: Vec<String>,
}

impl Settings {
    /// What the environment asks for, with `endpoint` as the base address if it is given: a program's own word comes before
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`. `None` if OTLP is not wanted.
    ///
    /// Spans are wanted if there is an address, or if `OTEL_TRACES_EXPORTER` lists `otlp`; not if it lists other exporters
    /// only (`none` among them). Log records are wanted where spans are, unless `OTEL_LOGS_EXPORTER` says otherwise. Nothing
    /// is if `OTEL_SDK_DISABLED` is true.
    ///
    /// # Errors
    /// OTLP is wanted and one of its variables cannot be followed.
    pub(crate) fn read(env: Env<'_>, endpoint: Option<&str>) -> Result<Option<Self>, SettingsError> {
        let vars = Vars(env);
        let mut warnings = Vec::new();
        match vars.get("OTEL_SDK_DISABLED").map(|word| word.to_ascii_lowercase()).as_deref() {
            Some("true") => return Ok(None),
            None | Some("false") => {}
            // The specification has it so.
            Some(_) => {
                warnings.push("OTEL_SDK_DISABLED is neither true nor false, and counts as false".to_owned());
            }
        }
        let traces_listed = lists_otlp(vars, "OTEL_TRACES_EXPORTER")?;
        let logs_listed = lists_otlp(vars, "OTEL_LOGS_EXPORTER")?;
        let mut target = |signal, listed: Option<bool>, somewhere| match listed {
            Some(false) => Ok(None),
            listed => {
                Target::read(vars, signal, endpoint, Asked { by_name: listed == Some(true), somewhere }, &mut warnings)
            }
        };
        let traces = target(Signal::Traces, traces_listed, false)?;
        // At the usual place on this machine, if that is where the spans go.
        let beside = traces_listed == Some(true) && vars.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").is_none();
        let logs = target(Signal::Logs, logs_listed.or(traces.is_none().then_some(false)), beside)?;
        if traces.is_none() && logs.is_none() {
            return Ok(None);
        }
        if vars.get("OTEL_CONFIG_FILE").is_some() {
            warnings.push("OTEL_CONFIG_FILE is ignored: the variables beside it count".to_owned());
        }
        let (service_name, resource) = read_resource(vars)?;
        let spans = Batch::read(vars, "BSP", Duration::from_secs(5), &mut warnings)?;
        let records = Batch::read(vars, "BLRP", Duration::from_secs(1), &mut warnings)?;
        let (limits, sampler) = (Limits::read(vars)?, limits::read_sampler(vars)?);
        // Both signals may have had the same to say.
        let mut told = Vec::new();
        warnings.into_iter().for_each(|warning| {
            if !told.contains(&warning) {
                told.push(warning);
            }
        });
        let warnings = told;
        Ok(Some(Self { traces, logs, spans, records, limits, sampler, service_name, resource, warnings }))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("traces", &self.traces)
            .field("logs", &self.logs)
            .field("spans", &self.spans)
            .field("records", &self.records)
            .field("limits", &self.limits)
            .field("service_name", &self.service_name.is_some())
            .field("resource", &self.resource.len())
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Whether a list of exporters has OTLP among them; `None` if there is no list.
fn lists_otlp(vars: Vars<'_>, variable: &'static str) -> Result<Option<bool>, SettingsError> {
    let Some(list) = vars.get(variable) else { return Ok(None) };
    let words: Vec<&str> = list.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| !matches!(*word, "otlp" | "none") && !OTHERS.contains(word)) {
        return Err(SettingsError::Exporter(variable));
    }
    if words.contains(&"none") && words.iter().any(|word| *word != "none") {
        return Err(SettingsError::NoneAndMore(variable));
    }
    Ok(Some(words.contains(&"otlp")))
}

#[cfg(test)]
#[path = "tests/settings.rs"]
mod tests;
