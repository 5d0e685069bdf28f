//! Who changed what: one line for every request that may have changed something, also for those that were refused.

use crate::guard::Peer;
use crate::world::World;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use std::time::Duration;

/// Who called, as the application found out; travels on the answer.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

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
        let changes = !matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let (method, path, client) = (self.method.as_str(), self.path.as_str(), self.client);
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        if changes {
            tracing::info!(target: "audit", who, client = %client, method, path, status, took_ms, "request");
        } else {
            tracing::debug!(target: "access", who, client = %client, method, path, status, took_ms, "request");
        }
    }
}
