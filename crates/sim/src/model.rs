//! A naive reference: an interpreter that looks at everything again on each pass, as Argo's controller does.
//!
//! It shares no code with the engine: it reads the document as plain JSON and keeps nodes in a map by name. Time
//! does not exist for it (what runs has ended on the next pass), nor do limits and locks: they change when
//! something happens, not what. What is remembered it finds from the beginning of a run on. It knows what
//! [`crate::generate`] writes, and nothing else.

mod again;
mod depends;
mod values;

use crate::cast;
pub use again::Again;
use depends::{Depends, needs};
use engine::workflow::Phase;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tiphys_engine as engine;
use values::{describe, holds, id, item_text, items, list, parameters, render, text};

/// Most passes before something is wrong.
const PASSES_MAX: usize = 2_000;

/// Values by name.
type Values = BTreeMap<String, String>;

/// What is remembered, by cache key: the output parameters.
pub type Memos = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Clone, Debug, Default)]
struct Node {
    kind: &'static str,
    phase: String,
    message: String,
    boundary: String,
    /// In the order in which they were linked.
    children: Vec<String>,
    inputs: Values,
    outputs: Values,
    /// Attempts and hooks are children of another sort.
    retried: bool,
    hooked: bool,
    /// A hook of a node that had ended.
    late: bool,
    exit_code: Option<i32>,
    /// The key under which its result is remembered.
    memo: Option<String>,
    /// It was found there, and nothing was run.
    is_hit: bool,
    /// What it depends on did not come out as it asked.
    is_omitted: bool,
    /// The tasks that it depends on.
    needs: Vec<String>,
    /// What ends it on the next pass.
    ending: Option<Ending>,
}

/// How a step of the cast ends.
#[derive(Clone, Debug, Default)]
struct Ending {
    phase: String,
    message: String,
    outputs: Values,
    exit_code: Option<i32>,
}

impl Node {
    fn is_fulfilled(&self) -> bool {
        !matches!(self.phase.as_str(), "Pending" | "Running")
    }

    fn is_completed(&self) -> bool {
        matches!(self.phase.as_str(), "Succeeded" | "Failed" | "Error")
    }

    fn is_bad(&self) -> bool {
        matches!(self.phase.as_str(), "Failed" | "Error")
    }
}

/// How a node came out, for comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its type.
    pub kind: String,
    /// Its phase.
    pub phase: String,
    /// Its message.
    pub message: String,
    /// The names of its children, sorted.
    pub children: Vec<String>,
    /// Values of its inputs, and of its output parameters.
    pub values: (BTreeMap<String, String>, BTreeMap<String, String>),
}

/// Every node by name; the workflow itself is `workflow`. Finds what is remembered, and adds to it.
pub fn interpret(workflow: &Value, memos: &mut Memos) -> Result<BTreeMap<String, Told>, String> {
    let mut model = Model::new(workflow, memos.clone());
    let told = model.play(&workflow["spec"])?;
    model.remember(memos);
    Ok(told)
}

/// A workflow with all its lives: what it came to each time, before the first retry by hand and after each.
pub fn interpret_lives(workflow: &Value, retries: &[Again]) -> Result<Vec<BTreeMap<String, Told>>, String> {
    let mut model = Model::new(workflow, Memos::new());
    let mut lives = vec![model.play(&workflow["spec"])?];
    for again in retries {
        model.start_over(again);
        lives.push(model.play(&workflow["spec"])?);
    }
    Ok(lives)
}

struct Model {
    templates: BTreeMap<String, Value>,
    arguments: Values,
    nodes: BTreeMap<String, Node>,
    /// The workflow's name.
    root: String,
    /// What was remembered when it began.
    memos: Memos,
    /// Of what ended well and was in Error afterwards.
    remembered: Memos,
}

impl Model {
    fn new(workflow: &Value, memos: Memos) -> Model {
        let spec = &workflow["spec"];
        let templates = list(&spec["templates"]).iter();
        Model {
            templates: templates.map(|template| (text(&template["name"]), template.clone())).collect(),
            arguments: parameters(&spec["arguments"]),
            nodes: BTreeMap::new(),
            root: text(&workflow["metadata"]["name"]),
            memos,
            remembered: Memos::new(),
        }
    }

