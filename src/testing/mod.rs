//! For the tests of an agent: its bundles are the same every time, and can be asked.
//!
//! A [`Recorder`] records what an agent does in a test into a temporary folder that goes away with it. Its time stands still
//! until the test moves it, and its ids count up, so that an agent that does the same twice leaves the same bytes twice. Each
//! test has a recorder of its own: nothing is installed in the process, and tests run beside each other. What the environment
//! says (`AUGUR_…`) does not count.
//!
//! ```
//! use tracing_augur::{
//!     SpanExt, decision,
//!     record::{RunStatus, StepStatus, VerdictStatus},
//!     run_span, step_span,
//!     testing::Recorder,
//! };
//!
//! // The agent under test.
//! fn open_the_cart() {
//!     let _run = run_span!("cart").entered();
//!     let step = step_span!("click", augur.action.type = "click", augur.action.params.x = 412).entered();
//!     decision!(Grounding, Observation, "the cart is at the top right", candidates = 1);
//!     step.record_verdict(&serde_json::json!({"status": "passed", "reason": "the cart is open"}));
//! }
//!
//! let recorder = Recorder::new();
//! recorder.record(open_the_cart);
//! let recording = recorder.finish();
//!
//! let run = recording.run();
//! run.assert_status(RunStatus::Succeeded).assert_step_types(&["click"]).assert_valid();
//! run.step(0)
//!     .assert_status(StepStatus::Succeeded)
//!     .assert_member("action.params.x", 412)
//!     .assert_event("the cart is at the top right")
//!     .assert_verdict(VerdictStatus::Passed);
//!
//! // The same again is the same, to the byte.
//! let again = Recorder::new();
//! again.record(open_the_cart);
//! recording.assert_same(&again.finish());
//! ```
//!
//! An asynchronous test keeps the recorder entered: `let _entered = recorder.enter();` holds on the thread of a
//! current-thread runtime. A test with a subscriber of its own puts [`Recorder::layer`] into it, and a program that records by
//! calls takes [`Recorder::session`].
//!
//! What cannot be the same is what the agent itself does in another order each time, on several threads for example.
#![allow(clippy::panic, reason = "an assertion that does not hold fails its test")]

mod outline;
mod recording;
mod run;
mod same;
mod step;

pub use recording::Recording;
pub use run::RecordedRun;
pub use step::RecordedStep;

use crate::{
    BoxedLayer, CaptureMode, Config, Guard, Session,
    ambient::{Ambient, Stage},
    config::Resolved,
    install,
    session::SessionBuilder,
};
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tempfile::TempDir;
use tracing::{
    Dispatch, Subscriber, dispatcher,
    subscriber::{DefaultGuard, set_default},
};
use tracing_subscriber::{Registry, layer::SubscriberExt, registry::LookupSpan};

/// When the time of a recorder begins: 2026-01-01T00:00:00Z, in seconds since 1970.
const BEGINNING: u64 = 1_767_225_600;

/// How long the end of a recording may take before a test is told that something hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// Records what happens in one test.
pub struct Recorder {
    folder: TempDir,
    settings: Resolved,
    clock: Clock,
    made: Mutex<Vec<Made>>,
}

/// What the recorder made that leaves bundles, in that order.
enum Made {
    Layer(Guard),
    Session(PathBuf),
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("folder", &self.folder.path()).finish_non_exhaustive()
    }
}

/// The time of a recorder. It stands still until it is moved, and all copies show the same.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Stage>);

impl Clock {
    /// Moves the time on: `clock.advance(…)` inside a step is how long the step took.
    pub fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    /// What time it is.
    pub fn now(&self) -> SystemTime {
        self.0.now()
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// Records everything: capture mode `full`, and defaults for the rest.
    ///
    /// # Panics
    /// If there is no room for a temporary folder.
    #[track_caller]
    pub fn new() -> Self {
        Self::with_config(Config::new("test").with_capture_mode(CaptureMode::Full))
    }

    /// Records with these settings. Folder, console, retention and OTLP are not the test's to set.
    ///
    /// # Panics
    /// If there is no room for a temporary folder.
    #[track_caller]
    pub fn with_config(mut config: Config) -> Self {
        let folder = TempDir::with_prefix("augur-test-")
            .unwrap_or_else(|error| panic!("no temporary folder for the bundles of a test: {error}"));
        let stage = Arc::new(Stage::at(Duration::from_secs(BEGINNING)));
        config.ambient = Ambient::Staged(Arc::clone(&stage));
        let config = config.with_root(folder.path()).with_console(false).with_deadline(DEADLINE);
        let mut settings = config
            .resolve(&|_| None)
            .unwrap_or_else(|error| panic!("the settings of a test cannot be followed: {error}"));
        settings.retention = None;
        #[cfg(feature = "otlp")]
        {
            settings.otlp = Some(false);
        }
        Self { folder, settings, clock: Clock(stage), made: Mutex::default() }
    }

    /// The recorder's time.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A layer for a subscriber of the test's own. Several record apart from each other.
    ///
    /// # Panics
    /// If the system has no thread for it.
    #[track_caller]
    pub fn layer<S>(&self) -> BoxedLayer<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let (layer, guard) =
            install::build(&self.settings, false).unwrap_or_else(|error| panic!("nothing can be recorded: {error}"));
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(Made::Layer(guard));
        layer
    }

    /// Runs the agent and records it, on this thread and wherever its work is [`carried`](crate::carried).
    ///
    /// # Panics
    /// If the system has no thread for the recorder.
    #[track_caller]
    pub fn record<T>(&self, agent: impl FnOnce() -> T) -> T {
        dispatcher::with_default(&Dispatch::new(self.subscriber()), agent)
    }

    /// Records what happens on this thread for as long as what is returned lives.
    ///
    /// # Panics
    /// If the system has no thread for the recorder.
    #[track_caller]
    #[must_use = "nothing is recorded once this is dropped; bind it to a name such as `_entered`"]
    pub fn enter(&self) -> DefaultGuard {
        set_default(self.subscriber())
    }

    #[track_caller]
    fn subscriber(&self) -> impl Subscriber + Send + Sync + use<> {
        Registry::default().with(self.layer())
    }

    /// Begins to describe a session whose bundle is one of this recording. Capture mode `full` unless another is set. Close it
    /// before the end of the recording.
    pub fn session(&self, run_id: impl Into<String>) -> SessionBuilder {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder.path().join(format!("session-{}", made.len()));
        made.push(Made::Session(folder.clone()));
        let mut builder = Session::builder(run_id, "test", folder).capture_mode(CaptureMode::Full);
        builder.ambient = self.settings.ambient.clone();
        builder
    }

    /// Ends the recording: runs that are still open are `halted`.
    ///
    /// # Panics
    /// If a session is still open, or if something could not be written.
    #[track_caller]
    pub fn finish(self) -> Recording {
        let mut folders = Vec::new();
        for made in self.made.into_inner().unwrap_or_else(PoisonError::into_inner) {
            match made {
                Made::Layer(guard) => {
                    let report = guard.shutdown(DEADLINE);
                    assert!(report.is_complete(), "the recording is not complete: {report}");
                    folders.extend(report.bundles.into_iter().filter_map(|bundle| bundle.folder));
                }
                // One that was described and never opened left nothing.
                Made::Session(folder) if !folder.exists() => {}
                Made::Session(folder) => folders.push(folder),
            }
        }
        Recording::read(self.folder, folders)
    }
}
