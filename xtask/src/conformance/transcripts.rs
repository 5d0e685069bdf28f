//! Runs of Argo's own command line against a described world, replayed with ours against our server.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::Value;

use super::options::Options;
use super::{Area, Bench, Case, Verdict, measured, program};

/// How long one run may take.
const RUN_WITHIN: Duration = Duration::from_secs(30);

/// How long the world may take until nothing changes in it any more.
const WORLD_WITHIN: Duration = Duration::from_secs(60);

/// How long nothing may have changed until the world counts as built.
const QUIET_FOR: Duration = Duration::from_secs(3);

/// Runs that need what only a cluster has, with the reason.
const NEEDS_CLUSTER: [(&str, &str); 7] = [
    ("get-wf-unschedulable", "a pod that no machine of a cluster can take"),
    ("get-wf-error", "the words of an S3 store"),
    ("archive-label-keys", "labels that another scenario left behind"),
    ("logs-tail", "lines of Argo's own executor are counted"),
    ("get-after-stop", "the moment between two looks of Argo's controller"),
    ("archive-no-archive-list", "a server without an archive"),
    ("archive-no-archive-get", "a server without an archive"),
];

/// Runs whose difference a row of `docs/deviations.md` explains, with its rule.
const DEVIATIONS: [(&str, &str); 12] = [
    ("version", "CLI-049: our own name and version"),
    ("version-short", "CLI-049: our own name and version"),
    ("version-no-server", "CLI-049: our own name and version"),
    ("logs-unknown", "CLI-008: the server's own words instead of a dump"),
    ("watch-unknown", "CLI-008: the server's own words instead of a dump"),
    ("get-no-token", "CLI-004: a server without tokens needs none"),
    ("cp-none", "CLI-020: our own usage"),
    ("sync-none", "CLI-020: our own usage"),
    ("archive-get-yaml", "API-210: an exact name is exact"),
    ("archive-retry-live", "API-210: an exact name is exact"),
    ("list-chunk", "API-128: pages end where the list ends"),
    ("submit-bad-field", "OB-003: the mistake with its place"),
];

pub fn run(bench: &Bench, options: &Options) -> Vec<Area> {
    if !options.has("cli-runs") {
        return Vec::new();
    }
    vec![measured("cli-runs", || Replay::start(bench)?.cases(bench))]
}

/// The state folders of the open server and of the one that wants tokens.
const STATES: [&str; 2] = ["state", "guarded"];

struct Replay {
    cell: program::Cell,
    server: Child,
    guarded: Child,
    port: u16,
    guarded_port: u16,
    records: BTreeMap<String, Value>,
    steps: Vec<Value>,
    world: PathBuf,
    binary: PathBuf,
}

impl Drop for Replay {
    fn drop(&mut self) {
        for child in [&mut self.server, &mut self.guarded] {
            child.kill().ok();
            child.wait().ok();
        }
        // Steps outlive their server: they end with their runs.
        for state in STATES {
            let mut delete = Command::new(&self.binary);
            delete.args(["delete", "--all", "--all-namespaces", "--force"]);
            delete.env("TIPHYS_STATE_DIR", self.cell.folder.join(state)).stdout(Stdio::null());
            delete.env_remove("TIPHYS_SERVER").env_remove("ARGO_SERVER").stderr(Stdio::null()).status().ok();
        }
    }
}

fn read_json(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}

