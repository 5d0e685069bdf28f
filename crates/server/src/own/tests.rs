//! Our own interface over real sockets, with workflows that only wait, so that nothing is started.

mod applying;
mod archived;
mod asking;
mod creation;
#[path = "../../tests/support/http.rs"]
mod http;
mod planning;
mod routes;
mod streams;
mod watching;
mod webhooks;

use crate::options::{AuthMode, Options};
use crate::serve::{Server, Stop};
use crate::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tiphys_store::{Append, End, Filed, Journal as _, MachineId, NewRun, Runs as _, Summary};

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

struct House {
    world: Arc<World>,
    address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl House {
    fn open(state: &Path) -> House {
        House::with(state, |_| {})
    }

    fn with(state: &Path, change: impl FnOnce(&mut Options)) -> House {
        let mut options = Options::new(state, "127.0.0.1:0".parse().unwrap());
        options.auth = AuthMode::None;
        change(&mut options);
        let server = Server::start(options).unwrap();
        let (world, address, stop) = (server.world(), server.address(), server.stop());
        let thread = std::thread::spawn(move || server.run().unwrap());
        House { world, address, stop, thread: Some(thread) }
    }

    fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let mut all = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        all.extend(headers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = http::send(self.address, method, target, &all, &body, PATIENCE).unwrap();
        if answer.status == 200 {
            assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.text());
        }
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    #[track_caller]
    fn get(&self, target: &str) -> Value {
        let (status, answer) = self.ask("GET", target, &[], &Value::Null);
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }

    #[track_caller]
    fn send(&self, method: &str, target: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, target, &[], body);
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }

    #[track_caller]
    fn apply(&self, text: &str) {
        self.send("POST", "/api/tiphys/v1/apply", &json!({ "namespace": "default", "text": text }));
    }

