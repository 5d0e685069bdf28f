//! A controller's shard in a made-up world. The pump is replaced, so that a seed repeats everything.

use crate::outcome::Outcome;
use crate::random::Random;
use crate::world::{Faults, News, Sighting, World};
use controller::shard::{Effect, Shard};
use engine::workflow::{Attempt, Command, Input, Report, Request};
use engine::{Frozen, Plan, Run, Time};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use store::{Journal, MachineId, MemoryStore, NewRun, Runs, Summary};
use tiphys_controller as controller;
use tiphys_engine as engine;
use tiphys_store as store;

/// Most turns before a run counts as one that never ends.
const TURNS_MAX: usize = 200_000;

/// What a simulation came to.
#[derive(Debug)]
pub struct Trial {
    /// How the run ended.
    pub outcome: Outcome,
    /// Steps started.
    pub starts: usize,
    /// Deaths of engines.
    pub crashes: usize,
}

/// Beside faults that strike at any moment, what else happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Nothing else.
    None,
    /// It is interrupted now and then, and continued.
    Interruptions,
    /// Another engine takes it over while the first still lives.
    Usurpers,
    /// Now and then everything stops at once, steps included.
    PowerCuts,
    /// Somebody stops or terminates it.
    Stops,
}

/// Why a turn was not finished.
enum Halt {
    Died,
    /// A promise was broken.
    Broken(String),
}

impl From<String> for Halt {
    fn from(reason: String) -> Halt {
        Halt::Broken(reason)
    }
}

/// Runs a workflow to its end. The error is a broken promise, or a run that stands still.
pub fn simulate(frozen: &Frozen, faults: Faults, mischief: Mischief, seed: u64) -> Result<Trial, String> {
    let plan = Arc::new(engine::compile(frozen)?);
    let uid = plan.uid.to_string();
    let machine = MachineId::workflow(uid.clone());
    let summary = Summary { name: plan.name.to_string(), uid: uid.clone(), ..Summary::default() };
    let mut store = MemoryStore::new();
    let new = NewRun { machine: machine.clone(), document: b"{}".to_vec(), summary: summary.clone() };
    store.create(&new).map_err(|error| error.to_string())?;
    let mut random = Random::new(seed);
    let jobs = 1 + random.below(6);
    let mut world = World::new(plan.clone(), machine, store, faults, random);
    let mut life: Option<Engine> = None;
    let mut former: Option<Engine> = None;
    for _ in 0..TURNS_MAX {
        if world.filed {
            return Ok(Trial {
                outcome: Outcome::of(&world.durable),
                starts: world.starts,
                crashes: world.crashes,
            });
        }
        let engine = match &mut life {
            Some(engine) => engine,
            None => life.insert(Engine::boot(&plan, &summary, jobs, &mut world)?),
        };
        if mischief == Mischief::Interruptions && world.strikes(1) {
            engine.interrupt(&mut world);
        }
        if mischief == Mischief::Stops && world.strikes(2) {
            engine.stop(&mut world);
        }
        let turned = engine.turn(&mut world);
        let usurped = mischief == Mischief::Usurpers && world.strikes(1);
        match turned {
            Ok(()) if usurped => {
                former = life.take();
                continue;
            }
            Ok(()) => {}
            Err(Halt::Broken(reason)) => return Err(reason),
            Err(Halt::Died) => {
                life = None;
                world.engine_died();
                if mischief == Mischief::PowerCuts && world.random.percent(50) {
                    world.power_cut();
                }
                continue;
            }
        }
        if let Some(mut old) = former.take() {
            // It does not know yet that it was replaced; whatever it does must not count (I9).
            if let Err(Halt::Broken(reason)) = old.turn(&mut world) {
                return Err(format!("an engine that was replaced: {reason}"));
            }
        }
        let Some(engine) = &life else { continue };
        if world.filed || engine.shard.has_more() {
            continue;
        }
        let Some(next) = engine.next(&world) else {
            return Err(format!("the run stands still:\n{}", standing(&world)));
        };
        world.now = world.now.max(next);
        if world.strikes(faults.jump) {
            let minutes = world.random.below(1_440) as i64 + 1;
            let back = world.random.percent(40);
            world.skew_us += if back { -minutes } else { minutes } * 60_000_000;
        }
        world.pass_time();
    }
    Err(format!("after {TURNS_MAX} turns there is no end:\n{}", standing(&world)))
}

