//! Names and labels as Kubernetes wants them, with its words when they are not so.

use serde_json::{Value, json};
use tiphys_spec::NAME_BYTES_MAX;
pub(crate) use tiphys_spec::is_subdomain;

const NAME: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
                    must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation \
                    is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
                     must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', \
                     regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                   alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                   '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// Longest value of a label, and longest name part of a key.
const LABEL_BYTES_MAX: usize = 63;

/// What is wrong with the metadata of an object that is to be stored.
pub(crate) fn flaw(kind: &str, metadata: &Value) -> Option<String> {
    let name = metadata["name"].as_str().unwrap_or_default();
    let generate = metadata["generateName"].as_str().unwrap_or_default();
    if name.is_empty() && generate.is_empty() {
        return Some(format!(
            "{kind}.argoproj.io \"\" is invalid: [metadata.name: Required value: name or generateName is required, \
             <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; \
             correct the existing errors to complete validation]"
        ));
    }
    let invalid = |field: &str, value: &str, why: &str| {
        Some(format!(
            "{kind}.argoproj.io \"{name}\" is invalid: {field}: Invalid value: {}: {why}",
            json!(value)
        ))
    };
    if name.len() > NAME_BYTES_MAX {
        return invalid("metadata.name", name, &format!("must be no more than {NAME_BYTES_MAX} bytes"));
    }
    if !name.is_empty() && !is_subdomain(name) {
        return invalid("metadata.name", name, NAME);
    }
    let labels = metadata["labels"].as_object();
    for (key, value) in labels.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let part = key.rsplit_once('/').map_or(key.as_str(), |(_, part)| part);
        if part.len() > LABEL_BYTES_MAX || part.is_empty() || !is_label(part) {
            return invalid("metadata.labels", key, KEY);
        }
        if value.len() > LABEL_BYTES_MAX {
            return invalid(
                "metadata.labels",
                value,
                &format!("must be no more than {LABEL_BYTES_MAX} bytes"),
            );
        }
        if !is_label(value) {
            return invalid("metadata.labels", value, LABEL);
        }
    }
    None
}

fn is_label(value: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    value.bytes().all(inner) && edge(value.bytes().next()) && edge(value.bytes().last())
}

/// Whether a text can be a key of a ConfigMap.
pub(crate) fn is_config_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= NAME_BYTES_MAX
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
