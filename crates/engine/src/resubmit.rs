//! What a retry by hand, or a resubmission, makes of a workflow's document (EX-300 to EX-317).
//!
//! Pure functions over documents as Argo's tools read them: they work on live and on archived workflows alike.

use crate::workflow::{Outcome, Phase};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tiphys_spec as spec;

/// Labels that tell of one execution and do not pass on to the next (EX-306, EX-315).
const OF_ONE_RUN: [&str; 3] = [
    "workflows.argoproj.io/phase",
    "workflows.argoproj.io/completed",
    "workflows.argoproj.io/workflow-archiving-status",
];

/// Types of nodes that do work themselves.
const WORKERS: [&str; 4] = ["Pod", "Container", "HTTP", "Plugin"];

/// The document with which a workflow goes on: what failed, and what was chosen, is taken out of its status.
///
/// `chosen` are ids of succeeded nodes to be run again; `parameters` override the workflow's arguments.
pub fn retry(mut document: Value, chosen: &[String], parameters: &[(String, String)], now: &str) -> Value {
    let nodes = document["status"]["nodes"].as_object().cloned().unwrap_or_default();
    let removed = removed(&nodes, chosen, !parameters.is_empty());
    let reset = reset(&nodes, &removed);
    let mut kept = Map::new();
    for (id, node) in nodes {
        if removed.contains(&id) {
            continue;
        }
        let mut node = node;
        if reset.contains(&id)
            && let Some(fields) = node.as_object_mut()
        {
            if fields.get("phase").is_some_and(|phase| phase != "Skipped") {
                fields.insert("phase".to_owned(), json!("Running"));
            }
            fields.remove("message");
            fields.insert("startedAt".to_owned(), json!(now));
            fields.insert("finishedAt".to_owned(), Value::Null);
        }
        for field in ["children", "outboundNodes"] {
            if let Some(others) = node.get_mut(field).and_then(Value::as_array_mut) {
                others.retain(|other| other.as_str().is_none_or(|other| !removed.contains(other)));
                if others.is_empty() {
                    node.as_object_mut().map(|fields| fields.remove(field));
                }
            }
        }
        kept.insert(id, node);
    }
    let status = &mut document["status"];
    status["nodes"] = Value::Object(kept);
    status["startedAt"] = json!(now);
    status["finishedAt"] = Value::Null;
    if let Some(fields) = status.as_object_mut() {
        for field in ["phase", "message", "persistentVolumeClaims"] {
            fields.remove(field);
        }
    }
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        if condition["type"] == "Completed" {
            condition["status"] = json!("False");
        }
    }
    if let Some(labels) = document["metadata"]["labels"].as_object_mut() {
        labels.remove(OF_ONE_RUN[1]);
        labels.remove(OF_ONE_RUN[2]);
    }
    renew(&mut document["spec"], parameters);
    if document["status"].get("storedWorkflowTemplateSpec").is_some() {
        renew(&mut document["status"]["storedWorkflowTemplateSpec"], parameters);
    }
    document
}

/// A spec that may run again: not shut down, not out of time, with overridden parameters.
fn renew(spec: &mut Value, parameters: &[(String, String)]) {
    if let Some(fields) = spec.as_object_mut() {
        fields.remove("shutdown");
        if fields.get("activeDeadlineSeconds").is_some_and(|seconds| *seconds == json!(0)) {
            fields.remove("activeDeadlineSeconds");
        }
    }
    if parameters.is_empty() {
        return;
    }
    let given = |parameter: &Value| parameters.iter().any(|(name, _)| parameter["name"] == json!(name));
    let old = spec["arguments"]["parameters"].as_array().cloned().unwrap_or_default();
    let mut list: Vec<Value> =
        parameters.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    list.extend(old.into_iter().filter(|parameter| !given(parameter)));
    if !spec["arguments"].is_object() {
        spec["arguments"] = json!({});
    }
    spec["arguments"]["parameters"] = Value::Array(list);
}