    /// A workflow that waits for a person, then for another.
    #[track_caller]
    fn submit(&self, name: &str) -> Value {
        let workflow = json!({
            "metadata": { "name": name, "labels": { "team": "x" } },
            "spec": { "entrypoint": "main", "templates": [
                { "name": "main", "steps": [[{ "name": "a", "template": "ask" }], [{ "name": "b", "template": "ask" }]] },
                { "name": "ask", "suspend": {} },
            ]},
        });
        self.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }))
    }

    fn resume(&self, name: &str) {
        self.send("PUT", &format!("/api/v1/workflows/default/{name}/resume"), &json!({}));
    }

    /// Asks again until the answer is as wanted.
    #[track_caller]
    fn until(&self, target: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(target);
            if wanted(&answer) {
                return answer;
            }
            assert!(Instant::now() < end, "{target} stays {answer}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn events(&self, target: &str, last: Option<&str>) -> Events {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        let host = self.address;
        write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n{last}\r\n")
            .unwrap();
        Events(BufReader::new(stream))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.now();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// A stream that is read event by event.
struct Events(BufReader<TcpStream>);

#[derive(Debug)]
struct Heard {
    name: String,
    id: String,
    data: Value,
}

impl Events {
    /// The next event. Sizes of chunks and comments are passed over.
    fn next(&mut self) -> Heard {
        self.left().expect("the stream ended")
    }

    /// The next event, if the stream did not end.
    fn left(&mut self) -> Option<Heard> {
        let mut heard = Heard { name: String::new(), id: String::new(), data: Value::Null };
        // Comments keep a stream alive on which nothing is told.
        let end = Instant::now() + 2 * PATIENCE;
        loop {
            assert!(Instant::now() < end, "the stream tells nothing");
            let mut line = String::new();
            self.0.read_line(&mut line).ok().filter(|read| *read > 0 && line.ends_with('\n'))?;
            let line = line.trim_end();
            if let Some(name) = line.strip_prefix("event: ") {
                heard.name = name.to_owned();
            } else if let Some(id) = line.strip_prefix("id: ") {
                heard.id = id.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                heard.data = serde_json::from_str(data).unwrap();
            } else if line.is_empty() && !heard.name.is_empty() {
                return Some(heard);
            }
        }
    }

    /// The next message of a stream of Argo's interface.
    fn message(&mut self) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// The next event that is as wanted.
    fn find(&mut self, wanted: impl Fn(&Heard) -> bool) -> Heard {
        loop {
            let heard = self.next();
            if wanted(&heard) {
                return heard;
            }
        }
    }
}

fn open() -> (tempfile::TempDir, House) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(folder.path());
    (folder, house)
}

#[test]
fn a_run_is_told_whole_once_and_then_by_what_changes() {
    let (_folder, house) = open();
    house.submit("two");
    let target = "/api/tiphys/v1/runs/default/two/events";
    let waiting =
        |answer: &Value| answer["status"]["nodes"].as_object().is_some_and(|nodes| nodes.len() == 3);
    house.until("/api/v1/workflows/default/two", waiting);
    let mut stream = house.events(target, None);
    let whole = stream.next();
    assert_eq!(whole.name, "snapshot");
    let nodes = whole.data["workflow"]["status"]["nodes"].as_object().unwrap();
    let (first, _) = nodes.iter().find(|(_, node)| node["displayName"] == "a").unwrap();
    assert_eq!(whole.data["waits"][first]["kind"], "person");
    // The same a field at a time, for pages that read a hundred thousand nodes.
    let columns = house.events(&format!("{target}?nodes=columns"), None).next();
    assert_eq!((columns.name.as_str(), &columns.data["nodes"]["count"]), ("snapshot", &json!(3)));
    assert!(columns.data["workflow"]["status"].get("nodes").is_none());
    assert_eq!(columns.data["nodes"]["columns"]["id"]["strings"].as_array().map(Vec::len), Some(3));
    house.resume("two");
    let delta = stream.find(|heard| !heard.data["nodes"][first].is_null());
    assert_eq!((delta.name.as_str(), &delta.data["nodes"][first]["phase"]), ("delta", &json!("Succeeded")));
    assert_eq!(delta.data["waits"][first], Value::Null);
    assert!(delta.data["workflow"]["status"].get("nodes").is_none());
    // Who comes back gets what they missed, and who was away too long the whole.
    let again = house.events(target, Some(&whole.id)).next();
    assert_eq!(again.name, "delta");
    assert_eq!(house.events(target, Some("999999")).next().name, "snapshot");
    house.resume("two");
    stream.find(|heard| heard.data["workflow"]["status"]["phase"] == "Succeeded");
    house.send("DELETE", "/api/v1/workflows/default/two", &Value::Null);
    assert_eq!(stream.find(|heard| heard.name == "end").data, json!({}));
}

#[test]
fn rows_change_under_those_who_watch_them_and_pages_keep_their_place() {
    let (_folder, house) = open();
    let mut rows = house.events("/api/tiphys/v1/events?namespace=default", None);
    // Nothing old is told; the head of the answer says that it listens.
    let mut head = String::new();
    rows.0.read_line(&mut head).unwrap();
    for number in 0..5 {
        house.submit(&format!("row-{number}"));
    }
    let running = rows.find(|heard| heard.data["name"] == "row-4" && heard.data["phase"] == "Running");
    assert_eq!((running.name.as_str(), &running.data["labels"]["team"]), ("run", &json!("x")));
    house.send("PUT", "/api/v1/workflows/default/row-4/suspend", &json!({}));
    rows.find(|heard| heard.data["name"] == "row-4" && heard.data["suspended"] == true);
    house.send("PUT", "/api/v1/workflows/default/row-3/stop", &json!({ "message": "not today" }));
    rows.find(|heard| heard.data["name"] == "row-3" && heard.data["phase"] == "Failed");
    let stopped = house.get("/api/tiphys/v1/runs?namespace=default&message=strategy");
    assert_eq!(
        (&stopped["items"][0]["name"], stopped["items"].as_array().map(Vec::len)),
        (&json!("row-3"), Some(1))
    );
    let page = house.get("/api/tiphys/v1/runs?namespace=default&limit=2&count=true");
    assert_eq!((&page["items"][0]["name"], &page["total"]), (&json!("row-4"), &json!(5)));
    let counted = house.get("/api/tiphys/v1/runs?namespace=default&limit=1&count=phases&phase=Error");
    let (going, failed) = (&counted["phases"]["Running"], &counted["phases"]["Failed"]);
    assert_eq!(
        (going.as_u64().zip(failed.as_u64()).map(|(a, b)| a + b), &counted["phases"]["Error"], failed),
        (Some(5), &json!(0), &json!(1)),
        "{counted}"
    );
    house.submit("row-new");
    let next =
        format!("/api/tiphys/v1/runs?namespace=default&limit=2&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(house.get(&next)["items"][0]["name"], "row-2");
    let found =
        house.get("/api/tiphys/v1/runs?namespace=default&search=new&phase=Running,Failed&label=team%3Dx");
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    let (status, answer) = house.ask("GET", "/api/tiphys/v1/runs?cursor=nonsense", &[], &Value::Null);
    assert_eq!(status, 400);
    assert!(
        answer["message"].as_str().unwrap().starts_with("`nonsense` is no cursor: give the `next`"),
        "{answer}"
    );
    // With the number that was seen last nothing is lost; with one of another life the list is to be read anew.
    let mut again = house.events("/api/tiphys/v1/events?namespace=default", Some(&running.id));
    again.find(|heard| heard.data["name"] == "row-new");
    let reset = house.events("/api/tiphys/v1/events", Some("1-1")).next();
    assert_eq!(reset.name, "reset");
}

/// What a list of runs answers, as the names in it.
fn names(house: &House, query: &str) -> Vec<String> {
    let answer = house.get(&format!("/api/tiphys/v1/runs?{query}"));
    let items = answer["items"].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_name_is_looked_for_in_every_way_that_argos_list_knows() {
    let (_folder, house) = open();
    for name in ["build", "build-image", "rebuild"] {
        house.submit(name);
    }
    let by = |how: &str| names(&house, &format!("namespace=default&search=build&nameFilter={how}"));
    assert_eq!(by("Contains"), ["rebuild", "build-image", "build"]);
    assert_eq!(by("Prefix"), ["build-image", "build"]);
    assert_eq!(by("Exact"), ["build"]);
    assert_eq!(by("NotEquals"), ["rebuild", "build-image"]);
    let (status, answer) = house.ask("GET", "/api/tiphys/v1/runs?nameFilter=Like", &[], &Value::Null);
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("Contains, Prefix, Exact, NotEquals"), "{answer}");
}

#[test]
fn rows_tell_the_annotations_that_a_column_shows_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), |options| {
        options.columns = serde_json::from_value(json!([
            { "name": "Ticket", "type": "annotation", "key": "example.com/ticket" },
            { "name": "Team", "type": "label", "key": "team" },
        ]))
        .unwrap();
    });
    house.send(
        "POST",
        "/api/v1/workflows/default",
        &json!({ "workflow": {
            "metadata": { "name": "noted", "annotations": { "example.com/ticket": "T-7", "other": "1" } },
            "spec": { "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] },
        } }),
    );
    let row = || house.get("/api/tiphys/v1/runs?archived=any")["items"][0].clone();
    assert_eq!(row()["annotations"], json!({ "example.com/ticket": "T-7" }));
    house.send("PUT", "/api/v1/workflows/default/noted/terminate", &json!({}));
    house.until("/api/tiphys/v1/runs?archived=any&phase=Failed", |answer| {
        answer["items"][0]["archived"] == true
    });
    assert_eq!(row()["annotations"], json!({ "example.com/ticket": "T-7" }));
}

