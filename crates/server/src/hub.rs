//! What changed, for everybody who watches: one reader of the controller, many readers of the hub.

use crate::closeup::Closeups;
use crate::events::Event;
use crate::limits;
use crate::ops::keeper;
use crate::own::runs;
use crate::reply;
use crate::wire::shape;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};
use tiphys_controller::{Recorded, Update};
use tiphys_engine::workflow::{Arrival, Event as Happened, NodeKind};
use tiphys_store::{MachineId, Runs as _};
use tokio::sync::broadcast;

/// Shortest pause between two looks at what happened.
const REST: Duration = Duration::from_millis(3);

/// How long changes of a run are gathered before they are told to those who watch whole objects.
const GATHER: Duration = Duration::from_millis(15);

/// How long they are gathered for those who watch rows of lists.
const GATHER_ROWS: Duration = Duration::from_millis(100);

/// Changes of rows that are kept for those who come back.
const ROWS_KEPT_MAX: usize = 4_096;

/// Removed workflows that are remembered for those who come back.
const GONE_KEPT_MAX: usize = 1_024;

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Modified,
    Deleted,
}

/// A changed workflow.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) change: Change,
    pub(crate) workflow: Arc<Value>,
    /// The workflow as text, written once for all who watch.
    text: Arc<OnceLock<Vec<u8>>>,
}

impl News {
    /// The workflow as text.
    pub(crate) fn text(&self) -> &[u8] {
        self.text.get_or_init(|| reply::go_json(&self.workflow))
    }
}

/// A changed row of the list of runs.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its number among the changes of this life of the server.
    pub(crate) number: u64,
    pub(crate) namespace: String,
    pub(crate) event: Arc<Event>,
}

/// Workflows that were removed: whoever has a list from before must hear of it (API-129).
#[derive(Default)]
struct Gone {
    /// Each with its version, in their order.
    kept: VecDeque<(i64, Arc<Value>)>,
    /// Nothing is known of what was removed up to this version.
    forgotten: i64,
}

/// The place where changes are told.
pub(crate) struct Hub {
    workflows: broadcast::Sender<News>,
    rows: broadcast::Sender<Row>,
    kept: Mutex<VecDeque<Row>>,
    gone: Mutex<Gone>,
    /// Somebody has watched rows in this life, and may come back.
    rows_wanted: AtomicBool,
    /// Tells numbers of this life from those of an earlier one.
    life: u64,
    /// Runs that somebody looks at closely.
    pub(crate) closeups: Closeups,
    /// How much of what happened was not read here yet.
    pub(crate) unread: Arc<AtomicUsize>,
}

impl Hub {
    /// A place that knows of nothing that happened before its life, which begins at that many milliseconds.
    pub(crate) fn new(life: u64, unread: Arc<AtomicUsize>) -> Hub {
        let forgotten = i64::try_from(life.saturating_mul(1_000)).unwrap_or(i64::MAX);
        Hub {
            workflows: broadcast::channel(limits::STREAM_BACKLOG_MAX).0,
            rows: broadcast::channel(limits::STREAM_BACKLOG_MAX).0,
            kept: Mutex::default(),
            gone: Mutex::new(Gone { kept: VecDeque::new(), forgotten }),
            rows_wanted: AtomicBool::new(false),
            life,
            closeups: Closeups::default(),
            unread,
        }
    }

    /// Hears of every change of whole objects from now on.
    pub(crate) fn watch(&self) -> broadcast::Receiver<News> {
        self.workflows.subscribe()
    }

    /// Hears of every change of rows from now on, and of those after the number that was seen last. `None` if
    /// that number is not known any more: then the list is to be read anew.
    pub(crate) fn watch_rows(&self, last: Option<&str>) -> (Option<Vec<Row>>, broadcast::Receiver<Row>) {
        self.rows_wanted.store(true, Ordering::Relaxed);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.rows.subscribe();
        let Some(last) = last else { return (Some(Vec::new()), receiver) };
        let number = last.split_once('-').and_then(|(life, number)| {
            (life.parse() == Ok(self.life)).then(|| number.parse::<u64>().ok()).flatten()
        });
        let first = kept.front().map_or(1, |row| row.number);
        let missed = number.filter(|number| number + 1 >= first);
        let later = missed.map(|number| kept.iter().filter(|row| row.number > number).cloned().collect());
        (later, receiver)
    }

