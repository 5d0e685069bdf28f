//! A server that is killed again and again under load, and what must be true afterwards.
//!
//! Every submit and delivery that was acknowledged exists, no step ran twice, no delivery and no instant of a
//! schedule made two runs, and what could end has ended.

use crate::http;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tiphys_runner::step::Isolation;
use tiphys_server::{AuthMode, Options, Server};

/// Tells the started program where the state folder is.
const STATE: &str = "TIPHYS_TORTURED_STATE";

/// How many times the server is killed, unless this variable says otherwise.
const ROUNDS: &str = "TIPHYS_KILL_ROUNDS";
const ROUNDS_USUAL: u64 = 30;

const PATIENCE: Duration = Duration::from_secs(60);

/// This program is a server if it was started as one.
pub fn serve_if_asked() {
    let Some(state) = std::env::var_os(STATE) else { return };
    let state = PathBuf::from(state);
    let mut options = Options::new(&state, "127.0.0.1:0".parse().unwrap());
    options.auth = AuthMode::None;
    options.place.isolation = Isolation::None;
    let server = Server::start(options).unwrap();
    let told = state.with_extension("address");
    // In one piece, so that nobody reads half of it.
    std::fs::write(told.with_extension("new"), server.address().to_string()).unwrap();
    std::fs::rename(told.with_extension("new"), told).unwrap();
    server.run().unwrap();
    std::process::exit(0);
}

pub struct Victim {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Victim {
    /// Also when a test fails: nothing may go on without it.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Victim {
    pub fn start(state: &Path) -> Victim {
        let told = state.with_extension("address");
        std::fs::remove_file(&told).ok();
        let child = Command::new(std::env::current_exe().unwrap())
            .env(STATE, state)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut victim = Victim { child, address: ([127, 0, 0, 1], 0).into() };
        let end = Instant::now() + PATIENCE;
        victim.address = loop {
            if let Ok(text) = std::fs::read_to_string(&told) {
                break text.parse().unwrap();
            }
            assert!(Instant::now() < end, "the server does not come up");
            std::thread::sleep(Duration::from_millis(5));
        };
        victim
    }

    pub fn kill(self) {
        drop(self);
    }

    /// An answer, if one came before the end.
    fn ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Option<(u16, Value)> {
        let mut all = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        all.extend(headers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = http::send(self.address, method, target, &all, &body, PATIENCE).ok()?;
        let value = serde_json::from_slice(&answer.body).ok()?;
        (answer.status != 0).then_some((answer.status, value))
    }

    #[track_caller]
    fn get(&self, target: &str) -> Value {
        let (status, answer) = self.ask("GET", target, &[], &Value::Null).unwrap();
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }
}

/// What was acknowledged.
#[derive(Default)]
struct Promised {
    runs: BTreeSet<String>,
    deleted: BTreeSet<String>,
    deliveries: BTreeSet<String>,
}

const WORLD: &str = "
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: parked}
spec: {entrypoint: main, templates: [{name: main, suspend: {}}]}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowEventBinding
metadata: {name: all}
spec:
  event: {selector: 'payload.number != nil'}
  submit: {workflowTemplateRef: {name: parked}}
---
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: tick}
spec:
  schedules: ['@every 1s']
  workflowSpec: {entrypoint: main, templates: [{name: main, suspend: {}}]}
";

pub fn run(folder: &Path) {
    let rounds = std::env::var(ROUNDS).ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS_USUAL);
    let state = folder.join("tortured");
    let traces = folder.join("traces");
    std::fs::create_dir_all(&traces).unwrap();
    let promised = Mutex::new(Promised::default());
    let victim = Victim::start(&state);
    let applied =
        victim.ask("POST", "/api/tiphys/v1/apply", &[], &json!({ "namespace": "default", "text": WORLD }));
    assert_eq!(applied.as_ref().map(|(status, _)| *status), Some(200), "{applied:?}");
    victim.kill();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    for round in 0..rounds {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let victim = Victim::start(&state);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..3 {
                let (victim, over, promised, traces) = (&victim, &over, &promised, &traces);
                scope.spawn(move || load(victim, over, promised, traces, &format!("{round}-{client}")));
            }
            // Somewhere in the load, as chance has it.
            std::thread::sleep(Duration::from_millis(50 + random % 700));
            kill_at_once(&victim.child);
            over.store(true, Ordering::Relaxed);
        });
        victim.kill();
    }
    judge(&state, &traces, &promised.into_inner().unwrap());
    println!("{rounds} rounds of kill -9: nothing acknowledged was lost, nothing ran twice");
}

