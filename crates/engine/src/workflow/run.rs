//! One execution of a plan: everything `apply` folds events into.

use super::collect::Collection;
use super::event::Control;
use super::node::{Node, NodeIx, NodeKind, Part, Phase, Site, TaskIx};
use crate::plan::{DagOrder, FramePlan, HookPlan, Plan, TaskPlan, TemplateIx, TemplatePlan};
use crate::time::Time;
use expr::items::Item;
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tiphys_expr as expr;

/// One execution of a plan.
pub struct Run {
    /// The compiled document.
    pub plan: Arc<Plan>,
    /// All nodes in order of entry.
    pub nodes: Vec<Node>,
    /// Invocations of steps and dag templates.
    pub(crate) frames: Vec<Frame>,
    /// Expanded steps and tasks.
    pub(crate) loops: Vec<Loop>,
    /// Retry wrappers.
    pub(crate) retries: Vec<Attempts>,
    /// What the whole workflow sees.
    pub(crate) globals: Globals,
    /// How far it is.
    pub stage: Stage,
    /// How it ended; meaningless before `Stage::Ended`.
    pub phase: Phase,
    /// Why; before `Stage::Main` why it does not begin.
    pub message: Option<Arc<str>>,
    /// When it began.
    pub started: Option<Time>,
    /// When it ended.
    pub finished: Option<Time>,
    /// When anything last happened in it: the version under which it is told. Before the first event the beginning of
    /// time.
    pub changed: Time,
    /// What was asked of it as a whole.
    pub steering: Steering,
    /// The nodes of step groups, by steps node and number.
    pub(crate) groups_of: BTreeMap<(NodeIx, u32), NodeIx>,
    /// Who has to give locks, or a place in their queue, back: nodes, or (none) the workflow itself.
    pub(crate) holding: BTreeSet<Option<NodeIx>>,
    /// Nodes that stand in the queue of a lock.
    pub(crate) awaiting: BTreeSet<NodeIx>,
    /// The workflow asked for its own locks.
    pub(crate) asked_for_locks: bool,
    /// Why metrics could not be had, each once.
    pub(crate) metric_errors: Vec<Arc<str>>,
    /// Who must have their locks again, after a retry by hand, before anything within them goes on.
    pub(crate) relocking: BTreeSet<Option<NodeIx>>,
    /// Nodes that are to be looked at once such locks are held. A shortcut: rebuilt by `recover`.
    pub(crate) behind_locks: BTreeMap<Option<NodeIx>, BTreeSet<NodeIx>>,
    /// How often the run was over and went on, by hand.
    pub life: u16,
    /// The generation of new nodes; more than nothing once all nodes were taken out.
    pub(crate) first_generation: u16,
    /// What became of artifacts that are deleted at the end.
    pub(crate) collection: Collection,
    /// What became of attempts that nobody knows of any more, in words.
    pub(crate) lost: BTreeMap<NodeIx, Arc<str>>,
    /// Why attempts ended as they did, where their message does not tell.
    pub(crate) ascribed: BTreeMap<NodeIx, Arc<str>>,
    /// Daemons that are ready and have not ended, with the wrappers of their attempts (EX-370).
    pub(crate) daemons: BTreeSet<NodeIx>,
    /// Those of them that an interruption ended and that are being started again.
    pub(crate) returning: BTreeSet<NodeIx>,
    /// Frames in which nothing is entered until they have returned. A shortcut: rebuilt by `recover`.
    pub(crate) behind_daemons: BTreeSet<u32>,
    /// Some node has given something that is to be seen under a global name.
    pub(crate) names_globals: bool,
    /// The error that the entry node returned to the workflow.
    pub(crate) returned: Option<Arc<str>>,
    /// The same of the exit handler.
    pub(crate) exit_returned: Option<Arc<str>>,
    /// Hooks by the node they belong to.
    pub(crate) hook_nodes: BTreeMap<NodeIx, Vec<NodeIx>>,
    /// What leads to tasks that a retry by hand kept, where that cannot be derived any more (EX-031).
    pub(crate) kept_edges: BTreeMap<NodeIx, Vec<NodeIx>>,
    /// The containers of container sets, by the node of their pod (EX-440).
    pub(crate) members_of: BTreeMap<NodeIx, Vec<NodeIx>>,
    /// The last node that came to a gate at which the world is asked.
    pub(crate) asking: Option<NodeIx>,
    /// Nodes that wait for room under the workflow's limit before they begin.
    pub(crate) without_room: BTreeSet<NodeIx>,
    /// Nodes one of whose hooks a limit holds back. A shortcut: rebuilt by `recover`.
    pub(crate) held_hooks: Vec<NodeIx>,
    /// Pod nodes that are Pending or Running (EX-260).
    pub(crate) active_pods: u32,
    /// Bytes of all texts that the run was ever given.
    pub(crate) text_bytes: u64,
    /// Suspend nodes that have begun and not ended.
    pub(crate) pauses: BTreeSet<NodeIx>,
    /// Summed progress of executable nodes, `(done, of)` (EX-530).
    pub tally: (u64, u64),
    /// Nodes that have not ended; the run cannot end before they have.
    pub(crate) alive: u32,
    /// Instants at which a node wants to be looked at.
    pub(crate) timers: BTreeSet<(Time, NodeIx)>,
    /// The other way round.
    pub(crate) due: BTreeMap<NodeIx, Time>,
    /// When the workflow's own deadline is (EX-291).
    pub(crate) deadline: Option<Time>,
    /// Frames that have something to enter. A shortcut: rebuilt by `recover`.
    pub(crate) agenda: VecDeque<u32>,
    /// Nodes whose condition to go on may have changed. Empty between inputs.
    pub(crate) review: VecDeque<NodeIx>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing has happened yet.
    New,
    /// The entry node and the workflow's hooks.
    Main,
    /// The exit handler.
    Exit,
    /// Done.
    Ended,
}

