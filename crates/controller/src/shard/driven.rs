//! One run and the bookkeeping around it.

use crate::dispatch::Dispatcher;
use crate::guard::guarded;
use std::collections::BTreeSet;
use tiphys_engine::workflow::{Attempt, Command, Event, Input, Phase, Report};
use tiphys_engine::{Machine, Outbox, Progress, Run, Time, explain, status};
use tiphys_store::{MachineId, Summary};

/// How much time passes between two summaries of a run that only counts on, in microseconds.
const SUMMARY_EVERY_US: i64 = 500_000;

/// A run and the engine's bookkeeping around it.
pub(super) struct Driven {
    pub(super) run: Run,
    pub(super) machine: MachineId,
    pub(super) epoch: u64,
    pub(super) seq: u64,
    /// Recorded in memory, not yet on disk.
    pub(super) events: Vec<Event>,
    pub(super) commands: Vec<Command>,
    /// Endings to be acknowledged once they are durable.
    pub(super) forget: Vec<Attempt>,
    pub(super) timer: Option<Time>,
    pub(super) summary: Summary,
    pub(super) summarized: Time,
    pub(super) inbox_done: Option<u64>,
    /// It is being interrupted: what runs is stopped and taken back.
    pub(super) interrupted: bool,
    /// Attempts that were handed to the runner and have not ended.
    pub(super) flying: BTreeSet<Attempt>,
}

impl Driven {
    pub(super) fn is_call(&self, attempt: Attempt) -> bool {
        self.run.nodes.get(attempt.node.at()).is_some_and(|node| node.kind.is_called())
    }

    pub(super) fn hand(&mut self, input: Input, now: Time) -> Progress {
        let mut out = Outbox::default();
        let run = &mut self.run;
        let handled = guarded(|| run.handle(input, now, &mut out));
        self.events.extend(out.events);
        match handled {
            Ok(progress) => {
                self.commands.extend(out.commands);
                progress
            }
            Err(mistake) => self.break_off(mistake, now),
        }
    }

    /// A mistake of ours ends the run in which it shows, in its own words, and no other (I13, EX-009).
    ///
    /// What was decided before the mistake has become true. What it asked for has not, except that nothing goes on.
    fn break_off(&mut self, mistake: String, now: Time) -> Progress {
        let event = Event::Finished { phase: Phase::Error, message: Some(mistake.into()) };
        // A run that cannot even end is parked when its end is filed.
        drop(guarded(|| self.run.apply(now, &event)));
        self.events.push(event);
        self.commands.extend(self.flying.iter().copied().map(Command::Stop));
        self.commands.push(Command::Archive);
        Progress::Done
    }

    /// Sets or clears the timer.
    pub(super) fn arm(&mut self, due: Option<Time>, timers: &mut BTreeSet<(Time, String)>) {
        if let Some(armed) = self.timer.take() {
            timers.remove(&(armed, self.summary.uid.clone()));
        }
        if let Some(due) = due {
            timers.insert((due, self.summary.uid.clone()));
        }
        self.timer = due;
    }

    /// Bookkeeping around a report. None if the run need not hear it.
    pub(super) fn hear(
        &mut self,
        attempt: Attempt,
        report: Report,
        dispatcher: &mut Dispatcher,
    ) -> Option<Report> {
        let never_starts = matches!(report, Report::Refused(_) | Report::Unmade(_));
        let over = never_starts || matches!(report, Report::Ended(_) | Report::Lost(_) | Report::Withdrawn);
        if over {
            if self.flying.remove(&attempt) {
                dispatcher.free(&self.summary.uid, attempt);
            }
            self.forget.push(attempt);
            if self.interrupted && !never_starts && !is_success(&report) {
                return Some(Report::Withdrawn);
            }
        }
        let uid = &self.summary.uid;
        if let Report::Observed { address: Some(_) } = &report {
            // A daemon takes no place: what it serves must be able to start.
            dispatcher.free(uid, attempt);
        }
        Some(report)
    }

    /// The run's row, if it changed enough to be written.
    pub(super) fn summarize(&mut self, now: Time) -> Option<Summary> {
        let phase = status::phase_name(&self.run);
        let suspended = self.run.steering.suspended && !self.run.is_ended();
        let asks = self.run.asks_somebody() && !self.run.is_ended();
        let urgent = phase != self.summary.phase
            || (suspended, asks) != (self.summary.suspended, self.summary.asks)
            || self.run.is_ended();
        if !urgent && now.since_us(self.summarized) < SUMMARY_EVERY_US {
            return None;
        }
        self.summarized = now;
        self.summary.phase = phase.to_owned();
        self.summary.message = explain::reason(&self.run);
        self.summary.progress = format!("{}/{}", self.run.tally.0, self.run.tally.1);
        self.summary.suspended = suspended;
        self.summary.asks = asks;
        self.summary.started_us = self.run.started.map(|at| at.0);
        // A run whose artifacts are still to be deleted is not over for whoever takes it up again.
        let finished = self.run.finished.filter(|_| !self.run.is_to_collect());
        self.summary.finished_us = finished.map(|at| at.0);
        for (key, value) in self.run.added_labels() {
            self.summary.labels.insert(key.clone(), value.clone());
        }
        // Clients find runs by these (API-122).
        if !phase.is_empty() {
            let labels = &mut self.summary.labels;
            labels.insert("workflows.argoproj.io/phase".to_owned(), phase.to_owned());
            labels.insert("workflows.argoproj.io/completed".to_owned(), self.run.is_ended().to_string());
        }
        Some(self.summary.clone())
    }
}

fn is_success(report: &Report) -> bool {
    matches!(report, Report::Ended(outcome) if outcome.phase == Phase::Succeeded)
}
