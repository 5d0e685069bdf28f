//! How constructs end: groups, steps, dags, loops, and the workflow itself.

use super::arrive::Arrival;
use super::branches::Branches;
use super::event::Event;
use super::handle::{Turn, message};
use super::hooks::Started;
use super::node::{NodeIx, NodeKind, Part, Phase, Site};
use super::run::{Run, Stage};
use super::scope::View;
use super::texts;
use crate::tree::render_text;
use expr::{Bound, Mode, Scope};
use serde_json::Value;
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// Global parameters and artifacts to be exported.
pub(crate) type Exports = (Vec<(Arc<str>, Option<Arc<str>>)>, Vec<Value>);

impl Turn<'_> {
    /// A steps node whose groups may go on.
    pub(crate) fn steps(&mut self, ix: NodeIx) {
        let Some(at) = self.run.frame_index(ix) else { return };
        let group = self.run.frames[at as usize].group;
        let next = match group {
            None => 0,
            Some(group) => {
                let node = self.run.node(group);
                if !node.phase.is_ended() {
                    return;
                }
                if node.phase.is_bad() {
                    let message = node.message.clone();
                    return self.end_frame(ix, Phase::Failed, message);
                }
                let Site::Group(number) = node.site else { return };
                if let Some(reason) = self.run.unaggregated(at, number) {
                    return self.errored(ix, &reason);
                }
                number as usize + 1
            }
        };
        let frame = &self.run.frames[at as usize];
        if next < self.run.tasks(frame).groups.len() {
            let site = Site::Group(next as u32);
            self.arrive(Arrival::new(ix, site, NodeKind::StepGroup, Phase::Running));
            return;
        }
        self.end_with_outputs(ix, at);
    }

    /// A group all of whose children may have settled (EX-133).
    pub(crate) fn group(&mut self, ix: NodeIx) {
        let steps = self.run.node(ix).owner;
        let Some(at) = self.run.frame_index(steps) else { return };
        if self.fail_fast(at) {
            return;
        }
        let frame = &self.run.frames[at as usize];
        if frame.open > 0 || !frame.ready.is_empty() {
            return;
        }
        if let Some((phase, reason)) = frame.broken.clone() {
            return self.record(Event::Ended { node: ix, phase, message: Some(reason), outputs: None });
        }
        let Site::Group(number) = self.run.node(ix).site else { return };
        let failed = self.failed_member(at, number);
        let (phase, message) = match failed {
            Some(child) => (Phase::Failed, message(format!("child '{}' failed", self.run.id(child)))),
            None => (Phase::Succeeded, None),
        };
        self.record(Event::Ended { node: ix, phase, message, outputs: None });
    }

    /// The first child of a group that failed without being tolerated, in the order in which they came to be: a retry by
    /// hand puts those that it makes anew behind those that it keeps (EX-133).
    fn failed_member(&self, at: u32, group: u32) -> Option<NodeIx> {
        let frame = &self.run.frames[at as usize];
        let tasks = self.run.tasks(frame);
        let failed = tasks.groups[group as usize].clone().flat_map(|task| {
            let slot = &frame.slots[task as usize];
            let members: Vec<NodeIx> = match slot.looped {
                Some(looped) => self.run.loops[looped as usize].children.values().copied().collect(),
                None => slot.node.into_iter().collect(),
            };
            let tolerates = tasks.tasks[task as usize].continue_on;
            members.into_iter().filter(move |child| match self.run.node(*child).phase {
                Phase::Failed => !tolerates.failed,
                Phase::Error => !tolerates.error,
                _ => false,
            })
        });
        failed.min()
    }

    /// A loop of a dag all of whose expansions may have settled (EX-165).
    pub(crate) fn task_group(&mut self, ix: NodeIx) {
        let Part::Loop(looped) = self.run.node(ix).part else { return };
        let group = &self.run.loops[looped as usize];
        if group.open > 0 || group.has_more() {
            return;
        }
        let worst = group
            .children
            .values()
            .rev()
            .map(|child| self.run.node(*child).phase)
            .find(|phase| phase.is_bad());
        let phase = worst.unwrap_or(Phase::Succeeded);
        self.record(Event::Ended { node: ix, phase, message: None, outputs: None });
    }

    /// A dag all of whose tasks may have settled (EX-168).
    pub(crate) fn dag(&mut self, ix: NodeIx) {
        let Some(at) = self.run.frame_index(ix) else { return };
        if self.fail_fast(at) {
            return;
        }
        let frame = &self.run.frames[at as usize];
        if let Some((_, reason)) = frame.broken.clone() {
            if frame.alive == 0 {
                self.errored(ix, &reason);
            }
            return;
        }
        if frame.unsettled > 0 {
            return;
        }
        if self.run.is_shut_down(ix) {
            // What it has come to does not count (EX-174); a dag that fails says nothing (EX-171).
            return self.end_frame(ix, Phase::Failed, None);
        }
        match self.dag_phase(at) {
            Phase::Succeeded => self.end_with_outputs(ix, at),
            phase => self.end_frame(ix, phase, self.broken_target(at)),
        }
    }

    /// What a dag says that has failed: of the last target that has a hook which cannot be run (EX-171, EX-251).
    fn broken_target(&self, at: u32) -> Option<Arc<str>> {
        let frame = &self.run.frames[at as usize];
        let targets = frame.order.targets.iter().rev().filter_map(|task| frame.slots[task.at()].node);
        targets.map(|ix| self.run.node(ix)).find(|node| node.hook_broke)?.message.clone()
    }

    /// What the targets of a dag come to, each with the phase of the branch that reaches it.
    fn dag_phase(&self, at: u32) -> Phase {
        let frame = &self.run.frames[at as usize];
        let tasks = self.run.tasks(frame);
        let mut branches = Branches::of(self.run, frame.node);
        let mut result = Phase::Succeeded;
        for target in &frame.order.targets {
            let Some(node) = frame.slots[target.at()].node else { continue };
            let branch = branches.phase(node);
            let tolerates = tasks.tasks[target.at()].continue_on;
            let tolerated = match branch {
                Phase::Failed => tolerates.failed,
                Phase::Error => tolerates.error,
                _ => true,
            };
            if !tolerated {
                result = branch;
                if !tasks.all_targets_decide {
                    break;
                }
            }
        }
        result
    }

    /// Ends a steps or dag node well, unless its outputs cannot be had.
    fn end_with_outputs(&mut self, ix: NodeIx, at: u32) {
        if self.run.has_outputs(at) && self.run.tells_nothing_yet(ix) {
            self.run.behind_daemons.insert(at);
            return;
        }
        match self.frame_outputs(at) {
            Ok(outputs) => {
                let exported = match self.run.node(ix).kind {
                    NodeKind::Dag => self.exports_of_tasks(at),
                    _ => outputs.as_ref().map(exports).unwrap_or_default(),
                };
                self.export(exported);
                self.record(Event::Ended {
                    node: ix,
                    phase: Phase::Succeeded,
                    message: None,
                    outputs: outputs.map(Arc::new),
                });
            }
            // EX-135, EX-175.
            Err(reason) => {
                if self.run.node(ix).kind == NodeKind::Dag {
                    let message = reason.as_str().into();
                    self.record(Event::Broke { group: ix, phase: Phase::Error, message });
                }
                self.errored(ix, &reason);
            }
        }
    }

    /// What a dag exports: the outputs of its tasks once more, in the order of the document, and not its own, which whatever
    /// is around it exports (PA-080, EX-175).
    fn exports_of_tasks(&self, at: u32) -> Exports {
        let mut exported = Exports::default();
        if !self.run.names_globals {
            // A dag may be large, and most give nothing of the kind.
            return exported;
        }
        let nodes = self.run.frames[at as usize].slots.iter().filter_map(|slot| slot.node);
        for outputs in nodes.filter_map(|node| self.run.node(node).outputs.as_deref()) {
            let (parameters, artifacts) = exports(outputs);
            exported.0.extend(parameters);
            exported.1.extend(artifacts);
        }
        exported
    }

    fn end_frame(&mut self, ix: NodeIx, phase: Phase, message: Option<Arc<str>>) {
        self.record(Event::Ended { node: ix, phase, message, outputs: None });
    }

    /// Outputs of a steps or dag template, from its children (PA-042, PA-043, PA-187, TP-245).
    fn frame_outputs(&self, at: u32) -> Result<Option<spec::Outputs>, String> {
        if !self.run.has_outputs(at) {
            return Ok(None);
        }
        let frame = &self.run.frames[at as usize];
        let tasks = self.run.tasks(frame);
        let view = self.run.task_view(at, None, self.now);
        let mut outputs = spec::Outputs::default();
        for output in &tasks.output_parameters {
            let mut shown = self.run.declared(frame.node, &output.doc);
            let default = shown.value_from.take().and_then(|from| from.default);
            let value = self.frame_parameter(output, default, &view)?;
            shown.value = Some(value);
            shown.global_name = self.plain(&shown.global_name, &view);
            outputs.parameters.push(shown);
        }
        for output in &tasks.output_artifacts {
            if let Some(artifact) = self.frame_artifact(output, &view)? {
                outputs.artifacts.push(artifact);
            }
        }
        self.run.text_room(0, texts::of_outputs(&outputs))?;
        Ok((!outputs.is_empty()).then_some(outputs))
    }

    fn plain(&self, text: &str, view: &View<'_>) -> String {
        if !text.contains("{{") {
            return text.to_owned();
        }
        expr::render(text, view, Mode::Lenient, &self.world(0)).unwrap_or_else(|_| text.to_owned())
    }

    fn frame_parameter(
        &self,
        output: &crate::plan::OutputParameter,
        default: Option<String>,
        view: &View<'_>,
    ) -> Result<String, String> {
        let name = &output.doc.name;
        if let Some(expression) = &output.expression {
            let expression = render_text(expression, view, Mode::Lenient, &self.world(0))
                .map_err(|error| error.to_string())?;
            return match expr::evaluate(&expression, &view.evaluated(), &self.world(0)) {
                Ok(value) if !value.is_nil() => Ok(value.to_text()),
                Ok(_) => default.ok_or_else(|| {
                    format!("output parameter \"{name}\": expression `{expression}` has no value (nil)")
                }),
                Err(error) => default.ok_or_else(|| error.to_string()),
            };
        }
        let Some(parameter) = &output.parameter else {
            return Err("output parameters must have a valueFrom specified".to_owned());
        };
        let text = render_nested(parameter, view, self)?;
        let tag = text.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
        match view.get(tag) {
            Some(Bound::Text(value)) => Ok(value.into_owned()),
            Some(Bound::Absent) => default.ok_or_else(|| {
                format!(
                    "output parameter \"{name}\": \"{tag}\" is an absent optional \
                     (skipped/omitted node output with no default)"
                )
            }),
            _ => default.ok_or_else(|| format!("Unable to resolve: \"{tag}\"")),
        }
    }

    fn frame_artifact(
        &self,
        output: &crate::plan::OutputArtifact,
        view: &View<'_>,
    ) -> Result<Option<spec::Artifact>, String> {
        let found = if let Some(from) = &output.from {
            let text = render_nested(from, view, self)?;
            let tag = text.trim().trim_start_matches("{{").trim_end_matches("}}").trim();
            match view.get(tag) {
                Some(Bound::Json(value)) => Ok(value.into_owned()),
                Some(_) => Err(format!("Variable {{{{{tag}}}}} is not an artifact")),
                None => Err(format!("Unable to resolve: \"{tag}\"")),
            }
        } else if let Some(expression) = &output.from_expression {
            let expression = render_text(expression, view, Mode::Lenient, &self.world(0))
                .map_err(|error| error.to_string())?;
            match expr::evaluate(&expression, &view.evaluated(), &self.world(0)) {
                Ok(value) => match value.to_json_value() {
                    Ok(value @ Value::Object(_)) => Ok(value),
                    _ => Err(format!("Variable {{{{{expression}}}}} is not an artifact")),
                },
                Err(error) => Err(error.to_string()),
            }
        } else {
            return Ok(None);
        };
        let mut found: spec::Artifact =
            match found.and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string())) {
                Ok(found) => found,
                Err(_) if output.doc.optional => return Ok(None),
                Err(reason) => return Err(format!("unable to resolve outputs from scope: {reason}")),
            };
        found.name = output.doc.name.clone();
        found.global_name = self.plain(&output.doc.global_name, view);
        Ok(Some(found))
    }

    /// Makes outputs visible to the whole workflow.
    pub(crate) fn export(&mut self, (parameters, artifacts): Exports) {
        if !parameters.is_empty() || !artifacts.is_empty() {
            self.record(Event::Exported { parameters, artifacts });
        }
    }

    /// The entry node and its hooks are over: the exit handler, then the end (EX-070, EX-071).
    pub(crate) fn workflow_after_main(&mut self) {
        if self.run.is_ended() || !self.run.is_main_over() || !self.run.node(NodeIx::ROOT).settled {
            return;
        }
        let plan = self.run.plan.clone();
        if self.run.returned.is_some() && self.run.stage == Stage::Main {
            // An error that the entry node returned ends the workflow at once, without its exit handler (EX-068).
            return self.end_workflow(None);
        }
        if self.run.stage == Stage::Main
            && let Some(exit) = &plan.exit
            && self.run.runs_exit_hooks()
            && self.exit_expression_holds(exit)
        {
            self.record(Event::Exiting);
        }
        let exit = self.run.hook_node(NodeIx::ROOT, "exit");
        match (exit, &plan.exit) {
            (Some(exit), _) if !self.run.node(exit).settled => {}
            (None, Some(hook)) if self.run.stage == Stage::Exit => {
                match self.enter_hook(NodeIx::ROOT, hook) {
                    Started::Held => self.run.held_hooks.push(NodeIx::ROOT),
                    Started::Yes | Started::No => {}
                    Started::Never(reason) => {
                        self.finish(
                            Phase::Error,
                            message(format!("error in exit template execution : {reason}")),
                        );
                    }
                }
            }
            (exit, _) => self.end_workflow(exit),
        }
    }

    fn end_workflow(&mut self, exit: Option<NodeIx>) {
        self.end_daemons(None);
        if let Some(text) = &self.run.exit_returned {
            // Whatever the entry node has come to (EX-070).
            let reason = format!("error in exit template execution : {text}");
            return self.finish(Phase::Error, message(reason));
        }
        let root = self.run.node(NodeIx::ROOT);
        let (phase, mut reason) = match root.phase {
            Phase::Failed | Phase::Error => (root.phase, root.message.clone()),
            _ => match exit.map(|exit| self.run.node(exit)) {
                Some(exit) if exit.phase.is_bad() => (exit.phase, exit.message.clone()),
                _ => (Phase::Succeeded, root.message.clone()),
            },
        };
        if let Some(strategy) = self.run.steering.strategy()
            && root.phase.is_bad()
        {
            reason = message(format!("Stopped with strategy '{strategy}'"));
        }
        // An error that the entry node returned is told with these words around it (EX-068, EX-135).
        if root.phase == Phase::Error
            && !root.hook_broke
            && let Some(text) = &self.run.returned
        {
            reason = message(format!("error in entry template execution: {text}"));
        }
        self.finish(phase, reason);
    }
}

