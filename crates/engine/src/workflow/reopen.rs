//! How a run that was over is open again: what is kept is taken stock of, and the rest may be entered once more.
//!
//! Part of `apply` (I1): together with `recover` the only place that looks at every node.

use super::node::{NodeIx, NodeKind, Part, Phase, Site, TaskIx};
use super::run::{Ready, Run, Stage, Steering};
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

impl Run {
    /// Folds a retry by hand into the state.
    pub(crate) fn reopen(
        &mut self,
        at: Time,
        removed: &[NodeIx],
        reset: &[NodeIx],
        parameters: &BTreeMap<Arc<str>, Arc<str>>,
    ) {
        self.life += 1;
        (self.stage, self.phase, self.message) = (Stage::Main, Phase::Pending, None);
        (self.started, self.finished) = (Some(at), None);
        self.steering = Steering::default();
        (self.returned, self.exit_returned) = (None, None);
        (self.collection.is_done, self.collection.failures) = (false, Vec::new());
        // A deadline of nothing, as Argo's own stop of old, does not end the next life too (EX-306).
        self.deadline = super::globals::deadline(&self.plan, at).filter(|deadline| *deadline > at);
        self.override_parameters(parameters);
        self.forget_what_was_pending();
        let kept_edges = self.edges_kept(removed, reset);
        self.kept_edges.extend(kept_edges);
        for ix in removed {
            self.nodes[ix.at()].removed = true;
            self.kept_edges.remove(ix);
        }
        if self.nodes.first().is_none_or(|root| root.removed) {
            return self.begin_anew();
        }
        for ix in reset {
            let node = &mut self.nodes[ix.at()];
            (node.phase, node.started, node.finished) = (Phase::Running, at, None);
            (node.message, node.outputs, node.settled, node.hook_broke) = (None, None, false, false);
            // What served in the life before is gone.
            (node.daemoned, node.address) = (false, None);
        }
        self.take_stock(removed, reset);
        let all_again = !parameters.is_empty();
        for ix in reset {
            match self.node(*ix).part {
                Part::Retry(retry) => {
                    let nodes = std::mem::take(&mut self.retries[retry as usize].nodes);
                    self.retries[retry as usize].nodes =
                        nodes.into_iter().filter(|attempt| !self.node(*attempt).removed).collect();
                }
                Part::Frame(frame) => self.reopen_frame(frame, all_again),
                Part::Loop(_) | Part::None => {}
            }
        }
        if self.plan.workflow.spec.synchronization.is_some() {
            self.relocking.insert(None);
        }
        for ix in reset {
            let locked = self.template(*ix).is_some_and(|template| template.doc.synchronization.is_some());
            let node = self.node(*ix);
            // The group of a loop runs no template, and an attempt runs under the locks of its wrapper.
            let is_group = matches!(node.kind, NodeKind::TaskGroup | NodeKind::StepGroup);
            if locked && !is_group && !matches!(node.site, Site::Attempt(_)) {
                self.relocking.insert(Some(*ix));
            }
        }
        self.review.extend(reset);
        self.review.push_back(NodeIx::ROOT);
    }

    /// Overrides parameters of the workflow (EX-307).
    fn override_parameters(&mut self, parameters: &BTreeMap<Arc<str>, Arc<str>>) {
        for (name, value) in parameters {
            match self.globals.parameters.iter_mut().find(|(known, _)| known == name) {
                Some((_, old)) => *old = value.clone(),
                None => self.globals.parameters.push((name.clone(), value.clone())),
            }
            self.globals.overridden.insert(name.clone(), value.clone());
        }
        if !parameters.is_empty() {
            self.globals.names = super::globals::names(&self.plan, &self.globals);
            self.globals.later = super::globals::later(&self.plan, &self.globals);
            for (name, value) in &self.globals.outputs {
                let Some(value) = value else { continue };
                let name = format!("workflow.outputs.parameters.{name}");
                self.globals.names.insert(name.into(), value.clone());
            }
        }
    }

    fn forget_what_was_pending(&mut self) {
        self.holding.clear();
        self.awaiting.clear();
        self.relocking.clear();
        self.behind_locks.clear();
        self.daemons.clear();
        self.returning.clear();
        self.behind_daemons.clear();
        self.held_hooks.clear();
        self.without_room.clear();
        self.asking = None;
        self.timers.clear();
        self.due.clear();
        self.agenda.clear();
        self.review.clear();
        self.frames.iter_mut().for_each(|frame| frame.queued = false);
    }

