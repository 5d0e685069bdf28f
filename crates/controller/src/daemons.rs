//! Daemons: when they are ready, and where others find them (EX-370).

use crate::prepare::care;
use serde_json::Value;
use std::time::Duration;
use tiphys_engine::workflow::Pod;
use tiphys_engine::{Plan, workflow};
use tiphys_runner::agent::{HttpRequest, Task};
use tiphys_runner::step::AttemptId;
use tiphys_spec as spec;

/// What the agent's names of probes begin with.
const PREFIX: &str = "probe/";

/// One question to a daemon.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// How to ask it; none if the step finds out by itself and tells.
    pub task: Option<Task>,
    /// How long after the start it is asked first.
    pub after: Duration,
    /// How long after a bad answer it is asked again.
    pub period: Duration,
}

/// Where a pod of this machine can be reached: every one has a loopback address of its own.
pub(crate) fn address(plan: &Plan, attempt: workflow::Attempt) -> String {
    let name = format!("{}/{}.{}", plan.uid, attempt.node.0, attempt.generation);
    let hash = tiphys_expr::names::fnv1a(tiphys_expr::names::FNV_OFFSET, name.as_bytes());
    let [a, b, c, _] = hash.to_be_bytes();
    // Neither the network's own address nor a broadcast, and not where everybody's services are.
    format!("127.{}.{b}.{}", 1 + a % 254, 1 + c % 254)
}

/// The readiness probes of a pod's containers; ready are all of them, or none (EX-370). The error is the node's.
pub(crate) fn probes(plan: &Plan, pod: &Pod) -> Result<Vec<Probe>, String> {
    let template = &pod.template;
    let own = template.container.iter().chain(&template.script).chain(&template.sidecars);
    let set = template.container_set.iter().filter_map(|set| set.get("containers")?.as_array()).flatten();
    let address = address(plan, pod.attempt);
    own.chain(set)
        .filter_map(|container| Some((container, container.get("readinessProbe")?)))
        .filter(|(_, probe)| !probe.is_null())
        .map(|(container, probe)| self::probe(&address, container, probe))
        .collect()
}

fn probe(address: &str, container: &Value, probe: &Value) -> Result<Probe, String> {
    let seconds = |field: &str, usual: u64| probe.get(field).and_then(Value::as_u64).unwrap_or(usual);
    let timeout = Duration::from_secs(seconds("timeoutSeconds", care::TIMEOUT).max(1));
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let task = if let Some(get) = probe.get("httpGet") {
        let host = Some(text(get, "host")).filter(|host| !host.is_empty());
        let scheme = if text(get, "scheme").eq_ignore_ascii_case("https") { "https" } else { "http" };
        let path = text(get, "path");
        let headers = get.get("httpHeaders").and_then(Value::as_array).into_iter().flatten();
        Some(Task::Http(HttpRequest {
            method: "GET".to_owned(),
            url: format!(
                "{scheme}://{}:{}/{}",
                host.as_deref().unwrap_or(address),
                port(container, get)?,
                path.trim_start_matches('/')
            ),
            headers: headers.map(|header| (text(header, "name"), text(header, "value"))).collect(),
            body: None,
            timeout: Some(timeout),
            // Kubernetes does not look at the certificate either.
            insecure: true,
        }))
    } else if let Some(socket) = probe.get("tcpSocket") {
        let host = Some(text(socket, "host")).filter(|host| !host.is_empty());
        let host = host.as_deref().unwrap_or(address);
        Some(Task::Tcp { address: format!("{host}:{}", port(container, socket)?), timeout })
    } else {
        None
    };
    Ok(Probe {
        task,
        after: Duration::from_secs(seconds("initialDelaySeconds", 0)),
        period: Duration::from_secs(seconds("periodSeconds", care::PERIOD).max(1)),
    })
}

/// A port by its number, or by the name that the container gives it.
pub(crate) fn port(container: &Value, target: &Value) -> Result<u64, String> {
    let named = |name: &str| {
        let ports = container.get("ports").and_then(Value::as_array)?;
        ports
            .iter()
            .find(|port| port.get("name").and_then(Value::as_str) == Some(name))?
            .get("containerPort")?
            .as_u64()
    };
    match target.get("port") {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok().or_else(|| named(text)),
        _ => None,
    }
    .ok_or_else(|| "a probe or hook names a port that its container does not have".to_owned())
}

/// What is said of a daemon that is not ready.
pub(crate) fn not_ready(answer: &str, tries: u32) -> String {
    let times = if tries == 1 { "asked once".to_owned() } else { format!("asked {tries} times") };
    format!("its readiness probe has not succeeded yet: {answer} ({times})")
}

/// Whether a template asks to go on beside the others.
pub(crate) fn is_daemon(template: &spec::Template) -> bool {
    template.daemon == Some(true)
}

/// The name under which the agent asks a probe.
pub(crate) fn probe_id(attempt: &AttemptId) -> AttemptId {
    AttemptId(format!("{PREFIX}{}", attempt.0))
}

/// The attempt that a probe was asked for.
pub(crate) fn probed(id: &AttemptId) -> Option<AttemptId> {
    id.0.strip_prefix(PREFIX).map(|attempt| AttemptId(attempt.to_owned()))
}
