//! Retry by hand: which nodes of a run that is over are taken out, and which go on (EX-300 to EX-308).

use super::event::Event;
use super::handle::Turn;
use super::node::{NodeIx, NodeKind, Part, Phase, Site};
use super::run::{Run, Stage};
use super::scope::View;
use crate::selector::FieldSelector;
use expr::Mode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_expr as expr;

/// A retry as somebody asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retry {
    /// Also run again what the selector matches, though it succeeded.
    pub restart_successful: bool,
    /// Argo's node field selector (EX-285).
    pub selector: String,
    /// Other values for parameters of the workflow.
    pub parameters: BTreeMap<Arc<str>, Arc<str>>,
}

impl Run {
    /// Why this retry cannot be, in Argo's words; none if it can (EX-300).
    pub fn retry_refused(&self, retry: &Retry) -> Option<String> {
        match self.phase {
            _ if !self.is_ended() => {
                Some(format!("Cannot retry a workflow in phase {}", crate::status::phase_name(self)))
            }
            Phase::Failed | Phase::Error => None,
            _ if retry.restart_successful && !retry.selector.is_empty() => None,
            _ => Some(
                "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector"
                    .to_owned(),
            ),
        }
    }

    /// Nodes that a retry would take out.
    pub fn retry_takes(&self, retry: &Retry) -> Vec<NodeIx> {
        let removed = self.removed_by(retry);
        self.indices().filter(|ix| removed[ix.at()]).collect()
    }

    /// Nodes that a retry takes out, in order of entry: they come to be again if the run gets there.
    fn removed_by(&self, retry: &Retry) -> Vec<bool> {
        let children = crate::status::children(self);
        let success = self.leads_to_success();
        let mut removed = vec![false; self.nodes.len()];
        let mut open: Vec<NodeIx> = Vec::new();
        let is_chosen = retry.restart_successful && !retry.selector.is_empty();
        // One that cannot be read was refused by whoever asks, and chooses nothing.
        let choice = FieldSelector::parse(&retry.selector).ok().filter(|_| is_chosen);
        for ix in self.indices() {
            let node = self.node(ix);
            if self.is_in_exit_handler(ix) {
                open.push(ix);
                continue;
            }
            let chosen = choice.as_ref().is_some_and(|choice| self.matches(ix, choice));
            let whole = if node.kind == NodeKind::Container { node.owner } else { ix };
            if chosen && !self.is_superseded(ix) {
                open.push(whole);
            }
            // What could never be started has no result to keep either (EX-636).
            let unstartable = node.kind == NodeKind::Skipped && node.phase == Phase::Error;
            let worker = self.is_unopened(ix)
                || node.kind.is_started()
                || matches!(node.kind, NodeKind::Container | NodeKind::Suspend);
            if !node.phase.is_bad() || !(worker || unstartable) || self.is_superseded(ix) {
                continue;
            }
            // An attempt is judged by its wrapper: one that succeeded in the end keeps its failures (EX-301).
            let judged = if matches!(node.site, Site::Attempt(_)) { node.owner } else { ix };
            let bad = !self.node(judged).has_succeeded() && !success[judged.at()];
            if bad && !self.is_left_behind(ix, &success) {
                open.push(whole);
            }
        }
        self.remove_below(open, &children, &mut removed);
        self.remove_what_follows(&children, &mut removed);
        if !retry.parameters.is_empty() {
            // With other parameters loops may have other items (EX-307).
            let expanded: Vec<NodeIx> = self
                .reset_by(&removed)
                .into_iter()
                .flat_map(|ix| match self.node(ix).kind {
                    // The group itself stays where it is, and is expanded once more.
                    NodeKind::TaskGroup => self.in_order_of_entry(ix, self.hooks_of(ix)),
                    NodeKind::StepGroup => self.members(ix),
                    _ => Vec::new(),
                })
                .collect();
            self.remove_below(expanded, &children, &mut removed);
            self.remove_what_follows(&children, &mut removed);
        }
        removed
    }

    /// What follows from a node that goes on is no descendant of it when the node leads on from within: later groups
    /// begin after it, tasks that were omitted because of it are judged again, and attempts after it are made anew
    /// (EX-302).
    fn remove_what_follows(&self, children: &[Vec<NodeIx>], removed: &mut [bool]) {
        // Each round takes out a node that was still there.
        loop {
            let mut goes_on = removed.to_vec();
            let reset = self.reset_by(removed);
            reset.iter().for_each(|ix| goes_on[ix.at()] = true);
            let mut following: Vec<NodeIx> = reset.iter().filter_map(|ix| self.next_group(*ix)).collect();
            following.extend(self.indices().filter(|ix| {
                self.node(*ix).phase == Phase::Omitted
                    && self.depends_on(*ix).iter().any(|before| goes_on[before.at()])
            }));
            // Also one that a success behind it has left behind, when what lies around it is gone through once more.
            following.extend(reset.iter().copied().filter(|ix| self.is_unopened(*ix)));
            for ix in &reset {
                let attempts = self.attempts(*ix).iter();
                following.extend(attempts.skip_while(|attempt| !removed[attempt.at()]));
            }
            following.retain(|ix| !removed[ix.at()]);
            if following.is_empty() {
                return;
            }
            self.remove_below(following, children, removed);
        }
    }

