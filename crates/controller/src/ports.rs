//! Whether the ports of a step that failed were taken by somebody who listens on all addresses.
//!
//! Steps share the machine's network, each with a loopback address of its own (EX-370). A program that listens on
//! `0.0.0.0` takes its port on these as well, and whoever comes second fails with a reason that only its log knows.

use crate::daemons;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use tiphys_spec as spec;

/// Where the kernel lists sockets, for both kinds of addresses.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// State of a socket that listens, as the tables write it.
const LISTENS: &str = "0A";

/// What to add to the message of a step that failed: which of its ports somebody holds on all addresses, and what to do.
pub(crate) fn complaint(template: &spec::Template) -> Option<String> {
    let wanted = declared(template);
    if wanted.is_empty() {
        return None;
    }
    let tables: Vec<String> = TABLES.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let taken: BTreeSet<u64> = tables.iter().flat_map(|table| everywhere(table)).collect();
    let port = wanted.intersection(&taken).next()?;
    Some(format!(
        "a program that listens on all addresses of this machine has port {port}: let it, and this step, listen on the \
         address of their own pod, `status.podIP` of the downward API, instead of 0.0.0.0"
    ))
}

/// The ports that the containers of a template name, or are probed at.
fn declared(template: &spec::Template) -> BTreeSet<u64> {
    let own = template.container.iter().chain(&template.script).chain(&template.sidecars);
    let set = template.container_set.iter().filter_map(|set| set.get("containers")?.as_array()).flatten();
    own.chain(set).flat_map(ports).collect()
}

fn ports(container: &Value) -> Vec<u64> {
    let named = container.get("ports").and_then(Value::as_array).into_iter().flatten();
    let mut ports: Vec<u64> = named.filter_map(|port| port.get("containerPort")?.as_u64()).collect();
    let probe = container.get("readinessProbe");
    let targets = ["httpGet", "tcpSocket"].map(|kind| probe.and_then(|probe| probe.get(kind)));
    ports.extend(targets.into_iter().flatten().filter_map(|target| daemons::port(container, target).ok()));
    ports
}

/// The ports in one of the kernel's tables that somebody listens at on all addresses.
fn everywhere(table: &str) -> impl Iterator<Item = u64> {
    table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (address, port) = fields.next()?.split_once(':')?;
        let listens = fields.nth(1) == Some(LISTENS) && address.bytes().all(|digit| digit == b'0');
        u64::from_str_radix(port, 16).ok().filter(|_| listens)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::net::TcpListener;

    fn complaint_of(container: Value) -> Option<String> {
        complaint(&spec::Template { container: Some(container), ..spec::Template::default() })
    }

    /// EX-370: who holds a port on all addresses is the reason why others cannot have it; who holds it on one is not.
    #[test]
    fn a_port_that_is_taken_everywhere_is_named() {
        let everywhere = TcpListener::bind("0.0.0.0:0").unwrap();
        let one = TcpListener::bind("127.7.7.7:0").unwrap();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        let named = |port: u16| json!({ "ports": [{ "name": "web", "containerPort": port }] });
        let told = complaint_of(named(port(&everywhere))).unwrap();
        assert!(told.contains(&format!("has port {}: let it", port(&everywhere))), "{told}");
        assert_eq!(complaint_of(named(port(&one))), None);
        assert_eq!(complaint_of(json!({})), None);
        let probed = json!({ "readinessProbe": { "tcpSocket": { "port": port(&everywhere) } } });
        assert_eq!(complaint_of(probed), Some(told));
        let gone = port(&everywhere);
        drop(everywhere);
        assert_eq!(complaint_of(named(gone)), None);
    }
}
