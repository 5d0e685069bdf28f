//! Runs that are deleted: many in one transaction, and their files beside the pump.

use super::{Pump, attempt_id};
use crate::collect::{self, Force, Work};
use crate::guard::guarded;
use crate::handle::{Message, Update};
use crate::refused::Refused;
use crate::submit::Kept;
use crate::view;
use std::collections::BTreeSet;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tiphys_engine::Run;
use tiphys_engine::workflow::Occasion;
use tiphys_runner::step::AttemptId;
use tiphys_store::{MachineId, Owned, State};

/// A run that is to go.
pub(super) struct Deletion {
    pub(super) uid: String,
    pub(super) force: Force,
    pub(super) reply: Sender<Result<bool, Refused>>,
}

/// A run that nobody can take up any more, and whose files are still there.
struct Leaving {
    deletion: Deletion,
    was_here: bool,
    /// Held to the end.
    _owned: Option<Owned>,
}

/// A run that is to go, and whose artifacts go before it. If nobody drives it, nobody takes it up meanwhile.
pub(crate) struct Release {
    deletion: Deletion,
    owned: Option<Owned>,
    /// How many artifacts that are.
    artifacts: usize,
}

impl Release {
    pub(super) fn uid(&self) -> &str {
        &self.deletion.uid
    }
}

fn end(state: &State, run: Leaving) {
    // What a step that is still ending holds open is removed by the next prune.
    drop(state.remove_files(&run.deletion.uid));
    // Who asked may have gone in the meantime.
    drop(run.deletion.reply.send(Ok(run.was_here)));
}

impl Pump {
    /// Removes the runs that this turn was asked to remove, all in one transaction. Until that is durable they go on as
    /// they are, so that a store that fails leaves none of them without its steps and its driver.
    pub(super) fn delete_all(&mut self) {
        let mut leaving: Vec<(Deletion, Option<Owned>)> = Vec::new();
        for Release { deletion, owned, artifacts } in std::mem::take(&mut self.released) {
            match self.hold(&deletion.uid, owned) {
                Ok(owned) => match self.made_meanwhile(&deletion.uid, artifacts) {
                    Some(work) => self.release(deletion, owned, work),
                    None => leaving.push((deletion, owned)),
                },
                Err(reason) => self.reply(deletion.reply, Err(reason)),
            }
        }
        for deletion in std::mem::take(&mut self.deletions) {
            if leaving.iter().any(|(other, _)| other.uid == deletion.uid) {
                self.reply(deletion.reply, Ok(false));
                continue;
            }
            if let Some(held) = self.collecting.get_mut(&deletion.uid) {
                // It is on its way already, or its end is: this is looked at again when that is known.
                held.push(Message::Delete(deletion.uid, deletion.force, deletion.reply));
                continue;
            }
            let uid = deletion.uid.clone();
            match self.for_run(&uid, |pump| pump.prepare_deletion(&uid)) {
                Ok((owned, None)) => leaving.push((deletion, owned)),
                Ok((owned, Some(work))) => self.release(deletion, owned, work),
                Err(reason) => self.reply(deletion.reply, Err(reason)),
            }
        }
        if leaving.is_empty() {
            return;
        }
        let machines: Vec<MachineId> =
            leaving.iter().map(|(deletion, _)| MachineId::workflow(&*deletion.uid)).collect();
        match self.store.delete_all(&machines) {
            Ok(were_here) => self.deleted(leaving, were_here),
            Err(error) => {
                for (deletion, _) in leaving {
                    self.reply(deletion.reply, Err(error.clone().into()));
                }
            }
        }
    }

    /// Lets go of runs that are no more, and tells of it.
    fn deleted(&mut self, leaving: Vec<(Deletion, Option<Owned>)>, were_here: Vec<bool>) {
        let uids: BTreeSet<&str> = leaving.iter().map(|(deletion, _)| &*deletion.uid).collect();
        // What is left of them in a lock is freed by whoever waits for it.
        drop(self.forget_locks_of(&uids));
        let mut gone = Vec::with_capacity(leaving.len());
        for ((deletion, owned), was_here) in leaving.into_iter().zip(were_here) {
            let uid = deletion.uid.clone();
            let owned = owned.or_else(|| self.part_with(&uid));
            self.tell(&uid, Update::Deleted(uid.clone()));
            gone.push(Leaving { deletion, was_here, _owned: owned });
        }
        let state = self.state.clone();
        let sweep = self.broom.later(move || gone.into_iter().for_each(|run| end(&state, run)));
        self.replies.push(sweep);
    }

