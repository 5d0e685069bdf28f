//! The verdicts that Argo gave on thousands of manifests, and ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tiphys_spec::{Document, Object, Strictness, parse};

#[path = "../src/check/mod.rs"]
mod check;

use check::{Shelf, Situation, check};

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
    let shelf = Shelf::new(parsed.documents.iter().map(|document| &document.object));
    let mut messages = Vec::new();
    for document in &argo {
        let found = check(document, &shelf, situation);
        if let Some(first) = found.iter().find(|diagnostic| diagnostic.is_error()) {
            let metadata = document.object.metadata().unwrap();
            let name = if metadata.name.is_empty() { &metadata.generate_name } else { &metadata.name };
            messages.push(format!("in \"{name}\" ({}): {}", document.kind, first.message));
        }
    }
    let mut seen = BTreeSet::new();
    let doubled = argo.iter().any(|document| {
        let named = document.object.metadata().filter(|metadata| !metadata.name.is_empty());
        document.kind.ends_with("Template")
            && named.is_some_and(|metadata| !seen.insert((document.kind.clone(), metadata.name.clone())))
    });
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

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus")
}
