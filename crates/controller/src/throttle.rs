//! How many runs may go on at once, and which of those that wait is next (EX-080 to EX-082).
//!
//! A place is held from the beginning of a run to its end, also while it is suspended or waits for locks. Who has a
//! place keeps it when the limits fall.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What Argo says of a run that waits for a place (EX-060).
pub(crate) const POSTPONED: &str =
    "Workflow processing has been postponed because too many workflows are already running";

/// Limits on what goes on at once; none means no limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Runs that may go on at once (OB-410).
    pub runs: Option<usize>,
    /// Runs of one namespace that may go on at once (OB-411).
    pub runs_each: Option<usize>,
    /// The same for some namespaces; none lifts the limit there (EX-080).
    pub runs_of: BTreeMap<String, Option<usize>>,
    /// How fast steps are started (OB-412).
    pub starts: Option<StartRate>,
}

/// How fast steps are started: so many a second, and so many at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StartRate {
    /// Steps a second.
    pub per_second: f64,
    /// Steps at once; at least one.
    pub burst: u32,
}

/// What a run at the door waits for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    /// How many may go on at once.
    pub of: usize,
    /// Those that do.
    pub going: Vec<String>,
    /// How many that wait, too, come first.
    pub ahead: usize,
}

/// Who is before whom: the higher priority, then who was created first (EX-081).
type Rank = (Reverse<i64>, i64, String);

/// Runs that have a place, and runs that wait for one.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    limits: Limits,
    /// Runs that go on, with their namespaces.
    going: BTreeMap<String, String>,
    going_of: BTreeMap<String, usize>,
    waiting: BTreeMap<String, BTreeSet<Rank>>,
    ranks: BTreeMap<String, (String, Rank)>,
}

impl Throttle {
    /// Other limits hold from now on; `next` says whom they let in.
    pub(crate) fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// How fast steps are started.
    pub(crate) fn starts(&self) -> Option<StartRate> {
        self.limits.starts
    }

    /// A run goes on, whatever the limits say.
    pub(crate) fn go(&mut self, uid: &str, namespace: &str) {
        self.forget(uid);
        self.going.insert(uid.to_owned(), namespace.to_owned());
        *self.going_of.entry(namespace.to_owned()).or_default() += 1;
    }

    /// A run wants to begin; `next` says when it may.
    pub(crate) fn wait(&mut self, uid: &str, namespace: &str, priority: i64, created_us: i64) {
        if self.going.contains_key(uid) {
            return;
        }
        let rank = (Reverse(priority), created_us, uid.to_owned());
        self.waiting.entry(namespace.to_owned()).or_default().insert(rank.clone());
        self.ranks.insert(uid.to_owned(), (namespace.to_owned(), rank));
    }

    /// Whether a run waits for a place.
    pub(crate) fn is_waiting(&self, uid: &str) -> bool {
        self.ranks.contains_key(uid)
    }

    /// A run is over, or gone.
    pub(crate) fn forget(&mut self, uid: &str) {
        if let Some((namespace, rank)) = self.ranks.remove(uid)
            && let Some(waiting) = self.waiting.get_mut(&namespace)
        {
            waiting.remove(&rank);
            if waiting.is_empty() {
                self.waiting.remove(&namespace);
            }
        }
        if let Some(namespace) = self.going.remove(uid)
            && let Some(count) = self.going_of.get_mut(&namespace)
        {
            *count -= 1;
            if *count == 0 {
                self.going_of.remove(&namespace);
            }
        }
    }

    /// The next run that gets a place; it has it from now on. A namespace that is full holds up no other.
    pub(crate) fn next(&mut self) -> Option<String> {
        if self.limits.runs.is_some_and(|limit| self.going.len() >= limit) {
            return None;
        }
        let first = self
            .waiting
            .iter()
            .filter(|(namespace, _)| self.has_room(namespace))
            .filter_map(|(namespace, waiting)| Some((waiting.first()?, namespace)))
            .min()?;
        let (uid, namespace) = (first.0.2.clone(), first.1.clone());
        self.go(&uid, &namespace);
        Some(uid)
    }

    /// What a run waits for that may not begin: how many places there are, who has them, and how many get one before it.
    pub(crate) fn queue(&self, uid: &str) -> Option<Queue> {
        let (namespace, rank) = self.ranks.get(uid)?;
        if !self.has_room(namespace) {
            let of = self.limits.runs_of.get(namespace).copied().unwrap_or(self.limits.runs_each)?;
            let going = self.going.iter().filter(|(_, home)| *home == namespace);
            let ahead = self.waiting.get(namespace)?.range(..rank.clone()).count();
            return Some(Queue { of, going: going.map(|(uid, _)| uid.clone()).collect(), ahead });
        }
        let open = self.waiting.iter().filter(|(namespace, _)| self.has_room(namespace));
        let ahead = open.map(|(_, waiting)| waiting.range(..rank.clone()).count()).sum();
        Some(Queue { of: self.limits.runs?, going: self.going.keys().cloned().collect(), ahead })
    }

    fn has_room(&self, namespace: &str) -> bool {
        let limit = self.limits.runs_of.get(namespace).copied().unwrap_or(self.limits.runs_each);
        limit.is_none_or(|limit| self.going_of.get(namespace).copied().unwrap_or(0) < limit)
    }
}

/// A bucket of starts that fills with time.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    starts: f64,
    filled_us: Option<i64>,
}

impl Bucket {
    /// How many steps may be started now.
    pub(crate) fn fill(&mut self, rate: StartRate, now_us: i64) -> usize {
        let burst = f64::from(rate.burst.max(1));
        self.starts = match self.filled_us {
            None => burst,
            Some(before) => {
                let passed = (now_us - before).max(0) as f64 / 1e6;
                (self.starts + passed * rate.per_second).min(burst)
            }
        };
        self.filled_us = Some(now_us);
        self.starts as usize
    }

    /// So many were started.
    pub(crate) fn take(&mut self, count: usize) {
        self.starts -= count as f64;
    }

    /// In how many microseconds one more may be started; none if never.
    pub(crate) fn next_in_us(&self, rate: StartRate) -> Option<i64> {
        let missing = 1.0 - self.starts;
        (rate.per_second > 0.0).then(|| (missing.max(0.0) / rate.per_second * 1e6).ceil() as i64)
    }
}

#[cfg(test)]
mod tests;
