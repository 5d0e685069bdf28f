//! Templates: what can be run, and how steps and tasks call it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::argument::{Arguments, ArtifactLocation, ConfigMapKeyRef, Inputs, Outputs};
use crate::scalar::{IntOrStr, Item, any_str, is_false};
use crate::workflow::ExecutorConfig;

/// One template (`OB-200`). Exactly one of the type fields is set in a valid one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Template {
    /// Its name; empty for inline templates.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it takes in.
    pub inputs: Inputs,
    /// What it gives out.
    pub outputs: Outputs,
    /// Node selector of its pods.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_selector: BTreeMap<String, String>,
    /// Affinity of its pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Value>,
    /// Labels and annotations of its pods.
    pub metadata: PodMetadata,
    /// Whether it runs on beside the rest of its boundary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daemon: Option<bool>,
    /// Groups of steps: the groups in turn, the steps of a group at once.
    ///
    /// An empty list is read as one empty group, because it makes the template a steps template.
    #[serde(deserialize_with = "groups", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Vec<Task>>,
    /// One container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Value>,
    /// Several containers of one pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_set: Option<Value>,
    /// A program in a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Value>,
    /// An operation on a Kubernetes object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<Value>,
    /// A graph of tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dag: Option<Dag>,
    /// A wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<Suspend>,
    /// A listing of artifacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// A web request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Value>,
    /// A call of an executor plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Value>,
    /// Volumes of its pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Value>,
    /// Containers run before the main one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Value>,
    /// Containers run beside the main one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sidecars: Vec<Value>,
    /// Where its logs and outputs are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_location: Option<ArtifactLocation>,
    /// Longest time its pod may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<IntOrStr>,
    /// What happens after a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_strategy: Option<RetryStrategy>,
    /// Most direct children at once, of steps and dag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<i64>,
    /// Whether nothing more starts after a child failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_fast: Option<bool>,
    /// Tolerations of its pods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Value>,
    /// Scheduler of its pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scheduler_name: String,
    /// Priority class of its pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub priority_class_name: String,
    /// Account of its pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Whether the account's token is mounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automount_service_account_token: Option<bool>,
    /// Settings of the executor containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<ExecutorConfig>,
    /// Additional host names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host_aliases: Vec<Value>,
    /// Security context of its pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<Value>,
    /// A patch of its pods.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_spec_patch: String,
    /// Metrics it emits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// Locks it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synchronization: Option<Synchronization>,
    /// Whether and where its result is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memoize: Option<Memoize>,
    /// Longest time from the node's start.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub timeout: String,
    /// Longest time the node may be Pending.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pending_timeout: String,
    /// Notes; only the display name has an effect.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Resources of the whole pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_resources: Option<Value>,
    /// Resource claims of the pod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<Value>,
}

/// What a template is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TemplateKind {
    /// One container.
    Container,
    /// Several containers of one pod.
    ContainerSet,
    /// Groups of steps.
    Steps,
    /// A graph of tasks.
    Dag,
    /// A program in a container.
    Script,
    /// An operation on a Kubernetes object.
    Resource,
    /// A listing of artifacts.
    Data,
    /// A wait.
    Suspend,
    /// A web request.
    Http,
    /// A call of an executor plugin.
    Plugin,
}

impl TemplateKind {
    /// All kinds in Argo's order of precedence (`OB-240`).
    pub const ALL: [TemplateKind; 10] = [
        TemplateKind::Container,
        TemplateKind::ContainerSet,
        TemplateKind::Steps,
        TemplateKind::Dag,
        TemplateKind::Script,
        TemplateKind::Resource,
        TemplateKind::Data,
        TemplateKind::Suspend,
        TemplateKind::Http,
        TemplateKind::Plugin,
    ];

