//! What runs beside a step: stage its inputs, supervise it, capture its outputs, report its ending.
//!
//! On this machine one small detached *supervisor* serves all steps of an engine over a socket. The
//! reader begins with [`contract`], which holds everything that crosses the process boundary.

pub mod contract;
pub mod frame;
mod hull;
pub mod logs;
mod program;
mod sandbox;
pub mod supervisor;
mod sys;

pub use sys::{give_memory_back, share_memory};

/// How web servers are met: whom steps and agents trust, how addresses are read, and what is told of failures.
pub use tiphys_artifact::{address, told, trusted};

/// Whether Go could read a text as JSON, and what it would say.
pub use tiphys_expr::check_json;
