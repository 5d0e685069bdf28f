//! Taking runs away with everything of them, many in one transaction.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tiphys_artifact::remove_tree;
use tiphys_controller::CLAIMS_GOING;
use tiphys_controller::collect::{self, Force};
use tiphys_engine::workflow::{claim_path, claims_of};
use tiphys_runner::process::{self, Options, ProcessRunner};
use tiphys_store::{MachineId, Owned, Ownership, Runs, Summary};

use crate::print::to_stderr;
use crate::problem::problem;
use crate::state::Local;
use crate::world::World;

/// How long the end of steps is waited for.
const END_WITHIN: Duration = Duration::from_secs(20);

/// Runs that go together.
const BATCH: usize = 256;

/// Of so many runs people are told how far it is, and what becomes of their room.
const MANY: usize = 1_000;

/// How often they are told.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// What was removed, or why it stays: an error from here ends it all.
pub type Told<'a> = &'a mut dyn FnMut(&Summary, anyhow::Result<()>) -> anyhow::Result<()>;

/// Removes runs that nobody drives: what still runs of them, their history, logs, secrets, claims and artifacts.
pub fn remove_all(local: &mut Local, runs: &[Summary], force: Force, told: Told<'_>) -> anyhow::Result<()> {
    let ownership = local.state.ownership()?;
    let mut told_at = Instant::now();
    for (number, batch) in runs.chunks(BATCH).enumerate() {
        remove_together(local, &ownership, batch, force, told)?;
        if runs.len() >= MANY && told_at.elapsed() >= TOLD_EVERY {
            told_at = Instant::now();
            let done = number * BATCH + batch.len();
            to_stderr(&format!("{done} of {} looked at\n", runs.len()));
        }
    }
    if runs.len() >= MANY {
        to_stderr("the database keeps its size on the disk; what was removed is room for what comes\n");
    }
    Ok(())
}

/// A run that is being removed.
struct Leaving<'a> {
    summary: &'a Summary,
    /// Where its claims lie below the folder of all claims.
    claims: Vec<PathBuf>,
    /// Artifacts that are never to go.
    kept: BTreeSet<PathBuf>,
    /// Held to the end, so that nobody takes up what is being removed.
    _owned: Owned,
}

fn remove_together(
    local: &mut Local,
    ownership: &Ownership,
    runs: &[Summary],
    force: Force,
    told: Told<'_>,
) -> anyhow::Result<()> {
    let claimed: Vec<_> = runs.iter().map(|run| (run, claim(ownership, run))).collect();
    // Looked for once nobody can start another.
    let found = process::found(local.state.dir()).into_iter();
    let alive: BTreeSet<String> = found.filter(|found| found.is_alive).map(|found| found.id).collect();
    let mut leaving = Vec::new();
    let mut ended = Ok(());
    for (summary, claimed) in claimed {
        match claimed.and_then(|owned| prepare(local, summary, owned, &alive, force)) {
            Ok(run) => leaving.push(run),
            Err(error) => ended = told(summary, Err(error)),
        }
        if ended.is_err() {
            break;
        }
    }
    let machines: Vec<MachineId> = leaving.iter().map(|run| MachineId::workflow(&*run.summary.uid)).collect();
    local.store.delete_all(&machines)?;
    local.store.delete_archived(&machines)?;
    let uids = leaving.iter().map(|run| &*run.summary.uid).collect();
    tiphys_controller::locks::forget_runs(&mut local.store, &uids)?;
    for run in leaving {
        remove_files(local, &run)?;
        told(run.summary, Ok(()))?;
    }
    ended
}

fn claim(ownership: &Ownership, summary: &Summary) -> anyhow::Result<Owned> {
    ownership.claim(&MachineId::workflow(&*summary.uid)).map_err(|error| {
        problem(
            format!("`{}` cannot be removed: {error}", summary.name),
            format!("end it first: tiphys terminate {}", summary.name),
        )
    })
}

/// Ends what still runs of a run, and lets its artifacts go.
fn prepare<'a>(
    local: &mut Local,
    summary: &'a Summary,
    owned: Owned,
    alive: &BTreeSet<String>,
    force: Force,
) -> anyhow::Result<Leaving<'a>> {
    end_steps(local.state.dir(), summary, alive)?;
    let claims = own_claims(local, summary);
    let kept = release_artifacts(local, summary, force)?;
    Ok(Leaving { summary, claims, kept, _owned: owned })
}

fn end_steps(state: &Path, summary: &Summary, alive: &BTreeSet<String>) -> anyhow::Result<()> {
    let uid = &summary.uid;
    let stuck = || {
        problem(
            format!("steps of `{}` do not end", summary.name),
            format!("see which with `ps`, end them, then `tiphys delete {}` again", summary.name),
        )
    };
    if alive.contains(uid) {
        let runner = ProcessRunner::new(Options::new(state, &**uid), Box::new(|_| {}));
        if runner.warm().is_ok() && !runner.close(true, END_WITHIN) {
            return Err(stuck());
        }
    }
    // A server that is gone left them with its own supervisor, beside those of its other runs.
    if alive.contains(&summary.engine) {
        let runner = ProcessRunner::new(Options::new(state, &*summary.engine), Box::new(|_| {}));
        let prefix = format!("{uid}/");
        if !runner.end(|attempt| attempt.0.starts_with(&prefix), END_WITHIN)? {
            return Err(stuck());
        }
    }
    Ok(())
}

fn remove_files(local: &Local, run: &Leaving<'_>) -> anyhow::Result<()> {
    let Leaving { summary, claims, kept, .. } = run;
    let state = local.state.dir();
    local.state.remove_files(&summary.uid)?;
    remove_folder(&state.join("supervisors").join(&summary.uid))?;
    for claim in claims {
        remove_folder(&state.join("claims").join(claim))?;
    }
    // By default a run's artifacts lie below its name and those of its pods, which begin with it; those with keys of their
    // own belong to the user.
    let folder = local.state.artifacts_of(&summary.namespace).join(&summary.name);
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(&*summary.name));
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
            remove_all_but(&entry.path(), kept)?;
        }
    }
    // It stays as long as there is something in it.
    drop(std::fs::remove_dir(&folder));
    Ok(())
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

/// Where the claims lie that a run made for itself.
fn own_claims(local: &mut Local, summary: &Summary) -> Vec<PathBuf> {
    // A document that cannot be read any more names none.
    let Ok((frozen, _)) = local.kept(summary) else { return Vec::new() };
    let Ok((workflow, _)) = tiphys_engine::compile::effective(&frozen) else { return Vec::new() };
    let claims = claims_of(&workflow.spec, &summary.name).into_iter();
    claims.filter_map(|(_, claim)| claim_path(&summary.namespace, &claim)).collect()
}

/// Removes the volumes of runs that are over, which an engine could not remove, or was killed over.
pub(super) fn remove_claims_going(state: &Path) -> anyhow::Result<()> {
    let going = state.join("claims").join(CLAIMS_GOING);
    let claims = std::fs::read_dir(going).into_iter().flatten().flatten();
    let (_, failed): (Vec<_>, Vec<_>) =
        claims.map(|claim| remove_folder(&claim.path())).partition(Result::is_ok);
    failed.into_iter().next().unwrap_or(Ok(()))
}

fn remove_folder(folder: &Path) -> anyhow::Result<()> {
    remove_tree(folder).map_err(|error| {
        problem(
            format!("cannot remove `{}`: {error}", folder.display()),
            "remove it by hand; nothing needs it any more",
        )
    })
}
