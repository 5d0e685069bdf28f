//! Runs that somebody looks at closely: folded here from their journal, told by what changed.
//!
//! Whoever looks gets the whole run once and then only differences, each with the number of the record up to
//! which it tells; with that number they go on after a broken connection. The fold is shared by everybody who
//! looks at the same run, and the engine that drives it is never asked.

use crate::events::Event;
use crate::fault::Fault;
use crate::limits;
use crate::own::{columns, page};
use crate::wire::shape;
use crate::world::World;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use tiphys_controller::{Recorded, Times, document, view};
use tiphys_engine::explain::{self, HeldKind};
use tiphys_engine::workflow::{NodeIx, NodeKind, Phase};
use tiphys_engine::{Frozen, Run, Time};
use tiphys_store::{Journal as _, MachineId};
use tokio::sync::broadcast;

/// How long changes are gathered at least (20 a second).
const GATHER: Duration = Duration::from_millis(50);

/// Telling a change of a large run takes a while: at most a tenth of the time goes into it.
const REST_TIMES: u32 = 9;

/// Differences that are kept for those who come back.
const KEPT_MAX: usize = 256;

/// All runs that are looked at. A large one takes long to load and to tell: who does that holds only the run's own lock,
/// so that whoever looks at another run, and the hub, which hears of all, waits for nobody.
#[derive(Default)]
pub(crate) struct Closeups {
    runs: Mutex<BTreeMap<String, Arc<Looked>>>,
}

/// A run that is looked at.
#[derive(Default)]
struct Looked {
    /// None until it is loaded.
    closeup: Mutex<Option<Closeup>>,
    /// What happened and is not folded in yet: whoever has the closeup takes it in.
    late: Mutex<Vec<Recorded>>,
}

impl Looked {
    /// The closeup, with everything that was heard; waits until nobody else has it.
    fn lock(&self) -> MutexGuard<'_, Option<Closeup>> {
        let mut closeup = self.closeup.lock().unwrap_or_else(PoisonError::into_inner);
        self.fold(&mut closeup);
        closeup
    }

    /// The same, unless somebody else has it.
    fn try_lock(&self) -> Option<MutexGuard<'_, Option<Closeup>>> {
        let mut closeup = match self.closeup.try_lock() {
            Ok(closeup) => closeup,
            Err(TryLockError::Poisoned(broken)) => broken.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        self.fold(&mut closeup);
        Some(closeup)
    }

    /// Folds in what was heard since the last time.
    fn fold(&self, closeup: &mut Option<Closeup>) {
        let late = std::mem::take(&mut *self.late());
        if let Some(closeup) = closeup {
            late.iter().for_each(|recorded| closeup.recorded(recorded));
        }
    }

    fn late(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Closeup {
    frozen: Frozen,
    run: Run,
    /// The last record that is folded in.
    seq: u64,
    /// The last record that was told of.
    told: u64,
    /// The journal begins anew: what is folded here is of an earlier life.
    is_stale: bool,
    nodes: BTreeMap<String, u64>,
    waits: Map<String, Value>,
    kept: VecDeque<(u64, Arc<Event>)>,
    sender: broadcast::Sender<Arc<Event>>,
    due: Option<Instant>,
    cost: Duration,
}

/// How the nodes of a whole run are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nodes {
    /// As Argo does: by id, in the status.
    ById,
    /// Beside the workflow, a field at a time.
    Columns,
}

/// What somebody who begins to look gets first, and where the rest comes.
pub(crate) struct View {
    pub(crate) first: Vec<Arc<Event>>,
    pub(crate) then: broadcast::Receiver<Arc<Event>>,
}

impl Closeups {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Looked>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are looked at now.
    fn all(&self) -> Vec<(String, Arc<Looked>)> {
        self.lock().iter().map(|(uid, looked)| (uid.clone(), looked.clone())).collect()
    }

    /// Nobody looks any more, unless somebody came in the meantime.
    fn forget(&self, uid: &str, looked: &Arc<Looked>) {
        let mut runs = self.lock();
        if runs.get(uid).is_some_and(|known| Arc::ptr_eq(known, looked)) {
            runs.remove(uid);
        }
    }

    /// Does something while somebody is busy with a run, as who loads a large one is.
    #[cfg(test)]
    pub(crate) fn while_busy(&self, uid: &str, work: impl FnOnce()) {
        let looked = self.lock().entry(uid.to_owned()).or_default().clone();
        let held = looked.lock();
        work();
        drop(held);
    }

