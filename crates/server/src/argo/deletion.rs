//! The options of a deletion, as Kubernetes judges them (API-032, API-242).

use serde_json::{Value, json};

use crate::call::Query;
use crate::fault::{Code, Fault};

/// Refuses options that cannot be, and a deletion that meant another object than the one that is there.
pub(super) fn check(query: &Query, resource: &str, name: &str, metadata: &Value) -> Result<(), Fault> {
    if let Some(flaw) = flaw(query) {
        return Err(Fault::invalid(format!("DeleteOptions.meta.k8s.io \"\" is invalid: {flaw}")));
    }
    for (option, field, word, why) in [
        ("uid", "uid", "UID", "The object might have been deleted and then recreated"),
        ("resourceVersion", "resourceVersion", "ResourceVersion", "The object might have been modified"),
    ] {
        let wanted = query.text(&format!("deleteOptions.preconditions.{option}"));
        let own = metadata[field].as_str().unwrap_or_default();
        if !wanted.is_empty() && wanted != own {
            return Err(Fault::new(
                Code::AlreadyExists,
                format!(
                    "Operation cannot be fulfilled on {resource} \"{name}\": the {word} in the precondition ({wanted}) \
                     does not match the {word} in record ({own}). {why}"
                ),
            ));
        }
    }
    Ok(())
}

/// What cannot be meant.
fn flaw(query: &Query) -> Option<String> {
    let policy = query.text("deleteOptions.propagationPolicy");
    let mut flaws = Vec::new();
    if !policy.is_empty() && !query.text("deleteOptions.orphanDependents").is_empty() {
        flaws.push(format!(
            "propagationPolicy: Invalid value: {}: orphanDependents and deletionPropagation cannot be both set",
            json!(policy)
        ));
    }
    if !matches!(policy, "" | "Foreground" | "Background" | "Orphan") {
        flaws.push(format!(
            "propagationPolicy: Unsupported value: {}: supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
            json!(policy)
        ));
    }
    let dry = query.all("deleteOptions.dryRun");
    if dry.iter().any(|one| *one != "All") {
        let given: Vec<String> = dry.iter().map(|one| json!(one).to_string()).collect();
        flaws.push(format!(
            "dryRun: Unsupported value: []string{{{}}}: supported values: \"All\"",
            given.join(", ")
        ));
    }
    match flaws.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("[{}]", several.join(", "))),
    }
}
