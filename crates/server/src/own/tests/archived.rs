//! How the archive is asked, in which order it answers, and what its workflows are called.

use super::*;

/// Files of three workflows in the archive: their names, and in which second they started and ended.
const FILED: [(&str, i64, i64); 3] = [("u-early", 10, 40), ("u-late", 20, 30), ("u-last", 25, 50)];

fn file(house: &House) {
    for (name, start, end) in FILED {
        let machine = MachineId::workflow(name);
        let time = |second: i64| format!("2026-07-01T00:00:{second}Z");
        // A part of a second that nobody is told.
        let exact = |second: i64| tiphys_engine::Time::parse(&time(second)).unwrap().0 + 300_000;
        let document = json!({
            "metadata": { "name": name, "namespace": "default", "uid": name, "labels": { "team": "y" } },
            "spec": { "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] },
            "status": { "phase": "Failed", "startedAt": time(start), "finishedAt": time(end) },
        });
        let run = NewRun {
            machine: machine.clone(),
            document: b"{}".to_vec(),
            summary: Summary {
                namespace: "default".to_owned(),
                name: name.to_owned(),
                uid: name.to_owned(),
                phase: "Failed".to_owned(),
                created_us: exact(start),
                started_us: Some(exact(start)),
                finished_us: Some(exact(end)),
                labels: [("team".to_owned(), "y".to_owned())].into(),
                ..Summary::default()
            },
        };
        let bytes = document.to_string().into_bytes();
        let filed = Filed {
            machine: machine.clone(),
            end: End { brief: bytes.clone(), document: bytes, times: Vec::new() },
        };
        let kept = house.world.store(|store| {
            store.create(&run)?;
            store.archive(&[filed])?;
            store.delete(&machine)
        });
        kept.unwrap();
    }
}

fn filed(house: &House, query: &str) -> Vec<String> {
    let answer = house.get(&format!("/api/v1/archived-workflows?{query}"));
    let items = answer["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

/// API-130, API-210: a page is what started last, in the order in which it ended.
#[test]
fn a_page_of_the_archive_is_in_the_order_of_the_ends() {
    let (_folder, house) = open();
    file(&house);
    assert_eq!(filed(&house, ""), ["u-last", "u-early", "u-late"]);
    assert_eq!(filed(&house, "listOptions.limit=2"), ["u-last", "u-late"]);
    assert_eq!(filed(&house, "listOptions.limit=2&listOptions.continue=1"), ["u-early", "u-late"]);
}

/// API-123, API-210: what the list of the archive is asked for, and what it does not look at.
#[test]
fn the_archive_is_asked_for_names_and_starts() {
    let (_folder, house) = open();
    file(&house);
    let by = |query: &str| filed(&house, query);
    assert_eq!(by("createdAfter=2099-01-01T00:00:00Z&finishedBefore=x").len(), 3);
    let name = "listOptions.fieldSelector=metadata.name%3D";
    assert_eq!(by(&format!("namePrefix=u-la&{name}u-late")), ["u-late"]);
    assert_eq!(by(&format!("namePrefix=u-la&{name}u-early")).len(), 0);
    assert_eq!(by(&format!("namePrefix=u-l&nameFilter=Contains&{name}st")), ["u-last"]);
    // The second of the time itself counts on both sides.
    let start = |sign: &str, time: &str| {
        by(&format!("listOptions.fieldSelector=spec.startedAt{sign}2026-07-01T00:00:{time}Z"))
    };
    assert_eq!(start("%3E", "20"), ["u-last", "u-late"]);
    assert_eq!(start("%3C", "20"), ["u-early", "u-late"]);
    assert_eq!(start("%3E", "20.1"), ["u-last"]);
    let until = house.get("/api/v1/workflows/default?finishedBefore=2026-07-01T00:00:40Z");
    assert_eq!(until["items"].as_array().unwrap().len(), 2);
    let remaining = |query: &str| {
        let query = format!("{query}&listOptions.fieldSelector=ext.showRemainingItemCount%3Dtrue");
        house.get(&format!("/api/v1/archived-workflows?{query}"))["metadata"].clone()
    };
    assert_eq!(remaining("a=b"), json!({}));
    assert_eq!(remaining("listOptions.limit=2"), json!({ "continue": "2", "remainingItemCount": 1 }));
    let twice = "/api/v1/archived-workflows?listOptions.fieldSelector=ext.showRemainingItemCount%3D%3Dtrue";
    let words = "strconv.ParseBool: parsing \"=true\": invalid syntax";
    house.refuses("GET", twice, &Value::Null, (400, 3, words));
    let values = |selector: &str| {
        format!("/api/v1/archived-workflows-label-values?listOptions.labelSelector={selector}")
    };
    for (selector, found) in [("team,app", 2), ("", 0)] {
        let words = format!("only allow 1 labelRequirement, found {found}");
        house.refuses("GET", &values(selector), &Value::Null, (400, 3, &words));
    }
}

/// API-211, API-213: what a request calls an archived workflow, and where a retry of it goes.
#[test]
fn an_archived_workflow_is_called_by_uid_or_by_name() {
    let (_folder, house) = open();
    file(&house);
    let root = "/api/v1/archived-workflows";
    let both = (400, 3, "both name and namespace are required if uid is not specified");
    for query in ["", "?name=u-late", "?namespace=default"] {
        for method in ["GET", "DELETE"] {
            house.refuses(method, &format!("{root}/{query}"), &Value::Null, both);
        }
    }
    let unknown = (404, 5, "not found");
    for action in ["resubmit", "retry"] {
        let target = |uid: &str| format!("{root}/{uid}/{action}");
        house.refuses("PUT", &target("u-late"), &json!({ "name": "u-early" }), both);
        let named = |name: &str| json!({ "namespace": "default", "name": name });
        house.refuses("PUT", &target("u-late"), &named("nosuch"), unknown);
        house.refuses("PUT", &target("nosuch"), &json!({ "namespace": "default" }), unknown);
        let nowhere =
            (404, 5, "the server could not find the requested resource (post workflows.argoproj.io)");
        house.refuses("PUT", &target("u-late"), &json!({}), nowhere);
        let made = house.send("PUT", &target("nosuch"), &named("u-early"));
        assert!(made["metadata"]["name"].as_str().unwrap().starts_with("u-early"), "{action}: {made}");
    }
    let elsewhere = "the namespace of the provided object does not match the namespace sent on the request";
    let there = json!({ "namespace": "elsewhere" });
    house.refuses("PUT", &format!("{root}/u-late/retry"), &there, (400, 3, elsewhere));
    let here = (409, 6, "Workflow already exists on cluster, use argo retry {name} instead");
    house.refuses("PUT", &format!("{root}/u-early/retry"), &json!({ "namespace": "default" }), here);
    house.send("DELETE", &format!("{root}/u-late?namespace=default&name=u-last"), &Value::Null);
    assert_eq!(filed(&house, "namePrefix=u-l"), ["u-late"]);
}
