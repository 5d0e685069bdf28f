//! `expr`
