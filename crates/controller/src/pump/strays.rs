//! What the runner still runs though nobody needs it any more.
//!
//! An engine that is killed between the record of an end and the order to stop leaves a step behind: the daemon of a
//! boundary that is over, say. Nothing in its run is outstanding then, so only the runner can tell of it.

use super::{GRACE, Pump, parse};
use tiphys_runner::step::{AttemptId, Sighting};
use tiphys_store::{MachineId, StoreError};

impl Pump {
    /// Ends what runs and belongs to no run that goes on, or to none that wants it (EX-372).
    pub(super) fn end_strays(&mut self) -> Result<(), StoreError> {
        // Without a supervisor nothing runs.
        let Ok(sightings) = self.runner.recall(&[]) else { return Ok(()) };
        let (mut strays, mut remembered) = (Vec::new(), Vec::new());
        for sighting in sightings {
            match sighting {
                Sighting::Running(started) if self.is_stray(&started.attempt)? => {
                    if run_of(&started.attempt).is_none_or(|uid| self.shard.run(uid).is_none()) {
                        // Nobody waits for its ending.
                        self.gone.insert(started.attempt.clone());
                    }
                    strays.push(started.attempt);
                }
                // The ending of an attempt of a run that is here is recorded first, and forgotten then.
                Sighting::Ended(ended) if self.is_over(&ended.attempt)? => remembered.push(ended.attempt),
                Sighting::Running(_) | Sighting::Ended(_) | Sighting::Unknown(_) => {}
            }
        }
        self.runner.stop(&strays, GRACE);
        self.runner.forget(&remembered);
        Ok(())
    }

    fn is_stray(&mut self, id: &AttemptId) -> Result<bool, StoreError> {
        let run = run_of(id).and_then(|uid| self.shard.run(uid));
        match run {
            // What has no node is a plugin of the run, and goes with it.
            Some(run) => Ok(parse(id).is_some_and(|(_, attempt)| !run.is_wanted(attempt))),
            None => self.is_over(id),
        }
    }

    /// Whether the run of an attempt has ended or is not kept any more.
    fn is_over(&mut self, id: &AttemptId) -> Result<bool, StoreError> {
        let Some(uid) = run_of(id).filter(|uid| self.shard.run(uid).is_none()) else { return Ok(false) };
        self.has_ended(&MachineId::workflow(uid))
    }
}

/// The run that an attempt belongs to.
fn run_of(id: &AttemptId) -> Option<&str> {
    id.0.rsplit_once('/').map(|(uid, _)| uid)
}
