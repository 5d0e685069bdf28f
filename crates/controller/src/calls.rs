//! HTTP and plugin templates: what the agent is to call, and what its answer means for the node (EX-470 to EX-478).

use crate::prepare::{self, Place};
use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tiphys_engine::workflow::{Outcome, Phase, Pod};
use tiphys_engine::{Plan, Time};
use tiphys_expr as expr;
use tiphys_runner::agent::{Answer, Call, HttpRequest, HttpResponse, Plugin, Task};
use tiphys_runner::step::{AttemptId, StepRequest};
use tiphys_spec as spec;

/// Shortest pause before a plugin that wants to be asked again is asked.
const REQUEUE_MIN: Duration = Duration::from_millis(100);

/// An `http` block.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Http {
    method: String,
    url: String,
    headers: Vec<Header>,
    timeout_seconds: Option<i64>,
    success_condition: String,
    body: String,
    body_from: Option<BodyFrom>,
    insecure_skip_verify: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Header {
    name: String,
    value: String,
    value_from: Option<HeaderSource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HeaderSource {
    secret_key_ref: Option<spec::ConfigMapKeyRef>,
}

#[derive(Debug, Default, Deserialize)]
struct BodyFrom {
    bytes: Option<String>,
}

/// A plugin that the workflow itself brings (OB-142).
struct OwnPlugin<'a> {
    name: &'a str,
    container: &'a Value,
    port: u64,
}

/// What an answer means.
pub(crate) enum Verdict {
    /// The node ended.
    Ended(Box<Outcome>),
    /// The plugin works on it, and is to be asked again.
    Again(Working),
    /// The call was given up.
    Stopped,
}

/// What a plugin told of work that is not done yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Working {
    /// When to ask it again.
    pub after: Duration,
    /// Whether its node runs already.
    pub runs: bool,
    /// Done so far, and of how many.
    pub progress: Option<(u32, u32)>,
    /// What it said, perhaps nothing.
    pub message: String,
}

/// The call for one attempt. The error is the node's message.
pub(crate) fn call(plan: &Plan, pod: &Pod, place: &Place, attempt: AttemptId) -> Result<Call, String> {
    let task = match (&pod.template.http, &pod.template.plugin) {
        (Some(http), _) => Task::Http(request(&block(http)?, place)?),
        _ => Task::Plugin {
            plugins: plugins(plan, place)?,
            body: serde_json::to_vec(&json!({
                "workflow": { "metadata": { "name": &*plan.name, "namespace": &*plan.namespace, "uid": &*plan.uid } },
                "template": pod.template,
            }))
            .map_err(|error| error.to_string())?,
        },
    };
    Ok(Call { attempt, run: plan.uid.to_string(), after: Duration::ZERO, task })
}

fn block(http: &Value) -> Result<Http, String> {
    serde_json::from_value(http.clone()).map_err(|error| format!("the http template is broken: {error}"))
}

fn request(http: &Http, place: &Place) -> Result<HttpRequest, String> {
    let mut headers = Vec::with_capacity(http.headers.len());
    for header in &http.headers {
        let value = match header.value_from.as_ref().and_then(|from| from.secret_key_ref.as_ref()) {
            None => header.value.clone(),
            Some(reference) => place.secret(reference)?,
        };
        headers.push((header.name.clone(), value));
    }
    let body = match http.body_from {
        None => (!http.body.is_empty()).then(|| http.body.clone().into_bytes()),
        Some(_) => Some(body_bytes(http)?),
    };
    Ok(HttpRequest {
        method: if http.method.is_empty() { "GET".to_owned() } else { http.method.clone() },
        url: http.url.clone(),
        headers,
        body,
        timeout: http
            .timeout_seconds
            .and_then(|seconds| u64::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs),
        insecure: http.insecure_skip_verify,
    })
}

