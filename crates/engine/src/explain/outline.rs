//! What a workflow would run, before it runs: its tree, and everything it needs.

use super::known::Known;
use super::needs::{Collector, Needs};
use super::room::Room;
use crate::plan::{
    Arguments, FramePlan, HookPlan, Items, Plan, SequencePlan, Target, TaskPlan, TemplateIx, TemplatePlan,
};
use crate::workflow::node::TaskIx;
use serde::Serialize;
use serde_json::Value;
use spec::TemplateKind;
use std::collections::BTreeMap;
use std::ops::Range;
use tiphys_expr as expr;
use tiphys_spec as spec;

/// How deep a tree is followed.
pub const DEPTH_MAX: usize = 100;

/// What a workflow would run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outline {
    /// The workflow's name; empty while it has none.
    pub workflow: String,
    /// Its namespace.
    pub namespace: String,
    /// What it is called with.
    pub parameters: Vec<(String, Option<String>)>,
    /// The entrypoint with everything below it.
    pub tree: Branch,
    /// The exit handler and the other hooks of the workflow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Branch>,
    /// How many steps would start something if no condition says no; none when a loop or a recursion decides at run
    /// time.
    pub steps: Option<u64>,
    /// Images, locks, secrets, artifacts.
    pub needs: Needs,
    /// The tree is longer than anybody would read, and ends early.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// One step, task or hook, and what it runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// The step, task or hook; the entrypoint's template at the root.
    pub name: String,
    /// The template: its name, or `resource/template`; a text with tags when only the run can tell.
    pub template: String,
    /// The template's type.
    pub kind: String,
    /// Its image, for what has one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// The number of its group, from 1: members of a group run at once, groups one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<usize>,
    /// The tasks it waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// What must hold of them, where it is more than that they have come out well.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub depends: String,
    /// Its condition.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// Its loop.
    #[serde(rename = "loop", skip_serializing_if = "Option::is_none")]
    pub repeated: Option<Loop>,
    /// How often it may be tried, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub retry: String,
    /// How long a suspension lasts; empty means until somebody resumes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspends: Option<String>,
    /// It goes on while others use it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub daemon: bool,
    /// A remembered result may stand for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub memoized: bool,
    /// The locks it needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<String>,
    /// Why nothing more can be said, or nothing more happens: a template that contains itself, one that is not there, a
    /// condition that is known not to hold, a loop that has no items or more than are taken.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether it is known that it runs nothing. Not told: `note` says so in words.
    #[serde(skip)]
    pub is_idle: bool,
    /// Its hooks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Branch>,
    /// What it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Branch>,
}

/// A loop.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loop {
    /// How many items, where the document tells.
    pub count: Option<u64>,
    /// The first of them, where they are known; else where they come from, as written.
    pub over: String,
}

/// The outline of a plan.
pub fn outline(plan: &Plan) -> Outline {
    outline_within(plan, &Room::default())
}

/// The outline of a plan, as far as there is room: what comes after is cut off.
pub fn outline_within(plan: &Plan, room: &Room) -> Outline {
    let known = Known::of(plan, room);
    let needs = Collector::new(plan, &known, room);
    let mut sketch = Sketch { plan, room, cut: false, around: Vec::new(), needs };
    let entry = plan.template(plan.entrypoint);
    let mut tree = Branch { name: entry.name.to_string(), ..Branch::default() };
    let inside = known.within(plan, entry, Some(&plan.arguments));
    let steps = sketch.describe(&mut tree, plan.entrypoint, &inside);
    sketch.count(&tree);
    let mut total = steps;
    let mut hooks = Vec::new();
    for hook in plan.exit.iter().chain(&plan.hooks) {
        let (branch, steps) = sketch.hook(hook, Some(&plan.arguments), &known);
        total = add(total, steps);
        hooks.push(branch);
    }
    let cut = sketch.cut;
    Outline {
        workflow: plan.name.to_string(),
        namespace: plan.namespace.to_string(),
        parameters: plan
            .parameters
            .iter()
            .map(|parameter| {
                let value = known.global(&format!("workflow.parameters.{}", parameter.name));
                let value = value.or(parameter.value.as_deref()).or(parameter.default.as_deref());
                (parameter.name.to_string(), value.map(str::to_owned))
            })
            .collect(),
        tree,
        hooks,
        steps: if cut { None } else { total },
        needs: sketch.needs.finish(),
        cut,
    }
}

