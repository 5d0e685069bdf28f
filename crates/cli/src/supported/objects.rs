//! ConfigMaps and Secrets that a run needs and nobody gave. Without a server the documents at hand are all there are.

use serde_json::Value;
use tiphys_spec as spec;
use tiphys_spec::{Diagnostic, Document, Object, Severity, path_field, path_index};

use super::Examiner;

/// The label of ConfigMaps whose values parameters may take, and what it says (PA-045).
const KIND_LABEL: &str = "workflows.argoproj.io/configmap-type";
const KIND: &str = "Parameter";

/// Parts of a template that name ConfigMaps which come to be by themselves, or are looked at elsewhere.
const NOT_HERE: [&str; 5] = ["memoize", "inline", "volumes", "steps", "dag"];

/// A reference to an object.
struct Reference<'v> {
    /// `ConfigMap` or `Secret`.
    kind: &'static str,
    name: &'v str,
    /// Empty if all of the object is meant.
    key: &'v str,
}

impl<'v> Reference<'v> {
    /// What a field of this name refers to, if it refers to an object that has to be there.
    fn read(field: &str, value: &'v Value) -> Option<Reference<'v>> {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = match field {
            "configMapKeyRef" | "configMapRef" | "configMap" => ("ConfigMap", text("name")),
            "secret" if !text("secretName").is_empty() => ("Secret", text("secretName")),
            "secretKeyRef" | "secretRef" | "secret" => ("Secret", text("name")),
            // Credentials: `usernameSecret`, `sshPrivateKeySecret`, …
            field if field.ends_with("Secret") => ("Secret", text("name")),
            _ => return None,
        };
        let key = text("key");
        // A name with a tag is known when it runs.
        let is_open = name.is_empty() || name.contains("{{") || key.contains("{{");
        (!is_open && value.get("optional") != Some(&Value::Bool(true))).then_some(Reference {
            kind,
            name,
            key,
        })
    }

    /// Why it does not lead to anything, and what to do. `of_parameter`: a parameter takes its value from there.
    fn flaw(&self, library: &[&Document], of_parameter: bool) -> Option<(String, String)> {
        let Reference { kind, name, key } = self;
        let found = library.iter().find_map(|document| match &document.object {
            Object::ConfigMap(map) if *kind == "ConfigMap" && map.metadata.name == *name => {
                let label = map.metadata.labels.get(KIND_LABEL).map(String::as_str);
                let has = map.data.contains_key(*key) || map.binary_data.contains_key(*key);
                Some((has, !of_parameter || label == Some(KIND)))
            }
            Object::Secret(secret) if *kind == "Secret" && secret.metadata.name == *name => {
                Some((secret.data.contains_key(*key) || secret.string_data.contains_key(*key), true))
            }
            _ => None,
        });
        match found {
            None => Some((
                format!("there is no {kind} `{name}` among the documents, so what needs it will fail"),
                "give it with `--with FILE`, or mark the reference `optional: true` where that is possible"
                    .to_owned(),
            )),
            Some((_, false)) => Some((
                format!("parameters cannot take values of the ConfigMap `{name}`"),
                format!("it needs the label `{KIND_LABEL}: {KIND}`"),
            )),
            Some((false, _)) if !key.is_empty() => Some((
                format!("the {kind} `{name}` has no key `{key}`, so what needs it will fail"),
                format!("add the key to the {kind}, or name another one"),
            )),
            Some(_) => None,
        }
    }
}

/// Values that the workflow itself takes from ConfigMaps and that will never come: no run gets beyond them (PA-045).
/// `is_all`: what is not among these documents is nowhere.
pub fn hopeless_parameters(
    document: &Document,
    spec: &spec::WorkflowSpec,
    library: &[&Document],
    is_all: bool,
) -> Vec<Diagnostic> {
    let path = match document.object {
        Object::CronWorkflow(_) => "spec.workflowSpec.arguments.parameters",
        _ => "spec.arguments.parameters",
    };
    let mut found = Vec::new();
    for (at, parameter) in spec.arguments.parameters.iter().enumerate() {
        let Some(from) = parameter.value_from.as_ref().filter(|_| parameter.value.is_none()) else {
            continue;
        };
        let has_default = parameter.default.is_some() || from.default.is_some();
        let Some(source) = from.config_map_key_ref.as_ref().filter(|_| !has_default) else { continue };
        let wanted = Reference { kind: "ConfigMap", name: &source.name, key: &source.key };
        if wanted.name.is_empty() || wanted.name.contains("{{") || wanted.key.contains("{{") {
            continue;
        }
        let is_meant = |document: &&&Document| match &document.object {
            Object::ConfigMap(map) => map.metadata.name == wanted.name,
            _ => false,
        };
        // Of several namespaces, any of them may be the one.
        let mut flaws = library.iter().filter(is_meant).map(|map| wanted.flaw(&[*map], true));
        let flaw = match flaws.next() {
            None if is_all => wanted.flaw(&[], true),
            None => None,
            Some(first) => first.filter(|_| flaws.all(|flaw| flaw.is_some())),
        };
        if let Some((message, help)) = flaw {
            let path = path_field(&path_field(&path_index(path, at), "valueFrom"), "configMapKeyRef");
            let help = format!("{help}; or give `valueFrom` a `default`");
            found.push(document.places.diagnostic(
                Severity::Error,
                "missing-object",
                &path,
                message,
                Some(help),
            ));
        }
    }
    found
}

impl<'a> Examiner<'a> {
    /// Refuses what takes values from ConfigMaps that are not there; of equal names the workflow's own counts.
    pub(super) fn hopeless(
        &mut self,
        document: &Document,
        spec: &spec::WorkflowSpec,
        before: &spec::WorkflowSpec,
    ) {
        let mut spec = spec::WorkflowSpec { arguments: spec.arguments.clone(), ..Default::default() };
        if !std::ptr::eq(document, self.homes[0]) {
            // The places of the others stay as they are.
            for parameter in &mut spec.arguments.parameters {
                if before.arguments.parameter(&parameter.name).is_some() {
                    parameter.value_from = None;
                }
            }
        }
        let found = hopeless_parameters(document, &spec, self.library, true);
        for diagnostic in found {
            if !self
                .findings
                .refused
                .iter()
                .any(|known| known.path == diagnostic.path && known.file == diagnostic.file)
            {
                self.findings.refused.push(diagnostic);
            }
        }
    }

