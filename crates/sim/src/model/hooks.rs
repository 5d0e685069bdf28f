//! Hooks, looked at on each pass.

use super::values::{items, parameters, render, text};
use super::{Model, NO_YES_OR_NO, Values};
use serde_json::Value;

impl Model {
    /// Drives the hooks of a fulfilled node; whether all that were triggered are over (EX-243 to EX-250).
    pub(super) fn hooks(
        &mut self,
        name: &str,
        step: &Value,
        word: &str,
        had_ended: bool,
    ) -> Result<bool, String> {
        let Some(hooks) = step["hooks"].as_object().cloned() else { return Ok(true) };
        let node = self.nodes[name].clone();
        let is_group = node.kind == "TaskGroup";
        let is_looped = word == "tasks" && items(step).is_some_and(|items| !items.is_empty());
        let is_member = is_looped && !is_group && !node.is_omitted;
        let mut over = true;
        let is_odd = hooks.contains_key("odd") && !is_member;
        // The exit hook comes when the others are over; but with the end of what is found to have ended by the visit, and
        // that of a target in passing.
        let (exit, others): (Vec<_>, Vec<_>) = hooks.into_iter().partition(|(key, _)| key == "exit");
        let is_found_now = word == "tasks" && !had_ended && matches!(node.kind, "Retry" | "Steps" | "DAG");
        let waits = !is_found_now && !self.targets.contains(name) && !self.has(&format!("{name}.onExit"));
        let (first, last) = if is_found_now { (exit, others) } else { (others, exit) };
        for (key, hook) in first.into_iter().chain(last) {
            let (hook_name, given) = match key.as_str() {
                "exit" if is_odd || !node.is_completed() || (waits && !over) => continue,
                "exit" => (format!("{name}.onExit"), self.given_to(&hook)?.unwrap_or(self.arguments.clone())),
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
                    (hook_name, self.given_to(&hook)?.unwrap_or_default())
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
            (node.message, node.hook_broke) = (NO_YES_OR_NO.to_owned(), true);
        }
        Ok(over)
    }

    /// The arguments of a hook, if it has any of its own (EX-241).
    fn given_to(&self, hook: &Value) -> Result<Option<Values>, String> {
        let own = parameters(&hook["arguments"]);
        let known = self.arguments.iter();
        let scope = known.map(|(key, value)| (format!("workflow.parameters.{key}"), value.clone())).collect();
        let given = own.into_iter().map(|(key, value)| Ok((key, render(&value, &scope)?)));
        let given = given.collect::<Result<Values, String>>()?;
        Ok(Some(given).filter(|given| !given.is_empty()))
    }

    /// Drives the hooks of the workflow, whose entry node is over; whether they are over too.
    pub(super) fn workflow_hooks(&mut self, root: &str, hooks: &Value) -> Result<bool, String> {
        let mut over = true;
        for (key, hook) in hooks.as_object().into_iter().flatten() {
            let expression = text(&hook["expression"]);
            // What the generator writes: `workflow.status == "Phase"`.
            let name = format!("{root}.hooks.{key}");
            // One that is there is driven on, whatever the workflow has come to since (EX-247).
            if expression.rsplit('"').nth(1) != Some(&self.nodes[root].phase) && !self.has(&name) {
                continue;
            }
            self.enter(&name, &text(&hook["template"]), &Values::new(), "")?;
            self.node(&name).hooked = true;
            self.link(root, &name);
            over &= self.nodes[&name].is_fulfilled();
        }
        Ok(over)
    }
}
