//! Groups of steps, one after the other, and what a step or task expands to.

use super::values::{describe, holds, id, item_text, items, list, parameters, render, text};
use super::{Model, Node, Values};
use serde_json::Value;
use std::collections::BTreeSet;

impl Model {
    /// EX-130 to EX-138.
    pub(super) fn steps(&mut self, name: &str, template: &Value) -> Result<(), String> {
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
            // Loops over nothing stand first: a group is expanded before any of it is entered (EX-131).
            for step in list(group).iter().filter(|step| items(step).is_some_and(|items| items.is_empty())) {
                self.expansions(&group_name, step, &scope, &group_name, name)?;
            }
            let mut failed = BTreeSet::new();
            let mut open = false;
            for step in list(group) {
                for (member, step) in self.expansions(&group_name, step, &scope, &group_name, name)? {
                    let node = &self.nodes[&member];
                    // One that was skipped has no hooks.
                    open |= !node.is_fulfilled()
                        || node.phase != "Skipped" && !self.hooks(&member, &step, "steps", true)?;
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
                for (output, value) in own.iter().flat_map(|node| &node.outputs) {
                    scope.insert(format!("steps.{key}.outputs.parameters.{output}"), value.clone());
                }
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
    pub(super) fn expansions(
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

    pub(super) fn expansion(
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

    pub(super) fn skip(&mut self, name: &str, message: &str, boundary: &str) {
        *self.node(name) = Node {
            kind: "Skipped",
            phase: "Skipped".to_owned(),
            message: message.to_owned(),
            boundary: boundary.to_owned(),
            ..Node::default()
        };
    }
}
