//! How runs come and go: created, taken over, begun anew, gone on with, deleted.

use super::{GRACE, Home, Pump, RECALL_PAUSE, attempt_id};
use crate::draft::Draft;
use crate::guard::guarded;
use crate::handle::Update;
use crate::prepare::{self, Place};
use crate::refused::Refused;
use crate::shard::Recorded;
use crate::submit::{self, Kept};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tiphys_engine::workflow::{Arrival, Event, Input, NodeKind, Report, Request, Retry};
use tiphys_engine::{Plan, Run, Time, compile};
use tiphys_runner::step::{AttemptId, Report as StepReport, Sighting};
use tiphys_store::{Append, Created, MachineId, NewRun, Owned, StoreError, Summary};

/// What became of a step that nobody knows when its run is taken up.
const LOST_WITHOUT_US: &str = "nobody knew of it any more when its run was taken up again: the machine was restarted \
                               meanwhile, or whatever ran it was killed";

impl Pump {
    /// Takes in what was ordered since the last batch; it is created with the next.
    pub(super) fn take_in_all(&mut self, now: Time) {
        for (draft, reply) in std::mem::take(&mut self.orders) {
            let secrets = draft.secret_of();
            let owned = self.ownership.claim(&draft.run.machine).map_err(Refused::from);
            let uid = draft.run.machine.id.clone();
            let begun = owned.and_then(|owned| {
                let begun = guarded(|| self.begin(*draft, (owned, Append::CREATING), now));
                begun.unwrap_or_else(|mistake| Err(Refused::Bug(mistake))).inspect_err(|_| self.disown(&uid))
            });
            match begun {
                Ok(run) => self.creating.push((run, reply)),
                Err(reason) => {
                    self.forget_secrets(secrets.as_deref());
                    self.submitted(reply, Err(reason));
                }
            }
        }
    }

    /// Removes the secrets that came with an order which made no run.
    fn forget_secrets(&self, uid: Option<&str>) {
        // Any that cannot be removed belong to nobody, and only their user can read them.
        drop(uid.map(|uid| self.state.remove_secrets(uid)));
    }

    /// Forgets a run that could not be created.
    pub(super) fn disown(&mut self, uid: &str) {
        self.let_go(uid);
        let home = self.homes.remove(uid);
        // They are the order's own: an order whose uid had secrets already was refused before it came here.
        let uid_of_secrets = home.filter(|home| !home.place.secrets.is_empty()).map(|_| uid);
        self.forget_secrets(uid_of_secrets);
        self.followers.retain(|(followed, _)| followed != uid);
    }

    /// Lets go of a run in which a mistake of ours showed, with nothing recorded of it: what is recorded is true, and
    /// whoever takes it up again, perhaps a release without the mistake, goes on from there.
    pub(super) fn park(&mut self, uid: &str, reason: String) {
        self.let_go(uid);
        self.homes.remove(uid);
        self.tell(uid, Update::Parked { uid: uid.to_owned(), reason });
    }

    /// Does something for a run that somebody asked for; a run in which that meets a mistake of ours is parked.
    pub(super) fn for_run<T>(
        &mut self,
        uid: &str,
        work: impl FnOnce(&mut Pump) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        guarded(|| work(self)).unwrap_or_else(|mistake| {
            self.park(uid, mistake.clone());
            Err(Refused::Bug(mistake))
        })
    }

    /// Creates a run, or begins it anew if it is here and `done` says what need not run again.
    pub(super) fn restart(&mut self, draft: Draft, now: Time) -> Result<Summary, Refused> {
        let uid = draft.secret_of();
        let begun = self.begin_anew(draft, now);
        if begun.is_err() {
            self.forget_secrets(uid.as_deref());
        }
        begun
    }

    fn begin_anew(&mut self, draft: Draft, now: Time) -> Result<Summary, Refused> {
        let run = &draft.run;
        let owned = self.ownership.acquire(&mut *self.store, &run.machine)?;
        if !self.store.restart(run, Some(owned.epoch))? {
            match self.store.create(run)? {
                Created::Yes => {}
                _ => return Err(Refused::Taken { name: run.summary.name.clone() }),
            }
        }
        let epoch = owned.epoch;
        Ok(self.begin(draft, (owned, epoch), now)?.summary)
    }

