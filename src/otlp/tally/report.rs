//! What is told of an exit at the end.

use std::fmt;

/// What became of the spans and the log records of a run. Of a signal that is off, everything is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ExitReport {
    /// The spans.
    pub spans: SignalReport,
    /// The log records: decision events, log lines, and what became known of a step after its span had left.
    pub log_records: SignalReport,
}

/// What became of the spans of a run, or of its log records, in numbers of those unless it says otherwise. `ended` is the sum
/// of `sent`, `failed`, `withheld`, `dropped_on_full_queue`, `declined` and `pending`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SignalReport {
    /// Those that ended and were to be sent.
    pub ended: u64,
    /// Those that a collector took.
    pub sent: u64,
    /// Those that no collector took, or that it said it threw away.
    pub failed: u64,
    /// Those that were kept back because they could not be made safe to send.
    pub withheld: u64,
    /// Those that found the queue full.
    pub dropped_on_full_queue: u64,
    /// Log records that nobody asked for by name, and that the collector has no place for. The bundle has them.
    pub declined: u64,
    /// Those that were still on their way when the report was made.
    pub pending: u64,
    /// The deadline passed before everything was settled.
    pub late: bool,
    /// Requests made, retries among them.
    pub requests: u64,
    /// Requests that failed.
    pub failed_requests: u64,
    /// Bytes of request bodies that a collector took.
    pub bytes: u64,
    /// Values that were longer than the limit and left with a digest of the whole.
    pub cut_values: u64,
    /// Attributes, events and links that were left out because there were more than the limits allow.
    pub beyond_limits: u64,
    /// Why the latest failure happened, if anything was not sent: an address and a cause, never a header or a query.
    pub last_error: Option<String>,
}

impl SignalReport {
    /// Whether everything arrived that was to arrive.
    pub fn is_complete(&self) -> bool {
        !self.late && self.sent + self.declined == self.ended
    }

    fn tell(&self, unit: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} {unit} sent", self.sent, self.ended)?;
        for (count, what) in [
            (self.failed, "failed"),
            (self.withheld, "withheld"),
            (self.dropped_on_full_queue, "dropped on a full queue"),
            (self.pending, "unsettled at the deadline"),
            (self.declined, "of a kind that the collector does not take"),
            (self.cut_values, "values cut"),
            (self.beyond_limits, "attributes, events and links beyond the limits"),
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

impl ExitReport {
    /// Whether every span arrived, and every log record that was to.
    pub fn is_complete(&self) -> bool {
        self.spans.is_complete() && self.log_records.is_complete()
    }
}

impl fmt::Display for ExitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spans.tell("spans", f)?;
        if self.log_records.ended > 0 {
            f.write_str("; ")?;
            self.log_records.tell("log records", f)?;
        }
        Ok(())
    }
}
