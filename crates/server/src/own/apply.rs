//! Documents of any kind into the catalog, as `tiphys apply` sends them.

use crate::access::{Resource, Verb};
use crate::argo::admit::{self, Library};
use crate::argo::catalog;
use crate::call::Call;
use crate::fault::{Code, Fault};
use crate::limits;
use crate::wire::{names, schema, shape};
use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use tiphys_engine::check::Situation;
use tiphys_spec as spec;
use tiphys_store::{Filter, ObjectKey, Runs as _};

/// Takes in every document of a text; none if one of them is wrong.
pub(crate) fn apply(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let text = message.text("text")?;
    let default = match message.text("namespace")? {
        "" => "default",
        namespace => namespace,
    };
    let parsed = spec::parse("apply", text, spec::Strictness::Strict);
    let mistakes = parsed.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let mut wrong: Vec<String> = mistakes.map(told_of).collect();
    let planned: Vec<Planned> = parsed
        .documents
        .iter()
        .enumerate()
        .filter_map(|(position, document)| plan(position, document, default))
        .collect();
    // Everything is judged first, so that a mistake in the last document leaves the first one alone.
    let coming: BTreeSet<&str> =
        planned.iter().filter(|one| one.kind == "Namespace").map(|one| one.name.as_str()).collect();
    for Planned { kind, resource, namespace, name, .. } in &planned {
        call.who.may(Verb::Update, *resource, namespace, Some(name.as_str()))?;
        let is_cluster_wide = matches!(*kind, "ClusterWorkflowTemplate" | "Namespace");
        if !is_cluster_wide && !coming.contains(namespace.as_str()) {
            world.require_namespace(namespace, kind)?;
        }
    }
    let (flaws, warnings) = judge(world, &parsed.documents, &planned)?;
    wrong.extend(flaws);
    if !wrong.is_empty() {
        return Err(Fault::invalid(wrong.join("\n")));
    }
    let changes = keep(world, &planned)?;
    let told = planned.iter().zip(changes).zip(warnings).map(|((one, change), warning)| {
        let mut answer = json!({
            "kind": one.kind, "namespace": one.namespace, "name": one.name, "change": change,
        });
        if let Some(warning) = warning {
            answer["warning"] = json!(warning.message);
        }
        answer
    });
    let applied: Vec<Value> = told.collect();
    let kept: BTreeSet<usize> = planned.iter().map(|planned| planned.position).collect();
    let others = parsed.documents.iter().enumerate().filter(|(position, _)| !kept.contains(position));
    let ignored: Vec<Value> = others
        .map(|(_, document)| json!({ "kind": document.kind, "name": document.value["metadata"]["name"] }))
        .collect();
    Ok(json!({ "applied": applied, "ignored": ignored }))
}

/// What is wrong with the documents, each seen together with the others; and for each what it lacks yet.
fn judge(
    world: &World,
    documents: &[spec::Document],
    planned: &[Planned],
) -> Result<(Vec<String>, Vec<Option<Fault>>), Fault> {
    let mut libraries: BTreeMap<&str, Library> = BTreeMap::new();
    let (mut wrong, mut warnings) = (Vec::new(), Vec::new());
    for one in planned {
        let document = &documents[one.position];
        let library = match libraries.entry(&one.namespace) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let mut library = Library::of(world, &one.namespace)?;
                let beside = planned.iter().filter(|other| {
                    other.namespace == one.namespace || other.kind == "ClusterWorkflowTemplate"
                });
                library.prefer(beside.map(|other| &documents[other.position].object));
                unknown.insert(library)
            }
        };
        let mut flaws = one.flaws();
        let found = library.findings(document, Situation::Lint);
        // What is kept may lack a document that comes later, and an artifact that is uploaded when it is submitted; it
        // is judged for good when it is used.
        let (lacking, others): (Vec<_>, Vec<_>) = found.iter().partition(|found| match &*found.code {
            "unknown-document" => true,
            "missing-source" => one.is_template() && found.path.starts_with("spec.arguments.artifacts"),
            _ => false,
        });
        let lacking = lacking.first().map(|first| {
            let judged = library.judge(document, Situation::Lint, Code::InvalidArgument);
            judged.err().unwrap_or_else(|| Fault::invalid(first.message.clone()))
        });
        // It is kept, as Argo's clients expect; what reaches it is refused when it is to run.
        let later = found.iter().find(|found| found.code == "not-supported-yet");
        warnings.push(lacking.or_else(|| later.map(|later| Fault::invalid(later.message.clone()))));
        // What the object's schema misses was told in its own words.
        let errors = others.into_iter().filter(|found| found.is_error() && found.code != "no-selector");
        flaws.extend(errors.map(told_of));
        wrong.extend(flaws.into_iter().map(|flaw| format!("{} {}: {flaw}", one.kind, one.shown())));
    }
    Ok((wrong, warnings))
}