/// A sum of counts, unknown when one of them is.
fn add(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a?.checked_add(b?)
}

struct Sketch<'a> {
    plan: &'a Plan,
    room: &'a Room,
    cut: bool,
    /// The templates around the one that is described.
    around: Vec<TemplateIx>,
    needs: Collector<'a>,
}

impl Sketch<'_> {
    /// Fills in what a branch runs. Returns how many steps it starts, where that is known.
    fn describe(&mut self, branch: &mut Branch, ix: TemplateIx, known: &Known<'_>) -> Option<u64> {
        let plan = self.plan;
        let template = plan.template(ix);
        branch.template = shown_name(plan, template);
        branch.kind = template.kind.map_or("none", TemplateKind::name).to_owned();
        branch.image = self.needs.template(ix, &branch.template, known);
        branch.daemon = template.doc.daemon == Some(true);
        branch.memoized = template.doc.memoize.is_some();
        branch.locks = self.needs.locks(template.doc.synchronization.as_ref(), &branch.template, known);
        if let Some(strategy) = &template.doc.retry_strategy {
            branch.retry = match &strategy.limit {
                Some(limit) => format!("up to {} more times", known.filled(&limit.text())),
                None => "until it succeeds".to_owned(),
            };
        }
        branch.suspends = template.doc.suspend.as_ref().map(|suspend| {
            let duration = known.filled(&suspend.duration);
            if duration.parse::<u64>().is_ok() { format!("{duration}s") } else { duration }
        });
        let Some(frame) = template.frame() else {
            let members = members(&template.doc);
            if !self.room.has(members.len()) {
                return self.end(branch);
            }
            branch.children = containers(members, known);
            for member in &branch.children {
                self.count(member);
            }
            // A container set is a step, and so is each of its containers (EX-530).
            return Some(u64::from(template.kind.is_some_and(TemplateKind::is_leaf)) + members.len() as u64);
        };
        if self.around.contains(&ix) {
            branch.note = "contains itself: how often, the run decides".to_owned();
            return None;
        }
        if !self.room.has(frame.tasks.len()) || self.around.len() == DEPTH_MAX {
            return self.end(branch);
        }
        self.around.push(ix);
        let mut total = Some(0);
        let needed = frame.order.needed_tasks();
        for (at, task) in frame.tasks.iter().enumerate() {
            // Which tasks a target with tags needs, the run decides.
            if frame.is_dag && frame.target.is_none() && !needed.contains(&TaskIx(at as u32)) {
                let child = left_out(&task.name);
                self.count(&child);
                branch.children.push(child);
                continue;
            }
            let written = template.doc.tasks().nth(at).map(|task| task.depends.clone());
            let (child, steps) = self.task(frame, at, task, written, known);
            self.count(&child);
            total = add(total, steps);
            branch.children.push(child);
        }
        self.around.pop();
        total
    }

    /// The tree ends here, large as it is.
    fn end(&mut self, branch: &mut Branch) -> Option<u64> {
        self.cut = true;
        branch.note = "not shown: the tree is too large".to_owned();
        None
    }

    /// Notes a branch that is there now; those below it were noted before.
    fn count(&self, branch: &Branch) {
        let Branch { name, template, kind, image, after, depends, when, retry, locks, note, .. } = branch;
        let texts = [name, template, kind, image, depends, when, retry, note].into_iter();
        self.room.branch();
        self.room.bytes(texts.chain(after).chain(locks).map(String::len).sum());
    }

    fn task(
        &mut self,
        frame: &FramePlan,
        at: usize,
        task: &TaskPlan,
        written: Option<String>,
        known: &Known<'_>,
    ) -> (Branch, Option<u64>) {
        let mut branch = Branch {
            name: task.name.to_string(),
            when: task.when.as_ref().map(|when| when.as_str().to_owned()).unwrap_or_default(),
            ..Branch::default()
        };
        if frame.is_dag {
            branch.after = frame
                .dependencies
                .of(TaskIx(at as u32))
                .iter()
                .map(|on| frame.tasks[on.at()].name.to_string())
                .collect();
            branch.depends = written.filter(|logic| says_more(logic)).unwrap_or_default();
        } else {
            let holds = |group: &Range<u32>| group.contains(&(at as u32));
            branch.group = frame.groups.iter().position(holds).map(|group| group + 1);
        }
        if let Some(reason) = task.when.as_ref().and_then(|when| known.refutes(when)) {
            self.not_entered(&mut branch, &task.target, reason);
            return (branch, Some(0));
        }
        match task.items.as_deref().map(|items| repeated(items, known)) {
            Some(Ok(repeated)) if repeated.count == Some(0) => {
                branch.repeated = Some(repeated);
                self.not_entered(&mut branch, &task.target, "never runs: its loop has no items".to_owned());
                return (branch, Some(0));
            }
            Some(Ok(repeated)) => branch.repeated = Some(repeated),
            Some(Err(reason)) => {
                self.not_entered(&mut branch, &task.target, format!("ends in Error: {reason}"));
                return (branch, Some(0));
            }
            None => {}
        }
        let mut steps = self.target(&mut branch, &task.target, Some(task.arguments()), known);
        self.needs.arguments(task.arguments(), &branch.template, known);
        self.taken_over(task, &branch.template);
        for hook in task.exit().into_iter().chain(task.other_hooks()) {
            let (described, of_hook) = self.hook(hook, None, known);
            branch.hooks.push(described);
            // They run with each item of a loop.
            steps = add(steps, of_hook);
        }
        let times = branch.repeated.as_ref().map_or(Some(1), |repeated| repeated.count);
        let steps = match (steps, times) {
            (Some(steps), Some(times)) => steps.checked_mul(times),
            _ => None,
        };
        (branch, steps)
    }

    /// A task that runs nothing, as is known already: what it would have called, but not what that needs.
    fn not_entered(&mut self, branch: &mut Branch, target: &Target, reason: String) {
        branch.note = reason;
        branch.is_idle = true;
        if let Target::Known(ix) = target {
            let template = self.plan.template(*ix);
            branch.template = shown_name(self.plan, template);
            branch.kind = template.kind.map_or("none", TemplateKind::name).to_owned();
        }
    }

    /// Artifacts that a task has from others.
    fn taken_over(&mut self, task: &TaskPlan, template: &str) {
        let called = match &task.target {
            Target::Known(ix) => Some(self.plan.template(*ix)),
            _ => None,
        };
        let given = &task.arguments().artifacts;
        let inputs = called.map(|called| &*called.doc.inputs.artifacts).unwrap_or_default();
        self.room.values(given.len() + inputs.len());
        let paths: BTreeMap<&str, &str> =
            inputs.iter().rev().map(|input| (&*input.name, &*input.path)).collect();
        for argument in given {
            let Some(from) = argument.from.as_ref().or(argument.from_expression.as_ref()) else { continue };
            let path = paths.get(&*argument.name).copied().unwrap_or_default().to_owned();
            self.needs.of_another(&argument.name, from.as_str(), path, argument.optional, template);
        }
    }

    /// `usual`: what it passes on if it gives nothing itself (EX-241).
    fn hook(
        &mut self,
        hook: &HookPlan,
        usual: Option<&Arguments>,
        known: &Known<'_>,
    ) -> (Branch, Option<u64>) {
        let mut branch = Branch {
            name: hook.name.to_string(),
            when: hook.expression.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default(),
            ..Branch::default()
        };
        let arguments = hook.arguments.as_ref().or(usual);
        let steps = self.target(&mut branch, &hook.target, arguments, known);
        self.count(&branch);
        (branch, steps)
    }

    fn target(
        &mut self,
        branch: &mut Branch,
        target: &Target,
        arguments: Option<&Arguments>,
        known: &Known<'_>,
    ) -> Option<u64> {
        if !self.room.has(1) {
            return self.end(branch);
        }
        match target {
            Target::Known(ix) => {
                let inside = known.within(self.plan, self.plan.template(*ix), arguments);
                self.describe(branch, *ix, &inside)
            }
            Target::Templated { resource, template, .. } => {
                let template = known.filled(template.as_str());
                branch.template = match resource {
                    Some(resource) => format!("{}/{template}", known.filled(resource.as_str())),
                    None => template,
                };
                branch.note = "only the run can tell which template".to_owned();
                None
            }
            Target::Missing(reason) => {
                branch.note.clone_from(reason);
                None
            }
        }
    }
}