    /// Takes up a new run. Answers what the store is to keep of it.
    fn begin(&mut self, draft: Draft, (owned, epoch): (Owned, u64), now: Time) -> Result<NewRun, Refused> {
        let NewRun { machine, summary, .. } = &draft.run;
        let mut place = self.place_of(&summary.uid, draft.secrets)?;
        place.files = draft.files;
        self.homes.insert(
            summary.uid.clone(),
            Home {
                machine: machine.clone(),
                workflow: submit::submitted(draft.frozen, &draft.plan),
                place,
                done: draft.done,
                _owned: owned,
            },
        );
        if let Some(follower) = draft.follower {
            self.followers.push((summary.uid.clone(), follower));
        }
        let plan = Plan { images: prepare::known_images(&self.place), ..draft.plan };
        let run = Run::new(Arc::new(plan));
        self.shard.take_in(run, machine.clone(), epoch, &[], summary.clone(), now).map_err(Refused::Bug)?;
        self.enter(&summary.uid, summary.created_us, now);
        Ok(draft.run)
    }

    /// Gives suspended nodes the answers they got in an earlier life of the run.
    pub(super) fn answer_again(&mut self, recorded: &Recorded, now: Time) {
        let Some(home) = self.homes.get(&recorded.uid).filter(|home| !home.done.is_empty()) else { return };
        let Some(run) = self.shard.run(&recorded.uid).filter(|run| run.life == 0) else { return };
        let entered = recorded.events.iter().filter_map(|event| match event {
            Event::Entered(Arrival { node, kind: NodeKind::Suspend, .. }) => Some(run.id(*node)),
            _ => None,
        });
        let answers: Vec<Request> = entered
            .filter_map(|id| {
                let outcome = home.done.get(&id)?;
                Some(Request::SetNode {
                    selector: format!("id={id}"),
                    parameters: outcome.parameters.iter().cloned().collect(),
                    phase: Some(outcome.phase),
                    message: outcome.message.clone(),
                })
            })
            .collect();
        for answer in answers {
            self.shard.input(&recorded.uid, Input::Asked(answer), now);
        }
    }

    fn place_of(&self, uid: &str, secrets: Vec<tiphys_spec::Secret>) -> Result<Place, StoreError> {
        let mut place = self.place.clone();
        place.run_dir = self.state.run_dir(uid)?;
        place.secrets = secrets.into_iter().map(|secret| (secret.metadata.name.clone(), secret)).collect();
        Ok(place)
    }

    /// Goes on with a run that is over (EX-300).
    pub(super) fn retry(
        &mut self,
        uid: &str,
        retry: Retry,
        follower: Option<Sender<Update>>,
        now: Time,
    ) -> Result<Summary, Refused> {
        if let Some(refused) = self.shard.run(uid).and_then(|run| run.retry_refused(&retry)) {
            return Err(Refused::Invalid(refused));
        }
        let owned = self.acquire(uid)?;
        let (summary, _) = self.take_in(uid, owned, follower, now)?;
        if let Some(refused) = self.shard.run(uid).and_then(|run| run.retry_refused(&retry)) {
            // If it is not over after all, whoever takes it up goes on with it.
            self.let_go(uid);
            self.homes.remove(uid);
            return Err(Refused::Invalid(refused));
        }
        self.shard.input(uid, Input::Asked(Request::Retry(retry)), now);
        Ok(summary)
    }

    /// Takes a run over from an engine that is gone.
    pub(super) fn adopt(
        &mut self,
        uid: &str,
        follower: Option<Sender<Update>>,
        now: Time,
    ) -> Result<Summary, Refused> {
        let owned = self.acquire(uid)?;
        let summary = self.take_over(uid, owned, follower, now)?;
        self.read_inbox(now)?;
        Ok(summary)
    }

