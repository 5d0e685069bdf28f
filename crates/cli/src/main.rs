//! `tiphys`: runs Argo Workflows manifests anywhere.

mod arguments;
mod commands;
mod engine;
mod fetch;
mod follow;
mod given;
mod grammar;
mod help;
mod load;
mod logs;
mod orphans;
mod output;
mod print;
mod problem;
mod remote;
mod session;
mod signal;
mod state;
mod supported;
mod verb;
mod world;

use crate::remote::{Connect, Server};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
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
    #[command(flatten)]
    connect: Connect,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(commands::run::Args),
    Submit(commands::submit::SubmitArgs),
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
    Retry(commands::again::RetryArgs),
    Resubmit(commands::again::ResubmitArgs),
    Node(commands::control::NodeArgs),
    Cp(commands::cp::Args),
    Delete(commands::delete::Args),
    Prune(commands::delete::PruneArgs),
    Journal(commands::journal::Args),
    Locks(commands::locks::Args),
    Lint(commands::lint::Args),
    Convert(commands::convert::Args),
    Eval(commands::eval::Args),
    Apply(remote::ApplyArgs),
    Template(remote::TemplateArgs),
    #[command(visible_alias = "cluster-tmpl")]
    ClusterTemplate(remote::ClusterArgs),
    Cron(commands::cron::Args),
    Archive(remote::ArchiveArgs),
    Events(remote::EventsArgs),
    Sync(remote::SyncArgs),
    Auth(remote::AuthArgs),
    /// Print what a server offers: its namespace, links and columns
    #[command(after_help = "Examples:
  tiphys server-info -s flows.example.com:2746")]
    ServerInfo,
    Doctor(commands::doctor::Args),
    Completion(commands::completion::Args),
    Server(commands::server::Args),
    Token(commands::token::Args),
    Config(commands::config::Args),
    Backup(commands::backup::Args),
    Restore(commands::backup::RestoreArgs),
    Version(commands::version::Args),
}

fn main() -> ExitCode {
    // The supervisor of a run is this same program, started again.
    tiphys_runner::enter_if_asked();
    let words = grammar::namespace_last(remote::words(std::env::args_os()), &Cli::command());
    let read = grammar::lenient(Cli::command()).try_get_matches_from(&words);
    let read = read.and_then(|words| Ok((Cli::from_arg_matches(&words)?, verb::path(&words))));
    let (cli, path) = match read {
        Ok(read) => read,
        Err(error) => {
            return misread(&error, words);
        }
    };
    let (result, refusal) = match verb::is_local(&path).then(|| cli.connect.none_for(&path)) {
        Some(Err(error)) => (Err(error), REFUSED),
        _ => perform(cli),
    };
    let code = result.unwrap_or_else(|error| {
        problem::tell(&error);
        ExitCode::from(refusal)
    });
    match print::unmentioned() {
        Some(reason) => {
            print::to_stderr(&format!(
                "error: cannot write to standard output: {reason}\n\
                 help: the run itself is not touched by this; `tiphys get @latest` tells of it\n"
            ));
            if code == ExitCode::SUCCESS { ExitCode::FAILURE } else { code }
        }
        None => code,
    }
}

