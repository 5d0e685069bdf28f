//! Tasks of a dag, each attempted after all that it needs.

use super::depends::{Depends, needs};
use super::values::{items, list, text};
use super::{Model, NO_YES_OR_NO, Node, Order, Values};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a visit has found of a task.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    /// It is over, hooks included.
    over: bool,
    /// Who depends on it may go on.
    leads_on: bool,
}

impl Model {
    /// EX-150 to EX-173.
    pub(super) fn dag(&mut self, name: &str, template: &Value) -> Result<(), String> {
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
        self.targets.extend(targets.iter().map(|target| format!("{name}.{target}")));
        let mut visited = BTreeMap::new();
        let mut over = true;
        for target in &targets {
            let mut seen = self.visit(name, target, &tasks, &mut visited)?;
            if seen.leads_on && !seen.over {
                // The hooks of a target are looked at in passing.
                seen.over = self.hooks(&format!("{name}.{target}"), &tasks[target], "tasks", false)?;
                seen.leads_on = seen.over;
                visited.insert(target.clone(), seen);
            }
            over &= seen.over;
        }
        if !over || visited.values().any(|seen| !seen.over) {
            return Ok(());
        }
        let branches = self.branches(name);
        let mut result = "Succeeded".to_owned();
        for target in &targets {
            let branch = branches.get(&format!("{name}.{target}")).cloned().unwrap_or_default();
            if is_bad(&branch) {
                result = branch;
                if template["dag"]["failFast"] != Value::Bool(false) {
                    break;
                }
            }
        }
        // It tells of a target with a hook that cannot be read (EX-251).
        let mut targets = targets.iter().map(|target| &self.nodes[&format!("{name}.{target}")]);
        let is_told = result != "Succeeded" && targets.any(|target| target.hook_broke);
        let node = self.node(name);
        node.message = if is_told { NO_YES_OR_NO.to_owned() } else { String::new() };
        node.phase = result;
        Ok(())
    }

