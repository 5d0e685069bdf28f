//! `tiphys continue`: goes on with a run whose engine is gone.

use clap::Args as ClapArgs;
use std::process::ExitCode;
use std::sync::mpsc;
use tiphys_store::{MachineId, Runs, Summary};

use crate::engine::{Engine, Steps};
use crate::orphans::end_steps;
use crate::problem::problem;
use crate::session::{Left, Show, drive, over};
use crate::signal::Signals;
use crate::state::Local;

/// Go on with a run whose engine is gone, and wait for its end
///
/// Completed work stays. Steps that went on by themselves are found again; what was running and is not any more is
/// lost and follows its retry strategy. Waits, prints and exits as `run` does.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys continue hello-x7k2p
  tiphys continue @latest --log")]
pub struct Args {
    /// Name of the run, or `@latest`
    name: String,
    /// Namespace of the run
    #[arg(short, long)]
    namespace: Option<String>,
    /// Most steps at once [default: as the run began]
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    show: Show,
}

/// Continues.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut local = Local::open()?;
    let summary = local.find(&args.name, args.namespace.as_deref())?;
    if summary.finished_us.is_some()
        && let Some(document) = local.store.archived(&MachineId::workflow(&*summary.uid))?
    {
        let document = serde_json::from_slice(&document)?;
        end_steps(&mut local, &summary.uid)?;
        return over(&mut local, &summary, &document, &args.show);
    }
    let signals = Signals::listen()?;
    match take_over(&mut local, &summary, args.jobs, &args.show, &signals)? {
        Left::Over(code) | Left::Interrupted(code) => Ok(code),
    }
}

/// Drives a run that nobody drives, from here to its end.
pub fn take_over(
    local: &mut Local,
    summary: &Summary,
    jobs: Option<usize>,
    show: &Show,
    signals: &Signals,
) -> anyhow::Result<Left> {
    let name = &summary.name;
    if let Some(pid) = local.driver(&summary.uid)? {
        return Err(problem(
            format!("the run `{name}` is driven by process {pid}"),
            format!("look at it with `tiphys watch {name}`"),
        ));
    }
    let (_, mut world) = local.kept(summary)?;
    if let Some(jobs) = jobs {
        world.jobs = jobs;
    }
    // What happens from here on will be heard.
    let seen = match show.looks() {
        true => {
            let loaded = local.load(summary)?;
            Some((loaded.run, loaded.seq))
        }
        false => None,
    };
    let engine = Engine::start(local, &world, &summary.uid)?;
    engine.controller.subscribe(show.log)?;
    let (follower, updates) = mpsc::channel();
    if let Err(reason) = engine.controller.adopt(&summary.uid, Some(follower))? {
        engine.finish(Steps::GoOn)?;
        return Err(problem(
            reason.to_string(),
            format!("`tiphys journal show {name}` tells what happened so far"),
        ));
    }
    drive(local, engine, summary, seen, updates, show, signals)
}
