//! Decides what follows from one input.

use super::arrive::Arrival;
use super::command::{Attempt, Command};
use super::event::Event;
use super::input::{Input, Request};
use super::node::{Gate, NodeIx, NodeKind, Phase, Site};
use super::run::{Run, Stage};
use crate::limits;
use crate::machine::{Machine, Outbox, Progress};
use crate::time::Time;
use expr::{World, effort};
use std::sync::Arc;
use tiphys_expr as expr;

/// One call of `handle`: the run, the instant, and what comes out.
pub(crate) struct Turn<'a> {
    pub run: &'a mut Run,
    pub now: Time,
    pub out: &'a mut Outbox<Run>,
    /// Nodes entered so far in this call.
    pub entered: usize,
    /// What had been computed on this thread when the call began.
    spent: u64,
}

impl Machine for Run {
    type Input = Input;
    type Event = Event;
    type Command = Command;

    fn handle(&mut self, input: Input, now: Time, out: &mut Outbox<Run>) -> Progress {
        let goes_on = matches!(input, Input::Asked(Request::Retry(_)) | Input::ArtifactsDeleted { .. });
        if self.is_ended() && !goes_on {
            return Progress::Done;
        }
        // A timer that fires is spent, also when something is due at that very instant again.
        let armed = self.next_due().filter(|_| !matches!(input, Input::TimerFired));
        let mut turn = Turn { run: self, now, out, entered: 0, spent: effort::spent() };
        turn.hear(input);
        let progress = turn.go_on();
        match self.next_due() {
            Some(due) if Some(due) != armed => out.commands.push(Command::SetTimer(due)),
            _ => {}
        }
        progress
    }

    fn apply(&mut self, at: Time, event: &Event) {
        Run::apply(self, at, event);
    }

    fn outstanding(&self) -> Vec<Command> {
        if self.is_ended() {
            return self.outstanding_at_the_end();
        }
        let mut commands: Vec<Command> = Vec::new();
        if self.stage == Stage::Main
            && self.nodes.is_empty()
            && self.asked_for_locks
            && self.waits_for_locks()
        {
            commands.push(Command::AcquireLocks(None));
        }
        let asking = self.relocking.iter().filter(|who| match who {
            None => true,
            Some(ix) => self.relocked_by(*ix) == Some(**who),
        });
        commands.extend(asking.map(|who| Command::AcquireLocks(*who)));
        for ix in self.indices() {
            let node = self.node(ix);
            match node.gate.filter(|_| !node.phase.is_ended()) {
                Some(Gate::Locks) => commands.push(Command::AcquireLocks(Some(ix))),
                Some(Gate::Memo) => commands.push(Command::LookupMemo(ix)),
                Some(Gate::Room) | None => {}
            }
            if node.phase.is_ended() && self.holding.contains(&Some(ix)) {
                commands.push(Command::ReleaseLocks(Some(ix)));
            }
            if self.is_to_be_remembered(ix) {
                commands.push(Command::SaveMemo(ix));
            }
            if node.kind.is_started() && !node.phase.is_ended() && node.gate.is_none() {
                commands.push(Command::Start(Attempt { node: ix, generation: node.generation }));
                // Calls are dismissed at once or go on (EX-325); nobody waits for one to stop.
                if self.is_to_be_stopped(ix) && !node.kind.is_called() {
                    commands.push(Command::Stop(Attempt { node: ix, generation: node.generation }));
                }
            }
        }
        commands.extend(self.next_due().map(Command::SetTimer));
        commands
    }
}

impl Run {
    /// Nobody hears that a result was put away once the run is over: it is put there again, which changes nothing.
    fn outstanding_at_the_end(&self) -> Vec<Command> {
        let last = if self.is_to_collect() { Command::DeleteArtifacts } else { Command::Archive };
        let memos = self.indices().filter(|ix| self.is_to_be_remembered(*ix)).map(Command::SaveMemo);
        memos.chain([last]).collect()
    }

    /// A result that was looked for, not found, and is there now; suspended nodes are never remembered (EX-335).
    pub(crate) fn is_to_be_remembered(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        node.phase == Phase::Succeeded
            && node.kind != NodeKind::Suspend
            && node.memo.as_ref().is_some_and(|memo| !memo.hit && !memo.saved)
    }
}

/// What is decided because of a fact, after it.
enum Follow {
    Nothing,
    /// A node is there, and not over.
    Entered(NodeIx, Phase),
    Ended(NodeIx),
}

