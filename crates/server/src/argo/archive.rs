//! The archive (API-200 to API-214).

use crate::access::{Resource, Verb};
use crate::argo::actions::{self, Again, Wish};
use crate::argo::admit::{self, Purpose};
use crate::call::{Call, Message};
use crate::fault::{Code, Fault};
use crate::wire::select::{self, Labels, Term};
use crate::wire::shape;
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tiphys_store::{Filter, LabelTerm, MachineId, NameMatch, Order, Runs, Shelf};

/// What a request calls an archived workflow.
#[derive(Clone, Copy)]
struct Named<'a> {
    uid: &'a str,
    namespace: &'a str,
    name: &'a str,
}

impl Named<'_> {
    /// For those who change something: a name counts more than the uid (API-211).
    fn by_name_first(self) -> Self {
        if self.name.is_empty() { self } else { Named { uid: "", ..self } }
    }
}

/// The archived workflow that a request means, if the caller may read it there where it ran.
fn chosen(world: &World, call: &Call, named: Named<'_>) -> Result<Value, Fault> {
    let document = found(world, named)?;
    call.who.may_quietly(Verb::Get, Resource::Workflows, text(&document, "namespace"))?;
    Ok(document)
}

/// An archived workflow by uid, or by namespace and name if the uid is empty (API-211).
fn found(world: &World, named: Named<'_>) -> Result<Value, Fault> {
    if !world.options.archive {
        return Err(Fault::internal("getting archived workflows not supported"));
    }
    let not_found = || Fault::new(Code::NotFound, "not found");
    if !named.uid.is_empty() {
        return world.archived(named.uid)?.ok_or_else(not_found);
    }
    if named.name.is_empty() || named.namespace.is_empty() {
        return Err(Fault::invalid("both name and namespace are required if uid is not specified"));
    }
    let filter = Filter {
        shelf: Shelf::Archive,
        namespace: Some(named.namespace.to_owned()),
        name: Some(NameMatch::Exact(named.name.to_owned())),
        order: Order::Started,
        limit: 1,
        ..Filter::default()
    };
    let newest = world.store(|store| store.list(&filter))?.into_iter().next().ok_or_else(not_found)?;
    world.archived(&newest.uid)?.ok_or_else(not_found)
}

/// How a path and its query name one.
fn asked(call: &Call) -> Named<'_> {
    Named { uid: call.param("uid"), namespace: call.query.text("namespace"), name: call.query.text("name") }
}

/// How a path and its body name one.
fn told<'a>(call: &'a Call, message: &'a Message) -> Result<Named<'a>, Fault> {
    let (namespace, name) = (message.text("namespace")?, message.text("name")?);
    Ok(Named { uid: call.param("uid"), namespace, name }.by_name_first())
}

fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    document["metadata"][field].as_str().unwrap_or_default()
}

/// API-201.
pub(crate) fn get(world: &World, call: &Call) -> Result<Value, Fault> {
    chosen(world, call, asked(call))
}

/// API-202.
pub(crate) fn delete(world: &World, call: &Call) -> Result<Value, Fault> {
    let document = chosen(world, call, asked(call).by_name_first())?;
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
        terms => {
            let found = terms.len();
            return Err(Fault::invalid(format!("only allow 1 labelRequirement, found {found}")));
        }
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

/// API-205, API-213: it goes on in the namespace that the body names, which must be its own.
pub(crate) fn retry(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let wish = Wish::of(&message)?;
    let document = chosen(world, call, told(call, &message)?)?;
    let namespace = message.text("namespace")?;
    if world.find(namespace, text(&document, "name"))?.is_some() {
        return Err(actions::already_here());
    }
    let own = text(&document, "namespace").to_owned();
    let mut formed = wish.form(world, document)?;
    call.who.may(Verb::Create, Resource::Workflows, namespace, None)?;
    if namespace.is_empty() {
        world.require_namespace(namespace, "workflows.argoproj.io")?;
    }
    if namespace != own {
        return Err(Fault::elsewhere());
    }
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
    admit::name(world, &mut formed, namespace);
    let done = tiphys_engine::resubmit::done(&formed);
    let run = json!({ "metadata": formed["metadata"], "spec": formed["spec"] });
    admit::workflow(world, namespace, &run, Purpose::Run, Some(done))?;
    Ok(shape::live(formed))
}

/// API-206.
pub(crate) fn resubmit(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let again = Again::of(&message)?;
    let document = chosen(world, call, told(call, &message)?)?;
    let namespace = message.text("namespace")?;
    again.submit(world, call, namespace, document)
}