    /// Nothing is left of the run: it begins like a new one, with attempts that nobody confuses with the old ones.
    fn begin_anew(&mut self) {
        self.first_generation =
            1 + self.nodes.iter().map(|node| node.generation).max().unwrap_or(self.first_generation);
        self.nodes.clear();
        self.frames.clear();
        self.loops.clear();
        self.retries.clear();
        self.groups_of.clear();
        self.hook_nodes.clear();
        self.members_of.clear();
        self.kept_edges.clear();
        self.collection.gone.clear();
        (self.active_pods, self.tally, self.alive) = (0, (0, 0), 0);
        self.pauses.clear();
        self.asked_for_locks = false;
    }

    /// Counts again what the nodes that are left come to.
    fn take_stock(&mut self, removed: &[NodeIx], reset: &[NodeIx]) {
        (self.active_pods, self.tally, self.alive) = (0, (0, 0), 0);
        self.pauses.clear();
        self.groups_of.retain(|_, group| !self.nodes[group.at()].removed);
        self.members_of.values_mut().for_each(|members| members.retain(|ix| !self.nodes[ix.at()].removed));
        self.members_of.retain(|_, members| !members.is_empty());
        self.hook_nodes.clear();
        self.nodes.iter_mut().for_each(|node| node.open_hooks = 0);
        for ix in removed.iter().chain(reset) {
            // Its hook is gone or goes on, so a node is not done with its hooks any more.
            if let Site::Hook(name) = &self.node(*ix).site {
                let owner = self.node(*ix).owner;
                // One that goes with its hook has ended for good: another node comes in its place. And nobody waits
                // for the workflow's exit handler before the entry node is done: it comes after (EX-070).
                let is_handler = owner == NodeIx::ROOT && &**name == "exit";
                if self.node(owner).removed || is_handler {
                    continue;
                }
                self.nodes[owner.at()].settled = false;
                self.review.push_back(owner);
            }
        }
        for ix in self.indices() {
            let (owner, is_hook) = (self.node(ix).owner, matches!(self.node(ix).site, Site::Hook(_)));
            if is_hook {
                // Whoever comes to be from now on finds it there.
                self.nodes[ix.at()].late = false;
                self.hook_nodes.entry(owner).or_default().push(ix);
                self.nodes[owner.at()].open_hooks += u16::from(!self.node(ix).settled);
            }
            let is_ended = self.node(ix).phase.is_ended();
            self.nodes[ix.at()].kept = is_ended;
            self.alive += u32::from(!is_ended);
            self.count(ix);
        }
        self.look_at_exit_hooks_again();
        let touched: BTreeSet<u32> =
            self.frames.iter().enumerate().map(|(at, _)| at as u32).filter(|at| self.goes_on(*at)).collect();
        for at in &touched {
            let frame = &mut self.frames[*at as usize];
            (frame.alive, frame.active, frame.failed_child, frame.broken) = (0, 0, false, None);
        }
        for ix in self.indices() {
            let node = self.node(ix);
            let Some(at) = node.boundary.and_then(|boundary| self.frame_index(boundary)) else { continue };
            if !touched.contains(&at) {
                continue;
            }
            let (kind, open) = (node.kind, !node.phase.is_ended());
            let failed = node.phase.is_bad()
                && !matches!(node.site, Site::Attempt(_))
                && matches!(kind, NodeKind::Pod | NodeKind::Steps | NodeKind::Dag | NodeKind::Retry);
            let frame = &mut self.frames[at as usize];
            frame.alive += u32::from(open && kind != NodeKind::StepGroup);
            frame.active += u32::from(open && super::tally::counts(kind));
            frame.failed_child |= failed;
        }
    }

    /// What an exit hook of a target made of its dag is to be found out again (EX-245).
    fn look_at_exit_hooks_again(&mut self) {
        let broken = (0..self.frames.len() as u32).filter(|at| self.goes_on(*at));
        let broken = broken.map(|at| &self.frames[at as usize]).filter(|frame| frame.broken.is_some());
        let targets: Vec<NodeIx> = broken
            .flat_map(|frame| frame.order.targets.iter().filter_map(|task| frame.slots[task.at()].node))
            .filter(|ix| !self.node(*ix).removed && self.has_hooks(*ix) && !self.has_hook_node(*ix, "exit"))
            .collect();
        for ix in targets {
            self.nodes[ix.at()].settled = false;
            self.review.push_back(ix);
        }
    }

    fn goes_on(&self, frame: u32) -> bool {
        let node = self.node(self.frames[frame as usize].node);
        !node.removed && !node.phase.is_ended()
    }

