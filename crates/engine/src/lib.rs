//! The pure machines: compile, workflow, and the status that Argo's tools read.
//!
//! Nothing here waits, reads a clock, or touches a file. Time and everything else arrives as an argument,
//! and the same inputs give the same events on every machine (I7).

pub mod check;
pub mod compile;
pub mod cron;
pub mod explain;
pub mod limits;
pub mod locks;
pub mod machine;
pub mod plan;
pub mod repository;
pub mod resubmit;
pub mod selector;
pub mod status;
pub mod time;
mod tree;
pub mod workflow;

pub use compile::{Frozen, compile, effective};
pub use machine::{Machine, Outbox, Progress};
pub use plan::Plan;
pub use selector::FieldSelector;
pub use time::Time;
pub use workflow::Run;
