//! How a node takes its place: in the arena, and in what is around it. Part of `apply` (I1).

use super::arrive::Arrival;
use super::node::{Node, NodeIx, NodeKind, Part, Site, TaskIx};
use super::run::{Attempts, Frame, Ready, Run, Slot};
use crate::plan::{DagOrder, Flow, TemplateIx};
use crate::time::Time;
use std::sync::Arc;
use tiphys_expr as expr;

impl Run {
    /// A node comes to be: it has its place in the arena and in what is around it.
    pub(super) fn apply_entered(&mut self, at: Time, arrival: &Arrival) {
        let ix = arrival.node;
        assert_eq!(ix.at(), self.nodes.len(), "a node's index is the order of its entry");
        let node = self.arrived(at, arrival);
        self.nodes.push(node);
        self.count(ix);
        self.place(ix);
        self.note_asking(ix);
        if arrival.phase.is_ended() {
            self.note_failure(ix);
            self.settle_unless_hooked(ix);
        } else {
            self.count_entered(ix);
            if arrival.gate.is_none() {
                self.open(ix, arrival.target.as_deref());
            }
            self.review.push_back(ix);
        }
    }

    /// A node as it arrives.
    fn arrived(&mut self, at: Time, arrival: &Arrival) -> Node {
        let (owner, site) = (arrival.owner, &arrival.site);
        let task = self.task_at(owner, site);
        let (hash, depth) = self.lineage(owner, site);
        let inputs = match (&arrival.inputs, site) {
            (None, Site::Attempt(_)) => self.node(owner).inputs.clone(),
            (inputs, _) => inputs.clone(),
        };
        Node {
            owner,
            boundary: self.boundary_at(owner, site),
            site: site.clone(),
            kind: arrival.kind,
            phase: arrival.phase,
            task: task.map(|(_, task)| task),
            template: self.template_at(owner, site, task, arrival.template.as_ref()),
            hash,
            depth,
            open_hooks: 0,
            settled: false,
            kept: false,
            removed: false,
            late: matches!(site, Site::Hook(_)) && self.node(owner).phase.is_ended(),
            hook_broke: false,
            daemoned: false,
            generation: self.first_generation,
            started: at,
            finished: arrival.phase.is_ended().then_some(at),
            message: arrival.message.clone(),
            inputs,
            outputs: self.kept(arrival.outputs.as_ref()),
            address: None,
            gate: arrival.gate,
            memo: None,
            awaited: None,
            progress: None,
            part: Part::None,
        }
    }

    /// The hash of a node's name, and how deep it lies.
    fn lineage(&self, owner: NodeIx, site: &Site) -> (u32, u32) {
        if let Site::Entry = site {
            return (expr::names::fnv1a(expr::names::FNV_OFFSET, self.plan.name.as_bytes()), 1);
        }
        let hash = expr::names::fnv1a(self.node(owner).hash, self.suffix(owner, site).as_bytes());
        let is_deeper = !matches!(site, Site::Group(_) | Site::Container(_));
        (hash, self.node(owner).depth + u32::from(is_deeper))
    }

    /// A node begins: its construct comes to be, and it counts against limits.
    pub(super) fn open(&mut self, ix: NodeIx, target: Option<&str>) {
        let (kind, template) = (self.node(ix).kind, self.node(ix).template);
        let part = match kind {
            NodeKind::Steps | NodeKind::Dag => {
                let template = template.expect("a steps or dag node has a template");
                let frame = self.new_frame(ix, template, target);
                // Room that has to be doubled again and again is copied each time, and at last half of it stays empty.
                self.nodes.reserve(frame.unsettled as usize);
                self.frames.push(frame);
                Part::Frame(self.frames.len() as u32 - 1)
            }
            NodeKind::Retry => {
                self.retries.push(Attempts::default());
                Part::Retry(self.retries.len() as u32 - 1)
            }
            _ => Part::None,
        };
        self.nodes[ix.at()].part = part;
        self.active_pods += u32::from(kind == NodeKind::Pod);
        if kind == NodeKind::Suspend {
            self.pauses.insert(ix);
        }
        if let Part::Frame(frame) = part {
            self.enqueue(frame);
        }
    }

