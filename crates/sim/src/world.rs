//! The world as a controller sees it, made up: steps that run for a while, a store that fails, a clock that jumps.
//!
//! Everything here survives the death of an engine, as the supervisor, the disk and the lock table do.

use crate::cast::{self, Act};
use crate::office::Office;
use crate::random::Random;
use engine::workflow::{Attempt, Outcome, Report};
use engine::{Plan, Run, Time};
use std::collections::BTreeMap;
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

/// A step at the runner.
#[derive(Clone, Debug)]
struct Step {
    /// The node's name when it was started first.
    name: String,
    ends: Time,
    outcome: Outcome,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// It ended; the runner keeps the outcome.
    Ended,
    /// The engine said that the ending is recorded.
    Forgotten,
}

/// Something that will reach the engine.
#[derive(Clone, Debug)]
pub enum News {
    /// A runner's word.
    Report(Attempt, Report),
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

/// The world.
pub struct World {
    /// The disk.
    pub store: MemoryStore,
    /// The run on it.
    pub machine: MachineId,
    /// The lock table and the memo cache.
    pub office: Office,
    /// The time.
    pub now: Time,
    /// What may go wrong.
    pub faults: Faults,
    /// Chance.
    pub random: Random,
    /// The run as the disk knows it.
    pub durable: Run,
    /// The final document was filed.
    pub filed: bool,
    steps: BTreeMap<Attempt, Step>,
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
    pub fn new(
        plan: Arc<Plan>,
        machine: MachineId,
        store: MemoryStore,
        faults: Faults,
        random: Random,
    ) -> World {
        World {
            store,
            machine,
            office: Office::default(),
            now: crate::stage::DAWN,
            faults,
            random,
            durable: Run::new(plan),
            filed: false,
            steps: BTreeMap::new(),
            mail: Vec::new(),
            starts: 0,
            crashes: 0,
            skew_us: 0,
        }
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
                for event in shard::decode(&record)? {
                    self.durable.apply(Time(append.at_us), &event);
                }
            }
        }
        Ok(results)
    }

    /// Starts a step; an attempt that is known already is left alone. False if there is no room.
    ///
    /// The errors are breaches of the contract: a start that is not durable (I3), an attempt that means another
    /// node than before, a step that is done and is done again.
    pub fn start(&mut self, run: &Run, attempt: Attempt) -> Result<bool, String> {
        let name = run.name(attempt.node);
        if !self.durable.is_wanted(attempt) {
            return Err(format!("I3: {name} is started, and the journal does not want it"));
        }
        if self.durable.name(attempt.node) != name {
            return Err(format!("{name} is {} in the journal", self.durable.name(attempt.node)));
        }
        if let Some(step) = self.steps.get(&attempt) {
            if step.name != name {
                return Err(format!("{attempt:?} was {} and is {name}", step.name));
            }
            return match step.state {
                State::Forgotten => Err(format!("{name} was done, recorded, and is started again")),
                _ => Ok(true),
            };
        }
        if self.strikes(self.faults.busy) {
            return Ok(false);
        }
        let pod = run.pod(attempt, self.now)?;
        let Act { takes, outcome } = cast::act(&pod)?;
        let ends = self.now.plus(takes);
        self.starts += 1;
        self.steps.insert(attempt, Step { name, ends, outcome, state: State::Running });
        let soon = Time(self.now.0 + 50_000);
        self.send(soon, News::Report(attempt, Report::Observed { address: None }));
        Ok(true)
    }

    /// Asks a step to end.
    pub fn stop(&mut self, attempt: Attempt) {
        let now = self.now;
        if let Some(step) = self.steps.get_mut(&attempt).filter(|step| step.state == State::Running) {
            step.outcome = cast::exited(143);
            step.ends = now;
        }
    }

    /// The engine recorded an ending.
    pub fn forget(&mut self, attempt: Attempt) -> Result<(), String> {
        if self.durable.is_wanted(attempt) {
            return Err(format!("I3: {attempt:?} is forgotten, and its ending is not in the journal"));
        }
        if let Some(step) = self.steps.get_mut(&attempt) {
            step.state = State::Forgotten;
        }
        Ok(())
    }

    /// What the runner knows, asked after a restart.
    pub fn recall(&self, attempt: Attempt) -> Sighting {
        match self.steps.get(&attempt) {
            Some(step) if step.state == State::Running => Sighting::Running,
            Some(step) if step.state == State::Ended => Sighting::Ended(step.outcome.clone()),
            _ => Sighting::Unknown,
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
        self.mail.retain(|_| random.percent(20));
    }

    fn send(&mut self, at: Time, news: News) {
        if self.strikes(self.faults.lost) {
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
        let due: Vec<Attempt> = self
            .steps
            .iter()
            .filter(|(_, step)| step.state == State::Running && step.ends <= now)
            .map(|(attempt, _)| *attempt)
            .collect();
        for attempt in due {
            if let Some(step) = self.steps.get_mut(&attempt) {
                step.state = State::Ended;
                let report = Report::Ended(Box::new(step.outcome.clone()));
                self.send(now, News::Report(attempt, report));
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
        let steps = self.steps.values().filter(|step| step.state == State::Running).map(|step| step.ends);
        steps.chain(self.mail.iter().map(|(at, _)| *at)).min()
    }
}