/// Takes an object out of the catalog that no route of Argo's takes out.
pub(crate) fn remove(world: &World, call: &Call) -> Result<Value, Fault> {
    let (namespace, name) = (call.param("namespace"), call.param("name"));
    let (kind, resource) = match call.param("kind") {
        "WorkflowEventBinding" => ("WorkflowEventBinding", Resource::Bindings),
        "ConfigMap" => ("ConfigMap", Resource::Objects),
        "Secret" => ("Secret", Resource::Secrets),
        "Namespace" => return remove_namespace(world, call, name),
        other => {
            return Err(Fault::invalid(format!(
                "objects of the kind `{other}` are not deleted here: there are ConfigMap, Secret, \
                 WorkflowEventBinding and Namespace"
            )));
        }
    };
    call.who.may(Verb::Delete, resource, namespace, Some(name))?;
    match world.remove(kind, namespace, name, None)? {
        true => Ok(json!({})),
        false => Err(Fault::new(
            Code::NotFound,
            format!("there is no {kind} `{name}` in the namespace `{namespace}`"),
        )),
    }
}

/// Kinds of objects that belong to a namespace.
const WITHIN: [&str; 5] = ["WorkflowTemplate", "CronWorkflow", "WorkflowEventBinding", "ConfigMap", "Secret"];

/// Takes a namespace away in which nothing is left; what was archived of it stays.
fn remove_namespace(world: &World, call: &Call, name: &str) -> Result<Value, Fault> {
    call.who.may(Verb::Delete, Resource::Namespaces, "", Some(name))?;
    if name == "default" || world.options.namespaces.iter().any(|own| own == name) {
        return Err(Fault::invalid(format!(
            "the namespace `{name}` is there as long as the server is started with it: it cannot be deleted"
        )));
    }
    let runs = Filter { namespace: Some(name.to_owned()), ..Filter::default() };
    let mut left =
        vec![("Workflow", usize::try_from(world.store(|store| store.count(&runs))?).unwrap_or(usize::MAX))];
    for kind in WITHIN {
        left.push((kind, world.objects(kind, name)?.len()));
    }
    let left: Vec<String> =
        left.iter().filter(|(_, count)| *count > 0).map(|(kind, count)| format!("{count} {kind}")).collect();
    if !left.is_empty() {
        return Err(Fault::invalid(format!(
            "the namespace `{name}` is not empty: delete what is in it first ({})",
            left.join(", ")
        )));
    }
    match world.remove("Namespace", "", name, None)? {
        true => Ok(json!({})),
        false => Err(Fault::new(Code::NotFound, format!("there is no namespace `{name}`"))),
    }
}

fn told_of(error: &spec::Diagnostic) -> String {
    let place = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path) };
    format!("line {}: {place}{}", error.place.line, error.message)
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

impl Planned {
    fn is_template(&self) -> bool {
        matches!(self.kind, "WorkflowTemplate" | "ClusterWorkflowTemplate")
    }

    /// What it is called in messages.
    fn shown(&self) -> &str {
        match self.name.as_str() {
            "" => self.value["metadata"]["generateName"].as_str().unwrap_or_default(),
            name => name,
        }
    }

    /// What is wrong with the object itself, whatever it says.
    fn flaws(&self) -> Vec<String> {
        let metadata = &self.value["metadata"];
        if self.name.is_empty() && metadata["generateName"].is_string() {
            return vec![
                "`generateName` makes another object each time: give it a `name` to apply it".to_owned(),
            ];
        }
        let flaw = names::flaw(self.kind, metadata).or_else(|| schema::flaw(self.kind, &self.value));
        let mut flaws: Vec<String> = flaw.into_iter().collect();
        let longest = [&catalog::TEMPLATES, &catalog::CLUSTER_TEMPLATES, &catalog::CRONS, &catalog::BINDINGS]
            .into_iter()
            .find(|kind| kind.name == self.kind);
        flaws.extend(longest.and_then(|kind| kind.too_long(&self.name)));
        let bytes = if self.kind == "ConfigMap" { "binaryData" } else { "data" };
        if matches!(self.kind, "ConfigMap" | "Secret") {
            for (key, value) in self.value[bytes].as_object().into_iter().flatten() {
                let text: String = value.as_str().unwrap_or_default().split(['\n', '\r']).collect();
                if STANDARD.decode(&text).is_err() {
                    let plain = if bytes == "data" { "stringData" } else { "data" };
                    flaws.push(format!("{bytes}.{key}: is no base64; plain text goes under `{plain}`"));
                }
            }
        }
        flaws
    }
}

