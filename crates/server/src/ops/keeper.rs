//! The thread that looks after runs that are over: it takes away what is kept long enough, and has people told.

use crate::argo::workflows;
use crate::config::{Config, Length, Occasion};
use crate::fault::{Code, Fault};
use crate::limits;
use crate::ops::notify::{Message, Teller};
use crate::own::runs::PIPELINES;
use crate::world::World;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};
use tiphys_controller::collect::Force;
use tiphys_store::{Filter, LabelTerm, Life, MachineId, Runs as _, Shared as _, Summary, Times};

/// How often it looks whether something is due.
const PAUSE: Duration = Duration::from_secs(15);

/// How often the files of artifacts are looked at.
const FILES_PAUSE: Duration = Duration::from_secs(3600);

/// How long memory that is not used any more is kept, at the least.
const MEMORY_PAUSE: Duration = Duration::from_secs(60);

/// Rows that are read, or runs that are removed, at once.
const PAGE: usize = 500;

/// What the keeper hears.
pub(crate) enum News {
    /// A run is over.
    Ended(String),
    /// A run may wait for a person now.
    Waiting(String),
    /// The settings are others.
    Settings,
}

/// The way to the keeper.
pub(crate) struct Keeper {
    ear: Mutex<Option<SyncSender<News>>>,
    /// More came than it could hear: it has to look at everything.
    missed: Arc<AtomicBool>,
}

impl Keeper {
    pub(crate) fn none() -> Keeper {
        Keeper { ear: Mutex::new(None), missed: Arc::default() }
    }

    /// Tells the keeper something, and waits for nobody; one that is gone need not know.
    pub(crate) fn tell(&self, news: News) {
        if let Some(keeper) = &*self.ear.lock().unwrap_or_else(PoisonError::into_inner)
            && let Err(TrySendError::Full(_)) = keeper.try_send(news)
        {
            self.missed.store(true, Ordering::Relaxed);
        }
    }

    /// Starts the thread. It ends with the world.
    pub(crate) fn start(&self, world: Weak<World>) -> std::io::Result<()> {
        let (sender, news) = sync_channel(limits::ENDS_WAITING_MAX);
        let beat = world.upgrade().map(|world| world.pulse.beat("keeper"));
        let missed = self.missed.clone();
        *self.ear.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        std::thread::Builder::new().name("keeper".to_owned()).spawn(move || {
            let _beat = beat;
            run(&world, &news, &missed);
        })?;
        Ok(())
    }
}

/// What is known of times.
#[derive(Default)]
struct Due {
    /// Runs by the time at which they go.
    runs: BTreeSet<(i64, String)>,
    /// Whether all runs that ended were looked at since the settings changed.
    filled: bool,
    files_at: Option<Instant>,
}

impl Due {
    /// Takes away everything whose time has come, a page at once. What cannot go now is tried again after a while.
    fn take_away(
        &mut self,
        now_us: i64,
        mut take: impl FnMut(&[String]) -> Result<Vec<Taken>, Fault>,
    ) -> Result<(), Fault> {
        loop {
            let mut page = Vec::new();
            while page.len() < PAGE
                && let Some(first) = self.runs.first()
                && first.0 <= now_us
                && let Some((_, uid)) = self.runs.pop_first()
            {
                page.push(uid);
            }
            if page.is_empty() {
                return Ok(());
            }
            let (taken, failed) = match take(&page) {
                Ok(taken) => (taken, Ok(())),
                Err(fault) => (vec![Taken::Stays; page.len()], Err(fault)),
            };
            let later = i64::try_from(PAUSE.as_micros()).unwrap_or(i64::MAX);
            let staying = page.into_iter().zip(taken).filter(|(_, taken)| *taken == Taken::Stays);
            self.runs.extend(staying.map(|(uid, _)| (now_us.saturating_add(later), uid)));
            failed?;
        }
    }
}

/// What became of a run that is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// It is gone, or need not go any more.
    Gone,
    /// It is still here.
    Stays,
}

