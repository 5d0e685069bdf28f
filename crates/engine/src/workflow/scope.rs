//! The names that a text of a run may use, looked up where they live; nothing is copied into maps first.

use super::node::{Inputs, Node, NodeIx, NodeKind, Phase, Site, TaskIx};
use super::run::{Aggregate, Loop, Run, Stage};
use crate::plan::{Flow, FramePlan, TemplateIx, TemplatePlan};
use crate::time::Time;
use expr::items::Item;
use expr::{Bound, Root, Scope, root_by_visit};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use tiphys_expr as expr;

/// A view of a run from one place in it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// The run.
    pub run: &'a Run,
    /// The instant of the input that is being handled.
    pub now: Time,
    /// The template whose text it is, with the inputs it was entered with.
    pub template: Option<(&'a TemplatePlan, &'a Inputs)>,
    /// The frame whose steps or tasks are visible, and the task that looks.
    pub frame: Option<(u32, Option<TaskIx>)>,
    /// Hooks: the node that its own step's or task's name stands for.
    pub owner: Option<(TaskIx, NodeIx)>,
    /// The loop item.
    pub item: Option<&'a Item>,
    /// The node whose text it is, for `node.name`, `pod.name`, `steps.name` and `tasks.name`.
    pub own: Option<Own<'a>>,
    /// Names of the moment: `retries`, `lastRetry.*`, metrics' own.
    pub extra: &'a [(&'a str, String)],
}

/// A node that exists, or is about to.
#[derive(Clone, Copy)]
pub(crate) enum Own<'a> {
    /// It exists.
    Node(NodeIx),
    /// It is being entered; its owner and site.
    At(NodeIx, &'a Site, TemplateIx),
}

impl<'a> View<'a> {
    /// Only what the whole workflow sees.
    pub fn global(run: &'a Run, now: Time) -> View<'a> {
        View { run, now, template: None, frame: None, owner: None, item: None, own: None, extra: &[] }
    }

    /// Whether this is still the look at the workflow in which it was begun.
    fn is_first_look(&self) -> bool {
        self.run.nodes.first().is_none_or(|root| root.started >= self.now)
    }

    fn workflow(&self, name: &str) -> Option<Bound<'a>> {
        let run = self.run;
        if let Some(text) = run.globals.later.get(name)
            && !self.is_first_look()
        {
            return Some(Bound::Text(Cow::Borrowed(text)));
        }
        if let Some(text) = run.globals.names.get(name) {
            return Some(Bound::Text(Cow::Borrowed(text)));
        }
        let rest = name.strip_prefix("workflow.")?;
        match rest {
            // While the workflow is looked at for the first time it has no phase yet, and none of its labels; hooks
            // and the exit handler are told what the entry node came to even then (TP-065, TP-094).
            "status" if self.is_first_look() && !run.is_main_over() => Some(Bound::Text(Cow::Borrowed(""))),
            "status" => Some(Bound::Text(Cow::Borrowed(run.status_name()))),
            "duration" => Some(Bound::Text(Cow::Owned(run.duration_text(self.now)))),
            "failures" if run.is_main_over() => Some(Bound::Text(Cow::Owned(run.failures()))),
            _ => {
                let artifact = run.globals.artifacts.get(rest.strip_prefix("outputs.artifacts.")?)?;
                Some(Bound::Json(Cow::Borrowed(artifact)))
            }
        }
    }

