//! What a run wants of the world. Sent only after the events behind it are durable (I3).

use super::metric::Sample;
use super::node::NodeIx;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One try at running a pod node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The node.
    pub node: NodeIx,
    /// Counts up when the same node is started again (a withdrawn attempt, a retry by hand).
    pub generation: u16,
}

/// One wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Run this attempt. `Run::pod` tells with what. Answered by its ending.
    Start(Attempt),
    /// End this attempt. Answered by its ending.
    Stop(Attempt),
    /// End this attempt, if it is there at all: its node is over, and nobody waits for its ending.
    Dismiss(Attempt),
    /// Send `TimerFired` at or after this instant. A later command replaces an earlier one.
    SetTimer(Time),
    /// Get the locks of a node, or of the workflow itself; `Run::locks_wanted` tells which. Answered by
    /// `LocksAnswered`.
    AcquireLocks(Option<NodeIx>),
    /// Give them back. Answered by `LocksReleased`.
    ReleaseLocks(Option<NodeIx>),
    /// Look for a remembered result; the node's memo tells where. Answered by `MemoAnswered`.
    LookupMemo(NodeIx),
    /// Remember a node's result; `Run::memo` tells it. Answered by `MemoSaved`.
    SaveMemo(NodeIx),
    /// Delete the artifacts that are due at the end; `Run::artifacts_due` tells which. Answered by
    /// `ArtifactsDeleted`.
    DeleteArtifacts,
    /// Values of metrics. Fire and forget.
    EmitMetrics(Vec<Sample>),
    /// The run has ended; file it and clean up behind it.
    Archive,
}