/// Nodes that are taken out: failed workers, chosen nodes, everything after them, and exit handlers.
fn removed(nodes: &Map<String, Value>, chosen: &[String], expand_again: bool) -> BTreeSet<String> {
    let mut removed: BTreeSet<String> = BTreeSet::new();
    let mut roots: Vec<String> = chosen.to_vec();
    for (id, node) in nodes {
        let name = text(node, "name");
        if is_exit_handler(name) {
            removed.insert(id.clone());
        }
        let failed = matches!(text(node, "phase"), "Failed" | "Error");
        if !failed || !WORKERS.contains(&text(node, "type")) {
            continue;
        }
        // An attempt is judged by its wrapper: one that succeeded in the end keeps its failures (EX-301).
        let judged = retry_parent(nodes, id).unwrap_or(id);
        let judged_failed = nodes.get(judged).is_none_or(|node| text(node, "phase") != "Succeeded");
        if judged_failed && !has_success_below(nodes, judged) {
            roots.push(if text(node, "type") == "Container" {
                text(node, "boundaryID").to_owned()
            } else {
                id.clone()
            });
        }
    }
    let mut open = roots;
    while let Some(id) = open.pop() {
        if removed.insert(id.clone())
            && let Some(node) = nodes.get(&id)
        {
            open.extend(children(node).map(str::to_owned));
        }
    }
    if expand_again {
        // Loops are expanded again with the new parameters (EX-307).
        let reset = reset(nodes, &removed);
        let groups = nodes.iter().filter(|(id, node)| {
            reset.contains(*id) && matches!(text(node, "type"), "TaskGroup" | "StepGroup")
        });
        let mut open: Vec<String> =
            groups.flat_map(|(_, node)| children(node).map(str::to_owned).collect::<Vec<_>>()).collect();
        while let Some(id) = open.pop() {
            if removed.insert(id.clone())
                && let Some(node) = nodes.get(&id)
            {
                open.extend(children(node).map(str::to_owned));
            }
        }
    }
    removed
}

/// What encloses a removed node and must run again (EX-302).
fn reset(nodes: &Map<String, Value>, removed: &BTreeSet<String>) -> BTreeSet<String> {
    let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, node) in nodes {
        for child in children(node) {
            parents.entry(child).or_default().push(id);
        }
    }
    let mut reset = BTreeSet::new();
    let mut open: Vec<&str> = removed.iter().map(String::as_str).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(node) = nodes.get(id) else { continue };
        let boundary = text(node, "boundaryID");
        if !boundary.is_empty() {
            open.push(boundary);
        }
        for parent in parents.get(id).into_iter().flatten() {
            let kind = text(&nodes[*parent], "type");
            if matches!(kind, "StepGroup" | "TaskGroup" | "Retry" | "Steps" | "DAG")
                && !removed.contains(*parent)
            {
                // A group before this one that is done stays done.
                let stays = kind == "StepGroup"
                    && text(&nodes[*parent], "phase") == "Succeeded"
                    && !encloses(&nodes[*parent], node);
                if !stays {
                    open.push(parent);
                }
            }
        }
        let encloses = matches!(text(node, "type"), "StepGroup" | "TaskGroup" | "Steps" | "DAG")
            || (text(node, "type") == "Retry" && text(node, "phase") != "Succeeded");
        if encloses && !removed.contains(id) {
            reset.insert(id.to_owned());
        }
    }
    reset
}

/// Whether a node's name says that it belongs to a group.
fn encloses(group: &Value, node: &Value) -> bool {
    text(node, "name").starts_with(text(group, "name"))
}

fn retry_parent<'a>(nodes: &'a Map<String, Value>, id: &str) -> Option<&'a String> {
    nodes
        .iter()
        .find(|(_, node)| text(node, "type") == "Retry" && children(node).any(|child| child == id))
        .map(|(parent, _)| parent)
}

