//! Many runs side by side: what is heard goes in, what is to be done comes out, and nothing leaves before
//! it is durable (I3). Plain synchronous code without a clock, so that the simulator can drive it.

mod body;
mod census;
mod driven;
mod effect;
mod row;

pub use body::{FORMAT, decode, encode};
pub use census::Census;
pub use effect::{Effect, Recorded};

use crate::dispatch::Dispatcher;
use crate::guard::guarded;
use driven::Driven;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tiphys_engine::workflow::{Attempt, Command, Input, Phase};
use tiphys_engine::{Machine, Progress, Run, Time};
use tiphys_store::{Append, AppendError, MachineId, Record, Summary};

/// All runs that one engine drives.
pub struct Shard {
    runs: BTreeMap<String, Driven>,
    /// Runs with events that are not on disk, or commands that wait for no event of their own.
    stirred: BTreeSet<String>,
    /// Runs that have more to decide without hearing anything.
    unfinished: BTreeSet<String>,
    /// When which run is to be woken.
    timers: BTreeSet<(Time, String)>,
    /// When whose row is to be looked at again.
    rows_due: BTreeSet<(Time, String)>,
    /// Runs that are being taken back.
    interrupted: BTreeSet<String>,
    /// Attempts that a stop reached before they were started.
    refused: Vec<(String, Attempt)>,
    dispatcher: Dispatcher,
    /// The batch that is being committed, in the order of its appends.
    committing: Vec<(String, Recorded, Vec<Command>, Vec<Attempt>)>,
}

impl Shard {
    /// A shard that runs at most so many steps at once.
    pub fn new(jobs: usize) -> Shard {
        Shard {
            runs: BTreeMap::new(),
            stirred: BTreeSet::new(),
            unfinished: BTreeSet::new(),
            timers: BTreeSet::new(),
            rows_due: BTreeSet::new(),
            interrupted: BTreeSet::new(),
            refused: Vec::new(),
            dispatcher: Dispatcher::new(jobs),
            committing: Vec::new(),
        }
    }

    /// Takes in a run, new or loaded, and lets it begin or go on. `records` are its journal so far.
    pub fn adopt(
        &mut self,
        run: Run,
        machine: MachineId,
        epoch: u64,
        records: &[Record],
        summary: Summary,
        now: Time,
    ) -> Result<(), String> {
        let uid = summary.uid.clone();
        self.take_in(run, machine, epoch, records, summary, now)?;
        if records.is_empty() {
            self.input(&uid, Input::Begin, now);
        }
        Ok(())
    }

    /// Takes in a run; one that is new waits for the word to begin.
    pub fn take_in(
        &mut self,
        mut run: Run,
        machine: MachineId,
        epoch: u64,
        records: &[Record],
        summary: Summary,
        now: Time,
    ) -> Result<(), String> {
        let mut seq = 0;
        for record in records {
            for event in decode(record)? {
                run.apply(Time(record.at_us), &event);
            }
            seq = record.seq;
        }
        let uid = summary.uid.clone();
        let fresh = records.is_empty();
        let driven = Driven {
            run,
            machine,
            epoch,
            seq,
            events: Vec::new(),
            commands: Vec::new(),
            forget: Vec::new(),
            timer: None,
            summary,
            summarized: Time(i64::MIN / 2),
            is_row_old: false,
            row_due: None,
            inbox_done: None,
            interrupted: false,
            flying: BTreeSet::new(),
        };
        self.runs.insert(uid.clone(), driven);
        if !fresh {
            self.input(&uid, Input::Recovered, now);
        }
        Ok(())
    }

    /// The attempts that the world was asked for before we came, with whether each was seen running.
    pub fn open_attempts(&self, uid: &str) -> Vec<(Attempt, bool)> {
        self.runs
            .get(uid)
            .map(|driven| {
                let active = driven.run.active_attempts();
                active.into_iter().map(|(attempt, phase)| (attempt, phase != Phase::Pending)).collect()
            })
            .unwrap_or_default()
    }

    /// The attempts that were told to go, and of which nobody has heard since: they keep their places till then.
    pub fn leaving(&self, uid: &str) -> Vec<Attempt> {
        let Some(driven) = self.runs.get(uid) else { return Vec::new() };
        let leaves = |attempt: &Attempt| !driven.is_call(*attempt) && !driven.run.is_wanted(*attempt);
        driven.flying.iter().copied().filter(leaves).collect()
    }

