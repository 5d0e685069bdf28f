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
    let end = End { document: document.to_string().into_bytes(), brief: Vec::new(), times: Vec::new() };
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
                          "generation": 7 },
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

/// What an answer says.
fn message(text: &str) -> String {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    answer["message"].as_str().unwrap_or_default().to_owned()
}

/// What a run that waits is made of.
fn waiting(name: &str) -> Value {
    json!({ "workflow": { "metadata": { "name": name }, "spec": {
        "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }],
    }}})
}

/// API-105, API-160 to API-163, API-245: what is asked for is looked at first, and the right to it is asked as what
/// Kubernetes is asked for then.
#[test]
fn who_may_only_read_is_stopped_where_something_would_change() {
    let house = House::new(|_| {});
    let all = house.token("all", Role::Operator, &[]);
    let viewer = house.token("viewer", Role::Viewer, &["here"]);
    let stranger = house.token("other", Role::Operator, &["there"]);
    let runs = "/api/v1/workflows/here";
    assert_eq!(ask(&house, &all, "POST", runs, &waiting("goes")).0, 200);
    let crons = "/api/v1/cron-workflows/here";
    let cron = json!({ "cronWorkflow": { "metadata": { "name": "nightly" }, "spec": {
        "schedules": ["0 0 1 1 *"], "workflowSpec": waiting("x")["workflow"]["spec"],
    }}});
    assert_eq!(ask(&house, &all, "POST", crons, &cron).0, 200);

    for (method, path, verb, resource) in [
        ("PUT", format!("{runs}/goes/suspend"), "update", "workflows"),
        ("PUT", format!("{runs}/goes/resume"), "update", "workflows"),
        ("PUT", format!("{runs}/goes/stop"), "patch", "workflows"),
        ("PUT", format!("{runs}/goes/terminate"), "patch", "workflows"),
        ("PUT", format!("{runs}/goes/resubmit"), "create", "workflows"),
        ("DELETE", format!("{runs}/goes"), "delete", "workflows"),
        ("DELETE", format!("{runs}/goes?force=true"), "patch", "workflows"),
        ("PUT", format!("{crons}/nightly/suspend"), "patch", "cronworkflows"),
        ("DELETE", format!("{crons}/nightly"), "delete", "cronworkflows"),
    ] {
        let (status, text) = ask(&house, &viewer, method, &path, &json!({}));
        let words = format!("cannot {verb} resource \"{resource}\"");
        assert!(status == 403 && message(&text).contains(&words), "{method} {path}: {status} {text}");
        // Who may not even look at it is told that.
        let (status, text) = ask(&house, &stranger, method, &path, &json!({}));
        let words = format!("cannot get resource \"{resource}\"");
        assert!(status == 403 && message(&text).contains(&words), "{method} {path}: {status} {text}");
    }
    for (method, path) in [
        ("PUT", format!("{runs}/nosuch/suspend")),
        ("PUT", format!("{runs}/nosuch/set")),
        ("PUT", format!("{runs}/nosuch/retry")),
        ("DELETE", format!("{runs}/nosuch")),
        ("PUT", format!("{crons}/nosuch/resume")),
        ("DELETE", format!("{crons}/nosuch")),
        ("DELETE", "/api/v1/workflow-templates/here/nosuch".to_owned()),
    ] {
        let (status, text) = ask(&house, &viewer, method, &path, &json!({ "phase": "none" }));
        assert_eq!(status, 404, "{method} {path}: {text}");
    }
    let goes = ask(&house, &all, "GET", &format!("{runs}/goes"), &Value::Null).1;
    assert!(!goes.contains("shutdown") && goes.contains("Running"), "{goes}");
}

