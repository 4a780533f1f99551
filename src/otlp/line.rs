//! One signal on its way out: its provider, its counters, and how it is brought to an end in time.

use super::{
    quiet,
    tally::{SignalReport, Tally},
};
use opentelemetry_sdk::{error::OTelSdkResult, logs::SdkLoggerProvider, trace::SdkTracerProvider};
use std::{
    io,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

/// How long the SDK waits when it flushes, whatever it is asked.
const SDK_FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// What the providers of the SDK have in common.
pub(super) trait Provider: Clone + Send + 'static {
    fn flush(&self) -> OTelSdkResult;
    fn end(&self, timeout: Duration) -> OTelSdkResult;
}

impl Provider for SdkTracerProvider {
    fn flush(&self) -> OTelSdkResult {
        self.force_flush()
    }

    fn end(&self, timeout: Duration) -> OTelSdkResult {
        self.shutdown_with_timeout(timeout)
    }
}

impl Provider for SdkLoggerProvider {
    fn flush(&self) -> OTelSdkResult {
        self.force_flush()
    }

    fn end(&self, timeout: Duration) -> OTelSdkResult {
        self.shutdown_with_timeout(timeout)
    }
}

/// What is asked of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Flush,
    /// What comes afterwards is not sent.
    Finish,
}

/// A provider, where it sends to, and what became of what it was given.
pub(super) struct Line<P> {
    pub(super) provider: P,
    pub(super) tally: Arc<Tally>,
    pub(super) address: String,
}

impl<P: Provider> Line<P> {
    pub(super) fn report(&self) -> SignalReport {
        self.tally.report(false, None)
    }

    /// Begins to send what waits, on a thread of its own, because it may block longer than it is asked to.
    pub(super) fn settle(&self, asked: Asked, until: Instant) -> Settling {
        let provider = self.provider.clone();
        let (done, outcome) = mpsc::sync_channel(1);
        let work = move || {
            let _quiet = quiet();
            let left = || until.saturating_duration_since(Instant::now());
            // Only flushing tells of failure; shutting down says all is well either way.
            let flushed = flush(&provider, left);
            if asked == Asked::Finish {
                let _ = provider.end(left());
            }
            let _ = done.send(flushed);
        };
        let spawned = std::thread::Builder::new().name("augur-otlp-exit".to_owned()).spawn(work);
        let begun = Instant::now();
        let (tally, address) = (Arc::clone(&self.tally), self.address.clone());
        Settling { tally, address, outcome: spawned.map(|_| outcome), begun, until }
    }
}

/// Flushes for as long as there is time left.
fn flush(provider: &impl Provider, left: impl Fn() -> Duration) -> OTelSdkResult {
    loop {
        let asked = Instant::now();
        let flushed = provider.flush();
        // Only a flush that ran into the SDK's limit is worth another.
        if flushed.is_ok() || asked.elapsed() < SDK_FLUSH_LIMIT || left().is_zero() {
            return flushed;
        }
    }
}

/// A line that is being settled.
pub(super) struct Settling {
    tally: Arc<Tally>,
    address: String,
    outcome: io::Result<mpsc::Receiver<OTelSdkResult>>,
    begun: Instant,
    until: Instant,
}

impl Settling {
    /// Waits until the line is settled or the time is up.
    pub(super) fn wait(self) -> SignalReport {
        let outcome = match self.outcome {
            Ok(outcome) => outcome,
            Err(error) => return self.tally.report(true, Some(format!("no thread to flush on: {error}"))),
        };
        match outcome.recv_timeout(self.until.saturating_duration_since(Instant::now())) {
            Ok(Ok(())) => self.tally.report(false, None),
            Ok(Err(error)) => self.tally.report(false, Some(error.to_string())),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let waited = self.until.saturating_duration_since(self.begun).as_millis();
                let cause = format!("{}: no answer within the {waited} ms of the deadline", self.address);
                self.tally.report(true, Some(cause))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => self.tally.report(true, Some("flushing panicked".to_owned())),
        }
    }
}
