//! Locks: who waits for them, and who tries next.

use super::{LOCK_POLL, Pump};
use crate::guard::guarded;
use crate::locks::{self, Tried};
use std::collections::BTreeSet;
use tiphys_engine::Time;
use tiphys_engine::workflow::{Input, LockAnswer, NodeIx};
use tiphys_store::StoreError;

/// A holder that asked for locks.
pub(super) struct Asked {
    pub(super) uid: String,
    node: Option<NodeIx>,
    /// The locks it asked for.
    names: Vec<String>,
    waits: bool,
}

impl Pump {
    pub(super) fn acquire_locks(
        &mut self,
        uid: &str,
        node: Option<NodeIx>,
        now: Time,
    ) -> Result<(), StoreError> {
        let Some(run) = self.shard.run(uid) else { return Ok(()) };
        let Tried { answer, names } = locks::try_acquire(&mut *self.store, run, node, now)?;
        let who = run.holder_name(node);
        match answer {
            LockAnswer::Refused(_) => drop(self.lock_holders.remove(&who)),
            LockAnswer::Granted | LockAnswer::Waiting { .. } => {
                let waits = matches!(answer, LockAnswer::Waiting { .. });
                self.lock_holders.insert(who, Asked { uid: uid.to_owned(), node, names, waits });
            }
        }
        self.shard.input(uid, Input::LocksAnswered { node, answer }, now);
        Ok(())
    }

    /// Gives locks back and lets those try who stand first in line now.
    pub(super) fn release_locks(
        &mut self,
        uid: &str,
        node: Option<NodeIx>,
        now: Time,
    ) -> Result<(), StoreError> {
        let Some(run) = self.shard.run(uid) else { return Ok(()) };
        let who = run.holder_name(node);
        // What an earlier life of the engine asked for is not known here.
        let names = self.lock_holders.remove(&who).map(|asked| asked.names);
        let next = locks::give_back(&mut *self.store, &who, names)?;
        self.shard.input(uid, Input::LocksReleased { node }, now);
        self.try_again(next, now)
    }

    /// Locks may have been given back by other processes: who stands first in line here tries again.
    pub(super) fn retry_locks(&mut self, now: Time) -> Result<(), StoreError> {
        if !self.is_lock_awaited() || now.since_us(self.locks_tried) < LOCK_POLL.as_micros() as i64 {
            return Ok(());
        }
        self.locks_tried = now;
        let locks = locks::all(&mut *self.store)?;
        locks::free_the_dead(&mut *self.store, &locks, &|uid| self.homes.contains_key(uid))?;
        let first: BTreeSet<&str> =
            tiphys_engine::locks::first_in_line(&locks).into_iter().map(|holder| &*holder.name).collect();
        let is_in_line = |who: &str, asked: &Asked| {
            let is_waiter = |name| {
                locks.get(name).is_some_and(|lock| lock.waiters.iter().any(|waiter| waiter.name == who))
            };
            asked.names.iter().all(is_waiter)
        };
        let next: Vec<String> = self
            .lock_holders
            .iter()
            .filter(|(who, asked)| asked.waits && (first.contains(&***who) || !is_in_line(who, asked)))
            .map(|(who, _)| who.clone())
            .collect();
        self.try_again(next, now)
    }

    fn try_again(&mut self, who: Vec<String>, now: Time) -> Result<(), StoreError> {
        for who in who {
            let asked = self.lock_holders.get(&who).filter(|asked| asked.waits);
            if let Some((uid, node)) = asked.map(|asked| (asked.uid.clone(), asked.node)) {
                match guarded(|| self.acquire_locks(&uid, node, now)) {
                    Ok(asked) => asked?,
                    Err(mistake) => self.park(&uid, mistake),
                }
            }
        }
        Ok(())
    }

    /// Whether some run of ours waits for a lock.
    pub(super) fn is_lock_awaited(&self) -> bool {
        self.lock_holders.values().any(|asked| asked.waits)
    }

    /// Takes a run that is over or deleted out of every lock; whoever waits may try at once.
    pub(super) fn forget_locks(&mut self, uid: &str) -> Result<(), StoreError> {
        self.forget_locks_of(&BTreeSet::from([uid]))
    }

    /// The same for many runs.
    pub(super) fn forget_locks_of(&mut self, uids: &BTreeSet<&str>) -> Result<(), StoreError> {
        locks::forget_runs(&mut *self.store, uids)?;
        self.locks_tried = Time(0);
        Ok(())
    }
}
