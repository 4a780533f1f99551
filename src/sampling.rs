//! Which runs stay: every one that failed, and a share of the rest.

use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// How many shares there are: a thousandth of a percent is the finest.
const SHARES: u64 = 100_000;

/// Which bundles are kept when their runs are over (`AUGUR_SAMPLE`). A run that failed or was halted always is, and so is one
/// in which a step failed; of the others this share.
///
/// A run that is not kept is recorded like any other, so that it is there if it fails or the process dies, and its folder is
/// removed at its end. With a cheap capture mode and a [`FlightRecorder`](crate::FlightRecorder) that costs little, and a run
/// that fails still has its evidence. Which runs stay is decided by their ids alone: the same id is kept or not wherever it is
/// recorded. What leaves as OTLP is not sampled by this.
///
/// ```
/// use tracing_augur::{Config, Sampling};
///
/// let config = Config::new("my-agent").with_sampling(Sampling::percent(5.0));
/// assert_eq!("5%".parse(), Ok(Sampling::percent(5.0)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    shares: u64,
}

/// A share that cannot be read. The message says what is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplingError(String);

impl fmt::Display for SamplingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no share of runs; accepted: a percentage from 0 to 100, such as 10% or 0.5%; failed runs always stay",
            self.0
        )
    }
}

impl std::error::Error for SamplingError {}

impl Sampling {
    /// Keeps this many of a hundred runs that went well; all below 0 is 0, and all above 100 is 100.
    pub fn percent(percent: f64) -> Self {
        let percent = if percent.is_nan() { 100.0 } else { percent.clamp(0.0, 100.0) };
        Self { shares: (percent / 100.0 * SHARES as f64).round() as u64 }
    }

    /// Whether the run of this id stays if it went well.
    pub fn keeps(&self, run_id: &str) -> bool {
        let digest = Sha256::digest(run_id.as_bytes());
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % SHARES < self.shares
    }
}

impl FromStr for Sampling {
    type Err = SamplingError;

    fn from_str(text: &str) -> Result<Self, SamplingError> {
        let number = text.trim();
        let number = number.strip_suffix('%').unwrap_or(number).trim_end();
        match number.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::percent(percent)),
            _ => Err(SamplingError(text.to_owned())),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_as_people_write_it_and_refused_with_what_is_accepted() {
        for (text, percent) in [("10%", 10.0), (" 0.5 % ", 0.5), ("100", 100.0), ("0", 0.0)] {
            assert_eq!(text.parse(), Ok(Sampling::percent(percent)), "{text}");
        }
        for text in ["", "%", "half", "-1", "101%", "nan", "inf", "10%%"] {
            let error = text.parse::<Sampling>().unwrap_err().to_string();
            assert!(error.contains("accepted: a percentage from 0 to 100"), "{error}");
        }
    }

    #[test]
    fn the_share_is_met_and_the_same_ids_stay() {
        let ids: Vec<String> = (0..10_000).map(|number| format!("checkout-{number}")).collect();
        let kept = |percent| ids.iter().filter(|id| Sampling::percent(percent).keeps(id)).count();
        assert_eq!((kept(0.0), kept(100.0)), (0, 10_000));
        for percent in [1.0, 10.0, 50.0] {
            let expected = percent * 100.0;
            assert!(
                (kept(percent) as f64 - expected).abs() < 3.0 * (expected * (1.0 - percent / 100.0)).sqrt(),
                "{percent}"
            );
        }
        // Who stays at a small share stays at a larger one.
        let (few, many) = (Sampling::percent(10.0), Sampling::percent(30.0));
        assert!(ids.iter().all(|id| !few.keeps(id) || many.keeps(id)));
        // Written down, so that another version decides the same.
        let first: Vec<_> = ids.iter().filter(|id| few.keeps(id)).take(3).map(String::as_str).collect();
        assert_eq!(first, ["checkout-41", "checkout-44", "checkout-47"]);
    }
}
