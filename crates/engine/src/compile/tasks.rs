//! Steps, tasks and hooks: references resolved, dependencies counted.

use super::{Builder, config_map, optional_text, text, tree_of};
use crate::plan::{
    Arguments, ArtifactArgument, ContinueOn, DagOrder, Flow, FramePlan, HookPlan, Items, OutputArtifact,
    OutputParameter, ScopeIx, SequencePlan, Shown, Source, Target, TaskHooks, TaskLists, TaskPlan,
};
use crate::workflow::node::TaskIx;
use expr::depends::Logic;
use spec::TemplateKind;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tiphys_expr as expr;
use tiphys_spec as spec;

impl Builder<'_> {
    /// Compiles the tasks of every template, inline ones included as they are found.
    pub(crate) fn connect(&mut self) -> Result<(), String> {
        let mut at = 0;
        while at < self.templates.len() {
            let template = &self.templates[at];
            let (doc, scope) = (template.doc.clone(), template.scope);
            match template.kind {
                Some(TemplateKind::Steps) => {
                    let frame = self.steps(scope, &doc)?;
                    self.templates[at].flow = Flow::Frame(Box::new(frame));
                }
                Some(TemplateKind::Dag) => {
                    let frame = self.dag(scope, &doc)?;
                    self.templates[at].flow = Flow::Frame(Box::new(frame));
                }
                _ => {}
            }
            at += 1;
        }
        Ok(())
    }

    fn steps(&mut self, scope: ScopeIx, doc: &spec::Template) -> Result<FramePlan, String> {
        let read = results_read(doc);
        let mut frame = new_frame(doc, false)?;
        for group in &doc.steps {
            let start = frame.tasks.len() as u32;
            for step in group {
                let task = self.task(scope, step, &read)?;
                frame.by_name.entry(task.name.clone()).or_insert(TaskIx(frame.tasks.len() as u32));
                frame.tasks.push(task);
            }
            frame.groups.push(start..frame.tasks.len() as u32);
        }
        Ok(frame)
    }

    fn dag(&mut self, scope: ScopeIx, doc: &spec::Template) -> Result<FramePlan, String> {
        let Some(dag) = &doc.dag else { return Err("a dag template has a dag".to_owned()) };
        let read = results_read(doc);
        let mut frame = new_frame(doc, true)?;
        frame.all_targets_decide = dag.fail_fast == Some(false);
        for task in &dag.tasks {
            let compiled = self.task(scope, task, &read)?;
            frame.by_name.entry(compiled.name.clone()).or_insert(TaskIx(frame.tasks.len() as u32));
            frame.tasks.push(compiled);
        }
        let tolerated = |name: &str| {
            let task = frame.by_name.get(name).map(|task| &frame.tasks[task.at()]);
            task.map_or((false, false), |task| (task.continue_on.error, task.continue_on.failed))
        };
        let mut logic = Vec::with_capacity(dag.tasks.len());
        let mut waits_for = Vec::new();
        for task in &dag.tasks {
            let depends =
                if task.depends.is_empty() { task.dependencies.join(" && ") } else { task.depends.clone() };
            let mut unknown = None;
            waits_for.clear();
            let mut number_of = |name: &str| match frame.by_name.get(name) {
                Some(known) => {
                    waits_for.push(*known);
                    known.at()
                }
                None => {
                    unknown.get_or_insert(name.to_owned());
                    usize::MAX
                }
            };
            let parsed = match depends.is_empty() {
                true => None,
                false => Some(Logic::numbered(&depends, &tolerated, &mut number_of)?),
            };
            if let Some(name) = unknown {
                return Err(format!("sorting failed: invalid dependency {name}"));
            }
            logic.push(parsed);
            frame.dependencies.push(&waits_for);
        }
        for (task, parsed) in frame.tasks.iter_mut().zip(logic) {
            task.depends = parsed;
        }
        if dag.target.contains("{{") {
            frame.target = Some(text(&dag.target)?);
        } else {
            frame.order = Arc::new(DagOrder::new(&frame, &dag.target)?);
        }
        Ok(frame)
    }

    fn task(
        &mut self,
        scope: ScopeIx,
        task: &spec::Task,
        read: &BTreeSet<String>,
    ) -> Result<TaskPlan, String> {
        let (target, shown) = self.target(scope, task)?;
        let exit = if !task.on_exit.is_empty() {
            Some(self.exit_of(scope, &task.on_exit)?)
        } else {
            task.hooks.get("exit").map(|hook| self.hook(scope, "exit", hook)).transpose()?
        };
        let mut others = Vec::new();
        for (name, hook) in task.hooks.iter().filter(|(name, _)| *name != "exit") {
            others.push(self.hook(scope, name, hook)?);
        }
        let has_hooks = exit.is_some() || !others.is_empty();
        let given = self.arguments(&task.arguments)?;
        let has_given = !given.parameters.is_empty() || !given.artifacts.is_empty();
        Ok(TaskPlan {
            name: task.name.as_str().into(),
            target,
            shown,
            given: has_given.then(|| Box::new(given)),
            when: optional_text(&task.when)?,
            items: items(task)?.map(Box::new),
            continue_on: task
                .continue_on
                .as_ref()
                .map(|on| ContinueOn { error: on.error, failed: on.failed })
                .unwrap_or_default(),
            hooks: has_hooks.then(|| Box::new(TaskHooks { exit, others })),
            depends: None,
            result_is_read: read.contains(&task.name),
        })
    }

    fn target(&mut self, scope: ScopeIx, task: &spec::Task) -> Result<(Target, Shown), String> {
        if let Some(inline) = &task.inline {
            let ix = self.add_template(scope, inline, Some(&task.name))?;
            return Ok((Target::Known(ix), Shown::Inline));
        }
        self.reference(scope, &task.template, task.template_ref.as_ref())
    }

    fn reference(
        &mut self,
        scope: ScopeIx,
        template: &str,
        reference: Option<&spec::TemplateRef>,
    ) -> Result<(Target, Shown), String> {
        let has_tags = |text: &str| text.contains("{{");
        match reference {
            Some(reference) if has_tags(&reference.name) || has_tags(&reference.template) => Ok((
                Target::Templated {
                    resource: Some(text(&reference.name)?),
                    template: text(&reference.template)?,
                    cluster: reference.cluster_scope,
                },
                Shown::Reference,
            )),
            Some(reference) => {
                let found =
                    self.find(Some((&reference.name, reference.cluster_scope)), &reference.template, scope);
                Ok((found, Shown::Reference))
            }
            None if has_tags(template) => Ok((
                Target::Templated { resource: None, template: text(template)?, cluster: false },
                Shown::Name(template.into()),
            )),
            None => Ok((self.find(None, template, scope), Shown::Name(template.into()))),
        }
    }

    fn find(&self, resource: Option<(&str, bool)>, template: &str, from: ScopeIx) -> Target {
        match crate::plan::find(&self.scopes, resource, template, from) {
            Ok(ix) => Target::Known(ix),
            Err(reason) => Target::Missing(reason),
        }
    }

    fn exit_of(&mut self, scope: ScopeIx, template: &str) -> Result<HookPlan, String> {
        let (target, shown) = self.reference(scope, template, None)?;
        Ok(HookPlan { name: "exit".into(), target, shown, arguments: None, expression: None })
    }

    fn hook(&mut self, scope: ScopeIx, name: &str, hook: &spec::Hook) -> Result<HookPlan, String> {
        let (target, shown) = self.reference(scope, &hook.template, hook.template_ref.as_ref())?;
        Ok(HookPlan {
            name: name.into(),
            target,
            shown,
            // Only the exit hook falls back to the workflow's arguments (EX-241).
            arguments: if name == "exit" && hook.arguments.is_empty() {
                None
            } else {
                Some(self.arguments(&hook.arguments)?)
            },
            expression: optional_text(&hook.expression)?,
        })
    }

    /// The workflow's exit handler: `onExit` wins over `hooks.exit` (EX-240).
    pub(crate) fn workflow_exit(&mut self) -> Result<Option<HookPlan>, String> {
        let spec = &self.workflow.spec;
        if !spec.on_exit.is_empty() {
            return self.exit_of(super::OWN, &spec.on_exit).map(Some);
        }
        spec.hooks.get("exit").map(|hook| self.hook(super::OWN, "exit", hook)).transpose()
    }

    /// The workflow's other hooks.
    pub(crate) fn workflow_hooks(&mut self) -> Result<Vec<HookPlan>, String> {
        let spec = &self.workflow.spec;
        let others = spec.hooks.iter().filter(|(name, _)| *name != "exit");
        others.map(|(name, hook)| self.hook(super::OWN, name, hook)).collect()
    }

    pub(crate) fn arguments(&self, arguments: &spec::Arguments) -> Result<Arguments, String> {
        let mut compiled = Arguments::default();
        for parameter in &arguments.parameters {
            let source = match (&parameter.value, config_map(parameter)?) {
                (Some(value), _) => Source::Text(text(value)?),
                (None, Some(source)) => Source::ConfigMap(Box::new(source)),
                (None, None) => Source::Nothing,
            };
            compiled.parameters.push((parameter.name.as_str().into(), source));
        }
        for artifact in &arguments.artifacts {
            compiled.artifacts.push(ArtifactArgument {
                name: artifact.name.as_str().into(),
                from: optional_text(&artifact.from)?,
                from_expression: optional_text(&artifact.from_expression)?,
                doc: tree_of(artifact)?,
                optional: artifact.optional,
                sub_path: optional_text(&artifact.sub_path)?,
            });
        }
        Ok(compiled)
    }
}

