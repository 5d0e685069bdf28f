//! The ends of steps: who died, what is written down of it, and what is given back.

use rustix::process::{Signal, set_parent_process_death_signal};

use super::super::step::{Body, Step};
use super::super::{links, scratch};
use super::storing::{self, Storing};
use super::{GENERATION_BITS, Service};
use crate::contract::{Ended, Isolation, Report};
use crate::logs;
use crate::sys::{self, Reaped};

impl Service {
    /// Serves signals; whether to go on.
    pub(super) fn take_signals(&mut self) -> bool {
        // One at a time: while another waits, the kernel calls again.
        if sys::read_signal(&self.signals).is_some_and(|signal| signal != libc::SIGCHLD) {
            return false;
        }
        while let Ok(Some(reaped)) = sys::reap(false) {
            self.bury(reaped);
        }
        true
    }

    /// A child has ended: perhaps the first process of a step, perhaps what a step left behind.
    pub(super) fn bury(&mut self, reaped: Reaped) {
        let Some(slot) = self.by_pid.remove(&reaped.pid) else {
            if self.broom == Some(reaped.pid) {
                self.broom = None;
                return self.sweep();
            }
            if !self.ordered.is_empty() {
                self.reaped_early.insert(reaped.pid, reaped);
            }
            return;
        };
        let Some(step) = self.slots[slot as usize].step.as_mut() else { return };
        if let Some(storing) = step.storing.take() {
            let ended = storing.ended(&step.request);
            return self.conclude(slot, ended);
        }
        step.reaped = Some(reaped);
        let is_bare = matches!(step.body, Body::Bare(_));
        if is_bare {
            let had_company = sys::kill_group(reaped.pid, libc::SIGKILL);
            step.pipes_are_clean &= !had_company;
        }
        if matches!(&step.body, Body::Hull { done: None, .. }) && step.request.isolation == Isolation::None {
            // A hull that was killed could not end what it had started.
            step.pipes_are_clean = false;
        }
        let has_strays = is_bare && self.has_strays();
        if has_strays && let Some(step) = self.slots[slot as usize].step.as_mut() {
            step.pipes_are_clean = false;
        }
        self.finish(slot);
        if has_strays {
            self.end_strays();
        }
    }

    /// Everything of a step is over: collect what it wrote last, and store what it gives out.
    pub(super) fn finish(&mut self, slot: u32) {
        self.drain(slot);
        let Some(step) = self.slots[slot as usize].step.as_mut() else { return };
        step.out_of_memory |= step.cgroup.ran_out_of_memory();
        step.cgroup.remove();
        let mut ended = Box::new(step.ended(logs::now_ns() / 1_000));
        if storing::is_needed(step, &ended) {
            ended = match Storing::begin(step, ended) {
                Ok(storing) => {
                    // Its own number may be another's now.
                    step.pid = None;
                    self.by_pid.insert(storing.pid, slot);
                    step.store(storing);
                    return self.set_timer(slot);
                }
                // The machine gives no process.
                Err(mut ended) => {
                    storing::store(step, &mut ended);
                    ended
                }
            };
        }
        self.conclude(slot, *ended);
    }

    /// Writes the ending of a step down.
    fn conclude(&mut self, slot: u32, mut ended: Ended) {
        let place = &mut self.slots[slot as usize];
        let Some(mut step) = place.step.take() else { return };
        place.generation = (place.generation + 1) & ((1 << GENERATION_BITS) - 1);
        self.free_slots.push(slot);
        self.by_attempt.remove(&step.request.attempt);
        self.queue.ended(&step.request);
        ended.over_us = logs::now_ns() / 1_000;
        self.tell_notices(&mut step);
        self.give_back(&mut step);
        self.outcomes.record(&ended);
        self.news.push(Report::Ended(Box::new(ended)));
    }

    /// Gives back what a step had borrowed.
    pub(super) fn give_back(&mut self, step: &mut Step) {
        self.links.release(&std::mem::take(&mut step.links));
        for ix in step.outputs.drain(..).flatten() {
            if step.pipes_are_clean { self.pipes.give_back(ix) } else { self.pipes.discard(ix) }
        }
        if let Some(scratch) = step.scratch.take() {
            links::remove_inputs(&scratch, step.request.inputs.len());
            self.scratch_used.push(scratch);
        }
        if self.ordered.is_empty() {
            // Whoever ended early and was not asked for was an orphan.
            self.reaped_early.clear();
        }
    }

    /// Empties the scratch folders of steps that are over, once their ending was told.
    pub(super) fn tidy_scratch(&mut self) {
        for scratch in std::mem::take(&mut self.scratch_used) {
            if scratch::is_like_new(&scratch, self.scratch_new.as_ref()) {
                self.scratch_free.push(scratch);
            } else if !scratch::remove_small(&scratch) {
                self.scratch_full.push(scratch);
            }
        }
        self.sweep();
    }

    /// Has a copy of ours remove the scratch folders that take long.
    fn sweep(&mut self) {
        if self.broom.is_some() || self.scratch_full.is_empty() {
            return;
        }
        let full = std::mem::take(&mut self.scratch_full);
        let copy = sys::fork(0, || {
            sys::close_all_except(&mut [0, 1, 2]);
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            full.iter().for_each(|scratch| scratch::remove(scratch));
            0
        });
        match copy {
            Ok(pid) => self.broom = Some(pid),
            Err(_) => full.iter().for_each(|scratch| scratch::remove(scratch)),
        }
    }
}