#[test]
fn no_proxy_holds_back_a_stream() {
    let (_folder, house) = open();
    house.submit("watched");
    for target in [
        "/api/tiphys/v1/events",
        "/api/tiphys/v1/runs/default/watched/events",
        "/api/v1/workflow-events/default",
        "/api/v1/workflows/default/watched/log?logOptions.follow=true",
    ] {
        let mut stream = TcpStream::connect(house.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", house.address).unwrap();
        let lines = BufReader::new(stream).lines().map(|line| line.unwrap().to_lowercase());
        let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        assert!(headers.iter().any(|line| line == "x-accel-buffering: no"), "{target}: {headers:?}");
    }
}

const WEBHOOKS: &str = "
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: waits, annotations: {workflows.argoproj.io/title: For people}}
spec:
  entrypoint: main
  arguments: {parameters: [{name: who, value: nobody}]}
  templates: [{name: main, suspend: {}}]
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowEventBinding
metadata: {name: greet}
spec:
  event: {selector: 'payload.hello != nil && discriminator == \"door\"'}
  submit:
    workflowTemplateRef: {name: waits}
    arguments: {parameters: [{name: who, valueFrom: {event: payload.hello}}]}
";

#[test]
fn a_delivery_is_kept_matched_told_and_replayed() {
    let (folder, house) = open();
    house.apply(WEBHOOKS);
    let target = "/api/v1/events/default/door";
    let sent = |id: &str, body: &Value| {
        // Any token lets it in when nobody is asked for one (AUTH-061).
        let headers = [("X-GitHub-Delivery", id), ("Authorization", "Bearer any")];
        house.ask("POST", target, &headers, body).0
    };
    let mut rows = house.events("/api/tiphys/v1/events?namespace=default", None);
    let mut head = String::new();
    rows.0.read_line(&mut head).unwrap();
    assert_eq!(sent("one", &json!({ "hello": "you" })), 200);
    assert_eq!(sent("one", &json!({ "hello": "you" })), 200, "a repetition is taken");
    assert_eq!(sent("two", &json!({ "bye": "you" })), 200);
    // One that changes no run is told all the same.
    rows.find(|heard| heard.name == "delivery" && heard.data["status"] == "unmatched");
    let list = house.get("/api/tiphys/v1/deliveries?namespace=default");
    let told: Vec<&Value> = list["items"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["status"], &told[1]["status"]), (&json!("unmatched"), &json!("matched")));
    let reason = told[0]["results"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("its selector is false: payload.hello"), "{reason}");
    let run = told[1]["results"][0]["run"].as_str().unwrap();
    let made = house.get(&format!("/api/v1/workflows/default/{run}"));
    assert_eq!(made["spec"]["arguments"]["parameters"][0]["value"], "you");
    let id = told[1]["id"].as_str().unwrap();
    let whole = house.get(&format!("/api/tiphys/v1/deliveries/{id}"));
    assert_eq!(
        (&whole["payload"]["hello"], &whole["headers"]["x-github-delivery"]),
        (&json!("you"), &json!("one"))
    );
    let again = house.send("POST", &format!("/api/tiphys/v1/deliveries/{id}/replay"), &json!({}));
    assert_eq!((&again["replayOf"], &again["status"]), (&json!(id), &json!("matched")));
    assert_ne!(again["results"][0]["run"], json!(run));
    assert_eq!(
        house.get("/api/v1/workflows/default?fields=items.metadata.name")["items"].as_array().unwrap().len(),
        2
    );
    // The next life of the server knows them too.
    drop(house);
    let house = House::open(folder.path());
    assert_eq!(house.get("/api/tiphys/v1/deliveries?limit=1")["items"].as_array().unwrap().len(), 1);
    assert_eq!(house.ask("GET", "/api/tiphys/v1/deliveries/none", &[], &Value::Null).0, 404);
}

/// EX-306: a run that was retried goes on, whatever is filed of its first end, also while no engine drives it yet.
#[test]
fn what_is_filed_from_before_a_retry_is_not_how_a_run_is() {
    let (_folder, house) = open();
    house.submit("again");
    let target = "/api/v1/workflows/default/again";
    house.send("PUT", &format!("{target}/stop"), &json!({}));
    house.until(target, |document| document["status"]["phase"] == "Failed");
    let row = house.world.find("default", "again").unwrap().unwrap();
    let machine = MachineId::workflow(&row.uid);
    let reopened = house.world.store(|store| {
        let epoch = store.next_epoch(&machine)?;
        let last = store.load(&machine)?.unwrap().records.pop().unwrap();
        let append = Append {
            machine: machine.clone(),
            epoch,
            seq: last.seq + 1,
            at_us: last.at_us,
            format: last.format,
            body: b"{\"event\":\"labelled\",\"labels\":{}}\n".to_vec(),
            summary: Some(Summary { phase: "Running".to_owned(), finished_us: None, ..row.clone() }),
            inbox_done: None,
            end: None,
        };
        store.append(&[append])
    });
    assert!(reopened.unwrap().iter().all(Result::is_ok));
    // Only what was filed says so.
    let label = "workflows.argoproj.io/workflow-archiving-status";
    assert_ne!(house.get(target)["metadata"]["labels"][label], "Archived");
}