    /// Passes over everything until nothing is open.
    fn play(&mut self, spec: &Value) -> Result<BTreeMap<String, Told>, String> {
        let root = self.root.clone();
        let entrypoint = text(&spec["entrypoint"]);
        let exit = text(&spec["onExit"]);
        for _ in 0..PASSES_MAX {
            self.end_what_runs();
            self.enter(&root, &entrypoint, &self.arguments.clone(), "")?;
            if !self.nodes[&root].is_fulfilled() {
                continue;
            }
            if !self.workflow_hooks(&root, &spec["hooks"])? {
                continue;
            }
            let handler = format!("{root}.onExit");
            if !exit.is_empty() {
                self.enter(&handler, &exit, &self.arguments.clone(), "")?;
                self.node(&handler).hooked = true;
                if !self.nodes[&handler].is_fulfilled() {
                    continue;
                }
            }
            return Ok(self.tell(&root, &handler));
        }
        Err(format!("the model has no end after {PASSES_MAX} passes"))
    }

    fn node(&mut self, name: &str) -> &mut Node {
        self.nodes.entry(name.to_owned()).or_default()
    }

    fn has(&self, name: &str) -> bool {
        self.nodes.contains_key(name)
    }

    fn link(&mut self, parent: &str, child: &str) {
        let parent = self.node(parent);
        if !parent.children.iter().any(|known| known == child) {
            parent.children.push(child.to_owned());
        }
    }

    fn end_what_runs(&mut self) {
        for node in self.nodes.values_mut() {
            if let Some(ending) = node.ending.take() {
                (node.phase, node.message) = (ending.phase, ending.message);
                (node.outputs, node.exit_code) = (ending.outputs, ending.exit_code);
            }
        }
    }

    /// EX-335: whatever ended well under a key, suspensions aside.
    fn remember(self, memos: &mut Memos) {
        memos.extend(self.remembered);
        for node in self.nodes.values().filter(|node| node.phase == "Succeeded" && node.kind != "Suspend") {
            if let Some(key) = &node.memo {
                memos.insert(key.clone(), node.outputs.clone());
            }
        }
    }

    /// Drives the hooks of the workflow, whose entry node is over; whether they are over too.
    fn workflow_hooks(&mut self, root: &str, hooks: &Value) -> Result<bool, String> {
        let mut over = true;
        for (key, hook) in hooks.as_object().into_iter().flatten() {
            let expression = text(&hook["expression"]);
            // What the generator writes: `workflow.status == "Phase"`.
            if expression.rsplit('"').nth(1) != Some(&self.nodes[root].phase) {
                continue;
            }
            let name = format!("{root}.hooks.{key}");
            self.enter(&name, &text(&hook["template"]), &Values::new(), "")?;
            self.node(&name).hooked = true;
            self.link(root, &name);
            over &= self.nodes[&name].is_fulfilled();
        }
        Ok(over)
    }

    /// Goes on with a node, or makes it.
    fn enter(&mut self, name: &str, template: &str, given: &Values, boundary: &str) -> Result<(), String> {
        if self.nodes.get(name).is_some_and(Node::is_fulfilled) {
            return Ok(());
        }
        let template = self.templates.get(template).cloned().ok_or("there is no such template")?;
        let mut inputs = Values::new();
        for declared in list(&template["inputs"]["parameters"]) {
            let key = text(&declared["name"]);
            let value = given.get(&key).cloned().unwrap_or_else(|| text(&declared["default"]));
            inputs.insert(key, value);
        }
        let memo = template["memoize"].is_object().then(|| text(&template["memoize"]["key"]));
        let found = memo.as_ref().filter(|_| !self.has(name)).and_then(|key| self.memos.get(key)).cloned();
        if let Some(outputs) = found {
            *self.node(name) = Node {
                kind: kind(&template),
                phase: "Succeeded".to_owned(),
                boundary: boundary.to_owned(),
                inputs,
                outputs,
                is_hit: true,
                ..Node::default()
            };
            return Ok(());
        }
        if template["retryStrategy"].is_object() {
            self.retry(name, &template, &inputs, boundary)?;
        } else {
            self.run(name, &template, &inputs, boundary, 0)?;
        }
        self.node(name).memo = memo;
        Ok(())
    }

