//! `augur recover`: completes the bundles of runs that died.

use crate::exit::Exit;
use std::{
    io::{self, Write},
    path::PathBuf,
};
use tracing_augur::bundle::{RecoverError, Recovery, recover};

/// Completes the bundles of runs that died; complete ones are left as they are
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  augur recover augur/run-17
  augur recover augur/*

The step that was under way becomes `failed` with class `interrupted`, the run `halted`.")]
pub(crate) struct RecoverArgs {
    /// The bundles
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
}

pub(crate) fn run(args: &RecoverArgs) -> io::Result<Exit> {
    let mut out = io::stdout().lock();
    let mut failures = Vec::new();
    for bundle in &args.bundles {
        match recover(bundle) {
            Ok(recovery) => writeln!(out, "{}: {}", bundle.display(), told(&recovery))?,
            Err(error) => {
                writeln!(io::stderr().lock(), "augur: {error}")?;
                failures.push(match error {
                    RecoverError::NoBundle(_) => Exit::Invalid,
                    _ => Exit::Io,
                });
            }
        }
    }
    Ok(match failures.as_slice() {
        [] => Exit::Success,
        [only] if args.bundles.len() == 1 => *only,
        _ => Exit::Partial,
    })
}

fn told(recovery: &Recovery) -> String {
    if recovery.already_complete {
        return "complete already".to_owned();
    }
    let mut parts = vec!["recovered".to_owned()];
    if !recovery.interrupted_steps.is_empty() {
        let steps: Vec<String> = recovery.interrupted_steps.iter().map(|index| format!("{index:04}")).collect();
        parts.push(format!("interrupted: {}", steps.join(", ")));
    }
    if recovery.swept > 0 {
        parts.push(format!("{} half-written pieces taken away", recovery.swept));
    }
    if !recovery.damaged.is_empty() {
        parts.push(format!("set aside as unreadable: {}", recovery.damaged.join(", ")));
    }
    parts.join("; ")
}
