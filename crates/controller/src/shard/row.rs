//! Rows: what lists show of a run, and when that is written.
//!
//! A row goes with a record, but not with each of a run that only counts on. What such a row lacks is written without a
//! record when nothing more happened for a while, so that lists tell how a run stands, and why it stands still.

use super::Shard;
use super::driven::Driven;
use crate::guard::guarded;
use tiphys_engine::workflow::{Attempt, NodeIx, Phase};
use tiphys_engine::{Time, explain, status};
use tiphys_store::{MachineId, Summary};

/// How much time passes between two rows of a run that only counts on, in microseconds.
const ROW_EVERY_US: i64 = 500_000;

/// After how much a row is written alone, in microseconds: the next record of a busy run comes before.
const ROW_ALONE_US: i64 = 600_000;

/// What is known of the places that a run's steps wait for.
#[derive(Clone, Copy)]
enum Places {
    /// They were asked for this very moment.
    MayBeFree,
    /// They were asked for a while ago.
    Taken,
}

impl Shard {
    /// The next instant at which `late_rows` has something to do.
    pub fn next_row(&self) -> Option<Time> {
        self.rows_due.first().map(|(due, _)| *due)
    }

    /// Rows that are due without a record, each with the epoch under which it may be written.
    pub fn late_rows(&mut self, now: Time) -> Vec<(MachineId, u64, Summary)> {
        let mut rows = Vec::new();
        while self.rows_due.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, uid)) = self.rows_due.pop_first() else { break };
            let Some(driven) = self.runs.get_mut(&uid) else { continue };
            driven.row_due = None;
            if now.since_us(driven.summarized) < ROW_EVERY_US {
                self.watch_row(&uid);
            } else if let Ok(Some(row)) = guarded(|| driven.summarize_late(now)) {
                rows.push((driven.machine.clone(), driven.epoch, row));
            }
        }
        rows
    }

    /// Sees to it that a row that does not tell everything is looked at again.
    pub(super) fn watch_row(&mut self, uid: &str) {
        let Some(driven) = self.runs.get_mut(uid) else { return };
        if driven.row_due.is_none() && (driven.is_row_old || driven.is_in_line()) {
            let due = Time(driven.summarized.0.saturating_add(ROW_ALONE_US));
            driven.row_due = Some(due);
            self.rows_due.insert((due, uid.to_owned()));
        }
    }
}

impl Driven {
    /// The run's row, if it changed enough to be written.
    pub(super) fn summarize(&mut self, now: Time) -> Option<Summary> {
        let phase = status::phase_name(&self.run);
        // What keeps it from beginning is told with the phase, and may be the last thing that happens for hours.
        let says = self.run.message.as_deref().is_some_and(|message| !message.is_empty());
        let urgent = phase != self.summary.phase
            || (says && self.summary.message.is_empty())
            || self.holds() != (self.summary.suspended, self.summary.asks)
            || self.run.is_ended();
        if !urgent && now.since_us(self.summarized) < ROW_EVERY_US {
            self.is_row_old = true;
            return None;
        }
        self.write_row(Places::MayBeFree, now);
        Some(self.summary.clone())
    }

    /// The run's row, if it is not what was written last.
    fn summarize_late(&mut self, now: Time) -> Option<Summary> {
        let before = self.summary.clone();
        self.write_row(Places::Taken, now);
        (self.summary != before).then(|| self.summary.clone())
    }

    fn write_row(&mut self, places: Places, now: Time) {
        let phase = status::phase_name(&self.run);
        self.summarized = now;
        self.is_row_old = false;
        self.summary.phase = phase.to_owned();
        self.summary.message = self.reason(places, now);
        self.summary.progress = format!("{}/{}", self.run.tally.0, self.run.tally.1);
        (self.summary.suspended, self.summary.asks) = self.holds();
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
    }

    /// Whether it is held as a whole, and whether a step of it waits for a person.
    fn holds(&self) -> (bool, bool) {
        let goes_on = !self.run.is_ended();
        (self.run.steering.suspended && goes_on, self.run.asks_somebody() && goes_on)
    }

    /// Whether steps of it want places, and none is seen running.
    fn is_in_line(&self) -> bool {
        explain::wants_places(&self.run) && !self.is_under_way()
    }

    /// Whether the world is at work for it.
    fn is_under_way(&self) -> bool {
        self.at_work().next().is_some()
    }

    /// The nodes that the world is at work for. What a runner took on ahead of its places is not among them.
    fn at_work(&self) -> impl Iterator<Item = NodeIx> {
        let runs =
            |attempt: &Attempt| self.is_call(*attempt) || self.run.node(attempt.node).phase == Phase::Running;
        self.flying.iter().copied().filter(runs).map(|attempt| attempt.node)
    }

    /// What is said of a run of which nothing is left to wait for but the saving of files.
    fn saves(&self) -> Option<String> {
        let first = self.at_work().next()?;
        if !self.at_work().all(|ix| self.run.node(ix).is_saving()) {
            return None;
        }
        let says = self.run.node(first).message.as_deref()?;
        let name = self.run.display_name(first);
        Some(if name == *self.run.plan.name { says.to_owned() } else { format!("{name}: {says}") })
    }

    /// What lists say of the run: its message, what broke first, or what it waits for.
    fn reason(&self, places: Places, now: Time) -> String {
        let said = explain::reason(&self.run);
        if !said.is_empty() {
            return said;
        }
        if self.is_under_way() {
            return self.saves().unwrap_or_default();
        }
        match places {
            _ if !explain::wants_places(&self.run) => explain::standstill(&self.run, now).unwrap_or_default(),
            Places::Taken => "waits for a free place to run in".to_owned(),
            Places::MayBeFree => String::new(),
        }
    }
}
