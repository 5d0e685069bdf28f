//! The only loop: waits, feeds the shard, makes its batches durable, does what it says.
//!
//! What becomes of a workflow is decided in the engine. What is decided here is about steps as processes: what a recall
//! means, who tries for a lock next, what is a stray. No simulation sees that (`ARCHITECTURE.md` §7).

mod beside;
mod durable;
mod leaving;
mod lives;
mod probes;
mod queue;
mod starts;
mod steps;
mod strays;
mod waiting;

use crate::collect::Work;
use crate::draft::Draft;
use crate::guard::guarded;
use crate::handle::{self, Ask, Done, Extent, Inbox, Message, Submitted, Update};
use crate::memo;
use crate::metrics::Metrics;
use crate::prepare::Place;
use crate::refused::Refused;
use crate::shard::{Effect, Shard};
use crate::submit;
use crate::throttle::{Bucket, Throttle};
use beside::Beside;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};
use tiphys_artifact::remove_tree;
use tiphys_engine::Time;
use tiphys_engine::workflow::{Attempt, Collected, Input, NodeIx, Occasion, Report};
use tiphys_runner::agent::Agent;
use tiphys_runner::step::{AttemptId, GRACE_MS_DEFAULT, Standing};
use tiphys_runner::{News, Runner};
use tiphys_spec as spec;
use tiphys_store::{MachineId, MemoKey, NewRun, Owned, Ownership, State, Store, StoreError, Summary};

pub(crate) use leaving::Release;

/// How long a step has to end by itself that is asked to.
const GRACE: Duration = Duration::from_millis(GRACE_MS_DEFAULT);

/// How long a step must have run before that is worth a record of its own.
const OBSERVED_AFTER: Duration = Duration::from_millis(20);

/// How long the files of a step must have been saved before that is told.
const SAVING_AFTER: Duration = Duration::from_secs(1);

/// How long to wait before asking a busy runner again.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// How long after a question that the runner did not answer it is asked again.
const RECALL_PAUSE: Duration = Duration::from_secs(1);

/// Most messages that are handled before the batch is made durable.
const MESSAGES_PER_BATCH: usize = 512;

/// How long endings are gathered for one commit while enough steps are in line at the runner.
const GATHER: Duration = Duration::from_millis(10);

/// How long orders are gathered for one commit while more are on their way.
const GATHER_ORDERS: Duration = Duration::from_millis(2);

/// How often waiters look whether another process gave a lock back.
const LOCK_POLL: Duration = Duration::from_millis(500);

/// How long what of a step runs stays as it is before anybody is told.
const STANDING_AFTER: Duration = Duration::from_millis(200);

/// What a step said last of what of it runs.
struct Stood {
    /// Since when there is something to tell.
    since: Time,
    is_told: bool,
    news: Standing,
}

/// Longest wait without looking around.
const LOOK_AROUND: Duration = Duration::from_secs(3_600);

/// What belongs to a run beside its state.
struct Home {
    machine: MachineId,
    /// The workflow as it was submitted.
    workflow: Arc<spec::Workflow>,
    place: Place,
    /// Nodes of an earlier life of the run that need not run again (EX-304).
    done: Done,
    _owned: Owned,
}

