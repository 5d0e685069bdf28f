//! What a document declares and nobody uses: parameters of the workflow, inputs of templates, templates. Argo says nothing
//! of them; who writes the document wants to know, so it is asked for beside the check.

use std::collections::BTreeSet;

use serde_json::Value;
use tiphys_spec as spec;
use tiphys_spec::{Diagnostic, Document, Object, Severity, path_field, path_index};

/// The code of all these warnings.
const CODE: &str = "unused";

/// What nobody uses of a document; nothing of one that could not be read.
pub fn unused(document: &Document) -> Vec<Diagnostic> {
    let (spec, path, pointer, is_run) = match &document.object {
        Object::Workflow(workflow) => (&workflow.spec, "spec", "/spec", true),
        Object::CronWorkflow(cron) => {
            (&cron.spec.workflow_spec, "spec.workflowSpec", "/spec/workflowSpec", true)
        }
        Object::WorkflowTemplate(template) | Object::ClusterWorkflowTemplate(template) => {
            (&template.spec, "spec", "/spec", false)
        }
        _ => return Vec::new(),
    };
    if document.read != spec::Read::Whole {
        return Vec::new();
    }
    let mut search = Search { document, spec, path, pointer, found: Vec::new() };
    let is_alone = spec.workflow_template_ref.is_none();
    if is_run && is_alone {
        search.templates();
    }
    search.inputs();
    // Templates of others may read what the workflow is given.
    if is_alone && !spec.entrypoint.is_empty() && !has_field(&document.value, "templateRef") {
        search.parameters(is_run);
    }
    search.found
}

struct Search<'d> {
    document: &'d Document,
    spec: &'d spec::WorkflowSpec,
    path: &'d str,
    /// The same path, for values.
    pointer: &'d str,
    found: Vec<Diagnostic>,
}

impl Search<'_> {
    fn tell(&mut self, path: &str, message: String, help: &str) {
        let help = Some(help.to_owned());
        self.found.push(self.document.places.diagnostic(Severity::Warning, CODE, path, message, help));
    }

    /// Templates that no way leads to.
    fn templates(&mut self) {
        let spec = self.spec;
        let hooks = spec.hooks.values().map(|hook| &*hook.template);
        let mut open: Vec<&str> = [&*spec.entrypoint, &*spec.on_exit].into_iter().chain(hooks).collect();
        open.extend(spec.template_defaults.iter().flat_map(|defaults| calls(defaults)));
        if spec.entrypoint.is_empty() {
            return;
        }
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        while let Some(name) = open.pop() {
            // Which one is known only when it runs.
            if name.contains("{{") {
                return;
            }
            if reached.insert(name) {
                let called = spec.templates.iter().filter(|template| template.name == name);
                open.extend(called.flat_map(calls));
            }
        }
        let list = path_field(self.path, "templates");
        for (at, template) in spec.templates.iter().enumerate() {
            if !template.name.is_empty() && !reached.contains(&*template.name) {
                let message = format!("nothing leads to the template `{}`", template.name);
                self.tell(
                    &path_field(&path_index(&list, at), "name"),
                    message,
                    "call it, or remove it; who begins with it needs `--entrypoint`",
                );
            }
        }
    }

    /// Inputs that their template does not read.
    fn inputs(&mut self) {
        let spec = self.spec;
        let value = self.document.value.pointer(self.pointer).unwrap_or(&Value::Null);
        // Volumes, defaults, patches: what stands around the templates becomes a part of each pod.
        let around = value.as_object().into_iter().flatten().filter(|(field, _)| *field != "templates");
        let around: Vec<&Value> = around.map(|(_, value)| value).collect();
        let list = path_field(self.path, "templates");
        for (at, template) in spec.templates.iter().enumerate() {
            // People look at the inputs of a suspension, and plugins get all of them.
            if template.suspend.is_some() || template.plugin.is_some() {
                continue;
            }
            let body = &value["templates"][at];
            let inputs = path_field(&path_field(&path_index(&list, at), "inputs"), "parameters");
            for (index, input) in template.inputs.parameters.iter().enumerate() {
                let reads = |value: &Value| reads(value, "inputs", &input.name);
                if !input.name.is_empty() && !reads(body) && !around.iter().any(|value| reads(value)) {
                    let message =
                        format!("the template `{}` does not read its input `{}`", template.name, input.name);
                    let help = format!("read it as `{{{{inputs.parameters.{}}}}}`, or remove it", input.name);
                    self.tell(&path_field(&path_index(&inputs, index), "name"), message, &help);
                }
            }
        }
    }

    /// Parameters of the workflow that nothing reads. The templates that it begins and ends with take them as inputs; of a
    /// document that others run, these may be any.
    fn parameters(&mut self, is_run: bool) {
        let spec = self.spec;
        let hooks = spec.hooks.values().map(|hook| &*hook.template);
        let first: Vec<&str> = [&*spec.entrypoint, &*spec.on_exit].into_iter().chain(hooks).collect();
        let is_open = !is_run || first.iter().any(|name| name.contains("{{"));
        let taken: BTreeSet<&str> = spec
            .templates
            .iter()
            .filter(|template| is_open || first.contains(&&*template.name))
            .flat_map(|template| template.inputs.parameters.iter().map(|input| &*input.name))
            .collect();
        let list = path_field(&path_field(self.path, "arguments"), "parameters");
        for (at, parameter) in spec.arguments.parameters.iter().enumerate() {
            let name = &*parameter.name;
            if !name.is_empty() && !taken.contains(name) && !reads(&self.document.value, "workflow", name) {
                let message = format!("nothing reads the parameter `{name}` of the workflow");
                let help = format!("read it as `{{{{workflow.parameters.{name}}}}}`, or remove it");
                self.tell(&path_field(&path_index(&list, at), "name"), message, &help);
            }
        }
    }
}

