//! The guard: as long as it lives, runs are recorded; when it goes, everything is put in place.

use crate::{bridge::Door, pipeline::Loss, record::RunStatus};
use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// What became of a run's bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundleReport {
    /// The id under which the run is stored.
    pub run_id: String,
    /// Its folder; `None` if it could not be made.
    pub folder: Option<PathBuf>,
    /// The run went well, and the sampling did not keep its bundle.
    pub sampled_out: bool,
    /// Whether the run is over and its bundle complete.
    pub complete: bool,
    /// Why the bundle could not be opened.
    pub refusal: Option<String>,
    /// What did not reach the bundle, by reason.
    pub lost: Vec<(Loss, u64)>,
}

/// What became of what was recorded, exit by exit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Report {
    /// The runs of this process, oldest first; of a long-lived process the latest 64.
    pub bundles: Vec<BundleReport>,
    /// How many runs went well and were not kept, because of the sampling.
    pub sampled_out: u64,
    /// The spans that left as OTLP; `None` where it is off.
    #[cfg(feature = "otlp")]
    pub otlp: Option<crate::ExitReport>,
    /// The deadline passed before everything was in place.
    pub late: bool,
}

impl Report {
    /// Whether everything was kept and everything was sent.
    pub fn is_complete(&self) -> bool {
        #[cfg(feature = "otlp")]
        if self.otlp.as_ref().is_some_and(|otlp| !otlp.is_complete()) {
            return false;
        }
        // A step that was pending was late, not lost: in a complete bundle it is in its place.
        let kept = |bundle: &BundleReport| bundle.lost.iter().all(|(loss, _)| *loss == Loss::Pending);
        !self.late && self.bundles.iter().all(|bundle| bundle.complete && kept(bundle))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for bundle in self.bundles.iter().filter(|bundle| !bundle.sampled_out) {
            let place =
                bundle.folder.as_ref().map_or_else(|| "nowhere".to_owned(), |folder| folder.display().to_string());
            let mut part = format!("run {}: {place}", bundle.run_id);
            if let Some(refusal) = &bundle.refusal {
                part.push_str(&format!(" ({refusal})"));
            } else if !bundle.complete {
                part.push_str(" (not complete; `augur recover` completes it)");
            }
            for (loss, count) in &bundle.lost {
                part.push_str(&format!(", {count} {}", loss.as_str()));
            }
            parts.push(part);
        }
        if self.sampled_out > 0 {
            parts.push(format!("runs that went well and were not kept: {}", self.sampled_out));
        }
        #[cfg(feature = "otlp")]
        if let Some(otlp) = &self.otlp {
            parts.push(format!("OTLP: {otlp}"));
        }
        if self.late {
            parts.push("the deadline passed first".to_owned());
        }
        f.write_str(&parts.join("; "))
    }
}

/// Keeps the recorder alive. Dropping it ends the runs that are still open, puts everything in place and sends what waits,
/// within the deadline of the settings.
#[must_use = "the recorder stops when the guard is dropped; bind it to a name such as `_augur`"]
#[derive(Debug)]
pub struct Guard {
    pub(crate) recorder: Arc<Recorder>,
}

/// What a guard keeps alive, and whoever else may have to end it.
#[derive(Debug)]
pub(crate) struct Recorder {
    pub(crate) door: Option<Arc<Door>>,
    #[cfg(feature = "otlp")]
    pub(crate) otlp: Option<crate::otlp::Otlp>,
    pub(crate) deadline: Duration,
    pub(crate) verbose: bool,
    pub(crate) over: AtomicBool,
}

impl Guard {
    /// Puts in place and sends what has come so far, for at most the deadline of the settings. Runs go on.
    pub fn flush(&self) -> Report {
        let begun = Instant::now();
        let Recorder { door, deadline, .. } = &*self.recorder;
        let mut report = Report::default();
        if let Some(door) = door {
            report.late = !door.flush(*deadline);
            (report.bundles, report.sampled_out) = (door.report(), door.sampled_out.load(Ordering::Relaxed));
        }
        #[cfg(feature = "otlp")]
        {
            let left = deadline.saturating_sub(begun.elapsed());
            report.otlp = self.recorder.otlp.as_ref().map(|otlp| otlp.flush(left));
        }
        let _ = begun;
        report
    }

    /// Ends the recorder: open runs are `halted`, everything is put in place and sent, for at most `deadline`.
    pub fn shutdown(self, deadline: Duration) -> Report {
        self.recorder.end(deadline)
    }

    /// Ends the recorder as dropping it does, and then the process. [`std::process::exit`] alone drops nothing: what waits in
    /// memory would be gone.
    pub fn exit(self, code: i32) -> ! {
        drop(self);
        std::process::exit(code)
    }

    /// Ends the recorder as dropping it does when the process is asked to end, by SIGTERM, SIGINT or SIGHUP, and then lets the
    /// signal do what it would have done. Open runs are `halted`.
    ///
    /// # Errors
    /// If the system does not let the signals be watched, or has no room for a thread.
    #[cfg(all(unix, feature = "signals"))]
    pub fn end_on_signals(&self) -> std::io::Result<()> {
        use signal_hook::{
            consts::{SIGHUP, SIGINT, SIGTERM},
            iterator::Signals,
            low_level::emulate_default_handler,
        };
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        let recorder = Arc::clone(&self.recorder);
        let watch = move || {
            for signal in &mut signals {
                recorder.end_once();
                let _ = emulate_default_handler(signal);
            }
        };
        std::thread::Builder::new().name("augur-signals".into()).spawn(watch).map(drop)
    }
}

impl Recorder {
    fn end_once(&self) {
        if !self.over.load(Ordering::Acquire) {
            self.end(self.deadline);
        }
    }

    fn end(&self, deadline: Duration) -> Report {
        self.over.store(true, Ordering::Release);
        let begun = Instant::now();
        let mut report = Report::default();
        if let Some(door) = &self.door {
            // A run whose span is still open was not left cleanly.
            door.end_all(RunStatus::Halted);
            report.late = !door.pipeline.stop(deadline);
            (report.bundles, report.sampled_out) = (door.report(), door.sampled_out.load(Ordering::Relaxed));
        }
        #[cfg(feature = "otlp")]
        {
            report.otlp = self.otlp.as_ref().map(|otlp| otlp.finish(deadline.saturating_sub(begun.elapsed())));
        }
        let _ = begun;
        if !report.is_complete() || self.verbose {
            tracing::warn!(target: "tracing_augur", "{report}");
        } else {
            tracing::debug!(target: "tracing_augur", "{report}");
        }
        report
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.recorder.end_once();
    }
}