    /// `node.name`, `pod.name`, `steps.name`, `tasks.name` (TP-104 to TP-106).
    fn own(&self, name: &str) -> Option<Bound<'a>> {
        let run = self.run;
        let (owner, site) = match self.own? {
            Own::Node(ix) => (run.node(ix).owner, &run.node(ix).site),
            Own::At(owner, site, _) => (owner, site),
        };
        let is_attempt = matches!(site, Site::Attempt(_));
        let text = match name {
            "pod.name" if !self.has_pod() => return None,
            "pod.name" => match self.own? {
                Own::Node(ix) => run.pod_name(ix),
                Own::At(owner, site, template) => {
                    let node = run.name_at(owner, site);
                    expr::names::pod_name_v2(&run.plan.name, &node, &run.plan.template(template).name)
                }
            },
            // An attempt's template was named when its wrapper was entered (TP-047).
            "node.name" if is_attempt => run.name(owner),
            "node.name" => run.name_at(owner, site),
            _ => {
                let (owner, site) =
                    if is_attempt { (run.node(owner).owner, &run.node(owner).site) } else { (owner, site) };
                return run.invoker(owner, site, name).map(|text| Bound::Text(Cow::Owned(text)));
            }
        };
        Some(Bound::Text(Cow::Owned(text)))
    }

    /// Whether the node has a pod of its own: a wrapper has not, each of its attempts has (TP-047, EX-224).
    fn has_pod(&self) -> bool {
        let (template, is_attempt) = match self.own {
            Some(Own::Node(ix)) => {
                let node = self.run.node(ix);
                (node.template, matches!(node.site, Site::Attempt(_)))
            }
            Some(Own::At(_, site, template)) => (Some(template), matches!(site, Site::Attempt(_))),
            None => return false,
        };
        template.is_some_and(|template| {
            let template = self.run.plan.template(template);
            matches!(template.flow, Flow::Leaf(NodeKind::Pod)) && (is_attempt || template.retry.is_none())
        })
    }

    /// `retries` and `lastRetry.*`, for every text of an attempt's template (TP-049, EX-224).
    fn attempt(&self, name: &str) -> Option<Bound<'a>> {
        let (wrapper, number) = match self.own? {
            Own::Node(ix) => match self.run.node(ix).site {
                Site::Attempt(number) => (self.run.node(ix).owner, number),
                _ => return None,
            },
            Own::At(wrapper, Site::Attempt(number), _) => (wrapper, *number),
            Own::At(..) => return None,
        };
        let names = self.run.retry_names_at(wrapper, number);
        let (_, text) = names.into_iter().find(|(known, _)| *known == name)?;
        Some(Bound::Text(Cow::Owned(text)))
    }

    fn inputs(&self, name: &str) -> Option<Bound<'a>> {
        let (template, inputs) = self.template?;
        if let Some(parameter) = name.strip_prefix("inputs.parameters.") {
            let at = template.parameters.iter().position(|known| *known.name == *parameter)?;
            return Some(Bound::Text(Cow::Borrowed(inputs.parameters.get(at)?)));
        }
        if name == "inputs.parameters" {
            if template.parameters.is_empty() {
                return None;
            }
            return Some(Bound::Text(Cow::Owned(parameters_json(template, inputs))));
        }
        let artifact = name.strip_prefix("inputs.artifacts.")?;
        if let Some(at) = template.artifacts.iter().position(|known| *known.name == *artifact) {
            let value = inputs.artifacts.get(at)?;
            return (!value.is_null()).then_some(Bound::Json(Cow::Borrowed(value)));
        }
        let of = artifact.strip_suffix(".path")?;
        let at = template.artifacts.iter().position(|known| *known.name == *of)?;
        let path = template.doc.inputs.artifacts.get(at).map(|artifact| artifact.path.as_str())?;
        (!path.is_empty()).then_some(Bound::Text(Cow::Borrowed(path)))
    }

    fn outputs(&self, name: &str) -> Option<Bound<'a>> {
        let (template, _) = self.template?;
        let outputs = &template.doc.outputs;
        let name = name.strip_suffix(".path")?;
        let path = if let Some(artifact) = name.strip_prefix("outputs.artifacts.") {
            &outputs.artifact(artifact)?.path
        } else {
            let from = outputs.parameter(name.strip_prefix("outputs.parameters.")?)?.value_from.as_ref()?;
            &from.path
        };
        (!path.is_empty()).then_some(Bound::Text(Cow::Borrowed(path)))
    }

    /// `steps.<name>.<field>` or `tasks.<name>.<field>`.
    fn sibling(&self, name: &str) -> Option<Bound<'a>> {
        let (kind, rest) = name.split_once('.')?;
        let (frame, looking) = self.frame?;
        let tasks = self.run.tasks(&self.run.frames[frame as usize]);
        if tasks.is_dag != (kind == "tasks") {
            return None;
        }
        let (sibling, field) = rest.split_once('.')?;
        let task = *tasks.by_name.get(sibling)?;
        if !self.sees(looking, task) {
            return None;
        }
        self.field(task, field)
    }

    /// Whether a task may use another's results: ancestors in a dag (EX-167), earlier groups in steps (EX-137).
    fn sees(&self, looking: Option<TaskIx>, task: TaskIx) -> bool {
        let (Some(looking), Some((frame, _))) = (looking, self.frame) else { return true };
        if looking == task {
            return true;
        }
        let tasks = self.run.tasks(&self.run.frames[frame as usize]);
        if !tasks.is_dag {
            let group = tasks.groups.iter().find(|group| group.contains(&looking.0));
            return group.is_none_or(|group| task.0 < group.start);
        }
        let mut ancestors = Ancestors::of(tasks, looking);
        ancestors.any(|ancestor| ancestor == task)
    }

    /// One field of a step's or task's node (TP-115 to TP-126).
    fn field(&self, task: TaskIx, field: &str) -> Option<Bound<'a>> {
        let (frame, _) = self.frame?;
        let run = self.run;
        let frame = &run.frames[frame as usize];
        let slot = &frame.slots[task.at()];
        let looped = slot.looped.map(|looped| &run.loops[looped as usize]);
        // Only a loop's owner stands for it; single nodes with retries answer through their last attempt (EX-226).
        let looped = looped.filter(|_| {
            self.owner.is_none_or(|(own, node)| own != task || run.node(node).kind == NodeKind::TaskGroup)
        });
        let own = self.owner.filter(|(own, _)| *own == task).map(|(_, node)| node);
        let shown = match (own.or(slot.node), looped) {
            (Some(node), None) => run.last_attempt(node),
            (Some(node), Some(_)) => node,
            (None, looped) => looped?.owner,
        };
        let node = run.node(shown);
        match field {
            "id" => return Some(Bound::Text(Cow::Owned(run.id(shown)))),
            // A hook looks at the step itself, not at its attempts (EX-229, EX-248).
            "status" => {
                let phase = own.map_or(node.phase, |own| run.node(own).phase);
                return Some(Bound::Text(Cow::Borrowed(phase.name())));
            }
            "startedAt" => return Some(Bound::Text(Cow::Owned(node.started.rfc3339()))),
            "finishedAt" => return node.finished.map(|at| Bound::Text(Cow::Owned(at.rfc3339()))),
            "hostNodeName" => {
                let is_placed = node.kind == NodeKind::Pod && node.phase != Phase::Pending;
                return is_placed.then(|| Bound::Text(Cow::Borrowed(&*run.plan.host)));
            }
            "ip" => return node.address.as_deref().map(|address| Bound::Text(Cow::Borrowed(address))),
            _ => {}
        }
        if let Some(looped) = looped {
            return aggregated(run, looped, field);
        }
        if matches!(node.phase, Phase::Skipped | Phase::Omitted) && node.outputs.is_none() {
            return skipped_output(run, shown, field);
        }
        let outputs = node.outputs.as_deref()?;
        match field {
            "exitCode" => outputs.exit_code.as_deref().map(|code| Bound::Text(Cow::Borrowed(code))),
            "outputs.result" => outputs.result.as_deref().map(|result| Bound::Text(Cow::Borrowed(result))),
            _ => {
                if let Some(name) = field.strip_prefix("outputs.parameters.") {
                    let value = outputs.parameter(name)?.value.as_deref()?;
                    return Some(Bound::Text(Cow::Borrowed(value)));
                }
                let artifact = outputs.artifact(field.strip_prefix("outputs.artifacts.")?)?;
                Some(Bound::Json(Cow::Owned(serde_json::to_value(artifact).ok()?)))
            }
        }
    }

    /// Every field that a step's or task's node has now.
    fn fields(&self, task: TaskIx) -> Vec<String> {
        let mut fields: Vec<String> = [
            "id",
            "status",
            "startedAt",
            "finishedAt",
            "ip",
            "hostNodeName",
            "exitCode",
            "outputs.result",
            "outputs.parameters",
        ]
        .map(str::to_owned)
        .to_vec();
        let Some((frame, _)) = self.frame else { return fields };
        let slot = &self.run.frames[frame as usize].slots[task.at()];
        if let Some(looped) = slot.looped {
            if let Ok(aggregate) = self.run.loops[looped as usize].aggregate(self.run) {
                fields.extend(aggregate.parameters.keys().map(|name| format!("outputs.parameters.{name}")));
            }
        } else if let Some(node) = slot.node {
            let node = self.run.last_attempt(node);
            let declared = self.run.template(node).map(|template| &template.doc.outputs);
            for outputs in self.run.node(node).outputs.as_deref().into_iter().chain(declared) {
                fields.extend(
                    outputs
                        .parameters
                        .iter()
                        .map(|parameter| format!("outputs.parameters.{}", parameter.name)),
                );
                fields.extend(
                    outputs.artifacts.iter().map(|artifact| format!("outputs.artifacts.{}", artifact.name)),
                );
            }
        }
        fields
    }
}

