//! Documents that are none of Argo's: verbs that read manifests for a server refuse them (`CLI-022`).

use serde_json::Value;

/// The kinds that Argo's client reads.
const KINDS: [&str; 8] = [
    "Workflow",
    "WorkflowTemplate",
    "ClusterWorkflowTemplate",
    "CronWorkflow",
    "WorkflowEventBinding",
    "WorkflowTaskSet",
    "WorkflowTaskResult",
    "WorkflowArtifactGCTask",
];

/// The fields of Kubernetes' metadata: as which Argo's client reads what it does not know.
const METADATA: [&str; 15] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

/// Why a document cannot be read, in Argo's words; none if it can. `index` counts the documents of its file.
pub fn complaint(value: &Value, index: usize, strict: bool) -> Option<String> {
    let fields = value.as_object()?;
    let kind = value["kind"].as_str().unwrap_or_default();
    if kind.is_empty() && !fields.is_empty() {
        return Some(format!(
            "yaml file at index {index} is not valid: error unmarshaling JSON: while decoding JSON: Object 'Kind' is \
             missing in '{value}'"
        ));
    }
    if KINDS.contains(&kind) || !strict {
        return None;
    }
    let mut unknown: Vec<&String> =
        fields.keys().filter(|field| !METADATA.contains(&field.as_str())).collect();
    unknown.sort();
    let unknown: Vec<String> = unknown.iter().map(|field| format!("unknown field \"{field}\"")).collect();
    (!unknown.is_empty()).then(|| format!("strict decoding error: {}", unknown.join(", ")))
}
