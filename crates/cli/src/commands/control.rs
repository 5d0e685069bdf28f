//! Steering a run: `stop`, `terminate`, `suspend`, `resume`, `node set`.
//!
//! What is asked is a letter in the run's inbox, durable before anything is printed. An engine that drives the run
//! is woken; if there is none, a run that is to end is driven to its end from here, and everything else waits for
//! whoever continues the run.

use clap::Args as ClapArgs;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tiphys_controller::Ask;
use tiphys_engine::workflow::{Phase, Request};
use tiphys_store::{Journal, MachineId, Summary};

use crate::commands::continue_run::take_over;
use crate::print::{to_stderr, to_stdout};
use crate::problem::problem;
use crate::session::{Left, Show};
use crate::signal::Signals;
use crate::state::Local;

/// How long an engine may take to read a letter before we say that it did not.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How often we look whether it was read.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The runs that are meant.
#[derive(ClapArgs)]
pub struct Names {
    /// Names of runs, or `@latest`
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Namespace of the runs
    #[arg(short, long)]
    namespace: Option<String>,
}

/// End a run at once: running steps are ended, exit handlers are not run
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys terminate hello-x7k2p")]
pub struct Args {
    #[command(flatten)]
    names: Names,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// End a run: running steps are ended, then exit handlers run
///
/// With a selector, waiting suspended nodes that match fail instead.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys stop hello-x7k2p
  tiphys stop deploy --node-field-selector displayName=approve --message 'not today'")]
pub struct StopArgs {
    #[command(flatten)]
    names: Names,
    /// Only nodes that match, for instance `displayName=approve`
    #[arg(long, value_name = "SELECTOR", default_value = "")]
    node_field_selector: String,
    /// Message of the nodes that are failed
    #[arg(long)]
    message: Option<String>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// Hold a run: nothing new is started
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys suspend hello-x7k2p")]
pub struct SuspendArgs {
    #[command(flatten)]
    names: Names,
}

/// Let a held run go on, and end suspended nodes
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys resume hello-x7k2p
  tiphys resume deploy --node-field-selector displayName=approve")]
pub struct ResumeArgs {
    #[command(flatten)]
    names: Names,
    /// Only nodes that match, for instance `displayName=approve`
    #[arg(long, value_name = "SELECTOR", default_value = "")]
    node_field_selector: String,
}

/// Give a suspended node output values, a phase, or a message
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys node set deploy --node-field-selector displayName=approve --output-parameter answer=yes
  tiphys node set deploy --node-field-selector displayName=approve --phase Succeeded")]
pub struct NodeArgs {
    /// What to do: `set`
    #[arg(value_parser = ["set"])]
    action: String,
    /// Name of the run, or `@latest`
    name: String,
    /// Namespace of the run
    #[arg(short, long)]
    namespace: Option<String>,
    /// The nodes, for instance `displayName=approve`
    #[arg(long, value_name = "SELECTOR", default_value = "")]
    node_field_selector: String,
    /// Value of an output parameter
    #[arg(short = 'p', long, value_name = "NAME=VALUE")]
    output_parameter: Vec<String>,
    /// The phase it ends with
    #[arg(long, value_parser = ["Succeeded", "Failed", "Error", "Skipped"])]
    phase: Option<String>,
    /// Its message
    #[arg(short, long)]
    message: Option<String>,
}

pub fn stop(args: &StopArgs) -> anyhow::Result<ExitCode> {
    let ends = args.node_field_selector.is_empty();
    for_each(
        &args.names,
        "stopped",
        args.dry_run,
        |_| Request::Stop { selector: args.node_field_selector.clone(), message: args.message.clone() },
        ends,
    )
}

pub fn terminate(args: &Args) -> anyhow::Result<ExitCode> {
    for_each(&args.names, "terminated", args.dry_run, |_| Request::Terminate, true)
}

pub fn suspend(args: &SuspendArgs) -> anyhow::Result<ExitCode> {
    for_each(&args.names, "suspended", false, |_| Request::Suspend, false)
}

pub fn resume(args: &ResumeArgs) -> anyhow::Result<ExitCode> {
    for_each(
        &args.names,
        "resumed",
        false,
        |_| Request::Resume { selector: args.node_field_selector.clone(), by: None },
        false,
    )
}

pub fn node(args: &NodeArgs) -> anyhow::Result<ExitCode> {
    let mut parameters = BTreeMap::new();
    for pair in &args.output_parameter {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            problem(format!("`--output-parameter {pair}` is not NAME=VALUE"), "for instance `-p answer=yes`")
        })?;
        parameters.insert(name.to_owned(), unquoted(value));
    }
    let phase = match args.phase.as_deref() {
        Some("Succeeded") => Some(Phase::Succeeded),
        Some("Failed") => Some(Phase::Failed),
        Some("Skipped") => Some(Phase::Skipped),
        Some(_) => Some(Phase::Error),
        None => None,
    };
    let request = Request::SetNode {
        selector: args.node_field_selector.clone(),
        parameters,
        phase,
        message: args.message.clone(),
    };
    let mut local = Local::open()?;
    let summary = local.find(&args.name, args.namespace.as_deref())?;
    send(&mut local, &summary, request)?;
    to_stdout("workflow values set\n");
    Ok(ExitCode::SUCCESS)
}