impl Scope for View<'_> {
    fn get(&self, name: &str) -> Option<Bound<'_>> {
        if let Some((_, text)) = self.extra.iter().find(|(known, _)| *known == name) {
            return Some(Bound::Text(Cow::Borrowed(text)));
        }
        match name.split('.').next().unwrap_or(name) {
            "workflow" => self.workflow(name),
            "inputs" => self.inputs(name),
            "outputs" => self.outputs(name),
            "steps" | "tasks" => match name {
                "steps.name" | "tasks.name" => self.own(name),
                _ => self.sibling(name),
            },
            "node" | "pod" if matches!(name, "node.name" | "pod.name") => self.own(name),
            "retries" | "lastRetry" => self.attempt(name),
            "item" => {
                let item = self.item?;
                match name.strip_prefix("item.") {
                    None => Some(Bound::Text(Cow::Owned(item.text()))),
                    Some(key) => item.member(key).map(|text| Bound::Text(Cow::Owned(text))),
                }
            }
            _ => None,
        }
    }

    fn root(&self, root: &str) -> Root {
        // Whether there are any is asked for each expression; a large dag has very many.
        match root {
            "steps" | "tasks" if self.own(&format!("{root}.name")).is_some() || self.has_siblings(root) => {
                Root::Map
            }
            _ => root_by_visit(self, root),
        }
    }

    fn visit<'s>(&'s self, root: &str, visit: &mut dyn FnMut(&str, Bound<'s>)) {
        let mut names: BTreeSet<String> = BTreeSet::new();
        names.extend(self.extra.iter().map(|(name, _)| (*name).to_owned()));
        match root.split('.').next().unwrap_or(root) {
            "workflow" => {
                names.extend(self.run.globals.names.keys().map(|name| name.to_string()));
                if !self.is_first_look() {
                    names.extend(self.run.globals.later.keys().map(|name| name.to_string()));
                }
                names
                    .extend(["workflow.status", "workflow.duration", "workflow.failures"].map(str::to_owned));
                names.extend(
                    self.run
                        .globals
                        .artifacts
                        .keys()
                        .map(|name| format!("workflow.outputs.artifacts.{name}")),
                );
            }
            "inputs" => {
                if let Some((template, _)) = self.template {
                    if !template.parameters.is_empty() {
                        names.insert("inputs.parameters".to_owned());
                    }
                    names.extend(
                        template
                            .parameters
                            .iter()
                            .map(|parameter| format!("inputs.parameters.{}", parameter.name)),
                    );
                    for artifact in &template.artifacts {
                        names.insert(format!("inputs.artifacts.{}", artifact.name));
                        names.insert(format!("inputs.artifacts.{}.path", artifact.name));
                    }
                }
            }
            "outputs" => {
                if let Some((template, _)) = self.template {
                    let outputs = &template.doc.outputs;
                    names.extend(
                        outputs
                            .artifacts
                            .iter()
                            .map(|artifact| format!("outputs.artifacts.{}.path", artifact.name)),
                    );
                    names.extend(
                        outputs
                            .parameters
                            .iter()
                            .map(|parameter| format!("outputs.parameters.{}.path", parameter.name)),
                    );
                }
            }
            kind @ ("steps" | "tasks") => return self.visit_siblings(kind, root, visit),
            "node" => drop(names.insert("node.name".to_owned())),
            "pod" => drop(names.insert("pod.name".to_owned())),
            "retries" => drop(names.insert("retries".to_owned())),
            "lastRetry" => names.extend(
                ["exitCode", "duration", "status", "message"].map(|field| format!("lastRetry.{field}")),
            ),
            "item" => {
                names.insert("item".to_owned());
                if let Some(item) = self.item {
                    names.extend(item.members().map(|(key, _)| format!("item.{key}")));
                }
            }
            _ => {}
        }
        let below = format!("{root}.");
        for name in names.iter().filter(|name| **name == *root || name.starts_with(&below)) {
            if let Some(bound) = self.get(name) {
                visit(name, bound);
            }
        }
    }
}

