//! A controller's shard in a made-up world. The pump is replaced, so that a seed repeats everything.

use crate::facts;
use crate::outcome::Outcome;
use crate::random::Random;
use crate::world::{Faults, Key, News, Sighting, World};
use controller::shard::{Effect, Shard};
use engine::workflow::{Command, Input, NodeIx, Report, Request, Retry};
use engine::{Frozen, Plan, Run, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use store::{Journal, MachineId, MemoryStore, NewRun, Runs, Summary};
use tiphys_controller as controller;
use tiphys_engine as engine;
use tiphys_spec::Parameter;
use tiphys_store as store;

/// Most turns before a run counts as one that never ends.
const TURNS_MAX: usize = 200_000;

/// How far apart runs begin that share a world, at most, in seconds.
const APART_MAX: usize = 60;

/// What a simulation came to.
#[derive(Debug)]
pub struct Trial {
    /// How the runs ended, in the order in which they were given.
    pub outcomes: Vec<Outcome>,
    /// Steps started.
    pub starts: usize,
    /// Deaths of engines.
    pub crashes: usize,
}

impl Trial {
    /// The first difference between what two trials came to, for people.
    pub fn difference(&self, other: &Trial) -> Option<String> {
        let mut pairs = self.outcomes.iter().zip(&other.outcomes);
        pairs.find_map(|(own, others)| own.difference(others))
    }
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
    /// Somebody suspends it now and then, and lets it go on.
    Holds,
    /// Somebody retries it by hand when it has failed, so often.
    Retries(usize),
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
    simulate_all(std::slice::from_ref(frozen), faults, mischief, seed)
}

/// Runs workflows that share an engine and its locks, each to its end.
pub fn simulate_all(all: &[Frozen], faults: Faults, mischief: Mischief, seed: u64) -> Result<Trial, String> {
    let mut random = Random::new(seed);
    let jobs = 1 + random.below(6);
    let mut store = MemoryStore::new();
    let mut plans = Vec::new();
    for frozen in all {
        let plan = Arc::new(engine::compile(frozen)?);
        let machine = MachineId::workflow(plan.uid.to_string());
        let new = NewRun { machine, document: b"{}".to_vec(), summary: summary(&plan) };
        store.create(&new).map_err(|error| error.to_string())?;
        plans.push(plan);
    }
    let apart: Vec<usize> = plans.iter().map(|_| random.below(APART_MAX)).collect();
    let mut world = World::new(store, faults, random);
    for (number, (plan, apart)) in plans.iter().zip(apart).enumerate() {
        let later = if number == 0 { 0 } else { apart as i64 * 1_000_000 };
        world.add(plan.clone(), Time(world.now.0 + later));
    }
    let retries = if let Mischief::Retries(times) = mischief { times } else { 0 };
    let mut play =
        Play { plans: &plans, jobs, world, mischief, life: None, former: None, retries: BTreeMap::new() };
    play.retries.extend(plans.iter().map(|plan| (plan.uid.to_string(), retries)));
    for _ in 0..TURNS_MAX {
        if play.is_over() {
            return Ok(play.end());
        }
        play.turn()?;
    }
    Err(format!("after {TURNS_MAX} turns there is no end:\n{}", play.standing()))
}

fn summary(plan: &Plan) -> Summary {
    Summary { name: plan.name.to_string(), uid: plan.uid.to_string(), ..Summary::default() }
}

/// Engines and a world, and what is done to them.
struct Play<'a> {
    plans: &'a [Arc<Plan>],
    jobs: usize,
    world: World,
    mischief: Mischief,
    life: Option<Engine>,
    /// An engine that was replaced and does not know it.
    former: Option<Engine>,
    /// How often each run is still retried by hand.
    retries: BTreeMap<String, usize>,
}

