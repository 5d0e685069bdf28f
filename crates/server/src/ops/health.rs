//! Whether the server lives, and whether it can do its work.

use crate::access::{Resource, Verb, Who};
use crate::fault::Fault;
use crate::options::AuthMode;
use crate::reply;
use crate::world::World;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tiphys_store::{Filter, Life, Runs as _};

/// Whether a path is answered here.
pub(crate) fn is_theirs(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// Answers to `/healthz`, `/readyz` and `/metrics`. Blocks.
pub(crate) fn serve(world: &World, path: &str, headers: &HeaderMap) -> Response {
    match path {
        "/healthz" => match world.pulse.reason() {
            None => reply::text(StatusCode::OK, "ok"),
            Some(reason) => {
                reply::text(StatusCode::SERVICE_UNAVAILABLE, &format!("the server cannot go on: {reason}"))
            }
        },
        "/readyz" => match ready(world) {
            Ok(()) => reply::text(StatusCode::OK, "ready"),
            Err(reason) => reply::text(StatusCode::SERVICE_UNAVAILABLE, &format!("not ready: {reason}")),
        },
        _ => {
            if !may_measure(world, headers) {
                return reply::with_type(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", "");
            }
            match world.metrics.text(world) {
                Ok(text) => {
                    reply::with_type(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
                }
                Err(Fault { message, .. }) => reply::text(StatusCode::SERVICE_UNAVAILABLE, &message),
            }
        }
    }
}

/// Whoever may read everything may measure, since metrics tell of all namespaces; without a token only where that was
/// said (API-008).
fn may_measure(world: &World, headers: &HeaderMap) -> bool {
    if world.options.auth == AuthMode::None || world.options.open_metrics {
        return true;
    }
    let who = Who::from_headers(headers, &world.tokens);
    who.is_ok_and(|who| who.allows(Verb::List, Resource::Workflows, ""))
}

/// Whether the store answers and the engine runs.
fn ready(world: &World) -> Result<(), String> {
    let one = Filter { life: Life::Live, limit: 1, ..Filter::default() };
    world.store(|store| store.list(&one)).map_err(|fault| fault.message)?;
    // A run that cannot exist is not known, which only a living engine can say.
    world.controller.status("readiness").map(|_| ()).map_err(|gone| gone.to_string())
}
