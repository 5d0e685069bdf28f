//! OpenTelemetry traces: one for each run that ends, with a span for each of its nodes, sent by OTLP over HTTP.
//!
//! A trace is told when all of it is known, from the journal, so that no run waits for a collector and a server that
//! was started anew lacks nothing. The identity of a trace is the uid of its run: telling it twice changes nothing, and
//! whoever knows the run finds the trace.

#[cfg(test)]
mod tests;

use super::client::client;
use crate::world::World;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tiphys_controller::view;
use tiphys_engine::Run;

/// Runs that may wait to be told; more are dropped, which the log tells.
const QUEUE_MAX: usize = 1_000;

/// Most runs told with one request.
const RUNS_MAX: usize = 32;

/// Most nodes of a run that get a span of their own.
const NODES_MAX: usize = 10_000;

/// Pauses before a collector is asked again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// Longest wait for the collector.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Where traces go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traces {
    /// The whole address of the collector's traces.
    pub url: String,
    /// What is sent with each request, to be let in.
    pub headers: Vec<(String, String)>,
    /// Under which name the server is known there.
    pub service: String,
}

impl Traces {
    /// What the variables say that all programs with OpenTelemetry share; none if they name no collector.
    pub fn from_env() -> Option<Traces> {
        Traces::named(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn named(variable: &dyn Fn(&str) -> Option<String>) -> Option<Traces> {
        if variable("OTEL_SDK_DISABLED").is_some_and(|disabled| disabled.eq_ignore_ascii_case("true")) {
            return None;
        }
        let own = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let url = own.or_else(|| {
            let shared = variable("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            Some(format!("{}/v1/traces", shared.trim_end_matches('/')))
        })?;
        let headers = variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS")
            .or_else(|| variable("OTEL_EXPORTER_OTLP_HEADERS"))
            .unwrap_or_default();
        let headers = headers
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Some(Traces {
            url,
            headers,
            service: variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "tiphys".to_owned()),
        })
    }
}

/// Where runs that ended are put to be told.
#[derive(Default)]
pub(crate) struct Tracer(OnceLock<SyncSender<Arc<Value>>>);

impl Tracer {
    /// Starts the thread that tells. It ends with the world.
    pub(crate) fn start(&self, world: Weak<World>, traces: Traces) -> std::io::Result<()> {
        let (sender, ended) = sync_channel(QUEUE_MAX);
        std::thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || tell_all(&world, &ended, &traces))?;
        // Started once; a second collector would not be told.
        drop(self.0.set(sender));
        Ok(())
    }

    /// Has a run told that is over.
    pub(crate) fn ended(&self, document: &Arc<Value>) {
        if let Some(sender) = self.0.get()
            && let Err(TrySendError::Full(_)) = sender.try_send(document.clone())
        {
            tracing::warn!("too many traces wait for the collector: one is dropped");
        }
    }
}

fn tell_all(world: &Weak<World>, ended: &Receiver<Arc<Value>>, traces: &Traces) {
    while let Ok(first) = ended.recv() {
        let mut spans = Vec::new();
        let Some(world) = world.upgrade() else { return };
        for document in std::iter::once(first).chain(ended.try_iter().take(RUNS_MAX - 1)) {
            let uid = document["metadata"]["uid"].as_str().unwrap_or_default();
            // One that is gone by now is told by its document alone.
            let run = world.store(|store| Ok(view::run(store, uid))).ok().and_then(Result::ok).flatten();
            spans.extend(spans_of(&document, run.as_ref().map(|(_, run)| run)));
        }
        drop(world);
        let body = request(&traces.service, spans).to_string();
        let mut pauses = PAUSES.iter();
        while let Err(reason) = post(traces, &body) {
            match pauses.next() {
                Some(pause) => std::thread::sleep(*pause),
                None => {
                    tracing::warn!(reason, "the collector of traces cannot be told");
                    break;
                }
            }
        }
    }
}

fn post(traces: &Traces, body: &str) -> Result<(), String> {
    let mut request = client(ANSWER_WITHIN).post(&traces.url).header("content-type", "application/json");
    for (name, value) in &traces.headers {
        request = request.header(name, value);
    }
    // The headers may hold a secret, so an error tells only what went wrong.
    request.send(body).map(|_| ()).map_err(|error| error.to_string())
}

/// A message of OTLP.
fn request(service: &str, spans: Vec<Value>) -> Value {
    let resource = [("service.name", json!(service)), ("service.version", json!(env!("CARGO_PKG_VERSION")))];
    json!({ "resourceSpans": [{
        "resource": { "attributes": attributes(resource) },
        "scopeSpans": [{ "scope": { "name": "tiphys" }, "spans": spans }],
    }] })
}

fn attributes<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let told = pairs.into_iter().filter(|(_, value)| !value.is_null() && *value != "");
    told.map(|(key, value)| {
        let value = match &value {
            Value::Number(number) => json!({ "intValue": number.to_string() }),
            other => json!({ "stringValue": other }),
        };
        json!({ "key": key, "value": value })
    })
    .collect()
}

