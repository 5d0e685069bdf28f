//! Locks: who waits for them, and who tries next.

use super::{LOCK_POLL, Pump};
use crate::locks;
use tiphys_engine::Time;
use tiphys_engine::workflow::{Input, LockAnswer, NodeIx};
use tiphys_store::StoreError;

impl Pump {
    pub(super) fn acquire_locks(
        &mut self,
        uid: &str,
        node: Option<NodeIx>,
        now: Time,
    ) -> Result<(), StoreError> {
        let Some(run) = self.shard.run(uid) else { return Ok(()) };
        let answer = locks::try_acquire(&mut *self.store, run, node, now)?;
        let who = run.lock_holder(node).name;
        if matches!(answer, LockAnswer::Waiting { .. }) {
            self.lock_waiters.insert(who, (uid.to_owned(), node));
        } else {
            self.lock_waiters.remove(&who);
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
        let next = locks::give_back(&mut *self.store, run, node, now)?;
        self.shard.input(uid, Input::LocksReleased { node }, now);
        for who in next {
            if let Some((uid, node)) = self.lock_waiters.get(&who).cloned() {
                self.acquire_locks(&uid, node, now)?;
            }
        }
        Ok(())
    }

    /// Locks may have been given back by other processes: whoever waits here tries again.
    pub(super) fn retry_locks(&mut self, now: Time) -> Result<(), StoreError> {
        if self.lock_waiters.is_empty() || now.since_us(self.locks_tried) < LOCK_POLL.as_micros() as i64 {
            return Ok(());
        }
        self.locks_tried = now;
        let waiters: Vec<(String, Option<NodeIx>)> = self.lock_waiters.values().cloned().collect();
        for (uid, node) in waiters {
            self.acquire_locks(&uid, node, now)?;
        }
        Ok(())
    }
}
