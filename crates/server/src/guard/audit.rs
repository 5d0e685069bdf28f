//! Who changed what: one line for every request that may have changed something, also for those that were refused.

use crate::guard::Peer;
use crate::world::World;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use serde_json::Value;
use std::time::Duration;

/// Who called, as the application found out; travels on the answer.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

/// Longest list of objects in one line.
const OBJECTS_BYTES_MAX: usize = 512;

/// Which objects an answer tells of; travels on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Objects(String);

impl Objects {
    pub(crate) fn of(answer: &Value) -> Option<Objects> {
        let text = |object: &Value, field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let mut objects = match answer["applied"].as_array() {
            Some(applied) => {
                let one = |object| {
                    format!("{}/{} {}", text(object, "kind"), text(object, "name"), text(object, "change"))
                };
                applied.iter().map(one).collect::<Vec<_>>().join(", ")
            }
            None => answer["metadata"]["name"].as_str().or(answer["name"].as_str())?.to_owned(),
        };
        objects.truncate(objects.floor_char_boundary(OBJECTS_BYTES_MAX));
        Some(Objects(objects))
    }
}

/// What is known of a request before it is answered.
pub(crate) struct Record {
    method: Method,
    path: String,
    client: std::net::IpAddr,
}

impl Record {
    pub(crate) fn of(request: &Request, peer: Peer) -> Record {
        Record {
            method: request.method().clone(),
            // Without the query: senders of webhooks may have put secrets there.
            path: request.uri().path().chars().take(512).collect(),
            client: peer.address,
        }
    }

    /// Writes the line, now that the end is known.
    pub(crate) fn close(self, world: &World, response: &Response, took: Duration) {
        let status = response.status().as_u16();
        world.metrics.request(&self.method, status, took);
        let who = response.extensions().get::<Caller>().map_or("", |caller| caller.0.as_str());
        let objects = response.extensions().get::<Objects>().map(|objects| objects.0.as_str());
        let changes = !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let (method, path, client) = (self.method.as_str(), self.path.as_str(), self.client);
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if changes {
            tracing::info!(
                target: "audit", who, client = %client, method, path, objects, status, took_ms, "request"
            );
        } else {
            tracing::debug!(target: "access", who, client = %client, method, path, status, took_ms, "request");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Objects;
    use serde_json::json;

    #[test]
    fn the_audit_names_what_was_changed() {
        let of = |answer| Objects::of(&answer).map(|objects| objects.0);
        let made = json!({ "metadata": { "name": "build-x7k2p", "namespace": "team" }, "spec": {} });
        assert_eq!(of(made), Some("build-x7k2p".to_owned()));
        assert_eq!(of(json!({ "name": "ci", "token": "tph_1" })), Some("ci".to_owned()), "never the token");
        let one = json!({ "kind": "Secret", "namespace": "team", "name": "s", "change": "created" });
        assert_eq!(
            of(json!({ "applied": [one, one] })),
            Some("Secret/s created, Secret/s created".to_owned())
        );
        let many = json!({ "applied": vec![one; 1_000] });
        assert_eq!(of(many).unwrap().len(), 512);
        assert_eq!(of(json!({})), None);
    }
}
