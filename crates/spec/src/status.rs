//! The state of a workflow as Argo shows it. Written by the engine's projection, read by everyone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::argument::{Inputs, Outputs};
use crate::scalar::{is_false, is_zero};
use crate::template::{Template, TemplateRef};
use crate::workflow::WorkflowSpec;

/// The state of a workflow (`OB-150` to `OB-167`).
///
/// Times are RFC 3339 in UTC with seconds. An absent one is left out, as a cluster shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Error`, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phase: String,
    /// When it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Expected seconds from start to end.
    #[serde(skip_serializing_if = "is_zero")]
    pub estimated_duration: i64,
    /// `N/M`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub progress: String,
    /// Why it has its phase.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The nodes packed, if too large.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub compressed_nodes: String,
    /// The nodes by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<String, NodeStatus>,
    /// Where the nodes are kept, if elsewhere.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub offload_node_status_version: String,
    /// Templates of other documents, as they were when used.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stored_templates: BTreeMap<String, Template>,
    /// Claims made and not yet deleted, as volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub persistent_volume_claims: Vec<Value>,
    /// Outputs of the whole workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Outputs>,
    /// One entry for each type of condition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Indicative use of resources, in seconds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resources_duration: BTreeMap<String, i64>,
    /// The body that is run, if merged from several documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_workflow_template_spec: Option<Box<WorkflowSpec>>,
    /// Locks held and waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synchronization: Option<SynchronizationStatus>,
    /// The artifact repository in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_repository_ref: Option<Value>,
    /// How far deletion of artifacts is.
    #[serde(rename = "artifactGCStatus", skip_serializing_if = "Option::is_none")]
    pub artifact_gc_status: Option<ArtifactGcStatus>,
    /// Whether each pod has reported everything.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub task_results_completion_status: BTreeMap<String, bool>,
}

impl WorkflowStatus {
    /// Reads a status as Argo writes it, nulls included.
    pub fn from_value(value: &Value) -> Result<WorkflowStatus, serde_json::Error> {
        serde_json::from_value(without_nulls(value))
    }
}

/// A copy without the members that are null: Go reads them as absent.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name.clone(), without_nulls(member)))
            .collect(),
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// The state of a node (`OB-180` to `OB-198`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// Unique in its workflow; computed from the name.
    pub id: String,
    /// The full name.
    pub name: String,
    /// The short name.
    pub display_name: String,
    /// `Pod`, `Container`, `Steps`, `StepGroup`, `DAG`, `TaskGroup`, `Retry`, `Skipped`, `Suspend`, `HTTP`, `Plugin`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The template of the same document.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template_name: String,
    /// The template of another document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_ref: Option<TemplateRef>,
    /// The document the template's names are looked up in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template_scope: String,
    /// `Pending`, `Running`, `Succeeded`, `Skipped`, `Failed`, `Error`, `Omitted`, or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phase: String,
    /// The enclosing steps or dag node, or the pod of a container.
    #[serde(rename = "boundaryID", skip_serializing_if = "String::is_empty")]
    pub boundary_id: String,
    /// Why it has its phase.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Expected seconds from start to end.
    #[serde(skip_serializing_if = "is_zero")]
    pub estimated_duration: i64,
    /// `N/M`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub progress: String,
    /// Indicative use of resources, in seconds.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub resources_duration: BTreeMap<String, i64>,
    /// Address of the pod.
    #[serde(rename = "podIP", skip_serializing_if = "String::is_empty")]
    pub pod_ip: String,
    /// Whether it runs as a daemon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daemoned: Option<bool>,
    /// Whether it is a hook or an attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_flag: Option<NodeFlag>,
    /// The values it was started with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs>,
    /// The values it gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Outputs>,
    /// Ids of the nodes after or below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<String>,
    /// Ids of the nodes a steps or dag node ends with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outbound_nodes: Vec<String>,
    /// The machine it ran on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host_node_name: String,
    /// Whether its result was remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memoization_status: Option<MemoizationStatus>,
    /// The lock it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synchronization_status: Option<NodeSynchronizationStatus>,
    /// Whether its report is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_result_synced: Option<bool>,
    /// How often its pod was restarted by the infrastructure.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed_pod_restarts: i64,
    /// The pod that is being restarted.
    #[serde(rename = "restartingPodUID", skip_serializing_if = "String::is_empty")]
    pub restarting_pod_uid: String,
}

/// Whether a node is a hook or an attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeFlag {
    /// A hook or an exit handler.
    #[serde(skip_serializing_if = "is_false")]
    pub hooked: bool,
    /// An attempt of a Retry node.
    #[serde(skip_serializing_if = "is_false")]
    pub retried: bool,
}

/// Whether a node's result was remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MemoizationStatus {
    /// Whether it was found.
    pub hit: bool,
    /// Under which key.
    pub key: String,
    /// Where.
    pub cache_name: String,
}

/// The lock a node waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSynchronizationStatus {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub waiting: String,
}

/// One thing known about a workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// `Completed`, `PodRunning`, `SpecWarning`, `SpecError`, `MetricsError`, `ArtifactGCError`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// Details.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Locks a workflow holds and waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SynchronizationStatus {
    /// Counted locks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semaphore: Option<SemaphoreStatus>,
    /// Locks for one holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutex: Option<MutexStatus>,
}

/// Counted locks a workflow holds and waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SemaphoreStatus {
    /// Held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holding: Vec<LockHolding>,
    /// Waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<LockHolding>,
}

/// Who holds a counted lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LockHolding {
    /// The lock.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub semaphore: String,
    /// The nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holders: Vec<String>,
}

/// Locks for one holder that a workflow holds and waits for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutexStatus {
    /// Held.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holding: Vec<MutexHolding>,
    /// Waited for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<MutexHolding>,
}

/// Who holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MutexHolding {
    /// The lock.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mutex: String,
    /// The node.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub holder: String,
}

/// How far deletion of artifacts is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArtifactGcStatus {
    /// Strategies dealt with.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub strategies_processed: BTreeMap<String, bool>,
    /// Pods whose result was taken.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pods_recouped: BTreeMap<String, bool>,
    /// No artifact is to be deleted.
    #[serde(skip_serializing_if = "is_false")]
    pub not_specified: bool,
}
