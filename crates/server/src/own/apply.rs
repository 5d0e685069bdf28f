//! Documents of any kind into the catalog, as `tiphys apply` sends them.

use crate::access::{Resource, Verb};
use crate::argo::admit::{self, Library};
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::wire::{names, shape};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tiphys_engine::check::Situation;
use tiphys_spec as spec;

/// Takes in every document of a text; none if one of them is wrong.
pub(crate) fn apply(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let text = message.text("text")?;
    let default = match message.text("namespace")? {
        "" => "default",
        namespace => namespace,
    };
    let parsed = spec::parse("apply", text, spec::Strictness::Strict);
    if let Some(error) = parsed.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        return Err(Fault::invalid(format!("line {}: {}: {}", error.place.line, error.path, error.message)));
    }
    let planned: Vec<Planned> = parsed
        .documents
        .iter()
        .enumerate()
        .filter_map(|(position, document)| plan(position, document, default))
        .collect();
    // Everything is judged first, so that a mistake in the last document leaves the first one alone.
    for planned in &planned {
        let verb = Verb::Update;
        call.who.may(verb, planned.resource, &planned.namespace, Some(&planned.name))?;
        if let Some(flaw) = names::flaw(planned.kind, &planned.value["metadata"]) {
            return Err(Fault::invalid(flaw));
        }
    }
    for planned in planned.iter().filter(|planned| planned.kind == "Namespace") {
        keep(world, planned)?;
    }
    let mut applied = Vec::new();
    for planned in &planned {
        if planned.resource != Resource::ClusterTemplates && planned.kind != "Namespace" {
            world.require_namespace(&planned.namespace, planned.kind)?;
        }
        let document = &parsed.documents[planned.position];
        let library = Library::of(world, &planned.namespace)?;
        // What is kept may lack what comes later; it is judged for good when it is used.
        let warning = library.judge(document, Situation::Lint, Code::InvalidArgument).err();
        let change = keep(world, planned)?;
        let mut told = json!({
            "kind": planned.kind, "namespace": planned.namespace, "name": planned.name, "change": change,
        });
        if let Some(warning) = warning {
            told["warning"] = json!(warning.message);
        }
        applied.push(told);
    }
    let kept: BTreeSet<usize> = planned.iter().map(|planned| planned.position).collect();
    let others = parsed.documents.iter().enumerate().filter(|(position, _)| !kept.contains(position));
    let ignored: Vec<Value> = others
        .map(|(_, document)| json!({ "kind": document.kind, "name": document.value["metadata"]["name"] }))
        .collect();
    Ok(json!({ "applied": applied, "ignored": ignored }))
}

/// A document and where it goes.
struct Planned {
    position: usize,
    kind: &'static str,
    resource: Resource,
    namespace: String,
    name: String,
    value: Value,
}

fn plan(position: usize, document: &spec::Document, default: &str) -> Option<Planned> {
    let (kind, resource) = match &document.object {
        spec::Object::WorkflowTemplate(_) => ("WorkflowTemplate", Resource::Templates),
        spec::Object::ClusterWorkflowTemplate(_) => ("ClusterWorkflowTemplate", Resource::ClusterTemplates),
        spec::Object::CronWorkflow(_) => ("CronWorkflow", Resource::Crons),
        spec::Object::WorkflowEventBinding(_) => ("WorkflowEventBinding", Resource::Bindings),
        spec::Object::ConfigMap(_) => ("ConfigMap", Resource::Objects),
        spec::Object::Secret(_) => ("Secret", Resource::Secrets),
        spec::Object::Foreign(value) if value["kind"] == "Namespace" => ("Namespace", Resource::Namespaces),
        // Other kinds have no meaning here (OB-002).
        _ => return None,
    };
    let metadata = &document.value["metadata"];
    let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
    let namespace = match kind {
        "ClusterWorkflowTemplate" | "Namespace" => String::new(),
        _ if text("namespace").is_empty() => default.to_owned(),
        _ => text("namespace"),
    };
    Some(Planned { position, kind, resource, namespace, name: text("name"), value: document.value.clone() })
}

/// Stores one document in place of what was there. The answer says what changed.
fn keep(world: &World, planned: &Planned) -> Result<&'static str, Fault> {
    let (kind, namespace, name) = (planned.kind, planned.namespace.as_str(), planned.name.as_str());
    let mut value = planned.value.clone();
    let found = world.object(kind, namespace, name)?;
    let same = |found: &Value| {
        ["spec", "data", "stringData", "binaryData"]
            .iter()
            .all(|field| found.get(*field) == value.get(*field))
    };
    if kind != "Secret" && found.as_ref().is_some_and(same) {
        return Ok("unchanged");
    }
    let change = if found.is_some() { "configured" } else { "created" };
    admit::name(world, &mut value, namespace);
    if let Some(found) = found {
        let metadata = shape::entry(&mut value, "metadata");
        for field in ["uid", "creationTimestamp"] {
            metadata[field] = found["metadata"][field].clone();
        }
        metadata["generation"] = json!(found["metadata"]["generation"].as_i64().unwrap_or(1) + 1);
        if let Some(status) = found.get("status") {
            value["status"] = status.clone();
        }
    }
    if kind == "Secret" {
        value = world.vault.seal(value)?;
    }
    world.put(kind, namespace, name, &value, None)?;
    Ok(change)
}
