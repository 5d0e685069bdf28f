//! The one table of who may do what: what each route does, to what, and so which role it takes.
//!
//! Asked before every handler. A handler may ask for more, once it knows what the body says; never for less. A route
//! that is not in the table is for administrators only, and a test says that it is missing.

use super::{Resource, Verb, Who};
use crate::fault::{Code, Fault};
use crate::route::{Params, Route};
use axum::http::Method;

/// What a route takes of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: it is how one becomes known.
    Open,
    /// Something that looks like a token; what it is worth is not asked (AUTH-005).
    Shown,
    /// A good token of any role.
    Known,
    /// The right to these acts, all of them.
    Acts(&'static [Act]),
}

/// One act and how its refusal is worded.
pub(crate) type Act = (Verb, Resource, Words);

/// How a refusal is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// As Kubernetes words it.
    Plain,
    /// Without a word about what was asked.
    Quiet,
    /// The handler knows the words, and asks itself: as in Kubernetes, what is asked for is looked at first.
    Handler,
}

use Need::{Acts, Known, Open, Shown};
use Resource::{
    Bindings, ClusterTemplates, Crons, EventSources, Events, Locks, Logs, Objects, Sensors, Templates,
    Tokens, Workflows,
};
use Verb::{Create, Delete, Get, List, Patch, Update, Watch};
use Words::{Handler, Plain, Quiet};

const READ_ANY: Need = Acts(&[(Get, Workflows, Quiet)]);
const CHANGE_ANY: Need = Acts(&[(Update, Workflows, Quiet)]);

