//! Which workflow comes of a document.

use tiphys_spec as spec;

/// The workflow itself, or the one that a template or a schedule would make. None for a template that is only a library
/// of others, and for other kinds.
pub fn made(object: &spec::Object) -> Option<spec::Workflow> {
    let (metadata, spec) = match object {
        spec::Object::Workflow(workflow) => return Some((**workflow).clone()),
        spec::Object::WorkflowTemplate(template) | spec::Object::ClusterWorkflowTemplate(template) => {
            (&template.metadata, &template.spec)
        }
        spec::Object::CronWorkflow(cron) => (&cron.metadata, &cron.spec.workflow_spec),
        _ => return None,
    };
    if spec.entrypoint.is_empty() && spec.workflow_template_ref.is_none() {
        return None;
    }
    let metadata = spec::Metadata {
        name: metadata.name.clone(),
        namespace: metadata.namespace.clone(),
        ..spec::Metadata::default()
    };
    Some(spec::Workflow { metadata, spec: spec.clone(), status: None })
}