    /// After a recovery: these are known to run already, the others are started.
    pub fn recalled(&mut self, uid: &str, running: &BTreeSet<Attempt>) {
        let Some(driven) = self.runs.get_mut(uid) else { return };
        let mut due = None;
        for command in driven.run.outstanding() {
            match command {
                // Decided by this life of the engine and not durable yet: it leaves with its batch (I3).
                command if driven.commands.contains(&command) => {}
                Command::Start(attempt) if driven.is_call(attempt) => driven.commands.push(command),
                Command::Start(attempt) if running.contains(&attempt) => {
                    driven.flying.insert(attempt);
                    // What a daemon serves must be able to start: it takes no place.
                    if !driven.run.node(attempt.node).daemoned {
                        self.dispatcher.take_place(uid, attempt);
                    }
                }
                Command::Start(attempt) if self.dispatcher.is_waiting(uid, attempt) => {}
                Command::Start(attempt) => self.dispatcher.push(uid, attempt),
                Command::Stop(_)
                | Command::Dismiss(_)
                | Command::Archive
                | Command::AcquireLocks(_)
                | Command::ReleaseLocks(_)
                | Command::LookupMemo(_)
                | Command::SaveMemo(_)
                | Command::DeleteArtifacts
                | Command::EmitMetrics(_) => driven.commands.push(command),
                Command::SetTimer(at) => due = Some(at),
            }
        }
        if due.is_some() {
            driven.arm(due, &mut self.timers);
        }
        self.stirred.insert(uid.to_owned());
    }

    /// Whether an attempt is a call of the agent, which takes no place of a step.
    pub fn is_call(&self, uid: &str, attempt: Attempt) -> bool {
        self.runs.get(uid).is_some_and(|driven| driven.is_call(attempt))
    }

    /// The world is done with an attempt whose node ended before. Whether its ending may be forgotten at once; if not,
    /// that follows with the commit that makes durable how the node ended.
    #[must_use]
    pub fn gone(&mut self, uid: &str, attempt: Attempt) -> bool {
        let Some(driven) = self.runs.get_mut(uid) else { return true };
        if driven.flying.remove(&attempt) {
            self.dispatcher.free(uid, attempt);
        }
        if !driven.events.is_empty() {
            driven.forget.push(attempt);
        }
        driven.events.is_empty()
    }

    /// Hands one input to a run.
    pub fn input(&mut self, uid: &str, input: Input, now: Time) {
        let Some(driven) = self.runs.get_mut(uid) else { return };
        let input = match input {
            Input::Reported { attempt, report } => {
                let Some(report) = driven.hear(attempt, report, &mut self.dispatcher) else { return };
                Input::Reported { attempt, report }
            }
            other => other,
        };
        let progress = driven.hand(input, now);
        self.stir(uid, progress);
    }

    /// Notes that a run was handed something.
    fn stir(&mut self, uid: &str, progress: Progress) {
        if !self.stirred.contains(uid) {
            self.stirred.insert(uid.to_owned());
        }
        if progress == Progress::More {
            self.unfinished.insert(uid.to_owned());
        }
    }

    /// Feeds timers that are due, and goes on with what bounded calls left over.
    pub fn tick(&mut self, now: Time) {
        while let Some((due, uid)) = self.timers.first().cloned()
            && due <= now
        {
            self.timers.pop_first();
            let Some(driven) = self.runs.get_mut(&uid) else { continue };
            driven.timer = None;
            let progress = driven.hand(Input::TimerFired, now);
            // One that is due at once waits for its next turn, and cannot hold up the others.
            let next = driven.run.next_due().map(|next| next.max(Time(now.0 + 1)));
            driven.arm(next, &mut self.timers);
            self.stir(&uid, progress);
        }
        for uid in std::mem::take(&mut self.unfinished) {
            let Some(driven) = self.runs.get_mut(&uid) else { continue };
            let progress = driven.hand(Input::Continue, now);
            self.stir(&uid, progress);
        }
    }

    /// Whether some run has more to decide without hearing anything.
    pub fn has_more(&self) -> bool {
        !self.unfinished.is_empty()
    }

    /// The next instant at which `tick` has something to do.
    pub fn next_due(&self) -> Option<Time> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Letters of the inbox up to this number were read; the next append takes them out.
    pub fn inbox_read(&mut self, uid: &str, number: u64) {
        if let Some(driven) = self.runs.get_mut(uid) {
            driven.inbox_done = Some(number);
        }
    }