/// The pump and everything it reaches.
pub(crate) struct Pump {
    pub state: State,
    pub store: Box<dyn Store>,
    pub ownership: Ownership,
    pub runner: Arc<dyn Runner>,
    /// What the runs' own metrics come to.
    metrics: Metrics,
    /// Makes the calls of HTTP and plugin templates.
    agent: Agent,
    pub place: Place,
    pub shard: Shard,
    /// Which runs may begin.
    throttle: Throttle,
    /// How fast steps are started, and how many of them may be since it was last looked.
    bucket: Bucket,
    allowed: usize,
    /// How many steps run side by side.
    jobs: usize,
    inbox: Inbox,
    homes: BTreeMap<String, Home>,
    /// Runs that are over and not filed yet, with their final documents.
    ends: Vec<(MachineId, Value, Vec<u8>)>,
    /// Final documents that were filed with the last records of their runs, by uid.
    filed: BTreeMap<String, Value>,
    /// Runs to be taken in before the next batch.
    orders: Vec<(Box<Draft>, Submitted)>,
    /// Runs that were taken in and are created with the next batch, in the same transaction.
    creating: Vec<(NewRun, Submitted)>,
    /// Who hears of which run; an empty uid means of all.
    followers: Vec<(String, Sender<Update>)>,
    /// How much those who hear of all runs have not read yet.
    unread: Arc<AtomicUsize>,
    /// Who wants to know how a run stands; answered when everything of this turn is durable.
    questions: Vec<(String, Extent, Sender<Option<Value>>)>,
    /// Answers that wait until what they tell of is durable (I3).
    replies: Vec<Box<dyn FnOnce() + Send>>,
    /// Holders that asked for locks, by their name in the lock table.
    lock_holders: BTreeMap<String, waiting::Asked>,
    /// When all of them last tried.
    locks_tried: Time,
    /// Remembered results that were used, and of which that is not noted yet.
    hits: Vec<MemoKey>,
    /// Attempts that were seen starting and are not yet worth a record.
    starting: BTreeMap<(String, Attempt), Time>,
    /// Attempts whose files are being saved, for too short a time to tell anybody.
    saving: BTreeMap<(String, Attempt), Time>,
    /// Daemons that are being asked whether they are ready, and which of their probes is next.
    probing: BTreeMap<(String, Attempt), usize>,
    /// Daemons that found out by themselves that they are ready.
    ready: BTreeSet<(String, Attempt)>,
    /// How often each daemon that is asked was not ready in a row.
    refusals: BTreeMap<(String, Attempt), (u32, String)>,
    /// What runs of steps of which not all runs.
    standing: BTreeMap<(String, Attempt), Stood>,
    /// Runs of whose steps the runner has not said yet what became of them.
    unheard: BTreeSet<String>,
    /// When it was last asked about them.
    asked_runner: Time,
    /// Why the runner lost its steps, the last time that it did.
    loss: Option<String>,
    /// Runs that are to be removed with the next batch.
    deletions: Vec<leaving::Deletion>,
    /// Removes files, and looks at files.
    broom: Beside,
    lister: Beside,
    /// Runs whose artifacts are being deleted, each with what was asked of it meanwhile.
    collecting: BTreeMap<String, Vec<Message>>,
    /// Runs that are to go and whose artifacts are deleted.
    released: Vec<Release>,
    /// What may still run of runs that are no more: nobody will ask how it ended.
    gone: BTreeSet<AttemptId>,
    last: Time,
    quit: bool,
}

impl Pump {
    pub(crate) fn new(
        state: State,
        store: Box<dyn Store>,
        ownership: Ownership,
        (runner, agent, metrics): (Arc<dyn Runner>, Agent, Metrics),
        place: Place,
        jobs: usize,
        inbox: Inbox,
    ) -> Pump {
        let shard = Shard::new(jobs + runner.ahead());
        Pump {
            state,
            store,
            ownership,
            runner,
            agent,
            metrics,
            place,
            shard,
            throttle: Throttle::default(),
            bucket: Bucket::default(),
            allowed: 0,
            jobs,
            inbox,
            homes: BTreeMap::new(),
            ends: Vec::new(),
            filed: BTreeMap::new(),
            orders: Vec::new(),
            creating: Vec::new(),
            followers: Vec::new(),
            unread: Arc::default(),
            questions: Vec::new(),
            replies: Vec::new(),
            lock_holders: BTreeMap::new(),
            locks_tried: Time(0),
            hits: Vec::new(),
            starting: BTreeMap::new(),
            saving: BTreeMap::new(),
            probing: BTreeMap::new(),
            ready: BTreeSet::new(),
            refusals: BTreeMap::new(),
            standing: BTreeMap::new(),
            unheard: BTreeSet::new(),
            deletions: Vec::new(),
            broom: Beside::new("broom"),
            lister: Beside::new("lister"),
            collecting: BTreeMap::new(),
            released: Vec::new(),
            loss: None,
            asked_runner: Time(0),
            gone: BTreeSet::new(),
            last: Time(0),
            quit: false,
        }
    }

