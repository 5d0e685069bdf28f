//! What a manifest or a pipeline would run, before it runs, and what it asks for.

use crate::access::{Resource, Verb};
use crate::argo::admit::Library;
use crate::call::Call;
use crate::fault::Fault;
use crate::own::pipelines;
use crate::wire::read;
use crate::world::World;
use serde_json::{Value, json};
use tiphys_engine::{Frozen, compile, effective, explain};
use tiphys_spec as spec;

/// Most documents of a text that is planned. Each is compiled together with all that it uses.
const DOCUMENTS_MAX: usize = 200;

/// Most bytes, as JSON, that are compiled for one request; the document that goes beyond is the last.
const COMPILED_BYTES_MAX: usize = 64 << 20;

/// What one request has come to so far.
#[derive(Default)]
struct Budget {
    compiled: usize,
    room: explain::Room,
}

/// What every document of a text would run; it may use what stands beside it and what is kept in the namespace.
pub(crate) fn of_text(world: &World, call: &Call) -> Result<Value, Fault> {
    let message = call.message()?;
    let text = message.text("text")?;
    let namespace = match message.text("namespace")? {
        "" => "default",
        namespace => namespace,
    };
    call.who.may(Verb::List, Resource::Templates, namespace, None)?;
    let parsed = spec::parse("editor", text, spec::Strictness::Strict);
    let count = parsed.documents.len();
    if count > DOCUMENTS_MAX {
        return Err(Fault::invalid(format!(
            "the text has {count} documents and at most {DOCUMENTS_MAX} are planned at once: plan it in parts"
        )));
    }
    let mut library = Library::of(world, namespace)?;
    library.prefer(parsed.documents.iter().map(|document| &document.object));
    let mut budget = Budget::default();
    let documents = parsed.documents.iter();
    let items: Vec<Value> =
        documents.filter_map(|document| planned(world, &library, document, &mut budget)).collect();
    Ok(json!({ "items": items }))
}

/// What a pipeline would run.
pub(crate) fn of_pipeline(world: &World, call: &Call) -> Result<Value, Fault> {
    let (kind, resource) = pipelines::kind(call.param("kind"))?;
    let name = call.param("name");
    // Cluster templates have no namespace; an empty segment would not be a path.
    let namespace = if call.namespace() == "-" { "" } else { call.namespace() };
    call.who.may(Verb::Get, resource, namespace, Some(name))?;
    // What it refers to is shown with it.
    call.who.may(Verb::List, Resource::Templates, namespace, None)?;
    let missing = || Fault::missing(kind, name);
    let object = world.object(kind, namespace, name)?.ok_or_else(missing)?;
    let library = Library::reached(world, namespace, &object)?;
    let document = read::document(kind, &object)?;
    planned(world, &library, &document, &mut Budget::default()).ok_or_else(missing)
}

/// The plan of a document that may run something; or why there is none.
fn planned(
    world: &World,
    library: &Library,
    document: &spec::Document,
    budget: &mut Budget,
) -> Option<Value> {
    let Some(workflow) = explain::made(&document.object) else { return library_of_others(document) };
    let name = match workflow.metadata.name.as_str() {
        "" => workflow.metadata.generate_name.clone(),
        name => name.to_owned(),
    };
    let mut frozen = Frozen { workflow, host: world.host.clone(), ..Frozen::default() };
    if budget.compiled > COMPILED_BYTES_MAX {
        let problem = "not looked at: what stands before it is too much for one answer; plan it by itself";
        return Some(json!({
            "kind": document.kind,
            "name": name,
            "parameters": questions(&frozen.workflow.spec.arguments),
            "problem": problem,
        }));
    }
    budget.compiled += library.lend(&mut frozen);
    let arguments = match effective(&frozen) {
        Ok((whole, _)) => whole.spec.arguments,
        Err(_) => frozen.workflow.spec.arguments.clone(),
    };
    let mut told = json!({ "kind": document.kind, "name": name, "parameters": questions(&arguments) });
    match compile(&frozen) {
        Ok(plan) => told["outline"] = json!(explain::outline_within(&plan, &budget.room)),
        Err(problem) => told["problem"] = json!(problem),
    }
    Some(told)
}

/// A document that runs nothing by itself.
fn library_of_others(document: &spec::Document) -> Option<Value> {
    let (spec::Object::WorkflowTemplate(template) | spec::Object::ClusterWorkflowTemplate(template)) =
        &document.object
    else {
        return None;
    };
    Some(json!({
        "kind": document.kind,
        "name": template.metadata.name,
        "parameters": questions(&template.spec.arguments),
        "problem": "it has no entrypoint: it is a library of templates that others run",
    }))
}

/// Parameters as a form asks for them.
fn questions(arguments: &spec::Arguments) -> Vec<Value> {
    arguments.parameters.iter().map(question).collect()
}

fn question(parameter: &spec::Parameter) -> Value {
    let whole = serde_json::to_value(parameter).unwrap_or_default();
    let mut told = json!({ "name": parameter.name });
    for field in ["value", "default", "description", "enum", "valueFrom"] {
        if let Some(value) = whole.get(field) {
            told[field] = value.clone();
        }
    }
    told
}