    /// Attempts a task after all that it needs.
    pub(super) fn visit(
        &mut self,
        dag: &str,
        task: &str,
        tasks: &BTreeMap<String, Value>,
        visited: &mut BTreeMap<String, Seen>,
    ) -> Result<Seen, String> {
        if let Some(seen) = visited.get(task) {
            return Ok(*seen);
        }
        let step = tasks.get(task).ok_or("there is no such task")?;
        let name = format!("{dag}.{task}");
        let depends = text(&step["depends"]);
        let before = needs(&depends);
        let mut ready = true;
        for need in &before {
            ready &= self.visit(dag, need, tasks, visited)?.leads_on;
        }
        if !ready {
            visited.insert(task.to_owned(), Seen::default());
            return Ok(Seen::default());
        }
        let had_ended = self.nodes.get(&name).is_some_and(Node::is_fulfilled);
        let is_new = !self.has(&name);
        if is_new {
            let holds =
                depends.is_empty() || Depends { model: self, dag, text: depends.as_bytes(), at: 0 }.any();
            if !holds {
                self.skip(&name, "omitted: depends condition not met", dag);
                let node = self.node(&name);
                (node.phase, node.is_omitted) = ("Omitted".to_owned(), true);
            }
        }
        let mut over = true;
        if !self.nodes.get(&name).is_some_and(|node| node.is_omitted) {
            let mut scope = self.scope_of(dag);
            for need in tasks.keys() {
                let name = format!("{dag}.{need}");
                if self.has(&name) {
                    // EX-226: one that is tried again answers by its last attempt.
                    for (output, value) in &self.nodes[&name].outputs {
                        scope.insert(format!("tasks.{need}.outputs.parameters.{output}"), value.clone());
                    }
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
                    over &= self.nodes[member].is_fulfilled() && self.hooks(member, step, "tasks", true)?;
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
        }
        let leads_on_first = over && !had_ended && self.leads_on_before_hooks(&name, step);
        over = over && !leads_on_first && self.hooks(&name, step, "tasks", had_ended)?;
        // EX-031: once, when it comes to be; what a retry by hand keeps stays where it hangs (EX-302).
        if is_new && before.is_empty() {
            self.link(dag, &name);
        }
        for need in before.iter().filter(|_| is_new) {
            for out in self.leading(&format!("{dag}.{need}")) {
                self.link(&out, &name);
            }
        }
        self.node(&name).needs = before;
        let seen = Seen { over, leads_on: over || leads_on_first };
        visited.insert(task.to_owned(), seen);
        Ok(seen)
    }

    /// EX-250: whether a task that has just been found to have ended is depended on before its hooks are looked at again.
    fn leads_on_before_hooks(&self, name: &str, step: &Value) -> bool {
        let node = &self.nodes[name];
        let mut hooks = node.children.iter().map(|child| &self.nodes[child]).filter(|child| child.hooked);
        // One that cannot be read is told of first.
        step["hooks"].as_object().is_some_and(|hooks| !hooks.contains_key("odd"))
            && hooks.all(Node::is_fulfilled)
            && match node.kind {
                "TaskGroup" | "Skipped" => true,
                "Retry" | "Steps" | "DAG" => !step["hooks"]["exit"].is_object(),
                _ => false,
            }
    }

    /// EX-168: breadth first along children, carrying the phase of the branch; a bad one sticks. Of two that are
    /// equally near the first counts, in the order in which nodes came to be.
    pub(super) fn branches(&self, dag: &str) -> Values {
        let mut reached: BTreeMap<String, (String, usize)> = BTreeMap::new();
        let orphans = self.orphans(dag);
        let first = |child: &String| (child.clone(), "Succeeded".to_owned(), 0);
        let mut queue: VecDeque<(String, String, usize)> =
            self.nodes[dag].children.iter().map(first).collect();
        let mut seen = BTreeSet::new();
        while let Some((name, branch, far)) = queue.pop_front() {
            if !seen.insert((name.clone(), branch.clone())) {
                continue;
            }
            let node = &self.nodes[&name];
            let branch = if node.is_completed() { node.phase.clone() } else { branch };
            let sticks = reached.get(&name).is_some_and(|(known, at)| {
                let is_open = self.order == Order::Overtaken && *at == far && is_bad(&branch);
                is_bad(known) && !is_open
            });
            if !sticks {
                reached.insert(name.clone(), (branch.clone(), far));
            }
            let next = far + 1;
            let dependent = orphans.iter().filter(|orphan| {
                let needs = &self.nodes[**orphan].needs;
                needs.iter().any(|need| name == format!("{dag}.{need}"))
            });
            queue.extend(dependent.map(|orphan| ((*orphan).clone(), branch.clone(), next)));
            if node.kind == "Retry" {
                for child in &node.children {
                    // What comes after a hook that was retried is linked to the hook itself.
                    if self.nodes[child].hooked || !self.nodes[child].retried {
                        queue.push_back((child.clone(), branch.clone(), next));
                    } else {
                        // Past the attempts: what comes after them, with the wrapper's phase.
                        let below = self.nodes[child].children.iter();
                        queue.extend(below.map(|below| (below.clone(), branch.clone(), next)));
                    }
                }
            } else {
                queue.extend(node.children.iter().map(|child| (child.clone(), branch.clone(), next)));
            }
        }
        reached.into_iter().map(|(name, (branch, _))| (name, branch)).collect()
    }

    /// Tasks to which nothing leads, since what they depend on ends with a wrapper that was remembered: Argo waits for them
    /// for ever, and here they go by what they depend on (the deviation from EX-168 and EX-337).
    fn orphans(&self, dag: &str) -> Vec<&String> {
        let led: BTreeSet<&String> = self.nodes.values().flat_map(|node| &node.children).collect();
        let tasks = self.nodes.iter().filter(|(_, node)| node.boundary == dag && !node.needs.is_empty());
        tasks.map(|(name, _)| name).filter(|name| !led.contains(name)).collect()
    }
}

fn is_bad(phase: &str) -> bool {
    matches!(phase, "Failed" | "Error")
}
