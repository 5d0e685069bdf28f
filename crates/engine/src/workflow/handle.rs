//! Decides what follows from one input.

use super::command::{Attempt, Command};
use super::event::{Control, Event};
use super::input::{Input, Outcome, Report, Request};
use super::node::{Gate, NodeIx, NodeKind, Phase, Site};
use super::run::{Globals, Run, Stage};
use crate::limits;
use crate::machine::{Machine, Outbox, Progress};
use crate::time::Time;
use expr::{MapScope, Mode, World};
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// How much later than it happened an ending is told before its own instant counts, in microseconds.
const LATE_US: i64 = 1_000_000;

/// The message of a node that nobody has begun in time (EX-119).
const NOT_BEGUN: &str = "timeout";

/// One call of `handle`: the run, the instant, and what comes out.
pub(crate) struct Turn<'a> {
    pub run: &'a mut Run,
    pub now: Time,
    pub out: &'a mut Outbox<Run>,
    /// Nodes entered so far in this call.
    pub entered: usize,
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
        let mut turn = Turn { run: self, now, out, entered: 0 };
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
            return vec![if self.is_to_collect() { Command::DeleteArtifacts } else { Command::Archive }];
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
                None => {}
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
    /// A result that was looked for, not found, and is there now; suspended nodes are never remembered (EX-335).
    pub(crate) fn is_to_be_remembered(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        node.phase == Phase::Succeeded
            && node.kind != NodeKind::Suspend
            && node.memo.as_ref().is_some_and(|memo| !memo.hit && !memo.saved)
    }

    /// What ended although nobody said that it has: daemons with what lay beside them, and what was not begun in
    /// time. Whoever takes the run up dismisses it once more.
    pub fn dismissed(&self) -> Vec<Attempt> {
        self.indices()
            .filter(|ix| {
                let node = self.node(*ix);
                let with_its_boundary = node.daemoned && node.phase == Phase::Succeeded;
                let out_of_time = node.phase == Phase::Failed && node.message.as_deref() == Some(NOT_BEGUN);
                node.kind.is_started() && (with_its_boundary || out_of_time)
            })
            .map(|ix| Attempt { node: ix, generation: self.node(ix).generation })
            .collect()
    }

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
    /// Records a fact: it is applied and emitted here and nowhere else.
    pub(crate) fn record(&mut self, event: Event) {
        self.run.apply(self.now, &event);
        match &event {
            Event::Entered { node, kind, phase: Phase::Pending, gate: None, .. } if kind.is_started() => {
                self.start(*node)
            }
            Event::Retried { .. } if self.run.relocking.contains(&None) => {
                self.out.commands.push(Command::AcquireLocks(None));
            }
            Event::Opened { node, .. } if self.run.node(*node).kind.is_started() => self.start(*node),
            Event::Ended { node, phase, .. } => {
                if self.run.holding.contains(&Some(*node)) {
                    self.out.commands.push(Command::ReleaseLocks(Some(*node)));
                }
                if *phase == Phase::Succeeded && self.run.is_to_be_remembered(*node) {
                    self.out.commands.push(Command::SaveMemo(*node));
                }
            }
            _ => {}
        }
        let (mut over, mut waits, mut entered) = (None, None, None);
        if let Event::Entered { node, phase: Phase::Pending | Phase::Running, .. } = &event {
            entered = Some(*node);
        }
        match &event {
            Event::Ended { node, .. } => over = Some(*node),
            Event::Entered { node, phase: Phase::Pending, .. } => waits = Some(*node),
            _ => {}
        }
        self.out.events.push(event);
        if let Some(node) = over.filter(|_| !self.run.daemons.is_empty()) {
            self.end_daemons(Some(node));
        }
        if let Some(node) = waits {
            self.limit_pending(node);
        }
        match (entered, over) {
            (Some(node), _) => self.measure_start(node),
            (None, Some(node)) => self.measure_end(node),
            (None, None) => {}
        }
    }

    /// Daemons are there for what lies beside them: they go when the steps or dag node around them ends
    /// (EX-140, EX-176, EX-371), and without one when the workflow does (EX-008).
    pub(crate) fn end_daemons(&mut self, boundary: Option<NodeIx>) {
        let inside: Vec<NodeIx> =
            self.run.daemons.iter().copied().filter(|ix| self.run.node(*ix).boundary == boundary).collect();
        for ix in inside {
            self.end_daemon(ix);
        }
    }

    /// One of them, and of a wrapper also the attempt that is not ready yet.
    fn end_daemon(&mut self, ix: NodeIx) {
        if self.run.node(ix).phase.is_ended() {
            return;
        }
        if let Some(last) = self.run.attempts(ix).last().copied() {
            self.end_daemon(last);
        }
        let generation = self.run.node(ix).generation;
        if self.run.node(ix).kind.is_started() {
            self.out.commands.push(Command::Dismiss(Attempt { node: ix, generation }));
        }
        self.record(Event::Ended { node: ix, phase: Phase::Succeeded, message: None, outputs: None });
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
            if self.entered >= limits::ENTER_PER_CALL {
                return Progress::More;
            }
            if self.run.nodes.is_empty() && self.run.stage == Stage::Main {
                if self.run.waits_for_locks() {
                    self.ask_for_workflow_locks();
                    return Progress::Done;
                }
                self.enter_entrypoint();
                continue;
            }
            if self.enter_next() {
                continue;
            }
            if self.workflow_is_full() {
                return Progress::Done;
            }
            match self.run.held_hooks.pop() {
                Some(owner) => self.run.review.push_back(owner),
                None => return Progress::Done,
            }
        }
    }

    /// Sets globals and metadata, then lets the entrypoint in (EX-061).
    fn begin(&mut self) {
        let plan = self.run.plan.clone();
        let mut parameters = Vec::new();
        for parameter in &plan.parameters {
            match self.global_value(parameter) {
                Ok(value) => parameters.push((parameter.name.clone(), Arc::from(value))),
                Err(reason) => {
                    self.record(Event::Began {
                        parameters: Vec::new(),
                        labels: BTreeMap::new(),
                        annotations: BTreeMap::new(),
                    });
                    return self.finish(
                        Phase::Failed,
                        Some(format!("failed to set global parameters: {reason}").into()),
                    );
                }
            }
        }
        let metadata = plan.workflow.spec.workflow_metadata.clone().unwrap_or_default();
        let (mut labels, annotations) = (metadata.labels, metadata.annotations);
        // `labelsFrom` sees the globals as they will be (EX-096).
        let globals =
            Globals { parameters: parameters.clone(), labels: labels.clone(), ..Globals::default() };
        let mut scope = MapScope::new();
        for (name, value) in super::globals::names(&plan, &globals) {
            scope.insert(&*name, &*value);
        }
        let mut failure = None;
        for (key, from) in &metadata.labels_from {
            match label(key, &from.expression, &scope, &self.world(0)) {
                Ok(value) => drop(labels.insert(key.clone(), value)),
                Err(reason) => failure = failure.or(Some(reason)),
            }
        }
        self.record(Event::Began { parameters, labels, annotations });
        if let Some(reason) = failure {
            return self.finish(Phase::Error, Some(reason.into()));
        }
        if let Err(reason) = &plan.repository {
            let reason = format!("failed to resolve artifact repository: {reason}");
            return self.finish(Phase::Error, message(reason));
        }
        self.measure_workflow(None);
        if let Some(strategy) = self.run.steering.strategy() {
            // It was asked to end while it waited to begin (EX-060).
            return self.finish(Phase::Failed, Some(format!("Stopped with strategy '{strategy}'").into()));
        }
        // A document may be stopped from the start: then only what a stop lets run does (OB-131, EX-287, EX-288).
        let stopped = match plan.workflow.spec.shutdown.as_str() {
            "Stop" => Some(Control::Stop),
            "Terminate" => Some(Control::Terminate),
            _ => None,
        };
        if let Some(control) = stopped {
            self.record(Event::Controlled { control });
        }
        if self.run.deadline.is_some_and(|deadline| deadline <= self.now) {
            self.deadline_passed();
        }
        if plan.workflow.spec.suspend == Some(true) {
            self.record(Event::Controlled { control: Control::Suspend });
        }
    }

    fn global_value(&self, parameter: &crate::plan::GlobalParameter) -> Result<String, String> {
        if let Some(value) = &parameter.value {
            return Ok(value.clone());
        }
        let Some(source) = &parameter.config_map else {
            let name = &parameter.name;
            return parameter.default.clone().ok_or_else(|| {
                format!("either value or valueFrom must be specified in order to set global parameter {name}")
            });
        };
        // For workflow arguments any failure falls back to the default (PA-045).
        self.config_value(source).or_else(|reason| {
            let name = &parameter.name;
            parameter.default.clone().ok_or_else(|| {
                format!("failed to set global parameter {name} from configmap with name {}", reason.text())
            })
        })
    }

    fn reported(&mut self, attempt: Attempt, report: Report) {
        let Some(node) = self.run.nodes.get(attempt.node.at()) else { return };
        // A late report, or one about an attempt that was taken back: the first ending counts (I5, I8).
        if !node.kind.is_started()
            || node.phase.is_ended()
            || node.gate.is_some()
            || node.generation != attempt.generation
        {
            return;
        }
        let ix = attempt.node;
        match report {
            Report::Observed { address } => {
                if node.phase == Phase::Pending || (address.is_some() && !node.daemoned) {
                    self.record(Event::Observed { node: ix, address: address.map(Into::into) });
                    let members: Vec<NodeIx> = self.run.containers(ix).into_values().collect();
                    for member in members {
                        self.record(Event::Observed { node: member, address: None });
                    }
                }
            }
            Report::Progress { done, of } => {
                if of > 0 && done <= of && node.progress != Some((done, of)) {
                    self.record(Event::Progressed { node: ix, done, of });
                }
            }
            Report::Ended(outcome) => self.pod_ended(ix, *outcome),
            Report::Lost(reason) | Report::Refused(reason) => self.pod_broke(ix, reason),
            Report::Unmade(reason) if self.run.is_to_be_stopped(ix) => {
                self.pod_broke(ix, reason);
            }
            Report::Unmade(reason) => self.pod_unmade(ix, &reason),
            Report::Withdrawn => {
                self.record(Event::Withdrawn { node: ix });
                let generation = self.run.node(ix).generation;
                self.out.commands.push(Command::Start(Attempt { node: ix, generation }));
            }
        }
    }

    fn pod_ended(&mut self, ix: NodeIx, outcome: Outcome) {
        let mut outcome = self.shutdown_outcome(ix, outcome);
        if self.run.is_daemon(ix) && outcome.phase == Phase::Succeeded {
            // A daemon has no business ending by itself, however well (EX-372).
            outcome.phase = Phase::Failed;
        }
        if let Some(finished) = outcome.finished.filter(|finished| self.now.since_us(*finished) > LATE_US) {
            self.record(Event::Clocked { node: ix, finished });
        }
        self.containers_ended(ix, &outcome);
        let outputs = self.pod_outputs(ix, &outcome);
        let mut exported = (Vec::new(), Vec::new());
        if let Some(outputs) = &outputs {
            exported = super::finish::exports(outputs);
        }
        self.record(Event::Ended {
            node: ix,
            phase: outcome.phase,
            message: outcome.message.and_then(message),
            outputs: outputs.map(Arc::new),
        });
        self.export(exported);
    }

    /// Members of a container set end with their pod (EX-441).
    fn containers_ended(&mut self, pod: NodeIx, outcome: &Outcome) {
        let members: Vec<(String, NodeIx)> =
            self.run.containers(pod).into_iter().map(|(name, ix)| (name.to_owned(), ix)).collect();
        for (name, ix) in members {
            let (phase, text) = match outcome.containers.iter().find(|container| container.name == name) {
                Some(known) => (known.phase, known.message.clone().unwrap_or_default()),
                None if !outcome.phase.is_bad() => (outcome.phase, String::new()),
                None if outcome.phase == Phase::Failed => {
                    (Phase::Failed, "Pod Failed whilst container running".to_owned())
                }
                None => (Phase::Error, "container deleted".to_owned()),
            };
            self.record(Event::Ended { node: ix, phase, message: message(text), outputs: None });
        }
    }

    /// A pod that never came to an ending of its own.
    fn pod_broke(&mut self, ix: NodeIx, reason: String) {
        let outcome = Outcome { phase: Phase::Error, message: Some(reason), ..Outcome::default() };
        self.pod_ended(ix, outcome);
    }

    /// A pod that cannot be made of its template (EX-115, EX-384, EX-385, EX-387).
    fn pod_unmade(&mut self, ix: NodeIx, reason: &str) {
        let never = Outcome { phase: Phase::Error, ..Outcome::default() };
        self.containers_ended(ix, &never);
        self.errored(ix, reason);
    }

    /// The outputs of a pod in Argo's shape: declarations with values, then what was archived.
    fn pod_outputs(&self, ix: NodeIx, outcome: &Outcome) -> Option<spec::Outputs> {
        let declared = self.run.template(ix).map(|template| &template.doc.outputs);
        let mut outputs = spec::Outputs {
            result: outcome.result.clone(),
            exit_code: outcome.exit_code.map(|code| code.to_string()),
            artifacts: outcome.artifacts.clone(),
            ..Default::default()
        };
        for parameter in declared.into_iter().flat_map(|outputs| &outputs.parameters) {
            let Some((_, value)) = outcome.parameters.iter().find(|(name, _)| *name == parameter.name) else {
                continue;
            };
            let mut shown = self.run.declared(ix, parameter);
            shown.value = Some(value.clone());
            outputs.parameters.push(shown);
        }
        if self.run.node(ix).kind == NodeKind::Plugin {
            // What a plugin gives need not be declared (EX-477).
            for (name, value) in &outcome.parameters {
                if outputs.parameter(name).is_none() {
                    outputs.parameters.push(spec::Parameter {
                        name: name.clone(),
                        value: Some(value.clone()),
                        ..Default::default()
                    });
                }
            }
        }
        (!outputs.is_empty()).then_some(outputs)
    }

    fn timers_fired(&mut self) {
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
    fn limit_pending(&mut self, ix: NodeIx) {
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
        if self.run.is_about_to_enter(ix) && self.run.has_hooks(ix) {
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

/// One computed label of the workflow.
fn label(key: &str, expression: &str, scope: &MapScope, world: &World) -> Result<String, String> {
    let value = expr::evaluate(expression, scope, world).map_err(|error| {
        format!("failed to evaluate label \"{key}\" expression \"{expression}\": {error}")
    })?;
    value.as_text().map(str::to_owned).ok_or_else(|| {
        format!("failed to evaluate label \"{key}\" expression \"{expression}\" evaluted to {} but must be a string", value.to_text())
    })
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
