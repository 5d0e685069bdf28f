//! What every runner can do.

use std::time::Duration;

use tiphys_executor::contract::{AttemptId, Report, Sighting, StepRequest};

/// Starts steps and knows what became of them.
///
/// Calls return at once; what happens to a step arrives as [`News`] at the receiver that was given when the
/// runner was made. All methods may be called from any thread.
pub trait Runner: Send + Sync {
    /// Starts steps. An attempt that is known already is not started again; if it has ended, its ending is
    /// reported again. A refused step was not started and will not be reported.
    fn start(&self, steps: &[StepRequest]) -> Vec<Result<(), Refusal>>;

    /// How many steps it takes beyond those that it runs side by side, and starts by itself when others end.
    fn ahead(&self) -> usize {
        0
    }

    /// Asks steps to end: SIGTERM, then SIGKILL after the grace. Their endings arrive as reports.
    fn stop(&self, attempts: &[AttemptId], grace: Duration);

    /// As [`Runner::stop`], for as long as this engine lives: steps that have not ended when it goes are left alone.
    fn take_back(&self, attempts: &[AttemptId], grace: Duration) {
        self.stop(attempts, grace);
    }

    /// What is still known of these attempts, in the order asked; of all that are known, if none is named. Waits for
    /// the answer. Asked once after every restart, and after [`News::Lost`].
    fn recall(&self, attempts: &[AttemptId]) -> Result<Vec<Sighting>, RunnerError>;

    /// The endings of these are recorded; their traces may be removed.
    fn forget(&self, attempts: &[AttemptId]);

    /// Sends log lines of an attempt (`None`: of all) as [`Report::Log`], or (`on: false`) no longer.
    fn subscribe(&self, attempt: Option<&AttemptId>, on: bool);
}

/// What a runner tells, in the order in which it happened.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Steps started, ended, or wrote.
    Reports(Vec<Report>),
    /// Whatever ran the steps is gone, and the steps with it. Recall every open attempt: an ending that was
    /// written down is still known, everything else is `Unknown`.
    Lost(String),
}

/// Why a step was not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Back-pressure, not failure: try again later.
    #[error("the runner is busy")]
    Busy,
    /// It can never be started here.
    #[error("{0}")]
    Impossible(String),
}

/// The world's failure around a runner.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The supervisor could not be started or reached.
    #[error("cannot reach the supervisor of `{id}`: {reason}")]
    Unreachable {
        /// Whose.
        id: String,
        /// Why.
        reason: String,
    },
    /// The machine does not permit the isolation that was demanded.
    #[error("cannot isolate steps on this machine: {0}; `--isolation none` runs them without")]
    NoIsolation(String),
    /// A folder or file of the state folder could not be used.
    #[error("cannot use `{path}`: {error}")]
    State {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
}
