//! How a step or task comes to be entered: what stands on the agenda, and the gates before its template.
//!
//! The order is Argo's: dependencies, condition, arguments and loop, then limits, then the template
//! (EX-115, EX-131, EX-154, EX-190).

use super::bind::{Args, Given};
use super::event::Event;
use super::handle::{Turn, message};
use super::node::{NO_INPUTS, NodeIx, Phase, Site, TaskIx};
use super::run::{Ready, Run, Stage};
use super::scope::{Around, Own, View};
use crate::limits;
use crate::plan::{Target, TaskPlan, TemplateIx, TemplatePlan};
use crate::time::Time;
use crate::tree::render_text;
use expr::depends::TaskResult as Result_;
use expr::{Mode, TagError, Text, World};
use tiphys_expr as expr;

/// What came of trying to enter something.
pub(crate) enum Entering {
    /// There is a node now.
    Entered,
    /// A limit holds it back; nothing changed.
    Held,
    /// There is a node now, in Error, and whoever asked should know why.
    Refused(String),
}

/// What a new node is made from.
pub(crate) struct Entry {
    pub owner: NodeIx,
    pub site: Site,
    pub template: TemplateIx,
    /// The reference was templated: the event must say what it came to.
    pub templated: bool,
    pub args: Args,
}

impl Run {
    /// What a node's own texts see.
    pub(crate) fn view_of(&self, ix: NodeIx, now: Time) -> View<'_> {
        let node = self.node(ix);
        let inputs = node.inputs.as_deref().unwrap_or(&NO_INPUTS);
        let template = self.template(ix);
        let view = View {
            template: template.map(|template| (template, inputs)),
            own: Some(Own::Node(ix)),
            ..View::global(self, now)
        };
        match template {
            Some(template) => self.within(view, template, node.owner, &node.site),
            None => view,
        }
    }

    /// The view of a template's text, which in an inline template also sees what the step or task sees that it is a part of
    /// (TP-001, TP-044, TP-045).
    pub(crate) fn within<'a>(
        &'a self,
        view: View<'a>,
        template: &TemplatePlan,
        owner: NodeIx,
        site: &Site,
    ) -> View<'a> {
        if template.inline_in.is_none() {
            return view;
        }
        let (owner, site) = match site {
            Site::Attempt(_) => (self.node(owner).owner, &self.node(owner).site),
            _ => (owner, site),
        };
        let item = self.item_at(owner, site);
        let around = self.task_at(owner, site).map(|(frame, task)| Around { frame, task, item });
        View { around, ..view }
    }

    /// A text of a step or task, with the tags filled in that were known when what is around it was entered (TP-047).
    pub(crate) fn as_known_around(&self, ix: NodeIx, text: &str, now: Time) -> String {
        let around = self.node(ix).boundary.unwrap_or(NodeIx::ROOT);
        let world = World { now: now.timestamp(), seed: 0 };
        let known = expr::render(text, &self.view_of(around, now), Mode::Lenient, &world);
        known.unwrap_or_else(|_| text.to_owned())
    }

    /// The same; in an expansion of a loop its item is known, too (TP-045).
    pub(crate) fn as_expanded(&self, ix: NodeIx, text: &str, now: Time) -> String {
        let known = self.as_known_around(ix, text, now);
        let Site::Item(_, index) = self.node(ix).site else { return known };
        let Some((frame, task)) = self.task_of(ix) else { return known };
        let looped = self.frames[frame as usize].slots[task.at()].looped;
        let item = looped.and_then(|looped| self.loops[looped as usize].items.get(index as usize));
        let world = World { now: now.timestamp(), seed: 0 };
        let view = View { item, ..self.task_view(frame, Some(task), now) };
        expr::render(&known, &view, Mode::Lenient, &world).unwrap_or(known)
    }

    /// What the texts of a step or task see.
    pub(crate) fn task_view(&self, frame: u32, task: Option<TaskIx>, now: Time) -> View<'_> {
        View { frame: Some((frame, task)), ..self.view_of(self.frames[frame as usize].node, now) }
    }
}