    fn new_frame(&self, node: NodeIx, template: TemplateIx, target: Option<&str>) -> Frame {
        let plan = self.plan.template(template);
        let Flow::Frame(tasks) = &plan.flow else {
            unreachable!("only steps and dag templates are entered as frames")
        };
        let order = match target {
            None => tasks.order.clone(),
            // Checked when the dag was entered; a target of nothing would have been an error there.
            Some(target) => Arc::new(DagOrder::new(tasks, target).unwrap_or_default()),
        };
        let mut slots = vec![Slot::default(); tasks.tasks.len()];
        for (slot, task) in slots.iter_mut().zip((0..).map(TaskIx)) {
            slot.waiting_for = tasks.dependencies.of(task).len() as u32;
        }
        Frame {
            node,
            template,
            group: None,
            slots,
            ready: order.roots.iter().map(|task| (order.rank[task.at()], Ready::Task(*task))).collect(),
            looked_behind: false,
            open: 0,
            unsettled: order.needed,
            order,
            alive: 0,
            active: 0,
            failed_child: false,
            broken: None,
            asked: Vec::new(),
            asking_first: None,
            queued: false,
        }
    }

    /// Tells the construct around a new node that it is there.
    fn place(&mut self, ix: NodeIx) {
        let owner = self.node(ix).owner;
        match self.node(ix).site {
            Site::Entry => {}
            Site::Container(_) => self.members_of.entry(owner).or_default().push(ix),
            Site::Group(number) => self.place_group(ix, number),
            Site::Task(_) => {
                let (frame, task) = self.task_of(ix).expect("a task's node lies in a frame");
                let frame = &mut self.frames[frame as usize];
                frame.ready.remove(&frame.rank(task));
                frame.slots[task.at()].node = Some(ix);
                frame.open += 1;
            }
            Site::Item(_, index) => self.place_item(ix, index),
            Site::Attempt(_) => {
                self.clear_timer(owner);
                if let Part::Retry(at) = self.node(owner).part {
                    self.retries[at as usize].nodes.push(ix);
                }
                self.nodes[owner.at()].message = None;
            }
            Site::Hook(_) => {
                self.nodes[owner.at()].open_hooks += 1;
                self.hook_nodes.entry(owner).or_default().push(ix);
            }
        }
    }

    fn place_group(&mut self, ix: NodeIx, number: u32) {
        let owner = self.node(ix).owner;
        let at = self.frame_index(owner).expect("a group lies in a frame");
        let tasks = self.tasks(&self.frames[at as usize]).groups[number as usize].clone();
        self.groups_of.insert((owner, number), ix);
        let frame = &mut self.frames[at as usize];
        frame.group = Some(ix);
        frame.ready = tasks.map(|task| (task, Ready::Task(TaskIx(task)))).collect();
        frame.looked_behind = false;
        self.enqueue(at);
    }

    fn place_item(&mut self, ix: NodeIx, index: u32) {
        let (at, task) = self.task_of(ix).expect("an expansion lies in a frame");
        let frame = &mut self.frames[at as usize];
        let looped = frame.slots[task.at()].looped.expect("an expansion has a loop");
        let group = &mut self.loops[looped as usize];
        group.entered(index, ix);
        if !group.has_more() {
            frame.ready.remove(&frame.rank(task));
        }
    }

    /// Notes who comes to a gate at which the world is asked, and the first child of a group that asks for a semaphore
    /// by its template.
    fn note_asking(&mut self, ix: NodeIx) {
        let node = self.node(ix);
        if node.gate.is_none() {
            return;
        }
        let (owner, template, boundary) = (node.owner, node.template, node.boundary);
        self.asking = Some(ix);
        let (Some(template), Some(boundary)) = (template, boundary) else { return };
        let locks = self.plan.template(template).doc.synchronization.as_ref();
        let in_group = self.node(owner).kind == NodeKind::StepGroup;
        if !in_group || locks.is_none_or(|locks| locks.semaphores.is_empty()) {
            return;
        }
        let Some(at) = self.frame_index(boundary) else { return };
        let frame = &mut self.frames[at as usize];
        if !frame.asked.contains(&template) {
            frame.asked.push(template);
            frame.asking_first = Some(ix);
        }
    }
}