fn has_success_below(nodes: &Map<String, Value>, id: &str) -> bool {
    let mut open: Vec<&str> = nodes.get(id).map(|node| children(node).collect()).unwrap_or_default();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(node) = nodes.get(id) else { continue };
        if text(node, "phase") == "Succeeded" {
            return true;
        }
        open.extend(children(node));
    }
    false
}

fn is_exit_handler(name: &str) -> bool {
    name.split_once('.').is_some_and(|(_, rest)| rest == "onExit" || rest.starts_with("onExit"))
        && !name.contains('[')
}

fn children(node: &Value) -> impl Iterator<Item = &str> {
    node["children"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn text<'a>(node: &'a Value, field: &str) -> &'a str {
    node[field].as_str().unwrap_or_default()
}

/// How nodes that a retried or memoized document keeps came out, by their ids: they need not run again.
pub fn done(document: &Value) -> BTreeMap<String, Outcome> {
    let mut done = BTreeMap::new();
    for (id, node) in document["status"]["nodes"].as_object().into_iter().flatten() {
        if !matches!(text(node, "type"), "Pod" | "HTTP" | "Plugin" | "Suspend") {
            continue;
        }
        let phase = match text(node, "phase") {
            "Succeeded" => Phase::Succeeded,
            "Failed" => Phase::Failed,
            "Error" => Phase::Error,
            _ => continue,
        };
        let outputs: spec::Outputs = serde_json::from_value(node["outputs"].clone()).unwrap_or_default();
        let value = |parameter: spec::Parameter| parameter.value.map(|value| (parameter.name, value));
        done.insert(
            id.clone(),
            Outcome {
                phase,
                message: node["message"].as_str().map(str::to_owned),
                cause: None,
                exit_code: node["outputs"]["exitCode"].as_str().and_then(|code| code.parse().ok()),
                result: node["outputs"]["result"].as_str().map(str::to_owned),
                parameters: outputs.parameters.into_iter().filter_map(value).collect(),
                artifacts: outputs.artifacts,
                containers: Vec::new(),
                finished: None,
            },
        );
    }
    done
}

/// A new workflow that does what an earlier one did (EX-315, EX-316). It has no name yet.
pub fn resubmit(document: &Value, parameters: &[(String, String)]) -> Value {
    let old = &document["metadata"];
    let name = text(old, "name");
    let prefix = match text(old, "generateName") {
        "" => format!("{name}-"),
        prefix => prefix.to_owned(),
    };
    let mut labels: Map<String, Value> = old["labels"].as_object().cloned().unwrap_or_default();
    labels.retain(|key, _| {
        !OF_ONE_RUN.contains(&key.as_str()) && !key.starts_with("workflows.argoproj.io/creator")
    });
    labels.insert("workflows.argoproj.io/resubmitted-from-workflow".to_owned(), json!(name));
    let mut metadata = json!({ "generateName": prefix, "labels": labels });
    for field in ["annotations", "ownerReferences", "namespace"] {
        if let Some(value) = old.get(field) {
            metadata[field] = value.clone();
        }
    }
    let mut spec = document["spec"].clone();
    renew(&mut spec, parameters);
    json!({ "metadata": metadata, "spec": spec })
}