/// One line a route, or for all routes that begin alike.
#[rustfmt::skip]
static RIGHTS: &[(&str, &str, Need)] = &[
    // A selector may say in which namespace.
    ("GET",    "/api/v1/workflows/{namespace}", Acts(&[(List, Workflows, Handler)])),
    ("POST",   "/api/v1/workflows/{namespace}", Acts(&[(Create, Workflows, Handler)])),
    ("POST",   "/api/v1/workflows/{namespace}/lint", Acts(&[(Get, Templates, Quiet)])),
    ("POST",   "/api/v1/workflows/{namespace}/submit", Acts(&[(Create, Workflows, Handler)])),
    ("GET",    "/api/v1/workflows/{namespace}/{name}", Acts(&[(Get, Workflows, Plain)])),
    ("DELETE", "/api/v1/workflows/{namespace}/{name}", Acts(&[(Get, Workflows, Plain), (Delete, Workflows, Handler)])),
    ("PUT",    "/api/v1/workflows/{namespace}/{name}/resubmit", Acts(&[(Get, Workflows, Plain), (Create, Workflows, Handler)])),
    ("PUT",    "/api/v1/workflows/{namespace}/{name}/*", Acts(&[(Get, Workflows, Plain), (Update, Workflows, Handler)])),
    ("GET",    "/api/v1/workflow-events/{namespace}", Acts(&[(Watch, Workflows, Plain)])),
    ("GET",    "/api/v1/workflows/{namespace}/{name}/*", Acts(&[(Get, Workflows, Plain), (Watch, Logs, Plain)])),

    ("GET",    "/api/v1/archived-workflows*", READ_ANY),
    ("DELETE", "/api/v1/archived-workflows/{uid}", Acts(&[(Delete, Workflows, Quiet)])),
    ("PUT",    "/api/v1/archived-workflows/{uid}/*", Acts(&[(Get, Workflows, Quiet), (Create, Workflows, Handler)])),

    ("POST",   "/api/v1/workflow-templates/{namespace}/lint", Acts(&[(Get, Templates, Quiet)])),
    ("GET",    "/api/v1/workflow-templates/{namespace}", Acts(&[(List, Templates, Plain)])),
    ("GET",    "/api/v1/workflow-templates/{namespace}/{name}", Acts(&[(Get, Templates, Quiet)])),
    ("POST",   "/api/v1/workflow-templates/{namespace}", Acts(&[(Create, Templates, Handler)])),
    ("PUT",    "/api/v1/workflow-templates/{namespace}/{name}", Acts(&[(Update, Templates, Handler)])),
    ("DELETE", "/api/v1/workflow-templates/{namespace}/{name}", Acts(&[(Get, Templates, Quiet), (Delete, Templates, Handler)])),
    ("POST",   "/api/v1/cluster-workflow-templates/lint", Acts(&[(Get, Templates, Quiet)])),
    ("GET",    "/api/v1/cluster-workflow-templates", Acts(&[(List, ClusterTemplates, Plain)])),
    ("GET",    "/api/v1/cluster-workflow-templates/{name}", Acts(&[(Get, ClusterTemplates, Quiet)])),
    ("POST",   "/api/v1/cluster-workflow-templates", Acts(&[(Create, ClusterTemplates, Handler)])),
    ("PUT",    "/api/v1/cluster-workflow-templates/{name}", Acts(&[(Update, ClusterTemplates, Handler)])),
    ("DELETE", "/api/v1/cluster-workflow-templates/{name}", Acts(&[(Get, ClusterTemplates, Quiet), (Delete, ClusterTemplates, Handler)])),
    ("POST",   "/api/v1/cron-workflows/{namespace}/lint", Acts(&[(Get, Templates, Quiet)])),
    ("GET",    "/api/v1/cron-workflows/{namespace}", Acts(&[(List, Crons, Plain)])),
    ("GET",    "/api/v1/cron-workflows/{namespace}/{name}", Acts(&[(Get, Crons, Plain)])),
    ("POST",   "/api/v1/cron-workflows/{namespace}", Acts(&[(Create, Crons, Handler)])),
    ("PUT",    "/api/v1/cron-workflows/{namespace}/{name}", Acts(&[(Update, Crons, Handler)])),
    ("PUT",    "/api/v1/cron-workflows/{namespace}/{name}/*", Acts(&[(Get, Crons, Plain), (Patch, Crons, Handler)])),
    ("DELETE", "/api/v1/cron-workflows/{namespace}/{name}", Acts(&[(Get, Crons, Plain), (Delete, Crons, Handler)])),

    ("GET",    "/api/v1/workflow-event-bindings/{namespace}", Acts(&[(List, Bindings, Plain)])),
    ("GET",    "/api/v1/stream/events/{namespace}", Acts(&[(Watch, Events, Plain)])),
    // What the bindings make of an event is asked for when one of them matches (AUTH-070).
    ("POST",   "/api/v1/events/{namespace}/{discriminator}", Acts(&[(List, Bindings, Plain)])),
    ("GET",    "/api/v1/event-sources/{namespace}", Acts(&[(List, EventSources, Plain)])),
    ("GET",    "/api/v1/event-sources/*", Acts(&[(Get, EventSources, Plain)])),
    ("POST",   "/api/v1/event-sources/*", Acts(&[(Create, EventSources, Plain)])),
    ("PUT",    "/api/v1/event-sources/*", Acts(&[(Update, EventSources, Plain)])),
    ("DELETE", "/api/v1/event-sources/*", Acts(&[(Delete, EventSources, Plain)])),
    ("GET",    "/api/v1/stream/event-sources/{namespace}", Acts(&[(Watch, EventSources, Plain)])),
    // They are read from pods, whatever those are called.
    ("GET",    "/api/v1/stream/event-sources/{namespace}/logs", Acts(&[(List, Logs, Plain)])),
    ("GET",    "/api/v1/sensors/{namespace}", Acts(&[(List, Sensors, Plain)])),
    ("GET",    "/api/v1/sensors/*", Acts(&[(Get, Sensors, Plain)])),
    ("POST",   "/api/v1/sensors/*", Acts(&[(Create, Sensors, Plain)])),
    ("PUT",    "/api/v1/sensors/*", Acts(&[(Update, Sensors, Plain)])),
    ("DELETE", "/api/v1/sensors/*", Acts(&[(Delete, Sensors, Plain)])),
    ("GET",    "/api/v1/stream/sensors/{namespace}", Acts(&[(Watch, Sensors, Plain)])),
    // They are read from pods, whatever those are called.
    ("GET",    "/api/v1/stream/sensors/{namespace}/logs", Acts(&[(List, Logs, Plain)])),
    ("GET",    "/api/v1/sync/*", Acts(&[(Get, Locks, Handler)])),
    ("POST",   "/api/v1/sync/*", Acts(&[(Create, Locks, Handler)])),
    ("PUT",    "/api/v1/sync/*", Acts(&[(Update, Locks, Handler)])),
    ("DELETE", "/api/v1/sync/*", Acts(&[(Delete, Locks, Handler)])),

    ("GET",    "/api/v1/info", Shown),
    ("GET",    "/api/v1/version", Shown),
    ("GET",    "/api/v1/userinfo", Shown),
    ("POST",   "/api/v1/tracking/event", Shown),

    ("POST",   "/api/tiphys/v1/session", Open),
    ("DELETE", "/api/tiphys/v1/session", Open),
    ("POST",   "/api/tiphys/v1/links", Acts(&[(Create, Tokens, Plain)])),
    ("GET",    "/api/tiphys/v1/me", Known),
    ("GET",    "/api/tiphys/v1/tokens", Acts(&[(List, Tokens, Plain)])),
    ("POST",   "/api/tiphys/v1/tokens", Acts(&[(Create, Tokens, Plain)])),
    ("DELETE", "/api/tiphys/v1/tokens/{name}", Acts(&[(Delete, Tokens, Plain)])),
    // Each document is asked for by its own kind.
    ("POST",   "/api/tiphys/v1/apply", Acts(&[(Update, Objects, Quiet)])),
    ("DELETE", "/api/tiphys/v1/objects/{kind}/{namespace}/{name}", Acts(&[(Delete, Objects, Quiet)])),
    ("POST",   "/api/tiphys/v1/lint", READ_ANY),
    ("POST",   "/api/tiphys/v1/plan", READ_ANY),
    ("POST",   "/api/tiphys/v1/deliveries/*", CHANGE_ANY),
    ("GET",    "/api/tiphys/v1/*", READ_ANY),
];