/// What was asked of a run as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steering {
    /// Nothing new starts.
    pub suspended: bool,
    /// Stop or Terminate.
    pub shutdown: Option<Control>,
    /// The workflow's deadline has passed.
    pub deadline_passed: bool,
}

impl Steering {
    /// Argo's name of the shutdown strategy.
    pub fn strategy(&self) -> Option<&'static str> {
        match self.shutdown {
            Some(Control::Stop) => Some("Stop"),
            Some(Control::Terminate) => Some("Terminate"),
            _ => None,
        }
    }
}

/// One invocation of a steps or dag template.
#[derive(Debug, PartialEq)]
pub(crate) struct Frame {
    /// The steps or dag node.
    pub node: NodeIx,
    /// Its template.
    pub template: TemplateIx,
    /// Steps: the group that runs now.
    pub group: Option<NodeIx>,
    /// Every task's place.
    pub slots: Vec<Slot>,
    /// Slots and loops that may be entered now, by their place in the order in which tasks are looked at.
    pub ready: BTreeMap<u32, Ready>,
    /// Steps: those behind one that a limit holds back were looked at. A shortcut.
    pub looked_behind: bool,
    /// Steps: children of the current group that have not settled.
    pub open: u32,
    /// Dag: needed tasks that have not settled.
    pub unsettled: u32,
    /// Dag: its targets and what follows from them.
    pub order: Arc<DagOrder>,
    /// Children other than groups that have not ended.
    pub alive: u32,
    /// Children that count against the template's own limit (EX-261).
    pub active: u32,
    /// A child of type Pod, Steps or DAG has failed (EX-263).
    pub failed_child: bool,
    /// The group, or the dag itself, could not go on; its phase and message.
    pub broken: Option<(Phase, Arc<str>)>,
    /// Steps: the templates of children that asked for semaphores.
    pub asked: Vec<TemplateIx>,
    /// Steps: the last child that was the first of its template to ask.
    pub asking_first: Option<NodeIx>,
    /// It stands on the agenda.
    pub queued: bool,
}

impl Frame {
    /// A task's place in the order in which Argo looks at them: that of the document, or that of the walk from a dag's
    /// targets (EX-131, EX-151).
    pub fn rank(&self, task: TaskIx) -> u32 {
        self.order.rank.get(task.at()).copied().unwrap_or(task.0)
    }
}

