//! One run and the bookkeeping around it.

use crate::dispatch::Dispatcher;
use crate::guard::guarded;
use std::collections::BTreeSet;
use tiphys_engine::workflow::{Attempt, Command, Event, Input, Phase, Report};
use tiphys_engine::{Machine, Outbox, Progress, Run, Time};
use tiphys_store::{MachineId, Summary};

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
    /// Something happened that the row does not tell yet.
    pub(super) is_row_old: bool,
    /// When the row is looked at again, if it is.
    pub(super) row_due: Option<Time>,
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
}

fn is_success(report: &Report) -> bool {
    matches!(report, Report::Ended(outcome) if outcome.phase == Phase::Succeeded)
}
