//! The corpus: every file reads as its index says, and what was read says the same when written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tiphys_spec::{Diagnostic, Object, Parsed, Severity, Strictness, parse, take};

#[test]
fn current_examples_have_no_mistakes() {
    for folder in ["examples", "docs", "seeds", "support"] {
        for file in files(folder) {
            let parsed = read(&file);
            let found = unexpected(&parsed, &[Severity::Error, Severity::Notice]);
            let known = KNOWN_MISTAKES.iter().any(|name| file.ends_with(name));
            assert!(known != found.is_empty(), "{}: {found:#?}", file.display());
            round_trips(&file, &parsed);
        }
    }
}

/// Defective upstream.
const KNOWN_MISTAKES: [&str; 1] = ["examples/k8s-patch-json-workflow.yaml"];

#[test]
fn old_examples_are_read_with_notices() {
    for file in files("examples-v3.0") {
        let parsed = read(&file);
        let found = unexpected(&parsed, &[Severity::Error]);
        let known = KNOWN_MISTAKES.iter().any(|name| file.ends_with(name));
        assert!(known != found.is_empty(), "{}: {found:#?}", file.display());
        round_trips(&file, &parsed);
    }
}

#[test]
fn values_become_the_texts_that_argo_makes_of_them() {
    for case in cases("durations_retry.json", "paramvalue/") {
        let text = format!(
            r#"{{"kind":"Workflow","spec":{{"arguments":{{"parameters":[{{"name":"p","value":{}}}]}}}}}}"#,
            case["value_json"].as_str().unwrap()
        );
        let parsed = parse("case.json", &text, Strictness::Strict);
        let Object::Workflow(workflow) = &parsed.documents[0].object else { panic!("not a workflow") };
        let value = &workflow.spec.arguments.parameters[0].value;
        assert_eq!(value.as_deref(), case["value"].as_str(), "{}", case["id"]);
    }
}

