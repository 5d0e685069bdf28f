//! `tiphys`: runs Argo Workflows manifests anywhere.

mod arguments;
mod commands;
mod door;
mod engine;
mod follow;
mod load;
mod logs;
mod orphans;
mod output;
mod print;
mod problem;
mod session;
mod signal;
mod state;
mod supported;
mod world;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Exit code of a run that was refused before it started, and of a command line that makes no sense.
const REFUSED: u8 = 2;

/// Runs Argo Workflows manifests anywhere
#[derive(Parser)]
#[command(
    name = "tiphys",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Begin with `tiphys run FILE`. The state of local runs is in $TIPHYS_STATE_DIR, else \
$XDG_STATE_HOME/tiphys, else ~/.local/state/tiphys."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(commands::run::Args),
    Continue(commands::continue_run::Args),
    Plan(commands::plan::Args),
    List(commands::list::Args),
    Get(commands::get::Args),
    Why(commands::why::Args),
    Logs(commands::logs::Args),
    Watch(commands::wait::WatchArgs),
    Wait(commands::wait::Args),
    Stop(commands::control::StopArgs),
    Terminate(commands::control::Args),
    Suspend(commands::control::SuspendArgs),
    Resume(commands::control::ResumeArgs),
    Node(commands::control::NodeArgs),
    Cp(commands::cp::Args),
    Delete(commands::delete::Args),
    Prune(commands::delete::PruneArgs),
    Journal(commands::journal::Args),
    Lint(commands::lint::Args),
    Eval(commands::eval::Args),
    Doctor(commands::doctor::Args),
    Completion(commands::completion::Args),
    Server(commands::server::Args),
    Token(commands::token::Args),
    Config(commands::config::Args),
    Backup(commands::backup::Args),
    Restore(commands::backup::RestoreArgs),
    /// Print the version
    Version,
}

fn main() -> ExitCode {
    // The supervisor of a run is this same program, started again.
    tiphys_runner::enter_if_asked();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nobody may be listening any more; then there is nobody to tell.
            drop(error.print());
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(REFUSED),
            };
        }
    };
    let (result, refusal) = perform(cli.command);
    result.unwrap_or_else(|error| {
        problem::tell(&error);
        ExitCode::from(refusal)
    })
}

/// Does it. Beside the result: the exit code of an error.
fn perform(command: Command) -> (anyhow::Result<ExitCode>, u8) {
    let result = match command {
        Command::Run(args) => return (commands::run::run(&args), REFUSED),
        Command::Continue(args) => return (commands::continue_run::run(&args), REFUSED),
        Command::Plan(args) => commands::plan::run(&args),
        Command::List(args) => commands::list::run(&args),
        Command::Get(args) => commands::get::run(&args),
        Command::Why(args) => commands::why::run(&args),
        Command::Logs(args) => commands::logs::run(&args),
        Command::Watch(args) => commands::wait::watch(&args),
        Command::Wait(args) => commands::wait::run(&args),
        Command::Stop(args) => commands::control::stop(&args),
        Command::Terminate(args) => commands::control::terminate(&args),
        Command::Suspend(args) => commands::control::suspend(&args),
        Command::Resume(args) => commands::control::resume(&args),
        Command::Node(args) => commands::control::node(&args),
        Command::Cp(args) => commands::cp::run(&args),
        Command::Delete(args) => commands::delete::run(&args),
        Command::Prune(args) => commands::delete::prune(&args),
        Command::Journal(args) => commands::journal::run(&args),
        Command::Lint(args) => commands::lint::run(&args),
        Command::Eval(args) => commands::eval::run(&args),
        Command::Doctor(args) => commands::doctor::run(&args),
        Command::Completion(args) => commands::completion::run(&args),
        Command::Server(args) => commands::server::run(&args),
        Command::Token(args) => commands::token::run(&args),
        Command::Config(args) => commands::config::run(&args),
        Command::Backup(args) => commands::backup::backup(&args),
        Command::Restore(args) => commands::backup::restore(&args),
        Command::Version => {
            print::to_stdout(&format!("tiphys {}\n", env!("CARGO_PKG_VERSION")));
            Ok(ExitCode::SUCCESS)
        }
    };
    (result, 1)
}