    /// Makes or goes on with the node of a template's own type.
    fn run(
        &mut self,
        name: &str,
        template: &Value,
        inputs: &Values,
        boundary: &str,
        retries: usize,
    ) -> Result<(), String> {
        let is_new = !self.has(name);
        let node = self.node(name);
        if is_new {
            (node.boundary, node.inputs) = (boundary.to_owned(), inputs.clone());
            node.phase = "Running".to_owned();
        }
        if template["steps"].is_array() {
            node.kind = "Steps";
            return self.steps(name, template);
        }
        if template["dag"].is_object() {
            node.kind = "DAG";
            return self.dag(name, template);
        }
        if !is_new {
            return Ok(());
        }
        if template["suspend"].is_object() {
            node.kind = "Suspend";
            node.ending = Some(Ending { phase: "Succeeded".to_owned(), ..Ending::default() });
            return Ok(());
        }
        node.kind = if template["http"].is_object() { "HTTP" } else { "Pod" };
        let ending = ending(template, inputs, &self.arguments, retries)?;
        self.node(name).ending = Some(ending);
        self.containers(name, template)
    }

    /// EX-440: the members of a container set, which end with their pod.
    fn containers(&mut self, pod: &str, template: &Value) -> Result<(), String> {
        let containers = &template["containerSet"]["containers"];
        let outcomes = cast::act_together(containers)?.outcome.containers;
        for (container, outcome) in list(containers).iter().zip(outcomes) {
            let name = format!("{pod}.{}", text(&container["name"]));
            let node = self.node(&name);
            (node.kind, node.phase, node.boundary) = ("Container", "Running".to_owned(), pod.to_owned());
            node.ending = Some(Ending {
                phase: phase_name(outcome.phase).to_owned(),
                message: outcome.message.unwrap_or_default(),
                ..Ending::default()
            });
            let needs = list(&container["dependencies"]);
            let parents = needs.iter().map(|need| format!("{pod}.{}", text(need)));
            let mut parents: Vec<String> = parents.collect();
            if parents.is_empty() {
                parents.push(pod.to_owned());
            }
            parents.iter().for_each(|parent| self.link(parent, &name));
        }
        Ok(())
    }

    /// EX-210 to EX-225 without time: what has to wait has waited by the next pass.
    fn retry(&mut self, name: &str, template: &Value, inputs: &Values, boundary: &str) -> Result<(), String> {
        if !self.has(name) {
            *self.node(name) = Node {
                kind: "Retry",
                phase: "Running".to_owned(),
                boundary: boundary.to_owned(),
                inputs: inputs.clone(),
                ..Node::default()
            };
        }
        let mut attempts = self.attempts(name);
        if let Some(last) = attempts.last() {
            self.run(last, template, inputs, boundary, attempts.len() - 1)?;
            let last = self.nodes[last].clone();
            if !last.is_fulfilled() {
                return Ok(());
            }
            let strategy = &template["retryStrategy"];
            let limit = strategy["limit"].as_u64().or_else(|| text(&strategy["limit"]).parse().ok());
            let policy = text(&strategy["retryPolicy"]);
            let expression = text(&strategy["expression"]);
            let retries_this = match policy.as_str() {
                "Always" => true,
                "" if !expression.is_empty() => true,
                "OnError" => last.phase == "Error",
                _ => last.phase == "Failed",
            };
            let end = match () {
                () if !last.is_bad() => Some(("Succeeded".to_owned(), String::new())),
                () if !retries_this => Some((last.phase.clone(), last.message.clone())),
                () if limit.is_some_and(|limit| attempts.len() as u64 > limit) => {
                    Some((last.phase.clone(), "No more retries left".to_owned()))
                }
                () if !again(&expression, &last, attempts.len()) => {
                    Some((last.phase.clone(), "retryStrategy.expression evaluated to false".to_owned()))
                }
                () => None,
            };
            if let Some((phase, message)) = end {
                let node = self.node(name);
                (node.phase, node.message, node.outputs) = (phase, message, last.outputs);
                return Ok(());
            }
        }
        let attempt = format!("{name}({})", attempts.len());
        self.run(&attempt, template, inputs, boundary, attempts.len())?;
        self.node(&attempt).retried = true;
        self.link(name, &attempt);
        attempts.push(attempt);
        Ok(())
    }

