//! The one table of routes: what answers to which method and path.

use crate::argo::admit::Judged;
use crate::argo::{
    actions, archive, catalog, events, foreign, info, kube_events, list, logs, submit, sync, watch, workflows,
};
use crate::call::{Call, decode};
use crate::events as events_out;
use crate::fault::Fault;
use crate::guard::session;
use crate::openapi;
use crate::own::{
    apply, approvals, deliveries, editor, journal, locks, logs as own_logs, pipelines, plan, runs, schedules,
    tokens, versions,
};
use crate::reply;
use crate::world::World;
use axum::body::Bytes;
use axum::http::Method;
use axum::response::Response;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;

/// How a stream goes on once it has begun.
pub(crate) type Opened =
    Box<dyn FnOnce(Arc<World>, Feed) -> Pin<Box<dyn Future<Output = Result<(), Fault>> + Send>> + Send>;

/// Where the messages of a stream go.
pub(crate) struct Feed {
    pub(crate) sender: mpsc::Sender<Bytes>,
}

impl Feed {
    /// Sends one message; waits for a reader that is slower. A reader that left ends the stream.
    pub(crate) async fn send(&self, message: Value) -> Result<(), Fault> {
        self.send_text(Bytes::from(reply::go_json(&message))).await
    }

    /// Sends a message that was written already.
    pub(crate) async fn send_text(&self, text: Bytes) -> Result<(), Fault> {
        self.sender.send(text).await.map_err(|_| left())
    }

    /// Whether anybody still reads.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.sender.is_closed() { Err(left()) } else { Ok(()) }
    }
}

fn left() -> Fault {
    Fault::internal("the reader left")
}

/// What answers.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// One document. May block.
    Unary(fn(&World, &Call) -> Result<Value, Fault>),
    /// One document, about a run that may have to be made first. May block until it is known which.
    Making(fn(&World, &Call) -> Result<Judged, Fault>),
    /// A list of any length. What reads it may block.
    List(fn(&World, &Call) -> Result<list::Parts, Fault>),
    /// An answer of its own form. May block.
    Raw(fn(&World, &Call) -> Result<Response, Fault>),
    /// A stream of our own events. What opens it may block.
    Events(fn(&World, &Call) -> events_out::Begun),
    /// A stream of documents. What opens it may block.
    Stream(fn(&World, &Call) -> Result<Opened, Fault>),
}

/// One line of the table.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Segments in braces match anything; nothing only at the end of a path of Argo's (API-022).
    pub(crate) path: &'static str,
    pub(crate) handler: Handler,
}

const fn unary(
    method: Method,
    path: &'static str,
    handler: fn(&World, &Call) -> Result<Value, Fault>,
) -> Route {
    Route { method, path, handler: Handler::Unary(handler) }
}

const fn making(path: &'static str, handler: fn(&World, &Call) -> Result<Judged, Fault>) -> Route {
    Route { method: Method::POST, path, handler: Handler::Making(handler) }
}

const fn listing(path: &'static str, handler: fn(&World, &Call) -> Result<list::Parts, Fault>) -> Route {
    Route { method: Method::GET, path, handler: Handler::List(handler) }
}

const fn raw(
    method: Method,
    path: &'static str,
    handler: fn(&World, &Call) -> Result<Response, Fault>,
) -> Route {
    Route { method, path, handler: Handler::Raw(handler) }
}

const fn follow(path: &'static str, handler: fn(&World, &Call) -> events_out::Begun) -> Route {
    Route { method: Method::GET, path, handler: Handler::Events(handler) }
}

const fn stream(path: &'static str, handler: fn(&World, &Call) -> Result<Opened, Fault>) -> Route {
    Route { method: Method::GET, path, handler: Handler::Stream(handler) }
}