/// The status with which a memoized resubmission under a new name begins (EX-317).
pub fn memoized(document: &Value, name: &str) -> Value {
    let old_name = text(&document["metadata"], "name");
    let nodes = document["status"]["nodes"].as_object().cloned().unwrap_or_default();
    let renamed = |old: &str| match old.strip_prefix(old_name) {
        Some(rest) => format!("{name}{rest}"),
        None => old.to_owned(),
    };
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for (id, node) in &nodes {
        let full = renamed(text(node, "name"));
        ids.insert(id.clone(), tiphys_expr::names::node_id(name, &full));
    }
    let new_id = |id: &str| ids.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let mut kept = Map::new();
    for (id, node) in &nodes {
        if is_exit_handler(text(node, "name")) {
            continue;
        }
        if text(node, "type") == "Skipped" && !has_success_below(&nodes, id) {
            continue;
        }
        let mut copy = node.clone();
        copy["id"] = json!(new_id(id));
        copy["name"] = json!(renamed(text(node, "name")));
        if !text(node, "boundaryID").is_empty() {
            copy["boundaryID"] = json!(new_id(text(node, "boundaryID")));
        }
        for field in ["children", "outboundNodes"] {
            for entry in copy[field].as_array_mut().into_iter().flatten() {
                if let Some(old) = entry.as_str() {
                    *entry = json!(new_id(old));
                }
            }
            if copy[field].is_null()
                && let Some(fields) = copy.as_object_mut()
            {
                fields.remove(field);
            }
        }
        let succeeded = !matches!(text(node, "phase"), "Failed" | "Error");
        if text(node, "type") == "Pod" && succeeded {
            copy["type"] = json!("Skipped");
            copy["phase"] = json!("Skipped");
            copy["message"] = json!(format!("original pod: {id}"));
        } else {
            copy["phase"] = json!("Pending");
            copy.as_object_mut().map(|fields| fields.remove("message"));
        }
        kept.insert(new_id(id), copy);
    }
    let mut status = json!({
        "startedAt": null,
        "finishedAt": null,
        "nodes": kept,
        "conditions": [{ "type": "Completed", "status": "False" }],
    });
    if let Some(stored) = document["status"].get("storedTemplates") {
        status["storedTemplates"] = stored.clone();
    }
    status
}