/// A command line that makes no sense, or asks for help.
fn misread(error: &clap::Error, given: Vec<OsString>) -> ExitCode {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let words: Vec<String> = given.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    // Only who asks for help waits for the examples to be put together.
    let with_examples = is_help.then(|| help::command_line().try_get_matches_from(given).err());
    let error = with_examples.as_ref().and_then(Option::as_ref).unwrap_or(error);
    if !is_help && Connect::is_likely(&words) {
        // Whoever asks a server expects what Argo's command line answers.
        if let Some(help) = remote::group_help(&words) {
            print::to_stdout(&help);
            return ExitCode::SUCCESS;
        }
        print::to_stderr(&remote::refused(error, &words).text());
        return ExitCode::FAILURE;
    }
    // Nobody may be listening any more; then there is nobody to tell.
    drop(error.print());
    if is_help { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
}

/// Does it. Beside the result: the exit code of an error.
fn perform(cli: Cli) -> (anyhow::Result<ExitCode>, u8) {
    let connect = &cli.connect;
    let result = match cli.command {
        Command::Run(args) => return (commands::run::run(&args), REFUSED),
        Command::Continue(args) => return (commands::continue_run::run(&args), REFUSED),
        Command::Submit(args) => verb::perform(&args, connect),
        Command::Plan(args) => verb::perform(&args, connect),
        Command::List(args) => verb::perform(&args, connect),
        Command::Get(args) => verb::perform(&args, connect),
        Command::Why(args) => verb::perform(&args, connect),
        Command::Logs(args) => verb::perform(&args, connect),
        Command::Watch(args) => verb::perform(&args, connect),
        Command::Wait(args) => verb::perform(&args, connect),
        Command::Stop(args) => verb::perform(&args, connect),
        Command::Terminate(args) => verb::perform(&args, connect),
        Command::Suspend(args) => verb::perform(&args, connect),
        Command::Resume(args) => verb::perform(&args, connect),
        Command::Retry(args) => verb::perform(&args, connect),
        Command::Resubmit(args) => verb::perform(&args, connect),
        Command::Node(args) => verb::perform(&args, connect),
        Command::Cp(args) => verb::perform(&args, connect),
        Command::Delete(args) => verb::perform(&args, connect),
        Command::Prune(args) => commands::delete::prune(&args),
        Command::Journal(args) => commands::journal::run(&args),
        Command::Locks(args) => verb::perform(&args, connect),
        Command::Lint(args) => verb::perform(&args, connect),
        Command::Convert(args) => commands::convert::run(&args, connect),
        Command::Eval(args) => commands::eval::run(&args),
        Command::Template(args) => {
            let there = |server: &Server| remote::template(server, &args);
            verb::on_a_server("template", connect, args.action.namespace(), there)
        }
        Command::ClusterTemplate(args) => {
            let there = |server: &Server| remote::cluster_template(server, &args);
            verb::on_a_server("cluster-template", connect, None, there)
        }
        Command::Cron(args) => match args.action {
            commands::cron::Action::Here(action) => return (action.perform(), REFUSED),
            commands::cron::Action::There(action) => {
                let there = |server: &Server| remote::cron(server, &action);
                verb::on_a_server("cron", connect, action.namespace(), there)
            }
        },
        Command::Apply(args) => {
            let there = |server: &Server| remote::apply(server, &args);
            verb::on_a_server("apply", connect, args.namespace.as_deref(), there).map_err(remote::ours)
        }
        Command::Events(args) => {
            let there = |server: &Server| remote::events(server, &args);
            verb::on_a_server("events", connect, None, there).map_err(remote::ours)
        }
        Command::Archive(args) => {
            let there = |server: &Server| remote::archive(server, &args);
            verb::on_a_server("archive", connect, args.action.namespace(), there)
        }
        Command::Sync(args) => verb::perform(&commands::locks::Sync { args: &args, connect }, connect),
        Command::Auth(args) => remote::auth(connect, &args),
        Command::ServerInfo => verb::on_a_server("server-info", connect, None, remote::server_info),
        Command::Doctor(args) => commands::doctor::run(&args),
        Command::Completion(args) => commands::completion::run(&args),
        Command::Server(args) => commands::server::run(&args),
        Command::Token(args) => {
            let there = |server: &Server| commands::token::run(server, &args);
            verb::on_a_server("token", connect, None, there).map_err(remote::ours)
        }
        Command::Config(args) => commands::config::run(&args),
        Command::Backup(args) => commands::backup::backup(&args),
        Command::Restore(args) => commands::backup::restore(&args),
        Command::Version(args) => verb::perform(&args, connect),
    };
    (result, 1)
}