fn run(world: &Weak<World>, news: &Receiver<News>, missed: &AtomicBool) {
    let mut due = Due::default();
    let mut teller = Teller::default();
    let (mut next, mut memory_at) = (Instant::now(), Instant::now());
    loop {
        let heard = news.recv_timeout(next.saturating_duration_since(Instant::now()));
        let Some(world) = world.upgrade() else { return };
        let done = match heard {
            Ok(News::Ended(uid)) => ended(&world, &uid, &mut due, &mut teller),
            Ok(News::Waiting(uid)) => waiting(&world, &uid, &mut teller),
            Ok(News::Settings) => {
                due = Due::default();
                next = Instant::now();
                Ok(())
            }
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        told(done);
        if missed.swap(false, Ordering::Relaxed) {
            tracing::warn!(
                "more runs end than can be looked after one by one: not everybody is told of each"
            );
            due = Due::default();
            next = Instant::now();
        }
        // By the clock, however much there is to hear.
        if Instant::now() >= next {
            next = Instant::now() + PAUSE;
            told(sweep(&world, &mut due));
        }
        if memory_at.elapsed() >= MEMORY_PAUSE {
            memory_at = Instant::now();
            tiphys_runner::give_memory_back();
        }
        if let Some((at_us, _)) = due.runs.first() {
            let left = u64::try_from(at_us.saturating_sub(world.now_us())).unwrap_or(0);
            next = next.min(Instant::now() + Duration::from_micros(left));
        }
    }
}

/// Tells what could not be done now: the store may be busy, and the next look finds the same again.
fn told(done: Result<(), Fault>) {
    if let Err(fault) = done {
        tracing::warn!(error = fault.message, "what is over cannot be looked after now");
    }
}

/// Notes when a run goes, and has people told how it came out.
fn ended(world: &World, uid: &str, due: &mut Due, teller: &mut Teller) -> Result<(), Fault> {
    let machine = MachineId::workflow(uid);
    let Some(summary) = world.store(|store| store.summary(&machine))? else { return Ok(()) };
    let settings = world.settings();
    if due.filled
        && let Some(at) = goes_at(world, &summary, &settings)?
    {
        due.runs.insert((at, uid.to_owned()));
    }
    let occasion = match summary.phase.as_str() {
        "Failed" | "Error" => Occasion::Failed,
        "Succeeded" if !settings.notifications.is_empty() && failed_before(world, &summary)? => {
            Occasion::Recovered
        }
        _ => return Ok(()),
    };
    teller.tell(&settings, &Message::of(occasion, &summary));
    Ok(())
}

/// Whether the run of the same pipeline before this one failed.
fn failed_before(world: &World, summary: &Summary) -> Result<bool, Fault> {
    let labelled = |(key, _): &(&str, &str)| Some(((*key).to_owned(), summary.labels.get(*key)?.clone()));
    let Some((key, value)) = PIPELINES.iter().find_map(labelled) else { return Ok(false) };
    let filter = Filter {
        namespace: Some(summary.namespace.clone()),
        labels: vec![LabelTerm::In(key, vec![value])],
        life: Life::Finished,
        limit: 2,
        ..Filter::default()
    };
    let last = world.store(|store| store.list(&filter))?.into_iter().find(|run| run.uid != summary.uid);
    Ok(last.is_some_and(|run| matches!(run.phase.as_str(), "Failed" | "Error")))
}

/// Has people told of a run that one of them must answer.
fn waiting(world: &World, uid: &str, teller: &mut Teller) -> Result<(), Fault> {
    let settings = world.settings();
    if settings.notifications.is_empty() {
        return Ok(());
    }
    let Some(document) = world.controller.status(uid)? else { return Ok(()) };
    let machine = MachineId::workflow(uid);
    let Some(summary) = world.store(|store| store.summary(&machine))? else { return Ok(()) };
    let timed = |name: &str| {
        let templates = document["spec"]["templates"].as_array().into_iter().flatten();
        templates
            .filter(|template| template["name"] == name)
            .any(|template| !template["suspend"]["duration"].is_null())
    };
    let nodes = document["status"]["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values());
    let open = nodes
        .filter(|node| node["type"] == "Suspend" && node["phase"] == "Running")
        .find(|node| !timed(node["templateName"].as_str().unwrap_or_default()));
    if let Some(node) = open {
        let mut message = Message::of(Occasion::Waiting, &summary);
        node["displayName"].as_str().unwrap_or_default().clone_into(&mut message.message);
        teller.tell(&settings, &message);
    }
    Ok(())
}

/// When a run that is over goes, in microseconds; never, if nothing says so (EX-500).
fn goes_at(world: &World, summary: &Summary, settings: &Config) -> Result<Option<i64>, Fault> {
    let Some(ended_us) = summary.finished_us else { return Ok(None) };
    let machine = MachineId::workflow(&*summary.uid);
    let body = world.store(|store| store.document(&machine))?.unwrap_or_default();
    let own = tiphys_controller::seconds_to_live(&body, &summary.phase);
    let usual = settings.retention.workflows.map(|Length { seconds }| seconds);
    let seconds = own.into_iter().chain(usual).min();
    Ok(seconds.map(|seconds| ended_us.saturating_add(seconds.saturating_mul(1_000_000))))
}

/// Takes away everything that is due.
fn sweep(world: &World, due: &mut Due) -> Result<(), Fault> {
    let settings = world.settings();
    if !due.filled {
        fill(world, &settings, due)?;
    }
    let now_us = world.now_us();
    due.take_away(now_us, |uids| {
        let (mut going, mut taken) = (Vec::new(), vec![Taken::Gone; uids.len()]);
        for (at, uid) in uids.iter().enumerate() {
            let machine = MachineId::workflow(uid);
            let Some(summary) = world.store(|store| store.summary(&machine))? else { continue };
            // It may have been retried, or have ended anew: then it is told of anew.
            if goes_at(world, &summary, &settings)?.is_some_and(|at| at <= now_us) {
                going.push((at, summary));
            }
        }
        let (places, runs): (Vec<usize>, Vec<Summary>) = going.into_iter().unzip();
        for (at, came) in places.into_iter().zip(remove(world, &runs)?) {
            taken[at] = came;
        }
        Ok(taken)
    })?;
    by_number(world, &settings)?;
    if let Some(Length { seconds }) = settings.metrics_config.metrics_ttl {
        let idle_us = seconds.saturating_mul(1_000_000);
        world.controller.metrics().expire(tiphys_engine::Time(now_us.saturating_sub(idle_us)));
    }
    world.store(|store| world.tokens.forget_ended(store, now_us))?;
    if let Some(Length { seconds }) = settings.persistence.archive_ttl.or(settings.retention.archive) {
        archived(world, now_us.saturating_sub(seconds.saturating_mul(1_000_000)))?;
    }
    if let Some(Length { seconds }) = settings.retention.memoized {
        unused(world, now_us.saturating_sub(seconds.saturating_mul(1_000_000)))?;
    }
    if due.files_at.is_some_and(|at| at.elapsed() < FILES_PAUSE) {
        return Ok(());
    }
    due.files_at = Some(Instant::now());
    world.state.sweep_secrets()?;
    if let Some(Length { seconds }) = settings.retention.logs {
        old_logs(world, now_us.saturating_sub(seconds.saturating_mul(1_000_000)))?;
    }
    if let Some(Length { seconds }) = settings.retention.artifacts {
        let age = Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX));
        if let Some(before) = SystemTime::now().checked_sub(age) {
            old_files(&world.state.artifacts_dir(), before);
            old_files(&world.state.artifacts_elsewhere(), before);
        }
    }
    Ok(())
}

