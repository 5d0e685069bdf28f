//! What the command line gives a workflow, against what the workflow takes.
//!
//! Argo takes values that nobody asks for, and forgets the `enum` of those that it takes (CLI-027, against PA-411); a
//! mistyped name then runs with the default. Here it is told, and what cannot be meant is refused.

use serde_json::Value;
use tiphys_spec::{self as spec, Diagnostic, Document, Object, Severity, similar};

use crate::load::template_named;

/// What one workflow takes, as its documents say it.
pub struct Takes<'d> {
    parameters: Vec<&'d spec::Parameter>,
    /// What the template that it begins with takes: it gets the workflow's arguments.
    inputs: Vec<&'d str>,
    artifacts: Vec<&'d str>,
    templates: Vec<&'d str>,
    /// The documents it can reach, which may read values that are declared nowhere.
    bodies: Vec<&'d Value>,
}

/// A value for a parameter.
pub struct GivenValue {
    pub name: String,
    pub value: String,
    /// The file that says it, and where in it; none for a flag.
    pub stands: Option<(String, spec::Place)>,
}

impl GivenValue {
    pub fn by_flag(name: &str, value: &str) -> GivenValue {
        GivenValue { name: name.to_owned(), value: value.to_owned(), stands: None }
    }

    /// A mistake in it, which `flag` tells of if a flag said it.
    fn mistake(
        &self,
        severity: Severity,
        code: &str,
        flag: &str,
        message: String,
        help: String,
    ) -> Diagnostic {
        let mut found = mistake(severity, code, flag, message, help);
        if let Some((file, place)) = &self.stands {
            (found.file, found.place) = (file.clone(), *place);
        }
        found
    }
}

/// What is given by flags, and by files that they name.
#[derive(Default)]
pub struct Given<'g> {
    pub parameters: Vec<GivenValue>,
    pub artifacts: Vec<&'g str>,
    pub entrypoint: Option<&'g str>,
}

impl<'d> Takes<'d> {
    /// Of a workflow, among the documents at hand.
    pub fn of(document: &'d Document, documents: &[&'d Document], given: &Given) -> Takes<'d> {
        let mut takes = Takes {
            parameters: Vec::new(),
            inputs: Vec::new(),
            artifacts: Vec::new(),
            templates: Vec::new(),
            bodies: documents.iter().map(|document| &document.value).collect(),
        };
        let Object::Workflow(workflow) = &document.object else { return takes };
        let mut specs = vec![&workflow.spec];
        if let Some(reference) = &workflow.spec.workflow_template_ref {
            let found = template_named(documents, &reference.name, reference.cluster_scope);
            specs.extend(found.and_then(|found| match &found.object {
                Object::WorkflowTemplate(found) | Object::ClusterWorkflowTemplate(found) => Some(&found.spec),
                _ => None,
            }));
        }
        for spec in specs {
            takes.parameters.extend(&spec.arguments.parameters);
            takes.artifacts.extend(spec.arguments.artifacts.iter().map(|artifact| artifact.name.as_str()));
            for template in &spec.templates {
                takes.templates.push(&template.name);
                if template.name == given.entrypoint.unwrap_or(&spec.entrypoint) {
                    let inputs = &template.inputs;
                    takes.inputs.extend(inputs.parameters.iter().map(|parameter| parameter.name.as_str()));
                    takes.artifacts.extend(inputs.artifacts.iter().map(|artifact| artifact.name.as_str()));
                }
            }
        }
        takes
    }

    fn reads(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter.name == name)
            || self.inputs.contains(&name)
            || self.bodies.iter().any(|body| mentions(body, name))
    }
}

/// Whether any text speaks of workflow parameters and this name.
fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => {
            // All of them as one value (TP-089).
            let all = text.contains("workflow.parameters}}") || text.contains("workflow.parameters.json");
            all || text.contains("workflow.parameters") && text.contains(name)
        }
        Value::Array(items) => items.iter().any(|item| mentions(item, name)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, name)),
        _ => false,
    }
}

/// Mistakes in what is given to workflows that are started together.
pub fn mistakes(given: &Given, takes: &[Takes]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for parameter in &given.parameters {
        let GivenValue { name, value, .. } = parameter;
        let declared = || takes.iter().flat_map(|takes| &takes.parameters);
        let choices = declared().find(|parameter| parameter.name == *name && !parameter.choices.is_empty());
        if let Some(declared) = choices.filter(|declared| !declared.choices.contains(value)) {
            let choices: Vec<&str> = declared.choices.iter().map(String::as_str).collect();
            let close = similar(value, choices.iter().copied());
            let meant = close.map(|close| format!("did you mean `{close}`? ")).unwrap_or_default();
            found.push(parameter.mistake(
                Severity::Error,
                "not-in-enum",
                &format!("-p {name}={value}"),
                format!("the parameter `{name}` cannot be `{value}`"),
                format!("{meant}it is one of: {}", choices.join(", ")),
            ));
        }
        if !takes.iter().any(|takes| takes.reads(name)) {
            let known: Vec<&str> = declared().map(|parameter| parameter.name.as_str()).collect();
            found.push(parameter.mistake(
                Severity::Warning,
                "unknown-parameter",
                &format!("-p {name}"),
                format!("nothing reads a parameter `{name}` of the workflow"),
                meant(name, known, "parameter"),
            ));
        }
    }
    for name in &given.artifacts {
        let known: Vec<&str> = takes.iter().flat_map(|takes| takes.artifacts.iter().copied()).collect();
        if !known.contains(name) {
            found.push(mistake(
                Severity::Error,
                "unknown-artifact",
                &format!("--artifact {name}"),
                format!("the workflow takes no artifact `{name}`"),
                meant(name, known, "artifact"),
            ));
        }
    }
    let all = || takes.iter().flat_map(|takes| takes.templates.iter().copied());
    if let Some(name) = given.entrypoint.filter(|name| all().all(|known| known != *name)) {
        found.push(mistake(
            Severity::Error,
            "unknown-template",
            &format!("--entrypoint {name}"),
            format!("there is no template `{name}` to begin with"),
            meant(name, all().collect(), "template"),
        ));
    }
    found
}

fn mistake(severity: Severity, code: &str, flag: &str, message: String, help: String) -> Diagnostic {
    Diagnostic {
        severity,
        code: code.to_owned(),
        file: flag.to_owned(),
        place: spec::Place::default(),
        path: String::new(),
        message,
        help: Some(help),
    }
}

/// What may have been meant instead of a name.
fn meant(name: &str, mut known: Vec<&str>, what: &str) -> String {
    known.retain(|known| !known.is_empty());
    known.sort_unstable();
    known.dedup();
    match similar(name, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None if known.is_empty() => format!("it has no {what}s"),
        None => format!("its {what}s: {}", known.join(", ")),
    }
}
