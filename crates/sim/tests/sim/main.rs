//! The laboratory's findings: stories, invariants, the simulator, the reference model.

mod simulation;
mod stories;
