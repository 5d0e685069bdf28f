//! Namespaces as borders: what a caller who is bound to one can and cannot reach of another.

use super::tests::House;
use crate::access::Role;
use serde_json::{Value, json};
use tiphys_store::{End, Filed, MachineId, NewRun, Runs as _, Summary};

/// A workflow that ran in a namespace, and is in the archive only.
fn file(house: &House, namespace: &str, uid: &str) {
    let machine = MachineId::workflow(uid);
    let label = format!("team-of-{namespace}");
    let document = json!({
        "metadata": { "name": uid, "namespace": namespace, "uid": uid },
        "spec": { "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }],
                  "arguments": { "parameters": [{ "name": "word", "value": "of-there-only" }] } },
        "status": { "phase": "Failed", "finishedAt": "2026-07-01T00:00:00Z" },
    });
    let run = NewRun {
        machine: machine.clone(),
        document: b"{}".to_vec(),
        summary: Summary {
            namespace: namespace.to_owned(),
            name: uid.to_owned(),
            uid: uid.to_owned(),
            phase: "Failed".to_owned(),
            created_us: 1,
            finished_us: Some(2),
            labels: [(label, "x".to_owned())].into(),
            ..Summary::default()
        },
    };
    let end = End { document: document.to_string().into_bytes(), brief: Vec::new() };
    house
        .world
        .store(|store| {
            store.create(&run)?;
            store.archive(&[Filed { machine: machine.clone(), end }])?;
            store.delete(&machine)
        })
        .unwrap();
}

/// Asks with a token; the status and the text of the answer.
fn ask(house: &House, token: &str, method: &str, path: &str, body: &Value) -> (u16, String) {
    let bearer = format!("Bearer {token}");
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let answer = house.send(method, path, &[("authorization", &bearer)], &text);
    (answer.status().as_u16(), house.text(answer))
}

#[test]
fn an_administrator_of_one_namespace_lets_nobody_in_everywhere() {
    let house = House::new(|_| {});
    let token = house.token("it", Role::Admin, &["here"]);
    let (status, text) = ask(&house, &token, "POST", "/api/tiphys/v1/links", &json!({}));
    assert_eq!(status, 403);
    assert!(text.contains("cannot create resource \\\"tokens\\\""), "{text}");
    let whole = house.token("whole", Role::Admin, &[]);
    assert_eq!(ask(&house, &whole, "POST", "/api/tiphys/v1/links", &json!({})).0, 200);
}

/// API-201 to API-206: the namespace in which a workflow ran counts, whatever the request names.
#[test]
fn an_archived_workflow_is_reached_from_its_own_namespace_only() {
    let house = House::new(|_| {});
    file(&house, "there", "u-there");
    file(&house, "here", "u-here");
    let own = house.token("own", Role::Operator, &["here"]);
    let path = "/api/v1/archived-workflows/u-there";
    let named = json!({ "namespace": "here", "uid": "u-there" });
    for (method, path, body) in [
        ("GET", path.to_owned(), Value::Null),
        ("GET", format!("{path}?namespace=here"), Value::Null),
        ("PUT", format!("{path}/resubmit"), named.clone()),
        ("PUT", format!("{path}/retry"), named),
        ("DELETE", path.to_owned(), Value::Null),
    ] {
        let (status, text) = ask(&house, &own, method, &path, &body);
        assert_eq!(status, 403, "{method} {path}: {text}");
        assert!(text.contains("permission denied") && !text.contains("of-there-only"), "{text}");
    }
    let path = "/api/v1/archived-workflows/u-here";
    let (status, text) =
        ask(&house, &own, "PUT", &format!("{path}/resubmit"), &json!({ "namespace": "here" }));
    assert_eq!(status, 200, "{text}");
    // Into which it is submitted is asked as well.
    let there = json!({ "namespace": "there" });
    assert_eq!(ask(&house, &own, "PUT", &format!("{path}/resubmit"), &there).0, 403);
    let labels = |token: &str| {
        let (_, text) = ask(&house, token, "GET", "/api/v1/archived-workflows-label-keys", &Value::Null);
        (text.contains("team-of-here"), text.contains("team-of-there"))
    };
    assert_eq!(labels(&own), (true, false));
    assert_eq!(labels(&house.token("both", Role::Viewer, &["there", "here"])), (true, true));
    assert_eq!(labels(&house.token("all", Role::Viewer, &[])), (true, true));
}

