//! The description is whole: every route, and every path and field of the specification.

use super::*;
use std::path::Path;

/// Paths that are not of the interface under `/api/`: files, described where they are served.
const FILES: [&str; 5] =
    ["/artifacts", "/input-artifacts", "/artifact-files", "/upload-artifacts", "/artifacts-by-uid"];

/// API-341, API-342: what Argo's page and command line ask for is among them.
#[test]
fn every_route_has_its_line_and_every_line_its_route() {
    let bare = |route: &&Route| detail(&route.method, route.path).is_none();
    let missing: Vec<&str> = ROUTES.iter().filter(bare).map(|route| route.path).collect();
    // How one becomes known is told by the guard of the door.
    let guarded = ["session", "links", "me", "tokens"];
    let missing: Vec<&&str> =
        missing.iter().filter(|path| !guarded.iter().any(|part| path.contains(part))).collect();
    assert!(missing.is_empty(), "without a line: {missing:?}");
    for detail in DETAILS {
        let known =
            ROUTES.iter().any(|route| route.path == detail.path && route.method.as_str() == detail.method);
        assert!(known, "a line without a route: {} {}", detail.method, detail.path);
    }
}

#[test]
fn references_lead_somewhere_and_names_are_unique() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is referred to and not there");
    }
    let mut names: Vec<String> = ROUTES.iter().map(name).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
}

/// Compares with the tables of the specification: `| API-1xx | METHOD `path` | fields | …`.
#[test]
fn the_specification_names_nothing_that_is_not_described() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/argo/10-rest-api.md");
    let text = std::fs::read_to_string(path).unwrap();
    let document = document();
    let mut rows = 0;
    let mut missing = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| API-")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, route, fields, ..] = cells.as_slice() else { continue };
        let Some((method, rest)) = route.split_once(" `/api/") else { continue };
        let Some(path) = rest.split('`').next() else { continue };
        if !["GET", "POST", "PUT", "DELETE"].contains(&method)
            || FILES.iter().any(|file| path.starts_with(file))
        {
            continue;
        }
        let path = format!("/api/{path}").replace("{ns}", "{namespace}").replace("{podName}", "{pod}");
        let operation = &document["paths"][&path][method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not described");
        rows += 1;
        let answer = operation.pointer("/responses/200/content/application~1json/schema/$ref");
        let answer = answer.and_then(Value::as_str).and_then(|at| document.pointer(&at[1..]));
        let told = format!("{operation}{}", answer.unwrap_or(&Value::Null));
        let body = fields.split('{').nth(1).and_then(|rest| rest.split('}').next()).unwrap_or_default();
        let names =
            body.split(',').map(|name| name.trim().split(['(', '?', ':', '[']).next().unwrap_or_default());
        let keys = fields.split('`').skip(1).step_by(2).filter(|key| !key.contains(['{', '"', ' ']));
        for name in names.chain(keys).filter(|name| !name.is_empty()) {
            let name = name.trim_end_matches(".*");
            if !told.contains(&format!("\"{name}\"")) && !told.contains(&format!("\"{name}.")) {
                missing.push(format!("{method} {path}: `{name}`"));
            }
        }
    }
    assert!(missing.is_empty(), "not described: {missing:#?}");
    assert!(rows >= 35, "only {rows} rows were understood");
}

/// API-300 to API-304: every address of an artifact that the specification names, with all of its parts.
#[test]
fn addresses_of_artifacts_are_described() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/argo/10-rest-api.md");
    let text = std::fs::read_to_string(path).unwrap();
    let document = document();
    let mut found = 0;
    for rule in 300..=304 {
        let row = text.lines().find(|line| line.starts_with(&format!("| API-{rule} |"))).unwrap();
        let told = row.split('`').nth(1).unwrap().replace("\\|", "|");
        let parts = |path: &str| path.trim_end_matches("[/path…]").split('/').count();
        let (first, count) = (told.split('/').nth(1).unwrap(), parts(&told));
        let paths = document["paths"].as_object().unwrap().keys();
        found += paths.filter(|path| path.split('/').nth(1) == Some(first) && parts(path) == count).count();
    }
    assert_eq!(found, ARTIFACTS.len());
}

/// API-025: numbers and flags of a query are described as such.
#[test]
fn keys_of_queries_have_types() {
    let document = document();
    let list = &document["paths"]["/api/v1/workflows/{namespace}"]["get"]["parameters"];
    let of = |name: &str| {
        let found = list.as_array().unwrap().iter().find(|key| key["name"] == name);
        found.unwrap()["schema"]["type"].as_str().unwrap().to_owned()
    };
    assert_eq!(of("listOptions.limit"), "integer");
    assert_eq!(of("listOptions.watch"), "boolean");
    assert_eq!(of("listOptions.continue"), "string");
}

/// A value of a described type with every field filled in.
fn sample(schema: &Value, schemas: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        // Parts of manifests are described, and read, elsewhere.
        return match ["Template", "WorkflowSpec", "Inputs", "Outputs", "TemplateRef"].contains(&name) {
            true => json!({}),
            false => sample(&schemas[name], schemas),
        };
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices[1].clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("x"),
        Some("number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([sample(&schema["items"], schemas)]),
        Some("object") => match schema.get("additionalProperties") {
            Some(of) => json!({ "key": sample(of, schemas) }),
            None => {
                let fields = schema["properties"].as_object().unwrap();
                fields.iter().map(|(name, of)| (name.clone(), sample(of, schemas))).collect()
            }
        },
        _ => json!({ "any": 1 }),
    }
}

/// A status with every field that is described is read and written without losing one.
#[test]
fn statuses_are_described_as_they_are_written() {
    let schemas = schemas();
    let keys = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let status = sample(&schemas["WorkflowStatus"], &schemas);
    let read = spec::WorkflowStatus::from_value(&status).unwrap();
    let written = serde_json::to_value(&read).unwrap();
    let sorted = |mut keys: Vec<String>| {
        keys.sort();
        keys
    };
    assert_eq!(sorted(keys(&written)), sorted(keys(&status)));
    let node = |value: &Value| sorted(keys(&value["nodes"]["key"]));
    assert_eq!(node(&written), node(&status));
    assert_eq!(written["synchronization"], status["synchronization"]);
}
