//! Threads without which a server is none: when one of them ends, so does the server, and whoever looks after it starts
//! another.

use std::sync::Arc;
use std::thread;
use tokio::sync::watch;

/// Whether all of them are there.
pub(crate) struct Pulse(watch::Sender<Option<String>>);

/// Held by such a thread as long as it runs.
pub(crate) struct Beat {
    pulse: Arc<Pulse>,
    name: &'static str,
}

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse(watch::channel(None).0)
    }
}

impl Pulse {
    /// For a thread to hold; the server ends with it.
    pub(crate) fn beat(self: &Arc<Pulse>, name: &'static str) -> Beat {
        Beat { pulse: self.clone(), name }
    }

    /// Says why the server cannot go on. Only the first reason counts.
    pub(crate) fn stop(&self, reason: String) {
        self.0.send_if_modified(|known| {
            let is_first = known.is_none();
            if is_first {
                *known = Some(reason);
            }
            is_first
        });
    }

    /// Why the server cannot go on; nothing as long as it can.
    pub(crate) fn reason(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits until it cannot go on.
    pub(crate) async fn stopped(&self) {
        // The sender is ours, so the wait ends with a reason only.
        drop(self.0.subscribe().wait_for(Option::is_some).await);
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        let how = if thread::panicking() { "broke off" } else { "ended" };
        self.pulse.stop(format!("its thread `{}` {how}", self.name));
    }
}

#[cfg(test)]
mod tests;
