//! What every request passes before anybody looks at what it wants, and what every answer gets on its way out.
//!
//! The order: how much this client asks ([`rate`]), whether a web page of somebody else speaks ([`origin`]), how much
//! it sends ([`body`]). None of it knows who calls; that is `access`.

pub(crate) mod audit;
pub(crate) mod body;
pub(crate) mod gzip;
pub(crate) mod headers;
pub(crate) mod origin;
mod path;
pub(crate) mod rate;
pub(crate) mod session;

#[cfg(test)]
mod borders;
#[cfg(test)]
mod hostile;
#[cfg(test)]
pub(crate) mod tests;

use crate::fault::{Code, Fault};
use crate::limits;
use crate::options::{Options, Tls};
use crate::pages;
use crate::reply;
use crate::world::World;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What all requests of a server share to be judged by.
pub(crate) struct Guard {
    pub(crate) hosts: origin::Hosts,
    pub(crate) rate: rate::Rate,
    pub(crate) room: body::Room,
    pub(crate) links: session::Links,
    /// Places for uploads.
    pub(crate) uploads: Semaphore,
}

impl Guard {
    pub(crate) fn new(options: &Options, host: &str) -> Guard {
        Guard {
            hosts: origin::Hosts::new(host, &options.allowed_hosts),
            rate: rate::Rate::new(options.rate),
            room: body::Room::new(limits::BODIES_BYTES_MAX),
            links: session::Links::default(),
            uploads: Semaphore::new(limits::UPLOADS_MAX),
        }
    }
}

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// Whether nobody in between can read or change what is said.
    pub(crate) encrypted: bool,
}

impl Default for Peer {
    fn default() -> Peer {
        Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), encrypted: false }
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Peer {
        Peer { address: address.ip().to_canonical(), encrypted: false }
    }
}

/// Answers one request, whatever it is.
pub(crate) async fn answer(world: Arc<World>, peer: Peer, mut request: Request) -> Response {
    let beginning = std::time::Instant::now();
    let plain = path::plain(request.uri());
    let is_path = plain.is_some();
    if let Some(plain) = plain {
        *request.uri_mut() = plain;
    }
    let below = pages::below(&world.options.base_href, request.uri());
    let is_below = below.is_some();
    if let Some(below) = below {
        *request.uri_mut() = below;
    }
    let guard = world.guard.clone();
    let allowance = guard.rate.take(peer.address, beginning);
    let allowed_origin = world.options.allow_origin.clone();
    let record = audit::Record::of(&request, peer);
    let takes_gzip = gzip::is_taken(request.headers());
    request.extensions_mut().insert(peer);
    let mut response = if !allowance.granted {
        too_many(allowance.retry_seconds)
    } else if !is_path {
        reply::text(StatusCode::BAD_REQUEST, "400 Bad Request: a percent sign in the path begins no byte")
    } else if let Some(refusal) = misplaced(&guard, &request, allowed_origin.as_deref()) {
        refusal
    } else if request.method() == Method::OPTIONS && allowed_origin.is_some() {
        // API-010
        reply::with_type(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", Body::empty())
    } else {
        crate::app::answer(world.clone(), request).await
    };
    if is_below {
        pages::lead_below(&world.options.base_href, &mut response);
    }
    record.close(&world, &response, beginning.elapsed());
    if takes_gzip {
        response = gzip::packed(response).await;
    }
    // A certificate that nobody vouches for must not keep browsers from coming in another way (API-009).
    let only_encrypted = peer.encrypted && matches!(world.options.tls, Some(Tls::Files { .. }));
    headers::dress(&mut response, &allowance, allowed_origin.as_deref(), only_encrypted);
    response
}

/// The refusal of a request that a foreign page may have caused, or that is too large to be looked at.
fn misplaced(guard: &Guard, request: &Request, allowed_origin: Option<&str>) -> Option<Response> {
    let judged =
        origin::judge(&guard.hosts, request.method(), request.uri(), request.headers(), allowed_origin);
    match judged {
        Ok(()) => {}
        Err(origin::Refusal { status, message }) => {
            let code =
                if status == StatusCode::FORBIDDEN { Code::PermissionDenied } else { Code::InvalidArgument };
            return Some(reply::json(status, reply::go_json(&Fault::new(code, message).body())));
        }
    }
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    let most = limits::body_bytes_max(request.uri().path());
    if declared.is_some_and(|length| length > most as u64) && !is_event(request.uri().path()) {
        return Some(body::too_long(most));
    }
    None
}

/// Events that are too long have an answer of their own (AUTH-062).
fn is_event(path: &str) -> bool {
    path.starts_with("/api/v1/events/")
}

/// Says that a client is to wait.
pub(crate) fn too_many(retry_seconds: u64) -> Response {
    let fault = Fault::new(
        Code::ResourceExhausted,
        format!("too many requests from this client: try again in {retry_seconds} s"),
    );
    let mut response = reply::bare_fault(&fault);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_seconds));
    response
}