fn standing(world: &World) -> String {
    Outcome::of(&world.durable).0.iter().map(|(name, line)| format!("{name}: {line}\n")).collect()
}

/// One life of an engine.
struct Engine {
    shard: Shard,
    uid: String,
    last: Time,
}

impl Engine {
    /// Takes the run over: loads, asks the runner what it remembers, goes on.
    fn boot(plan: &Arc<Plan>, summary: &Summary, jobs: usize, world: &mut World) -> Result<Engine, String> {
        let text = |error: store::StoreError| error.to_string();
        let epoch = world.store.next_epoch(&world.machine).map_err(text)?;
        let loaded = world.store.load(&world.machine).map_err(text)?.unwrap_or_default();
        let mut engine = Engine { shard: Shard::new(jobs), uid: summary.uid.clone(), last: Time(0) };
        let now = engine.now(world);
        let run = Run::new(plan.clone());
        engine.shard.adopt(run, world.machine.clone(), epoch, &loaded.records, summary.clone(), now)?;
        if !loaded.records.is_empty() {
            engine.recall(world, now);
        }
        Ok(engine)
    }

    fn now(&mut self, world: &World) -> Time {
        self.last = self.last.max(Time(world.now.0 + world.skew_us));
        self.last
    }

    /// The next moment, in the world's time, at which something happens. None if nothing ever will.
    fn next(&self, world: &World) -> Option<Time> {
        let due = self.shard.next_due().map(|due| Time(due.0.max(self.last.0) - world.skew_us));
        let busy = self.shard.is_busy().then(|| Time(world.now.0 + 10_000));
        [due, busy, world.next()].into_iter().flatten().min()
    }

    fn interrupt(&mut self, world: &mut World) {
        for attempt in self.shard.interrupt(&self.uid) {
            world.stop(attempt);
        }
        world.pass_time();
    }

    fn stop(&mut self, world: &mut World) {
        let now = self.now(world);
        let request = match world.random.percent(50) {
            true => Request::Stop { selector: String::new(), message: None },
            false => Request::Terminate,
        };
        self.shard.input(&self.uid, Input::Asked(request), now);
    }

    fn turn(&mut self, world: &mut World) -> Result<(), Halt> {
        let now = self.now(world);
        let most = 1 + world.random.below(8);
        for news in world.arrivals(most) {
            match news {
                News::Report(attempt, report) => self.reported(attempt, report, now),
                News::Missed => self.recall(world, now),
            }
        }
        let mut effects = Vec::new();
        self.shard.starts(&mut effects);
        self.perform(effects, world, now)?;
        self.shard.tick(now);
        self.settle(world, now)
    }

    fn reported(&mut self, attempt: Attempt, report: Report, now: Time) {
        let ours = self.shard.run(&self.uid).is_some_and(|run| run.is_to_be_stopped(attempt.node));
        let report = match report {
            // Stopped by an interruption, perhaps in an earlier life.
            Report::Ended(outcome) if !ours && outcome.exit_code == Some(143) => Report::Withdrawn,
            report => report,
        };
        self.shard.input(&self.uid, Input::Reported { attempt, report }, now);
    }