    /// The group after this one, if the run got there.
    fn next_group(&self, ix: NodeIx) -> Option<NodeIx> {
        let node = self.node(ix);
        let Site::Group(number) = node.site else { return None };
        self.groups_of.get(&(node.owner, number + 1)).copied()
    }

    /// The nodes that a task of a dag waited for.
    pub(crate) fn depends_on(&self, ix: NodeIx) -> Vec<NodeIx> {
        let Some((at, task)) = self.task_of(ix) else { return Vec::new() };
        let frame = &self.frames[at as usize];
        let dependencies = self.tasks(frame).dependencies.of(task);
        dependencies.iter().filter_map(|before| frame.slots[before.at()].node).collect()
    }

    fn remove_below(&self, mut open: Vec<NodeIx>, children: &[Vec<NodeIx>], removed: &mut [bool]) {
        while let Some(ix) = open.pop() {
            if std::mem::replace(&mut removed[ix.at()], true) {
                continue;
            }
            open.extend(&children[ix.at()]);
            open.extend(self.hook_nodes.get(&ix).into_iter().flatten());
        }
    }

    /// By node: something that came after it succeeded, so its failure was tolerated (EX-301). A hook comes with its
    /// node, not after it: that somebody was told of a failure does not mend it.
    fn leads_to_success(&self) -> Vec<bool> {
        let mut leads = vec![false; self.nodes.len()];
        let mut open: Vec<NodeIx> = self.indices().filter(|ix| self.node(*ix).has_succeeded()).collect();
        while let Some(ix) = open.pop() {
            if matches!(self.node(ix).site, Site::Hook(_)) {
                continue;
            }
            for parent in self.graph_parents(ix) {
                if !std::mem::replace(&mut leads[parent.at()], true) {
                    open.push(parent);
                }
            }
        }
        leads
    }

    /// Whether a node lies within an attempt that another one followed: that is history.
    fn is_superseded(&self, ix: NodeIx) -> bool {
        let mut at = ix;
        loop {
            let node = self.node(at);
            if node.site == Site::Entry {
                return false;
            }
            if at != ix
                && matches!(node.site, Site::Attempt(_))
                && self.attempts(node.owner).last() != Some(&at)
            {
                return true;
            }
            at = node.owner;
        }
    }

    /// Whether the run has left a failure behind: it lies in a group after which another succeeded, or in a hook of a
    /// step whose group is over. What such a hook comes to decides nothing, and it does not bring the group back.
    fn is_left_behind(&self, ix: NodeIx, success: &[bool]) -> bool {
        let (mut at, mut in_hook) = (ix, false);
        while self.node(at).site != Site::Entry {
            let node = self.node(at);
            let next = self.next_group(at);
            if next.is_some_and(|next| in_hook || self.node(next).has_succeeded() || success[next.at()]) {
                return true;
            }
            in_hook |= matches!(node.site, Site::Hook(_));
            at = node.owner;
        }
        false
    }

    /// Whether a node belongs to the workflow's exit handler (EX-303).
    fn is_in_exit_handler(&self, ix: NodeIx) -> bool {
        let mut at = ix;
        loop {
            let node = self.node(at);
            match &node.site {
                Site::Entry => return false,
                Site::Hook(name) if &**name == "exit" && node.owner == NodeIx::ROOT => return true,
                _ => at = node.owner,
            }
        }
    }

    /// Whether a construct ended at its gate: there is nothing in it that could go on.
    fn is_unopened(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        matches!(node.kind, NodeKind::Steps | NodeKind::Dag | NodeKind::Retry)
            && matches!(node.part, Part::None)
    }

    /// What encloses a removed node, or was ended before it had done all, and goes on (EX-302).
    fn reset_by(&self, removed: &[bool]) -> Vec<NodeIx> {
        let mut reset = vec![false; self.nodes.len()];
        for ix in self.indices().filter(|ix| removed[ix.at()]) {
            let mut at = ix;
            while at != NodeIx::ROOT {
                let node = self.node(at);
                if matches!(node.site, Site::Hook(_)) && node.owner == NodeIx::ROOT {
                    break;
                }
                at = node.owner;
                if is_construct(self.node(at).kind) && !removed[at.at()] {
                    reset[at.at()] = true;
                }
            }
        }
        // A stop, a deadline or `failFast` ends constructs in which nothing failed.
        let mut open = vec![NodeIx::ROOT];
        while let Some(ix) = open.pop() {
            let node = self.node(ix);
            let goes_on = node.phase.is_bad() || reset[ix.at()] || self.is_cut_short(ix);
            if removed[ix.at()] || !is_construct(node.kind) || !goes_on {
                continue;
            }
            reset[ix.at()] = true;
            open.extend(self.decisive(ix));
        }
        self.indices().filter(|ix| reset[ix.at()]).collect()
    }

