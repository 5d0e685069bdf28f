//! Kills a server again and again, and replays exchanges recorded from Argo's own server, and counts where ours agrees.
//!
//! The recordings lie beside the project; without them nothing is replayed, and that is said. Each server of the
//! recording is a door to one house here: no tokens, tokens, and no archive.
//!
//! What the exchanges show, by the beginnings of their names; `cargo xtask conformance` counts them, and its ratchet
//! does not let a number fall:
//!
//! - `build-`, `get-`: labels and annotations that the server and the controller put on a workflow: OB-040, OB-041,
//!   OB-045 to OB-047, OB-049, OB-051, OB-421, EX-099; API-101, API-104, API-320.
//! - `submit-`: OB-364, OB-395 to OB-397, OB-399 to OB-401; `create-`: API-034, API-044.
//! - `stop-`, `terminate-`, `resume-`, `suspend-`: EX-290, API-108; `retry-`: API-106.
//! - `resubmit-`: API-107, and a memoized node's message (EX-671).
//! - `event-`, `get-event-workflow`: which bindings an event meets and what they submit: OB-050, OB-377 to OB-379,
//!   TP-134, AUTH-072, AUTH-073, AUTH-075, AUTH-077; `bindings-`: API-251.
//! - `archive-`: what was archived is found again: EX-505, OB-422.
//! - `watch-`, `log-`: the frames of streams: API-054, API-055, API-058, CLI-150; `route-`: API-007.
//! - `auth-`: AUTH-001, AUTH-011, API-323; unknown names: CLI-152.

#[path = "support/compare.rs"]
mod compare;
#[path = "support/hera.rs"]
mod hera;
#[path = "support/http.rs"]
mod http;
#[path = "support/torture.rs"]
mod torture;

use compare::Bindings;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tiphys_runner::step::Isolation;
use tiphys_server::{AuthMode, Column, Link, Options, Server};

/// The share of exchanges that must agree; raised when more do.
const AGREEMENT_MIN: f64 = 0.96;

/// The difference that a documented deviation makes.
const CONTINUE: &str = ".metadata.continue is missing";

/// Longest wait for a state that the scenario waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Exchanges whose difference a row of `docs/deviations.md` explains.
const DEVIATIONS: [(&str, &str); 1] =
    [("artifact-file-dotdot", "API-314: a path that leaves its artifact leads nowhere")];

/// Exchanges that need what only the recorded cluster has, with what that is.
const NEEDS_CLUSTER: [(&str, &str); 23] = [
    ("get-wf-unschedulable", NO_PLACE),
    ("log-pending", NO_PLACE),
    ("list-label-10", NO_PLACE),
    ("list-label-14", NO_PLACE),
    ("list-label-limit", NO_PLACE),
    ("list-finished-before-past", NO_PLACE),
    ("archive-list-prefix", NO_PLACE),
    ("stop-again", LOOKS),
    ("get-after-stop-message", LOOKS),
    ("log-wait", EXECUTOR),
    ("log-init", EXECUTOR),
    ("log-tail-one", EXECUTOR),
    ("log-follow-ends", EXECUTOR),
    ("get-wf-error", "the words of an S3 store"),
    ("watch-exclude", "somebody annotated the workflow beside the server"),
    ("resubmit-running", "somebody annotated the workflow beside the server"),
    ("list-no-archive-remaining", "another server's store"),
    ("get-rv-future", "versions of etcd"),
    ("log-client-viewer", "accounts with rights of their own"),
    ("artifact-client-cookie", "accounts with rights of their own"),
    ("auth-list-basic", "accounts with rights of their own"),
    ("auth-get-basic", "accounts with rights of their own"),
    ("artifact-file-client-bad", "accounts with rights of their own"),
];
const NO_PLACE: &str = "a pod that no machine of a cluster can take";
/// After two stops of the same workflow one recording has an exit code and the other has none: it depends on whether
/// the controller looked once more between the end of the container and that of its pod.
const LOOKS: &str = "the moment between two looks of Argo's controller";
const EXECUTOR: &str = "lines of Argo's own executor";

