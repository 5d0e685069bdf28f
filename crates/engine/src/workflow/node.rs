//! What a workflow is made of while it runs: nodes, and the facts about each.

use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Names a node of one run. Never changes: it is the order of entry, and that is in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeIx(pub u32);

impl NodeIx {
    /// The entry node; its name is the workflow's (EX-020).
    pub const ROOT: NodeIx = NodeIx(0);

    /// As an index into the arena.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// What is said of a step whose containers have ended, where people read what it waits for.
pub(crate) const SAVING: &str = "its files are being saved";

/// A task's position in its template's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskIx(pub u32);

impl TaskIx {
    /// As an index into the template's tasks.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}

/// Where in the document a node comes from, in the user's words, seen from the node that owns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Site {
    /// The entrypoint.
    Entry,
    /// The n-th group of a steps template, from 0.
    Group(u32),
    /// A step or task.
    Task(Arc<str>),
    /// One expansion of a step or task; the number is the item's position, from 0.
    Item(Arc<str>, u32),
    /// One try of a node with a retry strategy, from 0.
    Attempt(u32),
    /// A lifecycle hook by its name; `exit` is the exit handler.
    Hook(Arc<str>),
    /// A member of a container set.
    Container(Arc<str>),
}

/// Argo's node types (EX-035).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeKind {
    /// A container, script, container set, resource or data template.
    Pod,
    /// A member of a container set.
    Container,
    /// A steps template.
    Steps,
    /// One group of a steps template.
    StepGroup,
    /// A dag template.
    #[serde(rename = "DAG")]
    Dag,
    /// An expanded dag task.
    TaskGroup,
    /// The wrapper of attempts.
    Retry,
    /// A suspend template.
    Suspend,
    /// An http template.
    #[serde(rename = "HTTP")]
    Http,
    /// A plugin template.
    Plugin,
    /// Skipped, omitted, or never startable.
    Skipped,
}

impl NodeKind {
    /// Argo's spelling.
    pub fn name(self) -> &'static str {
        match self {
            NodeKind::Pod => "Pod",
            NodeKind::Container => "Container",
            NodeKind::Steps => "Steps",
            NodeKind::StepGroup => "StepGroup",
            NodeKind::Dag => "DAG",
            NodeKind::TaskGroup => "TaskGroup",
            NodeKind::Retry => "Retry",
            NodeKind::Suspend => "Suspend",
            NodeKind::Http => "HTTP",
            NodeKind::Plugin => "Plugin",
            NodeKind::Skipped => "Skipped",
        }
    }

    /// Some runner runs it: it is started, and its ending is heard.
    pub fn is_started(self) -> bool {
        matches!(self, NodeKind::Pod | NodeKind::Http | NodeKind::Plugin)
    }

    /// The agent calls it, no pod does (EX-470).
    pub fn is_called(self) -> bool {
        matches!(self, NodeKind::Http | NodeKind::Plugin)
    }

    /// Has progress of its own (EX-530).
    pub fn is_executable(self) -> bool {
        matches!(
            self,
            NodeKind::Pod | NodeKind::Container | NodeKind::Http | NodeKind::Plugin | NodeKind::Suspend
        )
    }
}

/// Argo's node phases (EX-001).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Exists, does not run yet.
    #[default]
    Pending,
    /// Runs.
    Running,
    /// Ended well.
    Succeeded,
    /// Its condition was false, or its loop empty.
    Skipped,
    /// Its dependencies did not come out as it asked.
    Omitted,
    /// Ended badly by the user's own doing.
    Failed,
    /// Ended badly by ours or the document's.
    Error,
}

impl Phase {
    /// Argo's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Pending => "Pending",
            Phase::Running => "Running",
            Phase::Succeeded => "Succeeded",
            Phase::Skipped => "Skipped",
            Phase::Omitted => "Omitted",
            Phase::Failed => "Failed",
            Phase::Error => "Error",
        }
    }

    /// Succeeded, Failed or Error (EX-002).
    pub fn is_completed(self) -> bool {
        matches!(self, Phase::Succeeded | Phase::Failed | Phase::Error)
    }

    /// Nothing more will happen (EX-002).
    pub fn is_ended(self) -> bool {
        !matches!(self, Phase::Pending | Phase::Running)
    }

    /// Failed or Error (EX-003).
    pub fn is_bad(self) -> bool {
        matches!(self, Phase::Failed | Phase::Error)
    }
}