impl Replay {
    fn start(bench: &Bench) -> Result<Replay, String> {
        let folder = bench.corpus.join("cli");
        let recorded = read_json(&folder.join("records.json"))?;
        let scenario = read_json(&folder.join("scenario.json"))?;
        let cell = program::Cell::new(&bench.scratch)?;
        let files = cell.folder.join("files");
        for (name, body) in recorded["files"].as_object().into_iter().flatten() {
            let path = files.join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&files)).map_err(|error| error.to_string())?;
            std::fs::write(&path, body.as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
        }
        let (port, guarded_port) = (free_port()?, free_port()?);
        let server = |port: u16, mode: &str, state: &str| -> Result<Child, String> {
            let mut command = Command::new(&bench.binary);
            command.args(["server", "--port", &port.to_string(), "--auth-mode", mode, "--jobs", "64"]);
            command.args(["--namespaces", "cli,rest2"]);
            if let Some(isolation) = &bench.isolation {
                command.args(["--isolation", isolation]);
            }
            command.env("TIPHYS_STATE_DIR", cell.folder.join(state));
            command.env_remove("TIPHYS_SERVER").env_remove("ARGO_SERVER");
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().map_err(|error| format!("cannot start a server: {error}"))
        };
        let replay = Replay {
            server: server(port, "none", STATES[0])?,
            guarded: server(guarded_port, "token", STATES[1])?,
            port,
            guarded_port,
            records: recorded["records"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|record| (text(record, "id").to_owned(), record.clone()))
                .collect(),
            steps: scenario["steps"].as_array().cloned().unwrap_or_default(),
            world: bench.corpus.join("rest/world"),
            binary: bench.binary.clone(),
            cell,
        };
        replay.build_world()?;
        Ok(replay)
    }

    /// Puts the world's objects into the server and waits until they have settled.
    fn build_world(&self) -> Result<(), String> {
        let until = Instant::now() + WORLD_WITHIN;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if Instant::now() > until {
                return Err("the server does not listen".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.world)
            .map_err(|error| format!("{}: {error}", self.world.display()))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let is_object = name.contains("tmpl-")
                    || name.contains("cron-")
                    || name.starts_with("wf-")
                    || name == "setup.yaml";
                is_object && !name.contains("upload")
            })
            .collect();
        // In the order in which they were made: those to look at, those to act on, those to archive.
        files.sort_by_key(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let rank = match name.as_str() {
                "setup.yaml" => 0,
                "wf-arch-retry-gone.yaml" => 5,
                name if name.starts_with("wf-arch-") => 4,
                name if name.starts_with("wf-act-") => 3,
                name if name.starts_with("wf-") => 2,
                _ => 1,
            };
            (rank, name)
        });
        for file in files {
            let said = |error: String| format!("{}: {error}", file.display());
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("wf-") {
                let file = file.to_string_lossy();
                let outcome = self.call(&["submit", &file, "-o", "name"], &[], None)?;
                if outcome.code != Some(0) {
                    return Err(said(outcome.stderr));
                }
                continue;
            }
            let manifest = std::fs::read_to_string(&file).map_err(|error| said(error.to_string()))?;
            // The settings of the other recording's namespace hold here too.
            let manifest = manifest
                .replace("namespace: rest,", "namespace: cli,")
                .replace("namespace: rest}", "namespace: cli}")
                .replace("keyFormat: \"rest/", "keyFormat: \"cli/");
            self.apply(&manifest).map_err(said)?;
        }
        let (mut last, mut since) = (String::new(), Instant::now());
        while since.elapsed() < QUIET_FOR && Instant::now() < until {
            let now = self.call(&["list", "-o", "yaml"], &[], None)?.stdout;
            if now != last {
                (last, since) = (now, Instant::now());
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        Ok(())
    }

    fn apply(&self, manifest: &str) -> Result<(), String> {
        let body = serde_json::json!({ "namespace": "cli", "text": manifest }).to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(|error| error.to_string())?;
        let request = format!(
            "POST /api/tiphys/v1/apply HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
        // The line with the status is enough; the connection may stay open.
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).map_err(|error| error.to_string())?;
        let status = String::from_utf8_lossy(&answer).into_owned();
        if status == "HTTP/1.1 200" { Ok(()) } else { Err(status) }
    }

    fn call(
        &self,
        arguments: &[&str],
        changed: &[(String, Option<String>)],
        stdin: Option<&str>,
    ) -> Result<program::Outcome, String> {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.cell.folder.join("files"));
        for (name, value) in [
            ("ARGO_SERVER", format!("127.0.0.1:{}", self.port).as_str()),
            ("ARGO_HTTP1", "true"),
            ("ARGO_SECURE", "false"),
            ("ARGO_NAMESPACE", "cli"),
            ("ARGO_TOKEN", "Bearer x"),
            ("TERM", "xterm"),
            ("TZ", "UTC"),
        ] {
            command.env(name, value);
        }
        command.env("TIPHYS_STATE_DIR", self.cell.folder.join("nothing")).env_remove("NO_COLOR");
        for (name, value) in changed {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        self.cell.finish(command, stdin, RUN_WITHIN)
    }

    fn cases(&self, bench: &Bench) -> Result<Vec<Case>, String> {
        let mut cases = Vec::new();
        for step in &self.steps {
            if let Some(arguments) = step["do"].as_array() {
                let arguments: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
                self.call(&arguments, &[], step["stdin"].as_str())?;
                continue;
            }
            let id = text(step, "run");
            let Some(record) = self.records.get(id) else { continue };
            let outcome = self.replay(record)?;
            if !bench.wants(id) {
                continue;
            }
            cases.push(Case { id: id.to_owned(), verdict: judge(id, record, &outcome) });
        }
        Ok(cases)
    }

    fn replay(&self, record: &Value) -> Result<program::Outcome, String> {
        let arguments: Vec<&str> =
            record["args"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let changed: Vec<(String, Option<String>)> = record["env"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                let guarded = format!("127.0.0.1:{}", self.guarded_port);
                (name.clone(), value.as_str().map(|value| value.replace("<server:client>", &guarded)))
            })
            .collect();
        self.call(&arguments, &changed, record["stdin"].as_str())
    }
}

