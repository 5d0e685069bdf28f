//! Strategic merge: one document over another (OB-435, OB-436, EX-090, EX-114), or a patch over one (EX-385).

use serde_json::{Map, Value};

/// The member of a patch that says what is to be done instead of a merge.
const DIRECTIVE: &str = "$patch";

/// What lies above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Upper {
    /// Another document: what it lacks comes from below.
    Document,
    /// A patch: its nulls and directives take away.
    Patch,
}

/// Merges `high` over `low`. Keyed lists merge by key, maps per key, other lists are replaced.
pub fn merge(low: &Value, high: &Value) -> Value {
    merge_field(Upper::Document, "", low, high)
}

/// The same of a patch: what is null in it goes, and so does what says `$patch: delete`.
pub fn patch(low: &Value, change: &Value) -> Value {
    merge_field(Upper::Patch, "", low, change)
}

fn merge_field(upper: Upper, field: &str, low: &Value, high: &Value) -> Value {
    match (low, high) {
        (_, Value::Null) => low.clone(),
        (Value::Object(low), Value::Object(high)) => Value::Object(merge_maps(upper, field, low, high)),
        (Value::Array(low), Value::Array(high)) => match merge_key(field) {
            Some(key) => Value::Array(merge_lists(upper, field, key, low, high)),
            None if high.is_empty() => Value::Array(low.clone()),
            None => Value::Array(high.clone()),
        },
        (_, high) => high.clone(),
    }
}

fn merge_maps(
    upper: Upper,
    field: &str,
    low: &Map<String, Value>,
    high: &Map<String, Value>,
) -> Map<String, Value> {
    let is_patch = upper == Upper::Patch;
    let mut merged = match high.get(DIRECTIVE).and_then(Value::as_str).filter(|_| is_patch) {
        Some("delete") => return Map::new(),
        Some("replace") => Map::new(),
        _ => low.clone(),
    };
    for (name, value) in high.iter().filter(|(name, _)| !(is_patch && name.starts_with('$'))) {
        let value = match merged.get(name) {
            Some(_) if is_patch && value.is_null() => {
                merged.remove(name);
                continue;
            }
            // A hook or a computed label of the same name wins as a whole (EX-093).
            Some(below) if !matches!(field, "hooks" | "labelsFrom") => merge_field(upper, name, below, value),
            _ => value.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

/// What only `low` has stays before what followed it there; everything else has the order of `high`.
fn merge_lists(upper: Upper, field: &str, key: &str, low: &[Value], high: &[Value]) -> Vec<Value> {
    let place = |list: &[Value], item: &Value| {
        let own = item.get(key)?;
        list.iter().position(|other| other.get(key) == Some(own))
    };
    let directive = |item: &Value| match upper {
        Upper::Patch => item.get(DIRECTIVE).and_then(Value::as_str).map(str::to_owned),
        Upper::Document => None,
    };
    let low = if high.iter().any(|item| directive(item).as_deref() == Some("replace")) { &[] } else { low };
    let mut below = low.iter().enumerate().filter(|(_, item)| place(high, item).is_none()).peekable();
    let mut merged = Vec::new();
    for item in high.iter().filter(|item| directive(item).is_none()) {
        let at = place(low, item);
        while let Some((_, item)) = below.next_if(|(own, _)| at.is_some_and(|at| *own < at)) {
            merged.push(item.clone());
        }
        merged.push(at.map_or_else(|| item.clone(), |at| merge_field(upper, field, &low[at], item)));
    }
    merged.extend(below.map(|(_, item)| item.clone()));
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
