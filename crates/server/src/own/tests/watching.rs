//! Lists, watches and actions as clients of Argo's interface meet them: versions, selectors, and the moment of an end.

use super::*;
use crate::closeup::Nodes;
use tiphys_store::MachineId;
use tokio::sync::broadcast::error::TryRecvError;

const WATCH: &str = "/api/v1/workflow-events/default";

fn waits(answer: &Value) -> bool {
    let nodes = answer["status"]["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values());
    nodes.into_iter().any(|node| node["type"] == "Suspend" && node["phase"] == "Running")
}

fn target(name: &str) -> String {
    format!("/api/v1/workflows/default/{name}")
}

fn version(answer: &Value) -> i64 {
    answer["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}

/// The next message of a watch: its type, and the name of its workflow.
fn told(stream: &mut Events) -> (String, String) {
    let message = stream.message();
    let text =
        |pointer: &str| message.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/result/type"), text("/result/object/metadata/name"))
}

fn pair(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.to_owned())
}

/// API-129: who compares versions sees what changed, and nothing else.
#[test]
fn a_version_is_that_of_the_last_change() {
    let (_folder, house) = open();
    let created = house.submit("one");
    let first = house.until(&target("one"), waits);
    assert!(version(&first) >= version(&created));
    assert_eq!(version(&house.get(&target("one"))), version(&first));
    let list = house.get("/api/v1/workflows/default");
    assert_eq!(version(&list["items"][0]), version(&first));
    assert!(version(&list) >= version(&first));
    house.resume("one");
    let second = house.until(&target("one"), |answer| version(answer) > version(&first) && waits(answer));
    house.resume("one");
    let over = house.until(&target("one"), |answer| answer["status"]["phase"] == "Succeeded");
    assert!(version(&over) > version(&second));
    let uid = over["metadata"]["uid"].as_str().unwrap();
    for again in [target("one"), format!("/api/v1/archived-workflows/{uid}")] {
        assert_eq!(version(&house.get(&again)), version(&over), "{again}");
    }
}

/// API-129, API-170: a watch from the version of a list tells what happened since, each thing once.
#[test]
fn a_list_and_a_watch_from_its_version_miss_nothing() {
    let (_folder, house) = open();
    for name in ["stays", "changes", "goes", "ends"] {
        house.submit(name);
        house.until(&target(name), waits);
    }
    let running = "workflows.argoproj.io%2Fphase%3DRunning";
    let listed =
        version(&house.get(&format!("/api/v1/workflows/default?listOptions.labelSelector={running}")));
    house.send("DELETE", &target("goes"), &Value::Null);
    let ended_first = |answer: &Value| {
        let nodes = answer["status"]["nodes"].as_object().unwrap();
        nodes.values().any(|node| node["type"] == "Suspend" && node["phase"] == "Succeeded")
    };
    house.resume("changes");
    house.until(&target("changes"), ended_first);
    house.send("PUT", &format!("{}/terminate", target("ends")), &json!({}));
    house.until(&target("ends"), |answer| answer["status"]["phase"] == "Failed");
    let since = format!("listOptions.resourceVersion={listed}");
    let mut all = house.events(&format!("{WATCH}?{since}"), None);
    let mut heard: Vec<_> = (0..3).map(|_| told(&mut all)).collect();
    heard.sort();
    assert_eq!(heard, [pair("DELETED", "goes"), pair("MODIFIED", "changes"), pair("MODIFIED", "ends")]);
    // Of one that is not wanted any more it is told that it left.
    let mut some = house.events(&format!("{WATCH}?{since}&listOptions.labelSelector={running}"), None);
    let mut heard: Vec<_> = (0..3).map(|_| told(&mut some)).collect();
    heard.sort();
    assert_eq!(heard, [pair("DELETED", "ends"), pair("DELETED", "goes"), pair("MODIFIED", "changes")]);
    // What comes after is told as it comes.
    house.submit("comes");
    assert_eq!(told(&mut all), pair("ADDED", "comes"));
    house.send("DELETE", &target("ends"), &Value::Null);
    while told(&mut all) != pair("DELETED", "ends") {}
    // What went before this life of the server is not known: the list is to be read anew.
    let (status, refused) =
        house.ask("GET", &format!("{WATCH}?listOptions.resourceVersion=1"), &[], &Value::Null);
    assert_eq!(status, 400);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("too old resource version: 1 ("), "{message}");
}

/// A watch of what is there tells one change once (the recorded exchange `watch-change`).
#[test]
fn an_action_is_one_change() {
    let (_folder, house) = open();
    house.submit("one");
    house.until(&target("one"), waits);
    let mut stream = house.events(WATCH, None);
    assert_eq!(told(&mut stream), pair("ADDED", "one"));
    house.send("PUT", &format!("{}/suspend", target("one")), &json!({}));
    let first = stream.message();
    let labels = &first["result"]["object"]["metadata"]["labels"];
    assert_eq!(labels["workflows.argoproj.io/action"], "Suspend", "{first}");
    assert_eq!(first["result"]["object"]["spec"]["suspend"], true);
    house.send("DELETE", &target("one"), &Value::Null);
    assert_eq!(told(&mut stream), pair("DELETED", "one"));
}

/// API-160 to API-163: whoever comes too late is told so, in Argo's words.
#[test]
fn actions_at_the_very_end_are_told_that_it_is_over() {
    let (_folder, house) = open();
    for round in 0..4 {
        let name = format!("race-{round}");
        house.submit(&name);
        house.until(&target(&name), waits);
        let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
            let ask = |action: &'static str| {
                let target = format!("{}/{action}", target(&name));
                let house = &house;
                scope.spawn(move || house.ask("PUT", &target, &[], &json!({})))
            };
            let actions =
                ["terminate", "suspend", "resume", "stop", "terminate", "resume", "suspend", "stop"];
            let asked: Vec<_> = actions.into_iter().map(ask).collect();
            asked.into_iter().map(|asked| asked.join().unwrap()).collect()
        });
        for (status, answer) in answers {
            let message = answer["message"].as_str().unwrap_or_default();
            let late = message.starts_with("cannot shutdown a completed workflow")
                || message == "timed out waiting for the condition: cannot suspend completed workflows";
            assert!(status == 200 || late, "{status} {answer}");
        }
    }
}

