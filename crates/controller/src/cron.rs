//! Drives schedules: the documents of the catalog in, records into the journal, runs out of it, and the status
//! that Argo's tools read back into the documents.
//!
//! Plain synchronous code with the time as an argument. What a schedule decided is durable before anything is
//! done about it (I3); after a restart what was left undone is done again, and the run of an instant has a name
//! made of that instant, so that it is made once.

use crate::shard::{FORMAT, decode, encode};
use crate::view;
use serde_json::{Value, json};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tiphys_engine::cron::run::{self, CRON_LABEL, Past};
use tiphys_engine::cron::{Answer, Command, Cron, Event, Input, RunRef, State, Status};
use tiphys_engine::{Frozen, Machine, Outbox, Time};
use tiphys_spec as spec;
use tiphys_store::{
    Append, Created, Filter, LabelTerm, Life, MachineId, NewRun, Object, ObjectKey, Put, Store, StoreError,
    Summary,
};

/// Records after which what a schedule remembers is written down and its journal begins anew, so that a schedule
/// of many years takes no more room than one of a day.
const RECORDS_MAX: u64 = 256;

/// How often runs are counted and history is cut (CR-130), in microseconds.
pub const COUNT_EVERY_US: i64 = 10_000_000;

/// How many statuses before the present one are looked at.
const PAST_MAX: usize = 16;

/// The annotation with the schedules of the last firing (CR-065).
const LAST_USED: &str = "cronworkflows.argoproj.io/last-used-schedule";

/// The label of a schedule that stopped (CR-141).
const COMPLETED: &str = "cronworkflows.argoproj.io/completed";

/// The kind of the documents.
pub const KIND: &str = "CronWorkflow";

/// What schedules ask of the world around them.
pub trait Yard {
    /// Why a schedule's document cannot run, if it cannot (CR-066).
    fn flaw(&mut self, document: &Value) -> Option<String>;
    /// Makes a run. One of that name that belongs to the schedule counts as made. The error is for what says nothing
    /// about the run, an engine that is gone, say: it is asked for again at the next round.
    fn submit(&mut self, workflow: spec::Workflow) -> Result<Answer, String>;
    /// Ends a run that is being replaced.
    fn terminate(&mut self, run: &RunRef);
    /// Removes a run.
    fn remove(&mut self, uid: &str);
    /// Something went wrong that no run and no status can tell of.
    fn warn(&mut self, message: &str);
    /// Something became true of a schedule, and is durable.
    fn happened(&mut self, _schedule: &ObjectKey, _event: &Event) {}
}

/// All schedules of a state folder.
#[derive(Default)]
pub struct Schedules {
    homes: BTreeMap<ObjectKey, Home>,
    zone: String,
    is_open: bool,
    counted: Time,
    /// Documents and journals that cannot be read, by the version at which that was told.
    broken: BTreeMap<ObjectKey, u64>,
    /// Who owns the runs that carry a schedule's label, by their identities; nobody if empty. That never changes.
    owners: BTreeMap<String, String>,
}

/// All schedules as they were at one moment.
#[derive(Clone, Default)]
pub struct View(BTreeMap<ObjectKey, Arc<Cron>>);

impl View {
    /// A schedule.
    pub fn find(&self, namespace: &str, name: &str) -> Option<&Cron> {
        self.0.get(&key(namespace, name)).map(|cron| &**cron)
    }

    /// All schedules of a namespace, or of all if it is empty.
    pub fn list<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Cron> {
        let wanted = move |key: &ObjectKey| namespace.is_empty() || key.namespace == namespace;
        self.0.iter().filter(move |(key, _)| wanted(key)).map(|(_, cron)| &**cron)
    }
}

/// One schedule and where it lies.
struct Home {
    /// Shared with those who look at it from beside.
    cron: Arc<Cron>,
    machine: MachineId,
    epoch: u64,
    seq: u64,
    /// The version of the document that was looked at last.
    version: u64,
    /// The status as it was last written into the document.
    written: Status,
    /// The last ones before it, as the journal tells: one of them is in the document if we died before we wrote.
    past: VecDeque<Status>,
}

