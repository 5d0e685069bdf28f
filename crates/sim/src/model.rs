//! A naive reference: an interpreter that looks at everything again on each pass, as Argo's controller does.
//!
//! It shares no code with the engine: it reads the document as plain JSON and keeps nodes in a map by name. Time
//! does not exist for it (what runs has ended on the next pass), nor do limits and locks: they change when
//! something happens, not what, but for the one thing that [`Order`] tells. What is remembered it finds from the
//! beginning of a run on. It knows what [`crate::generate`] writes, and nothing else.

mod again;
mod dag;
mod depends;
mod ending;
mod hooks;
mod shape;
mod steps;
mod values;

use crate::cast;
pub use again::Again;
use ending::{Ending, ending, phase_name, unasked};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use values::{list, parameters, text};

/// Most passes before something is wrong.
const PASSES_MAX: usize = 2_000;

/// Values by name.
type Values = BTreeMap<String, String>;

/// What is remembered, by cache key: the output parameters.
pub type Memos = BTreeMap<String, BTreeMap<String, String>>;

/// What is said of the hook that the generator writes so that it cannot be read.
const NO_YES_OR_NO: &str = "unable to cast expression result 'odd' to bool";

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
    /// It has a hook that cannot be read.
    hook_broke: bool,
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

/// In which order nodes come to be that are equally near to what they lead to. It decides whether a dag has Failed or is
/// in Error when both lead to its target (EX-168).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As the document has them.
    Written,
    /// Some had to wait for a place, and those that are skipped overtook them (EX-260, EX-261); or for a lock that another
    /// run holds. That is a matter of time.
    Overtaken,
}

/// The orders in which nodes of a workflow may come to be, perhaps one of several that share locks.
pub fn orders(workflow: &Value, shares_locks: bool) -> &'static [Order] {
    let spec = &workflow["spec"];
    let mut all = list(&spec["templates"]).iter().chain([spec]);
    let waits =
        |one: &Value| one["parallelism"].is_number() || (shares_locks && one["synchronization"].is_object());
    match all.any(waits) {
        true => &[Order::Written, Order::Overtaken],
        false => &[Order::Written],
    }
}

/// Every node by name; the workflow itself is `workflow`. Finds what is remembered, and adds to it.
pub fn interpret(
    workflow: &Value,
    memos: &mut Memos,
    order: Order,
) -> Result<BTreeMap<String, Told>, String> {
    let mut model = Model::new(workflow, memos.clone(), order);
    let told = model.play(&workflow["spec"])?;
    model.remember(memos);
    Ok(told)
}

/// A workflow with all its lives: what it came to each time, before the first retry by hand and after each.
pub fn interpret_lives(
    workflow: &Value,
    retries: &[Again],
    order: Order,
) -> Result<Vec<BTreeMap<String, Told>>, String> {
    let mut model = Model::new(workflow, Memos::new(), order);
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
    /// Nodes that are targets of their dags.
    targets: BTreeSet<String>,
    /// What was remembered when it began.
    memos: Memos,
    /// Of what ended well and was in Error afterwards.
    remembered: Memos,
    order: Order,
}

impl Model {
    fn new(workflow: &Value, memos: Memos, order: Order) -> Model {
        let spec = &workflow["spec"];
        let templates = list(&spec["templates"]).iter();
        Model {
            templates: templates.map(|template| (text(&template["name"]), template.clone())).collect(),
            arguments: parameters(&spec["arguments"]),
            nodes: BTreeMap::new(),
            targets: BTreeSet::new(),
            root: text(&workflow["metadata"]["name"]),
            memos,
            remembered: Memos::new(),
            order,
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
            node.ending = Some(unasked(template));
            return Ok(());
        }
        node.kind = kind_of_attempts(template);
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
        _ => kind_of_attempts(template),
    }
}

/// The type of the node that runs something.
fn kind_of_attempts(template: &Value) -> &'static str {
    match template {
        _ if template["http"].is_object() => "HTTP",
        _ if template["plugin"].is_object() => "Plugin",
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
