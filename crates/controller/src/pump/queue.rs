//! The queue at the door: which runs may begin, and how fast their steps are started.

use super::Pump;
use crate::throttle::{Limits, POSTPONED};
use std::time::Duration;
use tiphys_engine::Time;
use tiphys_engine::explain::{Places, Wanted};
use tiphys_engine::workflow::{Input, Request, Stage};

impl Pump {
    /// A run was taken in: one that has begun goes on, a new one begins as soon as it may (EX-060).
    pub(super) fn enter(&mut self, uid: &str, created_us: i64, now: Time) {
        let Some(run) = self.shard.run(uid) else { return };
        let namespace = run.plan.namespace.to_string();
        if run.stage != Stage::New {
            return self.throttle.go(uid, &namespace);
        }
        let priority = run.plan.workflow.spec.priority.unwrap_or_default();
        self.throttle.wait(uid, &namespace, priority, created_us);
        self.let_in(now);
        if self.throttle.is_waiting(uid) {
            self.shard.input(uid, Input::Postponed { message: POSTPONED.to_owned() }, now);
        }
    }

    /// Lets those begin for whom there is a place now.
    pub(super) fn let_in(&mut self, now: Time) {
        while let Some(uid) = self.throttle.next() {
            self.shard.input(&uid, Input::Begin, now);
        }
    }

    /// Hands a request to a run. One that is to end need not wait for a place to do so (EX-060).
    pub(super) fn ask(&mut self, uid: &str, request: Request, now: Time) {
        let ends = match &request {
            Request::Terminate => true,
            Request::Stop { selector, .. } => selector.is_empty(),
            _ => false,
        };
        self.shard.input(uid, Input::Asked(request), now);
        if ends && self.throttle.is_waiting(uid) {
            let namespace = self.shard.run(uid).map(|run| run.plan.namespace.to_string()).unwrap_or_default();
            self.throttle.go(uid, &namespace);
            self.shard.input(uid, Input::Begin, now);
        }
    }

    /// Lets go of a run; its place is free.
    pub(super) fn let_go(&mut self, uid: &str) {
        self.shard.drop_run(uid);
        self.throttle.forget(uid);
        self.lock_holders.retain(|_, asked| asked.uid != uid);
    }

    /// Other limits hold from now on.
    pub(super) fn limit(&mut self, limits: Limits) {
        self.throttle.limit(limits);
    }

    /// Says how many steps may be started now (OB-412).
    pub(super) fn refill(&mut self, now: Time) {
        let rate = self.throttle.starts();
        let left = self.shard.allow(None);
        if let Some(left) = left {
            self.bucket.take(self.allowed.saturating_sub(left));
        }
        let Some(rate) = rate else { return };
        self.allowed = self.bucket.fill(rate, now.0);
        self.shard.allow(Some(self.allowed));
    }

    /// Who has the places that a run, or a step of it, waits for.
    pub(super) fn places(&self, uid: &str, wanted: Wanted) -> Places {
        if wanted == Wanted::Step {
            let is_started = |uid: &str, attempt| self.starting.contains_key(&(uid.to_owned(), attempt));
            let rate = self.throttle.starts().filter(|_| self.shard.is_held_back());
            return Places {
                of: Some(self.jobs),
                taken_by: self.shard.placed(is_started),
                ahead: None,
                held: rate.map(|rate| {
                    format!("the server's settings let {} steps be started a second", rate.per_second)
                }),
            };
        }
        let Some(queue) = self.throttle.queue(uid) else { return Places::default() };
        let name = |uid: &String| {
            let plan = &self.shard.run(uid)?.plan;
            Some(format!("{}/{}", plan.namespace, plan.name))
        };
        Places {
            of: Some(queue.of),
            taken_by: queue.going.iter().filter_map(name).collect(),
            ahead: Some(queue.ahead),
            held: None,
        }
    }

    /// When more steps may be started, if that is what some wait for.
    pub(super) fn refilled_in(&self) -> Option<Duration> {
        let rate = self.throttle.starts().filter(|_| self.shard.is_held_back())?;
        Some(Duration::from_micros(self.bucket.next_in_us(rate)?.max(1_000).unsigned_abs()))
    }
}
