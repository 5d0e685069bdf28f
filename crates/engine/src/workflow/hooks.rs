//! Lifecycle hooks: ordinary nodes, woken by what their owner does (EX-240 to EX-253).

use super::bind::{Args, Given};
use super::enter::{Entering, Entry};
use super::event::{Control, Event};
use super::handle::Turn;
use super::node::{NodeIx, NodeKind, Part, Phase, Site, TaskIx};
use super::run::Run;
use super::scope::View;
use crate::plan::{HookPlan, LOCAL, Plan, ScopeIx, Target, TemplateIx};
use expr::Mode;
use std::sync::Arc;
use tiphys_expr as expr;

/// Whether a hook has a node now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// It has one.
    Yes,
    /// Its time has not come.
    No,
    /// The workflow's limit holds it back; it is looked at again when a pod ends (EX-630).
    Held,
    /// It can never be run; the reason.
    Never(String),
}

impl Turn<'_> {
    /// Starts the hooks of a node whose time has come; settles the node when the last of them is done.
    pub(crate) fn hooks(&mut self, ix: NodeIx) {
        if self.run.node(ix).settled || !self.run.has_hooks(ix) {
            return;
        }
        if ix == NodeIx::ROOT && self.run.returned.is_some() {
            // The workflow ends by that error; nobody is told of it, but what was told before is waited for (EX-068).
            if self.run.node(ix).open_hooks == 0 {
                self.record(Event::Settled { node: ix });
            }
            return;
        }
        // A step that was never entered has no hooks; a target of a dag has (EX-131).
        if self.run.node(ix).kind == NodeKind::Skipped && self.group_of(ix).is_some() {
            return self.record(Event::Settled { node: ix });
        }
        let plan = self.run.plan.clone();
        let Some((names, exit)) = self.run.hooks_in(&plan, ix) else { return };
        let phase = self.run.node(ix).phase;
        let exit = exit.filter(|_| self.run.calls_exit_hook(ix));
        let (mut held, mut broken) = (false, None);
        if let Some(exit) = exit
            && self.run.exits_before_its_hooks(ix)
            && names.iter().all(|hook| self.hook_holds(ix, hook).is_ok())
        {
            if self.run.node(ix).open_hooks > 0 {
                return;
            }
            self.start_exit_hook(ix, exit, &mut held, &mut broken);
        }
        if phase != Phase::Pending || self.run.hooks_see_pending(ix) {
            for hook in names {
                if self.run.has_hook_node(ix, &hook.name) {
                    continue;
                }
                match self.try_hook(ix, hook) {
                    Started::Held => held = true,
                    Started::Never(reason) => broken = broken.or(Some(reason)),
                    Started::Yes | Started::No => {}
                }
            }
        }
        if !self.run.node(ix).phase.is_ended() {
            if self.run.node(ix).daemoned && self.run.node(ix).open_hooks == 0 {
                self.record(Event::Settled { node: ix });
            }
            return;
        }
        // What cannot be read keeps the exit hook from being looked at; and it comes when the others are over, but that of
        // a target is looked at in passing.
        let others_run = held || self.run.node(ix).open_hooks > 0;
        if let Some(exit) = exit
            && broken.is_none()
            && !self.run.has_hook_node(ix, "exit")
            && (!others_run || self.run.dag_of_target(ix).is_some())
        {
            self.start_exit_hook(ix, exit, &mut held, &mut broken);
        }
        if let Some(reason) = broken.or_else(|| self.run.unstartable_hook(ix)) {
            self.broken_by_hook(ix, reason);
        }
        if held {
            self.run.held_hooks.push(ix);
        } else if self.run.node(ix).open_hooks == 0 {
            self.record(Event::Settled { node: ix });
        }
    }

    /// Whether who depends on a task of a dag is entered before the hooks that its end calls for (EX-250): its end is found
    /// by the visit at which they are judged, and its hooks are looked at by the next one.
    pub(crate) fn leads_on_first(&mut self, ix: NodeIx) -> bool {
        if self.run.ends_before_its_hooks(ix)
            && !self.run.lacking_only(ix).is_empty()
            && self.end_calls_for_hooks(ix)
        {
            self.record(Event::LedOn { node: ix });
        }
        self.run.is_about_to_lead_on(ix)
    }

    /// Whether the end of a task calls for hooks. One with a hook that cannot be read is in Error for that first (EX-251).
    fn end_calls_for_hooks(&self, ix: NodeIx) -> bool {
        let plan = self.run.plan.clone();
        let Some((names, exit)) = self.run.hooks_in(&plan, ix) else { return false };
        let exit = exit
            .filter(|_| self.run.calls_exit_hook(ix))
            .map(|exit| self.exit_expression_holds_for(ix, exit));
        let verdicts = names.iter().map(|hook| self.hook_holds(ix, hook)).chain(exit);
        verdicts.collect::<Result<Vec<bool>, String>>().is_ok_and(|all| all.contains(&true))
    }

    /// An exit hook of a task that cannot be run: it changes nothing but at a target, which a dag looks at once more by
    /// itself; there it is the dag's own error (EX-245).
    fn target_broke(&mut self, ix: NodeIx, reason: String) {
        if let Some(dag) = self.run.dag_of_target(ix) {
            self.record(Event::Broke { group: dag, phase: Phase::Error, message: reason.into() });
        }
    }

    /// A hook that cannot be run: the group around a step breaks, a task or the entry node is in Error (EX-251).
    pub(crate) fn broken_by_hook(&mut self, ix: NodeIx, reason: String) {
        let reason: Arc<str> = reason.into();
        let node = self.run.node(ix);
        match self.group_of(ix) {
            Some(group) => {
                let frame = self.run.frame_of(self.run.node(group).owner);
                if frame.is_some_and(|frame| frame.broken.is_none()) {
                    self.record(Event::Broke { group, phase: Phase::Error, message: reason });
                }
            }
            None if node.hook_broke && node.message.as_ref() == Some(&reason) => {}
            None => self.record(Event::HookBroke { node: ix, message: reason }),
        }
    }

    /// The step group that a node lies in, if it lies in one.
    pub(crate) fn group_of(&self, ix: NodeIx) -> Option<NodeIx> {
        let node = self.run.node(ix);
        let in_group = matches!(node.site, Site::Task(_) | Site::Item(..))
            && self.run.node(node.owner).kind == NodeKind::StepGroup;
        in_group.then_some(node.owner)
    }

    fn try_hook(&mut self, ix: NodeIx, hook: &HookPlan) -> Started {
        match self.hook_holds(ix, hook) {
            Ok(true) => self.enter_hook(ix, hook),
            Ok(false) => Started::No,
            // What the expression reads may still come; only an ended owner makes it final.
            Err(_) if !self.run.node(ix).phase.is_ended() => Started::No,
            Err(reason) => Started::Never(reason),
        }
    }

    /// Whether the expression of a hook, other than an exit hook, says that its time has come.
    fn hook_holds(&self, ix: NodeIx, hook: &HookPlan) -> Result<bool, String> {
        let Some(expression) = &hook.expression else {
            let name = self.run.name_at(ix, &Site::Hook(hook.name.clone()));
            return Err(format!("Expression required for hook {name}"));
        };
        let (view, world) = (self.run.hook_view(ix, self.now), self.world(0));
        let text = crate::tree::render_text(expression, &view, Mode::Lenient, &world)
            .map_err(|error| error.to_string())?;
        expr::evaluate_bool(&text, &view.evaluated(), &world).map_err(|error| error.to_string())
    }

    fn start_exit_hook(&mut self, ix: NodeIx, exit: &HookPlan, held: &mut bool, broken: &mut Option<String>) {
        match self.try_exit_hook(ix, exit) {
            Started::Held => *held = true,
            Started::Never(reason) if self.group_of(ix).is_some() => {
                broken.get_or_insert(reason);
            }
            Started::Never(reason) => self.target_broke(ix, reason),
            Started::Yes | Started::No => {}
        }
    }

    fn try_exit_hook(&mut self, ix: NodeIx, exit: &HookPlan) -> Started {
        match self.exit_expression_holds_for(ix, exit) {
            Ok(true) => self.enter_hook(ix, exit),
            Ok(false) => Started::No,
            Err(reason) => Started::Never(reason),
        }
    }

    /// The recommended reading of EX-628: an exit hook's expression counts at every level.
    pub(crate) fn exit_expression_holds(&self, exit: &HookPlan) -> bool {
        self.exit_expression_holds_for(NodeIx::ROOT, exit).unwrap_or(false)
    }

    fn exit_expression_holds_for(&self, ix: NodeIx, exit: &HookPlan) -> Result<bool, String> {
        let Some(expression) = &exit.expression else { return Ok(true) };
        let view = self.run.hook_view(ix, self.now);
        let world = self.world(0);
        // An expansion's hooks were expanded with it (TP-045).
        let text = match view.item {
            Some(_) => crate::tree::render_text(expression, &view, Mode::Lenient, &world)
                .map_err(|error| error.to_string())?,
            None => expression.as_str().to_owned(),
        };
        expr::evaluate_bool(&text, &view.evaluated(), &world).map_err(|error| error.to_string())
    }

    /// Enters a hook's template for its owner. What cannot be entered has a node in Error.
    pub(crate) fn enter_hook(&mut self, owner: NodeIx, hook: &HookPlan) -> Started {
        let site = Site::Hook(hook.name.clone());
        let prepared = self
            .hook_template(owner, hook)
            .and_then(|template| self.hook_arguments(owner, hook).map(|args| (template, args)));
        let ((template, templated), args) = match prepared {
            Ok(prepared) => prepared,
            Err(reason) => {
                self.unstarted(owner, site, Phase::Error, &reason);
                return Started::Never(reason);
            }
        };
        match self.enter(Entry { owner, site, template, templated, args }) {
            Entering::Entered => Started::Yes,
            Entering::Refused(reason) => Started::Never(reason),
            Entering::Held => Started::Held,
        }
    }

    /// The template of a hook, and whether its reference had tags.
    fn hook_template(&self, owner: NodeIx, hook: &HookPlan) -> Result<(TemplateIx, bool), String> {
        match &hook.target {
            Target::Known(template) => Ok((*template, false)),
            Target::Missing(reason) => Err(reason.clone()),
            Target::Templated { resource, template, cluster } => {
                let view = self.run.hook_view(owner, self.now);
                let render = |text: &expr::Text| {
                    crate::tree::render_text(text, &view, Mode::Lenient, &self.world(0))
                        .map_err(|error| error.to_string())
                };
                let resource = resource.as_ref().map(render).transpose()?;
                let resource = resource.as_deref().map(|name| (name, *cluster));
                let found =
                    self.run.plan.find(resource, &render(template)?, self.run.scope_of_hooks(owner))?;
                Ok((found, true))
            }
        }
    }

    fn hook_arguments(&self, owner: NodeIx, hook: &HookPlan) -> Result<Args, String> {
        let Some(arguments) = &hook.arguments else { return self.workflow_arguments() };
        let view = self.run.hook_view(owner, self.now);
        self.arguments(arguments, &view, Mode::Lenient).map_err(|error| error.to_string())
    }

    /// The workflow's own arguments, which exit hooks without arguments receive (EX-241).
    fn workflow_arguments(&self) -> Result<Args, String> {
        let plan = self.run.plan.clone();
        let view = View::global(self.run, self.now);
        let mut args =
            self.arguments(&plan.arguments, &view, Mode::Lenient).map_err(|error| error.to_string())?;
        for (name, given) in &mut args.parameters {
            if let Some((_, value)) = self.run.globals.parameters.iter().find(|(known, _)| known == name) {
                *given = Given::Value(value.clone());
            }
        }
        Ok(args)
    }
}

