//! Everything a handler can reach: the store, the controller, the catalog, the clock.

use crate::access::Tokens;
use crate::bells::Bells;
use crate::config::Config;
use crate::fault::{Code, Fault};
use crate::guard::Guard;
use crate::hub::Hub;
use crate::limits;
use crate::ops::keeper::{Keeper, News};
use crate::ops::metrics::Metrics;
use crate::ops::pulse::Pulse;
use crate::ops::traces::Tracer;
use crate::options::Options;
use crate::own::deliveries::Turns;
use crate::own::logs::Indexes;
use crate::own::versions;
use crate::schedules::Desk;
use crate::shelf::Shelf;
use crate::vault::Vault;
use crate::wire::shape;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tiphys_controller::{Controller, Extent, Limits, StartRate, Times};
use tiphys_engine::workflow::Request;
use tiphys_store::{
    Catalog, Journal, MachineId, NewObject, ObjectKey, Put, Runs, SqliteStore, State, StoreError, Summary,
};
use tokio::sync::Semaphore;

/// The label of a namespace that says how many of its runs may go on at once (OB-057).
const PARALLELISM: &str = "workflows.argoproj.io/parallelism-limit";

/// What all requests share.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) state: State,
    pub(crate) controller: Arc<Controller>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) desk: Arc<Desk>,
    shelf: Arc<Shelf>,
    /// Places for requests that wait for a thread.
    pub(crate) queue: Arc<Semaphore>,
    /// Places for lists that are told in several parts.
    pub(crate) long_lists: Arc<Semaphore>,
    pub(crate) logs: Arc<Indexes>,
    /// Rings when there may be more to read in the logs of a run.
    pub(crate) bells: Arc<Bells>,
    /// Deliveries that are being dispatched.
    pub(crate) turns: Arc<Turns>,
    pub(crate) host: String,
    pub(crate) guard: Arc<Guard>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) tracer: Arc<Tracer>,
    /// Whether everything runs that the server is made of.
    pub(crate) pulse: Arc<Pulse>,
    settings: Arc<RwLock<Arc<Config>>>,
    stores: Arc<Mutex<Vec<SqliteStore>>>,
}

impl World {
    pub(crate) fn new(
        options: Options,
        state: State,
        controller: Controller,
        vault: Vault,
        desk: Desk,
        unread: Arc<AtomicUsize>,
    ) -> World {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let guard = Arc::new(Guard::new(&options, host.trim()));
        let settings = settings_of(&options);
        World {
            options,
            state,
            guard,
            metrics: Arc::default(),
            keeper: Arc::new(Keeper::none()),
            tracer: Arc::default(),
            pulse: Arc::default(),
            settings,
            controller: Arc::new(controller),
            hub: Arc::new(Hub::new(jiff::Timestamp::now().as_millisecond().unsigned_abs(), unread)),
            tokens: Arc::default(),
            vault: Arc::new(vault),
            desk: Arc::new(desk),
            shelf: Arc::default(),
            queue: Arc::new(Semaphore::new(limits::WAITING_MAX)),
            long_lists: Arc::new(Semaphore::new(limits::LONG_LISTS_MAX)),
            logs: Arc::default(),
            bells: Arc::default(),
            turns: Arc::default(),
            host: host.trim().to_owned(),
            stores: Arc::default(),
        }
    }

    /// The same world seen through other options.
    pub(crate) fn beside(&self, options: Options) -> World {
        let guard = Arc::new(Guard::new(&options, &self.host));
        let settings = settings_of(&options);
        World {
            options,
            settings,
            keeper: self.keeper.clone(),
            tracer: self.tracer.clone(),
            pulse: self.pulse.clone(),
            guard,
            metrics: self.metrics.clone(),
            state: self.state.clone(),
            controller: self.controller.clone(),
            hub: self.hub.clone(),
            tokens: self.tokens.clone(),
            vault: self.vault.clone(),
            desk: self.desk.clone(),
            shelf: self.shelf.clone(),
            queue: self.queue.clone(),
            long_lists: self.long_lists.clone(),
            logs: self.logs.clone(),
            bells: self.bells.clone(),
            turns: self.turns.clone(),
            host: self.host.clone(),
            stores: self.stores.clone(),
        }
    }

