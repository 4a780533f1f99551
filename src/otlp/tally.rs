//! What became of every span: counted where it happens, read when a run ends.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A counter that many threads add to.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: usize) {
        self.0.fetch_add(amount as u64, Ordering::AcqRel);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Adds one if that keeps the counter within `limit`.
    pub(crate) fn add_within(&self, amount: usize, limit: u64) -> bool {
        let amount = amount as u64;
        let before = self.0.fetch_add(amount, Ordering::AcqRel);
        let fits = before.saturating_add(amount) <= limit;
        if !fits {
            self.0.fetch_sub(amount, Ordering::AcqRel);
        }
        fits
    }

    pub(crate) fn take(&self, amount: usize) {
        self.0.fetch_sub(amount as u64, Ordering::AcqRel);
    }
}

/// The counters of one OTLP side. Spans are counted once each; requests count every attempt.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Spans that ended.
    pub(crate) ended: Counter,
    /// Spans that found the queue full.
    pub(crate) dropped: Counter,
    /// Spans that wait to be sent.
    pub(crate) queued: Counter,
    /// Their size in bytes, roughly.
    pub(crate) queued_bytes: Counter,
    /// Spans that were never encoded because they could not be made safe.
    pub(crate) withheld: Counter,
    /// Spans that a collector took, the rejected among them.
    pub(crate) exported: Counter,
    /// Spans that a collector said it threw away.
    pub(crate) rejected: Counter,
    /// Spans that no collector took.
    pub(crate) failed: Counter,
    /// HTTP requests made.
    pub(crate) requests: Counter,
    /// Bytes of request bodies that a collector answered for.
    pub(crate) bytes: Counter,
    /// HTTP requests that did not end well.
    pub(crate) failed_requests: Counter,
    last_error: Mutex<Option<String>>,
}

impl Tally {
    /// Keeps why the latest failure happened.
    pub(crate) fn blame(&self, cause: String) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(cause);
    }

    fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state of things now. `late` says that somebody stopped waiting, `fallback` why, if nothing better is known.
    pub(crate) fn report(&self, late: bool, fallback: Option<String>) -> ExitReport {
        let (ended, dropped, withheld) = (self.ended.get(), self.dropped.get(), self.withheld.get());
        let (exported, failed) = (self.exported.get(), self.failed.get());
        let rejected = self.rejected.get().min(exported);
        let mut report = ExitReport {
            ended,
            sent: exported - rejected,
            failed: failed + rejected,
            withheld,
            dropped_on_full_queue: dropped,
            pending: ended.saturating_sub(dropped + withheld + exported + failed),
            late,
            requests: self.requests.get(),
            failed_requests: self.failed_requests.get(),
            bytes: self.bytes.get(),
            last_error: None,
        };
        if !report.is_complete() {
            report.last_error = self.last_error().or(fallback);
        }
        report
    }
}

/// What became of the spans of a run, in spans unless it says otherwise. `ended` is the sum of `sent`, `failed`, `withheld`,
/// `dropped_on_full_queue` and `pending`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ExitReport {
    /// Spans that ended and were to be sent.
    pub ended: u64,
    /// Spans that a collector took.
    pub sent: u64,
    /// Spans that no collector took, or that it said it threw away.
    pub failed: u64,
    /// Spans that were kept back because they could not be made safe to send.
    pub withheld: u64,
    /// Spans that found the queue full.
    pub dropped_on_full_queue: u64,
    /// Spans that were still on their way when the report was made.
    pub pending: u64,
    /// The deadline passed before everything was settled.
    pub late: bool,
    /// HTTP requests made, retries among them.
    pub requests: u64,
    /// HTTP requests that failed.
    pub failed_requests: u64,
    /// Bytes of request bodies that a collector took.
    pub bytes: u64,
    /// Why the latest failure happened, if anything was not sent: an address and a cause, never a header or a query.
    pub last_error: Option<String>,
}

impl ExitReport {
    /// Whether every span arrived.
    pub fn is_complete(&self) -> bool {
        !self.late && self.sent == self.ended
    }
}

impl fmt::Display for ExitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} spans sent", self.sent, self.ended)?;
        for (count, what) in [
            (self.failed, "failed"),
            (self.withheld, "withheld"),
            (self.dropped_on_full_queue, "dropped on a full queue"),
            (self.pending, "unsettled at the deadline"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        match &self.last_error {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_is_counted_once_and_the_line_names_what_is_missing() {
        let tally = Tally::default();
        for (counter, amount) in [
            (&tally.ended, 20),
            (&tally.dropped, 1),
            (&tally.withheld, 2),
            (&tally.exported, 9),
            (&tally.rejected, 3),
            (&tally.failed, 4),
        ] {
            counter.add(amount);
        }
        tally.blame("collector:4318: connection refused".to_owned());
        let report = tally.report(true, Some("unused".to_owned()));
        assert_eq!((report.sent, report.failed, report.pending), (6, 7, 4));
        assert_eq!(
            report.ended,
            report.sent + report.failed + report.withheld + report.dropped_on_full_queue + report.pending
        );
        assert_eq!(
            report.to_string(),
            "6 of 20 spans sent, 7 failed, 2 withheld, 1 dropped on a full queue, 4 unsettled at the deadline: \
             collector:4318: connection refused"
        );
    }

    #[test]
    fn a_failure_that_a_retry_made_good_is_not_reported() {
        let tally = Tally::default();
        tally.blame("first try".to_owned());
        tally.ended.add(1);
        tally.exported.add(1);
        let report = tally.report(false, None);
        assert!(report.is_complete());
        assert_eq!(report.to_string(), "1 of 1 spans sent");
    }

    #[test]
    fn a_counter_within_a_limit_refuses_what_does_not_fit_and_stays() {
        let counter = Counter::default();
        assert!(counter.add_within(3, 4));
        assert!(!counter.add_within(2, 4));
        assert!(counter.add_within(1, 4));
        counter.take(4);
        assert_eq!(counter.get(), 0);
    }
}
