//! From a request of HTTP to a handler and back.

use crate::access::{Who, rights};
use crate::argo::admit::{Judged, Pace};
use crate::argo::events::{self, Refused};
use crate::argo::{artifacts, list, uploads};
use crate::call::{Call, Query, decode};
use crate::fault::{Code, Fault};
use crate::guard::audit::{Caller, Objects};
use crate::guard::body::{self, Pieces};
use crate::guard::{Peer, session};
use crate::limits;
use crate::ops::health;
use crate::options::AuthMode;
use crate::pages;
use crate::pipe;
use crate::reply;
use crate::route::{self, Feed, Handler, Opened, Params, Route};
use crate::wire::project::Projection;
use crate::world::World;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::mpsc;

/// The route of events, whose senders may sign instead of showing a token.
const EVENTS: &str = "/api/v1/events/{namespace}/{discriminator}";

/// Paths under which others lie; without its slash each leads to itself with one.
const ROOTS: [&str; 7] = [
    "/api",
    "/artifacts",
    "/input-artifacts",
    "/artifacts-by-uid",
    "/input-artifacts-by-uid",
    "/artifact-files",
    "/upload-artifacts",
];

/// Answers one request.
pub(crate) async fn answer(world: Arc<World>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let peer = parts.extensions.get::<Peer>().copied().unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let long = path.len() + parts.uri.query().map_or(0, str::len) > limits::URI_BYTES_MAX;
    if long {
        return reply::text(StatusCode::URI_TOO_LONG, "the address is too long");
    }
    if let Some(clean) = cleaned(&path) {
        let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return reply::redirect(&format!("{clean}{query}"));
    }
    if ROOTS.contains(&path.as_str()) {
        let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return reply::redirect(&format!("{path}/{query}"));
    }
    if path.starts_with("/oauth2/redirect") || path.starts_with("/oauth2/callback") {
        return reply::with_type(StatusCode::NOT_IMPLEMENTED, "text/plain; charset=utf-8", "");
    }
    if health::is_theirs(&path) {
        let headers = parts.headers;
        let served = blocking(&world, move |world| Ok(health::serve(world, &path, &headers))).await;
        return served.unwrap_or_else(|fault| reply::bare_fault(&fault));
    }
    if !path.starts_with("/api/") && !artifacts::is_theirs(&path) {
        return match login_code(&parts) {
            Some(code) => {
                let followed =
                    blocking(&world, move |world| Ok(session::follow(world, &code, peer.encrypted))).await;
                followed.unwrap_or_else(|fault| reply::bare_fault(&fault))
            }
            None => pages::serve(&world.options.base_href, &parts.method, &path, &parts.headers),
        };
    }
    let who = caller(&world, &parts.headers);
    if path.starts_with(uploads::PREFIX) {
        let subject = who.as_ref().map(|who| who.subject.clone()).unwrap_or_default();
        let mut response = uploads::answer(&world, who, &parts.method, &path, &parts.headers, body).await;
        response.extensions_mut().insert(Caller(subject));
        return response;
    }
    // Who is not known gets no room for more than an event.
    let is_known = who.as_ref().is_ok_and(|who| who.standing().is_some());
    let most = if is_known { limits::BODY_BYTES_MAX } else { limits::STRANGER_BYTES_MAX };
    let read = match body::read(&world.guard.room, Pieces::new(body, world.options.silent), most).await {
        Ok(read) => read,
        Err(refusal) => {
            let is_webhook =
                path.starts_with("/api/v1/events/") && !parts.headers.contains_key("authorization");
            // AUTH-062
            let is_long = refusal.status() == StatusCode::PAYLOAD_TOO_LARGE;
            return if is_webhook && is_long { not_processed() } else { refusal };
        }
    };
    let body = read.bytes.clone();
    if artifacts::is_theirs(&path) {
        let subject = who.as_ref().map(|who| who.subject.clone()).unwrap_or_default();
        let shared = world.clone();
        let served = tokio::task::spawn_blocking(move || artifacts::serve(&shared, who, &path));
        let mut response =
            served.await.unwrap_or_else(|_| reply::status_text(StatusCode::INTERNAL_SERVER_ERROR));
        response.extensions_mut().insert(Caller(subject));
        return response;
    }
    api(world, &parts, peer, &path, body).await
}