    /// What the settings say now.
    pub(crate) fn settings(&self) -> Arc<Config> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes by other settings from now on.
    pub(crate) fn set_settings(&self, settings: Config) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
        self.limit();
        self.keeper.tell(News::Settings);
    }

    /// Tells the engine how much may go on at once: as the settings say, and the labels of namespaces (EX-080).
    pub(crate) fn limit(&self) {
        let settings = self.settings();
        let some = |limit: usize| Some(limit).filter(|limit| *limit > 0);
        let mut limits = Limits {
            runs: some(settings.parallelism),
            runs_each: some(settings.namespace_parallelism),
            starts: settings
                .resource_rate_limit
                .map(|rate| StartRate { per_second: rate.limit, burst: rate.burst.max(1) }),
            ..Limits::default()
        };
        // A list that cannot be read now leaves the limits of the settings.
        for namespace in self.objects("Namespace", "").unwrap_or_default() {
            let metadata = &namespace["metadata"];
            let limit = metadata["labels"][PARALLELISM].as_str().and_then(|text| text.parse().ok());
            if let (Some(name), Some(limit)) = (metadata["name"].as_str(), limit) {
                limits.runs_of.insert(name.to_owned(), some(limit));
            }
        }
        // A controller that is gone is noticed by the next request.
        drop(self.controller.limit(limits));
    }

    /// Works with a connection to the database. Blocks.
    pub(crate) fn store<T>(
        &self,
        work: impl FnOnce(&mut SqliteStore) -> Result<T, StoreError>,
    ) -> Result<T, Fault> {
        let free = self.stores.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut store = match free {
            Some(store) => store,
            None => self.state.store()?,
        };
        let result = work(&mut store);
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if stores.len() < limits::STORES_MAX {
            stores.push(store);
        }
        result.map_err(Fault::from)
    }

    /// Now, in microseconds since 1970.
    pub(crate) fn now_us(&self) -> i64 {
        jiff::Timestamp::now().as_microsecond()
    }

    /// Now, as objects carry it.
    pub(crate) fn now_text(&self) -> String {
        tiphys_engine::Time(self.now_us()).rfc3339()
    }

    /// The run of that name that is here; `@latest` is the newest of the namespace (API-140).
    pub(crate) fn find(&self, namespace: &str, name: &str) -> Result<Option<Summary>, Fault> {
        if name == "@latest" {
            let filter = tiphys_store::Filter {
                namespace: Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty()),
                limit: 1,
                ..Default::default()
            };
            let newest = self.store(|store| store.list(&filter))?.into_iter().next();
            return match newest {
                Some(summary) => Ok(Some(summary)),
                None => Err(Fault::new(Code::NotFound, "no workflows found")),
            };
        }
        self.store(|store| store.find("workflow", namespace, name))
    }

    /// The run of that name that is here, or Kubernetes' words for that there is none.
    pub(crate) fn require(&self, namespace: &str, name: &str) -> Result<Summary, Fault> {
        self.find(namespace, name)?.ok_or_else(|| Fault::missing("workflows.argoproj.io", name))
    }

    /// A run that is here, as Argo's tools read it.
    pub(crate) fn live(&self, summary: &Summary) -> Result<Value, Fault> {
        self.live_with(summary, Extent::Whole)
    }

    /// The same, without nodes while it goes on if nobody wants them.
    pub(crate) fn live_with(&self, summary: &Summary, extent: Extent) -> Result<Value, Fault> {
        if summary.finished_us.is_none()
            && let Some(document) =
                self.controller.statuses(&[&summary.uid], extent)?.into_iter().flatten().next()
        {
            return Ok(shape::live(document));
        }
        if let Some(document) = self.end_of(summary)? {
            return Ok(document);
        }
        let now = tiphys_engine::Time(self.now_us());
        let found = self.store(|store| Ok(tiphys_controller::view::document(store, &summary.uid, now)))?;
        match found.map_err(Fault::internal)? {
            Some(document) => Ok(shape::live(document)),
            None => Err(Fault::missing("workflows.argoproj.io", &summary.name)),
        }
    }

    /// How a run that is here ended. None for one that goes on: what is filed of it is how it was before somebody retried
    /// it (EX-306).
    fn end_of(&self, row: &Summary) -> Result<Option<Value>, Fault> {
        let machine = MachineId::workflow(&row.uid);
        let is_over = |row: &Summary| row.finished_us.is_some();
        // It may have ended since its row was read.
        if !is_over(row) && !self.store(|store| store.summary(&machine))?.as_ref().is_some_and(is_over) {
            return Ok(None);
        }
        let Some(body) = self.store(|store| store.archived(&machine))? else { return Ok(None) };
        let mut document = parse(&body)?;
        if self.options.archive {
            label_archived(&mut document, "Archived");
        }
        Ok(Some(shape::live(document)))
    }

    /// Runs that are here as lists show them, in the order of their rows; none for one that is gone by now.
    ///
    /// A run that another engine drives is told from its row and the document it was submitted with: nothing is
    /// planned or folded for a list, and no odd run keeps the others from being shown.
    pub(crate) fn listed(&self, rows: &[&Summary], extent: Extent) -> Result<Vec<Option<Value>>, Fault> {
        let driven: Vec<&str> =
            rows.iter().filter(|row| row.finished_us.is_none()).map(|row| &*row.uid).collect();
        let mut statuses = self.controller.statuses(&driven, extent)?.into_iter();
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            let status = if row.finished_us.is_none() { statuses.next().flatten() } else { None };
            listed.push(match status {
                Some(document) => Some(shape::live(document)),
                None => self.at_rest(row)?,
            });
        }
        Ok(listed)
    }

    /// A run that no engine here drives.
    fn at_rest(&self, row: &Summary) -> Result<Option<Value>, Fault> {
        if let Some(document) = self.end_of(row)? {
            return Ok(Some(document));
        }
        let machine = MachineId::workflow(&row.uid);
        let Some(body) = self.store(|store| store.document(&machine))? else { return Ok(None) };
        // What cannot be read is told by whoever asks for this run alone.
        let kept = tiphys_controller::Kept::read(&body).ok();
        let workflow = kept.and_then(|kept| serde_json::to_value(&kept.frozen.workflow).ok());
        let mut document = workflow.unwrap_or_else(|| json!({}));
        let metadata = shape::entry(&mut document, "metadata");
        for (field, value) in [
            ("name", json!(row.name)),
            ("namespace", json!(row.namespace)),
            ("uid", json!(row.uid)),
            ("labels", json!(row.labels)),
            ("creationTimestamp", json!(tiphys_engine::Time(row.created_us).rfc3339())),
            ("resourceVersion", json!(last_known_us(row).to_string())),
        ] {
            metadata[field] = value;
        }
        let time = |at: Option<i64>| json!(at.map(|at| tiphys_engine::Time(at).rfc3339()));
        document["status"] =
            json!({ "startedAt": time(row.started_us), "finishedAt": time(row.finished_us) });
        for (field, text) in [("phase", &row.phase), ("message", &row.message), ("progress", &row.progress)] {
            if !text.is_empty() {
                document["status"][field] = json!(text);
            }
        }
        Ok(Some(shape::live(document)))
    }

    /// An archived run.
    pub(crate) fn archived(&self, uid: &str) -> Result<Option<Value>, Fault> {
        let machine = MachineId::workflow(uid);
        match self.store(|store| store.archived(&machine))? {
            None => Ok(None),
            Some(body) => {
                let mut document = parse(&body)?;
                label_archived(&mut document, "Persisted");
                Ok(Some(shape::live(document)))
            }
        }
    }

    /// The times of an archived run as they were, where its status has whole seconds; none if they are not kept.
    pub(crate) fn exact_times(&self, uid: &str) -> Result<Times, Fault> {
        let kept = self.store(|store| store.times(&MachineId::workflow(uid)))?;
        Ok(kept.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default())
    }

    /// The version of what is read from now on: it lacks no change up to then, and every later change has a greater
    /// one (API-129).
    pub(crate) fn version(&self) -> String {
        self.controller.settled().0.to_string()
    }

    /// An object of the catalog.
    pub(crate) fn object(&self, kind: &str, namespace: &str, name: &str) -> Result<Option<Value>, Fault> {
        let key = key(kind, namespace, name);
        let read = match self.shelf.find(&key) {
            Ok(known) => return Ok(known.map(|document| (*document).clone())),
            Err(read) => read,
        };
        let object = self.store(|store| store.object(&key))?;
        let bytes = object.as_ref().map_or(0, |object| object.body.len());
        let document = object.map(|object| versioned(&object.body, object.version)).transpose()?;
        self.shelf.put(key, bytes, document.clone().map(Arc::new), &read);
        Ok(document)
    }

    /// All objects of a kind, in one namespace or (if empty) in all.
    pub(crate) fn objects(&self, kind: &str, namespace: &str) -> Result<Vec<Value>, Fault> {
        let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
        let objects = self.store(|store| store.objects(kind, namespace))?;
        objects.iter().map(|object| versioned(&object.body, object.version)).collect()
    }

    /// Stores an object; `None` if it is not at the version that was expected.
    pub(crate) fn put(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        body: &Value,
        expected: Option<u64>,
    ) -> Result<Option<u64>, Fault> {
        let key = key(kind, namespace, name);
        let bytes = serde_json::to_vec(body).map_err(|error| Fault::internal(error.to_string()))?;
        let put = self.store(|store| store.put_object(&key, &bytes, expected));
        // Whatever came of it.
        self.shelf.wrote(&key);
        match put? {
            Put::Done { version } => {
                self.was_put(&key, body);
                Ok(Some(version))
            }
            Put::Conflict { .. } => Ok(None),
        }
    }

    /// Stores objects, each in place of the version that it comes with: all of them, or `false` and none.
    pub(crate) fn put_all(&self, objects: &[(ObjectKey, Value, u64)]) -> Result<bool, Fault> {
        let new = |(key, value, version): &(ObjectKey, Value, u64)| {
            let body = serde_json::to_vec(value).map_err(|error| Fault::internal(error.to_string()))?;
            Ok(NewObject { key: key.clone(), body, expected: Some(*version) })
        };
        let new = objects.iter().map(new).collect::<Result<Vec<_>, Fault>>()?;
        let put = self.store(|store| store.put_objects(&new));
        // Whatever came of it.
        objects.iter().for_each(|(key, _, _)| self.shelf.wrote(key));
        let put = put?;
        if put {
            objects.iter().for_each(|(key, body, _)| self.was_put(key, body));
        }
        Ok(put)
    }

    /// Does what follows on an object that is stored.
    fn was_put(&self, key: &ObjectKey, body: &Value) {
        let ObjectKey { kind, namespace, name } = key;
        self.changed(kind);
        // That its history lacks this must not be told as if it were not stored.
        if let Err(fault) = versions::keep(self, kind, namespace, name, body) {
            tracing::warn!(kind, namespace, name, error = fault.message, "a version is not kept");
        }
    }

    /// Removes an object, if it is there, and at the expected version if one is.
    pub(crate) fn remove(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        expected: Option<u64>,
    ) -> Result<bool, Fault> {
        let key = key(kind, namespace, name);
        let was_here = self.store(|store| store.delete_object(&key, expected));
        self.shelf.wrote(&key);
        self.changed(kind);
        was_here
    }

    fn changed(&self, kind: &str) {
        self.desk.changed(kind);
        if kind == "Namespace" {
            self.limit();
        }
    }

    /// Refuses to begin something new while what happened already waits to be told.
    pub(crate) fn require_room(&self) -> Result<(), Fault> {
        match self.hub.unread.load(Ordering::Relaxed) > limits::UNREAD_MAX {
            true => Err(Fault::new(
                Code::ResourceExhausted,
                "the server is behind with what happened: come again",
            )),
            false => Ok(()),
        }
    }

    /// Whether a namespace exists.
    pub(crate) fn has_namespace(&self, namespace: &str) -> Result<bool, Fault> {
        let known = namespace == "default" || self.options.namespaces.iter().any(|own| own == namespace);
        Ok(known || self.object("Namespace", "", namespace)?.is_some())
    }

    /// Refuses an object of a namespace that does not exist.
    pub(crate) fn require_namespace(&self, namespace: &str, resource: &str) -> Result<(), Fault> {
        if namespace.is_empty() {
            return Err(Fault::new(
                Code::NotFound,
                format!("the server could not find the requested resource (post {resource})"),
            ));
        }
        if self.has_namespace(namespace)? { Ok(()) } else { Err(Fault::missing("namespaces", namespace)) }
    }

    /// Asks something of a run, whoever drives it.
    pub(crate) fn ask(&self, uid: &str, requests: &[Request]) -> Result<Asked, Fault> {
        let machine = MachineId::workflow(uid);
        let mut reason = None;
        for _ in 0..ADOPT_TRIES {
            if self.controller.ask(uid, requests.to_vec())? {
                return Ok(Asked::Heard);
            }
            // It may have ended since it was looked up: then nobody drives it any more.
            let row = self.store(|store| store.summary(&machine))?;
            if row.is_none_or(|row| row.finished_us.is_some()) {
                return Ok(Asked::Over);
            }
            if self.state.owner_of(&machine)?.is_some() {
                break;
            }
            // Another request may take it up at the same moment: then it is driven here, and asked again.
            reason = self.controller.adopt(uid, None)?.err();
        }
        if let Some(reason) =
            reason.filter(|_| self.state.owner_of(&machine).is_ok_and(|owner| owner.is_none()))
        {
            return Err(reason.into());
        }
        for request in requests {
            let letter = serde_json::to_vec(&tiphys_controller::Ask::Request(request.clone()))
                .map_err(|error| Fault::internal(error.to_string()))?;
            self.store(|store| store.put_inbox(&machine, &letter))?;
        }
        self.state.poke(&machine)?;
        Ok(Asked::Heard)
    }
}

