//! The exit codes of every command. A script can tell a bad run from a bad file from a bad disk by them.

use std::process::ExitCode;

/// The codes, for the end of `augur --help`.
pub(crate) const TABLE: &str = "Exit codes:
  0    fine
  1    findings that the command was asked to fail on
  2    wrong usage
  3    a bundle is invalid, damaged, incomplete or none at all
  4    reading, writing or the network failed
  5    done in part: some bundles or lines could not be handled
  130  interrupted";

/// How a command ended.
#[allow(dead_code, reason = "the codes are one contract with scripts, whichever of them the commands of a version use")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well, or the reader of the output went away.
    Success = 0,
    /// The command found what it was asked to fail on.
    Findings = 1,
    /// The command line makes no sense. The parser of the command line uses this code as well.
    Usage = 2,
    /// A bundle is invalid, damaged, incomplete, or no bundle at all.
    Invalid = 3,
    /// The file system or the network failed.
    Io = 4,
    /// Some of what was asked was done, and some could not be.
    Partial = 5,
    /// Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// The verdict over several bundles: one that cannot be judged leaves the others' verdicts standing, in part.
    pub(crate) fn of_all(each: &[Self]) -> Self {
        let unread = each.iter().filter(|exit| **exit == Self::Io).count();
        match unread {
            0 if each.iter().all(|exit| *exit == Self::Success) => Self::Success,
            0 => Self::Invalid,
            all if all == each.len() => Self::Io,
            _ => Self::Partial,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{Invalid, Io, Partial, Success};
    use super::*;

    #[test]
    fn the_table_holds_every_code() {
        for exit in [Success, Exit::Findings, Exit::Usage, Invalid, Io, Partial, Exit::Interrupted] {
            assert!(TABLE.contains(&format!("\n  {:<5}", exit as u8)), "{exit:?}");
        }
    }

    #[test]
    fn several_bundles_have_one_verdict() {
        for (each, all) in [
            (vec![Success, Success], Success),
            (vec![Success, Invalid], Invalid),
            (vec![Invalid, Invalid], Invalid),
            (vec![Io], Io),
            (vec![Success, Io], Partial),
            (vec![Invalid, Io], Partial),
        ] {
            assert_eq!(Exit::of_all(&each), all, "{each:?}");
        }
    }
}
