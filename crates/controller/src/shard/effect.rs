//! What the shard wants done, now that its reason is durable.

use std::sync::Arc;
use tiphys_engine::Time;
use tiphys_engine::workflow::{Attempt, Event, NodeIx, Sample};

/// Something to be done, now that its reason is durable.
#[derive(Debug)]
pub enum Effect {
    /// Start these attempts, in order; ask the run for what to start.
    Start(Vec<(String, Attempt)>),
    /// End an attempt.
    Stop(String, Attempt),
    /// The endings of these are recorded.
    Forget(Vec<(String, Attempt)>),
    /// Events of a run became durable.
    Recorded(Recorded),
    /// Get locks for a node, or for the workflow itself.
    AcquireLocks(String, Option<NodeIx>),
    /// Give them back.
    ReleaseLocks(String, Option<NodeIx>),
    /// Look for a remembered result.
    LookupMemo(String, NodeIx),
    /// Remember a result.
    SaveMemo(String, NodeIx),
    /// Values of metrics.
    EmitMetrics(String, Vec<Sample>),
    /// Delete the artifacts of a run that are due at its end.
    DeleteArtifacts(String),
    /// A run is over: file it and clean up.
    Ended(String),
    /// Another engine took the run over; it is dropped here.
    Fenced(String),
    /// An interrupted run has nothing running any more.
    Interrupted(String),
}

impl Effect {
    /// The run that it concerns, if it is one.
    pub fn run(&self) -> Option<&str> {
        match self {
            Effect::Start(_) | Effect::Forget(_) => None,
            Effect::Recorded(recorded) => Some(&recorded.uid),
            Effect::Stop(uid, _)
            | Effect::AcquireLocks(uid, _)
            | Effect::ReleaseLocks(uid, _)
            | Effect::LookupMemo(uid, _)
            | Effect::SaveMemo(uid, _)
            | Effect::EmitMetrics(uid, _)
            | Effect::DeleteArtifacts(uid)
            | Effect::Ended(uid)
            | Effect::Fenced(uid)
            | Effect::Interrupted(uid) => Some(uid),
        }
    }
}

/// Durable events of one run.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The run.
    pub uid: String,
    /// Their number in the journal.
    pub seq: u64,
    /// When they became true.
    pub at: Time,
    /// The events.
    pub events: Arc<Vec<Event>>,
}
