//! `podSpecPatch`: what of it a process can honour (EX-385).

use serde_json::{Value, json};
use tiphys_engine::Plan;
use tiphys_engine::compile::merge;
use tiphys_engine::workflow::Pod;
use tiphys_spec as spec;

/// The template with the workflow's patch, then its own, laid over its containers, its volumes and its security context,
/// which is the workflow's if it has none.
pub(crate) fn apply(plan: &Plan, pod: &Pod) -> Result<spec::Template, String> {
    let mut template = pod.template.clone();
    let is_patched =
        [&pod.workflow_patch, &template.pod_spec_patch].iter().any(|patch| !patch.trim().is_empty());
    let lacking = |artifact: &&spec::Artifact| !artifact.optional && artifact.location.store().is_none();
    if let Some(artifact) = pod.artifacts.iter().find(lacking).filter(|_| is_patched) {
        // PA-403: before the pod is there, and could say that it lacks something.
        return Err(format!(
            "Failed to substitute the PodSpecPatch variables: inputs.artifacts.{} was not supplied",
            artifact.name
        ));
    }
    if template.security_context.is_none() {
        template.security_context.clone_from(&plan.workflow.spec.security_context);
    }
    for patch in [pod.workflow_patch.as_str(), template.pod_spec_patch.clone().as_str()] {
        if patch.trim().is_empty() {
            continue;
        }
        let patch = document(patch).map_err(|error| format!("Error applying PodSpecPatch: {error}"))?;
        patch_template(&mut template, &patch)
            .map_err(|error| format!("Error applying PodSpecPatch: {error}"))?;
    }
    Ok(template)
}

/// A patch is YAML or JSON, read as manifests are.
fn document(patch: &str) -> Result<Value, String> {
    let parsed = spec::parse("podSpecPatch", patch, spec::Strictness::Lenient);
    if let Some(problem) = parsed.diagnostics.iter().find(|problem| problem.is_error()) {
        return Err(problem.message.clone());
    }
    parsed
        .documents
        .into_iter()
        .next()
        .map(|document| document.value)
        .ok_or_else(|| "the patch is empty".to_owned())
}

fn patch_template(template: &mut spec::Template, patch: &Value) -> Result<(), String> {
    if !patch.is_object() {
        return Err("the patch is not an object".to_owned());
    }
    let list = |name: &str| patch.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    for change in list("containers") {
        let name = change.get("name").and_then(Value::as_str).unwrap_or_default();
        let body = match name {
            "main" if template.container.is_some() => template.container.as_mut(),
            "main" if template.script.is_some() => template.script.as_mut(),
            name => member(template, name),
        };
        if let Some(body) = body {
            *body = merge(body, &change);
        }
    }
    for change in list("initContainers") {
        merge_named(&mut template.init_containers, change);
    }
    for change in list("volumes") {
        merge_named(&mut template.volumes, change);
    }
    if let Some(context) = patch.get("securityContext") {
        let own = template.security_context.take().unwrap_or_else(|| json!({}));
        template.security_context = Some(merge(&own, context));
    }
    if let Some(seconds) = patch.get("activeDeadlineSeconds").and_then(Value::as_i64) {
        template.active_deadline_seconds = Some(spec::IntOrStr::Int(seconds));
    }
    Ok(())
}

fn member<'t>(template: &'t mut spec::Template, name: &str) -> Option<&'t mut Value> {
    let set = template.container_set.as_mut()?.get_mut("containers")?.as_array_mut()?;
    if let Some(at) =
        set.iter().position(|container| container.get("name").and_then(Value::as_str) == Some(name))
    {
        return set.get_mut(at);
    }
    template.sidecars.iter_mut().find(|sidecar| sidecar.get("name").and_then(Value::as_str) == Some(name))
}

fn merge_named(list: &mut Vec<Value>, change: Value) {
    match list.iter_mut().find(|item| item.get("name") == change.get("name")) {
        Some(item) => *item = merge(item, &change),
        None => list.push(change),
    }
}
