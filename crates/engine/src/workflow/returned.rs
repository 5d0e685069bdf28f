//! Errors that do not stay with their node: whoever entered it, or goes on with it, is told (EX-115).
//!
//! A step group breaks by them (EX-134, EX-135), a task says which one it is (EX-166), and the workflow ends in
//! their words (EX-068). A step that merely ends in Error is something else: that is for `continueOn` to judge.

use super::event::Event;
use super::handle::{Turn, message};
use super::node::{NodeIx, NodeKind, Phase, Site};
use super::retry::effective_policy;
use tiphys_spec as spec;

impl Turn<'_> {
    /// Ends a node by an error that is returned to whoever entered it.
    pub(crate) fn errored(&mut self, ix: NodeIx, reason: &str) {
        let node = self.run.node(ix);
        let shown = self.task_error(node.owner, &node.site, reason);
        self.record(Event::Ended { node: ix, phase: Phase::Error, message: message(shown), outputs: None });
        self.returned(ix, reason);
    }

    /// The same of a node that stood at a gate and has never begun: it counts as one that could not (EX-033).
    pub(crate) fn barred(&mut self, ix: NodeIx, reason: &str) {
        self.record(Event::Barred { node: ix });
        self.errored(ix, reason);
    }

    /// Tells whoever entered a node by which error it has ended.
    pub(crate) fn returned(&mut self, ix: NodeIx, reason: &str) {
        let (owner, site) = (self.run.node(ix).owner, self.run.node(ix).site.clone());
        match site {
            Site::Entry => self.record(Event::Returned { message: reason.into() }),
            Site::Task(_) | Site::Item(..) if self.run.node(owner).kind == NodeKind::StepGroup => {
                let reason = self.child_error(owner, &site, reason);
                self.record(Event::Broke { group: owner, phase: Phase::Error, message: reason.into() });
            }
            Site::Hook(name) if owner == NodeIx::ROOT && &*name == "exit" => {
                self.record(Event::Returned { message: reason.into() });
            }
            Site::Hook(_) if owner == NodeIx::ROOT => {}
            // A pod that may not be named so: workflows of version 3, whose pods had other names, end well all the same.
            Site::Hook(_) if self.run.is_misnamed(ix) => {}
            // A hook that merely fails changes nothing; one that cannot be run breaks the group (EX-245, EX-251).
            Site::Hook(_) if self.group_of(owner).is_some() => self.broken_by_hook(owner, reason.to_owned()),
            Site::Attempt(_)
                if !self.run.node(owner).phase.is_ended() && !self.tries_errors(owner, |_| true) =>
            {
                self.wrapper_errored(owner, reason);
                self.returned(owner, reason);
            }
            _ => {}
        }
    }

    /// Ends a wrapper whose attempt could not be entered, or was given up by an error of ours.
    pub(crate) fn wrapper_errored(&mut self, wrapper: NodeIx, reason: &str) {
        let node = self.run.node(wrapper);
        // The workflow ends in the words of the attempt; its entry node is told that it did (EX-007).
        let shown = if wrapper == NodeIx::ROOT {
            "Workflow operation error".to_owned()
        } else {
            self.task_error(node.owner, &node.site, reason)
        };
        self.record(Event::Ended {
            node: wrapper,
            phase: Phase::Error,
            message: message(shown),
            outputs: None,
        });
    }

    /// A group's words for a child that could not be entered (EX-134).
    pub(crate) fn child_error(&self, owner: NodeIx, site: &Site, reason: &str) -> String {
        let child = self.run.name_at(owner, site);
        format!("step group deemed errored due to child {child} error: {reason}")
    }

    /// Whether a wrapper whose strategy is `fit` makes another attempt after one that ended in Error, so that nobody
    /// else is told.
    pub(crate) fn tries_errors(&self, wrapper: NodeIx, fit: fn(&spec::RetryStrategy) -> bool) -> bool {
        let strategy = self.strategy(wrapper);
        strategy.is_ok_and(|strategy| {
            fit(&strategy) && matches!(effective_policy(&strategy), "Always" | "OnError" | "OnTransientError")
        })
    }
}
