//! Gates that need an answer from the world: locks and remembered results (EX-330 to EX-364).
//!
//! A node that stands at a gate exists, is Pending, and counts against no limit. The answer resumes it there.

use super::command::Command;
use super::enter::Entering;
use super::event::Event;
use super::handle::{Turn, message};
use super::node::{Gate, Memo, NO_INPUTS, NodeIx, NodeKind, Phase};
use super::run::Run;
use super::scope::View;
use crate::locks::{Holder, Size, Wanted};
use crate::plan::{Flow, TemplatePlan};
use crate::time::Time;
use expr::{Mode, World};
use spec::Synchronization;
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// What the world says about locks.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LockAnswer {
    /// All of them are held now.
    Granted,
    /// One is not free yet.
    Waiting {
        /// Which.
        lock: String,
        /// Argo's message.
        message: String,
    },
    /// They can never be had.
    Refused(String),
}

/// Locks, each with the name of who holds it or waits for it.
pub type Shown = Vec<(Wanted, String)>;

impl Run {
    /// Locks that a node, or the workflow itself, asks for, with their tags replaced.
    fn wanted(
        &self,
        synchronization: &Synchronization,
        view: &View<'_>,
        world: &World,
    ) -> Result<Vec<Wanted>, String> {
        let render =
            |text: &str| expr::render(text, view, Mode::Lenient, world).map_err(|error| error.to_string());
        let invalid = |why: &str| format!("requested configuration is invalid: {why}");
        let namespace = |own: &str| -> Result<String, String> {
            if own.is_empty() { Ok(self.plan.namespace.to_string()) } else { render(own) }
        };
        let mut wanted: Vec<Wanted> = Vec::new();
        for semaphore in &synchronization.semaphores {
            let namespace = namespace(&semaphore.namespace)?;
            wanted.push(match (&semaphore.config_map_key_ref, &semaphore.database) {
                (Some(_), Some(_)) => {
                    return Err(invalid("invalid semaphore with both ConfigMapKeyRef and Database"));
                }
                (None, None) => {
                    return Err(invalid(
                        "cannot get LockName for a Semaphore without a ConfigMapRef or Database",
                    ));
                }
                (Some(reference), None) => {
                    let (name, key) = (render(&reference.name)?, render(&reference.key)?);
                    Wanted {
                        name: format!("{namespace}/ConfigMap/{name}/{key}"),
                        size: Size::ConfigMap { namespace, name, key },
                    }
                }
                (None, Some(reference)) => {
                    let key = render(&reference.key)?;
                    Wanted {
                        name: format!("{namespace}/Database/{key}"),
                        size: Size::Database { key: format!("{namespace}/{key}") },
                    }
                }
            });
        }
        for mutex in &synchronization.mutexes {
            let namespace = namespace(&mutex.namespace)?;
            let kind = if mutex.database { "Database" } else { "Mutex" };
            wanted.push(Wanted {
                name: format!("{namespace}/{kind}/{}", render(&mutex.name)?),
                size: Size::One,
            });
        }
        for (at, one) in wanted.iter().enumerate() {
            if wanted[..at].iter().any(|other| other.name == one.name) {
                return Err(invalid("duplicate synchronization item found"));
            }
        }
        Ok(wanted)
    }

    /// What is asked for a node that stands at the locks; for the workflow itself without a node.
    pub fn locks_wanted(&self, node: Option<NodeIx>, now: crate::time::Time) -> Result<Vec<Wanted>, String> {
        let world = World { now: now.timestamp(), seed: 0 };
        match node {
            None => match &self.plan.workflow.spec.synchronization {
                Some(synchronization) => self.wanted(synchronization, &View::global(self, now), &world),
                None => Ok(Vec::new()),
            },
            Some(ix) => {
                let synchronization =
                    self.template(ix).and_then(|template| template.doc.synchronization.as_ref());
                synchronization
                    .map_or(Ok(Vec::new()), |wanted| self.wanted(wanted, &self.view_of(ix, now), &world))
            }
        }
    }

