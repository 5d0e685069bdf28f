//! A run as a tree for the eye, kept up to date event by event: what belongs together stands together, and
//! every group knows how many of its members run, failed or are done, so that drawing costs what is drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tiphys_engine::Run;
use tiphys_engine::workflow::{Arrival, Event, NodeIx, NodeKind, Phase, Site};

/// Names a group: the members of a node, or of one loop.
pub type GroupIx = usize;

/// Something that stands in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A node; its members are the group of the same number in [`Model::members`].
    Node(NodeIx),
    /// All expansions of a step or task.
    Loop(GroupIx),
}

/// How something is getting on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits or runs.
    Open,
    /// Ended well.
    Good,
    /// Was not to run.
    Skipped,
    /// Ended badly.
    Bad,
}

/// Members with a tally.
#[derive(Debug, Default)]
pub struct Group {
    /// In order of entry.
    pub entries: Vec<Entry>,
    /// Positions of those that wait or run.
    pub open: BTreeSet<usize>,
    /// Positions of those that ended badly.
    pub bad: Vec<usize>,
    /// How many ended well.
    pub good: usize,
    /// How many were not to run.
    pub skipped: usize,
    /// How many there will be, for a loop.
    pub total: Option<usize>,
    /// The step or task, for a loop.
    pub name: Arc<str>,
    states: Vec<State>,
    /// The group it stands in, and where.
    home: Option<(GroupIx, usize)>,
}

impl Group {
    /// How the group as a whole is getting on.
    pub fn state(&self) -> State {
        if !self.open.is_empty() || self.total.is_some_and(|total| self.entries.len() < total) {
            State::Open
        } else if !self.bad.is_empty() {
            State::Bad
        } else if self.good == 0 && self.skipped > 0 {
            State::Skipped
        } else {
            State::Good
        }
    }
}

/// The tree of a run.
#[derive(Debug, Default)]
pub struct Model {
    groups: Vec<Group>,
    /// The group of each node's members.
    members: Vec<GroupIx>,
    /// Where each node stands.
    homes: Vec<Option<(GroupIx, usize)>>,
    loops: BTreeMap<(NodeIx, Arc<str>), GroupIx>,
    /// Entry node and exit handler.
    roots: Vec<NodeIx>,
}

impl Model {
    /// The tree of a run as it is now.
    pub fn of(run: &Run) -> Model {
        let mut model = Model::default();
        for ix in run.indices() {
            let node = run.node(ix);
            model.enter(ix, node.owner, &node.site);
            model.set(ix, state(node.phase));
        }
        model
    }

    /// Takes in events that were just folded into the run.
    pub fn take(&mut self, run: &Run, events: &[Event]) {
        for event in events {
            match event {
                Event::Entered(Arrival { node, owner, site, phase, .. }) => {
                    self.enter(*node, *owner, site);
                    self.set(*node, state(*phase));
                }
                Event::Expanded { owner, task, items } => {
                    let group = self.loop_of(*owner, task);
                    self.groups[group].total = Some(items.len());
                    self.propagate(group);
                }
                Event::Ended { node, .. } | Event::Withdrawn { node } | Event::Observed { node, .. } => {
                    self.set(*node, state(run.node(*node).phase));
                }
                _ => {}
            }
        }
    }

    /// The entry node, and the exit handler if it has begun.
    pub fn roots(&self) -> &[NodeIx] {
        &self.roots
    }

    /// The members of a node.
    pub fn members(&self, node: NodeIx) -> &Group {
        &self.groups[self.members[node.at()]]
    }

    /// A loop.
    pub fn group(&self, ix: GroupIx) -> &Group {
        &self.groups[ix]
    }

    fn enter(&mut self, node: NodeIx, owner: NodeIx, site: &Site) {
        debug_assert_eq!(node.at(), self.members.len(), "nodes are entered in order");
        self.members.push(self.groups.len());
        self.groups.push(Group::default());
        self.homes.push(None);
        let home = match site {
            Site::Entry => None,
            Site::Hook(name) if &**name == "exit" && owner == NodeIx::ROOT => None,
            Site::Item(task, _) => Some(self.loop_of(owner, task)),
            _ => Some(self.members[owner.at()]),
        };
        let Some(home) = home else { return self.roots.push(node) };
        let at = self.add(home, Entry::Node(node));
        self.homes[node.at()] = Some((home, at));
    }

    fn loop_of(&mut self, owner: NodeIx, task: &Arc<str>) -> GroupIx {
        if let Some(group) = self.loops.get(&(owner, task.clone())) {
            return *group;
        }
        let group = self.groups.len();
        let home = self.members[owner.at()];
        self.groups.push(Group { name: task.clone(), ..Group::default() });
        self.loops.insert((owner, task.clone()), group);
        let at = self.add(home, Entry::Loop(group));
        self.groups[group].home = Some((home, at));
        group
    }

    fn add(&mut self, home: GroupIx, entry: Entry) -> usize {
        let group = &mut self.groups[home];
        let at = group.entries.len();
        group.entries.push(entry);
        group.states.push(State::Open);
        group.open.insert(at);
        self.propagate(home);
        at
    }

    fn set(&mut self, node: NodeIx, state: State) {
        if let Some((home, at)) = self.homes[node.at()] {
            self.set_in(home, at, state);
        }
    }

    fn set_in(&mut self, home: GroupIx, at: usize, state: State) {
        let group = &mut self.groups[home];
        let before = std::mem::replace(&mut group.states[at], state);
        if before == state {
            return;
        }
        match before {
            State::Open => drop(group.open.remove(&at)),
            State::Good => group.good -= 1,
            State::Skipped => group.skipped -= 1,
            State::Bad => group.bad.retain(|bad| *bad != at),
        }
        match state {
            State::Open => drop(group.open.insert(at)),
            State::Good => group.good += 1,
            State::Skipped => group.skipped += 1,
            State::Bad => group.bad.push(at),
        }
        self.propagate(home);
    }

    /// A loop's own state follows from its members'.
    fn propagate(&mut self, group: GroupIx) {
        if let Some((home, at)) = self.groups[group].home {
            self.set_in(home, at, self.groups[group].state());
        }
    }
}

fn state(phase: Phase) -> State {
    match phase {
        Phase::Pending | Phase::Running => State::Open,
        Phase::Succeeded => State::Good,
        Phase::Skipped | Phase::Omitted => State::Skipped,
        Phase::Failed | Phase::Error => State::Bad,
    }
}

/// Whether a node has no line of its own: its members stand where it would.
pub fn is_hidden(kind: NodeKind) -> bool {
    kind == NodeKind::StepGroup
}
