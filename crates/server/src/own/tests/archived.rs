//! How the archive is asked, in which order it answers, and what its workflows are called.

use super::*;
use crate::limits;

/// Files of three workflows in the archive: their names, and in which second they started and ended.
const FILED: [(&str, i64, i64); 3] = [("u-early", 10, 40), ("u-late", 20, 30), ("u-last", 25, 50)];

fn file(house: &House) {
    let runs: Vec<_> = FILED.iter().map(|(name, start, end)| filed_run(name, *start, *end)).collect();
    file_all(house, runs);
}

fn file_all(house: &House, runs: Vec<(NewRun, Filed)>) {
    let (runs, filed): (Vec<NewRun>, Vec<Filed>) = runs.into_iter().unzip();
    let machines: Vec<MachineId> = runs.iter().map(|run| run.machine.clone()).collect();
    let kept = house.world.store(|store| {
        store.commit(&runs, &[])?;
        store.archive(&filed)?;
        store.delete_all(&machines)
    });
    kept.unwrap();
}

/// A run that started and ended in these seconds, and what the archive has of it.
fn filed_run(name: &str, start: i64, end: i64) -> (NewRun, Filed) {
    let machine = MachineId::workflow(name);
    // A part of a second that nobody is told.
    let exact =
        |second: i64| tiphys_engine::Time::parse("2026-07-01T00:00:00Z").unwrap().0 + second * 1_000_000;
    let time = |second: i64| tiphys_engine::Time(exact(second)).rfc3339();
    let document = json!({
        "metadata": {
            "name": name, "namespace": "default", "uid": name, "labels": { "team": "y", "second": end.to_string() },
        },
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
            created_us: exact(start) + 300_000,
            started_us: Some(exact(start) + 300_000),
            finished_us: Some(exact(end) + 300_000),
            labels: [("team".to_owned(), "y".to_owned()), ("second".to_owned(), end.to_string())].into(),
            ..Summary::default()
        },
    };
    let bytes = document.to_string().into_bytes();
    (run, Filed { machine, end: End { brief: bytes.clone(), document: bytes, times: Vec::new() } })
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

/// API-127, API-128: without a limit a list has everything once, however much it is, and in parts that fit the memory.
#[test]
fn a_list_without_a_limit_comes_in_parts() {
    let (_folder, house) = open();
    let count = i64::try_from(limits::ROWS_AT_ONCE).unwrap() + 200;
    file_all(&house, (0..count).map(|at| filed_run(&format!("u-{at}"), at, at + 5)).collect());
    let newest_first: Vec<String> = (0..count).rev().map(|at| format!("u-{at}")).collect();
    assert_eq!(filed(&house, ""), newest_first);
    assert_eq!(filed(&house, "listOptions.limit=1100"), newest_first[..1100]);
    let long = "/api/v1/workflows/default?fields=metadata.continue,items.metadata.uid";
    assert_eq!(house.get(long)["items"].as_array().unwrap().len(), newest_first.len());
    assert_eq!(house.get(&format!("{long}&listOptions.limit=1100"))["metadata"]["continue"], "1100");
    assert_eq!(house.get("/api/v1/workflows/default?fields=metadata")["items"], Value::Null);
    // What the store cannot compare is looked at page by page, too.
    let later = |query: &str| filed(&house, &format!("listOptions.labelSelector=second%3E1003{query}"));
    assert_eq!(later(""), newest_first[..201]);
    assert_eq!(later("&listOptions.limit=3&listOptions.continue=199"), newest_first[199..201]);
    // Only so many long ones are on their way at once.
    let places =
        house.world.long_lists.clone().try_acquire_many_owned(limits::LONG_LISTS_MAX as u32).unwrap();
    let words = "the server has more to do than it can; try again in a moment";
    house.refuses("GET", "/api/v1/archived-workflows", &Value::Null, (429, 8, words));
    assert_eq!(filed(&house, "listOptions.limit=600").len(), 600);
    drop(places);
    let answer = http::send(house.address, "GET", "/api/v1/archived-workflows", &[], &[], PATIENCE).unwrap();
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"), "its length is not known when it begins");
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