    /// Takes runs over from an engine that is gone, all in one transaction; each of its own would wait for the disk.
    pub(super) fn adopt_all(&mut self, uids: &[String], now: Time) -> Vec<Result<Summary, Refused>> {
        let adopted = self.acquire_all(uids).and_then(|owned| {
            let taken = uids
                .iter()
                .zip(owned)
                .map(|(uid, owned)| self.for_run(uid, |pump| pump.take_over(uid, owned?, None, now)));
            let taken: Vec<_> = taken.collect();
            self.read_inbox(now)?;
            Ok(taken)
        });
        adopted.unwrap_or_else(|error: StoreError| vec![Err(error.into()); uids.len()])
    }

    /// Becomes the driver of a run that nobody drives.
    fn acquire(&mut self, uid: &str) -> Result<Owned, Refused> {
        let machine = MachineId::workflow(uid);
        Ok(self.ownership.acquire(&mut *self.store, &machine)?)
    }

    fn acquire_all(&mut self, uids: &[String]) -> Result<Vec<Result<Owned, Refused>>, StoreError> {
        let claim = |uid: &String| {
            let machine = MachineId::workflow(&**uid);
            let claimed = self.ownership.claim(&machine).map_err(Refused::from);
            (machine, claimed)
        };
        let (machines, mut claimed): (Vec<_>, Vec<_>) = uids.iter().map(claim).unzip();
        let held = machines.into_iter().zip(&claimed).filter(|(_, claimed)| claimed.is_ok());
        let held: Vec<MachineId> = held.map(|(machine, _)| machine).collect();
        let epochs = self.store.next_epochs(&held)?;
        for (owned, epoch) in claimed.iter_mut().flatten().zip(epochs) {
            owned.epoch = epoch;
        }
        Ok(claimed)
    }

    /// Goes on with a run. Letters that were left while nobody drove it come before anything is started: the caller reads
    /// them in the same turn.
    fn take_over(
        &mut self,
        uid: &str,
        owned: Owned,
        follower: Option<Sender<Update>>,
        now: Time,
    ) -> Result<Summary, Refused> {
        let (summary, is_new) = self.take_in(uid, owned, follower, now)?;
        if !is_new {
            self.recall(uid, now);
        }
        Ok(summary)
    }

    /// Loads a run that nobody drives; with it, whether nothing has happened in it yet.
    fn take_in(
        &mut self,
        uid: &str,
        owned: Owned,
        follower: Option<Sender<Update>>,
        now: Time,
    ) -> Result<(Summary, bool), Refused> {
        let machine = MachineId::workflow(uid);
        let summary = self.store.summary(&machine)?.ok_or_else(|| Refused::Missing(uid.to_owned()))?;
        let document = self
            .store
            .document(&machine)?
            .ok_or_else(|| Refused::Bug(format!("run {} has no document", summary.name)))?;
        let unreadable = |what: &str, error: serde_json::Error| {
            Refused::Bug(format!("the {what} of {} cannot be read: {error}", summary.name))
        };
        let kept = Kept::read(&document).map_err(|error| unreadable("document", error))?;
        let (frozen, done) = (kept.frozen.into_owned(), kept.done.into_owned());
        let mut plan = compile(&frozen).map_err(Refused::Bug)?;
        plan.images = prepare::known_images(&self.place);
        let loaded = self.store.load(&machine)?.unwrap_or_default();
        let secrets = match self.state.secrets(uid)? {
            Some(body) => serde_json::from_slice(&body).map_err(|error| unreadable("secrets", error))?,
            None => Vec::new(),
        };
        let place = self.place_of(uid, secrets)?;
        let epoch = owned.epoch;
        self.homes.insert(
            uid.to_owned(),
            Home {
                machine: machine.clone(),
                workflow: submit::submitted(frozen, &plan),
                place,
                done,
                _owned: owned,
            },
        );
        if let Some(follower) = follower {
            self.followers.push((uid.to_owned(), follower));
        }
        self.shard
            .take_in(Run::new(Arc::new(plan)), machine, epoch, &loaded.records, summary.clone(), now)
            .map_err(Refused::Bug)?;
        self.enter(uid, summary.created_us, now);
        Ok((summary, loaded.records.is_empty()))
    }

