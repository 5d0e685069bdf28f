//! Whole objects: Argo's kinds and the few Kubernetes kinds a run may need.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::argument::Arguments;
use crate::scalar::is_zero;
use crate::workflow::{WorkflowSpec, WorkflowTemplateRef};

/// Name, labels and history of an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Its name; empty if the store is to choose one after `generate_name`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The beginning of the name to choose (`OB-013`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub generate_name: String,
    /// Its namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its identity, given by the store.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Its revision, given by the store.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// How often its body changed.
    #[serde(skip_serializing_if = "is_zero")]
    pub generation: i64,
    /// When it was made, as RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<String>,
    /// When its deletion was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<String>,
    /// Seconds its deletion may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_grace_period_seconds: Option<i64>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owner_references: Vec<Value>,
    /// What must happen before it goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
    /// Who wrote which field; kept, never read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed_fields: Vec<Value>,
    /// Kept, never read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub self_link: String,
}

/// One execution (`OB-020`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Workflow {
    /// Name, labels and history.
    pub metadata: Metadata,
    /// What it does.
    pub spec: WorkflowSpec,
    /// How far it is, as Argo's JSON; [`crate::WorkflowStatus`] reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Value>,
}

/// A library of templates, of one namespace or of the cluster (`OB-021`, `OB-022`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowTemplate {
    /// Name, labels and history.
    pub metadata: Metadata,
    /// The body, of the same shape as a workflow's.
    pub spec: WorkflowSpec,
}

/// A schedule of workflows (`OB-023`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronWorkflow {
    /// Name, labels and history.
    pub metadata: Metadata,
    /// What is started when.
    pub spec: CronWorkflowSpec,
    /// What was started, as Argo's JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Value>,
}

/// What a schedule starts, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronWorkflowSpec {
    /// The body of each workflow.
    pub workflow_spec: WorkflowSpec,
    /// The schedules.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<String>,
    /// What happens if the last one still runs: `Allow`, `Forbid`, `Replace`; empty means `Allow`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub concurrency_policy: String,
    /// Whether nothing is started.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// How late a missed start is still made up for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_deadline_seconds: Option<i64>,
    /// Successful workflows kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successful_jobs_history_limit: Option<i64>,
    /// Failed workflows kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_jobs_history_limit: Option<i64>,
    /// Time zone of the schedules; empty means the machine's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timezone: String,
    /// Metadata of each workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_metadata: Option<Metadata>,
    /// When the schedule ends for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_strategy: Option<StopStrategy>,
    /// A condition on each start.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when: String,
}

/// When a schedule ends for good.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StopStrategy {
    /// The expression that ends it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
}

/// What an event submits (`OB-024`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowEventBinding {
    /// Name, labels and history.
    pub metadata: Metadata,
    /// The event and the submission.
    pub spec: WorkflowEventBindingSpec,
}

/// An event and what it submits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowEventBindingSpec {
    /// Which events.
    pub event: Event,
    /// What is submitted; absent means nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submit: Option<Submit>,
}

/// Which events a binding listens to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// An expression over the event.
    pub selector: String,
}

/// What an event submits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Submit {
    /// The template to run.
    pub workflow_template_ref: WorkflowTemplateRef,
    /// Metadata as expressions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Arguments as expressions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Arguments>,
}

/// Texts and bytes by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMap {
    /// Name, labels and history.
    pub metadata: Metadata,
    /// The texts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
    /// The bytes, in Base64.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub binary_data: BTreeMap<String, String>,
    /// Whether it may be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable: Option<bool>,
}

impl ConfigMap {
    /// The content under a key, as bytes. `None` if there is none, or its Base64 is broken.
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        match self.data.get(key) {
            Some(text) => Some(text.clone().into_bytes()),
            None => decode(self.binary_data.get(key)?),
        }
    }

    /// All keys, texts and bytes together, in order.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> =
            self.data.keys().chain(self.binary_data.keys()).map(String::as_str).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// Secret bytes by key.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Secret {
    /// Name, labels and history.
    pub metadata: Metadata,
    /// The bytes, in Base64.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, String>,
    /// The same as plain texts; wins over `data`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub string_data: BTreeMap<String, String>,
    /// What kind of secret it is.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Whether it may be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable: Option<bool>,
}

impl std::fmt::Debug for Secret {
    /// Shows the keys and never a value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("name", &self.metadata.name).field("keys", &self.keys()).finish()
    }
}

impl Secret {
    /// The content under a key. `None` if there is none, or its Base64 is broken.
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        match self.string_data.get(key) {
            Some(text) => Some(text.clone().into_bytes()),
            None => decode(self.data.get(key)?),
        }
    }

    /// All keys, in order.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> =
            self.data.keys().chain(self.string_data.keys()).map(String::as_str).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

fn decode(base64: &str) -> Option<Vec<u8>> {
    let packed: String = base64.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

/// A claim for a volume.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaim {
    /// Name, labels and history.
    pub metadata: Metadata,
    /// What is claimed.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub spec: Value,
    /// What was given.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub status: Value,
}

/// Any document a file may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// One execution.
    Workflow(Box<Workflow>),
    /// A library of templates of one namespace.
    WorkflowTemplate(Box<WorkflowTemplate>),
    /// A library of templates of the cluster.
    ClusterWorkflowTemplate(Box<WorkflowTemplate>),
    /// A schedule of workflows.
    CronWorkflow(Box<CronWorkflow>),
    /// What an event submits.
    WorkflowEventBinding(Box<WorkflowEventBinding>),
    /// Texts and bytes by key.
    ConfigMap(Box<ConfigMap>),
    /// Secret bytes by key.
    Secret(Box<Secret>),
    /// A claim for a volume.
    PersistentVolumeClaim(Box<PersistentVolumeClaim>),
    /// A document of a kind we do not run.
    Foreign(Value),
}

impl Object {
    /// Name, labels and history; `None` for foreign documents.
    pub fn metadata(&self) -> Option<&Metadata> {
        match self {
            Object::Workflow(o) => Some(&o.metadata),
            Object::WorkflowTemplate(o) | Object::ClusterWorkflowTemplate(o) => Some(&o.metadata),
            Object::CronWorkflow(o) => Some(&o.metadata),
            Object::WorkflowEventBinding(o) => Some(&o.metadata),
            Object::ConfigMap(o) => Some(&o.metadata),
            Object::Secret(o) => Some(&o.metadata),
            Object::PersistentVolumeClaim(o) => Some(&o.metadata),
            Object::Foreign(_) => None,
        }
    }

    /// The `kind` of the document; empty for foreign documents that have none.
    pub fn kind(&self) -> &str {
        match self {
            Object::Workflow(_) => "Workflow",
            Object::WorkflowTemplate(_) => "WorkflowTemplate",
            Object::ClusterWorkflowTemplate(_) => "ClusterWorkflowTemplate",
            Object::CronWorkflow(_) => "CronWorkflow",
            Object::WorkflowEventBinding(_) => "WorkflowEventBinding",
            Object::ConfigMap(_) => "ConfigMap",
            Object::Secret(_) => "Secret",
            Object::PersistentVolumeClaim(_) => "PersistentVolumeClaim",
            Object::Foreign(value) => value.get("kind").and_then(Value::as_str).unwrap_or(""),
        }
    }
}
