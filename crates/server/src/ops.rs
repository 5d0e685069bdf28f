//! What keeps a server running and lets its keepers see how it does.

pub(crate) mod backup;
mod client;
pub(crate) mod health;
pub(crate) mod keeper;
pub(crate) mod listen;
pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod notify;
pub(crate) mod patience;
pub(crate) mod presence;
pub(crate) mod pulse;
pub(crate) mod tls;
pub(crate) mod traces;
