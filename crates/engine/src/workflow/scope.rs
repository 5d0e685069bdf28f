//! The names that a text of a run may use, looked up where they live; nothing is copied into maps first.

use super::node::{Inputs, NodeIx, NodeKind, Site, TaskIx};
use super::run::Run;
use super::siblings::is_sole_field;
use crate::plan::{Flow, TemplateIx, TemplatePlan};
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
    /// Bodies of inline templates: the step or task that they are a part of.
    pub around: Option<Around<'a>>,
    /// Hooks of the workflow: its status is what the entry node has come to so far.
    pub of_entry: bool,
    /// The loop item.
    pub item: Option<&'a Item>,
    /// The node whose text it is, for `node.name`, `pod.name`, `steps.name` and `tasks.name`.
    pub own: Option<Own<'a>>,
    /// Names of the moment: `retries`, `lastRetry.*`, metrics' own.
    pub extra: &'a [(&'a str, String)],
}

/// A step or task whose template is written in its place.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The frame that it belongs to.
    pub frame: u32,
    /// Which it is.
    pub task: TaskIx,
    /// Its loop item.
    pub item: Option<&'a Item>,
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
        View {
            run,
            now,
            template: None,
            frame: None,
            owner: None,
            around: None,
            of_entry: false,
            item: None,
            own: None,
            extra: &[],
        }
    }

    /// What an expression sees that is evaluated as it stands, when the tags in it have been replaced: a body that is written
    /// in the place of its name has its own steps and tasks by then, whatever those around it are called (EX-248, PA-043).
    pub(crate) fn evaluated(self) -> View<'a> {
        View { around: None, ..self }
    }

    /// What a step or task sees whose template is written in its place: the body is replaced with it, before its own names
    /// count (TP-044, TP-045, TP-048). It may lie in such a body itself.
    fn outer(&self) -> Option<View<'a>> {
        let Around { frame, task, item } = self.around?;
        Some(View { item, ..self.run.task_view(frame, Some(task), self.now) })
    }

    /// What a name stands for.
    pub(crate) fn look(&self, name: &str) -> Option<Bound<'a>> {
        let root = name.split('.').next().unwrap_or(name);
        if root == "workflow" {
            return self.extra(name).or_else(|| self.workflow(name));
        }
        let outer = self.outer().and_then(|outer| outer.look(name));
        outer.or_else(|| self.extra(name)).or_else(|| self.look_here(root, name))
    }

    fn extra(&self, name: &str) -> Option<Bound<'a>> {
        let (_, text) = self.extra.iter().find(|(known, _)| *known == name)?;
        Some(Bound::Text(Cow::Borrowed(text)))
    }

    /// The same of what is not around it.
    fn look_here(&self, root: &str, name: &str) -> Option<Bound<'a>> {
        match root {
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
            "status" if (self.of_entry || self.is_in_hook_of_workflow()) && !run.is_main_over() => {
                Some(Bound::Text(Cow::Borrowed(run.nodes.first()?.phase.name())))
            }
            "status" if self.is_first_look() && !run.is_main_over() => Some(Bound::Text(Cow::Borrowed(""))),
            "status" => Some(Bound::Text(Cow::Borrowed(run.status_name()))),
            "duration" => Some(Bound::Text(Cow::Owned(run.duration_text(self.now)))),
            "failures" if run.is_main_over() => Some(Bound::Text(Cow::Owned(run.failures()))),
            _ => {
                let (_, artifact) = run.globals.artifacts.get(rest.strip_prefix("outputs.artifacts.")?)?;
                Some(Bound::Json(Cow::Borrowed(artifact)))
            }
        }
    }

    /// Whether the node whose text it is belongs to a hook of the workflow, and not to what the entry node runs.
    fn is_in_hook_of_workflow(&self) -> bool {
        match self.own {
            Some(Own::Node(ix)) => {
                let node = self.run.node(ix);
                self.run.is_in_hook_of_workflow(node.owner, &node.site)
            }
            Some(Own::At(owner, site, _)) => self.run.is_in_hook_of_workflow(owner, site),
            None => false,
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
                Own::At(owner, site, template) => run.pod_name_at(owner, site, Some(template)),
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
            return match inputs.artifacts.get(at)? {
                // An optional one that nobody supplied is known as it was declared, and can be handed on so (PA-183).
                Value::Null => {
                    let declared = serde_json::to_value(&template.doc.inputs.artifacts[at]).ok()?;
                    Some(Bound::Json(Cow::Owned(declared)))
                }
                value => Some(Bound::Json(Cow::Borrowed(value))),
            };
        }
        let of = artifact.strip_suffix(".path")?;
        let at = template.artifacts.iter().position(|known| *known.name == *of)?;
        let path = template.doc.inputs.artifacts.get(at).map(|artifact| artifact.path.as_str())?;
        (!path.is_empty()).then_some(Bound::Text(Cow::Borrowed(path)))
    }

    fn input_names(&self, names: &mut BTreeSet<String>) {
        let Some((template, _)) = self.template else { return };
        if !template.parameters.is_empty() {
            names.insert("inputs.parameters".to_owned());
        }
        let parameters = template.parameters.iter();
        names.extend(parameters.map(|parameter| format!("inputs.parameters.{}", parameter.name)));
        for artifact in &template.artifacts {
            names.insert(format!("inputs.artifacts.{}", artifact.name));
            names.insert(format!("inputs.artifacts.{}.path", artifact.name));
        }
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
}