impl Schedules {
    /// Schedules that name no time zone are read in this one (CR-003).
    pub fn new(zone: impl Into<String>) -> Schedules {
        Schedules { zone: zone.into(), counted: Time(i64::MIN / 2), ..Schedules::default() }
    }

    /// One round: documents that changed, timers that are due, and now and then the runs.
    ///
    /// The first round takes up what an earlier life left undone.
    pub fn turn(&mut self, store: &mut dyn Store, yard: &mut dyn Yard, now: Time) -> Result<(), StoreError> {
        self.look(store, yard, now)?;
        // What ended makes room for what is due.
        if now.since_us(self.counted) >= COUNT_EVERY_US {
            self.count(store, yard, now)?;
        }
        let due = |home: &Home| home.cron.next_due().is_some_and(|due| due <= now);
        let ready: Vec<ObjectKey> =
            self.homes.iter().filter(|(_, home)| due(home)).map(|(key, _)| key.clone()).collect();
        for key in ready {
            let Some(object) = store.object(&key)? else { continue };
            let flaw = yard.flaw(&value(&object));
            self.hear(store, yard, &key, Input::Due { flaw }, now)?;
        }
        Ok(())
    }

    /// When the next round is due, if no document and no run changes before.
    pub fn next_due(&self) -> Option<Time> {
        let first = self.homes.values().filter_map(|home| home.cron.next_due()).min();
        let count = self.counted.plus_nanos(COUNT_EVERY_US * 1_000);
        match (first, self.homes.is_empty()) {
            (_, true) => None,
            (Some(first), _) => Some(first.min(count)),
            (None, _) => Some(count),
        }
    }

    /// Counts runs at the next round.
    pub fn count_soon(&mut self) {
        self.counted = Time(i64::MIN / 2);
    }

    /// The schedules as they are now, for reading while they go on.
    pub fn view(&self) -> View {
        View(self.homes.iter().map(|(key, home)| (key.clone(), home.cron.clone())).collect())
    }

    /// Compares the documents with what is known of them.
    fn look(&mut self, store: &mut dyn Store, yard: &mut dyn Yard, now: Time) -> Result<(), StoreError> {
        let objects = store.objects(KIND, None)?;
        let present: BTreeSet<&ObjectKey> = objects.iter().map(|object| &object.key).collect();
        let gone: Vec<ObjectKey> = self.homes.keys().filter(|key| !present.contains(key)).cloned().collect();
        for key in gone {
            if let Some(home) = self.homes.remove(&key) {
                leave(store, yard, &home.machine, &key)?;
            }
        }
        if !self.is_open {
            forget_strangers(store, yard, &objects)?;
            self.is_open = true;
        }
        for object in &objects {
            let known = self.homes.get(&object.key);
            if known.is_some_and(|home| home.version == object.version)
                || self.broken.get(&object.key) == Some(&object.version)
            {
                continue;
            }
            match self.look_at(store, yard, object, now) {
                Ok(()) => {}
                Err(Trouble::Store(error)) => return Err(error),
                // One schedule that cannot be read must not keep the others from it (I13).
                Err(Trouble::Unreadable(why)) => {
                    let ObjectKey { namespace, name, .. } = &object.key;
                    yard.warn(&format!("schedule {namespace}/{name} cannot be read: {why}"));
                    self.broken.insert(object.key.clone(), object.version);
                    self.homes.remove(&object.key);
                }
            }
        }
        Ok(())
    }

