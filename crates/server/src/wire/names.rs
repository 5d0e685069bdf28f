//! Names and labels as Kubernetes wants them, with its words when they are not so.

use crate::fault::Fault;
use crate::world::generated;
use serde_json::{Value, json};
use std::borrow::Cow;
pub(crate) use tiphys_spec::is_subdomain;
use tiphys_spec::{NAME_BYTES_MAX, SUBDOMAIN_RULE, label};

/// Most bytes of all annotations of an object, keys and values.
const ANNOTATIONS_BYTES_MAX: usize = 256 << 10;

/// What Kubernetes says beside flaws that keep it from looking at the rules between fields.
pub(crate) const UNCHECKED: &str = "<nil>: Invalid value: null: some validation rules were not checked because the \
                                    object was invalid; correct the existing errors to complete validation";

/// A kind with its group; the kinds of Kubernetes' own core are in none, and have no rules between fields.
pub(crate) fn in_group(kind: &str) -> Cow<'_, str> {
    match kind {
        "ConfigMap" | "Secret" | "Namespace" => Cow::Borrowed(kind),
        _ => Cow::Owned(format!("{kind}.argoproj.io")),
    }
}

/// What is wrong with the metadata of an object that is to be stored.
pub(crate) fn flaw(kind: &str, metadata: &Value) -> Option<String> {
    let name = metadata["name"].as_str().unwrap_or_default();
    let generate = metadata["generateName"].as_str().unwrap_or_default();
    let kind = in_group(kind);
    if name.is_empty() && generate.is_empty() {
        let missing = "metadata.name: Required value: name or generateName is required";
        return Some(match &kind {
            Cow::Borrowed(core) => format!("{core} \"\" is invalid: {missing}"),
            Cow::Owned(kind) => format!("{kind} \"\" is invalid: [{missing}, {UNCHECKED}]"),
        });
    }
    // Kubernetes makes the name first, and names the object by it when it refuses it.
    let name = if name.is_empty() { generated(generate) } else { name.to_owned() };
    let flaw =
        |field: &str, value: &str, why: &str| format!("{field}: Invalid value: {}: {why}", json!(value));
    let refused = |flaws: &str| Some(format!("{kind} \"{name}\" is invalid: {flaws}"));
    let invalid = |field: &str, value: &str, why: &str| refused(&flaw(field, value, why));
    if name.len() > NAME_BYTES_MAX {
        return invalid("metadata.name", &name, &format!("must be no more than {NAME_BYTES_MAX} bytes"));
    }
    // More follows a dash at its end.
    let beginning = generate.strip_suffix('-').map(|rest| format!("{rest}a"));
    let is_beginning = generate.is_empty() || is_subdomain(beginning.as_deref().unwrap_or(generate));
    match (is_beginning, is_subdomain(&name)) {
        (true, true) => {}
        (true, false) => return invalid("metadata.name", &name, SUBDOMAIN_RULE),
        (false, true) => return invalid("metadata.generateName", generate, SUBDOMAIN_RULE),
        (false, false) => {
            let both = [
                flaw("metadata.generateName", generate, SUBDOMAIN_RULE),
                flaw("metadata.name", &name, SUBDOMAIN_RULE),
            ];
            return refused(&format!("[{}]", both.join(", ")));
        }
    }
    for (key, value) in metadata["labels"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if let Some(why) = key_flaw(key) {
            return invalid("metadata.labels", key, &why);
        }
        if let Some(why) = value_flaw(value) {
            return invalid("metadata.labels", value, &why);
        }
    }
    for key in metadata["annotations"].as_object().into_iter().flat_map(|annotations| annotations.keys()) {
        // Their case does not matter.
        if let Some(why) = key_flaw(&key.to_ascii_lowercase()) {
            return invalid("metadata.annotations", key, &why);
        }
    }
    let annotations = metadata["annotations"].as_object().into_iter().flatten();
    let bytes = annotations.map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum::<usize>();
    if bytes > ANNOTATIONS_BYTES_MAX {
        let why = format!("may not be more than {ANNOTATIONS_BYTES_MAX} bytes");
        return refused(&format!("metadata.annotations: Too long: {why}"));
    }
    let mut flaws: Vec<String> = list(&metadata["ownerReferences"]).flat_map(owner_flaws).collect();
    for finalizer in list(&metadata["finalizers"]).filter_map(Value::as_str) {
        flaws.extend(key_flaw(finalizer).map(|why| flaw("metadata.finalizers", finalizer, &why)));
    }
    match flaws.as_slice() {
        [] => None,
        [one] => refused(one),
        several => refused(&format!("[{}]", several.join(", "))),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Refuses to make something that says at which version it is: only what is kept has one.
pub(crate) fn check_new(metadata: &Value) -> Result<(), Fault> {
    let version = metadata["resourceVersion"].as_str().unwrap_or_default();
    match version.parse::<u64>() {
        Ok(1..) => Err(Fault::internal("resourceVersion should not be set on objects to be created")),
        _ => Ok(()),
    }
}

/// What is missing in a reference to an owner.
fn owner_flaws(owner: &Value) -> Vec<String> {
    let text = |field: &str| owner[field].as_str().unwrap_or_default();
    let version = text("apiVersion");
    let has_version = !version.rsplit('/').next().unwrap_or_default().is_empty();
    [
        ("apiVersion", "version", has_version),
        ("kind", "kind", !text("kind").is_empty()),
        ("name", "name", !text("name").is_empty()),
        ("uid", "uid", !text("uid").is_empty()),
    ]
    .into_iter()
    .filter(|(_, _, is_there)| !is_there)
    .map(|(field, what, _)| {
        let given = json!(text(field));
        format!("metadata.ownerReferences.{field}: Invalid value: {given}: {what} must not be empty")
    })
    .collect()
}

/// What is wrong with a name that is none.
pub(crate) fn flaw_of_name(kind: &str, name: &str) -> String {
    format!("{kind} \"{name}\" is invalid: metadata.name: Invalid value: {}: {SUBDOMAIN_RULE}", json!(name))
}

/// What is wrong with the key of a label or an annotation.
pub(crate) fn key_flaw(key: &str) -> Option<String> {
    told(label::key_flaws(key))
}

/// What is wrong with the value of a label.
pub(crate) fn value_flaw(value: &str) -> Option<String> {
    told(label::value_flaws(value))
}

fn told(flaws: Vec<String>) -> Option<String> {
    (!flaws.is_empty()).then(|| flaws.join("; "))
}

/// Whether a text can be a key of a ConfigMap.
pub(crate) fn is_config_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= NAME_BYTES_MAX
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
