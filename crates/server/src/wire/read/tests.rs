//! Go's leniency, and where it ends.

use super::document;
use serde_json::{Value, json};

fn read(value: &Value) -> Value {
    document("Workflow", value).unwrap().value
}

/// API-024: the case of a known field does not matter.
#[test]
fn fields_are_known_whatever_their_case() {
    let read = read(&json!({
        "Metadata": { "GENERATENAME": "x-" },
        "spec": { "EntryPoint": "main", "Templates": [{ "NAME": "main", "Steps": [[{ "name": "a", "Template": "b" }]] }] },
    }));
    assert_eq!(read["metadata"]["generateName"], "x-");
    assert_eq!(read["spec"]["entrypoint"], "main");
    assert_eq!(read["spec"]["templates"][0]["steps"][0][0]["template"], "b");
}

/// API-024: an unknown field is left out, an empty one is nothing, and neither changes what people named themselves.
#[test]
fn what_people_name_stays_as_it_is() {
    let hook = json!({ "template": "main", "arguments": {} });
    let workflow = json!({
        "metadata": {
            "generateName": "x-",
            "labels": { "Name": "A", "Template": "b" },
            "annotations": { "Image": "c" },
        },
        "spec": {
            "fooBar": 1,
            "hostUsers": true,
            "entrypoint": "main",
            "nodeSelector": { "Zone": "a", "When": "b" },
            "hooks": { "Exit": hook, "Name": hook },
            "templates": [{
                "name": "main",
                "steps": [[{
                    "name": "a", "template": "b",
                    "withItems": [{ "Name": "A", "Image": { "Path": ["I"] } }],
                }]],
            }, {
                "name": "b",
                "plugin": { "Mine": { "Name": 1 } },
            }, {
                "name": "c",
                "container": { "image": "x", "envFrom": [], "volumeDevices": [], "resizePolicy": [] },
            }],
        },
    });
    let read = read(&workflow);
    for path in [
        "/metadata/labels",
        "/metadata/annotations",
        "/spec/nodeSelector",
        "/spec/hooks",
        "/spec/templates/0/steps/0/0/withItems",
        "/spec/templates/1/plugin",
    ] {
        assert_eq!(read.pointer(path), workflow.pointer(path), "{path}");
    }
    assert_eq!(read["spec"].get("fooBar"), None);
}

/// API-024, OB-005, OB-012: a quantity may be a number and is written in its largest unit, and the value of a parameter any scalar; a label is a text.
#[test]
fn numbers_are_taken_where_go_reads_them() {
    let workflow = |labels: Value, parameter: Value| {
        json!({
            "metadata": { "generateName": "x-", "labels": labels },
            "spec": {
                "entrypoint": "main",
                "arguments": { "parameters": [{ "name": "p", "value": parameter, "enum": [1, "2"] }] },
                "volumeClaimTemplates": [
                    { "metadata": { "name": "v" }, "spec": { "resources": { "requests": { "storage": 64 } } } },
                ],
                "templates": [{ "name": "main", "container": {
                    "image": "x", "resources": { "limits": { "cpu": 1, "memory": "1024Mi" }, "requests": { "cpu": 0.5 } },
                } }],
            },
        })
    };
    let read = read(&workflow(json!({ "value": "1" }), json!(7)));
    let resources = &read["spec"]["templates"][0]["container"]["resources"];
    assert_eq!(
        *resources,
        json!({ "limits": { "cpu": "1", "memory": "1Gi" }, "requests": { "cpu": "500m" } })
    );
    assert_eq!(read["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"], "64");
    assert_eq!(read["spec"]["arguments"]["parameters"][0]["value"], "7");
    for (labels, parameter) in [(json!({ "value": 1 }), json!("7")), (json!({ "a": true }), json!(true))] {
        let refused = document("Workflow", &workflow(labels, parameter)).unwrap_err();
        assert!(refused.message.contains("labels"), "{}", refused.message);
    }
}

/// API-024: of whole numbers JSON knows one spelling.
#[test]
fn whole_numbers_have_no_fraction() {
    let workflow = |parallelism: Value| json!({ "spec": { "parallelism": parallelism } });
    assert_eq!(read(&workflow(json!(2)))["spec"]["parallelism"], 2);
    let refused = document("Workflow", &workflow(json!(2.0))).unwrap_err();
    assert!(refused.message.contains("spec.parallelism"), "{}", refused.message);
    let items = json!({ "spec": { "templates": [{ "name": "a", "steps": [[{
        "name": "b", "template": "c", "withItems": [2.0],
    }]] }] } });
    read(&items);
}
