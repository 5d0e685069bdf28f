//! Starting steps whose start is durable: which way each takes, and what becomes of those that cannot go.

use super::{Pump, attempt_id};
use crate::guard::guarded;
use crate::handle::Message;
use crate::prepare::{self, Unfit};
use crate::submit;
use std::time::Duration;
use tiphys_engine::Time;
use tiphys_engine::workflow::{Attempt, Input, Outcome, Report};
use tiphys_runner::Refusal;
use tiphys_runner::step::StepRequest;
use tiphys_store::artifacts_of;

/// What starting an attempt comes to.
enum Way {
    /// A step for the runner.
    Step(Box<StepRequest>),
    /// A call for the agent.
    Call,
    /// Nothing need run: it is known how it ended.
    Over(Box<Outcome>),
    /// Nothing need run, but files are to be looked at.
    Listing(Box<dyn FnOnce() -> Outcome + Send>),
    /// It cannot be started.
    Refused(String),
    /// No pod can be made of its template.
    Unmade(String),
}

impl Pump {
    /// Starts attempts whose start is durable.
    pub(super) fn start(&mut self, attempts: Vec<(String, Attempt)>, now: Time) {
        let (mut keys, mut steps) = (Vec::with_capacity(attempts.len()), Vec::with_capacity(attempts.len()));
        for key in attempts {
            let (uid, attempt) = &key;
            let way = guarded(|| self.way_of(uid, *attempt, now));
            let report = match way.unwrap_or_else(|mistake| Some(Way::Refused(mistake))) {
                Some(Way::Step(step)) => {
                    steps.push(*step);
                    keys.push(key);
                    continue;
                }
                Some(Way::Call) => {
                    self.call(uid, *attempt, Duration::ZERO, now);
                    continue;
                }
                Some(Way::Listing(list)) => {
                    self.list(key, list);
                    continue;
                }
                Some(Way::Over(outcome)) => Report::Ended(outcome),
                Some(Way::Refused(reason)) => Report::Refused(reason),
                Some(Way::Unmade(reason)) => Report::Unmade(reason),
                None => continue,
            };
            self.shard.input(uid, Input::Reported { attempt: *attempt, report }, now);
        }
        if steps.is_empty() {
            return;
        }
        for ((uid, attempt), result) in keys.into_iter().zip(self.runner.start(&steps)) {
            match result {
                Ok(()) => {}
                Err(Refusal::Busy) => self.shard.postpone(&uid, attempt),
                Err(Refusal::Impossible(reason)) => {
                    self.shard.input(&uid, Input::Reported { attempt, report: Report::Refused(reason) }, now);
                }
            }
        }
    }

    /// Has files looked at beside the pump. Who dies meanwhile has recorded nothing but the start: it is done again.
    fn list(&mut self, (uid, attempt): (String, Attempt), list: Box<dyn FnOnce() -> Outcome + Send>) {
        let messages = self.inbox.own.clone();
        self.lister.hand_over(move || {
            let listed = guarded(list).map(Box::new);
            // Without a pump there is nobody to tell.
            drop(messages.send(Message::Listed(uid, attempt, listed)));
        });
    }

    /// How an attempt came out for which files were looked at.
    pub(super) fn listed(
        &mut self,
        uid: &str,
        attempt: Attempt,
        listed: Result<Box<Outcome>, String>,
        now: Time,
    ) {
        let Some(run) = self.shard.run(uid) else { return };
        if !run.is_wanted(attempt) {
            // Its time was up meanwhile; there is no step whose ending could be forgotten.
            let _ = self.shard.gone(uid, attempt);
            return;
        }
        let report = match listed {
            // Nobody was there to be stopped.
            _ if run.is_to_be_stopped(attempt.node) => Report::Ended(Box::new(submit::never_started())),
            Ok(outcome) => Report::Ended(outcome),
            Err(mistake) => Report::Refused(mistake),
        };
        self.shard.input(uid, Input::Reported { attempt, report }, now);
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
            Err(reason) => return Some(Way::Unmade(reason)),
        };
        if let Some(data) = &pod.template.data {
            let store = artifacts_of(&home.place.artifacts, &run.plan.namespace);
            let data = data.clone();
            return Some(Way::Listing(Box::new(move || prepare::data::outcome(&pod, &data, &store, now))));
        }
        Some(match prepare::step(&run.plan, &pod, &home.place, attempt_id(uid, attempt)) {
            Ok(step) => Way::Step(Box::new(step)),
            Err(Unfit::Pod(reason)) => Way::Unmade(reason),
            Err(Unfit::Here(reason)) => Way::Refused(reason),
        })
    }
}
