//! Runs that are deleted: many in one transaction, and their files beside the pump.

use super::{Pump, attempt_id};
use crate::collect::{self, Force};
use crate::handle::Update;
use crate::refused::Refused;
use crate::submit::Kept;
use crate::view;
use std::collections::BTreeSet;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;
use tiphys_engine::Run;
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

/// Removes the files of runs that are gone. A disk that is slow with them holds up nobody's steps.
pub(super) struct Broom {
    state: State,
    runs: Option<Sender<Vec<Leaving>>>,
    thread: Option<JoinHandle<()>>,
}

impl Broom {
    pub(super) fn new(state: &State) -> Broom {
        Broom { state: state.clone(), runs: None, thread: None }
    }

    /// Removes the files of these, then answers who asked for it.
    fn sweep(&mut self, leaving: Vec<Leaving>) -> Box<dyn FnOnce() + Send> {
        let sender = self.runs.get_or_insert_with(|| {
            let (sender, runs) = mpsc::channel::<Vec<Leaving>>();
            let state = self.state.clone();
            let work = move || runs.into_iter().flatten().for_each(|run| end(&state, run));
            self.thread = std::thread::Builder::new().name("broom".to_owned()).spawn(work).ok();
            sender
        });
        let (sender, state) = (sender.clone(), self.state.clone());
        Box::new(move || {
            // Without a thread it takes a moment longer.
            if let Err(mpsc::SendError(leaving)) = sender.send(leaving) {
                leaving.into_iter().for_each(|run| end(&state, run));
            }
        })
    }
}

impl Drop for Broom {
    fn drop(&mut self) {
        self.runs = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has left files to the next `prune`.
            drop(thread.join());
        }
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
        for deletion in std::mem::take(&mut self.deletions) {
            if leaving.iter().any(|(other, _)| other.uid == deletion.uid) {
                self.reply(deletion.reply, Ok(false));
                continue;
            }
            let uid = deletion.uid.clone();
            match self.for_run(&uid, |pump| pump.prepare_deletion(&uid, deletion.force)) {
                Ok(owned) => leaving.push((deletion, owned)),
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
        let sweep = self.broom.sweep(gone);
        self.replies.push(sweep);
    }

    /// Makes ready to remove a run: nobody takes it over until the answer is dropped, which is nothing for a run that we
    /// drive, and the artifacts that go with it are gone.
    fn prepare_deletion(&mut self, uid: &str, force: Force) -> Result<Option<Owned>, Refused> {
        let owned = match self.homes.contains_key(uid) {
            true => None,
            false => Some(self.ownership.claim(&MachineId::workflow(uid))?),
        };
        self.release_artifacts(uid, force)?;
        Ok(owned)
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

    /// Deletes the artifacts that go with a run.
    fn release_artifacts(&mut self, uid: &str, force: Force) -> Result<(), Refused> {
        let release = |run: &Run| collect::release(run, &self.place, force).map_err(Refused::Invalid);
        if let Some(run) = self.shard.run(uid) {
            return release(run);
        }
        let machine = MachineId::workflow(uid);
        let body = self.store.document(&machine)?.unwrap_or_default();
        if !collect::may_concern(&body) {
            return Ok(());
        }
        // Nobody drives it: what it is, its journal tells.
        let kept = Kept::read(&body)
            .map_err(|error| Refused::Bug(format!("its document cannot be read: {error}")))?;
        let records = self.store.load(&machine)?.unwrap_or_default().records;
        release(&view::fold(&kept.frozen, &records).map_err(Refused::Bug)?)
    }
}