/// Marks that the server itself sets on what it keeps.
const OURS: [&str; 4] = [
    "workflows.argoproj.io/creator",
    "workflows.argoproj.io/actor",
    "workflows.argoproj.io/action",
    "cronworkflows.argoproj.io/",
];

fn is_ours(key: &str) -> bool {
    OURS.iter().any(|beginning| key.starts_with(beginning))
}

/// What an object says, whatever became of it since.
fn content(object: &Value) -> BTreeMap<String, Value> {
    let passing = ["apiVersion", "kind", "metadata", "status"];
    let fields = object.as_object().into_iter().flatten();
    let own = fields.filter(|(field, _)| !passing.contains(&field.as_str()));
    let mut content: BTreeMap<String, Value> =
        own.map(|(field, value)| (field.clone(), value.clone())).collect();
    for map in ["labels", "annotations"] {
        let entries = object["metadata"][map].as_object().into_iter().flatten();
        let given = entries.filter(|(key, _)| !is_ours(key));
        content.extend(given.map(|(key, value)| (format!("metadata.{map}.{key}"), value.clone())));
    }
    content
}

/// Stores the documents in place of what was there: all of them, or none. The answer says what changed of each.
fn keep(world: &World, planned: &[Planned]) -> Result<Vec<&'static str>, Fault> {
    // Somebody else may change one at the same moment, as schedules do with their status: then all are read again.
    for _ in 0..limits::RACES_MAX {
        let (mut changes, mut new) = (Vec::new(), Vec::<(ObjectKey, Value, u64)>::new());
        for one in planned {
            let (kind, namespace, name) = (one.kind.to_owned(), one.namespace.clone(), one.name.clone());
            let key = ObjectKey { kind, namespace, name };
            let found = match new.iter().rfind(|(other, _, _)| *other == key) {
                // The same object once more: the last one counts.
                Some((_, value, version)) => Some((value.clone(), *version)),
                None => world.object(&key.kind, &key.namespace, &key.name)?.map(|value| {
                    let version = value["metadata"]["resourceVersion"].as_str();
                    let version = version.and_then(|version| version.parse().ok()).unwrap_or(0);
                    (value, version)
                }),
            };
            let (found, version) = found.map_or((None, 0), |(value, version)| (Some(value), version));
            changes.push(match in_place_of(world, one, found)? {
                None => "unchanged",
                Some((value, change)) => {
                    new.push((key, value, version));
                    change
                }
            });
        }
        if new.is_empty() || world.put_all(&new)? {
            return Ok(changes);
        }
    }
    let names: Vec<String> = planned.iter().map(|one| format!("{} `{}`", one.kind, one.name)).collect();
    Err(Fault::new(
        Code::AlreadyExists,
        format!(
            "nothing was applied: others change one of these all the time: {}; try again",
            names.join(", ")
        ),
    ))
}

/// A document as it is to be stored in place of what was found, and what that changes; none if it is there already.
fn in_place_of(
    world: &World,
    planned: &Planned,
    found: Option<Value>,
) -> Result<Option<(Value, &'static str)>, Fault> {
    let (kind, namespace) = (planned.kind, planned.namespace.as_str());
    let mut value = planned.value.clone();
    if let Some(found) = &found {
        // A Secret that cannot be opened any more is what one applies again.
        let open =
            if kind == "Secret" { world.vault.unseal(found.clone()).ok() } else { Some(found.clone()) };
        if open.is_some_and(|open| content(&open) == content(&value)) {
            return Ok(None);
        }
    }
    admit::name(world, &mut value, namespace);
    let change = match found {
        // Who applies files keeps them as they are: nobody is written into them, as `kubectl apply` writes nobody.
        None => "created",
        Some(found) => {
            let metadata = shape::entry(&mut value, "metadata");
            for field in ["uid", "creationTimestamp"] {
                metadata[field] = found["metadata"][field].clone();
            }
            metadata["generation"] = json!(found["metadata"]["generation"].as_i64().unwrap_or(1) + 1);
            for map in ["labels", "annotations"] {
                let entries = found["metadata"][map].as_object().into_iter().flatten();
                for (key, mark) in entries.filter(|(key, _)| is_ours(key)) {
                    shape::entry(metadata, map)[key] = mark.clone();
                }
            }
            if let Some(status) = found.get("status") {
                value["status"] = status.clone();
            }
            "configured"
        }
    };
    if kind == "Secret" {
        value = world.vault.seal(value)?;
    }
    Ok(Some((value, change)))
}
