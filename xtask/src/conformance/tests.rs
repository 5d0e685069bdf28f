//! The comparison itself, shown on small objects and, where present, on the recordings.

use serde_json::{Value, json};

use super::golden::{Allowed, compare, settled_text};
use super::report::allowances_of;
use super::tables::{self, Expected};
use crate::workspace::Workspace;

fn object(node: Value) -> Value {
    json!({ "status": { "phase": "Succeeded", "progress": "1/1", "nodes": { "wf-1": node } } })
}

fn node() -> Value {
    json!({
        "id": "wf-1", "name": "wf.a", "displayName": "a", "type": "Pod", "phase": "Succeeded",
        "startedAt": "2026-01-01T00:00:00Z", "hostNodeName": "node", "nodeFlag": {}, "children": ["x", "y"],
        "outputs": { "exitCode": "0", "artifacts": [{ "name": "main-logs", "s3": { "key": "k" } }] }
    })
}

#[test]
fn rows_of_the_deviations_allow_what_they_name_and_nothing_else() {
    let page = "| `a/x.yaml`, `y.yaml` | `recording/lines`: order | why |\n| `z.yaml` | `recording/kernel` | why |\n";
    let allowances = allowances_of(page);
    assert_eq!(allowances.len(), 3);
    let log = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let lines = Allowed::of(allowances.get("y.yaml"));
    assert!(lines.same_log(log("1\n+ echo 1"), log("+ echo 1\n1")));
    assert!(!lines.same_log(log("1\n+ echo 1"), log("+ echo 2\n1")));
    let kernel = Allowed::of(allowances.get("z.yaml"));
    assert!(kernel.same_log(log("Linux 6.1.4-fc #1"), log("Linux 6.2.0-arch #1")));
    assert!(!kernel.same_log(log("Linux 6.1.4-fc #1"), log("Linux 6.1.4-fc #2")));
    assert_eq!(Allowed::of(allowances.get("other.yaml")), Allowed::default());
}

#[test]
fn what_cannot_be_compared_is_not() {
    let mut other = node();
    other["startedAt"] = json!("2027-02-02T00:00:00Z");
    other["hostNodeName"] = json!("laptop");
    other["outputs"] = json!({ "exitCode": "0" });
    other.as_object_mut().expect("a map").remove("nodeFlag");
    let found = compare(&object(node()), &object(other));
    assert_eq!(found, Default::default());
}

#[test]
fn each_comparable_field_is() {
    for (field, value) in [
        ("name", json!("wf.b")),
        ("displayName", json!("b")),
        ("type", json!("Steps")),
        ("phase", json!("Failed")),
        ("message", json!("boom")),
        ("templateName", json!("t")),
        ("boundaryID", json!("wf")),
        ("children", json!(["x"])),
        ("outboundNodes", json!(["x"])),
        ("inputs", json!({ "parameters": [{ "name": "p", "value": "1" }] })),
        ("outputs", json!({ "exitCode": "1" })),
        ("outputs", json!({ "exitCode": "0", "artifacts": [{ "name": "data" }] })),
        ("nodeFlag", json!({ "retried": true })),
        ("daemoned", json!(true)),
    ] {
        let mut other = node();
        other[field] = value;
        let found = compare(&object(node()), &object(other));
        assert_eq!(found.content.len(), 1, "{field}: {found:?}");
    }
}

#[test]
fn order_of_edges_is_told_apart() {
    let mut other = node();
    other["children"] = json!(["y", "x"]);
    let found = compare(&object(node()), &object(other));
    assert_eq!((found.content.len(), found.order.len()), (0, 1));
}

#[test]
fn nodes_on_one_side_only_are_named() {
    let mut other = object(node());
    other["status"]["nodes"] = json!({ "wf-2": node() });
    assert_eq!(compare(&object(node()), &other).content.len(), 2);
}

#[test]
fn times_uids_and_addresses_are_placeholders() {
    let text = "at 2026-11-21T13:04:00Z by 5f7b9e26-ed81-4d6b-a6c5-078ad37b08eb on 10.0.0.5:80";
    assert_eq!(settled_text(text), "at <time> by <uid> on <address>:80");
    assert_eq!(settled_text("on Sat Nov  7 12:21:42 UTC 2026"), "on <time>");
}

#[test]
fn answers_compare_by_kind_first() {
    let error = Expected::Error("boom".to_owned());
    assert_eq!(tables::compare(&error, &json!({ "error": "other words" })), None);
    assert!(tables::compare(&error, &json!({ "result": 1 })).is_some());
    let value = Expected::Value(json!({ "a": 1 }));
    assert_eq!(tables::compare(&value, &json!({ "result": { "a": 1.0 } })), None);
    assert!(tables::compare(&value, &json!({ "error": "boom" })).is_some());
    let items = Expected::Items(vec!["1.50".to_owned(), "\"x\"".to_owned()]);
    assert_eq!(tables::compare(&items, &json!({ "result": [1.5, "x"] })), None);
    assert!(tables::compare(&items, &json!({ "result": ["x", 1.5] })).is_some());
}

/// Every recording agrees with itself, and with itself changed it does not.
#[test]
fn recordings_agree_with_themselves() {
    let corpus = Workspace::ours().expect("our own workspace").corpus();
    let Some(corpus) = corpus else {
        println!("skipped: the recorded corpus does not lie beside this checkout");
        return;
    };
    let index = tables::read(&corpus.join("golden/index.json")).expect("a readable index");
    let runs = index["runs"].as_array().expect("runs");
    let mut compared = 0;
    for file in runs.iter().filter_map(|run| run["object"].as_str()) {
        let recorded = tables::read(&corpus.join("golden").join(file)).expect("a readable recording");
        assert_eq!(compare(&recorded, &recorded), Default::default(), "{file}");
        let mut changed = recorded.clone();
        changed["status"]["nodes"] = json!({});
        let nodes = recorded["status"]["nodes"].as_object().map_or(0, |nodes| nodes.len());
        assert_eq!(compare(&recorded, &changed).content.len(), nodes, "{file}");
        compared += 1;
    }
    println!("{compared} recordings compared");
}