    /// Makes ready to remove a run: nobody takes it over until the answer is dropped, which has nothing for a run that we
    /// drive; and which artifacts go before it, if any.
    fn prepare_deletion(&mut self, uid: &str) -> Result<(Option<Owned>, Option<Work>), Refused> {
        let owned = self.hold(uid, None)?;
        Ok((owned, self.artifacts_of(uid)?))
    }

    /// Sees to it that nobody else has a run.
    fn hold(&mut self, uid: &str, owned: Option<Owned>) -> Result<Option<Owned>, Refused> {
        if owned.is_some() || self.homes.contains_key(uid) {
            return Ok(owned);
        }
        Ok(Some(self.ownership.claim(&MachineId::workflow(uid))?))
    }

    /// Has the artifacts deleted that go with a run.
    fn release(&mut self, deletion: Deletion, owned: Option<Owned>, work: Work) {
        self.collecting.entry(deletion.uid.clone()).or_default();
        let (messages, force) = (self.inbox.own.clone(), deletion.force);
        let release = Release { deletion, owned, artifacts: work.len() };
        self.broom.hand_over(move || {
            let released = guarded(|| work.release(force));
            let released = released.unwrap_or_else(Err).map_err(Refused::Invalid);
            // Without a pump there is nobody to tell.
            drop(messages.send(Message::Released(Box::new(release), released)));
        });
    }

    /// What a run that goes on has stored while what it had stored before was deleted, with that.
    fn made_meanwhile(&self, uid: &str, before: usize) -> Option<Work> {
        let work = Work::of(self.shard.run(uid)?, Occasion::Deletion, &self.place);
        (work.len() > before).then_some(work)
    }

    /// Tells why a run does not go.
    pub(super) fn stays(&mut self, release: Release, reason: Refused) {
        self.reply(release.deletion.reply, Err(reason));
    }

    /// Lets go of a run of ours that is no more. Its steps are ended without grace. Nobody takes it over until the answer
    /// is dropped.
    fn part_with(&mut self, uid: &str) -> Option<Owned> {
        let flying: Vec<(AttemptId, bool)> = self
            .shard
            .interrupt(uid)
            .into_iter()
            .map(|attempt| (attempt_id(uid, attempt), self.shard.is_call(uid, attempt)))
            .collect();
        if !flying.is_empty() {
            let attempts: Vec<AttemptId> = flying.iter().map(|(id, _)| id.clone()).collect();
            self.runner.stop(&attempts, Duration::ZERO);
            self.agent.stop(&attempts);
        }
        if let Some(run) = self.shard.run(uid) {
            self.dismiss_plugins(&run.plan);
        }
        // Calls are forgotten with their agent.
        self.gone.extend(flying.into_iter().filter(|(_, is_call)| !is_call).map(|(id, _)| id));
        self.let_go(uid);
        self.starting.retain(|(run, _), _| run != uid);
        self.saving.retain(|(run, _), _| run != uid);
        self.ready.retain(|(run, _)| run != uid);
        self.standing.retain(|(run, _), _| run != uid);
        self.refusals.retain(|(run, _), _| run != uid);
        self.homes.remove(uid).map(|home| home._owned)
    }

    /// The artifacts that go with a run, if any.
    fn artifacts_of(&mut self, uid: &str) -> Result<Option<Work>, Refused> {
        let work =
            |run: &Run, place| Some(Work::of(run, Occasion::Deletion, place)).filter(|work| !work.is_empty());
        if let Some(run) = self.shard.run(uid) {
            return Ok(work(run, &self.place));
        }
        let machine = MachineId::workflow(uid);
        let body = self.store.document(&machine)?.unwrap_or_default();
        if !collect::may_concern(&body) {
            return Ok(None);
        }
        // Nobody drives it: what it is, its journal tells.
        let kept = Kept::read(&body)
            .map_err(|error| Refused::Bug(format!("its document cannot be read: {error}")))?;
        let records = self.store.load(&machine)?.unwrap_or_default().records;
        Ok(work(&view::fold(&kept.frozen, &records).map_err(Refused::Bug)?, &self.place))
    }
}
