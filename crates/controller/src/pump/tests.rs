#[path = "../../../store/tests/store/log.rs"]
mod log;

use self::log::commits;
use crate::collect::Force;
use crate::handle::{Ask, Controller, Order, Update};
use crate::patient::tests::{Fails, Faulty};
use crate::prepare::Place;
use crate::refused::Refused;
use crate::submit;
use crate::view;
use serde_json::{Value, json};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tiphys_engine::workflow::{Event, Request};
use tiphys_engine::{Frozen, Time, explain};
use tiphys_runner::step::{
    ArtifactStored, AttemptId, ContainerEnded, Ended, Exit, Report, Sighting, Started, StepRequest,
};
use tiphys_runner::{News, Refusal, Runner, RunnerError};
use tiphys_store::{
    Heard, Journal as _, MachineId, MemoKey, NewRun, Runs, Shared as _, State, Store, StoreError, Summary,
};

/// What a runner was told.
#[derive(Debug, PartialEq)]
enum Told {
    Stop(Vec<String>),
    Forget(Vec<String>),
}

/// A runner that an earlier life of the engine left behind.
struct Found {
    sightings: Vec<Sighting>,
    told: Mutex<Sender<Told>>,
}

fn names(attempts: &[AttemptId]) -> Vec<String> {
    attempts.iter().map(|attempt| attempt.0.clone()).collect()
}

impl Runner for Found {
    fn start(&self, steps: &[StepRequest]) -> Vec<Result<(), Refusal>> {
        vec![Ok(()); steps.len()]
    }

    fn stop(&self, attempts: &[AttemptId], _grace: Duration) {
        self.told.lock().unwrap().send(Told::Stop(names(attempts))).unwrap();
    }

    fn recall(&self, attempts: &[AttemptId]) -> Result<Vec<Sighting>, RunnerError> {
        assert!(attempts.is_empty(), "no run is here that has attempts of its own");
        Ok(self.sightings.clone())
    }

    fn forget(&self, attempts: &[AttemptId]) {
        self.told.lock().unwrap().send(Told::Forget(names(attempts))).unwrap();
    }

    fn subscribe(&self, _attempt: Option<&AttemptId>, _on: bool) {}
}

fn running(attempt: &str) -> Sighting {
    let attempt = AttemptId(attempt.to_owned());
    Sighting::Running(Started { attempt, pid: 1, ..Started::default() })
}

fn ended(attempt: &str) -> Sighting {
    Sighting::Ended(Box::new(Ended { attempt: AttemptId(attempt.to_owned()), ..Ended::default() }))
}

/// An engine that was killed after it had recorded how a run ended, and before it could stop the run's daemon, left the
/// daemon running; the next one ends it. Runs that go on, here or with somebody else, keep what they have (EX-372).
#[test]
fn what_runs_for_runs_that_are_over_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let mut store = state.store().unwrap();
    for (uid, finished_us) in [("over", Some(2)), ("going-on", None)] {
        let workflow = serde_json::json!({ "metadata": { "name": uid, "uid": uid }, "spec": {} });
        let workflow = serde_json::from_value(workflow).unwrap();
        let summary = Summary { finished_us, ..submit::summary(&workflow, Time(1)) };
        let run = NewRun { machine: MachineId::workflow(uid), document: Vec::new(), summary };
        store.create(&run).unwrap();
    }
    let (told, hear) = mpsc::channel();
    let sightings = vec![
        running("over/1.0"),
        running("over/plugin.0"),
        ended("over/2.0"),
        running("going-on/1.0"),
        ended("going-on/2.0"),
        running("deleted/0.0"),
    ];
    let runner = Arc::new(Found { sightings, told: Mutex::new(told) });
    let controller = Controller::start(&state, Place::default(), 1, Box::new(move |_news| runner)).unwrap();
    controller.end_strays().unwrap();
    let patience = Duration::from_secs(60);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        hear.recv_timeout(patience),
        Ok(Told::Stop(names(&["over/1.0", "over/plugin.0", "deleted/0.0"])))
    );
    assert_eq!(hear.recv_timeout(patience), Ok(Told::Forget(names(&["over/2.0"]))));
    controller.quit().unwrap();
}

/// A runner that was there before its engine, and may not answer when it is first asked what became of a step.
struct Left {
    asked: AtomicUsize,
    silent: usize,
    answer: fn(&str) -> Sighting,
    steps: Mutex<Sender<AttemptId>>,
}