/// A task that no target of its dag needs (EX-150).
fn left_out(name: &str) -> Branch {
    Branch {
        name: name.to_owned(),
        note: "never runs: the target of the dag does not need it".to_owned(),
        ..Branch::default()
    }
}

/// What a template is called where it is used.
fn shown_name(plan: &Plan, template: &TemplatePlan) -> String {
    let scope = plan.scope(template.scope);
    match (&*template.name, scope.kind) {
        ("", _) => "(inline)".to_owned(),
        (name, "local") => name.to_owned(),
        (name, _) => format!("{}/{name}", scope.resource),
    }
}

/// The containers of a container set, as they are written.
fn members(template: &spec::Template) -> &[Value] {
    let set = template.container_set.as_ref().and_then(|set| set.get("containers")?.as_array());
    set.map(Vec::as_slice).unwrap_or_default()
}

/// The same as branches, with what each waits for.
fn containers(members: &[Value], known: &Known<'_>) -> Vec<Branch> {
    let text = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let names = |value: &Value| -> Vec<String> {
        let names = value["dependencies"].as_array().into_iter().flatten();
        names.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
    };
    members
        .iter()
        .map(|container| Branch {
            name: text(container, "name"),
            kind: "Container".to_owned(),
            image: known.filled(&text(container, "image")),
            after: names(container),
            ..Branch::default()
        })
        .collect()
}

