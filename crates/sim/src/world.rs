//! The world as a controller sees it, made up: steps that run for a while, a store that fails, a clock that jumps.
//!
//! Everything here survives the death of an engine, as the supervisor, the disk and the lock table do.

use crate::cast::{self, Act};
use crate::office::Office;
use crate::random::Random;
use engine::workflow::{Attempt, Outcome, Pod, Report, Request};
use engine::{Plan, Run, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{Append, AppendError, Journal, MachineId, MemoryStore};
use tiphys_controller::shard;
use tiphys_engine as engine;
use tiphys_store as store;

/// What may go wrong, each in so many of a hundred chances.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// The engine dies before or after an effect, or around an append.
    pub crash: u64,
    /// An append fails and nothing of it is written.
    pub append_fails: u64,
    /// A report does not arrive; the engine hears later that it missed something.
    pub lost: u64,
    /// A report arrives twice.
    pub doubled: u64,
    /// A report arrives late.
    pub late: u64,
    /// The runner has no room.
    pub busy: u64,
    /// The clock jumps between two moments, a minute to a day, sometimes back.
    pub jump: u64,
}

impl Faults {
    /// A good world.
    pub const NONE: Faults =
        Faults { crash: 0, append_fails: 0, lost: 0, doubled: 0, late: 0, busy: 0, jump: 0 };
    /// A bad one.
    pub const MANY: Faults =
        Faults { crash: 3, append_fails: 3, lost: 8, doubled: 8, late: 15, busy: 8, jump: 3 };
}

/// Where all daemons can be reached.
const ADDRESS: &str = "127.0.0.2";

/// A step at the runner.
#[derive(Clone, Debug)]
struct Step {
    /// The node's name when it was started first.
    name: String,
    /// When it ends by itself; a daemon never does.
    ends: Option<Time>,
    outcome: Outcome,
    state: State,
    /// It is told where it can be reached.
    is_daemon: bool,
    /// The engine makes it itself: it dies with the engine, and so does all word of it (EX-470).
    is_call: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// It ended; the runner keeps the outcome.
    Ended,
    /// The engine said that the ending is recorded.
    Forgotten,
}

/// An attempt, and whose it is.
pub type Key = (String, Attempt);

/// Something that will reach the engine.
#[derive(Clone, Debug)]
pub enum News {
    /// A runner's word.
    Report(Key, Report),
    /// Something was missed: ask.
    Missed,
}

/// What the runner knows of an attempt.
#[derive(Clone, Debug)]
pub enum Sighting {
    /// It runs.
    Running,
    /// It ended so.
    Ended(Outcome),
    /// Nothing.
    Unknown,
}

/// A run on the disk.
pub struct Home {
    /// Its journal.
    pub machine: MachineId,
    /// Where it asks about locks and memos.
    pub office: Office,
    /// The run as the disk knows it.
    pub durable: Run,
    /// When it comes to be.
    pub begins: Time,
    /// The final document was filed.
    pub filed: bool,
    /// What a person asks of a run that is over, and in which of its lives, until it is on the disk.
    pub asked: Option<(Request, u16)>,
}

impl Home {
    /// What was asked is done with once the run lives on, also if that life is over already.
    pub fn forget_what_was_heard(&mut self) {
        self.asked = self.asked.take().filter(|(_, life)| self.durable.life == *life);
    }
}

/// The world.
pub struct World {
    /// The disk.
    pub store: MemoryStore,
    /// The runs on it, by uid.
    pub homes: BTreeMap<String, Home>,
    /// The time.
    pub now: Time,
    /// What may go wrong.
    pub faults: Faults,
    /// Chance.
    pub random: Random,
    steps: BTreeMap<Key, Step>,
    /// On its way to the engine, by the time of arrival.
    mail: Vec<(Time, News)>,
    /// How often steps were started.
    pub starts: usize,
    /// How often the engine died.
    pub crashes: usize,
    /// How far the engine's clock is from the world's, in microseconds.
    pub skew_us: i64,
}

impl World {
    /// A world in which nothing has happened.
    pub fn new(store: MemoryStore, faults: Faults, random: Random) -> World {
        World {
            store,
            homes: BTreeMap::new(),
            now: crate::stage::DAWN,
            faults,
            random,
            steps: BTreeMap::new(),
            mail: Vec::new(),
            starts: 0,
            crashes: 0,
            skew_us: 0,
        }
    }