/// Notes when each of the runs goes that are over and here.
fn fill(world: &World, settings: &Config, due: &mut Due) -> Result<(), Fault> {
    let mut page = Filter { life: Life::Finished, limit: PAGE, ..Filter::default() };
    loop {
        let rows = world.store(|store| store.list(&page))?;
        for row in &rows {
            if let Some(at) = goes_at(world, row, settings)? {
                due.runs.insert((at, row.uid.clone()));
            }
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => page.after = Some(last.cursor()),
            _ => break,
        }
    }
    due.filled = true;
    Ok(())
}

/// Keeps only the newest of each outcome (EX-501).
fn by_number(world: &World, settings: &Config) -> Result<(), Fault> {
    let policy = settings.retention_policy;
    let limits = [("Succeeded", policy.completed), ("Failed", policy.failed), ("Error", policy.errored)];
    for (phase, limit) in limits {
        let Some(limit) = limit else { continue };
        let filter = Filter {
            phases: vec![phase.to_owned()],
            life: Life::Finished,
            offset: limit,
            limit: PAGE,
            ..Filter::default()
        };
        remove(world, &world.store(|store| store.list(&filter))?)?;
    }
    Ok(())
}

fn remove(world: &World, runs: &[Summary]) -> Result<Vec<Taken>, Fault> {
    let removed = workflows::remove_all(world, runs, Force::No)?;
    Ok(runs.iter().zip(removed).map(|(summary, removed)| removed_one(summary, removed)).collect())
}

