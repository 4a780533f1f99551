//! A run as the door sees it: which steps it has, and which span opened it.

use super::assembly::Assembly;
use crate::{pipeline::Lane, record::RunId};
use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// A number of our own for a span: `tracing` gives the ids of closed spans out again.
pub(crate) type SpanKey = u64;

/// A run that came in by spans.
pub(crate) struct Run {
    pub(crate) lane: Arc<Lane>,
    /// The id that was asked for; the worker may have had to number it.
    pub(crate) asked_id: RunId,
    pub(crate) opened: OnceLock<(RunId, PathBuf)>,
    /// The id as OpenTelemetry has it on every span, so that none needs a copy of its own.
    #[cfg(feature = "otlp")]
    shared_id: OnceLock<Arc<str>>,
    steps: Mutex<Steps>,
    /// Steps that were marked as sensitive, as the doors need it for what leaves as OTLP.
    #[cfg(feature = "otlp")]
    sensitive: Mutex<std::collections::BTreeSet<u64>>,
    /// Only the worker uses it.
    pub(crate) assembly: Mutex<Assembly>,
    ended: AtomicBool,
    sampled_out: AtomicBool,
}

#[derive(Debug, Default)]
struct Steps {
    next: u64,
    /// The step that an agent is at, by the agent's span: tools join the model call that asked for them.
    current: HashMap<SpanKey, u64>,
}

impl Run {
    pub(crate) fn new(lane: Arc<Lane>, asked_id: RunId, assembly: Assembly) -> Self {
        Self {
            lane,
            asked_id,
            opened: OnceLock::new(),
            #[cfg(feature = "otlp")]
            shared_id: OnceLock::new(),
            steps: Mutex::default(),
            #[cfg(feature = "otlp")]
            sensitive: Mutex::default(),
            assembly: Mutex::new(assembly),
            ended: AtomicBool::new(false),
            sampled_out: AtomicBool::new(false),
        }
    }

    /// The id under which the run is stored, once the worker has opened it; else the one that was asked for.
    pub(crate) fn id(&self) -> &RunId {
        self.opened.get().map_or(&self.asked_id, |(id, _)| id)
    }

    /// The same, for values that are shared.
    #[cfg(feature = "otlp")]
    pub(crate) fn shared_id(&self) -> Arc<str> {
        match self.opened.get() {
            Some((id, _)) => Arc::clone(self.shared_id.get_or_init(|| id.as_str().into())),
            None => self.asked_id.as_str().into(),
        }
    }

    /// Begins a step. With an agent, it becomes the step that the agent is at.
    pub(crate) fn next_step(&self, agent: Option<SpanKey>) -> u64 {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let index = steps.next;
        steps.next += 1;
        if let Some(agent) = agent {
            steps.current.insert(agent, index);
        }
        index
    }

    /// Notes that a step was marked as sensitive: its spans that close from now on say so to the exporter.
    #[cfg(feature = "otlp")]
    pub(crate) fn mark_sensitive(&self, index: u64) {
        self.sensitive.lock().unwrap_or_else(PoisonError::into_inner).insert(index);
    }

    #[cfg(feature = "otlp")]
    pub(crate) fn is_sensitive(&self, index: u64) -> bool {
        self.sensitive.lock().unwrap_or_else(PoisonError::into_inner).contains(&index)
    }

    /// The steps that were marked so far; `None` if these are more than so many.
    #[cfg(feature = "otlp")]
    pub(crate) fn sensitive_steps(&self, most: usize) -> Option<Vec<u64>> {
        let steps = self.sensitive.lock().unwrap_or_else(PoisonError::into_inner);
        (steps.len() <= most).then(|| steps.iter().copied().collect())
    }

    #[cfg(not(feature = "otlp"))]
    pub(crate) fn mark_sensitive(&self, _: u64) {}

    /// The step that an agent is at.
    pub(crate) fn current_step(&self, agent: SpanKey) -> Option<u64> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).current.get(&agent).copied()
    }

    /// An agent is done; returns the step it was at.
    pub(crate) fn forget_agent(&self, agent: SpanKey) -> Option<u64> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).current.remove(&agent)
    }

    /// Notes that the run went well and is not kept.
    pub(crate) fn sample_out(&self) {
        self.sampled_out.store(true, Ordering::Release);
    }

    pub(crate) fn is_sampled_out(&self) -> bool {
        self.sampled_out.load(Ordering::Acquire)
    }

    /// Marks the run as ended. `true` for the one caller that ended it.
    pub(crate) fn end(&self) -> bool {
        !self.ended.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("id", self.id()).finish_non_exhaustive()
    }
}
