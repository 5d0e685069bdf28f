//! Drives machines: takes in what happens, makes it durable, does what follows.
//!
//! For runs `shard` is plain synchronous code, and `pump` the loop around it; `cron` drives schedules.

mod calls;
pub mod collect;
pub mod cron;
mod daemons;
mod dispatch;
mod draft;
mod expiry;
mod guard;
mod handle;
pub mod locks;
mod memo;
pub mod metrics;
mod outcome;
mod patient;
mod ports;
mod prepare;
mod pump;
mod refused;
pub mod shard;
mod submit;
mod throttle;
pub mod view;

pub use expiry::seconds_to_live;
pub use handle::{Ask, Coming, Controller, Done, Extent, Gone, MakeRunner, Order, StartError, Update};
pub use metrics::Metrics;
pub use outcome::outcome;
pub use prepare::artifacts::file_location;
pub use prepare::{LOG_BYTES_MAX, Place};
pub use pump::attempt_id;
pub use refused::Refused;
pub use shard::{Census, Recorded};
pub use submit::{CLAIMS_GOING, ESTIMATES, Kept, Times, document, generated};
pub use throttle::{Limits, StartRate};
