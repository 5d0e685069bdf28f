//! Cron workflows: when a schedule fires, and whether a firing makes a run.

pub mod condition;
pub mod schedule;