/// The names of the templates that a template calls, also from inline ones.
fn calls(template: &spec::Template) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open = vec![template];
    while let Some(template) = open.pop() {
        for task in template.tasks() {
            open.extend(task.inline.as_deref());
            found.extend([&*task.template, &*task.on_exit]);
            found.extend(task.hooks.values().map(|hook| &*hook.template));
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

/// Whether a value has a field of this name anywhere.
fn has_field(value: &Value, name: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has_field(item, name)),
        Value::Object(fields) => {
            fields.contains_key(name) || fields.values().any(|field| has_field(field, name))
        }
        _ => false,
    }
}

/// Whether any text may read the parameter of `inputs` or of the `workflow`, or all of them at once.
fn reads(value: &Value, of: &str, name: &str) -> bool {
    let text = |text: &str, is_program: bool| text_reads(text, is_program, of, name);
    match value {
        Value::String(found) => text(found, found.contains("{{=")),
        Value::Array(items) => items.iter().any(|item| reads(item, of, name)),
        Value::Object(fields) => fields.iter().any(|(field, value)| match value {
            Value::String(found) if is_program(field) => text(found, true),
            value => reads(value, of, name),
        }),
        _ => false,
    }
}

/// Whether a field is an expression without braces (TP-150).
fn is_program(field: &str) -> bool {
    field.ends_with("xpression") || field.ends_with("Condition")
}

/// Whether a text may read it. In expressions there are more ways to say so than are worth to be told apart: whoever takes
/// all of `inputs`, or computes a name, counts as a reader.
fn text_reads(text: &str, is_program: bool, of: &str, name: &str) -> bool {
    let is_of_name = |next: char| next.is_ascii_alphanumeric() || next == '_';
    text.match_indices(of).any(|(at, _)| {
        let rest = &text[at + of.len()..];
        if text[..at].ends_with(is_of_name) || rest.starts_with(is_of_name) {
            return false;
        }
        let Some(field) = rest.trim_start().strip_prefix('.') else { return is_program };
        let Some(rest) = field.trim_start().strip_prefix("parameters") else { return false };
        match rest.trim_start().strip_prefix('.').map(str::trim_start) {
            // All of them, or one whose name is computed.
            None => true,
            Some(rest) if of == "workflow" && rest.starts_with("json") => true,
            Some(rest) => rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_of_name)),
        }
    })
}
