//! A server that is killed again and again under load, and what must be true afterwards.
//!
//! `judge.rs` says what.

#[path = "judge.rs"]
mod judge;

use crate::http;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};
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

    /// The lines of a run's log that are shown to who follows it, until it ends or the server does.
    fn follow(&self, name: &str) -> Vec<String> {
        let target =
            format!("/api/v1/workflows/default/{name}/log?logOptions.container=main&logOptions.follow=true");
        let answer = http::send(self.address, "GET", &target, &[], &[], PATIENCE).unwrap_or_default();
        let text = answer.text();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| Some(line["result"]["content"].as_str()?.to_owned())).collect()
    }

    #[track_caller]
    fn get(&self, target: &str) -> Value {
        let (status, answer) = self.ask("GET", target, &[], &Value::Null).unwrap();
        assert_eq!(status, 200, "{target}: {answer}");
        answer
    }
}

/// What was acknowledged or shown, and when nobody could be asked.
#[derive(Default)]
struct Promised {
    runs: BTreeSet<String>,
    deleted: BTreeSet<String>,
    deliveries: BTreeSet<String>,
    /// The lines of logs that somebody was shown, by run, in order.
    shown: BTreeMap<String, Vec<String>>,
    /// From when until when there was no server.
    outages: Vec<(SystemTime, SystemTime)>,
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
    let mut gone = SystemTime::now();
    for round in 0..rounds {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let victim = Victim::start(&state);
        promised.lock().unwrap().outages.push((gone, SystemTime::now()));
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..3 {
                let (victim, over, promised, traces) = (&victim, &over, &promised, &traces);
                scope.spawn(move || load(victim, over, promised, traces, &format!("{round}-{client}")));
            }
            // Somewhere in the load, as chance has it.
            std::thread::sleep(Duration::from_millis(50 + random % 700));
            gone = SystemTime::now();
            kill_at_once(&victim.child);
            over.store(true, Ordering::Relaxed);
        });
        victim.kill();
    }
    let mut promised = promised.into_inner().unwrap();
    let victim = Victim::start(&state);
    promised.outages.push((gone, SystemTime::now()));
    judge::judge(&victim, &traces, &promised);
    victim.kill();
    let cut = promised.shown.values().filter(|shown| shown.len() < judge::LINES).count();
    println!(
        "{rounds} rounds of kill -9: nothing acknowledged or shown was lost ({cut} followed logs were cut off), nothing ran twice"
    );
}

/// Kills without waiting, so that clients see what a crash looks like.
fn kill_at_once(child: &Child) {
    let status = Command::new("kill").args(["-9", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Kinds of runs in the load: one that waits and is deleted, one that takes a while and is looked at, quick ones.
const KINDS: u64 = 4;

/// A step that leaves a trace; a slow one lives on while servers die, and says something all the time.
fn step(trace: &Path, slow: bool) -> Value {
    let says = if slow { "; for line in 1 2 3 4 5 6 7 8; do echo line $line; sleep 0.1; done" } else { "" };
    let script = format!("echo once >> {}{says}", trace.display());
    json!({ "name": "main", "container": { "image": "any", "command": ["/bin/sh", "-c", script] } })
}

/// One client: submits, deliveries, deletes, until the server is gone.
fn load(victim: &Victim, over: &AtomicBool, promised: &Mutex<Promised>, traces: &Path, prefix: &str) {
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let name = format!("run-{prefix}-{number}");
        let parked = number % KINDS == 0;
        let followed = number % KINDS == 1;
        let template = match (parked, followed) {
            (true, _) => json!({ "name": "main", "suspend": {} }),
            (_, slow) => step(&traces.join(&name), slow),
        };
        let workflow = json!({ "metadata": { "name": name }, "spec": { "entrypoint": "main", "templates": [template] } });
        match victim.ask("POST", "/api/v1/workflows/default", &[], &json!({ "workflow": workflow })) {
            Some((200, _)) => drop(promised.lock().unwrap().runs.insert(name.clone())),
            Some((status, answer)) => panic!("{name}: {status}: {answer}"),
            None => return,
        }
        if followed {
            // Until it ends, or until nobody answers any more.
            let shown = victim.follow(&name);
            promised.lock().unwrap().shown.insert(name.clone(), shown);
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