    /// How many have a hand on a run.
    #[cfg(test)]
    pub(crate) fn hands(&self, uid: &str) -> usize {
        self.lock().get(uid).map_or(0, Arc::strong_count)
    }

    /// Begins to look at a run; `last` is the number that was told last to the one who looks.
    pub(crate) fn open(
        &self,
        world: &World,
        uid: &str,
        last: Option<u64>,
        nodes: Nodes,
    ) -> Result<Option<View>, Fault> {
        loop {
            let looked = self.lock().entry(uid.to_owned()).or_default().clone();
            let held = looked.lock();
            // The last who looked may have left while we waited: nobody would tell of what is forgotten.
            if self.lock().get(uid).is_some_and(|known| Arc::ptr_eq(known, &looked)) {
                return self.look(world, uid, (last, nodes), &looked, held);
            }
        }
    }

    fn look(
        &self,
        world: &World,
        uid: &str,
        (last, nodes): (Option<u64>, Nodes),
        looked: &Arc<Looked>,
        mut held: MutexGuard<'_, Option<Closeup>>,
    ) -> Result<Option<View>, Fault> {
        if held.as_ref().is_none_or(|run| run.is_stale) {
            let sender = held.take().map(|run| run.sender);
            let loaded = Closeup::load(world, uid, sender);
            if !matches!(loaded, Ok(Some(_))) {
                self.forget(uid, looked);
            }
            *held = loaded?;
            // What was heard while it was loaded.
            looked.fold(&mut held);
        }
        let Some(closeup) = held.as_mut() else { return Ok(None) };
        // Everybody stands at the same number.
        closeup.tell(world);
        let then = closeup.sender.subscribe();
        let known = last
            .filter(|last| *last == closeup.told || closeup.kept.iter().any(|(before, _)| before == last));
        let first = match known {
            Some(last) => {
                let later = closeup.kept.iter().filter(|(before, _)| *before >= last);
                later.map(|(_, event)| event.clone()).collect()
            }
            None => vec![Arc::new(closeup.snapshot(world, nodes))],
        };
        Ok(Some(View { first, then }))
    }

    /// Whether anything of a run needs to be heard here.
    pub(crate) fn recorded(&self, recorded: &Recorded) {
        let Some(looked) = self.lock().get(&recorded.uid).cloned() else { return };
        looked.late().push(recorded.clone());
        let Some(held) = looked.try_lock() else { return };
        if held.as_ref().is_some_and(|closeup| closeup.sender.receiver_count() == 0) {
            self.forget(&recorded.uid, &looked);
        }
    }

    /// A run was removed.
    pub(crate) fn gone(&self, uid: &str) {
        let Some(looked) = self.lock().remove(uid) else { return };
        if let Some(closeup) = looked.lock().as_ref() {
            // Nobody looks: nobody need be told.
            drop(closeup.sender.send(Arc::new(Event::named("end", json!({})))));
        }
    }

    /// When something is to be told next.
    pub(crate) fn due(&self) -> Option<Instant> {
        let due = |looked: Arc<Looked>| match looked.try_lock() {
            Some(held) => held.as_ref()?.due,
            // Whoever has it now may leave something to be told.
            None => Some(Instant::now() + GATHER),
        };
        self.all().into_iter().filter_map(|(_, looked)| due(looked)).min()
    }

    /// Tells what is due.
    pub(crate) fn tell(&self, world: &World) {
        let now = Instant::now();
        for (uid, looked) in self.all() {
            let Some(mut held) = looked.try_lock() else { continue };
            let Some(closeup) = held.as_mut().filter(|run| run.due.is_some_and(|due| due <= now)) else {
                continue;
            };
            if !closeup.is_stale {
                closeup.tell(world);
                continue;
            }
            let sender = closeup.sender.clone();
            // One that cannot be read any more is told as gone when it is.
            *held = Closeup::load(world, &uid, Some(sender)).ok().flatten();
            match held.as_mut() {
                Some(fresh) => {
                    let whole = fresh.snapshot(world, Nodes::ById);
                    drop(fresh.sender.send(Arc::new(whole)));
                }
                None => self.forget(&uid, &looked),
            }
        }
    }
}

