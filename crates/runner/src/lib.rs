//! Who starts steps: the [`Runner`] contract and its implementations.
//!
//! A runner knows one step at a time and nothing of workflows. The process runner keeps no step itself: a
//! detached supervisor (crate `executor`) does, so that steps outlive the engine.
//!
//! A program that uses [`process`] must call [`enter_if_asked`] first thing in `main`: the supervisor is the same
//! program, started again.

pub mod agent;
mod contract;
mod images;
pub mod process;

pub use contract::{News, Refusal, Runner, RunnerError};
pub use images::{Image, ImageMap, ImageMapError};
pub use tiphys_executor::contract as step;
pub use tiphys_executor::logs;
pub use tiphys_executor::supervisor::enter_if_asked;
pub use tiphys_executor::{give_memory_back, share_memory};