/// The code of a link that was followed.
fn login_code(parts: &axum::http::request::Parts) -> Option<String> {
    let query =
        parts.uri.query().filter(|_| parts.uri.path().ends_with("/login") && parts.method == Method::GET)?;
    query.split('&').find_map(|pair| pair.strip_prefix("code=")).map(|code| decode(code, true))
}

/// Who calls, by what they show.
fn caller(world: &World, headers: &axum::http::HeaderMap) -> Result<Who, Fault> {
    match world.options.auth {
        AuthMode::None => Ok(Who::everybody()),
        AuthMode::Token => Who::from_headers(headers, &world.tokens),
    }
}

async fn api(
    world: Arc<World>,
    parts: &axum::http::request::Parts,
    peer: Peer,
    path: &str,
    body: Bytes,
) -> Response {
    let method = overridden(parts);
    let Some((found, params)) = route::find(&method, path) else {
        return reply::bare_fault(&Fault::unimplemented());
    };
    let query = match Query::parse(parts.uri.query().unwrap_or_default()) {
        Ok(query) => query,
        Err(fault) => return reply::fault(&fault),
    };
    let who = if found.path == EVENTS {
        // Reading who signed it takes the store.
        let (headers, sent) = (parts.headers.clone(), body.clone());
        let namespace = params.get("namespace").cloned().unwrap_or_default();
        let judged = blocking(&world, move |world| {
            let by_token = || caller(world, &headers);
            Ok(events::sender(world, &namespace, &headers, &sent, by_token))
        })
        .await;
        match judged {
            Ok(Ok(who)) => Ok(who),
            Ok(Err(Refused::Fault(fault))) | Err(fault) => Err(fault),
            Ok(Err(Refused::Webhook)) => return not_processed(),
        }
    } else if rights::need(found) == rights::Need::Open {
        Ok(caller(&world, &parts.headers).unwrap_or_else(|_| session::passer_by()))
    } else {
        caller(&world, &parts.headers)
    };
    let subject = who.as_ref().map(|who| who.subject.clone()).unwrap_or_default();
    let who = who.and_then(|who| rights::check(&who, found, &params).map(|()| who));
    let mut response = handled(world, parts, peer, (found, params), query, body, who).await;
    response.extensions_mut().insert(Caller(subject));
    response
}

/// An answer that is a document. Which objects it tells of is for the audit.
fn told(value: &Value) -> Response {
    let mut response = reply::document(value);
    if let Some(objects) = Objects::of(value) {
        response.extensions_mut().insert(objects);
    }
    response
}

