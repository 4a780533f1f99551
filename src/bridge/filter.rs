//! What the door listens to: what matters to a run, and nothing of the rest, so that the rest costs next to nothing.

use super::{door::Door, vocabulary};
use crate::{CaptureMode, filter::Says};
use std::sync::Arc;
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::layer::{Context, Filter};

/// The filter of our own layer. It is a filter of that layer alone: other layers see what they always saw.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Knows the modes: below model calls, nobody needs to listen to whole requests and answers.
    pub(crate) door: Arc<Door>,
}

impl Wanted {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        if is_our_own(target) {
            return false;
        }
        let level = metadata.level();
        let from = match self.door.settings.filter.as_ref().map(|filter| filter.says(target, level)) {
            None => LevelFilter::INFO,
            Some(Says::Hear) => return true,
            Some(Says::Ignore | Says::From(LevelFilter::OFF)) => return false,
            Some(Says::From(from)) => from,
        };
        if *level <= from {
            return true;
        }
        let fields = || metadata.fields().iter().map(|field| field.name());
        if metadata.is_span() {
            return vocabulary::may_matter(metadata.name(), target, fields());
        }
        fields().any(|field| field.starts_with("augur."))
            || vocabulary::content_event(metadata.name(), target) && self.door.listens_at(CaptureMode::ModelIo)
    }
}

/// What this crate and the OpenTelemetry SDK say of themselves is not part of a run.
pub(crate) fn is_our_own(target: &str) -> bool {
    target.starts_with("tracing_augur") || target.starts_with("opentelemetry")
}

impl<S: Subscriber> Filter<S> for Wanted {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.wants(metadata) { Interest::always() } else { Interest::never() }
    }
}
