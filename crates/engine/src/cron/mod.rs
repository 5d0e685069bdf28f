//! Cron workflows: when a schedule fires, whether a firing makes a run, and the machine that keeps count.

pub mod condition;
mod event;
mod machine;
pub mod run;
pub mod schedule;
mod state;
#[cfg(test)]
mod tests;

pub use event::{Answer, Command, Event, Input, RunRef};
pub use machine::{Cron, LATE_MAX, next_of};
pub use state::{Firing, Pending, State, Status, Verdict};
