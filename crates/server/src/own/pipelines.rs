//! Pipelines: templates and schedules with how their runs fared lately.

use crate::access::{Resource, Verb};
use crate::call::Call;
use crate::fault::Fault;
use crate::limits;
use crate::own::{page, runs, schedules};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tiphys_engine::Time;
use tiphys_store::{Filter, LabelTerm, Runs as _, Summary};

/// Runs of a pipeline that are shown.
const SHOWN_MAX: usize = 20;

/// The kinds of pipelines; versions of them are kept.
pub(crate) const KINDS: [(&str, Resource); 3] = [
    ("WorkflowTemplate", Resource::Templates),
    ("ClusterWorkflowTemplate", Resource::ClusterTemplates),
    ("CronWorkflow", Resource::Crons),
];

/// A kind as a path names it, and what may be done with it.
pub(crate) fn kind(name: &str) -> Result<(&'static str, Resource), Fault> {
    KINDS.into_iter().find(|(known, _)| *known == name).ok_or_else(|| no_kind(name))
}

pub(crate) fn no_kind(name: &str) -> Fault {
    Fault::invalid(format!(
        "`{name}` is no kind of pipeline: it is one of WorkflowTemplate, ClusterWorkflowTemplate, CronWorkflow"
    ))
}

/// Every pipeline of a namespace.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    let namespace = call.query.text("namespace");
    call.who.may(Verb::List, Resource::Templates, namespace, None)?;
    let now = Time(world.now_us());
    let mut items = Vec::new();
    for (kind, resource) in KINDS {
        if !call.who.allows(Verb::List, resource, namespace) {
            continue;
        }
        let place = if kind == "ClusterWorkflowTemplate" { "" } else { namespace };
        for object in world.objects(kind, place)? {
            items.push(describe(world, kind, namespace, &object, now)?);
        }
    }
    Ok(json!({ "items": items }))
}

fn describe(world: &World, kind: &str, namespace: &str, object: &Value, now: Time) -> Result<Value, Fault> {
    let metadata = &object["metadata"];
    let text = |field: &str| metadata[field].as_str().unwrap_or_default();
    let (own, name) = (text("namespace"), text("name"));
    let scope = if kind == "ClusterWorkflowTemplate" { namespace } else { own };
    let rows = runs_of(world, kind, scope, name, 2 * limits::RUNS_SUMMED_MAX)?;
    let mut item = json!({ "kind": kind, "namespace": own, "name": name });
    // For people only; nothing follows from it (OB-066).
    if let Some(title) = metadata["annotations"]["workflows.argoproj.io/title"].as_str() {
        item["title"] = json!(title);
    }
    item["folder"] = json!(folder(name, &metadata["labels"]));
    sum_up(&mut item, &rows);
    if kind == "CronWorkflow" {
        let spec = &object["spec"];
        item["schedules"] = spec["schedules"].clone();
        item["timezone"] = json!(spec["timezone"].as_str().unwrap_or_default());
        item["suspended"] = json!(spec["suspend"] == true);
        let next = world.desk.read().find(own, name).and_then(|cron| schedules::next(cron, now));
        if let Some(next) = next {
            item["nextAt"] = json!(page::time(next.0));
        }
    }
    Ok(item)
}

/// A label says the folder, else what stands before the first dot of the name.
fn folder(name: &str, labels: &Value) -> String {
    let labelled = ["tiphys.io/folder", "app.kubernetes.io/part-of"];
    let labelled = labelled.iter().find_map(|key| labels[*key].as_str());
    let dotted = || name.split_once('.').map(|(folder, _)| folder);
    labelled.or_else(dotted).unwrap_or_default().to_owned()
}

/// The latest runs of a pipeline, newest first.
fn runs_of(
    world: &World,
    kind: &str,
    namespace: &str,
    name: &str,
    most: usize,
) -> Result<Vec<Summary>, Fault> {
    let label = runs::pipeline_label(kind).ok_or_else(|| no_kind(kind))?;
    let filter = Filter {
        namespace: Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty()),
        labels: vec![LabelTerm::In(label.to_owned(), vec![name.to_owned()])],
        limit: most,
        ..Filter::default()
    };
    let mut rows = world.store(|store| store.list(&filter))?;
    // What a schedule cut from its history may be in the archive still.
    let archived = Filter { shelf: tiphys_store::Shelf::Archive, ..filter };
    rows.extend(world.store(|store| store.list(&archived))?);
    rows.sort_by(|left, right| (right.created_us, &right.uid).cmp(&(left.created_us, &left.uid)));
    rows.dedup_by(|left, right| left.uid == right.uid);
    rows.truncate(most);
    Ok(rows)
}

