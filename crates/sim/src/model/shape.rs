//! What comes after what: the nodes that lead on from a node.

use super::Model;
use std::collections::BTreeSet;

impl Model {
    /// EX-032 as those find it who depend on a task: they are judged in the pass that ends a loop or the last attempt,
    /// before the hooks that the end calls for; an exit hook is waited for.
    pub(super) fn leading(&self, name: &str) -> Vec<String> {
        let Some(node) = self.nodes.get(name) else { return Vec::new() };
        let is_timely = |child: &&String| !self.nodes[*child].late;
        match node.kind {
            "TaskGroup" => {
                node.children.iter().filter(is_timely).flat_map(|child| self.outbound(child)).collect()
            }
            "Retry" if !self.has(&format!("{name}.onExit")) => {
                // One that was remembered has no attempts, and leads on by itself.
                let is_own = |child: &&String| self.nodes[*child].retried || self.nodes[*child].hooked;
                let last = node.children.iter().filter(is_own).rfind(is_timely);
                vec![last.map_or(name, String::as_str).to_owned()]
            }
            _ => self.outbound(name),
        }
    }

    /// EX-032.
    pub(super) fn outbound(&self, name: &str) -> Vec<String> {
        let Some(node) = self.nodes.get(name) else { return Vec::new() };
        let of_all = |names: &mut dyn Iterator<Item = &String>| -> Vec<String> {
            names.flat_map(|name| self.outbound(name)).collect()
        };
        match node.kind {
            _ if node.is_hit && node.kind != "Retry" => vec![name.to_owned()],
            "Pod" | "Container" | "TaskGroup" if self.leads_through_children(name) => {
                let out = node.children.iter().flat_map(|child| {
                    let beyond = node.kind == "Container" && self.nodes[child].boundary != node.boundary;
                    if beyond { vec![name.to_owned()] } else { self.outbound(child) }
                });
                out.collect()
            }
            // Attempts and hooks alike.
            "Retry" => node.children.last().into_iter().cloned().collect(),
            "Steps" => {
                let groups = self.nodes.keys().filter_map(|key| {
                    key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?.parse::<usize>().ok()
                });
                let last = groups.max().map(|number| format!("{name}[{number}]"));
                let noted = last.map_or_else(Vec::new, |last| of_all(&mut self.members(&last).iter()));
                // Each of them is asked again: it may be an attempt that is steps itself.
                of_all(&mut noted.iter())
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
                let noted = of_all(&mut members.into_iter().filter(|member| !needed.contains(*member)));
                of_all(&mut noted.iter())
            }
            _ => vec![name.to_owned()],
        }
    }

    /// Whether a node is of a container set or a loop, and something comes after it there.
    pub(super) fn leads_through_children(&self, name: &str) -> bool {
        let node = &self.nodes[name];
        let is_plain = node.kind == "Pod"
            && !self.nodes.values().any(|other| other.kind == "Container" && other.boundary == name);
        !is_plain && !node.children.is_empty()
    }

    pub(super) fn members(&self, name: &str) -> Vec<String> {
        let children = self.nodes[name].children.iter();
        children.filter(|child| !self.nodes[*child].hooked).cloned().collect()
    }
}