    /// Everything that is to be made durable, in one transaction. `committed` or `failed` must follow.
    pub fn batch(&mut self, now: Time) -> Vec<Append> {
        let mut appends = Vec::new();
        for uid in &self.stirred {
            let Some(driven) = self.runs.get_mut(uid).filter(|driven| !driven.events.is_empty()) else {
                continue;
            };
            driven.seq += 1;
            let events = Arc::new(std::mem::take(&mut driven.events));
            appends.push(Append {
                machine: driven.machine.clone(),
                epoch: driven.epoch,
                seq: driven.seq,
                at_us: now.0,
                format: FORMAT,
                body: encode(&events),
                // A row that is not written now is written with the next record.
                summary: guarded(|| driven.summarize(now)).unwrap_or_default(),
                inbox_done: driven.inbox_done.take(),
                end: None,
            });
            let recorded = Recorded { uid: uid.clone(), seq: driven.seq, at: now, events };
            let commands = std::mem::take(&mut driven.commands);
            self.committing.push((uid.clone(), recorded, commands, std::mem::take(&mut driven.forget)));
        }
        for append in &appends {
            self.watch_row(&append.machine.id);
        }
        appends
    }

    /// Which records of the batch are the last of their run: its end may be filed with them.
    pub fn last_records(&self) -> Vec<usize> {
        let is_last = |(uid, _, commands, _): &(String, _, Vec<Command>, _)| {
            commands.contains(&Command::Archive) && self.run(uid).is_some_and(Run::is_ended)
        };
        (0..self.committing.len()).filter(|at| is_last(&self.committing[*at])).collect()
    }

    /// A run was created by the commit of its first record, and is ours under this epoch.
    pub fn created(&mut self, uid: &str, epoch: u64) {
        if let Some(driven) = self.runs.get_mut(uid) {
            driven.epoch = epoch;
        }
    }

    /// The batch is durable: what may be done now.
    pub fn committed(&mut self, results: &[Result<(), AppendError>]) -> Vec<Effect> {
        let mut effects = Vec::new();
        for ((uid, recorded, commands, forget), result) in
            std::mem::take(&mut self.committing).into_iter().zip(results)
        {
            if result.is_err() {
                // One that could not be created is dropped already.
                if self.runs.contains_key(&uid) {
                    self.drop_run(&uid);
                    effects.push(Effect::Fenced(uid));
                }
                continue;
            }
            effects.push(Effect::Recorded(recorded));
            self.release(&uid, commands, &mut effects);
            if !forget.is_empty() {
                effects
                    .push(Effect::Forget(forget.into_iter().map(|attempt| (uid.clone(), attempt)).collect()));
            }
        }
        // Commands of a recovery have no events of their own to wait for.
        for uid in std::mem::take(&mut self.stirred) {
            let Some(driven) = self.runs.get_mut(&uid) else { continue };
            if driven.events.is_empty() {
                let commands = std::mem::take(&mut driven.commands);
                self.release(&uid, commands, &mut effects);
            } else {
                self.stirred.insert(uid);
            }
        }
        self.interruptions(&mut effects);
        // Starts go first: whoever hears of what was recorded can wait that moment, a free place cannot.
        let mut first = Vec::new();
        self.starts(&mut first);
        first.append(&mut effects);
        first
    }

    fn release(&mut self, uid: &str, commands: Vec<Command>, effects: &mut Vec<Effect>) {
        for command in commands {
            let Some(driven) = self.runs.get_mut(uid) else { return };
            match command {
                Command::Start(attempt) if driven.is_call(attempt) => {
                    if !driven.interrupted && driven.run.is_wanted(attempt) {
                        driven.flying.insert(attempt);
                        effects.push(Effect::Start(vec![(uid.to_owned(), attempt)]));
                    }
                }
                Command::Start(attempt) => self.dispatcher.push(uid, attempt),
                Command::Dismiss(attempt) => {
                    self.dispatcher.remove(uid, attempt);
                    if driven.flying.contains(&attempt) {
                        effects.push(Effect::Stop(uid.to_owned(), attempt));
                    }
                }
                Command::Stop(attempt) if driven.flying.contains(&attempt) => {
                    effects.push(Effect::Stop(uid.to_owned(), attempt))
                }
                Command::Stop(attempt) => {
                    // It was never started: it ends here, in the words of the stop.
                    self.dispatcher.remove(uid, attempt);
                    self.refused.push((uid.to_owned(), attempt));
                }
                Command::SetTimer(due) => driven.arm(Some(due), &mut self.timers),
                Command::AcquireLocks(node) => effects.push(Effect::AcquireLocks(uid.to_owned(), node)),
                Command::ReleaseLocks(node) => effects.push(Effect::ReleaseLocks(uid.to_owned(), node)),
                Command::LookupMemo(node) => effects.push(Effect::LookupMemo(uid.to_owned(), node)),
                Command::SaveMemo(node) => effects.push(Effect::SaveMemo(uid.to_owned(), node)),
                Command::EmitMetrics(samples) => effects.push(Effect::EmitMetrics(uid.to_owned(), samples)),
                Command::DeleteArtifacts => effects.push(Effect::DeleteArtifacts(uid.to_owned())),
                Command::Archive => effects.push(Effect::Ended(uid.to_owned())),
            }
        }
    }