/// A value in double quotes stands for what is quoted (CLI-044).
fn unquoted(value: &str) -> String {
    if value.len() > 1 && value.starts_with('"') && value.ends_with('"') {
        serde_json::from_str(value).unwrap_or_else(|_| value.to_owned())
    } else {
        value.to_owned()
    }
}

fn for_each(
    names: &Names,
    done: &str,
    dry_run: bool,
    request: impl Fn(&Summary) -> Request,
    ends: bool,
) -> anyhow::Result<ExitCode> {
    let mut local = Local::open()?;
    for name in &names.names {
        let summary = local.find(name, names.namespace.as_deref())?;
        if dry_run {
            to_stdout(&format!("workflow {} {done} (dry-run)\n", summary.name));
            continue;
        }
        match send(&mut local, &summary, request(&summary))? {
            Delivery::Read => {}
            Delivery::Waits if ends => end_here(&mut local, &summary)?,
            Delivery::Waits => to_stderr(&format!(
                "notice: nobody drives `{0}` now; it takes effect with `tiphys continue {0}`\n",
                summary.name
            )),
        }
        to_stdout(&format!("workflow {} {done}\n", summary.name));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether an engine has taken what was asked.
enum Delivery {
    /// It is in the journal.
    Read,
    /// It waits in the inbox: nobody drives the run.
    Waits,
}

fn send(local: &mut Local, summary: &Summary, request: Request) -> anyhow::Result<Delivery> {
    let name = &summary.name;
    if summary.finished_us.is_some() {
        return Err(problem(
            format!("the run `{name}` has ended already, with {}", summary.phase),
            format!("`tiphys get {name}` shows how"),
        ));
    }
    let machine = MachineId::workflow(&*summary.uid);
    let letter = serde_json::to_vec(&Ask::Request(request))?;
    let number = local
        .store
        .put_inbox(&machine, &letter)?
        .ok_or_else(|| problem(format!("the run `{name}` is gone"), "`tiphys list` shows what is there"))?;
    let until = Instant::now() + ANSWER_WITHIN;
    loop {
        if !local.state.poke(&machine)? && local.driver(&summary.uid)?.is_none() {
            let waits = local.store.inbox(&machine)?.iter().any(|letter| letter.number == number);
            return Ok(if waits { Delivery::Waits } else { Delivery::Read });
        }
        std::thread::sleep(LOOK_EVERY);
        if !local.store.inbox(&machine)?.iter().any(|letter| letter.number == number) {
            return Ok(Delivery::Read);
        }
        if Instant::now() > until {
            return Err(problem(
                format!("the engine of `{name}` does not answer; what was asked lies in its inbox"),
                "it takes effect as soon as the engine looks, or when the run is continued",
            ));
        }
    }
}

/// Drives a run that is to end, to its end, in silence.
fn end_here(local: &mut Local, summary: &Summary) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    match take_over(local, summary, None, &Show::nothing(), &signals)? {
        Left::Over(_) => Ok(()),
        Left::Interrupted(_) => Err(problem(
            format!("`{}` was not ended", summary.name),
            format!("`tiphys stop {}` goes on with it", summary.name),
        )),
    }
}