/// Argo's routes in the order of the specification, then ours.
pub(crate) static ROUTES: &[Route] = &[
    listing("/api/v1/workflows/{namespace}", list::list),
    making("/api/v1/workflows/{namespace}", workflows::create),
    unary(Method::POST, "/api/v1/workflows/{namespace}/lint", workflows::lint),
    making("/api/v1/workflows/{namespace}/submit", submit::submit),
    unary(Method::GET, "/api/v1/workflows/{namespace}/{name}", workflows::get),
    unary(Method::DELETE, "/api/v1/workflows/{namespace}/{name}", workflows::delete),
    unary(Method::PUT, "/api/v1/workflows/{namespace}/{name}/retry", actions::retry),
    unary(Method::PUT, "/api/v1/workflows/{namespace}/{name}/resubmit", actions::resubmit),
    unary(Method::PUT, "/api/v1/workflows/{namespace}/{name}/suspend", actions::suspend),
    unary(Method::PUT, "/api/v1/workflows/{namespace}/{name}/resume", actions::resume),
    unary(Method::PUT, "/api/v1/workflows/{namespace}/{name}/stop", actions::stop),
    unary(Method::PUT, "/api/v1/workflows/{namespace}/{name}/terminate", actions::terminate),
    unary(Method::PUT, "/api/v1/workflows/{namespace}/{name}/set", actions::set),
    stream("/api/v1/workflow-events/{namespace}", watch::workflows),
    stream("/api/v1/workflows/{namespace}/{name}/log", logs::workflow),
    stream("/api/v1/workflows/{namespace}/{name}/{pod}/log", logs::workflow),
    listing("/api/v1/archived-workflows", list::archived),
    unary(Method::GET, "/api/v1/archived-workflows/{uid}", archive::get),
    unary(Method::DELETE, "/api/v1/archived-workflows/{uid}", archive::delete),
    unary(Method::GET, "/api/v1/archived-workflows-label-keys", archive::label_keys),
    unary(Method::GET, "/api/v1/archived-workflows-label-values", archive::label_values),
    unary(Method::PUT, "/api/v1/archived-workflows/{uid}/retry", archive::retry),
    unary(Method::PUT, "/api/v1/archived-workflows/{uid}/resubmit", archive::resubmit),
    unary(Method::GET, "/api/v1/workflow-templates/{namespace}", catalog::templates::list),
    unary(Method::POST, "/api/v1/workflow-templates/{namespace}", catalog::templates::create),
    unary(Method::POST, "/api/v1/workflow-templates/{namespace}/lint", catalog::templates::lint),
    unary(Method::GET, "/api/v1/workflow-templates/{namespace}/{name}", catalog::templates::get),
    unary(Method::PUT, "/api/v1/workflow-templates/{namespace}/{name}", catalog::templates::update),
    unary(Method::DELETE, "/api/v1/workflow-templates/{namespace}/{name}", catalog::templates::delete),
    unary(Method::GET, "/api/v1/cluster-workflow-templates", catalog::cluster_templates::list),
    unary(Method::POST, "/api/v1/cluster-workflow-templates", catalog::cluster_templates::create),
    unary(Method::POST, "/api/v1/cluster-workflow-templates/lint", catalog::cluster_templates::lint),
    unary(Method::GET, "/api/v1/cluster-workflow-templates/{name}", catalog::cluster_templates::get),
    unary(Method::PUT, "/api/v1/cluster-workflow-templates/{name}", catalog::cluster_templates::update),
    unary(Method::DELETE, "/api/v1/cluster-workflow-templates/{name}", catalog::cluster_templates::delete),
    unary(Method::GET, "/api/v1/cron-workflows/{namespace}", catalog::crons::list),
    unary(Method::POST, "/api/v1/cron-workflows/{namespace}", catalog::crons::create),
    unary(Method::POST, "/api/v1/cron-workflows/{namespace}/lint", catalog::crons::lint),
    unary(Method::GET, "/api/v1/cron-workflows/{namespace}/{name}", catalog::crons::get),
    unary(Method::PUT, "/api/v1/cron-workflows/{namespace}/{name}", catalog::crons::update),
    unary(Method::DELETE, "/api/v1/cron-workflows/{namespace}/{name}", catalog::crons::delete),
    unary(Method::PUT, "/api/v1/cron-workflows/{namespace}/{name}/suspend", catalog::suspend_cron),
    unary(Method::PUT, "/api/v1/cron-workflows/{namespace}/{name}/resume", catalog::resume_cron),
    unary(Method::GET, "/api/v1/workflow-event-bindings/{namespace}", catalog::bindings),
    stream("/api/v1/stream/events/{namespace}", kube_events::watch),
    unary(Method::POST, "/api/v1/events/{namespace}/{discriminator}", events::receive),
    unary(Method::GET, "/api/v1/event-sources/{namespace}", foreign::event_sources::list),
    unary(Method::POST, "/api/v1/event-sources/{namespace}", foreign::event_sources::create),
    unary(Method::GET, "/api/v1/event-sources/{namespace}/{name}", foreign::event_sources::get),
    unary(Method::PUT, "/api/v1/event-sources/{namespace}/{name}", foreign::event_sources::update),
    unary(Method::DELETE, "/api/v1/event-sources/{namespace}/{name}", foreign::event_sources::delete),
    stream("/api/v1/stream/event-sources/{namespace}", foreign::event_sources::watch),
    stream("/api/v1/stream/event-sources/{namespace}/logs", foreign::event_sources::logs),
    unary(Method::GET, "/api/v1/sensors/{namespace}", foreign::sensors::list),
    unary(Method::POST, "/api/v1/sensors/{namespace}", foreign::sensors::create),
    unary(Method::GET, "/api/v1/sensors/{namespace}/{name}", foreign::sensors::get),
    unary(Method::PUT, "/api/v1/sensors/{namespace}/{name}", foreign::sensors::update),
    unary(Method::DELETE, "/api/v1/sensors/{namespace}/{name}", foreign::sensors::delete),
    stream("/api/v1/stream/sensors/{namespace}", foreign::sensors::watch),
    stream("/api/v1/stream/sensors/{namespace}/logs", foreign::sensors::logs),
    unary(Method::POST, "/api/v1/sync/{namespace}", sync::create),
    unary(Method::GET, "/api/v1/sync/{namespace}/{key}", sync::get),
    unary(Method::PUT, "/api/v1/sync/{namespace}/{key}", sync::update),
    unary(Method::DELETE, "/api/v1/sync/{namespace}/{key}", sync::delete),
    unary(Method::GET, "/api/v1/info", info::info),
    unary(Method::GET, "/api/v1/version", info::version),
    unary(Method::GET, "/api/v1/userinfo", info::userinfo),
    unary(Method::POST, "/api/v1/tracking/event", info::tracking),
    unary(Method::POST, "/api/tiphys/v1/apply", apply::apply),
    unary(Method::DELETE, "/api/tiphys/v1/objects/{kind}/{namespace}/{name}", apply::remove),
    raw(Method::POST, "/api/tiphys/v1/session", session::open),
    raw(Method::DELETE, "/api/tiphys/v1/session", session::close),
    unary(Method::POST, "/api/tiphys/v1/links", session::link),
    unary(Method::GET, "/api/tiphys/v1/me", session::me),
    unary(Method::GET, "/api/tiphys/v1/namespaces", runs::namespaces),
    unary(Method::GET, "/api/tiphys/v1/runs", runs::list),
    follow("/api/tiphys/v1/events", runs::events),
    follow("/api/tiphys/v1/runs/{namespace}/{name}/events", runs::closeup),
    unary(Method::GET, "/api/tiphys/v1/runs/{namespace}/{name}/why", journal::why),
    unary(Method::GET, "/api/tiphys/v1/runs/{namespace}/{name}/plan", journal::plan),
    unary(Method::GET, "/api/tiphys/v1/templates/{kind}/{namespace}/{name}/versions", versions::list),
    unary(Method::GET, "/api/tiphys/v1/templates/{kind}/{namespace}/{name}/diff", versions::compare),
    unary(Method::GET, "/api/tiphys/v1/templates/{kind}/{namespace}/{name}/plan", plan::of_pipeline),
    unary(Method::GET, "/api/tiphys/v1/openapi.json", openapi::serve),
    unary(Method::GET, "/api/tiphys/v1/runs/{namespace}/{name}/journal", journal::list),
    unary(Method::GET, "/api/tiphys/v1/runs/{namespace}/{name}/stages", journal::stages),
    unary(Method::GET, "/api/tiphys/v1/runs/{namespace}/{name}/log", own_logs::range),
    follow("/api/tiphys/v1/runs/{namespace}/{name}/log/follow", own_logs::follow),
    unary(Method::GET, "/api/tiphys/v1/runs/{namespace}/{name}/log/search", own_logs::search),
    unary(Method::GET, "/api/tiphys/v1/pipelines", pipelines::list),
    unary(Method::GET, "/api/tiphys/v1/pipelines/{kind}/{namespace}/{name}/steps", pipelines::steps),
    unary(Method::GET, "/api/tiphys/v1/schedules", schedules::list),
    unary(Method::GET, "/api/tiphys/v1/approvals", approvals::list),
    unary(Method::GET, "/api/tiphys/v1/locks", locks::list),
    unary(Method::GET, "/api/tiphys/v1/deliveries", deliveries::list),
    unary(Method::GET, "/api/tiphys/v1/deliveries/{id}", deliveries::get),
    unary(Method::POST, "/api/tiphys/v1/deliveries/{id}/replay", deliveries::replay),
    unary(Method::POST, "/api/tiphys/v1/lint", editor::lint),
    unary(Method::POST, "/api/tiphys/v1/plan", plan::of_text),
    unary(Method::GET, "/api/tiphys/v1/examples", editor::examples),
    unary(Method::GET, "/api/tiphys/v1/tokens", tokens::list),
    unary(Method::POST, "/api/tiphys/v1/tokens", tokens::create),
    unary(Method::DELETE, "/api/tiphys/v1/tokens/{name}", tokens::revoke),
];