/// Whether a condition says more than what everybody expects: all of them have come out well.
fn says_more(logic: &str) -> bool {
    logic.contains(['.', '|', '!', '('])
}

/// A loop as far as it is known; the error is why it has no items.
fn repeated(items: &Items, known: &Known<'_>) -> Result<Loop, String> {
    match known.items(items) {
        Some(Ok(counted)) => Ok(Loop { count: Some(counted.count), over: short(&counted.over) }),
        Some(Err(reason)) => Err(reason),
        None => Ok(Loop { count: None, over: short(&written(items, known)) }),
    }
}

/// Where the items of a loop come from.
fn written(items: &Items, known: &Known<'_>) -> String {
    match items {
        Items::List(list) => {
            let shown: Vec<String> = list.iter().take(3).map(|item| known.filled(&item.text())).collect();
            let more = if list.len() > 3 { ", …" } else { "" };
            format!("{}{more}", shown.join(", "))
        }
        Items::Param(text) => known.filled(text.as_str()),
        Items::Sequence(SequencePlan { count, start, end, .. }) => {
            let words = |text: &expr::Text| known.filled(text.as_str());
            let first = start.as_ref().map_or_else(|| "0".to_owned(), words);
            match (count, end) {
                (_, Some(end)) => format!("{first} to {}", words(end)),
                (Some(count), None) => format!("{} numbers from {first}", words(count)),
                (None, None) => "nothing".to_owned(),
            }
        }
    }
}

/// A text in at most so many characters.
fn short(text: &str) -> String {
    const CHARS_MAX: usize = 120;
    if text.chars().count() <= CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(CHARS_MAX).chain(['…']).collect()
}
