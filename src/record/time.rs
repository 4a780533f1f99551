//! Wall-clock times as the records have them: RFC 3339, UTC, microseconds.

use jiff::fmt::temporal::DateTimePrinter;
use std::{cell::Cell, fmt, time::SystemTime};

/// A moment, to the microsecond. `Display` writes RFC 3339 in UTC with six fraction digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The present moment.
    pub fn now() -> Self {
        HELD.try_with(Cell::get).ok().flatten().unwrap_or_else(SystemTime::now).into()
    }

    /// Does something for which the present moment is this one. With `None` it is what it is.
    pub(crate) fn hold<T>(moment: Option<SystemTime>, act: impl FnOnce() -> T) -> T {
        let _back = moment.map(|moment| Back(HELD.replace(Some(moment))));
        act()
    }

    /// Reads an RFC 3339 time with an offset or `Z`. `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// Microseconds since 1970.
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Whole milliseconds from an earlier moment to this one; 0 if it is not earlier.
    pub fn millis_since(self, earlier: Self) -> i64 {
        (self.as_micros().saturating_sub(earlier.as_micros()) / 1000).max(0)
    }

    /// Whole seconds with `Z`, as the manifest's `created_at` has it.
    pub fn to_whole_seconds(self) -> String {
        print(self, 0)
    }
}

thread_local! {
    static HELD: Cell<Option<SystemTime>> = const { Cell::new(None) };
}

/// Puts back the moment that was held before.
struct Back(Option<SystemTime>);

impl Drop for Back {
    fn drop(&mut self) {
        HELD.set(self.0);
    }
}

const fn printer(digits: u8) -> DateTimePrinter {
    DateTimePrinter::new().precision(Some(digits))
}

fn print(time: Timestamp, digits: u8) -> String {
    printer(digits).timestamp_to_string(&time.0)
}

/// Times that RFC 3339 cannot say (before year 1 or after 9999) become the nearest that it can.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(jiff::Timestamp::try_from(time).unwrap_or(if time < SystemTime::UNIX_EPOCH {
            jiff::Timestamp::UNIX_EPOCH
        } else {
            jiff::Timestamp::MAX
        }))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print(*self, 6))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn times_are_written_in_utc_with_microseconds() {
        let time = Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_micros(1_767_225_601_500_000));
        assert_eq!(time.to_string(), "2026-01-01T00:00:01.500000Z");
        assert_eq!(time.to_whole_seconds(), "2026-01-01T00:00:01Z");
    }

    #[test]
    fn times_sort_by_moment_and_not_by_text() {
        let early = Timestamp::parse("2026-01-01T00:00:01Z").unwrap();
        let late = Timestamp::parse("2026-01-01T00:00:01.5Z").unwrap();
        let zoned = Timestamp::parse("2026-01-01T01:00:01+01:00").unwrap();
        assert!(early < late && early == zoned);
        assert!(Timestamp::parse("yesterday").is_none());
    }
}