/// The answer to a webhook that could not be judged (AUTH-061).
fn not_processed() -> Response {
    let body = "{\"message\": \"failed to process webhook request\"}";
    reply::with_type(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", body)
}

/// What the handler of a route makes of a request.
async fn handled(
    world: Arc<World>,
    parts: &axum::http::request::Parts,
    peer: Peer,
    (found, params): (&'static Route, Params),
    query: Query,
    body: Bytes,
    who: Result<Who, Fault>,
) -> Response {
    let is_event_stream = parts.headers.get("accept").is_some_and(|accept| accept == "text/event-stream");
    let who = match who {
        Ok(who) => who,
        Err(fault) => {
            return match found.handler {
                Handler::Stream(_) => {
                    broken_stream(&fault, is_event_stream, Projection::parse(query.text("fields")).as_ref())
                }
                Handler::Unary(_)
                | Handler::Making(_)
                | Handler::List(_)
                | Handler::Raw(_)
                | Handler::Events(_) => reply::fault(&fault),
            };
        }
    };
    let call = Call { params, query, headers: parts.headers.clone(), body, who, peer };
    match found.handler {
        Handler::Unary(handler) => {
            let done = blocking(&world, move |world| handler(world, &call)).await;
            match done {
                Ok(value) => told(&value),
                Err(fault) => reply::fault(&fault),
            }
        }
        Handler::Making(handler) => match make(&world, handler, call).await {
            Ok(value) => told(&value),
            Err(fault) => reply::fault(&fault),
        },
        Handler::List(handler) => {
            let listed = list::answer(world, move |world| handler(world, &call)).await;
            listed.unwrap_or_else(|fault| reply::fault(&fault))
        }
        Handler::Raw(handler) => {
            let done = blocking(&world, move |world| handler(world, &call)).await;
            done.unwrap_or_else(|fault| reply::fault(&fault))
        }
        Handler::Events(handler) => match blocking(&world, move |world| handler(world, &call)).await {
            Ok(opened) => crate::events::answer(world, opened),
            Err(fault) => reply::fault(&fault),
        },
        Handler::Stream(handler) => {
            let wanted = Projection::parse(call.query.text("fields"));
            match blocking(&world, move |world| handler(world, &call)).await {
                Ok(opened) => stream(world, opened, is_event_stream, wanted),
                Err(fault) => broken_stream(&fault, is_event_stream, wanted.as_ref()),
            }
        }
    }
}

/// Judges a run, has it made, and answers with it. A short request that tells all of the run is judged where it was read,
/// for that takes less than handing it to another thread and back; nobody waits for the run on a thread.
async fn make(
    world: &Arc<World>,
    handler: fn(&World, &Call) -> Result<Judged, Fault>,
    call: Call,
) -> Result<Value, Fault> {
    let Ok(_place) = world.queue.clone().try_acquire_owned() else { return Err(crowded()) };
    let coming = world.controller.coming();
    let pace = pace(&call.body);
    let judged = if pace == Pace::AtOnce {
        catch_unwind(AssertUnwindSafe(|| handler(world, &call))).unwrap_or_else(|_| Err(bug()))
    } else {
        let shared = world.clone();
        let judged = tokio::task::spawn_blocking(move || handler(&shared, &call)).await;
        judged.unwrap_or_else(|_| Err(bug()))
    };
    match judged? {
        Judged::Answer(answer) => Ok(answer),
        Judged::Ready(ready) => ready.run_meanwhile(world, coming, pace).await,
    }
}

/// Marks of requests that speak of what is elsewhere: who judges such a one reads Secrets, ConfigMaps and templates of
/// any length.
const ELSEWHERE: [&[u8]; 4] = [b"ecret", b"onfigMap", b"emplateRef", b"resourceKind"];

/// How a request for a run with this body is dealt with.
fn pace(body: &[u8]) -> Pace {
    let speaks_of = |mark: &&[u8]| body.windows(mark.len()).any(|part| part == *mark);
    let is_short = body.len() <= limits::JUDGED_AT_ONCE_BYTES_MAX && !ELSEWHERE.iter().any(speaks_of);
    if is_short { Pace::AtOnce } else { Pace::Aside }
}

pub(crate) fn crowded() -> Fault {
    Fault::new(Code::ResourceExhausted, "the server has more to do than it can; try again in a moment")
}

pub(crate) fn bug() -> Fault {
    Fault::internal("a bug of the server; its log says more")
}

/// Runs what may block where that is allowed, unless too many wait for that already; a panic is our bug and answers as one (API-045).
pub(crate) async fn blocking<T: Send + 'static>(
    world: &Arc<World>,
    work: impl FnOnce(&World) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let Ok(place) = world.queue.clone().try_acquire_owned() else { return Err(crowded()) };
    let world = world.clone();
    tokio::task::spawn_blocking(move || {
        let done = work(&world);
        drop(place);
        done
    })
    .await
    .unwrap_or_else(|_| Err(bug()))
}

/// A form may ask for another method than its own (API-026).
fn overridden(parts: &axum::http::request::Parts) -> Method {
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let wanted = parts.headers.get("x-http-method-override").and_then(|value| value.to_str().ok());
    match wanted {
        Some(wanted) if parts.method == Method::POST && is_form => {
            Method::from_bytes(wanted.as_bytes()).unwrap_or(Method::POST)
        }
        _ => parts.method.clone(),
    }
}

/// The path that a path means, if it is written in a roundabout way.
fn cleaned(path: &str) -> Option<String> {
    let roundabout = path.contains("//")
        || path.split('/').any(|segment| matches!(decode(segment, false).as_str(), "." | ".."));
    // Files inside an artifact are looked up by their own rules.
    if !roundabout || path.starts_with("/artifact") || path.starts_with("/input-artifact") {
        return None;
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match decode(segment, false).as_str() {
            "" | "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let end = if path.ends_with('/') && !kept.is_empty() { "/" } else { "" };
    Some(format!("/{}{end}", kept.join("/")))
}

/// A stream in the framing that the client wants (API-050 to API-053), whatever a client makes of several lines (API-324).
fn stream(world: Arc<World>, opened: Opened, events: bool, wanted: Option<Projection>) -> Response {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(1);
    let (pipe, frames) = pipe::pipe();
    tokio::spawn(async move {
        let ended = tokio::spawn(opened(world, Feed { sender }));
        loop {
            // Where nothing happens for long, nothing is sent that would tell that the reader left.
            let next = tokio::select! {
                next = tokio::time::timeout(limits::KEEP_ALIVE, receiver.recv()) => next,
                () = pipe.left() => return ended.abort(),
            };
            let frame = match next {
                Ok(Some(message)) => framed(&message, events, false),
                Ok(None) => break,
                Err(_) if events => Bytes::from_static(b":\n"),
                Err(_) => continue,
            };
            if pipe.send(frame).await.is_err() {
                return ended.abort();
            }
        }
        let fault = match ended.await {
            Ok(Ok(())) => return,
            Ok(Err(fault)) => fault,
            Err(_) => bug(),
        };
        // A reader that left hears nothing.
        drop(pipe.send(framed(&last_words(&fault, wanted.as_ref()), events, true)).await);
    });
    // Headers go out at once, whenever the first message comes.
    streamed(StatusCode::OK, Body::from_stream(frames), events)
}

fn framed(message: &[u8], events: bool, last: bool) -> Bytes {
    let mut frame = Vec::with_capacity(message.len() + 10);
    if events {
        frame.extend_from_slice(b"data: ");
    }
    frame.extend_from_slice(message);
    match (events, last) {
        (true, false) => frame.extend_from_slice(b" \n\n\n"),
        (true, true) => frame.extend_from_slice(b" \n\n"),
        (false, false) => frame.push(b'\n'),
        (false, true) => {}
    }
    Bytes::from(frame)
}

/// What a stream says of its fault: no more than what the client wants of each message (API-058).
fn last_words(fault: &Fault, wanted: Option<&Projection>) -> Vec<u8> {
    let chunk = fault.chunk();
    reply::go_json(&match wanted {
        Some(wanted) => wanted.apply(chunk),
        None => chunk,
    })
}

/// A stream that could not begin (API-056).
fn broken_stream(fault: &Fault, events: bool, wanted: Option<&Projection>) -> Response {
    let told = Body::from(framed(&last_words(fault, wanted), events, true));
    let mut response = streamed(fault.code.status(), told, events);
    if fault.code == Code::ResourceExhausted {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn streamed(status: StatusCode, body: Body, events: bool) -> Response {
    let kind = if events { "text/event-stream" } else { "application/json" };
    let mut response = reply::with_type(status, kind, body);
    let headers = response.headers_mut();
    headers.insert("grpc-metadata-content-type", HeaderValue::from_static("application/grpc"));
    for trailer in ["Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin"] {
        headers.append("grpc-metadata-trailer", HeaderValue::from_static(trailer));
    }
    if events {
        headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
