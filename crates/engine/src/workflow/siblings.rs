//! What a text may say of the steps or tasks beside it: which ones it sees, and what each offers.

use super::node::{NodeIx, NodeKind, Phase, Site, TaskIx};
use super::run::{Loop, Run};
use super::scope::View;
use crate::plan::FramePlan;
use expr::Bound;
use std::borrow::Cow;
use std::collections::BTreeMap;
use tiphys_expr as expr;

/// Fields of a step's or task's node below which there are no others.
const SOLE_FIELDS: [&str; 8] =
    ["id", "status", "startedAt", "finishedAt", "ip", "hostNodeName", "exitCode", "outputs.result"];

/// Whether a path names a field of a step or task below which there are no others.
pub(crate) fn is_sole_field(path: &str) -> bool {
    let Some((kind, rest)) = path.split_once('.') else { return false };
    let is_field = |(_, field): (&str, &str)| SOLE_FIELDS.contains(&field);
    matches!(kind, "steps" | "tasks") && rest.split_once('.').is_some_and(is_field)
}

impl<'a> View<'a> {
    /// `steps.<name>.<field>` or `tasks.<name>.<field>`.
    pub(crate) fn sibling(&self, name: &str) -> Option<Bound<'a>> {
        let (kind, rest) = name.split_once('.')?;
        let (frame, looking) = self.frame?;
        let tasks = self.run.tasks(&self.run.frames[frame as usize]);
        if tasks.is_dag != (kind == "tasks") {
            return None;
        }
        if let Some((task, shown)) = self.expansion()
            && let Some(field) = rest.strip_prefix(&*shown).and_then(|field| field.strip_prefix('.'))
        {
            return self.field(task, field);
        }
        let (sibling, field) = rest.split_once('.')?;
        let task = *tasks.by_name.get(sibling)?;
        if !self.sees(looking, task) || self.expansion().is_some_and(|(own, _)| own == task) {
            return None;
        }
        self.field(task, field)
    }

    /// Hooks of an expansion in steps know it by its own name, and not by that of its step: the expanded step has the
    /// name of the expansion (EX-244, EX-248).
    fn expansion(&self) -> Option<(TaskIx, String)> {
        let (task, ix) = self.owner?;
        let node = self.run.node(ix);
        let Site::Item(..) = node.site else { return None };
        Some((task, self.run.invoker(node.owner, &node.site, "steps.name")?))
    }

    /// Whether a task may use another's results: ancestors in a dag (EX-167), earlier groups in steps (EX-137).
    fn sees(&self, looking: Option<TaskIx>, task: TaskIx) -> bool {
        let (Some(looking), Some((frame, _))) = (looking, self.frame) else { return true };
        if looking == task {
            return true;
        }
        let tasks = self.run.tasks(&self.run.frames[frame as usize]);
        if !tasks.is_dag {
            let group = tasks.groups.partition_point(|group| group.end <= looking.0);
            return tasks.groups.get(group).is_none_or(|group| task.0 < group.start);
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
        // Of its own step or task a hook knows the status, and what it has given by name (EX-248, EX-249).
        let is_told =
            ["outputs.parameters.", "outputs.artifacts."].iter().any(|given| field.starts_with(given));
        if own.is_some() && field != "status" && !is_told {
            return None;
        }
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
                return node.is_placed().then(|| Bound::Text(Cow::Borrowed(&*run.plan.host)));
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
    fn fields(&self, task: TaskIx) -> Vec<Cow<'static, str>> {
        let mut fields: Vec<Cow<'static, str>> =
            SOLE_FIELDS.into_iter().chain(["outputs.parameters"]).map(Cow::Borrowed).collect();
        let Some((frame, _)) = self.frame else { return fields };
        let slot = &self.run.frames[frame as usize].slots[task.at()];
        if let Some(looped) = slot.looped {
            if let Ok(aggregate) = self.run.loops[looped as usize].aggregate(self.run) {
                let names = aggregate.parameters.keys();
                fields.extend(names.map(|name| format!("outputs.parameters.{name}").into()));
            }
        } else if let Some(node) = slot.node {
            let node = self.run.last_attempt(node);
            let declared = self.run.template(node).map(|template| &template.doc.outputs);
            for outputs in self.run.node(node).outputs.as_deref().into_iter().chain(declared) {
                let parameters = outputs.parameters.iter().map(|parameter| &parameter.name);
                fields.extend(parameters.map(|name| format!("outputs.parameters.{name}").into()));
                let artifacts = outputs.artifacts.iter().map(|artifact| &artifact.name);
                fields.extend(artifacts.map(|name| format!("outputs.artifacts.{name}").into()));
            }
        }
        fields
    }

    /// Visits what is bound of visible steps or tasks; of one only, if the root already names it.
    pub(crate) fn visit_siblings(&self, kind: &str, root: &str, visit: &mut dyn FnMut(&str, Bound<'a>)) {
        let mut found: BTreeMap<String, Bound<'a>> = BTreeMap::new();
        let extra = self.extra.iter().map(|(name, text)| (*name, Bound::Text(Cow::Borrowed(&**text))));
        found.extend(extra.map(|(name, bound)| (name.to_owned(), bound)));
        let own = format!("{kind}.name");
        found.extend(self.look(&own).map(|bound| (own, bound)));
        let below = format!("{root}.");
        let is_meant = |name: &str| name == root || name.starts_with(&below);
        self.siblings(kind, root, &mut |task, name| {
            for field in self.fields(task) {
                let name = format!("{kind}.{name}.{field}");
                if is_meant(&name) {
                    found.extend(self.field(task, &field).map(|bound| (name, bound)));
                }
            }
        });
        found.into_iter().filter(|(name, _)| is_meant(name)).for_each(|(name, bound)| visit(&name, bound));
    }

    /// The visible steps or tasks; one only, if the root already names it.
    fn siblings(&self, kind: &str, root: &str, each: &mut dyn FnMut(TaskIx, &str)) {
        let Some((frame, looking)) = self.frame else { return };
        let tasks = self.run.tasks(&self.run.frames[frame as usize]);
        if tasks.is_dag != (kind == "tasks") {
            return;
        }
        let own = self.expansion();
        let mut tell = |task: TaskIx| match &own {
            Some((own, shown)) if *own == task => each(task, shown),
            _ => each(task, &tasks.tasks[task.at()].name),
        };
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
    pub(crate) fn has_siblings(&self, kind: &str) -> bool {
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
    /// By task; empty as long as nobody looks farther than at what the task itself mentions, as most do.
    seen: Vec<bool>,
    found: Vec<TaskIx>,
    /// How many of those found were looked behind.
    behind: usize,
    told: usize,
}

impl<'a> Ancestors<'a> {
    fn of(tasks: &'a FramePlan, task: TaskIx) -> Ancestors<'a> {
        let found = tasks.dependencies.of(task).to_vec();
        Ancestors { tasks, seen: Vec::new(), found, behind: 0, told: 0 }
    }

    fn look_behind(&mut self, task: TaskIx) {
        if self.seen.is_empty() {
            self.seen = vec![false; self.tasks.tasks.len()];
            self.found.iter().for_each(|task| self.seen[task.at()] = true);
        }
        for dependency in self.tasks.dependencies.of(task) {
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