fn removed_one(summary: &Summary, removed: Result<(), Fault>) -> Taken {
    match removed {
        Ok(()) => tracing::info!(
            target: "audit",
            who = "retention",
            namespace = summary.namespace,
            workflow = summary.name,
            "removed, its time is over"
        ),
        // Somebody else removed it.
        Err(fault) if fault.code == Code::NotFound => {}
        Err(fault) => {
            tracing::warn!(workflow = summary.name, error = fault.message, "cannot be removed now");
            return Taken::Stays;
        }
    }
    Taken::Gone
}

/// Takes old runs out of the archive.
fn archived(world: &World, before_us: i64) -> Result<(), Fault> {
    loop {
        let old = world.store(|store| store.oldest_archived(before_us, PAGE))?;
        let machines: Vec<_> = old.iter().map(|summary| MachineId::workflow(&*summary.uid)).collect();
        if !machines.is_empty() {
            world.store(|store| store.delete_archived(&machines))?;
        }
        if old.len() < PAGE {
            return Ok(());
        }
    }
}

/// Forgets results that no step used since then (EX-338).
fn unused(world: &World, since_us: i64) -> Result<(), Fault> {
    while world.store(|store| store.forget_unused_memos(since_us, PAGE))? == PAGE as u64 {}
    Ok(())
}

/// Logs of runs that ended before then go; the runs stay.
fn old_logs(world: &World, before_us: i64) -> Result<(), Fault> {
    let times = Times { finished_until: Some(before_us), ..Times::default() };
    let mut page = Filter { life: Life::Finished, times, limit: PAGE, ..Filter::default() };
    loop {
        let rows = world.store(|store| store.list(&page))?;
        for row in &rows {
            let dir = world.state.run_dir(&row.uid)?;
            // One that cannot be removed now is met again next time.
            drop(fs::remove_dir_all(dir.join("logs")));
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => page.after = Some(last.cursor()),
            _ => return Ok(()),
        }
    }
}

/// Removes files that nobody wrote to since then, and folders that are empty without them.
fn old_files(dir: &Path, before: SystemTime) {
    // Folders in the order in which they were found; emptied ones are removed from the deepest on.
    let mut folders = vec![dir.to_owned()];
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned() {
        at += 1;
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(found) = entry.metadata() else { continue };
            if found.is_dir() {
                folders.push(entry.path());
            } else if found.modified().is_ok_and(|modified| modified < before) {
                // One that cannot be removed is met again next time.
                drop(fs::remove_file(entry.path()));
            }
        }
    }
    for folder in folders.iter().skip(1).rev() {
        // One that is not empty, or was just made for what comes, stays.
        let is_new = fs::metadata(folder).and_then(|found| found.modified()).is_ok_and(|at| at >= before);
        if !is_new {
            drop(fs::remove_dir(folder));
        }
    }
}

#[cfg(test)]
mod tests;