/// Kills without waiting, so that clients see what a crash looks like.
fn kill_at_once(child: &Child) {
    let status = Command::new("kill").args(["-9", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// One client: submits, deliveries, deletes, until the server is gone.
fn load(victim: &Victim, over: &AtomicBool, promised: &Mutex<Promised>, traces: &Path, prefix: &str) {
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let name = format!("run-{prefix}-{number}");
        let trace = traces.join(&name);
        let parked = number % 3 == 0;
        let template = if parked {
            json!({ "name": "main", "suspend": {} })
        } else {
            let script = format!("echo once >> {}", trace.display());
            json!({ "name": "main", "container": { "image": "any", "command": ["/bin/sh", "-c", script] } })
        };
        let workflow = json!({ "metadata": { "name": name }, "spec": { "entrypoint": "main", "templates": [template] } });
        match victim.ask("POST", "/api/v1/workflows/default", &[], &json!({ "workflow": workflow })) {
            Some((200, _)) => drop(promised.lock().unwrap().runs.insert(name.clone())),
            Some((status, answer)) => panic!("{name}: {status}: {answer}"),
            None => return,
        }
        if parked {
            let deleted =
                victim.ask("DELETE", &format!("/api/v1/workflows/default/{name}"), &[], &Value::Null);
            // Whether one that was asked for in vain happened is not known: it is not asked about.
            promised.lock().unwrap().runs.remove(&name);
            if deleted.is_some_and(|(status, _)| status == 200) {
                promised.lock().unwrap().deleted.insert(name.clone());
            }
        }
        let id = format!("delivery-{prefix}-{number}");
        let headers = [("X-GitHub-Delivery", id.as_str()), ("Authorization", "Bearer any")];
        match victim.ask("POST", "/api/v1/events/default/x", &headers, &json!({ "number": number })) {
            Some((200, _)) => drop(promised.lock().unwrap().deliveries.insert(id)),
            Some((status, answer)) => panic!("{id}: {status}: {answer}"),
            None => return,
        }
    }
}

fn judge(state: &Path, traces: &Path, promised: &Promised) {
    let victim = Victim::start(state);
    // What could end has ended.
    let end = Instant::now() + PATIENCE;
    let phases = loop {
        let list = victim.get("/api/v1/workflows/default?fields=items.metadata,items.status.phase");
        let phases: BTreeMap<String, String> = list["items"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|item| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                (text(&item["metadata"]["name"]), text(&item["status"]["phase"]))
            })
            .collect();
        let open = |name: &&String| {
            traces.join(name.as_str()).exists() && phases.get(*name).is_none_or(|phase| phase != "Succeeded")
        };
        let pending: Vec<&String> = promised.runs.iter().filter(open).collect();
        if pending.is_empty() {
            break phases;
        }
        assert!(Instant::now() < end, "these do not end: {pending:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    for name in &promised.runs {
        assert_eq!(phases.get(name).map(String::as_str), Some("Succeeded"), "{name} was acknowledged");
        let trace = std::fs::read_to_string(traces.join(name)).unwrap_or_default();
        assert_eq!(trace, "once\n", "the step of {name} ran once");
    }
    for name in &promised.deleted {
        assert!(!phases.contains_key(name), "{name} was deleted");
    }
    // Each delivery is here once and made one run.
    let mut deliveries: BTreeMap<String, String> = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page =
            victim.get(&format!("/api/tiphys/v1/deliveries?namespace=default&limit=500&cursor={cursor}"));
        for item in page["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap();
            let whole = victim.get(&format!("/api/tiphys/v1/deliveries/{id}"));
            let run = item["results"][0]["run"].as_str().unwrap_or_default().to_owned();
            assert_eq!(item["status"], "matched", "{item}");
            let theirs = whole["headers"]["x-github-delivery"].as_str().unwrap().to_owned();
            assert!(phases.contains_key(&run), "the run {run} of delivery {theirs}");
            assert!(deliveries.insert(theirs, run).is_none(), "a delivery twice");
        }
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    for id in &promised.deliveries {
        assert!(deliveries.contains_key(id), "{id} was acknowledged");
    }
    let made: BTreeSet<&String> = deliveries.values().collect();
    assert_eq!(made.len(), deliveries.len(), "each delivery has a run of its own");
    let parked = phases.keys().filter(|name| name.starts_with("parked-"));
    assert_eq!(parked.count(), deliveries.len(), "no run without its delivery");
    // What the schedule tells of comes to be, and nothing else does. It ticks on meanwhile, so who is asked first counts.
    let told = told_active(&victim);
    let end = Instant::now() + PATIENCE;
    while !told.is_subset(&ticks(&victim)) {
        assert!(Instant::now() < end, "told of, and not there: {:?}", told.difference(&ticks(&victim)));
        std::thread::sleep(Duration::from_millis(50));
    }
    let there = ticks(&victim);
    let told = told_active(&victim);
    assert!(there.is_subset(&told), "there, and not told of: {:?}", there.difference(&told));
    victim.kill();
}

/// The runs that the schedule says are going on.
fn told_active(victim: &Victim) -> BTreeSet<String> {
    let cron = victim.get("/api/v1/cron-workflows/default/tick");
    let active = cron["status"]["active"].as_array().cloned().unwrap_or_default();
    active.iter().filter_map(|one| Some(one["name"].as_str()?.to_owned())).collect()
}

/// The runs of the schedule that are there.
fn ticks(victim: &Victim) -> BTreeSet<String> {
    let list = victim.get("/api/v1/workflows/default?fields=items.metadata.name");
    let names = list["items"].as_array().into_iter().flatten();
    let names = names.filter_map(|item| item["metadata"]["name"].as_str());
    names.filter(|name| name.starts_with("tick-")).map(str::to_owned).collect()
}