/// AUTH-072, AUTH-073, AUTH-074: what goes wrong at a binding is told as Argo's evaluation of conditions tells it, and
/// of several bindings the one that it went wrong with can be told.
#[test]
fn what_goes_wrong_at_a_binding_is_told_in_argos_words() {
    let (_folder, house) = open();
    let told = |binding: &Value, payload: &Value, words: &str| {
        // One that nothing is wrong with, and that comes first.
        house.apply(&WEBHOOKS.replace("name: greet", "name: a-first"));
        let mut object = json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowEventBinding", "metadata": { "name": "wrong" },
            "spec": { "event": { "selector": "true" }, "submit": { "workflowTemplateRef": { "name": "waits" } } },
        });
        for (pointer, value) in binding.as_object().unwrap() {
            let (around, field) = pointer.rsplit_once('/').unwrap();
            object.pointer_mut(around).unwrap()[field] = value.clone();
        }
        house.apply(&object.to_string());
        let headers = [("Authorization", "Bearer any")];
        let (status, answer) = house.ask("POST", "/api/v1/events/default/t", &headers, payload);
        assert_eq!(status, 500, "{answer}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("failed to dispatch event: [{words}")), "{words}: {message}");
        let list = house.get("/api/tiphys/v1/deliveries?namespace=default");
        crate::openapi::own::fits("DeliveryPage", &list).unwrap();
        let results = list["items"][0]["results"].as_array().unwrap();
        let failed: Vec<&Value> = results.iter().filter(|result| result["failed"] == true).collect();
        assert_eq!(failed.len(), 1, "{results:?}");
        assert_eq!(failed[0]["binding"], "wrong");
    };
    let at = "/spec/event/selector";
    let failed = "failed to evaluate workflow template expression: ";
    let cast = |value: &str| format!("{failed}unable to cast expression result '{value}' to bool");
    told(&json!({ at: "'garbage'" }), &json!({}), &cast("garbage"));
    told(&json!({ at: "payload.v" }), &json!({ "v": 5 }), &cast("%!s(float64=5)"));
    told(&json!({ at: "payload.v" }), &json!({}), &cast("%!s(<nil>)"));
    let late = "payload.n > 1";
    let words = format!("{failed}unable to evaluate expression '{late}': invalid operation: string > int");
    told(&json!({ at: late }), &json!({ "n": "x" }), &words);
    let parameter = |expression: &str| {
        let parameters = json!([{ "name": "who", "valueFrom": { "event": expression } }]);
        json!({ "/spec/submit/arguments": { "parameters": parameters } })
    };
    let words = "failed to compile workflow template parameter who expression: unknown name rubbish";
    told(&parameter("rubbish"), &json!({}), words);
    let words = "failed to evaluate workflow template parameter \"who\" expression: ";
    told(&parameter("payload.n + 1"), &json!({ "n": "x" }), words);
    let named = json!({ "/spec/submit/metadata": { "generateName": "payload.g" } });
    let words = "workflow generateName expression must evaluate to a string, not a <nil>";
    told(&named, &json!({}), words);
}

/// CR-043, CR-070, CR-110: a schedule of real time, through two lives of the server.
#[test]
fn a_schedule_makes_runs_and_a_restart_makes_none_twice() {
    let (folder, house) = open();
    house.apply(
        "
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: tick}
spec:
  schedules: ['@every 1s']
  successfulJobsHistoryLimit: 100
  workflowSpec: {entrypoint: main, templates: [{name: main, suspend: {}}]}
",
    );
    let target = "/api/tiphys/v1/schedules?namespace=default";
    let made = |answer: &Value| -> BTreeSet<String> {
        let recent = answer["items"][0]["recent"].as_array().into_iter().flatten();
        recent.filter_map(|firing| firing["run"].as_str().map(str::to_owned)).collect()
    };
    let first = house.until(target, |answer| made(answer).len() >= 2);
    assert_eq!(first["items"][0]["next"].as_array().unwrap().len(), 10);
    crate::openapi::own::fits("SchedulePage", &first).unwrap();
    let status = &house.get("/api/v1/cron-workflows/default/tick")["status"];
    crate::openapi::own::fits("CronWorkflowStatus", status).unwrap();
    drop(house);
    let house = House::open(folder.path());
    let later = house.until(target, |answer| made(answer).len() >= 4);
    assert!(made(&later).is_superset(&made(&first)), "{first} {later}");
    let measured = http::send(house.address, "GET", "/metrics", &[], &[], PATIENCE).unwrap().text();
    let line = "argo_workflows_cronworkflows_triggered_total{name=\"tick\",namespace=\"default\"} ";
    assert!(measured.contains(line), "K8S-409: {measured}");
    house.send("PUT", "/api/v1/cron-workflows/default/tick/suspend", &json!({}));
    let done = house
        .until(target, |answer| answer["items"][0]["missed"][0]["reason"] == "the schedule is suspended");
    assert_eq!(done["items"][0]["missed"][0]["onPurpose"], true);
    // Somebody wanted a time to pass; that a run was made is no such thing.
    for firing in done["items"][0]["recent"].as_array().unwrap() {
        assert_eq!(firing["onPurpose"], firing["outcome"] != "run", "{firing}");
    }
    let runs = house.get("/api/v1/workflows/default?fields=items.metadata.name");
    let runs: BTreeSet<String> = runs["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["metadata"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(runs, made(&done), "what is told was made, and nothing else");
    let cron = house.get("/api/v1/cron-workflows/default/tick");
    assert_eq!(cron["status"]["active"].as_array().unwrap().len(), runs.len());
    let pipeline = house.get("/api/tiphys/v1/pipelines?namespace=default");
    assert_eq!(pipeline["items"][0]["running"], runs.len());
    house.send("DELETE", "/api/v1/cron-workflows/default/tick", &Value::Null);
    house.until("/api/v1/workflows/default?fields=items.metadata.name", |answer| answer["items"].is_null());
}