/// Where the verdict on each exchange is written, if this variable names a file.
const VERDICTS: &str = "TIPHYS_VERDICTS";

fn main() {
    tiphys_runner::enter_if_asked();
    torture::serve_if_asked();
    // As for the harness of cargo: parts whose names were given, or all.
    let asked: Vec<String> = std::env::args().skip(1).filter(|text| !text.starts_with('-')).collect();
    let wants = |part: &str| asked.is_empty() || asked.iter().any(|name| part.contains(name.as_str()));
    let folder = tempfile::tempdir().unwrap();
    if wants("torture") {
        torture::run(folder.path());
    }
    if wants("hera") {
        hera::run(folder.path());
    }
    if wants("replay") {
        replay(&folder.path().join("recorded"));
    }
    drop(folder);
    // The servers' threads end with the process.
    std::process::exit(0);
}

fn replay(state: &Path) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/rest");
    let Ok(records) = std::fs::read_to_string(corpus.join("records.json")) else {
        println!("0 exchanges replayed: the corpus is not here");
        return;
    };
    let records: Value = serde_json::from_str(&records).unwrap();
    let scenario: Value =
        serde_json::from_str(&std::fs::read_to_string(corpus.join("scenario.json")).unwrap()).unwrap();
    let mut replay = Replay::start(state, corpus, &records);
    replay.world();
    for step in scenario["steps"].as_array().unwrap() {
        replay.step(step);
    }
    replay.clean();
    if let Some(file) = std::env::var_os(VERDICTS) {
        let program = std::env::current_exe().unwrap();
        std::fs::write(file, json!({ "program": program, "verdicts": replay.verdicts }).to_string()).unwrap();
    }
    replay.report();
}

struct Replay {
    corpus: PathBuf,
    records: BTreeMap<String, Value>,
    doors: BTreeMap<&'static str, SocketAddr>,
    bindings: Bindings,
    /// Bodies of updates as they were sent first, so that a repetition is stale here too.
    bodies: BTreeMap<String, Vec<u8>>,
    /// The last version seen of each object.
    versions: BTreeMap<String, String>,
    agreed: BTreeMap<String, (usize, usize)>,
    misses: Vec<String>,
    skipped: usize,
    /// Of each exchange in its turn: its name, what came of it, and why.
    verdicts: Vec<(String, &'static str, String)>,
    /// Exchanges whose only difference is a documented deviation.
    deviating: usize,
}

impl Replay {
    fn start(state: &Path, corpus: PathBuf, records: &Value) -> Replay {
        let mut options = Options::new(state, "127.0.0.1:0".parse().unwrap());
        options.auth = AuthMode::None;
        options.place.isolation = Isolation::None;
        options.jobs = 64;
        options.links = vec![
            link(
                "Workflow Link",
                "workflow",
                "http://logging-facility?namespace=${metadata.namespace}&workflowName=${metadata.name}",
                "_blank",
            ),
            link("Pod Link", "pod", "http://logging-facility?podName=${metadata.name}", ""),
        ];
        options.columns = vec![
            Column { name: "Team".into(), kind: "label".into(), key: "team".into() },
            Column { name: "Note".into(), kind: "annotation".into(), key: "example.com/note".into() },
        ];
        let server = Server::start(options.clone()).unwrap();
        let client = server.beside(Options { auth: AuthMode::Token, ..options.clone() }).unwrap();
        let noarchive = server
            .beside(Options {
                archive: false,
                sync_database: false,
                links: Vec::new(),
                columns: Vec::new(),
                ..options
            })
            .unwrap();
        let mut bindings = Bindings::default();
        for (name, role) in [("viewer", "viewer"), ("editor", "operator"), ("nobody", "nobody")] {
            let subject = format!("system:serviceaccount:rest:{name}");
            let token = server.token(&subject, role, &["rest".to_owned()]).unwrap();
            bindings.0.insert(format!("<token:{name}>"), token);
        }
        let mut doors = BTreeMap::new();
        for (name, door) in [("server", server), ("client", client), ("noarchive", noarchive)] {
            doors.insert(name, door.address());
            std::thread::spawn(move || door.run().unwrap());
        }
        let records = records["records"].as_array().unwrap();
        Replay {
            corpus,
            records: records
                .iter()
                .map(|record| (record["id"].as_str().unwrap().to_owned(), record.clone()))
                .collect(),
            doors,
            bindings,
            bodies: BTreeMap::new(),
            versions: BTreeMap::new(),
            agreed: BTreeMap::new(),
            misses: Vec::new(),
            skipped: 0,
            verdicts: Vec::new(),
            deviating: 0,
        }
    }

