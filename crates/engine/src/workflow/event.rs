//! What became true. The journal is a list of these, one JSON object a line; each format ever
//! released stays readable (I12), so variants and fields are only ever added.

use super::arrive::Arrival;
use super::collect::Collected;
use super::node::{Gate, Inputs, Memo, NodeIx, Phase};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tiphys_spec as spec;

/// A fact about one run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The workflow began. Its parameters and metadata are as resolved at that moment.
    Began {
        /// Final workflow parameters in the order of the document.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parameters: Vec<(Arc<str>, Arc<str>)>,
        /// Labels that the document adds at start (EX-096).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        labels: BTreeMap<String, String>,
        /// Annotations likewise.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        annotations: BTreeMap<String, String>,
    },
    /// The workflow may not begin yet (EX-060).
    Postponed {
        /// Why.
        message: Arc<str>,
    },
    /// A node came to be. Pod nodes are started because of this event.
    Entered(Arrival),
    /// A node passed its gates and begins.
    Opened {
        /// The node.
        node: NodeIx,
        /// Dags with a templated target: the target as it came out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<Arc<str>>,
    },
    /// A node stands at another gate now.
    Gated {
        /// The node.
        node: NodeIx,
        /// The gate.
        gate: Gate,
    },
    /// Locks were asked for; without a node, by the workflow itself.
    LocksAsked {
        /// Who asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeIx>,
    },
    /// A lock is not free yet.
    LocksAwaited {
        /// Who waits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeIx>,
        /// For which lock.
        lock: Arc<str>,
        /// Argo's message.
        message: Arc<str>,
    },
    /// All locks are held.
    LocksHeld {
        /// By whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeIx>,
    },
    /// Locks were given back.
    LocksFreed {
        /// Who held them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeIx>,
    },
    /// A remembered result was asked for.
    MemoAsked {
        /// For which node.
        node: NodeIx,
        /// Under which key.
        memo: Arc<Memo>,
    },
    /// It was found; the node ends with it.
    MemoHit {
        /// The node.
        node: NodeIx,
    },
    /// A result was put where later runs find it.
    MemoSaved {
        /// The node.
        node: NodeIx,
    },
    /// A loop's items are known.
    Expanded {
        /// The step group or the task group that owns the expansions.
        owner: NodeIx,
        /// The step or task.
        task: Arc<str>,
        /// Each item's JSON text, numbers spelt as the user did.
        items: Vec<Arc<str>>,
    },
    /// An attempt was seen running.
    Observed {
        /// The pod node.
        node: NodeIx,
        /// It reported ready and others may use it (daemons); its address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Arc<str>>,
    },
    /// A step told its progress.
    Progressed {
        /// The pod node.
        node: NodeIx,
        /// Done so far.
        done: u32,
        /// Of how many.
        of: u32,
    },
    /// A step's ending is told late: it ended at this instant, when no engine listened, or one that was busy.
    Clocked {
        /// The pod node.
        node: NodeIx,
        /// When it ended.
        finished: Time,
    },
    /// Whatever ran an attempt is gone, and the attempt with it. Its end follows, in Argo's words.
    Lost {
        /// The pod node.
        node: NodeIx,
        /// What became of it, as far as anybody knows.
        cause: Arc<str>,
    },
    /// Why an attempt ends as it does, which Argo's words do not tell. Its end follows.
    Ascribed {
        /// The pod node.
        node: NodeIx,
        /// What led to it.
        cause: Arc<str>,
    },
    /// What a node waits for changed.
    Noted {
        /// The node.
        node: NodeIx,
        /// The new message; none clears it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Arc<str>>,
    },
    /// A node wants to be looked at again at an instant: the end of a suspension or of a backoff.
    Scheduled {
        /// The node.
        node: NodeIx,
        /// When.
        due: Time,
    },
    /// A person gave a suspended node output values.
    Supplied {
        /// The node.
        node: NodeIx,
        /// Its outputs from now on.
        outputs: Option<Arc<spec::Outputs>>,
    },
    /// A step group or a dag cannot go on; it ends when what runs in it has ended (EX-134, EX-245).
    Broke {
        /// The group, or the dag.
        group: NodeIx,
        /// Error or Failed.
        phase: Phase,
        /// Why.
        message: Arc<str>,
    },
    /// A hook of an ended node cannot be run, and the node is in Error for that (EX-251).
    HookBroke {
        /// The task's node, or the entry node.
        node: NodeIx,
        /// Why.
        message: Arc<str>,
    },
    /// A node that stood at a gate can never begin: it is of the type of those that could not (EX-033).
    Barred {
        /// The node.
        node: NodeIx,
    },
    /// The entry node, or the exit handler after it, ended by an error that the workflow ends in, too (EX-068, EX-070).
    Returned {
        /// The error.
        message: Arc<str>,
    },
    /// What a steps or dag node had still to enter is given up: one of its children has failed, and `failFast` ends it
    /// (EX-263).
    GaveUp {
        /// The steps or dag node.
        node: NodeIx,
    },
    /// A node ended. The first ending counts (I8).
    Ended {
        /// The node.
        node: NodeIx,
        /// How.
        phase: Phase,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Arc<str>>,
        /// What it gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outputs: Option<Arc<spec::Outputs>>,
    },
    /// A task of a dag has ended, and who lacks nothing else goes on before its hooks are looked at.
    LedOn {
        /// The task's node.
        node: NodeIx,
    },
    /// An ended node's hooks are done too; whoever waits for it may go on.
    Settled {
        /// The node.
        node: NodeIx,
    },
    /// A running attempt was taken back by us, not by the workflow: it will be started again.
    Withdrawn {
        /// The pod node.
        node: NodeIx,
    },
    /// A metric could not be had; nothing else is disturbed by that (EX-521).
    MetricFailed {
        /// Why.
        message: Arc<str>,
    },
    /// Outputs became visible to the whole workflow (PA-080).
    Exported {
        /// Name and value; none where it was declared and not given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parameters: Vec<(Arc<str>, Option<Arc<str>>)>,
        /// Whole artifacts, named by their global name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        artifacts: Vec<Value>,
    },
    /// Somebody changed labels of the workflow.
    Labelled {
        /// Key and value.
        labels: BTreeMap<String, String>,
    },
    /// Somebody steers the run as a whole.
    Controlled {
        /// What they asked.
        control: Control,
    },
    /// A run that was over goes on: a person asked for it (EX-300).
    Retried {
        /// Nodes that are taken out, in order of entry; without the root the run begins anew.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        removed: Vec<NodeIx>,
        /// Constructs that run again, in order of entry.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reset: Vec<NodeIx>,
        /// Parameters of the workflow with other values.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        parameters: BTreeMap<Arc<str>, Arc<str>>,
    },
    /// A construct that goes on with other parameters has other inputs (EX-307).
    Rebound {
        /// The node.
        node: NodeIx,
        /// Its inputs from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inputs: Option<Arc<Inputs>>,
    },
    /// The main part is over and the exit handler's turn has come.
    Exiting,
    /// The workflow ended.
    Finished {
        /// Succeeded, Failed or Error.
        phase: Phase,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Arc<str>>,
    },
    /// The artifacts that were due at the end were deleted, as far as they could be (PA-280).
    ArtifactsDeleted {
        /// What came of it.
        #[serde(flatten)]
        collected: Collected,
    },
}

/// A template by its user's words, for references that the document only gives at run time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateKey {
    /// `local`, `namespaced` or `cluster`.
    pub scope: Arc<str>,
    /// The resource's name; the workflow's for `local`.
    pub resource: Arc<str>,
    /// The template's name in it.
    pub template: Arc<str>,
}

/// How a run is steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Control {
    /// Nothing new starts (EX-283).
    Suspend,
    /// It may start again (EX-284).
    Resume,
    /// Running steps end, exit handlers run (EX-287).
    Stop,
    /// Everything ends (EX-288).
    Terminate,
    /// The workflow's deadline has passed (EX-291).
    Deadline,
}
