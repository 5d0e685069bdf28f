//! `tiphys`: runs Argo Workflows manifests anywhere.

mod arguments;
mod commands;
mod engine;
mod follow;
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
mod world;

use crate::remote::{Connect, Server};
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
    Version(VersionArgs),
}

/// Print the version, and that of the server if one is named
#[derive(clap::Args)]
#[command(after_help = "Examples:
  tiphys version --short
  tiphys version -s flows.example.com:2746")]
struct VersionArgs {
    /// The number alone
    #[arg(long)]
    short: bool,
}

fn main() -> ExitCode {
    // The supervisor of a run is this same program, started again.
    tiphys_runner::enter_if_asked();
    let cli = match Cli::try_parse_from(remote::words(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            return misread(&error);
        }
    };
    let (result, refusal) = perform(cli);
    result.unwrap_or_else(|error| {
        problem::tell(&error);
        ExitCode::from(refusal)
    })
}

/// A command line that makes no sense, or asks for help.
fn misread(error: &clap::Error) -> ExitCode {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let words: Vec<String> = std::env::args().skip(1).collect();
    // Only who asks for help waits for the examples to be put together.
    let with_examples = is_help.then(|| help::command_line().try_get_matches_from(std::env::args_os()).err());
    let error = with_examples.as_ref().and_then(Option::as_ref).unwrap_or(error);
    if !is_help && error.kind() != ErrorKind::MissingSubcommand && Connect::is_likely(&words) {
        // Whoever asks a server expects what Argo's command line answers.
        print::to_stderr(&remote::refused(error, &words).text());
        return ExitCode::FAILURE;
    }
    // Nobody may be listening any more; then there is nobody to tell.
    drop(error.print());
    if is_help { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
}

/// Does it. Beside the result: the exit code of an error.
fn perform(cli: Cli) -> (anyhow::Result<ExitCode>, u8) {
    let ask = Ask { connect: &cli.connect };
    let result = match cli.command {
        Command::Run(args) => return (commands::run::run(&args), REFUSED),
        Command::Continue(args) => return (commands::continue_run::run(&args), REFUSED),
        Command::Submit(args) => {
            let space = args.options.namespace.as_deref();
            ask.or(space, |server| remote::submit(server, &args), || commands::submit::submit(&args))
        }
        Command::Plan(args) => commands::plan::run(&args),
        Command::List(args) => ask.or(
            args.namespace.as_deref(),
            |server| remote::list(server, &args),
            || commands::list::run(&args),
        ),
        Command::Get(args) => ask.or(
            args.namespace.as_deref(),
            |server| remote::get(server, &args),
            || commands::get::run(&args),
        ),
        Command::Why(args) => ask.or(
            args.namespace.as_deref(),
            |server| commands::why::there(server, &args),
            || commands::why::run(&args),
        ),
        Command::Logs(args) => ask.or(
            args.namespace.as_deref(),
            |server| remote::logs(server, &args),
            || commands::logs::run(&args),
        ),
        Command::Watch(args) => ask.or(
            args.namespace.as_deref(),
            |server| remote::watch(server, &args),
            || commands::wait::watch(&args),
        ),
        Command::Wait(args) => ask.or(
            args.namespace.as_deref(),
            |server| remote::wait(server, &args),
            || commands::wait::run(&args),
        ),
        Command::Stop(args) => ask.or(
            args.runs.namespace.as_deref(),
            |server| remote::stop(server, &args),
            || commands::control::stop(&args),
        ),
        Command::Terminate(args) => {
            let here = || commands::control::terminate(&args);
            ask.or(args.runs.namespace.as_deref(), |server| remote::terminate(server, &args), here)
        }
        Command::Suspend(args) => {
            let here = || commands::control::suspend(&args);
            ask.or(args.runs.namespace.as_deref(), |server| remote::suspend(server, &args), here)
        }
        Command::Resume(args) => {
            let here = || commands::control::resume(&args);
            ask.or(args.runs.namespace.as_deref(), |server| remote::resume(server, &args), here)
        }
        Command::Retry(args) => ask.or(
            args.runs.namespace.as_deref(),
            |server| remote::retry(server, &args),
            || commands::again::retry(&args),
        ),
        Command::Resubmit(args) => {
            let here = || commands::again::resubmit(&args);
            ask.or(args.runs.namespace.as_deref(), |server| remote::resubmit(server, &args), here)
        }
        Command::Node(args) => ask.or(
            args.namespace.as_deref(),
            |server| remote::node(server, &args),
            || commands::control::node(&args),
        ),
        Command::Cp(args) => {
            ask.or(args.namespace.as_deref(), |server| remote::cp(server, &args), || commands::cp::run(&args))
        }
        Command::Delete(args) => ask.or(
            args.namespace.as_deref(),
            |server| remote::delete(server, &args),
            || commands::delete::run(&args),
        ),
        Command::Prune(args) => commands::delete::prune(&args),
        Command::Journal(args) => commands::journal::run(&args),
        Command::Locks(args) => ask.or(
            args.namespace.as_deref(),
            |server| commands::locks::there(server, &args),
            || commands::locks::run(&args),
        ),
        Command::Lint(args) => ask.or(
            args.namespace.as_deref(),
            |server| remote::lint(server, &args),
            || commands::lint::run(&args),
        ),
        Command::Convert(args) => commands::convert::run(&args),
        Command::Eval(args) => commands::eval::run(&args),
        Command::Template(args) => {
            ask.only("template", args.action.namespace(), |server| remote::template(server, &args))
        }
        Command::ClusterTemplate(args) => {
            ask.only("cluster-template", None, |server| remote::cluster_template(server, &args))
        }
        Command::Cron(args) => match args.action {
            commands::cron::Action::Here(action) => return (action.perform(), REFUSED),
            commands::cron::Action::There(action) => {
                ask.only("cron", action.namespace(), |server| remote::cron(server, &action))
            }
        },
        Command::Apply(args) => ask
            .only("apply", args.namespace.as_deref(), |server| remote::apply(server, &args))
            .map_err(remote::ours),
        Command::Events(args) => {
            ask.only("events", None, |server| remote::events(server, &args)).map_err(remote::ours)
        }
        Command::Archive(args) => {
            ask.only("archive", args.action.namespace(), |server| remote::archive(server, &args))
        }
        Command::Sync(args) => {
            let here = || commands::locks::sync(&cli.connect, &args);
            ask.or(args.action.namespace(), |server| remote::sync(server, &args), here)
        }
        Command::Auth(args) => remote::auth(&cli.connect, &args),
        Command::ServerInfo => ask.only("server-info", None, remote::server_info),
        Command::Doctor(args) => commands::doctor::run(&args),
        Command::Completion(args) => commands::completion::run(&args),
        Command::Server(args) => commands::server::run(&args),
        Command::Token(args) => {
            ask.only("token", None, |server| commands::token::run(server, &args)).map_err(remote::ours)
        }
        Command::Config(args) => commands::config::run(&args),
        Command::Backup(args) => commands::backup::backup(&args),
        Command::Restore(args) => commands::backup::restore(&args),
        Command::Version(args) => {
            let own = env!("CARGO_PKG_VERSION");
            ask.or(
                None,
                |server| {
                    print::to_stdout(&format!("tiphys: v{own}\n"));
                    remote::version(server, args.short)
                },
                || {
                    print::to_stdout(&format!("tiphys {own}\n"));
                    Ok(ExitCode::SUCCESS)
                },
            )
        }
    };
    (result, 1)
}

/// Where a verb is carried out.
struct Ask<'a> {
    connect: &'a Connect,
}

impl Ask<'_> {
    /// On the server that is named, or here.
    fn or(
        &self,
        namespace: Option<&str>,
        there: impl FnOnce(&Server) -> anyhow::Result<ExitCode>,
        here: impl FnOnce() -> anyhow::Result<ExitCode>,
    ) -> anyhow::Result<ExitCode> {
        match self.connect.server(namespace)? {
            Some(server) => there(&server),
            None => here(),
        }
    }

    /// On the server that is named, or the one of this state folder: what a machine alone does not have.
    fn only(
        &self,
        verb: &str,
        namespace: Option<&str>,
        there: impl FnOnce(&Server) -> anyhow::Result<ExitCode>,
    ) -> anyhow::Result<ExitCode> {
        match self.connect.server_or_own(namespace)? {
            Some(server) => there(&server),
            None => Err(problem::problem(
                format!("`tiphys {verb}` needs a server"),
                "`tiphys server` starts one on this state folder, which is found by itself; another is named with \
                 `-s HOST:PORT` or TIPHYS_SERVER",
            )),
        }
    }
}
