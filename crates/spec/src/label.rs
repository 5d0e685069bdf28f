//! Keys and values of labels, with Kubernetes' words for those that are none.

use crate::name::{NAME_BYTES_MAX, SUBDOMAIN_RULE, is_subdomain};

const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
                          must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
                          '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const KEY_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                        alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation \
                        is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// Longest value of a label, and longest name part of a key.
const BYTES_MAX: usize = 63;

/// What is wrong with the key of a label or an annotation: a name, perhaps after a domain and a slash.
pub fn key_flaws(key: &str) -> Vec<String> {
    let mut flaws = Vec::new();
    let name = match key.split_once('/') {
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a qualified name {KEY_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => {
            if prefix.is_empty() {
                flaws.push("prefix part must be non-empty".to_owned());
            } else if prefix.len() > NAME_BYTES_MAX {
                flaws.push(format!("prefix part must be no more than {NAME_BYTES_MAX} bytes"));
            } else if !is_subdomain(prefix) {
                flaws.push(format!("prefix part {SUBDOMAIN_RULE}"));
            }
            name
        }
        None => key,
    };
    if name.is_empty() {
        flaws.push("name part must be non-empty".to_owned());
    } else if name.len() > BYTES_MAX {
        flaws.push(format!("name part must be no more than {BYTES_MAX} bytes"));
    }
    if name.is_empty() || !is_made_of_letters(name) {
        flaws.push(format!("name part {KEY_RULE}"));
    }
    flaws
}

/// What is wrong with the value of a label.
pub fn value_flaws(value: &str) -> Vec<String> {
    let mut flaws = Vec::new();
    if value.len() > BYTES_MAX {
        flaws.push(format!("must be no more than {BYTES_MAX} bytes"));
    }
    if !is_made_of_letters(value) {
        flaws.push(VALUE_RULE.to_owned());
    }
    flaws
}

/// Letters and digits, with `-`, `_` and `.` between them; or nothing.
fn is_made_of_letters(text: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes().all(inner) && edge(text.bytes().next()) && edge(text.bytes().last())
}
