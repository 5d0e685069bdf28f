//! Submitting what a template or a schedule holds (API-150 to API-154).

use crate::argo::actions::parameters;
use crate::argo::admit::{self, Judged, Purpose};
use crate::call::{Call, Message};
use crate::fault::Fault;
use crate::wire::read;
use crate::wire::shape;
use crate::world::World;
use serde_json::{Value, json};

/// API-103.
pub(crate) fn submit(world: &World, call: &Call) -> Result<Judged, Fault> {
    let message = call.message()?;
    let namespace = call.namespace();
    let kind = message.text("resourceKind")?;
    let name = message.text("resourceName")?;
    let options = message.message("submitOptions")?;
    check_types(&options)?;
    admit::require_reader(&call.who, namespace)?;
    // These spellings and no others (API-150).
    let mut value = match kind {
        "WorkflowTemplate" | "workflowtemplate" | "workflowtemplates" | "wftmpl" => {
            from_template(world, namespace, name, false)?
        }
        "ClusterWorkflowTemplate" | "clusterworkflowtemplate" | "clusterworkflowtemplates" | "cwftmpl" => {
            from_template(world, namespace, name, true)?
        }
        "CronWorkflow" | "cronworkflow" | "cronworkflows" | "cronwf" => from_cron(world, namespace, name)?,
        _ => return Err(Fault::invalid(format!("Resource kind '{kind}' is not supported for submitting"))),
    };
    admit::sign(&mut value, &call.who);
    apply(world, namespace, &mut value, &options)?;
    let purpose = if options.flag("dryRun")? {
        Purpose::DryRun
    } else if options.flag("serverDryRun")? {
        Purpose::ServerDryRun
    } else {
        Purpose::Run
    };
    admit::judge(world, namespace, read::document("Workflow", &value)?, purpose, Some(&call.who))
}

/// A workflow that runs a template (API-151).
pub(crate) fn from_template(
    world: &World,
    namespace: &str,
    name: &str,
    cluster: bool,
) -> Result<Value, Fault> {
    let (kind, resource, label, place) = if cluster {
        ("ClusterWorkflowTemplate", "clusterworkflowtemplates.argoproj.io", "cluster-workflow-template", "")
    } else {
        ("WorkflowTemplate", "workflowtemplates.argoproj.io", "workflow-template", namespace)
    };
    if world.object(kind, place, name)?.is_none() {
        return Err(Fault::missing(resource, name));
    }
    let mut value = json!({
        "metadata": {
            "generateName": format!("{name}-"),
            "labels": { format!("workflows.argoproj.io/{label}"): name },
        },
        "spec": { "workflowTemplateRef": { "name": name } },
    });
    if cluster {
        value["spec"]["workflowTemplateRef"]["clusterScope"] = json!(true);
    }
    Ok(value)
}

/// A workflow that does now what a schedule would do (API-151).
fn from_cron(world: &World, namespace: &str, name: &str) -> Result<Value, Fault> {
    let cron = world
        .object("CronWorkflow", namespace, name)?
        .ok_or_else(|| Fault::missing("cronworkflows.argoproj.io", name))?;
    let mut metadata = json!({ "generateName": format!("{name}-") });
    let own = &cron["spec"]["workflowMetadata"];
    let mut labels = own["labels"].as_object().cloned().unwrap_or_default();
    labels.insert("workflows.argoproj.io/cron-workflow".to_owned(), json!(name));
    let mut annotations = own["annotations"].as_object().cloned().unwrap_or_default();
    annotations.insert("workflows.argoproj.io/scheduled-time".to_owned(), json!(world.now_text()));
    metadata["labels"] = Value::Object(labels);
    metadata["annotations"] = Value::Object(annotations);
    metadata["ownerReferences"] = json!([owner(&cron)]);
    if let Some(finalizers) = own.get("finalizers") {
        // As of what the schedule itself makes (CR-081).
        metadata["finalizers"] = finalizers.clone();
    }
    Ok(json!({ "metadata": metadata, "spec": cron["spec"]["workflowSpec"] }))
}

/// A reference to the schedule that a workflow belongs to (CR-082).
pub(crate) fn owner(cron: &Value) -> Value {
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "name": cron["metadata"]["name"],
        "uid": cron["metadata"]["uid"],
        "controller": true,
        "blockOwnerDeletion": true,
    })
}