/// API-167: names with commas and equals signs can be meant, and who gives none means nodes without one.
#[test]
fn node_selectors_have_escapes() {
    let (_folder, house) = open();
    let workflow = json!({
        "metadata": { "name": "loop" },
        "spec": { "entrypoint": "main", "templates": [
            { "name": "main", "steps": [[{
                "name": "g", "template": "ask",
                "arguments": { "parameters": [{ "name": "x", "value": "{{item.a}}={{item.b}}" }] },
                "withItems": [{ "a": "1", "b": "2" }, { "a": "3", "b": "4" }],
            }]] },
            { "name": "ask", "inputs": { "parameters": [{ "name": "x" }] }, "suspend": {} },
        ]},
    });
    house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
    house.until(&target("loop"), waits);
    let resume = |selector: &str| {
        house.ask(
            "PUT",
            &format!("{}/resume", target("loop")),
            &[],
            &json!({ "nodeFieldSelector": selector }),
        )
    };
    let (status, refused) = resume("displayName=g(0:a:1,b:2)");
    assert_eq!(
        (status, refused["message"].as_str()),
        (500, Some("invalid selector: 'displayName=g(0:a:1,b:2)'; can't understand 'b:2)'"))
    );
    assert_eq!(resume("displayName=g(0:a:1\\,b:2),templateRef.name=").0, 200);
    let open_nodes = |answer: &Value| {
        let nodes = answer["status"]["nodes"].as_object().unwrap().values();
        nodes.filter(|node| node["type"] == "Suspend" && node["phase"] == "Running").count()
    };
    house.until(&target("loop"), |answer| open_nodes(answer) == 1);
    assert_eq!(resume("inputs.parameters.x.value=3\\=4").0, 200);
    house.until(&target("loop"), |answer| answer["status"]["phase"] == "Succeeded");
}