impl Closeup {
    fn load(
        world: &World,
        uid: &str,
        sender: Option<broadcast::Sender<Arc<Event>>>,
    ) -> Result<Option<Closeup>, Fault> {
        let frozen = world.store(|store| Ok(view::frozen(store, uid)))?.map_err(Fault::internal)?;
        let Some(frozen) = frozen else { return Ok(None) };
        let machine = MachineId::workflow(uid);
        let Some(loaded) = world.store(|store| store.load(&machine))? else { return Ok(None) };
        let run = view::fold(&frozen, &loaded.records).map_err(Fault::internal)?;
        let seq = loaded.last_seq();
        Ok(Some(Closeup {
            frozen,
            run,
            seq,
            told: seq,
            is_stale: false,
            nodes: BTreeMap::new(),
            waits: Map::new(),
            kept: VecDeque::new(),
            sender: sender.unwrap_or_else(|| broadcast::channel(limits::CLOSE_BACKLOG_MAX).0),
            due: None,
            cost: Duration::ZERO,
        }))
    }

    /// Folds in a record.
    fn recorded(&mut self, recorded: &Recorded) {
        if recorded.seq <= self.seq {
            // The first record again: the run was begun anew (EX-304).
            self.is_stale |= recorded.seq == 1 && self.seq > 1;
        } else if recorded.seq == self.seq + 1 && !self.is_stale {
            for event in recorded.events.iter() {
                self.run.apply(recorded.at, event);
            }
            self.seq = recorded.seq;
        } else {
            self.is_stale = true;
        }
        let rest = GATHER.max(self.cost * REST_TIMES);
        self.due.get_or_insert_with(|| Instant::now() + rest);
    }

    fn picture(&self, world: &World) -> Value {
        let document = document(&self.frozen.workflow, &self.run, Time(world.now_us()));
        let mut workflow = shape::live(document);
        exact(&self.run, &mut workflow["status"]);
        workflow
    }

    fn snapshot(&mut self, world: &World, nodes: Nodes) -> Event {
        let workflow = self.picture(world);
        self.nodes = nodes_of(&workflow).map(|(id, node)| (id.clone(), hash(node))).collect();
        self.waits = waits(&self.run);
        self.told = self.seq;
        whole(workflow, &self.waits, nodes).at(self.seq.to_string())
    }

    /// Tells everybody what changed since the last time.
    fn tell(&mut self, world: &World) {
        self.due = None;
        if self.told == self.seq {
            return;
        }
        let begun = Instant::now();
        let mut workflow = self.picture(world);
        let mut nodes = Map::new();
        let mut present = BTreeMap::new();
        if let Some(Value::Object(all)) =
            workflow["status"].as_object_mut().and_then(|map| map.remove("nodes"))
        {
            for (id, node) in all {
                let hash = hash(&node);
                if self.nodes.get(&id) != Some(&hash) {
                    nodes.insert(id.clone(), node);
                }
                present.insert(id, hash);
            }
        }
        let gone: Vec<&String> = self.nodes.keys().filter(|id| !present.contains_key(*id)).collect();
        let waits = waits(&self.run);
        let mut changed: Map<String, Value> = Map::new();
        for (id, wait) in &waits {
            if self.waits.get(id) != Some(wait) {
                changed.insert(id.clone(), wait.clone());
            }
        }
        for id in self.waits.keys().filter(|id| !waits.contains_key(*id)) {
            changed.insert(id.clone(), Value::Null);
        }
        let metadata = &workflow["metadata"];
        let mut data = json!({ "workflow": {
            "metadata": { "labels": metadata["labels"], "annotations": metadata["annotations"] },
            "spec": { "suspend": workflow["spec"]["suspend"] },
            "status": workflow["status"],
        }});
        for (field, value) in
            [("nodes", Value::Object(nodes)), ("gone", json!(gone)), ("waits", json!(changed))]
        {
            if value.as_object().is_some_and(|map| !map.is_empty())
                || value.as_array().is_some_and(|list| !list.is_empty())
            {
                data[field] = value;
            }
        }
        let event = Arc::new(Event::named("delta", data).at(self.seq.to_string()));
        self.kept.push_back((self.told, event.clone()));
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_front();
        }
        self.nodes = present;
        self.waits = waits;
        self.told = self.seq;
        self.cost = begun.elapsed();
        drop(self.sender.send(event));
    }
}