    fn world(&mut self) {
        self.apply("setup.yaml", "rest");
    }

    fn apply(&self, file: &str, namespace: &str) {
        let text = std::fs::read_to_string(self.corpus.join("world").join(file)).unwrap();
        let body = json!({ "namespace": namespace, "text": text }).to_string();
        let answer = self.send("server", "POST", "/api/tiphys/v1/apply", &[], body.as_bytes(), PATIENCE);
        assert_eq!(answer.status, 200, "{file}: {}", answer.text());
    }

    fn send(
        &self,
        door: &str,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
        patience: Duration,
    ) -> http::Answer {
        http::send(self.doors[door], method, target, headers, body, patience).unwrap()
    }

    fn step(&mut self, step: &Value) {
        if let Some(id) = step["call"].as_str() {
            let record = self.records[id].clone();
            self.call(id, &record);
        } else if step.get("do").is_some() {
            let door = step["server"].as_str().unwrap_or("server").to_owned();
            let answer = self.request(&door, &step["do"], Duration::from_secs(5));
            self.learn_version(&step["do"], &answer);
        } else if let Some(wait) = step.get("wait") {
            self.wait(wait);
        } else if let Some(apply) = step.get("apply") {
            let wanted = apply["file"].as_str().unwrap();
            let world = std::fs::read_dir(self.corpus.join("world")).unwrap();
            let file = world
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .find(|name| {
                    let plain = name.trim_end_matches(".yaml");
                    plain == wanted
                        || plain.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-') == wanted
                })
                .unwrap_or_else(|| panic!("no file for {wanted}"));
            self.apply(&file, apply["namespace"].as_str().unwrap());
        } else if let Some(deleted) = step.get("deleted") {
            let target =
                format!("/api/v1/workflows/{}/{}", text(deleted, "namespace"), text(deleted, "workflow"));
            self.send("server", "DELETE", &target, &[], b"", PATIENCE);
        }
    }

    fn wait(&self, wait: &Value) {
        let (namespace, name) = (text(wait, "namespace"), text(wait, "workflow"));
        let until = text(wait, "until");
        let target = format!("/api/v1/workflows/{namespace}/{name}");
        let end = Instant::now() + if until == "pending-pod" { Duration::from_secs(1) } else { PATIENCE };
        while Instant::now() < end {
            let answer = self.send("server", "GET", &target, &[], b"", PATIENCE);
            let found: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let phase = found.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
            let node = |kind: &str| {
                let nodes = found.pointer("/status/nodes").and_then(Value::as_object);
                nodes.is_some_and(|nodes| {
                    nodes.values().any(|node| node["type"] == kind && node["phase"] == "Running")
                })
            };
            let there = match until {
                "done" | "archived" => matches!(phase, "Succeeded" | "Failed" | "Error"),
                "suspended" => node("Suspend"),
                _ => node("Pod"),
            };
            if there {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if until != "pending-pod" {
            println!("waited in vain for {namespace}/{name} to be {until}");
        }
    }

    fn request(&mut self, door: &str, request: &Value, patience: Duration) -> http::Answer {
        let path = self.bindings.fill(text(request, "path"));
        let query: Vec<String> = request["query"]
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(key, value)| match value {
                Value::Array(values) => {
                    values.iter().map(|value| (key.clone(), plain(value))).collect::<Vec<_>>()
                }
                value => vec![(key.clone(), plain(value))],
            })
            .map(|(key, value)| format!("{}={}", encode(&key), encode(&self.bindings.fill(&value))))
            .collect();
        let target = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let headers: Vec<(String, String)> = request["headers"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), self.bindings.fill(&plain(value))))
            .collect();
        let body = self.body(request);
        self.send(door, text(request, "method"), &target, &headers, &body, patience)
    }

