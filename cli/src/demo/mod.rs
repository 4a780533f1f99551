//! `augur demo`: an agent orders a lamp in a small simulated shop, trips over a dialog and gets past it, and leaves a bundle
//! to look at. Screenshots are real; shop, eye and planner are part of this program and need neither browser nor network.

mod agent;
mod canvas;
mod font;
mod planner;
mod shop;
#[cfg(test)]
mod tests;
mod verdict;
mod vision;
mod window;

use crate::{
    exit::Exit,
    output::{Failure, shown},
};
use agent::Outcome;
use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use tracing_augur::{
    CaptureMode, Config, InstallError, Report,
    bundle::Bundle,
    record::{Timestamp, Value, parse},
};

/// How long the end may take, for a collector that does not answer.
const DEADLINE: Duration = Duration::from_secs(5);

/// Runs a small agent that leaves a bundle: it works by screenshots, fails once and recovers
#[derive(Debug, Clone, Default, clap::Args)]
#[command(after_help = "Examples:
  augur demo
  augur demo --dir bundles --slow
  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 augur demo

The agent, the shop it orders from and its planner are all part of this program: no browser, no model. The network
is used only for OTLP, and only where an endpoint is set.")]
pub(crate) struct DemoArgs {
    /// The folder that the bundle goes into [default: AUGUR_DIR, else ./augur]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How much is captured, from `off` to `full` [default: AUGUR_CAPTURE_MODE, else full]
    #[arg(long, value_name = "MODE")]
    mode: Option<CaptureMode>,
    /// Pause after every step, to watch
    #[arg(long)]
    slow: bool,
}

pub(crate) fn run(args: &DemoArgs) -> io::Result<Exit> {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let guard = match config(args).init() {
        Ok(guard) => guard,
        Err(error) => return failure(&error).tell(false, &mut out, &mut err),
    };
    let run_id = format!("demo-{}", compact(&Timestamp::now().to_whole_seconds()));
    let pause = if args.slow { Duration::from_millis(900) } else { Duration::ZERO };
    writeln!(out, "An agent is asked: {}", planner::TASK)?;
    let outcome = agent::run(&run_id, pause, &mut out)?;
    let report = guard.shutdown(DEADLINE);
    tell(&outcome, &report, &mut out)?;
    Ok(exit(&outcome, &report))
}

fn config(args: &DemoArgs) -> Config {
    let mut config = Config::new("augur-demo").with_client_version(env!("CARGO_PKG_VERSION")).with_console(false);
    if let Some(dir) = &args.dir {
        config = config.with_root(dir);
    }
    // A demo that shows nothing by default would be a poor one; what the environment says goes all the same.
    let said = env::var_os("AUGUR_CAPTURE_MODE").is_some_and(|mode| !mode.is_empty());
    match args.mode.or((!said).then_some(CaptureMode::Full)) {
        Some(mode) => config.with_capture_mode(mode),
        None => config,
    }
}

fn failure(error: &InstallError) -> Failure {
    let (exit, code) = match error {
        InstallError::Thread(_) => (Exit::Io, "io"),
        _ => (Exit::Usage, "settings"),
    };
    Failure { exit, code, message: error.to_string(), hint: None, path: None }
}

fn exit(outcome: &Outcome, report: &Report) -> Exit {
    if report.bundles.iter().any(|bundle| bundle.refusal.is_some()) {
        Exit::Io
    } else if !report.is_complete() || !outcome.done {
        Exit::Partial
    } else {
        Exit::Success
    }
}

/// A value with a structure, member by member.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
}

/// A time without what only people need.
fn compact(time: &str) -> String {
    time.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Tells how it went, where the bundle is and what to do with it.
fn tell(outcome: &Outcome, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Outcome { done, steps, failed, model_calls, spent } = outcome;
    let end = match (done, failed) {
        (true, 0) => "done",
        (true, _) => "done all the same",
        (false, _) => "not done",
    };
    writeln!(
        out,
        "{steps} steps, {failed} failed, {end}; {model_calls} model calls; {:.6} USD (made up, as is the model)\n",
        agent::usd(*spent)
    )?;
    for bundle in &report.bundles {
        match (&bundle.folder, &bundle.refusal) {
            (Some(folder), None) => tell_bundle(folder, out)?,
            (_, Some(refusal)) => writeln!(out, "No bundle was written: {refusal}")?,
            (None, None) => writeln!(out, "No bundle was written.")?,
        }
        for (loss, count) in &bundle.lost {
            writeln!(out, "  lost: {count} {}", loss.as_str())?;
        }
    }
    if report.bundles.is_empty() {
        writeln!(out, "No bundle was written, because capture is off; `--mode full` turns it on.")?;
    }
    if let Some(otlp) = &report.otlp {
        writeln!(out, "OTLP: {otlp}")?;
        let sent = report.bundles.iter().filter(|_| otlp.spans.sent > 0).filter_map(|bundle| bundle.folder.as_deref());
        for trace in sent.filter_map(trace_id) {
            writeln!(out, "  trace {trace}")?;
        }
    }
    Ok(())
}

fn tell_bundle(folder: &Path, out: &mut dyn Write) -> io::Result<()> {
    let name = shown(folder);
    writeln!(out, "Bundle: {name}\n  augur summarize {name}\n  augur validate {name}")?;
    for (what, picture) in failed_pictures(folder) {
        writeln!(out, "  open {}   {what}", shown(&folder.join(picture)))?;
    }
    Ok(())
}

/// The screenshots of the step that failed, and the last one of the run.
fn failed_pictures(folder: &Path) -> Vec<(&'static str, String)> {
    let Ok(bundle) = Bundle::open(folder) else { return Vec::new() };
    let Ok(steps) = bundle.steps() else { return Vec::new() };
    let (mut failed, mut last) = (None, None);
    for stored in steps.flatten() {
        let picture = |member| stored.step.get(member).and_then(Value::as_str).map(str::to_owned);
        if stored.step.get("status").and_then(Value::as_str) == Some("failed") {
            failed = failed.or_else(|| picture("observation_post"));
        }
        last = picture("observation_pre").or(last);
    }
    let told = [("what the failed click met", failed), ("how it ended", last)];
    told.into_iter().filter_map(|(what, picture)| Some((what, picture?))).collect()
}

/// The trace that the run's spans were sent in, if they were.
fn trace_id(folder: &Path) -> Option<String> {
    let links = fs::read(folder.join("otel").join("links.jsonl")).ok()?;
    let first = parse(links.split(|byte| *byte == b'\n').next()?).ok()?;
    first.get("trace_id").and_then(Value::as_str).map(str::to_owned)
}