    fn attempts(&self, name: &str) -> Vec<String> {
        let children = self.nodes.get(name).map(|node| node.children.clone()).unwrap_or_default();
        children.into_iter().filter(|child| self.nodes[child].retried).collect()
    }

    /// EX-130 to EX-138.
    fn steps(&mut self, name: &str, template: &Value) -> Result<(), String> {
        let mut scope = self.scope_of(name);
        let mut before: Option<String> = None;
        for (number, group) in list(&template["steps"]).iter().enumerate() {
            let group_name = format!("{name}[{number}]");
            let is_new = !self.has(&group_name);
            if is_new {
                let node = self.node(&group_name);
                (node.kind, node.phase) = ("StepGroup", "Running".to_owned());
                node.boundary = name.to_owned();
                match &before {
                    None => self.link(name, &group_name),
                    Some(before) => {
                        for member in self.nodes[before].children.clone() {
                            for out in self.outbound(&member) {
                                self.link(&out, &group_name);
                            }
                        }
                    }
                }
            }
            let mut failed = BTreeSet::new();
            let mut open = false;
            for step in list(group) {
                for (member, step) in self.expansions(&group_name, step, &scope, &group_name, name)? {
                    let node = &self.nodes[&member];
                    open |= !node.is_fulfilled() || !self.hooks(&member, &step, "steps")?;
                    let node = &self.nodes[&member];
                    let tolerates = |word: &str| step["continueOn"][word] == Value::Bool(true);
                    let tolerated = match node.phase.as_str() {
                        "Failed" => tolerates("failed"),
                        "Error" => tolerates("error"),
                        _ => true,
                    };
                    if !tolerated {
                        failed.insert(member);
                    }
                }
            }
            if open {
                return Ok(());
            }
            let first = self.nodes[&group_name].children.iter().find(|child| failed.contains(*child));
            let (phase, message) = match first {
                Some(child) => ("Failed", format!("child '{}' failed", id(&self.root, child))),
                None => ("Succeeded", String::new()),
            };
            let node = self.node(&group_name);
            (node.phase, node.message) = (phase.to_owned(), message.clone());
            if phase == "Failed" {
                let node = self.node(name);
                (node.phase, node.message) = (phase.to_owned(), message);
                return Ok(());
            }
            for step in list(group) {
                let key = text(&step["name"]);
                // A loop leaves no node of its own name, so that its group stands for it (EX-138).
                let own = self.nodes.get(&format!("{group_name}.{key}"));
                let status = own.map_or(phase, |node| node.phase.as_str()).to_owned();
                scope.insert(format!("steps.{key}.status"), status);
            }
            before = Some(group_name);
        }
        let mut outputs = Values::new();
        for output in list(&template["outputs"]["parameters"]) {
            let value = render(&text(&output["valueFrom"]["parameter"]), &scope)?;
            outputs.insert(text(&output["name"]), value);
        }
        let node = self.node(name);
        (node.phase, node.outputs) = ("Succeeded".to_owned(), outputs);
        Ok(())
    }

