//! ConfigMaps and Secrets that a run needs and nobody gave. Without a server the documents at hand are all there are.

use serde_json::Value;
use tiphys_spec as spec;
use tiphys_spec::{Document, Object, Severity, path_field, path_index};

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

impl<'a> Examiner<'a> {
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
        let told = &mut self.findings.warned;
        if !told.iter().any(|known| known.path == warning.path && known.file == warning.file) {
            told.push(warning);
        }
    }
}