#[test]
fn int_or_str_takes_what_argo_takes() {
    for case in cases("durations_retry.json", "intstr/") {
        let text =
            format!(r#"{{"kind":"Workflow","spec":{{"retryStrategy":{{"limit":{}}}}}}}"#, case["value"]);
        let parsed = parse("case.json", &text, Strictness::Strict);
        let refused = case["error"].as_str().is_some_and(|error| error.starts_with("decode:"));
        assert_eq!(parsed.has_errors(), refused, "{}: {:?}", case["id"], parsed.diagnostics);
        if refused {
            continue;
        }
        let Object::Workflow(workflow) = &parsed.documents[0].object else { panic!("not a workflow") };
        let limit = workflow.spec.retry_strategy.as_ref().unwrap().limit.as_ref().unwrap();
        assert_eq!(limit.text(), case["text"].as_str().unwrap(), "{}", case["id"]);
        assert_eq!(limit.int(), case["int"].as_i64(), "{}", case["id"]);
    }
}

#[test]
fn items_keep_the_spelling_of_numbers() {
    for case in cases("durations_retry.json", "itemtype/") {
        let item = case["item_json"].as_str().unwrap();
        let text = format!(
            r#"{{"kind":"Workflow","spec":{{"templates":[{{"name":"a","steps":[[{{"name":"b","withItems":[{item}]}}]]}}]}}}}"#
        );
        let parsed = parse("case.json", &text, Strictness::Strict);
        let Object::Workflow(workflow) = &parsed.documents[0].object else { panic!("not a workflow") };
        assert_eq!(workflow.spec.templates[0].steps[0][0].with_items[0].json(), item, "{}", case["id"]);
    }
}

/// Manifests that Argo cannot decode are refused here too, and those it can are not refused for
/// their form, except for what product policy reads more kindly or more strictly.
#[test]
fn forms_that_argo_refuses_are_refused() {
    let mut differ = BTreeMap::<String, Vec<String>>::new();
    let mut count = 0;
    for case in cases("validation.json", "") {
        let Some(text) = case["manifest"].as_str() else { continue };
        count += 1;
        let messages = case["messages"].to_string();
        let lint = case["verdict"].as_str().unwrap();
        let form = lint == "fatal" && !messages.contains("duplicate Workflow")
            || messages.contains("unknown field")
            || messages.contains("failed to parse YAML");
        let parsed = parse("m.yaml", text, Strictness::Strict);
        let argo = parsed.documents.iter().any(|document| !matches!(document.object, Object::Foreign(_)));
        let refused = parsed.has_errors() || !argo;
        let expected = form || lint == "nothing-linted";
        let old = parsed.diagnostics.iter().any(|d| d.code == "removed-field");
        if refused != expected && !old {
            let id = case["id"].as_str().unwrap().to_owned();
            differ.entry(id).or_default().extend(parsed.diagnostics.iter().map(Diagnostic::to_string));
        }
    }
    println!("{count} manifests, {} differ", differ.len());
    assert!(differ.is_empty(), "{differ:#?}");
}

fn read(file: &Path) -> Parsed {
    let name = file.file_name().unwrap().to_string_lossy();
    parse(&name, &std::fs::read_to_string(file).unwrap(), Strictness::Strict)
}

fn unexpected(parsed: &Parsed, severities: &[Severity]) -> Vec<String> {
    parsed
        .diagnostics
        .iter()
        .filter(|d| severities.contains(&d.severity))
        .map(Diagnostic::to_string)
        .collect()
}

/// What the types write is what the table of fields made.
fn round_trips(file: &Path, parsed: &Parsed) {
    for document in &parsed.documents {
        let mut written = match &document.object {
            Object::Workflow(object) => serde_json::to_value(object),
            Object::WorkflowTemplate(object) | Object::ClusterWorkflowTemplate(object) => {
                serde_json::to_value(object)
            }
            Object::CronWorkflow(object) => serde_json::to_value(object),
            Object::WorkflowEventBinding(object) => serde_json::to_value(object),
            Object::ConfigMap(object) => serde_json::to_value(object),
            Object::Secret(object) => serde_json::to_value(object),
            Object::PersistentVolumeClaim(object) => serde_json::to_value(object),
            Object::Foreign(value) => Ok(value.clone()),
        }
        .unwrap();
        let mut read = document.value.clone();
        for side in [&mut written, &mut read] {
            if let Some(members) = side.as_object_mut() {
                members.remove("apiVersion");
                members.remove("kind");
            }
            side.sort_all_objects();
        }
        assert_eq!(
            serde_json::to_string_pretty(&read).unwrap(),
            serde_json::to_string_pretty(&written).unwrap(),
            "{}",
            file.display()
        );
    }
}

/// A value reads as its text does, but that it stands nowhere.
#[test]
fn values_read_as_their_texts() {
    for file in ["examples", "examples-v3.0", "docs"].iter().flat_map(|folder| files(folder)) {
        for document in read(&file).documents {
            let text = document.value.to_string();
            let by_text = parse("x", &text, Strictness::Lenient);
            let by_value = take("x", &serde_json::from_str(&text).unwrap(), Strictness::Lenient);
            let values = |parsed: &Parsed| -> Vec<String> {
                parsed.documents.iter().map(|document| document.value.to_string()).collect()
            };
            assert_eq!(values(&by_value), values(&by_text), "{}", file.display());
            let told = |parsed: &Parsed| -> Vec<(String, String)> {
                let told = parsed.diagnostics.iter();
                told.map(|told| (told.path.clone(), told.message.clone())).collect()
            };
            assert_eq!(told(&by_value), told(&by_text), "{}", file.display());
        }
    }
}

fn cases(table: &str, family: &str) -> Vec<Value> {
    let Ok(text) = std::fs::read_to_string(corpus().join("oracle").join(table)) else {
        println!("skipped: {table} (no corpus)");
        return Vec::new();
    };
    let table: Value = serde_json::from_str(&text).unwrap();
    let cases = table["cases"].as_array().unwrap().iter();
    cases.filter(|case| case["id"].as_str().unwrap().starts_with(family)).cloned().collect()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![corpus().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("skipped: {} (no corpus)", folder.display());
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json")
                && path.file_name().is_some_and(|name| name != "index.json" && name != "image-map.yaml")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus")
}