    /// The number of the latest change of rows: a list that is read after it lacks nothing that came before.
    pub(crate) fn position(&self) -> String {
        self.rows_wanted.store(true, Ordering::Relaxed);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{}-{}", self.life, kept.back().map_or(0, |row| row.number))
    }

    /// Tells of a workflow that changed.
    pub(crate) fn tell(&self, workflow: Value) {
        self.send(Change::Modified, Arc::new(workflow));
    }

    /// Tells of a workflow that was removed, as of that version.
    pub(crate) fn tell_gone(&self, mut workflow: Value, version: i64) {
        workflow["metadata"]["resourceVersion"] = json!(version.to_string());
        let text = |field: &str| workflow["metadata"][field].as_str().unwrap_or_default().to_owned();
        self.closeups.gone(&text("uid"));
        self.tell_row(text("namespace"), "gone", json!({ "uid": text("uid") }));
        // Who comes back needs to know which it was, not everything it was.
        let mut known = json!({ "metadata": workflow["metadata"], "spec": {}, "status": {} });
        for field in ["phase", "startedAt", "finishedAt", "progress", "message"] {
            known["status"][field] = workflow["status"][field].clone();
        }
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let at = gone.kept.partition_point(|(before, _)| *before <= version);
        gone.kept.insert(at, (version, Arc::new(shape::workflow(known))));
        if gone.kept.len() > GONE_KEPT_MAX {
            gone.forgotten = gone.kept.pop_front().map_or(gone.forgotten, |(version, _)| version);
        }
        self.send(Change::Deleted, Arc::new(workflow));
    }

    /// The workflows that were removed after a version. None if that is too long ago to be known.
    pub(crate) fn gone_since(&self, version: i64) -> Option<Vec<Arc<Value>>> {
        let gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        let later = gone.kept.iter().filter(|(at, _)| *at > version);
        (version >= gone.forgotten).then(|| later.map(|(_, workflow)| workflow.clone()).collect())
    }

    fn send(&self, change: Change, workflow: Arc<Value>) {
        // Nobody watches: nobody need be told.
        drop(self.workflows.send(News { change, workflow, text: Arc::default() }));
    }

    /// Tells what became of a delivery to those who watch rows: one that matched nothing changes no run.
    pub(crate) fn delivered(&self, namespace: &str, id: &str, status: &str) {
        self.tell_row(namespace.to_owned(), "delivery", json!({ "id": id, "status": status }));
    }

    fn tell_row(&self, namespace: String, name: &'static str, data: Value) {
        if !self.rows_wanted.load(Ordering::Relaxed) {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let number = kept.back().map_or(1, |row| row.number + 1);
        let event = Arc::new(Event::named(name, data).at(format!("{}-{number}", self.life)));
        let row = Row { number, namespace, event };
        kept.push_back(row.clone());
        if kept.len() > ROWS_KEPT_MAX {
            kept.pop_front();
        }
        drop(self.rows.send(row));
    }

    /// Whether anybody watches workflows.
    pub(crate) fn is_watched(&self) -> bool {
        self.workflows.receiver_count() > 0
    }
}

/// Runs that changed, and when that is to be told.
struct Gathered {
    pause: Duration,
    uids: BTreeSet<String>,
    due: Option<Instant>,
}

impl Gathered {
    fn new(pause: Duration) -> Gathered {
        Gathered { pause, uids: BTreeSet::new(), due: None }
    }

    fn add(&mut self, uid: &str) {
        if !self.uids.contains(uid) {
            self.uids.insert(uid.to_owned());
        }
        self.due.get_or_insert_with(|| Instant::now() + self.pause);
    }

