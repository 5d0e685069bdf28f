//! Judging an answer as the corpus says to score: status, faults, presence and nullness of fields, names in lists.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the placeholders of the recording stand for here.
#[derive(Debug, Default)]
pub struct Bindings(pub BTreeMap<String, String>);

impl Bindings {
    /// Puts what is known in the place of placeholders.
    pub fn fill(&self, text: &str) -> String {
        let mut out = text.to_owned();
        // Inner ones first: `<uid:wf-<suffix-1>>`.
        for _ in 0..2 {
            for (placeholder, value) in &self.0 {
                out = out.replace(placeholder.as_str(), value);
            }
        }
        out
    }

    /// Learns what placeholders stand for from a text that matches them.
    pub fn learn(&mut self, wanted: &str, found: &str) {
        let unique = |part: &str| part.starts_with("<suffix-") || part.starts_with("<uid:");
        if wanted.starts_with("<uid:") && wanted.ends_with('>') && !found.is_empty() {
            let filled = wanted.to_owned();
            self.0.insert(filled, found.to_owned());
            return;
        }
        if let (Some(start), Some(end)) = (wanted.find('<'), wanted.rfind('>'))
            && unique(&wanted[start..=end])
            && let Some(rest) = found.strip_prefix(&wanted[..start])
            && let Some(value) = rest.strip_suffix(&wanted[end + 1..])
        {
            self.0.insert(wanted[start..=end].to_owned(), value.to_owned());
        }
    }
}

/// Fields that only a cluster can give, and fields whose presence depends on chance.
const OF_CLUSTER: [&str; 7] = [
    "workflows.argoproj.io/trace-id",
    "workflows.argoproj.io/workflow-archiving-status",
    "workflows.argoproj.io/pod-name-format",
    "resourcesDuration",
    "artifactRepositoryRef",
    "ownerReferences",
    "hostNodeName",
];

/// Differences between two documents, as paths.
pub fn documents(wanted: &Value, found: &Value, bindings: &mut Bindings, path: &str, out: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, value) in wanted {
                if OF_CLUSTER.contains(&key.as_str()) || key.contains("<hash>") {
                    continue;
                }
                let filled = bindings.fill(key);
                let below = format!("{path}.{key}");
                match found.get(&filled) {
                    Some(other) => documents(value, other, bindings, &below, out),
                    None => out.push(format!("{below} is missing")),
                }
            }
            let known: BTreeSet<String> = wanted.keys().map(|key| bindings.fill(key)).collect();
            if wanted.keys().any(|key| key.contains("<hash>")) {
                return;
            }
            for key in found.keys() {
                if !known.contains(key) && !OF_CLUSTER.contains(&key.as_str()) {
                    out.push(format!("{path}.{key} is too much"));
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) => arrays(wanted, found, bindings, path, out),
        (Value::Null, Value::Null) => {}
        (Value::Null, _) => out.push(format!("{path} is not null")),
        (_, Value::Null) => out.push(format!("{path} is null")),
        (Value::String(wanted), Value::String(found)) => {
            bindings.learn(wanted, found);
            let last = path.rsplit('.').next().unwrap_or_default();
            let told = matches!(last, "phase" | "message" | "type" | "name" | "displayName" | "templateName");
            if told && !wanted.contains('<') && wanted != found {
                out.push(format!("{path}: `{found}` instead of `{wanted}`"));
            }
        }
        _ => {}
    }
}

fn arrays(wanted: &[Value], found: &[Value], bindings: &mut Bindings, path: &str, out: &mut Vec<String>) {
    let name = |value: &Value| value.pointer("/metadata/name").and_then(Value::as_str).map(str::to_owned);
    if wanted.first().is_some_and(|first| name(first).is_some()) {
        let wanted_names: BTreeSet<String> =
            wanted.iter().filter_map(name).map(|name| bindings.fill(&name)).collect();
        let found_names: BTreeSet<String> = found.iter().filter_map(name).collect();
        if wanted_names != found_names {
            let missing: Vec<_> = wanted_names.difference(&found_names).collect();
            let extra: Vec<_> = found_names.difference(&wanted_names).collect();
            out.push(format!("{path}: without {missing:?}, with {extra:?}"));
        }
        for item in wanted {
            let item_name = name(item).map(|name| bindings.fill(&name));
            if let Some(same) = found.iter().find(|other| name(other) == item_name) {
                documents(item, same, bindings, path, out);
            }
        }
        return;
    }
    if wanted.len() != found.len() {
        out.push(format!("{path} has {} entries instead of {}", found.len(), wanted.len()));
    }
    for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
        documents(wanted, found, bindings, &format!("{path}[{at}]"), out);
    }
}

/// Whether a fault's message is scored at all.
pub fn is_scored(message: &str) -> bool {
    !(message.contains("json: cannot unmarshal")
        || message.contains("runtime error:")
        || message.contains("<nil>:")
        || message.contains("invalid memory address"))
}
