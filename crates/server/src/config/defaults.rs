//! What settings say about workflows: which are taken, what lies under them, and secrets from elsewhere.

use crate::config::{Config, SecretSource};
use crate::fault::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::path::Path;
use tiphys_engine::Frozen;
use tiphys_engine::compile::merge;
use tiphys_spec as spec;

/// Fields that a workflow may set although it must refer to a template (EX-097).
const FREE: [&str; 13] = [
    "arguments",
    "entrypoint",
    "shutdown",
    "suspend",
    "activeDeadlineSeconds",
    "priority",
    "ttlStrategy",
    "podGC",
    "volumeClaimGC",
    "archiveLogs",
    "workflowMetadata",
    "workflowTemplateRef",
    "metrics",
];

/// Largest secret from a file, and most keys of one.
const SECRET_BYTES_MAX: u64 = 1 << 20;
const SECRET_KEYS_MAX: usize = 1_000;

/// What is wrong with defaults of workflows: no workflow could be submitted over them (OB-413).
pub(crate) fn flaws(given: &Value) -> Vec<String> {
    let Some(fields) = given.as_object() else {
        return vec!["workflowDefaults: must be a map with `metadata` and `spec`".to_owned()];
    };
    let mut document = fields.clone();
    document.insert("apiVersion".to_owned(), json!("argoproj.io/v1alpha1"));
    document.insert("kind".to_owned(), json!("Workflow"));
    let parsed = spec::take("workflowDefaults", &Value::Object(document), spec::Strictness::Strict);
    let errors = parsed.diagnostics.into_iter().filter(spec::Diagnostic::is_error);
    errors
        .map(|error| {
            let help = error.help.map(|help| format!(": {help}")).unwrap_or_default();
            format!("workflowDefaults.{}: {}{help}", error.path, error.message)
        })
        .collect()
}

/// Refuses a workflow that says more than the settings allow (EX-097).
pub(crate) fn restrict(settings: &Config, workflow: &Value) -> Result<(), Fault> {
    if settings.workflow_restrictions.template_referencing.is_none() {
        return Ok(());
    }
    let Some(fields) = workflow["spec"].as_object() else { return Ok(()) };
    if !fields.contains_key("workflowTemplateRef") {
        return Err(Fault::invalid(
            "workflows must use workflowTemplateRef to be executed when the controller is in reference mode",
        ));
    }
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let mut set = fields.iter().filter(|(_, value)| !is_empty(value)).map(|(key, _)| key.as_str());
    match set.find(|key| !FREE.contains(key)) {
        Some(key) => Err(Fault::invalid(format!(
            "`spec.{key}` belongs to the template here: the settings let a workflow set only {}",
            FREE.join(", ")
        ))),
        None => Ok(()),
    }
}

/// Lays the defaults of the settings under a workflow, and under the template that it refers to (OB-413). The
/// repository of the settings comes along; later settings do not touch the run (PA-243).
pub(crate) fn apply(settings: &Config, frozen: &mut Frozen) -> Result<(), Fault> {
    let repository = &settings.artifact_repository;
    frozen.repository = (!repository.store.is_empty()).then(|| repository.content());
    let Some(defaults) = &settings.workflow_defaults else { return Ok(()) };
    let broken = |error: serde_json::Error| {
        Fault::internal(format!("`workflowDefaults` of the settings do not fit this workflow: {error}"))
    };
    let reference = frozen.workflow.spec.workflow_template_ref.clone();
    let low = |of: &Value| of.get("spec").cloned().unwrap_or_else(|| json!({}));
    match reference {
        None => {
            let high = serde_json::to_value(&frozen.workflow.spec).map_err(broken)?;
            frozen.workflow.spec = serde_json::from_value(merge(&low(defaults), &high)).map_err(broken)?;
        }
        // The template lies between: defaults below it are below the workflow as well.
        Some(reference) => {
            let list =
                if reference.cluster_scope { &mut frozen.cluster_templates } else { &mut frozen.templates };
            for template in list.iter_mut().filter(|template| template.metadata.name == reference.name) {
                let high = serde_json::to_value(&template.spec).map_err(broken)?;
                template.spec = serde_json::from_value(merge(&low(defaults), &high)).map_err(broken)?;
            }
        }
    }
    let metadata = &mut frozen.workflow.metadata;
    for (field, map) in [("labels", &mut metadata.labels), ("annotations", &mut metadata.annotations)] {
        for (key, value) in defaults["metadata"][field].as_object().into_iter().flatten() {
            if let Some(value) = value.as_str() {
                map.entry(key.clone()).or_insert_with(|| value.to_owned());
            }
        }
    }
    Ok(())
}

/// The secrets that the settings take from files and from the environment, for one namespace.
pub(crate) fn secrets<'a>(settings: &'a Config, namespace: &str) -> impl Iterator<Item = &'a SecretSource> {
    settings.secrets.iter().filter(move |source| {
        source.namespaces.is_empty() || source.namespaces.iter().any(|own| own == namespace)
    })
}

/// What one of them holds now.
pub(crate) fn secret(source: &SecretSource, namespace: &str) -> Result<spec::Secret, Fault> {
    let mut data = Map::new();
    if let Some(folder) = &source.file {
        files(source, folder, &mut data)?;
    }
    for (key, variable) in &source.env {
        let value = std::env::var_os(variable).ok_or_else(|| {
            Fault::internal(format!(
                "secret `{}` takes `{key}` from the environment, which has no `{variable}`",
                source.name
            ))
        })?;
        data.insert(key.clone(), json!(STANDARD.encode(value.as_encoded_bytes())));
    }
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": source.name, "namespace": namespace },
        "data": data,
    });
    let broken = |error: serde_json::Error| Fault::internal(format!("secret `{}`: {error}", source.name));
    serde_json::from_value(secret).map_err(broken)
}

/// One key for each file of a folder. The names of the files are told in errors, never what is in them.
fn files(source: &SecretSource, folder: &Path, data: &mut Map<String, Value>) -> Result<(), Fault> {
    let failed = |path: &Path, reason: &str| {
        Fault::internal(format!("secret `{}` cannot be read from {}: {reason}", source.name, path.display()))
    };
    let entries = std::fs::read_dir(folder).map_err(|error| failed(folder, &error.to_string()))?;
    for entry in entries.take(SECRET_KEYS_MAX) {
        let path = entry.map_err(|error| failed(folder, &error.to_string()))?.path();
        // Mounted secrets have folders of their own making beside the keys.
        let Ok(found) = std::fs::metadata(&path) else { continue };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !found.is_file() || name.starts_with('.') || name.is_empty() {
            continue;
        }
        if found.len() > SECRET_BYTES_MAX {
            return Err(failed(&path, "it is longer than a secret may be"));
        }
        let body = std::fs::read(&path).map_err(|error| failed(&path, &error.to_string()))?;
        data.insert(name.to_owned(), json!(STANDARD.encode(body)));
    }
    Ok(())
}