/// EX-099: labels tell the pipeline, also of runs that were written without them.
#[test]
fn a_run_is_found_by_the_pipeline_that_it_shows() {
    let (_folder, house) = open();
    let template =
        json!({ "spec": { "entrypoint": "main", "templates": [{ "name": "main", "suspend": {} }] } });
    let kinds = [
        ("WorkflowTemplate", "workflow-template", "workflow-templates/default"),
        ("ClusterWorkflowTemplate", "cluster-workflow-template", "cluster-workflow-templates"),
    ];
    for (kind, name, path) in kinds {
        let mut template = template.clone();
        template["metadata"] = json!({ "name": "waits" });
        house.send("POST", &format!("/api/v1/{path}"), &json!({ "template": template }));
        let reference = json!({ "name": "waits", "clusterScope": kind == "ClusterWorkflowTemplate" });
        let run = json!({ "metadata": { "name": name }, "spec": { "workflowTemplateRef": reference } });
        house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": run }));
    }
    for (kind, name, _) in kinds {
        let found =
            house.get(&format!("/api/tiphys/v1/runs?namespace=default&count=true&pipeline={kind}/waits"));
        assert_eq!((&found["total"], &found["items"][0]["name"]), (&json!(1), &json!(name)), "{found}");
        assert_eq!(found["items"][0]["pipeline"], json!({ "kind": kind, "name": "waits" }));
        let label = format!("listOptions.labelSelector=workflows.argoproj.io/{name}%3Dwaits");
        let found = house.get(&format!("/api/v1/workflows/default?{label}&fields=items.metadata.name"));
        assert_eq!(found["items"][0]["metadata"]["name"], name, "Argo's clients find it, too");
    }
}

#[test]
fn people_see_what_waits_for_them_and_what_happened() {
    let (_folder, house) = open();
    house.apply(WEBHOOKS);
    house.send(
        "POST",
        "/api/v1/workflows/default/submit",
        &json!({ "resourceKind": "WorkflowTemplate", "resourceName": "waits", "submitOptions": { "name": "one" } }),
    );
    let found = house.until("/api/tiphys/v1/approvals?namespace=default", |answer| {
        answer["items"].as_array().is_some_and(|items| items.len() == 1)
    });
    assert_eq!((&found["items"][0]["run"], &found["items"][0]["nodeName"]), (&json!("one"), &json!("one")));
    let journal = house.get("/api/tiphys/v1/runs/default/one/journal");
    let events: Vec<&str> =
        journal["items"].as_array().unwrap().iter().map(|item| item["event"].as_str().unwrap()).collect();
    assert!(events.contains(&"Began") && events.contains(&"Entered"), "{events:?}");
    let told: Vec<&str> =
        journal["items"].as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap()).collect();
    assert!(
        told.contains(&"the workflow began with who=nobody")
            && told.contains(&"`one` began to wait as the entrypoint"),
        "{told:?}"
    );
    let after = journal["items"][0]["position"].as_u64().unwrap();
    let rest = house.get(&format!("/api/tiphys/v1/runs/default/one/journal?after={after}"));
    assert!(rest["items"].as_array().unwrap().len() < events.len());
    let overview = house.get("/api/tiphys/v1/pipelines?namespace=default");
    assert_eq!(overview["items"][0]["runs"][0]["name"], "one");
    assert_eq!(overview["items"][0]["title"], "For people", "OB-066");
    let steps = house.get("/api/tiphys/v1/pipelines/WorkflowTemplate/default/waits/steps");
    assert_eq!(steps["steps"][0]["cells"][0]["phase"], "Running");
    assert_eq!(house.get("/api/tiphys/v1/locks"), json!({ "items": [] }));
    for (name, answer) in [
        ("ApprovalPage", &found),
        ("JournalPage", &journal),
        ("StagePage", &house.get("/api/tiphys/v1/runs/default/one/stages")),
        ("PipelinePage", &overview),
        ("StepGrid", &steps),
        ("RunPage", &house.get("/api/tiphys/v1/runs?count=true")),
        ("RunPage", &house.get("/api/tiphys/v1/runs?count=phases")),
        ("LockPage", &house.get("/api/tiphys/v1/locks")),
        ("WorkflowStatus", &house.get("/api/v1/workflows/default/one")["status"]),
    ] {
        crate::openapi::own::fits(name, answer).unwrap();
    }
    assert_eq!(house.get("/api/tiphys/v1/namespaces"), json!({ "items": ["default"] }));
}