    /// The word Argo uses for it in messages.
    pub fn name(self) -> &'static str {
        match self {
            TemplateKind::Container => "Container",
            TemplateKind::ContainerSet => "ContainerSet",
            TemplateKind::Steps => "Steps",
            TemplateKind::Dag => "DAG",
            TemplateKind::Script => "Script",
            TemplateKind::Resource => "Resource",
            TemplateKind::Data => "Data",
            TemplateKind::Suspend => "Suspend",
            TemplateKind::Http => "HTTP",
            TemplateKind::Plugin => "Plugin",
        }
    }

    /// The field of a template that makes it this kind.
    pub fn field(self) -> &'static str {
        match self {
            TemplateKind::Container => "container",
            TemplateKind::ContainerSet => "containerSet",
            TemplateKind::Steps => "steps",
            TemplateKind::Dag => "dag",
            TemplateKind::Script => "script",
            TemplateKind::Resource => "resource",
            TemplateKind::Data => "data",
            TemplateKind::Suspend => "suspend",
            TemplateKind::Http => "http",
            TemplateKind::Plugin => "plugin",
        }
    }

    /// Runs as a pod of its own (`OB-241`).
    pub fn is_pod(self) -> bool {
        matches!(
            self,
            TemplateKind::Container
                | TemplateKind::ContainerSet
                | TemplateKind::Script
                | TemplateKind::Resource
                | TemplateKind::Data
        )
    }

    /// Runs something itself: pods, web requests and plugins, but not suspend (`OB-241`).
    pub fn is_leaf(self) -> bool {
        self.is_pod() || matches!(self, TemplateKind::Http | TemplateKind::Plugin)
    }
}

impl Template {
    /// What it is; `None` if no type field is set. Of several the first counts (`OB-240`).
    pub fn kind(&self) -> Option<TemplateKind> {
        TemplateKind::ALL.into_iter().find(|kind| self.has_kind(*kind))
    }

    /// Every type field that is set, in order of precedence.
    pub fn kinds(&self) -> Vec<TemplateKind> {
        TemplateKind::ALL.into_iter().filter(|kind| self.has_kind(*kind)).collect()
    }

    fn has_kind(&self, kind: TemplateKind) -> bool {
        match kind {
            TemplateKind::Container => self.container.is_some(),
            TemplateKind::ContainerSet => self.container_set.is_some(),
            TemplateKind::Steps => !self.steps.is_empty(),
            TemplateKind::Dag => self.dag.is_some(),
            TemplateKind::Script => self.script.is_some(),
            TemplateKind::Resource => self.resource.is_some(),
            TemplateKind::Data => self.data.is_some(),
            TemplateKind::Suspend => self.suspend.is_some(),
            TemplateKind::Http => self.http.is_some(),
            TemplateKind::Plugin => self.plugin.is_some(),
        }
    }

    /// Runs as a pod of its own (`OB-241`).
    pub fn is_pod(&self) -> bool {
        self.kind().is_some_and(TemplateKind::is_pod)
    }

    /// Runs something itself (`OB-241`).
    pub fn is_leaf(&self) -> bool {
        self.kind().is_some_and(TemplateKind::is_leaf)
    }

    /// Whether nodes of it may have `outputs.result` (`OB-242`).
    pub fn has_result(&self) -> bool {
        match self.kind() {
            Some(TemplateKind::ContainerSet) => self.container_names().any(|name| name == "main"),
            Some(
                TemplateKind::Container
                | TemplateKind::Script
                | TemplateKind::Data
                | TemplateKind::Http
                | TemplateKind::Plugin,
            ) => true,
            _ => false,
        }
    }

    /// The names of the containers of a container set, in order.
    pub fn container_names(&self) -> impl Iterator<Item = &str> {
        self.container_set
            .as_ref()
            .and_then(|set| set.get("containers"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|container| container.get("name").and_then(Value::as_str))
    }

    /// The tasks of a steps or dag template, in the order they are written.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.steps.iter().flatten().chain(self.dag.iter().flat_map(|dag| &dag.tasks))
    }
}

/// A step or a task: one call of a template (`OB-250`, `OB-263`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Task {
    /// Its name, unique in its template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The template of the same document.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// The template written in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline: Option<Box<Template>>,
    /// What is handed over.
    pub arguments: Arguments,
    /// The template of another document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_ref: Option<TemplateRef>,
    /// Tasks that must end first, in a dag.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// Loops over these items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub with_items: Vec<Item>,
    /// Loops over the list this text renders to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub with_param: String,
    /// Loops over a range of numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_sequence: Option<Sequence>,
    /// The condition; empty means always.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// Which failures the rest goes on after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continue_on: Option<ContinueOn>,
    /// The older spelling of `hooks.exit.template`; wins over it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub on_exit: String,
    /// What runs beside it, by event.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hooks: BTreeMap<String, Hook>,
    /// The condition on other tasks, in a dag.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub depends: String,
}

impl Task {
    /// Whether it has a loop (`VA-109`).
    pub fn has_loop(&self) -> bool {
        !self.with_items.is_empty() || !self.with_param.is_empty() || self.with_sequence.is_some()
    }
}

