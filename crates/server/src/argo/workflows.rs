//! Workflows one at a time: create, lint, get, delete.

use crate::access::{Resource, Verb};
use crate::argo::admit::{self, Judged, Library, Purpose};
use crate::call::{Call, why_no_version};
use crate::fault::{Code, Fault};
use crate::wire::project::Projection;
use crate::wire::{read, shape};
use crate::world::World;
use serde_json::{Value, json};
use tiphys_controller::collect::Force;
use tiphys_controller::{Extent, Refused};
use tiphys_engine::check::Situation;
use tiphys_store::Summary;

/// API-110 to API-113.
pub(crate) fn create(world: &World, call: &Call) -> Result<Judged, Fault> {
    let message = call.message()?;
    let namespace = call.namespace();
    let Some(given) = message.field("workflow") else {
        return Err(Fault::invalid("workflow body not specified"));
    };
    admit::require_reader(&call.who, namespace)?;
    let mut document = read::document("Workflow", given)?;
    let value = &mut document.value;
    let options = message.message("createOptions")?;
    options.text("fieldManager")?;
    message.text("instanceID")?;
    let server_dry_run = message.flag("serverDryRun")?;
    let metadata = shape::entry(value, "metadata");
    match metadata["namespace"].as_str().unwrap_or_default() {
        "" if !namespace.is_empty() => metadata["namespace"] = json!(namespace),
        own if own == namespace || namespace.is_empty() => {}
        _ => return Err(Fault::elsewhere()),
    }
    admit::sign(value, &call.who);
    let purpose = if !options.texts("dryRun")?.is_empty() {
        Purpose::DryRun
    } else if server_dry_run {
        Purpose::ServerDryRun
    } else {
        Purpose::Run
    };
    if purpose != Purpose::DryRun
        && let Value::Object(metadata) = shape::entry(&mut document.value, "metadata")
    {
        // A new object gets an identity and an age of its own, whatever it came with.
        for field in ["uid", "creationTimestamp", "generation"] {
            metadata.remove(field);
        }
        if purpose == Purpose::ServerDryRun {
            metadata.remove("resourceVersion");
        }
    }
    admit::judge(world, namespace, document, purpose, Some(&call.who))
}

/// API-102.
pub(crate) fn lint(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let Some(given) = message.field("workflow") else {
        return Err(Fault::new(Code::Unknown, "unable to get a workflow"));
    };
    let mut document = read::document("Workflow", given)?;
    admit::sign(&mut document.value, &call.who);
    // The document's own namespace counts, not the path's, and what is answered tells of its templates.
    let namespace = document.value["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    if !namespace.is_empty() {
        call.who.may_quietly(Verb::Get, Resource::Templates, &namespace)?;
    }
    let library = Library::reached(world, &namespace, &document.value)?;
    library.judge(&document, Situation::Lint, Code::Unknown)?;
    admit::store_templates(&mut document.value, &library);
    Ok(shape::workflow(document.value))
}

/// API-140 to API-142.
pub(crate) fn get(world: &World, call: &Call) -> Result<Value, Fault> {
    let (namespace, name) = (call.namespace(), call.param("name"));
    let named = (name != "@latest").then_some(name);
    let verb = if named.is_some() { Verb::Get } else { Verb::List };
    call.who.may(verb, Resource::Workflows, namespace, named)?;
    require_name(name)?;
    let value = match version_flaw(call.query.text("getOptions.resourceVersion")) {
        None => found_with(world, namespace, name, call.query.text("uid"), extent(call))?,
        // API-141: the live object counts as out of reach then.
        Some(flaw) => filed(world, namespace, name, call.query.text("uid"))?.ok_or(flaw)?,
    };
    Ok(projected(value, call))
}

/// A live workflow, or an archived one if there is no live one or it is another one.
pub(crate) fn found(world: &World, namespace: &str, name: &str, uid: &str) -> Result<Value, Fault> {
    found_with(world, namespace, name, uid, Extent::Whole)
}