/// Who holds a lock, and who waits for it, is told by its step and since when.
#[test]
fn a_lock_tells_steps_and_since_when() {
    let (_folder, house) = open();
    for name in ["first", "second"] {
        let spec = json!({ "entrypoint": "main", "templates": [
            { "name": "main", "steps": [[{ "name": "alone", "template": "ask" }]] },
            { "name": "ask", "suspend": {}, "synchronization": { "mutexes": [{ "name": "door" }] } },
        ]});
        let workflow = json!({ "metadata": { "name": name }, "spec": spec });
        house.send("POST", "/api/v1/workflows/default", &json!({ "workflow": workflow }));
        house.until("/api/tiphys/v1/locks", |found| found.to_string().contains(name));
    }
    let found = house.until("/api/tiphys/v1/locks", |found| found["items"][0]["waiters"][0].is_object());
    crate::openapi::own::fits("LockPage", &found).unwrap();
    let lock = &found["items"][0];
    let (holder, waiter) = (&lock["holders"][0], &lock["waiters"][0]);
    assert_eq!((&holder["run"], &holder["step"]), (&json!("first"), &json!("alone")));
    assert_eq!((&waiter["run"], &waiter["step"]), (&json!("second"), &json!("alone")));
    assert!(holder["since"].as_str() < waiter["since"].as_str(), "{lock}");
}

