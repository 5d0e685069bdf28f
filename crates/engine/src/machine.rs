//! What every durable thing is: a pure machine that decides, and folds what it decided.

use crate::time::Time;

/// What one call of `handle` gives back beside the changed state.
pub struct Outbox<M: Machine + ?Sized> {
    /// Facts to be recorded, in order.
    pub events: Vec<M::Event>,
    /// Wishes to be sent once the facts are durable (I3).
    pub commands: Vec<M::Command>,
}

impl<M: Machine + ?Sized> Default for Outbox<M> {
    fn default() -> Self {
        Outbox { events: Vec::new(), commands: Vec::new() }
    }
}

/// Whether a call of `handle` did everything it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left to decide until something is heard.
    Done,
    /// Work was put off to keep the call short; call again with the machine's `Continue`.
    More,
}

/// A durable thing.
pub trait Machine {
    /// What the world tells it.
    type Input;
    /// What became true.
    type Event;
    /// What it wants of the world.
    type Command;

    /// Decides what follows from one input. Never fails: whatever goes wrong is an outcome.
    fn handle(&mut self, input: Self::Input, now: Time, out: &mut Outbox<Self>) -> Progress;

    /// The only place where state changes (I1). Accepts every event `handle` has ever emitted.
    fn apply(&mut self, at: Time, event: &Self::Event);

    /// Everything asked of the world that has not been answered (I4). Recovery re-issues these.
    fn outstanding(&self) -> Vec<Self::Command>;
}