impl Turn<'_> {
    /// Enters the next thing that is ready anywhere. False when nothing is, or nothing may.
    pub(crate) fn enter_next(&mut self) -> bool {
        while let Some(at) = self.run.agenda.front().copied() {
            let frame = &self.run.frames[at as usize];
            let Some(ready) = frame.ready.first_key_value().map(|(_, ready)| *ready) else {
                self.leave_agenda(at);
                continue;
            };
            if self.run.node(frame.node).phase.is_ended() {
                // Ended while something was still to be entered: nothing will be.
                self.leave_agenda(at);
                continue;
            }
            let node = frame.node;
            if self.waits_behind_locks(node) {
                self.leave_agenda(at);
                continue;
            }
            if self.run.awaited_daemon(node).is_some() {
                self.run.behind_daemons.insert(at);
                self.leave_agenda(at);
                continue;
            }
            if self.fail_fast(at) {
                return true;
            }
            if self.run.waits_for_semaphores(at) {
                self.leave_agenda(at);
                continue;
            }
            // The frame's own limit frees up when one of its children ends, and that enqueues it again.
            if self.frame_is_full(at) {
                if self.skip_behind(at) {
                    return true;
                }
                self.leave_agenda(at);
                continue;
            }
            let entering = match ready {
                Ready::Task(task) => self.enter_task(at, task),
                Ready::Loop(looped) if self.run.loops[looped as usize].anew => self.expand_anew(at, looped),
                Ready::Loop(looped) => self.enter_item(at, looped),
            };
            return match entering {
                Entering::Held => self.skip_behind(at),
                Entering::Entered => true,
                Entering::Refused(reason) => {
                    self.refused(at, reason);
                    true
                }
            };
        }
        false
    }

    fn leave_agenda(&mut self, at: u32) {
        self.run.agenda.pop_front();
        self.run.frames[at as usize].queued = false;
    }

    /// Skips the steps of a group behind one that a limit holds back, as far as their conditions are false: a limit is about
    /// what runs (EX-131, EX-190, EX-260). Whether there were any; what is asked does not change while the group lasts.
    fn skip_behind(&mut self, at: u32) -> bool {
        let plan = self.run.plan.clone();
        let frame = &self.run.frames[at as usize];
        let (Some(group), Some(tasks)) = (frame.group, plan.template(frame.template).frame()) else {
            return false;
        };
        if frame.looked_behind {
            return false;
        }
        let ready: Vec<Ready> = frame.ready.values().copied().collect();
        for ready in ready {
            let task = match ready {
                Ready::Task(task) => task,
                Ready::Loop(looped) => self.run.loops[looped as usize].task,
            };
            let step = &tasks.tasks[task.at()];
            if step.when.is_none() {
                continue;
            }
            let has_skipped = match (ready, &step.items) {
                (Ready::Loop(looped), _) => self.skip_items(at, looped, step),
                (Ready::Task(task), None) => self.skip_step(at, task, step, group),
                (Ready::Task(task), Some(_)) => {
                    // Loops are expanded before the first step begins (EX-131).
                    if let Entering::Refused(reason) = self.expand(at, task, step, group) {
                        self.refused(at, reason);
                    }
                    true
                }
            };
            if has_skipped {
                return true;
            }
        }
        self.run.frames[at as usize].looked_behind = true;
        false
    }

    fn skip_step(&mut self, at: u32, task: TaskIx, step: &TaskPlan, group: NodeIx) -> bool {
        let view = self.run.task_view(at, Some(task), self.now);
        let Ok(Some(reason)) = self.condition(step, &view, Mode::PrefixStrict) else { return false };
        self.unstarted(group, Site::Task(step.name.clone()), Phase::Skipped, &reason);
        true
    }

    /// The same for the items of a loop, as many at once as may be entered.
    fn skip_items(&mut self, at: u32, looped: u32, step: &TaskPlan) -> bool {
        let group = &self.run.loops[looped as usize];
        let (task, owner, mut index) = (group.task, group.owner, group.looked.max(group.cursor));
        let mut skipped = Vec::new();
        while index < group.stop && skipped.len() < limits::ENTER_PER_CALL {
            let item = group.items.get(index as usize);
            let view = View { item, ..self.run.task_view(at, Some(task), self.now) };
            if !group.children.contains_key(&index)
                && let Ok(Some(reason)) = self.condition(step, &view, Mode::FullStrict)
            {
                skipped.push((index, reason));
            }
            index += 1;
        }
        self.run.loops[looped as usize].looked = index;
        for (index, reason) in &skipped {
            self.unstarted(owner, Site::Item(step.name.clone(), *index), Phase::Skipped, reason);
        }
        !skipped.is_empty()
    }

    /// Whether the template's own limit holds its next child back (EX-261).
    fn frame_is_full(&self, at: u32) -> bool {
        let frame = &self.run.frames[at as usize];
        let template = self.run.plan.template(frame.template);
        // What is stopped runs no more, as far as limits go.
        (template.fail_fast && frame.failed_child)
            || (template.parallelism.is_some_and(|limit| frame.active >= limit)
                && !self.run.is_shut_down(frame.node))
    }

    /// Ends a template that asks for it as soon as one of its children has failed and none runs (EX-263).
    pub(crate) fn fail_fast(&mut self, at: u32) -> bool {
        let frame = &self.run.frames[at as usize];
        if !self.run.plan.template(frame.template).fail_fast || !frame.failed_child || frame.active > 0 {
            return false;
        }
        let (node, group) = (frame.node, frame.group);
        if self.run.node(node).phase.is_ended() {
            return false;
        }
        if !frame.ready.is_empty() {
            self.record(Event::GaveUp { node });
        }
        let reason = "template has failed or errored children and failFast enabled";
        for ix in group.filter(|group| !self.run.node(*group).phase.is_ended()).into_iter().chain([node]) {
            self.record(Event::Ended {
                node: ix,
                phase: Phase::Failed,
                message: message(reason),
                outputs: None,
            });
        }
        true
    }

    /// Whether the workflow's limit holds new nodes back (EX-260), also where the run is shut down already: what is
    /// entered there has failed.
    pub(crate) fn workflow_is_full(&self, owner: Option<NodeIx>) -> bool {
        self.run.plan.parallelism.is_some_and(|limit| self.run.active_pods >= limit)
            && !owner.is_some_and(|owner| self.run.is_shut_down(owner))
    }

    /// Tells the construct around a node that could not be entered.
    fn refused(&mut self, at: u32, reason: String) {
        let frame = &self.run.frames[at as usize];
        if let Some(group) = frame.group {
            self.record(Event::Broke { group, phase: Phase::Error, message: reason.into() });
        }
    }

    /// Lets the entrypoint in, with the workflow's arguments as its own (PA-028).
    pub(crate) fn enter_entrypoint(&mut self) {
        let plan = self.run.plan.clone();
        let args = match self.entry_arguments() {
            Ok(args) => args,
            Err(error) => {
                return self
                    .finish(Phase::Error, message(format!("error in entry template execution: {error}")));
            }
        };
        let entry = Entry {
            owner: NodeIx::ROOT,
            site: Site::Entry,
            template: plan.entrypoint,
            templated: false,
            args,
        };
        if let Entering::Refused(reason) = self.enter(entry) {
            self.finish(Phase::Error, message(format!("error in entry template execution: {reason}")));
        }
    }

    /// The workflow's arguments with the values that count.
    pub(crate) fn entry_arguments(&self) -> Result<Args, TagError> {
        let plan = self.run.plan.clone();
        let mut args = self.arguments(&plan.arguments, &View::global(self.run, self.now), Mode::Lenient)?;
        for (name, given) in &mut args.parameters {
            // What the workflow itself took from a ConfigMap, or in its place, is known since it began (PA-045).
            let known = self.run.globals.parameters.iter().find(|(known, _)| known == name);
            if let (Given::ConfigMap(_), Some((_, value))) = (&*given, known) {
                *given = Given::Value(value.clone());
            }
        }
        for (name, value) in &self.run.globals.overridden {
            let given = Given::Value(value.clone());
            match args.parameters.iter_mut().find(|(known, _)| known == name) {
                Some((_, old)) => *old = given,
                None => args.parameters.push((name.clone(), given)),
            }
        }
        Ok(args)
    }

    /// The gates of a step or task that is looked at for the first time.
    fn enter_task(&mut self, at: u32, task: TaskIx) -> Entering {
        let plan = self.run.plan.clone();
        let (template, frame_node) = {
            let frame = &self.run.frames[at as usize];
            (plan.template(frame.template), frame.node)
        };
        let tasks = template.frame().expect("a frame's template has tasks");
        let compiled = &tasks.tasks[task.at()];
        let owner = self.run.frames[at as usize].group.unwrap_or(frame_node);
        if let Some(logic) = &compiled.depends {
            let result_of = |task: usize, result| self.depends_result(at, TaskIx(task as u32), result);
            match logic.evaluate(&result_of) {
                Ok(true) => {}
                Ok(false) => {
                    self.unstarted(
                        owner,
                        Site::Task(compiled.name.clone()),
                        Phase::Omitted,
                        "omitted: depends condition not met",
                    );
                    return Entering::Entered;
                }
                Err(reason) => {
                    self.unstarted(owner, Site::Task(compiled.name.clone()), Phase::Error, &reason);
                    return Entering::Entered;
                }
            }
        }
        if self.workflow_is_full(Some(owner)) {
            return Entering::Held;
        }
        if let Some(reason) = self.group_trouble(at, task) {
            return Entering::Refused(reason);
        }
        if self.skip_empty_loops(at, task) {
            return Entering::Entered;
        }
        match &compiled.items {
            None => self.enter_once(at, task, compiled, owner),
            Some(_) => self.expand(at, task, compiled, owner),
        }
    }

    /// One of the eight results that `depends` may ask for (EX-159).
    fn depends_result(&self, at: u32, task: TaskIx, result: Result_) -> bool {
        let Some(ix) = self.run.frames[at as usize].slots[task.at()].node else { return false };
        let node = self.run.node(ix);
        let members = || self.run.judged_members(ix);
        match result {
            // What was taken over has succeeded, too, or what follows it would be lost (EX-317).
            Result_::Succeeded => node.has_succeeded(),
            Result_::Failed => node.phase == Phase::Failed,
            Result_::Errored => node.phase == Phase::Error,
            Result_::Skipped => node.phase == Phase::Skipped,
            Result_::Omitted => node.phase == Phase::Omitted,
            Result_::Daemoned => node.daemoned && node.phase != Phase::Pending,
            Result_::AnySucceeded => members().iter().any(|child| self.run.node(*child).has_succeeded()),
            Result_::AllFailed => {
                let members = members();
                !members.is_empty()
                    && members.iter().all(|child| self.run.node(*child).phase == Phase::Failed)
            }
        }
    }

    fn enter_once(&mut self, at: u32, task: TaskIx, compiled: &TaskPlan, owner: NodeIx) -> Entering {
        let site = Site::Task(compiled.name.clone());
        let view = self.run.task_view(at, Some(task), self.now);
        match self.condition(compiled, &view, Mode::PrefixStrict) {
            Ok(None) => {}
            Ok(Some(skipped)) => {
                self.unstarted(owner, site, Phase::Skipped, &skipped);
                return Entering::Entered;
            }
            Err(reason) if self.run.frames[at as usize].group.is_some() => {
                return Entering::Refused(format!("failed to resolve references: {reason}"));
            }
            Err(reason) => return self.no_condition(at, owner, site, reason),
        }
        let view = self.run.task_view(at, Some(task), self.now);
        let args = match self.arguments(compiled.arguments(), &view, Mode::PrefixStrict) {
            Ok(args) => args,
            Err(error) => return self.no_references(at, owner, site, error),
        };
        let view = self.run.task_view(at, Some(task), self.now);
        match self.resolve(at, compiled, &view, Mode::PrefixStrict) {
            Ok((template, templated)) => {
                let entering = self.enter(Entry { owner, site: site.clone(), template, templated, args });
                self.entered_for(at, owner, &site, entering)
            }
            Err(reason) => self.no_template(at, owner, site, reason),
        }
    }

    /// A template that is not there (EX-111): the child is, in Error, and says in a dag which it is (EX-166).
    pub(crate) fn no_template(&mut self, at: u32, owner: NodeIx, site: Site, reason: String) -> Entering {
        let shown = self.task_error(owner, &site, &reason);
        self.unstarted(owner, site.clone(), Phase::Error, &shown);
        self.entered_for(at, owner, &site, Entering::Refused(reason))
    }

    /// The words around a child that could not be entered: a group breaks (EX-134), a task says so itself (EX-166).
    pub(crate) fn entered_for(
        &mut self,
        at: u32,
        owner: NodeIx,
        site: &Site,
        entering: Entering,
    ) -> Entering {
        let Entering::Refused(reason) = entering else { return entering };
        if self.run.frames[at as usize].group.is_some() {
            return Entering::Refused(self.child_error(owner, site, &reason));
        }
        Entering::Entered
    }

    /// A condition that cannot be evaluated: the child is there in Error, and a group breaks (EX-134).
    pub(crate) fn no_condition(&mut self, at: u32, owner: NodeIx, site: Site, reason: String) -> Entering {
        self.unstarted(owner, site, Phase::Error, &reason);
        if self.run.frames[at as usize].group.is_some() {
            Entering::Refused(reason)
        } else {
            Entering::Entered
        }
    }

    /// References that cannot be resolved: a group breaks without a child, a task is there in Error.
    pub(crate) fn no_references(&mut self, at: u32, owner: NodeIx, site: Site, error: TagError) -> Entering {
        let reason = self.explained(at, &error);
        if self.run.frames[at as usize].group.is_some() {
            return Entering::Refused(format!("failed to resolve references: {reason}"));
        }
        self.unstarted(owner, site, Phase::Error, &reason);
        Entering::Entered
    }

    /// Argo would wait for ever for a value that can no longer come; we say which, and why (TP-060).
    pub(crate) fn explained(&self, at: u32, error: &TagError) -> String {
        let TagError::Missing { message, name } = error else { return error.to_string() };
        let frame = &self.run.frames[at as usize];
        let tasks = self.run.tasks(frame);
        let word = if tasks.is_dag { "task" } else { "step" };
        let root = if tasks.is_dag { "tasks." } else { "steps." };
        let Some(sibling) = name.trim().strip_prefix(root).and_then(|rest| rest.split('.').next()) else {
            return message.clone();
        };
        let Some(task) = tasks.by_name.get(sibling) else {
            return format!("{message}: there is no {word} `{sibling}` here");
        };
        let slot = &frame.slots[task.at()];
        let looped = slot.looped.map(|looped| &self.run.loops[looped as usize]);
        if let Some(Err(reason)) = looped
            .filter(|looped| self.run.node(looped.owner).phase.is_ended())
            .map(|looped| looped.aggregate(self.run))
        {
            // Go's words alone (PA-100, PA-116).
            return reason;
        }
        match slot.node.or_else(|| slot.looped.map(|looped| self.run.loops[looped as usize].owner)) {
            Some(node) if self.run.node(node).phase.is_ended() => {
                format!("{message}: {word} `{sibling}` ended {} without it", self.run.node(node).phase.name())
            }
            Some(_) => format!("{message}: {word} `{sibling}` does not end before this one starts"),
            None => format!("{message}: {word} `{sibling}` has not run before this one"),
        }
    }

    /// Evaluates `when`. `Some(message)` means skip (EX-190).
    pub(crate) fn condition(
        &self,
        task: &TaskPlan,
        view: &View<'_>,
        mode: Mode,
    ) -> Result<Option<String>, String> {
        let Some(when) = &task.when else { return Ok(None) };
        let text = self.staged(when, view, mode).map_err(|error| match view.frame {
            Some((at, _)) => self.explained(at, &error),
            None => error.to_string(),
        })?;
        match expr::when::evaluate(&text)? {
            true => Ok(None),
            false => Ok(Some(format!("when '{text}' evaluated false"))),
        }
    }

    /// Which template a task runs.
    pub(crate) fn resolve(
        &self,
        at: u32,
        task: &TaskPlan,
        view: &View<'_>,
        mode: Mode,
    ) -> Result<(TemplateIx, bool), String> {
        let from = self.run.plan.template(self.run.frames[at as usize].template).scope;
        match &task.target {
            Target::Known(template) => Ok((*template, false)),
            Target::Missing(reason) => Err(reason.clone()),
            Target::Templated { resource, template, cluster } => {
                let render = |text: &Text| {
                    render_text(text, view, mode, &self.world(0)).map_err(|error| error.to_string())
                };
                let resource = resource.as_ref().map(render).transpose()?;
                let found = self.run.plan.find(
                    resource.as_deref().map(|name| (name, *cluster)),
                    &render(template)?,
                    from,
                )?;
                Ok((found, true))
            }
        }
    }
}

impl Run {
    /// Whether nodes may no longer start (EX-319 to EX-327).
    pub(crate) fn is_shut(&self, on_exit: bool) -> bool {
        use super::event::Control;
        match self.steering.shutdown {
            Some(Control::Terminate) => true,
            Some(_) => !on_exit,
            None => self.steering.deadline_passed && !on_exit && self.stage != Stage::New,
        }
    }
}
