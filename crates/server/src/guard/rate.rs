//! How often one client may ask: a bucket of tokens for each, filled at a steady rate (API-011).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most clients that are remembered; those who were silent longest are forgotten first.
const CLIENTS_MAX: usize = 20_000;

/// Requests a second for clients of other machines where nothing else is said, as in Argo.
pub(crate) const USUAL: u32 = 1_000;

/// Counts what clients ask.
pub(crate) struct Rate {
    /// As somebody wrote it; 0 means no limit.
    chosen: Option<u32>,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    tokens: f64,
    at: Instant,
}

/// What a client is told about its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) granted: bool,
    /// None where there is no limit.
    pub(crate) limit: Option<u32>,
    pub(crate) left: u32,
    /// Seconds until another request is granted.
    pub(crate) retry_seconds: u64,
}

impl Rate {
    pub(crate) fn new(chosen: Option<u32>) -> Rate {
        Rate { chosen, buckets: Mutex::default() }
    }

    /// Counts one request. Clients of this machine are counted only where a limit was chosen: they can do worse.
    pub(crate) fn take(&self, client: IpAddr, now: Instant) -> Allowance {
        let limit = match self.chosen {
            Some(limit) => limit,
            None if client.is_loopback() => 0,
            None => USUAL,
        };
        if limit == 0 {
            return Allowance { granted: true, limit: None, left: 0, retry_seconds: 0 };
        }
        let rate = f64::from(limit);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CLIENTS_MAX {
            // A full bucket is as good as none.
            buckets.retain(|_, bucket| now.saturating_duration_since(bucket.at) < Duration::from_secs(1));
            if buckets.len() >= CLIENTS_MAX {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(network(client)).or_insert(Bucket { tokens: rate, at: now });
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * rate).min(rate);
        bucket.at = now;
        let granted = bucket.tokens >= 1.0;
        if granted {
            bucket.tokens -= 1.0;
        }
        let missing = (1.0 - bucket.tokens).max(0.0) / rate;
        Allowance {
            granted,
            limit: Some(limit),
            left: bucket.tokens as u32,
            retry_seconds: (missing.ceil() as u64).max(1),
        }
    }
}

#[cfg(test)]
impl Rate {
    /// How many clients are remembered.
    pub(crate) fn clients(&self) -> usize {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// What counts as one client: an address, or the network that one customer gets of the newer kind.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let mut segments = v6.segments();
            segments[4..].fill(0);
            IpAddr::V6(segments.into())
        }
    }
}
