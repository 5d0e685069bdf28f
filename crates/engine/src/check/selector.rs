//! Selectors of labels, as Kubernetes reads them (`VA-056`).

use serde_json::{Value, json};
use tiphys_spec::label;

use super::template::text;

/// What is wrong with a selector.
pub(super) struct Fault {
    /// The fields below the selector that lead to it.
    pub(super) path: Vec<String>,
    /// Kubernetes' words.
    pub(super) message: String,
}

/// What is wrong with a selector, in the order Kubernetes looks.
pub(super) fn faults(selector: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or("");
        let flaws = flaws(key, &[value]);
        faults.extend(
            told(flaws).map(|message| Fault { path: vec!["matchLabels".to_owned(), key.clone()], message }),
        );
    }
    for requirement in selector["matchExpressions"].as_array().into_iter().flatten() {
        let message = requirement_fault(requirement);
        faults.extend(message.map(|message| Fault { path: vec!["matchExpressions".to_owned()], message }));
    }
    faults
}

fn requirement_fault(requirement: &Value) -> Option<String> {
    let listed = requirement["values"].as_array();
    let values: Vec<&str> = listed.into_iter().flatten().filter_map(Value::as_str).collect();
    let key = text(requirement, "key");
    let of_the_list = match text(requirement, "operator") {
        "In" | "NotIn" if values.is_empty() => Some("for 'in', 'notin' operators, values set can't be empty"),
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            Some("values set must be empty for exists and does not exist")
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" => None,
        operator => return Some(format!("{operator:?} is not a valid label selector operator")),
    };
    let mut flaws = flaws(key, &values);
    if let Some(why) = of_the_list {
        let shown = listed.map_or(Value::Null, |_| json!(values));
        let at = flaws.iter().take_while(|flaw| flaw.starts_with("key:")).count();
        flaws.insert(at, format!("values: Invalid value: {shown}: {why}"));
    }
    told(flaws)
}

/// What is wrong with a key and the values it is compared with.
fn flaws(key: &str, values: &[&str]) -> Vec<String> {
    let told = |what: String, given: &str, flaws: Vec<String>| {
        (!flaws.is_empty()).then(|| format!("{what}: Invalid value: {given:?}: {}", flaws.join("; ")))
    };
    let of_key = told("key".to_owned(), key, label::key_flaws(key));
    let of_values = values.iter().enumerate();
    let of_values = of_values
        .filter_map(|(at, value)| told(format!("values[{at}][{key}]"), value, label::value_flaws(value)));
    of_key.into_iter().chain(of_values).collect()
}

fn told(flaws: Vec<String>) -> Option<String> {
    match flaws.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("[{}]", several.join(", "))),
    }
}