/// One visible node of the workflow. Its name, id, children and outbound nodes are projections.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Whose construct this is: group, dag, loop, retry wrapper, hooked node. The root owns itself.
    pub owner: NodeIx,
    /// Argo's `boundaryID`: the steps or dag node around it.
    pub boundary: Option<NodeIx>,
    /// Where it comes from, seen from the owner.
    pub site: Site,
    /// Its type.
    pub kind: NodeKind,
    /// Its phase.
    pub phase: Phase,
    /// The step or task that it was entered for; none for groups, attempts, hooks and the root.
    pub task: Option<TaskIx>,
    /// The template it runs, an index into the plan.
    pub template: Option<crate::plan::TemplateIx>,
    /// The state of the node's name hash, from which the id and the names of owned nodes follow (EX-021).
    pub hash: u32,
    /// How many templates are entered around it (EX-113).
    pub depth: u32,
    /// Hooks that were started for it and have not settled.
    pub open_hooks: u16,
    /// Ended, with its hooks done: whoever waits for it has been told.
    pub settled: bool,
    /// A retry by hand took it out: it is part of the journal and of nothing else.
    pub removed: bool,
    /// It had ended when a retry by hand opened the run once more.
    pub kept: bool,
    /// A hook that was called for when the node it belongs to had ended.
    pub late: bool,
    /// It is in Error because of a hook that could not be run.
    pub hook_broke: bool,
    /// It is ready for others and goes on while they use it (EX-370). What has served keeps that when it has ended.
    pub daemoned: bool,
    /// Which of several lives of the same node this is; a retry by hand begins a new one.
    pub generation: u16,
    /// When it was entered.
    pub started: Time,
    /// When it ended.
    pub finished: Option<Time>,
    /// Text for people.
    pub message: Option<Arc<str>>,
    /// What it was given.
    pub inputs: Option<Arc<Inputs>>,
    /// What it gave.
    pub outputs: Option<Arc<spec::Outputs>>,
    /// Where a ready daemon can be reached.
    pub address: Option<Arc<str>>,
    /// The question it waits for an answer to.
    pub gate: Option<Gate>,
    /// What of it is remembered, or was.
    pub memo: Option<Arc<Memo>>,
    /// The lock it waits for, at its gate or, after a retry by hand, once more.
    pub awaited: Option<Arc<str>>,
    /// Self-reported progress `(done, of)`.
    pub progress: Option<(u32, u32)>,
    /// What the kind adds.
    pub part: Part,
}

impl Node {
    /// Whether it is a pod that a machine has taken: one that could not be made was over as it was entered, and what was
    /// remembered needed none.
    pub(crate) fn is_placed(&self) -> bool {
        let is_pod = self.shown_kind() == NodeKind::Pod && self.phase != Phase::Pending;
        is_pod && self.finished != Some(self.started) && self.memo.as_ref().is_none_or(|memo| !memo.hit)
    }

    /// It was not run: what the pod of an earlier workflow gave was taken over (EX-317, EX-671).
    pub fn is_taken_over(&self) -> bool {
        self.kind == NodeKind::Pod && self.phase == Phase::Skipped
    }

    /// It came out well, here or in the workflow that it was taken over from.
    pub fn has_succeeded(&self) -> bool {
        self.phase == Phase::Succeeded || self.is_taken_over()
    }

    /// Its program is over, and what it left behind is being saved.
    pub fn is_saving(&self) -> bool {
        self.message.as_deref() == Some(SAVING)
    }

    /// Its type as people see it.
    pub fn shown_kind(&self) -> NodeKind {
        if self.is_taken_over() { NodeKind::Skipped } else { self.kind }
    }

    /// Its own progress `(done, of)`; nothing for constructs, and for what was taken over (EX-530, EX-317).
    pub fn own_progress(&self) -> (u32, u32) {
        if !self.shown_kind().is_executable() {
            return (0, 0);
        }
        let (done, of) = self.progress.unwrap_or((0, 1));
        match self.phase {
            Phase::Succeeded | Phase::Skipped | Phase::Omitted => (of, of),
            _ => (done, of),
        }
    }
}

/// A question to the world that a node waits for before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Gate {
    /// Are its mutexes and semaphores held?
    Locks,
    /// Is there a remembered result?
    Memo,
    /// Is there room under the workflow's own limit, now that everything else is answered? Asked of nobody.
    Room,
}

/// A result that is remembered, or to be remembered (EX-330 to EX-337).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memo {
    /// The cache, Argo's ConfigMap.
    pub cache: String,
    /// The key in it.
    pub key: String,
    /// Entries older than this many microseconds do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_us: Option<i64>,
    /// It was found.
    #[serde(default)]
    pub hit: bool,
    /// It was saved.
    #[serde(default)]
    pub saved: bool,
}

/// What a node has beside the common facts: an index into the run's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Nothing.
    None,
    /// A steps or dag invocation: an index into the frames.
    Frame(u32),
    /// A group of tasks of a loop: an index into the loops.
    Loop(u32),
    /// A retry wrapper: an index into the retries.
    Retry(u32),
}

/// Final input values of a node, in the order of the template's declarations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inputs {
    /// One value per declared input parameter.
    #[serde(rename = "p", skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Arc<str>>,
    /// One artifact per declared input artifact; null where an optional one was not given.
    #[serde(rename = "a", skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<serde_json::Value>,
}

/// No inputs.
pub(crate) static NO_INPUTS: Inputs = Inputs { parameters: Vec::new(), artifacts: Vec::new() };

use tiphys_spec as spec;
