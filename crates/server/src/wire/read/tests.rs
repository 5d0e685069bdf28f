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