fn new_frame(doc: &spec::Template, is_dag: bool) -> Result<FramePlan, String> {
    let mut output_parameters = Vec::new();
    for parameter in &doc.outputs.parameters {
        let from = parameter.value_from.as_ref();
        output_parameters.push(OutputParameter {
            doc: parameter.clone(),
            parameter: optional_text(from.map(|from| from.parameter.as_str()).unwrap_or_default())?,
            expression: optional_text(from.map(|from| from.expression.as_str()).unwrap_or_default())?,
        });
    }
    let mut output_artifacts = Vec::new();
    for artifact in &doc.outputs.artifacts {
        output_artifacts.push(OutputArtifact {
            doc: artifact.clone(),
            from: optional_text(&artifact.from)?,
            from_expression: optional_text(&artifact.from_expression)?,
        });
    }
    Ok(FramePlan {
        is_dag,
        tasks: Vec::new(),
        by_name: HashMap::new(),
        groups: Vec::new(),
        dependencies: TaskLists::default(),
        order: Arc::default(),
        target: None,
        output_parameters,
        output_artifacts,
        all_targets_decide: false,
    })
}

impl DagOrder {
    /// Finds targets, what they need, and the order in which Argo visits tasks (EX-150, EX-151). An empty
    /// target means every task that no other needs.
    pub(crate) fn new(frame: &FramePlan, target: &str) -> Result<DagOrder, String> {
        let targets = targets(frame, target)?;
        let rank = ranks(frame, &targets)?;
        let mut visiting: Vec<TaskIx> =
            (0..frame.tasks.len() as u32).map(TaskIx).filter(|task| rank[task.at()] != u32::MAX).collect();
        visiting.sort_by_key(|task| rank[task.at()]);
        let roots = visiting.iter().copied().filter(|task| frame.dependencies.of(*task).is_empty()).collect();
        let needed = visiting.len() as u32;
        Ok(DagOrder {
            targets,
            roots,
            needed,
            rank,
            waiting: TaskLists::waiting(&frame.dependencies, &visiting),
        })
    }
}

