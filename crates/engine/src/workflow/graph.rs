//! The graph that Argo shows: which node leads to which (EX-031, EX-032). Derived, not stored, but for edges that a retry by
//! hand keeps (`kept.rs`).

use super::node::{NodeIx, NodeKind, Part, Phase, Site};
use super::run::Run;
use crate::limits;
use std::collections::BTreeMap;

impl Run {
    /// The nodes that have this one among their children.
    pub(crate) fn graph_parents(&self, ix: NodeIx) -> Vec<NodeIx> {
        if let Some(kept) = self.kept_edges.get(&ix) {
            return kept.clone();
        }
        let node = self.node(ix);
        match &node.site {
            Site::Entry => Vec::new(),
            Site::Hook(name) if node.owner == NodeIx::ROOT => {
                // Nobody is the parent of the exit handler, nor of a hook of the workflow that could not be entered.
                let is_unstarted = node.kind == NodeKind::Skipped && node.phase == Phase::Error;
                if &**name == "exit" || is_unstarted { Vec::new() } else { vec![NodeIx::ROOT] }
            }
            Site::Group(0) => vec![node.owner],
            Site::Group(number) => {
                let before = self.group_node(node.owner, number - 1);
                let Some(before) = before else { return vec![node.owner] };
                let members = self.members(before);
                if members.is_empty() {
                    return vec![before];
                }
                let mut leading = Vec::new();
                members.iter().for_each(|member| self.outbound_into(*member, &mut leading));
                leading
            }
            Site::Task(_) if self.node(node.owner).kind == NodeKind::Dag => {
                let Some((frame, task)) = self.task_of(ix) else { return vec![node.owner] };
                let frame = &self.frames[frame as usize];
                let dependencies = self.tasks(frame).dependencies.of(task);
                if dependencies.is_empty() {
                    return vec![node.owner];
                }
                let mut leading = Vec::new();
                for dependency in dependencies {
                    if let Some(before) = frame.slots[dependency.at()].node {
                        self.leading_into(before, &mut leading);
                    }
                }
                leading
            }
            Site::Container(name) => self.container_parents(ix, name),
            Site::Task(_) | Site::Item(..) | Site::Attempt(_) | Site::Hook(_) => vec![node.owner],
        }
    }

    fn container_parents(&self, ix: NodeIx, name: &str) -> Vec<NodeIx> {
        let pod = self.node(ix).owner;
        let Some(set) = self.template(pod).and_then(|template| template.doc.container_set.as_ref()) else {
            return vec![pod];
        };
        let containers =
            set.get("containers").and_then(|list| list.as_array()).map(Vec::as_slice).unwrap_or_default();
        let own = containers
            .iter()
            .find(|container| container.get("name").and_then(|own| own.as_str()) == Some(name));
        let needs: Vec<&str> = own
            .and_then(|own| own.get("dependencies"))
            .and_then(|list| list.as_array())
            .map(|list| list.iter().filter_map(|name| name.as_str()).collect())
            .unwrap_or_default();
        let siblings = self.containers(pod);
        let found: Vec<NodeIx> = needs.iter().filter_map(|name| siblings.get(*name).copied()).collect();
        if found.is_empty() { vec![pod] } else { found }
    }

    /// Whether the node is a pod whose containers have nodes of their own.
    pub fn is_container_set(&self, pod: NodeIx) -> bool {
        !self.containers(pod).is_empty()
    }

    /// The container nodes of a container set by name.
    pub(crate) fn containers(&self, pod: NodeIx) -> BTreeMap<&str, NodeIx> {
        let members = self.members_of.get(&pod).into_iter().flatten();
        members
            .filter_map(|ix| match &self.node(*ix).site {
                Site::Container(name) => Some((&**name, *ix)),
                _ => None,
            })
            .collect()
    }

    /// The node of the n-th group of a steps node.
    fn group_node(&self, steps: NodeIx, number: u32) -> Option<NodeIx> {
        self.groups_of.get(&(steps, number)).copied()
    }

    /// Nodes that a group or loop holds, in order.
    pub(crate) fn members(&self, owner: NodeIx) -> Vec<NodeIx> {
        let node = self.node(owner);
        match (&node.site, node.part) {
            (_, Part::Loop(looped)) => self.expansions(looped).collect(),
            (Site::Group(number), _) => {
                let Some(at) = self.frame_index(node.owner) else { return Vec::new() };
                let frame = &self.frames[at as usize];
                let mut members = Vec::new();
                for task in self.tasks(frame).groups[*number as usize].clone() {
                    let slot = &frame.slots[task as usize];
                    match slot.looped {
                        Some(looped) => members.extend(self.expansions(looped)),
                        None => members.extend(slot.node),
                    }
                }
                members
            }
            _ => Vec::new(),
        }
    }

    /// The nodes of a loop, without those that a retry took out.
    fn expansions(&self, looped: u32) -> impl Iterator<Item = NodeIx> {
        self.loops[looped as usize].children.values().copied().filter(|ix| !self.node(*ix).removed)
    }

    /// The exit points of a node, appended. Those that a steps or dag node has noted are asked for theirs again: an
    /// attempt that a wrapper leads on with may be steps itself (EX-032).
    pub(crate) fn outbound_into(&self, ix: NodeIx, out: &mut Vec<NodeIx>) {
        let node = self.node(ix);
        match node.kind {
            NodeKind::TaskGroup => self.outbound_of_group(ix, self.hooks_of(ix), out),
            NodeKind::Retry => out.extend(self.last_child(ix, self.hooks_of(ix))),
            NodeKind::Steps | NodeKind::Dag => match self.frame_index(ix) {
                Some(_) => {
                    self.outbound_nodes(ix).into_iter().for_each(|noted| self.outbound_into(noted, out))
                }
                None => out.push(ix),
            },
            NodeKind::Pod if self.is_container_set(ix) => self.outbound_of_set(ix, out),
            _ => out.push(ix),
        }
    }