/// The beginning of the paths of Argo's interface.
const ARGO: &str = "/api/v1/";

/// The values of a route's parameters.
pub(crate) type Params = BTreeMap<&'static str, String>;

/// Finds what answers to a method and an encoded path (API-020 to API-023).
pub(crate) fn find(method: &Method, path: &str) -> Option<(&'static Route, Params)> {
    let given: Vec<&str> = path.split('/').skip(1).collect();
    // A custom verb never matches (API-021); a slash within a segment neither.
    let hidden = |segment: &&str| segment.to_ascii_lowercase().contains("%2f");
    let ends_in_verb = given.last().is_some_and(|last| decode(last, false).contains(':'));
    if ends_in_verb || given.iter().any(hidden) {
        return None;
    }
    ROUTES
        .iter()
        .filter(|route| route.method == *method)
        .filter_map(|route| Some((route, fits(route.path, &given)?)))
        // Words win over parameters: `lint` is no name.
        .min_by_key(|(_, params)| params.len())
}

fn fits(pattern: &'static str, given: &[&str]) -> Option<Params> {
    let wanted: Vec<&'static str> = pattern.split('/').skip(1).collect();
    if wanted.len() != given.len() {
        return None;
    }
    let count = wanted.len();
    let mut params = Params::new();
    for (at, (wanted, given)) in wanted.iter().zip(given).enumerate() {
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => {
                let may_be_empty = at + 1 == count && pattern.starts_with(ARGO);
                if given.is_empty() && !may_be_empty {
                    return None;
                }
                params.insert(name, decode(given, false));
            }
            None if wanted == given => {}
            None => return None,
        }
    }
    Some(params)
}
