//! Parameters and artifacts: what is handed in and what comes out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scalar::{any_str, any_strs, is_false};
use crate::template::PodMetadata;

/// Values handed to a workflow, a step, a task or a hook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Arguments {
    /// Parameters, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Artifacts, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
}

impl Arguments {
    /// True if nothing is handed over.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.artifacts.is_empty()
    }

    /// The parameter of that name. Of duplicates the first counts (`PA-026`).
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// The artifact of that name. Of duplicates the first counts (`PA-026`).
    pub fn artifact(&self, name: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|a| a.name == name)
    }
}

/// What a template takes in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Inputs {
    /// Parameters, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Artifacts, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
}

impl Inputs {
    /// True if nothing is taken in.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.artifacts.is_empty()
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// The artifact of that name.
    pub fn artifact(&self, name: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|a| a.name == name)
    }
}

/// What a template gives out, and in a status what it gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Outputs {
    /// Parameters, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Artifacts, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// Standard output of a script or container; a list text for a loop. Run time only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Exit code of the main container. Run time only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<String>,
}

impl Outputs {
    /// True if nothing is given out.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
            && self.artifacts.is_empty()
            && self.result.is_none()
            && self.exit_code.is_none()
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// The artifact of that name.
    pub fn artifact(&self, name: &str) -> Option<&Artifact> {
        self.artifacts.iter().find(|a| a.name == name)
    }
}

/// A named text (`PA-001`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Parameter {
    /// Unique within its list.
    pub name: String,
    /// Used if no value is given.
    #[serde(deserialize_with = "any_str", skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The text itself.
    #[serde(deserialize_with = "any_str", skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where the text comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<ValueFrom>,
    /// Exports an output as `workflow.outputs.parameters.<globalName>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub global_name: String,
    /// The values allowed; empty means any.
    #[serde(rename = "enum", deserialize_with = "any_strs", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// For people.
    #[serde(deserialize_with = "any_str", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Source of a parameter's text (`PA-040`). At most one source is set, besides `default`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValueFrom {
    /// A file in the main container.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// A JSON path into the object of a resource template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub json_path: String,
    /// A jq filter over the object of a resource template.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub jq_filter: String,
    /// An expression over the event, in event bindings.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event: String,
    /// The name of a variable, with or without braces, in steps and dag outputs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub parameter: String,
    /// An expression, in steps and dag outputs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expression: String,
    /// A person or a program supplies it from outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplied: Option<Value>,
    /// A key of a config map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<ConfigMapKeyRef>,
    /// Used if the source gives nothing.
    #[serde(deserialize_with = "any_str", skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A key of a config map or, with the same shape, of a secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMapKeyRef {
    /// The object's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The key in it.
    pub key: String,
    /// Whether it may be missing. Argo ignores this for parameters (`PA-045`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optional: Option<bool>,
}

/// A file or folder that is handed in or out (`PA-120`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Artifact {
    /// Unique within its list.
    pub name: String,
    /// Where it lies in the main container.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Permission bits set after loading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<i64>,
    /// A tag naming another artifact.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Where it is kept.
    #[serde(flatten)]
    pub location: ArtifactLocation,
    /// Exports an output as `workflow.outputs.artifacts.<globalName>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub global_name: String,
    /// How it is packed; absent means the default of its direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<Archive>,
    /// Whether it may be missing.
    #[serde(skip_serializing_if = "is_false")]
    pub optional: bool,
    /// Appended to the key of the source when passed on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sub_path: String,
    /// Whether `mode` applies to everything below.
    #[serde(skip_serializing_if = "is_false")]
    pub recurse_mode: bool,
    /// An expression that yields an artifact.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from_expression: String,
    /// When it is deleted.
    #[serde(rename = "artifactGC", skip_serializing_if = "Option::is_none")]
    pub artifact_gc: Option<ArtifactGc>,
    /// Already deleted. Status only.
    #[serde(skip_serializing_if = "is_false")]
    pub deleted: bool,
}

/// Where an artifact is kept: at most one of the stores is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArtifactLocation {
    /// Whether logs are kept; on `archiveLocation` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_logs: Option<bool>,
    /// An S3 bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3: Option<Value>,
    /// A Git repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git: Option<Value>,
    /// A web address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Value>,
    /// An Artifactory repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifactory: Option<Value>,
    /// A Hadoop file system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hdfs: Option<Value>,
    /// The content itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
    /// An Alibaba Cloud bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oss: Option<Value>,
    /// A Google Cloud bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gcs: Option<Value>,
    /// An Azure container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<Value>,
    /// An artifact plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Value>,
}

impl ArtifactLocation {
    /// The store that is set and its fields. Of several the first of Argo's order counts (`PA-160`).
    pub fn store(&self) -> Option<(&'static str, &Value)> {
        self.all().into_iter().find_map(|(kind, body)| Some((kind, body.as_ref()?)))
    }

    /// The names of all stores that are set, the one that counts first.
    pub fn stores(&self) -> Vec<&'static str> {
        self.all().into_iter().filter(|(_, body)| body.is_some()).map(|(kind, _)| kind).collect()
    }

    fn all(&self) -> [(&'static str, &Option<Value>); 10] {
        [
            ("artifactory", &self.artifactory),
            ("azure", &self.azure),
            ("git", &self.git),
            ("gcs", &self.gcs),
            ("hdfs", &self.hdfs),
            ("http", &self.http),
            ("oss", &self.oss),
            ("raw", &self.raw),
            ("s3", &self.s3),
            ("plugin", &self.plugin),
        ]
    }

    /// The key within the store; empty if none is given or the store has no keys (`PA-140`).
    pub fn key(&self) -> &str {
        let Some((kind, body)) = self.store() else { return "" };
        let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or("");
        match kind {
            "azure" => text("blob"),
            "hdfs" => text("path"),
            "artifactory" | "http" => url_path(text("url")),
            "git" | "raw" => "",
            _ => text("key"),
        }
    }

    /// Whether the location can be used without a repository (`PA-140` to `PA-149`).
    pub fn is_complete(&self) -> bool {
        let Some((kind, body)) = self.store() else { return false };
        let has = |field: &str| match body.get(field) {
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(list)) => !list.is_empty(),
            Some(Value::Null) | None => false,
            Some(_) => true,
        };
        match kind {
            "artifactory" => has("url") && has("usernameSecret"),
            "azure" => has("endpoint") && has("container") && has("blob"),
            "git" => has("repo"),
            "gcs" => has("bucket") && has("key"),
            "hdfs" => has("addresses"),
            "http" => has("url"),
            "oss" | "s3" => has("endpoint") && has("bucket") && has("key"),
            "plugin" => has("name") && has("configuration") && has("key"),
            _ => true,
        }
    }
}

fn url_path(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(url, |at| &url[at + 3..]);
    let path = after_scheme.find('/').map_or("", |at| &after_scheme[at..]);
    path.split(['?', '#']).next().unwrap_or("")
}

/// How an artifact is packed: at most one form is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Archive {
    /// Not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none: Option<Value>,
    /// As a compressed tar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tar: Option<TarArchive>,
    /// As a zip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<Value>,
}

/// Settings of a tar archive.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TarArchive {
    /// Level of gzip; absent means its default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression_level: Option<i64>,
}

/// When an artifact is deleted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArtifactGc {
    /// `OnWorkflowCompletion`, `OnWorkflowDeletion` or `Never`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub strategy: String,
    /// Metadata of the deleting pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_metadata: Option<PodMetadata>,
    /// Account of the deleting pod.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
}