    /// The exit points of a task as those find them who depend on it, appended. They are judged as soon as a loop or
    /// the last attempt ends, before its end calls for a hook; only who waits for an exit hook finds that one, too. A wrapper
    /// that was remembered leads on by itself, or a dag would never reach who depends on it (EX-168).
    fn leading_into(&self, ix: NodeIx, out: &mut Vec<NodeIx>) {
        match self.node(ix).kind {
            NodeKind::TaskGroup => self.outbound_of_group(ix, &self.timely_hooks(ix), out),
            NodeKind::Retry if !self.has_hook_node(ix, "exit") => {
                out.push(self.last_child(ix, &self.timely_hooks(ix)).unwrap_or(ix));
            }
            _ => self.outbound_into(ix, out),
        }
    }

    /// The last child of a wrapper, which leads on: hooks are children like the attempts.
    fn last_child(&self, wrapper: NodeIx, hooks: &[NodeIx]) -> Option<NodeIx> {
        let last = [self.attempts(wrapper).last(), hooks.last()];
        last.into_iter().flatten().max().copied()
    }

    fn outbound_of_group(&self, group: NodeIx, hooks: &[NodeIx], out: &mut Vec<NodeIx>) {
        let children = self.in_order_of_entry(group, hooks);
        if children.is_empty() {
            out.push(group);
        }
        children.iter().for_each(|child| self.outbound_into(*child, out));
    }

    /// The hooks of a node that were called for before it ended.
    pub(crate) fn timely_hooks(&self, ix: NodeIx) -> Vec<NodeIx> {
        self.hooks_of(ix).iter().copied().filter(|hook| !self.node(*hook).late).collect()
    }

    /// Whether a node has a hook that only its end called for.
    pub(crate) fn has_late_hook(&self, ix: NodeIx) -> bool {
        self.hooks_of(ix).iter().any(|hook| self.node(*hook).late)
    }

    /// The hooks of a node that have been started, in order of entry.
    pub(crate) fn hooks_of(&self, ix: NodeIx) -> &[NodeIx] {
        self.hook_nodes.get(&ix).map(Vec::as_slice).unwrap_or_default()
    }

    /// What `AnySucceeded` and `AllFailed` look at: the children of a loop's group, hooks among them, as far as they are
    /// there when the group ends (EX-159): hooks that its end calls come later.
    pub(crate) fn judged_members(&self, ix: NodeIx) -> Vec<NodeIx> {
        let Part::Loop(looped) = self.node(ix).part else { return Vec::new() };
        let mut members: Vec<NodeIx> = self.loops[looped as usize].children.values().copied().collect();
        members.extend(self.timely_hooks(ix));
        members
    }

    /// What stands below a loop's group or a step group.
    pub(crate) fn in_order_of_entry(&self, group: NodeIx, hooks: &[NodeIx]) -> Vec<NodeIx> {
        let mut children = self.members(group);
        children.extend(hooks);
        children.sort_unstable();
        children
    }

    /// The exit points of a container set: every path through it leads to one, so that one may be there more than once;
    /// and the hooks of its pod.
    fn outbound_of_set(&self, pod: NodeIx, out: &mut Vec<NodeIx>) {
        let members = self.members_of.get(&pod).into_iter().flatten();
        let mut below: BTreeMap<NodeIx, Vec<NodeIx>> = BTreeMap::new();
        for member in members.chain(self.hooks_of(pod)) {
            for parent in self.graph_parents(*member) {
                below.entry(parent).or_default().push(*member);
            }
        }
        let mut paths = vec![pod];
        for _ in 0..limits::SET_PATH_STEPS_MAX {
            let Some(at) = paths.pop() else { break };
            match below.get(&at) {
                Some(next) => paths.extend(next.iter().rev()),
                None if self.node(at).kind == NodeKind::Container => out.push(at),
                None => self.outbound_into(at, out),
            }
        }
    }

    /// `outboundNodes` of a steps or dag node.
    pub(crate) fn outbound_nodes(&self, ix: NodeIx) -> Vec<NodeIx> {
        let mut out = Vec::new();
        let Some(at) = self.frame_index(ix) else { return out };
        let frame = &self.frames[at as usize];
        let tasks = self.tasks(frame);
        if self.plan.template(frame.template).fail_fast && frame.failed_child {
            // A template that `failFast` ended has no exit points (EX-263).
            return out;
        }
        if self.is_broken_itself(ix, at) {
            return out;
        }
        if tasks.is_dag {
            for target in &frame.order.targets {
                if let Some(node) = frame.slots[target.at()].node {
                    self.outbound_into(node, &mut out);
                }
            }
        } else if let Some(group) = frame.group {
            self.in_order_of_entry(group, &[])
                .iter()
                .for_each(|member| self.outbound_into(*member, &mut out));
        }
        out
    }

    /// Whether a steps or dag node is in Error by itself, not by what is in it: it ended before its exit points were noted.
    /// Those of steps are there before their outputs are looked for (EX-135, EX-175).
    fn is_broken_itself(&self, ix: NodeIx, at: u32) -> bool {
        let frame = &self.frames[at as usize];
        if self.node(ix).phase != Phase::Error {
            return false;
        }
        match frame.group.map(|group| &self.node(group).site) {
            Some(Site::Group(number)) => self.unaggregated(at, *number).is_some(),
            _ => frame.broken.is_some(),
        }
    }
}