/// Options of other types are refused before anything is looked up (API-024).
fn check_types(options: &Message) -> Result<(), Fault> {
    for field in [
        "name",
        "generateName",
        "entryPoint",
        "serviceAccount",
        "podPriorityClassName",
        "labels",
        "annotations",
    ] {
        options.text(field)?;
    }
    for field in ["dryRun", "serverDryRun"] {
        options.flag(field)?;
    }
    for field in ["parameters", "artifacts"] {
        options.texts(field)?;
    }
    options.number("priority").map(drop)
}

/// Applies what the caller gave for this one submission (API-152, API-153).
fn apply(world: &World, namespace: &str, value: &mut Value, options: &Message) -> Result<(), Fault> {
    let metadata = shape::entry(value, "metadata");
    for (option, field) in [("name", "name"), ("generateName", "generateName")] {
        let text = options.text(option)?;
        if !text.is_empty() {
            metadata[field] = json!(text);
        }
    }
    for field in ["labels", "annotations"] {
        let given = pairs(options.text(field)?).map_err(|why| unread_pairs(field, options, &why))?;
        if !given.is_empty() {
            let map = shape::entry(metadata, field);
            given.into_iter().for_each(|(key, text)| map[key] = json!(text));
        }
    }
    if let Some(owner) = options.field("ownerReference") {
        match metadata.get_mut("ownerReferences").and_then(Value::as_array_mut) {
            Some(owners) => owners.push(owner.clone()),
            None => metadata["ownerReferences"] = json!([owner]),
        }
    }
    let spec = shape::entry(value, "spec");
    for (option, field) in [
        ("entryPoint", "entrypoint"),
        ("serviceAccount", "serviceAccountName"),
        ("podPriorityClassName", "podPriorityClassName"),
    ] {
        let text = options.text(option)?;
        if !text.is_empty() {
            spec[field] = json!(text);
        }
    }
    if options.field("priority").is_some() {
        spec["priority"] = json!(options.number("priority")?);
    }
    override_parameters(spec, parameters(&options.texts("parameters")?)?);
    for text in options.texts("artifacts")? {
        override_artifact(world, namespace, spec, &text)?;
    }
    Ok(())
}

/// Given parameters come first, then those that were not overridden.
pub(crate) fn override_parameters(spec: &mut Value, given: Vec<(String, String)>) {
    if given.is_empty() {
        return;
    }
    let arguments = shape::entry(spec, "arguments");
    let old = arguments["parameters"].as_array().cloned().unwrap_or_default();
    let mut list: Vec<Value> =
        given.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let is_given = |parameter: &Value| given.iter().any(|(name, _)| parameter["name"].as_str() == Some(name));
    list.extend(old.into_iter().filter(|parameter| !is_given(parameter)));
    arguments["parameters"] = Value::Array(list);
}

fn override_artifact(world: &World, namespace: &str, spec: &mut Value, text: &str) -> Result<(), Fault> {
    let Some((name, key)) = text.split_once('=') else {
        return Err(Fault::invalid(format!("expected artifact of the form: NAME=KEY. Received: {text}")));
    };
    let reference = &spec["workflowTemplateRef"];
    let mut found = None;
    if let Some(template) = reference["name"].as_str() {
        let cluster = reference["clusterScope"] == true;
        let (kind, place) =
            if cluster { ("ClusterWorkflowTemplate", "") } else { ("WorkflowTemplate", namespace) };
        let template = world.object(kind, place, template)?.unwrap_or_default();
        let artifacts = template["spec"]["arguments"]["artifacts"].as_array().cloned().unwrap_or_default();
        found = artifacts.into_iter().find(|artifact| artifact["name"].as_str() == Some(name));
    }
    let arguments = shape::entry(spec, "arguments");
    let own = arguments["artifacts"].as_array().cloned().unwrap_or_default();
    let own_place = own.iter().position(|artifact| artifact["name"].as_str() == Some(name));
    let Some(mut artifact) = found.or_else(|| own_place.map(|at| own[at].clone())) else {
        return Err(Fault::invalid(format!("artifact {name} not found")));
    };
    if let Some(why) = key_flaw(namespace, key) {
        return Err(Fault::invalid(format!("invalid artifact key override for {name}: {why}")));
    }
    let stores = ["s3", "gcs", "azure", "oss", "hdfs"];
    let store = stores.into_iter().find(|store| artifact.get(*store).is_some()).unwrap_or("s3");
    // What was given takes the place of a default that lies elsewhere: of two locations the other might win.
    if let Some(fields) = artifact.as_object_mut() {
        let elsewhere = ["raw", "http", "git", "artifactory", "plugin"];
        fields.retain(|field, _| !elsewhere.contains(&field.as_str()));
    }
    shape::entry(&mut artifact, store)["key"] = json!(key);
    let mut list = own;
    match own_place {
        Some(at) => list[at] = artifact,
        None => list.push(artifact),
    }
    arguments["artifacts"] = Value::Array(list);
    Ok(())
}