fn targets(frame: &FramePlan, target: &str) -> Result<Vec<TaskIx>, String> {
    let tasks = &frame.tasks;
    if !target.is_empty() {
        let names = target.split(' ').filter(|name| !name.is_empty());
        return names
            .map(|name| {
                frame.by_name.get(name).copied().ok_or_else(|| format!("target '{name}' is not defined"))
            })
            .collect();
    }
    let mut is_needed = vec![false; tasks.len()];
    for task in (0..tasks.len() as u32).map(TaskIx) {
        frame.dependencies.of(task).iter().for_each(|dependency| is_needed[dependency.at()] = true);
    }
    let mut leaves: Vec<TaskIx> =
        (0..tasks.len() as u32).map(TaskIx).filter(|task| !is_needed[task.at()]).collect();
    leaves.sort_by(|a, b| tasks[a.at()].name.cmp(&tasks[b.at()].name));
    Ok(leaves)
}

/// Depth first along dependencies, each task after what it needs; without recursion, for chains of any length.
fn ranks(frame: &FramePlan, targets: &[TaskIx]) -> Result<Vec<u32>, String> {
    let mut rank = vec![u32::MAX; frame.tasks.len()];
    let mut entered = vec![false; frame.tasks.len()];
    let mut next = 0;
    for target in targets {
        let mut stack = vec![(*target, 0)];
        while let Some((task, child)) = stack.pop() {
            if child == 0 {
                if entered[task.at()] {
                    continue;
                }
                entered[task.at()] = true;
            }
            match frame.dependencies.of(task).get(child) {
                Some(dependency) => {
                    stack.push((task, child + 1));
                    if !entered[dependency.at()] {
                        stack.push((*dependency, 0));
                    } else if rank[dependency.at()] == u32::MAX {
                        return Err("sorting failed: graph with cycle".to_owned());
                    }
                }
                None => {
                    rank[task.at()] = next;
                    next += 1;
                }
            }
        }
    }
    Ok(rank)
}

