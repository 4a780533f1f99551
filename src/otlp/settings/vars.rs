//! The variables of the environment, as they are read: trimmed, and an empty one is none.

use super::SettingsError;
use std::time::Duration;

/// Reads a variable of the environment.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

const LONGEST_TIME: Duration = Duration::from_secs(3600);

/// The environment.
#[derive(Clone, Copy)]
pub(super) struct Vars<'a>(pub(super) Env<'a>);

impl Vars<'_> {
    pub(super) fn get(self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// The first of these that is set, with its name.
    pub(super) fn first<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Option<(&'n str, String)> {
        names.into_iter().find_map(|name| self.get(name).map(|value| (name, value)))
    }

    /// A whole number above 0, by the first of these variables that is set.
    pub(super) fn count(self, names: &[&str], default: u32) -> Result<u32, SettingsError> {
        match self.first(names.iter().copied()).map(|(name, value)| (name, value.parse())) {
            None => Ok(default),
            Some((_, Ok(count @ 1..))) => Ok(count),
            Some((name, _)) => Err(refused(name, "a whole number above 0")),
        }
    }

    /// A time in milliseconds above 0.
    pub(super) fn time(self, names: &[&str]) -> Result<Option<Duration>, SettingsError> {
        match self.first(names.iter().copied()).map(|(name, value)| (name, value.parse())) {
            None => Ok(None),
            Some((_, Ok(milliseconds @ 1..))) => Ok(Some(Duration::from_millis(milliseconds).min(LONGEST_TIME))),
            Some((name, _)) => Err(refused(name, "a whole number of milliseconds above 0")),
        }
    }

    /// `true` or `false`, whatever their case.
    pub(super) fn truth(self, names: &[&str]) -> Result<Option<(String, bool)>, SettingsError> {
        let Some((name, value)) = self.first(names.iter().copied()) else { return Ok(None) };
        match value.to_ascii_lowercase().as_str() {
            "true" => Ok(Some((name.to_owned(), true))),
            "false" => Ok(Some((name.to_owned(), false))),
            _ => Err(refused(name, "true or false")),
        }
    }
}

pub(super) fn refused(variable: &str, expected: &'static str) -> SettingsError {
    SettingsError::Value { variable: variable.to_owned(), expected }
}
