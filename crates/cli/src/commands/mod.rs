//! The verbs.

pub mod run;
