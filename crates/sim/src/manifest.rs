//! From the short text of a test to the documents of a run.

use crate::cast;
use spec::{Object, Strictness};
use tiphys_engine::Frozen;
use tiphys_spec as spec;

/// Reads the body of a workflow, or whole documents when the text names a `kind`.
///
/// The workflow is called `demo`, begins with `main`, and gets every template of the cast whose name it does
/// not use itself. The error lists all mistakes of the text.
pub fn read(text: &str) -> Result<Frozen, String> {
    let whole = text.lines().any(|line| line.starts_with("kind:"));
    let text = if whole { text.to_owned() } else { wrap(text) };
    let mut frozen = Frozen { host: "here".to_owned(), ..Frozen::default() };
    let mut found = false;
    for document in documents(&text)? {
        match document {
            Object::Workflow(workflow) if !found => {
                found = true;
                frozen.workflow = *workflow;
            }
            Object::WorkflowTemplate(template) => frozen.templates.push(*template),
            Object::ClusterWorkflowTemplate(template) => frozen.cluster_templates.push(*template),
            Object::ConfigMap(map) => frozen.config_maps.push(*map),
            _ => return Err("only one workflow, its templates and config maps make a test".to_owned()),
        }
    }
    if !found {
        return Err("there is no workflow in this text".to_owned());
    }
    complete(&mut frozen)?;
    Ok(frozen)
}

/// Gives a workflow what it needs to exist, always the same.
fn complete(frozen: &mut Frozen) -> Result<(), String> {
    let workflow = &mut frozen.workflow;
    let or = |field: &mut String, value: &str| {
        if field.is_empty() {
            *field = value.to_owned();
        }
    };
    or(&mut workflow.metadata.name, "demo");
    or(&mut workflow.metadata.namespace, "argo");
    or(&mut workflow.metadata.uid, "11111111-2222-3333-4444-555555555555");
    workflow.metadata.creation_timestamp.get_or_insert_with(|| "2030-01-01T00:00:00Z".to_owned());
    if workflow.spec.workflow_template_ref.is_none() {
        or(&mut workflow.spec.entrypoint, "main");
    }
    for template in cast::templates()? {
        if workflow.spec.templates.iter().all(|own| own.name != template.name) {
            workflow.spec.templates.push(template);
        }
    }
    Ok(())
}

fn wrap(body: &str) -> String {
    let mut text =
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: demo}\nspec:\n".to_owned();
    for line in body.lines() {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// All documents of a text, or all its mistakes.
pub(crate) fn documents(text: &str) -> Result<Vec<Object>, String> {
    let parsed = spec::parse("manifest", text, Strictness::Strict);
    if parsed.has_errors() {
        let mistakes: Vec<String> = parsed
            .diagnostics
            .iter()
            .map(|mistake| format!("line {}: {}", mistake.place.line, mistake.message))
            .collect();
        return Err(mistakes.join("\n"));
    }
    Ok(parsed.documents.into_iter().map(|document| document.object).collect())
}
