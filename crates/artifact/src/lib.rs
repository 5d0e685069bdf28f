//! `artifact`