impl Run {
    /// Whether a frame's template declares outputs.
    fn has_outputs(&self, at: u32) -> bool {
        let tasks = self.tasks(&self.frames[at as usize]);
        !tasks.output_parameters.is_empty() || !tasks.output_artifacts.is_empty()
    }

    /// Why results of a loop of this group that somebody reads cannot be put together: an error of the steps themselves
    /// (PA-100, PA-116).
    pub(crate) fn unaggregated(&self, at: u32, group: u32) -> Option<String> {
        let frame = &self.frames[at as usize];
        let tasks = self.tasks(frame);
        tasks.groups[group as usize].clone().find_map(|task| {
            let looped = frame.slots[task as usize].looped?;
            let is_read = tasks.tasks[task as usize].result_is_read;
            is_read.then(|| self.loops[looped as usize].aggregate(self).err()).flatten()
        })
    }
}

fn render_nested(text: &expr::Text, view: &View<'_>, turn: &Turn<'_>) -> Result<String, String> {
    if text.sole_tag().is_some() || text.is_literal() {
        return Ok(text.as_str().to_owned());
    }
    render_text(text, view, Mode::Lenient, &turn.world(0)).map_err(|error| error.to_string())
}

/// What of a node's outputs the whole workflow is to see (PA-080, PA-083).
pub(crate) fn exports(outputs: &spec::Outputs) -> Exports {
    let mut exported: Exports = Default::default();
    for parameter in outputs.parameters.iter().filter(|parameter| !parameter.global_name.is_empty()) {
        exported.0.push((parameter.global_name.as_str().into(), parameter.value.as_deref().map(Into::into)));
    }
    for artifact in outputs.artifacts.iter().filter(|artifact| !artifact.global_name.is_empty()) {
        let mut global = artifact.clone();
        global.name = std::mem::take(&mut global.global_name);
        global.path = String::new();
        exported.1.extend(serde_json::to_value(&global));
    }
    exported
}
