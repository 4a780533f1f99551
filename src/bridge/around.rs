//! What code inside a step can ask and do: which run it is in, and how work on other threads stays in the step.

use super::layers::places;
use std::path::{Path, PathBuf};
use tracing::{Dispatch, Span, dispatcher};

/// The run around a span, for messages and links: "the bundle of this run is in …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentRun {
    id: String,
    folder: Option<PathBuf>,
    step_index: Option<u64>,
    trace_id: Option<String>,
}

impl CurrentRun {
    /// The run's id: the name of its folder, and `augur.run.id` in OTLP. Until the folder is made it is the id that was asked
    /// for; if that was used before, a number is added then.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The bundle's folder, once it is made. That happens off the agent's thread, moments after the run begins.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The index of the step around the span.
    pub fn step_index(&self) -> Option<u64> {
        self.step_index
    }

    /// The id of the OpenTelemetry trace of the span, in 32 lowercase hex digits, where a layer of OpenTelemetry sees it.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// The file that says which span of OpenTelemetry is which step, once the folder is made.
    pub fn links(&self) -> Option<PathBuf> {
        self.folder.as_deref().map(|folder| folder.join(crate::bundle::paths::LINKS))
    }
}

/// The run that the current span is part of. `None` outside a run, and where nothing is recorded.
///
/// ```
/// if let Some(run) = tracing_augur::current_run() {
///     println!("recording {} into {:?}", run.id(), run.folder());
/// }
/// ```
pub fn current_run() -> Option<CurrentRun> {
    Span::current().with_subscriber(|(id, dispatch)| {
        let found = places(dispatch, id);
        let (_, place) = found.iter().next()?;
        #[cfg(feature = "otlp")]
        let trace_id = crate::otlp::OpenSpan::find(id, dispatch).map(|span| format!("{:032x}", span.ids().0));
        #[cfg(not(feature = "otlp"))]
        let trace_id = None;
        Some(CurrentRun {
            id: place.run.id().as_str().to_owned(),
            folder: place.run.opened.get().map(|(_, folder)| folder.clone()),
            step_index: place.role.step,
            trace_id,
        })
    })?
}

/// Work that belongs to the current span wherever it runs: wrap what goes to another thread, or to a pool of them.
///
/// A thread knows nothing of the span that was current where it was started. A future has the same from
/// [`tracing::Instrument::in_current_span`].
///
/// ```
/// let step = tracing::info_span!("click", augur.step.type = "click").entered();
/// let worker = std::thread::spawn(tracing_augur::carried(|| {
///     tracing::info!("this is said in the step");
/// }));
/// # worker.join().unwrap();
/// ```
pub fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let span = Span::current();
    let dispatch = dispatcher::get_default(Dispatch::clone);
    move || dispatcher::with_default(&dispatch, || span.in_scope(work))
}