    /// Who asks for locks now: the workflow, or one of its nodes (EX-351).
    pub fn lock_holder(&self, node: Option<NodeIx>, now: Time) -> Holder {
        let mut within = Vec::new();
        let mut at = node;
        while let Some(ix) = at {
            at = self.enclosing(ix);
            let holds = at.filter(|outer| self.holding.contains(&Some(*outer)));
            within.extend(holds.map(|outer| self.holder_name(Some(outer))));
        }
        if node.is_some() && self.holding.contains(&None) {
            within.push(self.holder_name(None));
        }
        let created = self.plan.workflow.metadata.creation_timestamp.as_deref();
        Holder {
            name: self.holder_name(node),
            uid: self.plan.uid.to_string(),
            priority: self.plan.workflow.spec.priority.unwrap_or(0),
            created_us: created.and_then(Time::parse).map_or(0, |created| created.0),
            since_us: now.0,
            step: node.map(|ix| self.display_name(ix)).unwrap_or_default(),
            within,
        }
    }

    /// What a lock calls the workflow, or one of its nodes (EX-351).
    pub fn holder_name(&self, node: Option<NodeIx>) -> String {
        let workflow = format!("{}/{}", self.plan.namespace, self.plan.name);
        match node {
            None => workflow,
            Some(ix) => format!("{workflow}/{}", self.id(ix)),
        }
    }

    /// Locks that are held and waited for, each with this run's holder (EX-360).
    pub fn locks_shown(&self, now: crate::time::Time) -> (Shown, Shown) {
        let of = |who: Option<NodeIx>| {
            let wanted = self.locks_wanted(who, now).unwrap_or_default();
            let name = self.holder_name(who);
            wanted.into_iter().map(move |wanted| (wanted, name.clone()))
        };
        if self.is_ended() {
            return (Vec::new(), Vec::new());
        }
        let holding = self.holding.iter().flat_map(|who| of(*who)).collect();
        let at_gate = self.indices().filter(|ix| {
            let node = self.node(*ix);
            node.awaited.is_some() && !node.phase.is_ended()
        });
        let own = (self.asked_for_locks && self.waits_for_locks()).then_some(None);
        let waiting = own
            .into_iter()
            .chain(at_gate.map(Some))
            .flat_map(|who| {
                let awaited = who.and_then(|ix| self.node(ix).awaited.clone());
                of(who).filter(move |(wanted, _)| awaited.as_ref().is_none_or(|lock| **lock == *wanted.name))
            })
            .collect();
        (holding, waiting)
    }

    /// The result of a node that is to be remembered: cache, key, outputs (EX-332, EX-335).
    pub fn memo(&self, ix: NodeIx) -> Option<(&Memo, spec::Outputs)> {
        let node = self.node(ix);
        Some((node.memo.as_deref()?, node.outputs.as_deref().cloned().unwrap_or_default()))
    }

    /// Whether anything of this run may hold a lock.
    pub fn uses_locks(&self) -> bool {
        self.plan.workflow.spec.synchronization.is_some()
            || self.plan.templates.iter().any(|template| template.doc.synchronization.is_some())
    }

    /// Whether the workflow has to wait for something before it may start.
    pub fn is_waiting(&self) -> bool {
        self.waits_for_locks()
    }

    /// Whether the workflow itself still has to get its locks.
    pub(crate) fn waits_for_locks(&self) -> bool {
        self.plan.workflow.spec.synchronization.is_some() && !self.holding.contains(&None)
    }
}

