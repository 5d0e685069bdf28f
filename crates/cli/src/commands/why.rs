//! `tiphys why`: why a run or a node is as it is.

use clap::Args as ClapArgs;
use std::process::ExitCode;
use tiphys_controller::locks;
use tiphys_controller::shard::decode;
use tiphys_engine::explain::{Answer, Places, why};
use tiphys_engine::workflow::Event;
use tiphys_engine::{Run, Time, compile};
use tiphys_spec::similar;
use tiphys_store::{Journal, MachineId};

use crate::orphans::live_steps;
use crate::output::DataFormat;
use crate::print::{Paint, print_answer, to_stdout};
use crate::problem::problem;
use crate::remote::{self, Server};
use crate::state::{Local, now};
use crate::verb::Verb;

/// Explain why a run, or one of its nodes, waits, was skipped, or failed
///
/// Told from the journal: what it waited for and how long, what it depends on, which values it was given and where
/// they come from. A node is named by its id, its name, or the name of its step or task, also when it has not begun.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys why @latest
  tiphys why build-x7k2p deploy
  tiphys why build-x7k2p build-x7k2p-1234567 -o json")]
pub struct Args {
    /// Name of the run, or `@latest`
    name: String,
    /// The node: its id, name, display name, or the name of its step or task
    node: Option<String>,
    /// Namespace of the run
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Print an object for programs
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<DataFormat>,
    /// Leave colours out
    #[arg(long)]
    no_color: bool,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        there(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut local = Local::open_to_read()?;
    let summary = local.find(&args.name, args.namespace.as_deref())?;
    let (frozen, _) = local.kept(&summary)?;
    let plan = compile(&frozen).map_err(anyhow::Error::msg)?;
    let mut run = Run::new(plan.into());
    let records = local.store.load(&MachineId::workflow(&*summary.uid))?.unwrap_or_default().records;
    let mut history: Vec<(Time, Event)> = Vec::new();
    for record in &records {
        for event in decode(record).map_err(anyhow::Error::msg)? {
            run.apply(Time(record.at_us), &event);
            history.push((Time(record.at_us), event));
        }
    }
    let now = now();
    let Some(mut answer) = why(&run, &history, args.node.as_deref(), now) else {
        let node = args.node.as_deref().unwrap_or_default();
        let names: Vec<String> = run.indices().map(|ix| run.display_name(ix)).collect();
        return Err(problem(
            format!("the run `{}` has no node or task `{node}`", summary.name),
            match similar(node, names.iter().map(String::as_str)) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("`tiphys get {}` shows all nodes", summary.name),
            },
        ));
    };
    if let Some(lock) = answer.awaited_lock() {
        answer.held_by = locks::holders(&mut local.store, lock)?;
    }
    // Which engine drives it, and how many places that has, is not written down: its own steps are.
    answer.tell_places(Places { taken_by: run.placed(), ..Places::default() });
    if summary.finished_us.is_none() && local.driver(&summary.uid)?.is_none() {
        answer.tell_undriven(&summary.name, &live_steps(&mut local, &summary)?);
    }
    show(args, &answer, &summary.name, now)
}

/// The same, told by a server.
fn there(server: &Server, args: &Args) -> anyhow::Result<ExitCode> {
    let path = remote::own_run(server, &args.name, "why");
    let query = args.node.iter().map(|node| ("node", node.clone())).collect();
    let mut told = server.get(&path, &query)?;
    let answer: Answer = serde_json::from_value(told["answer"].take())
        .map_err(|error| anyhow::anyhow!("the server's answer cannot be read: {error}"))?;
    show(args, &answer, &args.name, now())
}

fn show(args: &Args, answer: &Answer, run: &str, now: Time) -> anyhow::Result<ExitCode> {
    match args.output {
        Some(format) => format.print(&serde_json::to_value(answer)?)?,
        None => {
            let paint = if args.no_color { Paint::plain() } else { Paint::stdout() };
            to_stdout(&print_answer(answer, run, paint, now));
        }
    }
    Ok(ExitCode::SUCCESS)
}
