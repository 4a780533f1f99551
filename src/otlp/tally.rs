//! What became of every span and every log record: counted where it happens, read when a run ends.

mod report;

pub use report::{ExitReport, SignalReport};

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
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

/// The counters of one signal. Spans, or log records, are counted once each; requests count every attempt.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Those that ended.
    pub(crate) ended: Counter,
    /// Those that found the queue full.
    pub(crate) dropped: Counter,
    /// Those that wait to be sent.
    pub(crate) queued: Counter,
    /// Their size in bytes, roughly.
    pub(crate) queued_bytes: Counter,
    /// Those that were never encoded because they could not be made safe.
    pub(crate) withheld: Counter,
    /// Those that a collector took, the rejected among them.
    pub(crate) exported: Counter,
    /// Those that a collector said it threw away.
    pub(crate) rejected: Counter,
    /// Those that no collector took.
    pub(crate) failed: Counter,
    /// Those of a kind that the collector does not take at all.
    pub(crate) declined: Counter,
    /// Requests made.
    pub(crate) requests: Counter,
    /// Bytes of request bodies that a collector answered for.
    pub(crate) bytes: Counter,
    /// Requests that did not end well.
    pub(crate) failed_requests: Counter,
    /// Values that were longer than the limit.
    pub(crate) cut_values: Counter,
    /// Attributes, events and links beyond the limits.
    pub(crate) beyond_limits: Counter,
    /// The collector does not take this kind of thing.
    is_declined: AtomicBool,
    last_error: Mutex<Option<String>>,
}

impl Tally {
    /// Keeps why the latest failure happened.
    pub(crate) fn blame(&self, cause: String) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(cause);
    }

    /// The collector has no place for this kind of thing.
    pub(crate) fn decline(&self) {
        self.is_declined.store(true, Ordering::Release);
    }

    pub(crate) fn is_declined(&self) -> bool {
        self.is_declined.load(Ordering::Acquire)
    }

    fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state of things now. `late` says that somebody stopped waiting, `fallback` why, if nothing better is known.
    pub(crate) fn report(&self, late: bool, fallback: Option<String>) -> SignalReport {
        let (ended, dropped, withheld) = (self.ended.get(), self.dropped.get(), self.withheld.get());
        let (exported, failed, declined) = (self.exported.get(), self.failed.get(), self.declined.get());
        let rejected = self.rejected.get().min(exported);
        let mut report = SignalReport {
            ended,
            sent: exported - rejected,
            failed: failed + rejected,
            withheld,
            dropped_on_full_queue: dropped,
            declined,
            pending: ended.saturating_sub(dropped + withheld + exported + failed + declined),
            late,
            requests: self.requests.get(),
            failed_requests: self.failed_requests.get(),
            bytes: self.bytes.get(),
            cut_values: self.cut_values.get(),
            beyond_limits: self.beyond_limits.get(),
            last_error: None,
        };
        if !report.is_complete() {
            report.last_error = self.last_error().or(fallback);
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_is_counted_once_and_the_line_names_what_is_missing() {
        let tally = Tally::default();
        for (counter, amount) in [
            (&tally.ended, 25),
            (&tally.dropped, 1),
            (&tally.withheld, 2),
            (&tally.exported, 9),
            (&tally.rejected, 3),
            (&tally.failed, 4),
            (&tally.declined, 5),
            (&tally.cut_values, 6),
            (&tally.beyond_limits, 7),
        ] {
            counter.add(amount);
        }
        tally.blame("collector:4318: connection refused".to_owned());
        let spans = tally.report(true, Some("unused".to_owned()));
        assert_eq!((spans.sent, spans.failed, spans.pending), (6, 7, 4));
        assert_eq!(
            spans.ended,
            spans.sent + spans.failed + spans.withheld + spans.dropped_on_full_queue + spans.declined + spans.pending
        );
        assert_eq!(
            ExitReport { spans, ..ExitReport::default() }.to_string(),
            "6 of 25 spans sent, 7 failed, 2 withheld, 1 dropped on a full queue, 4 unsettled at the deadline, 5 of a kind \
             that the collector does not take, 6 values cut, 7 attributes, events and links beyond the limits: \
             collector:4318: connection refused"
        );
    }

    #[test]
    fn a_failure_that_a_retry_made_good_is_not_reported() {
        let tally = Tally::default();
        tally.blame("first try".to_owned());
        tally.ended.add(1);
        tally.exported.add(1);
        let spans = tally.report(false, None);
        assert!(spans.is_complete());
        let log_records = SignalReport { ended: 2, sent: 2, ..SignalReport::default() };
        let report = ExitReport { spans, log_records };
        assert_eq!(report.to_string(), "1 of 1 spans sent; 2 of 2 log records sent");
        assert!(report.is_complete());
    }

    #[test]
    fn log_records_that_nobody_takes_are_told_and_no_failure() {
        let log_records = SignalReport { ended: 2, declined: 2, ..SignalReport::default() };
        let report = ExitReport { log_records, ..ExitReport::default() };
        assert!(report.is_complete());
        assert_eq!(
            report.to_string(),
            "0 of 0 spans sent; 0 of 2 log records sent, 2 of a kind that the collector does not take"
        );
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