    /// Takes in a document that is new or changed.
    fn look_at(
        &mut self,
        store: &mut dyn Store,
        yard: &mut dyn Yard,
        object: &Object,
        now: Time,
    ) -> Result<(), Trouble> {
        let key = &object.key;
        let value = value(object);
        let document = serde_json::from_value(value.clone()).map(essence).map_err(unreadable)?;
        let uid = document.metadata.uid.clone();
        if self.homes.get(key).is_some_and(|home| home.machine.id != uid) {
            // Removed and made anew under the same name.
            if let Some(home) = self.homes.remove(key) {
                leave(store, yard, &home.machine, key)?;
            }
        }
        let flaw = yard.flaw(&value);
        let given =
            value.get("status").filter(|status| status.as_object().is_some_and(|map| !map.is_empty()));
        let given = given.map(Status::read);
        let mut undone = None;
        if !self.homes.contains_key(key) {
            let mut home = open(store, &document, object.version, now)?;
            // Who died before the last status was in the document left one of those before: nobody wrote that but we.
            if let Some(stale) = home.past.iter().find(|past| Some(*past) == given.as_ref()) {
                home.written = stale.clone();
            }
            let is_old = !home.cron.state().document.metadata.uid.is_empty();
            undone = is_old.then(|| home.cron.outstanding());
            self.homes.insert(key.clone(), home);
        }
        let Some(home) = self.homes.get_mut(key) else { return Ok(()) };
        home.version = object.version;
        let written = std::mem::replace(&mut home.written, given.clone().unwrap_or_default());
        if let Some(undone) = undone {
            self.perform(store, yard, key, undone, now)?;
            self.hear(store, yard, key, Input::Recovered { flaw: flaw.clone() }, now)?;
        }
        let Some(home) = self.homes.get_mut(key) else { return Ok(()) };
        let status = given.and_then(|given| merged(home.cron.state().status.clone(), &written, &given));
        let zone = self.zone.clone();
        let input =
            Input::Described { document: Box::new(document), zone, status: status.map(Box::new), flaw };
        Ok(self.hear(store, yard, key, input, now)?)
    }

    /// Hands one input to a schedule, and everything that follows from it.
    fn hear(
        &mut self,
        store: &mut dyn Store,
        yard: &mut dyn Yard,
        key: &ObjectKey,
        input: Input,
        now: Time,
    ) -> Result<(), StoreError> {
        let Some(home) = self.homes.get_mut(key) else { return Ok(()) };
        let mut out = Outbox::default();
        Arc::make_mut(&mut home.cron).handle(input, now, &mut out);
        if !self.append(store, key, &out.events, now)? {
            return Ok(());
        }
        out.events.iter().for_each(|event| yard.happened(key, event));
        self.perform(store, yard, key, out.commands, now)?;
        match self.homes.get_mut(key) {
            Some(home) => home.mirror(store, key),
            None => Ok(()),
        }
    }

    /// Makes events durable. If that fails, or somebody else has the schedule now (false), what is in memory is thrown
    /// away: the next round reads it anew, and nothing follows from what was not recorded (I3).
    fn append(
        &mut self,
        store: &mut dyn Store,
        key: &ObjectKey,
        events: &[Event],
        now: Time,
    ) -> Result<bool, StoreError> {
        let Some(home) = self.homes.get_mut(key).filter(|_| !events.is_empty()) else { return Ok(true) };
        let appended = home.append(store, events, now);
        if !matches!(appended, Ok(true)) {
            self.homes.remove(key);
        }
        appended
    }

    /// Does what a schedule wants, and tells it how that came out.
    fn perform(
        &mut self,
        store: &mut dyn Store,
        yard: &mut dyn Yard,
        key: &ObjectKey,
        commands: Vec<Command>,
        now: Time,
    ) -> Result<(), StoreError> {
        let mut commands = VecDeque::from(commands);
        while let Some(command) = commands.pop_front() {
            let Some(home) = self.homes.get_mut(key) else { return Ok(()) };
            match command {
                Command::Terminate(run) => yard.terminate(&run),
                Command::Submit { due, .. } => {
                    let answer = match yard.submit(run::workflow(&home.cron.state().document, due)) {
                        Ok(answer) => answer,
                        Err(reason) => {
                            let ObjectKey { namespace, name, .. } = key;
                            yard.warn(&format!(
                                "schedule {namespace}/{name} will ask for its run again: {reason}"
                            ));
                            // Taken up from its journal it finds that the run was not asked for.
                            self.homes.remove(key);
                            return Ok(());
                        }
                    };
                    let mut out = Outbox::default();
                    Arc::make_mut(&mut home.cron).handle(Input::Submitted { due, answer }, now, &mut out);
                    if !self.append(store, key, &out.events, now)? {
                        return Ok(());
                    }
                    out.events.iter().for_each(|event| yard.happened(key, event));
                    commands.extend(out.commands);
                }
            }
        }
        Ok(())
    }

