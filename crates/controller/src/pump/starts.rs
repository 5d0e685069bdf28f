//! Starting steps: what is durable goes to the runner; what is about to be is prepared there meanwhile.

use super::{Pump, attempt_id};
use crate::prepare;
use std::time::Duration;
use tiphys_engine::Time;
use tiphys_engine::workflow::{Attempt, Input, Outcome, Pod, Report};
use tiphys_runner::Refusal;
use tiphys_runner::step::{AttemptId, StepRequest};

/// What starting an attempt comes to.
enum Way {
    /// A step for the runner.
    Step(Box<StepRequest>),
    /// A call for the agent.
    Call,
    /// A look at artifacts, which is made here.
    Data(Box<Pod>),
    /// Nothing need run: this is how it ended in an earlier life.
    Over(Box<Outcome>),
    /// It cannot be started.
    Refused(String),
}

impl Pump {
    /// Has the runner prepare what will start once the batch at hand is durable, while it becomes so.
    pub(super) fn prepare(&mut self, now: Time) {
        let (mut keys, mut steps) = (Vec::new(), Vec::new());
        for (uid, attempt) in self.shard.foreseen(self.jobs) {
            let Some(Way::Step(step)) = self.way_of(&uid, attempt, now) else { continue };
            keys.push((uid, attempt));
            steps.push(*step);
        }
        if !steps.is_empty() {
            self.runner.prepare(&steps);
            self.prepared.extend(keys.into_iter().zip(steps));
        }
    }

    /// Has the runner forget what was prepared and does not start.
    pub(super) fn withdraw(&mut self) {
        if !self.prepared.is_empty() {
            let prepared = std::mem::take(&mut self.prepared).into_keys();
            let ids: Vec<AttemptId> = prepared.map(|(uid, attempt)| attempt_id(&uid, attempt)).collect();
            self.runner.withdraw(&ids);
        }
    }

    /// Starts attempts whose start is durable.
    pub(super) fn start(&mut self, attempts: Vec<(String, Attempt)>, now: Time) {
        let (mut prepared, mut whole) = (Vec::new(), Vec::new());
        let (mut first, mut then) = (Vec::new(), Vec::new());
        for (uid, attempt) in attempts {
            let key = (uid, attempt);
            if let Some(request) = self.prepared.remove(&key) {
                prepared.push(request);
                first.push(key);
                continue;
            }
            let (uid, attempt) = &key;
            let report = match self.way_of(uid, *attempt, now) {
                Some(Way::Step(step)) => {
                    whole.push(*step);
                    then.push(key);
                    continue;
                }
                Some(Way::Call) => {
                    self.call(uid, *attempt, Duration::ZERO, now);
                    continue;
                }
                Some(Way::Data(pod)) => match (&pod.template.data, self.homes.get(uid)) {
                    (Some(data), Some(home)) => {
                        Report::Ended(Box::new(prepare::data::outcome(&pod, data, &home.place, now)))
                    }
                    _ => continue,
                },
                Some(Way::Over(outcome)) => Report::Ended(outcome),
                Some(Way::Refused(reason)) => Report::Refused(reason),
                None => continue,
            };
            self.shard.input(uid, Input::Reported { attempt: *attempt, report }, now);
        }
        let mut results = Vec::with_capacity(first.len() + then.len());
        if !prepared.is_empty() {
            results.extend(self.runner.start_prepared(&prepared));
        }
        if !whole.is_empty() {
            results.extend(self.runner.start(&whole));
        }
        for ((uid, attempt), result) in first.into_iter().chain(then).zip(results) {
            match result {
                Ok(()) => {}
                Err(Refusal::Busy) => self.shard.postpone(&uid, attempt),
                Err(Refusal::Impossible(reason)) => {
                    self.shard.input(&uid, Input::Reported { attempt, report: Report::Refused(reason) }, now);
                }
            }
        }
    }

    /// How an attempt is started. None if its run is gone.
    fn way_of(&self, uid: &str, attempt: Attempt, now: Time) -> Option<Way> {
        let (run, home) = (self.shard.run(uid)?, self.homes.get(uid)?);
        // Somebody who retries a run wants its nodes to run.
        if let Some(outcome) = home.done.get(&run.id(attempt.node)).filter(|_| run.life == 0) {
            return Some(Way::Over(Box::new(outcome.clone())));
        }
        if self.shard.is_call(uid, attempt) {
            return Some(Way::Call);
        }
        let pod = match run.pod(attempt, now) {
            Ok(pod) => pod,
            Err(reason) => return Some(Way::Refused(reason)),
        };
        if pod.template.data.is_some() {
            return Some(Way::Data(Box::new(pod)));
        }
        Some(match prepare::step(&run.plan, &pod, &home.place, attempt_id(uid, attempt)) {
            Ok(step) => Way::Step(Box::new(step)),
            Err(reason) => Way::Refused(reason),
        })
    }
}
