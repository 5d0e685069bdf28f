//! What artifacts promise, checked on real files.

mod archives;
mod git;
mod hostile;
mod local;
mod random;
mod server;
mod support;
mod tls;
mod web;
