//! Lifecycle hooks and probes of containers, as the step itself sees to them.

use crate::daemons;
use serde_json::Value;
use tiphys_runner::step::{Action, Care, Probe, Purpose, Question};

/// How often a probe is asked when it does not say so itself, in seconds, as Kubernetes has it.
pub(crate) const PERIOD: u64 = 10;

/// How long an answer may take when the probe does not say so itself, in seconds.
pub(crate) const TIMEOUT: u64 = 1;

/// After how many bad answers a probe has failed when it does not say so itself.
const FAILURES: u64 = 3;

/// What is to be done for a container that can be reached at this address. Of a daemon the step also finds out when it
/// is ready, as far as nobody outside can ask.
pub(super) fn of(container: &Value, address: &str, is_daemon: bool) -> Result<Care, String> {
    let hook = |name: &str| -> Result<Option<Action>, String> {
        let described = container.pointer(&format!("/lifecycle/{name}")).filter(|hook| !hook.is_null());
        described.map(|hook| action(container, address, hook, &format!("lifecycle.{name}"))).transpose()
    };
    let mut probes = Vec::new();
    let kinds = [
        ("startupProbe", Purpose::Startup),
        ("readinessProbe", Purpose::Readiness),
        ("livenessProbe", Purpose::Liveness),
    ];
    for (field, purpose) in kinds {
        let Some(described) = container.get(field).filter(|probe| !probe.is_null()) else { continue };
        if purpose == Purpose::Readiness && !(is_daemon && is_asked_inside(described)) {
            continue;
        }
        let number = |field: &str, usual: u64| described.get(field).and_then(Value::as_u64).unwrap_or(usual);
        let count = |field: &str, usual: u64| u32::try_from(number(field, usual).max(1)).unwrap_or(u32::MAX);
        probes.push(Probe {
            purpose,
            action: action(container, address, described, field)?,
            after_ms: number("initialDelaySeconds", 0).saturating_mul(1_000),
            period_ms: number("periodSeconds", PERIOD).max(1).saturating_mul(1_000),
            timeout_ms: number("timeoutSeconds", TIMEOUT).max(1).saturating_mul(1_000),
            failures: count("failureThreshold", FAILURES),
            successes: count("successThreshold", 1),
        });
    }
    Ok(Care { post_start: hook("postStart")?, pre_stop: hook("preStop")?, probes })
}

/// Whether only the step itself can find out what a probe asks.
pub(crate) fn is_asked_inside(probe: &Value) -> bool {
    probe.get("httpGet").is_none() && probe.get("tcpSocket").is_none()
}

fn action(container: &Value, address: &str, described: &Value, field: &str) -> Result<Action, String> {
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let host = |target: &Value| Some(text(target, "host")).filter(|host| !host.is_empty());
    let host = |target: &Value| host(target).unwrap_or_else(|| address.to_owned());
    let port = |target: &Value| {
        let port = daemons::port(container, target)?;
        u16::try_from(port).map_err(|_| format!("{field}: there is no port {port}"))
    };
    if let Some(exec) = described.get("exec") {
        let words = exec.get("command").and_then(Value::as_array).into_iter().flatten();
        let command: Vec<String> = words.filter_map(Value::as_str).map(str::to_owned).collect();
        if command.is_empty() {
            return Err(format!("{field}: `exec` has no command"));
        }
        return Ok(Action::Exec { command });
    }
    if let Some(get) = described.get("httpGet") {
        let headers = get.get("httpHeaders").and_then(Value::as_array).into_iter().flatten();
        return Ok(Action::Ask(Question::Http {
            host: host(get),
            port: port(get)?,
            path: text(get, "path"),
            headers: headers.map(|header| (text(header, "name"), text(header, "value"))).collect(),
            tls: text(get, "scheme").eq_ignore_ascii_case("https"),
        }));
    }
    if let Some(socket) = described.get("tcpSocket") {
        return Ok(Action::Ask(Question::Tcp { host: host(socket), port: port(socket)? }));
    }
    if let Some(grpc) = described.get("grpc") {
        let service = text(grpc, "service");
        return Ok(Action::Ask(Question::Grpc { host: address.to_owned(), port: port(grpc)?, service }));
    }
    if let Some(sleep) = described.get("sleep") {
        let seconds = sleep.get("seconds").and_then(Value::as_u64).unwrap_or(0);
        return Ok(Action::Sleep { ms: seconds.saturating_mul(1_000) });
    }
    Err(format!("{field}: one of `exec`, `httpGet`, `tcpSocket` and `grpc` is needed"))
}
