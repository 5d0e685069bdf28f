//! Steps that were ordered ahead and wait for their turn.
//!
//! An engine orders more than may run side by side, so that the place of a step that ends is taken at once,
//! and not only when the engine has made the ending durable.

use std::collections::{HashSet, VecDeque};

use crate::contract::{AttemptId, StepRequest};

#[derive(Default)]
pub(super) struct Queue {
    /// 0: no limit.
    limit: usize,
    /// With the connection that ordered it.
    waiting: VecDeque<(u32, StepRequest)>,
    known: HashSet<AttemptId>,
    running: usize,
}

impl Queue {
    pub(super) fn set_limit(&mut self, at_once: u32) {
        self.limit = at_once as usize;
    }

    /// Puts a step at the end. One that waits already keeps its place.
    pub(super) fn push(&mut self, connection: u32, request: StepRequest) {
        if self.known.insert(request.attempt.clone()) {
            self.waiting.push_back((connection, request));
        }
    }

    /// The next step that may start now.
    pub(super) fn next(&mut self) -> Option<StepRequest> {
        let has_room = self.limit == 0 || self.running < self.limit;
        let next = match has_room {
            true => self.waiting.pop_front(),
            false => {
                let at = self.waiting.iter().position(|(_, request)| request.takes_no_place)?;
                self.waiting.remove(at)
            }
        };
        let (_, request) = next?;
        self.known.remove(&request.attempt);
        Some(request)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn began(&mut self, request: &StepRequest) {
        self.running += usize::from(!request.takes_no_place);
    }

    pub(super) fn ended(&mut self, request: &StepRequest) {
        self.running -= usize::from(!request.takes_no_place);
    }

    /// Takes a step out; whether it was there.
    pub(super) fn remove(&mut self, attempt: &AttemptId) -> bool {
        let was_there = self.known.remove(attempt);
        if was_there {
            self.waiting.retain(|(_, request)| request.attempt != *attempt);
        }
        was_there
    }

    /// Takes these out.
    pub(super) fn withdraw(&mut self, attempts: &[AttemptId]) {
        for attempt in attempts {
            self.remove(attempt);
        }
    }

    /// Takes out what a connection ordered.
    pub(super) fn forget(&mut self, connection: u32) {
        self.waiting.retain(|(ordered_by, _)| *ordered_by != connection);
        self.known = self.waiting.iter().map(|(_, request)| request.attempt.clone()).collect();
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &str, takes_no_place: bool) -> StepRequest {
        StepRequest { attempt: AttemptId(name.to_owned()), takes_no_place, ..StepRequest::default() }
    }

    fn next(queue: &mut Queue) -> Option<String> {
        let request = queue.next()?;
        queue.began(&request);
        Some(request.attempt.0)
    }

    #[test]
    fn a_place_that_gets_free_goes_to_the_first_in_line() {
        let mut queue = Queue::default();
        queue.set_limit(1);
        for name in ["a", "b", "b"] {
            queue.push(1, request(name, false));
        }
        assert_eq!(next(&mut queue).as_deref(), Some("a"));
        assert_eq!(next(&mut queue), None);
        queue.ended(&request("a", false));
        assert_eq!(next(&mut queue).as_deref(), Some("b"));
        queue.ended(&request("b", false));
        assert_eq!(next(&mut queue), None, "ordered twice, started once");
    }

    #[test]
    fn a_daemon_passes_those_who_wait_for_a_place() {
        let mut queue = Queue::default();
        queue.set_limit(1);
        for (name, takes_no_place) in [("a", false), ("b", false), ("daemon", true)] {
            queue.push(1, request(name, takes_no_place));
        }
        assert_eq!(next(&mut queue).as_deref(), Some("a"));
        assert_eq!(next(&mut queue).as_deref(), Some("daemon"));
        queue.ended(&request("daemon", true));
        assert_eq!(next(&mut queue), None);
    }

    #[test]
    fn what_waits_goes_with_the_engine_that_ordered_it() {
        let mut queue = Queue::default();
        queue.set_limit(1);
        for (connection, name) in [(1, "a"), (1, "b"), (2, "c"), (2, "d")] {
            queue.push(connection, request(name, false));
        }
        assert_eq!(next(&mut queue).as_deref(), Some("a"));
        queue.forget(1);
        assert!(!queue.remove(&AttemptId("b".to_owned())));
        assert!(queue.remove(&AttemptId("d".to_owned())));
        queue.ended(&request("a", false));
        assert_eq!(next(&mut queue).as_deref(), Some("c"));
        assert_eq!(next(&mut queue), None);
    }
}
