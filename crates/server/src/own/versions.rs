//! Versions of templates and schedules: what they said before, so that somebody can compare.
//!
//! A version lies in the store like a run: a row that lists find and a document. It is made when the body of an
//! object changes, and stays when the object goes.

use crate::access::Verb;
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::own::pipelines::KINDS;
use crate::own::{diff, page};
use crate::world::World;
use crate::yaml::yaml;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tiphys_store::{Filter, LabelTerm, MachineId, NewRun, Runs as _, Summary};

/// The kind of the machines that versions lie under.
const KIND: &str = "version";

/// The label with the object that a version belongs to.
const OF: &str = "of";

/// Versions of one object that are kept; the oldest give way.
const KEPT_MAX: usize = 100;

fn machine(uid: &str) -> MachineId {
    MachineId { kind: KIND.into(), id: uid.to_owned() }
}

fn filter(kind: &str, namespace: &str, name: &str) -> Filter {
    Filter {
        kind: Some(KIND.into()),
        namespace: Some(namespace.to_owned()),
        labels: vec![LabelTerm::In(OF.to_owned(), vec![format!("{kind}/{name}")])],
        ..Filter::default()
    }
}

/// Keeps what an object says now, if it says something new.
pub(crate) fn keep(
    world: &World,
    kind: &str,
    namespace: &str,
    name: &str,
    object: &Value,
) -> Result<(), Fault> {
    if !KINDS.iter().any(|(known, _)| *known == kind) {
        return Ok(());
    }
    let rows = world.store(|store| store.list(&filter(kind, namespace, name)))?;
    let latest = match rows.first() {
        Some(row) => read(world, &row.uid)?,
        None => Value::Null,
    };
    if latest["object"]["spec"] == object["spec"] {
        return Ok(());
    }
    let number = latest["version"].as_u64().unwrap_or(0) + 1;
    let labels = &object["metadata"]["labels"];
    let by =
        ["actor", "creator"].iter().find_map(|who| labels[format!("workflows.argoproj.io/{who}")].as_str());
    let mut plain = object.clone();
    if let Value::Object(fields) = &mut plain {
        fields.remove("status");
    }
    let document = json!({ "version": number, "by": by, "object": plain });
    let uid = uuid::Uuid::now_v7().to_string();
    let made = NewRun {
        machine: machine(&uid),
        document: document.to_string().into_bytes(),
        summary: Summary {
            namespace: namespace.to_owned(),
            name: uid.clone(),
            uid,
            created_us: world.now_us(),
            labels: BTreeMap::from([(OF.to_owned(), format!("{kind}/{name}"))]),
            ..Summary::default()
        },
    };
    world.store(|store| store.create(&made))?;
    for old in rows.iter().skip(KEPT_MAX - 1) {
        world.store(|store| store.delete(&machine(&old.uid)))?;
    }
    Ok(())
}

fn read(world: &World, uid: &str) -> Result<Value, Fault> {
    let body = world.store(|store| store.document(&machine(uid)))?.unwrap_or_default();
    serde_json::from_slice(&body)
        .map_err(|error| Fault::internal(format!("a version cannot be read: {error}")))
}

/// The versions of an object, the newest first.
pub(crate) fn list(world: &World, call: &Call) -> Result<Value, Fault> {
    let (kind, rows) = found(world, call)?;
    let mut items = Vec::new();
    for row in rows {
        let version = read(world, &row.uid)?;
        let text = text(kind, &version);
        let mut item =
            json!({ "version": version["version"], "at": page::time(row.created_us), "text": text });
        if let Some(by) = version["by"].as_str() {
            item["by"] = json!(by);
        }
        items.push(item);
    }
    Ok(json!({ "items": items }))
}

/// What changed from one version to another, line by line; the newest and the one before it if nothing else is said.
pub(crate) fn compare(world: &World, call: &Call) -> Result<Value, Fault> {
    let (kind, rows) = found(world, call)?;
    let mut versions = Vec::new();
    for row in rows {
        versions.push(read(world, &row.uid)?);
    }
    let number = |key: &str| match call.query.text(key) {
        "" => Ok(None),
        text => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| Fault::invalid(format!("`{key}` must be the number of a version, not `{text}`"))),
    };
    let at = |number: u64| {
        let place = versions.iter().position(|version| version["version"].as_u64() == Some(number));
        place.ok_or_else(|| {
            Fault::new(Code::NotFound, format!("there is no version {number} any more, or not yet"))
        })
    };
    let to = number("to")?.map_or(Ok(0), at)?;
    let from = number("from")?.map(at).transpose()?;
    // What came before the first version is nothing.
    let from = from.or(Some(to + 1)).and_then(|from| versions.get(from));
    let Some(to) = versions.get(to) else {
        return Err(Fault::new(
            Code::NotFound,
            "no version of it is kept: nothing of that name was ever applied",
        ));
    };
    let before = from.map_or(String::new(), |from| text(kind, from));
    let lines = diff::lines(&before, &text(kind, to));
    let number = |version: Option<&Value>| version.map_or(json!(0), |version| version["version"].clone());
    Ok(json!({ "from": number(from), "to": number(Some(to)), "lines": lines }))
}

/// The kind that a path names, and the versions of its object that are kept, the newest first.
fn found(world: &World, call: &Call) -> Result<(&'static str, Vec<Summary>), Fault> {
    let (kind, name) = (call.param("kind"), call.param("name"));
    let Some((kind, resource)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        return Err(Fault::invalid(format!(
            "`{kind}` keeps no versions: it is one of WorkflowTemplate, ClusterWorkflowTemplate, CronWorkflow"
        )));
    };
    // Cluster templates have no namespace; an empty segment would not be a path.
    let namespace = if call.namespace() == "-" { "" } else { call.namespace() };
    call.who.may(Verb::Get, *resource, namespace, Some(name))?;
    Ok((kind, world.store(|store| store.list(&filter(kind, namespace, name)))?))
}

/// A version as its author would write it, in the look that every other document has.
fn text(kind: &str, version: &Value) -> String {
    yaml(&manifest(kind, &version["object"]))
}

/// Takes out what nobody wrote: the server shows some fields where they are empty, too.
fn prune(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(prune);
            fields.retain(|field, value| match field.as_str() {
                "arguments" | "inputs" | "outputs" | "metadata" | "resources" => {
                    !value.as_object().is_some_and(Map::is_empty)
                }
                "name" => value != "",
                _ => true,
            });
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

/// The part of an object that its author wrote.
fn manifest(kind: &str, object: &Value) -> Value {
    let mut metadata = json!({ "name": object["metadata"]["name"] });
    for field in ["namespace", "labels", "annotations"] {
        if let Some(value) = object["metadata"].get(field) {
            metadata[field] = value.clone();
        }
    }
    if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
        labels.retain(|key, _| !key.starts_with("workflows.argoproj.io/"));
    }
    let mut spec = object["spec"].clone();
    prune(&mut spec);
    json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec })
}