impl Runner for Left {
    fn start(&self, steps: &[StepRequest]) -> Vec<Result<(), Refusal>> {
        steps.iter().for_each(|step| self.steps.lock().unwrap().send(step.attempt.clone()).unwrap());
        vec![Ok(()); steps.len()]
    }

    fn stop(&self, _attempts: &[AttemptId], _grace: Duration) {}

    fn recall(&self, attempts: &[AttemptId]) -> Result<Vec<Sighting>, RunnerError> {
        if self.asked.fetch_add(1, Ordering::Relaxed) < self.silent {
            return Err(RunnerError::Unreachable { id: "any".into(), reason: "it does not answer".into() });
        }
        Ok(attempts.iter().map(|attempt| (self.answer)(&attempt.0)).collect())
    }

    fn forget(&self, _attempts: &[AttemptId]) {}

    fn subscribe(&self, _attempt: Option<&AttemptId>, _on: bool) {}
}

/// One engine after another on one state folder.
struct Engines {
    _folder: tempfile::TempDir,
    state: State,
    steps: Sender<AttemptId>,
    started: Receiver<AttemptId>,
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Engines {
    fn new() -> Engines {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        let (steps, started) = mpsc::channel();
        Engines { _folder: folder, state, steps, started }
    }

    fn start(&self, silent: usize, answer: fn(&str) -> Sighting) -> (Controller, Hear) {
        self.start_on(Box::new(self.state.store().unwrap()), Duration::ZERO, (silent, answer))
    }

    /// On a store that is full whenever `fails` says so for a call, borne for as long as that.
    fn start_faulty(&self, fails: Fails, patience: Duration) -> (Controller, Hear) {
        let store = Box::new(Faulty { store: Box::new(self.state.store().unwrap()), fails });
        self.start_on(store, patience, (0, running))
    }

    fn start_on(
        &self,
        store: Box<dyn Store>,
        patience: Duration,
        (silent, answer): (usize, fn(&str) -> Sighting),
    ) -> (Controller, Hear) {
        let (report, news) = mpsc::channel();
        let steps = Mutex::new(self.steps.clone());
        let runner = Arc::new(Left { asked: AtomicUsize::new(0), silent, answer, steps });
        let make = move |hear: Hear| {
            report.send(hear).unwrap();
            runner as Arc<dyn Runner>
        };
        let (artifacts, claims) = (self.state.artifacts_dir(), self.state.dir().join("claims"));
        let place = Place { patience, artifacts, claims, ..Place::default() };
        let controller = Controller::start_on(&self.state, store, place, 1, Box::new(make)).unwrap();
        (controller, news.recv().unwrap())
    }

    /// Submits a run of one step, and waits until the runner was told to start it.
    fn submit(&self, controller: &Controller) -> (AttemptId, Receiver<Update>) {
        let (follower, updates) = mpsc::channel();
        let template = json!({ "name": "main", "container": { "image": "any", "command": ["work"] } });
        controller.submit(order("one", &template, Some(follower))).unwrap().unwrap();
        (self.started.recv_timeout(PATIENCE).unwrap(), updates)
    }

    /// The same, and waits until the step is seen running.
    fn run(&self, controller: &Controller, news: &Hear) -> (AttemptId, Receiver<Update>) {
        let (attempt, updates) = self.submit(controller);
        let seen = Started { attempt: attempt.clone(), pid: 1, ..Started::default() };
        news(News::Reports(vec![Report::Started(seen)]));
        wait_until_seen_running(&updates);
        (attempt, updates)
    }

    fn adopt(&self, controller: &Controller) -> Receiver<Update> {
        let (follower, updates) = mpsc::channel();
        controller.adopt("one", Some(follower)).unwrap().unwrap();
        updates
    }
}

/// A run of one step.
fn order(name: &str, template: &Value, follower: Option<Sender<Update>>) -> Order {
    let workflow = json!({
        "metadata": { "name": name, "uid": name },
        "spec": { "entrypoint": "main", "templates": [template] },
    });
    let frozen = Frozen { workflow: serde_json::from_value(workflow).unwrap(), ..Frozen::default() };
    let (secrets, files, world) = (Vec::new(), Default::default(), Value::Null);
    Order { frozen, secrets, files, world, follower }
}

type Hear = Box<dyn Fn(News) + Send + Sync>;

fn wait_until_seen_running(updates: &Receiver<Update>) {
    let is_seen = |update: Update| match update {
        Update::Recorded(recorded) => {
            recorded.events.iter().any(|event| matches!(event, Event::Observed { .. }))
        }
        other => panic!("{other:?}"),
    };
    while !is_seen(updates.recv_timeout(PATIENCE).unwrap()) {}
}

/// That a supervisor does not answer says nothing about a step that was seen running: it is not lost for that, and when
/// the supervisor answers, what it says counts (EX-470).
#[test]
fn a_supervisor_that_does_not_answer_is_asked_again() {
    let engines = Engines::new();
    let (controller, news) = engines.start(0, running);
    let (_attempt, _updates) = engines.run(&controller, &news);
    controller.quit().unwrap();

    let (controller, _news) = engines.start(1, ended);
    let updates = engines.adopt(&controller);
    let mut unheard = 0;
    let document = loop {
        match updates.recv_timeout(PATIENCE).unwrap() {
            Update::Unheard { reason, .. } => {
                assert!(reason.contains("it does not answer"), "{reason}");
                unheard += 1;
            }
            Update::Ended(document) => break document,
            _ => {}
        }
    };
    assert_eq!(unheard, 1);
    assert_eq!(document["status"]["phase"], "Succeeded", "{document}");
    controller.quit().unwrap();
}

/// A step whose start was told to an engine that went before it recorded that is seen running by the next one (EX-119).
#[test]
fn what_runs_already_when_a_run_is_taken_up_is_seen_running() {
    let engines = Engines::new();
    let (controller, _news) = engines.start(0, running);
    let (_attempt, _updates) = engines.submit(&controller);
    controller.quit().unwrap();

    let (controller, _news) = engines.start(0, running);
    wait_until_seen_running(&engines.adopt(&controller));
    controller.quit().unwrap();
}

/// A server that comes back takes up all runs that were under way: that each waits for the disk would keep it away for as
/// long as there are many.
#[test]
fn runs_that_are_taken_up_together_are_taken_over_in_one_transaction() {
    const RUNS: usize = 60;
    let engines = Engines::new();
    let (controller, _news) = engines.start(0, running);
    let names: Vec<String> = (0..RUNS).map(|number| format!("run-{number}")).collect();
    let parked = json!({ "name": "main", "suspend": {} });
    for name in &names {
        controller.submit(order(name, &parked, None)).unwrap().unwrap();
    }
    controller.quit().unwrap();

    let mut store = engines.state.store().unwrap();
    let held = engines.state.ownership().unwrap().claim(&MachineId::workflow("run-7")).unwrap();
    let (controller, _news) = engines.start(0, running);
    let epoch = store.next_epoch(&MachineId::workflow("run-0")).unwrap();
    let before = commits(&engines.state.database());
    let asked = [&names[..], &["nobody".to_owned()]].concat();
    let adopted = controller.adopt_all(asked).unwrap();
    let refused: Vec<&Refused> = adopted.iter().filter_map(|one| one.as_ref().err()).collect();
    assert_eq!(adopted.len(), RUNS + 1);
    assert!(matches!(refused[..], [Refused::Driven(_), Refused::Missing(_)]), "{refused:?}");
    // One that takes them over, and one that records that they go on.
    let transactions = commits(&engines.state.database()) - before;
    assert!(transactions <= 2, "{transactions} transactions");
    assert_eq!(store.next_epoch(&MachineId::workflow("run-0")).unwrap(), epoch + 2, "it was taken over");
    drop(held);
    controller.quit().unwrap();
}

fn unknown(attempt: &str) -> Sighting {
    Sighting::Unknown(AttemptId(attempt.to_owned()))
}

impl Engines {
    /// What people are told of the step once its run has ended.
    fn why(&self) -> String {
        let (_, run) = view::run(&mut self.state.store().unwrap(), "one").unwrap().unwrap();
        assert_eq!(run.nodes[0].message.as_deref(), Some("pod deleted"), "Argo's words");
        let told = |subject| explain::why(&run, &[], subject, Time(0)).unwrap().because;
        assert!(explain::reason(&run).contains("pod deleted"));
        assert!(told(None).contains("was lost: pod deleted ("), "{}", told(None));
        told(Some("one"))
    }
}

fn wait_until_ended(updates: &Receiver<Update>) {
    while !matches!(updates.recv_timeout(PATIENCE).unwrap(), Update::Ended(_)) {}
}

/// Argo's word for a step whose pod is gone tells nobody what to look for: the journal keeps what is known, and `why`
/// tells it (EX-406).
#[test]
fn what_became_of_a_lost_step_is_kept_and_told() {
    let engines = Engines::new();
    let (controller, news) = engines.start(0, unknown);
    let (_attempt, updates) = engines.run(&controller, &news);
    news(News::Lost("its supervisor (pid 7) was killed".to_owned()));
    wait_until_ended(&updates);
    controller.quit().unwrap();
    let told = engines.why();
    assert!(told.contains("its supervisor (pid 7) was killed") && told.contains("`retryStrategy`"), "{told}");
}

#[test]
fn a_step_that_was_lost_while_no_engine_lived_is_told_so() {
    let engines = Engines::new();
    let (controller, news) = engines.start(0, running);
    let (_attempt, _updates) = engines.run(&controller, &news);
    controller.quit().unwrap();

    let (controller, _news) = engines.start(0, unknown);
    wait_until_ended(&engines.adopt(&controller));
    controller.quit().unwrap();
    assert!(engines.why().contains("the machine was restarted"), "{}", engines.why());
}

/// The time in which artifacts are saved belongs to the step, and whoever looks at it learns what it does then.
#[test]
fn a_step_whose_files_are_being_saved_says_so() {
    let engines = Engines::new();
    let (controller, news) = engines.start(0, running);
    let (attempt, updates) = engines.run(&controller, &news);
    let saving = Report::Saving(attempt.clone());
    // Told again by a supervisor that was found again: once is enough.
    news(News::Reports(vec![saving.clone(), saving]));
    let noted = loop {
        let Update::Recorded(recorded) = updates.recv_timeout(PATIENCE).unwrap() else { continue };
        if let Some(Event::Noted { message, .. }) = recorded.events.first() {
            break message.clone();
        }
    };
    assert_eq!(noted.as_deref(), Some("its files are being saved"));
    // Lists learn it, too, when nothing else happens.
    let row = loop {
        let summary = engines.state.store().unwrap().summary(&MachineId::workflow("one")).unwrap().unwrap();
        if !summary.message.is_empty() {
            break summary.message;
        }
        std::thread::yield_now();
    };
    assert_eq!(row, "its files are being saved");
    let (_, run) = view::run(&mut engines.state.store().unwrap(), "one").unwrap().unwrap();
    let told = explain::why(&run, &[], Some("one"), Time(0)).unwrap().because;
    assert_eq!(told, "runs: its files are being saved");
    let ended = Ended { attempt, ..Ended::default() };
    news(News::Reports(vec![Report::Ended(Box::new(ended))]));
    wait_until_ended(&updates);
    controller.quit().unwrap();
    let (_, run) = view::run(&mut engines.state.store().unwrap(), "one").unwrap().unwrap();
    assert_eq!(run.nodes[0].message, None);
}

/// A disk that is full for a moment, or a database that another process keeps, ends no engine: whatever is asked of the
/// store is asked again, not only records.
#[test]
fn a_store_that_fails_for_a_moment_is_borne_whatever_is_asked_of_it() {
    let engines = Engines::new();
    let asked = AtomicUsize::new(0);
    // Every other call fails, whatever it is.
    let every_other = move |_: &str| asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
    let (controller, news) = engines.start_faulty(Arc::new(every_other), PATIENCE);
    let template = json!({
        "name": "main", "container": { "image": "any", "command": ["work"] },
        "synchronization": { "mutexes": [{ "name": "only" }] },
        "memoize": { "key": "k", "cache": { "configMap": { "name": "kept" } } },
    });
    let (follower, updates) = mpsc::channel();
    controller.submit(order("one", &template, Some(follower))).unwrap().unwrap();
    let attempt = engines.started.recv_timeout(PATIENCE).unwrap();
    news(News::Reports(vec![Report::Ended(Box::new(Ended { attempt, ..Ended::default() }))]));
    wait_until_ended(&updates);
    assert_eq!(engines.state.store().unwrap().count_unused_memos(i64::MAX).unwrap(), 1, "it is remembered");
    assert!(controller.delete("one", Force::No).unwrap().unwrap());
    controller.quit().unwrap();
}

/// A full disk is not the mistake of who wants a run.
#[test]
fn who_cannot_have_a_run_for_the_stores_sake_is_told_so() {
    let engines = Engines::new();
    let full = |call: &str| call == "commit";
    let (controller, _news) = engines.start_faulty(Arc::new(full), Duration::from_millis(20));
    let refused = controller.submit(order("one", &json!({ "name": "main", "suspend": {} }), None));
    assert!(matches!(refused, Ok(Err(Refused::World(StoreError::Full { .. })))), "{refused:?}");
    controller.quit().unwrap();
}

/// A run that the store does not let go of stays as it was, with its steps and its driver.
#[test]
fn a_run_that_cannot_be_deleted_now_goes_on() {
    let engines = Engines::new();
    let is_full = Arc::new(AtomicBool::new(true));
    let full = is_full.clone();
    let fails = move |call: &str| call == "delete_all" && full.load(Ordering::Relaxed);
    let (controller, news) = engines.start_faulty(Arc::new(fails), Duration::ZERO);
    let (attempt, updates) = engines.run(&controller, &news);
    let refused = controller.delete("one", Force::No).unwrap();
    assert!(matches!(refused, Err(Refused::World(StoreError::Full { .. }))), "{refused:?}");
    assert!(controller.status("one").unwrap().is_some(), "it is driven");
    news(News::Reports(vec![Report::Ended(Box::new(Ended { attempt, ..Ended::default() }))]));
    wait_until_ended(&updates);
    is_full.store(false, Ordering::Relaxed);
    assert!(controller.delete("one", Force::No).unwrap().unwrap());
    controller.quit().unwrap();
}

/// Locks that a run which is no more seems to hold are freed by whoever waits for them; it is gone all the same.
#[test]
fn a_run_is_deleted_although_its_locks_cannot_be_freed_now() {
    let engines = Engines::new();
    let fails = |call: &str| matches!(call, "locks" | "update_locks");
    let (controller, _news) = engines.start_faulty(Arc::new(fails), Duration::ZERO);
    let (follower, updates) = mpsc::channel();
    let parked = json!({ "name": "main", "suspend": {} });
    controller.submit(order("one", &parked, Some(follower))).unwrap().unwrap();
    assert!(controller.delete("one", Force::No).unwrap().unwrap());
    while !matches!(updates.recv_timeout(PATIENCE).unwrap(), Update::Deleted(_)) {}
    assert!(controller.delete_all(&["one"], Force::No).unwrap()[0].as_ref().is_ok_and(|was_here| !was_here));
    controller.quit().unwrap();
}

/// What a run was asked in writing survives that the run goes to another engine while it is read.
#[test]
fn letters_that_nobody_heeded_stay_for_who_takes_the_run_over() {
    let engines = Engines::new();
    let (controller, _news) = engines.start(0, running);
    let (follower, updates) = mpsc::channel();
    let parked = json!({ "name": "main", "suspend": {} });
    controller.submit(order("one", &parked, Some(follower))).unwrap().unwrap();
    let mut store = engines.state.store().unwrap();
    let machine = MachineId::workflow("one");
    store.next_epoch(&machine).unwrap();
    for request in [Request::Suspend, Request::Terminate] {
        let letter = serde_json::to_vec(&Ask::Request(request)).unwrap();
        store.put_inbox(&machine, &letter).unwrap().unwrap();
    }
    assert!(engines.state.poke(&machine).unwrap());
    while !matches!(updates.recv_timeout(PATIENCE).unwrap(), Update::Fenced(_)) {}
    // Everything that the engine did with them is done when it has ended.
    controller.quit().unwrap();
    assert_eq!(store.inbox(&machine).unwrap().len(), 2);
}

/// A process may have one engine after another: none leaves a thread and a socket behind.
#[test]
fn nobody_waits_for_rings_at_an_engine_that_is_gone() {
    let engines = Engines::new();
    let ownership = engines.state.ownership().unwrap();
    let bell = ownership.bell().unwrap();
    let (woken, wakes) = mpsc::channel();
    std::thread::spawn(move || woken.send(bell.wait(None).ok()).unwrap());
    assert!(wakes.recv_timeout(Duration::from_millis(20)).is_err(), "nobody rings");
    drop(ownership);
    assert_eq!(wakes.recv_timeout(PATIENCE), Ok(Some(Heard::End)));
    // Quitting waits for the thread of the engine's own bell.
    engines.start(0, running).0.quit().unwrap();
}

/// A loop whose steps want one mutex: all of them come at once, and each goes to the end of a line that has all the
/// others. A transaction for each would keep every other run from going on for minutes. That holds, too, if the workflow
/// has a lock of its own, so that each step might close a circle.
#[test]
fn items_of_a_loop_that_want_one_lock_ask_for_it_together() {
    const ITEMS: usize = 300;
    for own in ["[]", r#"[{ "name": "whole" }]"#] {
        let engines = Engines::new();
        let (controller, news) = engines.start(0, running);
        let items: Vec<usize> = (0..ITEMS).collect();
        let own: Value = serde_json::from_str(own).unwrap();
        let step = json!({ "name": "each", "template": "one", "withItems": items });
        let workflow = json!({
            "metadata": { "name": "one", "uid": "one" },
            "spec": { "entrypoint": "main", "synchronization": { "mutexes": own }, "templates": [
                { "name": "main", "steps": [[step]] },
                { "name": "one", "container": { "image": "any", "command": ["work"] },
                  "synchronization": { "mutexes": [{ "name": "only" }] } },
            ]},
        });
        let frozen = Frozen { workflow: serde_json::from_value(workflow).unwrap(), ..Frozen::default() };
        // Something for the log to begin with.
        engines.state.store().unwrap().next_epoch(&MachineId::workflow("other")).unwrap();
        let before = commits(&engines.state.database());
        let (secrets, files, world, follower) = (Vec::new(), Default::default(), Value::Null, None);
        controller.submit(Order { frozen, secrets, files, world, follower }).unwrap().unwrap();
        let mut attempt = engines.started.recv_timeout(PATIENCE).unwrap();
        // Created, asked for, given, and the answers recorded.
        let transactions = commits(&engines.state.database()) - before;
        assert!(transactions <= 10, "{transactions} transactions");
        // One after the other has it.
        for _ in 0..3 {
            assert!(engines.started.try_recv().is_err(), "one holds it");
            news(News::Reports(vec![Report::Ended(Box::new(Ended { attempt, ..Ended::default() }))]));
            attempt = engines.started.recv_timeout(PATIENCE).unwrap();
        }
        controller.quit().unwrap();
    }
}

/// EX-333, EX-338: results that are used together are noted together, and not anew at every use.
#[test]
fn remembered_results_that_are_used_cost_one_transaction_together() {
    const ITEMS: usize = 100;
    let engines = Engines::new();
    let mut store = engines.state.store().unwrap();
    let key =
        |item: usize| MemoKey { namespace: String::new(), cache: "kept".into(), key: format!("k-{item}") };
    for item in 0..ITEMS {
        store.put_memo(&key(item), br#"{"nodeID": "other"}"#, 1).unwrap();
    }
    let (controller, _news) = engines.start(0, running);
    let order = |uid: &str| {
        let items: Vec<usize> = (0..ITEMS).collect();
        let item = json!([{ "name": "item", "value": "{{item}}" }]);
        let step = json!({ "name": "each", "template": "one", "withItems": items, "arguments": { "parameters": item } });
        let memo =
            json!({ "key": "k-{{inputs.parameters.item}}", "cache": { "configMap": { "name": "kept" } } });
        let workflow = json!({
            "metadata": { "name": uid, "uid": uid },
            "spec": { "entrypoint": "main", "templates": [
                { "name": "main", "steps": [[step]] },
                { "name": "one", "inputs": { "parameters": [{ "name": "item" }] }, "memoize": memo,
                  "container": { "image": "any", "command": ["work"] } },
            ]},
        });
        let frozen = Frozen { workflow: serde_json::from_value(workflow).unwrap(), ..Frozen::default() };
        let (follower, updates) = mpsc::channel();
        let (secrets, files, world) = (Vec::new(), Default::default(), Value::Null);
        (Order { frozen, secrets, files, world, follower: Some(follower) }, updates)
    };
    let mut run = |uid: &str| {
        let before = commits(&engines.state.database());
        let (order, updates) = order(uid);
        controller.submit(order).unwrap().unwrap();
        wait_until_ended(&updates);
        let used = store.memo(&key(ITEMS - 1)).unwrap().unwrap().hit_us;
        (commits(&engines.state.database()) - before, used)
    };
    let (transactions, noted) = run("first");
    assert!(noted > 1 && transactions < 15, "{transactions} transactions, noted {noted}");
    assert_eq!(run("second").1, noted, "it was noted a moment ago");
    controller.quit().unwrap();
}

/// Keeps the threads that work with files busy until what this answers is dropped.
fn slow_disk(controller: &Controller) -> Sender<()> {
    let (free, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    controller.keep_busy(Arc::new(move || assert!(wait.lock().unwrap().recv().is_err(), "only dropped")));
    free
}

/// Artifacts that go with the end of a run, volumes that do, and listings: however long the disk takes, other runs start
/// and end, and what is asked of the run meanwhile is done after that, in its order.
#[test]
fn a_slow_disk_holds_up_no_other_run() {
    let engines = Engines::new();
    let claims = engines.state.dir().join("claims");
    let kept = engines.state.artifacts_dir().join("gone.txt");
    std::fs::write(&kept, "x").unwrap();
    std::fs::create_dir_all(claims.join("default/one-work")).unwrap();
    // An engine was killed while it removed this.
    std::fs::create_dir_all(claims.join(".going/left/deep/module")).unwrap();
    // Go leaves its cache of modules like this.
    std::fs::set_permissions(claims.join(".going/left/deep"), Permissions::from_mode(0o555)).unwrap();
    let (controller, news) = engines.start(0, running);
    let free = slow_disk(&controller);

    // A run with an artifact and a volume that go with it.
    let workflow = json!({
        "metadata": { "name": "one", "uid": "one" },
        "spec": {
            "entrypoint": "main", "artifactGC": { "strategy": "OnWorkflowCompletion" },
            "volumeClaimTemplates": [{ "metadata": { "name": "work" } }],
            "templates": [{ "name": "main", "container": { "image": "any", "command": ["work"] }, "outputs": {
                "artifacts": [{ "name": "a", "path": "/a", "archive": { "none": {} }, "s3": { "key": "gone.txt" } }] } }],
        },
    });
    let frozen = Frozen { workflow: serde_json::from_value(workflow).unwrap(), ..Frozen::default() };
    let (follower, updates) = mpsc::channel();
    let (secrets, files, world) = (Vec::new(), Default::default(), Value::Null);
    controller.submit(Order { frozen, secrets, files, world, follower: Some(follower) }).unwrap().unwrap();
    let end = |attempt: AttemptId, artifacts: Vec<ArtifactStored>| {
        let main = ContainerEnded { name: "main".into(), exit: Exit::Code(0), ..ContainerEnded::default() };
        let ended = Ended { attempt, containers: vec![main], artifacts, ..Ended::default() };
        news(News::Reports(vec![Report::Ended(Box::new(ended))]));
    };
    let attempt = engines.started.recv_timeout(PATIENCE).unwrap();
    end(
        attempt,
        vec![ArtifactStored { name: "a".into(), key: "gone.txt".into(), ..ArtifactStored::default() }],
    );

    // Others go on meanwhile.
    let other = json!({ "name": "main", "container": { "image": "any", "command": ["work"] } });
    let (follower, others) = mpsc::channel();
    controller.submit(order("other", &other, Some(follower))).unwrap().unwrap();
    end(engines.started.recv_timeout(PATIENCE).unwrap(), Vec::new());
    wait_until_ended(&others);
    // A listing, whose run waits for it.
    let listing = json!({ "name": "main", "data": { "source": { "artifactPaths": { "name": "n", "s3": { "key": "gone.txt" } } },
                          "transformation": [{ "expression": "data" }] } });
    let (follower, listed) = mpsc::channel();
    controller.submit(order("list", &listing, Some(follower))).unwrap().unwrap();
    let is_over =
        |updates: &Receiver<Update>| updates.try_iter().any(|update| matches!(update, Update::Ended(_)));
    assert!(!is_over(&updates) && !is_over(&listed) && kept.exists());
    let deleted = std::thread::scope(|scope| {
        let deleting = scope.spawn(|| controller.delete("one", Force::No));
        drop(free);
        wait_until_ended(&updates);
        wait_until_ended(&listed);
        deleting.join().unwrap()
    });
    assert!(deleted.unwrap().unwrap(), "it was there");
    controller.quit().unwrap();
    assert!(!kept.exists() && !claims.join("default/one-work").exists());
    assert_eq!(std::fs::read_dir(claims.join(".going")).unwrap().count(), 0);
}

/// A listing that comes too late gives its place back all the same: there is but one here.
#[test]
fn a_listing_whose_time_was_up_keeps_no_place() {
    let engines = Engines::new();
    let (controller, _news) = engines.start(0, running);
    let free = slow_disk(&controller);
    let workflow = json!({
        "metadata": { "name": "one", "uid": "one" },
        "spec": { "entrypoint": "main", "templates": [
            { "name": "main", "dag": { "tasks": [
                { "name": "list", "template": "list" },
                { "name": "work", "template": "work", "depends": "list.Failed" },
            ]}},
            { "name": "list", "timeout": "1s", "data": {
                "source": { "artifactPaths": { "name": "n", "s3": { "key": "none" } } },
                "transformation": [{ "expression": "data" }] } },
            { "name": "work", "container": { "image": "any", "command": ["work"] } },
        ]},
    });
    let frozen = Frozen { workflow: serde_json::from_value(workflow).unwrap(), ..Frozen::default() };
    let (follower, updates) = mpsc::channel();
    let (secrets, files, world) = (Vec::new(), Default::default(), Value::Null);
    controller.submit(Order { frozen, secrets, files, world, follower: Some(follower) }).unwrap().unwrap();
    let has_ended = |update: Update| match update {
        Update::Recorded(recorded) => {
            recorded.events.iter().any(|event| matches!(event, Event::Ended { .. }))
        }
        _ => false,
    };
    while !has_ended(updates.recv_timeout(PATIENCE).unwrap()) {}
    drop(free);
    engines.started.recv_timeout(PATIENCE).unwrap();
    controller.quit().unwrap();
}

/// What is asked in writing of a run while its artifacts are deleted is read when it has to stay, although nobody rings
/// again.
#[test]
fn letters_that_came_while_artifacts_were_deleted_are_read() {
    let engines = Engines::new();
    let (controller, news) = engines.start(0, running);
    let workflow = json!({
        "metadata": { "name": "one", "uid": "one" },
        "spec": { "entrypoint": "main", "artifactGC": { "strategy": "OnWorkflowDeletion" }, "templates": [
            { "name": "main", "steps": [
                [{ "name": "work", "template": "work" }], [{ "name": "wait", "template": "wait" }],
            ]},
            { "name": "work", "container": { "image": "any", "command": ["work"] }, "outputs": { "artifacts": [
                { "name": "a", "path": "/a", "http": { "url": "http://takes.example/is-given" } }] } },
            { "name": "wait", "suspend": {} },
        ]},
    });
    let frozen = Frozen { workflow: serde_json::from_value(workflow).unwrap(), ..Frozen::default() };
    let (follower, updates) = mpsc::channel();
    let (secrets, files, world) = (Vec::new(), Default::default(), Value::Null);
    controller.submit(Order { frozen, secrets, files, world, follower: Some(follower) }).unwrap().unwrap();
    let attempt = engines.started.recv_timeout(PATIENCE).unwrap();
    let main = ContainerEnded { name: "main".into(), exit: Exit::Code(0), ..ContainerEnded::default() };
    let stored = ArtifactStored { name: "a".into(), ..ArtifactStored::default() };
    let ended = Ended { attempt, containers: vec![main], artifacts: vec![stored], ..Ended::default() };
    news(News::Reports(vec![Report::Ended(Box::new(ended))]));
    let until = |wanted: fn(&Event) -> bool| loop {
        if let Update::Recorded(recorded) = updates.recv_timeout(PATIENCE).unwrap()
            && recorded.events.iter().any(wanted)
        {
            break;
        }
    };
    until(|event| matches!(event, Event::Ended { .. }));
    let free = slow_disk(&controller);
    let mut store = engines.state.store().unwrap();
    let refused = std::thread::scope(|scope| {
        let deleting = scope.spawn(|| controller.delete("one", Force::No));
        let letter = serde_json::to_vec(&Ask::Request(Request::Terminate)).unwrap();
        store.put_inbox(&MachineId::workflow("one"), &letter).unwrap().unwrap();
        drop(free);
        deleting.join().unwrap()
    });
    assert!(matches!(refused, Ok(Err(Refused::Invalid(_)))), "{refused:?}");
    until(|event| matches!(event, Event::Finished { .. }));
    controller.quit().unwrap();
}