    /// Asks again what is known of the steps of runs whose question was not answered. One that is not answered again
    /// keeps the others for the next time, as each may take long.
    pub(super) fn recall_unheard(&mut self, now: Time) {
        if self.unheard.is_empty() || now.since_us(self.asked_runner) < RECALL_PAUSE.as_micros() as i64 {
            return;
        }
        for uid in self.unheard.clone() {
            if self.shard.run(&uid).is_none() {
                self.unheard.remove(&uid);
            } else if !self.recall(&uid, now) {
                break;
            }
        }
    }

    /// Asks the runner what it knows of a run's open attempts (the one recovery path); whether it answers.
    pub(super) fn recall(&mut self, uid: &str, now: Time) -> bool {
        if let Some(run) = self.shard.run(uid) {
            // Whether an earlier life of the engine still told them to go is not known.
            let dismissed: Vec<AttemptId> =
                run.dismissed().into_iter().map(|attempt| attempt_id(uid, attempt)).collect();
            if !dismissed.is_empty() {
                self.runner.stop(&dismissed, GRACE);
            }
        }
        let mut open = self.shard.open_attempts(uid);
        // Nobody remembers calls: they are made again (EX-470).
        open.retain(|(attempt, _)| !self.shard.is_call(uid, *attempt));
        let leaving = self.shard.leaving(uid);
        let asked = open.iter().map(|(attempt, _)| attempt).chain(&leaving);
        let ids: Vec<AttemptId> = asked.map(|attempt| attempt_id(uid, *attempt)).collect();
        let sightings = if ids.is_empty() { Ok(Vec::new()) } else { self.runner.recall(&ids) };
        let mut sightings = match sightings {
            Ok(sightings) => sightings,
            // That nobody answers says nothing about the steps: they may run, or have ended well.
            Err(error) => {
                if self.unheard.insert(uid.to_owned()) {
                    self.tell(uid, Update::Unheard { uid: uid.to_owned(), reason: error.to_string() });
                }
                self.asked_runner = self.now();
                return false;
            }
        };
        // One that is taken up by this engine was lost while none was there.
        let here = if self.unheard.remove(uid) { self.loss.clone() } else { None };
        let cause = here.unwrap_or_else(|| LOST_WITHOUT_US.to_owned());
        for (attempt, sighting) in
            leaving.into_iter().zip(sightings.split_off(open.len().min(sightings.len())))
        {
            if !matches!(sighting, Sighting::Running(_)) && self.shard.gone(uid, attempt) {
                self.runner.forget(&[attempt_id(uid, attempt)]);
            }
        }
        let mut running = BTreeSet::new();
        let mut endings = Vec::new();
        let mut daemons = Vec::new();
        let mut standings = Vec::new();
        for ((attempt, observed), sighting) in open.into_iter().zip(sightings) {
            match sighting {
                Sighting::Running(started) => {
                    running.insert(attempt);
                    if started.is_ready {
                        self.ready.insert((uid.to_owned(), attempt));
                    }
                    // The engine before us was told, and had not recorded it yet. What has no process is told to us.
                    if !observed && started.pid != 0 {
                        self.starting.insert((uid.to_owned(), attempt), now);
                    }
                    standings.extend(started.standing);
                    daemons.push(attempt);
                }
                Sighting::Ended(ended) => {
                    running.insert(attempt);
                    endings.push(StepReport::Ended(ended));
                }
                Sighting::Unknown(_) if observed => {
                    running.insert(attempt);
                    let report = Report::Lost(cause.clone());
                    self.shard.recalled_one(uid, attempt);
                    self.shard.input(uid, Input::Reported { attempt, report }, now);
                }
                // Never observed: it is started (again).
                Sighting::Unknown(_) => {}
            }
        }
        self.shard.recalled(uid, &running);
        daemons.into_iter().for_each(|attempt| self.watch_daemon(uid, attempt, now));
        standings.into_iter().for_each(|news| self.reported(StepReport::Standing(news), now));
        endings.into_iter().for_each(|report| self.reported(report, now));
        true
    }
}