impl View<'_> {
    /// Visits what is bound of visible steps or tasks; of one only, if the root already names it.
    fn visit_siblings<'s>(&'s self, kind: &str, root: &str, visit: &mut dyn FnMut(&str, Bound<'s>)) {
        let mut found: BTreeMap<String, Bound<'s>> = BTreeMap::new();
        let extra = self.extra.iter().map(|(name, text)| (*name, Bound::Text(Cow::Borrowed(&**text))));
        found.extend(extra.map(|(name, bound)| (name.to_owned(), bound)));
        let own = format!("{kind}.name");
        found.extend(self.get(&own).map(|bound| (own, bound)));
        self.siblings(kind, root, &mut |task, name| {
            for field in self.fields(task) {
                let bound = self.field(task, &field);
                found.extend(bound.map(|bound| (format!("{kind}.{name}.{field}"), bound)));
            }
        });
        let below = format!("{root}.");
        for (name, bound) in found {
            if name == root || name.starts_with(&below) {
                visit(&name, bound);
            }
        }
    }

    /// The visible steps or tasks; one only, if the root already names it.
    fn siblings(&self, kind: &str, root: &str, each: &mut dyn FnMut(TaskIx, &str)) {
        let Some((frame, looking)) = self.frame else { return };
        let tasks = self.run.tasks(&self.run.frames[frame as usize]);
        if tasks.is_dag != (kind == "tasks") {
            return;
        }
        let mut tell = |task: TaskIx| each(task, &tasks.tasks[task.at()].name);
        if let Some(task) = root.split('.').nth(1).and_then(|name| tasks.by_name.get(name)) {
            if self.sees(looking, *task) {
                tell(*task);
            }
            return;
        }
        self.visible(tasks, looking).for_each(tell);
    }

    /// All tasks whose results a task may use, itself among them.
    fn visible<'s>(
        &'s self,
        tasks: &'s FramePlan,
        looking: Option<TaskIx>,
    ) -> Box<dyn Iterator<Item = TaskIx> + 's> {
        match looking {
            Some(looking) if tasks.is_dag => {
                Box::new(std::iter::once(looking).chain(Ancestors::of(tasks, looking)))
            }
            looking => Box::new(
                (0..tasks.tasks.len() as u32).map(TaskIx).filter(move |task| self.sees(looking, *task)),
            ),
        }
    }

    /// Whether anything is bound of any visible step or task.
    fn has_siblings(&self, kind: &str) -> bool {
        let Some((frame, looking)) = self.frame else { return false };
        let tasks = self.run.tasks(&self.run.frames[frame as usize]);
        // Whatever was entered has a status.
        tasks.is_dag == (kind == "tasks")
            && self.visible(tasks, looking).any(|task| self.field(task, "status").is_some())
    }
}

