//! What happened to workflows, told as Kubernetes' events (API-172).

use crate::access::{Resource, Verb};
use crate::argo::listing::{self, Watching};
use crate::argo::watch::{render, since};
use crate::call::Call;
use crate::fault::Fault;
use crate::hub::Change;
use crate::route::{Feed, Opened};
use crate::wire::project::Projection;
use crate::wire::select::{self, Labels};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use tiphys_engine::FieldSelector;
use tiphys_store::{Filter, Runs};
use tokio::sync::broadcast::error::RecvError;

/// Fields that events can be selected by.
const FIELDS: [&str; 13] = [
    "involvedObject.apiVersion",
    "involvedObject.fieldPath",
    "involvedObject.kind",
    "involvedObject.name",
    "involvedObject.namespace",
    "involvedObject.resourceVersion",
    "involvedObject.uid",
    "metadata.name",
    "metadata.namespace",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

/// Whether an event fulfils a selector; where it comes from is selected by its component.
fn is_selected(event: &Value, fields: &FieldSelector) -> bool {
    fields.matches(|path| {
        let path = if path == "source" { "source.component" } else { path };
        let value = event.pointer(&format!("/{}", path.replace('.', "/")));
        value.and_then(Value::as_str).map(str::to_owned)
    })
}

/// API-172.
pub(crate) fn watch(world: &World, call: &Call) -> Result<Opened, Fault> {
    let namespace = call.namespace().to_owned();
    call.who.may(Verb::Watch, Resource::Events, &namespace, None)?;
    let fields = select::by_fields(call.query.text("listOptions.fieldSelector"), &FIELDS)?;
    // Events carry no labels.
    let is_wanted = Labels::parse(call.query.text("listOptions.labelSelector"))?.matches(&Value::Null);
    since(call.query.text("listOptions.resourceVersion"))?;
    let watching = Watching::of(&call.query)?;
    let projection = Projection::parse(call.query.text("fields"));
    let mut news = world.hub.watch();
    let mut filter = Filter {
        namespace: Some(namespace.clone()).filter(|namespace| !namespace.is_empty()),
        ..Filter::default()
    };
    if let Some(term) = fields.terms().iter().find(|term| term.field == "involvedObject.name" && term.equal) {
        filter.name = Some(tiphys_store::NameMatch::Exact(term.value.clone()));
    }
    let mut told = Told::default();
    let mut present = match is_wanted {
        true => VecDeque::from(world.store(|store| store.every(&filter))?),
        false => VecDeque::new(),
    };
    Ok(Box::new(move |world: Arc<World>, feed: Feed| {
        Box::pin(async move {
            let send = async |event: Value| {
                let message = json!({ "result": event });
                feed.send(match &projection {
                    None => message,
                    Some(projection) => projection.apply(message),
                })
                .await
            };
            while let Some(workflows) = render(&world, &mut present).await? {
                for event in workflows.iter().flat_map(|workflow| told.fresh(workflow, &fields)) {
                    send(event).await?;
                }
            }
            drop(world);
            let over = watching.over();
            tokio::pin!(over);
            loop {
                let heard = tokio::select! {
                    heard = news.recv() => heard,
                    () = &mut over => return Err(listing::end()),
                };
                let news = match heard {
                    Ok(news) => news,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return Err(listing::end()),
                };
                let here = namespace.is_empty()
                    || news.workflow["metadata"]["namespace"].as_str() == Some(&namespace);
                if !here || !is_wanted {
                    continue;
                }
                match news.change {
                    Change::Modified => {
                        for event in told.fresh(&news.workflow, &fields) {
                            send(event).await?;
                        }
                    }
                    Change::Deleted => told.forget(&news.workflow),
                }
            }
        })
    }))
}

/// What a stream has told: a number for each event, as long as its workflow is here.
#[derive(Default)]
struct Told(HashMap<String, HashSet<u64>>);

impl Told {
    /// Events of a workflow that were not told yet.
    fn fresh(&mut self, workflow: &Value, fields: &FieldSelector) -> Vec<Value> {
        let told = self.0.entry(uid(workflow)).or_default();
        let number = |event: &Value| {
            let mut hasher = DefaultHasher::new();
            for part in [&event["metadata"]["name"], &event["reason"], &event["message"]] {
                part.as_str().hash(&mut hasher);
            }
            hasher.finish()
        };
        let events = events(workflow).into_iter().filter(|event| is_selected(event, fields));
        events.filter(|event| told.insert(number(event))).collect()
    }

    fn forget(&mut self, workflow: &Value) {
        self.0.remove(&uid(workflow));
    }
}

fn uid(workflow: &Value) -> String {
    workflow["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}

/// Everything that Argo's controller would have said about a workflow so far.
fn events(workflow: &Value) -> Vec<Value> {
    let status = &workflow["status"];
    let phase = status["phase"].as_str().unwrap_or_default();
    let mut events = Vec::new();
    if !phase.is_empty() {
        let at = status["startedAt"].as_str().unwrap_or_default();
        events.push(event(workflow, None, "WorkflowRunning", "Workflow Running", "Normal", at));
    }
    let nodes: Vec<&Value> =
        status["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values()).collect();
    let word = |node: &Value| node["name"].as_str().unwrap_or_default().to_owned();
    for node in &nodes {
        let at = node["startedAt"].as_str().unwrap_or_default();
        if node["phase"] != "Pending" && node["type"] != "Skipped" {
            let message = format!("Running node {}", word(node));
            events.push(event(workflow, Some(node), "WorkflowNodeRunning", &message, "Normal", at));
        }
    }
    let ended = status["finishedAt"].as_str().unwrap_or_default();
    let message = status["message"].as_str().unwrap_or_default();
    match phase {
        "Succeeded" => {
            events.push(event(workflow, None, "WorkflowSucceeded", "Workflow completed", "Normal", ended));
        }
        "Failed" => events.push(event(workflow, None, "WorkflowFailed", message, "Warning", ended)),
        "Error" => events.push(event(workflow, None, "WorkflowFailed", message, "Warning", ended)),
        _ => {}
    }
    // Inner nodes end before those around them.
    let depth = |node: &&&Value| std::cmp::Reverse(word(node).len());
    let mut over: Vec<&&Value> = nodes.iter().filter(|node| node["finishedAt"].is_string()).collect();
    over.sort_by_key(depth);
    for node in over {
        let at = node["finishedAt"].as_str().unwrap_or_default();
        let phase = node["phase"].as_str().unwrap_or_default();
        let message = node["message"].as_str().unwrap_or_default();
        let (kind, text) = match phase {
            "Succeeded" => ("Normal", format!("Succeeded node {}", word(node))),
            "Failed" | "Error" if message.is_empty() => ("Warning", format!("{phase} node {}", word(node))),
            "Failed" | "Error" => ("Warning", format!("{phase} node {}: {message}", word(node))),
            _ => continue,
        };
        events.push(event(workflow, Some(node), &format!("WorkflowNode{phase}"), &text, kind, at));
    }
    events
}

fn event(workflow: &Value, node: Option<&Value>, reason: &str, message: &str, kind: &str, at: &str) -> Value {
    let own = &workflow["metadata"];
    let name = own["name"].as_str().unwrap_or_default();
    let subject = node.map_or("", |node| node["id"].as_str().unwrap_or_default());
    let seed = format!("{}{subject}{reason}", own["uid"].as_str().unwrap_or_default());
    let hash = tiphys_expr::names::fnv1a(2_166_136_261, seed.as_bytes());
    let mut metadata = json!({
        "name": format!("{name}.{hash:016x}"),
        "namespace": own["namespace"],
        "uid": format!("{hash:08x}-0000-4000-8000-{hash:012x}"),
        "resourceVersion": own["resourceVersion"],
        "creationTimestamp": at,
    });
    if let Some(node) = node {
        let started = node["startedAt"].as_str().and_then(tiphys_engine::Time::parse);
        metadata["annotations"] = json!({
            "workflows.argoproj.io/node-id": node["id"],
            "workflows.argoproj.io/node-name": node["name"],
            "workflows.argoproj.io/node-start-time":
                started.map_or(0, |time| time.0.saturating_mul(1_000)).to_string(),
            "workflows.argoproj.io/node-type": node["type"],
        });
    }
    json!({
        "metadata": metadata,
        "involvedObject": {
            "kind": "Workflow",
            "namespace": own["namespace"],
            "name": name,
            "uid": own["uid"],
            "apiVersion": "argoproj.io/v1alpha1",
            "resourceVersion": own["resourceVersion"],
        },
        "reason": reason,
        "message": message,
        "source": { "component": "workflow-controller" },
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
        "type": kind,
        "eventTime": null,
        "reportingComponent": "workflow-controller",
        "reportingInstance": "",
    })
}

#[cfg(test)]
mod tests {
    use super::Told;
    use serde_json::json;

    /// API-172: everything that Kubernetes selects events by.
    #[test]
    fn events_are_selected_by_what_they_tell() {
        let workflow = json!({
            "metadata": { "name": "w", "namespace": "ns", "uid": "u", "resourceVersion": "7" },
            "status": { "phase": "Succeeded" },
        });
        let event = &super::events(&workflow)[0];
        for (selector, selected) in [
            ("source=workflow-controller,reportingComponent=workflow-controller", true),
            ("involvedObject.apiVersion=argoproj.io/v1alpha1,involvedObject.resourceVersion!=x", true),
            ("involvedObject.fieldPath=", true),
            ("source=kubelet", false),
        ] {
            let fields = super::select::by_fields(selector, &super::FIELDS).unwrap();
            assert_eq!(super::is_selected(event, &fields), selected, "{selector}");
        }
    }

    #[test]
    fn events_are_told_once_as_long_as_their_workflow_is_here() {
        let workflow = json!({
            "metadata": { "name": "w", "namespace": "ns", "uid": "u" },
            "status": { "phase": "Succeeded", "nodes": { "w": { "name": "w", "phase": "Succeeded" } } },
        });
        let mut told = Told::default();
        assert_eq!(told.fresh(&workflow, &super::FieldSelector::default()).len(), 3);
        assert!(told.fresh(&workflow, &super::FieldSelector::default()).is_empty());
        told.forget(&workflow);
        assert!(told.0.is_empty(), "of what is gone nothing is remembered");
    }
}
