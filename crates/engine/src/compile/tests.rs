use super::{compile, merge, patch};
use crate::Frozen;
use serde_json::json;

/// EX-090, EX-114: what only the lower list has keeps its place before what followed it there.
#[test]
fn keyed_lists_are_woven() {
    for (low, high, merged) in [
        ("a b c", "b", "a b c"),
        ("a b c", "own c a", "own b c a"),
        ("a b c", "c a", "b c a"),
        ("a b c", "b d", "a b d c"),
        ("a b", "c d", "c d a b"),
        ("", "c d", "c d"),
        ("a b", "", "a b"),
    ] {
        let list = |names: &str| {
            let items = names.split_whitespace().map(|name| json!({ "name": name }));
            json!({ "parameters": items.collect::<Vec<_>>() })
        };
        assert_eq!(merge(&list(low), &list(high)), list(merged), "{high} over {low}");
    }
}

/// EX-385: a patch takes away what it says is null or to be deleted; in a document that means nothing.
#[test]
fn patches_take_away() {
    let low = json!({ "env": [{ "name": "A", "value": "a" }, { "name": "B", "value": "b" }], "resources": { "cpu": 1 } });
    let change = json!({ "env": [{ "name": "B", "$patch": "delete" }], "resources": null });
    assert_eq!(patch(&low, &change), json!({ "env": [{ "name": "A", "value": "a" }] }));
    assert_eq!(merge(&low, &json!({ "resources": null })), low);
    let change = json!({ "env": [{ "$patch": "replace" }, { "name": "C" }], "resources": { "$patch": "replace", "memory": 2 } });
    assert_eq!(patch(&low, &change), json!({ "env": [{ "name": "C" }], "resources": { "memory": 2 } }));
}

/// EX-112, EX-114: what the status tells of a template is what was written, without the defaults below it.
#[test]
fn templates_are_kept_as_they_are_written() {
    let spec = json!({
        "entrypoint": "t", "templateDefaults": { "timeout": "9s" },
        "templates": [{ "name": "t", "container": { "image": "any" } }]
    });
    let workflow = serde_json::from_value(json!({ "metadata": { "name": "demo" }, "spec": spec })).unwrap();
    let plan = compile(&Frozen { workflow, ..Frozen::default() }).unwrap();
    let template = plan.template(plan.entrypoint);
    assert_eq!((template.doc.timeout.as_str(), template.written.timeout.as_str()), ("9s", ""));
}