/// A task's place in a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Slot {
    /// Dag: dependencies that have not settled.
    pub waiting_for: u32,
    /// Its node once entered; the task group of a dag loop.
    pub node: Option<NodeIx>,
    /// Its loop.
    pub looped: Option<u32>,
    /// Its node, or all nodes of its loop, have settled.
    pub settled: bool,
}

/// Something that may be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// A task for the first time.
    Task(TaskIx),
    /// The next item of a loop.
    Loop(u32),
}

/// A step or task with its items.
pub(crate) struct Loop {
    /// The frame it belongs to.
    pub frame: u32,
    /// The task.
    pub task: TaskIx,
    /// The step group or task group that owns the expansions.
    pub owner: NodeIx,
    /// The items.
    pub items: Vec<Item>,
    /// The next item to enter for the first time.
    pub cursor: u32,
    /// Items before it whose nodes a retry took out: they are entered first.
    pub again: VecDeque<u32>,
    /// Where it ends: after its items, or earlier when it was given up.
    pub stop: u32,
    /// Its items are to be found out once more: a retry by hand gave the workflow other parameters (EX-307).
    pub anew: bool,
    /// Expansions that have not settled.
    pub open: u32,
    /// Expansions by item. Behind the next item there may be some that are skipped: a limit held the others back.
    pub children: BTreeMap<u32, NodeIx>,
    /// The items before it were looked at for such. A shortcut.
    pub looked: u32,
    /// Outputs of all expansions together, made once when first asked for.
    pub aggregate: OnceCell<Result<Aggregate, String>>,
}

impl Loop {
    /// The item to be entered next.
    pub fn next(&self) -> Option<u32> {
        self.again.front().copied().or((self.cursor < self.stop).then_some(self.cursor))
    }

    /// Whether there is something to be entered.
    pub fn has_more(&self) -> bool {
        self.anew || self.next().is_some()
    }

    /// Nothing more will be entered.
    pub fn give_up(&mut self) {
        (self.stop, self.anew) = (self.cursor, false);
        self.again.clear();
    }

    /// As if it had no items yet.
    pub fn forget_items(&mut self) {
        (self.items, self.children, self.again) = (Vec::new(), BTreeMap::new(), VecDeque::new());
        (self.cursor, self.stop, self.open, self.looked) = (0, 0, 0, 0);
        self.aggregate = OnceCell::new();
        self.anew = true;
    }

    /// An item has its node.
    pub fn entered(&mut self, index: u32, node: NodeIx) {
        self.open += 1;
        if let Ok(at) = self.again.binary_search(&index) {
            self.again.remove(at);
        }
        self.children.insert(index, node);
        while self.children.contains_key(&self.cursor) {
            self.cursor += 1;
        }
    }
}

impl PartialEq for Loop {
    fn eq(&self, other: &Loop) -> bool {
        (self.frame, self.task, self.owner, self.cursor, self.open, self.stop, self.anew)
            == (other.frame, other.task, other.owner, other.cursor, other.open, other.stop, other.anew)
            && self.again == other.again
            && self.children == other.children
            && self.items.len() == other.items.len()
            && self.items.iter().zip(&other.items).all(|(a, b)| a.text() == b.text())
    }
}

/// Aggregated outputs of a loop (PA-100).
#[derive(Clone, Debug, Default)]
pub(crate) struct Aggregate {
    /// `outputs.result`.
    pub result: Option<String>,
    /// `outputs.parameters`.
    pub list: Option<String>,
    /// `outputs.parameters.<name>`.
    pub parameters: BTreeMap<String, String>,
}

/// A retry wrapper's tries.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Attempts {
    /// In order.
    pub nodes: Vec<NodeIx>,
}

/// The annotation that pins how the pods of a workflow are named (OB-061).
pub(crate) const POD_NAME_FORMAT: &str = "workflows.argoproj.io/pod-name-format";

