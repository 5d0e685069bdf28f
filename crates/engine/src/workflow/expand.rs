//! How a step or task with items becomes many nodes: its items, and the entry of each.

use super::enter::{Entering, Entry};
use super::event::Event;
use super::handle::Turn;
use super::node::{NodeIx, NodeKind, Phase, Site, TaskIx};
use super::scope::View;
use crate::limits;
use crate::plan::{Items, TaskPlan};
use crate::tree::render_text;
use expr::items::Item;
use expr::{Mode, TagError, Text};
use serde_json::Value;
use std::sync::Arc;
use tiphys_expr as expr;

impl Turn<'_> {
    /// Finds out a loop's items (EX-192 to EX-197).
    pub(crate) fn expand(
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
            Items::Param(text) => self
                .staged(text, &view, Mode::PrefixStrict)
                .map_err(|error| self.explained(at, &error))
                .and_then(|text| expr::items::with_param(&text)),
            Items::Sequence(sequence) => {
                self.sequence(sequence, &view).map_err(|error| self.explained(at, &error))
            }
            Items::Once => Ok(Vec::new()),
        };
        if skipped.is_none() {
            // What does not depend on the item has to come out before there are any (EX-131).
            let known = self.parameter_arguments(&compiled.arguments, &view, Mode::PrefixStrict);
            if let Err(error) = known {
                return self.no_references(at, owner, site, error);
            }
        }
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
    pub(crate) fn enter_item(&mut self, at: u32, looped: u32) -> Entering {
        if self.workflow_is_full() {
            return Entering::Held;
        }
        let plan = self.run.plan.clone();
        let group = &self.run.loops[looped as usize];
        let (task, owner, index) = (group.task, group.owner, group.next().unwrap_or(group.cursor));
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
            // A group breaks without the node; a task's loop has one in Error.
            Err(reason) if self.run.frames[at as usize].group.is_some() => Entering::Refused(reason),
            Err(reason) => {
                self.unstarted(owner, site, Phase::Error, &reason);
                Entering::Entered
            }
        }
    }
}