fn sum_up(item: &mut Value, rows: &[Summary]) {
    let shown: Vec<Value> = rows.iter().take(SHOWN_MAX).rev().map(|row| runs::brief(row, false)).collect();
    item["runs"] = json!(shown);
    let ended: Vec<&Summary> = rows.iter().filter(|row| row.finished_us.is_some()).collect();
    let good: Vec<&&Summary> = ended.iter().filter(|row| row.phase == "Succeeded").collect();
    item["running"] = json!(rows.len() - ended.len());
    if !ended.is_empty() {
        item["successRate"] = json!(good.len() as f64 / ended.len() as f64);
    }
    let seconds = |rows: &[&&Summary]| -> Option<f64> {
        let spans = rows.iter().filter_map(|row| Some(row.finished_us? - row.started_us?));
        let mut spans: Vec<i64> = spans.collect();
        spans.sort_unstable();
        spans.get(spans.len().checked_sub(1)? / 2).map(|us| *us as f64 / 1e6)
    };
    let (late, early) = good.split_at(good.len().min(SHOWN_MAX));
    for (field, rows) in [("medianSeconds", late), ("medianBefore", early)] {
        if let Some(median) = seconds(rows) {
            item[field] = json!(median);
        }
    }
}

/// The steps of a pipeline's last runs: which came out how, and how long each took.
pub(crate) fn steps(world: &World, call: &Call) -> Result<Value, Fault> {
    let (kind, namespace, name) = (call.param("kind"), call.namespace(), call.param("name"));
    // All namespaces are written as a dash: an empty segment would not be a path.
    let namespace = if namespace == "-" { "" } else { namespace };
    call.who.may(Verb::List, Resource::Workflows, namespace, None)?;
    let most = match call.query.number("runs") {
        None => 25,
        Some(wanted) => usize::try_from(wanted).unwrap_or(0).clamp(1, limits::RUNS_SUMMED_MAX),
    };
    let mut rows = runs_of(world, kind, namespace, name, most)?;
    rows.reverse();
    let mut order: Vec<String> = Vec::new();
    let mut cells: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let document = match world.live(row) {
            Ok(document) => document,
            Err(_) => world.archived(&row.uid)?.unwrap_or_default(),
        };
        for (step, cell) in steps_of(&document, &row.uid) {
            let line = cells.entry(step.clone()).or_insert_with(|| {
                order.push(step);
                vec![Value::Null; rows.len()]
            });
            // Of the expansions of a loop the worst is shown.
            if line[at].is_null() || rank(&cell) > rank(&line[at]) {
                line[at] = cell;
            }
        }
    }
    let steps: Vec<Value> = order.iter().map(|step| json!({ "name": step, "cells": cells[step] })).collect();
    let runs: Vec<Value> = rows.iter().map(|row| runs::brief(row, false)).collect();
    Ok(json!({ "runs": runs, "steps": steps }))
}

/// The nodes that do the work, by the name of their step without the number of an expansion or attempt.
fn steps_of(document: &Value, uid: &str) -> Vec<(String, Value)> {
    let mut found: Vec<(String, String, Value)> = Vec::new();
    for (id, node) in document["status"]["nodes"].as_object().into_iter().flatten() {
        let works = matches!(node["type"].as_str(), Some("Pod" | "HTTP" | "Plugin" | "Suspend"));
        if !works {
            continue;
        }
        let shown = node["displayName"].as_str().unwrap_or_default();
        let name = shown.split('(').next().unwrap_or(shown).to_owned();
        let seconds = || {
            let at = |field: &str| node[field].as_str().and_then(Time::parse);
            Some(at("finishedAt")?.since_us(at("startedAt")?) as f64 / 1e6)
        };
        let mut cell = json!({ "run": uid, "phase": node["phase"], "node": id });
        if let Some(seconds) = seconds() {
            cell["seconds"] = json!(seconds);
        }
        found.push((node["startedAt"].as_str().unwrap_or_default().to_owned(), name, cell));
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    found.into_iter().map(|(_, name, cell)| (name, cell)).collect()
}

fn rank(cell: &Value) -> u8 {
    match cell["phase"].as_str().unwrap_or_default() {
        "Failed" | "Error" => 3,
        "Running" | "Pending" => 2,
        "Succeeded" => 1,
        _ => 0,
    }
}