impl Play<'_> {
    /// Nothing is left to be run, or to be brought back: an engine may die at the very end of a run.
    fn is_over(&self) -> bool {
        self.world.homes.values().all(|home| home.filed) && self.retries.values().all(|left| *left == 0)
    }

    fn end(self) -> Trial {
        let outcome = |plan: &Arc<Plan>| Outcome::of(&self.world.homes[&*plan.uid].durable);
        Trial {
            outcomes: self.plans.iter().map(outcome).collect(),
            starts: self.world.starts,
            crashes: self.world.crashes,
        }
    }

    fn standing(&self) -> String {
        let open = self.world.homes.values().filter(|home| !home.filed);
        open.flat_map(|home| Outcome::of(&home.durable).0)
            .map(|(name, line)| format!("{name}: {line}\n"))
            .collect()
    }

    /// One turn of the engine that lives, which is born if none does, and what else happens meanwhile.
    fn turn(&mut self) -> Result<(), String> {
        let world = &mut self.world;
        let engine = match &mut self.life {
            Some(engine) => engine,
            None => self.life.insert(Engine::new(self.jobs)),
        };
        for plan in self.plans {
            engine.take_in(plan, world)?;
        }
        let meddled = world.unfiled();
        if let Some(uid) = meddled.get(world.random.below(meddled.len())).cloned() {
            meddle(self.mischief, &uid, engine, world);
        }
        let turned = engine.turn(world);
        let usurped = self.mischief == Mischief::Usurpers && world.strikes(1);
        match turned {
            Ok(()) if usurped => {
                self.former = self.life.take();
                return Ok(());
            }
            Ok(()) => {
                let mut here = self.plans.iter().filter_map(|plan| engine.shard.run(&plan.uid));
                here.try_for_each(facts::check)?;
            }
            Err(Halt::Broken(reason)) => return Err(reason),
            Err(Halt::Died) => {
                self.life = None;
                world.engine_died();
                if self.mischief == Mischief::PowerCuts && world.random.percent(50) {
                    world.power_cut();
                }
                return Ok(());
            }
        }
        if let Some(mut old) = self.former.take() {
            // It does not know yet that it was replaced; whatever it does must not count (I9).
            if let Err(Halt::Broken(reason)) = old.turn(world) {
                return Err(format!("an engine that was replaced: {reason}"));
            }
        }
        self.what_is_over()?;
        self.pass_time()
    }

    /// Looks at runs that were filed: nothing of them runs on, and some are brought back.
    fn what_is_over(&mut self) -> Result<(), String> {
        for (uid, left) in &mut self.retries {
            if !self.world.home(uid).filed {
                continue;
            }
            let behind = self.world.left_behind(uid);
            if !behind.is_empty() {
                return Err(format!("the run is over, and there still runs {behind:?}"));
            }
            if *left == 0 {
                continue;
            }
            *left -= 1;
            let home = self.world.home(uid);
            let retry = retry(*left);
            if home.durable.retry_refused(&retry).is_none() {
                home.filed = false;
                home.asked = Some((Request::Retry(retry), home.durable.life));
            }
        }
        Ok(())
    }

    fn pass_time(&mut self) -> Result<(), String> {
        let Some(engine) = &mut self.life else { return Ok(()) };
        let world = &mut self.world;
        if world.homes.values().any(|home| home.asked.is_some()) {
            return Ok(());
        }
        if world.homes.values().all(|home| home.filed) || engine.shard.has_more() {
            return Ok(());
        }
        let Some(next) = engine.next(world) else {
            // Nobody but a person can help it now.
            let waiting = world.waiting_for_somebody();
            if waiting.is_empty() {
                return Err(format!("the run stands still:\n{}", self.standing()));
            }
            for uid in waiting {
                let answers = answers(&world.homes[&uid].durable);
                answers.into_iter().for_each(|answer| engine.ask(&uid, answer, world));
                engine.ask(&uid, resume(), world);
            }
            return Ok(());
        };
        world.now = world.now.max(next);
        if world.strikes(world.faults.jump) {
            let minutes = world.random.below(1_440) as i64 + 1;
            let back = world.random.percent(40);
            world.skew_us += if back { -minutes } else { minutes } * 60_000_000;
        }
        world.pass_time();
        Ok(())
    }
}

/// The last but one retry also takes what succeeded, the last one has another value for a parameter, with which what could
/// not succeed can.
fn retry(left: usize) -> Retry {
    match left % 2 {
        1 => Retry { restart_successful: true, selector: "displayName=s0".to_owned(), ..Retry::default() },
        _ => Retry { parameters: BTreeMap::from([("code".into(), "0".into())]), ..Retry::default() },
    }
}

fn resume() -> Request {
    Request::Resume { selector: String::new(), by: None }
}

/// What somebody says to suspensions that wait for values: to each something of its own.
fn answers(run: &Run) -> Vec<Request> {
    let lacks = |ix: &NodeIx| {
        let outputs = run.node(*ix).outputs.iter().flat_map(|outputs| &outputs.parameters);
        let is_unset = |output: &&Parameter| output.value.is_none();
        let has_default =
            |output: &Parameter| output.value_from.as_ref().is_some_and(|from| from.default.is_some());
        let names = outputs.filter(is_unset).filter(|output| !has_default(output));
        names.map(|output| output.name.clone()).collect::<Vec<_>>()
    };
    let open = run.indices().filter(|ix| !run.node(*ix).phase.is_ended());
    let asked = open.map(|ix| (ix, lacks(&ix))).filter(|(_, names)| !names.is_empty());
    let answer = |(ix, names): (NodeIx, Vec<String>)| {
        let said = |name: String| (name, format!("said to {}", run.name(ix)));
        Request::SetNode {
            selector: format!("id={}", run.id(ix)),
            parameters: names.into_iter().map(said).collect(),
            phase: None,
            message: None,
        }
    };
    asked.map(answer).collect()
}

