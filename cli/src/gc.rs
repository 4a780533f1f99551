//! `augur gc`: removes bundles that nobody wants to keep any more.

use crate::exit::Exit;
use std::{
    io::{self, Write},
    path::PathBuf,
    time::SystemTime,
};
use tracing_augur::retention::{Expired, Retention};

/// Removes the oldest bundles of a folder, down to what is kept
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  augur gc --keep runs=100,days=30
  augur gc ./augur --keep bytes=5GB --dry-run

Runs that are still recording are never removed. What is no bundle is left alone.")]
pub(crate) struct GcArgs {
    /// The folder that holds the bundles
    #[arg(value_name = "ROOT", env = "AUGUR_DIR", default_value = "augur")]
    root: PathBuf,
    /// What to keep: runs=<n>, days=<n>, bytes=<n>[MB|GB|…], with commas between
    #[arg(long, env = "AUGUR_KEEP", value_name = "LIMITS")]
    keep: Retention,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &GcArgs) -> io::Result<Exit> {
    let mut out = io::stdout().lock();
    let now = SystemTime::now();
    let unreadable = |error: io::Error| {
        let said = writeln!(io::stderr().lock(), "augur: {}: {error}", args.root.display());
        said.map(|()| Exit::Io)
    };
    if args.dry_run {
        return match args.keep.expired(&args.root, now) {
            Ok(expired) => {
                tell(&mut out, "would remove", &expired)?;
                Ok(Exit::Success)
            }
            Err(error) => unreadable(error),
        };
    }
    match args.keep.apply(&args.root, now) {
        Ok(removed) => {
            tell(&mut out, "removed", &removed.bundles)?;
            for (folder, error) in &removed.failed {
                writeln!(io::stderr().lock(), "augur: {} could not be removed: {error}", folder.display())?;
            }
            Ok(match (removed.failed.is_empty(), removed.bundles.is_empty()) {
                (true, _) => Exit::Success,
                (false, true) => Exit::Io,
                (false, false) => Exit::Partial,
            })
        }
        Err(error) => unreadable(error),
    }
}

fn tell(out: &mut impl Write, done: &str, bundles: &[Expired]) -> io::Result<()> {
    for Expired { folder, bytes, limit, .. } in bundles {
        writeln!(out, "{done} {} ({bytes} bytes, over `{limit}`)", folder.display())?;
    }
    let bytes: u64 = bundles.iter().map(|bundle| bundle.bytes).sum();
    writeln!(out, "{done} {} bundles, {bytes} bytes", bundles.len())
}
