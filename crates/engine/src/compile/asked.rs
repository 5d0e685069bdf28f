//! What the containers of a pod ask for, by which its use of resources is told (EX-532).

use serde_json::Value;
use std::collections::BTreeMap;
use tiphys_spec as spec;

const MEBIBYTE: f64 = 1_048_576.0;

/// What a container that says nothing is taken to ask for.
const DEFAULTS: [(&str, f64); 2] = [("cpu", 0.1), ("memory", 100.0 * MEBIBYTE)];

/// What all containers that a template names ask for together, in thousandths of the units by which use is told.
pub(super) fn asked(template: &spec::Template) -> BTreeMap<String, i64> {
    let set = template.container_set.as_ref().and_then(|set| set["containers"].as_array());
    let mut containers: Vec<&Value> = template.container.iter().chain(&template.script).collect();
    containers.extend(set.into_iter().flatten());
    containers.extend(&template.sidecars);
    if containers.is_empty() {
        containers.push(&Value::Null);
    }
    let mut sum = BTreeMap::new();
    for container in containers {
        for (name, amount) in of_one(container) {
            *sum.entry(name.to_owned()).or_insert(0) += (amount / unit(name) * 1_000.0).round() as i64;
        }
    }
    sum
}

/// Requests count before limits, and these before what is asked for by default.
fn of_one(container: &Value) -> BTreeMap<&str, f64> {
    let mut own = BTreeMap::from(DEFAULTS);
    for block in ["limits", "requests"] {
        let fields = container["resources"][block].as_object();
        for (name, amount) in fields.into_iter().flatten() {
            let amount = match amount {
                Value::String(text) => spec::quantity::parse(text.trim()),
                other => other.as_f64(),
            };
            if let Some(amount) = amount.filter(|amount| *amount >= 0.0) {
                own.insert(name, amount);
            }
        }
    }
    own
}

/// By how much of a resource use is told.
fn unit(resource: &str) -> f64 {
    match resource {
        "memory" => 100.0 * MEBIBYTE,
        "storage" | "ephemeral-storage" => 10_240.0 * MEBIBYTE,
        _ => 1.0,
    }
}
