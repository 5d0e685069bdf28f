//! How a node is over, its hooks too, and who goes on for that. Part of `apply` (I1).

use super::node::{NodeIx, NodeKind, Site, TaskIx};
use super::run::Run;

impl Run {
    pub(super) fn settle_unless_hooked(&mut self, ix: NodeIx) {
        if self.has_hooks(ix) {
            self.review.push_back(ix);
        } else {
            self.settle(ix);
        }
    }

    /// Whether the document gives this node hooks, so that an ending is not the end of it.
    pub(crate) fn has_hooks(&self, ix: NodeIx) -> bool {
        if ix == NodeIx::ROOT {
            return !self.plan.hooks.is_empty();
        }
        self.task_plan(ix).is_some_and(|task| task.hooks.is_some())
    }

    /// Tells whoever waits for a node that it is over.
    pub(super) fn settle(&mut self, ix: NodeIx) {
        let node = &mut self.nodes[ix.at()];
        if std::mem::replace(&mut node.settled, true) {
            return;
        }
        let owner = node.owner;
        match node.site {
            Site::Entry | Site::Group(_) | Site::Attempt(_) | Site::Container(_) => {}
            Site::Hook(_) => self.nodes[owner.at()].open_hooks -= 1,
            Site::Item(..) => self.settle_item(ix),
            Site::Task(_) => {
                let (at, task) = self.task_of(ix).expect("a task's node lies in a frame");
                self.settle_slot(at, task);
                if self.tasks(&self.frames[at as usize]).is_dag {
                    self.release_dependents(at, task);
                }
            }
        }
        // The entry node is nobody's: the workflow itself goes on.
        self.review.push_back(owner);
    }

    fn settle_item(&mut self, ix: NodeIx) {
        let (at, task) = self.task_of(ix).expect("an expansion lies in a frame");
        let looped = self.frames[at as usize].slots[task.at()].looped.expect("an expansion has a loop");
        let group = &mut self.loops[looped as usize];
        group.open -= 1;
        let is_over = group.open == 0 && !group.has_more();
        if is_over && self.node(self.node(ix).owner).kind == NodeKind::StepGroup {
            self.settle_slot(at, task);
        }
    }

    fn settle_slot(&mut self, at: u32, task: TaskIx) {
        let frame = &mut self.frames[at as usize];
        frame.open -= 1;
        frame.slots[task.at()].settled = true;
    }

    /// Lets on who lacks nothing but this task of a dag, which has ended and is not done with its hooks.
    pub(super) fn lead_on(&mut self, ix: NodeIx) {
        let Some((at, _)) = self.task_of(ix) else { return };
        for dependent in self.lacking_only(ix) {
            self.frames[at as usize].slots[dependent.at()].waiting_for = 0;
            self.make_ready(at, dependent);
        }
        self.enqueue(at);
    }

    fn release_dependents(&mut self, at: u32, task: TaskIx) {
        let frame = &mut self.frames[at as usize];
        frame.unsettled -= 1;
        if frame.broken.is_some() {
            return;
        }
        let order = frame.order.clone();
        for dependent in order.waiting.of(task) {
            let slot = &mut self.frames[at as usize].slots[dependent.at()];
            if slot.waiting_for == 0 {
                // It was let on as soon as the task had ended.
                continue;
            }
            slot.waiting_for -= 1;
            if slot.waiting_for == 0 {
                self.make_ready(at, *dependent);
            }
        }
        self.enqueue(at);
    }

    /// A task that waits for nothing any more. After a retry by hand it may be there already, whole or with a loop that
    /// lacks some items.
    fn make_ready(&mut self, at: u32, task: TaskIx) {
        if let Some(next) = self.ready_of(at, task) {
            let frame = &mut self.frames[at as usize];
            frame.ready.insert(frame.rank(task), next);
        }
    }
}
