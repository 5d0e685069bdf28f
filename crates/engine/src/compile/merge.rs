//! Strategic merge: one document over another (OB-435, OB-436, EX-090, EX-114).

use serde_json::{Map, Value};

/// Merges `high` over `low`. Keyed lists merge by key, maps per key, other lists are replaced.
pub fn merge(low: &Value, high: &Value) -> Value {
    merge_field("", low, high)
}

fn merge_field(field: &str, low: &Value, high: &Value) -> Value {
    match (low, high) {
        (_, Value::Null) => low.clone(),
        (Value::Object(low), Value::Object(high)) => Value::Object(merge_maps(field, low, high)),
        (Value::Array(low), Value::Array(high)) => match merge_key(field) {
            Some(key) => Value::Array(merge_lists(field, key, low, high)),
            None if high.is_empty() => Value::Array(low.clone()),
            None => Value::Array(high.clone()),
        },
        (_, high) => high.clone(),
    }
}

fn merge_maps(field: &str, low: &Map<String, Value>, high: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = low.clone();
    for (name, value) in high {
        let value = match low.get(name) {
            // A hook or a computed label of the same name wins as a whole (EX-093).
            Some(below) if !matches!(field, "hooks" | "labelsFrom") => merge_field(name, below, value),
            _ => value.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

fn merge_lists(field: &str, key: &str, low: &[Value], high: &[Value]) -> Vec<Value> {
    let same = |a: &Value, b: &Value| a.get(key).is_some() && a.get(key) == b.get(key);
    let mut merged: Vec<Value> = high
        .iter()
        .map(|item| match low.iter().find(|below| same(below, item)) {
            Some(below) => merge_field(field, below, item),
            None => item.clone(),
        })
        .collect();
    merged.extend(low.iter().filter(|item| !high.iter().any(|above| same(above, item))).cloned());
    merged
}

/// The field by which items of a list are told apart; none for lists that are replaced whole.
fn merge_key(field: &str) -> Option<&'static str> {
    Some(match field {
        "templates" | "parameters" | "artifacts" | "volumes" | "imagePullSecrets" | "initContainers"
        | "sidecars" | "tasks" | "env" | "containers" => "name",
        "tolerations" => "key",
        "hostAliases" => "ip",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "ports" => "containerPort",
        "topologySpreadConstraints" => "topologyKey",
        _ => return None,
    })
}
