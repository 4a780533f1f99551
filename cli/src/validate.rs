//! `augur validate`: judges bundles.

use crate::{
    exit::Exit,
    output::{Failure, print, shown},
};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};
use tracing_augur::{
    bundle::{Report, document, validate},
    record::{Object, Value},
};

/// Judges bundles: schemas, layout, references, signatures
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  augur validate augur/run-17
  augur validate --json augur/* > verdicts.json

Every problem is one line on standard output. Exit code 0: all bundles are valid; 3: some are not;
4: none could be read; 5: some could not be read.")]
pub(crate) struct ValidateArgs {
    /// The bundles
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// Print one JSON document instead of lines
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ValidateArgs) -> io::Result<Exit> {
    judge(args, &mut io::stdout().lock(), &mut io::stderr().lock())
}

fn judge(args: &ValidateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    let mut exits = Vec::new();
    let mut verdicts = Vec::new();
    for path in &args.bundles {
        let report = read(path);
        exits.push(report.as_ref().map_or_else(
            |failure| failure.exit,
            |report| if report.is_valid() { Exit::Success } else { Exit::Invalid },
        ));
        match (report, args.json) {
            (Ok(report), false) => lines(path, &report, out)?,
            (Ok(report), true) => verdicts.push(verdict(path, &report)),
            // One bundle, and no verdict on it: the failure is the whole answer.
            (Err(failure), json) if args.bundles.len() == 1 => return failure.tell(json, out, err),
            (Err(failure), json) => {
                failure.tell(false, out, err)?;
                if json {
                    verdicts.push(Object::from([("error".to_owned(), failure.to_value())]).into());
                }
            }
        }
    }
    let exit = Exit::of_all(&exits);
    if args.json {
        let members = [("valid", (exit == Exit::Success).into()), ("bundles", Value::Array(verdicts))];
        print(out, &document("validation", members.map(|(key, value)| (key.to_owned(), value)).into()))?;
    }
    Ok(exit)
}

fn read(path: &Path) -> Result<Report, Failure> {
    // A folder that cannot be listed has no verdict; all else that goes wrong is a fault of the bundle.
    fs::metadata(path)
        .and_then(|metadata| if metadata.is_dir() { fs::read_dir(path).map(drop) } else { Ok(()) })
        .map_err(|error| Failure { hint: Some("name the folder of a bundle"), ..Failure::io(path, &error) })?;
    Ok(validate(path))
}

fn verdict(path: &Path, report: &Report) -> Value {
    let mut members = report.to_object();
    members.insert("path".to_owned(), shown(path).into());
    members.into()
}

fn lines(path: &Path, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let path = shown(path);
    for problem in &report.problems {
        writeln!(out, "{path}/{problem}")?;
    }
    let counted = format!("{} steps, {} records, {} files", report.steps, report.records, report.files);
    match report.problems.len() as u64 + report.omitted {
        0 => writeln!(out, "{path}: valid ({counted})"),
        1 => writeln!(out, "{path}: 1 problem ({counted})"),
        all if report.omitted > 0 => {
            writeln!(out, "{path}: {all} problems, {} of them not listed ({counted})", report.omitted)
        }
        all => writeln!(out, "{path}: {all} problems ({counted})"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tracing_augur::record::parse;

    const NO_BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    const NOTHING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/nothing-is-here");

    fn ran(bundles: &[&str], json: bool) -> (Exit, String, String) {
        let args = ValidateArgs { bundles: bundles.iter().map(PathBuf::from).collect(), json };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = judge(&args, &mut out, &mut err).unwrap();
        (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn a_folder_without_a_bundle_is_invalid() {
        let (exit, out, err) = ran(&[NO_BUNDLE], false);
        assert_eq!((exit, err.as_str()), (Exit::Invalid, ""));
        let lines: Vec<&str> = out.lines().collect();
        let [problem, verdict] = lines.as_slice() else { unreachable!("{out}") };
        assert!(problem.ends_with("/manifest.json: absent: the folder holds no bundle"), "{problem}");
        assert!(verdict.ends_with(": 1 problem (0 steps, 0 records, 0 files)"), "{verdict}");
    }

    #[test]
    fn a_place_without_anything_has_no_verdict() {
        let (exit, out, err) = ran(&[NOTHING], false);
        assert_eq!((exit, out.as_str()), (Exit::Io, ""));
        assert!(err.contains("nothing-is-here") && err.ends_with("name the folder of a bundle\n"), "{err}");
        let (exit, out, _) = ran(&[NOTHING], true);
        let error = parse(out.as_bytes()).unwrap();
        assert_eq!(exit, Exit::Io);
        assert_eq!(error.get("error").and_then(|error| error.get("code")).and_then(Value::as_str), Some("not_found"));
    }

    #[test]
    fn several_bundles_share_one_document() {
        let (exit, out, err) = ran(&[NO_BUNDLE, NOTHING], true);
        let document = parse(out.as_bytes()).unwrap();
        assert_eq!(exit, Exit::Partial);
        assert_eq!(document.get("valid").and_then(Value::as_bool), Some(false));
        let bundles = document.get("bundles").and_then(Value::as_array).unwrap();
        assert_eq!(bundles.len(), 2);
        assert_eq!(bundles.first().unwrap().get("path").and_then(Value::as_str), Some(NO_BUNDLE));
        assert!(bundles.last().unwrap().get("error").is_some());
        assert_eq!(err.lines().count(), 1);
    }
}