    /// Asks the runner what it knows of the open attempts, as after every restart.
    fn recall(&mut self, world: &World, now: Time) {
        let mut running = BTreeSet::new();
        let mut endings = Vec::new();
        for (attempt, observed) in self.shard.open_attempts(&self.uid) {
            match world.recall(attempt) {
                Sighting::Running => drop(running.insert(attempt)),
                Sighting::Ended(outcome) => {
                    running.insert(attempt);
                    endings.push((attempt, outcome));
                }
                Sighting::Unknown if observed => {
                    running.insert(attempt);
                    self.shard.recalled_one(&self.uid, attempt);
                    let report = Report::Lost("pod deleted".to_owned());
                    self.shard.input(&self.uid, Input::Reported { attempt, report }, now);
                }
                Sighting::Unknown => {}
            }
        }
        self.shard.recalled(&self.uid, &running);
        for (attempt, outcome) in endings {
            self.reported(attempt, Report::Ended(Box::new(outcome)), now);
        }
    }

    fn settle(&mut self, world: &mut World, now: Time) -> Result<(), Halt> {
        loop {
            let batch = self.shard.batch(now);
            let results = if batch.is_empty() {
                Vec::new()
            } else {
                die_perhaps(world)?;
                let results = world.append(&batch).map_err(|_| Halt::Died)?;
                die_perhaps(world)?;
                results
            };
            let effects = self.shard.committed(&results);
            let refused = self.shard.take_refused();
            if batch.is_empty() && effects.is_empty() && refused.is_empty() {
                return Ok(());
            }
            self.perform(effects, world, now)?;
            for (uid, attempt) in refused {
                let report = Report::Ended(Box::new(crate::cast::exited(1)));
                self.shard.input(&uid, Input::Reported { attempt, report }, now);
            }
        }
    }

    fn perform(&mut self, effects: Vec<Effect>, world: &mut World, now: Time) -> Result<(), Halt> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            die_perhaps(world)?;
            match effect {
                Effect::Start(attempts) => self.start(attempts, world, now)?,
                Effect::Stop(_, attempt) => world.stop(attempt),
                Effect::Forget(attempts) => {
                    for (_, attempt) in attempts {
                        world.forget(attempt)?;
                    }
                }
                Effect::Recorded(_) => {}
                Effect::AcquireLocks(_, node) => self.ask(Command::AcquireLocks(node), world, now),
                Effect::ReleaseLocks(_, node) => self.ask(Command::ReleaseLocks(node), world, now),
                Effect::LookupMemo(_, node) => self.ask(Command::LookupMemo(node), world, now),
                Effect::SaveMemo(_, node) => self.ask(Command::SaveMemo(node), world, now),
                Effect::DeleteArtifacts(_) => self.ask(Command::DeleteArtifacts, world, now),
                Effect::Ended(uid) => {
                    world.filed = true;
                    self.shard.drop_run(&uid);
                }
                Effect::EmitMetrics(..) => {}
                Effect::Fenced(_) | Effect::Interrupted(_) => return Err(Halt::Died),
            }
        }
        die_perhaps(world)
    }

    fn ask(&mut self, question: Command, world: &mut World, now: Time) {
        let Some(run) = self.shard.run(&self.uid) else { return };
        for answer in world.office.answer(run, &question, now).unwrap_or_default() {
            self.shard.input(&self.uid, answer, now);
        }
    }

    fn start(&mut self, attempts: Vec<(String, Attempt)>, world: &mut World, now: Time) -> Result<(), Halt> {
        for (uid, attempt) in attempts {
            die_perhaps(world)?;
            let Some(run) = self.shard.run(&uid) else { continue };
            if let Err(reason) = run.pod(attempt, now) {
                self.shard.input(&uid, Input::Reported { attempt, report: Report::Refused(reason) }, now);
                continue;
            }
            if !world.start(run, attempt)? {
                self.shard.postpone(&uid, attempt);
            }
        }
        Ok(())
    }
}

fn die_perhaps(world: &mut World) -> Result<(), Halt> {
    match world.strikes(world.faults.crash) {
        true => Err(Halt::Died),
        false => Ok(()),
    }
}
