//! What keeps a server running and lets its keepers see how it does.

pub(crate) mod health;
pub(crate) mod listen;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod presence;
pub(crate) mod tls;
