//! The house's own laboratory: stories, a deterministic simulator, a naive reference model. Tests only.

pub mod cast;
pub mod manifest;
pub mod office;
pub mod stage;
pub mod stories;