    /// Counts the runs of all schedules and cuts their history (CR-130 to CR-132).
    fn count(&mut self, store: &mut dyn Store, yard: &mut dyn Yard, now: Time) -> Result<(), StoreError> {
        self.counted = now;
        if self.homes.is_empty() {
            return Ok(());
        }
        let live = by_schedule(store, Life::Live)?;
        let past = by_schedule(store, Life::Finished)?;
        let labelled: BTreeSet<&String> =
            live.values().chain(past.values()).flatten().map(|row| &row.uid).collect();
        self.owners.retain(|uid, _| labelled.contains(uid));
        let keys: Vec<ObjectKey> = self.homes.keys().cloned().collect();
        for key in keys {
            let active = match self.homes.get(&key) {
                Some(home) => home.cron.state().status.active.clone(),
                None => continue,
            };
            let mut inputs = Vec::new();
            for run in &active {
                let row = store.summary(&MachineId::workflow(&run.uid))?;
                match row {
                    None => inputs.push(Input::RunGone { uid: run.uid.clone() }),
                    Some(row) if row.finished_us.is_some() => inputs.push(Input::RunEnded {
                        uid: run.uid.clone(),
                        succeeded: row.phase == "Succeeded",
                        flaw: None,
                    }),
                    Some(_) => {}
                }
            }
            for row in live.get(&key).into_iter().flatten() {
                if !active.iter().any(|run| run.uid == row.uid) && self.owns(store, yard, &key, &row.uid) {
                    inputs.push(Input::RunSeen(RunRef { name: row.name.clone(), uid: row.uid.clone() }));
                }
            }
            let ends = inputs.iter().any(|input| matches!(input, Input::RunEnded { .. }));
            let judged = match ends {
                true => store.object(&key)?.and_then(|object| yard.flaw(&value(&object))),
                false => None,
            };
            for mut input in inputs {
                if let Input::RunEnded { flaw, .. } = &mut input {
                    flaw.clone_from(&judged);
                }
                self.hear(store, yard, &key, input, now)?;
            }
            let Some(home) = self.homes.get(&key) else { continue };
            let cron = home.cron.clone();
            let spec = &cron.state().document.spec;
            let rows: Vec<Past> = past.get(&key).into_iter().flatten().map(ended).collect();
            if run::excess(spec, rows.clone()).is_empty() {
                continue;
            }
            let own = rows.into_iter().filter(|row| self.owns(store, yard, &key, &row.uid)).collect();
            for uid in run::excess(spec, own) {
                yard.remove(&uid);
            }
        }
        Ok(())
    }

    /// Whether a run that carries the label of a schedule belongs to it, too: anybody may set a label (CR-131, CR-132).
    fn owns(&mut self, store: &mut dyn Store, yard: &mut dyn Yard, key: &ObjectKey, run: &str) -> bool {
        let Some(home) = self.homes.get(key) else { return false };
        let owner = match self.owners.entry(run.to_owned()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(match view::frozen(store, run) {
                Ok(frozen) => frozen.map(|frozen| owner_of(&frozen)).unwrap_or_default(),
                Err(reason) => {
                    yard.warn(&reason);
                    String::new()
                }
            }),
        };
        *owner == home.machine.id
    }
}