/// API-101 to API-103, API-242: what is wrong with a body is told before it is told that nobody may send it.
#[test]
fn what_is_to_be_made_is_judged_before_the_right_to_it() {
    let house = House::new(|_| {});
    let viewer = house.token("viewer", Role::Viewer, &["here"]);
    let nobody = house.token("nobody", Role::Operator, &["there"]);
    let mut wrong = waiting("x");
    wrong["workflow"]["spec"]["entrypoint"] = json!("nosuch");
    let mut dry = waiting("x");
    dry["createOptions"] = json!({ "dryRun": ["All"] });
    let runs = "/api/v1/workflows/here";
    let submit = "/api/v1/workflows/here/submit";
    let of_template = json!({ "resourceKind": "WorkflowTemplate", "resourceName": "nosuch" });
    for (path, body, status) in [
        (runs, json!({}), 400),
        (runs, wrong.clone(), 400),
        (runs, dry.clone(), 200),
        (runs, waiting("x"), 403),
        (submit, json!({ "resourceKind": "Workflow" }), 400),
        (submit, of_template.clone(), 404),
        ("/api/v1/workflow-templates/here", json!({}), 400),
        ("/api/v1/cron-workflows/here", json!({}), 404),
    ] {
        let (found, text) = ask(&house, &viewer, "POST", path, &body);
        assert_eq!(found, status, "{path} {body}: {text}");
    }
    let mut server_dry = waiting("x");
    server_dry["serverDryRun"] = json!(true);
    assert_eq!(ask(&house, &viewer, "POST", runs, &server_dry).0, 403);
    for body in [wrong, dry] {
        let (found, text) = ask(&house, &nobody, "POST", runs, &body);
        assert!(found == 403 && message(&text).contains("cannot create resource"), "{body}: {text}");
    }
    assert_eq!(ask(&house, &nobody, "POST", submit, &of_template).0, 403);
}

/// API-205, API-206, API-213: what is in the archive is looked for first, then whether it is here, then the right to it.
#[test]
fn what_is_archived_is_looked_for_before_the_right_to_run_it() {
    let house = House::new(|_| {});
    let all = house.token("all", Role::Operator, &[]);
    let viewer = house.token("viewer", Role::Viewer, &["here"]);
    file(&house, "here", "filed");
    file(&house, "here", "lives");
    assert_eq!(ask(&house, &all, "POST", "/api/v1/workflows/here", &waiting("lives")).0, 200);
    let create =
        "cannot create resource \"workflows\" in API group \"argoproj.io\" in the namespace \"here\"";
    for (end, status, words) in [
        ("nosuch/retry", 404, "not found"),
        ("nosuch/resubmit", 404, "not found"),
        ("lives/retry", 409, "Workflow already exists on cluster, use argo retry {name} instead"),
        ("filed/retry", 403, create),
        ("filed/resubmit", 403, create),
    ] {
        let path = format!("/api/v1/archived-workflows/{end}");
        let (found, text) = ask(&house, &viewer, "PUT", &path, &json!({ "namespace": "here" }));
        assert!(found == status && message(&text).ends_with(words), "{end}: {found} {text}");
    }
}

/// Who is bound to a namespace reads no cluster templates, as with a role of that namespace, and runs them all the same.
#[test]
fn cluster_templates_are_not_for_those_of_one_namespace() {
    let house = House::new(|_| {});
    let all = house.token("all", Role::Admin, &[]);
    let own = house.token("own", Role::Operator, &["here"]);
    let path = "/api/v1/cluster-workflow-templates";
    let template =
        json!({ "template": { "metadata": { "name": "shared" }, "spec": waiting("x")["workflow"]["spec"] } });
    assert_eq!(ask(&house, &all, "POST", path, &template).0, 200);
    let (status, text) = ask(&house, &own, "GET", path, &Value::Null);
    let words =
        "cannot list resource \"clusterworkflowtemplates\" in API group \"argoproj.io\" at the cluster scope";
    assert!(status == 403 && message(&text).ends_with(words), "{status} {text}");
    let (status, text) = ask(&house, &own, "GET", &format!("{path}/shared"), &Value::Null);
    assert!(status == 403 && message(&text) == "permission denied", "{status} {text}");
    let submit = json!({ "resourceKind": "ClusterWorkflowTemplate", "resourceName": "shared" });
    assert_eq!(ask(&house, &own, "POST", "/api/v1/workflows/here/submit", &submit).0, 200);
    assert_eq!(ask(&house, &own, "POST", &format!("{path}/lint"), &template).0, 200);
}

/// API-120, API-126: a selector says in which namespace, where the path does not, and the right to that one counts.
#[test]
fn a_list_that_is_narrowed_takes_the_right_to_where_it_is() {
    let house = House::new(|_| {});
    let viewer = house.token("viewer", Role::Viewer, &["here"]);
    for path in ["/api/v1/workflows/", "/api/v1/archived-workflows"] {
        let narrowed = |namespace: &str| {
            let path = format!("{path}?listOptions.fieldSelector=metadata.namespace%3D{namespace}");
            ask(&house, &viewer, "GET", &path, &Value::Null)
        };
        assert_eq!(narrowed("here").0, 200, "{path}");
        let (status, text) = narrowed("there");
        assert!(
            status == 403 && message(&text).contains("in namespace \"there\""),
            "{path}: {status} {text}"
        );
        assert_eq!(ask(&house, &viewer, "GET", path, &Value::Null).0, 403, "{path}");
    }
}

