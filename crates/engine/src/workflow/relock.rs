//! Locks that are asked for again when a run goes on after a retry by hand (EX-304, EX-350).
//!
//! A construct that goes on had its locks once and has given them back. As Argo asks each time it comes to a node,
//! nothing within such a construct goes on before they are held again, from the outside in, and everything beside it
//! does: two that want the same mutex have it one after the other.

use super::command::Command;
use super::event::Event;
use super::handle::{Turn, message};
use super::node::{NodeIx, Part, Phase, Site};
use super::run::Run;

impl Run {
    /// The outermost holder, a node or the workflow itself, that has to have its locks again before this node goes on.
    pub(crate) fn relocked_by(&self, ix: NodeIx) -> Option<Option<NodeIx>> {
        if self.relocking.contains(&None) {
            return Some(None);
        }
        if self.relocking.is_empty() {
            return None;
        }
        let with_itself = std::iter::successors(Some(ix), |at| self.enclosing(*at));
        with_itself.map(Some).filter(|who| self.relocking.contains(who)).last()
    }

    /// The node around another one, without which that could not run on. A hook lies beside the node that it belongs
    /// to: that one ends, and gives its locks back, before its hooks are done.
    pub(crate) fn enclosing(&self, ix: NodeIx) -> Option<NodeIx> {
        let node = self.node(ix);
        match node.site {
            Site::Entry => None,
            Site::Hook(_) if node.owner == NodeIx::ROOT => None,
            Site::Hook(_) => Some(self.node(node.owner).owner),
            _ => Some(node.owner),
        }
    }

    /// A holder waits for its locks no more: what stood behind them is looked at. Whether it waited.
    pub(crate) fn pass_relocking(&mut self, who: Option<NodeIx>) -> bool {
        for ix in self.behind_locks.remove(&who).unwrap_or_default() {
            self.review.push_back(ix);
            if let Part::Frame(frame) = self.node(ix).part {
                self.enqueue(frame);
            }
        }
        self.relocking.remove(&who)
    }
}

impl Turn<'_> {
    /// Whether a node has to wait for locks of a construct that goes on; whoever comes to that construct first asks
    /// for them.
    pub(crate) fn waits_behind_locks(&mut self, ix: NodeIx) -> bool {
        let Some(who) = self.run.relocked_by(ix) else { return false };
        let is_new = self.run.behind_locks.entry(who).or_default().insert(ix);
        if is_new && who == Some(ix) {
            self.out.commands.push(Command::AcquireLocks(who));
        }
        true
    }

    /// Ends a construct that waits for its locks, and with it what is open within: nothing of it runs, and no hook of it
    /// would be waited for, not that of what had ended before either.
    pub(crate) fn end_relocking(&mut self, ix: NodeIx, phase: Phase, reason: &str) {
        let run = &*self.run;
        let lies_within =
            |inner: NodeIx| std::iter::successors(Some(inner), |at| run.enclosing(*at)).any(|at| at == ix);
        let within: Vec<NodeIx> =
            run.indices().filter(|inner| !run.node(*inner).settled && lies_within(*inner)).collect();
        for node in within.into_iter().rev() {
            if !self.run.node(node).phase.is_ended() {
                self.record(Event::Ended { node, phase, message: message(reason), outputs: None });
            }
            if node != ix && !self.run.node(node).settled {
                self.record(Event::Settled { node });
            }
        }
    }
}
