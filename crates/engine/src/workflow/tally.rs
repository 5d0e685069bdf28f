//! What a run counts as it goes: progress, what is alive, what a limit holds against a frame. Part of `apply` (I1).

use super::node::{Gate, NodeIx, NodeKind, Site};
use super::run::Run;

impl Run {
    /// Adds a node's own progress to the run's.
    pub(crate) fn count(&mut self, ix: NodeIx) {
        let (done, of) = self.node(ix).own_progress();
        self.tally = (self.tally.0 + u64::from(done), self.tally.1 + u64::from(of));
    }

    /// Takes a node's own progress out of the run's, before it changes.
    pub(super) fn uncount(&mut self, ix: NodeIx) {
        let (done, of) = self.node(ix).own_progress();
        self.tally = (self.tally.0 - u64::from(done), self.tally.1 - u64::from(of));
    }

    /// Counters that an entry moves.
    pub(super) fn count_entered(&mut self, ix: NodeIx) {
        self.alive += 1;
        let (kind, boundary) = (self.node(ix).kind, self.node(ix).boundary);
        let Some(at) = boundary.and_then(|boundary| self.frame_index(boundary)) else { return };
        let frame = &mut self.frames[at as usize];
        frame.alive += u32::from(kind != NodeKind::StepGroup);
        // Who waits at a gate counts, too (EX-261).
        frame.active += u32::from(counts(kind));
    }

    /// Counters that an ending moves.
    pub(super) fn count_ended(&mut self, ix: NodeIx) {
        self.alive -= 1;
        self.awaiting.remove(&ix);
        let (kind, boundary, gate) = {
            let node = &mut self.nodes[ix.at()];
            node.awaited = None;
            (node.kind, node.boundary, node.gate.take())
        };
        if gate == Some(Gate::Locks) {
            // Its place in the queue is given back as a lock is, or it would keep others waiting.
            self.holding.insert(Some(ix));
        }
        if gate.is_some() {
            // What it would come to kept others from being judged.
            self.enqueue_around(ix);
        }
        self.without_room.remove(&ix);
        // Who still stood at a gate was no pod that runs.
        let counted = gate.is_none();
        self.active_pods -= u32::from(counted && kind == NodeKind::Pod);
        self.pauses.remove(&ix);
        let Some(at) = boundary.and_then(|boundary| self.frame_index(boundary)) else { return };
        let frame = &mut self.frames[at as usize];
        frame.alive -= u32::from(kind != NodeKind::StepGroup);
        if counts(kind) {
            frame.active -= 1;
            self.enqueue(at);
        }
        self.note_failure(ix);
    }

    /// Tells the frame around a node that it came to a bad end; an attempt that may be tried again has not yet
    /// (EX-263, EX-637).
    pub(super) fn note_failure(&mut self, ix: NodeIx) {
        let node = self.node(ix);
        let counts = matches!(node.kind, NodeKind::Pod | NodeKind::Steps | NodeKind::Dag | NodeKind::Retry);
        if !node.phase.is_bad() || !counts || matches!(node.site, Site::Attempt(_)) {
            return;
        }
        if let Some(at) = node.boundary.and_then(|boundary| self.frame_index(boundary)) {
            self.frames[at as usize].failed_child = true;
        }
    }
}

/// Whether a child of this type counts against its template's own limit (EX-261).
pub(crate) fn counts(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::Pod | NodeKind::Steps | NodeKind::Dag)
}
