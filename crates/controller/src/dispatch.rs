//! The queue between commands and runners: how many steps run at once, and which is next.

use std::collections::{BTreeSet, VecDeque};
use tiphys_engine::workflow::{Attempt, NodeIx};

/// First come, first served, within a number of places.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    places: usize,
    /// In order; those that are not in `queued` any more are passed over.
    waiting: VecDeque<(String, Attempt)>,
    queued: BTreeSet<(String, Attempt)>,
    running: BTreeSet<(String, Attempt)>,
    /// How many may still be started until somebody says otherwise; none means any number.
    allowance: Option<usize>,
    busy: bool,
}

impl Dispatcher {
    pub(crate) fn new(places: usize) -> Dispatcher {
        Dispatcher {
            places: places.max(1),
            waiting: VecDeque::new(),
            queued: BTreeSet::new(),
            running: BTreeSet::new(),
            allowance: None,
            busy: false,
        }
    }

    /// An attempt whose start is durable.
    pub(crate) fn push(&mut self, uid: &str, attempt: Attempt) {
        let key = (uid.to_owned(), attempt);
        if self.queued.insert(key.clone()) {
            self.waiting.push_back(key);
        }
    }

    /// Whether an attempt stands in the queue.
    pub(crate) fn is_waiting(&self, uid: &str, attempt: Attempt) -> bool {
        self.queued.contains(&(uid.to_owned(), attempt))
    }

    /// An attempt that runs already.
    pub(crate) fn take_place(&mut self, uid: &str, attempt: Attempt) {
        self.running.insert((uid.to_owned(), attempt));
    }

    /// The next attempt for a free place; it has the place from now on.
    pub(crate) fn next(&mut self) -> Option<(String, Attempt)> {
        if self.running.len() >= self.places || self.allowance == Some(0) {
            return None;
        }
        self.busy = false;
        loop {
            let next = self.waiting.pop_front()?;
            if self.queued.remove(&next) {
                self.allowance = self.allowance.map(|left| left - 1);
                self.running.insert(next.clone());
                return Some(next);
            }
        }
    }

    /// Sets how many may be started from now on, and returns how many were left of what was set before.
    pub(crate) fn allow(&mut self, allowance: Option<usize>) -> Option<usize> {
        std::mem::replace(&mut self.allowance, allowance)
    }

    /// Whether somebody would be started if more were allowed.
    pub(crate) fn is_held_back(&self) -> bool {
        self.allowance == Some(0) && !self.queued.is_empty() && self.running.len() < self.places
    }

    /// How many places are taken.
    pub(crate) fn taken(&self) -> usize {
        self.running.len()
    }

    /// An attempt gives its place back.
    pub(crate) fn free(&mut self, uid: &str, attempt: Attempt) {
        self.running.remove(&(uid.to_owned(), attempt));
    }

    /// The runner had no room for an attempt: it is the next to be tried.
    pub(crate) fn postpone(&mut self, uid: &str, attempt: Attempt) {
        self.free(uid, attempt);
        let key = (uid.to_owned(), attempt);
        self.queued.insert(key.clone());
        self.waiting.push_front(key);
        self.busy = true;
    }

    /// Whether the last attempt to start something found no room.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy
    }

    /// An attempt is no longer to be started.
    pub(crate) fn remove(&mut self, uid: &str, attempt: Attempt) {
        self.queued.remove(&(uid.to_owned(), attempt));
    }

    /// Nothing of a run is to be started any more.
    pub(crate) fn remove_run(&mut self, uid: &str) {
        let first = (uid.to_owned(), Attempt { node: NodeIx(0), generation: 0 });
        let its: Vec<(String, Attempt)> =
            self.queued.range(first..).take_while(|(known, _)| known == uid).cloned().collect();
        for key in its {
            self.queued.remove(&key);
        }
    }
}
