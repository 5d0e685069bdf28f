//! `tiphys delete` and `tiphys prune`: taking runs away, with everything of them.

use clap::Args as ClapArgs;
use std::process::ExitCode;
use tiphys_controller::collect::Force;
use tiphys_engine::Time;
use tiphys_runner::process;
use tiphys_store::{Filter, Life, MachineId, NameMatch, Runs, Shared as _, Summary};

use crate::orphans::end_steps;
use crate::print::{to_stderr, to_stdout};
use crate::problem::{Problem, problem};
use crate::remote::{self, Selector, Server, query};
use crate::state::{Local, now};
use crate::verb::Verb;

mod removal;

use removal::{remove_all, remove_claims_going};

/// Remembered results that are forgotten in one transaction.
const FORGOTTEN_TOGETHER: usize = 500;

/// Most ended runs whose time to live is looked at in passing.
const LOOKED_AT_MAX: usize = 2_000;

/// Delete runs with their history, logs and artifacts
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys delete hello-x7k2p
  tiphys delete --completed
  tiphys delete --prefix hello- --dry-run")]
pub struct Args {
    /// Names of runs, or `@latest`
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Namespace of the runs
    #[arg(short, long)]
    pub namespace: Option<String>,
    /// All runs
    #[arg(long)]
    pub all: bool,
    /// All runs of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// All runs that have ended
    #[arg(long)]
    pub completed: bool,
    /// All runs that a resubmission made
    #[arg(long)]
    pub resubmitted: bool,
    #[command(flatten)]
    pub selector: Selector,
    /// How many a server is asked for at once
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub query_chunk_size: i64,
    /// Also runs whose artifacts cannot be deleted with them
    #[arg(long)]
    pub force: bool,
    /// All runs whose name begins so
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// All runs in these phases
    #[arg(long, value_delimiter = ',', value_name = "PHASE,…")]
    pub status: Vec<String>,
    /// All runs that ended longer ago than this, for instance `7d`
    #[arg(long, value_name = "DURATION")]
    pub older: Option<String>,
    /// Only say what would be deleted
    #[arg(long)]
    pub dry_run: bool,
}

/// Delete runs whose time is over, and what dead processes left behind
///
/// A run's time is over when its `ttlStrategy` says so, or when it is older than `--older`.
#[derive(ClapArgs)]
#[command(after_help = "Examples:
  tiphys prune
  tiphys prune --older 30d")]
pub struct PruneArgs {
    /// Also all runs that ended longer ago than this, for instance `7d`, and what `memoize` remembers if no step used it
    /// for so long
    #[arg(long, value_name = "DURATION")]
    older: Option<String>,
    /// Only say what would be deleted
    #[arg(long)]
    dry_run: bool,
}

impl Verb for Args {
    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    fn there(&self, server: &Server) -> anyhow::Result<ExitCode> {
        remote::delete(server, self)
    }

    fn here(&self) -> anyhow::Result<ExitCode> {
        run(self)
    }
}

impl Args {
    /// Whether runs are selected; an empty word selects nothing.
    pub fn selects(&self) -> bool {
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        self.all
            || self.all_namespaces
            || self.completed
            || self.resubmitted
            || given(&self.prefix)
            || given(&self.older)
            || !self.selector.is_empty()
            || !self.phases().is_empty()
    }

    /// The phases that are asked for.
    pub fn phases(&self) -> Vec<String> {
        self.status.iter().filter(|phase| !phase.is_empty()).cloned().collect()
    }
}

fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let selects = args.selects();
    if args.names.is_empty() && !selects {
        return Err(problem(
            "neither a name nor a selection is given",
            "name runs, or use --all, --completed, --prefix, --status or --older",
        ));
    }
    let mut local = Local::open()?;
    for name in &args.names {
        let found = match name.as_str() {
            "@latest" => Some(local.find(name, args.namespace.as_deref())?),
            _ => local.find(name, args.namespace.as_deref()).ok(),
        };
        match found {
            Some(summary) => delete(&mut local, &[summary], args)?,
            None => to_stdout(&format!("Workflow '{name}' not found\n")),
        }
    }
    if selects {
        let older = args.older.as_deref().filter(|older| !older.is_empty()).map(older_than).transpose()?;
        let filter = Filter {
            namespace: args.namespace.clone(),
            phases: args.phases(),
            name: args.prefix.clone().map(NameMatch::Prefix),
            life: if args.completed || older.is_some() { Life::Finished } else { Life::Any },
            ..Filter::default()
        };
        let mut found = local.store.every(&filter)?;
        let query = query(&args.selector)?;
        found.retain(|run| {
            let labels = serde_json::json!(run.labels);
            let resubmitted = labels.get("workflows.argoproj.io/resubmitted-from-workflow").is_some();
            (!args.resubmitted || resubmitted) && query.matches(&labels, &run.name, &run.namespace)
        });
        found.retain(|run| older.is_none_or(|before| run.finished_us.is_some_and(|ended| ended < before.0)));
        if found.is_empty() && args.names.is_empty() {
            to_stdout("No resources found\n");
        }
        delete(&mut local, &found, args)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn delete(local: &mut Local, runs: &[Summary], args: &Args) -> anyhow::Result<()> {
    if args.dry_run {
        runs.iter().for_each(|run| to_stdout(&format!("Workflow '{}' deleted (dry-run)\n", run.name)));
        return Ok(());
    }
    for run in runs {
        if let Some(pid) = local.driver(&run.uid)? {
            return Err(problem(
                format!("the run `{}` is going on, driven by process {pid}", run.name),
                format!("end it first: tiphys terminate {}", run.name),
            ));
        }
    }
    let force = if args.force { Force::Yes } else { Force::No };
    remove_all(local, runs, force, &mut tell)
}

fn tell(run: &Summary, removed: anyhow::Result<()>) -> anyhow::Result<()> {
    removed?;
    to_stdout(&format!("Workflow '{}' deleted\n", run.name));
    Ok(())
}

pub fn prune(args: &PruneArgs) -> anyhow::Result<ExitCode> {
    let mut local = Local::open()?;
    let before = args.older.as_deref().map(older_than).transpose()?;
    let ended = local.store.every(&Filter { life: Life::Finished, ..Filter::default() })?;
    let mut gone = Vec::new();
    for run in ended {
        let is_old = before.is_some_and(|before| run.finished_us.is_some_and(|ended| ended < before.0));
        if is_old || is_expired(&mut local, &run, now())? {
            gone.push(run);
        }
    }
    if gone.is_empty() {
        to_stderr("no run's time is over\n");
    }
    if args.dry_run {
        gone.iter().for_each(|run| to_stdout(&format!("Workflow '{}' deleted (dry-run)\n", run.name)));
        let unused = before.map_or(Ok(0), |before| local.store.count_unused_memos(before.0))?;
        tell_forgotten(unused, " (dry-run)");
        return Ok(ExitCode::SUCCESS);
    }
    let free = undriven(&local, gone)?;
    remove_all(&mut local, &free, Force::No, &mut tell)?;
    if let Some(before) = before {
        tell_forgotten(forget_unused(&mut local, before)?, "");
    }
    sweep(&mut local)?;
    remove_claims_going(local.state.dir())?;
    Ok(ExitCode::SUCCESS)
}

/// Forgets results that no step used since then (EX-338); how many they were.
fn forget_unused(local: &mut Local, before: Time) -> anyhow::Result<u64> {
    let mut forgotten = 0;
    loop {
        let more = local.store.forget_unused_memos(before.0, FORGOTTEN_TOGETHER)?;
        forgotten += more;
        if more < FORGOTTEN_TOGETHER as u64 {
            return Ok(forgotten);
        }
    }
}

fn tell_forgotten(results: u64, dry: &str) {
    match results {
        0 => {}
        1 => to_stdout(&format!("1 remembered result forgotten{dry}\n")),
        _ => to_stdout(&format!("{results} remembered results forgotten{dry}\n")),
    }
}

/// Removes runs whose `ttlStrategy` says that their time is over.
pub fn remove_expired(local: &mut Local) -> anyhow::Result<()> {
    let filter = Filter { life: Life::Finished, limit: LOOKED_AT_MAX, ..Filter::default() };
    let now = now();
    let mut expired = Vec::new();
    for summary in local.store.list(&filter)? {
        if is_expired(local, &summary, now)? {
            expired.push(summary);
        }
    }
    let free = undriven(local, expired)?;
    if free.is_empty() {
        return Ok(());
    }
    remove_all(local, &free, Force::No, &mut |_, removed| match removed {
        // It stays, and whoever deletes it by name is told why.
        Err(error) if error.downcast_ref::<Problem>().is_some() => Ok(()),
        other => other,
    })
}

/// Those of the runs that nobody drives.
fn undriven(local: &Local, runs: Vec<Summary>) -> anyhow::Result<Vec<Summary>> {
    let mut free = Vec::new();
    for run in runs {
        if local.driver(&run.uid)?.is_none() {
            free.push(run);
        }
    }
    Ok(free)
}

/// Whether the time of a run that has ended is over.
fn is_expired(local: &mut Local, run: &Summary, now: Time) -> anyhow::Result<bool> {
    let Some(body) = local.store.document(&MachineId::workflow(&*run.uid))? else { return Ok(false) };
    let seconds = tiphys_controller::seconds_to_live(&body, &run.phase);
    Ok(seconds
        .zip(run.finished_us)
        .is_some_and(|(seconds, ended)| now.since_us(Time(ended)) / 1_000_000 >= seconds))
}

fn older_than(text: &str) -> anyhow::Result<Time> {
    let malformed =
        || problem(format!("`--older {text}` is not a duration"), "for instance `90m`, `12h` or `7d`");
    let nanos = match text.strip_suffix('d') {
        Some(days) => days.parse::<i64>().map_err(|_| malformed())?.saturating_mul(86_400_000_000_000),
        None => tiphys_expr::duration::go(text).map_err(|_| malformed())?,
    };
    Ok(now().plus_nanos(nanos.saturating_neg()))
}

/// What dead engines, dead supervisors and half-deleted runs left.
fn sweep(local: &mut Local) -> anyhow::Result<()> {
    local.state.sweep_bells();
    let state = local.state.dir().to_owned();
    let live = local.store.every(&Filter { life: Life::Live, ..Filter::default() })?;
    for found in process::found(&state).into_iter().filter(|found| found.is_alive) {
        let run = local.store.summary(&MachineId::workflow(&*found.id))?;
        if run.is_some_and(|run| run.finished_us.is_some()) {
            end_steps(local, &found.id)?;
        }
    }
    process::sweep(&state, |id| live.iter().any(|run| run.uid == id));
    for entry in std::fs::read_dir(state.join("runs")).into_iter().flatten().flatten() {
        let Ok(uid) = entry.file_name().into_string() else { continue };
        let machine = MachineId::workflow(&*uid);
        if local.store.summary(&machine)?.is_none() && local.driver(&uid)?.is_none() {
            local.state.remove_files(&uid)?;
        }
    }
    local.state.sweep_secrets()?;
    tiphys_server::sweep_backups(&local.state);
    // A lock whose holder was killed keeps nobody out, and a run that has ended, or never came to be, needs none.
    for entry in std::fs::read_dir(state.join("owners")).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let uid = name.to_str().and_then(|name| name.strip_prefix("workflow-")?.strip_suffix(".lock"));
        let Some(uid) = uid else { continue };
        let run = local.store.summary(&MachineId::workflow(uid))?;
        if run.is_none_or(|run| run.finished_us.is_some()) && local.driver(uid)?.is_none() {
            // Whoever removed it first did the same.
            drop(std::fs::remove_file(entry.path()));
        }
    }
    Ok(())
}
