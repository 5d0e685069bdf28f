//! Which call is made next: each run has a line of its own, and nothing is looked through.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::http::Client;
use super::{CALLS_PER_RUN_MAX, Call};
use crate::step::AttemptId;

/// The calls that wait and those that are being made.
#[derive(Default)]
pub(super) struct Queue {
    /// Calls that wait, in the order in which they came.
    waiting: BTreeMap<u64, Call>,
    /// Their numbers, and when they are due.
    numbers: BTreeMap<AttemptId, (u64, Instant)>,
    /// Those whose time has not come.
    later: BTreeSet<(Instant, u64)>,
    runs: BTreeMap<String, Line>,
    /// The first call in line of each run that has a place for it, and no other.
    free: BTreeSet<u64>,
    /// Calls that are being made: of which run, and by whom; by nobody any more once it was stopped.
    calling: BTreeMap<AttemptId, (String, Option<Client>)>,
    number: u64,
}

/// What was stopped.
pub(super) enum Stopped {
    /// There is no such call.
    Nothing,
    /// It had not begun.
    Waiting,
    /// This one is making it.
    Making(Client),
}

/// The calls of one run.
#[derive(Default)]
struct Line {
    /// Calls whose time has come.
    due: BTreeSet<u64>,
    /// How many are being made.
    busy: usize,
}

impl Queue {
    /// Puts a call at the end; one that is known already keeps its place.
    pub(super) fn push(&mut self, call: Call, now: Instant) {
        if self.numbers.contains_key(&call.attempt) || self.calling.contains_key(&call.attempt) {
            return;
        }
        self.number += 1;
        let (number, due) = (self.number, now + call.after);
        self.numbers.insert(call.attempt.clone(), (number, due));
        self.later.insert((due, number));
        self.waiting.insert(number, call);
        self.look_at_clock(now);
    }

    /// The next call that is due and whose run has a place. It is being made by this client then.
    pub(super) fn take(&mut self, now: Instant, client: &Client) -> Option<Call> {
        self.look_at_clock(now);
        let number = *self.free.first()?;
        let call = self.waiting.remove(&number)?;
        self.numbers.remove(&call.attempt);
        self.calling.insert(call.attempt.clone(), (call.run.clone(), Some(client.clone())));
        self.change(&call.run, |line| {
            line.due.remove(&number);
            line.busy += 1;
        });
        Some(call)
    }

    /// A call was made; whether its answer is still wanted.
    pub(super) fn made(&mut self, attempt: &AttemptId) -> bool {
        let Some((run, client)) = self.calling.remove(attempt) else { return false };
        self.change(&run, |line| line.busy -= 1);
        client.is_some()
    }

    /// Gives a call up.
    pub(super) fn stop(&mut self, attempt: &AttemptId) -> Stopped {
        if let Some((number, due)) = self.numbers.remove(attempt) {
            self.later.remove(&(due, number));
            if let Some(call) = self.waiting.remove(&number) {
                self.change(&call.run, |line| {
                    line.due.remove(&number);
                });
            }
            return Stopped::Waiting;
        }
        let making = self.calling.get_mut(attempt).and_then(|(_, client)| client.take());
        making.map_or(Stopped::Nothing, Stopped::Making)
    }

    /// Whether a call could be made now.
    pub(super) fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// When the next call becomes due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.later.first().map(|(due, _)| *due)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Puts those in line whose time has come.
    fn look_at_clock(&mut self, now: Instant) {
        while let Some((due, number)) = self.later.first().copied()
            && due <= now
        {
            self.later.pop_first();
            if let Some(run) = self.waiting.get(&number).map(|call| call.run.clone()) {
                self.change(&run, |line| {
                    line.due.insert(number);
                });
            }
        }
    }

    /// Changes the line of a run, and with it which call of the run is free.
    fn change(&mut self, run: &str, change: impl FnOnce(&mut Line)) {
        let mut line = self.runs.remove(run).unwrap_or_default();
        if let Some(first) = line.due.first() {
            self.free.remove(first);
        }
        change(&mut line);
        if let Some(first) = line.due.first()
            && line.busy < CALLS_PER_RUN_MAX
        {
            self.free.insert(*first);
        }
        if line.busy > 0 || !line.due.is_empty() {
            self.runs.insert(run.to_owned(), line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Task;
    use std::time::Duration;

    fn call(name: &str, run: &str, after_ms: u64) -> Call {
        Call {
            attempt: AttemptId(name.to_owned()),
            run: run.to_owned(),
            after: Duration::from_millis(after_ms),
            task: Task::Tcp { address: String::new(), timeout: Duration::ZERO },
        }
    }

    fn take(queue: &mut Queue, now: Instant) -> Option<String> {
        queue.take(now, &Client::new()).map(|call| call.attempt.0)
    }

    #[test]
    fn who_comes_first_is_first_within_the_places_of_its_run() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for number in 0..CALLS_PER_RUN_MAX + 2 {
            queue.push(call(&format!("a{number}"), "a", 0), now);
        }
        queue.push(call("a0", "a", 0), now);
        queue.push(call("b", "b", 0), now);
        for number in 0..CALLS_PER_RUN_MAX {
            assert_eq!(take(&mut queue, now), Some(format!("a{number}")));
        }
        assert_eq!(take(&mut queue, now).as_deref(), Some("b"), "the other run has places");
        assert_eq!(take(&mut queue, now), None);
        assert!(queue.made(&AttemptId("a3".into())));
        assert_eq!(take(&mut queue, now), Some(format!("a{CALLS_PER_RUN_MAX}")));
        assert!(!queue.has_free() && !queue.is_empty());
    }

    #[test]
    fn what_is_due_later_waits_and_what_is_stopped_is_gone() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for (name, after) in [("late", 20), ("soon", 10), ("gone", 10), ("now", 0), ("gone-now", 0)] {
            queue.push(call(name, "a", after), now);
        }
        for name in ["gone", "gone-now"] {
            assert!(matches!(queue.stop(&AttemptId(name.into())), Stopped::Waiting));
        }
        assert!(matches!(queue.stop(&AttemptId("never".into())), Stopped::Nothing));
        assert_eq!(take(&mut queue, now).as_deref(), Some("now"));
        assert_eq!((take(&mut queue, now), queue.next_due()), (None, Some(now + Duration::from_millis(10))));
        let later = now + Duration::from_millis(30);
        // In the order in which they came.
        assert_eq!(take(&mut queue, later).as_deref(), Some("late"));
        assert_eq!(take(&mut queue, later).as_deref(), Some("soon"));
        assert!(
            matches!(queue.stop(&AttemptId("soon".into())), Stopped::Making(_)),
            "nobody wants the answer"
        );
        assert!(matches!(queue.stop(&AttemptId("soon".into())), Stopped::Nothing));
        assert!(!queue.made(&AttemptId("soon".into())) && queue.made(&AttemptId("late".into())));
        assert!(queue.is_empty() && queue.made(&AttemptId("now".into())) && queue.runs.is_empty());
    }

    /// A loop over addresses puts all its calls into the line at once. To look through them each time would take hours.
    #[test]
    fn a_long_line_costs_no_more_for_each() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for number in 0..100_000 {
            queue.push(call(&format!("{number}"), "a", 0), now);
        }
        for number in 0..100_000 {
            let name = take(&mut queue, now).unwrap();
            assert_eq!(name, number.to_string());
            assert!(queue.made(&AttemptId(name)));
        }
        assert!(queue.is_empty());
    }
}
