//! What Prometheus reads: Argo's metrics that mean something here, and our own (K8S-400 to K8S-419).
//!
//! The names are Argo's, without the endings that the usual libraries add; so the text is written here.

use crate::argo::info;
use crate::fault::Fault;
use crate::ops::log;
use crate::reply;
use crate::world::World;
use axum::http::Method;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tiphys_store::{Filter, Life, Runs as _, Shelf};

/// Phases that a workflow can have.
const PHASES: [&str; 5] = ["Pending", "Running", "Succeeded", "Failed", "Error"];

/// Limits of the buckets of times that take minutes, in seconds (K8S-413).
const LONG: [f64; 10] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 180.0];

/// Limits of the buckets of answers, in seconds.
const SHORT: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0];

/// Most different sets of labels of one metric; later ones are not counted.
const SERIES_MAX: usize = 2_000;

/// Everything that is counted as it happens.
pub(crate) struct Metrics {
    start: Instant,
    pub(crate) connections: Gauge,
    requests: Mutex<BTreeMap<(String, u16), u64>>,
    latency: Mutex<Histogram<10>>,
    counters: Mutex<BTreeMap<&'static str, Series<f64>>>,
    runtimes: Mutex<Series<Histogram<10>>>,
}

type Series<T> = BTreeMap<String, T>;

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            start: Instant::now(),
            connections: Gauge::default(),
            requests: Mutex::default(),
            latency: Mutex::new(Histogram::new(&SHORT)),
            counters: Mutex::default(),
            runtimes: Mutex::default(),
        }
    }
}

/// How many there are now.
#[derive(Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    pub(crate) fn enter(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Histogram<const N: usize> {
    limits: &'static [f64; N],
    counts: [u64; N],
    count: u64,
    sum: f64,
}

impl<const N: usize> Histogram<N> {
    fn new(limits: &'static [f64; N]) -> Histogram<N> {
        Histogram { limits, counts: [0; N], count: 0, sum: 0.0 }
    }

    fn observe(&mut self, value: f64) {
        for (limit, count) in self.limits.iter().zip(&mut self.counts) {
            if value <= *limit {
                *count += 1;
            }
        }
        self.count += 1;
        self.sum += value;
    }

    fn write(&self, out: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        for (limit, count) in self.limits.iter().zip(&self.counts) {
            line(out, &format!("{name}_bucket"), &format!("{labels}{comma}le=\"{limit}\""), *count as f64);
        }
        line(out, &format!("{name}_bucket"), &format!("{labels}{comma}le=\"+Inf\""), self.count as f64);
        line(out, &format!("{name}_sum"), labels, self.sum);
        line(out, &format!("{name}_count"), labels, self.count as f64);
    }
}

impl Metrics {
    /// Counts an answer.
    pub(crate) fn request(&self, method: &Method, status: u16, took: Duration) {
        // A method that nobody knows could be any text.
        let known = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
        let method = known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
        *held(&self.requests).entry((method.to_owned(), status)).or_default() += 1;
        held(&self.latency).observe(took.as_secs_f64());
    }

    /// Counts one more of something.
    pub(crate) fn count(&self, name: &'static str, labels: &[(&str, &str)]) {
        let mut counters = held(&self.counters);
        let series = counters.entry(name).or_default();
        let labels = labelled(labels);
        if series.len() < SERIES_MAX || series.contains_key(&labels) {
            *series.entry(labels).or_default() += 1.0;
        }
    }

