//! Typed views of the container bodies: the fields that running a step needs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::argument::ConfigMapKeyRef;

/// What is read of a container. The body in a [`crate::Template`] stays plain JSON, because text is
/// replaced in it first; this view is taken afterwards.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The image.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image: String,
    /// The program; empty means the image's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Its arguments; empty means the image's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The working directory; empty means the image's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    /// Environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// Whole config maps and secrets as variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env_from: Vec<EnvFrom>,
    /// Requests and limits.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub resources: Value,
    /// Volumes mounted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
    /// When it counts as ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Value>,
    /// Its security context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<Value>,
    /// Containers of the same set that must end first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
    /// The file in which it says why it ended; empty means Kubernetes' default.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub termination_message_path: String,
    /// `FallbackToLogsOnError`: without such a file its log says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub termination_message_policy: String,
    /// Whether a sidecar sees the main container's volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror_volume_mounts: Option<bool>,
}

impl Container {
    /// Reads the view; fields that nobody here needs are passed over.
    pub fn from_value(body: &Value) -> Result<Container, serde_json::Error> {
        Container::deserialize(body)
    }
}

/// What is read of a script: a container and its program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The container.
    pub container: Container,
    /// The program text.
    pub source: String,
}

impl Script {
    /// Reads the view; fields that nobody here needs are passed over.
    pub fn from_value(body: &Value) -> Result<Script, serde_json::Error> {
        let source = body.get("source").and_then(Value::as_str).unwrap_or("").to_owned();
        Ok(Script { container: Container::from_value(body)?, source })
    }
}

/// An environment variable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its text; may hold `$(OTHER)`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Its source: `configMapKeyRef`, `secretKeyRef`, `fieldRef`, `resourceFieldRef` or `fileKeyRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<Value>,
}

impl EnvVar {
    /// The key of a config map or of a secret it is read from.
    pub fn key_ref(&self, source: &str) -> Option<ConfigMapKeyRef> {
        ConfigMapKeyRef::deserialize(self.value_from.as_ref()?.get(source)?).ok()
    }
}

/// A whole config map or secret as variables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFrom {
    /// Put before each name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// `name` and `optional` of a config map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<Value>,
    /// `name` and `optional` of a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<Value>,
}

/// A volume mounted into a container.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMount {
    /// The volume.
    pub name: String,
    /// Where it appears.
    pub mount_path: String,
    /// A folder or file of the volume.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sub_path: String,
    /// The same with `$(VARIABLES)`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sub_path_expr: String,
    /// Whether it cannot be written to.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}