    /// The nodes of a step or task: itself, or its expansions (EX-192 to EX-197). New ones are linked to `parent`.
    fn expansions(
        &mut self,
        prefix: &str,
        step: &Value,
        scope: &Values,
        parent: &str,
        boundary: &str,
    ) -> Result<Vec<(String, Value)>, String> {
        let own = format!("{prefix}.{}", text(&step["name"]));
        let Some(items) = items(step) else {
            self.expansion(&own, step, scope, parent, boundary)?;
            return Ok(vec![(own, step.clone())]);
        };
        if items.is_empty() {
            if !self.has(&own) {
                self.skip(&own, "Skipped, empty params", boundary);
                self.link(parent, &own);
            }
            return Ok(vec![(own, step.clone())]);
        }
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let name = format!("{own}({index}:{})", describe(item));
            let mut scope = scope.clone();
            scope.insert("item".to_owned(), item_text(item));
            self.expansion(&name, step, &scope, parent, boundary)?;
            found.push((name, step.clone()));
        }
        Ok(found)
    }

    fn expansion(
        &mut self,
        name: &str,
        step: &Value,
        scope: &Values,
        parent: &str,
        boundary: &str,
    ) -> Result<(), String> {
        if !self.has(name)
            && let Some(when) = step["when"].as_str()
        {
            let when = render(when, scope)?;
            if !holds(&when)? {
                self.skip(name, &format!("when '{when}' evaluated false"), boundary);
                self.link(parent, name);
                return Ok(());
            }
        }
        if self.nodes.get(name).is_some_and(Node::is_fulfilled) {
            return Ok(());
        }
        let mut given = Values::new();
        for (key, value) in parameters(&step["arguments"]) {
            given.insert(key, render(&value, scope)?);
        }
        self.enter(name, &text(&step["template"]), &given, boundary)?;
        self.link(parent, name);
        Ok(())
    }

    fn skip(&mut self, name: &str, message: &str, boundary: &str) {
        *self.node(name) = Node {
            kind: "Skipped",
            phase: "Skipped".to_owned(),
            message: message.to_owned(),
            boundary: boundary.to_owned(),
            ..Node::default()
        };
    }

    /// Drives the hooks of a fulfilled node; whether all that were triggered are over (EX-243 to EX-250).
    fn hooks(&mut self, name: &str, step: &Value, word: &str) -> Result<bool, String> {
        let Some(hooks) = step["hooks"].as_object().cloned() else { return Ok(true) };
        let node = self.nodes[name].clone();
        let is_group = node.kind == "TaskGroup";
        let is_looped = word == "tasks" && items(step).is_some_and(|items| !items.is_empty());
        let is_member = is_looped && !is_group && !node.is_omitted;
        let mut over = true;
        let is_odd = hooks.contains_key("odd") && !is_member;
        // The exit hook comes after the others.
        let (exit, others): (Vec<_>, Vec<_>) = hooks.into_iter().partition(|(key, _)| key == "exit");
        for (key, hook) in others.into_iter().chain(exit) {
            let (hook_name, given) = match key.as_str() {
                "exit" if is_group || is_odd || !node.is_completed() => continue,
                "exit" => (format!("{name}.onExit"), self.arguments.clone()),
                _ if is_member => continue,
                // It has no yes or no, and the task is in Error for that (EX-251).
                "odd" => continue,
                _ => {
                    // What the generator writes: `steps["x"].status == "Phase"`.
                    let expression = text(&hook["expression"]);
                    let wanted = expression.rsplit('"').nth(1).unwrap_or_default();
                    let hook_name = format!("{name}.hooks.{key}");
                    if node.phase != wanted && !self.has(&hook_name) {
                        continue;
                    }
                    (hook_name, Values::new())
                }
            };
            self.enter(&hook_name, &text(&hook["template"]), &given, &node.boundary)?;
            let is_late = self.nodes[name].is_fulfilled();
            let hook = self.node(&hook_name);
            (hook.late, hook.hooked) = (hook.late || (is_late && !hook.hooked), true);
            self.link(name, &hook_name);
            over &= self.nodes[&hook_name].is_fulfilled();
        }
        if is_odd {
            let node = self.node(name);
            if let Some(key) = node.memo.clone().filter(|_| node.phase == "Succeeded") {
                let outputs = node.outputs.clone();
                self.remembered.insert(key, outputs);
            }
            let node = self.node(name);
            node.phase = "Error".to_owned();
            node.message = "unable to cast expression result 'odd' to bool".to_owned();
        }
        Ok(over)
    }

    /// EX-150 to EX-173.
    fn dag(&mut self, name: &str, template: &Value) -> Result<(), String> {
        let tasks: BTreeMap<String, Value> =
            list(&template["dag"]["tasks"]).iter().map(|task| (text(&task["name"]), task.clone())).collect();
        let mut targets: Vec<String> = text(&template["dag"]["target"])
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        if targets.is_empty() {
            let needed: BTreeSet<String> =
                tasks.values().flat_map(|task| needs(&text(&task["depends"]))).collect();
            targets = tasks.keys().filter(|task| !needed.contains(*task)).cloned().collect();
        }
        let mut visited = BTreeMap::new();
        let mut over = true;
        for target in &targets {
            over &= self.visit(name, target, &tasks, &mut visited)?;
        }
        if !over || visited.values().any(|over| !over) {
            return Ok(());
        }
        let branches = self.branches(name);
        let mut result = "Succeeded".to_owned();
        for target in &targets {
            let branch = branches.get(&format!("{name}.{target}")).cloned().unwrap_or_default();
            if matches!(branch.as_str(), "Failed" | "Error") {
                result = branch;
                if template["dag"]["failFast"] != Value::Bool(false) {
                    break;
                }
            }
        }
        self.node(name).phase = result;
        Ok(())
    }

    /// Attempts a task after all that it needs; whether it is over, hooks included.
    fn visit(
        &mut self,
        dag: &str,
        task: &str,
        tasks: &BTreeMap<String, Value>,
        visited: &mut BTreeMap<String, bool>,
    ) -> Result<bool, String> {
        if let Some(over) = visited.get(task) {
            return Ok(*over);
        }
        let step = tasks.get(task).ok_or("there is no such task")?;
        let name = format!("{dag}.{task}");
        let depends = text(&step["depends"]);
        let before = needs(&depends);
        let mut ready = true;
        for need in &before {
            ready &= self.visit(dag, need, tasks, visited)?;
        }
        if !ready {
            visited.insert(task.to_owned(), false);
            return Ok(false);
        }
        if !self.has(&name) {
            let holds =
                depends.is_empty() || Depends { model: self, dag, text: depends.as_bytes(), at: 0 }.any();
            if !holds {
                self.skip(&name, "omitted: depends condition not met", dag);
                let node = self.node(&name);
                (node.phase, node.is_omitted) = ("Omitted".to_owned(), true);
            }
        }
        let mut over = true;
        if self.nodes.get(&name).is_some_and(|node| node.is_omitted) {
            over = self.hooks(&name, step, "tasks")?;
        } else {
            let mut scope = self.scope_of(dag);
            for need in tasks.keys() {
                let name = format!("{dag}.{need}");
                if self.has(&name) {
                    // EX-226: one that is tried again answers by its last attempt.
                    let shown = self.attempts(&name).pop().unwrap_or(name);
                    scope.insert(format!("tasks.{need}.status"), self.nodes[&shown].phase.clone());
                }
            }
            let loops = items(step).is_some_and(|items| !items.is_empty());
            if loops {
                if !self.has(&name) {
                    let node = self.node(&name);
                    (node.kind, node.phase) = ("TaskGroup", "Running".to_owned());
                    node.boundary = dag.to_owned();
                }
                let members = self.expansions(dag, step, &scope, &name, dag)?;
                let mut bad = None;
                for (member, step) in &members {
                    over &= self.nodes[member].is_fulfilled() && self.hooks(member, step, "tasks")?;
                    if self.nodes[member].is_bad() {
                        bad = Some(self.nodes[member].phase.clone());
                    }
                }
                if over {
                    self.node(&name).phase = bad.unwrap_or_else(|| "Succeeded".to_owned());
                }
            } else {
                let nobody = format!("{name}?");
                self.expansions(dag, step, &scope, &nobody, dag)?;
                self.nodes.remove(&nobody);
            }
            over &= self.nodes[&name].is_fulfilled();
            if over {
                over &= self.hooks(&name, step, "tasks")?;
            }
        }
        if before.is_empty() {
            self.link(dag, &name);
        }
        for need in &before {
            for out in self.leading(&format!("{dag}.{need}")) {
                self.link(&out, &name);
            }
        }
        self.node(&name).needs = before;
        visited.insert(task.to_owned(), over);
        Ok(over)
    }

    /// EX-168: breadth first along children, carrying the phase of the branch; a bad one sticks.
    fn branches(&self, dag: &str) -> Values {
        let mut reached = Values::new();
        let mut queue: VecDeque<(String, String)> =
            self.nodes[dag].children.iter().map(|child| (child.clone(), "Succeeded".to_owned())).collect();
        let mut seen = BTreeSet::new();
        while let Some((name, branch)) = queue.pop_front() {
            if !seen.insert((name.clone(), branch.clone())) {
                continue;
            }
            let node = &self.nodes[&name];
            let branch = if node.is_completed() { node.phase.clone() } else { branch };
            let sticks = reached.get(&name).is_some_and(|known| known != "Succeeded");
            if !sticks {
                reached.insert(name.clone(), branch.clone());
            }
            if node.kind == "Retry" {
                for child in &node.children {
                    // What comes after a hook that was retried is linked to the hook itself.
                    if self.nodes[child].hooked || !self.nodes[child].retried {
                        queue.push_back((child.clone(), branch.clone()));
                    } else {
                        // Past the attempts: what comes after them, with the wrapper's phase.
                        let below = self.nodes[child].children.iter();
                        queue.extend(below.map(|below| (below.clone(), branch.clone())));
                    }
                }
            } else {
                queue.extend(node.children.iter().map(|child| (child.clone(), branch.clone())));
            }
        }
        reached
    }

    /// EX-032 as those find it who depend on a task: they are judged in the pass that ends a loop or the last attempt,
    /// before the hooks that the end calls for; an exit hook is waited for.
    fn leading(&self, name: &str) -> Vec<String> {
        let Some(node) = self.nodes.get(name) else { return Vec::new() };
        let is_timely = |child: &&String| !self.nodes[*child].late;
        match node.kind {
            "TaskGroup" => {
                node.children.iter().filter(is_timely).flat_map(|child| self.outbound(child)).collect()
            }
            "Retry" if !self.has(&format!("{name}.onExit")) => {
                node.children.iter().rfind(is_timely).into_iter().cloned().collect()
            }
            _ => self.outbound(name),
        }
    }

    /// EX-032.
    fn outbound(&self, name: &str) -> Vec<String> {
        let Some(node) = self.nodes.get(name) else { return Vec::new() };
        let of_all = |names: &mut dyn Iterator<Item = &String>| -> Vec<String> {
            names.flat_map(|name| self.outbound(name)).collect()
        };
        match node.kind {
            _ if node.is_hit => vec![name.to_owned()],
            "Pod" | "Container" | "TaskGroup" if self.leads_through_children(name) => {
                let out = node.children.iter().flat_map(|child| {
                    let beyond = node.kind == "Container" && self.nodes[child].boundary != node.boundary;
                    if beyond { vec![name.to_owned()] } else { self.outbound(child) }
                });
                out.collect()
            }
            // Attempts and hooks alike.
            "Retry" => vec![node.children.last().map_or(name, String::as_str).to_owned()],
            "Steps" => {
                let groups = self.nodes.keys().filter_map(|key| {
                    key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?.parse::<usize>().ok()
                });
                let last = groups.max().map(|number| format!("{name}[{number}]"));
                last.map_or_else(Vec::new, |last| of_all(&mut self.members(&last).iter()))
            }
            "DAG" => {
                let members: Vec<&String> = self
                    .nodes
                    .iter()
                    .filter(|(key, node)| {
                        node.boundary == name && !node.retried && !node.hooked && !key.ends_with(')')
                    })
                    .map(|(key, _)| key)
                    .collect();
                // Targets are those of its tasks that no other task of it needs.
                let needed: BTreeSet<String> = members
                    .iter()
                    .flat_map(|member| &self.nodes[*member].needs)
                    .map(|need| format!("{name}.{need}"))
                    .collect();
                of_all(&mut members.into_iter().filter(|member| !needed.contains(*member)))
            }
            _ => vec![name.to_owned()],
        }
    }

    /// Whether a node is of a container set or a loop, and something comes after it there.
    fn leads_through_children(&self, name: &str) -> bool {
        let node = &self.nodes[name];
        let is_plain = node.kind == "Pod"
            && !self.nodes.values().any(|other| other.kind == "Container" && other.boundary == name);
        !is_plain && !node.children.is_empty()
    }

    fn members(&self, name: &str) -> Vec<String> {
        let children = self.nodes[name].children.iter();
        children.filter(|child| !self.nodes[*child].hooked).cloned().collect()
    }

    fn scope_of(&self, name: &str) -> Values {
        let mut scope = Values::new();
        for (key, value) in &self.arguments {
            scope.insert(format!("workflow.parameters.{key}"), value.clone());
        }
        for (key, value) in &self.nodes[name].inputs {
            scope.insert(format!("inputs.parameters.{key}"), value.clone());
        }
        scope
    }

    /// EX-071.
    fn tell(&self, root: &str, handler: &str) -> BTreeMap<String, Told> {
        let told = |node: &Node| {
            let mut children = node.children.clone();
            children.sort();
            Told {
                kind: node.kind.to_owned(),
                phase: node.phase.clone(),
                message: node.message.clone(),
                children,
                values: (node.inputs.clone(), node.outputs.clone()),
            }
        };
        let mut all: BTreeMap<String, Told> =
            self.nodes.iter().map(|(name, node)| (name.clone(), told(node))).collect();
        let main = &self.nodes[root];
        let (phase, message) = match self.nodes.get(handler) {
            _ if main.is_bad() => (main.phase.clone(), main.message.clone()),
            Some(exit) if exit.is_bad() => (exit.phase.clone(), exit.message.clone()),
            _ => ("Succeeded".to_owned(), main.message.clone()),
        };
        let workflow =
            Told { kind: String::new(), phase, message, children: Vec::new(), values: Default::default() };
        all.insert("workflow".to_owned(), workflow);
        all
    }
}