fn judge(id: &str, record: &Value, outcome: &program::Outcome) -> Verdict {
    if let Some((_, reason)) = NEEDS_CLUSTER.iter().find(|(known, _)| *known == id) {
        return Verdict::Skipped((*reason).to_owned());
    }
    let mut differences = Vec::new();
    let wanted_code = record["exit"].as_i64();
    if wanted_code != outcome.code.map(i64::from) {
        differences.push(format!("exit {:?} instead of {}", outcome.code, record["exit"]));
    }
    let wanted = text(record, "stdout");
    let doubled = compare(id, record, wanted, &outcome.stdout, &mut differences);
    let (wanted, found) = (complaint(text(record, "stderr")), complaint(&outcome.stderr));
    if !same(&wanted, &found.replace("\"tiphys", "\"argo").replace("'tiphys", "'argo")) {
        differences.push(format!("stderr `{}` instead of `{}`", found.trim_end(), wanted.trim_end()));
    }
    let explained = DEVIATIONS.iter().find(|(known, _)| *known == id);
    match (differences.is_empty(), explained, doubled) {
        (true, _, false) => Verdict::Agrees,
        (true, _, true) => Verdict::Deviates("API-128: what is in two places is listed once".to_owned()),
        (false, Some((_, row)), _) => Verdict::Deviates((*row).to_owned()),
        (false, None, _) => Verdict::Differs(differences.join("\n")),
    }
}

/// What a person is told: without the usage after it, which is our own.
fn complaint(text: &str) -> String {
    let told = text.split("Usage:").next().unwrap_or_default();
    let kept = told.lines().filter(|line| !line.trim().is_empty()).take_while(|line| {
        // Our help describes the verb before its usage.
        line.starts_with("Error:") || line.starts_with("time=") || line.contains("<time>") || is_told(line)
    });
    kept.map(|line| format!("{}\n", line.trim_end())).collect()
}

fn is_told(line: &str) -> bool {
    line.starts_with("Run '")
        || line.starts_with("  <uid")
        || line.starts_with("Please")
        || line.starts_with('\x1b')
        || line.starts_with(|c: char| c.is_ascii_digit())
}

