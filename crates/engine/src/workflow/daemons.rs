//! How daemons end: with what they serve. And who ended although no runner has said so.

use super::command::{Attempt, Command};
use super::event::Event;
use super::handle::Turn;
use super::node::{NodeIx, Phase};
use super::run::Run;

impl Run {
    /// What ended although nobody said that it has: daemons with what lay beside them, and what was given up before
    /// anything was heard of it. Whoever takes the run up dismisses it once more.
    pub fn dismissed(&self) -> Vec<Attempt> {
        self.indices()
            .filter(|ix| {
                let node = self.node(*ix);
                // It never succeeds by itself (EX-372).
                let with_its_boundary = self.is_daemon(*ix) && node.phase == Phase::Succeeded;
                let unheard = node.phase.is_bad() && node.outputs.is_none();
                node.kind.is_started() && (with_its_boundary || unheard)
            })
            .map(|ix| Attempt { node: ix, generation: self.node(ix).generation })
            .collect()
    }

    /// For whom a steps or dag node enters nothing for now: a daemon beside or around it that others went on with is being
    /// started again, and whoever comes would find neither its address nor the status that it had (EX-371).
    pub(crate) fn awaited_daemon(&self, frame: NodeIx) -> Option<NodeIx> {
        if self.returning.is_empty() || self.is_shut_down(frame) {
            return None;
        }
        let serves = |boundary: NodeIx| {
            std::iter::successors(Some(frame), |at| self.node(*at).boundary).any(|around| around == boundary)
        };
        self.returning.iter().copied().find(|daemon| self.node(*daemon).boundary.is_none_or(serves))
    }

    /// Whether outputs of a steps or dag node cannot be told yet: a daemon among what it entered is being started again,
    /// and the outputs would tell of that instead of what it is (EX-371).
    pub(crate) fn tells_nothing_yet(&self, ix: NodeIx) -> bool {
        self.returning.iter().any(|daemon| self.node(*daemon).boundary == Some(ix))
    }

    /// A daemon is ready again, or never will be: whoever waited for it goes on, or ends.
    pub(crate) fn daemon_returned(&mut self, daemon: NodeIx) {
        if self.returning.remove(&daemon) {
            for at in std::mem::take(&mut self.behind_daemons) {
                self.enqueue(at);
                self.review.push_back(self.frames[at as usize].node);
            }
        }
    }
}

impl Turn<'_> {
    /// Daemons are there for what lies beside them: they go when the steps or dag node around them ends
    /// (EX-140, EX-176, EX-371), and without one when the workflow does (EX-008).
    pub(crate) fn end_daemons(&mut self, boundary: Option<NodeIx>) {
        let inside: Vec<NodeIx> =
            self.run.daemons.iter().copied().filter(|ix| self.run.node(*ix).boundary == boundary).collect();
        for ix in inside {
            self.end_daemon(ix);
        }
    }

    /// One of them, and of a wrapper also the attempt that is not ready yet.
    fn end_daemon(&mut self, ix: NodeIx) {
        if self.run.node(ix).phase.is_ended() {
            return;
        }
        if let Some(last) = self.run.attempts(ix).last().copied() {
            self.end_daemon(last);
        }
        let generation = self.run.node(ix).generation;
        if self.run.node(ix).kind.is_started() {
            self.out.commands.push(Command::Dismiss(Attempt { node: ix, generation }));
        }
        self.record(Event::Ended { node: ix, phase: Phase::Succeeded, message: None, outputs: None });
    }
}
