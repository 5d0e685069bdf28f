//! The body of a workflow, shared by workflows, their templates and cron workflows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::argument::Arguments;
use crate::scalar::is_false;
use crate::template::{Hook, Metrics, PodMetadata, RetryStrategy, Synchronization, Template};

/// What a workflow does (`OB-100` to `OB-144`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowSpec {
    /// The templates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<Template>,
    /// The template to begin with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub entrypoint: String,
    /// What is handed in.
    pub arguments: Arguments,
    /// Account of all pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Whether the account's token is mounted; absent means yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automount_service_account_token: Option<bool>,
    /// Settings of the executor containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<ExecutorConfig>,
    /// Volumes that steps can mount by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Value>,
    /// Claims made for this run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_claim_templates: Vec<Value>,
    /// Most pods at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<i64>,
    /// Where artifacts are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_repository_ref: Option<ArtifactRepositoryRef>,
    /// Whether nothing new is started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// Node selector of all pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_selector: BTreeMap<String, String>,
    /// Affinity of all pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Value>,
    /// Tolerations of all pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Value>,
    /// Secrets for pulling images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<LocalObjectRef>,
    /// Whether pods use the network of their machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_network: Option<bool>,
    /// How names are resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_policy: Option<String>,
    /// Settings of name resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_config: Option<Value>,
    /// The template run at the end, whatever the outcome. Wins over `hooks.exit`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub on_exit: String,
    /// When the finished workflow is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_strategy: Option<TtlStrategy>,
    /// Longest time from the start; 0 ends a running workflow now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<i64>,
    /// Order among workflows; larger first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Scheduler of all pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scheduler_name: String,
    /// When pods are deleted.
    #[serde(rename = "podGC", skip_serializing_if = "Option::is_none")]
    pub pod_gc: Option<PodGc>,
    /// Priority class of all pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_priority_class_name: String,
    /// Additional host names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host_aliases: Vec<Value>,
    /// Security context of all pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<Value>,
    /// A patch of all pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_spec_patch: String,
    /// Disruption budget of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_disruption_budget: Option<Value>,
    /// Metrics of the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// `Stop`, `Terminate` or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub shutdown: String,
    /// The template whose body is run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_template_ref: Option<WorkflowTemplateRef>,
    /// Locks of the whole workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synchronization: Option<Synchronization>,
    /// When claims made for this run are deleted.
    #[serde(rename = "volumeClaimGC", skip_serializing_if = "Option::is_none")]
    pub volume_claim_gc: Option<VolumeClaimGc>,
    /// For every template that has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_strategy: Option<RetryStrategy>,
    /// Labels and annotations of all pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_metadata: Option<PodMetadata>,
    /// What every template is merged over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_defaults: Option<Box<Template>>,
    /// Whether logs are kept as artifacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_logs: Option<bool>,
    /// What runs at events of the workflow.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hooks: BTreeMap<String, Hook>,
    /// Metadata added to the workflow at its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_metadata: Option<WorkflowMetadata>,
    /// When artifacts are deleted.
    #[serde(rename = "artifactGC", skip_serializing_if = "Option::is_none")]
    pub artifact_gc: Option<WorkflowArtifactGc>,
    /// Executor plugins of this workflow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub executor_plugins: Vec<Value>,
    /// Resources of whole pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_resources: Option<Value>,
    /// Resource claims of pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<Value>,
}

impl WorkflowSpec {
    /// The template of that name.
    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.name == name)
    }
}

/// The template whose body a workflow runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowTemplateRef {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whether it is a ClusterWorkflowTemplate.
    #[serde(skip_serializing_if = "is_false")]
    pub cluster_scope: bool,
}

/// Settings of the executor containers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecutorConfig {
    /// Their account.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
}

/// A name in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LocalObjectRef {
    /// The name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// Which artifact repository is used (`OB-109`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArtifactRepositoryRef {
    /// The config map; empty means `artifact-repositories`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub config_map: String,
    /// The key in it; empty means the one it names as its default.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
}

/// When a finished workflow is deleted, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TtlStrategy {
    /// After any end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_after_completion: Option<i64>,
    /// After success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_after_success: Option<i64>,
    /// After failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_after_failure: Option<i64>,
}

impl TtlStrategy {
    /// Seconds that a workflow is kept after it ended in this phase (`EX-500`).
    pub fn seconds(&self, phase: &str) -> Option<i64> {
        let own = match phase {
            "Succeeded" => self.seconds_after_success,
            "Failed" => self.seconds_after_failure,
            _ => None,
        };
        own.or(self.seconds_after_completion)
    }
}

/// When pods are deleted (`OB-326`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodGc {
    /// `OnPodCompletion`, `OnPodSuccess`, `OnWorkflowCompletion`, `OnWorkflowSuccess`, or empty for never.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub strategy: String,
    /// Which pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<Value>,
    /// How long afterwards.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub delete_delay_duration: String,
}

/// When claims made for a run are deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeClaimGc {
    /// `OnWorkflowCompletion` or `OnWorkflowSuccess`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub strategy: String,
}

/// Metadata added to a workflow at its start (`OB-140`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels whose values are computed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels_from: BTreeMap<String, LabelExpression>,
}

/// A label's value as an expression.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelExpression {
    /// The expression, evaluated once.
    pub expression: String,
}

/// When artifacts are deleted, for a whole workflow (`OB-141`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowArtifactGc {
    /// `OnWorkflowCompletion`, `OnWorkflowDeletion` or `Never`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub strategy: String,
    /// Metadata of the deleting pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_metadata: Option<PodMetadata>,
    /// Account of the deleting pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Whether a failed deletion no longer holds the workflow.
    #[serde(skip_serializing_if = "is_false")]
    pub force_finalizer_removal: bool,
    /// A patch of the deleting pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_spec_patch: String,
}