    /// Makes a frame ready to enter what is missing in it.
    fn reopen_frame(&mut self, at: u32, all_again: bool) {
        let plan = self.plan.clone();
        let tasks = plan
            .template(self.frames[at as usize].template)
            .frame()
            .expect("a frame's template has tasks: it was entered as one");
        for task in 0..tasks.tasks.len() {
            self.reopen_slot(at, task, all_again);
        }
        let node = self.frames[at as usize].node;
        let group = self.groups_of.range((node, 0)..=(node, u32::MAX)).next_back().map(|(_, group)| *group);
        let order = self.frames[at as usize].order.clone();
        let mut ready = BTreeMap::new();
        let (mut open, mut unsettled) = (0, 0);
        if tasks.is_dag {
            let mut seen = vec![false; tasks.tasks.len()];
            let mut visit: VecDeque<TaskIx> = order.roots.iter().copied().collect();
            while let Some(task) = visit.pop_front() {
                if std::mem::replace(&mut seen[task.at()], true) {
                    continue;
                }
                visit.extend(order.waiting.of(task));
                let slots = &self.frames[at as usize].slots;
                let waiting_for = tasks
                    .dependencies
                    .of(task)
                    .iter()
                    .filter(|dependency| !slots[dependency.at()].settled)
                    .count() as u32;
                unsettled += u32::from(!slots[task.at()].settled);
                open += u32::from(slots[task.at()].node.is_some() && !slots[task.at()].settled);
                let next = self.ready_of(at, task).filter(|_| waiting_for == 0);
                ready.extend(next.map(|next| (order.rank[task.at()], next)));
                self.frames[at as usize].slots[task.at()].waiting_for = waiting_for;
            }
        } else if let Some(group) = group
            && let Site::Group(number) = self.node(group).site
        {
            for task in tasks.groups[number as usize].clone().map(TaskIx) {
                let slot = &self.frames[at as usize].slots[task.at()];
                open += u32::from((slot.node.is_some() || slot.looped.is_some()) && !slot.settled);
                ready.extend(self.ready_of(at, task).map(|next| (task.0, next)));
            }
        }
        let frame = &mut self.frames[at as usize];
        (frame.group, frame.ready, frame.open, frame.unsettled) = (group, ready, open, unsettled);
        frame.looked_behind = false;
        self.enqueue(at);
    }

    /// What is left of a task's place.
    fn reopen_slot(&mut self, at: u32, task: usize, all_again: bool) {
        let mut slot = self.frames[at as usize].slots[task].clone();
        slot.node = slot.node.filter(|node| !self.node(*node).removed);
        if let Some(looped) = slot.looped {
            let removed = |ix: &NodeIx| self.nodes[ix.at()].removed;
            let group = &self.loops[looped as usize];
            let missing = group.children.iter().filter(|(_, child)| removed(child));
            let missing: VecDeque<u32> = missing.map(|(index, _)| *index).collect();
            let begins_anew =
                group.children.is_empty() || (all_again && missing.len() == group.children.len());
            let goes_on = slot.node == Some(group.owner) && !self.node(group.owner).phase.is_ended();
            if begins_anew && goes_on {
                // The group of a loop of a dag is there, and is expanded once more.
                self.loops[looped as usize].forget_items();
            } else if begins_anew || removed(&group.owner) {
                slot.looped = None;
            } else {
                let open =
                    group.children.values().filter(|ix| !removed(ix) && !self.node(**ix).settled).count();
                let group = &mut self.loops[looped as usize];
                (group.again, group.open, group.stop) = (missing, open as u32, group.items.len() as u32);
                group.aggregate = Default::default();
            }
        }
        slot.settled = match (slot.node, slot.looped) {
            (Some(node), _) => self.node(node).settled,
            (None, Some(looped)) => {
                let group = &self.loops[looped as usize];
                group.open == 0 && !group.has_more()
            }
            (None, None) => false,
        };
        self.frames[at as usize].slots[task] = slot;
    }

    /// What of a task is to be entered next, if anything.
    pub(crate) fn ready_of(&self, at: u32, task: TaskIx) -> Option<Ready> {
        let slot = &self.frames[at as usize].slots[task.at()];
        match (slot.looped, slot.node) {
            (Some(looped), _) => self.loops[looped as usize].has_more().then_some(Ready::Loop(looped)),
            (None, None) => Some(Ready::Task(task)),
            (None, Some(_)) => None,
        }
    }
}