/// Compares standard output. True if the recording says everything twice where we say it once.
fn compare(id: &str, record: &Value, wanted: &str, found: &str, out: &mut Vec<String>) -> bool {
    let arguments: Vec<&str> =
        record["args"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let form = arguments.windows(2).find(|pair| pair[0] == "-o").map(|pair| pair[1]);
    if matches!(form, Some("json" | "yaml")) && !wanted.is_empty() && !wanted.starts_with("Name:") {
        return documents(wanted, found, form == Some("yaml"), out);
    }
    let (mut wanted, mut found) = (lines(wanted), lines(found));
    let is_log = text(record, "verb") == "logs" || arguments.contains(&"--log");
    if is_log {
        let own = |line: &String| !line.contains("level=INFO");
        wanted.retain(own);
        found.retain(own);
        wanted.sort();
        found.sort();
    }
    // Where a pod ran is the recorded cluster there, and this machine here.
    for (side, place) in [(&mut wanted, "node"), (&mut found, HOST.as_str())] {
        for line in side.iter_mut() {
            if let Some(short) = line.strip_suffix(place).and_then(|rest| rest.strip_suffix(" | ")) {
                *line = short.to_owned();
            }
        }
    }
    if text(record, "verb") == "wait" {
        wanted.sort();
        found.sort();
    }
    let lists =
        arguments.contains(&"list") || text(record, "verb") == "delete" || id.starts_with("archive-label");
    let before = wanted.len();
    if lists {
        // What a cluster cannot place, and what an S3 store says, is otherwise here.
        let same_here = |line: &String| {
            !line.contains("wf-unschedulable") && !line.contains("wf-error") && line != "pending"
        };
        wanted.retain(same_here);
        found.retain(same_here);
        found.iter_mut().for_each(|line| *line = SUFFIX.replace_all(line, "-#####$1").into_owned());
        let mut seen = BTreeSet::new();
        found.retain(|line| seen.insert(line.clone()));
        let mut seen = BTreeSet::new();
        wanted.retain(|line| seen.insert(line.clone()) || line.contains("not found"));
        // What is deleted twice is not there the second time.
        let deleted: Vec<String> = wanted.clone();
        wanted.retain(|line| {
            let again = line.replace("' not found", "' deleted");
            again == *line || !deleted.contains(&again)
        });
        wanted.sort();
        found.sort();
    }
    if wanted.len() != found.len() {
        out.push(format!("{} lines instead of {}", found.len(), wanted.len()));
    }
    for (wanted, found) in wanted.iter().zip(&found) {
        if !same(wanted, found) {
            out.push(format!("`{found}` instead of `{wanted}`"));
        }
        if out.len() > 8 {
            break;
        }
    }
    lists && wanted.len() < before
}

/// Lines with their columns set apart by one mark, so that widths do not count.
fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| COLUMNS.replace_all(line.trim_end(), " | ").into_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

/// What differs from run to run, and what stands for it.
static MASKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d [+-]\d{4}", "<time>"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC", "<time>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "<time-fraction>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
        (r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "<time>"),
        (r"\((now|\d+ \w+ (ago|from now))\)", "(<relative>)"),
        (r"\(<relative>\)", "<>"),
        (r"\b\d+ (second|minute|hour|day)s?( \d+ \w+)?", "<duration>"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
        (r"<uid[-:][^>]*>", "<uid>"),
        (r"~+(,~+)*", "~"),
        (r"\b\d+[smhd]\b(\d+[smh])*", "~"),
        (r"-#####(-#+)?", "-<suffix>"),
    ]
    .map(|(pattern, mask)| (Regex::new(pattern).expect("a valid pattern"), mask))
    .into()
});

/// The name of this machine, which the server gives where a cluster gives a node's.
static HOST: LazyLock<String> = LazyLock::new(|| {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
});

/// What is left of placeholders stands for any text of its kind.
static HOLES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<suffix>|<resources>|<duration>|<n>|~|<time[a-z-]*>").expect("a valid pattern")
});

/// A generated suffix at the end of a name.
static SUFFIX: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"-[bcdfghjklmnpqrstvwxz2456789]{5}(\'| \||$)").expect("a valid pattern"));

static COLUMNS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s{2,}").expect("a valid pattern"));