impl Home {
    /// Makes events durable. False if the schedule is not ours any more.
    fn append(&mut self, store: &mut dyn Store, events: &[Event], now: Time) -> Result<bool, StoreError> {
        if self.seq >= RECORDS_MAX {
            // The events are part of what is written down, and durable with it.
            let run = NewRun {
                machine: self.machine.clone(),
                document: written(self.cron.state()),
                summary: row(&self.cron.state().document, now),
            };
            self.seq = 0;
            return store.restart(&run, Some(self.epoch));
        }
        let append = Append {
            machine: self.machine.clone(),
            epoch: self.epoch,
            seq: self.seq + 1,
            at_us: now.0,
            format: FORMAT,
            body: encode(events),
            summary: None,
            inbox_done: None,
            end: None,
        };
        let results = store.append(&[append])?;
        self.seq += 1;
        Ok(results.iter().all(Result::is_ok))
    }

    /// Writes the status into the document, if it is another one now. A document that was changed in the meantime
    /// is looked at in the next round.
    fn mirror(&mut self, store: &mut dyn Store, key: &ObjectKey) -> Result<(), StoreError> {
        let state = self.cron.state();
        if state.status == self.written {
            return Ok(());
        }
        let Some(object) = store.object(key)?.filter(|object| object.version == self.version) else {
            return Ok(());
        };
        let mut value = value(&object);
        value["status"] = state.status.write(&key.namespace);
        let stopped = state.status.phase == "Stopped";
        set(&mut value["metadata"], "annotations", LAST_USED, state.last_used.as_deref());
        set(&mut value["metadata"], "labels", COMPLETED, stopped.then_some("true"));
        let body = serde_json::to_vec(&value).unwrap_or_default();
        if let Put::Done { version } = store.put_object(key, &body, Some(self.version))? {
            self.version = version;
            self.written = state.status.clone();
        }
        Ok(())
    }
}

/// Why a schedule could not be taken up.
enum Trouble {
    Store(StoreError),
    Unreadable(String),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Trouble {
        Trouble::Store(error)
    }
}

fn unreadable(error: serde_json::Error) -> Trouble {
    Trouble::Unreadable(error.to_string())
}

/// Sets or removes an entry of a map of an object's metadata.
fn set(metadata: &mut Value, map: &str, key: &str, text: Option<&str>) {
    match (text, metadata.get_mut(map).and_then(Value::as_object_mut)) {
        (Some(text), Some(map)) => drop(map.insert(key.to_owned(), json!(text))),
        (Some(text), None) => metadata[map] = json!({ key: text }),
        (None, Some(map)) => drop(map.remove(key)),
        (None, None) => {}
    }
}

/// What of a document matters to its schedule.
fn essence(document: spec::CronWorkflow) -> spec::CronWorkflow {
    let given = document.metadata;
    let mut metadata = spec::Metadata {
        name: given.name,
        namespace: given.namespace,
        uid: given.uid,
        labels: given.labels,
        annotations: given.annotations,
        ..spec::Metadata::default()
    };
    metadata.labels.remove(COMPLETED);
    metadata.annotations.remove(LAST_USED);
    spec::CronWorkflow { metadata, spec: document.spec, status: None }
}

/// The status with what a user changed in it since we wrote it; none if they changed nothing.
fn merged(mut now: Status, written: &Status, given: &Status) -> Option<Status> {
    if given == written {
        return None;
    }
    let before = now.clone();
    macro_rules! take {
        ($($field:ident),*) => {
            $(if given.$field != written.$field {
                now.$field.clone_from(&given.$field);
            })*
        };
    }
    take!(active, last_scheduled, spec_error, submission_error, succeeded, failed, phase);
    (now != before).then_some(now)
}

