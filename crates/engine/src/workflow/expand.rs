//! How a step or task with items becomes many nodes: its items, and the entry of each.

use super::arrive::Arrival;
use super::enter::{Entering, Entry};
use super::event::Event;
use super::handle::{Turn, message};
use super::node::{NodeIx, NodeKind, Phase, Site, TaskIx};
use super::scope::View;
use super::texts;
use crate::limits;
use crate::plan::{Arguments, Items, Source, Target, TaskPlan};
use crate::tree::{Tree, render_text};
use expr::items::Item;
use expr::{Mode, Scope, TagError, Text};
use serde_json::Value;
use std::sync::Arc;
use tiphys_expr as expr;

/// Why a loop comes to no items.
enum Unexpandable {
    /// What it refers to does not come to anything.
    References(TagError),
    /// Its items are none.
    Items(String),
}

impl Turn<'_> {
    /// Finds out a loop's items (EX-192 to EX-197).
    pub(crate) fn expand(&mut self, at: u32, task: TaskIx, compiled: &TaskPlan, owner: NodeIx) -> Entering {
        let site = Site::Task(compiled.name.clone());
        let (items, is_skipped) = match self.items(at, task, compiled) {
            Ok(found) => found,
            Err(Unexpandable::References(error)) => return self.no_references(at, owner, site, error),
            Err(Unexpandable::Items(reason)) => return self.no_expansion(at, owner, site, reason),
        };
        if items.is_empty() {
            self.unstarted(owner, site, Phase::Skipped, "Skipped, empty params");
            return Entering::Entered;
        }
        if let Some(reason) = self.too_many(&items) {
            self.unstarted(owner, site, Phase::Error, &reason);
            return self.entered_for(
                at,
                owner,
                &Site::Task(compiled.name.clone()),
                Entering::Refused(reason),
            );
        }
        if !is_skipped && let Err(error) = self.check_expansions(at, task, compiled, &items) {
            return self.no_expansion(at, owner, site, error.to_string());
        }
        let mut group = owner;
        if self.run.frames[at as usize].group.is_none() {
            group = self.arrive(Arrival::new(owner, site, NodeKind::TaskGroup, Phase::Running));
        }
        self.expanded(group, compiled, &items);
        Entering::Entered
    }

    /// Finds out the items of a loop of a dag once more, after a retry by hand with other parameters: its group is there
    /// already, and ends if there are none (EX-307).
    pub(crate) fn expand_anew(&mut self, at: u32, looped: u32) -> Entering {
        let plan = self.run.plan.clone();
        let (task, group) = (self.run.loops[looped as usize].task, self.run.loops[looped as usize].owner);
        let template = plan.template(self.run.frames[at as usize].template);
        let compiled = &template.frame().expect("a frame's template has tasks").tasks[task.at()];
        let (phase, reason) = match self.items(at, task, compiled) {
            Ok((items, _)) if items.is_empty() => (Phase::Skipped, "Skipped, empty params".to_owned()),
            Ok((items, is_skipped)) => {
                let unclear = || self.check_expansions(at, task, compiled, &items).err();
                let unclear = if is_skipped { None } else { unclear() };
                match self.too_many(&items).or(unclear.map(|error| error.to_string())) {
                    None => {
                        self.expanded(group, compiled, &items);
                        return Entering::Entered;
                    }
                    Some(reason) => (Phase::Error, reason),
                }
            }
            Err(Unexpandable::References(error)) => (Phase::Error, self.explained(at, &error)),
            Err(Unexpandable::Items(reason)) => (Phase::Error, reason),
        };
        self.record(Event::Ended { node: group, phase, message: message(reason), outputs: None });
        Entering::Entered
    }

    fn expanded(&mut self, owner: NodeIx, compiled: &TaskPlan, items: &[Item]) {
        let items: Vec<Arc<str>> = items.iter().map(|item| item.json().into()).collect();
        self.record(Event::Expanded { owner, task: compiled.name.clone(), items });
    }

    /// Why a loop cannot have all its items.
    fn too_many(&self, items: &[Item]) -> Option<String> {
        if self.run.nodes.len() + items.len() > limits::NODES_MAX {
            return Some(format!(
                "this loop of {} items would bring the workflow over its limit of {} nodes",
                items.len(),
                limits::NODES_MAX
            ));
        }
        self.run.text_room(items.len(), texts::of_texts(items.iter().map(Item::json))).err()
    }

    /// The items of a loop, and whether its condition skips it.
    fn items(&self, at: u32, task: TaskIx, compiled: &TaskPlan) -> Result<(Vec<Item>, bool), Unexpandable> {
        let view = self.run.task_view(at, Some(task), self.now);
        // A condition that mentions the item cannot be evaluated yet; each expansion will.
        let is_skipped = self.condition(compiled, &view, Mode::PrefixStrict).is_ok_and(|skip| skip.is_some());
        let found = match compiled.items.as_deref() {
            Some(Items::List(items)) => self.rendered_items(items, &view),
            Some(Items::Param(text)) => {
                let text = self.staged(text, &view, Mode::PrefixStrict);
                text.map_err(|error| self.explained(at, &error)).and_then(|text| {
                    expr::items::with_param(&text)
                        .map_err(|error| expr::items::with_param_message(&text, &error))
                })
            }
            Some(Items::Sequence(sequence)) => {
                self.sequence(sequence, &view).map_err(|error| self.explained(at, &error))
            }
            None => Ok(Vec::new()),
        };
        if is_skipped {
            // Items that nobody will need are none (EX-193).
            return Ok((found.unwrap_or_default(), true));
        }
        // What does not depend on the item has to come out before there are any (EX-131).
        self.parameter_arguments(compiled.arguments(), &view, Mode::PrefixStrict)
            .map_err(Unexpandable::References)?;
        found.map(|items| (items, false)).map_err(Unexpandable::Items)
    }

    /// Why a group of several steps can begin none of them: the references of all have to come out first, then their
    /// loops (EX-131, EX-134). Asked before the first of them; what a retry by hand has kept came out before.
    pub(crate) fn group_trouble(&self, at: u32, first: TaskIx) -> Option<String> {
        let plan = self.run.plan.clone();
        let frame = &self.run.frames[at as usize];
        let Site::Group(number) = self.run.node(frame.group?).site else { return None };
        let tasks = plan.template(frame.template).frame()?;
        let range = tasks.groups[number as usize].clone();
        if range.start != first.0 || range.len() == 1 {
            return None;
        }
        let steps: Vec<(TaskIx, &TaskPlan)> = range
            .map(TaskIx)
            .filter(|task| frame.slots[task.at()].node.is_none() && frame.slots[task.at()].looped.is_none())
            .map(|task| (task, &tasks.tasks[task.at()]))
            .collect();
        let unresolved = |reason: String| format!("failed to resolve references: {reason}");
        let mut loops = Vec::new();
        for (task, step) in &steps {
            let view = self.run.task_view(at, Some(*task), self.now);
            if step.items.is_some() {
                match self.items(at, *task, step) {
                    Err(Unexpandable::References(error)) => {
                        return Some(unresolved(self.explained(at, &error)));
                    }
                    found => loops.push((*task, *step, found)),
                }
                continue;
            }
            match self.condition(step, &view, Mode::PrefixStrict) {
                Ok(Some(_)) => continue,
                Ok(None) => {}
                Err(reason) => return Some(unresolved(reason)),
            }
            if let Err(error) = self.arguments(step.arguments(), &view, Mode::PrefixStrict) {
                return Some(unresolved(self.explained(at, &error)));
            }
        }
        loops.into_iter().find_map(|(task, step, found)| match found {
            Ok((_, true)) => None,
            Ok((items, false)) => {
                let error = self.check_expansions(at, task, step, &items).err()?;
                Some(error.to_string())
            }
            Err(Unexpandable::Items(reason)) => Some(reason),
            Err(Unexpandable::References(error)) => Some(self.explained(at, &error)),
        })
    }

    /// Skips the loops of a group that have no items: all loops are expanded before the first step begins (EX-131, EX-197).
    /// Whether there were any; asked before the first step of the group.
    pub(crate) fn skip_empty_loops(&mut self, at: u32, first: TaskIx) -> bool {
        let plan = self.run.plan.clone();
        let frame = &self.run.frames[at as usize];
        let Some(group) = frame.group else { return false };
        let Site::Group(number) = self.run.node(group).site else { return false };
        let Some(tasks) = plan.template(frame.template).frame() else { return false };
        let range = tasks.groups[number as usize].clone();
        if range.start != first.0 || range.len() == 1 {
            return false;
        }
        let empty: Vec<&TaskPlan> = range
            .map(|task| (TaskIx(task), &tasks.tasks[task as usize]))
            .filter(|(task, step)| {
                let slot = &frame.slots[task.at()];
                let is_new = slot.node.is_none() && slot.looped.is_none();
                let is_empty = || self.items(at, *task, step).is_ok_and(|(items, _)| items.is_empty());
                is_new && step.items.is_some() && is_empty()
            })
            .map(|(_, step)| step)
            .collect();
        for step in &empty {
            self.unstarted(group, Site::Task(step.name.clone()), Phase::Skipped, "Skipped, empty params");
        }
        !empty.is_empty()
    }

    /// A loop that cannot be expanded: a group breaks without a child, a task is there in Error (EX-134, EX-166).
    fn no_expansion(&mut self, at: u32, owner: NodeIx, site: Site, reason: String) -> Entering {
        if self.run.frames[at as usize].group.is_some() {
            return Entering::Refused(reason);
        }
        self.unstarted(owner, site, Phase::Error, &reason);
        Entering::Entered
    }

    /// Every tag of the step or task must come to something for every item, before the first of them begins
    /// (EX-195): its condition, its arguments, the template it names, and its hooks.
    fn check_expansions(
        &self,
        at: u32,
        task: TaskIx,
        compiled: &TaskPlan,
        items: &[Item],
    ) -> Result<(), TagError> {
        let texts: Vec<&Text> = compiled.texts().into_iter().filter(|text| !text.is_literal()).collect();
        let view = self.run.task_view(at, Some(task), self.now);
        for (number, item) in items.iter().enumerate() {
            let view = View { item: Some(item), ..view };
            // What the item does not change comes out for all of them as it does for the first.
            for text in texts.iter().filter(|text| number == 0 || depends_on_members(text)) {
                match text.sole_tag().and_then(|tag| view.get(tag)) {
                    Some(_) => {}
                    None => drop(self.staged(text, &view, Mode::FullStrict)?),
                }
            }
        }
        Ok(())
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
                let rendered = Tree::of(value)
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
    pub(crate) fn enter_item(&mut self, at: u32, looped: u32) -> Entering {
        let plan = self.run.plan.clone();
        let group = &self.run.loops[looped as usize];
        let (task, owner, index) = (group.task, group.owner, group.next().unwrap_or(group.cursor));
        if self.workflow_is_full(Some(owner)) {
            return Entering::Held;
        }
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
        let args = match self.arguments(compiled.arguments(), &view, Mode::FullStrict) {
            Ok(args) => args,
            Err(error) => return self.no_expansion(at, owner, site, self.explained(at, &error)),
        };
        match self.resolve(at, compiled, &view, Mode::FullStrict) {
            Ok((template, templated)) => {
                let entering = self.enter(Entry { owner, site: site.clone(), template, templated, args });
                self.entered_for(at, owner, &site, entering)
            }
            Err(reason) => self.no_template(at, owner, site, reason),
        }
    }
}

