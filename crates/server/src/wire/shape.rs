//! Objects in the shape in which Argo's server writes them: some empty fields always there, others never.

use serde_json::{Map, Value, json};

/// A document of the controller as the interface shows it, with what only this place knows.
pub(crate) fn live(mut document: Value) -> Value {
    let changed =
        document.pointer("/status/nodes").and_then(Value::as_object).map_or(1, |nodes| nodes.len() + 2);
    let metadata = &mut document["metadata"];
    if metadata.get("resourceVersion").is_none() {
        // Of a run that was filed by an earlier release only its times are known.
        let times = [&document["status"]["finishedAt"], &document["metadata"]["creationTimestamp"]];
        let last = times.into_iter().find_map(|time| tiphys_engine::Time::parse(time.as_str()?));
        document["metadata"]["resourceVersion"] = json!(last.unwrap_or_default().0.to_string());
    }
    let metadata = &mut document["metadata"];
    if metadata.get("generation").is_none() {
        metadata["generation"] = json!(changed);
    }
    workflow(document)
}

/// A workflow.
pub(crate) fn workflow(mut document: Value) -> Value {
    metadata(&mut document);
    spec(entry(&mut document, "spec"));
    let status = entry(&mut document, "status");
    nullable(status, &["startedAt", "finishedAt"]);
    match status.get_mut("nodes") {
        Some(Value::Object(nodes)) if nodes.is_empty() => {
            status.as_object_mut().and_then(|fields| fields.remove("nodes"));
        }
        Some(Value::Object(nodes)) => nodes.values_mut().for_each(node),
        _ => {}
    }
    if let Some(Value::Object(templates)) = status.get_mut("storedTemplates") {
        templates.values_mut().for_each(template);
    }
    if let Some(stored) = status.get_mut("storedWorkflowTemplateSpec") {
        spec(stored);
    }
    document
}

/// A WorkflowTemplate or ClusterWorkflowTemplate.
pub(crate) fn library(mut document: Value) -> Value {
    metadata(&mut document);
    if let Value::Object(fields) = &mut document {
        fields.remove("status");
    }
    spec(entry(&mut document, "spec"));
    document
}

/// A CronWorkflow.
pub(crate) fn cron(mut document: Value) -> Value {
    metadata(&mut document);
    let body = entry(&mut document, "spec");
    spec(entry(body, "workflowSpec"));
    if body.get("suspend").is_some_and(|suspend| *suspend == false) {
        body.as_object_mut().and_then(|fields| fields.remove("suspend"));
    }
    if body.get("schedules").is_none() {
        body["schedules"] = Value::Null;
    }
    if let Some(Value::Object(stop)) = body.get_mut("stopStrategy") {
        stop.entry("expression").or_insert(json!(""));
    }
    let status = entry(&mut document, "status");
    nullable(status, &["active", "lastScheduledTime", "conditions"]);
    for (field, zero) in [("succeeded", json!(0)), ("failed", json!(0)), ("phase", json!(""))] {
        if status.get(field).is_none() {
            status[field] = zero;
        }
    }
    document
}

/// A WorkflowEventBinding.
pub(crate) fn binding(mut document: Value) -> Value {
    metadata(&mut document);
    if let Some(submit) = document.pointer_mut("/spec/submit").filter(|submit| submit.is_object()) {
        entry(submit, "metadata");
    }
    document
}

/// The kind is known from the path, so Go leaves it out; so it does with empty maps.
fn metadata(document: &mut Value) {
    if let Value::Object(fields) = document {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    if let Value::Object(fields) = entry(document, "metadata") {
        fields.remove("managedFields");
        fields.retain(|_, value| match value {
            Value::Object(map) => !map.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::String(text) => !text.is_empty(),
            other => !other.is_null(),
        });
    }
}

/// The body of a workflow or template.
pub(crate) fn spec(spec: &mut Value) {
    if !spec.is_object() {
        *spec = json!({});
    }
    entry(spec, "arguments");
    if let Some(Value::Array(templates)) = spec.get_mut("templates") {
        templates.iter_mut().for_each(template);
    }
    if let Some(defaults) = spec.get_mut("templateDefaults") {
        template(defaults);
    }
    hooks(spec);
}

fn template(template: &mut Value) {
    if !template.is_object() {
        return;
    }
    for field in ["inputs", "outputs", "metadata"] {
        entry(template, field);
    }
    for field in ["container", "script"] {
        if let Some(inner) = template.get_mut(field) {
            container(inner);
            if field == "script" {
                text(inner, "source");
            }
        }
    }
    for field in ["initContainers", "sidecars"] {
        if let Some(Value::Array(list)) = template.get_mut(field) {
            list.iter_mut().for_each(container);
        }
    }
    if let Some(Value::Array(list)) = template.pointer_mut("/containerSet/containers") {
        list.iter_mut().for_each(container);
    }
    if let Some(Value::Array(groups)) = template.get_mut("steps") {
        for step in groups.iter_mut().filter_map(Value::as_array_mut).flatten() {
            call(step);
        }
    }
    if let Some(dag) = template.get_mut("dag") {
        if dag.get("tasks").is_none() {
            dag["tasks"] = Value::Null;
        }
        if let Some(Value::Array(tasks)) = dag.get_mut("tasks") {
            tasks.iter_mut().for_each(call);
        }
    }
    if let Some(resource) = template.get_mut("resource") {
        text(resource, "action");
    }
    if let Some(http) = template.get_mut("http") {
        text(http, "url");
    }
    hooks(template);
}

fn container(container: &mut Value) {
    text(container, "name");
    entry(container, "resources");
}

fn call(step: &mut Value) {
    entry(step, "arguments");
    text(step, "name");
    if let Some(inline) = step.get_mut("inline") {
        template(inline);
    }
    hooks(step);
}

fn hooks(owner: &mut Value) {
    if let Some(Value::Object(hooks)) = owner.get_mut("hooks") {
        for hook in hooks.values_mut() {
            entry(hook, "arguments");
        }
    }
}

fn node(node: &mut Value) {
    for field in ["id", "name", "type"] {
        text(node, field);
    }
    nullable(node, &["startedAt", "finishedAt"]);
    for field in ["displayName", "templateScope", "phase", "progress"] {
        if node.get(field).is_some_and(|value| value == "") {
            node.as_object_mut().and_then(|fields| fields.remove(field));
        }
    }
    for field in ["inputs", "outputs"] {
        if node.get(field).is_some_and(|value| value.as_object().is_some_and(Map::is_empty)) {
            node.as_object_mut().and_then(|fields| fields.remove(field));
        }
    }
}

/// A member that is an object, made if it is not there.
pub(crate) fn entry<'a>(owner: &'a mut Value, field: &str) -> &'a mut Value {
    if !owner.get(field).is_some_and(Value::is_object) {
        owner[field] = json!({});
    }
    &mut owner[field]
}

fn text(owner: &mut Value, field: &str) {
    if owner.is_object() && owner.get(field).is_none() {
        owner[field] = json!("");
    }
}

fn nullable(owner: &mut Value, fields: &[&str]) {
    for field in fields {
        if owner.is_object() && owner.get(*field).is_none() {
            owner[*field] = Value::Null;
        }
    }
}
