//! From the JSON of a request to a document of ours, with Go's leniency (API-024).

use crate::fault::Fault;
use crate::wire::select;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;
use tiphys_spec as spec;

/// A field, what it has to hold, and what Go calls that.
type Typed = (&'static str, fn(&Value) -> bool, &'static str);

/// Fields that every object has.
const FRAME: [Typed; 3] = [
    ("kind", Value::is_string, "string"),
    ("apiVersion", Value::is_string, "string"),
    ("metadata", Value::is_object, "v1.ObjectMeta"),
];

/// The same of the status of a workflow, and of a schedule.
const STATUS: [Typed; 6] = [
    ("phase", Value::is_string, "string"),
    ("message", Value::is_string, "string"),
    ("progress", Value::is_string, "string"),
    ("startedAt", is_time, "v1.Time"),
    ("finishedAt", is_time, "v1.Time"),
    ("nodes", Value::is_object, "v1alpha1.Nodes"),
];
const CRON_STATUS: [Typed; 5] = [
    ("phase", Value::is_string, "string"),
    ("lastScheduledTime", is_time, "v1.Time"),
    ("succeeded", Value::is_i64, "int64"),
    ("failed", Value::is_i64, "int64"),
    ("active", Value::is_array, "[]v1.ObjectReference"),
];

fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| select::time(text).is_ok())
}

/// Refuses an object whose outermost parts are of other types: Argo reads all of it before it looks at any (API-024).
pub(crate) fn check_frame(kind: &str, value: &Value) -> Result<(), Fault> {
    typed(value, &FRAME)?;
    let fields = match kind {
        "Workflow" => &STATUS[..],
        "CronWorkflow" => &CRON_STATUS[..],
        _ => return Ok(()),
    };
    typed(value, &[("status", Value::is_object, "v1alpha1.Status")])?;
    typed(&value["status"], fields)
}

fn typed(value: &Value, fields: &[Typed]) -> Result<(), Fault> {
    for (field, is_right, wanted) in fields {
        match value.get(*field) {
            Some(found) if !found.is_null() && !is_right(found) => {
                let found = crate::call::kind(found);
                return Err(Fault::invalid(format!(
                    "json: cannot unmarshal {found} into Go struct field {field} of type {wanted}"
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A document of the given kind. What the client calls it does not matter.
pub(crate) fn document(kind: &str, value: &Value) -> Result<spec::Document, Fault> {
    let Value::Object(fields) = value else {
        return Err(Fault::invalid(format!(
            "json: cannot unmarshal the body into Go value of type v1alpha1.{kind}"
        )));
    };
    check_frame(kind, value)?;
    let mut fields = fields.clone();
    let version = if matches!(kind, "ConfigMap" | "Secret") { "v1" } else { "argoproj.io/v1alpha1" };
    fields.insert("apiVersion".to_owned(), json!(version));
    fields.insert("kind".to_owned(), json!(kind));
    let mut value = Value::Object(fields);
    let mut document = parse(kind, &value)?;
    if unknown(&value, &document.value) {
        canonical(&mut value, &schema()["$defs"][kind]);
        document = parse(kind, &value)?;
    }
    if let Some(path) = converted(&value, &document.value, &schema()["$defs"][kind], "") {
        return Err(Fault::invalid(format!(
            "json: cannot unmarshal a value of another type into field {path}"
        )));
    }
    Ok(document)
}

fn parse(kind: &str, value: &Value) -> Result<spec::Document, Fault> {
    let parsed = spec::take("request", value, spec::Strictness::Lenient);
    if let Some(error) = parsed.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        let place = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path) };
        return Err(Fault::invalid(format!("{place}{}", error.message)));
    }
    parsed.documents.into_iter().next().ok_or_else(|| Fault::invalid(format!("the body holds no {kind}")))
}

/// Whether something of the input is not in the output: a field that is unknown, perhaps only by its case.
fn unknown(input: &Value, output: &Value) -> bool {
    match (input, output) {
        (Value::Object(input), Value::Object(output)) => {
            input.iter().any(|(key, member)| match output.get(key) {
                Some(kept) => unknown(member, kept),
                None => key.chars().any(|char| char.is_ascii_uppercase()),
            })
        }
        (Value::Array(input), Value::Array(output)) => {
            input.iter().zip(output).any(|(item, kept)| unknown(item, kept))
        }
        _ => false,
    }
}

/// Spells the names of fields as they are spelt, wherever the case alone differs. Only fields that the schema knows:
/// what people name themselves (labels, hooks, items of loops, any JSON) stays as it is.
fn canonical(value: &mut Value, shape: &'static Value) {
    let shape = referred(shape);
    match value {
        Value::Object(fields) => match &shape["properties"] {
            Value::Object(known) => {
                let folded = |key: &String| known.keys().find(|name| name.eq_ignore_ascii_case(key));
                let mut new = Map::new();
                for (key, mut member) in std::mem::take(fields) {
                    let name = if known.contains_key(&key) { Some(&key) } else { folded(&key) };
                    if let Some(name) = name {
                        canonical(&mut member, &known[name]);
                    }
                    new.insert(name.unwrap_or(&key).clone(), member);
                }
                *fields = new;
            }
            _ => fields.values_mut().for_each(|member| canonical(member, &shape["additionalProperties"])),
        },
        Value::Array(items) => items.iter_mut().for_each(|item| canonical(item, &shape["items"])),
        _ => {}
    }
}

/// The fields of all documents.
fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(spec::json_schema)
}

/// The shape that a reference in the schema names.
fn referred(shape: &'static Value) -> &'static Value {
    match shape["$ref"].as_str() {
        Some(reference) => schema().pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => shape,
    }
}

/// Where a value became one of another type, which JSON's own rules do not permit. Texts of any scalar (OB-005) and
/// quantities (OB-012) take more than texts.
fn converted(input: &Value, output: &Value, shape: &'static Value, path: &str) -> Option<String> {
    let shape = referred(shape);
    let takes =
        |kind: &str| shape["type"].as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind));
    match (input, output) {
        (Value::Object(input), Value::Object(output)) => input.iter().find_map(|(key, member)| {
            let kept = output.get(key)?;
            let known = shape["properties"].get(key).unwrap_or(&shape["additionalProperties"]);
            converted(member, kept, known, &format!("{path}.{key}"))
        }),
        (Value::Array(input), Value::Array(output)) => {
            let shape = &shape["items"];
            input.iter().zip(output).find_map(|(item, kept)| converted(item, kept, shape, path))
        }
        (Value::Number(_), Value::String(_)) if takes("number") => None,
        (Value::Bool(_), Value::String(_)) if takes("boolean") => None,
        // JSON's rules know no whole number with a fraction, though YAML's do.
        (Value::Number(input), Value::Number(_))
            if input.is_f64() && takes("integer") && !takes("number") =>
        {
            Some(path.trim_start_matches('.').to_owned())
        }
        (Value::Number(_) | Value::Bool(_), Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            Some(path.trim_start_matches('.').to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
