//! Items, texts and names of the reference model, from plain JSON.

use super::Values;
use expr::{MapScope, Mode, World};
use serde_json::Value;
use std::collections::BTreeMap;
use tiphys_expr as expr;

/// The items of a loop; none for a step without one.
pub(super) fn items(step: &Value) -> Option<Vec<Value>> {
    if let Some(items) = step["withItems"].as_array().filter(|items| !items.is_empty()) {
        return Some(items.clone());
    }
    if let Some(list) = step["withParam"].as_str() {
        return serde_json::from_str(list).ok();
    }
    let count: usize = text(&step["withSequence"]["count"]).parse().ok()?;
    Some((0..count).map(|number| Value::String(number.to_string())).collect())
}

/// EX-023 for what the generator writes: texts, numbers, and flat maps.
pub(super) fn describe(item: &Value) -> String {
    let bare = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let words = match item {
        Value::Object(map) => {
            let mut pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", bare(value))).collect();
            pairs.sort();
            pairs.join(",")
        }
        other => bare(other),
    };
    words.replace(['(', ')'], "")
}

/// EX-196.
pub(super) fn item_text(item: &Value) -> String {
    match item {
        Value::String(text) => text.clone(),
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            serde_json::to_string(&sorted).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

pub(super) fn holds(when: &str) -> Result<bool, String> {
    let unequal = when.split_once(" != ").map(|(left, right)| left != right);
    let equal = when.split_once(" == ").map(|(left, right)| left == right);
    unequal.or(equal).ok_or_else(|| format!("`{when}` is not a condition that the generator writes"))
}

pub(super) fn render(text: &str, scope: &Values) -> Result<String, String> {
    let mut names = MapScope::new();
    for (name, value) in scope {
        names.insert(name.as_str(), value.as_str());
    }
    let world = World { now: Default::default(), seed: 0 };
    expr::render(text, &names, Mode::Lenient, &world).map_err(|error| error.to_string())
}

/// EX-021.
pub(super) fn id(root: &str, name: &str) -> String {
    let hash =
        name.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    format!("{root}-{hash}")
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

pub(super) fn parameters(arguments: &Value) -> Values {
    list(&arguments["parameters"]).iter().map(|one| (text(&one["name"]), text(&one["value"]))).collect()
}
