use super::{Due, Taken, old_files};
use crate::config::Config;
use crate::fault::Fault;
use crate::guard::tests::House;
use crate::options::AuthMode;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant, SystemTime};
use tiphys_store::{MemoKey, Shared as _};

/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn create(house: &House, name: &str, spec: Value) {
    let mut spec = spec;
    spec["entrypoint"] = json!("main");
    spec["templates"] = json!([{ "name": "main", "suspend": {} }]);
    let body = json!({ "workflow": { "metadata": { "name": name }, "spec": spec } }).to_string();
    let json = [("content-type", "application/json")];
    let made = house.send("POST", "/api/v1/workflows/here", &json, &body);
    assert_eq!(made.status().as_u16(), 200, "{}", house.text(made));
}

fn end(house: &House, name: &str) {
    let json = [("content-type", "application/json")];
    let path = format!("/api/v1/workflows/here/{name}/terminate");
    let ended = house.send("PUT", &path, &json, "{}");
    assert_eq!(ended.status().as_u16(), 200, "{}", house.text(ended));
}

/// One request of a webhook, answered with 200.
fn heard(listener: &TcpListener) -> Value {
    let (mut stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// EX-500, OB-052, OB-423: a run goes when its time is over, and not before; what settings say counts without a new start.
#[test]
fn runs_go_when_their_time_is_over() {
    let house = House::new(|options| options.auth = AuthMode::None);
    create(&house, "short", json!({ "ttlStrategy": { "secondsAfterFailure": 1 } }));
    create(&house, "long", json!({ "ttlStrategy": { "secondsAfterCompletion": 3600 } }));
    create(&house, "open", json!({ "ttlStrategy": { "secondsAfterCompletion": 0 } }));
    end(&house, "short");
    end(&house, "long");
    let there = |name: &str| house.status("GET", &format!("/api/v1/workflows/here/{name}"), &[], "") == 200;
    let here = |name: &str| house.world.find("here", name).unwrap().is_some();
    until("the end of the time of `short`", || !here("short"));
    assert!(here("long") && here("open"));
    // The archive keeps what went.
    assert!(there("short"));
    let archiving = |name: &str| {
        let found = house.text(house.send("GET", &format!("/api/v1/workflows/here/{name}"), &[], ""));
        let found: Value = serde_json::from_str(&found).unwrap();
        found["metadata"]["labels"]["workflows.argoproj.io/workflow-archiving-status"].clone()
    };
    assert_eq!(archiving("short"), "Persisted");
    until("the filing of `long`", || archiving("long") == "Archived");
    let settings = Config::parse("retentionPolicy: { failed: 0 }").unwrap().0;
    house.world.set_settings(settings);
    until("the removal of what is one too many (EX-501)", || !here("long"));
    assert!(here("open"), "one that is not over stays");
}

#[test]
fn logs_go_before_their_runs() {
    let house = House::new(|options| options.auth = AuthMode::None);
    create(&house, "over", json!({}));
    create(&house, "open", json!({}));
    let logs = |name: &str| {
        let uid = house.world.find("here", name).unwrap().unwrap().uid;
        house.world.state.run_dir(&uid).unwrap().join("logs")
    };
    for name in ["over", "open"] {
        std::fs::create_dir_all(logs(name)).unwrap();
        std::fs::write(logs(name).join("0.0.main.log"), "x").unwrap();
    }
    end(&house, "over");
    let ended = || house.world.find("here", "over").unwrap().unwrap().finished_us.is_some();
    until("the end of `over`", ended);
    let ended_us = house.world.find("here", "over").unwrap().unwrap().finished_us.unwrap();
    until("the end of the time of logs", || house.world.now_us() > ended_us + 1_000_000);
    house.world.set_settings(Config::parse("retention: { logs: 1s }").unwrap().0);
    until("the removal of the logs of `over`", || !logs("over").exists());
    assert!(logs("open").exists() && ended(), "what goes on keeps its logs, and the run stays");
}

/// EX-338
#[test]
fn remembered_results_that_no_step_uses_are_forgotten() {
    let house = House::new(|options| options.auth = AuthMode::None);
    let key = |key: &str| MemoKey { namespace: "here".into(), cache: "c".into(), key: key.into() };
    let now_us = house.world.now_us();
    for (name, hit_us) in [("old", now_us - 7_200_000_000), ("used", now_us)] {
        house.world.store(|store| store.put_memo(&key(name), b"{}", hit_us)).unwrap();
    }
    house.world.set_settings(Config::parse("retention: { memoized: 1h }").unwrap().0);
    let there = |name: &str| house.world.store(|store| store.memo(&key(name))).unwrap().is_some();
    until("the end of what no step uses", || !there("old"));
    assert!(there("used"));
}

#[test]
fn people_are_told_of_what_fails_and_waits() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(
        "notifications: [{{ namespaces: [here], link: 'http://x', webhook: {{ url: 'http://{}/' }} }}]",
        listener.local_addr().unwrap()
    );
    let house = House::new(|options| {
        options.auth = AuthMode::None;
        options.settings = Config::parse(&text).unwrap().0;
    });
    create(&house, "asks", json!({}));
    let waits = heard(&listener);
    assert_eq!((&waits["event"], &waits["name"]), (&json!("waiting"), &json!("asks")));
    assert_eq!(waits["link"], "http://x/runs/here/asks");
    end(&house, "asks");
    let failed = heard(&listener);
    assert_eq!((&failed["event"], &failed["phase"]), (&json!("failed"), &json!("Failed")));
}

#[test]
fn old_files_go_and_new_ones_stay() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("old/deep")).unwrap();
    std::fs::create_dir_all(at("new")).unwrap();
    std::fs::write(at("old/deep/file"), b"x").unwrap();
    std::fs::write(at("new/file"), b"x").unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(10_000);
    std::fs::File::options().write(true).open(at("old/deep/file")).unwrap().set_modified(long_ago).unwrap();
    old_files(folder.path(), SystemTime::now() - Duration::from_secs(1_000));
    assert!(!at("old/deep/file").exists());
    assert!(at("new/file").exists() && folder.path().exists());
}

/// What could not be removed, or not even be looked at, is tried again.
#[test]
fn what_cannot_go_now_goes_later() {
    let mut due = Due::default();
    for uid in ["a", "b", "c"] {
        due.runs.insert((10, uid.to_owned()));
    }
    due.runs.insert((1_000, "later".to_owned()));
    let mut asked = Vec::new();
    due.take_away(20, |uids| {
        asked.extend_from_slice(uids);
        Ok(uids.iter().map(|uid| if uid == "a" { Taken::Stays } else { Taken::Gone }).collect())
    })
    .unwrap();
    assert_eq!(asked, ["a", "b", "c"], "each once");
    assert!(due.runs.iter().all(|(at, uid)| *at > 20 && ["a", "later"].contains(&&**uid)), "{:?}", due.runs);
    let stopped = due.take_away(i64::MAX - 1, |_| Err(Fault::internal("the store is busy")));
    assert!(stopped.is_err());
    assert_eq!(due.runs.len(), 2, "{:?}", due.runs);
    due.take_away(i64::MAX, |uids| Ok(vec![Taken::Gone; uids.len()])).unwrap();
    assert!(due.runs.is_empty());
}
