//! Patience with servers: what may pass is tried again (PA-167).

use std::thread;

use crate::error::ArtifactError;
use crate::limits::{PAUSE_FIRST, TRIES_MAX};

/// Why one try came to nothing.
pub(crate) struct Refusal {
    pub(crate) error: ArtifactError,
    /// Whether the same may well succeed a moment later.
    pub(crate) passes: bool,
}

impl Refusal {
    /// One that stays.
    pub(crate) fn of(error: ArtifactError) -> Refusal {
        Refusal { error, passes: false }
    }
}

/// Tries again what may pass, after growing pauses.
pub(crate) fn patiently<T>(act: impl Fn() -> Result<T, Refusal>) -> Result<T, ArtifactError> {
    let mut pause = PAUSE_FIRST;
    for _ in 1..TRIES_MAX {
        match act() {
            Err(refusal) if refusal.passes => {
                thread::sleep(pause);
                pause *= 3;
            }
            other => return other.map_err(|refusal| refusal.error),
        }
    }
    act().map_err(|refusal| refusal.error)
}
