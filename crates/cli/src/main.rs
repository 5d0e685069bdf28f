//! `tiphys`: runs Argo Workflows manifests anywhere.

mod commands;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs Argo Workflows manifests anywhere.
#[derive(Parser)]
#[command(name = "tiphys", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run workflows on this machine and wait for their end.
    Run(commands::run::Args),
}

fn main() -> ExitCode {
    // The supervisor of a run is this same program, started again.
    tiphys_runner::enter_if_asked();
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Run(args) => commands::run::run(&args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
