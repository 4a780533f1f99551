//! What the layer tells of a span: what it is to its run, that it has started, that it has closed.

use crate::{
    CaptureMode,
    bridge::{packed::Packed, run::SpanKey, vocabulary::Class},
    record::ModelLayer,
};
use std::time::SystemTime;
use tracing::Metadata;

/// What a span is to its run, settled when it starts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Role {
    /// `None` for a span that is only the root of a run.
    pub(crate) class: Option<Class>,
    pub(crate) root: bool,
    pub(crate) step: Option<u64>,
    pub(crate) opens_step: bool,
    pub(crate) under_plan: bool,
    /// The same model call as this span around it.
    pub(crate) folds_into: Option<SpanKey>,
}

/// A span has started.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) key: SpanKey,
    pub(crate) role: Role,
    pub(crate) mode: CaptureMode,
    pub(crate) metadata: &'static Metadata<'static>,
    pub(crate) at: SystemTime,
    pub(in crate::bridge) fields: Packed,
    /// The layer that the agent's code says model calls here belong to.
    pub(crate) layer: Option<ModelLayer>,
}

/// A span has closed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) key: SpanKey,
    pub(crate) at: SystemTime,
    pub(crate) mode: CaptureMode,
    pub(crate) panicking: bool,
    /// The step that an agent was at when its span closed.
    pub(crate) settled: Option<u64>,
    /// The trace and the span on the OpenTelemetry side.
    pub(crate) link: Option<(u128, u64)>,
}
