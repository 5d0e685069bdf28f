//! The documents users write and read: types, parsing with positions, defaults, JSON schema.
//!
//! Field names are Argo's in snake case. As in Argo, an empty `String`, list or map is the same as an
//! absent one; a field whose absence differs from its zero is an `Option`. Kubernetes fragments
//! (containers, volumes, affinity) stay plain JSON; what the engine reads of them has typed views.

mod argument;
mod container;
mod decode;
mod diagnostic;
mod instant;
mod json_schema;
pub mod label;
pub mod limits;
mod name;
mod object;
mod parse;
mod place;
mod plain;
pub mod quantity;
mod scalar;
mod schema;
mod source;
mod status;
mod template;
mod tree;
mod values;
mod workflow;

pub use argument::{
    Archive, Arguments, Artifact, ArtifactGc, ArtifactLocation, ConfigMapKeyRef, Inputs, Outputs, Parameter,
    TarArchive, ValueFrom,
};
pub use container::{Container, EnvFrom, EnvVar, Script, VolumeMount};
pub use decode::similar;
pub use diagnostic::{Diagnostic, Severity, Style};
pub use json_schema::json_schema;
pub use name::{NAME_BYTES_MAX, SUBDOMAIN_RULE, is_subdomain};
pub use object::{
    ConfigMap, CronWorkflow, CronWorkflowSpec, Event, Metadata, Object, PersistentVolumeClaim, Secret,
    StopStrategy, Submit, Workflow, WorkflowEventBinding, WorkflowEventBindingSpec, WorkflowTemplate,
};
pub use parse::{Document, Parsed, Read, Strictness, is_yaml, parse, take, value};
pub use place::{Places, path_field, path_index};
pub use plain::is_plain_text;
pub use scalar::{IntOrStr, Item, any_str_text, number_text};
pub use source::Place;
pub use status::{
    ArtifactGcStatus, Condition, LockHolding, MemoizationStatus, MutexHolding, MutexStatus, NodeFlag,
    NodeStatus, NodeSynchronizationStatus, SemaphoreStatus, SynchronizationStatus, WorkflowStatus,
};
pub use template::{
    Backoff, Cache, CacheConfigMap, ContinueOn, Counter, Dag, DatabaseRef, Gauge, Histogram, Hook, Memoize,
    Metric, MetricLabel, Metrics, Mutex, PodMetadata, RetryStrategy, Semaphore, Sequence, Suspend,
    Synchronization, Task, Template, TemplateKind, TemplateRef,
};
pub use values::{ParameterValue, named_values, parameter_values};
pub use workflow::{
    ArtifactRepositoryRef, ExecutorConfig, LabelExpression, LocalObjectRef, PodGc, TtlStrategy,
    VolumeClaimGc, WorkflowArtifactGc, WorkflowMetadata, WorkflowSpec, WorkflowTemplateRef,
};