/// Puts the times as they were recorded where Argo writes whole seconds: most steps take less than one.
fn exact(run: &Run, status: &mut Value) {
    let set = |owner: &mut Value, field: &str, at: Option<Time>| {
        if let (Some(shown), Some(at)) = (owner.get_mut(field).filter(|shown| shown.is_string()), at) {
            *shown = json!(page::time(at.0));
        }
    };
    set(status, "startedAt", run.started);
    set(status, "finishedAt", run.finished);
    let Some(nodes) = status.get_mut("nodes").and_then(Value::as_object_mut) else { return };
    for ix in run.indices() {
        let Some(shown) = nodes.get_mut(&run.id(ix)) else { continue };
        let node = run.node(ix);
        set(shown, "startedAt", Some(node.started));
        set(shown, "finishedAt", node.finished);
    }
}

/// The same in the status of a run of which only its end is kept, with the times that are kept beside it.
pub(crate) fn as_kept(status: &mut Value, times: &Times) {
    let put = |owner: &mut Value, id: &str| {
        let Some((started, finished)) = times.get(id) else { return };
        for (field, at) in [("startedAt", started), ("finishedAt", finished)] {
            if let (Some(shown), Some(ms)) = (owner.get_mut(field).filter(|shown| shown.is_string()), at) {
                *shown = json!(page::time(ms.saturating_mul(1_000)));
            }
        }
    };
    put(status, "");
    for (id, node) in status.get_mut("nodes").and_then(Value::as_object_mut).into_iter().flatten() {
        put(node, id);
    }
}

/// The event that tells a run as a whole.
pub(crate) fn whole(mut workflow: Value, waits: &Map<String, Value>, nodes: Nodes) -> Event {
    if nodes == Nodes::ById {
        return Event::named("snapshot", json!({ "workflow": workflow, "waits": waits }));
    }
    let apart = workflow["status"].as_object_mut().and_then(|status| status.remove("nodes"));
    let objects: Vec<&Map<String, Value>> = apart
        .iter()
        .filter_map(Value::as_object)
        .flatten()
        .filter_map(|(_, node)| node.as_object())
        .collect();
    let columns = columns::of(&objects);
    Event::named("snapshot", json!({ "workflow": workflow, "nodes": columns, "waits": waits }))
}

fn nodes_of(workflow: &Value) -> impl Iterator<Item = (&String, &Value)> {
    workflow["status"]["nodes"].as_object().into_iter().flatten()
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    hasher.finish()
}

/// What each node that does not go on waits for, by its id: `plan:` and a name for a task that has no node yet, `loop:`
/// and a name for the items of a loop without one, `run` for all of it.
fn waits(run: &Run) -> Map<String, Value> {
    let mut waits = Map::new();
    for held in explain::held(run) {
        let id = match held.kind {
            HeldKind::Task => format!("plan:{}", held.name),
            HeldKind::Items(None) => format!("loop:{}", held.name),
            HeldKind::Items(Some(group)) => run.id(group),
        };
        waits.insert(id, json!({ "kind": "parallelism", "text": held.text }));
    }
    if run.is_waiting() && !run.is_ended() {
        let text = run.message.as_deref().unwrap_or("waits for its locks");
        waits.insert("run".to_owned(), json!({ "kind": "lock", "text": text, "lock": "" }));
    }
    for ix in run.indices() {
        if let Some(wait) = wait(run, ix) {
            waits.insert(run.id(ix), wait);
        }
    }
    waits
}

fn wait(run: &Run, ix: NodeIx) -> Option<Value> {
    let node = run.node(ix);
    if node.phase.is_ended() {
        return None;
    }
    let since = node.started.rfc3339();
    if let Some(lock) = &node.awaited {
        let text = format!("waits for the lock `{lock}`");
        return Some(json!({ "kind": "lock", "text": text, "lock": **lock, "since": since }));
    }
    let due = run.due_of(ix).map(Time::rfc3339);
    match (node.kind, node.phase, due) {
        (NodeKind::Suspend, Phase::Running, Some(until)) => {
            let text = format!("waits until {until}");
            Some(json!({ "kind": "time", "text": text, "since": since, "until": until }))
        }
        (NodeKind::Suspend, Phase::Running, None) => Some(
            json!({ "kind": "person", "text": "waits for a person to approve or resume it", "since": since }),
        ),
        (NodeKind::Retry, Phase::Running, Some(until)) => {
            let text = format!("tries again at {until}");
            Some(json!({ "kind": "retry", "text": text, "until": until }))
        }
        (NodeKind::Pod, Phase::Pending, _) => {
            Some(json!({ "kind": "place", "text": "waits for a free place to run in", "since": since }))
        }
        _ => None,
    }
}
