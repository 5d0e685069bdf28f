//! Which failures did not count further up, so that nothing goes back to them.

use crate::workflow::node::TaskIx;
use crate::workflow::{NodeIx, Phase, Run, Site};
use std::collections::BTreeMap;

/// Judges failures of a run, as parts of what lies below one node of it, if one is given.
pub(super) struct Tolerance<'run> {
    run: &'run Run,
    above: Option<NodeIx>,
    /// By the frame of a dag, and whether they end in Error: which tasks break it when they break.
    decisive: BTreeMap<(u32, bool), Vec<bool>>,
}

impl<'run> Tolerance<'run> {
    pub(super) fn of(run: &'run Run, above: Option<NodeIx>) -> Tolerance<'run> {
        Tolerance { run, above, decisive: BTreeMap::new() }
    }

    /// Whether a failure did not count further up: its step or task says so (`continueOn`), what comes after it ran
    /// nevertheless, or what lies around it came out well all the same.
    pub(super) fn covers(&mut self, ix: NodeIx) -> bool {
        let mut at = ix;
        loop {
            let node = self.run.node(at);
            if Some(at) == self.above || node.site == Site::Entry {
                return false;
            }
            let around = self.run.node(node.owner).phase;
            let is_well = around.is_ended() && !around.is_bad() && !matches!(node.site, Site::Hook(_));
            if is_well || self.is_forgiven(at) || self.is_followed(at) {
                return true;
            }
            at = node.owner;
        }
    }

    fn is_forgiven(&self, ix: NodeIx) -> bool {
        let node = self.run.node(ix);
        if !matches!(node.site, Site::Task(_) | Site::Item(..)) {
            return false;
        }
        let Some(task) = self.run.task_plan(ix) else { return false };
        match node.phase {
            Phase::Failed => task.continue_on.failed,
            Phase::Error => task.continue_on.error,
            _ => false,
        }
    }

    /// Whether each way from a task to the end of its dag leads over one that ran nevertheless (EX-172).
    fn is_followed(&mut self, ix: NodeIx) -> bool {
        let node = self.run.node(ix);
        let (Site::Task(_), true) = (&node.site, node.phase.is_bad()) else { return false };
        let Some((frame, task)) = self.run.task_of(ix) else { return false };
        if !self.run.tasks(&self.run.frames[frame as usize]).is_dag {
            return false;
        }
        let is_error = node.phase == Phase::Error;
        let (run, decisive) = (self.run, &mut self.decisive);
        !decisive.entry((frame, is_error)).or_insert_with(|| decisive_tasks(run, frame, is_error))[task.at()]
    }
}

/// Tasks of a dag from which a failure reaches a target. One that was omitted or skipped hands on what came before it
/// (EX-168); what a target tolerates by itself ends there (EX-170, EX-173).
fn decisive_tasks(run: &Run, frame: u32, is_error: bool) -> Vec<bool> {
    let frame = &run.frames[frame as usize];
    let plan = run.tasks(frame);
    let mut found = vec![false; plan.tasks.len()];
    let mut next: Vec<TaskIx> = Vec::new();
    for target in &frame.order.targets {
        let tolerates = plan.tasks[target.at()].continue_on;
        if !(if is_error { tolerates.error } else { tolerates.failed }) {
            found[target.at()] = true;
            next.push(*target);
        }
    }
    while let Some(task) = next.pop() {
        let phase = frame.slots[task.at()].node.map(|ix| run.node(ix).phase);
        if phase.is_some_and(|phase| !matches!(phase, Phase::Omitted | Phase::Skipped)) {
            continue;
        }
        for before in plan.dependencies.of(task) {
            if !std::mem::replace(&mut found[before.at()], true) {
                next.push(*before);
            }
        }
    }
    found
}