/// API-008: metrics tell of all namespaces.
#[test]
fn metrics_are_for_those_who_may_read_everything() {
    let house = House::new(|_| {});
    let own = house.token("own", Role::Admin, &["here"]);
    assert_eq!(ask(&house, &own, "GET", "/metrics", &Value::Null).0, 403);
    let all = house.token("all", Role::Viewer, &[]);
    assert_eq!(ask(&house, &all, "GET", "/metrics", &Value::Null).0, 200);
}

/// API-102: the document's own namespace is where templates are looked for.
#[test]
fn linting_shows_no_templates_of_another_namespace() {
    let house = House::new(|_| {});
    let template = "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: t}\n\
                    spec:\n  entrypoint: main\n  templates: [{name: main, suspend: {duration: of-there-only}}]\n";
    let all = house.token("all", Role::Operator, &[]);
    let applied = json!({ "namespace": "there", "text": template });
    let (status, text) = ask(&house, &all, "POST", "/api/tiphys/v1/apply", &applied);
    assert_eq!(status, 200, "{text}");
    let workflow = json!({ "workflow": {
        "metadata": { "name": "w", "namespace": "there" },
        "spec": { "workflowTemplateRef": { "name": "t" } },
    }});
    let own = house.token("own", Role::Operator, &["here"]);
    let (status, text) = ask(&house, &own, "POST", "/api/v1/workflows/here/lint", &workflow);
    assert!(status == 403 && !text.contains("of-there-only"), "{status} {text}");
    let (status, text) = ask(&house, &all, "POST", "/api/v1/workflows/here/lint", &workflow);
    assert!(status == 200 && text.contains("of-there-only"), "{status} {text}");
}

/// A new workflow has an identity and an age of its own, as in Kubernetes: with the uid of another it could take the
/// place of that one's secrets.
#[test]
fn nobody_chooses_the_identity_of_a_workflow() {
    let house = House::new(|options| options.auth = crate::options::AuthMode::None);
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {word: first}\n";
    let apply = |text: &str| {
        let body = json!({ "namespace": "here", "text": text }).to_string();
        assert_eq!(house.status("POST", "/api/tiphys/v1/apply", &[], &body), 200);
    };
    apply(secret);
    let workflow = |name: &str, uid: &str| {
        json!({ "workflow": {
            "metadata": { "name": name, "uid": uid, "creationTimestamp": "2020-01-01T00:00:00Z",
                          "generation": 7, "resourceVersion": "12" },
            "spec": { "entrypoint": "main", "templates": [{ "name": "main", "suspend": {}, "inputs": {
                "parameters": [{ "name": "p", "value": "x" }] } }],
                "imagePullSecrets": [{ "name": "s" }] },
        }})
    };
    let create = |name: &str, uid: &str| {
        let body = workflow(name, uid).to_string();
        let answer = house.send("POST", "/api/v1/workflows/here", &[], &body);
        let status = answer.status().as_u16();
        (status, serde_json::from_str::<Value>(&house.text(answer)).unwrap())
    };
    let (status, first) = create("first", "u-mine");
    assert_eq!(status, 200, "{first}");
    let metadata = &first["metadata"];
    let uid = metadata["uid"].as_str().unwrap();
    assert_ne!(uid, "u-mine");
    assert_ne!(metadata["creationTimestamp"], "2020-01-01T00:00:00Z");
    assert_eq!(metadata["generation"], 1);
    let kept = house.world.state.secrets(uid).unwrap().expect("it speaks of a secret");
    assert!(house.world.state.secrets("u-mine").unwrap().is_none());
    // The same sent again, with other secrets, is another run or none.
    apply(&secret.replace("first", "second"));
    let (status, refused) = create("first", uid);
    assert_eq!(status, 409, "{refused}");
    assert_eq!(house.world.state.secrets(uid).unwrap().unwrap(), kept);
    let (status, second) = create("second", uid);
    assert_eq!(status, 200, "{second}");
    assert_ne!(second["metadata"]["uid"], uid);
    assert_eq!(house.world.state.secrets(uid).unwrap().unwrap(), kept);
    // Of the one that was refused no secrets are left.
    let folder = house.world.state.dir().join("secrets");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2);
}
