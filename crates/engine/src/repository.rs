//! The artifact repository of a run: looked for once, among the ConfigMaps that came with it (PA-240 to PA-244).

use crate::compile::Frozen;
use expr::Text;
use serde_json::{Value, json};
use tiphys_expr as expr;
use tiphys_spec as spec;

/// The ConfigMap that is looked into when none is named.
pub const CONFIG_MAP: &str = "artifact-repositories";

/// The annotation of such a ConfigMap that names its key for everybody (OB-065).
const DEFAULT_KEY: &str = "workflows.argoproj.io/default-artifact-repository";

/// Where a run's artifacts and logs lie in a store when nobody says it (PA-206).
const KEY_FORMAT: &str = "{{workflow.name}}/{{pod.name}}";

/// Where the artifacts of a run go that have no place of their own.
#[derive(Clone, Debug)]
pub struct Repository {
    /// The folder of a pod in it.
    pub key_format: Text,
    /// Logs become artifacts whatever documents say (EX-504).
    pub archive_logs: bool,
    /// What the status shows of it (PA-243).
    pub shown: Value,
}

impl Repository {
    /// The kind of store that it really is, and where it is written down; none for the usual one.
    pub fn store(&self) -> Option<(&'static str, String)> {
        let shown = &self.shown;
        let kinds = ["s3", "gcs", "oss", "azure", "artifactory", "hdfs", "plugin"];
        let kind = kinds.into_iter().find(|kind| shown["artifactRepository"].get(kind).is_some())?;
        let text = |field: &str| shown[field].as_str().unwrap_or_default();
        let place = match shown["default"] == true {
            true => "the settings".to_owned(),
            false => format!("{}#{}", text("configMap"), text("key")),
        };
        Some((kind, place))
    }
}

/// Finds the repository of a workflow; without any there is the usual one. The error completes "failed to resolve
/// artifact repository: …" (EX-062).
pub fn find(frozen: &Frozen, spec: &spec::WorkflowSpec) -> Result<Repository, String> {
    let wanted = spec.artifact_repository_ref.clone().unwrap_or_default();
    let name = if wanted.config_map.is_empty() { CONFIG_MAP } else { &wanted.config_map };
    let found = frozen.config_maps.iter().find(|map| map.metadata.name == name).and_then(|map| {
        let own = map.metadata.annotations.get(DEFAULT_KEY);
        let key = Some(&wanted.key).filter(|key| !key.is_empty()).or(own)?;
        Some((map, key, map.data.get(key)?))
    });
    let Some((map, key, text)) = found else {
        // A missing map or key moves on to the next place to look, and the usual one is always there.
        // Nothing is said of that one, but Argo's pages count on it being there (UI-262, PA-241).
        let usual = json!({});
        let content = frozen.repository.as_ref().unwrap_or(&usual);
        let shown = json!({ "default": true, "artifactRepository": content });
        return read(content, shown).map_err(|reason| format!("the one of the settings: {reason}"));
    };
    let broken =
        |reason: String| format!("config map {name} does not hold a repository under `{key}`: {reason}");
    let content = spec::named_values(key, text)
        .map_err(|error| broken(format!("line {}: {}", error.place.line, error.message)))?;
    let content = Value::Object(content);
    let namespace = match &*map.metadata.namespace {
        "" => &frozen.workflow.metadata.namespace,
        own => own,
    };
    let shown = json!({
        "configMap": name,
        "key": key,
        "namespace": namespace,
        "artifactRepository": &content,
    });
    read(&content, shown).map_err(broken)
}

/// Whether a repository can be used.
pub fn check(content: &Value) -> Result<(), String> {
    read(content, Value::Null).map(drop)
}

fn read(content: &Value, shown: Value) -> Result<Repository, String> {
    let format = format_of(content);
    Ok(Repository {
        key_format: Text::parse(&format).map_err(|error| error.to_string())?,
        archive_logs: content["archiveLogs"] == true,
        shown,
    })
}

/// How a repository forms keys, each kind under a name of its own (PA-206, PA-228, PA-229).
fn format_of(content: &Value) -> String {
    let text = |kind: &str, field: &str| content[kind][field].as_str().unwrap_or_default();
    let formats = [
        text("s3", "keyFormat"),
        text("gcs", "keyFormat"),
        text("oss", "keyFormat"),
        text("azure", "blobNameFormat"),
        text("hdfs", "pathFormat"),
        text("artifactory", "keyFormat"),
        text("plugin", "keyFormat"),
    ];
    let own = formats.into_iter().find(|format| !format.is_empty());
    match (own, text("s3", "keyPrefix").trim_end_matches('/')) {
        (Some(own), _) => own.to_owned(),
        (None, "") => KEY_FORMAT.to_owned(),
        (None, prefix) => format!("{prefix}/{KEY_FORMAT}"),
    }
}
