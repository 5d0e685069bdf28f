//! What the world tells a run.

use super::again::Retry;
use super::collect::Collected;
use super::command::Attempt;
use super::gate::LockAnswer;
use super::node::{NodeIx, Phase};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use tiphys_spec as spec;

/// One thing heard. Any of them may come twice or late; the second time changes nothing (I5).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Input {
    /// Start the workflow.
    Begin,
    /// The workflow is not to begin yet; `Begin` follows when it may.
    Postponed {
        /// Why.
        message: String,
    },
    /// Go on with what a bounded call left over.
    Continue,
    /// The state was loaded again: look once at everything that waits.
    Recovered,
    /// A runner's word about an attempt.
    Reported {
        /// Which try of which node.
        attempt: Attempt,
        /// What happened.
        report: Report,
    },
    /// What came of asking for locks.
    LocksAnswered {
        /// Who asked; none for the workflow itself.
        node: Option<NodeIx>,
        /// The answer.
        answer: LockAnswer,
    },
    /// Locks were given back.
    LocksReleased {
        /// Who held them.
        node: Option<NodeIx>,
    },
    /// What is remembered under a node's key.
    MemoAnswered {
        /// The node.
        node: NodeIx,
        /// Its outputs; none is a miss.
        found: Option<Box<spec::Outputs>>,
    },
    /// A result is remembered now.
    MemoSaved {
        /// Whose.
        node: NodeIx,
    },
    /// A metric does not fit what others of its name are (EX-523).
    MetricRefused {
        /// Why.
        message: String,
    },
    /// What came of deleting artifacts.
    ArtifactsDeleted {
        /// Which are gone, and why others are not.
        collected: Collected,
    },
    /// A timer is due.
    TimerFired,
    /// A person or a program asks something of the run.
    Asked(Request),
}

/// What happened to an attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Report {
    /// It runs.
    Observed {
        /// Where a daemon can be reached, once it is ready.
        address: Option<String>,
    },
    /// It told its progress.
    Progress {
        /// Done so far.
        done: u32,
        /// Of how many.
        of: u32,
    },
    /// It said how it stands, or nothing any more (EX-477).
    Told(String),
    /// These of its containers have begun, of a set in which some wait for others.
    Begun(Vec<String>),
    /// Its containers have ended, and saving its files takes its time.
    Saving,
    /// It ended.
    Ended(Box<Outcome>),
    /// It was running once and nobody knows of it any more; what became of it, for people.
    Lost(String),
    /// It could not be started, and never will be.
    Refused(String),
    /// No pod can be made of the template: an error that whoever entered the node is told (EX-115).
    Unmade(String),
    /// We took it back (an interrupted run): it is to start again.
    Withdrawn,
}

/// How an attempt came out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Succeeded, Failed or Error.
    pub phase: Phase,
    /// Argo's words for it.
    pub message: Option<String>,
    /// Why, where those do not tell.
    #[serde(default)]
    pub cause: Option<String>,
    /// Exit code of the container named `main`.
    pub exit_code: Option<i32>,
    /// Captured standard output.
    pub result: Option<String>,
    /// Values of output parameters by name.
    pub parameters: Vec<(String, String)>,
    /// Saved artifacts, complete.
    pub artifacts: Vec<spec::Artifact>,
    /// What became of each container of a container set, by name.
    #[serde(default)]
    pub containers: Vec<ContainerOutcome>,
    /// When it ended, if whoever ran it knows.
    #[serde(default)]
    pub finished: Option<Time>,
}

impl Outcome {
    /// Its containers have run, whatever came of them.
    pub(crate) fn has_run(&self) -> bool {
        self.exit_code.is_some() || self.phase == Phase::Succeeded || !self.containers.is_empty()
    }
}

/// How one container of a set came out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerOutcome {
    /// Its name.
    pub name: String,
    /// Succeeded, Failed or Error.
    pub phase: Phase,
    /// Argo's words for it.
    pub message: Option<String>,
    /// Why, where those do not tell.
    #[serde(default)]
    pub cause: Option<String>,
}

/// What may be asked of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// Hold: nothing new starts.
    Suspend,
    /// Release the hold and every suspended node the selector matches.
    Resume {
        /// Argo's node field selector; empty matches all (EX-284, EX-285).
        selector: String,
        /// Who asks, for the message.
        by: Option<String>,
    },
    /// End running steps, run exit handlers; with a selector, fail the matching suspended nodes.
    Stop {
        /// Empty means the whole workflow.
        selector: String,
        /// The message of nodes stopped by selector.
        message: Option<String>,
    },
    /// End everything.
    Terminate,
    /// Go on with a run that is over: what failed runs again (EX-300 to EX-308).
    Retry(Retry),
    /// Give a suspended node outputs, a phase, a message (EX-286).
    SetNode {
        /// Which.
        selector: String,
        /// Output parameters.
        parameters: BTreeMap<String, String>,
        /// A final phase.
        phase: Option<Phase>,
        /// A message.
        message: Option<String>,
    },
    /// Set labels of the workflow: who changed it, and how.
    Label {
        /// Key and value.
        labels: BTreeMap<String, String>,
    },
    /// Free-form data for faces; recorded nowhere.
    Note(Value),
}