    /// Runs until it is told to quit, or the store fails for good.
    pub(crate) fn run(mut self) -> Result<(), StoreError> {
        // What an engine that was killed was about to remove.
        self.sweep_claims();
        while !self.quit {
            if let Err(error) = self.turn() {
                let message = error.to_string();
                for (_, follower) in &self.followers {
                    // A follower that is gone has nobody left to tell.
                    drop(follower.send(Update::StoreFailed(message.clone())));
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<(), StoreError> {
        let first = if self.shard.has_more() {
            self.inbox.messages.try_recv().ok()
        } else {
            let patience = self.patience();
            match self.inbox.messages.recv_timeout(patience) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => {
                    self.quit = true;
                    return Ok(());
                }
            }
        };
        let now = self.now();
        if let Some(first) = first {
            self.hear(first, now)?;
            let begun = Instant::now();
            for _ in 1..MESSAGES_PER_BATCH {
                let message = match self.inbox.messages.try_recv() {
                    Err(TryRecvError::Empty) => {
                        let left = self.gathers_for().saturating_sub(begun.elapsed());
                        if left.is_zero() { None } else { self.inbox.messages.recv_timeout(left).ok() }
                    }
                    other => other.ok(),
                };
                match message {
                    Some(message) => self.hear(message, now)?,
                    None => break,
                }
            }
        }
        self.delete_all();
        self.recall_unheard(now);
        self.refill(now);
        self.take_in_all(now);
        // Places that endings freed go to attempts whose start is durable already; no commit is waited for.
        let mut effects = Vec::new();
        self.shard.starts(&mut effects);
        self.perform(effects, now)?;
        self.observe(now);
        self.retry_locks(now)?;
        self.shard.tick(now);
        self.settle(now)?;
        self.refresh_rows(now)?;
        self.inbox.settled.store(now.0, Ordering::Release);
        self.answer_questions(now);
        self.replies.drain(..).for_each(|reply| reply());
        Ok(())
    }

    /// How long more may be heard before the batch is made durable: while the runner has enough to start and nobody waits
    /// for an answer, or while all who wait ordered runs and more such orders are on their way.
    fn gathers_for(&self) -> Duration {
        if !(self.replies.is_empty() && self.questions.is_empty()) || self.shard.has_more() {
            return Duration::ZERO;
        }
        if !self.orders.is_empty() {
            let more = self.inbox.coming.load(Ordering::Relaxed) > 0;
            return if more { GATHER_ORDERS } else { Duration::ZERO };
        }
        let in_line = self.shard.places_taken().saturating_sub(self.jobs);
        if in_line > self.runner.ahead() / 2 { GATHER } else { Duration::ZERO }
    }

    /// Tells how runs stand, now that nothing of this turn follows.
    fn answer_questions(&mut self, now: Time) {
        for (uid, extent, reply) in std::mem::take(&mut self.questions) {
            let told = match extent {
                Extent::Whole => submit::document,
                Extent::WithoutNodes => submit::document_of_whole,
            };
            let driven = self.homes.get(&uid).zip(self.shard.run(&uid));
            let document = driven.and_then(|(home, run)| guarded(|| told(&home.workflow, run, now)).ok());
            // Who asked may have gone in the meantime.
            drop(reply.send(document));
        }
    }

    /// Answers once everything decided so far is durable.
    fn reply<T: Send + 'static>(&mut self, to: Sender<T>, answer: T) {
        // Who asked may have gone in the meantime.
        self.replies.push(Box::new(move || drop(to.send(answer))));
    }

    /// Tells how the creation of a run came out, once that is durable.
    fn submitted(&mut self, to: Submitted, answer: Result<Summary, Refused>) {
        self.replies.push(Box::new(move || to(answer)));
    }

    /// Makes durable what was decided, does what follows, until nothing follows.
    fn settle(&mut self, now: Time) -> Result<(), StoreError> {
        loop {
            self.let_in(now);
            let mut batch = self.shard.batch(now);
            for at in self.shard.last_records() {
                let uid = batch[at].machine.id.clone();
                if let Err(mistake) = guarded(|| self.file_with(&mut batch[at], now)) {
                    self.park(&uid, mistake);
                }
            }
            let results = self.commit(&batch)?;
            let effects = self.shard.committed(&results);
            let refused = self.shard.take_refused();
            if batch.is_empty() && effects.is_empty() && refused.is_empty() {
                return self.file();
            }
            self.perform(effects, now)?;
            self.filed.clear();
            for (uid, attempt) in refused {
                let report = Report::Ended(Box::new(submit::never_started()));
                self.shard.input(&uid, Input::Reported { attempt, report }, now);
            }
        }
    }

    /// The time, which never goes back nor stands still: a clock that does must not reorder what happened, nor give
    /// two changes one version.
    fn now(&mut self) -> Time {
        self.last = handle::now().max(Time(self.last.0.saturating_add(1)));
        self.last
    }

    fn patience(&mut self) -> Duration {
        let now = self.now();
        let until = |due: Time| Duration::from_micros(u64::try_from(due.since_us(now)).unwrap_or(0));
        let mut patience = self.shard.next_due().map_or(LOOK_AROUND, until).min(LOOK_AROUND);
        if let Some(first) = self.saving.values().min() {
            patience = patience.min(until(first.plus(SAVING_AFTER)));
        }
        if let Some(first) = self.starting.values().min() {
            patience = patience.min(until(first.plus(OBSERVED_AFTER)));
        }
        let untold = self.standing.values().filter(|stood| !stood.is_told).map(|stood| stood.since);
        if let Some(first) = untold.min() {
            patience = patience.min(until(first.plus(STANDING_AFTER)));
        }
        if let Some(due) = self.shard.next_row() {
            patience = patience.min(until(due));
        }
        if self.is_lock_awaited() {
            patience = patience.min(LOCK_POLL);
        }
        if !self.unheard.is_empty() {
            patience = patience.min(RECALL_PAUSE);
        }
        if self.shard.is_busy() {
            patience = patience.min(BUSY_PAUSE);
        }
        if let Some(refilled) = self.refilled_in() {
            patience = patience.min(refilled);
        }
        patience
    }

    fn hear(&mut self, message: Message, now: Time) -> Result<(), StoreError> {
        if let Some(held) = message.changes().and_then(|uid| self.collecting.get_mut(uid)) {
            held.push(message);
            return Ok(());
        }
        match message {
            Message::News(News::Reports(reports)) => {
                reports.into_iter().for_each(|report| self.reported(report, now))
            }
            Message::News(News::Lost(reason)) => {
                self.loss = Some(reason);
                self.unheard.extend(self.shard.uids());
                self.asked_runner = Time(0);
            }
            Message::Answered(attempt, answer) => self.answered(&attempt, answer, now),
            Message::Submit(draft, reply) => self.orders.push((draft, reply)),
            Message::Restart(draft, reply) => {
                let uid = draft.run.machine.id.clone();
                let restarted = self.for_run(&uid, |pump| pump.restart(*draft, now));
                self.reply(reply, restarted);
            }
            Message::Adopt(uid, secrets, reply) => {
                let adopted = self.for_run(&uid, |pump| pump.adopt(&uid, secrets, now));
                self.reply(reply, adopted);
            }
            Message::AdoptAll(uids, reply) => {
                let adopted = self.adopt_all(&uids, now);
                self.reply(reply, adopted);
            }
            Message::Retry(uid, retry, follower, reply) => {
                let retried = self.for_run(&uid, |pump| pump.retry(&uid, retry, follower, now));
                self.reply(reply, retried);
            }
            Message::Ask(uid, requests, reply) => {
                let known = self.shard.run(&uid).is_some();
                if known {
                    requests.into_iter().for_each(|request| self.ask(&uid, request, now));
                }
                self.reply(reply, known);
            }
            Message::FollowAll(follower, unread) => {
                self.followers.push((String::new(), follower));
                self.unread = unread;
            }
            Message::Delete(uid, force, reply) => {
                self.deletions.push(leaving::Deletion { uid, force, reply });
            }
            Message::Listed(uid, attempt, listed) => self.listed(&uid, attempt, listed, now),
            Message::Collected(uid, collected) => {
                match collected {
                    Ok(collected) => self.shard.input(&uid, Input::ArtifactsDeleted { collected }, now),
                    Err(mistake) => self.park(&uid, mistake),
                }
                // What came of it is recorded before anything else happens to the run.
                self.settle(now)?;
                self.hear_held(&uid, now)?;
            }
            Message::Released(release, released) => {
                let uid = release.uid().to_owned();
                match released {
                    Ok(()) => self.released.push(*release),
                    Err(reason) => self.stays(*release, reason),
                }
                self.hear_held(&uid, now)?;
            }
            #[cfg(test)]
            Message::Busy(work) => {
                for beside in [&mut self.broom, &mut self.lister] {
                    let work = work.clone();
                    beside.hand_over(move || work());
                }
            }
            Message::Limit(limits) => self.limit(limits),
            Message::Subscribe(on) => self.runner.subscribe(None, on),
            Message::Interrupt(uid) => {
                let attempts = self.shard.interrupt(&uid);
                let ids: Vec<AttemptId> = attempts.iter().map(|attempt| attempt_id(&uid, *attempt)).collect();
                self.runner.take_back(&ids, GRACE);
                self.agent.stop(&ids);
            }
            Message::Status(uid, extent, reply) => self.questions.push((uid, extent, reply)),
            Message::Census(reply) => {
                let census = self.shard.census();
                self.reply(reply, census);
            }
            Message::Places(uid, wanted, reply) => {
                let places = self.places(&uid, wanted);
                self.reply(reply, places);
            }
            Message::EndStrays => self.end_strays()?,
            Message::Inbox => self.read_inbox(now)?,
            Message::Quit => self.quit = true,
        }
        Ok(())
    }

    /// Hears what was asked of a run while its artifacts were deleted, in the order in which it came.
    fn hear_held(&mut self, uid: &str, now: Time) -> Result<(), StoreError> {
        for message in self.collecting.remove(uid).into_iter().flatten() {
            self.hear(message, now)?;
        }
        // Letters that came meanwhile were passed over.
        drop(self.inbox.own.send(Message::Inbox));
        Ok(())
    }

    /// Has the artifacts deleted that go with the end of a run.
    fn collect(&mut self, uid: String, now: Time) {
        let Some(run) = self.shard.run(&uid) else { return };
        let work = Work::of(run, Occasion::Completion, &self.place);
        if work.is_empty() {
            let collected = Collected::default();
            return self.shard.input(&uid, Input::ArtifactsDeleted { collected }, now);
        }
        self.collecting.entry(uid.clone()).or_default();
        let messages = self.inbox.own.clone();
        self.broom.hand_over(move || {
            let collected = guarded(|| work.delete());
            // Without a pump there is nobody to tell; whoever takes the run up deletes once more.
            drop(messages.send(Message::Collected(uid, collected)));
        });
    }

    /// Has claims removed that nobody can reach any more.
    fn sweep_claims(&mut self) {
        let going = submit::claims_going(&self.place);
        if !going.exists() {
            return;
        }
        // What cannot be removed now is met again by the next engine, and told by `prune`.
        self.broom.hand_over(move || {
            for claim in std::fs::read_dir(going).into_iter().flatten().flatten() {
                drop(remove_tree(&claim.path()));
            }
        });
    }

    /// Letters that other processes left for runs that we drive.
    fn read_inbox(&mut self, now: Time) -> Result<(), StoreError> {
        for machine in self.store.waiting()? {
            if !self.homes.contains_key(&machine.id) || self.collecting.contains_key(&machine.id) {
                continue;
            }
            for letter in self.store.inbox(&machine)? {
                match serde_json::from_slice::<Ask>(&letter.body) {
                    Ok(Ask::Request(request)) => {
                        self.shard.inbox_read(&machine.id, letter.number);
                        self.ask(&machine.id, request, now);
                    }
                    // Nobody will ever be able to read it; leaving it would block those behind it.
                    Err(error) => {
                        let (uid, number) = (machine.id.clone(), letter.number);
                        let reason = error.to_string();
                        self.tell(&machine.id, Update::Unreadable { uid, number, reason });
                    }
                }
                self.settle(now)?;
                if !self.homes.contains_key(&machine.id) && !self.has_ended(&machine)? {
                    // Who took the run over, or takes it up again, is to find this letter and those after it.
                    break;
                }
                self.store.drop_inbox(&machine, letter.number)?;
            }
        }
        Ok(())
    }

    /// Whether nothing can be asked of a run any more.
    fn has_ended(&mut self, machine: &MachineId) -> Result<bool, StoreError> {
        Ok(self.store.summary(machine)?.is_none_or(|row| row.finished_us.is_some()))
    }

    fn tell(&mut self, uid: &str, update: Update) {
        self.followers.retain(|(followed, follower)| {
            if followed.is_empty() {
                self.unread.fetch_add(1, Ordering::Relaxed);
            }
            (followed != uid && !followed.is_empty()) || follower.send(update.clone()).is_ok()
        });
    }

    fn perform(&mut self, effects: Vec<Effect>, now: Time) -> Result<(), StoreError> {
        // Those who want locks, or give them back, one after the other do so together.
        let (mut asking, mut leaving) = (Vec::new(), Vec::new());
        for effect in effects {
            match effect {
                Effect::AcquireLocks(uid, node) => {
                    self.release_locks(std::mem::take(&mut leaving), now)?;
                    asking.push((uid, node));
                    continue;
                }
                Effect::ReleaseLocks(uid, node) => {
                    self.acquire_locks(std::mem::take(&mut asking), now)?;
                    leaving.push((uid, node));
                    continue;
                }
                _ => {}
            }
            self.release_locks(std::mem::take(&mut leaving), now)?;
            self.acquire_locks(std::mem::take(&mut asking), now)?;
            let uid = effect.run().map(str::to_owned);
            match guarded(|| self.perform_one(effect, now)) {
                Ok(done) => done?,
                Err(mistake) => uid.into_iter().for_each(|uid| self.park(&uid, mistake.clone())),
            }
        }
        self.release_locks(leaving, now)?;
        self.acquire_locks(asking, now)?;
        let hits = std::mem::take(&mut self.hits);
        if hits.is_empty() { Ok(()) } else { self.store.note_hits(&hits, now.0) }
    }

    fn perform_one(&mut self, effect: Effect, now: Time) -> Result<(), StoreError> {
        match effect {
            Effect::Start(attempts) => self.start(attempts, now),
            Effect::Stop(uid, attempt) => {
                let id = [attempt_id(&uid, attempt)];
                match self.shard.is_call(&uid, attempt) {
                    true => self.agent.stop(&id),
                    false => self.runner.stop(&id, GRACE),
                }
            }
            Effect::Forget(attempts) => {
                let ids: Vec<AttemptId> =
                    attempts.iter().map(|(uid, attempt)| attempt_id(uid, *attempt)).collect();
                self.runner.forget(&ids);
            }
            Effect::Recorded(recorded) => {
                let uid = recorded.uid.clone();
                self.answer_again(&recorded, now);
                self.tell(&uid, Update::Recorded(recorded));
            }
            Effect::AcquireLocks(uid, node) => self.acquire_locks(vec![(uid, node)], now)?,
            Effect::ReleaseLocks(uid, node) => self.release_locks(vec![(uid, node)], now)?,
            Effect::LookupMemo(uid, node) => {
                let Some(run) = self.shard.run(&uid) else { return Ok(()) };
                let found = memo::look_up(&mut *self.store, run, node, now, &mut self.hits)?.map(Box::new);
                self.shard.input(&uid, Input::MemoAnswered { node, found }, now);
            }
            Effect::SaveMemo(uid, node) => {
                let Some(run) = self.shard.run(&uid) else { return Ok(()) };
                memo::save(&mut *self.store, run, node, now)?;
                self.shard.input(&uid, Input::MemoSaved { node }, now);
            }
            Effect::EmitMetrics(uid, samples) => {
                for sample in samples {
                    if let Err(message) = self.metrics.record(&uid, &sample, now) {
                        self.shard.input(&uid, Input::MetricRefused { message }, now);
                    }
                }
            }
            Effect::DeleteArtifacts(uid) => self.collect(uid, now),
            Effect::Ended(uid) => self.ended(&uid, now)?,
            Effect::Fenced(uid) => {
                self.let_go(&uid);
                self.homes.remove(&uid);
                self.tell(&uid.clone(), Update::Fenced(uid));
            }
            Effect::Interrupted(uid) => {
                if let Some(run) = self.shard.run(&uid) {
                    self.dismiss_plugins(&run.plan);
                }
                self.let_go(&uid);
                self.homes.remove(&uid);
                self.tell(&uid.clone(), Update::Interrupted(uid));
            }
        }
        Ok(())
    }
}

/// The name of an attempt at the runner.
pub fn attempt_id(uid: &str, attempt: Attempt) -> AttemptId {
    AttemptId(format!("{uid}/{}.{}", attempt.node.0, attempt.generation))
}

fn parse(id: &AttemptId) -> Option<(String, Attempt)> {
    let (uid, rest) = id.0.rsplit_once('/')?;
    let (node, generation) = rest.split_once('.')?;
    Some((uid.to_owned(), Attempt { node: NodeIx(node.parse().ok()?), generation: generation.parse().ok()? }))
}

#[cfg(test)]
mod tests;
