//! The laboratory's findings: stories, invariants, the simulator, the reference model.

mod calendar;
mod explain;
mod model;
mod properties;
mod seeds;
mod simulation;
mod stories;
