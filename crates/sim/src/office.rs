//! Who answers about locks and remembered results in tests: at once, from tables in memory.

use engine::locks::{self, Answer, Lock, Size};
use engine::workflow::{Collected, Command, Input, LockAnswer, NodeIx, Occasion};
use engine::{Run, Time};
use spec::Outputs;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use tiphys_engine as engine;
use tiphys_spec as spec;

/// A counter at which one run is served. Survives the engine, as the store does.
#[derive(Default)]
pub struct Office {
    tables: Rc<RefCell<Tables>>,
    /// Who was told to wait.
    pub waiting: BTreeSet<Option<NodeIx>>,
}

/// What all counters of an office share.
#[derive(Default)]
struct Tables {
    locks: BTreeMap<String, Lock>,
    memos: BTreeMap<(String, String), (Time, Outputs)>,
}

impl Office {
    /// Another counter of the same office, for another run.
    pub fn beside(&self) -> Office {
        Office { tables: self.tables.clone(), waiting: BTreeSet::new() }
    }

    /// What the first of those who wait at this counter is told now, if others have given back what it waits for.
    pub fn granted(&mut self, run: &Run, now: Time) -> Option<Input> {
        let waiting: Vec<Option<NodeIx>> = self.waiting.iter().copied().collect();
        waiting
            .into_iter()
            // An engine that was replaced does not know all who wait: its successor asks, too.
            .filter(|node| node.is_none_or(|ix| ix.at() < run.nodes.len()))
            .map(|node| self.acquire(run, node, now))
            .find(|answer| !matches!(answer, Input::LocksAnswered { answer: LockAnswer::Waiting { .. }, .. }))
    }

    /// No lock is held by more than may hold it.
    pub fn check(&self) -> Result<(), String> {
        for (name, lock) in &self.tables.borrow().locks {
            if lock.holders.len() as u64 > lock.limit {
                let holders: Vec<&str> = lock.holders.iter().map(|holder| holder.name.as_str()).collect();
                return Err(format!("{name} is held by {holders:?}, at most {} may", lock.limit));
            }
        }
        Ok(())
    }

    /// The answers to a question about locks or memos; none if it is not one.
    pub fn answer(&mut self, run: &Run, command: &Command, now: Time) -> Option<Vec<Input>> {
        Some(match command {
            Command::AcquireLocks(node) => vec![self.acquire(run, *node, now)],
            Command::ReleaseLocks(node) => {
                let own = run.holder_name(*node);
                locks::release(&mut self.tables.borrow_mut().locks, &|holder| holder.name == own);
                self.waiting.remove(node);
                let mut inputs = vec![Input::LocksReleased { node: *node }];
                // Everyone who waits tries again; the table itself knows whose turn it is.
                let waiting: Vec<Option<NodeIx>> = self.waiting.iter().copied().collect();
                inputs.extend(waiting.into_iter().map(|node| self.acquire(run, node, now)));
                inputs
            }
            Command::LookupMemo(node) => {
                let found = run.memo(*node).and_then(|(memo, _)| {
                    let tables = self.tables.borrow();
                    let (at, outputs) = tables.memos.get(&(memo.cache.clone(), memo.key.clone()))?;
                    let young = memo.max_age_us.is_none_or(|max| now.since_us(*at) <= max);
                    young.then(|| Box::new(outputs.clone()))
                });
                vec![Input::MemoAnswered { node: *node, found }]
            }
            Command::SaveMemo(node) => {
                if let Some((memo, outputs)) = run.memo(*node) {
                    let key = (memo.cache.clone(), memo.key.clone());
                    self.tables.borrow_mut().memos.insert(key, (now, outputs));
                }
                vec![Input::MemoSaved { node: *node }]
            }
            Command::DeleteArtifacts => {
                let due = run.artifacts_due(Occasion::Completion);
                let gone = due.into_iter().map(|due| (due.node, due.artifact.name.into())).collect();
                vec![Input::ArtifactsDeleted { collected: Collected { gone, failures: Vec::new() } }]
            }
            Command::Start(_)
            | Command::Stop(_)
            | Command::Dismiss(_)
            | Command::SetTimer(_)
            | Command::EmitMetrics(_)
            | Command::Archive => return None,
        })
    }

    /// A run that is over holds nothing and waits for nothing.
    pub fn leave(&mut self, run: &Run) {
        locks::release(&mut self.tables.borrow_mut().locks, &|holder| holder.uid == *run.plan.uid);
        self.waiting.clear();
    }

    fn acquire(&mut self, run: &Run, node: Option<NodeIx>, now: Time) -> Input {
        let wanted = match run.locks_wanted(node, now) {
            Ok(wanted) => wanted,
            Err(reason) => return Input::LocksAnswered { node, answer: LockAnswer::Refused(reason) },
        };
        let mut sized = Vec::new();
        for lock in wanted {
            match size(run, &lock.size) {
                Ok(size) => sized.push((lock, size)),
                Err(reason) => {
                    let reason = format!("failed to initialize semaphore {} with limit {reason}", lock.name);
                    return Input::LocksAnswered { node, answer: LockAnswer::Refused(reason) };
                }
            }
        }
        let who = run.lock_holder(node, now);
        let table = &mut self.tables.borrow_mut().locks;
        let is_new = !table.values().any(|lock| lock.waiters.iter().any(|waiter| waiter.name == who.name));
        let answer = match locks::acquire(table, &sized, &who) {
            Answer::Granted => {
                self.waiting.remove(&node);
                LockAnswer::Granted
            }
            Answer::Waiting { lock, message } => match locks::deadlock(table, &who.name) {
                Some(reason) if is_new => {
                    locks::release(table, &|holder| holder.name == who.name);
                    LockAnswer::Refused(reason)
                }
                _ => {
                    self.waiting.insert(node);
                    LockAnswer::Waiting { lock, message }
                }
            },
        };
        Input::LocksAnswered { node, answer }
    }
}

fn size(run: &Run, size: &Size) -> Result<u64, String> {
    match size {
        Size::One => Ok(1),
        Size::Database { key } => Err(format!("0: there is no database limit {key}")),
        Size::ConfigMap { name, key, .. } => run
            .plan
            .config_maps
            .get(name)
            .and_then(|map| map.data.get(key))
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| format!("0: config map {name} has nothing under {key}")),
    }
}
