//! `podSpecPatch`: what of it a process can honour (EX-385).

use serde_json::{Value, json};
use tiphys_engine::Plan;
use tiphys_engine::compile::patch;
use tiphys_engine::workflow::Pod;
use tiphys_spec as spec;

/// The template with the workflow's patch, then its own, laid over its containers, its volumes and its security context,
/// which is the workflow's if it has none.
pub(crate) fn apply(plan: &Plan, pod: &Pod) -> Result<spec::Template, String> {
    let mut template = pod.template.clone();
    if template.security_context.is_none() {
        template.security_context.clone_from(&plan.workflow.spec.security_context);
    }
    for patch in pod.patches()? {
        patch_template(&mut template, &patch);
    }
    Ok(template)
}

fn patch_template(template: &mut spec::Template, change: &Value) {
    let containers = change.get("containers").and_then(Value::as_array);
    for change in containers.into_iter().flatten() {
        let name = change.get("name").and_then(Value::as_str).unwrap_or_default();
        let body = match name {
            "main" if template.container.is_some() => template.container.as_mut(),
            "main" if template.script.is_some() => template.script.as_mut(),
            name => member(template, name),
        };
        if let Some(body) = body {
            *body = patch(body, change);
        }
    }
    patch_list(&mut template.init_containers, "initContainers", change);
    patch_list(&mut template.volumes, "volumes", change);
    if let Some(context) = change.get("securityContext") {
        let own = template.security_context.take().unwrap_or_else(|| json!({}));
        template.security_context = Some(patch(&own, context));
    }
    if let Some(seconds) = change.get("activeDeadlineSeconds").and_then(Value::as_i64) {
        template.active_deadline_seconds = Some(spec::IntOrStr::Int(seconds));
    }
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

fn patch_list(list: &mut Vec<Value>, field: &str, change: &Value) {
    let Some(changes) = change.get(field) else { return };
    let mut patched = patch(&json!({ field: list }), &json!({ field: changes }));
    if let Value::Array(items) = patched[field].take() {
        *list = items;
    }
}
