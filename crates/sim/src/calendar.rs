//! A schedule in a made-up world: runs that take their time, and engines that die around whatever they do, or are away
//! for a while. What must hold whatever happens is looked at when it happens.

use crate::random::Random;
use crate::stage::DAWN;
use controller::cron::{KIND, Schedules, Yard};
use engine::Time;
use engine::cron::{Answer, Event, RunRef, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use store::{Append, Catalog, Journal, MachineId, MemoryStore, NewRun, ObjectKey, Runs, Summary};
use tiphys_controller as controller;
use tiphys_engine as engine;
use tiphys_spec as spec;
use tiphys_store as store;

/// How long the schedule is played, in seconds.
const PLAYED: i64 = 3_600;

/// How late an instant may be served without being made up for, in seconds: what the machine allows, and some.
const LATE: i64 = 31;

/// How long it may take until the end of a run is counted, in seconds (CR-130).
const COUNTED_WITHIN: i64 = 12;

/// Most turns before something is wrong.
const TURNS_MAX: usize = 100_000;

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Nothing.
    Good,
    /// Engines die around whatever they do; the next one is there at once.
    Deaths,
    /// The same, and at times nobody is there for some minutes.
    Outages,
}

/// What a schedule came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chronicle {
    /// For when the runs were due that were made.
    pub dues: Vec<Time>,
    /// How often an engine died.
    pub deaths: usize,
}

/// A schedule of this seed: every minute or so, with one of the policies, and perhaps a deadline, limits of history and an
/// end.
pub fn schedule(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let mut spec = json!({
        "schedules": [random.pick(&["* * * * *", "*/2 * * * *", "*/5 * * * *"])],
        "concurrencyPolicy": random.pick(&["Allow", "Forbid", "Replace"]),
        "workflowSpec": { "entrypoint": "main" },
    });
    if random.percent(20) {
        spec["schedules"] = json!(["*/3 * * * *", "*/4 * * * *"]);
    }
    if random.percent(50) {
        spec["startingDeadlineSeconds"] = json!(random.pick(&[60, 300, 1_800]));
    }
    if random.percent(40) {
        spec["successfulJobsHistoryLimit"] = json!(random.below(5));
        spec["failedJobsHistoryLimit"] = json!(random.below(3));
    }
    if random.percent(25) {
        spec["stopStrategy"] = json!({ "expression": format!("cronworkflow.succeeded >= {STOPS_AFTER}") });
    }
    spec
}

/// After how many successes a schedule stops that stops at all.
const STOPS_AFTER: usize = 5;

/// Plays a schedule in some weather. The error is a broken promise.
pub fn play(spec: &Value, weather: Weather, seed: u64) -> Result<Chronicle, String> {
    let mut store = MemoryStore::new();
    let key = ObjectKey { kind: KIND.to_owned(), namespace: "ns".to_owned(), name: "tick".to_owned() };
    let body = json!({ "metadata": { "name": "tick", "namespace": "ns", "uid": "u" }, "spec": spec });
    let text = |error: store::StoreError| error.to_string();
    store.put_object(&key, body.to_string().as_bytes(), None).map_err(text)?;
    let mut street = Street {
        policy: spec["concurrencyPolicy"].as_str().unwrap_or_default().to_owned(),
        lateness: LATE.max(spec["startingDeadlineSeconds"].as_i64().unwrap_or(0)),
        stops: spec["stopStrategy"].is_object(),
        weather,
        random: Random::new(seed),
        now: DAWN,
        runs: BTreeMap::new(),
        removed: Vec::new(),
        is_fresh: true,
        deaths: 0,
        broken: None,
    };
    let mut schedules = Schedules::new("UTC");
    let until = Time(DAWN.0 + PLAYED * 1_000_000);
    for _ in 0..TURNS_MAX {
        let now = street.now;
        street.turn(&mut schedules, &mut store).map_err(text)?;
        if let Some(broken) = street.broken.take() {
            return Err(broken);
        }
        if now >= until && !street.is_fresh {
            return street.end(schedules, &mut store, &key);
        }
        if weather == Weather::Outages && street.random.percent(2) {
            schedules = Schedules::new("UTC");
            street.is_fresh = true;
            let seconds = 10 + street.random.below(1_200) as i64;
            street.now = street.now.max(Time(street.now.0 + seconds * 1_000_000));
            continue;
        }
        let next = schedules.next_due().unwrap_or(now).max(Time(now.0 + 1_000));
        // After an outage the hour may be over already; time does not go back.
        let end = until.max(now);
        street.now = street.next_end().map_or(next, |end| next.min(end).max(now)).min(end);
    }
    Err(format!("after {TURNS_MAX} turns there is no end"))
}

