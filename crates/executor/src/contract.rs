//! The words that cross the process boundary: what a step is, and what is reported of it.
//!
//! An engine writes [`ToSupervisor`] frames, a supervisor answers with [`Report`] frames. Everything in a
//! [`StepRequest`] is already resolved: no tag, no reference to a ConfigMap, no default is left. Fields that
//! are empty are not written, so that the request of a plain step stays a few hundred bytes.

use serde::{Deserialize, Serialize};
pub use tiphys_artifact::{Git, Grant, Identity, Web};

mod bytes;
mod report;
mod request;
#[cfg(test)]
mod tests;

pub use report::*;
pub use request::*;

/// One attempt of one node: unique for ever, and safe as (the end of) a path.
///
/// By convention `<run uid>/<node id>.<generation>.<attempt number>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(pub String);

impl AttemptId {
    /// The last part, which names the attempt inside its run. Log files are named after it.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl std::fmt::Display for AttemptId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a step is kept apart from the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Own root, processes, mounts, IPC and host name; nothing it writes survives outside its volumes.
    #[default]
    Sandbox,
    /// A plain process group in a scratch folder.
    None,
}

/// What an engine asks of a supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToSupervisor {
    /// Start these. One already known is not started again; if it has ended, that is reported again.
    Start {
        /// How many run side by side; the others wait their turn for as long as this engine is connected. 0: no
        /// limit.
        at_once: u32,
        /// What to start, in order.
        requests: Vec<StepRequest>,
    },
    /// Ask these to end: SIGTERM, then SIGKILL after the grace.
    Stop {
        /// Which.
        attempts: Vec<AttemptId>,
        /// Time between the two signals.
        grace_ms: u64,
        /// Only for as long as this engine is connected: when it goes before they have ended, they are left alone.
        #[serde(default, skip_serializing_if = "is_default")]
        while_connected: bool,
    },
    /// What is known of these? Answered by [`FromSupervisor::Sightings`] with the same ticket.
    Recall {
        /// Quoted in the answer.
        ticket: u64,
        /// Which; empty: all.
        attempts: Vec<AttemptId>,
    },
    /// What does this machine let us do? Answered by one [`FromSupervisor::Capabilities`] with the same ticket.
    Probe {
        /// Quoted in the answer.
        ticket: u64,
    },
    /// These endings are recorded; their traces may go.
    Forget(Vec<AttemptId>),
    /// Send the log lines of this attempt as they come, or (`on: false`) no longer. `None`: of all.
    Subscribe {
        /// Which.
        attempt: Option<AttemptId>,
        /// From now on, or no longer.
        on: bool,
    },
    /// This engine needs the supervisor no longer: it goes when no step runs.
    Shutdown {
        /// Whether running steps are ended first.
        kill: bool,
    },
}

/// What a machine lets us do for steps.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// Why there is no sandbox here, in words; `None`: there is one.
    pub no_sandbox: Option<String>,
    /// What cannot be isolated or limited although there is a sandbox, in words, one sentence each.
    pub notices: Vec<String>,
}

/// What a supervisor answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FromSupervisor {
    /// News of steps, oldest first.
    Reports(Vec<Report>),
    /// The answer to a recall.
    Sightings {
        /// As in the question.
        ticket: u64,
        /// One for each attempt asked for, in that order.
        sightings: Vec<Sighting>,
        /// Whether further ones follow under the same ticket.
        #[serde(default)]
        more: bool,
    },
    /// The answer to a probe.
    Capabilities {
        /// As in the question.
        ticket: u64,
        /// What was found.
        capabilities: Capabilities,
    },
    /// It cannot serve, and says why; the connection is over.
    Unable(String),
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