impl Run {
    /// The hooks of a node: those with names, and its exit hook.
    fn hooks_in<'p>(&self, plan: &'p Plan, ix: NodeIx) -> Option<(Vec<&'p HookPlan>, Option<&'p HookPlan>)> {
        if ix == NodeIx::ROOT {
            return Some((plan.hooks.iter().collect(), None));
        }
        let (frame, task) = self.task_of(ix)?;
        let template = self.frames[frame as usize].template;
        let task = &plan.template(template).frame().expect("a frame's template has tasks").tasks[task.at()];
        // In a dag other hooks run once, for the group, and never for an expansion (EX-244).
        let is_dag_item = matches!(self.node(ix).site, Site::Item(..))
            && self.node(self.node(ix).owner).kind == NodeKind::TaskGroup;
        let names = if is_dag_item { Vec::new() } else { task.other_hooks().iter().collect() };
        Some((names, task.exit()))
    }

    /// Whether the end of a node calls for its exit hook.
    fn calls_exit_hook(&self, ix: NodeIx) -> bool {
        self.runs_exit_hooks() && self.node(ix).phase.is_completed()
    }

    /// Whether a task of a dag has ended in a way that is found only when it is visited, so that its exit hook begins
    /// with that visit, and the other hooks which its end calls for with the next one (EX-243, EX-247).
    fn exits_before_its_hooks(&self, ix: NodeIx) -> bool {
        let holds_others = matches!(self.node(ix).kind, NodeKind::Retry | NodeKind::Steps | NodeKind::Dag);
        holds_others && self.ended_in_dag(ix) && !self.has_hook_node(ix, "exit") && !self.has_late_hook(ix)
    }

    /// Whether a node is a task of a dag that has ended in this life; what a retry by hand finds there has ended before.
    fn ended_in_dag(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        let in_dag = matches!(node.site, Site::Task(_)) && self.node(node.owner).kind == NodeKind::Dag;
        in_dag && node.phase.is_ended() && !node.kept
    }

    /// Whether the end of a task of a dag is found only when those who depend on it are judged: that of all that holds
    /// other nodes, and of what never starts. The exit hook begins with it, but that of a loop.
    fn ends_before_its_hooks(&self, ix: NodeIx) -> bool {
        if !self.ended_in_dag(ix) || self.node(ix).open_hooks > 0 || self.has_late_hook(ix) {
            return false;
        }
        match self.node(ix).kind {
            NodeKind::TaskGroup | NodeKind::Skipped => true,
            NodeKind::Retry | NodeKind::Steps | NodeKind::Dag => {
                self.task_plan(ix).is_some_and(|task| task.exit().is_none())
            }
            NodeKind::Pod
            | NodeKind::StepGroup
            | NodeKind::Container
            | NodeKind::Suspend
            | NodeKind::Http
            | NodeKind::Plugin => false,
        }
    }

    /// Who depends on a task of a dag, lacks nothing else, and is judged before the task's hooks are looked at.
    pub(crate) fn lacking_only(&self, ix: NodeIx) -> Vec<TaskIx> {
        let Some((at, task)) = self.task_of(ix) else { return Vec::new() };
        let frame = &self.frames[at as usize];
        let dependents = frame.order.waiting.of(task).iter().copied();
        let lacking = dependents.filter(|dependent| frame.slots[dependent.at()].waiting_for == 1);
        lacking.filter(|dependent| frame.order.is_visited_before_hooks_of(task, *dependent)).collect()
    }

    /// Whether somebody who depends on a task that has ended is about to be entered.
    fn is_about_to_lead_on(&self, ix: NodeIx) -> bool {
        let Some((at, task)) = self.task_of(ix) else { return false };
        let frame = &self.frames[at as usize];
        let mut dependents = frame.order.waiting.of(task).iter();
        self.ends_before_its_hooks(ix)
            && frame.queued
            && dependents.any(|dependent| frame.ready.contains_key(&frame.rank(*dependent)))
    }

    /// Whether exit hooks are run at all: who terminates wants nothing more (EX-288).
    pub(crate) fn runs_exit_hooks(&self) -> bool {
        self.steering.shutdown != Some(Control::Terminate)
    }

    /// Whether a node has just begun and will enter its first children before anything else happens: its hooks are
    /// looked at after that (EX-131).
    pub(crate) fn is_about_to_enter(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        if node.phase.is_ended() || node.gate.is_some() {
            return false;
        }
        let is_queued = |frame: u32| self.frames[frame as usize].queued;
        match node.part {
            Part::Frame(at) => {
                let frame = &self.frames[at as usize];
                match node.kind {
                    NodeKind::Dag => is_queued(at) && frame.slots.iter().all(|slot| slot.node.is_none()),
                    _ => frame.group.is_none(),
                }
            }
            Part::Loop(at) => {
                let looped = &self.loops[at as usize];
                is_queued(looped.frame) && looped.children.is_empty() && looped.has_more()
            }
            Part::Retry(_) | Part::None => false,
        }
    }

    /// Whether the hooks of a node are looked at while it is Pending: in a dag only those of its targets (EX-247, EX-248).
    fn hooks_see_pending(&self, ix: NodeIx) -> bool {
        ix == NodeIx::ROOT
            || self.node(self.node(ix).owner).kind == NodeKind::StepGroup
            || self.dag_of_target(ix).is_some()
    }

    /// Whether a hook of this node has been started.
    pub(crate) fn has_hook_node(&self, owner: NodeIx, name: &str) -> bool {
        self.hook_node(owner, name).is_some()
    }

    /// The node of a hook that has been started.
    pub(crate) fn hook_node(&self, owner: NodeIx, name: &str) -> Option<NodeIx> {
        let is_named = |ix: &NodeIx| matches!(&self.node(*ix).site, Site::Hook(known) if &**known == name);
        self.hook_nodes.get(&owner)?.iter().copied().find(is_named)
    }

    /// Why a hook of this node, other than its exit hook, has a node that could not be started.
    fn unstartable_hook(&self, owner: NodeIx) -> Option<String> {
        let hooks = self.hook_nodes.get(&owner)?.iter().map(|ix| self.node(*ix));
        hooks
            .filter(|hook| hook.kind == NodeKind::Skipped && hook.phase == Phase::Error)
            .filter(|hook| !matches!(&hook.site, Site::Hook(name) if &**name == "exit"))
            .find_map(|hook| hook.message.as_deref().map(str::to_owned))
    }

    /// What a hook's texts see: what the owner's own step or task sees, and the owner itself (EX-248).
    fn hook_view(&self, owner: NodeIx, now: crate::time::Time) -> View<'_> {
        match self.task_of(owner) {
            Some((frame, task)) => {
                let mut view = self.task_view(frame, Some(task), now);
                if let Site::Item(_, index) = self.node(owner).site
                    && let Some(looped) = self.frames[frame as usize].slots[task.at()].looped
                    && self.node(self.node(owner).owner).kind == NodeKind::StepGroup
                {
                    view.item = self.loops[looped as usize].items.get(index as usize);
                }
                view.owner = Some((task, owner));
                view
            }
            None => View { of_entry: true, ..View::global(self, now) },
        }
    }

    /// The dag that a node is a target of.
    fn dag_of_target(&self, ix: NodeIx) -> Option<NodeIx> {
        let node = self.node(ix);
        if !matches!(node.site, Site::Task(_)) {
            return None;
        }
        let (at, task) = self.task_of(ix)?;
        let frame = &self.frames[at as usize];
        (self.tasks(frame).is_dag && frame.order.targets.contains(&task)).then_some(frame.node)
    }

    fn scope_of_hooks(&self, owner: NodeIx) -> ScopeIx {
        match self.task_of(owner) {
            Some((frame, _)) => self.plan.template(self.frames[frame as usize].template).scope,
            None => LOCAL,
        }
    }
}