    fn ripe(&mut self) -> BTreeSet<String> {
        if self.due.is_none_or(|due| Instant::now() < due) {
            return BTreeSet::new();
        }
        self.due = None;
        std::mem::take(&mut self.uids)
    }
}

/// Whether somebody may have to answer now.
fn is_question(event: &Happened) -> bool {
    matches!(event, Happened::Entered(Arrival { kind: NodeKind::Suspend, .. }))
}

/// Turns what the controller tells into changes, until the controller is gone.
pub(crate) fn run(world: &Weak<World>, updates: &Receiver<Update>) {
    let mut gathering = Gathering { whole: Gathered::new(GATHER), rows: Gathered::new(GATHER_ROWS) };
    let mut due = None;
    loop {
        let update = next(updates, due);
        let Some(world) = world.upgrade() else { return };
        match update {
            Ok(update) => {
                // The last word of an engine that ends was not counted.
                let lower = |unread: usize| unread.checked_sub(1);
                world.hub.unread.fetch_update(Ordering::Relaxed, Ordering::Relaxed, lower).ok();
                gathering.hear(&world, update);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                // If the server ends anyway, nobody asks for the reason.
                world.pulse.stop("its engine ended".to_owned());
                return;
            }
        }
        due = gathering.tell(&world);
    }
}

/// Waits for what the controller tells next, until something gathered is due.
fn next(updates: &Receiver<Update>, due: Option<Instant>) -> Result<Update, RecvTimeoutError> {
    match updates.try_recv() {
        Ok(update) => return Ok(update),
        Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
        Err(TryRecvError::Empty) => {}
    }
    // A busy engine need not wake us for each thing that happens.
    std::thread::sleep(REST);
    match due {
        None => updates.recv().map_err(|_| RecvTimeoutError::Disconnected),
        Some(due) => updates.recv_timeout(due.saturating_duration_since(Instant::now())),
    }
}

/// What lies here until it is due: runs of which watchers, and readers of lists, are to be told.
struct Gathering {
    whole: Gathered,
    rows: Gathered,
}

impl Gathering {
    fn hear(&mut self, world: &World, update: Update) {
        match update {
            Update::Recorded(recorded) => self.recorded(world, &recorded),
            Update::Row(uid) if world.hub.rows_wanted.load(Ordering::Relaxed) => self.rows.add(&uid),
            Update::Ended(document) => self.ended(world, &document),
            Update::Parked { uid, reason } => {
                tracing::error!(uid, reason, "a run is let go of; it is taken up again at the next start");
            }
            Update::Unheard { uid, reason } => {
                tracing::warn!(
                    uid,
                    reason,
                    "what became of a run's steps is not known yet; it is asked again"
                );
            }
            Update::StoreFailed(reason) => world.pulse.stop(format!("its engine stopped: {reason}")),
            Update::Unreadable { uid, number, reason } => {
                tracing::warn!(
                    run = uid,
                    letter = number,
                    reason,
                    "what another process asked of a run is dropped"
                );
            }
            Update::Deleted(uid) => world.bells.ring(&uid),
            _ => {}
        }
    }

    fn recorded(&mut self, world: &World, recorded: &Recorded) {
        world.bells.ring(&recorded.uid);
        world.hub.closeups.recorded(recorded);
        if recorded.events.iter().any(is_question) && !world.settings().notifications.is_empty() {
            world.keeper.tell(keeper::News::Waiting(recorded.uid.clone()));
        }
        if world.hub.rows_wanted.load(Ordering::Relaxed) {
            self.rows.add(&recorded.uid);
        }
        if world.hub.is_watched() {
            self.whole.add(&recorded.uid);
        }
    }

    fn ended(&mut self, world: &World, document: &Arc<Value>) {
        world.metrics.ended(document);
        world.tracer.ended(document);
        world.desk.ended(document);
        if let Some(uid) = document.pointer("/metadata/uid").and_then(Value::as_str) {
            world.bells.ring(uid);
            world.keeper.tell(keeper::News::Ended(uid.to_owned()));
            self.whole.uids.remove(uid);
            self.rows.add(uid);
        }
        if world.hub.is_watched() {
            world.hub.tell(shape::live((**document).clone()));
        }
    }

    /// Tells what is due. Returns when the next of it will be.
    fn tell(&mut self, world: &World) -> Option<Instant> {
        for uid in self.whole.ripe() {
            // A run that ended in the meantime tells its end itself.
            if let Ok(Some(document)) = world.controller.status(&uid) {
                world.hub.tell(shape::live(document));
            }
        }
        for uid in self.rows.ripe() {
            let machine = MachineId::workflow(&uid);
            // One that is gone is told as gone by whoever removed it.
            if let Ok(Some(row)) = world.store(|store| store.summary(&machine)) {
                world.hub.tell_row(row.namespace.clone(), "run", runs::brief(&row, false));
            }
        }
        world.hub.closeups.tell(world);
        [self.whole.due, self.rows.due, world.hub.closeups.due()].into_iter().flatten().min()
    }
}