    /// Counts a workflow that ended, by its final document.
    pub(crate) fn ended(&self, document: &Value) {
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, phase) = (text("/metadata/namespace"), text("/status/phase"));
        self.count("total_count", &[("namespace", namespace), ("phase", phase)]);
        for node in document["status"]["nodes"].as_object().into_iter().flat_map(|nodes| nodes.values()) {
            if node["type"] == "Pod"
                && let Some(phase) = node["phase"].as_str()
            {
                self.count("pods_total_count", &[("namespace", namespace), ("phase", phase)]);
            }
        }
        let template = &document["spec"]["workflowTemplateRef"];
        let Some(name) = template["name"].as_str() else { return };
        let cluster = if template["clusterScope"] == true { "true" } else { "false" };
        let labels = [("cluster_scope", cluster), ("name", name), ("namespace", namespace)];
        let [first, second, third] = labels;
        self.count("workflowtemplate_triggered_total", &[first, second, third, ("phase", phase)]);
        let time = |pointer: &str| text(pointer).parse::<jiff::Timestamp>().ok();
        if let (Some(from), Some(to)) = (time("/status/startedAt"), time("/status/finishedAt")) {
            let mut runtimes = held(&self.runtimes);
            let labels = labelled(&labels);
            if runtimes.len() < SERIES_MAX || runtimes.contains_key(&labels) {
                let seconds = to.duration_since(from).as_secs_f64();
                runtimes.entry(labels).or_insert_with(|| Histogram::new(&LONG)).observe(seconds);
            }
        }
    }

    /// Everything, in the text form of Prometheus.
    pub(crate) fn text(&self, world: &World) -> Result<String, Fault> {
        let mut out = String::with_capacity(16 << 10);
        workflows(&mut out, world)?;
        locks(&mut out, world)?;
        for (name, series) in held(&self.counters).iter() {
            let name = format!("argo_workflows_{name}");
            about(&mut out, &name, "counter", told(&name));
            for (labels, value) in series {
                line(&mut out, &name, labels, *value);
            }
        }
        let name = "argo_workflows_workflowtemplate_runtime";
        about(&mut out, name, "histogram", "How long workflows of a template took, in seconds");
        for (labels, histogram) in held(&self.runtimes).iter() {
            histogram.write(&mut out, name, labels);
        }
        about(&mut out, "argo_workflows_log_messages", "counter", "Lines of the server's own log");
        for (level, count) in log::lines() {
            line(&mut out, "argo_workflows_log_messages", &labelled(&[("level", level)]), count as f64);
        }
        about(&mut out, "argo_workflows_is_leader", "gauge", "Whether this process drives workflows");
        line(&mut out, "argo_workflows_is_leader", "", 1.0);
        about(&mut out, "argo_workflows_version", "gauge", "What runs here");
        let platform = info::platform();
        let version = [
            ("build_date", ""),
            ("compiler", info::COMPILER),
            ("git_commit", ""),
            ("git_tag", reply::ARGO_VERSION),
            ("git_tree_state", info::TREE_STATE),
            ("go_version", info::GO_VERSION),
            ("platform", platform.as_str()),
            ("version", reply::ARGO_VERSION),
        ];
        line(&mut out, "argo_workflows_version", &labelled(&version), 1.0);
        // What templates and workflows ask to be measured.
        out.push_str(&world.controller.metrics().text(tiphys_engine::Time(world.now_us())));
        self.of_server(&mut out);
        of_process(&mut out, world, self.start.elapsed());
        Ok(out)
    }

    fn of_server(&self, out: &mut String) {
        about(out, "tiphys_http_requests_total", "counter", "Requests answered");
        for ((method, status), count) in held(&self.requests).iter() {
            let labels = labelled(&[("method", method), ("status", &status.to_string())]);
            line(out, "tiphys_http_requests_total", &labels, *count as f64);
        }
        let name = "tiphys_http_request_duration_seconds";
        about(out, name, "histogram", "Time until an answer began");
        held(&self.latency).write(out, name, "");
        about(out, "tiphys_http_connections", "gauge", "Open connections");
        line(out, "tiphys_http_connections", "", self.connections.now() as f64);
    }
}