/// What the whole workflow sees as `workflow.*`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Globals {
    /// Flat names without dynamic ones.
    pub names: BTreeMap<Arc<str>, Arc<str>>,
    /// Names that are there, or change, once the workflow has been begun: its labels with its phase.
    pub later: BTreeMap<Arc<str>, Arc<str>>,
    /// Parameters in the order of the document.
    pub parameters: Vec<(Arc<str>, Arc<str>)>,
    /// Exported parameters in order of first export.
    pub outputs: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// Exported artifacts by global name, with their place in the order of first export.
    pub artifacts: BTreeMap<String, (usize, Value)>,
    /// Labels added at start.
    pub labels: BTreeMap<String, String>,
    /// Annotations added at start.
    pub annotations: BTreeMap<String, String>,
    /// Parameters that a retry gave other values.
    pub overridden: BTreeMap<Arc<str>, Arc<str>>,
}

impl Run {
    /// A run of which nothing has happened yet.
    pub fn new(plan: Arc<Plan>) -> Run {
        Run {
            plan,
            nodes: Vec::new(),
            frames: Vec::new(),
            loops: Vec::new(),
            retries: Vec::new(),
            globals: Globals::default(),
            stage: Stage::New,
            phase: Phase::Pending,
            message: None,
            started: None,
            finished: None,
            changed: Time::default(),
            steering: Steering::default(),
            groups_of: BTreeMap::new(),
            holding: BTreeSet::new(),
            awaiting: BTreeSet::new(),
            asked_for_locks: false,
            metric_errors: Vec::new(),
            relocking: BTreeSet::new(),
            behind_locks: BTreeMap::new(),
            life: 0,
            first_generation: 0,
            collection: Collection::default(),
            lost: BTreeMap::new(),
            ascribed: BTreeMap::new(),
            daemons: BTreeSet::new(),
            returning: BTreeSet::new(),
            behind_daemons: BTreeSet::new(),
            names_globals: false,
            returned: None,
            exit_returned: None,
            hook_nodes: BTreeMap::new(),
            kept_edges: BTreeMap::new(),
            members_of: BTreeMap::new(),
            asking: None,
            without_room: BTreeSet::new(),
            held_hooks: Vec::new(),
            active_pods: 0,
            text_bytes: 0,
            pauses: BTreeSet::new(),
            tally: (0, 0),
            alive: 0,
            timers: BTreeSet::new(),
            due: BTreeMap::new(),
            deadline: None,
            agenda: VecDeque::new(),
            review: VecDeque::new(),
        }
    }

    /// The node behind an index.
    pub fn node(&self, ix: NodeIx) -> &Node {
        &self.nodes[ix.at()]
    }

    /// Indices of all nodes in order of entry, without those that a retry took out.
    pub fn indices(&self) -> impl Iterator<Item = NodeIx> + use<> {
        let removed: Vec<bool> = match self.life {
            0 => Vec::new(),
            _ => self.nodes.iter().map(|node| node.removed).collect(),
        };
        let is_removed = move |ix: &NodeIx| removed.get(ix.at()).copied().unwrap_or(false);
        (0..self.nodes.len() as u32).map(NodeIx).filter(move |ix| !is_removed(ix))
    }

    /// When a node that waits for an instant is to be looked at again.
    pub fn due_of(&self, ix: NodeIx) -> Option<Time> {
        self.due.get(&ix).copied()
    }

    /// Whether a step waits for a person: a suspension that does not end by itself.
    pub fn asks_somebody(&self) -> bool {
        self.pauses.iter().any(|ix| !self.due.contains_key(ix))
    }

    /// Whether the run is over.
    pub fn is_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// What is appended to the owner's name to get this node's (EX-022).
    pub(crate) fn suffix(&self, owner: NodeIx, site: &Site) -> String {
        match site {
            Site::Entry => String::new(),
            Site::Group(number) => format!("[{number}]"),
            Site::Task(name) | Site::Container(name) => format!(".{name}"),
            Site::Item(name, index) => {
                let owner = self.node(owner);
                let described = self.item(owner, name, *index).map(Item::describe).unwrap_or_default();
                match owner.kind {
                    NodeKind::TaskGroup => format!("({index}:{described})"),
                    _ => format!(".{name}({index}:{described})"),
                }
            }
            Site::Attempt(number) => format!("({number})"),
            Site::Hook(name) if &**name == "exit" => ".onExit".to_owned(),
            Site::Hook(name) => format!(".hooks.{name}"),
        }
    }

    /// The item that a node is for, if it is one of a loop.
    pub(crate) fn item_of(&self, ix: NodeIx) -> Option<&Item> {
        let node = self.node(ix);
        self.item_at(node.owner, &node.site)
    }