    /// Lets a run come to be, at this time.
    pub fn add(&mut self, plan: Arc<Plan>, begins: Time) {
        let office = self.homes.values().next().map(|home| home.office.beside()).unwrap_or_default();
        let machine = MachineId::workflow(plan.uid.to_string());
        let uid = plan.uid.to_string();
        self.homes.insert(
            uid,
            Home { machine, office, durable: Run::new(plan), begins, filed: false, asked: None },
        );
    }

    /// A run of this world.
    pub fn home(&mut self, uid: &str) -> &mut Home {
        self.homes.get_mut(uid).expect("only runs that were added are spoken of")
    }

    /// The runs that have come to be and are not over.
    pub fn unfiled(&self) -> Vec<String> {
        let here = self.homes.iter().filter(|(_, home)| !home.filed && home.begins <= self.now);
        here.map(|(uid, _)| uid.clone()).collect()
    }

    /// Whether this is one of the bad moments.
    pub fn strikes(&mut self, chance: u64) -> bool {
        chance > 0 && self.random.percent(chance)
    }

    /// Writes a batch. The outer error is a failure of the disk, after which nothing was written.
    pub fn append(&mut self, batch: &[Append]) -> Result<Vec<Result<(), AppendError>>, String> {
        if self.strikes(self.faults.append_fails) {
            return Err("the disk failed".to_owned());
        }
        let results = self.store.append(batch).map_err(|error| error.to_string())?;
        for (append, result) in batch.iter().zip(&results) {
            if result.is_ok() {
                let record = store::Record {
                    seq: append.seq,
                    at_us: append.at_us,
                    format: append.format,
                    body: append.body.clone(),
                };
                let durable = &mut self.home(&append.machine.id).durable;
                for event in shard::decode(&record)? {
                    durable.apply(Time(append.at_us), &event);
                }
            }
        }
        Ok(results)
    }

    /// Starts a step; an attempt that is known already is left alone. False if there is no room.
    ///
    /// The errors are breaches of the contract: a start that is not durable (I3), an attempt that means another
    /// node than before, a step that is done and is done again.
    pub fn start(&mut self, run: &Run, key: &Key, pod: &Pod) -> Result<bool, String> {
        let attempt = key.1;
        let name = run.name(attempt.node);
        let durable = &self.home(&key.0).durable;
        if !durable.is_wanted(attempt) {
            return Err(format!("I3: {name} is started, and the journal does not want it"));
        }
        if durable.name(attempt.node) != name {
            return Err(format!("{name} is {} in the journal", durable.name(attempt.node)));
        }
        let is_call = run.node(attempt.node).kind.is_called();
        if let Some(step) = self.steps.get(key) {
            if step.name != name {
                return Err(format!("{attempt:?} was {} and is {name}", step.name));
            }
            match step.state {
                State::Forgotten => return Err(format!("{name} was done, recorded, and is started again")),
                // Nobody remembers calls, which are made again (EX-470).
                State::Ended if is_call => {}
                State::Running | State::Ended => return Ok(true),
            }
        }
        if !is_call && self.strikes(self.faults.busy) {
            return Ok(false);
        }
        let Act { takes, outcome } = cast::act(pod)?;
        let is_daemon = pod.template.daemon == Some(true);
        let ends = Some(self.now.plus(takes)).filter(|_| !is_daemon);
        self.starts += 1;
        self.steps
            .insert(key.clone(), Step { name, ends, outcome, state: State::Running, is_daemon, is_call });
        let soon = Time(self.now.0 + 50_000);
        self.send(soon, News::Report(key.clone(), Report::Observed { address: None }));
        if is_daemon {
            let ready = Report::Observed { address: Some(ADDRESS.to_owned()) };
            self.send(self.now.plus(takes), News::Report(key.clone(), ready));
        }
        Ok(true)
    }

    /// Asks a step to end.
    pub fn stop(&mut self, key: &Key) {
        let now = self.now;
        if let Some(step) = self.steps.get_mut(key).filter(|step| step.state == State::Running) {
            step.outcome = cast::exited(143);
            step.ends = Some(now);
        }
    }

    /// The engine recorded an ending.
    pub fn forget(&mut self, key: &Key) -> Result<(), String> {
        if self.home(&key.0).durable.is_wanted(key.1) {
            return Err(format!("I3: {:?} is forgotten, and its ending is not in the journal", key.1));
        }
        if let Some(step) = self.steps.get_mut(key) {
            step.state = State::Forgotten;
        }
        Ok(())
    }

