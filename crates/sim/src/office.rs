//! Who answers about locks and remembered results in tests: at once, from tables in memory.

use engine::locks::{self, Answer, Lock, Size};
use engine::workflow::{Command, Input, LockAnswer, NodeIx};
use engine::{Run, Time};
use spec::Outputs;
use std::collections::{BTreeMap, BTreeSet};
use tiphys_engine as engine;
use tiphys_spec as spec;

/// The tables. Survives the engine, as the store does.
#[derive(Clone, Default)]
pub struct Office {
    locks: BTreeMap<String, Lock>,
    /// Who was told to wait.
    pub waiting: BTreeSet<Option<NodeIx>>,
    memos: BTreeMap<(String, String), (Time, Outputs)>,
}

impl Office {
    /// The answers to a question about locks or memos; none if it is not one.
    pub fn answer(&mut self, run: &Run, command: &Command, now: Time) -> Option<Vec<Input>> {
        Some(match command {
            Command::AcquireLocks(node) => vec![self.acquire(run, *node, now)],
            Command::ReleaseLocks(node) => {
                let own = run.lock_holder(*node).name;
                locks::release(&mut self.locks, &|holder| holder.name == own);
                self.waiting.remove(node);
                let mut inputs = vec![Input::LocksReleased { node: *node }];
                // Everyone who waits tries again; the table itself knows whose turn it is.
                let waiting: Vec<Option<NodeIx>> = self.waiting.iter().copied().collect();
                inputs.extend(waiting.into_iter().map(|node| self.acquire(run, node, now)));
                inputs
            }
            Command::LookupMemo(node) => {
                let found = run.memo(*node).and_then(|(memo, _)| {
                    let (at, outputs) = self.memos.get(&(memo.cache.clone(), memo.key.clone()))?;
                    let young = memo.max_age_us.is_none_or(|max| now.since_us(*at) <= max);
                    young.then(|| Box::new(outputs.clone()))
                });
                vec![Input::MemoAnswered { node: *node, found }]
            }
            Command::SaveMemo(node) => {
                if let Some((memo, outputs)) = run.memo(*node) {
                    self.memos.insert((memo.cache.clone(), memo.key.clone()), (now, outputs));
                }
                vec![Input::MemoSaved { node: *node }]
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
        locks::release(&mut self.locks, &|holder| holder.uid == *run.plan.uid);
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
                Ok(size) => sized.push((lock.name, size)),
                Err(reason) => {
                    let reason = format!("failed to initialize semaphore {} with limit {reason}", lock.name);
                    return Input::LocksAnswered { node, answer: LockAnswer::Refused(reason) };
                }
            }
        }
        let who = run.lock_holder(node);
        let is_new =
            !self.locks.values().any(|lock| lock.waiters.iter().any(|waiter| waiter.name == who.name));
        let answer = match locks::acquire(&mut self.locks, &sized, &who) {
            Answer::Granted => {
                self.waiting.remove(&node);
                LockAnswer::Granted
            }
            Answer::Waiting { lock, message } => match locks::deadlock(&self.locks, &who.name) {
                Some(reason) if is_new => {
                    locks::release(&mut self.locks, &|holder| holder.name == who.name);
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