    /// Attempts that a stop reached before they were started: to be reported as ended by the caller.
    pub fn take_refused(&mut self) -> Vec<(String, Attempt)> {
        std::mem::take(&mut self.refused)
    }

    /// Fills free places with attempts whose start is durable. Called again whenever a place gets free.
    pub fn starts(&mut self, effects: &mut Vec<Effect>) {
        let mut started = Vec::new();
        while let Some((uid, attempt)) = self.dispatcher.next() {
            match self.runs.get_mut(&uid) {
                Some(driven) if driven.run.is_wanted(attempt) && !driven.interrupted => {
                    driven.flying.insert(attempt);
                    started.push((uid, attempt));
                }
                _ => self.dispatcher.free(&uid, attempt),
            }
        }
        if !started.is_empty() {
            effects.push(Effect::Start(started));
        }
    }

    /// Starts to take a run back: what runs is stopped, nothing is recorded as failed.
    pub fn interrupt(&mut self, uid: &str) -> Vec<Attempt> {
        let Some(driven) = self.runs.get_mut(uid) else { return Vec::new() };
        driven.interrupted = true;
        self.interrupted.insert(uid.to_owned());
        driven.flying.iter().copied().collect()
    }

    fn interruptions(&mut self, effects: &mut Vec<Effect>) {
        for uid in &self.interrupted {
            let Some(driven) = self.runs.get(uid) else { continue };
            if driven.flying.is_empty() && driven.events.is_empty() {
                effects.push(Effect::Interrupted(uid.clone()));
            }
        }
    }

    /// Forgets a run without ending it.
    pub fn drop_run(&mut self, uid: &str) {
        if let Some(mut driven) = self.runs.remove(uid) {
            driven.arm(None, &mut self.timers);
            if let Some(due) = driven.row_due {
                self.rows_due.remove(&(due, uid.to_owned()));
            }
            self.interrupted.remove(uid);
            for attempt in driven.flying {
                self.dispatcher.free(uid, attempt);
            }
            self.dispatcher.remove_run(uid);
        }
    }

    /// One attempt is known to the runner, or was: its ending is to be heard.
    pub fn recalled_one(&mut self, uid: &str, attempt: Attempt) {
        if let Some(driven) = self.runs.get_mut(uid) {
            driven.flying.insert(attempt);
        }
    }

    /// Whether a run is being taken back.
    pub fn is_interrupted(&self, uid: &str) -> bool {
        self.runs.get(uid).is_some_and(|driven| driven.interrupted)
    }

    /// The runner had no room: the attempt goes back to the head of the queue.
    pub fn postpone(&mut self, uid: &str, attempt: Attempt) {
        if let Some(driven) = self.runs.get_mut(uid) {
            driven.flying.remove(&attempt);
            self.dispatcher.postpone(uid, attempt);
        }
    }

    /// Sets how many attempts may be started from now on, and returns how many were left of what was set before.
    pub fn allow(&mut self, allowance: Option<usize>) -> Option<usize> {
        self.dispatcher.allow(allowance)
    }

    /// Whether attempts wait for nothing but that more may be started.
    pub fn is_held_back(&self) -> bool {
        self.dispatcher.is_held_back()
    }

    /// How many attempts are with the runner and count there.
    pub fn places_taken(&self) -> usize {
        self.dispatcher.taken()
    }

    /// Whether attempts were put back because the runner had no room.
    pub fn is_busy(&self) -> bool {
        self.dispatcher.is_busy()
    }

    /// A run's state, for reading.
    pub fn run(&self, uid: &str) -> Option<&Run> {
        self.runs.get(uid).map(|driven| &driven.run)
    }

    /// The uids of all runs here.
    pub fn uids(&self) -> Vec<String> {
        self.runs.keys().cloned().collect()
    }

    /// A run's row as lists show it.
    pub fn summary(&self, uid: &str) -> Option<Summary> {
        let driven = self.runs.get(uid)?;
        Some(driven.summary.clone())
    }
}

#[cfg(test)]
mod tests;
