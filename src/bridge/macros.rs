//! Short forms for what the macros of `tracing` cannot say: dotted names do not parse there behind `target:`, and an event's
//! layer and kind would be strings.

/// A span that is a run: everything below it goes into one bundle.
///
/// ```
/// let run = tracing_augur::run_span!("checkout-17");
/// let _in_run = run.enter();
/// ```
///
/// The id is also the span's name in OpenTelemetry. Further fields follow it: `run_span!("checkout-17", augur.run.tags.env = "staging")`.
#[macro_export]
macro_rules! run_span {
    ($id:expr $(, $($field:tt)*)?) => {
        {
            let id = $id;
            $crate::tracing::info_span!("run", otel.name = id, augur.run.id = id, $($($field)*)?)
        }
    };
}

/// A span that is a step of a run. Its type is also its name in OpenTelemetry.
///
/// ```
/// let step = tracing_augur::step_span!("click", augur.step.intent = "open the cart");
/// step.in_scope(|| { /* look, act, verify */ });
/// ```
#[macro_export]
macro_rules! step_span {
    ($step_type:expr $(, $($field:tt)*)?) => {
        {
            let step_type = $step_type;
            $crate::tracing::info_span!("step", otel.name = step_type, augur.step.type = step_type, $($($field)*)?)
        }
    };
}

/// A decision event: which part of the agent, what kind of event, a line for people, and fields for the details.
///
/// ```
/// tracing_augur::decision!(Grounding, Observation, "two buttons look alike", candidates = 2);
/// ```
#[macro_export]
macro_rules! decision {
    ($layer:ident, $kind:ident, $summary:expr $(, $($field:tt)*)?) => {
        $crate::tracing::info!(
            augur.layer = $crate::record::EventLayer::$layer.as_str(),
            augur.kind = $crate::record::EventKind::$kind.as_str(),
            augur.summary = $summary,
            $($($field)*)?
        )
    };
}