/// Why a key is not one of an upload: `uploads/{namespace}/{uuid}/{file}`.
fn key_flaw(namespace: &str, key: &str) -> Option<String> {
    let prefix = format!("uploads/{namespace}/");
    let shown = json!(key);
    let Some(rest) = key.strip_prefix(&prefix) else {
        return Some(format!("artifact key {shown} must start with {}", json!(prefix)));
    };
    if key.contains("..") {
        return Some(format!("artifact key {shown} must not contain '..'"));
    }
    // No part may be empty or stand for where it is; one at the end neither.
    if key.split('/').any(|part| part.is_empty() || part == ".") {
        return Some(format!("artifact key {shown} is not in canonical form"));
    }
    let Some((id, _)) = rest.split_once('/').filter(|(_, file)| !file.contains('/')) else {
        return Some(format!(
            "artifact key {shown} must have exactly 4 segments: uploads/{{namespace}}/{{uuid}}/{{filename}}"
        ));
    };
    if uuid::Uuid::parse_str(id).is_ok() {
        return None;
    }
    // Of a length that one of its spellings has, the rest is wrong.
    let why = match id.len() {
        32 | 36 | 38 | 45 => "invalid UUID format".to_owned(),
        length => format!("invalid UUID length: {length}"),
    };
    Some(format!("artifact key {shown} must have a valid UUID segment: {why}"))
}

/// `a=1,b=2` (API-154), or why it is no such text.
fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let pair = |part: &str| match part.split_once('=') {
        Some(("", value)) if !value.contains('=') => Err("unexpected empty label key".to_owned()),
        Some((key, value)) if !value.contains('=') => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("unexpected label spec: {part}")),
    };
    text.split(',').map(pair).collect()
}

/// How Argo tells it. Of annotations it begins with a capital letter, and shows the labels.
fn unread_pairs(field: &str, options: &Message, why: &str) -> Fault {
    let what = if field == "annotations" { "Annotations" } else { field };
    let labels = options.text("labels").unwrap_or_default();
    let form = "NAME1=VALUE2,NAME2=VALUE2";
    Fault::internal(format!("expected {what} of the form: {form}. Received: {labels}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::key_flaw;

    /// API-153.
    #[test]
    fn keys_of_uploads_are_judged_in_order() {
        let id = "00000000-0000-4000-8000-000000000003";
        let segments = "must have exactly 4 segments: uploads/{namespace}/{uuid}/{filename}";
        let canonical = "is not in canonical form";
        for (key, wanted) in [
            ("other/key".to_owned(), "must start with \"uploads/rest/\""),
            (format!("uploads/rest/{id}/../x"), "must not contain '..'"),
            ("uploads/rest/".to_owned(), canonical),
            ("uploads/rest//f".to_owned(), canonical),
            ("uploads/rest/./f".to_owned(), canonical),
            (format!("uploads/rest/{id}/"), canonical),
            ("uploads/rest/x".to_owned(), segments),
            (format!("uploads/rest/{id}"), segments),
            (format!("uploads/rest/{id}/a/b"), segments),
            ("uploads/rest/x/f".to_owned(), "must have a valid UUID segment: invalid UUID length: 1"),
            (format!("uploads/rest/z{}/f", &id[1..]), "must have a valid UUID segment: invalid UUID format"),
        ] {
            assert_eq!(key_flaw("rest", &key), Some(format!("artifact key \"{key}\" {wanted}")));
        }
        assert_eq!(key_flaw("rest", &format!("uploads/rest/{id}/f")), None);
    }
}
