//! An account of what did not reach the bundle, by reason. A recorder that hides its losses cannot be trusted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why something did not reach the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// The queue to the worker was full.
    QueueFull,
    /// It came after its run had ended.
    AfterEnd,
    /// The file system refused it.
    Unwritten,
    /// It was larger than the recorder takes.
    TooLarge,
    /// It did not fit its schema and could not be mended.
    Invalid,
    /// The step was not in place when the caller's patience ended; it may have come later.
    Pending,
    /// The recorder itself failed; please report it.
    Internal,
}

impl Loss {
    const ALL: [Self; 7] = [
        Self::QueueFull,
        Self::AfterEnd,
        Self::Unwritten,
        Self::TooLarge,
        Self::Invalid,
        Self::Pending,
        Self::Internal,
    ];

    /// The word in the session's tags: `augur.lost.<word>`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::AfterEnd => "after_end",
            Self::Unwritten => "unwritten",
            Self::TooLarge => "too_large",
            Self::Invalid => "invalid",
            Self::Pending => "pending",
            Self::Internal => "internal",
        }
    }
}

/// Counters by reason.
#[derive(Debug, Default)]
pub(crate) struct Losses([AtomicU64; Loss::ALL.len()]);

impl Losses {
    pub(crate) fn count(&self, loss: Loss) {
        if let Some(counter) = self.0.get(loss as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The reasons that occurred, with their counts.
    pub(crate) fn occurred(&self) -> Vec<(Loss, u64)> {
        Loss::ALL
            .into_iter()
            .zip(&self.0)
            .map(|(loss, counter)| (loss, counter.load(Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}