    /// Warns of what a template refers to and is not there.
    pub(super) fn objects_of(&mut self, document: &'a Document, template: &'a spec::Template, path: &str) {
        let Ok(Value::Object(fields)) = serde_json::to_value(template) else { return };
        for (field, value) in fields.iter().filter(|(field, _)| !NOT_HERE.contains(&field.as_str())) {
            self.objects(document, value, &path_field(path, field));
        }
    }

    /// The same of any part of a document.
    pub(super) fn objects(&mut self, document: &Document, part: &Value, path: &str) {
        // Documents are parsed with a limit on their depth, so a worklist stays small.
        let mut open = vec![(part, path.to_owned())];
        while let Some((value, path)) = open.pop() {
            match value {
                Value::Array(items) => {
                    let items = items.iter().enumerate().rev();
                    open.extend(items.map(|(at, item)| (item, path_index(&path, at))));
                }
                Value::Object(fields) => {
                    for (field, value) in fields {
                        let path = path_field(&path, field);
                        if let Some(reference) = Reference::read(field, value) {
                            self.object(document, &reference, &path);
                        }
                        open.push((value, path));
                    }
                }
                _ => {}
            }
        }
    }

    fn object(&mut self, document: &Document, reference: &Reference, path: &str) {
        let of_parameter = path.contains("parameters[") && path.ends_with("valueFrom.configMapKeyRef");
        let Some((message, help)) = reference.flaw(self.library, of_parameter) else { return };
        let warning =
            document.places.diagnostic(Severity::Warning, "missing-object", path, message, Some(help));
        let told = self.findings.refused.iter().chain(&self.findings.warned);
        let is_told = |known: &Diagnostic| known.path == warning.path && known.file == warning.file;
        if !told.into_iter().any(is_told) {
            self.findings.warned.push(warning);
        }
    }
}