impl Turn<'_> {
    /// Records a fact: it is applied and emitted here and nowhere else. What follows from it comes after it.
    pub(crate) fn record(&mut self, event: Event) {
        self.run.apply(self.now, &event);
        let follow = self.command(&event);
        self.out.events.push(event);
        match follow {
            Follow::Nothing => {}
            Follow::Entered(node, phase) => {
                if phase == Phase::Pending {
                    self.limit_pending(node);
                }
                self.measure_start(node);
            }
            Follow::Ended(node) => {
                if !self.run.daemons.is_empty() {
                    self.end_daemons(Some(node));
                }
                self.measure_end(node);
            }
        }
    }

    /// What a fact asks of the world, and what follows from it.
    fn command(&mut self, event: &Event) -> Follow {
        match event {
            Event::Entered(Arrival { node, kind, phase, gate, .. }) => {
                if *phase == Phase::Pending && gate.is_none() && kind.is_started() {
                    self.start(*node);
                }
                if phase.is_ended() { Follow::Nothing } else { Follow::Entered(*node, *phase) }
            }
            Event::Opened { node, .. } => {
                if self.run.node(*node).kind.is_started() {
                    self.start(*node);
                }
                Follow::Nothing
            }
            Event::Retried { .. } => {
                if self.run.relocking.contains(&None) {
                    self.out.commands.push(Command::AcquireLocks(None));
                }
                Follow::Nothing
            }
            Event::Ended { node, phase, .. } => {
                if self.run.holding.contains(&Some(*node)) {
                    self.out.commands.push(Command::ReleaseLocks(Some(*node)));
                }
                if *phase == Phase::Succeeded && self.run.is_to_be_remembered(*node) {
                    self.out.commands.push(Command::SaveMemo(*node));
                }
                Follow::Ended(*node)
            }
            _ => Follow::Nothing,
        }
    }

    fn start(&mut self, node: NodeIx) {
        let generation = self.run.node(node).generation;
        self.out.commands.push(Command::Start(Attempt { node, generation }));
    }

    /// The instant and the seed for texts of a node, so that a replay renders the same (I7).
    pub(crate) fn world(&self, salt: u32) -> World {
        World { now: self.now.timestamp(), seed: seed(&self.run.plan.uid, salt) }
    }

    fn hear(&mut self, input: Input) {
        match input {
            Input::Begin if self.run.stage == Stage::New => self.begin(),
            Input::Begin | Input::Continue => {}
            Input::Postponed { message } => {
                let known = self.run.message.as_deref() == Some(&*message);
                if self.run.stage == Stage::New && !known {
                    self.record(Event::Postponed { message: message.into() });
                }
            }
            Input::Recovered => self.recover(),
            Input::Reported { attempt, report } => self.reported(attempt, report),
            Input::LocksAnswered { node, answer } => self.locks_answered(node, answer),
            Input::LocksReleased { node } => {
                if self.run.holding.contains(&node) {
                    self.record(Event::LocksFreed { node });
                }
            }
            Input::MemoAnswered { node, found } => self.memo_answered(node, found.map(|found| *found)),
            Input::MemoSaved { node } => {
                if self.run.is_to_be_remembered(node) {
                    self.record(Event::MemoSaved { node });
                }
            }
            Input::MetricRefused { message } => self.metric_refused(message),
            Input::ArtifactsDeleted { collected } => self.collected(collected),
            Input::TimerFired => self.timers_fired(),
            Input::Asked(request) => self.asked(request),
        }
    }

    /// Follows up on everything that changed, then enters what may be entered.
    fn go_on(&mut self) -> Progress {
        loop {
            // A run that is held starts nothing, decides nothing and does not end (EX-066).
            if self.run.is_ended() || self.run.steering.suspended || self.run.relocking.contains(&None) {
                return Progress::Done;
            }
            if let Some(node) = self.run.review.pop_front() {
                if !self.waits_behind_locks(node) {
                    self.review(node);
                }
                continue;
            }
            if self.has_done_enough() {
                return Progress::More;
            }
            if self.run.nodes.is_empty() && self.run.stage == Stage::Main {
                if self.run.waits_for_locks() {
                    self.ask_for_workflow_locks();
                    return Progress::Done;
                }
                if self.workflow_is_full(None) {
                    // A limit of nothing: no pod will ever end and make room (EX-260).
                    return Progress::Done;
                }
                self.enter_entrypoint();
                continue;
            }
            if !self.workflow_is_full(None)
                && let Some(ix) = self.run.without_room.first().copied()
            {
                self.open(ix);
                continue;
            }
            if self.run.waits_for_an_answer() {
                return Progress::Done;
            }
            if self.enter_next() {
                continue;
            }
            if self.workflow_is_full(None) {
                return Progress::Done;
            }
            match self.run.held_hooks.pop() {
                Some(owner) => self.run.review.push_back(owner),
                None => return Progress::Done,
            }
        }
    }

    /// Whether other runs come first now.
    pub(crate) fn has_done_enough(&self) -> bool {
        self.entered >= limits::ENTER_PER_CALL
            || effort::spent().wrapping_sub(self.spent) >= limits::EFFORT_PER_CALL
    }

    /// Looks once at everything that waits, after the state was loaded (I2).
    fn recover(&mut self) {
        self.run.agenda.clear();
        for at in 0..self.run.frames.len() {
            self.run.frames[at].queued = false;
            self.run.enqueue(at as u32);
        }
        for ix in self.run.indices() {
            let node = self.run.node(ix);
            if !node.settled && (!node.kind.is_started() || node.phase.is_ended()) {
                self.run.review.push_back(ix);
            }
        }
        if self.run.is_main_over() {
            self.run.review.push_back(NodeIx::ROOT);
        }
        if self.run.stage != Stage::New {
            self.measure_workflow(None);
        }
        self.run.measured_nodes().into_iter().for_each(|ix| self.measure_start(ix));
        self.timers_fired();
    }

    /// Decides what follows for one node whose circumstances changed.
    fn review(&mut self, ix: NodeIx) {
        if self.run.node(ix).removed {
            return;
        }
        let has_hooks = self.run.has_hooks(ix) && !self.run.node(ix).settled;
        if has_hooks && (self.run.is_about_to_enter(ix) || self.leads_on_first(ix)) {
            self.run.held_hooks.push(ix);
        } else {
            self.hooks(ix);
        }
        let node = self.run.node(ix);
        if node.kind == NodeKind::Retry && node.daemoned && !node.phase.is_ended() {
            self.retry(ix);
        }
        if self.run.node(ix).settled {
            if ix == NodeIx::ROOT {
                self.workflow_after_main();
            }
            if matches!(&node_site(self.run, ix), Site::Hook(name) if &**name == "exit")
                && self.run.node(ix).owner == NodeIx::ROOT
            {
                self.workflow_after_main();
            }
            return;
        }
        if self.run.node(ix).phase.is_ended() || self.run.node(ix).gate.is_some() {
            return;
        }
        match self.run.node(ix).kind {
            NodeKind::Steps => self.steps(ix),
            NodeKind::StepGroup => self.group(ix),
            NodeKind::Dag => self.dag(ix),
            NodeKind::TaskGroup => self.task_group(ix),
            NodeKind::Retry => self.retry(ix),
            NodeKind::Pod
            | NodeKind::Container
            | NodeKind::Suspend
            | NodeKind::Http
            | NodeKind::Plugin
            | NodeKind::Skipped => {}
        }
    }

    /// Ends the workflow.
    pub(crate) fn finish(&mut self, phase: Phase, message: Option<Arc<str>>) {
        self.measure_workflow(Some(phase));
        self.record(Event::Finished { phase, message });
        let last = if self.run.is_to_collect() { Command::DeleteArtifacts } else { Command::Archive };
        self.out.commands.push(last);
    }
}

fn node_site(run: &Run, ix: NodeIx) -> Site {
    run.node(ix).site.clone()
}

/// A message for a node, cut to its limit; empty means none.
pub(crate) fn message(text: impl Into<String>) -> Option<Arc<str>> {
    let mut text = text.into();
    if text.is_empty() {
        return None;
    }
    if let Some((at, _)) = text.char_indices().nth(limits::MESSAGE_CHARS_MAX) {
        text.truncate(at);
        text.push('…');
    }
    Some(text.into())
}

/// A seed that differs between runs and nodes, and not between a run and its replay.
pub(crate) fn seed(uid: &str, salt: u32) -> u64 {
    let high = expr::names::fnv1a(expr::names::FNV_OFFSET, uid.as_bytes());
    (u64::from(high) << 32) | u64::from(salt)
}
