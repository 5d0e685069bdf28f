//! The only place where a run's state changes (I1).

use super::event::{Control, Event};
use super::node::{Gate, Memo, Node, NodeIx, NodeKind, Part, Phase, Site, TaskIx};
use super::run::{Attempts, Frame, Loop, Ready, Run, Slot, Stage};
use crate::plan::{DagOrder, Flow, TemplateIx};
use crate::time::Time;
use expr::items::Item;
use std::cell::OnceCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

impl Run {
    /// Folds one fact into the state.
    pub fn apply(&mut self, at: Time, event: &Event) {
        self.changed = self.changed.max(at);
        match event {
            Event::Began { parameters, labels, annotations } => {
                self.globals.labels = labels.clone();
                self.globals.annotations = annotations.clone();
                self.globals.parameters = parameters.clone();
                self.apply_began(at);
            }
            Event::Postponed { message } => self.message = Some(message.clone()),
            Event::Labelled { labels } => {
                self.globals.labels.extend(labels.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            Event::Entered { .. } => self.apply_entered(at, event),
            Event::Opened { node, target } => self.apply_opened(*node, target.as_deref()),
            Event::Gated { node, gate } => {
                self.nodes[node.at()].gate = Some(*gate);
                if *gate == Gate::Room {
                    self.without_room.insert(*node);
                    self.enqueue_around(*node);
                }
            }
            Event::LocksAsked { .. } => self.asked_for_locks = true,
            Event::LocksAwaited { node: None, message, .. } => self.message = Some(message.clone()),
            Event::LocksAwaited { node: Some(node), lock, message } => {
                let waiting = &mut self.nodes[node.at()];
                waiting.message = Some(message.clone());
                waiting.awaited = Some(lock.clone());
                self.awaiting.insert(*node);
                self.enqueue_around(*node);
            }
            Event::LocksHeld { node } => self.apply_locks_held(at, *node),
            Event::LocksFreed { node } => {
                self.holding.remove(node);
            }
            Event::MemoAsked { node, memo } => self.nodes[node.at()].memo = Some(memo.clone()),
            Event::MemoHit { node } => self.change_memo(*node, |memo| memo.hit = true),
            Event::MemoSaved { node } => self.change_memo(*node, |memo| memo.saved = true),
            Event::Expanded { owner, task, items } => self.apply_expanded(*owner, task, items),
            Event::Observed { node, address } => self.apply_observed(*node, address),
            Event::Progressed { node, done, of } => {
                self.uncount(*node);
                self.nodes[node.at()].progress = Some((*done, *of));
                self.count(*node);
            }
            Event::Clocked { node, finished } => {
                let started = self.nodes[node.at()].started;
                self.nodes[node.at()].finished = Some((*finished).max(started));
            }
            Event::Lost { node, cause } => drop(self.lost.insert(*node, cause.clone())),
            Event::Supplied { node, outputs } => self.nodes[node.at()].outputs = self.kept(outputs.as_ref()),
            Event::Noted { node, message } => self.nodes[node.at()].message = message.clone(),
            Event::Scheduled { node, due } => {
                self.clear_timer(*node);
                self.timers.insert((*due, *node));
                self.due.insert(*node, *due);
            }
            Event::Ended { node, phase, message, outputs } => {
                self.apply_ended(at, *node, *phase, message, outputs);
            }
            Event::Settled { node } => self.settle(*node),
            Event::LedOn { node } => self.lead_on(*node),
            Event::Withdrawn { node } => {
                // A daemon that served goes with what is around it, also while it is being started again.
                if self.daemons.contains(node) {
                    self.returning.insert(*node);
                }
                let node = &mut self.nodes[node.at()];
                node.daemoned = false;
                node.address = None;
                node.phase = Phase::Pending;
                node.generation += 1;
            }
            Event::Exported { parameters, artifacts } => self.globals.export(parameters, artifacts),
            Event::Broke { group, phase, message } => {
                if let Some(at) =
                    self.frame_index(*group).or_else(|| self.frame_index(self.node(*group).owner))
                {
                    let frame = &mut self.frames[at as usize];
                    frame.broken.get_or_insert((*phase, message.clone()));
                    self.give_up(at);
                    self.review.push_back(*group);
                }
            }
            Event::HookBroke { node, message } => self.apply_hook_broke(*node, message),
            Event::Barred { node } => {
                self.apply_barred(*node);
            }
            Event::Returned { message } if self.stage == Stage::Exit => {
                self.exit_returned = Some(message.clone());
            }
            Event::Returned { message } => self.returned = Some(message.clone()),
            Event::GaveUp { node } => {
                if let Some(at) = self.frame_index(*node) {
                    self.give_up(at);
                    self.review.push_back(*node);
                }
            }
            Event::Controlled { control } => self.apply_controlled(*control),
            Event::Retried { removed, reset, parameters } => self.reopen(at, removed, reset, parameters),
            Event::Rebound { node, inputs } => self.nodes[node.at()].inputs = inputs.clone(),
            Event::MetricFailed { message } => self.metric_errors.push(message.clone()),
            Event::Exiting => self.stage = Stage::Exit,
            Event::Finished { phase, message } => {
                self.relocking.clear();
                self.behind_locks.clear();
                self.stage = Stage::Ended;
                self.phase = *phase;
                self.message = message.clone();
                self.finished = Some(at);
            }
            Event::ArtifactsDeleted { collected } => {
                self.collection.is_done = true;
                self.collection.gone.extend(collected.gone.iter().cloned());
                self.collection.failures.clone_from(&collected.failures);
            }
        }
    }

    fn apply_began(&mut self, at: Time) {
        self.stage = Stage::Main;
        self.message = None;
        self.started = Some(at);
        self.globals.names = super::globals::names(&self.plan, &self.globals);
        self.globals.later = super::globals::later(&self.plan, &self.globals);
        self.deadline = super::globals::deadline(&self.plan, at);
    }

    fn apply_opened(&mut self, node: NodeIx, target: Option<&str>) {
        let opened = &mut self.nodes[node.at()];
        opened.gate = None;
        self.without_room.remove(&node);
        let opened = &mut self.nodes[node.at()];
        opened.message = None;
        opened.awaited = None;
        self.awaiting.remove(&node);
        let opened = &mut self.nodes[node.at()];
        if !opened.kind.is_started() {
            opened.phase = Phase::Running;
            // It is not Pending any more, and its time to be so does not matter.
            self.clear_timer(node);
        }
        self.open(node, target);
        self.review.push_back(node);
        self.enqueue_around(node);
    }

    fn apply_locks_held(&mut self, at: Time, node: Option<NodeIx>) {
        self.holding.insert(node);
        self.pass_relocking(node);
        match node {
            None => {
                // The workflow starts with its locks (EX-006).
                self.message = None;
                self.started = Some(at);
                self.deadline = super::globals::deadline(&self.plan, at);
            }
            Some(node) => {
                self.nodes[node.at()].message = None;
                self.nodes[node.at()].awaited = None;
                self.awaiting.remove(&node);
                self.enqueue_around(node);
            }
        }
    }

    fn apply_observed(&mut self, ix: NodeIx, address: &Option<Arc<str>>) {
        let node = &mut self.nodes[ix.at()];
        if node.phase.is_ended() {
            return;
        }
        node.phase = Phase::Running;
        node.message = None;
        if address.is_some() {
            node.daemoned = true;
            node.address = address.clone();
        }
        self.clear_timer(ix);
        self.review.push_back(ix);
        if address.is_some() {
            self.daemons.insert(ix);
            self.daemon_returned(ix);
            // Whoever waits for it may go on, and it with them (EX-002, EX-370).
            self.settle_unless_hooked(ix);
        }
    }

    fn apply_ended(
        &mut self,
        at: Time,
        node: NodeIx,
        phase: Phase,
        message: &Option<Arc<str>>,
        outputs: &Option<Arc<spec::Outputs>>,
    ) {
        self.clear_timer(node);
        self.close_loop(node);
        self.daemon_returned(node);
        if self.pass_relocking(Some(node)) {
            // As with a gate, its place in the queue is given back.
            self.holding.insert(Some(node));
        }
        self.uncount(node);
        let outputs = self.kept(outputs.as_ref());
        let ended = &mut self.nodes[node.at()];
        ended.phase = phase;
        // Told late, it has its instant already.
        ended.finished.get_or_insert(at);
        ended.message = message.clone();
        if outputs.is_some() {
            ended.outputs = outputs;
        }
        self.count(node);
        self.count_ended(node);
        if self.daemons.remove(&node) && self.nodes[node.at()].settled {
            // Whoever went on with it is told that it is gone; a retry starts it again (EX-373).
            let owner = self.node(node).owner;
            self.review.push_back(owner);
        }
        self.settle_unless_hooked(node);
    }

    fn apply_barred(&mut self, ix: NodeIx) {
        self.uncount(ix);
        let (kind, boundary) = (self.node(ix).kind, self.node(ix).boundary);
        if let Some(at) = boundary.and_then(|boundary| self.frame_index(boundary)) {
            self.frames[at as usize].active -= u32::from(counts(kind));
        }
        let barred = &mut self.nodes[ix.at()];
        // Argo never made it what it was to be.
        (barred.kind, barred.inputs) = (NodeKind::Skipped, None);
        self.count(ix);
    }

    fn apply_hook_broke(&mut self, node: NodeIx, message: &Arc<str>) {
        self.uncount(node);
        let broken = &mut self.nodes[node.at()];
        broken.phase = Phase::Error;
        broken.message = Some(message.clone());
        broken.hook_broke = true;
        self.count(node);
        self.note_failure(node);
    }

    fn apply_controlled(&mut self, control: Control) {
        match control {
            Control::Suspend => self.steering.suspended = true,
            Control::Resume => self.steering.suspended = false,
            Control::Stop | Control::Terminate => {
                // A stop after a terminate does not bring anything back.
                if self.steering.shutdown != Some(Control::Terminate) {
                    self.steering.shutdown = Some(control);
                }
            }
            Control::Deadline => {
                self.steering.deadline_passed = true;
                self.deadline = None;
            }
        }
    }

    fn change_memo(&mut self, node: NodeIx, change: impl FnOnce(&mut Memo)) {
        if let Some(memo) = &mut self.nodes[node.at()].memo {
            change(Arc::make_mut(memo));
        }
    }

    fn apply_entered(&mut self, at: Time, event: &Event) {
        let Event::Entered {
            node: ix,
            owner,
            site,
            kind,
            phase,
            template: key,
            gate,
            target,
            message,
            inputs,
            outputs,
        } = event
        else {
            return;
        };
        assert_eq!(ix.at(), self.nodes.len(), "a node's index is the order of its entry");
        let task = self.task_at(*owner, site);
        let template = self.template_at(*owner, site, task, key.as_ref());
        let boundary = self.boundary_at(*owner, site);
        let hash = match site {
            Site::Entry => expr::names::fnv1a(expr::names::FNV_OFFSET, self.plan.name.as_bytes()),
            _ => expr::names::fnv1a(self.node(*owner).hash, self.suffix(*owner, site).as_bytes()),
        };
        let depth = match site {
            Site::Entry => 1,
            _ => self.node(*owner).depth + u32::from(!matches!(site, Site::Group(_) | Site::Container(_))),
        };
        let inputs = match (inputs, site) {
            (None, Site::Attempt(_)) => self.node(*owner).inputs.clone(),
            (inputs, _) => inputs.clone(),
        };
        let outputs = self.kept(outputs.as_ref());
        self.nodes.push(Node {
            owner: *owner,
            boundary,
            site: site.clone(),
            kind: *kind,
            phase: *phase,
            task: task.map(|(_, task)| task),
            template,
            hash,
            depth,
            open_hooks: 0,
            settled: false,
            removed: false,
            late: matches!(site, Site::Hook(_)) && self.node(*owner).phase.is_ended(),
            hook_broke: false,
            daemoned: false,
            generation: self.first_generation,
            started: at,
            finished: phase.is_ended().then_some(at),
            message: message.clone(),
            inputs,
            outputs,
            address: None,
            gate: *gate,
            memo: None,
            awaited: None,
            progress: None,
            part: Part::None,
        });
        self.count(*ix);
        self.place(*ix);
        self.note_asking(*ix);
        if phase.is_ended() {
            self.note_failure(*ix);
            self.settle_unless_hooked(*ix);
        } else {
            self.alive += 1;
            if let Some(frame) = boundary.and_then(|boundary| self.frame_index(boundary)) {
                let frame = &mut self.frames[frame as usize];
                frame.alive += u32::from(*kind != NodeKind::StepGroup);
                // Who waits at a gate counts, too (EX-261).
                frame.active += u32::from(counts(*kind));
            }
            if gate.is_none() {
                self.open(*ix, target.as_deref());
            }
            self.review.push_back(*ix);
        }
    }

    /// A node begins: its construct comes to be, and it counts against limits.
    fn open(&mut self, ix: NodeIx, target: Option<&str>) {
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

    /// Whether a node stands at a gate, and nobody has said yet what is to become of it.
    fn is_unanswered(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        matches!(node.gate, Some(Gate::Locks | Gate::Memo)) && node.awaited.is_none()
    }

    /// Whether a group enters nothing more until it is known that the semaphores of its last child are there at all: if
    /// not, the child is an error, and the group ends before the next one is made (EX-134, EX-353).
    pub(crate) fn waits_for_semaphores(&self, at: u32) -> bool {
        self.frames[at as usize].asking_first.is_some_and(|ix| self.is_unanswered(ix))
    }

    /// Whether nothing more is entered until the world has answered: who comes through its gate takes room, and whoever
    /// comes after it is judged by what is left (EX-115, EX-260).
    pub(crate) fn waits_for_an_answer(&self) -> bool {
        self.plan.parallelism.is_some() && self.asking.is_some_and(|ix| self.is_unanswered(ix))
    }

    /// The frame around a node has perhaps something to enter again.
    fn enqueue_around(&mut self, ix: NodeIx) {
        if let Some(at) = self.node(ix).boundary.and_then(|boundary| self.frame_index(boundary)) {
            self.enqueue(at);
        }
    }

    /// Tells the construct around a new node that it is there.
    fn place(&mut self, ix: NodeIx) {
        let node = self.node(ix);
        let owner = node.owner;
        match &node.site {
            Site::Entry => {}
            Site::Container(_) => self.members_of.entry(owner).or_default().push(ix),
            Site::Group(number) => {
                let number = *number as usize;
                let frame = self.frame_index(owner).expect("a group lies in a frame");
                let range = {
                    let frame = &self.frames[frame as usize];
                    self.tasks(frame).groups[number].clone()
                };
                self.groups_of.insert((owner, number as u32), ix);
                let frame = &mut self.frames[frame as usize];
                frame.group = Some(ix);
                frame.ready = range.map(|task| (task, Ready::Task(TaskIx(task)))).collect();
                frame.looked_behind = false;
                let frame = self.frame_index(owner).expect("a group lies in a frame");
                self.enqueue(frame);
            }
            Site::Task(_) => {
                let (frame, task) = self.task_of(ix).expect("a task's node lies in a frame");
                let frame = &mut self.frames[frame as usize];
                frame.ready.remove(&frame.rank(task));
                frame.slots[task.at()].node = Some(ix);
                frame.open += 1;
            }
            Site::Item(_, index) => {
                let index = *index;
                let (frame, task) = self.task_of(ix).expect("an expansion lies in a frame");
                let frame = &mut self.frames[frame as usize];
                let looped = frame.slots[task.at()].looped.expect("an expansion has a loop");
                let group = &mut self.loops[looped as usize];
                group.entered(index, ix);
                if !group.has_more() {
                    frame.ready.remove(&frame.rank(task));
                }
            }
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

    fn apply_expanded(&mut self, owner: NodeIx, task: &str, items: &[Arc<str>]) {
        let boundary = self.node(owner).boundary.expect("a loop lies in a frame");
        let at = self.frame_index(boundary).expect("a loop lies in a frame");
        let task = self.tasks(&self.frames[at as usize]).by_name[task];
        let looped = self.loops.len() as u32;
        self.nodes.reserve(items.len());
        self.loops.push(Loop {
            frame: at,
            task,
            owner,
            items: items.iter().filter_map(|item| Item::from_json_text(item).ok()).collect(),
            cursor: 0,
            again: VecDeque::new(),
            stop: items.len() as u32,
            anew: false,
            open: 0,
            children: BTreeMap::new(),
            looked: 0,
            aggregate: OnceCell::new(),
        });
        if self.node(owner).kind == NodeKind::TaskGroup {
            self.nodes[owner.at()].part = Part::Loop(looped);
        }
        let frame = &mut self.frames[at as usize];
        let replaced = frame.ready.insert(frame.rank(task), Ready::Loop(looped));
        if replaced == Some(Ready::Task(task)) {
            // In steps the task itself has no node; its loop takes its place in the line (EX-138).
            frame.open += 1;
        }
        frame.slots[task.at()].looped = Some(looped);
        self.enqueue(at);
    }

    /// Nothing more is entered in a frame; loops end with what they have.
    fn give_up(&mut self, at: u32) {
        let frame = &mut self.frames[at as usize];
        for ready in std::mem::take(&mut frame.ready).into_values() {
            let Ready::Loop(looped) = ready else { continue };
            let group = &mut self.loops[looped as usize];
            group.give_up();
            if group.open == 0 && frame.group == Some(group.owner) {
                frame.open -= 1;
                frame.slots[group.task.at()].settled = true;
            }
            self.review.push_back(group.owner);
        }
    }

    /// Nothing more is entered in the loop of a group that has ended.
    fn close_loop(&mut self, group: NodeIx) {
        let Part::Loop(looped) = self.node(group).part else { return };
        let looped = &mut self.loops[looped as usize];
        looped.give_up();
        let frame = &mut self.frames[looped.frame as usize];
        frame.ready.remove(&frame.rank(looped.task));
    }

    /// Adds a node's own progress to the run's.
    pub(crate) fn count(&mut self, ix: NodeIx) {
        let (done, of) = self.node(ix).own_progress();
        self.tally = (self.tally.0 + u64::from(done), self.tally.1 + u64::from(of));
    }

    /// Takes a node's own progress out of the run's, before it changes.
    fn uncount(&mut self, ix: NodeIx) {
        let (done, of) = self.node(ix).own_progress();
        self.tally = (self.tally.0 - u64::from(done), self.tally.1 - u64::from(of));
    }

    /// Counters that an ending moves.
    fn count_ended(&mut self, ix: NodeIx) {
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
    fn note_failure(&mut self, ix: NodeIx) {
        let node = self.node(ix);
        let counts = matches!(node.kind, NodeKind::Pod | NodeKind::Steps | NodeKind::Dag | NodeKind::Retry);
        if !node.phase.is_bad() || !counts || matches!(node.site, Site::Attempt(_)) {
            return;
        }
        if let Some(at) = node.boundary.and_then(|boundary| self.frame_index(boundary)) {
            self.frames[at as usize].failed_child = true;
        }
    }

    fn settle_unless_hooked(&mut self, ix: NodeIx) {
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
    fn settle(&mut self, ix: NodeIx) {
        let node = &mut self.nodes[ix.at()];
        if node.settled {
            return;
        }
        node.settled = true;
        let owner = node.owner;
        match &self.nodes[ix.at()].site {
            Site::Entry => {
                self.review.push_back(ix);
                return;
            }
            Site::Group(_) | Site::Attempt(_) | Site::Container(_) => {}
            Site::Hook(_) => self.nodes[owner.at()].open_hooks -= 1,
            Site::Item(..) => {
                let (at, task) = self.task_of(ix).expect("an expansion lies in a frame");
                let looped =
                    self.frames[at as usize].slots[task.at()].looped.expect("an expansion has a loop");
                let group = &mut self.loops[looped as usize];
                group.open -= 1;
                if group.open == 0 && !group.has_more() && self.node(owner).kind == NodeKind::StepGroup {
                    let frame = &mut self.frames[at as usize];
                    frame.open -= 1;
                    frame.slots[task.at()].settled = true;
                }
            }
            Site::Task(_) => {
                let (at, task) = self.task_of(ix).expect("a task's node lies in a frame");
                self.frames[at as usize].open -= 1;
                self.frames[at as usize].slots[task.at()].settled = true;
                if self.tasks(&self.frames[at as usize]).is_dag {
                    self.release_dependents(at, task);
                }
            }
        }
        self.review.push_back(owner);
    }

    /// Lets on who lacks nothing but this task of a dag, which has ended and is not done with its hooks.
    fn lead_on(&mut self, ix: NodeIx) {
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

    /// Puts a frame on the agenda if it has something to enter.
    pub(crate) fn enqueue(&mut self, at: u32) {
        let frame = &mut self.frames[at as usize];
        if !frame.queued && !frame.ready.is_empty() {
            frame.queued = true;
            self.agenda.push_back(at);
        }
    }

    fn clear_timer(&mut self, node: NodeIx) {
        if let Some(due) = self.due.remove(&node) {
            self.timers.remove(&(due, node));
        }
    }

    pub(crate) fn frame_index(&self, node: NodeIx) -> Option<u32> {
        match self.node(node).part {
            Part::Frame(at) => Some(at),
            _ => None,
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
}

/// Whether a child of this type counts against its template's own limit (EX-261).
pub(crate) fn counts(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::Pod | NodeKind::Steps | NodeKind::Dag)
}