fn found_with(world: &World, namespace: &str, name: &str, uid: &str, extent: Extent) -> Result<Value, Fault> {
    let live = world.find(namespace, name)?;
    if let Some(summary) = live.as_ref().filter(|summary| uid.is_empty() || summary.uid == uid) {
        return world.live_with(summary, extent);
    }
    filed(world, namespace, name, uid)?.ok_or_else(|| Fault::missing("workflows.argoproj.io", name))
}

/// Refuses the empty name, which a path has that ends with a slash (API-022).
pub(crate) fn require_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() { Err(Fault::internal("resource name may not be empty")) } else { Ok(()) }
}

/// What is wrong with a version that somebody asks for.
pub(crate) fn version_flaw(version: &str) -> Option<Fault> {
    let flawed = !version.is_empty() && version.parse::<u64>().is_err();
    flawed.then(|| {
        let why = why_no_version(version);
        Fault::internal(format!(
            "resourceVersion: Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": {why}"
        ))
    })
}

/// An archived workflow: by its uid, else the newest of that name.
fn filed(world: &World, namespace: &str, name: &str, uid: &str) -> Result<Option<Value>, Fault> {
    Ok(if !world.options.archive {
        None
    } else if uid.is_empty() {
        let filter = tiphys_store::Filter {
            shelf: tiphys_store::Shelf::Archive,
            namespace: Some(namespace.to_owned()),
            name: Some(tiphys_store::NameMatch::Exact(name.to_owned())),
            order: tiphys_store::Order::Started,
            limit: 1,
            ..Default::default()
        };
        let newest = world.store(|store| tiphys_store::Runs::list(store, &filter))?.into_iter().next();
        newest.map(|summary| world.archived(&summary.uid)).transpose()?.flatten()
    } else {
        let same = |value: &Value| value["metadata"]["namespace"].as_str() == Some(namespace);
        world.archived(uid)?.filter(same)
    })
}

/// The parts of a workflow that the client wants (API-064).
pub(crate) fn projected(value: Value, call: &Call) -> Value {
    match Projection::parse(call.query.text("fields")) {
        None => value,
        Some(projection) => shape::workflow(projection.apply(value)),
    }
}

/// Whether a client wants to see the nodes of a workflow: there may be many, and they are not made for others.
fn extent(call: &Call) -> Extent {
    let wanted = Projection::parse(call.query.text("fields"));
    let shows_nodes = wanted.is_none_or(|wanted| wanted.keeps("status.nodes"));
    if shows_nodes { Extent::Whole } else { Extent::WithoutNodes }
}

/// API-105.
pub(crate) fn delete(world: &World, call: &Call) -> Result<Value, Fault> {
    let (namespace, name) = (call.namespace(), call.param("name"));
    require_name(name)?;
    let summary = world.require(namespace, name)?;
    let may = |verb| call.who.may(verb, Resource::Workflows, &summary.namespace, Some(&summary.name));
    let force = if call.query.flag("force") { Force::Yes } else { Force::No };
    if force == Force::Yes {
        may(Verb::Patch)?;
    }
    may(Verb::Delete)?;
    remove(world, &summary, force)?;
    Ok(json!({}))
}

/// Removes a run that is here, and tells everybody.
pub(crate) fn remove(world: &World, summary: &Summary, force: Force) -> Result<(), Fault> {
    remove_all(world, std::slice::from_ref(summary), force)?.into_iter().collect()
}

/// Removes runs that are here together, and tells everybody; answers what became of each.
pub(crate) fn remove_all(
    world: &World,
    runs: &[Summary],
    force: Force,
) -> Result<Vec<Result<(), Fault>>, Fault> {
    let last: Vec<Option<Value>> = runs.iter().map(|run| world.live(run).ok()).collect();
    let uids: Vec<&str> = runs.iter().map(|run| &*run.uid).collect();
    let removed = world.controller.delete_all(&uids, force)?;
    let tell = |((run, last), removed): ((&Summary, Option<Value>), Result<bool, Refused>)| {
        if !removed? {
            return Err(Fault::missing("workflows.argoproj.io", &run.name));
        }
        if let Some(last) = last {
            // Nothing that was read before it went has so great a version.
            world.hub.tell_gone(last, world.controller.settled().0);
        }
        Ok(())
    };
    Ok(runs.iter().zip(last).zip(removed).map(tell).collect())
}
