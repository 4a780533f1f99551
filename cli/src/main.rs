//! The program `augur`: records, recovers, validates and summarises bundles, and shows what a run looks like.

mod demo;
mod diagnose;
mod exit;
mod gc;
mod output;
mod record;
mod recover;
mod summarize;
mod validate;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Debug bundles for AI agents
///
/// Without a command it runs `augur demo`.
#[derive(Debug, Parser)]
#[command(name = "augur", version, after_help = exit::TABLE)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Diagnose(diagnose::DiagnoseArgs),
    Gc(gc::GcArgs),
    Record(record::RecordArgs),
    Recover(recover::RecoverArgs),
    Summarize(summarize::SummarizeArgs),
    Validate(validate::ValidateArgs),
}

fn main() -> ExitCode {
    let command = Cli::parse().command.or_else(|| Cli::parse_from(["augur", "demo"]).command);
    let ended = match command {
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Diagnose(args)) => diagnose::run(&args),
        Some(Command::Gc(args)) => gc::run(&args),
        Some(Command::Record(args)) => record::run(&args),
        Some(Command::Recover(args)) => recover::run(&args),
        Some(Command::Summarize(args)) => summarize::run(&args),
        Some(Command::Validate(args)) => validate::run(&args),
        None => Ok(exit::Exit::Usage),
    };
    output::end(ended).into()
}
