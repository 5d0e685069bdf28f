//! The archive (API-200 to API-214).

use crate::access::{Resource, Verb};
use crate::argo::actions::{self, Again, Wish};
use crate::argo::admit::{self, Purpose};
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::wire::select::{self, Labels, Term};
use crate::wire::shape;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tiphys_store::{Filter, LabelTerm, MachineId, NameMatch, Order, Runs, Shelf};

/// The archived workflow that a path means, if the caller may read it there where it ran.
fn chosen(world: &World, call: &Call) -> Result<Value, Fault> {
    let document = found(world, call)?;
    call.who.may_quietly(Verb::Get, Resource::Workflows, text(&document, "namespace"))?;
    Ok(document)
}

/// An archived workflow by uid, or by namespace and name if the uid is empty (API-211).
fn found(world: &World, call: &Call) -> Result<Value, Fault> {
    if !world.options.archive {
        return Err(Fault::internal("getting archived workflows not supported"));
    }
    let uid = call.param("uid");
    let not_found = || Fault::new(Code::NotFound, "not found");
    if !uid.is_empty() {
        return world.archived(uid)?.ok_or_else(not_found);
    }
    let filter = Filter {
        shelf: Shelf::Archive,
        namespace: Some(call.query.text("namespace").to_owned()),
        name: Some(NameMatch::Exact(call.query.text("name").to_owned())),
        order: Order::Started,
        limit: 1,
        ..Filter::default()
    };
    let newest = world.store(|store| store.list(&filter))?.into_iter().next().ok_or_else(not_found)?;
    world.archived(&newest.uid)?.ok_or_else(not_found)
}

fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    document["metadata"][field].as_str().unwrap_or_default()
}

/// API-201.
pub(crate) fn get(world: &World, call: &Call) -> Result<Value, Fault> {
    chosen(world, call)
}

/// API-202.
pub(crate) fn delete(world: &World, call: &Call) -> Result<Value, Fault> {
    let document = chosen(world, call)?;
    call.who.may_quietly(Verb::Delete, Resource::Workflows, text(&document, "namespace"))?;
    let machine = MachineId::workflow(text(&document, "uid"));
    world.store(|store| store.delete_archived(&[machine]))?;
    Ok(json!({}))
}

/// API-203.
pub(crate) fn label_keys(world: &World, call: &Call) -> Result<Value, Fault> {
    labels(world, call, None)
}

/// API-204, API-214.
pub(crate) fn label_values(world: &World, call: &Call) -> Result<Value, Fault> {
    let text = call.query.text("listOptions.labelSelector");
    let selector = Labels::parse(text)?;
    let key = match selector.0.as_slice() {
        [Term::Plain(LabelTerm::Exists(key))] => key,
        [_] => {
            let operation = select::operator(text);
            return Err(Fault::invalid(format!("operation {operation} is not supported")));
        }
        _ => return Err(Fault::invalid("only allow 1 labelRequirement")),
    };
    labels(world, call, Some(key))
}

/// Labels of archived workflows, of the namespaces that the caller may read.
fn labels(world: &World, call: &Call, key: Option<&str>) -> Result<Value, Fault> {
    if !world.options.archive {
        return Ok(json!({}));
    }
    let namespaces: Vec<Option<String>> = match call.who.standing() {
        Some((_, [])) | None => vec![None],
        Some((_, own)) => own.iter().cloned().map(Some).collect(),
    };
    let mut items = BTreeSet::new();
    for namespace in namespaces {
        let filter = Filter { shelf: Shelf::Archive, namespace, ..Filter::default() };
        items.extend(world.store(|store| store.label_texts(&filter, key))?);
    }
    let mut items = Vec::from_iter(items);
    // Said of every archived workflow, so it is not kept with each.
    const ARCHIVING: &str = "workflows.argoproj.io/workflow-archiving-status";
    match key {
        None if !items.is_empty() => items.push(ARCHIVING.to_owned()),
        Some(ARCHIVING) => items.push("Persisted".to_owned()),
        _ => {}
    }
    Ok(if items.is_empty() { json!({}) } else { json!({ "items": items }) })
}

/// API-205, API-213.
pub(crate) fn retry(world: &World, call: &Call) -> Result<Value, Fault> {
    let wish = Wish::of(&call.message()?)?;
    let document = chosen(world, call)?;
    let (namespace, name) = (text(&document, "namespace").to_owned(), text(&document, "name").to_owned());
    if world.find(&namespace, &name)?.is_some() {
        return Err(actions::already_here());
    }
    let mut formed = wish.form(world, document)?;
    call.who.may(Verb::Create, Resource::Workflows, &namespace, None)?;
    admit::sign_change(&mut formed, &call.who, "Retry");
    let labels = shape::entry(&mut formed["metadata"], "labels");
    if let Value::Object(labels) = labels {
        for label in ["workflow-archiving-status", "phase", "completed"] {
            labels.remove(&format!("workflows.argoproj.io/{label}"));
        }
    }
    if let Value::Object(metadata) = &mut formed["metadata"] {
        // What it had is of the one that is archived (API-213).
        metadata.remove("resourceVersion");
    }
    admit::name(world, &mut formed, &namespace);
    let done = tiphys_engine::resubmit::done(&formed);
    let run = json!({ "metadata": formed["metadata"], "spec": formed["spec"] });
    admit::workflow(world, &namespace, &run, Purpose::Run, Some(done))?;
    Ok(shape::live(formed, world))
}

/// API-206.
pub(crate) fn resubmit(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let again = Again::of(&message)?;
    let document = chosen(world, call)?;
    let namespace = message.text("namespace")?;
    again.submit(world, call, namespace, document)
}