/// The type of the node that a template makes.
fn kind(template: &Value) -> &'static str {
    match template {
        _ if template["retryStrategy"].is_object() => "Retry",
        _ if template["steps"].is_array() => "Steps",
        _ if template["dag"].is_object() => "DAG",
        _ if template["http"].is_object() => "HTTP",
        _ => "Pod",
    }
}

/// EX-222 for what the generator writes.
fn again(expression: &str, last: &Node, attempts: usize) -> bool {
    match expression {
        "" => true,
        "lastRetry.exitCode != \"2\"" => last.exit_code != Some(2),
        "lastRetry.status == \"Error\"" => last.phase == "Error",
        _ => attempts < 2,
    }
}

fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Succeeded => "Succeeded",
        Phase::Failed => "Failed",
        _ => "Error",
    }
}

/// How a step of the cast ends.
fn ending(template: &Value, inputs: &Values, arguments: &Values, retries: usize) -> Result<Ending, String> {
    let mut scope: Values =
        inputs.iter().map(|(key, value)| (format!("inputs.parameters.{key}"), value.clone())).collect();
    for (key, value) in arguments {
        scope.insert(format!("workflow.parameters.{key}"), value.clone());
    }
    scope.insert("retries".to_owned(), retries.to_string());
    let outcome = if template["containerSet"].is_object() {
        cast::act_together(&template["containerSet"]["containers"])?.outcome
    } else {
        let mut words: Vec<String> =
            text(&template["http"]["url"]).split_whitespace().map(str::to_owned).collect();
        for arg in list(&template["container"]["args"]) {
            words.push(render(&text(arg), &scope)?);
        }
        cast::read(&words.iter().map(String::as_str).collect::<Vec<_>>())?.outcome
    };
    let phase = phase_name(outcome.phase);
    Ok(Ending {
        phase: phase.to_owned(),
        message: outcome.message.unwrap_or_default(),
        outputs: outcome.parameters.into_iter().collect(),
        exit_code: outcome.exit_code,
    })
}
