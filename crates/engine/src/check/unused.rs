//! What a document declares and nobody uses: parameters of the workflow, inputs of templates, templates. Argo says nothing
//! of them; who writes the document wants to know, so it is asked for beside the check.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tiphys_spec as spec;
use tiphys_spec::{Diagnostic, Document, Object, Severity, path_field, path_index};

use super::FINDINGS_MAX;

/// The code of all these warnings.
const CODE: &str = "unused";

/// Longest name that is looked for. Of longer ones nothing is told.
const NAME_BYTES_MAX: usize = 256;

/// Most dashes between which a name may end: `x-inputs` is a name, or the difference of two.
const DASHES_MAX: usize = 16;

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
        if self.found.len() == FINDINGS_MAX {
            return;
        }
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
        let mut named: BTreeMap<&str, Vec<&spec::Template>> = BTreeMap::new();
        for template in &spec.templates {
            named.entry(&template.name).or_default().push(template);
        }
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        while let Some(name) = open.pop() {
            // Which one is known only when it runs.
            if name.contains("{{") {
                return;
            }
            if reached.insert(name) {
                let called = named.get(name).into_iter().flatten();
                open.extend(called.flat_map(|template| calls(template)));
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
        let inputs = spec.templates.iter().flat_map(|template| &template.inputs.parameters);
        let declared: BTreeSet<&str> = inputs.map(|input| &*input.name).collect();
        // Volumes, defaults, patches: what stands around the templates becomes a part of each pod.
        let mut around = Readers::of("inputs", &declared);
        let fields = value.as_object().into_iter().flatten();
        fields.filter(|(field, _)| *field != "templates").for_each(|(_, value)| around.look(value));
        let list = path_field(self.path, "templates");
        for (at, template) in spec.templates.iter().enumerate() {
            // People look at the inputs of a suspension, and plugins get all of them.
            if template.suspend.is_some() || template.plugin.is_some() {
                continue;
            }
            let mut body = Readers::of("inputs", &declared);
            body.look(&value["templates"][at]);
            let inputs = path_field(&path_field(&path_index(&list, at), "inputs"), "parameters");
            for (index, input) in template.inputs.parameters.iter().enumerate() {
                if !body.read(&input.name) && !around.read(&input.name) {
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
        let first: BTreeSet<&str> = [&*spec.entrypoint, &*spec.on_exit].into_iter().chain(hooks).collect();
        let is_open = !is_run || first.iter().any(|name| name.contains("{{"));
        let taken: BTreeSet<&str> = spec
            .templates
            .iter()
            .filter(|template| is_open || first.contains(&*template.name))
            .flat_map(|template| template.inputs.parameters.iter().map(|input| &*input.name))
            .collect();
        let declared = spec.arguments.parameters.iter().map(|parameter| &*parameter.name).collect();
        let mut readers = Readers::of("workflow", &declared);
        readers.look(&self.document.value);
        let list = path_field(&path_field(self.path, "arguments"), "parameters");
        for (at, parameter) in spec.arguments.parameters.iter().enumerate() {
            let name = &*parameter.name;
            if !taken.contains(name) && !readers.read(name) {
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

/// The parameters of `inputs` or of the `workflow` that texts may read: each text is gone through once, however many are
/// declared.
struct Readers<'d> {
    /// `inputs` or `workflow`.
    of: &'static str,
    declared: &'d BTreeSet<&'d str>,
    names: BTreeSet<&'d str>,
    /// Something may read all of them.
    all: bool,
}

impl<'d> Readers<'d> {
    fn of(of: &'static str, declared: &'d BTreeSet<&'d str>) -> Readers<'d> {
        Readers { of, declared, names: BTreeSet::new(), all: false }
    }

    /// Whether something reads it, or nothing can be said of it.
    fn read(&self, name: &str) -> bool {
        let is_strange = name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(is_of_parameter);
        self.all || is_strange || self.names.contains(name)
    }

    fn look(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.text(text, text.contains("{{=")),
            Value::Array(items) => items.iter().for_each(|item| self.look(item)),
            Value::Object(fields) => fields.iter().for_each(|(field, value)| match value {
                Value::String(text) if is_program(field) => self.text(text, true),
                value => self.look(value),
            }),
            _ => {}
        }
    }

    /// In expressions there are more ways to read one than are worth to be told apart: whoever takes all of `inputs`, or
    /// computes a name, counts as a reader.
    fn text(&mut self, text: &str, is_program: bool) {
        for (at, _) in text.match_indices(self.of) {
            let rest = &text[at + self.of.len()..];
            if text[..at].ends_with(is_of_word) || rest.starts_with(is_of_word) {
                continue;
            }
            let Some(field) = rest.trim_start().strip_prefix('.') else {
                self.all |= is_program;
                continue;
            };
            let Some(rest) = field.trim_start().strip_prefix("parameters") else { continue };
            match rest.trim_start().strip_prefix('.').map(str::trim_start) {
                // All of them, or one whose name is computed.
                None => self.all = true,
                Some(rest) if self.of == "workflow" && rest.starts_with("json") => self.all = true,
                Some(rest) => self.name(rest),
            }
        }
    }

    /// The name with which a text begins: up to its end, or up to any dash in it.
    fn name(&mut self, text: &str) {
        let end = text.find(|next| !is_of_parameter(next)).unwrap_or(text.len());
        let name = &text[..end.min(NAME_BYTES_MAX + 1)];
        let dashes = name.match_indices('-').map(|(at, _)| at);
        for (number, end) in dashes.chain([name.len()]).enumerate() {
            self.all |= number > DASHES_MAX;
            if self.all {
                return;
            }
            self.names.extend(self.declared.get(&name[..end]).copied());
        }
    }
}

/// Whether a field is an expression without braces (TP-150).
fn is_program(field: &str) -> bool {
    field.ends_with("xpression") || field.ends_with("Condition")
}

fn is_of_word(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '_'
}

fn is_of_parameter(next: char) -> bool {
    is_of_word(next) || next == '-'
}
