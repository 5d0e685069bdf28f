//! Steps that are prepared while their engine makes their start durable.
//!
//! What takes longest, the making of a process, is done meanwhile; the process waits before it executes its program. So
//! nothing that the outside could see happens before the start is certain (architecture: act after record), and a start
//! that never becomes certain leaves nothing behind.

use std::time::Instant;

use super::super::step::Held;
use super::Service;
use super::start::is_plain;
use crate::contract::{AttemptId, Isolation, StepRequest};
use crate::sys;

impl Service {
    /// Prepares a step, as far as that can be.
    pub(super) fn prepare(&mut self, engine: u32, request: StepRequest) {
        let is_known = self.outcomes.get(&request.attempt).is_some()
            || self.by_attempt.contains_key(&request.attempt)
            || self.prepared.iter().any(|(_, known)| known.attempt == request.attempt);
        if is_known {
            return;
        }
        let can_hold = sys::CAN_HOLD
            && request.isolation == Isolation::None
            && is_plain(&request)
            // A folder that is not there would have to be made.
            && request.containers[0].working_dir.is_none();
        let request = match can_hold && self.queue.has_room() {
            // Why it cannot begin is told when it is certain that it should.
            true => match self.try_begin(request, Held::For { engine }) {
                Ok(()) => return,
                Err(not_begun) => not_begun.request,
            },
            false => request,
        };
        self.prepared.push((engine, request));
    }

    /// Starts a step that was prepared.
    pub(super) fn proceed(&mut self, engine: u32, attempt: &AttemptId) {
        if let Some(at) = self.prepared.iter().position(|(_, request)| request.attempt == *attempt) {
            let (_, request) = self.prepared.swap_remove(at);
            return self.start(engine, request);
        }
        let Some(slot) = self.by_attempt.get(attempt).copied().filter(|slot| self.is_held(*slot)) else {
            return;
        };
        self.shutdown = false;
        let Some(step) = self.slots[slot as usize].step.as_mut() else { return };
        step.held = Held::No;
        step.release();
        let has_ended = step.reaped.is_some();
        self.has_begun(slot);
        if has_ended {
            self.wind_up(slot);
        }
    }

    /// Whether a step waits for the word of its engine.
    pub(super) fn is_held(&self, slot: u32) -> bool {
        let step = self.slots[slot as usize].step.as_ref();
        step.is_some_and(|step| matches!(step.held, Held::For { .. }))
    }

    /// Forgets a step if it waits for the word of its engine; whether it did.
    pub(super) fn withdraw(&mut self, attempt: &AttemptId) -> bool {
        let before = self.prepared.len();
        self.prepared.retain(|(_, request)| request.attempt != *attempt);
        let held = self.by_attempt.get(attempt).copied().filter(|slot| self.is_held(*slot));
        if let Some(slot) = held {
            self.void(slot);
        }
        held.is_some() || self.prepared.len() < before
    }

    /// Forgets all that wait for the word of this engine, or of any.
    pub(super) fn withdraw_all_of(&mut self, engine: Option<u32>) {
        self.prepared.retain(|(wanted_by, _)| engine.is_some_and(|engine| engine != *wanted_by));
        for slot in 0..self.slots.len() as u32 {
            let held = self.slots[slot as usize].step.as_ref().map(|step| step.held);
            let is_its =
                matches!(held, Some(Held::For { engine: its }) if engine.is_none_or(|engine| engine == its));
            if is_its {
                self.void(slot);
            }
        }
    }

    /// Ends a process that waits for a word that will not come.
    fn void(&mut self, slot: u32) {
        let Some(step) = self.slots[slot as usize].step.as_mut() else { return };
        step.held = Held::Void;
        step.kill(Instant::now());
        let has_ended = step.reaped.is_some();
        let attempt = step.request.attempt.clone();
        self.by_attempt.remove(&attempt);
        if has_ended {
            self.wind_up(slot);
        }
    }
}
