//! `podSpecPatch`: what may change a pod before it is made, and why it cannot (EX-385).

mod shape;

use super::pod::Pod;
use serde_json::Value;
use tiphys_expr as expr;
use tiphys_spec as spec;

impl Pod {
    /// The workflow's patch, then the template's own, as far as they say anything. The error is the node's message.
    pub fn patches(&self) -> Result<Vec<Value>, String> {
        patches(&self.workflow_patch, &self.template.pod_spec_patch, &self.artifacts)
    }
}

/// Patches of a pod that has these input artifacts.
pub(crate) fn patches(
    of_workflow: &str,
    own: &str,
    artifacts: &[spec::Artifact],
) -> Result<Vec<Value>, String> {
    let patches: Vec<&str> =
        [of_workflow, own].into_iter().filter(|patch| !patch.trim().is_empty()).collect();
    let lacking = |artifact: &&spec::Artifact| !artifact.optional && artifact.location.store().is_none();
    if let Some(artifact) = artifacts.iter().find(lacking).filter(|_| !patches.is_empty()) {
        // PA-403: before the pod is there, and could say that it lacks something.
        return Err(format!(
            "Failed to substitute the PodSpecPatch variables: inputs.artifacts.{} was not supplied",
            artifact.name
        ));
    }
    let read = |patch| document(patch).map_err(|error| format!("Error applying PodSpecPatch: {error}"));
    patches.into_iter().map(read).collect()
}

/// A patch is YAML or JSON of a pod's spec; what is none is refused in Argo's words.
fn document(patch: &str) -> Result<Value, String> {
    let value = spec::value(patch)
        .map_err(|error| format!("Failed to convert the PodSpecPatch yaml to json: {error}"))?;
    match shape::complaint(&value) {
        Some(complaint) => Err(format!("invalid podSpecPatch {}: {complaint}", expr::go_quote(patch))),
        None => Ok(value),
    }
}
