//! How a step or task becomes a node: its gates, its arguments, its loop, its template.
//!
//! The order is Argo's: dependencies, condition, arguments and loop, then limits, then the template
//! (EX-115, EX-131, EX-154, EX-190).

use super::event::{Event, TemplateKey};
use super::handle::{Turn, message};
use super::node::{Gate, Inputs, NodeIx, NodeKind, Part, Phase, Site, TaskIx};
use super::run::{Ready, Run, Stage};
use super::scope::{Own, View};
use crate::limits;
use crate::plan::{
    Arguments, ConfigMapSource, DagOrder, Flow, FramePlan, Items, Plan, Source, Target, TaskPlan, TemplateIx,
    TemplatePlan,
};
use crate::time::Time;
use crate::tree::render_text;
use expr::depends::TaskResult as Result_;
use expr::items::Item;
use expr::{Bound, Mode, Scope, TagError, Text};
use serde_json::Value;
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// A rendered parameter argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    /// A value.
    Value(Arc<str>),
    /// It names an output that explicitly does not exist: the input's default counts (TP-243).
    Absent,
    /// Neither value nor source (PA-022).
    Nothing,
}

/// Rendered arguments.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Args {
    pub parameters: Vec<(Arc<str>, Given)>,
    pub artifacts: Vec<(Arc<str>, Value)>,
}

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
        static EMPTY: Inputs = Inputs { parameters: Vec::new(), artifacts: Vec::new() };
        let node = self.node(ix);
        let inputs = node.inputs.as_deref().unwrap_or(&EMPTY);
        View {
            template: self.template(ix).map(|template| (template, inputs)),
            own: Some(Own::Node(ix)),
            ..View::global(self, now)
        }
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
            let Some(ready) = frame.ready.front().copied() else {
                self.leave_agenda(at);
                continue;
            };
            if self.run.node(frame.node).phase.is_ended() {
                // Ended while something was still to be entered: nothing will be.
                self.leave_agenda(at);
                continue;
            }
            if self.shut(at) {
                return true;
            }
            if self.fail_fast(at) {
                return true;
            }
            // The frame's own limit frees up when one of its children ends, and that enqueues it again.
            if self.frame_is_full(at) {
                self.leave_agenda(at);
                continue;
            }
            let entering = match ready {
                Ready::Task(task) => self.enter_task(at, task),
                Ready::Loop(looped) => self.enter_item(at, looped),
            };
            return match entering {
                Entering::Held => false,
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

    /// Whether the template's own limit holds its next child back (EX-261).
    fn frame_is_full(&self, at: u32) -> bool {
        let frame = &self.run.frames[at as usize];
        let template = self.run.plan.template(frame.template);
        (template.fail_fast && frame.failed_child)
            || template.parallelism.is_some_and(|limit| frame.active >= limit)
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

    /// Whether the workflow's limit holds every new node back (EX-260).
    pub(crate) fn workflow_is_full(&self) -> bool {
        self.run.plan.parallelism.is_some_and(|limit| self.run.active_pods >= limit)
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
        let args = match self.arguments(&plan.arguments, &View::global(self.run, self.now), Mode::Lenient) {
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
            match logic.evaluate(&|name, result| self.depends_result(at, name, result)) {
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
        if self.workflow_is_full() {
            return Entering::Held;
        }
        match &compiled.items {
            Items::Once => self.enter_once(at, task, compiled, owner),
            items => self.expand(at, task, compiled, owner, items),
        }
    }

    /// One of the eight results that `depends` may ask for (EX-159).
    fn depends_result(&self, at: u32, name: &str, result: Result_) -> bool {
        let frame = &self.run.frames[at as usize];
        let Some(task) = self.run.tasks(frame).by_name.get(name) else { return false };
        let Some(ix) = frame.slots[task.at()].node else { return false };
        let node = self.run.node(ix);
        let members = || match node.part {
            Part::Loop(looped) => self.run.loops[looped as usize].children.as_slice(),
            _ => &[],
        };
        match result {
            Result_::Succeeded => node.phase == Phase::Succeeded,
            Result_::Failed => node.phase == Phase::Failed,
            Result_::Errored => node.phase == Phase::Error,
            Result_::Skipped => node.phase == Phase::Skipped,
            Result_::Omitted => node.phase == Phase::Omitted,
            Result_::Daemoned => node.daemoned && node.phase != Phase::Pending,
            Result_::AnySucceeded => {
                members().iter().any(|child| self.run.node(*child).phase == Phase::Succeeded)
            }
            Result_::AllFailed => {
                !members().is_empty()
                    && members().iter().all(|child| self.run.node(*child).phase == Phase::Failed)
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
            Err(reason) => return self.no_condition(at, owner, site, reason),
        }
        let view = self.run.task_view(at, Some(task), self.now);
        let args = match self.arguments(&compiled.arguments, &view, Mode::PrefixStrict) {
            Ok(args) => args,
            Err(error) => return self.no_references(at, owner, site, error),
        };
        let view = self.run.task_view(at, Some(task), self.now);
        match self.resolve(at, compiled, &view, Mode::PrefixStrict) {
            Ok((template, templated)) => {
                let entering = self.enter(Entry { owner, site: site.clone(), template, templated, args });
                self.entered_for(at, owner, &site, entering)
            }
            Err(reason) => {
                self.unstarted(owner, site.clone(), Phase::Error, &reason);
                self.entered_for(at, owner, &site, Entering::Refused(reason))
            }
        }
    }

    /// The words around a child that could not be entered: a group breaks (EX-134), a task says so itself (EX-166).
    fn entered_for(&mut self, at: u32, owner: NodeIx, site: &Site, entering: Entering) -> Entering {
        let Entering::Refused(reason) = entering else { return entering };
        if self.run.frames[at as usize].group.is_some() {
            let child = self.run.name_at(owner, site);
            return Entering::Refused(format!(
                "step group deemed errored due to child {child} error: {reason}"
            ));
        }
        Entering::Entered
    }

    /// A condition that cannot be evaluated: the child is there in Error, and a group breaks (EX-134).
    fn no_condition(&mut self, at: u32, owner: NodeIx, site: Site, reason: String) -> Entering {
        self.unstarted(owner, site, Phase::Error, &reason);
        if self.run.frames[at as usize].group.is_some() {
            Entering::Refused(reason)
        } else {
            Entering::Entered
        }
    }

    /// References that cannot be resolved: a group breaks without a child, a task is there in Error.
    fn no_references(&mut self, at: u32, owner: NodeIx, site: Site, error: TagError) -> Entering {
        let reason = self.explained(at, &error);
        if self.run.frames[at as usize].group.is_some() {
            return Entering::Refused(format!("failed to resolve references: {reason}"));
        }
        self.unstarted(owner, site, Phase::Error, &reason);
        Entering::Entered
    }

    /// Argo would wait for ever for a value that can no longer come; we say which, and why (TP-060).
    fn explained(&self, at: u32, error: &TagError) -> String {
        let TagError::Missing { message, name } = error else { return error.to_string() };
        let frame = &self.run.frames[at as usize];
        let tasks = self.run.tasks(frame);
        let word = if tasks.is_dag { "task" } else { "step" };
        let Some(sibling) = name.split('.').nth(1) else { return message.clone() };
        let Some(task) = tasks.by_name.get(sibling) else {
            return format!("{message}: there is no {word} `{sibling}` here");
        };
        let slot = &frame.slots[task.at()];
        match slot.node.or_else(|| slot.looped.map(|looped| self.run.loops[looped as usize].owner)) {
            Some(node) if self.run.node(node).phase.is_ended() => {
                format!("{message}: {word} `{sibling}` ended {} without it", self.run.node(node).phase.name())
            }
            Some(_) => format!("{message}: {word} `{sibling}` does not end before this one starts"),
            None => format!("{message}: {word} `{sibling}` has not run before this one"),
        }
    }

    /// A node that never starts: skipped, omitted, or in Error (EX-033).
    pub(crate) fn unstarted(&mut self, owner: NodeIx, site: Site, phase: Phase, reason: &str) {
        let node = self.next_node();
        self.record(Event::Entered {
            node,
            owner,
            site,
            kind: NodeKind::Skipped,
            phase,
            template: None,
            gate: None,
            target: None,
            message: message(reason),
            inputs: None,
            outputs: None,
        });
        self.entered += 1;
    }

    fn next_node(&self) -> NodeIx {
        NodeIx(self.run.nodes.len() as u32)
    }

    /// Evaluates `when`. `Some(message)` means skip (EX-190).
    fn condition(&self, task: &TaskPlan, view: &View<'_>, mode: Mode) -> Result<Option<String>, String> {
        let Some(when) = &task.when else { return Ok(None) };
        let text = render_text(when, view, mode, &self.world(0)).map_err(|error| match view.frame {
            Some((at, _)) => self.explained(at, &error),
            None => error.to_string(),
        })?;
        match expr::when::evaluate(&text)? {
            true => Ok(None),
            false => Ok(Some(format!("when '{text}' evaluated false"))),
        }
    }

    /// Which template a task runs.
    fn resolve(
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

    /// Finds out a loop's items (EX-192 to EX-197).
    fn expand(
        &mut self,
        at: u32,
        task: TaskIx,
        compiled: &TaskPlan,
        owner: NodeIx,
        items: &Items,
    ) -> Entering {
        let view = self.run.task_view(at, Some(task), self.now);
        let site = Site::Task(compiled.name.clone());
        // A condition that mentions the item cannot be evaluated yet; each expansion will.
        let skipped = self.condition(compiled, &view, Mode::PrefixStrict).ok().flatten();
        let found = match items {
            Items::List(items) => self.rendered_items(items, &view),
            Items::Param(text) => render_text(text, &view, Mode::PrefixStrict, &self.world(0))
                .map_err(|error| self.explained(at, &error))
                .and_then(|text| expr::items::with_param(&text)),
            Items::Sequence(sequence) => {
                self.sequence(sequence, &view).map_err(|error| self.explained(at, &error))
            }
            Items::Once => Ok(Vec::new()),
        };
        let items = match (found, skipped) {
            (Ok(items), _) => items,
            (Err(_), Some(skipped)) => {
                self.unstarted(owner, site, Phase::Skipped, &skipped);
                return Entering::Entered;
            }
            (Err(reason), None) => {
                if self.run.frames[at as usize].group.is_some() {
                    return Entering::Refused(reason);
                }
                self.unstarted(owner, site, Phase::Error, &reason);
                return Entering::Entered;
            }
        };
        if items.is_empty() {
            self.unstarted(owner, site, Phase::Skipped, "Skipped, empty params");
            return Entering::Entered;
        }
        if self.run.nodes.len() + items.len() > limits::NODES_MAX {
            let reason = format!(
                "this loop of {} items would bring the workflow over its limit of {} nodes",
                items.len(),
                limits::NODES_MAX
            );
            self.unstarted(owner, site, Phase::Error, &reason);
            return self.entered_for(
                at,
                owner,
                &Site::Task(compiled.name.clone()),
                Entering::Refused(reason),
            );
        }
        let mut group = owner;
        if self.run.frames[at as usize].group.is_none() {
            group = self.next_node();
            self.record(Event::Entered {
                node: group,
                owner,
                site,
                kind: NodeKind::TaskGroup,
                phase: Phase::Running,
                template: None,
                gate: None,
                target: None,
                message: None,
                inputs: None,
                outputs: None,
            });
            self.entered += 1;
        }
        let items: Vec<Arc<str>> = items.iter().map(|item| item.json().into()).collect();
        self.record(Event::Expanded { owner: group, task: compiled.name.clone(), items });
        Entering::Entered
    }

    /// `withItems` may hold tags, in any string of an item (TP-045).
    fn rendered_items(&self, items: &[Item], view: &View<'_>) -> Result<Vec<Item>, String> {
        items
            .iter()
            .map(|item| {
                let raw = item.json();
                if !raw.contains("{{") {
                    return Ok(item.clone());
                }
                let value: Value = serde_json::from_str(raw).map_err(|error| error.to_string())?;
                let tree = crate::tree::Tree::compile(&value).map_err(|error| error.to_string())?;
                let rendered = tree
                    .render(view, Mode::PrefixStrict, &self.world(0))
                    .map_err(|error| error.to_string())?;
                Item::from_json_text(&rendered.to_string())
            })
            .collect()
    }

    fn sequence(&self, plan: &crate::plan::SequencePlan, view: &View<'_>) -> Result<Vec<Item>, TagError> {
        let render = |text: &Option<Text>| -> Result<Option<String>, TagError> {
            text.as_ref().map(|text| render_text(text, view, Mode::PrefixStrict, &self.world(0))).transpose()
        };
        let spec = expr::items::SequenceSpec {
            count: render(&plan.count)?,
            start: render(&plan.start)?,
            end: render(&plan.end)?,
            format: render(&plan.format)?,
        };
        let values = expr::items::sequence(&spec).map_err(|message| TagError::Failed { message })?;
        Ok(values.iter().map(|value| Item::from_text(value)).collect())
    }

    /// Enters the next expansion of a loop.
    fn enter_item(&mut self, at: u32, looped: u32) -> Entering {
        if self.workflow_is_full() {
            return Entering::Held;
        }
        let plan = self.run.plan.clone();
        let group = &self.run.loops[looped as usize];
        let (task, owner, index) = (group.task, group.owner, group.cursor);
        let item = group.items[index as usize].clone();
        let frame_template = self.run.frames[at as usize].template;
        let compiled =
            &plan.template(frame_template).frame().expect("a frame's template has tasks").tasks[task.at()];
        let site = Site::Item(compiled.name.clone(), index);
        let view = View { item: Some(&item), ..self.run.task_view(at, Some(task), self.now) };
        match self.condition(compiled, &view, Mode::FullStrict) {
            Ok(None) => {}
            Ok(Some(skipped)) => {
                self.unstarted(owner, site, Phase::Skipped, &skipped);
                return Entering::Entered;
            }
            Err(reason) => return self.no_condition(at, owner, site, reason),
        }
        let view = View { item: Some(&item), ..self.run.task_view(at, Some(task), self.now) };
        let prepared = self
            .arguments(&compiled.arguments, &view, Mode::FullStrict)
            .map_err(|error| self.explained(at, &error))
            .and_then(|args| self.resolve(at, compiled, &view, Mode::FullStrict).map(|found| (args, found)));
        match prepared {
            Ok((args, (template, templated))) => {
                let entering = self.enter(Entry { owner, site: site.clone(), template, templated, args });
                self.entered_for(at, owner, &site, entering)
            }
            Err(reason) => {
                self.unstarted(owner, site.clone(), Phase::Error, &reason);
                if self.run.frames[at as usize].group.is_some() {
                    Entering::Refused(reason)
                } else {
                    Entering::Entered
                }
            }
        }
    }

    /// Renders arguments (TP-044, TP-243, PA-183).
    pub(crate) fn arguments(
        &self,
        arguments: &Arguments,
        view: &View<'_>,
        mode: Mode,
    ) -> Result<Args, TagError> {
        let mut args = Args::default();
        for (name, source) in &arguments.parameters {
            let given = match source {
                Source::Nothing => Given::Nothing,
                Source::ConfigMap(source) => {
                    let value =
                        self.config_value(source).or_else(|reason| source.default.clone().ok_or(reason));
                    Given::Value(value.map_err(|message| TagError::Failed { message })?.into())
                }
                Source::Text(text) if text.is_literal() => Given::Value(text.as_str().into()),
                Source::Text(text) => match text.sole_tag().and_then(|tag| view.get(tag)) {
                    Some(Bound::Absent) => Given::Absent,
                    Some(Bound::Text(value)) if !value.contains("{{") => Given::Value((&*value).into()),
                    _ => Given::Value(render_text(text, view, mode, &self.world(0))?.into()),
                },
            };
            args.parameters.push((name.clone(), given));
        }
        for argument in &arguments.artifacts {
            match self.artifact_argument(argument, view, mode) {
                Ok(Some(artifact)) => args.artifacts.push((argument.name.clone(), artifact)),
                Ok(None) => {}
                Err(_) if argument.optional => {}
                Err(error) => return Err(error),
            }
        }
        Ok(args)
    }

    fn artifact_argument(
        &self,
        argument: &crate::plan::ArtifactArgument,
        view: &View<'_>,
        mode: Mode,
    ) -> Result<Option<Value>, TagError> {
        let failed = |message: String| TagError::Failed { message };
        let found = if let Some(from) = &argument.from {
            // The name itself may hold tags (`…artifacts.{{item}}`); what is left is one tag that names an artifact.
            let rendered = render_text(from, view, Mode::Lenient, &self.world(0))?;
            let name = rendered.trim().trim_start_matches("{{").trim_end_matches("}}").trim().to_owned();
            match view.get(&name) {
                Some(Bound::Json(value)) => value.into_owned(),
                Some(_) => return Err(failed(format!("Variable {{{{{name}}}}} is not an artifact"))),
                None => return Err(failed(format!("Unable to resolve: \"{name}\""))),
            }
        } else if let Some(expression) = &argument.from_expression {
            let expression = render_text(expression, view, Mode::Lenient, &self.world(0))?;
            let value = expr::evaluate(&expression, view, &self.world(0))
                .map_err(|error| failed(error.to_string()))?;
            match value.to_json_value() {
                Ok(value @ Value::Object(_)) => value,
                _ => return Err(failed(format!("Variable {{{{{expression}}}}} is not an artifact"))),
            }
        } else {
            return argument.doc.render(view, mode, &self.world(0)).map(Some);
        };
        if argument.optional && location(&found).is_none() {
            // The empty artifact of a skipped step; the recommended reading of TP-242 drops it.
            return Ok(None);
        }
        let mut found = found;
        if let Some(sub_path) = &argument.sub_path {
            let sub_path = render_text(sub_path, view, mode, &self.world(0))?;
            append_key(&mut found, &sub_path).map_err(failed)?;
        }
        Ok(Some(found))
    }

    /// A value of a ConfigMap (PA-045). The error names the ConfigMap and the reason.
    pub(crate) fn config_value(&self, source: &ConfigMapSource) -> Result<String, String> {
        let view = View::global(self.run, self.now);
        let render = |text: &Text| {
            render_text(text, &view, Mode::FullStrict, &self.world(0)).map_err(|error| error.to_string())
        };
        let (name, key) = (render(&source.name)?, render(&source.key)?);
        config_map_value(&self.run.plan, &name, &key)
    }

    /// Enters a template: binds inputs, wraps retries, makes the node.
    pub(crate) fn enter(&mut self, entry: Entry) -> Entering {
        let plan = self.run.plan.clone();
        let template = plan.template(entry.template);
        let depth = if self.run.nodes.is_empty() { 0 } else { self.run.node(entry.owner).depth };
        if depth >= limits::DEPTH_MAX {
            let reason = format!(
                "Maximum recursion depth exceeded: templates call each other more than {} deep",
                limits::DEPTH_MAX
            );
            self.unstarted(entry.owner, entry.site, Phase::Error, &reason);
            return Entering::Refused(reason);
        }
        let inputs = match self.bind(template, &entry) {
            Ok(inputs) => inputs,
            Err(reason) => {
                let shown = self.task_error(&entry, &reason);
                self.unstarted(entry.owner, entry.site, Phase::Error, &shown);
                return Entering::Refused(reason);
            }
        };
        if self.workflow_is_full() {
            return Entering::Held;
        }
        if self.entering_shut(&entry) {
            let reason = self.run.steering.strategy().unwrap_or_default();
            let reason = format!("workflow shutdown with strategy: {reason}");
            self.unstarted(entry.owner, entry.site, Phase::Failed, &reason);
            return Entering::Entered;
        }
        let inputs = (inputs != Inputs::default()).then(|| Arc::new(inputs));
        let key = entry.templated.then(|| self.key(entry.template));
        if let Some(gate) = Self::first_gate(template) {
            return self.enter_gated(entry, template, key, inputs, gate);
        }
        if template.retry.is_some() {
            let node = self.next_node();
            self.node_entered(
                node,
                entry.owner,
                entry.site,
                NodeKind::Retry,
                Phase::Running,
                key.clone(),
                inputs,
            );
            return self.enter_attempt(node);
        }
        self.enter_kind(entry.owner, entry.site, entry.template, key, inputs)
    }

    /// A node that has to wait for an answer before it begins: it is there, Pending, and runs nothing.
    fn enter_gated(
        &mut self,
        entry: Entry,
        template: &TemplatePlan,
        key: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
        gate: Gate,
    ) -> Entering {
        let kind = match &template.flow {
            _ if template.retry.is_some() => NodeKind::Retry,
            Flow::Leaf(kind) => *kind,
            Flow::Suspend { .. } => NodeKind::Suspend,
            Flow::Frame(frame) if frame.is_dag => NodeKind::Dag,
            Flow::Frame(_) => NodeKind::Steps,
            Flow::Missing => {
                return self.enter_kind(entry.owner, entry.site, entry.template, key, inputs);
            }
        };
        let node = self.next_node();
        self.record(Event::Entered {
            node,
            owner: entry.owner,
            site: entry.site,
            kind,
            phase: Phase::Pending,
            template: key,
            gate: Some(gate),
            target: None,
            message: None,
            inputs,
            outputs: None,
        });
        self.entered += 1;
        self.ask(node);
        Entering::Entered
    }

    /// In a dag the node itself carries the words around the reason (EX-166).
    fn task_error(&self, entry: &Entry, reason: &str) -> String {
        let in_dag = matches!(entry.site, Site::Task(_) | Site::Item(..))
            && self.run.node(entry.owner).kind != NodeKind::StepGroup;
        if in_dag {
            let name = self.run.name_at(entry.owner, &entry.site);
            return format!("task '{name}' errored: {reason}");
        }
        reason.to_owned()
    }

    fn key(&self, template: TemplateIx) -> TemplateKey {
        let plan = self.run.plan.template(template);
        let scope = self.run.plan.scope(plan.scope);
        TemplateKey {
            scope: scope.kind.into(),
            resource: scope.resource.clone(),
            template: plan.name.clone(),
        }
    }

    /// The next attempt of a retry wrapper.
    pub(crate) fn enter_attempt(&mut self, wrapper: NodeIx) -> Entering {
        let number = self.run.attempts(wrapper).len() as u32;
        let template =
            self.run.node(wrapper).template.expect("a retry wrapper has the template that it retries");
        self.enter_kind(wrapper, Site::Attempt(number), template, None, None)
    }

    /// Makes the node of a template's own type.
    fn enter_kind(
        &mut self,
        owner: NodeIx,
        site: Site,
        template: TemplateIx,
        key: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
    ) -> Entering {
        let plan = self.run.plan.clone();
        let compiled = plan.template(template);
        let node = self.next_node();
        match &compiled.flow {
            Flow::Leaf(kind) => {
                self.node_entered(node, owner, site, *kind, Phase::Pending, key, inputs);
                if compiled.kind == Some(spec::TemplateKind::ContainerSet) {
                    self.enter_containers(node, compiled);
                }
                Entering::Entered
            }
            Flow::Suspend { duration } => {
                self.enter_suspend(node, owner, site, compiled, duration.as_ref(), key, inputs)
            }
            Flow::Frame(frame) => {
                let kind = if frame.is_dag { NodeKind::Dag } else { NodeKind::Steps };
                let target = match self.target(frame, compiled, &inputs, owner, &site) {
                    Ok(target) => target,
                    Err(reason) => {
                        self.unstarted(owner, site, Phase::Error, &reason);
                        return Entering::Refused(reason);
                    }
                };
                self.record(Event::Entered {
                    node,
                    owner,
                    site,
                    kind,
                    phase: Phase::Running,
                    template: key,
                    gate: None,
                    target,
                    message: None,
                    inputs,
                    outputs: None,
                });
                self.entered += 1;
                Entering::Entered
            }
            Flow::Missing => {
                let reason = format!("Template '{}' missing specification", compiled.name);
                self.unstarted(owner, site, Phase::Error, &reason);
                Entering::Refused(reason)
            }
        }
    }

    /// The members of a container set, right after their pod (EX-440).
    pub(crate) fn enter_containers(&mut self, pod: NodeIx, template: &TemplatePlan) {
        let names: Vec<Arc<str>> = template.doc.container_names().map(Into::into).collect();
        for name in names {
            let node = self.next_node();
            self.node_entered(
                node,
                pod,
                Site::Container(name),
                NodeKind::Container,
                Phase::Pending,
                None,
                None,
            );
        }
    }

    /// A dag's templated target, rendered and checked.
    pub(crate) fn target(
        &self,
        frame: &FramePlan,
        template: &TemplatePlan,
        inputs: &Option<Arc<Inputs>>,
        owner: NodeIx,
        site: &Site,
    ) -> Result<Option<Arc<str>>, String> {
        let Some(target) = &frame.target else { return Ok(None) };
        let empty = Inputs::default();
        let given = match (inputs, site) {
            (None, Site::Attempt(_)) => self.run.node(owner).inputs.as_deref(),
            (inputs, _) => inputs.as_deref(),
        };
        let view =
            View { template: Some((template, given.unwrap_or(&empty))), ..View::global(self.run, self.now) };
        let text =
            render_text(target, &view, Mode::Lenient, &self.world(0)).map_err(|error| error.to_string())?;
        DagOrder::new(&frame.tasks, &frame.by_name, &text)?;
        Ok(Some(text.into()))
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one event")]
    pub(crate) fn node_entered(
        &mut self,
        node: NodeIx,
        owner: NodeIx,
        site: Site,
        kind: NodeKind,
        phase: Phase,
        template: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
    ) {
        self.record(Event::Entered {
            node,
            owner,
            site,
            kind,
            phase,
            template,
            gate: None,
            target: None,
            message: None,
            inputs,
            outputs: None,
        });
        self.entered += 1;
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one event")]
    fn enter_suspend(
        &mut self,
        node: NodeIx,
        owner: NodeIx,
        site: Site,
        template: &TemplatePlan,
        duration: Option<&Text>,
        key: Option<TemplateKey>,
        inputs: Option<Arc<Inputs>>,
    ) -> Entering {
        let due = {
            let empty = Inputs::default();
            let given = match (&inputs, &site) {
                (None, Site::Attempt(_)) => self.run.node(owner).inputs.as_deref(),
                (inputs, _) => inputs.as_deref(),
            };
            let view = View {
                template: Some((template, given.unwrap_or(&empty))),
                ..View::global(self.run, self.now)
            };
            duration.map(|text| {
                let text = render_text(text, &view, Mode::Lenient, &self.world(node.0))
                    .map_err(|error| error.to_string())?;
                expr::duration::lenient(&text).map(|nanos| self.now.plus_nanos(nanos))
            })
        };
        let due = match due.transpose() {
            Ok(due) => due,
            Err(reason) => {
                self.unstarted(owner, site, Phase::Error, &reason);
                return Entering::Refused(reason);
            }
        };
        // Outputs are there from the start, raw, so that a person can supply them (EX-281).
        let outputs = &template.doc.outputs;
        let outputs = (!outputs.parameters.is_empty()).then(|| {
            Arc::new(spec::Outputs { parameters: outputs.parameters.clone(), ..Default::default() })
        });
        self.record(Event::Entered {
            node,
            owner,
            site,
            kind: NodeKind::Suspend,
            phase: Phase::Running,
            template: key,
            gate: None,
            target: None,
            message: None,
            inputs,
            outputs,
        });
        self.entered += 1;
        if let Some(due) = due {
            self.record(Event::Scheduled { node, due });
        }
        Entering::Entered
    }

    /// Final input values (PA-020 to PA-027, PA-180 to PA-185).
    fn bind(&self, template: &TemplatePlan, entry: &Entry) -> Result<Inputs, String> {
        if template.parameters.is_empty() && template.artifacts.is_empty() {
            return Ok(Inputs::default());
        }
        let own = View {
            own: Some(Own::At(entry.owner, &entry.site, entry.template)),
            ..View::global(self.run, self.now)
        };
        let world = self.world(0);
        let lenient = |text: &str, view: &View<'_>| -> Result<Arc<str>, String> {
            if !text.contains("{{") {
                return Ok(text.into());
            }
            expr::render(text, view, Mode::Lenient, &world).map(Into::into).map_err(|error| error.to_string())
        };
        let mut inputs = Inputs::default();
        for declared in &template.parameters {
            let name = &declared.name;
            let given = entry.args.parameters.iter().find(|(given, _)| given == name).map(|(_, given)| given);
            let own_default = || -> Option<Result<String, String>> {
                if let Some(default) = &declared.default {
                    return Some(Ok(default.as_str().to_owned()));
                }
                let source = declared.config_map.as_ref()?;
                Some(self.config_value(source).or_else(|reason| {
                    // Not found falls back to the default; other troubles do not (PA-045).
                    match &source.default {
                        Some(default) if !reason.contains("needs to have the label") => Ok(default.clone()),
                        _ => Err(format!(
                            "unable to retrieve inputs.parameters.{name} from ConfigMap: {reason}"
                        )),
                    }
                }))
            };
            let value = match given {
                Some(Given::Value(value)) => value.to_string(),
                Some(Given::Nothing) => return Err(format!("inputs.parameters.{name} was not supplied")),
                Some(Given::Absent) => own_default().unwrap_or_else(|| {
                    Err(format!(
                        "inputs.parameters.{name}: argument references an absent optional \
                         (skipped/omitted node output with no default)"
                    ))
                })?,
                None => own_default()
                    .unwrap_or_else(|| Err(format!("inputs.parameters.{name} was not supplied")))?,
            };
            inputs.parameters.push(lenient(&value, &own)?);
        }
        if inputs.parameters.iter().any(|value| value.contains("{{")) {
            let before = inputs.clone();
            let view = View { template: Some((template, &before)), ..own };
            for value in &mut inputs.parameters {
                *value = lenient(value, &view)?;
            }
        }
        for declared in &template.artifacts {
            let view = View { template: Some((template, &inputs)), ..own };
            let artifact = self.bind_artifact(declared, &entry.args, &view)?;
            inputs.artifacts.push(artifact);
        }
        Ok(inputs)
    }

    fn bind_artifact(
        &self,
        declared: &crate::plan::ArtifactPlan,
        args: &Args,
        view: &View<'_>,
    ) -> Result<Value, String> {
        let name = &declared.name;
        let own =
            declared.doc.render(view, Mode::Lenient, &self.world(0)).map_err(|error| error.to_string())?;
        let Some((_, given)) = args.artifacts.iter().find(|(given, _)| given == name) else {
            if declared.located {
                return Ok(own);
            }
            return if declared.optional {
                Ok(Value::Null)
            } else {
                Err(format!("inputs.artifacts.{name} was not supplied"))
            };
        };
        if location(given).is_none() {
            return if declared.optional {
                Ok(Value::Null)
            } else {
                Err(format!("inputs.artifacts.{name} missing location information"))
            };
        }
        // The argument replaces the declaration except for where and how it is put (PA-181).
        let mut bound = given.clone();
        if let Value::Object(fields) = &mut bound {
            for field in ["from", "fromExpression", "subPath", "globalName", "path", "mode", "recurseMode"] {
                fields.remove(field);
            }
            fields.insert("name".to_owned(), Value::String(name.to_string()));
            for field in ["path", "mode", "recurseMode"] {
                if let Some(value) = own.get(field) {
                    fields.insert(field.to_owned(), value.clone());
                }
            }
        }
        Ok(bound)
    }

    /// Whether the run's end has begun for this entry: nothing new starts outside exit handlers (EX-326).
    fn entering_shut(&self, entry: &Entry) -> bool {
        if self.run.nodes.is_empty() {
            return self.run.steering.shutdown.is_some();
        }
        let on_exit =
            matches!(&entry.site, Site::Hook(name) if &**name == "exit") || self.run.is_on_exit(entry.owner);
        self.run.is_shut(on_exit)
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

/// The value of a key of a ConfigMap that may be read by parameters (PA-045).
fn config_map_value(plan: &Plan, name: &str, key: &str) -> Result<String, String> {
    let map = plan.config_maps.get(name).ok_or_else(|| format!("configmaps \"{name}\" not found"))?;
    let kind = map.metadata.labels.get("workflows.argoproj.io/configmap-type").map(String::as_str);
    if kind != Some("Parameter") {
        return Err(format!(
            "ConfigMap '{name}' needs to have the label workflows.argoproj.io/configmap-type: Parameter to load parameters"
        ));
    }
    map.data.get(key).cloned().ok_or_else(|| format!("ConfigMap '{name}' does not have the key '{key}'"))
}

/// The driver block of an artifact document, if it has one.
pub(crate) fn location(artifact: &Value) -> Option<(&'static str, &Value)> {
    ["artifactory", "azure", "git", "gcs", "hdfs", "http", "oss", "raw", "s3", "plugin"]
        .into_iter()
        .find_map(|kind| artifact.get(kind).filter(|block| !block.is_null()).map(|block| (kind, block)))
}

/// Appends to the key of an artifact's location (PA-184).
fn append_key(artifact: &mut Value, sub_path: &str) -> Result<(), String> {
    let Some((kind, _)) = location(artifact) else { return Ok(()) };
    let field = match kind {
        "s3" | "gcs" | "oss" | "plugin" => "key",
        "azure" => "blob",
        "hdfs" => "path",
        other => {
            return Err(format!("artifacts of type {other} have no key, so `subPath` cannot be appended"));
        }
    };
    let key = artifact[kind].get(field).and_then(Value::as_str).unwrap_or_default();
    let joined = format!("{}/{}", key.trim_end_matches('/'), sub_path.trim_start_matches('/'));
    artifact[kind][field] = Value::String(joined);
    Ok(())
}
