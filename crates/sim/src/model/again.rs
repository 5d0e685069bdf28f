//! Retry by hand, for the reference model: over names and links, as Argo goes about it (EX-300 to EX-307).

use super::{Model, Node, Values};
use std::collections::BTreeSet;

/// A retry as somebody asks for it.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// The node that is to run again though it succeeded.
    pub chosen: Option<String>,
    /// Other values for parameters of the workflow.
    pub parameters: Values,
}

type Names = BTreeSet<String>;

impl Model {
    /// Takes out what starts over, and opens what encloses it.
    pub(super) fn start_over(&mut self, again: &Again) {
        let mut gone = Names::new();
        let handler = format!("{}.onExit", self.root);
        let open: Vec<String> = self
            .nodes
            .keys()
            .filter(|name| {
                name.starts_with(&handler)
                    || (again.chosen.as_ref() == Some(*name) && !self.is_superseded(name))
                    || self.is_to_start_over(name)
            })
            // A container goes with its whole pod.
            .filter_map(|name| match self.nodes[name].kind {
                "Container" => self.owner(name),
                _ => Some(name.clone()),
            })
            .collect();
        self.take_out(open, &mut gone);
        self.take_out_what_follows(&mut gone);
        if !again.parameters.is_empty() {
            let members: Vec<String> = self
                .reset_by(&gone)
                .iter()
                .filter(|name| matches!(self.nodes[*name].kind, "TaskGroup" | "StepGroup"))
                // Hooks of a loop's group are among its children.
                .flat_map(|name| self.nodes[name].children.clone())
                .collect();
            self.take_out(members, &mut gone);
            self.take_out_what_follows(&mut gone);
            self.arguments.extend(again.parameters.clone());
        }
        let reset = self.reset_by(&gone);
        self.nodes.retain(|name, _| !gone.contains(name));
        for (name, node) in &mut self.nodes {
            node.children.retain(|child| !gone.contains(child));
            // Whoever comes to be from now on finds it there.
            node.late = false;
            if reset.contains(name) {
                (node.phase, node.message) = ("Running".to_owned(), String::new());
                node.outputs.clear();
            }
        }
    }

    /// EX-301: what failed, unless something after it succeeded; suspensions, too, and what never started and is in Error,
    /// by its hook alone in what the generator writes (the deviations from EX-305 and EX-636).
    fn is_to_start_over(&self, name: &str) -> bool {
        let node = &self.nodes[name];
        let works = matches!(node.kind, "Pod" | "HTTP" | "Plugin" | "Container" | "Suspend" | "Skipped");
        if !node.is_bad() || !works || self.is_superseded(name) {
            return false;
        }
        let judged = if node.retried { self.owner(name).unwrap_or_default() } else { name.to_owned() };
        self.nodes[&judged].phase != "Succeeded"
            && !self.leads_to_success(&judged)
            && !self.is_left_behind(name)
    }

    fn leads_to_success(&self, name: &str) -> bool {
        let mut seen = Names::new();
        let mut open: Vec<&String> = self.nodes[name].children.iter().collect();
        while let Some(child) = open.pop() {
            let node = &self.nodes[child];
            if node.hooked || !seen.insert(child.clone()) {
                continue;
            }
            if node.phase == "Succeeded" {
                return true;
            }
            open.extend(&node.children);
        }
        false
    }

    fn is_superseded(&self, name: &str) -> bool {
        self.enclosing(name).iter().any(|at| {
            self.nodes[at].retried
                && self.owner(at).is_some_and(|wrapper| self.attempts(&wrapper).last() != Some(at))
        })
    }

    fn is_left_behind(&self, name: &str) -> bool {
        let mut in_hook = self.nodes[name].hooked;
        for at in self.enclosing(name) {
            if let Some(next) = self.next_group(&at)
                && (in_hook || self.nodes[&next].phase == "Succeeded" || self.leads_to_success(&next))
            {
                return true;
            }
            in_hook |= self.nodes[&at].hooked;
        }
        false
    }

    /// The nodes around one, the nearest first.
    fn enclosing(&self, name: &str) -> Vec<String> {
        std::iter::successors(self.owner(name), |at| self.owner(at)).collect()
    }

