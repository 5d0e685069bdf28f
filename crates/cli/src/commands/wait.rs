//! `tiphys wait` and `tiphys watch`: following runs that others drive.

use clap::Args as ClapArgs;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tiphys_controller::{Recorded, shard::decode};
use tiphys_engine::Time;
use tiphys_store::{Journal, MachineId, Runs, Summary};

use crate::commands::get::current;
use crate::follow::View;
use crate::print::{End, Lines, Live, Paint, Screen, end, is_terminal, to_stdout, utc};
use crate::problem::{named, problem};
use crate::remote::{self, Server};
use crate::state::{Local, now};
use crate::verb::Verb;

/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Most records that are read at once.
const RECORDS_PER_READ: usize = 1_000;

/// How often a run may be found without an engine before that is believed: one engine may follow another.
const LOOKS_WITHOUT_ENGINE: u32 = 10;

/// Wait until runs have ended; exit code 1 if one of them failed
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys wait hello-x7k2p
  tiphys wait first second && echo both fine")]
pub struct Args {
    /// Names of runs, or `@latest`
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Namespace of the runs
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Runs that are not there count as done
    #[arg(long)]
    pub ignore_not_found: bool,
}

/// Watch a run that another process drives, until it ends
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys watch @latest")]
pub struct WatchArgs {
    /// Name of the run, or `@latest`
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Namespace of the run
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// Only nodes in this phase (a server only)
    #[arg(long, value_name = "PHASE")]
    pub status: Option<String>,
    /// Only nodes that match, for instance `displayName=build` (a server only)
    #[arg(long, value_name = "SELECTOR")]
    pub node_field_selector: Option<String>,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::wait(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    named(&args.names, "tiphys wait @latest")?;
    let mut local = Local::open_to_read()?;
    let mut open = Vec::new();
    for name in &args.names {
        let there = local.there(name, args.namespace.as_deref())?;
        match there {
            None if args.ignore_not_found => {}
            None => return Err(local.unknown(name, args.namespace.as_deref())?),
            Some(summary) => open.push((summary, 0)),
        }
    }
    let mut failed = false;
    while !open.is_empty() {
        let mut still = Vec::new();
        for (summary, mut alone) in open {
            let Some(summary) = local.store.summary(&MachineId::workflow(&*summary.uid))? else { continue };
            match summary.finished_us {
                Some(finished) => {
                    to_stdout(&format!("{} {} at {}\n", summary.name, summary.phase, utc(Time(finished))));
                    failed |= summary.phase != "Succeeded";
                }
                None => {
                    look_for_engine(&local, &summary, &mut alone)?;
                    still.push((summary, alone));
                }
            }
        }
        open = still;
        if !open.is_empty() {
            std::thread::sleep(LOOK_EVERY);
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A run that nobody drives will not end by itself.
fn look_for_engine(local: &Local, summary: &Summary, alone: &mut u32) -> anyhow::Result<()> {
    if local.driver(&summary.uid)?.is_some() {
        *alone = 0;
        return Ok(());
    }
    *alone += 1;
    if *alone <= LOOKS_WITHOUT_ENGINE {
        return Ok(());
    }
    Err(problem(
        format!("nobody drives the run `{}`, so it will not end", summary.name),
        format!("go on with `tiphys continue {0}`, or end it with `tiphys stop {0}`", summary.name),
    ))
}

impl Verb for WatchArgs {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::watch(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        watch(self)
    }
}

/// Watches until the run ends. The exit code says nothing about how (CLI-035).
fn watch(args: &WatchArgs) -> anyhow::Result<ExitCode> {
    let [name] = args.names.as_slice() else {
        return Err(problem("one run can be watched at a time", "for instance `tiphys watch @latest`"));
    };
    let filters = [("--status", &args.status), ("--node-field-selector", &args.node_field_selector)];
    if let Some((flag, _)) = filters.iter().find(|(_, given)| given.as_ref().is_some_and(|is| !is.is_empty()))
    {
        return Err(problem(
            format!("`watch {flag}` chooses nodes of a server only"),
            format!(
                "`tiphys get {name} {flag} …` shows them as they are now; or name the server with `-s HOST:PORT`"
            ),
        ));
    }
    watch_run(name, args.namespace.as_deref())
}

/// Watches one run.
pub fn watch_run(name: &str, namespace: Option<&str>) -> anyhow::Result<ExitCode> {
    let mut local = Local::open_to_read()?;
    let mut summary = local.find(name, namespace)?;
    let run_dir = local.state.run_dir(&summary.uid)?;
    let paint = Paint::stdout();
    let mut view: Box<dyn View> = if is_terminal() {
        Box::new(Live::new(Screen::Stdout, paint, run_dir.clone()))
    } else {
        Box::new(Lines::new(paint, false))
    };
    let machine = MachineId::workflow(&*summary.uid);
    let mut loaded = local.load(&summary)?;
    view.begin(&loaded.run);
    let mut alone = 0;
    loop {
        let records = local.store.tail(&machine, loaded.seq, RECORDS_PER_READ)?;
        let idle = records.is_empty();
        for record in records {
            let events = decode(&record).map_err(anyhow::Error::msg)?;
            let recorded = Recorded {
                uid: summary.uid.clone(),
                seq: record.seq,
                at: Time(record.at_us),
                events: Arc::new(events),
            };
            recorded.events.iter().for_each(|event| loaded.run.apply(recorded.at, event));
            loaded.seq = record.seq;
            view.recorded(&loaded.run, &recorded);
        }
        if loaded.run.is_ended() {
            view.end(&loaded.run, now());
            break;
        }
        view.tick(&loaded.run, now());
        if idle {
            if let Err(error) = look_for_engine(&local, &summary, &mut alone) {
                view.leave();
                return Err(error);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
    if let Some(now) = local.store.summary(&machine)? {
        summary = now;
    }
    let document = current(&mut local, &summary)?;
    let took_us = summary.finished_us.zip(summary.started_us).map(|(finished, started)| finished - started);
    to_stdout(&end(&End { document: &document, run_dir: &run_dir, took_us, paint }));
    Ok(ExitCode::SUCCESS)
}
