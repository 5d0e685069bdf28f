//! What a run wants of the world. Sent only after the events behind it are durable (I3).

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Run this attempt. `Run::pod` tells with what. Answered by its ending.
    Start(Attempt),
    /// End this attempt. Answered by its ending.
    Stop(Attempt),
    /// Send `TimerFired` at or after this instant. A later command replaces an earlier one.
    SetTimer(Time),
    /// The run has ended; file it and clean up behind it.
    Archive,
}