impl Scope for View<'_> {
    fn get(&self, name: &str) -> Option<Bound<'_>> {
        self.look(name)
    }

    fn root(&self, root: &str) -> Root {
        // Whether there are any is asked for each expression; a large dag has very many.
        match root {
            _ if is_sole_field(root) => match self.look(root) {
                Some(_) => Root::Leaf,
                None => Root::Unknown,
            },
            "steps" | "tasks" if self.has_steps(root) => Root::Map,
            _ => root_by_visit(self, root),
        }
    }

    fn visit<'s>(&'s self, root: &str, visit: &mut dyn FnMut(&str, Bound<'s>)) {
        self.tell(root, visit);
    }
}

impl<'a> View<'a> {
    /// Whether anything is known of steps or tasks.
    fn has_steps(&self, kind: &str) -> bool {
        self.own(&format!("{kind}.name")).is_some()
            || self.has_siblings(kind)
            || self.outer().is_some_and(|outer| outer.has_steps(kind))
    }

    /// Tells all that is known below a name, what is around it first.
    fn tell(&self, root: &str, tell: &mut dyn FnMut(&str, Bound<'a>)) {
        let Some(outer) = self.outer() else { return self.tell_here(root, tell) };
        let mut found: BTreeMap<String, Bound<'a>> = BTreeMap::new();
        let mut keep = |name: &str, bound| drop(found.insert(name.to_owned(), bound));
        self.tell_here(root, &mut keep);
        outer.tell(root, &mut keep);
        found.into_iter().for_each(|(name, bound)| tell(&name, bound));
    }

    fn tell_here(&self, root: &str, tell: &mut dyn FnMut(&str, Bound<'a>)) {
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
            "inputs" => self.input_names(&mut names),
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
            kind @ ("steps" | "tasks") => return self.visit_siblings(kind, root, tell),
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
            if let Some(bound) = self.look(name) {
                tell(name, bound);
            }
        }
    }
}

/// All of them as Go writes them (TP-101).
fn parameters_json(template: &TemplatePlan, inputs: &Inputs) -> String {
    let list = template.doc.inputs.parameters.iter().zip(&inputs.parameters).map(|(declared, value)| {
        let mut shown = serde_json::to_value(declared).unwrap_or(Value::Null);
        shown["value"] = Value::String(value.to_string());
        shown
    });
    expr::escape_html_json(&Value::Array(list.collect()).to_string())
}

impl Run {
    /// The name of the step or task that invoked a node, with its loop suffix; hooks and the entrypoint count
    /// as invoked by a nameless step (TP-064).
    pub(crate) fn invoker(&self, owner: NodeIx, site: &Site, wanted: &str) -> Option<String> {
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
}