    /// The same of a node that is perhaps not there yet.
    pub(crate) fn item_at(&self, owner: NodeIx, site: &Site) -> Option<&Item> {
        let Site::Item(task, index) = site else { return None };
        self.item(self.node(owner), task, *index)
    }

    fn item(&self, owner: &Node, task: &str, index: u32) -> Option<&Item> {
        let looped = match owner.part {
            Part::Loop(at) => at,
            _ => {
                let frame = self.frame_of(owner.boundary?)?;
                let task = self.tasks(frame).by_name.get(task)?;
                frame.slots[task.at()].looped?
            }
        };
        self.loops[looped as usize].items.get(index as usize)
    }

    /// The full node name (EX-022).
    pub fn name(&self, ix: NodeIx) -> String {
        let mut suffixes = Vec::new();
        let mut at = ix;
        loop {
            let node = self.node(at);
            if node.site == Site::Entry {
                break;
            }
            suffixes.push(self.suffix(node.owner, &node.site));
            at = node.owner;
        }
        let mut name = self.plan.name.to_string();
        suffixes.iter().rev().for_each(|suffix| name.push_str(suffix));
        name
    }

    /// The node id (EX-021).
    pub fn id(&self, ix: NodeIx) -> String {
        let node = self.node(ix);
        match node.site {
            Site::Entry => self.plan.name.to_string(),
            _ => format!("{}-{}", self.plan.name, node.hash),
        }
    }

    /// The pod name (EX-027).
    pub fn pod_name(&self, ix: NodeIx) -> String {
        let node = self.node(ix);
        self.pod_name_at(node.owner, &node.site, node.template)
    }

    /// The pod's name of a node at this site, whether it exists or not.
    pub(crate) fn pod_name_at(&self, owner: NodeIx, site: &Site, template: Option<TemplateIx>) -> String {
        let name = self.name_at(owner, site);
        // What the document adds at the start counts like what it was created with.
        let added = self.globals.annotations.get(POD_NAME_FORMAT);
        let given = self.plan.workflow.metadata.annotations.get(POD_NAME_FORMAT);
        if added.or(given).is_some_and(|format| format == "v1") {
            return expr::names::pod_name_v1(&self.plan.name, &name);
        }
        let template = template.map(|template| self.plan.template(template).name.clone()).unwrap_or_default();
        expr::names::pod_name_v2(&self.plan.name, &name, &template)
    }

    /// The frame of a steps or dag node.
    pub(crate) fn frame_of(&self, node: NodeIx) -> Option<&Frame> {
        match self.node(node).part {
            Part::Frame(at) => Some(&self.frames[at as usize]),
            _ => None,
        }
    }

    /// The compiled tasks of a frame.
    pub(crate) fn tasks(&self, frame: &Frame) -> &FramePlan {
        self.plan
            .template(frame.template)
            .frame()
            .expect("a frame's template has tasks: it was entered as one")
    }

    /// The template of a node.
    pub(crate) fn template(&self, node: NodeIx) -> Option<&TemplatePlan> {
        self.node(node).template.map(|template| self.plan.template(template))
    }

    /// The step or task a node was entered for, with its frame. None for groups, attempts, hooks and the root.
    pub(crate) fn task_of(&self, ix: NodeIx) -> Option<(u32, TaskIx)> {
        let node = self.node(ix);
        Some((self.frame_index(node.boundary?)?, node.task?))
    }

    /// The same of a node that is perhaps not there yet.
    pub(crate) fn task_at(&self, owner: NodeIx, site: &Site) -> Option<(u32, TaskIx)> {
        let (Site::Task(name) | Site::Item(name, _)) = site else { return None };
        let at = self.frame_index(self.boundary_at(owner, site)?)?;
        let frame = &self.frames[at as usize];
        let tasks = self.tasks(frame);
        let next = frame.ready.first_key_value().map(|(_, next)| match next {
            Ready::Task(task) => *task,
            Ready::Loop(looped) => self.loops[*looped as usize].task,
        });
        // Mostly it is the one whose turn it is; to look in a large table takes longer.
        let next = next.filter(|task| tasks.tasks[task.at()].name == *name);
        Some((at, next.or_else(|| tasks.by_name.get(name).copied())?))
    }