/// The tasks that one depends on, directly or not, each once; the near ones first where that costs nothing.
struct Ancestors<'a> {
    tasks: &'a FramePlan,
    seen: Vec<bool>,
    found: Vec<TaskIx>,
    /// How many of those found were looked behind.
    behind: usize,
    told: usize,
}

impl<'a> Ancestors<'a> {
    fn of(tasks: &'a FramePlan, task: TaskIx) -> Ancestors<'a> {
        let mut ancestors =
            Ancestors { tasks, seen: vec![false; tasks.tasks.len()], found: Vec::new(), behind: 0, told: 0 };
        ancestors.seen[task.at()] = true;
        ancestors.look_behind(task);
        ancestors
    }

    fn look_behind(&mut self, task: TaskIx) {
        for dependency in &self.tasks.tasks[task.at()].dependencies {
            if !std::mem::replace(&mut self.seen[dependency.at()], true) {
                self.found.push(*dependency);
            }
        }
    }
}

impl Iterator for Ancestors<'_> {
    type Item = TaskIx;

    fn next(&mut self) -> Option<TaskIx> {
        while self.told == self.found.len() {
            let task = *self.found.get(self.behind)?;
            self.behind += 1;
            self.look_behind(task);
        }
        self.told += 1;
        self.found.get(self.told - 1).copied()
    }
}

