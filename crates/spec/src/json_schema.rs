//! The table of fields as a JSON schema, for editors and documentation.

use serde_json::{Map, Value, json};

use crate::schema::{Field, ObjectType, Type, schema};

/// A JSON schema (draft 2020-12) of every kind of document we read.
///
/// It accepts at least what [`crate::parse`] accepts without an error, except that it demands the
/// fields without which Argo refuses a document.
pub fn json_schema() -> Value {
    let kinds =
        ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow", "WorkflowEventBinding"];
    let plain = ["ConfigMap", "Secret", "PersistentVolumeClaim"];
    let definitions: Map<String, Value> =
        schema().values().map(|object| (object.name.to_owned(), of_object(object))).collect();
    let choices: Vec<Value> = kinds
        .iter()
        .map(|kind| of_kind(kind, "argoproj.io/v1alpha1"))
        .chain(plain.iter().map(|kind| of_kind(kind, "v1")))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Argo Workflows manifest",
        "oneOf": choices,
        "$defs": definitions,
    })
}

fn of_kind(kind: &str, version: &str) -> Value {
    json!({
        "$ref": format!("#/$defs/{kind}"),
        "properties": { "apiVersion": { "const": version }, "kind": { "const": kind } },
        "required": ["apiVersion", "kind"],
    })
}

fn of_object(object: &ObjectType) -> Value {
    let mut properties = Map::new();
    for field in &object.fields {
        let mut body = of_type(&field.holds);
        if let (Some(body), Some(successor)) = (body.as_object_mut(), field.successor) {
            body.insert("deprecated".to_owned(), Value::Bool(true));
            body.insert("description".to_owned(), Value::String(deprecation(successor)));
        }
        properties.insert(field.name.to_owned(), body);
    }
    let required: Vec<&str> =
        object.fields.iter().filter(|field| is_required(field)).map(|f| f.name).collect();
    let mut body =
        json!({ "type": ["object", "null"], "properties": properties, "additionalProperties": false });
    if let (Some(body), false) = (body.as_object_mut(), required.is_empty()) {
        body.insert("required".to_owned(), json!(required));
    }
    body
}

fn is_required(field: &Field) -> bool {
    field.required && field.successor.is_none() && !matches!(field.name, "apiVersion" | "kind")
}

fn deprecation(successor: &str) -> String {
    match successor {
        "" => "removed in Argo 4, has no effect".to_owned(),
        successor => format!("replaced by `{successor}` in Argo 4"),
    }
}

fn of_type(holds: &Type) -> Value {
    match holds {
        Type::Str(choices) if !choices.is_empty() => {
            json!({ "type": ["string", "null"], "anyOf": [{ "enum": choices }, { "const": "" }, { "const": null }] })
        }
        Type::Str(_) => json!({ "type": ["string", "null"] }),
        Type::Time => json!({ "type": ["string", "null"], "format": "date-time" }),
        Type::Text => json!({ "type": ["string", "number", "boolean", "null"] }),
        Type::Int | Type::Int32 => json!({ "type": ["integer", "null"] }),
        Type::Number => json!({ "type": "number" }),
        Type::Bool => json!({ "type": ["boolean", "null"] }),
        Type::Quantity => json!({ "type": ["string", "number", "null"] }),
        Type::IntOrStr => json!({ "type": ["integer", "string", "null"] }),
        Type::Item | Type::Any => json!({}),
        Type::One => json!({ "type": ["object", "null"], "minProperties": 1, "maxProperties": 1 }),
        Type::List(element) => json!({ "type": ["array", "null"], "items": of_type(element) }),
        Type::Map(element) => json!({ "type": ["object", "null"], "additionalProperties": of_type(element) }),
        Type::Object(name) => json!({ "$ref": format!("#/$defs/{name}") }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::json_schema;

    #[test]
    fn every_reference_has_a_definition() {
        fn check(value: &Value, schema: &Value) {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        let pointer = reference.trim_start_matches('#');
                        assert!(schema.pointer(pointer).is_some(), "{reference} leads nowhere");
                    }
                    members.values().for_each(|member| check(member, schema));
                }
                Value::Array(elements) => elements.iter().for_each(|element| check(element, schema)),
                _ => {}
            }
        }
        let schema = json_schema();
        check(&schema, &schema);
        assert_eq!(schema["$defs"]["Template"]["properties"]["dag"]["$ref"], "#/$defs/DAGTemplate");
    }
}