/// Whether a text is what a recorded one, with its placeholders, says.
fn same(wanted: &str, found: &str) -> bool {
    let masked = |text: &str| -> String {
        MASKS
            .iter()
            .fold(text.to_owned(), |text, (pattern, mask)| pattern.replace_all(&text, *mask).into_owned())
    };
    let (wanted, found) = (masked(wanted), masked(found));
    if wanted == found {
        return true;
    }
    let mut pattern = String::from("^");
    let mut at = 0;
    for hole in HOLES.find_iter(&wanted) {
        pattern.push_str(&regex::escape(&wanted[at..hole.start()]));
        pattern.push_str(match hole.as_str() {
            "<suffix>" => "[a-z0-9]{5}(-[0-9]+)?",
            "<resources>" => ".*",
            "<n>" => "[0-9]+",
            // A duration, none, or how long which resources were held.
            "~" => r"(~|N/A|[0-9]?~?\*\([^)]*\)(,[0-9]?~?\*\([^)]*\))*)?",
            _ => ".+",
        });
        at = hole.end();
    }
    pattern.push_str(&regex::escape(&wanted[at..]));
    pattern.push('$');
    Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(&found))
}

/// Fields that only a cluster gives, and fields whose presence depends on chance.
const OF_CLUSTER: [&str; 10] = [
    "workflows.argoproj.io/creator",
    "managedFields",
    "workflows.argoproj.io/trace-id",
    "workflows.argoproj.io/workflow-archiving-status",
    "workflows.argoproj.io/pod-name-format",
    "resourcesDuration",
    "artifactRepositoryRef",
    "ownerReferences",
    "hostNodeName",
    "artifactGCStatus",
];

fn documents(wanted: &str, found: &str, yaml: bool, out: &mut Vec<String>) -> bool {
    let parse = |text: &str| -> Result<Value, String> {
        if yaml {
            serde_saphyr::from_str(text).map_err(|error| error.to_string())
        } else {
            serde_json::from_str(text).map_err(|error| error.to_string())
        }
    };
    let (wanted, found) = match (parse(wanted), parse(found)) {
        (Ok(wanted), Ok(found)) => (wanted, found),
        (Err(_), _) => return false,
        (_, Err(error)) => {
            out.push(format!("not a document: {error}"));
            return false;
        }
    };
    let (wanted, doubled) = match wanted {
        Value::Array(items) => {
            let mut once: Vec<Value> = Vec::new();
            let count = items.len();
            for item in items {
                let name = |item: &Value| item["metadata"]["name"].clone();
                if !once.iter().any(|known| name(known) == name(&item)) {
                    once.push(item);
                }
            }
            let doubled = once.len() < count;
            (Value::Array(once), doubled)
        }
        other => (other, false),
    };
    fields(&wanted, &found, "", out);
    doubled
}

/// Whether an object holds nothing but what only a cluster gives.
fn is_of_cluster(value: &Value) -> bool {
    let fields = value.as_object().filter(|fields| !fields.is_empty());
    fields.is_some_and(|fields| fields.keys().all(|key| OF_CLUSTER.contains(&key.as_str())))
}

/// Presence, and values that people match on.
fn fields(wanted: &Value, found: &Value, path: &str, out: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, value) in wanted.iter().filter(|(key, _)| !OF_CLUSTER.contains(&key.as_str())) {
                match found.get(key) {
                    Some(other) => fields(value, other, &format!("{path}.{key}"), out),
                    None if is_of_cluster(value) => {}
                    None => out.push(format!("{path}.{key} is missing")),
                }
            }
            for key in found.keys().filter(|key| !OF_CLUSTER.contains(&key.as_str())) {
                if !wanted.contains_key(key) {
                    out.push(format!("{path}.{key} is too much"));
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) => {
            if wanted.len() != found.len() {
                out.push(format!("{path} has {} entries instead of {}", found.len(), wanted.len()));
            }
            for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                fields(wanted, found, &format!("{path}[{at}]"), out);
            }
        }
        (Value::String(wanted), Value::String(found)) => {
            // The recorded store keeps each namespace in a folder of its own.
            let is_key = path.ends_with(".key") && wanted.ends_with(&format!("/{found}"));
            if !wanted.contains('<') && !is_key && !same(wanted, found) {
                out.push(format!("{path}: `{found}` instead of `{wanted}`"));
            }
        }
        (Value::Null, Value::Null) | (Value::Number(_), _) | (Value::Bool(_), Value::Bool(_)) => {}
        (Value::String(text), _) if text.contains('<') => {}
        _ => out.push(format!("{path} is {found} instead of {wanted}")),
    }
}