fn aggregated<'a>(run: &'a Run, looped: &'a Loop, field: &str) -> Option<Bound<'a>> {
    let aggregate = looped.aggregate(run).ok()?;
    let text = match field {
        "outputs.result" => aggregate.result.as_deref()?,
        "outputs.parameters" => aggregate.list.as_deref()?,
        _ => aggregate.parameters.get(field.strip_prefix("outputs.parameters.")?)?,
    };
    Some(Bound::Text(Cow::Borrowed(text)))
}

/// What a skipped or omitted node offers: defaults, or the explicit absence of a value (TP-240, TP-242).
fn skipped_output<'a>(run: &'a Run, node: NodeIx, field: &str) -> Option<Bound<'a>> {
    let outputs = &run.template(node)?.doc.outputs;
    if field == "outputs.result" {
        return outputs.result.is_some().then_some(Bound::Absent);
    }
    if let Some(name) = field.strip_prefix("outputs.parameters.") {
        let declared = outputs.parameter(name)?;
        let default = declared.value_from.as_ref().and_then(|from| from.default.as_deref());
        return Some(default.map_or(Bound::Absent, |default| Bound::Text(Cow::Borrowed(default))));
    }
    let name = field.strip_prefix("outputs.artifacts.")?;
    outputs.artifact(name)?;
    let in_steps = run.node(node).boundary.is_some_and(|boundary| run.node(boundary).kind == NodeKind::Steps);
    in_steps.then(|| Bound::Json(Cow::Owned(serde_json::json!({ "name": name }))))
}

fn parameters_json(template: &TemplatePlan, inputs: &Inputs) -> String {
    let list = template.doc.inputs.parameters.iter().zip(&inputs.parameters).map(|(declared, value)| {
        let mut shown = serde_json::to_value(declared).unwrap_or(Value::Null);
        shown["value"] = Value::String(value.to_string());
        shown
    });
    expr::escape_html_json(&Value::Array(list.collect()).to_string())
}

impl Loop {
    /// Outputs of all expansions together (PA-100 to PA-104). Stable once every expansion has settled.
    pub(crate) fn aggregate(&self, run: &Run) -> Result<&Aggregate, String> {
        if self.open > 0 || self.has_more() {
            return Err("the loop has not ended".to_owned());
        }
        self.aggregate.get_or_init(|| self.make_aggregate(run)).as_ref().map_err(Clone::clone)
    }

    fn make_aggregate(&self, run: &Run) -> Result<Aggregate, String> {
        let in_dag = run.node(self.owner).kind == NodeKind::TaskGroup;
        let is_skipped = |node: &Node| node.phase == Phase::Skipped && !node.is_taken_over();
        if !in_dag && self.children.iter().all(|child| is_skipped(run.node(*child))) {
            return Ok(Aggregate::default());
        }
        let mut results: Vec<String> = Vec::new();
        let mut list: Vec<BTreeMap<&str, &str>> = Vec::new();
        let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for child in &self.children {
            let node = run.node(*child);
            let (true, Some(outputs)) = (node.has_succeeded(), node.outputs.as_deref()) else { continue };
            if let Some(result) = &outputs.result {
                // Embedded as it is spelled, numbers and order of keys too.
                results.push(expr::escape_html_json(Item::from_json_text(result)?.json()));
            }
            let mut row = BTreeMap::new();
            for parameter in &outputs.parameters {
                if let Some(value) = &parameter.value {
                    row.insert(parameter.name.as_str(), value.as_str());
                    values.entry(&parameter.name).or_default().push(value);
                }
            }
            if !row.is_empty() {
                list.push(row);
            }
        }
        let mut parameters = BTreeMap::new();
        for (name, values) in values {
            parameters.insert(name.to_owned(), together(&values)?);
        }
        let list = serde_json::to_string(&list).map_err(|error| error.to_string())?;
        Ok(Aggregate {
            result: Some(format!("[{}]", results.join(","))),
            list: Some(expr::escape_html_json(&list)),
            parameters,
        })
    }
}

