//! What artifacts promise, checked on real files.

mod archives;
mod hostile;
mod local;
mod location;
mod random;
mod support;