/// What became of something that a run was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It hears of it.
    Heard,
    /// The run is over.
    Over,
}

/// How often a run that nobody drives is taken up to be asked something.
const ADOPT_TRIES: usize = 3;

/// When something last happened to a run, as far as its row tells.
fn last_known_us(row: &Summary) -> i64 {
    [row.started_us, row.finished_us].into_iter().flatten().fold(row.created_us, i64::max)
}

/// The settings to begin with; what faces show may have been given without a file.
fn settings_of(options: &Options) -> Arc<RwLock<Arc<Config>>> {
    let settings = Config {
        links: options.links.clone(),
        columns: options.columns.clone(),
        nav_color: options.nav_color.clone(),
        ..options.settings.clone()
    };
    Arc::new(RwLock::new(Arc::new(settings)))
}

/// A generated name.
pub(crate) fn generated(prefix: &str) -> String {
    tiphys_controller::generated(prefix, uuid::Uuid::new_v4().as_bytes())
}

/// The generated name that always belongs to the same text.
pub(crate) fn generated_for(prefix: &str, text: &str) -> String {
    use sha2::Digest as _;
    tiphys_controller::generated(prefix, &sha2::Sha256::digest(text.as_bytes()))
}

fn key(kind: &str, namespace: &str, name: &str) -> ObjectKey {
    ObjectKey { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
}

fn parse(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body)
        .map_err(|error| Fault::internal(format!("a stored document is broken: {error}")))
}

fn versioned(body: &[u8], version: u64) -> Result<Value, Fault> {
    let mut document = parse(body)?;
    document["metadata"]["resourceVersion"] = json!(version.to_string());
    Ok(document)
}

/// Says how far archiving is (OB-052).
fn label_archived(document: &mut Value, state: &str) {
    document["metadata"]["labels"]["workflows.argoproj.io/workflow-archiving-status"] = json!(state);
}