    /// What the runner knows, asked after a restart.
    pub fn recall(&self, key: &Key) -> Sighting {
        match self.steps.get(key) {
            Some(step) if step.state == State::Running => Sighting::Running,
            Some(step) if step.state == State::Ended => Sighting::Ended(step.outcome.clone()),
            _ => Sighting::Unknown,
        }
    }

    /// Whoever asks is told of a daemon that runs where it can be reached, as its supervisor tells it.
    pub fn recall_daemon(&mut self, key: &Key) {
        if self.steps.get(key).is_some_and(|step| step.is_daemon && step.state == State::Running) {
            let report = Report::Observed { address: Some(ADDRESS.to_owned()) };
            self.send(Time(self.now.0 + 1_000_000), News::Report(key.clone(), report));
        }
    }

    /// Everything is cut off at once: what ran is gone, and so is all that was on its way.
    pub fn power_cut(&mut self) {
        self.steps.retain(|_, step| step.state != State::Running);
        self.mail.clear();
    }

    /// The engine is gone, and with it most of what was on its way to it.
    pub fn engine_died(&mut self) {
        self.crashes += 1;
        let mut random = self.random.split();
        let steps = &mut self.steps;
        self.mail.retain(|(_, news)| random.percent(20) && !is_of_a_call(steps, news));
        steps.retain(|_, step| !step.is_call || step.state == State::Forgotten);
    }

    /// What of a run runs on that nobody has asked to end.
    pub fn left_behind(&self, uid: &str) -> Vec<&str> {
        let its = self.steps.iter().filter(|((of, _), step)| of == uid && step.state == State::Running);
        its.filter(|(_, step)| step.ends.is_none_or(|ends| ends > self.now))
            .map(|(_, step)| step.name.as_str())
            .collect()
    }

    fn send(&mut self, at: Time, news: News) {
        if self.strikes(self.faults.lost) && !is_of_a_call(&self.steps, &news) {
            self.mail.push((Time(at.0 + 3_000_000), News::Missed));
            return;
        }
        let late = if self.strikes(self.faults.late) { self.random.below(30_000_000) as i64 } else { 0 };
        if self.strikes(self.faults.doubled) {
            let again = Time(at.0 + self.random.below(20_000_000) as i64);
            self.mail.push((again, news.clone()));
        }
        self.mail.push((Time(at.0 + late), news));
    }

    /// Ends the steps whose time has come.
    pub fn pass_time(&mut self) {
        let now = self.now;
        let is_due = |step: &Step| step.state == State::Running && step.ends.is_some_and(|ends| ends <= now);
        let due: Vec<Key> =
            self.steps.iter().filter(|(_, step)| is_due(step)).map(|(key, _)| key.clone()).collect();
        for key in due {
            if let Some(step) = self.steps.get_mut(&key) {
                step.state = State::Ended;
                let report = Report::Ended(Box::new(step.outcome.clone()));
                self.send(now, News::Report(key, report));
            }
        }
    }

    /// What arrives by now, in an order of chance, at most so many.
    pub fn arrivals(&mut self, most: usize) -> Vec<News> {
        let mut arrived = Vec::new();
        while arrived.len() < most {
            let due: Vec<usize> = (0..self.mail.len()).filter(|at| self.mail[*at].0 <= self.now).collect();
            if due.is_empty() {
                break;
            }
            let at = due[self.random.below(due.len())];
            arrived.push(self.mail.swap_remove(at).1);
        }
        arrived
    }

    /// The next moment at which something happens outside of the engine.
    pub fn next(&self) -> Option<Time> {
        let steps = self.steps.values().filter(|step| step.state == State::Running);
        let begins = self.homes.values().map(|home| home.begins).filter(|begins| *begins > self.now);
        steps.filter_map(|step| step.ends).chain(self.mail.iter().map(|(at, _)| *at)).chain(begins).min()
    }

    /// The runs in which something waits for a person.
    pub fn waiting_for_somebody(&self) -> BTreeSet<String> {
        let waits = |home: &Home| {
            home.durable.steering.suspended
                || home.durable.indices().any(|ix| {
                    let node = home.durable.node(ix);
                    node.kind == engine::workflow::NodeKind::Suspend && !node.phase.is_ended()
                })
        };
        self.unfiled().into_iter().filter(|uid| waits(&self.homes[uid])).collect()
    }
}

fn is_of_a_call(steps: &BTreeMap<Key, Step>, news: &News) -> bool {
    match news {
        News::Report(key, _) => steps.get(key).is_some_and(|step| step.is_call),
        News::Missed => false,
    }
}