    /// The compiled task a node was entered for.
    pub(crate) fn task_plan(&self, ix: NodeIx) -> Option<&TaskPlan> {
        let (frame, task) = self.task_of(ix)?;
        Some(&self.tasks(&self.frames[frame as usize]).tasks[task.at()])
    }

    /// The hook a node was entered for.
    pub(crate) fn hook_plan(&self, ix: NodeIx) -> Option<&HookPlan> {
        let node = self.node(ix);
        let Site::Hook(name) = &node.site else { return None };
        self.hook_named(node.owner, name)
    }

    /// A hook of a node by its name.
    pub(crate) fn hook_named(&self, owner: NodeIx, name: &str) -> Option<&HookPlan> {
        if owner == NodeIx::ROOT {
            return match name {
                "exit" => self.plan.exit.as_ref(),
                _ => self.plan.hooks.iter().find(|hook| &*hook.name == name),
            };
        }
        let task = self.task_plan(owner)?;
        match name {
            "exit" => task.exit(),
            _ => task.other_hooks().iter().find(|hook| &*hook.name == name),
        }
    }

    /// Whether a node is or lies within the workflow's exit handler or an exit hook (OB-044).
    pub fn is_on_exit(&self, ix: NodeIx) -> bool {
        let mut at = ix;
        loop {
            let node = self.node(at);
            match &node.site {
                Site::Hook(name) if &**name == "exit" => return true,
                Site::Entry => return false,
                _ => at = node.owner,
            }
        }
    }

    /// Whether a node at this site is a hook of the workflow, or lies within one.
    pub(crate) fn is_in_hook_of_workflow(&self, owner: NodeIx, site: &Site) -> bool {
        let (mut owner, mut site) = (owner, site);
        loop {
            match site {
                Site::Entry => return false,
                Site::Hook(_) if owner == NodeIx::ROOT => return true,
                _ => (owner, site) = (self.node(owner).owner, &self.node(owner).site),
            }
        }
    }

    /// The last try of a retry wrapper, or the node itself (EX-226).
    pub(crate) fn last_attempt(&self, ix: NodeIx) -> NodeIx {
        let mut at = ix;
        while let Part::Retry(retry) = self.node(at).part {
            match self.retries[retry as usize].nodes.last() {
                Some(last) => at = *last,
                None => break,
            }
        }
        at
    }

    /// The attempts of a wrapper.
    pub(crate) fn attempts(&self, ix: NodeIx) -> &[NodeIx] {
        match self.node(ix).part {
            Part::Retry(at) => &self.retries[at as usize].nodes,
            _ => &[],
        }
    }

    /// The template a skipped node would have run.
    pub(crate) fn referred_template(&self, ix: NodeIx) -> Option<&TemplatePlan> {
        match &self.task_plan(ix)?.target {
            crate::plan::Target::Known(template) => Some(self.plan.template(*template)),
            _ => None,
        }
    }

    /// Exported parameters in order of first export.
    pub fn exported_parameters(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.globals.outputs.iter().map(|(name, value)| (&**name, value.as_deref()))
    }

    /// Exported artifacts in order of first export.
    pub fn exported_artifacts(&self) -> impl Iterator<Item = &Value> {
        let mut exported: Vec<&(usize, Value)> = self.globals.artifacts.values().collect();
        exported.sort_by_key(|(place, _)| *place);
        exported.into_iter().map(|(_, artifact)| artifact)
    }

    /// Parameters of the workflow that a retry gave other values (EX-307).
    pub fn overridden_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.globals.overridden.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Why metrics could not be had; empty if all could (EX-521).
    pub fn metrics_error(&self) -> String {
        super::metric::condition(&self.metric_errors)
    }

    /// Labels that the document added at start (EX-096).
    pub fn added_labels(&self) -> impl Iterator<Item = (&String, &String)> {
        self.globals.labels.iter()
    }

    /// Annotations that the document added at start.
    pub fn added_annotations(&self) -> impl Iterator<Item = (&String, &String)> {
        self.globals.annotations.iter()
    }
}