fn items(task: &spec::Task) -> Result<Option<Items>, String> {
    if !task.with_items.is_empty() {
        let items = task.with_items.iter().map(|item| expr::items::Item::from_json_text(item.json()));
        return items.collect::<Result<_, _>>().map(|items| Some(Items::List(items)));
    }
    if !task.with_param.is_empty() {
        return Ok(Some(Items::Param(text(&task.with_param)?)));
    }
    let Some(sequence) = &task.with_sequence else { return Ok(None) };
    let bound = |value: &Option<spec::IntOrStr>| value.as_ref().map(|value| text(&value.text())).transpose();
    Ok(Some(Items::Sequence(SequencePlan {
        count: bound(&sequence.count)?,
        start: bound(&sequence.start)?,
        end: bound(&sequence.end)?,
        format: optional_text(&sequence.format)?,
    })))
}

/// Steps and tasks whose standard output some text of the same template mentions (EX-421).
fn results_read(doc: &spec::Template) -> BTreeSet<String> {
    let mut read = BTreeSet::new();
    let Ok(json) = serde_json::to_string(doc) else { return read };
    let mut rest = json.as_str();
    while let Some(at) = rest.find("outputs.result") {
        let before = rest[..at].trim_end_matches(['.', '?']);
        read.insert(last_name(before));
        rest = &rest[at + "outputs.result".len()..];
    }
    read
}

/// The name at the end of `…steps.<name>`, `…steps['<name>']` or `…steps["<name>"]`.
fn last_name(before: &str) -> String {
    let before = before.trim_end_matches([']', '\'', '"', '\\', ' ']);
    let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let start = before
        .rfind(|c| !is_name(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    before[start..].to_owned()
}