/// An engine died; only what is in the store and on the street is left.
struct Died;

/// A run of the schedule.
struct Made {
    due: Time,
    ends: Time,
    succeeds: bool,
    /// What the store keeps of it.
    document: Vec<u8>,
    /// Whether the store was told that it is there, and that it ended.
    told: (bool, bool),
}

/// The world around the schedule.
struct Street {
    policy: String,
    /// How late a run may be made, in seconds.
    lateness: i64,
    stops: bool,
    weather: Weather,
    random: Random,
    now: Time,
    runs: BTreeMap<String, Made>,
    /// The uids of runs that were removed.
    removed: Vec<String>,
    /// The engine is new, and looks at everything.
    is_fresh: bool,
    deaths: usize,
    broken: Option<String>,
}

impl Street {
    /// One turn of an engine, which may not survive it; the next one is there at once.
    fn turn(&mut self, schedules: &mut Schedules, store: &mut MemoryStore) -> Result<(), store::StoreError> {
        let now = self.now;
        match catch_unwind(AssertUnwindSafe(|| schedules.turn(store, self, now))) {
            Ok(turned) => {
                turned?;
                self.is_fresh = false;
            }
            Err(died) if died.is::<Died>() => {
                self.deaths += 1;
                self.is_fresh = true;
                *schedules = Schedules::new("UTC");
            }
            Err(other) => resume_unwind(other),
        }
        self.tell(store)
    }

    fn die_perhaps(&mut self) {
        if self.weather != Weather::Good && self.random.percent(4) {
            resume_unwind(Box::new(Died));
        }
    }

    /// Notes a broken promise; the first one counts.
    fn broke(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }

    fn running(&self) -> Vec<&String> {
        self.runs.iter().filter(|(_, run)| run.ends > self.now).map(|(name, _)| name).collect()
    }

    fn next_end(&self) -> Option<Time> {
        self.runs.values().map(|run| run.ends).filter(|ends| *ends > self.now).min()
    }

    /// Writes into the store what runs do, and takes out what was removed.
    fn tell(&mut self, store: &mut MemoryStore) -> Result<(), store::StoreError> {
        for (name, run) in &mut self.runs {
            let machine = MachineId::workflow(format!("uid-{name}"));
            let over = run.ends <= self.now;
            let labels = BTreeMap::from([(engine::cron::run::CRON_LABEL.to_owned(), "tick".to_owned())]);
            let mut summary = Summary {
                namespace: "ns".to_owned(),
                name: name.clone(),
                uid: machine.id.clone(),
                phase: "Running".to_owned(),
                created_us: run.due.0,
                labels,
                ..Summary::default()
            };
            if !run.told.0 {
                run.told.0 = true;
                store.create(&NewRun {
                    machine: machine.clone(),
                    document: run.document.clone(),
                    summary: summary.clone(),
                })?;
            }
            if over && !run.told.1 {
                run.told.1 = true;
                summary.phase = if run.succeeds { "Succeeded" } else { "Failed" }.to_owned();
                summary.finished_us = Some(run.ends.0);
                let epoch = store.next_epoch(&machine)?;
                let append = Append {
                    machine,
                    epoch,
                    seq: 1,
                    at_us: self.now.0,
                    format: 1,
                    body: Vec::new(),
                    summary: Some(summary),
                    inbox_done: None,
                    end: None,
                };
                let appended = store.append(&[append])?;
                assert!(appended.iter().all(Result::is_ok), "{appended:?}");
            }
        }
        for uid in self.removed.drain(..) {
            store.delete(&MachineId::workflow(uid))?;
        }
        Ok(())
    }