/// The bytes that `bodyFrom` gives. Without them Argo's agent crashes; that is a mistake of the document (EX-473).
fn body_bytes(http: &Http) -> Result<Vec<u8>, String> {
    let text = http.body_from.as_ref().and_then(|from| from.bytes.as_ref());
    base64::engine::general_purpose::STANDARD
        .decode(text.ok_or("http.bodyFrom must give `bytes`")?)
        .map_err(|error| format!("http.bodyFrom.bytes is no Base64: {error}"))
}

/// Whom to ask: the workflow's own plugins, or else the ones that are configured (OB-142).
fn plugins(plan: &Plan, place: &Place) -> Result<Vec<Plugin>, String> {
    let own = own_plugins(plan);
    if own.is_empty() {
        return Ok(place.plugins.clone());
    }
    let token = prepare::plugin_token(place)?;
    let plugin = |own: OwnPlugin<'_>| Plugin {
        name: own.name.to_owned(),
        address: format!("http://127.0.0.1:{}", own.port),
        token: token.clone(),
    };
    Ok(own.into_iter().map(plugin).collect())
}

fn own_plugins(plan: &Plan) -> Vec<OwnPlugin<'_>> {
    let plugins = plan.workflow.spec.executor_plugins.iter();
    plugins
        .filter_map(|plugin| {
            let container = plugin.pointer("/spec/sidecar/container")?;
            Some(OwnPlugin {
                name: plugin.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default(),
                container,
                port: container.pointer("/ports/0/containerPort").and_then(Value::as_u64)?,
            })
        })
        .collect()
}

/// The steps that run the workflow's own plugins beside it; they are stopped with the run.
pub(crate) fn companions(plan: &Plan, pod: &Pod, place: &Place) -> Result<Vec<StepRequest>, String> {
    let mut steps = Vec::new();
    for (attempt, plugin) in companion_ids(plan).into_iter().zip(own_plugins(plan)) {
        steps.push(prepare::plugin(plan, pod, place, plugin.container, attempt)?);
    }
    Ok(steps)
}

/// How the runner knows the workflow's own plugins.
pub(crate) fn companion_ids(plan: &Plan) -> Vec<AttemptId> {
    (0..own_plugins(plan).len()).map(|number| AttemptId(format!("{}/plugin.{number}", plan.uid))).collect()
}

/// What an answer means for its node.
pub(crate) fn verdict(answer: Answer, pod: &Pod, now: Time) -> Verdict {
    match answer {
        Answer::Http(Ok(response)) => Verdict::Ended(Box::new(answered(&response, pod, now))),
        Answer::Http(Err(reason)) | Answer::Plugin(Err(reason)) => {
            Verdict::Ended(Box::new(failed(reason, None)))
        }
        Answer::Plugin(Ok(None)) => {
            Verdict::Ended(Box::new(failed("no plugin executed the template".to_owned(), None)))
        }
        Answer::Plugin(Ok(Some(reply))) => replied(&reply),
        // Nobody asks a node's own question in this way.
        Answer::Tcp(_) | Answer::Stopped => Verdict::Stopped,
    }
}

fn failed(message: String, result: Option<String>) -> Outcome {
    Outcome { phase: Phase::Failed, message: Some(message), result, ..Outcome::default() }
}

/// The body is the result; the status decides unless a condition does (EX-471, EX-472).
fn answered(response: &HttpResponse, pod: &Pod, now: Time) -> Outcome {
    let body = String::from_utf8_lossy(&response.body).into_owned();
    let http = pod.template.http.as_ref().map(block).and_then(Result::ok).unwrap_or_default();
    let condition = &http.success_condition;
    let complaint = if condition.is_empty() {
        (!(200..300).contains(&response.status))
            .then(|| format!("received non-2xx response code: {}", response.status))
    } else {
        let environment = environment(&http, response, &body);
        let world = expr::World { now: now.timestamp(), seed: 0 };
        match expr::evaluate_plain_bool(condition, &environment, &world) {
            Ok(true) => None,
            Ok(false) => Some(format!("successCondition '{condition}' evaluated false")),
            // The agent gives up before it notes what came.
            Err(error) => return failed(error.to_string(), None),
        }
    };
    match complaint {
        Some(complaint) => failed(complaint, Some(body)),
        None => Outcome { phase: Phase::Succeeded, result: Some(body), ..Outcome::default() },
    }
}

