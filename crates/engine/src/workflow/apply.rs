//! The only place where a run's state changes (I1).

use super::collect::Collected;
use super::event::{Control, Event};
use super::node::{Gate, Memo, NodeIx, NodeKind, Part, Phase};
use super::run::{Loop, Ready, Run, Stage};
use super::tally::counts;
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
        self.count_text(event);
        match event {
            Event::Began { parameters, labels, annotations } => {
                self.globals.parameters.clone_from(parameters);
                self.globals.labels.clone_from(labels);
                self.globals.annotations.clone_from(annotations);
                self.apply_began(at);
            }
            Event::Postponed { message } => self.message = Some(message.clone()),
            Event::Labelled { labels } => self.globals.labels.extend(labels.clone()),
            Event::Entered(arrival) => self.apply_entered(at, arrival),
            Event::Opened { node, target } => self.apply_opened(*node, target.as_deref()),
            Event::Gated { node, gate } => self.apply_gated(*node, *gate),
            Event::LocksAsked { .. } => self.asked_for_locks = true,
            Event::LocksAwaited { node: None, message, .. } => self.message = Some(message.clone()),
            Event::LocksAwaited { node: Some(node), lock, message } => {
                self.apply_awaited(*node, lock, message)
            }
            Event::LocksHeld { node } => self.apply_locks_held(at, *node),
            Event::LocksFreed { node } => drop(self.holding.remove(node)),
            Event::MemoAsked { node, memo } => self.nodes[node.at()].memo = Some(memo.clone()),
            Event::MemoHit { node } => self.change_memo(*node, |memo| memo.hit = true),
            Event::MemoSaved { node } => self.change_memo(*node, |memo| memo.saved = true),
            Event::Expanded { owner, task, items } => self.apply_expanded(*owner, task, items),
            Event::Observed { node, address } => self.apply_observed(*node, address),
            Event::Progressed { node, done, of } => self.apply_progressed(*node, (*done, *of)),
            Event::Clocked { node, finished } => {
                let node = &mut self.nodes[node.at()];
                node.finished = Some((*finished).max(node.started));
            }
            Event::Lost { node, cause } => drop(self.lost.insert(*node, cause.clone())),
            Event::Ascribed { node, cause } => drop(self.ascribed.insert(*node, cause.clone())),
            Event::Noted { node, message } => self.nodes[node.at()].message = message.clone(),
            Event::Scheduled { node, due } => self.set_timer(*node, *due),
            Event::Supplied { node, outputs } => self.nodes[node.at()].outputs = self.kept(outputs.as_ref()),
            Event::Broke { group, phase, message } => self.apply_broke(*group, *phase, message),
            Event::HookBroke { node, message } => self.apply_hook_broke(*node, message),
            Event::Barred { node } => self.apply_barred(*node),
            Event::Returned { message } => match self.stage {
                Stage::Exit => self.exit_returned = Some(message.clone()),
                _ => self.returned = Some(message.clone()),
            },
            Event::GaveUp { node } => self.apply_gave_up(*node),
            Event::Ended { node, phase, message, outputs } => {
                self.apply_ended(at, *node, *phase, message, outputs);
            }
            Event::LedOn { node } => self.lead_on(*node),
            Event::Settled { node } => self.settle(*node),
            Event::Withdrawn { node } => self.apply_withdrawn(*node),
            Event::MetricFailed { message } => self.metric_errors.push(message.clone()),
            Event::Exported { parameters, artifacts } => self.globals.export(parameters, artifacts),
            Event::Controlled { control } => self.apply_controlled(*control),
            Event::Retried { removed, reset, parameters } => self.reopen(at, removed, reset, parameters),
            Event::Rebound { node, inputs } => self.nodes[node.at()].inputs.clone_from(inputs),
            Event::Exiting => self.stage = Stage::Exit,
            Event::Finished { phase, message } => self.apply_finished(at, *phase, message),
            Event::ArtifactsDeleted { collected } => self.apply_deleted(collected),
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
        self.without_room.remove(&node);
        self.awaiting.remove(&node);
        let opened = &mut self.nodes[node.at()];
        (opened.gate, opened.message, opened.awaited) = (None, None, None);
        if !opened.kind.is_started() {
            opened.phase = Phase::Running;
            // It is not Pending any more, and its time to be so does not matter.
            self.clear_timer(node);
        }
        self.open(node, target);
        self.review.push_back(node);
        self.enqueue_around(node);
    }

    fn apply_gated(&mut self, node: NodeIx, gate: Gate) {
        self.nodes[node.at()].gate = Some(gate);
        if gate == Gate::Room {
            self.without_room.insert(node);
            self.enqueue_around(node);
        }
    }

    fn apply_awaited(&mut self, node: NodeIx, lock: &Arc<str>, message: &Arc<str>) {
        let waiting = &mut self.nodes[node.at()];
        waiting.message = Some(message.clone());
        waiting.awaited = Some(lock.clone());
        self.awaiting.insert(node);
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
                let held = &mut self.nodes[node.at()];
                (held.message, held.awaited) = (None, None);
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
            // A wrapper has the address of its attempt, also of one that is ready again.
            let owner = self.node(ix).owner;
            if self.node(owner).kind == NodeKind::Retry && self.node(owner).daemoned {
                self.review.push_back(owner);
            }
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

    fn apply_progressed(&mut self, node: NodeIx, progress: (u32, u32)) {
        self.uncount(node);
        self.nodes[node.at()].progress = Some(progress);
        self.count(node);
    }

    fn apply_withdrawn(&mut self, ix: NodeIx) {
        // A daemon that served goes with what is around it, also while it is being started again.
        if self.daemons.contains(&ix) {
            self.returning.insert(ix);
        }
        let node = &mut self.nodes[ix.at()];
        node.daemoned = false;
        node.address = None;
        node.phase = Phase::Pending;
        node.generation += 1;
    }

    fn apply_broke(&mut self, group: NodeIx, phase: Phase, message: &Arc<str>) {
        let frame = self.frame_index(group).or_else(|| self.frame_index(self.node(group).owner));
        let Some(at) = frame else { return };
        self.frames[at as usize].broken.get_or_insert((phase, message.clone()));
        self.give_up(at);
        self.review.push_back(group);
    }

    fn apply_gave_up(&mut self, node: NodeIx) {
        if let Some(at) = self.frame_index(node) {
            self.give_up(at);
            self.review.push_back(node);
        }
    }

    fn apply_finished(&mut self, at: Time, phase: Phase, message: &Option<Arc<str>>) {
        self.relocking.clear();
        self.behind_locks.clear();
        (self.stage, self.phase, self.message) = (Stage::Ended, phase, message.clone());
        self.finished = Some(at);
    }

    fn apply_deleted(&mut self, collected: &Collected) {
        self.collection.is_done = true;
        self.collection.gone.extend(collected.gone.iter().cloned());
        self.collection.failures.clone_from(&collected.failures);
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

    /// Whether a node stands at a gate, and nobody has said yet what is to become of it.
    pub(super) fn is_unanswered(&self, ix: NodeIx) -> bool {
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
    pub(super) fn enqueue_around(&mut self, ix: NodeIx) {
        if let Some(at) = self.node(ix).boundary.and_then(|boundary| self.frame_index(boundary)) {
            self.enqueue(at);
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
    pub(super) fn give_up(&mut self, at: u32) {
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
    pub(super) fn close_loop(&mut self, group: NodeIx) {
        let Part::Loop(looped) = self.node(group).part else { return };
        let looped = &mut self.loops[looped as usize];
        looped.give_up();
        let frame = &mut self.frames[looped.frame as usize];
        frame.ready.remove(&frame.rank(looped.task));
    }

    /// Puts a frame on the agenda if it has something to enter.
    pub(crate) fn enqueue(&mut self, at: u32) {
        let frame = &mut self.frames[at as usize];
        if !frame.queued && !frame.ready.is_empty() {
            frame.queued = true;
            self.agenda.push_back(at);
        }
    }

    fn set_timer(&mut self, node: NodeIx, due: Time) {
        self.clear_timer(node);
        self.timers.insert((due, node));
        self.due.insert(node, due);
    }

    pub(super) fn clear_timer(&mut self, node: NodeIx) {
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
}