    /// The body with versions and names of this world.
    fn body(&mut self, request: &Value) -> Vec<u8> {
        let written = match &request["body"] {
            Value::Null => return Vec::new(),
            // A text was sent byte by byte.
            Value::String(text) => return text.chars().map(|char| char as u32 as u8).collect(),
            other => other.to_string(),
        };
        if let Some(sent) = self.bodies.get(&written) {
            return sent.clone();
        }
        let mut filled = self.bindings.fill(&written);
        if filled.contains("<rv>") {
            let name = ["template", "cronWorkflow"]
                .iter()
                .find_map(|field| request["body"][*field]["metadata"]["name"].as_str())
                .unwrap_or_default();
            let kind = text(request, "path").split('/').nth(3).unwrap_or_default();
            let version =
                self.versions.get(&format!("{kind}/{name}")).cloned().unwrap_or_else(|| "1".to_owned());
            filled = filled.replace("<rv>", &version);
        }
        filled = filled.replace("<time>", "2026-11-21T15:00:00Z");
        if written.contains("<rv>") {
            self.bodies.insert(written, filled.clone().into_bytes());
        }
        filled.into_bytes()
    }

    fn call(&mut self, id: &str, record: &Value) {
        let response = &record["response"];
        let door = text(record, "server").to_owned();
        let request = &record["request"];
        let is_stream = response.get("chunks").is_some();
        let patience = match response["ended"].as_str() {
            Some(ended) if ended.contains("server") => Duration::from_secs(5),
            _ if is_stream => Duration::from_millis(1_500),
            _ => Duration::from_secs(5),
        };
        let needs_cluster = NEEDS_CLUSTER.iter().find(|(known, _)| *known == id).map(|(_, what)| *what);
        let unscored = needs_cluster.is_some()
            || record.get("unstable").is_some_and(|unstable| !unstable.is_null())
            || record.get("filtered").is_some_and(|filtered| !filtered.is_null())
            || response["status"] == 0;
        let patience = if response["status"] == 0 { Duration::from_millis(50) } else { patience };
        if id == "watch-keepalive" {
            return self.skip(id, "a minute of silence is not waited for");
        }
        let toucher = (id == "watch-change").then(|| {
            // The recording annotated the workflow once during the watch; here an action changes it.
            let address = self.doors["server"];
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(500));
                let target = "/api/v1/workflows/rest/wf-sleep/suspend";
                http::send(address, "PUT", target, &[], b"{}", Duration::from_secs(5)).unwrap();
            })
        });
        if id == "watch-deleted" {
            let address = self.doors["server"];
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(500));
                let target = "/api/v1/workflows/rest/new-four";
                http::send(address, "DELETE", target, &[], b"", Duration::from_secs(5)).unwrap();
            });
        }
        let answer = self.request(&door, request, patience);
        if let Some(toucher) = toucher {
            toucher.join().unwrap();
            self.send("server", "PUT", "/api/v1/workflows/rest/wf-sleep/resume", &[], b"{}", PATIENCE);
        }
        let mut differences = Vec::new();
        self.judge(id, response, &answer, &mut differences);
        self.learn_version(request, &answer);
        if unscored {
            return self.skip(id, needs_cluster.unwrap_or("the recording says not to score it"));
        }
        // API-128, a row of the deviations: without a limit there is nothing to continue with.
        let limit = &request["query"]["listOptions.limit"];
        let unlimited = limit.is_null() || *limit == "0";
        if unlimited && differences.iter().any(|difference| difference == CONTINUE) {
            differences.retain(|difference| difference != CONTINUE);
            if differences.is_empty() {
                return self.deviate(id, "API-128: a list without a limit has nothing to continue with");
            }
        }
        if let Some((_, row)) = DEVIATIONS.iter().find(|(known, _)| *known == id)
            && !differences.is_empty()
        {
            return self.deviate(id, row);
        }
        let group = text(record, "group").to_owned();
        let (agreed, all) = self.agreed.entry(group).or_default();
        *all += 1;
        if differences.is_empty() {
            *agreed += 1;
            self.verdicts.push((id.to_owned(), "agrees", String::new()));
        } else {
            let shown: Vec<String> = differences.iter().take(6).cloned().collect();
            self.misses.push(format!("{id} [{door}]: {}", shown.join("; ")));
            self.verdicts.push((id.to_owned(), "differs", shown.join("\n")));
        }
    }

    fn skip(&mut self, id: &str, reason: &str) {
        self.skipped += 1;
        self.verdicts.push((id.to_owned(), "skipped", reason.to_owned()));
    }

    fn deviate(&mut self, id: &str, row: &str) {
        self.deviating += 1;
        self.verdicts.push((id.to_owned(), "deviates", row.to_owned()));
    }

    /// Remembers the version that an answer tells of its object.
    fn learn_version(&mut self, request: &Value, answer: &http::Answer) {
        if let Ok(found) = serde_json::from_slice::<Value>(&answer.body)
            && let (Some(name), Some(version)) = (
                found.pointer("/metadata/name").and_then(Value::as_str),
                found.pointer("/metadata/resourceVersion").and_then(Value::as_str),
            )
        {
            let kind = text(request, "path").split('/').nth(3).unwrap_or_default();
            self.versions.insert(format!("{kind}/{name}"), version.to_owned());
        }
    }

    fn judge(&mut self, id: &str, response: &Value, answer: &http::Answer, out: &mut Vec<String>) {
        let status = response["status"].as_u64().unwrap_or(0);
        let wanted = &response["body"];
        let crashed = wanted["message"].as_str().is_some_and(|message| message.contains("runtime error:"));
        if crashed {
            if !(400..500).contains(&answer.status) {
                out.push(format!("status {} where Argo crashed", answer.status));
            }
            return;
        }
        if u64::from(answer.status) != status {
            out.push(format!("status {} instead of {status}: {}", answer.status, clip(&answer.text())));
            return;
        }
        if let Some(chunks) = response["chunks"].as_array() {
            return self.judge_stream(id, chunks, answer, out);
        }
        match wanted {
            Value::Object(_) if status >= 400 => {
                let found: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                if found["code"] != wanted["code"] {
                    out.push(format!("code {} instead of {}", found["code"], wanted["code"]));
                }
                let message = self.bindings.fill(wanted["message"].as_str().unwrap_or_default());
                let told = found["message"].as_str().unwrap_or_default();
                if compare::is_scored(&message) && message != told {
                    out.push(format!("message `{}` instead of `{}`", clip(told), clip(&message)));
                }
            }
            Value::Object(_) | Value::Array(_) => {
                let found: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                compare::documents(wanted, &found, &mut self.bindings, "", out);
            }
            Value::String(text) if text.starts_with("gzip:") => {
                let packed = answer.body.starts_with(&[0x1f, 0x8b]);
                out.extend((!packed).then(|| "the body is not compressed".to_owned()));
            }
            Value::String(text) => {
                let page = text.contains("<base href");
                if !page && *text != answer.text() && id != "artifact-logs-text" {
                    out.push(format!("body `{}` instead of `{}`", clip(&answer.text()), clip(text)));
                }
            }
            _ => {}
        }
        for name in ["Content-Type", "Location", "Content-Disposition", "Allow"] {
            let wanted = response["headers"][name].as_str().map(|value| self.bindings.fill(value));
            if let Some(wanted) = wanted
                && answer.header(name) != Some(&wanted)
            {
                out.push(format!("{name} {:?} instead of {wanted}", answer.header(name)));
            }
        }
    }

    fn judge_stream(&mut self, id: &str, chunks: &[Value], answer: &http::Answer, out: &mut Vec<String>) {
        let wanted: String = chunks.iter().filter_map(Value::as_str).collect();
        let wanted = messages(&wanted);
        let found = messages(&answer.text());
        let ours = |message: &&Value| {
            let content = message["result"]["content"].as_str().unwrap_or_default();
            !(content.contains("level=INFO") || content.contains("argo=true"))
        };
        let wanted: Vec<&Value> = wanted.iter().filter(ours).collect();
        let found: Vec<&Value> = found.iter().filter(ours).collect();
        let is_log = id.starts_with("log-");
        if is_log {
            let lines = |messages: &[&Value]| -> Vec<String> {
                let mut lines: Vec<String> = messages
                    .iter()
                    .map(|message| {
                        let pod = message["result"]["podName"].as_str().unwrap_or_default();
                        format!("{}: {}", self.bindings.fill(pod), message["result"]["content"])
                    })
                    .collect();
                lines.sort();
                lines
            };
            let (wanted_lines, found_lines) = (lines(&wanted), lines(&found));
            let failed = wanted.iter().any(|message| message.get("error").is_some());
            if !failed && wanted_lines != found_lines && id != "log-limit-bytes" {
                out.push(format!("lines {found_lines:?} instead of {wanted_lines:?}"));
                return;
            }
            if !failed {
                return;
            }
        }
        if wanted.len() != found.len() {
            out.push(format!("{} messages instead of {}", found.len(), wanted.len()));
        }
        for (wanted, found) in wanted.iter().zip(&found) {
            compare::documents(wanted, found, &mut self.bindings, "", out);
        }
    }

    fn report(&self) {
        let (mut agreed, mut all) = (0, 0);
        for (group, (good, count)) in &self.agreed {
            println!("{good:4} of {count:4}  {group}");
            agreed += good;
            all += count;
        }
        for miss in &self.misses {
            println!("  {miss}");
        }
        let share = agreed as f64 / all.max(1) as f64;
        println!(
            "{agreed} of {all} exchanges agree ({:.1} %); {} deviate as documented, {} not scored",
            share * 100.0,
            self.deviating,
            self.skipped
        );
        assert!(share >= AGREEMENT_MIN, "fewer exchanges agree than before");
    }

    /// Ends what still runs: steps outlive their server, and with them their supervisor.
    fn clean(&self) {
        let ask = |method, target: &str| {
            http::send(self.doors["server"], method, target, &[], &[], Duration::from_secs(20)).unwrap()
        };
        let list: Value =
            serde_json::from_slice(&ask("GET", "/api/v1/workflows/?fields=items.metadata").body).unwrap();
        for item in list["items"].as_array().unwrap() {
            let metadata = &item["metadata"];
            let target =
                format!("/api/v1/workflows/{}/{}", plain(&metadata["namespace"]), plain(&metadata["name"]));
            let status = ask("DELETE", &target).status;
            // What is archived only is listed too, and cannot be deleted here.
            assert!(matches!(status, 200 | 404), "{target}: {status}");
        }
    }
}

fn link(name: &str, scope: &str, url: &str, target: &str) -> Link {
    Link { name: name.into(), scope: scope.into(), url: url.into(), target: target.into() }
}

fn messages(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| line.strip_prefix("data: ").unwrap_or(line).trim())
        .filter(|line| line.starts_with('{'))
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn clip(text: &str) -> String {
    text.chars().take(300).collect()
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