impl Turn<'_> {
    /// Asks for the workflow's own locks, once (EX-356).
    pub(crate) fn ask_for_workflow_locks(&mut self) {
        if self.run.asked_for_locks {
            return;
        }
        match self.run.locks_wanted(None, self.now) {
            Ok(_) => {
                self.record(Event::LocksAsked { node: None });
                self.out.commands.push(Command::AcquireLocks(None));
            }
            Err(reason) => {
                self.finish(
                    Phase::Failed,
                    message(format!("Failed to acquire the synchronization lock. {reason}")),
                );
            }
        }
    }

    /// The gate that a new node of this template stands at, if any.
    pub(crate) fn first_gate(template: &TemplatePlan) -> Option<Gate> {
        if template.doc.synchronization.is_some() {
            Some(Gate::Locks)
        } else if template.doc.memoize.is_some() {
            Some(Gate::Memo)
        } else {
            None
        }
    }

    /// Asks the question of the gate that a node stands at.
    pub(crate) fn ask(&mut self, ix: NodeIx) {
        match self.run.node(ix).gate {
            Some(Gate::Locks) => match self.run.locks_wanted(Some(ix), self.now) {
                Ok(_) => self.out.commands.push(Command::AcquireLocks(Some(ix))),
                Err(reason) => self.barred(ix, &reason),
            },
            Some(Gate::Memo) => match self.memo_of(ix) {
                Ok(memo) => {
                    self.record(Event::MemoAsked { node: ix, memo: Arc::new(memo) });
                    self.out.commands.push(Command::LookupMemo(ix));
                }
                Err(reason) => self.barred(ix, &reason),
            },
            Some(Gate::Room) | None => {}
        }
    }

    /// The memo key of a node (EX-330, EX-334).
    fn memo_of(&self, ix: NodeIx) -> Result<Memo, String> {
        let template = self.run.template(ix).ok_or("the template is gone")?;
        let declared = template.doc.memoize.as_ref().ok_or("the template does not memoize")?;
        let view = self.run.view_of(ix, self.now);
        let render = |text: &str| {
            expr::render(text, &view, Mode::Lenient, &self.world(ix.0)).map_err(|error| error.to_string())
        };
        let key = render(&declared.key)?;
        let mut characters = key.chars();
        let starts_well = characters.next().is_some_and(|first| first.is_ascii_alphanumeric());
        if !starts_well || !characters.all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(format!("invalid cache key: {key}"));
        }
        let max_age = render(&declared.max_age)?;
        let max_age_us = match max_age.as_str() {
            "" => None,
            text => {
                Some(expr::duration::go(text).map_err(|reason| format!("invalid maxAge: {reason}"))? / 1_000)
            }
        };
        let cache = declared.cache.as_ref().and_then(|cache| cache.config_map.as_ref());
        let cache = render(cache.map(|map| map.name.as_str()).unwrap_or_default())?;
        Ok(Memo { cache, key, max_age_us, hit: false, saved: false })
    }

    /// The world answered about locks.
    pub(crate) fn locks_answered(&mut self, node: Option<NodeIx>, answer: LockAnswer) {
        let waits = match node {
            who if self.run.relocking.contains(&who) => true,
            None => self.run.waits_for_locks() && self.run.nodes.is_empty(),
            Some(ix) => self
                .run
                .nodes
                .get(ix.at())
                .is_some_and(|node| node.gate == Some(Gate::Locks) && !node.phase.is_ended()),
        };
        if !waits {
            // Nobody needs them any more, or they are held already: give back what nobody asked for.
            if answer == LockAnswer::Granted && !self.run.holding.contains(&node) {
                self.out.commands.push(Command::ReleaseLocks(node));
            }
            return;
        }
        match answer {
            LockAnswer::Granted => {
                self.record(Event::LocksHeld { node });
                if let Some(ix) = node.filter(|ix| self.run.node(*ix).gate.is_some()) {
                    self.pass_locks(ix);
                }
            }
            LockAnswer::Waiting { lock, message: text } => {
                let known = match node {
                    None => self.run.message.clone(),
                    Some(ix) => self.run.node(ix).message.clone(),
                };
                if known.as_deref() != Some(&text) {
                    self.record(Event::LocksAwaited { node, lock: lock.into(), message: text.into() });
                }
            }
            LockAnswer::Refused(reason) => match node {
                None => {
                    self.finish(
                        Phase::Failed,
                        message(format!("Failed to acquire the synchronization lock. {reason}")),
                    );
                }
                Some(ix) if self.run.relocking.contains(&node) => {
                    self.end_relocking(ix, Phase::Error, &reason);
                    self.returned(ix, &reason);
                }
                // Who waited already is of its own type.
                Some(ix) if self.run.node(ix).awaited.is_some() => self.errored(ix, &reason),
                Some(ix) => self.barred(ix, &reason),
            },
        }
    }

    fn pass_locks(&mut self, ix: NodeIx) {
        let memoizes = self.run.template(ix).is_some_and(|template| template.doc.memoize.is_some());
        if memoizes {
            self.record(Event::Gated { node: ix, gate: Gate::Memo });
            self.ask(ix);
        } else {
            self.open_or_wait(ix);
        }
    }

    /// The world answered about a remembered result; none is a miss.
    pub(crate) fn memo_answered(&mut self, ix: NodeIx, found: Option<spec::Outputs>) {
        let at_gate = self
            .run
            .nodes
            .get(ix.at())
            .is_some_and(|node| node.gate == Some(Gate::Memo) && !node.phase.is_ended());
        if !at_gate {
            return;
        }
        match found {
            Some(outputs) => {
                self.record(Event::MemoHit { node: ix });
                let outputs = (!outputs.is_empty()).then(|| Arc::new(outputs));
                self.record(Event::Ended { node: ix, phase: Phase::Succeeded, message: None, outputs });
            }
            None => self.open_or_wait(ix),
        }
    }

    /// Every question is answered: the node begins, unless others have taken the room meanwhile (EX-260).
    fn open_or_wait(&mut self, ix: NodeIx) {
        if self.workflow_is_full(Some(ix)) {
            self.record(Event::Gated { node: ix, gate: Gate::Room });
        } else {
            self.open(ix);
        }
    }

    /// Every gate is passed: the node begins.
    pub(crate) fn open(&mut self, ix: NodeIx) {
        let plan = self.run.plan.clone();
        let Some(template) = self.run.node(ix).template.map(|template| plan.template(template)) else {
            return;
        };
        let target = match &template.flow {
            Flow::Frame(frame) if self.run.node(ix).kind == NodeKind::Dag => {
                let inputs = self.run.node(ix).inputs.as_deref().unwrap_or(&NO_INPUTS);
                match self.target(frame, template, inputs) {
                    Ok(target) => target,
                    Err(reason) => return self.barred(ix, &reason),
                }
            }
            _ => None,
        };
        self.record(Event::Opened { node: ix, target });
        match self.run.node(ix).kind {
            NodeKind::Retry => {
                if let Entering::Refused(reason) = self.enter_attempt(ix) {
                    self.returned(ix, &reason);
                }
            }
            NodeKind::Pod if template.kind == Some(spec::TemplateKind::ContainerSet) => {
                self.enter_containers(ix, template)
            }
            NodeKind::Suspend => self.open_suspend(ix, template),
            _ => {}
        }
    }

    fn open_suspend(&mut self, ix: NodeIx, template: &TemplatePlan) {
        let outputs = &template.doc.outputs;
        if !outputs.parameters.is_empty() {
            let parameters = outputs.parameters.iter().map(|declared| self.run.declared(ix, declared));
            let outputs = spec::Outputs { parameters: parameters.collect(), ..Default::default() };
            self.record(Event::Supplied { node: ix, outputs: Some(Arc::new(outputs)) });
        }
        let Flow::Suspend { duration: Some(duration) } = &template.flow else { return };
        let due = {
            let view = self.run.view_of(ix, self.now);
            crate::tree::render_text(duration, &view, Mode::Lenient, &self.world(ix.0))
                .map_err(|error| error.to_string())
                .and_then(|text| expr::duration::lenient(&text))
        };
        match due {
            Ok(nanos) => self.record(Event::Scheduled { node: ix, due: self.now.plus_nanos(nanos) }),
            Err(reason) => self.errored(ix, &reason),
        }
    }
}