/// The spans of a run that is over. The journal's run knows times better than the document, which tells seconds.
fn spans_of(document: &Value, run: Option<&Run>) -> Vec<Value> {
    let (metadata, status) = (&document["metadata"], &document["status"]);
    let uid = metadata["uid"].as_str().unwrap_or_default();
    let trace = trace_id(uid);
    let root = span_id(uid, "");
    let label = |name: &str| metadata["labels"][format!("workflows.argoproj.io/{name}")].clone();
    let span = |id: &str, parent: Option<&str>, name: &Value, told: &Value, exact: Option<(i64, i64)>| {
        let (start, end) = exact.unwrap_or_else(|| (us(&told["startedAt"]), us(&told["finishedAt"])));
        let mut span = json!({
            "traceId": trace,
            "spanId": id,
            "name": name,
            "kind": 1,
            "startTimeUnixNano": format!("{start}000"),
            "endTimeUnixNano": format!("{}000", end.max(start)),
            "status": state(told),
        });
        if let Some(parent) = parent {
            span["parentSpanId"] = json!(parent);
        }
        span
    };
    let exact = run.and_then(|run| Some((run.started?.0, run.finished?.0)));
    let mut whole = span(&root, None, &metadata["name"], status, exact);
    whole["attributes"] = attributes([
        ("workflow.name", metadata["name"].clone()),
        ("workflow.namespace", metadata["namespace"].clone()),
        ("workflow.uid", metadata["uid"].clone()),
        ("workflow.phase", status["phase"].clone()),
        ("workflow.template", label("workflow-template")),
        ("workflow.cluster_template", label("cluster-workflow-template")),
        ("workflow.cron", label("cron-workflow")),
    ]);
    let mut spans = vec![whole];
    let none = Map::new();
    let nodes = status["nodes"].as_object().unwrap_or(&none);
    let mut exact: Map<String, Value> = Map::new();
    if let Some(run) = run.filter(|_| nodes.len() <= NODES_MAX) {
        for ix in run.indices() {
            let node = run.node(ix);
            exact.extend(node.finished.map(|end| (run.id(ix), json!([node.started.0, end.0]))));
        }
    }
    for (id, node) in nodes.iter().take(NODES_MAX) {
        let around = node["boundaryID"].as_str().filter(|around| nodes.contains_key(*around));
        let parent = around.map_or_else(|| root.clone(), |around| span_id(uid, around));
        let times = exact.get(id).and_then(|times| Some((times[0].as_i64()?, times[1].as_i64()?)));
        let mut told = span(&span_id(uid, id), Some(&parent), &node["displayName"], node, times);
        told["attributes"] = attributes([
            ("node.id", json!(id)),
            ("node.name", node["name"].clone()),
            ("node.type", node["type"].clone()),
            ("node.phase", node["phase"].clone()),
            ("node.template", node["templateName"].clone()),
            ("node.host", node["hostNodeName"].clone()),
            ("node.exit_code", node["outputs"]["exitCode"].clone()),
        ]);
        spans.push(told);
    }
    spans
}

/// OTLP's word for how something came out.
fn state(told: &Value) -> Value {
    match told["phase"].as_str() {
        Some("Failed" | "Error") => {
            json!({ "code": 2, "message": told["message"].as_str().unwrap_or_default() })
        }
        Some("Succeeded") => json!({ "code": 1 }),
        _ => json!({}),
    }
}

fn us(time: &Value) -> i64 {
    let time = time.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    time.map_or(0, |time| time.as_microsecond())
}

/// A uid is an identity of sixteen bytes, and so is that of a trace.
fn trace_id(uid: &str) -> String {
    match uuid::Uuid::parse_str(uid) {
        Ok(uuid) => uuid.simple().to_string(),
        Err(_) => hex(&Sha256::digest(uid.as_bytes())[..16]),
    }
}

fn span_id(uid: &str, node: &str) -> String {
    hex(&Sha256::digest(format!("{uid}/{node}").as_bytes())[..8])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