/// What a condition may read: the request as it is written. Headers from secrets are not shown to it (EX-472).
fn environment(http: &Http, response: &HttpResponse, body: &str) -> expr::Value {
    let shown = http.headers.iter().filter(|header| header.value_from.is_none());
    // Of a header that is given twice the last value alone is shown, though both are sent.
    let shown: BTreeMap<_, _> = shown.map(|header| (header.name.as_str(), header.value.as_str())).collect();
    let sent = headers(shown.into_iter());
    let came = headers(response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let bytes = body_bytes(http).ok();
    let request = members([
        ("method", http.method.as_str().into()),
        ("url", http.url.as_str().into()),
        ("headers", sent),
        ("body", http.body.as_str().into()),
        ("bodyBytes", bytes.map_or(expr::Value::Nil, |bytes| expr::Value::Bytes(bytes.into()))),
    ]);
    let response = members([
        ("statusCode", expr::Value::int(response.status.into())),
        ("headers", came),
        ("body", body.into()),
    ]);
    members([("request", request), ("response", response)])
}

fn members<const N: usize>(members: [(&str, expr::Value); N]) -> expr::Value {
    expr::Value::map(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// All values of each header.
fn headers<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> expr::Value {
    let mut values: BTreeMap<&str, Vec<expr::Value>> = BTreeMap::new();
    for (name, value) in headers {
        values.entry(name).or_default().push(value.into());
    }
    expr::Value::map(values.into_iter().map(|(name, list)| (name.into(), expr::Value::list(list))).collect())
}

/// A plugin that has not done its work yet is asked again when it says so.
fn again(node: &Value, requeue: &str) -> Verdict {
    let text = |field: &str| node[field].as_str().unwrap_or_default();
    let phase = text("phase");
    let never = || format!("the plugin answered phase `{phase}` without saying when to ask it again");
    let progress =
        text("progress").split_once('/').and_then(|(done, of)| Some((done.parse().ok()?, of.parse().ok()?)));
    match expr::duration::go(requeue) {
        Ok(nanos) => Verdict::Again(Working {
            after: Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)).max(REQUEUE_MIN),
            runs: phase != "Pending",
            progress,
            message: text("message").to_owned(),
        }),
        Err(reason) => {
            let reason = if requeue.is_empty() { never() } else { reason.to_string() };
            Verdict::Ended(Box::new(failed(reason, None)))
        }
    }
}

/// A plugin's reply replaces phase, message and outputs of the node (EX-477).
fn replied(reply: &Value) -> Verdict {
    let node = &reply["node"];
    let text = |field: &str| node[field].as_str().unwrap_or_default();
    let phase = match text("phase") {
        "Succeeded" => Phase::Succeeded,
        "Skipped" => Phase::Skipped,
        "Omitted" => Phase::Omitted,
        "Failed" => Phase::Failed,
        "Error" => Phase::Error,
        _ => return again(node, reply["requeue"].as_str().unwrap_or_default()),
    };
    let outputs: spec::Outputs = match serde_json::from_value(node["outputs"].clone()) {
        Ok(outputs) => outputs,
        Err(_) if node["outputs"].is_null() => spec::Outputs::default(),
        Err(error) => {
            return Verdict::Ended(Box::new(failed(
                format!("the plugin's outputs cannot be read: {error}"),
                None,
            )));
        }
    };
    Verdict::Ended(Box::new(Outcome {
        phase,
        message: (!text("message").is_empty()).then(|| text("message").to_owned()),
        exit_code: outputs.exit_code.as_deref().and_then(|code| code.parse().ok()),
        result: outputs.result,
        parameters: outputs
            .parameters
            .into_iter()
            .filter_map(|parameter| Some((parameter.name, parameter.value?)))
            .collect(),
        artifacts: outputs.artifacts,
        ..Outcome::default()
    }))
}

#[cfg(test)]
mod tests;