/// API-122, OB-013: selectors and labels that Kubernetes would not take are refused; generated names fit a label.
#[test]
fn names_and_labels_are_those_of_kubernetes() {
    let (_folder, house) = open();
    let list = "/api/v1/workflows/default?listOptions.labelSelector=-a%3Db";
    let (status, refused) = house.ask("GET", list, &[], &Value::Null);
    assert_eq!(status, 400);
    assert!(refused["message"].as_str().unwrap().contains("name part must consist of"), "{refused}");
    let cut = "/api/v1/workflows/default?listOptions.labelSelector=%zz";
    let (status, refused) = house.ask("GET", cut, &[], &Value::Null);
    assert_eq!((status, refused["message"].as_str()), (400, Some("invalid URL escape \"%zz\"")));
    let two = "/api/v1/workflows/default?listOptions.limit=1;fields=x";
    let (status, refused) = house.ask("GET", two, &[], &Value::Null);
    assert_eq!((status, refused["message"].as_str()), (400, Some("invalid semicolon separator in query")));
    let spec = json!({ "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] });
    for (metadata, field) in [
        (json!({ "name": "odd", "labels": { "a/b/c": "x" } }), "metadata.labels"),
        (json!({ "name": "odd", "annotations": { "bad key!": "x" } }), "metadata.annotations"),
    ] {
        let body = json!({ "workflow": { "metadata": metadata, "spec": spec } });
        let (status, refused) = house.ask("POST", "/api/v1/workflows/default", &[], &body);
        assert_eq!(status, 400);
        assert!(refused["message"].as_str().unwrap().contains(field), "{refused}");
    }
    let body = json!({ "workflow": { "metadata": { "generateName": "n".repeat(250) }, "spec": spec } });
    let made = house.send("POST", "/api/v1/workflows/default", &body);
    let name = made["metadata"]["name"].as_str().unwrap();
    assert_eq!((name.len(), &name[..58]), (63, &*"n".repeat(58)));
    house.until(&target(name), waits);
    house.send("PUT", &format!("{}/resubmit", target(name)), &json!({}));
}

/// Of a run that is only in the archive our own pages are told the times as they were; Argo's clients get whole seconds.
/// A list of runs does not read them, so they are kept however many steps a run has.
#[test]
fn an_archived_run_keeps_its_times_to_the_millisecond() {
    let (_folder, house) = open();
    let workflow = json!({
        "metadata": { "name": "one" },
        "spec": { "entrypoint": "main", "templates": [
            { "name": "main", "steps": [
                [{ "name": "a", "template": "ask" }],
                [{ "name": "b", "template": "ask" }],
                [{ "name": "many", "template": "ask", "withSequence": { "count": "300" }, "when": "{{item}} < 0" }],
            ]},
            { "name": "ask", "suspend": {} },
        ]},
    });
    house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
    for step in ["a", "b"] {
        house.until(&target("one"), |answer| {
            let nodes = answer["status"]["nodes"].as_object().into_iter().flatten();
            nodes.map(|(_, node)| node).any(|node| node["displayName"] == step && node["phase"] == "Running")
        });
        house.resume("one");
    }
    let over = house.until(&target("one"), |answer| answer["status"]["phase"] == "Succeeded");
    let uid = over["metadata"]["uid"].as_str().unwrap();
    let closely = format!("/api/tiphys/v1/runs/default/one/events?uid={uid}");
    let before = house.events(&closely, None).next().data["workflow"]["status"].clone();
    assert_eq!(before["startedAt"].as_str().unwrap().len(), "2026-01-01T00:00:00.000Z".len());
    house.send("DELETE", &target("one"), &Value::Null);
    let after = house.events(&closely, None).next().data["workflow"]["status"].clone();
    let archived = house.get(&format!("/api/v1/archived-workflows/{uid}"));
    assert_eq!(archived["status"]["startedAt"].as_str().unwrap().len(), "2026-01-01T00:00:00Z".len());
    assert!(before["nodes"].as_object().unwrap().len() > 300);
    let machine = MachineId::workflow(uid);
    let brief =
        house.world.store(|store| store.briefs(std::slice::from_ref(&machine))).unwrap().remove(0).unwrap();
    assert!(brief.len() < 1_000, "{}", String::from_utf8_lossy(&brief));
    for field in ["startedAt", "finishedAt"] {
        assert_eq!(after[field], before[field]);
        for (id, node) in before["nodes"].as_object().unwrap() {
            assert_eq!(after["nodes"][id][field], node[field], "{id}");
        }
    }
}

/// EX-306: a run that is over as soon as it is retried is filed as it ended the second time.
#[test]
fn a_retry_that_ends_at_once_is_filed() {
    let (_folder, house) = open();
    // What it is to run over is no list: nothing is started for that to be found out.
    let workflow = json!({
        "metadata": { "name": "hasty" },
        "spec": { "entrypoint": "main", "templates": [
            { "name": "main", "steps": [[{ "name": "a", "template": "ask", "withParam": "{{workflow.name}}" }]] },
            { "name": "ask", "suspend": {} },
        ]},
    });
    let made = house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
    let is_over = |answer: &Value| !answer["status"]["finishedAt"].is_null();
    let first = house.until(&target("hasty"), is_over);
    let filed = format!("/api/v1/archived-workflows/{}", made["metadata"]["uid"].as_str().unwrap());
    assert_eq!(version(&house.get(&filed)), version(&first));
    house.send("PUT", &format!("{}/retry", target("hasty")), &json!({}));
    let second = house.until(&target("hasty"), is_over);
    assert!(version(&second) > version(&first));
    assert_eq!(version(&house.get(&filed)), version(&second));
    assert_eq!(house.get("/api/v1/archived-workflows")["items"].as_array().unwrap().len(), 1);
}

/// A run of a hundred thousand nodes takes its time to be opened: nobody else waits for that.
#[test]
fn who_looks_at_one_run_keeps_nobody_from_another() {
    let (_folder, house) = open();
    let uids = ["large", "small"].map(|name| {
        house.submit(name);
        house.until(&target(name), waits)["metadata"]["uid"].as_str().unwrap().to_owned()
    });
    let closeups = &house.world.hub.closeups;
    closeups.while_busy(&uids[0], || {
        let mut stream = house.events("/api/tiphys/v1/runs/default/small/events", None);
        assert_eq!(stream.next().name, "snapshot");
        // The hub hears of both, and tells of the one that nobody is busy with.
        house.resume("large");
        house.resume("small");
        stream.find(|heard| heard.name == "delta");
    });
    // What happened to the other meanwhile is not lost.
    let mut stream = house.events("/api/tiphys/v1/runs/default/large/events", None);
    let whole = stream.find(|heard| heard.name == "snapshot");
    let nodes = whole.data["workflow"]["status"]["nodes"].as_object().unwrap().values();
    assert!(nodes.into_iter().any(|node| node["displayName"] == "a" && node["phase"] == "Succeeded"));
}

/// Who opens a run at the moment when it is forgotten hears what happens to it all the same.
#[test]
fn who_comes_when_the_last_one_leaves_is_told_what_happens() {
    let (_folder, house) = open();
    house.submit("one");
    let uid = house.until(&target("one"), waits)["metadata"]["uid"].as_str().unwrap().to_owned();
    let (world, closeups) = (&house.world, &house.world.hub.closeups);
    let look =
        || closeups.open(world, &uid, None, Nodes::ById).unwrap_or_else(|_| panic!("not opened")).unwrap();
    let _first = look();
    let end = Instant::now() + PATIENCE;
    let until = |hands: usize| {
        while closeups.hands(&uid) != hands {
            assert!(Instant::now() < end, "never in {hands} hands");
            std::thread::yield_now();
        }
    };
    let mut view = std::thread::scope(|scope| {
        let mut comes = None;
        closeups.while_busy(&uid, || {
            comes = Some(scope.spawn(look));
            until(3);
            scope.spawn(|| closeups.gone(&uid));
            until(0);
        });
        comes.unwrap().join().unwrap()
    });
    assert_eq!(view.then.try_recv().unwrap_err(), TryRecvError::Empty);
}