/// How many workflows and steps there are (K8S-400, K8S-402, K8S-403).
fn workflows(out: &mut String, world: &World) -> Result<(), Fault> {
    about(out, "argo_workflows_gauge", "gauge", "Workflows that are here, by phase");
    let mut here = 0;
    for phase in PHASES {
        let filter = Filter { phases: vec![phase.to_owned()], ..Filter::default() };
        let count = world.store(|store| store.count(&filter))?;
        here += count;
        line(out, "argo_workflows_gauge", &labelled(&[("phase", phase)]), count as f64);
    }
    let census = world.controller.census()?;
    let name = "argo_workflows_workflow_condition";
    about(out, name, "gauge", "Workflows that are here, by condition");
    let without = here.saturating_sub(census.runs_with_pods);
    for (status, count) in [("False", without), ("True", census.runs_with_pods)] {
        line(out, name, &labelled(&[("status", status), ("type", "PodRunning")]), count as f64);
    }
    about(out, "argo_workflows_pods_gauge", "gauge", "Steps that have not ended, by phase");
    for (phase, count) in [("Pending", census.pods_pending), ("Running", census.pods_running)] {
        line(out, "argo_workflows_pods_gauge", &labelled(&[("phase", phase)]), count as f64);
    }
    let filters = [
        ("tiphys_workflows_unfinished", "Workflows that are not over", Shelf::default(), Life::Live),
        ("tiphys_workflows_archived", "Workflows in the archive", Shelf::Archive, Life::default()),
    ];
    for (name, help, shelf, life) in filters {
        let filter = Filter { shelf, life, ..Filter::default() };
        about(out, name, "gauge", help);
        line(out, name, "", world.store(|store| store.count(&filter))? as f64);
    }
    Ok(())
}

/// Who holds locks and who waits for them (K8S-418).
fn locks(out: &mut String, world: &World) -> Result<(), Fault> {
    let locks = world.store(|store| tiphys_controller::locks::all(store))?;
    for (name, help, is_held) in [
        ("argo_workflows_locks_held", "Holders of a lock", true),
        ("argo_workflows_locks_pending", "Those who wait for a lock", false),
    ] {
        about(out, name, "gauge", help);
        for (key, lock) in &locks {
            let mut parts = key.splitn(3, '/');
            let mut part = || parts.next().unwrap_or_default();
            let (namespace, kind, rest) = (part(), part(), part());
            let (kind, storage) = match kind {
                "Mutex" => ("mutex", "local"),
                "Database" => ("semaphore", "database"),
                _ => ("semaphore", "local"),
            };
            let labels =
                [("lock_name", rest), ("namespace", namespace), ("storage", storage), ("type", kind)];
            let count = if is_held { lock.holders.len() } else { lock.waiters.len() };
            line(out, name, &labelled(&labels), count as f64);
        }
    }
    Ok(())
}

/// What the machine knows of this process.
fn of_process(out: &mut String, world: &World, age: Duration) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB").and_then(|text| text.trim().parse::<f64>().ok()));
    let files = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let database = std::fs::metadata(world.state.database()).map_or(0, |file| file.len());
    let values = [
        ("process_resident_memory_bytes", "Memory in use", resident.unwrap_or(0.0) * 1024.0),
        ("process_open_fds", "Open files", files as f64),
        ("tiphys_uptime_seconds", "Since the server started", age.as_secs_f64()),
        ("tiphys_database_bytes", "Size of the database file", database as f64),
    ];
    for (name, help, value) in values {
        about(out, name, "gauge", help);
        line(out, name, "", value);
    }
}

fn told(name: &str) -> &'static str {
    match name {
        "argo_workflows_total_count" => "Workflows that entered a phase",
        "argo_workflows_pods_total_count" => "Steps that ended, by phase",
        "argo_workflows_workflowtemplate_triggered_total" => "Workflows made of a template, by phase",
        "argo_workflows_cronworkflows_triggered_total" => "Runs made by a schedule",
        "argo_workflows_cronworkflows_concurrencypolicy_triggered" => {
            "Times of a schedule at which an earlier run still ran, by what was done about it"
        }
        "argo_workflows_error_count" => "Errors of the server itself, by cause",
        _ => "Counted by the server",
    }
}

fn about(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &str, value: f64) {
    let _ = if labels.is_empty() {
        writeln!(out, "{name} {value}")
    } else {
        writeln!(out, "{name}{{{labels}}} {value}")
    };
}

/// Labels as they stand between the braces.
fn labelled(labels: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (at, (name, value)) in labels.iter().enumerate() {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(out, "{}{name}=\"{value}\"", if at == 0 { "" } else { "," });
    }
    out
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
