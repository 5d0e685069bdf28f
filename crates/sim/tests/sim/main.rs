//! The laboratory's findings: stories, invariants, the simulator, the reference model.

mod model;
mod properties;
mod seeds;
mod simulation;
mod stories;