/// What a route takes; nothing if the table does not know it.
pub(crate) fn listed(method: &Method, path: &str) -> Option<Need> {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(beginning) => path.starts_with(beginning),
        None => pattern == path,
    };
    // An exact line counts before one with a star, a longer one before a shorter one.
    RIGHTS
        .iter()
        .filter(|(of, pattern, _)| *of == method.as_str() && fits(pattern))
        .max_by_key(|(_, pattern, _)| (!pattern.ends_with('*'), pattern.len()))
        .map(|(_, _, need)| *need)
}

/// What a route takes.
pub(crate) fn need(route: &Route) -> Need {
    listed(&route.method, route.path).unwrap_or(Acts(&[(Update, Tokens, Quiet)]))
}

/// Whether the caller may use the route at all; the reason if not.
pub(crate) fn check(who: &Who, route: &Route, params: &Params) -> Result<(), Fault> {
    let acts = match need(route) {
        Open | Shown => return Ok(()),
        Known => &[],
        Acts(acts) => acts,
    };
    if who.is_stranger() {
        return Err(Fault::new(Code::Unauthenticated, "Unauthorized"));
    }
    let text = |name: &str| params.get(name).map(String::as_str);
    for (verb, resource, words) in acts {
        // The newest one is found by listing (API-140).
        let latest = text("name") == Some("@latest");
        let verb = if latest && *verb == Get { &List } else { verb };
        let one = matches!(verb, Get | Update | Delete) && *resource != Logs;
        let name = text("name").filter(|_| one && !latest);
        let Some(namespace) = text("namespace") else {
            // Of what belongs to a namespace it shows only when it is looked up whose it is: the role alone can be
            // judged. What belongs to none takes a caller who is bound to none.
            let may = match resource.is_cluster_wide() {
                true => who.allows(*verb, *resource, ""),
                false => who.has_role_for(*verb, *resource),
            };
            if *words != Handler && !may {
                return Err(refusal(who, *verb, *resource, "", name, *words));
            }
            continue;
        };
        if *words != Handler && !who.allows(*verb, *resource, namespace) {
            return Err(refusal(who, *verb, *resource, namespace, name, *words));
        }
    }
    Ok(())
}

fn refusal(
    who: &Who,
    verb: Verb,
    resource: Resource,
    namespace: &str,
    name: Option<&str>,
    words: Words,
) -> Fault {
    let judged = match words {
        Plain => who.may(verb, resource, namespace, name),
        Quiet | Handler => who.may_quietly(verb, resource, namespace),
    };
    judged.err().unwrap_or_else(|| Fault::new(Code::PermissionDenied, "permission denied"))
}