/// What somebody does to a run, now and then.
fn meddle(mischief: Mischief, uid: &str, engine: &mut Engine, world: &mut World) {
    match mischief {
        Mischief::Interruptions if world.strikes(1) => engine.interrupt(uid, world),
        Mischief::Stops if world.strikes(2) => {
            let request = match world.random.percent(50) {
                true => Request::Stop { selector: String::new(), message: None },
                false => Request::Terminate,
            };
            engine.ask(uid, request, world);
        }
        Mischief::Holds if world.strikes(3) => {
            let is_held = world.home(uid).durable.steering.suspended;
            engine.ask(uid, if is_held { resume() } else { Request::Suspend }, world);
        }
        _ => {}
    }
}

/// One life of an engine.
struct Engine {
    shard: Shard,
    last: Time,
}

impl Engine {
    fn new(jobs: usize) -> Engine {
        Engine { shard: Shard::new(jobs), last: Time(0) }
    }

    /// Takes a run over that is there and not over: loads, asks the runner what it remembers, goes on.
    fn take_in(&mut self, plan: &Arc<Plan>, world: &mut World) -> Result<(), String> {
        let uid = plan.uid.to_string();
        let home = world.home(&uid);
        if home.filed || self.shard.run(&uid).is_some() {
            return Ok(());
        }
        let (machine, begins) = (home.machine.clone(), home.begins);
        if begins > world.now {
            return Ok(());
        }
        let text = |error: store::StoreError| error.to_string();
        let epoch = world.store.next_epoch(&machine).map_err(text)?;
        let loaded = world.store.load(&machine).map_err(text)?.unwrap_or_default();
        let now = self.now(world);
        let run = Run::new(plan.clone());
        self.shard.adopt(run, machine, epoch, &loaded.records, summary(plan), now)?;
        let home = world.home(&uid);
        // What was asked of it may be on the disk, and nobody have been told.
        home.forget_what_was_heard();
        match home.asked.clone() {
            // It is over and goes on: nothing of it runs, and nothing is left to be done.
            Some((asked, _)) => self.ask(&uid, asked, world),
            None if loaded.records.is_empty() => {}
            None => self.recall(&uid, world, now),
        }
        Ok(())
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

    fn interrupt(&mut self, uid: &str, world: &mut World) {
        for attempt in self.shard.interrupt(uid) {
            world.stop(&(uid.to_owned(), attempt));
        }
        world.pass_time();
    }

    fn ask(&mut self, uid: &str, request: Request, world: &World) {
        let now = self.now(world);
        self.shard.input(uid, Input::Asked(request), now);
    }

    fn turn(&mut self, world: &mut World) -> Result<(), Halt> {
        let now = self.now(world);
        let most = 1 + world.random.below(8);
        for news in world.arrivals(most) {
            match news {
                News::Report(key, report) => self.reported(&key, report, now),
                News::Missed => {
                    for uid in self.shard.uids() {
                        self.recall(&uid, world, now);
                    }
                }
            }
        }
        let mut effects = Vec::new();
        self.shard.starts(&mut effects);
        self.perform(effects, world, now)?;
        self.shard.tick(now);
        self.settle(world, now)
    }

    fn reported(&mut self, (uid, attempt): &Key, report: Report, now: Time) {
        let attempt = *attempt;
        // What another life waited for may not be there any more.
        let ours = self
            .shard
            .run(uid)
            .is_some_and(|run| run.is_wanted(attempt) && run.is_to_be_stopped(attempt.node));
        let report = match report {
            // Stopped by an interruption, perhaps in an earlier life.
            Report::Ended(outcome) if !ours && outcome.exit_code == Some(143) => Report::Withdrawn,
            report => report,
        };
        self.shard.input(uid, Input::Reported { attempt, report }, now);
    }

    /// Asks the runner what it knows of the open attempts, as after every restart.
    fn recall(&mut self, uid: &str, world: &mut World, now: Time) {
        if let Some(run) = self.shard.run(uid) {
            run.dismissed().into_iter().for_each(|attempt| world.stop(&(uid.to_owned(), attempt)));
        }
        for attempt in self.shard.leaving(uid) {
            let is_gone = !matches!(world.recall(&(uid.to_owned(), attempt)), Sighting::Running);
            if is_gone {
                let _ = self.shard.gone(uid, attempt);
            }
        }
        let mut running = BTreeSet::new();
        let mut endings = Vec::new();
        for (attempt, observed) in self.shard.open_attempts(uid) {
            // Nobody remembers calls: they are made again (EX-470).
            if self.shard.is_call(uid, attempt) {
                continue;
            }
            let key = (uid.to_owned(), attempt);
            match world.recall(&key) {
                Sighting::Running => {
                    running.insert(attempt);
                    world.recall_daemon(&key);
                }
                Sighting::Ended(outcome) => {
                    running.insert(attempt);
                    endings.push((key, outcome));
                }
                Sighting::Unknown if observed => {
                    running.insert(attempt);
                    self.shard.recalled_one(uid, attempt);
                    let report = Report::Lost("the simulated machine lost it".to_owned());
                    self.shard.input(uid, Input::Reported { attempt, report }, now);
                }
                Sighting::Unknown => {}
            }
        }
        self.shard.recalled(uid, &running);
        for (key, outcome) in endings {
            self.reported(&key, Report::Ended(Box::new(outcome)), now);
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
            if batch.is_empty() && effects.is_empty() && refused.is_empty() && !self.serve(world, now)? {
                return Ok(());
            }
            self.perform(effects, world, now)?;
            for (uid, attempt) in refused {
                let report = Report::Ended(Box::new(crate::cast::exited(1)));
                self.shard.input(&uid, Input::Reported { attempt, report }, now);
            }
        }
    }

    /// Tells a run that waits what it may have now: others gave something back. Whether one was told.
    fn serve(&mut self, world: &mut World, now: Time) -> Result<bool, Halt> {
        for uid in self.shard.uids() {
            let Some(run) = self.shard.run(&uid) else { continue };
            let office = &mut world.home(&uid).office;
            office.check()?;
            let Some(answer) = office.granted(run, now) else { continue };
            self.shard.input(&uid, answer, now);
            return Ok(true);
        }
        Ok(false)
    }

    fn perform(&mut self, effects: Vec<Effect>, world: &mut World, now: Time) -> Result<(), Halt> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            die_perhaps(world)?;
            match effect {
                Effect::Start(attempts) => self.start(attempts, world, now)?,
                Effect::Stop(uid, attempt) => world.stop(&(uid, attempt)),
                Effect::Forget(attempts) => {
                    for key in attempts {
                        world.forget(&key)?;
                    }
                }
                Effect::Recorded(recorded) => {
                    let home = world.home(&recorded.uid);
                    home.forget_what_was_heard();
                }
                Effect::AcquireLocks(uid, node) => {
                    self.inquire(&uid, Command::AcquireLocks(node), world, now)
                }
                Effect::ReleaseLocks(uid, node) => {
                    self.inquire(&uid, Command::ReleaseLocks(node), world, now)
                }
                Effect::LookupMemo(uid, node) => self.inquire(&uid, Command::LookupMemo(node), world, now),
                Effect::SaveMemo(uid, node) => self.inquire(&uid, Command::SaveMemo(node), world, now),
                Effect::DeleteArtifacts(uid) => self.inquire(&uid, Command::DeleteArtifacts, world, now),
                Effect::Ended(uid) => {
                    let home = world.home(&uid);
                    home.filed = true;
                    if let Some(run) = self.shard.run(&uid) {
                        home.office.leave(run);
                    }
                    self.shard.drop_run(&uid);
                }
                Effect::EmitMetrics(..) => {}
                Effect::Fenced(_) | Effect::Interrupted(_) => return Err(Halt::Died),
            }
        }
        die_perhaps(world)
    }

    fn inquire(&mut self, uid: &str, question: Command, world: &mut World, now: Time) {
        let Some(run) = self.shard.run(uid) else { return };
        for answer in world.home(uid).office.answer(run, &question, now).unwrap_or_default() {
            self.shard.input(uid, answer, now);
        }
    }

    fn start(&mut self, attempts: Vec<Key>, world: &mut World, now: Time) -> Result<(), Halt> {
        for key in attempts {
            die_perhaps(world)?;
            let (uid, attempt) = (&key.0, key.1);
            let Some(run) = self.shard.run(uid) else { continue };
            match run.pod(attempt, now) {
                Ok(pod) if world.start(run, &key, &pod)? => {}
                Ok(_) => self.shard.postpone(uid, attempt),
                Err(reason) => {
                    self.shard.input(uid, Input::Reported { attempt, report: Report::Unmade(reason) }, now);
                }
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