    /// Whose a node is: its wrapper, group, loop, template or hooked node.
    fn owner(&self, name: &str) -> Option<String> {
        if name == self.root {
            return None;
        }
        let node = &self.nodes[name];
        let cut = |text: &str, at: Option<usize>| at.map(|at| text[..at].to_owned());
        if node.hooked {
            return cut(name, name.rfind(".hooks.").max(name.rfind(".onExit")));
        }
        if node.retried || node.kind == "StepGroup" {
            return cut(name, name.rfind(['(', '[']));
        }
        let task = if name.ends_with(')') { cut(name, name.rfind('('))? } else { name.to_owned() };
        let is_looped = task != name && self.nodes.get(&task).is_some_and(|node| node.kind == "TaskGroup");
        if is_looped { Some(task) } else { cut(&task, task.rfind('.')) }
    }

    fn next_group(&self, name: &str) -> Option<String> {
        let (steps, number) = name.strip_suffix(']')?.rsplit_once('[')?;
        let next = format!("{steps}[{}]", number.parse::<usize>().ok()? + 1);
        self.has(&next).then_some(next)
    }

    fn take_out(&self, mut open: Vec<String>, gone: &mut Names) {
        while let Some(name) = open.pop() {
            if gone.insert(name.clone()) {
                open.extend(self.nodes[&name].children.iter().cloned());
            }
        }
    }

    /// Later groups, and tasks that were omitted because of what goes on.
    fn take_out_what_follows(&self, gone: &mut Names) {
        loop {
            let reset = self.reset_by(gone);
            let mut following: Vec<String> = reset.iter().filter_map(|name| self.next_group(name)).collect();
            // One that a hook has brought into Error is kept like any failure (EX-301).
            for (name, node) in self.nodes.iter().filter(|(_, node)| node.phase == "Omitted") {
                let before = node.needs.iter().map(|task| format!("{}.{task}", node.boundary));
                if before.into_iter().any(|before| gone.contains(&before) || reset.contains(&before)) {
                    following.push(name.clone());
                }
            }
            for name in &reset {
                let attempts = self.attempts(name).into_iter();
                following.extend(attempts.skip_while(|attempt| !gone.contains(attempt)));
            }
            following.retain(|name| !gone.contains(name));
            if following.is_empty() {
                return;
            }
            self.take_out(following, gone);
        }
    }

    /// What encloses something that was taken out, or ended badly of its own.
    fn reset_by(&self, gone: &Names) -> Names {
        let mut reset = Names::new();
        let is_construct =
            |node: &Node| matches!(node.kind, "Steps" | "DAG" | "StepGroup" | "TaskGroup" | "Retry");
        for name in gone {
            let mut at = name.clone();
            while let Some(owner) = self.owner(&at) {
                if self.nodes[&at].hooked && owner == self.root {
                    break;
                }
                if is_construct(&self.nodes[&owner]) && !gone.contains(&owner) {
                    reset.insert(owner.clone());
                }
                at = owner;
            }
        }
        let mut open = vec![self.root.clone()];
        while let Some(name) = open.pop() {
            let node = &self.nodes[&name];
            let goes_on = node.is_bad() || reset.contains(&name);
            if gone.contains(&name) || !is_construct(node) || !goes_on {
                continue;
            }
            open.extend(self.decisive(&name));
            reset.insert(name);
        }
        reset
    }

    /// Those within a construct whose failure is its own.
    fn decisive(&self, name: &str) -> Vec<String> {
        let is_its_own = |child: &&String| self.owner(child).as_deref() == Some(name);
        match self.nodes[name].kind {
            "Retry" => self.attempts(name).pop().into_iter().collect(),
            "TaskGroup" | "StepGroup" => self.members(name),
            "Steps" => {
                let last = std::iter::successors(Some(format!("{name}[0]")), |group| self.next_group(group));
                last.filter(|group| self.has(group)).last().into_iter().collect()
            }
            _ => {
                let tasks: Vec<&String> = self
                    .nodes
                    .keys()
                    .filter(is_its_own)
                    .filter(|task| !self.nodes[*task].hooked && !self.nodes[*task].retried)
                    .collect();
                let went_on = |task: &str| {
                    let short = task.rsplit('.').next().unwrap_or_default();
                    tasks.iter().any(|other| {
                        let other = &self.nodes[*other];
                        other.phase == "Succeeded" && other.needs.iter().any(|need| need == short)
                    })
                };
                tasks.iter().filter(|task| !went_on(task)).map(|task| (*task).clone()).collect()
            }
        }
    }
}