/// API-160, API-161, API-245: where nothing changes, nobody's right to change it is asked; a schedule is patched anyway.
#[test]
fn who_may_only_read_may_ask_for_what_is_so_already() {
    let house = House::new(|_| {});
    let all = house.token("all", Role::Operator, &[]);
    let viewer = house.token("viewer", Role::Viewer, &["here"]);
    let runs = "/api/v1/workflows/here";
    let mut held = waiting("held");
    held["workflow"]["spec"]["suspend"] = json!(true);
    assert_eq!(ask(&house, &all, "POST", runs, &held).0, 200);
    let put = |action: &str| ask(&house, &viewer, "PUT", &format!("{runs}/held/{action}"), &json!({}));
    let (status, text) = put("suspend");
    assert!(status == 200 && !text.contains("workflows.argoproj.io/action"), "{status} {text}");
    assert_eq!(put("resume").0, 403);
    let cron = json!({ "cronWorkflow": { "metadata": { "name": "nightly" }, "spec": {
        "schedules": ["0 0 1 1 *"], "workflowSpec": waiting("x")["workflow"]["spec"],
    }}});
    assert_eq!(ask(&house, &all, "POST", "/api/v1/cron-workflows/here", &cron).0, 200);
    let path = "/api/v1/cron-workflows/here/nightly/resume";
    assert_eq!(ask(&house, &viewer, "PUT", path, &json!({})).0, 403);
}

/// What is new has no version yet, as Kubernetes says.
#[test]
fn what_is_made_is_at_no_version() {
    let house = House::new(|options| options.auth = crate::options::AuthMode::None);
    let mut run = waiting("new");
    run["workflow"]["metadata"]["resourceVersion"] = json!("7");
    let spec = run["workflow"]["spec"].clone();
    let metadata = json!({ "name": "new", "resourceVersion": "7" });
    let template = json!({ "template": { "metadata": metadata, "spec": spec } });
    let words = "resourceVersion should not be set on objects to be created";
    for (path, body) in [
        ("/api/v1/workflows/here", &run),
        ("/api/v1/workflow-templates/here", &template),
        ("/api/v1/cluster-workflow-templates", &template),
    ] {
        let (status, text) = ask(&house, "", "POST", path, body);
        assert!(status == 500 && message(&text) == words, "{path}: {status} {text}");
    }
    run["serverDryRun"] = json!(true);
    assert_eq!(ask(&house, "", "POST", "/api/v1/workflows/here", &run).0, 200);
}

/// API-292: a key of a ConfigMap goes by an update of the map.
#[test]
fn the_right_to_a_limit_is_that_to_its_map() {
    let house = House::new(|_| {});
    let viewer = house.token("viewer", Role::Viewer, &["here"]);
    let (status, text) = ask(&house, &viewer, "DELETE", "/api/v1/sync/here/k?cmName=c", &Value::Null);
    let words = "Permission denied, you are not allowed to update configmaps in namespace \"here\".";
    assert!(status == 403 && message(&text) == words, "{status} {text}");
}

/// API-141, API-165, API-166: actions find what is in the archive only, and what changes it does not.
#[test]
fn actions_look_into_the_archive() {
    let house = House::new(|_| {});
    file(&house, "here", "filed");
    let own = house.token("own", Role::Operator, &["here"]);
    let put = |action: &str, body: &Value| {
        ask(&house, &own, "PUT", &format!("/api/v1/workflows/here/filed/{action}"), body)
    };
    let (status, text) = put("resubmit", &json!({}));
    assert!(status == 200 && text.contains("\"generateName\":\"filed-\""), "{status} {text}");
    let (status, text) = put("set", &json!({ "phase": "none" }));
    assert!(status == 400 && message(&text).contains("none is an invalid phase"), "{status} {text}");
    let (status, text) = put("retry", &json!({ "parameters": ["x"] }));
    assert!(status == 500 && message(&text).contains("NAME=VALUE"), "{status} {text}");
    for action in ["retry", "suspend", "resume", "stop", "terminate"] {
        let (status, text) = put(action, &json!({}));
        assert_eq!(
            (status, message(&text).as_str()),
            (404, "workflows.argoproj.io \"filed\" not found"),
            "{action}"
        );
    }
    let reader = house.token("reader", Role::Viewer, &["here"]);
    let (status, text) = ask(&house, &reader, "PUT", "/api/v1/workflows/here/filed/resubmit", &json!({}));
    assert!(status == 403 && message(&text).contains("cannot create resource"), "{status} {text}");
}