fn key(namespace: &str, name: &str) -> ObjectKey {
    ObjectKey { kind: KIND.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
}

fn value(object: &Object) -> Value {
    serde_json::from_slice(&object.body).unwrap_or_default()
}

fn written(state: &State) -> Vec<u8> {
    serde_json::to_vec(state).expect("a state has only text keys, and writing to memory does not fail")
}

fn row(document: &spec::CronWorkflow, now: Time) -> Summary {
    let metadata = &document.metadata;
    Summary {
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        created_us: now.0,
        ..Summary::default()
    }
}

/// The schedule of a document: as its journal tells it, or new.
fn open(
    store: &mut dyn Store,
    document: &spec::CronWorkflow,
    version: u64,
    now: Time,
) -> Result<Home, Trouble> {
    let machine = MachineId::cron(&document.metadata.uid);
    let new = NewRun {
        machine: machine.clone(),
        document: written(&State::default()),
        summary: row(document, now),
    };
    if let Created::NameTaken { uid } = store.create(&new)? {
        // It was removed and made anew while nobody looked.
        store.delete(&MachineId::cron(uid))?;
        store.create(&new)?;
    }
    let epoch = store.next_epoch(&machine)?;
    let body = store.document(&machine)?.unwrap_or_default();
    let mut cron = Cron::new(serde_json::from_slice(&body).map_err(unreadable)?);
    let loaded = store.load(&machine)?.unwrap_or_default();
    let mut past = VecDeque::from([cron.state().status.clone()]);
    for record in &loaded.records {
        for event in decode::<Event>(record).map_err(Trouble::Unreadable)? {
            cron.apply(Time(record.at_us), &event);
        }
        past.push_back(cron.state().status.clone());
        past.drain(..past.len().saturating_sub(PAST_MAX));
    }
    let written = cron.state().status.clone();
    Ok(Home { cron: Arc::new(cron), machine, epoch, seq: loaded.last_seq(), version, written, past })
}

/// Removes a schedule whose document is gone, and the runs that belong to it (CR-082, CR-116).
fn leave(
    store: &mut dyn Store,
    yard: &mut dyn Yard,
    machine: &MachineId,
    key: &ObjectKey,
) -> Result<(), StoreError> {
    let filter = Filter {
        namespace: Some(key.namespace.clone()),
        labels: vec![LabelTerm::In(CRON_LABEL.to_owned(), vec![key.name.clone()])],
        ..Filter::default()
    };
    for run in store.every(&filter)? {
        match view::frozen(store, &run.uid) {
            Ok(Some(frozen)) if owner_of(&frozen) == machine.id => yard.remove(&run.uid),
            Ok(_) => {}
            Err(reason) => yard.warn(&reason),
        }
    }
    store.delete(machine).map(drop)
}

/// Schedules whose documents went while nobody looked.
fn forget_strangers(
    store: &mut dyn Store,
    yard: &mut dyn Yard,
    objects: &[Object],
) -> Result<(), StoreError> {
    let filter = Filter { kind: Some("cron".into()), ..Filter::default() };
    for row in store.every(&filter)? {
        let key = key(&row.namespace, &row.name);
        let present = objects.iter().find(|object| object.key == key);
        let same = present.is_some_and(|object| value(object)["metadata"]["uid"] == *row.uid);
        if !same {
            leave(store, yard, &MachineId::cron(row.uid), &key)?;
        }
    }
    Ok(())
}

/// The identity of the object that controls a run; empty if none does.
fn owner_of(frozen: &Frozen) -> String {
    let owners = &frozen.workflow.metadata.owner_references;
    let owner = owners.iter().find(|owner| owner["controller"] == true);
    owner.and_then(|owner| owner["uid"].as_str()).unwrap_or_default().to_owned()
}

fn ended(row: &Summary) -> Past {
    Past {
        uid: row.uid.clone(),
        succeeded: row.phase == "Succeeded",
        finished: Time(row.finished_us.unwrap_or_default()),
    }
}

/// Runs of schedules, by the schedule that their label names.
fn by_schedule(store: &mut dyn Store, life: Life) -> Result<BTreeMap<ObjectKey, Vec<Summary>>, StoreError> {
    let filter = Filter { labels: vec![LabelTerm::Exists(CRON_LABEL.to_owned())], life, ..Filter::default() };
    let mut found: BTreeMap<ObjectKey, Vec<Summary>> = BTreeMap::new();
    for row in store.every(&filter)? {
        let name = row.labels.get(CRON_LABEL).cloned().unwrap_or_default();
        found.entry(key(&row.namespace, &name)).or_default().push(row);
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