impl TaskPlan {
    /// The texts that become part of each expansion, artifacts aside: those are found before (TP-045).
    fn texts(&self) -> Vec<&Text> {
        let mut texts: Vec<&Text> = self.when.iter().collect();
        texts.extend(self.target.texts());
        texts.extend(self.arguments().texts());
        for hook in self.other_hooks().iter().chain(self.exit()) {
            texts.extend(hook.target.texts());
            texts.extend(hook.expression.as_ref());
            texts.extend(hook.arguments.iter().flat_map(Arguments::texts));
        }
        texts
    }
}

impl Target {
    fn texts(&self) -> impl Iterator<Item = &Text> {
        let (resource, template) = match self {
            Target::Templated { resource, template, .. } => (resource.as_ref(), Some(template)),
            Target::Known(_) | Target::Missing(_) => (None, None),
        };
        resource.into_iter().chain(template)
    }
}

impl Arguments {
    fn texts(&self) -> impl Iterator<Item = &Text> {
        self.parameters.iter().filter_map(|(_, source)| match source {
            Source::Text(text) => Some(text),
            Source::ConfigMap(_) | Source::Nothing => None,
        })
    }
}

/// Whether a text may come out for one item and not for another: it looks into them.
fn depends_on_members(text: &Text) -> bool {
    text.as_str().replace("{{item}}", "").contains("item")
}
