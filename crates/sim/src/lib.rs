//! The house's own laboratory: stories, a deterministic simulator, a naive reference model. Tests only.

pub mod bench;
pub mod calendar;
pub mod cast;
pub mod crowd;
pub mod disguise;
pub mod facts;
pub mod generate;
pub mod manifest;
pub mod model;
pub mod office;
pub mod outcome;
pub mod random;
pub mod simulation;
pub mod stage;
pub mod stories;
pub mod world;