    /// Looks whether everything was counted once, and history is as short as it was asked to be.
    fn end(
        mut self,
        mut schedules: Schedules,
        store: &mut MemoryStore,
        key: &ObjectKey,
    ) -> Result<Chronicle, String> {
        self.weather = Weather::Good;
        let text = |error: store::StoreError| error.to_string();
        let dues: Vec<Time> = self.runs.values().map(|run| run.due).collect();
        // No more runs, and all that run end.
        let object = store.object(key).map_err(text)?.ok_or("the document is gone")?;
        let mut document: Value = serde_json::from_slice(&object.body).map_err(|error| error.to_string())?;
        document["spec"]["suspend"] = json!(true);
        store.put_object(key, document.to_string().as_bytes(), None).map_err(text)?;
        for _ in 0..6 {
            schedules.count_soon();
            self.turn(&mut schedules, store).map_err(text)?;
            let last = self.runs.values().map(|run| run.ends).max().unwrap_or(self.now);
            self.now = self.now.max(last).plus_nanos(1_000_000_000);
            self.tell(store).map_err(text)?;
        }
        self.tell(store).map_err(text)?;
        if let Some(broken) = self.broken.take() {
            return Err(broken);
        }
        let view = schedules.view();
        let cron = view.find("ns", "tick").ok_or("the schedule is gone")?;
        let status = &cron.state().status;
        let succeeded = self.runs.values().filter(|run| run.succeeds).count() as i64;
        let failed = self.runs.len() as i64 - succeeded;
        if (status.succeeded, status.failed) != (succeeded, failed) || !status.active.is_empty() {
            return Err(format!("{succeeded} runs succeeded and {failed} failed, and it tells {status:?}"));
        }
        let excess = engine::cron::run::excess(&cron.state().document.spec, self.kept(store).map_err(text)?);
        if !excess.is_empty() {
            return Err(format!("history is longer than its limits by {excess:?}"));
        }
        Ok(Chronicle { dues, deaths: self.deaths })
    }

    fn kept(&self, store: &mut MemoryStore) -> Result<Vec<engine::cron::run::Past>, store::StoreError> {
        let mut kept = Vec::new();
        for (name, run) in &self.runs {
            let uid = format!("uid-{name}");
            if store.summary(&MachineId::workflow(&*uid))?.is_some() {
                kept.push(engine::cron::run::Past { uid, succeeded: run.succeeds, finished: run.ends });
            }
        }
        Ok(kept)
    }
}

impl Yard for Street {
    fn flaw(&mut self, _document: &Value) -> Option<String> {
        None
    }

    fn submit(&mut self, workflow: spec::Workflow) -> Result<Answer, String> {
        self.die_perhaps();
        let document = json!({ "frozen": { "workflow": &workflow } }).to_string().into_bytes();
        let name = workflow.metadata.name;
        let uid = format!("uid-{name}");
        if self.runs.contains_key(&name) {
            return Ok(Answer::Created { uid });
        }
        let seconds: i64 = name.rsplit('-').next().and_then(|text| text.parse().ok()).unwrap_or_default();
        let due = Time(seconds * 1_000_000);
        if self.policy == "Forbid" && !self.running().is_empty() {
            self.broke(format!("{name} is made, and {:?} runs", self.running()));
        }
        if self.policy == "Replace" && !self.running().is_empty() {
            self.broke(format!("{name} is made, and {:?} was not replaced", self.running()));
        }
        let before = Time(self.now.0 - COUNTED_WITHIN * 1_000_000);
        let successes = self.runs.values().filter(|run| run.succeeds && run.ends < before).count();
        if self.stops && successes >= STOPS_AFTER && self.weather != Weather::Outages {
            self.broke(format!("{name} is made after {successes} successes, and it was to stop"));
        }
        // What a run does depends on its instant alone, so that every weather meets the same runs.
        let mut fate = Random::new(seconds.unsigned_abs());
        let takes = 1 + fate.below(240) as i64;
        let ends = Time(self.now.0 + takes * 1_000_000);
        self.runs
            .insert(name, Made { due, ends, succeeds: fate.percent(70), document, told: (false, false) });
        // The store hears of runs between turns only, and a new engine counts in its first.
        if self.is_fresh {
            resume_unwind(Box::new(Died));
        }
        self.die_perhaps();
        Ok(Answer::Created { uid })
    }

    fn terminate(&mut self, run: &RunRef) {
        self.die_perhaps();
        let now = self.now;
        if let Some(run) = self.runs.get_mut(&run.name).filter(|run| run.ends > now) {
            (run.ends, run.succeeds) = (now, false);
        }
        self.die_perhaps();
    }

    fn remove(&mut self, uid: &str) {
        self.removed.push(uid.to_owned());
        self.die_perhaps();
    }

    fn happened(&mut self, _schedule: &ObjectKey, event: &Event) {
        let Event::Fired { due, verdict: Verdict::Run { name, .. } } = event else { return };
        // What was decided is done, however late; it has to be decided in time.
        let late = self.now.since_us(*due) / 1_000_000;
        if !(0..=self.lateness).contains(&late) {
            let most = self.lateness;
            self.broke(format!("{name} is fired {late} s after it was due, at most {most} are allowed"));
        }
    }

    fn warn(&mut self, message: &str) {
        self.broke(message.to_owned());
    }
}
