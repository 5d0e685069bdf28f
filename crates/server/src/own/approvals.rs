//! Steps that wait for a person.

use crate::access::{Resource, Verb};
use crate::call::Call;
use crate::fault::Fault;
use crate::limits;
use crate::world::World;
use serde_json::{Value, json};
use tiphys_store::{Filter, Life, Runs as _};

/// Suspended steps without an end, over all live runs of a namespace.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    let namespace = call.query.text("namespace");
    call.who.may(Verb::List, Resource::Workflows, namespace, None)?;
    let filter = Filter {
        namespace: Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty()),
        life: Life::Live,
        phases: vec!["Running".to_owned()],
        limit: limits::PAGE_MAX,
        ..Filter::default()
    };
    let mut items = Vec::new();
    for row in world.store(|store| store.list(&filter))? {
        // One that ended since the rows were read waits for nobody.
        let Ok(document) = world.live(&row) else { continue };
        let nodes = document["status"]["nodes"].as_object().into_iter().flatten();
        for (_, node) in nodes.filter(|(_, node)| node["type"] == "Suspend" && node["phase"] == "Running") {
            if template_of(&document, node)
                .is_some_and(|template| template["suspend"]["duration"].is_string())
            {
                continue;
            }
            items.push(tell(&row.namespace, &row.name, node));
        }
    }
    Ok(json!({ "items": items }))
}

/// The template of a node, where the document holds it.
fn template_of<'a>(document: &'a Value, node: &Value) -> Option<&'a Value> {
    let name = node["templateName"].as_str().or_else(|| node["templateRef"]["template"].as_str())?;
    let lists = ["/spec/templates", "/status/storedWorkflowTemplateSpec/templates"];
    let own = lists.iter().filter_map(|list| document.pointer(list)?.as_array()).flatten();
    let stored = document["status"]["storedTemplates"].as_object().into_iter().flat_map(|map| map.values());
    own.chain(stored).find(|template| template["name"] == name)
}

fn tell(namespace: &str, run: &str, node: &Value) -> Value {
    let inputs: Vec<&Value> = node["inputs"]["parameters"].as_array().into_iter().flatten().collect();
    let input = |name: &Value| inputs.iter().find(|input| input["name"] == *name);
    let wanted = node["outputs"]["parameters"].as_array().into_iter().flatten();
    let wanted = wanted.filter(|parameter| parameter["valueFrom"].get("supplied").is_some());
    let parameters: Vec<Value> = wanted
        .map(|parameter| {
            let mut told = json!({ "name": parameter["name"] });
            let own = input(&parameter["name"]);
            let default = parameter["valueFrom"].get("default").or_else(|| own?.get("value"));
            for (field, value) in [
                ("value", parameter.get("value")),
                ("default", default),
                ("description", own.and_then(|own| own.get("description"))),
                ("enum", own.and_then(|own| own.get("enum"))),
            ] {
                if let Some(value) = value {
                    told[field] = value.clone();
                }
            }
            told
        })
        .collect();
    let mut told = json!({
        "namespace": namespace,
        "run": run,
        "node": node["id"],
        "nodeName": node.get("displayName").unwrap_or(&node["name"]),
        "since": node["startedAt"],
        "parameters": parameters,
    });
    if let Some(message) = input(&json!("message")).and_then(|input| input["value"].as_str()) {
        told["message"] = json!(message);
    }
    told
}