/// One lock may serve several namespaces: who may look into one of them learns that it is held in another, not by what.
#[test]
fn a_lock_tells_nothing_of_namespaces_that_one_may_not_look_into() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::with(folder.path(), |options| options.auth = AuthMode::Token);
    let token = |name: &str, role: &str, namespaces: &[&str]| {
        let token = crate::access::Token {
            name: name.to_owned(),
            role: role.to_owned(),
            namespaces: namespaces.iter().map(|&namespace| namespace.to_owned()).collect(),
            hash: String::new(),
            created_us: 0,
            expires_us: None,
        };
        let made = house.world.store(|store| house.world.tokens.create(store, token));
        format!("Bearer {}", made.unwrap_or_else(|_| panic!("no token")))
    };
    let (admin, viewer) = (token("boss", "admin", &[]), token("eye", "viewer", &["team"]));
    let get =
        |token: &str, target: &str| house.ask("GET", target, &[("Authorization", token)], &Value::Null).1;
    for (namespace, name) in [("payroll", "salaries"), ("team", "ours")] {
        let spec = json!({ "entrypoint": "main", "templates": [
            { "name": "main", "steps": [[{ "name": "alone", "template": "ask" }]] },
            { "name": "ask", "suspend": {}, "synchronization": { "mutexes": [{ "name": "door", "namespace": "all" }] } },
        ]});
        let home = json!({ "metadata": { "name": namespace } });
        house.world.put("Namespace", "", namespace, &home, None).unwrap();
        let body = json!({ "workflow": { "metadata": { "name": name }, "spec": spec } });
        let target = format!("/api/v1/workflows/{namespace}");
        assert_eq!(house.ask("POST", &target, &[("Authorization", &admin)], &body).0, 200);
        let end = Instant::now() + PATIENCE;
        while !get(&admin, "/api/tiphys/v1/locks").to_string().contains(name) {
            assert!(Instant::now() < end, "{name} never asks for its lock");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let found = get(&viewer, "/api/tiphys/v1/locks?namespace=team");
    crate::openapi::own::fits("LockPage", &found).unwrap();
    let lock = &found["items"][0];
    let since = &lock["holders"][0]["since"];
    assert_eq!(lock["holders"], json!([{ "namespace": "payroll", "since": since }]));
    assert_eq!((&lock["waiters"][0]["run"], &lock["waiters"][0]["step"]), (&json!("ours"), &json!("alone")));
    let why = "/api/tiphys/v1/runs/team/ours/why?node=alone";
    assert_eq!(get(&viewer, why)["answer"]["heldBy"], json!(["1 in other namespaces"]));
    let told = get(&admin, why)["answer"]["heldBy"].to_string();
    assert!(told.contains("payroll/salaries/"), "{told}");
}

#[test]
fn who_comes_when_too_many_wait_is_told_when_to_come_again() {
    let (_folder, house) = open();
    let taken = house.world.queue.clone().try_acquire_many_owned(crate::limits::WAITING_MAX as u32).unwrap();
    let answer = http::send(house.address, "GET", "/api/v1/version", &[], b"", PATIENCE).unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")), "{}", answer.text());
    drop(taken);
    house.get("/api/v1/version");
}

#[test]
fn an_editor_is_told_every_mistake_with_its_place() {
    let (_folder, house) = open();
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: a-}\nspec:\n  entrypoint: \
                nothing\n  templates:\n  - name: main\n    suspend: {}\n";
    let found = house.send("POST", "/api/tiphys/v1/lint", &json!({ "text": text }));
    let first = &found["diagnostics"][0];
    assert_eq!((&first["severity"], &first["line"]), (&json!("error"), &json!(5)), "{found}");
    let strange = text.replace("entrypoint: nothing", "entrpoint: main");
    let found = house.send("POST", "/api/tiphys/v1/lint", &json!({ "text": strange }));
    let fix = json!({ "line": 5, "column": 3, "endLine": 5, "endColumn": 12, "text": "entrypoint" });
    assert!(found["diagnostics"].as_array().unwrap().iter().any(|told| told["fix"] == fix), "{found}");
    crate::openapi::own::fits("Findings", &found).unwrap();
    // What is misspelled hides nothing of what is wrong further down, and nothing else follows from it.
    let both = strange.replace("suspend: {}", "dag: {tasks: [{name: a, template: nobody}]}");
    let found = house.send("POST", "/api/tiphys/v1/lint", &json!({ "text": both }));
    let lines: Vec<u64> =
        found["diagnostics"].as_array().unwrap().iter().map(|told| told["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [5, 8], "{found}");
    let good = text.replace("nothing", "main");
    // EX-475: nobody would execute it, since the settings name no plugin.
    let plugin = good.replace("suspend: {}", "plugin: {hello: {}}");
    let found = house.send("POST", "/api/tiphys/v1/lint", &json!({ "text": plugin }));
    let warned = &found["diagnostics"][0];
    assert_eq!((&warned["severity"], &warned["code"]), (&json!("warning"), &json!("no-plugin")), "{found}");
    let brings = plugin.replace("spec:", "spec:\n  executorPlugins: [{}]");
    let found = house.send("POST", "/api/tiphys/v1/lint", &json!({ "text": brings }));
    assert!(!found.to_string().contains("no-plugin"), "{found}");
    let found = house.send("POST", "/api/tiphys/v1/lint", &json!({ "text": good }));
    assert_eq!(found["diagnostics"], json!([]));
    assert_eq!(found["objects"][0]["kind"], "Workflow");
}

#[test]
fn examples_to_begin_with_are_without_mistakes() {
    let (_folder, house) = open();
    let examples = house.get("/api/tiphys/v1/examples");
    let items = examples["items"].as_array().unwrap();
    assert_eq!(items[0]["title"], "Hello: the smallest workflow there is");
    crate::openapi::own::fits("ExamplePage", &examples).unwrap();
    for item in items {
        let found = house.send("POST", "/api/tiphys/v1/lint", &json!({ "text": item["text"] }));
        assert_eq!(found["diagnostics"], json!([]), "{}", item["name"]);
    }
}

#[test]
fn a_log_is_read_by_ranges_and_searched_from_a_line_on() {
    let (_folder, house) = open();
    let run = house.submit("logged");
    let folder = house.world.state.run_dir(run["metadata"]["uid"].as_str().unwrap()).unwrap();
    let folder = folder.join("logs/logged-1");
    std::fs::create_dir_all(&folder).unwrap();
    let text: String = (1..=2_500)
        .map(|line| format!("2026-01-01T00:00:00.000000Z stdout F line \u{1b}[31m{line}\u{1b}[0m of many\n"))
        .collect();
    std::fs::write(folder.join("0.0.main.log"), text).unwrap();
    let log = "/api/tiphys/v1/runs/default/logged/log";
    let end = house.get(&format!("{log}?node=logged-1&from=-2"));
    assert_eq!((&end["lines"], &end["open"]), (&json!(2_500), &json!(true)), "{end}");
    let numbers: Vec<u64> =
        end["items"].as_array().unwrap().iter().map(|item| item["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [2_499, 2_500]);
    crate::openapi::own::fits("LogRange", &end).unwrap();
    // Colours are not part of what is read.
    let found =
        house.get("/api/tiphys/v1/runs/default/logged/log/search?node=logged-1&text=e%2024%20of&from=1");
    assert_eq!(found, json!({ "items": [{ "line": 24 }], "more": false }));
    let first = house.get(&format!("{log}/search?node=logged-1&text=line&limit=2"));
    assert_eq!(first, json!({ "items": [{ "line": 1 }, { "line": 2 }], "more": true }));
    let then = house.get(&format!("{log}/search?node=logged-1&text=line&limit=2&from=2499"));
    assert_eq!(then, json!({ "items": [{ "line": 2_499 }, { "line": 2_500 }], "more": false }));
    // Long lines make an answer shorter, not larger.
    let long = format!("2026-01-01T00:00:00.000000Z stdout F {}\n", "x".repeat(900_000)).repeat(20);
    std::fs::write(folder.join("1.0.main.log"), long).unwrap();
    let part = house.get(&format!("{log}?node=logged-1&from=2501"));
    let got = part["items"].as_array().unwrap().len();
    assert!((1..20).contains(&got), "{got} lines");
    assert_eq!(part["lines"], 2_520);
}

/// UI-265: the version of a list is where a stream begins.
#[test]
fn a_list_and_the_stream_from_its_position_lack_nothing() {
    let (_folder, house) = open();
    house.submit("before");
    let list = house.get("/api/tiphys/v1/runs?archived=any");
    assert_eq!(list["items"][0]["name"], "before");
    let position = list["position"].as_str().unwrap();
    house.submit("after");
    // The stream never ends by itself: it is read until what is sought is there.
    let mut stream = house.events(&format!("/api/tiphys/v1/events?lastEventId={position}"), None);
    stream.find(|heard| heard.data["name"] == "after");
}

/// API-315: what is uploaded goes to the disk as it comes, and what is not whole leaves nothing.
#[test]
fn uploads_go_to_the_disk_as_they_come() {
    let (folder, house) = open();
    house.apply(
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: takes}\nspec:\n  \
         entrypoint: main\n  arguments: {artifacts: [{name: input, raw: {data: some}}]}\n  templates:\n  \
         - {name: main, suspend: {}}\n",
    );
    let content: Vec<u8> =
        (0..3_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let form = |end: &str| {
        let head = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"data.bin\"\r\n\r\n";
        [head.as_bytes(), &content, end.as_bytes()].concat()
    };
    let send = |target: &str, body: &[u8]| {
        let kind = ("Content-Type".to_owned(), "multipart/form-data; boundary=B".to_owned());
        http::send(house.address, "POST", target, &[kind], body, PATIENCE).unwrap()
    };
    let kept = send("/upload-artifacts/default/takes/input", &form("\r\n--B--\r\n"));
    assert_eq!(kept.status, 200, "{}", kept.text());
    let answer: Value = serde_json::from_slice(&kept.body).unwrap();
    let key = answer["key"].as_str().unwrap();
    assert!(key.starts_with("uploads/default/") && key.ends_with("/data.bin"), "{key}");
    assert_eq!(std::fs::read(house.world.state.artifacts_dir().join(key)).unwrap(), content);
    let options = json!({ "name": "given", "artifacts": [format!("input={key}")] });
    let body =
        json!({ "resourceKind": "WorkflowTemplate", "resourceName": "takes", "submitOptions": options });
    let run = house.send("POST", "/api/v1/workflows/default/submit", &body);
    let given = json!([{ "name": "input", "s3": { "key": key } }]);
    assert_eq!(run["spec"]["arguments"]["artifacts"], given, "the file takes the place of the default");
    let cut = send("/upload-artifacts/default/takes/input", &form(""));
    assert_eq!((cut.status, cut.text().trim()), (400, "Failed to parse multipart form: unexpected EOF"));
    assert_eq!(send("/upload-artifacts/default/takes/other", &form("\r\n--B--\r\n")).status, 404);
    let files = |dir: &Path| std::fs::read_dir(dir).unwrap().count();
    assert_eq!(files(&folder.path().join("artifacts/uploads/default")), 1, "only what came whole is kept");
}

/// EX-533: how long it will take is what the last one of the same template took, for the whole and for each node.
/// UI-264.
#[test]
fn a_workflow_is_estimated_by_the_last_of_its_template() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(folder.path());
    house.apply(
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {name: nap}\nspec:\n  entrypoint: main\n  \
         templates:\n    - {name: main, steps: [[{name: rest, template: rest}], [{name: ask, template: ask}]]}\n    \
         - {name: rest, suspend: {duration: \"1100ms\"}}\n    - {name: ask, suspend: {}}\n",
    );
    let submit = |name: &str| {
        let options = json!({ "name": name });
        let body =
            json!({ "resourceKind": "WorkflowTemplate", "resourceName": "nap", "submitOptions": options });
        house.send("POST", "/api/v1/workflows/default/submit", &body);
    };
    let node = |run: &Value, name: &str| {
        let nodes = run["status"]["nodes"].as_object().unwrap();
        nodes.values().find(|node| node["displayName"] == name).cloned().unwrap_or_default()
    };
    let wait = |name: &str, done: &dyn Fn(&Value) -> bool| {
        let end = Instant::now() + PATIENCE;
        loop {
            let run = house.get(&format!("/api/v1/workflows/default/{name}"));
            if done(&run) {
                return run;
            }
            assert!(Instant::now() < end, "{run:#}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    submit("first");
    let first = wait("first", &|run| node(run, "ask")["phase"] == "Running");
    assert!(first["status"].get("estimatedDuration").is_none(), "{first:#}");
    house.send("PUT", "/api/v1/workflows/default/first/resume", &json!({}));
    wait("first", &|run| run["status"]["phase"] == "Succeeded");
    submit("second");
    let second = wait("second", &|run| node(run, "rest")["phase"] == "Running");
    let estimated = second["status"]["estimatedDuration"].as_i64().unwrap();
    assert!((1..60).contains(&estimated), "{second:#}");
    assert!(node(&second, "rest")["estimatedDuration"].as_i64().unwrap() >= 1, "{second:#}");
}

#[test]
fn versions_of_a_template_are_kept_and_compared() {
    let (_folder, house) = open();
    let template = |image: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nmetadata: {{name: t}}\nspec:\n  entrypoint: a\n  \
             templates:\n  - {{name: a, container: {{image: {image}, command: [x]}}}}\n"
        )
    };
    let diff = "/api/tiphys/v1/templates/WorkflowTemplate/default/t/diff";
    let (status, none) = house.ask("GET", diff, &[], &Value::Null);
    assert_eq!((status, &none["code"]), (404, &json!(5)), "{none}");
    for image in ["one", "two", "two", "three"] {
        house.apply(&template(image));
    }
    let versions = house.get("/api/tiphys/v1/templates/WorkflowTemplate/default/t/versions");
    crate::openapi::own::fits("TemplateVersionPage", &versions).unwrap();
    let numbers: Vec<u64> =
        versions["items"].as_array().unwrap().iter().map(|each| each["version"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [3, 2, 1], "what is applied again and says nothing new is no version");
    let text = versions["items"][0]["text"].as_str().unwrap();
    assert!(!text.contains("{}") && !text.contains("\"\""), "nobody wrote empty fields: {text}");
    let changed = |query: &str| {
        let told = house.get(&format!("{diff}{query}"));
        crate::openapi::own::fits("TemplateDiff", &told).unwrap();
        let lines = told["lines"].as_array().unwrap().iter().filter(|line| line["change"] != "same");
        let text = |line: &Value| {
            format!("{} {}", line["change"].as_str().unwrap(), line["text"].as_str().unwrap().trim())
        };
        (told["from"].clone(), told["to"].clone(), lines.map(text).collect::<Vec<_>>())
    };
    let (from, to, lines) = changed("");
    assert_eq!((from, to), (json!(2), json!(3)));
    assert_eq!(lines, ["removed image: two", "added image: three"]);
    assert_eq!(changed("?from=1&to=3").2, ["removed image: one", "added image: three"]);
    let (from, to, lines) = changed("?to=1");
    assert_eq!((from, to), (json!(0), json!(1)), "the first version was made of nothing");
    assert!(lines.iter().all(|line| line.starts_with("added ")), "{lines:?}");
    let (status, gone) = house.ask("GET", &format!("{diff}?to=9"), &[], &Value::Null);
    assert_eq!((status, &gone["message"]), (404, &json!("there is no version 9 any more, or not yet")));
}