/// What the pods of a workflow gave that came out well, by the ids they get under a new name: they are skipped there,
/// and keep their outputs (EX-317, EX-671). What nobody ran in a pod is done again.
pub fn memoized_done(document: &Value, name: &str) -> BTreeMap<String, Outcome> {
    let old_name = text(&document["metadata"], "name");
    let empty = Map::new();
    let nodes = document["status"]["nodes"].as_object().unwrap_or(&empty);
    let mut taken = BTreeMap::new();
    for (id, mut outcome) in done(document) {
        let node = &nodes[&id];
        let Some(full) = text(node, "name").strip_prefix(old_name) else { continue };
        let is_pod = text(node, "type") == "Pod" && !is_exit_handler(text(node, "name"));
        if outcome.phase != Phase::Succeeded || !is_pod {
            continue;
        }
        outcome.phase = Phase::Skipped;
        outcome.message = Some(format!("original pod: {id}"));
        // Tries begin with the first: it takes what the one gave that came out well.
        let full = match retry_parent(nodes, &id) {
            Some(_) => format!("{}(0)", full.rsplit_once('(').map_or(full, |(wrapper, _)| wrapper)),
            None => full.to_owned(),
        };
        taken.insert(tiphys_expr::names::node_id(name, &format!("{name}{full}")), outcome);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EX-302, EX-306: what stays keeps its outputs, and its references to what stays.
    #[test]
    fn a_retry_takes_out_what_is_removed_and_nothing_else() {
        let node = |kind: &str, phase: &str| json!({ "name": "r", "type": kind, "phase": phase });
        let (mut root, mut group) = (node("DAG", "Failed"), node("TaskGroup", "Failed"));
        (root["children"], root["outboundNodes"]) = (json!(["a", "g"]), json!(["a", "b"]));
        (group["children"], group["outboundNodes"]) = (json!(["b"]), json!(["b"]));
        (group["boundaryID"], root["message"]) = (json!("r"), json!("child 'b' failed"));
        let (mut good, mut bad) = (node("Pod", "Succeeded"), node("Pod", "Failed"));
        (good["boundaryID"], bad["boundaryID"]) = (json!("r"), json!("r"));
        let outputs = json!({ "parameters": [{ "name": "g", "value": "1" }] });
        let nodes = json!({ "r": root, "a": good, "g": group, "b": bad });
        let document =
            json!({ "spec": {}, "status": { "phase": "Failed", "outputs": outputs, "nodes": nodes } });
        let status = &retry(document, &[], &[], "now")["status"];
        assert_eq!(status["outputs"], outputs);
        assert!(status["nodes"].get("b").is_none());
        let root = &status["nodes"]["r"];
        assert_eq!((&root["children"], &root["outboundNodes"]), (&json!(["a", "g"]), &json!(["a"])));
        assert!(root.get("message").is_none(), "{root}");
        let group = status["nodes"]["g"].as_object().unwrap();
        assert!(!group.contains_key("children") && !group.contains_key("outboundNodes"), "{group:?}");
    }

    /// EX-315, EX-316: the same spec, neither shut down nor out of time; labels of one run stay with it, and what was
    /// done to that one comes along.
    #[test]
    fn a_resubmission_begins_anew() {
        let document = json!({
            "metadata": {
                "name": "old", "namespace": "ns", "annotations": { "a": "b" },
                "labels": { "team": "x", "workflows.argoproj.io/phase": "Failed", "workflows.argoproj.io/creator": "me",
                    "workflows.argoproj.io/action": "Stop" },
            },
            "spec": {
                "shutdown": "Stop", "suspend": true, "activeDeadlineSeconds": 0,
                "arguments": { "parameters": [{ "name": "p", "value": "1" }, { "name": "q", "value": "2" }] },
            },
        });
        let new = resubmit(&document, &[("p".to_owned(), "9".to_owned())]);
        let labels = json!({ "team": "x", "workflows.argoproj.io/action": "Stop",
            "workflows.argoproj.io/resubmitted-from-workflow": "old" });
        assert_eq!(new["metadata"]["labels"], labels);
        assert_eq!(
            (&new["metadata"]["generateName"], &new["metadata"]["namespace"]),
            (&json!("old-"), &json!("ns"))
        );
        let parameters = json!([{ "name": "p", "value": "9" }, { "name": "q", "value": "2" }]);
        assert_eq!(new["spec"], json!({ "suspend": true, "arguments": { "parameters": parameters } }));
        let mut named = document;
        named["metadata"]["generateName"] = json!("often-");
        named["spec"]["activeDeadlineSeconds"] = json!(5);
        let new = resubmit(&named, &[]);
        assert_eq!(
            (&new["metadata"]["generateName"], &new["spec"]["activeDeadlineSeconds"]),
            (&json!("often-"), &json!(5))
        );
    }

    /// EX-317, EX-671: pods that came out well are skipped and keep what they gave; of several tries the last counts.
    #[test]
    fn what_pods_gave_is_taken_along() {
        let node = |name: &str, kind: &str, phase: &str| json!({ "name": name, "type": kind, "phase": phase, "outputs": { "result": name } });
        let mut wrapper = node("old.r", "Retry", "Succeeded");
        wrapper["children"] = json!(["r0", "r1"]);
        let document = json!({
            "metadata": { "name": "old" },
            "status": { "nodes": {
                "old": node("old", "DAG", "Failed"),
                "a": node("old.a", "Pod", "Succeeded"),
                "b": node("old.b", "Pod", "Failed"),
                "h": node("old.h", "HTTP", "Succeeded"),
                "s": node("old.s", "Suspend", "Succeeded"),
                "r": wrapper,
                "r0": node("old.r(0)", "Pod", "Failed"),
                "r1": node("old.r(1)", "Pod", "Succeeded"),
            } },
        });
        let taken = memoized_done(&document, "new");
        let shown: BTreeMap<&str, (Phase, Option<&str>, Option<&str>)> = taken
            .iter()
            .map(|(id, outcome)| {
                (id.as_str(), (outcome.phase, outcome.message.as_deref(), outcome.result.as_deref()))
            })
            .collect();
        let id = |full: &str| tiphys_expr::names::node_id("new", full);
        let (a, r) = (id("new.a"), id("new.r(0)"));
        let expected = BTreeMap::from([
            (a.as_str(), (Phase::Skipped, Some("original pod: a"), Some("old.a"))),
            (r.as_str(), (Phase::Skipped, Some("original pod: r1"), Some("old.r(1)"))),
        ]);
        assert_eq!(shown, expected);
    }
}
