//! The verdicts that Argo gave on thousands of manifests, and ours.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tiphys_engine::check::{Shelf, Shelves, Situation, check, doubled};
use tiphys_spec::{Document, Object, Strictness, parse};

/// What a manifest is found to be.
#[derive(Debug)]
struct Verdict {
    valid: bool,
    /// The first error of each document, with the words that Argo puts before it.
    messages: Vec<String>,
    removed_fields: bool,
}

fn judge(text: &str, strictness: Strictness, situation: Situation) -> Verdict {
    let parsed = parse("m.yaml", text, strictness);
    let broken = parsed.has_errors();
    let argo: Vec<&Document> = parsed.documents.iter().filter(|document| is_argo(&document.object)).collect();
    let mut shelves = Shelves::new(parsed.documents.iter().map(|document| &document.object));
    let mut messages = Vec::new();
    for document in &argo {
        let found = check(document, shelves.of(&document.object), situation);
        if let Some(first) = found.iter().find(|diagnostic| diagnostic.is_error()) {
            let metadata = document.object.metadata().unwrap();
            let name = [metadata.name.as_str(), &metadata.generate_name, "object #1"];
            let name = name.into_iter().find(|name| !name.is_empty()).unwrap();
            messages.push(format!("in \"{name}\" ({}): {}", document.kind, first.message));
        }
    }
    let doubled = !doubled(parsed.documents.iter()).is_empty();
    let removed_fields = parsed.diagnostics.iter().any(|diagnostic| diagnostic.code == "removed-field");
    let valid = !broken && !argo.is_empty() && messages.is_empty() && !doubled;
    Verdict { valid, messages, removed_fields }
}

fn is_argo(object: &Object) -> bool {
    !matches!(
        object,
        Object::Foreign(_) | Object::ConfigMap(_) | Object::Secret(_) | Object::PersistentVolumeClaim(_)
    )
}

/// VA-001: to lint, and to create.
#[test]
fn verdicts_agree_with_argo() {
    let Ok(text) = std::fs::read_to_string(corpus().join("oracle/validation.json")) else {
        println!("skipped: 1 (no corpus)");
        return;
    };
    let table: Value = serde_json::from_str(&text).unwrap();
    let mut differ: BTreeMap<String, String> = BTreeMap::new();
    let (mut total, mut agreed, mut with_message, mut same_message) = (0, 0, 0, 0);
    for case in table["cases"].as_array().unwrap() {
        let text = match case["manifest"].as_str() {
            Some(text) => text.to_owned(),
            None => std::fs::read_to_string(corpus().join(case["base"].as_str().unwrap())).unwrap(),
        };
        for (variant, strictness, situation) in [
            ("", Strictness::Strict, Situation::Lint),
            ("not_strict", Strictness::Lenient, Situation::Lint),
            ("create", Strictness::Lenient, Situation::Create),
        ] {
            let expected = if variant.is_empty() { case } else { &case[variant] };
            let Some(verdict) = expected["verdict"].as_str() else { continue };
            // Of what cannot be linted, creation was recorded without reading the text.
            if variant == "create" && matches!(case["verdict"].as_str(), Some("nothing-linted" | "fatal")) {
                continue;
            }
            let found = judge(&text, strictness, situation);
            let id = format!("{} {variant}", case["id"].as_str().unwrap());
            let messages: Vec<&str> =
                expected["messages"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            total += 1;
            if found.valid != (verdict == "valid") && !found.removed_fields {
                differ.insert(id, format!("argo: {verdict} {messages:?}\n    ours: {:?}", found.messages));
                continue;
            }
            agreed += 1;
            if !variant.is_empty() || verdict != "invalid" || messages[0].contains("strict decoding") {
                continue;
            }
            with_message += 1;
            let plain = |text: &String| text.replace("placeholder-0", "placeholder-N");
            let ours: Vec<String> = found.messages.iter().map(plain).collect();
            if ours.iter().any(|message| message == messages[0]) {
                same_message += 1;
            } else if std::env::var_os("SHOW_MESSAGES").is_some() {
                println!("{id}\n    argo: {messages:?}\n    ours: {ours:?}");
            }
        }
    }
    println!("verdicts: {agreed} of {total}; first messages: {same_message} of {with_message}");
    for (id, difference) in &differ {
        println!("{id}\n    {difference}");
    }
    assert!(agreed * 1000 >= total * 990, "{agreed} of {total}");
}

/// What ran to success on a cluster is not refused, whatever warnings it gets.
#[test]
fn manifests_that_succeed_are_not_refused() {
    let Ok(text) = std::fs::read_to_string(corpus().join("golden/index.json")) else {
        println!("skipped: 1 (no corpus)");
        return;
    };
    let index: Value = serde_json::from_str(&text).unwrap();
    let all = every_document();
    let shelf = Shelf::new(all.iter().map(|document| &document.object));
    let (mut count, mut warnings) = (0, BTreeMap::<String, usize>::new());
    for entry in index.as_array().or(index["runs"].as_array()).or(index["files"].as_array()).unwrap() {
        if entry["phase"] != "Succeeded" {
            continue;
        }
        let file = entry["file"].as_str().unwrap();
        let Ok(text) = std::fs::read_to_string(corpus().join(file)) else { continue };
        let parsed = parse(file, &text, Strictness::Strict);
        for document in parsed.documents.iter().filter(|document| is_argo(&document.object)) {
            for found in check(document, &shelf, Situation::Lint) {
                assert!(!found.is_error(), "{found}");
                *warnings.entry(found.code.clone()).or_default() += 1;
                println!("{found}");
            }
        }
        count += 1;
    }
    println!("{count} manifests, warnings: {warnings:?}");
    assert!(count > 50, "only {count} recorded runs");
}

fn every_document() -> Vec<Document> {
    let mut documents = Vec::new();
    let mut folders = vec![corpus().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                let text = std::fs::read_to_string(&path).unwrap();
                documents.extend(parse("m.yaml", &text, Strictness::Lenient).documents);
            }
        }
    }
    documents
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus")
}