    /// Whether a loop was ended before all of its items had come to be, or were known: without any it would be Skipped.
    fn is_cut_short(&self, ix: NodeIx) -> bool {
        let Part::Loop(looped) = self.node(ix).part else { return false };
        let looped = &self.loops[looped as usize];
        let is_unknown = looped.items.is_empty() && self.node(ix).phase == Phase::Succeeded;
        is_unknown || looped.children.len() < looped.items.len()
    }

    /// The nodes inside a construct whose failure is its own: those that it neither tolerates nor left behind.
    fn decisive(&self, ix: NodeIx) -> Vec<NodeIx> {
        let node = self.node(ix);
        match node.part {
            Part::Retry(_) => self.attempts(ix).last().copied().into_iter().collect(),
            Part::Loop(_) => self.members(ix),
            Part::None if node.kind == NodeKind::StepGroup => self.members(ix),
            Part::Frame(at) => {
                let frame = &self.frames[at as usize];
                if let Some(group) = frame.group {
                    return vec![group];
                }
                let went_on = |task: &super::node::TaskIx| {
                    frame.order.waiting.of(*task).iter().any(|dependent| {
                        frame.slots[dependent.at()].node.is_some_and(|node| self.node(node).has_succeeded())
                    })
                };
                (0..frame.slots.len() as u32)
                    .map(super::node::TaskIx)
                    .filter(|task| !went_on(task))
                    .filter_map(|task| frame.slots[task.at()].node)
                    .collect()
            }
            Part::None => Vec::new(),
        }
    }
}

impl Turn<'_> {
    /// Opens a run that is over once more.
    pub(crate) fn retry_by_hand(&mut self, retry: &Retry) {
        // Asked twice, or of a run that goes on by itself: nothing to do (I5).
        if self.run.stage != Stage::Ended || self.run.retry_refused(retry).is_some() {
            return;
        }
        if self.run.nodes.is_empty() {
            let parameters = retry.parameters.clone();
            return self.record(Event::Retried { removed: Vec::new(), reset: Vec::new(), parameters });
        }
        let removed = self.run.removed_by(retry);
        let reset = self.run.reset_by(&removed);
        let removed = self.run.indices().filter(|ix| removed[ix.at()]).collect();
        self.record(Event::Retried { removed, reset: reset.clone(), parameters: retry.parameters.clone() });
        if !retry.parameters.is_empty() && !self.run.nodes.is_empty() {
            reset.into_iter().for_each(|ix| self.rebind(ix));
        }
    }

    /// Gives a construct that goes on the inputs that follow from other parameters (EX-307).
    fn rebind(&mut self, ix: NodeIx) {
        let node = self.run.node(ix);
        let (owner, site, template) = (node.owner, node.site.clone(), node.template);
        // The group of a loop refers to a template and has no inputs; each expansion has its own.
        let Some(template) = template.filter(|_| node.kind != NodeKind::TaskGroup) else { return };
        let plan = self.run.plan.clone();
        let args = match &site {
            Site::Entry => self.entry_arguments(),
            Site::Task(_) | Site::Item(..) => {
                let Some((frame, task)) = self.run.task_of(ix) else { return };
                let arguments = self.run.tasks(&self.run.frames[frame as usize]).tasks[task.at()].arguments();
                let view =
                    View { item: self.run.item_of(ix), ..self.run.task_view(frame, Some(task), self.now) };
                self.arguments(arguments, &view, Mode::Lenient)
            }
            Site::Attempt(_) => {
                let inputs = self.run.node(owner).inputs.clone();
                return self.rebound(ix, inputs);
            }
            Site::Group(_) | Site::Hook(_) | Site::Container(_) => return,
        };
        let Ok(args) = args else { return };
        let entry = super::enter::Entry { owner, site, template, templated: false, args };
        if let Ok(super::bind::Received { inputs, .. }) = self.bind(plan.template(template), &entry) {
            self.rebound(ix, (inputs != Default::default()).then(|| Arc::new(inputs)));
        }
    }

    fn rebound(&mut self, node: NodeIx, inputs: Option<Arc<super::node::Inputs>>) {
        if self.run.node(node).inputs != inputs {
            self.record(Event::Rebound { node, inputs });
        }
    }
}

/// Types of nodes that hold others and can go on.
fn is_construct(kind: NodeKind) -> bool {
    matches!(
        kind,
        NodeKind::Steps | NodeKind::Dag | NodeKind::StepGroup | NodeKind::TaskGroup | NodeKind::Retry
    )
}
