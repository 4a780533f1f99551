//! Which spans and events the recorder listens to, apart from what the console shows.

use std::{fmt, str::FromStr};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// Which spans and events the recorder listens to (`AUGUR_FILTER`), whatever the console and other layers show: parts
/// `<target>=<level>`, and a level alone for the targets that no part names.
///
/// A target that is named is heard at its level and above, and with `off` not at all, steps and model calls included. Of the
/// others everything is heard from INFO on, or from the level that stands alone; below that still what makes a run: spans
/// whose names or fields a vocabulary knows, events with fields `augur.…`, and the model calls of libraries. With `off` alone
/// nothing is heard but the named. A target is named with all below it: `my_agent` is `my_agent::page` too.
///
/// ```
/// use tracing_augur::{Config, TargetFilter};
///
/// let filter: TargetFilter = "my_agent=debug,chatty_library=off".parse()?;
/// let config = Config::new("my-agent").with_filter(filter);
/// # Ok::<(), tracing_augur::FilterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TargetFilter {
    /// The targets that are named, at their levels.
    named: Targets,
    /// The same at every level.
    names: Targets,
    otherwise: Option<LevelFilter>,
}

/// A filter that cannot be read. The message says what is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError(String);

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no part of a filter; accepted: <target>=<level> and <level>, with commas between them; levels are off, \
             error, warn, info, debug, trace",
            self.0
        )
    }
}

impl std::error::Error for FilterError {}

/// What a filter says of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// It is named: this is to be heard.
    Hear,
    /// It is named: this is not.
    Ignore,
    /// It is not named: this is to be heard from here on, or what makes a run.
    From(LevelFilter),
}

impl TargetFilter {
    /// What is to be done with a span or an event of this target and level.
    pub(crate) fn says(&self, target: &str, level: &tracing::Level) -> Says {
        if self.named.would_enable(target, level) {
            Says::Hear
        } else if self.names.would_enable(target, &tracing::Level::ERROR) {
            Says::Ignore
        } else {
            Says::From(self.otherwise.unwrap_or(LevelFilter::INFO))
        }
    }
}

impl FromStr for TargetFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let mut filter = Self { named: Targets::new(), names: Targets::new(), otherwise: None };
        for part in text.split(',').map(str::trim) {
            let refused = || FilterError(part.to_owned());
            let (target, level) = match part.split_once('=') {
                Some((target, level)) => (Some(target.trim()), level.trim()),
                None => (None, part),
            };
            // A number would be a level too, and a typing error for a target.
            let level =
                Some(level).filter(|level| level.bytes().all(|byte| byte.is_ascii_alphabetic()) && !level.is_empty());
            let level: LevelFilter = level.and_then(|level| level.parse().ok()).ok_or_else(refused)?;
            match target {
                None => filter.otherwise = Some(level),
                Some(target) if target.is_empty() || target.contains(['[', ']', '{', '}', ' ']) => {
                    return Err(refused());
                }
                Some(target) => {
                    filter.named = filter.named.with_target(target, level);
                    filter.names = filter.names.with_target(target, LevelFilter::TRACE);
                }
            }
        }
        Ok(filter)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn a_named_target_follows_its_level_and_the_others_the_level_alone() {
        let from = |level| Says::From(level);
        for (text, target, level, says) in [
            ("my_agent=debug", "my_agent", Level::DEBUG, Says::Hear),
            ("my_agent=debug", "my_agent::page", Level::DEBUG, Says::Hear),
            ("my_agent=debug", "my_agent", Level::TRACE, Says::Ignore),
            ("my_agent=debug", "other", Level::DEBUG, from(LevelFilter::INFO)),
            ("warn, my_agent = trace", "other", Level::INFO, from(LevelFilter::WARN)),
            ("WARN,a=off", "a", Level::ERROR, Says::Ignore),
            ("a=off,a::b=info", "a::b::c", Level::INFO, Says::Hear),
            ("off", "a", Level::ERROR, from(LevelFilter::OFF)),
        ] {
            assert_eq!(text.parse::<TargetFilter>().unwrap().says(target, &level), says, "{text} {target} {level}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_is_accepted() {
        for text in [
            "",
            "inof",
            "my_agent",
            "a=",
            "=info",
            "a=loud",
            "a=3",
            "3",
            "a=info=debug",
            "a[{x}]=info",
            "a=info;b=warn",
        ] {
            let error = text.parse::<TargetFilter>().unwrap_err().to_string();
            assert!(error.contains("accepted: <target>=<level> and <level>"), "{error}");
        }
    }
}