/// A graph of tasks (`OB-260`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dag {
    /// The tasks wanted, separated by spaces; empty means all that nobody depends on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Whether nothing new starts after a failure; absent means yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_fast: Option<bool>,
}

/// A template of another document (`6.6`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateRef {
    /// The document.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The template in it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// Whether the document is a ClusterWorkflowTemplate.
    #[serde(skip_serializing_if = "is_false")]
    pub cluster_scope: bool,
}

/// A range of numbers (`OB-270`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sequence {
    /// How many; excludes `end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<IntOrStr>,
    /// The first; absent means 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<IntOrStr>,
    /// The last, inclusive; may be below the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<IntOrStr>,
    /// How each is printed; empty means `%d`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
}

/// Which failures the rest goes on after.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContinueOn {
    /// After Error.
    #[serde(skip_serializing_if = "is_false")]
    pub error: bool,
    /// After Failed.
    #[serde(skip_serializing_if = "is_false")]
    pub failed: bool,
}

/// What runs beside a node when an expression becomes true, or after it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hook {
    /// The template of the same document.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template: String,
    /// What is handed over.
    pub arguments: Arguments,
    /// The template of another document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_ref: Option<TemplateRef>,
    /// When it runs; the exit hook needs none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
}

/// A wait.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Suspend {
    /// How long; empty means until a person resumes it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub duration: String,
}

/// Labels and annotations of pods.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodMetadata {
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What happens after a failure (`OB-315`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RetryStrategy {
    /// Most retries after the first attempt; absent means no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<IntOrStr>,
    /// `Always`, `OnFailure`, `OnError`, `OnTransientError`, or empty for the default.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub retry_policy: String,
    /// Waits between attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// Where the next attempt should not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Value>,
    /// An additional condition.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
}

/// Waits between attempts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Backoff {
    /// The first wait.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub duration: String,
    /// What each wait is multiplied with; absent means 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<IntOrStr>,
    /// Budget from the start of the first attempt.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub max_duration: String,
    /// Longest single wait.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cap: String,
}

/// Locks a workflow or a template needs (`OB-335`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Synchronization {
    /// Counted locks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub semaphores: Vec<Semaphore>,
    /// Locks for one holder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mutexes: Vec<Mutex>,
}

/// A counted lock: its limit is in a config map or in the database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Semaphore {
    /// The config map's key that holds the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<ConfigMapKeyRef>,
    /// Where it lives; empty means the workflow's namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The database key that holds the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseRef>,
}

/// A key in the synchronization database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseRef {
    /// The key.
    pub key: String,
}

/// A lock for one holder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mutex {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Where it lives; empty means the workflow's namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Whether it is shared between controllers through the database.
    #[serde(skip_serializing_if = "is_false")]
    pub database: bool,
}

/// Whether and where a result is remembered (`6.14`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Memoize {
    /// What the result is remembered under.
    pub key: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// How long; empty means for ever.
    pub max_age: String,
}

/// Where results are remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cache {
    /// A config map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<CacheConfigMap>,
}

/// The config map of a cache.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheConfigMap {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// A key, unused by Argo.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Unused by Argo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// Metrics of a workflow or a template (`OB-345`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metrics {
    /// The metrics.
    pub prometheus: Vec<Metric>,
}

/// One metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metric {
    /// Its name, without the prefix.
    pub name: String,
    /// Its labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<MetricLabel>,
    /// What it means.
    pub help: String,
    /// When it is emitted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// A value that goes up and down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gauge: Option<Gauge>,
    /// A distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// A value that goes up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<Counter>,
}

/// A label of a metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricLabel {
    /// Its name.
    pub key: String,
    /// Its value; may hold tags.
    pub value: String,
}

/// A value that goes up and down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Gauge {
    /// The value; may hold tags.
    pub value: String,
    /// Whether it is measured while the step runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realtime: Option<bool>,
    /// `Set`, `Add` or `Sub`; empty means `Set`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub operation: String,
}

/// A distribution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Histogram {
    /// The value; may hold tags.
    pub value: String,
    /// Upper bounds of the buckets.
    pub buckets: Vec<Value>,
}

/// A value that goes up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counter {
    /// What is added; may hold tags.
    #[serde(deserialize_with = "counter_text")]
    pub value: String,
}

fn counter_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(any_str(deserializer)?.unwrap_or_default())
}

fn groups<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<Task>>, D::Error> {
    let groups = Vec::deserialize(deserializer)?;
    Ok(if groups.is_empty() { vec![Vec::new()] } else { groups })
}
