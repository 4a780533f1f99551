//! `augur summarize`: a bundle in a few lines.

use crate::{
    exit::Exit,
    output::{Failure, print, shown},
};
use std::{
    io::{self, Write},
    path::PathBuf,
};
use tracing_augur::bundle::{Bundle, ReadError, Summary};

/// Tells what is in a bundle: status, steps, failures, model calls, costs, size
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  augur summarize augur/run-17
  augur summarize --json augur/run-17 | jq .steps_by_status

Works on runs that are still recording or that died as well. What the agent, its pages or its tools wrote is
left out unless --content asks for it; it may try to give orders to whoever reads it.")]
pub(crate) struct SummarizeArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    bundle: PathBuf,
    /// Print one JSON document instead of lines
    #[arg(long)]
    json: bool,
    /// Add text written by the agent and its judges
    #[arg(long)]
    content: bool,
}

pub(crate) fn run(args: &SummarizeArgs) -> io::Result<Exit> {
    tell(args, &mut io::stdout().lock(), &mut io::stderr().lock())
}

fn tell(args: &SummarizeArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    match Bundle::open(&args.bundle).and_then(|bundle| Summary::read(&bundle)) {
        Ok(summary) if args.json => print(out, &summary.to_value(args.content))?,
        Ok(summary) => out.write_all(summary.to_text(args.content).as_bytes())?,
        Err(error) => return failure(args, &error).tell(args.json, out, err),
    }
    Ok(Exit::Success)
}

fn failure(args: &SummarizeArgs, error: &ReadError) -> Failure {
    let (exit, code, hint) = match error {
        ReadError::NotABundle => (Exit::Invalid, "not_a_bundle", Some("name the folder that holds `manifest.json`")),
        error if error.is_not_found() => (Exit::Io, "not_found", Some("name the folder of a bundle")),
        ReadError::Io { .. } => (Exit::Io, "io", None),
        _ => (Exit::Invalid, "unreadable", Some("`augur validate` tells all that is wrong")),
    };
    Failure { exit, code, message: error.to_string(), hint, path: Some(shown(&args.bundle)) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_bundle_is_told_apart_from_what_is_not_there() {
        for (place, exit, code) in [("src", Exit::Invalid, "not_a_bundle"), ("nothing-is-here", Exit::Io, "not_found")]
        {
            let bundle = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(place);
            let args = SummarizeArgs { bundle, json: true, content: false };
            let (mut out, mut err) = (Vec::new(), Vec::new());
            assert_eq!(tell(&args, &mut out, &mut err).unwrap(), exit);
            let document = tracing_augur::record::parse(&out).unwrap();
            let told = document.get("error").and_then(|error| error.get("code")).and_then(|code| code.as_str());
            assert_eq!(told, Some(code));
            assert!(err.starts_with(b"augur: "));
        }
    }
}
