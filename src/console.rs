//! Events on standard error, for whoever sits at the terminal: readable, and redacted like every other exit.

use crate::{
    record::Value,
    redact::{MASK, RedactionPolicy, Treatment},
};
use std::{
    fmt::Write as _,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    field::MakeExt,
    filter::Targets,
    fmt::format::{Writer, debug_fn},
    registry::LookupSpan,
};

/// A console layer whose levels follow `RUST_LOG`, else INFO.
pub(crate) fn console<S>(policy: RedactionPolicy, rust_log: Option<&str>) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let levels =
        rust_log.and_then(|text| text.parse().ok()).unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let fields =
        debug_fn(move |writer: &mut Writer<'_>, field, value| write_field(&policy, writer, field.name(), value));
    let layer = tracing_subscriber::fmt::layer()
        .compact()
        // Colours would stand between a name and its value, where the patterns of the policy look.
        .with_ansi(false)
        .with_writer(io::stderr)
        .fmt_fields(fields.delimited(" "));
    Box::new(layer.with_filter(levels))
}

fn write_field(
    policy: &RedactionPolicy,
    writer: &mut Writer<'_>,
    name: &str,
    value: &dyn std::fmt::Debug,
) -> std::fmt::Result {
    let mut text = String::new();
    // A value is printed for the recorder's sake, so one that cannot be printed must not end the agent.
    if !matches!(catch_unwind(AssertUnwindSafe(|| write!(text, "{value:?}"))), Ok(Ok(()))) {
        text.push_str("…[formatting it failed]");
    }
    if name == "message" {
        return write!(writer, "{}", policy.scrub(&text));
    }
    match policy.treat_key(name) {
        Treatment::Drop => Ok(()),
        Treatment::Mask => write!(writer, "{name}={MASK}"),
        Treatment::Scrub => {
            let mut value = Value::String(text);
            if policy.redact_attribute(name, &mut value) {
                write!(writer, "{name}={}", value.as_str().unwrap_or_default())?;
            }
            Ok(())
        }
    }
}
