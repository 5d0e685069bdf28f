//! What is due when: the timers of a run, and the nodes that nobody has begun in time.

use super::command::{Attempt, Command};
use super::event::Event;
use super::handle::{Turn, message};
use super::node::{NodeIx, NodeKind, Phase, Site};
use super::run::Run;
use crate::time::Time;
use expr::Mode;
use tiphys_expr as expr;

/// The message of a node that nobody has begun in time (EX-119).
const NOT_BEGUN: &str = "timeout";

impl Run {
    /// The earliest instant at which something is to be looked at.
    pub fn next_due(&self) -> Option<Time> {
        // What a held run waits for goes by unseen until it goes on (EX-066).
        let timer = self.timers.first().map(|(due, _)| *due).filter(|_| !self.steering.suspended);
        match (timer, self.deadline) {
            (Some(timer), Some(deadline)) => Some(timer.min(deadline)),
            (timer, deadline) => timer.or(deadline),
        }
    }
}

impl Turn<'_> {
    pub(crate) fn timers_fired(&mut self) {
        if self.run.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.deadline_passed();
        }
        while let Some((due, node)) = self.run.timers.first().copied() {
            if due > self.now || self.run.steering.suspended {
                break;
            }
            // Whatever the node decides, this timer is spent; a decision to wait on sets a new one.
            self.run.timers.remove(&(due, node));
            self.run.due.remove(&node);
            match self.run.node(node).kind {
                _ if self.run.node(node).phase == Phase::Pending => self.pending_too_long(node),
                NodeKind::Suspend => self.resume_by_time(node),
                NodeKind::Retry => self.run.review.push_back(node),
                _ => {}
            }
        }
    }

    /// A node that nobody has begun within its `timeout` or `pendingTimeout` (EX-119).
    fn pending_too_long(&mut self, ix: NodeIx) {
        let (owner, kind, gated) = {
            let node = self.run.node(ix);
            (node.owner, node.kind, node.gate.is_some())
        };
        let generation = self.run.node(ix).generation;
        self.record(Event::Ended {
            node: ix,
            phase: Phase::Failed,
            message: message(NOT_BEGUN),
            outputs: None,
        });
        if kind.is_started() && !gated {
            self.out.commands.push(Command::Dismiss(Attempt { node: ix, generation }));
        }
        let in_group = matches!(self.run.node(ix).site, Site::Task(_) | Site::Item(..))
            && self.run.node(owner).kind == NodeKind::StepGroup;
        if in_group {
            // The group ends in these words, not in the usual ones (EX-134).
            self.record(Event::Broke { group: owner, phase: Phase::Failed, message: NOT_BEGUN.into() });
        }
    }

    /// Sets the timer of a node that waits to be begun, if its template limits that.
    pub(crate) fn limit_pending(&mut self, ix: NodeIx) {
        let Some(template) = self.run.template(ix) else { return };
        let limits = [&template.doc.timeout, &template.doc.pending_timeout];
        if limits.iter().all(|limit| limit.is_empty()) {
            return;
        }
        let view = self.run.view_of(ix, self.now);
        let nanos = limits
            .iter()
            .filter(|limit| !limit.is_empty())
            .filter_map(|limit| expr::render(limit, &view, Mode::Lenient, &self.world(ix.0)).ok())
            // What is no duration is said when the step is started.
            .filter_map(|limit| expr::duration::lenient(&limit).ok())
            .min();
        if let Some(nanos) = nanos {
            let due = self.run.node(ix).started.plus_nanos(nanos);
            self.record(Event::Scheduled { node: ix, due });
        }
    }
}
