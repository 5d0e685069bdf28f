//! Who starts steps: the [`Runner`] contract and its implementations.
//!
//! A runner knows one step at a time and nothing of workflows. The process runner keeps no step itself: a
//! detached supervisor (crate `executor`) does, so that steps outlive the engine.

mod contract;

pub use contract::{News, Refusal, Runner, RunnerError};
pub use tiphys_executor::contract as step;
