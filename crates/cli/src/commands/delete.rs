//! `tiphys delete` and `tiphys prune`: taking runs away, with everything of them.

use clap::Args as ClapArgs;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tiphys_controller::collect::{self, Force};
use tiphys_engine::Time;
use tiphys_runner::process::{self, Options, ProcessRunner};
use tiphys_store::{Filter, Life, MachineId, NameMatch, Runs, Summary};

use crate::orphans::end_steps;
use crate::print::{to_stderr, to_stdout};
use crate::problem::{Problem, problem};
use crate::remote::{self, Selector, Server, query};
use crate::state::{Local, now};
use crate::verb::Verb;
use crate::world::World;

/// How long the end of steps is waited for.
const END_WITHIN: Duration = Duration::from_secs(20);

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
    /// Also all runs that ended longer ago than this, for instance `7d`
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
            Some(summary) => delete(&mut local, &summary, args)?,
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
        for summary in found {
            delete(&mut local, &summary, args)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn delete(local: &mut Local, summary: &Summary, args: &Args) -> anyhow::Result<()> {
    if args.dry_run {
        to_stdout(&format!("Workflow '{}' deleted (dry-run)\n", summary.name));
        return Ok(());
    }
    if let Some(pid) = local.driver(&summary.uid)? {
        return Err(problem(
            format!("the run `{}` is going on, driven by process {pid}", summary.name),
            format!("end it first: tiphys terminate {}", summary.name),
        ));
    }
    remove(local, summary, if args.force { Force::Yes } else { Force::No })?;
    to_stdout(&format!("Workflow '{}' deleted\n", summary.name));
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
    for summary in &gone {
        if args.dry_run {
            to_stdout(&format!("Workflow '{}' deleted (dry-run)\n", summary.name));
        } else if local.driver(&summary.uid)?.is_none() {
            remove(&mut local, summary, Force::No)?;
            to_stdout(&format!("Workflow '{}' deleted\n", summary.name));
        }
    }
    if !args.dry_run {
        sweep(&mut local)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Removes runs whose `ttlStrategy` says that their time is over.
pub fn remove_expired(local: &mut Local) -> anyhow::Result<()> {
    let filter = Filter { life: Life::Finished, limit: LOOKED_AT_MAX, ..Filter::default() };
    let now = now();
    for summary in local.store.list(&filter)? {
        if !is_expired(local, &summary, now)? {
            continue;
        }
        if local.driver(&summary.uid)?.is_none() {
            match remove(local, &summary, Force::No) {
                // It stays, and whoever deletes it by name is told why.
                Err(error) if error.downcast_ref::<Problem>().is_some() => {}
                other => other?,
            }
        }
    }
    Ok(())
}

/// Whether the time of a run that has ended is over.
fn is_expired(local: &mut Local, run: &Summary, now: Time) -> anyhow::Result<bool> {
    let Some(body) = local.store.document(&MachineId::workflow(&*run.uid))? else { return Ok(false) };
    // Most runs have no time to live, and most documents are larger than this look.
    if !contains(&body, b"\"ttlStrategy\"") {
        return Ok(false);
    }
    let Ok(kept) = tiphys_controller::Kept::read(&body) else { return Ok(false) };
    let Ok((workflow, _)) = tiphys_engine::compile::effective(&kept.frozen) else { return Ok(false) };
    let strategy = workflow.spec.ttl_strategy.as_ref().and_then(|strategy| strategy.seconds(&run.phase));
    Ok(strategy
        .zip(run.finished_us)
        .is_some_and(|(seconds, ended)| now.since_us(Time(ended)) / 1_000_000 >= seconds))
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    body.windows(text.len()).any(|window| window == text)
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

/// Removes a run that nobody drives: what still runs of it, its history, logs, secrets, claims and artifacts.
fn remove(local: &mut Local, summary: &Summary, force: Force) -> anyhow::Result<()> {
    let uid = &summary.uid;
    // Held to the end, so that nobody takes up what is being removed.
    let ownership = local.state.ownership()?;
    let _owned = ownership.claim(&MachineId::workflow(&**uid)).map_err(|error| {
        problem(
            format!("`{}` cannot be removed: {error}", summary.name),
            format!("end it first: tiphys terminate {}", summary.name),
        )
    })?;
    let state = local.state.dir().to_owned();
    if process::found(&state).iter().any(|found| found.id == *uid && found.is_alive) {
        let runner = ProcessRunner::new(Options::new(&state, &**uid), Box::new(|_| {}));
        if runner.warm().is_ok() && !runner.close(true, END_WITHIN) {
            return Err(problem(
                format!("steps of `{}` do not end", summary.name),
                format!("see which with `ps`, end them, then `tiphys delete {}` again", summary.name),
            ));
        }
    }
    // A server that is gone left them with its own supervisor, beside those of its other runs.
    if process::found(&state).iter().any(|found| found.id == summary.engine && found.is_alive) {
        let runner = ProcessRunner::new(Options::new(&state, &*summary.engine), Box::new(|_| {}));
        let prefix = format!("{uid}/");
        if !runner.end(|attempt| attempt.0.starts_with(&prefix), END_WITHIN)? {
            return Err(problem(
                format!("steps of `{}` do not end", summary.name),
                format!("see which with `ps`, end them, then `tiphys delete {}` again", summary.name),
            ));
        }
    }
    let machine = MachineId::workflow(&**uid);
    let claims = own_claims(local, summary);
    let kept = release_artifacts(local, summary, force)?;
    local.store.delete(&machine)?;
    local.store.delete_archived(&[machine])?;
    tiphys_controller::locks::forget_run(&mut local.store, uid)?;
    local.state.remove_files(uid)?;
    remove_folder(&state.join("supervisors").join(uid))?;
    let claims_dir = state.join("claims").join(&summary.namespace);
    for claim in claims {
        remove_folder(&claims_dir.join(claim))?;
    }
    // By default a run's artifacts lie below its name; those with keys of their own belong to the user.
    remove_all_but(&local.state.artifacts_of(&summary.namespace).join(&summary.name), &kept)
}

/// Deletes the artifacts that go with a run wherever they are; answers where those lie that are never to go (PA-410).
fn release_artifacts(
    local: &mut Local,
    summary: &Summary,
    force: Force,
) -> anyhow::Result<BTreeSet<PathBuf>> {
    let body = local.store.document(&MachineId::workflow(&*summary.uid))?.unwrap_or_default();
    if !collect::may_concern(&body) {
        return Ok(BTreeSet::new());
    }
    let run = local.load(summary)?.run;
    let place = World::default().place(&local.state)?;
    collect::release(&run, &place, force).map_err(|reason| {
        problem(
            format!("the run `{}` stays: {reason}", summary.name),
            format!("mend that, or let them be: tiphys delete --force {}", summary.name),
        )
    })?;
    let kept = run.artifacts_kept().into_iter();
    let store = local.state.artifacts_of(&summary.namespace);
    Ok(kept.map(|kept| store.join(kept.artifact.location.key().trim_matches('/'))).collect())
}

/// Removes a folder with everything below it that does not lie at or below one of these paths.
fn remove_all_but(folder: &Path, kept: &BTreeSet<PathBuf>) -> anyhow::Result<()> {
    if !kept.iter().any(|path| path.starts_with(folder)) {
        return remove_folder(folder);
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            _ if kept.contains(&path) => {}
            Ok(kind) if kind.is_dir() => remove_all_but(&path, kept)?,
            // What cannot be removed is met again by `prune`.
            _ => drop(std::fs::remove_file(&path)),
        }
    }
    Ok(())
}

/// The folders of the claims that a run made for itself.
fn own_claims(local: &mut Local, summary: &Summary) -> Vec<String> {
    // A document that cannot be read any more names none.
    let Ok((frozen, _)) = local.kept(summary) else { return Vec::new() };
    let Ok((workflow, _)) = tiphys_engine::compile::effective(&frozen) else { return Vec::new() };
    let names = workflow.spec.volume_claim_templates.iter();
    names
        .filter_map(|claim| claim.pointer("/metadata/name").and_then(serde_json::Value::as_str))
        .map(|name| format!("{}-{name}", summary.name))
        .collect()
}

fn remove_folder(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(problem(
            format!("cannot remove `{}`: {error}", folder.display()),
            "remove it by hand; nothing needs it any more",
        )),
        _ => Ok(()),
    }
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