/// An array of parsed values if every one is an object or array, otherwise of strings (PA-102). Whatever was parsed is
/// written anew, with numbers as Go writes floats.
fn together(values: &[&str]) -> Result<String, String> {
    let parsed: Option<Vec<expr::Value>> = values
        .iter()
        .map(|value| match expr::parse_json(value) {
            Ok(value @ (expr::Value::Map(_) | expr::Value::List(_))) => Some(value),
            _ => None,
        })
        .collect();
    match parsed {
        Some(parsed) => expr::Value::list(parsed).to_json(),
        None => {
            let texts = serde_json::to_string(values).map_err(|error| error.to_string())?;
            Ok(expr::escape_html_json(&texts))
        }
    }
}

impl Run {
    /// `workflow.status` (TP-094): the phase, or what the entry node implies once it has ended.
    pub(crate) fn status_name(&self) -> &'static str {
        match self.stage {
            Stage::New => "",
            _ if self.is_main_over() => match self.node(NodeIx::ROOT).phase {
                Phase::Skipped | Phase::Omitted => Phase::Succeeded.name(),
                phase => phase.name(),
            },
            _ => Phase::Running.name(),
        }
    }

    /// The name of the step or task that invoked a node, with its loop suffix; hooks and the entrypoint count
    /// as invoked by a nameless step (TP-064).
    fn invoker(&self, owner: NodeIx, site: &Site, wanted: &str) -> Option<String> {
        let kind = match site {
            Site::Task(_) | Site::Item(..) => match self.node(owner).kind {
                NodeKind::StepGroup => "steps.name",
                _ => "tasks.name",
            },
            _ => "steps.name",
        };
        if wanted != kind {
            return None;
        }
        Some(match site {
            Site::Task(name) => name.to_string(),
            Site::Item(name, _) => {
                let suffix = self.suffix(owner, site);
                let suffix = suffix.strip_prefix('.').unwrap_or(&suffix);
                if suffix.starts_with('(') { format!("{name}{suffix}") } else { suffix.to_owned() }
            }
            _ => String::new(),
        })
    }

    /// The full name of a node at this site, whether it exists or not.
    pub(crate) fn name_at(&self, owner: NodeIx, site: &Site) -> String {
        match site {
            Site::Entry => self.plan.name.to_string(),
            _ => self.name(owner) + &self.suffix(owner, site),
        }
    }

    /// The entry node has ended, or serves whoever comes after it (EX-002).
    pub(crate) fn is_main_over(&self) -> bool {
        self.nodes.first().is_some_and(|root| root.phase.is_ended() || root.daemoned)
    }

    /// `workflow.duration` (TP-095): seconds with six decimals.
    pub(crate) fn duration_text(&self, now: Time) -> String {
        let end = self.finished.unwrap_or(now);
        let us = self.started.map_or(0, |started| end.since_us(started)).max(0);
        format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
    }

    /// `workflow.failures` (TP-096): a JSON list as a quoted string.
    pub(crate) fn failures(&self) -> String {
        let bad = self.indices().filter(|ix| self.node(*ix).phase.is_bad());
        let list: Vec<Value> = bad
            .map(|ix| {
                let node = self.node(ix);
                serde_json::json!({
                    "displayName": self.display_name(ix),
                    "message": node.message.as_deref().unwrap_or_default(),
                    "templateName": self.template(ix).map(|template| template.name.to_string()).unwrap_or_default(),
                    "phase": node.phase.name(),
                    "podName": self.pod_name(ix),
                    "finishedAt": node.finished.map(|at| at.rfc3339()),
                })
            })
            .collect();
        if list.is_empty() {
            return Value::String("null".to_owned()).to_string();
        }
        Value::String(expr::escape_html_json(&Value::Array(list).to_string())).to_string()
    }
}
