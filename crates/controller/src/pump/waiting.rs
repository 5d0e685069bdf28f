//! Locks: who waits for them, and who tries next.

use super::{LOCK_POLL, Pump};
use crate::guard::guarded;
use crate::locks::{self, Tried};
use std::collections::{BTreeMap, BTreeSet};
use tiphys_engine::Time;
use tiphys_engine::locks::Lock;
use tiphys_engine::workflow::{Input, LockAnswer, NodeIx};
use tiphys_store::StoreError;

/// A run, or one of its nodes, that has locks or wants some.
pub(super) type Claimant = (String, Option<NodeIx>);

/// A holder that asked for locks.
pub(super) struct Asked {
    pub(super) uid: String,
    node: Option<NodeIx>,
    /// The locks it asked for.
    names: Vec<String>,
    waits: bool,
}

impl Pump {
    /// Has these ask for their locks, together.
    pub(super) fn acquire_locks(&mut self, who: Vec<Claimant>, now: Time) -> Result<(), StoreError> {
        let mut asking = Vec::with_capacity(who.len());
        let mut places = Vec::with_capacity(who.len());
        for (uid, node) in who {
            let Some(run) = self.shard.run(&uid) else { continue };
            match guarded(|| locks::asking(&mut *self.store, run, node, now)) {
                Err(mistake) => self.park(&uid, mistake),
                Ok(asked) => match asked? {
                    Ok(asks) => {
                        asking.push(asks);
                        places.push((uid, node));
                    }
                    Err(reason) => {
                        let who = run.holder_name(node);
                        self.lock_holders.remove(&who);
                        self.answer_locks(&uid, node, LockAnswer::Refused(reason), now);
                    }
                },
            }
        }
        let tried = locks::try_acquire(&mut *self.store, &asking)?;
        for (((uid, node), asks), Tried { answer, names }) in places.into_iter().zip(asking).zip(tried) {
            match answer {
                LockAnswer::Refused(_) => drop(self.lock_holders.remove(&asks.who.name)),
                LockAnswer::Granted | LockAnswer::Waiting { .. } => {
                    let waits = matches!(answer, LockAnswer::Waiting { .. });
                    self.lock_holders.insert(asks.who.name, Asked { uid: uid.clone(), node, names, waits });
                }
            }
            self.answer_locks(&uid, node, answer, now);
        }
        Ok(())
    }

    fn answer_locks(&mut self, uid: &str, node: Option<NodeIx>, answer: LockAnswer, now: Time) {
        if let Err(mistake) = guarded(|| self.shard.input(uid, Input::LocksAnswered { node, answer }, now)) {
            self.park(uid, mistake);
        }
    }

    /// Gives locks back, together, and lets those try who stand first in line now.
    pub(super) fn release_locks(&mut self, who: Vec<Claimant>, now: Time) -> Result<(), StoreError> {
        let holders: Vec<(String, Option<Vec<String>>)> = who
            .iter()
            .filter_map(|(uid, node)| Some(self.shard.run(uid)?.holder_name(*node)))
            .map(|name| {
                // What an earlier life of the engine asked for is not known here.
                let names = self.lock_holders.remove(&name).map(|asked| asked.names);
                (name, names)
            })
            .collect();
        if holders.is_empty() {
            return Ok(());
        }
        let next = locks::give_back(&mut *self.store, &holders)?;
        for (uid, node) in who {
            if let Err(mistake) = guarded(|| self.shard.input(&uid, Input::LocksReleased { node }, now)) {
                self.park(&uid, mistake);
            }
        }
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
        let waiters = |lock: &'_ Lock| lock.waiters.iter().map(|waiter| waiter.name.clone()).collect();
        let lines: BTreeMap<&str, BTreeSet<String>> =
            locks.iter().map(|(name, lock)| (&**name, waiters(lock))).collect();
        let is_in_line = |who: &str, asked: &Asked| {
            asked.names.iter().all(|name| lines.get(&**name).is_some_and(|line| line.contains(who)))
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
        // Whoever stands first in several lines tries once.
        let mut seen = BTreeSet::new();
        let asked = who.iter().filter(|who| seen.insert(*who)).filter_map(|who| self.lock_holders.get(who));
        let who: Vec<Claimant> =
            asked.filter(|asked| asked.waits).map(|asked| (asked.uid.clone(), asked.node)).collect();
        self.acquire_locks(who, now)
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
