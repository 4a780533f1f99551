//! How much may wait, how much a span may hold, and which spans are sampled.

use super::{
    SettingsError,
    vars::{Vars, refused},
};
use opentelemetry_sdk::trace::Sampler;
use std::time::Duration;

const DEFAULT_QUEUE: u32 = 2048;
const LARGEST_QUEUE: u32 = 65536;
const DEFAULT_BATCH: u32 = 512;
/// Where the specification has 128, or no limit at all: the fields of a step alone are more, and what has no limit may be a
/// screenshot.
const DEFAULT_COUNT: u32 = 1024;
const DEFAULT_LENGTH: u32 = 32 * 1024;
/// Attributes of an event or a link; `tracing` allows 32 fields.
const DEFAULT_INNER_COUNT: u32 = 128;

/// How spans or log records wait and leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Most that may wait to be sent.
    pub(crate) queue: u32,
    /// Most that leave in one request.
    pub(crate) size: u32,
    /// How long they wait for company.
    pub(crate) delay: Duration,
    /// How long sending may take, with every repetition.
    pub(crate) timeout: Option<Duration>,
}

impl Batch {
    pub(super) fn read(
        vars: Vars<'_>,
        kind: &str,
        delay: Duration,
        warnings: &mut Vec<String>,
    ) -> Result<Self, SettingsError> {
        let name = |what: &str| format!("OTEL_{kind}_{what}");
        let (queue_name, size_name) = (name("MAX_QUEUE_SIZE"), name("MAX_EXPORT_BATCH_SIZE"));
        let queue = vars.count(&[&queue_name], DEFAULT_QUEUE)?.min(LARGEST_QUEUE);
        let size = vars.count(&[&size_name], DEFAULT_BATCH.min(queue))?;
        if size > queue {
            warnings.push(format!("{size_name} is more than {queue_name} allows to wait; {queue} counts"));
        }
        let delay = vars.time(&[&name("SCHEDULE_DELAY")])?.unwrap_or(delay);
        let timeout = vars.time(&[&name("EXPORT_TIMEOUT")])?;
        Ok(Self { queue, size: size.min(queue), delay, timeout })
    }
}

/// How much a span or a log record may hold. What is beyond it is cut or left out, counted, and told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Attributes of a span.
    pub(crate) attributes: u32,
    /// Events of a span.
    pub(crate) events: u32,
    /// Links of a span.
    pub(crate) links: u32,
    /// Attributes of an event.
    pub(crate) event_attributes: u32,
    /// Attributes of a link.
    pub(crate) link_attributes: u32,
    /// Attributes of a log record.
    pub(crate) log_attributes: u32,
    /// Characters of a value on a span.
    pub(crate) length: u32,
    /// Characters of a value on a log record.
    pub(crate) log_length: u32,
}

impl Limits {
    pub(super) fn read(vars: Vars<'_>) -> Result<Self, SettingsError> {
        const COUNT: &str = "OTEL_ATTRIBUTE_COUNT_LIMIT";
        const LENGTH: &str = "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT";
        Ok(Self {
            attributes: vars.count(&["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", COUNT], DEFAULT_COUNT)?,
            events: vars.count(&["OTEL_SPAN_EVENT_COUNT_LIMIT"], DEFAULT_COUNT)?,
            links: vars.count(&["OTEL_SPAN_LINK_COUNT_LIMIT"], DEFAULT_COUNT)?,
            event_attributes: vars.count(&["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", COUNT], DEFAULT_INNER_COUNT)?,
            link_attributes: vars.count(&["OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", COUNT], DEFAULT_INNER_COUNT)?,
            log_attributes: vars.count(&["OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", COUNT], DEFAULT_COUNT)?,
            length: vars.count(&["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", LENGTH], DEFAULT_LENGTH)?,
            log_length: vars.count(&["OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", LENGTH], DEFAULT_LENGTH)?,
        })
    }
}

/// Which traces leave.
pub(super) fn read_sampler(vars: Vars<'_>) -> Result<Sampler, SettingsError> {
    const ACCEPTED: &str = "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off or \
                            parentbased_traceidratio";
    const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
    let ratio = || match vars.get(ARGUMENT).map(|share| share.parse::<f64>()) {
        None => Ok(Sampler::TraceIdRatioBased(1.0)),
        Some(Ok(share)) if (0.0..=1.0).contains(&share) => Ok(Sampler::TraceIdRatioBased(share)),
        Some(_) => Err(refused(ARGUMENT, "a number from 0 to 1")),
    };
    let by_parent = |root| Sampler::ParentBased(Box::new(root));
    match vars.get("OTEL_TRACES_SAMPLER").as_deref() {
        None | Some("parentbased_always_on") => Ok(by_parent(Sampler::AlwaysOn)),
        Some("parentbased_always_off") => Ok(by_parent(Sampler::AlwaysOff)),
        Some("parentbased_traceidratio") => Ok(by_parent(ratio()?)),
        Some("always_on") => Ok(Sampler::AlwaysOn),
        Some("always_off") => Ok(Sampler::AlwaysOff),
        Some("traceidratio") => ratio(),
        Some(_) => Err(refused("OTEL_TRACES_SAMPLER", ACCEPTED)),
    }
}
